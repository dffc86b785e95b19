package io.unifiedcatalog.sql;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobExecutionStatusEvent;
import org.apache.flink.core.execution.JobStatusChangedListener;
import org.apache.flink.core.execution.JobStatusChangedListenerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Why the job of the statement under way failed. When an INSERT that is waited for fails, Flink
 * (2.3.0) cancels its job, whose cluster within this process is gone by then, and answers with that
 * failure in place of the first.
 */
public final class JobFailures implements JobStatusChangedListenerFactory {
  /** What Flink answers in place of a job's failure. */
  private static final String CLUSTER_GONE =
      "MiniCluster is not yet running or has already been shut down.";

  // Flink makes the listener, and statements run one after another.
  private static volatile CompletableFuture<Throwable> failure = new CompletableFuture<>();

  /** For Flink, which is told the name of this class. */
  public JobFailures() {}

  @Override
  public JobStatusChangedListener createListener(Context context) {
    return event -> {
      if (event instanceof JobExecutionStatusEvent status
          && status.newStatus() == JobStatus.FAILED
          && status.exception() != null) {
        failure.complete(status.exception());
      }
    };
  }

  /** Forgets the job of the statement before. */
  static void reset() {
    failure = new CompletableFuture<>();
  }

  /** The failure of the job if it is what Flink should have answered; else what it did answer. */
  static Throwable behind(Throwable answered) throws InterruptedException {
    if (!saysClusterGone(answered)) {
      return answered;
    }
    try {
      // It is told by a thread of its own, so it may come a moment later.
      return failure.get(5, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException unknown) {
      return answered;
    }
  }

  private static boolean saysClusterGone(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null && cause.getMessage().contains(CLUSTER_GONE)) {
        return true;
      }
    }
    return false;
  }
}
