package io.unifiedcatalog.server.api;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.util.List;
import java.util.Map;

/**
 * Tells each client the server's release and API version, and refuses a client whose API version it
 * does not speak. GetServerInfo answers any client, so that it can find out; calls without the
 * header (health, reflection, people with grpcurl) pass.
 */
final class VersionInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> API_VERSION =
      Metadata.Key.of("unified-api-version", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> RELEASE =
      Metadata.Key.of("unified-release", Metadata.ASCII_STRING_MARSHALLER);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    ServerCall<Q, A> answering = new Answering<>(call);
    String version = headers.get(API_VERSION);
    if (version != null
        && !call.getMethodDescriptor()
            .getFullMethodName()
            .equals(CatalogServiceGrpc.getGetServerInfoMethod().getFullMethodName())) {
      try {
        check(version, headers.get(RELEASE));
      } catch (CatalogException e) {
        return FailureInterceptor.refuse(answering, e);
      }
    }
    return next.startCall(answering, headers);
  }

  private static void check(String version, @org.jspecify.annotations.Nullable String release) {
    int number = version.matches("\\d{1,9}") ? Integer.parseInt(version) : 0;
    if (number >= ServerVersion.MIN_API_VERSION && number <= ServerVersion.MAX_API_VERSION) {
      return;
    }
    String client = "the client" + (release == null ? "" : " (release " + release + ")");
    String server = "the server (release " + ServerVersion.release() + ")";
    String remedy =
        number == 0
            ? "That is no version; check what sends it."
            : number > ServerVersion.MAX_API_VERSION
                ? "Upgrade " + server + "."
                : "Upgrade " + client + ".";
    throw new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "API_VERSION_UNSUPPORTED",
        "API version "
            + (number == 0 ? "'" + printable(version) + "'" : Integer.toString(number))
            + " of "
            + client
            + " is not spoken by "
            + server
            + ", which speaks "
            + (ServerVersion.MIN_API_VERSION == ServerVersion.MAX_API_VERSION
                ? "version " + ServerVersion.MAX_API_VERSION
                : "versions "
                    + ServerVersion.MIN_API_VERSION
                    + " to "
                    + ServerVersion.MAX_API_VERSION)
            + ". "
            + remedy,
        Map.of(
            "min_api_version", Integer.toString(ServerVersion.MIN_API_VERSION),
            "max_api_version", Integer.toString(ServerVersion.MAX_API_VERSION),
            "server_release", ServerVersion.release()),
        List.of(),
        null);
  }

  private static String printable(String text) {
    return text.length() > 20 ? text.substring(0, 20) + "..." : text;
  }

  private static final class Answering<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private boolean headersSent;

    Answering(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      headersSent = true;
      put(headers);
      super.sendHeaders(headers);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      // Of an answer that is only a failure, the trailers are the headers.
      if (!headersSent) {
        put(trailers);
      }
      super.close(status, trailers);
    }

    private static void put(Metadata metadata) {
      metadata.put(API_VERSION, Integer.toString(ServerVersion.MAX_API_VERSION));
      metadata.put(RELEASE, ServerVersion.release());
    }
  }
}
