package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every type of an element in every container, through one job of Flink. */
@ExtendWith({SharedServers.class, FlinkCluster.class})
class ContainersTest {
  /**
   * A type of elements.
   *
   * @param one a value, as ClickHouse writes it
   * @param other another
   */
  private record Element(String type, String flinkType, String one, String other) {
    boolean isKey() {
      return !type.startsWith("Float") && !type.startsWith("BF") && !type.startsWith("Decimal");
    }

    boolean isLowCardinality() {
      return type.matches("U?Int(8|16|32|64)|Float.*|String|FixedString.*|Date|Date32|DateTime");
    }
  }

  private static final List<Element> ELEMENTS =
      List.of(
          new Element("Int8", "TINYINT", "-128", "127"),
          new Element("Int16", "SMALLINT", "-32768", "32767"),
          new Element("Int32", "INT", "-2147483648", "2147483647"),
          new Element("Int64", "BIGINT", "-9223372036854775808", "9223372036854775807"),
          new Element("Int128", "STRING", "-1", "170141183460469231731687303715884105727"),
          new Element("Int256", "STRING", "-1", "1701411834604692317316873037158841057270"),
          new Element("UInt8", "SMALLINT", "0", "255"),
          new Element("UInt16", "INT", "0", "65535"),
          new Element("UInt32", "BIGINT", "0", "4294967295"),
          new Element("UInt64", "DECIMAL(20, 0)", "0", "18446744073709551615"),
          new Element("UInt128", "STRING", "0", "340282366920938463463374607431768211455"),
          new Element("UInt256", "STRING", "0", "1701411834604692317316873037158841057270"),
          new Element("Float32", "FLOAT", "-1.5", "3.4028235e38"),
          new Element("Float64", "DOUBLE", "-0.1", "5e-324"),
          new Element("BFloat16", "FLOAT", "-1.5", "3"),
          new Element("Decimal(9, 2)", "DECIMAL(9, 2)", "-9999999.99", "0.01"),
          new Element("Decimal(18, 2)", "DECIMAL(18, 2)", "-9999999999999999.99", "0.01"),
          new Element("Decimal(38, 2)", "DECIMAL(38, 2)", "-1.5", "0.01"),
          new Element("Decimal(76, 2)", "STRING", "-1.5", "0.01"),
          new Element("Bool", "BOOLEAN", "true", "false"),
          new Element("String", "STRING", "''", "'it\\'s ä'"),
          new Element("FixedString(3)", "STRING", "'abc'", "'x'"),
          new Element("Enum8('a' = -1, 'it\\'s' = 2)", "STRING", "'a'", "'it\\'s'"),
          new Element("Enum16('a' = -1000, 'b' = 2)", "STRING", "'a'", "'b'"),
          new Element(
              "UUID",
              "STRING",
              "'00000000-0000-0000-0000-000000000001'",
              "'f0000000-0000-0000-0000-000000000000'"),
          new Element("IPv4", "STRING", "'0.0.0.1'", "'255.0.0.0'"),
          new Element("IPv6", "STRING", "'::1'", "'::ffff:1.2.3.4'"),
          new Element("Date", "DATE", "'1970-01-01'", "'2149-06-06'"),
          new Element("Date32", "DATE", "'1900-01-01'", "'2299-12-31'"),
          new Element("DateTime", "TIMESTAMP_LTZ(0)", "0", "4294967295"),
          new Element(
              "DateTime64(3, 'Asia/Tokyo')",
              "TIMESTAMP_LTZ(3)",
              "'1900-01-01 12:00:00.001'",
              "'2299-12-30 23:59:59.999'"),
          new Element(
              "DateTime64(9)",
              "TIMESTAMP_LTZ(9)",
              "'1969-12-31 23:59:59.999999999'",
              "'2262-04-11 23:47:16.854775807'"));

  /** A column: its types, and its value in each of two rows. */
  private record Column(String type, String flinkType, String first, String second) {}

  private static List<Column> columns(Element element) {
    String type = element.type;
    String flink = element.flinkType;
    String one = element.one;
    String other = element.other;
    String both = "[" + one + ", " + other + "]";
    String withNull = "[" + one + ", NULL, " + other + "]";
    List<Column> columns = new ArrayList<>();
    columns.add(new Column(type, flink, one, other));
    columns.add(new Column("Nullable(" + type + ")", flink, other, "NULL"));
    columns.add(new Column("Array(" + type + ")", "ARRAY<" + flink + ">", both, "[]"));
    columns.add(
        new Column("Array(Nullable(" + type + "))", "ARRAY<" + flink + ">", withNull, "[NULL]"));
    columns.add(
        new Column(
            "Array(Array(Nullable(" + type + ")))",
            "ARRAY<ARRAY<" + flink + ">>",
            "[" + withNull + ", []]",
            "[]"));
    columns.add(
        new Column(
            "Map(String, Nullable(" + type + "))",
            "MAP<STRING, " + flink + ">",
            "{'a': " + one + ", 'b': NULL}",
            "{}"));
    columns.add(
        new Column(
            "Map(String, Array(" + type + "))",
            "MAP<STRING, ARRAY<" + flink + ">>",
            "{'a': " + both + "}",
            "{'': []}"));
    if (element.isKey()) {
      columns.add(
          new Column(
              "Map(" + type + ", UInt8)",
              "MAP<" + flink + ", SMALLINT>",
              "{" + one + ": 1, " + other + ": 255}",
              "{}"));
    }
    columns.add(
        new Column(
            "Tuple(a " + type + ", b Nullable(" + type + "))",
            "ROW<a " + flink + ", b " + flink + ">",
            "(" + one + ", NULL)",
            "(" + other + ", " + one + ")"));
    columns.add(
        new Column(
            "Array(Tuple(" + type + ", Array(Nullable(" + type + "))))",
            "ARRAY<ROW<f0 " + flink + ", f1 ARRAY<" + flink + ">>>",
            "[(" + one + ", " + withNull + "), (" + other + ", [])]",
            "[]"));
    columns.add(
        new Column(
            "Nested(a " + type + ", b Nullable(" + type + "))",
            "ARRAY<ROW<a " + flink + ", b " + flink + ">>",
            "[(" + one + ", NULL), (" + other + ", " + one + ")]",
            "[]"));
    if (element.isLowCardinality()) {
      columns.add(new Column("LowCardinality(" + type + ")", flink, one, other));
      columns.add(
          new Column(
              "Array(LowCardinality(Nullable(" + type + ")))",
              "ARRAY<" + flink + ">",
              withNull,
              "[]"));
    }
    return columns;
  }

  @Test
  void everyElementInEveryContainerIsReadAndWritten(ClickHouseServer server, Prefix prefix)
      throws Exception {
    List<Column> columns = ELEMENTS.stream().flatMap(it -> columns(it).stream()).toList();
    String in = prefix.name("containers_in");
    String out = prefix.name("containers_out");
    StringBuilder types = new StringBuilder("i UInt8");
    StringBuilder flinkTypes = new StringBuilder("i SMALLINT");
    StringBuilder first = new StringBuilder("1");
    StringBuilder second = new StringBuilder("2");
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      types.append(", c").append(i).append(' ').append(column.type);
      flinkTypes.append(", c").append(i).append(' ').append(column.flinkType);
      first.append(", ").append(column.first);
      second.append(", ").append(column.second);
    }
    for (String table : List.of(in, out)) {
      server.execute(
          "CREATE TABLE "
              + table
              + " ("
              + types
              + ") ENGINE = MergeTree ORDER BY i SETTINGS flatten_nested = 0,"
              + " allow_suspicious_low_cardinality_types = 1");
    }
    server.execute("INSERT INTO " + in + " VALUES (" + first + "), (" + second + ")");

    TableEnvironment flink =
        TableEnvironment.create(EnvironmentSettings.newInstance().inBatchMode().build());
    flink.getConfig().set("table.local-time-zone", "UTC");
    for (String table : List.of(in, out)) {
      flink.executeSql(
          "CREATE TABLE "
              + table
              + " ("
              + flinkTypes
              + ") WITH ('connector' = 'jdbc-clickhouse', 'url' = '"
              + server.url("default")
              + "', 'table-name' = '"
              + table
              + "', 'username' = '"
              + server.user()
              + "', 'password' = '"
              + server.password()
              + "', 'sink.max-retries' = '0')");
    }
    flink.executeSql("INSERT INTO " + out + " SELECT * FROM " + in).await();

    String[] read = server.query("SELECT * FROM " + out + " ORDER BY i").split("[\t\n]", -1);
    String[] wanted = server.query("SELECT * FROM " + in + " ORDER BY i").split("[\t\n]", -1);
    for (int i = 0; i < wanted.length; i++) {
      int column = i % (columns.size() + 1) - 1;
      assertThat(read[i]).as(column < 0 ? "i" : columns.get(column).type).isEqualTo(wanted[i]);
    }
    // What is written as it was read might still be read wrong.
    Row seen =
        flink
            .executeSql(
                "SELECT c0, c3, c"
                    + index(columns, "Array(Nullable(UInt64))")
                    + " FROM "
                    + in
                    + " WHERE i = 1")
            .collect()
            .next();
    assertThat(seen.toString())
        .isEqualTo("+I[-128, [-128, null, 127], [0, null, 18446744073709551615]]");
  }

  private static int index(List<Column> columns, String type) {
    return columns.stream().map(Column::type).toList().indexOf(type);
  }
}
