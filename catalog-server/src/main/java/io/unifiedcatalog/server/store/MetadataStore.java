package io.unifiedcatalog.server.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * The catalog's memory: sources, databases, tables and the log of their changes, in PostgreSQL.
 * Each method is one transaction, at READ COMMITTED: it happens whole or not at all, and what it
 * returns is stored for good. A method that changes the catalog adds exactly one revision to the
 * log, or none if nothing changed.
 *
 * <p>Rows are locked in this order: source, database, tables by name, lease, revision counter.
 *
 * <p>Every method throws {@link CatalogException}: UNAVAILABLE if the store cannot be reached,
 * INTERNAL if it fails otherwise. Safe for use by many threads.
 */
public final class MetadataStore {
  /** A page of the log holds about so many changes at most, however many its revisions have. */
  static final int LOG_PAGE_CHANGES = 20_000;

  private static final int NAMES_IN_MESSAGE = 20;
  private static final int OLDEST_RELEASE = 14;
  private static final int AUDIT_TEXT = 500;

  private final Jdbi jdbi;
  private final SecretSealer sealer;

  /**
   * A store whose schema {@link #migrate} has brought up to date.
   *
   * @param dataSource gives connections in auto-commit mode, at READ COMMITTED
   */
  public MetadataStore(DataSource dataSource, SecretSealer sealer) {
    this.jdbi = Jdbi.create(dataSource);
    // Statements carry whole databases; a failure need not repeat them.
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    this.sealer = sealer;
  }

  /**
   * Brings the store's schema up to date. If another server is at it, waits until that is done.
   *
   * @param dataSource must give two connections at once
   * @throws CatalogException UNAVAILABLE if the store cannot be reached; FAILED_PRECONDITION if its
   *     PostgreSQL is too old, or a newer release of the server made its schema; INTERNAL if a
   *     migration failed. The schema is as it was then
   */
  public static void migrate(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      DatabaseMetaData server = connection.getMetaData();
      requireRelease(server.getDatabaseMajorVersion(), server.getDatabaseProductVersion());
    } catch (SQLException e) {
      throw StoreFailure.of(e);
    }
    try {
      Flyway flyway =
          Flyway.configure(MetadataStore.class.getClassLoader())
              .dataSource(dataSource)
              .locations("classpath:db/migration")
              // Without end: a server that starts beside another waits for it.
              .lockRetryCount(-1)
              .load();
      flyway.migrate();
      // Looked at afterwards, as a newer server may have been what this one waited for.
      requireKnownSchema(flyway.info().applied());
    } catch (FlywayException e) {
      throw StoreFailure.of(e);
    }
  }

  static void requireRelease(int major, String version) {
    if (major < OLDEST_RELEASE) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_TOO_OLD",
          "The store is PostgreSQL "
              + version
              + "; the catalog needs "
              + OLDEST_RELEASE
              + " or newer. Nothing was changed. Upgrade it, or name another with --store.");
    }
  }

  private static void requireKnownSchema(MigrationInfo[] applied) {
    for (MigrationInfo migration : applied) {
      MigrationState state = migration.getState();
      if (state == MigrationState.FUTURE_SUCCESS || state == MigrationState.FUTURE_FAILED) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "STORE_NEWER",
            "The store's schema has version "
                + applied[applied.length - 1].getVersion()
                + ", which a newer release of the server made and this one does not know. Nothing"
                + " was changed. Start that release or a newer one, or name another store.");
      }
    }
  }

  // ---- Sources ----

  /**
   * Adds a source.
   *
   * @throws CatalogException ALREADY_EXISTS if the name is taken
   */
  public Source createSource(
      String name,
      String kind,
      Map<String, String> options,
      Map<String, Secret> secrets,
      String author) {
    Source source = new Source(UUID.randomUUID(), name, kind, options, secrets, 1);
    try {
      return jdbi.inTransaction(
          handle -> {
            ChangeSet changeSet = new ChangeSet(handle);
            handle
                .createUpdate(
                    """
                    INSERT INTO source (id, name, kind, options, version)
                    VALUES (:id, :name, :kind, :options, 1)
                    """)
                .bind("id", source.id())
                .bind("name", name)
                .bind("kind", kind)
                .bind("options", Json.write(source.options()))
                .execute();
            writeSecrets(handle, source);
            changeSet.add(Subject.SOURCE, source.id(), Operation.CREATE, name);
            changeSet.write(author, "source created");
            return source;
          });
    } catch (JdbiException e) {
      if (StoreFailure.violates(e, "source_name")) {
        throw new CatalogException(
            ErrorCode.ALREADY_EXISTS,
            "SOURCE_EXISTS",
            "Source '" + name + "' exists already. Choose another name, or update that source.",
            e);
      }
      throw StoreFailure.of(e);
    }
  }

  /**
   * A source with its secrets.
   *
   * @throws CatalogException NOT_FOUND
   */
  public Source source(String name) {
    // One snapshot for both of its statements, so that no host comes with another's password.
    return read(
        handle ->
            handle.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ, same -> source(same, name, "")));
  }

  /** The sources after a name (empty: from the first), in order of their names. */
  public List<SourceSummary> sources(String afterName, int limit) {
    return read(
        handle ->
            handle
                .createQuery(SOURCE_SUMMARY + " AND s.name > :after ORDER BY s.name LIMIT :limit")
                .bind("after", afterName)
                .bind("limit", limit)
                .map((row, context) -> sourceSummary(row))
                .list());
  }

  /**
   * One source as lists show it.
   *
   * @throws CatalogException NOT_FOUND
   */
  public SourceSummary sourceSummary(String name) {
    return read(
        handle ->
            handle
                .createQuery(SOURCE_SUMMARY + " AND s.name = :name")
                .bind("name", name)
                .map((row, context) -> sourceSummary(row))
                .findOne()
                .orElseThrow(() -> unknownSource(handle, name)));
  }

  /**
   * A source as lists show it.
   *
   * @param source without its secrets
   * @param storedSecrets the names of its secrets, in order
   * @param tableCount how many tables it has now
   * @param latestRun null if it was never crawled
   */
  public record SourceSummary(
      Source source, List<String> storedSecrets, long tableCount, @Nullable CrawlRun latestRun) {}

  /**
   * Changes a source's options and secrets. Two changes at once happen one after the other.
   *
   * @param change gets the source with its secrets and returns what is to be stored. What it throws
   *     leaves everything as it was and is thrown on
   * @param expectedVersion 0: any
   * @return as stored: its version is one more
   * @throws CatalogException NOT_FOUND; ABORTED if the stored version is another
   */
  public Source updateSource(
      String name, UnaryOperator<Source> change, long expectedVersion, String author) {
    return write(
        handle -> {
          Source stored = source(handle, name, "FOR NO KEY UPDATE OF s");
          checkVersion(stored, expectedVersion);
          Source wanted = change.apply(stored);
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
              .createUpdate(
                  "UPDATE source SET options = :options, version = :version WHERE id = :id")
              .bind("options", Json.write(updated.options()))
              .bind("version", updated.version())
              .bind("id", updated.id())
              .execute();
          deleteSecrets(handle, updated.id());
          writeSecrets(handle, updated);
          changeSet.add(Subject.SOURCE, updated.id(), Operation.ALTER, name);
          changeSet.write(author, "source updated");
          return updated;
        });
  }

  /**
   * Removes a source with its databases and tables, whose history stays, and with its secrets,
   * which do not. Its name and those of its databases are free again.
   *
   * @param expectedVersion 0: any
   * @return how many tables went with it
   * @throws CatalogException NOT_FOUND; ABORTED if the stored version is another;
   *     FAILED_PRECONDITION while a crawl of it is under way
   */
  public long deleteSource(String name, long expectedVersion, String author) {
    return write(
        handle -> {
          // Waits for a crawl's transaction, which holds the row FOR KEY SHARE.
          Source source = source(handle, name, "FOR UPDATE OF s");
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
              .map(
                  (row, context) ->
                      Map.entry(row.getObject("id", UUID.class), row.getString("name")))
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
          deleteSecrets(handle, source.id());
          handle
              .createUpdate(
                  "UPDATE source SET dropped = true, version = version + 1 WHERE id = :id")
              .bind("id", source.id())
              .execute();
          int freeLeases =
              handle
                  .createUpdate(
                      """
                      UPDATE lease SET fence = fence + 1
                      WHERE source_id = :source AND expires_at <= clock_timestamp()
                      """)
                  .bind("source", source.id())
                  .execute();
          if (freeLeases == 0 && hasLease(handle, source.id())) {
            throw new CatalogException(
                ErrorCode.FAILED_PRECONDITION,
                "CRAWL_UNDER_WAY",
                "Source '"
                    + name
                    + "' cannot be removed while a crawl of it is under way. Remove it when the"
                    + " crawl is over.");
          }
          changeSet.write(author, "source removed");
          return tables;
        });
  }

  private static boolean hasLease(Handle handle, UUID sourceId) {
    return handle
        .createQuery("SELECT EXISTS (SELECT FROM lease WHERE source_id = :source)")
        .bind("source", sourceId)
        .mapTo(Boolean.class)
        .one();
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

  private Source source(Handle handle, String name, String lock) {
    Source source =
        handle
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
            .orElseThrow(() -> unknownSource(handle, name));
    Map<String, Secret> secrets = new TreeMap<>();
    handle
        .createQuery("SELECT key, sealed FROM source_secret WHERE source_id = :id")
        .bind("id", source.id())
        .map((row, context) -> Map.entry(row.getString("key"), row.getBytes("sealed")))
        .forEach(
            secret ->
                secrets.put(
                    secret.getKey(),
                    sealer.open(source.id(), name, secret.getKey(), secret.getValue())));
    return new Source(
        source.id(), source.name(), source.kind(), source.options(), secrets, source.version());
  }

  private void writeSecrets(Handle handle, Source source) {
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
                    .bind("sealed", sealer.seal(source.id(), secret))
                    .execute());
  }

  private static void deleteSecrets(Handle handle, UUID sourceId) {
    handle
        .createUpdate("DELETE FROM source_secret WHERE source_id = :source")
        .bind("source", sourceId)
        .execute();
  }

  private static CatalogException unknownSource(Handle handle, String name) {
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

  private static String known(String intro, String none, Handle handle, String query) {
    List<String> names =
        handle.createQuery(query).bind("limit", NAMES_IN_MESSAGE + 1).mapTo(String.class).list();
    if (names.isEmpty()) {
      return none;
    }
    return names.size() > NAMES_IN_MESSAGE
        ? intro + String.join(", ", names.subList(0, NAMES_IN_MESSAGE)) + ", and more."
        : intro + String.join(", ", names) + ".";
  }

  private static final String SOURCE_SUMMARY =
      """
      SELECT s.id AS source_id, s.name AS source_name, s.kind AS source_kind,
        s.options AS source_options, s.version AS source_version,
        ARRAY(SELECT key FROM source_secret WHERE source_id = s.id ORDER BY key COLLATE "C")
          AS secret_names,
        (SELECT count(*) FROM catalog_table t JOIN database d ON d.id = t.database_id
          WHERE d.source_id = s.id AND NOT t.dropped) AS table_count,
        r.id AS run_id, r.state, r.author, r.start_time, r.end_time, r.error, r.databases
      FROM source s LEFT JOIN crawl_run r ON r.id = (
        SELECT max(l.id) FROM crawl_run l WHERE l.source_id = s.id)
      WHERE NOT s.dropped
      """;

  private static SourceSummary sourceSummary(ResultSet row) throws SQLException {
    String[] secretNames = (String[]) row.getArray("secret_names").getArray();
    return new SourceSummary(
        source(row),
        List.copyOf(Arrays.asList(secretNames)),
        row.getLong("table_count"),
        row.getObject("run_id") == null ? null : run(row));
  }

  private static Source source(ResultSet row) throws SQLException {
    return new Source(
        row.getObject("source_id", UUID.class),
        row.getString("source_name"),
        row.getString("source_kind"),
        Json.read(row.getString("source_options"), new TypeReference<Map<String, String>>() {}),
        Map.of(),
        row.getLong("source_version"));
  }

  // ---- Databases and tables ----

  /**
   * A database.
   *
   * @param source the name of its source
   * @param nativeName its name in the source
   * @param tableCount how many tables it has now
   */
  public record Database(UUID id, String name, String source, String nativeName, long tableCount) {}

  private static final String DATABASE =
      """
      SELECT d.id, d.name, s.name AS source, d.native_name,
        (SELECT count(*) FROM catalog_table t WHERE t.database_id = d.id AND NOT t.dropped)
          AS table_count
      FROM database d JOIN source s ON s.id = d.source_id
      WHERE NOT d.dropped
      """;

  private static Database database(ResultSet row) throws SQLException {
    return new Database(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("source"),
        row.getString("native_name"),
        row.getLong("table_count"));
  }

  /**
   * The databases after a name (empty: from the first), in order of their names.
   *
   * @param source only of this source; empty: of all
   * @throws CatalogException NOT_FOUND if there is no such source
   */
  public List<Database> databases(String source, String after, int limit) {
    return read(
        handle -> {
          List<Database> databases =
              handle
                  .createQuery(
                      DATABASE
                          + """
                          AND d.name > :after AND (:source = '' OR s.name = :source)
                          ORDER BY d.name LIMIT :limit
                          """)
                  .bind("source", source)
                  .bind("after", after)
                  .bind("limit", limit)
                  .map((row, context) -> database(row))
                  .list();
          if (databases.isEmpty() && !source.isEmpty()) {
            sourceId(handle, source);
          }
          return databases;
        });
  }

  /**
   * One database.
   *
   * @throws CatalogException NOT_FOUND
   */
  public Database database(String name) {
    return read(
        handle ->
            handle
                .createQuery(DATABASE + " AND d.name = :name")
                .bind("name", name)
                .map((row, context) -> database(row))
                .findOne()
                .orElseThrow(() -> unknownDatabase(handle, name)));
  }

  private static UUID sourceId(Handle handle, String name) {
    return handle
        .createQuery("SELECT id FROM source WHERE name = :name AND NOT dropped")
        .bind("name", name)
        .mapTo(UUID.class)
        .findOne()
        .orElseThrow(() -> unknownSource(handle, name));
  }

  private static CatalogException unknownDatabase(Handle handle, String name) {
    return CatalogException.notFound(
        "Database '"
            + name
            + "' does not exist. "
            + known(
                "Known databases: ",
                "There are no databases yet: add a source and crawl it.",
                handle,
                "SELECT name FROM database WHERE NOT dropped ORDER BY name LIMIT :limit"));
  }

  /** Who holds a database's name in the catalog: a source, by its name, and its database. */
  public record DatabaseOwner(UUID sourceId, String source, String nativeName) {}

  /** Who holds a database's name now; empty if it is free. */
  public Optional<DatabaseOwner> databaseOwner(String name) {
    return read(handle -> databaseOwner(handle, name));
  }

  private static Optional<DatabaseOwner> databaseOwner(Handle handle, String name) {
    return handle
        .createQuery(
            """
            SELECT s.id, s.name, d.native_name FROM database d JOIN source s ON s.id = d.source_id
            WHERE d.name = :name AND NOT d.dropped
            """)
        .bind("name", name)
        .map(
            (row, context) ->
                new DatabaseOwner(
                    row.getObject("id", UUID.class),
                    row.getString("name"),
                    row.getString("native_name")))
        .findOne();
  }

  /** A table as lists show it. */
  public record TableSummary(TableName name, PhysicalTable.Kind kind, String comment) {}

  /**
   * The tables of a database after a name (empty: from the first), in order of their names.
   *
   * @throws CatalogException NOT_FOUND if there is no such database
   */
  public List<TableSummary> tables(String database, String after, int limit) {
    return read(
        handle -> {
          List<TableSummary> tables =
              handle
                  .createQuery(
                      """
                      SELECT d.name AS database_name, t.name, t.kind, t.comment
                      FROM database d JOIN catalog_table t ON t.database_id = d.id
                      WHERE d.name = :database AND NOT d.dropped
                        AND NOT t.dropped AND t.name > :after
                      ORDER BY t.name LIMIT :limit
                      """)
                  .bind("database", database)
                  .bind("after", after)
                  .bind("limit", limit)
                  .map((row, context) -> tableSummary(row))
                  .list();
          if (tables.isEmpty() && databaseOwner(handle, database).isEmpty()) {
            throw unknownDatabase(handle, database);
          }
          return tables;
        });
  }

  /**
   * The tables after a name (null: from the first) in whose search text every word occurs, whatever
   * the case, in order of their full names.
   */
  public List<TableSummary> searchTables(List<String> words, @Nullable TableName after, int limit) {
    List<String> patterns =
        words.stream()
            .map(word -> "%" + word.toLowerCase(Locale.ROOT).replaceAll("[\\\\%_]", "\\\\$0") + "%")
            .toList();
    return read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT d.name AS database_name, t.name, t.kind, t.comment
                    FROM database d JOIN catalog_table t ON t.database_id = d.id
                    WHERE NOT d.dropped AND NOT t.dropped
                      AND (d.name, t.name) > (:afterDatabase, :afterTable)
                      AND t.search_text LIKE ALL (:patterns)
                    ORDER BY d.name, t.name LIMIT :limit
                    """)
                .bind("afterDatabase", after == null ? "" : after.database())
                .bind("afterTable", after == null ? "" : after.table())
                .bind("patterns", ChangeSet.texts(patterns))
                .bind("limit", limit)
                .map((row, context) -> tableSummary(row))
                .list());
  }

  private static TableSummary tableSummary(ResultSet row) throws SQLException {
    return new TableSummary(
        new TableName(row.getString("database_name"), row.getString("name")),
        PhysicalTable.Kind.valueOf(row.getString("kind")),
        row.getString("comment"));
  }

  /**
   * A version of a table.
   *
   * @param id identifies the table for good, through drops and returns
   * @param version counts its changes from 1
   * @param revision the revision that made this version
   * @param time when that was
   * @param dropped whether this version says that the table vanished; its layers are as they were
   * @param source as it is now, without its secrets
   * @param nativeDatabase its database's name in the source
   * @param overlay null: none
   * @param overlayEtag changes whenever the overlay does; never empty
   * @param statistics as they are now
   * @param author who made this version
   * @param reason why it was made
   * @param readRevision the newest revision that this answer has seen: what any revision up to it
   *     did is in the answer, what later ones did is not
   */
  public record StoredTable(
      UUID id,
      TableName name,
      long version,
      long revision,
      Instant time,
      boolean dropped,
      Source source,
      String nativeDatabase,
      PhysicalTable physical,
      @Nullable Overlay overlay,
      String overlayEtag,
      Statistics statistics,
      String author,
      String reason,
      long readRevision) {}

  // Of tables that ever had the name, the one that has it now, else the one that had it last.
  private static final String STORED_TABLE =
      """
      SELECT t.id, d.name AS database_name, t.name AS table_name, v.version, r.id AS revision,
        r.time, r.author, r.reason, v.dropped, d.native_name, s.id AS source_id,
        s.name AS source_name, s.kind AS source_kind, s.options AS source_options,
        s.version AS source_version, v.physical, v.overlay, x.row_count, x.size_bytes,
        (SELECT value FROM revision_counter) AS read_revision
      FROM (
          SELECT t.* FROM catalog_table t JOIN database d ON d.id = t.database_id
          WHERE d.name = :database AND t.name = :table
          ORDER BY d.dropped, t.change_set DESC LIMIT 1) t
        JOIN database d ON d.id = t.database_id
        JOIN source s ON s.id = d.source_id
        JOIN table_version v ON v.table_id = t.id
        JOIN revision r ON r.change_set = v.change_set
        LEFT JOIN statistics x ON x.table_id = t.id
      """;

  private static final String NEWEST_VERSION = " WHERE v.version = t.version AND NOT v.dropped";

  private static Query tableQuery(Handle handle, TableName name, String condition) {
    return handle
        .createQuery(STORED_TABLE + condition)
        .bind("database", name.database())
        .bind("table", name.table());
  }

  private static StoredTable storedTable(ResultSet row) throws SQLException {
    String overlay = row.getString("overlay");
    return new StoredTable(
        row.getObject("id", UUID.class),
        new TableName(row.getString("database_name"), row.getString("table_name")),
        row.getLong("version"),
        row.getLong("revision"),
        instant(row, "time"),
        row.getBoolean("dropped"),
        source(row),
        row.getString("native_name"),
        TableDocument.decodePhysicalTable(row.getString("physical")),
        overlay == null ? null : TableDocument.decodeOverlay(overlay),
        etag(overlay),
        statistics(row),
        row.getString("author"),
        row.getString("reason"),
        row.getLong("read_revision"));
  }

  private static String etag(@Nullable String overlay) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((overlay == null ? "" : overlay).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static Statistics statistics(ResultSet row) throws SQLException {
    return new Statistics(
        row.getObject("row_count", Long.class), row.getObject("size_bytes", Long.class));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /**
   * A table.
   *
   * @param version which of its versions; 0: the newest, and then empty if it is dropped
   * @return empty if there is no such table, or no such version of it
   */
  public Optional<StoredTable> table(TableName name, long version) {
    return read(
        handle -> {
          Query query =
              version == 0
                  ? tableQuery(handle, name, NEWEST_VERSION)
                  : tableQuery(handle, name, " WHERE v.version = :version")
                      .bind("version", version);
          return query.map((row, context) -> storedTable(row)).findOne();
        });
  }

  /**
   * The versions of a table, dropped or not, the newest first.
   *
   * @param before only versions below this one
   * @throws CatalogException NOT_FOUND if there never was such a table
   */
  public List<StoredTable> tableVersions(TableName name, long before, int limit) {
    return read(
        handle -> {
          List<StoredTable> versions =
              tableQuery(
                      handle,
                      name,
                      " WHERE v.version < :before ORDER BY v.version DESC LIMIT :limit")
                  .bind("before", before)
                  .bind("limit", limit)
                  .map((row, context) -> storedTable(row))
                  .list();
          if (versions.isEmpty()
              && tableQuery(handle, name, " WHERE v.version = t.version")
                  .map((row, context) -> row.getLong("version"))
                  .findOne()
                  .isEmpty()) {
            throw unknownTable(name);
          }
          return versions;
        });
  }

  private static CatalogException unknownTable(TableName name) {
    return CatalogException.notFound(
        "Table '"
            + name.table()
            + "' does not exist in database '"
            + name.database()
            + "'. List the database's tables, or crawl its source if the table is new.");
  }

  /**
   * Changes a table's overlay: a new version of the table, unless the overlay stays equal. Two
   * changes at once happen one after the other.
   *
   * @param expectedEtag empty: any
   * @param change gets the table and returns the overlay that is to be stored; {@link
   *     Overlay#EMPTY}: none. What it throws leaves everything as it was and is thrown on
   * @return as stored
   * @throws CatalogException NOT_FOUND; ABORTED if the stored etag is another
   */
  public StoredTable updateOverlay(
      TableName name, String expectedEtag, Function<StoredTable, Overlay> change, String author) {
    return write(
        handle -> {
          // Locked first, read by the next statement: it sees what was stored while this one
          // waited.
          UUID id =
              handle
                  .createQuery(
                      """
                      SELECT t.id FROM catalog_table t JOIN database d ON d.id = t.database_id
                      WHERE d.name = :database AND NOT d.dropped
                        AND t.name = :table AND NOT t.dropped
                      FOR NO KEY UPDATE OF t
                      """)
                  .bind("database", name.database())
                  .bind("table", name.table())
                  .mapTo(UUID.class)
                  .findOne()
                  .orElseThrow(() -> unknownTable(name));
          StoredTable stored = newest(handle, name);
          if (!expectedEtag.isEmpty() && !expectedEtag.equals(stored.overlayEtag())) {
            throw new CatalogException(
                ErrorCode.ABORTED,
                "ETAG_MISMATCH",
                "The overlay of table "
                    + name
                    + " was changed by another call since it was read. Read it again and repeat.");
          }
          Overlay wanted = change.apply(stored);
          Overlay before = stored.overlay() == null ? Overlay.EMPTY : stored.overlay();
          if (wanted.equals(before)) {
            return stored;
          }
          ChangeSet changeSet = new ChangeSet(handle);
          handle
              .createUpdate(
                  """
                  UPDATE catalog_table SET version = version + 1, change_set = :changeSet
                  WHERE id = :id
                  """)
              .bind("changeSet", changeSet.id())
              .bind("id", id)
              .execute();
          handle
              .createUpdate(
                  """
                  INSERT INTO table_version
                    (table_id, version, change_set, dropped, physical, overlay)
                  SELECT table_id, version + 1, :changeSet, false, physical, :overlay
                  FROM table_version WHERE table_id = :id AND version = :version
                  """)
              .bind("changeSet", changeSet.id())
              .bind("overlay", wanted.equals(Overlay.EMPTY) ? null : TableDocument.encode(wanted))
              .bind("id", id)
              .bind("version", stored.version())
              .execute();
          Operation operation =
              before.equals(Overlay.EMPTY)
                  ? Operation.CREATE
                  : wanted.equals(Overlay.EMPTY) ? Operation.DROP : Operation.ALTER;
          changeSet.add(Subject.OVERLAY, id, operation, name.toString());
          changeSet.write(author, "overlay updated");
          return newest(handle, name);
        });
  }

  private static StoredTable newest(Handle handle, TableName name) {
    return tableQuery(handle, name, NEWEST_VERSION)
        .map((row, context) -> storedTable(row))
        .findOne()
        .orElseThrow(() -> unknownTable(name));
  }

  // ---- Crawls ----

  /**
   * The right to crawl a source.
   *
   * @param owner who holds it
   * @param fence greater than that of every earlier holder
   */
  public record Lease(UUID sourceId, String owner, long fence) {}

  /**
   * Takes the right to crawl a source, for a time by the store's clock.
   *
   * @return empty if someone holds it, the same owner included
   * @throws CatalogException NOT_FOUND if the source is gone
   */
  public Optional<Lease> acquireLease(UUID sourceId, String owner, Duration timeToLive) {
    return write(
        handle -> {
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
        });
  }

  private static CatalogException sourceGone() {
    return CatalogException.notFound("The source was removed. Add it again to crawl it.");
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  /**
   * Holds a lease for a further time from now.
   *
   * @return false: it was lost, to another holder or by running out
   */
  public boolean renewLease(Lease lease, Duration timeToLive) {
    return write(
        handle ->
            handle
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
                == 1);
  }

  /** Gives a lease back. Does nothing if it was lost. */
  public void releaseLease(Lease lease) {
    write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE lease SET expires_at = '-infinity'
                    WHERE source_id = :source AND fence = :fence
                    """)
                .bind("source", lease.sourceId())
                .bind("fence", lease.fence())
                .execute());
  }

  /**
   * ABORTED if the lease was lost.
   *
   * @param lock {@code FOR SHARE}: nobody takes it, renews it or gives it back until the
   *     transaction's end; empty: only looks
   */
  private static void requireLease(Handle handle, Lease lease, String lock) {
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

  // A run whose server was killed has nobody to end it before the source is crawled again.
  private static final String RUN =
      """
      SELECT r.id AS run_id, s.name AS source_name, r.author, r.start_time, r.end_time, r.databases,
        CASE WHEN lost THEN 'INTERRUPTED' ELSE r.state END AS state,
        CASE WHEN lost THEN 'The server that ran this crawl was killed, or lost its lease.'
          ELSE r.error END AS error
      FROM crawl_run r JOIN source s ON s.id = r.source_id
        CROSS JOIN LATERAL (
          SELECT r.state = 'RUNNING' AND NOT EXISTS (
            SELECT 1 FROM lease l WHERE l.source_id = r.source_id AND l.fence = r.fence
              AND l.expires_at > clock_timestamp()) AS lost) AS lost_run
      """;

  private static CrawlRun run(ResultSet row) throws SQLException {
    return new CrawlRun(
        row.getLong("run_id"),
        row.getString("source_name"),
        CrawlRun.State.valueOf(row.getString("state")),
        instant(row, "start_time"),
        row.getObject("end_time") == null ? null : instant(row, "end_time"),
        row.getString("author"),
        row.getString("error"),
        Json.read(
            row.getString("databases"), new TypeReference<List<CrawlRun.DatabaseOutcome>>() {}));
  }

  /**
   * Records that a crawl began. Runs of earlier holders that never ended are marked INTERRUPTED.
   *
   * @throws CatalogException ABORTED if the lease was lost
   */
  public CrawlRun startRun(Lease lease, String author) {
    return write(
        handle -> {
          requireLease(handle, lease, "FOR SHARE");
          handle
              .createUpdate(
                  """
                  UPDATE crawl_run SET state = 'INTERRUPTED', end_time = clock_timestamp(),
                    error = 'The server that ran this crawl stopped, or lost its lease.'
                  WHERE source_id = :source AND fence < :fence AND state = 'RUNNING'
                  """)
              .bind("source", lease.sourceId())
              .bind("fence", lease.fence())
              .execute();
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
          return run(handle, id).orElseThrow();
        });
  }

  /**
   * Records how a crawl ended. A lease that ran out suffices, as long as nobody took it since.
   *
   * @param state any but RUNNING
   * @throws CatalogException ABORTED if another holder took the lease, or the run has ended already
   */
  public void finishRun(
      Lease lease,
      long runId,
      CrawlRun.State state,
      String error,
      List<CrawlRun.DatabaseOutcome> databases) {
    write(
        handle -> {
          int updated =
              handle
                  .createUpdate(
                      """
                      UPDATE crawl_run SET state = :state, end_time = clock_timestamp(),
                        error = :error, databases = :databases
                      WHERE id = :id AND fence = :fence AND state = 'RUNNING' AND EXISTS (
                        SELECT FROM lease WHERE source_id = :source AND fence = :fence)
                      """)
                  .bind("state", state)
                  .bind("error", error)
                  .bind("databases", Json.write(databases))
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
          return updated;
        });
  }

  /** A crawl run; empty if there is none of that id. */
  public Optional<CrawlRun> run(long id) {
    return read(handle -> run(handle, id));
  }

  private static Optional<CrawlRun> run(Handle handle, long id) {
    return handle
        .createQuery(RUN + " WHERE r.id = :id")
        .bind("id", id)
        .map((row, context) -> run(row))
        .findOne();
  }

  /**
   * The crawl runs, the newest first.
   *
   * @param source only of this source; empty: of all, removed ones included
   * @param before only runs of an id below this one
   * @throws CatalogException NOT_FOUND if there is no such source
   */
  public List<CrawlRun> runs(String source, long before, int limit) {
    return read(
        handle -> {
          UUID sourceId = source.isEmpty() ? null : sourceId(handle, source);
          return handle
              .createQuery(
                  RUN
                      + """
                      WHERE r.id < :before AND (:source::uuid IS NULL OR r.source_id = :source::uuid)
                      ORDER BY r.id DESC LIMIT :limit
                      """)
              .bind("source", sourceId == null ? null : sourceId.toString())
              .bind("before", before)
              .bind("limit", limit)
              .map((row, context) -> run(row))
              .list();
        });
  }

  /**
   * Closes a held run.
   *
   * @param to CONFIRMED or DISCARDED
   * @throws CatalogException NOT_FOUND; FAILED_PRECONDITION if it is not held
   */
  public CrawlRun resolveHeldRun(long id, CrawlRun.State to) {
    return write(
        handle -> {
          int updated =
              handle
                  .createUpdate(
                      "UPDATE crawl_run SET state = :state WHERE id = :id AND state = 'HELD'")
                  .bind("state", to)
                  .bind("id", id)
                  .execute();
          CrawlRun run =
              run(handle, id)
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
        });
  }

  /** What is stored of a table that a crawl compares. */
  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals, never as a record
  public record Fingerprint(
      UUID tableId, byte[] fingerprint, boolean dropped, Statistics statistics) {}

  /** The tables of a database by name, dropped ones too; empty if the database is unknown. */
  public Map<String, Fingerprint> fingerprints(UUID sourceId, String nativeDatabase) {
    return read(
        handle -> {
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
                              statistics(row))))
              .forEach(entry -> fingerprints.put(entry.getKey(), entry.getValue()));
          return fingerprints;
        });
  }

  /** The databases of a source that are not dropped, by their names in the source, in order. */
  public Set<String> nativeDatabases(UUID sourceId) {
    return read(
        handle ->
            new TreeSet<>(
                handle
                    .createQuery(
                        """
                        SELECT native_name FROM database
                        WHERE source_id = :source AND NOT dropped
                        """)
                    .bind("source", sourceId)
                    .mapTo(String.class)
                    .list()));
  }

  /**
   * What a crawl found to be different in one database.
   *
   * @param nativeName the database's name in the source
   * @param name its name in the catalog; may be another than before
   * @param dropDatabase the database vanished, with all its tables; the lists are empty then
   * @param writes tables that are new, changed, or back after a drop
   * @param drops names of tables that vanished
   * @param statistics by table name: those that are new or moved enough to be stored
   */
  public record DatabaseChanges(
      String nativeName,
      String name,
      boolean dropDatabase,
      List<TableWrite> writes,
      List<String> drops,
      Map<String, Statistics> statistics) {
    public DatabaseChanges {
      writes = List.copyOf(writes);
      drops = List.copyOf(drops);
      statistics = Map.copyOf(statistics);
    }
  }

  /**
   * A table to store.
   *
   * @param document the physical layer, as {@link TableDocument#encode(PhysicalTable)} writes it
   * @param fingerprint of the physical layer and its type mapping
   * @param searchText in lower case
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals, never as a record
  public record TableWrite(
      String name,
      PhysicalTable.Kind kind,
      String comment,
      String document,
      byte[] fingerprint,
      String searchText) {}

  /**
   * Stores what a crawl found in one database: all of it or nothing. A table that is back after a
   * drop goes on with its id, history and overlay; a changed one with its overlay.
   *
   * @return the revision; empty if nothing had changed but statistics, which have none
   * @throws CatalogException ABORTED if the lease was lost; ALREADY_EXISTS if the database's name
   *     in the catalog is taken
   */
  public OptionalLong applyCrawl(
      Lease lease, DatabaseChanges changes, String author, String reason) {
    try {
      return jdbi.inTransaction(
          handle -> {
            requireLease(handle, lease, "");
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
            requireLease(handle, lease, "FOR SHARE");
            return changeSet.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(changeSet.write(author, reason));
          });
    } catch (JdbiException e) {
      if (StoreFailure.violates(e, "database_name")) {
        throw nameTaken(changes, e);
      }
      throw StoreFailure.of(e);
    }
  }

  private CatalogException nameTaken(DatabaseChanges changes, JdbiException cause) {
    String holder =
        databaseOwner(changes.name())
            .map(
                owner -> "database '" + owner.nativeName() + "' of source '" + owner.source() + "'")
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

  // ---- The log ----

  /**
   * One accepted change of the catalog.
   *
   * @param id counts from 1 without gaps, in the order in which changes became visible
   * @param time never before that of an earlier revision
   * @param author who made it
   * @param reason why
   */
  public record Revision(
      long id, Instant time, String author, String reason, List<Change> changes) {}

  /**
   * A thing that a revision touched.
   *
   * @param subjectId of the source, the database or the table
   * @param name for people, as it was then
   */
  public record Change(Subject subject, UUID subjectId, Operation operation, String name) {
    /** What it is. An overlay goes by its table's id and name. */
    public enum Subject {
      SOURCE,
      DATABASE,
      TABLE,
      OVERLAY
    }

    /** What was done to it. A database that got another name was dropped and created. */
    public enum Operation {
      CREATE,
      ALTER,
      DROP,
      /** It is back after a drop, as the same thing. */
      RESTORE
    }
  }

  /**
   * The revisions after one (0: from the first), in order, each with all its changes. There are
   * fewer than the limit at the end of the log, or once they have {@link #LOG_PAGE_CHANGES}.
   */
  public List<Revision> revisions(long after, int limit) {
    return revisions(after, limit, LOG_PAGE_CHANGES);
  }

  List<Revision> revisions(long after, int limit, int changes) {
    return read(
        handle -> {
          Map<Long, Revision> revisions = new LinkedHashMap<>();
          handle
              .createQuery(
                  """
                  SELECT r.id, r.time, r.author, r.reason, c.subject, c.subject_id, c.operation,
                    c.name
                  FROM (
                      SELECT p.*, sum(p.changes) OVER (ORDER BY p.id) - p.changes AS changes_before
                      FROM (
                          -- A change set's ordinals count from 1.
                          SELECT v.*, (SELECT max(ordinal) FROM change WHERE
                            change_set = v.change_set) AS changes
                          FROM revision v WHERE v.id > :after AND v.id <= :after + :limit) p) r
                    JOIN change c ON c.change_set = r.change_set
                  WHERE r.changes_before < :changes
                  ORDER BY r.id, c.ordinal
                  """)
              .bind("after", after)
              .bind("limit", (long) limit)
              .bind("changes", changes)
              .map(
                  (row, context) -> {
                    long id = row.getLong("id");
                    Revision revision = revisions.get(id);
                    if (revision == null) {
                      revision =
                          new Revision(
                              id,
                              instant(row, "time"),
                              row.getString("author"),
                              row.getString("reason"),
                              new ArrayList<>());
                      revisions.put(id, revision);
                    }
                    return revision
                        .changes()
                        .add(
                            new Change(
                                Subject.valueOf(row.getString("subject")),
                                row.getObject("subject_id", UUID.class),
                                Operation.valueOf(row.getString("operation")),
                                row.getString("name")));
                  })
              .forEach(ignored -> {});
          return List.copyOf(revisions.values());
        });
  }

  /** The newest revision; 0 if there is none. */
  public long latestRevision() {
    return read(
        handle -> handle.createQuery("SELECT value FROM revision_counter").mapTo(Long.class).one());
  }

  /**
   * Records that someone asked how to reach a table's data. What a caller sent or a source said may
   * be of any length; of each text, the beginning is kept.
   *
   * @param reason why it was not allowed; empty if it was
   */
  public void auditBinding(
      String author, TableName table, Binding.Role role, boolean allowed, String reason) {
    write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO binding_audit
                      (author, database_name, table_name, role, allowed, reason)
                    VALUES (:author, left(:database, :most), left(:table, :most), :role, :allowed,
                      left(:reason, :most))
                    """)
                .bind("most", AUDIT_TEXT)
                .bind("author", author)
                .bind("database", table.database())
                .bind("table", table.table())
                .bind("role", role)
                .bind("allowed", allowed)
                .bind("reason", reason)
                .execute());
  }

  private <T> T read(HandleCallback<T, RuntimeException> work) {
    try {
      return jdbi.withHandle(work);
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }

  private <T> T write(HandleCallback<T, RuntimeException> work) {
    try {
      return jdbi.inTransaction(work);
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }
}
