package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The options of a ClickHouse source.
 *
 * @param systemSchemas whether ClickHouse's own databases are crawled
 * @param fixedStringIsChar whether FixedString(n) is CHAR(n) and not BYTES
 * @param sortingKeyIsPrimary whether the sorting key of a table whose engine keeps one row for each
 *     is its primary key
 */
record ClickHouseOptions(
    JdbcOptions jdbc,
    boolean systemSchemas,
    boolean fixedStringIsChar,
    boolean sortingKeyIsPrimary) {
  private static final String DRIVER_CLASS = "com.clickhouse.jdbc.Driver";

  /** Has the driver in it. */
  private static final Binding.Artifact DIALECT =
      new Binding.Artifact(
          "io.unifiedcatalog:flink-connector-jdbc-clickhouse:0.1.0",
          "io.unifiedcatalog.connectors.clickhouse.ClickHouseTableFactory");

  /**
   * UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED. While it connects, the
   * driver tells the number in the text of a cause only.
   */
  private static final Pattern REFUSES_CREDENTIALS = Pattern.compile("Code: (192|193|194|516)\\.");

  static final JdbcKind KIND =
      new JdbcKind(
          "clickhouse",
          "ClickHouse",
          8123,
          Set.of("system-schemas", "fixed-string", "primary-key"),
          Set.of(
              "client_name",
              "client.use_http_compression",
              "compress",
              "connection_timeout",
              "decompress",
              "http_keep_alive_timeout",
              "max_execution_time",
              "retry",
              "socket_keepalive",
              "socket_rcvbuf",
              "socket_timeout",
              "ssl"),
          Map.of(
              "user",
              "use the option user",
              "password",
              "use the secret password",
              "database",
              "the catalog sets it, a table at a time",
              "sslmode",
              "a connection that is not checked is none that a password may go over; use ssl",
              "use_server_time_zone",
              "the catalog's types depend on it",
              "use_time_zone",
              "the catalog's types depend on it"),
          ClickHouseOptions::refusesCredentials,
          DRIVER_CLASS,
          "jdbc:clickhouse",
          List.of(JdbcKind.CONNECTOR_FLINK_2, DIALECT),
          List.of(
              new Binding.Artifact(JdbcKind.CONNECTOR_FLINK_1_20, JdbcKind.CONNECTOR_CLASS),
              DIALECT),
          1_000);

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static ClickHouseOptions parse(Source source, List<Violation> violations) {
    return new ClickHouseOptions(
        JdbcOptions.parse(KIND, source, violations),
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations),
        JdbcOptions.choice("fixed-string", "bytes", "char", "bytes", source, violations),
        JdbcOptions.choice("primary-key", "none", "sorting-key", "none", source, violations));
  }

  /** The url of a database; empty: the user's own. */
  String url(String database) {
    return jdbc.url("jdbc:clickhouse", database, jdbc.properties());
  }

  private static boolean refusesCredentials(SQLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (REFUSES_CREDENTIALS.matcher(String.valueOf(cause.getMessage())).find()) {
        return true;
      }
    }
    return false;
  }
}
