package io.unifiedcatalog.server.api;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** How a method of the API answers. */
final class Calls {
  private Calls() {}

  /** Answers a unary call with a value, or with what went wrong. */
  static <T> void answer(StreamObserver<T> observer, Supplier<T> call) {
    T value;
    try {
      value = call.get();
    } catch (RuntimeException e) {
      observer.onError(status(e));
      return;
    }
    observer.onNext(value);
    observer.onCompleted();
  }

  /** What a caller is told of a failure. */
  static StatusRuntimeException status(RuntimeException failure) {
    return Errors.toStatus(failure);
  }

  /** Who calls, for the log and the audit. */
  static String caller() {
    return Caller.current();
  }
}
