package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.RedisServer;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Keys of a real Redis in Flink SQL: registered, then read, looked up and written. */
@ExtendWith(FlinkCluster.class)
class RedisIT {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Shop shop = Shop.shared();
  private static final RedisServer redis = SharedServers.redis();
  private static final Prefix prefix = SharedServers.newPrefix(RedisIT.class);

  @BeforeAll
  static void addSource() {
    shop.add(
        Source.newBuilder()
            .setName("redis")
            .setKind("redis")
            .putOptions("nodes", "127.0.0.1:" + redis.port())
            .putSecrets("password", redis.password()));
  }

  @Test
  void aTableOverKeysIsWrittenReadAndLookedUp() throws Exception {
    String table = prefix.name("profile") + NUMBER.incrementAndGet();
    RegisterTableResponse registered =
        shop.catalog()
            .registerTable(
                RegisterTableRequest.newBuilder()
                    .setName(TableName.newBuilder().setDatabase("redis").setTable(table))
                    .setRegistration(
                        Registration.newBuilder()
                            .putOptions("key-pattern", table + ":{user_id}:p")
                            .putOptions("value", "hash"))
                    .addColumns(column("user_id", "BIGINT"))
                    .addColumns(column("name", "STRING"))
                    .addColumns(column("age", "INT"))
                    .build());
    assertThat(registered.getWarningsList()).singleElement().asString().contains("none is of");
    assertThat(registered.getTable().getEffective().getPrimaryKeyList()).containsExactly("user_id");

    TableEnvironment session = shop.batch();
    String name = "unified.redis." + table;
    session.executeSql("INSERT INTO " + name + " VALUES (1, 'Ada', 36), (2, 'Blaise', 39)").await();
    assertThat(rows(session, "SELECT * FROM " + name))
        .containsExactlyInAnyOrder("+I[1, Ada, 36]", "+I[2, Blaise, 39]");
    TableEnvironment streaming = shop.streaming();
    streaming.executeSql(
        "CREATE TEMPORARY VIEW clicks AS SELECT user_id, PROCTIME() AS seen FROM (VALUES (CAST(1 AS"
            + " BIGINT)), (7)) AS v (user_id)");
    assertThat(
            rows(
                streaming,
                "SELECT c.user_id, p.name FROM clicks AS c LEFT JOIN "
                    + name
                    + " FOR SYSTEM_TIME AS OF c.seen AS p ON c.user_id = p.user_id"))
        .containsExactlyInAnyOrder("+I[1, Ada]", "+I[7, null]");
  }

  @Test
  void aTableIsRegisteredByDdlAndShowsNoSecret() throws Exception {
    String table = prefix.name("score") + NUMBER.incrementAndGet();
    String name = "unified.redis." + table;
    TableEnvironment session = shop.batch();
    session.executeSql(
        "CREATE TABLE "
            + name
            + " (board STRING, player STRING, points DOUBLE, lives BIGINT METADATA FROM 'ttl' VIRTUAL,"
            + " PRIMARY KEY (board, player) NOT ENFORCED) WITH ('key-pattern' = '"
            + table
            + ":{board}', 'value' = 'zset', 'scan.count' = '10')");
    session
        .executeSql("INSERT INTO " + name + " VALUES ('chess', 'Ada', 2.5), ('go', 'Blaise', 1)")
        .await();
    String query = "SELECT * FROM " + name + " WHERE board = 'chess'";
    assertThat(rows(session, query)).containsExactly("+I[chess, Ada, 2.5, null]");
    String shown = rows(session, "SHOW CREATE TABLE " + name).toString();
    assertThat(shown).contains("PRIMARY KEY (`board`, `player`) NOT ENFORCED");
    for (String text :
        new String[] {
          shown,
          session.explainSql(query),
          session.explainSql("INSERT INTO " + name + " VALUES ('go', 'Ada', 1)"),
          shop.streaming()
              .compilePlanSql("INSERT INTO " + name + " SELECT board, player, points FROM " + name)
              .asJsonString()
        }) {
      assertThat(text).contains(table).doesNotContain(redis.password());
    }
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        session.executeSql(
                            "CREATE TABLE unified.redis.other (a STRING, b STRING) WITH"
                                + " ('key-pattern' = '"
                                + table
                                + ":{a}', 'value' = 'string')"))))
        .contains("overlaps with '" + table + ":{board}' of table '" + table + "'")
        .contains("would be a key of both");
  }

  @Test
  void aStreamHasItsWatermarkInTheCatalogAndEndsInBatch() throws Exception {
    String table = prefix.name("event") + NUMBER.incrementAndGet();
    String name = "unified.redis." + table;
    TableEnvironment session = shop.streaming();
    session.executeSql(
        "CREATE TABLE "
            + name
            + " (tenant STRING, n INT, id STRING METADATA FROM 'stream-id', ts TIMESTAMP_LTZ(3)"
            + " METADATA FROM 'timestamp' VIRTUAL, WATERMARK FOR ts AS ts) WITH ('key-pattern' = '"
            + table
            + ":{tenant}', 'value' = 'stream')");
    session
        .executeSql(
            "INSERT INTO "
                + name
                + " VALUES ('a', 1, '1000-0'), ('a', 2, '11000-0'), ('b', 4, '1500-0')")
        .await();
    session.executeSql(
        "CREATE TEMPORARY VIEW bounded AS SELECT * FROM "
            + name
            + " /*+ OPTIONS('scan.bounded.mode' = 'latest') */");
    assertThat(
            rows(
                session,
                "SELECT SUM(n) FROM TABLE(TUMBLE(TABLE bounded, DESCRIPTOR(ts), INTERVAL '10'"
                    + " SECOND)) GROUP BY window_start, window_end"))
        .containsExactlyInAnyOrder("+I[5]", "+I[2]");
    TableEnvironment batch = shop.batch();
    assertThat(rows(batch, "SELECT tenant, n, id FROM " + name))
        .containsExactlyInAnyOrder("+I[a, 1, 1000-0]", "+I[a, 2, 11000-0]", "+I[b, 4, 1500-0]");
  }

  @Test
  void stringsAreReadByTheSchemaOfTheirValue() throws Exception {
    String table = prefix.name("click") + NUMBER.incrementAndGet();
    shop.schemas()
        .registerSchema(
            RegisterSchemaRequest.newBuilder()
                .setSubject(table + "-value")
                .setContent(
                    SchemaContent.newBuilder()
                        .addFiles(
                            SchemaFile.newBuilder()
                                .setName("click.proto")
                                .setText(
                                    """
                                    syntax = "proto3";
                                    message Click {
                                      int64 customer_id = 1;
                                      string page = 2;
                                    }
                                    """)))
                .build());
    shop.catalog()
        .registerTable(
            RegisterTableRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("redis").setTable(table))
                .setRegistration(
                    Registration.newBuilder()
                        .putOptions("key-pattern", table + ":{slot}")
                        .putOptions("value", "string")
                        .addSchemas(
                            SchemaUse.newBuilder().setRole("value").setSubject(table + "-value")))
                .addColumns(column("slot", "INT"))
                .build());
    TableEnvironment session = shop.batch();
    String name = "unified.redis." + table;
    session
        .executeSql("INSERT INTO " + name + " (slot, customer_id, page) VALUES (5, 1, '/home')")
        .await();
    assertThat(rows(session, "SELECT slot, customer_id, page FROM " + name))
        .containsExactly("+I[5, 1, /home]");
    // The column of the key stays as it was given.
    session.executeSql("ALTER TABLE " + name + " SET ('scan.count' = '20')");
    assertThat(rows(session, "SHOW CREATE TABLE " + name).toString())
        .contains("`slot` INT NOT NULL");
  }

  private static PhysicalColumn column(String name, String type) {
    return PhysicalColumn.newBuilder().setName(name).setNativeType(type).setNullable(true).build();
  }
}
