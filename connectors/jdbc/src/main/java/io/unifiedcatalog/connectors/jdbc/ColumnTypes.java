package io.unifiedcatalog.connectors.jdbc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the option {@code column-types}: a list as in {@code CREATE TABLE}, of names in backticks
 * with the type that the database prints, of a text its collation, and whether it is generated.
 */
final class ColumnTypes {
  private static final Pattern NAME = Pattern.compile("\\s*`((?:[^`]|``)+)`\\s*");
  private static final Pattern GENERATED = Pattern.compile("(?is)(.*)\\sGENERATED\\s*");
  private static final Pattern COLLATE = Pattern.compile("(?is)(.*)\\sCOLLATE\\s+(\\S+)\\s*");

  private ColumnTypes() {}

  /** What is known of a column. */
  record Known(SourceType type, boolean generated) {}

  /**
   * The types by the names of the columns.
   *
   * @param option null or empty: none is known
   * @throws ValidationException if it is not such a list
   */
  static Map<String, Known> parse(@Nullable String option, Dialect dialect) {
    Map<String, Known> types = new LinkedHashMap<>();
    if (option == null || option.isBlank()) {
      return types;
    }
    int at = 0;
    while (at < option.length()) {
      Matcher name = NAME.matcher(option).region(at, option.length());
      if (!name.lookingAt()) {
        throw new ValidationException(
            "Option 'column-types' must be a list of `NAME` TYPE [COLLATE NAME] [GENERATED], separated by"
                + " commas. It is not from character "
                + (at + 1)
                + " on: "
                + shortened(option.substring(at)));
      }
      int end = endOfType(option, name.end());
      String type = option.substring(name.end(), end).strip();
      Matcher generated = GENERATED.matcher(type);
      boolean isGenerated = generated.matches();
      if (isGenerated) {
        type = generated.group(1).strip();
      }
      Matcher collate = COLLATE.matcher(type);
      String collation = null;
      if (collate.matches()) {
        type = collate.group(1).strip();
        collation = collate.group(2);
      }
      types.put(
          name.group(1).replace("``", "`"),
          new Known(dialect.sourceType(type, collation), isGenerated));
      at = end + 1;
    }
    return types;
  }

  /** Where a type ends: at a comma that is neither in parentheses nor in quotes. */
  private static int endOfType(String option, int begin) {
    int depth = 0;
    char quote = 0;
    for (int i = begin; i < option.length(); i++) {
      char c = option.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        return i;
      }
    }
    return option.length();
  }

  private static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }
}
