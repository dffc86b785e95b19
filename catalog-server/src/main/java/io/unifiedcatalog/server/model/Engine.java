package io.unifiedcatalog.server.model;

/**
 * The SQL engine that asks.
 *
 * @param name in lower case, as in {@code flink}
 * @param version its release, as in {@code 2.3.0}
 */
public record Engine(String name, String version) {
  /** Whether the release is of the given major version. */
  public boolean isMajor(int major) {
    return version.startsWith(major + ".");
  }
}
