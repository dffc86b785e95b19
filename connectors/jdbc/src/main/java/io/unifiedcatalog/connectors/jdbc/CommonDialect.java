package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.connectors.jdbc.SourceType.Kind;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.jspecify.annotations.Nullable;

/** What the dialects share. */
abstract class CommonDialect implements Dialect {
  private static final long serialVersionUID = 1;
  private static final int DIGITS_OF_FRACTIONS = 6;

  static final Set<Integer> INTEGERS =
      Set.of(
          java.sql.Types.TINYINT,
          java.sql.Types.SMALLINT,
          java.sql.Types.INTEGER,
          java.sql.Types.BIGINT);

  static final Set<Integer> DECIMALS = Set.of(java.sql.Types.DECIMAL, java.sql.Types.NUMERIC);
  static final Set<Integer> FLOATS =
      Set.of(java.sql.Types.REAL, java.sql.Types.FLOAT, java.sql.Types.DOUBLE);

  static final Set<Integer> BINARIES =
      Set.of(
          java.sql.Types.BINARY,
          java.sql.Types.VARBINARY,
          java.sql.Types.LONGVARBINARY,
          java.sql.Types.BLOB);

  /** A url with these properties in place of its own of the same names. */
  static String withProperties(String url, Map<String, String> properties) {
    int question = url.indexOf('?');
    StringBuilder all = new StringBuilder(question < 0 ? url : url.substring(0, question));
    char separator = '?';
    if (question >= 0) {
      for (String property : url.substring(question + 1).split("&", -1)) {
        String name = property.replaceFirst("=.*", "").toLowerCase(Locale.ROOT);
        if (!property.isEmpty()
            && properties.keySet().stream().noneMatch(key -> key.equalsIgnoreCase(name))) {
          all.append(separator).append(property);
          separator = '&';
        }
      }
    }
    for (Map.Entry<String, String> property : new LinkedHashMap<>(properties).entrySet()) {
      all.append(separator).append(property.getKey()).append('=').append(property.getValue());
      separator = '&';
    }
    return all.toString();
  }

  static boolean hasProperty(String url, String name) {
    return url.toLowerCase(Locale.ROOT).matches(".*[?&]" + name.toLowerCase(Locale.ROOT) + "=.*");
  }

  /** That a column cannot be read as the type that it is declared with. */
  static IllegalArgumentException mismatch(TableColumn column, String typeName) {
    return new IllegalArgumentException(
        "it is "
            + typeName.toLowerCase(Locale.ROOT)
            + " in the database, which cannot be read as "
            + column.type().asSummaryString()
            + ". Declare another type, or STRING");
  }

  /** A reader of numbers, which every database has alike. */
  static ValueReader numbers(TableColumn column, int jdbcType, String typeName) {
    LogicalType type = column.type();
    switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> {
        if (INTEGERS.contains(jdbcType)) {
          return Values.integers(type);
        }
        if (DECIMALS.contains(jdbcType)) {
          return (rows, i) -> {
            BigDecimal value = Values.bigDecimal(rows, i);
            return value == null ? null : Values.integer(value, type);
          };
        }
      }
      case DECIMAL -> {
        if (INTEGERS.contains(jdbcType) || DECIMALS.contains(jdbcType)) {
          return Values.decimals((DecimalType) type);
        }
      }
      case FLOAT -> {
        if (FLOATS.contains(jdbcType)) {
          boolean exact = jdbcType == java.sql.Types.DOUBLE && !typeName.startsWith("FLOAT");
          return (rows, i) -> {
            // A FLOAT with digits arrives as a double.
            double value = rows.getDouble(i);
            if (value == 0 && rows.wasNull()) {
              return null;
            }
            if (exact && Double.compare((float) value, value) != 0) {
              throw new IllegalArgumentException(
                  value + " has more digits than FLOAT. Declare DOUBLE");
            }
            return (float) value;
          };
        }
      }
      case DOUBLE -> {
        if (FLOATS.contains(jdbcType)) {
          return (rows, i) -> {
            double value = rows.getDouble(i);
            return value == 0 && rows.wasNull() ? null : (Object) value;
          };
        }
      }
      default -> {}
    }
    throw mismatch(column, typeName);
  }

  @Override
  public @Nullable Condition comparison(
      TableColumn column, String operator, Serializable literal, SessionZone zone) {
    Kind kind = column.source().kind();
    boolean unknown = kind == Kind.UNKNOWN;
    String name = quote(column.name());
    return switch (column.type().getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT, DECIMAL ->
          (unknown || kind == Kind.INTEGER || kind == Kind.DECIMAL)
                  && literal instanceof BigDecimal number
              ? Condition.of(name + " " + operator + " ?", number(column, number))
              : null;
      case DOUBLE ->
          (unknown || kind == Kind.DOUBLE)
                  && literal instanceof Number number
                  && Double.isFinite(number.doubleValue())
              ? Condition.of(name + " " + operator + " ?", number.doubleValue())
              : null;
      case DATE ->
          (unknown || kind == Kind.DATE) && literal instanceof LocalDate
              ? Condition.of(name + " " + operator + " ?", literal)
              : null;
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          literal instanceof LocalDateTime local && isWhole(local)
              ? timestamp(column, operator, local, zone)
              : null;
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          literal instanceof Instant instant && instant.get(ChronoField.NANO_OF_SECOND) % 1_000 == 0
              ? instant(column, operator, instant, zone)
              : null;
      case CHAR, VARCHAR ->
          literal instanceof String text && text.indexOf(0) < 0
              ? text(column, operator, text)
              : null;
      default -> null;
    };
  }

  /** Whether a database rounds nothing of it. */
  private static boolean isWhole(LocalDateTime local) {
    return local.get(ChronoField.NANO_OF_SECOND) % 1_000 == 0;
  }

  /** As an integer, by which a database can use an index, if it is one. */
  private static Serializable number(TableColumn column, BigDecimal number) {
    return column.source().kind() != Kind.DECIMAL
            && number.stripTrailingZeros().scale() <= 0
            && number.toBigInteger().bitLength() < Long.SIZE
        ? number.longValue()
        : number;
  }

  abstract @Nullable Condition timestamp(
      TableColumn column, String operator, LocalDateTime literal, SessionZone zone);

  abstract @Nullable Condition instant(
      TableColumn column, String operator, Instant literal, SessionZone zone);

  abstract @Nullable Condition text(TableColumn column, String operator, String literal);

  /** A writer of what every database takes alike. */
  static ValueWriter plainWriter(TableColumn column) {
    SourceType source = column.source();
    LogicalType type = column.type();
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> (row, i) -> row.getBoolean(i);
      case TINYINT -> (row, i) -> integer(row.getByte(i), source);
      case SMALLINT -> (row, i) -> integer(row.getShort(i), source);
      case INTEGER -> (row, i) -> integer(row.getInt(i), source);
      case BIGINT -> (row, i) -> integer(row.getLong(i), source);
      case DECIMAL -> {
        int precision = ((DecimalType) type).getPrecision();
        int scale = ((DecimalType) type).getScale();
        yield (row, i) -> {
          BigDecimal value = row.getDecimal(i, precision, scale).toBigDecimal();
          requireFit(value, source);
          return value;
        };
      }
      case FLOAT -> (row, i) -> row.getFloat(i);
      case DOUBLE -> (row, i) -> row.getDouble(i);
      case CHAR, VARCHAR -> (row, i) -> text(row.getString(i).toString(), source);
      case BINARY, VARBINARY ->
          (row, i) -> {
            byte[] value = row.getBinary(i);
            if ((source.kind() == Kind.BYTES || source.kind() == Kind.FIXED_BYTES)
                && source.length() >= 0
                && value.length > source.length()) {
              throw new IllegalArgumentException(
                  value.length + " bytes are more than " + source.text() + " holds");
            }
            return value;
          };
      case DATE -> (row, i) -> dateInRange(LocalDate.ofEpochDay(row.getInt(i)));
      case TIME_WITHOUT_TIME_ZONE ->
          (row, i) -> java.time.LocalTime.ofNanoOfDay(row.getInt(i) * 1_000_000L);
      default -> throw new IllegalArgumentException(type.asSummaryString() + " cannot be written");
    };
  }

  private static LocalDate dateInRange(LocalDate date) {
    if (date.isBefore(Values.FIRST_DATE) || date.isAfter(Values.LAST_DATE)) {
      throw new IllegalArgumentException(date + " is not within the years 1 to 9999");
    }
    return date;
  }

  private static Long integer(long value, SourceType source) {
    if (source.excludes(BigInteger.valueOf(value))) {
      throw outOfRange(value, source);
    }
    if (source.kind() == Kind.DECIMAL && source.excludes(BigDecimal.valueOf(value))) {
      throw new IllegalArgumentException(value + " has more digits than " + source.text());
    }
    return value;
  }

  private static IllegalArgumentException outOfRange(Object value, SourceType source) {
    return new IllegalArgumentException(
        value
            + " is not within "
            + source.min()
            + " and "
            + source.max()
            + ", which "
            + source.text()
            + " holds");
  }

  private static void requireFit(BigDecimal value, SourceType source) {
    if (source.excludes(value)) {
      throw source.kind() == Kind.INTEGER
          ? outOfRange(value.toPlainString(), source)
          : new IllegalArgumentException(
              value.toPlainString() + " has more digits than " + source.text());
    }
  }

  private static String text(String value, SourceType source) {
    switch (source.kind()) {
      case TEXT, FIXED_TEXT -> {
        if (source.length() >= 0 && value.codePointCount(0, value.length()) > source.length()) {
          throw new IllegalArgumentException(
              "'"
                  + shortened(value)
                  + "' has "
                  + value.codePointCount(0, value.length())
                  + " characters, more than "
                  + source.text()
                  + " holds");
        }
      }
      case INTEGER, DECIMAL -> {
        if (value.matches("-?[0-9]+(\\.[0-9]+)?")) {
          requireFit(new BigDecimal(value), source);
        }
      }
      default -> {}
    }
    return value;
  }

  /** A value of a message. */
  static String shortened(String value) {
    return value.length() > 60 ? value.substring(0, 60) + "..." : value;
  }

  /** A local time, unless the database would round it. */
  static LocalDateTime fraction(TimestampData value, SourceType source) {
    LocalDateTime local = value.toLocalDateTime();
    dateInRange(local.toLocalDate());
    int digits = source.length() < 0 ? DIGITS_OF_FRACTIONS : source.length();
    Values.requireDigits(
        local.get(ChronoField.NANO_OF_SECOND),
        digits,
        local,
        source.text().isEmpty() ? "the database" : source.text());
    return local;
  }

  static int precision(TableColumn column) {
    return LogicalTypeChecks.getPrecision(column.type());
  }
}
