package io.unifiedcatalog.server.api;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.source.SourceSession;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Runs the calls that wait for a source, on a few threads of their own: sources that do not answer
 * cannot take the threads of reads, bindings and health. When nobody waits for a call any more, as
 * its deadline passed or its caller left, its sessions are aborted.
 */
public final class SourceCalls implements AutoCloseable {
  private static final int THREADS = 8;
  private static final int WAITING = 64;

  private final ThreadPoolExecutor executor;

  /** Threads start as calls come. */
  public SourceCalls() {
    AtomicInteger number = new AtomicInteger();
    executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "source-call-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** The sessions of a call. */
  static final class Sessions {
    private final Set<SourceSession> open = new HashSet<>();
    private boolean aborted;

    /**
     * Takes a session that was opened, to abort it when the call ends early. The call closes it.
     *
     * @throws CatalogException UNAVAILABLE if that is so already; the session is closed
     */
    synchronized <S extends SourceSession> S opened(S session) {
      if (aborted) {
        session.close();
        throw new CatalogException(
            ErrorCode.UNAVAILABLE, "CALL_ENDED", "Nobody waits for the call any more.");
      }
      open.add(session);
      return session;
    }

    private synchronized void abort() {
      aborted = true;
      open.forEach(SourceSession::abort);
    }
  }

  /** Answers a unary call as {@link Calls#answer} does, on a thread of this pool. */
  <T> void answer(StreamObserver<T> observer, Function<Sessions, T> call) {
    // Without a handler, an answer to a caller that left would throw.
    ((ServerCallStreamObserver<T>) observer).setOnCancelHandler(() -> {});
    Context context = Context.current();
    Sessions sessions = new Sessions();
    Context.CancellationListener abort = cancelled -> sessions.abort();
    context.addListener(abort, Runnable::run);
    try {
      executor.execute(
          context.wrap(
              () -> {
                try {
                  // It may have waited for longer than its caller.
                  if (!context.isCancelled()) {
                    Calls.answer(observer, () -> call.apply(sessions));
                  }
                } finally {
                  context.removeListener(abort);
                }
              }));
    } catch (RejectedExecutionException e) {
      context.removeListener(abort);
      observer.onError(
          Calls.status(
              new CatalogException(
                  ErrorCode.UNAVAILABLE,
                  "SOURCES_BUSY",
                  "Too many calls wait for sources that do not answer. Repeat the call in a"
                      + " moment; `catalog source list` shows which sources fail.")));
    }
  }

  /** Stops; calls under way are let go. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
