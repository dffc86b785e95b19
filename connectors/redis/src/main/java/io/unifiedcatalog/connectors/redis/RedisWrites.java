package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Condition;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.redis.Texts;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** What is sent to Redis to write the rows of a table, and to delete them. */
final class RedisWrites implements Serializable {
  private static final long serialVersionUID = 1;
  private static final byte[] NONE = {};

  /**
   * Writes a hash if it is there, or is not. Arguments: 1 or 0, for how many milliseconds it lives
   * (0: for good), how many fields and values follow, those, and the fields to remove.
   */
  private static final String PUT_HASH_IF =
      """
      if redis.call('EXISTS', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
      local last = 3 + tonumber(ARGV[3])
      redis.call('HSET', KEYS[1], unpack(ARGV, 4, last))
      if #ARGV > last then redis.call('HDEL', KEYS[1], unpack(ARGV, last + 1)) end
      if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
      return 1
      """;

  /** Commands with all that they need, so that they can be sent again. */
  interface Request {
    /** Sends them; the answer fails if one of them does. */
    CompletableFuture<?> send(RedisClusterAsyncCommands<byte[], byte[]> commands);
  }

  private final KeyPattern pattern;
  private final ValueKind kind;
  private final String[] names;
  private final int[] keyColumns;
  private final TextValue[] keyTexts;
  private final int[] valueColumns;
  private final @Nullable TextValue[] valueTexts;
  private final RowData.FieldGetter[] valueGetters;
  private final @Nullable SerializationSchema<RowData> format;
  private final @Nullable Duration ttl;
  private final long maxLength;
  private final Condition condition;

  /** Where a row says, behind its columns, how long it lives, and its entry's id; -1: nowhere. */
  private final int ttlField;

  private final int streamIdField;

  /**
   * What is written.
   *
   * @param format makes a string of a row of the columns of the value; null: they are texts
   * @param ttl for how long a written key lives; null: for good
   * @param maxLength about how many entries of a stream are kept; 0: all
   * @param condition when a string or a hash is written
   * @param metadata what each row has behind its columns: {@link RedisRows#TTL}, which counts in
   *     the place of the other, and {@link RedisRows#STREAM_ID}, both unless they are NULL
   */
  RedisWrites(
      RedisTable table,
      @Nullable SerializationSchema<RowData> format,
      @Nullable Duration ttl,
      long maxLength,
      Condition condition,
      List<String> metadata) {
    this.pattern = table.pattern();
    this.kind = table.kind();
    RowType type = table.type();
    this.names = type.getFieldNames().toArray(new String[0]);
    this.format = format;
    this.ttl = ttl;
    this.maxLength = maxLength;
    this.condition = condition;
    this.ttlField = field(metadata, RedisRows.TTL);
    this.streamIdField = field(metadata, RedisRows.STREAM_ID);
    keyColumns = table.keyColumns();
    keyTexts = TextValue.of(type, keyColumns);
    valueColumns = table.valueColumns();
    valueTexts = TextValue.of(type, valueColumns);
    valueGetters =
        IntStream.of(valueColumns)
            .mapToObj(column -> RowData.createFieldGetter(type.getTypeAt(column), column))
            .toArray(RowData.FieldGetter[]::new);
  }

  private int field(List<String> metadata, String wanted) {
    int at = metadata.indexOf(wanted);
    return at < 0 ? -1 : names.length + at;
  }

  /** To be called once before the first row is written. */
  void open(SerializationSchema.InitializationContext context) throws IOException {
    if (format != null) {
      try {
        format.open(context);
      } catch (Exception e) {
        throw new IOException("The format of the values cannot be opened", e);
      }
    }
  }

  /** The key of a row. */
  byte[] key(RowData row) throws IOException {
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

  /** The element that a row is, in a value of those that are told apart by it; else empty. */
  byte[] member(byte[] key, RowData row) throws IOException {
    return kind.hasMembers() ? element(key, row) : NONE;
  }

  private byte[] element(byte[] key, RowData row) throws IOException {
    if (row.isNullAt(valueColumns[0])) {
      throw isNull(key, 0);
    }
    return Objects.requireNonNull(valueTexts[0]).write(row, valueColumns[0]);
  }

  private IOException isNull(byte[] key, int value) {
    return new IOException(
        "Key '"
            + Texts.shown(key)
            + "', column '"
            + names[valueColumns[value]]
            + "' is NULL, which it cannot be in a "
            + kind);
  }

  /** How a row is deleted. */
  Request delete(byte[] key, byte[] member) {
    return switch (kind) {
      case STRING, HASH, LIST, STREAM, JSON -> commands -> commands.del(key).toCompletableFuture();
      case HASH_ENTRIES -> commands -> commands.hdel(key, member).toCompletableFuture();
      case SET -> commands -> commands.srem(key, member).toCompletableFuture();
      case ZSET -> commands -> commands.zrem(key, member).toCompletableFuture();
    };
  }

  /**
   * How a row is written. The row itself may be used for others afterwards.
   *
   * @throws IOException if it cannot be written; with its key
   */
  Request put(byte[] key, byte[] member, RowData row) throws IOException {
    long millis = millis(key, row);
    return switch (kind) {
      case STRING -> putString(key, string(key, row), millis);
      case JSON -> {
        byte[] document = string(key, row);
        yield living(
            key,
            millis,
            commands ->
                commands.dispatch(
                    CommandType.JSON_SET,
                    new StatusOutput<>(ByteArrayCodec.INSTANCE),
                    new CommandArgs<>(ByteArrayCodec.INSTANCE)
                        .addKey(key)
                        // The root, as every release of the module knows it.
                        .add(".")
                        .addValue(document)));
      }
      case HASH -> putHash(key, row, millis);
      case HASH_ENTRIES -> {
        byte[] value = second(key, row);
        yield living(key, millis, commands -> commands.hset(key, member, value));
      }
      case LIST -> {
        byte[] element = element(key, row);
        yield living(key, millis, commands -> commands.rpush(key, element));
      }
      case SET -> living(key, millis, commands -> commands.sadd(key, member));
      case ZSET -> {
        if (row.isNullAt(valueColumns[1])) {
          throw isNull(key, 1);
        }
        double score = row.getDouble(valueColumns[1]);
        yield living(key, millis, commands -> commands.zadd(key, score, member));
      }
      case STREAM -> putEntry(key, row, millis);
    };
  }

  private byte[] second(byte[] key, RowData row) throws IOException {
    if (row.isNullAt(valueColumns[1])) {
      throw isNull(key, 1);
    }
    return Objects.requireNonNull(valueTexts[1]).write(row, valueColumns[1]);
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
              + Texts.shown(key)
              + "' is to live "
              + millis
              + " ms. Its ttl must be positive, or NULL.");
    }
    return millis;
  }

  /** Has the key live as long as it is to, after commands that do not say so themselves. */
  private static Request living(
      byte[] key,
      long millis,
      Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<?>> write) {
    return commands -> {
      CompletableFuture<?> written = write.apply(commands).toCompletableFuture();
      return millis == 0
          ? written
          : CompletableFuture.allOf(written, commands.pexpire(key, millis).toCompletableFuture());
    };
  }

  private Request putEntry(byte[] key, RowData row, long millis) throws IOException {
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
      return living(key, millis, commands -> commands.xadd(key, arguments, body.toArray()));
    }
    String id = row.getString(streamIdField).toString();
    return living(
        key,
        millis,
        commands ->
            commands
                .xadd(key, arguments.id(id), body.toArray())
                .toCompletableFuture()
                .exceptionallyCompose(failed -> unlessWritten(commands, key, id, body, failed)));
  }

  /** A row that is written again after a failure has an id that is not new. */
  private static CompletableFuture<String> unlessWritten(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      String id,
      List<byte[]> body,
      Throwable failed) {
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
        "Key '" + Texts.shown(key) + "' has only NULLs, and Redis knows no empty hash or entry");
  }

  /** The string, or the document, that a row is. */
  private byte[] string(byte[] key, RowData row) throws IOException {
    if (format != null) {
      GenericRowData values = new GenericRowData(valueColumns.length);
      for (int i = 0; i < valueColumns.length; i++) {
        values.setField(i, valueGetters[i].getFieldOrNull(row));
      }
      return format.serialize(values);
    }
    if (row.isNullAt(valueColumns[0])) {
      throw isNull(key, 0);
    }
    return Objects.requireNonNull(valueTexts[0]).write(row, valueColumns[0]);
  }

  private Request putString(byte[] key, byte[] value, long millis) {
    SetArgs arguments = new SetArgs();
    switch (condition) {
      case ALWAYS -> {}
      case ABSENT -> arguments.nx();
      case PRESENT -> arguments.xx();
    }
    if (millis > 0) {
      arguments.px(millis);
    }
    return commands -> commands.set(key, value, arguments).toCompletableFuture();
  }

  private Request putHash(byte[] key, RowData row, long millis) throws IOException {
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
    if (condition != Condition.ALWAYS) {
      return putHashIf(key, fields, gone, millis);
    }
    Request write = living(key, millis, commands -> commands.hset(key, fields));
    byte[][] removed = gone.toArray(byte[][]::new);
    return removed.length == 0
        ? write
        : commands ->
            CompletableFuture.allOf(
                write.send(commands), commands.hdel(key, removed).toCompletableFuture());
  }

  /** In one step, as somebody else could make the key, or remove it, between two. */
  private Request putHashIf(
      byte[] key, Map<byte[], byte[]> fields, List<byte[]> gone, long millis) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(bytes(condition == Condition.PRESENT ? 1 : 0));
    arguments.add(bytes(millis));
    arguments.add(bytes(2L * fields.size()));
    fields.forEach(
        (field, value) -> {
          arguments.add(field);
          arguments.add(value);
        });
    arguments.addAll(gone);
    return commands ->
        commands
            .eval(
                PUT_HASH_IF,
                ScriptOutputType.INTEGER,
                new byte[][] {key},
                arguments.toArray(byte[][]::new))
            .toCompletableFuture();
  }

  private static byte[] bytes(long number) {
    return String.valueOf(number).getBytes(StandardCharsets.UTF_8);
  }
}
