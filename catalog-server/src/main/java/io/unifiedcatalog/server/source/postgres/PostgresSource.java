package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.JdbcSource;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL 14 and newer, read by Flink through its JDBC connector. A source is one database of a
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
    boolean reads = request.role() == Binding.Role.SOURCE;
    String table = quoted(request.nativeDatabase()) + "." + quoted(request.table().name());
    return JdbcBinding.of(
        PostgresOptions.KIND,
        options.jdbc(),
        request,
        reads ? options.url() : options.writingUrl(),
        reads ? readable(table, request.table(), options) : table,
        column -> PostgresTypes.of(column, options),
        column -> PostgresTypes.whyNotWritten(column, options),
        // With auto-commit the driver ignores the fetch size and holds all rows of a table at once.
        Map.of("scan.auto-commit", "false"));
  }

  /**
   * What is read in place of a table. The connector casts what the driver returns to what it
   * expects for the Flink type, and quotes no name; so a column that needs a cast or a quoted name
   * gets it in a subquery, which PostgreSQL's planner dissolves. A table that needs none is read
   * itself.
   */
  private static String readable(String table, PhysicalTable physical, PostgresOptions options) {
    StringBuilder select = new StringBuilder();
    boolean plain = true;
    for (Column column : physical.columns()) {
      if (PostgresTypes.of(column, options) instanceof ColumnType.Supported) {
        String expression = PostgresTypes.expression(column, quoted(column.name()), options);
        // The name without quotes, as the connector will write it, is folded to lower case in both
        // places alike.
        boolean itself =
            PostgresTypes.isPlainName(column.name()) && expression.equals(quoted(column.name()));
        plain &= itself;
        select.append(select.isEmpty() ? "" : ", ").append(expression);
        if (!itself) {
          select.append(" AS ").append(column.name());
        }
      }
    }
    return plain ? table : "(SELECT " + select + " FROM " + table + ") AS t";
  }

  private static String quoted(String name) {
    return PostgresTypes.QUOTE
        + name.replace(PostgresTypes.QUOTE, PostgresTypes.QUOTE + PostgresTypes.QUOTE)
        + PostgresTypes.QUOTE;
  }
}
