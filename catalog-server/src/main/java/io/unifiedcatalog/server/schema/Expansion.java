package io.unifiedcatalog.server.schema;

/**
 * What the columns of one schema may grow to. A type that a schema names once and uses often is
 * written out at each use, so that a small text could make columns that no memory holds.
 */
public final class Expansion {
  /** The types' text, in characters, about. */
  private static final int MAX_LENGTH = 1_000_000;

  /** What a field's text is beside its name, about. */
  private static final int PER_FIELD = 24;

  /** What a fault of too large columns says. */
  public static final String TOO_LARGE =
      "its columns are too large: with every type written out where it is used, they have more than "
          + MAX_LENGTH
          + " characters";

  private int length;

  /** Takes room for a field; false: there is none left. */
  public boolean take(String name) {
    if (length <= MAX_LENGTH) {
      length += name.length() + PER_FIELD;
    }
    return length <= MAX_LENGTH;
  }
}
