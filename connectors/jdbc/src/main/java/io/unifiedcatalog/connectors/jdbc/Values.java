package io.unifiedcatalog.connectors.jdbc;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** Conversions that every database shares. What a type does not hold is refused, never cut. */
final class Values {
  static final LocalDate FIRST_DATE = LocalDate.of(1, 1, 1);
  static final LocalDate LAST_DATE = LocalDate.of(9999, 12, 31);
  private static final int DIGITS_OF_NANOS = 9;

  private Values() {}

  /** A reader of whole numbers of a type. */
  static ValueReader integers(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case TINYINT ->
          (rows, i) -> {
            long value = rows.getLong(i);
            return value == 0 && rows.wasNull()
                ? null
                : (Object) (byte) within(value, Byte.MIN_VALUE, Byte.MAX_VALUE, type);
          };
      case SMALLINT ->
          (rows, i) -> {
            long value = rows.getLong(i);
            return value == 0 && rows.wasNull()
                ? null
                : (Object) (short) within(value, Short.MIN_VALUE, Short.MAX_VALUE, type);
          };
      case INTEGER ->
          (rows, i) -> {
            long value = rows.getLong(i);
            return value == 0 && rows.wasNull()
                ? null
                : (Object) (int) within(value, Integer.MIN_VALUE, Integer.MAX_VALUE, type);
          };
      case BIGINT ->
          (rows, i) -> {
            long value = rows.getLong(i);
            return value == 0 && rows.wasNull() ? null : (Object) value;
          };
      default -> throw new IllegalArgumentException(type + " is not an integer type");
    };
  }

  private static long within(long value, long min, long max, LogicalType type) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          value
              + " is not within "
              + min
              + " and "
              + max
              + ", which "
              + type.asSummaryString()
              + " holds");
    }
    return value;
  }

  /** A whole number that came as one with a point. */
  static Object integer(BigDecimal value, LogicalType type) {
    long whole;
    try {
      whole = value.longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          value.toPlainString() + " does not fit " + type.asSummaryString(), e);
    }
    return switch (type.getTypeRoot()) {
      case TINYINT -> (byte) within(whole, Byte.MIN_VALUE, Byte.MAX_VALUE, type);
      case SMALLINT -> (short) within(whole, Short.MIN_VALUE, Short.MAX_VALUE, type);
      case INTEGER -> (int) within(whole, Integer.MIN_VALUE, Integer.MAX_VALUE, type);
      default -> whole;
    };
  }

  /** A decimal, which must have no more digits than the type. */
  static DecimalData decimal(BigDecimal value, DecimalType type) {
    DecimalData data = null;
    try {
      data =
          DecimalData.fromBigDecimal(
              value.scale() == type.getScale()
                  ? value
                  : value.setScale(type.getScale(), RoundingMode.UNNECESSARY),
              type.getPrecision(),
              type.getScale());
    } catch (ArithmeticException e) {
      // It has more digits behind the point.
    }
    if (data == null) {
      throw new IllegalArgumentException(
          value.toPlainString()
              + " has more digits than "
              + type.asSummaryString()
              + ". Declare a greater DECIMAL, or STRING");
    }
    return data;
  }

  static StringData text(String value) {
    return StringData.fromString(value);
  }

  /** The number of a day. */
  static int date(LocalDate value) {
    if (value.isBefore(FIRST_DATE) || value.isAfter(LAST_DATE)) {
      throw new IllegalArgumentException(
          value + " is not within the years 1 to 9999, which Flink's DATE holds. Declare STRING");
    }
    return (int) value.toEpochDay();
  }

  /** A date with a time, which must have no more digits behind the point than the type. */
  static TimestampData timestamp(LocalDateTime value, LogicalType type) {
    if (value.toLocalDate().isBefore(FIRST_DATE) || value.toLocalDate().isAfter(LAST_DATE)) {
      throw new IllegalArgumentException(
          value
              + " is not within the years 1 to 9999, which Flink's TIMESTAMP holds. Declare STRING");
    }
    requireDigits(
        value.get(ChronoField.NANO_OF_SECOND), LogicalTypeChecks.getPrecision(type), value, type);
    return TimestampData.fromLocalDateTime(value);
  }

  /** Refuses nanoseconds that have more digits than a type. */
  static void requireDigits(int nanos, int digits, Object value, Object type) {
    if (nanos != 0 && digits < DIGITS_OF_NANOS && nanos % POWERS[DIGITS_OF_NANOS - digits] != 0) {
      throw new IllegalArgumentException(
          value + " has more than the " + digits + " digits behind the second of " + type);
    }
  }

  private static final int[] POWERS = {
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  /** A time of day in milliseconds; its type in Flink has no fractions of a second. */
  static int time(String text) {
    String[] parts = text.split(":", -1);
    try {
      int hour = Integer.parseInt(parts[0]);
      int minute = Integer.parseInt(parts[1]);
      int second = Integer.parseInt(parts[2].substring(0, 2));
      if (!text.startsWith("-") && hour >= 0 && hour < 24 && minute < 60 && second < 60) {
        return ((hour * 60 + minute) * 60 + second) * 1_000;
      }
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(text + " is no time of day. Declare STRING", e);
    }
    throw new IllegalArgumentException(
        text + " is no time of a day, which Flink's TIME holds. Declare STRING");
  }

  /** A reader of decimals. */
  static ValueReader decimals(DecimalType type) {
    return (rows, i) -> {
      BigDecimal value = bigDecimal(rows, i);
      return value == null ? null : decimal(value, type);
    };
  }

  /** Some drivers fail with their own words for what is no number. */
  static BigDecimal bigDecimal(ResultSet rows, int column) throws SQLException {
    try {
      return rows.getBigDecimal(column);
    } catch (SQLException | RuntimeException e) {
      String text = rows.getString(column);
      if (text != null && text.matches("(?i)NaN|-?Infinity")) {
        throw new IllegalArgumentException(
            text + " is no value of Flink's DECIMAL. Declare STRING to read it as text", e);
      }
      throw e;
    }
  }
}
