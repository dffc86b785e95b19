package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What sets one database apart from another. */
interface Dialect extends Serializable {
  /** How the database calls itself. */
  String systemName();

  /** The class of the driver. */
  String driverClass();

  /** How a url begins that the driver takes. */
  String urlPrefix();

  /** A name as it stands in a statement, whatever is in it. */
  String quote(String name);

  /** What a type is that the database prints. */
  SourceType sourceType(String type, @Nullable String collation);

  /** The url with the properties of the driver that reading and writing rely on. */
  String url(String url, int fetchSize);

  /** Prepares a session that has just begun. */
  void begin(Connection connection, SessionZone zone) throws SQLException;

  /** What is selected to read a column. */
  String readExpression(TableColumn column);

  /**
   * What is compared to find rows by a value of a column: each row that equals it must be found,
   * others may be.
   *
   * @return with one parameter; null if there is no such condition
   */
  @Nullable String lookupCondition(TableColumn column);

  /**
   * A condition that each row fulfils whose column compares to a value so in Flink; others may,
   * too.
   *
   * @param operator {@code =}, {@code <>}, {@code <}, {@code <=}, {@code >} or {@code >=}
   * @param literal as {@link Literals} makes it
   * @return null if there is none
   */
  @Nullable Condition comparison(
      TableColumn column, String operator, Serializable literal, SessionZone zone);

  /** The same for a pattern of LIKE without an escape character and without a backslash. */
  @Nullable Condition like(TableColumn column, String pattern);

  /** The same for NULL. */
  @Nullable Condition isNull(TableColumn column);

  /** The same for a boolean. */
  @Nullable Condition isTrue(TableColumn column, boolean wanted);

  /** Sets a parameter. */
  void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException;

  /**
   * Makes the reader of a column of what is selected.
   *
   * @param jdbcType one of {@link java.sql.Types}, as the driver has it
   * @param typeName as the driver has it
   * @throws IllegalArgumentException if the type in Flink is none for it
   */
  ValueReader reader(TableColumn column, SessionZone zone, int jdbcType, String typeName);

  /**
   * Why a lookup cannot ask for a column; null if it can.
   *
   * @param zone of the session
   */
  @Nullable String whyNotLookedUp(TableColumn column, SessionZone zone);

  /** Makes what is written of a value of Flink. */
  ValueWriter writer(TableColumn column, SessionZone zone);

  /** What is inserted for a column, with one parameter. */
  default String writeExpression(TableColumn column) {
    return "?";
  }

  /** Why a column cannot be written; null if it can. */
  @Nullable String whyNotWritten(TableColumn column);

  /**
   * Inserts a row or replaces the columns of the row that has its key.
   *
   * @param columns that are written, the key's among them
   */
  String upsert(String table, List<TableColumn> columns, List<String> key);

  /**
   * Why an upsert cannot name some columns of a table only; null if it can, and leaves the others
   * alone.
   */
  default @Nullable String whyNoPartialUpsert() {
    return null;
  }

  /** Whether a failure says that the value of a parameter is none that the database knows. */
  boolean isUnknownValue(SQLException failure);

  /** Whether statements are put into transactions; otherwise each stands alone. */
  default boolean hasTransactions() {
    return true;
  }

  /** Whether an upsert replaces a row that has another key and the same value of a unique key. */
  boolean replacesByOtherKeys();

  /** Whether the collation takes different texts for equal. */
  boolean folds(TableColumn column);

  /** Inserts a row. */
  default String insert(String table, List<TableColumn> columns) {
    return "INSERT INTO "
        + table
        + " ("
        + columns.stream().map(column -> quote(column.name())).collect(Collectors.joining(", "))
        + ") VALUES ("
        + columns.stream().map(this::writeExpression).collect(Collectors.joining(", "))
        + ")";
  }

  /** Deletes the row that has a key. */
  default String delete(String table, List<TableColumn> key) {
    return "DELETE FROM "
        + table
        + " WHERE "
        + key.stream()
            .map(column -> quote(column.name()) + " = " + writeExpression(column))
            .collect(Collectors.joining(" AND "));
  }
}
