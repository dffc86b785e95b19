package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes rows in batches, one INSERT each. At least once: a checkpoint completes after every row
 * before it was inserted, and rows behind the last one are inserted again after a failure.
 */
final class ClickHouseSink implements Sink<RowData> {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(ClickHouseSink.class);

  /** Keys of one DELETE: each is parsed. */
  private static final int DELETED_AT_ONCE = 200;

  /** Whatever the rows are, the batch fits the memory. */
  private static final int MAX_BATCH_BYTES = 64 << 20;

  private final ClickHouseAddress address;
  private final List<WrittenColumn> columns;
  private final List<WrittenColumn> key;
  private final Buffering buffering;

  /**
   * When rows are sent.
   *
   * @param maxRows of a batch; 0: no matter how many
   * @param intervalMillis how long a row waits at most; 0: until its batch is full
   * @param maxRetries how often a batch is sent again
   */
  record Buffering(int maxRows, long intervalMillis, int maxRetries) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  /**
   * A sink.
   *
   * @param key by which a row replaces another or is deleted; empty: rows are only added
   */
  ClickHouseSink(
      ClickHouseAddress address,
      List<WrittenColumn> columns,
      List<WrittenColumn> key,
      Buffering buffering) {
    this.address = address;
    this.columns = new ArrayList<>(columns);
    this.key = new ArrayList<>(key);
    this.buffering = buffering;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
    return new Writer(context.getProcessingTimeService());
  }

  private final class Writer implements SinkWriter<RowData> {
    private final ProcessingTimeService time;
    private final Encoder[] encoders = encoders(columns);
    private final RowData.FieldGetter[] getters = getters(columns);
    private final Encoder[] keyEncoders = encoders(key);
    private final RowData.FieldGetter[] keyGetters = getters(key);
    private final List<String> names = new ArrayList<>();
    private @Nullable ClickHouseConnection connection;

    /** Rows that only add. */
    private RowBinaryOutput rows = new RowBinaryOutput();

    /** The newest row of each key, in format RowBinary; of a deletion, the condition. */
    private final Map<ByteBuffer, Object> newest = new LinkedHashMap<>();

    private int count;
    private int bytes;

    Writer(ProcessingTimeService time) throws IOException {
      this.time = time;
      for (WrittenColumn column : columns) {
        names.add(Sql.identifier(column.name()));
      }
      connection = address.connect();
      schedule();
    }

    private static Encoder[] encoders(List<WrittenColumn> columns) {
      return columns.stream().map(WrittenColumn::encoder).toArray(Encoder[]::new);
    }

    private static RowData.FieldGetter[] getters(List<WrittenColumn> columns) {
      return columns.stream().map(WrittenColumn::getter).toArray(RowData.FieldGetter[]::new);
    }

    private void schedule() {
      if (buffering.intervalMillis > 0) {
        // A failure in it fails the job.
        var unused =
            time.registerTimer(
                time.getCurrentProcessingTime() + buffering.intervalMillis,
                now -> {
                  send();
                  schedule();
                });
      }
    }

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
      if (key.isEmpty()) {
        int before = rows.size();
        encode(row, columns, getters, encoders, rows);
        bytes += rows.size() - before;
      } else {
        RowBinaryOutput keyBytes = new RowBinaryOutput();
        encode(row, key, keyGetters, keyEncoders, keyBytes);
        ByteBuffer identity = ByteBuffer.wrap(keyBytes.toByteArray());
        // The newest stands last.
        newest.remove(identity);
        if (row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE) {
          newest.put(identity, condition(row));
        } else {
          RowBinaryOutput whole = new RowBinaryOutput();
          encode(row, columns, getters, encoders, whole);
          newest.put(identity, whole.toByteArray());
          bytes += whole.size();
        }
      }
      count++;
      if ((buffering.maxRows > 0 && count >= buffering.maxRows) || bytes >= MAX_BATCH_BYTES) {
        send();
      }
    }

    private void encode(
        RowData row,
        List<WrittenColumn> written,
        RowData.FieldGetter[] from,
        Encoder[] to,
        RowBinaryOutput out)
        throws IOException {
      for (int i = 0; i < to.length; i++) {
        Object value = from[i].getFieldOrNull(row);
        try {
          to[i].write(value, out);
        } catch (IllegalArgumentException e) {
          throw new IOException(
              "Column '"
                  + written.get(i).name()
                  + "' of ClickHouse's table "
                  + address.table()
                  + " cannot be written: "
                  + e.getMessage()
                  + (value == null
                      ? ". Name a value for it in the INSERT: Flink 1.20 sends NULL for a column"
                          + " that is not named."
                      : ""),
              e);
        }
      }
    }

    private String condition(RowData row) {
      List<String> conditions = new ArrayList<>();
      for (int i = 0; i < keyGetters.length; i++) {
        WrittenColumn column = key.get(i);
        Object value = Objects.requireNonNull(keyGetters[i].getFieldOrNull(row));
        conditions.add(
            "("
                + new Comparison(column.name(), column.type())
                    .with(Operator.EQUAL, ClickHouseLookup.comparable(value, column.flinkType()))
                + ")");
      }
      return "(" + String.join(" AND ", conditions) + ")";
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
      send();
    }

    private void send() throws IOException, InterruptedException {
      if (count == 0) {
        return;
      }
      List<String> deleted = new ArrayList<>();
      for (Object change : newest.values()) {
        if (change instanceof String condition) {
          deleted.add(condition);
        } else {
          rows.writeBytes((byte[]) change);
        }
      }
      newest.clear();
      if (rows.size() > 0) {
        attempt(to -> to.insert(address.quotedTable(), names, rows));
      }
      for (int i = 0; i < deleted.size(); i += DELETED_AT_ONCE) {
        String where =
            String.join(" OR ", deleted.subList(i, Math.min(i + DELETED_AT_ONCE, deleted.size())));
        attempt(to -> to.execute("DELETE FROM " + address.quotedTable() + " WHERE " + where));
      }
      rows = new RowBinaryOutput();
      count = 0;
      bytes = 0;
    }

    private void attempt(Statement statement) throws IOException, InterruptedException {
      for (int attempt = 0; ; attempt++) {
        try {
          if (connection == null) {
            connection = address.connect();
          }
          statement.run(connection);
          return;
        } catch (IOException e) {
          if (attempt >= buffering.maxRetries) {
            throw new IOException(
                "ClickHouse's table " + address.table() + " cannot be written: " + e.getMessage(),
                e);
          }
          LOG.warn("A batch for {} failed and is sent again", address, e);
          close();
          Thread.sleep(1_000L * attempt);
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (connection != null) {
        connection.close();
        connection = null;
      }
    }
  }

  /** What is sent to ClickHouse. */
  private interface Statement {
    void run(ClickHouseConnection connection) throws IOException;
  }
}
