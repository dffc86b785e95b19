package io.unifiedcatalog.server.source.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.source.SchemaRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A registry that answers the REST API of Confluent's Schema Registry. It is only read. Whatever it
 * answers is taken for hostile: of bounded size and time, and never shown but for a short reason.
 */
final class ConfluentRegistry implements SchemaRegistry {
  /** Redirects are not followed: they would take the password along. */
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final String MEDIA_TYPES =
      "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json;q=0.9,"
          + " application/json;q=0.8";

  /** As the registry names them; one that names none is Avro. */
  private static final Map<String, String> KINDS =
      Map.of("AVRO", "avro", "PROTOBUF", "protobuf", "JSON", "json");

  private static final int SUBJECT_NOT_FOUND = 40401;
  private static final int VERSION_NOT_FOUND = 40402;

  private static final int PAGE = 1_000;
  private static final int GREATEST_MESSAGE = 200;

  /**
   * What is taken from a registry at most.
   *
   * @param answerBytes of one answer
   * @param subjects that it lists
   * @param versions of one subject
   * @param textCharacters of all versions of one subject together
   */
  record Limits(int answerBytes, int subjects, int versions, long textCharacters) {}

  static final Limits LIMITS = new Limits(10_000_000, 20_000, 2_000, 50_000_000);

  private final String url;
  private final @Nullable String authorization;
  private final Duration timeout;
  private final Limits limits;

  /**
   * A registry. Does not connect.
   *
   * @param url of http or https, perhaps with a path
   * @param user null or empty: none
   * @param password null: the empty one
   * @param timeout of each request, from its start to the end of its answer
   * @throws CatalogException INVALID_ARGUMENT if the url is none of a registry; it is not shown if
   *     a password may be in it
   */
  ConfluentRegistry(
      String url, @Nullable String user, @Nullable Secret password, Duration timeout) {
    this(url, user, password, timeout, LIMITS);
  }

  ConfluentRegistry(
      String url,
      @Nullable String user,
      @Nullable Secret password,
      Duration timeout,
      Limits limits) {
    this.url = checked(url);
    this.authorization =
        user == null || user.isEmpty()
            ? null
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString(
                        (user + ":" + (password == null ? "" : password.reveal())).getBytes(UTF_8));
    this.timeout = timeout;
    this.limits = limits;
  }

  private static String checked(String url) {
    String wrong = "is no url";
    try {
      URI uri = new URI(url);
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      if (url.contains("@")) {
        wrong = "names a user; give the user and the password apart from it";
      } else if (!scheme.equals("http") && !scheme.equals("https")) {
        wrong = "is neither of http nor of https";
      } else if (uri.getHost() == null) {
        wrong = "names no host";
      } else if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
        wrong = "has a query or a fragment, and a registry's has none";
      } else {
        return url.replaceAll("/+$", "");
      }
    } catch (URISyntaxException e) {
      // Its message would show the url.
    }
    throw new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "REGISTRY_URL",
        "The schema registry's url "
            + wrong
            + ". Give one like https://registry.example:8081/path.");
  }

  @Override
  public List<String> subjects() {
    TreeSet<String> subjects = new TreeSet<>();
    readPages("/subjects", subjects, limits.subjects, ConfluentRegistry::name);
    return List.copyOf(subjects);
  }

  @Override
  public List<Version> versions(String subject) {
    // Servers resolve these two in a path, in whatever way they are written.
    if (subject.isEmpty() || subject.equals(".") || subject.equals("..")) {
      throw noSubject(subject);
    }
    String path =
        "/subjects/" + URLEncoder.encode(subject, UTF_8).replace("+", "%20") + "/versions";
    TreeSet<Long> numbers = new TreeSet<>();
    readPages(path, numbers, limits.versions, ConfluentRegistry::positive);
    List<Version> versions = new ArrayList<>();
    long characters = 0;
    for (long number : numbers) {
      JsonNode answer;
      try {
        answer = read(path + "/" + number);
      } catch (CatalogException e) {
        if (e.code() == ErrorCode.NOT_FOUND) {
          // Deleted since the versions were listed.
          continue;
        }
        throw e;
      }
      Version version = version(subject, number, answer, path);
      characters += version.text().length();
      if (characters > limits.textCharacters) {
        throw notUnderstood(
            path, "has more than " + limits.textCharacters + " characters of schemas there");
      }
      versions.add(version);
    }
    if (versions.isEmpty()) {
      throw noSubject(subject);
    }
    return versions;
  }

  private Version version(String subject, long number, JsonNode answer, String path) {
    String type = answer.path("schemaType").asText("");
    String kind = type.isEmpty() ? "avro" : KINDS.get(type);
    if (kind == null) {
      throw notUnderstood(
          path,
          "has a schema of the type '"
              + shown(type)
              + "', which the catalog does not know. Known types: "
              + String.join(", ", new TreeSet<>(KINDS.keySet())));
    }
    JsonNode text = answer.path("schema");
    Long id = positive(answer.path("id"));
    if (!text.isTextual() || id == null || id > Integer.MAX_VALUE) {
      throw notRegistry(path, "an answer without a schema and its id");
    }
    List<SchemaContent.Reference> references = new ArrayList<>();
    for (JsonNode reference : answer.path("references")) {
      String name = name(reference.path("name"));
      String to = name(reference.path("subject"));
      Long version = positive(reference.path("version"));
      if (name == null || to == null || version == null) {
        throw notRegistry(path, "a reference without a name, a subject and a version");
      }
      references.add(new SchemaContent.Reference(name, to, version));
    }
    return new Version(subject, number, id.intValue(), kind, text.textValue(), references);
  }

  private static @Nullable String name(JsonNode node) {
    return node.isTextual() ? node.textValue() : null;
  }

  private static @Nullable Long positive(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() > 0
        ? node.longValue()
        : null;
  }

  /**
   * Reads a list. A registry may answer less of it than it is asked for, and an old one answers all
   * of it whatever it is asked for; so it ends where a page brings nothing new.
   *
   * @param item null for what is no item
   */
  private <T> void readPages(
      String path, Collection<T> all, int most, Function<JsonNode, @Nullable T> item) {
    for (int offset = 0; ; ) {
      JsonNode page = read(path + "?offset=" + offset + "&limit=" + PAGE);
      if (!page.isArray()) {
        throw notRegistry(path, "an answer that is no list");
      }
      int before = all.size();
      for (JsonNode node : page) {
        T value = item.apply(node);
        if (value == null) {
          throw notRegistry(path, "a list of something else");
        }
        all.add(value);
      }
      if (all.size() > most) {
        throw notUnderstood(
            path, "lists more than " + most + " there, which is more than the catalog takes");
      }
      // More than it was asked for: it does not know pages.
      if (all.size() == before || page.size() > PAGE) {
        return;
      }
      offset += page.size();
    }
  }

  private JsonNode read(String path) {
    HttpResponse<byte[]> response = send(path);
    int status = response.statusCode();
    if (status == 200) {
      return parse(path, response);
    }
    if (status == 401 || status == 403) {
      throw unavailable(
          "refuses "
              + (authorization == null ? "a call without a user" : "the user and the password")
              + " (HTTP "
              + status
              + " for "
              + shownPath(path)
              + "). Set the source's registry user and password",
          null);
    }
    if (status >= 300 && status < 400) {
      throw notUnderstood(
          path,
          "sends the catalog elsewhere (HTTP "
              + status
              + "), which it does not follow, as the password would go along. Give the url that is"
              + " meant, perhaps of https");
    }
    JsonNode error = error(response.body());
    int code = error.path("error_code").asInt(0);
    String message = shown(error.path("message").asText(""));
    String said = "answers HTTP " + status + (message.isEmpty() ? "" : " and says: " + message);
    if (status >= 500 || status == 429 || status == 408) {
      throw unavailable(said + " (for " + shownPath(path) + "). Try again later", null);
    }
    if (code == 0) {
      throw notRegistry(path, "HTTP " + status + " without the error code of one");
    }
    throw answered(
        code == SUBJECT_NOT_FOUND || code == VERSION_NOT_FOUND
            ? ErrorCode.NOT_FOUND
            : ErrorCode.FAILED_PRECONDITION,
        path,
        said);
  }

  private HttpResponse<byte[]> send(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(timeout)
            .header("Accept", MEDIA_TYPES);
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    CompletableFuture<HttpResponse<byte[]>> response =
        CLIENT.sendAsync(request.build(), info -> new BoundedBody(limits.answerBytes));
    try {
      // The request's own timeout ends where the body begins.
      return response.get(timeout.toNanos(), NANOSECONDS);
    } catch (InterruptedException e) {
      response.cancel(true);
      Thread.currentThread().interrupt();
      throw unavailable("was not waited for, as the server stops. Try again", e);
    } catch (TimeoutException e) {
      response.cancel(true);
      throw tooSlow(path, e);
    } catch (ExecutionException e) {
      throw failed(path, e.getCause() == null ? e : e.getCause());
    }
  }

  private CatalogException failed(String path, Throwable cause) {
    for (Throwable part = cause; part != null; part = part.getCause()) {
      if (part instanceof TooGreat) {
        return notUnderstood(path, "answers more than " + limits.answerBytes + " bytes");
      }
      if (part instanceof UnresolvedAddressException || part instanceof UnknownHostException) {
        return unavailable("cannot be reached: its host is not known. Check the url", cause);
      }
      if (part instanceof SSLException) {
        return unavailable(
            "cannot be spoken with over TLS: "
                + shown(String.valueOf(part.getMessage()))
                + ". Check the url; its certificate must be one that this server's Java trusts",
            cause);
      }
      if (part instanceof HttpConnectTimeoutException || part instanceof ConnectException) {
        return unavailable(
            "cannot be reached: "
                + (part.getMessage() == null ? "no connection" : shown(part.getMessage()))
                + ". Check the url, and that it runs",
            cause);
      }
      if (part instanceof java.net.http.HttpTimeoutException) {
        return tooSlow(path, cause);
      }
    }
    return unavailable(
        "broke off its answer to "
            + shownPath(path)
            + (cause.getMessage() == null ? "" : ": " + shown(cause.getMessage()))
            + ". Try again; if it stays so, check that the url is the registry's",
        cause);
  }

  private CatalogException tooSlow(String path, Throwable cause) {
    return unavailable(
        "did not answer "
            + shownPath(path)
            + " within "
            + timeout.toMillis()
            + " ms. Try again later, or check the url",
        cause);
  }

  private JsonNode parse(String path, HttpResponse<byte[]> response) {
    try {
      return JSON.readTree(response.body());
    } catch (JsonEOFException e) {
      throw unavailable("broke off its answer to " + shownPath(path) + ". Try again", null);
    } catch (IOException e) {
      // The parser's message would show the answer.
      throw notRegistry(
          path,
          "what is no JSON"
              + response
                  .headers()
                  .firstValue("Content-Type")
                  .map(type -> " but " + shown(type))
                  .orElse(""));
    }
  }

  /** The error in an answer; one without an error code if there is none. */
  private static JsonNode error(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    } catch (IOException e) {
      throw new AssertionError("bytes are read", e);
    }
  }

  private CatalogException noSubject(String subject) {
    return CatalogException.notFound(
        "Subject '" + shown(subject) + "' is not in the schema registry " + url + ".");
  }

  private CatalogException notRegistry(String path, String what) {
    return notUnderstood(
        path,
        "answers "
            + what
            + ", as no schema registry does. Check the url, its path too; perhaps a proxy or"
            + " another server answers there");
  }

  private CatalogException notUnderstood(String path, String what) {
    return answered(ErrorCode.FAILED_PRECONDITION, path, what);
  }

  private CatalogException answered(ErrorCode code, String path, String what) {
    return new CatalogException(
        code,
        "REGISTRY_ANSWER",
        "The schema registry " + url + " " + what + " (" + shownPath(path) + ").");
  }

  private CatalogException unavailable(String what, @Nullable Throwable cause) {
    return new CatalogException(
        ErrorCode.UNAVAILABLE,
        "REGISTRY_UNAVAILABLE",
        "The schema registry " + url + " " + what + ".",
        cause);
  }

  private static String shownPath(String path) {
    int query = path.indexOf('?');
    return "GET " + shown(query < 0 ? path : path.substring(0, query));
  }

  /** A text of the registry, short and in one line. */
  private static String shown(String text) {
    String line =
        text.codePoints()
            .limit(GREATEST_MESSAGE)
            .map(c -> Character.isISOControl(c) ? ' ' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
            .strip();
    return line.length() < text.strip().length() ? line + " ..." : line;
  }

  private static final class TooGreat extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Keeps a body up to a size; of a greater one, the rest is not even read. */
  private static final class BoundedBody implements BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int most;
    private Flow.@Nullable Subscription subscription;

    BoundedBody(int most) {
      this.most = most;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      Flow.Subscription given = subscription;
      if (given == null || body.isDone()) {
        return;
      }
      for (ByteBuffer buffer : buffers) {
        if (buffer.remaining() > most - bytes.size()) {
          given.cancel();
          body.completeExceptionally(new TooGreat());
          return;
        }
        byte[] chunk = new byte[buffer.remaining()];
        buffer.get(chunk);
        bytes.write(chunk, 0, chunk.length);
      }
      given.request(1);
    }

    @Override
    public void onError(Throwable failure) {
      body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      body.complete(bytes.toByteArray());
    }
  }
}
