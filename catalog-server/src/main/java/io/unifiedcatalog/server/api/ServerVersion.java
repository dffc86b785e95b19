package io.unifiedcatalog.server.api;

import io.unifiedcatalog.proto.v1.ApiVersion;
import io.unifiedcatalog.proto.v1.ServerInfo;

/** This server's release, and the versions of the API that it speaks. */
public final class ServerVersion {
  /** The lowest version that is understood. */
  static final int MIN_API_VERSION = ApiVersion.API_VERSION_1_VALUE;

  /** The highest version that is understood. */
  static final int MAX_API_VERSION = ApiVersion.API_VERSION_1_VALUE;

  private ServerVersion() {}

  /** The release, as in {@code 0.1.0}; {@code development} outside a jar. */
  public static String release() {
    String release = ServerVersion.class.getPackage().getImplementationVersion();
    return release == null ? "development" : release;
  }

  static ServerInfo info() {
    return ServerInfo.newBuilder()
        .setRelease(release())
        .setMinApiVersion(MIN_API_VERSION)
        .setMaxApiVersion(MAX_API_VERSION)
        .build();
  }
}
