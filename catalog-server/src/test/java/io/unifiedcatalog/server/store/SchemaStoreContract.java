package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore.AskedSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.Subject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the store promises of schemas and registered tables, on each release of PostgreSQL that it
 * is for. A schema here is the names of its columns with blanks between them; a table breaks if it
 * has the option {@code needs} and no column of that name.
 */
@NullUnmarked // a null where there should be a value fails the test all the same
abstract class SchemaStoreContract {
  private static final Map<TestPostgres, HikariDataSource> DATA_SOURCES = new HashMap<>();
  private static final String KIND = "words";

  @TempDir Path directory;
  private HikariDataSource dataSource;
  private MetadataStore store;
  private SchemaStore schemas;
  private ExecutorService threads;

  abstract TestPostgres postgres();

  @BeforeEach
  void openStore() {
    dataSource = DATA_SOURCES.computeIfAbsent(postgres(), TestPostgres::migratedDatabase);
    Jdbi.create(dataSource)
        .useTransaction(
            handle -> {
              for (String table :
                  List.of(
                      "schema_use",
                      "schema_reference",
                      "schema_version",
                      "schema_subject",
                      "change",
                      "revision",
                      "table_version",
                      "catalog_table",
                      "database",
                      "source_secret",
                      "source",
                      "key_check")) {
                handle.execute("DELETE FROM " + table);
              }
              handle.execute("UPDATE revision_counter SET value = 0, time = '-infinity'");
              handle.execute("ALTER SEQUENCE schema_id RESTART");
            });
    store =
        new MetadataStore(
            dataSource, SecretSealer.open(directory.resolve("secrets.key"), dataSource), false);
    schemas = new SchemaStore(dataSource);
    store.createSource("kafka", "kafka", Map.of(), Map.of(), true, "ann");
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  @AfterAll
  static void closeDataSources() {
    DATA_SOURCES.values().forEach(HikariDataSource::close);
    DATA_SOURCES.clear();
  }

  // ---- Versions ----

  @Test
  void aVersionComesBackAsItWasRegistered() {
    register("money", "units");
    SchemaContent content =
        new SchemaContent(
            List.of(
                new SchemaContent.File("a.txt", "id \0 'ö'"), new SchemaContent.File("b.txt", "")),
            "",
            List.of(new SchemaContent.Reference("money.txt", "money", 1)));
    CompiledSchema compiled = new CompiledSchema(new byte[] {0, 1, -1}, List.of("x.A", "x.B"));

    StoredSchema stored =
        schemas
            .registerSchemas(
                "clicks",
                KIND,
                Compatibility.FULL,
                true,
                List.of(new NewSchema(0, 0, content, compiled)),
                new Rules(),
                true,
                "ann")
            .schema();

    assertThat(stored)
        .extracting(
            StoredSchema::subject, StoredSchema::kind, StoredSchema::version, StoredSchema::author)
        .containsExactly("clicks", KIND, 1L, "ann");
    StoredSchema read = schemas.schema("clicks", 1);
    assertThat(read).usingRecursiveComparison().isEqualTo(stored);
    assertThat(read.content()).isEqualTo(content);
    assertThat(read.compiled()).usingRecursiveComparison().isEqualTo(compiled);
    assertThat(schemas.schema(stored.id())).usingRecursiveComparison().isEqualTo(stored);
    assertThat(schemas.subject("clicks"))
        .isEqualTo(new Subject(stored.subjectId(), "clicks", KIND, Compatibility.FULL, true, 1));
    assertThat(lastRevision().changes())
        .containsExactly(
            new Change(Change.Subject.SCHEMA, stored.subjectId(), Operation.CREATE, "clicks"));
  }

  @Test
  void identicalContentIsOneVersion() {
    StoredSchema first = register("clicks", "id").schema();
    register("clicks", "id name");
    long revision = store.latestRevision();

    RegisteredSchema again = register("clicks", "id");

    assertThat(again.existed()).isEqualTo(1);
    assertThat(again.schema()).usingRecursiveComparison().isEqualTo(first);
    assertThat(store.latestRevision()).isEqualTo(revision);
    assertThat(versions("clicks")).containsExactly(2L, 1L);
    assertThat(register("clicks", "id ").schema().version()).as("a blank more").isEqualTo(3);
    assertThat(register("other", "id").schema().id())
        .as("the id of another subject")
        .isNotEqualTo(first.id());
  }

  @Test
  void aTransitiveSubjectIsComparedWithEveryVersionAndAnotherWithTheNewest() {
    for (Compatibility compatibility : Compatibility.values()) {
      String subject = compatibility.name();
      Rules rules = new Rules();
      register(subject, compatibility, rules, "a");
      register(subject, null, rules, "b");
      register(subject, null, rules, "c");
      schemas.deleteSchemas(subject, 2, "ann");
      register(subject, null, rules, "d");
      assertThat(rules.compared)
          .as(subject)
          .containsExactly(
              List.of(),
              List.of(1L),
              compatibility.isTransitive() ? List.of(2L, 1L) : List.of(2L),
              compatibility.isTransitive() ? List.of(3L, 1L) : List.of(3L));
    }
  }

  @Test
  void whatTheRulesRefuseLeavesEverythingAsItWas() {
    register("clicks", "id");
    List<String> before = everyRow();
    CatalogException refusal =
        new CatalogException(ErrorCode.FAILED_PRECONDITION, "INCOMPATIBLE", "no");
    SchemaRules refusing =
        new Rules() {
          @Override
          public void check(Subject subject, List<StoredSchema> earlier) {
            throw refusal;
          }
        };

    for (String subject : List.of("clicks", "new")) {
      assertThatThrownBy(() -> register(subject, null, refusing, "x")).isSameAs(refusal);
    }

    assertThat(everyRow()).isEqualTo(before);
  }

  @Test
  void aSubjectKeepsItsKindAlsoWhenItIsDeleted() {
    register("clicks", "id");
    String message =
        "Subject 'clicks' is of kind words and cannot be of kind avro. Register the schema as"
            + " another subject.";
    assertFails(() -> registerAs("clicks", "avro", "id"), "SUBJECT_KIND", message);
    schemas.deleteSchemas("clicks", 0, "ann");
    assertFails(() -> registerAs("clicks", "avro", "id"), "SUBJECT_KIND", message);
  }

  @Test
  void aRegistrationDoesNotChangeTheRulesOfASubject() {
    register("clicks", Compatibility.FULL, new Rules(), "id");
    String message =
        "Subject 'clicks' has compatibility FULL and is not used in JSON. A registration does not"
            + " change that; `catalog schema set` does.";
    assertFails(
        () -> register("clicks", Compatibility.NONE, new Rules(), "x"), "SUBJECT_RULES", message);
    assertFails(
        () ->
            schemas.registerSchemas(
                "clicks", KIND, null, true, List.of(schema("x")), new Rules(), true, "ann"),
        "SUBJECT_RULES",
        message);
    register("clicks", Compatibility.FULL, new Rules(), "x");
    assertThat(versions("clicks")).containsExactly(2L, 1L);
  }

  @Test
  void anUpdateChangesTheRulesOfASubjectAndWhatItRefusesDoesNot() {
    register("clicks", "id");
    Subject before = subject();
    Subject wanted =
        new Subject(before.id(), "clicks", KIND, Compatibility.NONE, true, before.latestVersion());

    assertThat(schemas.updateSubject("clicks", stored -> wanted, "bob")).isEqualTo(wanted);

    assertThat(subject()).isEqualTo(wanted);
    assertThat(lastRevision().author()).isEqualTo("bob");
    long revision = store.latestRevision();
    assertThat(schemas.updateSubject("clicks", stored -> stored, "bob")).isEqualTo(wanted);
    IllegalStateException failure = new IllegalStateException("no");
    assertThatThrownBy(
            () ->
                schemas.updateSubject(
                    "clicks",
                    stored -> {
                      throw failure;
                    },
                    "bob"))
        .isSameAs(failure);
    assertThat(store.latestRevision()).isEqualTo(revision);
    assertThat(subject()).isEqualTo(wanted);
  }

  private Subject subject() {
    return schemas.subject("clicks");
  }

  @Test
  void whatIsNotThereIsAnsweredWithWhatIs() {
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> schemas.subject("x"),
            () -> schemas.schema("x", 0),
            () -> schemas.schema("x", 1),
            () -> schemas.schemas("x", Long.MAX_VALUE, 10),
            () -> schemas.deleteSchemas("x", 0, "ann"),
            () -> schemas.updateSubject("x", stored -> stored, "ann"),
            () -> table("t", follow("value", "x")))) {
      assertNotFound(
          call,
          "Subject 'x' does not exist. There are no subjects yet: register one with `catalog schema"
              + " register`.");
    }
    register("b", "id");
    register("a", "id");
    register("gone", "id");
    schemas.deleteSchemas("gone", 0, "ann");
    assertNotFound(
        () -> schemas.subject("gone"), "Subject 'gone' does not exist. Known subjects: a, b.");
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> schemas.schema("a", 7),
            () -> schemas.deleteSchemas("a", 7, "ann"),
            () -> table("t", pin("value", "a", 7)))) {
      assertNotFound(
          call, "Subject 'a' has no version 7, or it was deleted. See `catalog schema list a`.");
    }
    assertNotFound(() -> schemas.schema(99), "There is no schema of the id 99.");
  }

  @Test
  void subjectsAreListedByNameAndVersionsTheNewestFirst() {
    for (String subject : List.of("b", "a", "B", "c.d")) {
      register(subject, "1");
    }
    register("a", "2");
    register("a", "3");
    schemas.deleteSchemas("b", 0, "ann");
    assertThat(schemas.subjects("", 10)).extracting(Subject::name).containsExactly("B", "a", "c.d");
    assertThat(schemas.subjects("B", 1)).extracting(Subject::name).containsExactly("a");
    assertThat(schemas.schemas("a", Long.MAX_VALUE, 2))
        .extracting(StoredSchema::version)
        .containsExactly(3L, 2L);
    assertThat(schemas.schemas("a", 2, 2)).extracting(StoredSchema::version).containsExactly(1L);
  }

  // ---- Deletions ----

  @Test
  void aDeletedVersionIsATombstoneWhoseNumberAndIdNeverComeBack() {
    StoredSchema first = register("clicks", "id").schema();
    StoredSchema second = register("clicks", "id name").schema();

    assertThat(schemas.deleteSchemas("clicks", 2, "bob")).containsExactly(2L);

    assertThat(schemas.subject("clicks").latestVersion()).isEqualTo(1);
    assertThat(schemas.schema("clicks", 0).version()).isEqualTo(1);
    assertThat(schemas.schema(second.id()))
        .usingRecursiveComparison()
        .ignoringFields("deleted")
        .isEqualTo(second);
    assertThat(schemas.schema(second.id()).deleted()).isTrue();
    StoredSchema again = register("clicks", "id name").schema();
    assertThat(again.version()).isEqualTo(3);
    assertThat(again.id()).isNotIn(first.id(), second.id());

    assertThat(schemas.deleteSchemas("clicks", 0, "bob")).containsExactly(1L, 3L);
    assertThat(lastRevision().changes())
        .containsExactly(
            new Change(Change.Subject.SCHEMA, first.subjectId(), Operation.DROP, "clicks"));
    StoredSchema back = register("clicks", "id").schema();
    assertThat(back.version()).isEqualTo(4);
    assertThat(back.id()).isNotIn(first.id(), second.id(), again.id());
    assertThat(back.subjectId()).isEqualTo(first.subjectId());
    assertThat(schemas.schemas("clicks", Long.MAX_VALUE, 10))
        .extracting(StoredSchema::version, StoredSchema::deleted)
        .containsExactly(tuple(4L, false), tuple(3L, true), tuple(2L, true), tuple(1L, true));
  }

  @Test
  void theVersionsOfADeletedSubjectAreListedToTheLastPage() {
    register("clicks", "a");
    register("clicks", "b");
    schemas.deleteSchemas("clicks", 0, "ann");
    assertThat(schemas.schemas("clicks", Long.MAX_VALUE, 2)).hasSize(2);
    assertThat(schemas.schemas("clicks", 1, 2)).isEmpty();
  }

  @Test
  void aSchemaThatATableUsesIsNotDeletedAndTheTablesAreNamed() {
    register("clicks", "id");
    table("old", pin("value", "clicks", 1));
    table("b", follow("value", "clicks"));
    table("a", follow("key", "clicks"));
    register("clicks", "id name");
    List<String> before = everyRow();

    assertFails(
        () -> schemas.deleteSchemas("clicks", 0, "ann"),
        "SCHEMA_IN_USE",
        "Subject 'clicks' is not deleted: it is used by tables kafka.a, kafka.b, kafka.old. Drop the"
            + " tables, or register with another schema, first.");
    assertFails(
        () -> schemas.deleteSchemas("clicks", 1, "ann"),
        "SCHEMA_IN_USE",
        "Version 1 of subject 'clicks' is not deleted: it is used by table kafka.old. Drop the"
            + " table, or register with another schema, first.");
    assertFails(
        () -> schemas.deleteSchemas("clicks", 2, "ann"),
        "SCHEMA_IN_USE",
        "Version 2 of subject 'clicks' is not deleted: it is used by tables kafka.a, kafka.b. Drop"
            + " the tables, or register with another schema, first.");
    assertThat(everyRow()).isEqualTo(before);

    schemas.dropTable(name("old"), "ann");
    assertThat(schemas.deleteSchemas("clicks", 1, "ann")).containsExactly(1L);
    schemas.dropTable(name("a"), "ann");
    schemas.dropTable(name("b"), "ann");
    assertThat(schemas.deleteSchemas("clicks", 0, "ann")).containsExactly(2L);
  }

  @Test
  void aSchemaThatAnotherRefersToIsNotDeletedAndTheOthersAreNamed() {
    register("money", "units");
    register("money", "units cents");
    register("orders", "id", new SchemaContent.Reference("m", "money", 1));
    register("bills", "id", new SchemaContent.Reference("m", "money", 1));
    assertFails(
        () -> schemas.deleteSchemas("money", 0, "ann"),
        "SCHEMA_IN_USE",
        "Subject 'money' is not deleted: it is referred to by bills version 1, orders version 1."
            + " Delete these first.");
    assertFails(
        () -> schemas.deleteSchemas("money", 1, "ann"),
        "SCHEMA_IN_USE",
        "Version 1 of subject 'money' is not deleted: it is referred to by bills version 1, orders"
            + " version 1. Delete these first.");
    assertThat(schemas.deleteSchemas("money", 2, "ann")).containsExactly(2L);
    schemas.deleteSchemas("orders", 0, "ann");
    schemas.deleteSchemas("bills", 1, "ann");
    assertThat(schemas.deleteSchemas("money", 0, "ann")).containsExactly(1L);
  }

  @Test
  void aSubjectThatRefersToItselfIsDeletedWhole() {
    register("money", "units");
    register("money", "more", new SchemaContent.Reference("m", "money", 1));
    assertFails(
        () -> schemas.deleteSchemas("money", 1, "ann"),
        "SCHEMA_IN_USE",
        "Version 1 of subject 'money' is not deleted: it is referred to by money version 2. Delete"
            + " these first.");
    assertThat(schemas.deleteSchemas("money", 0, "ann")).containsExactly(1L, 2L);
  }

  @Test
  void aReferenceToWhatWasDeletedMeanwhileIsRefused() {
    register("money", "units");
    schemas.deleteSchemas("money", 1, "ann");
    List<String> before = everyRow();
    assertFails(
        () -> register("orders", "id", new SchemaContent.Reference("m.txt", "money", 1)),
        "REFERENCE_DELETED",
        "Version 1 of subject 'money', which the schema refers to as m.txt, was deleted meanwhile."
            + " Refer to another version.");
    assertThat(everyRow()).isEqualTo(before);
  }

  // ---- Imports ----

  @Test
  void anImportKeepsNumbersAndIdsAndLeavesWhatIsThere() {
    NewSchema second = imported("clicks", 2, 70, "id");
    NewSchema fifth = imported("clicks", 5, 71, "id name");

    RegisteredSchema first = importAll("clicks", second, fifth);

    assertThat(first.existed()).isZero();
    assertThat(first.schema())
        .extracting(StoredSchema::version, StoredSchema::id)
        .containsExactly(5L, 71);
    assertThat(versions("clicks")).containsExactly(5L, 2L);
    long revision = store.latestRevision();
    assertThat(importAll("clicks", second, fifth).existed()).isEqualTo(2);
    assertThat(store.latestRevision()).isEqualTo(revision);
    assertThat(importAll("clicks", second, fifth, imported("clicks", 6, 72, "x")).existed())
        .isEqualTo(2);
    assertThat(register("clicks", "y").schema().version()).isEqualTo(7);
  }

  @Test
  void anIdThatAnImportBroughtIsNotGivenAgain() {
    importAll("imported", imported("imported", 1, 2, "a"), imported("imported", 2, 3, "b"));
    assertThat(
            Stream.of("x", "y", "z").map(text -> register("clicks", text).schema().id()).toList())
        .containsExactly(1, 4, 5);
  }

  @Test
  void idsGoOnAfterManyThatAnImportBrought() {
    importAll(
        "imported",
        IntStream.range(0, 200)
            .mapToObj(i -> imported("imported", i + 1, i + 2, "a" + i))
            .toArray(NewSchema[]::new));
    assertThat(
            Stream.of("x", "y", "z").map(text -> register("clicks", text).schema().id()).toList())
        .containsExactly(1, 202, 203);
    importAll("last", imported("last", 1, Integer.MAX_VALUE, "z"));
    assertThat(register("clicks", "more").schema().id()).isEqualTo(204);
  }

  @Test
  void aVersionThatWasDeletedHereStaysSoAndWhatIsNewIsImported() {
    NewSchema first = imported("clicks", 1, 70, "a");
    NewSchema second = imported("clicks", 2, 71, "b");
    NewSchema third = imported("clicks", 3, 72, "c");
    importAll("clicks", first, second);
    schemas.deleteSchemas("clicks", 1, "ann");

    assertThat(importAll("clicks", first, second, third).existed()).isEqualTo(2);

    assertThat(schemas.schema(70).deleted()).isTrue();
    assertThat(schemas.schema("clicks", 0).id()).isEqualTo(72);
    schemas.deleteSchemas("clicks", 0, "ann");
    assertFails(
        () -> importAll("clicks", first, second, third),
        "VERSION_TAKEN",
        "Version 1 of subject 'clicks' is here already, deleted. Rename the subject here or there.");
  }

  @Test
  void equalTextOfTwoSubjectsSharesAnIdAndOtherTextDoesNot() {
    importAll("clicks", imported("clicks", 3, 70, "id"));

    importAll("views", imported("views", 1, 70, "id"));

    assertThat(schemas.schema("views", 1).id()).isEqualTo(70);
    assertThat(schemas.schema(70).subject()).isEqualTo("clicks");
    List<String> before = everyRow();
    assertFails(
        () -> importAll("others", imported("others", 4, 71, "x"), imported("others", 5, 70, "no")),
        "ID_TAKEN",
        "The id 70 of version 5 of subject 'others' is taken here by other content, clicks version"
            + " 3. Two registries with ids of their own cannot be imported into one catalog.");
    assertThat(everyRow()).isEqualTo(before);
  }

  @Test
  void anIdThatWasGivenHereIsTakenForAnImport() {
    int id = register("mine", "id").schema().id();
    assertFails(
        () -> importAll("clicks", imported("clicks", 1, id, "other")),
        "ID_TAKEN",
        "The id "
            + id
            + " of version 1 of subject 'clicks' is taken here by other content, mine version 1. Two"
            + " registries with ids of their own cannot be imported into one catalog.");
  }

  @Test
  void aVersionThatIsTakenRefusesAnImport() {
    register("clicks", "id");
    register("clicks", "gone");
    schemas.deleteSchemas("clicks", 2, "ann");
    List<String> before = everyRow();
    assertFails(
        () -> importAll("clicks", imported("clicks", 1, 70, "id")),
        "VERSION_TAKEN",
        "Version 1 of subject 'clicks' is here already, with other content or another id. Rename the"
            + " subject here or there.");
    assertFails(
        () -> importAll("clicks", imported("clicks", 3, 71, "x"), imported("clicks", 2, 72, "y")),
        "VERSION_TAKEN",
        "Version 2 of subject 'clicks' is here already, deleted. Rename the subject here or there.");
    assertThat(everyRow()).isEqualTo(before);
  }

  // ---- Registered tables ----

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

  // ---- Tables follow their subjects ----

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

  // ---- At the same time ----

  @Test
  void registrationsOfOneSubjectAtTheSameTimeMakeDenseVersions() throws Exception {
    long writers = 4;
    int each = 10;
    List<Future<?>> calls = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      String prefix = "w" + writer + "_";
      calls.add(
          threads.submit(
              () -> {
                for (int i = 0; i < each; i++) {
                  register("clicks", prefix + i);
                }
              }));
    }
    finish(calls);
    List<StoredSchema> all = schemas.schemas("clicks", Long.MAX_VALUE, 1_000);
    assertThat(all)
        .extracting(StoredSchema::version)
        .containsExactlyElementsOf(
            LongStream.iterate(writers * each, version -> version - 1)
                .limit(writers * each)
                .boxed()
                .toList());
    assertThat(all).extracting(StoredSchema::id).doesNotHaveDuplicates();
    assertThat(store.latestRevision()).isEqualTo(1 + writers * each);
  }

  @Test
  void aNewSubjectRegisteredTwiceAtTheSameTimeIsOne() throws Exception {
    for (int round = 0; round < 10; round++) {
      String subject = "s" + round;
      List<Future<?>> calls = new ArrayList<>();
      for (int writer = 0; writer < 3; writer++) {
        calls.add(threads.submit(() -> register(subject, "id")));
      }
      finish(calls);
      assertThat(versions(subject)).containsExactly(1L);
    }
  }

  @Test
  void versionsOfTwoSubjectsOfOneTableAtTheSameTimeDoNotBlockEachOther() throws Exception {
    register("keys", "k");
    register("values", "v");
    for (String table : List.of("a", "b", "c")) {
      table(table, follow("key", "keys"), follow("value", "values"));
    }
    int each = 15;
    List<Future<?>> calls = new ArrayList<>();
    for (String subject : List.of("keys", "values")) {
      calls.add(
          threads.submit(
              () -> {
                for (int i = 0; i < each; i++) {
                  register(subject, subject + i);
                }
              }));
    }
    finish(calls);
    for (String table : List.of("a", "b", "c")) {
      StoredTable stored = store.table(name(table), 0).orElseThrow();
      assertThat(columns(stored)).containsExactly("keys" + (each - 1), "values" + (each - 1));
      assertThat(stored.version()).isEqualTo(1 + 2 * each);
    }
  }

  @Test
  void tablesRegisteredAndDroppedWhileVersionsComeEndWithTheNewest() throws Exception {
    register("clicks", "c");
    int each = 15;
    List<Future<?>> calls = new ArrayList<>();
    calls.add(
        threads.submit(
            () -> {
              for (int i = 0; i < each; i++) {
                register("clicks", "c" + i);
              }
            }));
    for (String table : List.of("a", "b")) {
      calls.add(
          threads.submit(
              () -> {
                for (int i = 0; i < each; i++) {
                  table(table, follow("value", "clicks"));
                  schemas.dropTable(name(table), "ann");
                }
                table(table, follow("value", "clicks"));
              }));
    }
    finish(calls);
    for (String table : List.of("a", "b")) {
      assertThat(columns(store.table(name(table), 0).orElseThrow()))
          .containsExactly("c" + (each - 1));
    }
  }

  @Test
  void aTableWaitsForAVersionThatIsBeingRegisteredAndHasIt() throws Exception {
    register("clicks", "id");
    CountDownLatch checking = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    SchemaRules slow =
        new Rules() {
          @Override
          public void check(Subject subject, List<StoredSchema> earlier) {
            checking.countDown();
            awaitLatch(mayEnd);
          }
        };
    Future<?> version = threads.submit(() -> register("clicks", null, slow, "id name"));
    awaitLatch(checking);
    Future<RegisteredTable> table = threads.submit(() -> table("t", follow("value", "clicks")));
    await().until(() -> waitingForLocks() == 1);
    mayEnd.countDown();
    version.get(30, TimeUnit.SECONDS);
    assertThat(columns(table.get(30, TimeUnit.SECONDS).table())).containsExactly("id", "name");
  }

  @Test
  void ofTablesThatExcludeEachOtherOneIsRegisteredHoweverManyComeAtOnce() throws Exception {
    register("clicks", "id");
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String table = "t" + i;
      calls.add(
          threads.submit(
              () ->
                  schemas.registerTable(
                      name(table),
                      List.of(follow("value", "clicks")),
                      false,
                      (source, stored, used, registered) -> {
                        if (!registered.get().isEmpty()) {
                          throw CatalogException.invalid("there is one", List.of());
                        }
                        return new NewTable(
                            physical(table, Map.of(), List.of(follow("value", "clicks")), used),
                            null);
                      },
                      "ann")));
    }
    int refused = 0;
    for (Future<?> call : calls) {
      try {
        call.get(30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).cause().hasMessageContaining("there is one");
        refused++;
      }
    }
    assertThat(refused).isEqualTo(7);
  }

  @Test
  void aVersionAndADeletionWaitForATableThatIsBeingRegistered() throws Exception {
    register("clicks", "id");
    CountDownLatch deciding = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Future<?> table =
        threads.submit(
            () ->
                schemas.registerTable(
                    name("t"),
                    List.of(follow("value", "clicks")),
                    false,
                    (source, stored, used, registered) -> {
                      deciding.countDown();
                      awaitLatch(mayEnd);
                      return new NewTable(
                          physical("t", Map.of(), List.of(follow("value", "clicks")), used), null);
                    },
                    "ann"));
    awaitLatch(deciding);
    Future<?> deletion = threads.submit(() -> schemas.deleteSchemas("clicks", 0, "ann"));
    await().until(() -> waitingForLocks() == 1);
    Future<RegisteredSchema> version = threads.submit(() -> register("clicks", "id name"));
    await().until(() -> waitingForLocks() == 2);
    mayEnd.countDown();
    table.get(30, TimeUnit.SECONDS);
    assertThat(version.get(30, TimeUnit.SECONDS).updatedTables()).containsExactly("kafka.t");
    assertThatThrownBy(() -> deletion.get(30, TimeUnit.SECONDS))
        .cause()
        .hasMessageContaining("it is used by table kafka.t");
    assertThat(columns(store.table(name("t"), 0).orElseThrow())).containsExactly("id", "name");
  }

  @Test
  void twoImportsAtTheSameTimeDoNotTakeOneIdForOtherContent() throws Exception {
    register("clicks", "id");
    table("t", follow("value", "clicks"));
    CountDownLatch stored = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    SchemaRules slow =
        new Rules() {
          @Override
          public PhysicalTable follow(StoredTable table, Map<String, StoredSchema> used) {
            stored.countDown();
            awaitLatch(mayEnd);
            return super.follow(table, used);
          }
        };
    Future<?> first =
        threads.submit(
            () ->
                schemas.registerSchemas(
                    "clicks",
                    KIND,
                    null,
                    null,
                    List.of(imported("clicks", 2, 2, "one")),
                    slow,
                    true,
                    "ann"));
    awaitLatch(stored);
    Future<?> other = threads.submit(() -> importAll("b", imported("b", 1, 2, "two")));
    // The sequence would give this one the id 2, too.
    Future<RegisteredSchema> mine = threads.submit(() -> register("mine", "three"));
    await().until(() -> waitingForLocks() == 2);
    mayEnd.countDown();
    first.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> other.get(30, TimeUnit.SECONDS))
        .cause()
        .hasMessage(
            "The id 2 of version 1 of subject 'b' is taken here by other content, clicks version 2."
                + " Two registries with ids of their own cannot be imported into one catalog.");
    assertThat(mine.get(30, TimeUnit.SECONDS).schema().id()).isEqualTo(3);
  }

  @Test
  void aSourceIsRemovedWhileItsTablesFollowWithoutADeadlock() throws Exception {
    for (int round = 0; round < 5; round++) {
      String source = "k" + round;
      store.createSource(source, "kafka", Map.of(), Map.of(), true, "ann");
      register(source, "id");
      TableName name = new TableName(source, "t");
      registerTable(name, Map.of(), follow("value", source));
      List<Future<?>> calls =
          List.of(
              threads.submit(() -> store.deleteSource(source, 0, "ann")),
              threads.submit(() -> register(source, "id name")));
      finish(calls);
      assertThat(store.table(name, 0)).isEmpty();
      assertThat(versions(source)).containsExactly(2L, 1L);
    }
  }

  // ---- What the tests have in common ----

  /** Remembers what it was shown. */
  private static class Rules implements SchemaRules {
    final List<List<Long>> compared = new ArrayList<>();

    @Override
    public void check(Subject subject, List<StoredSchema> earlier) {
      compared.add(earlier.stream().map(StoredSchema::version).toList());
    }

    @Override
    public PhysicalTable follow(StoredTable table, Map<String, StoredSchema> used) {
      Registration registration = table.physical().registration();
      return physical(
          table.name().table(),
          registration.options(),
          registration.schemas().stream()
              .map(
                  use ->
                      new AskedSchema(
                          use.role(), use.subject(), use.pinned() ? use.version() : 0, ""))
              .toList(),
          used);
    }
  }

  private static PhysicalTable physical(
      String name,
      Map<String, String> options,
      List<AskedSchema> asked,
      Map<String, StoredSchema> used) {
    List<Column> columns = new ArrayList<>();
    List<SchemaUse> uses = new ArrayList<>();
    for (AskedSchema schema : asked) {
      StoredSchema found = used.get(schema.role());
      uses.add(
          new SchemaUse(
              schema.role(),
              found.subjectId(),
              found.subject(),
              found.version(),
              schema.version() != 0,
              ""));
      for (String column : found.content().files().get(0).text().strip().split(" ", -1)) {
        columns.add(new Column(column, "STRING", true, "", Map.of()));
      }
    }
    String needed = options.get("needs");
    if (needed != null && columns.stream().noneMatch(column -> column.name().equals(needed))) {
      throw new CatalogException(ErrorCode.INVALID_ARGUMENT, "NO_COLUMN", "there is no " + needed);
    }
    return new PhysicalTable(
        name,
        PhysicalTable.Kind.TABLE,
        columns,
        null,
        List.of(),
        List.of(),
        "",
        Map.of(),
        new Registration(options, uses));
  }

  private static SchemaContent content(String file, String text, SchemaContent.Reference... to) {
    return new SchemaContent(List.of(new SchemaContent.File(file, text)), "", Arrays.asList(to));
  }

  private static NewSchema schema(String text, SchemaContent.Reference... to) {
    return new NewSchema(
        0, 0, content("a.txt", text, to), new CompiledSchema(text.getBytes(UTF_8), List.of()));
  }

  private static NewSchema imported(String subject, long version, int id, String text) {
    return new NewSchema(
        version,
        id,
        content(subject + ".txt", text),
        new CompiledSchema(text.getBytes(UTF_8), List.of()));
  }

  private RegisteredSchema register(String subject, String text, SchemaContent.Reference... to) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(schema(text, to)), new Rules(), true, "ann");
  }

  private RegisteredSchema registerAs(String subject, String kind, String text) {
    return schemas.registerSchemas(
        subject, kind, null, null, List.of(schema(text)), new Rules(), true, "ann");
  }

  private RegisteredSchema register(
      String subject, Compatibility compatibility, SchemaRules rules, String text) {
    return schemas.registerSchemas(
        subject, KIND, compatibility, null, List.of(schema(text)), rules, true, "ann");
  }

  private RegisteredSchema check(String subject, String text) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(schema(text)), new Rules(), false, "ann");
  }

  private RegisteredSchema importAll(String subject, NewSchema... imported) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(imported), new Rules(), true, "ann");
  }

  private static AskedSchema follow(String role, String subject) {
    return new AskedSchema(role, subject, 0, "");
  }

  private static AskedSchema pin(String role, String subject, long version) {
    return new AskedSchema(role, subject, version, "");
  }

  private static TableName name(String table) {
    return new TableName("kafka", table);
  }

  private RegisteredTable table(String table, AskedSchema... asked) {
    return registerTable(name(table), Map.of(), asked);
  }

  private RegisteredTable needing(String table, String column, AskedSchema... asked) {
    return registerTable(name(table), Map.of("needs", column), asked);
  }

  private RegisteredTable registerTable(
      TableName name, Map<String, String> options, AskedSchema... asked) {
    return schemas.registerTable(
        name,
        List.of(asked),
        false,
        (source, stored, used, registered) ->
            new NewTable(physical(name.table(), options, List.of(asked), used), null),
        "ann");
  }

  private static Overlay overlay(String owner) {
    return new Overlay(
        null, List.of(), List.of(), List.of(), List.of(), Map.of(), "", owner, Map.of(), Map.of());
  }

  private static List<String> columns(StoredTable table) {
    return table.physical().columns().stream().map(Column::name).toList();
  }

  private List<Long> versions(String subject) {
    return schemas.schemas(subject, Long.MAX_VALUE, 1_000).stream()
        .map(StoredSchema::version)
        .toList();
  }

  private Revision lastRevision() {
    List<Revision> revisions = store.revisions(store.latestRevision() - 1, 10);
    assertThat(revisions).hasSize(1);
    return revisions.get(0);
  }

  private List<String> everyRow() {
    List<String> rows = new ArrayList<>();
    for (String table :
        List.of(
            "schema_subject",
            "schema_version",
            "schema_reference",
            "schema_use",
            "catalog_table",
            "table_version",
            "change",
            "revision")) {
      rows.addAll(sql("SELECT t::text FROM " + table + " t ORDER BY 1"));
    }
    return rows;
  }

  private List<String> sql(String query) {
    return Jdbi.create(dataSource)
        .withHandle(handle -> handle.createQuery(query).mapTo(String.class).list());
  }

  private long waitingForLocks() {
    return Long.parseLong(
        sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND wait_event_type = 'Lock'")
            .get(0));
  }

  private static void finish(List<Future<?>> calls) throws Exception {
    for (Future<?> call : calls) {
      call.get(60, TimeUnit.SECONDS);
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertNotFound(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
            });
  }

  private static void assertFails(ThrowingCallable call, String reason, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
            });
  }
}
