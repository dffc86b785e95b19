package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.server.source.SourceServer;
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

  private UnderTest server;

  @BeforeAll
  void start() {
    server =
        new UnderTest(
            VendorContainer.start(
                "redis:7.4",
                6379,
                port -> Map.of(),
                Wait.forLogMessage(".*Ready to accept connections.*", 1),
                "redis-server",
                "--requirepass",
                PASSWORD,
                "--appendonly",
                "yes"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceServer server() {
    return server;
  }

  private record UnderTest(VendorContainer container) implements SourceServer {
    @Override
    public Map<String, String> options() {
      return Map.of("nodes", "127.0.0.1:" + container.port());
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of("password", PASSWORD);
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
