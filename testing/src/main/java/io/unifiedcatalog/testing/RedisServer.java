package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis 7.0 server on loopback, for Linux on x86-64. Its program is unpacked once for each
 * user of a machine. It runs as whoever starts it, and ends with this JVM, however that ends. What
 * is written is in its append-only file, and there again after a kill.
 */
public final class RedisServer implements AutoCloseable {
  private static final String RELEASE = "7.0.15";
  private static final String PROGRAM = "redis-server-" + RELEASE + "-linux-amd64";

  /** Of a server, and of a Sentinel. */
  private static final List<String> READY =
      List.of("Ready to accept connections", "Sentinel ID is ");

  private static final long START_SECONDS = 60;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Kills the server when the shell's input ends, as it does with the process that started it. */
  private static final String SCRIPT =
      "exec 3<&0; \"$@\" 3<&- & server=$!; cat <&3 >/dev/null; kill -9 $server 2>/dev/null;"
          + " wait $server";

  private final Path program;
  private final Path runDirectory;
  private final Path dataDirectory;
  private final List<String> settings;
  private final String password;
  private final @Nullable SelfSigned certificate;
  private final boolean sentinel;
  private int port;
  private @Nullable Process process;

  private RedisServer(
      @Nullable Path dataDirectory, int port, List<String> settings, boolean tls, boolean sentinel)
      throws IOException {
    this.sentinel = sentinel;
    this.program = Installation.of("redis", RELEASE + "-1", RedisServer::unpack).resolve(PROGRAM);
    this.runDirectory = Files.createTempDirectory("redis-");
    this.dataDirectory =
        Files.createDirectories(
            dataDirectory == null ? runDirectory.resolve("data") : dataDirectory.toAbsolutePath());
    this.settings = List.copyOf(settings);
    this.port = port;
    this.certificate = tls ? SelfSigned.make(runDirectory, "redis") : null;
    byte[] random = new byte[12];
    RANDOM.nextBytes(random);
    this.password = "redis-" + HexFormat.of().formatHex(random);
  }

  private static void unpack(Path directory) throws IOException {
    Path to = directory.resolve(PROGRAM);
    try (InputStream in = RedisServer.class.getResourceAsStream("/" + PROGRAM)) {
      Files.copy(Objects.requireNonNull(in, PROGRAM), to);
    }
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
  }

  /** Starts a server on a data directory of its own, which goes when it is closed. */
  public static RedisServer start(String... settings) {
    return start(null, 0, List.of(settings));
  }

  /** The same, but that it takes connections by TLS only, with a certificate of its own. */
  public static RedisServer startWithTls() {
    return start(null, 0, List.of(), true, false);
  }

  /** Starts a Sentinel; the settings say what it monitors. */
  public static RedisServer startSentinel(String... settings) {
    return start(null, 0, List.of(settings), false, true);
  }

  /**
   * Starts a server.
   *
   * @param dataDirectory null: one of its own, which goes when the server is closed
   * @param port 0: a free one
   * @param settings more lines of redis.conf, as in {@code cluster-enabled yes}
   * @throws IllegalStateException if it does not start; with the end of its log
   */
  public static RedisServer start(@Nullable Path dataDirectory, int port, List<String> settings) {
    return start(dataDirectory, port, settings, false, false);
  }

  private static RedisServer start(
      @Nullable Path dataDirectory,
      int port,
      List<String> settings,
      boolean tls,
      boolean sentinel) {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new IllegalStateException(
          "The bundled Redis server runs on Linux on x86-64 only, not on "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ". Use a Redis server of your own.");
    }
    try {
      RedisServer server = new RedisServer(dataDirectory, port, settings, tls, sentinel);
      try {
        server.launch();
      } catch (RuntimeException | IOException e) {
        server.close();
        throw e;
      }
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("The Redis server could not be prepared", e);
    }
  }

  /** The port on 127.0.0.1. It stays the same over a restart. */
  public int port() {
    return port;
  }

  /** The password of the user {@code default}, new with each start of this class. */
  public String password() {
    return password;
  }

  /** A file with the certificate of a server that has TLS, in PEM. */
  public Path certificateFile() {
    return runDirectory.resolve("certificate.pem");
  }

  /** Kills the server as {@code kill -9} does and waits until it is gone. */
  public void kill() {
    Process running = process;
    if (running == null) {
      return;
    }
    process = null;
    try {
      running.getOutputStream().close();
      if (!running.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The Redis server does not end");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The Redis server could not be told to end", e);
    } catch (InterruptedException e) {
      running.descendants().forEach(ProcessHandle::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }

  /** Starts the server again on the same port and data, killing it first if it runs. */
  public void restart() {
    kill();
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException("The Redis server could not be started again", e);
    }
  }

  /** Kills the server and, if the data directory is its own, removes it. */
  @Override
  public void close() {
    kill();
    Directories.delete(runDirectory);
  }

  private void launch() throws IOException {
    // Another process may take a free port before the server does: then another is tried.
    boolean anyPort = port == 0;
    for (int attempt = 1; ; attempt++) {
      if (anyPort) {
        port = Loopback.freePort();
      }
      Path log = runDirectory.resolve("log");
      Files.deleteIfExists(log);
      List<String> command =
          new ArrayList<>(
              List.of(
                  "sh", "-c", SCRIPT, "redis", program.toString(), writeSettings(log).toString()));
      if (sentinel) {
        command.add("--sentinel");
      }
      Process started =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process = started;
      if (awaitReady(started, log)) {
        return;
      }
      kill();
      String text = Files.exists(log) ? Files.readString(log) : "";
      if (!text.contains("Address already in use") || !anyPort || attempt == 5) {
        throw new IllegalStateException(
            "The Redis server did not start on port " + port + ". Its log:\n" + text);
      }
    }
  }

  /** A file, so that no argument of the process shows the password. */
  private Path writeSettings(Path log) throws IOException {
    Path file = runDirectory.resolve("redis.conf");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    String ports = "port " + port;
    if (certificate != null) {
      Path key = runDirectory.resolve("key.pem");
      Files.writeString(certificateFile(), certificate.certificate());
      Files.writeString(key, certificate.key());
      ports =
          String.join(
              "\n",
              "port 0",
              "tls-port " + port,
              "tls-cert-file \"" + certificateFile() + "\"",
              "tls-key-file \"" + key + "\"",
              "tls-ca-cert-file \"" + certificateFile() + "\"",
              "tls-auth-clients no");
    }
    String own =
        String.join(
            "\n",
            ports,
            "bind 127.0.0.1",
            "dir \"" + dataDirectory + "\"",
            "logfile \"" + log + "\"",
            "requirepass " + password,
            "");
    String ofServer = sentinel ? "" : "save \"\"\nappendonly yes\nmasterauth " + password + "\n";
    Files.writeString(file, own + ofServer + String.join("\n", settings) + "\n");
    return file;
  }

  /** Waits until the server takes connections; false if it ended or took too long instead. */
  private static boolean awaitReady(Process process, Path log) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (System.nanoTime() < end) {
        if (Files.exists(log)) {
          String text = Files.readString(log);
          if (READY.stream().anyMatch(text::contains)) {
            return true;
          }
          if (process.descendants().findAny().isEmpty()) {
            return false;
          }
        }
        // The server's log is all that tells; there is nothing to be woken by.
        TimeUnit.MILLISECONDS.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
