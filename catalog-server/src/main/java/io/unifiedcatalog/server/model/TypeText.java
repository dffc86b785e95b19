package io.unifiedcatalog.server.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one text of a type; see {@link Type#parse}. */
final class TypeText {
  /** Deeper than anybody nests types, and no strain on the stack. */
  private static final int GREATEST_DEPTH = 100;

  /** So many characters of a text stand in a message. */
  private static final int GREATEST_SHOWN = 500;

  private static final int GREATEST_DECIMAL = 38;
  private static final int GREATEST_FRACTION = 9;

  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:(?<word>[\\p{L}_][\\p{L}\\p{N}_$]*)" // a key word or a name
              + "|`(?<name>[^`]*+(?:``[^`]*+)*+)`"
              + "|(?<number>[0-9]+)"
              + "|'(?<text>[^']*+(?:''[^']*+)*+)'"
              + "|(?<mark>[<>(),]))");

  private enum Kind {
    WORD,
    NAME,
    NUMBER,
    TEXT,
    MARK,
    END
  }

  private record Token(Kind kind, String text) {}

  private record Element(Type type, boolean nullable) {}

  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  TypeText(String sql) {
    this.sql = sql;
  }

  Type parse() {
    split();
    Type type = type(0);
    if (token().kind != Kind.END) {
      throw wrong("'" + token().text + "' is not expected after " + type.sql());
    }
    return type;
  }

  private void split() {
    Matcher matcher = TOKEN.matcher(sql);
    int end = 0;
    while (end < sql.length() && matcher.find(end) && matcher.start() == end) {
      end = matcher.end();
      String name = matcher.group("name");
      if (matcher.group("word") != null) {
        tokens.add(new Token(Kind.WORD, matcher.group("word")));
      } else if (name != null) {
        tokens.add(new Token(Kind.NAME, name.replace("``", "`")));
      } else if (matcher.group("number") != null) {
        tokens.add(new Token(Kind.NUMBER, matcher.group("number")));
      } else if (matcher.group("text") != null) {
        tokens.add(new Token(Kind.TEXT, matcher.group("text")));
      } else {
        tokens.add(new Token(Kind.MARK, matcher.group("mark")));
      }
    }
    String rest = sql.substring(end).strip();
    if (!rest.isEmpty()) {
      throw wrong("'" + rest.substring(0, Math.min(rest.length(), 50)) + "' cannot be read");
    }
    tokens.add(new Token(Kind.END, ""));
  }

  private Type type(int depth) {
    if (depth > GREATEST_DEPTH) {
      throw wrong("it is nested more than " + GREATEST_DEPTH + " times");
    }
    Token token = next();
    if (token.kind != Kind.WORD) {
      throw wrong(token.kind == Kind.END ? "it ends early" : "'" + token.text + "' is no type");
    }
    return switch (token.text.toUpperCase(Locale.ROOT)) {
      case "BOOLEAN" -> Type.Simple.BOOLEAN;
      case "TINYINT" -> Type.Simple.TINYINT;
      case "SMALLINT" -> Type.Simple.SMALLINT;
      case "INT", "INTEGER" -> Type.Simple.INT;
      case "BIGINT" -> Type.Simple.BIGINT;
      case "FLOAT" -> Type.Simple.FLOAT;
      case "DOUBLE" -> {
        takeWords("PRECISION");
        yield Type.Simple.DOUBLE;
      }
      case "DATE" -> Type.Simple.DATE;
      case "STRING" -> Type.VarChar.STRING;
      case "BYTES" -> Type.VarBinary.BYTES;
      case "CHAR" -> new Type.Char(parameter(1, 1, Integer.MAX_VALUE));
      case "VARCHAR" -> new Type.VarChar(parameter(1, 1, Integer.MAX_VALUE));
      case "BINARY" -> new Type.Binary(parameter(1, 1, Integer.MAX_VALUE));
      case "VARBINARY" -> new Type.VarBinary(parameter(1, 1, Integer.MAX_VALUE));
      case "DECIMAL", "DEC", "NUMERIC" -> decimal();
      case "TIME" -> {
        int precision = parameter(0, 0, GREATEST_FRACTION);
        takeWords("WITHOUT", "TIME", "ZONE");
        yield new Type.Time(precision);
      }
      case "TIMESTAMP" -> timestamp();
      case "TIMESTAMP_LTZ" -> new Type.TimestampLtz(parameter(6, 0, GREATEST_FRACTION));
      case "ARRAY" -> {
        expect("<");
        Element element = element(depth);
        expect(">");
        yield new Type.Array(element.type, element.nullable);
      }
      case "MAP" -> {
        expect("<");
        Element key = element(depth);
        expect(",");
        Element value = element(depth);
        expect(">");
        yield new Type.Map(key.type, value.type, value.nullable);
      }
      case "ROW" -> row(depth);
      default ->
          throw wrong(
              "type "
                  + token.text
                  + " is not among those that a column can have: BOOLEAN, TINYINT, SMALLINT, INT,"
                  + " BIGINT, FLOAT, DOUBLE, DECIMAL, CHAR, VARCHAR, STRING, BINARY, VARBINARY,"
                  + " BYTES, DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ, ARRAY, MAP, ROW");
    };
  }

  private Element element(int depth) {
    Type type = type(depth + 1);
    if (takeWords("NOT", "NULL")) {
      return new Element(type, false);
    }
    takeWords("NULL");
    return new Element(type, true);
  }

  private Type decimal() {
    int precision = 10;
    int scale = 0;
    if (take("(")) {
      precision = number(1, GREATEST_DECIMAL);
      if (take(",")) {
        scale = number(0, precision);
      }
      expect(")");
    }
    return new Type.Decimal(precision, scale);
  }

  private Type timestamp() {
    int precision = parameter(6, 0, GREATEST_FRACTION);
    if (takeWords("WITH", "LOCAL", "TIME", "ZONE")) {
      return new Type.TimestampLtz(precision);
    }
    takeWords("WITHOUT", "TIME", "ZONE");
    return new Type.Timestamp(precision);
  }

  private Type row(int depth) {
    boolean round = take("(");
    if (!round) {
      expect("<");
    }
    String close = round ? ")" : ">";
    List<Type.Row.Field> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (!take(close)) {
      if (!fields.isEmpty()) {
        expect(",");
      }
      Token name = next();
      if (name.kind != Kind.WORD && name.kind != Kind.NAME) {
        throw wrong("a field's name is expected in place of '" + name.text + "'");
      }
      if (name.text.isEmpty()) {
        throw wrong("a field of a row has no name");
      }
      if (!names.add(name.text)) {
        throw wrong("two fields of a row are called '" + name.text + "'");
      }
      Element element = element(depth);
      fields.add(new Type.Row.Field(name.text, element.type, element.nullable));
      if (token().kind == Kind.TEXT) {
        next();
      }
    }
    return new Type.Row(fields);
  }

  private int parameter(int standard, int least, int greatest) {
    if (!take("(")) {
      return standard;
    }
    int value = number(least, greatest);
    expect(")");
    return value;
  }

  private int number(int least, int greatest) {
    Token token = next();
    // Eleven digits are more than any of them may have, and fit a long.
    long value =
        token.kind == Kind.NUMBER && token.text.length() <= 11 ? Long.parseLong(token.text) : -1;
    if (value < least || value > greatest) {
      throw wrong(
          "a whole number from "
              + least
              + " to "
              + greatest
              + " is expected in place of '"
              + token.text
              + "'");
    }
    return (int) value;
  }

  private Token token() {
    return tokens.get(position);
  }

  private Token next() {
    Token token = token();
    if (token.kind != Kind.END) {
      position++;
    }
    return token;
  }

  private boolean take(String mark) {
    if (token().kind == Kind.MARK && token().text.equals(mark)) {
      position++;
      return true;
    }
    return false;
  }

  private void expect(String mark) {
    if (!take(mark)) {
      throw wrong(
          "'"
              + mark
              + "' is expected "
              + (token().kind == Kind.END ? "at its end" : "in place of '" + token().text + "'"));
    }
  }

  /** Takes all of the words or none. */
  private boolean takeWords(String... words) {
    for (int i = 0; i < words.length; i++) {
      Token token = tokens.get(Math.min(position + i, tokens.size() - 1));
      if (token.kind != Kind.WORD || !token.text.equalsIgnoreCase(words[i])) {
        return false;
      }
    }
    position += words.length;
    return true;
  }

  private IllegalArgumentException wrong(String why) {
    String shown = sql.length() <= GREATEST_SHOWN ? sql : sql.substring(0, GREATEST_SHOWN) + "...";
    return new IllegalArgumentException("'" + shown + "' is no type: " + why);
  }
}
