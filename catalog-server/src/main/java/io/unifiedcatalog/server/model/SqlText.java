package io.unifiedcatalog.server.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What can be told of a SQL expression without an engine's parser. */
public final class SqlText {
  /**
   * String literals and comments are taken whole, so that no name is found inside them. The loops
   * are possessive: the others call themselves for each turn, and a long text ends the stack.
   */
  private static final Pattern TOKEN =
      Pattern.compile(
          "'(?:[^']|'')*+'" // 'text'
              + "|--[^\\n]*|/\\*.*?\\*/" // comments
              + "|`(?<quoted>(?:[^`]|``)*+)`" // `name`
              + "|(?<plain>[\\p{L}_][\\p{L}\\p{N}_$]*)" // name
              + "|[0-9][\\p{L}\\p{N}_.]*", // numbers, so that 1e5 holds no name
          Pattern.DOTALL);

  /** As much of a text as a message shows, in characters. */
  private static final int SHOWN = 200;

  private SqlText() {}

  /**
   * Every identifier in an expression, with or without backticks, in order: names of columns, of
   * functions, and key words alike. Names keep their case, as Flink's do.
   */
  public static Set<String> identifiers(String expression) {
    Set<String> identifiers = new LinkedHashSet<>();
    Matcher matcher = TOKEN.matcher(expression);
    while (matcher.find()) {
      String quoted = matcher.group("quoted");
      String plain = matcher.group("plain");
      if (quoted != null) {
        identifiers.add(quoted.replace("``", "`"));
      } else if (plain != null) {
        identifiers.add(plain);
      }
    }
    return identifiers;
  }

  /**
   * Columns as in {@code CREATE TABLE}: {@code id BIGINT NOT NULL COMMENT 'its number', name
   * STRING}. A column's native type is Flink's text of its type, without the nullability.
   *
   * @throws CatalogException INVALID_ARGUMENT with every fault, the field of each being {@code
   *     line:column}
   */
  public static List<Column> columns(String text) {
    List<CatalogException.Violation> faults = new ArrayList<>();
    List<Column> columns = List.of();
    try {
      columns = new SqlParser(text).columns(faults);
    } catch (SqlParser.Fault fault) {
      // A word that cannot be read at all; what is behind it cannot be told.
      faults.add(fault.violation());
    }
    if (!faults.isEmpty()) {
      throw CatalogException.invalid("The columns are not understood", faults);
    }
    return columns;
  }

  /** A name between backticks, as Flink prints it. */
  public static String identifier(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /** A text as a literal, as Flink prints it. */
  public static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** A text for a message: its beginning if it is long. */
  public static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
