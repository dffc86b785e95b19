package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.FrontendSession;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.util.List;
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
          FrontendSession.REFUSED_PROPERTIES,
          MySqlProtocol::refusesCredentials,
          MySqlProtocol.DRIVER_CLASS,
          "jdbc:mysql",
          MySqlProtocol.ARTIFACTS,
          List.of(
              new Binding.Artifact(
                  "org.apache.doris:flink-doris-connector-1.20:25.0.0",
                  "org.apache.doris.flink.table.DorisDynamicTableFactory")),
          MySqlProtocol.STREAMED);

  static DorisOptions parse(Source source, List<Violation> violations) {
    JdbcOptions jdbc = JdbcOptions.parse(KIND, source, violations);
    return new DorisOptions(
        jdbc,
        JdbcOptions.port("http-port", 8030, source, violations),
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations),
        JdbcOptions.choice("external-catalogs", "false", "true", "false", source, violations));
  }

  /** The frontend, as Doris' own Flink connector takes it. */
  String frontend() {
    return jdbc.host() + ":" + httpPort;
  }
}
