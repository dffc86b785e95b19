package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.BindingRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How Flink's JDBC connector reaches a table. */
public final class JdbcBinding {
  /** Whether the system is handed filters: {@code always} or {@code never}. */
  public static final String FILTER_HANDLING = "filter.handling.policy";

  /** Our own connector. */
  public static final String OWN = "unified-jdbc";

  /**
   * Options of our own connector that change how the data is read or written, never where it is.
   */
  private static final Map<String, OptionRule> OWN_TUNABLE =
      OptionRule.byKey(
          Map.entry(FILTER_HANDLING, OptionRule.oneOf("always", "never")),
          Map.entry("lookup.cache", OptionRule.oneOf("none", "partial")),
          Map.entry("lookup.max-retries", OptionRule.COUNT),
          Map.entry("lookup.partial-cache.cache-missing-key", OptionRule.BOOLEAN),
          Map.entry("lookup.partial-cache.expire-after-access", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.expire-after-write", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.max-rows", OptionRule.INTEGER),
          Map.entry("scan.parallelism", OptionRule.COUNT),
          Map.entry("scan.partition.lower-bound", OptionRule.INTEGER),
          Map.entry("scan.partition.num", OptionRule.COUNT),
          Map.entry("scan.partition.upper-bound", OptionRule.INTEGER),
          Map.entry("sink.buffer-flush.interval", OptionRule.DURATION),
          Map.entry("sink.buffer-flush.max-rows", OptionRule.COUNT),
          Map.entry("sink.max-retries", OptionRule.COUNT),
          Map.entry("sink.parallelism", OptionRule.COUNT),
          Map.entry("write.folded-keys", OptionRule.oneOf("refuse", "warn", "allow")),
          Map.entry("write.other-unique-keys", OptionRule.oneOf("refuse", "warn", "allow")));

  /**
   * Options of Flink's own connector that change how the data is read or written, never where it
   * is.
   */
  private static final Map<String, OptionRule> TUNABLE =
      OptionRule.byKey(
          Map.entry("connection.max-retry-timeout", OptionRule.DURATION),
          Map.entry(FILTER_HANDLING, OptionRule.oneOf("always", "never")),
          Map.entry("lookup.cache", OptionRule.oneOf("none", "partial", "full")),
          Map.entry("lookup.cache.caching-missing-key", OptionRule.BOOLEAN),
          Map.entry("lookup.cache.max-rows", OptionRule.INTEGER),
          Map.entry("lookup.cache.ttl", OptionRule.DURATION),
          Map.entry("lookup.max-retries", OptionRule.COUNT),
          Map.entry("lookup.partial-cache.cache-missing-key", OptionRule.BOOLEAN),
          Map.entry("lookup.partial-cache.caching-missing-key", OptionRule.BOOLEAN),
          Map.entry("lookup.partial-cache.expire-after-access", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.expire-after-write", OptionRule.DURATION),
          Map.entry("lookup.partial-cache.max-rows", OptionRule.INTEGER),
          Map.entry("scan.auto-commit", OptionRule.BOOLEAN),
          Map.entry("scan.parallelism", OptionRule.COUNT),
          Map.entry("scan.partition.lower-bound", OptionRule.INTEGER),
          Map.entry("scan.partition.num", OptionRule.COUNT),
          Map.entry("scan.partition.upper-bound", OptionRule.INTEGER),
          Map.entry("sink.buffer-flush.interval", OptionRule.DURATION),
          Map.entry("sink.buffer-flush.max-rows", OptionRule.COUNT),
          Map.entry("sink.max-retries", OptionRule.COUNT),
          Map.entry("sink.parallelism", OptionRule.COUNT));

  /**
   * What reads and writes the table in Flink.
   *
   * @param identifier as in {@code jdbc}
   * @param anyName whether it handles every name of a table and of a column
   * @param options beside those that every table has
   */
  public record Connector(String identifier, boolean anyName, List<Binding.Option> options) {
    public Connector {
      options = List.copyOf(options);
    }
  }

  /** Of a column: the type that a domain is over, whatever lies between. */
  public static final String BASE_TYPE = "base-type";

  private JdbcBinding() {}

  /**
   * The options for one table of our own connector.
   *
   * @param url that reaches the table's database
   * @param fixed options beside those that every table has
   * @param types how the engine sees a column
   * @throws CatalogException FAILED_PRECONDITION if the table cannot be reached in that role, with
   *     the reason
   */
  public static Binding ofOwn(
      JdbcKind kind,
      JdbcOptions options,
      BindingRequest request,
      String url,
      Map<String, String> fixed,
      Function<Column, ColumnType> types) {
    PhysicalTable table = request.table();
    List<Binding.Artifact> artifacts =
        check(kind, request, types, column -> "", /* anyName= */ true, /* namesColumns= */ true);
    List<Column> columns =
        table.columns().stream()
            .filter(column -> types.apply(column) instanceof ColumnType.Supported)
            .toList();
    List<Binding.Option> all = new ArrayList<>();
    all.add(Binding.Option.fixed("connector", OWN));
    all.add(Binding.Option.fixed("dialect", kind.name()));
    all.add(Binding.Option.fixed("url", url));
    all.add(Binding.Option.fixed("table-name", table.name()));
    all.add(Binding.Option.fixed("username", options.user()));
    all.add(Binding.Option.secret("password", options.password()));
    new TreeMap<>(fixed).forEach((key, value) -> all.add(Binding.Option.fixed(key, value)));
    all.add(Binding.Option.fixed("column-types", columnTypes(columns)));
    String otherKeys = otherKeys(request);
    if (!otherKeys.isEmpty()) {
      all.add(Binding.Option.fixed("other-unique-keys", otherKeys));
    }
    all.add(
        Binding.Option.tunable(
            "scan.fetch-size", Integer.toString(kind.fetchSize()), OptionRule.INTEGER));
    OWN_TUNABLE.forEach((key, rule) -> all.add(Binding.Option.tunable(key, null, rule)));
    all.add(
        Binding.Option.tunable(
            "scan.partition.column",
            null,
            OptionRule.column(
                columns.stream().map(Column::name).filter(JdbcBinding::isWord).toList())));
    return new Binding(all, artifacts);
  }

  /** The unique keys beside the one that the engine takes for the primary key. */
  private static String otherKeys(BindingRequest request) {
    PhysicalTable table = request.table();
    Key primary = table.primaryKey();
    List<Key> keys = new ArrayList<>(table.uniqueKeys());
    if (primary != null) {
      keys.add(primary);
    }
    Set<String> taken =
        Set.copyOf(
            request.primaryKey().isEmpty() && primary != null
                ? primary.columns()
                : request.primaryKey());
    return keys.stream()
        .filter(key -> !Set.copyOf(key.columns()).equals(taken))
        .map(key -> key.name() + " (" + String.join(", ", key.columns()) + ")")
        .collect(Collectors.joining(", "));
  }

  /** As in CREATE TABLE: by them the connector checks what it writes, and decides on filters. */
  private static String columnTypes(List<Column> columns) {
    return columns.stream()
        .map(
            column -> {
              String collation = column.facts().get(Facts.COLLATION);
              return "`"
                  + column.name().replace("`", "``")
                  + "` "
                  + column.facts().getOrDefault(BASE_TYPE, column.nativeType())
                  + (collation == null ? "" : " COLLATE " + collation.replaceAll("\\s", "_"))
                  + (column.facts().containsKey(Facts.GENERATED) ? " GENERATED" : "");
            })
        .collect(Collectors.joining(", "));
  }

  /**
   * The options for one table of a connector, some of whose columns may be read only.
   *
   * @param whyNotWritten why a column that can be read cannot be written; empty if it can
   * @param presets of tunable options, where the connector's own will not do
   * @throws CatalogException FAILED_PRECONDITION if the table cannot be reached in that role, with
   *     the reason
   */
  public static Binding of(
      JdbcKind kind,
      Connector connector,
      JdbcOptions options,
      BindingRequest request,
      String url,
      String tableName,
      Function<Column, ColumnType> types,
      Function<Column, String> whyNotWritten,
      Map<String, String> presets) {
    List<Binding.Artifact> artifacts =
        check(kind, request, types, whyNotWritten, connector.anyName, /* namesColumns= */ false);
    List<Binding.Option> all = new ArrayList<>();
    all.add(Binding.Option.fixed("connector", connector.identifier));
    all.add(Binding.Option.fixed("url", url));
    all.add(Binding.Option.fixed("table-name", tableName));
    all.add(Binding.Option.fixed("username", options.user()));
    all.add(Binding.Option.secret("password", options.password()));
    all.add(Binding.Option.fixed("driver", kind.driverClass()));
    all.addAll(connector.options);
    all.add(
        Binding.Option.tunable(
            "scan.fetch-size", Integer.toString(kind.fetchSize()), OptionRule.INTEGER));
    TUNABLE.forEach((key, rule) -> all.add(Binding.Option.tunable(key, presets.get(key), rule)));
    // Flink's dialects put it into the statement as it is, some without quotes.
    all.add(
        Binding.Option.tunable(
            "scan.partition.column",
            null,
            OptionRule.column(
                request.table().columns().stream()
                    .filter(
                        column ->
                            types.apply(column) instanceof ColumnType.Supported
                                && isWord(column.name()))
                    .map(Column::name)
                    .toList())));
    return new Binding(all, artifacts);
  }

  /**
   * Checks that a table can be reached in that role, also by another connector than Flink's JDBC
   * connector.
   *
   * @return what the engine needs
   * @throws CatalogException FAILED_PRECONDITION if it cannot be, with the reason
   */
  public static List<Binding.Artifact> check(
      JdbcKind kind, BindingRequest request, Function<Column, ColumnType> types) {
    return check(
        kind, request, types, column -> "", /* anyName= */ false, /* namesColumns= */ false);
  }

  private static List<Binding.Artifact> check(
      JdbcKind kind,
      BindingRequest request,
      Function<Column, ColumnType> types,
      Function<Column, String> whyNotWritten,
      boolean anyName,
      boolean namesColumns) {
    PhysicalTable table = request.table();
    List<Binding.Artifact> artifacts = artifacts(kind, request.engine());
    String broken = table.facts().get(Facts.BROKEN);
    if (broken != null) {
      throw refused(kind, request, "cannot be read now: " + broken);
    }
    // The connector would select nothing from it, which is an error of syntax.
    if (table.columns().stream()
        .allMatch(column -> types.apply(column) instanceof ColumnType.Unsupported)) {
      throw refused(
          kind,
          request,
          "has no column that Flink can use: each is hidden by its overlay or of a type that is not"
              + " supported. `catalog table get` lists them.");
    }
    if (request.role() == Binding.Role.SINK) {
      checkWritable(kind, request, types, whyNotWritten, anyName, namesColumns);
    }
    return artifacts;
  }

  private static List<Binding.Artifact> artifacts(JdbcKind kind, Engine engine) {
    if (engine.name().equals("flink")) {
      if (engine.isMajor(2)) {
        return kind.flink2();
      }
      if (engine.version().equals("1.20") || engine.version().startsWith("1.20.")) {
        return kind.flink120();
      }
    }
    throw new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "ENGINE_UNSUPPORTED",
        kind.systemName()
            + " tables cannot be reached by "
            + engine.name()
            + " "
            + engine.version()
            + ". Use flink 1.20 or 2.x.");
  }

  private static void checkWritable(
      JdbcKind kind,
      BindingRequest request,
      Function<Column, ColumnType> types,
      Function<Column, String> whyNotWritten,
      boolean anyName,
      boolean namesColumns) {
    PhysicalTable table = request.table();
    if ("false".equals(table.facts().get(Facts.WRITABLE))) {
      throw refused(
          kind,
          request,
          "cannot be written: "
              + kind.systemName()
              + (table.kind() == PhysicalTable.Kind.VIEW
                  ? " says that the view is not updatable. Write to its tables."
                  : " takes no rows for it."));
    }
    if (!anyName && (table.name().contains("?") || table.name().contains(":"))) {
      throw refused(
          kind,
          request,
          "cannot be written: Flink's JDBC connector cannot handle a table name with ? or : in it."
              + " Rename the table, or write to a view of it.");
    }
    for (Column column : table.columns()) {
      boolean generated = column.facts().containsKey(Facts.GENERATED);
      boolean filledBySystem =
          column.nullable()
              || generated
              || column.facts().containsKey(Facts.DEFAULT)
              || column.facts().containsKey(Facts.AUTO_INCREMENT);
      if (types.apply(column) instanceof ColumnType.Unsupported unsupported) {
        if (!filledBySystem) {
          throw refused(
              kind,
              request,
              "cannot be written: its column '"
                  + column.name()
                  + "' ("
                  + column.nativeType()
                  + ") needs a value and cannot be given one. "
                  + unsupported.reason()
                  + " Give it a default in "
                  + kind.systemName()
                  + ", or let it be NULL.");
        }
      } else if (generated && !namesColumns) {
        throw refused(
            kind,
            request,
            "cannot be written: its column '"
                + column.name()
                + "' is generated by "
                + kind.systemName()
                + ". Hide it with an overlay.");
      } else if (!whyNotWritten.apply(column).isEmpty()) {
        throw refused(
            kind,
            request,
            "cannot be written: its column '"
                + column.name()
                + "' ("
                + column.nativeType()
                + ") can be read only. "
                + whyNotWritten.apply(column)
                + " Hide it with an overlay to write the others.");
      }
    }
  }

  /** A name that stands for itself, whatever a connector makes of it. */
  private static boolean isWord(String name) {
    return name.chars().allMatch(Character::isJavaIdentifierPart);
  }

  private static CatalogException refused(JdbcKind kind, BindingRequest request, String why) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "TABLE_NOT_REACHABLE",
        kind.systemName()
            + " table '"
            + request.nativeDatabase()
            + "."
            + request.table().name()
            + "' "
            + why);
  }
}
