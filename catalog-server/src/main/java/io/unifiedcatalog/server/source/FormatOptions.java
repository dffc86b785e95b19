package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.OptionRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What Flink's formats have in common, whichever source hands their bytes to them. */
public final class FormatOptions {
  /** Formats that find a column by its name, so that others may be missing. */
  private static final Set<String> BY_NAME =
      Set.of(
          "avro-schema",
          "canal-json",
          "debezium-json",
          "json",
          "maxwell-json",
          "ogg-json",
          "protobuf",
          "protobuf-descriptor");

  /** Formats that can pass over a record that they cannot read. */
  private static final Set<String> THAT_IGNORE =
      Set.of("avro-schema", "csv", "json", "protobuf-descriptor");

  private static final String IGNORE_PARSE_ERRORS = "ignore-parse-errors";

  private FormatOptions() {}

  /** Whether the format finds a column by its name, and not by its position. */
  public static boolean isByName(Format format) {
    return BY_NAME.contains(format.identifier());
  }

  /**
   * A connector's options for the format of a part of a record: its name, which is fixed, and its
   * own options. A hint or an overlay may decide whether records that cannot be read are skipped.
   *
   * @param role the part, {@code key} or {@code value}
   */
  public static List<Binding.Option> of(String role, Format format) {
    List<Binding.Option> options = new ArrayList<>();
    options.add(Binding.Option.fixed(role + ".format", format.identifier()));
    String prefix = role + "." + format.identifier() + ".";
    if (THAT_IGNORE.contains(format.identifier())
        && !format.options().containsKey(IGNORE_PARSE_ERRORS)) {
      options.add(Binding.Option.tunable(prefix + IGNORE_PARSE_ERRORS, null, OptionRule.BOOLEAN));
    }
    format
        .options()
        .forEach(
            (key, value) ->
                options.add(
                    key.equals(IGNORE_PARSE_ERRORS)
                        ? Binding.Option.tunable(prefix + key, value, OptionRule.BOOLEAN)
                        : Binding.Option.fixed(prefix + key, value)));
    return options;
  }
}
