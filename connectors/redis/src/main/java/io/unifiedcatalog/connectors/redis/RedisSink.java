package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
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
  private final @Nullable Duration ttl;

  /**
   * A sink.
   *
   * @param format makes a string of a row of the columns of the value; null: they are texts
   * @param ttl for how long a written key lives; null: for good
   */
  RedisSink(
      RedisAddress address,
      KeyPattern pattern,
      ValueKind kind,
      RowType table,
      @Nullable SerializationSchema<RowData> format,
      int maxInFlight,
      @Nullable Duration ttl) {
    this.address = address;
    this.pattern = pattern;
    this.kind = kind;
    this.names = table.getFieldNames().toArray(new String[0]);
    this.format = format;
    this.maxInFlight = maxInFlight;
    this.ttl = ttl;
    keyColumns = pattern.columns().stream().mapToInt(table.getFieldNames()::indexOf).toArray();
    keyTexts =
        IntStream.of(keyColumns)
            .mapToObj(column -> TextValue.of(table.getTypeAt(column)))
            .toArray(TextValue[]::new);
    valueColumns =
        IntStream.range(0, names.length)
            .filter(column -> IntStream.of(keyColumns).noneMatch(key -> key == column))
            .toArray();
    valueTexts =
        IntStream.of(valueColumns)
            .mapToObj(column -> TextValue.of(table.getTypeAt(column)))
            .toArray(TextValue[]::new);
    valueGetters =
        IntStream.of(valueColumns)
            .mapToObj(column -> RowData.createFieldGetter(table.getTypeAt(column), column))
            .toArray(RowData.FieldGetter[]::new);
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
     * Keys whose row was taken back. The one that takes its place most often comes next, and nobody
     * should find the key gone meanwhile.
     */
    private final Map<ByteBuffer, byte[]> retractions = new LinkedHashMap<>();

    Writer() throws IOException {}

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
      throwFailure();
      byte[] key = key(row);
      retractions.remove(ByteBuffer.wrap(key));
      switch (row.getRowKind()) {
        case INSERT, UPDATE_AFTER -> send(key, () -> put(key, row));
        case DELETE -> delete(key);
        case UPDATE_BEFORE -> {
          retractions.put(ByteBuffer.wrap(key), key);
          if (retractions.size() >= maxInFlight) {
            retract();
          }
        }
      }
    }

    private void delete(byte[] key) throws IOException, InterruptedException {
      send(key, () -> commands.del(key).toCompletableFuture());
    }

    /** Deletes what was retracted and not replaced. */
    private void retract() throws IOException, InterruptedException {
      for (byte[] key : retractions.values()) {
        delete(key);
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

    private CompletableFuture<?> put(byte[] key, RowData row) throws IOException {
      return switch (kind) {
        case STRING -> putString(key, row);
        case HASH -> putHash(key, row);
      };
    }

    private CompletableFuture<?> putString(byte[] key, RowData row) throws IOException {
      byte[] value;
      if (format != null) {
        GenericRowData values = new GenericRowData(valueColumns.length);
        for (int i = 0; i < valueColumns.length; i++) {
          values.setField(i, valueGetters[i].getFieldOrNull(row));
        }
        value = format.serialize(values);
      } else if (row.isNullAt(valueColumns[0])) {
        throw new IOException(
            "Key '"
                + TextValue.shown(key)
                + "', column '"
                + names[valueColumns[0]]
                + "' is NULL, which a string cannot be");
      } else {
        value = Objects.requireNonNull(valueTexts[0]).write(row, valueColumns[0]);
      }
      return (ttl == null
              ? commands.set(key, value)
              : commands.set(key, value, SetArgs.Builder.px(ttl.toMillis())))
          .toCompletableFuture();
    }

    private CompletableFuture<?> putHash(byte[] key, RowData row) throws IOException {
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
        throw new IOException(
            "Key '" + TextValue.shown(key) + "' has only NULLs, and Redis knows no empty hash");
      }
      List<CompletableFuture<?>> answers = new ArrayList<>();
      answers.add(commands.hset(key, fields).toCompletableFuture());
      if (!gone.isEmpty()) {
        answers.add(commands.hdel(key, gone.toArray(byte[][]::new)).toCompletableFuture());
      }
      if (ttl != null) {
        answers.add(commands.pexpire(key, ttl.toMillis()).toCompletableFuture());
      }
      return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
      retract();
      free.acquire(maxInFlight);
      free.release(maxInFlight);
      throwFailure();
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
