package io.unifiedcatalog.server.source.redis;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;

/**
 * The types that texts may be of, the narrowest first. Stricter than what the connector reads: a
 * text counts for a type if it is what the connector would write.
 */
enum TextType {
  BOOLEAN("BOOLEAN") {
    @Override
    boolean holds(String text) {
      return text.equals("true") || text.equals("false");
    }
  },
  BIGINT("BIGINT") {
    @Override
    boolean holds(String text) {
      if (!WHOLE.matcher(text).matches()) {
        return false;
      }
      try {
        Long.parseLong(text);
        return true;
      } catch (NumberFormatException e) {
        return false;
      }
    }
  },
  DOUBLE("DOUBLE") {
    @Override
    boolean holds(String text) {
      if (WHOLE.matcher(text).matches()) {
        // Of greater ones the last digits would be lost.
        return text.length() <= EXACT_DIGITS;
      }
      return NUMBER.matcher(text).matches();
    }
  },
  DATE("DATE") {
    @Override
    boolean holds(String text) {
      return text.length() == 10 && parses(() -> LocalDate.parse(text));
    }
  },
  TIME("TIME(0)") {
    @Override
    boolean holds(String text) {
      return text.length() == 8 && parses(() -> LocalTime.parse(text));
    }
  },
  TIMESTAMP_LTZ("TIMESTAMP_LTZ") {
    @Override
    boolean holds(String text) {
      return text.length() >= 17
          && parses(() -> DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from));
    }
  },
  TIMESTAMP("TIMESTAMP") {
    @Override
    boolean holds(String text) {
      // Without seconds the connector does not read it.
      return text.length() >= 19 && parses(() -> LocalDateTime.parse(text.replace(' ', 'T')));
    }
  },
  STRING("STRING") {
    @Override
    boolean holds(String text) {
      return true;
    }
  };

  private static final Pattern WHOLE = Pattern.compile("-?(?:0|[1-9][0-9]*)");
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?");

  /** Whole numbers of so many characters are exact as a DOUBLE. */
  private static final int EXACT_DIGITS = 15;

  private final String sql;

  TextType(String sql) {
    this.sql = sql;
  }

  /** Whether a text is one of this type. */
  abstract boolean holds(String text);

  /** As in Flink SQL; of times, without the precision. */
  String sql() {
    return sql;
  }

  private static boolean parses(Runnable parse) {
    try {
      parse.run();
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
