package io.unifiedcatalog.connectors.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL from Flink SQL. This JVM is in Paris, the session in Tokyo. */
@ExtendWith({FlinkCluster.class, SharedPostgres.class})
class PostgresSqlTest {
  private final Session session = new Session();

  @BeforeAll
  static void start() {
    assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Europe/Paris"));
    SharedPostgres.execute(
        "CREATE SCHEMA s",
        "CREATE COLLATION s.folding (provider = icu, locale = 'und-u-ks-level2', deterministic ="
            + " false)");
  }

  private static Map<String, String> table(String name) {
    return Session.postgres("s", name);
  }

  private static List<String> stored(String sql) throws Exception {
    return SharedPostgres.rows(SharedPostgres.connect(), sql);
  }

  @Test
  void textIsComparedByItsBytesWhateverTheCollation() throws Exception {
    SharedPostgres.execute(
        "CREATE TABLE s.texts (id int, i text COLLATE \"und-x-icu\", f text COLLATE s.folding, c"
            + " char(4), b text COLLATE \"C\")",
        "INSERT INTO s.texts VALUES (1, 'a', 'abc', 'ab', 'a'), (2, 'B', 'ABC', 'ab  ', 'B'),"
            + " (3, 'ä', 'x', 'abcd', 'ä'), (4, 'z', 'y', '', 'z')");
    session.declare(
        "texts",
        "id INT, i STRING, f STRING, c CHAR(4), b STRING",
        table("texts"),
        "column-types",
        "`id` integer, `i` text COLLATE und-x-icu, `f` text COLLATE folding, `c` character(4) COLLATE"
            + " default, `b` text COLLATE C");
    String range = "SELECT id FROM texts WHERE i > 'a'";
    assertThat(session.pushed(range)).contains(">(i");
    assertThat(session.rows(range)).containsExactlyInAnyOrder("3", "4");
    assertThat(session.rows("SELECT id FROM texts WHERE b <= 'a'"))
        .containsExactlyInAnyOrder("1", "2");
    assertThat(session.rows("SELECT id, f FROM texts WHERE f = 'abc'")).containsExactly("1|abc");
    assertThat(session.rows("SELECT id FROM texts WHERE f <> 'abc' AND f < 'b'"))
        .containsExactly("2");
    assertThat(session.rows("SELECT id FROM texts WHERE f LIKE 'ab%'")).containsExactly("1");
    assertThat(session.pushed("SELECT id FROM texts WHERE c <> 'ab'")).contains("filter=[]");
    assertThat(session.rows("SELECT id FROM texts WHERE c = 'ab  '"))
        .containsExactlyInAnyOrder("1", "2");
    assertThat(session.rows("SELECT id FROM texts WHERE c = 'ab'")).isEmpty();
    assertThat(session.lookup("texts", "f", "STRING", "t.id", "'ABC'", "'abC'"))
        .containsExactly("2");
  }

  @Test
  void noClockOfTheJvmShowsInDatesAndTimes() throws Exception {
    SharedPostgres.execute(
        "CREATE TABLE s.clocks (id int PRIMARY KEY, d date, t timestamp, z timestamptz)",
        "CREATE TABLE s.clocks_copy (LIKE s.clocks INCLUDING ALL)",
        "INSERT INTO s.clocks VALUES (1, '2024-03-31', '2024-03-31 02:30:00.000001', '2024-03-31"
            + " 02:30:00+00'), (2, '1582-10-10', '1582-10-10 12:00', '1582-10-10 12:00+00'),"
            + " (3, '0001-01-01', '9999-12-31 23:59:59.999999', '2024-10-27 00:30+00')");
    String columns =
        "id INT, d DATE, t TIMESTAMP(6), z TIMESTAMP(6), PRIMARY KEY (id) NOT ENFORCED";
    String types =
        "`id` integer, `d` date, `t` timestamp without time zone, `z` timestamp with time zone";
    for (String name : List.of("clocks", "clocks_copy")) {
      session.declare(name, columns, table(name), "time-zone", "+05:30", "column-types", types);
    }
    assertThat(session.rows("SELECT * FROM clocks ORDER BY id"))
        .containsExactly(
            "1|2024-03-31|2024-03-31T02:30:00.000001|2024-03-31T08:00",
            "2|1582-10-10|1582-10-10T12:00|1582-10-10T17:30",
            "3|0001-01-01|9999-12-31T23:59:59.999999|2024-10-27T06:00");
    String filter =
        "SELECT id FROM clocks WHERE t = TIMESTAMP '2024-03-31 02:30:00.000001' AND z ="
            + " TIMESTAMP '2024-03-31 08:00:00' AND d = DATE '2024-03-31'";
    assertThat(session.pushed(filter)).contains("=(t,", "=(z,", "=(d,");
    assertThat(session.rows(filter)).containsExactly("1");
    session.write("INSERT INTO clocks_copy SELECT * FROM clocks");
    String all = "SELECT id, d, t, extract(epoch from z) FROM s.";
    assertThat(stored(all + "clocks_copy ORDER BY id"))
        .isEqualTo(stored(all + "clocks ORDER BY id"));
    assertThat(session.lookup("clocks", "z", "TIMESTAMP(6)", "t.id", "'2024-03-31 08:00:00'"))
        .containsExactly("1");
    session.declare("instants", "id INT, z TIMESTAMP_LTZ(6)", table("clocks"));
    assertThat(session.rows("SELECT * FROM instants WHERE id <> 2 ORDER BY id"))
        .containsExactly("1|2024-03-31T02:30:00Z", "3|2024-10-27T00:30:00Z");
    session.declare(
        "paris", columns, table("clocks_copy"), "time-zone", "Europe/Paris", "column-types", types);
    assertThatThrownBy(
            () ->
                session.write(
                    "INSERT INTO paris (id, z) VALUES (7, TIMESTAMP '2024-03-31 02:30:00')"))
        .hasStackTraceContaining("column 'z'")
        .hasStackTraceContaining("whose clocks skip it");
    assertThat(session.rows("SELECT id, z FROM paris WHERE z = TIMESTAMP '2024-10-27 02:30:00'"))
        .containsExactly("3|2024-10-27T02:30");
  }

  @Test
  void whatADateOfFlinkDoesNotHoldIsRefusedByNameAndCanBeReadAsText() throws Exception {
    SharedPostgres.execute(
        "CREATE TABLE s.odd (id int, d date, t timestamp, z timestamptz, h time, n numeric)",
        "INSERT INTO s.odd VALUES (1, '0044-03-15 BC', '0044-03-15 12:00 BC', '-infinity', '24:00',"
            + " 'NaN'), (2, 'infinity', 'infinity', 'infinity', '12:00', 'Infinity'),"
            + " (3, '12345-01-01', '12345-01-01 00:00', '12345-01-01 00:00+00', '12:00', 1e40)");
    for (String[] column :
        new String[][] {
          {"d", "DATE"}, {"t", "TIMESTAMP(6)"}, {"z", "TIMESTAMP_LTZ(6)"}, {"n", "DECIMAL(38, 18)"}
        }) {
      session.declare("odd", "id INT, " + column[0] + " " + column[1], table("odd"));
      for (int id = 1; id <= 3; id++) {
        String sql = "SELECT * FROM odd WHERE id = " + id;
        assertThatThrownBy(() -> session.rows(sql))
            .as(column[0] + id)
            .hasStackTraceContaining("column '" + column[0] + "'")
            .hasStackTraceContaining("STRING");
      }
    }
    session.declare("odd", "h TIME(0)", table("odd"));
    assertThatThrownBy(() -> session.rows("SELECT * FROM odd"))
        .hasStackTraceContaining("24:00:00 is no time of a day");
    session.declare("odd", "id INT, d STRING, t STRING, z STRING, n STRING", table("odd"));
    assertThat(session.rows("SELECT * FROM odd ORDER BY id"))
        .containsExactly(
            "1|0044-03-15 BC|0044-03-15 12:00:00 BC|-infinity|NaN",
            "2|infinity|infinity|infinity|Infinity",
            "3|12345-01-01|12345-01-01 00:00:00|12345-01-01 00:00:00+00|1" + "0".repeat(40));
  }

  @Test
  void everyTypeHasTheTextOfItsOutputFunction() throws Exception {
    SharedPostgres.execute(
        "CREATE TYPE s.state AS ENUM ('open', 'it''s')",
        "CREATE TABLE s.outputs (b boolean, c char(3), i inet, p point, u uuid, j json, jb jsonb, v"
            + " interval, m money, a int[][], e s.state, r int4range, x bit(3), o oid)",
        "INSERT INTO s.outputs VALUES (true, 'a', '2001:db8::1', '(1,2)',"
            + " 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff', '{ \"a\":1}', '{ \"a\":1}', '1 day 02:03',"
            + " 1.5, '{{1,2},{3,4}}', 'it''s', '[1,5)', B'101', 4294967295)");
    session.declare(
        "outputs",
        "b STRING, c STRING, i STRING, p STRING, u STRING, j STRING, jb STRING, v STRING, m"
            + " DECIMAL(22, 3), a STRING, e STRING, r STRING, x STRING, o BIGINT",
        table("outputs"),
        "column-types",
        "`m` money");
    for (int round = 0; round < 2; round++) {
      assertThat(session.rows("SELECT * FROM outputs"))
          .containsExactly(
              "t|a  |2001:db8::1|(1,2)|ffffffff-ffff-ffff-ffff-ffffffffffff|{ \"a\":1}|{\"a\": 1}|1"
                  + " day 02:03:00|1.500|{{1,2},{3,4}}|it's|[1,5)|101|4294967295");
    }
  }

  @Test
  void arraysAreReadAndWritten() throws Exception {
    SharedPostgres.execute(
        "CREATE TABLE s.arrays (id int PRIMARY KEY, i int[], t text[], n numeric[], z timestamptz[],"
            + " d int[], y bytea[])",
        "CREATE TABLE s.arrays_copy (LIKE s.arrays INCLUDING ALL)",
        "INSERT INTO s.arrays VALUES (1, '{1,NULL,-3}', '{\"a,b\",NULL,\"NULL\",\"q\\\"\\\\x\",\"\"}',"
            + " '{1.50}', '{2024-03-31 02:30:00+00}', '{{1,2},{3,4}}', '{\"\\\\xff00\"}'),"
            + " (2, '{}', '{}', '{}', '{}', '{}', '{}'), (3, '[0:1]={1,2}', NULL, NULL, NULL, NULL,"
            + " NULL)");
    String columns =
        "id INT, i ARRAY<INT>, t ARRAY<STRING>, n ARRAY<DECIMAL(5, 2)>, z ARRAY<TIMESTAMP_LTZ(6)>,"
            + " d ARRAY<ARRAY<INT>>, y ARRAY<BYTES>, PRIMARY KEY (id) NOT ENFORCED";
    session.declare("arrays", columns, table("arrays"));
    session.declare("arrays_copy", columns, table("arrays_copy"));
    assertThat(session.rows("SELECT id, i, t, n, z, d FROM arrays ORDER BY id"))
        .containsExactly(
            "1|[1, null, -3]|[a,b, null, NULL, q\"\\x, ]|[1.50]|[2024-03-31T02:30:00Z]|[[1, 2], [3,"
                + " 4]]",
            "2|[]|[]|[]|[]|[]",
            "3|[1, 2]|null|null|null|null");
    session.write("INSERT INTO arrays_copy SELECT * FROM arrays WHERE id < 3");
    assertThat(stored("SELECT * FROM s.arrays_copy ORDER BY id"))
        .isEqualTo(stored("SELECT * FROM s.arrays WHERE id < 3 ORDER BY id"));
    session.declare("flat", "d ARRAY<INT>", table("arrays"));
    assertThatThrownBy(() -> session.rows("SELECT * FROM flat"))
        .hasStackTraceContaining("column 'd'")
        .hasStackTraceContaining("more dimensions");
  }

  @Test
  void aLookupByATextThatTheTypeDoesNotKnowFindsNothing() throws Exception {
    SharedPostgres.execute(
        "CREATE TYPE s.light AS ENUM ('red', 'green')",
        "CREATE TABLE s.looked (id int, u uuid, e s.light, j json, n numeric, i inet)",
        "INSERT INTO s.looked VALUES (1, '11111111-1111-1111-1111-111111111111', 'red', '{\"a\": 1}',"
            + " 'NaN', '10.0.0.1'), (2, NULL, 'green', '{}', 7.10, NULL)");
    for (String types :
        List.of("`j` json", "`u` uuid, `e` s.light, `j` json, `n` numeric, `i` inet")) {
      session.declare(
          "looked",
          "id INT, u STRING, e STRING, j STRING, n STRING, i STRING",
          table("looked"),
          "column-types",
          types);
      assertThat(
              session.lookup(
                  "looked",
                  "u",
                  "STRING",
                  "t.id",
                  "'no uuid'",
                  "'11111111-1111-1111-1111-111111111111'",
                  "'{11111111-1111-1111-1111-111111111111}'"))
          .containsExactly("1");
      assertThat(session.lookup("looked", "e", "STRING", "t.id", "'blue'", "'green'"))
          .containsExactly("2");
      assertThat(session.lookup("looked", "j", "STRING", "t.id", "'{\"a\": 1}'", "'{'"))
          .containsExactly("1");
      assertThat(session.lookup("looked", "n", "STRING", "t.id", "'x'", "'NaN'", "'7.1'"))
          .containsExactly("1");
      assertThat(session.lookup("looked", "i", "STRING", "t.id", "'10.0.0.1/32'", "'10.0.0.1'"))
          .containsExactly("1");
      assertThat(session.rows("SELECT id FROM looked WHERE u = 'no uuid' OR e = 'blue'")).isEmpty();
      assertThat(
              session.rows(
                  "SELECT id FROM looked WHERE u = '11111111-1111-1111-1111-111111111111'"))
          .containsExactly("1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user",
        "order",
        "zip code",
        "a\"b",
        "a?b",
        "a:b",
        "Id",
        "a-b",
        "a'b",
        "注文",
        "a`b",
        "$1"
      })
  void anyNameOfATableAndAColumnIsReadLookedUpAndWritten(String name) throws Exception {
    String quoted = "\"" + name.replace("\"", "\"\"") + "\"";
    String inFlink = "`" + name.replace("`", "``") + "`";
    SharedPostgres.execute(
        "DROP TABLE IF EXISTS s." + quoted,
        "CREATE TABLE s." + quoted + " (k int PRIMARY KEY, " + quoted + " int)",
        "INSERT INTO s." + quoted + " VALUES (1, 11)");
    session.declare(
        "named", "k INT, " + inFlink + " INT, PRIMARY KEY (k) NOT ENFORCED", table(name));
    session.write("INSERT INTO named VALUES (2, 22), (1, 12)");
    assertThat(
            session.rows("SELECT " + inFlink + " FROM named WHERE " + inFlink + " > 1 ORDER BY k"))
        .containsExactly("12", "22");
    assertThat(session.lookup("named", inFlink, "INT", "t.k", "22")).containsExactly("2");
  }

  @Test
  void anInsertWithAListOfColumnsLeavesTheOthersToPostgres() throws Exception {
    SharedPostgres.execute(
        "CREATE TABLE s.listed (id int PRIMARY KEY, a int, b text DEFAULT 'preset', n int GENERATED"
            + " ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO s.listed VALUES (1, 1, 'kept')");
    session.declare(
        "listed",
        "id INT, a INT, b STRING, n INT, g INT, PRIMARY KEY (id) NOT ENFORCED",
        table("listed"));
    session.write("INSERT INTO listed (a, id) SELECT 9, id FROM (VALUES (1), (2)) AS v(id)");
    assertThat(stored("SELECT * FROM s.listed ORDER BY id"))
        .containsExactly("1|9|kept|1|18", "2|9|preset|3|18");
  }

  @Test
  void aValueThatTheColumnDoesNotHoldIsRefusedByNameBeforeItIsWritten() {
    SharedPostgres.execute(
        "CREATE TABLE s.ranges (i smallint, v varchar(3), d numeric(4, 2), t timestamp(0), x text)");
    session.declare(
        "ranges",
        "i INT, v STRING, d DECIMAL(10, 4), t TIMESTAMP(6), x STRING",
        table("ranges"),
        "column-types",
        "`i` smallint, `v` character varying(3), `d` numeric(4,2), `t` timestamp(0) without time"
            + " zone, `x` text");
    for (String[] wrong :
        new String[][] {
          {"i", "40000", "40000 is not within -32768 and 32767"},
          {"v", "'abcd'", "'abcd' has 4 characters"},
          {"d", "1.234", "1.2340 has more digits than numeric(4,2)"},
          {"t", "TIMESTAMP '2024-01-01 00:00:00.5'", "more than the 0 digits"},
          {"x", "U&'a\\0000'", "U+0000"},
        }) {
      assertThatThrownBy(
              () ->
                  session.write("INSERT INTO ranges (" + wrong[0] + ") VALUES (" + wrong[1] + ")"))
          .as(wrong[2])
          .hasStackTraceContaining("column '" + wrong[0] + "'")
          .hasStackTraceContaining(wrong[2]);
    }
  }

  @Test
  void passwordsComeFromAFileAndAreInNoMessage() throws Exception {
    SharedPostgres.execute("CREATE TABLE s.secret (i int)");
    java.nio.file.Path file = java.nio.file.Files.createTempFile("password", ".txt");
    java.nio.file.Files.writeString(file, SharedPostgres.password() + "\n");
    Map<String, String> options = table("secret");
    options.remove("password");
    session.declare("secret", "i INT", options, "password-file", file.toString());
    assertThat(session.rows("SELECT * FROM secret")).isEmpty();
    java.nio.file.Files.delete(file);
    session.declare("secret", "i INT", options, "password", "wrong-password");
    assertThatThrownBy(() -> session.rows("SELECT * FROM secret"))
        .hasStackTraceContaining("PostgreSQL cannot be read")
        .satisfies(
            failure ->
                assertThat(org.apache.flink.util.ExceptionUtils.stringifyException(failure))
                    .doesNotContain("wrong-password"));
  }
}
