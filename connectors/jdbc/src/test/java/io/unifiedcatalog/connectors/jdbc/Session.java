package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.testing.MySqlServer;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.jspecify.annotations.Nullable;

/** A session of Flink SQL with tables of the connector. */
final class Session {
  private final TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());

  Session() {
    flink.getConfig().set("parallelism.default", "1");
    flink.getConfig().set("table.local-time-zone", "Asia/Tokyo");
  }

  TableEnvironment flink() {
    return flink;
  }

  /** Options of a table of MySQL. */
  static Map<String, String> mySql(MySqlServer server, String database, String table) {
    Map<String, String> options = new HashMap<>();
    options.put("url", server.url("") + "?allowPublicKeyRetrieval=true");
    options.put("username", "root");
    options.put("password", server.rootPassword());
    options.put("schema-name", database);
    options.put("table-name", table);
    return options;
  }

  /** Options of a table of PostgreSQL. */
  static Map<String, String> postgres(String schema, String table) {
    Map<String, String> options = new HashMap<>();
    options.put("url", SharedPostgres.url());
    options.put("username", SharedPostgres.user());
    options.put("password", SharedPostgres.password());
    options.put("schema-name", schema);
    options.put("table-name", table);
    return options;
  }

  /** Declares a table, in place of one of the name. */
  void declare(String name, String columns, Map<String, String> options, String... more) {
    Map<String, String> all = new HashMap<>(options);
    all.put("connector", "unified-jdbc");
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i], more[i + 1]);
    }
    flink.executeSql("DROP TEMPORARY TABLE IF EXISTS " + name);
    flink.executeSql(
        "CREATE TEMPORARY TABLE "
            + name
            + " ("
            + columns
            + ") WITH ("
            + all.entrySet().stream()
                .map(option -> literal(option.getKey()) + " = " + literal(option.getValue()))
                .collect(Collectors.joining(", "))
            + ")");
  }

  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** Runs a statement that writes. */
  void write(String sql) throws Exception {
    flink.executeSql(sql).await();
  }

  /** The rows of a query, the fields of each separated by a bar. */
  @SuppressWarnings("try") // Nothing here interrupts.
  List<String> rows(String sql) throws Exception {
    List<String> rows = new ArrayList<>();
    try (CloseableIterator<Row> iterator = flink.executeSql(sql).collect()) {
      while (iterator.hasNext()) {
        Row row = iterator.next();
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < row.getArity(); i++) {
          fields.add(text(row.getField(i)));
        }
        rows.add(String.join("|", fields));
      }
    }
    return rows;
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes
        ? HexFormat.of().formatHex(bytes)
        : value instanceof BigDecimal number
            ? number.toPlainString()
            : value instanceof Object[] array
                ? Arrays.stream(array).map(Session::text).toList().toString()
                : String.valueOf(value);
  }

  /** The part of a plan that says what the database filters. */
  String pushed(String sql) {
    return flink
        .explainSql(sql)
        .lines()
        .filter(line -> line.contains("TableSourceScan"))
        .reduce((first, last) -> last)
        .orElse("");
  }

  /** What a lookup by values of a type finds. */
  List<String> lookup(String table, String column, String type, String selected, String... values)
      throws Exception {
    flink.executeSql("DROP TEMPORARY VIEW IF EXISTS probes");
    flink.executeSql(
        "CREATE TEMPORARY VIEW probes AS SELECT CAST(v AS "
            + type
            + ") AS v, PROCTIME() AS now FROM (VALUES "
            + Arrays.stream(values).map(v -> "(" + v + ")").collect(Collectors.joining(", "))
            + ") AS p(v)");
    return rows(
        "SELECT "
            + selected
            + " FROM probes JOIN "
            + table
            + " FOR SYSTEM_TIME AS OF probes.now AS t ON probes.v = t."
            + column);
  }
}
