package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How Flink sees the columns of Doris, by what information_schema.columns prints as COLUMN_TYPE;
 * older releases print {@code datev2} and {@code datetimev2(3)}.
 */
final class DorisTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 2;

  private static final int MAX_DECIMAL_PRECISION = 38;
  private static final int MAX_TIMESTAMP_PRECISION = 6;

  /** A word, and numbers in parentheses behind it. */
  private static final Pattern NATIVE_TYPE =
      Pattern.compile("([a-z_0-9]+)(?:\\(\\s*([0-9]{1,9})\\s*(?:,\\s*([0-9]{1,9})\\s*)?\\))?.*");

  private DorisTypes() {}

  static ColumnType of(Column column) {
    return byNativeType(column);
  }

  private static ColumnType byNativeType(Column column) {
    Matcher native_ = NATIVE_TYPE.matcher(column.nativeType().toLowerCase(Locale.ROOT));
    if (!native_.matches()) {
      return unsupported(column);
    }
    List<Integer> arguments = new ArrayList<>();
    for (int group = 2; group <= 3; group++) {
      if (native_.group(group) != null) {
        arguments.add(Integer.parseInt(native_.group(group)));
      }
    }
    int first = arguments.isEmpty() ? 0 : arguments.get(0);
    return switch (native_.group(1)) {
      case "boolean" -> supported(column, Type.Simple.BOOLEAN, "");
      // Doris shows BOOLEAN as tinyint(1), and TINYINT as tinyint(4).
      case "tinyint" ->
          supported(column, first == 1 ? Type.Simple.BOOLEAN : Type.Simple.TINYINT, "");
      case "smallint" -> supported(column, Type.Simple.SMALLINT, "");
      case "int", "integer" -> supported(column, Type.Simple.INT, "");
      case "bigint" -> supported(column, Type.Simple.BIGINT, "");
      case "largeint" ->
          supported(
              column,
              Type.VarChar.STRING,
              "Up to 39 digits, which Flink's DECIMAL has not: as text.");
      case "float" -> supported(column, Type.Simple.FLOAT, "");
      case "double" -> supported(column, Type.Simple.DOUBLE, "");
      case "decimal", "decimalv2", "decimalv3" -> {
        int precision = arguments.isEmpty() ? 10 : first;
        int scale = arguments.size() < 2 ? 0 : arguments.get(1);
        yield precision > MAX_DECIMAL_PRECISION
            ? supported(
                column, Type.VarChar.STRING, "More than the 38 digits of Flink's DECIMAL, as text.")
            : supported(column, new Type.Decimal(precision, scale), "");
      }
      case "date", "datev2" -> supported(column, Type.Simple.DATE, "");
      case "datetime", "datetimev2" ->
          supported(column, new Type.Timestamp(Math.min(first, MAX_TIMESTAMP_PRECISION)), "");
      case "timestamp", "timestamptz" ->
          supported(
              column,
              new Type.Timestamp(Math.min(first, MAX_TIMESTAMP_PRECISION)),
              "An instant, shown as local time in the time zone of Doris' session.");
      // Lengths count bytes in Doris and characters in Flink; no text is longer in the latter.
      case "char" -> supported(column, first == 0 ? Type.VarChar.STRING : new Type.Char(first), "");
      case "varchar" ->
          supported(column, first == 0 ? Type.VarChar.STRING : new Type.VarChar(first), "");
      case "string", "text", "json", "jsonb", "variant", "ipv4", "ipv6" ->
          supported(column, Type.VarChar.STRING, "");
      case "array", "map", "struct" ->
          supported(column, Type.VarChar.STRING, "Read as the text that Doris prints.");
      // hll, bitmap, quantile_state, agg_state, and what older releases print as unknown
      default -> unsupported(column);
    };
  }

  private static ColumnType unsupported(Column column) {
    return new ColumnType.Unsupported(
        "Flink has no type for Doris' " + column.nativeType() + " through MySQL's protocol.");
  }

  private static ColumnType supported(Column column, Type type, String loss) {
    return new ColumnType.Supported(type, column.nullable(), loss);
  }
}
