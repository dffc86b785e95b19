package io.unifiedcatalog.server.source.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.server.store.TestPostgres;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A database of a PostgreSQL server of this machine. */
abstract class PostgresUnderTest implements SqlServer {
  /** The url without user and password. */
  abstract String url();

  abstract String user();

  abstract String password();

  @Override
  public Map<String, String> options() {
    URI address = URI.create(url().replaceFirst("^jdbc:", "").replaceFirst("\\?.*$", ""));
    return Map.of(
        "host", "127.0.0.1",
        "port", String.valueOf(address.getPort()),
        "user", user(),
        "database", address.getPath().substring(1));
  }

  @Override
  public Map<String, String> secrets() {
    return Map.of("password", password());
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url(), user(), password());
  }

  @Override
  public void execute(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a statement: " + e.getMessage(), e);
    }
  }

  /** A database of its own on the server that the store's tests use. */
  static final class Shared extends PostgresUnderTest {
    private final HikariDataSource database = TestPostgres.BUNDLED.emptyDatabase();

    @Override
    String url() {
      return database.getJdbcUrl();
    }

    @Override
    String user() {
      return database.getUsername();
    }

    @Override
    String password() {
      return database.getPassword();
    }

    @Override
    public void kill() {
      throw new IllegalStateException("This PostgreSQL is shared by all tests of this JVM");
    }

    @Override
    public void restart() {
      kill();
    }

    @Override
    public void close() {
      database.close();
    }
  }

  /** A server that may be killed. It has another port when it is back. */
  static final class Victim extends PostgresUnderTest {
    private final Path directory;
    private EmbeddedPostgres server;

    Victim(Path directory) {
      this.directory = directory;
      this.server = TestPostgres.start(directory);
    }

    @Override
    String url() {
      return server.jdbcUrl();
    }

    @Override
    String user() {
      return server.user();
    }

    @Override
    String password() {
      return server.password().reveal();
    }

    /** Ends it at once: killed, it would be started again, as a store is. */
    @Override
    public void kill() {
      server.close();
    }

    @Override
    public void restart() {
      server = TestPostgres.start(directory);
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
