package io.unifiedcatalog.server.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseOwner;
import io.unifiedcatalog.server.store.MetadataStore.Fingerprint;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the leases and crawl runs, and what crawls compare, in the transaction of a handle.
 */
final class CrawlRows {
  // A run whose server was killed has nobody to end it before the source is crawled again.
  private static final String SELECT =
      """
      SELECT r.id AS run_id, s.name AS source_name, r.author, r.start_time, r.end_time,
        %s AS databases,
        CASE WHEN lost THEN 'INTERRUPTED' ELSE r.state END AS state,
        CASE WHEN lost THEN 'The server that ran this crawl was killed, or lost its lease.'
          ELSE r.error END AS error
      FROM crawl_run r JOIN source s ON s.id = r.source_id
        CROSS JOIN LATERAL (
          SELECT r.state = 'RUNNING' AND NOT EXISTS (
            SELECT 1 FROM lease l WHERE l.source_id = r.source_id AND l.fence = r.fence
              AND l.expires_at > clock_timestamp()) AS lost) AS lost_run
      """;

  private static final String RUN = SELECT.formatted("coalesce(r.report, r.databases)");

  /** A run as lists show it: what it says of single tables is not even read. */
  static final String SUMMARY = SELECT.formatted("r.databases");

  private final Handle handle;

  CrawlRows(Handle handle) {
    this.handle = handle;
  }

  Optional<Lease> acquireLease(UUID sourceId, String owner, Duration timeToLive) {
    // Held against the source's removal until the lease is stored.
    boolean exists =
        handle
            .createQuery("SELECT NOT dropped FROM source WHERE id = :source FOR KEY SHARE")
            .bind("source", sourceId)
            .mapTo(Boolean.class)
            .findOne()
            .orElse(false);
    if (!exists) {
      throw sourceGone();
    }
    return handle
        .createQuery(
            """
            INSERT INTO lease AS l (source_id, owner, fence, expires_at)
            VALUES (:source, :owner, 1, clock_timestamp() + :seconds * interval '1 second')
            ON CONFLICT (source_id) DO UPDATE SET owner = :owner, fence = l.fence + 1,
              expires_at = clock_timestamp() + :seconds * interval '1 second'
            WHERE l.expires_at <= clock_timestamp()
            RETURNING fence
            """)
        .bind("source", sourceId)
        .bind("owner", owner)
        .bind("seconds", seconds(timeToLive))
        .mapTo(Long.class)
        .findOne()
        .map(fence -> new Lease(sourceId, owner, fence));
  }

  private static CatalogException sourceGone() {
    return CatalogException.notFound("The source was removed. Add it again to crawl it.");
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  boolean renewLease(Lease lease, Duration timeToLive) {
    return handle
            .createUpdate(
                """
                UPDATE lease
                SET expires_at = clock_timestamp() + :seconds * interval '1 second'
                WHERE source_id = :source AND fence = :fence
                  AND expires_at > clock_timestamp()
                """)
            .bind("seconds", seconds(timeToLive))
            .bind("source", lease.sourceId())
            .bind("fence", lease.fence())
            .execute()
        == 1;
  }

  int releaseLease(Lease lease) {
    return handle
        .createUpdate(
            """
            UPDATE lease SET expires_at = '-infinity'
            WHERE source_id = :source AND fence = :fence
            """)
        .bind("source", lease.sourceId())
        .bind("fence", lease.fence())
        .execute();
  }

  /**
   * Voids what earlier holders have of a source's lease, so that the source can be removed.
   *
   * @throws CatalogException FAILED_PRECONDITION while a crawl of the source is under way
   */
  void voidLease(Source source) {
    int freeLeases =
        handle
            .createUpdate(
                """
                UPDATE lease SET fence = fence + 1
                WHERE source_id = :source AND expires_at <= clock_timestamp()
                """)
            .bind("source", source.id())
            .execute();
    if (freeLeases == 0 && hasLease(source.id())) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "CRAWL_UNDER_WAY",
          "Source '"
              + source.name()
              + "' cannot be removed while a crawl of it is under way. Remove it when the"
              + " crawl is over.");
    }
  }

  private boolean hasLease(UUID sourceId) {
    return handle
        .createQuery("SELECT EXISTS (SELECT FROM lease WHERE source_id = :source)")
        .bind("source", sourceId)
        .mapTo(Boolean.class)
        .one();
  }

  /**
   * ABORTED if the lease was lost.
   *
   * @param lock {@code FOR SHARE}: nobody takes it, renews it or gives it back until the
   *     transaction's end; empty: only looks
   */
  private void requireLease(Lease lease, String lock) {
    boolean holds =
        handle
            .createQuery(
                """
                SELECT true FROM lease
                WHERE source_id = :source AND fence = :fence AND expires_at > clock_timestamp()
                """
                    + lock)
            .bind("source", lease.sourceId())
            .bind("fence", lease.fence())
            .mapTo(Boolean.class)
            .findOne()
            .isPresent();
    if (!holds) {
      throw new CatalogException(
          ErrorCode.ABORTED,
          "LEASE_LOST",
          "This crawl lost its lease on the source to another one, or did not renew it in time; it"
              + " stored nothing more. Look at the source's newest run, and crawl again if needed.");
    }
  }

  /**
   * Records that a crawl began, and that those that were lost before have ended.
   *
   * @param webhook whether the webhook is told of those
   */
  CrawlRun startRun(Lease lease, String author, boolean webhook) {
    requireLease(lease, "FOR SHARE");
    List<Long> lost =
        handle
            .createQuery(
                """
            UPDATE crawl_run SET state = 'INTERRUPTED', end_time = clock_timestamp(),
              error = 'The server that ran this crawl stopped, or lost its lease.'
            WHERE source_id = :source AND fence < :fence AND state = 'RUNNING'
            RETURNING id
            """)
            .bind("source", lease.sourceId())
            .bind("fence", lease.fence())
            .mapTo(Long.class)
            .list();
    if (webhook) {
      lost.forEach(run -> tell(run, CrawlRun.State.INTERRUPTED, List.of()));
    }
    long id =
        handle
            .createQuery(
                """
                INSERT INTO crawl_run (source_id, fence, state, author)
                VALUES (:source, :fence, 'RUNNING', :author) RETURNING id
                """)
            .bind("source", lease.sourceId())
            .bind("fence", lease.fence())
            .bind("author", author)
            .mapTo(Long.class)
            .one();
    return run(id).orElseThrow();
  }

  int finishRun(
      Lease lease,
      long runId,
      CrawlRun.State state,
      String error,
      List<DatabaseOutcome> databases,
      boolean webhook) {
    String report = Json.write(databases);
    String summary = Json.write(databases.stream().map(DatabaseOutcome::summary).toList());
    int updated =
        handle
            .createUpdate(
                """
                UPDATE crawl_run SET state = :state, end_time = clock_timestamp(),
                  error = :error, databases = :databases, report = :report
                WHERE id = :id AND fence = :fence AND state = 'RUNNING' AND EXISTS (
                  SELECT FROM lease WHERE source_id = :source AND fence = :fence)
                """)
            .bind("state", state)
            .bind("error", error)
            .bind("databases", summary)
            .bind("report", report.equals(summary) ? null : report)
            .bind("id", runId)
            .bind("fence", lease.fence())
            .bind("source", lease.sourceId())
            .execute();
    if (updated == 0) {
      throw new CatalogException(
          ErrorCode.ABORTED,
          "LEASE_LOST",
          "The end of crawl run "
              + runId
              + " was not recorded: another crawl took over, or the run was over already.");
    }
    if (webhook) {
      tell(runId, state, databases);
    }
    return updated;
  }

  /** Has the webhook tell a run, unless it found all as a good run before it had left it. */
  private void tell(long runId, CrawlRun.State state, List<DatabaseOutcome> databases) {
    boolean news =
        state != CrawlRun.State.SUCCEEDED
            || databases.stream().anyMatch(database -> database.revision() != 0);
    new WebhookRows(handle).add(runId, state, news);
  }

  int removeRuns(UUID sourceId, Duration age) {
    return handle
        .createUpdate(
            """
            DELETE FROM crawl_run r
            WHERE r.source_id = :source AND r.state NOT IN ('RUNNING', 'HELD')
              AND r.end_time < clock_timestamp() - :seconds * interval '1 second'
              AND r.id < (SELECT max(n.id) FROM crawl_run n WHERE n.source_id = :source)
              AND r.id IS DISTINCT FROM (
                SELECT max(s.id) FROM crawl_run s
                WHERE s.source_id = :source AND s.state = 'SUCCEEDED')
            """)
        .bind("source", sourceId)
        .bind("seconds", seconds(age))
        .execute();
  }

  Optional<CrawlRun> run(long id) {
    return handle
        .createQuery(RUN + " WHERE r.id = :id")
        .bind("id", id)
        .map((row, context) -> run(row))
        .findOne();
  }

  /**
   * The crawl runs as lists show them, the newest first.
   *
   * @param sourceId only of this source; null: of all
   */
  List<CrawlRun> runs(@Nullable UUID sourceId, long before, int limit) {
    return handle
        .createQuery(
            SUMMARY
                + """
                WHERE r.id < :before AND (:source::uuid IS NULL OR r.source_id = :source::uuid)
                ORDER BY r.id DESC LIMIT :limit
                """)
        .bind("source", sourceId == null ? null : sourceId.toString())
        .bind("before", before)
        .bind("limit", limit)
        .map((row, context) -> run(row).summary())
        .list();
  }

  CrawlRun resolveHeldRun(long id, CrawlRun.State to) {
    int updated =
        handle
            .createUpdate("UPDATE crawl_run SET state = :state WHERE id = :id AND state = 'HELD'")
            .bind("state", to)
            .bind("id", id)
            .execute();
    CrawlRun run =
        run(id)
            .orElseThrow(
                () ->
                    CatalogException.notFound(
                        "Crawl run " + id + " does not exist. List the runs."));
    if (updated == 0) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "RUN_NOT_HELD",
          "Crawl run "
              + id
              + " of source '"
              + run.source()
              + "' is not held, it is "
              + run.state().name().toLowerCase(Locale.ROOT)
              + ". Only a held run can be confirmed or discarded.");
    }
    return run;
  }

  Map<String, Fingerprint> fingerprints(UUID sourceId, String nativeDatabase) {
    Map<String, Fingerprint> fingerprints = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT t.id, t.name, t.fingerprint, t.dropped, x.row_count, x.size_bytes
            FROM database d JOIN catalog_table t ON t.database_id = d.id
              LEFT JOIN statistics x ON x.table_id = t.id
            WHERE d.source_id = :source AND d.native_name = :nativeName
            """)
        .bind("source", sourceId)
        .bind("nativeName", nativeDatabase)
        .map(
            (row, context) ->
                Map.entry(
                    row.getString("name"),
                    new Fingerprint(
                        row.getObject("id", UUID.class),
                        row.getBytes("fingerprint"),
                        row.getBoolean("dropped"),
                        TableRows.statistics(row))))
        .forEach(entry -> fingerprints.put(entry.getKey(), entry.getValue()));
    return fingerprints;
  }

  Set<String> nativeDatabases(UUID sourceId) {
    return new TreeSet<>(
        handle
            .createQuery(
                """
                SELECT native_name FROM database
                WHERE source_id = :source AND NOT dropped
                """)
            .bind("source", sourceId)
            .mapTo(String.class)
            .list());
  }

  OptionalLong applyCrawl(Lease lease, DatabaseChanges changes, String author, String reason) {
    requireLease(lease, "");
    if (changes.isEmpty() && isStored(lease.sourceId(), changes)) {
      // Locks would be written to the database's row, and a new change set to its sequence.
      return OptionalLong.empty();
    }
    // Held against the source's removal.
    handle
        .createQuery("SELECT id FROM source WHERE id = :source FOR KEY SHARE")
        .bind("source", lease.sourceId())
        .mapTo(UUID.class)
        .one();
    ChangeSet changeSet = new ChangeSet(handle);
    new CrawlWrite(handle, changeSet, lease.sourceId(), changes).run();
    // Late, so that the lease can be renewed while a large database is written; and held to
    // the end, so that no other crawl begins before this one is stored.
    requireLease(lease, "FOR SHARE");
    return changeSet.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(changeSet.write(author, reason));
  }

  /** Whether a database is there by the name that it shall have. */
  private boolean isStored(UUID sourceId, DatabaseChanges changes) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT FROM database
              WHERE source_id = :source AND native_name = :nativeName AND name = :name
                AND NOT dropped)
            """)
        .bind("source", sourceId)
        .bind("nativeName", changes.nativeName())
        .bind("name", changes.name())
        .mapTo(Boolean.class)
        .one();
  }

  /** What {@link #applyCrawl} failed of, if its database's name is taken. */
  static CatalogException nameTaken(
      DatabaseChanges changes, Optional<DatabaseOwner> owner, JdbiException cause) {
    String holder =
        owner
            .map(
                holding ->
                    "database '" + holding.nativeName() + "' of source '" + holding.source() + "'")
            .orElse("another database");
    return new CatalogException(
        ErrorCode.ALREADY_EXISTS,
        "DATABASE_NAME_TAKEN",
        "Database '"
            + changes.nativeName()
            + "' cannot be '"
            + changes.name()
            + "' in the catalog: "
            + holder
            + " has that name. Give one of the sources another database name pattern.",
        cause);
  }

  static CrawlRun run(ResultSet row) throws SQLException {
    return new CrawlRun(
        row.getLong("run_id"),
        row.getString("source_name"),
        CrawlRun.State.valueOf(row.getString("state")),
        LogRows.instant(row, "start_time"),
        row.getObject("end_time") == null ? null : LogRows.instant(row, "end_time"),
        row.getString("author"),
        row.getString("error"),
        Json.read(row.getString("databases"), new TypeReference<List<DatabaseOutcome>>() {}));
  }
}
