package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Condition;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.jspecify.annotations.Nullable;

/** A table that is written: each row replaces the one of its key, a deletion removes the key. */
final class RedisTableSink implements DynamicTableSink, SupportsWritingMetadata {
  private final RedisTable table;
  private final DataType dataType;
  private final @Nullable EncodingFormat<SerializationSchema<RowData>> format;
  private final int maxInFlight;
  private final int waitReplicas;
  private final @Nullable Duration ttl;

  /** About how many entries of a stream are kept; 0: all. */
  private final long maxLength;

  private final Condition condition;

  /** What rows say behind their columns. */
  private List<String> metadata = List.of();

  RedisTableSink(
      RedisTable table,
      DataType dataType,
      @Nullable EncodingFormat<SerializationSchema<RowData>> format,
      int maxInFlight,
      int waitReplicas,
      @Nullable Duration ttl,
      long maxLength,
      Condition condition) {
    this.table = table;
    this.dataType = dataType;
    this.format = format;
    this.maxInFlight = maxInFlight;
    this.waitReplicas = waitReplicas;
    this.ttl = ttl;
    this.maxLength = maxLength;
    this.condition = condition;
  }

  @Override
  public ChangelogMode getChangelogMode(ChangelogMode requested) {
    // Nothing tells which of the elements would be replaced.
    return table.kind().isAppended() ? ChangelogMode.insertOnly() : ChangelogMode.upsert();
  }

  @Override
  public Map<String, DataType> listWritableMetadata() {
    return table.kind() == ValueKind.STREAM
        ? Map.of(
            RedisRows.TTL,
            DataTypes.BIGINT().nullable(),
            RedisRows.STREAM_ID,
            DataTypes.STRING().nullable())
        : Map.of(RedisRows.TTL, DataTypes.BIGINT().nullable());
  }

  @Override
  public void applyWritableMetadata(List<String> keys, DataType consumed) {
    metadata = List.copyOf(keys);
  }

  @Override
  public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
    return SinkV2Provider.of(
        new RedisSink(
            table.address(),
            new RedisWrites(
                table,
                format == null
                    ? null
                    : format.createRuntimeEncoder(
                        context, Projection.of(table.valueColumns()).project(dataType)),
                ttl,
                maxLength,
                condition,
                metadata),
            maxInFlight,
            waitReplicas));
  }

  @Override
  public DynamicTableSink copy() {
    RedisTableSink copy =
        new RedisTableSink(
            table, dataType, format, maxInFlight, waitReplicas, ttl, maxLength, condition);
    copy.metadata = metadata;
    return copy;
  }

  @Override
  public String asSummaryString() {
    return "Redis " + table.pattern();
  }
}
