package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisAddress;
import java.io.Serializable;
import java.util.stream.IntStream;
import org.apache.flink.table.types.logical.RowType;

/**
 * A table: the keys that it is over, and what they hold.
 *
 * @param type all columns, those of the keys and those of the values
 */
record RedisTable(RedisAddress address, KeyPattern pattern, ValueKind kind, RowType type)
    implements Serializable {
  /** The columns in the key by their number in the table, in the order of the pattern. */
  int[] keyColumns() {
    return pattern.columns().stream().mapToInt(type::getFieldIndex).toArray();
  }

  /** The others, by their number in the table. */
  int[] valueColumns() {
    return IntStream.range(0, type.getFieldCount())
        .filter(column -> !pattern.columns().contains(type.getFieldNames().get(column)))
        .toArray();
  }
}
