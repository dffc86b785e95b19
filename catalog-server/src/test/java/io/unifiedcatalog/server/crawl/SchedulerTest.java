package io.unifiedcatalog.server.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.Occurrence;
import io.unifiedcatalog.server.store.SecretSealer;
import io.unifiedcatalog.server.store.TableCache;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two schedulers on one store, as in two servers, over a real MySQL. */
@ExtendWith(SharedServers.class)
class SchedulerTest {
  private static final Schedule YEARLY =
      new Schedule("@yearly", "UTC", Duration.ZERO, Duration.ofHours(1), 1, Duration.ofHours(1));

  private static MySqlServer mysql;
  private static HikariDataSource database;
  private static MetadataStore store;
  private static final List<AutoCloseable> parts = new ArrayList<>();

  @BeforeAll
  static void start(MySqlServer server, @TempDir Path directory) {
    mysql = server;
    database = TestPostgres.BUNDLED.migratedDatabase();
    store =
        new MetadataStore(database, SecretSealer.open(directory.resolve("key"), database), false);
    for (int i = 0; i < 2; i++) {
      TableCache cache =
          new TableCache(
              store,
              (table, engine) ->
                  EffectiveSchema.of(
                      table.physical(),
                      table.overlay(),
                      column ->
                          SourceSystems.get("mysql").columnType(column, table.source(), engine),
                      List.of()),
              Duration.ofMillis(200));
      Crawler crawler = new Crawler(store, cache, Duration.ofSeconds(10), Duration.ofDays(90));
      parts.addAll(
          0, List.of(new Scheduler(store, crawler, Duration.ofMillis(20), 2), crawler, cache));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable part : parts) {
      part.close();
    }
    database.close();
  }

  @Test
  void ofTwoServersExactlyOneCrawlsEachSourceThatIsDue() throws SQLException {
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      sources.add(addSource("once" + i, mysql.rootPassword(), YEARLY));
    }
    makeDue("once%");

    for (Source source : sources) {
      awaitSettled(source);
      assertThat(runs(source)).hasSize(1);
      assertThat(runs(source).get(0).author()).isEqualTo("schedule");
      assertThat(runs(source).get(0).state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    }
  }

  @Test
  void aFailedCrawlIsBegunAgainAsOftenAsItsScheduleSays() throws SQLException {
    Source source = addSource("failing", "wrong", YEARLY);
    Occurrence scheduled = next(source);
    makeDue("failing");
    awaitSettled(source);
    assertThat(runs(source)).extracting(CrawlRun::state).containsExactly(CrawlRun.State.FAILED);
    assertThat(next(source).failures()).isEqualTo(1);
    assertThat(next(source).due()).isBefore(scheduled.due());

    makeDue("failing");
    awaitSettled(source);

    assertThat(runs(source))
        .extracting(CrawlRun::state)
        .containsExactly(CrawlRun.State.FAILED, CrawlRun.State.FAILED);
    assertThat(next(source)).isEqualTo(scheduled);
  }

  @Test
  void aHeldCrawlIsNotBegunAgain(Prefix prefix) throws SQLException {
    String held = prefix.name("held");
    mysql.execute("CREATE DATABASE " + held, "CREATE TABLE " + held + ".t (id INT)");
    Source source = addSource(held, mysql.rootPassword(), YEARLY);
    Occurrence scheduled = next(source);
    makeDue(held);
    awaitSettled(source);
    mysql.execute("DROP TABLE " + held + ".t", "CREATE TABLE " + held + ".other (id INT)");

    makeDue(held);
    awaitSettled(source);

    assertThat(runs(source))
        .extracting(CrawlRun::state)
        .containsExactly(CrawlRun.State.HELD, CrawlRun.State.SUCCEEDED);
    assertThat(next(source)).isEqualTo(scheduled);
  }

  @Test
  void aSourceThatCannotBeOpenedFailsInItsRunAndIsBegunAgainLater() throws SQLException {
    Source source = addSource("sealed", mysql.rootPassword(), YEARLY);
    execute("UPDATE source_secret SET sealed = '\\x00' WHERE source_id = '" + source.id() + "'");
    makeDue("sealed");
    awaitSettled(source);

    assertThat(runs(source))
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(CrawlRun.State.FAILED);
              assertThat(run.error()).contains("sealed");
            });
    assertThat(next(source).failures()).isEqualTo(1);
  }

  @Test
  void aCrawlWhoseServersAreLostAgainAndAgainIsGivenUpUntilTheNextTime() throws SQLException {
    Source source = addSource("deadly", mysql.rootPassword(), YEARLY);
    Occurrence scheduled = next(source);
    execute("UPDATE crawl_schedule SET starts = 5 WHERE source_id = '" + source.id() + "'");
    makeDue("deadly");
    awaitSettled(source);

    assertThat(runs(source))
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(CrawlRun.State.FAILED);
              assertThat(run.error()).startsWith("Given up until the schedule's next time: ");
            });
    assertThat(next(source)).isEqualTo(scheduled);
  }

  private static Source addSource(String name, String password, Schedule schedule) {
    return store.createSource(
        name,
        "mysql",
        Map.of(
            "host",
            "127.0.0.1",
            "port",
            Integer.toString(mysql.port()),
            "user",
            "root",
            "include",
            name + ".*"),
        Map.of("password", new Secret(password)),
        false,
        schedule,
        CrawlSchedule::next,
        "tester");
  }

  private static Occurrence next(Source source) {
    return java.util.Objects.requireNonNull(store.schedule(source.id()).next());
  }

  private static List<CrawlRun> runs(Source source) {
    return store.runs(source.name(), Long.MAX_VALUE, 100);
  }

  private static void awaitSettled(Source source) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                !store.schedule(source.id()).due()
                    && runs(source).stream().noneMatch(run -> run.endTime() == null));
  }

  private static void makeDue(String names) throws SQLException {
    execute(
        "UPDATE crawl_schedule SET next_due = clock_timestamp() - interval '1 s' FROM source"
            + " WHERE id = source_id AND name LIKE '"
            + names
            + "'");
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isPositive();
    }
  }
}
