package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.ChangedTable;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/** The rows of the log and of the audit, in the transaction of a handle. */
final class LogRows {
  private static final int AUDIT_TEXT = 500;

  /** Each may come with two documents. */
  private static final int FETCHED_CHANGES = 200;

  private final Handle handle;

  LogRows(Handle handle) {
    this.handle = handle;
  }

  /** As {@link MetadataStore#revisions(long, int)}, with at most about so many changes. */
  List<Revision> revisions(long after, int limit, int changes) {
    Map<Long, Revision> revisions = new LinkedHashMap<>();
    handle
        .createQuery(
            """
            SELECT r.id, r.time, r.author, r.reason, c.subject, c.subject_id, c.operation,
              c.name
            FROM (
                SELECT p.*, sum(p.changes) OVER (ORDER BY p.id) - p.changes AS changes_before
                FROM (
                    -- A change set's ordinals count from 1.
                    SELECT v.*, (SELECT max(ordinal) FROM change WHERE
                      change_set = v.change_set) AS changes
                    FROM revision v WHERE v.id > :after AND v.id <= :after + :limit) p) r
              JOIN change c ON c.change_set = r.change_set
            WHERE r.changes_before < :changes
            ORDER BY r.id, c.ordinal
            """)
        .bind("after", after)
        .bind("limit", (long) limit)
        .bind("changes", changes)
        .map(
            (row, context) -> {
              long id = row.getLong("id");
              Revision revision = revisions.get(id);
              if (revision == null) {
                revision =
                    new Revision(
                        id,
                        instant(row, "time"),
                        row.getString("author"),
                        row.getString("reason"),
                        new ArrayList<>());
                revisions.put(id, revision);
              }
              return revision
                  .changes()
                  .add(
                      new Change(
                          Subject.valueOf(row.getString("subject")),
                          row.getObject("subject_id", UUID.class),
                          Operation.valueOf(row.getString("operation")),
                          row.getString("name")));
            })
        .forEach(ignored -> {});
    return List.copyOf(revisions.values());
  }

  void changedTables(long revision, Consumer<ChangedTable> consumer) {
    handle
        .createQuery(
            """
            SELECT c.operation, c.name, coalesce(b.physical, '') AS before,
              coalesce(v.physical, '') AS after
            FROM revision r JOIN change c ON c.change_set = r.change_set AND c.subject = 'TABLE'
              LEFT JOIN table_version v ON c.operation = 'ALTER' AND v.table_id = c.subject_id
                AND v.change_set = c.change_set
              LEFT JOIN table_version b ON b.table_id = v.table_id AND b.version = v.version - 1
            WHERE r.id = :revision ORDER BY c.ordinal
            """)
        .bind("revision", revision)
        .setFetchSize(FETCHED_CHANGES)
        .map(
            (row, context) ->
                new ChangedTable(
                    Operation.valueOf(row.getString("operation")),
                    row.getString("name"),
                    row.getString("before"),
                    row.getString("after")))
        .forEach(consumer);
  }

  Optional<UUID> storeId() {
    return handle.createQuery("SELECT id FROM store_identity").mapTo(UUID.class).findOne();
  }

  long latestRevision() {
    return handle.createQuery("SELECT value FROM revision_counter").mapTo(Long.class).one();
  }

  int auditBinding(
      String author, TableName table, Binding.Role role, boolean allowed, String reason) {
    return handle
        .createUpdate(
            """
            INSERT INTO binding_audit
              (author, database_name, table_name, role, allowed, reason)
            VALUES (:author, left(:database, :most), left(:table, :most), :role, :allowed,
              left(:reason, :most))
            """)
        .bind("most", AUDIT_TEXT)
        .bind("author", author)
        .bind("database", table.database())
        .bind("table", table.table())
        .bind("role", role)
        .bind("allowed", allowed)
        .bind("reason", reason)
        .execute();
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
