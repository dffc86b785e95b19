package io.unifiedcatalog.server.api;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.Overlay.ComputedColumn;
import io.unifiedcatalog.server.model.Overlay.MetadataColumn;
import io.unifiedcatalog.server.model.Overlay.Watermark;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.SqlText;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns a request into a table's new overlay, and says what of it does not fit. */
final class OverlayUpdate {
  /** For whom an overlay is checked if the request does not say. */
  static final Engine ENGINE = new Engine("flink", "2.3.0");

  private OverlayUpdate() {}

  /** The stored overlay with the request's parts in place of its own. */
  static Overlay apply(
      StoredTable table, UpdateTableOverlayRequest request, List<Violation> violations) {
    io.unifiedcatalog.proto.v1.Overlay sent = request.getOverlay();
    List<String> paths = request.getUpdateMask().getPathsList();
    if (!paths.isEmpty() && !paths.contains("*")) {
      io.unifiedcatalog.proto.v1.Overlay.Builder merged =
          table.overlay() == null
              ? io.unifiedcatalog.proto.v1.Overlay.newBuilder()
              : Messages.overlay(table.overlay(), "").toBuilder();
      for (String path : paths) {
        FieldDescriptor field =
            io.unifiedcatalog.proto.v1.Overlay.getDescriptor().findFieldByName(path);
        if (field == null || path.equals("etag")) {
          violations.add(new Violation("update_mask", "an overlay has no field '" + path + "'"));
        } else {
          merged.setField(field, sent.getField(field));
        }
      }
      // An unset message field reads as an empty one.
      if (paths.contains("watermark") && !sent.hasWatermark()) {
        merged.clearWatermark();
      }
      sent = merged.build();
    }
    return overlay(sent, table.physical());
  }

  /** The sent overlay, of a table with this physical layer. */
  static Overlay overlay(io.unifiedcatalog.proto.v1.Overlay sent, PhysicalTable physical) {
    Limits.check(sent);
    Set<String> names = physical.columns().stream().map(Column::name).collect(Collectors.toSet());
    return new Overlay(
        sent.hasWatermark()
            ? new Watermark(
                sent.getWatermark().getColumn(),
                sent.getWatermark().getExpression(),
                references(sent.getWatermark().getExpression(), names))
            : null,
        sent.getComputedColumnsList().stream()
            .map(
                column ->
                    new ComputedColumn(
                        column.getName(),
                        column.getExpression(),
                        column.getComment(),
                        references(column.getExpression(), names)))
            .toList(),
        sent.getMetadataColumnsList().stream()
            .map(
                column ->
                    new MetadataColumn(
                        column.getName(),
                        column.getType(),
                        column.getKey(),
                        column.getVirtual(),
                        column.getComment()))
            .toList(),
        sent.getPrimaryKeyList(),
        sent.getHiddenColumnsList(),
        sent.getColumnCommentsMap(),
        sent.getComment(),
        sent.getOwner(),
        sent.getTagsMap(),
        sent.getOptionsMap(),
        sent.getColumnOrderList());
  }

  private static List<String> references(String expression, Set<String> columns) {
    return SqlText.identifiers(expression).stream().filter(columns::contains).toList();
  }

  /**
   * Adds what does not fit.
   *
   * @param effective what an engine would see with this overlay
   * @param stored the overlay that it takes the place of; null: none
   * @param physical the table's physical layer
   * @param isRegistered whether a primary key may decide over the connector, and that one want more
   *     of the registration
   * @param binding how an engine would reach the table with it; asked only if need be
   */
  static void check(
      Overlay overlay,
      @Nullable Overlay stored,
      PhysicalTable physical,
      EffectiveSchema effective,
      boolean isRegistered,
      Supplier<Binding> binding,
      List<Violation> violations) {
    Watermark watermark = overlay.watermark();
    if (watermark != null) {
      notEmpty("overlay.watermark.column", watermark.column(), violations);
      notEmpty("overlay.watermark.expression", watermark.expression(), violations);
    }
    Set<String> names = new HashSet<>();
    for (ComputedColumn column : overlay.computedColumns()) {
      notEmpty("overlay.computed_columns.name", column.name(), violations);
      notEmpty("overlay.computed_columns.expression", column.expression(), violations);
      unique("overlay.computed_columns", column.name(), names, violations);
    }
    for (MetadataColumn column : overlay.metadataColumns()) {
      notEmpty("overlay.metadata_columns.name", column.name(), violations);
      notEmpty("overlay.metadata_columns.type", column.type(), violations);
      unique("overlay.metadata_columns", column.name(), names, violations);
    }
    checkOrder(overlay, stored, physical, names, violations);
    for (Problem problem : effective.problems()) {
      if (problem.kind() == Problem.Kind.OVERLAY) {
        violations.add(
            new Violation("overlay." + problem.subject().replace('-', '_'), problem.message()));
      }
    }
    if (!overlay.options().isEmpty()
        || (isRegistered && !overlay.primaryKey().isEmpty())
        || (isRegistered && effective.isReordered(physical))) {
      checkOptions(overlay, binding, violations);
    }
  }

  /** A name that was stored once may be of a column that is gone, and may return. */
  private static void checkOrder(
      Overlay overlay,
      @Nullable Overlay stored,
      PhysicalTable physical,
      Set<String> added,
      List<Violation> violations) {
    Set<String> known = new HashSet<>(added);
    physical.columns().forEach(column -> known.add(column.name()));
    if (stored != null) {
      known.addAll(stored.columnOrder());
    }
    Set<String> seen = new HashSet<>();
    for (String name : overlay.columnOrder()) {
      unique("overlay.column_order", name, seen, violations);
      if (!known.contains(name)) {
        violations.add(
            new Violation("overlay.column_order", "column `" + name + "` is not in the table"));
      }
    }
  }

  private static void notEmpty(String field, String value, List<Violation> violations) {
    if (value.isBlank()) {
      violations.add(new Violation(field, "is empty"));
    }
  }

  private static void unique(
      String field, String name, Set<String> names, List<Violation> violations) {
    if (!names.add(name)) {
      violations.add(new Violation(field, "column `" + name + "` is named twice"));
    }
  }

  /** The part of an overlay that most likely made its table unreachable. */
  private static String field(Overlay overlay) {
    if (!overlay.options().isEmpty()) {
      return "overlay.options";
    }
    return overlay.primaryKey().isEmpty() ? "overlay.column_order" : "overlay.primary_key";
  }

  private static void checkOptions(
      Overlay overlay, Supplier<Binding> asked, List<Violation> violations) {
    Binding binding;
    try {
      binding = asked.get();
    } catch (CatalogException e) {
      violations.add(new Violation(field(overlay), e.getMessage()));
      return;
    }
    Map<String, OptionRule> rules = new TreeMap<>();
    for (Binding.Option option : binding.options()) {
      if (option.rule() != null) {
        rules.put(option.key(), option.rule());
      }
    }
    overlay
        .options()
        .forEach(
            (key, value) -> {
              OptionRule rule = rules.get(key);
              if (rule == null) {
                violations.add(
                    new Violation(
                        "overlay.options." + key,
                        "cannot be set here: it is fixed by the source or unknown. Options that can: "
                            + String.join(", ", rules.keySet())));
              } else if (!rule.takes(value)) {
                violations.add(new Violation("overlay.options." + key, rule.refusal()));
              }
            });
  }
}
