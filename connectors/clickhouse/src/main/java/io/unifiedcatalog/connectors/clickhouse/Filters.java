package io.unifiedcatalog.connectors.clickhouse;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/** Makes conditions of ClickHouse's of Flink's filters: each holds at least where Flink's does. */
final class Filters {
  private static final Map<FunctionDefinition, Operator> OPERATORS =
      Map.of(
          BuiltInFunctionDefinitions.EQUALS, Operator.EQUAL,
          BuiltInFunctionDefinitions.NOT_EQUALS, Operator.NOT_EQUAL,
          BuiltInFunctionDefinitions.LESS_THAN, Operator.LESS,
          BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL, Operator.LESS_OR_EQUAL,
          BuiltInFunctionDefinitions.GREATER_THAN, Operator.GREATER,
          BuiltInFunctionDefinitions.GREATER_THAN_OR_EQUAL, Operator.GREATER_OR_EQUAL);

  /** By the columns' names. */
  private final Map<String, NativeType> types;

  /**
   * Of a table.
   *
   * @param types of its columns in ClickHouse; a filter on one that is not among them has no
   *     condition
   */
  Filters(Map<String, NativeType> types) {
    this.types = types;
  }

  /** The condition of a filter; null if ClickHouse has none that holds wherever Flink's does. */
  @Nullable String condition(ResolvedExpression filter) {
    Comparison itself = column(filter);
    if (itself != null) {
      return itself.with(Operator.EQUAL, true);
    }
    if (!(filter instanceof CallExpression call)) {
      return null;
    }
    FunctionDefinition function = call.getFunctionDefinition();
    List<ResolvedExpression> arguments = call.getResolvedChildren();
    Operator operator = OPERATORS.get(function);
    if (operator != null) {
      return compared(operator, arguments.get(0), arguments.get(1));
    }
    if (function == BuiltInFunctionDefinitions.AND) {
      return all(arguments);
    }
    if (function == BuiltInFunctionDefinitions.OR) {
      return any(arguments);
    }
    Comparison column = column(arguments.get(0));
    if (function == BuiltInFunctionDefinitions.IS_TRUE) {
      return condition(arguments.get(0));
    }
    if (column == null) {
      return null;
    }
    if (function == BuiltInFunctionDefinitions.NOT
        || function == BuiltInFunctionDefinitions.IS_FALSE) {
      return column.with(Operator.EQUAL, false);
    }
    if (function == BuiltInFunctionDefinitions.IS_NULL) {
      return column.isNull(true);
    }
    if (function == BuiltInFunctionDefinitions.IS_NOT_NULL) {
      return column.isNull(false);
    }
    if (function == BuiltInFunctionDefinitions.LIKE
        && arguments.size() == 2
        && literal(arguments.get(1)) instanceof String pattern) {
      return column.like(pattern);
    }
    if (function == BuiltInFunctionDefinitions.IN) {
      List<String> conditions = new ArrayList<>();
      for (ResolvedExpression value : arguments.subList(1, arguments.size())) {
        String condition = compared(Operator.EQUAL, arguments.get(0), value);
        if (condition == null) {
          return null;
        }
        conditions.add(condition);
      }
      return "(" + String.join(" OR ", conditions) + ")";
    }
    if (function == BuiltInFunctionDefinitions.BETWEEN) {
      String least = compared(Operator.GREATER_OR_EQUAL, arguments.get(0), arguments.get(1));
      String greatest = compared(Operator.LESS_OR_EQUAL, arguments.get(0), arguments.get(2));
      return least == null
          ? greatest
          : greatest == null ? least : "(" + least + " AND " + greatest + ")";
    }
    return null;
  }

  /** What of them can be asked for is enough. */
  private @Nullable String all(List<ResolvedExpression> filters) {
    List<String> conditions = new ArrayList<>();
    for (ResolvedExpression filter : filters) {
      String condition = condition(filter);
      if (condition != null) {
        conditions.add("(" + condition + ")");
      }
    }
    return conditions.isEmpty() ? null : String.join(" AND ", conditions);
  }

  private @Nullable String any(List<ResolvedExpression> filters) {
    List<String> conditions = new ArrayList<>();
    for (ResolvedExpression filter : filters) {
      String condition = condition(filter);
      if (condition == null) {
        return null;
      }
      conditions.add("(" + condition + ")");
    }
    return String.join(" OR ", conditions);
  }

  private @Nullable String compared(
      Operator operator, ResolvedExpression left, ResolvedExpression right) {
    Comparison column = column(left);
    Object value = literal(right);
    if (column != null && value != null) {
      return column.with(operator, value);
    }
    column = column(right);
    value = literal(left);
    return column != null && value != null ? column.with(operator.flipped(), value) : null;
  }

  private @Nullable Comparison column(ResolvedExpression expression) {
    if (!(expression instanceof FieldReferenceExpression field)) {
      return null;
    }
    NativeType type = types.get(field.getName());
    return type == null ? null : new Comparison(field.getName(), type);
  }

  /** The value of a literal as {@link Comparison} takes it; null if it is none. */
  private static @Nullable Object literal(ResolvedExpression expression) {
    if (!(expression instanceof ValueLiteralExpression literal) || literal.isNull()) {
      return null;
    }
    Object value = literal.getValueAs(Object.class).orElse(null);
    LogicalTypeRoot root = literal.getOutputDataType().getLogicalType().getTypeRoot();
    return switch (root) {
      case BOOLEAN -> value instanceof Boolean ? value : null;
      case TINYINT, SMALLINT, INTEGER, BIGINT ->
          value instanceof Number number ? BigDecimal.valueOf(number.longValue()) : null;
      case DECIMAL -> value instanceof BigDecimal ? value : null;
      case FLOAT, DOUBLE -> value instanceof Number number ? number.doubleValue() : null;
      case CHAR, VARCHAR -> value instanceof String ? value : null;
      case BINARY, VARBINARY -> value instanceof byte[] ? value : null;
      case DATE -> value instanceof LocalDate ? value : null;
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> value instanceof Instant ? value : null;
      default -> null;
    };
  }
}
