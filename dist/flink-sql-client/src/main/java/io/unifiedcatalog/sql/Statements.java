package io.unifiedcatalog.sql;

import java.util.ArrayList;
import java.util.List;

/** Cuts a script of SQL statements at its semicolons. */
final class Statements {
  private Statements() {}

  /**
   * The statements of a script in order, each with the comments before it, without its semicolon. A
   * semicolon within a comment, a literal or a quoted name cuts nothing. What comments and blanks
   * alone make up at the end is no statement.
   */
  static List<String> of(String script) {
    List<String> statements = new ArrayList<>();
    int start = 0;
    boolean meaning = false;
    int position = 0;
    while (position < script.length()) {
      char character = script.charAt(position);
      if (script.startsWith("--", position)) {
        position = after(script, "\n", position + 2);
      } else if (script.startsWith("/*", position)) {
        position = after(script, "*/", position + 2);
      } else if (character == '\'' || character == '`' || character == '"') {
        // A doubled quote closes and opens again, which comes to the same.
        position = after(script, String.valueOf(character), position + 1);
        meaning = true;
      } else if (character == ';') {
        if (meaning) {
          statements.add(script.substring(start, position).strip());
        }
        position++;
        start = position;
        meaning = false;
      } else {
        meaning |= !Character.isWhitespace(character);
        position++;
      }
    }
    if (meaning) {
      statements.add(script.substring(start).strip());
    }
    return statements;
  }

  private static int after(String script, String end, int from) {
    int found = script.indexOf(end, from);
    return found < 0 ? script.length() : found + end.length();
  }
}
