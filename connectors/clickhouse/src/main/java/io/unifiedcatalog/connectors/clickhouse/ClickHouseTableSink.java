package io.unifiedcatalog.connectors.clickhouse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsTargetColumnWriting;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * A table that is written. ClickHouse has no upsert: a row of a table with a primary key is
 * inserted like any other, and the table's engine (ReplacingMergeTree) replaces the older row.
 */
class ClickHouseTableSink implements DynamicTableSink {
  /** Flink 1.20 does not tell which columns an INSERT names, and sends NULL for the others. */
  private static final boolean HAS_TARGETS = hasTargets();

  private final ClickHouseAddress address;
  private final ColumnTypes types;
  private final DataType dataType;
  private final int[] primaryKey;
  private final ClickHouseSink.Buffering buffering;
  private final @Nullable Integer parallelism;

  /** Which columns an INSERT names; null: all. */
  private int @Nullable [] targets;

  /**
   * A sink. One that lets an INSERT name some of the columns if this release of Flink tells which.
   *
   * @param primaryKey indexes of its columns; empty: there is none
   * @param parallelism null: the job's
   */
  static DynamicTableSink of(
      ClickHouseAddress address,
      ColumnTypes types,
      DataType dataType,
      int[] primaryKey,
      ClickHouseSink.Buffering buffering,
      @Nullable Integer parallelism) {
    ClickHouseTableSink sink =
        new ClickHouseTableSink(address, types, dataType, primaryKey, buffering, parallelism);
    return sink.withTargetsIfKnown();
  }

  /**
   * By an interface's type, and in a method of its own: the class is not there for every release,
   * and must not be looked for when this one is loaded.
   */
  private DynamicTableSink withTargetsIfKnown() {
    if (HAS_TARGETS) {
      return new WithTargets(this);
    }
    return this;
  }

  private static boolean hasTargets() {
    try {
      Class.forName(
          "org.apache.flink.table.connector.sink.abilities.SupportsTargetColumnWriting",
          /* initialize= */ false,
          DynamicTableSink.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** On Flink 2. */
  private static final class WithTargets extends ClickHouseTableSink
      implements SupportsTargetColumnWriting {
    WithTargets(ClickHouseTableSink sink) {
      super(
          sink.address,
          sink.types,
          sink.dataType,
          sink.primaryKey,
          sink.buffering,
          sink.parallelism);
      targets(sink.targets());
    }

    @Override
    public boolean applyTargetColumns(int[][] targetColumns) {
      return writeOnly(targetColumns);
    }
  }

  private ClickHouseTableSink(
      ClickHouseAddress address,
      ColumnTypes types,
      DataType dataType,
      int[] primaryKey,
      ClickHouseSink.Buffering buffering,
      @Nullable Integer parallelism) {
    this.address = address;
    this.types = types;
    this.dataType = dataType;
    this.primaryKey = primaryKey.clone();
    this.buffering = buffering;
    this.parallelism = parallelism;
  }

  @Override
  public ChangelogMode getChangelogMode(ChangelogMode requested) {
    if (primaryKey.length == 0 && !ChangelogMode.insertOnly().equals(requested)) {
      throw new ValidationException(
          "The query updates or deletes rows, and ClickHouse's table "
              + address.table()
              + " has no primary key to find them by. Declare one.");
    }
    return ChangelogMode.newBuilder()
        .addContainedKind(RowKind.INSERT)
        .addContainedKind(RowKind.DELETE)
        .addContainedKind(RowKind.UPDATE_AFTER)
        .build();
  }

  /** Whether only those columns are written, if that can be. */
  final boolean writeOnly(int[][] targetColumns) {
    int[] columns = new int[targetColumns.length];
    for (int i = 0; i < columns.length; i++) {
      if (targetColumns[i].length != 1) {
        return false;
      }
      columns[i] = targetColumns[i][0];
    }
    int[] sorted = IntStream.of(columns).distinct().sorted().toArray();
    if (primaryKey.length > 0 && sorted.length < DataType.getFieldCount(dataType)) {
      throw new ValidationException(
          "ClickHouse replaces whole rows by the primary key of table "
              + address.table()
              + ": a row of some columns would reset the others. Name every column in the INSERT,"
              + " or write to a table without primary key.");
    }
    targets = sorted;
    return true;
  }

  @Override
  public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
    Map<String, NativeType> known = types.get();
    List<String> names = DataType.getFieldNames(dataType);
    List<LogicalType> flinkTypes = dataType.getLogicalType().getChildren();
    List<WrittenColumn> columns = new ArrayList<>();
    for (int field : targets == null ? IntStream.range(0, names.size()).toArray() : targets) {
      columns.add(column(known, field, names.get(field), flinkTypes.get(field)));
    }
    List<WrittenColumn> key = new ArrayList<>();
    for (int field : primaryKey) {
      WrittenColumn column = column(known, field, names.get(field), flinkTypes.get(field));
      if (!Comparison.isLookedUp(column.type(), column.flinkType())) {
        throw new ValidationException(
            "Column '"
                + column.name()
                + "' ("
                + column.type()
                + ") of ClickHouse's table "
                + address.table()
                + " cannot be in a primary key: rows could not be deleted by it.");
      }
      key.add(column);
    }
    return SinkV2Provider.of(new ClickHouseSink(address, columns, key, buffering), parallelism);
  }

  private WrittenColumn column(
      Map<String, NativeType> known, int field, String name, LogicalType flinkType) {
    NativeType type = known.get(name);
    if (type == null) {
      throw new ValidationException(
          "ClickHouse's table "
              + address.table()
              + " has no column '"
              + name
              + "', or one of a type that this connector does not write. Its columns: "
              + String.join(", ", known.keySet()));
    }
    WrittenColumn column = new WrittenColumn(field, name, type, flinkType);
    try {
      // Only to see whether it can be.
      column.encoder();
    } catch (IllegalArgumentException e) {
      throw new ValidationException(
          "Column '"
              + name
              + "' of ClickHouse's table "
              + address.table()
              + " cannot be written: "
              + e.getMessage()
              + ".",
          e);
    }
    return column;
  }

  final int @Nullable [] targets() {
    return targets;
  }

  final void targets(int @Nullable [] columns) {
    targets = columns;
  }

  @Override
  public DynamicTableSink copy() {
    ClickHouseTableSink copy =
        new ClickHouseTableSink(address, types, dataType, primaryKey, buffering, parallelism);
    copy.targets = targets;
    return copy.withTargetsIfKnown();
  }

  @Override
  public String asSummaryString() {
    return "ClickHouse " + address.table();
  }
}
