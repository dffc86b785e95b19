package io.unifiedcatalog.server.source.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.redis.Texts;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.TableDraft;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

  /** So many elements of a value are sampled, about, and so many bytes of a string at most. */
  private static final int FEW = 100;

  private static final int LONGEST_STRING = 65_536;

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
    List<String> keys = keys(pattern, 1, CHECK_VISITS).keys;
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

  /** One command at a time, none of which is for more than a few elements or a short text. */
  @Override
  public TableDraft infer(Map<String, String> options, int samples, long visits) {
    List<Violation> violations = new ArrayList<>();
    options.keySet().stream()
        .filter(key -> !key.equals(PatternTable.KEY_PATTERN))
        .forEach(
            key ->
                violations.add(
                    new Violation(
                        "options." + key,
                        "is not taken. Known: " + PatternTable.KEY_PATTERN + ".")));
    KeyPattern pattern = null;
    try {
      pattern = KeyPattern.parse(options.getOrDefault(PatternTable.KEY_PATTERN, ""));
    } catch (IllegalArgumentException e) {
      violations.add(
          new Violation(
              "options." + PatternTable.KEY_PATTERN, "cannot be taken. " + e.getMessage()));
    }
    if (pattern == null || !violations.isEmpty()) {
      throw CatalogException.invalid("No table can be inferred", violations);
    }
    Keys found = keys(pattern, samples, visits);
    Inference inference = new Inference(pattern);
    boolean any = false;
    for (String key : found.keys) {
      any |= sample(key, inference);
    }
    if (!any) {
      throw new CatalogException(
          ErrorCode.NOT_FOUND,
          "NOTHING_TO_SAMPLE",
          "No table can be inferred: among "
              + (found.complete ? "all of its keys" : "some " + found.visits + " of its keys")
              + ", source '"
              + sourceName
              + "' has none of the pattern '"
              + pattern
              + "'. Check the pattern and the source's option database"
              + (found.complete ? "." : ", or look at more keys."));
    }
    return inference.draft(found.visits, found.complete);
  }

  /** Looks at what a key holds; false: it is there no more, or became another meanwhile. */
  private boolean sample(String key, Inference inference) {
    String what = "could not read key '" + Texts.shown(key) + "'";
    String type = await(connection.commands().type(bytes(key)), what);
    Runnable values;
    try {
      values = values(key, type, what, inference);
    } catch (CatalogException e) {
      if (!String.valueOf(e.getMessage()).contains("WRONGTYPE")) {
        throw e;
      }
      return false;
    }
    if (values == null) {
      return false;
    }
    inference.key(key, type);
    values.run();
    return true;
  }

  /** Reads what a key holds, to be noted; null: it is there no more. */
  private @Nullable Runnable values(String key, String type, String what, Inference inference) {
    RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands();
    byte[] bytes = bytes(key);
    return switch (type) {
      case "none" -> null;
      case "string" -> {
        boolean isShort = await(commands.strlen(bytes), what) <= LONGEST_STRING;
        byte[] value =
            isShort
                ? await(commands.get(bytes), what)
                : await(commands.getrange(bytes, 0, LONGEST_STRING - 1), what);
        yield value == null ? null : () -> inference.string(key, type, value);
      }
      case "hash" -> {
        Map<byte[], byte[]> fields =
            await(commands.hscan(bytes, ScanArgs.Builder.limit(FEW)), what).getMap();
        yield fields.isEmpty() ? null : () -> note(key, type, fields, inference);
      }
      case "list" -> {
        List<byte[]> elements = await(commands.lrange(bytes, 0, FEW - 1), what);
        yield elements.isEmpty()
            ? null
            : () -> elements.forEach(one -> inference.value(key, type, "element", one));
      }
      case "set" -> {
        List<byte[]> members =
            await(commands.sscan(bytes, ScanArgs.Builder.limit(FEW)), what).getValues();
        yield members.isEmpty()
            ? null
            : () -> members.forEach(one -> inference.value(key, type, "member", one));
      }
      case "zset" -> {
        List<ScoredValue<byte[]>> members =
            await(commands.zrangeWithScores(bytes, 0, FEW - 1), what);
        yield members.isEmpty()
            ? null
            : () ->
                members.forEach(
                    one -> {
                      inference.value(key, type, "member", one.getValue());
                      inference.score(key, one.getScore());
                    });
      }
      // One without entries is there, too.
      case "stream" -> {
        List<StreamMessage<byte[], byte[]>> entries =
            await(commands.xrevrange(bytes, Range.unbounded(), Limit.create(0, 10)), what);
        yield () -> entries.forEach(entry -> note(key, type, entry.getBody(), inference));
      }
      case "ReJSON-RL" -> {
        byte[] document =
            await(
                commands.dispatch(
                    CommandType.JSON_GET,
                    new ValueOutput<>(ByteArrayCodec.INSTANCE),
                    new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(bytes)),
                what);
        yield document == null ? null : () -> inference.string(key, type, document);
      }
      // What a module made: told among the kinds.
      default -> () -> {};
    };
  }

  private static void note(
      String key, String type, Map<byte[], byte[]> fields, Inference inference) {
    fields.forEach(
        (field, value) ->
            inference.value(key, type, Texts.utf8(field).orElse("(no UTF-8)"), value));
  }

  /**
   * Some keys of a pattern.
   *
   * @param visits how many keys of the server were looked at, about
   * @param complete whether that was all
   */
  private record Keys(List<String> keys, long visits, boolean complete) {}

  /**
   * Some keys of a pattern.
   *
   * @param wanted no more than these
   * @param visits how many keys of the server are looked at, about
   */
  private Keys keys(KeyPattern pattern, int wanted, long visits) {
    Set<String> found = new LinkedHashSet<>();
    ScanArgs arguments = ScanArgs.Builder.limit(SCAN_COUNT).match(bytes(pattern.glob()));
    List<String> nodes = connection.primaries();
    long visited = 0;
    boolean complete = true;
    for (int i = 0; i < nodes.size(); i++) {
      RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands(nodes.get(i));
      // Of each as many, rounded up, so that one is looked for in all of them.
      int enough = (int) (((long) wanted * (i + 1) + nodes.size() - 1) / nodes.size());
      long left = Math.max(1, visits / nodes.size());
      String what = "could not list its keys";
      long unseen = await(commands.dbsize(), what);
      KeyScanCursor<byte[]> page = null;
      while (left > 0 && found.size() < enough && (page == null || !page.isFinished())) {
        page =
            await(page == null ? commands.scan(arguments) : commands.scan(page, arguments), what);
        left -= SCAN_COUNT;
        visited += Math.min(SCAN_COUNT, unseen);
        unseen = Math.max(0, unseen - SCAN_COUNT);
        for (byte[] bytes : page.getKeys()) {
          Texts.utf8(bytes)
              .filter(key -> found.size() < enough && pattern.values(key) != null)
              .ifPresent(found::add);
        }
      }
      complete &= page != null && page.isFinished() && found.size() < enough;
    }
    return new Keys(List.copyOf(found), visited, complete);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private <T> T await(RedisFuture<T> answer, String what) {
    CompletableFuture<T> waited = answer.toCompletableFuture();
    try {
      // The first of those that are done counts.
      var unused = CompletableFuture.anyOf(aborted, waited).get();
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
