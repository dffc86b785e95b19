package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.Column;
import io.unifiedcatalog.proto.v1.EffectiveSchema;
import io.unifiedcatalog.proto.v1.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;

/**
 * A table as the catalog gives it to Flink: the effective schema, and a reference for options.
 *
 * <p>A compiled plan must name the version of the table that it was planned with; SHOW CREATE TABLE
 * and LIKE must not, as what they make is to follow the table. All of them read {@link
 * #getOptions}. But only a table that is planned reaches the table factory, and {@link
 * UnifiedCatalog#getTable} answers a new object each time: so the options name the version from
 * {@link #planned} on.
 */
final class UnifiedTable implements CatalogTable {
  private final UnifiedCatalog catalog;
  private final TableReference reference;
  private final Schema schema;
  private final String comment;
  // The reference's options, and what a hint added.
  private final Map<String, String> options;
  // Shared with the copies that Flink makes to add hints.
  private final AtomicBoolean planned;

  UnifiedTable(UnifiedCatalog catalog, TableReference reference, EffectiveSchema effective) {
    this(
        catalog,
        reference,
        schema(effective),
        effective.getComment(),
        reference.options(),
        new AtomicBoolean());
  }

  /** A table that is registered with a connector of its own: Flink's, and with nothing to hide. */
  static CatalogTable withOwnConnector(Table table) {
    Map<String, String> options =
        new LinkedHashMap<>(table.getPhysical().getRegistration().getOptionsMap());
    options.putAll(table.getOverlay().getOptionsMap());
    return CatalogTable.newBuilder()
        .schema(schema(table.getEffective()))
        .comment(table.getEffective().getComment())
        .options(options)
        .build();
  }

  private UnifiedTable(
      UnifiedCatalog catalog,
      TableReference reference,
      Schema schema,
      String comment,
      Map<String, String> options,
      AtomicBoolean planned) {
    this.catalog = catalog;
    this.reference = reference;
    this.schema = schema;
    this.comment = comment;
    this.options = Map.copyOf(options);
    this.planned = planned;
  }

  /** The catalog that it is of. */
  UnifiedCatalog catalog() {
    return catalog;
  }

  /** What it refers to, whatever a hint says. */
  TableReference reference() {
    return reference;
  }

  /** Tells that a statement uses this version. */
  void planned() {
    planned.set(true);
  }

  @Override
  public Map<String, String> getOptions() {
    Map<String, String> result = new LinkedHashMap<>(options);
    if (planned.get()) {
      result.put(TableReference.VERSION, Long.toString(reference.version()));
    }
    return result;
  }

  @Override
  public Schema getUnresolvedSchema() {
    return schema;
  }

  @Override
  public String getComment() {
    return comment;
  }

  @Override
  public boolean isPartitioned() {
    return false;
  }

  @Override
  public List<String> getPartitionKeys() {
    return List.of();
  }

  @Override
  public UnifiedTable copy(Map<String, String> newOptions) {
    return new UnifiedTable(catalog, reference, schema, comment, newOptions, planned);
  }

  @Override
  public UnifiedTable copy() {
    return copy(options);
  }

  @Override
  public Optional<String> getDescription() {
    return Optional.of(comment);
  }

  @Override
  public Optional<String> getDetailedDescription() {
    return Optional.of(comment);
  }

  private static Schema schema(EffectiveSchema effective) {
    Schema.Builder schema = Schema.newBuilder();
    for (Column column : effective.getColumnsList()) {
      switch (column.getOriginCase()) {
        case PHYSICAL -> schema.column(column.getName(), column.getPhysical().getType());
        case COMPUTED ->
            schema.columnByExpression(column.getName(), column.getComputed().getExpression());
        case METADATA -> {
          Column.Metadata metadata = column.getMetadata();
          schema.columnByMetadata(
              column.getName(),
              metadata.getType(),
              metadata.getKey().isEmpty() ? column.getName() : metadata.getKey(),
              metadata.getVirtual());
        }
        // A later API may know more origins, but then it is another version of it.
        case ORIGIN_NOT_SET ->
            throw new IllegalStateException("Column without origin: " + column.getName());
      }
      if (!column.getComment().isEmpty()) {
        schema.withComment(column.getComment());
      }
    }
    if (effective.hasWatermark()) {
      schema.watermark(
          effective.getWatermark().getColumn(), effective.getWatermark().getExpression());
    }
    if (effective.getPrimaryKeyCount() > 0) {
      schema.primaryKey(effective.getPrimaryKeyList());
    }
    return schema.build();
  }
}
