package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.SourceSession;
import java.net.Socket;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a server's metadata over one connection. Of a database, its tables and keys are read first
 * and held, the columns, by far the most, are streamed and joined to them. Lists that were read at
 * different moments are reconciled here; a system says only how each of them is read.
 */
public abstract class JdbcSession implements SourceSession {
  /** How often a table is read alone until its lists agree. */
  private static final int ATTEMPTS = 3;

  protected final JdbcOptions options;
  protected final Connection connection;
  private final JdbcKind kind;
  private final String sourceName;
  private final String systemVersion;

  /** Below the connection's TLS; null: the driver's sockets are not known. */
  private final @Nullable Socket transport;

  /** Runs between the lists of {@link #tables}; tests change tables there. */
  private Runnable betweenLists = () -> {};

  /**
   * A session over a connection, which it will close.
   *
   * @param systemVersion as the system prints it
   */
  protected JdbcSession(
      JdbcKind kind,
      String sourceName,
      JdbcOptions options,
      Connection connection,
      String systemVersion) {
    this.kind = kind;
    this.sourceName = sourceName;
    this.options = options;
    this.connection = connection;
    this.systemVersion = systemVersion;
    this.transport = Transports.take();
  }

  /** What is known of a table before its columns are read. */
  protected static final class Listed {
    final PhysicalTable.Kind kind;
    final String comment;
    final String broken;
    final Map<String, String> facts;
    final Map<String, ListedKey> keys = new LinkedHashMap<>();
    private Statistics statistics = Statistics.UNKNOWN;

    /**
     * A table.
     *
     * @param comment empty if there is none
     * @param broken why the system cannot open it; empty if it can
     * @param facts what else the system says of it
     */
    public Listed(
        PhysicalTable.Kind kind, String comment, String broken, Map<String, String> facts) {
      this.kind = kind;
      this.comment = comment;
      this.broken = broken;
      this.facts = new HashMap<>(facts);
      if (!broken.isEmpty()) {
        this.facts.put(Facts.BROKEN, broken);
      }
    }

    /** Whether it is a view. */
    public boolean isView() {
      return kind == PhysicalTable.Kind.VIEW;
    }

    /** Adds a fact. */
    public void fact(String key, String value) {
      facts.put(key, value);
    }

    /** Whether it has a fact of that value. */
    public boolean hasFact(String key, String value) {
      return value.equals(facts.get(key));
    }

    /** Says how large it is. */
    public void statistics(Statistics value) {
      statistics = value;
    }

    /** The key of a name, made at the first call. */
    public ListedKey key(String name, KeyKind keyKind) {
      return keys.computeIfAbsent(name, key -> new ListedKey(keyKind, new ArrayList<>()));
    }
  }

  /** What a key is for. */
  protected enum KeyKind {
    PRIMARY,
    UNIQUE,
    INDEX
  }

  /** A key whose parts come one by one, in any order. */
  protected record ListedKey(KeyKind kind, List<Part> parts) {
    /** A column, or a prefix of it, or an expression; of the last, the column is null. */
    record Part(int position, @Nullable String column, String text) {}

    /**
     * Adds a part.
     *
     * @param position from 1
     * @param column null: the part is an expression
     * @param text as people read it
     */
    public void part(int position, @Nullable String column, String text) {
      parts.add(new Part(position, column, text));
    }
  }

  /**
   * A column.
   *
   * @param position from 1, without gaps
   * @param inPrimaryKey whether the list of columns says that the column is in the primary key
   */
  public record ListedColumn(int position, boolean inPrimaryKey, Column column) {}

  /** Receives the columns of a table together. */
  protected interface TableColumns {
    /** The columns of one table, in any order; the list is the caller's. */
    void accept(String table, List<ListedColumn> columns);
  }

  /** Reads a row. */
  protected interface RowReader {
    /** Reads the row that the result set stands at. */
    void read(ResultSet rows) throws SQLException;
  }

  /** The databases of the server, in any order, without the system's own unless asked for. */
  protected abstract List<String> listDatabases() throws SQLException;

  /** Whether a database is there, by exactly this name. */
  protected abstract boolean exists(String database) throws SQLException;

  /**
   * Tables and views by name, with their statistics: those that the patterns let through.
   *
   * @param only this table alone; null: all
   */
  protected abstract Map<String, Listed> readTables(String database, @Nullable String only)
      throws SQLException;

  /** Adds their keys to the tables that are listed. */
  protected abstract void readKeys(
      String database, @Nullable String only, Map<String, Listed> listed) throws SQLException;

  /** Streams the columns and hands on those of each table together, in no set order. */
  protected abstract void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException;

  /**
   * Whether the list of columns agrees with the list of keys about the primary key.
   *
   * @param marked the columns that are said to be in it
   */
  protected boolean agree(
      Set<String> marked, @Nullable Key primaryKey, List<Key> uniqueKeys, boolean view) {
    return true;
  }

  /** Makes a session of an open connection. */
  protected interface Opening {
    /** The session; it owns the connection from then on. */
    JdbcSession of(Connection connection) throws SQLException;
  }

  /**
   * Connects.
   *
   * @throws CatalogException UNAVAILABLE if that fails
   */
  protected static JdbcSession open(
      JdbcKind kind,
      String sourceName,
      JdbcOptions options,
      Driver driver,
      String url,
      Properties properties,
      Opening opening) {
    properties.setProperty("user", options.user());
    properties.setProperty("password", options.password().reveal());
    // What an attempt that failed has left.
    Transports.take();
    try {
      Connection connection = driver.connect(url, properties);
      if (connection == null) {
        throw new SQLException("the driver did not take the url");
      }
      try {
        boolean ownTimeout =
            options.properties().containsKey("socketTimeout")
                || options.properties().containsKey("socket_timeout");
        if (!ownTimeout) {
          connection.setNetworkTimeout(Runnable::run, LOGIN_MILLIS);
        }
        JdbcSession session = opening.of(connection);
        if (!ownTimeout) {
          connection.setNetworkTimeout(Runnable::run, READ_MILLIS);
        }
        return session;
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw failed(kind, sourceName, options, "cannot be connected to", e);
    }
  }

  /** How long a server may take to answer while a session is opened, in milliseconds. */
  public static final int LOGIN_MILLIS = 20_000;

  /** A whole portion of metadata may take the server a while to begin with. */
  private static final int READ_MILLIS = 600_000;

  /** Has an action run between the lists of each read. */
  public void betweenLists(Runnable action) {
    betweenLists = action;
  }

  @Override
  public String systemVersion() {
    return systemVersion;
  }

  @Override
  public List<String> databases() {
    List<String> databases = new ArrayList<>();
    try {
      for (String database : listDatabases()) {
        if (options.common().includesDatabase(database)) {
          databases.add(database);
        }
      }
    } catch (SQLException e) {
      throw failed("could not list its databases", e);
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
      betweenLists.run();
      readKeys(database, null, listed);
      betweenLists.run();
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
      betweenLists.run();
      for (String name : again) {
        readAlone(database, name, visitor);
      }
      // A database dropped meanwhile would look like one that lost its tables.
      if (!exists(database)) {
        throw noDatabase(database);
      }
    } catch (SQLException e) {
      throw failed("could not read database '" + database + "'", e);
    }
  }

  @Override
  public void abort() {
    Transports.close(transport);
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
          visitor.unreadable(
              name, kind.systemName() + " lists its columns and not the table itself.");
        }
      } else if (columns.isEmpty()) {
        if (last || !known.broken.isEmpty()) {
          visitor.unreadable(
              name,
              known.broken.isEmpty()
                  ? kind.systemName()
                      + " shows none of its columns to user '"
                      + options.user()
                      + "'."
                  : known.broken);
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
  private @Nullable PhysicalTable assemble(
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
      List<String> texts = parts.stream().map(ListedKey.Part::text).toList();
      switch (entry.getValue().kind) {
        case PRIMARY ->
            // Rows that differ in a prefix differ in the column too.
            primaryKey =
                new Key(
                    entry.getKey(),
                    parts.stream()
                        .map(part -> part.column == null ? part.text : part.column)
                        .toList());
        case UNIQUE -> uniqueKeys.add(new Key(entry.getKey(), texts));
        case INDEX -> indexes.add(new Key(entry.getKey(), texts));
      }
    }
    if (strictly && !agree(markedPrimary, primaryKey, uniqueKeys, listed.isView())) {
      return null;
    }
    uniqueKeys.sort(Comparator.comparing(Key::name));
    indexes.sort(Comparator.comparing(Key::name));
    return new PhysicalTable(
        name, listed.kind, plain, primaryKey, uniqueKeys, indexes, listed.comment, listed.facts);
  }

  /**
   * Groups columns that come in rows by table and hands them on. For {@link #readColumns}: the rows
   * of a table must come one after the other.
   */
  protected final class ColumnGroups {
    private final String database;
    private final TableColumns consumer;
    private final List<ListedColumn> columns = new ArrayList<>();
    private final Set<String> done = new HashSet<>();
    private String current = "";

    /** Asked once a table, as each pattern is a regular expression. */
    private boolean included;

    /** Groups the columns of a database. */
    public ColumnGroups(String database, TableColumns consumer) {
      this.database = database;
      this.consumer = consumer;
    }

    /**
     * Whether the columns of a row's table are wanted; called before {@link #add}, for each row.
     *
     * @throws SQLException if the table's rows ended before
     */
    public boolean startRow(String table) throws SQLException {
      if (!table.equals(current)) {
        end();
        if (!done.add(table)) {
          throw new SQLException(
              "the columns of table '" + table + "' did not come one after the other");
        }
        current = table;
        included = options.common().includes(database, table);
      }
      return included;
    }

    /** A column of the table that was started. */
    public void add(ListedColumn column) {
      columns.add(column);
    }

    /** Hands on the last table. */
    public void end() {
      if (!columns.isEmpty()) {
        consumer.accept(current, columns);
        columns.clear();
      }
    }
  }

  /**
   * Runs a query and reads the rows as they come.
   *
   * @param fetchSize the driver's sign for handing on rows as they come, or how many to fetch at
   *     once
   */
  protected final void query(String sql, int fetchSize, List<String> parameters, RowReader reader)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      statement.setFetchSize(fetchSize);
      for (int i = 0; i < parameters.size(); i++) {
        statement.setString(i + 1, parameters.get(i));
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }

  /** A text; empty for NULL. */
  protected static String text(ResultSet rows, int index) throws SQLException {
    String text = rows.getString(index);
    return text == null ? "" : text;
  }

  /** An unsigned count that the server may not know; more than a long holds is not known either. */
  protected static @Nullable Long count(ResultSet rows, int index) throws SQLException {
    java.math.BigDecimal value = rows.getBigDecimal(index);
    return value == null || value.toBigInteger().bitLength() > 63 ? null : (Long) value.longValue();
  }

  private CatalogException noDatabase(String database) {
    return CatalogException.notFound(
        "Database '" + database + "' is not in source '" + sourceName + "' any more.");
  }

  /**
   * That the source failed.
   *
   * @param what as in {@code could not list its databases}
   */
  protected final CatalogException failed(String what, SQLException e) {
    return failed(kind, sourceName, options, what, e);
  }

  private static CatalogException failed(
      JdbcKind kind, String sourceName, JdbcOptions options, String what, SQLException e) {
    boolean refused = kind.refusesCredentials().test(e);
    return new CatalogException(
        ErrorCode.UNAVAILABLE,
        refused ? "SOURCE_REFUSED_CREDENTIALS" : "SOURCE_UNAVAILABLE",
        "Source '"
            + sourceName
            + "' ("
            + kind.name()
            + " at "
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
