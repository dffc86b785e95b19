package io.unifiedcatalog.connectors.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Values in both directions, and changes. */
@ExtendWith({FlinkCluster.class, SharedServers.class, SharedPostgres.class})
class WritingTest {
  @Test
  void everyTypeOfMySqlIsReadAndWrittenAtItsLeastItsGreatestAndNull(
      MySqlServer server, Prefix prefix) throws Exception {
    String database = prefix.name("types");
    String columns =
        "id int PRIMARY KEY, b1 bit(1), b8 bit(9), t1 tinyint(1), t tinyint, tu tinyint unsigned, s"
            + " smallint, m mediumint unsigned, i int, iu int unsigned, l bigint, lu bigint unsigned,"
            + " n decimal(38,10), big decimal(65,30), f float, d double, dt date, tm time(6), ts"
            + " datetime(6), st timestamp(3) NULL, y year, c char(3), v varchar(5), x longtext, bi"
            + " binary(2), vb varbinary(3), bl blob, j json, e enum('a','b'), se set('x','y'), g point";
    server.execute(
        "CREATE DATABASE " + database,
        "USE " + database,
        "SET time_zone = '+00:00'",
        "CREATE TABLE a (" + columns + ")",
        "CREATE TABLE b LIKE a",
        "INSERT INTO a VALUES (1, b'0', b'0', 0, -128, 0, -32768, 0, -2147483648, 0,"
            + " -9223372036854775808, 0, -9999999999999999999999999999.9999999999,"
            + " -99999999999999999999999999999999999.999999999999999999999999999999, -3.402823e38,"
            + " -1.7976931348623157e308, '1000-01-01', '00:00:00', '1000-01-01 00:00:00',"
            + " '1970-01-01 00:00:01', 1901, '', '', '', x'0000', x'', x'', 'null', 'a', '',"
            + " ST_GeomFromText('POINT(1 2)'))",
        "INSERT INTO a VALUES (2, b'1', b'111111111', 1, 127, 255, 32767, 16777215, 2147483647,"
            + " 4294967295, 9223372036854775807, ~0, 9999999999999999999999999999.9999999999,"
            + " 99999999999999999999999999999999999.999999999999999999999999999999, 3.402823e38,"
            + " 1.7976931348623157e308, '9999-12-31', '23:59:59', '9999-12-31 23:59:59.999999',"
            + " '2038-01-19 03:14:07.999', 2155, 'äöü', '😀😀😀😀😀', REPEAT('y', 70000), x'ffff',"
            + " x'00ff80', x'ff', '{\"a\": [1, null]}', 'b', 'x,y', ST_GeomFromText('POINT(3 4)',"
            + " 4326))",
        "INSERT INTO a (id) VALUES (3)");
    String declared =
        "id INT, b1 BOOLEAN, b8 BYTES, t1 BOOLEAN, t TINYINT, tu SMALLINT, s SMALLINT, m INT, i INT,"
            + " iu BIGINT, l BIGINT, lu DECIMAL(20, 0), n DECIMAL(38, 10), big STRING, f FLOAT, d"
            + " DOUBLE, dt DATE, tm TIME(0), ts TIMESTAMP(6), st TIMESTAMP_LTZ(3), y SMALLINT, c"
            + " CHAR(3), v VARCHAR(5), x STRING, bi BYTES, vb BYTES, bl BYTES, j STRING, e STRING, se"
            + " STRING, g BYTES, PRIMARY KEY (id) NOT ENFORCED";
    Session session = new Session();
    for (String types :
        List.of(
            "",
            columns
                .replaceAll("(?:^|, )(\\w+) ", ", `$1` ")
                .substring(2)
                .replace(" PRIMARY KEY", "")
                .replace(" NULL", ""))) {
      for (String table : List.of("a", "b")) {
        session.declare(
            table,
            declared,
            Session.mySql(server, database, table),
            "time-zone",
            "+00:00",
            "column-types",
            types);
      }
      server.execute("DELETE FROM " + database + ".b");
      session.write("INSERT INTO b SELECT * FROM a");
      assertThat(
              SharedPostgres.rows(server.connect(), "SELECT * FROM " + database + ".b ORDER BY id"))
          .isEqualTo(
              SharedPostgres.rows(
                  server.connect(), "SELECT * FROM " + database + ".a ORDER BY id"));
    }
    session.declare(
        "shape",
        "id INT, g STRING",
        Session.mySql(server, database, "a"),
        "column-types",
        "`g` point");
    assertThat(session.rows("SELECT * FROM shape WHERE id = 1")).containsExactly("1|POINT(1 2)");
    assertThatThrownBy(() -> session.write("INSERT INTO shape VALUES (9, 'POINT(1 2)')"))
        .hasStackTraceContaining("column 'g'")
        .hasStackTraceContaining("written as BYTES only");
  }

  @Test
  void everyTypeOfPostgresIsReadAndWrittenAtItsLeastItsGreatestAndNull() throws Exception {
    SharedPostgres.execute(
        "CREATE SCHEMA types",
        "CREATE TYPE types.state AS ENUM ('open', 'it''s')",
        "CREATE TABLE types.a (id int PRIMARY KEY, b boolean, s smallint, i integer, l bigint, r real,"
            + " d double precision, n numeric(38,9), m numeric, c money, t text, v varchar(5), h"
            + " char(4), y bytea, day date, tm time(0), ts timestamp(6), z timestamptz(3), u uuid, j"
            + " json, k jsonb, a inet, p interval, e types.state, ia int[], ta text[], o oid, x xml, q"
            + " point)",
        "CREATE TABLE types.b (LIKE types.a INCLUDING ALL)",
        "INSERT INTO types.a VALUES (1, false, -32768, -2147483648, -9223372036854775808,"
            + " '-Infinity', '-1.7976931348623157e308', '-99999999999999999999999999999.999999999',"
            + " '-1e40', '-92233720368547758.08', '', '', '', '', '0001-01-01', '00:00', '0001-01-01"
            + " 00:00:00', '0001-01-01 00:00:00+00', '00000000-0000-0000-0000-000000000000', '{}',"
            + " '{}', '0.0.0.0/0', '-1 year', 'open', '{}', '{}', 0, '<a/>', '(0,0)')",
        "INSERT INTO types.a VALUES (2, true, 32767, 2147483647, 9223372036854775807, 'NaN', 'NaN',"
            + " '99999999999999999999999999999.999999999', 'NaN', '92233720368547758.07', 'it''s \\x ü',"
            + " 'abcde', 'abcd', '\\xff00', '9999-12-31', '23:59:59', '9999-12-31 23:59:59.999999',"
            + " '2024-03-31 02:30:00.999+09', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{ \"a\":[1]}',"
            + " '{\"a\": [1]}', '2001:db8::1', '1 day 02:03:04.5', 'it''s', '{-1,NULL,1}',"
            + " '{\"a,b\",NULL}', 4294967295, '<b>x</b>', '(1.5,-2)')",
        "INSERT INTO types.a (id) VALUES (3)");
    String declared =
        "id INT, b BOOLEAN, s SMALLINT, i INT, l BIGINT, r FLOAT, d DOUBLE, n DECIMAL(38, 9), m STRING,"
            + " c DECIMAL(22, 3), t STRING, v VARCHAR(5), h CHAR(4), y BYTES, `day` DATE, tm TIME(0), ts"
            + " TIMESTAMP(6), z TIMESTAMP(3), u STRING, j STRING, k STRING, a STRING, p STRING, e"
            + " STRING, ia ARRAY<INT>, ta ARRAY<STRING>, o BIGINT, x STRING, q STRING, PRIMARY KEY (id)"
            + " NOT ENFORCED";
    Session session = new Session();
    for (String table : List.of("a", "b")) {
      session.declare(
          table,
          declared,
          Session.postgres("types", table),
          "time-zone",
          "+02:00",
          "column-types",
          "`c` money, `z` timestamp(3) with time zone, `v` character varying(5), `h` character(4), `n`"
              + " numeric(38,9), `u` uuid, `tm` time(0) without time zone, `o` oid");
    }
    session.write("INSERT INTO b SELECT * FROM a");
    assertThat(SharedPostgres.rows(SharedPostgres.connect(), "SELECT * FROM types.b ORDER BY id"))
        .isEqualTo(
            SharedPostgres.rows(SharedPostgres.connect(), "SELECT * FROM types.a ORDER BY id"));
  }

  @Test
  void aChangelogReplacesAndDeletesRowsByTheirKey(MySqlServer server, Prefix prefix)
      throws Exception {
    String database = prefix.name("changes");
    server.execute(
        "CREATE DATABASE " + database,
        "CREATE TABLE " + database + ".t (k VARCHAR(9) PRIMARY KEY, v INT)");
    SharedPostgres.execute(
        "CREATE SCHEMA changes", "CREATE TABLE changes.t (k varchar(9) PRIMARY KEY, v int)");
    Map<String, String> mySql = Session.mySql(server, database, "t");
    Map<String, String> postgres = Session.postgres("changes", "t");
    for (Map<String, String> table : List.of(mySql, postgres)) {
      for (String rows : List.of("1", "1000")) {
        TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        flink.getConfig().set("parallelism.default", "1");
        Map<String, String> options = new HashMap<>(table);
        options.put("connector", "unified-jdbc");
        options.put("sink.buffer-flush.max-rows", rows);
        StringBuilder with = new StringBuilder();
        options.forEach(
            (key, value) ->
                with.append(with.isEmpty() ? "" : ", ")
                    .append(Session.literal(key))
                    .append(" = ")
                    .append(Session.literal(value)));
        flink.executeSql(
            "CREATE TEMPORARY TABLE t (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                + with
                + ")");
        flink
            .executeSql(
                "INSERT INTO t SELECT k, SUM(v) AS v FROM (VALUES ('a', 1), ('b', 2), ('a', 3), ('c',"
                    + " 9), ('c', 5)) AS r(k, v) GROUP BY k HAVING SUM(v) < 10")
            .await();
      }
    }
    assertThat(SharedPostgres.rows(server.connect(), "SELECT * FROM " + database + ".t ORDER BY k"))
        .containsExactly("a|4", "b|2");
    assertThat(SharedPostgres.rows(SharedPostgres.connect(), "SELECT * FROM changes.t ORDER BY k"))
        .containsExactly("a|4", "b|2");
  }

  @Test
  void whatTheDatabaseRefusesIsSaidInItsWordsAndNothingOfTheBatchIsWritten(
      MySqlServer server, Prefix prefix) throws Exception {
    String database = prefix.name("refused");
    server.execute(
        "CREATE DATABASE " + database, "CREATE TABLE " + database + ".t (i TINYINT, v CHAR(2))");
    Session session = new Session();
    session.declare("t", "i INT, v STRING", Session.mySql(server, database, "t"));
    assertThatThrownBy(() -> session.write("INSERT INTO t VALUES (1, 'a'), (300, 'b')"))
        .hasStackTraceContaining("table '" + database + ".t' cannot be written")
        .hasStackTraceContaining("Out of range value for column 'i'");
    assertThat(SharedPostgres.rows(server.connect(), "SELECT * FROM " + database + ".t")).isEmpty();
    session.declare(
        "t",
        "i INT, v STRING, PRIMARY KEY (i) NOT ENFORCED",
        Session.mySql(server, database, "t"),
        "dialect",
        "doris");
    assertThatThrownBy(() -> session.write("INSERT INTO t (i) VALUES (1)"))
        .hasStackTraceContaining("Doris would give the other columns of a row their defaults");
  }
}
