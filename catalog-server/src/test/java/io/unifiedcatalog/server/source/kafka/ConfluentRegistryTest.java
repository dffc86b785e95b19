package io.unifiedcatalog.server.source.kafka;

import static io.unifiedcatalog.server.source.kafka.ConfluentRegistryStandIn.send;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaContent.Reference;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.source.SchemaRegistry.Version;
import io.unifiedcatalog.server.source.kafka.ConfluentRegistryStandIn.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a stand-in, as no registry is at hand. */
class ConfluentRegistryTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String PASSWORD = "secret-of-a-test";
  private static final String JSON = "application/json";

  private ConfluentRegistryStandIn standIn;

  @BeforeEach
  void start() {
    standIn = ConfluentRegistryStandIn.start();
  }

  @AfterEach
  void stop() {
    standIn.close();
  }

  private ConfluentRegistry registry() {
    return new ConfluentRegistry(standIn.url(), null, null, LONG);
  }

  @Test
  void subjectsAndVersionsComeAsTheyAreRegistered() {
    int first = standIn.register("b-value", "AVRO", "\"string\"");
    int second = standIn.register("b-value", "AVRO", "\"ö\\n\"");
    Reference reference = new Reference("common/money.proto", "b-value", 2);
    int other = standIn.register("a", "PROTOBUF", "syntax = \"proto3\";", reference);
    standIn.register("c", "JSON", "{}");

    assertThat(registry().subjects()).containsExactly("a", "b-value", "c");
    assertThat(registry().versions("b-value"))
        .containsExactly(
            new Version("b-value", 1, first, "avro", "\"string\"", List.of()),
            new Version("b-value", 2, second, "avro", "\"ö\\n\"", List.of()));
    assertThat(registry().versions("a"))
        .containsExactly(
            new Version("a", 1, other, "protobuf", "syntax = \"proto3\";", List.of(reference)));
    assertThat(registry().versions("c")).extracting(Version::kind).containsExactly("json");
  }

  @Test
  void whatIsDeletedIsLeftOut() {
    standIn.register("gone", "AVRO", "1");
    standIn.delete("gone", 1);
    standIn.register("a", "AVRO", "1");
    standIn.register("a", "AVRO", "2");
    standIn.register("a", "AVRO", "3");
    standIn.delete("a", 2);
    assertThat(registry().subjects()).containsExactly("a");
    assertThat(registry().versions("a")).extracting(Version::version).containsExactly(1L, 3L);
    assertFails(
        () -> registry().versions("gone"),
        ErrorCode.NOT_FOUND,
        "The schema registry URL answers HTTP 404 and says: Subject 'gone' not found. (GET"
            + " /subjects/gone/versions).");
  }

  @Test
  void aVersionThatIsDeletedWhileTheOthersAreReadIsLeftOut() {
    standIn.register("a", "AVRO", "1");
    standIn.register("a", "AVRO", "2");
    Answer gone =
        exchange ->
            send(exchange, 404, JSON, "{\"error_code\":40402,\"message\":\"Version not found.\"}");
    standIn.answer("/subjects/a/versions/1", gone);
    assertThat(registry().versions("a")).extracting(Version::version).containsExactly(2L);
    standIn.answer("/subjects/a/versions/2", gone);
    assertFails(
        () -> registry().versions("a"),
        ErrorCode.NOT_FOUND,
        "Subject 'a' is not in the schema registry URL.");
  }

  @Test
  void aListIsReadToItsEndHoweverItIsPortioned() {
    List<String> names = IntStream.range(0, 1_500).mapToObj(i -> "s" + (10_000 + i)).toList();
    names.forEach(name -> standIn.register(name, "AVRO", "1"));
    assertThat(registry().subjects()).isEqualTo(names);
    standIn.limitPages(400);
    assertThat(registry().subjects()).isEqualTo(names);
    standIn.ignorePages();
    assertThat(registry().subjects()).isEqualTo(names);
  }

  @Test
  void aListOfJustAPortionIsReadToItsEndFromWhoKnowsNoPortions() {
    List<String> names = IntStream.range(0, 1_000).mapToObj(i -> "s" + (10_000 + i)).toList();
    names.forEach(name -> standIn.register(name, "AVRO", "1"));
    standIn.ignorePages();
    assertThat(registry().subjects()).isEqualTo(names);
  }

  @Test
  void theUrlMayHaveAPath() {
    try (ConfluentRegistryStandIn below = ConfluentRegistryStandIn.start("/apis/ccompat/v7", 0)) {
      below.register("a", "AVRO", "1");
      for (String end : List.of("", "/", "//")) {
        ConfluentRegistry registry = new ConfluentRegistry(below.url() + end, null, null, LONG);
        assertThat(registry.subjects()).containsExactly("a");
        assertThat(registry.versions("a")).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b+c%2F", "ä/ö?x=1#y", "%", ":.ctx:a", "a/../b", "..."})
  void aSubjectMayHaveAnyName(String subject) {
    standIn.register(subject, "AVRO", "1");
    assertThat(registry().versions(subject)).extracting(Version::subject).containsExactly(subject);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", ".."})
  void aNameThatServersTakeForAPathIsNotAskedFor(String subject) {
    assertFails(
        () -> registry().versions(subject),
        ErrorCode.NOT_FOUND,
        "Subject '" + subject + "' is not in the schema registry URL.");
    assertThat(standIn.requests()).isEmpty();
  }

  @Test
  void theUserIsLetInByItsPasswordAndNobodyElse() {
    standIn.register("a", "AVRO", "1");
    standIn.require("ann", PASSWORD + "ö:x");
    assertThat(
            new ConfluentRegistry(standIn.url(), "ann", new Secret(PASSWORD + "ö:x"), LONG)
                .subjects())
        .containsExactly("a");
    assertFails(
        () -> new ConfluentRegistry(standIn.url(), "ann", new Secret(PASSWORD), LONG).subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL refuses the user and the password (HTTP 401 for GET /subjects). Set"
            + " the source's registry user and password.");
    assertFails(
        () -> registry().subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL refuses a call without a user (HTTP 401 for GET /subjects). Set the"
            + " source's registry user and password.");
    standIn.answer(
        "/subjects",
        exchange -> send(exchange, 403, JSON, "{\"error_code\":40301,\"message\":\"no\"}"));
    assertFails(
        () -> new ConfluentRegistry(standIn.url(), "ann", null, LONG).subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL refuses the user and the password (HTTP 403 for GET /subjects). Set"
            + " the source's registry user and password.");
  }

  @Test
  void aRedirectIsNotFollowed() {
    try (ConfluentRegistryStandIn elsewhere = ConfluentRegistryStandIn.start()) {
      standIn.answer(
          "/subjects",
          exchange -> {
            exchange.getResponseHeaders().set("Location", elsewhere.url() + "/subjects");
            send(exchange, 302, "text/html", "");
          });
      assertFails(
          () -> new ConfluentRegistry(standIn.url(), "ann", new Secret(PASSWORD), LONG).subjects(),
          ErrorCode.FAILED_PRECONDITION,
          "The schema registry URL sends the catalog elsewhere (HTTP 302), which it does not follow,"
              + " as the password would go along. Give the url that is meant, perhaps of https (GET"
              + " /subjects).");
      assertThat(elsewhere.requests()).isEmpty();
    }
  }

  @Test
  void whatIsNoJsonIsToldWithItsTypeAndNotShown() {
    standIn.answer(
        "/subjects",
        exchange -> send(exchange, 200, "text/html; charset=utf-8", "<html>internal page</html>"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL answers what is no JSON but text/html; charset=utf-8, as no schema"
            + " registry does. Check the url, its path too; perhaps a proxy or another server answers"
            + " there (GET /subjects).");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|an answer that is no list",
        "'\"a\"'|an answer that is no list",
        "''|an answer that is no list",
        "[1]|a list of something else",
        "[\"a\", null]|a list of something else",
      })
  void aListOfSubjectsThatIsNoneIsRefused(String body, String what) {
    standIn.answer("/subjects", exchange -> send(exchange, 200, JSON, body));
    assertFails(() -> registry().subjects(), ErrorCode.FAILED_PRECONDITION, odd(what, "/subjects"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"1\"]|a list of something else",
        "[0]|a list of something else",
        "[-1]|a list of something else",
        "[1.5]|a list of something else",
        "[99999999999999999999]|a list of something else",
        "[1] []|what is no JSON but application/json",
      })
  void aListOfVersionsThatIsNoneIsRefused(String body, String what) {
    standIn.answer("/subjects/a/versions", exchange -> send(exchange, 200, JSON, body));
    assertFails(
        () -> registry().versions("a"),
        ErrorCode.FAILED_PRECONDITION,
        odd(what, "/subjects/a/versions"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|an answer without a schema and its id",
        "{\"id\": 1}|an answer without a schema and its id",
        "{\"schema\": \"x\"}|an answer without a schema and its id",
        "{\"schema\": {}, \"id\": 1}|an answer without a schema and its id",
        "{\"schema\": \"x\", \"id\": \"1\"}|an answer without a schema and its id",
        "{\"schema\": \"x\", \"id\": 0}|an answer without a schema and its id",
        "{\"schema\": \"x\", \"id\": 2147483648}|an answer without a schema and its id",
        "{\"schema\": \"x\", \"id\": 1, \"references\": [{}]}"
            + "|a reference without a name, a subject and a version",
        "{\"schema\": \"x\", \"id\": 1, \"references\":"
            + " [{\"name\": \"x\", \"subject\": \"s\", \"version\": -1}]}"
            + "|a reference without a name, a subject and a version",
      })
  void aVersionThatIsNoneIsRefused(String body, String what) {
    standIn.register("a", "AVRO", "1");
    standIn.answer("/subjects/a/versions/1", exchange -> send(exchange, 200, JSON, body));
    assertFails(
        () -> registry().versions("a"),
        ErrorCode.FAILED_PRECONDITION,
        odd(what, "/subjects/a/versions"));
  }

  @Test
  void aTypeThatIsNotKnownIsRefused() {
    standIn.register("a", "THRIFT", "1");
    assertFails(
        () -> registry().versions("a"),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL has a schema of the type 'THRIFT', which the catalog does not know."
            + " Known types: AVRO, JSON, PROTOBUF (GET /subjects/a/versions).");
  }

  @Test
  void anErrorOfTheRegistryIsToldInOneShortLine() {
    standIn.answer(
        "/subjects",
        exchange ->
            send(
                exchange,
                500,
                JSON,
                "{\"error_code\":50001,\"message\":\"Error in\\nthe backend "
                    + "x".repeat(500)
                    + "\"}"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL answers HTTP 500 and says: Error in the backend "
            + "x".repeat(179)
            + " ... (for GET /subjects). Try again later.");
    standIn.answer(
        "/subjects",
        exchange ->
            send(exchange, 422, JSON, "{\"error_code\":42201,\"message\":\"Invalid schema\"}"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL answers HTTP 422 and says: Invalid schema (GET /subjects).");
    standIn.answer("/subjects", exchange -> send(exchange, 503, "text/html", "<html>busy"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL answers HTTP 503 (for GET /subjects). Try again later.");
  }

  @Test
  void anAddressBelowWhichNoRegistryIsSaysSo() {
    standIn.answer("/subjects", exchange -> send(exchange, 404, "text/html", "<html>not here"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.FAILED_PRECONDITION,
        odd("HTTP 404 without the error code of one", "/subjects"));
  }

  @Test
  void anAnswerThatIsCutOffSaysSo() {
    standIn.answer(
        "/subjects",
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write('[');
        });
    CatalogException shorter = failure(() -> registry().subjects());
    assertThat(shorter.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(shorter)
        .hasMessageStartingWith(
            "The schema registry " + standIn.url() + " broke off its answer to GET /subjects: ")
        .hasMessageEndingWith(". Try again; if it stays so, check that the url is the registry's.");
    standIn.answer("/subjects", exchange -> send(exchange, 200, JSON, "[\"a\", \"b"));
    assertFails(
        () -> registry().subjects(),
        ErrorCode.UNAVAILABLE,
        "The schema registry URL broke off its answer to GET /subjects. Try again.");
  }

  @Test
  void anAnswerThatGoesOnForEverIsGivenUpAtItsGreatestSize() {
    standIn.answer(
        "/subjects",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] blanks = " ".repeat(8_192).getBytes(UTF_8);
          while (true) {
            exchange.getResponseBody().write(blanks);
          }
        });
    assertFails(
        () -> registry().subjects(),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL answers more than 10000000 bytes (GET /subjects).");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerThatDoesNotComeIsGivenUpInTime(boolean headersCome) {
    CountDownLatch end = new CountDownLatch(1);
    standIn.answer(
        "/subjects",
        exchange -> {
          if (headersCome) {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('[');
            exchange.getResponseBody().flush();
          }
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    try {
      assertFails(
          () -> new ConfluentRegistry(standIn.url(), null, null, Duration.ofMillis(300)).subjects(),
          ErrorCode.UNAVAILABLE,
          "The schema registry URL did not answer GET /subjects within 300 ms. Try again later, or"
              + " check the url.");
    } finally {
      end.countDown();
    }
  }

  @Test
  void moreThanTheCatalogTakesIsRefused() {
    for (String text : List.of("1234", "5678", "9")) {
      standIn.register("a", "AVRO", text);
      standIn.register("s" + text, "AVRO", text);
    }
    assertFails(
        () -> limited(new ConfluentRegistry.Limits(1_000, 3, 3, 100)).subjects(),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL lists more than 3 there, which is more than the catalog takes (GET"
            + " /subjects).");
    assertFails(
        () -> limited(new ConfluentRegistry.Limits(1_000, 4, 2, 100)).versions("a"),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL lists more than 2 there, which is more than the catalog takes (GET"
            + " /subjects/a/versions).");
    assertFails(
        () -> limited(new ConfluentRegistry.Limits(1_000, 4, 3, 8)).versions("a"),
        ErrorCode.FAILED_PRECONDITION,
        "The schema registry URL has more than 8 characters of schemas there (GET"
            + " /subjects/a/versions).");
    ConfluentRegistry enough = limited(new ConfluentRegistry.Limits(1_000, 4, 3, 9));
    assertThat(enough.subjects()).hasSize(4);
    assertThat(enough.versions("a")).hasSize(3);
  }

  private ConfluentRegistry limited(ConfluentRegistry.Limits limits) {
    return new ConfluentRegistry(standIn.url(), null, null, LONG, limits);
  }

  @Test
  void aRegistryThatIsAwaySaysSo() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ConfluentRegistry away =
        new ConfluentRegistry("http://127.0.0.1:" + port, "ann", new Secret(PASSWORD), LONG);
    CatalogException failure = failure(away::subjects);
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure)
        .hasMessageStartingWith(
            "The schema registry http://127.0.0.1:" + port + " cannot be reached: ")
        .hasMessageEndingWith(". Check the url, and that it runs.");
  }

  @Test
  void aRegistryWithoutTlsIsNotSpokenWithOverTls() throws Exception {
    try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answering =
          new Thread(
              () -> {
                // Each connection: a client may try again.
                while (!plain.isClosed()) {
                  try (Socket socket = plain.accept()) {
                    // As a server does that waits for a request: what it says is no TLS.
                    socket.getInputStream().read();
                    socket
                        .getOutputStream()
                        .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                    // Until the client gives up; closed before, the answer might be lost.
                    socket.getInputStream().readAllBytes();
                  } catch (IOException e) {
                    // The client has gone, or the test is over.
                  }
                }
              });
      answering.setDaemon(true);
      answering.start();
      ConfluentRegistry registry =
          new ConfluentRegistry(
              "https://127.0.0.1:" + plain.getLocalPort(), "ann", new Secret(PASSWORD), LONG);
      CatalogException failure = failure(registry::subjects);
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("cannot be spoken with over TLS: ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://host, is neither of http nor of https",
    "file:///etc/passwd, is neither of http nor of https",
    "host:8081, is neither of http nor of https",
    "'', is neither of http nor of https",
    "http://, is no url",
    "'http://a b', is no url",
    "http:/subjects, names no host",
    "http://host?x=1, 'has a query or a fragment, and a registry''s has none'",
    "http://host/#x, 'has a query or a fragment, and a registry''s has none'",
    "http://ann:secret-of-a-test@host, "
        + "names a user; give the user and the password apart from it",
  })
  void aUrlThatIsNoRegistrysIsRefusedAndNotShown(String url, String wrong) {
    assertFails(
        () -> new ConfluentRegistry(url, null, null, LONG),
        ErrorCode.INVALID_ARGUMENT,
        "The schema registry's url "
            + wrong
            + ". Give one like https://registry.example:8081/path.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP://host", "https://host:8081/a/b/", "http://[::1]:8081"})
  void aUrlOfARegistryIsTaken(String url) {
    assertThatCode(() -> new ConfluentRegistry(url, null, null, LONG)).doesNotThrowAnyException();
  }

  private static String odd(String what, String path) {
    return "The schema registry URL answers "
        + what
        + ", as no schema registry does. Check the url, its path too; perhaps a proxy or another"
        + " server answers there (GET "
        + path
        + ").";
  }

  private static CatalogException failure(ThrowingCallable call) {
    CatalogException failure = catchThrowableOfType(CatalogException.class, call);
    assertThat(failure).isNotNull();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(String.valueOf(cause)).doesNotContain(PASSWORD);
    }
    return failure;
  }

  private void assertFails(ThrowingCallable call, ErrorCode code, String message) {
    CatalogException failure = failure(call);
    assertThat(failure).hasMessage(message.replace("URL", standIn.url()));
    assertThat(failure.code()).isEqualTo(code);
  }
}
