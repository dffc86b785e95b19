package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog's memory: sources, databases, tables and the log of their changes, in PostgreSQL.
 * Each method is one transaction, at READ COMMITTED: it happens whole or not at all, and what it
 * returns is stored for good. A method that changes the catalog adds exactly one revision to the
 * log, or none if nothing changed.
 *
 * <p>Rows are locked in this order: source, database, tables by name, lease, schedule, revision
 * counter.
 *
 * <p>Every method throws {@link CatalogException}: UNAVAILABLE if the store cannot be reached,
 * INTERNAL if it fails otherwise. Safe for use by many threads.
 */
public final class MetadataStore {
  /** A page of the log holds about so many changes at most, however many its revisions have. */
  static final int LOG_PAGE_CHANGES = 20_000;

  /** From so many tables on, and this share of all, the store is tidied after they are written. */
  private static final int TIDIED_TABLES = 1_000;

  private static final double TIDIED_SHARE = 0.1;

  private static final Logger log = LoggerFactory.getLogger(MetadataStore.class);

  private final Jdbi jdbi;
  private final SecretSealer sealer;
  private final boolean webhook;

  /**
   * A store whose schema {@link #migrate} has brought up to date.
   *
   * @param dataSource gives connections in auto-commit mode, at READ COMMITTED
   * @param webhook whether crawl runs that end wait for {@link #claimMessage}
   */
  public MetadataStore(DataSource dataSource, SecretSealer sealer, boolean webhook) {
    this.jdbi = Jdbi.create(dataSource);
    // Statements carry whole databases; a failure need not repeat them.
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    this.sealer = sealer;
    this.webhook = webhook;
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
    StoreSchema.migrate(dataSource);
  }

  /**
   * What tells this store from every other. It was made with the store, and is the same for all
   * servers on it, after a restart, after a move and in a dump that is restored.
   *
   * @throws CatalogException FAILED_PRECONDITION if somebody deleted it
   */
  public UUID id() {
    return read(handle -> new LogRows(handle).storeId())
        .orElseThrow(
            () ->
                new CatalogException(
                    ErrorCode.FAILED_PRECONDITION,
                    "STORE_WITHOUT_ID",
                    "The store has no id: its row in store_identity is gone. Restore the row from a"
                        + " backup of the store, or, if there is none, make another with INSERT INTO"
                        + " store_identity (id) VALUES (gen_random_uuid()); compiled plans must then"
                        + " be made again."));
  }

  // ---- Sources ----

  /**
   * Adds a source.
   *
   * @param registers whether its tables are registered: then they have a database of its name from
   *     the start
   * @throws CatalogException ALREADY_EXISTS if the name is taken, or that of its database is
   */
  public Source createSource(
      String name,
      String kind,
      Map<String, String> options,
      Map<String, Secret> secrets,
      boolean registers,
      String author) {
    return createSource(
        name,
        kind,
        options,
        secrets,
        registers,
        Schedule.OFF,
        (schedule, source, now) -> Optional.empty(),
        author);
  }

  /** The same for a source that has a schedule from the start. */
  public Source createSource(
      String name,
      String kind,
      Map<String, String> options,
      Map<String, Secret> secrets,
      boolean registers,
      Schedule schedule,
      NextOccurrence next,
      String author) {
    Source source = new Source(UUID.randomUUID(), name, kind, options, secrets, 1);
    try {
      return jdbi.inTransaction(
          handle -> {
            Source created = new SourceRows(handle, sealer).createSource(source, registers, author);
            new ScheduleRows(handle).change(source.id(), off -> schedule, next);
            return created;
          });
    } catch (JdbiException e) {
      if (StoreFailure.violates(e, "source_name")) {
        throw SourceRows.nameTaken(name, e);
      }
      throw StoreFailure.violates(e, "database_name")
          ? SourceRows.databaseTaken(name, databaseOwner(name), e)
          : StoreFailure.of(e);
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
                TransactionIsolationLevel.REPEATABLE_READ,
                same -> new SourceRows(same, sealer).source(name)));
  }

  /** The sources after a name (empty: from the first), in order of their names. */
  public List<SourceSummary> sources(String afterName, int limit) {
    return read(handle -> new SourceRows(handle, sealer).sources(afterName, limit));
  }

  /**
   * One source as lists show it.
   *
   * @throws CatalogException NOT_FOUND
   */
  public SourceSummary sourceSummary(String name) {
    return read(handle -> new SourceRows(handle, sealer).sourceSummary(name));
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
      Source source,
      List<String> storedSecrets,
      long tableCount,
      SourceSchedule schedule,
      @Nullable CrawlRun latestRun) {}

  /**
   * A source's schedule and how it stands.
   *
   * @param next null if the schedule is off, or never comes again
   * @param due whether {@code next} is to be crawled by now
   */
  public record SourceSchedule(Schedule schedule, @Nullable Occurrence next, boolean due) {}

  /**
   * A time that a schedule names.
   *
   * @param time the time that it names
   * @param due when the source is to be crawled for it: later by the jitter, or by a retry's
   *     back-off
   * @param starts how many crawls were begun for it
   * @param failures how many of those failed
   */
  public record Occurrence(Instant time, Instant due, int starts, int failures) {}

  /** Tells what a schedule names next. */
  @FunctionalInterface
  public interface NextOccurrence {
    /** The first occurrence after a moment; empty if there is none. */
    Optional<Occurrence> after(Schedule schedule, UUID sourceId, Instant now);
  }

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
        handle ->
            new SourceRows(handle, sealer).updateSource(name, change, expectedVersion, author));
  }

  /**
   * The same, and changes the source's schedule in the same transaction. If it differs, what is due
   * next is reckoned from now, and retries of a failed crawl are forgotten.
   *
   * @param schedule gets the stored schedule and returns what is to be stored; may throw as {@code
   *     change} may
   */
  public Source updateSource(
      String name,
      UnaryOperator<Source> change,
      UnaryOperator<Schedule> schedule,
      NextOccurrence next,
      long expectedVersion,
      String author) {
    return write(
        handle -> {
          Source updated =
              new SourceRows(handle, sealer).updateSource(name, change, expectedVersion, author);
          new ScheduleRows(handle).change(updated.id(), schedule, next);
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
        handle -> new SourceRows(handle, sealer).deleteSource(name, expectedVersion, author));
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

  /**
   * The databases after a name (empty: from the first), in order of their names.
   *
   * @param source only of this source; empty: of all
   * @throws CatalogException NOT_FOUND if there is no such source
   */
  public List<Database> databases(String source, String after, int limit) {
    return read(
        handle -> {
          List<Database> databases = new TableRows(handle).databases(source, after, limit);
          if (databases.isEmpty() && !source.isEmpty()) {
            new SourceRows(handle, sealer).sourceId(source);
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
    return read(handle -> new TableRows(handle).database(name));
  }

  /** Who holds a database's name in the catalog: a source, by its name, and its database. */
  public record DatabaseOwner(UUID sourceId, String source, String nativeName) {}

  /** Who holds a database's name now; empty if it is free. */
  public Optional<DatabaseOwner> databaseOwner(String name) {
    return read(handle -> new TableRows(handle).databaseOwner(name));
  }

  /** A table as lists show it. */
  public record TableSummary(TableName name, PhysicalTable.Kind kind, String comment) {}

  /**
   * The tables of a database after a name (empty: from the first), in order of their names.
   *
   * @throws CatalogException NOT_FOUND if there is no such database
   */
  public List<TableSummary> tables(String database, String after, int limit) {
    return read(handle -> new TableRows(handle).tables(database, after, limit));
  }

  /**
   * The tables after a name (null: from the first) in whose search text every word occurs, whatever
   * the case, in order of their full names.
   */
  public List<TableSummary> searchTables(List<String> words, @Nullable TableName after, int limit) {
    return read(handle -> new TableRows(handle).searchTables(words, after, limit));
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

  /**
   * A table.
   *
   * @param version which of its versions; 0: the newest, and then empty if it is dropped
   * @return empty if there is no such table, or no such version of it
   */
  public Optional<StoredTable> table(TableName name, long version) {
    return read(handle -> new TableRows(handle).table(name, version));
  }

  /**
   * The versions of a table, dropped or not, the newest first.
   *
   * @param before only versions below this one
   * @throws CatalogException NOT_FOUND if there never was such a table
   */
  public List<StoredTable> tableVersions(TableName name, long before, int limit) {
    return read(handle -> new TableRows(handle).tableVersions(name, before, limit));
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
    return write(handle -> new TableRows(handle).updateOverlay(name, expectedEtag, change, author));
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
    return write(handle -> new CrawlRows(handle).acquireLease(sourceId, owner, timeToLive));
  }

  /**
   * Holds a lease for a further time from now.
   *
   * @return false: it was lost, to another holder or by running out
   */
  public boolean renewLease(Lease lease, Duration timeToLive) {
    return write(handle -> new CrawlRows(handle).renewLease(lease, timeToLive));
  }

  /** Gives a lease back. Does nothing if it was lost. */
  public void releaseLease(Lease lease) {
    write(handle -> new CrawlRows(handle).releaseLease(lease));
  }

  /**
   * Records that a crawl began. Runs of earlier holders that never ended are marked INTERRUPTED.
   *
   * @throws CatalogException ABORTED if the lease was lost
   */
  public CrawlRun startRun(Lease lease, String author) {
    return write(handle -> new CrawlRows(handle).startRun(lease, author, webhook));
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
        handle -> new CrawlRows(handle).finishRun(lease, runId, state, error, databases, webhook));
  }

  /**
   * What is to be watched of a source.
   *
   * @param lastSuccess when a crawl of it last ended well; null: never
   * @param failures crawls that failed since then
   * @param due when its schedule has it crawled next; null: never
   */
  public record SourceFigure(
      String name,
      String kind,
      long tables,
      @Nullable Instant lastSuccess,
      long heldRuns,
      long failures,
      @Nullable Instant due) {}

  /** The figures of every source, in order of their names. */
  public List<SourceFigure> sourceFigures() {
    return read(handle -> new SourceRows(handle, sealer).figures());
  }

  /** A source's schedule and how it stands. */
  public SourceSchedule schedule(UUID sourceId) {
    return read(handle -> new ScheduleRows(handle).schedule(sourceId, ""));
  }

  /** A source that is to be crawled. */
  public record DueSource(UUID id, String name) {}

  /** The sources that are due and not being crawled, the longest due first. */
  public List<DueSource> dueSources(int limit) {
    return read(handle -> new ScheduleRows(handle).due(limit));
  }

  /**
   * The right to crawl a source for an occurrence of its schedule.
   *
   * @param occurrence with this start counted
   */
  public record Claim(Lease lease, Schedule schedule, Occurrence occurrence) {}

  /**
   * Takes the right to crawl a source if it is due. It stays due until {@link #finishRun} says how
   * the crawl ended: if its server is lost, another one claims it once the lease has run out.
   *
   * @return empty if someone holds the source's lease
   * @throws CatalogException NOT_FOUND if the source is gone; FAILED_PRECONDITION if it is not due
   */
  public Optional<Claim> claimDue(DueSource source, String owner, Duration timeToLive) {
    return write(
        handle ->
            new CrawlRows(handle)
                .acquireLease(source.id(), owner, timeToLive)
                .map(lease -> new ScheduleRows(handle).claim(lease, source.name())));
  }

  /**
   * Records how a scheduled crawl ended as {@link #finishRun} does, and in the same transaction
   * what its schedule names next.
   *
   * @param next what comes next, by the time that it is now; empty: nothing. Not asked if the
   *     schedule was changed since the claim
   */
  public void finishRun(
      Claim claim,
      Function<Instant, Optional<Occurrence>> next,
      long runId,
      CrawlRun.State state,
      String error,
      List<CrawlRun.DatabaseOutcome> databases) {
    write(
        handle -> {
          int updated =
              new CrawlRows(handle)
                  .finishRun(claim.lease(), runId, state, error, databases, webhook);
          new ScheduleRows(handle).finish(claim, next);
          return updated;
        });
  }

  /**
   * Removes the runs of a source that ended so long ago: not those that are held, nor the newest,
   * nor the newest that succeeded.
   */
  public void removeRuns(UUID sourceId, Duration age) {
    write(handle -> new CrawlRows(handle).removeRuns(sourceId, age));
  }

  /** A crawl run; empty if there is none of that id. */
  public Optional<CrawlRun> run(long id) {
    return read(handle -> new CrawlRows(handle).run(id));
  }

  /**
   * The crawl runs, the newest first, each database as its {@link
   * CrawlRun.DatabaseOutcome#summary}.
   *
   * @param source only of this source; empty: of all, removed ones included
   * @param before only runs of an id below this one
   * @throws CatalogException NOT_FOUND if there is no such source
   */
  public List<CrawlRun> runs(String source, long before, int limit) {
    return read(
        handle -> {
          UUID sourceId = source.isEmpty() ? null : new SourceRows(handle, sealer).sourceId(source);
          return new CrawlRows(handle).runs(sourceId, before, limit);
        });
  }

  /**
   * Closes a held run.
   *
   * @param to CONFIRMED or DISCARDED
   * @throws CatalogException NOT_FOUND; FAILED_PRECONDITION if it is not held
   */
  public CrawlRun resolveHeldRun(long id, CrawlRun.State to) {
    return write(handle -> new CrawlRows(handle).resolveHeldRun(id, to));
  }

  // ---- The webhook ----

  /**
   * A crawl run that ended, for the webhook to tell.
   *
   * @param id of the message; the same for each attempt
   * @param state how the run ended; since then a held one may have been confirmed or discarded
   * @param attempts begun, with this one
   */
  public record WebhookMessage(UUID id, long runId, CrawlRun.State state, int attempts) {}

  /**
   * Takes the message that has been due for longest, so that nobody else gets it for a time. Unless
   * it is removed or postponed by then, it is due again.
   *
   * @return empty if none is due
   */
  public Optional<WebhookMessage> claimMessage(Duration time) {
    return write(handle -> new WebhookRows(handle).claim(time));
  }

  /** Has a message wait for a time from now. Does nothing if another attempt has begun since. */
  public void postponeMessage(WebhookMessage message, Duration time) {
    write(handle -> new WebhookRows(handle).postpone(message, time));
  }

  /** Removes a message that was delivered, or that was tried often enough. */
  public void removeMessage(WebhookMessage message) {
    write(handle -> new WebhookRows(handle).remove(message));
  }

  /** How many messages are not delivered yet. */
  public long waitingMessages() {
    return read(handle -> new WebhookRows(handle).waiting());
  }

  // ---- What a crawl compares and stores ----

  /** What is stored of a table that a crawl compares. */
  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals, never as a record
  public record Fingerprint(
      UUID tableId, byte[] fingerprint, boolean dropped, Statistics statistics) {}

  /** The tables of a database by name, dropped ones too; empty if the database is unknown. */
  public Map<String, Fingerprint> fingerprints(UUID sourceId, String nativeDatabase) {
    return read(handle -> new CrawlRows(handle).fingerprints(sourceId, nativeDatabase));
  }

  /** The tables that are registered for a source, in order of their names. */
  public List<PhysicalTable> registeredTables(UUID sourceId) {
    return read(handle -> new TableRows(handle).registered(sourceId));
  }

  /** The databases of a source that are not dropped, by their names in the source, in order. */
  public Set<String> nativeDatabases(UUID sourceId) {
    return read(handle -> new CrawlRows(handle).nativeDatabases(sourceId));
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
      TableWrites writes,
      List<String> drops,
      Map<String, Statistics> statistics) {
    public DatabaseChanges {
      drops = List.copyOf(drops);
      statistics = Map.copyOf(statistics);
    }

    DatabaseChanges(
        String nativeName,
        String name,
        boolean dropDatabase,
        List<TableWrite> writes,
        List<String> drops,
        Map<String, Statistics> statistics) {
      this(nativeName, name, dropDatabase, TableWrites.of(writes), drops, statistics);
    }

    boolean isEmpty() {
      return !dropDatabase && writes.names().isEmpty() && drops.isEmpty() && statistics.isEmpty();
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
      String searchText) {

    /** A table by what was made of it already. */
    public static TableWrite of(PhysicalTable table, String document, byte[] fingerprint) {
      StringBuilder text = new StringBuilder(table.name()).append('\n').append(table.comment());
      for (Column column : table.columns()) {
        text.append('\n').append(column.name());
      }
      return new TableWrite(
          table.name(),
          table.kind(),
          table.comment(),
          document,
          fingerprint,
          text.toString().toLowerCase(Locale.ROOT));
    }
  }

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
    OptionalLong revision;
    try {
      revision =
          jdbi.inTransaction(
              handle -> new CrawlRows(handle).applyCrawl(lease, changes, author, reason));
    } catch (JdbiException e) {
      throw StoreFailure.violates(e, "database_name")
          ? CrawlRows.nameTaken(changes, databaseOwner(changes.name()), e)
          : StoreFailure.of(e);
    }
    if (revision.isPresent()) {
      tidy(changes.writes().names().size());
    }
    return revision;
  }

  /**
   * What a revision did to a table.
   *
   * @param table its name then, as people write it
   * @param before the physical layer that an altered one had; empty of others
   * @param after the one that it has from then on; empty of others
   */
  public record ChangedTable(
      Change.Operation operation, String table, String before, String after) {}

  /** Hands on what a revision did to tables, in order; of tables, not of their overlays. */
  public void changedTables(long revision, Consumer<ChangedTable> consumer) {
    read(
        handle ->
            handle.inTransaction(
                transaction -> {
                  new LogRows(transaction).changedTables(revision, consumer);
                  return null;
                }));
  }

  /**
   * Has PostgreSQL look at the tables again after very many were stored, outside of any
   * transaction, as it would by itself a minute later: until then it takes them for few, and a
   * search would read them all.
   */
  private void tidy(int written) {
    if (written < TIDIED_TABLES) {
      return;
    }
    try {
      jdbi.useHandle(
          handle -> {
            long known =
                handle
                    .createQuery(
                        "SELECT reltuples::bigint FROM pg_class"
                            + " WHERE oid = 'catalog_table'::regclass")
                    .mapTo(Long.class)
                    .one();
            if (written >= known * TIDIED_SHARE) {
              handle.execute("VACUUM (ANALYZE) catalog_table");
            }
          });
    } catch (JdbiException e) {
      log.warn("The table catalog_table of the store could not be vacuumed", e);
    }
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
      OVERLAY,
      /** A subject of the schema registry. Tables that change with it are named, too. */
      SCHEMA
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
    return read(handle -> new LogRows(handle).revisions(after, limit, changes));
  }

  /** The newest revision; 0 if there is none. */
  public long latestRevision() {
    return read(handle -> new LogRows(handle).latestRevision());
  }

  /**
   * Records that someone asked how to reach a table's data. What a caller sent or a source said may
   * be of any length; of each text, the beginning is kept.
   *
   * @param reason why it was not allowed; empty if it was
   */
  public void auditBinding(
      String author, TableName table, Binding.Role role, boolean allowed, String reason) {
    write(handle -> new LogRows(handle).auditBinding(author, table, role, allowed, reason));
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
