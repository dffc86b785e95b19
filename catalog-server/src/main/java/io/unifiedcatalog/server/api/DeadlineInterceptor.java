package io.unifiedcatalog.server.api;

import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Answers a unary call whose caller set no deadline with DEADLINE_EXCEEDED when it takes too long,
 * so that no caller waits for ever. What it began is finished or rolled back as usual.
 */
final class DeadlineInterceptor implements ServerInterceptor {
  /** An import takes as long as a registry of any size takes; it stops once nobody waits for it. */
  private static final String UNLIMITED =
      SchemaServiceGrpc.getImportSchemasMethod().getFullMethodName();

  private final Duration limit;
  private final ScheduledExecutorService timer;

  DeadlineInterceptor(Duration limit, ScheduledExecutorService timer) {
    this.limit = limit;
    this.timer = timer;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (call.getMethodDescriptor().getType() != MethodType.UNARY
        || call.getMethodDescriptor().getFullMethodName().equals(UNLIMITED)
        || Context.current().getDeadline() != null) {
      return next.startCall(call, headers);
    }
    ScheduledFuture<?> expiry =
        timer.schedule(
            () ->
                call.close(
                    Status.DEADLINE_EXCEEDED.withDescription(
                        call.getMethodDescriptor().getBareMethodName()
                            + " took longer than "
                            + limit.toMillis()
                            + " ms, the server's call-deadline. Repeat it, or set a deadline of"
                            + " your own."),
                    new Metadata()),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    ServerCall.Listener<Q> listener;
    try {
      listener = next.startCall(call, headers);
    } catch (RuntimeException e) {
      expiry.cancel(false);
      throw e;
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onComplete() {
        expiry.cancel(false);
        super.onComplete();
      }

      @Override
      public void onCancel() {
        expiry.cancel(false);
        super.onCancel();
      }
    };
  }
}
