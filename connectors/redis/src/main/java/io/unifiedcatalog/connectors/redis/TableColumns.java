package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.redis.KeyPattern;
import java.util.stream.IntStream;
import org.apache.flink.table.types.logical.RowType;

/** Which columns of a table are in its keys and which in their values. */
final class TableColumns {
  private TableColumns() {}

  /** Those in the key by their number in the table, in the order in which they are in the key. */
  static int[] ofKey(KeyPattern pattern, RowType table) {
    return pattern.columns().stream().mapToInt(table::getFieldIndex).toArray();
  }

  /** The others, by their number in the table. */
  static int[] ofValue(KeyPattern pattern, RowType table) {
    return IntStream.range(0, table.getFieldCount())
        .filter(column -> !pattern.columns().contains(table.getFieldNames().get(column)))
        .toArray();
  }
}
