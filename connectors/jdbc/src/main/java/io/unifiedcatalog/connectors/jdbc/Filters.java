package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/**
 * Makes of Flink's filters conditions that every row fulfils which the filter lets through. Other
 * rows may, too: Flink evaluates each filter again.
 */
final class Filters {
  private static final Map<FunctionDefinition, String> OPERATORS =
      Map.of(
          BuiltInFunctionDefinitions.EQUALS, "=",
          BuiltInFunctionDefinitions.NOT_EQUALS, "<>",
          BuiltInFunctionDefinitions.LESS_THAN, "<",
          BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL, "<=",
          BuiltInFunctionDefinitions.GREATER_THAN, ">",
          BuiltInFunctionDefinitions.GREATER_THAN_OR_EQUAL, ">=");

  /** With the sides exchanged. */
  private static final Map<String, String> TURNED =
      Map.of("=", "=", "<>", "<>", "<", ">", "<=", ">=", ">", "<", ">=", "<=");

  private final Dialect dialect;
  private final SessionZone zone;
  private final Map<String, TableColumn> columns = new HashMap<>();

  Filters(Dialect dialect, SessionZone zone, List<TableColumn> columns) {
    this.dialect = dialect;
    this.zone = zone;
    columns.forEach(column -> this.columns.put(column.name(), column));
  }

  /** The condition of a filter; null if there is none. */
  @Nullable Condition condition(ResolvedExpression filter) {
    if (filter instanceof FieldReferenceExpression) {
      return isTrue(filter, true);
    }
    if (!(filter instanceof CallExpression call)) {
      return null;
    }
    FunctionDefinition function = call.getFunctionDefinition();
    List<ResolvedExpression> operands = call.getResolvedChildren();
    String operator = OPERATORS.get(function);
    if (operator != null) {
      return comparison(operator, operands.get(0), operands.get(1));
    }
    if (function == BuiltInFunctionDefinitions.AND) {
      return and(operands);
    }
    if (function == BuiltInFunctionDefinitions.OR) {
      return or(operands);
    }
    if (function == BuiltInFunctionDefinitions.IN) {
      return in(operands);
    }
    if (function == BuiltInFunctionDefinitions.BETWEEN) {
      return and(
          comparison(">=", operands.get(0), operands.get(1)),
          comparison("<=", operands.get(0), operands.get(2)));
    }
    if (function == BuiltInFunctionDefinitions.LIKE) {
      return like(operands);
    }
    if (function == BuiltInFunctionDefinitions.IS_NULL) {
      TableColumn column = column(operands.get(0));
      return column == null ? null : dialect.isNull(column);
    }
    if (function == BuiltInFunctionDefinitions.IS_NOT_NULL) {
      TableColumn column = column(operands.get(0));
      return column == null ? null : Condition.of(dialect.quote(column.name()) + " IS NOT NULL");
    }
    if (function == BuiltInFunctionDefinitions.NOT) {
      return isTrue(operands.get(0), false);
    }
    if (function == BuiltInFunctionDefinitions.IS_TRUE) {
      return isTrue(operands.get(0), true);
    }
    if (function == BuiltInFunctionDefinitions.IS_FALSE) {
      return isTrue(operands.get(0), false);
    }
    return null;
  }

  private @Nullable Condition isTrue(ResolvedExpression operand, boolean wanted) {
    TableColumn column = column(operand);
    return column == null || !column.type().is(LogicalTypeRoot.BOOLEAN)
        ? null
        : dialect.isTrue(column, wanted);
  }

  /** A part without a condition lets more rows through. */
  private @Nullable Condition and(List<ResolvedExpression> operands) {
    Condition all = null;
    for (ResolvedExpression operand : operands) {
      all = and(all, condition(operand));
    }
    return all;
  }

  private static @Nullable Condition and(@Nullable Condition left, @Nullable Condition right) {
    return left == null ? right : right == null ? left : Condition.of(left, "AND", right);
  }

  private @Nullable Condition or(List<ResolvedExpression> operands) {
    Condition all = null;
    for (ResolvedExpression operand : operands) {
      Condition one = condition(operand);
      if (one == null) {
        return null;
      }
      all = all == null ? one : Condition.of(all, "OR", one);
    }
    return all;
  }

  private @Nullable Condition in(List<ResolvedExpression> operands) {
    Condition all = null;
    for (ResolvedExpression operand : operands.subList(1, operands.size())) {
      Condition one = comparison("=", operands.get(0), operand);
      if (one == null) {
        return null;
      }
      all = all == null ? one : Condition.of(all, "OR", one);
    }
    return all;
  }

  private @Nullable Condition comparison(
      String operator, ResolvedExpression left, ResolvedExpression right) {
    TableColumn column = column(left);
    if (column == null) {
      column = column(right);
      return column == null || !(left instanceof ValueLiteralExpression literal)
          ? null
          : comparison(column, String.valueOf(TURNED.get(operator)), literal);
    }
    return right instanceof ValueLiteralExpression literal
        ? comparison(column, operator, literal)
        : null;
  }

  private @Nullable Condition comparison(
      TableColumn column, String operator, ValueLiteralExpression literal) {
    Serializable value = value(literal);
    if (value instanceof Boolean wanted && column.type().is(LogicalTypeRoot.BOOLEAN)) {
      return operator.equals("=")
          ? dialect.isTrue(column, wanted)
          : operator.equals("<>") ? dialect.isTrue(column, !wanted) : null;
    }
    return value == null ? null : dialect.comparison(column, operator, value, zone);
  }

  private @Nullable Condition like(List<ResolvedExpression> operands) {
    TableColumn column = column(operands.get(0));
    return operands.size() == 2
            && column != null
            && operands.get(1) instanceof ValueLiteralExpression literal
            && value(literal) instanceof String pattern
            && pattern.indexOf('\\') < 0
            && pattern.indexOf(0) < 0
        ? dialect.like(column, pattern)
        : null;
  }

  private @Nullable TableColumn column(ResolvedExpression expression) {
    return expression instanceof FieldReferenceExpression field
        ? columns.get(field.getName())
        : null;
  }

  /** A literal's value: exact numbers as BigDecimal, others as Double; null if it is of none. */
  private static @Nullable Serializable value(ValueLiteralExpression literal) {
    if (literal.isNull()) {
      return null;
    }
    LogicalType type = literal.getOutputDataType().getLogicalType();
    if (type.is(LogicalTypeFamily.EXACT_NUMERIC)) {
      return literal.getValueAs(BigDecimal.class).orElse(null);
    }
    return switch (type.getTypeRoot()) {
      case FLOAT, DOUBLE -> literal.getValueAs(Double.class).orElse(null);
      case CHAR, VARCHAR -> literal.getValueAs(String.class).orElse(null);
      case BOOLEAN -> literal.getValueAs(Boolean.class).orElse(null);
      case DATE -> literal.getValueAs(LocalDate.class).orElse(null);
      case TIMESTAMP_WITHOUT_TIME_ZONE -> literal.getValueAs(LocalDateTime.class).orElse(null);
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> literal.getValueAs(Instant.class).orElse(null);
      default -> null;
    };
  }
}
