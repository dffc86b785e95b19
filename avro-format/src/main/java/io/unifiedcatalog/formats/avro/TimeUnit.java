package io.unifiedcatalog.formats.avro;

import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a logical type of time counts.
 *
 * @param digits of a second: 3, 6 or 9
 */
record TimeUnit(Family family, int digits) {
  static final int MILLIS = 3;
  static final int MICROS = 6;
  static final int NANOS = 9;

  private static final long[] POWERS = {
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  enum Family {
    /** Since 1970-01-01T00:00:00Z. */
    INSTANT,
    /** Since 1970-01-01T00:00:00 in no time zone. */
    LOCAL,
    /** Since midnight. */
    TIME
  }

  /** The unit of an int or a long; null if it counts nothing of the kind. */
  static @Nullable TimeUnit of(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.TimestampMillis) {
      return new TimeUnit(Family.INSTANT, MILLIS);
    }
    if (logical instanceof LogicalTypes.TimestampMicros) {
      return new TimeUnit(Family.INSTANT, MICROS);
    }
    if (logical instanceof LogicalTypes.TimestampNanos) {
      return new TimeUnit(Family.INSTANT, NANOS);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis) {
      return new TimeUnit(Family.LOCAL, MILLIS);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMicros) {
      return new TimeUnit(Family.LOCAL, MICROS);
    }
    if (logical instanceof LogicalTypes.LocalTimestampNanos) {
      return new TimeUnit(Family.LOCAL, NANOS);
    }
    if (logical instanceof LogicalTypes.TimeMillis) {
      return new TimeUnit(Family.TIME, MILLIS);
    }
    return logical instanceof LogicalTypes.TimeMicros ? new TimeUnit(Family.TIME, MICROS) : null;
  }

  /** The unit that a writer's numbers have: its own, or the reader's if it says nothing of it. */
  TimeUnit ofWriter(Schema writer) {
    TimeUnit own = of(writer);
    return own != null && own.family == family ? own : this;
  }

  static long power(int digits) {
    return POWERS[digits];
  }
}
