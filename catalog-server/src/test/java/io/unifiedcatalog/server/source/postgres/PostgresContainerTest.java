package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.source.JdbcContainer;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.VendorContainer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** PostgreSQL 17, the vendor's own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class PostgresContainerTest extends PostgresContract {
  private static final String PASSWORD = "secret-of-a-container";

  private JdbcContainer server;

  @BeforeAll
  void start() {
    VendorContainer container =
        VendorContainer.start(
            "postgres:17", 5432, Map.of("POSTGRES_PASSWORD", PASSWORD), Wait.forListeningPort());
    server =
        new JdbcContainer(
            container,
            "jdbc:postgresql://127.0.0.1:" + container.port() + "/postgres",
            "postgres",
            PASSWORD,
            Map.of("database", "postgres"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return server;
  }
}
