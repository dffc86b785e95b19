package io.unifiedcatalog.redis;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which keys are a table's, and which columns are in them, as in <code>user:&#123;user_id&#125;
 * </code>. A column in braces stands for its value; a brace of the key is doubled.
 *
 * <p>The text of a column ends where the text that follows it in the pattern first occurs, but that
 * of a column at the end is all of the rest. Between two columns there is text, as their values
 * could not be told apart otherwise.
 */
public final class KeyPattern implements Serializable {
  private static final long serialVersionUID = 1;

  /** What SCAN's patterns give a meaning. */
  private static final String GLOB = "*?[]\\^";

  private final String pattern;

  /** Text and columns in turn; it begins and ends with text, which may be empty there. */
  private final String[] texts;

  private final List<String> columns;

  private KeyPattern(String pattern, List<String> texts, List<String> columns) {
    this.pattern = pattern;
    this.texts = texts.toArray(new String[0]);
    this.columns = columns;
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException with what is wrong and where
   */
  public static KeyPattern parse(String pattern) {
    List<String> texts = new ArrayList<>();
    Set<String> columns = new LinkedHashSet<>();
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      boolean doubled = at + 1 < pattern.length() && pattern.charAt(at + 1) == c;
      if ((c == '{' || c == '}') && doubled) {
        text.append(c);
        at += 2;
      } else if (c == '}') {
        throw wrong(pattern, at, "a '}' that closes nothing; a brace of the key is written '}}'");
      } else if (c == '{') {
        int end = pattern.indexOf('}', at);
        String column = end < 0 ? "" : pattern.substring(at + 1, end);
        if (column.isEmpty() || column.contains("{")) {
          throw wrong(
              pattern, at, "a '{' without a column's name; a brace of the key is written '{{'");
        }
        if (!columns.isEmpty() && text.isEmpty()) {
          throw wrong(
              pattern,
              at,
              "two columns with nothing between them, whose values nobody could tell apart");
        }
        if (!columns.add(column)) {
          throw wrong(pattern, at, "column '" + column + "' for the second time");
        }
        texts.add(text.toString());
        text.setLength(0);
        at = end + 1;
      } else {
        text.append(c);
        at++;
      }
    }
    texts.add(text.toString());
    if (columns.isEmpty()) {
      throw new IllegalArgumentException(
          "Key pattern '"
              + pattern
              + "' has no column in braces, as in user:{user_id}: it would be one key and no table.");
    }
    return new KeyPattern(pattern, texts, List.copyOf(columns));
  }

  private static IllegalArgumentException wrong(String pattern, int at, String what) {
    return new IllegalArgumentException(
        "Key pattern '" + pattern + "' has, at character " + (at + 1) + ", " + what + ".");
  }

  /** The columns, in the order in which they are in the key. */
  public List<String> columns() {
    return columns;
  }

  /** The text before each of the columns, and that behind the last; in order. */
  public List<String> texts() {
    return List.of(texts);
  }

  /** The pattern of SCAN that every key of the table matches. Some others may, too. */
  public String glob() {
    StringBuilder glob = new StringBuilder();
    for (int i = 0; i < texts.length; i++) {
      if (i > 0) {
        glob.append('*');
      }
      texts[i]
          .chars()
          .forEach(
              c -> {
                if (GLOB.indexOf(c) >= 0) {
                  glob.append('\\');
                }
                glob.append((char) c);
              });
    }
    return glob.toString();
  }

  /**
   * The key of some values.
   *
   * @param values in the order of {@link #columns}
   * @throws IllegalArgumentException if others would be read from that key
   */
  public String key(String[] values) {
    StringBuilder key = new StringBuilder(texts[0]);
    for (int i = 0; i < columns.size(); i++) {
      boolean last = i == columns.size() - 1;
      if (!last && (values[i] + texts[i + 1]).indexOf(texts[i + 1]) < values[i].length()) {
        throw new IllegalArgumentException(
            "column '"
                + columns.get(i)
                + "' is '"
                + values[i]
                + "', in which '"
                + texts[i + 1]
                + "' is found, which ends it in the key pattern '"
                + pattern
                + "'");
      }
      key.append(values[i]).append(texts[i + 1]);
    }
    return key.toString();
  }

  /** The values in a key, in the order of {@link #columns}; null: it is not a key of the table. */
  public String @Nullable [] values(String key) {
    if (!key.startsWith(texts[0])) {
      return null;
    }
    String[] values = new String[columns.size()];
    int at = texts[0].length();
    for (int i = 0; i < columns.size(); i++) {
      String next = texts[i + 1];
      int end = i == columns.size() - 1 ? key.length() - next.length() : key.indexOf(next, at);
      if (end < at || !key.startsWith(next, end)) {
        return null;
      }
      values[i] = key.substring(at, end);
      at = end + next.length();
    }
    return values;
  }

  @Override
  public String toString() {
    return pattern;
  }
}
