package io.unifiedcatalog.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CrawlSchedule;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListCrawlRunsRequest;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateSourceRequest;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Server processes that share a store: stopped, killed and cut off while they work. Each test has a
 * database in PostgreSQL, one in MySQL, and processes of its own; most of its time it waits for
 * them, so tests run at the same time.
 */
@Tag("kill")
@Timeout(300)
@ExtendWith(SharedServers.class)
@Execution(ExecutionMode.CONCURRENT)
class ReplicasTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Engine FLINK =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();

  @TempDir Path directory;
  private final List<Replica> replicas = new ArrayList<>();
  private MySqlServer mysql;

  /** The test's database in MySQL. */
  private String shop;

  private TcpProxy toMysql;
  private HikariDataSource database;
  private TcpProxy toPostgres;

  /** A server process. */
  private record Replica(Process process, ManagedChannel channel, TableName orders) {
    SourceServiceGrpc.SourceServiceBlockingStub sources() {
      return SourceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, SECONDS);
    }

    CatalogServiceGrpc.CatalogServiceBlockingStub catalog() {
      return CatalogServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, SECONDS);
    }

    /** The last event of a crawl, which holds its run. */
    CrawlRun crawl() {
      Iterator<CrawlEvent> events =
          sources().runCrawl(RunCrawlRequest.newBuilder().setSource("mysql").build());
      CrawlEvent last = events.next();
      while (events.hasNext()) {
        last = events.next();
      }
      return last.getFinished();
    }

    /** A crawl as soon as nobody else holds the source. */
    CrawlRun crawlWhenFree() {
      return Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsMatching(
              e ->
                  e instanceof StatusRuntimeException status
                      && status.getStatus().getCode() == Status.Code.ABORTED)
          .until(this::crawl, run -> true);
    }

    Source source() {
      return sources().getSource(GetSourceRequest.newBuilder().setName("mysql").build());
    }

    List<CrawlRun> runs() {
      return sources().listCrawlRuns(ListCrawlRunsRequest.getDefaultInstance()).getRunsList();
    }

    Table table() {
      return catalog()
          .getTable(GetTableRequest.newBuilder().setName(orders).setEngine(FLINK).build());
    }

    void signal(String name) throws IOException, InterruptedException {
      assertThat(
              new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                  .start()
                  .waitFor())
          .isZero();
    }
  }

  @BeforeEach
  void start(MySqlServer server, Prefix prefix) throws IOException {
    mysql = server;
    shop = prefix.name("shop") + NUMBER.incrementAndGet();
    mysql.execute(
        "CREATE DATABASE " + shop, "CREATE TABLE " + shop + ".orders (id BIGINT PRIMARY KEY)");
    toMysql = new TcpProxy(mysql.port());
    database = TestPostgres.BUNDLED.migratedDatabase();
    toPostgres = new TcpProxy(storePort());
    // Each process would open all its connections at once, and PostgreSQL has a hundred for all.
    Files.writeString(directory.resolve("pool.properties"), "minimumIdle=1");
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Replica replica : replicas) {
      replica.channel.shutdownNow();
      replica.process.destroyForcibly().waitFor();
    }
    toMysql.close();
    toPostgres.close();
    database.close();
  }

  /** Leads the test's servers to a PostgreSQL of its own. */
  private void useStore(EmbeddedPostgres postgres) {
    database.close();
    database = TestPostgres.connect(postgres);
    toPostgres.leadTo(storePort());
  }

  private int storePort() {
    return URI.create(database.getJdbcUrl().substring("jdbc:".length())).getPort();
  }

  private Replica serve() throws IOException {
    return await(launch(toPostgres, "--scheduler=off"));
  }

  /** Two servers that start at the same time. */
  private List<Replica> serveTwo() throws IOException {
    Process one = launch(toPostgres, "--scheduler=off");
    Process other = launch(toPostgres, "--scheduler=off");
    return List.of(await(one), await(other));
  }

  private Process launch(TcpProxy toStore, String... flags) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dlogback.configurationFile=logback.xml",
                "-Dhikaricp.configurationFile=" + directory.resolve("pool.properties"),
                "-cp",
                System.getProperty("java.class.path"),
                CatalogServer.class.getName(),
                "--listen=127.0.0.1:0",
                "--no-auth",
                "--data-dir=" + directory.resolve("data"),
                "--lease-time=5s",
                "--poll-interval=200ms"));
    TestPostgres.flags(database, directory)
        .forEach(
            flag -> command.add(flag.replace(":" + storePort() + "/", ":" + toStore.port() + "/")));
    command.addAll(List.of(flags));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("servers.log").toFile()))
        .start();
  }

  /** What all servers wrote. */
  private String log() {
    try {
      return Files.readString(directory.resolve("servers.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until a server serves. */
  private Replica await(Process process) throws IOException {
    String line = process.inputReader().readLine();
    assertThat(line).as(this::log).isNotNull();
    Replica replica =
        new Replica(
            process,
            NettyChannelBuilder.forAddress(
                    "127.0.0.1", Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)))
                .usePlaintext()
                .build(),
            TableName.newBuilder().setDatabase("mysql_" + shop).setTable("orders").build());
    replicas.add(replica);
    return replica;
  }

  /** Begins a crawl, and does not wait for its end. */
  private static CompletableFuture<CrawlRun> begin(Replica replica) {
    return CompletableFuture.supplyAsync(replica::crawl, task -> new Thread(task).start());
  }

  private void addSource(Replica replica) {
    addSource(replica, CrawlSchedule.getDefaultInstance());
  }

  private void addSource(Replica replica, CrawlSchedule schedule) {
    Source added =
        replica
            .sources()
            .createSource(
                CreateSourceRequest.newBuilder()
                    .setSource(
                        Source.newBuilder()
                            .setName("mysql")
                            .setKind("mysql")
                            .putOptions("host", "127.0.0.1")
                            .putOptions("port", Integer.toString(toMysql.port()))
                            .putOptions("user", "root")
                            .putOptions("include", shop + ".*")
                            .putSecrets("password", mysql.rootPassword())
                            .setSchedule(schedule))
                    .build());
    assertThat(added.getName()).isEqualTo("mysql");
  }

  @Test
  void aChangeOnOneServerIsSeenOnTheOther() throws Exception {
    List<Replica> both = serveTwo();
    Replica one = both.get(0);
    Replica other = both.get(1);
    addSource(one);
    one.crawl();
    assertThat(other.table().hasOverlay()).isFalse();

    Table updated =
        one.catalog()
            .updateTableOverlay(
                UpdateTableOverlayRequest.newBuilder()
                    .setName(one.orders())
                    .setOverlay(Overlay.newBuilder().setComment("ours"))
                    .build());

    assertThat(updated.getOverlay().getComment()).isEqualTo("ours");
    assertThat(one.table().getOverlay().getComment()).isEqualTo("ours");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(other.table().getOverlay().getComment()).isEqualTo("ours"));
  }

  @Test
  void aCrawlerThatWasStoppedUntilAnotherTookOverWritesNothing() throws Exception {
    List<Replica> both = serveTwo();
    Replica first = both.get(0);
    Replica second = both.get(1);
    addSource(first);
    toMysql.holdNext();
    CompletableFuture<CrawlRun> crawl = begin(first);
    toMysql.awaitHeld();
    first.signal("STOP");

    CrawlRun taken = second.crawlWhenFree();
    assertThat(taken.getDatabases(0).getState()).isEqualTo(DatabaseOutcome.State.STATE_CHANGED);
    mysql.execute("ALTER TABLE " + shop + ".orders ADD later INT");
    toMysql.release();
    first.signal("CONT");

    assertThatThrownBy(crawl::join).hasRootCauseInstanceOf(StatusRuntimeException.class);
    assertThat(second.runs())
        .extracting(CrawlRun::getState)
        .containsExactly(CrawlRun.State.STATE_SUCCEEDED, CrawlRun.State.STATE_INTERRUPTED);
    assertThat(second.table().getVersion()).isEqualTo(1);
    assertThat(first.crawlWhenFree().getDatabases(0).getAltered()).isEqualTo(1);
  }

  /** How a server is lost that crawls a source. */
  enum Loss {
    KILLED,
    HUNG,
    CUT_OFF
  }

  @ParameterizedTest
  @EnumSource
  void aScheduledCrawlWhoseServerIsLostIsTakenOverByAnotherWithinAMinute(Loss loss)
      throws Exception {
    try (TcpProxy toStore = new TcpProxy(storePort())) {
      Process first = launch(toStore, "--scheduler-interval=200ms");
      Process second = launch(toPostgres, "--scheduler-interval=200ms");
      Replica lost = await(first);
      Replica next = await(second);
      addSource(lost, CrawlSchedule.newBuilder().setCron("@yearly").setRetries(0).build());
      toMysql.holdNext();
      // Stopped until the other has begun. To start it only then could take longer than the other
      // waits for MySQL.
      next.signal("STOP");
      makeDue();
      toMysql.awaitHeld();
      next.signal("CONT");
      assertThat(next.runs()).extracting(CrawlRun::getAuthor).containsExactly("schedule");

      switch (loss) {
        case KILLED -> lost.signal("KILL");
        case HUNG -> lost.signal("STOP");
        case CUT_OFF -> {
          toStore.leadTo(1); // where nobody listens
          toStore.cut();
        }
      }

      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(next.runs())
                      .as(this::log)
                      .extracting(CrawlRun::getState)
                      .containsExactly(
                          CrawlRun.State.STATE_SUCCEEDED, CrawlRun.State.STATE_INTERRUPTED));
      Source source = next.source();
      assertThat(source.getNextCrawl().getDue()).isFalse();
      assertThat(source.getNextCrawl().getFailures()).isZero();
      assertThat(next.table().getVersion()).isEqualTo(1);

      toMysql.release();
      if (loss == Loss.HUNG) {
        lost.signal("CONT");
        // It answers again, and has nothing to crawl.
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .ignoreException(StatusRuntimeException.class)
            .untilAsserted(() -> assertThat(lost.runs()).hasSize(2));
        assertThat(lost.table().getVersion()).isEqualTo(1);
      }
    }
  }

  @Test
  void anOutsideCronRunsADueSourceOnceWhileTheSchedulersAreOff() throws Exception {
    List<Replica> both = serveTwo();
    Replica one = both.get(0);
    Replica other = both.get(1);
    addSource(one, CrawlSchedule.newBuilder().setCron("@yearly").build());
    RunCrawlRequest ifDue = RunCrawlRequest.newBuilder().setSource("mysql").setIfDue(true).build();
    assertThatThrownBy(() -> one.sources().runCrawl(ifDue).forEachRemaining(event -> {}))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("FAILED_PRECONDITION: Source 'mysql' is not due: it will be at ");
    makeDue();

    one.sources().runCrawl(ifDue).forEachRemaining(event -> {});

    assertThatThrownBy(() -> other.sources().runCrawl(ifDue).forEachRemaining(event -> {}))
        .hasMessageContaining("Source 'mysql' is not due");
    assertThat(other.runs())
        .extracting(CrawlRun::getState)
        .containsExactly(CrawlRun.State.STATE_SUCCEEDED);
  }

  @Test
  void aCrawlOfASourceThatDoesNotAnswerEndsAtItsTimeout() throws Exception {
    Replica server = serve();
    addSource(
        server,
        CrawlSchedule.newBuilder()
            .setTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(1))
            .build());
    toMysql.holdNext();

    CrawlRun run = server.crawl();

    assertThat(run.getState()).isEqualTo(CrawlRun.State.STATE_FAILED);
    assertThat(run.getError())
        .isEqualTo(
            "The crawl was ended: it took longer than its timeout of 1 s. What it had not stored is"
                + " as it was. Find out what made the source slow, or give it more time with"
                + " `catalog source update mysql --crawl-timeout`.");
    toMysql.release();
    // A second is little for one that is to succeed on a busy machine.
    server
        .sources()
        .updateSource(
            UpdateSourceRequest.newBuilder()
                .setSource(
                    Source.newBuilder()
                        .setName("mysql")
                        .setSchedule(
                            CrawlSchedule.newBuilder()
                                .setTimeout(
                                    com.google.protobuf.Duration.newBuilder().setSeconds(60))))
                .build());
    assertThat(server.crawl().getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
  }

  /** Brings the time of the source's schedule. */
  private void makeDue() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "UPDATE crawl_schedule SET next_due = clock_timestamp() - interval '1 s'"))
          .isEqualTo(1);
    }
  }

  @Test
  void aServerToldToStopInTheMiddleOfACrawlFreesItsSourceAndEndsWithSuccess() throws Exception {
    List<Replica> both = serveTwo();
    Replica stopped = both.get(0);
    Replica other = both.get(1);
    addSource(stopped);
    toMysql.holdNext();
    CompletableFuture<CrawlRun> crawl = begin(stopped);
    toMysql.awaitHeld();
    stopped.signal("TERM");

    assertThat(crawl.get(60, SECONDS).getState()).isEqualTo(CrawlRun.State.STATE_INTERRUPTED);
    // At once, and not only when the lease has run out.
    assertThat(other.crawl().getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
    assertThat(stopped.process.waitFor(60, SECONDS)).isTrue();
    assertThat(stopped.process.exitValue()).isZero();
  }

  @Test
  void aServerKilledInTheMiddleOfACrawlLeavesNothingHalfWritten() throws Exception {
    Replica killed = serve();
    addSource(killed);
    toMysql.holdNext();
    CompletableFuture<CrawlRun> crawl = begin(killed);
    toMysql.awaitHeld();
    killed.signal("KILL");
    assertThatThrownBy(crawl::join).hasRootCauseInstanceOf(StatusRuntimeException.class);
    toMysql.release();

    Replica next = serve();

    assertThatThrownBy(next::table)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    assertThat(next.crawlWhenFree().getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
    assertThat(next.runs())
        .extracting(CrawlRun::getState)
        .containsExactly(CrawlRun.State.STATE_SUCCEEDED, CrawlRun.State.STATE_INTERRUPTED);
    assertThat(next.table().getVersion()).isEqualTo(1);
  }

  @Test
  void aStoreThatWasAwayIsUsedAgainWhenItIsBack() throws Exception {
    Replica server;
    try (EmbeddedPostgres postgres = TestPostgres.start(directory.resolve("store"))) {
      useStore(postgres);
      server = serve();
      addSource(server);
      server.crawl();
    }
    toPostgres.cut();

    assertThatThrownBy(server::runs)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
        .hasMessageContaining("store");

    try (EmbeddedPostgres again = TestPostgres.start(directory.resolve("store"))) {
      useStore(again);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreException(StatusRuntimeException.class)
          .untilAsserted(() -> assertThat(server.table().getVersion()).isEqualTo(1));
      assertThat(server.crawlWhenFree().getDatabases(0).getState())
          .isEqualTo(DatabaseOutcome.State.STATE_UNCHANGED);
    }
  }
}
