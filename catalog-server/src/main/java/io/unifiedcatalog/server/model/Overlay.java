package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What people add to a table for SQL; see {@code Overlay} in the API for each part.
 *
 * @param watermark null: none
 * @param primaryKey empty: the physical one stays
 * @param comment empty: the table's own stays
 * @param owner empty: unknown
 * @param columnOrder the names of columns of all kinds in the order in which they are shown; {@link
 *     EffectiveSchema} says where the others stand. Empty: physical, computed, metadata
 */
public record Overlay(
    @Nullable Watermark watermark,
    List<ComputedColumn> computedColumns,
    List<MetadataColumn> metadataColumns,
    List<String> primaryKey,
    List<String> hiddenColumns,
    Map<String, String> columnComments,
    String comment,
    String owner,
    Map<String, String> tags,
    Map<String, String> options,
    List<String> columnOrder) {

  /** No addition at all. */
  public static final Overlay EMPTY =
      new Overlay(
          null, List.of(), List.of(), List.of(), List.of(), Map.of(), "", "", Map.of(), Map.of(),
          List.of());

  /**
   * {@code WATERMARK FOR column AS expression}.
   *
   * @param references the physical columns that the expression named when it was set; if one of
   *     them goes, the watermark no longer fits
   */
  public record Watermark(String column, String expression, List<String> references) {
    public Watermark {
      references = List.copyOf(references);
    }
  }

  /**
   * {@code name AS expression}.
   *
   * @param references the physical columns that the expression named when it was set; if one of
   *     them goes, the column no longer fits
   */
  public record ComputedColumn(
      String name, String expression, String comment, List<String> references) {
    public ComputedColumn {
      references = List.copyOf(references);
    }
  }

  /** {@code name type METADATA FROM 'key' [VIRTUAL]}. */
  public record MetadataColumn(
      String name, String type, String key, boolean virtual, String comment) {}

  public Overlay {
    computedColumns = List.copyOf(computedColumns);
    metadataColumns = List.copyOf(metadataColumns);
    primaryKey = List.copyOf(primaryKey);
    hiddenColumns = List.copyOf(hiddenColumns);
    columnComments = Collections.unmodifiableMap(new TreeMap<>(columnComments));
    tags = Collections.unmodifiableMap(new TreeMap<>(tags));
    options = Collections.unmodifiableMap(new TreeMap<>(options));
    columnOrder = List.copyOf(columnOrder);
  }
}
