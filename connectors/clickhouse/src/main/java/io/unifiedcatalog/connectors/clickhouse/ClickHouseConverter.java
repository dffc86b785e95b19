package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Objects;
import org.apache.flink.connector.jdbc.core.database.dialect.JdbcDialectConverter;
import org.apache.flink.connector.jdbc.statement.FieldNamedPreparedStatement;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Converts between Flink's rows and the objects of ClickHouse's driver. Flink's own converter for
 * JDBC takes what the driver returns for a value by the type in the database, and knows neither
 * instants nor arrays; this one takes the values as the driver holds them.
 */
final class ClickHouseConverter implements JdbcDialectConverter {
  private static final long serialVersionUID = 1;

  private static final String BINARY_STRINGS = "binary_string_support=true";

  private final RowType rowType;
  private final String[] names;

  /** Null: nothing is inserted, or nobody knows into what. */
  private final @Nullable InsertCheck check;

  private final RowData.FieldGetter[] getters;
  private final Reader[] readers;
  private final Writer[] writers;

  /** Of the result set that was read last. */
  private transient @Nullable DriverRow current;

  /** Makes Flink's value of a column of the row that the result set stands at. */
  private interface Reader extends Serializable {
    @Nullable Object read(DriverRow row, int column) throws SQLException;
  }

  /** Hands a field that is not null on to the driver. */
  private interface Writer extends Serializable {
    void write(RowData row, FieldNamedPreparedStatement statement) throws SQLException;
  }

  ClickHouseConverter(RowType rowType) {
    this(rowType, null);
  }

  /**
   * A converter.
   *
   * @param inserted what is inserted; null: nothing
   */
  ClickHouseConverter(RowType rowType, @Nullable InsertCheck inserted) {
    int count = rowType.getFieldCount();
    this.rowType = rowType;
    check = inserted != null && inserted.columnCount() == count ? inserted : null;
    getters = new RowData.FieldGetter[count];
    names = rowType.getFieldNames().toArray(new String[0]);
    readers = new Reader[count];
    writers = new Writer[count];
    for (int i = 0; i < count; i++) {
      readers[i] = reader(rowType.getTypeAt(i));
      writers[i] = writer(rowType.getTypeAt(i), i);
      getters[i] = RowData.createFieldGetter(rowType.getTypeAt(i), i);
    }
  }

  @Override
  public RowData toInternal(ResultSet rows) throws SQLException {
    DriverRow driverRow = current;
    if (driverRow == null || driverRow.rows() != rows) {
      driverRow = new DriverRow(rows);
      current = driverRow;
    }
    GenericRowData row = new GenericRowData(readers.length);
    for (int i = 0; i < readers.length; i++) {
      try {
        row.setField(i, readers[i].read(driverRow, i + 1));
      } catch (RuntimeException e) {
        throw new SQLException(
            "column '" + names[i] + "' cannot be read as its type in Flink: " + e.getMessage(), e);
      }
    }
    return row;
  }

  @Override
  public FieldNamedPreparedStatement toExternal(RowData row, FieldNamedPreparedStatement statement)
      throws SQLException {
    for (int i = 0; i < writers.length; i++) {
      if (row.isNullAt(i)) {
        statement.setNull(i, Types.OTHER);
        continue;
      }
      try {
        if (check != null) {
          Object value = Objects.requireNonNull(getters[i].getFieldOrNull(row));
          check.check(i, value, rowType, statement);
        }
        writers[i].write(row, statement);
      } catch (RuntimeException e) {
        throw new SQLException(
            (check == null ? "column number " + (i + 1) : "column '" + check.column(i) + "'")
                + " cannot be written: "
                + e.getMessage(),
            e);
      }
    }
    return statement;
  }

  private static Reader reader(LogicalType type) {
    if (type.is(LogicalTypeRoot.VARBINARY)) {
      return (row, column) -> bytes(row.rows(), column);
    }
    FromDriver conversion = FromDriver.of(type);
    return (row, column) -> {
      Object value = row.value(column);
      return value == null ? null : conversion.convert(value);
    };
  }

  /**
   * Unless its url says otherwise, the driver makes text of bytes and bytes of that: what was no
   * UTF-8 has become U+FFFD then, and cannot be told from one that was there.
   */
  private static byte @Nullable [] bytes(ResultSet rows, int column) throws SQLException {
    byte[] bytes = rows.getBytes(column);
    for (int i = 2; bytes != null && i < bytes.length; i++) {
      if (bytes[i - 2] == (byte) 0xEF
          && bytes[i - 1] == (byte) 0xBF
          && bytes[i] == (byte) 0xBD
          && !rows.getStatement().getConnection().getMetaData().getURL().contains(BINARY_STRINGS)) {
        throw new IllegalArgumentException(
            "it has bytes that are no UTF-8, for which the url must have " + BINARY_STRINGS);
      }
    }
    return bytes;
  }

  private static Writer writer(LogicalType type, int field) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> (row, statement) -> statement.setBoolean(field, row.getBoolean(field));
      case TINYINT -> (row, statement) -> statement.setByte(field, row.getByte(field));
      case SMALLINT -> (row, statement) -> statement.setShort(field, row.getShort(field));
      case INTEGER -> (row, statement) -> statement.setInt(field, row.getInt(field));
      case BIGINT -> (row, statement) -> statement.setLong(field, row.getLong(field));
      case FLOAT -> (row, statement) -> statement.setFloat(field, row.getFloat(field));
      case DOUBLE -> (row, statement) -> statement.setDouble(field, row.getDouble(field));
      case CHAR, VARCHAR ->
          (row, statement) -> statement.setString(field, row.getString(field).toString());
      case VARBINARY -> (row, statement) -> statement.setBytes(field, row.getBinary(field));
      default -> {
        RowData.FieldGetter getter = RowData.createFieldGetter(type, field);
        ToDriver value = ToDriver.of(type);
        yield (row, statement) ->
            statement.setObject(
                field, value.convert(Objects.requireNonNull(getter.getFieldOrNull(row))));
      }
    };
  }
}
