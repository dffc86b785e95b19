package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.source.JdbcContainer;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.VendorContainer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** MySQL 8.4, the vendor's own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class MySqlContainerTest extends MySqlContract {
  private static final String PASSWORD = "secret-of-a-container";

  private JdbcContainer server;

  @BeforeAll
  void start() {
    VendorContainer container =
        VendorContainer.start(
            "mysql:8.4",
            3306,
            Map.of("MYSQL_ROOT_PASSWORD", PASSWORD),
            // Its first server, without a port, makes the data.
            Wait.forLogMessage(".*port: 3306 .*MySQL Community Server.*", 1));
    server =
        new JdbcContainer(
            container,
            "jdbc:mysql://127.0.0.1:" + container.port() + "/?allowPublicKeyRetrieval=true",
            "root",
            PASSWORD,
            Map.of("property.allowPublicKeyRetrieval", "true"));
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
