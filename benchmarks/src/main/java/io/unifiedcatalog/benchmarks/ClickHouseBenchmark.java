package io.unifiedcatalog.benchmarks;

import com.clickhouse.jdbc.Driver;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.testing.ClickHouseServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * A bounded scan of ClickHouse in Flink, beside the same query read with the plain driver: one
 * reader each, in turns, each value asked for as what it is. Flink's time has the start of its job
 * in it. The table is made once and kept.
 */
final class ClickHouseBenchmark {
  private static final String USAGE = "Usage: ./benchmark clickhouse [--rows N] [--rounds N]";
  private static final String COLUMNS = "id, customer, page, country, seen, price, score, day";

  /** So long a plain read has to take for its speed to be worth telling. */
  private static final double LEAST_SECONDS = 10;

  private final ClickHouseServer clickHouse;
  private final String table;
  private final long rows;

  private ClickHouseBenchmark(ClickHouseServer clickHouse, long rows) {
    this.clickHouse = clickHouse;
    this.table = "rows_" + rows;
    this.rows = rows;
  }

  static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    long rows = 30_000_000;
    int rounds = 5;
    for (int i = 0; i < arguments.size(); i += 2) {
      if (!List.of("--rows", "--rounds").contains(arguments.get(i)) || i + 1 == arguments.size()) {
        throw new IllegalArgumentException(USAGE);
      }
      long value = Long.parseLong(arguments.get(i + 1));
      rows = arguments.get(i).equals("--rows") ? value : rows;
      rounds = arguments.get(i).equals("--rounds") ? (int) value : rounds;
    }
    Files.createDirectories(directory);
    Figures shares = new Figures();
    try (ClickHouseServer clickHouse =
        ClickHouseServer.start(directory.resolve("clickhouse").toAbsolutePath(), 0, "UTC")) {
      ClickHouseBenchmark benchmark = new ClickHouseBenchmark(clickHouse, rows);
      benchmark.createTable();
      System.out.printf(
          Locale.ROOT,
          "%,d rows of 8 columns, %d rounds; behind the HTTP port: %s%n",
          rows,
          rounds,
          "libchdb " + clickHouse.query("SELECT version()").strip());
      TableEnvironment flink = benchmark.flink();
      benchmark.plain();
      scan(flink);
      for (int round = 1; round <= rounds; round++) {
        double plain = benchmark.plain();
        double scan = scan(flink);
        if (plain < LEAST_SECONDS) {
          throw new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "the plain read took %.1f s, less than %.0f: give more --rows",
                  plain,
                  LEAST_SECONDS));
        }
        shares.add(plain / scan);
        System.out.printf(
            Locale.ROOT,
            "round %d: plain driver %.1f s, Flink %.1f s: %.2f of its rows a second%n",
            round,
            plain,
            scan,
            plain / scan);
      }
    }
    System.out.printf(
        "%n%-38s %8s %8s %8s%n", "rows a second of it / of the driver", "median", "min", "max");
    System.out.printf("%-38s %s%n%n", "bounded scan", shares);
    return List.of(
        new Goal("bounded scan / plain driver", shares.median(), Goal.Bound.AT_LEAST, 0.7, 0.7));
  }

  private void createTable() {
    clickHouse.execute(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (id UInt64, customer Int32, page String, country LowCardinality(String),"
            + " seen DateTime64(3), price Decimal(12, 2), score Nullable(Float64), day Date)"
            + " ENGINE = MergeTree ORDER BY id");
    if (clickHouse.query("SELECT count() FROM " + table).equals("0\n")) {
      clickHouse.execute(
          "INSERT INTO "
              + table
              + " SELECT number, number % 100000, concat('/products/', toString(number % 5000)),"
              + " ['de', 'fr', 'jp', 'vn'][number % 4 + 1],"
              + " toDateTime64('2026-01-01 00:00:00', 3) + number / 100, number % 10000 / 100,"
              + " if(number % 10 = 0, NULL, number / 7), toDate('2020-01-01') + number % 2000"
              + " FROM numbers("
              + rows
              + ")");
    }
  }

  private Properties login() {
    Properties login = new Properties();
    login.setProperty("user", clickHouse.user());
    login.setProperty("password", clickHouse.password());
    return login;
  }

  /** Seconds to read with the driver alone. */
  private double plain() throws SQLException {
    long began = System.nanoTime();
    long read = 0;
    // Kept, so that no value is left unread.
    long sum = 0;
    try (Connection connection = new Driver().connect(clickHouse.url("default"), login());
        PreparedStatement statement =
            connection.prepareStatement("SELECT " + COLUMNS + " FROM " + table);
        ResultSet all = statement.executeQuery()) {
      while (all.next()) {
        sum += all.getBigDecimal(1).intValue();
        sum += all.getInt(2);
        sum += all.getString(3).length();
        sum += all.getString(4).length();
        sum += all.getObject(5, Instant.class).toEpochMilli();
        sum += all.getBigDecimal(6).scale();
        double score = all.getDouble(7);
        sum += all.wasNull() ? 0 : (long) score;
        sum += all.getObject(8, LocalDate.class).getDayOfYear();
        read++;
      }
    }
    if (read != rows || sum == 0) {
      throw new IllegalStateException("the plain read saw " + read + " rows of " + rows);
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private TableEnvironment flink() {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    flink.getConfig().set("table.exec.resource.default-parallelism", "1");
    // Else each row is copied from the scan to the task that counts it.
    flink.getConfig().set("pipeline.object-reuse", "true");
    flink.executeSql(
        "CREATE TABLE scanned (id DECIMAL(20, 0), customer INT, page STRING, country STRING,"
            + " seen TIMESTAMP_LTZ(3), price DECIMAL(12, 2), score DOUBLE, `day` DATE) WITH ('connector' = 'jdbc-clickhouse', 'url' = '"
            + clickHouse.url("default")
            + "', 'table-name' = '"
            + table
            + "', 'username' = '"
            + clickHouse.user()
            + "', 'password' = '"
            + clickHouse.password()
            + "')");
    flink.executeSql(
        "CREATE TABLE counts (a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT, f BIGINT, g BIGINT,"
            + " h BIGINT) WITH ('connector' = 'blackhole')");
    return flink;
  }

  /**
   * Seconds to read in Flink. Each column is counted, in the task that reads it: a table that takes
   * the rows themselves would have them sent to another task, as Flink chains no sink to a source
   * of the JDBC connector's kind.
   */
  private static double scan(TableEnvironment flink) throws Exception {
    long began = System.nanoTime();
    flink
        .executeSql(
            "INSERT INTO counts SELECT COUNT(id), COUNT(customer), COUNT(page), COUNT(country),"
                + " COUNT(seen), COUNT(price), COUNT(score), COUNT(`day`) FROM scanned")
        .await();
    return (System.nanoTime() - began) / 1e9;
  }
}
