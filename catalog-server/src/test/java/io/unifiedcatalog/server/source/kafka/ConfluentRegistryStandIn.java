package io.unifiedcatalog.server.source.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.unifiedcatalog.server.model.SchemaContent.Reference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A stand-in for Confluent's Schema Registry, as none is at hand: an HTTP server that answers what
 * the public documentation of its REST API says, as far as an import asks. What holds against it
 * need not hold against a real one.
 */
public final class ConfluentRegistryStandIn implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";

  private record Text(String type, String schema, List<Reference> references) {}

  private static final class Version {
    final int id;
    final Text text;
    boolean deleted;

    Version(int id, Text text) {
      this.id = id;
      this.text = text;
    }
  }

  /** Answers a request in its own way. */
  public interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final String path;
  private final AtomicInteger lastId;
  private final Map<Text, Integer> ids = new HashMap<>();
  private final TreeMap<String, TreeMap<Integer, Version>> subjects = new TreeMap<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new ArrayList<>();
  private volatile String credentials = "";
  private volatile int greatestPage = Integer.MAX_VALUE;
  private volatile boolean pages = true;

  private ConfluentRegistryStandIn(String path, int lastId) {
    this.path = path;
    this.lastId = new AtomicInteger(lastId);
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Starts one without any schema. */
  public static ConfluentRegistryStandIn start() {
    return start("", 0);
  }

  /**
   * Starts one without any schema.
   *
   * @param path below which its resources are; empty: none
   * @param lastId after which its ids begin
   */
  public static ConfluentRegistryStandIn start(String path, int lastId) {
    return new ConfluentRegistryStandIn(path, lastId);
  }

  /** Where it is. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** Lets only this user in from now on. */
  public void require(String user, String password) {
    credentials =
        "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }

  /** Answers lists in portions of at most so many, whatever it is asked for. */
  public void limitPages(int greatest) {
    greatestPage = greatest;
  }

  /** Answers lists whole, like old releases, which know no portions. */
  public void ignorePages() {
    pages = false;
  }

  /** Answers requests of a path, without any query, in another way. */
  public void answer(String requestPath, Answer answer) {
    answers.put(path + requestPath, answer);
  }

  /** The paths and queries that were asked for, in order. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /**
   * Registers a schema: equal ones have one id, and are one version of a subject.
   *
   * @param type AVRO, PROTOBUF, JSON
   * @return its id
   */
  public synchronized int register(
      String subject, String type, String schema, Reference... references) {
    Text text = new Text(type, schema, List.of(references));
    int id = ids.computeIfAbsent(text, key -> lastId.incrementAndGet());
    TreeMap<Integer, Version> versions = subjects.computeIfAbsent(subject, key -> new TreeMap<>());
    if (versions.values().stream().noneMatch(known -> known.id == id && !known.deleted)) {
      versions.put(versions.isEmpty() ? 1 : versions.lastKey() + 1, new Version(id, text));
    }
    return id;
  }

  /** Deletes a version softly, as the API does unless it is told otherwise. */
  public synchronized void delete(String subject, int version) {
    find(subject, version).deleted = true;
  }

  private Version find(String subject, int number) {
    return requireNonNull(requireNonNull(subjects.get(subject)).get(number));
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      synchronized (this) {
        requests.add(exchange.getRequestURI().toString());
      }
      Answer own = answers.get(exchange.getRequestURI().getPath());
      if (own != null) {
        own.to(exchange);
        return;
      }
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      if (!credentials.isEmpty() && !credentials.equals(authorization)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"registry\"");
        error(exchange, 401, 401, "Unauthorized");
        return;
      }
      answer(exchange);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String asked = exchange.getRequestURI().getRawPath();
    String[] parts =
        asked.startsWith(path + "/subjects")
            ? asked.substring(path.length() + 1).split("/", -1)
            : new String[0];
    Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
    if (!exchange.getRequestMethod().equals("GET") || parts.length == 0) {
      error(exchange, 404, 404, "HTTP 404 Not Found");
    } else if (parts.length == 1) {
      send(exchange, 200, page(names(), query));
    } else if (parts.length == 3 && parts[2].equals("versions")) {
      String subject = URLDecoder.decode(parts[1], UTF_8);
      List<Integer> live = live(subject);
      if (live.isEmpty()) {
        error(exchange, 404, 40401, "Subject '" + subject + "' not found.");
      } else {
        send(exchange, 200, page(live, query));
      }
    } else if (parts.length == 4 && parts[2].equals("versions")) {
      String subject = URLDecoder.decode(parts[1], UTF_8);
      int version = Integer.parseInt(parts[3]);
      if (live(subject).isEmpty()) {
        error(exchange, 404, 40401, "Subject '" + subject + "' not found.");
      } else if (!live(subject).contains(version)) {
        error(exchange, 404, 40402, "Version " + version + " not found.");
      } else {
        send(exchange, 200, version(subject, version));
      }
    } else {
      error(exchange, 404, 404, "HTTP 404 Not Found");
    }
  }

  private synchronized List<String> names() {
    return subjects.keySet().stream().filter(subject -> !live(subject).isEmpty()).toList();
  }

  private synchronized List<Integer> live(String subject) {
    return subjects.getOrDefault(subject, new TreeMap<>()).entrySet().stream()
        .filter(version -> !version.getValue().deleted)
        .map(Map.Entry::getKey)
        .toList();
  }

  private synchronized Map<String, Object> version(String subject, int number) {
    Version version = find(subject, number);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("subject", subject);
    answer.put("version", number);
    answer.put("id", version.id);
    // Both are left out where they say nothing.
    if (!version.text.type.equals("AVRO")) {
      answer.put("schemaType", version.text.type);
    }
    if (!version.text.references.isEmpty()) {
      answer.put(
          "references",
          version.text.references.stream()
              .map(
                  to -> Map.of("name", to.name(), "subject", to.subject(), "version", to.version()))
              .toList());
    }
    answer.put("schema", version.text.schema);
    return answer;
  }

  private <T> List<T> page(List<T> all, Map<String, String> query) {
    if (!pages) {
      return all;
    }
    int from = Math.min(all.size(), Integer.parseInt(query.getOrDefault("offset", "0")));
    int asked = Integer.parseInt(query.getOrDefault("limit", "-1"));
    int limit = Math.min(greatestPage, asked < 0 ? Integer.MAX_VALUE : asked);
    return all.stream().skip(from).limit(limit).toList();
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String part : raw.split("&", -1)) {
        String[] pair = part.split("=", 2);
        query.put(pair[0], URLDecoder.decode(pair[1], UTF_8));
      }
    }
    return query;
  }

  private static void error(HttpExchange exchange, int status, int code, String message)
      throws IOException {
    send(exchange, status, Map.of("error_code", code, "message", message));
  }

  private static void send(HttpExchange exchange, int status, Object body) throws IOException {
    send(exchange, status, MEDIA_TYPE, JSON.writeValueAsString(body));
  }

  /** Answers a text. */
  public static void send(HttpExchange exchange, int status, String contentType, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
