package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Misfit;
import io.unifiedcatalog.formats.avro.ValueReader.OfLong;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;

/** Times as numbers of a unit, and as Flink holds them. Units are digits of a second. */
final class Times {
  private static final int MILLIS_OF_DAY = 86_400_000;

  private Times() {}

  /** A number in another unit. */
  static OfLong asLong(int from, int to) {
    return number -> scaled(number, from, to);
  }

  private static long scaled(long number, int from, int to) throws Misfit {
    if (from <= to) {
      try {
        return Math.multiplyExact(number, TimeUnit.power(to - from));
      } catch (ArithmeticException e) {
        throw new Misfit(String.format("the time %d is beyond the range of a long", number));
      }
    }
    long divisor = TimeUnit.power(from - to);
    if (number % divisor != 0) {
      throw new Misfit(
          String.format(
              "the time %d has %d digits of a second, and the table's schema %d",
              number, from, to));
    }
    return number / divisor;
  }

  static OfLong asTimestamp(int digits, LogicalType type) {
    int precision =
        type instanceof LocalZonedTimestampType zoned
            ? zoned.getPrecision()
            : ((TimestampType) type).getPrecision();
    long step = precision >= digits ? 1 : TimeUnit.power(digits - precision);
    long perMilli = TimeUnit.power(digits - TimeUnit.MILLIS);
    long nanos = TimeUnit.power(TimeUnit.NANOS - digits);
    return number -> {
      checkDigits(number, step, type);
      return perMilli == 1
          ? TimestampData.fromEpochMillis(number)
          : TimestampData.fromEpochMillis(
              Math.floorDiv(number, perMilli), (int) (Math.floorMod(number, perMilli) * nanos));
    };
  }

  static OfLong asTime(int digits, LogicalType type) {
    int precision = Math.min(((TimeType) type).getPrecision(), TimeUnit.MILLIS);
    long step = TimeUnit.power(digits - precision);
    long perMilli = TimeUnit.power(digits - TimeUnit.MILLIS);
    return number -> {
      checkDigits(number, step, type);
      long millis = number / perMilli;
      if (millis < 0 || millis >= MILLIS_OF_DAY) {
        throw new Misfit(String.format("the time of day %d is not within a day", number));
      }
      return (int) millis;
    };
  }

  private static void checkDigits(long number, long step, LogicalType type) throws Misfit {
    if (step != 1 && number % step != 0) {
      throw new Misfit(
          String.format(
              "the time %d has more digits than %s holds; declare the column with more, or as BIGINT",
              number, type.asSummaryString()));
    }
  }

  /**
   * The number that a timestamp is in a unit.
   *
   * @throws Misfit if it has more digits, or no long holds it
   */
  static long number(TimestampData timestamp, int digits) throws Misfit {
    long perMilli = TimeUnit.power(digits - TimeUnit.MILLIS);
    long nanos = TimeUnit.power(TimeUnit.NANOS - digits);
    int rest = timestamp.getNanoOfMillisecond();
    if (rest % nanos != 0) {
      throw new Misfit(
          String.format("is %s, and its field holds %d digits of a second", timestamp, digits));
    }
    try {
      long millis = timestamp.getMillisecond();
      // The least long in nanoseconds is less than its own number of whole milliseconds holds.
      return millis < 0 && rest > 0
          ? Math.addExact(Math.multiplyExact(millis + 1, perMilli), rest / nanos - perMilli)
          : Math.addExact(Math.multiplyExact(millis, perMilli), rest / nanos);
    } catch (ArithmeticException e) {
      throw new Misfit(String.format("is %s, which its field's long cannot hold", timestamp));
    }
  }
}
