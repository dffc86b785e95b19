package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tables of a Doris source in Flink SQL. No Doris can be had here: a MySQL server with tables of
 * Doris' types stands in for it, as Flink 2.x reads Doris by MySQL's protocol.
 */
@ExtendWith(FlinkCluster.class)
class DorisStandInIT {
  private static final Shop shop = Shop.shared();
  private static final String DATABASE =
      SharedServers.newPrefix(DorisStandInIT.class).name("marketing");
  private static final String CAMPAIGNS = "unified.doris_" + DATABASE + ".campaigns";

  @BeforeAll
  static void crawl() {
    shop.mysql.execute(
        "CREATE DATABASE " + DATABASE,
        "USE " + DATABASE,
        """
        CREATE TABLE campaigns (
          page VARCHAR(200) NOT NULL, live TINYINT(1), step TINYINT, small SMALLINT, number INT, big BIGINT,
          cost DECIMAL(38, 9), ratio FLOAT, exact_ratio DOUBLE, since DATE, changed DATETIME(6), code CHAR(4), note TEXT,
          extra JSON, UNIQUE KEY (page))
        """,
        """
        INSERT INTO campaigns VALUES
          ('/lowest', 0, -128, -32768, -2147483648, -9223372036854775808, -99999999999999999999999999999.999999999,
            -1.5, -1.7976931348623157E308, '1000-01-01', '1000-01-01 00:00:00', '', '', '{}'),
          ('/highest', 1, 127, 32767, 2147483647, 9223372036854775807, 99999999999999999999999999999.999999999,
            1.5, 1.7976931348623157E308, '9999-12-31', '9999-12-31 23:59:59.999999', 'abcd', 'ü', '{"a": 1}'),
          ('/none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        """,
        "GRANT ALL ON " + DATABASE + ".* TO " + shop.name + "@'%'");
    shop.add(
        Source.newBuilder()
            .setName("doris")
            .setKind("doris")
            .putOptions("host", "127.0.0.1")
            .putOptions("port", Integer.toString(shop.mysql.port()))
            .putOptions("user", shop.name)
            .putOptions("include", DATABASE)
            .putSecrets("password", Shop.PASSWORD));
    shop.crawl("doris");
  }

  @Test
  void rowsAreReadAndWrittenWithNoTableDeclaredOrTheMissingJarIsNamed() throws Exception {
    TableEnvironment session = shop.batch();
    if (EnvironmentInformation.getVersion().startsWith("1.")) {
      assertThat(reason(catchThrowable(() -> session.executeSql("SELECT * FROM " + CAMPAIGNS))))
          .contains("org.apache.doris:flink-doris-connector-1.20:25.0.0");
      return;
    }
    String select = "SELECT * FROM " + CAMPAIGNS + " WHERE page <> '/written' ORDER BY page";
    assertThat(rows(session, select))
        .containsExactly(
            "+I[/highest, true, 127, 32767, 2147483647, 9223372036854775807,"
                + " 99999999999999999999999999999.999999999, 1.5, 1.7976931348623157E308,"
                + " 9999-12-31, 9999-12-31T23:59:59.999999, abcd, ü, {\"a\": 1}]",
            "+I[/lowest, false, -128, -32768, -2147483648, -9223372036854775808,"
                + " -99999999999999999999999999999.999999999, -1.5, -1.7976931348623157E308,"
                + " 1000-01-01, 1000-01-01T00:00, , , {}]",
            "+I[/none, null, null, null, null, null, null, null, null, null, null, null, null,"
                + " null]");
    session
        .executeSql(
            "INSERT INTO "
                + CAMPAIGNS
                + " SELECT '/written', live, step, small, number, big, cost, ratio, exact_ratio,"
                + " since, changed, code, note, extra FROM "
                + CAMPAIGNS
                + " WHERE page = '/highest'")
        .await();
    assertThat(
            rows(
                session,
                "SELECT a.cost = b.cost, a.changed = b.changed, a.big = b.big, b.note FROM "
                    + CAMPAIGNS
                    + " a JOIN "
                    + CAMPAIGNS
                    + " b ON b.page = '/written' WHERE a.page = '/highest'"))
        .containsExactly("+I[true, true, true, ü]");
    assertThat(rows(session, "SHOW CREATE TABLE " + CAMPAIGNS))
        .singleElement()
        .asString()
        .contains("`page` VARCHAR(200) NOT NULL")
        .doesNotContain(Shop.PASSWORD);
  }
}
