package io.unifiedcatalog.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka 4.4 broker on loopback: one node that is its own controller, with a listener for
 * everybody and one that asks for a user and a password by SASL. It runs in a JVM of its own, so
 * that nothing of its class path meets that of a test; it ends with this JVM, however that ends.
 * Topics are never made by being asked for. Nothing in it is durable: it is for tests and
 * demonstrations.
 */
public final class KafkaServer extends LocalServer {
  private static final String USER = "kafka";
  private static final long CALL_SECONDS = 60;

  private final Map<String, String> properties;
  private final String password;

  /** Null: there are no listeners with TLS. */
  private final @Nullable SelfSigned broker;

  private final @Nullable SelfSigned client;

  private int saslPort;
  private int sslPort;
  private int saslSslPort;
  private @Nullable Admin admin;
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  private KafkaServer(
      @Nullable Path dataDirectory, int port, Map<String, String> properties, boolean withTls)
      throws IOException {
    super("Kafka broker", "kafka", dataDirectory, port);
    this.properties = Map.copyOf(properties);
    this.password = newPassword("kafka");
    this.broker = withTls ? SelfSigned.make(runDirectory, "broker") : null;
    this.client = withTls ? SelfSigned.make(runDirectory, "client") : null;
  }

  /** Starts a broker on a data directory of its own, which goes when it is closed. */
  public static KafkaServer start() {
    return start(null, 0, Map.of());
  }

  /**
   * Starts a broker like {@link #start()} that has two more listeners, with TLS: see {@link
   * #sslBootstrapServers} and {@link #saslSslBootstrapServers}.
   */
  public static KafkaServer startWithTls() {
    return start(null, 0, Map.of(), /* withTls= */ true);
  }

  /** Starts a broker on a data directory, which stays; a new one is made if it is not there. */
  public static KafkaServer start(Path dataDirectory) {
    return start(dataDirectory, 0, Map.of());
  }

  /**
   * Starts a broker.
   *
   * @param dataDirectory null: one of its own, which goes when the server is closed
   * @param port of the listener for everybody; 0: a free one
   * @param properties more properties of the broker, which come before those that it has
   * @throws IllegalStateException if it does not start; with the end of its log
   */
  public static KafkaServer start(
      @Nullable Path dataDirectory, int port, Map<String, String> properties) {
    return start(dataDirectory, port, properties, /* withTls= */ false);
  }

  private static KafkaServer start(
      @Nullable Path dataDirectory, int port, Map<String, String> properties, boolean withTls) {
    return running(() -> new KafkaServer(dataDirectory, port, properties, withTls));
  }

  /** The {@code bootstrap.servers} of the listener for everybody, PLAINTEXT. */
  public String bootstrapServers() {
    return "127.0.0.1:" + port();
  }

  /**
   * The {@code bootstrap.servers} of the listener that is SASL_PLAINTEXT, with the mechanisms
   * PLAIN, of which {@link #user} is the one user, SCRAM-SHA-256 and SCRAM-SHA-512, whose users are
   * made by {@link #createScramUser}. It stays the same over a restart.
   */
  public String saslBootstrapServers() {
    return "127.0.0.1:" + saslPort;
  }

  /**
   * The {@code bootstrap.servers} of the listener that is SSL and takes only who shows {@link
   * #clientCertificate}.
   */
  public String sslBootstrapServers() {
    tls(broker);
    return "127.0.0.1:" + sslPort;
  }

  /**
   * The {@code bootstrap.servers} of the listener that is SASL_SSL, with the users of the other.
   */
  public String saslSslBootstrapServers() {
    tls(broker);
    return "127.0.0.1:" + saslSslPort;
  }

  /** The broker's own certificate in PEM, for 127.0.0.1 and for no name. */
  public String brokerCertificate() {
    return tls(broker).certificate();
  }

  /** The certificate in PEM that the SSL listener asks for. */
  public String clientCertificate() {
    return tls(client).certificate();
  }

  /** The key of {@link #clientCertificate} in PEM. */
  public String clientKey() {
    return tls(client).key();
  }

  private static SelfSigned tls(@Nullable SelfSigned made) {
    if (made == null) {
      throw new IllegalStateException("This broker was started without TLS");
    }
    return made;
  }

  /** The one user of SASL PLAIN. */
  public String user() {
    return USER;
  }

  /** The password of {@link #user}, new with each start of this class. */
  public String password() {
    return password;
  }

  /** A client that may do everything; it is closed with this server. */
  public synchronized Admin admin() {
    Admin client = admin;
    if (client == null) {
      client = Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
      admin = client;
    }
    return client;
  }

  /**
   * Makes a user of SASL SCRAM, and waits until the broker lets them in, which is a moment later.
   *
   * @param mechanism {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}
   * @throws IllegalStateException if it does not
   */
  public void createScramUser(String mechanism, String user, String password) {
    get(
        admin()
            .alterUserScramCredentials(
                List.of(
                    new UserScramCredentialUpsertion(
                        user,
                        new ScramCredentialInfo(
                            ScramMechanism.fromMechanismName(mechanism), /* iterations= */ 4096),
                        password)))
            .all());
    Map<String, Object> login =
        Map.of(
            "bootstrap.servers",
            saslBootstrapServers(),
            "security.protocol",
            "SASL_PLAINTEXT",
            "sasl.mechanism",
            mechanism,
            "sasl.jaas.config",
            String.format(
                Locale.ROOT,
                "org.apache.kafka.common.security.scram.ScramLoginModule required"
                    + " username=\"%s\" password=\"%s\";",
                escape(user),
                escape(password)));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CALL_SECONDS);
    while (true) {
      try (Admin client = Admin.create(login)) {
        get(client.describeCluster().clusterId());
        return;
      } catch (IllegalStateException e) {
        if (!(e.getCause() instanceof ExecutionException refused)
            || !(refused.getCause() instanceof SaslAuthenticationException)
            || System.nanoTime() > end) {
          throw e;
        }
      }
    }
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** Makes a topic, and waits until the broker knows it, which is a moment later. */
  public void createTopic(String topic, int partitions) {
    get(admin().createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CALL_SECONDS);
    while (!get(admin().listTopics(new ListTopicsOptions().listInternal(true)).names())
        .contains(topic)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("Topic " + topic + " was made and is not there");
      }
    }
  }

  /** Writes a record with the time of now and no headers, and waits until it is there. */
  public void produce(String topic, byte @Nullable [] key, byte @Nullable [] value) {
    produce(topic, key, value, Map.of(), null);
  }

  /**
   * Writes a record and waits until it is there.
   *
   * @param timestamp milliseconds since the epoch; null: now
   */
  public void produce(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, byte[]> headers,
      @Nullable Long timestamp) {
    List<Header> all =
        headers.entrySet().stream()
            .<Header>map(header -> new RecordHeader(header.getKey(), header.getValue()))
            .toList();
    try {
      producer()
          .send(new ProducerRecord<>(topic, null, timestamp, key, value, all))
          .get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while writing to topic " + topic, e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Kafka did not take a record for topic " + topic, e);
    }
  }

  /** Every committed record that a topic holds now, one partition after the other. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    Map<String, Object> options =
        Map.of(
            "bootstrap.servers", bootstrapServers(),
            "isolation.level", "read_committed",
            "enable.auto.commit", "false");
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(options, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
              .toList();
      for (TopicPartition partition : partitions) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        // The position passes what is no record, too: the marks of transactions.
        while (consumer.position(partition) < end) {
          consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
      }
    }
    return records;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (producer != null) {
        producer.close(Duration.ZERO);
        producer = null;
      }
      if (admin != null) {
        admin.close(Duration.ZERO);
        admin = null;
      }
    }
    super.close();
  }

  @Override
  Process begin(boolean isNewPort) throws IOException {
    if (isNewPort || saslPort == 0) {
      saslPort = Loopback.freePort();
      sslPort = Loopback.freePort();
      saslSslPort = Loopback.freePort();
    }
    writeConfiguration(Loopback.freePort());
    // Small and quick to start; it is never busy for long.
    return JavaProcess.start(
        KafkaBroker.class,
        List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        Map.of(),
        configuration().toString(),
        logFile());
  }

  @Override
  boolean awaitReady(Process started) throws IOException {
    boolean ready = JavaProcess.awaitReady(started);
    Files.delete(configuration());
    return ready;
  }

  @Override
  String log() throws IOException {
    return JavaProcess.end(logFile());
  }

  private Path configuration() {
    return runDirectory.resolve("broker.properties");
  }

  private Path logFile() {
    return runDirectory.resolve("broker.log");
  }

  /** Writes the broker's properties, the password among them: no argument shows it. */
  private void writeConfiguration(int controllerPort) throws IOException {
    Properties all = new Properties();
    all.put("process.roles", "broker,controller");
    all.put("node.id", "1");
    all.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    all.put("controller.listener.names", "CONTROLLER");
    String listeners =
        String.format(
            Locale.ROOT,
            "PLAINTEXT://127.0.0.1:%d,SASL_PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d",
            port(),
            saslPort,
            controllerPort);
    if (broker != null && client != null) {
      listeners +=
          String.format(
              Locale.ROOT, ",SSL://127.0.0.1:%d,SASL_SSL://127.0.0.1:%d", sslPort, saslSslPort);
      all.put("ssl.keystore.type", "PKCS12");
      all.put("ssl.keystore.location", broker.keystore().toString());
      all.put("ssl.keystore.password", SelfSigned.KEYSTORE_PASSWORD);
      all.put("ssl.key.password", SelfSigned.KEYSTORE_PASSWORD);
      all.put("ssl.truststore.type", "PEM");
      all.put("ssl.truststore.certificates", client.certificate());
      all.put("listener.name.ssl.ssl.client.auth", "required");
    }
    all.put("listeners", listeners);
    all.put(
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,"
            + "SASL_SSL:SASL_SSL");
    all.put("inter.broker.listener.name", "PLAINTEXT");
    all.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512");
    for (String listener : List.of("sasl_plaintext", "sasl_ssl")) {
      String prefix = "listener.name." + listener + ".";
      all.put(
          prefix + "plain.sasl.jaas.config",
          "org.apache.kafka.common.security.plain.PlainLoginModule required user_"
              + USER
              + "=\""
              + password
              + "\";");
      for (String mechanism : List.of("scram-sha-256", "scram-sha-512")) {
        all.put(
            prefix + mechanism + ".sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required;");
      }
    }
    all.put("log.dirs", dataDirectory.toString());
    all.put("auto.create.topics.enable", "false");
    // Records with timestamps of long ago stay.
    all.put("log.retention.ms", "-1");
    all.put("group.initial.rebalance.delay.ms", "0");
    for (String topic :
        List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
      all.put(topic + ".replication.factor", "1");
      all.put(topic + ".num.partitions", "1");
    }
    all.put("transaction.state.log.min.isr", "1");
    all.put("share.coordinator.state.topic.min.isr", "1");
    // A broker that was killed is taken for dead, and may come back, after 3 s instead of 9.
    all.put("broker.session.timeout.ms", "3000");
    all.put("broker.heartbeat.interval.ms", "500");
    // The default is half of the heap.
    all.put("log.cleaner.dedupe.buffer.size", "4194304");
    all.putAll(properties);

    JavaProcess.write(all, configuration());
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() {
    KafkaProducer<byte[], byte[]> client = producer;
    if (client == null) {
      client =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", bootstrapServers(), "max.block.ms", "20000"),
              new ByteArraySerializer(),
              new ByteArraySerializer());
      producer = client;
    }
    return client;
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while Kafka was asked", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Kafka refused a call: " + e.getMessage(), e);
    }
  }

  /**
   * Runs a broker until SIGTERM: {@code --data-dir DIR [--port PORT] [--topic NAME:PARTITIONS]...}.
   * A topic that is there already stays as it is. Then it prints {@code Kafka listens on
   * 127.0.0.1:PORT}.
   */
  public static void main(String[] arguments) throws Exception {
    Arguments told = new Arguments(arguments, "--topic");
    List<NewTopic> topics = new ArrayList<>();
    for (String topic : told.all("--topic")) {
      int colon = topic.lastIndexOf(':');
      topics.add(
          new NewTopic(
              topic.substring(0, colon), Integer.parseInt(topic.substring(colon + 1)), (short) 1));
    }
    KafkaServer server = start(told.dataDirectory(), told.port(), Map.of());
    for (Map.Entry<String, KafkaFuture<Void>> made :
        server.admin().createTopics(topics).values().entrySet()) {
      try {
        made.getValue().get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
    }
    server.serve("Kafka");
  }
}
