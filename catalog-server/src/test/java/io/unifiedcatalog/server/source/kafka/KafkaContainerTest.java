package io.unifiedcatalog.server.source.kafka;

import io.unifiedcatalog.server.source.SourceServer;
import io.unifiedcatalog.server.source.VendorContainer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** Apache Kafka's own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class KafkaContainerTest extends KafkaContract {
  private UnderTest server;

  @BeforeAll
  void start() {
    server =
        new UnderTest(
            VendorContainer.start(
                "apache/kafka:4.1.1",
                9092,
                // A broker tells its clients where it is, which is at this machine's port.
                port ->
                    Map.of(
                        "KAFKA_NODE_ID", "1",
                        "KAFKA_PROCESS_ROLES", "broker,controller",
                        "KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093",
                        "KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://127.0.0.1:" + port,
                        "KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER",
                        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                        "KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093",
                        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1",
                        "KAFKA_LOG_DIRS", "/tmp/kafka-logs"),
                Wait.forLogMessage(".*Kafka Server started.*", 1)));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceServer server() {
    return server;
  }

  @Override
  protected SourceServer startVictim() {
    return server;
  }

  private record UnderTest(VendorContainer container) implements SourceServer {
    @Override
    public Map<String, String> options() {
      return Map.of("bootstrap-servers", "127.0.0.1:" + container.port());
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of();
    }

    @Override
    public void kill() {
      container.kill();
    }

    @Override
    public void restart() {
      container.restart();
    }

    @Override
    public void close() {
      container.close();
    }
  }
}
