package io.unifiedcatalog.server.source.kafka;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.SchemaRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Asks a Kafka cluster through its admin client. */
final class KafkaSession implements RegisteringSession {
  private static final String PARTITIONS = "partitions";
  private static final String REPLICATION_FACTOR = "replication-factor";
  private static final String CREATE = "create.options.";
  private static final int GREATEST_PARTITIONS = 10_000;

  private final String sourceName;
  private final KafkaOptions options;
  private final Admin admin;
  private final String systemVersion;
  private final @Nullable SchemaRegistry registry;

  /** Of the registry; null until it was asked, which is once. */
  private @Nullable Set<String> subjects;

  private KafkaSession(
      String sourceName, KafkaOptions options, Admin admin, @Nullable SchemaRegistry registry) {
    this.sourceName = sourceName;
    this.options = options;
    this.admin = admin;
    this.registry = registry;
    this.systemVersion = readSystemVersion();
  }

  /**
   * Opens a session.
   *
   * @param registry null: the source names none
   */
  static KafkaSession open(Source source, @Nullable SchemaRegistry registry) {
    KafkaOptions options = KafkaOptions.of(source);
    // The client says of neither why nothing answers, and tries until its time is up.
    Optional<String> unreachable = BrokerProbe.unreachable(options);
    if (unreachable.isPresent()) {
      throw new CatalogException(
          ErrorCode.UNAVAILABLE,
          "SOURCE_UNAVAILABLE",
          subject(source.name(), options) + "cannot be connected to: " + unreachable.get());
    }
    Admin admin;
    try {
      admin = Admin.create(properties(options));
    } catch (KafkaException e) {
      throw failed(source.name(), options, "cannot be connected to", e);
    }
    try {
      return new KafkaSession(source.name(), options, admin, registry);
    } catch (RuntimeException e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private static Map<String, Object> properties(KafkaOptions options) {
    Map<String, Object> properties = new HashMap<>();
    for (KafkaOptions.Property property : options.properties("org.apache.kafka")) {
      properties.put(property.key(), property.value());
    }
    int timeout = (int) options.requestTimeout().toMillis();
    properties.put("default.api.timeout.ms", timeout);
    properties.put("request.timeout.ms", timeout);
    properties.put("socket.connection.setup.timeout.ms", timeout);
    properties.put("socket.connection.setup.timeout.max.ms", timeout);
    // A session is short, and what it does is nobody's business but the catalog's.
    properties.put("metric.reporters", "");
    properties.put("enable.metrics.push", false);
    return properties;
  }

  /** Brokers tell no release; the level of their metadata says what they can do. */
  private String readSystemVersion() {
    DescribeClusterResult cluster = admin.describeCluster();
    String what = "cannot be connected to";
    String clusterOf =
        ", cluster "
            + get(cluster.clusterId(), what)
            + " of "
            + count(get(cluster.nodes(), what).size(), "broker");
    String level = "unknown";
    try {
      FeatureMetadata features = get(admin.describeFeatures().featureMetadata(), what);
      FinalizedVersionRange range = features.finalizedFeatures().get("metadata.version");
      if (range != null) {
        level = "metadata.version " + range.maxVersionLevel();
      }
    } catch (CatalogException e) {
      if (!(e.getCause() instanceof UnsupportedVersionException
          || e.getCause() instanceof AuthorizationException)) {
        throw e;
      }
    }
    return level + clusterOf;
  }

  @Override
  public String systemVersion() {
    return systemVersion;
  }

  @Override
  public List<String> objects() {
    return List.copyOf(new TreeSet<>(get(admin.listTopics().names(), "could not list its topics")));
  }

  @Override
  public Optional<String> objectOf(Registration registration) {
    return Optional.of(topicOf(registration));
  }

  private static String topicOf(Registration registration) {
    return registration.options().getOrDefault(TopicTable.TOPIC, "");
  }

  /** By the names that Confluent's serializers give to the subjects of a topic. */
  @Override
  public Optional<String> proposal(String object) {
    if (registry == null) {
      return Optional.empty();
    }
    Set<String> known = subjects;
    if (known == null) {
      try {
        known = Set.copyOf(registry.subjects());
        subjects = known;
      } catch (CatalogException e) {
        // Told once; the topics themselves are known all the same.
        subjects = Set.of();
        return Optional.of("Its schema cannot be looked for. " + e.getMessage());
      }
    }
    String value = object + "-value";
    if (!known.contains(value)) {
      return Optional.empty();
    }
    String key = object + "-key";
    boolean keyed = known.contains(key);
    return Optional.of(
        "The schema registry of the source describes it: run `catalog schema import "
            + sourceName
            + " "
            + value
            + (keyed ? " " + key : "")
            + "`, then `catalog table register "
            + sourceName
            + "."
            + object
            + " --topic "
            + object
            + " --schema "
            + value
            + (keyed ? " --key-schema " + key : "")
            + "`.");
  }

  @Override
  public Check check(Registration registration, @Nullable Map<String, String> create) {
    String topic = topicOf(registration);
    NewTopic wanted = create == null ? null : newTopic(topic, create);
    try {
      TopicDescription found = describe(topic);
      List<String> warnings = new ArrayList<>();
      if (wanted != null
          && wanted.numPartitions() >= 1
          && wanted.numPartitions() != found.partitions().size()) {
        warnings.add(
            "Topic '"
                + topic
                + "' was there already, with "
                + count(found.partitions().size(), "partition")
                + " and not "
                + wanted.numPartitions()
                + ".");
      }
      return new Check(List.of(describe(found)), warnings);
    } catch (CatalogException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return wanted == null
            ? new Check(
                List.of(),
                List.of(
                    "Topic '"
                        + topic
                        + "' does not exist in source '"
                        + sourceName
                        + "', or its user may not see it. Create it, with"
                        + " `catalog table register ... --create-topic` for example; until then the"
                        + " table can be neither read nor written."))
            : create(wanted);
      }
      if (wanted == null && e.getCause() instanceof AuthorizationException) {
        return new Check(
            List.of(),
            List.of(
                "Whether topic '"
                    + topic
                    + "' exists is not known: the user of source '"
                    + sourceName
                    + "' may not describe it."));
      }
      throw e;
    }
  }

  private Check create(NewTopic wanted) {
    String topic = wanted.name();
    try {
      CreateTopicsResult result = admin.createTopics(List.of(wanted));
      String what = "could not create topic '" + topic + "'";
      get(result.values().get(topic), what);
      return new Check(
          List.of(
              "Topic '"
                  + topic
                  + "' was created with "
                  + count(get(result.numPartitions(topic), what), "partition")
                  + " and "
                  + count(get(result.replicationFactor(topic), what), "replica")
                  + " of each."),
          List.of());
    } catch (CatalogException e) {
      Throwable cause = e.getCause();
      if (cause instanceof TopicExistsException) {
        return new Check(List.of(describe(describe(topic))), List.of());
      }
      if (cause instanceof InvalidPartitionsException
          || cause instanceof InvalidReplicationFactorException
          || cause instanceof PolicyViolationException
          || cause instanceof AuthorizationException) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "TOPIC_NOT_CREATED",
            "Topic '"
                + topic
                + "' cannot be created in source '"
                + sourceName
                + "': "
                + describe(cause)
                + ".",
            e);
      }
      throw e;
    }
  }

  private NewTopic newTopic(String topic, Map<String, String> create) {
    List<Violation> violations = new ArrayList<>();
    Integer partitions = null;
    Integer replicas = null;
    for (Map.Entry<String, String> option : create.entrySet()) {
      switch (option.getKey()) {
        case PARTITIONS -> partitions = number(option, GREATEST_PARTITIONS, violations);
        case REPLICATION_FACTOR -> replicas = number(option, Short.MAX_VALUE, violations);
        default ->
            violations.add(
                new Violation(
                    CREATE + option.getKey(),
                    "is unknown. Known: " + PARTITIONS + ", " + REPLICATION_FACTOR + "."));
      }
    }
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("Topic '" + topic + "' cannot be created", violations);
    }
    return new NewTopic(
        topic,
        Optional.ofNullable(partitions),
        Optional.ofNullable(replicas).map(Integer::shortValue));
  }

  private static @Nullable Integer number(
      Map.Entry<String, String> option, int greatest, List<Violation> violations) {
    String text = option.getValue();
    if (text.matches("[1-9][0-9]{0,4}") && Integer.parseInt(text) <= greatest) {
      return Integer.valueOf(text);
    }
    violations.add(
        new Violation(
            CREATE + option.getKey(),
            "'" + text + "' is not a whole number from 1 to " + greatest + "."));
    return null;
  }

  private TopicDescription describe(String topic) {
    return get(
        admin.describeTopics(List.of(topic)).topicNameValues().get(topic),
        "could not describe topic '" + topic + "'");
  }

  private static String describe(TopicDescription topic) {
    int replicas =
        topic.partitions().stream()
            .mapToInt(partition -> partition.replicas().size())
            .min()
            .orElse(0);
    return "Topic '"
        + topic.name()
        + "' has "
        + count(topic.partitions().size(), "partition")
        + " and "
        + count(replicas, "replica")
        + " of each.";
  }

  private static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  @Override
  public void abort() {
    admin.close(Duration.ZERO);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }

  /** The failure's cause is Kafka's own exception. */
  private <T> T get(@Nullable KafkaFuture<T> future, String what) {
    if (future == null) {
      throw new IllegalStateException("Kafka's client does not answer what it was asked");
    }
    try {
      // The client keeps its own time; this is for one that does not.
      return future.get(2 * options.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(sourceName, options, what, e);
    } catch (ExecutionException e) {
      throw failed(sourceName, options, what, e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw failed(sourceName, options, what, e);
    }
  }

  private static String subject(String sourceName, KafkaOptions options) {
    return "Source '" + sourceName + "' (kafka at " + options.bootstrapServers() + ") ";
  }

  private static CatalogException failed(
      String sourceName, KafkaOptions options, String what, Throwable e) {
    boolean refused =
        e instanceof AuthenticationException && !(e instanceof SslAuthenticationException);
    String why = describe(e);
    String remedy;
    if (refused) {
      remedy = "Check the source's options user and sasl-mechanism and the secret password.";
    } else if (e instanceof SslAuthenticationException) {
      remedy =
          "Check the source's options ssl-truststore-certificates and"
              + " ssl-keystore-certificate-chain, and that its addresses are the names in the"
              + " brokers' certificates.";
    } else if (e instanceof AuthorizationException) {
      remedy = "Grant the source's user the right to describe the cluster and its topics.";
    } else if (e instanceof org.apache.kafka.common.errors.TimeoutException
        || e instanceof TimeoutException) {
      why =
          "no broker answered within " + options.requestTimeout().toMillis() + " ms (" + why + ")";
      remedy =
          "Check that the source's option security-protocol is that of the brokers' listener, and"
              + " that the addresses that the brokers advertise can be reached from here.";
    } else if (e instanceof KafkaException && !(e instanceof ApiException)) {
      // The client could not be made: only certificates and keys are read to make it.
      remedy =
          "Check the source's options ssl-truststore-certificates and"
              + " ssl-keystore-certificate-chain and the secrets ssl-keystore-key and"
              + " ssl-key-password.";
    } else {
      remedy = "Check that the cluster runs and can be reached from here.";
    }
    return new CatalogException(
        ErrorCode.UNAVAILABLE,
        refused ? "SOURCE_REFUSED_CREDENTIALS" : "SOURCE_UNAVAILABLE",
        subject(sourceName, options) + what + ": " + why + ". " + remedy,
        e);
  }

  /** The first line, and the deepest cause, which says what really happened. */
  private static String describe(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String first = firstLine(e);
    String deepest = firstLine(cause);
    return cause == e || first.contains(deepest) ? first : first + " (" + deepest + ")";
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line = message.lines().findFirst().orElse("").strip();
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }
}
