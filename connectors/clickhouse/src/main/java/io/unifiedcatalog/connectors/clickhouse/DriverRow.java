package io.unifiedcatalog.connectors.clickhouse;

import com.clickhouse.client.api.data_formats.ClickHouseFormatReader;
import com.clickhouse.client.api.data_formats.internal.StringValue;
import com.clickhouse.jdbc.ResultSetImpl;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The row that a result set of ClickHouse's driver stands at. Its values are taken from the driver
 * as it holds them, by their number; each getter of the result set looks a column's name up, and
 * the column by its name three times, which costs as much as reading the value. A result set that
 * is not the driver's own is read by its getters.
 */
final class DriverRow {
  /** Of the driver's result sets; null if this release of it has none. */
  static final @Nullable MethodHandle READER = reader();

  private final ResultSet rows;
  private final @Nullable ClickHouseFormatReader reader;

  DriverRow(ResultSet rows) {
    this.rows = rows;
    this.reader = rows instanceof ResultSetImpl own ? readerOf(own) : null;
  }

  private static @Nullable MethodHandle reader() {
    try {
      return MethodHandles.privateLookupIn(ResultSetImpl.class, MethodHandles.lookup())
          .findGetter(ResultSetImpl.class, "reader", ClickHouseFormatReader.class);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  private static @Nullable ClickHouseFormatReader readerOf(ResultSetImpl rows) {
    if (READER == null) {
      return null;
    }
    try {
      return (ClickHouseFormatReader) READER.invokeExact(rows);
    } catch (Throwable e) {
      throw new IllegalStateException("A field that is there is read", e);
    }
  }

  ResultSet rows() {
    return rows;
  }

  /**
   * A value in the class in which the driver holds it.
   *
   * @param column counted from 1
   */
  @Nullable Object value(int column) throws SQLException {
    if (reader == null) {
      return rows.getObject(column, Object.class);
    }
    Object value = reader.readValue(column);
    return value instanceof StringValue text ? text.asString() : value;
  }
}
