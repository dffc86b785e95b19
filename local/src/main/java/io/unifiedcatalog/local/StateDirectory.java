package io.unifiedcatalog.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The user's directory for what programs keep between their runs: {@code
 * $XDG_STATE_HOME/unified-catalog}, by default {@code ~/.local/state/unified-catalog}.
 */
public final class StateDirectory {
  private StateDirectory() {}

  /**
   * Where it is, whether or not it exists; null if the environment names none and the user has no
   * home.
   */
  public static @Nullable Path path(Map<String, String> environment) {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    // A relative one does not count, says the specification.
    if (state.startsWith("/")) {
      return Path.of(state, "unified-catalog");
    }
    String home = environment.getOrDefault("HOME", "");
    if (!home.startsWith("/")) {
      home = System.getProperty("user.home", "");
    }
    return home.startsWith("/") ? Path.of(home, ".local/state/unified-catalog") : null;
  }

  /**
   * Makes a directory in it that only the user may enter, with all above that is missing.
   *
   * @throws UnsafeFileException if it belongs to another user, or others may write it
   * @throws IOException if it cannot be made
   */
  public static Path create(Path state, String name) throws IOException {
    Path directory = state.resolve(name);
    Path existing = directory;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing != null) {
      // Root started with somebody else's HOME would leave them what they cannot write.
      Access access = Access.of(existing);
      if (access != null && Access.self() == 0 && !access.isOwn()) {
        throw new UnsafeFileException(
            existing,
            "belongs to the user '" + access.ownerName() + "'. Set HOME or XDG_STATE_HOME");
      }
    }
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
    check(state);
    check(directory);
    return directory;
  }

  /**
   * Checks a directory of it.
   *
   * @throws UnsafeFileException if it belongs to another user, or others may write it
   * @throws IOException if it is not there
   */
  static void check(Path directory) throws IOException {
    Access access = Access.of(directory);
    if (access != null && !access.isOwn()) {
      throw new UnsafeFileException(
          directory,
          "belongs to the user '"
              + access.ownerName()
              + "'. Set HOME or XDG_STATE_HOME to a directory of your own");
    }
    if (access != null && access.isWritableByGroupOrOthers()) {
      throw new UnsafeFileException(
          directory,
          "can be written by others (mode "
              + access.octal()
              + "). Forbid it with: chmod go-w "
              + directory);
    }
  }
}
