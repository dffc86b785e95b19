package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.server.source.VendorContainer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** Redis' own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class RedisContainerTest extends RedisContract {
  private static final String PASSWORD = "container";

  private VendorContainer server;

  @BeforeAll
  void start() {
    server =
        VendorContainer.start(
            "redis:7.4",
            6379,
            port -> Map.of(),
            Wait.forLogMessage(".*Ready to accept connections.*", 1),
            "redis-server",
            "--requirepass",
            PASSWORD,
            "--appendonly",
            "yes");
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  String node() {
    return "127.0.0.1:" + server.port();
  }

  @Override
  String password() {
    return PASSWORD;
  }

  @Override
  void kill() {
    server.kill();
  }

  @Override
  void restart() {
    server.restart();
  }
}
