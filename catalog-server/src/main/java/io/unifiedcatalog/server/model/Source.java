package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A system whose tables the catalog knows.
 *
 * @param id identifies it for good
 * @param name unique in the catalog
 * @param kind names its {@code SourceSystem}
 * @param options the kind's options, none of them secret
 * @param secrets the kind's secrets by name
 * @param version counts its changes from 1; its etag
 */
public record Source(
    UUID id,
    String name,
    String kind,
    Map<String, String> options,
    Map<String, Secret> secrets,
    long version) {
  public Source {
    options = Collections.unmodifiableMap(new TreeMap<>(options));
    secrets = Collections.unmodifiableMap(new TreeMap<>(secrets));
  }
}
