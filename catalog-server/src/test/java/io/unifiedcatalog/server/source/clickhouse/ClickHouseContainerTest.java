package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.VendorContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** ClickHouse's own image, with LZ4 and a user of its own; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class ClickHouseContainerTest extends ClickHouseContract {
  private static final String PASSWORD = "click-of-a-container";

  private UnderTest server;

  @BeforeAll
  void start() {
    server =
        new UnderTest(
            VendorContainer.start(
                "clickhouse/clickhouse-server:25.8",
                8123,
                Map.of("CLICKHOUSE_USER", "reader", "CLICKHOUSE_PASSWORD", PASSWORD),
                Wait.forHttp("/ping").forPort(8123)),
            HttpClient.newHttpClient());
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

  @Override
  String urlProperties() {
    return "";
  }

  private record UnderTest(VendorContainer container, HttpClient client) implements SqlServer {
    @Override
    public Map<String, String> options() {
      return Map.of(
          "host", "127.0.0.1", "port", String.valueOf(container.port()), "user", "reader");
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of("password", PASSWORD);
    }

    @Override
    public void execute(String... statements) {
      for (String statement : statements) {
        try {
          HttpResponse<String> answer =
              client.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + container.port() + "/"))
                      .header("X-ClickHouse-User", "reader")
                      .header("X-ClickHouse-Key", PASSWORD)
                      .POST(HttpRequest.BodyPublishers.ofString(statement))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() != 200) {
            throw new IllegalStateException("ClickHouse refused a statement: " + answer.body());
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
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
}
