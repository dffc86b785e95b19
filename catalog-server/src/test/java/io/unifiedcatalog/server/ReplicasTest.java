package io.unifiedcatalog.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Server processes that share a store: stopped, killed and cut off while they work. */
@Timeout(240)
class ReplicasTest {
  private static final TableName TABLE =
      TableName.newBuilder().setDatabase("mysql_shop").setTable("orders").build();
  private static final Engine FLINK =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();

  private static MySqlServer mysql;

  @TempDir Path directory;
  private final List<Replica> replicas = new ArrayList<>();
  private TcpProxy toMysql;
  private EmbeddedPostgres postgres;
  private TcpProxy toPostgres;

  /** A server process. */
  private record Replica(Process process, ManagedChannel channel) {
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
          .getTable(GetTableRequest.newBuilder().setName(TABLE).setEngine(FLINK).build());
    }

    void signal(String name) throws IOException, InterruptedException {
      assertThat(
              new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                  .start()
                  .waitFor())
          .isZero();
    }
  }

  @BeforeAll
  static void startMySql() {
    mysql = MySqlServer.start();
  }

  @AfterAll
  static void stopMySql() {
    mysql.close();
  }

  @BeforeEach
  void start() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    mysql.execute(
        "DROP DATABASE IF EXISTS shop",
        "CREATE DATABASE shop",
        "CREATE TABLE shop.orders (id BIGINT PRIMARY KEY)");
    toMysql = new TcpProxy(mysql.port());
    postgres = TestPostgres.start(directory.resolve("store"));
    toPostgres = new TcpProxy(port(postgres));
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Replica replica : replicas) {
      replica.channel.shutdownNow();
      replica.process.destroyForcibly().waitFor();
    }
    toMysql.close();
    toPostgres.close();
    postgres.close();
  }

  private static int port(EmbeddedPostgres postgres) {
    return java.net.URI.create(postgres.jdbcUrl().substring("jdbc:".length())).getPort();
  }

  private Replica serve() throws IOException {
    return serve(toPostgres, "--scheduler=off");
  }

  private Replica serve(TcpProxy toStore, String... flags) throws IOException {
    Path password = directory.resolve("password");
    Files.writeString(password, postgres.password().reveal());
    String database = java.net.URI.create(postgres.jdbcUrl().substring("jdbc:".length())).getPath();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                CatalogServer.class.getName(),
                "--listen=127.0.0.1:0",
                "--store=jdbc:postgresql://127.0.0.1:" + toStore.port() + database,
                "--store-user=" + postgres.user(),
                "--store-password-file=" + password,
                "--data-dir=" + directory.resolve("data"),
                "--lease-time=5s",
                "--poll-interval=200ms"));
    command.addAll(List.of(flags));
    Process process =
        new ProcessBuilder(command)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(directory.resolve("servers.log").toFile()))
            .start();
    String line = process.inputReader().readLine();
    assertThat(line).as(Files.readString(directory.resolve("servers.log"))).isNotNull();
    Replica replica =
        new Replica(
            process,
            NettyChannelBuilder.forAddress(
                    "127.0.0.1", Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)))
                .usePlaintext()
                .build());
    replicas.add(replica);
    return replica;
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
                            .putSecrets("password", mysql.rootPassword())
                            .setSchedule(schedule))
                    .build());
    assertThat(added.getName()).isEqualTo("mysql");
  }

  @Test
  void aChangeOnOneServerIsSeenOnTheOther() throws Exception {
    Replica one = serve();
    Replica other = serve();
    addSource(one);
    one.crawl();
    assertThat(other.table().hasOverlay()).isFalse();

    Table updated =
        one.catalog()
            .updateTableOverlay(
                UpdateTableOverlayRequest.newBuilder()
                    .setName(TABLE)
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
    Replica first = serve();
    Replica second = serve();
    addSource(first);
    toMysql.holdNext();
    CompletableFuture<CrawlRun> crawl = CompletableFuture.supplyAsync(first::crawl);
    toMysql.awaitHeld();
    first.signal("STOP");

    CrawlRun taken = second.crawlWhenFree();
    assertThat(taken.getDatabases(0).getState()).isEqualTo(DatabaseOutcome.State.STATE_CHANGED);
    mysql.execute("ALTER TABLE shop.orders ADD later INT");
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
    try (TcpProxy toStore = new TcpProxy(port(postgres))) {
      Replica lost = serve(toStore, "--scheduler-interval=200ms");
      addSource(lost, CrawlSchedule.newBuilder().setCron("@yearly").setRetries(0).build());
      toMysql.holdNext();
      makeDue();
      toMysql.awaitHeld();
      Replica next = serve(toPostgres, "--scheduler-interval=200ms");
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
    Replica one = serve();
    Replica other = serve();
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
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "UPDATE crawl_schedule SET next_due = clock_timestamp() - interval '1 s'"))
          .isEqualTo(1);
    }
  }

  @Test
  void aServerToldToStopInTheMiddleOfACrawlFreesItsSourceAndEndsWithSuccess() throws Exception {
    Replica stopped = serve();
    Replica other = serve();
    addSource(stopped);
    toMysql.holdNext();
    CompletableFuture<CrawlRun> crawl = CompletableFuture.supplyAsync(stopped::crawl);
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
    CompletableFuture<CrawlRun> crawl = CompletableFuture.supplyAsync(killed::crawl);
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
    Replica server = serve();
    addSource(server);
    server.crawl();
    postgres.close();
    toPostgres.cut();

    assertThatThrownBy(server::runs)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
        .hasMessageContaining("store");

    postgres = TestPostgres.start(directory.resolve("store"));
    toPostgres.leadTo(port(postgres));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreException(StatusRuntimeException.class)
        .untilAsserted(() -> assertThat(server.table().getVersion()).isEqualTo(1));
    assertThat(server.crawlWhenFree().getDatabases(0).getState())
        .isEqualTo(DatabaseOutcome.State.STATE_UNCHANGED);
  }
}
