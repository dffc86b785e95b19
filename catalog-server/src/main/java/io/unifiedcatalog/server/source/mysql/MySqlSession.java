package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.SourceSession;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a MySQL server's information_schema over one connection. Of a database, its tables and keys
 * are read first and held, the columns, by far the most, are streamed and joined to them.
 */
final class MySqlSession implements SourceSession {
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

  /** How often a table is read alone until its lists agree. */
  private static final int ATTEMPTS = 3;

  private final String sourceName;
  private final MySqlOptions options;
  private final Connection connection;
  private final String systemVersion;
  private final int release;

  /** Runs between the queries of {@link #tables}; tests change tables there. */
  private Runnable betweenQueries = () -> {};

  private MySqlSession(String sourceName, MySqlOptions options, Connection connection)
      throws SQLException {
    this.sourceName = sourceName;
    this.options = options;
    this.connection = connection;
    this.systemVersion = connection.getMetaData().getDatabaseProductVersion();
    this.release = release(systemVersion);
  }

  /** What is known of a table before its columns are read. */
  private static final class Listed {
    final String type;
    final String comment;
    final @Nullable String engine;
    Statistics statistics = Statistics.UNKNOWN;
    @Nullable String updatable;
    final Map<String, ListedKey> keys = new LinkedHashMap<>();

    Listed(String type, String comment, @Nullable String engine) {
      this.type = type;
      this.comment = comment;
      this.engine = engine;
    }

    boolean isView() {
      return type.contains("VIEW");
    }

    /** Why MySQL cannot open it; empty if it can. It says so in place of the comment. */
    String broken() {
      boolean notOpened = isView() ? comment.startsWith("View '") : engine == null;
      return notOpened ? comment : "";
    }
  }

  private record ListedKey(boolean unique, List<Part> parts) {
    /** A column, or a prefix of it, or an expression; of the last, the column is null. */
    record Part(int position, @Nullable String column, String text) {}
  }

  private record ListedColumn(int position, boolean inPrimaryKey, Column column) {}

  static MySqlSession open(Source source) {
    MySqlOptions options = MySqlOptions.of(source);
    Properties properties = new Properties();
    properties.setProperty("user", options.user());
    properties.setProperty("password", options.password().reveal());
    // A whole portion of metadata may take the server a while to begin with.
    if (!options.properties().containsKey("socketTimeout")) {
      properties.setProperty("socketTimeout", "600000");
    }
    try {
      Connection connection =
          new com.mysql.cj.jdbc.Driver().connect(options.metadataUrl(), properties);
      if (connection == null) {
        throw new SQLException("the driver did not take the url");
      }
      try {
        return new MySqlSession(source.name(), options, connection);
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw failed(source.name(), options, "cannot be connected to", e);
    }
  }

  void betweenQueries(Runnable action) {
    betweenQueries = action;
  }

  @Override
  public String systemVersion() {
    return systemVersion;
  }

  @Override
  public List<String> databases() {
    List<String> databases = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")) {
      while (rows.next()) {
        String name = text(rows, 1);
        boolean system = SYSTEM_SCHEMAS.contains(name.toLowerCase(Locale.ROOT));
        if ((options.systemSchemas() || !system) && options.common().includesDatabase(name)) {
          databases.add(name);
        }
      }
    } catch (SQLException e) {
      throw failed(sourceName, options, "could not list its databases", e);
    }
    databases.sort(Comparator.naturalOrder());
    return databases;
  }

  @Override
  public void tables(String database, Visitor visitor) {
    try {
      if (!exists(database)) {
        throw noDatabase(database);
      }
      Map<String, Listed> listed = readTables(database, null);
      betweenQueries.run();
      readKeys(database, null, listed);
      betweenQueries.run();
      // A table that one list has and another lacks, or that they disagree about, was created,
      // dropped or altered between them.
      Set<String> again = new TreeSet<>();
      readColumns(
          database,
          null,
          (name, columns) -> {
            Listed known = listed.remove(name);
            PhysicalTable table =
                known == null ? null : assemble(name, known, columns, /* strictly= */ true);
            if (known == null || table == null) {
              again.add(name);
            } else {
              visitor.table(table, known.statistics);
            }
          });
      again.addAll(listed.keySet());
      betweenQueries.run();
      for (String name : again) {
        readAlone(database, name, visitor);
      }
      // A database dropped meanwhile would look like one that lost its tables.
      if (!exists(database)) {
        throw noDatabase(database);
      }
    } catch (SQLException e) {
      throw failed(sourceName, options, "could not read database '" + database + "'", e);
    }
  }

  @Override
  public void abort() {
    try {
      // Unlike close(), which waits for the statement that runs.
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // The connection is gone, which is what was wanted.
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // The connection is gone, which is what was wanted.
    }
  }

  private boolean exists(String database) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?")) {
      statement.setString(1, database);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (text(rows, 1).equals(database)) {
            return true;
          }
        }
        return false;
      }
    }
  }

  /** Reads one table until its lists agree, or it is gone, or it was tried often enough. */
  private void readAlone(String database, String name, Visitor visitor) throws SQLException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      boolean last = attempt == ATTEMPTS;
      Listed known = readTables(database, name).get(name);
      Map<String, Listed> one = new HashMap<>();
      if (known != null) {
        one.put(name, known);
      }
      readKeys(database, name, one);
      List<ListedColumn> columns = new ArrayList<>();
      readColumns(
          database,
          name,
          (table, found) -> {
            if (table.equals(name)) {
              columns.addAll(found);
            }
          });
      if (known == null) {
        if (columns.isEmpty()) {
          return;
        }
        if (last) {
          visitor.unreadable(name, "MySQL lists its columns and not the table itself.");
        }
      } else if (columns.isEmpty()) {
        if (last || !known.broken().isEmpty()) {
          visitor.unreadable(
              name,
              known.broken().isEmpty()
                  ? "MySQL shows none of its columns to user '" + options.user() + "'."
                  : known.broken());
          return;
        }
      } else {
        // A user who may see some columns only never gets lists that agree: at last, what is seen
        // is taken, without the keys that lack a column.
        PhysicalTable table = assemble(name, known, columns, /* strictly= */ !last);
        if (table != null) {
          visitor.table(table, known.statistics);
          return;
        }
      }
    }
  }

  /**
   * Puts a table together.
   *
   * @param strictly null is returned if the lists disagree; else what does not fit is left out
   */
  private static @Nullable PhysicalTable assemble(
      String name, Listed listed, List<ListedColumn> columns, boolean strictly) {
    columns.sort(Comparator.comparingInt(ListedColumn::position));
    List<Column> plain = new ArrayList<>(columns.size());
    Set<String> names = new HashSet<>();
    Set<String> markedPrimary = new HashSet<>();
    for (ListedColumn column : columns) {
      if (strictly && column.position != plain.size() + 1) {
        return null;
      }
      if (!names.add(column.column.name())) {
        return null;
      }
      plain.add(column.column);
      if (column.inPrimaryKey) {
        markedPrimary.add(column.column.name());
      }
    }

    Key primaryKey = null;
    List<Key> uniqueKeys = new ArrayList<>();
    List<Key> indexes = new ArrayList<>();
    for (Map.Entry<String, ListedKey> entry : listed.keys.entrySet()) {
      List<ListedKey.Part> parts = entry.getValue().parts;
      parts.sort(Comparator.comparingInt(ListedKey.Part::position));
      boolean whole = true;
      for (int i = 0; i < parts.size(); i++) {
        String column = parts.get(i).column;
        whole &= parts.get(i).position == i + 1 && (column == null || names.contains(column));
      }
      if (!whole) {
        if (strictly) {
          return null;
        }
        continue;
      }
      if (entry.getKey().equals("PRIMARY")) {
        // Rows that differ in a prefix differ in the column too.
        primaryKey =
            new Key(
                entry.getKey(),
                parts.stream().map(part -> part.column == null ? part.text : part.column).toList());
      } else {
        (entry.getValue().unique ? uniqueKeys : indexes)
            .add(new Key(entry.getKey(), parts.stream().map(ListedKey.Part::text).toList()));
      }
    }
    // MySQL marks the columns of a unique key too if there is no primary key.
    boolean keyAgrees =
        primaryKey == null
            ? markedPrimary.isEmpty() || !uniqueKeys.isEmpty()
            : markedPrimary.equals(Set.copyOf(primaryKey.columns()));
    if (strictly && !keyAgrees && !listed.isView()) {
      return null;
    }
    uniqueKeys.sort(Comparator.comparing(Key::name));
    indexes.sort(Comparator.comparing(Key::name));

    Map<String, String> facts = new HashMap<>();
    String broken = listed.broken();
    if (!broken.isEmpty()) {
      facts.put(Facts.BROKEN, broken);
    }
    if (listed.isView() && !"YES".equals(listed.updatable)) {
      facts.put(Facts.WRITABLE, "false");
    }
    if (listed.engine != null) {
      facts.put("engine", listed.engine);
    }
    boolean ownComment = broken.isEmpty() && !listed.isView();
    return new PhysicalTable(
        name,
        listed.isView() ? PhysicalTable.Kind.VIEW : PhysicalTable.Kind.TABLE,
        plain,
        primaryKey,
        uniqueKeys,
        indexes,
        ownComment ? listed.comment : "",
        facts);
  }

  /** Tables and views by name, those that the patterns let through, with their statistics. */
  private Map<String, Listed> readTables(String database, @Nullable String only)
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
            listed.put(name, new Listed(text(rows, 2), text(rows, 3), rows.getString(4)));
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
            known.statistics = new Statistics(count(rows, 2), count(rows, 3));
          }
        });
    query(
        "SELECT TABLE_NAME, IS_UPDATABLE FROM information_schema.VIEWS",
        "",
        database,
        only,
        rows -> {
          Listed known = listed.get(text(rows, 1));
          if (known != null) {
            known.updatable = rows.getString(2);
          }
        });
    return listed;
  }

  private void readKeys(String database, @Nullable String only, Map<String, Listed> listed)
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
          boolean unique = rows.getInt(3) == 0;
          String column = rows.getString(5);
          String prefix = rows.getString(6);
          String text = column == null ? "(" + text(rows, 7) + ")" : column;
          known
              .keys
              .computeIfAbsent(text(rows, 2), key -> new ListedKey(unique, new ArrayList<>()))
              .parts
              .add(
                  new ListedKey.Part(
                      rows.getInt(4), column, prefix == null ? text : text + "(" + prefix + ")"));
        });
  }

  private interface TableColumns {
    void accept(String table, List<ListedColumn> columns);
  }

  /** Streams the columns and hands on those of each table together, in no set order. */
  private void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException {
    String select =
        "SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY,"
            + " COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION"
            + " FROM information_schema.COLUMNS";
    String order = comesTableByTable(select, database) ? "" : " ORDER BY TABLE_NAME";
    List<ListedColumn> columns = new ArrayList<>();
    Set<String> done = new HashSet<>();
    String[] current = {""};
    // Asked once a table, as each pattern is a regular expression.
    boolean[] included = {false};
    query(
        select,
        order,
        database,
        only,
        rows -> {
          String table = text(rows, 1);
          if (!table.equals(current[0])) {
            if (!columns.isEmpty()) {
              consumer.accept(current[0], columns);
              columns.clear();
            }
            if (!done.add(table)) {
              throw new SQLException(
                  "the columns of table '" + table + "' did not come one after the other");
            }
            current[0] = table;
            included[0] = options.common().includes(database, table);
          }
          if (included[0]) {
            columns.add(column(rows));
          }
        });
    if (!columns.isEmpty()) {
      consumer.accept(current[0], columns);
    }
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
    return new ListedColumn(
        rows.getInt(2),
        text(rows, 6).equals("PRI"),
        new Column(
            text(rows, 3), text(rows, 4), text(rows, 5).equals("YES"), text(rows, 9), facts));
  }

  private interface RowReader {
    void read(ResultSet rows) throws SQLException;
  }

  /** Runs a query over one database, or one table of it, and reads the rows as they come. */
  private void query(
      String select, String order, String database, @Nullable String only, RowReader reader)
      throws SQLException {
    String sql =
        select + " WHERE TABLE_SCHEMA = ?" + (only == null ? "" : " AND TABLE_NAME = ?") + order;
    try (PreparedStatement statement =
        connection.prepareStatement(sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      // The driver's sign for handing on rows as they come.
      statement.setFetchSize(Integer.MIN_VALUE);
      statement.setString(1, database);
      if (only != null) {
        statement.setString(2, only);
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }

  private static String text(ResultSet rows, int index) throws SQLException {
    String text = rows.getString(index);
    return text == null ? "" : text;
  }

  /** An unsigned count that the server may not know; more than a long holds is not known either. */
  private static @Nullable Long count(ResultSet rows, int index) throws SQLException {
    java.math.BigDecimal value = rows.getBigDecimal(index);
    return value == null || value.toBigInteger().bitLength() > 63 ? null : (Long) value.longValue();
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

  private CatalogException noDatabase(String database) {
    return CatalogException.notFound(
        "Database '" + database + "' is not in source '" + sourceName + "' any more.");
  }

  private static CatalogException failed(
      String sourceName, MySqlOptions options, String what, SQLException e) {
    boolean refused = e.getErrorCode() == 1044 || e.getErrorCode() == 1045;
    return new CatalogException(
        ErrorCode.UNAVAILABLE,
        refused ? "SOURCE_REFUSED_CREDENTIALS" : "SOURCE_UNAVAILABLE",
        "Source '"
            + sourceName
            + "' (mysql at "
            + options.address()
            + ") "
            + what
            + ": "
            + describe(e)
            + (refused
                ? ". Check the source's option user and secret password."
                : ". Check that the server runs and can be reached from here."),
        e);
  }

  /** The driver's first line, and the deepest cause, which says what really happened. */
  private static String describe(SQLException e) {
    String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String deepest = String.valueOf(cause.getMessage()).lines().findFirst().orElse("").strip();
    String both = cause == e || first.contains(deepest) ? first : first + " (" + deepest + ")";
    return both.endsWith(".") ? both.substring(0, both.length() - 1) : both;
  }
}
