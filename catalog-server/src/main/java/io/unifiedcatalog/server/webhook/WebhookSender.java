package io.unifiedcatalog.server.webhook;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.WebhookMessage;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts crawl runs that ended to an address, as Standard Webhooks 1.0 has it. Every server on a
 * store has one; who sends which message is settled in the store, so a message is sent at least
 * once, and most often exactly once.
 */
public final class WebhookSender implements AutoCloseable {
  /** How an attempt ended. */
  public enum Outcome {
    /** It was answered with a status of 2xx. */
    DELIVERED,
    /** It was not, and is tried again later. */
    FAILED,
    /** It was not, for the last time. */
    GIVEN_UP
  }

  /**
   * What a receiver is given time for.
   *
   * @param answer for an answer, its body included
   * @param waits after each attempt that failed; after one more the message is given up
   */
  record Patience(Duration answer, List<Duration> waits) {}

  private static final Patience PATIENCE =
      new Patience(
          Duration.ofSeconds(15),
          List.of(
              Duration.ofSeconds(5),
              Duration.ofSeconds(30),
              Duration.ofMinutes(2),
              Duration.ofMinutes(10),
              Duration.ofMinutes(30),
              Duration.ofHours(2),
              Duration.ofHours(5),
              Duration.ofHours(10)));

  private static final Logger log = LoggerFactory.getLogger(WebhookSender.class);

  /** Of a wait at random, so that receivers do not get everything at once after an outage. */
  private static final double JITTER = 0.1;

  /** How often a message is looked for that another server, or an attempt before, has left. */
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /** When a message is taken from a server that was lost while it sent it. */
  private static final Duration CLAIM_TIME = Duration.ofMinutes(1);

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVICE_UNAVAILABLE = 503;

  private final MetadataStore store;
  private final Function<WebhookMessage, String> bodies;
  private final URI url;
  private final Path secretFile;
  private final String userAgent;
  private final Patience patience;
  private final Consumer<Outcome> outcomes;

  // Redirects are not followed: what was signed is for the address that was named. By HTTP/1.1, as
  // there are receivers that stumble over an offer to go on with HTTP/2.
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "webhook");
            made.setDaemon(true);
            return made;
          });

  /** Whether the store failed at the last look; one failure that lasts is logged once. */
  private boolean storeFails;

  /**
   * A sender, at work.
   *
   * @param bodies what is posted of a message
   * @param url http or https; logged without its path, which may hold a token
   * @param secretFile what messages are signed with; read for each attempt, so that it can change
   * @param release of this server
   * @param outcomes hears how each attempt ended
   * @throws CatalogException FAILED_PRECONDITION if the file holds no secrets
   */
  public WebhookSender(
      MetadataStore store,
      Function<WebhookMessage, String> bodies,
      URI url,
      Path secretFile,
      String release,
      Consumer<Outcome> outcomes) {
    this(store, bodies, url, secretFile, release, outcomes, PATIENCE);
  }

  WebhookSender(
      MetadataStore store,
      Function<WebhookMessage, String> bodies,
      URI url,
      Path secretFile,
      String release,
      Consumer<Outcome> outcomes,
      Patience patience) {
    this.store = store;
    this.bodies = bodies;
    this.url = url;
    this.secretFile = secretFile;
    this.userAgent = "unified-catalog/" + release;
    this.outcomes = outcomes;
    this.patience = patience;
    WebhookSecrets.read(secretFile);
    var unused =
        thread.scheduleWithFixedDelay(this::sendDue, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Looks at once whether there is something to send. */
  public void wake() {
    try {
      thread.execute(this::sendDue);
    } catch (RejectedExecutionException e) {
      log.debug("The webhook is closed; another server sends what waits, or this one later", e);
    }
  }

  private void sendDue() {
    try {
      for (Optional<WebhookMessage> due = store.claimMessage(CLAIM_TIME);
          due.isPresent();
          due = store.claimMessage(CLAIM_TIME)) {
        send(due.get());
      }
      storeFails = false;
    } catch (InterruptedException e) {
      // This server stops. The message is due again when its claim has run out.
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // An error, too: one that left here would end all later looks.
      if (!storeFails && !thread.isShutdown()) {
        log.warn("What the webhook has to tell could not be found out: {}", e.toString());
      }
      storeFails = true;
    }
  }

  /**
   * An attempt.
   *
   * @param failure why it failed; empty if it did not
   * @param pause for how long its receiver asks to be left alone
   */
  private record Attempt(String failure, Duration pause) {}

  private void send(WebhookMessage message) throws InterruptedException {
    Attempt attempt = attempt(message);
    String host = url.getScheme() + "://" + url.getRawAuthority();
    if (attempt.failure.isEmpty()) {
      store.removeMessage(message);
      outcomes.accept(Outcome.DELIVERED);
    } else if (message.attempts() > patience.waits.size()) {
      store.removeMessage(message);
      outcomes.accept(Outcome.GIVEN_UP);
      log.error(
          "The webhook at {} was not told of crawl {} and is not tried again, after {} attempts: {}."
              + " `catalog crawl changes {}` tells what the crawl changed.",
          host,
          message.runId(),
          message.attempts(),
          attempt.failure,
          message.runId());
    } else {
      double share = 1 + JITTER * ThreadLocalRandom.current().nextDouble();
      Duration wait =
          Duration.ofMillis((long) (patience.waits.get(message.attempts() - 1).toMillis() * share));
      if (attempt.pause.compareTo(wait) > 0) {
        wait = attempt.pause;
      }
      store.postponeMessage(message, wait);
      var unused = thread.schedule(this::sendDue, wait.toMillis(), TimeUnit.MILLISECONDS);
      outcomes.accept(Outcome.FAILED);
      log.warn(
          "The webhook at {} was not told of crawl {} in attempt {}: {}. The next one is in {} s.",
          host,
          message.runId(),
          message.attempts(),
          attempt.failure,
          wait.toSeconds());
    }
  }

  private Attempt attempt(WebhookMessage message) throws InterruptedException {
    try {
      HttpResponse<Void> answer = post(message, bodies.apply(message));
      return answer.statusCode() / 100 == 2
          ? new Attempt("", Duration.ZERO)
          : new Attempt("it answered with status " + answer.statusCode(), retryAfter(answer));
    } catch (TimeoutException e) {
      return new Attempt(
          "it did not answer within " + patience.answer.toSeconds() + " s", Duration.ZERO);
    } catch (ExecutionException e) {
      String failure =
          e.getCause() instanceof ConnectException
              ? "it cannot be connected to"
              : String.valueOf(e.getCause());
      return new Attempt(failure, Duration.ZERO);
    } catch (CatalogException e) {
      return new Attempt(e.getMessage().replaceFirst("\\.$", ""), Duration.ZERO);
    } catch (RuntimeException | Error e) {
      // One message that cannot be made must not keep the others from being sent.
      log.error("What the webhook has to tell of crawl {} cannot be told", message.runId(), e);
      return new Attempt("a defect of the server; its log has the details", Duration.ZERO);
    }
  }

  private HttpResponse<Void> post(WebhookMessage message, String body)
      throws ExecutionException, InterruptedException, TimeoutException {
    long seconds = Instant.now().getEpochSecond();
    String id = message.id().toString();
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .header("content-type", "application/json")
            .header("user-agent", userAgent)
            .header("webhook-id", id)
            .header("webhook-timestamp", Long.toString(seconds))
            .header("webhook-signature", WebhookSecrets.read(secretFile).sign(id, seconds, body))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    // The request's own timeout would end with the answer's headers.
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
    try {
      return answer.get(patience.answer.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      answer.cancel(true);
    }
  }

  /** How long a receiver that is busy asks to be left alone, within reason; zero if it does not. */
  private Duration retryAfter(HttpResponse<?> response) {
    boolean busy =
        response.statusCode() == TOO_MANY_REQUESTS || response.statusCode() == SERVICE_UNAVAILABLE;
    Optional<String> header = response.headers().firstValue("retry-after");
    if (!busy || header.isEmpty() || !header.get().matches("\\d{1,9}")) {
      return Duration.ZERO;
    }
    Duration most = patience.waits.get(patience.waits.size() - 1);
    Duration asked = Duration.ofSeconds(Long.parseLong(header.get()));
    return asked.compareTo(most) > 0 ? most : asked;
  }

  /** Sends nothing more. What is not delivered waits in the store. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
