package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.connectors.redis.RedisRows.Entry;
import io.unifiedcatalog.redis.RedisConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.jspecify.annotations.Nullable;

/**
 * Reads streams, from each some entries in one round trip for all of them. It asks again and does
 * not have the server wait for entries: that would hold up everybody else on the connection.
 */
final class StreamSplitReader implements SplitReader<Entry, StreamSplit> {
  /** So many entries are read at once of a stream, and about of all streams of a reader. */
  private static final int PAGE = 1_000;

  private static final int ALL_PAGES = 20_000;
  private static final int SMALLEST_PAGE = 10;

  private final RedisConnection connection;
  private final RedisRows rows;
  private final Duration pollInterval;
  private final Duration patience;
  private final Map<String, StreamSplit> splits = new LinkedHashMap<>();
  private final Object pause = new Object();
  private boolean isWoken;

  /** When the server began to be away, in nanoseconds; null: it answers. */
  private @Nullable Long awaySince;

  /**
   * A reader.
   *
   * @param patience how long a server that went away, or loads, is asked again
   */
  StreamSplitReader(
      RedisConnection connection, RedisRows rows, Duration pollInterval, Duration patience) {
    this.patience = patience;
    this.connection = connection;
    this.rows = rows;
    this.pollInterval = pollInterval;
  }

  @Override
  public RecordsWithSplitIds<Entry> fetch() throws IOException {
    int page = Math.max(SMALLEST_PAGE, Math.min(PAGE, ALL_PAGES / Math.max(1, splits.size())));
    Map<StreamSplit, CompletableFuture<List<Entry>>> asked = new LinkedHashMap<>();
    for (StreamSplit split : splits.values()) {
      asked.put(
          split,
          rows.entries(
              connection.commands(),
              split.key().getBytes(StandardCharsets.UTF_8),
              split.after(),
              split.end(),
              page));
    }
    RecordsBySplits.Builder<Entry> records = new RecordsBySplits.Builder<>();
    boolean isIdle = true;
    boolean isAway = false;
    for (Map.Entry<StreamSplit, CompletableFuture<List<Entry>>> one : asked.entrySet()) {
      StreamSplit split = one.getKey();
      List<Entry> entries = answer(one.getValue());
      if (entries == null) {
        isAway = true;
        continue;
      }
      if (!entries.isEmpty()) {
        isIdle = false;
        records.addAll(split.splitId(), entries);
        String last = entries.get(entries.size() - 1).id();
        splits.put(split.key(), new StreamSplit(split.key(), last, split.end()));
      }
      if (split.end() != null && entries.size() < page) {
        isIdle = false;
        splits.remove(split.key());
        records.addFinishedSplit(split.splitId());
      }
    }
    if (!isAway) {
      awaySince = null;
    }
    if (isIdle) {
      pause();
    }
    return records.build();
  }

  /** Entries; null: the server is away, and is asked again. */
  private @Nullable List<Entry> answer(CompletableFuture<List<Entry>> asked) throws IOException {
    try {
      return Answers.await(asked);
    } catch (IOException e) {
      long now = System.nanoTime();
      if (awaySince == null) {
        awaySince = now;
      }
      if (!RedisConnection.isPassing(e) || now - awaySince > patience.toNanos()) {
        throw e;
      }
      return null;
    }
  }

  private void pause() throws IOException {
    long until = System.nanoTime() + pollInterval.toNanos();
    synchronized (pause) {
      long left = pollInterval.toNanos();
      while (!isWoken && left > 0) {
        try {
          // At least 1: 0 would be for good.
          pause.wait(Math.max(1, left / 1_000_000));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("The reading of streams was interrupted", e);
        }
        left = until - System.nanoTime();
      }
      isWoken = false;
    }
  }

  @Override
  public void handleSplitsChanges(SplitsChange<StreamSplit> change) {
    change.splits().forEach(split -> splits.put(split.key(), split));
  }

  @Override
  public void wakeUp() {
    synchronized (pause) {
      isWoken = true;
      pause.notifyAll();
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
