package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.JdbcSource;
import java.util.List;
import java.util.Map;

/**
 * ClickHouse, read by Flink through its JDBC connector and the dialect of connectors/clickhouse.
 */
public final class ClickHouseSource extends JdbcSource<ClickHouseOptions> {
  /** The system. */
  public ClickHouseSource() {
    super(ClickHouseOptions.KIND);
  }

  @Override
  protected ClickHouseOptions parse(Source source, List<Violation> violations) {
    return ClickHouseOptions.parse(source, violations);
  }

  @Override
  protected JdbcOptions jdbc(ClickHouseOptions options) {
    return options.jdbc();
  }

  @Override
  public SourceSession open(Source source) {
    return ClickHouseSession.open(source.name(), options(source));
  }

  @Override
  public int mappingVersion() {
    return ClickHouseTypes.VERSION;
  }

  @Override
  public ColumnType columnType(Column column, Source source, Engine engine) {
    return ClickHouseTypes.of(column, options(source));
  }

  @Override
  public Binding binding(BindingRequest request) {
    ClickHouseOptions options = options(request.source());
    boolean bytes =
        request.table().columns().stream()
            .map(column -> ClickHouseTypes.of(column, options))
            .anyMatch(
                type ->
                    type instanceof ColumnType.Supported supported
                        && supported.type().equals(Type.VarBinary.BYTES));
    // A filter that ClickHouse answers otherwise than Flink would give other rows.
    boolean filtersAlike =
        request.table().columns().stream().noneMatch(ClickHouseTypes::isComparedOtherwise);
    return JdbcBinding.of(
        ClickHouseOptions.KIND,
        options.jdbc(),
        request,
        options.url(request.nativeDatabase(), bytes),
        request.table().name(),
        column -> ClickHouseTypes.of(column, options),
        column -> "",
        filtersAlike ? Map.of() : Map.of(JdbcBinding.FILTER_HANDLING, "never"));
  }
}
