package io.unifiedcatalog.server.source;

import io.unifiedcatalog.testing.MySqlServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The contract on a MySQL server: MySQL itself, or what it stands in for, speaking its protocol.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class MySqlServerContract extends SourceContract {
  /** The server, one for the tests of a class. */
  protected MySqlServer server;

  @BeforeAll
  void startMySql() {
    server = MySqlServer.start();
  }

  @AfterAll
  void stopMySql() {
    server.close();
  }

  /** Runs the statements of a resource, each of which ends with a semicolon at a line's end. */
  protected void executeResource(String name) {
    try (InputStream script = Objects.requireNonNull(getClass().getResourceAsStream(name))) {
      String text = new String(script.readAllBytes(), StandardCharsets.UTF_8);
      execute(
          Arrays.stream(text.split(";\\s*\\n"))
              .map(statement -> statement.replaceAll("(?m)^--.*$", "").strip())
              .filter(statement -> !statement.isEmpty())
              .toArray(String[]::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected Map<String, String> options() {
    return Map.of(
        "host",
        "127.0.0.1",
        "port",
        String.valueOf(server.port()),
        "user",
        "root",
        "property.allowPublicKeyRetrieval",
        "true");
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", server.rootPassword());
  }

  @Override
  protected void execute(String... statements) {
    server.execute(statements);
  }

  @Override
  protected String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
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
