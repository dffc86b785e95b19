package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.connectors.redis.ScanSplit.Pending;
import io.unifiedcatalog.redis.RedisConnection;
import java.util.ArrayDeque;
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

/** All rows of a table, by SCAN: a split a node. A split that is begun again repeats its rows. */
final class ScanSource
    implements Source<RowData, ScanSplit, Pending>, ResultTypeQueryable<RowData> {
  private static final long serialVersionUID = 1;

  private final RedisTable table;
  private final RedisRows rows;
  private final int scanCount;
  private final @Nullable String key;
  private final long limit;
  private final TypeInformation<RowData> type;

  /**
   * A source.
   *
   * @param key the one key that is read; null: all that match the pattern
   * @param limit how many rows of a split are enough; -1: all
   */
  ScanSource(
      RedisTable table,
      RedisRows rows,
      int scanCount,
      @Nullable String key,
      long limit,
      TypeInformation<RowData> type) {
    this.table = table;
    this.rows = rows;
    this.scanCount = scanCount;
    this.key = key;
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
  public SourceReader<RowData, ScanSplit> createReader(SourceReaderContext context)
      throws Exception {
    rows.open(context.metricGroup(), context.getUserCodeClassLoader());
    return new Reader(context);
  }

  @Override
  public SplitEnumerator<ScanSplit, Pending> createEnumerator(
      SplitEnumeratorContext<ScanSplit> context) {
    return new Enumerator(context, new Pending(false, List.of()));
  }

  @Override
  public SplitEnumerator<ScanSplit, Pending> restoreEnumerator(
      SplitEnumeratorContext<ScanSplit> context, Pending pending) {
    return new Enumerator(context, pending);
  }

  @Override
  public SimpleVersionedSerializer<ScanSplit> getSplitSerializer() {
    return new ScanSplit.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<Pending> getEnumeratorCheckpointSerializer() {
    return new ScanSplit.PendingSerializer();
  }

  /** Emits what the split reader made; a split has no state, as SCAN cannot be gone on with. */
  @SuppressWarnings("try") // its base class may be interrupted while it is closed
  private final class Reader
      extends SingleThreadMultiplexSourceReaderBase<RowData, RowData, ScanSplit, ScanSplit> {
    Reader(SourceReaderContext context) {
      super(
          () -> new ScanSplitReader(table, rows, scanCount, key, limit),
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
  private final class Enumerator implements SplitEnumerator<ScanSplit, Pending> {
    private final SplitEnumeratorContext<ScanSplit> context;
    private final Deque<ScanSplit> pending;
    private final Deque<Integer> waiting = new ArrayDeque<>();
    private boolean listed;

    Enumerator(SplitEnumeratorContext<ScanSplit> context, Pending pending) {
      this.context = context;
      this.pending = new ArrayDeque<>(pending.splits());
      this.listed = pending.listed();
    }

    @Override
    public void start() {
      if (!listed) {
        context.callAsync(this::primaries, this::listed);
      }
    }

    private List<String> primaries() throws Exception {
      if (key != null) {
        return List.of("");
      }
      try (RedisConnection connection = RedisConnection.open(table.address())) {
        return connection.primaries();
      }
    }

    private void listed(List<String> nodes, @Nullable Throwable failure) {
      if (failure != null) {
        throw new IllegalStateException("The nodes of Redis are not known", failure);
      }
      nodes.forEach(node -> pending.add(new ScanSplit(node)));
      listed = true;
      for (Integer task = waiting.poll(); task != null; task = waiting.poll()) {
        assign(task);
      }
    }

    @Override
    public void handleSplitRequest(int task, @Nullable String host) {
      if (listed) {
        assign(task);
      } else {
        waiting.add(task);
      }
    }

    private void assign(int task) {
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
    public Pending snapshotState(long checkpoint) {
      return new Pending(listed, List.copyOf(pending));
    }

    @Override
    public void close() {}
  }
}
