package io.unifiedcatalog.server.source;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * A vendor's image that takes SQL over JDBC.
 *
 * @param url without user and password
 * @param more options beside host, port and user
 */
public record JdbcContainer(
    VendorContainer container, String url, String user, String password, Map<String, String> more)
    implements SqlServer {

  @Override
  public Map<String, String> options() {
    Map<String, String> options = new HashMap<>(more);
    options.put("host", "127.0.0.1");
    options.put("port", String.valueOf(container.port()));
    options.put("user", user);
    return options;
  }

  @Override
  public Map<String, String> secrets() {
    return Map.of("password", password);
  }

  @Override
  public void execute(String... statements) {
    executeAs(url, user, password, statements);
  }

  /** Runs statements as somebody else. */
  public static void executeAs(String url, String user, String password, String... statements) {
    try (Connection connection = DriverManager.getConnection(url, user, password);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("A statement was refused: " + e.getMessage(), e);
    }
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
