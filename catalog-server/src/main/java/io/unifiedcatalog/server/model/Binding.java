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
   * @param secret whether the value must never be shown
   */
  public record Option(String key, @Nullable String value, boolean tunable, boolean secret) {
    /** An option that nobody can override. */
    public static Option fixed(String key, String value) {
      return new Option(key, value, false, false);
    }

    /** A fixed option whose value must never be shown. */
    public static Option secret(String key, Secret value) {
      return new Option(key, value.reveal(), false, true);
    }

    /** An option that an overlay or a hint may override; without a value, or with a default. */
    public static Option tunable(String key, @Nullable String value) {
      return new Option(key, value, true, false);
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
