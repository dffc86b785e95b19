package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.StatusRuntimeException;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A statement in a tunable option, against a real MySQL with a table that the catalog does not
 * show: Flink's dialects paste the option into the query as it is.
 */
@ExtendWith(FlinkCluster.class)
class HintsIT {
  /** With Flink's MySQL dialect, which puts it between backticks: reads another table. */
  private static final String INJECTED =
      "id` = 0) UNION (SELECT id, secret, NULL FROM shop.vault_of_hints WHERE `id";

  private static final String PARTITIONS =
      "'scan.partition.num' = '1', 'scan.partition.lower-bound' = '0',"
          + " 'scan.partition.upper-bound' = '9'";

  private final Shop shop = Shop.shared();

  @BeforeAll
  static void fillVault() {
    Shop.shared()
        .mysql
        .execute(
            "CREATE TABLE IF NOT EXISTS shop.vault_of_hints (id BIGINT PRIMARY KEY, secret"
                + " VARCHAR(64))",
            "REPLACE INTO shop.vault_of_hints VALUES (0, 'nobody may see this')");
  }

  private static String partitioned(String column) {
    return "'scan.partition.column' = '" + column.replace("'", "''") + "', " + PARTITIONS;
  }

  @Test
  void aHintCannotBringAStatementAlong() throws Exception {
    TableEnvironment session = shop.batch();
    String select = "SELECT id, name, country FROM unified.mysql_shop.customers /*+ OPTIONS(";
    Throwable refused =
        catchThrowable(() -> rows(session, select + partitioned(INJECTED) + ") */"));
    assertThat(reason(refused))
        .contains(
            "Option 'scan.partition.column' of table mysql_shop.customers must be the name of")
        .doesNotContain("UNION");
    assertThat(rows(session, select + partitioned("id") + ") */"))
        .contains("+I[1, Ada, GB]")
        .noneMatch(row -> row.contains("nobody may see this"));
  }

  @Test
  void aTemporaryTableCannotEither() {
    TableEnvironment session = shop.batch();
    session.executeSql(
        "CREATE TEMPORARY TABLE unified.mysql_shop.harmless WITH ("
            + partitioned(INJECTED)
            + ") LIKE unified.mysql_shop.customers");
    Throwable refused =
        catchThrowable(() -> rows(session, "SELECT * FROM unified.mysql_shop.harmless"));
    assertThat(reason(refused)).contains("must be the name of a column");
  }

  @Test
  void anOverlayCannotEither() {
    StatusRuntimeException refused =
        (StatusRuntimeException)
            catchThrowable(
                () ->
                    shop.overlay(
                        "copies",
                        Overlay.newBuilder()
                            .putOptions("scan.partition.column", INJECTED)
                            .putOptions("scan.partition.num", "1")
                            .build()));
    assertThat(refused)
        .hasMessageContaining("overlay.options.scan.partition.column")
        .hasMessageContaining("must be the name of a column");
  }

  @Test
  void aNumberIsANumberAndAWordOneOfItsList() {
    TableEnvironment session = shop.batch();
    for (String option :
        List.of(
            "'scan.fetch-size' = '1; DROP TABLE x'",
            "'lookup.cache' = 'org.example.Evil'",
            "'scan.partition.num' = 'one'",
            "'lookup.partial-cache.expire-after-write' = 'a while'")) {
      Throwable refused =
          catchThrowable(
              () ->
                  rows(
                      session,
                      "SELECT * FROM unified.mysql_shop.customers /*+ OPTIONS(" + option + ") */"));
      assertThat(reason(refused)).as(option).contains("mysql_shop.customers must be ");
    }
  }
}
