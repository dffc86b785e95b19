package io.unifiedcatalog.server.source;

import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.SharedServers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/** A MySQL server: MySQL itself, or what stands in for a system that speaks its protocol. */
public record MySqlUnderTest(MySqlServer mySql) implements SqlServer {
  /** The one that all classes use. */
  public static MySqlUnderTest shared() {
    return new MySqlUnderTest(SharedServers.mySql());
  }

  /** One that may be killed. */
  public static MySqlUnderTest start() {
    return new MySqlUnderTest(MySqlServer.start());
  }

  @Override
  public Map<String, String> options() {
    return Map.of(
        "host",
        "127.0.0.1",
        "port",
        String.valueOf(mySql.port()),
        "user",
        "root",
        "property.allowPublicKeyRetrieval",
        "true");
  }

  @Override
  public Map<String, String> secrets() {
    return Map.of("password", mySql.rootPassword());
  }

  @Override
  public void execute(String... statements) {
    mySql.execute(statements);
  }

  /**
   * Runs the statements of a resource, each of which ends with a semicolon at a line's end.
   *
   * @param prefix stands in it as <code>{prefix}</code>
   */
  public void executeResource(String name, String prefix) {
    try (InputStream script = Objects.requireNonNull(getClass().getResourceAsStream(name))) {
      String text = new String(script.readAllBytes(), StandardCharsets.UTF_8);
      execute(
          Arrays.stream(text.replace("{prefix}", prefix).split(";\\s*\\n"))
              .map(statement -> statement.replaceAll("(?m)^--.*$", "").strip())
              .filter(statement -> !statement.isEmpty())
              .toArray(String[]::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void kill() {
    mySql.kill();
  }

  @Override
  public void restart() {
    mySql.restart();
  }

  @Override
  public void close() {
    mySql.close();
  }
}
