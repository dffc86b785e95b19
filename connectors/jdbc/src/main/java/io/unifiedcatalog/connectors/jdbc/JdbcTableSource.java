package io.unifiedcatalog.connectors.jdbc;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.PartialCachingLookupProvider;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;
import org.jspecify.annotations.Nullable;

/** A table that is read: by a bounded scan, or looked up by some columns. */
final class JdbcTableSource
    implements ScanTableSource,
        LookupTableSource,
        SupportsFilterPushDown,
        SupportsProjectionPushDown,
        SupportsLimitPushDown {
  /**
   * How a scan is split.
   *
   * @param column of numbers
   * @param lower where the second part begins at the earliest; the first has all rows before it,
   *     and those with NULL
   */
  record Partitions(String column, int number, long lower, long upper) {}

  private final JdbcTable table;
  private final @Nullable Partitions partitions;
  private final int lookupRetries;
  private final @Nullable LookupCache cache;
  private final boolean pushesFilters;
  private final @Nullable Integer parallelism;

  /** The columns that are read. */
  private List<TableColumn> columns;

  private DataType producedType;
  private long limit = -1;
  private @Nullable Condition condition;

  JdbcTableSource(
      JdbcTable table,
      DataType dataType,
      @Nullable Partitions partitions,
      int lookupRetries,
      @Nullable LookupCache cache,
      boolean pushesFilters,
      @Nullable Integer parallelism) {
    this.table = table;
    this.partitions = partitions;
    this.lookupRetries = lookupRetries;
    this.cache = cache;
    this.pushesFilters = pushesFilters;
    this.parallelism = parallelism;
    this.columns = table.columns();
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
    columns = Arrays.stream(projected).map(path -> table.columns().get(path[0])).toList();
    producedType = produced;
  }

  @Override
  public void applyLimit(long rows) {
    limit = rows;
  }

  /**
   * What the database filters, Flink filters again: the database may compare otherwise, and Flink
   * shows a column that equals a literal as this literal.
   */
  @Override
  public Result applyFilters(List<ResolvedExpression> filters) {
    List<ResolvedExpression> accepted = new ArrayList<>();
    Filters all = new Filters(table.dialect(), table.address().zone(), table.columns());
    for (ResolvedExpression filter : filters) {
      Condition one = pushesFilters ? all.condition(filter) : null;
      if (one != null) {
        accepted.add(filter);
        condition = condition == null ? one : Condition.of(condition, "AND", one);
      }
    }
    return Result.of(accepted, filters);
  }

  @Override
  public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
    ScanSource source =
        new ScanSource(
            table,
            new RowReader(table, columns),
            condition,
            splits(),
            limit,
            context.createTypeInformation(producedType));
    return parallelism == null ? SourceProvider.of(source) : SourceProvider.of(source, parallelism);
  }

  private List<ScanSplit> splits() {
    Partitions parts = partitions;
    if (parts == null || parts.number < 2) {
      return List.of(new ScanSplit(0, ""));
    }
    String column = table.dialect().quote(parts.column);
    BigInteger lower = BigInteger.valueOf(parts.lower);
    BigDecimal width =
        new BigDecimal(BigInteger.valueOf(parts.upper).subtract(lower).add(BigInteger.ONE))
            .divide(BigDecimal.valueOf(parts.number), MathContext.DECIMAL128);
    List<ScanSplit> splits = new ArrayList<>();
    BigInteger begin = null;
    for (int i = 1; i <= parts.number; i++) {
      BigInteger end =
          lower.add(
              width
                  .multiply(BigDecimal.valueOf(i))
                  .setScale(0, RoundingMode.CEILING)
                  .toBigInteger());
      String condition;
      if (begin == null) {
        condition = "(" + column + " < " + end + " OR " + column + " IS NULL)";
      } else if (i == parts.number) {
        condition = column + " >= " + begin;
      } else {
        condition = "(" + column + " >= " + begin + " AND " + column + " < " + end + ")";
      }
      splits.add(new ScanSplit(i, condition));
      begin = end;
    }
    return splits;
  }

  @Override
  public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
    List<JdbcLookup.Key> keys = new ArrayList<>();
    Condition all = null;
    int[][] paths = context.getKeys();
    for (int i = 0; i < paths.length; i++) {
      TableColumn column = columns.get(paths[i][0]);
      String why = table.dialect().whyNotLookedUp(column, table.address().zone());
      String text = why == null ? table.dialect().lookupCondition(column) : null;
      if (text == null) {
        throw new ValidationException(
            table.dialect().systemName()
                + " table '"
                + table
                + "' cannot be looked up by "
                + column
                + ": "
                + why
                + ". Look up by other columns and compare this one in the WHERE clause, or join"
                + " with a scan.");
      }
      // The parameter comes with each lookup.
      Condition one = Condition.of(text, "");
      all = all == null ? one : Condition.of(all, "AND", one);
      keys.add(
          new JdbcLookup.Key(
              column.name(),
              RowData.createFieldGetter(column.type(), i),
              table.dialect().writer(column, table.address().zone()),
              RowData.createFieldGetter(column.type(), paths[i][0])));
    }
    if (all == null) {
      throw new ValidationException(
          "A lookup join with table '" + table + "' needs an equality with one of its columns.");
    }
    if (condition != null) {
      all = Condition.of(all, "AND", condition);
    }
    JdbcLookup lookup =
        new JdbcLookup(table, new RowReader(table, columns), keys, all, lookupRetries);
    return cache == null
        ? LookupFunctionProvider.of(lookup)
        : PartialCachingLookupProvider.of(lookup, cache);
  }

  @Override
  public DynamicTableSource copy() {
    JdbcTableSource copy =
        new JdbcTableSource(
            table, producedType, partitions, lookupRetries, cache, pushesFilters, parallelism);
    copy.columns = columns;
    copy.limit = limit;
    copy.condition = condition;
    return copy;
  }

  @Override
  public String asSummaryString() {
    return table.dialect().systemName() + " " + table;
  }
}
