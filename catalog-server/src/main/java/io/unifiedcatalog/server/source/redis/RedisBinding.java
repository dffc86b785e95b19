package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.FormatOptions;
import io.unifiedcatalog.server.source.redis.PatternTable.ValueKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How Flink's connector {@code redis} reaches a table over the keys of a pattern. */
final class RedisBinding {
  private static final Binding.Artifact CONNECTOR =
      new Binding.Artifact(
          "io.unifiedcatalog:flink-connector-redis:0.1.0",
          "io.unifiedcatalog.connectors.redis.RedisTableFactory");

  /** Options that change how the data is read or written, never where it is. */
  private static final Map<String, OptionRule> TUNABLE =
      OptionRule.byKey(
          Map.entry("lookup.cache", OptionRule.oneOf("none", "partial", "full")),
          Map.entry("lookup.max-retries", OptionRule.COUNT),
          Map.entry("lookup.partial-cache.cache-missing-key", OptionRule.BOOLEAN),
          Map.entry("lookup.partial-cache.expire-after-access", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.expire-after-write", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.max-rows", OptionRule.INTEGER),
          Map.entry("lookup.retry-delay", OptionRule.DURATION),
          Map.entry("misfit", OptionRule.oneOf("fail", "null")),
          Map.entry("scan.count", OptionRule.COUNT),
          Map.entry("sink.max-in-flight", OptionRule.COUNT),
          Map.entry("sink.ttl", OptionRule.DURATION),
          Map.entry("sink.wait-replicas", OptionRule.COUNT),
          Map.entry("sink.condition", OptionRule.oneOf("always", "absent", "present")),
          Map.entry("value.max-elements", OptionRule.COUNT),
          Map.entry("value.max-memory", OptionRule.MEMORY));

  private static final String BOUNDED_MODE = "scan.bounded.mode";

  private static final Map<String, OptionRule> TUNABLE_STREAM =
      OptionRule.byKey(
          Map.entry(BOUNDED_MODE, OptionRule.oneOf("unbounded", "latest")),
          Map.entry("scan.discovery.interval", OptionRule.DURATION),
          Map.entry("scan.poll-interval", OptionRule.DURATION),
          Map.entry("scan.startup.mode", OptionRule.oneOf("earliest", "latest", "timestamp")),
          Map.entry("scan.startup.timestamp-millis", OptionRule.INTEGER),
          Map.entry("sink.max-length", OptionRule.INTEGER));

  private final RedisOptions source;
  private final BindingRequest request;
  private final PhysicalTable table;
  private final Registration registration;

  private RedisBinding(RedisOptions source, BindingRequest request, Registration registration) {
    this.source = source;
    this.request = request;
    this.table = request.table();
    this.registration = registration;
  }

  static Binding of(RedisOptions source, BindingRequest request) {
    Registration registration = request.table().registration();
    if (registration == null) {
      throw new IllegalArgumentException(
          "Table " + request.table().name() + " of a Redis source was not registered");
    }
    return new RedisBinding(source, request, registration).binding();
  }

  /** Every option that may be set for a table beside those that make it, in order. */
  static Map<String, OptionRule> tunable() {
    Map<String, OptionRule> all = new TreeMap<>(TUNABLE);
    all.putAll(TUNABLE_STREAM);
    return all;
  }

  private Binding binding() {
    checkEngine(request.engine());
    ValueKind kind = PatternTable.kind(registration);
    Format format = request.format(RedisSource.VALUE, PatternTable.VALUE_FORMAT);
    checkColumns(kind, format);

    Map<String, Binding.Option> options = new LinkedHashMap<>();
    put(options, "connector", "redis");
    put(options, "nodes", String.join(";", source.nodes()));
    if (source.cluster()) {
      put(options, "cluster", "true");
    }
    put(options, "sentinel.master", source.sentinelMaster());
    putSecret(options, "sentinel.password", source.sentinelPassword());
    if (source.database() != 0) {
      put(options, "database", String.valueOf(source.database()));
    }
    put(options, "username", source.user());
    putSecret(options, "password", source.password());
    if (source.tls()) {
      put(options, "tls", "true");
      put(options, "tls.trusted-certificates", source.tlsCertificates());
    }
    put(options, "command-timeout", source.commandTimeout().toMillis() + " ms");
    put(options, PatternTable.KEY_PATTERN, PatternTable.pattern(registration).toString());
    put(options, PatternTable.KIND, kind.toString());
    List<Binding.Artifact> artifacts = new ArrayList<>(List.of(CONNECTOR));
    if (format != null) {
      FormatOptions.of(RedisSource.VALUE, format)
          .forEach(option -> options.put(option.key(), option));
      artifacts.addAll(format.artifacts());
    }
    (kind == ValueKind.STREAM ? tunable() : TUNABLE)
        .forEach(
            (key, rule) -> {
              String value = registration.options().get(key);
              if (value == null
                  && key.equals(BOUNDED_MODE)
                  && request.mode() == Binding.RuntimeMode.BATCH) {
                value = "latest";
              }
              options.put(key, Binding.Option.tunable(key, value, rule));
            });
    return new Binding(List.copyOf(options.values()), artifacts.stream().distinct().toList());
  }

  /** What an overlay hides, or takes for the key, must not be what makes the table. */
  private void checkColumns(ValueKind kind, @Nullable Format format) {
    Set<String> visible = table.columns().stream().map(Column::name).collect(Collectors.toSet());
    Set<String> ofKey = PatternTable.keyColumns(registration);
    Set<String> values = new HashSet<>(visible);
    values.removeAll(ofKey);
    int wanted =
        switch (kind) {
          case STRING, LIST, SET -> format == null ? 1 : 0;
          case HASH_ENTRIES, ZSET -> 2;
          case HASH, STREAM, JSON -> 0;
        };
    if (!visible.containsAll(ofKey) || values.size() < Math.max(1, wanted)) {
      throw refused(
          "cannot be reached: its overlay hides columns of the key or of the value that "
              + kind
              + " cannot do without. Show them again.");
    }
    boolean byPosition =
        kind == ValueKind.HASH_ENTRIES
            || kind == ValueKind.ZSET
            || (format != null && !FormatOptions.isByName(format));
    if (request.reordered() && byPosition) {
      throw refused(
          "cannot be reached: its overlay's column-order puts columns of the data before others"
              + " that they follow in the table, and "
              + (format == null ? kind : "format " + format.identifier())
              + " knows every column by its position. Name them in the table's own order; computed"
              + " and metadata columns may stand anywhere between.");
    }
    List<String> primaryKey = request.primaryKey();
    List<String> identity = table.primaryKey() == null ? List.of() : table.primaryKey().columns();
    if (!primaryKey.isEmpty() && !Set.copyOf(primaryKey).equals(Set.copyOf(identity))) {
      throw refused(
          "has the primary key ("
              + String.join(", ", primaryKey)
              + "), and what tells its rows apart is "
              + (identity.isEmpty()
                  ? "nothing: a " + kind + " may hold one twice"
                  : "(" + String.join(", ", identity) + ")")
              + ". Take it out of the overlay.");
    }
  }

  private static void put(Map<String, Binding.Option> options, String key, String value) {
    if (!value.isEmpty()) {
      options.put(key, Binding.Option.fixed(key, value));
    }
  }

  private static void putSecret(Map<String, Binding.Option> options, String key, Secret secret) {
    if (!secret.reveal().isEmpty()) {
      options.put(key, Binding.Option.secret(key, secret));
    }
  }

  private static void checkEngine(Engine engine) {
    boolean known =
        engine.name().equals("flink")
            && (engine.isMajor(2)
                || engine.version().equals("1.20")
                || engine.version().startsWith("1.20."));
    if (!known) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "ENGINE_UNSUPPORTED",
          "Redis tables cannot be reached by "
              + engine.name()
              + " "
              + engine.version()
              + ". Use flink 1.20 or 2.x.");
    }
  }

  private CatalogException refused(String why) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "TABLE_NOT_REACHABLE",
        "Redis table '" + request.nativeDatabase() + "." + table.name() + "' " + why);
  }
}
