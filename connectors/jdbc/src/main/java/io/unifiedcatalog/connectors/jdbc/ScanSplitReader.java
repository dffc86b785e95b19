package io.unifiedcatalog.connectors.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** Reads splits one after the other. */
final class ScanSplitReader implements SplitReader<RowData, ScanSplit> {
  /** How many rows are handed on at once. */
  private static final int ROWS = 1_024;

  private final JdbcTable table;
  private final RowReader reader;
  private final @Nullable Condition condition;
  private final long limit;
  private final Deque<ScanSplit> splits = new ArrayDeque<>();
  private @Nullable Connection connection;
  private @Nullable PreparedStatement statement;
  private @Nullable ResultSet rows;

  ScanSplitReader(JdbcTable table, RowReader reader, @Nullable Condition condition, long limit) {
    this.table = table;
    this.reader = reader;
    this.condition = condition;
    this.limit = limit;
  }

  @Override
  public RecordsWithSplitIds<RowData> fetch() throws IOException {
    RecordsBySplits.Builder<RowData> records = new RecordsBySplits.Builder<>();
    ScanSplit split = splits.peek();
    if (split == null) {
      return records.build();
    }
    try {
      ResultSet current = rows;
      if (current == null) {
        current = begin(split);
        rows = current;
      }
      List<RowData> read = new ArrayList<>(ROWS);
      boolean more = true;
      while (read.size() < ROWS && (more = current.next())) {
        read.add(reader.read(current));
      }
      records.addAll(split.splitId(), read);
      if (!more) {
        splits.remove();
        end();
        records.addFinishedSplit(split.splitId());
      }
      return records.build();
    } catch (SQLException e) {
      throw new IOException(table.dialect().systemName() + " cannot be read: " + e.getMessage(), e);
    }
  }

  private ResultSet begin(ScanSplit split) throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = table.address().connect();
      connection = open;
      if (table.dialect().hasTransactions()) {
        open.setReadOnly(true);
        // Otherwise PostgreSQL's driver holds all rows at once.
        open.setAutoCommit(false);
      }
    }
    Condition all = condition;
    if (!split.condition().isEmpty()) {
      Condition part = Condition.of(split.condition());
      all = all == null ? part : Condition.of(all, "AND", part);
    }
    PreparedStatement prepared =
        open.prepareStatement(
            reader.select(all) + (limit < 0 ? "" : " LIMIT " + limit),
            ResultSet.TYPE_FORWARD_ONLY,
            ResultSet.CONCUR_READ_ONLY);
    statement = prepared;
    prepared.setFetchSize(table.address().fetchSize());
    if (all != null) {
      for (int i = 0; i < all.parameters().size(); i++) {
        table.dialect().bind(prepared, i + 1, all.parameters().get(i));
      }
    }
    return prepared.executeQuery();
  }

  private void end() throws SQLException {
    if (rows != null) {
      rows.close();
      rows = null;
    }
    if (statement != null) {
      statement.close();
      statement = null;
    }
    if (connection != null && table.dialect().hasTransactions()) {
      // A new snapshot for the next split.
      connection.rollback();
    }
  }

  @Override
  public void handleSplitsChanges(SplitsChange<ScanSplit> change) {
    splits.addAll(change.splits());
  }

  @Override
  public void wakeUp() {
    // A portion of rows comes soon, or the statement fails.
  }

  @Override
  public void close() throws SQLException {
    Connection open = connection;
    if (open != null) {
      connection = null;
      if (rows != null) {
        // To close a result that is not read to its end would read it.
        open.abort(Runnable::run);
      } else {
        open.close();
      }
    }
  }
}
