package io.unifiedcatalog.benchmarks;

import com.clickhouse.jdbc.Driver;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.ClickHouseServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * The ClickHouse half of {@link LargeCrawlBenchmark}: crawls of very many tables of one database,
 * beside the bare read of the same columns of the same tables of metadata in the same queries with
 * the same driver, the rows discarded.
 */
final class ClickHouseCrawl {
  private static final int COLUMNS = 20;
  private static final int WARM_TABLES = 500;

  /** What a crawl asks of a database, by {@code ClickHouseSession}. */
  private static final List<String> QUERIES =
      List.of(
          "SELECT name, engine, comment, total_rows, total_bytes, partition_key, sorting_key,"
              + " primary_key, sampling_key, if(engine = 'Distributed', engine_full, '')"
              + " FROM system.tables WHERE database = ? AND NOT is_temporary"
              + " AND NOT startsWith(name, '.inner.') AND NOT startsWith(name, '.inner_id.')",
          "SELECT table, position, name, type, default_kind, default_expression, comment"
              + " FROM system.columns WHERE database = ?"
              + " AND NOT startsWith(table, '.inner.') AND NOT startsWith(table, '.inner_id.')"
              + " ORDER BY table, position");

  private final ClickHouseServer clickHouse;
  private final String database;

  private ClickHouseCrawl(ClickHouseServer clickHouse, String database) {
    this.clickHouse = clickHouse;
    this.database = database;
  }

  static List<Goal> run(
      Path directory, EmbeddedPostgres postgres, int tables, int rounds, boolean profile)
      throws Exception {
    Figures first = new Figures();
    Figures unchanged = new Figures();
    try (ClickHouseServer clickHouse =
        ClickHouseServer.start(directory.resolve("clickhouse"), 0, "UTC")) {
      ClickHouseCrawl crawl = new ClickHouseCrawl(clickHouse, "large" + tables);
      crawl.createTables("warm", WARM_TABLES);
      crawl.createTables(crawl.database, tables);
      System.out.printf(
          "%,d ClickHouse tables of %d columns in one database; %d rounds, server at %s%n",
          tables, COLUMNS, rounds, CatalogProcess.HEAP);
      for (int round = 1; round <= rounds; round++) {
        String name = "clickhouse_" + round;
        try (CatalogProcess server =
            CatalogProcess.start(
                directory, postgres, name, LargeCrawlBenchmark.flags(profile, directory, name))) {
          crawl.round(server, round, first, unchanged);
        }
      }
    }
    System.out.printf(
        "%n%-38s %8s %8s %8s%n", "seconds of it / of the bare read", "median", "min", "max");
    System.out.printf("%-38s %s%n", "first crawl of ClickHouse", first);
    System.out.printf("%-38s %s%n%n", "unchanged crawl of ClickHouse", unchanged);
    return List.of(new Goal("first crawl of ClickHouse / bare read", first.median(), 3.0));
  }

  private void createTables(String name, int tables) {
    clickHouse.execute("CREATE DATABASE IF NOT EXISTS " + name);
    int made =
        Integer.parseInt(
            clickHouse
                .query("SELECT count() FROM system.tables WHERE database = '" + name + "'")
                .strip());
    String[] types = {
      "Int32", "Nullable(String)", "Decimal(12, 2)", "DateTime64(3)", "LowCardinality(String)"
    };
    StringBuilder columns = new StringBuilder("id UInt64");
    for (int i = 1; i < COLUMNS; i++) {
      columns.append(", column_").append(i).append(' ').append(types[i % types.length]);
      columns.append(" COMMENT 'the column number ").append(i).append("'");
    }
    for (int i = made; i < tables; i++) {
      clickHouse.execute(
          String.format(
              Locale.ROOT,
              "CREATE TABLE %s.table_%06d (%s) ENGINE = MergeTree ORDER BY id COMMENT 'the table"
                  + " number %d'",
              name,
              i,
              columns,
              i));
      if (i % 1_000 == 999) {
        System.out.printf("made %,d of %,d tables of %s%n", i + 1, tables, name);
      }
    }
  }

  private void round(CatalogProcess server, int round, Figures first, Figures unchanged)
      throws SQLException {
    Map<String, String> options =
        Map.of(
            "host",
            "127.0.0.1",
            "port",
            Integer.toString(clickHouse.port()),
            "user",
            clickHouse.user(),
            "property.compress",
            "false");
    server.addSource("warm", "clickhouse", options, "warm.*", clickHouse.password());
    server.addSource("large", "clickhouse", options, database + ".*", clickHouse.password());
    for (int i = 0; i < 3; i++) {
      bareRead("warm");
      var unused = server.crawl("warm");
    }
    bareRead(database);

    double readBefore = bareRead(database);
    CatalogProcess.Crawl firstCrawl = server.crawl("large");
    require(firstCrawl, DatabaseOutcome.State.STATE_CHANGED);
    double readBetween = bareRead(database);
    Map<String, String> before = LargeCrawlBenchmark.state(server);
    CatalogProcess.Crawl unchangedCrawl = server.crawl("large");
    require(unchangedCrawl, DatabaseOutcome.State.STATE_UNCHANGED);
    Map<String, String> after = LargeCrawlBenchmark.state(server);
    double readAfter = bareRead(database);
    if (!after.equals(before)) {
      throw new IllegalStateException(
          "an unchanged crawl wrote more than its run: " + before + " became " + after);
    }
    double firstShare = firstCrawl.seconds() / ((readBefore + readBetween) / 2);
    double unchangedShare = unchangedCrawl.seconds() / ((readBetween + readAfter) / 2);
    first.add(firstShare);
    unchanged.add(unchangedShare);
    System.out.printf(
        Locale.ROOT,
        "round %d: bare reads %.1f, %.1f, %.1f s; first crawl %.1f s, %.2f of those beside it;"
            + " unchanged crawl %.1f s, %.2f%n",
        round,
        readBefore,
        readBetween,
        readAfter,
        firstCrawl.seconds(),
        firstShare,
        unchangedCrawl.seconds(),
        unchangedShare);
  }

  private static void require(CatalogProcess.Crawl crawl, DatabaseOutcome.State wanted) {
    if (crawl.run().getDatabases(0).getState() != wanted) {
      throw new IllegalStateException("not the crawl that was to be measured: " + crawl.run());
    }
  }

  private double bareRead(String name) throws SQLException {
    long began = System.nanoTime();
    Properties login = new Properties();
    login.setProperty("user", clickHouse.user());
    login.setProperty("password", clickHouse.password());
    try (Connection connection = new Driver().connect(clickHouse.url("default"), login)) {
      for (String query : QUERIES) {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
          statement.setString(1, name);
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
}
