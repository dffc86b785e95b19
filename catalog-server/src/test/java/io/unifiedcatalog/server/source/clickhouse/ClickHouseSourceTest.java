package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.testing.ClickHouseServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** ClickHouse's engine, libchdb. */
class ClickHouseSourceTest extends ClickHouseContract {
  private ClickHouseServer server;

  @BeforeAll
  void start() {
    server = ClickHouseServer.start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected Map<String, String> options() {
    return Map.of(
        "host",
        "127.0.0.1",
        "port",
        String.valueOf(server.port()),
        "user",
        server.user(),
        // The port of the bundled engine knows none.
        "property.compress",
        "false");
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", server.password());
  }

  @Override
  protected void execute(String... statements) {
    server.execute(statements);
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
