package io.unifiedcatalog.server.source.starrocks;

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
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.util.List;
import java.util.Map;

/** StarRocks 3.0 and newer, whose frontend speaks MySQL's protocol, by which Flink reads it. */
public final class StarRocksSource extends JdbcSource<StarRocksOptions> {
  /** The system. */
  public StarRocksSource() {
    super(StarRocksOptions.KIND);
  }

  @Override
  protected StarRocksOptions parse(Source source, List<Violation> violations) {
    return StarRocksOptions.parse(source, violations);
  }

  @Override
  protected JdbcOptions jdbc(StarRocksOptions options) {
    return options.jdbc();
  }

  @Override
  public SourceSession open(Source source) {
    return StarRocksSession.open(source.name(), options(source), "information_schema");
  }

  @Override
  public int mappingVersion() {
    return StarRocksTypes.VERSION;
  }

  @Override
  public ColumnType columnType(Column column, Source source, Engine engine) {
    return StarRocksTypes.of(column);
  }

  @Override
  public Binding binding(BindingRequest request) {
    StarRocksOptions options = options(request.source());
    return JdbcBinding.ofOwn(
        StarRocksOptions.KIND,
        options.jdbc(),
        request,
        MySqlProtocol.url(options.jdbc(), request.nativeDatabase(), Map.of()),
        Map.of(),
        StarRocksTypes::of);
  }
}
