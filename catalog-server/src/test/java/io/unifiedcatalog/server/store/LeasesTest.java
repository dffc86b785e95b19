package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Leases of sources in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class LeasesTest extends CrawledStoreContract {
  @Test
  void onlyOneHoldsTheLease() {
    Source shop = source("shop");
    Lease first = lease(shop);
    assertThat(store.acquireLease(shop.id(), "other", LONG)).isEmpty();
    assertThat(store.acquireLease(shop.id(), "me", LONG)).isEmpty();
    assertThat(store.renewLease(first, LONG)).isTrue();
    store.releaseLease(first);
    assertThat(store.renewLease(first, LONG)).isFalse();
    Lease second = store.acquireLease(shop.id(), "other", LONG).orElseThrow();
    assertThat(second.fence()).isGreaterThan(first.fence());
    store.releaseLease(first);
    assertThat(store.renewLease(second, LONG)).isTrue();
    assertThat(store.acquireLease(source("another").id(), "me", LONG)).isPresent();
  }

  @Test
  void ofManyWhoWantTheLeaseOneGetsIt() throws Exception {
    Source shop = source("shop");
    for (int round = 0; round < 5; round++) {
      List<Future<Optional<Lease>>> attempts = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String owner = "owner" + i;
        attempts.add(threads.submit(() -> store.acquireLease(shop.id(), owner, LONG)));
      }
      List<Lease> leases = new ArrayList<>();
      for (Future<Optional<Lease>> attempt : attempts) {
        attempt.get().ifPresent(leases::add);
      }
      assertThat(leases).hasSize(1);
      assertThat(leases.get(0).fence()).isEqualTo(round + 1);
      store.releaseLease(leases.get(0));
    }
  }

  @Test
  void aHolderWhoseLeaseRanOutWritesNothing() {
    Source shop = source("shop");
    Lease lost = store.acquireLease(shop.id(), "me", Duration.ofMillis(1)).orElseThrow();
    await().until(() -> !store.renewLease(lost, Duration.ofMillis(1)));
    long before = store.latestRevision();
    String message =
        "This crawl lost its lease on the source to another one, or did not renew it in time; it"
            + " stored nothing more. Look at the source's newest run, and crawl again if needed.";
    assertFails(
        () -> store.applyCrawl(lost, changes("sales", table("t")), "me", "crawl"),
        ErrorCode.ABORTED,
        message);

    Lease taken = store.acquireLease(shop.id(), "other", LONG).orElseThrow();
    assertThat(taken.fence()).isGreaterThan(lost.fence());
    assertThat(store.renewLease(lost, LONG)).isFalse();
    store.releaseLease(lost);
    assertFails(
        () -> store.applyCrawl(lost, changes("sales", table("t")), "me", "crawl"),
        ErrorCode.ABORTED,
        message);
    assertFails(() -> store.startRun(lost, "me"), ErrorCode.ABORTED, message);
    assertThat(store.latestRevision()).isEqualTo(before);
    assertThat(store.nativeDatabases(shop.id())).isEmpty();
    assertThat(store.applyCrawl(taken, changes("sales", table("t")), "other", "crawl"))
        .hasValue(before + 1);
  }

  @Test
  void aHolderThatLosesItsLeaseWhileItWritesWritesNothing() throws Exception {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    Lease lost = lease(shop);
    // Its write waits for a row that this overlay's change holds.
    CountDownLatch changing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    TableName name = new TableName("shop_sales", "orders");
    Future<StoredTable> overlay =
        threads.submit(
            () ->
                store.updateOverlay(
                    name,
                    "",
                    table -> {
                      changing.countDown();
                      awaitLatch(goOn);
                      return overlay("ann");
                    },
                    "ann"));
    awaitLatch(changing);
    Future<OptionalLong> write =
        threads.submit(
            () ->
                store.applyCrawl(
                    lost,
                    changes("sales", table("orders", "id", "more"), table("new")),
                    "me",
                    "crawl"));
    awaitWaitingForLocks(1);
    store.releaseLease(lost);
    assertThat(store.acquireLease(shop.id(), "other", LONG)).isPresent();
    goOn.countDown();
    overlay.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> write.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED));
    assertThat(store.tables("shop_sales", "", 10)).hasSize(1);
    assertThat(store.table(name, 0).orElseThrow().physical()).isEqualTo(table("orders"));
  }

  @Test
  void aRemovalWaitsForACrawlThatIsBeingStored() throws Exception {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("orders")));
    Lease lost = lease(shop);
    CountDownLatch changing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Future<StoredTable> overlay =
        threads.submit(
            () ->
                store.updateOverlay(
                    new TableName("shop_sales", "orders"),
                    "",
                    table -> {
                      changing.countDown();
                      awaitLatch(goOn);
                      return overlay("ann");
                    },
                    "ann"));
    awaitLatch(changing);
    Future<OptionalLong> write =
        threads.submit(
            () ->
                store.applyCrawl(
                    lost, changes("sales", table("orders", "id", "more")), "me", "crawl"));
    awaitWaitingForLocks(1);
    store.releaseLease(lost);
    Future<Long> removal = threads.submit(() -> store.deleteSource("shop", 0, "ann"));
    awaitWaitingForLocks(2);
    goOn.countDown();
    overlay.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> write.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.reason()).isEqualTo("LEASE_LOST"));
    assertThat(removal.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(store.databases("", "", 10)).isEmpty();
  }
}
