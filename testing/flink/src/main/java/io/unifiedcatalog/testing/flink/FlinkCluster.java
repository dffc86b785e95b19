package io.unifiedcatalog.testing.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.util.TestStreamEnvironment;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The Flink cluster of a JVM: every session of a class that this extends runs its jobs there. The
 * first such class starts it, the end of all tests stops it. Flink's own extension starts one for
 * each class, and takes it away from the classes that run at the same time.
 *
 * <p>Test classes share its slots: a test's jobs take one slot for each unit of parallelism, and a
 * job without an end must be cancelled by the test that began it. The run fails if a job is still
 * running when all tests have ended.
 */
public final class FlinkCluster implements BeforeAllCallback, BeforeEachCallback {
  /**
   * A task manager ends when a job with {@code collect()} fails before its sink was opened, as the
   * sink cannot be closed then (CollectSinkFunction up to Flink 2.3). Jobs are spread, so that few
   * others end with it, and the next test gets another.
   */
  private static final int TASK_MANAGERS = 4;

  private static final int SLOTS_PER_TASK_MANAGER = 6;

  /** Of a job whose test says nothing else. */
  private static final int PARALLELISM = 4;

  /** How long a job that was cancelled may take to end. */
  private static final Duration CANCELLATION = Duration.ofSeconds(30);

  @Override
  public void beforeAll(ExtensionContext context) {
    running(context).replaceTaskManagers();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    running(context).replaceTaskManagers();
  }

  private static Running running(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(FlinkCluster.class))
        .getOrComputeIfAbsent(Running.class, key -> new Running(), Running.class);
  }

  private static final class Running implements AutoCloseable {
    private final MiniCluster cluster;

    Running() {
      Configuration configuration = new Configuration();
      // What each slot has of these is what a cluster of eight slots gives it by default.
      configuration.set(
          TaskManagerOptions.MANAGED_MEMORY_SIZE,
          MemorySize.ofMebiBytes(16 * SLOTS_PER_TASK_MANAGER));
      configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(48));
      configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(48));
      // By its name: the option's class differs between releases.
      configuration.setString("cluster.evenly-spread-out-slots", "true");
      configuration.setString("taskmanager.load-balance.mode", "SLOTS");
      cluster =
          new MiniCluster(
              new MiniClusterConfiguration.Builder()
                  .setConfiguration(configuration)
                  .setNumTaskManagers(TASK_MANAGERS)
                  .setNumSlotsPerTaskManager(SLOTS_PER_TASK_MANAGER)
                  .setRpcServiceSharing(RpcServiceSharing.SHARED)
                  // Otherwise its REST server takes port 8081, and two builds cannot share a
                  // machine.
                  .withRandomPorts()
                  .build());
      try {
        cluster.start();
      } catch (Exception e) {
        throw new IllegalStateException("The Flink cluster for the tests did not start", e);
      }
      TestStreamEnvironment.setAsContext(cluster, PARALLELISM);
    }

    synchronized void replaceTaskManagers() {
      try {
        int connected = cluster.requestClusterOverview().get().getNumTaskManagersConnected();
        // Those that just started may not be connected yet: one too many does no harm.
        for (; connected < TASK_MANAGERS; connected++) {
          cluster.startTaskManager();
        }
      } catch (Exception e) {
        throw new IllegalStateException("A task manager for the tests did not start", e);
      }
    }

    @Override
    public void close() {
      TestStreamEnvironment.unsetAsContext();
      List<String> running = running();
      cluster.closeAsync().join();
      if (!running.isEmpty()) {
        throw new IllegalStateException(
            "Tests left jobs running: " + running + ". Cancel a job in the test that starts it.");
      }
    }

    /** The names of the jobs that do not end by themselves. */
    private List<String> running() {
      List<String> names = new ArrayList<>();
      long end = System.nanoTime() + CANCELLATION.toNanos();
      for (JobStatusMessage job : cluster.listJobs().join()) {
        boolean ended =
            cluster
                .requestJobResult(job.getJobId())
                .thenApply(result -> true)
                .completeOnTimeout(
                    false, Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)
                .join();
        if (!ended) {
          names.add(job.getJobName());
        }
      }
      return names;
    }
  }
}
