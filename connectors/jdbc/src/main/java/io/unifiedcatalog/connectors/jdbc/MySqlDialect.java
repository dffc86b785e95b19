package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.connectors.jdbc.SourceType.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/** Databases that speak MySQL's protocol: MySQL itself, Doris and StarRocks. */
final class MySqlDialect extends CommonDialect {
  private static final long serialVersionUID = 1;

  /** As it is called in messages. */
  static final String MYSQL = "MySQL";

  /** The one collation that compares texts byte by byte and does not fill them up with blanks. */
  private static final String BYTE_ORDER = "utf8mb4_0900_bin";

  private static final Pattern TYPE =
      Pattern.compile(
          "(?is)([a-z_0-9]+(?: precision)?)(?:\\s*\\(\\s*(\\d{1,9})\\s*(?:,\\s*(\\d{1,9})\\s*)?\\)"
              + "|\\s*\\(.*\\)|<.*>)?(.*)");

  private static final Pattern COLLATION = Pattern.compile("[A-Za-z0-9_]{1,64}");

  /** A date that is none, such as 0000-00-00, 2024-00-10 or 2024-02-31. */
  private static final Pattern DATE =
      Pattern.compile("(\\d{4})-(\\d{2})-(\\d{2})(?:[ T]\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?)?");

  /** What MySQL's TIMESTAMP holds. */
  private static final LocalDateTime FIRST_INSTANT = LocalDateTime.of(1970, 1, 1, 0, 0, 1);

  private static final LocalDateTime LAST_INSTANT =
      LocalDateTime.of(2038, 1, 19, 3, 14, 7, 999_999_000);

  /**
   * That a text has characters that the column's character set has not: cannot convert, illegal mix
   * of collations, and the like.
   */
  private static final Set<Integer> UNKNOWN_VALUES =
      Set.of(1267, 1270, 1271, 1366, 3854, 3988, 1292, 1525);

  private final boolean isMySql;
  private final String systemName;

  private MySqlDialect(boolean isMySql, String systemName) {
    this.isMySql = isMySql;
    this.systemName = systemName;
  }

  static MySqlDialect mySql() {
    return new MySqlDialect(true, MYSQL);
  }

  /** A database that only speaks as MySQL does. */
  static MySqlDialect of(String systemName) {
    return new MySqlDialect(false, systemName);
  }

  @Override
  public String systemName() {
    return systemName;
  }

  @Override
  public String driverClass() {
    return "com.mysql.cj.jdbc.Driver";
  }

  @Override
  public String urlPrefix() {
    return "jdbc:mysql:";
  }

  @Override
  public String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  public String url(String url, int fetchSize) {
    Map<String, String> fixed = new LinkedHashMap<>();
    fixed.put("zeroDateTimeBehavior", "CONVERT_TO_NULL");
    fixed.put("yearIsDateType", "false");
    fixed.put("tinyInt1isBit", "false");
    fixed.put("characterEncoding", "UTF-8");
    fixed.put("treatMysqlDatetimeAsTimestamp", "false");
    // With a cursor, rows come in portions and a table may be larger than the heap; the others have
    // none, and hand on rows as they come.
    fixed.put("useCursorFetch", String.valueOf(isMySql && fetchSize > 0));
    if (isMySql && !hasProperty(url, "rewriteBatchedStatements")) {
      fixed.put("rewriteBatchedStatements", "true");
    }
    return withProperties(url, fixed);
  }

  @Override
  public void begin(Connection connection, SessionZone zone) throws SQLException {
    StringBuilder sql = new StringBuilder();
    if (isMySql) {
      // Otherwise what a column does not hold is cut, with a warning.
      sql.append("SET sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')");
    }
    if (zone.zone() != null) {
      sql.append(sql.isEmpty() ? "SET " : ", ")
          .append("time_zone = '")
          .append(zone.text())
          .append("'");
    }
    if (!sql.isEmpty()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql.toString());
      }
    }
  }

  @Override
  public SourceType sourceType(String text, @Nullable String collation) {
    Matcher printed = TYPE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!printed.matches()) {
      return SourceType.of(Kind.OTHER, text, -1);
    }
    int first = printed.group(2) == null ? -1 : Integer.parseInt(printed.group(2));
    int second = printed.group(3) == null ? 0 : Integer.parseInt(printed.group(3));
    boolean unsigned = printed.group(4).contains("unsigned");
    if (collation != null && !COLLATION.matcher(collation).matches()) {
      collation = null;
    }
    return switch (printed.group(1)) {
      case "bit" ->
          first <= 1
              ? SourceType.of(Kind.BOOLEAN, text, -1)
              : SourceType.of(Kind.BITS, text, first);
      case "boolean", "bool" -> SourceType.of(Kind.NUMBER_AS_BOOLEAN, text, -1);
      case "tinyint" -> SourceType.integer(text, 8, unsigned);
      case "smallint" -> SourceType.integer(text, 16, unsigned);
      case "mediumint" -> SourceType.integer(text, 24, unsigned);
      case "int", "integer" -> SourceType.integer(text, 32, unsigned);
      case "bigint" ->
          SourceType.integer(text, isMySql || !unsigned ? 64 : 128, isMySql && unsigned);
      case "largeint" -> SourceType.integer(text, 128, false);
      case "decimal", "numeric", "decimalv2", "decimalv3", "decimal32", "decimal64", "decimal128" ->
          SourceType.decimal(text, first < 0 ? 10 : first, second);
      case "float" -> SourceType.of(Kind.FLOAT, text, -1);
      case "double", "double precision", "real" -> SourceType.of(Kind.DOUBLE, text, -1);
      case "date", "datev2" -> SourceType.of(Kind.DATE, text, -1);
      case "time" -> SourceType.of(Kind.TIME, text, Math.max(first, 0));
      case "datetime", "datetimev2" ->
          SourceType.of(
              Kind.TIMESTAMP, text, systemName.equals("StarRocks") ? 6 : Math.max(first, 0));
      case "timestamp", "timestamptz" -> SourceType.of(Kind.INSTANT, text, Math.max(first, 0));
      // A year is a number of its own, of which 1 to 99 mean others.
      case "year" -> SourceType.of(Kind.OTHER, text, -1);
      // Doris and StarRocks count bytes.
      case "char" ->
          SourceType.text(Kind.FIXED_TEXT, text, isMySql ? Math.max(first, 1) : -1, collation);
      case "varchar" -> SourceType.text(Kind.TEXT, text, isMySql ? first : -1, collation);
      case "tinytext", "text", "mediumtext", "longtext", "string" ->
          SourceType.text(Kind.TEXT, text, -1, collation);
      case "enum", "set" -> SourceType.text(Kind.ENUM, text, -1, collation);
      case "binary" -> SourceType.of(Kind.FIXED_BYTES, text, isMySql ? Math.max(first, 1) : -1);
      case "varbinary", "tinyblob", "blob", "mediumblob", "longblob" ->
          SourceType.of(
              Kind.BYTES, text, printed.group(1).equals("varbinary") && isMySql ? first : -1);
      case "json", "jsonb", "variant" -> SourceType.of(Kind.JSON, text, -1);
      case "geometry",
          "point",
          "linestring",
          "polygon",
          "multipoint",
          "multilinestring",
          "multipolygon",
          "geomcollection",
          "geometrycollection" ->
          SourceType.of(Kind.GEOMETRY, text, -1);
      default -> SourceType.of(Kind.OTHER, text, -1);
    };
  }

  @Override
  public String readExpression(TableColumn column) {
    String name = quote(column.name());
    if (!column.isText() || !isMySql) {
      return name;
    }
    return switch (column.source().kind()) {
      case UNKNOWN, TEXT, FIXED_TEXT, ENUM, JSON -> name;
      case GEOMETRY -> "ST_AsText(" + name + ")";
      default -> "CAST(" + name + " AS CHAR)";
    };
  }

  @Override
  public String lookupCondition(TableColumn column) {
    String name = quote(column.name());
    SourceType source = column.source();
    if (column.type().is(LogicalTypeRoot.BOOLEAN) && source.kind() != Kind.BOOLEAN) {
      return "(" + name + " <> 0) = ?";
    }
    if (!column.isText()) {
      return name + " = ?";
    }
    if (source.kind() == Kind.JSON && isMySql) {
      // A text equals no document.
      return "CAST(" + name + " AS CHAR) = ?";
    }
    return source.isText() || source.kind() == Kind.UNKNOWN
        ? name + " = " + converted(source)
        : readExpression(column) + " = ?";
  }

  /**
   * A parameter in the character set of a text. What this has not becomes a question mark, which
   * finds rows that Flink then leaves out; otherwise the statement would fail.
   */
  private static String converted(SourceType source) {
    String collation = source.collation();
    if (collation == null || collation.startsWith("utf8mb4") || collation.equals("binary")) {
      return "?";
    }
    int underscore = collation.indexOf('_');
    return underscore < 0
        ? "?"
        : "CONVERT(CAST(? AS CHAR CHARACTER SET utf8mb4) USING "
            + collation.substring(0, underscore)
            + ") COLLATE "
            + collation;
  }

  @Override
  @Nullable Condition timestamp(
      TableColumn column, String operator, LocalDateTime literal, SessionZone zone) {
    String condition = quote(column.name()) + " " + operator + " ?";
    return switch (column.source().kind()) {
      case TIMESTAMP -> Condition.of(condition, literal);
      case INSTANT -> ofInstant(condition, literal, zone);
      default -> null;
    };
  }

  @Override
  @Nullable Condition instant(
      TableColumn column, String operator, Instant literal, SessionZone zone) {
    ZoneOffset offset = zone.offset();
    return column.source().kind() == Kind.INSTANT && offset != null
        ? ofInstant(
            quote(column.name()) + " " + operator + " ?",
            LocalDateTime.ofInstant(literal, offset),
            zone)
        : null;
  }

  /**
   * Where clocks are set back, one local time is two instants, of which the server would take one.
   * It also has words of its own for what its TIMESTAMP does not hold.
   */
  private static @Nullable Condition ofInstant(
      String condition, LocalDateTime literal, SessionZone zone) {
    return zone.offset() != null && isInstant(literal, zone.offset())
        ? Condition.of(condition, literal)
        : null;
  }

  private static boolean isInstant(LocalDateTime local, @Nullable ZoneOffset offset) {
    LocalDateTime utc =
        offset == null ? local : LocalDateTime.ofInstant(local.toInstant(offset), ZoneOffset.UTC);
    // A day less on both sides where the offset is not known.
    return !utc.isBefore(offset == null ? FIRST_INSTANT.minusDays(1) : FIRST_INSTANT)
        && !utc.isAfter(offset == null ? LAST_INSTANT.plusDays(1) : LAST_INSTANT);
  }

  @Override
  @Nullable Condition text(TableColumn column, String operator, String literal) {
    SourceType source = column.source();
    boolean byteOrder = BYTE_ORDER.equals(source.collation()) && source.kind() != Kind.ENUM;
    if (!source.isText() || (isMySql && source.collation() == null)) {
      return null;
    }
    return operator.equals("=") || (byteOrder && source.kind() == Kind.TEXT)
        ? Condition.of(quote(column.name()) + " " + operator + " " + converted(source), literal)
        : null;
  }

  @Override
  public @Nullable Condition like(TableColumn column, String pattern) {
    SourceType source = column.source();
    String collation = source.collation();
    // Of another character set, a character that it has not would become one that stands for
    // itself.
    return isMySql
            && source.kind() == Kind.TEXT
            && collation != null
            && collation.startsWith("utf8mb4")
        ? Condition.of(quote(column.name()) + " LIKE ?", pattern)
        : null;
  }

  /** A date that is none is NULL in Flink, and not to the server. */
  @Override
  public @Nullable Condition isNull(TableColumn column) {
    return switch (column.type().getTypeRoot()) {
      case DATE, TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> null;
      default ->
          column.source().kind() == Kind.GEOMETRY
              ? null
              : Condition.of(quote(column.name()) + " IS NULL");
    };
  }

  @Override
  public Condition isTrue(TableColumn column, boolean wanted) {
    return Condition.of(quote(column.name()) + (wanted ? " <> 0" : " = 0"));
  }

  @Override
  public @Nullable String whyNotLookedUp(TableColumn column, SessionZone zone) {
    SourceType source = column.source();
    return switch (column.type().getTypeRoot()) {
      case TIME_WITHOUT_TIME_ZONE ->
          "its fractions of a second and hours beyond a day are not in Flink's TIME";
      case BINARY, VARBINARY ->
          source.kind() == Kind.BITS || source.kind() == Kind.GEOMETRY
              ? source.text() + " is not compared with bytes"
              : null;
      case CHAR, VARCHAR ->
          source.kind() == Kind.GEOMETRY ? source.text() + " is not compared with a text" : null;
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          source.kind() == Kind.INSTANT && zone.offset() == null
              ? "one local time may be two instants. Set the option 'time-zone' to an offset like"
                  + " +00:00"
              : null;
      default -> null;
    };
  }

  @Override
  public void bind(PreparedStatement statement, int index, @Nullable Object value)
      throws SQLException {
    if (value == null) {
      statement.setNull(index, Types.NULL);
    } else if (value instanceof Float number) {
      // As a double, whose digits are all of the float's.
      statement.setDouble(index, number);
    } else {
      statement.setObject(index, value);
    }
  }

  @Override
  public ValueReader reader(TableColumn column, SessionZone zone, int jdbcType, String typeName) {
    LogicalType type = column.type();
    boolean nullable = type.isNullable();
    switch (type.getTypeRoot()) {
      case BOOLEAN -> {
        if (INTEGERS.contains(jdbcType) || jdbcType == Types.BIT || jdbcType == Types.BOOLEAN) {
          return (rows, i) -> {
            long value = rows.getLong(i);
            return value == 0 && rows.wasNull() ? null : (Object) (value != 0);
          };
        }
      }
      case TINYINT, SMALLINT, INTEGER, BIGINT -> {
        return numbers(column, typeName.equals("YEAR") ? Types.SMALLINT : jdbcType, typeName);
      }
      case CHAR, VARCHAR -> {
        if (!BINARIES.contains(jdbcType) && jdbcType != Types.BIT) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : Values.text(value);
          };
        }
      }
      case BINARY, VARBINARY -> {
        if (BINARIES.contains(jdbcType) || jdbcType == Types.BIT || typeName.equals("GEOMETRY")) {
          return (rows, i) -> rows.getBytes(i);
        }
      }
      case DATE -> {
        if (jdbcType == Types.DATE) {
          return (rows, i) -> {
            LocalDate value = orNoDate(rows, i, LocalDate.class, nullable);
            return value == null ? null : Values.date(value);
          };
        }
      }
      case TIME_WITHOUT_TIME_ZONE -> {
        if (jdbcType == Types.TIME) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : Values.time(value);
          };
        }
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE -> {
        if (jdbcType == Types.TIMESTAMP) {
          return (rows, i) -> {
            LocalDateTime value = orNoDate(rows, i, LocalDateTime.class, nullable);
            return value == null ? null : Values.timestamp(value, type);
          };
        }
      }
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        ZoneOffset offset = zone.offset();
        if (offset == null) {
          throw new IllegalArgumentException(
              "an instant needs the option 'time-zone', an offset like +00:00");
        }
        if (jdbcType == Types.TIMESTAMP) {
          return (rows, i) -> {
            LocalDateTime value = orNoDate(rows, i, LocalDateTime.class, nullable);
            if (value == null) {
              return null;
            }
            Values.requireDigits(
                value.get(ChronoField.NANO_OF_SECOND), precision(column), value, type);
            return TimestampData.fromInstant(value.toInstant(offset));
          };
        }
      }
      default -> {
        return numbers(column, jdbcType, typeName);
      }
    }
    throw mismatch(column, typeName);
  }

  /**
   * Reads a date, or NULL for what is none: the driver hands on zeros as NULL, and fails with words
   * of its own for zeros in a part of it.
   */
  private static <T> @Nullable T orNoDate(
      ResultSet rows, int column, Class<T> wanted, boolean nullable) throws SQLException {
    T value = null;
    try {
      value = rows.getObject(column, wanted);
    } catch (SQLException | RuntimeException e) {
      if (!isNoDate(rows.getString(column))) {
        throw e;
      }
    }
    if (value == null && !nullable) {
      throw new IllegalArgumentException("Zero date value prohibited: it is declared NOT NULL");
    }
    return value;
  }

  private static boolean isNoDate(@Nullable String text) {
    Matcher date = DATE.matcher(String.valueOf(text));
    if (!date.matches()) {
      return false;
    }
    try {
      LocalDate.of(
          Integer.parseInt(date.group(1)),
          Integer.parseInt(date.group(2)),
          Integer.parseInt(date.group(3)));
      return false;
    } catch (DateTimeException e) {
      return true;
    }
  }

  @Override
  public ValueWriter writer(TableColumn column, SessionZone zone) {
    SourceType source = column.source();
    LogicalType type = column.type();
    return switch (type.getTypeRoot()) {
      case FLOAT ->
          (row, i) -> {
            requireFinite(row.getFloat(i));
            return row.getFloat(i);
          };
      case DOUBLE ->
          (row, i) -> {
            requireFinite(row.getDouble(i));
            return row.getDouble(i);
          };
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          (row, i) -> {
            LocalDateTime value = fraction(row.getTimestamp(i, precision(column)), source);
            if (source.kind() == Kind.INSTANT && isMySql && !isInstant(value, zone.offset())) {
              throw new IllegalArgumentException(
                  value + " is not within 1970 and 2038, which " + source.text() + " holds");
            }
            return value;
          };
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        ZoneOffset offset = zone.offset();
        if (offset == null) {
          throw new IllegalArgumentException(
              "an instant needs the option 'time-zone', an offset like +00:00");
        }
        yield (row, i) -> {
          LocalDateTime utc = fraction(row.getTimestamp(i, precision(column)), source);
          if (source.kind() == Kind.INSTANT && isMySql && !isInstant(utc, ZoneOffset.UTC)) {
            throw new IllegalArgumentException(
                utc + "Z is not within 1970 and 2038, which " + source.text() + " holds");
          }
          return LocalDateTime.ofInstant(utc.toInstant(ZoneOffset.UTC), offset);
        };
      }
      default -> plainWriter(column);
    };
  }

  private static void requireFinite(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(value + " is no number of the database");
    }
  }

  @Override
  public @Nullable String whyNotWritten(TableColumn column) {
    if (column.source().kind() == Kind.GEOMETRY && column.isText()) {
      return "a geometry is written as BYTES only";
    }
    return switch (column.type().getTypeRoot()) {
      case BOOLEAN,
          TINYINT,
          SMALLINT,
          INTEGER,
          BIGINT,
          FLOAT,
          DOUBLE,
          DECIMAL,
          CHAR,
          VARCHAR,
          BINARY,
          VARBINARY,
          DATE,
          TIME_WITHOUT_TIME_ZONE,
          TIMESTAMP_WITHOUT_TIME_ZONE,
          TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          null;
      default -> column.type().asSummaryString() + " is no type of " + systemName;
    };
  }

  @Override
  public String upsert(String table, List<TableColumn> columns, List<String> key) {
    if (!isMySql) {
      return insert(table, columns);
    }
    String updates =
        columns.stream()
            .map(TableColumn::name)
            .filter(name -> !key.contains(name))
            .map(name -> quote(name) + " = VALUES(" + quote(name) + ")")
            .collect(Collectors.joining(", "));
    String first = quote(key.get(0));
    return insert(table, columns)
        + " ON DUPLICATE KEY UPDATE "
        + (updates.isEmpty() ? first + " = " + first : updates);
  }

  @Override
  public @Nullable String whyNoPartialUpsert() {
    return isMySql ? null : systemName + " would give the other columns of a row their defaults";
  }

  @Override
  public boolean isUnknownValue(SQLException failure) {
    return UNKNOWN_VALUES.contains(failure.getErrorCode());
  }

  /** Those of Doris and StarRocks are for loads of their own kind. */
  @Override
  public boolean hasTransactions() {
    return isMySql;
  }

  @Override
  public boolean replacesByOtherKeys() {
    return isMySql;
  }

  @Override
  public boolean folds(TableColumn column) {
    String collation = column.source().collation();
    return isMySql
        && column.isText()
        && collation != null
        && !collation.endsWith("_bin")
        && !collation.equals("binary");
  }
}
