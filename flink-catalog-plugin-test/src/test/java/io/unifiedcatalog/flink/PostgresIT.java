package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tables of a real PostgreSQL in Flink SQL, with no table declared. */
@ExtendWith(FlinkCluster.class)
class PostgresIT {
  private static final Shop shop = Shop.shared();
  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void crawl(@TempDir Path directory) throws SQLException {
    postgres = EmbeddedPostgres.start(directory.resolve("source"), Shop.STORE_BINARIES);
    execute("CREATE SCHEMA sales");
    execute("CREATE TYPE sales.state AS ENUM ('open', 'it''s')");
    execute(
        """
        CREATE TABLE sales.each (
          id int PRIMARY KEY, b boolean, s smallint, i integer, l bigint, r real, d double precision,
          n numeric(38, 9), m numeric, c money, t text, v varchar(5), h char(4), y bytea, day date,
          ts timestamp(6), tz timestamptz(3), u uuid, j jsonb, a inet, p interval, e sales.state,
          ia integer[], ta text[], ua uuid[])
        """);
    execute(
        """
        INSERT INTO sales.each VALUES
          (1, false, -32768, -2147483648, -9223372036854775808, '-3.4028235e38', '-1.7976931348623157e308',
            '-99999999999999999999999999999.999999999', '-1e40', '-92233720368547758.08', '', '', '', '', '0001-01-01',
            '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '00000000-0000-0000-0000-000000000000', '{}', '0.0.0.0/0',
            '-1 year', 'open', '{}', '{}', '{}'),
          (2, true, 32767, 2147483647, 9223372036854775807, '3.4028235e38', '1.7976931348623157e308',
            '99999999999999999999999999999.999999999', '0.1000', '92233720368547758.07', 'it''s ü', 'abcde', 'abcd', '\\xff00', '9999-12-31',
            '9999-12-31 23:59:59.999999', '2024-02-29 23:59:59.999+09', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{"a": [1]}',
            '2001:db8::1', '1 day 02:03:04.5', 'it''s', '{-1,NULL,1}', '{"a,b",NULL}', '{ffffffff-ffff-ffff-ffff-ffffffffffff}'),
          (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL)
        """);
    execute(
        "CREATE TABLE sales.written (id int PRIMARY KEY, l bigint, n numeric(38, 9), t text, y bytea,"
            + " day date, ts timestamp(6), u uuid, j jsonb, e sales.state)");
    URI address =
        URI.create(postgres.jdbcUrl().replaceFirst("^jdbc:", "").replaceFirst("\\?.*$", ""));
    shop.add(
        Source.newBuilder()
            .setName("pg")
            .setKind("postgres")
            .putOptions("host", "127.0.0.1")
            .putOptions("port", Integer.toString(address.getPort()))
            .putOptions("database", address.getPath().substring(1))
            .putOptions("user", postgres.user())
            .putOptions("include", "sales")
            .putSecrets("password", postgres.password().reveal()));
    shop.crawl("pg");
  }

  private static void execute(String... statements) throws SQLException {
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @Test
  void everyKindOfValueIsReadAtItsLeastAndItsGreatestAndNull() throws Exception {
    assertThat(rows(shop.batch(), "SELECT * FROM unified.pg_sales.`each`"))
        .containsExactlyInAnyOrder(
            "+I[1, false, -32768, -2147483648, -9223372036854775808, -3.4028235E38,"
                + " -1.7976931348623157E308, -99999999999999999999999999999.999999999,"
                + " -10000000000000000000000000000000000000000, -92233720368547758.080, , ,     , [],"
                + " 0001-01-01, 0001-01-01T00:00, 0001-01-01T00:00,"
                + " 00000000-0000-0000-0000-000000000000, {}, 0.0.0.0/0, -1 years, open, [], [], []]",
            "+I[2, true, 32767, 2147483647, 9223372036854775807, 3.4028235E38,"
                + " 1.7976931348623157E308, 99999999999999999999999999999.999999999, 0.1000,"
                + " 92233720368547758.070, it's ü, abcde, abcd, [-1, 0], 9999-12-31,"
                + " 9999-12-31T23:59:59.999999, 2024-02-29T14:59:59.999,"
                + " ffffffff-ffff-ffff-ffff-ffffffffffff, {\"a\": [1]}, 2001:db8::1, 1 day"
                + " 02:03:04.5, it's, [-1, null, 1], [a,b, null],"
                + " [ffffffff-ffff-ffff-ffff-ffffffffffff]]",
            "+I[3, null, null, null, null, null, null, null, null, null, null, null, null, null,"
                + " null, null, null, null, null, null, null, null, null, null, null]");
  }

  @Test
  void rowsAreWrittenAndReplacedByTheirKey() throws Exception {
    TableEnvironment session = shop.batch();
    session
        .executeSql(
            "INSERT INTO unified.pg_sales.written SELECT id, l, n, t, y, `day`, ts, u, j, e FROM"
                + " unified.pg_sales.`each`")
        .await();
    session
        .executeSql(
            "INSERT INTO unified.pg_sales.written SELECT id, l, n, 'again', y, `day`, ts, u, j, e FROM"
                + " unified.pg_sales.`each` WHERE id = 2")
        .await();
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT string_agg(concat_ws('|', w.id, w.t, (w.l, w.n, w.y, w.day, w.ts, w.u, w.j, w.e)"
                    + " IS NOT DISTINCT FROM (e.l, e.n, e.y, e.day, e.ts, e.u, e.j, e.e)), ' ' ORDER"
                    + " BY w.id) FROM sales.written w JOIN sales.each e USING (id)")) {
      rows.next();
      assertThat(rows.getString(1)).isEqualTo("1||t 2|again|t 3|t");
    }
  }

  @Test
  void everyColumnIsWrittenAsItWasRead() throws Exception {
    execute("CREATE TABLE sales.copied (LIKE sales.each INCLUDING ALL)");
    shop.crawl("pg");
    shop.batch()
        .executeSql("INSERT INTO unified.pg_sales.copied SELECT * FROM unified.pg_sales.`each`")
        .await();
    assertThat(
            stored(
                "SELECT count(*) || ' ' || count(copy.id) FROM sales.each original LEFT JOIN sales.copied copy ON"
                    + " copy::text = original::text"))
        .isEqualTo("3 3");
  }

  @Test
  void namesThatNeedQuotesAreReadWrittenAndFiltered() throws Exception {
    execute(
        "CREATE TABLE sales.quoted (id int PRIMARY KEY, \"user\" text, \"order\" int, \"zip code\""
            + " text, \"User\" text, \"a?b\" int, \"c:d\" int)",
        "INSERT INTO sales.quoted VALUES (1, 'ada', 2, 'N1', 'Ada', 3, 4)");
    shop.crawl("pg");
    TableEnvironment session = shop.batch();
    session
        .executeSql(
            "INSERT INTO unified.pg_sales.quoted SELECT 2, `user`, `order`, `zip code`, `User`, `a?b`,"
                + " `c:d` FROM unified.pg_sales.quoted")
        .await();
    assertThat(
            rows(
                session,
                "SELECT * FROM unified.pg_sales.quoted WHERE `zip code` = 'N1' AND `a?b` = 3 AND id ="
                    + " 2"))
        .containsExactly("+I[2, ada, 2, N1, Ada, 3, 4]");
  }

  @Test
  void textIsOrderedByItsBytesWhateverTheDatabasesCollation() throws Exception {
    execute(
        "CREATE TABLE sales.titles (id int, title text COLLATE \"und-x-icu\")",
        "INSERT INTO sales.titles VALUES (1, 'a'), (2, 'B'), (3, 'z')");
    shop.crawl("pg");
    String sql = "SELECT id FROM unified.pg_sales.titles WHERE title > 'a'";
    assertThat(shop.batch().explainSql(sql)).contains("filter=[>(title");
    assertThat(rows(shop.batch(), sql)).containsExactly("+I[3]");
  }

  @Test
  void anInsertWithAListOfColumnsLeavesDefaultsAndIdentitiesToPostgres() throws Exception {
    execute(
        "CREATE TABLE sales.listed (id int PRIMARY KEY, a int, b text DEFAULT 'preset', n int GENERATED"
            + " BY DEFAULT AS IDENTITY, g int GENERATED ALWAYS AS (a * 2) STORED)");
    execute("ALTER TABLE sales.listed ALTER n DROP IDENTITY, ALTER n DROP NOT NULL");
    execute("INSERT INTO sales.listed VALUES (1, 1, 'kept', 7)");
    shop.crawl("pg");
    TableEnvironment session = shop.batch();
    session.executeSql("INSERT INTO unified.pg_sales.listed (id, a) VALUES (1, 9), (2, 9)").await();
    assertThat(
            stored(
                "SELECT string_agg(concat_ws('|', id, a, b, n, g), ' ' ORDER BY id) FROM sales.listed"))
        .isEqualTo("1|9|kept|7|18 2|9|preset|18");
    assertThat(
            reason(
                catchThrowable(
                    () ->
                        session.executeSql(
                            "INSERT INTO unified.pg_sales.listed SELECT * FROM"
                                + " unified.pg_sales.listed"))))
        .contains("column 'g'", "is generated by PostgreSQL", "Name the other columns");
  }

  private static String stored(String sql) throws SQLException {
    try (Connection connection = postgres.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
