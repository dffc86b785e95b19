package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.connectors.jdbc.SourceType.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/** PostgreSQL. */
final class PostgresDialect extends CommonDialect {
  private static final long serialVersionUID = 1;

  /** As format_type prints it: words, numbers in parentheses, and what follows. */
  private static final Pattern TYPE =
      Pattern.compile("([a-z \"]+?)(?:\\((-?[0-9]{1,9})(?:,(-?[0-9]{1,9}))?\\))?( with.*)?");

  /** Types without an operator for equality. */
  private static final Set<String> NOT_COMPARED =
      Set.of("json", "xml", "point", "box", "polygon", "path", "line", "lseg", "circle");

  /** In the form in which PostgreSQL prints one. */
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  @Override
  public String systemName() {
    return "PostgreSQL";
  }

  @Override
  public String driverClass() {
    return "org.postgresql.Driver";
  }

  @Override
  public String urlPrefix() {
    return "jdbc:postgresql:";
  }

  @Override
  public String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  @Override
  public String url(String url, int fetchSize) {
    Map<String, String> fixed = new LinkedHashMap<>();
    // As text each value is what the type's own output makes of it.
    fixed.put("binaryTransfer", "false");
    fixed.put("stringtype", "unspecified");
    return withProperties(url, fixed);
  }

  @Override
  public void begin(Connection connection, SessionZone zone) throws SQLException {
    ZoneOffset offset = zone.offset();
    try (Statement statement = connection.createStatement()) {
      // The driver sets the JVM's zone.
      statement.execute(
          offset == null && zone.zone() != null
              ? "SET TIME ZONE '" + zone.text() + "'"
              : "SET TIME ZONE INTERVAL '"
                  + (offset == null ? "+00:00" : zone.text())
                  + "' HOUR TO MINUTE");
    }
  }

  @Override
  public SourceType sourceType(String text, @Nullable String collation) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (lower.endsWith("[]")) {
      return SourceType.of(Kind.ARRAY, text, -1);
    }
    Matcher printed = TYPE.matcher(lower);
    if (!printed.matches()) {
      return SourceType.of(Kind.OTHER, text, -1);
    }
    int first = printed.group(2) == null ? -1 : Integer.parseInt(printed.group(2));
    int second = printed.group(3) == null ? 0 : Integer.parseInt(printed.group(3));
    String suffix = printed.group(4) == null ? "" : printed.group(4);
    boolean zoned = suffix.equals(" with time zone");
    return switch (printed.group(1)) {
      case "boolean", "bool" -> SourceType.of(Kind.BOOLEAN, text, -1);
      case "smallint", "int2" -> SourceType.integer(text, 16, false);
      case "integer", "int", "int4" -> SourceType.integer(text, 32, false);
      case "bigint", "int8" -> SourceType.integer(text, 64, false);
      case "oid" -> SourceType.integer(text, 32, true);
      case "real", "float4" -> SourceType.of(Kind.FLOAT, text, -1);
      case "double precision", "float8" -> SourceType.of(Kind.DOUBLE, text, -1);
      case "numeric", "decimal" -> SourceType.decimal(text, first, second);
      case "money" -> SourceType.of(Kind.MONEY, text, -1);
      case "text" -> SourceType.text(Kind.TEXT, text, -1, collation);
      case "character varying", "varchar" -> SourceType.text(Kind.TEXT, text, first, collation);
      case "character", "char", "bpchar" ->
          SourceType.text(Kind.FIXED_TEXT, text, first, collation);
      case "bytea" -> SourceType.of(Kind.BYTES, text, -1);
      case "date" -> SourceType.of(Kind.DATE, text, -1);
      case "time" -> SourceType.of(zoned ? Kind.OTHER : Kind.TIME, text, first < 0 ? 6 : first);
      case "timestamp" ->
          SourceType.of(zoned ? Kind.INSTANT : Kind.TIMESTAMP, text, first < 0 ? 6 : first);
      case "timestamptz" -> SourceType.of(Kind.INSTANT, text, first < 0 ? 6 : first);
      case "uuid" -> SourceType.of(Kind.UUID, text, -1);
      case "json" -> SourceType.of(Kind.JSON, text, -1);
      default -> SourceType.of(Kind.OTHER, text, -1);
    };
  }

  @Override
  public String readExpression(TableColumn column) {
    String name = quote(column.name());
    return column.source().kind() == Kind.MONEY && column.type().is(LogicalTypeRoot.DECIMAL)
        ? "CAST(" + name + " AS numeric)"
        : name;
  }

  @Override
  public String lookupCondition(TableColumn column) {
    String name = quote(column.name());
    if (column.isText()
        && NOT_COMPARED.contains(column.source().text().strip().toLowerCase(Locale.ROOT))) {
      return "CAST(" + name + " AS text) = ?";
    }
    return readExpression(column) + " = ?";
  }

  @Override
  @Nullable Condition timestamp(
      TableColumn column, String operator, LocalDateTime literal, SessionZone zone) {
    String condition = quote(column.name()) + " " + operator + " ?";
    return switch (column.source().kind()) {
      case TIMESTAMP -> Condition.of(condition, literal);
      case INSTANT -> {
        ZoneOffset offset = zone.offset();
        yield offset == null ? null : Condition.of(condition, literal.atOffset(offset));
      }
      default -> null;
    };
  }

  @Override
  @Nullable Condition instant(
      TableColumn column, String operator, Instant literal, SessionZone zone) {
    return column.source().kind() == Kind.INSTANT
        ? Condition.of(
            quote(column.name()) + " " + operator + " ?", literal.atOffset(ZoneOffset.UTC))
        : null;
  }

  @Override
  @Nullable Condition text(TableColumn column, String operator, String literal) {
    SourceType source = column.source();
    String name = quote(column.name());
    if (source.kind() == Kind.UUID) {
      // Of other texts, PostgreSQL would make the same value.
      return operator.equals("=") && UUID_TEXT.matcher(literal).matches()
          ? Condition.of(name + " = ?", UUID.fromString(literal))
          : null;
    }
    if (!source.isText()) {
      return null;
    }
    if (operator.equals("=")) {
      return Condition.of(name + " = ?", literal);
    }
    // Blanks at the end of a character(n) count in Flink, and not in PostgreSQL.
    return source.kind() == Kind.TEXT && source.collation() != null
        ? Condition.of(byteOrder(name, source) + " " + operator + " ?", literal)
        : null;
  }

  /** In the order of the bytes, which is Flink's. */
  private static String byteOrder(String name, SourceType source) {
    String collation = String.valueOf(source.collation());
    return collation.equals("C") || collation.equals("POSIX") ? name : name + " COLLATE \"C\"";
  }

  @Override
  public @Nullable Condition like(TableColumn column, String pattern) {
    SourceType source = column.source();
    return source.kind() == Kind.TEXT && source.collation() != null
        ? Condition.of(byteOrder(quote(column.name()), source) + " LIKE ?", pattern)
        : null;
  }

  @Override
  public Condition isNull(TableColumn column) {
    return Condition.of(quote(column.name()) + " IS NULL");
  }

  @Override
  public @Nullable Condition isTrue(TableColumn column, boolean wanted) {
    return column.source().kind() == Kind.BOOLEAN || column.source().kind() == Kind.UNKNOWN
        ? Condition.of((wanted ? "" : "NOT ") + quote(column.name()))
        : null;
  }

  @Override
  public @Nullable String whyNotLookedUp(TableColumn column, SessionZone zone) {
    SourceType source = column.source();
    return switch (column.type().getTypeRoot()) {
      case TIME_WITHOUT_TIME_ZONE -> "its fractions of a second are not in Flink's TIME";
      case ARRAY -> "arrays are not compared";
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
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
    } else if (value instanceof String) {
      // Without a type, so that a column takes it for what it is.
      statement.setObject(index, value, Types.OTHER);
    } else {
      statement.setObject(index, value);
    }
  }

  @Override
  public ValueReader reader(TableColumn column, SessionZone zone, int jdbcType, String typeName) {
    LogicalType type = column.type();
    switch (type.getTypeRoot()) {
      case BOOLEAN -> {
        if (typeName.equals("bool")) {
          return (rows, i) -> {
            boolean value = rows.getBoolean(i);
            return !value && rows.wasNull() ? null : (Object) value;
          };
        }
      }
      case CHAR, VARCHAR -> {
        return (rows, i) -> {
          String value = rows.getString(i);
          return value == null ? null : Values.text(value);
        };
      }
      case BINARY, VARBINARY -> {
        if (typeName.equals("bytea")) {
          return (rows, i) -> rows.getBytes(i);
        }
      }
      case DATE -> {
        if (typeName.equals("date")) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : Values.date(PostgresTexts.date(value));
          };
        }
      }
      case TIME_WITHOUT_TIME_ZONE -> {
        if (typeName.equals("time")) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : Values.time(value);
          };
        }
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE -> {
        if (typeName.equals("timestamp")) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : Values.timestamp(PostgresTexts.timestamp(value), type);
          };
        }
        if (typeName.equals("timestamptz")) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null
                ? null
                : Values.timestamp(PostgresTexts.local(PostgresTexts.instant(value), zone), type);
          };
        }
      }
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        if (typeName.equals("timestamptz")) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null
                ? null
                : PostgresTexts.ofInstant(PostgresTexts.instant(value), type);
          };
        }
      }
      case ARRAY -> {
        if (jdbcType == Types.ARRAY) {
          return (rows, i) -> {
            String value = rows.getString(i);
            return value == null ? null : PostgresTexts.array(value, (ArrayType) type, zone);
          };
        }
      }
      default -> {
        if (!typeName.equals("money")) {
          return numbers(column, jdbcType, typeName);
        }
      }
    }
    if (INTEGERS.contains(jdbcType) || DECIMALS.contains(jdbcType)) {
      return numbers(column, jdbcType, typeName);
    }
    throw mismatch(column, typeName);
  }

  @Override
  public ValueWriter writer(TableColumn column, SessionZone zone) {
    SourceType source = column.source();
    LogicalType type = column.type();
    return switch (type.getTypeRoot()) {
      case CHAR, VARCHAR -> {
        ValueWriter plain = plainWriter(column);
        yield (row, i) -> {
          String value = String.valueOf(plain.convert(row, i));
          if (value.indexOf(0) >= 0) {
            throw new IllegalArgumentException("it has the character U+0000, which no text holds");
          }
          return value;
        };
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          (row, i) -> {
            LocalDateTime value = fraction(row.getTimestamp(i, precision(column)), source);
            return source.kind() == Kind.INSTANT
                ? value.atOffset(zone.offsetOf(value)).withOffsetSameInstant(ZoneOffset.UTC)
                : value;
          };
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          (row, i) -> {
            TimestampData value = row.getTimestamp(i, precision(column));
            fraction(value, source);
            OffsetDateTime instant = value.toInstant().atOffset(ZoneOffset.UTC);
            return instant;
          };
      case ARRAY -> (row, i) -> PostgresTexts.print(row.getArray(i), (ArrayType) type);
      default -> plainWriter(column);
    };
  }

  @Override
  public @Nullable String whyNotWritten(TableColumn column) {
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
          TIMESTAMP_WITH_LOCAL_TIME_ZONE,
          ARRAY ->
          null;
      default -> column.type().asSummaryString() + " is no type of PostgreSQL";
    };
  }

  @Override
  public String upsert(String table, List<TableColumn> columns, List<String> key) {
    String updates =
        columns.stream()
            .map(TableColumn::name)
            .filter(name -> !key.contains(name))
            .map(name -> quote(name) + " = EXCLUDED." + quote(name))
            .collect(Collectors.joining(", "));
    return insert(table, columns)
        + " ON CONFLICT ("
        + key.stream().map(this::quote).collect(Collectors.joining(", "))
        + ") DO "
        + (updates.isEmpty() ? "NOTHING" : "UPDATE SET " + updates);
  }

  /** Class 22: the data is none of the type. */
  @Override
  public boolean isUnknownValue(SQLException failure) {
    return String.valueOf(failure.getSQLState()).startsWith("22");
  }

  @Override
  public boolean replacesByOtherKeys() {
    return false;
  }

  @Override
  public boolean folds(TableColumn column) {
    return false;
  }
}
