package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.redis.Texts;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.source.TableDraft.Contradiction;
import io.unifiedcatalog.server.source.TableDraft.DraftColumn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values of a column in samples, and which types hold how many of them. */
final class ColumnSamples {
  /** A type that holds no fewer of the values is proposed; the others are told. */
  static final double ENOUGH = 0.9;

  private static final int MOST_CONTRADICTIONS = 3;
  private static final int MOST_SCALE = 9;

  /** Those that DECIMAL is proposed for; amounts of money are. */
  private static final int DECIMAL_DIGITS = 18;

  private static final Pattern FRACTION = Pattern.compile("-?([0-9]+)\\.([0-9]+)");
  private static final Pattern SECONDS_FRACTION = Pattern.compile(":[0-9]{2}\\.([0-9]+)");

  private final String name;
  private final boolean isKey;
  private final boolean isJson;
  private final Map<TextType, Long> holding = new EnumMap<>(TextType.class);
  private final Map<TextType, List<Contradiction>> against = new EnumMap<>(TextType.class);
  private final Set<String> keys = new HashSet<>();
  private final Set<Integer> scales = new HashSet<>();
  private int wholeDigits;
  private int secondDigits;
  private long values;

  /**
   * Of a column.
   *
   * @param isKey whether it is in the keys: then every one must be of its type
   * @param isJson whether it is of JSON, in which numbers have no set digits behind the point
   */
  ColumnSamples(String name, boolean isKey, boolean isJson) {
    this.name = name;
    this.isKey = isKey;
    this.isJson = isJson;
  }

  /** Notes a value. */
  void add(String key, byte[] value) {
    Optional<String> text = Texts.utf8(value);
    if (text.isPresent()) {
      add(key, text.get(), false);
    } else {
      values++;
      keys.add(key);
      Contradiction example = new Contradiction(Texts.shown(key), "(no UTF-8)");
      for (TextType type : TextType.values()) {
        addTo(against.computeIfAbsent(type, one -> new ArrayList<>()), example);
      }
    }
  }

  /**
   * Notes a value.
   *
   * @param isString whether it is a string by itself, as in JSON, whatever is in it
   */
  void add(String key, String text, boolean isString) {
    values++;
    keys.add(key);
    for (TextType type : TextType.values()) {
      if (isString ? type == TextType.STRING : type.holds(text)) {
        holding.merge(type, 1L, Long::sum);
      } else {
        addTo(
            against.computeIfAbsent(type, one -> new ArrayList<>()),
            new Contradiction(Texts.shown(key), Texts.shown(text)));
      }
    }
    Matcher fraction = FRACTION.matcher(text);
    boolean isFraction = fraction.matches();
    scales.add(isFraction ? fraction.group(2).length() : 0);
    wholeDigits = Math.max(wholeDigits, isFraction ? fraction.group(1).length() : text.length());
    Matcher seconds = SECONDS_FRACTION.matcher(text);
    if (seconds.find()) {
      secondDigits = Math.max(secondDigits, seconds.group(1).length());
    }
  }

  private static void addTo(List<Contradiction> examples, Contradiction example) {
    if (examples.size() < MOST_CONTRADICTIONS) {
      examples.add(example);
    }
  }

  /** Adds its values to those of another. */
  void addTo(ColumnSamples other) {
    holding.forEach((type, held) -> other.holding.merge(type, held, Long::sum));
    against.forEach(
        (type, examples) ->
            examples.forEach(
                example ->
                    addTo(other.against.computeIfAbsent(type, one -> new ArrayList<>()), example)));
    other.keys.addAll(keys);
    other.scales.addAll(scales);
    other.wholeDigits = Math.max(other.wholeDigits, wholeDigits);
    other.secondDigits = Math.max(other.secondDigits, secondDigits);
    other.values += values;
  }

  String name() {
    return name;
  }

  long present() {
    return keys.size();
  }

  /** The keys that have it. */
  Set<String> keys() {
    return keys;
  }

  /** Of a column of the key, which narrower type only a few keys stand against; empty: none. */
  Optional<String> nearly() {
    for (TextType type : TextType.values()) {
      long held = holding.getOrDefault(type, 0L);
      if (held == values) {
        return Optional.empty();
      }
      if (held >= ENOUGH * values) {
        return Optional.of(
            "Column "
                + name
                + " would be "
                + sql(type)
                + " but for "
                + (values - held)
                + " of "
                + values
                + " keys, as "
                + against.getOrDefault(type, List.of()).get(0).key()
                + ". If they are none of the table's, narrow the pattern or set the option misfit"
                + " to null.");
      }
    }
    return Optional.empty();
  }

  /** What is proposed. */
  DraftColumn draft(boolean nullable) {
    for (TextType type : TextType.values()) {
      long held = holding.getOrDefault(type, 0L);
      if (held > 0 && (isKey ? held == values : held >= ENOUGH * values)) {
        return draft(sql(type), nullable, held, against.getOrDefault(type, List.of()));
      }
    }
    return draft("BYTES", nullable, values, List.of());
  }

  /** The column with a type that is known. */
  DraftColumn as(String sql) {
    return draft(sql, false, values, List.of());
  }

  private DraftColumn draft(
      String sql, boolean nullable, long supporting, Collection<Contradiction> contradictions) {
    return new DraftColumn(
        new Column(name, sql, nullable, "", Map.of()),
        keys.size(),
        values,
        supporting,
        List.copyOf(contradictions));
  }

  private String sql(TextType type) {
    return switch (type) {
      case DOUBLE -> isMoney() ? "DECIMAL(" + DECIMAL_DIGITS + ", " + scale() + ")" : type.sql();
      case TIMESTAMP, TIMESTAMP_LTZ ->
          type.sql() + "(" + (secondDigits <= 3 ? 3 : secondDigits <= 6 ? 6 : 9) + ")";
      default -> type.sql();
    };
  }

  /** Whether every value has as many digits behind the point. */
  private boolean isMoney() {
    return !isJson
        && scales.size() == 1
        && scale() > 0
        && scale() <= MOST_SCALE
        && wholeDigits + scale() <= DECIMAL_DIGITS;
  }

  private int scale() {
    return scales.iterator().next();
  }
}
