package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.StartupMode;
import io.unifiedcatalog.connectors.redis.RedisRows.Entry;
import io.unifiedcatalog.connectors.redis.StreamSplit.Known;
import io.unifiedcatalog.redis.RedisConnection;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries of all streams of a table, a split a stream. How far each was read is in the state of
 * the job, so after a failure none is missed and none comes twice.
 */
final class StreamSource
    implements Source<RowData, StreamSplit, Known>, ResultTypeQueryable<RowData> {
  private static final long serialVersionUID = 1;
  private static final Logger log = LoggerFactory.getLogger(StreamSource.class);

  /**
   * Which part of the streams is read.
   *
   * @param millis with which entry it begins, with {@link StartupMode#TIMESTAMP}
   * @param bounded whether it ends with the last entry that is there at the beginning
   * @param pollInterval how long a reader waits that finds no entries
   * @param discoveryInterval how often new streams are looked for, if it does not end; 0: never
   */
  record Span(
      StartupMode startup,
      long millis,
      boolean bounded,
      Duration pollInterval,
      Duration discoveryInterval)
      implements Serializable {}

  private final RedisTable table;
  private final RedisRows rows;
  private final int scanCount;
  private final @Nullable String key;
  private final Span span;
  private final TypeInformation<RowData> type;

  /**
   * A source.
   *
   * @param key the one key that is read; null: all that match the pattern
   */
  StreamSource(
      RedisTable table,
      RedisRows rows,
      int scanCount,
      @Nullable String key,
      Span span,
      TypeInformation<RowData> type) {
    this.table = table;
    this.rows = rows;
    this.scanCount = scanCount;
    this.key = key;
    this.span = span;
    this.type = type;
  }

  @Override
  public Boundedness getBoundedness() {
    return span.bounded ? Boundedness.BOUNDED : Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return type;
  }

  @Override
  public SourceReader<RowData, StreamSplit> createReader(SourceReaderContext context) {
    return new Reader(context);
  }

  @Override
  public SplitEnumerator<StreamSplit, Known> createEnumerator(
      SplitEnumeratorContext<StreamSplit> context) {
    return new Enumerator(context, new Known(false, Set.of(), List.of()));
  }

  @Override
  public SplitEnumerator<StreamSplit, Known> restoreEnumerator(
      SplitEnumeratorContext<StreamSplit> context, Known known) {
    return new Enumerator(context, known);
  }

  @Override
  public SimpleVersionedSerializer<StreamSplit> getSplitSerializer() {
    return new StreamSplit.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<Known> getEnumeratorCheckpointSerializer() {
    return new StreamSplit.KnownSerializer();
  }

  /** How far a split was read, by what was emitted of it. */
  private static final class Progress {
    private StreamSplit split;

    Progress(StreamSplit split) {
      this.split = split;
    }
  }

  /** Emits what the split reader read. */
  @SuppressWarnings("try") // its base class may be interrupted while it is closed
  private final class Reader
      extends SingleThreadMultiplexSourceReaderBase<Entry, RowData, StreamSplit, Progress> {
    Reader(SourceReaderContext context) {
      super(
          () -> {
            try {
              return new StreamSplitReader(
                  RedisConnection.open(table.address()),
                  rows,
                  span.pollInterval,
                  table.address().timeout());
            } catch (IOException e) {
              throw new UncheckedIOException(e.getMessage(), e);
            }
          },
          (entry, output, progress) -> {
            if (entry.row() != null) {
              output.collect(entry.row(), entry.millis());
            }
            progress.split =
                new StreamSplit(progress.split.key(), entry.id(), progress.split.end());
          },
          context.getConfiguration(),
          context);
    }

    @Override
    protected void onSplitFinished(Map<String, Progress> finished) {
      // Which splits a reader gets is not its to say.
    }

    @Override
    protected Progress initializedState(StreamSplit split) {
      return new Progress(split);
    }

    @Override
    protected StreamSplit toSplitType(String id, Progress progress) {
      return progress.split;
    }
  }

  /** Looks for streams and hands them out, each to the reader that its key says. */
  private final class Enumerator implements SplitEnumerator<StreamSplit, Known> {
    private final SplitEnumeratorContext<StreamSplit> context;
    private final Set<String> known;
    private final List<StreamSplit> pending;
    private boolean discovered;

    /** The readers that know that there are no more splits. */
    private final Set<Integer> finished = new HashSet<>();

    Enumerator(SplitEnumeratorContext<StreamSplit> context, Known state) {
      this.context = context;
      this.discovered = state.discovered();
      this.known = new HashSet<>(state.known());
      this.pending = new ArrayList<>(state.pending());
    }

    @Override
    public void start() {
      if (!span.bounded && !span.discoveryInterval.isZero()) {
        context.callAsync(this::discover, this::discovered, 0, span.discoveryInterval.toMillis());
      } else if (!discovered) {
        context.callAsync(this::discover, this::discovered);
      }
    }

    /** The streams that were not known. In another thread. */
    private List<StreamSplit> discover() throws IOException {
      boolean isFirst;
      Set<String> before;
      synchronized (known) {
        isFirst = !discovered;
        before = Set.copyOf(known);
      }
      try (RedisConnection connection = RedisConnection.open(table.address())) {
        List<StreamSplit> found = new ArrayList<>();
        for (String one : key == null ? keys(connection) : Set.of(key)) {
          if (before.contains(one)) {
            continue;
          }
          String last = lastId(connection, one);
          if (span.bounded && last.equals(RedisRows.BEFORE_ALL)) {
            continue;
          }
          found.add(
              new StreamSplit(
                  one,
                  isFirst ? startAfter(last) : RedisRows.BEFORE_ALL,
                  span.bounded ? last : null));
        }
        return found;
      }
    }

    private Set<String> keys(RedisConnection connection) throws IOException {
      Set<String> keys = new LinkedHashSet<>();
      KeyScanArgs arguments = new KeyScanArgs();
      arguments
          .type("stream")
          .match(table.pattern().glob(), StandardCharsets.UTF_8)
          .limit(scanCount);
      for (String node : connection.primaries()) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands(node);
        KeyScanCursor<byte[]> page = null;
        while (page == null || !page.isFinished()) {
          page =
              Answers.await(
                  (page == null ? commands.scan(arguments) : commands.scan(page, arguments))
                      .toCompletableFuture());
          for (byte[] bytes : page.getKeys()) {
            String one = new String(bytes, StandardCharsets.UTF_8);
            if (table.pattern().values(one) != null) {
              keys.add(one);
            }
          }
        }
      }
      return keys;
    }

    private static String lastId(RedisConnection connection, String stream) throws IOException {
      List<StreamMessage<byte[], byte[]>> last =
          Answers.await(
              connection
                  .commands()
                  .xrevrange(
                      stream.getBytes(StandardCharsets.UTF_8),
                      Range.unbounded(),
                      Limit.create(0, 1))
                  .toCompletableFuture());
      return last.isEmpty() ? RedisRows.BEFORE_ALL : last.get(0).getId();
    }

    private String startAfter(String last) {
      return switch (span.startup) {
        case EARLIEST -> RedisRows.BEFORE_ALL;
        case LATEST -> last;
        // The greatest id of the millisecond before.
        case TIMESTAMP ->
            span.millis <= 0
                ? RedisRows.BEFORE_ALL
                : (span.millis - 1) + "-" + Long.toUnsignedString(-1L);
      };
    }

    private void discovered(List<StreamSplit> found, @Nullable Throwable failure) {
      if (failure != null && discovered) {
        // The next time, perhaps; who reads the streams that are known says if the server stays
        // away.
        log.warn(
            "New streams of key pattern '{}' could not be looked for: {}",
            table.pattern(),
            RedisConnection.reason(failure));
        return;
      }
      if (failure != null) {
        throw new IllegalStateException(
            "The streams of key pattern '"
                + table.pattern()
                + "' are not known: "
                + failure.getMessage(),
            failure);
      }
      synchronized (known) {
        discovered = true;
        // One that was begun before the last was noted here finds the same again.
        found.stream().filter(split -> known.add(split.key())).forEach(pending::add);
      }
      assign();
    }

    private void assign() {
      Set<Integer> readers = context.registeredReaders().keySet();
      Map<Integer, List<StreamSplit>> byReader =
          pending.stream().collect(Collectors.groupingBy(this::owner));
      byReader.forEach(
          (reader, splits) -> {
            if (readers.contains(reader)) {
              splits.forEach(split -> context.assignSplit(split, reader));
              pending.removeAll(splits);
            }
          });
      if (discovered && (span.bounded || span.discoveryInterval.isZero())) {
        readers.stream().filter(finished::add).forEach(context::signalNoMoreSplits);
      }
    }

    private int owner(StreamSplit split) {
      return Math.floorMod(split.key().hashCode(), context.currentParallelism());
    }

    @Override
    public void handleSplitRequest(int task, @Nullable String host) {
      // None asks.
    }

    @Override
    public void addSplitsBack(List<StreamSplit> splits, int task) {
      pending.addAll(splits);
      finished.remove(task);
      assign();
    }

    @Override
    public void addReader(int task) {
      finished.remove(task);
      assign();
    }

    @Override
    public Known snapshotState(long checkpoint) {
      return new Known(discovered, known, pending);
    }

    @Override
    public void close() {}
  }
}
