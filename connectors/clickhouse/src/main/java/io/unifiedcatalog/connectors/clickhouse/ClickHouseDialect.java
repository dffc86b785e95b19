package io.unifiedcatalog.connectors.clickhouse;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.connector.jdbc.core.database.dialect.AbstractDialect;
import org.apache.flink.connector.jdbc.core.database.dialect.JdbcDialectConverter;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * ClickHouse's SQL for Flink's JDBC connector.
 *
 * <p>A row of a table with a primary key is inserted like any other: ClickHouse has no upsert, and
 * the table's engine (ReplacingMergeTree) is what replaces the older row. A deletion is a
 * lightweight DELETE.
 */
final class ClickHouseDialect extends AbstractDialect {
  private static final long serialVersionUID = 1;

  private static final int MAX_PRECISION_OF_TIMESTAMP = 9;
  private static final int MAX_PRECISION_OF_DECIMAL = 38;

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
    return new ClickHouseConverter(rowType);
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

  @Override
  public Optional<Range> timestampPrecisionRange() {
    return Optional.of(Range.of(0, MAX_PRECISION_OF_TIMESTAMP));
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
        LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE,
        LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE,
        LogicalTypeRoot.TINYINT,
        LogicalTypeRoot.VARBINARY,
        LogicalTypeRoot.VARCHAR);
  }
}
