package io.unifiedcatalog.server.api;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.GetDatabaseRequest;
import io.unifiedcatalog.proto.v1.GetServerInfoRequest;
import io.unifiedcatalog.proto.v1.ServerInfo;
import io.unifiedcatalog.server.model.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a caller may send, with and without a token. */
class RequestLimitsTest {
  /** Takes and gives bytes as they are. */
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static GrpcServer server;
  private static ManagedChannel channel;

  /** Answers at once. */
  private static final class Catalog extends CatalogServiceGrpc.CatalogServiceImplBase {
    @Override
    public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
      observer.onNext(ServerVersion.info());
      observer.onCompleted();
    }

    @Override
    public void getDatabase(GetDatabaseRequest request, StreamObserver<Database> observer) {
      observer.onNext(Database.getDefaultInstance());
      observer.onCompleted();
    }
  }

  @BeforeAll
  static void start() {
    server =
        GrpcServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new Tokens(new Secret("catalog-token-0123456789"), new Secret("binding-token-0123456")),
            Duration.ofSeconds(30),
            List.of(),
            List.of(new Catalog()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.endDrain(Duration.ofSeconds(5));
  }

  private static Status send(
      Channel to, MethodDescriptor<?, ?> method, byte[] request, CallOptions options) {
    try {
      byte[] unused =
          ClientCalls.blockingUnaryCall(
              to,
              method.toBuilder(BYTES, BYTES).build(),
              options.withDeadlineAfter(20, SECONDS),
              request);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  @Test
  void anOpenMethodTakesFourKibibytesAndNoMore() {
    for (MethodDescriptor<?, ?> open :
        List.of(CatalogServiceGrpc.getGetServerInfoMethod(), HealthGrpc.getCheckMethod())) {
      // Field 100 is unknown to both.
      assertThat(send(channel, open, unknownField(2_000), CallOptions.DEFAULT).isOk()).isTrue();
      for (int size : List.of(5_000, 1 << 20, 15 << 20)) {
        Status refused = send(channel, open, unknownField(size), CallOptions.DEFAULT);
        assertThat(refused.getCode()).as(refused.toString()).isNotEqualTo(Status.Code.OK);
        assertThat(refused.getCode()).isNotEqualTo(Status.Code.UNKNOWN);
      }
      assertThat(send(channel, open, unknownField(5_000), CallOptions.DEFAULT).getDescription())
          .contains("more than 4096 bytes");
    }
  }

  private static byte[] unknownField(int size) {
    byte[] message = new byte[size];
    // Tag of field 100, length-delimited, then the length in three bytes and a fourth.
    int length = size - 6;
    message[0] = (byte) 0xa2;
    message[1] = 0x06;
    message[2] = (byte) ((length & 0x7f) | 0x80);
    message[3] = (byte) (((length >> 7) & 0x7f) | 0x80);
    message[4] = (byte) (((length >> 14) & 0x7f) | 0x80);
    message[5] = (byte) (length >> 21);
    return message;
  }

  @Test
  void nothingIsDecompressed() {
    Status refused =
        send(
            channel,
            CatalogServiceGrpc.getGetServerInfoMethod(),
            unknownField(1_000),
            CallOptions.DEFAULT.withCompression("gzip"));
    assertThat(refused.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void aRequestThatIsNoMessageIsRefusedWithOneLineAndNoStackTrace() {
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(logged);
    try {
      Status refused =
          send(
              channel,
              CatalogServiceGrpc.getGetServerInfoMethod(),
              new byte[] {(byte) 0xff, (byte) 0xff},
              CallOptions.DEFAULT);
      assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(refused.getDescription())
          .isEqualTo(
              "The request is not a message of unified.catalog.v1.CatalogService/GetServerInfo. Make"
                  + " it from the .proto files of the API.");
    } finally {
      root.detachAppender(logged);
    }
    assertThat(logged.list.stream().map(ILoggingEvent::getFormattedMessage))
        .noneMatch(message -> message.contains("protobuf"));
  }

  private static CatalogServiceGrpc.CatalogServiceBlockingStub stub(Channel to) {
    return CatalogServiceGrpc.newBlockingStub(to).withDeadlineAfter(20, SECONDS);
  }

  @Test
  void allRequestsTogetherHaveALimitAndTheNextPassesWhenOneHasEnded() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    RequestBytes bytes = new RequestBytes(100_000);
    Server limited =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addStreamTracerFactory(bytes)
            .addService(
                ServerInterceptors.interceptForward(
                    CheckedRequests.of(
                        new CatalogServiceGrpc.CatalogServiceImplBase() {
                          @Override
                          public void getDatabase(
                              GetDatabaseRequest request, StreamObserver<Database> observer) {
                            try {
                              release.await();
                            } catch (InterruptedException e) {
                              Thread.currentThread().interrupt();
                            }
                            observer.onNext(Database.getDefaultInstance());
                            observer.onCompleted();
                          }
                        }.bindService()),
                    new FailureInterceptor(),
                    new TokenInterceptor(null)))
            .build()
            .start();
    ManagedChannel to =
        NettyChannelBuilder.forAddress("127.0.0.1", limited.getPort()).usePlaintext().build();
    try {
      GetDatabaseRequest large =
          GetDatabaseRequest.newBuilder().setName("x".repeat(60_000)).build();
      Future<Database> first = CatalogServiceGrpc.newFutureStub(to).getDatabase(large);
      await().until(bytes::held, held -> held > 60_000);

      StatusRuntimeException second =
          catchThrowableOfType(StatusRuntimeException.class, () -> stub(to).getDatabase(large));
      assertThat(second.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(second).hasMessageContaining("Repeat the call in a moment");

      release.countDown();
      assertThat(first.get(20, SECONDS)).isNotNull();
      await().until(bytes::held, held -> held == 0);
      assertThat(stub(to).getDatabase(large)).isNotNull();
    } finally {
      release.countDown();
      to.shutdownNow();
      limited.shutdownNow();
    }
  }
}
