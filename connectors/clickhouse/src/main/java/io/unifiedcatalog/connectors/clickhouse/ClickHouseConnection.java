package io.unifiedcatalog.connectors.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import com.clickhouse.jdbc.ConnectionImpl;
import com.clickhouse.jdbc.Driver;
import java.io.Closeable;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * A connection to a ClickHouse server by its JDBC driver, which understands the url and knows the
 * way. What goes over it is written and read here: the driver holds not every value, and reads not
 * every type.
 */
final class ClickHouseConnection implements Closeable {
  private final Connection connection;
  private final Client client;

  private ClickHouseConnection(Connection connection, Client client) {
    this.connection = connection;
    this.client = client;
  }

  static ClickHouseConnection open(ClickHouseAddress address) throws IOException {
    Properties properties = new Properties();
    if (address.user() != null) {
      properties.setProperty("user", address.user());
    }
    if (address.password() != null) {
      properties.setProperty("password", address.password());
    }
    try {
      Connection connection = new Driver().connect(address.url(), properties);
      if (connection == null) {
        throw new IOException("ClickHouse's JDBC driver does not take the url " + address.url());
      }
      return new ClickHouseConnection(
          connection, connection.unwrap(ConnectionImpl.class).getClient());
    } catch (SQLException e) {
      throw new IOException(
          "ClickHouse at " + address.url() + " cannot be reached: " + words(e), e);
    }
  }

  /**
   * Asks for rows.
   *
   * @return the answer: names and types of its columns, and the rows
   * @throws IOException if ClickHouse refuses the query, with its words
   */
  RowBinaryInput query(String sql) throws IOException {
    QueryResponse response =
        await(
            client.query(
                sql, new QuerySettings().setFormat(ClickHouseFormat.RowBinaryWithNamesAndTypes)));
    return new RowBinaryInput(response.getInputStream(), () -> close(response));
  }

  /**
   * Runs a statement that gives no rows.
   *
   * @throws IOException if ClickHouse refuses it, with its words
   */
  void execute(String sql) throws IOException {
    try (RowBinaryInput in = query(sql)) {
      while (!in.atEnd()) {
        in.int8();
      }
    }
  }

  /**
   * Inserts rows.
   *
   * @param columns their names, quoted
   * @param rows in format RowBinary
   * @throws IOException if ClickHouse refuses them, with its words
   */
  void insert(String table, List<String> columns, RowBinaryOutput rows) throws IOException {
    close(
        await(
            client.insert(
                table, columns, rows::writeTo, ClickHouseFormat.RowBinary, new InsertSettings())));
  }

  private static void close(AutoCloseable answer) throws IOException {
    try {
      answer.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("ClickHouse's answer cannot be closed", e);
    }
  }

  private static <T> T await(Future<T> answer) throws IOException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(words(cause), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while ClickHouse was asked", e);
    } catch (RuntimeException e) {
      // The driver asks in the thread of its caller.
      throw new IOException(words(e), e);
    }
  }

  /** The words of ClickHouse itself, if a failure has them. */
  private static String words(Throwable failure) {
    String words = String.valueOf(failure.getMessage());
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && message.startsWith("Code: ")) {
        return message.strip();
      }
    }
    return words.strip();
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IOException("The connection to ClickHouse cannot be closed", e);
    }
  }
}
