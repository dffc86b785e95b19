package io.unifiedcatalog.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Text for people: columns that line up, and the forms of times, counts and sizes. */
final class Text {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final List<String[]> rows = new ArrayList<>();

  /** A table with a header line. */
  Text(String... header) {
    rows.add(header);
  }

  /** Adds a row with a cell a column. */
  Text row(Object... cells) {
    rows.add(Arrays.stream(cells).map(cell -> line(cell.toString())).toArray(String[]::new));
    return this;
  }

  /** How many rows there are beside the header. */
  int size() {
    return rows.size() - 1;
  }

  /** Prints the rows with every column as wide as its widest cell. */
  void print(PrintWriter out, String indent) {
    int columns = rows.get(0).length;
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], length(row[column]));
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder(indent);
      for (int column = 0; column < columns; column++) {
        line.append(row[column]);
        line.append(" ".repeat(widths[column] - length(row[column]) + 2));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  /** A text on one line, harmless to a terminal: control characters become blanks. */
  static String line(String text) {
    return harmless(text).replace('\t', ' ').strip();
  }

  /** The same with its tabs and the blanks at both ends, for text that is code. */
  static String harmless(String text) {
    return text.codePoints()
        .map(point -> Character.isISOControl(point) && point != '\t' ? ' ' : point)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** A moment in UTC; empty if it is unset. */
  static String time(Timestamp time) {
    return time.equals(Timestamp.getDefaultInstance())
        ? ""
        : TIME.format(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()));
  }

  static String seconds(Duration duration) {
    return seconds(duration.getSeconds() + duration.getNanos() / 1e9);
  }

  /** A setting as people write it: {@code 30s}, {@code 10m}, {@code 1h}, {@code 1d}. */
  static String setting(Duration duration) {
    long seconds = duration.getSeconds();
    if (duration.getNanos() != 0) {
      return seconds(duration);
    }
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    if (seconds % 3_600 != 0) {
      return seconds / 60 + "m";
    }
    return seconds % 86_400 == 0 ? seconds / 86_400 + "d" : seconds / 3_600 + "h";
  }

  static String seconds(Timestamp from, Timestamp to) {
    return seconds(to.getSeconds() - from.getSeconds() + (to.getNanos() - from.getNanos()) / 1e9);
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f s", seconds);
  }

  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A count and what is counted: `1 table`, `2 tables`. */
  static String count(long count, String thing) {
    return count(count) + " " + thing + (count == 1 ? "" : "s");
  }

  /** A size in bytes, in the largest unit that leaves at least 1. */
  static String size(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = bytes;
    int unit = 0;
    while (size >= 1024 && unit < units.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", size, units[unit]);
  }

  /** A name of the API's enums in lower case without its prefix. */
  static String word(Enum<?> value, String prefix) {
    return value.name().substring(prefix.length()).toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
