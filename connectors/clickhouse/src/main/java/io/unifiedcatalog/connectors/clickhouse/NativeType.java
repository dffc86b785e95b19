package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A type as ClickHouse prints it, nested to any depth: {@code Nullable(LowCardinality(String))},
 * {@code Tuple(id UInt64, `a b` Array(DateTime64(3, 'UTC')))}.
 *
 * @param name as in {@code Array}
 */
record NativeType(String name, List<Argument> arguments) implements Serializable {
  private static final long serialVersionUID = 1;

  /** Types of whose arguments nothing is asked. */
  private static final Set<String> OPAQUE = Set.of("Dynamic", "JSON", "Object");

  private static final Set<String> WRAPPERS =
      Set.of("LowCardinality", "Nullable", "SimpleAggregateFunction");

  NativeType {
    arguments = List.copyOf(arguments);
  }

  /**
   * What stands between a type's parentheses.
   *
   * @param name of a Tuple's or Nested's element, or of a member of an Enum; empty if it has none
   * @param type null: it is a literal
   * @param literal a number, or a text without its quotes; empty if it is a type
   */
  record Argument(String name, @Nullable NativeType type, String literal) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  /** The type of the values, without what only says how they are kept, or that they may be NULL. */
  NativeType unwrapped() {
    NativeType type = this;
    while (WRAPPERS.contains(type.name)) {
      // The function of an aggregate comes first.
      NativeType inner = type.type(type.arguments.size() - 1);
      if (inner == null) {
        return type;
      }
      type = inner;
    }
    return type;
  }

  /** Whether a value may be NULL. */
  boolean isNullable() {
    NativeType type = this;
    while (WRAPPERS.contains(type.name)) {
      if (type.name.equals("Nullable")) {
        return true;
      }
      NativeType inner = type.type(type.arguments.size() - 1);
      if (inner == null) {
        return false;
      }
      type = inner;
    }
    return false;
  }

  /** The members of an Enum, by name. */
  Map<String, Integer> members() {
    Map<String, Integer> members = new LinkedHashMap<>();
    for (Argument member : arguments) {
      members.put(member.name, Integer.parseInt(member.literal));
    }
    return members;
  }

  /**
   * The types of columns, written as in CREATE TABLE: {@code id UInt64, `a b` Nullable(String)}.
   *
   * @return by the columns' names, in order; null if it is not such a list
   */
  static @Nullable Map<String, NativeType> parseColumns(String text) {
    NativeType all = parse("Tuple(" + text + ")");
    if (all == null) {
      return null;
    }
    Map<String, NativeType> columns = new LinkedHashMap<>();
    for (Argument column : all.arguments) {
      if (column.type == null || column.name.isEmpty()) {
        return null;
      }
      columns.put(column.name, column.type);
    }
    return columns;
  }

  /** As ClickHouse reads it. */
  @Override
  public String toString() {
    if (arguments.isEmpty()) {
      return name;
    }
    List<String> printed = new ArrayList<>();
    for (Argument argument : arguments) {
      if (argument.type == null) {
        String literal =
            argument.literal.matches("-?[0-9.]+") ? argument.literal : Sql.text(argument.literal);
        printed.add(name.startsWith("Enum") ? Sql.text(argument.name) + " = " + literal : literal);
      } else {
        printed.add(
            (argument.name.isEmpty() ? "" : Sql.identifier(argument.name) + " ") + argument.type);
      }
    }
    return name + "(" + String.join(", ", printed) + ")";
  }

  /** The type at an index of the arguments; null if there is none. */
  @Nullable NativeType type(int index) {
    return index < arguments.size() ? arguments.get(index).type : null;
  }

  /** The number at an index of the arguments; -1 if there is none. */
  int number(int index) {
    String literal = index < arguments.size() ? arguments.get(index).literal : "";
    return literal.matches("[0-9]{1,9}") ? Integer.parseInt(literal) : -1;
  }

  /**
   * Understands a type.
   *
   * @return null if it is not one that ClickHouse would print
   */
  static @Nullable NativeType parse(String text) {
    try {
      Parser parser = new Parser(text);
      NativeType type = parser.type();
      parser.end();
      return type;
    } catch (Fault e) {
      return null;
    }
  }

  /** The text is no type. */
  private static final class Fault extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Goes through a text from left to right. */
  private static final class Parser {
    /** Far more than a type has that Flink could read; the stack has room for it. */
    private static final int MAX_DEPTH = 200;

    private final String text;
    private int at;
    private int depth;

    Parser(String text) {
      this.text = text;
    }

    NativeType type() throws Fault {
      return typeOf(identifier());
    }

    void end() throws Fault {
      blanks();
      if (at != text.length()) {
        throw new Fault();
      }
    }

    /** The type of a name that was read, with its arguments if it has any. */
    private NativeType typeOf(String name) throws Fault {
      if (!eat('(')) {
        return new NativeType(name, List.of());
      }
      if (++depth > MAX_DEPTH) {
        throw new Fault();
      }
      List<Argument> arguments = new ArrayList<>();
      if (OPAQUE.contains(name)) {
        skipToClose();
      } else if (!eat(')')) {
        do {
          arguments.add(argument());
        } while (eat(','));
        expect(')');
      }
      depth--;
      return new NativeType(name, arguments);
    }

    private Argument argument() throws Fault {
      blanks();
      char first = peek();
      if (first == '\'') {
        String text = quoted();
        return eat('=') ? new Argument(text, null, number()) : new Argument("", null, text);
      }
      if (Character.isDigit(first) || first == '-') {
        return new Argument("", null, number());
      }
      if (first == '`' || first == '"') {
        return new Argument(quoted(), type(), "");
      }
      String word = identifier();
      blanks();
      char next = peek();
      // `id UInt64` has a name, `UInt64` has none.
      return Character.isLetter(next) || next == '_'
          ? new Argument(word, type(), "")
          : new Argument("", typeOf(word), "");
    }

    private String number() {
      blanks();
      int begin = at;
      while (Character.isLetterOrDigit(peek()) || "-+.".indexOf(peek()) >= 0) {
        at++;
      }
      return text.substring(begin, at);
    }

    private String identifier() throws Fault {
      blanks();
      int begin = at;
      while (Character.isLetterOrDigit(peek()) || peek() == '_') {
        at++;
      }
      if (begin == at) {
        throw new Fault();
      }
      return text.substring(begin, at);
    }

    /** A text in the quotes that it begins with, with ClickHouse's escapes. */
    private String quoted() throws Fault {
      char quote = text.charAt(at++);
      StringBuilder value = new StringBuilder();
      while (true) {
        char next = next();
        if (next == '\\') {
          value.append(next());
        } else if (next != quote) {
          value.append(next);
        } else if (peek() == quote) {
          // Doubled, it is one of the text.
          value.append(next());
        } else {
          return value.toString();
        }
      }
    }

    /** Passes by everything up to the parenthesis that ends the arguments. */
    private void skipToClose() throws Fault {
      for (int open = 1; open > 0; ) {
        char next = peek();
        if (next == '\'' || next == '`' || next == '"') {
          quoted();
        } else {
          open += next == '(' ? 1 : next == ')' ? -1 : 0;
          next();
        }
      }
    }

    private void blanks() {
      while (peek() == ' ' || peek() == '\n') {
        at++;
      }
    }

    private boolean eat(char wanted) {
      blanks();
      if (peek() == wanted) {
        at++;
        return true;
      }
      return false;
    }

    private void expect(char wanted) throws Fault {
      if (!eat(wanted)) {
        throw new Fault();
      }
    }

    private char next() throws Fault {
      if (at >= text.length()) {
        throw new Fault();
      }
      return text.charAt(at++);
    }

    /** The next character; at the end, one that is none of those looked for. */
    private char peek() {
      return at < text.length() ? text.charAt(at) : '\0';
    }
  }
}
