package io.unifiedcatalog.connectors.clickhouse;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.connector.jdbc.core.database.dialect.AbstractDialect;
import org.apache.flink.connector.jdbc.core.database.dialect.JdbcDialectConverter;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * ClickHouse's SQL for Flink's JDBC connector.
 *
 * <p>A row of a table with a primary key is inserted like any other: ClickHouse has no upsert, and
 * the table's engine (ReplacingMergeTree) is what replaces the older row. A deletion is a
 * lightweight DELETE.
 */
final class ClickHouseDialect extends AbstractDialect {
  private static final long serialVersionUID = 1;

  private static final int MAX_PRECISION_OF_DECIMAL = 38;

  /** What the statement that was made last inserts; null: it inserts nothing. */
  private @Nullable InsertCheck inserted;

  @Override
  public String dialectName() {
    return "ClickHouse";
  }

  @Override
  public Optional<String> defaultDriverName() {
    return Optional.of("com.clickhouse.jdbc.Driver");
  }

  @Override
  public JdbcDialectConverter getRowConverter(RowType rowType) {
    return new ClickHouseConverter(rowType, inserted);
  }

  /** Flink's connector asks for a statement first, and then for what fills it. */
  @Override
  public String getInsertIntoStatement(String tableName, String[] fieldNames) {
    inserted = new InsertCheck(tableName, fieldNames);
    return super.getInsertIntoStatement(tableName, fieldNames);
  }

  @Override
  public String getDeleteStatement(String tableName, String[] conditionFields) {
    inserted = null;
    return super.getDeleteStatement(tableName, conditionFields);
  }

  @Override
  public String getSelectFromStatement(
      String tableName, String[] selectFields, String[] conditionFields) {
    inserted = null;
    return super.getSelectFromStatement(tableName, selectFields, conditionFields);
  }

  @Override
  public String getLimitClause(long limit) {
    return "LIMIT " + limit;
  }

  @Override
  public String quoteIdentifier(String identifier) {
    return "`" + identifier.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }

  @Override
  public Optional<String> getUpsertStatement(
      String tableName, String[] fieldNames, String[] uniqueKeyFields) {
    return Optional.of(getInsertIntoStatement(tableName, fieldNames));
  }

  @Override
  public Optional<Range> decimalPrecisionRange() {
    return Optional.of(Range.of(1, MAX_PRECISION_OF_DECIMAL));
  }

  /**
   * A DateTime is an instant. As a local time it could be read, in its column's zone; but Flink's
   * JDBC connector hands on a filter on it as a time of its own machine's zone, and would give
   * other rows.
   */
  @Override
  public void validate(RowType rowType) {
    for (RowType.RowField field : rowType.getFields()) {
      if (holdsLocalTime(field.getType())) {
        throw new ValidationException(
            "Column '"
                + field.getName()
                + "' cannot be "
                + field.getType()
                + ": ClickHouse's DateTime and DateTime64 are instants. Declare TIMESTAMP_LTZ in"
                + " place of TIMESTAMP.");
      }
    }
    super.validate(rowType);
  }

  private static boolean holdsLocalTime(LogicalType type) {
    return type.is(LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE)
        || type.getChildren().stream().anyMatch(ClickHouseDialect::holdsLocalTime);
  }

  @Override
  public Set<LogicalTypeRoot> supportedTypes() {
    return EnumSet.of(
        LogicalTypeRoot.ARRAY,
        LogicalTypeRoot.BIGINT,
        LogicalTypeRoot.BOOLEAN,
        LogicalTypeRoot.CHAR,
        LogicalTypeRoot.DATE,
        LogicalTypeRoot.DECIMAL,
        LogicalTypeRoot.DOUBLE,
        LogicalTypeRoot.FLOAT,
        LogicalTypeRoot.INTEGER,
        LogicalTypeRoot.MAP,
        LogicalTypeRoot.ROW,
        LogicalTypeRoot.SMALLINT,
        LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE,
        LogicalTypeRoot.TINYINT,
        LogicalTypeRoot.VARBINARY,
        LogicalTypeRoot.VARCHAR);
  }
}
