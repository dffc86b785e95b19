package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.Range;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows under their keys and deletes them. Rows are sent without waiting for answers; a
 * checkpoint completes only after every row before it was acknowledged. At least once: a row that
 * is written again is written as it was.
 */
final class RedisSink implements Sink<RowData> {
  private static final long serialVersionUID = 1;
  private static final byte[] NONE = {};

  private final RedisAddress address;
  private final KeyPattern pattern;
  private final ValueKind kind;
  private final String[] names;
  private final int[] keyColumns;
  private final TextValue[] keyTexts;
  private final int[] valueColumns;
  private final @Nullable TextValue[] valueTexts;
  private final RowData.FieldGetter[] valueGetters;
  private final @Nullable SerializationSchema<RowData> format;
  private final int maxInFlight;
  private final int waitReplicas;
  private final @Nullable Duration ttl;
  private final long maxLength;

  /**
   * Where a row says, behind its columns, how long it lives, and the id of its entry; -1: it does
   * not.
   */
  private final int ttlField;

  private final int streamIdField;

  /**
   * A sink.
   *
   * @param format makes a string of a row of the columns of the value; null: they are texts
   * @param waitReplicas how many replicas must have what was written when a flush ends
   * @param ttl for how long a written key lives; null: for good
   * @param maxLength about how many entries of a stream are kept; 0: all
   * @param metadata what each row has behind its columns: {@link RedisRows#TTL}, which counts in
   *     the place of the other, and {@link RedisRows#STREAM_ID}, both unless they are NULL
   */
  RedisSink(
      RedisAddress address,
      KeyPattern pattern,
      ValueKind kind,
      RowType table,
      @Nullable SerializationSchema<RowData> format,
      int maxInFlight,
      int waitReplicas,
      @Nullable Duration ttl,
      long maxLength,
      List<String> metadata) {
    this.address = address;
    this.pattern = pattern;
    this.kind = kind;
    this.names = table.getFieldNames().toArray(new String[0]);
    this.format = format;
    this.maxInFlight = maxInFlight;
    this.waitReplicas = waitReplicas;
    this.ttl = ttl;
    this.maxLength = maxLength;
    this.ttlField = field(metadata, RedisRows.TTL);
    this.streamIdField = field(metadata, RedisRows.STREAM_ID);
    keyColumns = TableColumns.ofKey(pattern, table);
    keyTexts = TextValue.of(table, keyColumns);
    valueColumns = TableColumns.ofValue(pattern, table);
    valueTexts = TextValue.of(table, valueColumns);
    valueGetters =
        IntStream.of(valueColumns)
            .mapToObj(column -> RowData.createFieldGetter(table.getTypeAt(column), column))
            .toArray(RowData.FieldGetter[]::new);
  }

  private int field(List<String> metadata, String wanted) {
    int at = metadata.indexOf(wanted);
    return at < 0 ? -1 : names.length + at;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
    if (format != null) {
      try {
        format.open(context.asSerializationSchemaInitializationContext());
      } catch (Exception e) {
        throw new IOException("The format of the values cannot be opened", e);
      }
    }
    return new Writer();
  }

  /**
   * A row that was taken back.
   *
   * @param member empty if the key holds one row
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Retraction(byte[] key, byte[] member) {}

  /** Sends a command, or fails before it does. */
  private interface Request {
    CompletableFuture<?> send() throws IOException;
  }

  private final class Writer implements SinkWriter<RowData> {
    private final RedisConnection connection = RedisConnection.open(address);
    private final RedisClusterAsyncCommands<byte[], byte[]> commands = connection.commands();
    private final Semaphore free = new Semaphore(maxInFlight);
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();

    /**
     * How to delete rows that were taken back, by what they are. The row that takes the place of
     * one most often comes next, and nobody should find it gone meanwhile.
     */
    private final Map<ByteBuffer, Retraction> retractions = new LinkedHashMap<>();

    Writer() throws IOException {}

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
      throwFailure();
      byte[] key = key(row);
      byte[] member = kind.hasMembers() ? member(key, row) : NONE;
      if (!retractions.isEmpty()) {
        retractions.remove(identity(key, member));
      }
      switch (row.getRowKind()) {
        case INSERT, UPDATE_AFTER -> send(key, () -> put(key, member, row));
        case DELETE -> delete(key, member);
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

    private void delete(byte[] key, byte[] member) throws IOException, InterruptedException {
      send(
          key,
          () ->
              switch (kind) {
                case STRING, HASH, LIST, STREAM -> commands.del(key).toCompletableFuture();
                case HASH_ENTRIES -> commands.hdel(key, member).toCompletableFuture();
                case SET -> commands.srem(key, member).toCompletableFuture();
                case ZSET -> commands.zrem(key, member).toCompletableFuture();
              });
    }

    /** Deletes what was taken back and not replaced. */
    private void retract() throws IOException, InterruptedException {
      for (Retraction retraction : retractions.values()) {
        delete(retraction.key, retraction.member);
      }
      retractions.clear();
    }

    private void send(byte[] key, Request request) throws IOException, InterruptedException {
      free.acquire();
      CompletableFuture<?> answer;
      try {
        answer = request.send();
      } catch (IOException | RuntimeException e) {
        free.release();
        throw e;
      }
      var unused =
          answer.whenComplete(
              (done, failed) -> {
                if (failed != null) {
                  failure.compareAndSet(
                      null,
                      new IOException(
                          "Key '"
                              + TextValue.shown(key)
                              + "' cannot be written: "
                              + RedisConnection.reason(failed),
                          failed));
                }
                free.release();
              });
    }

    private void throwFailure() throws IOException {
      IOException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
    }

    private byte[] key(RowData row) throws IOException {
      String[] values = new String[keyColumns.length];
      for (int i = 0; i < keyColumns.length; i++) {
        if (row.isNullAt(keyColumns[i])) {
          throw new IOException(
              "Column '" + names[keyColumns[i]] + "' is NULL, and is part of the key");
        }
        values[i] = new String(keyTexts[i].write(row, keyColumns[i]), StandardCharsets.UTF_8);
      }
      try {
        return pattern.key(values).getBytes(StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw new IOException("A row cannot be written: " + e.getMessage(), e);
      }
    }

    /** The element that a row is of a value of many. */
    private byte[] member(byte[] key, RowData row) throws IOException {
      if (row.isNullAt(valueColumns[0])) {
        throw isNull(key, 0);
      }
      return Objects.requireNonNull(valueTexts[0]).write(row, valueColumns[0]);
    }

    private IOException isNull(byte[] key, int value) {
      return new IOException(
          "Key '"
              + TextValue.shown(key)
              + "', column '"
              + names[valueColumns[value]]
              + "' is NULL, which it cannot be in a "
              + kind);
    }

    private CompletableFuture<?> put(byte[] key, byte[] member, RowData row) throws IOException {
      // Before anything is sent.
      long millis = millis(key, row);
      return switch (kind) {
        case STRING -> putString(key, row, millis);
        case HASH -> putHash(key, row, millis);
        case HASH_ENTRIES -> {
          if (row.isNullAt(valueColumns[1])) {
            throw isNull(key, 1);
          }
          byte[] value = Objects.requireNonNull(valueTexts[1]).write(row, valueColumns[1]);
          yield living(key, millis, commands.hset(key, member, value));
        }
        case LIST -> living(key, millis, commands.rpush(key, member(key, row)));
        case SET -> living(key, millis, commands.sadd(key, member));
        case ZSET -> {
          if (row.isNullAt(valueColumns[1])) {
            throw isNull(key, 1);
          }
          yield living(key, millis, commands.zadd(key, row.getDouble(valueColumns[1]), member));
        }
        case STREAM -> putEntry(key, row, millis);
      };
    }

    /** For how long a row's key is to live, in milliseconds; 0: for good. */
    private long millis(byte[] key, RowData row) throws IOException {
      if (ttlField < 0 || row.isNullAt(ttlField)) {
        return ttl == null ? 0 : ttl.toMillis();
      }
      long millis = row.getLong(ttlField);
      if (millis <= 0) {
        throw new IOException(
            "Key '"
                + TextValue.shown(key)
                + "' is to live "
                + millis
                + " ms. Its ttl must be positive, or NULL.");
      }
      return millis;
    }

    /** Has the key live as long as it is to, after a command that does not say so itself. */
    private CompletableFuture<?> living(byte[] key, long millis, RedisFuture<?> written) {
      return living(key, millis, written.toCompletableFuture());
    }

    private CompletableFuture<?> living(byte[] key, long millis, CompletableFuture<?> written) {
      return millis == 0
          ? written
          : CompletableFuture.allOf(written, commands.pexpire(key, millis).toCompletableFuture());
    }

    private CompletableFuture<?> putEntry(byte[] key, RowData row, long millis) throws IOException {
      List<byte[]> body = new ArrayList<>();
      for (int i = 0; i < valueColumns.length; i++) {
        if (!row.isNullAt(valueColumns[i])) {
          body.add(names[valueColumns[i]].getBytes(StandardCharsets.UTF_8));
          body.add(Objects.requireNonNull(valueTexts[i]).write(row, valueColumns[i]));
        }
      }
      if (body.isEmpty()) {
        throw onlyNulls(key);
      }
      XAddArgs arguments = new XAddArgs();
      if (maxLength > 0) {
        arguments.maxlen(maxLength).approximateTrimming();
      }
      if (streamIdField < 0 || row.isNullAt(streamIdField)) {
        return living(key, millis, commands.xadd(key, arguments, body.toArray()));
      }
      String id = row.getString(streamIdField).toString();
      return living(
          key,
          millis,
          commands
              .xadd(key, arguments.id(id), body.toArray())
              .toCompletableFuture()
              .exceptionallyCompose(failed -> unlessWritten(key, id, body, failed)));
    }

    /** A row that is written again after a failure has an id that is not new. */
    private CompletableFuture<String> unlessWritten(
        byte[] key, String id, List<byte[]> body, Throwable failed) {
      if (!RedisConnection.reason(failed).contains("equal or smaller than")) {
        return CompletableFuture.failedFuture(failed);
      }
      return commands
          .xrange(key, Range.create(id, id))
          .toCompletableFuture()
          .thenCompose(
              there ->
                  there.size() == 1 && isSame(there.get(0), body)
                      ? CompletableFuture.completedFuture(id)
                      : CompletableFuture.failedFuture(failed));
    }

    private static boolean isSame(StreamMessage<byte[], byte[]> message, List<byte[]> body) {
      Iterator<byte[]> wanted = body.iterator();
      for (Map.Entry<byte[], byte[]> field : message.getBody().entrySet()) {
        if (!wanted.hasNext()
            || !Arrays.equals(field.getKey(), wanted.next())
            || !Arrays.equals(field.getValue(), wanted.next())) {
          return false;
        }
      }
      return !wanted.hasNext();
    }

    private static IOException onlyNulls(byte[] key) {
      return new IOException(
          "Key '"
              + TextValue.shown(key)
              + "' has only NULLs, and Redis knows no empty hash or entry");
    }

    private CompletableFuture<?> putString(byte[] key, RowData row, long millis)
        throws IOException {
      byte[] value;
      if (format != null) {
        GenericRowData values = new GenericRowData(valueColumns.length);
        for (int i = 0; i < valueColumns.length; i++) {
          values.setField(i, valueGetters[i].getFieldOrNull(row));
        }
        value = format.serialize(values);
      } else if (row.isNullAt(valueColumns[0])) {
        throw isNull(key, 0);
      } else {
        value = Objects.requireNonNull(valueTexts[0]).write(row, valueColumns[0]);
      }
      return (millis == 0
              ? commands.set(key, value)
              : commands.set(key, value, SetArgs.Builder.px(millis)))
          .toCompletableFuture();
    }

    private CompletableFuture<?> putHash(byte[] key, RowData row, long millis) throws IOException {
      IdentityHashMap<byte[], byte[]> fields = new IdentityHashMap<>();
      List<byte[]> gone = new ArrayList<>();
      for (int i = 0; i < valueColumns.length; i++) {
        byte[] field = names[valueColumns[i]].getBytes(StandardCharsets.UTF_8);
        if (row.isNullAt(valueColumns[i])) {
          gone.add(field);
        } else {
          fields.put(field, Objects.requireNonNull(valueTexts[i]).write(row, valueColumns[i]));
        }
      }
      if (fields.isEmpty()) {
        throw onlyNulls(key);
      }
      CompletableFuture<?> written = living(key, millis, commands.hset(key, fields));
      return gone.isEmpty()
          ? written
          : CompletableFuture.allOf(
              written, commands.hdel(key, gone.toArray(byte[][]::new)).toCompletableFuture());
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
      retract();
      free.acquire(maxInFlight);
      free.release(maxInFlight);
      throwFailure();
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
