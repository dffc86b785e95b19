package io.unifiedcatalog.connectors.jdbc;

import java.io.IOException;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.jspecify.annotations.Nullable;

/**
 * Looks rows up by some columns. What the database takes for equal is compared again, as a join
 * compares. Public because Flink calls it by name.
 */
public final class JdbcLookup extends LookupFunction {
  private static final long serialVersionUID = 1;
  private static final int CHECK_SECONDS = 5;

  /**
   * A column that a lookup asks for.
   *
   * @param lookup makes its value of the row that is looked up by
   * @param writer makes what is bound of that row
   * @param found makes its value of the row that is found
   */
  record Key(
      String column, RowData.FieldGetter lookup, ValueWriter writer, RowData.FieldGetter found)
      implements Serializable {}

  private final JdbcTable table;
  private final RowReader rows;
  private final List<Key> keys;
  private final Condition condition;
  private final int maxRetries;
  private transient @Nullable Connection connection;
  private transient @Nullable PreparedStatement statement;

  /**
   * A lookup.
   *
   * @param condition first the keys, in order, with a parameter each
   */
  JdbcLookup(JdbcTable table, RowReader rows, List<Key> keys, Condition condition, int maxRetries) {
    this.table = table;
    this.rows = rows;
    this.keys = new ArrayList<>(keys);
    this.condition = condition;
    this.maxRetries = maxRetries;
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    try {
      connect();
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private PreparedStatement connect() throws SQLException {
    Connection open = table.address().connect();
    connection = open;
    PreparedStatement prepared = open.prepareStatement(rows.select(condition));
    statement = prepared;
    return prepared;
  }

  @Override
  public Collection<RowData> lookup(RowData lookup) throws IOException {
    Object[] bound = new Object[keys.size()];
    for (int i = 0; i < bound.length; i++) {
      if (lookup.isNullAt(i)) {
        return List.of();
      }
      try {
        bound[i] = keys.get(i).writer.convert(lookup, i);
      } catch (IllegalArgumentException e) {
        // No row has a value that its column cannot hold.
        return List.of();
      }
    }
    for (int attempt = 0; ; attempt++) {
      try {
        PreparedStatement prepared = statement;
        return read(prepared == null ? connect() : prepared, bound, lookup);
      } catch (SQLException e) {
        if (table.dialect().isUnknownValue(e)) {
          return List.of();
        }
        if (attempt >= maxRetries || !(JdbcAddress.isPassing(e) || !isAlive())) {
          throw failed(e);
        }
        disconnect();
        try {
          Thread.sleep(1_000L * attempt);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw new IOException("A lookup was interrupted", interrupted);
        }
      }
    }
  }

  private Collection<RowData> read(PreparedStatement prepared, Object[] bound, RowData lookup)
      throws SQLException {
    int parameter = 1;
    for (Object value : bound) {
      table.dialect().bind(prepared, parameter++, value);
    }
    for (int i = bound.length; i < condition.parameters().size(); i++) {
      table.dialect().bind(prepared, parameter++, condition.parameters().get(i));
    }
    List<RowData> found = new ArrayList<>();
    try (ResultSet results = prepared.executeQuery()) {
      while (results.next()) {
        RowData row = rows.read(results);
        if (isAskedFor(lookup, row)) {
          found.add(row);
        }
      }
    }
    return found;
  }

  private boolean isAskedFor(RowData lookup, RowData row) {
    for (Key key : keys) {
      if (!isEqual(key.lookup.getFieldOrNull(lookup), key.found.getFieldOrNull(row))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEqual(@Nullable Object wanted, @Nullable Object found) {
    if (wanted instanceof byte[] bytes) {
      return found instanceof byte[] others && Arrays.equals(bytes, others);
    }
    if (wanted instanceof Double number && found instanceof Double other) {
      return number.doubleValue() == other.doubleValue();
    }
    if (wanted instanceof Float number && found instanceof Float other) {
      return number.floatValue() == other.floatValue();
    }
    return wanted != null && Objects.equals(wanted, found);
  }

  private boolean isAlive() {
    try {
      return connection != null && connection.isValid(CHECK_SECONDS);
    } catch (SQLException e) {
      return false;
    }
  }

  private IOException failed(SQLException failure) {
    return new IOException(
        table.dialect().systemName()
            + " table '"
            + table
            + "' cannot be looked up by "
            + keys.stream().map(Key::column).toList()
            + ": "
            + failure.getMessage(),
        failure);
  }

  private void disconnect() {
    statement = null;
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
