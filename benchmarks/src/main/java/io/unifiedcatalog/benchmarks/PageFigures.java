package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.server.store.PlainPages;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a page of 100 tables costs its caller: beside the same statements by plain JDBC, and beside
 * the same call to a server that has 1,000 tables. The three take turns, each for a slice of calls;
 * of a slice, the median call counts. No page is asked for twice unless it says so, as the server
 * answers it from memory then.
 */
final class PageFigures {
  private static final int PAGE = 100;
  private static final int ROUNDS = 15;
  private static final int WARM_UP_SLICES = 30;

  /** The first calls of all warm up both servers and their callers. */
  private static final int FIRST_WARM_UP_SLICES = 300;

  private static final int SLICE = 60;

  /** What every table has in its search text and no index helps to find. */
  private static final List<String> FILLERS = fillers("column_12", "table", "number");

  private final CatalogServiceGrpc.CatalogServiceBlockingStub large;
  private final CatalogServiceGrpc.CatalogServiceBlockingStub small;
  private final PlainPages plain;
  private final List<Goal> goals = new ArrayList<>();

  private PageFigures(CatalogProcess large, CatalogProcess small, Connection store) {
    this.large = CatalogServiceGrpc.newBlockingStub(large.channel());
    this.small = CatalogServiceGrpc.newBlockingStub(small.channel());
    this.plain = new PlainPages(store);
  }

  private static List<String> fillers(String... texts) {
    return Stream.of(texts)
        .flatMap(
            text ->
                Stream.concat(
                    text.chars().mapToObj(Character::toString),
                    Stream.iterate(0, i -> i + 2 <= text.length(), i -> i + 1)
                        .map(i -> text.substring(i, i + 2))))
        .distinct()
        .toList();
  }

  /** Fetches a page, and says how many tables it has. */
  private interface Page {
    int fetch(int number) throws SQLException;
  }

  /**
   * Measures.
   *
   * @param largeDatabase has {@code table_000000} and so on, of which there are many thousands
   * @param smallDatabase likewise, with 1,000
   */
  static List<Goal> measure(
      CatalogProcess large, String largeDatabase, CatalogProcess small, String smallDatabase)
      throws SQLException {
    try (Connection store = large.store()) {
      PageFigures figures = new PageFigures(large, small, store);
      System.out.printf(
          "%n%-40s %26s   %26s   %26s%n%-40s %8s %8s %8s   %8s %8s %8s   %8s %8s %8s%n",
          "a page of 100",
          "/ plain JDBC",
          "/ its time at 1,000",
          "milliseconds",
          "",
          "median",
          "min",
          "max",
          "median",
          "min",
          "max",
          "median",
          "min",
          "max");
      figures.compare(
          "list",
          PAGE,
          number -> list(figures.large, largeDatabase, name(number)),
          number -> figures.plain.list(largeDatabase, name(number), PAGE),
          number -> list(figures.small, smallDatabase, name(number)));
      figures.compare(
          "list, asked before",
          PAGE,
          number -> list(figures.large, largeDatabase, name(0)),
          number -> figures.plain.list(largeDatabase, name(0), PAGE),
          number -> list(figures.small, smallDatabase, name(0)));
      figures.search("a word of each table", "column_7", PAGE);
      figures.search("a word of 100 tables", "ledger", PAGE);
      figures.search("a part of 100 names", "table_0007", PAGE);
      figures.search("two words, of one table", "number table_000777", 1);
      figures.search("a word of none", "nowhere", 0);
      figures.compare(
          "search: a word of none, asked before",
          0,
          number -> search(figures.large, "nowhere"),
          number -> figures.plain.search(List.of("nowhere"), PAGE),
          number -> search(figures.small, "nowhere"));
      return figures.goals;
    }
  }

  /** A text among the names of the first 900 tables, another for each number. */
  private static String name(int number) {
    return String.format(Locale.ROOT, "table_%06d!%d", number * 37L % 900, number);
  }

  private static int list(
      CatalogServiceGrpc.CatalogServiceBlockingStub stub, String database, String after) {
    return stub.listTables(
            ListTablesRequest.newBuilder()
                .setDatabase(database)
                .setPageSize(PAGE)
                .setPageToken(
                    Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(after.getBytes(StandardCharsets.UTF_8)))
                .build())
        .getTablesCount();
  }

  private void search(String name, String query, int found) throws SQLException {
    compare(
        "search: " + name,
        found,
        number -> search(large, query + fillers(number)),
        number -> plain.search(List.of((query + fillers(number)).split(" ")), PAGE),
        number -> search(small, query + fillers(number)));
  }

  private static String fillers(int number) {
    int count = FILLERS.size();
    return " "
        + FILLERS.get(number % count)
        + " "
        + FILLERS.get(number / count % count)
        + " "
        + FILLERS.get(number / count / count % count);
  }

  private static int search(CatalogServiceGrpc.CatalogServiceBlockingStub stub, String query) {
    return stub.searchTables(
            SearchTablesRequest.newBuilder().setQuery(query).setPageSize(PAGE).build())
        .getTablesCount();
  }

  private void compare(String name, int tables, Page page, Page plainPage, Page smallPage)
      throws SQLException {
    Figures toPlain = new Figures();
    Figures toSmall = new Figures();
    Figures milliseconds = new Figures();
    int warmUp = goals.isEmpty() ? FIRST_WARM_UP_SLICES : WARM_UP_SLICES;
    for (int round = 0; round < warmUp + ROUNDS; round++) {
      double cost = slice(page, tables, round);
      double plainCost = slice(plainPage, tables, round);
      double smallCost = slice(smallPage, tables, round);
      if (round >= warmUp) {
        toPlain.add(cost / plainCost);
        toSmall.add(cost / smallCost);
        milliseconds.add(cost * 1e3);
      }
    }
    System.out.printf("%-40s %s   %s   %s%n", name, toPlain, toSmall, milliseconds);
    goals.add(new Goal(name + " / plain JDBC", toPlain.median(), 2.0));
    goals.add(new Goal(name + " / its time at 1,000 tables", toSmall.median(), 1.5));
  }

  /** Seconds of the median call. */
  private static double slice(Page page, int tables, int round) throws SQLException {
    double[] seconds = new double[SLICE];
    for (int i = 0; i < SLICE; i++) {
      long began = System.nanoTime();
      int found = page.fetch(round * SLICE + i);
      seconds[i] = (System.nanoTime() - began) / 1e9;
      if (found != tables) {
        throw new IllegalStateException("a page had " + found + " tables, not " + tables);
      }
    }
    Arrays.sort(seconds);
    return seconds[SLICE / 2];
  }
}
