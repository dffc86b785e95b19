package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.Value;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Misfit;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.redis.Texts;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.UserCodeClassLoader;
import org.jspecify.annotations.Nullable;

/** Reads some columns of a table's rows by their keys. */
final class RedisRows implements Serializable {
  private static final long serialVersionUID = 1;

  /** The key itself, as a text. */
  static final String KEY = "key";

  /** For how long the key lives yet, in milliseconds; null: for good. */
  static final String TTL = "ttl";

  /** What the key holds, in Redis' words. */
  static final String TYPE = "type";

  /** How many bytes the key takes of the server's memory, as far as the server knows. */
  static final String MEMORY = "memory";

  /** The id of a stream's entry. */
  static final String STREAM_ID = "stream-id";

  /** The time in the id of a stream's entry. */
  static final String TIMESTAMP = "timestamp";

  /** Before the first entry of a stream. */
  static final String BEFORE_ALL = "0-0";

  static final String NO_JSON =
      "the server has no JSON: it is Redis' from release 8 on, and before it the module RedisJSON";

  /** So many elements are asked for at once. */
  private static final int PAGE = 1_000;

  private final KeyPattern pattern;
  private final ValueKind kind;
  private final Misfit misfit;
  private final int maxElements;

  /** A key of more bytes is refused; 0: none. */
  private final long maxMemory;

  private final String[] names;

  /** Of each column in the key, in the pattern's order. */
  private final TextValue[] keyTexts;

  /** Where each column of the key goes in a row; -1: nowhere. */
  private final int[] keyTargets;

  /** The columns of the value that are read, by their number in the table. */
  private final int[] valueColumns;

  /** Where they go in a row. */
  private final int[] valueTargets;

  private final @Nullable TextValue[] valueTexts;
  private final byte[][] hashFields;

  /** Makes each of them of a row that the format made. */
  private final RowData.FieldGetter[] formatGetters;

  /** Which of them is what an element has beside itself, as its score; -1: it is not read. */
  private final int secondColumn;

  /** Which of them tells an element from the others of its key; -1: none, or it is not read. */
  private final int memberColumn;

  private final @Nullable DeserializationSchema<RowData> format;
  private final int width;

  /** Where what is metadata goes in a row; -1: nowhere. */
  private final int keyTarget;

  private final int ttlTarget;
  private final int typeTarget;
  private final int memoryTarget;
  private final int streamIdTarget;
  private final int timestampTarget;

  /**
   * What is refused.
   *
   * @param misfit what becomes of a value that does not fit
   * @param maxElements a value of more is refused
   * @param maxMemory a key that takes more bytes of the server's memory is refused; 0: none
   */
  record Limits(Misfit misfit, int maxElements, long maxMemory) {}

  /**
   * A reader.
   *
   * @param columns those that a row has, by their number in the table, in its order
   * @param metadata what else a row has, behind them, by the names that are constants here
   * @param format makes a row of all columns of the value; null: they are texts
   */
  RedisRows(
      RedisTable table,
      Limits limits,
      int[] columns,
      List<String> metadata,
      @Nullable DeserializationSchema<RowData> format) {
    this.maxElements = limits.maxElements;
    this.maxMemory = limits.maxMemory;
    this.misfit = limits.misfit;
    this.pattern = table.pattern();
    this.kind = table.kind();
    RowType type = table.type();
    this.names = type.getFieldNames().toArray(new String[0]);
    this.format = format;
    this.width = columns.length + metadata.size();
    this.keyTarget = target(columns.length, metadata, KEY);
    this.ttlTarget = target(columns.length, metadata, TTL);
    this.typeTarget = target(columns.length, metadata, TYPE);
    this.memoryTarget = target(columns.length, metadata, MEMORY);
    this.streamIdTarget = target(columns.length, metadata, STREAM_ID);
    this.timestampTarget = target(columns.length, metadata, TIMESTAMP);
    List<Integer> output = Arrays.stream(columns).boxed().toList();
    int[] keyColumns = table.keyColumns();
    keyTexts = TextValue.of(type, keyColumns);
    keyTargets = Arrays.stream(keyColumns).map(output::indexOf).toArray();
    int[] allOfValue = table.valueColumns();
    valueColumns = Arrays.stream(allOfValue).filter(output::contains).toArray();
    valueTargets = Arrays.stream(valueColumns).map(output::indexOf).toArray();
    valueTexts = TextValue.of(type, valueColumns);
    hashFields =
        Arrays.stream(valueColumns)
            .mapToObj(column -> names[column].getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    List<Integer> ofValue = Arrays.stream(allOfValue).boxed().toList();
    formatGetters =
        Arrays.stream(valueColumns)
            .mapToObj(
                column ->
                    RowData.createFieldGetter(type.getTypeAt(column), ofValue.indexOf(column)))
            .toArray(RowData.FieldGetter[]::new);
    memberColumn = kind.hasMembers() ? indexOf(valueColumns, allOfValue[0]) : -1;
    secondColumn =
        kind == ValueKind.ZSET || kind == ValueKind.HASH_ENTRIES
            ? indexOf(valueColumns, allOfValue[1])
            : -1;
  }

  private static int indexOf(int[] columns, int column) {
    return IntStream.range(0, columns.length)
        .filter(i -> columns[i] == column)
        .findFirst()
        .orElse(-1);
  }

  private static int target(int columns, List<String> metadata, String wanted) {
    int at = metadata.indexOf(wanted);
    return at < 0 ? -1 : columns + at;
  }

  /** To be called once before the first row is read. */
  void open(MetricGroup metrics, UserCodeClassLoader classLoader) throws Exception {
    if (format != null) {
      format.open(
          new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
              return metrics;
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
              return classLoader;
            }
          });
    }
  }

  /**
   * Asks for the rows of a key: none if it is there no more; one, or one for each element of a
   * value of many. Fails with an exception whose message names the key.
   */
  CompletableFuture<List<RowData>> read(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
    CompletableFuture<List<RowData>> rows =
        maxMemory == 0
            ? readValue(commands, key)
            : commands
                .memoryUsage(key)
                .toCompletableFuture()
                .thenCompose(
                    bytes -> {
                      requireSmall(key, bytes);
                      return readValue(commands, key);
                    });
    return named(key, withMetadata(commands, key, rows), List.of());
  }

  private CompletableFuture<List<RowData>> readValue(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
    return switch (kind) {
      case STRING ->
          commands
              .get(key)
              .toCompletableFuture()
              .thenApply(value -> value == null ? List.of() : one(ofString(key, value)));
      case HASH -> readHash(commands, key);
      case HASH_ENTRIES -> readEntries(commands, key, ScanCursor.INITIAL, new LinkedHashMap<>());
      case LIST -> readList(commands, key, new ArrayList<>());
      case SET -> readSet(commands, key, ScanCursor.INITIAL, new ArrayList<>());
      case ZSET -> readSortedSet(commands, key, ScanCursor.INITIAL, new ArrayList<>());
      case STREAM -> readStream(commands, key, BEFORE_ALL, new ArrayList<>());
      case JSON ->
          commands
              .dispatch(
                  CommandType.JSON_GET,
                  new ValueOutput<>(ByteArrayCodec.INSTANCE),
                  new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(key))
              .toCompletableFuture()
              .thenApply(value -> value == null ? List.of() : one(ofString(key, value)));
    };
  }

  private void requireSmall(byte[] key, @Nullable Long bytes) {
    if (bytes != null && bytes > maxMemory) {
      throw new MisfitException(
          "Key '"
              + Texts.shown(key)
              + "' takes "
              + bytes
              + " bytes of the server's memory, and value.max-memory allows "
              + maxMemory
              + ". Raise it if there is memory for such a value, or narrow key-pattern.",
          null);
    }
  }

  /**
   * An entry of a stream.
   *
   * @param row null: its key or its value is none of the table's, and that is no failure
   */
  record Entry(String id, @Nullable RowData row) {
    /** The time in the id, in milliseconds since 1970. */
    long millis() {
      return Long.parseLong(id.substring(0, id.indexOf('-')));
    }
  }

  /**
   * Asks for entries of a stream, as {@link #read} does for rows.
   *
   * @param after the id of the last that was read
   * @param end the id of the last that is wanted; null: there is none
   * @param count how many at most
   */
  CompletableFuture<List<Entry>> entries(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      String after,
      @Nullable String end,
      int count) {
    CompletableFuture<List<Entry>> entries =
        messages(commands, key, after, end, count)
            .thenApply(
                messages -> {
                  GenericRowData ofKey = messages.isEmpty() ? null : ofKey(key);
                  return messages.stream()
                      .map(
                          message ->
                              new Entry(
                                  message.getId(),
                                  ofKey == null ? null : ofMessage(key, ofKey, message)))
                      .toList();
                });
    // What is metadata of the key is the same for all of them.
    if (ttlTarget >= 0 || memoryTarget >= 0) {
      entries =
          entries.thenCompose(
              read ->
                  withMetadata(
                          commands,
                          key,
                          CompletableFuture.completedFuture(
                              read.stream().map(Entry::row).filter(Objects::nonNull).toList()))
                      .thenApply(rows -> read));
    }
    return named(key, entries, List.of());
  }

  @SuppressWarnings("unchecked") // an array of one stream
  private static CompletableFuture<List<StreamMessage<byte[], byte[]>>> messages(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      String after,
      @Nullable String end,
      int count) {
    return (end == null
            ? commands.xread(
                XReadArgs.Builder.count(count), XReadArgs.StreamOffset.from(key, after))
            : commands.xrange(
                key,
                Range.from(Range.Boundary.excluding(after), Range.Boundary.including(end)),
                Limit.create(0, count)))
        .toCompletableFuture();
  }

  private CompletableFuture<List<RowData>> readStream(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      String after,
      List<RowData> before) {
    return messages(commands, key, after, null, PAGE)
        .thenCompose(
            page -> {
              GenericRowData ofKey = page.isEmpty() ? null : ofKey(key);
              if (ofKey == null) {
                return CompletableFuture.completedFuture(before);
              }
              page.forEach(message -> before.add(ofMessage(key, ofKey, message)));
              requireFew(key, before.size());
              return page.size() < PAGE
                  ? CompletableFuture.completedFuture(before)
                  : readStream(commands, key, page.get(page.size() - 1).getId(), before);
            });
  }

  private RowData ofMessage(
      byte[] key, GenericRowData ofKey, StreamMessage<byte[], byte[]> message) {
    GenericRowData row = copy(ofKey);
    Map<ByteBuffer, byte[]> fields = new HashMap<>();
    message.getBody().forEach((field, value) -> fields.put(ByteBuffer.wrap(field), value));
    for (int i = 0; i < valueColumns.length; i++) {
      byte[] value = fields.get(ByteBuffer.wrap(hashFields[i]));
      row.setField(valueTargets[i], value == null ? null : text(key, i, value));
    }
    if (streamIdTarget >= 0) {
      row.setField(streamIdTarget, StringData.fromString(message.getId()));
    }
    if (timestampTarget >= 0) {
      long millis = new Entry(message.getId(), null).millis();
      row.setField(timestampTarget, TimestampData.fromEpochMillis(millis));
    }
    return row;
  }

  private GenericRowData copy(GenericRowData ofKey) {
    GenericRowData row = new GenericRowData(width);
    for (int field = 0; field < width; field++) {
      row.setField(field, ofKey.getField(field));
    }
    return row;
  }

  /** Sets what of a key is metadata, and is asked for beside its value. */
  private CompletableFuture<List<RowData>> withMetadata(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      CompletableFuture<List<RowData>> rows) {
    CompletableFuture<List<RowData>> all = rows;
    if (ttlTarget >= 0) {
      all = set(all, ttlTarget, commands.pttl(key), millis -> millis < 0 ? null : millis);
    }
    if (memoryTarget >= 0) {
      all = set(all, memoryTarget, commands.memoryUsage(key), bytes -> bytes);
    }
    return all;
  }

  private static <T> CompletableFuture<List<RowData>> set(
      CompletableFuture<List<RowData>> rows,
      int target,
      RedisFuture<T> answer,
      Function<T, @Nullable Object> value) {
    return rows.thenCombine(
        answer.toCompletableFuture(),
        (made, answered) -> {
          Object set = answered == null ? null : value.apply(answered);
          made.forEach(row -> ((GenericRowData) row).setField(target, set));
          return made;
        });
  }

  /** Has a failure name the key, or be none if it is a value of another kind and that is fine. */
  private <T> CompletableFuture<T> named(byte[] key, CompletableFuture<T> answer, T otherKind) {
    return answer.handle(
        (made, failure) -> {
          if (failure == null) {
            return made;
          }
          Throwable cause =
              failure instanceof CompletionException && failure.getCause() != null
                  ? failure.getCause()
                  : failure;
          if (misfit == Misfit.NULL && isWrongType(cause)) {
            return otherKind;
          }
          throw new CompletionException(
              cause instanceof MisfitException
                  ? cause
                  : new IOException(
                      "Key '" + Texts.shown(key) + "' cannot be read: " + reason(cause), cause));
        });
  }

  private static List<RowData> one(@Nullable RowData row) {
    return row == null ? List.of() : List.of(row);
  }

  private CompletableFuture<List<RowData>> readList(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key, List<byte[]> before) {
    return commands
        .lrange(key, before.size(), before.size() + PAGE - 1L)
        .toCompletableFuture()
        .thenCompose(
            page -> {
              before.addAll(page);
              requireFew(key, before.size());
              return page.size() < PAGE
                  ? CompletableFuture.completedFuture(ofElements(key, before, List.of()))
                  : readList(commands, key, before);
            });
  }

  private CompletableFuture<List<RowData>> readEntries(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      ScanCursor cursor,
      Map<ByteBuffer, Map.Entry<byte[], byte[]>> before) {
    return commands
        .hscan(key, cursor, ScanArgs.Builder.limit(PAGE))
        .toCompletableFuture()
        .thenCompose(
            page -> {
              // The last that is told of a field counts.
              page.getMap()
                  .forEach(
                      (field, value) ->
                          before.put(ByteBuffer.wrap(field), Map.entry(field, value)));
              requireFew(key, before.size());
              return page.isFinished()
                  ? CompletableFuture.completedFuture(
                      ofElements(
                          key,
                          before.values().stream().map(Map.Entry::getKey).toList(),
                          before.values().stream().map(Map.Entry::getValue).toList()))
                  : readEntries(commands, key, page, before);
            });
  }

  private CompletableFuture<List<RowData>> readSet(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      ScanCursor cursor,
      List<byte[]> before) {
    return commands
        .sscan(key, cursor, ScanArgs.Builder.limit(PAGE))
        .toCompletableFuture()
        .thenCompose(
            page -> {
              before.addAll(page.getValues());
              requireFew(key, before.size());
              return page.isFinished()
                  ? CompletableFuture.completedFuture(ofElements(key, distinct(before), List.of()))
                  : readSet(commands, key, page, before);
            });
  }

  private CompletableFuture<List<RowData>> readSortedSet(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      ScanCursor cursor,
      List<ScoredValue<byte[]>> before) {
    return commands
        .zscan(key, cursor, ScanArgs.Builder.limit(PAGE))
        .toCompletableFuture()
        .thenCompose(
            page -> {
              before.addAll(page.getValues());
              requireFew(key, before.size());
              if (!page.isFinished()) {
                return readSortedSet(commands, key, page, before);
              }
              // The last that is told of a member counts.
              Map<ByteBuffer, ScoredValue<byte[]>> members = new LinkedHashMap<>();
              before.forEach(value -> members.put(ByteBuffer.wrap(value.getValue()), value));
              return CompletableFuture.completedFuture(
                  ofElements(
                      key,
                      members.values().stream().map(ScoredValue::getValue).toList(),
                      members.values().stream().map(ScoredValue::getScore).toList()));
            });
  }

  /** A scan of a set that changes meanwhile may tell a member twice. */
  private static List<byte[]> distinct(List<byte[]> members) {
    Map<ByteBuffer, byte[]> distinct = new LinkedHashMap<>();
    members.forEach(member -> distinct.put(ByteBuffer.wrap(member), member));
    return List.copyOf(distinct.values());
  }

  private void requireFew(byte[] key, int elements) {
    if (elements > maxElements) {
      throw new MisfitException(
          "Key '"
              + Texts.shown(key)
              + "' has more than "
              + maxElements
              + " elements. Raise value.max-elements if there is memory for them, or narrow"
              + " key-pattern.",
          null);
    }
  }

  /**
   * A row for each element.
   *
   * @param seconds what each has beside itself: of a sorted set its score, of a hash its value;
   *     else empty
   */
  private List<RowData> ofElements(byte[] key, List<byte[]> elements, List<?> seconds) {
    GenericRowData ofKey = elements.isEmpty() ? null : ofKey(key);
    if (ofKey == null) {
      return List.of();
    }
    List<RowData> rows = new ArrayList<>(elements.size());
    for (int element = 0; element < elements.size(); element++) {
      GenericRowData row = copy(ofKey);
      for (int i = 0; i < valueColumns.length; i++) {
        row.setField(
            valueTargets[i],
            i != secondColumn
                ? text(key, i, elements.get(element))
                : seconds.get(element) instanceof byte[] value
                    ? text(key, i, value)
                    : seconds.get(element));
      }
      // As a key that does not fit, where that is no failure.
      if (memberColumn < 0 || !row.isNullAt(valueTargets[memberColumn])) {
        rows.add(row);
      }
    }
    return rows;
  }

  private String reason(Throwable cause) {
    return isWrongType(cause)
        ? "it is no "
            + redisType()
            + ". Narrow key-pattern, or set misfit to null to leave such keys out"
        : isWithoutJson(cause) ? NO_JSON : RedisConnection.reason(cause);
  }

  /** Whether a command was refused because the server has no JSON module. */
  static boolean isWithoutJson(Throwable failure) {
    String reason = RedisConnection.reason(failure);
    return reason.contains("unknown command") && reason.contains("JSON.");
  }

  /** In the words of the command TYPE. */
  private String redisType() {
    return switch (kind) {
      case HASH_ENTRIES -> ValueKind.HASH.toString();
      case JSON -> "ReJSON-RL";
      default -> kind.toString();
    };
  }

  private static boolean isWrongType(Throwable failure) {
    return failure instanceof RedisCommandExecutionException
        && String.valueOf(failure.getMessage()).startsWith("WRONGTYPE");
  }

  private CompletableFuture<List<RowData>> readHash(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
    if (hashFields.length == 0) {
      return readEmptyHash(commands, key, List.of());
    }
    return commands
        .hmget(key, hashFields)
        .toCompletableFuture()
        .thenCompose(
            values ->
                values.stream().anyMatch(Value::hasValue)
                    ? CompletableFuture.completedFuture(one(ofHash(key, values)))
                    : readEmptyHash(commands, key, values));
  }

  /** A key that is not there has none of the fields either. */
  private CompletableFuture<List<RowData>> readEmptyHash(
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      byte[] key,
      List<KeyValue<byte[], byte[]>> values) {
    return commands
        .hlen(key)
        .toCompletableFuture()
        .thenApply(fields -> fields == 0 ? List.of() : one(ofHash(key, values)));
  }

  private @Nullable RowData ofHash(byte[] key, List<KeyValue<byte[], byte[]>> values) {
    GenericRowData row = ofKey(key);
    if (row != null) {
      for (int i = 0; i < valueColumns.length; i++) {
        row.setField(
            valueTargets[i],
            values.get(i).hasValue() ? text(key, i, values.get(i).getValue()) : null);
      }
    }
    return row;
  }

  private @Nullable RowData ofString(byte[] key, byte[] value) {
    GenericRowData row = ofKey(key);
    if (row == null || valueColumns.length == 0) {
      return row;
    }
    if (format == null) {
      row.setField(valueTargets[0], text(key, 0, value));
      return row;
    }
    RowData made = decoded(key, value, format);
    for (int i = 0; i < valueColumns.length; i++) {
      row.setField(valueTargets[i], made == null ? null : formatGetters[i].getFieldOrNull(made));
    }
    return row;
  }

  /** By one thread at a time: answers of several nodes of a cluster come by as many threads. */
  private synchronized @Nullable RowData decoded(
      byte[] key, byte[] value, DeserializationSchema<RowData> decoder) {
    try {
      return decoder.deserialize(value);
    } catch (IOException | RuntimeException e) {
      if (misfit == Misfit.NULL) {
        return null;
      }
      throw new MisfitException(
          "Key '"
              + Texts.shown(key)
              + "' holds what the format cannot read: "
              + RedisConnection.reason(e),
          e);
    }
  }

  private @Nullable Object text(byte[] key, int value, byte[] bytes) {
    try {
      return Objects.requireNonNull(valueTexts[value]).read(bytes);
    } catch (IllegalArgumentException e) {
      if (misfit == Misfit.NULL) {
        return null;
      }
      throw misfit(key, names[valueColumns[value]], bytes, e);
    }
  }

  private static MisfitException misfit(
      byte[] key, String column, byte[] bytes, IllegalArgumentException why) {
    return new MisfitException(
        "Key '"
            + Texts.shown(key)
            + "', column '"
            + column
            + "': '"
            + Texts.shown(bytes)
            + "' does not fit: "
            + why.getMessage(),
        why);
  }

  /** A row with the columns of the key; null: the key is none of the table's. */
  private @Nullable GenericRowData ofKey(byte[] key) {
    String column = pattern.columns().get(0);
    byte[] part = key;
    try {
      String @Nullable [] parts = pattern.values(TextValue.utf8(key));
      if (parts == null) {
        return null;
      }
      GenericRowData row = new GenericRowData(width);
      if (keyTarget >= 0) {
        row.setField(keyTarget, StringData.fromString(TextValue.utf8(key)));
      }
      if (typeTarget >= 0) {
        row.setField(typeTarget, StringData.fromString(redisType()));
      }
      for (int i = 0; i < parts.length; i++) {
        column = pattern.columns().get(i);
        part = parts[i].getBytes(StandardCharsets.UTF_8);
        Object value = keyTexts[i].read(part);
        GenericRowData alone = GenericRowData.of(value);
        if (!Arrays.equals(keyTexts[i].write(alone, 0), part)) {
          throw new IllegalArgumentException(
              "its key would be written '" + Texts.shown(keyTexts[i].write(alone, 0)) + "'");
        }
        if (keyTargets[i] >= 0) {
          row.setField(keyTargets[i], value);
        }
      }
      return row;
    } catch (IllegalArgumentException e) {
      if (misfit == Misfit.NULL) {
        return null;
      }
      throw misfit(key, column, part, e);
    }
  }

  /** A value that is not one of its column's type. */
  static final class MisfitException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MisfitException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
