package io.unifiedcatalog.server.model;

import org.jspecify.annotations.Nullable;

/** What a source estimates: rows, and bytes of data. Null: unknown. */
public record Statistics(@Nullable Long rowCount, @Nullable Long sizeBytes) {
  /** Nothing is known. */
  public static final Statistics UNKNOWN = new Statistics(null, null);
}
