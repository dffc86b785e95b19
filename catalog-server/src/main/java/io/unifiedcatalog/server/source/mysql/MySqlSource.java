package io.unifiedcatalog.server.source.mysql;

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

/** MySQL 5.7 and newer, read by Flink through our JDBC connector. */
public final class MySqlSource extends JdbcSource<MySqlOptions> {
  /** The system. */
  public MySqlSource() {
    super(MySqlOptions.KIND);
  }

  @Override
  protected MySqlOptions parse(Source source, List<Violation> violations) {
    return MySqlOptions.parse(source, violations);
  }

  @Override
  protected JdbcOptions jdbc(MySqlOptions options) {
    return options.jdbc();
  }

  @Override
  public SourceSession open(Source source) {
    return MySqlSession.open(source.name(), options(source));
  }

  @Override
  public int mappingVersion() {
    return MySqlTypes.VERSION;
  }

  @Override
  public ColumnType columnType(Column column, Source source, Engine engine) {
    return MySqlTypes.of(column, options(source));
  }

  @Override
  public Binding binding(BindingRequest request) {
    MySqlOptions options = options(request.source());
    return JdbcBinding.ofOwn(
        MySqlOptions.KIND,
        options.jdbc(),
        request,
        options.url(request.nativeDatabase()),
        Map.of("time-zone", options.timeZone()),
        column -> MySqlTypes.of(column, options));
  }
}
