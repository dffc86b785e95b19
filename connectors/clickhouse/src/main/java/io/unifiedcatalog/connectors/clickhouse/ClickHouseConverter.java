package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.flink.connector.jdbc.core.database.dialect.JdbcDialectConverter;
import org.apache.flink.connector.jdbc.statement.FieldNamedPreparedStatement;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Converts between Flink's rows and the objects of ClickHouse's driver. Flink's own converter for
 * JDBC takes what the driver returns for a value by the type in the database, and knows neither
 * instants nor arrays; this one asks for the class that the Flink type needs.
 */
final class ClickHouseConverter implements JdbcDialectConverter {
  private static final long serialVersionUID = 1;

  private static final String BINARY_STRINGS = "binary_string_support=true";

  /** Of other types, ClickHouse's text is not always the driver's. */
  private static final Pattern PLAIN_TEXT =
      Pattern.compile(
          "(LowCardinality\\()?(Nullable\\()?(String|Enum(8|16)\\(.*)\\)*", Pattern.DOTALL);

  private final String[] names;
  private final Reader[] readers;
  private final Writer[] writers;

  /** Whether the Flink type is a text. */
  private final boolean[] texts;

  /** The result set that the next field is about. */
  private transient @Nullable ResultSet current;

  /** Which texts the driver hands on as they are. */
  private transient boolean[] plainTexts = {};

  /** Reads a column of the row that the result set stands at. */
  private interface Reader extends Serializable {
    @Nullable Object read(ResultSet rows, int column) throws SQLException;
  }

  /** Hands a field that is not null on to the driver. */
  private interface Writer extends Serializable {
    void write(RowData row, FieldNamedPreparedStatement statement) throws SQLException;
  }

  ClickHouseConverter(RowType rowType) {
    int count = rowType.getFieldCount();
    names = rowType.getFieldNames().toArray(new String[0]);
    readers = new Reader[count];
    writers = new Writer[count];
    texts = new boolean[count];
    for (int i = 0; i < count; i++) {
      readers[i] = reader(rowType.getTypeAt(i));
      texts[i] = rowType.getTypeAt(i).is(LogicalTypeFamily.CHARACTER_STRING);
      writers[i] = writer(rowType.getTypeAt(i), i);
    }
  }

  @Override
  public RowData toInternal(ResultSet rows) throws SQLException {
    if (rows != current) {
      begin(rows);
    }
    GenericRowData row = new GenericRowData(readers.length);
    for (int i = 0; i < readers.length; i++) {
      try {
        row.setField(
            i,
            plainTexts[i]
                ? StringData.fromString(rows.getString(i + 1))
                : readers[i].read(rows, i + 1));
      } catch (RuntimeException e) {
        throw new SQLException(
            "column '" + names[i] + "' cannot be read as its type in Flink: " + e.getMessage(), e);
      }
    }
    return row;
  }

  private void begin(ResultSet rows) throws SQLException {
    plainTexts = new boolean[readers.length];
    for (int i = 0; i < plainTexts.length; i++) {
      plainTexts[i] =
          texts[i] && PLAIN_TEXT.matcher(rows.getMetaData().getColumnTypeName(i + 1)).matches();
    }
    current = rows;
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
        writers[i].write(row, statement);
      } catch (RuntimeException e) {
        throw new SQLException(
            "column number " + (i + 1) + " cannot be written: " + e.getMessage(), e);
      }
    }
    return statement;
  }

  private static Reader reader(LogicalType type) {
    return switch (type.getTypeRoot()) {
      // Of these the driver tells NULL by wasNull alone.
      case BOOLEAN -> (rows, column) -> orNull(rows, rows.getBoolean(column));
      case TINYINT -> (rows, column) -> orNull(rows, rows.getByte(column));
      case SMALLINT -> (rows, column) -> orNull(rows, rows.getShort(column));
      case INTEGER -> (rows, column) -> orNull(rows, rows.getInt(column));
      case BIGINT -> (rows, column) -> orNull(rows, rows.getLong(column));
      case FLOAT -> (rows, column) -> orNull(rows, rows.getFloat(column));
      case DOUBLE -> (rows, column) -> orNull(rows, rows.getDouble(column));
      case VARBINARY -> ClickHouseConverter::bytes;
      case DATE ->
          (rows, column) -> {
            LocalDate date = rows.getObject(column, LocalDate.class);
            return date == null ? null : (int) date.toEpochDay();
          };
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          (rows, column) -> {
            Instant instant = rows.getObject(column, Instant.class);
            return instant == null ? null : TimestampData.fromInstant(instant);
          };
      default -> {
        FromDriver value = FromDriver.of(type);
        yield (rows, column) -> {
          // As it came: nested instants would lose their zone as a Timestamp.
          Object object = rows.getObject(column, Object.class);
          return object == null ? null : value.convert(object);
        };
      }
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

  private static @Nullable Object orNull(ResultSet rows, Object value) throws SQLException {
    return rows.wasNull() ? null : value;
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
