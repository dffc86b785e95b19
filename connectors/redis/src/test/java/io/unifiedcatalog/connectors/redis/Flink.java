package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.Row;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** How the tests see a Redis: by tables, and by a client. */
final class Flink {
  private Flink() {}

  /** A streaming session whose jobs have one task each. */
  static TableEnvironment session() {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.getConfig().set("parallelism.default", "1");
    return flink;
  }

  /**
   * Declares a table.
   *
   * @param options pairs; one with an empty value is left out, these of all tables too
   */
  static void declare(
      TableEnvironment flink,
      int port,
      String password,
      String name,
      String columns,
      String... options) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("connector", "redis");
    all.put("nodes", "127.0.0.1:" + port);
    all.put("password", password);
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    String with =
        all.entrySet().stream()
            .filter(option -> !option.getValue().isEmpty())
            .map(
                option ->
                    "'" + option.getKey() + "' = '" + option.getValue().replace("'", "''") + "'")
            .collect(Collectors.joining(", "));
    flink.executeSql("CREATE TABLE " + name + " (" + columns + ") WITH (" + with + ")");
  }

  /** Declares {@code numbers}, whose {@code id} is 1, 2, 3 and so on. */
  static void numbers(TableEnvironment flink, int count, int aSecond) {
    flink.executeSql(
        "CREATE TABLE numbers (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '"
            + aSecond
            + "', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '"
            + count
            + "')");
  }

  /** All that a query finds; it must end. */
  static List<Row> rows(TableEnvironment flink, String sql) {
    List<Row> rows = new ArrayList<>();
    flink.executeSql(sql).collect().forEachRemaining(rows::add);
    return rows;
  }

  /** A client beside the tables' own, to be shut down. */
  static RedisClient client(int port, String password) {
    return RedisClient.create(
        RedisURI.builder()
            .withHost("127.0.0.1")
            .withPort(port)
            .withPassword(password.toCharArray())
            .build());
  }

  /** Waits until no table has a connection to the Redis of a port any more. */
  static void awaitNoConnection(int port) {
    await().until(() -> RedisConnection.count("127.0.0.1:" + port) == 0);
  }

  /** Waits for as long as a job may take to begin on a busy machine. */
  static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10));
  }

  /** A table as the connector's classes have it. */
  static RedisTable table(
      RedisAddress address, String pattern, ValueKind kind, DataTypes.Field... columns) {
    return new RedisTable(
        address,
        KeyPattern.parse(pattern),
        kind,
        (RowType) DataTypes.ROW(columns).getLogicalType());
  }

  static RedisAddress address(
      int port, String password, boolean cluster, boolean tls, @Nullable String certificates) {
    return new RedisAddress(
        List.of("127.0.0.1:" + port),
        cluster,
        null,
        null,
        0,
        null,
        password,
        null,
        tls,
        certificates,
        Duration.ofSeconds(10));
  }
}
