package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The zone in which instants are shown as local times.
 *
 * @param zone null: the session's own, which is not known here
 */
record SessionZone(@Nullable ZoneId zone) implements Serializable {
  private static final long serialVersionUID = 1;

  /** Its offset, if it has one alone; otherwise null. */
  @Nullable ZoneOffset offset() {
    return zone != null && zone.getRules().isFixedOffset()
        ? zone.getRules().getOffset(Instant.EPOCH)
        : null;
  }

  /** As a database takes it: an offset wherever that will do. */
  String text() {
    ZoneOffset offset = offset();
    if (offset == null) {
      return String.valueOf(zone);
    }
    return offset.equals(ZoneOffset.UTC) ? "+00:00" : offset.getId();
  }

  /**
   * The instant of a local time; of two, the earlier.
   *
   * @throws IllegalArgumentException if the zone has no such local time
   */
  ZoneOffset offsetOf(LocalDateTime local) {
    if (zone == null) {
      throw new IllegalArgumentException("the option 'time-zone' is not set");
    }
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
    if (offsets.isEmpty()) {
      throw new IllegalArgumentException(
          local + " is no time at " + zone + ", whose clocks skip it");
    }
    return offsets.get(0);
  }
}
