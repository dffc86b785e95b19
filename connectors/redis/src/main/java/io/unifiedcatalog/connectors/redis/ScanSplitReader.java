package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.redis.RedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads splits one after the other: a SCAN, and the values of its keys in one round trip. Redis may
 * give a key more than once; so the keys of a split are remembered while it is read.
 */
final class ScanSplitReader implements SplitReader<RowData, ScanSplit> {
  private static final Pattern RUN = Pattern.compile("(?m)^run_id:(\\w+)");

  private final RedisConnection connection;
  private final ScanArgs arguments;
  private final RedisRows rows;
  private final byte @Nullable [] key;
  private final long limit;
  private final Deque<ScanSplit> splits = new ArrayDeque<>();
  private final Set<ByteBuffer> seen = new HashSet<>();
  private @Nullable ScanCursor cursor;

  /** Which server is scanned, by its own name for one run of it; null: it does not say. */
  private @Nullable String run;

  private long read;

  ScanSplitReader(
      RedisTable table, RedisRows rows, int scanCount, @Nullable String key, long limit) {
    try {
      this.connection = RedisConnection.open(table.address());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    this.rows = rows;
    this.key = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    this.limit = limit;
    this.arguments =
        ScanArgs.Builder.limit(scanCount)
            .match(table.pattern().glob().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public RecordsWithSplitIds<RowData> fetch() throws IOException {
    RecordsBySplits.Builder<RowData> records = new RecordsBySplits.Builder<>();
    ScanSplit split = splits.peek();
    if (split == null) {
      return records.build();
    }
    List<CompletableFuture<List<RowData>>> asked = new ArrayList<>();
    boolean finished = true;
    if (key != null) {
      asked.add(rows.read(connection.commands(), key));
    } else {
      RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands(split.node());
      if (cursor == null) {
        run = run(commands);
      }
      KeyScanCursor<byte[]> found =
          Answers.await(
              (cursor == null ? commands.scan(arguments) : commands.scan(cursor, arguments))
                  .toCompletableFuture());
      for (byte[] one : found.getKeys()) {
        if (seen.add(ByteBuffer.wrap(one))) {
          asked.add(rows.read(commands, one));
        }
      }
      cursor = found;
      finished = found.isFinished();
      if (finished && run != null && !run.equals(run(commands))) {
        throw new IOException(
            "Redis was restarted, or replaced by a replica, while its keys were scanned: some may"
                + " have been missed. The scan must begin again.");
      }
    }
    for (CompletableFuture<List<RowData>> one : asked) {
      for (RowData row : Answers.await(one)) {
        if (limit < 0 || read < limit) {
          records.add(split.splitId(), row);
          read++;
        }
      }
    }
    if (finished || (limit >= 0 && read >= limit)) {
      splits.remove();
      cursor = null;
      read = 0;
      seen.clear();
      records.addFinishedSplit(split.splitId());
    }
    return records.build();
  }

  /** A cursor is worth nothing to another server, nor to the same one after a restart. */
  private static @Nullable String run(RedisClusterAsyncCommands<byte[], byte[]> commands)
      throws IOException {
    try {
      Matcher run = RUN.matcher(Answers.await(commands.info("server").toCompletableFuture()));
      return run.find() ? run.group(1) : null;
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).startsWith("NOPERM")) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public void handleSplitsChanges(SplitsChange<ScanSplit> change) {
    splits.addAll(change.splits());
  }

  @Override
  public void wakeUp() {
    // No call waits longer than the command's timeout.
  }

  @Override
  public void close() {
    connection.close();
  }
}
