package io.unifiedcatalog.server.model;

/** The full name of a table in the catalog. Both parts are as people and sources spell them. */
public record TableName(String database, String table) {
  /** For messages: {@code database.table}. */
  @Override
  public String toString() {
    return database + "." + table;
  }
}
