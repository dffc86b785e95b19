package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Physical, computed and metadata columns stand in the order in which they were declared. */
@ExtendWith(FlinkCluster.class)
class ColumnOrderIT {
  private static final Prefix PREFIX = SharedServers.newPrefix(ColumnOrderIT.class);

  private final Topics topics = Topics.shared();
  private final TableEnvironment session = topics.batch();
  private final String topic = topics.topic();
  private final String table = "unified.kafka." + topic;

  @Test
  void anInsertWritesEachValueIntoTheColumnThatStandsThere() throws Exception {
    create(
        "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', created TIMESTAMP_LTZ(3),"
            + " day_ AS CAST(created AS DATE), page STRING");
    session.getConfig().set("table.local-time-zone", "UTC");
    session
        .executeSql(
            "INSERT INTO "
                + table
                + " VALUES (TO_TIMESTAMP_LTZ(1000, 3), TO_TIMESTAMP_LTZ(2000, 3), '/')")
        .await();

    assertThat(names()).containsExactly("ts", "created", "day_", "page");
    assertThat(rows(session, "SELECT * FROM " + table))
        .containsExactly("+I[1970-01-01T00:00:01Z, 1970-01-01T00:00:02Z, 1970-01-01, /]");
    assertThat(rows(session, "SHOW CREATE TABLE " + table).toString())
        .containsSubsequence("`ts`", "`created`", "`day_`", "`page`");
    assertThat(new String(topics.kafka.records(topic).get(0).value(), UTF_8))
        .contains("\"created\":\"1970-01-01 00:00:02Z\"");
  }

  @Test
  void anyMixtureOfTheThreeKindsIsShownReadAndWrittenAsItWasDeclared() throws Exception {
    for (int seed = 0; seed < 12; seed++) {
      Random random = new Random(seed);
      List<String> columns =
          new ArrayList<>(
              List.of(
                  "p1 INT",
                  "p2 INT",
                  "p3 INT",
                  "c1 AS p1 * 10",
                  "c2 AS p2 * 10",
                  "m1 BIGINT METADATA FROM 'offset' VIRTUAL",
                  "m2 TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'",
                  "m3 INT METADATA FROM 'partition' VIRTUAL"));
      Collections.shuffle(columns, random);
      String each = topics.topic();
      String name = "unified.kafka." + each;
      session.executeSql(
          "CREATE TABLE "
              + name
              + " ("
              + String.join(", ", columns)
              + ") WITH ('topic' = '"
              + each
              + "', 'value.format' = 'json')");
      List<String> declared = columns.stream().map(column -> column.substring(0, 2)).toList();
      List<String> values = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (String column : declared) {
        switch (column) {
          case "p1" -> values.add("1");
          case "p2" -> values.add("2");
          case "p3" -> values.add("3");
          case "m2" -> values.add("TO_TIMESTAMP_LTZ(4000, 3)");
          default -> {}
        }
        expected.add(
            switch (column) {
              case "c1" -> "10";
              case "c2" -> "20";
              case "m1", "m3" -> "0";
              case "m2" -> "1970-01-01T00:00:04Z";
              default -> column.substring(1);
            });
      }
      session
          .executeSql("INSERT INTO " + name + " VALUES (" + String.join(", ", values) + ")")
          .await();

      assertThat(session.from(name).getResolvedSchema().getColumnNames())
          .as("seed " + seed)
          .isEqualTo(declared);
      assertThat(rows(session, "SELECT * FROM " + name))
          .as("seed " + seed)
          .containsExactly("+I[" + String.join(", ", expected) + "]");
    }
  }

  @Test
  void aColumnIsAddedAndMovedToAnyPlace() throws Exception {
    create("b INT, at_ TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, twice AS b * 2");
    alter("ADD (a INT FIRST, c INT AFTER at_)");
    assertThat(names()).containsExactly("a", "b", "at_", "c", "twice");
    alter("ADD (last_ INT, nine AS 9 AFTER a, place BIGINT METADATA FROM 'offset' VIRTUAL FIRST)");
    assertThat(names()).containsExactly("place", "a", "nine", "b", "at_", "c", "twice", "last_");
    alter("MODIFY (c INT FIRST, b INT AFTER twice)");
    assertThat(names()).containsExactly("c", "place", "a", "nine", "at_", "twice", "b", "last_");
    alter("MODIFY (twice AS b * 3 AFTER c)");
    assertThat(names()).containsExactly("c", "twice", "place", "a", "nine", "at_", "b", "last_");
    alter("DROP (place, nine)");
    assertThat(names()).containsExactly("c", "twice", "a", "at_", "b", "last_");
    alter("SET ('value.json.ignore-parse-errors' = 'true')");
    assertThat(names()).containsExactly("c", "twice", "a", "at_", "b", "last_");
    session.executeSql("INSERT INTO " + table + " VALUES (1, 2, 3, 4)").await();
    assertThat(rows(session, "SELECT c, twice, a, b, last_ FROM " + table))
        .containsExactly("+I[1, 9, 2, 3, 4]");
    assertThat(
            reason(
                catchThrowable(
                    () -> session.executeSql("ALTER TABLE " + table + " ADD (x INT AFTER y)"))))
        .contains("y");
  }

  @Test
  void aColumnOfASchemaKeepsItsPlaceAmongThoseThatWereDeclared() throws Exception {
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (at_ TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL) WITH ('topic' = '"
            + topic
            + "', 'schema' = '"
            + topic
            + "-value', 'message' = 'shop.Click')");
    assertThat(names()).containsExactly("customer_id", "page", "seen_at", "tags", "at_");
    alter(
        "ADD (place BIGINT METADATA FROM 'offset' VIRTUAL FIRST, loud AS UPPER(page) AFTER page)");
    assertThat(names())
        .containsExactly("place", "customer_id", "page", "loud", "seen_at", "tags", "at_");
    topics.schema(
        topic + "-value",
        Topics.CLICK.replace("string page = 2;", "string page = 2; string lang = 5;"),
        Compatibility.COMPATIBILITY_UNSPECIFIED);
    TableEnvironment other = topics.batch();
    assertThat(other.from(table).getResolvedSchema().getColumnNames())
        .containsExactly("place", "customer_id", "page", "lang", "loud", "seen_at", "tags", "at_");
  }

  @Test
  void aTableWithAConnectorOfItsOwnKeepsItsOrder() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (twice AS n * 2, n INT, m AS n + 1) WITH ('connector' = 'datagen',"
            + " 'number-of-rows' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '4',"
            + " 'fields.n.end' = '4')");
    assertThat(rows(topics.batch(), "SELECT * FROM " + table)).containsExactly("+I[8, 4, 5]");
    session.executeSql("DROP TABLE " + table);
  }

  @Test
  void aStreamOfRedisKeepsItsOrder() throws Exception {
    RedisServer redis = SharedServers.redis();
    topics.shop.add(
        Source.newBuilder()
            .setName("redis_order")
            .setKind("redis")
            .putOptions("nodes", "127.0.0.1:" + redis.port())
            .putSecrets("password", redis.password()));
    String pattern = PREFIX.name("order");
    String stream = "unified.redis_order.events";
    session.executeSql(
        "CREATE TABLE "
            + stream
            + " (id STRING METADATA FROM 'stream-id', n INT, loud AS UPPER(tenant), tenant STRING)"
            + " WITH ('key-pattern' = '"
            + pattern
            + ":{tenant}', 'value' = 'stream')");
    session.executeSql("INSERT INTO " + stream + " VALUES ('7-1', 5, 'me')").await();
    assertThat(rows(session, "SELECT * FROM " + stream)).containsExactly("+I[7-1, 5, ME, me]");
    String set = "unified.redis_order.scores";
    session.executeSql(
        "CREATE TABLE "
            + set
            + " (lives BIGINT METADATA FROM 'ttl' VIRTUAL, player STRING, best AS points > 2,"
            + " points DOUBLE, board STRING) WITH ('key-pattern' = '"
            + pattern
            + "-score:{board}', 'value' = 'zset')");
    session.executeSql("INSERT INTO " + set + " VALUES ('Ada', 2.5, 'chess')").await();
    assertThat(rows(session, "SELECT * FROM " + set))
        .containsExactly("+I[null, Ada, true, 2.5, chess]");
  }

  @Test
  void anOverlayOrdersTheColumnsOfACrawledTable() throws Exception {
    try (Shop own = Shop.own()) {

      own.overlay(
          "customers",
          Overlay.newBuilder()
              .addComputedColumns(
                  ComputedColumn.newBuilder().setName("loud").setExpression("UPPER(name)"))
              .addAllColumnOrder(List.of("country", "loud", "id"))
              .build());
      TableEnvironment other = own.batch();
      assertThat(rows(other, "SELECT * FROM " + own.table("customers") + " WHERE id = 1"))
          .containsExactly("+I[GB, ADA, 1, Ada]");
      other
          .executeSql("INSERT INTO " + own.table("customers") + " VALUES ('IT', 9, 'Dora')")
          .await();
      assertThat(
              rows(other, "SELECT name, country FROM " + own.table("customers") + " WHERE id = 9"))
          .containsExactly("+I[Dora, IT]");
    }
  }

  private void create(String columns) {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " ("
            + columns
            + ") WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
  }

  private void alter(String change) {
    session.executeSql("ALTER TABLE " + table + " " + change);
  }

  /** As this session, which did the changes, and another one see them. */
  private List<String> names() {
    List<String> names = session.from(table).getResolvedSchema().getColumnNames();
    assertThat(topics.batch().from(table).getResolvedSchema().getColumnNames()).isEqualTo(names);
    return names;
  }
}
