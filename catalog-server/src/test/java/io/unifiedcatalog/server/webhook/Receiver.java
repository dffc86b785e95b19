package io.unifiedcatalog.server.webhook;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server that takes what is posted to it, and answers as the test says. */
public final class Receiver implements AutoCloseable {
  /** Of the url; nobody but the sender is to know it. */
  public static final String TOKEN = "token-in-the-path";

  /** Answers a post; the first is number 1. */
  public interface Answer {
    /** Sends the headers and whatever else. */
    void to(HttpExchange exchange, int number) throws IOException;
  }

  /** What was posted. */
  public record Post(Headers headers, String body) {
    /** The one value of a header. */
    public String header(String name) {
      List<String> values = headers.getOrDefault(name, List.of());
      if (values.size() != 1) {
        throw new AssertionError(name + " is there " + values.size() + " times");
      }
      return values.get(0);
    }

    /** Whether the standard's own library takes it for a message signed with a secret. */
    public boolean isSignedWith(String secret) {
      try {
        new Webhook(secret)
            .verify(
                body,
                java.util.Map.of(
                    "webhook-id", List.of(header("webhook-id")),
                    "webhook-timestamp", List.of(header("webhook-timestamp")),
                    "webhook-signature", List.of(header("webhook-signature"))));
        return true;
      } catch (WebhookVerificationException e) {
        return false;
      } catch (EmptyWebhookSecretException e) {
        throw new AssertionError(e);
      }
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Post> posts = new CopyOnWriteArrayList<>();

  /** A receiver that listens. */
  public Receiver(Answer answer) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int number;
            synchronized (posts) {
              posts.add(
                  new Post(exchange.getRequestHeaders(), new String(body, StandardCharsets.UTF_8)));
              number = posts.size();
            }
            answer.to(exchange, number);
          }
        });
    server.start();
  }

  /** A receiver that takes everything. */
  public static Receiver takingAll() throws IOException {
    return new Receiver((exchange, number) -> exchange.sendResponseHeaders(204, -1));
  }

  /** Where it listens. */
  public URI url() {
    return URI.create(
        "http://127.0.0.1:" + server.getAddress().getPort() + "/hooks/" + TOKEN + "?key=" + TOKEN);
  }

  /** What was posted so far, in order. */
  public List<Post> posts() {
    return List.copyOf(posts);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
