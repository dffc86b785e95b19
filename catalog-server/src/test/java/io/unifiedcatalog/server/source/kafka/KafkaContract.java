package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the Kafka source must do on every broker, tried on one that has a listener without TLS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KafkaContract {
  static final KafkaSource system = new KafkaSource();

  /** The listener without TLS and without a login. */
  abstract String bootstrapServers();

  /** Kills the broker as {@code kill -9} does. */
  abstract void kill();

  /** Brings a killed broker back. */
  abstract void restart();

  /** A client beside the source's. */
  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
  }

  /** Makes a topic, if it is not there. */
  final void createTopic(String topic, int partitions) {
    try (Admin admin = admin()) {
      admin
          .createTopics(
              List.of(new NewTopic(topic, Optional.of(partitions), Optional.of((short) 1))))
          .all()
          .get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new IllegalStateException("Topic " + topic + " was not made", e);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("Topic " + topic + " was not made", e);
    }
  }

  @Test
  void aSessionTellsTheClusterAndItsTopicsWithoutTheSystemsOwn() throws Exception {
    createTopic("listed-b", 1);
    createTopic("listed-a", 2);
    // Makes Kafka's own topics.
    createTopic("__consumer_offsets", 1);
    String clusterId;
    try (Admin admin = admin()) {
      clusterId = admin.describeCluster().clusterId().get();
    }
    try (RegisteringSession session = system.open(source())) {
      assertThat(session.systemVersion())
          .matches("metadata\\.version [0-9]+, cluster " + clusterId + " of 1 broker");
      assertThat(session.objects())
          .containsSubsequence("listed-a", "listed-b")
          .doesNotContain("__consumer_offsets");
      assertThat(session.databases()).isEmpty();
      assertThat(session.objectOf(registration("listed-a"))).contains("listed-a");
    }
  }

  @Test
  void oneBrokerOfSeveralIsEnough() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Map<String, String> options =
        Map.of("bootstrap-servers", "127.0.0.1:" + port + "," + bootstrapServers());
    try (RegisteringSession session = system.open(source(options, Map.of()))) {
      assertThat(session.systemVersion()).startsWith("metadata.version ");
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
    createTopic("checked", 3);
    try (RegisteringSession session = system.open(source())) {
      RegisteringSession.Check there = session.check(registration("checked"), null);
      assertThat(there.notes())
          .containsExactly("Topic 'checked' has 3 partitions and 1 replica of each.");
      assertThat(there.warnings()).isEmpty();

      RegisteringSession.Check missing = session.check(registration("missing"), null);
      assertThat(missing.notes()).isEmpty();
      assertThat(missing.warnings())
          .singleElement()
          .asString()
          .startsWith("Topic 'missing' does not exist in source 'mine'")
          .contains("--create-topic");
      assertThat(session.objects()).doesNotContain("missing");
    }
  }

  @Test
  void aMissingTopicIsMadeWhenAskedForAndOneThatIsThereStaysAsItIs() {
    try (RegisteringSession session = system.open(source())) {
      assertThat(
              session
                  .check(registration("made"), Map.of("partitions", "4", "replication-factor", "1"))
                  .notes())
          .containsExactly("Topic 'made' was created with 4 partitions and 1 replica of each.");
      assertThat(session.check(registration("made-by-default"), Map.of()).notes())
          .containsExactly(
              "Topic 'made-by-default' was created with 1 partition and 1 replica of each.");

      Awaitility.await().until(session::objects, topics -> topics.contains("made"));
      RegisteringSession.Check again =
          session.check(registration("made"), Map.of("partitions", "5"));
      assertThat(again.notes())
          .containsExactly("Topic 'made' has 4 partitions and 1 replica of each.");
      assertThat(again.warnings())
          .containsExactly("Topic 'made' was there already, with 4 partitions and not 5.");
    }
  }

  @Test
  void aTopicThatCannotBeMadeIsRefusedWithTheBrokersReason() {
    try (RegisteringSession session = system.open(source())) {
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class,
              () -> session.check(registration("tripled"), Map.of("replication-factor", "3")));
      assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
      assertThat(failure)
          .hasMessageStartingWith("Topic 'tripled' cannot be created in source 'mine': ")
          .hasMessageContaining("replication factor");

      CatalogException invalid =
          catchThrowableOfType(
              CatalogException.class,
              () ->
                  session.check(
                      registration("wrong"),
                      Map.of("partitions", "0", "replication-factor", "x", "cleanup", "y")));
      assertThat(invalid.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(invalid.violations())
          .extracting(Violation::field)
          .containsExactlyInAnyOrder(
              "create.options.partitions",
              "create.options.replication-factor",
              "create.options.cleanup");
      assertThat(session.objects()).doesNotContain("tripled", "wrong");
    }
  }

  @Test
  void anAbortedSessionIsUnavailable() {
    try (RegisteringSession session = system.open(source())) {
      session.abort();
      CatalogException failure = catchThrowableOfType(CatalogException.class, session::objects);
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("could not list its topics");
    }
  }

  @Test
  void aBrokerThatDiesIsUnavailableUntilItIsBack() {
    createTopic("survives", 1);
    try (RegisteringSession session = system.open(source("request-timeout-ms", "1500"))) {
      kill();
      try {
        CatalogException midway = catchThrowableOfType(CatalogException.class, session::objects);
        assertThat(midway.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        CatalogException refused = failure(source("request-timeout-ms", "1500"));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(refused).hasMessageContaining("mine").hasMessageContaining("refused");
      } finally {
        restart();
      }
    }
    try (RegisteringSession session = system.open(source())) {
      assertThat(session.objects()).contains("survives");
    }
  }

  static CatalogException failure(Source source) {
    return catchThrowableOfType(CatalogException.class, () -> system.open(source).close());
  }

  static Registration registration(String topic) {
    return new Registration(Map.of("topic", topic), List.of());
  }

  final Source source(String... changes) {
    Map<String, String> options = new HashMap<>(Map.of("bootstrap-servers", bootstrapServers()));
    for (int i = 0; i < changes.length; i += 2) {
      options.put(changes[i], changes[i + 1]);
    }
    return source(options, Map.of());
  }

  static Source source(Map<String, String> options, Map<String, String> secrets) {
    Source source =
        new Source(
            UUID.randomUUID(),
            "mine",
            system.kind(),
            options,
            secrets.entrySet().stream()
                .collect(
                    Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
            1);
    assertThat(system.validate(source)).isEmpty();
    return source;
  }
}
