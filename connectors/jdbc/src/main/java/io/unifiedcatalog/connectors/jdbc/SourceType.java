package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a column is in its database.
 *
 * @param text as the database prints it; empty if it is not known
 * @param length the characters or bytes of a text, the digits of a number, those behind the point
 *     of a time; -1: no limit is known
 * @param scale of a number; may be negative
 * @param min the least number that an integer type holds; null unless it is one
 * @param max the greatest
 * @param collation of a text; null if it is not known
 */
record SourceType(
    Kind kind,
    String text,
    int length,
    int scale,
    @Nullable BigInteger min,
    @Nullable BigInteger max,
    @Nullable String collation)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /** What is not declared. */
  static final SourceType UNKNOWN = of(Kind.UNKNOWN, "", -1);

  /** What matters of a type. */
  enum Kind {
    /** No more is known than the type in Flink. */
    UNKNOWN,
    BOOLEAN,
    /** A number that stands for a boolean: all but 0 is true. */
    NUMBER_AS_BOOLEAN,
    INTEGER,
    DECIMAL,
    FLOAT,
    DOUBLE,
    DATE,
    TIME,
    /** A date with a time, of no zone. */
    TIMESTAMP,
    /** An instant, which the session's zone shows as a date with a time. */
    INSTANT,
    TEXT,
    /** A text that is filled up with blanks. */
    FIXED_TEXT,
    /** A text of a list. */
    ENUM,
    BYTES,
    /** Bytes that are filled up with zeros. */
    FIXED_BYTES,
    BITS,
    JSON,
    UUID,
    MONEY,
    GEOMETRY,
    ARRAY,
    /** Anything else, of which there is a text. */
    OTHER
  }

  static SourceType of(Kind kind, String text, int length) {
    return new SourceType(kind, text, length, 0, null, null, null);
  }

  static SourceType text(Kind kind, String text, int length, @Nullable String collation) {
    return new SourceType(kind, text, length, 0, null, null, collation);
  }

  static SourceType integer(String text, int bits, boolean unsigned) {
    BigInteger one = BigInteger.ONE;
    return unsigned
        ? new SourceType(
            Kind.INTEGER, text, -1, 0, BigInteger.ZERO, one.shiftLeft(bits).subtract(one), null)
        : new SourceType(
            Kind.INTEGER,
            text,
            -1,
            0,
            one.shiftLeft(bits - 1).negate(),
            one.shiftLeft(bits - 1).subtract(one),
            null);
  }

  static SourceType decimal(String text, int precision, int scale) {
    return new SourceType(Kind.DECIMAL, text, precision, scale, null, null, null);
  }

  /** A type that is a text to the database, too, so that it compares it as one. */
  boolean isText() {
    return kind == Kind.TEXT || kind == Kind.FIXED_TEXT || kind == Kind.ENUM;
  }

  /** Whether a value is not in the database's range for integers; false if it is no integer. */
  boolean excludes(BigInteger value) {
    return min != null && max != null && (value.compareTo(min) < 0 || value.compareTo(max) > 0);
  }

  /** Whether a decimal type would round or refuse a number. */
  boolean excludes(BigDecimal value) {
    if (kind == Kind.INTEGER) {
      BigDecimal whole = value.stripTrailingZeros();
      return whole.scale() > 0 || excludes(whole.toBigInteger());
    }
    if (kind != Kind.DECIMAL || length < 0) {
      return false;
    }
    BigDecimal stripped = value.stripTrailingZeros();
    return stripped.signum() != 0
        && (stripped.scale() > scale || stripped.precision() - stripped.scale() > length - scale);
  }
}
