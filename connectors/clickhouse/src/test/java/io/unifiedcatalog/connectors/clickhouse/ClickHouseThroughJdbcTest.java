package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
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
 * ClickHouse's engine from Flink's own JDBC connector, by the dialect. The server is in Tokyo, this
 * JVM in New York, the session in Berlin.
 */
@ExtendWith(FlinkCluster.class)
class ClickHouseThroughJdbcTest {
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
        "UInt64 | DECIMAL(20, 0) | 0, 18446744073709551615, 7 | 0; 18446744073709551615; 7",
        "Float32 | FLOAT | -3.4028235e38, inf, nan, 1.1754944e-38 |"
            + " -3.4028235E38; Infinity; NaN; 1.17549435E-38",
        "Decimal(4, 4) | DECIMAL(4, 4) | -0.9999, 0.9999, 0 | -0.9999; 0.9999; 0.0000",
        "String | STRING | '', 'it''s \\\\ ä 😀 ? :x', 'a' | ; it's \\ ä 😀 ? :x; a",
        "UUID | STRING | '00000000-0000-0000-0000-000000000000' |"
            + " 00000000-0000-0000-0000-000000000000",
        "DateTime64(3, 'UTC') | TIMESTAMP_LTZ(3) | '1969-12-31 23:59:59.999' |"
            + " 1969-12-31T23:59:59.999Z",
        "Array(Nullable(String)) | ARRAY<STRING> | ['a', NULL] | [a, null]",
        "Map(String, Array(Decimal(4, 2))) | MAP<STRING, ARRAY<DECIMAL(4, 2)>> |"
            + " {}, {'it''s': [1.25, -1]} | {}; {it's=[1.25, -1.00]}",
        "Tuple(a UInt8, b Nullable(String)) | ROW<a SMALLINT, b STRING> | (255, NULL), (0, 'x') |"
            + " +I[255, null]; +I[0, x]",
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
    assertThatThrownBy(() -> rows(flink, "SELECT f FROM bytes_in"))
        .hasStackTraceContaining("column 'f'")
        .hasStackTraceContaining("the url must have binary_string_support=true");
    flink.executeSql("DROP TABLE bytes_in");
    String url = server.url("default") + "&binary_string_support=true";
    declare(flink, "bytes_in", "f BYTES, s BYTES", "url", url);
    declare(flink, "bytes_out", "f BYTES, s BYTES", "url", url);
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
        .contains("project=[s]")
        .doesNotContain("where=");
    assertThat(rows(flink, filtered)).containsExactly(Row.of("s6"));
    String limited = "SELECT i FROM pushed LIMIT 2";
    assertThat(flink.explainSql(limited)).contains("limit=[2]");
    assertThat(rows(flink, limited)).hasSize(2);
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
  void aValueThatItsColumnDoesNotHoldIsNotWritten() throws Exception {
    server.execute(
        "CREATE TABLE small (k UInt8, a Array(UInt8), e Enum8('x' = 1)) ENGINE ="
            + " ReplacingMergeTree ORDER BY k");
    TableEnvironment flink = flink();
    String columns = "k INT, a ARRAY<INT>, e STRING";
    declare(flink, "small", columns, "sink.max-retries", "0");
    declare(
        flink,
        "upserted",
        columns + ", PRIMARY KEY (k) NOT ENFORCED",
        "table-name",
        "small",
        "sink.max-retries",
        "0");
    for (String[] wrong :
        new String[][] {
          {"(300, ARRAY[1], 'x')", "'k'", "300 is not within 0 and 255"},
          {"(-1, ARRAY[1], 'x')", "'k'", "-1 is not within 0 and 255"},
          {"(1, ARRAY[1, 256], 'x')", "'a'", "256 is not within 0 and 255"},
          {"(1, ARRAY[1], 'y')", "'e'", "y is not a member of the Enum8"}
        }) {
      for (String table : List.of("small", "upserted")) {
        assertThatThrownBy(
                () -> flink.executeSql("INSERT INTO " + table + " VALUES " + wrong[0]).await())
            .hasStackTraceContaining("column " + wrong[1] + " cannot be written")
            .hasStackTraceContaining(wrong[2]);
      }
    }
    assertThat(server.query("SELECT count() FROM small")).isEqualTo("0\n");
    flink.executeSql("INSERT INTO upserted VALUES (255, ARRAY[255], 'x')").await();
    assertThat(server.query("SELECT * FROM small")).isEqualTo("255\t[255]\tx\n");
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
                            + " TO_TIMESTAMP_LTZ(10000000000000, 3), CAST(1 AS TINYINT)")
                    .await())
        .hasStackTraceContaining("column 't' cannot be written")
        .hasStackTraceContaining("2286-11-20T17:46:40Z is not within");
    assertThat(server.query("SELECT count() FROM misfit")).isEqualTo("1\n");
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
        new StringBuilder("CREATE TABLE " + table + " (" + columns + ") WITH ('connector' = 'jdbc'")
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
