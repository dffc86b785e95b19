package io.unifiedcatalog.connectors.jdbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.base.source.reader.SingleThreadMultiplexSourceReaderBase;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** The rows of a table, split by split. A split that is begun again repeats its rows. */
final class ScanSource
    implements Source<RowData, ScanSplit, List<ScanSplit>>, ResultTypeQueryable<RowData> {
  private static final long serialVersionUID = 1;

  private final JdbcTable table;
  private final RowReader rows;
  private final @Nullable Condition condition;
  private final List<ScanSplit> splits;
  private final long limit;
  private final TypeInformation<RowData> type;

  /**
   * A source.
   *
   * @param condition that rows fulfil; null: none
   * @param limit how many rows of a split are enough; -1: all
   */
  ScanSource(
      JdbcTable table,
      RowReader rows,
      @Nullable Condition condition,
      List<ScanSplit> splits,
      long limit,
      TypeInformation<RowData> type) {
    this.table = table;
    this.rows = rows;
    this.condition = condition;
    this.splits = new ArrayList<>(splits);
    this.limit = limit;
    this.type = type;
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.BOUNDED;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return type;
  }

  @Override
  public SourceReader<RowData, ScanSplit> createReader(SourceReaderContext context) {
    return new Reader(context);
  }

  @Override
  public SplitEnumerator<ScanSplit, List<ScanSplit>> createEnumerator(
      SplitEnumeratorContext<ScanSplit> context) {
    return new Enumerator(context, splits);
  }

  @Override
  public SplitEnumerator<ScanSplit, List<ScanSplit>> restoreEnumerator(
      SplitEnumeratorContext<ScanSplit> context, List<ScanSplit> pending) {
    return new Enumerator(context, pending);
  }

  @Override
  public SimpleVersionedSerializer<ScanSplit> getSplitSerializer() {
    return new ScanSplit.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<List<ScanSplit>> getEnumeratorCheckpointSerializer() {
    return new ScanSplit.PendingSerializer();
  }

  /** Emits what the split reader made; a split has no state, as its rows have no order. */
  @SuppressWarnings("try") // its base class may be interrupted while it is closed
  private final class Reader
      extends SingleThreadMultiplexSourceReaderBase<RowData, RowData, ScanSplit, ScanSplit> {
    Reader(SourceReaderContext context) {
      super(
          () -> new ScanSplitReader(table, rows, condition, limit),
          (row, output, split) -> output.collect(row),
          context.getConfiguration(),
          context);
    }

    @Override
    public void start() {
      if (getNumberOfCurrentlyAssignedSplits() == 0) {
        context.sendSplitRequest();
      }
    }

    @Override
    protected void onSplitFinished(Map<String, ScanSplit> finished) {
      context.sendSplitRequest();
    }

    @Override
    protected ScanSplit initializedState(ScanSplit split) {
      return split;
    }

    @Override
    protected ScanSplit toSplitType(String id, ScanSplit split) {
      return split;
    }
  }

  /** Hands out a split to whoever has none left. */
  private static final class Enumerator implements SplitEnumerator<ScanSplit, List<ScanSplit>> {
    private final SplitEnumeratorContext<ScanSplit> context;
    private final Deque<ScanSplit> pending;

    Enumerator(SplitEnumeratorContext<ScanSplit> context, List<ScanSplit> pending) {
      this.context = context;
      this.pending = new ArrayDeque<>(pending);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int task, @Nullable String host) {
      if (!context.registeredReaders().containsKey(task)) {
        return;
      }
      ScanSplit split = pending.poll();
      if (split == null) {
        context.signalNoMoreSplits(task);
      } else {
        context.assignSplit(split, task);
      }
    }

    @Override
    public void addSplitsBack(List<ScanSplit> splits, int task) {
      pending.addAll(splits);
    }

    @Override
    public void addReader(int task) {
      // It asks for its splits itself.
    }

    @Override
    public List<ScanSplit> snapshotState(long checkpoint) {
      return new ArrayList<>(pending);
    }

    @Override
    public void close() {}
  }
}
