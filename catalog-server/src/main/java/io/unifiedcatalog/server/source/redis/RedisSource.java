package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SchemaRegistry;
import io.unifiedcatalog.server.source.TableDraft;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Redis 6 and newer, and what speaks its protocol. A table is over the keys of one pattern; Flink
 * reads and writes it through the connector {@code redis}.
 */
public final class RedisSource implements RegisteringSystem {
  /** What a schema may describe. */
  static final String VALUE = "value";

  private static final int MAPPING_VERSION = 1;

  /** Those of the connector, of which {@code ttl} and {@code stream-id} can be written. */
  private static final List<String> METADATA_KEYS =
      List.of("key", "ttl", "type", "memory", "stream-id", "timestamp");

  @Override
  public String kind() {
    return RedisOptions.KIND;
  }

  @Override
  public List<CatalogException.Violation> validate(Source source) {
    List<CatalogException.Violation> violations = new ArrayList<>();
    RedisOptions.parse(source, violations);
    return violations;
  }

  @Override
  public boolean isSameDestination(Source before, Source after) {
    return RedisOptions.of(before).isSameDestination(RedisOptions.of(after));
  }

  @Override
  public RedisSession open(Source source) {
    return RedisSession.open(source);
  }

  @Override
  public int mappingVersion() {
    return MAPPING_VERSION;
  }

  @Override
  public List<String> metadataKeys(Engine engine) {
    return METADATA_KEYS;
  }

  @Override
  public List<String> schemaRoles() {
    return List.of(VALUE);
  }

  @Override
  public Optional<SchemaRegistry> registry(Source source) {
    return Optional.empty();
  }

  @Override
  public PhysicalTable table(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    return PatternTable.of(name, registration, columns, given, comment);
  }

  @Override
  public List<Column> ownColumns(PhysicalTable table, Map<String, String> options) {
    return PatternTable.ownColumns(table, options);
  }

  @Override
  public List<CatalogException.Violation> conflicts(
      PhysicalTable table,
      @Nullable PhysicalTable before,
      Supplier<List<PhysicalTable>> registered) {
    List<PhysicalTable> others =
        registered.get().stream().filter(other -> !other.name().equals(table.name())).toList();
    List<CatalogException.Violation> conflicts =
        new ArrayList<>(PatternOverlap.conflicts(table, others));
    if (before != null) {
      // It has these already, as others were registered that allow them.
      conflicts.removeAll(PatternOverlap.conflicts(before, others));
    }
    return conflicts;
  }

  @Override
  public List<String> differences(TableDraft draft, List<PhysicalTable> registered) {
    return PatternTable.differences(draft, registered);
  }

  @Override
  public Binding binding(BindingRequest request) {
    return RedisBinding.of(RedisOptions.of(request.source()), request);
  }
}
