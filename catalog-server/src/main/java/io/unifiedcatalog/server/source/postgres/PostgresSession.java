package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pg_catalog of one database, whose schemas are databases here. All lists of a schema are
 * read in one snapshot, so what changes meanwhile is seen in none of them.
 */
final class PostgresSession extends JdbcSession {
  private static final int FETCH_SIZE = 1_000;

  /** Tables, views and the like; a partition is a part of its table. */
  private static final String RELATIONS =
      " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE n.nspname = CAST(? AS name) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
          + " AND NOT c.relispartition";

  private static final String MAY_SEE_SCHEMA = "has_schema_privilege(n.oid, 'USAGE')";

  private final boolean systemSchemas;

  private PostgresSession(
      String sourceName, PostgresOptions options, Connection connection, String systemVersion) {
    super(PostgresOptions.KIND, sourceName, options.jdbc(), connection, systemVersion);
    this.systemSchemas = options.systemSchemas();
  }

  static JdbcSession open(String sourceName, PostgresOptions options) {
    return open(
        PostgresOptions.KIND,
        sourceName,
        options.jdbc(),
        driver(),
        options.url(),
        options.metadataProperties(),
        connection -> {
          connection.setReadOnly(true);
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          // Else the driver holds all rows of an answer at once.
          connection.setAutoCommit(false);
          return new PostgresSession(
              sourceName,
              options,
              connection,
              connection.getMetaData().getDatabaseProductVersion());
        });
  }

  /** By its url: the class cannot be named without the annotations that it was built with. */
  private static Driver driver() {
    try {
      return DriverManager.getDriver("jdbc:postgresql:");
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL's driver is among the server's libraries", e);
    }
  }

  @Override
  public List<String> databases() {
    begin();
    return super.databases();
  }

  @Override
  public void tables(String database, Visitor visitor) {
    begin();
    super.tables(database, visitor);
  }

  /** Begins a snapshot, with names of types and in expressions that do not depend on the user. */
  private void begin() {
    try {
      connection.rollback();
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET LOCAL search_path = ''");
        // Some functions wait for whoever alters the table.
        statement.execute("SET LOCAL lock_timeout = '60s'");
      }
    } catch (SQLException e) {
      throw failed("could not begin to read", e);
    }
  }

  @Override
  protected List<String> listDatabases() throws SQLException {
    List<String> databases = new ArrayList<>();
    query(
        "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE " + MAY_SEE_SCHEMA,
        FETCH_SIZE,
        List.of(),
        rows -> {
          String name = text(rows, 1);
          boolean system = name.startsWith("pg_") || name.equals("information_schema");
          boolean holdsTables = !name.startsWith("pg_toast") && !name.startsWith("pg_temp");
          if (!system || (systemSchemas && holdsTables)) {
            databases.add(name);
          }
        });
    return databases;
  }

  @Override
  protected boolean exists(String database) throws SQLException {
    boolean[] found = {false};
    query(
        "SELECT 1 FROM pg_catalog.pg_namespace n WHERE n.nspname = CAST(? AS name) AND "
            + MAY_SEE_SCHEMA,
        FETCH_SIZE,
        List.of(database),
        rows -> found[0] = true);
    return found[0];
  }

  @Override
  protected Map<String, Listed> readTables(String database, @Nullable String only)
      throws SQLException {
    Map<String, Listed> listed = new LinkedHashMap<>();
    query(
        """
        SELECT c.relname, c.relkind, c.relpersistence,
          (SELECT d.description FROM pg_catalog.pg_description d
            WHERE d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0),
          EXISTS (SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
          CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
          (SELECT s.srvname FROM pg_catalog.pg_foreign_table f
            JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
          -- The bits of UPDATE, INSERT and DELETE.
          CASE WHEN c.relkind IN ('v', 'f') THEN pg_relation_is_updatable(c.oid, false) & 28 ELSE 28 END,
          c.reltuples, c.relpages::numeric * current_setting('block_size')::numeric
        """
            + RELATIONS
            + " AND has_any_column_privilege(c.oid, 'SELECT, INSERT')"
            + (only == null ? "" : " AND c.relname = CAST(? AS name)"),
        FETCH_SIZE,
        only == null ? List.of(database) : List.of(database, only),
        rows -> {
          String name = text(rows, 1);
          if (options.common().includes(database, name)) {
            listed.put(name, listed(rows));
          }
        });
    readPartitionStatistics(database, only, listed);
    return listed;
  }

  private static Listed listed(ResultSet rows) throws SQLException {
    String relationKind = text(rows, 2);
    Map<String, String> facts = new HashMap<>();
    boolean materialized = relationKind.equals("m");
    boolean view = materialized || relationKind.equals("v");
    if (materialized) {
      facts.put("materialized", "true");
    }
    if (text(rows, 3).equals("u")) {
      facts.put("unlogged", "true");
    }
    putIfAny(facts, "partition-by", text(rows, 6));
    putIfAny(facts, "foreign-server", text(rows, 7));
    if (materialized || rows.getInt(8) != 28) {
      facts.put(Facts.WRITABLE, "false");
    }
    Listed listed =
        new Listed(
            view ? PhysicalTable.Kind.VIEW : PhysicalTable.Kind.TABLE,
            text(rows, 4),
            rows.getBoolean(5) ? "" : "It has no columns.",
            facts);
    // Never analyzed: -1 rows. Older releases say 0 and 0 pages.
    double rowCount = rows.getDouble(9);
    Long sizeBytes = count(rows, 10);
    if (!relationKind.equals("v")
        && !relationKind.equals("p")
        && rowCount >= 0
        && sizeBytes != null) {
      listed.statistics(
          new Statistics((long) rowCount, relationKind.equals("f") ? null : sizeBytes));
    }
    return listed;
  }

  /** A partitioned table has the rows of its partitions, if all of these are known. */
  private void readPartitionStatistics(
      String database, @Nullable String only, Map<String, Listed> listed) throws SQLException {
    query(
        "WITH RECURSIVE part AS (SELECT c.relname, c.oid, c.relkind, c.reltuples, c.relpages"
            + RELATIONS
            + " AND c.relkind = 'p'"
            + (only == null ? "" : " AND c.relname = CAST(? AS name)")
            + """
               UNION ALL SELECT p.relname, c.oid, c.relkind, c.reltuples, c.relpages FROM part p
                JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid)
              SELECT relname, sum(reltuples), sum(relpages::numeric) * current_setting('block_size')::numeric
              FROM part WHERE relkind <> 'p' GROUP BY relname HAVING min(reltuples) >= 0
              """,
        FETCH_SIZE,
        only == null ? List.of(database) : List.of(database, only),
        rows -> {
          Listed known = listed.get(text(rows, 1));
          if (known != null) {
            known.statistics(new Statistics((long) rows.getDouble(2), count(rows, 3)));
          }
        });
  }

  @Override
  protected void readKeys(String database, @Nullable String only, Map<String, Listed> listed)
      throws SQLException {
    query(
        """
        SELECT c.relname, ic.relname, i.indisprimary,
          -- An index of some rows says nothing of the others.
          i.indisunique AND i.indpred IS NULL, k.position, a.attname,
          CASE WHEN k.attnum = 0 THEN pg_get_indexdef(i.indexrelid, k.position::int, true) END,
          CASE WHEN i.indisexclusion THEN 'it is an exclusion constraint'
            WHEN NOT i.indimmediate THEN 'it is deferrable'
            WHEN EXISTS (SELECT FROM unnest(i.indkey::int2[]) n JOIN pg_catalog.pg_attribute g
              ON g.attrelid = i.indrelid AND g.attnum = n WHERE g.attgenerated <> '')
            THEN 'it has a generated column' END
        FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
          JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, position)
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
        WHERE n.nspname = CAST(? AS name) AND NOT c.relispartition AND i.indisvalid AND k.position <= i.indnkeyatts
        """
            + (only == null ? "" : " AND c.relname = CAST(? AS name)"),
        FETCH_SIZE,
        only == null ? List.of(database) : List.of(database, only),
        rows -> {
          Listed known = listed.get(text(rows, 1));
          if (known == null) {
            return;
          }
          String column = rows.getString(6);
          String whyNoUpsert = text(rows, 8);
          boolean primary = rows.getBoolean(3);
          if (primary && !whyNoUpsert.isEmpty()) {
            known.fact(
                Facts.NOT_AN_UPSERT_KEY,
                "The primary key '"
                    + text(rows, 2)
                    + "' cannot be upserted by: "
                    + whyNoUpsert
                    + ".");
          }
          known
              .key(
                  text(rows, 2),
                  !whyNoUpsert.isEmpty() && (primary || rows.getBoolean(4))
                      ? KeyKind.INDEX
                      : primary
                          ? KeyKind.PRIMARY
                          : rows.getBoolean(4) ? KeyKind.UNIQUE : KeyKind.INDEX)
              .part(rows.getInt(5), column, column == null ? text(rows, 7) : column);
        });
  }

  @Override
  protected void readColumns(String database, @Nullable String only, TableColumns consumer)
      throws SQLException {
    ColumnGroups groups = new ColumnGroups(database, consumer);
    query(
        """
        WITH RECURSIVE domain (oid, type, typmod, required) AS (
          SELECT t.oid, t.typbasetype, t.typtypmod, t.typnotnull FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
          UNION ALL
          SELECT d.oid, t.typbasetype, t.typtypmod, d.required OR t.typnotnull
          FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.type AND t.typtype = 'd'),
        base AS (
          SELECT d.oid, d.type, format_type(d.type, d.typmod) AS printed, d.required
          FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.type AND t.typtype <> 'd'),
        labels AS (
          SELECT enumtypid, string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) AS list
          FROM pg_catalog.pg_enum GROUP BY enumtypid)
        SELECT c.relname, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname,
          format_type(a.atttypid, a.atttypmod), a.attnotnull OR coalesce(base.required, false), de.description,
          pg_get_expr(ad.adbin, ad.adrelid), a.attgenerated, a.attidentity, base.printed, labels.list,
          -- Another encoding has another order of bytes than Flink.
          CASE WHEN current_setting('server_encoding') = 'UTF8' THEN co.collname END
        FROM pg_catalog.pg_attribute a
          JOIN (SELECT c.oid, c.relname, has_table_privilege(c.oid, 'SELECT') AS readable
        """
            + RELATIONS
            + (only == null ? "" : " AND c.relname = CAST(? AS name)")
            + """
              ) c ON c.oid = a.attrelid
                LEFT JOIN base ON base.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
                LEFT JOIN labels ON labels.enumtypid = coalesce(base.type, a.atttypid)
                LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
                LEFT JOIN pg_catalog.pg_description de ON de.objoid = a.attrelid AND de.objsubid = a.attnum
                  AND de.classoid = 'pg_catalog.pg_class'::regclass
              WHERE a.attnum > 0 AND NOT a.attisdropped
                AND (c.readable OR has_column_privilege(a.attrelid, a.attnum, 'SELECT, INSERT'))
              ORDER BY a.attrelid, a.attnum
              """,
        FETCH_SIZE,
        only == null ? List.of(database) : List.of(database, only),
        rows -> {
          if (groups.startRow(text(rows, 1))) {
            groups.add(column(rows));
          }
        });
    groups.end();
  }

  private static ListedColumn column(ResultSet rows) throws SQLException {
    Map<String, String> facts = new HashMap<>();
    String expression = text(rows, 7);
    String identity = text(rows, 9);
    if (!text(rows, 8).isEmpty()) {
      facts.put(Facts.GENERATED, expression);
    } else {
      putIfAny(facts, Facts.DEFAULT, expression);
    }
    if (!identity.isEmpty()) {
      facts.put(Facts.AUTO_INCREMENT, "true");
      if (identity.equals("a")) {
        facts.put(Facts.GENERATED, "GENERATED ALWAYS AS IDENTITY");
      }
    }
    putIfAny(facts, JdbcBinding.BASE_TYPE, text(rows, 10));
    putIfAny(facts, "labels", text(rows, 11));
    putIfAny(facts, Facts.COLLATION, text(rows, 12));
    return new ListedColumn(
        rows.getInt(2),
        /* inPrimaryKey= */ false,
        new Column(text(rows, 3), text(rows, 4), !rows.getBoolean(5), text(rows, 6), facts));
  }

  private static void putIfAny(Map<String, String> facts, String key, String value) {
    if (!value.isEmpty()) {
      facts.put(key, value);
    }
  }
}
