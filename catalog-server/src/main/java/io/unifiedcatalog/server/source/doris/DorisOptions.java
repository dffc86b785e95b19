package io.unifiedcatalog.server.source.doris;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The options of a Doris source.
 *
 * @param httpPort of the frontend, by which Doris' own Flink connector reaches it
 * @param systemSchemas whether Doris' own databases are crawled
 * @param externalCatalogs whether databases of external catalogs (Hive, Iceberg, JDBC...) are, too
 */
record DorisOptions(
    JdbcOptions jdbc, int httpPort, boolean systemSchemas, boolean externalCatalogs) {
  static final JdbcKind KIND =
      new JdbcKind(
          "doris",
          "Doris",
          9030,
          Set.of("http-port", "system-schemas", "external-catalogs"),
          MySqlProtocol.ALLOWED_PROPERTIES,
          MySqlProtocol.refusedProperties(
              Set.of("characterEncoding", "tinyInt1isBit", "transformedBitIsBoolean"),
              "the catalog sets it, because the types of the columns depend on it"),
          MySqlProtocol::refusesCredentials,
          MySqlProtocol.DRIVER_CLASS,
          MySqlProtocol.FLINK_2,
          List.of(
              new Binding.Artifact(
                  "org.apache.doris:flink-doris-connector-1.20:25.0.0",
                  "org.apache.doris.flink.table.DorisDynamicTableFactory")));

  private static final String URL_PREFIX = "jdbc:mysql";

  static DorisOptions parse(Source source, List<Violation> violations) {
    JdbcOptions jdbc = JdbcOptions.parse(KIND, source, violations);
    int httpPort = 8030;
    String text = source.options().getOrDefault("http-port", "" + httpPort);
    if (text.matches("[0-9]{1,5}")
        && Integer.parseInt(text) >= 1
        && Integer.parseInt(text) <= 65535) {
      httpPort = Integer.parseInt(text);
    } else {
      violations.add(
          violation(
              "http-port", "'" + text + "' is no port. Give a whole number from 1 to 65535."));
    }
    return new DorisOptions(
        jdbc,
        httpPort,
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations),
        JdbcOptions.choice("external-catalogs", "false", "true", "false", source, violations));
  }

  /** The frontend, as Doris' own Flink connector takes it. */
  String frontend() {
    return jdbc.host() + ":" + httpPort;
  }

  /**
   * The url that reads a database. Rows are not fetched by a cursor, which Doris has none of; Doris
   * takes {@code catalog.database} for one of an external catalog.
   */
  String url(String database) {
    return jdbc.url(
        URL_PREFIX,
        database,
        MySqlProtocol.properties(
            jdbc, Map.of("tinyInt1isBit", "true", "transformedBitIsBoolean", "true")));
  }
}
