package io.unifiedcatalog.server.api;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.GetDatabaseRequest;
import io.unifiedcatalog.proto.v1.GetServerInfoRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasResponse;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import io.unifiedcatalog.proto.v1.ServerInfo;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What stands before every method, over a real connection. */
@Timeout(120)
class GuardTest {
  private static final String CATALOG_TOKEN = "catalog-token-0123456789";
  private static final String BINDING_TOKEN = "binding-token-0123456789";
  private static final Tokens TOKENS =
      new Tokens(new Secret(CATALOG_TOKEN), new Secret(BINDING_TOKEN));

  @TempDir Path directory;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch importing = new CountDownLatch(1);
  private RuntimeException failure = new IllegalStateException("not chosen");

  /** Answers with who calls, fails as told, or never answers. */
  private final class Databases extends CatalogServiceGrpc.CatalogServiceImplBase {
    @Override
    public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
      observer.onNext(ServerVersion.info());
      observer.onCompleted();
    }

    @Override
    public void getDatabase(GetDatabaseRequest request, StreamObserver<Database> observer) {
      switch (request.getName()) {
        case "throw" -> throw failure;
        case "observe" -> observer.onError(failure);
        case "hang" -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          answer(observer);
        }
        default -> answer(observer);
      }
    }

    private static void answer(StreamObserver<Database> observer) {
      observer.onNext(Database.newBuilder().setName(Caller.current()).build());
      observer.onCompleted();
    }
  }

  private static final class Bindings extends BindingServiceGrpc.BindingServiceImplBase {
    @Override
    public void resolveBinding(ResolveBindingRequest request, StreamObserver<Binding> observer) {
      Caller.requireBindings();
      observer.onNext(Binding.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private final class Imports extends SchemaServiceGrpc.SchemaServiceImplBase {
    @Override
    public void importSchemas(
        ImportSchemasRequest request, StreamObserver<ImportSchemasResponse> observer) {
      importing.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      observer.onNext(ImportSchemasResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private ManagedChannel serve(@Nullable Tokens tokens, Duration deadline) {
    GrpcServer server =
        GrpcServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            tokens,
            deadline,
            List.of(),
            List.of(new Databases(), new Bindings(), new Imports()));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    open.add(() -> channel.shutdownNow().awaitTermination(10, SECONDS));
    open.add(() -> server.endDrain(Duration.ofSeconds(5)));
    return channel;
  }

  private ManagedChannel serve(@Nullable Tokens tokens) {
    return serve(tokens, Duration.ofSeconds(30));
  }

  @AfterEach
  void close() throws Exception {
    release.countDown();
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private static Metadata headers(String... keysAndValues) {
    Metadata headers = new Metadata();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      headers.put(
          Metadata.Key.of(keysAndValues[i], Metadata.ASCII_STRING_MARSHALLER),
          keysAndValues[i + 1]);
    }
    return headers;
  }

  private static CatalogServiceGrpc.CatalogServiceBlockingStub catalog(
      ManagedChannel channel, String... keysAndValues) {
    return CatalogServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(keysAndValues)));
  }

  private static BindingServiceGrpc.BindingServiceBlockingStub bindings(
      ManagedChannel channel, String... keysAndValues) {
    return BindingServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(keysAndValues)));
  }

  private static GetDatabaseRequest database(String name) {
    return GetDatabaseRequest.newBuilder().setName(name).build();
  }

  private static StatusRuntimeException failure(Runnable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::run);
  }

  private static ErrorInfo info(StatusRuntimeException failure)
      throws InvalidProtocolBufferException {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    assertThat(status).isNotNull();
    return status.getDetails(0).unpack(ErrorInfo.class);
  }

  // ---- tokens ----

  @Test
  void withoutTokensEverybodyMayCallAndIsAnonymous() {
    ManagedChannel channel = serve(null);
    assertThat(catalog(channel).getDatabase(database("")).getName())
        .isEqualTo("anonymous@127.0.0.1");
    assertThat(bindings(channel).resolveBinding(ResolveBindingRequest.getDefaultInstance()))
        .isNotNull();
  }

  @Test
  void theCatalogTokenReadsTheCatalogAndResolvesNoBinding() throws Exception {
    ManagedChannel channel = serve(TOKENS);
    String bearer = "Bearer " + CATALOG_TOKEN;
    assertThat(catalog(channel, "authorization", bearer).getDatabase(database("")).getName())
        .isEqualTo("catalog-token@127.0.0.1");
    StatusRuntimeException refused =
        failure(
            () ->
                bindings(channel, "authorization", bearer)
                    .resolveBinding(ResolveBindingRequest.getDefaultInstance()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused).hasMessageContaining("binding-token-file");
    assertThat(info(refused).getReason()).isEqualTo("BINDING_TOKEN_NEEDED");
  }

  @Test
  void theBindingTokenDoesBoth() {
    ManagedChannel channel = serve(TOKENS);
    String bearer = "bearer " + BINDING_TOKEN;
    assertThat(catalog(channel, "authorization", bearer).getDatabase(database("")).getName())
        .isEqualTo("binding-token@127.0.0.1");
    assertThat(
            bindings(channel, "authorization", bearer)
                .resolveBinding(ResolveBindingRequest.getDefaultInstance()))
        .isNotNull();
  }

  @Test
  void aMissingOrWrongTokenIsRefusedAndTheSettingNamed() throws Exception {
    ManagedChannel channel = serve(TOKENS);
    for (String[] headers :
        List.of(
            new String[] {},
            new String[] {"authorization", "Bearer wrong-token-0123456789"},
            new String[] {"authorization", "Bearer "},
            new String[] {"authorization", "Basic " + CATALOG_TOKEN})) {
      StatusRuntimeException refused =
          failure(() -> catalog(channel, headers).getDatabase(database("")));
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(refused)
          .hasMessageContaining("catalog-token-file")
          .hasMessageContaining("token-file")
          .message()
          .doesNotContain("0123456789");
      assertThat(info(refused).getReason()).isEqualTo("TOKEN_NEEDED");
    }
  }

  @Test
  void serverInfoAndHealthAreOpenAndReflectionIsNot() throws Exception {
    ManagedChannel channel = serve(TOKENS);
    assertThat(
            catalog(channel)
                .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                .getMaxApiVersion())
        .isEqualTo(1);
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> reflect(channel, headers()))
        .hasStackTraceContaining("UNAUTHENTICATED");
    assertThat(reflect(channel, headers("authorization", "Bearer " + CATALOG_TOKEN)))
        .contains("unified.catalog.v1.CatalogService", "unified.catalog.v1.BindingService");
  }

  private static List<String> reflect(ManagedChannel channel, Metadata headers) throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    List<String> names =
        answer.get(10, SECONDS).getListServicesResponse().getServiceList().stream()
            .map(service -> service.getName())
            .toList();
    requests.onCompleted();
    return names;
  }

  @Test
  void tokenFilesHoldOneLongTokenEachAndNotTheSame() throws IOException {
    Path one = Files.writeString(directory.resolve("one"), " " + CATALOG_TOKEN + "\n");
    Path same = Files.writeString(directory.resolve("same"), CATALOG_TOKEN);
    Path other = Files.writeString(directory.resolve("other"), BINDING_TOKEN);
    Path little = Files.writeString(directory.resolve("little"), "short");
    Path two = Files.writeString(directory.resolve("two"), CATALOG_TOKEN + "\n" + BINDING_TOKEN);
    assertThat(Tokens.read(one, other).catalog().reveal()).isEqualTo(CATALOG_TOKEN);
    assertThat(Tokens.read(one, other).toString()).doesNotContain("0123456789");
    assertThatThrownBy(() -> Tokens.read(one, same)).hasMessageContaining("are the same");
    assertThatThrownBy(() -> Tokens.read(little, other))
        .hasMessageContaining("catalog-token-file " + little)
        .message()
        .doesNotContain("short,");
    assertThatThrownBy(() -> Tokens.read(one, two))
        .hasMessageContaining("binding-token-file " + two);
    assertThatThrownBy(() -> Tokens.read(one, directory.resolve("none")))
        .hasMessageContaining("cannot be read");
  }

  // ---- versions ----

  @Test
  void bothSidesTellTheirVersionsAndAnOldServerAsksToBeUpgraded() throws Exception {
    ManagedChannel channel = serve(null);
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    catalog(channel, "unified-api-version", "1", "unified-release", "0.1.0")
        .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
        .getDatabase(database(""));
    assertThat(value(headers.get(), "unified-api-version")).isEqualTo("1");
    assertThat(value(headers.get(), "unified-release")).isEqualTo(ServerVersion.release());

    StatusRuntimeException refused =
        failure(
            () ->
                catalog(channel, "unified-api-version", "7", "unified-release", "9.9.9")
                    .getDatabase(database("")));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refused)
        .hasMessageContaining("API version 7 of the client (release 9.9.9)")
        .hasMessageContaining("Upgrade the server (release " + ServerVersion.release() + ")");
    assertThat(info(refused).getReason()).isEqualTo("API_VERSION_UNSUPPORTED");
    assertThat(info(refused).getMetadataMap()).containsEntry("max_api_version", "1");
    assertThat(value(refused.getTrailers(), "unified-api-version")).isEqualTo("1");
  }

  @Test
  void aVersionThatIsNoneIsRefusedAndServerInfoAnswersAnyVersion() {
    ManagedChannel channel = serve(null);
    assertThat(
            failure(() -> catalog(channel, "unified-api-version", "one").getDatabase(database(""))))
        .hasMessageContaining("API version 'one'");
    assertThat(
            catalog(channel, "unified-api-version", "7")
                .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                .getMinApiVersion())
        .isEqualTo(1);
  }

  private static @Nullable String value(@Nullable Metadata metadata, String key) {
    return metadata == null
        ? null
        : metadata.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
  }

  // ---- failures ----

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void eachErrorCodeIsTheStatusOfItsName(ErrorCode code) throws Exception {
    ManagedChannel channel = serve(null);
    failure =
        new CatalogException(
            code, "SOME_REASON", "What failed.", Map.of("key", "value"), List.of(), null);
    for (String way : List.of("throw", "observe")) {
      StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database(way)));
      assertThat(seen.getStatus().getCode().name()).isEqualTo(code.name());
      assertThat(seen.getStatus().getDescription()).isEqualTo("What failed.");
      assertThat(info(seen).getReason()).isEqualTo("SOME_REASON");
      assertThat(info(seen).getMetadataMap()).containsEntry("key", "value");
    }
  }

  @Test
  void eachViolationOfARequestIsTold() throws Exception {
    ManagedChannel channel = serve(null);
    failure =
        CatalogException.invalid(
            "The source is wrong",
            List.of(
                new Violation("source.options.port", "is no number"),
                new Violation("source.name", "is empty")));
    StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database("throw")));
    com.google.rpc.Status status = StatusProto.fromThrowable(seen);
    assertThat(status).isNotNull();
    assertThat(status.getDetails(1).unpack(BadRequest.class).getFieldViolationsList())
        .extracting(BadRequest.FieldViolation::getField)
        .containsExactly("source.options.port", "source.name");
  }

  @Test
  void moreViolationsThanFitAnAnswerAreStillAnInvalidArgument() {
    ManagedChannel channel = serve(null);
    List<Violation> many = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      many.add(new Violation("overlay.hidden_columns[" + i + "]", "column 'größe' is unknown"));
    }
    failure = CatalogException.invalid("The overlay does not fit", many);
    StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database("throw")));
    assertThat(seen.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(seen.getStatus().getDescription()).startsWith("The overlay does not fit: overlay");
  }

  @Test
  void aDefectIsAnIncidentAndShowsNothingElse() {
    ManagedChannel channel = serve(null);
    failure = new IllegalStateException("password=hunter2");
    for (String way : List.of("throw", "observe")) {
      StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database(way)));
      assertThat(seen.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
      assertThat(seen).hasMessageContaining("incident").message().doesNotContain("hunter2");
    }
  }

  // ---- time ----

  @Test
  void aCallWithoutADeadlineEndsAtTheServersOwn() {
    ManagedChannel channel = serve(null, Duration.ofSeconds(2));
    StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database("hang")));
    assertThat(seen.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(seen).hasMessageContaining("GetDatabase").hasMessageContaining("call-deadline");
    release.countDown();
    assertThat(catalog(channel).getDatabase(database("")).getName()).isNotEmpty();
  }

  @Test
  void anImportWithoutADeadlineTakesAsLongAsItTakes() throws Exception {
    ManagedChannel channel = serve(null, Duration.ofSeconds(2));
    Future<ImportSchemasResponse> imported =
        SchemaServiceGrpc.newFutureStub(channel)
            .importSchemas(ImportSchemasRequest.getDefaultInstance());
    assertThat(importing.await(30, SECONDS)).isTrue();
    // It begins later, and its time is up before the import ends.
    StatusRuntimeException seen = failure(() -> catalog(channel).getDatabase(database("hang")));
    assertThat(seen.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    release.countDown();
    assertThat(imported.get(30, SECONDS)).isEqualTo(ImportSchemasResponse.getDefaultInstance());
  }

  @Test
  void aCallUnderWayIsFinishedWhenTheServerDrains() throws Exception {
    GrpcServer server =
        GrpcServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            null,
            Duration.ofSeconds(30),
            List.of(),
            List.of(new Databases()));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    open.add(() -> channel.shutdownNow().awaitTermination(10, SECONDS));
    assertThat(catalog(channel).getDatabase(database("")).getName()).isNotEmpty();
    var call = CatalogServiceGrpc.newFutureStub(channel).getDatabase(database("hang"));
    // Answered only after the call before it on the same connection was taken.
    assertThat(catalog(channel).getDatabase(database("")).getName()).isNotEmpty();
    server.beginDrain();
    CompletableFuture<Void> drained =
        CompletableFuture.runAsync(() -> server.endDrain(Duration.ofSeconds(20)));
    // A call that set out before the server's goodbye arrived is still taken; soon none is.
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> catalog(channel).getDatabase(database("")))
                    .hasMessageContaining("UNAVAILABLE"));
    release.countDown();
    assertThat(call.get(10, SECONDS).getName()).isEqualTo("anonymous@127.0.0.1");
    drained.get(10, SECONDS);
  }

  @Test
  void anAddressInUseIsNamed() {
    ManagedChannel first = serve(null);
    int port = Integer.parseInt(first.authority().substring(first.authority().indexOf(':') + 1));
    assertThatThrownBy(
            () ->
                GrpcServer.start(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    null,
                    Duration.ofSeconds(1),
                    List.of(),
                    List.of()))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("cannot listen on 127.0.0.1:" + port)
        .hasMessageContaining("--listen");
  }
}
