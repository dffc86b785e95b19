package io.unifiedcatalog.flink;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.testing.MySqlServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * A real catalog server with tokens, that has crawled a real MySQL server with a small shop in it,
 * and what a test asks of them. One for all tests of a run, as they take seconds to start.
 */
final class Shop implements AutoCloseable {
  static final String PASSWORD = "shop-Pa55word-9371";
  static final String TOKEN = "binding-token-4711";

  private static @Nullable Shop shared;

  final MySqlServer mysql;
  final Path directory;
  final Path tokenFile;
  private @Nullable CatalogServer server;
  private @Nullable ManagedChannel channel;

  private Shop() {
    try {
      directory = Files.createTempDirectory("shop-");
      tokenFile = Files.writeString(directory.resolve("binding-token"), TOKEN + "\n");
      Files.writeString(directory.resolve("catalog-token"), "catalog-token-0815\n");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    mysql = MySqlServer.start();
    fill();
    startServer();
    SourceServiceGrpc.SourceServiceBlockingStub sources = sources();
    sources.createSource(
        CreateSourceRequest.newBuilder()
            .setSource(
                Source.newBuilder()
                    .setName("mysql")
                    .setKind("mysql")
                    .putOptions("host", "127.0.0.1")
                    .putOptions("port", Integer.toString(mysql.port()))
                    .putOptions("user", "shop")
                    .putSecrets("password", PASSWORD))
            .build());
    crawl();
  }

  /** The one for all tests that do not stop it. */
  static synchronized Shop shared() {
    if (shared == null) {
      Shop shop = new Shop();
      // MySQL ends with this JVM by itself.
      Runtime.getRuntime().addShutdownHook(new Thread(shop::stopServer));
      shared = shop;
    }
    return requireNonNull(shared);
  }

  /** One for a test that stops it. */
  static Shop own() {
    return new Shop();
  }

  /** Stops the server, if it runs, and starts it on the same data and another port. */
  void startServer() {
    startServerAt("127.0.0.1:0");
  }

  /** Stops the server, if it runs, and starts it on the same data where it is told to listen. */
  void startServerAt(String listen) {
    stopServer();
    try {
      server =
          CatalogServer.start(
              ServerConfig.read(
                  List.of(
                      "--listen",
                      listen,
                      "--data-dir",
                      directory.resolve("data").toString(),
                      "--catalog-token-file",
                      directory.resolve("catalog-token").toString(),
                      "--binding-token-file",
                      tokenFile.toString()),
                  Map.of()));
    } catch (Exception e) {
      throw new IllegalStateException("The catalog server did not start.", e);
    }
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  void stopServer() {
    if (channel != null) {
      channel.shutdownNow();
    }
    if (server != null) {
      server.close();
      server = null;
    }
  }

  @Override
  public void close() {
    stopServer();
    mysql.close();
  }

  String endpoint() {
    return "127.0.0.1:" + requireNonNull(server).port();
  }

  CatalogServiceGrpc.CatalogServiceBlockingStub catalog() {
    return CatalogServiceGrpc.newBlockingStub(requireNonNull(channel))
        .withCallCredentials(new Token())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  SourceServiceGrpc.SourceServiceBlockingStub sources() {
    return SourceServiceGrpc.newBlockingStub(requireNonNull(channel))
        .withCallCredentials(new Token())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  SchemaServiceGrpc.SchemaServiceBlockingStub schemas() {
    return SchemaServiceGrpc.newBlockingStub(requireNonNull(channel))
        .withCallCredentials(new Token())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /** Crawls to the end, which must be a good one. */
  CrawlEvent crawl() {
    Iterator<CrawlEvent> events =
        sources().runCrawl(RunCrawlRequest.newBuilder().setSource("mysql").build());
    CrawlEvent last = null;
    while (events.hasNext()) {
      last = events.next();
    }
    if (last == null || !last.hasFinished()) {
      throw new IllegalStateException("The crawl did not end: " + last);
    }
    return last;
  }

  /** Sets a table's overlay. */
  Table overlay(String table, Overlay overlay) {
    return catalog()
        .updateTableOverlay(
            UpdateTableOverlayRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("mysql_shop").setTable(table))
                .setOverlay(overlay)
                .build());
  }

  /** A Flink cluster that all tests of a class run their jobs on. */
  static MiniClusterExtension cluster() {
    return new MiniClusterExtension(
        new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(8)
            .build());
  }

  /** A batch session with the catalog as `unified`. */
  TableEnvironment batch() {
    return session(EnvironmentSettings.inBatchMode());
  }

  /** A streaming session with the catalog as `unified`. */
  TableEnvironment streaming() {
    return session(EnvironmentSettings.inStreamingMode());
  }

  private TableEnvironment session(EnvironmentSettings settings) {
    TableEnvironment session = TableEnvironment.create(settings);
    session.getConfig().set("parallelism.default", "1");
    session.executeSql(createCatalog(endpoint()));
    return session;
  }

  /** The statement that makes the catalog `unified` with the token. */
  String createCatalog(String endpoint) {
    return "CREATE CATALOG unified WITH ('type' = 'unified', 'endpoint' = '"
        + endpoint
        + "', 'token-file' = '"
        + tokenFile
        + "')";
  }

  /** A statement's rows as text, in no set order. */
  static List<String> rows(TableEnvironment session, String statement) throws Exception {
    List<String> rows = new ArrayList<>();
    CloseableIterator<Row> iterator = session.executeSql(statement).collect();
    try {
      iterator.forEachRemaining(row -> rows.add(row.toString()));
    } finally {
      iterator.close();
    }
    return rows;
  }

  /** A failure with all that led to it, as a log shows it. No secret is in it. */
  static String messages(@Nullable Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      text.append(cause).append('\n');
    }
    assertThat(text.toString()).isNotEmpty().doesNotContain(PASSWORD).doesNotContain(TOKEN);
    return text.toString();
  }

  /** What the SQL client shows of a failure: what it began with, and nothing else. */
  static String reason(@Nullable Throwable failure) {
    messages(failure);
    Throwable cause = requireNonNull(failure);
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString();
  }

  private void fill() {
    mysql.execute(
        "CREATE USER shop@'%' IDENTIFIED BY '" + PASSWORD + "'",
        "CREATE DATABASE shop",
        "GRANT ALL ON shop.* TO shop@'%'",
        "CREATE TABLE shop.customers (id BIGINT PRIMARY KEY, name VARCHAR(64) NOT NULL,"
            + " country CHAR(2) COMMENT 'ISO 3166') COMMENT 'who buys'",
        "CREATE TABLE shop.products (id INT UNSIGNED PRIMARY KEY, title VARCHAR(100) NOT NULL,"
            + " price DECIMAL(10,2) NOT NULL, tags JSON)",
        "CREATE TABLE shop.orders (id BIGINT UNSIGNED PRIMARY KEY, customer_id BIGINT NOT NULL,"
            + " created_at DATETIME(3) NOT NULL, status ENUM('open','paid','gone') NOT NULL)",
        "CREATE TABLE shop.order_items (order_id BIGINT UNSIGNED, line INT, product_id INT UNSIGNED"
            + " NOT NULL, quantity INT NOT NULL, PRIMARY KEY (order_id, line))",
        "CREATE TABLE shop.payments (order_id BIGINT UNSIGNED PRIMARY KEY, paid DECIMAL(10,2))",
        "CREATE TABLE shop.totals (country VARCHAR(2) PRIMARY KEY, orders BIGINT NOT NULL)",
        "CREATE TABLE shop.copies (id BIGINT PRIMARY KEY, name VARCHAR(64))",
        "CREATE TABLE shop.notes (id BIGINT NOT NULL, note VARCHAR(64))",
        "CREATE TABLE shop.places (id INT PRIMARY KEY, name VARCHAR(20), spot POINT NOT NULL)",
        "CREATE TABLE shop.`odd.na'me` (id INT PRIMARY KEY, note VARCHAR(20))",
        "CREATE VIEW shop.open_orders AS SELECT id, customer_id FROM shop.orders WHERE status ="
            + " 'open'",
        "INSERT INTO shop.customers VALUES (1, 'Ada', 'GB'), (2, 'Blaise', 'FR'), (3, 'Carl',"
            + " NULL)",
        "INSERT INTO shop.products VALUES (1, 'Pen', 1.50, '{\"blue\":true}'), (2, 'Ink', 7.25,"
            + " NULL)",
        "INSERT INTO shop.orders VALUES (10, 1, '2026-01-01 10:00:00.123', 'open'), (11, 1,"
            + " '2026-01-01 10:00:05.000', 'paid'), (12, 2, '2026-01-01 10:01:00.000', 'open'),"
            + " (18446744073709551615, 3, '2026-01-01 10:02:00.999', 'gone')",
        "INSERT INTO shop.order_items VALUES (10, 1, 1, 2), (10, 2, 2, 1), (11, 1, 1, 10), (12, 1,"
            + " 2, 3)",
        "INSERT INTO shop.payments VALUES (11, 15.00)",
        "INSERT INTO shop.places VALUES (1, 'here', POINT(1, 2))",
        "INSERT INTO shop.`odd.na'me` VALUES (1, 'odd')",
        "ANALYZE TABLE shop.customers, shop.products, shop.orders, shop.order_items");
  }

  private static final class Token extends CallCredentials {
    @Override
    public void applyRequestMetadata(
        RequestInfo requestInfo, Executor executor, MetadataApplier applier) {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + TOKEN);
      headers.put(Metadata.Key.of("unified-api-version", Metadata.ASCII_STRING_MARSHALLER), "1");
      applier.apply(headers);
    }
  }
}
