package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Artifact;
import io.unifiedcatalog.server.model.Binding.Option;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The options themselves. That Flink takes them and reaches a broker by them is tested with it. */
class KafkaBindingTest {
  private static final KafkaSource SYSTEM = new KafkaSource();
  private static final Engine FLINK = new Engine("flink", "2.3.0");
  private static final Artifact FORMAT_JAR = new Artifact("io.example:format:1", "io.example.F");

  private static final Map<String, Format> VALUE =
      Map.of("value", protobuf("shop.Click", Map.of("ignore-parse-errors", "true")));
  private static final Map<String, Format> KEY_AND_VALUE =
      Map.of("key", protobuf("shop.Key", Map.of()), "value", protobuf("shop.Click", Map.of()));

  @Test
  void aTopicOfMessagesIsReadFromItsBeginningByTheKafkaConnector() {
    Binding binding =
        binding(plain(), table(Map.of("topic", "clicks"), VALUE, "id"), VALUE, List.of());
    assertThat(values(binding))
        .isEqualTo(
            Map.of(
                "connector", "kafka",
                "topic", "clicks",
                "properties.bootstrap.servers", "a:9092,b:9092",
                "properties.security.protocol", "PLAINTEXT",
                "value.format", "protobuf-descriptor",
                "value.protobuf-descriptor.message-name", "shop.Click",
                "value.protobuf-descriptor.ignore-parse-errors", "true",
                "scan.startup.mode", "earliest-offset"));
    assertThat(tunable(binding))
        .contains(
            "scan.startup.mode",
            "scan.bounded.mode",
            "scan.parallelism",
            "sink.delivery-guarantee",
            "properties.group.id",
            "value.protobuf-descriptor.ignore-parse-errors")
        .doesNotContain(
            "connector",
            "topic",
            "properties.bootstrap.servers",
            "properties.security.protocol",
            "value.format",
            "value.protobuf-descriptor.message-name");
    assertThat(binding.artifacts())
        .containsExactly(
            new Artifact(
                "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",
                "org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory"),
            FORMAT_JAR);
  }

  @Test
  void inBatchATopicEndsWhereItEndsNow() {
    PhysicalTable table = table(Map.of("topic", "clicks"), VALUE, "id");
    Binding binding =
        SYSTEM.binding(
            new BindingRequestBuilder(plain(), table, VALUE).mode(RuntimeMode.BATCH).request());
    assertThat(values(binding))
        .containsEntry("scan.startup.mode", "earliest-offset")
        .containsEntry("scan.bounded.mode", "latest-offset");
  }

  @Test
  void whatTheRegistrationSaysComesBeforeTheDefaults() {
    PhysicalTable table =
        table(
            Map.of(
                "topic", "clicks",
                "scan.startup.mode", "group-offsets",
                "scan.bounded.mode", "timestamp",
                "properties.group.id", "g"),
            VALUE,
            "id");
    Binding binding =
        SYSTEM.binding(
            new BindingRequestBuilder(plain(), table, VALUE).mode(RuntimeMode.BATCH).request());
    assertThat(values(binding))
        .containsEntry("scan.startup.mode", "group-offsets")
        .containsEntry("scan.bounded.mode", "timestamp")
        .containsEntry("properties.group.id", "g");
    assertThat(tunable(binding))
        .contains("scan.startup.mode", "scan.bounded.mode", "properties.group.id");
  }

  @Test
  void loginAndCertificatesTravelAsPropertiesAndSecretsAreMarked() {
    Source source =
        source(
            Map.of(
                "bootstrap-servers", "a:9092",
                "security-protocol", "SASL_SSL",
                "sasl-mechanism", "SCRAM-SHA-512",
                "user", "me",
                "ssl-truststore-certificates", "trusted",
                "ssl-keystore-certificate-chain", "mine",
                "ssl-endpoint-identification", "none"),
            Map.of(
                "password", "p\"w", "ssl-keystore-key", "key-text", "ssl-key-password", "opens"));
    PhysicalTable table = table(Map.of("topic", "clicks"), VALUE, "id");
    Binding binding = binding(source, table, VALUE, List.of());
    assertThat(values(binding))
        .containsEntry("properties.security.protocol", "SASL_SSL")
        .containsEntry("properties.sasl.mechanism", "SCRAM-SHA-512")
        .containsEntry(
            "properties.sasl.jaas.config",
            "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule"
                + " required username=\"me\" password=\"p\\\"w\";")
        .containsEntry("properties.ssl.truststore.type", "PEM")
        .containsEntry("properties.ssl.truststore.certificates", "trusted")
        .containsEntry("properties.ssl.keystore.type", "PEM")
        .containsEntry("properties.ssl.keystore.certificate.chain", "mine")
        .containsEntry("properties.ssl.keystore.key", "key-text")
        .containsEntry("properties.ssl.key.password", "opens")
        .containsEntry("properties.ssl.endpoint.identification.algorithm", "");
    assertThat(binding.options().stream().filter(Option::secret).map(Option::key))
        .containsExactlyInAnyOrder(
            "properties.sasl.jaas.config",
            "properties.ssl.keystore.key",
            "properties.ssl.key.password");
    assertThat(tunable(binding)).noneMatch(key -> key.contains("ssl.") || key.contains("sasl."));
    assertThat(binding.toString()).doesNotContain("key-text").doesNotContain("opens");
    assertThat(binding.artifacts().get(0).probeClass())
        .isEqualTo(
            "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule");
  }

  @Test
  void flink120HasAnotherConnectorWhoseClientIsKafkasOwn() {
    Source source =
        source(
            Map.of(
                "bootstrap-servers", "a:9092",
                "security-protocol", "SASL_PLAINTEXT",
                "sasl-mechanism", "PLAIN",
                "user", "me"),
            Map.of("password", "p"));
    PhysicalTable table = table(Map.of("topic", "clicks"), VALUE, "id");
    Binding binding =
        SYSTEM.binding(
            new BindingRequestBuilder(source, table, VALUE)
                .engine(new Engine("flink", "1.20.3"))
                .request());
    String module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    assertThat(values(binding).get("properties.sasl.jaas.config"))
        .startsWith(module + " required ");
    assertThat(tunable(binding)).doesNotContain("scan.parallelism");
    assertThat(binding.artifacts())
        .containsExactly(
            new Artifact(
                "org.apache.flink:flink-connector-kafka:3.4.0-1.20",
                "org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory"),
            new Artifact("org.apache.kafka:kafka-clients:3.9.2", module),
            FORMAT_JAR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.19.2", "1.2", "3.0.0"})
  void anotherEngineIsRefused(String version) {
    PhysicalTable table = table(Map.of("topic", "clicks"), VALUE, "id");
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () ->
                SYSTEM.binding(
                    new BindingRequestBuilder(plain(), table, VALUE)
                        .engine(new Engine("flink", version))
                        .request()));
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure)
        .hasMessage(
            "Kafka tables cannot be reached by flink " + version + ". Use flink 1.20 or 2.x.");
  }

  @Test
  void theColumnsOfAKeyAreNamedToTheConnector() {
    PhysicalTable table =
        table(Map.of("topic", "clicks", "key.fields-prefix", "k_"), KEY_AND_VALUE, "id", "page");
    Binding binding = binding(plain(), table, KEY_AND_VALUE, List.of());
    assertThat(values(binding))
        .containsEntry("connector", "kafka")
        .containsEntry("key.format", "protobuf-descriptor")
        .containsEntry("key.protobuf-descriptor.message-name", "shop.Key")
        .containsEntry("key.fields", "k_id")
        .containsEntry("key.fields-prefix", "k_")
        .containsEntry("value.fields-include", "EXCEPT_KEY")
        .containsEntry("value.protobuf-descriptor.message-name", "shop.Click");
  }

  @Test
  void aPrimaryKeyMakesItAnUpsertTable() {
    PhysicalTable table = table(Map.of("topic", "clicks"), KEY_AND_VALUE, "id", "page");
    Binding binding = binding(plain(), table, KEY_AND_VALUE, List.of("id"));
    assertThat(values(binding))
        .containsEntry("connector", "upsert-kafka")
        .containsEntry("key.format", "protobuf-descriptor")
        .containsEntry("value.fields-include", "EXCEPT_KEY")
        .doesNotContainKeys("key.fields", "scan.startup.mode");
    assertThat(tunable(binding))
        .contains("sink.buffer-flush.interval")
        .doesNotContain("sink.partitioner");
  }

  @Test
  void aPrimaryKeyMustBeTheKeyOfTheRecordsAndIsReadInStreamingOnly() {
    PhysicalTable keyed = table(Map.of("topic", "clicks"), KEY_AND_VALUE, "id", "page");
    assertThat(refusal(() -> binding(plain(), keyed, KEY_AND_VALUE, List.of("page"))))
        .isEqualTo(
            "Kafka table 'kafka.clicks' has the primary key (page), and the keys of its records"
                + " are (id). They must be the same.");
    PhysicalTable unkeyed = table(Map.of("topic", "clicks"), VALUE, "id");
    assertThat(refusal(() -> binding(plain(), unkeyed, VALUE, List.of("id"))))
        .contains("nothing says what the keys of its records are")
        .contains("key.format");
    BindingRequestBuilder batch =
        new BindingRequestBuilder(plain(), keyed, KEY_AND_VALUE)
            .primaryKey("id")
            .mode(RuntimeMode.BATCH);
    assertThat(refusal(() -> SYSTEM.binding(batch.request())))
        .contains("Flink reads a topic by primary key in streaming mode only");
    assertThat(values(SYSTEM.binding(batch.role(Role.SINK).request())))
        .containsEntry("connector", "upsert-kafka");
  }

  @Test
  void aChangelogGoesThroughTheKafkaConnectorWithItsPrimaryKey() {
    PhysicalTable table =
        given(Map.of("topic", "clicks", "value.format", "debezium-json"), "id", "page");
    assertThat(values(binding(plain(), table, Map.of(), List.of("id"))))
        .containsEntry("connector", "kafka")
        .containsEntry("value.format", "debezium-json");
  }

  @Test
  void aFormatOfTheRegistrationBringsItsOptions() {
    PhysicalTable table =
        given(
            Map.of(
                "topic", "clicks",
                "value.format", "csv",
                "value.csv.field-delimiter", ";",
                "value.csv.ignore-parse-errors", "true",
                "key.format", "raw",
                "key.raw.charset", "UTF-8",
                "key.fields", "id"),
            "id",
            "page");
    Binding binding = binding(plain(), table, Map.of(), List.of());
    assertThat(values(binding))
        .containsEntry("value.csv.field-delimiter", ";")
        .containsEntry("value.csv.ignore-parse-errors", "true")
        .containsEntry("key.format", "raw")
        .containsEntry("key.raw.charset", "UTF-8")
        .containsEntry("key.fields", "id")
        .containsEntry("value.fields-include", "ALL");
    assertThat(tunable(binding))
        .contains("value.csv.ignore-parse-errors")
        .doesNotContain("value.csv.field-delimiter", "key.raw.charset");
  }

  @Test
  void whatAnOverlayHidesIsMissedByNoFormat() {
    Overlay hiding =
        new Overlay(
            null,
            List.of(),
            List.of(),
            List.of(),
            List.of("id"),
            Map.of(),
            "",
            "",
            Map.of(),
            Map.of(),
            List.of());
    PhysicalTable csv = given(Map.of("topic", "clicks", "value.format", "csv"), "id", "page");
    assertThat(
            refusal(
                () -> binding(plain(), EffectiveSchema.visible(csv, hiding), Map.of(), List.of())))
        .contains("its overlay hides columns, and format csv reads every column by its position");

    PhysicalTable keyed =
        EffectiveSchema.visible(
            table(Map.of("topic", "clicks"), KEY_AND_VALUE, "id", "page"), hiding);
    assertThat(values(binding(plain(), keyed, KEY_AND_VALUE, List.of())))
        .containsEntry("value.format", "protobuf-descriptor")
        .doesNotContainKeys("key.format", "key.fields");
    assertThat(
            refusal(
                () ->
                    SYSTEM.binding(
                        new BindingRequestBuilder(plain(), keyed, KEY_AND_VALUE)
                            .role(Role.SINK)
                            .request())))
        .contains("cannot be written: its overlay hides columns of the key, id");
  }

  private static String refusal(Runnable call) {
    CatalogException failure = catchThrowableOfType(CatalogException.class, call::run);
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    return failure.getMessage();
  }

  private static Binding binding(
      Source source, PhysicalTable table, Map<String, Format> formats, List<String> primaryKey) {
    return SYSTEM.binding(
        new BindingRequestBuilder(source, table, formats)
            .primaryKey(primaryKey.toArray(new String[0]))
            .request());
  }

  /** What is set, and nothing else. */
  private static Map<String, String> values(Binding binding) {
    Map<String, String> values = new HashMap<>();
    for (Option option : binding.options()) {
      if (option.value() != null) {
        values.put(option.key(), option.value());
      }
    }
    assertThat(binding.options()).extracting(Option::key).doesNotHaveDuplicates();
    return values;
  }

  private static List<String> tunable(Binding binding) {
    return binding.options().stream().filter(Option::tunable).map(Option::key).toList();
  }

  private static Format protobuf(String message, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("message-name", message);
    return new Format("protobuf-descriptor", options, List.of(FORMAT_JAR));
  }

  /** A table of schemas: the first column is the key's if that has a schema, else the value's. */
  private static PhysicalTable table(
      Map<String, String> options, Map<String, Format> formats, String... columns) {
    Function<String[], List<Column>> of =
        names ->
            Arrays.stream(names)
                .map(name -> new Column(name, "BIGINT", true, "", Map.of()))
                .toList();
    int keys = formats.containsKey("key") ? 1 : 0;
    Map<String, List<Column>> byRole = new HashMap<>();
    byRole.put("value", of.apply(Arrays.copyOfRange(columns, keys, columns.length)));
    if (keys > 0) {
      byRole.put("key", of.apply(Arrays.copyOf(columns, keys)));
    }
    return SYSTEM.table(
        "clicks",
        new Registration(
            options,
            formats.keySet().stream()
                .map(role -> new SchemaUse(role, UUID.randomUUID(), role, 1, false, "m"))
                .toList()),
        byRole,
        List.of(),
        "");
  }

  private static PhysicalTable given(Map<String, String> options, String... columns) {
    return SYSTEM.table(
        "clicks",
        new Registration(options, List.of()),
        Map.of(),
        Arrays.stream(columns).map(name -> new Column(name, "BIGINT", true, "", Map.of())).toList(),
        "");
  }

  private static Source plain() {
    return source(Map.of("bootstrap-servers", "a:9092,b:9092"), Map.of());
  }

  private static Source source(Map<String, String> options, Map<String, String> secrets) {
    return new Source(
        UUID.randomUUID(),
        "kafka",
        SYSTEM.kind(),
        options,
        secrets.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
        1);
  }

  /** A request, in streaming and of a source, until something else is said. */
  private static final class BindingRequestBuilder {
    private final Source source;
    private final PhysicalTable table;
    private final Map<String, Format> formats;
    private List<String> primaryKey = List.of();
    private Role role = Role.SOURCE;
    private RuntimeMode mode = RuntimeMode.STREAMING;
    private Engine engine = FLINK;

    BindingRequestBuilder(Source source, PhysicalTable table, Map<String, Format> formats) {
      this.source = source;
      this.table = table;
      this.formats = formats;
    }

    BindingRequestBuilder primaryKey(String... columns) {
      primaryKey = List.of(columns);
      return this;
    }

    BindingRequestBuilder role(Role asked) {
      role = asked;
      return this;
    }

    BindingRequestBuilder mode(RuntimeMode asked) {
      mode = asked;
      return this;
    }

    BindingRequestBuilder engine(Engine asked) {
      engine = asked;
      return this;
    }

    BindingRequest request() {
      return new BindingRequest(source, "kafka", table, primaryKey, formats, role, mode, engine);
    }
  }
}
