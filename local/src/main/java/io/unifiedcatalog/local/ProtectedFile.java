package io.unifiedcatalog.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files that hold secrets, or that decide what a server trusts. One is used only if nobody but its
 * user and root could have written it:
 *
 * <ul>
 *   <li>it belongs to the user of this process or to root, and neither group nor others may write
 *       it;
 *   <li>its directory belongs to one of the two, and not everybody may replace what is in it (the
 *       sticky bit forbids that, too);
 *   <li>so does each symbolic link on the way to it.
 * </ul>
 *
 * <p>A descriptor of this process, {@code /dev/stdin} or what a shell's {@code <(...)} names, was
 * opened by whoever started it and is not checked.
 *
 * <p>That others may read it is not refused, as mounted secrets of containers are mostly so; see
 * {@link #exposure}. Where a file system has no owners and modes, everything is used.
 */
public final class ProtectedFile {
  private static final int MOST_LINKS = 40;

  private ProtectedFile() {}

  /**
   * Reads a file's text.
   *
   * @throws UnsafeFileException if others could have written it
   * @throws IOException if it cannot be read, as {@link Files#readString(Path)} has it
   */
  public static String read(Path file) throws IOException {
    Path checked = resolve(file);
    // What was checked is what is read: a link that took its place meanwhile is not followed.
    try (InputStream in =
        isDescriptor(checked)
            ? Files.newInputStream(checked)
            : Files.newInputStream(checked, LinkOption.NOFOLLOW_LINKS)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  /**
   * Checks a file without reading it.
   *
   * @throws UnsafeFileException if others could have written it
   * @throws IOException if it is not there
   */
  public static void check(Path file) throws IOException {
    var unused = resolve(file);
  }

  /** The file itself, past all links, after the checks. */
  private static Path resolve(Path file) throws IOException {
    Path resolved = followLinks(file);
    if (isDescriptor(resolved)) {
      return resolved;
    }
    Access access = Access.of(resolved, LinkOption.NOFOLLOW_LINKS);
    if (access == null) {
      return resolved;
    }
    if (!access.isTrusted()) {
      throw new UnsafeFileException(
          file,
          "belongs to the user '"
              + access.ownerName()
              + "', and must belong to the user of this process or to root. Change its owner with"
              + " chown, or make a copy");
    }
    if (access.isWritableByGroupOrOthers()) {
      throw new UnsafeFileException(
          file,
          "can be written by others than its owner (mode "
              + access.octal()
              + "). Forbid it with: chmod go-w "
              + resolved);
    }
    Path directory = resolved.getParent();
    if (directory != null) {
      Access around = Access.of(directory);
      if (around != null && !around.isTrusted()) {
        throw new UnsafeFileException(
            file,
            "is in the directory "
                + directory
                + " of the user '"
                + around.ownerName()
                + "', who can replace it. Move it into a directory of the user of this process or"
                + " of root");
      }
      if (around != null && around.letsOthersReplace()) {
        throw new UnsafeFileException(
            file,
            "is in the directory "
                + directory
                + ", in which every user can replace it (mode "
                + around.octal()
                + "). Move it elsewhere, or forbid it with: chmod o-w "
                + directory);
      }
    }
    return resolved;
  }

  /** Follows the links one by one, as each could be somebody else's. */
  private static Path followLinks(Path file) throws IOException {
    Path path = file.toAbsolutePath();
    for (int links = 0; links <= MOST_LINKS; links++) {
      Path link = firstLink(path);
      if (link == null || isDescriptor(link)) {
        // Without links on the way, ".." is what it seems to be.
        return path.normalize();
      }
      Access access = Access.of(link, LinkOption.NOFOLLOW_LINKS);
      if (access != null && !access.isTrusted()) {
        throw new UnsafeFileException(
            file,
            "is reached by the symbolic link "
                + link
                + " of the user '"
                + access.ownerName()
                + "'. Name the file that is meant");
      }
      Path target = link.resolveSibling(Files.readSymbolicLink(link));
      path = target.resolve(link.relativize(path));
    }
    throw new FileSystemLoopException(file.toString());
  }

  /** Whether it is open in a process already, as what a shell's {@code <(...)} names. */
  private static boolean isDescriptor(Path path) {
    return path.startsWith("/proc") && path.getNameCount() == 4 && path.getName(2).endsWith("fd");
  }

  private static @Nullable Path firstLink(Path path) {
    Path prefix = path.getRoot();
    for (Path name : path) {
      prefix = prefix == null ? name : prefix.resolve(name);
      if (Files.isSymbolicLink(prefix)) {
        return prefix;
      }
    }
    return null;
  }

  /**
   * How a secret is open to others' eyes, for a warning; empty if only its owner may read it.
   *
   * @throws IOException if the file is not there
   */
  public static Optional<String> exposure(Path file) throws IOException {
    Access access = Access.of(file);
    return access == null || !access.isReadableByGroupOrOthers()
        ? Optional.empty()
        : Optional.of(
            "can be read by others than its owner (mode "
                + access.octal()
                + "). Forbid it with: chmod go-r "
                + file);
  }

  /**
   * Makes an empty file that only its owner may read and write, unless there is one. What is there
   * must be safe to write: links of other users on the way to it are refused.
   *
   * @throws UnsafeFileException if a link on the way to it belongs to another user
   * @throws IOException if it cannot be made
   */
  public static void ensure(Path file) throws IOException {
    Path resolved = followLinks(file);
    if (Files.exists(resolved)) {
      return;
    }
    Set<OpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.newByteChannel(
              resolved,
              options,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
          .close();
    } else {
      Files.newByteChannel(resolved, options).close();
    }
  }

  /**
   * Makes a file that only its owner may read and write. It appears whole, and takes the place of
   * no other.
   *
   * @throws FileAlreadyExistsException if there is one of that name
   */
  public static void create(Path file, String text) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(file + " is not a file's name");
    }
    // A temporary file is its owner's alone (mode 600) from the start.
    Path temporary = Files.createTempFile(directory, ".new", ".tmp");
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.createLink(file, temporary);
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
