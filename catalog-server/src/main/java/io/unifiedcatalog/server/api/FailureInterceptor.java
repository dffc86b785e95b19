package io.unifiedcatalog.server.api;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;

/**
 * The outermost guard: whatever is thrown behind it becomes a status by {@link Errors}, and nothing
 * of a defect but its incident reaches the caller.
 */
final class FailureInterceptor implements ServerInterceptor {

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    ServerCall<Q, A> once = new Once<>(call);
    ServerCall.Listener<Q> listener;
    try {
      listener = next.startCall(once, headers);
    } catch (RuntimeException e) {
      return refuse(once, e);
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        if (message == CheckedRequests.MALFORMED) {
          refuse(
              once,
              new CatalogException(
                  ErrorCode.INVALID_ARGUMENT,
                  "MALFORMED_REQUEST",
                  "The request is not a message of "
                      + call.getMethodDescriptor().getFullMethodName()
                      + ". Make it from the .proto files of the API."));
        } else {
          guard(() -> super.onMessage(message));
        }
      }

      @Override
      public void onHalfClose() {
        guard(super::onHalfClose);
      }

      @Override
      public void onReady() {
        guard(super::onReady);
      }

      private void guard(Runnable event) {
        try {
          event.run();
        } catch (RuntimeException | Error e) {
          refuse(once, e);
        }
      }
    };
  }

  /** Ends a call with a failure. */
  static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, Throwable failure) {
    StatusRuntimeException status = Errors.toStatus(failure);
    Metadata trailers = status.getTrailers();
    call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
    return new ServerCall.Listener<>() {};
  }

  /**
   * A call that ends once: a deadline, a failure and an answer may race. What comes after the end
   * is dropped.
   */
  private static final class Once<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private boolean closed;

    Once(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(A message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (closed) {
        return;
      }
      closed = true;
      // A method that hands its failure to the observer as it is.
      Throwable cause = status.getCause();
      if (status.getCode() == Status.Code.UNKNOWN && cause != null) {
        StatusRuntimeException known = Errors.toStatus(cause);
        Metadata details = known.getTrailers();
        if (details != null) {
          trailers.merge(details);
        }
        super.close(known.getStatus(), trailers);
      } else {
        super.close(status, trailers);
      }
    }
  }
}
