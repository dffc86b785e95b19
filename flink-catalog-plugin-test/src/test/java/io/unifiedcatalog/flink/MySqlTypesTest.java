package io.unifiedcatalog.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.mysql.MySqlSource;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each type of MySQL is read and written through our JDBC connector, as the MySQL source says, at
 * its minimum, its maximum, NULL and whatever is odd about it.
 */
@ExtendWith(FlinkCluster.class)
class MySqlTypesTest {
  private static final MySqlSource SYSTEM = new MySqlSource();

  /** Not the shared one: this one is in another time zone than this JVM and the columns. */
  private static MySqlServer server;

  @SuppressWarnings("NullAway.Init") // See connectToTheCluster and main.
  private static TableEnvironment flink;

  @BeforeAll
  static void start() {
    // Neither the zone of this JVM, which the build sets, nor the server's may show in what is
    // read.
    assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Asia/Kathmandu"));
    server = MySqlServer.start(null, 0, List.of("--default-time-zone=-03:00"));
    server.execute("CREATE DATABASE types");
  }

  @BeforeEach
  void connectToTheCluster() {
    flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    flink.getConfig().set("parallelism.default", "1");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /**
   * A type and what becomes of it.
   *
   * @param expected the Flink type, nullable
   * @param values pairs: a literal of MySQL and what Flink reads, as text; bytes as hex digits
   */
  record Mapping(
      String nativeType, Map<String, String> options, String expected, List<String> values) {
    List<String> literals() {
      return IntStream.range(0, values.size() / 2).mapToObj(i -> values.get(2 * i)).toList();
    }

    List<String> texts() {
      return IntStream.range(0, values.size() / 2).mapToObj(i -> values.get(2 * i + 1)).toList();
    }

    @Override
    public String toString() {
      return nativeType + (options.isEmpty() ? "" : " " + options) + " -> " + expected;
    }
  }

  private static Mapping of(String nativeType, String expected, String... values) {
    return new Mapping(nativeType, Map.of(), expected, List.of(values));
  }

  private static Mapping with(
      String option, String value, String nativeType, String expected, String... values) {
    return new Mapping(nativeType, Map.of(option, value), expected, List.of(values));
  }

  static Stream<Mapping> mappings() {
    String string = "VARCHAR(2147483647)";
    String bytes = "VARBINARY(2147483647)";
    String digits38 = "9".repeat(38);
    return Stream.of(
        of("BIT(1)", "BOOLEAN", "b'0'", "false", "b'1'", "true"),
        of("BIT(10)", bytes, "b'0'", "0000", "b'1111111111'", "03ff", "b'101'", "0005"),
        of("BIT(64)", bytes, "b'0'", "0".repeat(16), "~0", "f".repeat(16)),
        of("TINYINT(1)", "BOOLEAN", "0", "false", "1", "true"),
        with("tinyint1-is-boolean", "false", "TINYINT(1)", "TINYINT", "-128", "-128", "2", "2"),
        of("TINYINT", "TINYINT", "-128", "-128", "127", "127"),
        of("TINYINT UNSIGNED", "SMALLINT", "0", "0", "255", "255"),
        of("TINYINT(1) UNSIGNED", "SMALLINT", "0", "0", "255", "255"),
        of("SMALLINT", "SMALLINT", "-32768", "-32768", "32767", "32767"),
        of("SMALLINT UNSIGNED", "INT", "0", "0", "65535", "65535"),
        of("MEDIUMINT", "INT", "-8388608", "-8388608", "8388607", "8388607"),
        of("MEDIUMINT UNSIGNED", "INT", "0", "0", "16777215", "16777215"),
        of("INT", "INT", "-2147483648", "-2147483648", "2147483647", "2147483647"),
        of("INT UNSIGNED", "BIGINT", "0", "0", "4294967295", "4294967295"),
        of("INT(8) UNSIGNED ZEROFILL", "BIGINT", "7", "7", "4294967295", "4294967295"),
        of(
            "BIGINT",
            "BIGINT",
            "-9223372036854775808",
            "-9223372036854775808",
            "9223372036854775807",
            "9223372036854775807"),
        of("BIGINT UNSIGNED", "DECIMAL(20, 0)", "0", "0", "~0", "18446744073709551615"),
        of("DECIMAL(10, 2)", "DECIMAL(10, 2)", "-99999999.99", "-99999999.99", "1", "1.00"),
        of("DECIMAL(10, 2) UNSIGNED", "DECIMAL(10, 2)", "0", "0.00", "99999999.99", "99999999.99"),
        of("DECIMAL(38, 0)", "DECIMAL(38, 0)", "-" + digits38, "-" + digits38, digits38, digits38),
        of(
            "DECIMAL(38, 30)",
            "DECIMAL(38, 30)",
            "99999999.999999999999999999999999999999",
            "99999999.999999999999999999999999999999",
            "0",
            "0." + "0".repeat(30)),
        of(
            "DECIMAL(65, 30)",
            string,
            "-" + "9".repeat(35) + "." + "9".repeat(30),
            "-" + "9".repeat(35) + "." + "9".repeat(30),
            "1.5",
            "1.5" + "0".repeat(29)),
        of("FLOAT(12, 0)", "FLOAT", "300", "300.0", "-5", "-5.0"),
        of("FLOAT", "FLOAT", "-3.402823e38", "-3.402823E38", "1.5", "1.5", "0", "0.0"),
        of(
            "DOUBLE",
            "DOUBLE",
            "-1.7976931348623157e308",
            "-1.7976931348623157E308",
            "2.2250738585072014e-308",
            "2.2250738585072014E-308"),
        of("DOUBLE(10, 3) UNSIGNED", "DOUBLE", "0", "0.0", "1234567.891", "1234567.891"),
        of("DATE", "DATE", "'1000-01-01'", "1000-01-01", "'9999-12-31'", "9999-12-31"),
        of(
            "DATETIME",
            "TIMESTAMP(0)",
            "'1000-01-01 00:00:00'",
            "1000-01-01T00:00",
            "'9999-12-31 23:59:59'",
            "9999-12-31T23:59:59"),
        of(
            "DATETIME(6)",
            "TIMESTAMP(6)",
            "'1000-01-01 00:00:00.000001'",
            "1000-01-01T00:00:00.000001",
            "'9999-12-31 23:59:59.999999'",
            "9999-12-31T23:59:59.999999"),
        of(
            "TIMESTAMP",
            "TIMESTAMP(0)",
            "'1970-01-01 00:00:01'",
            "1970-01-01T00:00:01",
            "'2038-01-19 03:14:07'",
            "2038-01-19T03:14:07"),
        of(
            "TIMESTAMP(6)",
            "TIMESTAMP(6)",
            "'1970-01-01 00:00:01.000001'",
            "1970-01-01T00:00:01.000001",
            "'2038-01-19 03:14:07.499999'",
            "2038-01-19T03:14:07.499999"),
        with(
            "time-zone",
            "+02:00",
            "TIMESTAMP(3)",
            "TIMESTAMP(3)",
            "'2024-03-31 02:30:00.125'",
            "2024-03-31T04:30:00.125"),
        of("TIME", "TIME(0)", "'00:00:00'", "00:00", "'23:59:59'", "23:59:59"),
        of("YEAR", "SMALLINT", "1901", "1901", "2155", "2155", "0", "0"),
        of("CHAR(0)", string, "''", ""),
        of("VARCHAR(0)", string, "''", ""),
        of("CHAR(5)", "CHAR(5)", "''", "", "'ab'", "ab", "'äöü注文'", "äöü注文"),
        of("VARCHAR(5)", "VARCHAR(5)", "''", "", "'ab '", "ab ", "'😀😀😀😀😀'", "😀😀😀😀😀"),
        of("VARCHAR(2000) CHARACTER SET latin1", "VARCHAR(2000)", "'é'", "é", "'a?b:c'", "a?b:c"),
        of("TINYTEXT", string, "''", "", "'it''s'", "it's"),
        of("TEXT", string, "''", "", "REPEAT('x', 65535)", "x".repeat(65535)),
        of("MEDIUMTEXT", string, "''", "", "REPEAT('y', 200000)", "y".repeat(200000)),
        of("LONGTEXT", string, "''", "", "'long'", "long"),
        of("JSON", string, "'{\"a\": [1, null]}'", "{\"a\": [1, null]}", "'null'", "null"),
        of("ENUM('a', 'b,c', 'it''s')", string, "'a'", "a", "'it''s'", "it's", "'b,c'", "b,c"),
        of("SET('x', 'y')", string, "''", "", "'x,y'", "x,y"),
        with(
            "geometry-as",
            "bytes",
            "POINT",
            bytes,
            "ST_GeomFromText('POINT(1 2)', 4326)",
            "e61000000101000000" + "0000000000000040" + "000000000000f03f"),
        of("BINARY(3)", bytes, "x'00ff10'", "00ff10", "x'01'", "010000"),
        of("VARBINARY(300)", bytes, "''", "", "x'0001ff'", "0001ff"),
        of("TINYBLOB", bytes, "''", "", "x'00'", "00"),
        of("BLOB", bytes, "REPEAT(x'ab', 65535)", "ab".repeat(65535), "x'27'", "27"),
        of("MEDIUMBLOB", bytes, "REPEAT(x'cd', 200000)", "cd".repeat(200000)),
        of("LONGBLOB", bytes, "x'ff'", "ff"));
  }

  /** What was read of the types' columns, in order of {@link #mappings}; and what was written. */
  private static final Map<Mapping, Outcome> OUTCOMES = new HashMap<>();

  /**
   * What became of a column.
   *
   * @param read by Flink
   * @param original as the server holds it, in hex digits
   * @param copy the same of what Flink wrote
   */
  private record Outcome(
      ColumnType type, List<String> read, List<String> original, List<String> copy) {}

  @ParameterizedTest(name = "{0}")
  @MethodSource("mappings")
  void aTypeIsReadAndWritten(Mapping mapping) throws Exception {
    if (OUTCOMES.isEmpty()) {
      runAll();
    }
    Outcome outcome = Objects.requireNonNull(OUTCOMES.get(mapping));
    assertThat(outcome.type)
        .isInstanceOfSatisfying(
            ColumnType.Supported.class,
            type -> assertThat(type.type().sql(type.nullable())).isEqualTo(mapping.expected));
    List<String> expected = new ArrayList<>(mapping.texts());
    while (expected.size() < outcome.read.size()) {
      expected.add("null");
    }
    assertThat(outcome.read).isEqualTo(expected);
    assertThat(outcome.copy).isEqualTo(outcome.original);
  }

  /** Runs all types that share options in one table, by one job that reads and one that writes. */
  private void runAll() throws Exception {
    Map<Map<String, String>, List<Mapping>> groups =
        mappings().collect(Collectors.groupingBy(Mapping::options));
    for (Map.Entry<Map<String, String>, List<Mapping>> group : groups.entrySet()) {
      List<Mapping> mappings = group.getValue();
      // One row more than any type has values, for NULL.
      int rowCount = 1 + mappings.stream().mapToInt(m -> m.literals().size()).max().orElseThrow();
      StringBuilder columns = new StringBuilder("(id INT PRIMARY KEY");
      for (int i = 0; i < mappings.size(); i++) {
        columns.append(", c").append(i).append(' ').append(mappings.get(i).nativeType);
      }
      List<String> statements = new ArrayList<>();
      statements.add("SET time_zone = '+00:00'");
      for (String table : List.of("original", "copy")) {
        statements.add("DROP TABLE IF EXISTS types." + table);
        statements.add("CREATE TABLE types." + table + " " + columns + ")");
      }
      for (int row = 0; row < rowCount; row++) {
        StringBuilder insert = new StringBuilder("INSERT INTO types.original VALUES (" + row);
        for (Mapping mapping : mappings) {
          List<String> literals = mapping.literals();
          insert.append(", ").append(row < literals.size() ? literals.get(row) : "NULL");
        }
        statements.add(insert + ")");
      }
      server.execute(statements.toArray(new String[0]));

      Source source = source(group.getKey());
      Map<String, PhysicalTable> tables = tables(source, "types");
      PhysicalTable original = Objects.requireNonNull(tables.get("original"));
      PhysicalTable copy = Objects.requireNonNull(tables.get("copy"));
      declare("original", source, "types", original, Binding.Role.SOURCE);
      declare("copy", source, "types", copy, Binding.Role.SINK);
      List<List<String>> read = query("SELECT * FROM original ORDER BY id");
      flink.executeSql("INSERT INTO copy SELECT * FROM original").await();

      for (int i = 0; i < mappings.size(); i++) {
        int field = i + 1;
        OUTCOMES.put(
            mappings.get(i),
            new Outcome(
                type(original, "c" + i, source),
                read.stream().map(row -> row.get(field)).toList(),
                stored("original", "c" + i),
                stored("copy", "c" + i)));
      }
    }
  }

  @Test
  void whatFlinkHasNoTypeForIsKeptWithTheReason() {
    server.execute(
        "CREATE DATABASE odd", "CREATE TABLE odd.t (id INT, p POINT, g GEOMETRY, m MULTIPOLYGON)");
    Source source = source(Map.of());
    PhysicalTable table = Objects.requireNonNull(tables(source, "odd").get("t"));
    for (Map.Entry<String, String> expected :
        Map.of("p", "point", "g", "geometry", "m", "multipolygon").entrySet()) {
      assertThat(type(table, expected.getKey(), source))
          .as(expected.getKey())
          .isInstanceOfSatisfying(
              ColumnType.Unsupported.class,
              type -> assertThat(type.reason()).contains(expected.getValue()).endsWith("."));
    }
    Column unheardOf = new Column("v", "vector(2048)", true, "", Map.of());
    assertThat(SYSTEM.columnType(unheardOf, source, engine()))
        .isEqualTo(
            new ColumnType.Unsupported("Flink has no type for MySQL's vector(2048) through JDBC."));
    assertThat(type(table, "p", source(Map.of("geometry-as", "text"))))
        .isInstanceOfSatisfying(
            ColumnType.Supported.class,
            type -> assertThat(type.type().sql(true)).isEqualTo("VARCHAR(2147483647)"));
    Source noTime = source(Map.of("time-as", "unsupported"));
    assertThat(SYSTEM.columnType(new Column("t", "time(3)", true, "", Map.of()), noTime, engine()))
        .isInstanceOf(ColumnType.Unsupported.class);
  }

  @Test
  void datesOfZerosAreNullAndTheColumnSaysSo() throws Exception {
    server.execute(
        "CREATE DATABASE zeros",
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "CREATE TABLE zeros.t (id INT PRIMARY KEY, d DATE NOT NULL, t DATETIME(3) NOT NULL,"
            + " s TIMESTAMP NOT NULL)",
        "INSERT INTO zeros.t VALUES (1, 0, 0, 0), (2, '2024-00-10', '2024-02-31', 20240110)");
    Source source = source(Map.of());
    PhysicalTable table = Objects.requireNonNull(tables(source, "zeros").get("t"));
    for (String column : List.of("d", "t", "s")) {
      assertThat(((ColumnType.Supported) type(table, column, source)).nullable()).isTrue();
    }
    declare("zeros", source, "zeros", table, Binding.Role.SOURCE);
    assertThat(query("SELECT d, t FROM zeros ORDER BY id"))
        .containsOnly(List.of("null", "null"))
        .hasSize(2);
    assertThat(query("SELECT s FROM zeros WHERE id = 1")).containsExactly(List.of("null"));

    Source none = source(Map.of("zero-dates", "none"));
    assertThat(((ColumnType.Supported) type(table, "d", none)).nullable()).isFalse();
    declare("zeros", none, "zeros", table, Binding.Role.SOURCE);
    assertThatThrownBy(() -> query("SELECT d FROM zeros"))
        .hasStackTraceContaining("Zero date value prohibited");
  }

  @Test
  void aTimeOutsideOfADayStopsTheJobAsTheLossNoteSays() throws Exception {
    server.execute(
        "CREATE DATABASE times",
        "CREATE TABLE times.t (id INT PRIMARY KEY, x TIME(6))",
        "INSERT INTO times.t VALUES (1, '12:34:56.789'), (2, '838:59:59')");
    Source source = source(Map.of());
    PhysicalTable table = Objects.requireNonNull(tables(source, "times").get("t"));
    assertThat(((ColumnType.Supported) type(table, "x", source)).loss())
        .contains("Fractions of a second are dropped")
        .contains("stops the job");
    declare("times", source, "times", table, Binding.Role.SOURCE);
    assertThat(query("SELECT x FROM times WHERE id = 1")).containsExactly(List.of("12:34:56"));
    assertThatThrownBy(() -> query("SELECT x FROM times")).hasStackTraceContaining("838:59:59");
  }

  @Test
  void columnsOfAnyNameAreReadWrittenAndLookedUp() throws Exception {
    server.execute(
        "CREATE DATABASE named",
        "CREATE TABLE named.t (id INT PRIMARY KEY, größe INT, `注文` INT, `1a` INT, `select` INT,"
            + " a$b INT)",
        "CREATE TABLE named.readable (id INT PRIMARY KEY, `a-b` INT, `a b` INT, `a.b` INT,"
            + " `a'b` INT, `a\"b` INT, `a\\b` INT, `a/*b` INT, `a``b` INT, `a:b` INT, `a?b` INT)",
        "INSERT INTO named.t VALUES (1, 2, 3, 4, 5, 6)",
        "INSERT INTO named.readable VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)");
    Source source = source(Map.of());
    Map<String, PhysicalTable> tables = tables(source, "named");
    PhysicalTable table = Objects.requireNonNull(tables.get("t"));
    PhysicalTable readable = Objects.requireNonNull(tables.get("readable"));
    declare("t", source, "named", table, Binding.Role.SINK);
    declare("readable", source, "named", readable, Binding.Role.SOURCE);
    flink.executeSql(
        "CREATE TEMPORARY VIEW probe AS SELECT id, PROCTIME() AS now FROM (VALUES (1)) AS v(id)");
    flink.executeSql(
        "CREATE TEMPORARY VIEW two AS SELECT id, PROCTIME() AS now FROM (VALUES (2)) AS v(id)");

    flink.executeSql("INSERT INTO t VALUES (7, 8, 9, 10, 11, 12)").await();
    assertThat(query("SELECT * FROM t ORDER BY id"))
        .containsExactly(
            List.of("1", "2", "3", "4", "5", "6"), List.of("7", "8", "9", "10", "11", "12"));
    assertThat(
            query(
                "SELECT t.`注文` FROM two JOIN t FOR SYSTEM_TIME AS OF two.now"
                    + " ON two.id = t.größe"))
        .containsExactly(List.of("3"));
    List<String> row = List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11");
    assertThat(query("SELECT * FROM readable")).containsExactly(row);
    assertThat(query("SELECT * FROM readable WHERE `a-b` = 2 AND `a?b` = 11")).containsExactly(row);
    assertThat(
            query(
                "SELECT readable.* FROM two JOIN readable FOR SYSTEM_TIME AS OF two.now"
                    + " ON two.id = readable.`a-b`"))
        .containsExactly(row);
    assertThat(((ColumnType.Supported) type(readable, "a-b", source)).loss()).isEmpty();
    declare("writable", source, "named", readable, Binding.Role.SINK);
    flink.executeSql("INSERT INTO writable VALUES (2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)").await();
    assertThat(query("SELECT `a?b` FROM readable WHERE id = 2")).containsExactly(List.of("12"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a`b", "a-b", "a b", "a.b", "a'b", "注文", "a\\b", "a?b", "a:b"})
  void tablesOfAnyNameAreReadLookedUpAndWritten(String name) throws Exception {
    server.execute(
        "DROP DATABASE IF EXISTS `na-me d`",
        "CREATE DATABASE `na-me d`",
        "CREATE TABLE `na-me d`." + quote(name) + " (id INT PRIMARY KEY, x INT)",
        "INSERT INTO `na-me d`." + quote(name) + " VALUES (1, 11)");
    Source source = source(Map.of());
    PhysicalTable table = Objects.requireNonNull(tables(source, "na-me d").get(name));
    declare("t", source, "na-me d", table, Binding.Role.SINK);
    flink.executeSql(
        "CREATE TEMPORARY VIEW probe AS SELECT id, PROCTIME() AS now FROM (VALUES (1)) AS v(id)");
    flink.executeSql("INSERT INTO t VALUES (2, 22)").await();
    assertThat(query("SELECT * FROM t ORDER BY id"))
        .containsExactly(List.of("1", "11"), List.of("2", "22"));
    assertThat(
            query("SELECT x FROM probe JOIN t FOR SYSTEM_TIME AS OF probe.now ON probe.id = t.id"))
        .containsExactly(List.of("11"));
  }

  @Test
  void aTableLargerThanTheHeapIsScanned() throws Exception {
    // 300,000 rows of 750 bytes, thus 225 MB, read by a JVM of 192 MB.
    server.execute(
        "CREATE DATABASE large",
        "CREATE TABLE large.t (id INT PRIMARY KEY, x CHAR(250) CHARACTER SET utf8mb4 NOT NULL)",
        "SET cte_max_recursion_depth = 1000000",
        "INSERT INTO large.t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i"
            + " < 300000) SELECT i, REPEAT('注', 250) FROM n");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-cp",
                System.getProperty("java.class.path"),
                MySqlTypesTest.class.getName(),
                String.valueOf(server.port()))
            .redirectErrorStream(true)
            .start();
    try (OutputStream password = process.getOutputStream()) {
      password.write(server.rootPassword().getBytes(StandardCharsets.UTF_8));
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("[[300000, 75000000]]");
  }

  /** Scans {@code large.t} on the server of a port, whose password comes by standard input. */
  public static void main(String[] arguments) throws Exception {
    String password = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    Source source = source(Map.of("port", arguments[0]), password);
    flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    flink.getConfig().set("parallelism.default", "1");
    PhysicalTable table = Objects.requireNonNull(tables(source, "large").get("t"));
    declare("t", source, "large", table, Binding.Role.SOURCE);
    System.out.println(query("SELECT COUNT(*), SUM(CHAR_LENGTH(x)) FROM t"));
    System.exit(0);
  }

  private static List<String> stored(String table, String column) throws Exception {
    List<String> values = new ArrayList<>();
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT " + column + " FROM types." + table + " ORDER BY id")) {
      while (rows.next()) {
        byte[] value = rows.getBytes(1);
        values.add(value == null ? "null" : HexFormat.of().formatHex(value));
      }
    }
    return values;
  }

  private static Engine engine() {
    return new Engine("flink", EnvironmentInformation.getVersion());
  }

  private static Source source(Map<String, String> changes) {
    return source(changes, server.rootPassword());
  }

  private static Source source(Map<String, String> changes, String password) {
    Map<String, String> options =
        new HashMap<>(
            Map.of(
                "host",
                "127.0.0.1",
                "port",
                String.valueOf(server == null ? 0 : server.port()),
                "user",
                "root",
                "property.allowPublicKeyRetrieval",
                "true"));
    options.putAll(changes);
    Source source =
        new Source(
            UUID.randomUUID(),
            "mysql",
            "mysql",
            options,
            Map.of("password", new Secret(password)),
            1);
    assertThat(SYSTEM.validate(source)).isEmpty();
    return source;
  }

  private static Map<String, PhysicalTable> tables(Source source, String database) {
    Map<String, PhysicalTable> tables = new HashMap<>();
    try (SourceSession session = SYSTEM.open(source)) {
      session.tables(
          database,
          new SourceSession.Visitor() {
            @Override
            public void table(PhysicalTable table, Statistics statistics) {
              tables.put(table.name(), table);
            }

            @Override
            public void unreadable(String table, String reason) {
              throw new AssertionError(table + " is unreadable: " + reason);
            }
          });
    }
    return tables;
  }

  private static ColumnType type(PhysicalTable table, String column, Source source) {
    return table.columns().stream()
        .filter(c -> c.name().equals(column))
        .map(c -> SYSTEM.columnType(c, source, engine()))
        .findFirst()
        .orElseThrow();
  }

  /** Declares a table to Flink as the catalog would: what is supported of it, and the binding. */
  private static void declare(
      String name, Source source, String database, PhysicalTable table, Binding.Role role) {
    List<String> columns = new ArrayList<>();
    for (Column column : table.columns()) {
      if (SYSTEM.columnType(column, source, engine()) instanceof ColumnType.Supported type) {
        columns.add(quote(column.name()) + " " + type.type().sql(type.nullable()));
      }
    }
    if (table.primaryKey() != null) {
      columns.add(
          "PRIMARY KEY ("
              + table.primaryKey().columns().stream()
                  .map(MySqlTypesTest::quote)
                  .collect(Collectors.joining(", "))
              + ") NOT ENFORCED");
    }
    Binding binding =
        SYSTEM.binding(
            new BindingRequest(source, database, table, role, Binding.RuntimeMode.BATCH, engine()));
    String options =
        binding.options().stream()
            .filter(option -> option.value() != null)
            .map(option -> literal(option.key()) + " = " + literal(option.value()))
            .collect(Collectors.joining(", "));
    flink.executeSql("DROP TEMPORARY TABLE IF EXISTS " + quote(name));
    flink.executeSql(
        "CREATE TEMPORARY TABLE "
            + quote(name)
            + " ("
            + String.join(", ", columns)
            + ") WITH ("
            + options
            + ")");
  }

  private static String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** The rows' fields as texts. */
  @SuppressWarnings("try") // Nothing here interrupts.
  private static List<List<String>> query(String sql) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    TableResult result = flink.executeSql(sql);
    try (CloseableIterator<Row> iterator = result.collect()) {
      while (iterator.hasNext()) {
        Row row = iterator.next();
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < row.getArity(); i++) {
          Object field = row.getField(i);
          fields.add(
              field instanceof byte[] bytes
                  ? HexFormat.of().formatHex(bytes)
                  : field instanceof BigDecimal number
                      ? number.toPlainString()
                      : String.valueOf(field));
        }
        rows.add(fields);
      }
    }
    return rows;
  }
}
