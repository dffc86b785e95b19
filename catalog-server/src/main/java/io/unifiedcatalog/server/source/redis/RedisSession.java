package io.unifiedcatalog.server.source.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks a Redis, one command at a time: whoever is looked at also has other things to do. */
final class RedisSession implements RegisteringSession {
  private static final Pattern VERSION = Pattern.compile("(?m)^redis_version:(\\S+)\\r?$");
  private static final Pattern REFUSED =
      Pattern.compile("\\b(?:NOAUTH|WRONGPASS|invalid password|no password is set)\\b");

  /** So many keys a SCAN looks at: few, as the server does nothing else meanwhile. */
  private static final int SCAN_COUNT = 100;

  /** So many keys are looked at, about, to see whether there are any of a table's. */
  private static final int CHECK_VISITS = 10_000;

  private final String sourceName;
  private final RedisConnection connection;
  private final String systemVersion;

  /** Fails what waits for an answer. */
  private final CompletableFuture<Object> aborted = new CompletableFuture<>();

  private RedisSession(String sourceName, RedisConnection connection) {
    this.sourceName = sourceName;
    this.connection = connection;
    this.systemVersion = readSystemVersion();
  }

  static RedisSession open(Source source) {
    RedisConnection connection;
    try {
      connection = RedisConnection.open(RedisOptions.of(source).address());
    } catch (IOException e) {
      throw failed(source.name(), "cannot be connected to", e);
    }
    try {
      return new RedisSession(source.name(), connection);
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private String readSystemVersion() {
    String version = "unknown";
    try {
      Matcher matcher =
          VERSION.matcher(
              await(connection.commands().info("server"), "could not tell its version"));
      if (matcher.find()) {
        version = matcher.group(1);
      }
    } catch (CatalogException e) {
      // A user may be forbidden to ask.
      if (!String.valueOf(e.getMessage()).contains("NOPERM")) {
        throw e;
      }
    }
    int primaries = connection.primaries().size();
    return version + (primaries > 1 ? ", a cluster of " + primaries + " primaries" : "");
  }

  @Override
  public String systemVersion() {
    return systemVersion;
  }

  /** None: Redis has keys, any number of them and of nobody knows how many kinds. */
  @Override
  public List<String> objects() {
    return List.of();
  }

  @Override
  public Optional<String> objectOf(Registration registration) {
    return Optional.empty();
  }

  @Override
  public Optional<String> proposal(String object) {
    return Optional.empty();
  }

  @Override
  public Check check(Registration registration, @Nullable Map<String, String> create) {
    KeyPattern pattern = PatternTable.pattern(registration);
    if (create != null) {
      throw CatalogException.invalid(
          "The keys of '" + pattern + "' cannot be created",
          List.of(new Violation("create", "is not for Redis, where a key is made by its value.")));
    }
    List<String> keys = keys(pattern, 1, CHECK_VISITS);
    if (keys.isEmpty()) {
      return new Check(
          List.of(),
          List.of(
              "Among the keys that were looked at in source '"
                  + sourceName
                  + "' (at most some "
                  + CHECK_VISITS
                  + ") none is of the pattern '"
                  + pattern
                  + "'. If there should be some, check the pattern and the source's option"
                  + " database."));
    }
    String key = keys.get(0);
    String shown = Texts.shown(key);
    String type = await(connection.commands().type(bytes(key)), "could not tell a key's type");
    PatternTable.ValueKind kind = PatternTable.kind(registration);
    if (!kind.redisType().equals(type)) {
      return new Check(
          List.of(),
          List.of(
              "Key '"
                  + shown
                  + "' is of the pattern '"
                  + pattern
                  + "' and holds a "
                  + type
                  + ", not a "
                  + kind.redisType()
                  + ". Reading it will fail, unless the option misfit is null."));
    }
    return new Check(
        List.of("Key '" + shown + "' is one of the table's, and holds a " + type + "."), List.of());
  }

  /**
   * Some keys of a pattern.
   *
   * @param wanted no more than these
   * @param visits how many keys of the server are looked at, about
   */
  private List<String> keys(KeyPattern pattern, int wanted, int visits) {
    Set<String> found = new LinkedHashSet<>();
    ScanArgs arguments = ScanArgs.Builder.limit(SCAN_COUNT).match(bytes(pattern.glob()));
    List<String> nodes = connection.primaries();
    for (int i = 0; i < nodes.size(); i++) {
      RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands(nodes.get(i));
      int enough = (int) ((long) wanted * (i + 1) / nodes.size());
      int left = Math.max(1, visits / nodes.size());
      String what = "could not list its keys";
      KeyScanCursor<byte[]> page = null;
      while (left > 0 && found.size() < enough && (page == null || !page.isFinished())) {
        page =
            await(page == null ? commands.scan(arguments) : commands.scan(page, arguments), what);
        left -= SCAN_COUNT;
        for (byte[] bytes : page.getKeys()) {
          Texts.utf8(bytes)
              .filter(key -> found.size() < enough && pattern.values(key) != null)
              .ifPresent(found::add);
        }
      }
    }
    return List.copyOf(found);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private <T> T await(RedisFuture<T> answer, String what) {
    CompletableFuture<T> waited = answer.toCompletableFuture();
    try {
      var unused = CompletableFuture.anyOf(waited, aborted).get();
      return waited.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(sourceName, what, e);
    } catch (ExecutionException e) {
      throw failed(sourceName, what, e.getCause() == null ? e : e.getCause());
    }
  }

  private static CatalogException failed(String sourceName, String what, Throwable e) {
    String why = RedisConnection.reason(e);
    boolean refused = REFUSED.matcher(why).find();
    String remedy;
    if (refused) {
      remedy = "Check the source's option user and the secret password.";
    } else if (e instanceof RedisCommandExecutionException && why.startsWith("NOPERM")) {
      remedy = "Grant the source's user the commands that only read, as in ACL SETUSER ... +@read.";
    } else {
      remedy =
          "Check that it runs and can be reached from here, and the source's options nodes, cluster,"
              + " sentinel-master, database and tls.";
    }
    return new CatalogException(
        ErrorCode.UNAVAILABLE,
        refused ? "SOURCE_REFUSED_CREDENTIALS" : "SOURCE_UNAVAILABLE",
        "Source '" + sourceName + "' (redis) " + what + ": " + why + ". " + remedy,
        e);
  }

  @Override
  public void abort() {
    aborted.completeExceptionally(new IOException("it was interrupted"));
  }

  @Override
  public void close() {
    connection.close();
  }
}
