package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.DatabaseAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.FunctionNotExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.catalog.exceptions.TableNotPartitionedException;
import org.apache.flink.table.catalog.stats.CatalogTableStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Flink sees of what a crawl found: names, schemas, statistics, and no way to change them. */
@ExtendWith(FlinkCluster.class)
class UnifiedCatalogIT {
  private final Shop shop = Shop.shared();
  private final TableEnvironment session = shop.batch();

  @Test
  void databasesAndTablesAreListed() throws Exception {
    session.executeSql("USE CATALOG unified");
    assertThat(rows(session, "SHOW DATABASES")).contains("+I[mysql_shop]");
    session.executeSql("USE mysql_shop");
    assertThat(rows(session, "SHOW TABLES"))
        .contains(
            "+I[customers]", "+I[odd.na'me]", "+I[open_orders]", "+I[orders]", "+I[products]");
    assertThat(rows(session, "SHOW VIEWS")).isEmpty();
    assertThat(rows(session, "SHOW USER FUNCTIONS")).isEmpty();
    assertThat(rows(session, "SHOW PROCEDURES")).isEmpty();
  }

  @Test
  void withoutDefaultDatabaseATableIsNamedWithItsDatabase() throws Exception {
    session.executeSql("USE CATALOG unified");
    assertThat(rows(session, "SELECT COUNT(*) FROM mysql_shop.customers")).containsExactly("+I[3]");
  }

  @Test
  void aDefaultDatabaseIsWhereASessionStarts() throws Exception {
    session.executeSql(
        shop.createCatalog(shop.endpoint())
            .replace("CATALOG unified", "CATALOG another")
            .replace(")", ", 'default-database' = 'mysql_shop')"));
    session.executeSql("USE CATALOG another");
    assertThat(rows(session, "SELECT COUNT(*) FROM customers")).containsExactly("+I[3]");
  }

  @Test
  void aTableIsDescribedWithTypesKeysAndComments() throws Exception {
    assertThat(rows(session, "DESCRIBE unified.mysql_shop.orders"))
        .satisfiesExactly(
            id -> assertThat(id).contains("id, DECIMAL(20, 0), false, PRI(id)"),
            customer -> assertThat(customer).contains("customer_id, BIGINT, false"),
            created -> assertThat(created).contains("created_at, TIMESTAMP(3)"),
            status -> assertThat(status).contains("status, STRING, false"));
    assertThat(rows(session, "DESCRIBE unified.mysql_shop.customers").toString())
        .contains("ISO 3166");
  }

  @Test
  void showCreateTableShowsTheReferenceAndNothingOfTheBinding() throws Exception {
    // A table that a statement was planned with names its version; what is shown must not.
    rows(session, "SELECT * FROM unified.mysql_shop.customers");
    String statement = rows(session, "SHOW CREATE TABLE unified.mysql_shop.customers").toString();
    assertThat(statement)
        .contains("'connector' = 'unified'")
        .contains("'unified.database' = 'mysql_shop'")
        .contains("'unified.table' = 'customers'")
        .contains("'unified.endpoint' = '" + shop.endpoint() + "'")
        .containsPattern("'unified.store' = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'")
        .contains("NOT ENFORCED")
        .contains("who buys")
        .doesNotContain("unified.version")
        .doesNotContain("jdbc")
        .doesNotContain(Shop.PASSWORD)
        .doesNotContain(Shop.TOKEN);
  }

  @Test
  void showCreateCatalogShowsNoToken() throws Exception {
    assertThat(rows(session, "SHOW CREATE CATALOG unified").toString())
        .contains(shop.endpoint())
        .doesNotContain(Shop.TOKEN);
  }

  @Test
  void aTableTellsItsRowsToTheOptimizer() throws Exception {
    Catalog catalog = session.getCatalog("unified").orElseThrow();
    assertThat(
            catalog.getTableStatistics(new ObjectPath("mysql_shop", "order_items")).getRowCount())
        .isEqualTo(4);
  }

  @Test
  void aColumnThatFlinkCannotReadIsNamedInTheTablesComment() throws Exception {
    assertThat(rows(session, "DESCRIBE unified.mysql_shop.places").toString())
        .contains("name")
        .doesNotContain("spot");
    assertThat(rows(session, "SHOW CREATE TABLE unified.mysql_shop.places").toString())
        .contains("spot");
  }

  @Test
  void anOverlayIsSeenByANewSessionAtOnce() throws Exception {
    shop.overlay(
        "products",
        Overlay.newBuilder()
            .setComment("what is sold")
            .addComputedColumns(
                ComputedColumn.newBuilder().setName("gross").setExpression("price * 1.19"))
            .build());
    try {
      TableEnvironment next = shop.batch();
      assertThat(rows(next, "SHOW CREATE TABLE unified.mysql_shop.products").toString())
          .contains("`gross` AS")
          .contains("what is sold");
      assertThat(rows(next, "SELECT gross FROM unified.mysql_shop.products WHERE id = 1"))
          .containsExactly("+I[1.7850]");
    } finally {
      shop.overlay("products", Overlay.getDefaultInstance());
    }
  }

  @Test
  void whatDoesNotExistIsSaidInFlinksOwnWords() {
    assertThat(
            reason(
                catchThrowable(
                    () -> session.executeSql("SELECT * FROM unified.mysql_shop.nothing"))))
        .contains("nothing")
        .contains("not found");
    assertThat(reason(catchThrowable(() -> session.executeSql("SHOW TABLES FROM unified.nowhere"))))
        .contains("nowhere");
    assertThat(session.getCatalog("unified").orElseThrow().databaseExists("nowhere")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DROP TABLE unified.mysql_shop.customers | in its source",
        "ALTER TABLE unified.mysql_shop.customers RENAME TO unified.mysql_shop.c | in its source",
        "ALTER TABLE unified.mysql_shop.customers ADD (b INT) | catalog table overlay set",
        "ALTER TABLE unified.mysql_shop.customers SET ('a' = 'b') | catalog table overlay set",
        "CREATE DATABASE unified.more | catalog source add",
        "DROP DATABASE unified.mysql_shop CASCADE | catalog source remove",
        "CREATE FUNCTION unified.mysql_shop.f AS 'a.b.C' | CREATE TEMPORARY FUNCTION",
      })
  void changingTheCatalogFromSqlIsRefusedWithWhatToDo(String statement, String remedy) {
    assertThat(reason(catchThrowable(() -> session.executeSql(statement))))
        .contains("cannot be changed from SQL")
        .contains("'unified'")
        .contains(remedy);
  }

  @Test
  void aTableIsNotRegisteredWhereTablesComeFromCrawls() {
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        session.executeSql(
                            "CREATE TABLE unified.mysql_shop.t (a INT) WITH ('connector' ="
                                + " 'datagen')"))))
        .contains("source 'mysql' of kind mysql, whose tables come from crawls")
        .contains("catalog crawl run mysql");
  }

  /** That the server has no new revision either, {@link PlanningIT} tests in a shop of its own. */
  @Test
  void whatIsThereAlreadyOrIsGoneAlreadyIsNoChange() throws Exception {
    List<String> before = rows(session, "SHOW TABLES FROM unified.mysql_shop");
    assertThat(before).contains("+I[orders]").doesNotContain("+I[nothing]");

    session.executeSql("CREATE DATABASE IF NOT EXISTS unified.mysql_shop");
    session.executeSql("DROP DATABASE IF EXISTS unified.nowhere");
    session.executeSql("DROP TABLE IF EXISTS unified.mysql_shop.nothing");

    TableEnvironment next = shop.batch();
    assertThat(rows(next, "SHOW TABLES FROM unified.mysql_shop")).isEqualTo(before);
    assertThat(rows(next, "SHOW DATABASES FROM unified"))
        .contains("+I[mysql_shop]")
        .doesNotContain("+I[nowhere]");
    assertThat(failure("CREATE DATABASE unified.mysql_shop")).contains("mysql_shop already exists");
    assertThat(failure("DROP DATABASE unified.nowhere")).contains("nowhere does not exist");
    assertThat(failure("DROP TABLE unified.mysql_shop.nothing")).contains("does not exist");
  }

  private String failure(String statement) {
    return reason(catchThrowable(() -> session.executeSql(statement)));
  }

  @Test
  void listsOfModelsAndMaterializedTablesAreEmpty() throws Exception {
    UnifiedCatalog catalog = (UnifiedCatalog) session.getCatalog("unified").orElseThrow();
    assertThat(catalog.listModels("mysql_shop")).isEqualTo(List.of());
    assertThat(catalog.listMaterializedTables("mysql_shop")).isEqualTo(List.of());
  }

  @Test
  void whatIsMissingIsSaidWithTheExceptionOfFlinksContract() {
    Catalog catalog = session.getCatalog("unified").orElseThrow();
    ObjectPath missing = new ObjectPath("mysql_shop", "nothing");
    ObjectPath orders = new ObjectPath("mysql_shop", "orders");
    assertThatThrownBy(() -> catalog.listPartitions(missing))
        .isInstanceOf(TableNotExistException.class);
    assertThatThrownBy(() -> catalog.listPartitions(orders))
        .isInstanceOf(TableNotPartitionedException.class);
    assertThatThrownBy(() -> catalog.dropDatabase("nowhere", false, false))
        .isInstanceOf(DatabaseNotExistException.class);
    assertThatThrownBy(
            () ->
                catalog.createDatabase(
                    "mysql_shop", new CatalogDatabaseImpl(Map.of(), null), false))
        .isInstanceOf(DatabaseAlreadyExistException.class);
    assertThatThrownBy(
            () -> catalog.alterDatabase("nowhere", new CatalogDatabaseImpl(Map.of(), null), false))
        .isInstanceOf(DatabaseNotExistException.class);
    assertThatCode(
            () -> {
              catalog.alterDatabase("nowhere", new CatalogDatabaseImpl(Map.of(), null), true);
              catalog.renameTable(missing, "other", true);
              catalog.alterTableStatistics(missing, CatalogTableStatistics.UNKNOWN, true);
            })
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> catalog.renameTable(missing, "other", false))
        .isInstanceOf(TableNotExistException.class);
    assertThatThrownBy(() -> catalog.listFunctions("nowhere"))
        .isInstanceOf(DatabaseNotExistException.class);
    assertThatThrownBy(() -> catalog.dropFunction(missing, false))
        .isInstanceOf(FunctionNotExistException.class);
  }
}
