package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Calls at the same time on schemas and registered tables in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class SchemaConcurrencyTest extends SchemaStoreContract {
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
    awaitWaitingForLocks(1);
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
    awaitWaitingForLocks(1);
    Future<RegisteredSchema> version = threads.submit(() -> register("clicks", "id name"));
    awaitWaitingForLocks(2);
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
    awaitWaitingForLocks(2);
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
}
