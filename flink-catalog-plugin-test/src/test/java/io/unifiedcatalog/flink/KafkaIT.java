package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.UnknownFieldSet;
import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Watermark;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics as tables: a registered schema, and SQL reads and writes the records of a real broker. */
@ExtendWith(FlinkCluster.class)
class KafkaIT {
  /** Ends a streaming read at what is there now. */
  private static final String BOUNDED =
      "/*+ OPTIONS('scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset')"
          + " */";

  private final Topics topics = Topics.shared();

  @Test
  void rowsAreWrittenAsProtobufAndReadBackInBatch() throws Exception {
    String table = topics.clicks();
    TableEnvironment session = topics.batch();
    insert(
        session,
        table,
        "(1, '/home', TO_TIMESTAMP_LTZ(1767261600123, 3), ARRAY['a', 'b'])",
        "(2, '/cart', TO_TIMESTAMP_LTZ(1767261601000, 3), ARRAY['c'])");

    // Rows that need computing are a union of single rows to Flink: they come in any order.
    List<ConsumerRecord<byte[], byte[]>> records = topics.kafka.records(table);
    assertThat(records).hasSize(2);
    Map<Long, UnknownFieldSet> byCustomer = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      UnknownFieldSet value = UnknownFieldSet.parseFrom(record.value());
      byCustomer.put(value.getField(1).getVarintList().get(0), value);
    }
    assertThat(byCustomer).containsOnlyKeys(1L, 2L);
    UnknownFieldSet first = requireNonNull(byCustomer.get(1L));
    assertThat(first.getField(2).getLengthDelimitedList().get(0).toStringUtf8()).isEqualTo("/home");
    assertThat(first.getField(4).getLengthDelimitedList()).hasSize(2);
    assertThat(
            rows(
                session,
                "SELECT customer_id, page, CAST(seen_at AS TIMESTAMP_LTZ(3)) ="
                    + " TO_TIMESTAMP_LTZ(1767261600123, 3), tags FROM unified.kafka."
                    + table))
        .containsExactlyInAnyOrder("+I[1, /home, true, [a, b]]", "+I[2, /cart, false, [c]]");
  }

  @Test
  void rowsAreWrittenAndReadInStreaming() throws Exception {
    String table = topics.clicks();
    TableEnvironment session = topics.streaming();
    insert(session, table, click(1, "/home"), click(2, "/cart"), click(3, "/home"));
    assertThat(
            rows(
                session,
                "SELECT page, COUNT(*) FROM unified.kafka."
                    + table
                    + " "
                    + BOUNDED
                    + " GROUP BY page"))
        .contains("+I[/cart, 1]", "+U[/home, 2]");
  }

  @Test
  void aTopicIsJoinedWithMySqlInBatch() throws Exception {
    String table = topics.clicks();
    TableEnvironment session = topics.batch();
    insert(session, table, click(1, "/home"), click(2, "/cart"), click(9, "/none"));
    assertThat(
            rows(
                session,
                "SELECT c.name, k.page FROM unified.kafka."
                    + table
                    + " k JOIN unified.mysql_shop.customers c ON c.id = k.customer_id"))
        .containsExactlyInAnyOrder("+I[Ada, /home]", "+I[Blaise, /cart]");
  }

  @Test
  void aStreamIsJoinedWithMySqlByLookup() throws Exception {
    String table =
        topics.clicks(
            Map.of("scan.startup.mode", "earliest-offset"),
            Overlay.newBuilder()
                .addComputedColumns(
                    ComputedColumn.newBuilder().setName("now").setExpression("PROCTIME()"))
                .build());
    TableEnvironment session = topics.streaming();
    insert(session, table, click(1, "/home"), click(9, "/none"));
    assertThat(
            rows(
                session,
                "SELECT k.customer_id, c.name FROM unified.kafka."
                    + table
                    + " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ k LEFT JOIN"
                    + " unified.mysql_shop.customers FOR SYSTEM_TIME AS OF k.`now` AS c ON c.id ="
                    + " k.customer_id"))
        .containsExactlyInAnyOrder("+I[1, Ada]", "+I[9, null]");
  }

  @Test
  void theKeyOfARecordHasASchemaOfItsOwn() throws Exception {
    String topic = topics.topic();
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.schema(topic + "-key", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .addSchemas(Topics.value(topic))
            .addSchemas(key(topic))
            .build(),
        Overlay.getDefaultInstance());
    TableEnvironment session = topics.batch();
    session
        .executeSql(
            "INSERT INTO unified.kafka."
                + topic
                + " (id, customer_id, page, tags) VALUES (7, 1,"
                + " '/home', ARRAY['a'])")
        .await();
    ConsumerRecord<byte[], byte[]> record = topics.kafka.records(topic).get(0);
    assertThat(UnknownFieldSet.parseFrom(record.key()).getField(1).getVarintList())
        .containsExactly(7L);
    assertThat(UnknownFieldSet.parseFrom(record.value()).getField(1).getVarintList())
        .containsExactly(1L);
    assertThat(rows(session, "SELECT id, customer_id, page FROM unified.kafka." + topic))
        .containsExactly("+I[7, 1, /home]");
  }

  @Test
  void aTopicWithAPrimaryKeyIsAnUpsertStream() throws Exception {
    String topic = topics.topic();
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.schema(topic + "-key", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .addSchemas(Topics.value(topic))
            .addSchemas(key(topic))
            .build(),
        Overlay.newBuilder().addPrimaryKey("id").build());
    TableEnvironment session = topics.streaming();
    session
        .executeSql(
            "INSERT INTO unified.kafka."
                + topic
                + " (id, customer_id, page, tags) SELECT k, COUNT(*), '/', ARRAY['a'] FROM (VALUES"
                + " (CAST(7 AS BIGINT)), (7), (8)) AS t(k) GROUP BY k")
        .await();
    String query =
        "SELECT SUM(customer_id) FROM unified.kafka."
            + topic
            + " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */";
    assertThat(rows(session, query)).last().isEqualTo("+U[3]");
    // A record with no value deletes the row of its key: field 1, a varint, 7.
    topics.kafka.produce(topic, new byte[] {8, 7}, null);
    assertThat(rows(session, query)).last().isEqualTo("+U[1]");
  }

  @Test
  void metadataColumnsComeFromTheRecord() throws Exception {
    String table =
        topics.clicks(
            Map.of(),
            Overlay.newBuilder()
                .addMetadataColumns(metadata("at", "TIMESTAMP_LTZ(3)", "timestamp", false))
                .addMetadataColumns(metadata("offset", "BIGINT", "", true))
                .addMetadataColumns(metadata("partition", "INT", "", true))
                .addMetadataColumns(metadata("headers", "MAP<STRING, BYTES>", "", true))
                .build());
    byte[] value = {8, 5};
    topics.kafka.produce(
        table, null, value, Map.of("trace", "abc".getBytes(UTF_8)), 1767261600000L);
    TableEnvironment session = topics.batch();
    assertThat(
            rows(
                session,
                "SELECT customer_id, `at` = TO_TIMESTAMP_LTZ(1767261600000, 3), `offset`,"
                    + " `partition`, CAST(headers['trace'] AS STRING) FROM unified.kafka."
                    + table))
        .containsExactly("+I[5, true, 0, 0, abc]");

    session
        .executeSql(
            "INSERT INTO unified.kafka."
                + table
                + " (customer_id, page, tags, `at`) VALUES (6, '/', ARRAY['a'],"
                + " TO_TIMESTAMP_LTZ(1767261600001, 3))")
        .await();
    assertThat(topics.kafka.records(table).get(1).timestamp()).isEqualTo(1767261600001L);
  }

  @Test
  void aWatermarkMakesWindows() throws Exception {
    String table =
        topics.clicks(
            Map.of(),
            Overlay.newBuilder()
                .addMetadataColumns(metadata("at", "TIMESTAMP_LTZ(3)", "timestamp", true))
                .setWatermark(
                    Watermark.newBuilder()
                        .setColumn("at")
                        .setExpression("`at` - INTERVAL '1' SECOND"))
                .build());
    for (long second : List.of(0, 5, 65)) {
      topics.kafka.produce(
          table, null, new byte[] {8, 1}, Map.of(), 1767261600000L + second * 1000);
    }
    assertThat(
            rows(
                topics.streaming(),
                "SELECT COUNT(*) FROM TABLE(TUMBLE((SELECT * FROM unified.kafka."
                    + table
                    + " "
                    + BOUNDED
                    + "), DESCRIPTOR(`at`), INTERVAL '1' MINUTE)) GROUP BY window_start,"
                    + " window_end"))
        .containsExactly("+I[2]", "+I[1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connector",
        "topic",
        "properties.bootstrap.servers",
        "properties.sasl.jaas.config",
        "properties.security.protocol",
        "value.format",
        "value.protobuf-descriptor.descriptor-set",
        "value.protobuf-descriptor.descriptor-file",
        "unified.version"
      })
  void aHintCannotRedirectATopic(String key) {
    String table = topics.clicks();
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        topics
                            .batch()
                            .explainSql(
                                "SELECT * FROM unified.kafka."
                                    + table
                                    + " /*+ OPTIONS('"
                                    + key
                                    + "' = 'elsewhere:9092') */"))))
        .contains("Option '" + key + "' of table kafka." + table + " is fixed")
        .doesNotContain(topics.kafka.password());
  }

  @Test
  void nothingThatFlinkShowsOrStoresHoldsThePassword() throws Exception {
    String table = topics.clicks();
    TableEnvironment session = topics.streaming();
    String insert = "INSERT INTO unified.kafka." + table + " SELECT * FROM unified.kafka." + table;
    assertThat(rows(session, "SHOW CREATE TABLE unified.kafka." + table).toString())
        .contains("'connector' = 'unified'")
        .contains("`page` VARCHAR(2147483647)")
        .doesNotContain("unified.version");
    for (String shown :
        List.of(
            rows(session, "SHOW CREATE TABLE unified.kafka." + table).toString(),
            rows(session, "DESCRIBE EXTENDED unified.kafka." + table).toString(),
            session.explainSql(
                insert, ExplainDetail.JSON_EXECUTION_PLAN, ExplainDetail.CHANGELOG_MODE),
            session.compilePlanSql(insert).asJsonString())) {
      assertThat(shown)
          .doesNotContain(topics.kafka.password())
          .doesNotContain("jaas")
          .doesNotContain(topics.kafka.saslBootstrapServers())
          .doesNotContain("descriptor-set");
    }
  }

  @Test
  void aRecordThatIsNoProtobufFailsTheJobByName() {
    String table = topics.clicks();
    topics.kafka.produce(table, null, "{\"customer_id\": 1}".getBytes(UTF_8));
    assertThat(
            Shop.messages(
                catchThrowable(() -> rows(topics.batch(), "SELECT * FROM unified.kafka." + table))))
        .contains("shop.Click")
        .doesNotContain(topics.kafka.password());
  }

  @Test
  void recordsThatCannotBeReadArePassedOverIfTheTableSaysSo() throws Exception {
    String table =
        topics.clicks(
            Map.of("value.protobuf-descriptor.ignore-parse-errors", "true"),
            Overlay.getDefaultInstance());
    topics.kafka.produce(table, null, "{\"customer_id\": 1}".getBytes(UTF_8));
    topics.kafka.produce(table, null, new byte[] {8, 5});
    assertThat(rows(topics.batch(), "SELECT customer_id FROM unified.kafka." + table))
        .containsExactly("+I[5]");
  }

  @Test
  void aFramedRecordIsReadOnlyByATableThatSaysSo() throws Exception {
    String plain = topics.clicks();
    String framed =
        topics.clicks(
            Map.of("value.protobuf-descriptor.framing", "confluent"), Overlay.getDefaultInstance());
    // Magic byte, id, the path of the first message, and customer_id = 5.
    byte[] record = {0, 0, 0, 0, 77, 0, 8, 5};
    topics.kafka.produce(plain, null, record);
    topics.kafka.produce(framed, null, record);
    assertThat(rows(topics.batch(), "SELECT customer_id FROM unified.kafka." + framed))
        .containsExactly("+I[5]");
    assertThat(
            Shop.messages(
                catchThrowable(() -> rows(topics.batch(), "SELECT * FROM unified.kafka." + plain))))
        .contains("shop.Click");
  }

  private static void insert(TableEnvironment session, String table, String... rows)
      throws Exception {
    session
        .executeSql("INSERT INTO unified.kafka." + table + " VALUES " + String.join(", ", rows))
        .await();
  }

  private static String click(int customer, String page) {
    return "(" + customer + ", '" + page + "', TO_TIMESTAMP_LTZ(1767261600000, 3), ARRAY['tag'])";
  }

  private static SchemaUse key(String topic) {
    return SchemaUse.newBuilder()
        .setRole("key")
        .setSubject(topic + "-key")
        .setMessage("shop.ClickKey")
        .build();
  }

  private static MetadataColumn metadata(String name, String type, String key, boolean virtual) {
    return MetadataColumn.newBuilder()
        .setName(name)
        .setType(type)
        .setKey(key)
        .setVirtual(virtual)
        .build();
  }
}
