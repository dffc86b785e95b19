package io.unifiedcatalog.flink;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.MetadataUtils;
import io.unifiedcatalog.local.LocalServer;
import io.unifiedcatalog.proto.v1.ApiVersion;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.jspecify.annotations.Nullable;

/**
 * The catalog server's API over one connection, which is made at the first call. Every failure but
 * "not found" is a {@link CatalogException} whose message is for the user. It has no cause, because
 * the SQL client shows the innermost one and nothing else. Safe for use by many threads.
 */
final class CatalogClient implements AutoCloseable {
  /** How long one call may take that reads. */
  static final Duration DEADLINE = Duration.ofSeconds(10);

  // A registration asks the source, too.
  private static final Duration WRITE_DEADLINE = Duration.ofSeconds(30);

  // How long a call waits for a server that was away when it was made, as in a restart.
  private static final Duration RECONNECT_DEADLINE = Duration.ofSeconds(2);
  private static final int PAGE_SIZE = 10_000;
  private static final int API_VERSION = ApiVersion.API_VERSION_1_VALUE;
  // The server's reason for a reference that is of another server's store.
  private static final String OTHER_STORE = "OTHER_STORE";
  private static final AtomicInteger THREADS = new AtomicInteger();

  private static final Metadata.Key<String> AUTHORIZATION = header("authorization");
  private static final Metadata.Key<String> API_VERSION_HEADER = header("unified-api-version");
  private static final Metadata.Key<String> RELEASE_HEADER = header("unified-release");

  private final Connection connection;
  private final ExecutorService executor;
  private final ScheduledExecutorService timer;
  private final ManagedChannel channel;
  private final CatalogServiceGrpc.CatalogServiceBlockingStub catalog;
  private final BindingServiceGrpc.BindingServiceBlockingStub bindings;
  private final AtomicLong metadataCalls = new AtomicLong();
  private final AtomicLong bindingCalls = new AtomicLong();

  CatalogClient(Connection connection) {
    this.connection = connection;
    // Threads of its own and none of gRPC's shared ones: these outlive the class loader of a Flink
    // session. Daemons, because a plain TableEnvironment program never closes its catalogs.
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "unified-catalog-client-" + THREADS.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        };
    executor = Executors.newCachedThreadPool(threads);
    timer = Executors.newSingleThreadScheduledExecutor(threads);
    channel =
        OkHttpChannelBuilder.forAddress(connection.host(), connection.port())
            .usePlaintext()
            .executor(executor)
            .offloadExecutor(executor)
            .transportExecutor(executor)
            .scheduledExecutorService(timer)
            .maxInboundMessageSize(64 << 20)
            .build();
    Metadata headers = new Metadata();
    headers.put(API_VERSION_HEADER, Integer.toString(API_VERSION));
    headers.put(RELEASE_HEADER, release());
    var attach = MetadataUtils.newAttachHeadersInterceptor(headers);
    var authorize = new Authorization();
    catalog = CatalogServiceGrpc.newBlockingStub(channel).withInterceptors(attach, authorize);
    bindings = BindingServiceGrpc.newBlockingStub(channel).withInterceptors(attach, authorize);
  }

  /**
   * Adds the token to each call. The one that a server of this user left is looked for each time:
   * the server may have been started again, and another user may listen there by now.
   */
  private final class Authorization implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      String configured = connection.token();
      String token = configured != null ? configured : localToken().token();
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          if (token != null) {
            headers.put(AUTHORIZATION, "Bearer " + token);
          }
          super.start(listener, headers);
        }
      };
    }
  }

  private LocalServer.Found localToken() {
    return LocalServer.find(
        System.getenv(), connection.host(), connection.port(), LocalServer.Kind.BINDING);
  }

  Connection connection() {
    return connection;
  }

  /** The names of all databases, in order. */
  List<String> databases() {
    List<String> names = new ArrayList<>();
    String page = "";
    do {
      ListDatabasesRequest request =
          ListDatabasesRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(page).build();
      ListDatabasesResponse answer =
          call(catalog, metadataCalls, stub -> stub.listDatabases(request));
      for (Database database : answer.getDatabasesList()) {
        names.add(database.getName());
      }
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    return names;
  }

  /** The names of a database's tables, in order; empty if there is no such database. */
  Optional<List<String>> tables(String database) {
    return unlessNotFound(
        () -> {
          List<String> names = new ArrayList<>();
          String page = "";
          do {
            ListTablesRequest request =
                ListTablesRequest.newBuilder()
                    .setDatabase(database)
                    .setPageSize(PAGE_SIZE)
                    .setPageToken(page)
                    .build();
            ListTablesResponse answer =
                call(catalog, metadataCalls, stub -> stub.listTables(request));
            answer.getTablesList().forEach(table -> names.add(table.getName().getTable()));
            page = answer.getNextPageToken();
          } while (!page.isEmpty());
          return names;
        });
  }

  /** A table with its effective schema and statistics; empty if there is none. */
  Optional<Table> table(GetTableRequest request) {
    return unlessNotFound(() -> call(catalog, metadataCalls, stub -> stub.getTable(request)));
  }

  /**
   * How a table's data is reached; the answer holds secrets.
   *
   * @throws OtherStoreException if the request names a store, and the server has another or cannot
   *     say
   */
  Binding binding(ResolveBindingRequest request) {
    Binding binding;
    try {
      binding = call(bindings, bindingCalls, stub -> stub.resolveBinding(request));
    } catch (StatusRuntimeException e) {
      throw new CatalogException(message(e));
    }
    // A server of a release before there were ids answers for a table of its own, whatever is
    // asked.
    if (!request.getStore().isEmpty() && !request.getStore().equalsIgnoreCase(binding.getStore())) {
      throw new OtherStoreException(
          answered(
              String.format(
                  "It does not say which store it has, as its release is older than this Flink"
                      + " plugin (release %s). So it is not known whether its table %s.%s is that"
                      + " of the reference, which names store %s. Upgrade the server.",
                  release(),
                  request.getName().getDatabase(),
                  request.getName().getTable(),
                  request.getStore())));
    }
    return binding;
  }

  /** Registers a table; empty if there is another one of its name and it may not be replaced. */
  Optional<RegisterTableResponse> register(RegisterTableRequest request) {
    return unless(Status.Code.ALREADY_EXISTS, () -> write(stub -> stub.registerTable(request)));
  }

  /** Sets a table's overlay; empty if there is no such table. */
  Optional<Table> update(UpdateTableOverlayRequest request) {
    return unless(Status.Code.NOT_FOUND, () -> write(stub -> stub.updateTableOverlay(request)));
  }

  /** Drops a registered table; whether it was there. */
  boolean drop(DropTableRequest request) {
    return unless(Status.Code.NOT_FOUND, () -> write(stub -> stub.dropTable(request))).isPresent();
  }

  /** How many calls were made for metadata. */
  long metadataCalls() {
    return metadataCalls.get();
  }

  /** How many calls were made for bindings. */
  long bindingCalls() {
    return bindingCalls.get();
  }

  /** Whether it is closed, and all its threads are at an end. */
  boolean isTerminated() {
    return channel.isTerminated() && timer.isTerminated() && executor.isTerminated();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      // It ends its work on these threads.
      channel.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    timer.shutdown();
    executor.shutdown();
  }

  private <T> Optional<T> unlessNotFound(Supplier<T> call) {
    return unless(Status.Code.NOT_FOUND, call);
  }

  /** A code that is an answer; every other failure is a CatalogException. */
  private <T> Optional<T> unless(Status.Code answer, Supplier<T> call) {
    try {
      return Optional.of(call.get());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == answer) {
        return Optional.empty();
      }
      throw new CatalogException(message(e));
    }
  }

  /**
   * Makes one call that changes something. It is not made again if no answer comes: it may have
   * been done. Whoever changes a table has read it before, so the connection stands.
   *
   * @throws StatusRuntimeException any failure
   */
  private <R> R write(Function<CatalogServiceGrpc.CatalogServiceBlockingStub, R> method) {
    metadataCalls.incrementAndGet();
    AtomicReference<Metadata> headers = new AtomicReference<>();
    R answer =
        method.apply(
            catalog
                .withInterceptors(
                    MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
                .withDeadlineAfter(WRITE_DEADLINE));
    checkServer(headers.get());
    return answer;
  }

  /**
   * Makes one call.
   *
   * @throws StatusRuntimeException NOT_FOUND
   * @throws CatalogException any other failure
   */
  private <S extends AbstractBlockingStub<S>, R> R call(
      S stub, AtomicLong counter, Function<S, R> method) {
    counter.incrementAndGet();
    AtomicReference<Metadata> headers = new AtomicReference<>();
    S observed =
        stub.withInterceptors(
            MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));
    R answer;
    try {
      answer = method.apply(observed.withDeadlineAfter(DEADLINE));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        throw e;
      }
      if (!isConnectionFailure(e)) {
        throw failure(e);
      }
      // The connection may be the only thing that is broken: a server that was restarted is back,
      // and gRPC would wait for up to two minutes before it looks again.
      channel.resetConnectBackoff();
      try {
        answer = method.apply(observed.withWaitForReady().withDeadlineAfter(RECONNECT_DEADLINE));
      } catch (StatusRuntimeException second) {
        throw switch (second.getStatus().getCode()) {
          case NOT_FOUND -> second;
          // The first failure says why.
          case UNAVAILABLE, DEADLINE_EXCEEDED -> new UnreachableException(message(e));
          default -> failure(second);
        };
      }
    }
    checkServer(headers.get());
    return answer;
  }

  private void checkServer(@Nullable Metadata headers) {
    String version = headers == null ? null : headers.get(API_VERSION_HEADER);
    if (version == null) {
      throw new CatalogException(
          String.format(
              "What answers at %s is not a Unified Catalog server. Check the endpoint: it comes"
                  + " from %s.",
              connection.endpoint(), connection.origin()));
    }
    if (!isAtLeast(version, API_VERSION)) {
      throw new CatalogException(
          String.format(
              "The catalog server at %s (release %s) speaks API version %s, but this Flink plugin"
                  + " (release %s) needs version %d. Upgrade the server.",
              connection.endpoint(),
              headers == null ? null : headers.get(RELEASE_HEADER),
              version,
              release(),
              API_VERSION));
    }
  }

  private static boolean isAtLeast(String version, int wanted) {
    try {
      return Integer.parseInt(version) >= wanted;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Whether no answer came, as opposed to the server's own answer that something is away. */
  private static boolean isConnectionFailure(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.UNAVAILABLE && details(e).isEmpty();
  }

  private CatalogException failure(StatusRuntimeException e) {
    if (isOtherStore(e)) {
      return new OtherStoreException(message(e));
    }
    return isConnectionFailure(e) || e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
        ? new UnreachableException(message(e))
        : new CatalogException(message(e));
  }

  private static boolean isOtherStore(StatusRuntimeException e) {
    for (Any detail : details(e)) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return detail.unpack(ErrorInfo.class).getReason().equals(OTHER_STORE);
        } catch (InvalidProtocolBufferException broken) {
          return false;
        }
      }
    }
    return false;
  }

  private String message(StatusRuntimeException e) {
    Status status = e.getStatus();
    String description = status.getDescription() == null ? "" : status.getDescription();
    return switch (status.getCode()) {
      case UNAVAILABLE -> {
        if (!isConnectionFailure(e)) {
          yield answered(description);
        }
        Throwable cause = status.getCause();
        yield String.format(
            "The catalog server at %s cannot be reached: %s. Check that it runs (bin/catalog"
                + " serve), and the endpoint: it comes from %s.",
            connection.endpoint(),
            cause != null && cause.getMessage() != null ? cause.getMessage() : description,
            connection.origin());
      }
      case DEADLINE_EXCEEDED ->
          String.format(
              "The catalog server at %s did not answer within %d seconds. Check that it is well,"
                  + " and the endpoint: it comes from %s.",
              connection.endpoint(), DEADLINE.toSeconds(), connection.origin());
      case UNAUTHENTICATED, PERMISSION_DENIED ->
          answered(description)
              + (connection.isOfTableOptions()
                  ? " No token is sent to an endpoint that stands in a table's options. Make the"
                      + " temporary table in the catalog itself (CREATE TEMPORARY TABLE"
                      + " my_catalog.my_database.my_table ...), create the catalog that the plan"
                      + " was made with, or set UNIFIED_ENDPOINT and UNIFIED_TOKEN_FILE."
                  : "")
              + (connection.token() == null && localToken().refusal() != null
                  ? " " + localToken().refusal()
                  : "");
      case UNIMPLEMENTED ->
          String.format(
              "The catalog server at %s does not know a call that this Flink plugin (release %s)"
                  + " makes. Upgrade the server, or check the endpoint: it comes from %s.",
              connection.endpoint(), release(), connection.origin());
      default ->
          answered(description.isEmpty() ? status.getCode().toString() : description)
              + violations(e);
    };
  }

  private String answered(String description) {
    return String.format("The catalog server at %s: %s", connection.endpoint(), description);
  }

  private static String violations(StatusRuntimeException e) {
    String description = String.valueOf(e.getStatus().getDescription());
    StringBuilder text = new StringBuilder();
    for (Any detail : details(e)) {
      if (detail.is(BadRequest.class)) {
        try {
          text.append(
              detail.unpack(BadRequest.class).getFieldViolationsList().stream()
                  .map(violation -> violation.getField() + ": " + violation.getDescription())
                  .filter(line -> !description.contains(line))
                  .collect(Collectors.joining("; ", " ", "")));
        } catch (InvalidProtocolBufferException broken) {
          // The description stands alone, then.
        }
      }
    }
    return text.toString().stripTrailing();
  }

  private static List<Any> details(StatusRuntimeException e) {
    com.google.rpc.Status status = StatusProto.fromThrowable(e);
    return status == null ? List.of() : status.getDetailsList();
  }

  private static String release() {
    String release = CatalogClient.class.getPackage().getImplementationVersion();
    return release == null ? "development" : release;
  }

  private static Metadata.Key<String> header(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
