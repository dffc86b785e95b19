package io.unifiedcatalog.server.source.starrocks;

import io.unifiedcatalog.server.source.jdbc.FrontendSession;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a StarRocks frontend's information_schema; keys and layout are in its tables_config. */
final class StarRocksSession extends FrontendSession {
  private static final Set<String> SYSTEM_SCHEMAS =
      Set.of("_statistics_", "information_schema", "sys");

  /** A column in a list of columns, with or without the quotes that some releases print. */
  private static final Pattern COLUMN = Pattern.compile("`((?:[^`]|``)*+)`|([^`,\\s]+)");

  private static final Set<String> OWN_CATALOGS = Set.of("default_catalog", "def");

  /** Releases before 3.0 have none; their tables have no key here. */
  private final boolean hasTablesConfig;

  private StarRocksSession(
      String sourceName, StarRocksOptions options, String metadata, Connection connection)
      throws SQLException {
    super(
        StarRocksOptions.KIND,
        sourceName,
        options.jdbc(),
        connection,
        OWN_CATALOGS,
        SYSTEM_SCHEMAS,
        options.systemSchemas(),
        /* externalCatalogs= */ false,
        metadata);
    boolean[] found = {false};
    query(
        "SELECT 1 FROM information_schema.tables WHERE TABLE_SCHEMA = ? AND TABLE_NAME ="
            + " 'tables_config'",
        MySqlProtocol.STREAMED,
        List.of(metadata),
        rows -> found[0] = true);
    this.hasTablesConfig = found[0];
  }

  /**
   * Connects.
   *
   * @param metadata the database that holds the metadata; see {@link FrontendSession}
   */
  static JdbcSession open(String sourceName, StarRocksOptions options, String metadata) {
    return open(
        StarRocksOptions.KIND,
        sourceName,
        options.jdbc(),
        connection -> new StarRocksSession(sourceName, options, metadata, connection));
  }

  @Override
  protected void readKeys(String database, @Nullable String only, Map<String, Listed> listed)
      throws SQLException {
    if (!hasTablesConfig) {
      return;
    }
    query(
        "SELECT TABLE_NAME, TABLE_MODEL, PRIMARY_KEY, PARTITION_KEY, DISTRIBUTE_TYPE,"
            + " DISTRIBUTE_KEY, DISTRIBUTE_BUCKET, SORT_KEY FROM "
            + metadata
            + ".tables_config WHERE TABLE_SCHEMA = ?"
            + (only == null ? "" : " AND TABLE_NAME = ?"),
        MySqlProtocol.STREAMED,
        only == null ? List.of(database) : List.of(database, only),
        rows -> {
          Listed table = listed.get(text(rows, 1));
          if (table == null || table.isView()) {
            return;
          }
          String model = model(text(rows, 2));
          table.fact("key-model", model);
          fact(table, "partition-by", text(rows, 4));
          fact(table, "distributed-by", (text(rows, 5) + " " + text(rows, 6)).strip());
          fact(table, "buckets", text(rows, 7));
          fact(table, "sorted-by", text(rows, 8));
          // Of a primary key no column is NULL; of a unique one, each may be.
          if (model.equals("PRIMARY") || model.equals("UNIQUE")) {
            ListedKey key =
                table.key(model, model.equals("PRIMARY") ? KeyKind.PRIMARY : KeyKind.UNIQUE);
            Matcher columns = COLUMN.matcher(text(rows, 3));
            for (int position = 1; columns.find(); position++) {
              String column =
                  columns.group(1) == null ? columns.group(2) : columns.group(1).replace("``", "`");
              key.part(position, column, column);
            }
          }
        });
  }

  private static void fact(Listed table, String key, String value) {
    if (!value.isEmpty()) {
      table.fact(key, value);
    }
  }

  /** PRIMARY for {@code PRIMARY_KEYS} and {@code PRI_KEYS}, and so on. */
  private static String model(String printed) {
    for (String model : List.of("PRIMARY", "UNIQUE", "DUPLICATE", "AGGREGATE")) {
      if (printed.startsWith(model.substring(0, 2))) {
        return model;
      }
    }
    return printed;
  }
}
