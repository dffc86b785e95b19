package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a MySQL server's information_schema. */
final class MySqlSession extends JdbcSession {
  private static final Set<String> SYSTEM_SCHEMAS =
      Set.of("information_schema", "mysql", "performance_schema", "sys");

  /** The expression of a functional index has a column of its own from this release on. */
  private static final int FUNCTIONAL_INDEXES = 8_000_013;

  /** From here on statistics are kept for a day unless a session wants them fresh. */
  private static final int KEPT_STATISTICS = 8_000_003;

  /**
   * So many tables are asked for fresh statistics, which opens each of them; in a database that has
   * more, the server's kept ones, at most a day old, must do.
   */
  private static final int FRESH_STATISTICS_TABLES = 2_000;

  private final boolean systemSchemas;
  private final int release;

  private MySqlSession(
      String sourceName, MySqlOptions options, Connection connection, String systemVersion) {
    super(MySqlOptions.KIND, sourceName, options.jdbc(), connection, systemVersion);
    this.systemSchemas = options.systemSchemas();
    this.release = release(systemVersion);
  }

  static JdbcSession open(String sourceName, MySqlOptions options) {
    return open(
        MySqlOptions.KIND,
        sourceName,
        options.jdbc(),
        MySqlProtocol.driver(),
        options.metadataUrl(),
        MySqlProtocol.metadataProperties(options.jdbc()),
        connection ->
            new MySqlSession(
                sourceName,
                options,
                connection,
                connection.getMetaData().getDatabaseProductVersion()));
  }

  @Override
  protected List<String> listDatabases() throws SQLException {
    List<String> databases = new ArrayList<>();
    query(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA",
        MySqlProtocol.STREAMED,
        List.of(),
        rows -> {
          String name = text(rows, 1);
          if (systemSchemas || !SYSTEM_SCHEMAS.contains(name.toLowerCase(Locale.ROOT))) {
            databases.add(name);
          }
        });
    return databases;
  }

  @Override
  protected boolean exists(String database) throws SQLException {
    return MySqlProtocol.exists(connection, database);
  }

  // MySQL marks the columns of a unique key too if there is no primary key.
  @Override
  protected boolean agree(
      Set<String> marked, @Nullable Key primaryKey, List<Key> uniqueKeys, boolean view) {
    return view
        || (primaryKey == null
            ? marked.isEmpty() || !uniqueKeys.isEmpty()
            : marked.equals(Set.copyOf(primaryKey.columns())));
  }

  @Override
  protected Map<String, Listed> readTables(String database, @Nullable String only)
      throws SQLException {
    Map<String, Listed> listed = new LinkedHashMap<>();
    query(
        "SELECT TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, ENGINE FROM information_schema.TABLES",
        "",
        database,
        only,
        rows -> {
          String name = text(rows, 1);
          if (options.common().includes(database, name)) {
            listed.put(name, listed(text(rows, 2), text(rows, 3), rows.getString(4)));
          }
        });
    if (release >= KEPT_STATISTICS) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "SET SESSION information_schema_stats_expiry = "
                + (listed.size() <= FRESH_STATISTICS_TABLES ? "0" : "DEFAULT"));
      }
    }
    query(
        "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES",
        "",
        database,
        only,
        rows -> {
          Listed known = listed.get(text(rows, 1));
          if (known != null && !known.isView()) {
            known.statistics(new Statistics(count(rows, 2), count(rows, 3)));
          }
        });
    Set<String> updatable = new HashSet<>();
    query(
        "SELECT TABLE_NAME FROM information_schema.VIEWS",
        " AND IS_UPDATABLE = 'YES'",
        database,
        only,
        rows -> updatable.add(text(rows, 1)));
    listed.forEach(
        (name, table) -> {
          if (table.isView() && !updatable.contains(name)) {
            table.fact(Facts.WRITABLE, "false");
          }
        });
    return listed;
  }

  /** MySQL says in place of the comment why it cannot open a table or a view. */
  private static Listed listed(String type, String comment, @Nullable String engine) {
    boolean view = type.contains("VIEW");
    boolean notOpened = view ? comment.startsWith("View '") : engine == null;
    return new Listed(
        view ? PhysicalTable.Kind.VIEW : PhysicalTable.Kind.TABLE,
        view || notOpened ? "" : comment,
        notOpened ? comment : "",
        engine == null ? Map.of() : Map.of("engine", engine));
  }

  @Override
  protected void readKeys(String database, @Nullable String only, Map<String, Listed> listed)
      throws SQLException {
    query(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, "
            + (release >= FUNCTIONAL_INDEXES ? "EXPRESSION" : "NULL")
            + " FROM information_schema.STATISTICS",
        "",
        database,
        only,
        rows -> {
          Listed known = listed.get(text(rows, 1));
          if (known == null) {
            return;
          }
          String name = text(rows, 2);
          KeyKind kind = rows.getInt(3) == 0 ? KeyKind.UNIQUE : KeyKind.INDEX;
          String column = rows.getString(5);
          String prefix = rows.getString(6);
          String text = column == null ? "(" + text(rows, 7) + ")" : column;
          known
              .key(name, name.equals("PRIMARY") ? KeyKind.PRIMARY : kind)
              .part(rows.getInt(4), column, prefix == null ? text : text + "(" + prefix + ")");
        });
  }

  @Override
  protected void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException {
    String select =
        "SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY,"
            + " COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION, COLLATION_NAME"
            + " FROM information_schema.COLUMNS";
    String order = comesTableByTable(select, database) ? "" : " ORDER BY TABLE_NAME";
    ColumnGroups groups = new ColumnGroups(database, consumer);
    query(
        select,
        order,
        database,
        only,
        rows -> {
          if (groups.startRow(text(rows, 1))) {
            groups.add(column(rows));
          }
        });
    groups.end();
  }

  /**
   * Whether the server visits the tables one by one and looks up the columns of each. Then its rows
   * come together by table without being sorted, which would cost half as much again as reading
   * them.
   */
  private boolean comesTableByTable(String select, String database) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("EXPLAIN " + select + " WHERE TABLE_SCHEMA = ?")) {
      statement.setString(1, database);
      boolean afterTables = false;
      boolean columnsByTable = false;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String table = rows.getString("table");
          String extra = String.valueOf(rows.getString("Extra"));
          if (extra.contains("temporary") || extra.contains("sort") || extra.contains("hash")) {
            return false;
          }
          if ("tbl".equals(table)) {
            afterTables = true;
          } else if ("col".equals(table)) {
            columnsByTable = afterTables && "ref".equals(rows.getString("type"));
          }
        }
      }
      return columnsByTable;
    }
  }

  private static ListedColumn column(ResultSet rows) throws SQLException {
    Map<String, String> facts = new HashMap<>();
    String standard = rows.getString(7);
    if (standard != null) {
      facts.put(Facts.DEFAULT, standard);
    }
    String extra = text(rows, 8);
    if (extra.toLowerCase(Locale.ROOT).contains("auto_increment")) {
      facts.put(Facts.AUTO_INCREMENT, "true");
    }
    String generated = text(rows, 10);
    if (!generated.isEmpty()) {
      facts.put(Facts.GENERATED, generated);
    }
    if (!extra.isEmpty()) {
      facts.put("extra", extra);
    }
    String collation = text(rows, 11);
    if (!collation.isEmpty()) {
      facts.put(Facts.COLLATION, collation);
    }
    return new ListedColumn(
        rows.getInt(2),
        text(rows, 6).equals("PRI"),
        new Column(
            text(rows, 3), text(rows, 4), text(rows, 5).equals("YES"), text(rows, 9), facts));
  }

  /** Runs a query over one database, or one table of it, and reads the rows as they come. */
  private void query(
      String select, String order, String database, @Nullable String only, RowReader reader)
      throws SQLException {
    query(
        select + " WHERE TABLE_SCHEMA = ?" + (only == null ? "" : " AND TABLE_NAME = ?") + order,
        MySqlProtocol.STREAMED,
        only == null ? List.of(database) : List.of(database, only),
        reader);
  }

  /** 8000031 for 8.0.31-log. */
  private static int release(String version) {
    String[] parts = version.split("[^0-9]+", 4);
    int release = 0;
    for (int i = 0; i < 3; i++) {
      release =
          release * 1000
              + (i < parts.length && !parts[i].isEmpty() ? Integer.parseInt(parts[i]) : 0);
    }
    return release;
  }
}
