package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tables over a Redis Cluster of three primaries. */
@ExtendWith(FlinkCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class RedisClusterTest {
  private static final int SLOTS = 16_384;

  /** One for all, as nodes know one only. */
  private static final String PASSWORD = "one-of-the-cluster";

  /** Not the shared one: these are a cluster. */
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
      RedisClient client = Flink.client(server.port(), PASSWORD);
      clients.add(client);
      nodes.add(client.connect().sync());
    }
    for (int i = 0; i < 3; i++) {
      int first = i * SLOTS / 3;
      int next = (i + 1) * SLOTS / 3;
      nodes.get(i).clusterAddSlots(IntStream.range(first, next).toArray());
      nodes.get(0).clusterMeet("127.0.0.1", servers.get(i).port());
    }
    Flink.await()
        .until(
            () -> nodes.stream().allMatch(node -> node.clusterInfo().contains("cluster_state:ok")));
  }

  @Test
  void streamsOfAllPrimariesAreWrittenAndRead() throws Exception {
    TableEnvironment flink = Flink.session();
    flink.getConfig().set("parallelism.default", "2");
    declare(
        flink,
        "streams",
        "k INT, n INT, id STRING METADATA FROM 'stream-id'",
        "streams:{k}",
        "stream",
        "scan.bounded.mode",
        "latest");
    Flink.numbers(flink, 1_000, 1_000_000);
    flink
        .executeSql("INSERT INTO streams SELECT MOD(id, 20), id, CAST(NULL AS STRING) FROM numbers")
        .await();
    for (RedisCommands<String, String> node : nodes) {
      assertThat(node.keys("streams:*")).isNotEmpty();
    }
    List<Row> rows = Flink.rows(flink, "SELECT COUNT(DISTINCT k), COUNT(*), SUM(n) FROM streams");
    Row last = rows.get(rows.size() - 1);
    assertThat(List.of(last.getField(0), last.getField(1), last.getField(2)))
        .isEqualTo(List.of(20L, 1_000L, 500_500));
  }

  @Test
  void aSlotThatHasMovedIsFollowed() throws Exception {
    TableEnvironment flink = Flink.session();
    declare(flink, "moved", "id INT, v STRING", "moved:{id}", "string");
    flink.executeSql("INSERT INTO moved VALUES (1, 'before')").await();
    int slot = SlotHash.getSlot("moved:2");
    int from = IntStream.range(0, 3).filter(i -> slot < (i + 1) * SLOTS / 3).findFirst().orElse(2);
    int to = (from + 1) % 3;
    RedisAddress address = Flink.address(servers.get(0).port(), PASSWORD, true, false, null);
    // Who shares this connection knows the slots of before, and is told MOVED.
    try (RedisConnection connection = RedisConnection.open(address)) {
      assertThat(connection.primaries()).hasSize(3);
      String target = nodes.get(to).clusterMyId();
      nodes.get(to).clusterSetSlotNode(slot, target);
      nodes.get(from).clusterSetSlotNode(slot, target);
      flink.executeSql("INSERT INTO moved VALUES (2, 'after')").await();
      assertThat(nodes.get(to).get("moved:2")).isEqualTo("after");
      assertThat(Flink.rows(flink, "SELECT v FROM moved WHERE id = 2"))
          .containsExactly(Row.of("after"));
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
    TableEnvironment flink = Flink.session();
    flink.getConfig().set("parallelism.default", "2");
    declare(flink, "users", "id INT, name STRING", "user:{{{id}}}:profile", "hash");
    Flink.numbers(flink, 3_000, 1_000_000);
    flink.executeSql("INSERT INTO users SELECT id, 'n' || CAST(id AS STRING) FROM numbers").await();

    for (RedisCommands<String, String> node : nodes) {
      assertThat(node.dbsize()).isGreaterThan(500);
    }
    assertThat(Flink.rows(flink, "SELECT id, name FROM users"))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 3000).mapToObj(i -> Row.of(i, "n" + i)).toList());
    assertThat(
            Flink.rows(
                flink,
                "SELECT n.id, u.name FROM (SELECT id, PROCTIME() AS p FROM numbers) AS n JOIN"
                    + " users FOR SYSTEM_TIME AS OF n.p AS u ON n.id = u.id"))
        .hasSize(3000);
    Flink.awaitNoConnection(servers.get(0).port());
  }

  @Test
  void whereThereAreNoReplicasAWriteThatWaitsForOneFails() {
    TableEnvironment flink = Flink.session();
    declare(
        flink,
        "safe",
        "id INT, v STRING",
        "safe:{id}",
        "string",
        "sink.wait-replicas",
        "1",
        "command-timeout",
        "2 s");
    assertThatThrownBy(() -> flink.executeSql("INSERT INTO safe VALUES (1, 'a')").await())
        .hasStackTraceContaining("0 have what was written after 1000 ms");
  }

  private void declare(
      TableEnvironment flink,
      String name,
      String columns,
      String pattern,
      String kind,
      String... options) {
    List<String> all =
        new ArrayList<>(List.of("cluster", "true", "key-pattern", pattern, "value", kind));
    all.addAll(List.of(options));
    Flink.declare(
        flink, servers.get(0).port(), PASSWORD, name, columns, all.toArray(String[]::new));
  }
}
