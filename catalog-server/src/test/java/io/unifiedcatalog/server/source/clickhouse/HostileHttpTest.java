package io.unifiedcatalog.server.source.clickhouse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers that are no ClickHouse, named as one by somebody who wants to read their answers. */
class HostileHttpTest {
  private static final String SECRET = "AccessKeyId AKIA-OF-THE-METADATA-SERVICE";

  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer internal;
  private HttpServer hostile;

  @BeforeEach
  void start() throws IOException {
    internal = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    internal.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          answer(exchange, 403, SECRET);
        });
    internal.start();
    hostile = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hostile.start();
  }

  @AfterEach
  void stop() {
    internal.stop(0);
    hostile.stop(0);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static Throwable opened(HttpServer server) {
    Source source =
        new Source(
            new UUID(0, 0),
            "web",
            "clickhouse",
            Map.of(
                "host",
                "127.0.0.1",
                "port",
                Integer.toString(server.getAddress().getPort()),
                "user",
                "reader",
                "property.compress",
                "false"),
            Map.of("password", new Secret("pw")),
            1);
    return catchThrowable(() -> new ClickHouseSource().open(source).close());
  }

  @ParameterizedTest
  @CsvSource({"301", "302", "303", "307", "308"})
  void noRedirectIsFollowed(int status) {
    hostile.createContext(
        "/",
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("location", "http://127.0.0.1:" + internal.getAddress().getPort() + "/latest");
          answer(exchange, status, SECRET);
        });
    assertThat(opened(hostile))
        .hasMessageContaining("it answered with a redirect (HTTP status " + status + ")")
        .hasMessageNotContaining("AccessKeyId");
    assertThat(asked).hasValue(0);
  }

  @ParameterizedTest
  @CsvSource({"400", "401", "403", "404", "500", "503"})
  void anErrorThatIsNotClickHousesShowsItsStatusAlone(int status) {
    hostile.createContext("/", exchange -> answer(exchange, status, SECRET));
    assertThat(opened(hostile))
        .hasMessageContaining(
            "it answered with HTTP status " + status + " and no error of ClickHouse's own")
        .hasMessageNotContaining("AccessKeyId");
  }

  @ParameterizedTest
  @CsvSource({"200", "204"})
  void anAnswerThatIsNotClickHousesShowsNothingOfItself(int status) {
    hostile.createContext("/", exchange -> answer(exchange, status, status == 204 ? "" : SECRET));
    assertThat(opened(hostile))
        .hasMessageContaining("cannot be connected to")
        .hasMessageNotContaining("AccessKeyId");
  }
}
