package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.nio.ByteBuffer;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The kinds of schemas beside Protobuf: topics of them are read and written. */
@ExtendWith(FlinkCluster.class)
class SchemaKindsIT {
  private final Topics topics = Topics.shared();

  @Test
  void aTopicOfJsonSchemaIsWrittenAndRead() throws Exception {
    String table =
        table(
            "json",
            Compatibility.COMPATIBILITY_NONE,
            """
            {"type": "object", "properties": {
              "id": {"type": "integer"}, "page": {"type": "string"},
              "tags": {"type": "array", "items": {"type": "string"}}}}
            """);

    assertThat(written(topics.batch(), table))
        .isEqualTo("{\"id\":1,\"page\":\"/home\",\"tags\":[\"a\"]}");
    topics.kafka.produce(table, null, "{\"id\": 2, \"more\": {}}".getBytes(UTF_8));
    assertThat(rows(topics.batch(), "SELECT * FROM unified.kafka." + table))
        .containsExactlyInAnyOrder("+I[1, /home, [a]]", "+I[2, null, null]");
  }

  @Test
  void aTopicOfPlainColumnsIsWrittenAndRead() throws Exception {
    String table =
        table(
            "columns",
            Compatibility.COMPATIBILITY_UNSPECIFIED,
            "id BIGINT NOT NULL, page STRING, tags ARRAY<STRING>");

    assertThat(written(topics.batch(), table))
        .isEqualTo("{\"id\":1,\"page\":\"/home\",\"tags\":[\"a\"]}");
    assertThat(rows(topics.batch(), "SELECT * FROM unified.kafka." + table))
        .containsExactly("+I[1, /home, [a]]");
  }

  @Test
  void aTopicOfAvroIsWrittenAndReadWithEveryType() throws Exception {
    String table =
        table(
            "avro",
            Compatibility.COMPATIBILITY_UNSPECIFIED,
            """
            // Somebody looked at a page.
            {"type": "record", "name": "Click", "namespace": "shop", "fields": [
              {"name": "id", "type": "long"},
              {"name": "page", "type": ["string", "null"]},
              {"name": "tags", "type": {"type": "array", "items": "string"}},
              {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]},
               "default": "B"},
              {"name": "mark", "type": ["null", {"type": "fixed", "name": "Mark", "size": 2}],
               "default": null},
              {"name": "extra", "type": ["null", "int", "string", "Kind"], "default": null},
              {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"},
               "default": 0},
              {"name": "nothing", "type": "null"}]}
            """);
    TableEnvironment session = topics.batch();

    session
        .executeSql(
            "INSERT INTO unified.kafka."
                + table
                + " (id, page, tags, kind, `at`)"
                + " VALUES (1, '/home', ARRAY['a'], 'B', TO_TIMESTAMP_LTZ(0, 3))")
        .await();
    // By Avro's specification: 1 as zigzag, type 0 and the text, one block of one element, the end,
    // symbol 1, null, null, 0.
    assertThat(topics.kafka.records(table).get(0).value())
        .isEqualTo(new byte[] {2, 0, 10, '/', 'h', 'o', 'm', 'e', 2, 2, 'a', 0, 2, 0, 0, 0});
    session
        .executeSql(
            "INSERT INTO unified.kafka."
                + table
                + " VALUES (2, CAST(NULL AS STRING), ARRAY['b', 'c'], 'A', x'cafe',"
                + " CAST(ROW(CAST(NULL AS INT), 'more', CAST(NULL AS STRING))"
                + " AS ROW<`int` INT, `string` STRING, `Kind` STRING>),"
                + " CAST(TIMESTAMP '2026-07-01 00:00:00.000001' AS TIMESTAMP_LTZ(6)))")
        .await();
    assertThat(
            rows(
                session,
                "SELECT id, page, tags, kind, mark, extra, YEAR(CAST(`at` AS TIMESTAMP(6))) FROM"
                    + " unified.kafka."
                    + table))
        .containsExactlyInAnyOrder(
            "+I[1, /home, [a], B, null, null, 1970]",
            "+I[2, null, [b, c], A, [-54, -2], +I[null, more, null], 2026]");
  }

  @Test
  void recordsOfEachVersionAreReadByTheirOwnSchema() throws Exception {
    String topic = topics.topic();
    int first = version(topic, "{\"name\": \"id\", \"type\": \"int\"}");
    topics.register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .putOptions("value.avro-schema.framing", "confluent")
            .addSchemas(SchemaUse.newBuilder().setRole("value").setSubject(topic + "-value"))
            .build(),
        Overlay.getDefaultInstance());
    TableEnvironment session = topics.batch();
    session.executeSql("INSERT INTO unified.kafka." + topic + " VALUES (1)").await();
    assertThat(topics.kafka.records(topic).get(0).value()).isEqualTo(framed(first, 2));

    // Another field first, and the old one wider.
    int second =
        version(
            topic,
            "{\"name\": \"kind\", \"type\": {\"type\": \"enum\", \"name\": \"K\", \"symbols\": [\"A\","
                + " \"B\"]}, \"default\": \"B\"}, {\"name\": \"id\", \"type\": \"long\"}");
    topics.kafka.produce(topic, null, framed(second, 0, 4));
    topics.kafka.produce(topic, null, framed(first, 6));
    TableEnvironment later = topics.batch();
    assertThat(rows(later, "SELECT id, kind FROM unified.kafka." + topic))
        .containsExactlyInAnyOrder("+I[1, B]", "+I[2, A]", "+I[3, B]");

    topics.kafka.produce(topic, null, framed(second + 1_000_000, 8));
    assertThat(reason(catchThrowable(() -> rows(later, "SELECT id FROM unified.kafka." + topic))))
        .contains("was written with the schema of id " + (second + 1_000_000))
        .contains("start the statement again");
  }

  private int version(String topic, String fields) {
    return topics
        .shop
        .schemas()
        .registerSchema(
            RegisterSchemaRequest.newBuilder()
                .setSubject(topic + "-value")
                .setKind("avro")
                .setContent(
                    SchemaContent.newBuilder()
                        .addFiles(
                            SchemaFile.newBuilder()
                                .setName("click")
                                .setText(
                                    "{\"type\": \"record\", \"name\": \"Click\", \"fields\": ["
                                        + fields
                                        + "]}")))
                .build())
        .getSchema()
        .getId();
  }

  private static byte[] framed(int id, int... data) {
    ByteBuffer record = ByteBuffer.allocate(5 + data.length).put((byte) 0).putInt(id);
    for (int each : data) {
      record.put((byte) each);
    }
    return record.array();
  }

  /** Registers a schema of a kind, and a table of it over a new topic. */
  private String table(String kind, Compatibility compatibility, String text) {
    String topic = topics.topic();
    topics
        .shop
        .schemas()
        .registerSchema(
            RegisterSchemaRequest.newBuilder()
                .setSubject(topic + "-value")
                .setKind(kind)
                .setCompatibility(compatibility)
                .setContent(
                    SchemaContent.newBuilder()
                        .addFiles(SchemaFile.newBuilder().setName("click").setText(text)))
                .build());
    topics.register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .addSchemas(SchemaUse.newBuilder().setRole("value").setSubject(topic + "-value"))
            .build(),
        Overlay.getDefaultInstance());
    return topic;
  }

  /** Writes a row by SQL and answers the record that it became. */
  private String written(TableEnvironment session, String table) throws Exception {
    session
        .executeSql("INSERT INTO unified.kafka." + table + " VALUES (1, '/home', ARRAY['a'])")
        .await();
    return new String(topics.kafka.records(table).get(0).value(), UTF_8);
  }
}
