package io.unifiedcatalog.server.source.clickhouse;

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
import java.util.Set;
import java.util.stream.Collectors;

/** ClickHouse, read by Flink through the connector of connectors/clickhouse. */
public final class ClickHouseSource extends JdbcSource<ClickHouseOptions> {
  private static final String CONNECTOR = "jdbc-clickhouse";
  private static final String COLUMN_TYPES = "column-types";

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
  protected Set<String> connectors() {
    return Set.of(CONNECTOR, "jdbc");
  }

  @Override
  public Binding binding(BindingRequest request) {
    ClickHouseOptions options = options(request.source());
    return JdbcBinding.of(
        ClickHouseOptions.KIND,
        new JdbcBinding.Connector(
            CONNECTOR,
            /* anyName= */ true,
            List.of(
                Binding.Option.fixed(
                    COLUMN_TYPES, columnTypes(request.table().columns(), options)))),
        options.jdbc(),
        request,
        options.url(request.nativeDatabase()),
        request.table().name(),
        column -> ClickHouseTypes.of(column, options),
        column -> "",
        Map.of());
  }

  /** As in CREATE TABLE: by them the connector checks what it writes, and decides on filters. */
  private static String columnTypes(List<Column> columns, ClickHouseOptions options) {
    return columns.stream()
        .filter(column -> ClickHouseTypes.of(column, options) instanceof ColumnType.Supported)
        .map(
            column ->
                "`"
                    + column.name().replace("\\", "\\\\").replace("`", "\\`")
                    + "` "
                    + column.nativeType())
        .collect(Collectors.joining(", "));
  }
}
