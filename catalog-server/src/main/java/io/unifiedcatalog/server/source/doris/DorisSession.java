package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Doris frontend's information_schema. Partitions and buckets are in SHOW CREATE TABLE
 * only, which is asked once a table of Doris' own.
 */
final class DorisSession extends JdbcSession {
  private static final Set<String> SYSTEM_SCHEMAS =
      Set.of("__internal_schema", "information_schema", "mysql");

  /** Doris' own catalog; older releases print nothing, and what stands in for them {@code def}. */
  private static final Set<String> OWN_CATALOGS = Set.of("internal", "def", "");

  private static final String OWN_ENGINE = "Doris";

  private final DorisOptions dorisOptions;
  private final String metadata;

  private DorisSession(
      String sourceName,
      DorisOptions options,
      String metadata,
      Connection connection,
      String systemVersion) {
    super(DorisOptions.KIND, sourceName, options.jdbc(), connection, systemVersion);
    this.dorisOptions = options;
    this.metadata = metadata;
  }

  /**
   * Connects.
   *
   * @param metadata the database that holds the metadata; only tests, which keep recorded rows in
   *     one, give another than {@code information_schema}
   */
  static JdbcSession open(String sourceName, DorisOptions options, String metadata) {
    return open(
        DorisOptions.KIND,
        sourceName,
        options.jdbc(),
        MySqlProtocol.driver(),
        options.url(""),
        MySqlProtocol.metadataProperties(options.jdbc()),
        connection ->
            new DorisSession(sourceName, options, metadata, connection, version(connection)));
  }

  /** Doris greets as some MySQL; what it is stands in a variable. */
  private static String version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT @@version_comment, @@version")) {
      rows.next();
      String comment = text(rows, 1);
      return comment.toLowerCase(Locale.ROOT).contains("doris") ? comment : text(rows, 2);
    }
  }

  @Override
  protected List<String> listDatabases() throws SQLException {
    List<String> databases = new ArrayList<>();
    rows(
        "SELECT CATALOG_NAME, SCHEMA_NAME FROM " + metadata + ".schemata",
        List.of(),
        rows -> {
          String catalog = text(rows, 1);
          String name = text(rows, 2);
          boolean own = OWN_CATALOGS.contains(catalog);
          boolean system = SYSTEM_SCHEMAS.contains(name.toLowerCase(Locale.ROOT));
          if ((own || dorisOptions.externalCatalogs())
              && (!system || dorisOptions.systemSchemas())) {
            databases.add(own ? name : catalog + "." + name);
          }
        });
    return databases;
  }

  @Override
  protected boolean exists(String database) throws SQLException {
    boolean[] found = {false};
    rows(
        "SELECT CATALOG_NAME, SCHEMA_NAME FROM "
            + metadata
            + ".schemata WHERE SCHEMA_NAME IN (?, ?)",
        List.of(database, schema(database)),
        rows -> {
          String catalog = text(rows, 1);
          String name = text(rows, 2);
          found[0] |= database.equals(OWN_CATALOGS.contains(catalog) ? name : catalog + "." + name);
        });
    return found[0];
  }

  /** The schema of a database that is called {@code catalog.schema}. */
  private static String schema(String database) {
    return database.substring(database.indexOf('.') + 1);
  }

  @Override
  protected Map<String, Listed> readTables(String database, @Nullable String only)
      throws SQLException {
    Map<String, Listed> listed = new LinkedHashMap<>();
    query(
        "TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, ENGINE, TABLE_ROWS, DATA_LENGTH",
        "tables",
        "",
        database,
        only,
        rows -> {
          String name = text(rows, 1);
          if (!options.common().includes(database, name)) {
            return;
          }
          boolean view = text(rows, 2).contains("VIEW");
          String engine = text(rows, 4);
          Listed table =
              new Listed(
                  view ? PhysicalTable.Kind.VIEW : PhysicalTable.Kind.TABLE,
                  view && text(rows, 3).equals("VIEW") ? "" : text(rows, 3),
                  "",
                  engine.isEmpty() || view ? Map.of() : Map.of("engine", engine));
          if (view) {
            table.fact(Facts.WRITABLE, "false");
          } else {
            table.statistics(new Statistics(count(rows, 5), count(rows, 6)));
          }
          listed.put(name, table);
        });
    return listed;
  }

  @Override
  protected void readKeys(String database, @Nullable String only, Map<String, Listed> listed)
      throws SQLException {
    Map<String, List<String>> uniqueColumns = new HashMap<>();
    Map<String, Boolean> nullable = new HashMap<>();
    query(
        "TABLE_NAME, COLUMN_NAME, COLUMN_KEY, IS_NULLABLE",
        "columns",
        " AND COLUMN_KEY <> '' ORDER BY TABLE_NAME, ORDINAL_POSITION",
        database,
        only,
        rows -> {
          String name = text(rows, 1);
          Listed table = listed.get(name);
          // What Doris prints for its key models; of a table that it does not keep, nothing.
          String model =
              switch (text(rows, 3)) {
                case "UNI" -> "UNIQUE";
                case "DUP" -> "DUPLICATE";
                case "AGG" -> "AGGREGATE";
                default -> "";
              };
          if (table == null || table.isView() || model.isEmpty()) {
            return;
          }
          table.fact("key-model", model);
          if (model.equals("UNIQUE")) {
            uniqueColumns.computeIfAbsent(name, key -> new ArrayList<>()).add(text(rows, 2));
            nullable.merge(name, text(rows, 4).equals("YES"), Boolean::logicalOr);
          }
        });
    uniqueColumns.forEach(
        (name, columns) -> {
          Listed table = listed.get(name);
          if (table != null) {
            // A key of Doris may be NULL, a primary key of Flink may not.
            ListedKey key =
                Boolean.TRUE.equals(nullable.get(name))
                    ? table.key("UNIQUE", KeyKind.UNIQUE)
                    : table.key("UNIQUE", KeyKind.PRIMARY);
            for (int i = 0; i < columns.size(); i++) {
              key.part(i + 1, columns.get(i), columns.get(i));
            }
          }
        });
    for (Map.Entry<String, Listed> entry : listed.entrySet()) {
      if (entry.getValue().hasFact("engine", OWN_ENGINE)) {
        readLayout(database, entry.getKey(), entry.getValue());
      }
    }
  }

  /** How a table is cut into partitions and buckets. One that does not say it costs only that. */
  private void readLayout(String database, String name, Listed table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SHOW CREATE TABLE " + quoted(schema(database)) + "." + quoted(name))) {
      if (rows.next()) {
        TableLayout.of(text(rows, 2)).facts().forEach(table::fact);
      }
    } catch (SQLException e) {
      if (!connection.isValid(1)) {
        throw e;
      }
      table.fact(
          "layout-unknown",
          "SHOW CREATE TABLE: "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given"));
    }
  }

  private static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  protected void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException {
    ColumnGroups groups = new ColumnGroups(database, consumer);
    query(
        "TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT,"
            + " EXTRA, COLUMN_COMMENT",
        "columns",
        " ORDER BY TABLE_NAME",
        database,
        only,
        rows -> {
          if (groups.startRow(text(rows, 1))) {
            Map<String, String> facts = new HashMap<>();
            String standard = rows.getString(6);
            if (standard != null) {
              facts.put(Facts.DEFAULT, standard);
            }
            if (text(rows, 7).toLowerCase(Locale.ROOT).contains("auto_increment")) {
              facts.put(Facts.AUTO_INCREMENT, "true");
            }
            groups.add(
                new ListedColumn(
                    rows.getInt(2),
                    /* inPrimaryKey= */ false,
                    new Column(
                        text(rows, 3),
                        text(rows, 4),
                        text(rows, 5).equals("YES"),
                        text(rows, 8),
                        facts)));
          }
        });
    groups.end();
  }

  /** Runs a query over one database, or one table of it, and reads the rows as they come. */
  private void query(
      String columns,
      String table,
      String rest,
      String database,
      @Nullable String only,
      RowReader reader)
      throws SQLException {
    List<String> parameters = new ArrayList<>();
    StringBuilder sql =
        new StringBuilder("SELECT ")
            .append(columns)
            .append(" FROM ")
            .append(metadata)
            .append('.')
            .append(table)
            .append(" WHERE TABLE_SCHEMA = ?");
    int dot = database.indexOf('.');
    if (dot > 0 && dorisOptions.externalCatalogs()) {
      sql.append(" AND TABLE_CATALOG = ?");
      parameters.add(schema(database));
      parameters.add(database.substring(0, dot));
    } else {
      sql.append(" AND (TABLE_CATALOG IS NULL OR TABLE_CATALOG IN ('internal', 'def', ''))");
      parameters.add(database);
    }
    if (only != null) {
      sql.append(" AND TABLE_NAME = ?");
      parameters.add(only);
    }
    rows(sql.append(rest).toString(), parameters, reader);
  }

  private void rows(String sql, List<String> parameters, RowReader reader) throws SQLException {
    query(sql, MySqlProtocol.STREAMED, parameters, reader);
  }
}
