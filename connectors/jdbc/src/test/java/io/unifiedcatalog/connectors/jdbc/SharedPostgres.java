package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.StoreBinaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** A PostgreSQL that the classes of a JVM share; each uses schemas of its own. */
public final class SharedPostgres implements BeforeAllCallback {
  @SuppressWarnings("NullAway.Init") // See beforeAll.
  private static EmbeddedPostgres server;

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.create(SharedPostgres.class))
        .getOrComputeIfAbsent(Running.class, key -> start(), Running.class);
  }

  static String url() {
    return server.jdbcUrl();
  }

  static String user() {
    return server.user();
  }

  static String password() {
    return server.password().reveal();
  }

  static Connection connect() throws SQLException {
    return server.dataSource().getConnection();
  }

  static void execute(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a statement: " + e.getMessage(), e);
    }
  }

  private static Running start() {
    try {
      Path directory = Files.createTempDirectory("jdbc-postgres");
      server = EmbeddedPostgres.start(directory, StoreBinaries.directory());
      return new Running(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Running(Path directory) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      server.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** The rows that a connection reads, the fields of each separated by a bar. */
  static List<String> rows(Connection connection, String sql) throws SQLException {
    List<String> all = new ArrayList<>();
    try (connection;
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      int count = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        List<String> fields = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
          fields.add(rows.getString(i));
        }
        all.add(String.join("|", fields.stream().map(String::valueOf).toList()));
      }
    }
    return all;
  }
}
