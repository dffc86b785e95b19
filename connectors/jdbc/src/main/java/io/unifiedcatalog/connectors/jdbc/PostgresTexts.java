package io.unifiedcatalog.connectors.jdbc;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.jspecify.annotations.Nullable;

/**
 * Reads what PostgreSQL prints, and prints what it reads, with no calendar or zone of the JVM
 * between.
 */
final class PostgresTexts {
  private static final Pattern BOUNDS = Pattern.compile("(?:\\[-?\\d+:-?\\d+])+=");
  private static final Pattern OFFSET =
      Pattern.compile("([+-])(\\d{2})(?::(\\d{2}))?(?::(\\d{2}))?");

  private PostgresTexts() {}

  /** A date, as in {@code 2024-02-29}. */
  static LocalDate date(String text) {
    if (text.length() == 10 && text.charAt(4) == '-' && text.charAt(7) == '-') {
      return LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    }
    throw outside(text, "DATE");
  }

  /** A date with a time, as in {@code 2024-02-29 23:59:59.5}. */
  static LocalDateTime timestamp(String text) {
    return timestamp(text, text.length());
  }

  /** The same with an offset, as in {@code 2024-02-29 23:59:59.5+02}. */
  static OffsetDateTime instant(String text) {
    int sign = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'));
    Matcher offset = OFFSET.matcher(text).region(sign > 18 ? sign : text.length(), text.length());
    if (!offset.matches()) {
      throw outside(text, "TIMESTAMP");
    }
    int seconds =
        3_600 * number(text, sign + 1, sign + 3)
            + (offset.group(3) == null ? 0 : 60 * Integer.parseInt(offset.group(3)))
            + (offset.group(4) == null ? 0 : Integer.parseInt(offset.group(4)));
    return timestamp(text, sign)
        .atOffset(ZoneOffset.ofTotalSeconds(offset.group(1).equals("-") ? -seconds : seconds));
  }

  private static LocalDateTime timestamp(String text, int end) {
    if (end < 19 || end > 26 || text.charAt(4) != '-' || text.charAt(10) != ' ') {
      throw outside(text, "TIMESTAMP");
    }
    int nanos = 0;
    if (end > 20) {
      nanos = number(text, 20, end);
      for (int i = end - 20; i < 9; i++) {
        nanos *= 10;
      }
    }
    int hour = number(text, 11, 13);
    return LocalDateTime.of(
        number(text, 0, 4),
        number(text, 5, 7),
        number(text, 8, 10),
        hour,
        number(text, 14, 16),
        number(text, 17, 19),
        nanos);
  }

  private static int number(String text, int begin, int end) {
    int value = 0;
    for (int i = begin; i < end; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw outside(text, text.length() > 13 ? "TIMESTAMP" : "DATE");
      }
      value = 10 * value + digit;
    }
    return value;
  }

  private static IllegalArgumentException outside(String text, String type) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is not within the years 1 to 9999, which Flink's "
            + type
            + " holds. Declare STRING to read it as text");
  }

  /**
   * An array, as in {@code {1,NULL,"a,b"}}.
   *
   * @throws IllegalArgumentException if it has another number of dimensions than the type
   */
  static ArrayData array(String text, ArrayType type, SessionZone zone) {
    Matcher bounds = BOUNDS.matcher(text);
    int[] at = {bounds.lookingAt() ? bounds.end() : 0};
    ArrayData array = array(text, at, type, zone);
    if (at[0] != text.length()) {
      throw new IllegalArgumentException("'" + CommonDialect.shortened(text) + "' is no array");
    }
    return array;
  }

  private static ArrayData array(String text, int[] at, ArrayType type, SessionZone zone) {
    LogicalType element = type.getElementType();
    List<@Nullable Object> elements = new ArrayList<>();
    at[0]++;
    if (text.charAt(at[0]) == '}') {
      at[0]++;
      return new GenericArrayData(new Object[0]);
    }
    while (true) {
      if (text.charAt(at[0]) == '{') {
        if (!(element instanceof ArrayType inner)) {
          throw new IllegalArgumentException(
              "'"
                  + CommonDialect.shortened(text)
                  + "' has more dimensions than "
                  + type.asSummaryString()
                  + ". Declare STRING to read it as text");
        }
        elements.add(array(text, at, inner, zone));
      } else {
        boolean quoted = text.charAt(at[0]) == '"';
        String value = element(text, at);
        if (!quoted && value.equalsIgnoreCase("NULL")) {
          elements.add(null);
        } else if (element instanceof ArrayType) {
          throw new IllegalArgumentException(
              "'"
                  + CommonDialect.shortened(text)
                  + "' has fewer dimensions than "
                  + type.asSummaryString());
        } else {
          elements.add(value(value, element, zone));
        }
      }
      char next = text.charAt(at[0]++);
      if (next == '}') {
        return new GenericArrayData(elements.toArray());
      }
    }
  }

  /** An element as text, without the quotes and backslashes around it. */
  private static String element(String text, int[] at) {
    StringBuilder element = new StringBuilder();
    int i = at[0];
    if (text.charAt(i) == '"') {
      for (i++; text.charAt(i) != '"'; i++) {
        if (text.charAt(i) == '\\') {
          i++;
        }
        element.append(text.charAt(i));
      }
      i++;
    } else {
      for (; text.charAt(i) != ',' && text.charAt(i) != '}'; i++) {
        if (text.charAt(i) == '\\') {
          i++;
        }
        element.append(text.charAt(i));
      }
    }
    at[0] = i;
    return element.toString();
  }

  private static Object value(String text, LogicalType type, SessionZone zone) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> text.equals("t");
      case TINYINT, SMALLINT, INTEGER, BIGINT -> Values.integer(number(text), type);
      case DECIMAL -> Values.decimal(number(text), (DecimalType) type);
      case FLOAT -> Float.parseFloat(text);
      case DOUBLE -> Double.parseDouble(text);
      case CHAR, VARCHAR -> Values.text(text);
      case BINARY, VARBINARY -> {
        if (!text.startsWith("\\x")) {
          throw new IllegalArgumentException(
              "bytes came in the form of bytea_output = escape. Set it to hex");
        }
        yield HexFormat.of().parseHex(text, 2, text.length());
      }
      case DATE -> Values.date(date(text));
      case TIME_WITHOUT_TIME_ZONE -> Values.time(text);
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          Values.timestamp(hasOffset(text) ? local(instant(text), zone) : timestamp(text), type);
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> ofInstant(instant(text), type);
      default -> throw new IllegalArgumentException(type.asSummaryString() + " cannot be read");
    };
  }

  private static boolean hasOffset(String text) {
    return text.length() > 19
        && OFFSET.matcher(text.substring(19).replaceFirst("^\\.\\d+", "")).matches();
  }

  static BigDecimal number(String text) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no number in Flink. Declare STRING to read it as text", e);
    }
  }

  /** The local time of an instant. */
  static LocalDateTime local(OffsetDateTime instant, SessionZone zone) {
    if (zone.zone() == null) {
      throw new IllegalArgumentException(
          "an instant is a TIMESTAMP only if the option 'time-zone' says in which zone. Set it, or"
              + " declare TIMESTAMP_LTZ");
    }
    return instant.atZoneSameInstant(zone.zone()).toLocalDateTime();
  }

  static TimestampData ofInstant(OffsetDateTime instant, LogicalType type) {
    Values.requireDigits(
        instant.get(ChronoField.NANO_OF_SECOND),
        LogicalTypeChecks.getPrecision(type),
        instant,
        type.asSummaryString());
    return TimestampData.fromInstant(instant.toInstant());
  }

  /** An array as PostgreSQL reads it. */
  static String print(ArrayData array, ArrayType type) {
    LogicalType element = type.getElementType();
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < array.size(); i++) {
      if (i > 0) {
        text.append(',');
      }
      Object value = getter.getElementOrNull(array, i);
      if (value == null) {
        text.append("NULL");
      } else if (element instanceof ArrayType inner) {
        text.append(print((ArrayData) value, inner));
      } else {
        text.append('"')
            .append(print(value, element).replace("\\", "\\\\").replace("\"", "\\\""))
            .append('"');
      }
    }
    return text.append('}').toString();
  }

  private static String print(Object value, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BINARY, VARBINARY -> "\\x" + HexFormat.of().formatHex((byte[]) value);
      case DATE -> LocalDate.ofEpochDay((int) value).toString();
      case TIME_WITHOUT_TIME_ZONE ->
          java.time.LocalTime.ofNanoOfDay((int) value * 1_000_000L).toString();
      case TIMESTAMP_WITHOUT_TIME_ZONE -> {
        LocalDateTime local = ((TimestampData) value).toLocalDateTime();
        Values.requireDigits(local.get(ChronoField.NANO_OF_SECOND), 6, local, "the database");
        // Of an array of instants, it is the session's local time.
        yield local.toString();
      }
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> ((TimestampData) value).toInstant().toString();
      case DECIMAL -> ((DecimalData) value).toBigDecimal().toPlainString();
      default -> value.toString();
    };
  }
}
