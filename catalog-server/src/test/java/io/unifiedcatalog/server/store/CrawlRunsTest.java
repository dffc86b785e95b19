package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Crawl runs in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class CrawlRunsTest extends CrawledStoreContract {
  @Test
  void oldRunsAreRemovedButForHeldOnesTheNewestAndTheNewestThatSucceeded() {
    Source shop = source("shop");
    Source other = source("other");
    List<Long> ids = new ArrayList<>();
    for (CrawlRun.State state :
        List.of(
            CrawlRun.State.SUCCEEDED,
            CrawlRun.State.SUCCEEDED,
            CrawlRun.State.HELD,
            CrawlRun.State.INTERRUPTED,
            CrawlRun.State.FAILED)) {
      Lease lease = lease(shop);
      long id = store.startRun(lease, "ann").id();
      store.finishRun(lease, id, state, "", List.of());
      store.releaseLease(lease);
      ids.add(id);
    }
    Lease lease = lease(other);
    store.finishRun(lease, store.startRun(lease, "ann").id(), CrawlRun.State.FAILED, "", List.of());

    store.removeRuns(shop.id(), Duration.ofDays(1));
    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).hasSize(5);
    store.removeRuns(shop.id(), Duration.ZERO);

    assertThat(store.runs("shop", Long.MAX_VALUE, 10))
        .extracting(CrawlRun::id)
        .containsExactly(ids.get(4), ids.get(2), ids.get(1));
    assertThat(store.runs("other", Long.MAX_VALUE, 10)).hasSize(1);
  }

  @Test
  void aRunIsRecordedFromItsStartToItsEnd() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    CrawlRun started = store.startRun(lease, "ann");
    assertThat(started.state()).isEqualTo(CrawlRun.State.RUNNING);
    assertThat(started.endTime()).isNull();
    assertThat(started.source()).isEqualTo("shop");
    List<CrawlRun.DatabaseOutcome> outcomes =
        List.of(
            new CrawlRun.DatabaseOutcome(
                "sales",
                "shop_sales",
                CrawlRun.DatabaseOutcome.State.HELD,
                "too much",
                1,
                2,
                3,
                4,
                5,
                6,
                Duration.ofNanos(1_500_000_001),
                Duration.ZERO,
                List.of("a", "b"),
                List.of(
                    new CrawlRun.TableProblem(
                        "t", new Problem(Problem.Kind.LOSS, "c", "Something is lost.")))));
    store.finishRun(lease, started.id(), CrawlRun.State.HELD, "", outcomes);
    CrawlRun held = store.run(started.id()).orElseThrow();
    assertThat(held.databases()).isEqualTo(outcomes);
    assertThat(store.runs("shop", Long.MAX_VALUE, 1)).containsExactly(held.summary());
    assertThat(held.summary().databases().get(0))
        .satisfies(
            outcome -> {
              assertThat(outcome.dropped()).isEqualTo(3);
              assertThat(outcome.problems()).isEmpty();
              assertThat(outcome.heldTables()).isEmpty();
            });
    assertThat(held.endTime()).isNotNull().isAfterOrEqualTo(held.startTime());
    assertFails(
        () -> store.finishRun(lease, started.id(), CrawlRun.State.SUCCEEDED, "", List.of()),
        ErrorCode.ABORTED,
        "The end of crawl run "
            + started.id()
            + " was not recorded: another crawl took over, or the run was over already.");
    assertThat(store.resolveHeldRun(started.id(), CrawlRun.State.DISCARDED).state())
        .isEqualTo(CrawlRun.State.DISCARDED);
    assertFails(
        () -> store.resolveHeldRun(started.id(), CrawlRun.State.CONFIRMED),
        ErrorCode.FAILED_PRECONDITION,
        "Crawl run "
            + started.id()
            + " of source 'shop' is not held, it is discarded. Only a held run can be confirmed or"
            + " discarded.");
    assertFails(
        () -> store.resolveHeldRun(999_999, CrawlRun.State.CONFIRMED),
        ErrorCode.NOT_FOUND,
        "Crawl run 999999 does not exist. List the runs.");
    assertThat(store.run(999_999)).isEmpty();
  }

  @Test
  void aListOfRunsDoesNotReadWhatTheySayOfSingleTables() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    long id = store.startRun(lease, "ann").id();
    store.finishRun(lease, id, CrawlRun.State.SUCCEEDED, "", List.of(brokenView()));
    execute("UPDATE crawl_run SET report = 'nothing that could be read'");

    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).hasSize(1);
    assertThat(store.sourceSummary("shop").latestRun()).isNotNull();
    assertThatThrownBy(() -> store.run(id)).isInstanceOf(RuntimeException.class);
  }

  @Test
  void aRunOfTheReleaseBeforeIsReadWhole() {
    Source shop = source("shop");
    Lease lease = lease(shop);
    long id = store.startRun(lease, "ann").id();
    store.finishRun(lease, id, CrawlRun.State.SUCCEEDED, "", List.of(brokenView()));
    execute("UPDATE crawl_run SET databases = report, report = NULL");

    CrawlRun run = store.run(id).orElseThrow();
    assertThat(run.databases()).containsExactly(brokenView());
    assertThat(store.runs("shop", Long.MAX_VALUE, 10)).containsExactly(run.summary());
  }

  private static CrawlRun.DatabaseOutcome brokenView() {
    return new CrawlRun.DatabaseOutcome(
        "sales",
        "shop_sales",
        CrawlRun.DatabaseOutcome.State.UNCHANGED,
        "",
        0,
        0,
        0,
        1,
        0,
        0,
        Duration.ZERO,
        Duration.ZERO,
        List.of(),
        List.of(
            new CrawlRun.TableProblem(
                "v", new Problem(Problem.Kind.BROKEN, "", "It refers to a table that is gone."))));
  }

  private void execute(String statement) {
    Jdbi.create(dataSource).useHandle(handle -> handle.execute(statement));
  }

  @Test
  void aRunWhoseHolderVanishedIsInterruptedByTheNext() {
    Source shop = source("shop");
    Lease lost = lease(shop);
    CrawlRun abandoned = store.startRun(lost, "ann");
    assertThat(store.run(abandoned.id()).orElseThrow().state()).isEqualTo(CrawlRun.State.RUNNING);
    store.releaseLease(lost);
    assertThat(store.run(abandoned.id()).orElseThrow().state())
        .as("nobody runs it any more")
        .isEqualTo(CrawlRun.State.INTERRUPTED);
    assertThat(store.sourceSummary("shop").latestRun())
        .isEqualTo(store.run(abandoned.id()).orElseThrow());
    Lease taken = lease(shop);
    CrawlRun next = store.startRun(taken, "bob");
    assertThat(store.run(abandoned.id()).orElseThrow())
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(CrawlRun.State.INTERRUPTED);
              assertThat(run.endTime()).isNotNull();
              assertThat(run.error())
                  .isEqualTo("The server that ran this crawl stopped, or lost its lease.");
            });
    assertFails(
        () -> store.finishRun(lost, abandoned.id(), CrawlRun.State.SUCCEEDED, "", List.of()),
        ErrorCode.ABORTED,
        "The end of crawl run "
            + abandoned.id()
            + " was not recorded: another crawl took over, or the run was over already.");
    store.finishRun(taken, next.id(), CrawlRun.State.SUCCEEDED, "", List.of());
    CrawlRun other = store.startRun(lease(source("other")), "eve");
    assertThat(store.runs("shop", Long.MAX_VALUE, 10))
        .extracting(CrawlRun::id)
        .containsExactly(next.id(), abandoned.id());
    assertThat(store.runs("shop", next.id(), 10)).hasSize(1);
    assertThat(store.runs("", Long.MAX_VALUE, 2))
        .extracting(CrawlRun::id)
        .containsExactly(other.id(), next.id());
  }
}
