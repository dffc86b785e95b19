package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DiscardCrawlRunRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.TableChange;
import io.unifiedcatalog.proto.v1.WebhookMessage;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.server.webhook.Receiver;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A server over a real MySQL that posts what its crawls find to a real HTTP server. */
@Timeout(240)
@ExtendWith(SharedServers.class)
class WebhookTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final CountDownLatch open = new CountDownLatch(1);
  private MySqlServer mysql;

  /** The test's database in MySQL. */
  private String shop;

  private HikariDataSource database;
  private Receiver receiver;
  private CatalogServer catalog;
  private ManagedChannel channel;
  private SourceServiceGrpc.SourceServiceBlockingStub sources;

  @BeforeEach
  void start(MySqlServer server, Prefix prefix, @TempDir Path directory) throws IOException {
    mysql = server;
    shop = prefix.name("shop") + NUMBER.incrementAndGet();
    database = TestPostgres.BUNDLED.migratedDatabase();
    receiver =
        new Receiver(
            (exchange, number) -> {
              try {
                open.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              exchange.sendResponseHeaders(200, -1);
            });
    Path secret = Files.writeString(directory.resolve("secret"), SECRET);
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--listen=127.0.0.1:0",
                "--no-auth",
                "--data-dir=" + directory.resolve("data"),
                "--webhook-url=" + receiver.url(),
                "--webhook-secret-file=" + secret));
    flags.addAll(TestPostgres.flags(database, directory));
    catalog = CatalogServer.start(ServerConfig.read(flags, Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", catalog.port()).usePlaintext().build();
    sources = SourceServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    catalog.close();
    receiver.close();
    database.close();
  }

  @Test
  void whatCrawlsFoundIsToldInTheirOrderWithTheChangesThatBreakReaders() {
    mysql.execute(
        "CREATE DATABASE " + shop,
        "CREATE TABLE " + shop + ".orders (id BIGINT PRIMARY KEY, total INT, note VARCHAR(50))",
        "CREATE TABLE " + shop + ".items (id INT PRIMARY KEY)");
    addSource("shop", mysql.rootPassword());
    CrawlRun first = crawl("shop");
    mysql.execute(
        "ALTER TABLE " + shop + ".orders DROP COLUMN note, MODIFY total SMALLINT, ADD place INT",
        "ALTER TABLE " + shop + ".items ADD name VARCHAR(10)");
    CrawlRun second = crawl("shop");
    crawl("shop");
    mysql.execute(
        "DROP TABLE " + shop + ".orders",
        "DROP TABLE " + shop + ".items",
        "CREATE TABLE " + shop + ".t (i INT)");
    CrawlRun third = crawl("shop");
    CrawlRun discarded =
        sources.discardCrawlRun(DiscardCrawlRunRequest.newBuilder().setId(third.getId()).build());
    assertThat(discarded.getState()).isEqualTo(CrawlRun.State.STATE_DISCARDED);
    addSource("closed", "a wrong password");
    CrawlRun fourth = crawl("closed");
    open.countDown();

    List<WebhookMessage> told = awaitTold(4);
    assertThat(told)
        .extracting(WebhookMessage::getType)
        .containsExactly("crawl.succeeded", "crawl.succeeded", "crawl.held", "crawl.failed");
    assertThat(told)
        .extracting(message -> message.getData().getRun().getId())
        .containsExactly(first.getId(), second.getId(), third.getId(), fourth.getId());
    assertThat(told)
        .allSatisfy(
            message -> {
              assertThat(message.getTimestamp()).isEqualTo(message.getData().getRun().getEndTime());
              assertThat(message.getData().getMoreBreakingChanges()).isFalse();
            });
    assertThat(told.get(0).getData().getRun()).isEqualTo(first);
    assertThat(told.get(0).getData().getBreakingChangesList()).isEmpty();
    assertThat(told.get(1).getData().getRun().getDatabases(0).getBreakingChanges()).isEqualTo(2);
    assertThat(told.get(1).getData().getBreakingChangesList())
        .singleElement()
        .satisfies(
            change -> {
              assertThat(change.getTable()).isEqualTo("shop_" + shop + ".orders");
              assertThat(change.getDifferencesList())
                  .filteredOn(TableChange.Difference::getBreaking)
                  .extracting(difference -> difference.getColumn() + " " + difference.getAspect())
                  .containsExactlyInAnyOrder(
                      "note ASPECT_COLUMN_REMOVED", "total ASPECT_TYPE_NARROWED");
            });
    // As it was when the crawl ended.
    assertThat(told.get(2).getData().getRun().getState()).isEqualTo(CrawlRun.State.STATE_HELD);
    assertThat(told.get(3).getData().getRun().getError()).isEqualTo(fourth.getError());
    assertThat(receiver.posts())
        .allMatch(post -> post.isSignedWith(SECRET))
        .noneMatch(post -> post.body().contains(mysql.rootPassword()));
  }

  @Test
  void ofVeryManyTablesThatBreakFiftyAreTold() {
    List<String> statements = new ArrayList<>(List.of("CREATE DATABASE " + shop));
    for (int i = 0; i < 60; i++) {
      statements.add("CREATE TABLE " + shop + ".t" + i + " (id INT, note INT)");
    }
    mysql.execute(statements.toArray(String[]::new));
    addSource("shop", mysql.rootPassword());
    crawl("shop");
    statements.clear();
    for (int i = 0; i < 60; i++) {
      statements.add("ALTER TABLE " + shop + ".t" + i + " DROP COLUMN note");
    }
    mysql.execute(statements.toArray(String[]::new));
    crawl("shop");
    open.countDown();

    WebhookMessage told = awaitTold(2).get(1);
    assertThat(told.getData().getRun().getDatabases(0).getBreakingChanges()).isEqualTo(60);
    assertThat(told.getData().getBreakingChangesList()).hasSize(50);
    assertThat(told.getData().getMoreBreakingChanges()).isTrue();
  }

  private List<WebhookMessage> awaitTold(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(receiver.posts()).hasSize(count));
    List<WebhookMessage> told = new ArrayList<>();
    for (Receiver.Post post : receiver.posts()) {
      WebhookMessage.Builder message = WebhookMessage.newBuilder();
      try {
        JsonFormat.parser().merge(post.body(), message);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(post.body(), e);
      }
      told.add(message.build());
    }
    return told;
  }

  private void addSource(String name, String password) {
    Source unused =
        sources.createSource(
            CreateSourceRequest.newBuilder()
                .setSource(
                    Source.newBuilder()
                        .setName(name)
                        .setKind("mysql")
                        .putOptions("host", "127.0.0.1")
                        .putOptions("port", Integer.toString(mysql.port()))
                        .putOptions("user", "root")
                        .putOptions("include", shop + ".*")
                        .putSecrets("password", password))
                .build());
  }

  private CrawlRun crawl(String source) {
    CrawlRun[] last = new CrawlRun[1];
    sources
        .runCrawl(RunCrawlRequest.newBuilder().setSource(source).build())
        .forEachRemaining(
            event -> {
              if (event.hasFinished()) {
                last[0] = event.getFinished();
              }
            });
    return last[0];
  }
}
