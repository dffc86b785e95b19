package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.SchemaContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What the kinds have in common whose schema is one text and which have no messages to choose. */
public final class SchemaText {
  /** The greatest text that is taken, in characters. */
  public static final int MAX_LENGTH = 1 << 20;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,255}");

  private SchemaText() {}

  /**
   * The one file of a schema.
   *
   * @param kind what the schema is to be, as in {@code An Avro schema}
   * @throws CatalogException INVALID_ARGUMENT if it is not one file, or too large
   */
  public static SchemaContent.File only(SchemaContent content, String kind) {
    List<Violation> violations = new ArrayList<>();
    if (!content.descriptorSet().isEmpty()) {
      violations.add(
          new Violation(
              "descriptor_set", kind + " is a file; only Protobuf has descriptor sets. Send none"));
    }
    if (content.files().size() != 1) {
      violations.add(
          new Violation(
              "files", kind + " is exactly one file, but there are " + content.files().size()));
    }
    for (SchemaContent.File file : content.files()) {
      if (!NAME.matcher(file.name()).matches()) {
        violations.add(
            new Violation(
                "files",
                "the name of a file must be 1 to 255 letters, digits, '_', '-', '.' or '/'"));
      } else if (file.text().length() > MAX_LENGTH) {
        violations.add(
            new Violation(
                file.name(),
                "the text has "
                    + file.text().length()
                    + " characters, and at most "
                    + MAX_LENGTH
                    + " are taken"));
      }
    }
    if (!violations.isEmpty()) {
      throw refused(violations);
    }
    return content.files().get(0);
  }

  /** A schema that is not taken, with every fault. */
  public static CatalogException refused(List<Violation> violations) {
    // A hostile text has more faults than anyone reads.
    int shown = Math.min(violations.size(), 100);
    return CatalogException.invalid("The schema is not understood", violations.subList(0, shown));
  }

  /**
   * Checks the options of a table for a format.
   *
   * @param known the options that the format has here, by the values that each may have; no value:
   *     any
   * @throws CatalogException INVALID_ARGUMENT with every option that is not known or wrong
   */
  public static void checkOptions(
      String format, Map<String, String> options, Map<String, Set<String>> known) {
    List<Violation> violations = new ArrayList<>();
    options.forEach(
        (key, value) -> {
          Set<String> values = known.get(key);
          if (values == null) {
            violations.add(
                new Violation(
                    format + "." + key,
                    known.isEmpty()
                        ? "there is no such option: none can be set for this format"
                        : "there is no such option. Options: "
                            + known.keySet().stream().sorted().toList()));
          } else if (!values.isEmpty() && !values.contains(value)) {
            violations.add(
                new Violation(
                    format + "." + key, "must be one of " + values.stream().sorted().toList()));
          }
        });
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("Options of the format are wrong", violations);
    }
  }
}
