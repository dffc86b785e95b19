package io.unifiedcatalog.connectors.redis;

import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;

/** What the tests run their jobs on. */
final class Flink {
  private Flink() {}

  /** A Flink cluster for all tests of a class: one for each job would take most of their time. */
  static MiniClusterExtension cluster() {
    return new MiniClusterExtension(
        new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(4)
            .build());
  }
}
