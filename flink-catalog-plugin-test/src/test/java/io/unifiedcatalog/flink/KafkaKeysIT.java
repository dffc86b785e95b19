package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.table.api.TableEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records without a key, and without a value, in tables that have columns in the key. */
@ExtendWith(FlinkCluster.class)
class KafkaKeysIT {
  private static final String BOUNDED =
      " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset', 'scan.startup.mode' ="
          + " 'earliest-offset') */";

  private final Topics topics = Topics.shared();

  private void produce(String topic, @Nullable String key, @Nullable String value) {
    topics.kafka.produce(
        topic,
        key == null ? null : key.getBytes(UTF_8),
        value == null ? null : value.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"json | {\"k\": \"x\"}", "raw | x"})
  void aRecordWithoutAKeyIsARowWithoutItsColumns(String format, String key) throws Exception {
    String topic = topics.topic();
    TableEnvironment session = topics.batch();
    session.executeSql(
        "CREATE TABLE unified.kafka."
            + topic
            + " (k STRING, v STRING, part INT METADATA FROM 'partition' VIRTUAL) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json', 'key.format' = '"
            + format
            + "', 'key.fields' = 'k', 'value.fields-include' = 'EXCEPT_KEY')");
    produce(topic, null, "{\"v\": \"a\"}");
    produce(topic, key, "{\"v\": \"b\"}");
    // A tombstone is no row, as it is none without the catalog.
    produce(topic, key, null);
    String table = "unified.kafka." + topic;
    assertThat(rows(session, "SELECT k, v, part FROM " + table))
        .containsExactlyInAnyOrder("+I[null, a, 0]", "+I[x, b, 0]");
    assertThat(rows(session, "SELECT v FROM " + table)).containsExactlyInAnyOrder("+I[a]", "+I[b]");
    assertThat(rows(session, "SELECT COUNT(*), COUNT(k) FROM " + table))
        .containsExactly("+I[2, 1]");
  }

  @Test
  void aKeyThatCannotBeReadIsPassedOverOnlyIfThatIsAskedFor() throws Exception {
    String topic = topics.topic();
    TableEnvironment session = topics.batch();
    String table = "unified.kafka." + topic;
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (k STRING, v STRING) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json', 'key.format' = 'json', 'key.fields' = 'k',"
            + " 'value.fields-include' = 'EXCEPT_KEY')");
    produce(topic, "{\"k\": null}", "{\"v\": \"a\"}");
    produce(topic, null, "{\"v\": \"b\"}");
    assertThat(rows(session, "SELECT * FROM " + table))
        .containsExactlyInAnyOrder("+I[null, a]", "+I[null, b]");
    produce(topic, "{", "{\"v\": \"c\"}");
    assertThat(catchThrowable(() -> rows(session, "SELECT * FROM " + table)))
        .hasStackTraceContaining("Failed to deserialize");
    // What cannot be read is passed over where that is asked for; what is not there is not.
    assertThat(
            rows(
                session,
                "SELECT * FROM "
                    + table
                    + " /*+ OPTIONS('key.json.ignore-parse-errors' = 'true') */"))
        .contains("+I[null, b]")
        .doesNotContain("+I[null, c]");
  }

  @Test
  void aRecordWithoutAKeyFailsATableByPrimaryKey() throws Exception {
    String topic = topics.topic();
    TableEnvironment session = topics.streaming();
    String table = "unified.kafka." + topic;
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json', 'key.format' = 'json')");
    produce(topic, "{\"k\": \"x\"}", "{\"k\": \"x\", \"v\": \"a\"}");
    produce(topic, "{\"k\": \"y\"}", "{\"k\": \"y\", \"v\": \"b\"}");
    produce(topic, "{\"k\": \"x\"}", null);
    String bounded = " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */";
    assertThat(rows(session, "SELECT * FROM " + table + bounded)).contains("+I[y, b]");
    produce(topic, null, "{\"k\": \"z\", \"v\": \"c\"}");
    assertThat(catchThrowable(() -> rows(session, "SELECT * FROM " + table + bounded)))
        .hasStackTraceContaining(
            "A record has no key, and these columns of the key cannot be NULL: k");
  }

  @Test
  void aValueThatIsPassedOverDeletesNoRow() throws Exception {
    String topic = topics.topic();
    TableEnvironment session = topics.streaming();
    String table = "unified.kafka." + topic;
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json', 'key.format' = 'json',"
            + " 'value.json.ignore-parse-errors' = 'true')");
    produce(topic, "{\"k\": \"x\"}", "{\"k\": \"x\", \"v\": \"a\"}");
    produce(topic, "{\"k\": \"x\"}", "{");
    produce(topic, "{\"k\": \"y\"}", "{\"k\": \"y\", \"v\": \"b\"}");
    assertThat(
            rows(
                session,
                "SELECT * FROM "
                    + table
                    + " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"))
        .containsExactly("+I[x, a]", "+I[y, b]");
  }

  @Test
  void aValueThatIsPassedOverIsNoRowBesideAKeyEither() throws Exception {
    String topic = topics.topic();
    TableEnvironment session = topics.batch();
    String table = "unified.kafka." + topic;
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (k STRING, v STRING) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json', 'key.format' = 'json', 'key.fields' = 'k',"
            + " 'value.fields-include' = 'EXCEPT_KEY')");
    produce(topic, "{\"k\": \"x\"}", "{");
    produce(topic, "{\"k\": \"y\"}", "{\"v\": \"b\"}");
    assertThat(
            rows(
                session,
                "SELECT * FROM "
                    + table
                    + " /*+ OPTIONS('value.json.ignore-parse-errors' = 'true') */"))
        .containsExactly("+I[y, b]");
  }

  @Test
  void aProtobufKeyIsNotMadeUp() throws Exception {
    String topic = topics.topic();
    topics.schema(topic + "-value", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.schema(topic + "-key", Topics.CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .addSchemas(Topics.value(topic))
            .addSchemas(
                SchemaUse.newBuilder()
                    .setRole("key")
                    .setSubject(topic + "-key")
                    .setMessage("shop.ClickKey"))
            .build(),
        Overlay.getDefaultInstance());
    topics.kafka.produce(topic, null, new byte[] {8, 7});
    TableEnvironment session = topics.streaming();
    String sql = "SELECT id, customer_id FROM unified.kafka." + topic + BOUNDED;
    assertThat(catchThrowable(() -> rows(session, sql)))
        .hasStackTraceContaining(
            "A record has no key, and these columns of the key cannot be NULL: id");
  }
}
