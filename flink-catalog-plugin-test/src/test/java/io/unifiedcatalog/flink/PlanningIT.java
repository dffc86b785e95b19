package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.messages;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;

/** How much planning asks of the server. */
class PlanningIT {
  private static final String JOIN =
      "SELECT * FROM unified.mysql_shop.orders o"
          + " JOIN unified.mysql_shop.customers c ON o.customer_id = c.id"
          + " JOIN unified.mysql_shop.order_items i ON i.order_id = o.id"
          + " JOIN unified.mysql_shop.products p ON i.product_id = p.id"
          + " LEFT JOIN unified.mysql_shop.payments y ON y.order_id = o.id";

  private final Shop shop = Shop.shared();

  @Test
  void aJoinOfFiveTablesCostsSevenCallsColdAndNoneWarm() {
    TableEnvironment session = shop.batch();
    CatalogClient client = client(session);

    session.explainSql(JOIN);
    assertThat(client.metadataCalls()).isLessThanOrEqualTo(7);
    assertThat(client.bindingCalls()).isBetween(1L, 5L);

    long cold = client.metadataCalls();
    long bindings = client.bindingCalls();
    session.explainSql(JOIN);
    assertThat(client.metadataCalls()).isEqualTo(cold);
    assertThat(client.bindingCalls() - bindings).isLessThanOrEqualTo(5);
  }

  @Test
  void aTableThatIsJoinedWithItselfIsBoundOnce() {
    TableEnvironment session = shop.batch();
    session.explainSql(
        "SELECT * FROM unified.mysql_shop.customers a JOIN unified.mysql_shop.customers b ON a.id ="
            + " b.id + 1 JOIN unified.mysql_shop.customers c ON c.id = b.id + 1");
    assertThat(client(session).bindingCalls()).isEqualTo(1);
  }

  @Test
  void thatATableDoesNotExistIsAskedOnce() {
    TableEnvironment session = shop.batch();
    CatalogClient client = client(session);
    String query = "SELECT * FROM unified.mysql_shop.nothing";
    assertThat(messages(catchThrowable(() -> session.explainSql(query)))).contains("not found");
    long calls = client.metadataCalls();
    assertThat(messages(catchThrowable(() -> session.explainSql(query)))).contains("not found");
    assertThat(client.metadataCalls()).isEqualTo(calls);
  }

  @Test
  void withoutCacheEachStatementSeesWhatIsThere() throws Exception {
    TableEnvironment session = shop.batch();
    session.executeSql(
        shop.createCatalog(shop.endpoint())
            .replace("CATALOG unified", "CATALOG uncached")
            .replace(")", ", 'cache-ttl' = '0 s')"));
    assertThat(rows(session, "SHOW TABLES FROM uncached.mysql_shop").toString())
        .doesNotContain("latecomer");
    shop.mysql.execute("CREATE TABLE shop.latecomer (id INT PRIMARY KEY)");
    try {
      shop.crawl();
      assertThat(rows(session, "SHOW TABLES FROM uncached.mysql_shop").toString())
          .contains("latecomer");
    } finally {
      shop.mysql.execute("DROP TABLE shop.latecomer");
      shop.crawl();
    }
  }

  private static CatalogClient client(TableEnvironment session) {
    return ((UnifiedCatalog) session.getCatalog("unified").orElseThrow()).client();
  }
}
