package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.connectors.redis.RedisWrites.Request;
import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.redis.Texts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows under their keys and deletes them. Rows are sent without waiting for answers; a
 * checkpoint completes only after every row before it was acknowledged. At least once: a row that
 * is written again is written as it was.
 */
final class RedisSink implements Sink<RowData> {
  private static final long serialVersionUID = 1;
  private static final long PAUSE_MILLIS = 100;

  private final RedisAddress address;
  private final RedisWrites writes;
  private final int maxInFlight;
  private final int waitReplicas;

  /**
   * A sink.
   *
   * @param maxInFlight how many rows are sent before an answer is waited for
   * @param waitReplicas how many replicas must have what was written when a flush ends
   */
  RedisSink(RedisAddress address, RedisWrites writes, int maxInFlight, int waitReplicas) {
    this.address = address;
    this.writes = writes;
    this.maxInFlight = maxInFlight;
    this.waitReplicas = waitReplicas;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
    writes.open(context.asSerializationSchemaInitializationContext());
    return new Writer();
  }

  /**
   * A row that was taken back.
   *
   * @param member empty if the key holds one row
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Retraction(byte[] key, byte[] member) {}

  /** What was sent and whose answer has not been looked at. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sent(byte[] key, Request request, CompletableFuture<?> answer) {}

  private final class Writer implements SinkWriter<RowData> {
    private final RedisConnection connection = RedisConnection.open(address);
    private final RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands();

    /** In the order in which it was sent. */
    private final ArrayDeque<Sent> sent = new ArrayDeque<>();

    /** When the server began to be away, in nanoseconds; null: it answers. */
    private @Nullable Long awaySince;

    /**
     * How to delete rows that were taken back, by what they are. The row that takes the place of
     * one most often comes next, and nobody should find it gone meanwhile.
     */
    private final Map<ByteBuffer, Retraction> retractions = new LinkedHashMap<>();

    Writer() throws IOException {}

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
      byte[] key = writes.key(row);
      byte[] member = writes.member(key, row);
      if (!retractions.isEmpty()) {
        retractions.remove(identity(key, member));
      }
      switch (row.getRowKind()) {
        case INSERT, UPDATE_AFTER -> send(key, writes.put(key, member, row));
        case DELETE -> send(key, writes.delete(key, member));
        case UPDATE_BEFORE -> {
          retractions.put(identity(key, member), new Retraction(key, member));
          if (retractions.size() >= maxInFlight) {
            retract();
          }
        }
      }
    }

    private static ByteBuffer identity(byte[] key, byte[] member) {
      return ByteBuffer.allocate(Integer.BYTES + key.length + member.length)
          .putInt(key.length)
          .put(key)
          .put(member)
          .flip();
    }

    /** Deletes what was taken back and not replaced. */
    private void retract() throws IOException, InterruptedException {
      for (Retraction retraction : retractions.values()) {
        send(retraction.key, writes.delete(retraction.key, retraction.member));
      }
      retractions.clear();
    }

    private void send(byte[] key, Request request) throws IOException, InterruptedException {
      settle();
      if (sent.size() >= maxInFlight) {
        // For half of them, so that not every row from now on waits.
        int half = maxInFlight / 2;
        for (Sent one : sent) {
          if (half-- == 0) {
            await(one);
            break;
          }
        }
        settle();
      }
      sent.add(new Sent(key, request, request.send(commands)));
    }

    /** Looks at the answers that are there, in the order in which was sent. */
    private void settle() throws IOException, InterruptedException {
      for (Sent first = sent.peek(); first != null && first.answer.isDone(); first = sent.peek()) {
        Throwable failed = await(first);
        if (failed == null) {
          awaySince = null;
          sent.remove();
        } else {
          sendAgain(first, failed);
        }
      }
    }

    /** The failure of an answer; null: it is one. */
    private @Nullable Throwable await(Sent one) throws InterruptedException {
      try {
        one.answer.get();
        return null;
      } catch (ExecutionException e) {
        return e.getCause() == null ? e : e.getCause();
      }
    }

    /**
     * Sends again what a server that went away has not answered, and in its order all that was sent
     * behind it: what came through meanwhile must not be overwritten by what was before it.
     */
    private void sendAgain(Sent first, Throwable failed) throws IOException, InterruptedException {
      long now = System.nanoTime();
      if (awaySince == null) {
        awaySince = now;
      }
      if (!RedisConnection.isPassing(failed) || now - awaySince > address.timeout().toNanos()) {
        throw new IOException(
            "Key '"
                + Texts.shown(first.key)
                + "' cannot be written: "
                + (RedisRows.isWithoutJson(failed)
                    ? RedisRows.NO_JSON
                    : RedisConnection.reason(failed)),
            failed);
      }
      for (Sent one : sent) {
        await(one);
      }
      // A server that loads would refuse them all again at once.
      Thread.sleep(PAUSE_MILLIS);
      List<Sent> again = List.copyOf(sent);
      sent.clear();
      for (Sent one : again) {
        sent.add(new Sent(one.key, one.request, one.request.send(commands)));
      }
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
      retract();
      while (!sent.isEmpty()) {
        await(sent.element());
        settle();
      }
      if (waitReplicas > 0) {
        awaitReplicas();
      }
    }

    /** By the connections that wrote, as WAIT is for what its own connection has sent. */
    private void awaitReplicas() throws IOException, InterruptedException {
      long patience = address.timeout().toMillis() / 2;
      for (RedisClusterAsyncCommands<byte[], byte[]> node : connection.writers()) {
        long reached;
        try {
          reached = node.waitForReplication(waitReplicas, patience).get();
        } catch (ExecutionException e) {
          throw new IOException(
              "Redis at " + address + " does not answer WAIT: " + RedisConnection.reason(e), e);
        }
        if (reached < waitReplicas) {
          throw new IOException(
              "Of the replicas of Redis at "
                  + address
                  + ", "
                  + reached
                  + " have what was written after "
                  + patience
                  + " ms, and sink.wait-replicas wants "
                  + waitReplicas
                  + ".");
        }
      }
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
