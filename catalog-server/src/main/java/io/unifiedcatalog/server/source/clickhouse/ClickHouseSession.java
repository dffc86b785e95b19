package io.unifiedcatalog.server.source.clickhouse;

import com.clickhouse.client.api.ClientException;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.jdbc.ConnectionImpl;
import com.clickhouse.jdbc.Driver;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a ClickHouse server's system.tables and system.columns. */
final class ClickHouseSession extends JdbcSession {
  /** Of a column: DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL; absent if it has no expression. */
  static final String DEFAULT_KIND = "default-kind";

  private static final Set<String> SYSTEM_DATABASES =
      Set.of(
          "system", "information_schema", "INFORMATION_SCHEMA", "_temporary_and_external_tables");

  /** Tables that hold the rows of materialized views are not for people. */
  private static final String NOT_INNER =
      " AND NOT startsWith(%1$s, '.inner.') AND NOT startsWith(%1$s, '.inner_id.')";

  private static final Set<String> VIEWS =
      Set.of("View", "MaterializedView", "LiveView", "WindowView");

  /** Engines that give rows and take none. */
  private static final Set<String> READ_ONLY =
      Set.of("Dictionary", "Executable", "ExecutablePool", "GenerateRandom", "Loop", "Merge");

  /** Engines whose rows a SELECT does not give; ClickHouse's own error for each says so. */
  private static final Map<String, String> NOT_SELECTED =
      Map.of(
          "AzureQueue", "its rows go to materialized views only",
          "FileLog", "its rows go to materialized views only",
          "Kafka", "its rows go to materialized views only",
          "NATS", "its rows go to materialized views only",
          "RabbitMQ", "its rows go to materialized views only",
          "S3Queue", "its rows go to materialized views only",
          "Set", "it is for the right side of IN only");

  /** Engines that keep one row for each value of the sorting key, sooner or later. */
  private static final Pattern ONE_ROW_A_KEY =
      Pattern.compile("(Replicated|Shared)?(Replacing|Collapsing|VersionedCollapsing)MergeTree");

  /**
   * {@code Distributed('cluster', 'database', 'table'...}, the quotes as ClickHouse prints them.
   */
  private static final Pattern DISTRIBUTED =
      Pattern.compile("Distributed\\('?([^',]*)'?, '?([^',]*)'?, '?([^',)]*)'?.*", Pattern.DOTALL);

  /** A column in a key; anything else in one is an expression. */
  private static final Pattern PLAIN_COLUMN =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)|`((?:[^`\\\\]|\\\\.)*+)`");

  private final boolean systemSchemas;
  private final boolean sortingKeyIsPrimary;

  private ClickHouseSession(
      String sourceName, ClickHouseOptions options, Connection connection, String version) {
    super(ClickHouseOptions.KIND, sourceName, options.jdbc(), connection, version);
    this.systemSchemas = options.systemSchemas();
    this.sortingKeyIsPrimary = options.sortingKeyIsPrimary();
  }

  /**
   * Connects.
   *
   * @throws io.unifiedcatalog.server.model.CatalogException UNAVAILABLE if that fails
   */
  static JdbcSession open(String sourceName, ClickHouseOptions options) {
    Properties properties = new Properties();
    // A whole portion of metadata may take the server a while to begin with.
    if (!options.jdbc().properties().containsKey("socket_timeout")) {
      properties.setProperty("socket_timeout", "600000");
    }
    // A query that failed is reported, not asked again behind the crawl's back.
    properties.setProperty("client_retry_on_failures", "None");
    // So it asks the server for nothing before its client is guarded; after that, for this too.
    properties.setProperty("server_time_zone", "UTC");
    return open(
        ClickHouseOptions.KIND,
        sourceName,
        options.jdbc(),
        new Driver(),
        options.url(""),
        properties,
        connection -> {
          GuardedHttp.guard(connection);
          try {
            connection.unwrap(ConnectionImpl.class).getClient().loadServerInfo();
          } catch (ClientException | ServerException e) {
            throw new SQLException(e.getMessage(), e);
          }
          return new ClickHouseSession(
              sourceName,
              options,
              connection,
              connection.getMetaData().getDatabaseProductVersion());
        });
  }

  @Override
  protected List<String> listDatabases() throws SQLException {
    List<String> databases = new ArrayList<>();
    query(
        "SELECT name FROM system.databases",
        List.of(),
        rows -> {
          String name = text(rows, 1);
          if (systemSchemas || !SYSTEM_DATABASES.contains(name)) {
            databases.add(name);
          }
        });
    return databases;
  }

  @Override
  protected boolean exists(String database) throws SQLException {
    boolean[] found = {false};
    query(
        "SELECT 1 FROM system.databases WHERE name = ?",
        List.of(database),
        rows -> found[0] = true);
    return found[0];
  }

  @Override
  protected Map<String, Listed> readTables(String database, @Nullable String only)
      throws SQLException {
    Map<String, Listed> listed = new LinkedHashMap<>();
    query(
        "SELECT name, engine, comment, total_rows, total_bytes, partition_key, sorting_key,"
            + " primary_key, sampling_key, if(engine = 'Distributed', engine_full, '')"
            + " FROM system.tables WHERE database = ? AND NOT is_temporary",
        "name",
        "",
        database,
        only,
        rows -> {
          String name = text(rows, 1);
          if (options.common().includes(database, name)) {
            listed.put(name, listed(rows));
          }
        });
    return listed;
  }

  private Listed listed(ResultSet rows) throws SQLException {
    String engine = text(rows, 2);
    boolean view = VIEWS.contains(engine);
    String notSelected = NOT_SELECTED.get(engine);
    Listed table =
        new Listed(
            view ? PhysicalTable.Kind.VIEW : PhysicalTable.Kind.TABLE,
            text(rows, 3),
            notSelected == null ? "" : "A table of engine " + engine + ": " + notSelected + ".",
            Map.of("engine", engine));
    if (view || READ_ONLY.contains(engine) || engine.startsWith("System")) {
      table.fact(Facts.WRITABLE, "false");
    }
    if (!view) {
      table.statistics(new Statistics(count(rows, 4), count(rows, 5)));
    }
    fact(table, "partition-key", text(rows, 6));
    String sortingKey = text(rows, 7);
    fact(table, "sorting-key", sortingKey);
    fact(table, "primary-key", text(rows, 8));
    fact(table, "sampling-key", text(rows, 9));
    if (engine.startsWith("Replicated") || engine.startsWith("Shared")) {
      table.fact("replicated", "true");
    }
    Matcher distributed = DISTRIBUTED.matcher(text(rows, 10));
    if (distributed.matches()) {
      table.fact("distributed-cluster", distributed.group(1));
      table.fact("distributed-table", distributed.group(2) + "." + distributed.group(3));
    }
    if (sortingKeyIsPrimary && ONE_ROW_A_KEY.matcher(engine).matches()) {
      int position = 0;
      for (String column : columns(sortingKey)) {
        table.key("sorting key", KeyKind.PRIMARY).part(++position, column, column);
      }
    }
    return table;
  }

  private static void fact(Listed table, String key, String value) {
    if (!value.isEmpty()) {
      table.fact(key, value);
    }
  }

  /** The columns of a key; none if there is more in it than columns. */
  static List<String> columns(String key) {
    List<String> columns = new ArrayList<>();
    int at = 0;
    Matcher column = PLAIN_COLUMN.matcher(key);
    while (at < key.length()) {
      if (!column.find(at) || column.start() != at) {
        return List.of();
      }
      columns.add(
          column.group(1) == null ? column.group(2).replaceAll("\\\\(.)", "$1") : column.group(1));
      at = column.end();
      if (at < key.length()) {
        if (!key.startsWith(", ", at)) {
          return List.of();
        }
        at += 2;
      }
    }
    return columns;
  }

  /** They came with the tables. */
  @Override
  protected void readKeys(String database, @Nullable String only, Map<String, Listed> listed) {}

  @Override
  protected void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException {
    ColumnGroups groups = new ColumnGroups(database, consumer);
    query(
        "SELECT table, position, name, type, default_kind, default_expression, comment"
            + " FROM system.columns WHERE database = ?",
        "table",
        " ORDER BY table, position",
        database,
        only,
        rows -> {
          if (groups.startRow(text(rows, 1))) {
            groups.add(column(rows));
          }
        });
    groups.end();
  }

  private static ListedColumn column(ResultSet rows) throws SQLException {
    Map<String, String> facts = new HashMap<>();
    String kind = text(rows, 5);
    if (!kind.isEmpty()) {
      facts.put(DEFAULT_KIND, kind);
      facts.put(
          kind.equals("MATERIALIZED") || kind.equals("ALIAS") ? Facts.GENERATED : Facts.DEFAULT,
          text(rows, 6));
    }
    String type = text(rows, 4);
    return new ListedColumn(
        rows.getInt(2),
        /* inPrimaryKey= */ false,
        new Column(text(rows, 3), type, isNullable(type), text(rows, 7), facts));
  }

  private static boolean isNullable(String type) {
    return type.startsWith("Nullable(")
        || type.startsWith("LowCardinality(Nullable(")
        || type.startsWith("Variant(")
        || type.startsWith("Dynamic");
  }

  /**
   * Runs a query over one database, or one table of it.
   *
   * @param table the column that holds the table's name
   */
  private void query(
      String select,
      String table,
      String order,
      String database,
      @Nullable String only,
      RowReader reader)
      throws SQLException {
    query(
        select
            + NOT_INNER.formatted(table)
            + (only == null ? "" : " AND " + table + " = ?")
            + order,
        only == null ? List.of(database) : List.of(database, only),
        reader);
  }

  /** The driver hands on rows as they come. */
  private void query(String sql, List<String> parameters, RowReader reader) throws SQLException {
    query(sql, /* fetchSize= */ 0, parameters, reader);
  }
}
