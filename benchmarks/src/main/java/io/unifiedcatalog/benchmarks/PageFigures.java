package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesResponse;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.server.store.PlainPages;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What a page of 100 tables costs its caller: beside the same statements by plain JDBC, and beside
 * the same call to a server that has 1,000 tables. The three take turns, each for a slice of calls;
 * of a slice, the median call counts.
 */
final class PageFigures {
  private static final int PAGE = 100;
  private static final int ROUNDS = 15;
  private static final int WARM_UP_SLICES = 40;
  private static final int SLICE = 60;

  private final CatalogServiceGrpc.CatalogServiceBlockingStub large;
  private final CatalogServiceGrpc.CatalogServiceBlockingStub small;
  private final PlainPages plain;
  private final Random random = new Random(1);
  private final List<Goal> goals = new ArrayList<>();

  private PageFigures(CatalogProcess large, CatalogProcess small, Connection store) {
    this.large = CatalogServiceGrpc.newBlockingStub(large.channel());
    this.small = CatalogServiceGrpc.newBlockingStub(small.channel());
    this.plain = new PlainPages(store);
  }

  /** Fetches one page, and says how many tables it has. */
  private interface Page {
    int fetch() throws SQLException;
  }

  /** A page by its token, and the last table of the page before. */
  private record Place(String token, TableName after) {}

  static List<Goal> measure(
      CatalogProcess large, String largeDatabase, CatalogProcess small, String smallDatabase)
      throws SQLException {
    try (Connection store = large.store()) {
      PageFigures figures = new PageFigures(large, small, store);
      System.out.printf(
          "%n%-38s %26s %28s%n%-38s %8s %8s %8s   %8s %8s %8s%n",
          "a page of 100",
          "/ plain JDBC",
          "/ its time at 1,000",
          "",
          "median",
          "min",
          "max",
          "median",
          "min",
          "max");
      figures.list(largeDatabase, smallDatabase);
      figures.search("a word of each table", "column_7", PAGE, 10);
      figures.search("a word of 100 tables", "ledger", PAGE, 1);
      figures.search("a part of 100 names", "table_0007", PAGE, 1);
      figures.search("two words, a name", "number table_000777", 1, 1);
      figures.search("a word of none", "nowhere", 0, 1);
      return figures.goals;
    }
  }

  private void list(String largeDatabase, String smallDatabase) throws SQLException {
    List<Place> largePlaces = listPlaces(large, largeDatabase);
    List<Place> smallPlaces = listPlaces(small, smallDatabase);
    compare(
        "list",
        PAGE,
        () -> list(large, largeDatabase, any(largePlaces).token()).getTablesCount(),
        () -> plain.list(largeDatabase, any(largePlaces).after().getTable(), PAGE),
        () -> list(small, smallDatabase, any(smallPlaces).token()).getTablesCount());
  }

  private static ListTablesResponse list(
      CatalogServiceGrpc.CatalogServiceBlockingStub stub, String database, String token) {
    return stub.listTables(
        ListTablesRequest.newBuilder()
            .setDatabase(database)
            .setPageSize(PAGE)
            .setPageToken(token)
            .build());
  }

  /** Where the full pages of a list begin. */
  private static List<Place> listPlaces(
      CatalogServiceGrpc.CatalogServiceBlockingStub stub, String database) {
    List<Place> places = new ArrayList<>();
    Place place = new Place("", TableName.getDefaultInstance());
    while (true) {
      ListTablesResponse page = list(stub, database, place.token());
      if (page.getTablesCount() < PAGE) {
        return places;
      }
      places.add(place);
      place = new Place(page.getNextPageToken(), page.getTables(PAGE - 1).getName());
    }
  }

  private void search(String name, String query, int found, int pages) throws SQLException {
    List<Place> largePlaces = searchPlaces(large, query, pages);
    List<Place> smallPlaces = searchPlaces(small, query, pages);
    List<String> words = List.of(query.split(" "));
    compare(
        "search: " + name,
        found,
        () -> search(large, query, any(largePlaces).token()).getTablesCount(),
        () -> {
          TableName after = any(largePlaces).after();
          return plain.search(words, after.getDatabase(), after.getTable(), PAGE);
        },
        () -> search(small, query, any(smallPlaces).token()).getTablesCount());
  }

  private static SearchTablesResponse search(
      CatalogServiceGrpc.CatalogServiceBlockingStub stub, String query, String token) {
    return stub.searchTables(
        SearchTablesRequest.newBuilder()
            .setQuery(query)
            .setPageSize(PAGE)
            .setPageToken(token)
            .build());
  }

  /** Where the first pages of a search begin. */
  private static List<Place> searchPlaces(
      CatalogServiceGrpc.CatalogServiceBlockingStub stub, String query, int pages) {
    List<Place> places = new ArrayList<>();
    Place place = new Place("", TableName.getDefaultInstance());
    while (true) {
      places.add(place);
      if (places.size() == pages) {
        return places;
      }
      SearchTablesResponse page = search(stub, query, place.token());
      place = new Place(page.getNextPageToken(), page.getTables(PAGE - 1).getName());
    }
  }

  private Place any(List<Place> places) {
    return places.get(random.nextInt(places.size()));
  }

  private void compare(String name, int tables, Page page, Page plainPage, Page smallPage)
      throws SQLException {
    Figures toPlain = new Figures();
    Figures toSmall = new Figures();
    Figures milliseconds = new Figures();
    for (int round = -WARM_UP_SLICES; round < ROUNDS; round++) {
      double cost = slice(page, tables);
      double plainCost = slice(plainPage, tables);
      double smallCost = slice(smallPage, tables);
      if (round >= 0) {
        toPlain.add(cost / plainCost);
        toSmall.add(cost / smallCost);
        milliseconds.add(cost * 1e3);
      }
    }
    System.out.printf("%-38s %s   %s   (ms: %s)%n", name, toPlain, toSmall, milliseconds);
    goals.add(new Goal(name + " / plain JDBC", toPlain.median(), 2.0));
    goals.add(new Goal(name + " / its time at 1,000 tables", toSmall.median(), 1.5));
  }

  /** Seconds of the median call. */
  private static double slice(Page page, int tables) throws SQLException {
    double[] seconds = new double[SLICE];
    for (int i = 0; i < SLICE; i++) {
      long began = System.nanoTime();
      int found = page.fetch();
      seconds[i] = (System.nanoTime() - began) / 1e9;
      if (found != tables) {
        throw new IllegalStateException("a page had " + found + " tables, not " + tables);
      }
    }
    Arrays.sort(seconds);
    return seconds[SLICE / 2];
  }
}
