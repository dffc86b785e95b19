package io.unifiedcatalog.testing;

/**
 * The start of every name that a test class creates in a shared server: databases, topics, keys,
 * users. No other class has the same one, so classes can run at the same time.
 *
 * @param text lower-case letters, digits and a final underscore; at most 24 characters
 */
public record Prefix(String text) {
  /** A name that starts with the prefix. */
  public String name(String rest) {
    return text + rest;
  }

  @Override
  public String toString() {
    return text;
  }
}
