package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tables over a Redis Cluster of three primaries. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class RedisClusterTest {
  @RegisterExtension static final MiniClusterExtension CLUSTER = Flink.cluster();

  private static final int SLOTS = 16_384;

  /** One for all, as nodes know one only. */
  private static final String PASSWORD = "one-of-the-cluster";

  private final List<RedisServer> servers = new ArrayList<>();
  private final List<RedisClient> clients = new ArrayList<>();
  private final List<RedisCommands<String, String>> nodes = new ArrayList<>();

  @BeforeAll
  void start() {
    for (int i = 0; i < 3; i++) {
      RedisServer server =
          RedisServer.start(
              "cluster-enabled yes", "requirepass " + PASSWORD, "masterauth " + PASSWORD);
      servers.add(server);
      RedisClient client =
          RedisClient.create(
              RedisURI.builder()
                  .withHost("127.0.0.1")
                  .withPort(server.port())
                  .withPassword(PASSWORD.toCharArray())
                  .build());
      clients.add(client);
      StatefulRedisConnection<String, String> connection = client.connect();
      nodes.add(connection.sync());
    }
    for (int i = 0; i < 3; i++) {
      int first = i * SLOTS / 3;
      int next = (i + 1) * SLOTS / 3;
      nodes.get(i).clusterAddSlots(IntStream.range(first, next).toArray());
      nodes.get(0).clusterMeet("127.0.0.1", servers.get(i).port());
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> nodes.stream().allMatch(node -> node.clusterInfo().contains("cluster_state:ok")));
  }

  @Test
  void streamsOfAllPrimariesAreWrittenAndRead() throws Exception {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.getConfig().set("parallelism.default", "2");
    flink.executeSql(
        "CREATE TABLE streams (k INT, n INT, id STRING METADATA FROM 'stream-id') WITH ("
            + "'connector' = 'redis', 'cluster' = 'true', 'nodes' = '127.0.0.1:"
            + servers.get(0).port()
            + "', 'password' = '"
            + PASSWORD
            + "', 'key-pattern' = 'streams:{k}', 'value' = 'stream', 'scan.bounded.mode' ="
            + " 'latest')");
    flink.executeSql(
        "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',"
            + " 'fields.n.start' = '0', 'fields.n.end' = '999', 'rows-per-second' = '1000000')");
    flink
        .executeSql("INSERT INTO streams SELECT MOD(n, 20), n, CAST(NULL AS STRING) FROM numbers")
        .await();
    for (RedisCommands<String, String> node : nodes) {
      assertThat(node.keys("streams:*")).isNotEmpty();
    }
    List<Row> rows = rows(flink, "SELECT COUNT(DISTINCT k), COUNT(*), SUM(n) FROM streams");
    Row last = rows.get(rows.size() - 1);
    assertThat(List.of(last.getField(0), last.getField(1), last.getField(2)))
        .isEqualTo(List.of(20L, 1_000L, 499_500));
  }

  @Test
  void aSlotThatHasMovedIsFollowed() throws Exception {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.getConfig().set("parallelism.default", "1");
    flink.executeSql(
        "CREATE TABLE moved (id INT, v STRING) WITH ('connector' = 'redis', 'cluster' = 'true',"
            + " 'nodes' = '127.0.0.1:"
            + servers.get(0).port()
            + "', 'password' = '"
            + PASSWORD
            + "', 'key-pattern' = 'moved:{id}', 'value' = 'string')");
    flink.executeSql("INSERT INTO moved VALUES (1, 'before')").await();
    int slot = SlotHash.getSlot("moved:2");
    int from = IntStream.range(0, 3).filter(i -> slot < (i + 1) * SLOTS / 3).findFirst().orElse(2);
    int to = (from + 1) % 3;
    RedisAddress address =
        new RedisAddress(
            List.of("127.0.0.1:" + servers.get(0).port()),
            true,
            null,
            null,
            0,
            null,
            PASSWORD,
            null,
            false,
            null,
            Duration.ofSeconds(10));
    // Who shares this connection knows the slots of before, and is told MOVED.
    try (RedisConnection connection = RedisConnection.open(address)) {
      assertThat(connection.primaries()).hasSize(3);
      String target = nodes.get(to).clusterMyId();
      nodes.get(to).clusterSetSlotNode(slot, target);
      nodes.get(from).clusterSetSlotNode(slot, target);
      flink.executeSql("INSERT INTO moved VALUES (2, 'after')").await();
      assertThat(nodes.get(to).get("moved:2")).isEqualTo("after");
      List<Row> rows = new ArrayList<>();
      flink.executeSql("SELECT v FROM moved WHERE id = 2").collect().forEachRemaining(rows::add);
      assertThat(rows).containsExactly(Row.of("after"));
      assertThat(nodes.get(from).info("errorstats")).contains("errorstat_MOVED");
    }
  }

  @AfterAll
  void stop() {
    clients.forEach(RedisClient::shutdown);
    servers.forEach(RedisServer::close);
  }

  @Test
  void rowsAreWrittenScannedAndLookedUpWhereverTheirKeysAre() throws Exception {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.getConfig().set("parallelism.default", "2");
    flink.executeSql(
        "CREATE TABLE users (id INT, name STRING) WITH ('connector'"
            + " = 'redis', 'cluster' = 'true', 'nodes' = '127.0.0.1:"
            + servers.get(0).port()
            + "', 'password' = '"
            + PASSWORD
            + "', 'key-pattern' = 'user:{{{id}}}:profile', 'value' = 'hash')");
    flink.executeSql(
        "CREATE TABLE numbers (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3000',"
            + " 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3000')");
    flink.executeSql("INSERT INTO users SELECT id, 'n' || CAST(id AS STRING) FROM numbers").await();

    for (RedisCommands<String, String> node : nodes) {
      assertThat(node.dbsize()).isGreaterThan(500);
    }
    assertThat(rows(flink, "SELECT id, name FROM users"))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 3000).mapToObj(i -> Row.of(i, "n" + i)).toList());
    assertThat(
            rows(
                flink,
                "SELECT n.id, u.name FROM (SELECT id, PROCTIME() AS p FROM numbers) AS n JOIN"
                    + " users FOR SYSTEM_TIME AS OF n.p AS u ON n.id = u.id"))
        .hasSize(3000);
    Awaitility.await().until(() -> RedisConnection.count() == 0);
  }

  @Test
  void whereThereAreNoReplicasAWriteThatWaitsForOneFails() {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.executeSql(
        "CREATE TABLE safe (id INT, v STRING) WITH ('connector' = 'redis', 'cluster' = 'true',"
            + " 'nodes' = '127.0.0.1:"
            + servers.get(0).port()
            + "', 'password' = '"
            + PASSWORD
            + "', 'key-pattern' = 'safe:{id}', 'value' = 'string', 'sink.wait-replicas' = '1',"
            + " 'command-timeout' = '2 s')");
    assertThatThrownBy(() -> flink.executeSql("INSERT INTO safe VALUES (1, 'a')").await())
        .hasStackTraceContaining("0 have what was written after 1000 ms");
  }

  private static List<Row> rows(TableEnvironment flink, String sql) {
    List<Row> rows = new ArrayList<>();
    flink.executeSql(sql).collect().forEachRemaining(rows::add);
    return rows;
  }
}
