package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Misfit;
import io.unifiedcatalog.formats.avro.ValueReader.OfBytes;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;

/** Decimals as bytes, and as Flink holds them. */
final class Decimals {
  /** The most digits of a number in one long. */
  private static final int LONG_DIGITS = 18;

  /** The most bits that 38 digits have. */
  private static final int MAXIMUM_BITS = 127;

  /** The longest number of any scale that is read: to print more takes too long. */
  private static final int MAXIMUM_BYTES = 16 << 10;

  private Decimals() {}

  /** Reads a decimal with the scale that it was written with. */
  static OfBytes reader(Schema writer, Schema reader, LogicalType type) {
    LogicalTypes.Decimal own =
        writer.getLogicalType() instanceof LogicalTypes.Decimal decimal
            ? decimal
            : (LogicalTypes.Decimal) reader.getLogicalType();
    int written = own.getScale();
    int precision = ((DecimalType) type).getPrecision();
    int scale = ((DecimalType) type).getScale();
    long limit = 1;
    for (int i = 0; i < Math.min(precision, LONG_DIGITS); i++) {
      limit *= 10;
    }
    long beyond = limit;
    boolean isLong = precision <= LONG_DIGITS && written == scale;
    return (input, from, length) -> {
      if (length == 0) {
        throw new Misfit("a decimal has no bytes");
      }
      byte[] bytes = input.bytes();
      if (isLong && length <= Long.BYTES) {
        long number = bytes[from];
        for (int i = 1; i < length; i++) {
          number = number << 8 | (bytes[from + i] & 0xff);
        }
        if (number <= -beyond || number >= beyond) {
          throw tooLong(type);
        }
        return DecimalData.fromUnscaledLong(number, precision, scale);
      }
      BigInteger number = new BigInteger(bytes, from, length);
      if (number.bitLength() > MAXIMUM_BITS) {
        throw tooLong(type);
      }
      BigDecimal decimal = new BigDecimal(number, written);
      if (written > scale) {
        try {
          decimal = decimal.setScale(scale);
        } catch (ArithmeticException e) {
          throw new Misfit(
              String.format(
                  "the decimal %s has more digits after the point than %s holds",
                  decimal, type.asSummaryString()));
        }
      }
      DecimalData data = DecimalData.fromBigDecimal(decimal, precision, scale);
      if (data == null) {
        throw tooLong(type);
      }
      return data;
    };
  }

  private static Misfit tooLong(LogicalType type) {
    return new Misfit(
        String.format(
            "a decimal has more digits than %s holds; declare the column as BYTES",
            type.asSummaryString()));
  }

  /** A decimal of any scale: its bytes with their length, and the scale. */
  static BigDecimal big(byte[] bytes, int from, int length) throws Misfit {
    Input input = new Input();
    input.begin(Arrays.copyOfRange(bytes, from, from + length), 0);
    try {
      int digits = input.readLength();
      if (digits == 0 || digits > MAXIMUM_BYTES) {
        throw new Misfit(String.format("a big-decimal has a number of %d bytes", digits));
      }
      BigInteger number = new BigInteger(input.bytes(), input.take(digits), digits);
      int scale = input.readInt();
      input.end();
      return new BigDecimal(number, scale);
    } catch (AvroParseException e) {
      throw new Misfit(String.format("a big-decimal of %d bytes is not valid", length));
    }
  }

  /** What {@link #big} reads; null: the text is no number. */
  static byte[] big(String text) throws Misfit {
    BigDecimal decimal;
    try {
      decimal = new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new Misfit("is no decimal number");
    }
    byte[] number = decimal.unscaledValue().toByteArray();
    if (number.length > MAXIMUM_BYTES) {
      throw new Misfit("has more digits than a big-decimal is read with");
    }
    Output output = new Output(new byte[0]);
    output.begin();
    output.bytes(number);
    output.writeInt(decimal.scale());
    return output.end();
  }

  /** The bytes of a decimal's number. */
  static byte[] unscaled(DecimalData decimal, LogicalTypes.Decimal type) throws Misfit {
    if (decimal.scale() == type.getScale() && decimal.precision() <= type.getPrecision()) {
      return decimal.toUnscaledBytes();
    }
    BigDecimal number = decimal.toBigDecimal();
    try {
      number = number.setScale(type.getScale());
    } catch (ArithmeticException e) {
      throw new Misfit(
          String.format(
              "is %s, and its field holds %d digits after the point", number, type.getScale()));
    }
    if (number.precision() > type.getPrecision()) {
      throw new Misfit(
          String.format("is %s, and its field holds %d digits", number, type.getPrecision()));
    }
    return number.unscaledValue().toByteArray();
  }
}
