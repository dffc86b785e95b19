package io.unifiedcatalog.connectors.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows in batches, each in a transaction. A checkpoint completes only after every row before
 * it was written: at least once, and with a primary key a row that is written again is as it was.
 */
final class JdbcSink implements Sink<RowData> {
  private static final long serialVersionUID = 1;
  private static final int CHECK_SECONDS = 5;

  private final JdbcTable table;
  private final ArrayList<TableColumn> columns;
  private final int[] fields;
  private final ArrayList<String> key;
  private final int maxRows;
  private final long intervalMillis;
  private final int maxRetries;

  /**
   * A sink.
   *
   * @param columns that are written
   * @param fields of each of them in the rows
   * @param key the primary key's columns, which are among them; empty: there is none
   */
  JdbcSink(
      JdbcTable table,
      List<TableColumn> columns,
      int[] fields,
      List<String> key,
      JdbcTableSink.Buffering buffering) {
    this.table = table;
    this.columns = new ArrayList<>(columns);
    this.fields = fields;
    this.key = new ArrayList<>(key);
    this.maxRows = buffering.maxRows();
    this.intervalMillis = buffering.interval().toMillis();
    this.maxRetries = buffering.maxRetries();
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
    return new Writer(context.getProcessingTimeService());
  }

  /** What is bound for a row. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Change(boolean deletes, @Nullable Object[] values) {}

  private final class Writer implements SinkWriter<RowData> {
    private final ProcessingTimeService time;
    private final ValueWriter[] writers = new ValueWriter[columns.size()];

    /** Of the key, by their number among the columns that are written. */
    private final int[] keyColumns;

    /** By key, in the order of the last change; those without a key by what nothing equals. */
    private final Map<Object, Change> changes = new LinkedHashMap<>();

    private final String putSql;
    private final String deleteSql;
    private @Nullable Connection connection;
    private boolean takenBack;

    Writer(ProcessingTimeService time) throws IOException {
      this.time = time;
      for (int i = 0; i < writers.length; i++) {
        writers[i] = table.dialect().writer(columns.get(i), table.address().zone());
      }
      List<TableColumn> ofKey = new ArrayList<>();
      keyColumns = new int[key.size()];
      for (int i = 0; i < keyColumns.length; i++) {
        for (int column = 0; column < columns.size(); column++) {
          if (columns.get(column).name().equals(key.get(i))) {
            keyColumns[i] = column;
            ofKey.add(columns.get(column));
          }
        }
      }
      putSql =
          key.isEmpty()
              ? table.dialect().insert(table.quoted(), columns)
              : table.dialect().upsert(table.quoted(), columns, key);
      deleteSql = key.isEmpty() ? "" : table.dialect().delete(table.quoted(), ofKey);
      try {
        connection = connect();
      } catch (SQLException e) {
        throw failed(e);
      }
      if (intervalMillis > 0) {
        schedule();
      }
    }

    private Connection connect() throws SQLException {
      Connection open = table.address().connect();
      if (table.dialect().hasTransactions()) {
        open.setAutoCommit(false);
      }
      return open;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What the timer throws fails the job.
    private void schedule() {
      time.registerTimer(
          time.getCurrentProcessingTime() + intervalMillis,
          now -> {
            if (!takenBack) {
              flush(false);
            }
            schedule();
          });
    }

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
      RowKind kind = row.getRowKind();
      boolean deletes = kind == RowKind.DELETE || kind == RowKind.UPDATE_BEFORE;
      @Nullable Object[] values = new Object[columns.size()];
      for (int i = 0; i < values.length; i++) {
        if (!deletes || isKey(i)) {
          values[i] = value(row, i);
        }
      }
      Object identity = identity(values);
      changes.remove(identity);
      changes.put(identity, new Change(deletes, values));
      // What takes the place of a row that is taken back comes next, unless a filter dropped it.
      // Nobody should find the row gone meanwhile.
      takenBack = kind == RowKind.UPDATE_BEFORE;
      if (changes.size() >= maxRows && !takenBack) {
        flush(false);
      }
    }

    private boolean isKey(int column) {
      for (int of : keyColumns) {
        if (of == column) {
          return true;
        }
      }
      return false;
    }

    private @Nullable Object value(RowData row, int column) throws IOException {
      int field = fields[column];
      if (row.isNullAt(field)) {
        return null;
      }
      try {
        return writers[column].convert(row, field);
      } catch (IllegalArgumentException e) {
        throw new IOException(
            "Table '"
                + table
                + "': "
                + columns.get(column)
                + " cannot be written: "
                + e.getMessage(),
            e);
      }
    }

    private Object identity(@Nullable Object[] values) {
      if (keyColumns.length == 0) {
        return new Object();
      }
      List<@Nullable Object> identity = new ArrayList<>();
      for (int column : keyColumns) {
        Object value = values[column];
        identity.add(value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value);
      }
      return identity;
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
      if (changes.isEmpty()) {
        return;
      }
      for (int attempt = 0; ; attempt++) {
        try {
          Connection open = connection;
          if (open == null) {
            open = connect();
            connection = open;
          }
          write(open, changes.values());
          if (table.dialect().hasTransactions()) {
            open.commit();
          }
          changes.clear();
          return;
        } catch (SQLException e) {
          boolean passing = JdbcAddress.isPassing(e) || isPassingCause(e) || !isAlive();
          disconnect();
          if (attempt >= maxRetries || !passing) {
            throw failed(e);
          }
          Thread.sleep(1_000L * attempt);
        }
      }
    }

    /** Those that follow each other and are of a kind go together. */
    private void write(Connection open, Collection<Change> all) throws SQLException {
      Iterator<Change> left = all.iterator();
      Change next = left.hasNext() ? left.next() : null;
      while (next != null) {
        boolean deletes = next.deletes;
        try (PreparedStatement statement = open.prepareStatement(deletes ? deleteSql : putSql)) {
          while (next != null && next.deletes == deletes) {
            bind(statement, next);
            statement.addBatch();
            next = left.hasNext() ? left.next() : null;
          }
          statement.executeBatch();
        }
      }
    }

    private void bind(PreparedStatement statement, Change change) throws SQLException {
      if (change.deletes) {
        for (int i = 0; i < keyColumns.length; i++) {
          table.dialect().bind(statement, i + 1, change.values[keyColumns[i]]);
        }
      } else {
        for (int i = 0; i < change.values.length; i++) {
          table.dialect().bind(statement, i + 1, change.values[i]);
        }
      }
    }

    private static boolean isPassingCause(SQLException failure) {
      return failure instanceof BatchUpdateException
          && failure.getCause() instanceof SQLException cause
          && JdbcAddress.isPassing(cause);
    }

    private boolean isAlive() {
      try {
        return connection != null && connection.isValid(CHECK_SECONDS);
      } catch (SQLException e) {
        return false;
      }
    }

    private IOException failed(SQLException failure) {
      StringBuilder reasons = new StringBuilder(String.valueOf(failure.getMessage()));
      // PostgreSQL's driver has the server's reason behind its own.
      SQLException next = failure.getNextException();
      if (next != null && reasons.indexOf(String.valueOf(next.getMessage())) < 0) {
        reasons.append(' ').append(next.getMessage());
      }
      return new IOException(
          table.dialect().systemName() + " table '" + table + "' cannot be written: " + reasons,
          failure);
    }

    private void disconnect() {
      Connection open = connection;
      connection = null;
      if (open != null) {
        try {
          open.close();
        } catch (SQLException e) {
          // It is gone, which is what was wanted.
        }
      }
    }

    @Override
    public void close() {
      disconnect();
    }
  }
}
