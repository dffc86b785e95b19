package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Where tests have the catalog server unpack its PostgreSQL: once for each user of a machine, for
 * all builds. The server itself makes sure that of two who come at once one unpacks.
 */
public final class StoreBinaries {
  private StoreBinaries() {}

  /**
   * The directory, for {@code --store-binaries}. Every user may read it: as root, PostgreSQL runs
   * as another.
   */
  public static Path directory() {
    try {
      return Installation.home("postgres", "rwxr-xr-x");
    } catch (IOException e) {
      throw new UncheckedIOException("There is no directory for PostgreSQL's programs", e);
    }
  }
}
