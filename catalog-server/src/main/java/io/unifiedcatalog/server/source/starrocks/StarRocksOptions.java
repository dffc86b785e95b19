package io.unifiedcatalog.server.source.starrocks;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.FrontendSession;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.util.List;
import java.util.Set;

/**
 * The options of a StarRocks source.
 *
 * @param systemSchemas whether StarRocks' own databases are crawled
 */
record StarRocksOptions(JdbcOptions jdbc, boolean systemSchemas) {
  static final JdbcKind KIND =
      new JdbcKind(
          "starrocks",
          "StarRocks",
          9030,
          Set.of("system-schemas"),
          MySqlProtocol.ALLOWED_PROPERTIES,
          FrontendSession.REFUSED_PROPERTIES,
          MySqlProtocol::refusesCredentials,
          MySqlProtocol.DRIVER_CLASS,
          "jdbc:mysql",
          MySqlProtocol.ARTIFACTS,
          MySqlProtocol.ARTIFACTS,
          MySqlProtocol.STREAMED);

  static StarRocksOptions parse(Source source, List<Violation> violations) {
    return new StarRocksOptions(
        JdbcOptions.parse(KIND, source, violations),
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations));
  }
}
