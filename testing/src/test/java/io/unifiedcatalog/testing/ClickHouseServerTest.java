package io.unifiedcatalog.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClickHouseServerTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static ClickHouseServer server;

  @BeforeAll
  static void start() {
    server = ClickHouseServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void answersInTheFormatThatIsAskedForAndPassesTheEnginesErrorsOn() throws Exception {
    assertThat(server.query("SELECT 1 + 1, 'a'")).isEqualTo("2\ta\n");
    assertThat(server.query("SELECT 1 AS one FORMAT JSONEachRow")).isEqualTo("{\"one\":1}\n");
    assertThatThrownBy(() -> server.query("SELECT nothing"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Code: 47.")
        .hasMessageContaining("nothing");
    HttpResponse<String> refused =
        CLIENT.send(request("", "SELECT 1", "wrong"), HttpResponse.BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.headers().firstValue("X-ClickHouse-Exception-Code")).contains("516");
  }

  @Test
  void takesSettingsFromTheRequestForThatRequestOnly() throws Exception {
    String sql = "SELECT getSetting('max_block_size')";
    assertThat(text(request("?max_block_size=7", sql, server.password()))).isEqualTo("7\n");
    assertThat(server.query(sql)).isNotEqualTo("7\n");
    assertThat(text(request("?no_such_setting=7", sql, server.password())))
        .contains("UNKNOWN_SETTING");
    assertThat(text(request("?param_x=7", "SELECT {x:UInt8} + 1", server.password())))
        .isEqualTo("8\n");
  }

  @Test
  void streamsMoreThanItsHeapHoldsWithOneHeader() throws Exception {
    HttpResponse<InputStream> answer =
        CLIENT.send(
            request(
                "?default_format=RowBinaryWithNamesAndTypes",
                "SELECT number FROM numbers(50000000)",
                server.password()),
            HttpResponse.BodyHandlers.ofInputStream());
    long bytes;
    try (InputStream body = answer.body()) {
      bytes = 0;
      byte[] buffer = new byte[1 << 16];
      for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
        bytes += read;
      }
    }
    // One column, the length and text of its name and of its type, and the numbers.
    assertThat(bytes).isEqualTo(1 + (1 + 6) + (1 + 6) + 8L * 50_000_000);
  }

  @Test
  void answersWithTheHeaderAloneIfThereIsNoRow() throws Exception {
    assertThat(
            text(
                request(
                    "?default_format=RowBinaryWithNamesAndTypes",
                    "SELECT number FROM numbers(0)",
                    server.password())))
        .isEqualTo("\u0001\u0006number\u0006UInt64");
  }

  @Test
  void keepsItsDataOverAKillAndRunsQueriesAtTheSameTime(@TempDir Path directory) {
    try (ClickHouseServer own =
        ClickHouseServer.start(directory.resolve("data"), 0, "Asia/Tokyo")) {
      assertThat(own.query("SELECT timezone()")).isEqualTo("Asia/Tokyo\n");
      own.execute(
          "CREATE DATABASE kept",
          "CREATE TABLE kept.t (a UInt64) ENGINE = MergeTree ORDER BY a",
          "INSERT INTO kept.t VALUES (18446744073709551615)");
      int port = own.port();
      own.kill();
      own.restart();
      assertThat(own.port()).isEqualTo(port);
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        answers.add(CompletableFuture.supplyAsync(() -> own.query("SELECT a FROM kept.t")));
      }
      assertThat(answers)
          .allSatisfy(answer -> assertThat(answer.join()).isEqualTo("18446744073709551615\n"));
    }
  }

  private static HttpRequest request(String parameters, String sql, String password) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.port() + "/" + parameters))
        .header("X-ClickHouse-User", server.user())
        .header("X-ClickHouse-Key", password)
        .POST(HttpRequest.BodyPublishers.ofString(sql))
        .build();
  }

  private static String text(HttpRequest request) throws Exception {
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
  }
}
