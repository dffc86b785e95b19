package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A column as its source says it.
 *
 * @param nativeType as the source prints it
 * @param comment empty if there is none
 * @param facts what else the source says, by key; see {@link Facts}. In order of the keys, so that
 *     equal columns are written equally
 */
public record Column(
    String name, String nativeType, boolean nullable, String comment, Map<String, String> facts) {
  public Column {
    facts = facts.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(facts));
  }
}
