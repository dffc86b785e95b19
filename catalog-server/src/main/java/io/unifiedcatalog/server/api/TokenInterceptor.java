package io.unifiedcatalog.server.api;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Lets a call through if its token may make it, and notes who calls. GetServerInfo is open to all,
 * as is health, which it does not guard.
 */
final class TokenInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "bearer ";

  /** Of a request that needs no token, in bytes. */
  private static final long OPEN_REQUEST_BYTES = 4096;

  private static final String CATALOG = "catalog-token";
  private static final String BINDING = "binding-token";

  private final @Nullable Tokens tokens;

  /** Null: anybody may make any call. */
  TokenInterceptor(@Nullable Tokens tokens) {
    this.tokens = tokens;
  }

  /** Guards a service that needs no token: its requests are small. */
  static ServerInterceptor open() {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        RequestBytes.limit(
            OPEN_REQUEST_BYTES, limit -> FailureInterceptor.refuse(call, tooLarge(limit)));
        return next.startCall(call, headers);
      }
    };
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String name = tokens == null || isOpen(call) ? "anonymous" : check(tokens, headers);
    RequestBytes.limit(
        isOpen(call) ? OPEN_REQUEST_BYTES : GrpcServer.MAX_REQUEST_BYTES,
        limit -> FailureInterceptor.refuse(call, tooLarge(limit)));
    Context context =
        Context.current()
            .withValue(Caller.KEY, name + "@" + address(call))
            .withValue(Caller.MAY_RESOLVE_BINDINGS, tokens == null || name.equals(BINDING));
    return Contexts.interceptCall(context, call, headers, next);
  }

  /** Who calls. */
  private static String check(Tokens tokens, Metadata headers) {
    String authorization = headers.get(AUTHORIZATION);
    if (authorization == null) {
      throw unauthenticated("The call has no token.");
    }
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw unauthenticated("The call's authorization is not of the form 'Bearer TOKEN'.");
    }
    String token = authorization.substring(SCHEME.length()).strip();
    // Both are compared, whatever the first says.
    boolean isBinding = Tokens.same(tokens.binding(), token);
    boolean isCatalog = Tokens.same(tokens.catalog(), token);
    if (isBinding) {
      return BINDING;
    }
    if (!isCatalog) {
      throw unauthenticated("The call's token is not one of this server's.");
    }
    return CATALOG;
  }

  private static CatalogException tooLarge(@Nullable Long limit) {
    return limit == null
        ? new CatalogException(
            ErrorCode.UNAVAILABLE,
            "SERVER_BUSY",
            "The requests that are under way take all the memory that there is for them. Repeat the"
                + " call in a moment.")
        : new CatalogException(
            ErrorCode.INVALID_ARGUMENT,
            "REQUEST_TOO_LARGE",
            "The request has more than " + limit + " bytes, the most for this method.");
  }

  private static CatalogException unauthenticated(String what) {
    return new CatalogException(
        ErrorCode.UNAUTHENTICATED,
        "TOKEN_NEEDED",
        what
            + " This server requires the token in its catalog-token-file or its binding-token-file,"
            + " by default catalog.token and binding.token of its data directory. A client reads it"
            + " from the file that its own setting 'token-file' or the variable UNIFIED_TOKEN_FILE"
            + " names. Only clients of the user who runs the server find it by themselves, on the"
            + " same machine: another user has to be given a copy.");
  }

  private static boolean isOpen(ServerCall<?, ?> call) {
    return call.getMethodDescriptor()
        .getFullMethodName()
        .equals(CatalogServiceGrpc.getGetServerInfoMethod().getFullMethodName());
  }

  private static String address(ServerCall<?, ?> call) {
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote instanceof InetSocketAddress internet && internet.getAddress() != null
        ? internet.getAddress().getHostAddress()
        : String.valueOf(remote);
  }
}
