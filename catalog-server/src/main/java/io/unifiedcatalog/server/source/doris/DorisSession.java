package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.source.jdbc.FrontendSession;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Doris frontend's information_schema. Partitions and buckets are in SHOW CREATE TABLE
 * only, which is asked once a table of Doris' own.
 */
final class DorisSession extends FrontendSession {
  private static final Set<String> SYSTEM_SCHEMAS =
      Set.of("__internal_schema", "information_schema", "mysql");

  private static final String OWN_ENGINE = "Doris";

  /** What it calls its own catalog; {@code def} is what MySQL prints, which has no catalogs. */
  private static final Set<String> OWN_CATALOGS = Set.of("internal", "def");

  private DorisSession(
      String sourceName, DorisOptions options, String metadata, Connection connection)
      throws SQLException {
    super(
        DorisOptions.KIND,
        sourceName,
        options.jdbc(),
        connection,
        OWN_CATALOGS,
        SYSTEM_SCHEMAS,
        options.systemSchemas(),
        options.externalCatalogs(),
        metadata);
  }

  /**
   * Connects.
   *
   * @param metadata the database that holds the metadata; see {@link FrontendSession}
   */
  static JdbcSession open(String sourceName, DorisOptions options, String metadata) {
    return open(
        DorisOptions.KIND,
        sourceName,
        options.jdbc(),
        connection -> new DorisSession(sourceName, options, metadata, connection));
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
                "SHOW CREATE TABLE "
                    + MySqlProtocol.quoted(schema(database))
                    + "."
                    + MySqlProtocol.quoted(name))) {
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
}
