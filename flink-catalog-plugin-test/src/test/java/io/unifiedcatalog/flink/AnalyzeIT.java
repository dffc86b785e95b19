package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.stats.CatalogColumnStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** ANALYZE TABLE, whose results are kept for the session. */
@ExtendWith(FlinkCluster.class)
class AnalyzeIT {
  private final Topics topics = Topics.shared();
  private final TableEnvironment session = topics.batch();

  @Test
  void whatIsCountedOfACrawledTableIsUsedInTheSessionAndNowhereElse() throws Exception {
    ObjectPath path = new ObjectPath("mysql_shop", "payments");
    long before = catalog(session).getTableStatistics(path).getRowCount();
    session.executeSql("ANALYZE TABLE unified.mysql_shop.payments COMPUTE STATISTICS");
    assertThat(catalog(session).getTableStatistics(path).getRowCount()).isEqualTo(1);
    assertThat(catalog(session).getTableColumnStatistics(path))
        .isEqualTo(CatalogColumnStatistics.UNKNOWN);
    session.executeSql(
        "ANALYZE TABLE unified.mysql_shop.payments COMPUTE STATISTICS FOR COLUMNS paid");
    session.executeSql(
        "ANALYZE TABLE unified.mysql_shop.payments COMPUTE STATISTICS FOR COLUMNS order_id");
    assertThat(catalog(session).getTableColumnStatistics(path).getColumnStatisticsData().keySet())
        .containsExactlyInAnyOrder("paid", "order_id");
    assertThat(catalog(session).getTableStatistics(path).getRowCount()).isEqualTo(1);
    assertThat(
            session.explainSql(
                "SELECT * FROM unified.mysql_shop.payments", ExplainDetail.ESTIMATED_COST))
        .contains("rowcount = 1.0");

    TableEnvironment other = topics.batch();
    assertThat(catalog(other).getTableStatistics(path).getRowCount()).isEqualTo(before);
  }

  @Test
  void whatIsCountedOfARegisteredTableLastsUntilItIsAltered() throws Exception {
    String topic = topics.topic();
    String table = "unified.kafka." + topic;
    ObjectPath path = new ObjectPath("kafka", topic);
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT, page STRING) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    session.executeSql("INSERT INTO " + table + " VALUES (1, 'a'), (2, 'b'), (3, 'a')").await();
    session.executeSql("ANALYZE TABLE " + table + " COMPUTE STATISTICS FOR ALL COLUMNS");
    assertThat(catalog(session).getTableStatistics(path).getRowCount()).isEqualTo(3);
    assertThat(catalog(session).getTableColumnStatistics(path).getColumnStatisticsData().keySet())
        .containsExactlyInAnyOrder("id", "page");

    session.executeSql("ALTER TABLE " + table + " ADD (more INT)");
    assertThat(catalog(session).getTableStatistics(path).getRowCount()).isEqualTo(-1);
    assertThat(catalog(session).getTableColumnStatistics(path))
        .isEqualTo(CatalogColumnStatistics.UNKNOWN);
    assertThat(rows(session, "SELECT * FROM " + table)).hasSize(3);
  }

  private static Catalog catalog(TableEnvironment session) {
    return session.getCatalog("unified").orElseThrow();
  }
}
