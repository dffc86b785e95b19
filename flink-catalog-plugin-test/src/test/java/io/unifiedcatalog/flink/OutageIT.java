package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What works while the catalog server is away, and after it is back. */
@Tag("kill")
class OutageIT {
  @Test
  void aSessionOutlivesItsServer() throws Exception {
    try (Shop shop = Shop.own()) {
      TableEnvironment session = shop.batch();
      String endpoint = shop.endpoint();
      session.executeSql(
          "CREATE TEMPORARY TABLE default_catalog.default_database.g (n INT) WITH ('connector' ="
              + " 'datagen', 'number-of-rows' = '1')");
      session.executeSql("USE CATALOG unified");
      session.executeSql("USE mysql_" + shop.name);
      rows(session, "SHOW TABLES");
      int columns = rows(session, "DESCRIBE orders").size();

      shop.stopServer();

      assertThat(session.explainSql("SELECT * FROM default_catalog.default_database.g"))
          .contains("g");
      assertThat(rows(session, "DESCRIBE orders")).hasSize(columns);
      String unreachable = "The catalog server at " + endpoint + " cannot be reached";
      assertThat(reason(catchThrowable(() -> session.explainSql("SELECT * FROM orders"))))
          .contains(unreachable);
      assertThat(reason(catchThrowable(() -> session.explainSql("SELECT * FROM customers"))))
          .contains(unreachable);
      // The options are asked about before Flink removes the catalog that has the old ones.
      String alter = "ALTER CATALOG unified SET ('cache-ttl' = '1 s')";
      assertThat(reason(catchThrowable(() -> session.executeSql(alter)))).contains(unreachable);
      assertThat(session.listCatalogs()).contains("unified");
      assertThat(rows(session, "DESCRIBE orders")).hasSize(columns);

      shop.startServerAt(endpoint);

      assertThat(session.explainSql("SELECT * FROM customers")).contains("customers");
      session.executeSql(alter);
      assertThat(session.explainSql("SELECT * FROM unified.mysql_" + shop.name + ".customers"))
          .contains("customers");
    }
  }
}
