package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.Watermark;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Columns as SQL writes them between the parentheses of CREATE TABLE. Names, types and comments are
 * told apart here; what a type means is the server's to say, so its text is handed on.
 */
final class ColumnText {
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?<blank>\\s+|--[^\\n]*|/\\*.*?\\*/)"
              + "|(?<string>'(?:[^']++|'')*+')"
              + "|(?<quoted>`(?:[^`]++|``)++`)"
              + "|(?<word>[\\p{L}\\p{N}_$]+)"
              + "|(?<symbol>.)",
          Pattern.DOTALL);

  private enum Kind {
    WORD,
    QUOTED,
    STRING,
    SYMBOL
  }

  /**
   * A piece of text.
   *
   * @param spaced whether a blank or a comment stands before it
   * @param depth how many parentheses and angle brackets are open around it
   */
  private record Token(Kind kind, String text, int position, boolean spaced, int depth) {
    boolean is(String word) {
      return kind == Kind.WORD && text.equalsIgnoreCase(word);
    }

    boolean isSymbol(String symbol) {
      return kind == Kind.SYMBOL && text.equals(symbol);
    }
  }

  private final String where;
  private final String text;
  private final List<String> faults;

  private ColumnText(String where, String text, List<String> faults) {
    this.where = where;
    this.text = text;
    this.faults = faults;
  }

  /**
   * Reads physical columns: {@code name TYPE [NOT NULL] [COMMENT 'text']}, with commas between.
   *
   * @param where the file or the option, for messages
   * @param faults takes each thing that is wrong, with its line and column
   */
  static List<PhysicalColumn> columns(String where, String text, List<String> faults) {
    ColumnText reader = new ColumnText(where, text, faults);
    List<PhysicalColumn> columns = new ArrayList<>();
    int before = faults.size();
    List<Token> all = reader.tokens(true);
    if (faults.size() > before) {
      // Where a column ends is not known then.
      return columns;
    }
    for (List<Token> tokens : reader.entries(all)) {
      columns.add(reader.column(tokens));
    }
    if (columns.isEmpty() && faults.size() == before) {
      reader.fault(0, "there is no column; write for example id BIGINT, name STRING");
    }
    return columns;
  }

  /**
   * Reads a metadata column: {@code name TYPE [METADATA] [FROM 'key'] [VIRTUAL] [COMMENT 'text']}.
   */
  static MetadataColumn metadata(String where, String text, List<String> faults) {
    ColumnText reader = new ColumnText(where, text, faults);
    int before = faults.size();
    List<Token> all = reader.tokens(true);
    if (faults.size() > before) {
      return MetadataColumn.getDefaultInstance();
    }
    List<List<Token>> entries = reader.entries(all);
    if (entries.size() != 1) {
      reader.fault(0, "one column is expected; repeat the option for more");
      return MetadataColumn.getDefaultInstance();
    }
    List<Token> tokens = entries.get(0);
    MetadataColumn.Builder column = MetadataColumn.newBuilder().setName(reader.name(tokens));
    int end = reader.type(tokens, "METADATA", "FROM", "VIRTUAL", "COMMENT");
    column.setType(reader.typeText(tokens, end));
    int next = end;
    if (is(tokens, next, "METADATA")) {
      next++;
    }
    if (is(tokens, next, "FROM")) {
      column.setKey(reader.string(tokens, next + 1, "FROM"));
      next += 2;
    }
    if (is(tokens, next, "VIRTUAL")) {
      column.setVirtual(true);
      next++;
    }
    if (is(tokens, next, "COMMENT")) {
      column.setComment(reader.string(tokens, next + 1, "COMMENT"));
      next += 2;
    }
    reader.end(tokens, next);
    return column.build();
  }

  /**
   * Reads a watermark: {@code column AS expression}, or an expression that begins with the column
   * and goes on with a minus or not at all.
   */
  static Watermark watermark(String where, String text, List<String> faults) {
    ColumnText reader = new ColumnText(where, text, faults);
    // In an expression < and > are no brackets, and the engine will parse it anyway.
    List<Token> tokens = reader.tokens(false);
    int first = is(tokens, 0, "FOR") ? 1 : 0;
    if (tokens.size() > first && isName(tokens.get(first))) {
      Watermark.Builder watermark = Watermark.newBuilder().setColumn(unquoted(tokens.get(first)));
      if (is(tokens, first + 1, "AS")) {
        if (tokens.size() > first + 2) {
          return watermark
              .setExpression(text.substring(tokens.get(first + 2).position()).strip())
              .build();
        }
      } else if (first == 0 && (tokens.size() == 1 || tokens.get(1).isSymbol("-"))) {
        return watermark.setExpression(text.strip()).build();
      }
    }
    reader.fault(
        0,
        "a watermark is COLUMN AS EXPRESSION; write for example \"ts AS ts - INTERVAL '5' SECOND\"");
    return Watermark.getDefaultInstance();
  }

  /** Reads a computed column: {@code name AS expression}. */
  static ComputedColumn computed(String where, String text, List<String> faults) {
    ColumnText reader = new ColumnText(where, text, faults);
    List<Token> tokens = reader.tokens(false);
    if (tokens.size() < 3 || !isName(tokens.get(0)) || !tokens.get(1).is("AS")) {
      reader.fault(
          0,
          "a computed column is NAME AS EXPRESSION; write for example \"ts AS CAST(at AS TIMESTAMP_LTZ(3))\"");
      return ComputedColumn.getDefaultInstance();
    }
    return ComputedColumn.newBuilder()
        .setName(unquoted(tokens.get(0)))
        .setExpression(text.substring(tokens.get(2).position()).strip())
        .build();
  }

  private PhysicalColumn column(List<Token> tokens) {
    PhysicalColumn.Builder column = PhysicalColumn.newBuilder().setNullable(true);
    Token first = tokens.get(0);
    if ((first.is("PRIMARY") && is(tokens, 1, "KEY")) || first.is("CONSTRAINT")) {
      fault(first.position(), "a key is no column; name its columns with --primary-key");
      return column.build();
    }
    if (first.is("WATERMARK") && is(tokens, 1, "FOR")) {
      fault(first.position(), "a watermark is no column; give it with --watermark");
      return column.build();
    }
    column.setName(name(tokens));
    if (is(tokens, 1, "AS")) {
      fault(first.position(), "a computed column is none of the data's; give it with --computed");
      return column.build();
    }
    int end = type(tokens, "COMMENT", "METADATA", "PRIMARY", "UNIQUE", "CONSTRAINT");
    int typeEnd = end;
    if (typeEnd > 1 && tokens.get(typeEnd - 1).is("NULL")) {
      typeEnd--;
      if (typeEnd > 1 && tokens.get(typeEnd - 1).is("NOT")) {
        typeEnd--;
        column.setNullable(false);
      }
    }
    column.setNativeType(typeText(tokens, typeEnd));
    if (is(tokens, end, "METADATA")) {
      fault(
          tokens.get(end).position(),
          "a metadata column is none of the data's; give it with --metadata");
    } else if (is(tokens, end, "COMMENT")) {
      column.setComment(string(tokens, end + 1, "COMMENT"));
      end(tokens, end + 2);
    } else if (end < tokens.size()) {
      fault(
          tokens.get(end).position(),
          "a key is no part of a column; name its columns with --primary-key");
    }
    return column.build();
  }

  private String name(List<Token> tokens) {
    Token first = tokens.get(0);
    if (!isName(first)) {
      fault(
          first.position(),
          "a column's name is expected before %s; names of other letters go into `backticks`"
              .formatted(Text.line(first.text())));
      return "";
    }
    return unquoted(first);
  }

  private static boolean isName(Token token) {
    return token.kind() == Kind.QUOTED
        || (token.kind() == Kind.WORD && !Character.isDigit(token.text().codePointAt(0)));
  }

  private static String unquoted(Token name) {
    return name.kind() == Kind.QUOTED
        ? name.text().substring(1, name.text().length() - 1).replace("``", "`")
        : name.text();
  }

  /** Where the type ends that begins after the name: at one of the words, outside brackets. */
  private int type(List<Token> tokens, String... words) {
    int end = 1;
    while (end < tokens.size()) {
      Token token = tokens.get(end);
      if (token.depth() == 0) {
        for (String word : words) {
          if (token.is(word)) {
            return end;
          }
        }
      }
      end++;
    }
    return end;
  }

  private String typeText(List<Token> tokens, int end) {
    if (end <= 1) {
      Token name = tokens.get(0);
      fault(
          name.position() + name.text().length(),
          "a type is expected after %s".formatted(Text.line(name.text())));
      return "";
    }
    StringBuilder type = new StringBuilder(tokens.get(1).text());
    for (Token token : tokens.subList(2, end)) {
      type.append(token.spaced() ? " " : "").append(token.text());
    }
    return type.toString();
  }

  private static boolean is(List<Token> tokens, int index, String word) {
    return index < tokens.size() && tokens.get(index).is(word);
  }

  private String string(List<Token> tokens, int index, String before) {
    if (index < tokens.size() && tokens.get(index).kind() == Kind.STRING) {
      String literal = tokens.get(index).text();
      return literal.substring(1, literal.length() - 1).replace("''", "'");
    }
    Token last = tokens.get(index - 1);
    fault(
        last.position() + last.text().length(),
        "a 'text' in single quotes is expected after %s".formatted(before));
    return "";
  }

  private void end(List<Token> tokens, int index) {
    if (index < tokens.size()) {
      Token token = tokens.get(index);
      fault(
          token.position(),
          "%s is not expected here; a comma stands between columns"
              .formatted(Text.line(token.text())));
    }
  }

  /** The tokens between commas that stand outside brackets; a comma may follow the last ones. */
  private List<List<Token>> entries(List<Token> tokens) {
    List<List<Token>> entries = new ArrayList<>();
    List<Token> entry = new ArrayList<>();
    for (Token token : tokens) {
      if (token.depth() > 0 || !token.isSymbol(",")) {
        entry.add(token);
      } else if (entry.isEmpty()) {
        fault(token.position(), "there is no column before this comma");
      } else {
        entries.add(entry);
        entry = new ArrayList<>();
      }
    }
    if (!entry.isEmpty()) {
      entries.add(entry);
    }
    return entries;
  }

  /**
   * All tokens.
   *
   * @param brackets whether parentheses and angle brackets come in pairs, as in types
   */
  private List<Token> tokens(boolean brackets) {
    List<Token> tokens = new ArrayList<>();
    List<Token> open = new ArrayList<>();
    boolean spaced = false;
    Matcher matcher = TOKEN.matcher(text);
    while (matcher.find()) {
      if (matcher.group("blank") != null) {
        spaced = true;
        continue;
      }
      Kind kind =
          matcher.group("string") != null
              ? Kind.STRING
              : matcher.group("quoted") != null
                  ? Kind.QUOTED
                  : matcher.group("word") != null ? Kind.WORD : Kind.SYMBOL;
      Token token = new Token(kind, matcher.group(), matcher.start(), spaced, open.size());
      spaced = false;
      if (token.isSymbol("'") || token.isSymbol("`")) {
        fault(token.position(), "this quote is never closed");
        break;
      }
      if (brackets && (token.isSymbol("(") || token.isSymbol("<"))) {
        open.add(token);
      } else if (brackets && (token.isSymbol(")") || token.isSymbol(">"))) {
        String opening = token.isSymbol(")") ? "(" : "<";
        if (open.isEmpty() || !open.get(open.size() - 1).isSymbol(opening)) {
          fault(token.position(), "this %s closes nothing".formatted(token.text()));
          break;
        }
        open.remove(open.size() - 1);
      }
      tokens.add(token);
    }
    if (!open.isEmpty()) {
      Token unclosed = open.get(0);
      fault(unclosed.position(), "this %s is never closed".formatted(unclosed.text()));
    }
    return tokens;
  }

  /** Notes a fault as compilers do: where:line:column. */
  private void fault(int position, String fault) {
    String before = text.substring(0, position);
    int line = (int) before.chars().filter(character -> character == '\n').count() + 1;
    int column = before.codePointCount(before.lastIndexOf('\n') + 1, before.length()) + 1;
    faults.add(String.format(Locale.ROOT, "%s:%d:%d: %s.", where, line, column, fault));
  }
}
