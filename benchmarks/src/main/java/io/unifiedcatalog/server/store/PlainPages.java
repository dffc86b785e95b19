package io.unifiedcatalog.server.store;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pages of tables by the store's own statements, over plain JDBC. In its package to see them. */
public final class PlainPages {
  private static final Pattern PARAMETER = Pattern.compile(":([a-zA-Z]\\w*)");

  private final Connection connection;
  private final Map<String, Prepared> prepared = new HashMap<>();

  private record Prepared(PreparedStatement statement, List<String> parameters) {}

  public PlainPages(Connection connection) {
    this.connection = connection;
  }

  /** A page of a list; returns how many tables it has. */
  public int list(String database, String after, int limit) throws SQLException {
    return run(
        TableRows.LIST,
        Map.<String, Object>of("database", database, "after", after, "limit", limit));
  }

  /** The first page of a search, by as many statements as {@link TableRows#searchTables} takes. */
  public int search(List<String> words, int limit) throws SQLException {
    Map<String, Object> values = new HashMap<>();
    values.put("afterDatabase", "");
    values.put("afterTable", "");
    values.put("limit", limit);
    values.put(
        "patterns",
        connection.createArrayOf("text", words.stream().map(TableRows::pattern).toArray()));
    values.put("tables", TableRows.NEAR * limit);
    int found = run(TableRows.SEARCH_NEXT, values);
    if (found < limit && found * TableRows.FAR >= limit * TableRows.NEAR) {
      values.put("tables", TableRows.FAR * limit);
      found = run(TableRows.SEARCH_NEXT, values);
    }
    if (found == limit) {
      return found;
    }
    List<String> parts = TableRows.indexedParts(words);
    if (parts.size() > 1) {
      values.put("parts", connection.createArrayOf("text", parts.toArray()));
      List<String> rare = new ArrayList<>();
      run(TableRows.RARE_PARTS, values, rare);
      parts = rare.isEmpty() ? parts : rare;
    }
    for (int i = 0; i < parts.size(); i++) {
      values.put("part" + i, TableRows.pattern(parts.get(i)));
    }
    return run(TableRows.searchAll(parts.size()), values);
  }

  private int run(String sql, Map<String, Object> values) throws SQLException {
    return run(sql, values, new ArrayList<>());
  }

  /**
   * Reads all columns; adds the first of each row to a list, and returns how many rows there are.
   */
  private int run(String sql, Map<String, Object> values, List<String> first) throws SQLException {
    Prepared query = prepared.get(sql);
    if (query == null) {
      query = prepare(sql);
      prepared.put(sql, query);
    }
    for (int i = 0; i < query.parameters().size(); i++) {
      Object value = values.get(query.parameters().get(i));
      if (value instanceof Array array) {
        query.statement().setArray(i + 1, array);
      } else {
        query.statement().setObject(i + 1, value);
      }
    }
    int count = 0;
    try (ResultSet rows = query.statement().executeQuery()) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        first.add(rows.getString(1));
        for (int i = 2; i <= columns; i++) {
          rows.getString(i);
        }
        count++;
      }
    }
    return count;
  }

  private Prepared prepare(String sql) throws SQLException {
    Matcher matcher = PARAMETER.matcher(sql);
    List<String> parameters = new ArrayList<>();
    while (matcher.find()) {
      parameters.add(matcher.group(1));
    }
    return new Prepared(connection.prepareStatement(matcher.replaceAll("?")), parameters);
  }
}
