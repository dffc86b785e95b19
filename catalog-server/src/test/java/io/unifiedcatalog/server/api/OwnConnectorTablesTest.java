package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc.CatalogServiceBlockingStub;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.store.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may register a table with a connector of its own, and over what. */
class OwnConnectorTablesTest {
  private static final String CATALOG = "catalog-token-of-a-test";
  private static final String BINDING = "binding-token-of-a-test";
  private static final Registration OWN =
      Registration.newBuilder().putOptions("connector", "datagen").build();

  private static CatalogServer server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    Path catalog = Files.writeString(directory.resolve("catalog-token"), CATALOG + "\n");
    Path binding = Files.writeString(directory.resolve("binding-token"), BINDING + "\n");
    server =
        CatalogServer.start(
            ServerConfig.read(
                List.of(
                    "--listen=127.0.0.1:0",
                    "--data-dir=" + directory.resolve("data"),
                    "--catalog-token-file=" + catalog,
                    "--binding-token-file=" + binding,
                    "--store-binaries=" + TestPostgres.BINARIES),
                Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    var unused =
        SourceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token(BINDING)))
            .createSource(
                CreateSourceRequest.newBuilder()
                    .setSource(
                        Source.newBuilder()
                            .setName("kafka")
                            .setKind("kafka")
                            // Nobody listens there; no test asks it.
                            .putOptions("bootstrap-servers", "127.0.0.1:1"))
                    .build());
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  private static Metadata token(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return headers;
  }

  private static CatalogServiceBlockingStub as(String token) {
    return CatalogServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token(token)));
  }

  private static RegisterTableRequest.Builder own(String table) {
    return request(table, OWN);
  }

  private static RegisterTableRequest.Builder bound(String table) {
    return request(
        table,
        Registration.newBuilder()
            .putOptions("topic", table)
            .putOptions("value.format", "json")
            .build());
  }

  private static RegisterTableRequest.Builder request(String table, Registration registration) {
    return RegisterTableRequest.newBuilder()
        .setName(name(table))
        .setSkipCheck(true)
        .setRegistration(registration)
        .addColumns(
            PhysicalColumn.newBuilder().setName("id").setNativeType("BIGINT").setNullable(true));
  }

  private static TableName name(String table) {
    return TableName.newBuilder().setDatabase("kafka").setTable(table).build();
  }

  private static StatusRuntimeException refused(
      String token, RegisterTableRequest.Builder request) {
    StatusRuntimeException refusal =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> as(token).registerTable(request.build()));
    assertThat(refusal).as("it was registered").isNotNull();
    return refusal;
  }

  private static String connector(String table) {
    return as(CATALOG)
        .getTable(GetTableRequest.newBuilder().setName(name(table)).build())
        .getPhysical()
        .getRegistration()
        .getOptionsOrDefault("connector", "of the source");
  }

  @Test
  void theCatalogTokenCannotRegisterOneAndTheBindingTokenCan() {
    StatusRuntimeException refusal = refused(CATALOG, own("mine"));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refusal).hasMessageContaining("--own-connector-tables");
    as(BINDING).registerTable(own("mine").build());
    assertThat(connector("mine")).isEqualTo("datagen");
    // To read what there is needs no more than before.
    refusal = refused(CATALOG, own("mine").setReplace(true));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void oneNeverTakesTheNameOfABoundTable() {
    as(CATALOG).registerTable(bound("clicks").build());
    for (boolean replace : List.of(true, false)) {
      StatusRuntimeException refusal = refused(BINDING, own("clicks").setReplace(replace));
      assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(refusal).hasMessageContaining("Choose another name");
    }
    assertThat(connector("clicks")).isEqualTo("of the source");

    var unused =
        as(CATALOG).dropTable(DropTableRequest.newBuilder().setName(name("clicks")).build());
    assertThat(refused(BINDING, own("clicks")).getStatus().getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Test
  void oneIsReplacedByAnotherAndComesBackAfterADrop() {
    as(BINDING).registerTable(own("later").build());
    Registration slower = OWN.toBuilder().putOptions("rows-per-second", "1").build();
    as(BINDING).registerTable(request("later", slower).setReplace(true).build());
    var unused =
        as(BINDING).dropTable(DropTableRequest.newBuilder().setName(name("later")).build());
    as(BINDING).registerTable(own("later").build());
    assertThat(connector("later")).isEqualTo("datagen");
    as(CATALOG).registerTable(bound("later").setReplace(true).build());
    assertThat(connector("later")).isEqualTo("of the source");
  }

  @Test
  void itsOptionsAreCheckedForTheBindingTokenToo() {
    StatusRuntimeException refusal =
        refused(
            BINDING,
            request(
                "file",
                Registration.newBuilder()
                    .putOptions("connector", "filesystem")
                    .putOptions("path", "file:///var/lib/unified-catalog/bind.token")
                    .putOptions("format", "raw")
                    .build()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal).hasMessageContaining("--own-connector-paths");
  }
}
