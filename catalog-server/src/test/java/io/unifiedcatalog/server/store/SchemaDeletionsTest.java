package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Deletions of schemas in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class SchemaDeletionsTest extends SchemaStoreContract {
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
}
