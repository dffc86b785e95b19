package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import io.unifiedcatalog.server.store.SchemaStore.AskedSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.TableRules;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** The rows of registered tables and of what they use, in the transaction of a handle. */
final class RegistrationRows {
  private final Handle handle;
  private final TableRows tables;

  RegistrationRows(Handle handle) {
    this.handle = handle;
    this.tables = new TableRows(handle);
  }

  private record DatabaseRow(UUID id, String nativeName, Source source) {}

  RegisteredTable register(
      TableName name, List<AskedSchema> asked, boolean replace, TableRules rules, String author) {
    // Held against new versions and deletions, so that the table follows what is newest.
    SchemaRows schemaRows = new SchemaRows(handle);
    schemaRows.lock(
        asked.stream().map(AskedSchema::subject).collect(Collectors.toSet()), "FOR SHARE");
    Map<String, StoredSchema> schemas = new LinkedHashMap<>();
    for (AskedSchema schema : asked) {
      schemas.put(schema.role(), schemaRows.schema(schema.subject(), schema.version()));
    }
    DatabaseRow database = lockDatabase(name.database());
    Optional<StoredTable> stored = lockTable(database, name);
    NewTable wanted =
        rules.table(
            database.source(),
            stored.orElse(null),
            schemas,
            () -> tables.registered(database.source().id()));
    Registration registration = wanted.physical().registration();
    if (stored.isEmpty() && registration != null && registration.hasOwnConnector()) {
      tables
          .newestBeforeDrop(name)
          .ifPresent(before -> SchemaStore.requireNotBound(name, before.physical()));
    }
    Overlay overlayBefore = stored.map(StoredTable::overlay).orElse(Overlay.EMPTY);
    Overlay overlay = wanted.overlay() == null ? overlayBefore : wanted.overlay();
    if (stored.isPresent()) {
      boolean equal =
          stored.get().physical().equals(wanted.physical()) && overlay.equals(overlayBefore);
      if (equal) {
        return new RegisteredTable(stored.get(), true);
      }
      if (!replace) {
        throw SchemaStore.tableExists(name);
      }
    }
    ChangeSet changeSet = new ChangeSet(handle);
    write(changeSet, database, name.database(), wanted.physical());
    UUID id = id(database, name);
    tables.writeOverlay(id, name, overlayBefore, overlay, changeSet);
    writeUses(id, wanted.physical());
    changeSet.write(author, stored.isPresent() ? "table registered again" : "table registered");
    return new RegisteredTable(tables.table(name, 0).orElseThrow(), false);
  }

  void drop(TableName name, String author) {
    DatabaseRow database = lockDatabase(name.database());
    StoredTable stored = lockTable(database, name).orElseThrow(() -> TableRows.unknownTable(name));
    if (stored.physical().registration() == null) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "TABLE_CRAWLED",
          "Table "
              + name
              + " is not dropped: it is what a crawl found in source '"
              + stored.source().name()
              + "'. Drop it there, then crawl the source.");
    }
    ChangeSet changeSet = new ChangeSet(handle);
    CrawlWrite.dropTables(handle, changeSet, database.id(), List.of(name.table()));
    changeSet.write(author, "table dropped");
  }

  private record Follower(UUID databaseId, TableName name) {}

  /**
   * Gives each table that follows a subject a new version.
   *
   * @param broken receives why tables do not fit, a sentence each
   * @return the tables, by full name
   */
  List<String> follow(
      StoredSchema newest, SchemaRules rules, ChangeSet changeSet, List<String> broken) {
    // Databases first, tables later: the order in which a crawl locks them.
    handle
        .createQuery(
            """
            SELECT d.id FROM database d WHERE d.id IN (
              SELECT t.database_id FROM schema_use u JOIN catalog_table t ON t.id = u.table_id
              WHERE u.subject_id = :subject AND NOT u.pinned AND NOT t.dropped)
            ORDER BY d.name FOR UPDATE
            """)
        .bind("subject", newest.subjectId())
        .mapTo(UUID.class)
        .list();
    List<Follower> followers =
        handle
            .createQuery(
                """
                SELECT d.id, d.name AS database_name, t.name
                FROM catalog_table t JOIN database d ON d.id = t.database_id
                WHERE NOT t.dropped AND t.id IN (
                  SELECT u.table_id FROM schema_use u
                  WHERE u.subject_id = :subject AND NOT u.pinned AND u.version <> :version)
                ORDER BY d.name, t.name FOR NO KEY UPDATE OF t
                """)
            .bind("subject", newest.subjectId())
            .bind("version", newest.version())
            .map(
                (row, context) ->
                    new Follower(
                        row.getObject("id", UUID.class),
                        new TableName(row.getString("database_name"), row.getString("name"))))
            .list();
    List<String> updated = new ArrayList<>();
    for (Follower follower : followers) {
      StoredTable table = tables.table(follower.name(), 0).orElseThrow();
      PhysicalTable physical;
      try {
        physical = rules.follow(table, schemas(table, newest));
      } catch (CatalogException e) {
        broken.add("Table " + follower.name() + ": " + e.getMessage());
        continue;
      }
      write(
          changeSet,
          new DatabaseRow(follower.databaseId(), table.nativeDatabase(), table.source()),
          follower.name().database(),
          physical);
      writeUses(table.id(), physical);
      updated.add(follower.name().toString());
    }
    return updated;
  }

  /** What a table uses, with a new version in the place of the one before. */
  private Map<String, StoredSchema> schemas(StoredTable table, StoredSchema newest) {
    Registration registration = table.physical().registration();
    Map<String, StoredSchema> schemas = new HashMap<>();
    if (registration != null) {
      for (SchemaUse use : registration.schemas()) {
        boolean follows = !use.pinned() && use.subjectId().equals(newest.subjectId());
        schemas.put(
            use.role(),
            follows ? newest : new SchemaRows(handle).schema(use.subjectId(), use.version()));
      }
    }
    return schemas;
  }

  private void write(ChangeSet changeSet, DatabaseRow database, String name, PhysicalTable table) {
    String document = TableDocument.encode(table);
    TableWrite write = TableWrite.of(table, document, fingerprint(document));
    new CrawlWrite(
            handle,
            changeSet,
            database.source().id(),
            new DatabaseChanges(
                database.nativeName(), name, false, List.of(write), List.of(), Map.of()))
        .run();
  }

  private static byte[] fingerprint(String document) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(document.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private UUID id(DatabaseRow database, TableName name) {
    return handle
        .createQuery("SELECT id FROM catalog_table WHERE database_id = :database AND name = :name")
        .bind("database", database.id())
        .bind("name", name.table())
        .mapTo(UUID.class)
        .one();
  }

  private void writeUses(UUID tableId, PhysicalTable physical) {
    handle
        .createUpdate("DELETE FROM schema_use WHERE table_id = :table")
        .bind("table", tableId)
        .execute();
    Registration registration = physical.registration();
    if (registration == null) {
      return;
    }
    for (SchemaUse use : registration.schemas()) {
      handle
          .createUpdate(
              """
              INSERT INTO schema_use (table_id, role, subject_id, version, pinned)
              VALUES (:table, :role, :subject, :version, :pinned)
              """)
          .bind("table", tableId)
          .bind("role", use.role())
          .bind("subject", use.subjectId())
          .bind("version", use.version())
          .bind("pinned", use.pinned())
          .execute();
    }
  }

  /** A database, locked, and its source, held against removal. */
  private DatabaseRow lockDatabase(String name) {
    // The source first, by a statement of its own: the order of the locks is that of a removal.
    handle
        .createQuery(
            """
            SELECT s.id FROM source s WHERE s.id IN (
              SELECT source_id FROM database WHERE name = :name AND NOT dropped)
            FOR KEY SHARE
            """)
        .bind("name", name)
        .mapTo(UUID.class)
        .list();
    return handle
        .createQuery(
            """
            SELECT d.id, d.native_name, s.id AS source_id, s.name AS source_name,
              s.kind AS source_kind, s.options AS source_options, s.version AS source_version
            FROM database d JOIN source s ON s.id = d.source_id
            WHERE d.name = :name AND NOT d.dropped FOR UPDATE OF d
            """)
        .bind("name", name)
        .map(
            (row, context) ->
                new DatabaseRow(
                    row.getObject("id", UUID.class),
                    row.getString("native_name"),
                    SourceRows.source(row)))
        .findOne()
        .orElseThrow(() -> tables.unknownDatabase(name));
  }

  /** The newest version of a table, locked; empty if there is none, or it is dropped. */
  private Optional<StoredTable> lockTable(DatabaseRow database, TableName name) {
    handle
        .createQuery(
            """
            SELECT id FROM catalog_table WHERE database_id = :database AND name = :name
            FOR NO KEY UPDATE
            """)
        .bind("database", database.id())
        .bind("name", name.table())
        .mapTo(UUID.class)
        .findOne();
    return tables.table(name, 0);
  }
}
