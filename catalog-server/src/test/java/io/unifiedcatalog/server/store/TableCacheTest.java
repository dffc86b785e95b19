package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableCacheTest {
  /** So long that only a test's own writes are heard of. */
  private static final Duration NEVER = Duration.ofHours(1);

  private static final Engine FLINK = new Engine("flink", "2.3.0");
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static HikariDataSource database;
  private static MetadataStore store;

  private TableName name;
  private Lease lease;

  @BeforeAll
  static void start(@TempDir Path directory) {
    database = TestPostgres.BUNDLED.migratedDatabase();
    store =
        new MetadataStore(database, SecretSealer.open(directory.resolve("key"), database), false);
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @BeforeEach
  void addTable() {
    String source = "s" + NUMBER.incrementAndGet();
    name = new TableName(source + "_db", "t");
    Source added = store.createSource(source, "mysql", Map.of(), Map.of(), false, "tester");
    lease = store.acquireLease(added.id(), "tester", Duration.ofMinutes(5)).orElseThrow();
    addTable("t");
  }

  private void addTable(String table) {
    PhysicalTable physical =
        new PhysicalTable(
            table,
            PhysicalTable.Kind.TABLE,
            List.of(new Column("id", "bigint", false, "", Map.of())),
            null,
            List.of(),
            List.of(),
            "",
            Map.of());
    store.applyCrawl(
        lease,
        new DatabaseChanges(
            "db",
            name.database(),
            false,
            List.of(
                new TableWrite(
                    table,
                    physical.kind(),
                    "",
                    TableDocument.encode(physical),
                    "fingerprint".getBytes(StandardCharsets.UTF_8),
                    table)),
            List.of(),
            Map.of()),
        "tester",
        "test");
  }

  @Test
  void aLoadThatReadBeforeAWriteIsGoneWhenTheWriterIsAnswered() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    CountDownLatch committed = new CountDownLatch(1);
    AtomicInteger loads = new AtomicInteger();
    TableCache.Loader slow =
        wanted -> {
          Optional<StoredTable> table = store.table(wanted, 0);
          if (loads.incrementAndGet() == 1) {
            read.countDown();
            await(committed);
          }
          return table;
        };
    try (TableCache cache =
        new TableCache(store, slow, TableCacheTest::derive, NEVER, System::nanoTime)) {
      CompletableFuture<String> reader =
          CompletableFuture.supplyAsync(() -> comment(cache), TableCacheTest::inThread);
      await(read);
      comment("new");
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(cache::catchUp, TableCacheTest::inThread);
      // The writer is not answered while a load of its table is under way.
      assertThat(reader).isNotDone();
      committed.countDown();

      writer.get(30, TimeUnit.SECONDS);
      assertThat(reader.get(30, TimeUnit.SECONDS)).isEmpty();
      assertThat(comment(cache)).isEqualTo("new");
      assertThat(loads).hasValue(2);
    }
  }

  @Test
  void aPageIsAnsweredFromMemoryUntilTheLogTellsOfAChange() {
    try (TableCache cache = new TableCache(store, TableCacheTest::derive, NEVER)) {
      assertThat(listed(cache)).containsExactly("t");
      assertThat(found(cache)).containsExactly("t");

      addTable("t2");

      assertThat(listed(cache)).containsExactly("t");
      assertThat(found(cache)).containsExactly("t");
      cache.catchUp();
      assertThat(listed(cache)).containsExactly("t", "t2");
      assertThat(found(cache)).containsExactly("t", "t2");
    }
  }

  @Test
  void aPageThatIsNotThereIsNotKept() {
    try (TableCache cache = new TableCache(store, TableCacheTest::derive, NEVER)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> cache.tables("none", "", 100))
            .isInstanceOf(CatalogException.class)
            .hasMessageStartingWith("Database 'none' does not exist.");
      }
    }
  }

  @Test
  void aPageIsReadFromTheStoreWhileTheLogCannotBe() {
    AtomicLong now = new AtomicLong();
    try (TableCache cache =
        new TableCache(
            store, wanted -> store.table(wanted, 0), TableCacheTest::derive, NEVER, now::get)) {
      assertThat(listed(cache)).containsExactly("t");
      addTable("t2");

      now.addAndGet(TableCache.STALENESS.toNanos() + 1);

      assertThat(listed(cache)).containsExactly("t", "t2");
    }
  }

  private List<String> listed(TableCache cache) {
    return cache.tables(name.database(), "", 100).stream()
        .map(table -> table.name().table())
        .toList();
  }

  private List<String> found(TableCache cache) {
    return cache.searchTables(List.of("t"), new TableName(name.database(), ""), 100).stream()
        .filter(table -> table.name().database().equals(name.database()))
        .map(table -> table.name().table())
        .toList();
  }

  @Test
  void aTableIsLoadedOnceHoweverManyAskAtTheSameTime() throws Exception {
    AtomicInteger loads = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(8);
    TableCache.Loader counting =
        wanted -> {
          loads.incrementAndGet();
          return store.table(wanted, 0);
        };
    try (TableCache cache =
        new TableCache(store, counting, TableCacheTest::derive, NEVER, System::nanoTime)) {
      List<CompletableFuture<Void>> readers =
          java.util.stream.IntStream.range(0, 8)
              .mapToObj(
                  i ->
                      CompletableFuture.runAsync(
                          () -> {
                            all.countDown();
                            await(all);
                            comment(cache);
                          },
                          TableCacheTest::inThread))
              .toList();
      for (CompletableFuture<Void> reader : readers) {
        reader.get(30, TimeUnit.SECONDS);
      }

      assertThat(loads).hasValue(1);
    }
  }

  @Test
  void aChangeByAnotherServerIsSeenWithinItsInterval() {
    try (TableCache one = new TableCache(store, TableCacheTest::derive, Duration.ofMillis(50));
        TableCache other = new TableCache(store, TableCacheTest::derive, NEVER)) {
      assertThat(comment(one)).isEmpty();
      comment("changed by the other");
      other.catchUp();

      Awaitility.await()
          .atMost(TableCache.STALENESS)
          .untilAsserted(() -> assertThat(comment(one)).isEqualTo("changed by the other"));
    }
  }

  @Test
  void aChangeOfTheSourceDropsItsTables() {
    try (TableCache cache = new TableCache(store, TableCacheTest::derive, NEVER)) {
      String source = name.database().substring(0, name.database().length() - "_db".length());
      assertThat(entry(cache).table().source().options()).isEmpty();

      store.updateSource(
          source,
          old ->
              new Source(
                  old.id(),
                  old.name(),
                  old.kind(),
                  Map.of("host", "elsewhere"),
                  old.secrets(),
                  old.version()),
          0,
          "tester");
      cache.catchUp();

      assertThat(entry(cache).table().source().options()).containsEntry("host", "elsewhere");
    }
  }

  @Test
  void statisticsWhichNoRevisionTellsOfAreReadAgainInTime() {
    AtomicLong now = new AtomicLong();
    try (TableCache cache =
        new TableCache(
            store, wanted -> store.table(wanted, 0), TableCacheTest::derive, NEVER, now::get)) {
      assertThat(entry(cache).table().statistics()).isEqualTo(Statistics.UNKNOWN);
      Statistics counted = new Statistics(10L, 1_000L);
      store.applyCrawl(
          lease,
          new DatabaseChanges(
              "db", name.database(), false, List.of(), List.of(), Map.of("t", counted)),
          "tester",
          "test");

      now.addAndGet(TableCache.STATISTICS_AGE.toNanos());
      cache.catchUp();

      assertThat(entry(cache).table().statistics()).isEqualTo(counted);
    }
  }

  @Test
  void aTableThatWasNotThereIsFoundOnceItIsThere() {
    try (TableCache cache = new TableCache(store, TableCacheTest::derive, NEVER)) {
      TableName later = new TableName(name.database(), "later");
      assertThat(cache.get(later)).isNull();

      addTable("later");

      assertThat(cache.get(later)).isNotNull();
    }
  }

  @Test
  void anEngineSchemaIsDerivedOnce() {
    AtomicInteger derived = new AtomicInteger();
    try (TableCache cache =
        new TableCache(
            store,
            (table, engine) -> {
              derived.incrementAndGet();
              return derive(table, engine);
            },
            NEVER)) {
      entry(cache).schema(FLINK);
      entry(cache).schema(FLINK);
      entry(cache).schema(new Engine("flink", "1.20.3"));

      assertThat(derived).hasValue(2);
    }
  }

  @Test
  void aCallerThatNamesManyEnginesDoesNotFillTheMemory() {
    AtomicInteger derived = new AtomicInteger();
    try (TableCache cache =
        new TableCache(
            store,
            (table, engine) -> {
              derived.incrementAndGet();
              return derive(table, engine);
            },
            NEVER)) {
      for (int round = 0; round < 2; round++) {
        for (int patch = 0; patch < 100; patch++) {
          assertThat(entry(cache).schema(new Engine("flink", "2.3." + patch)).columns()).hasSize(1);
        }
      }

      // Sixteen are kept, the others derived for each question.
      assertThat(derived).hasValue(16 + 2 * 84);
    }
  }

  private String comment(TableCache cache) {
    return entry(cache).schema(FLINK).comment();
  }

  private TableCache.Entry entry(TableCache cache) {
    return Objects.requireNonNull(cache.get(name));
  }

  private void comment(String comment) {
    store.updateOverlay(
        name,
        "",
        table ->
            new Overlay(
                null, List.of(), List.of(), List.of(), List.of(), Map.of(), comment, "", Map.of(),
                Map.of(), List.of()),
        "tester");
  }

  private static EffectiveSchema derive(StoredTable table, Engine engine) {
    return EffectiveSchema.of(
        table.physical(),
        table.overlay(),
        column -> new ColumnType.Supported(Type.Simple.BIGINT, column.nullable(), ""),
        List.of());
  }

  /** The common pool has as many threads as cores, and classes at the same time wait there. */
  private static void inThread(Runnable task) {
    new Thread(task).start();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
