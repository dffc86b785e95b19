package io.unifiedcatalog.testing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** What a server's program is unpacked to: once for each user of a machine, by the first to ask. */
final class Installation {
  private Installation() {}

  /** Fills a new directory. */
  interface Maker {
    void make(Path directory) throws IOException;
  }

  /**
   * The directory of a release, made at the first call.
   *
   * @param name of the server, as in {@code mysql}
   * @param release to change with what is unpacked
   */
  static Path of(String name, String release, Maker maker) throws IOException {
    Path home = home(name, "rwx------");
    Path installation = home.resolve(release);
    if (Files.isDirectory(installation)) {
      return installation;
    }
    synchronized (Installation.class) {
      try (FileChannel lock =
          FileChannel.open(
              home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        lock.lock();
        if (!Files.isDirectory(installation)) {
          Path unfinished = home.resolve(release + ".unfinished");
          Directories.delete(unfinished);
          Files.createDirectory(unfinished);
          maker.make(unfinished);
          Files.move(unfinished, installation, StandardCopyOption.ATOMIC_MOVE);
        }
      }
    }
    return installation;
  }

  /**
   * The directory of a program, for this user of the machine.
   *
   * @param mode of the directory if it is created
   * @throws IOException if it belongs to another user: programs are executed from there
   */
  static Path home(String name, String mode) throws IOException {
    Path home =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "unified-catalog-" + name + "-" + System.getProperty("user.name"));
    if (!Files.isDirectory(home)) {
      Files.createDirectories(home);
      Files.setPosixFilePermissions(home, PosixFilePermissions.fromString(mode));
    }
    Path own = Files.createTempFile(name + "-", ".owner");
    try {
      if (!Files.getOwner(home).equals(Files.getOwner(own))) {
        throw new IOException(
            home + " belongs to " + Files.getOwner(home) + ". Remove it, or set java.io.tmpdir.");
      }
    } finally {
      Files.delete(own);
    }
    return home;
  }
}
