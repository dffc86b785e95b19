package io.unifiedcatalog.server.model;

/** Which changes of a subject are allowed; see {@code Compatibility} in the API. */
public enum Compatibility {
  NONE(false, false, false),
  BACKWARD(true, false, false),
  BACKWARD_TRANSITIVE(true, false, true),
  FORWARD(false, true, false),
  FORWARD_TRANSITIVE(false, true, true),
  FULL(true, true, false),
  FULL_TRANSITIVE(true, true, true);

  /** What holds for a new subject unless its first registration says otherwise. */
  public static final Compatibility DEFAULT = BACKWARD_TRANSITIVE;

  private final boolean backward;
  private final boolean forward;
  private final boolean transitive;

  Compatibility(boolean backward, boolean forward, boolean transitive) {
    this.backward = backward;
    this.forward = forward;
    this.transitive = transitive;
  }

  /** Whether readers of a new version must read data of older ones. */
  public boolean isBackward() {
    return backward;
  }

  /** Whether readers of older versions must read data of a new one. */
  public boolean isForward() {
    return forward;
  }

  /** Whether that holds for every older version and not only for the newest one. */
  public boolean isTransitive() {
    return transitive;
  }
}
