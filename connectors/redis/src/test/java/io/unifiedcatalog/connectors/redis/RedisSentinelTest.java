package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.unifiedcatalog.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A primary and its replica, watched by a Sentinel. */
@Timeout(120)
class RedisSentinelTest {
  @RegisterExtension static final MiniClusterExtension CLUSTER = Flink.cluster();

  private static final String PASSWORD = "one-of-both-servers";

  private RedisServer primary;
  private RedisServer replica;
  private RedisServer sentinel;
  private TableEnvironment flink;

  @BeforeEach
  void start() {
    primary = RedisServer.start("requirepass " + PASSWORD, "masterauth " + PASSWORD);
    replica =
        RedisServer.start(
            "requirepass " + PASSWORD,
            "masterauth " + PASSWORD,
            "replicaof 127.0.0.1 " + primary.port());
    RedisClient client = Flink.client(primary.port(), PASSWORD);
    Awaitility.await()
        .until(() -> client.connect().sync().info("replication").contains("state=online"));
    client.shutdown();
    sentinel =
        RedisServer.startSentinel(
            "sentinel monitor shop 127.0.0.1 " + primary.port() + " 1",
            "sentinel auth-pass shop " + PASSWORD,
            "sentinel down-after-milliseconds shop 500",
            "sentinel failover-timeout shop 3000");
    flink = Flink.session();
    flink.getConfig().set("restart-strategy.type", "none");
    Flink.declare(
        flink,
        sentinel.port(),
        PASSWORD,
        "names",
        "id INT, v STRING",
        "sentinel.master",
        "shop",
        "sentinel.password",
        sentinel.password(),
        "key-pattern",
        "n:{id}",
        "value",
        "string",
        "command-timeout",
        "30 s");
  }

  @AfterEach
  void stop() {
    sentinel.close();
    replica.close();
    primary.close();
  }

  @Test
  void aJobGoesOnWithTheReplicaThatTakesThePlaceOfItsServer() throws Exception {
    Flink.numbers(flink, 20_000, 2_000);
    TableResult job =
        flink.executeSql("INSERT INTO names SELECT id, CAST(id AS STRING) FROM numbers");
    // In this thread, as planning is tied to it.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInSameThread()
        .until(() -> rows("SELECT v FROM names WHERE id = 2000").size() == 1);

    primary.kill();

    job.await(60, TimeUnit.SECONDS);
    assertThat(rows("SELECT v FROM names WHERE id = 20000")).containsExactly(Row.of("20000"));
  }

  @Test
  void aWriteWaitsForAsManyReplicasAsItIsTold() throws Exception {
    String into = " /*+ OPTIONS('sink.wait-replicas' = '1', 'command-timeout' = '2 s') */ ";
    flink.executeSql("INSERT INTO names" + into + "VALUES (1, 'a')").await();
    replica.kill();
    assertThatThrownBy(
            () -> flink.executeSql("INSERT INTO names" + into + "VALUES (2, 'b')").await())
        .hasStackTraceContaining("0 have what was written after 1000 ms")
        .hasStackTraceContaining("sink.wait-replicas wants 1");
  }

  private List<Row> rows(String sql) {
    return Flink.rows(flink, sql);
  }
}
