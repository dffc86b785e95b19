package io.unifiedcatalog.server.source.starrocks;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Type;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How Flink sees the columns of StarRocks, by what information_schema.columns prints. */
final class StarRocksTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 2;

  /** A word, numbers in parentheses, and what follows. */
  private static final Pattern NATIVE_TYPE =
      Pattern.compile("([a-z_0-9]+)(?:\\(\\s*([0-9]{1,9})\\s*(?:,\\s*([0-9]{1,9})\\s*)?\\))?(.*)");

  private StarRocksTypes() {}

  static ColumnType of(Column column) {
    return byNativeType(column);
  }

  private static ColumnType byNativeType(Column column) {
    Matcher printed = NATIVE_TYPE.matcher(column.nativeType().toLowerCase(Locale.ROOT));
    if (!printed.matches()) {
      return unsupported(column);
    }
    int first = printed.group(2) == null ? 0 : Integer.parseInt(printed.group(2));
    int second = printed.group(3) == null ? 0 : Integer.parseInt(printed.group(3));
    return switch (printed.group(1)) {
      case "boolean" -> supported(column, Type.Simple.BOOLEAN, "");
      case "tinyint" ->
          supported(column, first == 1 ? Type.Simple.BOOLEAN : Type.Simple.TINYINT, "");
      case "smallint" -> supported(column, Type.Simple.SMALLINT, "");
      case "int" -> supported(column, Type.Simple.INT, "");
      // LARGEINT is shown as an unsigned BIGINT.
      case "bigint" ->
          printed.group(4).contains("unsigned")
              ? largeInt(column)
              : supported(column, Type.Simple.BIGINT, "");
      case "largeint" -> largeInt(column);
      case "float" -> supported(column, Type.Simple.FLOAT, "");
      case "double" -> supported(column, Type.Simple.DOUBLE, "");
      case "decimal", "decimalv2", "decimal32", "decimal64", "decimal128", "decimal256" ->
          first < 1
              ? unsupported(column)
              : first <= 38
                  ? supported(column, new Type.Decimal(first, second), "")
                  : supported(
                      column,
                      Type.VarChar.STRING,
                      "More than the 38 digits of Flink's DECIMAL, as text.");
      case "date" -> supported(column, Type.Simple.DATE, "");
      // Its fractions have six digits, whatever is printed.
      case "datetime" -> supported(column, new Type.Timestamp(6), "");
      case "char" -> supported(column, first == 0 ? Type.VarChar.STRING : new Type.Char(first), "");
      case "varchar" ->
          supported(column, first == 0 ? Type.VarChar.STRING : new Type.VarChar(first), "");
      case "string", "json" -> supported(column, Type.VarChar.STRING, "");
      case "binary", "varbinary" -> supported(column, Type.VarBinary.BYTES, "");
      case "array", "map", "struct" ->
          supported(column, Type.VarChar.STRING, "Read as the text that StarRocks prints.");
      // hll, bitmap, percentile
      default -> unsupported(column);
    };
  }

  private static ColumnType largeInt(Column column) {
    return supported(
        column, Type.VarChar.STRING, "Up to 39 digits, which Flink's DECIMAL has not: as text.");
  }

  private static ColumnType unsupported(Column column) {
    return new ColumnType.Unsupported(
        "Flink has no type for StarRocks' " + column.nativeType() + " through MySQL's protocol.");
  }

  private static ColumnType supported(Column column, Type type, String loss) {
    return new ColumnType.Supported(type, column.nullable(), loss);
  }
}
