package io.unifiedcatalog.server.source.postgres;

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

/** PostgreSQL 17, the vendor's own image; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresContainerTest extends SourceContract {
  private static final String PASSWORD = "secret-of-a-container";

  private VendorContainer server;

  @BeforeAll
  void start() {
    server =
        VendorContainer.start(
            "postgres:17", 5432, Map.of("POSTGRES_PASSWORD", PASSWORD), Wait.forListeningPort());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceSystem system() {
    return new PostgresSource();
  }

  @Override
  protected Map<String, String> options() {
    return Map.of(
        "host", "127.0.0.1",
        "port", String.valueOf(server.port()),
        "database", "postgres",
        "user", "postgres");
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", PASSWORD);
  }

  @Override
  protected void execute(String... statements) {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres",
                "postgres",
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
  protected void create(String database, String... statements) {
    execute(
        "DROP SCHEMA IF EXISTS " + quote(database) + " CASCADE",
        "CREATE SCHEMA " + quote(database));
    execute(statements);
  }

  @Override
  protected String quote(String name) {
    return "\"" + name + "\"";
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
