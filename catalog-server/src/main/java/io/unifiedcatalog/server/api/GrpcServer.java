package io.unifiedcatalog.server.api;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.grpc.BindableService;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API on a port, guarded, with health and reflection. */
public final class GrpcServer {
  private static final Logger log = LoggerFactory.getLogger(GrpcServer.class);

  // Calls wait for the store, whose pool is smaller; more threads would only wait there.
  private static final int THREADS = 32;
  private static final int CALLS_PER_CONNECTION = 256;

  /** Of one request, in bytes: a schema of 5 MB in some files fits. */
  static final int MAX_REQUEST_BYTES = 16 << 20;

  /** Requests under way take at most this share of the heap: one eighth. */
  private static final int REQUESTS_OF_HEAP = 8;

  private final Server server;
  private final HealthStatusManager health;
  private final ExecutorService executor;
  private final ScheduledExecutorService timer;

  private GrpcServer(
      Server server,
      HealthStatusManager health,
      ExecutorService executor,
      ScheduledExecutorService timer) {
    this.server = server;
    this.health = health;
    this.executor = executor;
    this.timer = timer;
  }

  /**
   * Begins to answer.
   *
   * @param tokens null: anybody may call
   * @param deadline for unary calls that come without one
   * @param outermost see each call before and after everything else, the first of them first
   * @throws CatalogException FAILED_PRECONDITION if the address cannot be listened on
   */
  public static GrpcServer start(
      InetSocketAddress address,
      @Nullable Tokens tokens,
      Duration deadline,
      List<ServerInterceptor> outermost,
      List<BindableService> services) {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS, threads("call"));
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(threads("deadline"));
    HealthStatusManager health = new HealthStatusManager();
    // The first in the list is the outermost.
    FailureInterceptor failure = new FailureInterceptor();
    VersionInterceptor version = new VersionInterceptor();
    TokenInterceptor token = new TokenInterceptor(tokens);
    ServerInterceptor small = TokenInterceptor.open();
    DeadlineInterceptor time = new DeadlineInterceptor(deadline, timer);
    List<ServerInterceptor> interceptors = new ArrayList<>(outermost);
    interceptors.addAll(List.of(failure, version, token, time));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .executor(executor)
            .maxInboundMessageSize(MAX_REQUEST_BYTES)
            .addStreamTracerFactory(
                new RequestBytes(
                    Math.max(
                        2L * MAX_REQUEST_BYTES,
                        Runtime.getRuntime().maxMemory() / REQUESTS_OF_HEAP)))
            // None: a few bytes could become many before anybody is asked for a token.
            .decompressorRegistry(
                DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false))
            .maxConnectionIdle(30, TimeUnit.MINUTES)
            .maxConnectionAge(24, TimeUnit.HOURS)
            .maxConnectionAgeGrace(1, TimeUnit.HOURS)
            .maxRstFramesPerWindow(200, 30)
            .maxInboundMetadataSize(16 << 10)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(
                ServerInterceptors.interceptForward(
                    CheckedRequests.of(health.getHealthService().bindService()), failure, small))
            .addService(
                ServerInterceptors.interceptForward(
                    CheckedRequests.of(ProtoReflectionServiceV1.newInstance().bindService()),
                    failure,
                    token));
    for (BindableService service : services) {
      builder.addService(
          ServerInterceptors.interceptForward(
              CheckedRequests.of(service.bindService()), interceptors));
      health.setStatus(
          service.bindService().getServiceDescriptor().getName(), ServingStatus.SERVING);
    }
    try {
      return new GrpcServer(builder.build().start(), health, executor, timer);
    } catch (IOException e) {
      executor.shutdown();
      timer.shutdown();
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "LISTEN",
          "The server cannot listen on "
              + text(address)
              + ": "
              + cause(e)
              + ". Stop what uses that address, or choose another with --listen HOST:PORT.",
          e);
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private static String cause(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  private static ThreadFactory threads(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** The port that is listened on. */
  public int port() {
    return server.getPort();
  }

  /** Waits until the server has stopped. */
  public void awaitTermination() throws InterruptedException {
    server.awaitTermination();
  }

  /** From now on health says NOT_SERVING and no call is accepted; those under way go on. */
  public void beginDrain() {
    health.enterTerminalState();
    server.shutdown();
  }

  /** Waits for the calls under way, and cuts off those that take longer than the limit. */
  public void endDrain(Duration limit) {
    server.shutdown();
    try {
      if (!server.awaitTermination(limit.toMillis(), MILLISECONDS)) {
        log.warn("Calls went on for {} s after the stop; they are cut off", limit.toSeconds());
        server.shutdownNow();
        server.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      executor.shutdown();
      timer.shutdown();
    }
  }
}
