package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table.
 *
 * @param schema the schema or database that it is in; null: the url's
 * @param columns all that are declared, in order
 */
record JdbcTable(
    JdbcAddress address, @Nullable String schema, String name, List<TableColumn> columns)
    implements Serializable {
  private static final long serialVersionUID = 1;

  JdbcTable {
    // Of a class that is serializable.
    columns = new ArrayList<>(columns);
  }

  Dialect dialect() {
    return address.dialect();
  }

  /** As it stands in a statement. */
  String quoted() {
    return (schema == null ? "" : dialect().quote(schema) + ".") + dialect().quote(name);
  }

  /** As messages name it. */
  @Override
  public String toString() {
    return (schema == null ? "" : schema + ".") + name;
  }
}
