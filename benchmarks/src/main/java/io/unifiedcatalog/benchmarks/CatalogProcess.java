package io.unifiedcatalog.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A catalog server in a process of its own at {@code -Xmx512m}, on a new and empty store. */
final class CatalogProcess implements AutoCloseable {
  static final String HEAP = "-Xmx512m";

  private final EmbeddedPostgres postgres;
  private final String storeUrl;
  private final Process process;
  private final ManagedChannel channel;
  private final Thread endWithJvm;

  private CatalogProcess(
      EmbeddedPostgres postgres, String storeUrl, Process process, ManagedChannel channel) {
    this.postgres = postgres;
    this.storeUrl = storeUrl;
    this.process = process;
    this.channel = channel;
    this.endWithJvm = new Thread(process::destroy, "catalog-end");
    Runtime.getRuntime().addShutdownHook(endWithJvm);
  }

  /**
   * Starts a server.
   *
   * @param directory for its files
   * @param store the name of its store's database, which is made anew
   * @param flags more flags of its JVM
   */
  static CatalogProcess start(
      Path directory, EmbeddedPostgres postgres, String store, List<String> flags)
      throws IOException, SQLException {
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + store + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + store);
    }
    Path own = Files.createTempDirectory(directory.toAbsolutePath(), store);
    Path password = Files.writeString(own.resolve("password"), postgres.password().reveal());
    String url = postgres.jdbcUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + store + "$1");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(HEAP);
    command.addAll(flags);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "io.unifiedcatalog.server.CatalogServer",
            "--listen=127.0.0.1:0",
            "--no-auth",
            "--store=" + url,
            "--store-user=" + postgres.user(),
            "--store-password-file=" + password,
            "--data-dir=" + own));
    Process process =
        new ProcessBuilder(command).redirectError(own.resolve("server.log").toFile()).start();
    try {
      return new CatalogProcess(
          postgres,
          url,
          process,
          NettyChannelBuilder.forAddress("127.0.0.1", port(process)).usePlaintext().build());
    } catch (IOException e) {
      process.destroy();
      throw e;
    }
  }

  private static int port(Process server) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("Listening on ")) {
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      }
    }
    throw new IOException("the server did not start");
  }

  ManagedChannel channel() {
    return channel;
  }

  /** A connection to the server's store. */
  Connection store() throws SQLException {
    return DriverManager.getConnection(storeUrl, postgres.user(), postgres.password().reveal());
  }

  /** Adds a source over databases of a MySQL server. */
  void addSource(MySqlServer mysql, String name, String included) {
    addSource(
        name,
        "mysql",
        Map.of("host", "127.0.0.1", "port", Integer.toString(mysql.port()), "user", "root"),
        included,
        mysql.rootPassword());
  }

  /** Adds a source over what the pattern lets through. */
  void addSource(
      String name, String kind, Map<String, String> options, String included, String password) {
    var unused =
        SourceServiceGrpc.newBlockingStub(channel)
            .createSource(
                CreateSourceRequest.newBuilder()
                    .setSource(
                        Source.newBuilder()
                            .setName(name)
                            .setKind(kind)
                            .putAllOptions(options)
                            .putOptions("include", included)
                            .putSecrets("password", password))
                    .build());
  }

  /** A crawl that has ended well, and the seconds that it took, as its caller sees it. */
  record Crawl(CrawlRun run, double seconds) {}

  Crawl crawl(String source) {
    long began = System.nanoTime();
    Iterator<CrawlEvent> events =
        SourceServiceGrpc.newBlockingStub(channel)
            .runCrawl(RunCrawlRequest.newBuilder().setSource(source).build());
    CrawlEvent last = events.next();
    while (events.hasNext()) {
      last = events.next();
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    CrawlRun run = last.getFinished();
    if (run.getState() != CrawlRun.State.STATE_SUCCEEDED) {
      throw new IllegalStateException("the crawl failed: " + run);
    }
    return new Crawl(run, seconds);
  }

  /** How many rows each table of the store has but for the leases, and the newest revision. */
  Map<String, Long> rows() throws SQLException {
    Map<String, Long> counts = new TreeMap<>();
    try (Connection connection = store();
        Statement statement = connection.createStatement()) {
      for (String table : tables(statement)) {
        counts.put(table, number(statement, "SELECT COUNT(*) FROM " + table));
      }
      counts.put("newest revision", number(statement, "SELECT value FROM revision_counter"));
    }
    return counts;
  }

  static List<String> tables(Statement statement) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (ResultSet rows =
        statement.executeQuery(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <>"
                + " 'lease' ORDER BY tablename")) {
      while (rows.next()) {
        tables.add(rows.getString(1));
      }
    }
    return tables;
  }

  static long number(Statement statement, String query) throws SQLException {
    try (ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** Stops the server. Its store stays. */
  @Override
  public void close() {
    channel.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(endWithJvm);
  }
}
