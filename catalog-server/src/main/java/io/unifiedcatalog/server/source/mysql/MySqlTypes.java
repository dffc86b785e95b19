package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How our JDBC connector sees the columns of MySQL. Flink 1.20 and 2.x read through the same code.
 * MySqlTypesTest reads and writes each of them.
 */
final class MySqlTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 2;

  private static final int MAX_DECIMAL_PRECISION = 38;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  private MySqlTypes() {}

  /**
   * A type as information_schema prints it.
   *
   * @param word in lower case, as in {@code decimal}
   * @param arguments numbers in parentheses; empty for a list of values
   */
  private record NativeType(String word, List<Integer> arguments, boolean unsigned) {
    int argument(int index, int standard) {
      return index < arguments.size() ? arguments.get(index) : standard;
    }

    static NativeType parse(String text) {
      String lower = text.toLowerCase(Locale.ROOT);
      int end = 0;
      while (end < lower.length()
          && (Character.isLetter(lower.charAt(end)) || lower.charAt(end) == '_')) {
        end++;
      }
      String word = lower.substring(0, end);
      List<Integer> arguments = new ArrayList<>();
      String rest = lower.substring(end);
      if (rest.startsWith("(") && !word.equals("enum") && !word.equals("set")) {
        int close = rest.indexOf(')');
        for (String argument :
            rest.substring(1, close < 0 ? rest.length() : close).split(",", -1)) {
          String digits = argument.strip();
          if (NUMBER.matcher(digits).matches()) {
            arguments.add(Integer.parseInt(digits));
          }
        }
        rest = close < 0 ? "" : rest.substring(close + 1);
      }
      return new NativeType(word, arguments, rest.contains("unsigned"));
    }
  }

  static ColumnType of(Column column, MySqlOptions options) {
    return byNativeType(column, options);
  }

  private static ColumnType byNativeType(Column column, MySqlOptions options) {
    NativeType type = NativeType.parse(column.nativeType());
    return switch (type.word) {
      case "bit" ->
          type.argument(0, 1) == 1
              ? supported(column, Type.Simple.BOOLEAN)
              : supported(column, Type.VarBinary.BYTES);
      case "tinyint" -> {
        if (type.argument(0, 0) == 1 && !type.unsigned && options.tinyint1IsBoolean()) {
          yield supported(column, Type.Simple.BOOLEAN);
        }
        yield supported(column, type.unsigned ? Type.Simple.SMALLINT : Type.Simple.TINYINT);
      }
      case "smallint" -> supported(column, type.unsigned ? Type.Simple.INT : Type.Simple.SMALLINT);
      case "mediumint" -> supported(column, Type.Simple.INT);
      case "int", "integer" ->
          supported(column, type.unsigned ? Type.Simple.BIGINT : Type.Simple.INT);
      case "bigint" ->
          supported(column, type.unsigned ? new Type.Decimal(20, 0) : Type.Simple.BIGINT);
      case "decimal", "numeric" -> decimal(column, type);
      case "float" -> supported(column, Type.Simple.FLOAT);
      case "double" -> supported(column, Type.Simple.DOUBLE);
      case "date" -> date(column, Type.Simple.DATE, "", options);
      case "datetime" -> date(column, new Type.Timestamp(type.argument(0, 0)), "", options);
      case "timestamp" ->
          date(
              column,
              new Type.Timestamp(type.argument(0, 0)),
              "An instant, shown as local time at " + options.timeZone() + ".",
              options);
      case "time" ->
          options.timeSupported()
              ? new ColumnType.Supported(
                  new Type.Time(0),
                  column.nullable(),
                  "Fractions of a second are dropped; a value outside of a day stops the job.")
              : new ColumnType.Unsupported(
                  "The source's option time-as says that TIME columns are left out.");
      case "year" -> supported(column, Type.Simple.SMALLINT);
      case "char" -> text(column, type, true);
      case "varchar" -> text(column, type, false);
      case "tinytext", "text", "mediumtext", "longtext", "json", "enum", "set" ->
          supported(column, Type.VarChar.STRING);
      case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob" ->
          supported(column, Type.VarBinary.BYTES);
      case "geometry",
          "point",
          "linestring",
          "polygon",
          "multipoint",
          "multilinestring",
          "multipolygon",
          "geomcollection",
          "geometrycollection" ->
          switch (options.geometryAs()) {
            case "text" ->
                new ColumnType.Supported(
                    Type.VarChar.STRING,
                    column.nullable(),
                    "As WKT, without its SRID; it can be read and not written.");
            case "bytes" ->
                new ColumnType.Supported(
                    Type.VarBinary.BYTES, column.nullable(), "As MySQL keeps it: SRID and WKB.");
            default -> unsupported(column);
          };
      default -> unsupported(column);
    };
  }

  private static ColumnType unsupported(Column column) {
    return new ColumnType.Unsupported(
        "Flink has no type for MySQL's " + column.nativeType() + " through JDBC.");
  }

  private static ColumnType supported(Column column, Type type) {
    return new ColumnType.Supported(type, column.nullable(), "");
  }

  private static ColumnType decimal(Column column, NativeType type) {
    int precision = type.argument(0, 10);
    int scale = type.argument(1, 0);
    if (precision <= MAX_DECIMAL_PRECISION) {
      return supported(column, new Type.Decimal(precision, scale));
    }
    return new ColumnType.Supported(
        Type.VarChar.STRING,
        column.nullable(),
        "More than the 38 digits of Flink's DECIMAL, as text.");
  }

  /** A date that MySQL may hold as zeros, which Flink has no value for but NULL. */
  private static ColumnType date(Column column, Type type, String loss, MySqlOptions options) {
    return new ColumnType.Supported(type, column.nullable() || options.zeroDatesAreNull(), loss);
  }

  private static ColumnType text(Column column, NativeType type, boolean fixed) {
    int length = type.argument(0, 1);
    if (length == 0) {
      return supported(column, Type.VarChar.STRING);
    }
    return supported(column, fixed ? new Type.Char(length) : new Type.VarChar(length));
  }
}
