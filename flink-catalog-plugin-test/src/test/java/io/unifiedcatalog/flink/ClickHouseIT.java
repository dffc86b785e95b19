package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tables of ClickHouse's real engine in Flink SQL, with no table declared. */
@ExtendWith(FlinkCluster.class)
class ClickHouseIT {
  private static final Shop shop = Shop.shared();
  private static final ClickHouseServer clickHouse = SharedServers.clickHouse();
  private static final String DATABASE =
      SharedServers.newPrefix(ClickHouseIT.class).name("web logs");
  private static final String VISITS = "unified.`clickhouse_" + DATABASE + "`.visits";

  @BeforeAll
  static void crawl() {
    clickHouse.execute(
        "CREATE DATABASE `" + DATABASE + "`",
        """
        CREATE TABLE `%s`.visits (
          id UInt64, page LowCardinality(String), client IPv6, status Enum8('ok' = 1, 'lost' = 2),
          at DateTime64(3, 'Asia/Tokyo'), tags Array(String), times Map(String, UInt32),
          place Tuple(lat Float64, lon Float64), cost Nullable(Decimal(10, 2)), raw FixedString(2),
          day Date MATERIALIZED toDate(at), sums AggregateFunction(sum, UInt64) DEFAULT initializeAggregation('sumState', toUInt64(0))
        ) ENGINE = ReplacingMergeTree ORDER BY id
        """
            .formatted(DATABASE),
        """
        INSERT INTO `%s`.visits (id, page, client, status, at, tags, times, place, cost, raw) VALUES
          (0, '/', '::', 'ok', 0, [], {}, (0, 0), NULL, ''),
          (18446744073709551615, '/ü', '2001:db8::1', 'lost', '2024-02-29 23:59:59.999', ['a', 'b'], {'db': 4294967295},
            (-89.5, 179.5), 99999999.99, unhex('ff00'))
        """
            .formatted(DATABASE));
    shop.add(
        Source.newBuilder()
            .setName("clickhouse")
            .setKind("clickhouse")
            .putOptions("host", "127.0.0.1")
            .putOptions("port", Integer.toString(clickHouse.port()))
            .putOptions("user", clickHouse.user())
            .putOptions("include", DATABASE)
            .putOptions("primary-key", "sorting-key")
            .putOptions("property.compress", "false")
            .putSecrets("password", clickHouse.password()));
    shop.crawl("clickhouse");
  }

  @Test
  void rowsAreReadWithNoTableDeclared() throws Exception {
    TableEnvironment session = shop.batch();
    session.getConfig().set("table.local-time-zone", "UTC");
    assertThat(
            rows(
                session,
                "SELECT id, page, client, status, `at`, tags, times, place, cost, `raw`, `day` FROM "
                    + VISITS))
        .containsExactlyInAnyOrder(
            "+I[0, /, ::, ok, 1970-01-01T00:00:00Z, [], {}, +I[0.0, 0.0], null, [0, 0],"
                + " 1970-01-01]",
            "+I[18446744073709551615, /ü, 2001:db8::1, lost, 2024-02-29T14:59:59.999Z, [a, b],"
                + " {db=4294967295}, +I[-89.5, 179.5], 99999999.99, [-1, 0], 2024-02-29]");
  }

  @Test
  void aFilterIsPushedAsFlinkMeansItAndEvaluatedAgain() throws Exception {
    TableEnvironment session = shop.batch();
    // 'lost' comes before 'ok' as a text, and after it as a value of the Enum.
    String sql = "SELECT status FROM " + VISITS + " WHERE status < 'ok' AND id >= 0";
    assertThat(session.explainSql(sql)).contains("where=").contains("filter=[and(<(status");
    assertThat(rows(session, sql)).containsExactly("+I[lost]");
  }

  @Test
  void bytesBesideAnyArrayAreReadAndWritten() throws Exception {
    clickHouse.execute(
        "CREATE TABLE `"
            + DATABASE
            + "`.mixed (`a b?` FixedString(2), names Array(Nullable(String)), ids"
            + " Array(Nullable(UInt64)), n Nested(k UInt64, v Nullable(FixedString(2)))) ENGINE ="
            + " MergeTree ORDER BY `a b?` SETTINGS flatten_nested = 0",
        "INSERT INTO `"
            + DATABASE
            + "`.mixed VALUES (unhex('ff00'), ['a', NULL], [18446744073709551615, NULL], [(1, 'x')])");
    shop.crawl("clickhouse");
    TableEnvironment session = shop.batch();
    String table = "unified.`clickhouse_" + DATABASE + "`.mixed";
    String row = "+I[[-1, 0], [a, null], [18446744073709551615, null], [+I[1, x\u0000]]]";
    assertThat(rows(session, "SELECT * FROM " + table)).containsExactly(row);
    session.executeSql("INSERT INTO " + table + " SELECT * FROM " + table).await();
    assertThat(rows(session, "SELECT * FROM " + table)).containsExactly(row, row);
  }

  @Test
  void aValueThatItsColumnDoesNotHoldIsNotWritten() {
    clickHouse.execute(
        "CREATE TABLE `"
            + DATABASE
            + "`.small (a UInt8, b UInt64, e Enum8('x' = 1)) ENGINE = Memory");
    shop.crawl("clickhouse");
    TableEnvironment session = shop.batch();
    String into = "INSERT INTO unified.`clickhouse_" + DATABASE + "`.small VALUES ";
    for (String[] wrong :
        new String[][] {
          {"(CAST(300 AS SMALLINT), 1, 'x')", "'a'", "300 is not within 0 and 255"},
          {"(CAST(-1 AS SMALLINT), 1, 'x')", "'a'", "-1 is not within 0 and 255"},
          {"(CAST(1 AS SMALLINT), -1, 'x')", "'b'", "-1 is not within 0 and 18446744073709551615"},
          {"(CAST(1 AS SMALLINT), 1, 'y')", "'e'", "y is not a member of the Enum8"}
        }) {
      assertThat(catchThrowable(() -> session.executeSql(into + wrong[0]).await()))
          .hasStackTraceContaining("Column " + wrong[1] + " of ClickHouse's table small")
          .hasStackTraceContaining(wrong[2]);
    }
    assertThat(clickHouse.query("SELECT count() FROM `" + DATABASE + "`.small")).isEqualTo("0\n");
  }

  @Test
  void aGeneratedColumnIsNotWritten() {
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        shop.batch()
                            .executeSql("INSERT INTO " + VISITS + " SELECT * FROM " + VISITS))))
        .contains("its column 'day' is generated by ClickHouse");
  }
}
