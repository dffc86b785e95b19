package io.unifiedcatalog.server.api;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the memory that requests take before anybody has checked them. A request is collected as
 * its bytes arrive and parsed when it is complete: so each call has a limit, and all calls together
 * have one. A call that goes over is ended at once, and what was collected for it is let go.
 */
final class RequestBytes extends ServerStreamTracer.Factory {
  private static final Context.Key<Call> CALL = Context.key("request-bytes");

  private final long total;
  private final AtomicLong held = new AtomicLong();

  /**
   * Counts for one server.
   *
   * @param total for all calls at a time, in bytes
   */
  RequestBytes(long total) {
    this.total = total;
  }

  /** How many bytes the calls under way have sent. */
  long held() {
    return held.get();
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return new Call();
  }

  /**
   * Limits the current call.
   *
   * @param most of its request, in bytes
   * @param end ends the call, with the limit that it went over; called at most once, on any thread
   */
  static void limit(long most, End end) {
    Call call = CALL.get();
    if (call != null) {
      call.limit(most, end);
    }
  }

  /** Ends a call that sent too much. */
  interface End {
    /**
     * Ends it.
     *
     * @param limit the call's own, in bytes; null if all calls together are over theirs
     */
    void over(@Nullable Long limit);
  }

  private record Limit(long most, End end) {}

  private final class Call extends ServerStreamTracer {
    private final AtomicReference<@Nullable Limit> limit = new AtomicReference<>();
    private volatile long received;
    private volatile boolean overTotal;

    @Override
    public Context filterContext(Context context) {
      return context.withValue(CALL, this);
    }

    void limit(long most, End end) {
      limit.set(new Limit(most, end));
      check();
    }

    // On the connection's thread only, as frames arrive.
    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void inboundWireSize(long bytes) {
      received += bytes;
      if (held.addAndGet(bytes) > total) {
        overTotal = true;
      }
      check();
    }

    private void check() {
      Limit own = limit.get();
      if (own != null && (overTotal || received > own.most) && limit.compareAndSet(own, null)) {
        own.end.over(received > own.most ? own.most : null);
      }
    }

    @Override
    public void streamClosed(io.grpc.Status status) {
      limit.set(null);
      held.addAndGet(-received);
      received = 0;
    }
  }
}
