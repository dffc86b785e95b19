package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.messages;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Overlay;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * How much planning asks of the server. The shop is this class's own: a table that another class
 * changed would be asked for again, and revisions are counted.
 */
class PlanningIT {
  private static Shop shop;

  @BeforeAll
  static void start() {
    shop = Shop.own();
  }

  @AfterAll
  static void stop() {
    shop.close();
  }

  @Test
  void aJoinOfFiveTablesAsksTwiceForEachTableAndForNothingElse() {
    TableEnvironment session = shop.batch();
    CatalogClient client = client(session);
    String join =
        "SELECT * FROM "
            + shop.table("orders")
            + " o JOIN "
            + shop.table("customers")
            + " c ON o.customer_id = c.id JOIN "
            + shop.table("order_items")
            + " i ON i.order_id = o.id JOIN "
            + shop.table("products")
            + " p ON i.product_id = p.id LEFT JOIN "
            + shop.table("payments")
            + " y ON y.order_id = o.id";

    session.explainSql(join);
    assertThat(client.metadataCalls()).isEqualTo(10);
    assertThat(client.bindingCalls()).isBetween(1L, 5L);

    long cold = client.metadataCalls();
    long bindings = client.bindingCalls();
    session.explainSql(join);
    assertThat(client.metadataCalls() - cold).isEqualTo(10);
    assertThat(client.bindingCalls() - bindings).isLessThanOrEqualTo(5);
  }

  @Test
  void aTableThatIsJoinedWithItselfIsBoundOnce() {
    TableEnvironment session = shop.batch();
    String customers = shop.table("customers");
    session.explainSql(
        "SELECT * FROM "
            + customers
            + " a JOIN "
            + customers
            + " b ON a.id = b.id + 1 JOIN "
            + customers
            + " c ON c.id = b.id + 1");
    assertThat(client(session).bindingCalls()).isEqualTo(1);
  }

  @Test
  void whatACrawlFindsIsThereForTheNextStatement() throws Exception {
    TableEnvironment session = shop.batch();
    String query = "SELECT n FROM " + shop.table("fresh");
    assertThat(messages(catchThrowable(() -> session.explainSql(query)))).contains("not found");
    shop.execute("CREATE TABLE fresh (id INT PRIMARY KEY)");
    try {
      shop.crawl("mysql");
      assertThat(rows(session, "DESCRIBE " + shop.table("fresh"))).hasSize(1);
      shop.execute("ALTER TABLE fresh ADD n INT");
      shop.crawl("mysql");
      assertThat(session.explainSql(query)).contains("fresh");
    } finally {
      shop.execute("DROP TABLE fresh");
      shop.crawl("mysql");
    }
    assertThat(messages(catchThrowable(() -> session.explainSql(query)))).contains("not found");
  }

  @Test
  void withoutCacheEachStatementSeesWhatIsThere() throws Exception {
    TableEnvironment session = shop.batch();
    session.executeSql(
        shop.createCatalog(shop.endpoint())
            .replace("CATALOG unified", "CATALOG uncached")
            .replace(")", ", 'cache-ttl' = '0 s')"));
    String show = "SHOW TABLES FROM uncached.mysql_" + shop.name;
    assertThat(rows(session, show)).contains("+I[orders]").doesNotContain("+I[latecomer]");
    shop.execute("CREATE TABLE latecomer (id INT PRIMARY KEY)");
    try {
      shop.crawl("mysql");
      assertThat(rows(session, show)).contains("+I[latecomer]");
    } finally {
      shop.execute("DROP TABLE latecomer");
      shop.crawl("mysql");
    }
  }

  @Test
  void whatIsThereAlreadyOrIsGoneAlreadyMakesNoRevision() {
    TableEnvironment session = shop.batch();
    // Revisions are dense: that of the next change shows whether there was one in between.
    long before =
        shop.overlay("notes", Overlay.newBuilder().setComment("one").build()).getRevision();
    session.executeSql("CREATE DATABASE IF NOT EXISTS unified.mysql_" + shop.name);
    session.executeSql("DROP DATABASE IF EXISTS unified.nowhere");
    session.executeSql("DROP TABLE IF EXISTS " + shop.table("nothing"));
    long after =
        shop.overlay("notes", Overlay.newBuilder().setComment("two").build()).getRevision();
    assertThat(after).isEqualTo(before + 1);
  }

  private static CatalogClient client(TableEnvironment session) {
    return ((UnifiedCatalog) session.getCatalog("unified").orElseThrow()).client();
  }
}
