package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jspecify.annotations.Nullable;

/**
 * The schema registry's memory, and the tables that are registered with it; part of the store of
 * {@link MetadataStore}, whose rules hold here, too.
 *
 * <p>Locks are taken in this order: subjects by name, all versions, source, databases by name,
 * tables by name, revision counter.
 */
public final class SchemaStore {
  private final Jdbi jdbi;

  /** A store whose schema {@link MetadataStore#migrate} has brought up to date. */
  public SchemaStore(DataSource dataSource) {
    this.jdbi = Jdbi.create(dataSource);
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
  }

  // ---- Schemas ----

  /**
   * A line of versions.
   *
   * @param latestVersion the newest one that is not deleted; 0: there is none
   */
  public record Subject(
      UUID id,
      String name,
      String kind,
      Compatibility compatibility,
      boolean usedInJson,
      long latestVersion) {}

  /**
   * One version of a subject.
   *
   * @param id as Confluent's framing carries it
   * @param time when it was registered
   */
  public record StoredSchema(
      UUID subjectId,
      String subject,
      String kind,
      long version,
      int id,
      boolean deleted,
      Instant time,
      String author,
      SchemaContent content,
      CompiledSchema compiled) {}

  /**
   * A version to store.
   *
   * @param version 0: the next one
   * @param id 0: the next one
   */
  public record NewSchema(long version, int id, SchemaContent content, CompiledSchema compiled) {}

  /** What a registration decides on while its subject is locked. */
  public interface SchemaRules {
    /**
     * Looks at what is there.
     *
     * @param earlier the versions that are not deleted, the newest first; the newest only, unless
     *     the subject's compatibility is transitive. Empty: the subject has none
     * @throws CatalogException if a further version must not be stored; nothing is
     */
    void check(Subject subject, List<StoredSchema> earlier);

    /**
     * A table as it is with new versions of its schemas.
     *
     * @param schemas by role, all that it uses; their versions are those that it is to use
     * @throws CatalogException if the table cannot be so; nothing is stored, and the caller is told
     *     of every such table
     */
    PhysicalTable follow(StoredTable table, Map<String, StoredSchema> schemas);
  }

  /**
   * What a registration stored.
   *
   * @param schema the last of the versions
   * @param existed how many of the versions were there already
   * @param updatedTables those that follow the subject and have a new version, by full name
   * @param brokenTables why tables would not fit, a sentence each; empty unless nothing was stored
   */
  public record RegisteredSchema(
      StoredSchema schema, int existed, List<String> updatedTables, List<String> brokenTables) {}

  /**
   * Registers versions of a subject, which is made if it is new. Content that is there already is
   * not stored again.
   *
   * @param compatibility null: as it is, or the default if the subject is new
   * @param usedInJson null: as it is, or no if the subject is new
   * @param schemas in order; never empty
   * @param store false: everything is done but stored; {@link RegisteredSchema#schema} is what
   *     would be
   * @throws CatalogException FAILED_PRECONDITION if the subject is of another kind, if a version or
   *     an id is taken by other content, if a referenced version is deleted, or if a table would no
   *     longer fit
   */
  public RegisteredSchema registerSchemas(
      String subject,
      String kind,
      @Nullable Compatibility compatibility,
      @Nullable Boolean usedInJson,
      List<NewSchema> schemas,
      SchemaRules rules,
      boolean store,
      String author) {
    HandleCallback<RegisteredSchema, RuntimeException> register =
        handle ->
            new SchemaRows(handle)
                .register(subject, kind, compatibility, usedInJson, schemas, rules, store, author);
    if (store) {
      return write(register);
    }
    try {
      jdbi.useTransaction(
          handle -> {
            throw new RolledBack(register.withHandle(handle));
          });
      throw new AssertionError("the transaction was rolled back");
    } catch (RolledBack e) {
      return e.result;
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }

  private static final class RolledBack extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient RegisteredSchema result;

    RolledBack(RegisteredSchema result) {
      super(null, null, false, false);
      this.result = result;
    }
  }

  /**
   * The subjects that have versions, after a name (empty: from the first), in order of their names.
   */
  public List<Subject> subjects(String after, int limit) {
    return read(handle -> new SchemaRows(handle).subjects(after, limit));
  }

  /**
   * One subject.
   *
   * @throws CatalogException NOT_FOUND if there is none that has a version
   */
  public Subject subject(String name) {
    return read(handle -> new SchemaRows(handle).subject(name));
  }

  /** A subject, if it has a version. */
  public Optional<Subject> findSubject(String name) {
    return read(handle -> new SchemaRows(handle).findSubject(name));
  }

  /** The full names of the tables that use a subject, in order. */
  public List<String> tablesOf(UUID subjectId) {
    return read(handle -> new SchemaRows(handle).tablesOf(subjectId, 0));
  }

  /**
   * Changes a subject's rules. What is registered is not checked again.
   *
   * @param change what it throws leaves everything as it was and is thrown on
   * @throws CatalogException NOT_FOUND
   */
  public Subject updateSubject(String name, UnaryOperator<Subject> change, String author) {
    return write(handle -> new SchemaRows(handle).update(name, change, author));
  }

  /**
   * A version that is not deleted.
   *
   * @param version 0: the newest
   * @throws CatalogException NOT_FOUND
   */
  public StoredSchema schema(String subject, long version) {
    return read(handle -> new SchemaRows(handle).schema(subject, version));
  }

  /**
   * The schema of an id, that of a deleted version too.
   *
   * @throws CatalogException NOT_FOUND
   */
  public StoredSchema schema(int id) {
    return read(handle -> new SchemaRows(handle).schema(id));
  }

  /** What a table uses, though it may be deleted since. */
  public StoredSchema schema(SchemaUse use) {
    return read(handle -> new SchemaRows(handle).schema(use.subjectId(), use.version()));
  }

  /**
   * The versions of a subject, deleted ones too, the newest first.
   *
   * @param before only versions below this one
   * @throws CatalogException NOT_FOUND if there is no such subject
   */
  public List<StoredSchema> schemas(String subject, long before, int limit) {
    return read(handle -> new SchemaRows(handle).schemas(subject, before, limit));
  }

  /**
   * Deletes a version, or a subject with all of them. Their numbers and ids never come back.
   *
   * @param version 0: all
   * @return the versions that were deleted, in order
   * @throws CatalogException NOT_FOUND; FAILED_PRECONDITION if tables or other schemas use it, with
   *     their names
   */
  public List<Long> deleteSchemas(String subject, long version, String author) {
    return write(handle -> new SchemaRows(handle).delete(subject, version, author));
  }

  // ---- Registered tables ----

  /**
   * A schema that a table is to use.
   *
   * @param version 0: follow the newest
   * @param message empty: the only one
   */
  public record AskedSchema(String role, String subject, long version, String message) {}

  /**
   * A table to store.
   *
   * @param overlay null: as it is
   */
  public record NewTable(PhysicalTable physical, @Nullable Overlay overlay) {}

  /** Decides what a table is to be, while what it depends on is locked. */
  public interface TableRules {
    /**
     * The table.
     *
     * @param source of its database, without secrets
     * @param stored as it is; null: there is none of that name
     * @param schemas by role, what was asked for
     * @param registered the tables that are registered for the source, this one too
     * @throws CatalogException if it must not be stored; nothing is
     */
    NewTable table(
        Source source,
        @Nullable StoredTable stored,
        Map<String, StoredSchema> schemas,
        Supplier<List<PhysicalTable>> registered);
  }

  /** A table as stored, and whether it was there just so. */
  public record RegisteredTable(StoredTable table, boolean existed) {}

  /**
   * Registers a table. One that comes back after a drop is the same table, without its overlay.
   *
   * @param replace whether a table of that name may be there
   * @throws CatalogException NOT_FOUND if there is no such database, subject or version;
   *     ALREADY_EXISTS if there is another table of that name and it is not to be replaced
   */
  public RegisteredTable registerTable(
      TableName name, List<AskedSchema> schemas, boolean replace, TableRules rules, String author) {
    return write(
        handle -> new RegistrationRows(handle).register(name, schemas, replace, rules, author));
  }

  /**
   * Drops a registered table.
   *
   * @throws CatalogException NOT_FOUND; FAILED_PRECONDITION if it is not registered
   */
  public void dropTable(TableName name, String author) {
    write(
        handle -> {
          new RegistrationRows(handle).drop(name, author);
          return true;
        });
  }

  /** A table that there is already, registered otherwise. */
  public static CatalogException tableExists(TableName name) {
    return new CatalogException(
        ErrorCode.ALREADY_EXISTS,
        "TABLE_EXISTS",
        "Table "
            + name
            + " exists already and is registered otherwise. Choose another name, or replace it"
            + " (`catalog table register --replace`).");
  }

  /**
   * Refuses a table with a connector of its own in the place of one that a source reaches: whoever
   * knows the name would read from elsewhere.
   *
   * @param physical of the table that is or was there
   * @throws CatalogException FAILED_PRECONDITION
   */
  public static void requireNotBound(TableName name, PhysicalTable physical) {
    if (physical.registration() == null || !physical.registration().hasOwnConnector()) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "TABLE_BOUND",
          "Table "
              + name
              + " is or was a table of its database's source. A table with a connector of its own"
              + " cannot take its name. Choose another name.");
    }
  }

  static CatalogException notStored(String reason, String message) {
    return new CatalogException(ErrorCode.FAILED_PRECONDITION, reason, message);
  }

  private <T> T read(HandleCallback<T, RuntimeException> work) {
    try {
      return jdbi.withHandle(work);
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }

  private <T> T write(HandleCallback<T, RuntimeException> work) {
    try {
      return jdbi.inTransaction(work);
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }
}
