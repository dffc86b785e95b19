package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Streams of a real Redis: read to an end, read without one, and appended to. */
@ExtendWith(FlinkCluster.class)
@Timeout(120)
class RedisStreamTest {
  /** Not the shared one: tests empty and kill it. */
  private static RedisServer server;

  private RedisClient client;
  private RedisCommands<String, String> redis;
  private TableEnvironment flink;

  /** Jobs without an end, which are cancelled however the test ends. */
  private final List<JobClient> jobs = new ArrayList<>();

  @BeforeAll
  static void start() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void connect() {
    client = Flink.client(server.port(), server.password());
    redis = client.connect().sync();
    redis.flushall();
    flink = Flink.session();
  }

  @AfterEach
  void disconnect() throws Exception {
    for (JobClient job : jobs) {
      if (!job.getJobStatus().get().isGloballyTerminalState()) {
        job.cancel().get(30, TimeUnit.SECONDS);
      }
    }
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    Flink.awaitNoConnection(server.port());
  }

  @Test
  void everyStreamOfThePatternIsReadToItsEndWithIdsAndTimes() throws Exception {
    add("events:a", "1000-0", "page", "/", "n", "1");
    add("events:a", "1000-1", "n", "2", "other", "x");
    add("events:b", "2000-0", "page", "/b", "n", "3");
    redis.set("events:c", "no stream");
    declare(
        "events",
        "tenant STRING, page STRING, n INT, id STRING METADATA FROM 'stream-id' VIRTUAL, `time`"
            + " TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, `key` STRING METADATA VIRTUAL,"
            + " `type` STRING METADATA VIRTUAL, memory BIGINT METADATA VIRTUAL",
        "events:{tenant}",
        "scan.bounded.mode",
        "latest");
    assertThat(rows("SELECT tenant, page, n, id, `time`, `key`, `type`, memory > 0 FROM events"))
        .containsExactlyInAnyOrder(
            Row.of("a", "/", 1, "1000-0", Instant.ofEpochMilli(1000), "events:a", "stream", true),
            Row.of("a", null, 2, "1000-1", Instant.ofEpochMilli(1000), "events:a", "stream", true),
            Row.of("b", "/b", 3, "2000-0", Instant.ofEpochMilli(2000), "events:b", "stream", true));
    // A filter on the whole key leaves one stream; only what is asked for is read.
    assertThat(rows("SELECT n FROM events WHERE tenant = 'a'"))
        .containsExactly(Row.of(1), Row.of(2));
    assertThat(rows("SELECT n FROM events WHERE tenant = 'nobody'")).isEmpty();
    assertThat(rows("SELECT n FROM events LIMIT 2")).hasSize(2);
    assertThatThrownBy(() -> rows("SELECT n FROM events WHERE tenant = 'c'"))
        .hasStackTraceContaining("WRONGTYPE");
  }

  @Test
  void aBatchJobEndsByItself() {
    add("events:a", "1-0", "n", "1");
    flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    declare("events", "tenant STRING, n INT", "events:{tenant}");
    assertThat(rows("SELECT SUM(n) FROM events")).containsExactly(Row.of(1));
  }

  @Test
  void moreEntriesThanAreReadAtOnceComeEachOnceAndInTheirOrder() {
    int count = 2_500;
    for (int i = 0; i < count; i++) {
      add("events:a", (i + 1) + "-0", "n", String.valueOf(i));
    }
    declare("events", "tenant STRING, n INT", "events:{tenant}", "scan.bounded.mode", "latest");
    assertThat(rows("SELECT n FROM events"))
        .containsExactlyElementsOf(IntStream.range(0, count).mapToObj(i -> Row.of(i)).toList());
  }

  @Test
  void readingBeginsWithTheTimeThatIsAskedFor() {
    add("events:a", "1000-7", "n", "1");
    add("events:a", "2000-0", "n", "2");
    add("events:a", "2000-1", "n", "3");
    declare(
        "events",
        "tenant STRING, n INT",
        "events:{tenant}",
        "scan.bounded.mode",
        "latest",
        "scan.startup.mode",
        "timestamp",
        "scan.startup.timestamp-millis",
        "2000");
    assertThat(rows("SELECT n FROM events")).containsExactly(Row.of(2), Row.of(3));
    declare("wrong", "tenant STRING, n INT", "e:{tenant}", "scan.startup.mode", "timestamp");
    assertThatThrownBy(() -> rows("SELECT * FROM wrong"))
        .hasStackTraceContaining("are set together or not at all");
  }

  @Test
  @SuppressWarnings("try") // closing a job's rows may be interrupted
  void entriesAndStreamsThatAreAddedLaterAreReadToo() throws Exception {
    add("events:a", "1-0", "n", "1");
    declare(
        "events", "tenant STRING, n INT", "events:{tenant}", "scan.discovery.interval", "100 ms");
    try (CloseableIterator<Row> found = flink.executeSql("SELECT * FROM events").collect()) {
      assertThat(found.next()).isEqualTo(Row.of("a", 1));
      add("events:a", "2-0", "n", "2");
      assertThat(found.next()).isEqualTo(Row.of("a", 2));
      add("events:new", "1-0", "n", "3");
      assertThat(found.next()).isEqualTo(Row.of("new", 3));
    }
  }

  @Test
  @SuppressWarnings("try") // closing a job's rows may be interrupted
  void latestLeavesOutWhatIsThereButNotWhatComesInNewStreams() throws Exception {
    add("events:a", "1-0", "n", "1");
    declare(
        "events",
        "tenant STRING, n INT",
        "events:{tenant}",
        "scan.startup.mode",
        "latest",
        "scan.discovery.interval",
        "100 ms");
    try (CloseableIterator<Row> found = flink.executeSql("SELECT * FROM events").collect()) {
      // Which streams are new shows only when one is: they are added until one is read.
      AtomicInteger number = new AtomicInteger();
      Thread adding =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  add("events:b" + number.incrementAndGet(), "1-0", "n", "2");
                  LockSupport.parkNanos(50_000_000);
                }
              });
      adding.start();
      Row first = found.next();
      adding.interrupt();
      adding.join();
      assertThat(first.getField(0)).asString().startsWith("b");
      add("events:a", "2-0", "n", "3");
      Row row = found.next();
      while (!"a".equals(row.getField(0))) {
        row = found.next();
      }
      assertThat(row).isEqualTo(Row.of("a", 3));
    }
  }

  @Test
  @Tag("kill")
  void noEntryIsMissedOrCountedTwiceWhenTheServerDiesAndTheJobIsRestarted() throws Exception {
    flink.getConfig().set("execution.checkpointing.interval", "100 ms");
    flink.getConfig().set("restart-strategy.type", "fixed-delay");
    flink.getConfig().set("restart-strategy.fixed-delay.attempts", "100");
    flink.getConfig().set("restart-strategy.fixed-delay.delay", "200 ms");
    declare("events", "tenant STRING, n INT", "events:{tenant}", "command-timeout", "500 ms");
    total();
    for (int i = 1; i <= 3_000; i++) {
      add("events:" + (i % 3), i + "-0", "n", "1");
    }
    JobClient job = start("INSERT INTO total SELECT 'all', COUNT(*), SUM(n) FROM events");
    Flink.await().until(() -> "3000".equals(redis.hget("total:all", "entries")));

    server.kill();
    // Longer than the commands of the source wait.
    Flink.await().until(() -> job.getJobStatus().get().name().equals("RESTARTING"));
    server.restart();
    for (int i = 3_001; i <= 4_000; i++) {
      add("events:" + (i % 3), i + "-0", "n", "1");
    }

    Flink.await().until(() -> "4000".equals(redis.hget("total:all", "entries")));
    assertThat(redis.hget("total:all", "sum_of_n")).isEqualTo("4000");
  }

  @Test
  @Tag("kill")
  void aReaderWaitsForAServerThatComesBack() throws Exception {
    declare(
        "events", "tenant STRING, n INT", "events:{tenant}", "scan.discovery.interval", "50 ms");
    total();
    for (int i = 1; i <= 1_000; i++) {
      add("events:a", i + "-0", "n", "1");
    }
    start("INSERT INTO total SELECT 'all', COUNT(*), SUM(n) FROM events");
    Flink.await().until(() -> "1000".equals(redis.hget("total:all", "entries")));

    server.kill();
    server.restart();
    add("events:a", "1001-0", "n", "1");

    // No restart of the job: there is no strategy for one.
    Flink.await().until(() -> "1001".equals(redis.hget("total:all", "entries")));
  }

  @Test
  void aJobThatWasStoppedGoesOnFromItsSavepoint(@TempDir Path directory) throws Exception {
    declare("events", "tenant STRING, n INT", "events:{tenant}");
    total();
    for (int i = 1; i <= 100; i++) {
      add("events:a", i + "-0", "n", "1");
    }
    String insert = "INSERT INTO total SELECT 'all', COUNT(*), SUM(n) FROM events";
    JobClient job = start(insert);
    Flink.await().until(() -> "100".equals(redis.hget("total:all", "entries")));
    String savepoint =
        job.stopWithSavepoint(false, directory.toUri().toString(), SavepointFormatType.CANONICAL)
            .get(60, TimeUnit.SECONDS);

    add("events:a", "101-0", "n", "1");
    flink.getConfig().set("execution.state-recovery.path", savepoint);
    start(insert);
    Flink.await().until(() -> "101".equals(redis.hget("total:all", "entries")));
  }

  @Test
  void eachStreamHasItsOwnWatermarkSoNoRowOfASlowerOneIsLate() {
    for (int i = 0; i < 1_500; i++) {
      add("events:fast", (i * 1_000L + 1) + "-0", "n", "1");
    }
    for (int i = 0; i < 10; i++) {
      add("events:slow", (i * 1_000L + 1) + "-0", "n", "1");
    }
    declare(
        "events",
        "tenant STRING, n INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, WATERMARK FOR"
            + " ts AS ts",
        "events:{tenant}",
        "scan.bounded.mode",
        "latest");
    flink.getConfig().set("table.local-time-zone", "UTC");
    List<Row> windows =
        rows(
            "SELECT window_start, SUM(n) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL"
                + " '10' SECOND)) GROUP BY window_start, window_end");
    assertThat(windows).hasSize(150);
    assertThat(windows.get(0)).isEqualTo(Row.of(LocalDateTime.parse("1970-01-01T00:00:00"), 20));
  }

  @Test
  void rowsAreAppendedAndExplicitIdsAreWrittenOnce() throws Exception {
    declare(
        "log",
        "k INT, a STRING, b INT, id STRING METADATA FROM 'stream-id'",
        "log:{k}",
        "sink.ttl",
        "1 h");
    // With CAST(NULL ...) among them the rows would be a union to Flink, and come in any order.
    String insert =
        "INSERT INTO log SELECT k, a, NULLIF(b, 2), id FROM (VALUES (1, 'x', 1, '5-1'), (1, 'y', 2,"
            + " '5-2'), (1, 'z', 3, '6-0')) AS v (k, a, b, id)";
    flink.executeSql(insert).await();
    // As after a failure.
    flink.executeSql(insert).await();
    assertThat(entries("log:1")).containsExactly("5-1 {a=x, b=1}", "5-2 {a=y}", "6-0 {a=z, b=3}");
    assertThat(redis.pttl("log:1")).isBetween(3_500_000L, 3_600_000L);
    assertThatThrownBy(
            () -> flink.executeSql("INSERT INTO log VALUES (1, 'other', 1, '5-1')").await())
        .hasStackTraceContaining("Key 'log:1' cannot be written")
        .hasStackTraceContaining("equal or smaller than");
    assertThatThrownBy(
            () ->
                flink
                    .executeSql(
                        "INSERT INTO log VALUES (1, CAST(NULL AS STRING), CAST(NULL AS INT), '9-0')")
                    .await())
        .hasStackTraceContaining("has only NULLs");

    declare("plain", "k INT, a STRING", "plain:{k}", "sink.max-length", "100");
    flink.executeSql("INSERT INTO plain VALUES (1, 'x'), (1, 'x')").await();
    assertThat(redis.xlen("plain:1")).isEqualTo(2);
    assertThatThrownBy(
            () ->
                flink.executeSql(
                    "INSERT INTO plain SELECT CAST(c AS INT), 'x' FROM (SELECT COUNT(*) AS c FROM"
                        + " (VALUES (1), (2)) AS t (x))"))
        .hasStackTraceContaining("doesn't support consuming update");
  }

  @Test
  void aStreamThatIsWrittenIsKeptToItsLength() throws Exception {
    flink.executeSql(
        "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',"
            + " 'fields.n.start' = '1', 'fields.n.end' = '5000', 'rows-per-second' = '1000000')");
    declare("log", "k INT, n INT", "log:{k}", "sink.max-length", "1000");
    flink.executeSql("INSERT INTO log SELECT 1, n FROM numbers").await();
    // About: whole nodes of some hundred entries go.
    assertThat(redis.xlen("log:1")).isBetween(1_000L, 1_500L);
  }

  @Test
  void aLookupFindsTheEntriesOfItsStream() {
    add("events:a", "1-0", "n", "1");
    add("events:a", "2-0", "n", "2");
    declare("events", "tenant STRING, n INT", "events:{tenant}");
    flink.executeSql(
        "CREATE TEMPORARY VIEW asked AS SELECT t, PROCTIME() AS p FROM (VALUES ('a'), ('b')) AS v"
            + " (t)");
    assertThat(
            rows(
                "SELECT a.t, e.n FROM asked AS a LEFT JOIN events FOR SYSTEM_TIME AS OF a.p AS e ON"
                    + " a.t = e.tenant"))
        .containsExactlyInAnyOrder(Row.of("a", 1), Row.of("a", 2), Row.of("b", null));
  }

  @Test
  void aValueThatDoesNotFitEndsTheJobWithItsKeyAndColumn() {
    add("events:a", "1-0", "n", "many");
    declare("events", "tenant STRING, n INT", "events:{tenant}", "scan.bounded.mode", "latest");
    assertThatThrownBy(() -> rows("SELECT * FROM events"))
        .hasStackTraceContaining("Key 'events:a', column 'n': 'many' does not fit");
    declare(
        "lenient",
        "tenant STRING, n INT",
        "events:{tenant}",
        "scan.bounded.mode",
        "latest",
        "misfit",
        "null");
    assertThat(rows("SELECT * FROM lenient")).containsExactly(Row.of("a", null));
    declare("keyed", "k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED", "events:{k}");
    assertThatThrownBy(() -> rows("SELECT * FROM keyed"))
        .hasStackTraceContaining("A table over a stream has no primary key");
  }

  private JobClient start(String insert) {
    JobClient job = flink.executeSql(insert).getJobClient().orElseThrow();
    jobs.add(job);
    return job;
  }

  private void add(String key, String id, String... fields) {
    redis.xadd(key, new XAddArgs().id(id), (Object[]) fields);
  }

  private List<String> entries(String key) {
    List<String> entries = new ArrayList<>();
    for (StreamMessage<String, String> message : redis.xrange(key, Range.unbounded())) {
      entries.add(message.getId() + " " + message.getBody());
    }
    return entries;
  }

  /** A table with the number of entries and their sum. */
  private void total() {
    Flink.declare(
        flink,
        server.port(),
        server.password(),
        "total",
        "k STRING, entries BIGINT, sum_of_n INT, PRIMARY KEY (k) NOT ENFORCED",
        "key-pattern",
        "total:{k}",
        "value",
        "hash");
  }

  private void declare(String name, String columns, String pattern, String... options) {
    List<String> all = new ArrayList<>(List.of("key-pattern", pattern, "value", "stream"));
    all.addAll(List.of(options));
    Flink.declare(
        flink, server.port(), server.password(), name, columns, all.toArray(String[]::new));
  }

  private List<Row> rows(String sql) {
    return Flink.rows(flink, sql);
  }
}
