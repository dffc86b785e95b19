package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Misfit;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Servers that are killed while jobs are at work. */
@ExtendWith(FlinkCluster.class)
@Timeout(120)
class RedisFailureTest {
  /** Not the shared one: tests kill it. */
  private RedisServer server;

  private RedisClient client;
  private RedisCommands<String, String> redis;
  private TableEnvironment flink;

  @BeforeEach
  void start() {
    server = RedisServer.start();
    client = Flink.client(server.port(), server.password());
    redis = client.connect().sync();
    flink = Flink.session();
    flink.getConfig().set("execution.checkpointing.interval", "200 ms");
    flink.getConfig().set("restart-strategy.type", "none");
  }

  @AfterEach
  void stop() {
    client.shutdown();
    server.close();
  }

  private void declare(String name, String... options) {
    List<String> all = new ArrayList<>(List.of("key-pattern", "k:{id}", "value", "string"));
    all.addAll(List.of(options));
    Flink.declare(
        flink,
        server.port(),
        server.password(),
        name,
        "id INT, v STRING",
        all.toArray(String[]::new));
  }

  @Test
  @Tag("kill")
  void whatIsWrittenWhileTheServerIsKilledAndComesBackIsThere() throws Exception {
    declare("target");
    Flink.numbers(flink, 10_000, 5_000);
    TableResult job =
        flink.executeSql("INSERT INTO target SELECT id, CAST(id AS STRING) FROM numbers");
    Flink.await().until(() -> redis.dbsize() > 2_000);

    server.kill();
    server.restart();

    job.await(120, TimeUnit.SECONDS);
    assertThat(redis.dbsize()).isEqualTo(10_000);
  }

  @Test
  @Tag("kill")
  void theLastRowOfAKeyStaysWhenTheServerIsKilledAndComesBack() throws Exception {
    declare("target");
    Flink.numbers(flink, 10_000, 5_000);
    TableResult job =
        flink.executeSql("INSERT INTO target SELECT MOD(id, 10), CAST(id AS STRING) FROM numbers");
    Flink.await().until(() -> redis.dbsize() == 10);

    server.kill();
    server.restart();

    job.await(120, TimeUnit.SECONDS);
    for (int i = 1; i <= 10; i++) {
      assertThat(redis.get("k:" + i % 10)).isEqualTo(String.valueOf(9_990 + i));
    }
  }

  @Test
  void aJobThatWasStoppedGoesOnFromItsSavepoint(@TempDir Path directory) throws Exception {
    declare("target");
    Flink.numbers(flink, 10_000, 5_000);
    String insert = "INSERT INTO target SELECT id, CAST(id AS STRING) FROM numbers";
    JobClient job = flink.executeSql(insert).getJobClient().orElseThrow();
    Flink.await().until(() -> redis.dbsize() > 2_000);

    String savepoint =
        job.stopWithSavepoint(false, directory.toUri().toString(), SavepointFormatType.CANONICAL)
            .get(60, TimeUnit.SECONDS);

    // Every row before it is written, and none after it.
    long written = redis.dbsize();
    assertThat(written).isBetween(2_000L, 9_999L);
    assertThat(redis.get("k:" + written)).isEqualTo(String.valueOf(written));
    redis.flushall();
    flink.getConfig().set("execution.state-recovery.path", savepoint);
    flink.executeSql(insert).await(60, TimeUnit.SECONDS);
    assertThat(redis.dbsize()).isEqualTo(10_000 - written);
    assertThat(redis.get("k:" + written)).isNull();
    assertThat(redis.get("k:10000")).isEqualTo("10000");
  }

  @Test
  @Tag("kill")
  void aLookupWaitsForAServerThatComesBack() throws Exception {
    declare("dim", "lookup.max-retries", "5");
    for (int i = 1; i <= 4_000; i++) {
      redis.set("k:" + i, "v" + i);
    }
    Flink.numbers(flink, 4_000, 2_000);
    List<Row> rows = new ArrayList<>();
    var found =
        flink
            .executeSql(
                "SELECT n.id, d.v FROM (SELECT id, PROCTIME() AS p FROM numbers) AS n JOIN dim FOR"
                    + " SYSTEM_TIME AS OF n.p AS d ON n.id = d.id")
            .collect();
    rows.add(found.next());

    server.kill();
    server.restart();

    found.forEachRemaining(rows::add);
    assertThat(rows).hasSize(4_000).allMatch(row -> row.getField(1).equals("v" + row.getField(0)));
  }

  @Test
  @Tag("kill")
  void aScanOfAServerThatIsRestartedIsNotTakenForWhole() throws Exception {
    Map<String, String> keys = new HashMap<>();
    for (int i = 1; i <= 2_000; i++) {
      keys.put("k:" + i, "v");
    }
    redis.mset(keys);
    RedisTable table =
        Flink.table(
            Flink.address(server.port(), server.password(), false, false, null),
            "k:{id}",
            ValueKind.STRING,
            DataTypes.FIELD("id", DataTypes.INT()),
            DataTypes.FIELD("v", DataTypes.STRING()));
    RedisRows rows =
        new RedisRows(
            table, new RedisRows.Limits(Misfit.FAIL, 10, 0), new int[] {0, 1}, List.of(), null);
    // Not by a job: nothing may be under way when the server goes, whose failure would end it.
    ScanSplitReader reader = new ScanSplitReader(table, rows, 10, null, -1);
    try {
      reader.handleSplitsChanges(new SplitsAddition<>(List.of(new ScanSplit(""))));
      reader.fetch();

      server.kill();
      server.restart();

      assertThatThrownBy(
              () -> {
                while (reader.fetch().finishedSplits().isEmpty()) {
                  // It goes on with a cursor of the server that was.
                }
              })
          .hasMessageContaining("Redis was restarted, or replaced by a replica");
    } finally {
      reader.close();
    }
  }

  @Test
  @Tag("kill")
  void aLookupWaitsForAServerThatIsLoading() throws Exception {
    declare("dim", "lookup.max-retries", "8");
    redis.eval(
        "for i = 1, 60000 do redis.call('SET', 'k:' .. i, 'v' .. i) end", ScriptOutputType.STATUS);
    // Not the first job, which takes longer than the server does.
    assertThat(lookUp(1)).containsExactly(Row.of(1, "v1"));
    server.kill();
    // Redis' own tests slow it down so. It would load for half a minute, and answers each half a
    // second meanwhile.
    Thread restart =
        new Thread(
            () ->
                server.restart("key-load-delay 500", "loading-process-events-interval-bytes 1024"));
    restart.start();
    Flink.await().until(this::isLoading);

    CompletableFuture<Void> loaded =
        CompletableFuture.runAsync(
            () -> {
              // One is the test's own. The job is refused, and asks again.
              Flink.await()
                  .until(
                      () ->
                          ask("INFO errorstats")
                              .matches("(?s).*errorstat_LOADING:count=(?:[2-9]|\\d{2,})\\b.*"));
              assertThat(ask("CONFIG SET key-load-delay 0")).startsWith("+OK");
            });
    assertThat(lookUp(5999)).containsExactly(Row.of(5999, "v5999"));
    loaded.get(60, TimeUnit.SECONDS);
    restart.join();
  }

  private List<Row> lookUp(int id) {
    return Flink.rows(
        flink,
        "SELECT n.id, d.v FROM (SELECT "
            + id
            + " AS id, PROCTIME() AS p) AS n JOIN dim FOR SYSTEM_TIME AS OF n.p AS d ON n.id ="
            + " d.id");
  }

  private boolean isLoading() {
    return ask("PING").startsWith("-LOADING");
  }

  /** What the server answers to somebody new; empty if it takes no connection. */
  private String ask(String command) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write(
              ("AUTH " + server.password() + "\r\n" + command + "\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      if (!"+OK".equals(in.readLine())) {
        return "";
      }
      String first = String.valueOf(in.readLine());
      if (!first.startsWith("$")) {
        return first;
      }
      char[] text = new char[Integer.parseInt(first.substring(1))];
      int length = 0;
      for (int read = 0; length < text.length && read >= 0; length += Math.max(0, read)) {
        read = in.read(text, length, text.length - length);
      }
      return new String(text, 0, length);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  @Tag("kill")
  void aServerThatStaysAwayEndsTheJobWithItsAddress() {
    declare("gone", "command-timeout", "500 ms");
    server.kill();
    assertThatThrownBy(() -> flink.executeSql("SELECT * FROM gone").collect().hasNext())
        .hasStackTraceContaining("Redis at 127.0.0.1:" + server.port() + " cannot be connected to")
        .hasStackTraceContaining("refused");
  }
}
