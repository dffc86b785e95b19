package io.unifiedcatalog.connectors.redis;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

/** Redis' own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class RedisContainerTest extends RedisSqlContract {
  private static final String PASSWORD = "secret-of-a-container";

  private GenericContainer<?> server;

  @BeforeAll
  void start() {
    server =
        new GenericContainer<>(DockerImageName.parse("redis:8.2"))
            .withCommand("redis-server", "--requirepass", PASSWORD)
            .withExposedPorts(6379)
            .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1));
    server.start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  int port() {
    return server.getMappedPort(6379);
  }

  @Override
  String password() {
    return PASSWORD;
  }
}
