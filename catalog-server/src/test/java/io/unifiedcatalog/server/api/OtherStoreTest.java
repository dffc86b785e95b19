package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

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
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc.CatalogServiceBlockingStub;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListTableVersionsRequest;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.store.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server resolves no reference to a table of another store, though it has one of that name. */
class OtherStoreTest {
  private static final Engine FLINK =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();
  private static final TableName SAME =
      TableName.newBuilder().setDatabase("kafka").setTable("same").build();

  @TempDir private static Path directory;
  private static HikariDataSource database;
  private static HikariDataSource otherDatabase;
  private static Running server;
  private static Running other;

  private record Running(CatalogServer server, ManagedChannel channel) implements AutoCloseable {
    static Running on(HikariDataSource database, String name) {
      Path home = directory.resolve(name);
      assertThat(home.toFile().isDirectory() || home.toFile().mkdir()).isTrue();
      List<String> flags = new ArrayList<>(TestPostgres.flags(database, home));
      flags.addAll(
          List.of("--listen=127.0.0.1:0", "--no-auth", "--data-dir=" + home.resolve("data")));
      CatalogServer server = CatalogServer.start(ServerConfig.read(flags, Map.of()));
      return new Running(
          server,
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build());
    }

    CatalogServiceBlockingStub catalog() {
      return CatalogServiceGrpc.newBlockingStub(channel);
    }

    Table table() {
      return catalog()
          .getTable(GetTableRequest.newBuilder().setName(SAME).setEngine(FLINK).build());
    }

    Binding resolve(ResolveBindingRequest.Builder request) {
      return BindingServiceGrpc.newBlockingStub(channel).resolveBinding(request.build());
    }

    StatusRuntimeException refuses(ResolveBindingRequest.Builder request) {
      StatusRuntimeException refusal =
          catchThrowableOfType(StatusRuntimeException.class, () -> resolve(request));
      assertThat(refusal).as("it was resolved").isNotNull();
      return refusal;
    }

    /** Adds a source of a name that both servers have, and the table over a topic. */
    void register(String topic) {
      var unused =
          SourceServiceGrpc.newBlockingStub(channel)
              .createSource(
                  CreateSourceRequest.newBuilder()
                      .setSource(
                          Source.newBuilder()
                              .setName("kafka")
                              .setKind("kafka")
                              // Nobody listens there; no test asks it.
                              .putOptions("bootstrap-servers", "127.0.0.1:1"))
                      .build());
      var registered =
          catalog()
              .registerTable(
                  RegisterTableRequest.newBuilder()
                      .setName(SAME)
                      .setSkipCheck(true)
                      .setRegistration(
                          Registration.newBuilder()
                              .putOptions("topic", topic)
                              .putOptions("value.format", "json"))
                      .addColumns(
                          PhysicalColumn.newBuilder()
                              .setName("id")
                              .setNativeType("BIGINT")
                              .setNullable(true))
                      .build());
      assertThat(registered.getTable().getStore()).isEqualTo(table().getStore());
    }

    @Override
    public void close() {
      channel.shutdownNow();
      server.close();
    }
  }

  @BeforeAll
  static void start() {
    database = TestPostgres.BUNDLED.migratedDatabase();
    otherDatabase = TestPostgres.BUNDLED.migratedDatabase();
    server = Running.on(database, "one");
    other = Running.on(otherDatabase, "other");
    server.register("one");
    other.register("other");
  }

  @AfterAll
  static void stop() {
    server.close();
    other.close();
    database.close();
    otherDatabase.close();
  }

  private static ResolveBindingRequest.Builder request() {
    return ResolveBindingRequest.newBuilder()
        .setName(SAME)
        .setRole(ResolveBindingRequest.Role.ROLE_SINK)
        .setRuntimeMode(ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_STREAMING)
        .setEngine(FLINK);
  }

  private static String topic(Binding binding) {
    return binding.getOptionsList().stream()
        .filter(option -> option.getKey().equals("topic"))
        .map(Binding.Option::getValue)
        .findFirst()
        .orElseThrow();
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
              } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new AssertionError(e);
              }
            })
        .findFirst()
        .orElseThrow();
  }

  private static List<String> sql(String query) {
    return Jdbi.create(database)
        .withHandle(handle -> handle.createQuery(query).mapTo(String.class).list());
  }

  @Test
  void everyAnswerAboutATableNamesTheStoreThatItIsIn() {
    String store = sql("SELECT id::text FROM store_identity").get(0);
    assertThat(server.table().getStore()).isEqualTo(store);
    assertThat(
            server
                .catalog()
                .getTable(GetTableRequest.newBuilder().setName(SAME).setVersion(1).build())
                .getStore())
        .isEqualTo(store);
    assertThat(
            server
                .catalog()
                .listTableVersions(ListTableVersionsRequest.newBuilder().setName(SAME).build())
                .getVersionsList())
        .extracting(Table::getStore)
        .containsOnly(store);
    assertThat(
            server
                .catalog()
                .updateTableOverlay(
                    UpdateTableOverlayRequest.newBuilder()
                        .setName(SAME)
                        .setOverlay(Overlay.newBuilder().setComment("seen"))
                        .build())
                .getStore())
        .isEqualTo(store);
    assertThat(server.resolve(request()).getStore()).isEqualTo(store);
    assertThat(server.resolve(request().setStore(store)).getStore()).isEqualTo(store);
    assertThat(other.table().getStore()).isNotEqualTo(store);
  }

  @Test
  void serversOnOneStoreNameTheSameAndSoDoesOneThatStartsAgain() {
    String store = server.table().getStore();
    for (int start = 0; start < 2; start++) {
      try (Running second = Running.on(database, "one")) {
        assertThat(second.table().getStore()).isEqualTo(store);
        assertThat(topic(second.resolve(request().setStore(store)))).isEqualTo("one");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ROLE_SINK, RUNTIME_MODE_STREAMING, 0, same",
    "ROLE_SINK, RUNTIME_MODE_BATCH, 1, same",
    "ROLE_SOURCE, RUNTIME_MODE_STREAMING, 1, same",
    "ROLE_SOURCE, RUNTIME_MODE_BATCH, 0, same",
    "ROLE_SOURCE, RUNTIME_MODE_BATCH, 9, same",
    "ROLE_SOURCE, RUNTIME_MODE_BATCH, 0, nothing"
  })
  void aReferenceOfAnotherStoreIsRefusedWhateverItIsUsedFor(
      ResolveBindingRequest.Role role,
      ResolveBindingRequest.RuntimeMode mode,
      long version,
      String table) {
    String here = server.table().getStore();
    String there = other.table().getStore();

    StatusRuntimeException refusal =
        server.refuses(
            request()
                .setName(SAME.toBuilder().setTable(table))
                .setRole(role)
                .setRuntimeMode(mode)
                .setVersion(version)
                .setStore(there));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refusal.getStatus().getDescription())
        .isEqualTo(
            "The reference to table kafka."
                + table
                + " is of another store: it names "
                + there
                + ", and this server has "
                + here
                + ". A table of that name here may be another one, so it is not used. Ask a server"
                + " of that store, or make the reference again with this server.");
    ErrorInfo info = details(refusal, ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo("OTHER_STORE");
    assertThat(info.getMetadataMap())
        .containsOnly(
            Map.entry("table", "kafka." + table),
            Map.entry("store", there),
            Map.entry("server", here));
  }

  @Test
  void aRefusalIsAudited() {
    String stranger = UUID.randomUUID().toString();
    server.refuses(request().setStore(stranger));
    assertThat(sql("SELECT reason FROM binding_audit WHERE NOT allowed"))
        .anySatisfy(reason -> assertThat(reason).contains("another store").contains(stranger));
  }

  @Test
  void aReferenceWithoutAStoreIsResolvedAsThoseOfEarlierReleasesAre() {
    assertThat(topic(server.resolve(request()))).isEqualTo("one");
    assertThat(topic(other.resolve(request()))).isEqualTo("other");
  }

  @Test
  void theCaseOfAnIdDoesNotMatter() {
    String store = server.table().getStore().toUpperCase(Locale.ROOT);
    assertThat(topic(server.resolve(request().setStore(store)))).isEqualTo("one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-1-1-1-1",
        "kafka",
        " ",
        "00000000-0000-0000-0000-00000000000g",
        "00000000-0000-0000-0000-0000000000000",
        "{00000000-0000-0000-0000-000000000000}"
      })
  void whatIsNoIdIsNamedAsSuch(String store) {
    StatusRuntimeException refusal = server.refuses(request().setStore(store));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(details(refusal, BadRequest.class).getFieldViolationsList())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.getField()).isEqualTo("store");
              assertThat(violation.getDescription())
                  .isEqualTo(
                      "'"
                          + store
                          + "' is not the id of a store, which is a UUID. Use the one that GetTable"
                          + " answers, or leave it empty");
            });
  }
}
