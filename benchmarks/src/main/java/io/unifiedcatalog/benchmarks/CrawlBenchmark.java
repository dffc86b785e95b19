package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A crawl of many tables, beside the bare read of the same metadata ({@link MySqlMetadata}). The
 * tables are made once and kept.
 */
final class CrawlBenchmark {
  private static final int WARM_TABLES = 500;
  private static final int ROUNDS = 5;

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
      MySqlMetadata.createTables(mysql, database, 0, tables, 0);
      MySqlMetadata.createTables(mysql, "warm", 0, WARM_TABLES, 0);
      CrawlBenchmark benchmark = new CrawlBenchmark(mysql, postgres, directory, database);
      System.out.printf(
          "%,d tables of %d columns, %d rounds, server at %s%n",
          tables, MySqlMetadata.COLUMNS, ROUNDS, CatalogProcess.HEAP);
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

  private void round(int round) throws Exception {
    try (CatalogProcess server =
        CatalogProcess.start(directory, postgres, "round_" + round, List.of())) {
      server.addSource(mysql, "warm", "warm.*");
      server.addSource(mysql, "bench", database + ".*");
      for (int i = 0; i < 3; i++) {
        MySqlMetadata.bareRead(mysql, List.of("warm"));
        crawl(server, "warm", i == 0);
      }
      MySqlMetadata.bareRead(mysql, List.of(database));

      double read = MySqlMetadata.bareRead(mysql, List.of(database));
      double firstCrawl = crawl(server, "bench", true);
      Map<String, Long> before = server.rows();
      double readAgain = MySqlMetadata.bareRead(mysql, List.of(database));
      double unchangedCrawl = crawl(server, "bench", false);
      Map<String, Long> after = server.rows();
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
  }

  /** Seconds that a crawl takes. */
  private static double crawl(CatalogProcess server, String source, boolean changes) {
    CatalogProcess.Crawl crawl = server.crawl(source);
    DatabaseOutcome.State wanted =
        changes ? DatabaseOutcome.State.STATE_CHANGED : DatabaseOutcome.State.STATE_UNCHANGED;
    if (crawl.run().getDatabases(0).getState() != wanted) {
      throw new IllegalStateException("not the crawl that was to be measured: " + crawl.run());
    }
    return crawl.seconds();
  }
}
