package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CheckSchemaRequest;
import io.unifiedcatalog.proto.v1.CheckSchemaResponse;
import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DeleteSchemaRequest;
import io.unifiedcatalog.proto.v1.DeleteSourceRequest;
import io.unifiedcatalog.proto.v1.DiffSchemasRequest;
import io.unifiedcatalog.proto.v1.DiffSchemasResponse;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.Problem;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterSchemaResponse;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.testing.KafkaServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Schemas and the tables that are registered with them, of a real server over a real Kafka. Each
 * test has a source, a subject and topics of its own.
 */
@ExtendWith(SharedServers.class)
class RegisteredTablesTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Engine FLINK =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();
  private static final String SECRET = "s3cret-of-a-test";

  private static KafkaServer kafka;
  private static Prefix prefix;
  private static HikariDataSource database;
  private static CatalogServer server;
  private static ManagedChannel channel;
  private static SourceServiceGrpc.SourceServiceBlockingStub sources;
  private static SchemaServiceGrpc.SchemaServiceBlockingStub schemas;
  private static CatalogServiceGrpc.CatalogServiceBlockingStub catalog;
  private static BindingServiceGrpc.BindingServiceBlockingStub bindings;

  private String source;
  private String subject;
  private String topic;

  @BeforeAll
  static void start(KafkaServer shared, Prefix own, @TempDir Path directory) {
    kafka = shared;
    prefix = own;
    database = TestPostgres.BUNDLED.migratedDatabase();
    List<String> flags = new ArrayList<>(TestPostgres.flags(database, directory));
    flags.addAll(
        List.of("--listen=127.0.0.1:0", "--no-auth", "--data-dir=" + directory.resolve("data")));
    server = CatalogServer.start(ServerConfig.read(flags, Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    sources = SourceServiceGrpc.newBlockingStub(channel);
    schemas = SchemaServiceGrpc.newBlockingStub(channel);
    catalog = CatalogServiceGrpc.newBlockingStub(channel);
    bindings = BindingServiceGrpc.newBlockingStub(channel);
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
    database.close();
  }

  @BeforeEach
  void addSource() {
    source = prefix.name("k") + NUMBER.incrementAndGet();
    subject = source + "-value";
    topic = source + "-clicks";
    addSource(source, kafka.bootstrapServers());
  }

  private static void addSource(String name, String bootstrapServers) {
    sources.createSource(
        CreateSourceRequest.newBuilder()
            .setSource(
                Source.newBuilder()
                    .setName(name)
                    .setKind("kafka")
                    .putOptions("bootstrap-servers", bootstrapServers))
            .build());
  }

  // ---- Registering ----

  @Test
  void aTableHasTheColumnsOfItsSchemaAndTheTopicIsLookedAt() {
    kafka.createTopic(topic, 2);
    register("int64 id = 1; string page = 2; // where it was\n");

    RegisterTableResponse response = catalog.registerTable(request("clicks").build());

    assertThat(response.getExisted()).isFalse();
    assertThat(response.getNotesList())
        .containsExactly("Topic '" + topic + "' has 2 partitions and 1 replica of each.");
    assertThat(response.getWarningsList()).isEmpty();
    Table table = table("clicks");
    assertThat(response.getTable().getPhysical()).isEqualTo(table.getPhysical());
    assertThat(columns(table)).containsExactly("id", "page");
    assertThat(table.getPhysical().getColumns(1).getComment()).isEqualTo("where it was");
    assertThat(table.getPhysical().getRegistration())
        .isEqualTo(
            Registration.newBuilder()
                .putOptions("topic", topic)
                .addSchemas(
                    SchemaUse.newBuilder()
                        .setRole("value")
                        .setSubject(subject)
                        .setVersion(1)
                        .setMessage("shop.Click"))
                .build());
    assertThat(table.getEffective().getColumnsCount()).isEqualTo(2);
    RegisterTableResponse again = catalog.registerTable(request("clicks").build());
    assertThat(again.getExisted()).isTrue();
    assertThat(again.getTable().getVersion()).isEqualTo(1);
  }

  @Test
  void aTopicThatIsMissingIsAWarning() {
    register("int64 id = 1;");
    RegisterTableResponse response = catalog.registerTable(request("clicks").build());
    assertThat(response.getNotesList()).isEmpty();
    assertThat(response.getWarningsList())
        .singleElement()
        .asString()
        .startsWith("Topic '" + topic + "' does not exist in source '" + source + "'");
    assertThat(columns(table("clicks"))).containsExactly("id");
  }

  @Test
  void aTopicIsCreatedOnlyForATableThatIsRegistered() throws Exception {
    register("int64 id = 1;");
    RegisterTableRequest.Create three =
        RegisterTableRequest.Create.newBuilder().putOptions("partitions", "3").build();
    refused(
        Status.Code.INVALID_ARGUMENT,
        request("clicks").setCreate(three).setRegistration(valueOf(subject, "shop.No")));
    refused(
        Status.Code.INVALID_ARGUMENT,
        request("clicks")
            .setCreate(RegisterTableRequest.Create.newBuilder().putOptions("partitions", "-3")));
    assertThat(topics()).doesNotContain(topic);
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);

    RegisterTableResponse response =
        catalog.registerTable(request("clicks").setCreate(three).build());

    assertThat(response.getNotesList())
        .containsExactly(
            "Topic '" + topic + "' was created with 3 partitions and 1 replica of each.");
    assertThat(topics()).contains(topic);
    // A table that is not replaced makes no topic either.
    String other = topic + "-other";
    refused(
        Status.Code.ALREADY_EXISTS,
        request("clicks")
            .setCreate(three)
            .setRegistration(valueOf(subject, "").toBuilder().putOptions("topic", other)));
    assertThat(topics()).doesNotContain(other);
    kafka.admin().deleteTopics(List.of(topic)).all().get();
    await().until(() -> !topics().contains(topic));
    refused(
        Status.Code.ALREADY_EXISTS,
        request("clicks").setCreate(three).setOverlay(Overlay.newBuilder().setOwner("ann")));
    assertThat(topics()).doesNotContain(topic);
  }

  private static Set<String> topics() throws Exception {
    return kafka.admin().listTopics().names().get();
  }

  @Test
  void aClusterThatIsAwayIsAWarningUnlessATopicIsToBeMade() {
    String away = source + "away";
    addSource(away, "127.0.0.1:1");
    register("int64 id = 1;");
    RegisterTableRequest.Builder request =
        request("clicks").setName(TableName.newBuilder().setDatabase(away).setTable("clicks"));
    StatusRuntimeException failure =
        refused(
            Status.Code.UNAVAILABLE,
            request.clone().setCreate(RegisterTableRequest.Create.getDefaultInstance()));
    assertThat(failure.getStatus().getDescription()).contains("127.0.0.1:1");

    RegisterTableResponse response = catalog.registerTable(request.build());

    assertThat(response.getWarningsList())
        .singleElement()
        .asString()
        .startsWith("The source could not be asked: Source '" + away + "' (kafka at 127.0.0.1:1) ");
    assertThat(response.getTable().getVersion()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "properties.sasl.jaas.config, x",
    "properties.ssl.key.Password, x",
    "value.json.my-secret, x",
    "some.api-key, x",
    "auth-TOKEN, x",
  })
  void anOptionThatFlinkHidesIsRefusedWithAPointerToTheSource(String key, String value) {
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks")
                        .setRegistration(
                            Registration.newBuilder()
                                .putOptions("topic", topic)
                                .putOptions("value.format", "json")
                                .putOptions(key, SECRET + value))
                        .addColumns(column("id", "BIGINT")))))
        .containsExactly(
            "registration.options."
                + key
                + ": is a secret, and a table shows its options to everybody. Give it to the"
                + " source: `catalog source add` and `catalog source update` keep it sealed");
  }

  @ParameterizedTest
  @CsvSource({
    "http://ann:s3cret-of-a-test@host/x",
    "jdbc:mysql://s3cret-of-a-test@host/shop",
    "jdbc:mysql://host/shop?user=ann&password=s3cret-of-a-test",
    "jdbc:sqlserver://host;PWD=s3cret-of-a-test",
    "jdbc:mysql://address=(host=h)(password=s3cret-of-a-test)/shop",
    "'jdbc:mysql://(host=h, user=ann, password = s3cret-of-a-test)/shop'",
    "jdbc:mysql://host/shop?%70assword=s3cret-of-a-test",
    "jdbc:mysql:replication://ann:s3cret-of-a-test@host/shop",
    "jdbc:clickhouse://host/shop?access_token=s3cret-of-a-test",
    "jdbc:postgresql://host/shop?sslpassword=s3cret-of-a-test",
  })
  void aUrlWithAUserInItIsRefusedWithAPointerToTheSource(String url) {
    for (Map<String, String> options :
        List.of(
            Map.of("topic", topic, "value.avro-confluent.url", url),
            Map.of("connector", "jdbc", "url", url))) {
      assertThat(
              violations(
                  refused(
                      Status.Code.INVALID_ARGUMENT,
                      request("clicks")
                          .setRegistration(Registration.newBuilder().putAllOptions(options))
                          .addColumns(column("id", "BIGINT")))))
          .singleElement()
          .asString()
          .contains("is a url with a user or a password in it")
          .contains("give it to the source");
    }
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void aTableHasAtMostTenThousandColumnsHoweverTheyAreGiven() {
    RegisterTableRequest.Builder given =
        request("clicks")
            .setRegistration(
                Registration.newBuilder().putOptions("topic", topic).putOptions("format", "json"));
    StringBuilder columns = new StringBuilder();
    StringBuilder properties = new StringBuilder();
    for (int i = 0; i <= 10_000; i++) {
      given.addColumns(column("c" + i, "INT"));
      columns.append(i == 0 ? "" : ",").append("c").append(i).append(" INT");
      properties
          .append(i == 0 ? "" : ",")
          .append("\"c")
          .append(i)
          .append("\":{\"type\":\"string\"}");
    }
    assertThat(violations(refused(Status.Code.INVALID_ARGUMENT, given)))
        .containsExactly("columns: are 10001 columns, and may be at most 10000");
    assertThat(
            violations(
                refused(
                    () ->
                        schemas.registerSchema(
                            RegisterSchemaRequest.newBuilder()
                                .setSubject(subject)
                                .setKind("columns")
                                .setContent(
                                    SchemaContent.newBuilder()
                                        .addFiles(
                                            SchemaFile.newBuilder()
                                                .setName("a.sql")
                                                .setText(columns.toString())))
                                .build()))))
        .singleElement()
        .asString()
        .endsWith("has 10001 columns, and may have at most 10000");
    schemas.registerSchema(
        RegisterSchemaRequest.newBuilder()
            .setSubject(subject)
            .setKind("json")
            .setCompatibility(Compatibility.COMPATIBILITY_NONE)
            .setContent(
                SchemaContent.newBuilder()
                    .addFiles(
                        SchemaFile.newBuilder()
                            .setName("a.json")
                            .setText("{\"type\":\"object\",\"properties\":{" + properties + "}}")))
            .build());
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks")
                        .setRegistration(
                            Registration.newBuilder()
                                .putOptions("topic", topic)
                                .addSchemas(
                                    SchemaUse.newBuilder().setRole("value").setSubject(subject))))))
        .containsExactly(
            "registration.schemas: are 10001 columns of all schemas together, and may be at most"
                + " 10000");
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void anOverlayHasLimitsAndOneThatIsRefusedLeavesTheStoredOne() {
    register("int64 id = 1;");
    catalog.registerTable(request("clicks").build());
    Overlay.Builder many = Overlay.newBuilder();
    for (int i = 0; i <= 600; i++) {
      many.addComputedColumns(
          ComputedColumn.newBuilder().setName("c" + i).setExpression("id + " + i));
      many.addMetadataColumns(
          MetadataColumn.newBuilder().setName("m" + i).setType("BIGINT").setKey("offset"));
    }
    for (int i = 0; i <= 1_000; i++) {
      many.putTags("t" + i, "x").putOptions("o" + i, "x");
    }
    assertThat(violations(refused(() -> overlay("clicks", many.build()))))
        .containsExactlyInAnyOrder(
            "overlay.computed_columns: are 1202 computed and metadata columns together, and may be"
                + " at most 1000",
            "overlay.options: are 1001 options, and may be at most 1000",
            "overlay.tags: are 1001 tags, and may be at most 1000");
    Overlay large = Overlay.newBuilder().setComment("x".repeat(1 << 20)).build();
    assertThat(violations(refused(() -> overlay("clicks", large))))
        .singleElement()
        .asString()
        .startsWith("overlay: is 10485")
        .endsWith("bytes as sent, and may be at most 1048576. Say less of it");
    assertThat(table("clicks").hasOverlay()).isFalse();
  }

  private Table overlay(String table, Overlay overlay) {
    return catalog.updateTableOverlay(
        UpdateTableOverlayRequest.newBuilder()
            .setName(TableName.newBuilder().setDatabase(source).setTable(table))
            .setOverlay(overlay)
            .build());
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    register("int64 id = 1;");
    StatusRuntimeException failure =
        refused(
            Status.Code.INVALID_ARGUMENT,
            request("clicks")
                .setRegistration(
                    valueOf(subject, "").toBuilder()
                        .putOptions("topic", "a b")
                        .putOptions("nonsense", "1")
                        .putOptions("format", "json")));
    assertThat(violations(failure))
        .anySatisfy(text -> assertThat(text).startsWith("registration.options.topic: 'a b'"))
        .anySatisfy(
            text ->
                assertThat(text)
                    .startsWith("registration.options.nonsense: is no option of a table"))
        .anySatisfy(text -> assertThat(text).startsWith("registration.options.format: is taken by"))
        .hasSize(3);
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks")
                        .setRegistration(
                            valueOf(subject, "").toBuilder()
                                .putOptions("properties.bootstrap.servers", "elsewhere:9092")))))
        .singleElement()
        .asString()
        .startsWith("registration.options.properties.bootstrap.servers: cannot be set by a table");
  }

  @Test
  void whatASchemaIsForMustBeKnownAndThere() {
    register("int64 id = 1;");
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks")
                        .setRegistration(
                            valueOf(subject, "").toBuilder()
                                .addSchemas(
                                    SchemaUse.newBuilder()
                                        .setRole("header")
                                        .setSubject(subject))))))
        .containsExactly(
            "registration.schemas: have a role 'header', which kafka does not know. Roles: key,"
                + " value");
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks")
                        .setRegistration(
                            valueOf(subject, "").toBuilder()
                                .addSchemas(
                                    SchemaUse.newBuilder()
                                        .setRole("value")
                                        .setSubject(subject)
                                        .setVersion(-1))))))
        .containsExactly(
            "registration.schemas: has two schemas of the role 'value'",
            "registration.schemas.version: -1 is negative");
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks").setRegistration(valueOf(subject, "shop.No")))))
        .containsExactly(
            "registration.schemas.value: The schema has no message 'shop.No'. It has: shop.Click.");
    assertThat(
            refused(
                    Status.Code.NOT_FOUND,
                    request("clicks").setRegistration(valueOf(subject + "-no", "")))
                .getStatus()
                .getDescription())
        .startsWith("Subject '" + subject + "-no' does not exist. Known subjects: ");
  }

  @Test
  void columnsAreNotGivenBesideSchemas() {
    register("int64 id = 1;");
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("clicks").addColumns(column("more", "INT")))))
        .containsExactly(
            "columns: cannot be given beside schemas, whose columns they are; leave them out");
  }

  @Test
  void givenColumnsAreReadAsFlinkReadsThem() {
    Registration json =
        Registration.newBuilder()
            .putOptions("topic", topic)
            .putOptions("value.format", "json")
            .build();
    StatusRuntimeException failure =
        refused(
            Status.Code.INVALID_ARGUMENT,
            request("clicks")
                .setRegistration(json)
                .addColumns(column("id", "BIGGINT"))
                .addColumns(column("id", "INT"))
                .addColumns(column(" ", "INT")));
    assertThat(violations(failure))
        .anySatisfy(text -> assertThat(text).startsWith("columns.id: ").contains("BIGGINT"))
        .contains("columns: column `id` is named twice", "columns: a column has no name")
        .hasSize(3);
    assertThat(
            violations(
                refused(Status.Code.INVALID_ARGUMENT, request("clicks").setRegistration(json))))
        .containsExactly("columns: are missing: name a schema, or give the columns themselves");

    Table table =
        catalog
            .registerTable(
                request("clicks")
                    .setRegistration(json)
                    .addColumns(column("id", "bigint"))
                    .addColumns(column("at", "TIMESTAMP(3)"))
                    .build())
            .getTable();

    assertThat(columns(table)).containsExactly("id", "at");
    assertThat(option(binding("clicks", 0), "value.format")).isEqualTo("json");
  }

  @ParameterizedTest
  @CsvSource({"300", "10000"})
  void aNameThatIsNoneIsRefused(int length) {
    register("int64 id = 1;");
    for (String name : List.of("x".repeat(length), "a\nb")) {
      assertThat(violations(refused(Status.Code.INVALID_ARGUMENT, request(name))))
          .containsExactly(
              "name.table: is no name of a table: use at most 255 characters, none of them a"
                  + " control character");
    }
  }

  @Test
  void aTableMayHaveAConnectorOfItsOwnAndShowsItsOptions() {
    Registration own =
        Registration.newBuilder()
            .putOptions("connector", "datagen")
            .putOptions("rows-per-second", "1")
            .build();
    register("int64 id = 1;");
    assertThat(
            violations(
                refused(
                    Status.Code.INVALID_ARGUMENT,
                    request("made")
                        .setRegistration(
                            own.toBuilder()
                                .addSchemas(
                                    SchemaUse.newBuilder().setRole("value").setSubject(subject))))))
        .contains(
            "registration.schemas: cannot be used by a table with a connector of its own; leave the"
                + " option 'connector' out to use those of source '"
                + source
                + "'");

    catalog.registerTable(
        request("made").setRegistration(own).addColumns(column("id", "BIGINT")).build());

    assertThat(table("made").getPhysical().getRegistration()).isEqualTo(own);
    assertThat(binding("made", 0).getOptionsList())
        .extracting(Binding.Option::getKey, Binding.Option::getValue)
        .containsExactly(tuple("connector", "datagen"), tuple("rows-per-second", "1"));
  }

  @Test
  void aTableIsReplacedOnlyIfThatIsAskedFor() {
    register("int64 id = 1;");
    Table first = catalog.registerTable(request("clicks").build()).getTable();
    RegisterTableRequest.Builder other =
        request("clicks")
            .setRegistration(valueOf(subject, "").toBuilder().putOptions("topic", topic + "2"));
    StatusRuntimeException failure = refused(Status.Code.ALREADY_EXISTS, other);
    assertThat(failure.getStatus().getDescription())
        .isEqualTo(
            "Table "
                + source
                + ".clicks exists already and is registered otherwise. Choose another name, or"
                + " replace it (`catalog table register --replace`).");
    assertThat(table("clicks"))
        .isEqualTo(first.toBuilder().setEffective(table("clicks").getEffective()).build());

    Table second = catalog.registerTable(other.setReplace(true).build()).getTable();

    assertThat(second.getVersion()).isEqualTo(2);
    assertThat(table("clicks").getPhysical().getRegistration().getOptionsOrThrow("topic"))
        .isEqualTo(topic + "2");
  }

  @Test
  void anOverlayIsCheckedAndStoredWithTheTable() {
    register("int64 id = 1;");
    Overlay wrong = Overlay.newBuilder().addPrimaryKey("nothing").build();
    assertThat(
            violations(refused(Status.Code.INVALID_ARGUMENT, request("clicks").setOverlay(wrong))))
        .singleElement()
        .asString()
        .startsWith("overlay.primary_key: ");
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
    Overlay overlay =
        Overlay.newBuilder()
            .addMetadataColumns(
                MetadataColumn.newBuilder()
                    .setName("at")
                    .setType("TIMESTAMP_LTZ(3)")
                    .setKey("timestamp"))
            .putOptions("scan.startup.mode", "latest-offset")
            .build();

    Table table = catalog.registerTable(request("clicks").setOverlay(overlay).build()).getTable();

    assertThat(table.getVersion()).isEqualTo(1);
    assertThat(table.getEffective().getColumnsList())
        .extracting(io.unifiedcatalog.proto.v1.Column::getName)
        .containsExactly("id", "at");
    assertThat(option(binding("clicks", 0), "scan.startup.mode")).isEqualTo("latest-offset");
  }

  @Test
  void theColumnsStandInTheOrderOfTheOverlayAlsoWhenTheSchemaGrows() {
    register("int64 id = 1; string page = 2;");
    Overlay ordered =
        Overlay.newBuilder()
            .addMetadataColumns(metadata("at", "timestamp"))
            .addMetadataColumns(metadata("place", "offset"))
            .addComputedColumns(
                ComputedColumn.newBuilder().setName("twice").setExpression("id * 2"))
            .addAllColumnOrder(List.of("at", "page", "twice", "id"))
            .build();
    Table table = catalog.registerTable(request("clicks").setOverlay(ordered).build()).getTable();

    // What is not named: a metadata column goes to the end.
    assertThat(shown(table)).containsExactly("at", "page", "twice", "id", "place");
    assertThat(table.getOverlay().getColumnOrderList())
        .containsExactly("at", "page", "twice", "id");
    // And a column of the schema, behind the one that it follows there.
    register("int64 id = 1; bool first = 3; string page = 2; string last = 4;");
    assertThat(shown(table("clicks")))
        .containsExactly("at", "page", "last", "twice", "id", "first", "place");
  }

  @Test
  void anOrderIsOfColumnsThatAreThereOrWere() {
    schemas.registerSchema(
        schema("int64 id = 1; string page = 2;")
            .setCompatibility(Compatibility.COMPATIBILITY_NONE)
            .build());
    Overlay wrong =
        Overlay.newBuilder().addAllColumnOrder(List.of("id", "nothing", "id", "page")).build();
    assertThat(
            violations(refused(Status.Code.INVALID_ARGUMENT, request("clicks").setOverlay(wrong))))
        .containsExactly(
            "overlay.column_order: column `nothing` is not in the table",
            "overlay.column_order: column `id` is named twice");

    Overlay right = Overlay.newBuilder().addAllColumnOrder(List.of("page", "id")).build();
    catalog.registerTable(request("clicks").setOverlay(right).build());
    register("int64 id = 1;");
    assertThat(shown(table("clicks"))).containsExactly("id");
    // A name that is stored stands in no other change's way.
    Table owned =
        catalog.updateTableOverlay(
            UpdateTableOverlayRequest.newBuilder()
                .setName(name("clicks"))
                .setOverlay(Overlay.newBuilder().setOwner("ann"))
                .setUpdateMask(com.google.protobuf.FieldMask.newBuilder().addPaths("owner"))
                .build());
    assertThat(owned.getOverlay().getColumnOrderList()).containsExactly("page", "id");
  }

  @Test
  void columnsThatAFormatKnowsByPositionKeepTheirOwnOrder() {
    Registration csv =
        Registration.newBuilder()
            .putOptions("topic", topic)
            .putOptions("value.format", "csv")
            .build();
    RegisterTableRequest.Builder request =
        request("clicks")
            .setRegistration(csv)
            .addColumns(column("id", "INT"))
            .addColumns(column("page", "STRING"));
    Overlay between =
        Overlay.newBuilder()
            .addMetadataColumns(metadata("at", "timestamp"))
            .addAllColumnOrder(List.of("id", "at", "page"))
            .build();
    Overlay swapped = Overlay.newBuilder().addAllColumnOrder(List.of("page", "id")).build();

    assertThat(
            violations(refused(Status.Code.INVALID_ARGUMENT, request.clone().setOverlay(swapped))))
        .singleElement()
        .asString()
        .startsWith("overlay.column_order: ")
        .contains("format csv reads every column by its position");
    assertThat(shown(catalog.registerTable(request.clone().setOverlay(between).build()).getTable()))
        .containsExactly("id", "at", "page");
    // A format that knows them by name takes any order.
    request.getRegistrationBuilder().putOptions("value.format", "json");
    request.setReplace(true).setOverlay(swapped);
    assertThat(shown(catalog.registerTable(request.build()).getTable()))
        .containsExactly("page", "id");
  }

  private static MetadataColumn metadata(String name, String key) {
    return MetadataColumn.newBuilder()
        .setName(name)
        .setType("BIGINT")
        .setKey(key)
        .setVirtual(true)
        .build();
  }

  private static List<String> shown(Table table) {
    return table.getEffective().getColumnsList().stream()
        .map(io.unifiedcatalog.proto.v1.Column::getName)
        .toList();
  }

  @Test
  void aPrimaryKeyWithoutAnythingThatReadsTheKeyIsRefused() {
    register("int64 id = 1;");
    Overlay keyed = Overlay.newBuilder().addPrimaryKey("id").build();

    assertThat(
            violations(refused(Status.Code.INVALID_ARGUMENT, request("clicks").setOverlay(keyed))))
        .singleElement()
        .asString()
        .startsWith("overlay.primary_key: ")
        .contains("key.format");
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void manyTablesAndOverlaysWithOptionsAtTheSameTimeAreAllStored() throws Exception {
    register("int64 id = 1;");
    Overlay overlay = Overlay.newBuilder().putOptions("scan.startup.mode", "latest-offset").build();
    int callers = 20;
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        String name = "clicks" + i;
        calls.add(
            threads.submit(
                () ->
                    catalog.registerTable(
                        request(name).setSkipCheck(true).setOverlay(overlay).build())));
      }
      for (Future<?> call : calls) {
        call.get(60, TimeUnit.SECONDS);
      }
      calls.clear();
      for (int i = 0; i < callers; i++) {
        String owner = "owner" + i;
        calls.add(
            threads.submit(
                () ->
                    catalog.updateTableOverlay(
                        UpdateTableOverlayRequest.newBuilder()
                            .setName(name("clicks0"))
                            .setOverlay(overlay.toBuilder().setOwner(owner))
                            .build())));
      }
      for (Future<?> call : calls) {
        call.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(table("clicks0").getVersion()).isEqualTo(1 + callers);
  }

  // ---- Dropping ----

  @Test
  void aDroppedTableIsGoneAndComesBackWithoutItsOverlay() {
    register("int64 id = 1;");
    catalog.registerTable(
        request("clicks").setOverlay(Overlay.newBuilder().setOwner("ann")).build());

    DropTableRequest drop = DropTableRequest.newBuilder().setName(name("clicks")).build();
    assertThat(catalog.dropTable(drop)).isNotNull();

    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refused(() -> binding("clicks", 1)).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refused(() -> catalog.dropTable(drop)).getStatus().getDescription())
        .isEqualTo(
            "Table 'clicks' does not exist in database '"
                + source
                + "'. List the database's tables, or crawl its source if the table is new.");
    Table back = catalog.registerTable(request("clicks").build()).getTable();
    assertThat(back.getVersion()).isEqualTo(3);
    assertThat(back.getOverlay().getOwner()).isEmpty();
  }

  @Test
  void aRemovedSourceTakesItsTablesAlong() {
    register("int64 id = 1;");
    catalog.registerTable(request("clicks").build());
    sources.deleteSource(DeleteSourceRequest.newBuilder().setName(source).build());
    assertThat(refused(() -> table("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(
            schemas
                .deleteSchema(DeleteSchemaRequest.newBuilder().setSubject(subject).build())
                .getVersionsList())
        .containsExactly(1L);
  }

  // ---- Following ----

  @Test
  void tablesFollowASubjectAndABindingOfAnOldVersionHasItsDescriptor() {
    int first = register("int64 id = 1; string page = 2;").getSchema().getId();
    catalog.registerTable(confluent("clicks").build());
    catalog.registerTable(
        confluent("pinned")
            .setRegistration(
                confluent("pinned").getRegistration().toBuilder()
                    .setSchemas(
                        0,
                        SchemaUse.newBuilder().setRole("value").setSubject(subject).setVersion(1)))
            .build());
    Binding before = binding("clicks", 0);

    RegisterSchemaResponse second =
        register("reserved 2; reserved \"page\"; int64 id = 1; int32 more = 3;");

    assertThat(second.getUpdatedTablesList()).containsExactly(source + ".clicks");
    assertThat(columns(table("clicks"))).containsExactly("id", "more");
    assertThat(columns(table("pinned"))).containsExactly("id", "page");
    assertThat(table("pinned").getPhysical().getRegistration().getSchemas(0).getPinned()).isTrue();
    assertThat(binding("clicks", 1)).isEqualTo(before);
    assertThat(option(before, "value.protobuf-descriptor.schema-id")).isEqualTo("" + first);
    Binding after = binding("clicks", 0);
    assertThat(option(after, "value.protobuf-descriptor.schema-id"))
        .isEqualTo("" + second.getSchema().getId());
    assertThat(option(after, "value.protobuf-descriptor.descriptor-set"))
        .isNotEqualTo(option(before, "value.protobuf-descriptor.descriptor-set"));
    assertThat(binding("pinned", 0).getOptionsList())
        .contains(
            before.getOptionsList().stream()
                .filter(o -> o.getKey().endsWith("descriptor-set"))
                .findFirst()
                .orElseThrow());
  }

  private RegisterTableRequest.Builder confluent(String table) {
    return request(table)
        .setRegistration(
            valueOf(subject, "").toBuilder()
                .putOptions("value.protobuf-descriptor.framing", "confluent"));
  }

  @Test
  void anIncompatibleVersionIsRefusedWithEachPlaceAndNothingChanges() {
    register("int64 id = 1; string page = 2;");
    catalog.registerTable(request("clicks").build());
    RegisterSchemaRequest wrong = schema("string id = 1;").build();

    StatusRuntimeException failure = refused(() -> schemas.registerSchema(wrong));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(details(failure, ErrorInfo.class).getReason()).isEqualTo("INCOMPATIBLE");
    assertThat(failure.getStatus().getDescription())
        .startsWith(
            "The schema is not compatible with subject '"
                + subject
                + "' (BACKWARD_TRANSITIVE); nothing was registered.\n")
        .contains("click.proto:3:");
    assertThat(violations(failure)).hasSize(2);
    CheckSchemaResponse checked =
        schemas.checkSchema(CheckSchemaRequest.newBuilder().setRegistration(wrong).build());
    assertThat(checked.getVersion()).isZero();
    assertThat(checked.getIncompatibilitiesList()).hasSize(2);
    assertThat(checked.getIncompatibilitiesList())
        .allSatisfy(
            found -> {
              assertThat(found.getVersion()).isEqualTo(1);
              assertThat(found.getOldPlace()).contains("click.proto:3:");
              assertThat(found.getRemedy()).isNotEmpty();
            });
    assertThat(table("clicks").getVersion()).isEqualTo(1);
  }

  @Test
  void versionsOfAKindWithoutRulesAreNotSaidToFit() {
    for (String type : List.of("integer", "string")) {
      schemas.registerSchema(
          RegisterSchemaRequest.newBuilder()
              .setSubject(subject)
              .setKind("json")
              .setCompatibility(Compatibility.COMPATIBILITY_NONE)
              .setContent(
                  SchemaContent.newBuilder()
                      .addFiles(
                          SchemaFile.newBuilder()
                              .setName("click.json")
                              .setText(
                                  "{\"type\": \"object\", \"properties\": {\"id\": {\"type\": \""
                                      + type
                                      + "\"}}}")))
              .build());
    }

    DiffSchemasResponse differences =
        schemas.diffSchemas(
            DiffSchemasRequest.newBuilder().setSubject(subject).setOldVersion(1).build());

    assertThat(differences.getNewSchema().getVersion()).isEqualTo(2);
    assertThat(differences.getNotCompared())
        .isEqualTo("There are no rules yet for schemas of kind json.");
  }

  @Test
  void aVersionThatTablesCannotFollowIsRefusedAndTheTablesAreNamed() {
    schemas.registerSchema(
        schema("int64 id = 1;").setCompatibility(Compatibility.COMPATIBILITY_NONE).build());
    catalog.registerTable(request("a").build());
    catalog.registerTable(request("b").build());
    RegisterSchemaRequest without =
        RegisterSchemaRequest.newBuilder()
            .setSubject(subject)
            .setContent(
                content("syntax = \"proto3\";\npackage shop;\nmessage Other { int32 x = 1; }"))
            .build();
    String a = "Table " + source + ".a: ";
    String b = "Table " + source + ".b: ";

    StatusRuntimeException failure = refused(() -> schemas.registerSchema(without));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(details(failure, ErrorInfo.class).getReason()).isEqualTo("TABLES_BROKEN");
    assertThat(failure.getStatus().getDescription())
        .contains(a, b, "The schema has no message 'shop.Click'. It has: shop.Other.");
    CheckSchemaResponse checked =
        schemas.checkSchema(CheckSchemaRequest.newBuilder().setRegistration(without).build());
    assertThat(checked.getBrokenTablesList())
        .satisfiesExactly(
            text -> assertThat(text).startsWith(a), text -> assertThat(text).startsWith(b));
    assertThat(checked.getVersion()).isZero();
    assertThat(table("a").getVersion()).isEqualTo(1);
    StatusRuntimeException used =
        refused(
            () ->
                schemas.deleteSchema(DeleteSchemaRequest.newBuilder().setSubject(subject).build()));
    assertThat(used.getStatus().getDescription())
        .isEqualTo(
            "Subject '"
                + subject
                + "' is not deleted: it is used by tables "
                + source
                + ".a, "
                + source
                + ".b. Drop the tables, or register with another schema, first.");
  }

  @Test
  void aSchemaThatDoesNotCompileSaysWhere() {
    RegisterSchemaRequest broken =
        RegisterSchemaRequest.newBuilder()
            .setSubject(subject)
            .setContent(
                content("syntax = \"proto3\";\nmessage A { Nope x = 1; }\nmessage B { No y = 1; }"))
            .build();
    StatusRuntimeException failure = refused(() -> schemas.registerSchema(broken));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(violations(failure))
        .satisfiesExactly(
            text -> assertThat(text).startsWith("click.proto:2:13: "),
            text -> assertThat(text).startsWith("click.proto:3:13: "));
    assertThat(
            schemas
                .checkSchema(CheckSchemaRequest.newBuilder().setRegistration(broken).build())
                .getFaultsList())
        .extracting(CheckSchemaResponse.Fault::getPlace)
        .containsExactly("click.proto:2:13", "click.proto:3:13");
  }

  // ---- Crawling ----

  @Test
  void aCrawlTellsTopicsWithoutTableAndTablesWithoutTopicAndChangesNothing() {
    String lonely = topic + "-lonely";
    kafka.createTopic(topic, 1);
    kafka.createTopic(lonely, 1);
    register("int64 id = 1;");
    catalog.registerTable(request("clicks").build());
    catalog.registerTable(
        request("gone")
            .setRegistration(valueOf(subject, "").toBuilder().putOptions("topic", topic + "-gone"))
            .build());
    catalog.registerTable(
        request("own")
            .setRegistration(Registration.newBuilder().putOptions("connector", "datagen"))
            .addColumns(column("id", "INT"))
            .build());

    CrawlRun run = crawl();

    assertThat(run.getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
    assertThat(run.getDatabases(0).getUnchanged()).isEqualTo(3);
    assertThat(run.getDatabases(0).getProblemsList())
        .filteredOn(
            problem -> problem.getTable().startsWith(topic) || problem.getTable().equals("gone"))
        .extracting(
            problem -> problem.getTable(),
            problem -> problem.getProblem().getKind(),
            problem -> problem.getProblem().getMessage())
        .containsExactlyInAnyOrder(
            tuple(lonely, Problem.Kind.KIND_UNREGISTERED, "has no table."),
            tuple(
                "gone",
                Problem.Kind.KIND_BROKEN,
                "'" + topic + "-gone', which it is over, is not in the source."));
    assertThat(table("gone").getVersion()).isEqualTo(1);
  }

  private CrawlRun crawl() {
    Iterator<CrawlEvent> events =
        sources.runCrawl(RunCrawlRequest.newBuilder().setSource(source).build());
    CrawlEvent last = events.next();
    while (events.hasNext()) {
      last = events.next();
    }
    return last.getFinished();
  }

  // ---- What the tests have in common ----

  private RegisterSchemaResponse register(String fields) {
    return schemas.registerSchema(schema(fields).build());
  }

  private RegisterSchemaRequest.Builder schema(String fields) {
    return RegisterSchemaRequest.newBuilder()
        .setSubject(subject)
        .setContent(
            content("syntax = \"proto3\";\npackage shop;\nmessage Click { " + fields + " }\n"));
  }

  private static SchemaContent content(String text) {
    return SchemaContent.newBuilder()
        .addFiles(SchemaFile.newBuilder().setName("click.proto").setText(text))
        .build();
  }

  private TableName name(String table) {
    return TableName.newBuilder().setDatabase(source).setTable(table).build();
  }

  private Registration valueOf(String usedSubject, String message) {
    return Registration.newBuilder()
        .putOptions("topic", topic)
        .addSchemas(
            SchemaUse.newBuilder().setRole("value").setSubject(usedSubject).setMessage(message))
        .build();
  }

  private RegisterTableRequest.Builder request(String table) {
    return RegisterTableRequest.newBuilder()
        .setName(name(table))
        .setRegistration(valueOf(subject, ""))
        .setEngine(FLINK);
  }

  private static PhysicalColumn column(String name, String type) {
    return PhysicalColumn.newBuilder().setName(name).setNativeType(type).setNullable(true).build();
  }

  private Table table(String table) {
    return catalog.getTable(
        GetTableRequest.newBuilder().setName(name(table)).setEngine(FLINK).build());
  }

  private static List<String> columns(Table table) {
    return table.getPhysical().getColumnsList().stream().map(PhysicalColumn::getName).toList();
  }

  private Binding binding(String table, long version) {
    return bindings.resolveBinding(
        ResolveBindingRequest.newBuilder()
            .setName(name(table))
            .setVersion(version)
            .setRole(ResolveBindingRequest.Role.ROLE_SOURCE)
            .setRuntimeMode(ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_STREAMING)
            .setEngine(FLINK)
            .build());
  }

  private static String option(Binding binding, String key) {
    return binding.getOptionsList().stream()
        .filter(option -> option.getKey().equals(key))
        .map(Binding.Option::getValue)
        .findFirst()
        .orElseThrow();
  }

  private static StatusRuntimeException refused(
      Status.Code code, RegisterTableRequest.Builder request) {
    StatusRuntimeException failure = refused(() -> catalog.registerTable(request.build()));
    assertThat(failure.getStatus().getCode()).as(failure.getMessage()).isEqualTo(code);
    return failure;
  }

  private static StatusRuntimeException refused(Supplier<?> call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call::get);
    assertThat(failure).isNotNull();
    assertThat(failure.toString()).doesNotContain(SECRET);
    assertThat(String.valueOf(StatusProto.fromThrowable(failure))).doesNotContain(SECRET);
    return failure;
  }

  private static List<String> violations(StatusRuntimeException failure) {
    return details(failure, BadRequest.class).getFieldViolationsList().stream()
        .map(violation -> violation.getField() + ": " + violation.getDescription())
        .toList();
  }

  private static <T extends com.google.protobuf.Message> T details(
      StatusRuntimeException failure, Class<T> type) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    assertThat(status).isNotNull();
    return status.getDetailsList().stream()
        .filter(detail -> detail.is(type))
        .map(
            detail -> {
              try {
                return detail.unpack(type);
              } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
              }
            })
        .findFirst()
        .orElseThrow();
  }
}
