package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.SharedServers;
import java.util.Map;

/** ClickHouse's engine, libchdb. */
class ClickHouseSourceTest extends ClickHouseContract {
  private final UnderTest server = new UnderTest(SharedServers.clickHouse());

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return new UnderTest(ClickHouseServer.start());
  }

  @Override
  String urlProperties() {
    return "?compress=false";
  }

  private record UnderTest(ClickHouseServer clickHouse) implements SqlServer {
    @Override
    public Map<String, String> options() {
      return Map.of(
          "host",
          "127.0.0.1",
          "port",
          String.valueOf(clickHouse.port()),
          "user",
          clickHouse.user(),
          // The port of the bundled engine knows none.
          "property.compress",
          "false");
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of("password", clickHouse.password());
    }

    @Override
    public void execute(String... statements) {
      clickHouse.execute(statements);
    }

    @Override
    public void kill() {
      clickHouse.kill();
    }

    @Override
    public void restart() {
      clickHouse.restart();
    }

    @Override
    public void close() {
      clickHouse.close();
    }
  }
}
