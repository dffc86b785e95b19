package io.unifiedcatalog.flink;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The server's answers. A table is asked for whenever a statement looks it up, and so is whatever
 * seems not to exist: absence is never answered from memory while the server answers. Only the
 * statistics of a table, and that a database exists, are used again within the time to live. While
 * the server is away, its last answers stand in for it. Safe for use by many threads.
 */
final class MetadataCache {
  /**
   * How long a binding is used: through the planning of a statement, but each statement is to be
   * audited, and a rotated password to work at once.
   */
  static final Duration BINDING_TTL = Duration.ofSeconds(5);

  /** How long an answer stands in for a server that is away. */
  static final Duration OUTAGE_TTL = Duration.ofMinutes(10);

  // A statement asks several times; each time it would wait for the server again.
  private static final long AWAY_NANOS = Duration.ofSeconds(2).toNanos();
  private static final int MAX_ENTRIES = 10_000;

  private final CatalogClient client;
  private final Engine engine;
  private final Cache<String, List<String>> databases;
  private final Cache<TableName, Table> table;
  private final Cache<String, List<String>> lastTables = cache(OUTAGE_TTL);
  private final Cache<TableName, Table> lastTable = cache(OUTAGE_TTL);
  // Names that were looked up and are none of a table, such as that of another catalog.
  private final Cache<TableName, Boolean> lastAbsent = cache(OUTAGE_TTL);
  private final Cache<ResolveBindingRequest, Binding> bindings;
  private volatile List<String> lastDatabases;
  private volatile long awayUntil = System.nanoTime();

  /**
   * A memory of one server.
   *
   * @param databases the names of its databases, as it has just answered
   */
  MetadataCache(CatalogClient client, Engine engine, Duration ttl, List<String> databases) {
    this.client = client;
    this.engine = engine;
    this.databases = cache(ttl);
    this.databases.put("", databases);
    lastDatabases = databases;
    table = cache(ttl);
    bindings = cache(BINDING_TTL);
  }

  /** The names of all databases, in order. While the server is away, its last answer. */
  List<String> databases() {
    if (System.nanoTime() - awayUntil < 0) {
      return lastDatabases;
    }
    try {
      List<String> answer = client.databases();
      databases.put("", answer);
      lastDatabases = answer;
      return answer;
    } catch (UnreachableException e) {
      awayUntil = System.nanoTime() + AWAY_NANOS;
      return lastDatabases;
    }
  }

  /** Whether there is a database. That there is none is asked of the server. */
  boolean hasDatabase(String database) {
    List<String> recent = databases.getIfPresent("");
    return (recent != null && recent.contains(database)) || databases().contains(database);
  }

  /** The names of a database's tables, in order; empty if there is no such database. */
  Optional<List<String>> tables(String database) {
    try {
      Optional<List<String>> answer = client.tables(database);
      remember(lastTables, database, answer);
      return answer;
    } catch (UnreachableException e) {
      return Optional.of(lastOr(lastTables, database, e));
    }
  }

  /** A table with its effective schema and statistics as they are now; empty if there is none. */
  Optional<Table> table(String database, String name) {
    TableName key = key(database, name);
    try {
      Optional<Table> answer =
          client.table(GetTableRequest.newBuilder().setName(key).setEngine(engine).build());
      remember(lastTable, key, answer);
      remember(table, key, answer);
      if (answer.isEmpty()) {
        lastAbsent.put(key, true);
      } else {
        lastAbsent.invalidate(key);
      }
      return answer;
    } catch (UnreachableException e) {
      List<String> names = lastTables.getIfPresent(database);
      if (lastAbsent.getIfPresent(key) != null || (names != null && !names.contains(name))) {
        return Optional.empty();
      }
      return Optional.of(lastOr(lastTable, key, e));
    }
  }

  /** A table as it is or was shortly before; empty if there is none now. */
  Optional<Table> recentTable(String database, String name) {
    Table recent = table.getIfPresent(key(database, name));
    return recent == null ? table(database, name) : Optional.of(recent);
  }

  /** How a table's data is reached; the answer holds secrets. */
  Binding binding(ResolveBindingRequest request) {
    return bindings.get(request, client::binding);
  }

  /** Forgets a table and how it is reached, as it was changed or is about to be. */
  void forget(String database, String name) {
    TableName key = key(database, name);
    table.invalidate(key);
    lastTable.invalidate(key);
    lastAbsent.invalidate(key);
    lastTables.invalidate(database);
    bindings.invalidateAll();
  }

  private static TableName key(String database, String name) {
    return TableName.newBuilder().setDatabase(database).setTable(name).build();
  }

  private static <K, V> void remember(Cache<K, V> memory, K key, Optional<V> answer) {
    if (answer.isPresent()) {
      memory.put(key, answer.get());
    } else {
      memory.invalidate(key);
    }
  }

  private static <K, V> V lastOr(Cache<K, V> memory, K key, UnreachableException failure) {
    V last = memory.getIfPresent(key);
    if (last == null) {
      throw failure;
    }
    return last;
  }

  private static <K, V> Cache<K, V> cache(Duration ttl) {
    // On the caller's thread: the common pool's threads would outlive the plugin's class loader.
    return Caffeine.newBuilder()
        .maximumSize(MAX_ENTRIES)
        .expireAfterWrite(ttl)
        .executor(Runnable::run)
        .build();
  }
}
