package io.unifiedcatalog.server.model;

/**
 * Something about a table that is not as it should be, though the table can be used.
 *
 * @param subject the column, or the part of the overlay; empty: the table itself
 * @param message one sentence
 */
public record Problem(Kind kind, String subject, String message) {
  /** The kinds; see {@code Problem.Kind} in the API. */
  public enum Kind {
    UNSUPPORTED_COLUMN,
    LOSS,
    OVERLAY,
    BROKEN,
    UNREGISTERED
  }
}
