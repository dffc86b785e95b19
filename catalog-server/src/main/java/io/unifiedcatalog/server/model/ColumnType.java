package io.unifiedcatalog.server.model;

/** How an engine sees a column. */
public sealed interface ColumnType {
  /**
   * The engine reads it.
   *
   * @param nullable may differ from the column's own: a source may answer NULL for a value that the
   *     engine has no room for
   * @param loss one sentence that says what is lost; empty: nothing
   */
  record Supported(Type type, boolean nullable, String loss) implements ColumnType {}

  /** The engine cannot read it; the reason is one sentence. */
  record Unsupported(String reason) implements ColumnType {}
}
