package io.unifiedcatalog.server.api;

import io.grpc.Context;

/** Who calls, as the log and the audit name it. */
final class Caller {
  /** Set for each call before its method runs. */
  static final Context.Key<String> KEY = Context.keyWithDefault("caller", "anonymous");

  private Caller() {}

  static String current() {
    return KEY.get();
  }
}
