package io.unifiedcatalog.server.store;

import static io.unifiedcatalog.server.store.ChangeSet.array;
import static io.unifiedcatalog.server.store.ChangeSet.texts;
import static io.unifiedcatalog.server.store.ChangeSet.uuids;

import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The statements of one crawled database, each for many tables and none for one. */
final class CrawlWrite {
  private static final int CHUNK_STATISTICS = 1_000;

  private final Handle handle;
  private final ChangeSet changeSet;
  private final UUID sourceId;
  private final DatabaseChanges changes;

  CrawlWrite(Handle handle, ChangeSet changeSet, UUID sourceId, DatabaseChanges changes) {
    this.handle = handle;
    this.changeSet = changeSet;
    this.sourceId = sourceId;
    this.changes = changes;
  }

  private record DatabaseRow(UUID id, String name, boolean dropped) {}

  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals, never as a record
  private record TableRow(UUID id, boolean dropped, byte[] fingerprint) {}

  void run() {
    DatabaseRow database =
        handle
            .createQuery(
                """
                SELECT id, name, dropped FROM database
                WHERE source_id = :source AND native_name = :nativeName FOR UPDATE
                """)
            .bind("source", sourceId)
            .bind("nativeName", changes.nativeName())
            .map(
                (row, context) ->
                    new DatabaseRow(
                        row.getObject("id", UUID.class),
                        row.getString("name"),
                        row.getBoolean("dropped")))
            .findOne()
            .orElse(null);
    if (changes.dropDatabase()) {
      if (database != null && !database.dropped()) {
        handle
            .createUpdate("UPDATE database SET dropped = true WHERE id = :id")
            .bind("id", database.id())
            .execute();
        changeSet.add(Subject.DATABASE, database.id(), Operation.DROP, database.name());
        dropTables(handle, changeSet, database.id(), null);
      }
      return;
    }
    UUID databaseId = writeDatabase(database);
    Map<String, TableRow> stored = lockTables(databaseId);
    changes.writes().forEachChunk(chunk -> writeTables(databaseId, chunk, stored));
    if (!changes.drops().isEmpty()) {
      dropTables(handle, changeSet, databaseId, changes.drops());
    }
    writeStatistics(databaseId);
  }

  private UUID writeDatabase(@Nullable DatabaseRow stored) {
    if (stored == null) {
      UUID id = UUID.randomUUID();
      handle
          .createUpdate(
              """
              INSERT INTO database (id, name, source_id, native_name)
              VALUES (:id, :name, :source, :nativeName)
              """)
          .bind("id", id)
          .bind("name", changes.name())
          .bind("source", sourceId)
          .bind("nativeName", changes.nativeName())
          .execute();
      changeSet.add(Subject.DATABASE, id, Operation.CREATE, changes.name());
      return id;
    }
    if (stored.dropped() || !stored.name().equals(changes.name())) {
      handle
          .createUpdate("UPDATE database SET name = :name, dropped = false WHERE id = :id")
          .bind("name", changes.name())
          .bind("id", stored.id())
          .execute();
      if (stored.dropped()) {
        changeSet.add(Subject.DATABASE, stored.id(), Operation.RESTORE, changes.name());
      } else {
        // Who follows the log by name must learn of both names.
        changeSet.add(Subject.DATABASE, stored.id(), Operation.DROP, stored.name());
        changeSet.add(Subject.DATABASE, stored.id(), Operation.CREATE, changes.name());
      }
    }
    return stored.id();
  }

  /** The stored ones of the tables to write, locked in the order of their names. */
  private Map<String, TableRow> lockTables(UUID databaseId) {
    Map<String, TableRow> rows = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT id, name, dropped, fingerprint FROM catalog_table
            WHERE database_id = :database AND name = ANY (:names) ORDER BY name FOR UPDATE
            """)
        .bind("database", databaseId)
        .bind("names", texts(changes.writes().names()))
        .map(
            (row, context) ->
                rows.put(
                    row.getString("name"),
                    new TableRow(
                        row.getObject("id", UUID.class),
                        row.getBoolean("dropped"),
                        row.getBytes("fingerprint"))))
        .stream()
        .forEach(ignored -> {});
    return rows;
  }

  private void writeTables(UUID databaseId, List<TableWrite> chunk, Map<String, TableRow> stored) {
    List<TableWrite> writes = new ArrayList<>(chunk.size());
    List<UUID> ids = new ArrayList<>(chunk.size());
    for (TableWrite write : chunk) {
      TableRow row = stored.get(write.name());
      if (row != null && !row.dropped() && Arrays.equals(row.fingerprint(), write.fingerprint())) {
        continue;
      }
      UUID id = row == null ? UUID.randomUUID() : row.id();
      writes.add(write);
      ids.add(id);
      changeSet.add(
          Subject.TABLE,
          id,
          row == null ? Operation.CREATE : row.dropped() ? Operation.RESTORE : Operation.ALTER,
          new TableName(changes.name(), write.name()).toString());
    }
    if (writes.isEmpty()) {
      return;
    }
    handle
        .createUpdate(
            """
            INSERT INTO catalog_table (id, database_id, name, kind, comment, version, change_set,
              fingerprint, search_text)
            SELECT w.id, :database, w.name, w.kind, w.comment, 1, :changeSet, w.fingerprint,
              w.search_text
            FROM unnest(:ids, :names, :kinds, :comments, :fingerprints, :searchTexts)
              AS w (id, name, kind, comment, fingerprint, search_text)
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, comment = excluded.comment,
              dropped = false, version = catalog_table.version + 1,
              change_set = excluded.change_set, fingerprint = excluded.fingerprint,
              search_text = excluded.search_text
            """)
        .bind("database", databaseId)
        .bind("changeSet", changeSet.id())
        .bind("ids", uuids(ids))
        .bind("names", texts(writes.stream().map(TableWrite::name).toList()))
        .bind("kinds", texts(writes.stream().map(write -> write.kind().name()).toList()))
        .bind("comments", texts(writes.stream().map(write -> storable(write.comment())).toList()))
        .bind(
            "fingerprints",
            array("bytea", writes.stream().map(TableWrite::fingerprint).toArray(byte[][]::new)))
        .bind(
            "searchTexts",
            texts(writes.stream().map(write -> storable(write.searchText())).toList()))
        .execute();
    // The overlay goes on from the version before; a new statement, so it sees an overlay that was
    // stored while this transaction waited for the table's row.
    handle
        .createUpdate(
            """
            INSERT INTO table_version (table_id, version, change_set, dropped, physical, overlay)
            SELECT t.id, t.version, :changeSet, false, w.physical,
              CASE WHEN t.version > 1 THEN (
                SELECT v.overlay FROM table_version v
                WHERE v.table_id = t.id AND v.version = t.version - 1) END
            FROM unnest(:ids, :documents) AS w (id, physical) JOIN catalog_table t ON t.id = w.id
            """)
        .bind("changeSet", changeSet.id())
        .bind("ids", uuids(ids))
        .bind("documents", texts(writes.stream().map(TableWrite::document).toList()))
        .execute();
  }

  private void writeStatistics(UUID databaseId) {
    List<Map.Entry<String, Statistics>> all = new ArrayList<>(changes.statistics().entrySet());
    for (int from = 0; from < all.size(); from += CHUNK_STATISTICS) {
      List<Map.Entry<String, Statistics>> chunk =
          all.subList(from, Math.min(from + CHUNK_STATISTICS, all.size()));
      handle
          .createUpdate(
              """
              INSERT INTO statistics (table_id, row_count, size_bytes)
              SELECT t.id, w.row_count, w.size_bytes
              FROM unnest(:names, :rowCounts, :sizes) AS w (name, row_count, size_bytes)
                JOIN catalog_table t ON t.database_id = :database AND t.name = w.name
              ON CONFLICT (table_id) DO UPDATE
                SET row_count = excluded.row_count, size_bytes = excluded.size_bytes
                WHERE (statistics.row_count, statistics.size_bytes)
                  IS DISTINCT FROM (excluded.row_count, excluded.size_bytes)
              """)
          .bind("database", databaseId)
          .bind("names", texts(chunk.stream().map(Map.Entry::getKey).toList()))
          .bind(
              "rowCounts",
              array("int8", chunk.stream().map(e -> e.getValue().rowCount()).toArray(Long[]::new)))
          .bind(
              "sizes",
              array("int8", chunk.stream().map(e -> e.getValue().sizeBytes()).toArray(Long[]::new)))
          .execute();
    }
  }

  private record DroppedTable(UUID id, String name) {}

  /**
   * Turns tables of a database into tombstones: a version that says so, with layers as they were.
   *
   * @param names null: all of them
   * @return how many there were
   */
  static int dropTables(
      Handle handle, ChangeSet changeSet, UUID databaseId, @Nullable List<String> names) {
    // Locked in the order of the names, as when tables are written.
    List<DroppedTable> dropped =
        handle
            .createQuery(
                """
                SELECT t.id, d.name AS database_name, t.name
                FROM catalog_table t JOIN database d ON d.id = t.database_id
                WHERE t.database_id = :database AND NOT t.dropped AND (:all OR t.name = ANY (:names))
                ORDER BY t.name FOR UPDATE OF t
                """)
            .bind("database", databaseId)
            .bind("all", names == null)
            .bind("names", texts(names == null ? List.of() : names))
            .map(
                (row, context) ->
                    new DroppedTable(
                        row.getObject("id", UUID.class),
                        new TableName(row.getString("database_name"), row.getString("name"))
                            .toString()))
            .list();
    if (dropped.isEmpty()) {
      return 0;
    }
    List<UUID> ids = dropped.stream().map(DroppedTable::id).toList();
    handle
        .createUpdate(
            """
            UPDATE catalog_table
            SET dropped = true, version = version + 1, change_set = :changeSet
            WHERE id = ANY (:ids)
            """)
        .bind("changeSet", changeSet.id())
        .bind("ids", uuids(ids))
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO table_version (table_id, version, change_set, dropped, physical, overlay)
            SELECT t.id, t.version, :changeSet, true, v.physical, v.overlay
            FROM catalog_table t
              JOIN table_version v ON v.table_id = t.id AND v.version = t.version - 1
            WHERE t.id = ANY (:ids)
            """)
        .bind("changeSet", changeSet.id())
        .bind("ids", uuids(ids))
        .execute();
    for (DroppedTable table : dropped) {
      changeSet.add(Subject.TABLE, table.id(), Operation.DROP, table.name());
    }
    return dropped.size();
  }

  /** PostgreSQL's text has no NUL. In JSON it is escaped; elsewhere it is only for people. */
  private static String storable(String text) {
    return text.replace('\0', '\uFFFD');
  }
}
