package io.unifiedcatalog.server.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads types, and columns as in {@code CREATE TABLE}, from Flink SQL text: from left to right, a
 * method a rule. Key words count in any case; between two words there may be white space and
 * comments.
 */
final class SqlParser {
  /** As many faults as anyone reads. */
  private static final int MAX_FAULTS = 100;

  private static final int MAX_DECIMAL_PRECISION = 38;
  private static final int MAX_TIME_PRECISION = 9;
  private static final int MAX_YEAR_PRECISION = 4;
  private static final int MAX_DAY_PRECISION = 6;

  private static final String OVERLAY = "Set it in the overlay of each table that uses the schema";

  private enum Kind {
    /** A name or key word without quotes. */
    WORD,
    /** A name between backticks. */
    QUOTED,
    LITERAL,
    NUMBER,
    SIGN,
    END
  }

  /**
   * A word of the text.
   *
   * @param text what it means: without quotes, and with doubled ones single
   * @param offset where it begins
   */
  private record Token(Kind kind, String text, int offset) {
    boolean is(String word) {
      return (kind == Kind.WORD || kind == Kind.SIGN) && text.equalsIgnoreCase(word);
    }

    String shown() {
      return switch (kind) {
        case WORD, QUOTED, LITERAL, NUMBER, SIGN -> "'" + SqlText.shortened(text) + "'";
        case END -> "the end";
      };
    }
  }

  /** What is wrong with the text, and where. Never leaves the package. */
  static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String place;
    private final String what;

    private Fault(String place, String what) {
      super(place + ": " + what);
      this.place = place;
      this.what = what;
    }

    /** The fault, its field being {@code line:column}. */
    CatalogException.Violation violation() {
      return new CatalogException.Violation(place, what);
    }
  }

  private final String text;

  /** Behind {@link #token}. */
  private int position;

  private Token token;

  /** How many types the one that is being read is in. */
  private int depth;

  /** The same of the deepest one in it. */
  private int deepest;

  SqlParser(String text) {
    this.text = text;
    this.token = read();
  }

  /** A type and its nullability. */
  Type.Parsed type() {
    if (depth == Type.MAX_DEPTH) {
      throw fault(token, "more than " + Type.MAX_DEPTH + " types in one another");
    }
    depth++;
    int outerDeepest = deepest;
    deepest = depth;
    Type.Parsed parsed = nullability(plainType());
    // As in "INT NOT NULL ARRAY": what stood before is the element.
    while (token.is("ARRAY") || token.is("MULTISET")) {
      if (deepest == Type.MAX_DEPTH) {
        throw fault(token, "more than " + Type.MAX_DEPTH + " types in one another");
      }
      deepest++;
      boolean array = next().is("ARRAY");
      parsed =
          nullability(
              array
                  ? new Type.Array(parsed.type(), parsed.nullable())
                  : new Type.Multiset(parsed.type(), parsed.nullable()));
    }
    depth--;
    deepest = Math.max(deepest, outerDeepest);
    return parsed;
  }

  /**
   * Columns as in {@code CREATE TABLE}, to the end of the text.
   *
   * @param faults takes what is wrong; reading goes on behind the next comma
   */
  List<Column> columns(List<CatalogException.Violation> faults) {
    List<Column> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    do {
      try {
        Token name = token;
        Column column = column();
        if (!names.add(column.name())) {
          throw fault(name, "the column " + name.shown() + " is there twice");
        }
        columns.add(column);
        if (token.kind != Kind.END && !token.is(",")) {
          throw expected("',' or the end");
        }
      } catch (Fault fault) {
        faults.add(fault.violation());
        skipToComma();
      }
    } while (faults.size() < MAX_FAULTS && take(","));
    return columns;
  }

  private Column column() {
    Token start = token;
    String name = name("the name of a column");
    if (start.kind == Kind.WORD) {
      if (start.is("WATERMARK") && token.is("FOR")) {
        throw fault(start, "a watermark is no part of a schema. " + OVERLAY);
      }
      if (start.is("CONSTRAINT") || (start.is("PRIMARY") && token.is("KEY"))) {
        throw fault(start, "a key is no part of a schema. " + OVERLAY);
      }
    }
    if (token.is("AS")) {
      throw fault(start, "a computed column is no part of a schema. " + OVERLAY);
    }
    Type.Parsed type = type();
    if (token.is("METADATA")) {
      throw fault(start, "a metadata column is no part of a schema. " + OVERLAY);
    }
    if (token.is("PRIMARY")) {
      throw fault(token, "a key is no part of a schema. " + OVERLAY);
    }
    String comment = "";
    if (take("COMMENT")) {
      if (token.kind != Kind.LITERAL) {
        throw expected("the comment in single quotes");
      }
      comment = next().text;
    }
    return new Column(name, type.type().sql(), type.nullable(), comment, Map.of());
  }

  /** Behind a fault, to where the next column may begin. */
  private void skipToComma() {
    depth = 0;
    deepest = 0;
    int open = 0;
    while (token.kind != Kind.END && (open > 0 || !token.is(","))) {
      if (token.is("<") || token.is("(")) {
        open++;
      } else if (token.is(">") || token.is(")")) {
        open = Math.max(0, open - 1);
      }
      next();
    }
  }

  /** The text must end here. */
  void end() {
    if (token.kind != Kind.END) {
      throw expected("the end");
    }
  }

  private Type.Parsed nullability(Type type) {
    boolean nullable = true;
    if (take("NOT")) {
      expect("NULL");
      nullable = false;
    } else {
      take("NULL");
    }
    if (type instanceof Type.Timestamp || type instanceof Type.TimestampLtz) {
      timeAttribute();
    }
    return new Type.Parsed(type, nullable);
  }

  private Type plainType() {
    if (token.kind == Kind.QUOTED) {
      throw refused(token, "a user-defined type, which no format reads");
    }
    if (token.kind != Kind.WORD) {
      throw expected("a type");
    }
    Token name = next();
    return switch (name.text.toUpperCase(Locale.ROOT)) {
      case "BOOLEAN" -> Type.Simple.BOOLEAN;
      case "TINYINT" -> Type.Simple.TINYINT;
      case "SMALLINT" -> Type.Simple.SMALLINT;
      case "INT", "INTEGER" -> Type.Simple.INT;
      case "BIGINT" -> Type.Simple.BIGINT;
      case "FLOAT" -> Type.Simple.FLOAT;
      case "DOUBLE" -> {
        take("PRECISION");
        yield Type.Simple.DOUBLE;
      }
      case "DATE" -> Type.Simple.DATE;
      case "STRING" -> Type.VarChar.STRING;
      case "BYTES" -> Type.VarBinary.BYTES;
      case "CHAR", "CHARACTER" ->
          take("VARYING") ? new Type.VarChar(length()) : new Type.Char(length());
      case "VARCHAR" -> new Type.VarChar(length());
      case "BINARY" -> take("VARYING") ? new Type.VarBinary(length()) : new Type.Binary(length());
      case "VARBINARY" -> new Type.VarBinary(length());
      case "DECIMAL", "DEC", "NUMERIC" -> decimal();
      case "TIME" -> {
        Type time = new Type.Time(argument("the precision", 0, MAX_TIME_PRECISION, 0));
        if (take("WITHOUT")) {
          timeZone();
        }
        yield time;
      }
      case "TIMESTAMP" -> timestamp(name);
      case "TIMESTAMP_LTZ" ->
          new Type.TimestampLtz(argument("the precision", 0, MAX_TIME_PRECISION, 6));
      case "INTERVAL" -> interval();
      case "ARRAY" -> {
        expect("<");
        Type.Parsed element = type();
        expect(">");
        yield new Type.Array(element.type(), element.nullable());
      }
      case "MULTISET" -> {
        expect("<");
        Type.Parsed element = type();
        expect(">");
        yield new Type.Multiset(element.type(), element.nullable());
      }
      case "MAP" -> {
        expect("<");
        Type.Parsed key = type();
        expect(",");
        Type.Parsed value = type();
        expect(">");
        yield new Type.Map(key.type(), key.nullable(), value.type(), value.nullable());
      }
      case "ROW" -> row();
      case "RAW" -> throw refused(name, "RAW, which only the Java class in it can read");
      case "STRUCTURED" ->
          throw refused(name, "a structured type, which needs a Java class. Use ROW");
      case "NULL" -> throw refused(name, "NULL, which has no values");
      case "VARIANT", "BITMAP", "DESCRIPTOR" ->
          throw refused(
              name,
              name.text.toUpperCase(Locale.ROOT)
                  + ", which not every supported release of Flink has");
      default ->
          throw token.is(".")
              ? refused(name, "a user-defined type, which no format reads")
              : fault(name, "expected a type of Flink SQL, but found " + name.shown());
    };
  }

  private Type decimal() {
    int precision = 10;
    int scale = 0;
    if (take("(")) {
      precision = number("the precision", 1, MAX_DECIMAL_PRECISION);
      if (take(",")) {
        scale = number("the scale", 0, precision);
      }
      expect(")");
    }
    return new Type.Decimal(precision, scale);
  }

  private Type timestamp(Token name) {
    int precision = argument("the precision", 0, MAX_TIME_PRECISION, 6);
    if (take("WITHOUT")) {
      timeZone();
    } else if (take("WITH")) {
      if (take("LOCAL")) {
        timeZone();
        return new Type.TimestampLtz(precision);
      }
      timeZone();
      throw refused(name, "TIMESTAMP WITH TIME ZONE, which Flink cannot read. Use TIMESTAMP_LTZ");
    }
    return new Type.Timestamp(precision);
  }

  private void timeZone() {
    expect("TIME");
    expect("ZONE");
  }

  /** What Flink's summaries print behind a timestamp says nothing of its values. */
  private void timeAttribute() {
    if (take("*")) {
      if (!take("PROCTIME")) {
        expect("ROWTIME");
      }
      expect("*");
    }
  }

  private Type interval() {
    if (take("YEAR")) {
      int precision = argument("the precision", 1, MAX_YEAR_PRECISION, 2);
      if (take("TO")) {
        expect("MONTH");
        return new Type.YearMonthInterval(Type.YearMonthFields.YEAR_TO_MONTH, precision);
      }
      return new Type.YearMonthInterval(Type.YearMonthFields.YEAR, precision);
    }
    if (take("MONTH")) {
      return new Type.YearMonthInterval(Type.YearMonthFields.MONTH, 0);
    }
    Type.DayTimeField first = dayTimeField("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    int dayPrecision =
        first == Type.DayTimeField.DAY ? argument("the precision", 1, MAX_DAY_PRECISION, 2) : 0;
    Type.DayTimeField last = first;
    if (first != Type.DayTimeField.SECOND && take("TO")) {
      Token place = token;
      last = dayTimeField("a field below " + first);
      if (last.compareTo(first) <= 0) {
        throw fault(place, "expected a field below " + first + ", but found " + place.shown());
      }
    }
    int fractionalPrecision =
        last == Type.DayTimeField.SECOND ? argument("the precision", 0, MAX_TIME_PRECISION, 6) : 0;
    return new Type.DayTimeInterval(
        new Type.DayTimeFields(first, last), dayPrecision, fractionalPrecision);
  }

  private Type.DayTimeField dayTimeField(String expected) {
    for (Type.DayTimeField field : Type.DayTimeField.values()) {
      if (take(field.name())) {
        return field;
      }
    }
    throw expected(expected);
  }

  private Type row() {
    String close = take("<") ? ">" : ")";
    if (close.equals(")")) {
      expect("(");
    }
    List<Type.Row.Field> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    if (!token.is(close)) {
      do {
        Token name = token;
        String fieldName = name("the name of a field");
        if (!names.add(fieldName)) {
          throw fault(name, "the field " + name.shown() + " is there twice");
        }
        Type.Parsed type = type();
        String description = token.kind == Kind.LITERAL ? next().text : "";
        fields.add(new Type.Row.Field(fieldName, type.type(), type.nullable(), description));
      } while (take(","));
    }
    expect(close);
    return new Type.Row(fields);
  }

  private String name(String what) {
    if (token.kind != Kind.WORD && token.kind != Kind.QUOTED) {
      throw expected(what);
    }
    if (token.text.isBlank()) {
      throw fault(token, what + " must not be blank");
    }
    return next().text;
  }

  private int length() {
    return argument("the length", 1, Integer.MAX_VALUE, 1);
  }

  /** A number in parentheses, if there are any. */
  private int argument(String what, int least, int greatest, int standard) {
    if (!take("(")) {
      return standard;
    }
    int number = number(what, least, greatest);
    expect(")");
    return number;
  }

  private int number(String what, int least, int greatest) {
    if (token.kind != Kind.NUMBER) {
      throw expected(what);
    }
    Token number = next();
    long value;
    try {
      value = Long.parseLong(number.text);
    } catch (NumberFormatException e) {
      value = Long.MAX_VALUE;
    }
    if (value < least || value > greatest) {
      throw fault(
          number, what + " must be " + least + " to " + greatest + ", but is " + number.shown());
    }
    return (int) value;
  }

  private boolean take(String word) {
    if (token.is(word)) {
      next();
      return true;
    }
    return false;
  }

  private void expect(String word) {
    if (!take(word)) {
      throw expected("'" + word + "'");
    }
  }

  private Fault expected(String what) {
    return fault(token, "expected " + what + ", but found " + token.shown());
  }

  private Fault refused(Token at, String why) {
    return fault(at, "a column cannot be of " + why + ".");
  }

  private Fault fault(Token at, String what) {
    return fault(at.offset, what);
  }

  private Fault fault(int offset, String what) {
    return new Fault(place(offset), what);
  }

  /** An offset as line and column, both from 1. */
  private String place(int offset) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < offset; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return line + ":" + (offset - lineStart + 1);
  }

  /** Steps to the next word and answers the one before. */
  private Token next() {
    Token before = token;
    token = read();
    return before;
  }

  private Token read() {
    skipBlanks();
    int start = position;
    if (start == text.length()) {
      return new Token(Kind.END, "", start);
    }
    char first = text.charAt(start);
    if (first == '`' || first == '\'') {
      return new Token(first == '`' ? Kind.QUOTED : Kind.LITERAL, quoted(first), start);
    }
    if (isDigit(first)) {
      while (position < text.length() && isDigit(text.charAt(position))) {
        position++;
      }
      return new Token(Kind.NUMBER, text.substring(start, position), start);
    }
    while (position < text.length() && isNamePart(text.codePointAt(position))) {
      position += Character.charCount(text.codePointAt(position));
    }
    if (position > start) {
      return new Token(Kind.WORD, text.substring(start, position), start);
    }
    position += Character.charCount(text.codePointAt(start));
    return new Token(Kind.SIGN, text.substring(start, position), start);
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }

  private static boolean isNamePart(int character) {
    return Character.isLetterOrDigit(character) || character == '_' || character == '$';
  }

  private void skipBlanks() {
    while (position < text.length()) {
      if (Character.isWhitespace(text.charAt(position))) {
        position++;
      } else if (text.startsWith("--", position)) {
        int end = text.indexOf('\n', position);
        position = end < 0 ? text.length() : end + 1;
      } else if (text.startsWith("/*", position)) {
        int end = text.indexOf("*/", position + 2);
        if (end < 0) {
          throw fault(position, "the comment that begins here does not end");
        }
        position = end + 2;
      } else {
        return;
      }
    }
  }

  /** What is between two quotes; a doubled one is one of the text. */
  private String quoted(char quote) {
    int start = position;
    StringBuilder content = new StringBuilder();
    while (true) {
      int end = text.indexOf(quote, position + 1);
      if (end < 0) {
        throw fault(start, "the quote that begins here does not end");
      }
      content.append(text, position + 1, end);
      if (end + 1 == text.length() || text.charAt(end + 1) != quote) {
        position = end + 1;
        return content.toString();
      }
      content.append(quote);
      position = end + 1;
    }
  }
}
