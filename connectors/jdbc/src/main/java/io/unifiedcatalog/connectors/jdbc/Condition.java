package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * A condition of a statement.
 *
 * @param sql with a question mark for each parameter
 * @param parameters as {@link Dialect#bind} takes them
 */
record Condition(String sql, List<Object> parameters) implements Serializable {
  private static final long serialVersionUID = 1;

  Condition {
    // Of a class that is serializable.
    parameters = new ArrayList<>(parameters);
  }

  static Condition of(String sql, Object... parameters) {
    return new Condition(sql, List.of(parameters));
  }

  /** Both, or one of both. */
  static Condition of(Condition left, String operator, Condition right) {
    List<Object> parameters = new ArrayList<>(left.parameters);
    parameters.addAll(right.parameters);
    return new Condition("(" + left.sql + " " + operator + " " + right.sql + ")", parameters);
  }
}
