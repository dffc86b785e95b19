package io.unifiedcatalog.connectors.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Filters made at random give the same rows whether the database filters first or not. A failure
 * names its seed: {@code -Djdbc.filters.seed=N}.
 */
@ExtendWith({FlinkCluster.class, SharedServers.class, SharedPostgres.class})
class FilterPropertyTest {
  private static final int ROWS = 60;
  private static final int ROUNDS = 8;
  private static final int FILTERS = 30;

  /**
   * A column.
   *
   * @param values literals of the database, by the literals of Flink
   */
  private record Generated(
      String name, String type, String collation, String flink, Map<String, String> values) {
    String definition(boolean mySql) {
      return name
          + " "
          + type
          + (collation.isEmpty()
              ? ""
              : " COLLATE " + (mySql ? collation : "\"" + collation + "\""));
    }

    String declared() {
      return "`" + name + "` " + type + (collation.isEmpty() ? "" : " COLLATE " + collation);
    }
  }

  private static Generated column(String name, String type, String flink, String... literals) {
    return text(name, type, "", flink, literals);
  }

  /** A literal that differs between the two is written as {@code FLINK => DATABASE}. */
  private static Generated text(
      String name, String type, String collation, String flink, String... literals) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String literal : literals) {
      String[] both = literal.split(" => ", -1);
      values.put(both[0], both[both.length - 1]);
    }
    return new Generated(name, type, collation, flink, values);
  }

  private static final String[] TEXTS = {
    "''", "'a'", "'A'", "'a '", "'ab'", "'Ab'", "'á'", "'B'", "'b'", "'ss'", "'ß'", "'z'", "'a_b'",
    "'50%'", "' a'", "'~'", "'Z'", "'é'"
  };

  private static final List<Generated> MYSQL =
      List.of(
          column("i", "int", "INT", "-2147483648", "-1", "0", "1", "2", "2147483647"),
          column(
              "u",
              "bigint unsigned",
              "DECIMAL(20, 0)",
              "0",
              "1",
              "CAST('18446744073709551615' AS DECIMAL(20, 0)) => ~0"),
          column("n", "decimal(9,3)", "DECIMAL(9, 3)", "-1.500", "0.000", "1.250", "999999.999"),
          column("d", "double", "DOUBLE", "-1.5E0", "0.1E0", "0E0", "1E300", "2.5E0"),
          column("f", "float", "FLOAT", "CAST(1.1 AS FLOAT) => 1.1", "CAST(2 AS FLOAT) => 2"),
          column(
              "b",
              "tinyint(1)",
              "BOOLEAN",
              "TRUE => 1",
              "FALSE => 0",
              "TRUE  => 2",
              "TRUE   => -1"),
          column(
              "day",
              "date",
              "DATE",
              "DATE '2024-03-31' => '2024-03-31'",
              "DATE '1000-01-01' => '1000-01-01'",
              "DATE '9999-12-31' => '9999-12-31'",
              "DATE '2024-01-01' => '0000-00-00'",
              "DATE '2024-01-02' => '2024-00-10'"),
          column(
              "ts",
              "datetime(6)",
              "TIMESTAMP(6)",
              "TIMESTAMP '2024-03-31 02:30:00' => '2024-03-31 02:30:00'",
              "TIMESTAMP '2024-03-31 02:30:00.000001' => '2024-03-31 02:30:00.000001'",
              "TIMESTAMP '2024-01-01 00:00:00' => '0000-00-00'",
              "TIMESTAMP '1500-01-01 00:00:00' => '1500-01-01'"),
          column(
              "st",
              "timestamp(6)",
              "TIMESTAMP(6)",
              "TIMESTAMP '2024-03-31 02:30:00' => '2024-03-31 02:30:00'",
              "TIMESTAMP '2037-12-31 23:59:59.999999' => '2037-12-31 23:59:59.999999'",
              "TIMESTAMP '1969-12-31 00:00:00' => '1970-01-01 00:00:01'",
              "TIMESTAMP '2050-01-01 00:00:00' => '2024-10-27 02:30:00'"),
          text("ci", "varchar(20)", "utf8mb4_0900_ai_ci", "STRING", TEXTS),
          text("bin", "varchar(20)", "utf8mb4_0900_bin", "STRING", TEXTS),
          text("pad", "varchar(20)", "utf8mb4_bin", "STRING", TEXTS),
          text("latin", "varchar(20)", "latin1_german1_ci", "STRING", TEXTS),
          text("c", "char(5)", "utf8mb4_general_ci", "CHAR(5)", TEXTS),
          text(
              "e",
              "enum('a','B','z','')",
              "utf8mb4_0900_ai_ci",
              "STRING",
              "'a'",
              "'B'",
              "'z'",
              "''"),
          column("j", "json", "STRING", "'1'", "'\"a\"'", "'{\"a\": 1}'"),
          column(
              "t",
              "time(3)",
              "TIME(0)",
              "TIME '12:30:00' => '12:30:00.5'",
              "TIME '00:00:00' => '0'"),
          column("y", "year", "SMALLINT", "2024", "1999", "0"));

  private static final List<Generated> POSTGRES =
      List.of(
          column("i", "integer", "INT", "-2147483648", "-1", "0", "1", "2", "2147483647"),
          column("l", "bigint", "BIGINT", "-9223372036854775807", "0", "9223372036854775807"),
          column("n", "numeric(9,3)", "DECIMAL(9, 3)", "-1.500", "0.000", "1.250", "999999.999"),
          column(
              "d",
              "double precision",
              "DOUBLE",
              "-1.5E0",
              "0.1E0",
              "0E0",
              "1E300",
              "2.5E0 => 'NaN'"),
          column("f", "real", "FLOAT", "CAST(1.1 AS FLOAT) => 1.1", "CAST(2 AS FLOAT) => 'NaN'"),
          column("b", "boolean", "BOOLEAN", "TRUE", "FALSE"),
          column(
              "day",
              "date",
              "DATE",
              "DATE '2024-03-31' => '2024-03-31'",
              "DATE '0001-01-01' => '0001-01-01'",
              "DATE '9999-12-31' => '9999-12-31'"),
          column(
              "ts",
              "timestamp without time zone",
              "TIMESTAMP(6)",
              "TIMESTAMP '2024-03-31 02:30:00' => '2024-03-31 02:30:00'",
              "TIMESTAMP '2024-03-31 02:30:00.000001' => '2024-03-31 02:30:00.000001'",
              "TIMESTAMP '1500-01-01 00:00:00' => '1500-01-01'"),
          column(
              "z",
              "timestamp with time zone",
              "TIMESTAMP(6)",
              "TIMESTAMP '2024-03-31 02:30:00' => '2024-03-31 02:30:00+00'",
              "TIMESTAMP '2024-10-27 00:30:00' => '2024-10-27 02:30:00+02'"),
          text("x", "text", "und-x-icu", "STRING", TEXTS),
          text("bin", "text", "C", "STRING", TEXTS),
          text("v", "character varying(20)", "default", "STRING", TEXTS),
          text("c", "character(5)", "default", "CHAR(5)", TEXTS),
          column("j", "jsonb", "STRING", "'1'", "'\"a\"'", "'{\"a\": 1}'"),
          column(
              "w",
              "uuid",
              "STRING",
              "'11111111-1111-1111-1111-111111111111'",
              "'AAAAAAAA-1111-1111-1111-111111111111'",
              "'aaaaaaaa-1111-1111-1111-111111111111'",
              "'x' => '22222222-1111-1111-1111-111111111111'"),
          column("t", "time without time zone", "TIME(0)", "TIME '12:30:00' => '12:30:00.5'"));

  @Test
  void mySqlGivesTheSameRowsPushedOrNot(MySqlServer server, Prefix prefix) throws Exception {
    Random random = seeded("MySQL");
    String database = prefix.name("filters");
    List<String> statements = new ArrayList<>();
    statements.add("CREATE DATABASE " + database);
    statements.add("USE " + database);
    statements.add("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    statements.addAll(table("made", MYSQL, true, random));
    server.execute(statements.toArray(new String[0]));
    compare(Session.mySql(server, database, "made"), MYSQL, random);
  }

  @Test
  void postgresGivesTheSameRowsPushedOrNot() throws Exception {
    Random random = seeded("PostgreSQL");
    SharedPostgres.execute("CREATE SCHEMA filters");
    SharedPostgres.execute(table("filters.made", POSTGRES, false, random).toArray(new String[0]));
    compare(Session.postgres("filters", "made"), POSTGRES, random);
  }

  private static Random seeded(String name) {
    long seed = Long.getLong("jdbc.filters.seed", 20_240_331);
    System.out.println("Filters on " + name + " with -Djdbc.filters.seed=" + seed);
    return new Random(seed);
  }

  private static List<String> table(
      String name, List<Generated> columns, boolean mySql, Random random) {
    List<String> statements = new ArrayList<>();
    statements.add(
        "CREATE TABLE "
            + name
            + " (id int PRIMARY KEY, "
            + columns.stream()
                .map(column -> column.definition(mySql) + (mySql ? " NULL" : ""))
                .collect(Collectors.joining(", "))
            + ")");
    for (int id = 0; id < ROWS; id++) {
      statements.add(
          "INSERT INTO "
              + name
              + " VALUES ("
              + id
              + columns.stream()
                  .map(
                      column ->
                          ", "
                              + (random.nextInt(6) == 0
                                  ? "NULL"
                                  : any(List.copyOf(column.values.values()), random)))
                  .collect(Collectors.joining())
              + ")");
    }
    return statements;
  }

  private static void compare(Map<String, String> table, List<Generated> columns, Random random)
      throws Exception {
    Session session = new Session();
    String declared =
        "id INT, "
            + columns.stream()
                .map(column -> "`" + column.name + "` " + column.flink)
                .collect(Collectors.joining(", "));
    String types = columns.stream().map(Generated::declared).collect(Collectors.joining(", "));
    session.declare("pushed", declared, table, "column-types", types, "time-zone", "+00:00");
    session.declare(
        "kept",
        declared,
        table,
        "column-types",
        types,
        "time-zone",
        "+00:00",
        "filter.handling.policy",
        "never");
    int handedOn = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<String> filters =
          IntStream.range(0, FILTERS).mapToObj(i -> filter(columns, random, 2)).toList();
      List<String> kept = rows(session, "kept", filters);
      List<String> pushed = rows(session, "pushed", filters);
      for (int i = 0; i < FILTERS; i++) {
        String number = i + "|";
        assertThat(pushed.stream().filter(row -> row.startsWith(number)).sorted().toList())
            .as(filters.get(i))
            .isEqualTo(kept.stream().filter(row -> row.startsWith(number)).sorted().toList());
        String plan = session.pushed("SELECT id FROM pushed WHERE " + filters.get(i));
        handedOn += plan.contains("filter=[") && !plan.contains("filter=[]") ? 1 : 0;
      }
    }
    assertThat(handedOn).isGreaterThan(ROUNDS * FILTERS / 5);
  }

  private static List<String> rows(Session session, String table, List<String> filters)
      throws Exception {
    return session.rows(
        IntStream.range(0, filters.size())
            .mapToObj(i -> "SELECT " + i + " AS f, id FROM " + table + " WHERE " + filters.get(i))
            .collect(Collectors.joining(" UNION ALL ")));
  }

  private static String filter(List<Generated> columns, Random random, int depth) {
    int kind = depth == 0 ? 9 : random.nextInt(10);
    if (kind < 2) {
      return "("
          + filter(columns, random, depth - 1)
          + (kind == 0 ? " AND " : " OR ")
          + filter(columns, random, depth - 1)
          + ")";
    }
    if (kind == 2) {
      return "NOT (" + filter(columns, random, depth - 1) + ")";
    }
    // Of texts there is most to get wrong.
    Generated column =
        any(
            random.nextBoolean()
                ? columns.stream().filter(one -> !one.collation.isEmpty()).toList()
                : columns,
            random);
    String name = "`" + column.name + "`";
    List<String> literals = List.copyOf(column.values.keySet());
    boolean text = column.flink.equals("STRING") || column.flink.startsWith("CHAR");
    return switch (random.nextInt(text ? 8 : 6)) {
      case 0 -> name + (random.nextBoolean() ? " IS NULL" : " IS NOT NULL");
      case 1 -> name + " IN (" + any(literals, random) + ", " + any(literals, random) + ")";
      case 2 ->
          column.flink.equals("BOOLEAN")
              ? name
              : name + " BETWEEN " + any(literals, random) + " AND " + any(literals, random);
      case 6, 7 ->
          name
              + (random.nextInt(4) == 0 ? " NOT LIKE " : " LIKE ")
              + any(List.of("'a%'", "'%b'", "'_'", "'A_b'", "'%'", "'50!%' ESCAPE '!'"), random);
      default -> {
        String operator =
            any(
                column.flink.equals("BOOLEAN")
                    ? List.of("=", "<>")
                    : List.of("=", "=", "<>", "<", "<=", ">", ">="),
                random);
        yield random.nextInt(5) == 0
            ? any(literals, random) + " " + operator + " " + name
            : name + " " + operator + " " + any(literals, random);
      }
    };
  }

  private static <T> T any(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }
}
