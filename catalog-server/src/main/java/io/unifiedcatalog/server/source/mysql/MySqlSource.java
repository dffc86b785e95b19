package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** MySQL 5.7 and newer, read by Flink through its JDBC connector. */
public final class MySqlSource implements SourceSystem {
  /**
   * The source asked about last, so that a crawl does not read its options anew for each column.
   */
  private volatile @Nullable Parsed last;

  private record Parsed(Source source, MySqlOptions options) {}

  @Override
  public String kind() {
    return MySqlOptions.KIND;
  }

  @Override
  public List<CatalogException.Violation> validate(Source source) {
    List<CatalogException.Violation> violations = new ArrayList<>();
    MySqlOptions.parse(source, violations);
    return violations;
  }

  @Override
  public boolean isSameDestination(Source before, Source after) {
    MySqlOptions old = MySqlOptions.of(before);
    MySqlOptions now = MySqlOptions.of(after);
    // Some properties say how well the password is guarded on its way.
    return old.address().equals(now.address()) && old.properties().equals(now.properties());
  }

  @Override
  public SourceSession open(Source source) {
    return MySqlSession.open(source);
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
    return MySqlBinding.of(
        options(request.source()),
        request.nativeDatabase(),
        request.table(),
        request.role(),
        request.engine());
  }

  private MySqlOptions options(Source source) {
    Parsed known = last;
    if (known == null || !known.source.equals(source)) {
      known = new Parsed(source, MySqlOptions.of(source));
      last = known;
    }
    return known.options;
  }
}
