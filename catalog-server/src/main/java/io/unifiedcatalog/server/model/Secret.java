package io.unifiedcatalog.server.model;

/** A text that must not be shown. It prints {@code ***}; only {@link #reveal} gives it away. */
public final class Secret {
  private final String value;

  /** Wraps a secret. */
  public Secret(String value) {
    this.value = value;
  }

  /** The secret itself, for whoever must send it on. */
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "***";
  }
}
