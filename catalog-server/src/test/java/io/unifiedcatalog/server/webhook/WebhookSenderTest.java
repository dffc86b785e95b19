package io.unifiedcatalog.server.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.SecretSealer;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.server.webhook.Receiver.Post;
import io.unifiedcatalog.server.webhook.WebhookSender.Outcome;
import io.unifiedcatalog.server.webhook.WebhookSender.Patience;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Senders on a real store that post to a real HTTP server. */
@Timeout(120)
class WebhookSenderTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String NEXT_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Patience IMPATIENT =
      new Patience(Duration.ofSeconds(10), List.of(Duration.ofMillis(10), Duration.ofMillis(20)));

  @TempDir Path directory;
  private HikariDataSource database;
  private MetadataStore store;
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private Path secretFile;

  /** What a message of this test's senders holds one of. */
  private final Set<String> mine = new HashSet<>();

  @BeforeEach
  void prepare() throws IOException {
    database = TestPostgres.BUNDLED.migratedDatabase();
    store =
        new MetadataStore(database, SecretSealer.open(directory.resolve("key"), database), true);
    secretFile = Files.writeString(directory.resolve("secret"), SECRET + "\n");
    mine.add(secretFile.toString());
    logged.start();
    ((Logger) LoggerFactory.getLogger(WebhookSender.class)).addAppender(logged);
  }

  @AfterEach
  void closeParts() throws Exception {
    ((Logger) LoggerFactory.getLogger(WebhookSender.class)).detachAppender(logged);
    for (AutoCloseable part : parts) {
      part.close();
    }
    database.close();
  }

  @Test
  void aRunThatEndedIsPostedOnceAndSignedAsStandardWebhooksHasIt() throws IOException {
    Receiver receiver = receiver(Receiver.takingAll());
    WebhookSender sender = sender(receiver.url());
    long run = failedRun("shop");
    sender.wake();

    awaitOutcomes(Outcome.DELIVERED);
    Post post = receiver.posts().get(0);
    assertThat(post.body()).isEqualTo("{\"run\":" + run + ",\"state\":\"FAILED\"}");
    assertThat(post.header("content-type")).isEqualTo("application/json");
    assertThat(post.header("user-agent")).isEqualTo("unified-catalog/1.2.3");
    assertThat(post.header("webhook-id")).hasSize(36);
    assertThat(Long.parseLong(post.header("webhook-timestamp")))
        .isBetween(Instant.now().getEpochSecond() - 60, Instant.now().getEpochSecond());
    assertThat(post.isSignedWith(SECRET)).isTrue();
    assertThat(post.isSignedWith(NEXT_SECRET)).isFalse();
    assertThat(new Post(post.headers(), post.body() + " ").isSignedWith(SECRET)).isFalse();
    assertThat(store.waitingMessages()).isZero();
    assertThat(receiver.posts()).hasSize(1);
  }

  @Test
  void aMessageThatIsNotTakenIsPostedAgainAsTheSameMessage() throws IOException {
    Receiver receiver =
        receiver(
            new Receiver(
                (exchange, number) ->
                    exchange.sendResponseHeaders(number == 1 ? 500 : number == 2 ? 404 : 202, -1)));
    failedRun("shop");
    sender(receiver.url());

    awaitOutcomes(Outcome.FAILED, Outcome.FAILED, Outcome.DELIVERED);
    assertThat(receiver.posts()).hasSize(3);
    assertThat(receiver.posts())
        .extracting(post -> post.header("webhook-id"))
        .containsOnly(receiver.posts().get(0).header("webhook-id"));
    assertThat(receiver.posts())
        .extracting(Post::body)
        .containsOnly(receiver.posts().get(0).body());
    assertThat(receiver.posts()).allMatch(post -> post.isSignedWith(SECRET));
    assertThat(messages())
        .first()
        .asString()
        .matches(
            "The webhook at http://127\\.0\\.0\\.1:\\d+ was not told of crawl \\d+ in attempt 1: it"
                + " answered with status 500\\. The next one is in 0 s\\.");
  }

  @Test
  void aMessageIsGivenUpWhenItWasTriedOftenEnoughAndCostsNoOther() throws IOException {
    Receiver receiver =
        receiver(
            new Receiver(
                (exchange, number) -> exchange.sendResponseHeaders(number > 3 ? 200 : 410, -1)));
    long run = failedRun("shop");
    WebhookSender sender = sender(receiver.url());

    awaitOutcomes(Outcome.FAILED, Outcome.FAILED, Outcome.GIVEN_UP);
    assertThat(messages())
        .last()
        .asString()
        .endsWith(
            " was not told of crawl "
                + run
                + " and is not tried again, after 3 attempts: it answered with status 410. `catalog"
                + " crawl changes "
                + run
                + "` tells what the crawl changed.");
    failedRun("other");
    sender.wake();
    awaitOutcomes(Outcome.FAILED, Outcome.FAILED, Outcome.GIVEN_UP, Outcome.DELIVERED);
    assertThat(store.waitingMessages()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageThatCannotBeMadeIsGivenUpAndCostsNoOther(boolean error) throws IOException {
    Receiver receiver = receiver(Receiver.takingAll());
    long broken = failedRun("shop");
    failedRun("other");
    started(
        new WebhookSender(
            store,
            message -> {
              if (message.runId() == broken) {
                if (error) {
                  throw new StackOverflowError("a defect");
                }
                throw new IllegalStateException("a defect");
              }
              return "{}";
            },
            receiver.url(),
            secretFile,
            "1.2.3",
            outcomes::add,
            IMPATIENT));

    Awaitility.await().atMost(PATIENCE).until(() -> store.waitingMessages() == 0);
    assertThat(receiver.posts()).hasSize(1);
    assertThat(outcomes)
        .containsExactlyInAnyOrder(
            Outcome.FAILED, Outcome.DELIVERED, Outcome.FAILED, Outcome.GIVEN_UP);
  }

  @Test
  void aRedirectIsNoDelivery() throws IOException {
    Receiver target = receiver(Receiver.takingAll());
    Receiver receiver =
        receiver(
            new Receiver(
                (exchange, number) -> {
                  exchange.getResponseHeaders().add("location", target.url().toString());
                  exchange.sendResponseHeaders(307, -1);
                }));
    failedRun("shop");
    sender(receiver.url());

    awaitOutcomes(Outcome.FAILED, Outcome.FAILED, Outcome.GIVEN_UP);
    assertThat(target.posts()).isEmpty();
  }

  @Test
  void aReceiverThatIsBusyIsLeftAloneForAsLongAsItAsks() throws Exception {
    Receiver receiver =
        receiver(
            new Receiver(
                (exchange, number) -> {
                  exchange.getResponseHeaders().add("retry-after", "3600");
                  exchange.sendResponseHeaders(503, -1);
                }));
    failedRun("shop");
    started(
        new WebhookSender(
            store,
            message -> "{}",
            receiver.url(),
            secretFile,
            "1.2.3",
            outcomes::add,
            new Patience(
                Duration.ofSeconds(10), List.of(Duration.ofMillis(1), Duration.ofHours(2)))));

    awaitOutcomes(Outcome.FAILED);
    assertThat(messages()).last().asString().endsWith("The next one is in 3600 s.");
  }

  @Test
  void anAnswerThatDoesNotEndIsAFailure() throws IOException {
    CountDownLatch end = new CountDownLatch(1);
    parts.add(end::countDown);
    Receiver receiver =
        receiver(
            new Receiver(
                (exchange, number) -> {
                  exchange.sendResponseHeaders(200, 0);
                  exchange.getResponseBody().write(1);
                  exchange.getResponseBody().flush();
                  try {
                    end.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    failedRun("shop");
    started(
        new WebhookSender(
            store,
            message -> "{}",
            receiver.url(),
            secretFile,
            "1.2.3",
            outcomes::add,
            new Patience(Duration.ofSeconds(1), List.of())));

    awaitOutcomes(Outcome.GIVEN_UP);
    assertThat(messages()).last().asString().contains("it did not answer within 1 s");
  }

  @Test
  void whereNobodyListensIsLoggedWithoutTheTokenOfTheUrl() throws IOException {
    URI url;
    try (Receiver gone = Receiver.takingAll()) {
      url = gone.url();
    }
    failedRun("shop");
    sender(url);

    awaitOutcomes(Outcome.FAILED, Outcome.FAILED, Outcome.GIVEN_UP);
    assertThat(messages())
        .hasSize(3)
        .allMatch(message -> message.contains("it cannot be connected to"))
        .noneMatch(message -> message.contains(Receiver.TOKEN));
  }

  @Test
  void ofTwoServersOneSendsEachMessage() throws IOException {
    Receiver receiver = receiver(Receiver.takingAll());
    for (int i = 0; i < 40; i++) {
      failedRun("source" + i);
    }
    sender(receiver.url());
    sender(receiver.url());

    Awaitility.await().atMost(PATIENCE).until(() -> store.waitingMessages() == 0);
    Awaitility.await().atMost(PATIENCE).until(() -> outcomes.size() == 40);
    Set<String> ids = new HashSet<>();
    receiver.posts().forEach(post -> ids.add(post.header("webhook-id")));
    assertThat(receiver.posts()).hasSize(40);
    assertThat(ids).hasSize(40);
  }

  @Test
  void whileASecretIsExchangedForAnotherPostsAreSignedWithBoth() throws IOException {
    Receiver receiver = receiver(Receiver.takingAll());
    WebhookSender sender = sender(receiver.url());
    Files.writeString(secretFile, NEXT_SECRET + "\n\n" + SECRET);
    failedRun("shop");
    sender.wake();
    awaitOutcomes(Outcome.DELIVERED);
    Files.writeString(secretFile, NEXT_SECRET);
    failedRun("shop");
    sender.wake();
    awaitOutcomes(Outcome.DELIVERED, Outcome.DELIVERED);

    Post both = receiver.posts().get(0);
    assertThat(both.header("webhook-signature")).matches("v1,\\S{44} v1,\\S{44}");
    assertThat(both.isSignedWith(SECRET)).isTrue();
    assertThat(both.isSignedWith(NEXT_SECRET)).isTrue();
    Post next = receiver.posts().get(1);
    assertThat(next.isSignedWith(SECRET)).isFalse();
    assertThat(next.isSignedWith(NEXT_SECRET)).isTrue();
  }

  @Test
  void withoutItsSecretNothingIsPostedUntilItIsBack() throws IOException {
    Receiver receiver = receiver(Receiver.takingAll());
    WebhookSender sender =
        started(
            new WebhookSender(
                store,
                message -> "{}",
                receiver.url(),
                secretFile,
                "1.2.3",
                outcome -> {
                  outcomes.add(outcome);
                  try {
                    Files.writeString(secretFile, SECRET);
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                },
                IMPATIENT));
    Files.delete(secretFile);
    failedRun("shop");
    sender.wake();

    awaitOutcomes(Outcome.FAILED, Outcome.DELIVERED);
    assertThat(receiver.posts()).hasSize(1);
    assertThat(messages()).first().asString().contains("The webhook-secret-file " + secretFile);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n \n",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZI"
      })
  void aFileWithAnythingButSecretsIsRefusedAtTheStartAndNotShown(String content)
      throws IOException {
    Files.writeString(secretFile, content);
    assertThatThrownBy(() -> sender(URI.create("http://127.0.0.1:1/")))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("The webhook-secret-file " + secretFile)
        .hasMessageContaining("whsec_ and 24 to 64 bytes in Base64")
        .message()
        .doesNotContain("MfKQ9r8G");
  }

  private <T extends AutoCloseable> T started(T part) {
    parts.add(part);
    return part;
  }

  private Receiver receiver(Receiver receiver) {
    mine.add(receiver.url().getAuthority());
    return started(receiver);
  }

  private WebhookSender sender(URI url) {
    mine.add(url.getAuthority());
    return started(
        new WebhookSender(
            store,
            message -> "{\"run\":" + message.runId() + ",\"state\":\"" + message.state() + "\"}",
            url,
            secretFile,
            "1.2.3",
            outcomes::add,
            IMPATIENT));
  }

  /** Has a crawl of a source fail, and returns its run. */
  private long failedRun(String name) {
    Source source;
    try {
      source = store.source(name);
    } catch (CatalogException e) {
      source = store.createSource(name, "mysql", Map.of(), Map.of(), false, "ann");
    }
    Lease lease = store.acquireLease(source.id(), "me", Duration.ofMinutes(1)).orElseThrow();
    long run = store.startRun(lease, "ann").id();
    store.finishRun(lease, run, CrawlRun.State.FAILED, "It failed.", List.of());
    store.releaseLease(lease);
    return run;
  }

  private void awaitOutcomes(Outcome... wanted) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(outcomes).containsExactly(wanted));
  }

  /** What this test's senders logged: those of other classes log to the same logger. */
  private List<String> messages() {
    List<ILoggingEvent> events;
    synchronized (logged) {
      events = List.copyOf(logged.list);
    }
    return events.stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(message -> mine.stream().anyMatch(message::contains))
        .toList();
  }
}
