package io.unifiedcatalog.server.schema.protobuf;

import java.util.regex.Pattern;

/**
 * Which names files may have. They reach a command and a directory, so that only what cannot mean
 * anything there is let through: protoc takes {@code @file} for more arguments, {@code --java_out}
 * among them.
 */
final class FileNames {
  private static final int MAX_LENGTH = 255;
  private static final int SHOWN = 100;
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_.-]+");
  private static final String RIGHT =
      " Give a relative name such as shop/click.proto: segments of [A-Za-z0-9_.-], none of which"
          + " starts with '-', '.' or '@'.";

  private FileNames() {}

  /** What is wrong with a name, in sentences that hold it; empty: nothing. */
  static String wrong(String name) {
    if (name.isBlank()) {
      return "The name of a file is empty." + RIGHT;
    }
    if (name.length() > MAX_LENGTH) {
      return "The file name "
          + shown(name)
          + " has "
          + name.length()
          + " characters; at most "
          + MAX_LENGTH
          + " are allowed.";
    }
    if (name.startsWith("/")) {
      return "The file name " + shown(name) + " is absolute." + RIGHT;
    }
    for (String segment : name.split("/", -1)) {
      if (segment.isEmpty()) {
        return "The file name " + shown(name) + " has an empty segment." + RIGHT;
      }
      char first = segment.charAt(0);
      if (first == '-' || first == '.' || first == '@') {
        return "The file name "
            + shown(name)
            + " has a segment that starts with '"
            + first
            + "'."
            + RIGHT;
      }
      if (!SEGMENT.matcher(segment).matches()) {
        return "The file name " + shown(name) + " has a character that is not allowed." + RIGHT;
      }
    }
    return "";
  }

  /** A name between quotes, fit for a message whatever is in it. */
  static String shown(String name) {
    StringBuilder shown = new StringBuilder("'");
    name.codePoints()
        .limit(SHOWN)
        .forEach(
            each -> {
              boolean printable =
                  !Character.isISOControl(each)
                      && Character.getType(each) != Character.SURROGATE
                      && Character.getType(each) != Character.FORMAT;
              shown.appendCodePoint(printable ? each : '?');
            });
    return shown.append(name.codePointCount(0, name.length()) > SHOWN ? "...'" : "'").toString();
  }
}
