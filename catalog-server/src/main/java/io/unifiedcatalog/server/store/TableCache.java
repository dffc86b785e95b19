package io.unifiedcatalog.server.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest versions of tables, the schemas that engines see of them, and pages of lists.
 *
 * <p>The revision log says what is no longer true: {@link #catchUp} reads what was added to it and
 * drops the tables named there. A writer calls it after its commit and before it answers, so it and
 * everybody on this server see the change at once; a thread calls it all the time, for the changes
 * of other servers. While the log cannot be read, nothing older than {@link #STALENESS} is
 * answered.
 *
 * <p>A load and the drop of the same table exclude each other (both are computations on the map's
 * entry). So a load that read the old table before a commit is over before the drop that follows
 * the commit, and is dropped with it; one that begins after the drop reads the new table.
 */
public final class TableCache implements AutoCloseable {
  /** How old an answer may be when changes are no longer heard of. */
  static final Duration STALENESS = Duration.ofSeconds(5);

  /**
   * How old statistics may be: they change without a revision, so the log tells nothing of them.
   */
  static final Duration STATISTICS_AGE = Duration.ofMinutes(1);

  private static final Logger log = LoggerFactory.getLogger(TableCache.class);
  private static final long MAX_TABLES = 20_000;
  private static final int MAX_ENGINES = 16;
  private static final int LOG_PAGE = 1_000;

  /** All pages together have so many tables. */
  private static final long MAX_PAGE_TABLES = 100_000;

  /** Where tables come from: the store, or what a test puts between. */
  interface Loader {
    /** The newest version; empty if there is no such table. */
    Optional<StoredTable> load(TableName name);
  }

  /** A table, and what engines see of it, derived once each. */
  public static final class Entry {
    private final StoredTable table;
    private final long generation;
    private final Map<Engine, EffectiveSchema> schemas = new ConcurrentHashMap<>();
    private final BiFunction<StoredTable, Engine, EffectiveSchema> derive;

    private Entry(
        StoredTable table,
        long generation,
        BiFunction<StoredTable, Engine, EffectiveSchema> derive) {
      this.table = table;
      this.generation = generation;
      this.derive = derive;
    }

    /** The table as it is stored. */
    public StoredTable table() {
      return table;
    }

    /** What an engine sees of it. */
    public EffectiveSchema schema(Engine engine) {
      EffectiveSchema known = schemas.get(engine);
      if (known != null) {
        return known;
      }
      // A caller may name any release; what few use is not worth the memory.
      return schemas.size() < MAX_ENGINES
          ? schemas.computeIfAbsent(engine, asking -> derive.apply(table, asking))
          : derive.apply(table, engine);
    }
  }

  /** A page of a list or a search, by what was asked. */
  private record Page(long generation, List<TableSummary> tables) {}

  private record ListKey(String database, String after, int limit) {}

  private record SearchKey(List<String> words, @Nullable TableName after, int limit) {}

  private final MetadataStore store;
  private final Loader loader;
  private final BiFunction<StoredTable, Engine, EffectiveSchema> derive;

  /** By the name for people, which is how the log names a table; an entry tells its exact name. */
  private final Cache<String, Entry> tables;

  /** By a {@link ListKey} or a {@link SearchKey}. */
  private final Cache<Object, Page> pages;

  private final LongSupplier nanoTime;

  /** Grows with each change that is heard of: a page of an older generation does not count. */
  private volatile long pageGeneration;

  /** Grows when every entry must go at once: one of an older generation does not count. */
  private volatile long generation;

  /** The last revision that was heard of. Guarded by this. */
  private long seen;

  /** When the log was last read to its end, by {@link #nanoTime}. */
  private volatile long caughtUp;

  private final Thread follower;
  private volatile boolean closed;

  /**
   * A cache over a store, which it follows until it is closed.
   *
   * @param derive what an engine sees of a table
   * @param interval how often the log is read for other servers' changes
   */
  public TableCache(
      MetadataStore store,
      BiFunction<StoredTable, Engine, EffectiveSchema> derive,
      Duration interval) {
    this(store, name -> store.table(name, 0), derive, interval, System::nanoTime);
  }

  TableCache(
      MetadataStore store,
      Loader loader,
      BiFunction<StoredTable, Engine, EffectiveSchema> derive,
      Duration interval,
      LongSupplier nanoTime) {
    this.store = store;
    this.loader = loader;
    this.derive = derive;
    this.nanoTime = nanoTime;
    this.tables =
        Caffeine.newBuilder()
            .maximumSize(MAX_TABLES)
            .expireAfterWrite(STATISTICS_AGE)
            .ticker(nanoTime::getAsLong)
            .build();
    this.pages =
        Caffeine.newBuilder()
            .maximumWeight(MAX_PAGE_TABLES)
            .<Object, Page>weigher((key, page) -> 1 + page.tables().size())
            .build();
    this.seen = store.latestRevision();
    this.caughtUp = nanoTime.getAsLong();
    this.follower = new Thread(() -> follow(interval), "revision-log");
    follower.setDaemon(true);
    follower.start();
  }

  /** The newest version of a table; null if there is none of that name. */
  public @Nullable Entry get(TableName name) {
    if (nanoTime.getAsLong() - caughtUp > STALENESS.toNanos()) {
      return loader.load(name).map(this::entry).orElse(null);
    }
    // A look without a lock first: most calls end here.
    Entry present = tables.getIfPresent(name.toString());
    if (present != null && isCurrent(present, name)) {
      return present;
    }
    return tables
        .asMap()
        .compute(
            name.toString(), (key, old) -> old != null && isCurrent(old, name) ? old : load(name));
  }

  private boolean isCurrent(Entry entry, TableName name) {
    return entry.generation == generation && entry.table.name().equals(name);
  }

  private @Nullable Entry load(TableName name) {
    // Read before the table is: if everything is dropped while it is read, the entry is of the
    // past.
    long before = generation;
    return loader.load(name).map(table -> new Entry(table, before, derive)).orElse(null);
  }

  /** {@link MetadataStore#tables}, from memory while the log says that nothing has changed. */
  public List<TableSummary> tables(String database, String after, int limit) {
    return page(new ListKey(database, after, limit), () -> store.tables(database, after, limit));
  }

  /**
   * {@link MetadataStore#searchTables}, from memory while the log says that nothing has changed.
   */
  public List<TableSummary> searchTables(List<String> words, @Nullable TableName after, int limit) {
    return page(
        new SearchKey(List.copyOf(words), after, limit),
        () -> store.searchTables(words, after, limit));
  }

  private List<TableSummary> page(Object key, Supplier<List<TableSummary>> read) {
    if (nanoTime.getAsLong() - caughtUp > STALENESS.toNanos()) {
      return read.get();
    }
    Page present = pages.getIfPresent(key);
    if (present != null && present.generation() == pageGeneration) {
      return present.tables();
    }
    // Before the read: a page that was read before a commit is of the past once the writer is
    // answered, however late it is kept.
    long before = pageGeneration;
    List<TableSummary> tables = read.get();
    pages.put(key, new Page(before, tables));
    return tables;
  }

  private Entry entry(StoredTable table) {
    return new Entry(table, generation, derive);
  }

  /** Drops what the log says has changed since it was last read. */
  public synchronized void catchUp() {
    long began = nanoTime.getAsLong();
    while (true) {
      List<Revision> revisions = store.revisions(seen, LOG_PAGE);
      int changes = 0;
      if (!revisions.isEmpty()) {
        forgetPages();
      }
      for (Revision revision : revisions) {
        for (Change change : revision.changes()) {
          drop(change);
        }
        changes += revision.changes().size();
        seen = revision.id();
      }
      if (revisions.size() < LOG_PAGE && changes < MetadataStore.LOG_PAGE_CHANGES) {
        caughtUp = began;
        return;
      }
    }
  }

  // A volatile that only this method writes, and only under the lock.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private void forgetPages() {
    pageGeneration++;
    pages.invalidateAll();
  }

  // A volatile that only this method writes, and only under the lock.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private void drop(Change change) {
    switch (change.subject()) {
      case TABLE, OVERLAY -> {
        // Not remove(): only a computation is sure to wait for a load under way.
        Entry gone = tables.asMap().compute(change.name(), (name, entry) -> null);
        assert gone == null;
      }
      // A source's options decide its tables' types and bindings.
      case SOURCE, DATABASE -> generation++;
      case SCHEMA -> {}
    }
  }

  private void follow(Duration interval) {
    boolean failed = false;
    while (!closed) {
      try {
        Thread.sleep(interval.toMillis());
        catchUp();
        failed = false;
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        // An error that left here would end the thread, and with it what this server knows of
        // others' changes. Said once: the store's own trouble is reported by whoever needs an
        // answer.
        if (!failed && !closed) {
          log.warn("Cannot read the revision log; answers come from the store itself", e);
        }
        failed = true;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    follower.interrupt();
  }
}
