package io.unifiedcatalog.server.api;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How a method of the API answers. */
final class Calls {
  private Calls() {}

  /** Answers a unary call with a value, or with what went wrong. */
  static <T> void answer(StreamObserver<T> observer, Supplier<T> call) {
    T value;
    try {
      value = call.get();
    } catch (RuntimeException | Error e) {
      observer.onError(status(e));
      return;
    }
    observer.onNext(value);
    observer.onCompleted();
  }

  /**
   * Answers a call with a stream of values, for as long as the caller listens.
   *
   * @param call hands on each value
   */
  static <T> void stream(StreamObserver<T> observer, Consumer<Consumer<T>> call) {
    ServerCallStreamObserver<T> caller = (ServerCallStreamObserver<T>) observer;
    // Without a handler, sending to a caller that left would throw into what is streamed.
    caller.setOnCancelHandler(() -> {});
    try {
      call.accept(
          value -> {
            if (!caller.isCancelled()) {
              caller.onNext(value);
            }
          });
    } catch (RuntimeException | Error e) {
      caller.onError(status(e));
      return;
    }
    if (!caller.isCancelled()) {
      caller.onCompleted();
    }
  }

  /** What a caller is told of a failure. */
  static StatusRuntimeException status(Throwable failure) {
    return Errors.toStatus(failure);
  }

  /** Who calls, for the log and the audit. */
  static String caller() {
    return Caller.current();
  }
}
