package io.unifiedcatalog.flink;

import static java.util.Objects.requireNonNull;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.testing.KafkaServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.TableEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * The shared Kafka broker, with a password, as source {@code kafka} of the shared shop's catalog;
 * and what a test asks of it. One for all tests of a run; each test has topics, schemas and tables
 * of its own.
 */
final class Topics {
  /** What most topics hold. */
  static final String CLICK =
      """
      syntax = "proto3";
      package shop;
      import "google/protobuf/timestamp.proto";
      // Somebody looked at a page.
      message Click {
        int64 customer_id = 1;
        string page = 2;
        google.protobuf.Timestamp seen_at = 3;
        repeated string tags = 4;
      }
      message ClickKey {
        int64 id = 1;
      }
      """;

  private static @Nullable Topics shared;

  final Shop shop = Shop.shared();
  final KafkaServer kafka = SharedServers.kafka();
  private final Prefix prefix = SharedServers.newPrefix(Topics.class);
  private final AtomicInteger names = new AtomicInteger();

  private Topics() {
    shop.add(
        Source.newBuilder()
            .setName("kafka")
            .setKind("kafka")
            .putOptions("bootstrap-servers", kafka.saslBootstrapServers())
            .putOptions("security-protocol", "SASL_PLAINTEXT")
            .putOptions("sasl-mechanism", "PLAIN")
            .putOptions("user", kafka.user())
            .putSecrets("password", kafka.password()));
  }

  static synchronized Topics shared() {
    if (shared == null) {
      shared = new Topics();
    }
    return requireNonNull(shared);
  }

  /** A new topic of one partition; its name is that of nothing else. */
  String topic() {
    String topic = prefix.name("clicks_") + names.incrementAndGet();
    kafka.createTopic(topic, 1);
    return topic;
  }

  /** Registers a version of a subject. */
  Schema schema(String subject, String proto, Compatibility compatibility) {
    return shop.schemas()
        .registerSchema(
            RegisterSchemaRequest.newBuilder()
                .setSubject(subject)
                .setContent(
                    SchemaContent.newBuilder()
                        .addFiles(SchemaFile.newBuilder().setName("click.proto").setText(proto)))
                .setCompatibility(compatibility)
                .build())
        .getSchema();
  }

  /** A topic with a table of its name, whose values are {@code shop.Click}. */
  String clicks(Map<String, String> options, Overlay overlay) {
    String topic = topic();
    schema(topic + "-value", CLICK, Compatibility.COMPATIBILITY_UNSPECIFIED);
    register(
        topic,
        Registration.newBuilder()
            .putOptions("topic", topic)
            .putAllOptions(options)
            .addSchemas(value(topic))
            .build(),
        overlay);
    return topic;
  }

  String clicks() {
    return clicks(Map.of(), Overlay.getDefaultInstance());
  }

  /** The use of the schema that {@link #clicks} registers. */
  static SchemaUse value(String topic) {
    return SchemaUse.newBuilder()
        .setRole("value")
        .setSubject(topic + "-value")
        .setMessage("shop.Click")
        .build();
  }

  /** Registers a table in database {@code kafka}. */
  Table register(String table, Registration registration, Overlay overlay) {
    return shop.catalog()
        .registerTable(
            RegisterTableRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("kafka").setTable(table))
                .setRegistration(registration)
                .setOverlay(overlay)
                .build())
        .getTable();
  }

  /** A batch session with the catalog as {@code unified} and the Kafka connector. */
  TableEnvironment batch() {
    return addConnector(shop.batch());
  }

  /** A streaming session with the catalog as {@code unified} and the Kafka connector. */
  TableEnvironment streaming() {
    return addConnector(shop.streaming());
  }

  /** Adds the jars of the Kafka connector for the Flink that this is. */
  static TableEnvironment addConnector(TableEnvironment session) {
    Path directory = Path.of("target", "kafka-connector", EnvironmentInformation.getVersion());
    List<Path> jars;
    try (Stream<Path> files = Files.list(directory)) {
      jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException("The build did not fetch the Kafka connector.", e);
    }
    jars.forEach(jar -> session.executeSql("ADD JAR '" + jar.toAbsolutePath() + "'"));
    return session;
  }
}
