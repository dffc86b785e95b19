package io.unifiedcatalog.server.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an engine reaches a table's data; see {@code Binding} in the API. */
public record Binding(List<Option> options, List<Artifact> artifacts) {
  public Binding {
    options = List.copyOf(options);
    artifacts = List.copyOf(artifacts);
  }

  /**
   * A connector option.
   *
   * @param value null: not set, the key only says that it is tunable
   * @param rule the values that an overlay or a hint may set; null if the option is fixed
   * @param secret whether the value must never be shown
   */
  public record Option(
      String key, @Nullable String value, @Nullable OptionRule rule, boolean secret) {
    /** An option that nobody can override. */
    public static Option fixed(String key, String value) {
      return new Option(key, value, null, false);
    }

    /** A fixed option whose value must never be shown. */
    public static Option secret(String key, Secret value) {
      return new Option(key, value.reveal(), null, true);
    }

    /** An option that an overlay or a hint may override; without a value, or with a default. */
    public static Option tunable(String key, @Nullable String value, OptionRule rule) {
      return new Option(key, value, rule, false);
    }

    /** Whether an overlay or a hint may override it. */
    public boolean tunable() {
      return rule != null;
    }

    @Override
    public String toString() {
      return key + "=" + (secret ? "***" : value);
    }
  }

  /** A jar that the engine needs: Maven coordinates, and a class that shows it is there. */
  public record Artifact(String coordinates, String probeClass) {}

  /** What a table is used for. */
  public enum Role {
    SOURCE,
    SINK
  }

  /** How the job runs. */
  public enum RuntimeMode {
    BATCH,
    STREAMING
  }
}
