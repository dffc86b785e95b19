package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Filters and lookups of columns of each type, beside what Flink makes of all rows. */
@ExtendWith({SharedServers.class, FlinkCluster.class})
class ClickHouseFiltersTest {
  /** The same each time; another with {@code -Dfilters.seed}. */
  private static final long SEED = Long.getLong("filters.seed", 20_261_201);

  private static final int FILTERS = 60;

  /**
   * A column.
   *
   * @param values some as ClickHouse writes them
   * @param literals some in Flink's SQL to compare it with, in the range of the type or not
   */
  private record Column(
      String name, String type, String flinkType, List<String> values, List<String> literals) {}

  private static final List<String> WHOLE =
      List.of(
          "0",
          "1",
          "-1",
          "7",
          "127",
          "128",
          "255",
          "300",
          "1.5",
          "-0.5",
          "CAST('18446744073709551615' AS DECIMAL(20, 0))",
          "CAST('99999999999999999999' AS DECIMAL(20, 0))");

  private static final List<String> TEXTS =
      List.of(
          "''",
          "'a'",
          "'A'",
          "'b'",
          "'ä'",
          "'z'",
          "'\uFFFD'",
          "'a\uFFFD'",
          "'it''s ?'",
          "'a\\b'",
          "'100%'",
          "'a '",
          "'😀'");

  private static final List<Column> COLUMNS =
      List.of(
          new Column("i8", "Int8", "TINYINT", List.of("-128", "-1", "0", "7", "127"), WHOLE),
          new Column(
              "u8", "Nullable(UInt8)", "SMALLINT", List.of("0", "1", "7", "255", "NULL"), WHOLE),
          new Column(
              "u64",
              "UInt64",
              "DECIMAL(20, 0)",
              List.of("0", "1", "128", "18446744073709551615"),
              WHOLE),
          new Column(
              "i128",
              "Nullable(Int128)",
              "STRING",
              List.of("-1", "0", "7", "10", "170141183460469231731687303715884105727", "NULL"),
              List.of(
                  "'-1'",
                  "'07'",
                  "'7'",
                  "'1'",
                  "'+7'",
                  "'x'",
                  "''",
                  "'170141183460469231731687303715884105727'",
                  "'170141183460469231731687303715884105728'")),
          new Column(
              "d",
              "Nullable(Decimal(6, 2))",
              "DECIMAL(6, 2)",
              List.of("-9999.99", "0", "1.25", "1.3", "9999.99", "NULL"),
              List.of("0", "1.25", "1.251", "-0.001", "9999.99", "99999.999", "-1e10", "7")),
          new Column(
              "big",
              "Decimal(50, 2)",
              "STRING",
              List.of("-1.25", "0", "1", "10.5"),
              List.of("'1.00'", "'1'", "'1.0'", "'-1.25'", "'x'", "'10.50'", "'010.50'")),
          new Column(
              "f32",
              "Float32",
              "FLOAT",
              List.of("nan", "inf", "-inf", "0", "0.1", "-1.5"),
              List.of("0", "0.1", "CAST(0.1 AS FLOAT)", "CAST(0.1 AS DOUBLE)", "-1.5")),
          new Column(
              "f64",
              "Nullable(Float64)",
              "DOUBLE",
              List.of("nan", "inf", "-inf", "-0.0", "0.1", "1e300", "NULL"),
              List.of(
                  "0",
                  "0.1",
                  "CAST(0.1 AS FLOAT)",
                  "CAST(0.1 AS DOUBLE)",
                  "1e300",
                  "1234567890123456789")),
          new Column(
              "s",
              "Nullable(String)",
              "STRING",
              List.of(
                  "''",
                  "'a'",
                  "'A'",
                  "'b'",
                  "'ä'",
                  "unhex('ff')",
                  "unhex('61ff')",
                  "unhex('80')",
                  "unhex('efbfbd')",
                  "'it''s ?'",
                  "'a\\\\b'",
                  "'100%'",
                  "'a '",
                  "'😀'",
                  "'ab'",
                  "NULL"),
              TEXTS),
          new Column(
              "ls", "LowCardinality(String)", "STRING", List.of("''", "'a'", "'b'", "'ä'"), TEXTS),
          new Column(
              "fc",
              "FixedString(3)",
              "STRING",
              List.of("''", "'a'", "'abc'", "unhex('ff0080')", "'ä'"),
              List.of("''", "'a'", "'abc'", "'abcd'", "'ä'", "'a' || U&'\\0000\\0000'")),
          new Column(
              "e",
              "Nullable(Enum8('ok' = 1, 'lost' = 2, 'ä' = 3, 'it\\'s' = -5))",
              "STRING",
              List.of("'ok'", "'lost'", "'ä'", "'it\\'s'", "NULL"),
              List.of("'ok'", "'lost'", "'nope'", "'m'", "'it''s'", "''", "'ä'")),
          new Column(
              "u",
              "Nullable(UUID)",
              "STRING",
              List.of(
                  "'00000000-0000-0000-0000-0000000000ff'",
                  "'f0000000-0000-0000-0000-000000000000'",
                  "NULL"),
              List.of(
                  "'00000000-0000-0000-0000-0000000000ff'",
                  "'00000000-0000-0000-0000-0000000000FF'",
                  "'1'",
                  "'not one'")),
          new Column(
              "ip4",
              "IPv4",
              "STRING",
              List.of("'0.0.0.0'", "'9.1.1.1'", "'10.1.1.1'", "'255.0.0.0'"),
              List.of("'10.1.1.1'", "'9.1.1.1'", "'010.1.1.1'", "'x'", "'::1'")),
          new Column(
              "ip6",
              "IPv6",
              "STRING",
              List.of("'::'", "'::1'", "'::ffff:1.2.3.4'", "'2001:db8::1'"),
              List.of(
                  "'::1'", "'1.2.3.4'", "'::ffff:1.2.3.4'", "'2001:DB8::1'", "'0:0::1'", "'x'")),
          new Column(
              "d16",
              "Date",
              "DATE",
              List.of("'1970-01-01'", "'2024-02-29'", "'2149-06-06'"),
              List.of(
                  "DATE '1969-12-31'",
                  "DATE '1970-01-01'",
                  "DATE '2024-02-29'",
                  "DATE '2200-01-01'")),
          new Column(
              "d32",
              "Nullable(Date32)",
              "DATE",
              List.of("'1900-01-01'", "'2024-02-29'", "'2299-12-31'", "NULL"),
              List.of(
                  "DATE '1800-01-01'",
                  "DATE '1900-01-01'",
                  "DATE '2024-02-29'",
                  "DATE '2400-01-01'")),
          new Column(
              "t",
              "DateTime('Asia/Tokyo')",
              "TIMESTAMP_LTZ(0)",
              List.of("0", "1711852200", "4294967295"),
              List.of(
                  "TO_TIMESTAMP_LTZ(-1, 0)",
                  "TO_TIMESTAMP_LTZ(0, 0)",
                  "TO_TIMESTAMP_LTZ(1711852200000, 3)",
                  "TO_TIMESTAMP_LTZ(1711852200001, 3)",
                  "TO_TIMESTAMP_LTZ(99999999999, 0)",
                  "CAST(TIMESTAMP '2024-03-31 03:30:00' AS TIMESTAMP_LTZ(3))")),
          new Column(
              "t3",
              "Nullable(DateTime64(3))",
              "TIMESTAMP_LTZ(3)",
              List.of("'1900-01-01 00:00:00.000'", "0.001", "1711852200.5", "NULL"),
              List.of(
                  "TO_TIMESTAMP_LTZ(1, 3)",
                  "TO_TIMESTAMP_LTZ(1711852200500, 3)",
                  "CAST(TIMESTAMP '1970-01-01 01:00:00.0015' AS TIMESTAMP_LTZ(6))",
                  "CAST(TIMESTAMP '0001-01-01 00:00:00' AS TIMESTAMP_LTZ(3))",
                  "CAST(TIMESTAMP '9999-12-31 00:00:00' AS TIMESTAMP_LTZ(3))")),
          new Column(
              "b",
              "Nullable(Bool)",
              "BOOLEAN",
              List.of("true", "false", "NULL"),
              List.of("TRUE", "FALSE")));

  private static final List<String> PATTERNS =
      List.of(
          "'a%'",
          "'%b'",
          "'%ä%'",
          "'a%b'",
          "'_'",
          "'a_'",
          "'100\\%'",
          "'100!%' ESCAPE '!'",
          "'%'",
          "'a'",
          "'%\uFFFD%'",
          "'%''%?'",
          "''");

  private static final List<String> OPERATORS = List.of("=", "<>", "<", "<=", ">", ">=");

  private static ClickHouseServer server;
  private static String table;

  @BeforeAll
  static void fill(ClickHouseServer shared, Prefix prefix) {
    server = shared;
    table = prefix.name("filtered");
    StringBuilder types = new StringBuilder("id UInt32");
    for (Column column : COLUMNS) {
      types.append(", ").append(column.name).append(' ').append(column.type);
    }
    server.execute(
        "CREATE TABLE " + table + " (" + types + ") ENGINE = MergeTree ORDER BY (u64, id)");
    Random random = new Random(SEED);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      StringBuilder row = new StringBuilder("(" + i);
      for (Column column : COLUMNS) {
        row.append(", ").append(any(random, column.values));
      }
      rows.add(row + ")");
    }
    server.execute("INSERT INTO " + table + " VALUES " + String.join(", ", rows));
  }

  private static String any(Random random, List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static String filter(Random random, int depth) {
    if (depth > 0 && random.nextInt(3) == 0) {
      String one = filter(random, depth - 1);
      return switch (random.nextInt(3)) {
        case 0 -> "(" + one + " AND " + filter(random, depth - 1) + ")";
        case 1 -> "(" + one + " OR " + filter(random, depth - 1) + ")";
        default -> "NOT (" + one + ")";
      };
    }
    Column column = COLUMNS.get(random.nextInt(COLUMNS.size()));
    String name = column.name;
    if (column.flinkType.equals("BOOLEAN") && random.nextBoolean()) {
      return any(random, List.of("b", "NOT b", "b IS TRUE", "b IS NOT TRUE", "b IS FALSE"));
    }
    if (column.flinkType.equals("STRING") && random.nextInt(4) == 0) {
      return name + (random.nextInt(4) == 0 ? " NOT LIKE " : " LIKE ") + any(random, PATTERNS);
    }
    return switch (random.nextInt(8)) {
      case 0 -> name + " IS NULL";
      case 1 -> name + " IS NOT NULL";
      case 2 ->
          name
              + (random.nextBoolean() ? " IN (" : " NOT IN (")
              + any(random, column.literals)
              + ", "
              + any(random, column.literals)
              + ")";
      case 3 -> any(random, column.literals) + " " + any(random, OPERATORS) + " " + name;
      default -> name + " " + any(random, OPERATORS) + " " + any(random, column.literals);
    };
  }

  @Test
  void aPushedFilterGivesTheRowsThatFlinkGives() throws Exception {
    Random random = new Random(SEED + 1);
    List<String> filters = new ArrayList<>();
    // Each column with each operator at least once.
    for (int i = 0; filters.size() < FILTERS; i++) {
      filters.add(
          i < COLUMNS.size()
              ? COLUMNS.get(i).name + " >= " + any(random, COLUMNS.get(i).literals)
              : i < 2 * COLUMNS.size()
                  ? COLUMNS.get(i - COLUMNS.size()).name
                      + " = "
                      + any(random, COLUMNS.get(i - COLUMNS.size()).literals)
                  : filter(random, 2));
    }
    TableEnvironment flink = flink(false);
    StringBuilder judged = new StringBuilder("SELECT id");
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < filters.size(); i++) {
      judged.append(", (").append(filters.get(i)).append(") IS TRUE AS q").append(i);
      parts.add("SELECT " + i + " AS q, id FROM t WHERE " + filters.get(i));
    }
    Map<Integer, Set<Long>> wanted = new LinkedHashMap<>();
    for (Row row :
        rows(flink, judged + " FROM t /*+ OPTIONS('filter.handling.policy' = 'never') */")) {
      for (int i = 0; i < filters.size(); i++) {
        Set<Long> ids = wanted.computeIfAbsent(i, it -> new TreeSet<>());
        if ((boolean) row.getField(i + 1)) {
          ids.add((Long) row.getField(0));
        }
      }
    }
    String pushed = String.join(" UNION ALL ", parts);
    Map<Integer, Set<Long>> seen = new LinkedHashMap<>();
    for (Row row : rows(flink, pushed)) {
      seen.computeIfAbsent((Integer) row.getField(0), it -> new TreeSet<>())
          .add((Long) row.getField(1));
    }
    for (int i = 0; i < filters.size(); i++) {
      assertThat(seen.getOrDefault(i, Set.of()))
          .as("seed " + SEED + ": " + filters.get(i))
          .isEqualTo(wanted.get(i));
    }
    String plan = flink.explainSql(pushed);
    plan = plan.substring(plan.indexOf("== Optimized Execution Plan =="));
    assertThat(Pattern.compile("filter=\\[[^]]").matcher(plan).results().count())
        .as("pushed filters")
        .isGreaterThan(FILTERS / 2);
  }

  @Test
  void aLookupFindsWhatAJoinFinds() throws Exception {
    TableEnvironment flink = flink(true);
    List<String> lookups = new ArrayList<>();
    List<String> joins = new ArrayList<>();
    for (Column column : COLUMNS) {
      Set<String> probes = new HashSet<>();
      // Not every literal is one of the column's type in Flink.
      for (String literal :
          column.name.matches("i8|u8|u64|d")
              ? List.of("0", "1", "7", "127", "1.25", "1.3")
              : column.literals) {
        probes.add("(CAST(" + literal + " AS " + column.flinkType + "))");
      }
      boolean floating = column.name.matches("f32|f64");
      if (floating) {
        // The planner has no literal for some of them.
        probes = Set.of("('NaN')", "('0')", "('-0.0')", "('0.1')", "('-1.5')", "('Infinity')");
      }
      String values = String.join(", ", probes);
      String select =
          "SELECT '%s', CAST(o.v AS STRING), d.id FROM (SELECT "
              + (floating ? "CAST(v AS " + column.flinkType + ")" : "v")
              + " AS v, PROCTIME() AS p FROM (VALUES %s) AS r"
              + " (v)) AS o JOIN t %s AS d ON o.v = d.%s";
      lookups.add(select.formatted(column.name, values, "FOR SYSTEM_TIME AS OF o.p", column.name));
      joins.add(select.formatted(column.name, values, "", column.name));
    }
    List<String> found = texts(flink, String.join(" UNION ALL ", lookups));
    List<String> joined = texts(flink, String.join(" UNION ALL ", joins));
    assertThat(joined).hasSizeGreaterThan(100);
    assertThat(found).isEqualTo(joined);
  }

  @Test
  void aLookupByWhatCannotBeComparedIsRefusedAtPlanning(Prefix prefix) {
    TableEnvironment flink = flink(true);
    String arrays = prefix.name("arrays");
    server.execute("CREATE TABLE " + arrays + " (a Array(UInt8), f BFloat16) ENGINE = Memory");
    declare(flink, "arrays", arrays, "a ARRAY<SMALLINT>, f FLOAT");
    for (String key : List.of("a", "f")) {
      String value = key.equals("a") ? "ARRAY[CAST(%s AS SMALLINT)]" : "CAST(%s AS FLOAT)";
      assertThatThrownBy(
              () ->
                  flink.explainSql(
                      "SELECT * FROM (SELECT v, PROCTIME() AS p FROM (VALUES ("
                          + value.formatted(1)
                          + "), ("
                          + value.formatted(2)
                          + ")) AS r (v)) AS o JOIN arrays FOR SYSTEM_TIME AS OF o.p AS d"
                          + " ON o.v = d."
                          + key))
          .hasStackTraceContaining("cannot be looked up by column '" + key + "'")
          .hasStackTraceContaining("join without FOR SYSTEM_TIME AS OF");
    }
  }

  @Test
  void aLimitBehindAFilterLosesNoRow() {
    TableEnvironment flink = flink(false);
    // ClickHouse lets more rows through than the three that Flink keeps.
    String sql =
        "SELECT COUNT(*) FROM (SELECT id FROM t WHERE fc >= 'a' AND MOD(id, 20) = 3 LIMIT 4)";
    long all =
        (long)
            rows(flink, "SELECT COUNT(*) FROM t WHERE fc >= 'a' AND MOD(id, 20) = 3")
                .get(0)
                .getField(0);
    assertThat((long) rows(flink, sql).get(0).getField(0)).isEqualTo(Math.min(all, 4));
    assertThat(flink.explainSql("SELECT id FROM t LIMIT 4")).contains("limit=[4]");
  }

  private static TableEnvironment flink(boolean streaming) {
    EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance();
    TableEnvironment flink =
        TableEnvironment.create(
            (streaming ? settings.inStreamingMode() : settings.inBatchMode()).build());
    flink.getConfig().set("table.local-time-zone", "Europe/Berlin");
    flink.getConfig().set("parallelism.default", "1");
    StringBuilder columns = new StringBuilder("id BIGINT");
    for (Column column : COLUMNS) {
      columns.append(", ").append(column.name).append(' ').append(column.flinkType);
    }
    declare(flink, "t", table, columns.toString());
    return flink;
  }

  private static void declare(TableEnvironment flink, String name, String there, String columns) {
    flink.executeSql(
        "CREATE TABLE "
            + name
            + " ("
            + columns
            + ") WITH ('connector' = 'jdbc-clickhouse', 'url' = '"
            + server.url("default")
            + "', 'table-name' = '"
            + there
            + "', 'username' = '"
            + server.user()
            + "', 'password' = '"
            + server.password()
            + "')");
  }

  private static List<Row> rows(TableEnvironment flink, String sql) {
    List<Row> rows = new ArrayList<>();
    flink.executeSql(sql).collect().forEachRemaining(rows::add);
    return rows;
  }

  private static List<String> texts(TableEnvironment flink, String sql) {
    return rows(flink, sql).stream().map(Row::toString).sorted().toList();
  }
}
