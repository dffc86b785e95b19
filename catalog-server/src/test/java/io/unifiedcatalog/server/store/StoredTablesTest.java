package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Crawled tables and their overlays in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class StoredTablesTest extends CrawledStoreContract {
  @Test
  void aTableComesBackAsItWasCrawled() {
    Source shop = source("shop");
    PhysicalTable odd =
        new PhysicalTable(
            "od\"d `na.me; 表 😀",
            PhysicalTable.Kind.VIEW,
            List.of(
                new Column("a \\ b", "enum('x','y')", true, "it's", Map.of("default", "")),
                new Column("", "int", false, "", Map.of())),
            new Key("PRIMARY", List.of("a \\ b")),
            List.of(new Key("u", List.of("", "a \\ b"))),
            List.of(new Key("i", List.of("lower(`x`)"))),
            "comment with a NUL \0 in it",
            Map.of("engine", "InnoDB"));
    OptionalLong revision =
        crawl(
            shop,
            new DatabaseChanges(
                "sales",
                "shop_sales",
                false,
                List.of(write(odd)),
                List.of(),
                Map.of(odd.name(), SOME_STATISTICS)));
    TableName name = new TableName("shop_sales", odd.name());
    StoredTable stored = store.table(name, 0).orElseThrow();
    assertThat(stored.physical()).isEqualTo(odd);
    assertThat(stored.name()).isEqualTo(name);
    assertThat(stored.version()).isEqualTo(1);
    assertThat(stored.revision()).isEqualTo(revision.orElseThrow());
    assertThat(stored.readRevision()).isEqualTo(store.latestRevision());
    assertThat(stored.dropped()).isFalse();
    assertThat(stored.source().id()).isEqualTo(shop.id());
    assertThat(stored.source().options()).isEqualTo(shop.options());
    assertThat(stored.source().secrets()).isEmpty();
    assertThat(stored.nativeDatabase()).isEqualTo("sales");
    assertThat(stored.overlay()).isNull();
    assertThat(stored.statistics()).isEqualTo(SOME_STATISTICS);
    assertThat(stored.author()).isEqualTo("crawler");
    assertThat(stored.reason()).isEqualTo("crawl");
    assertThat(stored.time()).isEqualTo(store.revisions(1, 1).get(0).time());
    assertThat(store.tables("shop_sales", "", 10))
        .containsExactly(
            new TableSummary(name, PhysicalTable.Kind.VIEW, "comment with a NUL \uFFFD in it"));
    assertThat(store.table(name, 2)).isEmpty();
    assertThat(store.table(new TableName("shop_sales", "nope"), 0)).isEmpty();
    assertThat(store.table(new TableName("nope", odd.name()), 0)).isEmpty();
  }

  @Test
  void aChangedTableGetsAVersionAndKeepsItsOverlay() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders"), table("items")));
    TableName name = new TableName("shop_sales", "orders");
    Overlay overlay = overlay("ann");
    StoredTable withOverlay = store.updateOverlay(name, "", table -> overlay, "ann");
    assertThat(withOverlay.version()).isEqualTo(2);
    assertThat(withOverlay.overlay()).isEqualTo(overlay);

    PhysicalTable wider = table("orders", "id", "note");
    crawl(shop, changes("sales", wider));

    StoredTable altered = store.table(name, 0).orElseThrow();
    assertThat(altered.version()).isEqualTo(3);
    assertThat(altered.physical()).isEqualTo(wider);
    assertThat(altered.overlay()).isEqualTo(overlay);
    assertThat(altered.overlayEtag()).isEqualTo(withOverlay.overlayEtag());
    assertThat(store.tableVersions(name, Long.MAX_VALUE, 10))
        .extracting(StoredTable::version)
        .containsExactly(3L, 2L, 1L);
    assertThat(store.tableVersions(name, 3, 1))
        .singleElement()
        .satisfies(version -> assertThat(version.physical()).isEqualTo(table("orders")));
    assertThat(store.tableVersions(name, 1, 1)).isEmpty();
    assertFails(
        () -> store.tableVersions(new TableName("shop_sales", "nope"), 9, 1),
        ErrorCode.NOT_FOUND,
        "Table 'nope' does not exist in database 'shop_sales'. List the database's tables, or crawl"
            + " its source if the table is new.");
    assertThat(store.revisions(store.latestRevision() - 1, 10))
        .singleElement()
        .satisfies(
            revision ->
                assertThat(revision.changes())
                    .containsExactly(
                        new Change(
                            Subject.TABLE, altered.id(), Operation.ALTER, "shop_sales.orders")));
  }

  @Test
  void whatDidNotChangeWritesNothing() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    List<String> before = everyRow();
    assertThat(crawl(shop, changes("sales", table("orders")))).isEmpty();
    assertThat(crawl(shop, changes("sales"))).isEmpty();
    assertThat(
            crawl(
                shop,
                new DatabaseChanges(
                    "sales", "shop_sales", false, List.of(), List.of("nope"), Map.of())))
        .isEmpty();
    assertThat(
            crawl(shop, new DatabaseChanges("nope", "nope", true, List.of(), List.of(), Map.of())))
        .isEmpty();
    assertThat(everyRow()).isEqualTo(before);
  }

  private List<String> everyRow() {
    List<String> rows = new ArrayList<>();
    for (String table :
        List.of(
            "revision",
            "change",
            "source",
            "database",
            "catalog_table",
            "table_version",
            "statistics",
            "crawl_run",
            "revision_counter")) {
      rows.addAll(sql("SELECT '" + table + " ' || xmin || ' ' || t::text FROM " + table + " t"));
    }
    return rows;
  }

  @Test
  void movedStatisticsAreStoredWithoutARevision() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders"), table("items")));
    long before = store.latestRevision();
    assertThat(
            crawl(
                shop,
                new DatabaseChanges(
                    "sales",
                    "shop_sales",
                    false,
                    List.of(),
                    List.of(),
                    Map.of("orders", new Statistics(null, 7L)))))
        .isEmpty();
    assertThat(store.latestRevision()).isEqualTo(before);
    assertThat(store.table(new TableName("shop_sales", "orders"), 0).orElseThrow().statistics())
        .isEqualTo(new Statistics(null, 7L));
    assertThat(store.fingerprints(shop.id(), "sales").get("items").statistics())
        .isEqualTo(SOME_STATISTICS);
  }

  @Test
  void aTableThatReturnsIsTheSameTable() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders"), table("items")));
    TableName name = new TableName("shop_sales", "orders");
    StoredTable first = store.updateOverlay(name, "", table -> overlay("ann"), "ann");

    crawl(shop, drops("sales", "orders"));
    assertThat(store.table(name, 0)).isEmpty();
    StoredTable tombstone = store.table(name, 3).orElseThrow();
    assertThat(tombstone.dropped()).isTrue();
    assertThat(tombstone.physical()).isEqualTo(first.physical());
    assertThat(tombstone.overlay()).isEqualTo(first.overlay());
    assertThat(store.tables("shop_sales", "", 10)).hasSize(1);
    assertThat(store.fingerprints(shop.id(), "sales").get("orders").dropped()).isTrue();
    assertFails(
        () -> store.updateOverlay(name, "", table -> Overlay.EMPTY, "ann"),
        ErrorCode.NOT_FOUND,
        "Table 'orders' does not exist in database 'shop_sales'. List the database's tables, or"
            + " crawl its source if the table is new.");
    assertThat(crawl(shop, drops("sales", "orders"))).isEmpty();

    crawl(shop, changes("sales", table("orders")));
    StoredTable restored = store.table(name, 0).orElseThrow();
    assertThat(restored.id()).isEqualTo(first.id());
    assertThat(restored.overlay()).isEqualTo(first.overlay());
    assertThat(restored.version()).isEqualTo(4);
    assertThat(store.tableVersions(name, Long.MAX_VALUE, 10))
        .extracting(StoredTable::dropped)
        .containsExactly(false, true, false, false);
    assertThat(store.revisions(0, 100).stream().flatMap(r -> r.changes().stream()))
        .filteredOn(change -> change.subjectId().equals(first.id()))
        .extracting(Change::operation)
        .containsExactly(Operation.CREATE, Operation.CREATE, Operation.DROP, Operation.RESTORE);
  }

  @Test
  void aDatabaseThatReturnsIsTheSameDatabase() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    UUID id = store.database("shop_sales").id();
    assertThat(store.nativeDatabases(shop.id())).containsExactly("sales");
    crawl(shop, new DatabaseChanges("sales", "shop_sales", true, List.of(), List.of(), Map.of()));
    assertThat(store.nativeDatabases(shop.id())).isEmpty();
    assertThatThrownBy(() -> store.database("shop_sales"))
        .hasMessage(
            "Database 'shop_sales' does not exist. There are no databases yet: add a source and"
                + " crawl it.");
    assertThat(store.tableVersions(new TableName("shop_sales", "orders"), 9, 9)).hasSize(2);
    crawl(shop, changes("sales", table("orders")));
    assertThat(store.database("shop_sales").id()).isEqualTo(id);
    assertThat(store.revisions(store.latestRevision() - 1, 1).get(0).changes())
        .extracting(Change::operation)
        .containsExactly(Operation.RESTORE, Operation.RESTORE);
  }

  @Test
  void aDatabaseWithAnotherNameKeepsItsTables() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    UUID id = store.database("shop_sales").id();
    crawl(shop, new DatabaseChanges("sales", "new", false, List.of(), List.of(), Map.of()));
    assertThat(store.database("new").id()).isEqualTo(id);
    assertThat(store.table(new TableName("new", "orders"), 0)).isPresent();
    assertThat(store.table(new TableName("shop_sales", "orders"), 0)).isEmpty();
    assertThat(store.revisions(store.latestRevision() - 1, 1).get(0).changes())
        .containsExactly(
            new Change(Subject.DATABASE, id, Operation.DROP, "shop_sales"),
            new Change(Subject.DATABASE, id, Operation.CREATE, "new"));
  }

  @Test
  void aDatabaseNameThatIsTakenIsRefusedAndBothClaimsAreNamed() {
    crawl(source("shop"), changes("sales", table("orders")));
    Source other = source("other");
    long before = store.latestRevision();
    assertFails(
        () ->
            crawl(
                other,
                new DatabaseChanges(
                    "x", "shop_sales", false, List.of(write(table("t"))), List.of(), Map.of())),
        ErrorCode.ALREADY_EXISTS,
        "Database 'x' cannot be 'shop_sales' in the catalog: database 'sales' of source 'shop' has"
            + " that name. Give one of the sources another database name pattern.");
    assertThat(store.latestRevision()).isEqualTo(before);
    assertThat(store.nativeDatabases(other.id())).isEmpty();
    assertThat(store.databaseOwner("shop_sales"))
        .hasValueSatisfying(owner -> assertThat(owner.source()).isEqualTo("shop"));
  }

  @Test
  void anOverlayIsGuardedByItsEtag() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    TableName name = new TableName("shop_sales", "orders");
    StoredTable none = store.table(name, 0).orElseThrow();
    StoredTable ann = store.updateOverlay(name, none.overlayEtag(), table -> overlay("ann"), "ann");
    assertThat(ann.overlayEtag()).isNotEmpty().isNotEqualTo(none.overlayEtag());
    assertFails(
        () -> store.updateOverlay(name, none.overlayEtag(), table -> overlay("bob"), "bob"),
        ErrorCode.ABORTED,
        "The overlay of table shop_sales.orders was changed by another call since it was read. Read"
            + " it again and repeat.");
    long before = store.latestRevision();
    assertThat(store.updateOverlay(name, "", table -> overlay("ann"), "bob")).isEqualTo(ann);
    assertThat(store.latestRevision()).isEqualTo(before);
    StoredTable cleared =
        store.updateOverlay(name, ann.overlayEtag(), table -> Overlay.EMPTY, "ann");
    assertThat(cleared.overlay()).isNull();
    assertThat(cleared.overlayEtag()).isEqualTo(none.overlayEtag());
    assertThat(cleared.physical()).isEqualTo(none.physical());
  }

  @Test
  void anOverlayThatIsStoredWhileACrawlWaitsForItsTableIsKept() throws Exception {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    Lease lease = lease(shop);
    TableName name = new TableName("shop_sales", "orders");
    CountDownLatch changing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Future<StoredTable> overlay =
        threads.submit(
            () ->
                store.updateOverlay(
                    name,
                    "",
                    table -> {
                      changing.countDown();
                      awaitLatch(goOn);
                      return overlay("ann");
                    },
                    "ann"));
    awaitLatch(changing);
    Future<OptionalLong> crawl =
        threads.submit(
            () ->
                store.applyCrawl(
                    lease, changes("sales", table("orders", "id", "more")), "bob", "crawl"));
    awaitWaitingForLocks(1);
    goOn.countDown();
    overlay.get(30, TimeUnit.SECONDS);
    crawl.get(30, TimeUnit.SECONDS);
    StoredTable newest = store.table(name, 0).orElseThrow();
    assertThat(newest.version()).isEqualTo(3);
    assertThat(newest.physical().columns()).hasSize(2);
    assertThat(newest.overlay()).isEqualTo(overlay("ann"));
  }

  @Test
  void aDatabaseOfManyTablesIsOneRevision() {
    Source shop = source("shop");
    PhysicalTable[] tables =
        IntStream.range(0, 3_500).mapToObj(i -> table("t" + i)).toArray(PhysicalTable[]::new);
    // Larger than a chunk by its characters.
    String[] columns =
        IntStream.range(0, 4_096).mapToObj(i -> "column_" + i).toArray(String[]::new);
    tables[7] = table("t7", columns);
    long before = store.latestRevision();
    assertThat(crawl(shop, changes("big", tables))).hasValue(before + 1);
    assertThat(store.revisions(before, 10).get(0).changes()).hasSize(3_501);
    assertThat(store.fingerprints(shop.id(), "big")).hasSize(3_500);
    assertThat(store.table(new TableName("shop_big", "t7"), 0).orElseThrow().physical())
        .isEqualTo(tables[7]);
    assertThat(
            crawl(
                shop,
                drops(
                    "big",
                    IntStream.range(0, 3_000).mapToObj(i -> "t" + i).toArray(String[]::new))))
        .hasValue(before + 2);
    assertThat(store.tables("shop_big", "", 10_000)).hasSize(500);
  }
}
