package io.unifiedcatalog.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
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
      @Nullable Path dataDirectory,
      int port,
      List<String> settings,
      boolean tls,
      boolean sentinel,
      @Nullable String password)
      throws IOException {
    this.sentinel = sentinel;
    this.program = Installation.of("redis", RELEASE + "-1", RedisServer::unpack).resolve(PROGRAM);
    this.runDirectory = Files.createTempDirectory("redis-");
    this.dataDirectory =
        Files.createDirectories(
            dataDirectory == null ? runDirectory.resolve("data") : dataDirectory.toAbsolutePath());
    this.settings = new ArrayList<>(settings);
    this.port = port;
    this.certificate = tls ? SelfSigned.make(runDirectory, "redis") : null;
    byte[] random = new byte[12];
    RANDOM.nextBytes(random);
    this.password = password != null ? password : "redis-" + HexFormat.of().formatHex(random);
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
    return start(null, 0, List.of(), true, false, null);
  }

  /** Starts a Sentinel; the settings say what it monitors. */
  public static RedisServer startSentinel(String... settings) {
    return start(null, 0, List.of(settings), false, true, null);
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
    return start(dataDirectory, port, settings, false, false, null);
  }

  private static RedisServer start(
      @Nullable Path dataDirectory,
      int port,
      List<String> settings,
      boolean tls,
      boolean sentinel,
      @Nullable String password) {
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
      RedisServer server = new RedisServer(dataDirectory, port, settings, tls, sentinel, password);
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

  /**
   * Runs commands, each as a person would type it, as in {@code SET greeting "good day"}.
   *
   * @throws IllegalStateException if one fails
   */
  public void execute(List<String> commands) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      // Redis takes a line for a command, too, and answers each with one line or more.
      OutputStream out = socket.getOutputStream();
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      out.write(("AUTH " + password + "\r\n").getBytes(StandardCharsets.UTF_8));
      requireDone("AUTH", in);
      for (String command : commands) {
        out.write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        requireDone(command, in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The Redis server does not answer", e);
    }
  }

  /** Of commands that write, whose answer is one line, or a length and then the line. */
  private static void requireDone(String command, BufferedReader in) throws IOException {
    String answer = String.valueOf(in.readLine());
    if (answer.startsWith("$")) {
      in.readLine();
    } else if (!answer.startsWith("+") && !answer.startsWith(":")) {
      throw new IllegalStateException("Redis answers '" + command + "' with " + answer);
    }
  }

  /** The port on 127.0.0.1. It stays the same over a restart. */
  public int port() {
    return port;
  }

  /** The password of the user {@code default}, new with each start of this class unless given. */
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

  /**
   * Starts the server again on the same port and data, killing it first if it runs.
   *
   * @param more lines of redis.conf, from now on
   */
  public void restart(String... more) {
    kill();
    settings.addAll(List.of(more));
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

  /**
   * Runs a server until the process is told to end.
   *
   * <p>{@code --data-dir DIR --port PORT --script FILE --password-file FILE}: the script's
   * commands, one a line, are run if the directory is new.
   */
  public static void main(String[] arguments) throws Exception {
    Path dataDirectory = null;
    int port = 0;
    Path script = null;
    String password = null;
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      String value = i + 1 < arguments.length ? arguments[++i] : "";
      switch (argument) {
        case "--data-dir" -> dataDirectory = Path.of(value);
        case "--port" -> port = Integer.parseInt(value);
        case "--script" -> script = Path.of(value);
        case "--password-file" -> password = Files.readString(Path.of(value)).strip();
        default -> {
          System.err.println(
              "Unknown argument "
                  + argument
                  + ". Known: --data-dir DIR --port PORT --script FILE --password-file FILE");
          System.exit(2);
        }
      }
    }
    boolean isNew = dataDirectory == null || !Files.exists(dataDirectory);
    RedisServer server = start(dataDirectory, port, List.of(), false, false, password);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    if (script != null && isNew) {
      server.execute(
          Files.readAllLines(script).stream()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .toList());
    }
    OutputStream out = System.out;
    out.write(
        ("Redis listens on 127.0.0.1:" + server.port() + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
    new CountDownLatch(1).await();
  }
}
