package io.unifiedcatalog.server.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The values that a tunable option takes. An overlay, a registration and a hint may set such an
 * option, and connectors paste some of them into statements or load a class of that name: so every
 * option has a rule, and a value that it does not match reaches no connector.
 *
 * @param pattern a Java regular expression for the whole value, in linear time: no nested
 *     repetition
 * @param description for messages, after "must be"
 */
public record OptionRule(String pattern, String description) {
  /** {@code true} or {@code false}, in any case. */
  public static final OptionRule BOOLEAN = new OptionRule("(?i:true|false)", "true or false");

  /** A whole number from 0 to 999,999,999. */
  public static final OptionRule COUNT =
      new OptionRule("[0-9]{1,9}", "a whole number from 0 to 999999999");

  /** A whole number of at most 18 digits, with or without a minus. */
  public static final OptionRule INTEGER =
      new OptionRule("-?[0-9]{1,18}", "a whole number of at most 18 digits");

  /** A length of time as Flink reads it. */
  public static final OptionRule DURATION =
      new OptionRule("[0-9]{1,15} ?[a-zA-Z\u00b5]{0,12}", "a duration, such as 500 ms or 10 min");

  /** An amount of memory as Flink reads it. */
  public static final OptionRule MEMORY =
      new OptionRule("[0-9]{1,15} ?[a-zA-Z]{0,12}", "an amount of memory, such as 64 mb");

  /** Free text that names something: visible ASCII characters and blanks inside. */
  public static final OptionRule NAME =
      new OptionRule("[!-~](?:[ -~]{0,248}[!-~])?", "at most 250 visible ASCII characters");

  /** One of these words, in any case. */
  public static OptionRule oneOf(String... words) {
    return new OptionRule(
        "(?i:" + Arrays.stream(words).map(Pattern::quote).collect(Collectors.joining("|")) + ")",
        words.length == 1 ? words[0] : "one of " + String.join(", ", words));
  }

  /** Exactly the name of one of these columns. */
  public static OptionRule column(Collection<String> names) {
    List<String> sorted = names.stream().sorted().toList();
    return sorted.isEmpty()
        ? new OptionRule("(?!)", "left out: the table has no column for it")
        : new OptionRule(
            sorted.stream().map(Pattern::quote).collect(Collectors.joining("|")),
            "the name of a column that it can be: " + String.join(", ", sorted));
  }

  /** Rules by the option's key, in this order. */
  @SafeVarargs
  public static Map<String, OptionRule> byKey(Map.Entry<String, OptionRule>... entries) {
    Map<String, OptionRule> rules = new LinkedHashMap<>();
    for (Map.Entry<String, OptionRule> entry : entries) {
      rules.put(entry.getKey(), entry.getValue());
    }
    return Collections.unmodifiableMap(rules);
  }

  /** Whether an option may have the value. */
  public boolean takes(String value) {
    return Pattern.matches(pattern, value);
  }

  /** What is wrong with a value, as the rest of a sentence about it. It does not repeat it. */
  public String refusal() {
    return "must be " + description;
  }
}
