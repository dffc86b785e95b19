package io.unifiedcatalog.connectors.clickhouse;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Writes Flink's value as one of ClickHouse's types, in format RowBinary. ClickHouse checks next to
 * nothing of what it is handed in that format, nor in any other: 300 becomes 44 in a UInt8. So
 * whatever the type does not hold exactly is refused here.
 */
interface Encoder {
  /**
   * Writes a value.
   *
   * @param value in Flink's internal form; null for NULL
   * @throws IllegalArgumentException if the type does not hold it
   */
  void write(@Nullable Object value, RowBinaryOutput out);

  /** Writes a value that is not NULL. */
  interface OfValue {
    void write(Object value, RowBinaryOutput out);
  }

  /**
   * The encoder of a type as another.
   *
   * @throws IllegalArgumentException if the one cannot be written as the other
   */
  static Encoder of(LogicalType from, NativeType to) {
    return switch (to.name()) {
      case "Nullable" -> {
        OfValue nullable = value(from, inner(to, 0));
        yield (value, out) -> {
          if (value == null) {
            out.write(1);
          } else {
            out.write(0);
            nullable.write(value, out);
          }
        };
      }
      case "LowCardinality" -> of(from, inner(to, 0));
      case "SimpleAggregateFunction" -> of(from, inner(to, to.arguments().size() - 1));
      default -> {
        OfValue required = value(from, to);
        yield (value, out) -> {
          if (value == null) {
            throw new IllegalArgumentException("NULL is not a value of " + to);
          }
          required.write(value, out);
        };
      }
    };
  }

  private static OfValue value(LogicalType from, NativeType to) {
    return switch (to.name()) {
      case "Int8" -> whole(from, to, 1, true);
      case "Int16" -> whole(from, to, 2, true);
      case "Int32" -> whole(from, to, 4, true);
      case "Int64" -> whole(from, to, 8, true);
      case "Int128" -> whole(from, to, 16, true);
      case "Int256" -> whole(from, to, 32, true);
      case "UInt8" -> whole(from, to, 1, false);
      case "UInt16" -> whole(from, to, 2, false);
      case "UInt32" -> whole(from, to, 4, false);
      case "UInt64" -> whole(from, to, 8, false);
      case "UInt128" -> whole(from, to, 16, false);
      case "UInt256" -> whole(from, to, 32, false);
      case "Bool" -> bool(from, to);
      case "Float32" -> (value, out) -> out.integer(Float.floatToRawIntBits(single(value, to)), 4);
      case "BFloat16" ->
          (value, out) -> {
            int bits = Float.floatToIntBits(single(value, to));
            if ((bits & 0xffff) != 0) {
              throw inexact(value, to);
            }
            out.integer(bits >>> 16, 2);
          };
      case "Float64" ->
          (value, out) -> out.integer(Double.doubleToRawLongBits(twice(value, to)), 8);
      case "Decimal" -> decimal(from, to);
      case "String" -> (value, out) -> out.text(bytes(value, from, to));
      case "FixedString" -> {
        int length = to.number(0);
        yield (value, out) -> {
          byte[] bytes = bytes(value, from, to);
          if (bytes.length > length) {
            throw new IllegalArgumentException(
                shown(value) + " has " + bytes.length + " bytes, and " + to + " holds " + length);
          }
          out.writeBytes(bytes);
          for (int i = bytes.length; i < length; i++) {
            out.write(0);
          }
        };
      }
      case "Enum8", "Enum16" -> {
        requireText(from, to);
        Map<String, Integer> members = to.members();
        int width = to.name().equals("Enum8") ? 1 : 2;
        yield (value, out) -> {
          Integer member = members.get(value.toString());
          if (member == null) {
            throw new IllegalArgumentException(
                shown(value)
                    + " is not a member of the "
                    + to.name()
                    + ". Its members: "
                    + String.join(", ", members.keySet()));
          }
          out.integer(member, width);
        };
      }
      case "UUID" -> {
        requireText(from, to);
        yield (value, out) -> {
          UUID uuid = Texts.uuid(value.toString());
          if (uuid == null) {
            throw misfit(value, to);
          }
          out.integer(uuid.getMostSignificantBits(), 8);
          out.integer(uuid.getLeastSignificantBits(), 8);
        };
      }
      case "IPv4" -> {
        requireText(from, to);
        yield (value, out) -> {
          Inet4Address address = Texts.inet4(value.toString());
          if (address == null) {
            throw misfit(value, to);
          }
          out.integer(ByteBuffer.wrap(address.getAddress()).getInt(), 4);
        };
      }
      case "IPv6" -> {
        requireText(from, to);
        yield (value, out) -> {
          byte[] address = Texts.inet6(value.toString());
          if (address == null) {
            throw misfit(value, to);
          }
          out.writeBytes(address);
        };
      }
      case "Date" -> date(from, to, 2);
      case "Date32" -> date(from, to, 4);
      case "DateTime" -> instant(from, to, 0, 4);
      case "DateTime64" -> instant(from, to, to.number(0), 8);
      case "Array" -> array(from, to, inner(to, 0));
      case "Nested" -> array(from, to, new NativeType("Tuple", to.arguments()));
      case "Map" -> map(from, to);
      case "Tuple" -> row(from, to);
      // Inside of Nullable or of each other.
      case "LowCardinality", "SimpleAggregateFunction", "Nullable" -> {
        Encoder inner = of(from, inner(to, to.arguments().size() - 1));
        yield inner::write;
      }
      default -> throw new IllegalArgumentException("this connector does not write " + to);
    };
  }

  private static NativeType inner(NativeType type, int index) {
    NativeType inner = type.type(index);
    if (inner == null) {
      throw new IllegalArgumentException("this connector does not understand " + type);
    }
    return inner;
  }

  private static OfValue whole(LogicalType from, NativeType to, int bytes, boolean signed) {
    requireNumber(from, to);
    Range range = Range.of(to);
    if (bytes > 8) {
      return (value, out) -> {
        BigInteger number = wholeNumber(value, to);
        range.check(number, value, to);
        out.integer(number, bytes);
      };
    }
    if (value64(from)) {
      // Most often nothing but a long is needed.
      long least = signed ? Long.MIN_VALUE >> (64 - 8 * bytes) : 0;
      long greatest = bytes == 8 ? Long.MAX_VALUE : signed ? ~least : (1L << (8 * bytes)) - 1;
      return (value, out) -> {
        long number = ((Number) value).longValue();
        if (number < least || number > greatest) {
          throw range.misfit(value, to);
        }
        out.integer(number, bytes);
      };
    }
    return (value, out) -> {
      BigInteger number = wholeNumber(value, to);
      range.check(number, value, to);
      out.integer(number.longValue(), bytes);
    };
  }

  private static boolean value64(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> true;
      default -> false;
    };
  }

  private static BigInteger wholeNumber(Object value, NativeType to) {
    try {
      return number(value, to).toBigIntegerExact();
    } catch (ArithmeticException e) {
      throw inexact(value, to);
    }
  }

  /** The number that a value is. */
  private static BigDecimal number(Object value, NativeType to) {
    if (value instanceof DecimalData decimal) {
      return decimal.toBigDecimal();
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      if (Double.isNaN(number) || Double.isInfinite(number)) {
        throw misfit(value, to);
      }
      // The digits that it is printed with.
      return new BigDecimal(value.toString());
    }
    if (value instanceof Number number) {
      return BigDecimal.valueOf(number.longValue());
    }
    if (value instanceof Boolean bool) {
      return bool ? BigDecimal.ONE : BigDecimal.ZERO;
    }
    String text = value.toString();
    if (!text.matches("[+-]?[0-9]{1,100}(\\.[0-9]{1,100})?")) {
      throw misfit(value, to);
    }
    return new BigDecimal(text);
  }

  private static OfValue bool(LogicalType from, NativeType to) {
    if (from.is(LogicalTypeRoot.BOOLEAN)) {
      return (value, out) -> out.write((boolean) value ? 1 : 0);
    }
    requireNumber(from, to);
    return (value, out) -> {
      BigInteger number = wholeNumber(value, to);
      Range.BOOL.check(number, value, to);
      out.write(number.intValue());
    };
  }

  private static float single(Object value, NativeType to) {
    if (value instanceof Float single) {
      return single;
    }
    double number = twice(value, to);
    if (!Double.isNaN(number) && (float) number != number) {
      throw inexact(value, to);
    }
    return (float) number;
  }

  private static double twice(Object value, NativeType to) {
    if (value instanceof Double || value instanceof Float) {
      return ((Number) value).doubleValue();
    }
    BigDecimal exact = number(value, to);
    double number = exact.doubleValue();
    if (Double.isInfinite(number) || new BigDecimal(number).compareTo(exact) != 0) {
      throw inexact(value, to);
    }
    return number;
  }

  private static OfValue decimal(LogicalType from, NativeType to) {
    requireNumber(from, to);
    int precision = to.number(0);
    int scale = Math.max(0, to.number(1));
    int bytes = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
    return (value, out) -> {
      BigDecimal scaled;
      try {
        scaled = number(value, to).setScale(scale, RoundingMode.UNNECESSARY);
      } catch (ArithmeticException e) {
        throw inexact(value, to);
      }
      if (scaled.precision() > precision) {
        throw new IllegalArgumentException(shown(value) + " has more digits than " + to + " holds");
      }
      out.integer(scaled.unscaledValue(), bytes);
    };
  }

  /** The bytes of a text. */
  private static byte[] bytes(Object value, LogicalType from, NativeType to) {
    return switch (from.getTypeRoot()) {
      case VARBINARY, BINARY -> (byte[]) value;
      case DATE -> LocalDate.ofEpochDay((int) value).toString().getBytes(StandardCharsets.UTF_8);
      case CHAR, VARCHAR, BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL ->
          value.toString().getBytes(StandardCharsets.UTF_8);
      default ->
          throw new IllegalArgumentException(from.asSummaryString() + " is not written as " + to);
    };
  }

  private static OfValue date(LogicalType from, NativeType to, int bytes) {
    if (!from.is(LogicalTypeRoot.DATE)) {
      throw mismatch(from, to);
    }
    Range range = Range.of(to);
    return (value, out) -> {
      int day = (int) value;
      if (!range.holds(BigInteger.valueOf(day))) {
        throw range.misfit(LocalDate.ofEpochDay(day), to);
      }
      out.integer(day, bytes);
    };
  }

  private static OfValue instant(LogicalType from, NativeType to, int digits, int bytes) {
    if (!from.is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE)) {
      throw mismatch(from, to);
    }
    Range range = Range.of(to);
    return (value, out) -> {
      Instant instant = ((TimestampData) value).toInstant();
      BigDecimal ticks = Range.ticks(instant, digits);
      BigInteger whole;
      try {
        whole = ticks.toBigIntegerExact();
      } catch (ArithmeticException e) {
        throw inexact(instant, to);
      }
      range.check(whole, instant, to);
      out.integer(whole.longValue(), bytes);
    };
  }

  private static OfValue array(LogicalType from, NativeType to, NativeType element) {
    if (!(from instanceof ArrayType type)) {
      throw mismatch(from, to);
    }
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(type.getElementType());
    Encoder elements = of(type.getElementType(), element);
    return (value, out) -> write((ArrayData) value, getter, elements, out);
  }

  private static void write(
      ArrayData array, ArrayData.ElementGetter getter, Encoder elements, RowBinaryOutput out) {
    out.length(array.size());
    for (int i = 0; i < array.size(); i++) {
      elements.write(getter.getElementOrNull(array, i), out);
    }
  }

  private static OfValue map(LogicalType from, NativeType to) {
    if (!(from instanceof MapType type)) {
      throw mismatch(from, to);
    }
    ArrayData.ElementGetter keyGetter = ArrayData.createElementGetter(type.getKeyType());
    ArrayData.ElementGetter valueGetter = ArrayData.createElementGetter(type.getValueType());
    Encoder keys = of(type.getKeyType(), inner(to, 0));
    Encoder values = of(type.getValueType(), inner(to, 1));
    return (value, out) -> {
      MapData map = (MapData) value;
      ArrayData allKeys = map.keyArray();
      ArrayData allValues = map.valueArray();
      out.length(map.size());
      for (int i = 0; i < map.size(); i++) {
        keys.write(keyGetter.getElementOrNull(allKeys, i), out);
        values.write(valueGetter.getElementOrNull(allValues, i), out);
      }
    };
  }

  private static OfValue row(LogicalType from, NativeType to) {
    if (!(from instanceof RowType type)) {
      throw mismatch(from, to);
    }
    int count = type.getFieldCount();
    if (count != to.arguments().size()) {
      throw new IllegalArgumentException(
          "the ROW has " + count + " fields and the tuple " + to.arguments().size() + " elements");
    }
    RowData.FieldGetter[] getters = new RowData.FieldGetter[count];
    Encoder[] fields = new Encoder[count];
    for (int i = 0; i < count; i++) {
      getters[i] = RowData.createFieldGetter(type.getTypeAt(i), i);
      fields[i] = of(type.getTypeAt(i), inner(to, i));
    }
    return (value, out) -> {
      for (int i = 0; i < count; i++) {
        fields[i].write(getters[i].getFieldOrNull((RowData) value), out);
      }
    };
  }

  private static void requireText(LogicalType from, NativeType to) {
    if (!from.is(LogicalTypeRoot.CHAR) && !from.is(LogicalTypeRoot.VARCHAR)) {
      throw mismatch(from, to);
    }
  }

  private static void requireNumber(LogicalType from, NativeType to) {
    switch (from.getTypeRoot()) {
      case CHAR, VARCHAR, BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL -> {}
      default -> throw mismatch(from, to);
    }
  }

  private static IllegalArgumentException mismatch(LogicalType from, NativeType to) {
    return new IllegalArgumentException(from.asSummaryString() + " is not written as " + to);
  }

  private static IllegalArgumentException misfit(Object value, NativeType to) {
    return new IllegalArgumentException(shown(value) + " is not a value of " + to);
  }

  private static IllegalArgumentException inexact(Object value, NativeType to) {
    return new IllegalArgumentException(shown(value) + " is not a value of " + to + " exactly");
  }

  /** A value for a message. */
  private static String shown(Object value) {
    String text =
        value instanceof byte[] bytes ? "a value of " + bytes.length + " bytes" : value.toString();
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
