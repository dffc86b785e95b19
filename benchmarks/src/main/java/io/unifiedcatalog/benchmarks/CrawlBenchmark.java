package io.unifiedcatalog.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A crawl of many tables, beside the bare read of the same metadata: the same columns of the same
 * information_schema views, in the same queries with the same driver, the rows discarded. The
 * tables are made once and kept.
 */
final class CrawlBenchmark {
  private static final int COLUMNS = 20;
  private static final int WARM_TABLES = 500;
  private static final int ROUNDS = 5;

  /** What a crawl asks of a database, by {@code MySqlSession}. */
  private static final List<String> QUERIES =
      List.of(
          "SELECT TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, ENGINE FROM information_schema.TABLES",
          "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES",
          "SELECT TABLE_NAME, IS_UPDATABLE FROM information_schema.VIEWS",
          "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART,"
              + " EXPRESSION FROM information_schema.STATISTICS",
          "SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY,"
              + " COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION"
              + " FROM information_schema.COLUMNS");

  private final MySqlServer mysql;
  private final EmbeddedPostgres postgres;
  private final Path directory;
  private final String database;
  private final Figures first = new Figures();
  private final Figures unchanged = new Figures();

  private CrawlBenchmark(
      MySqlServer mysql, EmbeddedPostgres postgres, Path directory, String database) {
    this.mysql = mysql;
    this.postgres = postgres;
    this.directory = directory;
    this.database = database;
  }

  static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    int tables = 20_000;
    for (int i = 0; i < arguments.size(); i += 2) {
      if (!arguments.get(i).equals("--tables") || i + 1 == arguments.size()) {
        throw new IllegalArgumentException("Usage: ./benchmark crawl [--tables N]");
      }
      tables = Integer.parseInt(arguments.get(i + 1));
    }
    Files.createDirectories(directory);
    try (MySqlServer mysql = MySqlServer.start(directory.resolve("mysql").toAbsolutePath());
        EmbeddedPostgres postgres =
            EmbeddedPostgres.start(directory.resolve("store").toAbsolutePath())) {
      String database = "bench_" + tables;
      createTables(mysql, database, tables);
      createTables(mysql, "warm", WARM_TABLES);
      CrawlBenchmark benchmark = new CrawlBenchmark(mysql, postgres, directory, database);
      System.out.printf(
          "%,d tables of %d columns, %d rounds, server at -Xmx512m%n", tables, COLUMNS, ROUNDS);
      for (int round = 1; round <= ROUNDS; round++) {
        benchmark.round(round);
      }
      System.out.printf(
          "%n%-38s %8s %8s %8s%n", "seconds of it / of the bare read", "median", "min", "max");
      System.out.printf("%-38s %s%n", "first crawl", benchmark.first);
      System.out.printf("%-38s %s%n%n", "unchanged crawl", benchmark.unchanged);
      return List.of(
          new Goal("first crawl / bare read", benchmark.first.median(), 3.0),
          new Goal("unchanged crawl / bare read", benchmark.unchanged.median(), 1.5));
    }
  }

  private static void createTables(MySqlServer mysql, String database, int tables)
      throws SQLException {
    try (Connection connection = mysql.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE IF NOT EXISTS " + database);
      int made;
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '"
                  + database
                  + "'")) {
        rows.next();
        made = rows.getInt(1);
      }
      StringBuilder columns = new StringBuilder("id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT");
      String[] types = {"INT", "VARCHAR(100)", "DECIMAL(12,2)", "DATETIME(3)", "TEXT"};
      for (int i = 1; i < COLUMNS; i++) {
        columns.append(", column_").append(i).append(' ').append(types[i % types.length]);
        columns.append(" COMMENT 'the column number ").append(i).append("'");
      }
      for (int i = made; i < tables; i++) {
        statement.execute(
            String.format(
                Locale.ROOT,
                "CREATE TABLE %s.table_%06d (%s, PRIMARY KEY (id), KEY by_first (column_1))"
                    + " COMMENT 'the table number %d'",
                database,
                i,
                columns,
                i));
        if (i % 1_000 == 999) {
          System.out.printf("made %,d of %,d tables%n", i + 1, tables);
        }
      }
    }
  }

  private void round(int round) throws Exception {
    String store = "round_" + round;
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + store + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + store);
    }
    Path roundDirectory = Files.createTempDirectory(directory.toAbsolutePath(), "round");
    Path password =
        Files.writeString(roundDirectory.resolve("password"), postgres.password().reveal());
    String url = postgres.jdbcUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + store + "$1");
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.unifiedcatalog.server.CatalogServer",
                "--listen=127.0.0.1:0",
                "--store=" + url,
                "--store-user=" + postgres.user(),
                "--store-password-file=" + password,
                "--data-dir=" + roundDirectory)
            .redirectError(roundDirectory.resolve("server.log").toFile())
            .start();
    try {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", port(server)).usePlaintext().build();
      try {
        measure(round, SourceServiceGrpc.newBlockingStub(channel), url);
      } finally {
        channel.shutdownNow();
      }
    } finally {
      server.destroy();
      server.waitFor(60, TimeUnit.SECONDS);
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

  private void measure(
      int round, SourceServiceGrpc.SourceServiceBlockingStub sources, String storeUrl)
      throws SQLException {
    addSource(sources, "warm", "warm");
    addSource(sources, "bench", database);
    for (int i = 0; i < 3; i++) {
      bareRead("warm");
      crawl(sources, "warm", i == 0);
    }
    bareRead(database);

    double read = bareRead(database);
    double firstCrawl = crawl(sources, "bench", true);
    Map<String, Long> before = rows(storeUrl);
    double readAgain = bareRead(database);
    double unchangedCrawl = crawl(sources, "bench", false);
    Map<String, Long> after = rows(storeUrl);
    before.merge("crawl_run", 1L, Long::sum);
    if (!after.equals(before)) {
      throw new IllegalStateException(
          "an unchanged crawl wrote more than its run: " + before + " became " + after);
    }
    first.add(firstCrawl / read);
    unchanged.add(unchangedCrawl / readAgain);
    System.out.printf(
        Locale.ROOT,
        "round %d: first crawl %.2f, unchanged crawl %.2f of the bare read beside it%n",
        round,
        firstCrawl / read,
        unchangedCrawl / readAgain);
  }

  private void addSource(
      SourceServiceGrpc.SourceServiceBlockingStub sources, String name, String included) {
    var unused =
        sources.createSource(
            CreateSourceRequest.newBuilder()
                .setSource(
                    Source.newBuilder()
                        .setName(name)
                        .setKind("mysql")
                        .putOptions("host", "127.0.0.1")
                        .putOptions("port", Integer.toString(mysql.port()))
                        .putOptions("user", "root")
                        .putOptions("include", included + ".*")
                        .putSecrets("password", mysql.rootPassword()))
                .build());
  }

  /** Seconds that a crawl takes, as its caller sees it. */
  private static double crawl(
      SourceServiceGrpc.SourceServiceBlockingStub sources, String source, boolean changes) {
    long began = System.nanoTime();
    Iterator<CrawlEvent> events =
        sources.runCrawl(RunCrawlRequest.newBuilder().setSource(source).build());
    CrawlEvent last = events.next();
    while (events.hasNext()) {
      last = events.next();
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    CrawlRun run = last.getFinished();
    DatabaseOutcome.State wanted =
        changes ? DatabaseOutcome.State.STATE_CHANGED : DatabaseOutcome.State.STATE_UNCHANGED;
    if (run.getState() != CrawlRun.State.STATE_SUCCEEDED
        || run.getDatabases(0).getState() != wanted) {
      throw new IllegalStateException("not the crawl that was to be measured: " + run);
    }
    return seconds;
  }

  /** Seconds that it takes to read the same metadata and discard it. */
  private double bareRead(String read) throws SQLException {
    long began = System.nanoTime();
    try (Connection connection = mysql.connect()) {
      for (String query : QUERIES) {
        try (PreparedStatement statement =
            connection.prepareStatement(
                query + " WHERE TABLE_SCHEMA = ?",
                ResultSet.TYPE_FORWARD_ONLY,
                ResultSet.CONCUR_READ_ONLY)) {
          statement.setFetchSize(Integer.MIN_VALUE);
          statement.setString(1, read);
          try (ResultSet rows = statement.executeQuery()) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
              for (int i = 1; i <= columns; i++) {
                rows.getString(i);
              }
            }
          }
        }
      }
    }
    return (System.nanoTime() - began) / 1e9;
  }

  /** How many rows each table of the store has, and the newest revision. */
  private Map<String, Long> rows(String url) throws SQLException {
    Map<String, Long> counts = new TreeMap<>();
    try (Connection connection =
            java.sql.DriverManager.getConnection(
                url, postgres.user(), postgres.password().reveal());
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <>"
                  + " 'lease'")) {
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
      for (String table : tables) {
        try (ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
          rows.next();
          counts.put(table, rows.getLong(1));
        }
      }
      try (ResultSet rows = statement.executeQuery("SELECT value FROM revision_counter")) {
        rows.next();
        counts.put("newest revision", rows.getLong(1));
      }
    }
    return counts;
  }
}
