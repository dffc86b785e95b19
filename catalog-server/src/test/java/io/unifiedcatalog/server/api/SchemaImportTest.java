package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.GetSchemaRequest;
import io.unifiedcatalog.proto.v1.GetSubjectRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasResponse.Outcome;
import io.unifiedcatalog.proto.v1.ListSchemasRequest;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.model.SchemaContent.Reference;
import io.unifiedcatalog.server.source.kafka.ConfluentRegistryStandIn;
import io.unifiedcatalog.server.store.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Imports into a real server from a stand-in for a registry, as none is at hand. Each test has a
 * stand-in, a source and subjects of its own.
 */
class SchemaImportTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static HikariDataSource database;
  private static CatalogServer server;
  private static ManagedChannel channel;
  private static SourceServiceGrpc.SourceServiceBlockingStub sources;
  private static SchemaServiceGrpc.SchemaServiceBlockingStub schemas;
  private static CatalogServiceGrpc.CatalogServiceBlockingStub catalog;

  private ConfluentRegistryStandIn standIn;
  private String source;

  @BeforeAll
  static void startServer(@TempDir Path directory) {
    database = TestPostgres.BUNDLED.migratedDatabase();
    List<String> flags = new ArrayList<>(TestPostgres.flags(database, directory));
    flags.addAll(
        List.of("--listen=127.0.0.1:0", "--no-auth", "--data-dir=" + directory.resolve("data")));
    server = CatalogServer.start(ServerConfig.read(flags, Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    sources = SourceServiceGrpc.newBlockingStub(channel);
    schemas = SchemaServiceGrpc.newBlockingStub(channel);
    catalog = CatalogServiceGrpc.newBlockingStub(channel);
  }

  @AfterAll
  static void stopServer() {
    channel.shutdownNow();
    server.close();
    database.close();
  }

  @BeforeEach
  void addSource() {
    int number = NUMBER.incrementAndGet();
    source = "k" + number;
    // Each gives ids of its own, as the tests share one catalog.
    standIn = ConfluentRegistryStandIn.start("", 1_000 * number);
    sources.createSource(
        CreateSourceRequest.newBuilder().setSource(sourceOf(source, standIn)).build());
  }

  @AfterEach
  void stopStandIn() {
    standIn.close();
  }

  @Test
  void everyVersionIsImportedWithItsNumberAndItsId() {
    String subject = source + "-value";
    int first = standIn.register(subject, "AVRO", record("Click", "id"));
    standIn.register(subject, "AVRO", record("Click", "id", "gone"));
    int third = standIn.register(subject, "AVRO", record("Click", "id", "page"));
    standIn.delete(subject, 2);

    assertThat(importAll()).containsExactly(imported(subject, 2));

    assertThat(versions(subject))
        .extracting(Schema::getVersion, Schema::getId)
        .containsExactly(tuple(3L, third), tuple(1L, first));
    Schema schema = schema(subject, 1);
    assertThat(schema.getKind()).isEqualTo("avro");
    assertThat(schema.getContent().getFiles(0).getText()).isEqualTo(record("Click", "id"));
    assertThat(schema.getMessagesList()).containsExactly("shop.Click");
    assertThat(schemas.getSchema(GetSchemaRequest.newBuilder().setId(third).build()))
        .isEqualTo(schema(subject, 3));
    assertThat(refused(() -> schema(subject, 2)).getStatus().getDescription())
        .isEqualTo(
            "Subject '"
                + subject
                + "' has no version 2, or it was deleted. See `catalog schema list "
                + subject
                + "`.");
  }

  @Test
  void aSecondImportBringsWhatIsNewAndNothingElse() {
    String subject = source + "-value";
    standIn.register(subject, "AVRO", record("Click", "id"));
    importAll();
    List<Schema> before = versions(subject);

    assertThat(importAll())
        .containsExactly(
            Outcome.newBuilder().setSubject(subject).setImported(0).setExisted(1).build());

    assertThat(versions(subject)).isEqualTo(before);
    standIn.register(subject, "AVRO", record("Click", "id", "page"));
    assertThat(importAll())
        .containsExactly(
            Outcome.newBuilder().setSubject(subject).setImported(1).setExisted(1).build());
    assertThat(versions(subject)).hasSize(2);
  }

  @Test
  void whatAProtobufSubjectRefersToComesAlongUnderTheNameOfTheReference() {
    String money = source + "-money";
    String price = source + "-price";
    String orders = source + "-orders";
    String other = source + "-other";
    standIn.register(
        money, "PROTOBUF", "syntax = \"proto3\"; package shop; message Money { int64 units = 1; }");
    standIn.register(
        price,
        "PROTOBUF",
        "syntax = \"proto3\"; package shop; import \"common/money.proto\";"
            + " message Price { Money net = 1; }",
        new Reference("common/money.proto", money, 1));
    standIn.register(
        orders,
        "PROTOBUF",
        "syntax = \"proto3\"; package shop; import \"price.proto\";"
            + " import \"google/protobuf/timestamp.proto\";"
            + " message Order { int64 id = 1; Price price = 2; google.protobuf.Timestamp at = 3; }",
        new Reference("price.proto", price, 1));
    standIn.register(other, "PROTOBUF", "syntax = \"proto3\"; message Other { int32 id = 1; }");

    assertThat(importOf(orders))
        .containsExactlyInAnyOrder(imported(money, 1), imported(price, 1), imported(orders, 1));

    Schema schema = schema(orders, 1);
    assertThat(schema.getMessagesList()).contains("shop.Order");
    assertThat(schema.getContent().getReferencesList())
        .extracting(
            reference -> reference.getName(),
            reference -> reference.getSubject(),
            reference -> reference.getVersion())
        .containsExactly(tuple("price.proto", price, 1L));
    assertThat(columnsOf(orders, "shop.Order")).containsExactly("id", "price", "at");
    assertThat(refused(() -> schema(other, 1)).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void whatAnAvroSubjectRefersToComesAlongByItsFullName() {
    String money = source + "-money";
    String orders = source + "-orders";
    standIn.register(money, "AVRO", record("Money", "currency"));
    standIn.register(
        orders,
        "AVRO",
        """
        {"type": "record", "name": "Order", "namespace": "shop",
         "fields": [{"name": "price", "type": "shop.Money"}]}
        """,
        new Reference("shop.Money", money, 1));
    assertThat(importOf(orders)).containsExactly(imported(money, 1), imported(orders, 1));
    assertThat(columnsOf(orders, "")).containsExactly("price");
  }

  @Test
  void equalContentOfTwoSubjectsKeepsItsOneId() {
    String one = source + "-a";
    String two = source + "-b";
    int id = standIn.register(one, "AVRO", record("Click", "id"));
    standIn.register(two, "AVRO", record("Click", "other"));
    assertThat(standIn.register(two, "AVRO", record("Click", "id"))).isEqualTo(id);

    assertThat(importAll()).containsExactly(imported(one, 1), imported(two, 2));

    assertThat(schema(one, 1).getId()).isEqualTo(id);
    assertThat(schema(two, 2).getId()).isEqualTo(id);
  }

  @Test
  void anIdThatStandsForOtherContentHereIsRefusedAndTheOtherSubjectsAreImported() {
    String taken = source + "-taken";
    int id = standIn.register(taken, "AVRO", record("Click", "id"));
    importAll();
    try (ConfluentRegistryStandIn second = ConfluentRegistryStandIn.start("", id - 1)) {
      String name = source + "b";
      sources.createSource(
          CreateSourceRequest.newBuilder().setSource(sourceOf(name, second)).build());
      second.register(name + "-a", "AVRO", record("Other", "x"));
      second.register(name + "-b", "AVRO", record("Other", "y"));
      assertThat(importFrom(name))
          .containsExactly(
              failed(
                  name + "-a",
                  "The id "
                      + id
                      + " of version 1 of subject '"
                      + name
                      + "-a' is taken here by other content, "
                      + taken
                      + " version 1. Two registries with ids of their own cannot be imported into"
                      + " one catalog."),
              imported(name + "-b", 1));
      assertThat(refused(() -> schema(name + "-a", 0)).getStatus().getCode())
          .isEqualTo(Status.Code.NOT_FOUND);
    }
  }

  @Test
  void subjectsThatReferToEachOtherAreRefusedAndTheWayIsShown() {
    String a = source + "-a";
    String b = source + "-b";
    String c = source + "-c";
    String self = source + "-self";
    standIn.register(a, "PROTOBUF", "syntax = \"proto3\";", new Reference("b.proto", b, 1));
    standIn.register(b, "PROTOBUF", "syntax = \"proto3\";", new Reference("c.proto", c, 1));
    standIn.register(c, "PROTOBUF", "syntax = \"proto3\";", new Reference("b.proto", b, 1));
    standIn.register(self, "AVRO", record("Click", "id"));
    standIn.register(self, "AVRO", record("Page", "id"), new Reference("shop.Click", self, 1));

    assertThat(importAll())
        .containsExactly(
            failed(a, "The subject refers to subject '" + b + "', which was not imported."),
            failed(b, "The subject refers to subject '" + c + "', which was not imported."),
            failed(c, "The subject refers to itself: " + b + " -> " + c + " -> " + b + "."),
            failed(self, "The subject has a version that refers to another of its own."));
  }

  @Test
  void aChainOfReferencesThatIsTooLongIsRefused() {
    int length = 250;
    for (int i = 0; i < length; i++) {
      String next = source + "-" + (1_000 + i + 1);
      standIn.register(
          source + "-" + (1_000 + i), "AVRO", "\"int\"", new Reference("x.X", next, 1));
    }
    List<Outcome> outcomes = importOf(source + "-1000");
    assertThat(outcomes.get(outcomes.size() - 1))
        .isEqualTo(
            failed(source + "-1200", "The subject is referred to over more than 200 others."));
    assertThat(outcomes.get(0))
        .isEqualTo(
            failed(
                source + "-1000",
                "The subject refers to subject '" + source + "-1001', which was not imported."));
  }

  @Test
  void whatCannotBeImportedSaysWhyAndTheRestIs() {
    String broken = source + "-broken";
    String mixed = source + "-mixed";
    String lost = source + "-lost";
    String good = source + "-good";
    standIn.register(broken, "PROTOBUF", "syntax = \"proto3\"; message A { int32 id = 1; }");
    standIn.register(broken, "PROTOBUF", "syntax = \"proto3\";\nmessage A { int32 id = ; }");
    standIn.register(mixed, "AVRO", record("Click", "id"));
    standIn.register(mixed, "JSON", "{\"type\": \"object\"}");
    standIn.register(lost, "AVRO", record("Click", "lost"), new Reference("x.X", "no where", 1));
    standIn.register(good, "AVRO", record("Click", "good"));
    standIn.register("a b/" + source, "AVRO", record("Click", "odd"));

    List<Outcome> outcomes = importAll();

    assertThat(outcomes)
        .extracting(Outcome::getSubject)
        .containsExactly("a b/" + source, broken, good, lost, mixed, "no where");
    assertThat(outcomes.get(0).getMessage())
        .isEqualTo(
            "The subject is no name here: use letters, digits, '_', '.' and '-', at most 249.");
    assertThat(outcomes.get(1).getMessage()).contains(broken + ".proto:2:");
    assertThat(outcomes.get(2)).isEqualTo(imported(good, 1));
    assertThat(outcomes.get(3).getMessage())
        .isEqualTo("The subject refers to subject 'no where', which was not imported.");
    assertThat(outcomes.get(4).getMessage())
        .isEqualTo("The subject has versions of kind avro and of kind json.");
    assertThat(refused(() -> schema(broken, 1)).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void aSubjectThatIsNotInTheRegistryIsNamed() {
    assertThat(importOf(source + "-nothing"))
        .containsExactly(
            failed(
                source + "-nothing",
                "The schema registry "
                    + standIn.url()
                    + " answers HTTP 404 and says: Subject '"
                    + source
                    + "-nothing' not found. (GET /subjects/"
                    + source
                    + "-nothing/versions)."));
    assertThat(importAll()).isEmpty();
  }

  @Test
  void aSubjectThatWasRegisteredHereIsNotOverwritten() {
    String subject = source + "-value";
    standIn.register(subject, "AVRO", record("Click", "there"));
    schemas.registerSchema(
        RegisterSchemaRequest.newBuilder()
            .setSubject(subject)
            .setKind("avro")
            .setContent(
                SchemaContent.newBuilder()
                    .addFiles(
                        SchemaFile.newBuilder()
                            .setName("click.avsc")
                            .setText(record("Click", "here"))))
            .build());
    assertThat(importAll())
        .containsExactly(
            failed(
                subject,
                "Version 1 of subject '"
                    + subject
                    + "' is here already, with other content or another id. Rename the subject here"
                    + " or there."));
    assertThat(schema(subject, 0).getContent().getFiles(0).getText())
        .isEqualTo(record("Click", "here"));
  }

  @Test
  void tablesFollowWhatIsImported() {
    String subject = source + "-value";
    standIn.register(subject, "AVRO", record("Click", "id"));
    importAll();
    columnsOf(subject, "");
    standIn.register(subject, "AVRO", record("Click", "id", "page"));

    importAll();

    Table table =
        catalog.getTable(GetTableRequest.newBuilder().setName(name("of-" + subject)).build());
    assertThat(table.getVersion()).isEqualTo(2);
    assertThat(columns(table)).containsExactly("id", "page");
    assertThat(
            schemas
                .getSubject(GetSubjectRequest.newBuilder().setName(subject).build())
                .getTablesList())
        .containsExactly(source + ".of-" + subject);
  }

  @Test
  void aRegistryThatIsAwayIsNamed() {
    String url = standIn.url();
    standIn.close();
    StatusRuntimeException failure = refused(this::importAll);
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure.getStatus().getDescription())
        .startsWith("The schema registry " + url + " cannot be reached: ");
  }

  @Test
  void aRegistryThatGoesAwayMidwayLeavesWhatCameWhole() {
    String first = source + "-a";
    String second = source + "-b";
    standIn.register(first, "AVRO", record("Click", "id"));
    standIn.register(second, "AVRO", record("Click", "id", "page"));
    standIn.register(second, "AVRO", record("Click", "id", "page", "more"));
    standIn.answer(
        "/subjects/" + second + "/versions/2",
        exchange -> ConfluentRegistryStandIn.send(exchange, 503, "text/plain", "going down"));
    StatusRuntimeException failure = refused(this::importAll);
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(versions(first)).hasSize(1);
    assertThat(refused(() -> schema(second, 0)).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void theRegistryIsAskedWithTheSourcesUserAndPassword() {
    standIn.register(source + "-value", "AVRO", record("Click", "id"));
    standIn.require("ann", "pass-of-a-test");
    assertThat(importFrom(sourceWithPassword("pass-of-a-test"))).hasSize(1);
    StatusRuntimeException failure =
        refused(() -> importFrom(sourceWithPassword("wrong-pass-of-a-test")));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure.getStatus().getDescription())
        .isEqualTo(
            "The schema registry "
                + standIn.url()
                + " refuses the user and the password (HTTP 401 for GET /subjects). Set the"
                + " source's registry user and password.");
  }

  private String sourceWithPassword(String password) {
    String name = source + "p" + NUMBER.incrementAndGet();
    sources.createSource(
        CreateSourceRequest.newBuilder()
            .setSource(
                sourceOf(name, standIn).toBuilder()
                    .putOptions("schema-registry-user", "ann")
                    .putSecrets("schema-registry-password", password))
            .build());
    return name;
  }

  @Test
  void aSourceWithoutARegistrySaysHowItGetsOne() {
    String name = source + "n";
    sources.createSource(
        CreateSourceRequest.newBuilder()
            .setSource(sourceOf(name, standIn).toBuilder().removeOptions("schema-registry-url"))
            .build());
    StatusRuntimeException failure = refused(() -> importFrom(name));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure.getStatus().getDescription())
        .isEqualTo(
            "Source '"
                + name
                + "' names no schema registry to import from. Set its option 'schema-registry-url'"
                + " with `catalog source update`.");
  }

  // ---- What the tests have in common ----

  private static Source sourceOf(String name, ConfluentRegistryStandIn registry) {
    // No cluster answers there: an import asks the registry only.
    return Source.newBuilder()
        .setName(name)
        .setKind("kafka")
        .putOptions("bootstrap-servers", "127.0.0.1:1")
        .putOptions("schema-registry-url", registry.url())
        .build();
  }

  private static String record(String name, String... fields) {
    StringBuilder text =
        new StringBuilder("{\"type\": \"record\", \"namespace\": \"shop\", \"name\": \"")
            .append(name)
            .append("\", \"fields\": [");
    String separator = "";
    for (String field : fields) {
      text.append(separator)
          .append("{\"name\": \"")
          .append(field)
          .append("\", \"type\": [\"null\", \"long\"], \"default\": null}");
      separator = ", ";
    }
    return text.append("]}").toString();
  }

  private List<Outcome> importAll() {
    return importFrom(source);
  }

  private static List<Outcome> importFrom(String name) {
    return schemas
        .importSchemas(ImportSchemasRequest.newBuilder().setSource(name).build())
        .getOutcomesList();
  }

  private List<Outcome> importOf(String subject) {
    return schemas
        .importSchemas(
            ImportSchemasRequest.newBuilder().setSource(source).addSubjects(subject).build())
        .getOutcomesList();
  }

  private static Outcome imported(String subject, int versions) {
    return Outcome.newBuilder().setSubject(subject).setImported(versions).build();
  }

  private static Outcome failed(String subject, String message) {
    return Outcome.newBuilder().setSubject(subject).setMessage(message).build();
  }

  private static List<Schema> versions(String subject) {
    return schemas
        .listSchemas(ListSchemasRequest.newBuilder().setSubject(subject).build())
        .getSchemasList();
  }

  private static Schema schema(String subject, long version) {
    return schemas.getSchema(
        GetSchemaRequest.newBuilder().setSubject(subject).setVersion(version).build());
  }

  private TableName name(String table) {
    return TableName.newBuilder().setDatabase(source).setTable(table).build();
  }

  /** The columns of a table that is registered over a subject. */
  private List<String> columnsOf(String subject, String message) {
    return columns(
        catalog
            .registerTable(
                RegisterTableRequest.newBuilder()
                    .setName(name("of-" + subject))
                    .setSkipCheck(true)
                    .setRegistration(
                        Registration.newBuilder()
                            .putOptions("topic", subject)
                            .addSchemas(
                                SchemaUse.newBuilder()
                                    .setRole("value")
                                    .setSubject(subject)
                                    .setMessage(message)))
                    .build())
            .getTable());
  }

  private static List<String> columns(Table table) {
    return table.getPhysical().getColumnsList().stream().map(PhysicalColumn::getName).toList();
  }

  private static StatusRuntimeException refused(Supplier<?> call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call::get);
    assertThat(failure).isNotNull();
    assertThat(failure.toString()).doesNotContain("pass-of-a-test");
    return failure;
  }
}
