package io.unifiedcatalog.connectors.clickhouse;

import java.util.Locale;
import org.apache.flink.connector.jdbc.core.database.JdbcFactory;
import org.apache.flink.connector.jdbc.core.database.catalog.JdbcCatalog;
import org.apache.flink.connector.jdbc.core.database.dialect.JdbcDialect;

/** Takes the urls of ClickHouse's JDBC driver; Flink's JDBC connector finds it by its service. */
public final class ClickHouseFactory implements JdbcFactory {
  @Override
  public boolean acceptsURL(String url) {
    String lower = url.toLowerCase(Locale.ROOT);
    return lower.startsWith("jdbc:clickhouse:") || lower.startsWith("jdbc:ch:");
  }

  @Override
  public JdbcDialect createDialect() {
    return new ClickHouseDialect();
  }

  /**
   * There is none.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public JdbcCatalog createCatalog(
      ClassLoader classLoader,
      String catalogName,
      String defaultDatabase,
      String username,
      String password,
      String baseUrl) {
    throw new UnsupportedOperationException(
        "Flink's catalog of type 'jdbc' does not read ClickHouse. Declare tables with connector"
            + " 'jdbc', or use a catalog of type 'unified'.");
  }
}
