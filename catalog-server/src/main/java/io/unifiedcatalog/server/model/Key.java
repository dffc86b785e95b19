package io.unifiedcatalog.server.model;

import java.util.List;

/** A key or an index: its name in the source and its columns (or expressions) in order. */
public record Key(String name, List<String> columns) {
  public Key {
    columns = List.copyOf(columns);
  }
}
