package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Change;
import io.unifiedcatalog.server.store.MetadataStore.Change.Operation;
import io.unifiedcatalog.server.store.MetadataStore.Change.Subject;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Sources in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class StoredSourcesTest extends CrawledStoreContract {
  @Test
  void aSourceComesBackAsItWasStored() {
    Source created =
        store.createSource(
            "shop", "mysql", Map.of("host", "h", "empty", ""), secrets("pass'word"), false, "ann");
    assertThat(created.version()).isEqualTo(1);
    Source read = open(false).source("shop");
    assertThat(read)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> a.reveal().equals(b.reveal()), Secret.class)
        .isEqualTo(created);
    assertThat(store.revisions(0, 10))
        .singleElement()
        .satisfies(
            revision -> {
              assertThat(revision.id()).isEqualTo(1);
              assertThat(revision.author()).isEqualTo("ann");
              assertThat(revision.changes())
                  .containsExactly(
                      new Change(Subject.SOURCE, created.id(), Operation.CREATE, "shop"));
            });
  }

  @Test
  void noSecretIsStoredInClear() {
    store.createSource("shop", "mysql", Map.of(), secrets("pass'word"), false, "ann");
    assertThat(sql("SELECT encode(sealed, 'escape') FROM source_secret"))
        .singleElement()
        .satisfies(text -> assertThat(text).doesNotContain("pass'word"));
  }

  @Test
  void aSecondSourceOfOneNameIsRefused() {
    source("shop");
    assertFails(
        () -> source("shop"),
        ErrorCode.ALREADY_EXISTS,
        "Source 'shop' exists already. Choose another name, or update that source.");
    assertThat(store.latestRevision()).isEqualTo(1);
  }

  @Test
  void anUnknownSourceIsAnsweredWithTheKnownOnes() {
    assertFails(
        () -> store.source("shop"),
        ErrorCode.NOT_FOUND,
        "Source 'shop' does not exist. There are no sources yet.");
    source("b");
    source("a");
    String message = "Source 'shop' does not exist. Known sources: a, b.";
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> store.source("shop"),
            () -> store.sourceSummary("shop"),
            () -> store.updateSource("shop", UnaryOperator.identity(), 0, "ann"),
            () -> store.deleteSource("shop", 0, "ann"),
            () -> store.runs("shop", Long.MAX_VALUE, 10),
            () -> store.databases("shop", "", 10))) {
      assertFails(call, ErrorCode.NOT_FOUND, message);
    }
  }

  @Test
  void anUpdateKeepsWhatItDoesNotChange() {
    Source created =
        store.createSource("shop", "mysql", Map.of("host", "h"), secrets("old"), false, "ann");
    Source updated =
        store.updateSource(
            "shop", source -> with(source, secrets("new")), created.version(), "bob");
    assertThat(updated.version()).isEqualTo(2);
    Source read = store.source("shop");
    assertThat(read.id()).isEqualTo(created.id());
    assertThat(read.version()).isEqualTo(2);
    assertThat(read.options()).isEqualTo(Map.of("host", "h"));
    assertThat(read.secrets().get("password").reveal()).isEqualTo("new");
    assertFails(
        () -> store.updateSource("shop", UnaryOperator.identity(), 1, "eve"),
        ErrorCode.ABORTED,
        "Source 'shop' was changed by another call since it was read. Read it again and repeat.");
    assertThat(store.latestRevision()).isEqualTo(2);
  }

  @Test
  void anUpdateThatFailsLeavesEverythingAsItWas() {
    source("shop");
    IllegalStateException failure = new IllegalStateException("no");
    assertThatThrownBy(
            () ->
                store.updateSource(
                    "shop",
                    source -> {
                      throw failure;
                    },
                    0,
                    "ann"))
        .isSameAs(failure);
    assertThat(store.source("shop").version()).isEqualTo(1);
    assertThat(store.latestRevision()).isEqualTo(1);
  }

  @Test
  void concurrentUpdatesHappenOneAfterTheOther() throws Exception {
    store.createSource("shop", "mysql", Map.of("count", "0"), Map.of(), false, "ann");
    List<Future<?>> updates = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      updates.add(
          threads.submit(
              () ->
                  store.updateSource(
                      "shop",
                      source -> {
                        int count = Integer.parseInt(source.options().get("count"));
                        return new Source(
                            source.id(),
                            source.name(),
                            source.kind(),
                            Map.of("count", Integer.toString(count + 1)),
                            source.secrets(),
                            source.version());
                      },
                      0,
                      "ann")));
    }
    for (Future<?> update : updates) {
      update.get();
    }
    assertThat(store.source("shop").options()).containsEntry("count", "40");
    assertThat(store.latestRevision()).isEqualTo(41);
  }

  @Test
  void aSourceIsNeverReadWithTheSecretsOfAnotherVersion() throws Exception {
    store.createSource("shop", "mysql", Map.of("host", "0"), secrets("0"), false, "ann");
    Future<?> writer =
        threads.submit(
            () -> {
              for (int i = 1; i <= 300; i++) {
                String next = Integer.toString(i);
                store.updateSource(
                    "shop",
                    source ->
                        new Source(
                            source.id(),
                            source.name(),
                            source.kind(),
                            Map.of("host", next),
                            secrets(next),
                            source.version()),
                    0,
                    "ann");
              }
            });
    while (!writer.isDone()) {
      Source read = store.source("shop");
      assertThat(read.secrets().get("password").reveal()).isEqualTo(read.options().get("host"));
    }
    writer.get();
  }

  @Test
  void aRemovedSourceFreesItsNamesAndKeepsItsHistory() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders"), table("items")));
    store.releaseLease(lease(source("other")));
    long before = store.latestRevision();

    assertThat(store.deleteSource("shop", 1, "ann")).isEqualTo(2);

    assertThat(store.latestRevision()).isEqualTo(before + 1);
    assertThat(store.revisions(before, 1).get(0).changes())
        .extracting(Change::subject, Change::operation, Change::name)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Subject.SOURCE, Operation.DROP, "shop"),
            org.assertj.core.groups.Tuple.tuple(Subject.DATABASE, Operation.DROP, "shop_sales"),
            org.assertj.core.groups.Tuple.tuple(Subject.TABLE, Operation.DROP, "shop_sales.items"),
            org.assertj.core.groups.Tuple.tuple(
                Subject.TABLE, Operation.DROP, "shop_sales.orders"));
    assertThat(store.table(new TableName("shop_sales", "orders"), 0)).isEmpty();
    assertThat(store.table(new TableName("shop_sales", "orders"), 1)).isPresent();
    assertThat(store.databases("", "", 10)).isEmpty();
    assertThat(store.databaseOwner("shop_sales")).isEmpty();
    assertThat(sql("SELECT key FROM source_secret WHERE source_id = '" + shop.id() + "'"))
        .isEmpty();
    assertFails(
        () -> store.acquireLease(shop.id(), "me", LONG),
        ErrorCode.NOT_FOUND,
        "The source was removed. Add it again to crawl it.");

    Source again = source("shop");
    assertThat(again.id()).isNotEqualTo(shop.id());
    crawl(again, changes("sales", table("orders")));
    assertThat(store.table(new TableName("shop_sales", "orders"), 0))
        .hasValueSatisfying(table -> assertThat(table.source().id()).isEqualTo(again.id()));
  }

  @Test
  void aSourceIsNotRemovedWhileItIsCrawled() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    assertFails(
        () -> store.deleteSource("shop", 0, "ann"),
        ErrorCode.FAILED_PRECONDITION,
        "Source 'shop' cannot be removed while a crawl of it is under way. Remove it when the crawl"
            + " is over.");
    assertThat(store.source("shop").secrets()).hasSize(1);
    assertFails(
        () -> store.deleteSource("shop", 7, "ann"),
        ErrorCode.ABORTED,
        "Source 'shop' was changed by another call since it was read. Read it again and repeat.");
    store.releaseLease(lease);
    assertThat(store.deleteSource("shop", 0, "ann")).isZero();
  }

  @Test
  void aSummaryShowsTablesAndTheNewestRunAndNoSecret() {
    Source shop = source("shop");
    source("zoo");
    Lease lease = lease(shop);
    store.startRun(lease, "ann");
    store.applyCrawl(lease, changes("sales", table("orders"), table("items")), "ann", "crawl");
    CrawlRun second = store.startRun(lease, "bob");
    assertThat(store.sources("", 10))
        .satisfiesExactly(
            summary -> {
              assertThat(summary.source().secrets()).isEmpty();
              assertThat(summary.storedSecrets()).containsExactly("password");
              assertThat(summary.tableCount()).isEqualTo(2);
              assertThat(summary.latestRun()).isEqualTo(second);
            },
            summary -> assertThat(summary.latestRun()).isNull());
    assertThat(store.sources("shop", 10)).extracting(s -> s.source().name()).containsExactly("zoo");
    assertThat(store.sources("", 1)).extracting(s -> s.source().name()).containsExactly("shop");
    assertThat(store.sourceSummary("shop")).isEqualTo(store.sources("", 1).get(0));
  }

  private static Source with(Source source, Map<String, Secret> secrets) {
    return new Source(
        source.id(), source.name(), source.kind(), source.options(), secrets, source.version());
  }
}
