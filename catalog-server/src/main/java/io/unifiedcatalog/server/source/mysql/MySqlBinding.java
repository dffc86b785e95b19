package io.unifiedcatalog.server.source.mysql;

import com.mysql.cj.Constants;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import java.util.ArrayList;
import java.util.List;

/** How Flink's JDBC connector reaches a table of MySQL. */
final class MySqlBinding {
  private static final String DRIVER_CLASS = "com.mysql.cj.jdbc.Driver";

  private static final String CONNECTOR_CLASS =
      "org.apache.flink.connector.jdbc.core.table.JdbcDynamicTableFactory";
  private static final String DIALECT_CLASS =
      "org.apache.flink.connector.jdbc.mysql.database.MySqlFactory";

  private static final Binding.Artifact DRIVER =
      new Binding.Artifact("com.mysql:mysql-connector-j:" + Constants.CJ_VERSION, DRIVER_CLASS);

  /** By the newest connectors that there are: the MySQL dialect of 3.3.0 runs on core 4.0.0. */
  private static final List<Binding.Artifact> FLINK_2 =
      List.of(
          new Binding.Artifact(
              "org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0", CONNECTOR_CLASS),
          new Binding.Artifact(
              "org.apache.flink:flink-connector-jdbc-mysql:3.3.0-1.20", DIALECT_CLASS),
          DRIVER);

  private static final List<Binding.Artifact> FLINK_1_20 =
      List.of(
          new Binding.Artifact("org.apache.flink:flink-connector-jdbc:3.3.0-1.20", DIALECT_CLASS),
          DRIVER);

  /** Options that change how the data is read or written, never where it is. */
  private static final List<String> TUNABLE =
      List.of(
          "connection.max-retry-timeout",
          "filter.handling.policy",
          "lookup.cache",
          "lookup.cache.caching-missing-key",
          "lookup.cache.max-rows",
          "lookup.cache.ttl",
          "lookup.max-retries",
          "lookup.partial-cache.cache-missing-key",
          "lookup.partial-cache.caching-missing-key",
          "lookup.partial-cache.expire-after-access",
          "lookup.partial-cache.expire-after-write",
          "lookup.partial-cache.max-rows",
          "scan.auto-commit",
          "scan.parallelism",
          "scan.partition.column",
          "scan.partition.lower-bound",
          "scan.partition.num",
          "scan.partition.upper-bound",
          "sink.buffer-flush.interval",
          "sink.buffer-flush.max-rows",
          "sink.max-retries",
          "sink.parallelism");

  private static final String DEFAULT_FETCH_SIZE = "1000";

  private MySqlBinding() {}

  static Binding of(
      MySqlOptions options,
      String database,
      PhysicalTable table,
      Binding.Role role,
      Engine engine) {
    List<Binding.Artifact> artifacts = artifacts(engine);
    String broken = table.facts().get(Facts.BROKEN);
    if (broken != null) {
      throw refused(database, table, "cannot be read now: " + broken);
    }
    // The connector would select nothing from it, which MySQL calls an error of syntax.
    if (table.columns().stream()
        .allMatch(column -> MySqlTypes.of(column, options) instanceof ColumnType.Unsupported)) {
      throw refused(
          database,
          table,
          "has no column that Flink can use: each is hidden by its overlay or of a type that is not"
              + " supported. `catalog table get` lists them.");
    }
    if (role == Binding.Role.SINK) {
      checkWritable(options, database, table);
    }
    List<Binding.Option> all = new ArrayList<>();
    all.add(Binding.Option.fixed("connector", "jdbc"));
    all.add(Binding.Option.fixed("url", options.url(database)));
    // The connector puts the name between backticks and doubles none inside.
    all.add(Binding.Option.fixed("table-name", table.name().replace("`", "``")));
    all.add(Binding.Option.fixed("username", options.user()));
    all.add(Binding.Option.secret("password", options.password()));
    all.add(Binding.Option.fixed("driver", DRIVER_CLASS));
    all.add(Binding.Option.tunable("scan.fetch-size", DEFAULT_FETCH_SIZE));
    TUNABLE.forEach(key -> all.add(Binding.Option.tunable(key, null)));
    return new Binding(all, artifacts);
  }

  private static List<Binding.Artifact> artifacts(Engine engine) {
    if (engine.name().equals("flink")) {
      if (engine.isMajor(2)) {
        return FLINK_2;
      }
      if (engine.version().equals("1.20") || engine.version().startsWith("1.20.")) {
        return FLINK_1_20;
      }
    }
    throw new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "ENGINE_UNSUPPORTED",
        "MySQL tables cannot be reached by "
            + engine.name()
            + " "
            + engine.version()
            + ". Use flink 1.20 or 2.x.");
  }

  private static void checkWritable(MySqlOptions options, String database, PhysicalTable table) {
    if ("false".equals(table.facts().get(Facts.WRITABLE))) {
      throw refused(
          database,
          table,
          "cannot be written: MySQL says that the view is not updatable. Write to its tables.");
    }
    if (table.name().contains("?") || table.name().contains(":")) {
      throw refused(
          database,
          table,
          "cannot be written: Flink's JDBC connector cannot handle a table name with ? or : in it."
              + " Rename the table, or write to a view of it.");
    }
    for (Column column : table.columns()) {
      boolean generated = column.facts().containsKey(Facts.GENERATED);
      boolean filledByMySql =
          column.nullable()
              || generated
              || column.facts().containsKey(Facts.DEFAULT)
              || column.facts().containsKey(Facts.AUTO_INCREMENT);
      if (MySqlTypes.of(column, options) instanceof ColumnType.Unsupported unsupported) {
        if (!filledByMySql) {
          throw refused(
              database,
              table,
              "cannot be written: its column '"
                  + column.name()
                  + "' ("
                  + column.nativeType()
                  + ") needs a value and cannot be given one. "
                  + unsupported.reason()
                  + " Give it a default in MySQL, or let it be NULL.");
        }
      } else if (generated) {
        throw refused(
            database,
            table,
            "cannot be written: its column '"
                + column.name()
                + "' is generated by MySQL. Hide it with an overlay.");
      } else if (!isBindable(column.name())) {
        throw refused(
            database,
            table,
            "cannot be written: Flink's JDBC connector cannot bind a value to its column '"
                + column.name()
                + "', whose name holds more than letters, digits, '_' and '$'. Hide it with an"
                + " overlay, or rename it.");
      }
    }
  }

  /** The connector writes {@code :name} for a value and takes the name to end where this does. */
  static boolean isBindable(String name) {
    return name.chars().allMatch(Character::isJavaIdentifierPart);
  }

  private static CatalogException refused(String database, PhysicalTable table, String why) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "TABLE_NOT_REACHABLE",
        "MySQL table '" + database + "." + table.name() + "' " + why);
  }
}
