package io.unifiedcatalog.formats.protobuf;

/** What {@code google.protobuf.Timestamp} may be. */
final class Timestamps {
  /** 0001-01-01T00:00:00Z. */
  static final long MINIMUM_SECONDS = -62_135_596_800L;

  /** 9999-12-31T23:59:59Z. */
  static final long MAXIMUM_SECONDS = 253_402_300_799L;

  private Timestamps() {}

  static boolean isValid(long seconds, int nanos) {
    return seconds >= MINIMUM_SECONDS
        && seconds <= MAXIMUM_SECONDS
        && nanos >= 0
        && nanos <= 999_999_999;
  }
}
