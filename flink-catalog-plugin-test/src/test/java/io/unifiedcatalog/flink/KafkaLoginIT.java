package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.kafka.KafkaSource;
import io.unifiedcatalog.testing.KafkaServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Flink reaches a broker in every way that a Kafka source can, by the options that it binds. It
 * needs no plugin, but the jar of the Kafka connector, which the build fetches when it has packed
 * the plugin.
 */
@ExtendWith(FlinkCluster.class)
class KafkaLoginIT {
  private static final KafkaSource SYSTEM = new KafkaSource();

  /** Each character that means something where Kafka reads a login. */
  private static final String ODD_USER = "o\"dd ;user\\";

  private static final String ODD_PASSWORD = "p\"; x=\\\"y' ö";
  private static final String WRONG = "wrong-secret-of-a-test";

  /** Not the shared one: only this one has listeners with TLS and users of SCRAM. */
  private static KafkaServer server;

  private static final AtomicInteger topics = new AtomicInteger();

  @BeforeAll
  static void startKafka() {
    server = KafkaServer.startWithTls();
    server.createScramUser("SCRAM-SHA-512", ODD_USER, ODD_PASSWORD);
  }

  @AfterAll
  static void stopKafka() {
    server.close();
  }

  /** The ways. */
  enum Login {
    PLAINTEXT,
    SASL_PLAIN,
    SASL_SCRAM,
    SASL_OVER_TLS_OF_ANOTHER_NAME,
    CLIENT_CERTIFICATE;

    Source source() {
      return switch (this) {
        case PLAINTEXT ->
            KafkaLoginIT.source(Map.of("bootstrap-servers", server.bootstrapServers()), Map.of());
        case SASL_PLAIN -> plain(server.password());
        case SASL_SCRAM ->
            KafkaLoginIT.source(
                Map.of(
                    "bootstrap-servers",
                    server.saslBootstrapServers(),
                    "security-protocol",
                    "SASL_PLAINTEXT",
                    "sasl-mechanism",
                    "SCRAM-SHA-512",
                    "user",
                    ODD_USER),
                Map.of("password", ODD_PASSWORD));
        case SASL_OVER_TLS_OF_ANOTHER_NAME ->
            KafkaLoginIT.source(
                Map.of(
                    "bootstrap-servers",
                    server.saslSslBootstrapServers().replace("127.0.0.1", "localhost"),
                    "security-protocol",
                    "SASL_SSL",
                    "sasl-mechanism",
                    "PLAIN",
                    "user",
                    server.user(),
                    "ssl-truststore-certificates",
                    server.brokerCertificate(),
                    "ssl-endpoint-identification",
                    "none"),
                Map.of("password", server.password()));
        case CLIENT_CERTIFICATE ->
            KafkaLoginIT.source(
                Map.of(
                    "bootstrap-servers", server.sslBootstrapServers(),
                    "security-protocol", "SSL",
                    "ssl-truststore-certificates", server.brokerCertificate(),
                    "ssl-keystore-certificate-chain", server.clientCertificate()),
                Map.of("ssl-keystore-key", server.clientKey()));
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowsAreWrittenAndReadBackThrough(Login login) throws Exception {
    Source source = login.source();
    PhysicalTable table = table();
    TableEnvironment session = session();
    declare(session, "written", source, table, Role.SINK, RuntimeMode.BATCH);
    declare(session, "read", source, table, Role.SOURCE, RuntimeMode.BATCH);

    session.executeSql("INSERT INTO written VALUES ('1', 'a'), ('2', 'b')").await();

    assertThat(rows(session, "SELECT * FROM `read`"))
        .containsExactlyInAnyOrder("+I[1, a]", "+I[2, b]");
  }

  @Test
  void aWrongPasswordFailsTheJobAndIsNotShown() {
    PhysicalTable table = table();
    TableEnvironment session = session();
    declare(session, "read", plain(WRONG), table, Role.SOURCE, RuntimeMode.BATCH);

    Throwable failure = catchThrowable(() -> rows(session, "SELECT * FROM `read`"));

    assertThat(reason(failure)).contains("Invalid username or password");
    assertThat(stackTrace(failure)).doesNotContain(WRONG);
  }

  /** If Flink learns it, the refusal of the Kafka source has had its day. */
  @Test
  void flinkReadsATopicByPrimaryKeyInStreamingOnly() {
    TableEnvironment session = session();
    declare(
        session,
        "read",
        Login.PLAINTEXT.source(),
        table(),
        Role.SOURCE,
        RuntimeMode.STREAMING,
        "id");
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        rows(
                            session,
                            "SELECT * FROM `read` /*+ OPTIONS('scan.bounded.mode' ="
                                + " 'latest-offset') */"))))
        .contains("only possible for INSERT-only table sources");
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static Source plain(String password) {
    return source(
        Map.of(
            "bootstrap-servers",
            server.saslBootstrapServers(),
            "security-protocol",
            "SASL_PLAINTEXT",
            "sasl-mechanism",
            "PLAIN",
            "user",
            server.user()),
        Map.of("password", password));
  }

  private static Source source(Map<String, String> options, Map<String, String> secrets) {
    Source source =
        new Source(
            UUID.randomUUID(),
            "kafka",
            SYSTEM.kind(),
            options,
            secrets.entrySet().stream()
                .collect(
                    Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
            1);
    assertThat(SYSTEM.validate(source)).isEmpty();
    return source;
  }

  /** A table over a topic of its own. */
  private static PhysicalTable table() {
    String topic = "logins-" + topics.incrementAndGet();
    server.createTopic(topic, 2);
    return SYSTEM.table(
        "logins",
        new Registration(
            Map.of(
                "topic", topic, "value.format", "json", "key.format", "json", "key.fields", "id"),
            List.of()),
        Map.of(),
        List.of(
            new Column("id", "STRING", true, "", Map.of()),
            new Column("name", "STRING", true, "", Map.of())),
        "");
  }

  private static TableEnvironment session() {
    TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    session.getConfig().set("parallelism.default", "1");
    return Topics.addConnector(session);
  }

  private static void declare(
      TableEnvironment session,
      String name,
      Source source,
      PhysicalTable table,
      Role role,
      RuntimeMode mode,
      String... primaryKey) {
    Binding binding =
        SYSTEM.binding(
            new BindingRequest(
                source,
                "kafka",
                table,
                List.of(primaryKey),
                Map.of(),
                role,
                mode,
                new Engine("flink", EnvironmentInformation.getVersion())));
    Map<String, String> options = new HashMap<>();
    for (Binding.Option option : binding.options()) {
      if (option.value() != null) {
        options.put(option.key(), option.value());
      }
    }
    Schema.Builder schema =
        Schema.newBuilder()
            .column(
                "id", primaryKey.length == 0 ? DataTypes.STRING() : DataTypes.STRING().notNull())
            .column("name", DataTypes.STRING());
    if (primaryKey.length > 0) {
      schema.primaryKey(primaryKey);
    }
    TableDescriptor.Builder descriptor =
        TableDescriptor.forConnector(String.valueOf(options.remove("connector")))
            .schema(schema.build());
    options.forEach(descriptor::option);
    session.createTemporaryTable(name, descriptor.build());
  }
}
