package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Registered tables in the store, and how they follow their subjects. */
@NullUnmarked // a null where there should be a value fails the test all the same
class StoredRegistrationsTest extends SchemaStoreContract {
  @Test
  void aTableIsRegisteredAndRegisteringItSoAgainChangesNothing() {
    StoredSchema schema = register("clicks", "id name").schema();

    RegisteredTable registered = table("t", follow("value", "clicks"));

    assertThat(registered.existed()).isFalse();
    StoredTable table = registered.table();
    assertThat(columns(table)).containsExactly("id", "name");
    assertThat(table.physical().registration().schemas())
        .containsExactly(new SchemaUse("value", schema.subjectId(), "clicks", 1, false, ""));
    assertThat(table.source().name()).isEqualTo("kafka");
    assertThat(table.author()).isEqualTo("ann");
    assertThat(store.table(name("t"), 0).orElseThrow()).usingRecursiveComparison().isEqualTo(table);
    assertThat(schemas.tablesOf(schema.subjectId())).containsExactly("kafka.t");
    assertThat(store.searchTables(List.of("name"), null, 10)).hasSize(1);
    long revision = store.latestRevision();
    assertThat(table("t", follow("value", "clicks")).existed()).isTrue();
    assertThat(store.latestRevision()).isEqualTo(revision);
  }

  @Test
  void aTableIsReplacedOnlyIfThatIsAskedFor() {
    register("clicks", "id");
    register("views", "page");
    StoredTable first = table("t", follow("value", "clicks")).table();
    assertThatThrownBy(() -> table("t", follow("value", "views")))
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS))
        .hasMessage(
            "Table kafka.t exists already and is registered otherwise. Choose another name, or"
                + " replace it (`catalog table register --replace`).");
    store.updateOverlay(name("t"), "", stored -> overlay("ann"), "ann");

    StoredTable second =
        schemas
            .registerTable(
                name("t"),
                List.of(follow("value", "views")),
                true,
                (source, stored, used, registered) ->
                    new NewTable(
                        physical("t", Map.of(), List.of(follow("value", "views")), used), null),
                "bob")
            .table();

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.version()).isEqualTo(3);
    assertThat(columns(second)).containsExactly("page");
    assertThat(second.overlay()).isEqualTo(overlay("ann"));
    assertThat(schemas.tablesOf(schemas.subject("clicks").id())).isEmpty();
    register("clicks", "id more");
    assertThat(store.table(name("t"), 0).orElseThrow().version()).isEqualTo(3);
  }

  @Test
  void aTableThatComesBackAfterADropIsTheSameWithoutItsOverlay() {
    register("clicks", "id");
    StoredTable first = table("t", follow("value", "clicks")).table();
    store.updateOverlay(name("t"), "", stored -> overlay("ann"), "ann");
    schemas.dropTable(name("t"), "bob");
    assertThat(store.table(name("t"), 0)).isEmpty();
    assertThat(lastRevision().changes())
        .containsExactly(new Change(Change.Subject.TABLE, first.id(), Operation.DROP, "kafka.t"));
    register("clicks", "id name");

    StoredTable back = table("t", follow("value", "clicks")).table();

    assertThat(back.id()).isEqualTo(first.id());
    assertThat(back.version()).isEqualTo(4);
    assertThat(back.overlay()).isNull();
    assertThat(columns(back)).containsExactly("id", "name");
    assertThat(store.tableVersions(name("t"), Long.MAX_VALUE, 10))
        .extracting(StoredTable::dropped)
        .containsExactly(false, true, false, false);
    assertThat(lastRevision().changes())
        .containsExactly(
            new Change(Change.Subject.TABLE, first.id(), Operation.RESTORE, "kafka.t"));
  }

  @Test
  void anOverlayIsStoredWithTheTableInOneVersion() {
    register("clicks", "id");
    StoredTable table =
        schemas
            .registerTable(
                name("t"),
                List.of(follow("value", "clicks")),
                false,
                (source, stored, used, registered) ->
                    new NewTable(
                        physical("t", Map.of(), List.of(follow("value", "clicks")), used),
                        overlay("ann")),
                "ann")
            .table();
    assertThat(table.version()).isEqualTo(1);
    assertThat(table.overlay()).isEqualTo(overlay("ann"));
    assertThat(lastRevision().changes())
        .extracting(Change::subject, Change::operation)
        .containsExactly(
            tuple(Change.Subject.TABLE, Operation.CREATE),
            tuple(Change.Subject.OVERLAY, Operation.CREATE));
  }

  @Test
  void aTableNeedsADatabaseThatIsThere() {
    register("clicks", "id");
    assertNotFound(
        () ->
            schemas.registerTable(
                new TableName("nowhere", "t"),
                List.of(follow("value", "clicks")),
                false,
                (source, stored, used, registered) -> {
                  throw new AssertionError("asked without a database");
                },
                "ann"),
        "Database 'nowhere' does not exist. Known databases: kafka.");
    assertNotFound(
        () -> schemas.dropTable(name("t"), "ann"),
        "Table 't' does not exist in database 'kafka'. List the database's tables, or crawl its"
            + " source if the table is new.");
  }

  @Test
  void aRemovedSourceTakesItsRegisteredTablesAlong() {
    register("clicks", "id");
    StoredTable table = table("t", follow("value", "clicks")).table();

    assertThat(store.deleteSource("kafka", 0, "ann")).isEqualTo(1);

    assertThat(store.table(name("t"), 0)).isEmpty();
    assertThat(schemas.tablesOf(schemas.subject("clicks").id())).isEmpty();
    assertThat(schemas.deleteSchemas("clicks", 0, "ann")).containsExactly(1L);
    store.createSource("kafka", "kafka", Map.of(), Map.of(), true, "ann");
    register("clicks", "id");
    StoredTable other = table("t", follow("value", "clicks")).table();
    assertThat(other.id()).as("a table of another source").isNotEqualTo(table.id());
    assertThat(other.version()).isEqualTo(1);
  }

  @Test
  void aSourceWhoseDatabaseWouldHaveATakenNameIsRefused() {
    assertThatThrownBy(
            () ->
                Jdbi.create(dataSource)
                    .useHandle(
                        handle -> {
                          handle.execute("UPDATE database SET name = 'taken'");
                          store.createSource("taken", "kafka", Map.of(), Map.of(), true, "ann");
                        }))
        .hasMessage(
            "Source 'taken' is not added: its tables would live in database 'taken', and source"
                + " 'kafka' has one of that name. Choose another name.");
    assertThat(store.latestRevision()).isEqualTo(1);
  }

  @Test
  void aNewVersionGivesEachFollowingTableANewVersionInTheSameRevision() {
    StoredSchema first = register("clicks", "id").schema();
    register("keys", "k");
    table("b", follow("value", "clicks"));
    table("a", follow("key", "keys"), follow("value", "clicks"));
    table("pinned", pin("value", "clicks", 1));
    table("other", follow("value", "keys"));
    table("gone", follow("value", "clicks"));
    schemas.dropTable(name("gone"), "ann");

    RegisteredSchema registered = register("clicks", "id name");

    assertThat(registered.updatedTables()).containsExactly("kafka.a", "kafka.b");
    assertThat(lastRevision().changes())
        .extracting(Change::name)
        .containsExactlyInAnyOrder("clicks", "kafka.a", "kafka.b");
    StoredTable a = store.table(name("a"), 0).orElseThrow();
    assertThat(a.version()).isEqualTo(2);
    assertThat(a.revision()).isEqualTo(store.latestRevision());
    assertThat(columns(a)).containsExactly("k", "id", "name");
    assertThat(a.physical().registration().schemas())
        .extracting(SchemaUse::subject, SchemaUse::version)
        .containsExactly(tuple("keys", 1L), tuple("clicks", 2L));
    assertThat(columns(store.table(name("a"), 1).orElseThrow())).containsExactly("k", "id");
    StoredTable pinned = store.table(name("pinned"), 0).orElseThrow();
    assertThat(pinned.version()).isEqualTo(1);
    assertThat(schemas.schema(pinned.physical().registration().schemas().get(0)))
        .usingRecursiveComparison()
        .isEqualTo(first);
    assertThat(store.table(name("other"), 0).orElseThrow().version()).isEqualTo(1);
    assertThat(store.table(name("gone"), 0)).isEmpty();
  }

  @Test
  void aFollowingTableKeepsItsOverlay() {
    register("clicks", "id");
    table("t", follow("value", "clicks"));
    store.updateOverlay(name("t"), "", stored -> overlay("ann"), "ann");
    register("clicks", "id name");
    assertThat(store.table(name("t"), 0).orElseThrow().overlay()).isEqualTo(overlay("ann"));
  }

  @Test
  void tablesThatWouldBreakRefuseTheVersionAndAreAllNamed() {
    register("clicks", "id name");
    needing("b", "name", follow("value", "clicks"));
    needing("a", "name", follow("value", "clicks"));
    table("fits", follow("value", "clicks"));
    needing("pinned", "name", pin("value", "clicks", 1));
    List<String> before = everyRow();

    assertFails(
        () -> register("clicks", "id"),
        "TABLES_BROKEN",
        "The schema of subject 'clicks' was not registered: tables that follow the subject do not"
            + " fit it. Table kafka.a: there is no name Table kafka.b: there is no name Pin these"
            + " tables to a version, or register the schema as another subject.");

    assertThat(everyRow()).isEqualTo(before);
    RegisteredSchema checked = check("clicks", "id");
    assertThat(checked.brokenTables())
        .containsExactly("Table kafka.a: there is no name", "Table kafka.b: there is no name");
    assertThat(checked.updatedTables()).containsExactly("kafka.fits");
  }

  @Test
  void aCheckSaysWhatWouldBeStoredAndStoresNothing() {
    register("clicks", "id");
    table("t", follow("value", "clicks"));
    List<String> before = everyRow();

    RegisteredSchema next = check("clicks", "id name");
    RegisteredSchema same = check("clicks", "id");
    RegisteredSchema unknown = check("new", "id");

    assertThat(next.schema().version()).isEqualTo(2);
    assertThat(next.updatedTables()).containsExactly("kafka.t");
    assertThat(next.existed()).isZero();
    assertThat(same.existed()).isEqualTo(1);
    assertThat(same.schema().version()).isEqualTo(1);
    assertThat(unknown.schema().version()).isEqualTo(1);
    assertThat(everyRow()).isEqualTo(before);
    // No id is lost to a check either.
    assertThat(register("clicks", "id name").schema().id()).isEqualTo(2);
  }
}
