package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.BindingRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** How Flink's JDBC connector reaches a table. */
public final class JdbcBinding {
  /** Whether the system is handed filters: {@code always} or {@code never}. */
  public static final String FILTER_HANDLING = "filter.handling.policy";

  /** Options that change how the data is read or written, never where it is. */
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
    /** Flink's own. */
    public static final Connector FLINKS = new Connector("jdbc", /* anyName= */ false, List.of());

    public Connector {
      options = List.copyOf(options);
    }
  }

  private JdbcBinding() {}

  /**
   * The options for one table.
   *
   * @param url that reads the table's database as the types say
   * @param tableName as the connector's dialect wants it, which puts it into a statement
   * @param types how the engine sees a column
   * @throws CatalogException FAILED_PRECONDITION if the table cannot be reached in that role, with
   *     the reason
   */
  public static Binding of(
      JdbcKind kind,
      JdbcOptions options,
      BindingRequest request,
      String url,
      String tableName,
      Function<Column, ColumnType> types) {
    return of(kind, options, request, url, tableName, types, column -> "", Map.of());
  }

  /**
   * The options for one table, some of whose columns may be read only.
   *
   * @param whyNotWritten why a column that can be read cannot be written; empty if it can
   * @param presets of tunable options, where the connector's own will not do
   * @throws CatalogException FAILED_PRECONDITION if the table cannot be reached in that role, with
   *     the reason
   */
  public static Binding of(
      JdbcKind kind,
      JdbcOptions options,
      BindingRequest request,
      String url,
      String tableName,
      Function<Column, ColumnType> types,
      Function<Column, String> whyNotWritten,
      Map<String, String> presets) {
    return of(
        kind, Connector.FLINKS, options, request, url, tableName, types, whyNotWritten, presets);
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
        check(kind, request, types, whyNotWritten, connector.anyName);
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
                                && isBindable(column.name()))
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
    return check(kind, request, types, column -> "", /* anyName= */ false);
  }

  private static List<Binding.Artifact> check(
      JdbcKind kind,
      BindingRequest request,
      Function<Column, ColumnType> types,
      Function<Column, String> whyNotWritten,
      boolean anyName) {
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
      checkWritable(kind, request, types, whyNotWritten, anyName);
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
      boolean anyName) {
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
      } else if (generated) {
        throw refused(
            kind,
            request,
            "cannot be written: its column '"
                + column.name()
                + "' is generated by "
                + kind.systemName()
                + ". Hide it with an overlay.");
      } else if (!anyName && !isBindable(column.name())) {
        throw refused(
            kind,
            request,
            "cannot be written: Flink's JDBC connector cannot bind a value to its column '"
                + column.name()
                + "', whose name holds more than letters, digits, '_' and '$'. Hide it with an"
                + " overlay, or rename it.");
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

  /**
   * What the connector makes of a column's name: some names it cannot handle, others it can only
   * read.
   *
   * @param type of the column, were its name a plain one
   * @param quote that the dialect puts around names, and does not double inside
   */
  public static ColumnType named(Column column, ColumnType type, String quote) {
    // The quote ends a name, and with the others no statement with the column in it can be
    // prepared, so that no lookup in its table would work.
    for (String harmful : List.of(quote, "?", ":")) {
      if (column.name().contains(harmful)) {
        return new ColumnType.Unsupported(
            "Flink's JDBC connector cannot handle a column name with "
                + harmful
                + " in it. In a view, the column can have another name.");
      }
    }
    if (type instanceof ColumnType.Supported supported && !isBindable(column.name())) {
      return new ColumnType.Supported(
          supported.type(),
          supported.nullable(),
          "Flink's JDBC connector can read it but neither write it nor look rows up by it, because"
              + " its name holds more than letters, digits, '_' and '$'."
              + (supported.loss().isEmpty() ? "" : " " + supported.loss()));
    }
    return type;
  }

  /** The connector writes {@code :name} for a value and takes the name to end where this does. */
  private static boolean isBindable(String name) {
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
