package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Lists of and searches for tables in the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class TableListsTest extends CrawledStoreContract {
  @Test
  void listsArePagedInTheOrderOfCodePoints() {
    Source shop = source("shop");
    List<String> names = List.of("B", "_", "a", "b", "ä", "表", "😀");
    List<String> shuffled = new ArrayList<>(names);
    Collections.shuffle(shuffled, new Random(1));
    crawl(shop, changes("db", shuffled.stream().map(this::table).toArray(PhysicalTable[]::new)));
    for (String name : shuffled) {
      crawl(shop, changes(name));
    }
    List<String> read = new ArrayList<>();
    for (String after = ""; ; after = read.get(read.size() - 1)) {
      List<TableSummary> page = store.tables("shop_db", after, 2);
      page.forEach(table -> read.add(table.name().table()));
      if (page.size() < 2) {
        break;
      }
    }
    assertThat(read).isEqualTo(names);
    assertThat(store.databases("shop", "shop_a", 3))
        .extracting(MetadataStore.Database::nativeName)
        .containsExactly("b", "db", "ä");
    assertThat(store.databases("", "", 100)).hasSize(8);
    assertThat(store.database("shop_db").tableCount()).isEqualTo(7);
    assertThat(store.tables("shop_a", "", 1)).isEmpty();
    assertFails(
        () -> store.tables("nope", "", 1),
        ErrorCode.NOT_FOUND,
        "Database 'nope' does not exist. Known databases: shop_B, shop__, shop_a, shop_b, shop_db,"
            + " shop_ä, shop_表, shop_😀.");
    assertThatThrownBy(() -> store.database("nope")).hasMessageContaining("Known databases");
  }

  @Test
  void searchFindsTablesInWhichEveryWordOccurs() {
    Source shop = source("shop");
    crawl(
        shop,
        changes("a", table("orders"), table("order_items"), table("100%"), table("back\\slash")));
    crawl(shop, changes("b", table("Orders")));
    assertThat(search(null, "ORDER")).containsExactly("a.order_items", "a.orders", "b.Orders");
    assertThat(search(null, "order", "items")).containsExactly("a.order_items");
    assertThat(search(null, "%")).containsExactly("a.100%");
    assertThat(search(null, "_")).containsExactly("a.order_items");
    assertThat(search(null, "\\")).containsExactly("a.back\\slash");
    assertThat(search(new TableName("shop_a", "order_items"), "order"))
        .containsExactly("a.orders", "b.Orders");
    assertThat(store.searchTables(List.of("order"), null, 1)).hasSize(1);
    store.deleteSource("shop", 0, "ann");
    assertThat(search(null, "order")).isEmpty();
  }

  private List<String> search(TableName after, String... words) {
    return store.searchTables(List.of(words), after, 100).stream()
        .map(table -> table.name().toString().replace("shop_", ""))
        .toList();
  }

  @Test
  void aPageReadsNoMoreTablesThanItNeedsHoweverManyThereAre() {
    Source shop = source("shop");
    for (String database : List.of("a", "b")) {
      crawl(shop, changes(database, numbered(5_000)));
    }
    // So that a database has few tables on the average.
    for (int i = 0; i < 30; i++) {
      crawl(shop, changes("c" + i, table("t")));
    }
    Jdbi jdbi = Jdbi.create(dataSource);
    jdbi.useHandle(handle -> handle.execute("ANALYZE"));
    Map<String, Object> page = new HashMap<>();
    page.put("database", "shop_b");
    page.put("after", "table_02500");
    page.put("limit", 100);
    assertThat(tablesRead(jdbi, TableRows.LIST, page)).isEqualTo(100);

    page.put("afterDatabase", "shop_a");
    page.put("afterTable", "table_02500");
    page.put("patterns", ChangeSet.texts(List.of("%table%")));
    page.put("tables", 500);
    assertThat(tablesRead(jdbi, TableRows.SEARCH_NEXT, page)).isBetween(100L, 1_000L);
    page.put("tables", 2_000);
    assertThat(tablesRead(jdbi, TableRows.SEARCH_NEXT, page)).isBetween(100L, 4_000L);

    page.put("patterns", ChangeSet.texts(List.of("%_01234%")));
    page.put("part0", "%01234%");
    assertThat(tablesRead(jdbi, TableRows.searchAll(1), page)).isBetween(2L, 100L);
    assertThat(TableRows.indexedParts(List.of("%_01234%", "Table_0", "a_b", "ß")))
        .containsExactly("01234", "table");
  }

  @Test
  void searchFindsFrequentRareAndShortWordsAmongManyTablesPageByPage() {
    Source shop = source("shop");
    for (String database : List.of("a", "b")) {
      crawl(shop, changes(database, numbered(3_000)));
    }

    for (List<String> words :
        List.of(
            List.of("table"),
            List.of("999"),
            List.of("table_02999"),
            List.of("99", "table"),
            List.of("7"),
            List.of("_00"),
            List.of("nowhere"))) {
      List<String> expected =
          Stream.of("a", "b")
              .flatMap(
                  database ->
                      IntStream.range(0, 3_000)
                          .mapToObj(i -> String.format(Locale.ROOT, "table_%05d", i))
                          .filter(name -> words.stream().allMatch(name::contains))
                          .map(name -> database + "." + name))
              .toList();
      List<String> found = new ArrayList<>();
      TableName after = null;
      List<TableSummary> page;
      do {
        page = store.searchTables(words, after, 100);
        for (TableSummary table : page) {
          after = table.name();
          found.add(after.toString().replace("shop_", ""));
        }
      } while (page.size() == 100);

      assertThat(found).as(words.toString()).isEqualTo(expected);
    }
  }

  private PhysicalTable[] numbered(int tables) {
    return IntStream.range(0, tables)
        .mapToObj(i -> table(String.format(Locale.ROOT, "table_%05d", i)))
        .toArray(PhysicalTable[]::new);
  }

  /** How many rows of tables a statement reads, those included that it then leaves out. */
  private static long tablesRead(Jdbi jdbi, String statement, Map<String, Object> parameters) {
    String plan =
        jdbi.withHandle(
            handle -> {
              Query query =
                  handle.createQuery("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement);
              parameters.forEach(
                  (name, value) -> {
                    if (statement.contains(":" + name)) {
                      query.bind(name, value);
                    }
                  });
              return query.mapTo(String.class).one();
            });
    Map<String, Object> root =
        Json.read(plan, new TypeReference<List<Map<String, Object>>>() {}).get(0);
    return tablesRead((Map<?, ?>) root.get("Plan"));
  }

  private static long tablesRead(Map<?, ?> node) {
    long rows = 0;
    if ("catalog_table".equals(node.get("Relation Name"))) {
      for (String count :
          List.of("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")) {
        Object value = node.get(count);
        rows += value == null ? 0 : Math.round(((Number) value).doubleValue());
      }
      rows *= ((Number) node.get("Actual Loops")).longValue();
    }
    Object children = node.get("Plans");
    if (children != null) {
      for (Object child : (List<?>) children) {
        rows += tablesRead((Map<?, ?>) child);
      }
    }
    return rows;
  }
}
