package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.JdbcSource;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL 14 and newer, read by Flink through our JDBC connector. A source is one database of a
 * server; its schemas are the databases of the catalog.
 */
public final class PostgresSource extends JdbcSource<PostgresOptions> {
  /** The system. */
  public PostgresSource() {
    super(PostgresOptions.KIND);
  }

  @Override
  protected PostgresOptions parse(Source source, List<Violation> violations) {
    return PostgresOptions.parse(source, violations);
  }

  @Override
  protected JdbcOptions jdbc(PostgresOptions options) {
    return options.jdbc();
  }

  @Override
  public SourceSession open(Source source) {
    return PostgresSession.open(source.name(), options(source));
  }

  @Override
  public int mappingVersion() {
    return PostgresTypes.VERSION;
  }

  @Override
  public ColumnType columnType(Column column, Source source, Engine engine) {
    return PostgresTypes.of(column, options(source));
  }

  @Override
  public Binding binding(BindingRequest request) {
    PostgresOptions options = options(request.source());
    return JdbcBinding.ofOwn(
        PostgresOptions.KIND,
        options.jdbc(),
        request,
        options.url(),
        Map.of("schema-name", request.nativeDatabase(), "time-zone", options.timeZoneName()),
        column -> PostgresTypes.of(column, options));
  }
}
