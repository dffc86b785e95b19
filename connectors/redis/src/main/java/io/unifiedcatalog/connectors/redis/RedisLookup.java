package io.unifiedcatalog.connectors.redis;

import io.lettuce.core.RedisCommandTimeoutException;
import io.unifiedcatalog.redis.RedisConnection;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncLookupFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.jspecify.annotations.Nullable;

/**
 * Looks rows up by their keys. Lookups do not wait for each other: those that are under way share
 * the round trips of one connection. Public because Flink calls it by name.
 */
public final class RedisLookup extends AsyncLookupFunction {
  private static final long serialVersionUID = 1;

  /**
   * A field that a lookup asks for.
   *
   * @param lookup makes its value of the row that is looked up by
   * @param row makes its value of the row that is found
   */
  record Asked(RowData.FieldGetter lookup, RowData.FieldGetter row) implements Serializable {}

  private final RedisTable table;

  /** The one key that filters leave; null: what is looked up says it. */
  private final @Nullable String onlyKey;

  private final RedisRows rows;

  /** Of each column of the key in the pattern's order: where it is in a lookup, and its text. */
  private final int[] keyFields;

  private final TextValue[] keyTexts;

  /** What else a row has to equal. */
  private final List<Asked> others;

  private final int retries;
  private final Duration retryDelay;
  private transient @Nullable RedisConnection connection;

  RedisLookup(
      RedisTable table,
      @Nullable String onlyKey,
      RedisRows rows,
      int[] keyFields,
      List<Asked> others,
      int retries,
      Duration retryDelay) {
    this.table = table;
    this.onlyKey = onlyKey;
    this.rows = rows;
    this.keyFields = keyFields;
    this.keyTexts = TextValue.of(table.type(), table.keyColumns());
    this.others = List.copyOf(others);
    this.retries = retries;
    this.retryDelay = retryDelay;
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    rows.open(
        context.getMetricGroup(),
        SimpleUserCodeClassLoader.create(RedisLookup.class.getClassLoader()));
    connection = RedisConnection.open(table.address());
  }

  @Override
  public CompletableFuture<Collection<RowData>> asyncLookup(RowData lookup) {
    String asked = onlyKey == null ? key(lookup) : onlyKey;
    if (asked == null) {
      return CompletableFuture.completedFuture(List.of());
    }
    byte[] key = asked.getBytes(StandardCharsets.UTF_8);
    return read(key, 0)
        .thenApply(found -> found.stream().filter(row -> isAskedFor(lookup, row)).toList());
  }

  /** The key that is looked up; null: there is none, as one of its columns is NULL. */
  private @Nullable String key(RowData lookup) {
    String[] values = new String[keyFields.length];
    for (int i = 0; i < keyFields.length; i++) {
      if (lookup.isNullAt(keyFields[i])) {
        return null;
      }
      values[i] = new String(keyTexts[i].write(lookup, keyFields[i]), StandardCharsets.UTF_8);
    }
    try {
      return table.pattern().key(values);
    } catch (IllegalArgumentException e) {
      // No key of the table has such a value.
      return null;
    }
  }

  private boolean isAskedFor(RowData lookup, RowData row) {
    return others.stream()
        .allMatch(
            asked -> {
              Object wanted = asked.lookup.getFieldOrNull(lookup);
              return wanted != null && Objects.equals(wanted, asked.row.getFieldOrNull(row));
            });
  }

  private CompletableFuture<List<RowData>> read(byte[] key, int tried) {
    return rows.read(Objects.requireNonNull(connection).commands(), key)
        .exceptionallyCompose(
            failure -> {
              if (tried >= retries || !(RedisConnection.isPassing(failure) || isTimeout(failure))) {
                throw new CompletionException(
                    failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure);
              }
              long delay = retryDelay.toMillis() << Math.min(tried, 10);
              return CompletableFuture.supplyAsync(
                      () -> null, CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS))
                  .thenCompose(nothing -> read(key, tried + 1));
            });
  }

  private static boolean isTimeout(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisCommandTimeoutException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    RedisConnection open = connection;
    if (open != null) {
      connection = null;
      open.close();
    }
  }
}
