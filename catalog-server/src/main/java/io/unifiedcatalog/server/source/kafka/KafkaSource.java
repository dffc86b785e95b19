package io.unifiedcatalog.server.source.kafka;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SchemaRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kafka 2.8 and newer, and what speaks its protocol. A table is over one topic; Flink reads and
 * writes it through its Kafka connectors.
 */
public final class KafkaSource implements RegisteringSystem {
  /** A schema may describe either part of a record. */
  static final String KEY = "key";

  static final String VALUE = "value";

  private static final int MAPPING_VERSION = 1;

  /** Those of both connectors, of which {@code headers} and {@code timestamp} can be written. */
  private static final List<String> METADATA_KEYS =
      List.of(
          "topic", "partition", "headers", "leader-epoch", "offset", "timestamp", "timestamp-type");

  @Override
  public String kind() {
    return KafkaOptions.KIND;
  }

  @Override
  public List<CatalogException.Violation> validate(Source source) {
    List<CatalogException.Violation> violations = new ArrayList<>();
    KafkaOptions.parse(source, violations);
    return violations;
  }

  @Override
  public @Nullable List<Violation> ownConnectorViolations(Map<String, String> options) {
    String connector = options.getOrDefault(Registration.CONNECTOR, "");
    return Set.of("kafka", "upsert-kafka").contains(connector)
        ? KafkaBinding.ownConnectorViolations(options)
        : null;
  }

  @Override
  public boolean isSameDestination(Source before, Source after) {
    return KafkaOptions.of(before).isSameDestination(KafkaOptions.of(after));
  }

  @Override
  public RegisteringSession open(Source source) {
    return KafkaSession.open(source, registry(source).orElse(null));
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
    return List.of(KEY, VALUE);
  }

  @Override
  public Optional<SchemaRegistry> registry(Source source) {
    KafkaOptions options = KafkaOptions.of(source);
    return options
        .registry()
        .map(
            registry ->
                new ConfluentRegistry(
                    registry.url(),
                    registry.user(),
                    registry.password(),
                    options.requestTimeout()));
  }

  @Override
  public PhysicalTable table(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    return TopicTable.of(name, registration, columns, given, comment);
  }

  @Override
  public Binding binding(BindingRequest request) {
    return KafkaBinding.of(KafkaOptions.of(request.source()), request);
  }
}
