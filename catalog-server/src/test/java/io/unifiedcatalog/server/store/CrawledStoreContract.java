package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.NullUnmarked;

/** A store whose sources and tables come from crawls. */
@NullUnmarked // a null where there should be a value fails the test all the same
abstract class CrawledStoreContract extends StoreContract {
  static final Duration LONG = Duration.ofMinutes(5);

  static final Statistics SOME_STATISTICS = new Statistics(10L, 1_000L);

  Source source(String name) {
    return store.createSource(name, "mysql", Map.of("host", name), secrets("pw"), false, "ann");
  }

  static Map<String, Secret> secrets(String password) {
    return Map.of("password", new Secret(password));
  }

  Lease lease(Source source) {
    return store.acquireLease(source.id(), "me", LONG).orElseThrow();
  }

  OptionalLong crawl(Source source, DatabaseChanges changes) {
    Lease lease = lease(source);
    try {
      return store.applyCrawl(lease, changes, "crawler", "crawl");
    } finally {
      store.releaseLease(lease);
    }
  }

  void crawl(Lease lease, String database, PhysicalTable table) {
    store.applyCrawl(
        lease,
        new DatabaseChanges(database, database, false, List.of(write(table)), List.of(), Map.of()),
        "crawler",
        "crawl");
  }

  DatabaseChanges changes(String nativeName, PhysicalTable... tables) {
    List<TableWrite> writes = new ArrayList<>();
    Map<String, Statistics> statistics = new HashMap<>();
    for (PhysicalTable table : tables) {
      writes.add(write(table));
      statistics.put(table.name(), SOME_STATISTICS);
    }
    return new DatabaseChanges(
        nativeName, "shop_" + nativeName, false, writes, List.of(), statistics);
  }

  static DatabaseChanges drops(String nativeName, String... tables) {
    return new DatabaseChanges(
        nativeName, "shop_" + nativeName, false, List.of(), List.of(tables), Map.of());
  }

  PhysicalTable table(String name) {
    return table(name, "id");
  }

  static PhysicalTable table(String name, String... columns) {
    List<Column> list = new ArrayList<>();
    for (String column : columns) {
      list.add(new Column(column, "bigint", true, "", Map.of()));
    }
    return new PhysicalTable(
        name, PhysicalTable.Kind.TABLE, list, null, List.of(), List.of(), "", Map.of());
  }

  static TableWrite write(PhysicalTable table) {
    String document = TableDocument.encode(table);
    return new TableWrite(
        table.name(),
        table.kind(),
        table.comment(),
        document,
        document.getBytes(UTF_8),
        table.name().toLowerCase(Locale.ROOT));
  }

  static Overlay overlay(String owner) {
    return new Overlay(
        new Overlay.Watermark("id", "id - 1", List.of("id")),
        List.of(new Overlay.ComputedColumn("c", "id + 1", "", List.of("id"))),
        List.of(),
        List.of("id"),
        List.of(),
        Map.of("id", ""),
        "",
        owner,
        Map.of("team", "shop"),
        Map.of(),
        List.of());
  }
}
