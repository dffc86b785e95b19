package io.unifiedcatalog.server.source.kafka;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.FormatOptions;
import io.unifiedcatalog.server.source.OwnConnector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How Flink's Kafka connectors reach a table over a topic: {@code kafka} appends and reads records,
 * {@code upsert-kafka} takes them for the newest rows by primary key.
 */
final class KafkaBinding {
  private static final String FACTORY_CLASS =
      "org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory";

  private static final String PROPERTIES = "properties.";
  private static final String STARTUP_MODE = "scan.startup.mode";
  private static final String BOUNDED_MODE = "scan.bounded.mode";

  /**
   * The connector of an engine.
   *
   * @param coordinates of its jar and, if that does not hold it, of Kafka's client
   * @param modulePackage where Kafka's classes are in them
   * @param clientClass shows that the last of them is there
   */
  private record Connector(List<String> coordinates, String modulePackage, String clientClass) {}

  /** The jar for SQL, which holds Kafka's client under another name. */
  private static final Connector FLINK_2 =
      new Connector(
          List.of("org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"),
          "org.apache.flink.kafka.shaded.org.apache.kafka",
          FACTORY_CLASS);

  private static final Connector FLINK_1_20 =
      new Connector(
          List.of(
              "org.apache.flink:flink-connector-kafka:3.4.0-1.20",
              "org.apache.kafka:kafka-clients:3.9.2"),
          "org.apache.kafka",
          "org.apache.kafka.clients.consumer.KafkaConsumer");

  private static final OptionRule OFFSETS =
      new OptionRule(
          "partition:[0-9]{1,9},offset:[0-9]{1,18}(?:;partition:[0-9]{1,9},offset:[0-9]{1,18})*",
          "offsets like partition:0,offset:42;partition:1,offset:300");

  /** Options that change how the data is read or written, never where it is, of both connectors. */
  private static final Map<String, OptionRule> TUNABLE =
      OptionRule.byKey(
          Map.entry(
              BOUNDED_MODE,
              OptionRule.oneOf(
                  "unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets")),
          Map.entry("scan.bounded.specific-offsets", OFFSETS),
          Map.entry("scan.bounded.timestamp-millis", OptionRule.INTEGER),
          Map.entry(
              "sink.delivery-guarantee", OptionRule.oneOf("exactly-once", "at-least-once", "none")),
          Map.entry("sink.parallelism", OptionRule.COUNT),
          Map.entry("sink.transactional-id-prefix", OptionRule.NAME));

  private static final Map<String, OptionRule> TUNABLE_FLINK_2 =
      OptionRule.byKey(
          Map.entry("scan.parallelism", OptionRule.COUNT),
          Map.entry(
              "sink.transaction-naming-strategy",
              OptionRule.oneOf("default", "INCREMENTING", "POOLING")));

  private static final Map<String, OptionRule> TUNABLE_APPEND =
      OptionRule.byKey(
          Map.entry(
              STARTUP_MODE,
              OptionRule.oneOf(
                  "earliest-offset",
                  "latest-offset",
                  "group-offsets",
                  "timestamp",
                  "specific-offsets")),
          Map.entry("scan.startup.specific-offsets", OFFSETS),
          Map.entry("scan.startup.timestamp-millis", OptionRule.INTEGER),
          Map.entry("scan.topic-partition-discovery.interval", OptionRule.DURATION),
          Map.entry("sink.partitioner", OptionRule.oneOf("default", "fixed", "round-robin")));

  private static final Map<String, OptionRule> TUNABLE_UPSERT =
      OptionRule.byKey(
          Map.entry("sink.buffer-flush.interval", OptionRule.DURATION),
          Map.entry("sink.buffer-flush.max-rows", OptionRule.COUNT));

  /**
   * What people may set of the clients: batching, time-outs, the consumer's group. Nothing that
   * says where to go or as whom, loads a class or reads a file.
   */
  private static final Map<String, OptionRule> TUNABLE_PROPERTIES =
      OptionRule.byKey(
          Map.entry("properties.acks", OptionRule.oneOf("all", "-1", "0", "1")),
          Map.entry("properties.batch.size", OptionRule.INTEGER),
          Map.entry("properties.buffer.memory", OptionRule.INTEGER),
          Map.entry("properties.client.id.prefix", OptionRule.NAME),
          Map.entry("properties.commit.offsets.on.checkpoint", OptionRule.BOOLEAN),
          Map.entry(
              "properties.compression.type",
              OptionRule.oneOf("none", "gzip", "snappy", "lz4", "zstd")),
          Map.entry("properties.delivery.timeout.ms", OptionRule.INTEGER),
          Map.entry("properties.fetch.max.bytes", OptionRule.INTEGER),
          Map.entry("properties.fetch.max.wait.ms", OptionRule.INTEGER),
          Map.entry("properties.fetch.min.bytes", OptionRule.INTEGER),
          Map.entry("properties.group.id", OptionRule.NAME),
          Map.entry(
              "properties.isolation.level", OptionRule.oneOf("read_committed", "read_uncommitted")),
          Map.entry("properties.linger.ms", OptionRule.INTEGER),
          Map.entry("properties.max.partition.fetch.bytes", OptionRule.INTEGER),
          Map.entry("properties.max.poll.records", OptionRule.INTEGER),
          Map.entry("properties.max.request.size", OptionRule.INTEGER),
          Map.entry("properties.request.timeout.ms", OptionRule.INTEGER),
          Map.entry("properties.transaction.timeout.ms", OptionRule.INTEGER));

  /** Formats whose rows are changes already: they go through {@code kafka}, primary key or not. */
  private static final Set<String> CHANGELOG_FORMATS =
      Set.of("canal-json", "debezium-avro-confluent", "debezium-json", "maxwell-json", "ogg-json");

  private final KafkaOptions source;
  private final BindingRequest request;
  private final PhysicalTable table;
  private final Registration registration;

  private KafkaBinding(KafkaOptions source, BindingRequest request, Registration registration) {
    this.source = source;
    this.request = request;
    this.table = request.table();
    this.registration = registration;
  }

  static Binding of(KafkaOptions source, BindingRequest request) {
    Registration registration = request.table().registration();
    if (registration == null) {
      throw new IllegalArgumentException(
          "Table " + request.table().name() + " of a Kafka source was not registered");
    }
    return new KafkaBinding(source, request, registration).binding();
  }

  /** Every option that may be set for a table, other than those of formats, in order. */
  static Map<String, OptionRule> tunable() {
    Map<String, OptionRule> all = new TreeMap<>(TUNABLE);
    all.putAll(TUNABLE_FLINK_2);
    all.putAll(TUNABLE_APPEND);
    all.putAll(TUNABLE_UPSERT);
    all.putAll(TUNABLE_PROPERTIES);
    return all;
  }

  /** Properties by which a table with a connector of its own may say where its cluster is. */
  private static final Set<String> OWN_PROPERTIES =
      Set.of(
          "properties.bootstrap.servers",
          "properties.security.protocol",
          "properties.ssl.truststore.certificates",
          "properties.ssl.truststore.type");

  /** What of such a table a source could not say either: see {@link #TUNABLE_PROPERTIES}. */
  static List<Violation> ownConnectorViolations(Map<String, String> options) {
    List<Violation> violations = new ArrayList<>();
    Map<String, OptionRule> rules = tunable();
    options.forEach(
        (key, value) -> {
          OptionRule rule = rules.get(key);
          if (rule != null) {
            if (!rule.takes(value)) {
              violations.add(OwnConnector.violation(key, rule.refusal()));
            }
          } else if (key.startsWith(PROPERTIES) && !OWN_PROPERTIES.contains(key)) {
            violations.add(
                OwnConnector.violation(
                    key,
                    "cannot be set by a table. Known properties: "
                        + String.join(", ", new TreeSet<>(OWN_PROPERTIES))
                        + ", "
                        + String.join(", ", tunableProperties())));
          }
        });
    if (!"PEM".equals(options.getOrDefault("properties.ssl.truststore.type", "PEM"))) {
      violations.add(
          OwnConnector.violation("properties.ssl.truststore.type", "must be PEM, as text"));
    }
    return violations;
  }

  static Set<String> tunableProperties() {
    return TUNABLE_PROPERTIES.keySet();
  }

  private Binding binding() {
    Connector connector = connector(request.engine());
    Format valueFormat = request.format(KafkaSource.VALUE, TopicTable.VALUE_FORMAT);
    Format keyFormat = request.format(KafkaSource.KEY, TopicTable.KEY_FORMAT);
    if (valueFormat == null) {
      throw refused("cannot be reached: the format of its values is not known. Register it anew.");
    }
    boolean upsert =
        !request.primaryKey().isEmpty() && !CHANGELOG_FORMATS.contains(valueFormat.identifier());
    List<String> registeredKey = list(table.facts().get(TopicTable.KEY_FIELDS));
    List<String> keyFields = visible(registeredKey);
    checkHidden(valueFormat, keyFormat, registeredKey, keyFields);

    Map<String, Binding.Option> options = new LinkedHashMap<>();
    put(options, Binding.Option.fixed("connector", upsert ? "upsert-kafka" : "kafka"));
    String topic = registration.options().getOrDefault(TopicTable.TOPIC, "");
    put(options, Binding.Option.fixed(TopicTable.TOPIC, topic));
    for (KafkaOptions.Property property : source.properties(connector.modulePackage)) {
      String key = PROPERTIES + property.key();
      put(
          options,
          property.secret()
              ? Binding.Option.secret(key, new Secret(property.value()))
              : Binding.Option.fixed(key, property.value()));
    }
    if (upsert) {
      keyFormat = checkUpsert(keyFormat, registeredKey);
    }
    // Without a field the connector takes no format of a key either.
    if (keyFormat != null && (upsert || !keyFields.isEmpty())) {
      FormatOptions.of(KafkaSource.KEY, keyFormat).forEach(option -> put(options, option));
      if (!upsert) {
        put(options, Binding.Option.fixed(TopicTable.KEY_FIELDS, String.join(";", keyFields)));
      }
      String prefix = registration.options().getOrDefault(TopicTable.KEY_FIELDS_PREFIX, "");
      if (!prefix.isEmpty()) {
        put(options, Binding.Option.fixed(TopicTable.KEY_FIELDS_PREFIX, prefix));
      }
      put(
          options,
          Binding.Option.fixed(
              TopicTable.VALUE_FIELDS_INCLUDE,
              table.facts().getOrDefault(TopicTable.VALUE_FIELDS_INCLUDE, TopicTable.ALL)));
    }
    FormatOptions.of(KafkaSource.VALUE, valueFormat).forEach(option -> put(options, option));
    putTunable(options, upsert);
    return new Binding(List.copyOf(options.values()), artifacts(connector, valueFormat, keyFormat));
  }

  /** What an overlay hides must not be missed by a format. */
  private void checkHidden(
      Format valueFormat,
      @Nullable Format keyFormat,
      List<String> registeredKey,
      List<String> keyFields) {
    boolean hidden =
        !String.valueOf(table.columns().size()).equals(table.facts().get(TopicTable.COLUMN_COUNT));
    boolean keyHidden = keyFields.size() < registeredKey.size();
    if (hidden) {
      refuseByPosition(valueFormat);
    }
    if (keyHidden && keyFormat != null) {
      refuseByPosition(keyFormat);
    }
    if (request.reordered() && !FormatOptions.isByName(valueFormat)) {
      throw refused(
          "cannot be reached: its overlay's column-order puts columns of the data before others"
              + " that they follow in the table, and format "
              + valueFormat.identifier()
              + " reads every column by its position. Name them in the table's own order; computed"
              + " and metadata columns may stand anywhere between.");
    }
    if (request.role() == Binding.Role.SINK && keyHidden) {
      throw refused(
          "cannot be written: its overlay hides columns of the key, "
              + String.join(", ", registeredKey)
              + ". Show them again.");
    }
  }

  private void refuseByPosition(Format format) {
    if (!FormatOptions.isByName(format)) {
      throw refused(
          "cannot be reached: its overlay hides columns, and format "
              + format.identifier()
              + " reads every column by its position. Show them again.");
    }
  }

  private Format checkUpsert(@Nullable Format keyFormat, List<String> registeredKey) {
    List<String> primaryKey = request.primaryKey();
    String keyed = "has the primary key (" + String.join(", ", primaryKey) + ")";
    if (keyFormat == null) {
      throw refused(
          keyed
              + ", and nothing says what the keys of its records are. Register it with a schema of"
              + " the key or with key.format, or take the primary key out of its overlay.");
    }
    boolean same =
        FormatOptions.isByName(keyFormat)
            ? new HashSet<>(primaryKey).equals(new HashSet<>(registeredKey))
            : primaryKey.equals(registeredKey);
    if (!registeredKey.isEmpty() && !same) {
      throw refused(
          keyed
              + ", and the keys of its records are ("
              + String.join(", ", registeredKey)
              + "). They must be the same.");
    }
    if (request.role() == Binding.Role.SOURCE && request.mode() == Binding.RuntimeMode.BATCH) {
      throw refused(
          keyed
              + ", and Flink reads a topic by primary key in streaming mode only. Use that, or"
              + " register the topic as a table without primary key.");
    }
    return keyFormat;
  }

  private void putTunable(Map<String, Binding.Option> options, boolean upsert) {
    Map<String, OptionRule> rules = new LinkedHashMap<>(TUNABLE);
    if (request.engine().isMajor(2)) {
      rules.putAll(TUNABLE_FLINK_2);
    }
    rules.putAll(upsert ? TUNABLE_UPSERT : TUNABLE_APPEND);
    rules.putAll(TUNABLE_PROPERTIES);
    rules.forEach(
        (key, rule) -> {
          String standard =
              switch (key) {
                case STARTUP_MODE -> "earliest-offset";
                case BOUNDED_MODE ->
                    request.mode() == Binding.RuntimeMode.BATCH ? "latest-offset" : null;
                default -> null;
              };
          String value = registration.options().get(key);
          put(options, Binding.Option.tunable(key, value == null ? standard : value, rule));
        });
  }

  private static void put(Map<String, Binding.Option> options, Binding.Option option) {
    options.put(option.key(), option);
  }

  private List<String> visible(List<String> names) {
    Set<String> there = new HashSet<>();
    for (Column column : table.columns()) {
      there.add(column.name());
    }
    return names.stream().filter(there::contains).toList();
  }

  private static List<String> list(@Nullable String names) {
    return names == null ? List.of() : Arrays.asList(names.split(";", -1));
  }

  private static Connector connector(Engine engine) {
    if (engine.name().equals("flink")) {
      if (engine.isMajor(2)) {
        return FLINK_2;
      }
      if (engine.version().equals("1.20") || engine.version().startsWith("1.20.")) {
        return FLINK_1_20;
      }
    }
    throw new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "ENGINE_UNSUPPORTED",
        "Kafka tables cannot be reached by "
            + engine.name()
            + " "
            + engine.version()
            + ". Use flink 1.20 or 2.x.");
  }

  /**
   * With SASL, the class that logs in shows that the jar with Kafka's client by that name is there.
   */
  private List<Binding.Artifact> artifacts(
      Connector connector, Format valueFormat, @Nullable Format keyFormat) {
    String clientClass =
        source.securityProtocol().isSasl()
            ? source.loginModule(connector.modulePackage)
            : connector.clientClass;
    List<Binding.Artifact> artifacts = new ArrayList<>();
    artifacts.add(
        new Binding.Artifact(
            connector.coordinates.get(0),
            connector.coordinates.size() == 1 ? clientClass : FACTORY_CLASS));
    if (connector.coordinates.size() > 1) {
      artifacts.add(new Binding.Artifact(connector.coordinates.get(1), clientClass));
    }
    artifacts.addAll(valueFormat.artifacts());
    if (keyFormat != null) {
      artifacts.addAll(keyFormat.artifacts());
    }
    return artifacts.stream().distinct().toList();
  }

  private CatalogException refused(String why) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "TABLE_NOT_REACHABLE",
        "Kafka table '" + request.nativeDatabase() + "." + table.name() + "' " + why);
  }
}
