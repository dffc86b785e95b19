package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table of a ClickHouse server, and as whom it is reached.
 *
 * @param url of ClickHouse's JDBC driver
 * @param user null: the server's default
 * @param password null: none
 */
record ClickHouseAddress(String url, @Nullable String user, @Nullable String password, String table)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /**
   * Connects.
   *
   * @throws IOException if that fails, with ClickHouse's or the driver's words
   */
  ClickHouseConnection connect() throws IOException {
    return ClickHouseConnection.open(this);
  }

  /** The table's name in SQL. */
  String quotedTable() {
    return Sql.identifier(table);
  }

  /**
   * Asks the server for the types of the table's columns.
   *
   * @return by their names, in order, without those whose types this connector does not understand
   * @throws IOException if the server does not tell
   */
  Map<String, NativeType> describe() throws IOException {
    Map<String, NativeType> types = new LinkedHashMap<>();
    try (ClickHouseConnection connection = connect();
        RowBinaryInput in = connection.query("DESCRIBE TABLE " + quotedTable())) {
      int columns = in.length();
      for (int i = 0; i < 2 * columns; i++) {
        in.bytes(in.length());
      }
      while (!in.atEnd()) {
        String name = in.text();
        NativeType type = NativeType.parse(in.text());
        if (type != null) {
          types.put(name, type);
        }
        for (int i = 2; i < columns; i++) {
          in.bytes(in.length());
        }
      }
    }
    return types;
  }

  /** Without the password. */
  @Override
  public String toString() {
    return table + " at " + url;
  }
}
