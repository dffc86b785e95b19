package io.unifiedcatalog.server.crawl;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome;
import io.unifiedcatalog.server.model.CrawlRun.TableProblem;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.CommonOptions;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.Claim;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.DueSource;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.TableCache;
import io.unifiedcatalog.server.store.TableWrites;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Crawls sources: reads each database whole, and stores what has changed in one transaction, or
 * nothing.
 *
 * <p>A crawl holds its source's lease. The lease is renewed while the source is read, and each
 * commit checks it, so a crawler that was stopped until another took over writes nothing.
 */
public final class Crawler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Crawler.class);

  /** A loss of fewer tables is never held, unless all are lost. */
  private static final int HELD_TABLES = 5;

  private static final int PROGRESS_TABLES = 1_000;

  private static final String DEFECT = "A defect of the server; its log has the details.";

  /** How long a stop, or the end of a crawl's time, waits for the crawl to notice it. */
  private static final int STOP_SECONDS = 5;

  /** For whom the problems in a run are told: the newest release that the plugin is tested with. */
  static final Engine REPORT_ENGINE = new Engine("flink", "2.3.0");

  /** Hears what happens in a crawl, in order, from one thread. */
  public interface Listener {
    /** The crawl has begun. */
    void started(CrawlRun run);

    /** So many tables of a database were read by now. */
    void progress(String nativeDatabase, long tablesRead);

    /** A database is done. */
    void database(DatabaseOutcome outcome);

    /** The crawl is over. */
    void finished(CrawlRun run);

    /** The crawl failed in a way that no run tells of. */
    void failed(Throwable failure);
  }

  private final MetadataStore store;
  private final TableCache cache;
  private final Duration leaseTime;
  private final Duration history;
  private final Function<String, SourceSystem> systems;
  private final String owner = UUID.randomUUID().toString();
  private final ExecutorService crawls = Executors.newCachedThreadPool(daemon("crawl"));
  private final ScheduledExecutorService renewals =
      Executors.newSingleThreadScheduledExecutor(daemon("crawl-lease"));
  private final Set<Crawl> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;
  private volatile Consumer<CrawlRun> whenEnded = run -> {};

  /**
   * A crawler.
   *
   * @param leaseTime how long a source stays taken after its crawler was last heard of
   * @param history how long runs are kept after their end
   */
  public Crawler(MetadataStore store, TableCache cache, Duration leaseTime, Duration history) {
    this(store, cache, leaseTime, history, SourceSystems::get);
  }

  /**
   * A crawler of other kinds of sources than there are.
   *
   * @param systems the kind of a name
   */
  Crawler(
      MetadataStore store,
      TableCache cache,
      Duration leaseTime,
      Duration history,
      Function<String, SourceSystem> systems) {
    this.systems = systems;
    this.store = store;
    this.cache = cache;
    this.leaseTime = leaseTime;
    this.history = history;
  }

  /** Has each run handed on when it has ended; at most one hears of them. */
  public void whenEnded(Consumer<CrawlRun> consumer) {
    whenEnded = consumer;
  }

  private static java.util.concurrent.ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Starts a crawl and returns. It goes on whatever becomes of the listener.
   *
   * @throws CatalogException NOT_FOUND if there is no such source; ABORTED if it is being crawled
   */
  public void start(String sourceName, String author, Listener listener) {
    start(sourceName, author, Map.of(), listener);
  }

  /**
   * Starts a crawl in which those tables may go that a held run listed, and marks that run as
   * confirmed.
   *
   * @throws CatalogException FAILED_PRECONDITION if the run is not held, or its source was replaced
   *     by another of its name; otherwise as {@link #start}
   */
  public void confirm(long runId, String author, Listener listener) {
    CrawlRun held = run(runId);
    Map<String, Set<String>> allowed = new HashMap<>();
    for (DatabaseOutcome outcome : held.databases()) {
      if (outcome.state() == DatabaseOutcome.State.HELD) {
        allowed.put(outcome.nativeDatabase(), Set.copyOf(outcome.heldTables()));
      }
    }
    if (store.runs(held.source(), runId + 1, 1).stream().noneMatch(run -> run.id() == runId)) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "SOURCE_REPLACED",
          "Crawl run "
              + runId
              + " is of a source '"
              + held.source()
              + "' that was removed; the one of that name now is another. Crawl that one.");
    }
    // Looked at here so that a run that is not held starts nothing; resolved once the lease is
    // there.
    if (held.state() != CrawlRun.State.HELD) {
      store.resolveHeldRun(runId, CrawlRun.State.CONFIRMED);
    }
    start(
        held.source(),
        author,
        allowed,
        listener,
        () -> store.resolveHeldRun(runId, CrawlRun.State.CONFIRMED));
  }

  private CrawlRun run(long runId) {
    return store
        .run(runId)
        .orElseThrow(
            () ->
                CatalogException.notFound(
                    "There is no crawl run " + runId + ". See `catalog crawl list`."));
  }

  private void start(
      String sourceName, String author, Map<String, Set<String>> allowed, Listener listener) {
    start(sourceName, author, allowed, listener, () -> {});
  }

  private void start(
      String sourceName,
      String author,
      Map<String, Set<String>> allowed,
      Listener listener,
      Runnable afterLease) {
    checkOpen();
    Source source = store.source(sourceName);
    SourceSystem system = systems.apply(source.kind());
    Lease lease =
        store
            .acquireLease(source.id(), owner + "/" + UUID.randomUUID(), leaseTime)
            .orElseThrow(() -> underWay(sourceName));
    try {
      afterLease.run();
      Duration timeout = store.schedule(source.id()).schedule().timeout();
      CrawlRun run = store.startRun(lease, author);
      execute(new Crawl(source, system, lease, null, timeout, run, author, allowed, listener));
    } catch (RuntimeException | Error e) {
      store.releaseLease(lease);
      throw e;
    }
  }

  /**
   * Starts a crawl of a source if its schedule says that it is due, and returns.
   *
   * @throws CatalogException FAILED_PRECONDITION, {@code NOT_DUE}, if it is not; otherwise as
   *     {@link #start(String, String, Listener)}
   */
  public void startDue(DueSource due, String author, Listener listener) {
    checkOpen();
    Claim claim =
        store
            .claimDue(due, owner + "/" + UUID.randomUUID(), leaseTime)
            .orElseThrow(() -> underWay(due.name()));
    CrawlRun run = null;
    try {
      run = store.startRun(claim.lease(), author);
      if (CrawlSchedule.isGivenUp(claim.schedule(), claim.occurrence())) {
        throw new CatalogException(
            ErrorCode.INTERNAL,
            "GIVEN_UP",
            "Given up until the schedule's next time: each time that this crawl was begun, its"
                + " server was lost. Look into the servers' logs, and whether their memory is"
                + " enough for this source.");
      }
      Source source = store.source(due.name());
      SourceSystem system = systems.apply(source.kind());
      Duration timeout = claim.schedule().timeout();
      execute(
          new Crawl(
              source, system, claim.lease(), claim, timeout, run, author, Map.of(), listener));
    } catch (RuntimeException | Error e) {
      if (run != null && !closing) {
        // Told by the run, and tried again as the schedule says, not as often as it is looked at.
        String error = e instanceof CatalogException ? e.getMessage() : DEFECT;
        finishRun(claim, run, CrawlRun.State.FAILED, String.valueOf(error), List.of());
      }
      store.releaseLease(claim.lease());
      throw e;
    }
  }

  private void finishRun(
      Claim claim,
      CrawlRun run,
      CrawlRun.State state,
      String error,
      List<DatabaseOutcome> outcomes) {
    store.finishRun(
        claim,
        now ->
            // What was interrupted is still due, for this server or another.
            state == CrawlRun.State.INTERRUPTED
                ? Optional.of(claim.occurrence())
                : CrawlSchedule.after(
                    claim.schedule(),
                    claim.lease().sourceId(),
                    claim.occurrence(),
                    state == CrawlRun.State.FAILED,
                    now),
        run.id(),
        state,
        error,
        outcomes);
  }

  private void execute(Crawl crawl) {
    synchronized (running) {
      checkOpen();
      running.add(crawl);
      crawls.execute(crawl);
    }
  }

  private CatalogException underWay(String sourceName) {
    return new CatalogException(
        ErrorCode.ABORTED,
        "CRAWL_UNDER_WAY",
        "Source '"
            + sourceName
            + "' is being crawled already. See `catalog crawl list`, and try again"
            + " when that run is over. If its server was killed, the source is free"
            + " again "
            + leaseTime.toSeconds()
            + " s after that.");
  }

  private void checkOpen() {
    if (closing) {
      throw new CatalogException(
          ErrorCode.UNAVAILABLE, "SHUTTING_DOWN", "The server is stopping. Crawl again later.");
    }
  }

  /** Ends the crawls under way: what they stored stays, their runs end as interrupted. */
  @Override
  public void close() {
    // So that no crawl begins unseen meanwhile.
    synchronized (running) {
      closing = true;
      for (Crawl crawl : running) {
        crawl.stop("the server is stopping");
      }
    }
    crawls.shutdown();
    try {
      if (!crawls.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        // One that waits for a source which does not answer. Without its lease it can write
        // nothing.
        running.forEach(Crawl::finishStopped);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    renewals.shutdownNow();
  }

  /** One crawl of one source. */
  private final class Crawl implements Runnable {
    private final Source source;
    private final CommonOptions options;
    private final SourceSystem system;
    private final Lease lease;

    /** What of its schedule the crawl is for; null: somebody asked for it. */
    private final @Nullable Claim claim;

    private final Duration timeout;
    private final CrawlRun run;
    private final String author;
    private final Map<String, Set<String>> allowed;
    private final Listener listener;
    // Read by another thread if the crawl must be ended from there.
    private final List<DatabaseOutcome> outcomes = new CopyOnWriteArrayList<>();

    /** Why the crawl must end early; null: it need not. */
    private volatile @Nullable String stopped;

    private volatile boolean timedOut;

    private volatile @Nullable SourceSession session;

    Crawl(
        Source source,
        SourceSystem system,
        Lease lease,
        @Nullable Claim claim,
        Duration timeout,
        CrawlRun run,
        String author,
        Map<String, Set<String>> allowed,
        Listener listener) {
      this.source = source;
      this.options = CommonOptions.of(source);
      this.system = system;
      this.lease = lease;
      this.claim = claim;
      this.timeout = timeout;
      this.run = run;
      this.author = author;
      this.allowed = allowed;
      this.listener = listener;
    }

    /** Ends the crawl from another thread, also one that waits for its source. */
    void stop(String why) {
      stopped = why;
      SourceSession open = session;
      if (open != null) {
        open.abort();
      }
    }

    private void timeOut() {
      timedOut = true;
      stop("it took longer than its timeout of " + timeout.toSeconds() + " s");
    }

    @Override
    public void run() {
      ScheduledFuture<?> end =
          renewals.schedule(this::timeOut, timeout.toSeconds(), TimeUnit.SECONDS);
      // If its source does not let go of it. Without its lease it can write nothing.
      ScheduledFuture<?> leave =
          renewals.schedule(
              this::finishStopped, timeout.toSeconds() + STOP_SECONDS, TimeUnit.SECONDS);
      long third = leaseTime.toMillis() / 3;
      ScheduledFuture<?> renewal =
          renewals.scheduleWithFixedDelay(this::renew, third, third, TimeUnit.MILLISECONDS);
      CrawlRun.State state = CrawlRun.State.FAILED;
      String error = "";
      try {
        listener.started(run);
        crawl();
        state = stateOf(outcomes);
      } catch (CatalogException e) {
        log.warn("Crawl {} of source '{}' ended: {}", run.id(), source.name(), e.getMessage());
        error = e.getMessage();
      } catch (RuntimeException | Error e) {
        // An error, too: the heap may be too small for a database. Whoever follows the crawl waits
        // for its end.
        log.error("Crawl {} of source '{}' failed", run.id(), source.name(), e);
        error = DEFECT;
      } finally {
        renewal.cancel(false);
        end.cancel(false);
        leave.cancel(false);
      }
      if (stopped == null) {
        finish(state, error);
      } else {
        finishStopped();
      }
    }

    /** Ends the run of a crawl that was stopped, also from another thread. */
    void finishStopped() {
      if (timedOut) {
        finish(
            CrawlRun.State.FAILED,
            "The crawl was ended: "
                + stopped
                + ". What it had not stored is as it was. Find out what made the source slow, or"
                + " give it more time with `catalog source update "
                + source.name()
                + " --crawl-timeout`.");
      } else {
        finish(
            CrawlRun.State.INTERRUPTED,
            "The crawl was interrupted: " + stopped + ". What it had not stored is as it was.");
      }
    }

    private void finish(CrawlRun.State state, String error) {
      if (!running.remove(this)) {
        return;
      }
      try {
        if (claim == null) {
          store.finishRun(lease, run.id(), state, error, outcomes);
        } else {
          finishRun(claim, run, state, error, outcomes);
        }
        store.releaseLease(lease);
        removeOldRuns();
        CrawlRun ended =
            store
                .run(run.id())
                .orElseThrow(() -> CatalogException.notFound("Run " + run.id() + " is gone."));
        whenEnded.accept(ended);
        listener.finished(ended);
      } catch (RuntimeException | Error e) {
        log.warn("The end of crawl {} could not be stored: {}", run.id(), e.toString());
        listener.failed(e);
      }
    }

    private void removeOldRuns() {
      try {
        store.removeRuns(source.id(), history);
      } catch (RuntimeException | Error e) {
        // The next crawl does it, and this one is over all the same.
        log.warn("Old crawl runs of '{}' were not removed: {}", source.name(), e.getMessage());
      }
    }

    private void renew() {
      try {
        if (!store.renewLease(lease, leaseTime)) {
          stop("another server took over source '" + source.name() + "'");
        }
      } catch (RuntimeException | Error e) {
        // The lease may still be renewed in time; if not, the next commit is refused. An error that
        // left here would end the renewals.
        log.warn("The lease of source '{}' was not renewed: {}", source.name(), e.getMessage());
      }
    }

    private void checkStopped() {
      String why = stopped;
      if (why != null) {
        throw new CatalogException(
            ErrorCode.ABORTED, "CRAWL_STOPPED", "The crawl was interrupted: " + why + ".");
      }
    }

    private void crawl() {
      try (SourceSession open = system.open(source)) {
        session = open;
        checkStopped();
        if (open instanceof RegisteringSession registering) {
          done(compare(registering));
          return;
        }
        List<String> databases = open.databases();
        for (String database : databases) {
          checkStopped();
          done(crawlDatabase(open, database));
        }
        Set<String> gone = new TreeSet<>(store.nativeDatabases(source.id()));
        gone.removeAll(databases);
        for (String database : gone) {
          checkStopped();
          done(dropDatabase(database));
        }
      } finally {
        session = null;
      }
    }

    private void done(DatabaseOutcome outcome) {
      outcomes.add(outcome);
      listener.database(outcome);
    }

    /** What of a source has no table, and what tables have nothing in it. No table is changed. */
    private DatabaseOutcome compare(RegisteringSession open) {
      Outcome outcome = new Outcome(source, source.name(), source.name());
      long began = System.nanoTime();
      Map<String, List<String>> tables = new TreeMap<>();
      for (PhysicalTable table : store.registeredTables(source.id())) {
        Registration registration = table.registration();
        if (registration != null && !registration.hasOwnConnector()) {
          open.objectOf(registration)
              .ifPresent(
                  over ->
                      tables.computeIfAbsent(over, object -> new ArrayList<>()).add(table.name()));
        }
        outcome.unchanged++;
      }
      List<String> objects = open.objects();
      for (String object : objects) {
        checkStopped();
        if (tables.remove(object) == null) {
          outcome.problems.add(
              new TableProblem(
                  object,
                  new Problem(
                      Problem.Kind.UNREGISTERED,
                      "",
                      "has no table." + open.proposal(object).map(text -> " " + text).orElse(""))));
        }
      }
      tables.forEach(
          (object, over) ->
              over.forEach(
                  table ->
                      outcome.problems.add(
                          new TableProblem(
                              table,
                              new Problem(
                                  Problem.Kind.BROKEN,
                                  "",
                                  "'" + object + "', which it is over, is not in the source.")))));
      outcome.readTime = Duration.ofNanos(System.nanoTime() - began);
      return outcome.end(DatabaseOutcome.State.UNCHANGED, "");
    }

    private DatabaseOutcome crawlDatabase(SourceSession open, String database) {
      Outcome outcome =
          new Outcome(source, database, options.databaseName(source.name(), database));
      long began = System.nanoTime();
      try {
        String clash = clash(database, outcome.name);
        if (clash != null) {
          return outcome.end(DatabaseOutcome.State.SKIPPED, clash);
        }
        TableDiff diff =
            new TableDiff(store.fingerprints(source.id(), database), system.mappingVersion());
        open.tables(database, new Reader(database, diff, outcome));
        outcome.count(diff);
        outcome.readTime = Duration.ofNanos(System.nanoTime() - began);
        return store(database, diff, outcome);
      } catch (CatalogException e) {
        checkStopped();
        if (e.reason().equals("LEASE_LOST")) {
          throw e;
        }
        outcome.readTime = Duration.ofNanos(System.nanoTime() - began);
        return outcome.end(DatabaseOutcome.State.FAILED, e.getMessage());
      } catch (RuntimeException | Error e) {
        checkStopped();
        log.error("Crawling database '{}' of source '{}' failed", database, source.name(), e);
        outcome.readTime = Duration.ofNanos(System.nanoTime() - began);
        return outcome.end(DatabaseOutcome.State.FAILED, DEFECT);
      }
    }

    private DatabaseOutcome store(String database, TableDiff diff, Outcome outcome) {
      List<String> drops = diff.drops();
      outcome.dropped = drops.size();
      if (isHeld(drops.size(), diff.known())
          && !allowed.getOrDefault(database, Set.of()).containsAll(drops)) {
        outcome.heldTables = drops;
        return outcome.end(
            DatabaseOutcome.State.HELD,
            drops.size()
                + " of "
                + diff.known()
                + " tables would vanish, as after a revoked grant. Nothing of this database was"
                + " stored. If they are gone for good, accept it with `catalog crawl confirm "
                + run.id()
                + "`; if not, restore the grants and crawl again.");
      }
      long began = System.nanoTime();
      OptionalLong revision =
          store.applyCrawl(
              lease,
              new DatabaseChanges(
                  database, outcome.name, false, diff.writes(), drops, diff.statistics()),
              author,
              "crawl " + run.id() + " of source '" + source.name() + "'");
      cache.catchUp();
      outcome.stored(revision);
      outcome.storeTime = Duration.ofNanos(System.nanoTime() - began);
      return outcome.end(
          revision.isPresent() ? DatabaseOutcome.State.CHANGED : DatabaseOutcome.State.UNCHANGED,
          "");
    }

    /** A database that is stored and that the source no longer lists. */
    private DatabaseOutcome dropDatabase(String database) {
      TableDiff diff =
          new TableDiff(store.fingerprints(source.id(), database), system.mappingVersion());
      Outcome outcome =
          new Outcome(source, database, options.databaseName(source.name(), database));
      List<String> drops = diff.drops();
      outcome.dropped = drops.size();
      Set<String> accepted = allowed.get(database);
      if (accepted == null || !accepted.containsAll(drops)) {
        outcome.heldTables = drops;
        return outcome.end(
            DatabaseOutcome.State.HELD,
            "The source no longer lists this database with its "
                + drops.size()
                + " tables, as after a revoked grant or a changed pattern. It was left as it is. If"
                + " it is gone for good, accept it with `catalog crawl confirm "
                + run.id()
                + "`.");
      }
      OptionalLong revision =
          store.applyCrawl(
              lease,
              new DatabaseChanges(database, outcome.name, true, new TableWrites(), drops, Map.of()),
              author,
              "crawl " + run.id() + " of source '" + source.name() + "'");
      cache.catchUp();
      outcome.stored(revision);
      return outcome.end(DatabaseOutcome.State.CHANGED, "");
    }

    private boolean isHeld(long drops, long known) {
      return drops > 0
          && (drops == known
              || (drops >= HELD_TABLES && drops * 100 > known * options.holdShare()));
    }

    /** Why a database cannot have its name in the catalog; null: it can. */
    private @Nullable String clash(String nativeName, String name) {
      Optional<MetadataStore.DatabaseOwner> holder = store.databaseOwner(name);
      if (holder.isEmpty()
          || (holder.get().source().equals(source.name())
              && holder.get().nativeName().equals(nativeName))) {
        return null;
      }
      return "The name '"
          + name
          + "' is claimed by database '"
          + nativeName
          + "' of source '"
          + source.name()
          + "' and held by database '"
          + holder.get().nativeName()
          + "' of source '"
          + holder.get().source()
          + "'. Set another `database-pattern` on one of the two.";
    }

    /** Takes the tables of one database as they are read. */
    private final class Reader implements SourceSession.Visitor {
      private final String database;
      private final TableDiff diff;
      private final Outcome outcome;

      Reader(String database, TableDiff diff, Outcome outcome) {
        this.database = database;
        this.diff = diff;
        this.outcome = outcome;
      }

      @Override
      public void table(PhysicalTable table, Statistics statistics) {
        checkStopped();
        try {
          // What an overlay does not fit is told with the table, and is no part of a crawl.
          List<Problem> problems =
              EffectiveSchema.physicalProblems(
                  table, column -> SourceSystems.columnType(system, column, source, REPORT_ENGINE));
          diff.table(table, statistics);
          for (Problem problem : problems) {
            outcome.problems.add(new TableProblem(table.name(), problem));
          }
        } catch (RuntimeException | StackOverflowError e) {
          log.error(
              "Table '{}' of '{}' of source '{}' is left out",
              table.name(),
              database,
              source.name(),
              e);
          unreadable(table.name(), "It could not be taken in, and stays as it is. " + DEFECT);
          return;
        }
        if (diff.read() % PROGRESS_TABLES == 0) {
          listener.progress(database, diff.read());
        }
      }

      @Override
      public void unreadable(String table, String reason) {
        checkStopped();
        diff.unreadable(table);
        outcome.problems.add(new TableProblem(table, new Problem(Problem.Kind.BROKEN, "", reason)));
      }
    }
  }

  private static CrawlRun.State stateOf(List<DatabaseOutcome> outcomes) {
    Set<DatabaseOutcome.State> states = new HashSet<>();
    outcomes.forEach(outcome -> states.add(outcome.state()));
    // First, or one database that fails each time would keep the others from being confirmed.
    if (states.contains(DatabaseOutcome.State.HELD)) {
      return CrawlRun.State.HELD;
    }
    return states.contains(DatabaseOutcome.State.FAILED)
        ? CrawlRun.State.FAILED
        : CrawlRun.State.SUCCEEDED;
  }

  /** A database's outcome while it comes about. */
  private final class Outcome {
    private final Source source;
    private final String nativeName;
    private final String name;
    private final List<TableProblem> problems = new ArrayList<>();
    private List<String> heldTables = List.of();
    private Duration readTime = Duration.ZERO;
    private Duration storeTime = Duration.ZERO;
    private long added;
    private long altered;
    private long dropped;
    private long unchanged;
    private long breaking;
    private long revision;

    Outcome(Source source, String nativeName, String name) {
      this.source = source;
      this.nativeName = nativeName;
      this.name = name;
    }

    void count(TableDiff diff) {
      added = diff.added();
      altered = diff.altered();
      unchanged = diff.unchanged();
    }

    void stored(OptionalLong at) {
      revision = at.orElse(0);
      // Tables that were added break nobody, and a first crawl adds very many.
      if (revision != 0 && altered + dropped > 0) {
        try {
          breaking = Drift.breaking(store, revision, source);
        } catch (RuntimeException | Error e) {
          // What is stored is stored, and can still be told.
          log.error("The breaking changes of revision {} could not be counted", revision, e);
        }
      }
    }

    DatabaseOutcome end(DatabaseOutcome.State state, String message) {
      return new DatabaseOutcome(
          nativeName,
          name,
          state,
          message,
          added,
          altered,
          dropped,
          unchanged,
          breaking,
          revision,
          readTime,
          storeTime,
          heldTables,
          problems);
    }
  }
}
