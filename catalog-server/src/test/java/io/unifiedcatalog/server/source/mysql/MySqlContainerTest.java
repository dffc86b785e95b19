package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.VendorContainer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** MySQL 8.4, the vendor's own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MySqlContainerTest extends SourceContract {
  private static final String PASSWORD = "secret-of-a-container";

  private VendorContainer server;

  @BeforeAll
  void start() {
    server =
        VendorContainer.start(
            "mysql:8.4",
            3306,
            Map.of("MYSQL_ROOT_PASSWORD", PASSWORD),
            // Its first server, without a port, makes the data.
            Wait.forLogMessage(".*port: 3306 .*MySQL Community Server.*", 1));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceSystem system() {
    return new MySqlSource();
  }

  @Override
  protected Map<String, String> options() {
    return Map.of(
        "host", "127.0.0.1",
        "port", String.valueOf(server.port()),
        "user", "root",
        "property.allowPublicKeyRetrieval", "true");
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", PASSWORD);
  }

  @Override
  protected void execute(String... statements) {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:" + server.port() + "/?allowPublicKeyRetrieval=true",
                "root",
                PASSWORD);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("A statement was refused: " + e.getMessage(), e);
    }
  }

  @Override
  protected String quote(String name) {
    return "`" + name + "`";
  }

  @Override
  protected void kill() {
    server.kill();
  }

  @Override
  protected void restart() {
    server.restart();
  }
}
