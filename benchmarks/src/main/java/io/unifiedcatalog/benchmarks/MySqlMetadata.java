package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.testing.MySqlServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;

/**
 * The yardstick of a crawl of MySQL: the bare read of the same metadata, that is, the same columns
 * of the same information_schema views, in the same queries with the same driver, the rows
 * discarded. And the tables that are read, which are made once and kept.
 */
final class MySqlMetadata {
  static final int COLUMNS = 20;

  private static final String TABLES =
      "SELECT TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, ENGINE FROM information_schema.TABLES"
          + " WHERE TABLE_SCHEMA = ?";

  /** What a crawl asks of a database after its tables, by {@code MySqlSession}. */
  private static final List<String> QUERIES =
      List.of(
          "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES"
              + " WHERE TABLE_SCHEMA = ?",
          "SELECT TABLE_NAME FROM information_schema.VIEWS"
              + " WHERE TABLE_SCHEMA = ? AND IS_UPDATABLE = 'YES'",
          "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART,"
              + " EXPRESSION FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ?",
          "SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY,"
              + " COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION"
              + " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?");

  /** Up to so many tables of a database, a crawl asks for fresh statistics. */
  private static final int FRESH_STATISTICS_TABLES = 2_000;

  private MySqlMetadata() {}

  /**
   * Makes what a database lacks of its tables.
   *
   * @param first the number of its first table, in its name and its comment
   * @param marked each so manieth table has the word {@code ledger} in its comment; 0: none
   */
  static void createTables(MySqlServer mysql, String database, int first, int tables, int marked)
      throws SQLException {
    try (Connection connection = mysql.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE IF NOT EXISTS " + database);
      int made;
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '"
                  + database
                  + "'")) {
        rows.next();
        made = rows.getInt(1);
      }
      StringBuilder columns = new StringBuilder("id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT");
      String[] types = {"INT", "VARCHAR(100)", "DECIMAL(12,2)", "DATETIME(3)", "TEXT"};
      for (int i = 1; i < COLUMNS; i++) {
        columns.append(", column_").append(i).append(' ').append(types[i % types.length]);
        columns.append(" COMMENT 'the column number ").append(i).append("'");
      }
      for (int i = made; i < tables; i++) {
        statement.execute(
            String.format(
                Locale.ROOT,
                "CREATE TABLE %s.table_%06d (%s, PRIMARY KEY (id), KEY by_first (column_1))"
                    + " COMMENT 'the table number %d%s'",
                database,
                first + i,
                columns,
                first + i,
                marked > 0 && (first + i) % marked == marked / 2 ? " of the ledger" : ""));
        if (i % 1_000 == 999) {
          System.out.printf("made %,d of %,d tables of %s%n", i + 1, tables, database);
        }
      }
    }
  }

  /** Seconds that it takes to read the metadata of databases and discard it. */
  static double bareRead(MySqlServer mysql, List<String> databases) throws SQLException {
    long began = System.nanoTime();
    try (Connection connection = mysql.connect()) {
      for (String database : databases) {
        long tables = read(connection, TABLES, database);
        try (Statement statement = connection.createStatement()) {
          statement.execute(
              "SET SESSION information_schema_stats_expiry = "
                  + (tables <= FRESH_STATISTICS_TABLES ? "0" : "DEFAULT"));
        }
        for (String query : QUERIES) {
          read(connection, query, database);
        }
      }
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private static long read(Connection connection, String query, String database)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            query, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      statement.setFetchSize(Integer.MIN_VALUE);
      statement.setString(1, database);
      try (ResultSet rows = statement.executeQuery()) {
        int columns = rows.getMetaData().getColumnCount();
        long count = 0;
        while (rows.next()) {
          count++;
          for (int i = 1; i <= columns; i++) {
            rows.getString(i);
          }
        }
        return count;
      }
    }
  }
}
