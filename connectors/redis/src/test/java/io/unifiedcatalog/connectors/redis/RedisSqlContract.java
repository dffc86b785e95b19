package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Misfit;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tables of Flink SQL over one Redis server must do. */
@ExtendWith(FlinkCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RedisSqlContract {
  private RedisClient client;
  private RedisCommands<String, String> redis;

  private TableEnvironment flink;

  /** The port on 127.0.0.1. */
  abstract int port();

  /** The password of the user {@code default}. */
  abstract String password();

  @BeforeEach
  void connect() {
    client = Flink.client(port(), password());
    redis = client.connect().sync();
    redis.flushall();
    flink = Flink.session();
  }

  @AfterEach
  void disconnect() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    Flink.awaitNoConnection(port());
  }

  @Test
  void aHashIsARowWhoseColumnsAreItsFields() throws Exception {
    redis.hset("user:42:profile", Map.of("name", "Ada", "age", "36", "other", "x"));
    redis.hset("user:7:profile", Map.of("name", "Alan"));
    redis.set("user:7:session", "not of this table");
    declare("users", "user_id BIGINT, name STRING, age INT", "user:{user_id}:profile", "hash");

    assertThat(rows("SELECT * FROM users"))
        .containsExactlyInAnyOrder(Row.of(42L, "Ada", 36), Row.of(7L, "Alan", null));
    assertThat(rows("SELECT age, user_id FROM users"))
        .containsExactlyInAnyOrder(Row.of(36, 42L), Row.of(null, 7L));
    assertThat(rows("SELECT user_id FROM users"))
        .containsExactlyInAnyOrder(Row.of(42L), Row.of(7L));
    assertThat(rows("SELECT name FROM users LIMIT 1")).hasSize(1);

    flink
        .executeSql("INSERT INTO users VALUES (43, 'Grace', 85), (7, 'Turing', CAST(NULL AS INT))")
        .await();
    assertThat(redis.hgetall("user:43:profile")).isEqualTo(Map.of("name", "Grace", "age", "85"));
    assertThat(redis.hgetall("user:7:profile")).isEqualTo(Map.of("name", "Turing"));
    // What is no column stays.
    flink.executeSql("INSERT INTO users VALUES (42, 'Ada L.', CAST(NULL AS INT))").await();
    assertThat(redis.hgetall("user:42:profile")).isEqualTo(Map.of("name", "Ada L.", "other", "x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          STRING | '' | ä 😀 \\u0000
          CHAR(3) | a | abc
          VARCHAR(2) | '' | 😀😀
          BOOLEAN | true | false
          TINYINT | -128 | 127
          SMALLINT | -32768 | 32767
          INT | -2147483648 | 2147483647
          BIGINT | -9223372036854775808 | 9223372036854775807
          FLOAT | 1.4E-45 | 3.4028235E38
          DOUBLE | 4.9E-324 | NaN
          DECIMAL(38, 10) | -9999999999999999999999999999.9999999999 | 0.0000000001
          DATE | 0001-01-01 | 9999-12-31
          TIME | 00:00 | 23:59:59
          TIMESTAMP(9) | 0001-01-01 00:00:00 | 9999-12-31 23:59:59.999999999
          TIMESTAMP_LTZ(3) | 0001-01-01T00:00:00Z | 9999-12-31T23:59:59.999Z
          """)
  void aValueComesBackAsItWas(String type, String least, String greatest) throws Exception {
    redis.set("in:1", least);
    redis.set("in:2", greatest);
    declare("source", "k INT, v " + type, "in:{k}", "string");
    declare("target", "k INT, v " + type, "out:{k}", "string");
    assertThat(rows("SELECT v FROM source")).hasSize(2);
    flink.executeSql("INSERT INTO target SELECT * FROM source").await();
    assertThat(redis.get("out:1")).isEqualTo(least);
    assertThat(redis.get("out:2")).isEqualTo(greatest);
  }

  @Test
  void valuesAreWhatTheTypesSay() {
    redis.hset(
        "t:1",
        Map.of(
            "dec",
            "1.5",
            "day",
            "2026-01-02",
            "ts",
            "2026-01-02T03:04:05.6",
            "at",
            "2026-01-02T03:04:05+01:00",
            "flag",
            "1"));
    declare(
        "typed",
        "k INT, `dec` DECIMAL(10, 2), `day` DATE, ts TIMESTAMP(3), `at` TIMESTAMP_LTZ(0), flag"
            + " BOOLEAN",
        "t:{k}",
        "hash");
    assertThat(rows("SELECT * FROM typed"))
        .containsExactly(
            Row.of(
                1,
                new BigDecimal("1.50"),
                LocalDate.of(2026, 1, 2),
                LocalDateTime.of(2026, 1, 2, 3, 4, 5, 600_000_000),
                Instant.parse("2026-01-02T02:04:05Z"),
                true));
  }

  @Test
  void bytesAreBytes() throws Exception {
    byte[] bytes = {0, (byte) 0xff, '\r', '\n'};
    try (StatefulRedisConnection<byte[], byte[]> raw = client.connect(ByteArrayCodec.INSTANCE)) {
      raw.sync().set("b:1".getBytes(StandardCharsets.UTF_8), bytes);
      declare("blobs", "k INT, v BYTES", "b:{k}", "string");
      declare("copies", "k INT, v BYTES", "c:{k}", "string");
      flink.executeSql("INSERT INTO copies SELECT * FROM blobs").await();
      assertThat(raw.sync().get("c:1".getBytes(StandardCharsets.UTF_8))).isEqualTo(bytes);
    }
  }

  @Test
  void aStringMayBeInAnyFormatOfFlink() throws Exception {
    redis.set("o:1", "{\"total\": 1.5, \"tags\": [\"a\", \"b\"]}");
    declare(
        "orders",
        "id INT, total DOUBLE, tags ARRAY<STRING>",
        "o:{id}",
        "string",
        "value.format",
        "json");
    assertThat(rows("SELECT tags, id FROM orders"))
        .containsExactly(Row.of(new String[] {"a", "b"}, 1));
    flink.executeSql("INSERT INTO orders VALUES (2, 2.5, ARRAY['c'])").await();
    assertThat(redis.get("o:2")).isEqualTo("{\"total\":2.5,\"tags\":[\"c\"]}");
  }

  @Test
  void aStreamLooksUpWhatItNeedsByTheWholeKey() {
    redis.hset("u:eu:1", Map.of("name", "Ada", "age", "36"));
    redis.hset("u:us:1", Map.of("name", "Alan"));
    declare("users", "region STRING, id INT, name STRING, age INT", "u:{region}:{id}", "hash");
    String clicks =
        "(SELECT region, id, age, PROCTIME() AS p FROM (VALUES ('eu', 1, 36), ('us', 1, 41),"
            + " ('eu', 2, 36), (CAST(NULL AS STRING), 1, 36), ('e:u', 1, 36)) AS c (region, id,"
            + " age))";
    assertThat(
            rows(
                "SELECT c.region, c.id, u.name FROM "
                    + clicks
                    + " AS c LEFT JOIN users FOR SYSTEM_TIME AS OF c.p AS u"
                    + " ON c.region = u.region AND c.id = u.id"))
        .containsExactlyInAnyOrder(
            Row.of("eu", 1, "Ada"),
            Row.of("us", 1, "Alan"),
            Row.of("eu", 2, null),
            Row.of(null, 1, null),
            Row.of("e:u", 1, null));
    assertThat(
            rows(
                "SELECT c.region, u.name FROM "
                    + clicks
                    + " AS c JOIN users FOR SYSTEM_TIME AS OF c.p AS u"
                    + " ON c.region = u.region AND c.id = u.id AND c.age = u.age"))
        .containsExactly(Row.of("eu", "Ada"));
    assertThatThrownBy(
            () ->
                flink.explainSql(
                    "SELECT u.name FROM "
                        + clicks
                        + " AS c JOIN users FOR SYSTEM_TIME AS OF c.p AS u ON c.id = u.id"))
        .hasStackTraceContaining("has none for 'region'");
  }

  @Test
  void anEqualityForTheWholeKeyIsReadAndNotScannedFor() {
    redis.hset("u:eu:1", Map.of("name", "Ada"));
    redis.hset("u:eu:2", Map.of("name", "Alan"));
    declare("users", "region STRING, id BIGINT, name STRING", "u:{region}:{id}", "hash");
    long scans = commands("scan");
    String whole = "SELECT name FROM users WHERE region = 'eu' AND id = 1";
    assertThat(flink.explainSql(whole)).contains("filter=[and(=(region, ");
    assertThat(rows(whole)).containsExactly(Row.of("Ada"));
    assertThat(rows(whole + " AND name = 'Alan'")).isEmpty();
    assertThat(rows("SELECT id FROM users WHERE id = 3 AND region = 'eu'")).isEmpty();
    assertThat(rows("SELECT id FROM users WHERE id = 2 AND id = 1 AND region = 'eu'")).isEmpty();
    declare("ints", "region STRING, id INT, name STRING", "u:{region}:{id}", "hash");
    assertThat(rows("SELECT name FROM ints WHERE id = 2 AND region = 'eu'"))
        .containsExactly(Row.of("Alan"));
    assertThat(commands("scan")).isEqualTo(scans);
    assertThat(rows("SELECT name FROM users WHERE id = 2")).containsExactly(Row.of("Alan"));
    assertThat(rows("SELECT name FROM users WHERE region = 'e:u' AND id = 2")).isEmpty();
    assertThat(commands("scan")).isGreaterThan(scans);
  }

  @Test
  void aHashMayBeARowForEachOfItsFields() throws Exception {
    redis.hset("f:1", Map.of("a", "1", "b", "2"));
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      many.put("field" + i, String.valueOf(i));
    }
    redis.hset("f:2", many);
    declare(
        "fields",
        "id INT, field STRING, v INT, PRIMARY KEY (id, field) NOT ENFORCED",
        "f:{id}",
        "hash-entries");
    assertThat(rows("SELECT * FROM fields WHERE id = 1"))
        .containsExactlyInAnyOrder(Row.of(1, "a", 1), Row.of(1, "b", 2));
    assertThat(rows("SELECT v FROM fields WHERE id = 2")).hasSize(3_000);
    flink
        .executeSql(
            "INSERT INTO fields SELECT 1, field, CAST(c AS INT) FROM (SELECT field, COUNT(*) + 6"
                + " AS c FROM (VALUES ('a'), ('b'), ('b'), ('c')) AS t (field) GROUP BY field)"
                + " WHERE c <> 8")
        .await();
    assertThat(redis.hgetall("f:1")).isEqualTo(Map.of("a", "7", "c", "7"));
  }

  @Test
  void aSetIsARowForEachMember() throws Exception {
    redis.sadd("tags:1", "a", "b");
    redis.sadd("tags:2", "a");
    declare("tags", "id INT, tag STRING, PRIMARY KEY (id, tag) NOT ENFORCED", "tags:{id}", "set");
    assertThat(rows("SELECT * FROM tags"))
        .containsExactlyInAnyOrder(Row.of(1, "a"), Row.of(1, "b"), Row.of(2, "a"));
    assertThat(rows("SELECT id FROM tags"))
        .containsExactlyInAnyOrder(Row.of(1), Row.of(1), Row.of(2));
    String asked = "(SELECT 1 AS id, 'b' AS tag, PROCTIME() AS p) AS c";
    assertThat(
            rows(
                "SELECT t.tag FROM "
                    + asked
                    + " JOIN tags FOR SYSTEM_TIME AS OF c.p AS t ON c.id = t.id"))
        .containsExactlyInAnyOrder(Row.of("a"), Row.of("b"));
    assertThat(
            rows(
                "SELECT t.tag FROM "
                    + asked
                    + " JOIN tags FOR SYSTEM_TIME AS OF c.p AS t ON c.id = t.id AND c.tag = t.tag"))
        .containsExactly(Row.of("b"));
    // The second of each replaces the first, and what is seen twice is taken back.
    flink
        .executeSql(
            "INSERT INTO tags SELECT id, tag FROM (SELECT id, tag, COUNT(*) AS c FROM (VALUES (3,"
                + " 'x'), (3, 'y'), (3, 'y')) AS t (id, tag) GROUP BY id, tag) WHERE c <> 2")
        .await();
    assertThat(redis.smembers("tags:3")).containsExactly("x");
  }

  @Test
  void aSortedSetIsARowForEachMemberWithItsScore() throws Exception {
    redis.zadd("top:1", 1.5, "a");
    redis.zadd("top:1", Double.NEGATIVE_INFINITY, "b");
    declare("top", "id INT, player STRING, score DOUBLE", "top:{id}", "zset");
    assertThat(rows("SELECT * FROM top"))
        .containsExactlyInAnyOrder(Row.of(1, "a", 1.5), Row.of(1, "b", Double.NEGATIVE_INFINITY));
    assertThat(rows("SELECT score FROM top"))
        .containsExactlyInAnyOrder(Row.of(1.5), Row.of(Double.NEGATIVE_INFINITY));
    flink.executeSql("INSERT INTO top VALUES (1, 'a', 2e0), (2, 'c', 1e300)").await();
    assertThat(redis.zscore("top:1", "a")).isEqualTo(2.0);
    assertThat(redis.zscore("top:2", "c")).isEqualTo(1e300);
  }

  @Test
  void aListIsARowForEachElementInItsOrder() throws Exception {
    List<String> elements = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      elements.add("e" + i);
    }
    redis.rpush("log:1", elements.toArray(new String[0]));
    declare("log", "id INT, line STRING", "log:{id}", "list", "sink.ttl", "1 h");
    assertThat(rows("SELECT line FROM log"))
        .containsExactlyElementsOf(elements.stream().map(line -> Row.of(line)).toList());
    flink.executeSql("INSERT INTO log VALUES (2, 'a'), (2, 'b'), (2, 'a')").await();
    assertThat(redis.lrange("log:2", 0, -1)).containsExactly("a", "b", "a");
    assertThat(redis.pttl("log:2")).isBetween(3_500_000L, 3_600_000L);
    assertThatThrownBy(
            () ->
                flink.executeSql(
                    "INSERT INTO log SELECT CAST(c AS INT), 'x' FROM (SELECT COUNT(*) AS c FROM"
                        + " (VALUES (1), (2)) AS t (x))"))
        .hasStackTraceContaining("doesn't support consuming update");
  }

  @Test
  void aValueOfTooManyElementsIsRefused() {
    for (int i = 0; i < 2_000; i++) {
      redis.sadd("s:1", "m" + i);
    }
    declare("few", "k INT, v STRING", "s:{k}", "set", "value.max-elements", "1999");
    assertThatThrownBy(() -> rows("SELECT * FROM few"))
        .hasStackTraceContaining("Key 's:1' has more than 1999 elements. Raise value.max-elements");
    declare("enough", "k INT, v STRING", "s:{k}", "set", "value.max-elements", "2000");
    assertThat(rows("SELECT * FROM enough")).hasSize(2_000);
  }

  @Test
  void aKeyThatVanishesWhileItIsReadIsLeftOut() throws Exception {
    redis.hset("u:1", Map.of("name", "Ada"));
    RedisTable table =
        Flink.table(
            Flink.address(port(), password(), false, false, null),
            "u:{id}",
            ValueKind.HASH,
            DataTypes.FIELD("id", DataTypes.INT()),
            DataTypes.FIELD("name", DataTypes.STRING()));
    RedisRows reader =
        new RedisRows(
            table, new RedisRows.Limits(Misfit.FAIL, 10, 0), new int[] {0, 1}, List.of(), null);
    try (RedisConnection connection = RedisConnection.open(table.address())) {
      byte[] key = "u:1".getBytes(StandardCharsets.UTF_8);
      assertThat(reader.read(connection.commands(), key).get()).hasSize(1);
      redis.del("u:1");
      assertThat(reader.read(connection.commands(), key).get()).isEmpty();
    }
  }

  @Test
  void aCachedLookupAsksOnceAlsoForAKeyThatIsNotThere() {
    redis.hset("u:1", Map.of("name", "Ada"));
    declare(
        "users",
        "id INT, name STRING",
        "u:{id}",
        "hash",
        "lookup.cache",
        "PARTIAL",
        "lookup.partial-cache.max-rows",
        "100");
    // One lookup after the other, so that each finds what those before it brought.
    flink.getConfig().set("table.exec.async-lookup.buffer-capacity", "1");
    long before = commands("hmget");
    assertThat(
            rows(
                "SELECT u.name FROM (SELECT MOD(i, 2) AS id, PROCTIME() AS p FROM (VALUES (1),"
                    + " (2), (3), (4), (5), (6), (7), (8)) AS t (i)) AS c LEFT JOIN users FOR"
                    + " SYSTEM_TIME AS OF c.p AS u ON c.id = u.id"))
        .containsExactlyInAnyOrder(
            Row.of("Ada"),
            Row.of("Ada"),
            Row.of("Ada"),
            Row.of("Ada"),
            Row.of((Object) null),
            Row.of((Object) null),
            Row.of((Object) null),
            Row.of((Object) null));
    assertThat(commands("hmget") - before).isEqualTo(2);
  }

  @Test
  void aChangelogReplacesAndDeletesKeys() throws Exception {
    redis.set("n:9", "stays");
    declare("counts", "k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED", "n:{k}", "string");
    flink
        .executeSql(
            "INSERT INTO counts SELECT k, CAST(c AS STRING) FROM (SELECT k, COUNT(*) AS c FROM"
                + " (VALUES (1), (1), (1), (2), (2), (3)) AS t (k) GROUP BY k) WHERE c <> 2")
        .await();
    assertThat(redis.keys("n:*")).containsExactlyInAnyOrder("n:1", "n:3", "n:9");
    assertThat(redis.get("n:1")).isEqualTo("3");
  }

  @Test
  void aWrittenKeyLivesAsLongAsItIsTold() throws Exception {
    declare("short", "k INT, v STRING", "s:{k}", "string", "sink.ttl", "1 h");
    declare("hashes", "k INT, v STRING", "h:{k}", "hash", "sink.ttl", "1 h");
    flink.executeSql("INSERT INTO short VALUES (1, 'x')").await();
    flink.executeSql("INSERT INTO hashes VALUES (1, 'x')").await();
    assertThat(redis.pttl("s:1")).isBetween(3_500_000L, 3_600_000L);
    assertThat(redis.pttl("h:1")).isBetween(3_500_000L, 3_600_000L);
  }

  @Test
  void whatIsKnownOfAKeyIsMetadataAndItsTimeToLiveIsWritten() throws Exception {
    redis.set("m:1", "for good");
    redis.set("m:2", "for an hour", SetArgs.Builder.ex(3_600));
    redis.sadd("n:1", "a", "b");
    redis.pexpire("n:1", 3_600_000);
    declare(
        "known",
        "k INT, v STRING, ttl BIGINT METADATA, redis_key STRING METADATA FROM 'key' VIRTUAL",
        "m:{k}",
        "string",
        "sink.ttl",
        "2 h");
    declare("members", "k INT, ttl BIGINT METADATA VIRTUAL, v STRING", "n:{k}", "set");
    assertThat(rows("SELECT k, redis_key, ttl IS NULL, v FROM known"))
        .containsExactlyInAnyOrder(
            Row.of(1, "m:1", true, "for good"), Row.of(2, "m:2", false, "for an hour"));
    assertThat(rows("SELECT ttl FROM known WHERE k = 2"))
        .singleElement()
        .extracting(row -> (Long) row.getField(0))
        .satisfies(ttl -> assertThat(ttl).isBetween(3_500_000L, 3_600_000L));
    assertThat(rows("SELECT v FROM members WHERE ttl > 3500000")).hasSize(2);

    flink
        .executeSql("INSERT INTO known VALUES (3, 'a', 60000), (4, 'b', CAST(NULL AS BIGINT))")
        .await();
    assertThat(redis.pttl("m:3")).isBetween(1L, 60_000L);
    assertThat(redis.pttl("m:4")).isBetween(7_100_000L, 7_200_000L);
    assertThatThrownBy(() -> flink.executeSql("INSERT INTO known VALUES (5, 'c', 0)").await())
        .hasStackTraceContaining("Key 'm:5' is to live 0 ms");
    declare("logged", "k INT, v STRING, ttl BIGINT METADATA", "l:{k}", "list");
    assertThatThrownBy(() -> flink.executeSql("INSERT INTO logged VALUES (1, 'c', -1)").await())
        .hasStackTraceContaining("Key 'l:1' is to live -1 ms");
    assertThat(redis.exists("m:5", "l:1")).isZero();
  }

  @Test
  void elementsAreLookedUpByTheirKey() {
    redis.rpush("el:1", "a", "b");
    redis.hset("eh:1", Map.of("f", "1", "g", "2"));
    redis.zadd("ez:1", 1.5, "m");
    declare("el", "k INT, v STRING", "el:{k}", "list");
    declare("eh", "k INT, f STRING, v INT", "eh:{k}", "hash-entries");
    declare("ez", "k INT, m STRING, s DOUBLE", "ez:{k}", "zset");
    String asked = "(SELECT n, PROCTIME() AS p FROM (VALUES (1), (2)) AS v (n)) AS a";
    assertThat(
            rows(
                "SELECT a.n, t.v FROM "
                    + asked
                    + " LEFT JOIN el FOR SYSTEM_TIME AS OF a.p AS t ON a.n = t.k"))
        .containsExactlyInAnyOrder(Row.of(1, "a"), Row.of(1, "b"), Row.of(2, null));
    assertThat(
            rows(
                "SELECT t.f, t.v FROM "
                    + asked
                    + " JOIN eh FOR SYSTEM_TIME AS OF a.p AS t ON a.n = t.k"))
        .containsExactlyInAnyOrder(Row.of("f", 1), Row.of("g", 2));
    assertThat(
            rows(
                "SELECT t.m, t.s FROM "
                    + asked
                    + " JOIN ez FOR SYSTEM_TIME AS OF a.p AS t ON a.n = t.k"))
        .containsExactly(Row.of("m", 1.5));
  }

  @Test
  void aMillionKeysAreWrittenAndReadEachOnce() throws Exception {
    flink.executeSql(
        "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',"
            + " 'fields.n.start' = '0', 'fields.n.end' = '999999', 'rows-per-second' = '10000000')");
    declare("million", "k INT, v BIGINT", "million:{k}", "string");
    flink.executeSql("INSERT INTO million SELECT n, n FROM numbers").await();
    assertThat(redis.dbsize()).isEqualTo(1_000_000);
    flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    declare("million", "k INT, v BIGINT", "million:{k}", "string");
    assertThat(rows("SELECT COUNT(*), COUNT(DISTINCT k), SUM(v) FROM million"))
        .containsExactly(Row.of(1_000_000L, 1_000_000L, 499_999_500_000L));
  }

  @Test
  void aHugeValueIsRefusedByTheLimitBeforeItIsRead() {
    redis.set("huge:1", "x".repeat(300_000));
    redis.set("huge:2", "small");
    declare("huge", "k INT, v STRING", "huge:{k}", "string", "value.max-memory", "100 kb");
    assertThatThrownBy(() -> rows("SELECT * FROM huge"))
        .hasStackTraceContaining("Key 'huge:1' takes ")
        .hasStackTraceContaining("value.max-memory allows 102400");
    assertThat(rows("SELECT v FROM huge WHERE k = 2")).containsExactly(Row.of("small"));
    assertThat(rows("SELECT v FROM huge WHERE k = 3")).isEmpty();
  }

  @Test
  void whatAKeyHoldsAndTakesIsMetadata() {
    redis.hset("what:1", Map.of("f", "v"));
    declare(
        "what",
        "k INT, f STRING, v STRING, `type` STRING METADATA VIRTUAL, memory BIGINT METADATA"
            + " VIRTUAL",
        "what:{k}",
        "hash-entries");
    assertThat(rows("SELECT f, `type`, memory FROM what"))
        .containsExactly(Row.of("f", "hash", redis.memoryUsage("what:1")));
  }

  @Test
  void aKeyIsWrittenOnlyIfItIsAbsentOrPresentWhereThatIsTheCondition() throws Exception {
    redis.set("s:1", "old");
    redis.hset("h:1", Map.of("a", "old", "b", "old"));
    for (String condition : List.of("absent", "present")) {
      declare("s_" + condition, "k INT, v STRING", "s:{k}", "string", "sink.condition", condition);
      declare(
          "h_" + condition,
          "k INT, a STRING, b STRING",
          "h:{k}",
          "hash",
          "sink.condition",
          condition,
          "sink.ttl",
          "1 h");
    }
    flink.executeSql("INSERT INTO s_absent VALUES (1, 'new'), (2, 'first'), (2, 'second')").await();
    assertThat(redis.get("s:1")).isEqualTo("old");
    assertThat(redis.get("s:2")).isEqualTo("first");
    flink.executeSql("INSERT INTO s_present VALUES (1, 'new'), (3, 'new')").await();
    assertThat(redis.get("s:1")).isEqualTo("new");
    assertThat(redis.exists("s:3")).isZero();

    flink.executeSql("INSERT INTO h_absent VALUES (1, 'new', 'new'), (2, 'first', 'x')").await();
    assertThat(redis.hgetall("h:1")).isEqualTo(Map.of("a", "old", "b", "old"));
    assertThat(redis.hgetall("h:2")).isEqualTo(Map.of("a", "first", "b", "x"));
    flink
        .executeSql("INSERT INTO h_present VALUES (1, 'new', CAST(NULL AS STRING)), (3, 'x', 'x')")
        .await();
    assertThat(redis.hgetall("h:1")).isEqualTo(Map.of("a", "new"));
    assertThat(redis.pttl("h:1")).isBetween(3_500_000L, 3_600_000L);
    assertThat(redis.exists("h:3")).isZero();

    declare("l", "k INT, v STRING", "l:{k}", "list", "sink.condition", "absent");
    assertThatThrownBy(() -> flink.executeSql("INSERT INTO l VALUES (1, 'x')"))
        .hasStackTraceContaining("'sink.condition' is for 'value' = 'string' and 'hash' only");
  }

  @Test
  void jsonIsReadAndWrittenWhereTheServerHasIt() throws Exception {
    declare("docs", "k INT, name STRING, tags ARRAY<STRING>", "doc:{k}", "json");
    assertThatThrownBy(() -> rows("SELECT * FROM docs"))
        .hasStackTraceContaining("Set 'value.format' to 'json'");
    flink.executeSql("DROP TABLE docs");
    declare(
        "docs",
        "k INT, name STRING, tags ARRAY<STRING>",
        "doc:{k}",
        "json",
        "value.format",
        "json");
    String insert = "INSERT INTO docs VALUES (1, 'Ada', ARRAY['a', 'b'])";
    if (redis.commandInfo("JSON.GET").get(0) == null) {
      assertThatThrownBy(() -> flink.executeSql(insert).await())
          .hasStackTraceContaining("Key 'doc:1' cannot be written: the server has no JSON");
      redis.set("doc:1", "{}");
      assertThatThrownBy(() -> rows("SELECT * FROM docs"))
          .hasStackTraceContaining("Key 'doc:1' cannot be read: the server has no JSON");
      return;
    }
    flink.executeSql(insert).await();
    assertThat(redis.type("doc:1")).isEqualTo("ReJSON-RL");
    assertThat(rows("SELECT * FROM docs"))
        .containsExactly(Row.of(1, "Ada", new String[] {"a", "b"}));
  }

  @Test
  void anEvictedKeyIsNoRowAndAServerThatIsFullIsToldWithTheKey() throws Exception {
    declare("cache", "k INT, v STRING", "cache:{k}", "string");
    String memory = redis.info("memory").replaceAll("(?s).*used_memory:(\\d+).*", "$1");
    redis.configSet("maxmemory", String.valueOf(Long.parseLong(memory) + 3_000_000));
    try {
      redis.configSet("maxmemory-policy", "allkeys-random");
      flink.executeSql(
          "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'fields.n.kind' ="
              + " 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '20000',"
              + " 'rows-per-second' = '1000000')");
      flink.executeSql("INSERT INTO cache SELECT n, REPEAT('x', 1000) FROM numbers").await();
      long left = redis.dbsize();
      assertThat(left).isBetween(1L, 19_000L);
      // Reading takes memory, too, so more may go meanwhile; what goes is no row and no failure.
      assertThat(rows("SELECT k, v FROM cache")).hasSizeBetween(1, (int) left);
      int gone = 1;
      while (redis.exists("cache:" + gone) == 1) {
        gone++;
      }
      assertThat(rows("SELECT v FROM cache WHERE k = " + gone)).isEmpty();

      redis.configSet("maxmemory-policy", "noeviction");
      redis.configSet("maxmemory", "1mb");
      assertThatThrownBy(() -> flink.executeSql("INSERT INTO cache VALUES (0, 'x')").await())
          .hasStackTraceContaining("Key 'cache:0' cannot be written: OOM");
    } finally {
      redis.configSet("maxmemory", "0");
      redis.configSet("maxmemory-policy", "noeviction");
    }
  }

  @Test
  void whatDoesNotFitFailsWithItsKeyAndColumnOrIsNull() {
    redis.hset("u:1", Map.of("age", "old"));
    redis.hset("u:2", Map.of("age", "5"));
    redis.hset("u:x", Map.of("age", "6"));
    redis.hset("u:03", Map.of("age", "7"));
    redis.set("u:4", "no hash");
    declare("strict", "id INT, age TINYINT", "u:{id}", "hash");
    declare("lenient", "id INT, age TINYINT", "u:{id}", "hash", "misfit", "null");
    assertThatThrownBy(() -> rows("SELECT * FROM strict")).hasStackTraceContaining("Key 'u:");
    assertThat(rows("SELECT * FROM lenient"))
        .containsExactlyInAnyOrder(Row.of(1, null), Row.of(2, (byte) 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          TINYINT | 128 | it is no number of the type
          INT | ' 1' | it is no number of the type
          DECIMAL(4, 2) | 1.234 | it has more digits than the type
          DECIMAL(4, 2) | 100 | it has more digits than the type
          VARCHAR(2) | abc | it is longer than 2 characters
          BOOLEAN | yes | it is none of true, false, 1 and 0
          DATE | 2026-02-30 | it is no date or time as the type has it
          TIMESTAMP(3) | 2026-01-02 03:04:05.1234 | it has more than 3 digits
          """)
  void aValueOfAnotherTypeIsToldWithKeyColumnAndReason(String type, String value, String reason) {
    redis.set("v:1", value);
    declare("v", "k INT, v " + type, "v:{k}", "string");
    assertThatThrownBy(() -> rows("SELECT * FROM v"))
        .hasStackTraceContaining("Key 'v:1', column 'v': '" + value + "' does not fit: " + reason);
  }

  @Test
  void aBinaryValueUnderATextColumnIsRefused() {
    try (StatefulRedisConnection<byte[], byte[]> raw = client.connect(ByteArrayCodec.INSTANCE)) {
      raw.sync().set("b:1".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) 0xc3, 0x28});
    }
    declare("texts", "k INT, v STRING", "b:{k}", "string");
    assertThatThrownBy(() -> rows("SELECT * FROM texts"))
        .hasStackTraceContaining("Key 'b:1', column 'v'")
        .hasStackTraceContaining("it has bytes that are no UTF-8");
  }

  @Test
  void aKeyOfAnotherKindIsToldWithWhatToDo() {
    redis.rpush("w:1", "a");
    declare("w", "k INT, v STRING", "w:{k}", "string");
    assertThatThrownBy(() -> rows("SELECT * FROM w"))
        .hasStackTraceContaining("Key 'w:1' cannot be read: it is no string. Narrow key-pattern");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          k INT, v STRING | v:{id} | string | has column 'id', which the table does not have
          k INT, v STRING | v:k | string | has no column in braces
          k INT, v STRING, w STRING | v:{k} | string | one column, or set 'value.format'. There are v, w.
          k INT, v ARRAY<INT> | v:{k} | hash | Column 'v' cannot be ARRAY<INT> in Redis
          k INT, v STRING, PRIMARY KEY (v) NOT ENFORCED | v:{k} | hash | They must be the same
          k INT | v:{k} | hash | at least one column. There are none.
          k INT, v STRING, w INT | v:{k} | zset | two columns, the member and then its score, a DOUBLE
          k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED | v:{k} | set | is (k, v). They must be the same
          k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED | v:{k} | list | has no primary key
          """)
  void aTableThatCannotBeIsRefused(String columns, String pattern, String kind, String message) {
    assertThatThrownBy(
            () -> {
              declare(
                  "wrong",
                  columns.replace("v STRING, PRIMARY", "v STRING NOT NULL, PRIMARY"),
                  pattern,
                  kind);
              flink.explainSql("SELECT * FROM wrong");
            })
        .hasStackTraceContaining(message);
  }

  @Test
  void aWrongPasswordIsToldAndNotShown() {
    declare("secret", "k INT, v STRING", "v:{k}", "string", "password", "hunter2-of-redis");
    assertThat(flink.explainSql("SELECT * FROM secret")).doesNotContain("hunter2-of-redis");
    assertThatThrownBy(() -> rows("SELECT * FROM secret"))
        .hasStackTraceContaining("Redis at 127.0.0.1:" + port() + " cannot be connected to")
        .hasStackTraceContaining("WRONGPASS")
        .satisfies(
            failure ->
                assertThat(org.apache.flink.util.ExceptionUtils.stringifyException(failure))
                    .doesNotContain("hunter2-of-redis"));
  }

  @Test
  void withoutAPasswordTheServerAsksForOne() {
    declare("unlocked", "k INT, v STRING", "v:{k}", "string", "password", "");
    assertThatThrownBy(() -> rows("SELECT * FROM unlocked")).hasStackTraceContaining("NOAUTH");
  }

  @Test
  void aPasswordFileIsReadWhereTheConnectionOpens(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("password"), password() + "\n");
    redis.set("v:1", "x");
    declare(
        "filed",
        "k INT, v STRING",
        "v:{k}",
        "string",
        "password",
        "",
        "password-file",
        file.toString());
    assertThat(rows("SELECT * FROM filed")).containsExactly(Row.of(1, "x"));
  }

  private long commands(String name) {
    return redis
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + name + ":"))
        .map(line -> line.replaceFirst("\\w+:calls=(\\d+),.*", "$1"))
        .mapToLong(Long::parseLong)
        .sum();
  }

  private void declare(
      String name, String columns, String pattern, String kind, String... options) {
    List<String> all = new ArrayList<>(List.of("key-pattern", pattern, "value", kind));
    all.addAll(List.of(options));
    Flink.declare(flink, port(), password(), name, columns, all.toArray(String[]::new));
  }

  private List<Row> rows(String sql) {
    return Flink.rows(flink, sql);
  }
}
