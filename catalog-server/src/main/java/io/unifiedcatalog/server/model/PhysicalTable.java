package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a source says of a table.
 *
 * @param name the name in the source, which is also the name in the catalog
 * @param columns in order; never empty
 * @param primaryKey null if there is none
 * @param uniqueKeys those other than the primary key
 * @param indexes those that are not unique
 * @param comment empty if there is none
 * @param facts in order of the keys, so that equal tables are written equally
 * @param registration how it was registered; null: a crawl found it
 */
public record PhysicalTable(
    String name,
    Kind kind,
    List<Column> columns,
    @Nullable Key primaryKey,
    List<Key> uniqueKeys,
    List<Key> indexes,
    String comment,
    Map<String, String> facts,
    @Nullable Registration registration) {

  /** What it is in the source. */
  public enum Kind {
    TABLE,
    VIEW
  }

  /** A table that a crawl found. */
  public PhysicalTable(
      String name,
      Kind kind,
      List<Column> columns,
      @Nullable Key primaryKey,
      List<Key> uniqueKeys,
      List<Key> indexes,
      String comment,
      Map<String, String> facts) {
    this(name, kind, columns, primaryKey, uniqueKeys, indexes, comment, facts, null);
  }

  public PhysicalTable {
    if (columns.isEmpty()) {
      throw new IllegalArgumentException("table " + name + " has no columns");
    }
    columns = List.copyOf(columns);
    uniqueKeys = List.copyOf(uniqueKeys);
    indexes = List.copyOf(indexes);
    facts = Collections.unmodifiableMap(new TreeMap<>(facts));
  }
}
