package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.redis.Texts;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Arrays;
import java.util.Locale;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.jspecify.annotations.Nullable;

/**
 * A value of a column as Redis holds it, which knows bytes only: the text that people would write.
 * What a type does not hold exactly is refused.
 */
interface TextValue extends Serializable {
  /** What {@link #of} takes, for messages. */
  String TYPES =
      "CHAR, VARCHAR, STRING, BYTES, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE,"
          + " DECIMAL, DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ";

  /**
   * Flink's value of a text.
   *
   * @throws IllegalArgumentException if the type does not hold it
   */
  Object read(byte[] bytes);

  /** The text of a field that is not null. */
  byte[] write(RowData row, int field);

  /** Of a type; null if the type has no such text. */
  static @Nullable TextValue of(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case CHAR, VARCHAR -> {
        int most = LogicalTypeChecks.getLength(type);
        yield new Of(
            bytes -> {
              String text = utf8(bytes);
              if (text.length() > most && text.codePointCount(0, text.length()) > most) {
                throw new IllegalArgumentException("it is longer than " + most + " characters");
              }
              return StringData.fromString(text);
            },
            (row, field) -> row.getString(field).toString());
      }
      case VARBINARY -> {
        int most = LogicalTypeChecks.getLength(type);
        yield new TextValue() {
          private static final long serialVersionUID = 1;

          @Override
          public Object read(byte[] bytes) {
            if (bytes.length > most) {
              throw new IllegalArgumentException("it is longer than " + most + " bytes");
            }
            return bytes;
          }

          @Override
          public byte[] write(RowData row, int field) {
            return row.getBinary(field);
          }
        };
      }
      case BOOLEAN ->
          new Of(
              bytes ->
                  switch (utf8(bytes)) {
                    case "true", "1" -> true;
                    case "false", "0" -> false;
                    default ->
                        throw new IllegalArgumentException("it is none of true, false, 1 and 0");
                  },
              (row, field) -> String.valueOf(row.getBoolean(field)));
      case TINYINT ->
          new Of(
              bytes -> Byte.parseByte(utf8(bytes)),
              (row, field) -> String.valueOf(row.getByte(field)));
      case SMALLINT ->
          new Of(
              bytes -> Short.parseShort(utf8(bytes)),
              (row, field) -> String.valueOf(row.getShort(field)));
      case INTEGER ->
          new Of(
              bytes -> Integer.parseInt(utf8(bytes)),
              (row, field) -> String.valueOf(row.getInt(field)));
      case BIGINT ->
          new Of(
              bytes -> Long.parseLong(utf8(bytes)),
              (row, field) -> String.valueOf(row.getLong(field)));
      case FLOAT ->
          new Of(
              bytes -> Float.parseFloat(utf8(bytes)),
              (row, field) -> String.valueOf(row.getFloat(field)));
      case DOUBLE ->
          new Of(
              bytes -> Double.parseDouble(utf8(bytes)),
              (row, field) -> String.valueOf(row.getDouble(field)));
      case DECIMAL -> {
        int precision = ((DecimalType) type).getPrecision();
        int scale = ((DecimalType) type).getScale();
        yield new Of(
            bytes -> decimal(utf8(bytes), precision, scale),
            (row, field) -> row.getDecimal(field, precision, scale).toBigDecimal().toPlainString());
      }
      case DATE ->
          new Of(
              bytes -> (int) LocalDate.parse(utf8(bytes)).toEpochDay(),
              (row, field) -> LocalDate.ofEpochDay(row.getInt(field)).toString());
      case TIME_WITHOUT_TIME_ZONE -> {
        int precision = LogicalTypeChecks.getPrecision(type);
        yield new Of(
            bytes -> {
              LocalTime time = LocalTime.parse(utf8(bytes));
              // Flink counts milliseconds of the day.
              requireDigits(time, Math.min(precision, 3));
              return (int) (time.toNanoOfDay() / 1_000_000);
            },
            (row, field) -> LocalTime.ofNanoOfDay(row.getInt(field) * 1_000_000L).toString());
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE -> {
        int precision = LogicalTypeChecks.getPrecision(type);
        yield new Of(
            bytes -> {
              LocalDateTime at = LocalDateTime.parse(utf8(bytes).replace('T', ' '), Times.LOCAL);
              requireDigits(at, precision);
              return TimestampData.fromLocalDateTime(at);
            },
            (row, field) ->
                Times.LOCAL.format(row.getTimestamp(field, precision).toLocalDateTime()));
      }
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        int precision = LogicalTypeChecks.getPrecision(type);
        yield new Of(
            bytes -> {
              Instant at = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(utf8(bytes), Instant::from);
              requireDigits(at, precision);
              return TimestampData.fromInstant(at);
            },
            (row, field) -> row.getTimestamp(field, precision).toInstant().toString());
      }
      default -> null;
    };
  }

  /** Of some columns of a table, by their number; null for a type that has no such text. */
  static @Nullable TextValue[] of(RowType table, int[] columns) {
    return Arrays.stream(columns)
        .mapToObj(column -> of(table.getTypeAt(column)))
        .toArray(TextValue[]::new);
  }

  private static void requireDigits(TemporalAccessor at, int precision) {
    if (at.get(ChronoField.NANO_OF_SECOND) % (int) Math.pow(10, 9 - precision) != 0) {
      throw new IllegalArgumentException(
          "it has more than " + precision + " digits of a second's fraction");
    }
  }

  private static DecimalData decimal(String text, int precision, int scale) {
    BigDecimal exact = new BigDecimal(text);
    if (exact.precision() - exact.scale() <= precision - scale || exact.signum() == 0) {
      try {
        DecimalData data =
            DecimalData.fromBigDecimal(
                exact.setScale(scale, RoundingMode.UNNECESSARY), precision, scale);
        if (data != null) {
          return data;
        }
      } catch (ArithmeticException e) {
        // It has more digits behind the point.
      }
    }
    throw new IllegalArgumentException("it has more digits than the type");
  }

  /** The text of bytes, which must be UTF-8. */
  static String utf8(byte[] bytes) {
    return Texts.utf8(bytes)
        .orElseThrow(() -> new IllegalArgumentException("it has bytes that are no UTF-8"));
  }

  /** How times without a zone are written, as Flink's SQL does. */
  final class Times {
    static final DateTimeFormatter LOCAL =
        new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral(' ')
            .appendPattern("HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .toFormatter(Locale.ROOT);

    private Times() {}
  }

  /** A conversion by a text. */
  final class Of implements TextValue {
    private static final long serialVersionUID = 1;

    /** Makes a value of bytes. */
    interface Reader extends Serializable {
      Object read(byte[] bytes);
    }

    /** Makes a text of a field. */
    interface Writer extends Serializable {
      String write(RowData row, int field);
    }

    private final Reader reader;
    private final Writer writer;

    Of(Reader reader, Writer writer) {
      this.reader = reader;
      this.writer = writer;
    }

    @Override
    public Object read(byte[] bytes) {
      try {
        return reader.read(bytes);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("it is no number of the type", e);
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException("it is no date or time as the type has it", e);
      }
    }

    @Override
    public byte[] write(RowData row, int field) {
      return writer.write(row, field).getBytes(StandardCharsets.UTF_8);
    }
  }
}
