package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Watermark;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** SQL over tables of the catalog, with no DDL, to the rows of the real database and back. */
@ExtendWith(FlinkCluster.class)
class StatementsIT {
  private final Shop shop = Shop.shared();

  @BeforeEach
  void emptyTheTargets() {
    shop.execute("DELETE FROM copies", "DELETE FROM totals");
  }

  @Test
  void aJoinWithAnAggregationRunsInBatch() throws Exception {
    assertThat(
            rows(
                shop.batch(),
                "SELECT c.name, SUM(i.quantity * p.price) FROM unified.mysql_shop.orders o"
                    + " JOIN unified.mysql_shop.customers c ON o.customer_id = c.id"
                    + " JOIN unified.mysql_shop.order_items i ON i.order_id = o.id"
                    + " JOIN unified.mysql_shop.products p ON i.product_id = p.id"
                    + " GROUP BY c.name"))
        .containsExactlyInAnyOrder("+I[Ada, 25.25]", "+I[Blaise, 21.75]");
  }

  @Test
  void aScanRunsInStreamingWithEachRowAsItIs() throws Exception {
    assertThat(rows(shop.streaming(), "SELECT * FROM unified.mysql_shop.orders"))
        .containsExactlyInAnyOrder(
            "+I[10, 1, 2026-01-01T10:00:00.123, open]",
            "+I[11, 1, 2026-01-01T10:00:05, paid]",
            "+I[12, 2, 2026-01-01T10:01, open]",
            "+I[18446744073709551615, 3, 2026-01-01T10:02:00.999, gone]");
  }

  @Test
  void aViewOfTheSourceIsATable() throws Exception {
    assertThat(rows(shop.batch(), "SELECT id FROM unified.mysql_shop.open_orders"))
        .containsExactlyInAnyOrder("+I[10]", "+I[12]");
  }

  @Test
  void aNameWithAQuoteAndADotIsReadAsItIs() throws Exception {
    assertThat(rows(shop.batch(), "SELECT note FROM unified.mysql_shop.`odd.na'me`"))
        .containsExactly("+I[odd]");
  }

  @Test
  void aTableWithAColumnThatFlinkCannotReadIsReadWithoutIt() throws Exception {
    assertThat(rows(shop.batch(), "SELECT * FROM unified.mysql_shop.places"))
        .containsExactly("+I[1, here]");
  }

  @Test
  void aViewInFlinkOverACatalogTableWorks() throws Exception {
    TableEnvironment session = shop.batch();
    session.executeSql(
        "CREATE TEMPORARY VIEW british AS SELECT name FROM unified.mysql_shop.customers WHERE"
            + " country = 'GB'");
    assertThat(rows(session, "SELECT * FROM british")).containsExactly("+I[Ada]");
  }

  @Test
  void rowsThatAreInsertedAreReadBack() throws Exception {
    TableEnvironment session = shop.batch();
    session
        .executeSql(
            "INSERT INTO unified.mysql_shop.copies VALUES (1, 'one'), (2, CAST(NULL AS STRING))")
        .await();
    assertThat(rows(session, "SELECT * FROM unified.mysql_shop.copies"))
        .containsExactlyInAnyOrder("+I[1, one]", "+I[2, null]");
  }

  @Test
  void anUpdatingStreamIsWrittenByItsKey() throws Exception {
    TableEnvironment session = shop.streaming();
    session
        .executeSql(
            "INSERT INTO unified.mysql_shop.totals SELECT c.country, COUNT(*) FROM"
                + " unified.mysql_shop.orders o JOIN unified.mysql_shop.customers c ON"
                + " o.customer_id = c.id WHERE c.country IS NOT NULL GROUP BY c.country")
        .await();
    assertThat(rows(shop.batch(), "SELECT * FROM unified.mysql_shop.totals"))
        .containsExactlyInAnyOrder("+I[FR, 1]", "+I[GB, 2]");
  }

  @Test
  void aStatementSetWritesTwoTablesInOneJob() throws Exception {
    TableEnvironment session = shop.batch();
    StatementSet set = session.createStatementSet();
    set.addInsertSql(
        "INSERT INTO unified.mysql_shop.copies SELECT id, name FROM unified.mysql_shop.customers");
    set.addInsertSql(
        "INSERT INTO unified.mysql_shop.totals SELECT country, COUNT(*) FROM"
            + " unified.mysql_shop.customers WHERE country IS NOT NULL GROUP BY country");
    set.execute().await();
    assertThat(rows(session, "SELECT COUNT(*) FROM unified.mysql_shop.copies"))
        .containsExactly("+I[3]");
    assertThat(rows(session, "SELECT COUNT(*) FROM unified.mysql_shop.totals"))
        .containsExactly("+I[2]");
  }

  @Test
  void aStreamIsJoinedByLookup() throws Exception {
    TableEnvironment session = shop.streaming();
    session.executeSql(
        "CREATE TEMPORARY TABLE clicks (customer BIGINT, seen_at AS PROCTIME()) WITH ('connector' ="
            + " 'datagen', 'number-of-rows' = '4', 'fields.customer.kind' = 'sequence',"
            + " 'fields.customer.start' = '1', 'fields.customer.end' = '4')");
    String query =
        "SELECT k.customer, c.name FROM clicks k LEFT JOIN unified.mysql_shop.customers FOR"
            + " SYSTEM_TIME AS OF k.seen_at AS c ON k.customer = c.id";
    assertThat(session.explainSql(query)).contains("LookupJoin");
    assertThat(rows(session, query))
        .containsExactlyInAnyOrder("+I[1, Ada]", "+I[2, Blaise]", "+I[3, Carl]", "+I[4, null]");
  }

  @Test
  void aWatermarkOfTheOverlayMakesWindows() throws Exception {
    shop.overlay(
        "orders",
        Overlay.newBuilder()
            .setWatermark(
                Watermark.newBuilder()
                    .setColumn("created_at")
                    .setExpression("created_at - INTERVAL '1' SECOND"))
            .build());
    try {
      TableEnvironment session = shop.streaming();
      assertThat(rows(session, "DESCRIBE unified.mysql_shop.orders").toString())
          .contains("TIMESTAMP(3) *ROWTIME*");
      assertThat(
              rows(
                  session,
                  "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE unified.mysql_shop.orders,"
                      + " DESCRIPTOR(created_at), INTERVAL '1' MINUTE)) GROUP BY window_start,"
                      + " window_end"))
          .containsExactlyInAnyOrder(
              "+I[2026-01-01T10:00, 2]", "+I[2026-01-01T10:01, 1]", "+I[2026-01-01T10:02, 1]");
      // A crawl leaves it alone.
      shop.crawl("mysql");
      assertThat(rows(shop.streaming(), "DESCRIBE unified.mysql_shop.orders").toString())
          .contains("*ROWTIME*");
    } finally {
      shop.overlay("orders", Overlay.getDefaultInstance());
    }
  }

  @Test
  void explainShowsNoSecret() {
    TableEnvironment session = shop.streaming();
    assertThat(
            session.explainSql(
                "INSERT INTO unified.mysql_shop.copies SELECT id, name FROM"
                    + " unified.mysql_shop.customers",
                ExplainDetail.JSON_EXECUTION_PLAN,
                ExplainDetail.ESTIMATED_COST,
                ExplainDetail.CHANGELOG_MODE))
        .contains("customers")
        .doesNotContain(Shop.PASSWORD)
        .doesNotContain("jdbc:mysql");
  }

  @Test
  void writingATableWhoseUnreadableColumnNeedsAValueIsRefusedAtPlanning() {
    TableEnvironment session = shop.batch();
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        session.explainSql(
                            "INSERT INTO unified.mysql_shop.places VALUES (2, 'there')"))))
        .contains("shop.places' cannot be written")
        .contains("spot")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void aTunableOptionIsSetByAHint() throws Exception {
    assertThat(
            rows(
                shop.batch(),
                "SELECT COUNT(*) FROM unified.mysql_shop.customers /*+ OPTIONS('scan.fetch-size' ="
                    + " '1') */"))
        .containsExactly("+I[3]");
  }

  @Test
  void aRefusalOfTheConnectorNamesItsReasonAndNoSecret() {
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        shop.batch()
                            .explainSql(
                                "SELECT * FROM unified.mysql_shop.customers /*+"
                                    + " OPTIONS('scan.fetch-size' = '99999999999') */"))))
        .contains("mysql_shop.customers refused")
        .contains("99999999999")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void aTableMadeWithLikeFollowsTheCatalogsTable() throws Exception {
    TableEnvironment session = shop.batch();
    session.executeSql(
        "CREATE TEMPORARY TABLE unified.mysql_shop.mine WITH ('scan.fetch-size' = '2') LIKE"
            + " unified.mysql_shop.customers");
    assertThat(rows(session, "SELECT name FROM unified.mysql_shop.mine WHERE id < 3"))
        .containsExactlyInAnyOrder("+I[Ada]", "+I[Blaise]");
    assertThat(rows(session, "SHOW CREATE TABLE unified.mysql_shop.mine").toString())
        .contains("'unified.table' = 'customers'")
        .doesNotContain("unified.version")
        .doesNotContain(Shop.PASSWORD);
  }
}
