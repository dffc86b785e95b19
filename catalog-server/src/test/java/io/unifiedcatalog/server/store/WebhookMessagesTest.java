package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Messages in the store that wait for the webhook. */
@NullUnmarked // a null where there should be a value fails the test all the same
class WebhookMessagesTest extends CrawledStoreContract {
  @Test
  void aRunThatEndsWaitsForTheWebhookUnlessItFoundNothingNewAfterAGoodOne() {
    Source shop = source("shop");
    store = open(true);
    Lease lease = lease(shop);
    long firstOfAll = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    long changed = finishedRun(lease, CrawlRun.State.SUCCEEDED, 7);
    long failed = finishedRun(lease, CrawlRun.State.FAILED, 0);
    long failedAgain = finishedRun(lease, CrawlRun.State.FAILED, 0);
    long good = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);
    long held = finishedRun(lease, CrawlRun.State.HELD, 0);
    var unused = store.resolveHeldRun(held, CrawlRun.State.DISCARDED);
    long afterHeld = finishedRun(lease, CrawlRun.State.SUCCEEDED, 0);

    assertThat(store.waitingMessages()).isEqualTo(7);
    List<String> told = new ArrayList<>();
    for (MetadataStore.WebhookMessage message :
        Stream.generate(() -> store.claimMessage(LONG))
            .takeWhile(Optional::isPresent)
            .map(Optional::get)
            .toList()) {
      told.add(message.runId() + " " + message.state());
    }
    assertThat(told)
        .containsExactly(
            firstOfAll + " SUCCEEDED",
            changed + " SUCCEEDED",
            failed + " FAILED",
            failedAgain + " FAILED",
            good + " SUCCEEDED",
            held + " HELD",
            afterHeld + " SUCCEEDED");
  }

  @Test
  void aRunWhoseServerWasLostIsToldOnceAsInterrupted() {
    Source shop = source("shop");
    store = open(true);
    Lease lost = lease(shop);
    long run = store.startRun(lost, "ann").id();
    store.releaseLease(lost);
    Lease next = lease(shop);
    var unused = store.startRun(next, "bob");

    assertThat(store.waitingMessages()).isEqualTo(1);
    assertThat(store.claimMessage(LONG))
        .hasValueSatisfying(
            message -> {
              assertThat(message.runId()).isEqualTo(run);
              assertThat(message.state()).isEqualTo(CrawlRun.State.INTERRUPTED);
            });
    assertThatThrownBy(() -> store.finishRun(lost, run, CrawlRun.State.SUCCEEDED, "", List.of()))
        .isInstanceOf(CatalogException.class);
    assertThat(store.waitingMessages()).isEqualTo(1);
  }

  @Test
  void withoutAWebhookNoRunWaitsForOne() {
    Lease lease = lease(source("shop"));
    finishedRun(lease, CrawlRun.State.FAILED, 0);
    assertThat(store.waitingMessages()).isZero();
  }

  @Test
  void aMessageIsHeldByOneAndDueAgainIfThatOneIsLost() {
    store = open(true);
    finishedRun(lease(source("shop")), CrawlRun.State.FAILED, 0);

    MetadataStore.WebhookMessage lost = store.claimMessage(Duration.ZERO).orElseThrow();
    MetadataStore.WebhookMessage second = store.claimMessage(LONG).orElseThrow();
    assertThat(lost.attempts()).isEqualTo(1);
    assertThat(second.attempts()).isEqualTo(2);
    assertThat(second.id()).isEqualTo(lost.id());
    assertThat(store.claimMessage(LONG)).isEmpty();

    // The first comes to life again.
    store.postponeMessage(lost, Duration.ZERO);
    assertThat(store.claimMessage(LONG)).isEmpty();
    store.postponeMessage(second, Duration.ZERO);
    assertThat(store.claimMessage(LONG))
        .hasValueSatisfying(third -> assertThat(third.attempts()).isEqualTo(3));
    store.removeMessage(second);
    assertThat(store.waitingMessages()).isZero();
  }

  @Test
  void manyWhoAskAtOnceGetEachMessageOnce() throws Exception {
    store = open(true);
    Lease lease = lease(source("shop"));
    for (int i = 0; i < 30; i++) {
      finishedRun(lease, CrawlRun.State.FAILED, 0);
    }
    List<Future<List<UUID>>> claims = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      claims.add(
          threads.submit(
              () ->
                  Stream.generate(() -> store.claimMessage(LONG))
                      .takeWhile(Optional::isPresent)
                      .map(message -> message.get().id())
                      .toList()));
    }
    List<UUID> ids = new ArrayList<>();
    for (Future<List<UUID>> each : claims) {
      ids.addAll(each.get(60, TimeUnit.SECONDS));
    }
    assertThat(ids).hasSize(30).doesNotHaveDuplicates();
  }

  @Test
  void aRunThatIsRemovedIsToldNoMore() {
    Source shop = source("shop");
    store = open(true);
    Lease lease = lease(shop);
    finishedRun(lease, CrawlRun.State.FAILED, 0);
    long newest = finishedRun(lease, CrawlRun.State.FAILED, 0);
    store.removeRuns(shop.id(), Duration.ZERO);
    assertThat(store.waitingMessages()).isEqualTo(1);
    assertThat(store.claimMessage(LONG).orElseThrow().runId()).isEqualTo(newest);
  }

  /** Has a crawl end, with one database in which a revision was stored (0: none was). */
  private long finishedRun(Lease lease, CrawlRun.State state, long revision) {
    long id = store.startRun(lease, "ann").id();
    store.finishRun(
        lease,
        id,
        state,
        "",
        List.of(
            new CrawlRun.DatabaseOutcome(
                "sales",
                "shop_sales",
                CrawlRun.DatabaseOutcome.State.UNCHANGED,
                "",
                0,
                0,
                0,
                4,
                0,
                revision,
                Duration.ZERO,
                Duration.ZERO,
                List.of(),
                List.of())));
    return id;
  }
}
