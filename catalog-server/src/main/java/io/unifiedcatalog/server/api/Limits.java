package io.unifiedcatalog.server.api;

import com.google.protobuf.MessageLite;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much one thing may be that callers describe. Everything here is read again with each planning
 * of a statement, by every engine, so a thing without a limit costs all who use it.
 * docs/operations.md lists the limits.
 */
final class Limits {
  /** Of an overlay, of a registration's options, and of a source's options, as sent. */
  static final int BYTES = 1 << 20;

  /** Computed and metadata columns of an overlay together. */
  static final int ADDED_COLUMNS = 1_000;

  /** Options, tags, and names in the lists of an overlay. */
  static final int ENTRIES = 1_000;

  private Limits() {}

  /**
   * Refuses what no store should keep.
   *
   * @throws CatalogException INVALID_ARGUMENT with every violation
   */
  static void check(Overlay overlay) {
    List<Violation> violations = new ArrayList<>();
    bytes("overlay", overlay, violations);
    most(
        "overlay.computed_columns",
        "computed and metadata columns together",
        overlay.getComputedColumnsCount() + overlay.getMetadataColumnsCount(),
        ADDED_COLUMNS,
        violations);
    most("overlay.options", "options", overlay.getOptionsCount(), ENTRIES, violations);
    most("overlay.tags", "tags", overlay.getTagsCount(), ENTRIES, violations);
    most("overlay.primary_key", "columns", overlay.getPrimaryKeyCount(), ENTRIES, violations);
    int columns = Registration.MAX_COLUMNS;
    most("overlay.hidden_columns", "names", overlay.getHiddenColumnsCount(), columns, violations);
    most(
        "overlay.column_comments",
        "comments",
        overlay.getColumnCommentsCount(),
        columns,
        violations);
    most(
        "overlay.column_order",
        "names",
        overlay.getColumnOrderCount(),
        columns + ADDED_COLUMNS,
        violations);
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The overlay is not valid", violations);
    }
  }

  /**
   * Refuses a registration that no store should keep.
   *
   * @param columns how many columns were given themselves
   * @throws CatalogException INVALID_ARGUMENT with every violation
   */
  static void check(io.unifiedcatalog.proto.v1.Registration registration, int columns) {
    List<Violation> violations = new ArrayList<>();
    bytes("registration", registration, violations);
    most("registration.options", "options", registration.getOptionsCount(), ENTRIES, violations);
    most("columns", "columns", columns, Registration.MAX_COLUMNS, violations);
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The table is not valid", violations);
    }
  }

  /** Adds a violation if a message is larger than {@link #BYTES}. */
  static void bytes(String field, MessageLite message, List<Violation> violations) {
    int bytes = message.getSerializedSize();
    if (bytes > BYTES) {
      violations.add(
          new Violation(
              field,
              "is " + bytes + " bytes as sent, and may be at most " + BYTES + ". Say less of it"));
    }
  }

  /** Adds a violation if keys and values together are longer than {@link #BYTES}. */
  static void characters(String field, Map<String, String> options, List<Violation> violations) {
    long length = 0;
    for (Map.Entry<String, String> option : options.entrySet()) {
      length += option.getKey().length() + option.getValue().length();
    }
    if (length > BYTES) {
      violations.add(
          new Violation(field, "are " + length + " characters, and may be at most " + BYTES));
    }
  }

  /** Adds a violation if there are more than so many. */
  static void most(String field, String things, int count, int most, List<Violation> violations) {
    if (count > most) {
      violations.add(
          new Violation(field, "are " + count + " " + things + ", and may be at most " + most));
    }
  }
}
