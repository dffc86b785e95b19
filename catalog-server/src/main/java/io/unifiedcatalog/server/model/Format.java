package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How an engine reads and writes the bytes that a schema describes.
 *
 * @param identifier the name of Flink's format, as in {@code protobuf-descriptor}
 * @param options the format's options without any prefix; none is secret
 * @param artifacts what must be on the engine's class path
 */
public record Format(
    String identifier, Map<String, String> options, List<Binding.Artifact> artifacts) {
  public Format {
    options = Collections.unmodifiableMap(new TreeMap<>(options));
    artifacts = List.copyOf(artifacts);
  }
}
