package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashMap;
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
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Reads a value of one of ClickHouse's types, in format RowBinary, as Flink's. A value that Flink's
 * type does not hold is refused, never cut.
 */
interface Decoder {
  /**
   * Reads the next value.
   *
   * @return null for NULL
   * @throws IllegalArgumentException if Flink's type does not hold it
   */
  @Nullable Object read(RowBinaryInput in) throws IOException;

  /** Reads a whole number that fits a long. */
  interface LongDecoder {
    long read(RowBinaryInput in) throws IOException;
  }

  /**
   * The decoder of a type as another.
   *
   * @throws IllegalArgumentException if the one cannot be read as the other
   */
  static Decoder of(NativeType from, LogicalType to) {
    return switch (from.name()) {
      case "Nullable" -> {
        Decoder value = of(inner(from, 0), to);
        yield in -> in.int8() == 0 ? value.read(in) : null;
      }
      case "LowCardinality" -> of(inner(from, 0), to);
      case "SimpleAggregateFunction" -> of(inner(from, from.arguments().size() - 1), to);
      case "Array" -> array(inner(from, 0), from, to);
      case "Nested" -> array(new NativeType("Tuple", from.arguments()), from, to);
      case "Map" -> map(from, to);
      case "Tuple" -> row(from, to);
      case "Int8" -> whole(RowBinaryInput::int8, from, to);
      case "UInt8" -> whole(RowBinaryInput::uint8, from, to);
      case "Int16" -> whole(RowBinaryInput::int16, from, to);
      case "UInt16" -> whole(RowBinaryInput::uint16, from, to);
      case "Int32" -> whole(RowBinaryInput::int32, from, to);
      case "UInt32" -> whole(RowBinaryInput::uint32, from, to);
      case "Int64" -> whole(RowBinaryInput::int64, from, to);
      case "UInt64" -> big(8, false, from, to);
      case "Int128" -> big(16, true, from, to);
      case "UInt128" -> big(16, false, from, to);
      case "Int256" -> big(32, true, from, to);
      case "UInt256" -> big(32, false, from, to);
      case "Bool" -> bool(from, to);
      case "Float32" -> floating(in -> Float.intBitsToFloat(in.int32()), from, to);
      case "BFloat16" -> floating(in -> Float.intBitsToFloat(in.uint16() << 16), from, to);
      case "Float64" -> doubles(from, to);
      case "Decimal" -> decimal(from, to);
      case "String" -> text(in -> in.bytes(in.length()), from, to);
      case "FixedString" -> {
        int length = from.number(0);
        yield text(in -> in.bytes(length), from, to);
      }
      case "Enum8", "Enum16" -> members(from, to);
      case "UUID" -> printed(in -> new UUID(in.int64(), in.int64()).toString(), from, to);
      case "IPv4" ->
          printed(
              in -> {
                long address = in.uint32();
                return (address >> 24)
                    + "."
                    + (address >> 16 & 0xff)
                    + "."
                    + (address >> 8 & 0xff)
                    + "."
                    + (address & 0xff);
              },
              from,
              to);
      case "IPv6" ->
          printed(in -> Texts.ofAddress(InetAddress.getByAddress(in.bytes(16))), from, to);
      case "Date" -> date(RowBinaryInput::uint16, from, to);
      case "Date32" -> date(RowBinaryInput::int32, from, to);
      case "DateTime" -> instant(RowBinaryInput::uint32, 0, from, to);
      case "DateTime64" -> instant(RowBinaryInput::int64, from.number(0), from, to);
      default -> throw new IllegalArgumentException("this connector does not read " + from);
    };
  }

  private static NativeType inner(NativeType type, int index) {
    NativeType inner = type.type(index);
    if (inner == null) {
      throw new IllegalArgumentException("this connector does not understand " + type);
    }
    return inner;
  }

  private static IllegalArgumentException mismatch(NativeType from, LogicalType to) {
    return new IllegalArgumentException(from + " is not read as " + to.asSummaryString());
  }

  private static Decoder whole(LongDecoder from, NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case BIGINT -> from::read;
      case INTEGER -> in -> (int) within(from.read(in), Integer.MIN_VALUE, Integer.MAX_VALUE);
      case SMALLINT -> in -> (short) within(from.read(in), Short.MIN_VALUE, Short.MAX_VALUE);
      case TINYINT -> in -> (byte) within(from.read(in), Byte.MIN_VALUE, Byte.MAX_VALUE);
      case BOOLEAN -> in -> within(from.read(in), 0, 1) == 1;
      case FLOAT -> in -> exact(from.read(in), 24, to).floatValue();
      case DOUBLE -> in -> exact(from.read(in), 53, to).doubleValue();
      case DECIMAL -> in -> decimal(BigDecimal.valueOf(from.read(in)), (DecimalType) to);
      case CHAR, VARCHAR -> in -> StringData.fromString(Long.toString(from.read(in)));
      default -> throw mismatch(type, to);
    };
  }

  private static long within(long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(value + " is not within " + min + " and " + max);
    }
    return value;
  }

  /** A number of which a floating-point type holds every digit. */
  private static Long exact(long value, int bits, LogicalType to) {
    if (64
            - Long.numberOfLeadingZeros(Math.abs(value))
            - (value == 0 ? 0 : Long.numberOfTrailingZeros(value))
        > bits) {
      throw new IllegalArgumentException(value + " is not a " + to.asSummaryString() + " exactly");
    }
    return value;
  }

  private static Decoder big(int bytes, boolean signed, NativeType type, LogicalType to) {
    if (to.is(LogicalTypeRoot.DECIMAL)) {
      return in -> decimal(new BigDecimal(in.integer(bytes, signed)), (DecimalType) to);
    }
    if (isText(to)) {
      return in -> StringData.fromString(in.integer(bytes, signed).toString());
    }
    return whole(
        in -> {
          BigInteger value = in.integer(bytes, signed);
          if (value.bitLength() > 63) {
            throw new IllegalArgumentException(value + " does not fit " + to.asSummaryString());
          }
          return value.longValue();
        },
        type,
        to);
  }

  private static Decoder bool(NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case BOOLEAN -> in -> in.int8() != 0;
      case CHAR, VARCHAR -> in -> StringData.fromString(Boolean.toString(in.int8() != 0));
      default -> whole(RowBinaryInput::uint8, type, to);
    };
  }

  /** Reads a number of the narrower floating-point type. */
  interface FloatDecoder {
    float read(RowBinaryInput in) throws IOException;
  }

  private static Decoder floating(FloatDecoder from, NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case FLOAT -> from::read;
      case DOUBLE -> in -> (double) from.read(in);
      case CHAR, VARCHAR -> in -> StringData.fromString(Float.toString(from.read(in)));
      default -> throw mismatch(type, to);
    };
  }

  private static Decoder doubles(NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case DOUBLE -> in -> Double.longBitsToDouble(in.int64());
      case FLOAT ->
          in -> {
            double value = Double.longBitsToDouble(in.int64());
            if (!Double.isNaN(value) && (float) value != value) {
              throw new IllegalArgumentException(value + " is not a FLOAT exactly");
            }
            return (float) value;
          };
      case CHAR, VARCHAR ->
          in -> StringData.fromString(Double.toString(Double.longBitsToDouble(in.int64())));
      default -> throw mismatch(type, to);
    };
  }

  private static Decoder decimal(NativeType type, LogicalType to) {
    int precision = type.number(0);
    int scale = Math.max(0, type.number(1));
    if (to instanceof DecimalType same
        && precision <= 18
        && same.getPrecision() == precision
        && same.getScale() == scale) {
      long bound = BigInteger.TEN.pow(precision).longValueExact();
      return in -> {
        long unscaled = precision <= 9 ? in.int32() : in.int64();
        if (unscaled <= -bound || unscaled >= bound) {
          throw tooLarge(BigDecimal.valueOf(unscaled, scale), same);
        }
        return DecimalData.fromUnscaledLong(unscaled, precision, scale);
      };
    }
    int bytes = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
    if (to instanceof DecimalType decimal) {
      return in -> decimal(new BigDecimal(in.integer(bytes, true), scale), decimal);
    }
    if (isText(to)) {
      return in ->
          StringData.fromString(new BigDecimal(in.integer(bytes, true), scale).toPlainString());
    }
    throw mismatch(type, to);
  }

  private static DecimalData decimal(BigDecimal exact, DecimalType type) {
    BigDecimal stripped = exact.signum() == 0 ? BigDecimal.ZERO : exact.stripTrailingZeros();
    DecimalData data =
        stripped.scale() > type.getScale()
            ? null
            : DecimalData.fromBigDecimal(exact, type.getPrecision(), type.getScale());
    if (data == null) {
      throw tooLarge(exact, type);
    }
    return data;
  }

  private static IllegalArgumentException tooLarge(BigDecimal value, DecimalType type) {
    return new IllegalArgumentException(
        value.toPlainString()
            + " does not fit DECIMAL("
            + type.getPrecision()
            + ", "
            + type.getScale()
            + ")");
  }

  /** Reads the bytes of a text. */
  interface BytesDecoder {
    byte[] read(RowBinaryInput in) throws IOException;
  }

  private static Decoder text(BytesDecoder from, NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case CHAR, VARCHAR -> in -> text(from.read(in));
      case VARBINARY -> from::read;
      default -> throw mismatch(type, to);
    };
  }

  /** What is no UTF-8 becomes U+FFFD. */
  private static StringData text(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return StringData.fromString(new String(bytes, StandardCharsets.UTF_8));
      }
    }
    return StringData.fromBytes(bytes);
  }

  private static Decoder members(NativeType type, LogicalType to) {
    if (!isText(to)) {
      throw mismatch(type, to);
    }
    Map<Integer, StringData> names = new HashMap<>();
    type.members().forEach((name, value) -> names.put(value, StringData.fromString(name)));
    boolean narrow = type.name().equals("Enum8");
    return in -> {
      int value = narrow ? in.int8() : in.int16();
      StringData name = names.get(value);
      if (name == null) {
        throw new IllegalArgumentException(value + " is not a member of " + type);
      }
      return name;
    };
  }

  /** Reads a value as ClickHouse prints it. */
  interface TextDecoder {
    String read(RowBinaryInput in) throws IOException;
  }

  private static Decoder printed(TextDecoder from, NativeType type, LogicalType to) {
    if (!isText(to)) {
      throw mismatch(type, to);
    }
    return in -> StringData.fromString(from.read(in));
  }

  private static Decoder date(LongDecoder from, NativeType type, LogicalType to) {
    return switch (to.getTypeRoot()) {
      case DATE -> in -> (int) from.read(in);
      case CHAR, VARCHAR ->
          in -> StringData.fromString(LocalDate.ofEpochDay(from.read(in)).toString());
      default -> throw mismatch(type, to);
    };
  }

  private static Decoder instant(LongDecoder from, int digits, NativeType type, LogicalType to) {
    if (!to.is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE)) {
      throw mismatch(type, to);
    }
    long ticks = (long) Math.pow(10, digits);
    long nanosOfTick = 1_000_000_000 / ticks;
    return in -> {
      long value = from.read(in);
      long nanos = Math.floorMod(value, ticks) * nanosOfTick;
      return TimestampData.fromEpochMillis(
          Math.floorDiv(value, ticks) * 1_000 + nanos / 1_000_000, (int) (nanos % 1_000_000));
    };
  }

  private static Decoder array(NativeType element, NativeType type, LogicalType to) {
    if (!(to instanceof ArrayType arrayType)) {
      throw mismatch(type, to);
    }
    Decoder decoder = of(element, arrayType.getElementType());
    return in -> {
      @Nullable Object[] elements = new Object[in.length()];
      for (int i = 0; i < elements.length; i++) {
        elements[i] = decoder.read(in);
      }
      return new GenericArrayData(elements);
    };
  }

  private static Decoder map(NativeType type, LogicalType to) {
    if (!(to instanceof MapType mapType)) {
      throw mismatch(type, to);
    }
    Decoder keys = of(inner(type, 0), mapType.getKeyType());
    Decoder values = of(inner(type, 1), mapType.getValueType());
    return in -> {
      int size = in.length();
      Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
      for (int i = 0; i < size; i++) {
        Object key = keys.read(in);
        map.put(key, values.read(in));
      }
      return new GenericMapData(map);
    };
  }

  private static Decoder row(NativeType type, LogicalType to) {
    if (!(to instanceof RowType rowType)) {
      throw mismatch(type, to);
    }
    List<LogicalType> fields = rowType.getChildren();
    if (fields.size() != type.arguments().size()) {
      throw new IllegalArgumentException(
          "the tuple has "
              + type.arguments().size()
              + " elements and the ROW "
              + fields.size()
              + " fields");
    }
    Decoder[] decoders = new Decoder[fields.size()];
    for (int i = 0; i < decoders.length; i++) {
      decoders[i] = of(inner(type, i), fields.get(i));
    }
    return in -> {
      GenericRowData row = new GenericRowData(decoders.length);
      for (int i = 0; i < decoders.length; i++) {
        row.setField(i, decoders[i].read(in));
      }
      return row;
    };
  }

  private static boolean isText(LogicalType type) {
    return type.is(LogicalTypeRoot.CHAR) || type.is(LogicalTypeRoot.VARCHAR);
  }
}
