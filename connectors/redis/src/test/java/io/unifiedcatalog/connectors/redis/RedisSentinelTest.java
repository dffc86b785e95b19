package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A primary and its replica, watched by a Sentinel. */
@ExtendWith(FlinkCluster.class)
@Tag("kill")
@Timeout(120)
class RedisSentinelTest {
  private static final String PASSWORD = "one-of-both-servers";

  /** Not the shared one: tests kill it or its replica. */
  private RedisServer primary;

  private RedisServer replica;
  private RedisServer sentinel;
  private TableEnvironment flink;

  @BeforeEach
  void start() {
    primary =
        RedisServer.start(
            "requirepass " + PASSWORD,
            "masterauth " + PASSWORD,
            // Otherwise it waits five seconds for more replicas before it copies its data to one.
            "repl-diskless-sync-delay 0");
    replica =
        RedisServer.start(
            "requirepass " + PASSWORD,
            "masterauth " + PASSWORD,
            "replicaof 127.0.0.1 " + primary.port());
    RedisClient client = Flink.client(primary.port(), PASSWORD);
    RedisCommands<String, String> redis = client.connect().sync();
    Flink.await().until(() -> redis.info("replication").contains("state=online"));
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
    Flink.numbers(flink, 8_000, 2_000);
    TableResult job =
        flink.executeSql("INSERT INTO names SELECT id, CAST(id AS STRING) FROM numbers");
    // In this thread, as planning is tied to it.
    Flink.await()
        .pollInSameThread()
        .until(() -> rows("SELECT v FROM names WHERE id = 1000").size() == 1);

    primary.kill();

    job.await(60, TimeUnit.SECONDS);
    assertThat(rows("SELECT v FROM names WHERE id = 8000")).containsExactly(Row.of("8000"));
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
