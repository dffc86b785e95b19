package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How our JDBC connector sees the columns of PostgreSQL. Flink 1.20 and 2.x read through the same
 * code. PostgresIT reads and writes each of them.
 */
final class PostgresTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 2;

  /** The quote around names. */
  static final String QUOTE = "\"";

  private static final String OUTSIDE =
      "Infinity, and what is not within the years 1 to 9999, stops the job.";

  private static final int MAX_DECIMAL_PRECISION = 38;

  /** As Flink's own catalog for PostgreSQL has it. */
  private static final Type UNCONSTRAINED = new Type.Decimal(MAX_DECIMAL_PRECISION, 18);

  /** As format_type prints it: words, numbers in parentheses, and what follows. */
  private static final Pattern NATIVE_TYPE =
      Pattern.compile("([a-z \"]+?)(?:\\((-?[0-9]{1,9})(?:,(-?[0-9]{1,9}))?\\))?( with.*)?");

  private PostgresTypes() {}

  /**
   * What a type is to Flink.
   *
   * @param text whether it is the text that PostgreSQL prints for lack of a type in Flink
   */
  private record Mapping(Type type, boolean text, String loss) {
    static Mapping of(Type type, String loss) {
      return new Mapping(type, /* text= */ false, loss);
    }

    static Mapping of(Type type) {
      return of(type, "");
    }

    static Mapping text(String loss) {
      return new Mapping(Type.VarChar.STRING, /* text= */ true, loss);
    }
  }

  static ColumnType of(Column column, PostgresOptions options) {
    Mapping mapping = mapping(column, options);
    return new ColumnType.Supported(mapping.type, column.nullable(), mapping.loss);
  }

  private static Mapping mapping(Column column, PostgresOptions options) {
    String type = column.facts().getOrDefault(JdbcBinding.BASE_TYPE, column.nativeType());
    if (!type.endsWith("[]")) {
      return single(type, options);
    }
    Mapping element = single(type.substring(0, type.length() - 2), options);
    // With a currency, an element is no number.
    boolean plain = !element.text && !type.equals("money[]");
    return Mapping.of(
        new Type.Array(plain ? element.type : Type.VarChar.STRING, true),
        "An array of more than one dimension stops the job."
            + (!plain || element.loss.isEmpty() ? "" : " " + element.loss));
  }

  private static Mapping single(String text, PostgresOptions options) {
    Matcher printed = NATIVE_TYPE.matcher(text.toLowerCase(Locale.ROOT));
    if (!printed.matches()) {
      return Mapping.text("");
    }
    Integer first = printed.group(2) == null ? null : Integer.valueOf(printed.group(2));
    int second = printed.group(3) == null ? 0 : Integer.parseInt(printed.group(3));
    String suffix = printed.group(4) == null ? "" : printed.group(4);
    return switch (printed.group(1)) {
      case "boolean" -> Mapping.of(Type.Simple.BOOLEAN);
      case "smallint" -> Mapping.of(Type.Simple.SMALLINT);
      case "integer" -> Mapping.of(Type.Simple.INT);
      case "bigint", "oid" -> Mapping.of(Type.Simple.BIGINT);
      case "real" -> Mapping.of(Type.Simple.FLOAT);
      case "double precision" -> Mapping.of(Type.Simple.DOUBLE);
      case "numeric" -> numeric(first, second, options);
      // Up to 19 digits, of which a locale takes none to three for fractions.
      case "money" ->
          Mapping.of(new Type.Decimal(22, 3), "The currency is that of the server's lc_monetary.");
      case "text", "name", "\"char\"", "bpchar" -> Mapping.of(Type.VarChar.STRING);
      case "character varying" ->
          Mapping.of(first == null ? Type.VarChar.STRING : new Type.VarChar(first));
      case "character" -> Mapping.of(first == null ? Type.VarChar.STRING : new Type.Char(first));
      case "bytea" -> Mapping.of(Type.VarBinary.BYTES);
      case "date" -> Mapping.of(Type.Simple.DATE, OUTSIDE);
      case "time" ->
          suffix.equals(" without time zone")
              ? Mapping.of(new Type.Time(0), "Fractions of a second are dropped.")
              : Mapping.text("");
      case "timestamp" -> {
        Type type = new Type.Timestamp(first == null ? 6 : first);
        yield Mapping.of(
            type,
            suffix.equals(" without time zone")
                ? OUTSIDE
                : "An instant, shown as local time at " + options.timeZoneName() + ". " + OUTSIDE);
      }
      default -> Mapping.text("");
    };
  }

  private static Mapping numeric(@Nullable Integer precision, int scale, PostgresOptions options) {
    if (precision == null) {
      return options.numericIsDecimal()
          ? Mapping.of(
              UNCONSTRAINED,
              "A number of more than 18 digits behind the point or 20 before it stops the job, as do"
                  + " NaN and infinity.")
          : Mapping.text("A number of any length, as text.");
    }
    // A scale may be negative, or greater than the precision.
    int digits = Math.max(precision, scale) - Math.min(scale, 0);
    if (digits > MAX_DECIMAL_PRECISION) {
      return Mapping.text("More than the 38 digits of Flink's DECIMAL, as text.");
    }
    return Mapping.of(new Type.Decimal(digits, Math.max(scale, 0)), "NaN stops the job.");
  }
}
