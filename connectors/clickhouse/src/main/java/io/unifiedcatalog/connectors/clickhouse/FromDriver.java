package io.unifiedcatalog.connectors.clickhouse;

import com.google.common.net.InetAddresses;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Makes Flink's value of what the driver returns for one of ClickHouse's, at any depth. A value
 * that the type does not hold is refused, never cut.
 */
interface FromDriver extends Serializable {
  /**
   * Converts a value.
   *
   * @throws IllegalArgumentException if the type does not hold it
   */
  Object convert(Object value);

  /** The conversion to a type that the dialect supports. */
  static FromDriver of(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> value -> value instanceof Boolean ? value : integer(value, 0, 1) == 1;
      // What has the class already is not boxed again.
      case TINYINT ->
          value ->
              value instanceof Byte ? value : (byte) integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case SMALLINT ->
          value ->
              value instanceof Short
                  ? value
                  : (short) integer(value, Short.MIN_VALUE, Short.MAX_VALUE);
      case INTEGER ->
          value ->
              value instanceof Integer
                  ? value
                  : (int) integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case BIGINT ->
          value -> value instanceof Long ? value : integer(value, Long.MIN_VALUE, Long.MAX_VALUE);
      case FLOAT -> value -> value instanceof Float ? value : number(value).floatValue();
      case DOUBLE -> value -> value instanceof Double ? value : number(value).doubleValue();
      case DECIMAL -> {
        int precision = ((DecimalType) type).getPrecision();
        int scale = ((DecimalType) type).getScale();
        yield value -> decimal(value, precision, scale);
      }
      case CHAR, VARCHAR -> value -> StringData.fromString(text(value));
      case VARBINARY ->
          value -> {
            if (value instanceof byte[]) {
              return value;
            }
            // As text it has lost what is no UTF-8.
            throw mismatch(value, "bytes inside of another type");
          };
      case DATE -> value -> (int) cast(LocalDate.class, value).toEpochDay();
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          value -> {
            ZonedDateTime at = cast(ZonedDateTime.class, value);
            int nanos = at.getNano();
            return TimestampData.fromEpochMillis(
                at.toEpochSecond() * 1_000 + nanos / 1_000_000, nanos % 1_000_000);
          };
      case ARRAY -> {
        FromDriver element = of(((ArrayType) type).getElementType());
        yield value -> {
          Object[] from = objects(value);
          @Nullable Object[] to = new Object[from.length];
          for (int i = 0; i < from.length; i++) {
            to[i] = orNull(element, from[i]);
          }
          return new GenericArrayData(to);
        };
      }
      case MAP -> {
        FromDriver mapKey = of(((MapType) type).getKeyType());
        FromDriver mapValue = of(((MapType) type).getValueType());
        yield value -> {
          Map<@Nullable Object, @Nullable Object> to = new LinkedHashMap<>();
          Map<?, ?> from = cast(Map.class, value);
          for (Map.Entry<?, ?> entry : from.entrySet()) {
            to.put(orNull(mapKey, entry.getKey()), orNull(mapValue, entry.getValue()));
          }
          return new GenericMapData(to);
        };
      }
      case ROW -> {
        FromDriver[] fields =
            ((RowType) type).getChildren().stream().map(FromDriver::of).toArray(FromDriver[]::new);
        yield value -> {
          Object[] from = objects(value);
          if (from.length != fields.length) {
            throw new IllegalArgumentException(
                "the tuple has "
                    + from.length
                    + " elements and the ROW "
                    + fields.length
                    + " fields");
          }
          GenericRowData to = new GenericRowData(fields.length);
          for (int i = 0; i < fields.length; i++) {
            to.setField(i, orNull(fields[i], from[i]));
          }
          return to;
        };
      }
      default -> throw new IllegalArgumentException(type + " is not supported");
    };
  }

  private static @Nullable Object orNull(FromDriver conversion, @Nullable Object value) {
    return value == null ? null : conversion.convert(value);
  }

  private static long integer(Object value, long min, long max) {
    Number number = number(value);
    if ((number instanceof BigInteger big && big.bitLength() > 63)
        || number.longValue() < min
        || number.longValue() > max) {
      throw new IllegalArgumentException(value + " is not within " + min + " and " + max);
    }
    return number.longValue();
  }

  private static Number number(Object value) {
    return cast(Number.class, value);
  }

  private static DecimalData decimal(Object value, int precision, int scale) {
    BigDecimal exact =
        value instanceof BigDecimal decimal
            ? decimal
            : value instanceof BigInteger whole
                ? new BigDecimal(whole)
                : BigDecimal.valueOf(integer(value, Long.MIN_VALUE, Long.MAX_VALUE));
    DecimalData data = null;
    try {
      data =
          DecimalData.fromBigDecimal(
              exact.setScale(scale, RoundingMode.UNNECESSARY), precision, scale);
    } catch (ArithmeticException e) {
      // It has more digits behind the point.
    }
    if (data == null) {
      throw new IllegalArgumentException(
          exact.toPlainString() + " does not fit DECIMAL(" + precision + ", " + scale + ")");
    }
    return data;
  }

  /** As ClickHouse would print it. */
  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof InetAddress address) {
      return InetAddresses.toAddrString(address);
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    // Of an enum, which is a number to the driver, that is the name.
    if (value instanceof Number
        || value instanceof Boolean
        || value instanceof UUID
        || value instanceof LocalDate) {
      return value.toString();
    }
    throw mismatch(value, "a text");
  }

  private static Object[] objects(Object value) {
    if (value instanceof List<?> list) {
      return list.toArray();
    }
    return cast(Object[].class, value);
  }

  private static <T> T cast(Class<T> wanted, Object value) {
    if (!wanted.isInstance(value)) {
      throw mismatch(value, "a " + wanted.getSimpleName());
    }
    return wanted.cast(value);
  }

  private static IllegalArgumentException mismatch(Object value, String wanted) {
    return new IllegalArgumentException(
        "the driver returned a " + value.getClass().getName() + " where " + wanted + " was due");
  }
}
