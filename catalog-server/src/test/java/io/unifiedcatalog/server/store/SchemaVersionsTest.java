package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.Subject;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Subjects and versions of schemas in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class SchemaVersionsTest extends SchemaStoreContract {
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
}
