package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.Database;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseOwner;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the databases, tables, their versions and overlays, in the transaction of a handle.
 */
final class TableRows {

  private static final String DATABASE =
      """
      SELECT d.id, d.name, s.name AS source, d.native_name,
        (SELECT count(*) FROM catalog_table t WHERE t.database_id = d.id AND NOT t.dropped)
          AS table_count
      FROM database d JOIN source s ON s.id = d.source_id
      WHERE NOT d.dropped
      """;

  private static final String STORED_TABLE =
      """
      SELECT t.id, d.name AS database_name, t.name AS table_name, v.version, r.id AS revision,
        r.time, r.author, r.reason, v.dropped, d.native_name, s.id AS source_id,
        s.name AS source_name, s.kind AS source_kind, s.options AS source_options,
        s.version AS source_version, v.physical, v.overlay, x.row_count, x.size_bytes,
        (SELECT value FROM revision_counter) AS read_revision
      FROM (
          SELECT t.* FROM catalog_table t JOIN database d ON d.id = t.database_id
          WHERE d.name = :database AND t.name = :table
          ORDER BY d.dropped, t.change_set DESC LIMIT 1) t
        JOIN database d ON d.id = t.database_id
        JOIN source s ON s.id = d.source_id
        JOIN table_version v ON v.table_id = t.id
        JOIN revision r ON r.change_set = v.change_set
        LEFT JOIN statistics x ON x.table_id = t.id
      """;

  private static final String NEWEST_VERSION = " WHERE v.version = t.version AND NOT v.dropped";

  // The inner limit lets the index on databases and names give the tables in order, as many as are
  // asked for; joined first and then sorted, all tables of the database would be read for each
  // page.
  // It is a subquery because PostgreSQL does just that where it sees a limit that is large beside
  // what it takes for the size of a database, which is the average of all.
  static final String LIST =
      """
      SELECT d.name AS database_name, t.name, t.kind, t.comment
      FROM database d CROSS JOIN LATERAL (
          SELECT t.name, t.kind, t.comment FROM catalog_table t
          WHERE t.database_id = d.id AND NOT t.dropped AND t.name > :after
          ORDER BY t.name LIMIT (SELECT :limit)) t
      WHERE d.name = :database AND NOT d.dropped
      ORDER BY t.name
      """;

  static final String SEARCH_NEXT =
      """
      SELECT n.database_name, n.name, n.kind, n.comment
      FROM (
          SELECT d.name AS database_name, t.*
          FROM database d CROSS JOIN LATERAL (
              SELECT t.name, t.kind, t.comment, t.search_text FROM catalog_table t
              WHERE t.database_id = d.id AND NOT t.dropped
                AND t.name > CASE WHEN d.name = :afterDatabase THEN :afterTable ELSE '' END
              ORDER BY t.name LIMIT (SELECT :tables)) t
          WHERE NOT d.dropped AND d.name >= :afterDatabase
          ORDER BY d.name, t.name LIMIT (SELECT :tables)) n
      WHERE n.search_text LIKE ALL (:patterns)
      ORDER BY n.database_name, n.name LIMIT :limit
      """;

  /** So many times a page are the tables that are looked at first in a search. */
  static final int NEAR = 5;

  /** And then, if a page can be expected of them. */
  static final int FAR = 100;

  // A hundred tables tell what is frequent among very many; of few tables, none is looked at. Parts
  // are letters and digits, so they are patterns as they are.
  static final String RARE_PARTS =
      """
      WITH sample AS MATERIALIZED (
        SELECT search_text FROM catalog_table TABLESAMPLE SYSTEM (0.2) LIMIT 100)
      SELECT p.part FROM unnest(:parts) WITH ORDINALITY AS p (part, ordinal)
      WHERE (SELECT count(*) FROM sample) >= 2 * (
        SELECT count(*) FROM sample s WHERE s.search_text LIKE '%' || p.part || '%')
      ORDER BY p.ordinal
      """;

  private static final int INDEXED_PARTS = 5;
  private static final Pattern INDEXED = Pattern.compile("[a-z0-9]{3,}");

  private final Handle handle;

  TableRows(Handle handle) {
    this.handle = handle;
  }

  List<Database> databases(String source, String after, int limit) {
    return handle
        .createQuery(
            DATABASE
                + """
                    AND d.name > :after AND (:source = '' OR s.name = :source)
                    ORDER BY d.name LIMIT :limit
                    """)
        .bind("source", source)
        .bind("after", after)
        .bind("limit", limit)
        .map((row, context) -> database(row))
        .list();
  }

  Database database(String name) {
    return handle
        .createQuery(DATABASE + " AND d.name = :name")
        .bind("name", name)
        .map((row, context) -> database(row))
        .findOne()
        .orElseThrow(() -> unknownDatabase(name));
  }

  CatalogException unknownDatabase(String name) {
    return CatalogException.notFound(
        "Database '"
            + name
            + "' does not exist. "
            + SourceRows.known(
                "Known databases: ",
                "There are no databases yet: add a source and crawl it.",
                handle,
                "SELECT name FROM database WHERE NOT dropped ORDER BY name LIMIT :limit"));
  }

  Optional<DatabaseOwner> databaseOwner(String name) {
    return handle
        .createQuery(
            """
            SELECT s.id, s.name, d.native_name FROM database d JOIN source s ON s.id = d.source_id
            WHERE d.name = :name AND NOT d.dropped
            """)
        .bind("name", name)
        .map(
            (row, context) ->
                new DatabaseOwner(
                    row.getObject("id", UUID.class),
                    row.getString("name"),
                    row.getString("native_name")))
        .findOne();
  }

  List<TableSummary> tables(String database, String after, int limit) {
    List<TableSummary> tables =
        handle
            .createQuery(LIST)
            .bind("database", database)
            .bind("after", after)
            .bind("limit", limit)
            .map((row, context) -> tableSummary(row))
            .list();
    if (tables.isEmpty() && databaseOwner(database).isEmpty()) {
      throw unknownDatabase(database);
    }
    return tables;
  }

  List<PhysicalTable> registered(UUID sourceId) {
    return handle
        .createQuery(
            """
            SELECT v.physical
            FROM database d
              JOIN catalog_table t ON t.database_id = d.id
              JOIN table_version v ON v.table_id = t.id AND v.version = t.version
            WHERE d.source_id = :source AND NOT d.dropped AND NOT t.dropped
            ORDER BY t.name
            """)
        .bind("source", sourceId)
        .map((row, context) -> TableDocument.decodePhysicalTable(row.getString("physical")))
        .list();
  }

  List<TableSummary> searchTables(List<String> words, @Nullable TableName after, int limit) {
    // Words that many tables have are found on the way through the next tables, in order; an index
    // would give all that have them, to be sorted for one page. Rare ones are found by the index
    // alone. Which they are is seen from the nearest tables.
    List<TableSummary> near = searchNext(words, after, limit, NEAR * limit);
    if (near.size() < limit && near.size() * FAR >= limit * NEAR) {
      near = searchNext(words, after, limit, FAR * limit);
    }
    return near.size() == limit ? near : searchAll(words, after, limit);
  }

  /** The first that fit among so many next tables. */
  private List<TableSummary> searchNext(
      List<String> words, @Nullable TableName after, int limit, int tables) {
    return bindSearch(handle.createQuery(SEARCH_NEXT), words, after, limit)
        .bind("tables", tables)
        .map((row, context) -> tableSummary(row))
        .list();
  }

  private List<TableSummary> searchAll(List<String> words, @Nullable TableName after, int limit) {
    List<String> parts = indexedParts(words);
    if (parts.size() > 1) {
      // What most tables have narrows nothing down, and its long lists are what an index costs.
      List<String> rare =
          handle
              .createQuery(RARE_PARTS)
              .bind("parts", ChangeSet.texts(parts))
              .mapTo(String.class)
              .list();
      parts = rare.isEmpty() ? parts : rare;
    }
    Query query = bindSearch(handle.createQuery(searchAll(parts.size())), words, after, limit);
    for (int i = 0; i < parts.size(); i++) {
      query.bind("part" + i, pattern(parts.get(i)));
    }
    return query.map((row, context) -> tableSummary(row)).list();
  }

  private static Query bindSearch(
      Query query, List<String> words, @Nullable TableName after, int limit) {
    return query
        .bind("afterDatabase", after == null ? "" : after.database())
        .bind("afterTable", after == null ? "" : after.table())
        .bind("patterns", ChangeSet.texts(words.stream().map(TableRows::pattern).toList()))
        .bind("limit", limit);
  }

  /** All that fit, found by so many parts of words in the index, or by none. */
  static String searchAll(int parts) {
    StringBuilder indexed = new StringBuilder();
    for (int i = 0; i < parts; i++) {
      indexed.append("t.search_text LIKE :part").append(i).append(" AND ");
    }
    // OFFSET 0 has the tables found before they are joined and sorted.
    return """
        SELECT d.name AS database_name, t.name, t.kind, t.comment
        FROM (
            SELECT t.database_id, t.name, t.kind, t.comment FROM catalog_table t
            WHERE
        """
        + indexed
        + """
              t.search_text LIKE ALL (:patterns) AND NOT t.dropped OFFSET 0) t
          JOIN database d ON d.id = t.database_id
        WHERE NOT d.dropped AND (d.name, t.name) > (:afterDatabase, :afterTable)
        ORDER BY d.name, t.name LIMIT :limit
        """;
  }

  /**
   * What of the words to look for in the index, the longest first: runs that have a trigram
   * whatever the locale of the store. Without a trigram, the whole index would be read.
   */
  static List<String> indexedParts(List<String> words) {
    return words.stream()
        .flatMap(word -> INDEXED.matcher(word.toLowerCase(Locale.ROOT)).results())
        .map(MatchResult::group)
        .distinct()
        .sorted(Comparator.comparingInt(String::length).reversed())
        .limit(INDEXED_PARTS)
        .toList();
  }

  static String pattern(String word) {
    return "%" + word.toLowerCase(Locale.ROOT).replaceAll("[\\\\%_]", "\\\\$0") + "%";
  }

  Optional<StoredTable> table(TableName name, long version) {
    Query query =
        version == 0
            ? tableQuery(name, NEWEST_VERSION)
            : tableQuery(name, " WHERE v.version = :version").bind("version", version);
    return query.map((row, context) -> storedTable(row)).findOne();
  }

  /** A dropped table as it last was; empty if there never was one of that name. */
  Optional<StoredTable> newestBeforeDrop(TableName name) {
    return tableQuery(name, " WHERE NOT v.dropped ORDER BY v.version DESC LIMIT 1")
        .map((row, context) -> storedTable(row))
        .findOne();
  }

  List<StoredTable> tableVersions(TableName name, long before, int limit) {
    List<StoredTable> versions =
        tableQuery(name, " WHERE v.version < :before ORDER BY v.version DESC LIMIT :limit")
            .bind("before", before)
            .bind("limit", limit)
            .map((row, context) -> storedTable(row))
            .list();
    if (versions.isEmpty()
        && tableQuery(name, " WHERE v.version = t.version")
            .map((row, context) -> row.getLong("version"))
            .findOne()
            .isEmpty()) {
      throw unknownTable(name);
    }
    return versions;
  }

  StoredTable updateOverlay(
      TableName name, String expectedEtag, Function<StoredTable, Overlay> change, String author) {
    // Locked first, read by the next statement: it sees what was stored while this one
    // waited.
    UUID id =
        handle
            .createQuery(
                """
                SELECT t.id FROM catalog_table t JOIN database d ON d.id = t.database_id
                WHERE d.name = :database AND NOT d.dropped
                  AND t.name = :table AND NOT t.dropped
                FOR NO KEY UPDATE OF t
                """)
            .bind("database", name.database())
            .bind("table", name.table())
            .mapTo(UUID.class)
            .findOne()
            .orElseThrow(() -> unknownTable(name));
    StoredTable stored = newest(name);
    if (!expectedEtag.isEmpty() && !expectedEtag.equals(stored.overlayEtag())) {
      throw new CatalogException(
          ErrorCode.ABORTED,
          "ETAG_MISMATCH",
          "The overlay of table "
              + name
              + " was changed by another call since it was read. Read it again and repeat.");
    }
    Overlay wanted = change.apply(stored);
    Overlay before = stored.overlay() == null ? Overlay.EMPTY : stored.overlay();
    if (wanted.equals(before)) {
      return stored;
    }
    ChangeSet changeSet = new ChangeSet(handle);
    writeOverlay(id, name, before, wanted, changeSet);
    changeSet.write(author, "overlay updated");
    return newest(name);
  }

  /**
   * Stores the overlay of a locked table: in the version that this change set made, or as a version
   * of its own. Nothing if it stays equal to what that version has.
   *
   * @param before that of the table before this change set
   */
  void writeOverlay(UUID id, TableName name, Overlay before, Overlay wanted, ChangeSet changeSet) {
    String document = wanted.equals(Overlay.EMPTY) ? null : TableDocument.encode(wanted);
    int rows =
        handle
            .createUpdate(
                """
                UPDATE table_version v SET overlay = :overlay FROM catalog_table t
                WHERE t.id = :id AND v.table_id = t.id AND v.version = t.version
                  AND v.change_set = :changeSet
                """)
            .bind("overlay", document)
            .bind("id", id)
            .bind("changeSet", changeSet.id())
            .execute();
    if (wanted.equals(before)) {
      return;
    }
    if (rows == 0) {
      handle
          .createUpdate(
              """
              INSERT INTO table_version
                (table_id, version, change_set, dropped, physical, overlay)
              SELECT v.table_id, v.version + 1, :changeSet, false, v.physical, :overlay
              FROM table_version v JOIN catalog_table t ON t.id = v.table_id AND t.version = v.version
              WHERE t.id = :id
              """)
          .bind("changeSet", changeSet.id())
          .bind("overlay", document)
          .bind("id", id)
          .execute();
      handle
          .createUpdate(
              """
              UPDATE catalog_table SET version = version + 1, change_set = :changeSet
              WHERE id = :id
              """)
          .bind("changeSet", changeSet.id())
          .bind("id", id)
          .execute();
    }
    Operation operation =
        before.equals(Overlay.EMPTY)
            ? Operation.CREATE
            : wanted.equals(Overlay.EMPTY) ? Operation.DROP : Operation.ALTER;
    changeSet.add(Subject.OVERLAY, id, operation, name.toString());
  }

  private StoredTable newest(TableName name) {
    return tableQuery(name, NEWEST_VERSION)
        .map((row, context) -> storedTable(row))
        .findOne()
        .orElseThrow(() -> unknownTable(name));
  }

  private Query tableQuery(TableName name, String condition) {
    return handle
        .createQuery(STORED_TABLE + condition)
        .bind("database", name.database())
        .bind("table", name.table());
  }

  static CatalogException unknownTable(TableName name) {
    return CatalogException.notFound(
        "Table '"
            + name.table()
            + "' does not exist in database '"
            + name.database()
            + "'. List the database's tables, or crawl its source if the table is new.");
  }

  private static Database database(ResultSet row) throws SQLException {
    return new Database(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("source"),
        row.getString("native_name"),
        row.getLong("table_count"));
  }

  private static TableSummary tableSummary(ResultSet row) throws SQLException {
    return new TableSummary(
        new TableName(row.getString("database_name"), row.getString("name")),
        PhysicalTable.Kind.valueOf(row.getString("kind")),
        row.getString("comment"));
  }

  private static StoredTable storedTable(ResultSet row) throws SQLException {
    String overlay = row.getString("overlay");
    return new StoredTable(
        row.getObject("id", UUID.class),
        new TableName(row.getString("database_name"), row.getString("table_name")),
        row.getLong("version"),
        row.getLong("revision"),
        LogRows.instant(row, "time"),
        row.getBoolean("dropped"),
        SourceRows.source(row),
        row.getString("native_name"),
        TableDocument.decodePhysicalTable(row.getString("physical")),
        overlay == null ? null : TableDocument.decodeOverlay(overlay),
        etag(overlay),
        statistics(row),
        row.getString("author"),
        row.getString("reason"),
        row.getLong("read_revision"));
  }

  private static String etag(@Nullable String overlay) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((overlay == null ? "" : overlay).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  static Statistics statistics(ResultSet row) throws SQLException {
    return new Statistics(
        row.getObject("row_count", Long.class), row.getObject("size_bytes", Long.class));
  }
}
