package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Crawls of very many MySQL tables, half of them in one database and the others in databases of
 * 1,000. The tables are made once and kept, which takes some minutes. After them as many ClickHouse
 * tables as a fourth of those.
 */
final class LargeCrawlBenchmark {
  private static final String USAGE =
      "Usage: ./benchmark crawl-large [--tables N] [--rounds N] [--only mysql|clickhouse]"
          + " [--profile]";

  /** As many ClickHouse tables as a fourth of the MySQL tables. */
  private static final int CLICKHOUSE_SHARE = 4;

  private static final int DATABASE_TABLES = 1_000;
  private static final int WARM_TABLES = 500;

  /** So many tables have the rare word in their comment, wherever it is looked for. */
  private static final int MARKED_TABLES = 100;

  private static final int SEEDING_THREADS = 2;

  /**
   * One file for all tables, not one a table; what the server knows of them fits in memory, so that
   * the read that a crawl is compared with is as fast as it can be.
   */
  private static final List<String> MYSQL_FLAGS =
      List.of(
          "--innodb-file-per-table=OFF",
          "--innodb-doublewrite=OFF",
          "--innodb-buffer-pool-size=1G",
          "--innodb-redo-log-capacity=1G");

  private final MySqlServer mysql;
  private final EmbeddedPostgres postgres;
  private final Path directory;
  private final int tables;
  private final boolean profile;
  private final List<String> databases = new ArrayList<>();
  private final Figures first = new Figures();
  private final Figures unchanged = new Figures();
  private final List<Goal> pages = new ArrayList<>();

  private LargeCrawlBenchmark(
      MySqlServer mysql, EmbeddedPostgres postgres, Path directory, int tables, boolean profile) {
    this.mysql = mysql;
    this.postgres = postgres;
    this.directory = directory;
    this.tables = tables;
    this.profile = profile;
  }

  static List<Goal> run(List<String> arguments, Path parent) throws Exception {
    int tables = 80_000;
    int rounds = 3;
    String only = "";
    boolean profile = false;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--profile")) {
        profile = true;
      } else if (argument.equals("--only")
          && i + 1 < arguments.size()
          && List.of("mysql", "clickhouse").contains(arguments.get(i + 1))) {
        only = arguments.get(++i);
      } else if (List.of("--tables", "--rounds").contains(argument) && i + 1 < arguments.size()) {
        int value = Integer.parseInt(arguments.get(++i));
        tables = argument.equals("--tables") ? value : tables;
        rounds = argument.equals("--rounds") ? value : rounds;
      } else {
        throw new IllegalArgumentException(USAGE);
      }
    }
    if (tables % (2 * DATABASE_TABLES) != 0) {
      throw new IllegalArgumentException(
          USAGE + ". The number of tables is a multiple of " + 2 * DATABASE_TABLES + ".");
    }
    Path directory = parent.resolve("large").toAbsolutePath();
    Files.createDirectories(directory);
    List<Goal> goals = new ArrayList<>();
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory.resolve("store"))) {
      if (!only.equals("clickhouse")) {
        goals.addAll(runMySql(directory, postgres, tables, rounds, profile));
      }
      if (!only.equals("mysql")) {
        goals.addAll(
            ClickHouseCrawl.run(directory, postgres, tables / CLICKHOUSE_SHARE, rounds, profile));
      }
    }
    return goals;
  }

  private static List<Goal> runMySql(
      Path directory, EmbeddedPostgres postgres, int tables, int rounds, boolean profile)
      throws Exception {
    try (MySqlServer mysql = MySqlServer.start(directory.resolve("mysql"), 0, MYSQL_FLAGS)) {
      LargeCrawlBenchmark benchmark =
          new LargeCrawlBenchmark(mysql, postgres, directory, tables, profile);
      benchmark.createTables();
      System.out.printf(
          "%,d MySQL tables of %d columns, %,d of them in one database and the others in databases"
              + " of %,d; %d rounds, server at %s%n",
          tables, MySqlMetadata.COLUMNS, tables / 2, DATABASE_TABLES, rounds, CatalogProcess.HEAP);
      for (int round = 1; round <= rounds; round++) {
        benchmark.round(round, round == rounds);
      }
      System.out.printf(
          "%n%-38s %8s %8s %8s%n", "seconds of it / of the bare read", "median", "min", "max");
      System.out.printf("%-38s %s%n", "first crawl", benchmark.first);
      System.out.printf("%-38s %s%n%n", "unchanged crawl", benchmark.unchanged);
      List<Goal> goals = new ArrayList<>();
      goals.add(new Goal("first crawl / bare read", benchmark.first.median(), 3.0));
      goals.addAll(benchmark.pages);
      return goals;
    }
  }

  /** Makes what there is not yet of the tables. */
  private void createTables() throws Exception {
    String name = "large" + tables;
    long began = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(SEEDING_THREADS);
    try {
      List<Future<?>> made = new ArrayList<>();
      int marked = tables / MARKED_TABLES;
      databases.add(name);
      made.add(
          threads.submit(
              () -> {
                MySqlMetadata.createTables(mysql, name, 0, tables / 2, marked);
                return null;
              }));
      for (int first = tables / 2; first < tables; first += DATABASE_TABLES) {
        int from = first;
        String database =
            String.format(Locale.ROOT, "%s_%03d", name, (first - tables / 2) / DATABASE_TABLES);
        databases.add(database);
        made.add(
            threads.submit(
                () -> {
                  MySqlMetadata.createTables(mysql, database, from, DATABASE_TABLES, marked);
                  return null;
                }));
      }
      made.add(
          threads.submit(
              () -> {
                MySqlMetadata.createTables(
                    mysql, "small", 0, DATABASE_TABLES, DATABASE_TABLES / MARKED_TABLES);
                MySqlMetadata.createTables(mysql, "warm", 0, WARM_TABLES, 0);
                return null;
              }));
      for (Future<?> one : made) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    System.out.printf(
        Locale.ROOT, "the tables were there after %.0f s%n", (System.nanoTime() - began) / 1e9);
  }

  private void round(int round, boolean last) throws Exception {
    String name = "round_" + round;
    try (CatalogProcess server =
        CatalogProcess.start(directory, postgres, name, flags(profile, directory, name))) {
      server.addSource(mysql, "warm", "warm.*");
      server.addSource(mysql, "large", "large" + tables + ".*,large" + tables + "_*.*");
      for (int i = 0; i < 3; i++) {
        MySqlMetadata.bareRead(mysql, List.of("warm"));
        var unused = server.crawl("warm");
      }
      MySqlMetadata.bareRead(mysql, databases);

      double readBefore = MySqlMetadata.bareRead(mysql, databases);
      CatalogProcess.Crawl firstCrawl = server.crawl("large");
      requireOutcome(firstCrawl, DatabaseOutcome.State.STATE_CHANGED);
      double readBetween = MySqlMetadata.bareRead(mysql, databases);
      Map<String, String> before = state(server);
      long walBefore = wal(server);
      CatalogProcess.Crawl unchangedCrawl = server.crawl("large");
      long walAfter = wal(server);
      requireOutcome(unchangedCrawl, DatabaseOutcome.State.STATE_UNCHANGED);
      Map<String, String> after = state(server);
      double readAfter = MySqlMetadata.bareRead(mysql, databases);

      double firstShare = firstCrawl.seconds() / ((readBefore + readBetween) / 2);
      double unchangedShare = unchangedCrawl.seconds() / ((readBetween + readAfter) / 2);
      first.add(firstShare);
      unchanged.add(unchangedShare);
      System.out.printf(
          Locale.ROOT,
          "round %d: bare reads %.1f, %.1f, %.1f s; first crawl %.1f s, %.2f of those beside it;"
              + " unchanged crawl %.1f s, %.2f; it wrote its run and %,d bytes of log%n",
          round,
          readBefore,
          readBetween,
          readAfter,
          firstCrawl.seconds(),
          firstShare,
          unchangedCrawl.seconds(),
          unchangedShare,
          walAfter - walBefore);
      if (!after.equals(before)) {
        throw new IllegalStateException(
            "an unchanged crawl wrote more than its run: " + before + " became " + after);
      }
      if (last) {
        try (CatalogProcess small = CatalogProcess.start(directory, postgres, "small", List.of())) {
          small.addSource(mysql, "small", "small.*");
          var unused = small.crawl("small");
          pages.addAll(
              PageFigures.measure(server, "large_" + databases.get(0), small, "small_small"));
        }
      }
    }
  }

  /** What the JVM of a server is started with. */
  static List<String> flags(boolean profile, Path directory, String name) {
    return profile
        ? List.of(
            "-XX:StartFlightRecording=settings=profile,filename="
                + directory.resolve(name + ".jfr"),
            "-Xlog:gc:file=" + directory.resolve(name + ".gc"))
        : List.of();
  }

  private void requireOutcome(CatalogProcess.Crawl crawl, DatabaseOutcome.State wanted) {
    long read =
        crawl.run().getDatabasesList().stream()
            .filter(outcome -> outcome.getState() == wanted)
            .mapToLong(outcome -> outcome.getAdded() + outcome.getUnchanged())
            .sum();
    if (read != tables) {
      throw new IllegalStateException("not the crawl that was to be measured: " + crawl.run());
    }
  }

  /**
   * Which version of which row stands where, of every table but those of the runs and leases: any
   * write shows in it.
   */
  static Map<String, String> state(CatalogProcess server) throws SQLException {
    Map<String, String> state = new TreeMap<>();
    try (Connection connection = server.store();
        Statement statement = connection.createStatement()) {
      for (String table : CatalogProcess.tables(statement)) {
        if (table.startsWith("crawl_run")) {
          continue;
        }
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) || ' rows ' || coalesce(md5(string_agg(ctid::text || xmin,"
                    + " ' ' ORDER BY ctid)), '') FROM "
                    + table)) {
          rows.next();
          state.put(table, rows.getString(1));
        }
      }
      state.put(
          "newest revision",
          Long.toString(CatalogProcess.number(statement, "SELECT value FROM revision_counter")));
    }
    return state;
  }

  /** How much was ever written to the store's log, in bytes. */
  private static long wal(CatalogProcess server) throws SQLException {
    try (Connection connection = server.store();
        Statement statement = connection.createStatement()) {
      return CatalogProcess.number(
          statement, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
    }
  }
}
