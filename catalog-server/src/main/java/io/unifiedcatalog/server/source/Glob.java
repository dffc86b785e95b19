package io.unifiedcatalog.server.source;

/**
 * A pattern of names in which {@code *} is any text and {@code ?} any character. It matches in time
 * that grows with the product of both lengths at worst: a regular expression with many {@code .*}
 * would not end on a name of ordinary length.
 */
final class Glob {
  /** What stands for {@code *} and {@code ?}: no character of a name, as a code point. */
  static final int ANY_TEXT = -1;

  static final int ANY_CHARACTER = -2;

  private final int[] parts;

  /** Code points and the two wildcards, in order. */
  Glob(int[] parts) {
    this.parts = parts.clone();
  }

  /** Whether it lets every name through. */
  boolean isAnyText() {
    return parts.length == 1 && parts[0] == ANY_TEXT;
  }

  boolean matches(String name) {
    int[] text = name.codePoints().toArray();
    int part = 0;
    // Where the last * stands, and how much of the name it takes so far.
    int star = -1;
    int taken = 0;
    int at = 0;
    while (at < text.length) {
      if (part < parts.length && (parts[part] == text[at] || parts[part] == ANY_CHARACTER)) {
        part++;
        at++;
      } else if (part < parts.length && parts[part] == ANY_TEXT) {
        star = part++;
        taken = at;
      } else if (star >= 0) {
        part = star + 1;
        at = ++taken;
      } else {
        return false;
      }
    }
    while (part < parts.length && parts[part] == ANY_TEXT) {
      part++;
    }
    return part == parts.length;
  }
}
