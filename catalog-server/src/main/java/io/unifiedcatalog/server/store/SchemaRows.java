package io.unifiedcatalog.server.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.Subject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rows of the subjects and their versions, in the transaction of a handle. */
final class SchemaRows {
  private static final String SUBJECT =
      """
      SELECT s.id, s.name, s.kind, s.compatibility, s.used_in_json, s.last_version,
        coalesce((SELECT max(v.version) FROM schema_version v
          WHERE v.subject_id = s.id AND NOT v.deleted), 0) AS latest_version
      FROM schema_subject s
      """;

  private static final String HAS_VERSION =
      """
      EXISTS (SELECT 1 FROM schema_version x WHERE x.subject_id = s.id AND NOT x.deleted)
      """;

  private static final String SCHEMA =
      """
      SELECT v.subject_id, s.name AS subject, s.kind, v.version, v.id, v.deleted, r.time, r.author,
        v.content, v.compiled, v.messages
      FROM schema_version v
        JOIN schema_subject s ON s.id = v.subject_id
        JOIN revision r ON r.change_set = v.change_set
      """;

  /**
   * How a subject is locked to change it or what hangs on it. Not FOR UPDATE: a table that follows
   * two subjects writes, with a version of one, that it uses the other, and would wait for whoever
   * changes that and waits for the table.
   */
  private static final String CHANGE = "FOR NO KEY UPDATE";

  private final Handle handle;

  SchemaRows(Handle handle) {
    this.handle = handle;
  }

  // ---- Reading ----

  List<Subject> subjects(String after, int limit) {
    return handle
        .createQuery(
            SUBJECT + " WHERE s.name > :after AND " + HAS_VERSION + " ORDER BY s.name LIMIT :limit")
        .bind("after", after)
        .bind("limit", limit)
        .map((row, context) -> subject(row))
        .list();
  }

  Optional<Subject> findSubject(String name) {
    return handle
        .createQuery(SUBJECT + " WHERE s.name = :name AND " + HAS_VERSION)
        .bind("name", name)
        .map((row, context) -> subject(row))
        .findOne();
  }

  Subject subject(String name) {
    return findSubject(name).orElseThrow(() -> unknownSubject(name));
  }

  private CatalogException unknownSubject(String name) {
    return CatalogException.notFound(
        "Subject '"
            + name
            + "' does not exist. "
            + SourceRows.known(
                "Known subjects: ",
                "There are no subjects yet: register one with `catalog schema register`.",
                handle,
                "SELECT name FROM schema_subject s WHERE "
                    + HAS_VERSION
                    + " ORDER BY name LIMIT :limit"));
  }

  StoredSchema schema(String subject, long version) {
    return findSchema(subject, version)
        .orElseThrow(
            () ->
                version == 0 || findSubject(subject).isEmpty()
                    ? unknownSubject(subject)
                    : CatalogException.notFound(
                        "Subject '"
                            + subject
                            + "' has no version "
                            + version
                            + ", or it was deleted. See `catalog schema list "
                            + subject
                            + "`."));
  }

  private Optional<StoredSchema> findSchema(String subject, long version) {
    return handle
        .createQuery(
            SCHEMA
                + """
                  WHERE s.name = :subject AND NOT v.deleted AND (:version = 0 OR v.version = :version)
                  ORDER BY v.version DESC LIMIT 1
                  """)
        .bind("subject", subject)
        .bind("version", version)
        .map((row, context) -> schema(row))
        .findOne();
  }

  StoredSchema schema(int id) {
    return handle
        .createQuery(SCHEMA + " WHERE v.id = :id ORDER BY v.deleted, s.name, v.version LIMIT 1")
        .bind("id", id)
        .map((row, context) -> schema(row))
        .findOne()
        .orElseThrow(() -> CatalogException.notFound("There is no schema of the id " + id + "."));
  }

  StoredSchema schema(UUID subjectId, long version) {
    return handle
        .createQuery(SCHEMA + " WHERE v.subject_id = :subject AND v.version = :version")
        .bind("subject", subjectId)
        .bind("version", version)
        .map((row, context) -> schema(row))
        .one();
  }

  List<StoredSchema> schemas(String subject, long before, int limit) {
    List<StoredSchema> schemas =
        handle
            .createQuery(
                SCHEMA
                    + """
                      WHERE s.name = :subject AND v.version < :before
                      ORDER BY v.version DESC LIMIT :limit
                      """)
            .bind("subject", subject)
            .bind("before", before)
            .bind("limit", limit)
            .map((row, context) -> schema(row))
            .list();
    if (schemas.isEmpty()
        && handle
            .createQuery("SELECT 1 FROM schema_subject WHERE name = :name AND last_version > 0")
            .bind("name", subject)
            .mapTo(Integer.class)
            .findOne()
            .isEmpty()) {
      throw unknownSubject(subject);
    }
    return schemas;
  }

  /** The full names of the tables that use a version of a subject; 0: any. */
  List<String> tablesOf(UUID subjectId, long version) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT d.name || '.' || t.name AS name
            FROM schema_use u
              JOIN catalog_table t ON t.id = u.table_id
              JOIN database d ON d.id = t.database_id
            WHERE u.subject_id = :subject AND (:version = 0 OR u.version = :version)
              AND NOT t.dropped
            ORDER BY name
            """)
        .bind("subject", subjectId)
        .bind("version", version)
        .mapTo(String.class)
        .list();
  }

  // ---- Writing ----

  RegisteredSchema register(
      String name,
      String kind,
      @Nullable Compatibility compatibility,
      @Nullable Boolean usedInJson,
      List<NewSchema> schemas,
      SchemaRules rules,
      boolean store,
      String author) {
    ChangeSet changeSet = new ChangeSet(handle);
    handle
        .createUpdate(
            """
            INSERT INTO schema_subject (id, name, kind, compatibility, used_in_json)
            VALUES (:id, :name, :kind, :compatibility, :usedInJson)
            ON CONFLICT (name) DO NOTHING
            """)
        .bind("id", UUID.randomUUID())
        .bind("name", name)
        .bind("kind", kind)
        .bind("compatibility", Compatibility.DEFAULT.name())
        .bind("usedInJson", false)
        .execute();
    TreeSet<String> names = new TreeSet<>(List.of(name));
    schemas.forEach(
        schema -> schema.content().references().forEach(used -> names.add(used.subject())));
    lock(names, CHANGE);
    Subject subject = anySubject(name);
    if (!subject.kind().equals(kind)) {
      throw SchemaStore.notStored(
          "SUBJECT_KIND",
          "Subject '"
              + name
              + "' is of kind "
              + subject.kind()
              + " and cannot be of kind "
              + kind
              + ". Register the schema as another subject.");
    }
    boolean isNew = subject.latestVersion() == 0;
    subject = rules(subject, isNew, compatibility, usedInJson);
    int existed = 0;
    long last = 0;
    for (NewSchema schema : schemas) {
      last = find(subject, schema);
      existed += last == 0 ? 0 : 1;
    }
    if (existed == schemas.size()) {
      return new RegisteredSchema(schema(subject.id(), last), existed, List.of(), List.of());
    }
    rules.check(
        subject,
        isNew
            ? List.of()
            : live(subject.id(), subject.compatibility().isTransitive() ? Integer.MAX_VALUE : 1));
    for (NewSchema schema : schemas) {
      last = find(subject, schema);
      if (last == 0) {
        last = insert(subject, schema, store, changeSet);
      }
    }
    changeSet.add(
        Change.Subject.SCHEMA, subject.id(), isNew ? Operation.CREATE : Operation.ALTER, name);
    // Read before its revision is there.
    StoredSchema newest = unrevised(subject, author);
    List<String> broken = new ArrayList<>();
    List<String> updated = new RegistrationRows(handle).follow(newest, rules, changeSet, broken);
    if (store) {
      if (!broken.isEmpty()) {
        throw SchemaStore.notStored(
            "TABLES_BROKEN",
            "The schema of subject '"
                + name
                + "' was not registered: tables that follow the subject do not fit it. "
                + String.join(" ", broken)
                + " Pin these tables to a version, or register the schema as another subject.");
      }
      changeSet.write(author, "schema registered");
    }
    return new RegisteredSchema(
        store ? schema(subject.id(), last) : newest, existed, updated, broken);
  }

  /**
   * The rules that hold for a registration. Those of a subject that has versions are not changed by
   * one.
   */
  private Subject rules(
      Subject subject,
      boolean isNew,
      @Nullable Compatibility compatibility,
      @Nullable Boolean usedInJson) {
    Compatibility wanted =
        compatibility != null
            ? compatibility
            : isNew ? Compatibility.DEFAULT : subject.compatibility();
    boolean inJson = usedInJson != null ? usedInJson : !isNew && subject.usedInJson();
    if (!isNew && (wanted != subject.compatibility() || inJson != subject.usedInJson())) {
      throw SchemaStore.notStored(
          "SUBJECT_RULES",
          "Subject '"
              + subject.name()
              + "' has compatibility "
              + subject.compatibility()
              + (subject.usedInJson() ? " and is used in JSON" : " and is not used in JSON")
              + ". A registration does not change that; `catalog schema set` does.");
    }
    return isNew ? store(subject, wanted, inJson) : subject;
  }

  private Subject store(Subject subject, Compatibility compatibility, boolean usedInJson) {
    handle
        .createUpdate(
            """
            UPDATE schema_subject SET compatibility = :compatibility, used_in_json = :usedInJson
            WHERE id = :id
            """)
        .bind("compatibility", compatibility.name())
        .bind("usedInJson", usedInJson)
        .bind("id", subject.id())
        .execute();
    return new Subject(
        subject.id(),
        subject.name(),
        subject.kind(),
        compatibility,
        usedInJson,
        subject.latestVersion());
  }

  /** The version that has this content, as it was asked for; 0: there is none. */
  private long find(Subject subject, NewSchema schema) {
    byte[] fingerprint = fingerprint(schema.content());
    record Known(boolean deleted, boolean same) {}
    if (schema.version() == 0) {
      return handle
          .createQuery(
              """
              SELECT version FROM schema_version
              WHERE subject_id = :subject AND fingerprint = :fingerprint AND NOT deleted
              ORDER BY version DESC LIMIT 1
              """)
          .bind("subject", subject.id())
          .bind("fingerprint", fingerprint)
          .mapTo(Long.class)
          .findOne()
          .orElse(0L);
    }
    Known known =
        handle
            .createQuery(
                """
                SELECT deleted, id = :id AND fingerprint = :fingerprint AS same FROM schema_version
                WHERE subject_id = :subject AND version = :version
                """)
            .bind("id", schema.id())
            .bind("fingerprint", fingerprint)
            .bind("subject", subject.id())
            .bind("version", schema.version())
            .map((row, context) -> new Known(row.getBoolean("deleted"), row.getBoolean("same")))
            .findOne()
            .orElse(null);
    if (known == null) {
      return 0;
    }
    // One that was deleted here alone stays so, and the others go on.
    boolean allDeleted = subject.latestVersion() == 0;
    if (!known.same() || (known.deleted() && allDeleted)) {
      throw SchemaStore.notStored(
          "VERSION_TAKEN",
          "Version "
              + schema.version()
              + " of subject '"
              + subject.name()
              + "' is here already, "
              + (known.deleted() ? "deleted" : "with other content or another id")
              + ". Rename the subject here or there.");
    }
    return schema.version();
  }

  private long insert(Subject subject, NewSchema schema, boolean store, ChangeSet changeSet) {
    // What is rolled back needs no id, and would draw one for good.
    int id = store ? id(subject, schema) : schema.id();
    long version =
        handle
            .createQuery(
                """
                UPDATE schema_subject SET last_version =
                  CASE WHEN :version = 0 THEN last_version + 1
                    ELSE greatest(last_version, :version) END
                WHERE id = :subject
                RETURNING CASE WHEN :version = 0 THEN last_version ELSE :version END
                """)
            .bind("version", schema.version())
            .bind("subject", subject.id())
            .mapTo(Long.class)
            .one();
    handle
        .createUpdate(
            """
            INSERT INTO schema_version
              (subject_id, version, id, change_set, content, fingerprint, compiled, messages)
            VALUES
              (:subject, :version, :id, :changeSet, :content, :fingerprint, :compiled, :messages)
            """)
        .bind("subject", subject.id())
        .bind("version", version)
        .bind("id", id)
        .bind("changeSet", changeSet.id())
        .bind("content", Json.write(schema.content()))
        .bind("fingerprint", fingerprint(schema.content()))
        .bind("compiled", schema.compiled().bytes())
        .bind("messages", Json.write(schema.compiled().messages()))
        .execute();
    for (SchemaContent.Reference reference : schema.content().references()) {
      int rows =
          handle
              .createUpdate(
                  """
                  INSERT INTO schema_reference (subject_id, version, to_subject_id, to_version)
                  SELECT :subject, :version, v.subject_id, v.version
                  FROM schema_version v JOIN schema_subject s ON s.id = v.subject_id
                  WHERE s.name = :to AND v.version = :toVersion AND NOT v.deleted
                  """)
              .bind("subject", subject.id())
              .bind("version", version)
              .bind("to", reference.subject())
              .bind("toVersion", reference.version())
              .execute();
      if (rows == 0) {
        throw SchemaStore.notStored(
            "REFERENCE_DELETED",
            "Version "
                + reference.version()
                + " of subject '"
                + reference.subject()
                + "', which the schema refers to as "
                + reference.name()
                + ", was deleted meanwhile. Refer to another version.");
      }
    }
    return version;
  }

  private int id(Subject subject, NewSchema schema) {
    // Ids are looked for among all versions, and no other transaction may add one meanwhile.
    handle.execute("LOCK TABLE schema_version IN SHARE ROW EXCLUSIVE MODE");
    return schema.id() != 0 ? importedId(subject, schema) : nextId();
  }

  /** Ids that were imported may be anywhere, also before the sequence. */
  private int nextId() {
    int next = handle.createQuery("SELECT nextval('schema_id')").mapTo(Integer.class).one();
    // After a whole registry was imported, many in a row may be taken.
    int free =
        handle
            .createQuery(
                """
                SELECT CASE WHEN EXISTS (SELECT 1 FROM schema_version WHERE id = :next)
                  THEN (
                    SELECT v.id + 1 FROM schema_version v
                    WHERE v.id >= :next
                      AND NOT EXISTS (SELECT 1 FROM schema_version w WHERE w.id = v.id + 1)
                    ORDER BY v.id LIMIT 1)
                  ELSE :next END
                """)
            .bind("next", next)
            .mapTo(Integer.class)
            .one();
    if (free != next) {
      handle
          .createQuery("SELECT setval('schema_id', :id)")
          .bind("id", free)
          .mapTo(Long.class)
          .one();
    }
    return free;
  }

  /** The id of a version of another registry, where all that has one text has one id. */
  private int importedId(Subject subject, NewSchema schema) {
    record Holder(String name, SchemaContent content) {}
    String other =
        handle
            .createQuery(
                """
                SELECT s.name || ' version ' || v.version AS name, v.content
                FROM schema_version v JOIN schema_subject s ON s.id = v.subject_id
                WHERE v.id = :id
                ORDER BY s.name, v.version
                """)
            .bind("id", schema.id())
            .map(
                (row, context) ->
                    new Holder(
                        row.getString("name"),
                        Json.read(row.getString("content"), SchemaContent.class)))
            .list()
            .stream()
            .filter(holder -> !isSameText(holder.content(), schema.content()))
            .map(Holder::name)
            .findFirst()
            .orElse(null);
    if (other != null) {
      throw SchemaStore.notStored(
          "ID_TAKEN",
          "The id "
              + schema.id()
              + " of version "
              + schema.version()
              + " of subject '"
              + subject.name()
              + "' is taken here by other content, "
              + other
              + ". Two registries with ids of their own cannot be imported into one catalog.");
    }
    return schema.id();
  }

  /** Whether contents are equal but for the name of a sole file, which is its subject's. */
  private static boolean isSameText(SchemaContent one, SchemaContent other) {
    return one.equals(other)
        || (one.files().size() == 1
            && other.files().size() == 1
            && one.files().get(0).text().equals(other.files().get(0).text())
            && one.references().equals(other.references()));
  }

  Subject update(String name, UnaryOperator<Subject> change, String author) {
    lock(Set.of(name), CHANGE);
    Subject stored = subject(name);
    Subject wanted = change.apply(stored);
    if (wanted.equals(stored)) {
      return stored;
    }
    ChangeSet changeSet = new ChangeSet(handle);
    Subject updated = store(stored, wanted.compatibility(), wanted.usedInJson());
    changeSet.add(Change.Subject.SCHEMA, stored.id(), Operation.ALTER, name);
    changeSet.write(author, "subject updated");
    return updated;
  }

  List<Long> delete(String name, long version, String author) {
    lock(Set.of(name), CHANGE);
    Subject subject = subject(name);
    if (version != 0) {
      schema(name, version);
    }
    String what =
        version == 0
            ? "Subject '" + name + "'"
            : "Version " + version + " of subject '" + name + "'";
    List<String> tables = tablesOf(subject.id(), version);
    if (!tables.isEmpty()) {
      throw SchemaStore.notStored(
          "SCHEMA_IN_USE",
          what
              + " is not deleted: it is used by "
              + (tables.size() == 1 ? "table " : "tables ")
              + String.join(", ", tables)
              + ". Drop "
              + (tables.size() == 1 ? "the table" : "the tables")
              + ", or register with another schema, first.");
    }
    List<String> referrers =
        handle
            .createQuery(
                """
                SELECT DISTINCT s.name || ' version ' || v.version AS name
                FROM schema_reference r
                  JOIN schema_version v ON v.subject_id = r.subject_id AND v.version = r.version
                  JOIN schema_subject s ON s.id = v.subject_id
                WHERE r.to_subject_id = :subject AND (:version = 0 OR r.to_version = :version)
                  AND NOT v.deleted AND (:version <> 0 OR v.subject_id <> :subject)
                ORDER BY name
                """)
            .bind("subject", subject.id())
            .bind("version", version)
            .mapTo(String.class)
            .list();
    if (!referrers.isEmpty()) {
      throw SchemaStore.notStored(
          "SCHEMA_IN_USE",
          what
              + " is not deleted: it is referred to by "
              + String.join(", ", referrers)
              + ". Delete these first.");
    }
    ChangeSet changeSet = new ChangeSet(handle);
    List<Long> deleted =
        handle
            .createQuery(
                """
                UPDATE schema_version SET deleted = true
                WHERE subject_id = :subject AND NOT deleted AND (:version = 0 OR version = :version)
                RETURNING version
                """)
            .bind("subject", subject.id())
            .bind("version", version)
            .mapTo(Long.class)
            .list();
    changeSet.add(
        Change.Subject.SCHEMA,
        subject.id(),
        findSubject(name).isEmpty() ? Operation.DROP : Operation.ALTER,
        name);
    changeSet.write(author, version == 0 ? "subject deleted" : "schema version deleted");
    return deleted.stream().sorted().toList();
  }

  /** Locks those of the subjects that there are, in order of their names. */
  void lock(Set<String> names, String how) {
    handle
        .createQuery("SELECT id FROM schema_subject WHERE name = ANY (:names) ORDER BY name " + how)
        .bind("names", ChangeSet.texts(List.copyOf(names)))
        .mapTo(UUID.class)
        .list();
  }

  /** A subject, with versions or without. */
  private Subject anySubject(String name) {
    return handle
        .createQuery(SUBJECT + " WHERE s.name = :name")
        .bind("name", name)
        .map((row, context) -> subject(row))
        .one();
  }

  private List<StoredSchema> live(UUID subjectId, int limit) {
    return handle
        .createQuery(
            SCHEMA
                + """
                  WHERE v.subject_id = :subject AND NOT v.deleted ORDER BY v.version DESC LIMIT :limit
                  """)
        .bind("subject", subjectId)
        .bind("limit", limit)
        .map((row, context) -> schema(row))
        .list();
  }

  /**
   * The newest version of a subject, which this transaction stores: its revision is not there yet.
   */
  private StoredSchema unrevised(Subject subject, String author) {
    return handle
        .createQuery(
            """
            SELECT v.subject_id, s.name AS subject, s.kind, v.version, v.id, v.deleted,
              clock_timestamp() AS time, :author AS author, v.content, v.compiled, v.messages
            FROM schema_version v JOIN schema_subject s ON s.id = v.subject_id
            WHERE v.subject_id = :subject AND NOT v.deleted
            ORDER BY v.version DESC LIMIT 1
            """)
        .bind("author", author)
        .bind("subject", subject.id())
        .map((row, context) -> schema(row))
        .one();
  }

  private static byte[] fingerprint(SchemaContent content) {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(Json.write(content).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static Subject subject(ResultSet row) throws SQLException {
    return new Subject(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("kind"),
        Compatibility.valueOf(row.getString("compatibility")),
        row.getBoolean("used_in_json"),
        row.getLong("latest_version"));
  }

  private static StoredSchema schema(ResultSet row) throws SQLException {
    return new StoredSchema(
        row.getObject("subject_id", UUID.class),
        row.getString("subject"),
        row.getString("kind"),
        row.getLong("version"),
        row.getInt("id"),
        row.getBoolean("deleted"),
        LogRows.instant(row, "time"),
        row.getString("author"),
        Json.read(row.getString("content"), SchemaContent.class),
        new CompiledSchema(
            row.getBytes("compiled"),
            Json.read(row.getString("messages"), new TypeReference<List<String>>() {})));
  }
}
