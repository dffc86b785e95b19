package io.unifiedcatalog.connectors.clickhouse;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.function.Function;

/**
 * The values of a type that counts something: ones, days, or the ticks of a clock.
 *
 * @param shown makes a value's text of its number
 */
record Range(BigInteger least, BigInteger greatest, Function<BigInteger, String> shown) {
  static final Range BOOL = numbers(BigInteger.ZERO, BigInteger.ONE);

  /** Days of Date32: 1900 to 2299. */
  private static final LocalDate FIRST_DAY = LocalDate.of(1900, 1, 1);

  private static final LocalDate LAST_DAY = LocalDate.of(2299, 12, 31);

  /**
   * The range of a type.
   *
   * @throws IllegalArgumentException if it is none that counts
   */
  static Range of(NativeType type) {
    return switch (type.name()) {
      case "Int8" -> signed(8);
      case "Int16" -> signed(16);
      case "Int32" -> signed(32);
      case "Int64" -> signed(64);
      case "Int128" -> signed(128);
      case "Int256" -> signed(256);
      case "UInt8" -> unsigned(8);
      case "UInt16" -> unsigned(16);
      case "UInt32" -> unsigned(32);
      case "UInt64" -> unsigned(64);
      case "UInt128" -> unsigned(128);
      case "UInt256" -> unsigned(256);
      case "Date" -> days(LocalDate.EPOCH, LocalDate.ofEpochDay(65_535));
      case "Date32" -> days(FIRST_DAY, LAST_DAY);
      case "DateTime" -> ticks(0, BigInteger.ZERO, unsigned(32).greatest);
      case "DateTime64" -> {
        int digits = type.number(0);
        BigInteger last =
            BigInteger.valueOf(LAST_DAY.toEpochDay() + 1)
                .multiply(BigInteger.valueOf(86_400))
                .multiply(BigInteger.TEN.pow(digits))
                .subtract(BigInteger.ONE);
        yield ticks(
            digits,
            BigInteger.valueOf(FIRST_DAY.toEpochDay())
                .multiply(BigInteger.valueOf(86_400))
                .multiply(BigInteger.TEN.pow(digits)),
            // With nine digits 64 bits end before.
            last.min(BigInteger.valueOf(Long.MAX_VALUE)));
      }
      default -> throw new IllegalArgumentException(type + " has no range");
    };
  }

  private static Range signed(int bits) {
    BigInteger end = BigInteger.ONE.shiftLeft(bits - 1);
    return numbers(end.negate(), end.subtract(BigInteger.ONE));
  }

  private static Range unsigned(int bits) {
    return numbers(BigInteger.ZERO, BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE));
  }

  private static Range numbers(BigInteger least, BigInteger greatest) {
    return new Range(least, greatest, BigInteger::toString);
  }

  private static Range days(LocalDate first, LocalDate last) {
    return new Range(
        BigInteger.valueOf(first.toEpochDay()),
        BigInteger.valueOf(last.toEpochDay()),
        day -> LocalDate.ofEpochDay(day.longValue()).toString());
  }

  private static Range ticks(int digits, BigInteger least, BigInteger greatest) {
    return new Range(
        least,
        greatest,
        ticks -> {
          BigInteger[] seconds = ticks.divideAndRemainder(BigInteger.TEN.pow(digits));
          return Instant.ofEpochSecond(
                  seconds[0].longValue(),
                  seconds[1].multiply(BigInteger.TEN.pow(9 - digits)).longValue())
              .toString();
        });
  }

  /** The ticks since 1970 of a clock that shows this many digits of a second. */
  static BigDecimal ticks(Instant instant, int digits) {
    return BigDecimal.valueOf(instant.getEpochSecond())
        .add(BigDecimal.valueOf(instant.getNano(), 9))
        .scaleByPowerOfTen(digits);
  }

  boolean holds(BigInteger value) {
    return value.compareTo(least) >= 0 && value.compareTo(greatest) <= 0;
  }

  /**
   * Checks a value.
   *
   * @param original as it is shown in a message
   * @throws IllegalArgumentException if the type does not hold it
   */
  void check(BigInteger value, Object original, NativeType type) {
    if (!holds(value)) {
      throw misfit(original, type);
    }
  }

  IllegalArgumentException misfit(Object original, NativeType type) {
    return new IllegalArgumentException(
        original
            + " is not within "
            + shown.apply(least)
            + " and "
            + shown.apply(greatest)
            + ", which "
            + type
            + " holds");
  }
}
