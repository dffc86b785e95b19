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
 * How Flink's JDBC connector sees the columns of PostgreSQL. It hands on what the driver's
 * getObject returns, cast to what it expects for the Flink type; where the two do not agree, the
 * column is read through a cast. Flink 1.20 and 2.x read through the same code. PostgresTypesTest
 * reads and writes each of them.
 */
final class PostgresTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 1;

  /** The quote around names. */
  static final String QUOTE = "\"";

  /** Of a column: the type that a domain is over, whatever lies between. */
  static final String BASE_TYPE = "base-type";

  /** Of a column: {@code true} if its name is a word that stands for itself in quotes only. */
  static final String RESERVED = "reserved-word";

  /** Of a column: the other column that its name means where it is not in quotes. */
  static final String HIDDEN_BY = "hidden-by";

  private static final int MAX_DECIMAL_PRECISION = 38;

  /** As Flink's own catalog for PostgreSQL has it. */
  private static final Type UNCONSTRAINED = new Type.Decimal(MAX_DECIMAL_PRECISION, 18);

  /** A name that needs no quotes to be understood, but may need them to keep its case. */
  private static final Pattern WORD =
      Pattern.compile("[A-Za-z_\\x{80}-\\x{10FFFF}][A-Za-z0-9_$\\x{80}-\\x{10FFFF}]*");

  /** As format_type prints it: words, numbers in parentheses, and what follows. */
  private static final Pattern NATIVE_TYPE =
      Pattern.compile("([a-z \"]+?)(?:\\((-?[0-9]{1,9})(?:,(-?[0-9]{1,9}))?\\))?( with.*)?");

  private PostgresTypes() {}

  /** How a column is read. */
  private enum Form {
    /** As it is. */
    PLAIN,
    /** As text. */
    TEXT,
    /** As an array of texts. */
    TEXTS,
    /** As a number without a currency. */
    NUMBER,
    /** As the local time of the source's time zone. */
    LOCAL_TIME
  }

  /**
   * What a type is to Flink.
   *
   * @param readOnly why no value of it can be written; empty: one can
   */
  private record Mapping(Type type, Form form, String loss, String readOnly) {
    static Mapping plain(Type type) {
      return new Mapping(type, Form.PLAIN, "", "");
    }

    static Mapping plain(Type type, String loss) {
      return new Mapping(type, Form.PLAIN, loss, "");
    }

    static Mapping text(String loss) {
      return new Mapping(Type.VarChar.STRING, Form.TEXT, loss, "");
    }
  }

  static ColumnType of(Column column, PostgresOptions options) {
    String name = column.name();
    if (!WORD.matcher(name).matches()) {
      return unreadable("Flink's JDBC connector quotes no name, and '" + name + "' needs it.");
    }
    if (column.facts().containsKey(RESERVED)) {
      return unreadable(
          "Flink's JDBC connector quotes no name, and '" + name + "' is a reserved word.");
    }
    String hidingColumn = column.facts().get(HIDDEN_BY);
    if (hidingColumn != null) {
      return unreadable(
          "Flink's JDBC connector quotes no name, and without quotes '"
              + name
              + "' means column '"
              + hidingColumn
              + "'.");
    }
    Mapping mapping = mapping(column, options);
    // Beyond the digits that Flink's DECIMAL has, the connector reads NULL.
    boolean nullable = column.nullable() || mapping.type == UNCONSTRAINED;
    return JdbcBinding.named(
        column, new ColumnType.Supported(mapping.type, nullable, mapping.loss), QUOTE);
  }

  /** Whether a name means the same with quotes and without. */
  static boolean isPlainName(String name) {
    return WORD.matcher(name).matches() && foldedName(name).equals(name);
  }

  /** What PostgreSQL takes a name for that has no quotes. */
  static String foldedName(String name) {
    StringBuilder folded = new StringBuilder(name);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        folded.setCharAt(i, Character.toLowerCase(c));
      }
    }
    return folded.toString();
  }

  /**
   * What reads a column that is supported.
   *
   * @param quoted its name in quotes
   */
  static String expression(Column column, String quoted, PostgresOptions options) {
    return switch (mapping(column, options).form) {
      case PLAIN -> quoted;
      case TEXT -> "CAST(" + quoted + " AS text)";
      case TEXTS -> "CAST(" + quoted + " AS text[])";
      case NUMBER -> "CAST(" + quoted + " AS numeric)";
      case LOCAL_TIME -> "(" + quoted + " AT TIME ZONE " + options.timeZoneSql() + ")";
    };
  }

  /** Why a column that can be read cannot be written; empty if it can. */
  static String whyNotWritten(Column column, PostgresOptions options) {
    if (!isPlainName(column.name())) {
      return "Flink's JDBC connector quotes no name, and this one has capital letters.";
    }
    return mapping(column, options).readOnly;
  }

  private static ColumnType unreadable(String why) {
    return new ColumnType.Unsupported(why + " In a view, the column can have another name.");
  }

  private static Mapping mapping(Column column, PostgresOptions options) {
    String type = column.facts().getOrDefault(BASE_TYPE, column.nativeType());
    if (!type.endsWith("[]")) {
      return single(type, options);
    }
    Mapping element = single(type.substring(0, type.length() - 2), options);
    boolean plain = element.form == Form.PLAIN;
    return new Mapping(
        new Type.Array(plain ? element.type : Type.VarChar.STRING, true),
        plain ? Form.PLAIN : Form.TEXTS,
        "An array of more than one dimension stops the job."
            + (!plain || element.loss.isEmpty() ? "" : " " + element.loss),
        "Flink's JDBC connector writes no arrays to PostgreSQL.");
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
      case "boolean" -> Mapping.plain(Type.Simple.BOOLEAN);
      case "smallint" -> Mapping.plain(Type.Simple.SMALLINT);
      case "integer" -> Mapping.plain(Type.Simple.INT);
      case "bigint", "oid" -> Mapping.plain(Type.Simple.BIGINT);
      case "real" -> Mapping.plain(Type.Simple.FLOAT);
      case "double precision" -> Mapping.plain(Type.Simple.DOUBLE);
      case "numeric" -> numeric(first, second, options);
      // Up to 19 digits, of which a locale takes none to three for fractions.
      case "money" ->
          new Mapping(
              new Type.Decimal(22, 3),
              Form.NUMBER,
              "The currency is that of the server's lc_monetary.",
              "");
      case "text", "name", "\"char\"", "bpchar" -> Mapping.plain(Type.VarChar.STRING);
      case "character varying" ->
          Mapping.plain(first == null ? Type.VarChar.STRING : new Type.VarChar(first));
      case "character" -> Mapping.plain(first == null ? Type.VarChar.STRING : new Type.Char(first));
      case "bytea" -> Mapping.plain(Type.VarBinary.BYTES);
      case "date" -> Mapping.plain(Type.Simple.DATE, "Infinity and dates B.C. are read wrongly.");
      case "time" ->
          suffix.equals(" without time zone")
              ? Mapping.plain(new Type.Time(0), "Fractions of a second are dropped.")
              : Mapping.text("");
      case "timestamp" -> {
        // The connector's dialect refuses a precision of 0.
        Type type = new Type.Timestamp(first == null ? 6 : Math.max(1, first));
        if (suffix.equals(" without time zone")) {
          yield Mapping.plain(type, "Infinity and times B.C. are read wrongly.");
        }
        yield new Mapping(
            type,
            Form.LOCAL_TIME,
            "An instant, shown as local time at "
                + options.timeZoneName()
                + ". Infinity and times B.C. are read wrongly.",
            "Flink's JDBC connector would write it as local time of its own machine.");
      }
      default -> Mapping.text("");
    };
  }

  private static Mapping numeric(@Nullable Integer precision, int scale, PostgresOptions options) {
    if (precision == null) {
      return options.numericIsDecimal()
          ? Mapping.plain(
              UNCONSTRAINED,
              "Rounded to 18 digits behind the point, NULL beyond 20 before it; NaN and Infinity"
                  + " stop the job.")
          : Mapping.text("A number of any length, as text.");
    }
    // A scale may be negative, or greater than the precision.
    int digits = Math.max(precision, scale) - Math.min(scale, 0);
    if (digits > MAX_DECIMAL_PRECISION) {
      return Mapping.text("More than the 38 digits of Flink's DECIMAL, as text.");
    }
    return Mapping.plain(new Type.Decimal(digits, Math.max(scale, 0)), "NaN stops the job.");
  }
}
