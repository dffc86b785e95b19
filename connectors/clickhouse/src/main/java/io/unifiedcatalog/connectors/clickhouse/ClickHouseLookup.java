package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks rows up by the values of columns. What ClickHouse finds is compared once more as a join
 * compares: by every digit, letter and byte. Public, as Flink requires of functions.
 */
public final class ClickHouseLookup extends LookupFunction {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(ClickHouseLookup.class);

  private final ClickHouseAddress address;

  /** Up to the conditions, which there is at least one of. */
  private final String select;

  private final List<String> conditions;
  private final RowType rowType;
  private final int[] keys;
  private final Comparison[] comparisons;
  private final int maxRetries;
  private final RowData.FieldGetter[] fields;
  private transient @Nullable ClickHouseConnection connection;

  /**
   * A lookup.
   *
   * @param conditions that hold for every row that is found, beside the keys
   * @param rowType of the rows that {@code select} gives
   * @param keys which of their fields are compared
   * @param comparisons how, of each of the keys
   */
  ClickHouseLookup(
      ClickHouseAddress address,
      String select,
      List<String> conditions,
      RowType rowType,
      int[] keys,
      Comparison[] comparisons,
      int maxRetries) {
    this.address = address;
    this.select = select;
    this.conditions = new ArrayList<>(conditions);
    this.rowType = rowType;
    this.keys = keys.clone();
    this.comparisons = comparisons.clone();
    this.maxRetries = maxRetries;
    this.fields = new RowData.FieldGetter[keys.length];
    for (int i = 0; i < keys.length; i++) {
      fields[i] = RowData.createFieldGetter(rowType.getTypeAt(keys[i]), keys[i]);
    }
  }

  @Override
  public void open(FunctionContext context) throws IOException {
    connection = address.connect();
  }

  @Override
  public Collection<RowData> lookup(RowData key) throws IOException {
    List<String> all = new ArrayList<>(conditions);
    Object[] values = new Object[keys.length];
    for (int i = 0; i < keys.length; i++) {
      LogicalType type = rowType.getTypeAt(keys[i]);
      Object value = RowData.createFieldGetter(type, i).getFieldOrNull(key);
      if (value == null) {
        return List.of();
      }
      String condition = comparisons[i].with(Operator.EQUAL, comparable(value, type));
      if (Comparison.NEVER.equals(condition)) {
        // No value of the column is this one, and ClickHouse might not even understand it.
        return List.of();
      }
      if (condition != null) {
        all.add(condition);
      }
      values[i] = value;
    }
    String sql = select + (all.isEmpty() ? "" : " WHERE (" + String.join(") AND (", all) + ")");
    for (int attempt = 0; ; attempt++) {
      try {
        return found(sql, values);
      } catch (IOException e) {
        if (attempt >= maxRetries) {
          throw new IOException(
              "Rows of ClickHouse's table "
                  + address.table()
                  + " cannot be looked up: "
                  + e.getMessage(),
              e);
        }
        LOG.warn("A lookup in {} failed and is tried again", address, e);
        pause(attempt);
        reconnect();
      }
    }
  }

  private static void pause(int attempt) throws IOException {
    try {
      Thread.sleep(1_000L * attempt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted before a lookup was tried again", e);
    }
  }

  private void reconnect() {
    try {
      close();
      connection = address.connect();
    } catch (IOException e) {
      LOG.warn("{} is not reached", address, e);
    }
  }

  private List<RowData> found(String sql, Object[] values) throws IOException {
    if (connection == null) {
      connection = address.connect();
    }
    List<RowData> found = new ArrayList<>();
    try (Rows rows = new Rows(connection.query(sql), rowType)) {
      while (rows.hasNext()) {
        RowData row = rows.next();
        boolean same = true;
        for (int i = 0; same && i < fields.length; i++) {
          same = same(values[i], fields[i].getFieldOrNull(row));
        }
        if (same) {
          found.add(row);
        }
      }
    }
    return found;
  }

  private static boolean same(Object wanted, @Nullable Object found) {
    return wanted instanceof byte[] bytes
        ? found instanceof byte[] others && Arrays.equals(bytes, others)
        : wanted.equals(found);
  }

  /** A value in Flink's internal form, as {@link Comparison} takes it. */
  static Object comparable(Object value, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> BigDecimal.valueOf(((Number) value).longValue());
      case FLOAT, DOUBLE -> ((Number) value).doubleValue();
      case DECIMAL -> ((DecimalData) value).toBigDecimal();
      case CHAR, VARCHAR -> value.toString();
      case DATE -> LocalDate.ofEpochDay((int) value);
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> ((TimestampData) value).toInstant();
      default -> Objects.requireNonNull(value);
    };
  }

  @Override
  public void close() throws IOException {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
