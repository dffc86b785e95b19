package io.unifiedcatalog.connectors.clickhouse;

/** How two values are compared. */
enum Operator {
  EQUAL("="),
  NOT_EQUAL("!="),
  LESS("<"),
  LESS_OR_EQUAL("<="),
  GREATER(">"),
  GREATER_OR_EQUAL(">=");

  /** As ClickHouse writes it. */
  final String sql;

  Operator(String sql) {
    this.sql = sql;
  }

  /** The operator that holds if the sides change places. */
  Operator flipped() {
    return switch (this) {
      case EQUAL, NOT_EQUAL -> this;
      case LESS -> GREATER;
      case LESS_OR_EQUAL -> GREATER_OR_EQUAL;
      case GREATER -> LESS;
      case GREATER_OR_EQUAL -> LESS_OR_EQUAL;
    };
  }

  /** Whether it asks for an order. */
  boolean isRange() {
    return this != EQUAL && this != NOT_EQUAL;
  }

  /** The same, and equal values too. */
  Operator orEqual() {
    return switch (this) {
      case LESS -> LESS_OR_EQUAL;
      case GREATER -> GREATER_OR_EQUAL;
      case EQUAL, NOT_EQUAL, LESS_OR_EQUAL, GREATER_OR_EQUAL -> this;
    };
  }

  /** Whether it holds, by the result of a comparison. */
  boolean holds(int comparison) {
    return switch (this) {
      case EQUAL -> comparison == 0;
      case NOT_EQUAL -> comparison != 0;
      case LESS -> comparison < 0;
      case LESS_OR_EQUAL -> comparison <= 0;
      case GREATER -> comparison > 0;
      case GREATER_OR_EQUAL -> comparison >= 0;
    };
  }
}
