package io.unifiedcatalog.server.model;

/** Keys of facts that have a meaning beyond their source. A source may add others of its own. */
public final class Facts {
  /** Of a column: the default as the source prints it. Absent: there is none. */
  public static final String DEFAULT = "default";

  /** Of a column: the expression that it is generated from; such a column cannot be written. */
  public static final String GENERATED = "generated";

  /** Of a column of text: the collation by which the source compares it. Absent: not known. */
  public static final String COLLATION = "collation";

  /**
   * Of a table: why its primary key is none that an upsert can name, with the key's name. Absent:
   * there is no such key.
   */
  public static final String NOT_AN_UPSERT_KEY = "not-an-upsert-key";

  /** Of a column: {@code true} if the source numbers it. */
  public static final String AUTO_INCREMENT = "auto-increment";

  /**
   * Of a column of a registered table: its type in Flink, as SQL text without its nullability.
   * Absent: the native type is that text.
   */
  public static final String FLINK_TYPE = "flink-type";

  /**
   * Of a column of a registered table: why it has no type in Flink, as one sentence. Absent: it has
   * one.
   */
  public static final String UNSUPPORTED = "unsupported";

  /** Of a table: why it cannot be read now, in the source's words. Absent: it can. */
  public static final String BROKEN = "broken";

  /** Of a table: {@code false} if it cannot be written, as with most views. Absent: it can. */
  public static final String WRITABLE = "writable";

  private Facts() {}
}
