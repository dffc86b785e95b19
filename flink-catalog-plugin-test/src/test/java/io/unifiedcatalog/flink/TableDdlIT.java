package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that SQL registers, alters and drops in the catalog. */
@ExtendWith(FlinkCluster.class)
class TableDdlIT {
  private final Topics topics = Topics.shared();
  private final TableEnvironment session = topics.batch();
  private final String topic = topics.topic();
  private final String table = "unified.kafka." + topic;

  @Test
  void aTableWithoutConnectorBindsToTheSourceOfItsDatabase() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT NOT NULL COMMENT 'the id', `odd ``name` STRING, place ROW<x INT, tags"
            + " ARRAY<STRING NOT NULL>>, created TIMESTAMP(3), loud AS UPPER(`odd ``name`) || 'it''s'"
            + " COMMENT 'computed', written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,"
            + " `offset` BIGINT METADATA VIRTUAL, WATERMARK FOR created AS created - INTERVAL '5'"
            + " SECOND) COMMENT 'who clicked' WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");

    // The same session, and another one, see what was declared.
    for (TableEnvironment each : new TableEnvironment[] {session, topics.batch()}) {
      assertThat(rows(each, "SHOW TABLES FROM unified.kafka")).contains("+I[" + topic + "]");
      assertThat(rows(each, "SHOW CREATE TABLE " + table).toString())
          .contains("`id` BIGINT NOT NULL COMMENT 'the id'")
          .contains("`odd ``name` VARCHAR(2147483647)")
          .contains("ARRAY<VARCHAR(2147483647) NOT NULL>")
          .contains("`loud` AS UPPER(`odd ``name`) || 'it''s' COMMENT 'computed'")
          .contains("`written` TIMESTAMP(3) WITH LOCAL TIME ZONE METADATA FROM 'timestamp' VIRTUAL")
          .contains("`offset` BIGINT METADATA")
          .contains("WATERMARK FOR `created` AS `created` - INTERVAL '5' SECOND")
          .contains("COMMENT 'who clicked'")
          .contains("'connector' = 'unified'")
          .doesNotContain("'topic'");
    }
    session
        .executeSql(
            "INSERT INTO "
                + table
                + " VALUES (1, 'home', ROW(5, ARRAY['a']), TIMESTAMP '2026-01-01 10:00:00.123')")
        .await();
    assertThat(new String(topics.kafka.records(topic).get(0).value(), UTF_8))
        .contains("\"odd `name\":\"home\"");
    assertThat(rows(session, "SELECT id, place, created, loud, `offset` FROM " + table))
        .containsExactly("+I[1, +I[5, [a]], 2026-01-01T10:00:00.123, HOMEit's, 0]");
  }

  @Test
  void aTableWithoutColumnsHasThoseOfItsSchemas() throws Exception {
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.schema(topic + "-key", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    session.executeSql(
        "CREATE TABLE "
            + table
            + " WITH ('topic' = '"
            + topic
            + "', 'schema' = '"
            + topic
            + "-value', 'message' = 'shop.Click', 'key-schema' = '"
            + topic
            + "-key:1', 'key-message' = 'shop.ClickKey')");
    assertThat(rows(session, "DESCRIBE " + table).toString())
        .contains("id, BIGINT")
        .contains("customer_id, BIGINT")
        .contains("page, STRING");
    Table stored = stored();
    assertThat(stored.getPhysical().getRegistration().getOptionsMap())
        .containsOnlyKeys("topic")
        .containsEntry("topic", topic);
    assertThat(stored.getPhysical().getRegistration().getSchemasList())
        .extracting(SchemaUse::getRole, SchemaUse::getMessage, SchemaUse::getPinned)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("value", "shop.Click", false),
            org.assertj.core.groups.Tuple.tuple("key", "shop.ClickKey", true));

    session.executeSql(
        "ALTER TABLE "
            + table
            + " ADD (written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,"
            + " WATERMARK FOR written AS written - INTERVAL '1' SECOND)");
    assertThat(rows(session, "DESCRIBE " + table).toString())
        .contains("`written` - INTERVAL '1' SECOND");
    session
        .executeSql(
            "INSERT INTO "
                + table
                + " (id, customer_id, page, tags) VALUES (7, 1, '/', ARRAY['a'])")
        .await();
    assertThat(rows(session, "SELECT id, customer_id, page FROM " + table))
        .containsExactly("+I[7, 1, /]");
    assertThat(failure("ALTER TABLE " + table + " ADD (more INT)"))
        .contains("table kafka." + topic)
        .doesNotContain("{")
        .contains("catalog schema register")
        .contains(topic + "-");
  }

  @Test
  void aTableThatIsThereIsNotMadeAgain() throws Exception {
    String create = " (id BIGINT) WITH ('topic' = '" + topic + "', 'value.format' = 'json')";
    session.executeSql("CREATE TABLE " + table + create);
    session.executeSql("CREATE TABLE IF NOT EXISTS " + table + " (other INT) WITH ('topic' = 'x')");
    assertThat(rows(session, "DESCRIBE " + table).toString())
        .contains("id")
        .doesNotContain("other");
    // Not even just so, nor from a session that does not know it yet.
    assertThat(failure("CREATE TABLE " + table + create)).contains("already exists");
    assertThat(
            reason(
                catchThrowable(() -> topics.batch().executeSql("CREATE TABLE " + table + create))))
        .contains("already exists");
    assertThat(stored().getVersion()).isEqualTo(1);
  }

  @Test
  void aTableIsDroppedAndItsTopicIsNot() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    session.executeSql("INSERT INTO " + table + " VALUES (1)").await();
    session.executeSql("DROP TABLE " + table);
    assertThat(rows(session, "SHOW TABLES FROM unified.kafka")).doesNotContain("+I[" + topic + "]");
    assertThat(failure("SELECT * FROM " + table)).contains("not found");
    assertThat(failure("DROP TABLE " + table)).contains("does not exist");
    session.executeSql("DROP TABLE IF EXISTS " + table);
    assertThat(topics.kafka.records(topic)).hasSize(1);

    session.executeSql(
        "CREATE TABLE "
            + table
            + " (other BIGINT) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    assertThat(rows(session, "SELECT * FROM " + table)).containsExactly("+I[null]");
  }

  @Test
  void optionsColumnsWatermarkAndKeyAreAltered() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT NOT NULL, at_ TIMESTAMP(3)) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    session.executeSql("INSERT INTO " + table + " (id) VALUES (1)").await();
    topics.kafka.produce(topic, null, "no json".getBytes(UTF_8));
    session.executeSql("ALTER TABLE " + table + " SET ('value.json.ignore-parse-errors' = 'true')");
    session.executeSql(
        "ALTER TABLE " + table + " ADD (note STRING COMMENT 'new' AFTER id, twice AS id * 2)");
    assertThat(rows(session, "SELECT id, note, twice FROM " + table))
        .containsExactly("+I[1, null, 2]");
    assertThat(stored().getPhysical().getColumnsList())
        .extracting(column -> column.getName() + " " + column.getComment())
        .containsExactly("id ", "note new", "at_ ");

    session.executeSql("ALTER TABLE " + table + " ADD WATERMARK FOR at_ AS at_");
    session.executeSql(
        "ALTER TABLE "
            + table
            + " MODIFY (note VARCHAR(10), WATERMARK FOR at_ AS at_"
            + " - INTERVAL '1' SECOND)");
    assertThat(rows(session, "SHOW CREATE TABLE " + table).toString())
        .contains("`note` VARCHAR(10)")
        .contains("WATERMARK FOR `at_` AS `at_` - INTERVAL '1' SECOND");
    session.executeSql("ALTER TABLE " + table + " DROP WATERMARK");
    session.executeSql("ALTER TABLE " + table + " DROP (twice, note)");
    assertThat(rows(session, "SHOW CREATE TABLE " + table).toString())
        .doesNotContain("WATERMARK")
        .doesNotContain("note")
        .doesNotContain("twice");

    session.executeSql("ALTER TABLE " + table + " RESET ('value.json.ignore-parse-errors')");
    assertThat(stored().getPhysical().getRegistration().getOptionsMap())
        .containsOnlyKeys("topic", "value.format");
    session.executeSql("ALTER TABLE " + table + " SET ('key.format' = 'json')");
    session.executeSql("ALTER TABLE " + table + " ADD PRIMARY KEY (id) NOT ENFORCED");
    assertThat(rows(session, "DESCRIBE " + table).toString()).contains("PRI(id)");
    assertThat(
            topics.streaming().explainSql("SELECT * FROM " + table, ExplainDetail.CHANGELOG_MODE))
        .contains("UA,D");
    session.executeSql("ALTER TABLE " + table + " DROP PRIMARY KEY");
    assertThat(rows(session, "DESCRIBE " + table).toString()).doesNotContain("PRI");
  }

  @Test
  void whatCannotBeAlteredIsRefusedWithWhatToDo() {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    assertThat(failure("ALTER TABLE " + table + " RENAME TO unified.kafka.another"))
        .contains("Cannot rename 'kafka." + topic + "'")
        .contains("Create 'another' with CREATE TABLE");
    assertThat(failure("ALTER TABLE " + table + " RENAME id TO number"))
        .contains("table kafka." + topic)
        .doesNotContain("{")
        .contains("make it as it should be");
    assertThat(failure("ALTER TABLE " + table + " SET ('connector' = 'datagen')"))
        .contains("Option 'connector' of table kafka." + topic + " cannot be altered");
    assertThat(failure("ALTER TABLE " + table + " SET ('properties.sasl.jaas.config' = 'x')"))
        .contains(
            "Option 'properties.sasl.jaas.config' of table kafka." + topic + " holds a secret");
    assertThat(stored().getVersion()).isEqualTo(1);
  }

  @Test
  void aTableWithAConnectorOfItsOwnShowsItsOptions() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (n INT, twice AS n * 2) WITH ('connector' = 'datagen',"
            + " 'number-of-rows' = '3', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',"
            + " 'fields.n.end' = '3')");
    TableEnvironment other = topics.batch();
    assertThat(rows(other, "SHOW CREATE TABLE " + table).toString())
        .contains("'connector' = 'datagen'")
        .contains("'number-of-rows' = '3'")
        .doesNotContain("unified.table");
    assertThat(rows(other, "SELECT * FROM " + table))
        .containsExactlyInAnyOrder("+I[1, 2]", "+I[2, 4]", "+I[3, 6]");
    // A hint is between Flink and the connector.
    assertThat(rows(other, "SELECT n FROM " + table + " /*+ OPTIONS('fields.n.end' = '1') */"))
        .containsExactly("+I[1]");
    TableEnvironment streaming = topics.streaming();
    String plan =
        streaming
            .compilePlanSql(
                "INSERT INTO unified.mysql_shop.notes SELECT n + 100, 'plan' FROM " + table)
            .asJsonString();
    topics.streaming().loadPlan(PlanReference.fromJsonString(plan)).execute().await();
    assertThat(rows(other, "SELECT id FROM unified.mysql_shop.notes WHERE note = 'plan'"))
        .containsExactlyInAnyOrder("+I[101]", "+I[102]", "+I[103]");

    other.executeSql("ALTER TABLE " + table + " SET ('fields.n.end' = '2')");
    assertThat(rows(other, "SELECT n FROM " + table)).hasSize(2);
    other.executeSql("CREATE TEMPORARY TABLE mine LIKE " + table);
    assertThat(rows(other, "SELECT n FROM mine")).hasSize(2);
    assertThat(failure("SELECT * FROM " + table + " /*+ OPTIONS('connector' = 'nothing') */"))
        .contains("nothing");
    other.executeSql("DROP TABLE " + table);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'topic' = 'x', 'properties.sasl.jaas.config' = 's3cr3t' | properties.sasl.jaas.config",
        "'topic' = 'x', 'properties.ssl.keystore.password' = 's3cr3t' | properties.ssl.keystore.password",
        "'connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'password' = 's3cr3t' | password",
        "'connector' = 'jdbc', 'url' = 'jdbc:mysql://me:s3cr3t@h/d' | url",
        "'connector' = 'x', 'http.token' = 's3cr3t' | http.token",
      })
  void anOptionThatHoldsASecretIsRefused(String options, String option) {
    assertThat(failure("CREATE TABLE " + table + " (id INT) WITH (" + options + ")"))
        .contains("Option '" + option + "' of table kafka." + topic + " holds a secret")
        .contains("catalog source")
        .doesNotContain("s3cr3t");
  }

  @Test
  void aTableIsMadeFromAQuery() throws Exception {
    session
        .executeSql(
            "CREATE TABLE "
                + table
                + " WITH ('topic' = '"
                + topic
                + "', 'value.format' = 'json') AS SELECT id, name FROM"
                + " unified.mysql_shop.customers WHERE id < 3")
        .await();
    assertThat(rows(session, "SELECT * FROM " + table))
        .containsExactlyInAnyOrder("+I[1, Ada]", "+I[2, Blaise]");
  }

  @Test
  void aTableIsMadeLikeAnotherOfTheCatalog() throws Exception {
    session.executeSql(
        "CREATE TABLE "
            + table
            + " WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json') LIKE unified.mysql_shop.customers (EXCLUDING OPTIONS"
            + " EXCLUDING CONSTRAINTS)");
    session
        .executeSql("INSERT INTO " + table + " SELECT * FROM unified.mysql_shop.customers")
        .await();
    assertThat(rows(session, "SELECT COUNT(*) FROM " + table)).containsExactly("+I[3]");

    session.executeSql("CREATE TEMPORARY TABLE unified.kafka.mine_" + topic + " LIKE " + table);
    assertThat(rows(session, "SELECT COUNT(*) FROM unified.kafka.mine_" + topic))
        .containsExactly("+I[3]");
    // The reference of another table is no registration.
    assertThat(failure("CREATE TABLE unified.kafka.two_" + topic + " LIKE " + table))
        .contains("'connector' = 'unified'")
        .contains("CREATE TEMPORARY TABLE ... LIKE")
        .contains("EXCLUDING OPTIONS");
  }

  @Test
  void whatTheServerRefusesIsSaidInItsWords() {
    assertThat(failure("CREATE TABLE " + table + " (id INT) WITH ('value.format' = 'json')"))
        .contains("The catalog server at")
        .contains("topic");
    assertThat(
            failure(
                "CREATE TABLE " + table + " WITH ('topic' = '" + topic + "', 'schema' = 'nobody')"))
        .contains("nobody");
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    assertThat(
            failure(
                "CREATE TABLE "
                    + table
                    + " WITH ('topic' = '"
                    + topic
                    + "', 'schema' = '"
                    + topic
                    + "-value', 'message' = 'shop.Nothing')"))
        .contains("shop.Nothing");
    assertThat(
            failure(
                "CREATE TABLE "
                    + table
                    + " WITH ('topic' = '"
                    + topic
                    + "', 'schema' = 'clicks:newest')"))
        .contains("Option 'schema' of table kafka." + topic + " is 'clicks:newest'");
    assertThat(
            failure(
                "CREATE TABLE "
                    + table
                    + " (id INT) WITH ('topic' = '"
                    + topic
                    + "', 'message' = 'shop.Click')"))
        .contains("Option 'message' of table kafka." + topic + " says nothing without 'schema'");
    assertThat(
            failure(
                "CREATE TABLE "
                    + table
                    + " (id INT, d STRING) PARTITIONED BY (d) WITH"
                    + " ('topic' = '"
                    + topic
                    + "', 'value.format' = 'json')"))
        .contains("PARTITIONED BY");
    assertThat(failure("CREATE VIEW unified.kafka.v AS SELECT 1 AS n"))
        .contains("CREATE TEMPORARY VIEW");
    assertThat(failure("CREATE TABLE unified.mysql_shop.t (id INT) WITH ('topic' = 'x')"))
        .contains("mysql");
    assertThat(failure("CREATE TABLE unified.nowhere.t (id INT) WITH ('topic' = 'x')"))
        .contains("nowhere");
  }

  private Table stored() {
    return topics
        .shop
        .catalog()
        .getTable(
            GetTableRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("kafka").setTable(topic))
                .build());
  }

  private String failure(String statement) {
    return reason(catchThrowable(() -> session.executeSql(statement)));
  }
}
