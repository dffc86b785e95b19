package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.Engine;
import org.apache.flink.FlinkVersion;
import org.apache.flink.runtime.util.EnvironmentInformation;

/** The Flink that this runs in, as the server wants to know it. */
final class FlinkEngine {
  /** Name and release. */
  static final Engine CURRENT = Engine.newBuilder().setName("flink").setVersion(version()).build();

  private FlinkEngine() {}

  private static String version() {
    String version = EnvironmentInformation.getVersion();
    // Without the build's properties, as in some IDEs, the enum still knows major and minor.
    return version.matches("[0-9]+\\.[0-9].*") ? version : FlinkVersion.current() + ".0";
  }
}
