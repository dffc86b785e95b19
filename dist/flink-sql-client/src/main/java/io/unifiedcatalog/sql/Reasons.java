package io.unifiedcatalog.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Why a statement failed, read out of what the gateway sends: a stack trace as text. */
final class Reasons {
  /** What the gateway puts before the stack trace that it sends. */
  private static final String TRACE = "<Exception on server side:";

  // The first line of a throwable in a stack trace; its message may go on over more lines.
  private static final Pattern THROWABLE =
      Pattern.compile("^(?:Caused by: )?((?:[a-z_]\\w*\\.)+[A-Z][\\w$]*)(?:: (.*))?$");
  private static final Pattern END_OF_MESSAGE = Pattern.compile("^\\s+(?:at |\\.\\.\\. ).*$");

  private Reasons() {}

  /**
   * The messages from the outermost to the cause, each once, without those of the gateway's own
   * wrapping.
   */
  static List<String> of(Throwable failure) {
    List<String> reasons = new ArrayList<>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
      int trace = message.indexOf(TRACE);
      if (trace >= 0) {
        for (String sent : sent(message.substring(trace + TRACE.length()))) {
          add(reasons, sent);
        }
      } else if (!isWrapping(cause.getClass().getName())) {
        add(reasons, message);
      }
    }
    if (reasons.isEmpty()) {
      reasons.add(String.valueOf(failure.getMessage()));
    }
    return reasons;
  }

  private static List<String> sent(String trace) {
    List<String> messages = new ArrayList<>();
    StringBuilder message = new StringBuilder();
    boolean inMessage = false;
    for (String line : trace.lines().toList()) {
      Matcher throwable = THROWABLE.matcher(line);
      if (throwable.matches()) {
        messages.add(message.toString());
        message.setLength(0);
        inMessage = !isWrapping(throwable.group(1));
        if (inMessage) {
          message.append(throwable.group(2) == null ? throwable.group(1) : throwable.group(2));
        }
      } else if (END_OF_MESSAGE.matcher(line).matches()) {
        inMessage = false;
      } else if (inMessage) {
        message.append('\n').append(line);
      }
    }
    messages.add(message.toString());
    return messages;
  }

  /** Classes that say only where in the gateway the failure was seen. */
  private static boolean isWrapping(String className) {
    return className.startsWith("org.apache.flink.table.gateway.")
        || className.startsWith("org.apache.flink.table.client.")
        || className.startsWith("org.apache.flink.runtime.rest.")
        || className.startsWith("java.util.concurrent.");
  }

  private static void add(List<String> reasons, String message) {
    String stripped = message.strip();
    if (!stripped.isEmpty() && reasons.stream().noneMatch(known -> known.contains(stripped))) {
      reasons.add(stripped);
    }
  }
}
