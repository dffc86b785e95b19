package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
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
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the information_schema of a frontend that speaks MySQL's protocol and has catalogs, one of
 * its own and others of other systems. A database of another is called {@code catalog.database}.
 */
public abstract class FrontendSession extends JdbcSession {
  /** What the types take for granted of the driver, in an order that every server has alike. */
  private static final Map<String, String> READING =
      new TreeMap<>(Map.of("tinyInt1isBit", "true", "transformedBitIsBoolean", "true"));

  /** Driver properties that may not be set, and why. */
  public static final Map<String, String> REFUSED_PROPERTIES =
      MySqlProtocol.refusedProperties(
          Set.of("characterEncoding", "tinyInt1isBit", "transformedBitIsBoolean"),
          "the catalog sets it, because the types of the columns depend on it");

  /** The database that holds the metadata. */
  protected final String metadata;

  private final Set<String> ownCatalogs;
  private final Set<String> systemSchemas;
  private final boolean withSystemSchemas;
  private final boolean externalCatalogs;

  /**
   * A session.
   *
   * @param ownCatalogs what the system's releases call its own catalog
   * @param systemSchemas its own databases, in lower case
   * @param metadata the database that holds the metadata; only tests, which keep rows in one, give
   *     another than {@code information_schema}
   */
  protected FrontendSession(
      JdbcKind kind,
      String sourceName,
      JdbcOptions options,
      Connection connection,
      Set<String> ownCatalogs,
      Set<String> systemSchemas,
      boolean withSystemSchemas,
      boolean externalCatalogs,
      String metadata)
      throws SQLException {
    super(kind, sourceName, options, connection, version(kind, connection));
    this.ownCatalogs = Set.copyOf(ownCatalogs);
    this.systemSchemas = Set.copyOf(systemSchemas);
    this.withSystemSchemas = withSystemSchemas;
    this.externalCatalogs = externalCatalogs;
    this.metadata = metadata;
  }

  /**
   * Connects.
   *
   * @throws io.unifiedcatalog.server.model.CatalogException UNAVAILABLE if that fails
   */
  protected static JdbcSession open(
      JdbcKind kind, String sourceName, JdbcOptions options, Opening opening) {
    return open(
        kind,
        sourceName,
        options,
        MySqlProtocol.driver(),
        url(options, ""),
        MySqlProtocol.metadataProperties(options),
        opening);
  }

  /** The url that reads a database; the frontend takes {@code catalog.database}, too. */
  public static String url(JdbcOptions options, String database) {
    return MySqlProtocol.url(options, database, READING);
  }

  /** A frontend greets as some MySQL; what it is stands in a variable. */
  private static String version(JdbcKind kind, Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT @@version_comment, @@version")) {
      rows.next();
      String comment = text(rows, 1);
      return comment.toLowerCase(Locale.ROOT).contains(kind.name()) ? comment : text(rows, 2);
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
          boolean own = isOwn(catalog);
          boolean system = systemSchemas.contains(name.toLowerCase(Locale.ROOT));
          if ((own || externalCatalogs) && (!system || withSystemSchemas)) {
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
          found[0] |=
              isOwn(catalog)
                  ? database.equals(name)
                  : externalCatalogs && database.equals(catalog + "." + name);
        });
    return found[0];
  }

  /** Some releases print no catalog. */
  private boolean isOwn(String catalog) {
    return catalog.isEmpty() || ownCatalogs.contains(catalog);
  }

  /** The schema of a database that is called {@code catalog.schema}. */
  protected static String schema(String database) {
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

  /**
   * Runs a query over one database, or one table of it, and reads the rows as they come.
   *
   * @param rest ends the condition, or orders the rows; may be empty
   */
  protected final void query(
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
    if (dot > 0 && externalCatalogs) {
      sql.append(" AND TABLE_CATALOG = ?");
      parameters.add(schema(database));
      parameters.add(database.substring(0, dot));
    } else {
      sql.append(" AND (TABLE_CATALOG IS NULL OR TABLE_CATALOG IN (''");
      parameters.add(database);
      for (String own : ownCatalogs) {
        sql.append(", ?");
        parameters.add(own);
      }
      sql.append("))");
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
