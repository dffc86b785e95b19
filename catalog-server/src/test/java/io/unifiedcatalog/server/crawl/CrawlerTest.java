package io.unifiedcatalog.server.crawl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.model.TableChange;
import io.unifiedcatalog.server.model.TableChange.Aspect;
import io.unifiedcatalog.server.model.TableChange.Difference;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSession.Visitor;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.Lease;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SecretSealer;
import io.unifiedcatalog.server.store.TableCache;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Crawls of a real MySQL into a real store. Each test has databases and a source of its own. */
@ExtendWith(SharedServers.class)
class CrawlerTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static MySqlServer mysql;
  private static Prefix prefix;
  private static HikariDataSource database;
  private static MetadataStore store;
  private static TableCache cache;
  private static Crawler crawler;

  /** The test's source; also the prefix of its databases in MySQL. */
  private String source;

  @BeforeAll
  static void start(MySqlServer server, Prefix own, @TempDir Path directory) {
    mysql = server;
    prefix = own;
    database = TestPostgres.BUNDLED.migratedDatabase();
    store =
        new MetadataStore(database, SecretSealer.open(directory.resolve("key"), database), false);
    cache =
        new TableCache(
            store,
            (table, engine) ->
                EffectiveSchema.of(
                    table.physical(),
                    table.overlay(),
                    column -> SourceSystems.get("mysql").columnType(column, table.source(), engine),
                    List.of()),
            Duration.ofMillis(200));
    crawler = new Crawler(store, cache, Duration.ofSeconds(10), Duration.ofDays(90));
  }

  @AfterAll
  static void stop() {
    crawler.close();
    cache.close();
    database.close();
  }

  @BeforeEach
  void addSource() {
    source = prefix.name("t") + NUMBER.incrementAndGet();
    addSource(source, "root", mysql.rootPassword(), source + "%");
  }

  @Test
  void aSecondCrawlOfAnUnchangedDatabaseWritesNothingButItsRun() throws Exception {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".a (id INT PRIMARY KEY)",
        "CREATE VIEW " + source + ".v AS SELECT id FROM " + source + ".a");
    assertThat(crawl().state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    long revision = store.latestRevision();
    Map<String, String> rows = rowVersions();

    CrawlRun second = crawl();

    assertThat(second.state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    assertThat(outcome(second).state()).isEqualTo(DatabaseOutcome.State.UNCHANGED);
    assertThat(outcome(second).unchanged()).isEqualTo(2);
    assertThat(store.latestRevision()).isEqualTo(revision);
    assertThat(rowVersions()).isEqualTo(rows);

    mysql.execute("ALTER TABLE " + source + ".a ADD name INT");
    crawl();
    assertThat(rowVersions())
        .doesNotContainEntry("catalog_table", rows.get("catalog_table"))
        .doesNotContainEntry("change_set", rows.get("change_set"));
  }

  /**
   * Where each row of the store stands and which transaction wrote it, by table, but for the runs
   * and leases; and where the change sets are at.
   */
  private static Map<String, String> rowVersions() throws SQLException {
    Map<String, String> versions = new TreeMap<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) {
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
      tables.removeIf(table -> table.equals("lease") || table.startsWith("crawl_run"));
      assertThat(tables).contains("catalog_table", "table_version", "statistics", "database");
      for (String table : tables) {
        versions.put(
            table,
            text(
                statement,
                "SELECT string_agg(ctid || ' ' || xmin, ',' ORDER BY ctid) FROM " + table));
      }
      versions.put("change_set", text(statement, "SELECT last_value FROM change_set"));
    }
    return versions;
  }

  private static String text(Statement statement, String query) throws SQLException {
    try (ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return String.valueOf(rows.getString(1));
    }
  }

  @Test
  void aCrawlStoresExactlyWhatWasAddedAlteredAndDropped() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".stays (id INT)",
        "CREATE TABLE " + source + ".grows (id INT)",
        "CREATE TABLE " + source + ".goes (id INT)");
    crawl();
    mysql.execute(
        "ALTER TABLE " + source + ".grows ADD name VARCHAR(20)",
        "DROP TABLE " + source + ".goes",
        "CREATE TABLE " + source + ".comes (id INT)");

    DatabaseOutcome outcome = outcome(crawl());

    assertThat(outcome.added()).isEqualTo(1);
    assertThat(outcome.altered()).isEqualTo(1);
    assertThat(outcome.dropped()).isEqualTo(1);
    assertThat(outcome.unchanged()).isEqualTo(1);
    assertThat(store.table(table("goes"), 0)).isEmpty();
    assertThat(stored("grows").physical().columns()).hasSize(2);
    assertThat(stored("grows").version()).isEqualTo(2);
    assertThat(stored("stays").version()).isEqualTo(1);
  }

  @Test
  void aRunTellsWhatItChangedOfEachTableAndHowManyChangesBreakReaders() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".stays (id INT)",
        "CREATE TABLE " + source + ".grows (id INT, note VARCHAR(20), kind ENUM('a'), old INT)",
        "CREATE TABLE " + source + ".goes (id INT)");
    CrawlRun first = crawl();
    assertThat(outcome(first).breaking()).isZero();
    assertThat(changes(first))
        .containsExactlyInAnyOrder(added("stays"), added("grows"), added("goes"));
    mysql.execute(
        "ALTER TABLE "
            + source
            + ".grows MODIFY id BIGINT NOT NULL PRIMARY KEY, MODIFY note VARCHAR(10),"
            + " MODIFY kind ENUM('a', 'b'), DROP old",
        "DROP TABLE " + source + ".goes",
        "CREATE TABLE " + source + ".comes (id INT)");

    CrawlRun second = crawl();

    assertThat(changes(second))
        .containsExactlyInAnyOrder(
            added("comes"),
            new TableChange(table("goes").toString(), TableChange.Kind.REMOVED, List.of()),
            new TableChange(
                table("grows").toString(),
                TableChange.Kind.ALTERED,
                List.of(
                    new Difference("id", Aspect.TYPE_WIDENED, "int", "bigint"),
                    new Difference("id", Aspect.NULLABILITY, "NULL", "NOT NULL"),
                    new Difference("note", Aspect.TYPE_NARROWED, "varchar(20)", "varchar(10)"),
                    new Difference(
                        "kind", Aspect.NATIVE_TYPE, "enum('a') (STRING)", "enum('a','b') (STRING)"),
                    new Difference("old", Aspect.COLUMN_REMOVED, "int", ""),
                    new Difference("", Aspect.PRIMARY_KEY, "", "(id)"))));
    // A table and a column that are gone, and one that holds less.
    assertThat(outcome(second).breaking()).isEqualTo(3);
    assertThat(changes(crawl())).isEmpty();
    assertThat(changes(store.run(first.id()).orElseThrow())).hasSize(3);
  }

  private TableChange added(String table) {
    return new TableChange(table(table).toString(), TableChange.Kind.ADDED, List.of());
  }

  private List<TableChange> changes(CrawlRun run) {
    List<TableChange> changes = new ArrayList<>();
    Drift.of(store, run, store.source(source), changes::add);
    return changes;
  }

  @Test
  void whatIsNewToBeUnsupportedIsToldOnceWithItsReason() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".doomed (id INT)",
        "CREATE VIEW " + source + ".v AS SELECT id FROM " + source + ".doomed",
        "CREATE TABLE " + source + ".places (id INT)");
    crawl();
    mysql.execute(
        "DROP TABLE " + source + ".doomed",
        "ALTER TABLE " + source + ".places ADD spot POINT",
        "CREATE TABLE " + source + ".maps (id INT, area POLYGON)");

    List<TableChange> changes = changes(crawl());

    assertThat(changes)
        .anySatisfy(
            change -> {
              assertThat(change.table()).isEqualTo(table("maps").toString());
              assertThat(change.kind()).isEqualTo(TableChange.Kind.ADDED);
              assertThat(change.differences())
                  .containsExactly(
                      new Difference(
                          "area",
                          Aspect.UNSUPPORTED,
                          "",
                          "polygon is not supported: Flink has no type for MySQL's polygon"
                              + " through JDBC."));
            })
        .anySatisfy(
            change -> {
              assertThat(change.table()).isEqualTo(table("places").toString());
              assertThat(change.differences())
                  .containsExactly(
                      new Difference("spot", Aspect.COLUMN_ADDED, "", "point (not supported)"),
                      new Difference(
                          "spot",
                          Aspect.UNSUPPORTED,
                          "",
                          "Flink has no type for MySQL's point through JDBC."));
            })
        .anySatisfy(
            change -> {
              assertThat(change.table()).isEqualTo(table("v").toString());
              assertThat(change.differences()).isNotEmpty();
              assertThat(change.differences())
                  .filteredOn(difference -> difference.aspect() == Aspect.UNSUPPORTED)
                  .singleElement()
                  .satisfies(
                      difference ->
                          assertThat(difference.after()).contains("references invalid table"));
            });
    assertThat(changes).extracting(TableChange::table).doesNotHaveDuplicates().hasSize(4);
    assertThat(changes(crawl())).isEmpty();
  }

  @Test
  void aTableThatCannotBeTakenInIsToldByTheFirstRunThatFindsItSo() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".odd (id INT)",
        "CREATE TABLE " + source + ".plain (id INT)");
    crawl();
    SourceSystem faulty = faultyAt("odd");

    assertThat(changes(crawlWith(faulty)))
        .containsExactly(
            new TableChange(
                table("odd").toString(),
                TableChange.Kind.UNSUPPORTED,
                List.of(
                    new Difference(
                        "",
                        Aspect.UNSUPPORTED,
                        "",
                        "It could not be taken in, and stays as it is. A defect of the server; its"
                            + " log has the details."))));
    assertThat(changes(crawlWith(faulty))).isEmpty();
  }

  @Test
  void aHeldRunTellsWhatWouldBeDropped() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".a (id INT)",
        "CREATE TABLE " + source + ".b (id INT)");
    crawl();
    mysql.execute("DROP TABLE " + source + ".a", "DROP TABLE " + source + ".b");

    CrawlRun held = crawl();

    assertThat(held.state()).isEqualTo(CrawlRun.State.HELD);
    assertThat(changes(held))
        .containsExactly(
            new TableChange(table("a").toString(), TableChange.Kind.HELD, List.of()),
            new TableChange(table("b").toString(), TableChange.Kind.HELD, List.of()));
    assertThat(outcome(held).breaking()).isZero();
  }

  @Test
  void aTableThatVanishesAndReturnsKeepsItsIdItsHistoryAndItsOverlay() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".t (id INT)",
        "CREATE TABLE " + source + ".other (id INT)");
    crawl();
    StoredTable before = stored("t");
    store.updateOverlay(table("t"), "", found -> commented("mine"), "tester");
    mysql.execute("DROP TABLE " + source + ".t");
    crawl();
    assertThat(store.table(table("t"), 0)).isEmpty();
    mysql.execute("CREATE TABLE " + source + ".t (id INT, more INT)");

    crawl();

    StoredTable after = stored("t");
    assertThat(after.id()).isEqualTo(before.id());
    assertThat(after.overlay()).isEqualTo(commented("mine"));
    assertThat(store.tableVersions(table("t"), Long.MAX_VALUE, 10))
        .extracting(StoredTable::version)
        .containsExactly(4L, 3L, 2L, 1L);
  }

  @Test
  void anOverlaySurvivesACrawlThatChangesTheTable() {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    crawl();
    store.updateOverlay(table("t"), "", found -> commented("mine"), "tester");
    mysql.execute("ALTER TABLE " + source + ".t ADD c INT");

    crawl();

    assertThat(stored("t").overlay()).isEqualTo(commented("mine"));
  }

  @Test
  void aRevokedGrantHoldsTheCrawlUntilItIsConfirmed() {
    String user = source + "_user";
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".a (id INT)",
        "CREATE TABLE " + source + ".b (id INT)",
        "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'hunter2-hunter2'",
        "GRANT SELECT ON " + source + ".* TO '" + user + "'@'%'");
    String own = source + "u";
    addSource(own, user, "hunter2-hunter2", source);
    assertThat(crawl(own).state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    mysql.execute("REVOKE SELECT ON " + source + ".* FROM '" + user + "'@'%'");

    CrawlRun held = crawl(own);

    assertThat(held.state()).isEqualTo(CrawlRun.State.HELD);
    assertThat(outcome(held).heldTables()).containsExactly("a", "b");
    assertThat(outcome(held).message()).contains("catalog crawl confirm " + held.id());
    TableName table = new TableName(own + "_" + source, "a");
    assertThat(store.table(table, 0)).isPresent();

    CrawlRun confirmed = run(events -> crawler.confirm(held.id(), "tester", events));

    assertThat(confirmed.state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    assertThat(store.table(table, 0)).isEmpty();
    assertThat(store.run(held.id()).orElseThrow().state()).isEqualTo(CrawlRun.State.CONFIRMED);
    assertThatThrownBy(() -> run(events -> crawler.confirm(held.id(), "tester", events)))
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION));
  }

  @Test
  void aHeldDatabaseCanBeConfirmedThoughAnotherFails() throws Exception {
    String databases = source + "h";
    mysql.execute(
        "CREATE DATABASE " + databases + "_a",
        "CREATE TABLE " + databases + "_a.t (id INT)",
        "CREATE DATABASE " + databases + "_b",
        "CREATE TABLE " + databases + "_b.t (id INT)");
    addSource(databases, "root", mysql.rootPassword(), databases + "_*");
    crawl(databases);
    mysql.execute("DROP TABLE " + databases + "_a.t");
    Events events =
        new Events() {
          @Override
          public void database(DatabaseOutcome outcome) {
            mysql.execute("DROP DATABASE IF EXISTS " + databases + "_b");
          }
        };
    crawler.start(databases, "tester", events);

    CrawlRun held = events.finished.get(60, TimeUnit.SECONDS);

    assertThat(held.databases())
        .extracting(DatabaseOutcome::state)
        .containsExactly(DatabaseOutcome.State.HELD, DatabaseOutcome.State.FAILED);
    assertThat(held.state()).isEqualTo(CrawlRun.State.HELD);
    run(confirming -> crawler.confirm(held.id(), "tester", confirming));
    assertThat(store.table(new TableName(databases + "_" + databases + "_a", "t"), 0)).isEmpty();
  }

  @Test
  void aHeldRunIsNotConfirmedForAnotherSourceOfItsName() {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    crawl();
    mysql.execute("DROP TABLE " + source + ".t");
    CrawlRun held = crawl();
    assertThat(held.state()).isEqualTo(CrawlRun.State.HELD);
    store.deleteSource(source, 0, "tester");
    addSource(source, "root", mysql.rootPassword(), source);

    assertThatThrownBy(() -> crawler.confirm(held.id(), "tester", new Events()))
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
        .hasMessageContaining("was removed");
    assertThat(store.run(held.id()).orElseThrow().state()).isEqualTo(CrawlRun.State.HELD);
  }

  @Test
  void droppingMostTablesIsHeldAndADiscardedRunChangesNothing() {
    List<String> statements = new ArrayList<>(List.of("CREATE DATABASE " + source));
    for (int i = 0; i < 10; i++) {
      statements.add("CREATE TABLE " + source + ".t" + i + " (id INT)");
    }
    mysql.execute(statements.toArray(String[]::new));
    crawl();
    for (int i = 0; i < 5; i++) {
      mysql.execute("DROP TABLE " + source + ".t" + i);
    }

    CrawlRun held = crawl();
    assertThat(held.state()).isEqualTo(CrawlRun.State.HELD);
    CrawlRun discarded = store.resolveHeldRun(held.id(), CrawlRun.State.DISCARDED);

    assertThat(discarded.state()).isEqualTo(CrawlRun.State.DISCARDED);
    assertThat(store.tables(source + "_" + source, "", 100)).hasSize(10);
  }

  @Test
  void aColumnOfATypeWithoutAFlinkTypeIsListedAndCostsNothingElse() {
    mysql.execute(
        "CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT, place GEOMETRY)");

    DatabaseOutcome outcome = outcome(crawl());

    assertThat(outcome.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.table()).isEqualTo("t");
              assertThat(problem.problem().kind()).isEqualTo(Problem.Kind.UNSUPPORTED_COLUMN);
              assertThat(problem.problem().subject()).isEqualTo("place");
            });
    assertThat(stored("t").physical().columns()).hasSize(2);
  }

  @Test
  void aSourceThatIsBeingCrawledCannotBeCrawledAgain() throws Exception {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    HeldEvents first = new HeldEvents();
    crawler.start(source, "tester", first);
    assertThat(first.begun.await(30, TimeUnit.SECONDS)).isTrue();

    assertThatThrownBy(() -> crawler.start(source, "tester", new Events()))
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
        .hasMessageContaining("'" + source + "' is being crawled already");

    first.goOn.countDown();
    assertThat(first.finished.get(60, TimeUnit.SECONDS).state())
        .isEqualTo(CrawlRun.State.SUCCEEDED);
  }

  @Test
  void aDatabaseWhoseNameIsTakenIsSkippedAndBothClaimsAreNamed() {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    crawl();
    String other = source + "x";
    store.createSource(
        other,
        "mysql",
        options("root", source, Map.of("database-pattern", source + "_{database}")),
        Map.of("password", new Secret(mysql.rootPassword())),
        false,
        "tester");

    DatabaseOutcome outcome = outcome(crawl(other));

    assertThat(outcome.state()).isEqualTo(DatabaseOutcome.State.SKIPPED);
    assertThat(outcome.message())
        .contains("of source '" + other + "'")
        .contains("of source '" + source + "'");
  }

  @Test
  void aWrongPasswordFailsTheRunWithAMessageThatDoesNotHoldIt() {
    String own = source + "w";
    addSource(own, "root", "not-the-password", source);

    CrawlRun run = crawl(own);

    assertThat(run.state()).isEqualTo(CrawlRun.State.FAILED);
    assertThat(run.error()).contains(own).doesNotContain("not-the-password");
  }

  @Test
  void aCrawlerThatLostItsLeaseWritesNothingAndItsRunIsInterrupted() throws Exception {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    HeldEvents slow = new HeldEvents();
    crawler.start(source, "first", slow);
    assertThat(slow.begun.await(30, TimeUnit.SECONDS)).isTrue();

    Lease second = takeOver();
    CrawlRun secondRun = store.startRun(second, "second");
    slow.goOn.countDown();

    assertThatThrownBy(() -> slow.finished.get(60, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(CatalogException.class);
    assertThat(store.table(table("t"), 0)).isEmpty();
    assertThat(store.runs(source, Long.MAX_VALUE, 10))
        .extracting(CrawlRun::state)
        .containsExactly(CrawlRun.State.RUNNING, CrawlRun.State.INTERRUPTED);
    store.finishRun(second, secondRun.id(), CrawlRun.State.SUCCEEDED, "", List.of());
    store.releaseLease(second);
  }

  @Test
  void aServerThatStopsEndsACrawlAsInterruptedAndFreesTheSource() throws Exception {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".t (id INT)");
    HeldEvents slow = new HeldEvents();
    Crawler stopping = new Crawler(store, cache, Duration.ofSeconds(10), Duration.ofDays(90));
    stopping.start(source, "tester", slow);
    assertThat(slow.begun.await(30, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Void> closed = CompletableFuture.runAsync(stopping::close);
    org.awaitility.Awaitility.await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> stopping.start("no_matter", "tester", new Events()))
                    .hasMessageContaining("stopping"));
    slow.goOn.countDown();
    closed.get(30, TimeUnit.SECONDS);

    assertThat(slow.finished.get(30, TimeUnit.SECONDS).state())
        .isEqualTo(CrawlRun.State.INTERRUPTED);
    assertThat(crawl().state()).isEqualTo(CrawlRun.State.SUCCEEDED);
  }

  /** Takes the lease as if its holder had not been heard of for longer than it lasts. */
  private Lease takeOver() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "UPDATE lease SET expires_at = clock_timestamp() - interval '1 s' WHERE source_id = '"
              + store.source(source).id()
              + "'");
    }
    return store
        .acquireLease(store.source(source).id(), "second", Duration.ofMinutes(1))
        .orElseThrow();
  }

  @Test
  void aCrawlThatRunsIntoAnErrorOfTheMachineEndsAsFailedAndFreesItsSource() {
    mysql.execute("CREATE DATABASE " + source, "CREATE TABLE " + source + ".a (id INT)");
    Events events =
        new Events() {
          @Override
          public void database(DatabaseOutcome outcome) {
            throw new OutOfMemoryError("as of a heap that is too small");
          }
        };

    crawler.start(source, "tester", events);

    assertThat(events.finished)
        .succeedsWithin(Duration.ofSeconds(60))
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(CrawlRun.State.FAILED);
              assertThat(run.error()).isEqualTo("A defect of the server; its log has the details.");
            });
    assertThat(crawl().state()).isEqualTo(CrawlRun.State.SUCCEEDED);
  }

  @Test
  void aColumnWhoseTypeMakesTheMappingFailIsUnsupportedAndCostsNothingElse() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".odd (id INT, y YEAR)",
        "CREATE TABLE " + source + ".plain (id INT)");

    CrawlRun run = crawlWith(new FaultyMySql());

    assertThat(run.state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    assertThat(outcome(run).added()).isEqualTo(2);
    assertThat(outcome(run).problems())
        .containsExactly(
            new CrawlRun.TableProblem(
                "odd",
                new Problem(
                    Problem.Kind.UNSUPPORTED_COLUMN,
                    "y",
                    "year is not supported: Its type is not understood, which is a defect of the"
                        + " server; its log has the details.")));
    assertThat(stored("odd").physical().columns()).hasSize(2);
  }

  @Test
  void aTableThatCannotBeTakenInStaysAsItIsAndCostsNoOther() {
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE " + source + ".odd (id INT)",
        "CREATE TABLE " + source + ".plain (id INT)");
    crawl();
    mysql.execute(
        "ALTER TABLE " + source + ".odd ADD c INT", "ALTER TABLE " + source + ".plain ADD c INT");

    CrawlRun run = crawlWith(faultyAt("odd"));

    assertThat(run.state()).isEqualTo(CrawlRun.State.SUCCEEDED);
    assertThat(outcome(run).altered()).isEqualTo(1);
    assertThat(outcome(run).dropped()).isZero();
    assertThat(outcome(run).problems())
        .containsExactly(
            new CrawlRun.TableProblem(
                "odd",
                new Problem(
                    Problem.Kind.BROKEN,
                    "",
                    "It could not be taken in, and stays as it is. A defect of the server; its log"
                        + " has the details.")));
    assertThat(stored("odd").physical().columns()).hasSize(1);
    assertThat(stored("plain").physical().columns()).hasSize(2);
    // Once the fault is gone, so is what it left behind.
    assertThat(outcome(crawl()).altered()).isEqualTo(1);
    assertThat(stored("odd").physical().columns()).hasSize(2);
  }

  @Test
  void aDatabaseThatCannotBeReadCostsNoOther() {
    String databases = source + "d";
    addSource(databases, "root", mysql.rootPassword(), databases + "_*");
    mysql.execute(
        "CREATE DATABASE " + databases + "_a",
        "CREATE TABLE " + databases + "_a.t (id INT)",
        "CREATE DATABASE " + databases + "_b",
        "CREATE TABLE " + databases + "_b.t (id INT)");

    CrawlRun run =
        crawlWith(
            databases,
            new FaultyMySql() {
              @Override
              void tables(SourceSession session, String database, Visitor visitor) {
                if (database.equals(databases + "_a")) {
                  throw new IllegalStateException("as of a defect in the reader");
                }
                session.tables(database, visitor);
              }
            });

    assertThat(run.state()).isEqualTo(CrawlRun.State.FAILED);
    assertThat(run.error()).isEmpty();
    assertThat(run.databases())
        .extracting(DatabaseOutcome::state)
        .containsExactly(DatabaseOutcome.State.FAILED, DatabaseOutcome.State.CHANGED);
    assertThat(run.databases().get(0).message())
        .isEqualTo("A defect of the server; its log has the details.");
  }

  /** The real MySQL but for one table, which a crawl cannot take in. */
  private static SourceSystem faultyAt(String name) {
    return new FaultyMySql() {
      @Override
      void tables(SourceSession session, String database, Visitor visitor) {
        session.tables(
            database,
            new Visitor() {
              @Override
              public void table(PhysicalTable table, Statistics statistics) {
                visitor.table(table, table.name().equals(name) ? lacking() : statistics);
              }

              @Override
              public void unreadable(String table, String reason) {
                visitor.unreadable(table, reason);
              }
            });
      }
    };
  }

  /** Statistics that are not there, as from a reader with a defect. */
  @SuppressWarnings("NullAway")
  private static Statistics lacking() {
    return null;
  }

  /**
   * The real MySQL, read as ever, with defects that no MySQL has a shape for: by default its types
   * make the mapping fail for YEAR.
   */
  private static class FaultyMySql implements SourceSystem {
    private final SourceSystem real = SourceSystems.get("mysql");

    /** Reads a database. */
    void tables(SourceSession session, String database, Visitor visitor) {
      session.tables(database, visitor);
    }

    @Override
    public String kind() {
      return real.kind();
    }

    @Override
    public List<CatalogException.Violation> validate(Source source) {
      return real.validate(source);
    }

    @Override
    public boolean isSameDestination(Source before, Source after) {
      return real.isSameDestination(before, after);
    }

    @Override
    public int mappingVersion() {
      return real.mappingVersion();
    }

    @Override
    public ColumnType columnType(Column column, Source source, Engine engine) {
      if (column.nativeType().equals("year")) {
        throw new NumberFormatException("as of a defect in the mapping");
      }
      return real.columnType(column, source, engine);
    }

    @Override
    public Binding binding(BindingRequest request) {
      return real.binding(request);
    }

    @Override
    public SourceSession open(Source source) {
      SourceSession session = real.open(source);
      return new SourceSession() {
        @Override
        public String systemVersion() {
          return session.systemVersion();
        }

        @Override
        public List<String> databases() {
          return session.databases();
        }

        @Override
        public void tables(String database, Visitor visitor) {
          FaultyMySql.this.tables(session, database, visitor);
        }

        @Override
        public void abort() {
          session.abort();
        }

        @Override
        public void close() {
          session.close();
        }
      };
    }
  }

  private CrawlRun crawlWith(SourceSystem system) {
    return crawlWith(source, system);
  }

  private static CrawlRun crawlWith(String source, SourceSystem system) {
    try (Crawler faulty =
        new Crawler(store, cache, Duration.ofSeconds(10), Duration.ofDays(90), kind -> system)) {
      return run(events -> faulty.start(source, "tester", events));
    }
  }

  private CrawlRun crawl() {
    return crawl(source);
  }

  private static CrawlRun crawl(String source) {
    return run(events -> crawler.start(source, "tester", events));
  }

  private static CrawlRun run(java.util.function.Consumer<Events> start) {
    Events events = new Events();
    start.accept(events);
    try {
      return events.finished.get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the crawl did not end", e);
    }
  }

  private static DatabaseOutcome outcome(CrawlRun run) {
    assertThat(run.error()).isEmpty();
    assertThat(run.databases()).hasSize(1);
    return run.databases().get(0);
  }

  private TableName table(String name) {
    return new TableName(source + "_" + source, name);
  }

  private StoredTable stored(String name) {
    return store.table(table(name), 0).orElseThrow();
  }

  private static Overlay commented(String comment) {
    return new Overlay(
        null, List.of(), List.of(), List.of(), List.of(), Map.of(), comment, "", Map.of(), Map.of(),
        List.of());
  }

  private static void addSource(String name, String user, String password, String database) {
    store.createSource(
        name,
        "mysql",
        options(user, database.replace("%", ""), Map.of()),
        Map.of("password", new Secret(password)),
        false,
        "tester");
  }

  private static Map<String, String> options(
      String user, String database, Map<String, String> more) {
    Map<String, String> options = new java.util.HashMap<>(more);
    options.put("host", "127.0.0.1");
    options.put("port", Integer.toString(mysql.port()));
    options.put("user", user);
    options.put("include", database + ".*");
    return options;
  }

  /** Waits for the end of a crawl. */
  private static class Events implements Crawler.Listener {
    final CompletableFuture<CrawlRun> finished = new CompletableFuture<>();

    @Override
    public void started(CrawlRun run) {}

    @Override
    public void progress(String nativeDatabase, long tablesRead) {}

    @Override
    public void database(DatabaseOutcome outcome) {}

    @Override
    public void finished(CrawlRun run) {
      finished.complete(run);
    }

    @Override
    public void failed(Throwable failure) {
      finished.completeExceptionally(failure);
    }
  }

  /** Holds a crawl up at its start. */
  private static final class HeldEvents extends Events {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public void started(CrawlRun run) {
      begun.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
