package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Imports of schemas into the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class SchemaImportsTest extends SchemaStoreContract {
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
}
