package io.unifiedcatalog.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who owns a file and who may do what with it.
 *
 * @param owner the user's number
 * @param ownerName for messages
 * @param mode the nine bits of permissions, and the sticky bit
 */
record Access(int owner, String ownerName, int mode) {
  private static final int ROOT = 0;
  private static final int OTHERS_WRITE = 0002;
  private static final int GROUP_WRITES = 0020;
  private static final int OTHERS_READ = 0004;
  private static final int GROUP_READS = 0040;
  private static final int STICKY = 01000;

  /** Null: the file system knows no such thing, as on Windows. */
  static @Nullable Access of(Path file, LinkOption... options) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return null;
    }
    Map<String, Object> attributes = Files.readAttributes(file, "unix:uid,mode,owner", options);
    return new Access(
        (Integer) Objects.requireNonNull(attributes.get("uid")),
        String.valueOf(attributes.get("owner")),
        (Integer) Objects.requireNonNull(attributes.get("mode")) & 07777);
  }

  /** The user that this process runs as; -1 if the system does not say. */
  static int self() {
    try {
      // A process's own directory belongs to the user that it runs as.
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return -1;
    }
  }

  boolean isOwn() {
    int self = self();
    return self < 0 ? ownerName.equals(System.getProperty("user.name")) : owner == self;
  }

  /** Whether it belongs to this process's user, or to root, who may do anything anyway. */
  boolean isTrusted() {
    return owner == ROOT || isOwn();
  }

  boolean isWritableByGroupOrOthers() {
    return (mode & (GROUP_WRITES | OTHERS_WRITE)) != 0;
  }

  /** Whether anybody could replace what is in a directory. */
  boolean letsOthersReplace() {
    return (mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0;
  }

  boolean isReadableByGroupOrOthers() {
    return (mode & (GROUP_READS | OTHERS_READ)) != 0;
  }

  String octal() {
    return String.format("%04o", mode);
  }
}
