package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Compares columns that were written down, in a temporary table made with LIKE or in a compiled
 * plan, with those that the catalog's table has now. A connector that is asked for a column that is
 * gone fails when the job runs, and Flink restarts the job again and again.
 */
final class StaleColumns {
  private StaleColumns() {}

  /**
   * Refuses columns that the table does not have, or has with another type. It may have more.
   *
   * @param now the table with its effective schema
   */
  static void check(ResolvedCatalogTable written, TableReference reference, Table now) {
    if (reference.version() != 0 && now.getPhysical().hasRegistration()) {
      // A plan decodes with the schema of its own version, for which the binding was asked.
      return;
    }
    Map<String, String> types = new HashMap<>();
    for (io.unifiedcatalog.proto.v1.Column column : now.getEffective().getColumnsList()) {
      if (column.hasPhysical()) {
        types.put(column.getName(), column.getPhysical().getType());
      }
    }
    List<String> differences = new ArrayList<>();
    for (Column column : written.getResolvedSchema().getColumns()) {
      if (!column.isPhysical()) {
        continue;
      }
      String type = types.get(column.getName());
      if (type == null) {
        differences.add(String.format("it has no column `%s`", column.getName()));
      } else {
        LogicalType before = column.getDataType().getLogicalType();
        // NOT NULL may come from a key that the temporary table adds.
        LogicalType current =
            LogicalTypeParser.parse(type, StaleColumns.class.getClassLoader())
                .copy(before.isNullable());
        if (!current.equals(before)) {
          differences.add(
              String.format(
                  "its column `%s` is %s, and here %s",
                  column.getName(), current.asSummaryString(), before.asSummaryString()));
        }
      }
    }
    if (!differences.isEmpty()) {
      throw new ValidationException(
          String.format(
              "The columns of table %s.%s are not those that this %s was made with: %s. %s.",
              reference.database(),
              reference.table(),
              reference.version() == 0 ? "temporary table" : "plan",
              String.join("; ", differences),
              reference.version() == 0
                  ? "A table made with LIKE keeps the columns that it was made with. Drop it, and"
                      + " create it again LIKE the table"
                  : "Compile the plan again"));
    }
  }
}
