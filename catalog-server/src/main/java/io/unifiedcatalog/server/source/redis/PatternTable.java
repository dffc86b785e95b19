package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.source.TableDraft;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table over the keys of a pattern: what its registration says, checked. The names of the options
 * are those of the connector {@code redis}.
 */
final class PatternTable {
  static final String KEY_PATTERN = "key-pattern";
  static final String KIND = "value";
  static final String VALUE_FORMAT = "value.format";

  /** Whether keys may be another table's, too; the catalog's own, no option of the connector. */
  static final String OVERLAP = "overlap";

  static final String ALLOW = "allow";

  private static final String FIELD = "registration.options.";
  private static final int LONGEST_PATTERN = 1_000;
  private static final Pattern FORMAT_OPTION =
      Pattern.compile("value\\.[a-z0-9][a-z0-9-]*\\.[A-Za-z0-9._-]+");

  private static final Pattern FORMAT_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  /** What a key holds, by the connector's words. */
  enum ValueKind {
    STRING("string"),
    HASH("hash"),
    HASH_ENTRIES("hash-entries"),
    LIST("list"),
    SET("set"),
    ZSET("zset"),
    STREAM("stream"),
    JSON("json");

    private final String word;

    ValueKind(String word) {
      this.word = word;
    }

    static @Nullable ValueKind of(String word) {
      for (ValueKind kind : values()) {
        if (kind.word.equals(word)) {
          return kind;
        }
      }
      return null;
    }

    /** What Redis calls it. */
    String redisType() {
      return switch (this) {
        case HASH_ENTRIES -> HASH.word;
        // The module's name for what it holds.
        case JSON -> "ReJSON-RL";
        default -> word;
      };
    }

    /** Whether a format may make its columns. */
    boolean isFormatted() {
      return this == STRING || this == JSON;
    }

    /** Whether each row is an element that a column tells from the others of its key. */
    boolean hasMembers() {
      return this == HASH_ENTRIES || this == SET || this == ZSET;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  private final Map<String, String> options;
  private final boolean hasSchema;
  private final List<Violation> violations = new ArrayList<>();

  private PatternTable(Registration registration) {
    this.options = registration.options();
    this.hasSchema =
        registration.schemas().stream()
            .map(SchemaUse::role)
            .anyMatch(role -> role.equals(RedisSource.VALUE));
  }

  static PhysicalTable of(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    return new PatternTable(registration).table(name, registration, columns, given, comment);
  }

  /** The pattern of a table that was registered. */
  static KeyPattern pattern(Registration registration) {
    return KeyPattern.parse(registration.options().getOrDefault(KEY_PATTERN, ""));
  }

  /** What the keys of a table that was registered hold. */
  static ValueKind kind(Registration registration) {
    ValueKind kind = ValueKind.of(registration.options().getOrDefault(KIND, ""));
    if (kind == null) {
      throw new IllegalArgumentException("the registration has no kind of value");
    }
    return kind;
  }

  /** The names of the columns of a table's keys. */
  static Set<String> keyColumns(Registration registration) {
    return Set.copyOf(pattern(registration).columns());
  }

  /** Of a table with a schema, the columns of its keys, if they are with other options, too. */
  static List<Column> ownColumns(PhysicalTable table, Map<String, String> options) {
    Registration registration = table.registration();
    if (registration == null || registration.hasOwnConnector()) {
      return List.of();
    }
    String text = options.getOrDefault(KEY_PATTERN, "");
    Set<String> ofKey = keyColumns(registration);
    return table.columns().stream()
        .filter(column -> ofKey.contains(column.name()))
        .filter(column -> text.contains("{" + column.name() + "}"))
        .toList();
  }

  /** Where tables of the draft's pattern are otherwise than it. */
  static List<String> differences(TableDraft draft, List<PhysicalTable> registered) {
    List<String> differences = new ArrayList<>();
    for (PhysicalTable table : registered) {
      Registration registration = table.registration();
      if (registration != null
          && !registration.hasOwnConnector()
          && pattern(registration)
              .glob()
              .equals(KeyPattern.parse(draft.options().getOrDefault(KEY_PATTERN, "")).glob())) {
        List<String> of = new ArrayList<>();
        String kind = draft.options().getOrDefault(KIND, "");
        if (!kind(registration).toString().equals(kind)) {
          of.add("its value is " + kind(registration) + " and here " + kind);
        }
        Map<String, Column> columns = new LinkedHashMap<>();
        table.columns().forEach(column -> columns.put(column.name(), column));
        for (TableDraft.DraftColumn drafted : draft.columns()) {
          Column there = columns.remove(drafted.column().name());
          if (there == null) {
            of.add("it has no column " + drafted.column().name());
          } else if (!typeOf(there).equals(typeOf(drafted.column()))) {
            of.add(
                "its column "
                    + there.name()
                    + " is "
                    + typeOf(there).sql()
                    + " and here "
                    + typeOf(drafted.column()).sql());
          }
        }
        columns.keySet().forEach(name -> of.add("no sample has its column " + name));
        differences.add(
            "Table '"
                + table.name()
                + "' is registered over such keys and stays as it is"
                + (of.isEmpty()
                    ? "; the samples say nothing else."
                    : ", though " + String.join("; ", of) + "."));
      }
    }
    return differences;
  }

  private PhysicalTable table(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    KeyPattern pattern = checkPattern();
    ValueKind kind = checkKind();
    options.keySet().forEach(this::checkKey);
    checkFormat(kind);
    List<Column> all = List.of();
    if (pattern != null && kind != null) {
      all =
          hasSchema
              ? withSchema(pattern, columns.getOrDefault(RedisSource.VALUE, List.of()), given)
              : checkGiven(pattern, given);
      checkShape(pattern, kind, all);
    }
    if (!violations.isEmpty() || pattern == null || kind == null) {
      throw CatalogException.invalid("Table '" + name + "' cannot be registered", violations);
    }
    List<String> identity = identity(pattern, kind, all);
    return new PhysicalTable(
        name,
        PhysicalTable.Kind.TABLE,
        all.stream()
            .map(column -> identity.contains(column.name()) ? notNull(column) : column)
            .toList(),
        // A list may hold an element twice, and a stream has any number of entries.
        kind == ValueKind.LIST || kind == ValueKind.STREAM ? null : new Key("", identity),
        List.of(),
        List.of(),
        comment,
        Map.of(),
        registration);
  }

  /** What tells rows apart, of a list or a stream their key. */
  private static List<String> identity(KeyPattern pattern, ValueKind kind, List<Column> columns) {
    List<String> identity = new ArrayList<>(pattern.columns());
    if (kind.hasMembers()) {
      columns.stream()
          .map(Column::name)
          .filter(name -> !pattern.columns().contains(name))
          .findFirst()
          .ifPresent(identity::add);
    }
    return identity;
  }

  private @Nullable KeyPattern checkPattern() {
    String pattern = options.getOrDefault(KEY_PATTERN, "");
    if (pattern.isEmpty()) {
      wrong(KEY_PATTERN, "is missing. Give the keys of the table, as in user:{user_id}:profile.");
      return null;
    }
    if (pattern.length() > LONGEST_PATTERN) {
      wrong(KEY_PATTERN, "is longer than " + LONGEST_PATTERN + " characters.");
      return null;
    }
    try {
      return KeyPattern.parse(pattern);
    } catch (IllegalArgumentException e) {
      wrong(KEY_PATTERN, "cannot be taken. " + e.getMessage());
      return null;
    }
  }

  private @Nullable ValueKind checkKind() {
    String word = options.getOrDefault(KIND, "");
    ValueKind kind = ValueKind.of(word);
    if (kind == null) {
      wrong(
          KIND,
          (word.isEmpty() ? "is missing." : "'" + word + "' is unknown.")
              + " Known values: "
              + List.of(ValueKind.values()).stream()
                  .map(ValueKind::toString)
                  .collect(Collectors.joining(", "))
              + ".");
    }
    return kind;
  }

  private void checkKey(String key) {
    if (Set.of(KEY_PATTERN, KIND, VALUE_FORMAT).contains(key)) {
      return;
    }
    OptionRule rule = RedisBinding.tunable().get(key);
    if (rule != null) {
      if (!rule.takes(options.getOrDefault(key, ""))) {
        wrong(key, rule.refusal() + ".");
      }
      return;
    }
    String format = options.get(VALUE_FORMAT);
    if (key.equals(OVERLAP)) {
      if (!ALLOW.equals(options.get(key))) {
        wrong(key, "'" + options.get(key) + "' is unknown. Known value: " + ALLOW + ".");
      }
    } else if (key.equals("connector")) {
      wrong(key, "is said by the source. Leave it out.");
    } else if (hasSchema && FORMAT_OPTION.matcher(key).matches()) {
      // One of the schema's format, which has been asked.
      return;
    } else if (format == null || !key.startsWith("value." + format + ".")) {
      Set<String> known = new TreeSet<>(RedisBinding.tunable().keySet());
      known.addAll(List.of(KEY_PATTERN, KIND, VALUE_FORMAT, OVERLAP));
      wrong(
          key,
          "is no option of a table over keys. Known options: "
              + String.join(", ", known)
              + ", and those of formats like value.json.NAME. How the server is reached is said by"
              + " the source.");
    }
  }

  private void checkFormat(@Nullable ValueKind kind) {
    String format = options.get(VALUE_FORMAT);
    if (kind == ValueKind.JSON && !hasSchema && format == null) {
      wrong(VALUE_FORMAT, "is missing: a format reads and writes the document. Set it to json.");
    } else if (kind != null && !kind.isFormatted() && (hasSchema || format != null)) {
      violations.add(
          new Violation(
              hasSchema ? "registration.schemas" : FIELD + VALUE_FORMAT,
              "is for strings and JSON, and the value is " + kind + ". Leave it out."));
    } else if (hasSchema && format != null) {
      wrong(VALUE_FORMAT, "is said by the schema of the value. Leave it out.");
    } else if (format != null && !FORMAT_NAME.matcher(format).matches()) {
      wrong(VALUE_FORMAT, "'" + format + "' is no name of a format. Give one such as json or csv.");
    }
  }

  /** The columns of the key, given, of the schema or texts, and then the others of the schema. */
  private List<Column> withSchema(KeyPattern pattern, List<Column> schema, List<Column> given) {
    Map<String, Column> all = new LinkedHashMap<>();
    for (String name : pattern.columns()) {
      all.put(name, new Column(name, Type.VarChar.STRING.sql(), false, "", Map.of()));
    }
    schema.forEach(column -> all.put(column.name(), column));
    for (Column column : given) {
      if (pattern.columns().contains(column.name())) {
        all.put(column.name(), column);
      } else {
        violations.add(
            new Violation(
                "columns." + column.name(),
                "is not in the key pattern, and the other columns are the schema's. Leave it out."));
      }
    }
    return List.copyOf(all.values());
  }

  private List<Column> checkGiven(KeyPattern pattern, List<Column> given) {
    List<String> names = given.stream().map(Column::name).toList();
    for (String column : pattern.columns()) {
      if (!names.contains(column)) {
        violations.add(
            new Violation(
                "columns",
                "has no column '"
                    + column
                    + "', which is in the key pattern '"
                    + pattern
                    + "'. Its columns are "
                    + String.join(", ", names)
                    + "."));
      }
    }
    return given;
  }

  /** The connector's rules, told when the table is registered and not when it is read. */
  private void checkShape(KeyPattern pattern, ValueKind kind, List<Column> columns) {
    boolean hasFormat = hasSchema || options.containsKey(VALUE_FORMAT);
    List<Column> values =
        columns.stream().filter(column -> !pattern.columns().contains(column.name())).toList();
    String wanted =
        switch (kind) {
          case STRING -> hasFormat || values.size() == 1 ? "" : "one column, or set value.format";
          case HASH, STREAM, JSON -> "";
          case HASH_ENTRIES -> values.size() == 2 ? "" : "two columns, the field and its value";
          case LIST, SET -> values.size() == 1 ? "" : "one column, the element";
          case ZSET ->
              values.size() == 2 && Type.Simple.DOUBLE.equals(typeOf(values.get(1)))
                  ? ""
                  : "two columns, the member and then its score, a DOUBLE";
        };
    if (values.isEmpty() && wanted.isEmpty()) {
      wanted = "at least one column";
    }
    if (!wanted.isEmpty()) {
      violations.add(
          new Violation(
              "columns",
              "must be, with value "
                  + kind
                  + " and beside those of the key pattern, "
                  + wanted
                  + ". There are "
                  + (values.isEmpty()
                      ? "none"
                      : values.stream().map(Column::name).collect(Collectors.joining(", ")))
                  + "."));
    }
    for (Column column : columns) {
      if ((!hasFormat || pattern.columns().contains(column.name())) && !isText(typeOf(column))) {
        violations.add(
            new Violation(
                "columns." + column.name(),
                "cannot be "
                    + typeOf(column).sql()
                    + " in Redis, which holds texts. Use CHAR, VARCHAR, STRING, BYTES, BOOLEAN, a"
                    + " number, DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ."));
      }
    }
  }

  private static boolean isText(Type type) {
    return type instanceof Type.Simple
        || type instanceof Type.Char
        || type instanceof Type.VarChar
        || type instanceof Type.VarBinary
        || type instanceof Type.Decimal
        || type instanceof Type.Time
        || type instanceof Type.Timestamp
        || type instanceof Type.TimestampLtz;
  }

  /** A registered column's type in Flink. */
  static Type typeOf(Column column) {
    // What has no type is nothing that people name as text or as a key.
    return column.facts().containsKey(Facts.UNSUPPORTED)
        ? Type.VarBinary.BYTES
        : Type.parse(column.facts().getOrDefault(Facts.FLINK_TYPE, column.nativeType())).type();
  }

  private static Column notNull(Column column) {
    return new Column(column.name(), column.nativeType(), false, column.comment(), column.facts());
  }

  private void wrong(String key, String message) {
    violations.add(new Violation(FIELD + key, message));
  }
}
