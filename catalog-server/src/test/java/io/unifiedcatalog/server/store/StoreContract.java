package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What the store promises, on each release of PostgreSQL that it is for. Every test begins with an
 * empty database.
 */
@ParameterizedClass(name = "{0}")
@FieldSource("io.unifiedcatalog.server.store.TestPostgres#RELEASES")
@NullUnmarked // a null where there should be a value fails the test all the same
abstract class StoreContract {
  /** The release that the tests run on. */
  @Parameter TestPostgres postgres;

  @TempDir Path directory;
  HikariDataSource dataSource;
  MetadataStore store;
  ExecutorService threads;

  /** The most connections that a test has at a time. */
  int connections() {
    return 10;
  }

  @BeforeEach
  void openStore() {
    dataSource = postgres.migratedDatabase(connections());
    store = open(false);
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void closeStore() {
    threads.shutdownNow();
    dataSource.close();
  }

  MetadataStore open(boolean webhook) {
    return new MetadataStore(
        dataSource, SecretSealer.open(directory.resolve("secrets.key"), dataSource), webhook);
  }

  List<String> sql(String query) {
    return Jdbi.create(dataSource)
        .withHandle(handle -> handle.createQuery(query).mapTo(String.class).list());
  }

  /** Waits until so many calls wait for locks. */
  void awaitWaitingForLocks(int calls) {
    String waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND wait_event_type = 'Lock'";
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> sql(waiting).equals(List.of(Integer.toString(calls))));
  }

  static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static void assertFails(ThrowingCallable call, ErrorCode code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.code()).isEqualTo(code);
            });
  }
}
