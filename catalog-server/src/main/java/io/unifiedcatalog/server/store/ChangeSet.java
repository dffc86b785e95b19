package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.store.MetadataStore.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.argument.Argument;

/** What one transaction changes: it becomes one revision. */
final class ChangeSet {
  private static final int CHUNK = 5_000;

  private final Handle handle;
  private final long id;
  private final List<Change> changes = new ArrayList<>();

  ChangeSet(Handle handle) {
    this.handle = handle;
    this.id = handle.createQuery("SELECT nextval('change_set')").mapTo(Long.class).one();
  }

  /** Marks the rows that the transaction writes. */
  long id() {
    return id;
  }

  boolean isEmpty() {
    return changes.isEmpty();
  }

  void add(Change.Subject subject, UUID subjectId, Change.Operation operation, String name) {
    changes.add(new Change(subject, subjectId, operation, name));
  }

  /**
   * Writes the changes and their revision. It locks the counter, so it is the last thing that a
   * transaction does.
   *
   * @return the revision
   */
  long write(String author, String reason) {
    for (int from = 0; from < changes.size(); from += CHUNK) {
      List<Change> chunk = changes.subList(from, Math.min(from + CHUNK, changes.size()));
      handle
          .createUpdate(
              """
              INSERT INTO change (change_set, ordinal, subject, subject_id, operation, name)
              SELECT :changeSet, :from + c.ordinal, c.subject, c.subject_id, c.operation, c.name
              FROM unnest(:subjects, :ids, :operations, :names) WITH ORDINALITY
                AS c (subject, subject_id, operation, name, ordinal)
              """)
          .bind("changeSet", id)
          .bind("from", from)
          .bind("subjects", texts(chunk.stream().map(change -> change.subject().name()).toList()))
          .bind("ids", uuids(chunk.stream().map(Change::subjectId).toList()))
          .bind(
              "operations", texts(chunk.stream().map(change -> change.operation().name()).toList()))
          .bind("names", texts(chunk.stream().map(Change::name).toList()))
          .execute();
    }
    // One statement: after waiting for the lock it goes on with the newest row, never an older one.
    return handle
        .createQuery(
            """
            WITH next AS (
              UPDATE revision_counter
              SET value = value + 1, time = greatest(time, clock_timestamp())
              RETURNING value, time)
            INSERT INTO revision (id, change_set, time, author, reason)
            SELECT value, :changeSet, time, :author, :reason FROM next
            RETURNING id
            """)
        .bind("changeSet", id)
        .bind("author", author)
        .bind("reason", reason)
        .mapTo(Long.class)
        .one();
  }

  static Argument texts(List<String> values) {
    return array("text", values.toArray(new String[0]));
  }

  static Argument uuids(List<UUID> values) {
    return array("uuid", values.toArray(new UUID[0]));
  }

  /** An SQL array. */
  static Argument array(String elementType, Object[] elements) {
    return (position, statement, context) ->
        statement.setArray(
            position, statement.getConnection().createArrayOf(elementType, elements));
  }
}
