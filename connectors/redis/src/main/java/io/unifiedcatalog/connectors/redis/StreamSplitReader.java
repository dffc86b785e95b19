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

/**
 * Reads streams, from each some entries in one round trip for all of them. It asks again and does
 * not have the server wait for entries: that would hold up everybody else on the connection.
 */
final class StreamSplitReader implements SplitReader<Entry, StreamSplit> {
  /** So many entries of a stream are read at once. */
  private static final int PAGE = 1_000;

  private final RedisConnection connection;
  private final RedisRows rows;
  private final Duration pollInterval;
  private final Map<String, StreamSplit> splits = new LinkedHashMap<>();
  private final Object pause = new Object();
  private boolean isWoken;

  StreamSplitReader(RedisConnection connection, RedisRows rows, Duration pollInterval) {
    this.connection = connection;
    this.rows = rows;
    this.pollInterval = pollInterval;
  }

  @Override
  public RecordsWithSplitIds<Entry> fetch() throws IOException {
    Map<StreamSplit, CompletableFuture<List<Entry>>> asked = new LinkedHashMap<>();
    for (StreamSplit split : splits.values()) {
      asked.put(
          split,
          rows.entries(
              connection.commands(),
              split.key().getBytes(StandardCharsets.UTF_8),
              split.after(),
              split.end(),
              PAGE));
    }
    RecordsBySplits.Builder<Entry> records = new RecordsBySplits.Builder<>();
    boolean isIdle = true;
    for (Map.Entry<StreamSplit, CompletableFuture<List<Entry>>> one : asked.entrySet()) {
      StreamSplit split = one.getKey();
      List<Entry> entries = Answers.await(one.getValue());
      if (!entries.isEmpty()) {
        isIdle = false;
        records.addAll(split.splitId(), entries);
        String last = entries.get(entries.size() - 1).id();
        splits.put(split.key(), new StreamSplit(split.key(), last, split.end()));
      }
      if (split.end() != null && entries.size() < PAGE) {
        isIdle = false;
        splits.remove(split.key());
        records.addFinishedSplit(split.splitId());
      }
    }
    if (isIdle) {
      pause();
    }
    return records.build();
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
