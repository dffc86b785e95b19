package io.unifiedcatalog.server.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.SecretSealer;
import io.unifiedcatalog.server.store.TableCache;
import io.unifiedcatalog.server.store.TestPostgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An error, such as a full stack or heap, ends what it came in and no thread that must live. Each
 * error here is thrown once, in the place of one that a text or a table would cause.
 */
class LivingThreadsTest {
  private static final Schedule YEARLY =
      new Schedule("@yearly", "UTC", Duration.ZERO, Duration.ofHours(1), 1, Duration.ofHours(1));
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger reads = new AtomicInteger();
  private final List<AutoCloseable> parts = new ArrayList<>();
  private HikariDataSource database;
  private MetadataStore store;
  private MetadataStore failing;

  @BeforeEach
  void open(@TempDir Path directory) {
    database = TestPostgres.BUNDLED.migratedDatabase();
    SecretSealer sealer = SecretSealer.open(directory.resolve("key"), database);
    store = new MetadataStore(database, sealer, false);
    failing = new MetadataStore(failing(database), sealer, false);
  }

  @AfterEach
  void close() throws Exception {
    for (int i = parts.size() - 1; i >= 0; i--) {
      parts.get(i).close();
    }
    database.close();
  }

  private <T extends AutoCloseable> T started(T part) {
    parts.add(part);
    return part;
  }

  /** Throws an error in place of a connection, as often as {@link #failures} says. */
  private DataSource failing(DataSource real) {
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection")
                  && failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new StackOverflowError("once");
              }
              reads.incrementAndGet();
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static TableCache cache(MetadataStore store, Duration interval) {
    return new TableCache(
        store,
        (table, engine) ->
            EffectiveSchema.of(
                table.physical(),
                table.overlay(),
                column -> SourceSystems.get("mysql").columnType(column, table.source(), engine),
                List.of()),
        interval);
  }

  private void addDue(String name) {
    Source source =
        store.createSource(
            name,
            "mysql",
            Map.of("host", "127.0.0.1", "port", "1", "user", "root"),
            Map.of(),
            false,
            YEARLY,
            CrawlSchedule::next,
            "tester");
    Jdbi.create(database)
        .useHandle(
            handle ->
                handle.execute(
                    "UPDATE crawl_schedule SET next_due = clock_timestamp() - interval '1 s' WHERE"
                        + " source_id = ?",
                    source.id()));
  }

  private List<CrawlRun> runs(String source) {
    return store.runs(source, Long.MAX_VALUE, 100);
  }

  private void awaitRun(String source) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> runs(source).stream().anyMatch(run -> run.endTime() != null));
  }

  private Crawler crawler(MetadataStore of, Function<String, SourceSystem> systems) {
    TableCache cache = started(cache(store, Duration.ofHours(1)));
    return started(new Crawler(of, cache, Duration.ofSeconds(10), Duration.ofDays(90), systems));
  }

  @Test
  void theSchedulerGoesOnAfterAnErrorWhereItLooksWhatIsDue() {
    Crawler crawler = crawler(failing, SourceSystems::get);
    failures.set(1);
    started(new Scheduler(failing, crawler, Duration.ofMillis(20), 1));
    Awaitility.await().atMost(PATIENCE).until(() -> failures.get() == 0);
    addDue("shop");
    awaitRun("shop");
  }

  @Test
  void theSchedulerGoesOnAfterAnErrorWhereItBeginsACrawlAndTheRunSaysSo() {
    AtomicInteger asked = new AtomicInteger();
    Crawler crawler =
        crawler(
            store,
            kind -> {
              if (asked.getAndIncrement() == 0) {
                throw new StackOverflowError("once");
              }
              return SourceSystems.get(kind);
            });
    started(new Scheduler(store, crawler, Duration.ofMillis(20), 1));
    addDue("first");
    awaitRun("first");
    assertThat(runs("first").get(runs("first").size() - 1).error()).contains("defect");
    addDue("second");
    awaitRun("second");
  }

  @Test
  void theCacheFollowsTheLogAfterAnError() {
    started(cache(failing, Duration.ofMillis(20)));
    failures.set(1);
    Awaitility.await().atMost(PATIENCE).until(() -> failures.get() == 0);
    int before = reads.get();
    Awaitility.await().atMost(PATIENCE).until(() -> reads.get() > before);
  }
}
