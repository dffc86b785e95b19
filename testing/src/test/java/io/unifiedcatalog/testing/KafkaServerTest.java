package io.unifiedcatalog.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaServerTest {
  @Test
  void givesBackRecordsAsTheyWereWrittenAndSurvivesAKillOnTheSamePort() {
    try (KafkaServer server = KafkaServer.start()) {
      server.createTopic("clicks", 2);
      server.produce("clicks", bytes("k"), bytes("v"), Map.of("trace", bytes("t-1")), 1_000L);
      server.produce("clicks", bytes("k"), null);
      String address = server.bootstrapServers();

      server.kill();
      server.restart();

      assertThat(server.bootstrapServers()).isEqualTo(address);
      List<ConsumerRecord<byte[], byte[]>> records = server.records("clicks");
      assertThat(records).hasSize(2);
      assertThat(records.get(0).key()).isEqualTo(bytes("k"));
      assertThat(records.get(0).value()).isEqualTo(bytes("v"));
      assertThat(records.get(0).timestamp()).isEqualTo(1_000L);
      assertThat(records.get(0).headers().lastHeader("trace").value()).isEqualTo(bytes("t-1"));
      assertThat(records.get(1).value()).isNull();
    }
  }

  @Test
  void keepsAGivenDataDirectoryOnOtherPortsAndTakesProperties(@TempDir Path directory)
      throws Exception {
    Path data = directory.resolve("data");
    String clusterId;
    try (KafkaServer server = KafkaServer.start(data)) {
      clusterId = server.admin().describeCluster().clusterId().get();
      server.createTopic("kept", 1);
      server.produce("kept", null, bytes("v"));
    }
    try (KafkaServer server =
        KafkaServer.start(data, 0, Map.of("auto.create.topics.enable", "true"))) {
      assertThat(server.admin().describeCluster().clusterId().get()).isEqualTo(clusterId);
      assertThat(server.records("kept")).hasSize(1);
      server.produce("made-by-being-asked-for", null, bytes("v"));
      assertThat(server.records("made-by-being-asked-for")).hasSize(1);
    }
  }

  @Test
  void makesNoTopicByItself() {
    try (KafkaServer server = KafkaServer.start()) {
      assertThatThrownBy(
              () ->
                  server
                      .admin()
                      .describeTopics(List.of("missing"))
                      .allTopicNames()
                      .get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void letsInByPlainAndByScramWithTheRightPasswordOnly() throws Exception {
    try (KafkaServer server = KafkaServer.start()) {
      server.createScramUser("SCRAM-SHA-256", "alice", "alice\"s; secret\\");

      assertThat(nodes(server, "PLAIN", server.user(), server.password())).isEqualTo(1);
      assertThat(nodes(server, "SCRAM-SHA-256", "alice", "alice\\\"s; secret\\\\")).isEqualTo(1);
      for (String mechanism : List.of("PLAIN", "SCRAM-SHA-256")) {
        assertThatThrownBy(() -> nodes(server, mechanism, server.user(), "wrong"))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(SaslAuthenticationException.class);
      }
    }
  }

  @Test
  void aBrokerThatCannotStartSaysWhy() {
    assertThatThrownBy(
            () -> KafkaServer.start(null, 0, Map.of("num.network.threads", "none")).close())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not start")
        .hasMessageContaining("Invalid value none for configuration num.network.threads");
  }

  @Test
  void theProgramMakesTopicsAndItsBrokerEndsWithItHoweverItEnds(@TempDir Path directory)
      throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KafkaServer.class.getName(),
                "--data-dir",
                directory.resolve("data").toString(),
                "--topic",
                "clicks:3")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      assertThat(line).matches("Kafka listens on 127\\.0\\.0\\.1:[0-9]+");
      String address = line.substring("Kafka listens on ".length());
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
        assertThat(admin.describeTopics(List.of("clicks")).allTopicNames().get().values())
            .singleElement()
            .satisfies(topic -> assertThat(topic.partitions()).hasSize(3));
      }

      ProcessHandle broker = program.children().findFirst().orElseThrow();
      program.destroyForcibly();

      Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> !broker.isAlive());
    }
  }

  private static int nodes(KafkaServer server, String mechanism, String user, String password)
      throws Exception {
    Map<String, Object> options = new HashMap<>();
    options.put("bootstrap.servers", server.saslBootstrapServers());
    options.put("security.protocol", "SASL_PLAINTEXT");
    options.put("sasl.mechanism", mechanism);
    options.put(
        "sasl.jaas.config",
        String.format(
            "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";",
            mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule",
            user,
            password));
    try (Admin admin = Admin.create(options)) {
      return admin.describeCluster().nodes().get(60, TimeUnit.SECONDS).size();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
