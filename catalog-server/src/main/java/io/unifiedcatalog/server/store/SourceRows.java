package io.unifiedcatalog.server.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseOwner;
import io.unifiedcatalog.server.store.MetadataStore.SourceFigure;
import io.unifiedcatalog.server.store.MetadataStore.SourceSummary;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** The rows of the sources and their secrets, in the transaction of a handle. */
final class SourceRows {
  private static final int NAMES_IN_MESSAGE = 20;

  private static final String SOURCE_SUMMARY =
      """
      SELECT s.id AS source_id, s.name AS source_name, s.kind AS source_kind,
        s.options AS source_options, s.version AS source_version,
        ARRAY(SELECT key FROM source_secret WHERE source_id = s.id ORDER BY key COLLATE "C")
          AS secret_names,
        (SELECT count(*) FROM catalog_table t JOIN database d ON d.id = t.database_id
          WHERE d.source_id = s.id AND NOT t.dropped) AS table_count,
        r.run_id, r.state, r.author, r.start_time, r.end_time, r.error, r.databases,
        %s
      FROM source s
        LEFT JOIN crawl_schedule c ON c.source_id = s.id
        -- By its id, so that of all a source's runs one is read.
        LEFT JOIN LATERAL (SELECT max(l.id) AS id FROM crawl_run l WHERE l.source_id = s.id) newest
          ON true
        LEFT JOIN LATERAL (%s WHERE r.id = newest.id) r ON true
      WHERE NOT s.dropped
      """
          .formatted(ScheduleRows.COLUMNS, CrawlRows.SUMMARY);

  private final Handle handle;
  private final SecretSealer sealer;

  SourceRows(Handle handle, SecretSealer sealer) {
    this.handle = handle;
    this.sealer = sealer;
  }

  Source createSource(Source source, boolean registers, String author) {
    ChangeSet changeSet = new ChangeSet(handle);
    handle
        .createUpdate(
            """
            INSERT INTO source (id, name, kind, options, version)
            VALUES (:id, :name, :kind, :options, 1)
            """)
        .bind("id", source.id())
        .bind("name", source.name())
        .bind("kind", source.kind())
        .bind("options", Json.write(source.options()))
        .execute();
    writeSecrets(source);
    changeSet.add(Subject.SOURCE, source.id(), Operation.CREATE, source.name());
    if (registers) {
      UUID database = UUID.randomUUID();
      handle
          .createUpdate(
              """
              INSERT INTO database (id, name, source_id, native_name)
              VALUES (:id, :name, :source, :name)
              """)
          .bind("id", database)
          .bind("name", source.name())
          .bind("source", source.id())
          .execute();
      changeSet.add(Subject.DATABASE, database, Operation.CREATE, source.name());
    }
    changeSet.write(author, "source created");
    return source;
  }

  static CatalogException databaseTaken(
      String name, Optional<DatabaseOwner> owner, JdbiException cause) {
    return new CatalogException(
        ErrorCode.ALREADY_EXISTS,
        "DATABASE_NAME_TAKEN",
        "Source '"
            + name
            + "' is not added: its tables would live in database '"
            + name
            + "', and "
            + owner
                .map(holding -> "source '" + holding.source() + "' has one of that name")
                .orElse("there is one of that name")
            + ". Choose another name.",
        cause);
  }

  static CatalogException nameTaken(String name, JdbiException cause) {
    return new CatalogException(
        ErrorCode.ALREADY_EXISTS,
        "SOURCE_EXISTS",
        "Source '" + name + "' exists already. Choose another name, or update that source.",
        cause);
  }

  List<SourceSummary> sources(String afterName, int limit) {
    return handle
        .createQuery(SOURCE_SUMMARY + " AND s.name > :after ORDER BY s.name LIMIT :limit")
        .bind("after", afterName)
        .bind("limit", limit)
        .map((row, context) -> sourceSummary(row))
        .list();
  }

  List<SourceFigure> figures() {
    return handle
        .createQuery(
            """
            SELECT s.name, s.kind, c.next_due, n.tables, r.last_success, r.held, f.failures
            FROM source s LEFT JOIN crawl_schedule c ON c.source_id = s.id
              CROSS JOIN LATERAL (
                SELECT count(*) AS tables FROM database d JOIN catalog_table t
                  ON t.database_id = d.id WHERE d.source_id = s.id AND NOT t.dropped) n
              CROSS JOIN LATERAL (
                SELECT max(end_time) FILTER (WHERE state IN ('SUCCEEDED', 'CONFIRMED'))
                    AS last_success,
                  max(id) FILTER (WHERE state IN ('SUCCEEDED', 'CONFIRMED')) AS succeeded,
                  count(*) FILTER (WHERE state = 'HELD') AS held
                FROM crawl_run WHERE source_id = s.id) r
              CROSS JOIN LATERAL (
                SELECT count(*) AS failures FROM crawl_run WHERE source_id = s.id
                  AND id > coalesce(r.succeeded, 0) AND state = 'FAILED') f
            WHERE NOT s.dropped ORDER BY s.name
            """)
        .map(
            (row, context) ->
                new SourceFigure(
                    row.getString("name"),
                    row.getString("kind"),
                    row.getLong("tables"),
                    row.getObject("last_success") == null
                        ? null
                        : LogRows.instant(row, "last_success"),
                    row.getLong("held"),
                    row.getLong("failures"),
                    row.getObject("next_due") == null ? null : LogRows.instant(row, "next_due")))
        .list();
  }

  SourceSummary sourceSummary(String name) {
    return handle
        .createQuery(SOURCE_SUMMARY + " AND s.name = :name")
        .bind("name", name)
        .map((row, context) -> sourceSummary(row))
        .findOne()
        .orElseThrow(() -> unknownSource(name));
  }

  Source updateSource(
      String name, UnaryOperator<Source> change, long expectedVersion, String author) {
    Source row = row(name, "FOR NO KEY UPDATE OF s");
    checkVersion(row, expectedVersion);
    // One that does not open can be given again or taken away, so only one that stays is a failure.
    IdentityHashMap<Secret, CatalogException> damaged = new IdentityHashMap<>();
    Source stored =
        withSecrets(
            row,
            (secret, failure) -> {
              Secret unknown = new Secret("");
              damaged.put(unknown, failure);
              return unknown;
            });
    Source wanted = change.apply(stored);
    for (Secret secret : wanted.secrets().values()) {
      CatalogException failure = damaged.get(secret);
      if (failure != null) {
        throw failure;
      }
    }
    Source updated =
        new Source(
            stored.id(),
            stored.name(),
            stored.kind(),
            wanted.options(),
            wanted.secrets(),
            stored.version() + 1);
    ChangeSet changeSet = new ChangeSet(handle);
    handle
        .createUpdate("UPDATE source SET options = :options, version = :version WHERE id = :id")
        .bind("options", Json.write(updated.options()))
        .bind("version", updated.version())
        .bind("id", updated.id())
        .execute();
    deleteSecrets(updated.id());
    writeSecrets(updated);
    changeSet.add(Subject.SOURCE, updated.id(), Operation.ALTER, name);
    changeSet.write(author, "source updated");
    return updated;
  }

  long deleteSource(String name, long expectedVersion, String author) {
    // Waits for a crawl's transaction, which holds the row FOR KEY SHARE.
    Source source = row(name, "FOR UPDATE OF s");
    checkVersion(source, expectedVersion);
    ChangeSet changeSet = new ChangeSet(handle);
    Map<UUID, String> databases = new LinkedHashMap<>();
    handle
        .createQuery(
            """
            SELECT id, name FROM database WHERE source_id = :source AND NOT dropped
            ORDER BY name FOR UPDATE
            """)
        .bind("source", source.id())
        .map((row, context) -> Map.entry(row.getObject("id", UUID.class), row.getString("name")))
        .forEach(database -> databases.put(database.getKey(), database.getValue()));
    changeSet.add(Subject.SOURCE, source.id(), Operation.DROP, name);
    long tables = 0;
    for (Map.Entry<UUID, String> database : databases.entrySet()) {
      changeSet.add(Subject.DATABASE, database.getKey(), Operation.DROP, database.getValue());
      tables += CrawlWrite.dropTables(handle, changeSet, database.getKey(), null);
    }
    handle
        .createUpdate("UPDATE database SET dropped = true WHERE source_id = :source")
        .bind("source", source.id())
        .execute();
    deleteSecrets(source.id());
    new ScheduleRows(handle).delete(source.id());
    handle
        .createUpdate("UPDATE source SET dropped = true, version = version + 1 WHERE id = :id")
        .bind("id", source.id())
        .execute();
    new CrawlRows(handle).voidLease(source);
    changeSet.write(author, "source removed");
    return tables;
  }

  private static void checkVersion(Source source, long expectedVersion) {
    if (expectedVersion != 0 && expectedVersion != source.version()) {
      throw new CatalogException(
          ErrorCode.ABORTED,
          "ETAG_MISMATCH",
          "Source '"
              + source.name()
              + "' was changed by another call since it was read. Read it again and repeat.");
    }
  }

  /**
   * A source with its secrets.
   *
   * @throws CatalogException NOT_FOUND; FAILED_PRECONDITION if a secret does not open
   */
  Source source(String name) {
    return withSecrets(
        row(name, ""),
        (secret, failure) -> {
          throw failure;
        });
  }

  /**
   * A source without its secrets.
   *
   * @param lock how its row is locked; empty: not at all
   * @throws CatalogException NOT_FOUND
   */
  private Source row(String name, String lock) {
    return handle
        .createQuery(
            """
            SELECT s.id AS source_id, s.name AS source_name, s.kind AS source_kind,
              s.options AS source_options, s.version AS source_version
            FROM source s WHERE s.name = :name AND NOT s.dropped
            """
                + lock)
        .bind("name", name)
        .map((row, context) -> source(row))
        .findOne()
        .orElseThrow(() -> unknownSource(name));
  }

  /**
   * Adds its secrets to a source.
   *
   * @param damaged what is taken for a secret, by its name, that does not open
   */
  private Source withSecrets(Source source, BiFunction<String, CatalogException, Secret> damaged) {
    Map<String, Secret> secrets = new TreeMap<>();
    handle
        .createQuery("SELECT key, sealed FROM source_secret WHERE source_id = :id")
        .bind("id", source.id())
        .map((row, context) -> Map.entry(row.getString("key"), row.getBytes("sealed")))
        .forEach(
            secret -> {
              String name = secret.getKey();
              Secret opened;
              try {
                opened = sealer.open(source, name, secret.getValue());
              } catch (CatalogException e) {
                opened = damaged.apply(name, e);
              }
              secrets.put(name, opened);
            });
    return new Source(
        source.id(), source.name(), source.kind(), source.options(), secrets, source.version());
  }

  private void writeSecrets(Source source) {
    source
        .secrets()
        .forEach(
            (key, secret) ->
                handle
                    .createUpdate(
                        """
                        INSERT INTO source_secret (source_id, key, sealed)
                        VALUES (:source, :key, :sealed)
                        """)
                    .bind("source", source.id())
                    .bind("key", key)
                    .bind("sealed", sealer.seal(source, key, secret))
                    .execute());
  }

  private void deleteSecrets(UUID sourceId) {
    handle
        .createUpdate("DELETE FROM source_secret WHERE source_id = :source")
        .bind("source", sourceId)
        .execute();
  }

  UUID sourceId(String name) {
    return handle
        .createQuery("SELECT id FROM source WHERE name = :name AND NOT dropped")
        .bind("name", name)
        .mapTo(UUID.class)
        .findOne()
        .orElseThrow(() -> unknownSource(name));
  }

  private CatalogException unknownSource(String name) {
    return CatalogException.notFound(
        "Source '"
            + name
            + "' does not exist. "
            + known(
                "Known sources: ",
                "There are no sources yet.",
                handle,
                "SELECT name FROM source WHERE NOT dropped ORDER BY name LIMIT :limit"));
  }

  /** Ends a message with the names that a query finds; it takes a limit. */
  static String known(String intro, String none, Handle handle, String query) {
    List<String> names =
        handle.createQuery(query).bind("limit", NAMES_IN_MESSAGE + 1).mapTo(String.class).list();
    if (names.isEmpty()) {
      return none;
    }
    return names.size() > NAMES_IN_MESSAGE
        ? intro + String.join(", ", names.subList(0, NAMES_IN_MESSAGE)) + ", and more."
        : intro + String.join(", ", names) + ".";
  }

  private static SourceSummary sourceSummary(ResultSet row) throws SQLException {
    String[] secretNames = (String[]) row.getArray("secret_names").getArray();
    return new SourceSummary(
        source(row),
        List.copyOf(Arrays.asList(secretNames)),
        row.getLong("table_count"),
        ScheduleRows.schedule(row),
        row.getObject("run_id") == null ? null : CrawlRows.run(row));
  }

  /** A source without its secrets. */
  static Source source(ResultSet row) throws SQLException {
    return new Source(
        row.getObject("source_id", UUID.class),
        row.getString("source_name"),
        row.getString("source_kind"),
        Json.read(row.getString("source_options"), new TypeReference<Map<String, String>>() {}),
        Map.of(),
        row.getLong("source_version"));
  }
}
