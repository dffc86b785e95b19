package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** Reads rows of some columns of a table. */
final class RowReader implements Serializable {
  private static final long serialVersionUID = 1;

  private final JdbcTable table;
  private final List<TableColumn> columns;
  private transient ValueReader @Nullable [] readers;

  RowReader(JdbcTable table, List<TableColumn> columns) {
    this.table = table;
    this.columns = new ArrayList<>(columns);
  }

  /**
   * The statement that selects the columns, and one thing if there is none.
   *
   * @param conditions null: all rows
   */
  String select(@Nullable Condition conditions) {
    return "SELECT "
        + (columns.isEmpty()
            ? "1"
            : columns.stream()
                .map(table.dialect()::readExpression)
                .collect(Collectors.joining(", ")))
        + " FROM "
        + table.quoted()
        + (conditions == null ? "" : " WHERE " + conditions.sql());
  }

  /** Reads the row that a result of the statement stands at. */
  RowData read(ResultSet rows) throws SQLException {
    ValueReader[] all = readers;
    if (all == null) {
      all = readers(rows);
      readers = all;
    }
    GenericRowData row = new GenericRowData(all.length);
    int i = 0;
    try {
      for (; i < all.length; i++) {
        row.setField(i, all[i].read(rows, i + 1));
      }
    } catch (SQLException e) {
      if (JdbcAddress.isPassing(e)) {
        throw e;
      }
      throw failed(columns.get(i), e);
    } catch (RuntimeException e) {
      throw failed(columns.get(i), e);
    }
    return row;
  }

  private ValueReader[] readers(ResultSet rows) throws SQLException {
    ResultSetMetaData metadata = rows.getMetaData();
    ValueReader[] all = new ValueReader[columns.size()];
    for (int i = 0; i < all.length; i++) {
      try {
        all[i] =
            table
                .dialect()
                .reader(
                    columns.get(i),
                    table.address().zone(),
                    metadata.getColumnType(i + 1),
                    typeName(metadata.getColumnTypeName(i + 1)));
      } catch (IllegalArgumentException e) {
        throw failed(columns.get(i), e);
      }
    }
    return all;
  }

  /** PostgreSQL's are in lower case, MySQL's in upper case. */
  private static String typeName(String name) {
    return name.equals(name.toLowerCase(Locale.ROOT)) ? name : name.toUpperCase(Locale.ROOT);
  }

  private SQLException failed(TableColumn column, Exception cause) {
    return new SQLException(
        "Table '" + table + "': " + column + " cannot be read: " + cause.getMessage(), cause);
  }
}
