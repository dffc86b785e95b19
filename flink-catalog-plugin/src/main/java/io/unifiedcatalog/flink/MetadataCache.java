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
 * What a catalog was told, for as long as it may be used. Planning one join of five tables asks
 * about sixty times; this makes it one call a table and one for the names of the databases, the
 * first time. That something does not exist is remembered, too. Safe for use by many threads.
 */
final class MetadataCache {
  /**
   * How long a binding is used: through the planning of a statement, but each statement is to be
   * audited, and a rotated password to work at once.
   */
  static final Duration BINDING_TTL = Duration.ofSeconds(5);

  private static final int MAX_ENTRIES = 10_000;

  private final CatalogClient client;
  private final Engine engine;
  private final Cache<String, List<String>> databases;
  private final Cache<String, Optional<List<String>>> tables;
  private final Cache<TableName, Optional<Table>> table;
  private final Cache<ResolveBindingRequest, Binding> bindings;

  MetadataCache(CatalogClient client, Engine engine, Duration ttl) {
    this.client = client;
    this.engine = engine;
    databases = cache(ttl);
    tables = cache(ttl);
    table = cache(ttl);
    bindings = cache(BINDING_TTL);
  }

  /** The names of all databases, in order. */
  List<String> databases() {
    return databases.get("", all -> client.databases());
  }

  /** The names of a database's tables, in order; empty if there is no such database. */
  Optional<List<String>> tables(String database) {
    return tables.get(database, client::tables);
  }

  /** A table with its effective schema and statistics; empty if there is none. */
  Optional<Table> table(String database, String name) {
    return table.get(
        TableName.newBuilder().setDatabase(database).setTable(name).build(),
        key -> client.table(GetTableRequest.newBuilder().setName(key).setEngine(engine).build()));
  }

  /** How a table's data is reached; the answer holds secrets. */
  Binding binding(ResolveBindingRequest request) {
    return bindings.get(request, client::binding);
  }

  /**
   * Forgets a table and all that tells whether it is there, as it was changed or is about to be.
   */
  void forget(String database, String name) {
    table.invalidate(TableName.newBuilder().setDatabase(database).setTable(name).build());
    tables.invalidate(database);
    databases.invalidateAll();
    bindings.invalidateAll();
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
