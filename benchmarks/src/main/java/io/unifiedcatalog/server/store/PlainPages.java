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
  public int search(List<String> words, String afterDatabase, String afterTable, int limit)
      throws SQLException {
    Map<String, Object> values = new HashMap<>();
    values.put("afterDatabase", afterDatabase);
    values.put("afterTable", afterTable);
    values.put("limit", limit);
    values.put(
        "patterns",
        connection.createArrayOf("text", words.stream().map(TableRows::pattern).toArray()));
    values.put("tables", TableRows.NEAR * limit);
    int found = run(TableRows.SEARCH_NEXT, values);
    if (found < limit && found * TableRows.FAR >= limit) {
      values.put("tables", TableRows.FAR * limit);
      found = run(TableRows.SEARCH_NEXT, values);
    }
    if (found == limit) {
      return found;
    }
    List<String> indexed = TableRows.indexedWords(words);
    for (int i = 0; i < indexed.size(); i++) {
      values.put("word" + i, TableRows.pattern(indexed.get(i)));
    }
    return run(TableRows.searchAll(indexed.size()), values);
  }

  private int run(String sql, Map<String, Object> values) throws SQLException {
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
    int tables = 0;
    try (ResultSet rows = query.statement().executeQuery()) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        for (int i = 1; i <= columns; i++) {
          rows.getString(i);
        }
        tables++;
      }
    }
    return tables;
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
