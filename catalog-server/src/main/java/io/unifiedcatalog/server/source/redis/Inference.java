package io.unifiedcatalog.server.source.redis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.Texts;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.source.TableDraft;
import io.unifiedcatalog.server.source.TableDraft.DraftColumn;
import io.unifiedcatalog.server.source.TableDraft.DraftKind;
import io.unifiedcatalog.server.source.redis.PatternTable.ValueKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Proposes a table from samples: what most of them hold, and columns of the types that hold at
 * least nine in ten of their values. Nothing is smoothed over: what contradicts is told.
 */
final class Inference {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A hash with more fields than these, each in few keys only, has no columns but entries. */
  private static final int MANY_FIELDS = 50;

  private static final double RARE = 0.2;
  private static final int MOST_COLUMNS = 200;
  private static final String SCORE = "score";

  private final KeyPattern pattern;

  /** By what the key holds, in Redis' words: the columns in the keys. */
  private final Map<String, List<ColumnSamples>> ofKey = new HashMap<>();

  private final Map<String, Long> kinds = new HashMap<>();
  private final Map<String, String> examples = new HashMap<>();

  /** By what the key holds, in Redis' words: its columns' values. */
  private final Map<String, Map<String, ColumnSamples>> ofValue = new HashMap<>();

  /** Of strings that are JSON objects, their fields. */
  private final Map<String, ColumnSamples> ofJson = new LinkedHashMap<>();

  private long jsonObjects;

  Inference(KeyPattern pattern) {
    this.pattern = pattern;
  }

  /** Notes a key and what it holds, in the words of the command TYPE. */
  void key(String key, String type) {
    kinds.merge(type, 1L, Long::sum);
    examples.putIfAbsent(type, Texts.shown(key));
    List<ColumnSamples> columns =
        ofKey.computeIfAbsent(
            type,
            one ->
                pattern.columns().stream()
                    .map(column -> new ColumnSamples(column, true, false))
                    .toList());
    String[] parts = pattern.values(key);
    for (int i = 0; parts != null && i < parts.length; i++) {
      columns.get(i).add(key, parts[i], false);
    }
  }

  /** Notes a value of a column, by the name that the column would have. */
  void value(String key, String type, String column, byte[] value) {
    // A field without a name cannot be a column.
    if (!column.isEmpty()) {
      columns(type, isNamed(type) ? column : free(column)).add(key, value);
    }
  }

  /** Whether the data names the columns. */
  private static boolean isNamed(String type) {
    return type.equals(ValueKind.HASH.redisType()) || type.equals(ValueKind.STREAM.redisType());
  }

  /** A name that no column of the key has. */
  private String free(String column) {
    return pattern.columns().contains(column) ? free(column + "_") : column;
  }

  /** Notes a score of a sorted set, which Redis has as a DOUBLE. */
  void score(String key, double score) {
    columns(ValueKind.ZSET.redisType(), free(SCORE)).add(key, String.valueOf(score), false);
  }

  /** Notes a string, or a document. */
  void string(String key, String type, byte[] value) {
    value(key, type, RedisSource.VALUE, value);
    Optional<String> text = Texts.utf8(value).filter(one -> one.stripLeading().startsWith("{"));
    JsonNode object;
    try {
      object = text.isPresent() ? JSON.readTree(text.get()) : null;
    } catch (JsonProcessingException e) {
      return;
    }
    if (object == null || !object.isObject()) {
      return;
    }
    jsonObjects++;
    object
        .properties()
        .forEach(
            field -> {
              if (!field.getValue().isNull() && !field.getKey().isEmpty()) {
                ofJson
                    .computeIfAbsent(field.getKey(), name -> new ColumnSamples(name, false, true))
                    .add(
                        key,
                        field.getValue().isValueNode()
                            ? field.getValue().asText()
                            : field.getValue().toString(),
                        !field.getValue().isNumber() && !field.getValue().isBoolean());
              }
            });
  }

  private ColumnSamples columns(String type, String column) {
    return ofValue
        .computeIfAbsent(type, one -> new LinkedHashMap<>())
        .computeIfAbsent(column, name -> new ColumnSamples(name, false, false));
  }

  /** The proposal; there must be a sample. */
  TableDraft draft(long visits, boolean complete) {
    List<DraftKind> found =
        kinds.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
            .map(
                kind ->
                    new DraftKind(
                        kind.getKey(), kind.getValue(), examples.getOrDefault(kind.getKey(), "")))
            .toList();
    String type = found.get(0).kind();
    boolean isDocument = type.equals(ValueKind.JSON.redisType());
    if (isDocument ? ofJson.isEmpty() : !ofValue.containsKey(type)) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "NOTHING_TO_SAMPLE",
          "No table can be inferred: most keys of the pattern '"
              + pattern
              + "' hold a "
              + type
              + ", as "
              + found.get(0).exampleKey()
              + " does, which says no columns.");
    }
    long samples = kinds.values().stream().mapToLong(Long::longValue).sum();
    List<String> notes = new ArrayList<>();
    if (found.size() > 1) {
      notes.add(
          "Keys of other kinds are in the pattern, too. Reading them fails; narrow the pattern, or"
              + " set the option misfit to null to leave them out.");
    }
    Map<String, String> options = new LinkedHashMap<>();
    options.put(PatternTable.KEY_PATTERN, pattern.toString());
    Map<String, ColumnSamples> columns = ofValue.getOrDefault(type, Map.of());
    ValueKind kind = kind(type, columns, found.get(0).samples());
    options.put(PatternTable.KIND, kind.toString());
    if (kind.isFormatted() && (kind == ValueKind.JSON || isJson(found.get(0).samples()))) {
      options.put(PatternTable.VALUE_FORMAT, "json");
      columns = ofJson;
    } else if (kind == ValueKind.HASH_ENTRIES) {
      notes.add(
          "The hashes have "
              + columns.size()
              + " fields, most of them in few keys: their entries are proposed, a row each.");
      columns = entries(columns);
    }
    List<DraftColumn> all = new ArrayList<>();
    for (ColumnSamples column : ofKey.getOrDefault(type, List.of())) {
      all.add(column.draft(false));
      column.nearly().ifPresent(notes::add);
    }
    all.addAll(valueColumns(kind, columns, notes));
    return new TableDraft(name(), options, all, found, samples, visits, complete, notes);
  }

  private static ValueKind kind(String type, Map<String, ColumnSamples> columns, long samples) {
    if (type.equals(ValueKind.HASH.redisType())) {
      long present = columns.values().stream().mapToLong(ColumnSamples::present).sum();
      boolean rare = present < RARE * samples * columns.size();
      return columns.size() > MANY_FIELDS && rare ? ValueKind.HASH_ENTRIES : ValueKind.HASH;
    }
    for (ValueKind kind : ValueKind.values()) {
      if (kind.redisType().equals(type)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("nothing is known of the kind " + type);
  }

  private boolean isJson(long samples) {
    return jsonObjects >= ColumnSamples.ENOUGH * samples;
  }

  private Map<String, ColumnSamples> entries(Map<String, ColumnSamples> fields) {
    ColumnSamples field = new ColumnSamples(free("field"), false, false);
    ColumnSamples value = new ColumnSamples(free(RedisSource.VALUE), false, false);
    fields.forEach(
        (name, samples) -> {
          samples.keys().forEach(key -> field.add(key, name, false));
          samples.addTo(value);
        });
    Map<String, ColumnSamples> entries = new LinkedHashMap<>();
    entries.put(field.name(), field);
    entries.put(value.name(), value);
    return entries;
  }

  private List<DraftColumn> valueColumns(
      ValueKind kind, Map<String, ColumnSamples> columns, List<String> notes) {
    List<ColumnSamples> taken = new ArrayList<>(columns.values());
    // Whether the data names the columns: then any of them may be missing.
    boolean isNamed = kind == ValueKind.HASH || kind == ValueKind.STREAM || columns == ofJson;
    if (isNamed) {
      List<String> both = columns.keySet().stream().filter(pattern.columns()::contains).toList();
      if (!both.isEmpty()) {
        notes.add(
            "The values have "
                + String.join(", ", both)
                + ", too; the columns are those of the key.");
      }
      taken =
          columns.values().stream()
              .filter(column -> !both.contains(column.name()))
              .sorted(
                  Comparator.comparingLong(ColumnSamples::present)
                      .reversed()
                      .thenComparing(ColumnSamples::name))
              .limit(MOST_COLUMNS)
              .collect(Collectors.toCollection(ArrayList::new));
      if (columns.size() - both.size() > taken.size()) {
        notes.add(
            "There are "
                + (columns.size() - both.size() - taken.size())
                + " more fields, which are in fewer keys than these.");
      }
    }
    return taken.stream()
        .map(
            column ->
                kind == ValueKind.ZSET && column.name().equals(free(SCORE))
                    ? column.as("DOUBLE")
                    : column.draft(isNamed))
        .toList();
  }

  /** Of the words of the pattern. */
  private String name() {
    String name =
        String.join("_", pattern.texts())
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "_")
            .replaceAll("^_+|_+$", "");
    return name.isEmpty() ? String.join("_", pattern.columns()) : name;
  }
}
