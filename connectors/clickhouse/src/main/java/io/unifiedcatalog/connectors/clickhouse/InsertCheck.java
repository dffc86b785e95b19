package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.connector.jdbc.statement.FieldNamedPreparedStatement;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks values that Flink's own connector inserts by the columns' own types, which the server is
 * asked for with the first row. Flink's connector hands a dialect neither a connection nor the
 * types; the connection is that of the statement which it fills.
 */
final class InsertCheck implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(InsertCheck.class);

  private final String table;
  private final String[] columns;

  /** Of each column; null where nothing can be checked. */
  private transient @Nullable Encoder @Nullable [] encoders;

  InsertCheck(String table, String[] columns) {
    this.table = table;
    this.columns = columns.clone();
  }

  int columnCount() {
    return columns.length;
  }

  String column(int index) {
    return columns[index];
  }

  /**
   * Checks a value.
   *
   * @throws IllegalArgumentException if its column does not hold it
   */
  void check(int index, Object value, RowType rowType, FieldNamedPreparedStatement statement) {
    @Nullable Encoder[] all = encoders;
    if (all == null) {
      all = encoders(rowType, statement);
      encoders = all;
    }
    Encoder encoder = all[index];
    if (encoder != null) {
      encoder.write(value, new RowBinaryOutput());
    }
  }

  private @Nullable Encoder[] encoders(RowType rowType, FieldNamedPreparedStatement statement) {
    @Nullable Encoder[] all = new Encoder[columns.length];
    Map<String, NativeType> types;
    try {
      types = types(connection(statement));
    } catch (SQLException | ReflectiveOperationException e) {
      LOG.warn("What is written into {} is not checked: its types are not known", table, e);
      return all;
    }
    for (int i = 0; i < columns.length; i++) {
      NativeType type = types.get(columns[i]);
      if (type != null) {
        try {
          all[i] = Encoder.of(rowType.getTypeAt(i), type);
        } catch (IllegalArgumentException e) {
          LOG.debug("Column {} of {} is not checked", columns[i], table, e);
        }
      }
    }
    return all;
  }

  private static Connection connection(FieldNamedPreparedStatement statement)
      throws ReflectiveOperationException, SQLException {
    Field field = statement.getClass().getDeclaredField("statement");
    field.setAccessible(true);
    return ((PreparedStatement) field.get(statement)).getConnection();
  }

  private Map<String, NativeType> types(Connection connection) throws SQLException {
    Map<String, NativeType> types = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("DESCRIBE TABLE " + Sql.identifier(table))) {
      while (rows.next()) {
        NativeType type = NativeType.parse(rows.getString(2));
        if (type != null) {
          types.put(rows.getString(1), type);
        }
      }
    }
    return types;
  }
}
