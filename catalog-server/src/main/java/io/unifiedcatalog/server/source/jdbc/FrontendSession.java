package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the information_schema of a frontend that speaks MySQL's protocol and has catalogs, one of
 * its own and others of other systems. A database of another is called {@code catalog.database}.
 */
public abstract class FrontendSession extends JdbcSession {
  private final Set<String> ownCatalogs;
  private final Set<String> systemSchemas;
  private final boolean withSystemSchemas;
  private final boolean externalCatalogs;
  private final String metadata;

  /**
   * A session.
   *
   * @param ownCatalogs what the system calls its own catalog
   * @param systemSchemas its own databases, in lower case
   * @param metadata the database that holds the metadata; only tests, which keep rows in one, give
   *     another than {@code information_schema}
   */
  protected FrontendSession(
      JdbcKind kind,
      String sourceName,
      JdbcOptions options,
      Connection connection,
      String systemVersion,
      Set<String> ownCatalogs,
      Set<String> systemSchemas,
      boolean withSystemSchemas,
      boolean externalCatalogs,
      String metadata) {
    super(kind, sourceName, options, connection, systemVersion);
    this.ownCatalogs = Set.copyOf(ownCatalogs);
    this.systemSchemas = Set.copyOf(systemSchemas);
    this.withSystemSchemas = withSystemSchemas;
    this.externalCatalogs = externalCatalogs;
    this.metadata = metadata;
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
          found[0] |= database.equals(isOwn(catalog) ? name : catalog + "." + name);
        });
    return found[0];
  }

  /** Older releases print no catalog, and MySQL, which stands in for them in tests, {@code def}. */
  private boolean isOwn(String catalog) {
    return catalog.isEmpty() || catalog.equals("def") || ownCatalogs.contains(catalog);
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
      sql.append(" AND (TABLE_CATALOG IS NULL OR TABLE_CATALOG IN ('def', ''");
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
