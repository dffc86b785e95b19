package io.unifiedcatalog.connectors.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MySQL from Flink SQL. This JVM is in Paris, the session in Tokyo. */
@ExtendWith({FlinkCluster.class, SharedServers.class})
class MySqlSqlTest {
  private static final String CI = " COLLATE utf8mb4_0900_ai_ci";

  @SuppressWarnings("NullAway.Init") // See start.
  private static MySqlServer server;

  @SuppressWarnings("NullAway.Init") // See start.
  private static String database;

  private final Session session = new Session();

  @BeforeAll
  static void start(MySqlServer mysql, Prefix prefix) {
    assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Europe/Paris"));
    server = mysql;
    database = prefix.name("db");
    server.execute("CREATE DATABASE " + database);
  }

  private static Map<String, String> table(String name) {
    return Session.mySql(server, database, name);
  }

  private static void execute(String... statements) {
    String[] all = new String[statements.length + 1];
    all[0] = "USE " + database;
    System.arraycopy(statements, 0, all, 1, statements.length);
    server.execute(all);
  }

  private static List<String> stored(String sql) throws Exception {
    var connection = server.connect();
    connection.setCatalog(database);
    return SharedPostgres.rows(connection, sql);
  }

  @Test
  void equalityOnFoldedTextIsPushedAndShowsTheTextsThatAreEqual() throws Exception {
    execute(
        "CREATE TABLE folded (id INT PRIMARY KEY, ci VARCHAR(20) COLLATE utf8mb4_0900_ai_ci,"
            + " p VARCHAR(20) COLLATE utf8mb4_general_ci, e ENUM('abc', 'x') NOT NULL)",
        "INSERT INTO folded VALUES (1, 'abc', 'abc', 'abc'), (2, 'ABC', 'ABC', 'ABC'),"
            + " (3, 'Ábc', 'abc ', 'x'), (4, 'ss', 'ss', 'x'), (5, 'ß', 'x', 'x')");
    session.declare(
        "folded",
        "id INT, ci STRING, p STRING, e STRING",
        table("folded"),
        "column-types",
        "`id` int, `ci` varchar(20)"
            + CI
            + ", `p` varchar(20) COLLATE utf8mb4_general_ci, `e` enum('abc','x')"
            + CI);
    String equal = "SELECT id, ci FROM folded WHERE ci = 'abc'";
    assertThat(session.pushed(equal)).contains("filter=[=(ci, _UTF-16LE'abc'");
    assertThat(session.rows(equal)).containsExactly("1|abc");
    assertThat(session.rows("SELECT id FROM folded WHERE p = 'abc'")).containsExactly("1");
    assertThat(session.rows("SELECT id FROM folded WHERE ci IN ('ss', 'ABC')"))
        .containsExactlyInAnyOrder("2", "4");
    assertThat(session.rows("SELECT id, e FROM folded WHERE e = 'ABC'")).isEmpty();
    assertThat(session.rows("SELECT id FROM folded WHERE ci LIKE 'ab%' OR ci LIKE '_S'"))
        .containsExactly("1");
    for (String range : List.of("ci > 'a'", "ci <> 'abc'", "ci NOT LIKE 'x%'")) {
      assertThat(session.pushed("SELECT id FROM folded WHERE " + range))
          .as(range)
          .contains("filter=[]");
    }
    assertThat(session.rows("SELECT id FROM folded WHERE ci <> 'abc' AND ci < 'b'"))
        .containsExactly("2");
    assertThat(session.lookup("folded", "ci", "STRING", "t.id, t.ci", "'ABC'", "'abC'", "'ß'"))
        .containsExactlyInAnyOrder("2|ABC", "5|ß");
    assertThat(session.lookup("folded", "p", "STRING", "t.id", "'abc'", "'abc  '"))
        .containsExactly("1");
  }

  @Test
  void likeWithAnEscapeOrABackslashIsNotPushed() throws Exception {
    execute(
        "CREATE TABLE likes (id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_0900_ai_ci)",
        "INSERT INTO likes VALUES (1, '100%'), (2, '1000'), (3, 'C:\\\\temp\\\\a'), (4, 'C:temp')");
    session.declare(
        "likes",
        "id INT, v STRING",
        table("likes"),
        "column-types",
        "`id` int, `v` varchar(20)" + CI);
    String escaped = "SELECT id FROM likes WHERE v LIKE '100!%' ESCAPE '!'";
    assertThat(session.pushed(escaped)).contains("filter=[]");
    assertThat(session.rows(escaped)).containsExactly("1");
    assertThat(session.rows("SELECT id FROM likes WHERE v LIKE 'C:\\temp%'")).containsExactly("3");
    String plain = "SELECT id FROM likes WHERE v LIKE '100_%'";
    assertThat(session.pushed(plain)).contains("LIKE");
    assertThat(session.rows(plain)).containsExactlyInAnyOrder("1", "2");
  }

  @Test
  void datesOfZerosAreNullInScansLookupsAndFilters() throws Exception {
    execute(
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "CREATE TABLE zeros (id INT PRIMARY KEY, d DATE, t DATETIME(3), s TIMESTAMP NULL)",
        "INSERT INTO zeros VALUES (1, 0, 0, 0), (2, '2024-00-00', '2024-00-10', 20240110),"
            + " (3, '2024-02-31', '2024-02-31', NULL), (4, '2024-02-29', '2024-02-29', NULL),"
            + " (5, NULL, NULL, NULL)");
    for (String types : List.of("", "`id` int, `d` date, `t` datetime(3), `s` timestamp")) {
      session.declare(
          "zeros",
          "id INT, d DATE, t TIMESTAMP(3), s TIMESTAMP(0)",
          table("zeros"),
          "time-zone",
          "+00:00",
          "column-types",
          types);
      assertThat(session.rows("SELECT * FROM zeros ORDER BY id"))
          .containsExactly(
              "1|null|null|null",
              "2|null|null|2024-01-10T00:00",
              "3|null|null|null",
              "4|2024-02-29|2024-02-29T00:00|null",
              "5|null|null|null");
      assertThat(session.rows("SELECT id FROM zeros WHERE d IS NULL AND t IS NULL ORDER BY id"))
          .containsExactly("1", "2", "3", "5");
      assertThat(session.rows("SELECT id FROM zeros WHERE d IS NOT NULL")).containsExactly("4");
      assertThat(session.rows("SELECT id FROM zeros WHERE d < DATE '2025-01-01'"))
          .containsExactly("4");
      assertThat(
              session.rows(
                  "SELECT id FROM zeros WHERE t <> TIMESTAMP '2024-01-01 00:00:00' OR id = 1"))
          .containsExactlyInAnyOrder("1", "4");
      assertThat(session.lookup("zeros", "id", "INT", "t.*", "1", "2", "3"))
          .containsExactlyInAnyOrder(
              "1|null|null|null", "2|null|null|2024-01-10T00:00", "3|null|null|null");
    }
    session.declare("zeros", "id INT, d DATE NOT NULL", table("zeros"));
    assertThatThrownBy(() -> session.rows("SELECT * FROM zeros"))
        .hasStackTraceContaining("column 'd'")
        .hasStackTraceContaining("is declared NOT NULL");
  }

  @Test
  void noClockOfTheJvmShowsInDatesAndTimes() throws Exception {
    execute(
        "CREATE TABLE clocks (id INT PRIMARY KEY, d DATE, t DATETIME(6), s TIMESTAMP(6) NULL)",
        "CREATE TABLE clocks_copy LIKE clocks",
        "SET time_zone = '+00:00'",
        "INSERT INTO clocks VALUES (1, '2024-03-31', '2024-03-31 02:30:00.000001', '2024-03-31"
            + " 02:30:00'), (2, '1582-10-10', '1582-10-10 12:00:00', '2024-10-27 02:30:00'),"
            + " (3, '0001-01-01', '1000-01-01 00:00:00', '1970-01-01 00:00:01')");
    String columns =
        "id INT, d DATE, t TIMESTAMP(6), s TIMESTAMP(6), PRIMARY KEY (id) NOT ENFORCED";
    String types = "`id` int, `d` date, `t` datetime(6), `s` timestamp(6)";
    for (String table : List.of("clocks", "clocks_copy")) {
      session.declare(table, columns, table(table), "time-zone", "+00:00", "column-types", types);
    }
    assertThat(session.rows("SELECT * FROM clocks ORDER BY id"))
        .containsExactly(
            "1|2024-03-31|2024-03-31T02:30:00.000001|2024-03-31T02:30",
            "2|1582-10-10|1582-10-10T12:00|2024-10-27T02:30",
            "3|0001-01-01|1000-01-01T00:00|1970-01-01T00:00:01");
    String filter =
        "SELECT id FROM clocks WHERE t = TIMESTAMP '2024-03-31 02:30:00.000001' AND s ="
            + " TIMESTAMP '2024-03-31 02:30:00' AND d = DATE '2024-03-31'";
    assertThat(session.pushed(filter)).contains("=(t,", "=(s,", "=(d,");
    assertThat(session.rows(filter)).containsExactly("1");
    session.write("INSERT INTO clocks_copy SELECT * FROM clocks");
    assertThat(stored("SELECT d, t, s, UNIX_TIMESTAMP(s) FROM clocks_copy ORDER BY id"))
        .isEqualTo(stored("SELECT d, t, s, UNIX_TIMESTAMP(s) FROM clocks ORDER BY id"));
    assertThat(
            session.lookup("clocks", "t", "TIMESTAMP(6)", "t.id", "'2024-03-31 02:30:00.000001'"))
        .containsExactly("1");
    session.declare(
        "instants",
        "id INT, s TIMESTAMP_LTZ(6)",
        table("clocks"),
        "time-zone",
        "+00:00",
        "column-types",
        types);
    assertThat(session.rows("SELECT * FROM instants ORDER BY id"))
        .containsExactly(
            "1|2024-03-31T02:30:00Z", "2|2024-10-27T02:30:00Z", "3|1970-01-01T00:00:01Z");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a`b",
        "a?b",
        "a:b",
        ":x",
        "order",
        "zip code",
        "a-b",
        "a'b",
        "a\"b",
        "注文",
        "a\\b",
        "a%b",
        "{a}",
        "a,b",
        "a(b"
      })
  void anyNameOfATableAndAColumnIsReadLookedUpAndWritten(String name) throws Exception {
    String quoted = "`" + name.replace("`", "``") + "`";
    execute(
        "DROP TABLE IF EXISTS " + quoted,
        "CREATE TABLE " + quoted + " (id INT PRIMARY KEY, " + quoted + " INT)",
        "INSERT INTO " + quoted + " VALUES (1, 11)");
    session.declare(
        "named",
        "id INT, " + quoted + " INT, PRIMARY KEY (id) NOT ENFORCED",
        table(name),
        "column-types",
        "`id` int, " + quoted + " int");
    session.write("INSERT INTO named VALUES (2, 22), (1, 12)");
    assertThat(
            session.rows("SELECT " + quoted + " FROM named WHERE " + quoted + " > 1 ORDER BY id"))
        .containsExactly("12", "22");
    assertThat(session.lookup("named", quoted, "INT", "t.id", "22")).containsExactly("2");
    session.declare(
        "split",
        "id INT, " + quoted + " INT",
        table(name),
        "scan.partition.column",
        name,
        "scan.partition.num",
        "3",
        "scan.partition.lower-bound",
        "12",
        "scan.partition.upper-bound",
        "15");
    assertThat(session.rows("SELECT id FROM split")).containsExactlyInAnyOrder("1", "2");
  }

  @Test
  void anInsertWithAListOfColumnsLeavesTheOthersToMySql() throws Exception {
    execute(
        "CREATE TABLE listed (id INT PRIMARY KEY, a INT, b VARCHAR(10) DEFAULT 'preset', c INT)",
        "CREATE TABLE numbered (n INT AUTO_INCREMENT PRIMARY KEY, v INT DEFAULT 7, w INT)",
        "INSERT INTO listed VALUES (1, 1, 'kept', 1)");
    session.declare(
        "listed",
        "id INT, twice AS a * 2, a INT, b STRING, c INT, PRIMARY KEY (id) NOT ENFORCED",
        table("listed"));
    session.write("INSERT INTO listed (c, id) SELECT 9, id FROM (VALUES (1), (2)) AS v(id)");
    assertThat(stored("SELECT * FROM listed ORDER BY id"))
        .containsExactly("1|1|kept|9", "2|null|preset|9");
    session.declare("numbered", "n INT, v INT, w INT", table("numbered"));
    session.write("INSERT INTO numbered (w) VALUES (5), (6)");
    // Which of the two rows is written first, nobody says.
    assertThat(stored("SELECT n, v FROM numbered ORDER BY n")).containsExactly("1|7", "2|7");
    assertThat(stored("SELECT w FROM numbered ORDER BY w")).containsExactly("5", "6");
  }

  @Test
  void aValueThatTheColumnDoesNotHoldIsRefusedByNameBeforeItIsWritten() throws Exception {
    execute(
        "CREATE TABLE ranges (u TINYINT UNSIGNED, v VARCHAR(3), d DECIMAL(4, 2), t DATETIME(0),"
            + " s TIMESTAMP, l LONGTEXT, big DECIMAL(45, 1))");
    session.declare(
        "ranges",
        "u SMALLINT, v STRING, d DECIMAL(10, 4), t TIMESTAMP(6), s TIMESTAMP(0), big STRING",
        table("ranges"),
        "time-zone",
        "+00:00",
        "column-types",
        "`u` tinyint unsigned, `v` varchar(3), `d` decimal(4,2), `t` datetime, `s` timestamp, `big`"
            + " decimal(45,1)");
    for (String[] wrong :
        new String[][] {
          {"u", "CAST(300 AS SMALLINT)", "300 is not within 0 and 255"},
          {"u", "CAST(-1 AS SMALLINT)", "-1 is not within 0 and 255"},
          {"v", "'abcd'", "'abcd' has 4 characters"},
          {"d", "123.4", "123.4000 has more digits than decimal(4,2)"},
          {"d", "1.234", "1.2340 has more digits than decimal(4,2)"},
          {"t", "TIMESTAMP '2024-01-01 00:00:00.5'", "more than the 0 digits"},
          {"s", "TIMESTAMP '2039-01-01 00:00:00'", "not within 1970 and 2038"},
          {"big", "'1.25'", "1.25 has more digits than decimal(45,1)"},
        }) {
      assertThatThrownBy(
              () ->
                  session.write("INSERT INTO ranges (" + wrong[0] + ") VALUES (" + wrong[1] + ")"))
          .as(wrong[2])
          .hasStackTraceContaining("column '" + wrong[0] + "'")
          .hasStackTraceContaining(wrong[2]);
    }
    session.write("INSERT INTO ranges (u, v, d) VALUES (CAST(255 AS SMALLINT), 'äöü', 99.99)");
    assertThat(stored("SELECT u, v, d FROM ranges")).containsExactly("255|äöü|99.99");
  }

  @Test
  void aCharacterThatLatin1HasNotFindsNothing() throws Exception {
    execute(
        "CREATE TABLE latin (id INT PRIMARY KEY, v VARCHAR(10) CHARACTER SET latin1 COLLATE"
            + " latin1_german1_ci)",
        "INSERT INTO latin VALUES (1, 'é'), (2, '?'), (3, 'x')");
    for (String types : List.of("", "`id` int, `v` varchar(10) COLLATE latin1_german1_ci")) {
      session.declare("latin", "id INT, v STRING", table("latin"), "column-types", types);
      assertThat(session.rows("SELECT id FROM latin WHERE v = '注'")).isEmpty();
      assertThat(session.rows("SELECT id FROM latin WHERE v IN ('注', 'é')")).containsExactly("1");
      assertThat(session.lookup("latin", "v", "STRING", "t.id", "'注'", "'é'", "'X'"))
          .containsExactly("1");
    }
  }

  @Test
  void booleansNumbersAndTimesAreComparedAsFlinkShowsThem() throws Exception {
    execute(
        "CREATE TABLE mixed (id INT PRIMARY KEY, b TINYINT(1), t TIME(3), f FLOAT, g FLOAT(12, 0),"
            + " d DOUBLE, u BIGINT UNSIGNED, j JSON, big DECIMAL(60, 0), y YEAR, bits BIT(3))",
        "INSERT INTO mixed VALUES (1, 2, '12:30:00.7', 1.1, 300, 0.1, ~0, '{\"a\": 1}', REPEAT('9',"
            + " 50), 2024, 5), (2, 0, '00:00:00', 2, 4, 5, 6, '7', 8, 1901, 1)");
    session.declare(
        "mixed",
        "id INT, b BOOLEAN, t TIME(0), f FLOAT, g FLOAT, d DOUBLE, u DECIMAL(20, 0), j STRING, big"
            + " STRING, y SMALLINT, bits BYTES",
        table("mixed"),
        "column-types",
        "`b` tinyint(1), `t` time(3), `f` float, `g` float(12,0), `d` double, `u` bigint unsigned,"
            + " `j` json, `big` decimal(60,0), `y` year, `bits` bit(3)");
    assertThat(session.rows("SELECT * FROM mixed ORDER BY id"))
        .containsExactly(
            "1|true|12:30|1.1|300.0|0.1|18446744073709551615|{\"a\": 1}|"
                + "9".repeat(50)
                + "|2024|05",
            "2|false|00:00|2.0|4.0|5.0|6|7|8|1901|01");
    assertThat(session.rows("SELECT id FROM mixed WHERE b")).containsExactly("1");
    assertThat(session.rows("SELECT id FROM mixed WHERE NOT b")).containsExactly("2");
    assertThat(session.rows("SELECT id FROM mixed WHERE t = TIME '12:30:00'")).containsExactly("1");
    assertThat(session.rows("SELECT id FROM mixed WHERE f = CAST(1.1 AS FLOAT)"))
        .containsExactly("1");
    assertThat(
            session.rows(
                "SELECT id FROM mixed WHERE d = 0.1 AND u > CAST('18446744073709551614' AS DECIMAL(20, 0))"))
        .containsExactly("1");
    assertThat(session.rows("SELECT id FROM mixed WHERE j = '7' AND y = 1901"))
        .containsExactly("2");
    assertThat(session.lookup("mixed", "f", "FLOAT", "t.id", "1.1")).containsExactly("1");
    assertThat(session.lookup("mixed", "j", "STRING", "t.id", "'{\"a\": 1}'")).containsExactly("1");
    assertThat(session.lookup("mixed", "big", "STRING", "t.id", "'8'", "'08'"))
        .containsExactly("2");
    assertThat(session.lookup("mixed", "b", "BOOLEAN", "t.id", "true")).containsExactly("1");
    assertThatThrownBy(() -> session.lookup("mixed", "t", "TIME(0)", "t.id", "'12:30:00'"))
        .hasStackTraceContaining("cannot be looked up by column 't'");
    session.declare("texts", "id INT, t STRING, y STRING", table("mixed"));
    execute("INSERT INTO mixed (id, t) VALUES (3, '-838:59:59')");
    session.declare("texts", "id INT, t STRING", table("mixed"), "column-types", "`t` time(3)");
    assertThat(session.rows("SELECT * FROM texts ORDER BY id"))
        .containsExactly("1|12:30:00.700", "2|00:00:00.000", "3|-838:59:59.000");
    assertThatThrownBy(() -> session.rows("SELECT t FROM mixed"))
        .hasStackTraceContaining("column 't'")
        .hasStackTraceContaining("-838:59:59");
  }

  @Test
  void aTypeThatCannotBeReadIsNamed() {
    execute(
        "CREATE TABLE misfit (d DOUBLE, v VARCHAR(9), i INT, n DECIMAL(9, 4))",
        "INSERT INTO misfit VALUES (1.5, 'x', 70000, 1.2345)");
    for (String[] wrong :
        new String[][] {
          {"d INT", "column 'd'", "double"},
          {"v INT", "column 'v'", "varchar"},
          {"i SMALLINT", "column 'i'", "70000"},
          {"n DECIMAL(9, 2)", "column 'n'", "1.2345"},
          {"v DATE", "column 'v'", "varchar"}
        }) {
      session.declare("misfit", wrong[0], table("misfit"));
      assertThatThrownBy(() -> session.rows("SELECT * FROM misfit"))
          .hasStackTraceContaining(wrong[1])
          .hasStackTraceContaining(wrong[2]);
    }
  }

  @Test
  void anUpsertThatMayReplaceByAnotherKeyIsRefusedAtPlanning() throws Exception {
    execute("CREATE TABLE two_keys (id INT PRIMARY KEY, mail VARCHAR(20) UNIQUE)");
    String columns = "id INT, mail STRING, PRIMARY KEY (id) NOT ENFORCED";
    session.declare("two_keys", columns, table("two_keys"), "other-unique-keys", "mail (mail)");
    assertThatThrownBy(() -> session.write("INSERT INTO two_keys VALUES (1, 'a')"))
        .hasStackTraceContaining("unique key mail (mail)")
        .hasStackTraceContaining("'write.other-unique-keys'");
    session.declare(
        "two_keys",
        columns,
        table("two_keys"),
        "other-unique-keys",
        "mail (mail)",
        "write.other-unique-keys",
        "allow");
    session.write("INSERT INTO two_keys VALUES (1, 'a')");
    session.declare(
        "folded_key",
        "id INT, mail STRING, PRIMARY KEY (mail) NOT ENFORCED",
        table("two_keys"),
        "column-types",
        "`mail` varchar(20)" + CI,
        "write.folded-keys",
        "refuse");
    assertThatThrownBy(() -> session.write("INSERT INTO folded_key VALUES (1, 'a')"))
        .hasStackTraceContaining("takes different texts for equal");
  }
}
