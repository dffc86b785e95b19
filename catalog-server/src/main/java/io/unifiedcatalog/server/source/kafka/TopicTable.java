package io.unifiedcatalog.server.source.kafka;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A table over a topic: what its registration says, checked, and the columns that key and value
 * have in common or apart. The names of the options are those of Flink's Kafka connector.
 */
final class TopicTable {
  static final String TOPIC = "topic";
  static final String KEY_FORMAT = "key.format";
  static final String KEY_FIELDS = "key.fields";
  static final String KEY_FIELDS_PREFIX = "key.fields-prefix";
  static final String VALUE_FORMAT = "value.format";
  static final String VALUE_FIELDS_INCLUDE = "value.fields-include";
  static final String ALL = "ALL";
  static final String EXCEPT_KEY = "EXCEPT_KEY";

  /** How many columns it has before an overlay hides any. */
  static final String COLUMN_COUNT = "columns";

  private static final String FORMAT = "format";
  private static final String FIELD = "registration.options.";

  /** Kafka's own rule. A semicolon would begin a second topic. */
  private static final Pattern TOPIC_NAME = Pattern.compile("[A-Za-z0-9._-]{1,249}");

  private static final Pattern FORMAT_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final Pattern FORMAT_OPTION =
      Pattern.compile("(?<role>key|value)\\.(?<format>[a-z0-9][a-z0-9-]*)\\.[A-Za-z0-9._-]+");

  private static final Set<String> OPTIONS =
      new TreeSet<>(
          List.of(
              TOPIC,
              KEY_FORMAT,
              KEY_FIELDS,
              KEY_FIELDS_PREFIX,
              VALUE_FORMAT,
              VALUE_FIELDS_INCLUDE));

  private final Map<String, String> options;
  private final Set<String> schemaRoles;
  private final List<Violation> violations = new ArrayList<>();

  private TopicTable(Registration registration) {
    this.options = registration.options();
    this.schemaRoles =
        registration.schemas().stream().map(SchemaUse::role).collect(Collectors.toSet());
  }

  static PhysicalTable of(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    return new TopicTable(registration).table(name, registration, columns, given, comment);
  }

  private PhysicalTable table(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment) {
    if (!schemaRoles.isEmpty() && !given.isEmpty()) {
      violations.add(
          new Violation(
              "columns", "cannot be given beside schemas, whose columns they are; leave them out"));
    }
    checkTopic();
    options.keySet().forEach(this::checkKey);
    String prefix = options.getOrDefault(KEY_FIELDS_PREFIX, "");
    checkFormat(KafkaSource.KEY, KEY_FORMAT, /* needed= */ false);
    checkFormat(KafkaSource.VALUE, VALUE_FORMAT, /* needed= */ true);

    List<Column> value =
        schemaRoles.contains(KafkaSource.VALUE)
            ? columns.getOrDefault(KafkaSource.VALUE, List.of())
            : given;
    Map<String, Column> all = new LinkedHashMap<>();
    Map<String, String> facts = new TreeMap<>();
    if (schemaRoles.contains(KafkaSource.KEY)) {
      if (options.containsKey(KEY_FIELDS)) {
        wrong(KEY_FIELDS, "is said by the schema of the key. Leave it out.");
      }
      List<Column> key =
          columns.getOrDefault(KafkaSource.KEY, List.of()).stream()
              // The connector wants a column for each field of the key.
              .filter(column -> !column.facts().containsKey(Facts.UNSUPPORTED))
              .map(column -> prefixed(prefix, column))
              .toList();
      merge(key, value, all, facts);
    } else {
      value.forEach(column -> add(column, all));
      chooseKey(prefix, all, facts);
    }
    if (all.isEmpty()) {
      violations.add(
          new Violation(
              "columns", "There are none. Give a schema of the value, or the columns themselves."));
    }
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("Table '" + name + "' cannot be registered", violations);
    }
    facts.put(COLUMN_COUNT, String.valueOf(all.size()));
    return new PhysicalTable(
        name,
        PhysicalTable.Kind.TABLE,
        List.copyOf(all.values()),
        null,
        List.of(),
        List.of(),
        comment,
        facts,
        registration);
  }

  private void checkTopic() {
    String topic = options.getOrDefault(TOPIC, "");
    if (topic.isEmpty()) {
      wrong(TOPIC, "is missing. Give the topic that the table is over.");
    } else if (!TOPIC_NAME.matcher(topic).matches() || topic.equals(".") || topic.equals("..")) {
      wrong(
          TOPIC,
          "'"
              + topic
              + "' is no name of a topic: use letters, digits, '.', '_' and '-', at most 249. A"
              + " table is over one topic.");
    }
  }

  private void checkKey(String key) {
    if (OPTIONS.contains(key)) {
      return;
    }
    OptionRule rule = KafkaBinding.tunable().get(key);
    if (rule != null) {
      if (!rule.takes(options.getOrDefault(key, ""))) {
        wrong(key, rule.refusal() + ".");
      }
      return;
    }
    var formatOption = FORMAT_OPTION.matcher(key);
    if (formatOption.matches()) {
      String role = formatOption.group("role");
      String format = options.get(role + "." + FORMAT);
      // Of a part that has a schema, the schema's kind knows the format, and has been asked.
      if (!schemaRoles.contains(role) && !formatOption.group("format").equals(format)) {
        wrong(
            key,
            "is of no use: the format of the "
                + role
                + " is "
                + (format == null ? "not given" : "'" + format + "'")
                + ".");
      }
    } else if (key.equals("connector")) {
      wrong(key, "is said by the source. Leave it out.");
    } else if (key.equals(FORMAT)) {
      wrong(
          key, "is taken by the name value.format, and its options by names like value.json.NAME.");
    } else if (key.equals("topic-pattern")) {
      wrong(key, "is not taken: a table is over one topic. Give topic.");
    } else if (key.startsWith("properties.")) {
      wrong(
          key,
          "cannot be set by a table: the source says how the cluster is reached. Known properties: "
              + String.join(", ", KafkaBinding.tunableProperties())
              + ".");
    } else {
      Set<String> known = new TreeSet<>(OPTIONS);
      known.addAll(KafkaBinding.tunable().keySet());
      wrong(
          key,
          "is no option of a table over a topic. Known options: "
              + String.join(", ", known)
              + ", and those of formats like value.json.NAME.");
    }
  }

  private void checkFormat(String role, String key, boolean needed) {
    String format = options.get(key);
    if (schemaRoles.contains(role)) {
      if (format != null) {
        wrong(key, "is said by the schema of the " + role + ". Leave it out.");
      }
    } else if (format == null) {
      if (needed) {
        wrong(key, "is missing. Give a schema of the value, or a format such as json.");
      }
    } else if (!FORMAT_NAME.matcher(format).matches()) {
      wrong(key, "'" + format + "' is no name of a format. Give one such as json, csv or raw.");
    }
  }

  /** Key and value have a schema each, or the value has given columns. */
  private void merge(
      List<Column> key, List<Column> value, Map<String, Column> all, Map<String, String> facts) {
    if (key.isEmpty()) {
      wrong(KEY_FORMAT, "has no columns: the schema of the key is empty. Leave it out.");
      return;
    }
    Map<String, Column> byName = new HashMap<>();
    value.forEach(column -> byName.put(column.name(), column));
    List<String> keyNames = key.stream().map(Column::name).toList();
    List<String> shared = keyNames.stream().filter(byName::containsKey).toList();
    // Without a word from people: the columns that key and value have in common are one, if all of
    // the key is in the value.
    String include = include();
    if (include.isEmpty()) {
      include = shared.isEmpty() ? EXCEPT_KEY : ALL;
    }
    if (include.equals(ALL)) {
      for (Column column : key) {
        Column other = byName.get(column.name());
        if (other == null || !sameType(column, other)) {
          wrong(
              VALUE_FIELDS_INCLUDE,
              "Column '"
                  + column.name()
                  + "' of the key is "
                  + (other == null ? "not in the value" : "of another type in the value")
                  + (shared.isEmpty()
                      ? ". Set value.fields-include to EXCEPT_KEY."
                      : ", though others are. Set key.fields-prefix to tell them apart, or"
                          + " value.fields-include to EXCEPT_KEY to take them from the key alone."));
        }
      }
      value.forEach(column -> add(column, all));
    } else {
      key.forEach(column -> add(column, all));
      value.stream()
          .filter(column -> !keyNames.contains(column.name()))
          .forEach(column -> add(column, all));
    }
    facts.put(KEY_FIELDS, String.join(";", keyNames));
    facts.put(VALUE_FIELDS_INCLUDE, include);
  }

  /** The key has no schema: options say which of the columns it has. */
  private void chooseKey(String prefix, Map<String, Column> all, Map<String, String> facts) {
    String fields = options.getOrDefault(KEY_FIELDS, "");
    if (fields.isEmpty()) {
      for (String key : List.of(KEY_FIELDS_PREFIX, VALUE_FIELDS_INCLUDE)) {
        // With a primary key, that says the fields.
        if (options.containsKey(key) && !options.containsKey(KEY_FORMAT)) {
          wrong(key, "is of no use without key.format and key.fields.");
        }
      }
      if (!include().isEmpty()) {
        facts.put(VALUE_FIELDS_INCLUDE, include());
      }
      return;
    }
    if (!options.containsKey(KEY_FORMAT)) {
      wrong(KEY_FIELDS, "is of no use without a schema of the key or key.format.");
    }
    Set<String> seen = new HashSet<>();
    for (String field : fields.split(";", -1)) {
      if (!all.containsKey(field)) {
        wrong(
            KEY_FIELDS,
            "'"
                + field
                + "' is not among the columns "
                + String.join(", ", all.keySet())
                + ". Give names of columns, separated by semicolons.");
      } else if (!field.startsWith(prefix)) {
        wrong(KEY_FIELDS, "'" + field + "' does not begin with key.fields-prefix.");
      }
      if (!seen.add(field)) {
        wrong(KEY_FIELDS, "'" + field + "' is named twice.");
      }
    }
    facts.put(KEY_FIELDS, fields);
    facts.put(VALUE_FIELDS_INCLUDE, include().isEmpty() ? ALL : include());
  }

  /** What people say of {@code value.fields-include}; empty: nothing. */
  private String include() {
    boolean prefixed = !options.getOrDefault(KEY_FIELDS_PREFIX, "").isEmpty();
    String include = options.getOrDefault(VALUE_FIELDS_INCLUDE, prefixed ? EXCEPT_KEY : "");
    if (!Set.of("", ALL, EXCEPT_KEY).contains(include)) {
      wrongOnce(
          VALUE_FIELDS_INCLUDE,
          "'" + include + "' is unknown. Known values: " + ALL + ", " + EXCEPT_KEY + ".");
      return "";
    }
    if (prefixed && include.equals(ALL)) {
      wrongOnce(
          VALUE_FIELDS_INCLUDE,
          "must be EXCEPT_KEY with key.fields-prefix: columns with that prefix are the key's"
              + " alone.");
    }
    return include;
  }

  private void add(Column column, Map<String, Column> all) {
    if (column.name().isEmpty()) {
      violations.add(new Violation("columns", "A column has no name."));
    } else if (column.name().contains(";")) {
      violations.add(
          new Violation(
              "columns." + column.name(),
              "has a semicolon in its name, by which the connector separates names."));
    } else if (all.put(column.name(), column) != null) {
      violations.add(new Violation("columns." + column.name(), "is there twice."));
    }
  }

  private static boolean sameType(Column column, Column other) {
    return typeOf(column).equals(typeOf(other));
  }

  private static Type typeOf(Column column) {
    // What has no type is nothing that people name as text or as a key.
    return column.facts().containsKey(Facts.UNSUPPORTED)
        ? Type.VarBinary.BYTES
        : Type.parse(column.facts().getOrDefault(Facts.FLINK_TYPE, column.nativeType())).type();
  }

  private static Column prefixed(String prefix, Column column) {
    return new Column(
        prefix + column.name(),
        column.nativeType(),
        column.nullable(),
        column.comment(),
        column.facts());
  }

  private void wrong(String key, String message) {
    violations.add(new Violation(FIELD + key, message));
  }

  private void wrongOnce(String key, String message) {
    Violation violation = new Violation(FIELD + key, message);
    if (!violations.contains(violation)) {
      violations.add(violation);
    }
  }
}
