package io.unifiedcatalog.testing.flink;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.util.TestStreamEnvironment;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The Flink cluster of a JVM: every session of a class that this extends runs its jobs there. The
 * first such class starts it, the end of all tests stops it. Flink's own extension starts one for
 * each class, and takes it away from the classes that run at the same time.
 *
 * <p>Test classes share its slots: a test's jobs take one slot for each unit of parallelism, and a
 * job without an end must be cancelled by the test that began it.
 */
public final class FlinkCluster implements BeforeAllCallback {
  private static final int SLOTS = 24;

  /** Of a job whose test says nothing else. */
  private static final int PARALLELISM = 4;

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.create(FlinkCluster.class))
        .getOrComputeIfAbsent(Running.class, key -> new Running(), Running.class);
  }

  private static final class Running implements AutoCloseable {
    private final MiniCluster cluster;

    Running() {
      Configuration configuration = new Configuration();
      // What each slot has of these is what a cluster of eight slots gives it by default.
      configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(16 * SLOTS));
      configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(64));
      configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(64));
      cluster =
          new MiniCluster(
              new MiniClusterConfiguration.Builder()
                  .setConfiguration(configuration)
                  .setNumTaskManagers(1)
                  .setNumSlotsPerTaskManager(SLOTS)
                  .setRpcServiceSharing(RpcServiceSharing.SHARED)
                  .build());
      try {
        cluster.start();
      } catch (Exception e) {
        throw new IllegalStateException("The Flink cluster for the tests did not start", e);
      }
      TestStreamEnvironment.setAsContext(cluster, PARALLELISM);
    }

    @Override
    public void close() throws Exception {
      TestStreamEnvironment.unsetAsContext();
      cluster.close();
    }
  }
}
