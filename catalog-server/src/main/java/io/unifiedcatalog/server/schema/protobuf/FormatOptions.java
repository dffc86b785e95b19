package io.unifiedcatalog.server.schema.protobuf;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The options that a table may set for Flink's format {@code protobuf-descriptor}.
 *
 * @param confluent whether Confluent's framing stands before each message
 * @param enumsAsInt whether an enum is its number and not its name
 * @param absentAsNull whether an absent field without presence is NULL and not its type's zero
 * @param recursionDepth how many ROWs of one message stand one in another at most
 */
record FormatOptions(
    boolean confluent, boolean enumsAsInt, boolean absentAsNull, int recursionDepth) {
  static final String MESSAGE_NAME = "message-name";
  static final String DESCRIPTOR_SET = "descriptor-set";
  static final String SCHEMA_ID = "schema-id";

  private static final String FRAMING = "framing";
  private static final String ENUMS_AS = "enums-as";
  private static final String ABSENT_AS = "absent-as";
  private static final String RECURSION_DEPTH = "recursion-depth";
  private static final String IGNORE_PARSE_ERRORS = "ignore-parse-errors";
  private static final Set<String> KEYS =
      new TreeSet<>(
          Set.of(FRAMING, SCHEMA_ID, ENUMS_AS, ABSENT_AS, RECURSION_DEPTH, IGNORE_PARSE_ERRORS));

  /** The schema says these. */
  private static final Set<String> SET_BY_SCHEMA =
      Set.of(MESSAGE_NAME, DESCRIPTOR_SET, "descriptor-file");

  private static final int DEFAULT_RECURSION_DEPTH = 3;

  /**
   * Reads the options.
   *
   * @throws CatalogException INVALID_ARGUMENT with all that is wrong, each option by its name
   */
  static FormatOptions of(Map<String, String> options) {
    List<Violation> violations = new ArrayList<>();
    for (String key : new TreeMap<>(options).keySet()) {
      if (SET_BY_SCHEMA.contains(key)) {
        violations.add(
            new Violation(key, "It follows from the schema of the table and cannot be set."));
      } else if (!KEYS.contains(key)) {
        violations.add(
            new Violation(
                key,
                "Format '"
                    + ProtobufSchema.FORMAT
                    + "' has no such option. It has: "
                    + String.join(", ", KEYS)
                    + "."));
      }
    }
    boolean confluent = choice(options, FRAMING, "none", "confluent", violations);
    boolean enumsAsInt = choice(options, ENUMS_AS, "string", "int", violations);
    boolean absentAsNull = choice(options, ABSENT_AS, "default", "null", violations);
    choice(options, IGNORE_PARSE_ERRORS, "false", "true", violations);
    int depth = DEFAULT_RECURSION_DEPTH;
    String depthText = options.getOrDefault(RECURSION_DEPTH, "" + depth);
    if (depthText.matches("[1-9][0-9]?|100")) {
      depth = Integer.parseInt(depthText);
    } else {
      violations.add(wrong(RECURSION_DEPTH, depthText, "Give a whole number from 1 to 100."));
    }
    String id = options.get(SCHEMA_ID);
    if (id != null && !confluent) {
      violations.add(new Violation(SCHEMA_ID, "It is only used with framing = confluent."));
    } else if (id != null && !isId(id)) {
      violations.add(
          wrong(SCHEMA_ID, id, "Give a whole number from 0 to " + Integer.MAX_VALUE + "."));
    }
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The options of the format are wrong", violations);
    }
    return new FormatOptions(confluent, enumsAsInt, absentAsNull, depth);
  }

  private static boolean isId(String text) {
    return text.matches("[0-9]{1,10}") && Long.parseLong(text) <= Integer.MAX_VALUE;
  }

  /** Whether the second of two values is chosen; the first is the default. */
  private static boolean choice(
      Map<String, String> options,
      String key,
      String first,
      String second,
      List<Violation> violations) {
    String value = options.getOrDefault(key, first);
    if (!value.equals(first) && !value.equals(second)) {
      violations.add(wrong(key, value, "Give " + first + " or " + second + "."));
    }
    return value.equals(second);
  }

  private static Violation wrong(String key, String value, String right) {
    return new Violation(key, FileNames.shown(value) + " is not allowed. " + right);
  }
}
