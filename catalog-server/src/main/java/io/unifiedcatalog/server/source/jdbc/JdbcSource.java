package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind of system that is read over JDBC.
 *
 * @param <O> its options, parsed
 */
public abstract class JdbcSource<O> implements SourceSystem {
  private final JdbcKind kind;

  /**
   * The source asked about last, so that a crawl does not read its options anew for each column.
   */
  private volatile @Nullable Parsed<O> last;

  private record Parsed<O>(Source source, O options) {}

  /** A system of a kind. */
  protected JdbcSource(JdbcKind kind) {
    this.kind = kind;
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  protected abstract O parse(Source source, List<Violation> violations);

  /** Those of the options that every source over JDBC has. */
  protected abstract JdbcOptions jdbc(O options);

  /** The connectors with which Flink reads the system, by a url. */
  protected Set<String> connectors() {
    return Set.of(JdbcBinding.OWN, "jdbc");
  }

  @Override
  public final String kind() {
    return kind.name();
  }

  @Override
  public final List<Violation> validate(Source source) {
    List<Violation> violations = new ArrayList<>();
    parse(source, violations);
    return violations;
  }

  @Override
  public @Nullable List<Violation> ownConnectorViolations(Map<String, String> options) {
    return connectors().contains(options.getOrDefault(Registration.CONNECTOR, ""))
        ? kind.ownConnectorViolations(options)
        : null;
  }

  @Override
  public boolean isSameDestination(Source before, Source after) {
    return jdbc(options(before)).isSameDestination(jdbc(options(after)));
  }

  /** The options of a source that was validated. */
  protected final O options(Source source) {
    Parsed<O> known = last;
    if (known == null || !known.source.equals(source)) {
      known = new Parsed<>(source, parse(source, new ArrayList<>()));
      last = known;
    }
    return known.options;
  }
}
