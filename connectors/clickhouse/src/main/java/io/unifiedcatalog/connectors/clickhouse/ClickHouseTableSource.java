package io.unifiedcatalog.connectors.clickhouse;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.InputFormatProvider;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.PartialCachingLookupProvider;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * A table that is read and looked up. A filter is asked of ClickHouse only where its answer has at
 * least the rows that Flink's would have, and Flink filters what comes: so a filter makes a query
 * faster and never another one.
 */
final class ClickHouseTableSource
    implements ScanTableSource,
        LookupTableSource,
        SupportsProjectionPushDown,
        SupportsFilterPushDown,
        SupportsLimitPushDown {
  private final ClickHouseAddress address;
  private final ColumnTypes types;
  private final Options options;
  private DataType produced;
  private List<String> conditions = List.of();
  private long limit = -1;

  /**
   * How a table is read.
   *
   * @param partitions the parts that a scan is split into; null: it is not
   * @param filters whether filters are asked of ClickHouse
   * @param cache of lookups; null: none
   * @param parallelism of a scan; null: the job's
   */
  record Options(
      @Nullable Partitions partitions,
      boolean filters,
      int lookupRetries,
      @Nullable LookupCache cache,
      @Nullable Integer parallelism) {}

  /**
   * The parts of a scan by a column of numbers, which begin and end with these.
   *
   * @param count at least 1
   */
  record Partitions(String column, long least, long greatest, int count) {
    /** The condition of each part. */
    List<String> conditions() {
      BigInteger first = BigInteger.valueOf(least);
      BigInteger all = BigInteger.valueOf(greatest).subtract(first).add(BigInteger.ONE);
      BigInteger parts = BigInteger.valueOf(count).min(all);
      List<String> conditions = new ArrayList<>();
      for (BigInteger i = BigInteger.ZERO; i.compareTo(parts) < 0; i = i.add(BigInteger.ONE)) {
        BigInteger from = first.add(all.multiply(i).divide(parts));
        BigInteger next = first.add(all.multiply(i.add(BigInteger.ONE)).divide(parts));
        conditions.add(
            Sql.identifier(column) + " BETWEEN " + from + " AND " + next.subtract(BigInteger.ONE));
      }
      return conditions;
    }
  }

  ClickHouseTableSource(
      ClickHouseAddress address, ColumnTypes types, Options options, DataType produced) {
    this.address = address;
    this.types = types;
    this.options = options;
    this.produced = produced;
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
  public void applyProjection(int[][] projectedFields, DataType producedDataType) {
    produced = Projection.of(projectedFields).project(produced);
  }

  @Override
  public Result applyFilters(List<ResolvedExpression> filters) {
    List<ResolvedExpression> accepted = new ArrayList<>();
    List<String> asked = new ArrayList<>();
    if (options.filters && !filters.isEmpty()) {
      Filters translated = new Filters(types.get());
      for (ResolvedExpression filter : filters) {
        String condition = translated.condition(filter);
        if (condition != null) {
          accepted.add(filter);
          asked.add(condition);
        }
      }
    }
    conditions = asked;
    return Result.of(accepted, filters);
  }

  @Override
  public void applyLimit(long limit) {
    this.limit = limit;
  }

  @Override
  public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
    List<String> queries = new ArrayList<>();
    if (options.partitions == null) {
      queries.add(scan(null));
    } else {
      for (String part : options.partitions.conditions()) {
        queries.add(scan(part));
      }
    }
    ClickHouseScan scan =
        new ClickHouseScan(address, queries, rowType(), context.createTypeInformation(produced));
    return InputFormatProvider.of(scan, options.parallelism);
  }

  private String scan(@Nullable String part) {
    List<String> all = new ArrayList<>(conditions);
    if (part != null) {
      all.add(part);
    }
    return select()
        + (all.isEmpty() ? "" : " WHERE (" + String.join(") AND (", all) + ")")
        // Flink drops some of what a condition lets through, and would miss rows behind a limit.
        + (limit < 0 || !conditions.isEmpty() ? "" : " LIMIT " + limit);
  }

  private String select() {
    List<String> names = DataType.getFieldNames(produced);
    String columns =
        names.isEmpty()
            ? "toUInt8(1)"
            : names.stream().map(Sql::identifier).collect(Collectors.joining(", "));
    return "SELECT " + columns + " FROM " + address.quotedTable();
  }

  private RowType rowType() {
    return (RowType) produced.getLogicalType();
  }

  @Override
  public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
    Map<String, NativeType> known = types.get();
    int[][] paths = context.getKeys();
    int[] keys = new int[paths.length];
    Comparison[] comparisons = new Comparison[paths.length];
    for (int i = 0; i < paths.length; i++) {
      if (paths[i].length != 1) {
        throw new ValidationException(
            "Rows of ClickHouse's table "
                + address.table()
                + " are looked up by whole columns, and not by a field inside of one.");
      }
      keys[i] = paths[i][0];
      RowType.RowField field = rowType().getFields().get(keys[i]);
      NativeType type = known.get(field.getName());
      if (type == null || !Comparison.isLookedUp(type, field.getType())) {
        throw new ValidationException(
            "Rows of ClickHouse's table "
                + address.table()
                + " cannot be looked up by column '"
                + field.getName()
                + "' ("
                + (type == null ? "unknown to ClickHouse" : type)
                + ", in Flink "
                + field.getType().asSummaryString()
                + "). Join by another column, or join without FOR SYSTEM_TIME AS OF.");
      }
      comparisons[i] = new Comparison(field.getName(), type);
    }
    ClickHouseLookup lookup =
        new ClickHouseLookup(
            address, select(), conditions, rowType(), keys, comparisons, options.lookupRetries);
    return options.cache == null
        ? LookupFunctionProvider.of(lookup)
        : PartialCachingLookupProvider.of(lookup, options.cache);
  }

  @Override
  public DynamicTableSource copy() {
    ClickHouseTableSource copy = new ClickHouseTableSource(address, types, options, produced);
    copy.conditions = conditions;
    copy.limit = limit;
    return copy;
  }

  @Override
  public String asSummaryString() {
    return "ClickHouse " + address.table();
  }

  /** The planner reads a table once if two of its sources are equal. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ClickHouseTableSource that
        && address.equals(that.address)
        && types.equals(that.types)
        && options.equals(that.options)
        && produced.equals(that.produced)
        && conditions.equals(that.conditions)
        && limit == that.limit;
  }

  @Override
  public int hashCode() {
    return Objects.hash(address, produced, conditions, limit);
  }
}
