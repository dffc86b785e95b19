package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/** ClickHouse's own types of a table's columns: from an option, or asked for once. */
final class ColumnTypes {
  private final ClickHouseAddress address;
  private @Nullable Map<String, NativeType> known;

  /**
   * Of a table.
   *
   * @param known by the columns' names; null: the server is asked when they are needed
   */
  ColumnTypes(ClickHouseAddress address, @Nullable Map<String, NativeType> known) {
    this.address = address;
    this.known = known;
  }

  /**
   * By the columns' names.
   *
   * @throws ValidationException if the server has to be asked and does not answer
   */
  synchronized Map<String, NativeType> get() {
    Map<String, NativeType> types = known;
    if (types == null) {
      try {
        types = address.describe();
      } catch (IOException e) {
        throw new ValidationException(
            "ClickHouse does not say which columns table "
                + address.table()
                + " has: "
                + e.getMessage()
                + " Where the planner cannot reach it, set '"
                + ClickHouseTableFactory.COLUMN_TYPES.key()
                + "' as in CREATE TABLE, such as: id UInt64, name Nullable(String).",
            e);
      }
      known = types;
    }
    return types;
  }

  /** The same if nothing is asked, or of the same table. */
  @Override
  public synchronized boolean equals(Object other) {
    return this == other
        || (other instanceof ColumnTypes that
            && address.equals(that.address)
            && get().equals(that.get()));
  }

  @Override
  public int hashCode() {
    return address.hashCode();
  }
}
