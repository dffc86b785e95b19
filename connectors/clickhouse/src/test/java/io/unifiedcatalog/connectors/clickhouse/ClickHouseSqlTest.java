package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ClickHouse's engine from Flink SQL. The server is in Tokyo, this JVM in New York, the session in
 * Berlin.
 */
@ExtendWith(FlinkCluster.class)
class ClickHouseSqlTest {
  /** Not the shared one: this one is in Tokyo. */
  private static ClickHouseServer server;

  @BeforeAll
  static void start() {
    assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("America/New_York"));
    server = ClickHouseServer.start(null, 0, "Asia/Tokyo");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /**
   * Each type at its least, its greatest and an odd value, and NULL where it can be. What is read
   * is compared with what ClickHouse prints, and written back to an empty copy of the table, which
   * must be equal to the first.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Int8 | TINYINT | -128, 127, 0 | -128; 127; 0",
        "UInt8 | SMALLINT | 0, 255, 7 | 0; 255; 7",
        "Int16 | SMALLINT | -32768, 32767, 7 | -32768; 32767; 7",
        "UInt16 | INT | 0, 65535, 7 | 0; 65535; 7",
        "Int32 | INT | -2147483648, 2147483647, 7 | -2147483648; 2147483647; 7",
        "UInt32 | BIGINT | 0, 4294967295, 7 | 0; 4294967295; 7",
        "Int64 | BIGINT | -9223372036854775808, 9223372036854775807, 7 |"
            + " -9223372036854775808; 9223372036854775807; 7",
        "UInt64 | DECIMAL(20, 0) | 0, 18446744073709551615, 7 | 0; 18446744073709551615; 7",
        "Int128 | STRING | -170141183460469231731687303715884105728,"
            + " 170141183460469231731687303715884105727, 7 |"
            + " -170141183460469231731687303715884105728;"
            + " 170141183460469231731687303715884105727; 7",
        "UInt256 | STRING | 0,"
            + " 115792089237316195423570985008687907853269984665640564039457584007913129639935, 7 |"
            + " 0;"
            + " 115792089237316195423570985008687907853269984665640564039457584007913129639935; 7",
        "Float32 | FLOAT | -3.4028235e38, inf, nan, 1.1754944e-38 |"
            + " -3.4028235E38; Infinity; NaN; 1.17549435E-38",
        "Float64 | DOUBLE | -1.7976931348623157e308, -inf, nan, 5e-324, -0.1 |"
            + " -1.7976931348623157E308; -Infinity; NaN; 4.9E-324; -0.1",
        "BFloat16 | FLOAT | -1.5, 3, 0 | -1.5; 3.0; 0.0",
        "Bool | BOOLEAN | false, true | false; true",
        "Decimal(38, 10) | DECIMAL(38, 10) | -9999999999999999999999999999.9999999999,"
            + " 9999999999999999999999999999.9999999999, 0.0000000001 |"
            + " -9999999999999999999999999999.9999999999;"
            + " 9999999999999999999999999999.9999999999; 0.0000000001",
        "Decimal(4, 4) | DECIMAL(4, 4) | -0.9999, 0.9999, 0 | -0.9999; 0.9999; 0.0000",
        "Decimal(50, 2) | STRING | -1.25, 999999999999999999999999999999999999999999999999.99 |"
            + " -1.25; 999999999999999999999999999999999999999999999999.99",
        "String | STRING | '', 'it''s \\\\ ä 😀 ? :x', 'a' | ; it's \\ ä 😀 ? :x; a",
        "LowCardinality(String) | STRING | 'b', 'a' | b; a",
        "Enum8('a' = -128, 'it''s' = 127) | STRING | 'a', 'it''s' | a; it's",
        "UUID | STRING | '00000000-0000-0000-0000-000000000000',"
            + " 'ffffffff-ffff-ffff-ffff-ffffffffffff' |"
            + " 00000000-0000-0000-0000-000000000000; ffffffff-ffff-ffff-ffff-ffffffffffff",
        "IPv4 | STRING | '0.0.0.0', '255.255.255.255' | 0.0.0.0; 255.255.255.255",
        "IPv6 | STRING | '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::1' |"
            + " ::; ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff; 2001:db8::1",
        "Date | DATE | '1970-01-01', '2149-06-06' | 1970-01-01; 2149-06-06",
        "Date32 | DATE | '1900-01-01', '2299-12-31', '1969-12-31' |"
            + " 1900-01-01; 2299-12-31; 1969-12-31",
        // What the engine means by a text without zone is the column's zone: Tokyo's unless said.
        "DateTime | TIMESTAMP_LTZ(0) | '1970-01-01 09:00:00', '2106-02-07 15:28:15' |"
            + " 1970-01-01T00:00:00Z; 2106-02-07T06:28:15Z",
        "DateTime('Europe/Paris') | TIMESTAMP_LTZ(0) | 0, '2024-10-27 03:30:00' |"
            + " 1970-01-01T00:00:00Z; 2024-10-27T02:30:00Z",
        "DateTime64(3, 'UTC') | TIMESTAMP_LTZ(3) | '1900-01-01 00:00:00.000',"
            + " '2262-04-11 23:47:16.854', '1969-12-31 23:59:59.999' |"
            + " 1900-01-01T00:00:00Z; 2262-04-11T23:47:16.854Z; 1969-12-31T23:59:59.999Z",
        "DateTime64(9) | TIMESTAMP_LTZ(9) | '1970-01-01 09:00:00.000000001',"
            + " '2262-04-12 08:47:16.854775807' |"
            + " 1970-01-01T00:00:00.000000001Z; 2262-04-11T23:47:16.854775807Z",
        "Array(Nullable(Int8)) | ARRAY<TINYINT> | [], [-128, NULL, 127] | []; [-128, null, 127]",
        "Array(Nullable(String)) | ARRAY<STRING> | ['a', NULL] | [a, null]",
        "Array(Array(String)) | ARRAY<ARRAY<STRING>> | [['it''s', ''], []] | [[it's, ], []]",
        "Array(DateTime64(3)) | ARRAY<TIMESTAMP_LTZ(3)> | ['1970-01-01 09:00:00.001'] |"
            + " [1970-01-01T00:00:00.001Z]",
        "Array(UInt64) | ARRAY<DECIMAL(20, 0)> | [18446744073709551615] | [18446744073709551615]",
        "Map(String, Array(Decimal(4, 2))) | MAP<STRING, ARRAY<DECIMAL(4, 2)>> |"
            + " {}, {'it''s': [1.25, -1]} | {}; {it's=[1.25, -1.00]}",
        "Map(UInt64, Date) | MAP<DECIMAL(20, 0), DATE> | {1: '2024-02-29'} | {1=2024-02-29}",
        "Tuple(a UInt8, b Nullable(String)) | ROW<a SMALLINT, b STRING> | (255, NULL), (0, 'x') |"
            + " +I[255, null]; +I[0, x]",
        "Array(Tuple(a UInt8, b DateTime)) | ARRAY<ROW<a SMALLINT, b TIMESTAMP_LTZ(0)>> |"
            + " [(1, '1970-01-01 09:00:00')] | [+I[1, 1970-01-01T00:00:00Z]]",
        "SimpleAggregateFunction(max, Int64) | BIGINT | 7 | 7",
      })
  void valuesAreReadAndWrittenExactly(String type, String flinkType, String values, String read)
      throws Exception {
    boolean nullable =
        !type.matches("(Array|Map|Tuple|SimpleAggregateFunction|LowCardinality)\\(.*");
    String column = nullable ? "Nullable(" + type + ")" : type;
    String in = fresh("in_");
    String out = in.replace("in_", "out_");
    for (String table : List.of(in, out)) {
      server.execute(
          "CREATE TABLE " + table + " (i UInt32, v " + column + ") ENGINE = MergeTree ORDER BY i");
    }
    List<String> literals = split(values);
    for (int i = 0; i < literals.size(); i++) {
      server.execute("INSERT INTO " + in + " VALUES (" + i + ", " + literals.get(i) + ")");
    }
    List<String> wanted = new ArrayList<>(List.of(read.split("; ?", -1)));
    if (nullable) {
      server.execute("INSERT INTO " + in + " VALUES (" + literals.size() + ", NULL)");
      wanted.add("null");
    }
    TableEnvironment flink = flink();
    declare(flink, in, "i BIGINT, v " + flinkType);
    declare(flink, out, "i BIGINT, v " + flinkType);

    List<Row> rows = rows(flink, "SELECT v, i FROM " + in + " ORDER BY i");
    assertThat(rows).extracting(row -> text(row.getField(0))).containsExactlyElementsOf(wanted);

    flink.executeSql("INSERT INTO " + out + " SELECT * FROM " + in).await();
    assertThat(server.query("SELECT * FROM " + out + " ORDER BY i"))
        .isEqualTo(server.query("SELECT * FROM " + in + " ORDER BY i"));
  }

  @Test
  void bytesAreReadAndWrittenExactly() throws Exception {
    server.execute(
        "CREATE TABLE bytes_in (f FixedString(3), s Nullable(String)) ENGINE = MergeTree ORDER BY f",
        "CREATE TABLE bytes_out AS bytes_in",
        "INSERT INTO bytes_in VALUES (unhex('ff0080'), unhex('00fffeefbfbd')), ('a', NULL)");
    TableEnvironment flink = flink();
    declare(flink, "bytes_in", "f BYTES, s BYTES");
    declare(flink, "bytes_out", "f BYTES, s BYTES");
    flink.executeSql("INSERT INTO bytes_out SELECT * FROM bytes_in").await();
    assertThat(server.query("SELECT hex(f), hex(s) FROM bytes_out ORDER BY f"))
        .isEqualTo("610000\t\\N\nFF0080\t00FFFEEFBFBD\n");
  }

  @Test
  void filterProjectionAndLimitArePushedDown() {
    server.execute(
        "CREATE TABLE pushed (i UInt32, s String, n Nullable(Float64), d Date) ENGINE = MergeTree"
            + " ORDER BY i",
        "INSERT INTO pushed SELECT number, concat('s', toString(number)),"
            + " if(number % 2 = 0, NULL, number / 2), toDate('2024-01-01') + number"
            + " FROM numbers(1000)");
    TableEnvironment flink = flink();
    declare(flink, "pushed", "i BIGINT, s STRING, n DOUBLE, d DATE");
    String filtered =
        "SELECT s FROM pushed WHERE i >= 3 AND s <> 's4' AND n IS NULL AND d < DATE '2024-01-09'";
    assertThat(flink.explainSql(filtered))
        .contains("filter=[and(and(and(>=(i, 3)")
        // Flink filters what comes once more.
        .contains("where=[AND(>=(i, 3)");
    assertThat(flink.explainSql("SELECT s FROM pushed")).contains("project=[s]");
    assertThat(rows(flink, filtered)).containsExactly(Row.of("s6"));
    String limited = "SELECT i FROM pushed LIMIT 2";
    assertThat(flink.explainSql(limited)).contains("limit=[2]");
    assertThat(rows(flink, limited)).hasSize(2);
  }

  @Test
  void aFilterOnADateMeansThatDate() {
    server.execute(
        "CREATE TABLE dates (d Date32) ENGINE = Memory",
        "INSERT INTO dates SELECT toDate32('1969-12-30') + number FROM numbers(5)");
    TableEnvironment flink = flink();
    declare(flink, "dates", "d DATE");
    for (LocalDate day : List.of(LocalDate.of(1969, 12, 31), LocalDate.of(1970, 1, 1))) {
      String sql = "SELECT d FROM dates WHERE d = DATE '" + day + "'";
      assertThat(flink.explainSql(sql)).contains("filter=[=(d");
      assertThat(rows(flink, sql)).containsExactly(Row.of(day));
    }
  }

  @Test
  void aLocalTimeIsRefusedWithWhatToDeclareInstead() {
    TableEnvironment flink = flink();
    declare(flink, "locals", "k TIMESTAMP(0)");
    declare(flink, "nested_locals", "a ARRAY<TIMESTAMP(3)>");
    for (String table : List.of("locals", "nested_locals")) {
      assertThatThrownBy(() -> flink.explainSql("SELECT * FROM " + table))
          .hasStackTraceContaining("Declare TIMESTAMP_LTZ in place of TIMESTAMP.");
    }
  }

  @Test
  void aScanIsSplitByAColumnOfNumbers() {
    server.execute(
        "CREATE TABLE parts (i UInt64) ENGINE = MergeTree ORDER BY i",
        "INSERT INTO parts SELECT number FROM numbers(10000)");
    TableEnvironment flink = flink();
    declare(
        flink,
        "parts",
        "i DECIMAL(20, 0)",
        "scan.partition.column",
        "i",
        "scan.partition.num",
        "4",
        "scan.partition.lower-bound",
        "0",
        "scan.partition.upper-bound",
        "9999");
    assertThat(rows(flink, "SELECT COUNT(DISTINCT i), SUM(i) FROM parts WHERE i > 9"))
        .containsExactly(Row.of(9990L, new BigDecimal(49_994_955)));
  }

  @Test
  void aStreamLooksRowsUpByKeysOfAnyType() {
    server.execute(
        "CREATE TABLE dim (i UInt64, s String, t DateTime64(3), v Nullable(String))"
            + " ENGINE = MergeTree ORDER BY i",
        "INSERT INTO dim VALUES (18446744073709551615, 'it''s', '1970-01-01 09:00:00.001', 'found'),"
            + " (2, 'b', 0, NULL)");
    TableEnvironment flink =
        TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().build());
    flink.getConfig().set("table.local-time-zone", "Europe/Berlin");
    declare(
        flink,
        "dim",
        "i DECIMAL(20, 0), s STRING, t TIMESTAMP_LTZ(3), v STRING",
        "lookup.cache",
        "PARTIAL",
        "lookup.partial-cache.max-rows",
        "10");
    String probe =
        "(SELECT i, s, TO_TIMESTAMP_LTZ(ms, 3) AS t, PROCTIME() AS p FROM (VALUES"
            + " (CAST('18446744073709551615' AS DECIMAL(20, 0)), 'it''s', 1),"
            + " (CAST(2 AS DECIMAL(20, 0)), 'b', 0), (CAST(3 AS DECIMAL(20, 0)), 'c', 0))"
            + " AS r (i, s, ms))";
    assertThat(
            rows(
                flink,
                "SELECT d.v, d.t FROM "
                    + probe
                    + " AS o LEFT JOIN dim FOR SYSTEM_TIME AS OF o.p AS d"
                    + " ON o.i = d.i AND o.s = d.s AND o.t = d.t"))
        .containsExactlyInAnyOrder(
            Row.of("found", Instant.ofEpochMilli(1)),
            Row.of(null, Instant.EPOCH),
            Row.of(null, null));
  }

  @Test
  void aChangelogReplacesAndDeletesRowsOfATableThatReplaces() throws Exception {
    server.execute(
        "CREATE TABLE latest (k Int32, v String) ENGINE = ReplacingMergeTree ORDER BY k",
        "INSERT INTO latest VALUES (1, 'old'), (9, 'stays')");
    TableEnvironment flink =
        TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().build());
    declare(flink, "latest", "k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED");
    // The second of each key replaces the first, and a count of 2 is left out: a deletion.
    flink
        .executeSql(
            "INSERT INTO latest SELECT k, CAST(c AS STRING) FROM (SELECT k, COUNT(*) AS c FROM"
                + " (VALUES (1), (1), (1), (2), (2), (3)) AS t (k) GROUP BY k) WHERE c <> 2")
        .await();
    assertThat(server.query("SELECT * FROM latest FINAL ORDER BY k"))
        .isEqualTo("1\t3\n3\t1\n9\tstays\n");
  }

  @Test
  void whatATypeDoesNotHoldIsRefusedWithItsColumn() {
    server.execute(
        "CREATE TABLE misfit (a Array(UInt8), d Decimal(10, 2), big UInt64, t DateTime64(3), tiny UInt8)"
            + " ENGINE = Memory",
        "INSERT INTO misfit VALUES ([255], 1.25, 18446744073709551615, 0, 255)");
    TableEnvironment flink = flink();
    declare(
        flink,
        "misfit",
        "a ARRAY<TINYINT>, d DECIMAL(10, 1), big BIGINT, t TIMESTAMP_LTZ(3), tiny TINYINT",
        // Otherwise the sink tries to write the row again, three times in three seconds.
        "sink.max-retries",
        "0");
    assertThatThrownBy(() -> rows(flink, "SELECT a FROM misfit"))
        .hasStackTraceContaining("column 'a'")
        .hasStackTraceContaining("255 is not within -128 and 127");
    assertThatThrownBy(() -> rows(flink, "SELECT d FROM misfit"))
        .hasStackTraceContaining("1.25 does not fit DECIMAL(10, 1)");
    assertThatThrownBy(() -> rows(flink, "SELECT tiny FROM misfit")).hasStackTraceContaining("255");
    assertThatThrownBy(() -> rows(flink, "SELECT big FROM misfit"))
        .hasStackTraceContaining("18446744073709551615");
    assertThatThrownBy(
            () ->
                flink
                    .executeSql(
                        "INSERT INTO misfit SELECT ARRAY[CAST(1 AS TINYINT)], 1, 1,"
                            + " TO_TIMESTAMP_LTZ(100000000000000, 3), CAST(1 AS TINYINT)")
                    .await())
        .hasStackTraceContaining("Column 't' of ClickHouse's table misfit cannot be written")
        .hasStackTraceContaining(
            "5138-11-16T09:46:40Z is not within 1900-01-01T00:00:00Z and"
                + " 2299-12-31T23:59:59.999Z, which DateTime64(3) holds");
    assertThat(server.query("SELECT count() FROM misfit")).isEqualTo("1\n");
  }

  @Test
  void anInsertOfSomeColumnsLeavesTheOthersToTheirDefaults() throws Exception {
    server.execute(
        "CREATE TABLE defaults (a UInt8, b String DEFAULT 'from ClickHouse', c Nullable(Int32)"
            + " DEFAULT 7) ENGINE = MergeTree ORDER BY a");
    TableEnvironment flink = flink();
    declare(flink, "defaults", "a SMALLINT, b STRING, c INT", "sink.max-retries", "0");
    String insert = "INSERT INTO defaults (c, a) VALUES (5, CAST(1 AS SMALLINT))";
    if (EnvironmentInformation.getVersion().startsWith("1.")) {
      assertThatThrownBy(() -> flink.executeSql(insert).await())
          .hasStackTraceContaining("Column 'b' of ClickHouse's table defaults cannot be written")
          .hasStackTraceContaining("Flink 1.20 sends NULL for a column that is not named");
      return;
    }
    flink.executeSql(insert).await();
    flink.executeSql("INSERT INTO defaults (a) VALUES (CAST(2 AS SMALLINT))").await();
    assertThat(server.query("SELECT * FROM defaults ORDER BY a"))
        .isEqualTo("1\tfrom ClickHouse\t5\n2\tfrom ClickHouse\t7\n");
    flink.executeSql("DROP TABLE defaults");
    declare(flink, "defaults", "a SMALLINT, b STRING, c INT, PRIMARY KEY (a) NOT ENFORCED");
    assertThatThrownBy(() -> flink.explainSql(insert))
        .hasStackTraceContaining("a row of some columns would reset the others");
  }

  @Test
  void columnsOfAnyNameAreReadWrittenFilteredAndLookedUp() throws Exception {
    server.execute(
        "CREATE TABLE `odd :t` (`user` UInt8, `zip code` String, `?` Int32, `a:b` String, `it``s`"
            + " UUID, `back\\\\slash` UInt8) ENGINE = MergeTree ORDER BY user");
    TableEnvironment flink = flink();
    String columns =
        "`user` SMALLINT, `zip code` STRING, `?` INT, `a:b` STRING, `it``s` STRING, `back\\slash`"
            + " SMALLINT";
    declare(flink, "odd", columns, "table-name", "odd :t");
    flink
        .executeSql(
            "INSERT INTO odd VALUES (CAST(1 AS SMALLINT), 'a ? :b', 7, '--', '00000000-0000-0000-0000-000000000001',"
                + " CAST(2 AS SMALLINT))")
        .await();
    String row = "+I[1, a ? :b, 7, --, 00000000-0000-0000-0000-000000000001, 2]";
    assertThat(
            rows(
                flink,
                "SELECT * FROM odd WHERE `?` = 7 AND `zip code` = 'a ? :b' AND `a:b` = '--' AND `it``s` ="
                    + " '00000000-0000-0000-0000-000000000001' AND `back\\slash` > 1"))
        .extracting(Row::toString)
        .containsExactly(row);
    TableEnvironment streaming =
        TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().build());
    declare(streaming, "odd", columns, "table-name", "odd :t");
    assertThat(
            rows(
                streaming,
                "SELECT d.`?` FROM (SELECT v, PROCTIME() AS p FROM (VALUES ('a ? :b'), ('x')) AS r (v))"
                    + " AS o JOIN odd FOR SYSTEM_TIME AS OF o.p AS d ON d.`zip code` = o.v"))
        .containsExactly(Row.of(7));
  }

  @Test
  void noPasswordIsInAPlanOrInAFailure() {
    TableEnvironment flink = flink();
    declare(flink, "no_such_table", "i BIGINT");
    assertThat(flink.explainSql("SELECT * FROM no_such_table")).doesNotContain(server.password());
    assertThatThrownBy(() -> rows(flink, "SELECT * FROM no_such_table"))
        .hasStackTraceContaining("no_such_table")
        .satisfies(
            failure -> {
              StringWriter trace = new StringWriter();
              failure.printStackTrace(new PrintWriter(trace));
              assertThat(trace.toString()).doesNotContain(server.password());
            });
  }

  private static String text(Object value) {
    if (value instanceof Object[] array) {
      List<String> elements = new ArrayList<>();
      for (Object element : array) {
        elements.add(text(element));
      }
      return "[" + String.join(", ", elements) + "]";
    }
    if (value instanceof java.util.Map<?, ?> map) {
      List<String> entries = new ArrayList<>();
      map.forEach((key, entry) -> entries.add(text(key) + "=" + text(entry)));
      return "{" + String.join(", ", entries) + "}";
    }
    if (value instanceof java.math.BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return String.valueOf(value);
  }

  /** Splits literals at the commas that are in no brackets and no quotes. */
  private static List<String> split(String values) {
    List<String> all = new ArrayList<>();
    int begin = 0;
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < values.length(); i++) {
      char c = values.charAt(i);
      if (c == '\'') {
        quoted = !quoted;
      } else if (!quoted && "([{".indexOf(c) >= 0) {
        depth++;
      } else if (!quoted && ")]}".indexOf(c) >= 0) {
        depth--;
      } else if (!quoted && depth == 0 && c == ',') {
        all.add(values.substring(begin, i));
        begin = i + 1;
      }
    }
    all.add(values.substring(begin));
    return all;
  }

  private static int tables;

  private static synchronized String fresh(String prefix) {
    return prefix + tables++;
  }

  private static TableEnvironment flink() {
    TableEnvironment flink =
        TableEnvironment.create(EnvironmentSettings.newInstance().inBatchMode().build());
    flink.getConfig().set("table.local-time-zone", "Europe/Berlin");
    flink.getConfig().set("parallelism.default", "1");
    return flink;
  }

  private static void declare(
      TableEnvironment flink, String table, String columns, String... options) {
    StringBuilder sql =
        new StringBuilder(
                "CREATE TABLE "
                    + table
                    + " ("
                    + columns
                    + ") WITH ('connector' = 'jdbc-clickhouse'")
            .append(
                List.of(options).contains("url") ? "" : ", 'url' = '" + server.url("default") + "'")
            .append(
                List.of(options).contains("table-name") ? "" : ", 'table-name' = '" + table + "'")
            .append(", 'username' = '" + server.user() + "'")
            .append(", 'password' = '" + server.password() + "'");
    for (int i = 0; i < options.length; i += 2) {
      sql.append(", '" + options[i] + "' = '" + options[i + 1] + "'");
    }
    flink.executeSql(sql + ")");
  }

  private static List<Row> rows(TableEnvironment flink, String sql) {
    List<Row> rows = new ArrayList<>();
    flink.executeSql(sql).collect().forEachRemaining(rows::add);
    return rows;
  }
}
