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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis 7.0 server on loopback, for Linux on x86-64. Its program is unpacked once for each
 * user of a machine. It runs as whoever starts it, and ends with this JVM, however that ends. What
 * is written is in its append-only file, and there again after a kill.
 */
public final class RedisServer extends LocalServer {
  private static final String RELEASE = "7.0.15";
  private static final String PROGRAM = "redis-server-" + RELEASE + "-linux-amd64";

  /** Of a server, and of a Sentinel. */
  private static final List<String> READY =
      List.of("Ready to accept connections", "Sentinel ID is ");

  private static final long START_SECONDS = 60;

  /**
   * Ends with the server, and kills it when the shell's input ends, as it does with the process
   * that started it.
   */
  private static final String SCRIPT =
      "exec 3<&0; \"$@\" 3<&- & server=$!;"
          + " (cat <&3 >/dev/null; kill -9 $server 2>/dev/null) & wait $server";

  private final Path program;
  private final List<String> settings;
  private final String password;
  private final @Nullable SelfSigned certificate;
  private final boolean sentinel;

  private RedisServer(
      @Nullable Path dataDirectory,
      int port,
      List<String> settings,
      boolean tls,
      boolean sentinel,
      @Nullable String password)
      throws IOException {
    super("Redis server", "redis", dataDirectory, port);
    this.sentinel = sentinel;
    this.program = Installation.of("redis", RELEASE + "-1", RedisServer::unpack).resolve(PROGRAM);
    this.settings = new ArrayList<>(settings);
    this.certificate = tls ? SelfSigned.make(runDirectory, "redis") : null;
    this.password = password != null ? password : newPassword("redis");
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
    requireLinux("Redis server");
    return running(() -> new RedisServer(dataDirectory, port, settings, tls, sentinel, password));
  }

  /**
   * Runs commands, each as a person would type it, as in {@code SET greeting "good day"}.
   *
   * @throws IllegalStateException if one fails
   */
  public void execute(List<String> commands) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
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

  /** The password of the user {@code default}, new with each start of this class unless given. */
  public String password() {
    return password;
  }

  /** A file with the certificate of a server that has TLS, in PEM. */
  public Path certificateFile() {
    return runDirectory.resolve("certificate.pem");
  }

  /** With its append-only file, killing it is as good. */
  @Override
  void stop(Process running) {
    kill(running);
  }

  @Override
  void kill(Process running) {
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
    settings.addAll(List.of(more));
    restart();
  }

  @Override
  Process begin(boolean isNewPort) throws IOException {
    Files.deleteIfExists(logFile());
    List<String> command =
        new ArrayList<>(
            List.of("sh", "-c", SCRIPT, "redis", program.toString(), writeSettings().toString()));
    if (sentinel) {
      command.add("--sentinel");
    }
    return new ProcessBuilder(command)
        // What is wrong with its settings it says before it has a log.
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
        .start();
  }

  @Override
  String log() throws IOException {
    return Files.readString(logFile());
  }

  private Path logFile() {
    return runDirectory.resolve("log");
  }

  /** A file, so that no argument of the process shows the password. */
  private Path writeSettings() throws IOException {
    Path file = runDirectory.resolve("redis.conf");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    String ports = "port " + port();
    if (certificate != null) {
      Path key = runDirectory.resolve("key.pem");
      Files.writeString(certificateFile(), certificate.certificate());
      Files.writeString(key, certificate.key());
      ports =
          String.join(
              "\n",
              "port 0",
              "tls-port " + port(),
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
            "logfile \"" + logFile() + "\"",
            "requirepass " + password,
            "");
    String ofServer = sentinel ? "" : "save \"\"\nappendonly yes\nmasterauth " + password + "\n";
    Files.writeString(file, own + ofServer + String.join("\n", settings) + "\n");
    return file;
  }

  @Override
  boolean awaitReady(Process started) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (started.isAlive() && System.nanoTime() < end) {
        String text = log();
        if (READY.stream().anyMatch(text::contains)) {
          return true;
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
    Arguments told = new Arguments(arguments, "--script", "--password-file");
    Path script = told.path("--script");
    RedisServer server =
        start(told.dataDirectory(), told.port(), List.of(), false, false, told.password());
    if (script != null && server.dataDirectoryIsNew()) {
      server.execute(
          Files.readAllLines(script).stream()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .toList());
    }
    server.serve("Redis");
  }
}
