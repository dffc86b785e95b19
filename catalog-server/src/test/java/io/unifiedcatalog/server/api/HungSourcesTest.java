package io.unifiedcatalog.server.api;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.TestSourceRequest;
import io.unifiedcatalog.proto.v1.TestSourceResponse;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.store.TestPostgres;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that take a connection and never answer. */
class HungSourcesTest {
  private static CatalogServer server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server =
        CatalogServer.start(
            ServerConfig.read(
                List.of(
                    "--listen=127.0.0.1:0",
                    "--no-auth",
                    "--data-dir=" + directory.resolve("data"),
                    "--call-deadline=2s",
                    "--store-binaries=" + TestPostgres.BINARIES),
                Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  private static SourceServiceGrpc.SourceServiceBlockingStub sources() {
    return SourceServiceGrpc.newBlockingStub(channel);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mysql", "postgres", "clickhouse"})
  void theyHoldUpNoOtherCallAndAreLetGo(String kind) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 200, InetAddress.getLoopbackAddress())) {
      Source.Builder source =
          Source.newBuilder()
              .setName(kind)
              .setKind(kind)
              .putOptions("host", "127.0.0.1")
              .putOptions("port", Integer.toString(silent.getLocalPort()))
              .putOptions("user", "user")
              .putSecrets("password", "of-a-test");
      if (kind.equals("postgres")) {
        source.putOptions("database", "d");
      }
      Source unused =
          sources().createSource(CreateSourceRequest.newBuilder().setSource(source).build());
      List<Future<TestSourceResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        calls.add(
            SourceServiceGrpc.newFutureStub(channel)
                .testSource(TestSourceRequest.newBuilder().setName(kind).build()));
      }

      // With the threads of the hung calls, each of these waited for 10 minutes.
      for (int i = 0; i < 40; i++) {
        assertThat(
                CatalogServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, SECONDS)
                    .listDatabases(ListDatabasesRequest.getDefaultInstance()))
            .isNotNull();
        assertThat(
                HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance()))
            .isNotNull();
      }
      for (Future<TestSourceResponse> call : calls) {
        ExecutionException failure =
            catchThrowableOfType(ExecutionException.class, () -> call.get(30, SECONDS));
        assertThat(Status.fromThrowable(failure).getCode())
            .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
      }
    }
  }

  @Test
  void aTimeoutOfZeroWhichWaitsForEverIsRefused() {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                sources()
                    .createSource(
                        CreateSourceRequest.newBuilder()
                            .setSource(
                                Source.newBuilder()
                                    .setName("m")
                                    .setKind("mysql")
                                    .putOptions("host", "h")
                                    .putOptions("user", "u")
                                    .putOptions("property.socketTimeout", "0")
                                    .putOptions("property.connectTimeout", "00"))
                            .build()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused)
        .hasMessageContaining("property.socketTimeout")
        .hasMessageContaining("property.connectTimeout")
        .hasMessageContaining("must be more than 0");
  }
}
