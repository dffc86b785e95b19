package io.unifiedcatalog.flink;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
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
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.StoreBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * A real catalog server with tokens that has crawled a small shop, a database of the MySQL server
 * that all tests share; and what a test asks of them.
 *
 * <p>One catalog server is shared by all test classes of a run, because it takes seconds to start.
 * They use it at the same time: none may change what another reads. A class that stops the server,
 * adds or drops tables of the shop, or counts revisions has a shop of its own.
 */
final class Shop implements AutoCloseable {
  static final String PASSWORD = "shop-Pa55word-9371";
  static final String TOKEN = "binding-token-4711";

  /** Where the programs of the embedded PostgreSQL are unpacked, once for all runs. */
  static final Path STORE_BINARIES = StoreBinaries.directory();

  private static @Nullable Shop shared;

  final MySqlServer mysql = SharedServers.mySql();

  /** The shop's database in MySQL, and the user who may use it. */
  final String name;

  final Path directory;
  final Path tokenFile;
  private @Nullable CatalogServer server;
  private @Nullable ManagedChannel channel;

  private Shop(String name) {
    this.name = name;
    try {
      directory = Files.createTempDirectory("shop-");
      tokenFile = Files.writeString(directory.resolve("binding-token"), TOKEN + "\n");
      Files.writeString(directory.resolve("catalog-token"), "catalog-token-0815\n");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    fill();
    startServer();
    add(
        Source.newBuilder()
            .setName("mysql")
            .setKind("mysql")
            .putOptions("host", "127.0.0.1")
            .putOptions("port", Integer.toString(mysql.port()))
            .putOptions("user", name)
            // The user may see the databases of other tests, too.
            .putOptions("include", name)
            .putSecrets("password", PASSWORD));
    crawl("mysql");
  }

  /** The one for all tests that need none of their own. */
  static synchronized Shop shared() {
    if (shared == null) {
      Shop shop = new Shop("shop");
      Runtime.getRuntime().addShutdownHook(new Thread(shop::stopServer));
      shared = shop;
    }
    return requireNonNull(shared);
  }

  /** One that no other class sees, with a catalog server and a database of its own. */
  static Shop own() {
    return new Shop(SharedServers.newPrefix(Shop.class).name("own"));
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
                      "--store-binaries",
                      STORE_BINARIES.toString(),
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

  /** Stops the catalog server. */
  @Override
  public void close() {
    stopServer();
  }

  /** A table of the shop as SQL names it. */
  String table(String table) {
    return "unified.mysql_" + name + "." + table;
  }

  /** Runs statements in the shop's database as MySQL's root. */
  void execute(String... statements) {
    mysql.execute(
        Stream.concat(Stream.of("USE " + name), Stream.of(statements)).toArray(String[]::new));
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

  /** Adds a source to the catalog. */
  void add(Source.Builder source) {
    sources().createSource(CreateSourceRequest.newBuilder().setSource(source).build());
  }

  /** Crawls a source to the end, which must be a success. */
  void crawl(String source) {
    Iterator<CrawlEvent> events =
        sources().runCrawl(RunCrawlRequest.newBuilder().setSource(source).build());
    CrawlEvent last = CrawlEvent.getDefaultInstance();
    while (events.hasNext()) {
      last = events.next();
    }
    assertThat(last.getFinished().getState())
        .as(last.toString())
        .isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
  }

  /** Sets the overlay of a table of the shop. */
  Table overlay(String table, Overlay overlay) {
    return catalog()
        .updateTableOverlay(
            UpdateTableOverlayRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("mysql_" + name).setTable(table))
                .setOverlay(overlay)
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
        "CREATE USER " + name + "@'%' IDENTIFIED BY '" + PASSWORD + "'",
        "CREATE DATABASE " + name,
        "GRANT ALL ON " + name + ".* TO " + name + "@'%'");
    execute(
        "CREATE TABLE customers (id BIGINT PRIMARY KEY, name VARCHAR(64) NOT NULL,"
            + " country CHAR(2) COMMENT 'ISO 3166') COMMENT 'who buys'",
        "CREATE TABLE products (id INT UNSIGNED PRIMARY KEY, title VARCHAR(100) NOT NULL,"
            + " price DECIMAL(10,2) NOT NULL, tags JSON)",
        "CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, customer_id BIGINT NOT NULL,"
            + " created_at DATETIME(3) NOT NULL, status ENUM('open','paid','gone') NOT NULL)",
        "CREATE TABLE order_items (order_id BIGINT UNSIGNED, line INT, product_id INT UNSIGNED"
            + " NOT NULL, quantity INT NOT NULL, PRIMARY KEY (order_id, line))",
        "CREATE TABLE payments (order_id BIGINT UNSIGNED PRIMARY KEY, paid DECIMAL(10,2))",
        "CREATE TABLE totals (country VARCHAR(2) PRIMARY KEY, orders BIGINT NOT NULL)",
        "CREATE TABLE copies (id BIGINT PRIMARY KEY, name VARCHAR(64))",
        "CREATE TABLE notes (id BIGINT NOT NULL, note VARCHAR(64))",
        "CREATE TABLE places (id INT PRIMARY KEY, name VARCHAR(20), spot POINT NOT NULL)",
        "CREATE TABLE `odd.na'me` (id INT PRIMARY KEY, note VARCHAR(20))",
        "CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status =" + " 'open'",
        "INSERT INTO customers VALUES (1, 'Ada', 'GB'), (2, 'Blaise', 'FR'), (3, 'Carl',"
            + " NULL)",
        "INSERT INTO products VALUES (1, 'Pen', 1.50, '{\"blue\":true}'), (2, 'Ink', 7.25,"
            + " NULL)",
        "INSERT INTO orders VALUES (10, 1, '2026-01-01 10:00:00.123', 'open'), (11, 1,"
            + " '2026-01-01 10:00:05.000', 'paid'), (12, 2, '2026-01-01 10:01:00.000', 'open'),"
            + " (18446744073709551615, 3, '2026-01-01 10:02:00.999', 'gone')",
        "INSERT INTO order_items VALUES (10, 1, 1, 2), (10, 2, 2, 1), (11, 1, 1, 10), (12, 1,"
            + " 2, 3)",
        "INSERT INTO payments VALUES (11, 15.00)",
        "INSERT INTO places VALUES (1, 'here', POINT(1, 2))",
        "INSERT INTO `odd.na'me` VALUES (1, 'odd')",
        "ANALYZE TABLE customers, products, orders, order_items");
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
