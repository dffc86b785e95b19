package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server on loopback in a process of its own, which ends with this JVM, however that ends. */
public abstract class LocalServer implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ATTEMPTS = 5;
  private static final long STOP_SECONDS = 60;

  private final String name;

  /** Holds its configuration and its log; short, because that of a socket may be in it. */
  final Path runDirectory;

  final Path dataDirectory;
  private final boolean dataDirectoryIsNew;
  private final boolean ownsDataDirectory;
  private final Thread endWithJvm;
  private int port;
  private @Nullable Process process;
  private volatile boolean shared;

  /**
   * A server that does not run yet.
   *
   * @param name for messages, as in "MySQL server"
   * @param directory what the name of its directory begins with
   * @param dataDirectory null: one of its own, which goes when the server is closed
   * @param port 0: a free one
   */
  LocalServer(String name, String directory, @Nullable Path dataDirectory, int port)
      throws IOException {
    this.name = name;
    this.runDirectory = Files.createTempDirectory(directory + "-");
    this.ownsDataDirectory = dataDirectory == null;
    this.dataDirectory =
        dataDirectory == null ? runDirectory.resolve("data") : dataDirectory.toAbsolutePath();
    this.dataDirectoryIsNew = Directories.isAbsentOrEmpty(this.dataDirectory);
    Files.createDirectories(this.dataDirectory);
    this.port = port;
    this.endWithJvm = new Thread(this::end, directory + "-end");
  }

  /** Makes a server. */
  interface Maker<S extends LocalServer> {
    S make() throws IOException;
  }

  /**
   * A server that was made and runs.
   *
   * @throws IllegalStateException if it does not start; with the end of its log
   */
  static <S extends LocalServer> S running(Maker<S> maker) {
    try {
      S server = maker.make();
      Runtime.getRuntime().addShutdownHook(((LocalServer) server).endWithJvm);
      try {
        ((LocalServer) server).launch();
      } catch (RuntimeException | IOException e) {
        server.close();
        throw e;
      }
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("A server could not be prepared", e);
    }
  }

  /** Refuses machines for which there is no program. */
  static void requireLinux(String name) {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new IllegalStateException(
          "The bundled "
              + name
              + " runs on Linux on x86-64 only, not on "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ". Use one of your own.");
    }
  }

  /** A password that nobody knows yet. */
  static String newPassword(String prefix) {
    byte[] random = new byte[12];
    RANDOM.nextBytes(random);
    return prefix + "-" + HexFormat.of().formatHex(random);
  }

  /**
   * Starts the process, on {@link #port}.
   *
   * @param isNewPort false: it had the same before, and all its other ports stay, too
   */
  abstract Process begin(boolean isNewPort) throws IOException;

  /** Waits until it takes connections; false if it ended or took too long instead. */
  abstract boolean awaitReady(Process started) throws IOException;

  /** The end of its log. */
  abstract String log() throws IOException;

  private void launch() throws IOException {
    // Another process may take a free port before the server does: then another is tried.
    boolean anyPort = port == 0;
    for (int attempt = 1; ; attempt++) {
      if (anyPort) {
        port = Loopback.freePort();
      }
      Process started = begin(anyPort);
      process = started;
      if (awaitReady(started)) {
        return;
      }
      killNow();
      String log = log();
      if (!anyPort || !log.contains("Address already in use") || attempt == ATTEMPTS) {
        throw new IllegalStateException(
            "The " + name + " did not start on port " + port + ". The end of its log:\n" + log);
      }
    }
  }

  /** The port on 127.0.0.1. It stays the same over a restart. */
  public int port() {
    return port;
  }

  /** From now on, only the end of this JVM stops the server: other tests use it. */
  void share() {
    shared = true;
  }

  private void requireOwn() {
    if (shared) {
      throw new IllegalStateException(
          "The "
              + name
              + " is shared by all tests of this JVM and cannot be stopped. Start one for the test"
              + " with start().");
    }
  }

  /**
   * Stops the server in good order; {@link #restart} brings it back.
   *
   * @throws IllegalStateException if the server is shared with other tests; so do all that stop it
   */
  public void stop() {
    requireOwn();
    halt();
  }

  private void halt() {
    Process running = process;
    process = null;
    if (running != null) {
      stop(running);
    }
  }

  /** Kills the server as {@code kill -9} does and waits until it is gone. */
  public void kill() {
    requireOwn();
    killNow();
  }

  private void killNow() {
    Process running = process;
    process = null;
    if (running != null) {
      kill(running);
    }
  }

  void stop(Process running) {
    running.destroy();
    try {
      if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  void kill(Process running) {
    running.destroyForcibly();
    running.onExit().join();
  }

  /** Starts the server again on the same port and data, stopping it first if it runs. */
  public void restart() {
    stop();
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException("The " + name + " could not be started again", e);
    }
  }

  /** Stops the server and, if the data directory is its own, removes it. */
  @Override
  public void close() {
    requireOwn();
    try {
      Runtime.getRuntime().removeShutdownHook(endWithJvm);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook runs or has run.
    }
    end();
  }

  private void end() {
    if (ownsDataDirectory) {
      killNow();
    } else {
      halt();
    }
    Directories.delete(runDirectory);
  }

  /** Whether the server began with no data. */
  boolean dataDirectoryIsNew() {
    return dataDirectoryIsNew;
  }

  /** In a program: says where the server listens and waits; what ends this JVM ends the server. */
  void serve(String kind) throws IOException, InterruptedException {
    OutputStream out = System.out;
    out.write((kind + " listens on 127.0.0.1:" + port + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
    new CountDownLatch(1).await();
  }
}
