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
import java.nio.file.Path;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The kinds of schemas beside Protobuf: Flink's own formats read and write their topics. */
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
  void aTopicOfAvroIsWrittenAndReadOrTheMissingJarIsNamed() throws Exception {
    String table =
        table(
            "avro",
            Compatibility.COMPATIBILITY_UNSPECIFIED,
            """
            {"type": "record", "name": "Click", "namespace": "shop", "fields": [
              {"name": "id", "type": "long"},
              {"name": "page", "type": ["null", "string"]},
              {"name": "tags", "type": {"type": "array", "items": "string"}}]}
            """);
    TableEnvironment session = topics.batch();
    if (!EnvironmentInformation.getVersion().startsWith("2.3.")) {
      // Its format of the other releases is no single jar; the build fetches none.
      assertThat(
              reason(
                  catchThrowable(() -> session.executeSql("SELECT * FROM unified.kafka." + table))))
          .contains("org.apache.flink:flink-avro:" + EnvironmentInformation.getVersion());
      return;
    }
    session.executeSql(
        "ADD JAR '"
            + Path.of("target", "avro-format", "flink-sql-avro-2.3.0.jar").toAbsolutePath()
            + "'");

    // By Avro's specification: 1 as zigzag, branch 1 and the text, one block of one element, the
    // end.
    byte[] binary = {2, 2, 10, '/', 'h', 'o', 'm', 'e', 2, 2, 'a', 0};
    assertThat(written(session, table).getBytes(UTF_8)).isEqualTo(binary);
    topics.kafka.produce(table, null, new byte[] {4, 0, 0});
    assertThat(rows(session, "SELECT * FROM unified.kafka." + table))
        .containsExactlyInAnyOrder("+I[1, /home, [a]]", "+I[2, null, []]");
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
