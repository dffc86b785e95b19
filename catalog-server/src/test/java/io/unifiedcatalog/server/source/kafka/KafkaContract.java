package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.ClosedPort;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.RegisteringSourceContract;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a Kafka source must do beside the contract of all sources whose tables are registered, on a
 * broker that has a listener without TLS.
 */
abstract class KafkaContract extends RegisteringSourceContract {
  private final KafkaSource system = new KafkaSource();

  @Override
  protected RegisteringSystem system() {
    return system;
  }

  /** The listener without TLS and without a login. */
  final String bootstrapServers() {
    return bootstrapServers(server());
  }

  private static String bootstrapServers(SourceServer server) {
    return server.options().getOrDefault("bootstrap-servers", "");
  }

  /** A client beside the source's. */
  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
  }

  /** Makes a topic and waits until the broker lists it, which is a moment later. */
  final void createTopic(String topic, int partitions) {
    createTopic(server(), topic, partitions);
  }

  private static void createTopic(SourceServer on, String topic, int partitions) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers(on)))) {
      admin
          .createTopics(
              List.of(new NewTopic(topic, Optional.of(partitions), Optional.of((short) 1))))
          .all()
          .get();
      Awaitility.await()
          .until(
              () ->
                  admin
                      .listTopics(new ListTopicsOptions().listInternal(true))
                      .names()
                      .get()
                      .contains(topic));
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException("Topic " + topic + " was not made", e);
    }
  }

  @Override
  protected void createObject(SourceServer on, String object) {
    createTopic(on, object, 1);
  }

  @Override
  protected Pattern systemVersion() {
    return Pattern.compile("metadata\\.version [0-9]+, cluster \\S+ of 1 broker");
  }

  @Override
  protected boolean listsObjects() {
    return true;
  }

  @Override
  protected boolean createsObjects() {
    return true;
  }

  @Override
  protected boolean infers() {
    return false;
  }

  @Override
  protected boolean hasRegistry() {
    return true;
  }

  @Override
  protected String[] impatience() {
    return new String[] {"request-timeout-ms", "1500"};
  }

  @Override
  protected Source withSecret(String secret) {
    return source(
        Map.of(
            "bootstrap-servers", bootstrapServers(),
            "security-protocol", "SASL_PLAINTEXT",
            "sasl-mechanism", "PLAIN",
            "user", "me",
            "request-timeout-ms", "1500"),
        Map.of("password", secret));
  }

  @Override
  protected Map<String, String> at(int port) {
    return Map.of("bootstrap-servers", "127.0.0.1:" + port);
  }

  @Override
  protected Registration registration(String topic) {
    return new Registration(Map.of("topic", topic, "value.format", "json"), List.of());
  }

  @Override
  protected Map<String, String> wrongOptions() {
    return Map.of(
        "bootstrap-servers", "localhost",
        "security-protocol", "ssl",
        "sasl-mechanism", "PLAIN",
        "request-timeout-ms", "0",
        "schema-registry-url", "ftp://registry");
  }

  @Override
  protected Source guarded() {
    return source(
        Map.of(
            "bootstrap-servers", "a:9092,b:9092",
            "security-protocol", "SASL_SSL",
            "sasl-mechanism", "PLAIN",
            "user", "me",
            "ssl-truststore-certificates", "trusted",
            "ssl-keystore-certificate-chain", "chain",
            "schema-registry-url", "https://registry.example",
            "schema-registry-user", "reader"),
        Map.of(
            "password", "secret-of-sasl",
            "ssl-keystore-key", "secret-of-the-key",
            "ssl-key-password", "secret-that-opens",
            "schema-registry-password", "secret-of-the-registry"));
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of(
        "bootstrap-servers", "a:9092",
        "security-protocol", "SASL_PLAINTEXT",
        "sasl-mechanism", "SCRAM-SHA-256",
        "ssl-truststore-certificates", "another",
        "ssl-endpoint-identification", "none",
        "schema-registry-url", "https://elsewhere.example");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of(
        "user", "other",
        "ssl-keystore-certificate-chain", "another",
        "request-timeout-ms", "500",
        "schema-registry-user", "other");
  }

  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    boolean one = engine.equals(FLINK_1);
    return new ExpectedBinding(
        Map.of(
            "connector", "kafka",
            "topic", name("bound"),
            "value.format", "json",
            "properties.bootstrap.servers", "a:9092,b:9092",
            "properties.security.protocol", "SASL_SSL",
            "properties.sasl.mechanism", "PLAIN",
            "properties.ssl.truststore.type", "PEM",
            "properties.ssl.truststore.certificates", "trusted",
            "properties.ssl.keystore.type", "PEM",
            "properties.ssl.keystore.certificate.chain", "chain"),
        // The registry is the server's own business.
        Map.of(
            "properties.sasl.jaas.config",
                (one ? "" : "org.apache.flink.kafka.shaded.")
                    + "org.apache.kafka.common.security.plain.PlainLoginModule required"
                    + " username=\"me\" password=\"secret-of-sasl\";",
            "properties.ssl.keystore.key", "secret-of-the-key",
            "properties.ssl.key.password", "secret-that-opens"),
        mode == RuntimeMode.BATCH
            ? Map.of("scan.startup.mode", "earliest-offset", "scan.bounded.mode", "latest-offset")
            : Map.of("scan.startup.mode", "earliest-offset"),
        List.of("properties.group.id", "sink.parallelism", "value.json.ignore-parse-errors"),
        one
            ? List.of(
                "org.apache.flink:flink-connector-kafka:3.4.0-1.20",
                "org.apache.kafka:kafka-clients:3.9.2")
            : List.of("org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"));
  }

  @Test
  void theVersionNamesTheClusterAndKafkasOwnTopicsAreNotListed() throws Exception {
    if (!internalTopicIsThere()) {
      createTopic("__consumer_offsets", 1);
    }
    assertThat(internalTopicIsThere()).isTrue();
    String clusterId;
    try (Admin admin = admin()) {
      clusterId = admin.describeCluster().clusterId().get();
    }
    try (RegisteringSession session = system.open(source())) {
      assertThat(session.systemVersion()).contains(", cluster " + clusterId + " of 1 broker");
      assertThat(session.objects()).doesNotContain("__consumer_offsets");
    }
  }

  private boolean internalTopicIsThere() throws Exception {
    try (Admin admin = admin()) {
      return admin
          .listTopics(new ListTopicsOptions().listInternal(true))
          .names()
          .get()
          .contains("__consumer_offsets");
    }
  }

  @Test
  void oneBrokerOfSeveralIsEnough() throws Exception {
    try (ClosedPort closed = new ClosedPort()) {
      Map<String, String> options =
          Map.of("bootstrap-servers", "127.0.0.1:" + closed.number() + "," + bootstrapServers());
      try (RegisteringSession session = system.open(source(options, Map.of()))) {
        assertThat(session.systemVersion()).startsWith("metadata.version ");
      }
    }
  }

  @Test
  void tlsToAListenerWithoutIsUnavailable() {
    CatalogException failure =
        failure(
            source(
                Map.of(
                    "bootstrap-servers",
                    bootstrapServers(),
                    "security-protocol",
                    "SSL",
                    "request-timeout-ms",
                    "1500"),
                Map.of()));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("mine").hasMessageContaining("security-protocol");
  }

  @Test
  void aTopicIsDescribedAndAMissingOneIsAWarning() {
    createTopic(name("described"), 3);
    try (RegisteringSession session = system.open(source())) {
      RegisteringSession.Check there = session.check(registration(name("described")), null);
      assertThat(there.notes())
          .containsExactly(
              "Topic '" + name("described") + "' has 3 partitions and 1 replica of each.");
      assertThat(there.warnings()).isEmpty();

      RegisteringSession.Check missing = session.check(registration(name("undescribed")), null);
      assertThat(missing.notes()).isEmpty();
      assertThat(missing.warnings())
          .singleElement()
          .asString()
          .startsWith("Topic '" + name("undescribed") + "' does not exist in source 'mine'")
          .contains("--create-topic");
      assertThat(session.objects()).doesNotContain(name("undescribed"));
    }
  }

  @Test
  void aMissingTopicIsMadeWhenAskedForAndOneThatIsThereStaysAsItIs() {
    try (RegisteringSession session = system.open(source())) {
      assertThat(
              session
                  .check(
                      registration(name("partitioned")),
                      Map.of("partitions", "4", "replication-factor", "1"))
                  .notes())
          .containsExactly(
              "Topic '"
                  + name("partitioned")
                  + "' was created with 4 partitions and 1 replica of each.");
      assertThat(session.check(registration(name("by-default")), Map.of()).notes())
          .containsExactly(
              "Topic '"
                  + name("by-default")
                  + "' was created with 1 partition and 1 replica of each.");

      Awaitility.await().until(session::objects, topics -> topics.contains(name("partitioned")));
      RegisteringSession.Check again =
          session.check(registration(name("partitioned")), Map.of("partitions", "5"));
      assertThat(again.notes())
          .containsExactly(
              "Topic '" + name("partitioned") + "' has 4 partitions and 1 replica of each.");
      assertThat(again.warnings())
          .containsExactly(
              "Topic '"
                  + name("partitioned")
                  + "' was there already, with 4 partitions and not 5.");
    }
  }

  @Test
  void aTopicThatCannotBeMadeIsRefusedWithTheBrokersReason() {
    try (RegisteringSession session = system.open(source())) {
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class,
              () ->
                  session.check(registration(name("tripled")), Map.of("replication-factor", "3")));
      assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
      assertThat(failure)
          .hasMessageStartingWith(
              "Topic '" + name("tripled") + "' cannot be created in source 'mine': ")
          .hasMessageContaining("replication factor");

      CatalogException invalid =
          catchThrowableOfType(
              CatalogException.class,
              () ->
                  session.check(
                      registration(name("wrong")),
                      Map.of("partitions", "0", "replication-factor", "x", "cleanup", "y")));
      assertThat(invalid.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(invalid.violations())
          .extracting(Violation::field)
          .containsExactlyInAnyOrder(
              "create.options.partitions",
              "create.options.replication-factor",
              "create.options.cleanup");
      assertThat(session.objects()).doesNotContain(name("tripled"), name("wrong"));
    }
  }

  @Test
  void anAbortedSessionListsNoTopics() {
    try (RegisteringSession session = system.open(source())) {
      session.abort();
      CatalogException failure = catchThrowableOfType(CatalogException.class, session::objects);
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("could not list its topics");
    }
  }

  @Test
  @Tag("kill")
  void topicsAreListedAgainOnceTheBrokerIsBack() {
    SourceServer dying = victim();
    String topic = name("listed-again");
    createTopic(dying, topic, 1);
    try (RegisteringSession session = system.open(source(dying, impatience()))) {
      dying.kill();
      try {
        CatalogException midway = catchThrowableOfType(CatalogException.class, session::objects);
        assertThat(midway.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      } finally {
        dying.restart();
      }
    }
    try (RegisteringSession session = system.open(source(dying))) {
      assertThat(session.objects()).contains(topic);
    }
  }
}
