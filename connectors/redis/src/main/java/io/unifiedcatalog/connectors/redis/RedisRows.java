package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.Value;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Misfit;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Reads some columns of a table's rows by their keys. */
final class RedisRows implements Serializable {
  private static final long serialVersionUID = 1;

  private final KeyPattern pattern;
  private final ValueKind kind;
  private final Misfit misfit;
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

  /** Where each column of the value is in what the format makes. */
  private final int[] formatFields;

  private final @Nullable DeserializationSchema<RowData> format;
  private final int width;

  /**
   * A reader.
   *
   * @param columns those that a row has, by their number in the table, in its order
   * @param format makes a row of all columns of the value; null: they are texts
   */
  RedisRows(
      KeyPattern pattern,
      ValueKind kind,
      Misfit misfit,
      RowType table,
      int[] columns,
      @Nullable DeserializationSchema<RowData> format) {
    this.pattern = pattern;
    this.kind = kind;
    this.misfit = misfit;
    this.names = table.getFieldNames().toArray(new String[0]);
    this.format = format;
    this.width = columns.length;
    List<Integer> output = Arrays.stream(columns).boxed().toList();
    int[] keyColumns =
        pattern.columns().stream().mapToInt(table.getFieldNames()::indexOf).toArray();
    keyTexts =
        Arrays.stream(keyColumns)
            .mapToObj(column -> TextValue.of(table.getTypeAt(column)))
            .toArray(TextValue[]::new);
    keyTargets = Arrays.stream(keyColumns).map(output::indexOf).toArray();
    int[] allOfValue =
        IntStream.range(0, names.length)
            .filter(column -> Arrays.stream(keyColumns).noneMatch(key -> key == column))
            .toArray();
    valueColumns = Arrays.stream(allOfValue).filter(output::contains).toArray();
    valueTargets = Arrays.stream(valueColumns).map(output::indexOf).toArray();
    valueTexts =
        Arrays.stream(valueColumns)
            .mapToObj(column -> TextValue.of(table.getTypeAt(column)))
            .toArray(TextValue[]::new);
    hashFields =
        Arrays.stream(valueColumns)
            .mapToObj(column -> names[column].getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    List<Integer> ofValue = Arrays.stream(allOfValue).boxed().toList();
    formatFields = Arrays.stream(valueColumns).map(ofValue::indexOf).toArray();
  }

  /** To be called once before the first row is read. */
  void open(DeserializationSchema.InitializationContext context) throws Exception {
    if (format != null) {
      format.open(context);
    }
  }

  /**
   * Asks for the row of a key. The answer is null if there is none any more, and fails with an
   * IOException that names the key.
   */
  CompletableFuture<@Nullable RowData> read(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
    CompletableFuture<@Nullable RowData> row =
        switch (kind) {
          case STRING ->
              commands
                  .get(key)
                  .toCompletableFuture()
                  .thenApply(value -> value == null ? null : ofString(key, value));
          case HASH -> readHash(commands, key);
        };
    return row.handle(
        (made, failure) -> {
          if (failure == null) {
            return made;
          }
          Throwable cause =
              failure instanceof CompletionException && failure.getCause() != null
                  ? failure.getCause()
                  : failure;
          if (misfit == Misfit.NULL && isWrongType(cause)) {
            return null;
          }
          throw new CompletionException(
              cause instanceof MisfitException
                  ? cause
                  : new IOException(
                      "Key '" + TextValue.shown(key) + "' cannot be read: " + reason(cause),
                      cause));
        });
  }

  private String reason(Throwable cause) {
    return isWrongType(cause)
        ? "it is no "
            + kind.name().toLowerCase(java.util.Locale.ROOT)
            + ". Narrow key-pattern, or set misfit to null to leave such keys out"
        : RedisConnection.reason(cause);
  }

  private static boolean isWrongType(Throwable failure) {
    return failure instanceof RedisCommandExecutionException
        && String.valueOf(failure.getMessage()).startsWith("WRONGTYPE");
  }

  private CompletableFuture<@Nullable RowData> readHash(
      RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
    if (hashFields.length == 0) {
      return commands
          .exists(key)
          .toCompletableFuture()
          .thenApply(count -> count == 0 ? null : ofHash(key, List.of()));
    }
    return commands
        .hmget(key, hashFields)
        .toCompletableFuture()
        .thenCompose(
            values -> {
              if (values.stream().anyMatch(Value::hasValue)) {
                return CompletableFuture.completedFuture(ofHash(key, values));
              }
              // A key that is not there has no field either.
              return commands
                  .exists(key)
                  .toCompletableFuture()
                  .thenApply(count -> count == 0 ? null : ofHash(key, values));
            });
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
    GenericRowData made = decoded(key, value);
    for (int i = 0; i < valueColumns.length; i++) {
      row.setField(valueTargets[i], made == null ? null : made.getField(formatFields[i]));
    }
    return row;
  }

  private @Nullable GenericRowData decoded(byte[] key, byte[] value) {
    try {
      RowData made = java.util.Objects.requireNonNull(format).deserialize(value);
      return (GenericRowData) made;
    } catch (IOException | RuntimeException e) {
      if (misfit == Misfit.NULL) {
        return null;
      }
      throw new MisfitException(
          "Key '"
              + TextValue.shown(key)
              + "' holds what the format cannot read: "
              + RedisConnection.reason(e),
          e);
    }
  }

  private @Nullable Object text(byte[] key, int value, byte[] bytes) {
    try {
      return java.util.Objects.requireNonNull(valueTexts[value]).read(bytes);
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
            + TextValue.shown(key)
            + "', column '"
            + column
            + "': '"
            + TextValue.shown(bytes)
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
      for (int i = 0; i < parts.length; i++) {
        column = pattern.columns().get(i);
        part = parts[i].getBytes(StandardCharsets.UTF_8);
        Object value = keyTexts[i].read(part);
        GenericRowData alone = GenericRowData.of(value);
        if (!Arrays.equals(keyTexts[i].write(alone, 0), part)) {
          throw new IllegalArgumentException(
              "its key would be written '" + TextValue.shown(keyTexts[i].write(alone, 0)) + "'");
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

    MisfitException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
