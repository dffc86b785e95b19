package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.store.MetadataStore.Claim;
import io.unifiedcatalog.server.store.MetadataStore.DueSource;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.NextOccurrence;
import io.unifiedcatalog.server.store.MetadataStore.Occurrence;
import io.unifiedcatalog.server.store.MetadataStore.SourceSchedule;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rows of the schedules, in the transaction of a handle. Locked after the source's lease. */
final class ScheduleRows {
  /** Of a source {@code s} that is joined with its schedule {@code c}. */
  static final String COLUMNS =
      """
      c.cron, c.time_zone, c.jitter_seconds, c.timeout_seconds, c.retries, c.backoff_seconds,
        c.occurrence, c.next_due, c.starts, c.failures,
        coalesce(c.next_due <= clock_timestamp(), false) AS is_due
      """;

  private final Handle handle;

  ScheduleRows(Handle handle) {
    this.handle = handle;
  }

  /** A source's schedule, also if it has none. */
  SourceSchedule schedule(UUID sourceId, String lock) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM crawl_schedule c WHERE c.source_id = :id " + lock)
        .bind("id", sourceId)
        .map((row, context) -> schedule(row))
        .findOne()
        .orElse(new SourceSchedule(Schedule.OFF, null, false));
  }

  static SourceSchedule schedule(ResultSet row) throws SQLException {
    if (row.getString("cron") == null) {
      return new SourceSchedule(Schedule.OFF, null, false);
    }
    return new SourceSchedule(
        new Schedule(
            row.getString("cron"),
            row.getString("time_zone"),
            Duration.ofSeconds(row.getLong("jitter_seconds")),
            Duration.ofSeconds(row.getLong("timeout_seconds")),
            row.getInt("retries"),
            Duration.ofSeconds(row.getLong("backoff_seconds"))),
        row.getObject("next_due") == null
            ? null
            : new Occurrence(
                LogRows.instant(row, "occurrence"),
                LogRows.instant(row, "next_due"),
                row.getInt("starts"),
                row.getInt("failures")),
        row.getBoolean("is_due"));
  }

  /** Changes a schedule. What is due next is reckoned from now. */
  void change(UUID sourceId, UnaryOperator<Schedule> change, NextOccurrence next) {
    Schedule stored = schedule(sourceId, "FOR UPDATE").schedule();
    Schedule wanted = change.apply(stored);
    if (wanted.equals(stored)) {
      return;
    }
    handle
        .createUpdate(
            """
            INSERT INTO crawl_schedule (source_id, cron, time_zone, jitter_seconds,
              timeout_seconds, retries, backoff_seconds)
            VALUES (:id, :cron, :zone, :jitter, :timeout, :retries, :backoff)
            ON CONFLICT (source_id) DO UPDATE SET cron = :cron, time_zone = :zone,
              jitter_seconds = :jitter, timeout_seconds = :timeout, retries = :retries,
              backoff_seconds = :backoff
            """)
        .bind("id", sourceId)
        .bind("cron", wanted.cron())
        .bind("zone", wanted.timeZone())
        .bind("jitter", wanted.jitter().toSeconds())
        .bind("timeout", wanted.timeout().toSeconds())
        .bind("retries", wanted.retries())
        .bind("backoff", wanted.backoff().toSeconds())
        .execute();
    write(sourceId, next.after(wanted, sourceId, now()).orElse(null));
  }

  void delete(UUID sourceId) {
    handle
        .createUpdate("DELETE FROM crawl_schedule WHERE source_id = :id")
        .bind("id", sourceId)
        .execute();
  }

  List<DueSource> due(int limit) {
    return handle
        .createQuery(
            """
            SELECT s.id, s.name FROM crawl_schedule c JOIN source s ON s.id = c.source_id
            WHERE c.next_due <= clock_timestamp() AND NOT s.dropped AND NOT EXISTS (
              SELECT FROM lease l WHERE l.source_id = s.id AND l.expires_at > clock_timestamp())
            ORDER BY c.next_due, s.name LIMIT :limit
            """)
        .bind("limit", limit)
        .map(
            (row, context) -> new DueSource(row.getObject("id", UUID.class), row.getString("name")))
        .list();
  }

  /** Counts a start of what is due, for the holder of the source's lease. */
  Claim claim(Lease lease, String sourceName) {
    SourceSchedule stored = schedule(lease.sourceId(), "FOR UPDATE");
    Occurrence occurrence = stored.next();
    if (occurrence == null || !stored.due()) {
      throw notDue(sourceName, stored);
    }
    Occurrence claimed =
        new Occurrence(
            occurrence.time(), occurrence.due(), occurrence.starts() + 1, occurrence.failures());
    write(lease.sourceId(), claimed);
    return new Claim(lease, stored.schedule(), claimed);
  }

  private static CatalogException notDue(String sourceName, SourceSchedule stored) {
    Occurrence next = stored.next();
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "NOT_DUE",
        "Source '"
            + sourceName
            + "' is not due: "
            + (next == null
                ? "it has no schedule. Give it one, or crawl it without asking whether it is due."
                : "it will be at " + next.due() + "."));
  }

  /** Moves on from a claim, unless the schedule was changed since. */
  void finish(Claim claim, Function<Instant, Optional<Occurrence>> next) {
    if (claim.occurrence().equals(schedule(claim.lease().sourceId(), "FOR UPDATE").next())) {
      write(claim.lease().sourceId(), next.apply(now()).orElse(null));
    }
  }

  private void write(UUID sourceId, @Nullable Occurrence next) {
    handle
        .createUpdate(
            """
            UPDATE crawl_schedule SET occurrence = :occurrence::timestamptz,
              next_due = :due::timestamptz, starts = :starts, failures = :failures
            WHERE source_id = :id
            """)
        .bind("id", sourceId)
        .bind("occurrence", next == null ? null : utc(next.time()))
        .bind("due", next == null ? null : utc(next.due()))
        .bind("starts", next == null ? 0 : next.starts())
        .bind("failures", next == null ? 0 : next.failures())
        .execute();
  }

  private static OffsetDateTime utc(Instant time) {
    return time.atOffset(ZoneOffset.UTC);
  }

  /** By the store's clock, which all servers share. */
  private Instant now() {
    return handle
        .createQuery("SELECT clock_timestamp()")
        .mapTo(OffsetDateTime.class)
        .one()
        .toInstant();
  }
}
