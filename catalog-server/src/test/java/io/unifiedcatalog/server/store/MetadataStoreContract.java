package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store promises, on each release of PostgreSQL that it is for. */
@NullUnmarked // a null where there should be a value fails the test all the same
abstract class MetadataStoreContract {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Statistics SOME_STATISTICS = new Statistics(10L, 1_000L);

  private static final Map<TestPostgres, HikariDataSource> DATA_SOURCES = new HashMap<>();

  @TempDir Path directory;
  private HikariDataSource dataSource;
  private MetadataStore store;
  private ExecutorService threads;

  abstract TestPostgres postgres();

  @BeforeEach
  void openStore() {
    // A database of its own for each test costs the oldest release more than all tests together.
    dataSource = DATA_SOURCES.computeIfAbsent(postgres(), TestPostgres::migratedDatabase);
    Jdbi.create(dataSource)
        .useTransaction(
            handle -> {
              for (String table :
                  List.of(
                      "binding_audit",
                      "change",
                      "revision",
                      "statistics",
                      "table_version",
                      "catalog_table",
                      "database",
                      "lease",
                      "crawl_run",
                      "source_secret",
                      "source",
                      "key_check")) {
                handle.execute("DELETE FROM " + table);
              }
              handle.execute("UPDATE revision_counter SET value = 0, time = '-infinity'");
            });
    store = open();
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  @AfterAll
  static void closeDataSources() {
    DATA_SOURCES.values().forEach(HikariDataSource::close);
    DATA_SOURCES.clear();
  }

  private MetadataStore open() {
    return open(false);
  }

  private MetadataStore open(boolean webhook) {
    return new MetadataStore(
        dataSource, SecretSealer.open(directory.resolve("secrets.key"), dataSource), webhook);
  }

  // ---- Sources ----

  @Test
  void aSourceComesBackAsItWasStored() {
    Source created =
        store.createSource(
            "shop", "mysql", Map.of("host", "h", "empty", ""), secrets("pass'word"), false, "ann");
    assertThat(created.version()).isEqualTo(1);
    Source read = open().source("shop");
    assertThat(read)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> a.reveal().equals(b.reveal()), Secret.class)
        .isEqualTo(created);
    assertThat(store.revisions(0, 10))
        .singleElement()
        .satisfies(
            revision -> {
              assertThat(revision.id()).isEqualTo(1);
              assertThat(revision.author()).isEqualTo("ann");
              assertThat(revision.changes())
                  .containsExactly(
                      new Change(Subject.SOURCE, created.id(), Operation.CREATE, "shop"));
            });
  }

  @Test
  void noSecretIsStoredInClear() {
    store.createSource("shop", "mysql", Map.of(), secrets("pass'word"), false, "ann");
    assertThat(sql("SELECT encode(sealed, 'escape') FROM source_secret"))
        .singleElement()
        .satisfies(text -> assertThat(text).doesNotContain("pass'word"));
  }

  @Test
  void aSecondSourceOfOneNameIsRefused() {
    source("shop");
    assertFails(
        () -> source("shop"),
        ErrorCode.ALREADY_EXISTS,
        "Source 'shop' exists already. Choose another name, or update that source.");
    assertThat(store.latestRevision()).isEqualTo(1);
  }

  @Test
  void anUnknownSourceIsAnsweredWithTheKnownOnes() {
    assertFails(
        () -> store.source("shop"),
        ErrorCode.NOT_FOUND,
        "Source 'shop' does not exist. There are no sources yet.");
    source("b");
    source("a");
    String message = "Source 'shop' does not exist. Known sources: a, b.";
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> store.source("shop"),
            () -> store.sourceSummary("shop"),
            () -> store.updateSource("shop", UnaryOperator.identity(), 0, "ann"),
            () -> store.deleteSource("shop", 0, "ann"),
            () -> store.runs("shop", Long.MAX_VALUE, 10),
            () -> store.databases("shop", "", 10))) {
      assertFails(call, ErrorCode.NOT_FOUND, message);
    }
  }

  @Test
  void anUpdateKeepsWhatItDoesNotChange() {
    Source created =
        store.createSource("shop", "mysql", Map.of("host", "h"), secrets("old"), false, "ann");
    Source updated =
        store.updateSource(
            "shop", source -> with(source, secrets("new")), created.version(), "bob");
    assertThat(updated.version()).isEqualTo(2);
    Source read = store.source("shop");
    assertThat(read.id()).isEqualTo(created.id());
    assertThat(read.version()).isEqualTo(2);
    assertThat(read.options()).isEqualTo(Map.of("host", "h"));
    assertThat(read.secrets().get("password").reveal()).isEqualTo("new");
    assertFails(
        () -> store.updateSource("shop", UnaryOperator.identity(), 1, "eve"),
        ErrorCode.ABORTED,
        "Source 'shop' was changed by another call since it was read. Read it again and repeat.");
    assertThat(store.latestRevision()).isEqualTo(2);
  }

  @Test
  void anUpdateThatFailsLeavesEverythingAsItWas() {
    source("shop");
    IllegalStateException failure = new IllegalStateException("no");
    assertThatThrownBy(
            () ->
                store.updateSource(
                    "shop",
                    source -> {
                      throw failure;
                    },
                    0,
                    "ann"))
        .isSameAs(failure);
    assertThat(store.source("shop").version()).isEqualTo(1);
    assertThat(store.latestRevision()).isEqualTo(1);
  }

  @Test
  void concurrentUpdatesHappenOneAfterTheOther() throws Exception {
    store.createSource("shop", "mysql", Map.of("count", "0"), Map.of(), false, "ann");
    List<Future<?>> updates = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      updates.add(
          threads.submit(
              () ->
                  store.updateSource(
                      "shop",
                      source -> {
                        int count = Integer.parseInt(source.options().get("count"));
                        return new Source(
                            source.id(),
                            source.name(),
                            source.kind(),
                            Map.of("count", Integer.toString(count + 1)),
                            source.secrets(),
                            source.version());
                      },
                      0,
                      "ann")));
    }
    for (Future<?> update : updates) {
      update.get();
    }
    assertThat(store.source("shop").options()).containsEntry("count", "40");
    assertThat(store.latestRevision()).isEqualTo(41);
  }

  @Test
  void aSourceIsNeverReadWithTheSecretsOfAnotherVersion() throws Exception {
    store.createSource("shop", "mysql", Map.of("host", "0"), secrets("0"), false, "ann");
    Future<?> writer =
        threads.submit(
            () -> {
              for (int i = 1; i <= 300; i++) {
                String next = Integer.toString(i);
                store.updateSource(
                    "shop",
                    source ->
                        new Source(
                            source.id(),
                            source.name(),
                            source.kind(),
                            Map.of("host", next),
                            secrets(next),
                            source.version()),
                    0,
                    "ann");
              }
            });
    while (!writer.isDone()) {
      Source read = store.source("shop");
      assertThat(read.secrets().get("password").reveal()).isEqualTo(read.options().get("host"));
    }
    writer.get();
  }

  @Test
  void aRemovedSourceFreesItsNamesAndKeepsItsHistory() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders"), table("items")));
    store.releaseLease(lease(source("other")));
    long before = store.latestRevision();

    assertThat(store.deleteSource("shop", 1, "ann")).isEqualTo(2);

    assertThat(store.latestRevision()).isEqualTo(before + 1);
    assertThat(store.revisions(before, 1).get(0).changes())
        .extracting(Change::subject, Change::operation, Change::name)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Subject.SOURCE, Operation.DROP, "shop"),
            org.assertj.core.groups.Tuple.tuple(Subject.DATABASE, Operation.DROP, "shop_sales"),
            org.assertj.core.groups.Tuple.tuple(Subject.TABLE, Operation.DROP, "shop_sales.items"),
            org.assertj.core.groups.Tuple.tuple(
                Subject.TABLE, Operation.DROP, "shop_sales.orders"));
    assertThat(store.table(new TableName("shop_sales", "orders"), 0)).isEmpty();
    assertThat(store.table(new TableName("shop_sales", "orders"), 1)).isPresent();
    assertThat(store.databases("", "", 10)).isEmpty();
    assertThat(store.databaseOwner("shop_sales")).isEmpty();
    assertThat(sql("SELECT key FROM source_secret WHERE source_id = '" + shop.id() + "'"))
        .isEmpty();
    assertFails(
        () -> store.acquireLease(shop.id(), "me", LONG),
        ErrorCode.NOT_FOUND,
        "The source was removed. Add it again to crawl it.");

    Source again = source("shop");
    assertThat(again.id()).isNotEqualTo(shop.id());
    crawl(again, changes("sales", table("orders")));
    assertThat(store.table(new TableName("shop_sales", "orders"), 0))
        .hasValueSatisfying(table -> assertThat(table.source().id()).isEqualTo(again.id()));
  }

  @Test
  void aSourceIsNotRemovedWhileItIsCrawled() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    assertFails(
        () -> store.deleteSource("shop", 0, "ann"),
        ErrorCode.FAILED_PRECONDITION,
        "Source 'shop' cannot be removed while a crawl of it is under way. Remove it when the crawl"
            + " is over.");
    assertThat(store.source("shop").secrets()).hasSize(1);
    assertFails(
        () -> store.deleteSource("shop", 7, "ann"),
        ErrorCode.ABORTED,
        "Source 'shop' was changed by another call since it was read. Read it again and repeat.");
    store.releaseLease(lease);
    assertThat(store.deleteSource("shop", 0, "ann")).isZero();
  }

  @Test
  void aSummaryShowsTablesAndTheNewestRunAndNoSecret() {
    Source shop = source("shop");
    source("zoo");
    Lease lease = lease(shop);
    store.startRun(lease, "ann");
    store.applyCrawl(lease, changes("sales", table("orders"), table("items")), "ann", "crawl");
    CrawlRun second = store.startRun(lease, "bob");
    assertThat(store.sources("", 10))
        .satisfiesExactly(
            summary -> {
              assertThat(summary.source().secrets()).isEmpty();
              assertThat(summary.storedSecrets()).containsExactly("password");
              assertThat(summary.tableCount()).isEqualTo(2);
              assertThat(summary.latestRun()).isEqualTo(second);
            },
            summary -> assertThat(summary.latestRun()).isNull());
    assertThat(store.sources("shop", 10)).extracting(s -> s.source().name()).containsExactly("zoo");
    assertThat(store.sources("", 1)).extracting(s -> s.source().name()).containsExactly("shop");
    assertThat(store.sourceSummary("shop")).isEqualTo(store.sources("", 1).get(0));
  }

  // ---- Tables ----

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
  void listsArePagedInTheOrderOfCodePoints() {
    Source shop = source("shop");
    List<String> names = List.of("B", "_", "a", "b", "ä", "表", "😀");
    List<String> shuffled = new ArrayList<>(names);
    Collections.shuffle(shuffled, new Random(1));
    crawl(shop, changes("db", shuffled.stream().map(this::table).toArray(PhysicalTable[]::new)));
    for (String name : shuffled) {
      crawl(shop, changes(name));
    }
    List<String> read = new ArrayList<>();
    for (String after = ""; ; after = read.get(read.size() - 1)) {
      List<TableSummary> page = store.tables("shop_db", after, 2);
      page.forEach(table -> read.add(table.name().table()));
      if (page.size() < 2) {
        break;
      }
    }
    assertThat(read).isEqualTo(names);
    assertThat(store.databases("shop", "shop_a", 3))
        .extracting(MetadataStore.Database::nativeName)
        .containsExactly("b", "db", "ä");
    assertThat(store.databases("", "", 100)).hasSize(8);
    assertThat(store.database("shop_db").tableCount()).isEqualTo(7);
    assertThat(store.tables("shop_a", "", 1)).isEmpty();
    assertFails(
        () -> store.tables("nope", "", 1),
        ErrorCode.NOT_FOUND,
        "Database 'nope' does not exist. Known databases: shop_B, shop__, shop_a, shop_b, shop_db,"
            + " shop_ä, shop_表, shop_😀.");
    assertThatThrownBy(() -> store.database("nope")).hasMessageContaining("Known databases");
  }

  @Test
  void searchFindsTablesInWhichEveryWordOccurs() {
    Source shop = source("shop");
    crawl(
        shop,
        changes("a", table("orders"), table("order_items"), table("100%"), table("back\\slash")));
    crawl(shop, changes("b", table("Orders")));
    assertThat(search(null, "ORDER")).containsExactly("a.order_items", "a.orders", "b.Orders");
    assertThat(search(null, "order", "items")).containsExactly("a.order_items");
    assertThat(search(null, "%")).containsExactly("a.100%");
    assertThat(search(null, "_")).containsExactly("a.order_items");
    assertThat(search(null, "\\")).containsExactly("a.back\\slash");
    assertThat(search(new TableName("shop_a", "order_items"), "order"))
        .containsExactly("a.orders", "b.Orders");
    assertThat(store.searchTables(List.of("order"), null, 1)).hasSize(1);
    store.deleteSource("shop", 0, "ann");
    assertThat(search(null, "order")).isEmpty();
  }

  private List<String> search(TableName after, String... words) {
    return store.searchTables(List.of(words), after, 100).stream()
        .map(table -> table.name().toString().replace("shop_", ""))
        .toList();
  }

  @Test
  void aPageReadsNoMoreTablesThanItNeedsHoweverManyThereAre() {
    Source shop = source("shop");
    for (String database : List.of("a", "b")) {
      crawl(shop, changes(database, numbered(5_000)));
    }
    // So that a database has few tables on the average.
    for (int i = 0; i < 30; i++) {
      crawl(shop, changes("c" + i, table("t")));
    }
    Jdbi jdbi = Jdbi.create(dataSource);
    jdbi.useHandle(handle -> handle.execute("ANALYZE"));
    Map<String, Object> page = new HashMap<>();
    page.put("database", "shop_b");
    page.put("after", "table_02500");
    page.put("limit", 100);
    assertThat(tablesRead(jdbi, TableRows.LIST, page)).isEqualTo(100);

    page.put("afterDatabase", "shop_a");
    page.put("afterTable", "table_02500");
    page.put("patterns", ChangeSet.texts(List.of("%table%")));
    page.put("tables", 500);
    assertThat(tablesRead(jdbi, TableRows.SEARCH_NEXT, page)).isBetween(100L, 1_000L);
    page.put("tables", 2_000);
    assertThat(tablesRead(jdbi, TableRows.SEARCH_NEXT, page)).isBetween(100L, 4_000L);

    page.put("patterns", ChangeSet.texts(List.of("%_01234%")));
    page.put("part0", "%01234%");
    assertThat(tablesRead(jdbi, TableRows.searchAll(1), page)).isBetween(2L, 100L);
    assertThat(TableRows.indexedParts(List.of("%_01234%", "Table_0", "a_b", "ß")))
        .containsExactly("01234", "table");
  }

  @Test
  void searchFindsFrequentRareAndShortWordsAmongManyTablesPageByPage() {
    Source shop = source("shop");
    for (String database : List.of("a", "b")) {
      crawl(shop, changes(database, numbered(3_000)));
    }

    for (List<String> words :
        List.of(
            List.of("table"),
            List.of("999"),
            List.of("table_02999"),
            List.of("99", "table"),
            List.of("7"),
            List.of("_00"),
            List.of("nowhere"))) {
      List<String> expected =
          Stream.of("a", "b")
              .flatMap(
                  database ->
                      IntStream.range(0, 3_000)
                          .mapToObj(i -> String.format(Locale.ROOT, "table_%05d", i))
                          .filter(name -> words.stream().allMatch(name::contains))
                          .map(name -> database + "." + name))
              .toList();
      List<String> found = new ArrayList<>();
      TableName after = null;
      List<TableSummary> page;
      do {
        page = store.searchTables(words, after, 100);
        for (TableSummary table : page) {
          after = table.name();
          found.add(after.toString().replace("shop_", ""));
        }
      } while (page.size() == 100);

      assertThat(found).as(words.toString()).isEqualTo(expected);
    }
  }

  private PhysicalTable[] numbered(int tables) {
    return IntStream.range(0, tables)
        .mapToObj(i -> table(String.format(Locale.ROOT, "table_%05d", i)))
        .toArray(PhysicalTable[]::new);
  }

  /** How many rows of tables a statement reads, those included that it then leaves out. */
  private static long tablesRead(Jdbi jdbi, String statement, Map<String, Object> parameters) {
    String plan =
        jdbi.withHandle(
            handle -> {
              Query query =
                  handle.createQuery("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement);
              parameters.forEach(
                  (name, value) -> {
                    if (statement.contains(":" + name)) {
                      query.bind(name, value);
                    }
                  });
              return query.mapTo(String.class).one();
            });
    Map<String, Object> root =
        Json.read(plan, new TypeReference<List<Map<String, Object>>>() {}).get(0);
    return tablesRead((Map<?, ?>) root.get("Plan"));
  }

  private static long tablesRead(Map<?, ?> node) {
    long rows = 0;
    if ("catalog_table".equals(node.get("Relation Name"))) {
      for (String count :
          List.of("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")) {
        Object value = node.get(count);
        rows += value == null ? 0 : Math.round(((Number) value).doubleValue());
      }
      rows *= ((Number) node.get("Actual Loops")).longValue();
    }
    Object children = node.get("Plans");
    if (children != null) {
      for (Object child : (List<?>) children) {
        rows += tablesRead((Map<?, ?>) child);
      }
    }
    return rows;
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
    await().until(() -> waitingForLocks() == 1);
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

  // ---- Leases and runs ----

  @Test
  void onlyOneHoldsTheLease() {
    Source shop = source("shop");
    Lease first = lease(shop);
    assertThat(store.acquireLease(shop.id(), "other", LONG)).isEmpty();
    assertThat(store.acquireLease(shop.id(), "me", LONG)).isEmpty();
    assertThat(store.renewLease(first, LONG)).isTrue();
    store.releaseLease(first);
    assertThat(store.renewLease(first, LONG)).isFalse();
    Lease second = store.acquireLease(shop.id(), "other", LONG).orElseThrow();
    assertThat(second.fence()).isGreaterThan(first.fence());
    store.releaseLease(first);
    assertThat(store.renewLease(second, LONG)).isTrue();
    assertThat(store.acquireLease(source("another").id(), "me", LONG)).isPresent();
  }

  @Test
  void ofManyWhoWantTheLeaseOneGetsIt() throws Exception {
    Source shop = source("shop");
    for (int round = 0; round < 5; round++) {
      List<Future<Optional<Lease>>> attempts = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String owner = "owner" + i;
        attempts.add(threads.submit(() -> store.acquireLease(shop.id(), owner, LONG)));
      }
      List<Lease> leases = new ArrayList<>();
      for (Future<Optional<Lease>> attempt : attempts) {
        attempt.get().ifPresent(leases::add);
      }
      assertThat(leases).hasSize(1);
      assertThat(leases.get(0).fence()).isEqualTo(round + 1);
      store.releaseLease(leases.get(0));
    }
  }

  @Test
  void aHolderWhoseLeaseRanOutWritesNothing() {
    Source shop = source("shop");
    Lease lost = store.acquireLease(shop.id(), "me", Duration.ofMillis(1)).orElseThrow();
    await().until(() -> !store.renewLease(lost, Duration.ofMillis(1)));
    long before = store.latestRevision();
    String message =
        "This crawl lost its lease on the source to another one, or did not renew it in time; it"
            + " stored nothing more. Look at the source's newest run, and crawl again if needed.";
    assertFails(
        () -> store.applyCrawl(lost, changes("sales", table("t")), "me", "crawl"),
        ErrorCode.ABORTED,
        message);

    Lease taken = store.acquireLease(shop.id(), "other", LONG).orElseThrow();
    assertThat(taken.fence()).isGreaterThan(lost.fence());
    assertThat(store.renewLease(lost, LONG)).isFalse();
    store.releaseLease(lost);
    assertFails(
        () -> store.applyCrawl(lost, changes("sales", table("t")), "me", "crawl"),
        ErrorCode.ABORTED,
        message);
    assertFails(() -> store.startRun(lost, "me"), ErrorCode.ABORTED, message);
    assertThat(store.latestRevision()).isEqualTo(before);
    assertThat(store.nativeDatabases(shop.id())).isEmpty();
    assertThat(store.applyCrawl(taken, changes("sales", table("t")), "other", "crawl"))
        .hasValue(before + 1);
  }

  @Test
  void aHolderThatLosesItsLeaseWhileItWritesWritesNothing() throws Exception {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    Lease lost = lease(shop);
    // Its write waits for a row that this overlay's change holds.
    CountDownLatch changing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    TableName name = new TableName("shop_sales", "orders");
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
    Future<OptionalLong> write =
        threads.submit(
            () ->
                store.applyCrawl(
                    lost,
                    changes("sales", table("orders", "id", "more"), table("new")),
                    "me",
                    "crawl"));
    await().until(() -> waitingForLocks() == 1);
    store.releaseLease(lost);
    assertThat(store.acquireLease(shop.id(), "other", LONG)).isPresent();
    goOn.countDown();
    overlay.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> write.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED));
    assertThat(store.tables("shop_sales", "", 10)).hasSize(1);
    assertThat(store.table(name, 0).orElseThrow().physical()).isEqualTo(table("orders"));
  }

  @Test
  void aRemovalWaitsForACrawlThatIsBeingStored() throws Exception {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    Lease lost = lease(shop);
    CountDownLatch changing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Future<StoredTable> overlay =
        threads.submit(
            () ->
                store.updateOverlay(
                    new TableName("shop_sales", "orders"),
                    "",
                    table -> {
                      changing.countDown();
                      awaitLatch(goOn);
                      return overlay("ann");
                    },
                    "ann"));
    awaitLatch(changing);
    Future<OptionalLong> write =
        threads.submit(
            () ->
                store.applyCrawl(
                    lost, changes("sales", table("orders", "id", "more")), "me", "crawl"));
    await().until(() -> waitingForLocks() == 1);
    store.releaseLease(lost);
    Future<Long> removal = threads.submit(() -> store.deleteSource("shop", 0, "ann"));
    await().until(() -> waitingForLocks() == 2);
    goOn.countDown();
    overlay.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> write.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.reason()).isEqualTo("LEASE_LOST"));
    assertThat(removal.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(store.databases("", "", 10)).isEmpty();
  }

  @Test
  void oldRunsAreRemovedButForHeldOnesTheNewestAndTheNewestThatSucceeded() {
    Source shop = source("shop");
    Source other = source("other");
    List<Long> ids = new ArrayList<>();
    for (CrawlRun.State state :
        List.of(
            CrawlRun.State.SUCCEEDED,
            CrawlRun.State.SUCCEEDED,
            CrawlRun.State.HELD,
            CrawlRun.State.INTERRUPTED,
            CrawlRun.State.FAILED)) {
      Lease lease = lease(shop);
      long id = store.startRun(lease, "ann").id();
      store.finishRun(lease, id, state, "", List.of());
      store.releaseLease(lease);
      ids.add(id);
    }
    Lease lease = lease(other);
    store.finishRun(lease, store.startRun(lease, "ann").id(), CrawlRun.State.FAILED, "", List.of());

    store.removeRuns(shop.id(), Duration.ofDays(1));
    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).hasSize(5);
    store.removeRuns(shop.id(), Duration.ZERO);

    assertThat(store.runs("shop", Long.MAX_VALUE, 10))
        .extracting(CrawlRun::id)
        .containsExactly(ids.get(4), ids.get(2), ids.get(1));
    assertThat(store.runs("other", Long.MAX_VALUE, 10)).hasSize(1);
  }

  @Test
  void aRunIsRecordedFromItsStartToItsEnd() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    CrawlRun started = store.startRun(lease, "ann");
    assertThat(started.state()).isEqualTo(CrawlRun.State.RUNNING);
    assertThat(started.endTime()).isNull();
    assertThat(started.source()).isEqualTo("shop");
    List<CrawlRun.DatabaseOutcome> outcomes =
        List.of(
            new CrawlRun.DatabaseOutcome(
                "sales",
                "shop_sales",
                CrawlRun.DatabaseOutcome.State.HELD,
                "too much",
                1,
                2,
                3,
                4,
                5,
                6,
                Duration.ofNanos(1_500_000_001),
                Duration.ZERO,
                List.of("a", "b"),
                List.of(
                    new CrawlRun.TableProblem(
                        "t", new Problem(Problem.Kind.LOSS, "c", "Something is lost.")))));
    store.finishRun(lease, started.id(), CrawlRun.State.HELD, "", outcomes);
    CrawlRun held = store.run(started.id()).orElseThrow();
    assertThat(held.databases()).isEqualTo(outcomes);
    assertThat(store.runs("shop", Long.MAX_VALUE, 1)).containsExactly(held.summary());
    assertThat(held.summary().databases().get(0))
        .satisfies(
            outcome -> {
              assertThat(outcome.dropped()).isEqualTo(3);
              assertThat(outcome.problems()).isEmpty();
              assertThat(outcome.heldTables()).isEmpty();
            });
    assertThat(held.endTime()).isNotNull().isAfterOrEqualTo(held.startTime());
    assertFails(
        () -> store.finishRun(lease, started.id(), CrawlRun.State.SUCCEEDED, "", List.of()),
        ErrorCode.ABORTED,
        "The end of crawl run "
            + started.id()
            + " was not recorded: another crawl took over, or the run was over already.");
    assertThat(store.resolveHeldRun(started.id(), CrawlRun.State.DISCARDED).state())
        .isEqualTo(CrawlRun.State.DISCARDED);
    assertFails(
        () -> store.resolveHeldRun(started.id(), CrawlRun.State.CONFIRMED),
        ErrorCode.FAILED_PRECONDITION,
        "Crawl run "
            + started.id()
            + " of source 'shop' is not held, it is discarded. Only a held run can be confirmed or"
            + " discarded.");
    assertFails(
        () -> store.resolveHeldRun(999_999, CrawlRun.State.CONFIRMED),
        ErrorCode.NOT_FOUND,
        "Crawl run 999999 does not exist. List the runs.");
    assertThat(store.run(999_999)).isEmpty();
  }

  @Test
  void aRunThatEndsWaitsForTheWebhookUnlessItFoundNothingNewAfterAGoodOne() {
    Source shop = source("shop");
    store = open(true);
    Lease lease = lease(shop);
    long firstOfAll = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    long changed = finishedRun(lease, CrawlRun.State.SUCCEEDED, 7);
    long failed = finishedRun(lease, CrawlRun.State.FAILED, 0);
    long failedAgain = finishedRun(lease, CrawlRun.State.FAILED, 0);
    long good = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    long held = finishedRun(lease, CrawlRun.State.HELD, 0);
    var unused = store.resolveHeldRun(held, CrawlRun.State.DISCARDED);
    long afterHeld = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);

    assertThat(store.waitingMessages()).isEqualTo(7);
    List<String> told = new ArrayList<>();
    for (MetadataStore.WebhookMessage message :
        Stream.generate(() -> store.claimMessage(LONG))
            .takeWhile(Optional::isPresent)
            .map(Optional::get)
            .toList()) {
      told.add(message.runId() + " " + message.state());
    }
    assertThat(told)
        .containsExactly(
            firstOfAll + " SUCCEEDED",
            changed + " SUCCEEDED",
            failed + " FAILED",
            failedAgain + " FAILED",
            good + " SUCCEEDED",
            held + " HELD",
            afterHeld + " SUCCEEDED");
  }

  @Test
  void aRunWhoseServerWasLostIsToldOnceAsInterrupted() {
    Source shop = source("shop");
    store = open(true);
    Lease lost = lease(shop);
    long run = store.startRun(lost, "ann").id();
    store.releaseLease(lost);
    Lease next = lease(shop);
    var unused = store.startRun(next, "bob");

    assertThat(store.waitingMessages()).isEqualTo(1);
    assertThat(store.claimMessage(LONG))
        .hasValueSatisfying(
            message -> {
              assertThat(message.runId()).isEqualTo(run);
              assertThat(message.state()).isEqualTo(CrawlRun.State.INTERRUPTED);
            });
    assertThatThrownBy(() -> store.finishRun(lost, run, CrawlRun.State.SUCCEEDED, "", List.of()))
        .isInstanceOf(CatalogException.class);
    assertThat(store.waitingMessages()).isEqualTo(1);
  }

  @Test
  void withoutAWebhookNoRunWaitsForOne() {
    Lease lease = lease(source("shop"));
    finishedRun(lease, CrawlRun.State.FAILED, 0);
    assertThat(store.waitingMessages()).isZero();
  }

  @Test
  void aMessageIsHeldByOneAndDueAgainIfThatOneIsLost() {
    store = open(true);
    finishedRun(lease(source("shop")), CrawlRun.State.FAILED, 0);

    MetadataStore.WebhookMessage lost = store.claimMessage(Duration.ZERO).orElseThrow();
    MetadataStore.WebhookMessage second = store.claimMessage(LONG).orElseThrow();
    assertThat(lost.attempts()).isEqualTo(1);
    assertThat(second.attempts()).isEqualTo(2);
    assertThat(second.id()).isEqualTo(lost.id());
    assertThat(store.claimMessage(LONG)).isEmpty();

    // The first comes to life again.
    store.postponeMessage(lost, Duration.ZERO);
    assertThat(store.claimMessage(LONG)).isEmpty();
    store.postponeMessage(second, Duration.ZERO);
    assertThat(store.claimMessage(LONG))
        .hasValueSatisfying(third -> assertThat(third.attempts()).isEqualTo(3));
    store.removeMessage(second);
    assertThat(store.waitingMessages()).isZero();
  }

  @Test
  void manyWhoAskAtOnceGetEachMessageOnce() throws Exception {
    store = open(true);
    Lease lease = lease(source("shop"));
    for (int i = 0; i < 30; i++) {
      finishedRun(lease, CrawlRun.State.FAILED, 0);
    }
    List<Future<List<UUID>>> claims = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      claims.add(
          threads.submit(
              () ->
                  Stream.generate(() -> store.claimMessage(LONG))
                      .takeWhile(Optional::isPresent)
                      .map(message -> message.get().id())
                      .toList()));
    }
    List<UUID> ids = new ArrayList<>();
    for (Future<List<UUID>> each : claims) {
      ids.addAll(each.get(60, TimeUnit.SECONDS));
    }
    assertThat(ids).hasSize(30).doesNotHaveDuplicates();
  }

  @Test
  void aRunThatIsRemovedIsToldNoMore() {
    Source shop = source("shop");
    store = open(true);
    Lease lease = lease(shop);
    finishedRun(lease, CrawlRun.State.FAILED, 0);
    long newest = finishedRun(lease, CrawlRun.State.FAILED, 0);
    store.removeRuns(shop.id(), Duration.ZERO);
    assertThat(store.waitingMessages()).isEqualTo(1);
    assertThat(store.claimMessage(LONG).orElseThrow().runId()).isEqualTo(newest);
  }

  /** Has a crawl end, with one database in which a revision was stored (0: none was). */
  private long finishedRun(Lease lease, CrawlRun.State state, long revision) {
    long id = store.startRun(lease, "ann").id();
    store.finishRun(
        lease,
        id,
        state,
        "",
        List.of(
            new CrawlRun.DatabaseOutcome(
                "sales",
                "shop_sales",
                CrawlRun.DatabaseOutcome.State.UNCHANGED,
                "",
                0,
                0,
                0,
                4,
                0,
                revision,
                Duration.ZERO,
                Duration.ZERO,
                List.of(),
                List.of())));
    return id;
  }

  @Test
  void aListOfRunsDoesNotReadWhatTheySayOfSingleTables() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    long id = store.startRun(lease, "ann").id();
    store.finishRun(lease, id, CrawlRun.State.SUCCEEDED, "", List.of(brokenView()));
    execute("UPDATE crawl_run SET report = 'nothing that could be read'");

    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).hasSize(1);
    assertThat(store.sourceSummary("shop").latestRun()).isNotNull();
    assertThatThrownBy(() -> store.run(id)).isInstanceOf(RuntimeException.class);
  }

  @Test
  void aRunOfTheReleaseBeforeIsReadWhole() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    long id = store.startRun(lease, "ann").id();
    store.finishRun(lease, id, CrawlRun.State.SUCCEEDED, "", List.of(brokenView()));
    execute("UPDATE crawl_run SET databases = report, report = NULL");

    CrawlRun run = store.run(id).orElseThrow();
    assertThat(run.databases()).containsExactly(brokenView());
    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).containsExactly(run.summary());
  }

  private static CrawlRun.DatabaseOutcome brokenView() {
    return new CrawlRun.DatabaseOutcome(
        "sales",
        "shop_sales",
        CrawlRun.DatabaseOutcome.State.UNCHANGED,
        "",
        0,
        0,
        0,
        1,
        0,
        0,
        Duration.ZERO,
        Duration.ZERO,
        List.of(),
        List.of(
            new CrawlRun.TableProblem(
                "v", new Problem(Problem.Kind.BROKEN, "", "It refers to a table that is gone."))));
  }

  private void execute(String statement) {
    Jdbi.create(dataSource).useHandle(handle -> handle.execute(statement));
  }

  @Test
  void aRunWhoseHolderVanishedIsInterruptedByTheNext() {
    Source shop = source("shop");
    Lease lost = lease(shop);
    CrawlRun abandoned = store.startRun(lost, "ann");
    assertThat(store.run(abandoned.id()).orElseThrow().state()).isEqualTo(CrawlRun.State.RUNNING);
    store.releaseLease(lost);
    assertThat(store.run(abandoned.id()).orElseThrow().state())
        .as("nobody runs it any more")
        .isEqualTo(CrawlRun.State.INTERRUPTED);
    assertThat(store.sourceSummary("shop").latestRun())
        .isEqualTo(store.run(abandoned.id()).orElseThrow());
    Lease taken = lease(shop);
    CrawlRun next = store.startRun(taken, "bob");
    assertThat(store.run(abandoned.id()).orElseThrow())
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(CrawlRun.State.INTERRUPTED);
              assertThat(run.endTime()).isNotNull();
              assertThat(run.error())
                  .isEqualTo("The server that ran this crawl stopped, or lost its lease.");
            });
    assertFails(
        () -> store.finishRun(lost, abandoned.id(), CrawlRun.State.SUCCEEDED, "", List.of()),
        ErrorCode.ABORTED,
        "The end of crawl run "
            + abandoned.id()
            + " was not recorded: another crawl took over, or the run was over already.");
    store.finishRun(taken, next.id(), CrawlRun.State.SUCCEEDED, "", List.of());
    CrawlRun other = store.startRun(lease(source("other")), "eve");
    assertThat(store.runs("shop", Long.MAX_VALUE, 10))
        .extracting(CrawlRun::id)
        .containsExactly(next.id(), abandoned.id());
    assertThat(store.runs("shop", next.id(), 10)).hasSize(1);
    assertThat(store.runs("", Long.MAX_VALUE, 2))
        .extracting(CrawlRun::id)
        .containsExactly(other.id(), next.id());
  }

  // ---- The log ----

  @Test
  void bindingsAreAudited() {
    store.auditBinding("flink", new TableName("d", "t"), Binding.Role.SINK, false, "no right");
    assertThat(
            sql(
                "SELECT concat_ws('|', author, database_name, table_name, role, allowed, reason)"
                    + " FROM binding_audit"))
        .containsExactly("flink|d|t|SINK|f|no right");
    assertThat(store.latestRevision()).isZero();
  }

  @Test
  void theLogHasNoGapNoDoubleAndOneOrderUnderManyWritersAndKills() throws Exception {
    int writers = 16;
    int callsOfEach = 40;
    Map<Integer, Lease> leases = new HashMap<>();
    for (int writer = 0; writer < writers; writer++) {
      Source source = source("w" + writer);
      leases.put(writer, lease(source));
      crawl(leases.get(writer), "db" + writer, table("t", "id"));
    }
    long start = store.latestRevision();
    long seed = new Random().nextLong();
    List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger refused = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    Semaphore kills = new Semaphore(0);

    Future<List<Revision>> follower =
        threads.submit(
            () -> {
              List<Revision> log = new ArrayList<>();
              boolean last;
              do {
                last = done.get();
                long after = start + log.size();
                List<Revision> page = persistently(() -> store.revisions(after, 100));
                // Each read goes on exactly where the one before ended.
                assertThat(page.stream().map(Revision::id).toList())
                    .containsExactlyElementsOf(
                        LongStream.range(after + 1, after + 1 + page.size()).boxed().toList());
                log.addAll(page);
              } while (!last || start + log.size() < persistently(store::latestRevision));
              return log;
            });
    Future<Integer> killer = threads.submit(() -> killBackends(new Random(seed), kills, done));
    List<Future<?>> running = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      int number = writer;
      running.add(
          threads.submit(
              () -> {
                Random random = new Random(seed + number);
                for (int call = 0; call < callsOfEach; call++) {
                  String author = number + "/" + call;
                  if (call % 8 == number % 8) {
                    kills.release();
                  }
                  try {
                    writeSomething(random, number, call, leases.get(number), author);
                    acknowledged.add(author);
                  } catch (CatalogException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    refused.incrementAndGet();
                  }
                }
              }));
    }
    for (Future<?> each : running) {
      each.get(120, TimeUnit.SECONDS);
    }
    done.set(true);
    kills.release();
    assertThat(killer.get(30, TimeUnit.SECONDS)).describedAs("kills").isPositive();
    List<Revision> log = follower.get(30, TimeUnit.SECONDS);

    List<String> authors = log.stream().map(Revision::author).toList();
    assertThat(authors).describedAs("seed %s", seed).doesNotHaveDuplicates();
    assertThat(authors).containsAll(acknowledged);
    assertThat(authors.size()).isBetween(acknowledged.size(), acknowledged.size() + refused.get());
    assertThat(log.stream().map(Revision::time).toList()).isSorted();
    assertThat(log).allSatisfy(revision -> assertThat(revision.changes()).isNotEmpty());
    // What one writer did later is later in the log.
    Map<String, Integer> newest = new TreeMap<>();
    for (String author : authors) {
      String writer = author.substring(0, author.indexOf('/'));
      int call = Integer.parseInt(author.substring(author.indexOf('/') + 1));
      assertThat(newest.getOrDefault(writer, -1)).isLessThan(call);
      newest.put(writer, call);
    }
    // The log that was followed is the log that stands.
    List<Revision> again = new ArrayList<>();
    List<Revision> next;
    do {
      next = persistently(() -> store.revisions(start + again.size(), 100));
      again.addAll(next);
    } while (!next.isEmpty());
    assertThat(again).isEqualTo(log);
    assertThat(persistently(store::latestRevision)).isEqualTo(start + log.size());
    dataSource.getHikariPoolMXBean().softEvictConnections();
    assertThat(
            sql(
                "SELECT count(*)::text FROM change c WHERE NOT EXISTS ("
                    + "SELECT FROM revision r WHERE r.change_set = c.change_set)"))
        .containsExactly("0");
  }

  private void writeSomething(Random random, int writer, int call, Lease lease, String author) {
    int kind = random.nextInt(4);
    if (kind == 0) {
      store.createSource("w" + writer + "_" + call, "mysql", Map.of(), secrets("x"), false, author);
    } else if (kind == 1) {
      store.updateSource("w" + writer, UnaryOperator.identity(), 0, author);
    } else if (kind == 2) {
      // Writers meet on the same table.
      store.updateOverlay(new TableName("db0", "t"), "", table -> overlay(author), author);
    } else {
      DatabaseChanges changes =
          new DatabaseChanges(
              "db" + writer,
              "db" + writer,
              false,
              List.of(write(table("t", "id", "c" + call)), write(table("t" + call))),
              List.of(),
              Map.of());
      assertThat(store.applyCrawl(lease, changes, author, "crawl")).isPresent();
    }
  }

  /** Reads whatever is killed; a killed connection may still be handed out after the last kill. */
  private static <T> T persistently(Supplier<T> read) {
    while (true) {
      try {
        return read.get();
      } catch (CatalogException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      }
    }
  }

  /** Kills a busy backend of this test's database for each permit. */
  private int killBackends(Random random, Semaphore permits, AtomicBoolean done)
      throws InterruptedException {
    int kills = 0;
    String database =
        dataSource.getJdbcUrl().substring(dataSource.getJdbcUrl().lastIndexOf('/') + 1);
    try (var handle = postgres().superuser().open()) {
      while (!done.get()) {
        permits.acquire();
        List<Integer> backends =
            handle
                .createQuery(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = :database AND state <> 'idle' AND pid <> pg_backend_pid()
                    """)
                .bind("database", database)
                .mapTo(Integer.class)
                .list();
        if (!backends.isEmpty()
            && handle
                .createQuery("SELECT pg_terminate_backend(:pid)")
                .bind("pid", backends.get(random.nextInt(backends.size())))
                .mapTo(Boolean.class)
                .one()) {
          kills++;
        }
      }
    }
    return kills;
  }

  @Test
  void aPageOfTheLogEndsWithTheRevisionThatFillsIt() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("a"), table("b")));
    crawl(shop, changes("stock", table("a"), table("b")));
    crawl(shop, changes("staff", table("a"), table("b")));
    // One change, then three in each: a database and its tables.
    List<Revision> all = store.revisions(0, 10);
    assertThat(all).extracting(revision -> revision.changes().size()).containsExactly(1, 3, 3, 3);

    assertThat(store.revisions(0, 10, 4)).isEqualTo(all.subList(0, 2));
    assertThat(store.revisions(0, 10, 5)).isEqualTo(all.subList(0, 3));
    assertThat(store.revisions(2, 10, 1)).isEqualTo(all.subList(2, 3));
    assertThat(store.revisions(0, 2, 100)).isEqualTo(all.subList(0, 2));
    assertThat(store.revisions(4, 10, 1)).isEmpty();
  }

  @Test
  void theAuditKeepsTheBeginningOfALongText() {
    store.auditBinding(
        "ann",
        new TableName("d".repeat(10_000), "t".repeat(10_000)),
        Binding.Role.SOURCE,
        false,
        "r".repeat(10_000));

    assertThat(
            sql(
                "SELECT concat_ws(' ', length(database_name), length(table_name), length(reason))"
                    + " FROM binding_audit"))
        .containsExactly("500 500 500");
  }

  // ---- Schema and failures ----

  @Test
  void aSchemaThatANewerReleaseMadeIsRefusedAndLeftAsItIs() {
    try (HikariDataSource newer = postgres().emptyDatabase()) {
      MetadataStore.migrate(newer);
      Jdbi.create(newer)
          .useHandle(
              handle ->
                  handle.execute(
                      """
                      INSERT INTO flyway_schema_history (installed_rank, version, description, type,
                        script, checksum, installed_by, execution_time, success)
                      SELECT installed_rank + 1, '999', 'later', type, 'V999__later.sql', 1,
                        installed_by, 1, true
                      FROM flyway_schema_history ORDER BY installed_rank DESC LIMIT 1
                      """));

      assertFails(
          () -> MetadataStore.migrate(newer),
          ErrorCode.FAILED_PRECONDITION,
          "The store's schema has version 999, which a newer release of the server made and this one"
              + " does not know. Nothing was changed. Start that release or a newer one, or name"
              + " another store.");
    }
  }

  @Test
  void aReleaseOfPostgresThatIsTooOldIsRefused() {
    StoreSchema.requireRelease(14, "14.0");
    assertFails(
        () -> StoreSchema.requireRelease(13, "13.14"),
        ErrorCode.FAILED_PRECONDITION,
        "The store is PostgreSQL 13.14; the catalog needs 14 or newer. Nothing was changed. Upgrade"
            + " it, or name another with --store.");
  }

  @Test
  void aUserWhoMayNotCreateTheTrigramsOfSearchesIsToldWhoMay() {
    try (HikariDataSource superuser = postgres().emptyDatabase();
        HikariDataSource limited = new HikariDataSource()) {
      Jdbi administrator = Jdbi.create(superuser);
      String role = "limited_" + UUID.randomUUID().toString().replace("-", "");
      String database =
          administrator.withHandle(
              handle -> {
                handle.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'limited'");
                handle.execute("GRANT CREATE ON SCHEMA public TO " + role);
                return handle.createQuery("SELECT current_database()").mapTo(String.class).one();
              });
      limited.setJdbcUrl(superuser.getJdbcUrl());
      limited.setUsername(role);
      limited.setPassword("limited");

      assertFails(
          () -> MetadataStore.migrate(limited),
          ErrorCode.FAILED_PRECONDITION,
          "The store's database '"
              + database
              + "' has no extension pg_trgm, by which tables are found, and this user may not create"
              + " it. Have an administrator run CREATE EXTENSION pg_trgm in it, or grant CREATE on it."
              + " Nothing was changed.");
      administrator.useHandle(handle -> handle.execute("CREATE EXTENSION pg_trgm"));
      MetadataStore.migrate(limited);
    }
  }

  @Test
  void serversThatStartAtTheSameTimeMigrateOnce() throws Exception {
    SecretSealer sealer = SecretSealer.open(directory.resolve("secrets.key"), dataSource);
    try (HikariDataSource empty = postgres().emptyDatabase()) {
      List<Future<?>> starts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        starts.add(
            threads.submit(
                () -> {
                  MetadataStore.migrate(empty);
                  // Each server finds the schema whole as soon as its own call returns.
                  long revision = new MetadataStore(empty, sealer, false).latestRevision();
                  assertThat(revision).isZero();
                }));
      }
      for (Future<?> start : starts) {
        start.get(60, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void aTextWithANulCharacterIsRefusedWithTheReason() {
    assertFails(
        () -> store.createSource("a\0b", "mysql", Map.of(), Map.of(), false, "ann"),
        ErrorCode.INVALID_ARGUMENT,
        "A text holds the NUL character, which nothing in the catalog may. Leave it out.");
  }

  @Test
  void aStoreThatCannotBeReachedSaysSo() throws SQLException {
    DATA_SOURCES.remove(postgres()).close();
    assertFails(
        () -> store.latestRevision(),
        ErrorCode.UNAVAILABLE,
        "The catalog's store cannot be reached now; it is tried again with each call. If this was a"
            + " change, read again whether it was stored.");
  }

  // ---- What the tests have in common ----

  private Source source(String name) {
    return store.createSource(name, "mysql", Map.of("host", name), secrets("pw"), false, "ann");
  }

  private static Map<String, Secret> secrets(String password) {
    return Map.of("password", new Secret(password));
  }

  private static Source with(Source source, Map<String, Secret> secrets) {
    return new Source(
        source.id(), source.name(), source.kind(), source.options(), secrets, source.version());
  }

  private Lease lease(Source source) {
    return store.acquireLease(source.id(), "me", LONG).orElseThrow();
  }

  private OptionalLong crawl(Source source, DatabaseChanges changes) {
    Lease lease = lease(source);
    try {
      return store.applyCrawl(lease, changes, "crawler", "crawl");
    } finally {
      store.releaseLease(lease);
    }
  }

  private void crawl(Lease lease, String database, PhysicalTable table) {
    store.applyCrawl(
        lease,
        new DatabaseChanges(database, database, false, List.of(write(table)), List.of(), Map.of()),
        "crawler",
        "crawl");
  }

  private DatabaseChanges changes(String nativeName, PhysicalTable... tables) {
    List<TableWrite> writes = new ArrayList<>();
    Map<String, Statistics> statistics = new HashMap<>();
    for (PhysicalTable table : tables) {
      writes.add(write(table));
      statistics.put(table.name(), SOME_STATISTICS);
    }
    return new DatabaseChanges(
        nativeName, "shop_" + nativeName, false, writes, List.of(), statistics);
  }

  private static DatabaseChanges drops(String nativeName, String... tables) {
    return new DatabaseChanges(
        nativeName, "shop_" + nativeName, false, List.of(), List.of(tables), Map.of());
  }

  private PhysicalTable table(String name) {
    return table(name, "id");
  }

  private static PhysicalTable table(String name, String... columns) {
    List<Column> list = new ArrayList<>();
    for (String column : columns) {
      list.add(new Column(column, "bigint", true, "", Map.of()));
    }
    return new PhysicalTable(
        name, PhysicalTable.Kind.TABLE, list, null, List.of(), List.of(), "", Map.of());
  }

  private static TableWrite write(PhysicalTable table) {
    String document = TableDocument.encode(table);
    return new TableWrite(
        table.name(),
        table.kind(),
        table.comment(),
        document,
        document.getBytes(UTF_8),
        table.name().toLowerCase(Locale.ROOT));
  }

  private static Overlay overlay(String owner) {
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
        Map.of());
  }

  private List<String> sql(String query) {
    return Jdbi.create(dataSource)
        .withHandle(handle -> handle.createQuery(query).mapTo(String.class).list());
  }

  private long waitingForLocks() {
    return Long.parseLong(
        sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND wait_event_type = 'Lock'")
            .get(0));
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertFails(ThrowingCallable call, ErrorCode code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.code()).isEqualTo(code);
            });
  }
}
