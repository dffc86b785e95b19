package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.connector.source.lookup.AsyncLookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.PartialCachingAsyncLookupProvider;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/** A table that is read: by a bounded scan, its streams also without end, or looked up by keys. */
final class RedisTableSource
    implements ScanTableSource,
        LookupTableSource,
        SupportsFilterPushDown,
        SupportsProjectionPushDown,
        SupportsLimitPushDown,
        SupportsReadingMetadata,
        SupportsWatermarkPushDown {
  private final RedisTable table;
  private final RedisRows.Limits limits;
  private final DataType dataType;
  private final @Nullable DecodingFormat<DeserializationSchema<RowData>> format;
  private final int scanCount;
  private final int lookupRetries;
  private final Duration retryDelay;
  private final @Nullable LookupCache cache;

  /** Of streams, what is read; null: the values are none. */
  private final StreamSource.@Nullable Span span;

  /** The columns that are read, by their number in the table. */
  private int[] columns;

  /** What is read of the keys, behind the columns. */
  private List<String> metadata = List.of();

  private DataType producedType;
  private long limit = -1;

  /** How watermarks come of rows, each split's of its own; null: Flink does that behind it. */
  private @Nullable WatermarkStrategy<RowData> watermarks;

  /** The one key that filters leave; null: all that match the pattern. */
  private @Nullable String key;

  RedisTableSource(
      RedisTable table,
      RedisRows.Limits limits,
      DataType dataType,
      @Nullable DecodingFormat<DeserializationSchema<RowData>> format,
      int scanCount,
      int lookupRetries,
      Duration retryDelay,
      @Nullable LookupCache cache,
      StreamSource.@Nullable Span span) {
    this.table = table;
    this.limits = limits;
    this.dataType = dataType;
    this.format = format;
    this.scanCount = scanCount;
    this.lookupRetries = lookupRetries;
    this.retryDelay = retryDelay;
    this.cache = cache;
    this.span = span;
    this.columns = IntStream.range(0, table.type().getFieldCount()).toArray();
    this.producedType = dataType;
  }

  @Override
  public ChangelogMode getChangelogMode() {
    return ChangelogMode.insertOnly();
  }

  @Override
  public boolean supportsNestedProjection() {
    return false;
  }

  @Override
  public void applyProjection(int[][] projected, DataType produced) {
    columns = Arrays.stream(projected).mapToInt(path -> path[0]).toArray();
    producedType = produced;
  }

  @Override
  public Map<String, DataType> listReadableMetadata() {
    Map<String, DataType> metadata = new LinkedHashMap<>();
    metadata.put(RedisRows.KEY, DataTypes.STRING().notNull());
    metadata.put(RedisRows.TTL, DataTypes.BIGINT().nullable());
    metadata.put(RedisRows.TYPE, DataTypes.STRING().notNull());
    metadata.put(RedisRows.MEMORY, DataTypes.BIGINT().nullable());
    if (table.kind() == ValueKind.STREAM) {
      metadata.put(RedisRows.STREAM_ID, DataTypes.STRING().notNull());
      metadata.put(RedisRows.TIMESTAMP, DataTypes.TIMESTAMP_LTZ(3).notNull());
    }
    return metadata;
  }

  @Override
  public void applyReadableMetadata(List<String> keys, DataType produced) {
    metadata = List.copyOf(keys);
    producedType = produced;
  }

  @Override
  public void applyWatermark(WatermarkStrategy<RowData> strategy) {
    watermarks = strategy;
  }

  @Override
  public void applyLimit(long rows) {
    limit = rows;
  }

  /**
   * Equalities for each column of the key leave one key, which is read and not scanned for. All
   * filters stay with Flink, too: a lookup join takes constants of its key from them.
   */
  @Override
  public Result applyFilters(List<ResolvedExpression> filters) {
    String[] values = new String[table.pattern().columns().size()];
    List<ResolvedExpression> accepted = new ArrayList<>();
    for (ResolvedExpression filter : filters) {
      if (filter instanceof CallExpression call
          && call.getFunctionDefinition() == BuiltInFunctionDefinitions.EQUALS
          && fix(call.getResolvedChildren(), values)) {
        accepted.add(filter);
      }
    }
    if (Arrays.asList(values).contains(null)) {
      return Result.of(List.of(), filters);
    }
    try {
      key = table.pattern().key(values);
    } catch (IllegalArgumentException e) {
      // No key has these values: what is scanned for is filtered afterwards.
      return Result.of(List.of(), filters);
    }
    return Result.of(accepted, filters);
  }

  /** Notes the value of a column of the key, the first that is told; false: it is none. */
  private boolean fix(List<ResolvedExpression> sides, String[] values) {
    for (int i = 0; i < 2; i++) {
      if (sides.get(i) instanceof FieldReferenceExpression field
          && sides.get(1 - i) instanceof ValueLiteralExpression literal) {
        int column = table.pattern().columns().indexOf(field.getName());
        LogicalType type = field.getOutputDataType().getLogicalType();
        LogicalType ofLiteral = literal.getOutputDataType().getLogicalType();
        // Of these the text of a literal is that of the key.
        boolean plain =
            (type.is(LogicalTypeRoot.VARCHAR) && ofLiteral.is(LogicalTypeFamily.CHARACTER_STRING))
                || (type.is(LogicalTypeFamily.INTEGER_NUMERIC)
                    && ofLiteral.is(LogicalTypeFamily.INTEGER_NUMERIC));
        if (column >= 0 && plain && values[column] == null && !literal.isNull()) {
          values[column] =
              literal
                  .getValueAs(ofLiteral.getDefaultConversion())
                  .map(Object::toString)
                  .orElse(null);
          return values[column] != null;
        }
      }
    }
    return false;
  }

  private RedisRows rows(DynamicTableSource.Context context) {
    return new RedisRows(
        table,
        limits,
        columns,
        metadata,
        format == null
            ? null
            : format.createRuntimeDecoder(
                context, Projection.of(table.valueColumns()).project(dataType)));
  }

  @Override
  public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
    TypeInformation<RowData> type = context.createTypeInformation(producedType);
    Source<RowData, ?, ?> source =
        span == null
            ? new ScanSource(table, rows(context), scanCount, key, limit, type)
            : new StreamSource(table, rows(context), scanCount, key, span, type);
    WatermarkStrategy<RowData> strategy = watermarks;
    if (strategy == null) {
      return SourceProvider.of(source);
    }
    return new DataStreamScanProvider() {
      @Override
      public DataStream<RowData> produceDataStream(
          ProviderContext provider, StreamExecutionEnvironment environment) {
        DataStreamSource<RowData> rows =
            environment.fromSource(source, strategy, asSummaryString());
        provider.generateUid("redis").ifPresent(rows::uid);
        return rows;
      }

      @Override
      public boolean isBounded() {
        return source.getBoundedness() == Boundedness.BOUNDED;
      }
    };
  }

  @Override
  public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
    int[] keys = Arrays.stream(context.getKeys()).mapToInt(path -> path[0]).toArray();
    int[] keyFields = new int[table.pattern().columns().size()];
    Arrays.fill(keyFields, -1);
    List<RedisLookup.Asked> others = new ArrayList<>();
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] >= columns.length) {
        throw new ValidationException(
            "A lookup join cannot ask for the metadata '"
                + metadata.get(keys[i] - columns.length)
                + "'. Filter what it finds.");
      }
      String name = table.type().getFieldNames().get(columns[keys[i]]);
      int ofKey = table.pattern().columns().indexOf(name);
      // With one key left, the row that is found is compared with what is looked up.
      if (ofKey >= 0 && key == null) {
        keyFields[ofKey] = i;
      } else {
        LogicalType type = table.type().getTypeAt(columns[keys[i]]);
        others.add(
            new RedisLookup.Asked(
                RowData.createFieldGetter(type, i), RowData.createFieldGetter(type, keys[i])));
      }
    }
    for (int i = 0; i < keyFields.length; i++) {
      if (keyFields[i] < 0 && key == null) {
        throw new ValidationException(
            "A lookup join needs an equality for each column of the key pattern '"
                + table.pattern()
                + "', and has none for '"
                + table.pattern().columns().get(i)
                + "'.");
      }
    }
    RedisLookup lookup =
        new RedisLookup(table, key, rows(context), keyFields, others, lookupRetries, retryDelay);
    return cache == null
        ? AsyncLookupFunctionProvider.of(lookup)
        : PartialCachingAsyncLookupProvider.of(lookup, cache);
  }

  @Override
  public DynamicTableSource copy() {
    RedisTableSource copy =
        new RedisTableSource(
            table, limits, dataType, format, scanCount, lookupRetries, retryDelay, cache, span);
    copy.watermarks = watermarks;
    copy.columns = columns;
    copy.metadata = metadata;
    copy.producedType = producedType;
    copy.limit = limit;
    copy.key = key;
    return copy;
  }

  @Override
  public String asSummaryString() {
    return "Redis " + table.pattern();
  }
}
