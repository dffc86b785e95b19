package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.DatabaseChanges;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** The log of revisions and the audit of bindings in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class RevisionLogTest extends CrawledStoreContract {
  @Override
  int connections() {
    return 20;
  }

  @Test
  void bindingsAreAudited() {
    store.auditBinding("flink", new TableName("d", "t"), Binding.Role.SINK, false, "no right");
    assertThat(
            sql(
                "SELECT concat_ws('|', author, database_name, table_name, role, allowed, reason)"
                    + " FROM binding_audit"))
        .containsExactly("flink|d|t|SINK|f|no right");
    assertThat(store.latestRevision()).isZero();
  }

  @Test
  void theLogHasNoGapNoDoubleAndOneOrderUnderManyWritersAndKills() throws Exception {
    int writers = 16;
    int callsOfEach = 40;
    Map<Integer, Lease> leases = new HashMap<>();
    for (int writer = 0; writer < writers; writer++) {
      Source source = source("w" + writer);
      leases.put(writer, lease(source));
      crawl(leases.get(writer), "db" + writer, table("t", "id"));
    }
    long start = store.latestRevision();
    long seed = new Random().nextLong();
    List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger refused = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    Semaphore kills = new Semaphore(0);

    Future<List<Revision>> follower =
        threads.submit(
            () -> {
              List<Revision> log = new ArrayList<>();
              boolean last;
              do {
                last = done.get();
                long after = start + log.size();
                List<Revision> page = persistently(() -> store.revisions(after, 100));
                // Each read goes on exactly where the one before ended.
                assertThat(page.stream().map(Revision::id).toList())
                    .containsExactlyElementsOf(
                        LongStream.range(after + 1, after + 1 + page.size()).boxed().toList());
                log.addAll(page);
              } while (!last || start + log.size() < persistently(store::latestRevision));
              return log;
            });
    Future<Integer> killer = threads.submit(() -> killBackends(new Random(seed), kills, done));
    List<Future<?>> running = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      int number = writer;
      running.add(
          threads.submit(
              () -> {
                Random random = new Random(seed + number);
                for (int call = 0; call < callsOfEach; call++) {
                  String author = number + "/" + call;
                  if (call % 8 == number % 8) {
                    kills.release();
                  }
                  try {
                    writeSomething(random, number, call, leases.get(number), author);
                    acknowledged.add(author);
                  } catch (CatalogException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    refused.incrementAndGet();
                  }
                }
              }));
    }
    for (Future<?> each : running) {
      each.get(120, TimeUnit.SECONDS);
    }
    done.set(true);
    kills.release();
    assertThat(killer.get(30, TimeUnit.SECONDS)).describedAs("kills").isPositive();
    List<Revision> log = follower.get(30, TimeUnit.SECONDS);

    List<String> authors = log.stream().map(Revision::author).toList();
    assertThat(authors).describedAs("seed %s", seed).doesNotHaveDuplicates();
    assertThat(authors).containsAll(acknowledged);
    assertThat(authors.size()).isBetween(acknowledged.size(), acknowledged.size() + refused.get());
    assertThat(log.stream().map(Revision::time).toList()).isSorted();
    assertThat(log).allSatisfy(revision -> assertThat(revision.changes()).isNotEmpty());
    // What one writer did later is later in the log.
    Map<String, Integer> newest = new TreeMap<>();
    for (String author : authors) {
      String writer = author.substring(0, author.indexOf('/'));
      int call = Integer.parseInt(author.substring(author.indexOf('/') + 1));
      assertThat(newest.getOrDefault(writer, -1)).isLessThan(call);
      newest.put(writer, call);
    }
    // The log that was followed is the log that stands.
    List<Revision> again = new ArrayList<>();
    List<Revision> next;
    do {
      next = persistently(() -> store.revisions(start + again.size(), 100));
      again.addAll(next);
    } while (!next.isEmpty());
    assertThat(again).isEqualTo(log);
    assertThat(persistently(store::latestRevision)).isEqualTo(start + log.size());
    dataSource.getHikariPoolMXBean().softEvictConnections();
    assertThat(
            sql(
                "SELECT count(*)::text FROM change c WHERE NOT EXISTS ("
                    + "SELECT FROM revision r WHERE r.change_set = c.change_set)"))
        .containsExactly("0");
  }

  private void writeSomething(Random random, int writer, int call, Lease lease, String author) {
    int kind = random.nextInt(4);
    if (kind == 0) {
      store.createSource("w" + writer + "_" + call, "mysql", Map.of(), secrets("x"), false, author);
    } else if (kind == 1) {
      store.updateSource("w" + writer, UnaryOperator.identity(), 0, author);
    } else if (kind == 2) {
      // Writers meet on the same table.
      store.updateOverlay(new TableName("db0", "t"), "", table -> overlay(author), author);
    } else {
      DatabaseChanges changes =
          new DatabaseChanges(
              "db" + writer,
              "db" + writer,
              false,
              List.of(write(table("t", "id", "c" + call)), write(table("t" + call))),
              List.of(),
              Map.of());
      assertThat(store.applyCrawl(lease, changes, author, "crawl")).isPresent();
    }
  }

  /** Reads whatever is killed; a killed connection may still be handed out after the last kill. */
  private static <T> T persistently(Supplier<T> read) {
    while (true) {
      try {
        return read.get();
      } catch (CatalogException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      }
    }
  }

  /** Kills a busy backend of this test's database for each permit. */
  private int killBackends(Random random, Semaphore permits, AtomicBoolean done)
      throws InterruptedException {
    int kills = 0;
    String database =
        dataSource.getJdbcUrl().substring(dataSource.getJdbcUrl().lastIndexOf('/') + 1);
    try (var handle = postgres.superuser().open()) {
      while (!done.get()) {
        permits.acquire();
        List<Integer> backends =
            handle
                .createQuery(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = :database AND state <> 'idle' AND pid <> pg_backend_pid()
                    """)
                .bind("database", database)
                .mapTo(Integer.class)
                .list();
        if (!backends.isEmpty()
            && handle
                .createQuery("SELECT pg_terminate_backend(:pid)")
                .bind("pid", backends.get(random.nextInt(backends.size())))
                .mapTo(Boolean.class)
                .one()) {
          kills++;
        }
      }
    }
    return kills;
  }

  @Test
  void aPageOfTheLogEndsWithTheRevisionThatFillsIt() {
    Source shop = source("shop");
    crawl(shop, changes("sales", table("a"), table("b")));
    crawl(shop, changes("stock", table("a"), table("b")));
    crawl(shop, changes("staff", table("a"), table("b")));
    // One change, then three in each: a database and its tables.
    List<Revision> all = store.revisions(0, 10);
    assertThat(all).extracting(revision -> revision.changes().size()).containsExactly(1, 3, 3, 3);

    assertThat(store.revisions(0, 10, 4)).isEqualTo(all.subList(0, 2));
    assertThat(store.revisions(0, 10, 5)).isEqualTo(all.subList(0, 3));
    assertThat(store.revisions(2, 10, 1)).isEqualTo(all.subList(2, 3));
    assertThat(store.revisions(0, 2, 100)).isEqualTo(all.subList(0, 2));
    assertThat(store.revisions(4, 10, 1)).isEmpty();
  }

  @Test
  void theAuditKeepsTheBeginningOfALongText() {
    store.auditBinding(
        "ann",
        new TableName("d".repeat(10_000), "t".repeat(10_000)),
        Binding.Role.SOURCE,
        false,
        "r".repeat(10_000));

    assertThat(
            sql(
                "SELECT concat_ws(' ', length(database_name), length(table_name), length(reason))"
                    + " FROM binding_audit"))
        .containsExactly("500 500 500");
  }
}
