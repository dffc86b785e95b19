package io.unifiedcatalog.local;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file or directory that others than its user could have changed. The message says why and what
 * to do; it reads on after the file's name.
 */
public final class UnsafeFileException extends IOException {
  private static final long serialVersionUID = 1;

  private final String file;
  private final String problem;

  UnsafeFileException(Path file, String problem) {
    super(file + " " + problem);
    this.file = file.toString();
    this.problem = problem;
  }

  /** The file. */
  public String file() {
    return file;
  }

  /** Why it is not used and what to do, as in {@code can be written by ...}; no full stop. */
  public String problem() {
    return problem;
  }
}
