package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * ClickHouse's real engine on loopback, for Linux on x86-64: libchdb behind ClickHouse's HTTP
 * interface, see {@link ClickHouseEngine} for what of it is the engine's. A driver needs {@code
 * compress=false}. The first start on a machine fetches the library with npm. It runs in a JVM of
 * its own and ends with this one, however that ends. Nothing in it is durable: it is for tests and
 * demonstrations.
 */
public final class ClickHouseServer implements AutoCloseable {
  /** The package's release, its SHA-512, and the engine in it: to change together. */
  private static final String RELEASE = "26.7.3-stable.1";

  private static final String PACKAGE = "@chdb/lib-linux-x64-gnu";
  private static final String SHA_512 =
      "5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35"
          + "a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7";

  private static final String LIBRARY = "libchdb.so";
  private static final String USER = "default";
  private static final long FETCH_MINUTES = 20;
  private static final int LOG_LINES = 60;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path library;

  /** Holds the engine's properties and its log. */
  private final Path runDirectory;

  private final Path dataDirectory;
  private final boolean ownsDataDirectory;
  private final boolean dataDirectoryIsNew;
  private final Map<String, String> environment;
  private final String password;
  private final Thread endWithJvm;
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;
  private @Nullable Process process;

  private ClickHouseServer(
      @Nullable Path dataDirectory, int port, String timeZone, @Nullable String password)
      throws IOException {
    this.library = Installation.of("clickhouse", RELEASE, ClickHouseServer::fetch).resolve(LIBRARY);
    this.runDirectory = Files.createTempDirectory("clickhouse-");
    this.ownsDataDirectory = dataDirectory == null;
    this.dataDirectory =
        dataDirectory == null ? runDirectory.resolve("data") : dataDirectory.toAbsolutePath();
    this.dataDirectoryIsNew = Directories.isAbsentOrEmpty(this.dataDirectory);
    Files.createDirectories(this.dataDirectory);
    this.port = port;
    // The library takes signals that the JVM needs; libjsig hands them on to both.
    this.environment =
        Map.of(
            "TZ",
            timeZone,
            "LD_PRELOAD",
            Path.of(System.getProperty("java.home"), "lib", "libjsig.so").toString());
    byte[] random = new byte[12];
    RANDOM.nextBytes(random);
    this.password = password == null ? "click-" + HexFormat.of().formatHex(random) : password;
    this.endWithJvm = new Thread(this::end, "clickhouse-end");
  }

  /** Starts an engine in UTC on a data directory of its own, which goes when it is closed. */
  public static ClickHouseServer start() {
    return start(null, 0, "UTC");
  }

  /**
   * Starts an engine.
   *
   * @param dataDirectory null: one of its own, which goes when the server is closed
   * @param port 0: a free one
   * @param timeZone the server's, as in {@code Asia/Tokyo}
   * @throws IllegalStateException if it does not start; with the end of its log
   */
  public static ClickHouseServer start(@Nullable Path dataDirectory, int port, String timeZone) {
    return start(dataDirectory, port, timeZone, null);
  }

  private static ClickHouseServer start(
      @Nullable Path dataDirectory, int port, String timeZone, @Nullable String password) {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new IllegalStateException(
          "The bundled ClickHouse engine runs on Linux on x86-64 only, not on "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ". Use a ClickHouse server of your own.");
    }
    try {
      ClickHouseServer server = new ClickHouseServer(dataDirectory, port, timeZone, password);
      Runtime.getRuntime().addShutdownHook(server.endWithJvm);
      try {
        server.launch();
      } catch (RuntimeException | IOException e) {
        server.close();
        throw e;
      }
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("The ClickHouse engine could not be prepared", e);
    }
  }

  /** The port on 127.0.0.1. It stays the same over a restart. */
  public int port() {
    return port;
  }

  /** The one user. */
  public String user() {
    return USER;
  }

  /** The password of {@link #user}, new with each start of this class. */
  public String password() {
    return password;
  }

  /** A JDBC url without user and password. */
  public String url(String database) {
    return "jdbc:clickhouse://127.0.0.1:" + port + "/" + database + "?compress=false";
  }

  /** Runs statements, one after the other. */
  public void execute(String... statements) {
    for (String statement : statements) {
      query(statement);
    }
  }

  /**
   * Runs a query.
   *
   * @return what it prints, tab-separated unless the query names a format
   * @throws IllegalStateException if the engine refuses it, with its words
   */
  public String query(String sql) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
            .header("X-ClickHouse-User", USER)
            .header("X-ClickHouse-Key", password)
            .POST(HttpRequest.BodyPublishers.ofString(sql))
            .build();
    try {
      HttpResponse<String> answer =
          client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      if (answer.statusCode() != 200) {
        throw new IllegalStateException("ClickHouse refused a query: " + answer.body().strip());
      }
      return answer.body();
    } catch (IOException e) {
      throw new UncheckedIOException("ClickHouse did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while ClickHouse was asked", e);
    }
  }

  /** Stops the engine in good order; {@link #restart} brings it back. */
  public void stop() {
    Processes.stop(process);
    process = null;
  }

  /** Kills the engine as {@code kill -9} does and waits until it is gone. */
  public void kill() {
    Processes.kill(process);
    process = null;
  }

  /** Starts the engine again on the same port and data, stopping it first if it runs. */
  public void restart() {
    stop();
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException("The ClickHouse engine could not be started again", e);
    }
  }

  /** Stops the engine and, if the data directory is its own, removes it. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(endWithJvm);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook runs or has run.
    }
    end();
  }

  private void end() {
    if (ownsDataDirectory) {
      kill();
    } else {
      stop();
    }
    Directories.delete(runDirectory);
  }

  private void launch() throws IOException {
    // Another process may take a free port before the engine does: then another is tried.
    boolean anyPort = port == 0;
    for (int attempt = 1; ; attempt++) {
      if (anyPort) {
        port = Loopback.freePort();
      }
      Path properties = writeProperties();
      Path log = runDirectory.resolve("engine.log");
      Process started =
          JavaProcess.start(
              ClickHouseEngine.class,
              List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
              environment,
              properties.toString(),
              log);
      process = started;
      boolean ready = JavaProcess.awaitReady(started);
      Files.delete(properties);
      if (ready) {
        return;
      }
      kill();
      List<String> lines = Files.readAllLines(log);
      boolean portTaken = lines.stream().anyMatch(line -> line.contains("Address already in use"));
      if (!portTaken || !anyPort || attempt == 5) {
        throw new IllegalStateException(
            "The ClickHouse engine did not start on port "
                + port
                + ". The end of its log:\n"
                + String.join(
                    "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size())));
      }
    }
  }

  /** Writes what the engine's program is told, the password among it: no argument shows it. */
  private Path writeProperties() throws IOException {
    // The one cluster that a new ClickHouse server has, too.
    Path config = runDirectory.resolve("config.xml");
    Files.writeString(
        config,
        "<clickhouse><remote_servers><default><shard><replica><host>127.0.0.1</host>"
            + "<port>9000</port></replica></shard></default></remote_servers></clickhouse>");
    Properties all = new Properties();
    all.put("library", library.toString());
    all.put("data", dataDirectory.toString());
    all.put("config", config.toString());
    all.put("port", String.valueOf(port));
    all.put("user", USER);
    all.put("password", password);
    Path file = runDirectory.resolve("engine.properties");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      all.store(writer, null);
    }
    return file;
  }

  /** Fetches the package with npm, which knows its registry, and unpacks the library. */
  private static void fetch(Path directory) throws IOException {
    Path log = directory.resolve("npm.log");
    Process npm =
        new ProcessBuilder("npm", "pack", "--silent", PACKAGE + "@" + RELEASE)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!npm.waitFor(FETCH_MINUTES, TimeUnit.MINUTES)) {
        npm.destroyForcibly();
      }
    } catch (InterruptedException e) {
      npm.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while npm fetched " + PACKAGE, e);
    }
    Path archive = directory.resolve("chdb-lib-linux-x64-gnu-" + RELEASE + ".tgz");
    if (!Files.exists(archive)) {
      throw new IOException(
          "npm did not fetch " + PACKAGE + " " + RELEASE + ": " + Files.readString(log).strip());
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-512", e);
    }
    try (InputStream file = new DigestInputStream(Files.newInputStream(archive), digest);
        TarArchiveInputStream tar =
            new TarArchiveInputStream(new GzipCompressorInputStream(file))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.getName().equals("package/" + LIBRARY)) {
          Files.copy(tar, directory.resolve(LIBRARY));
        }
      }
      file.transferTo(OutputStream.nullOutputStream());
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(SHA_512)) {
      throw new IOException(
          "What npm fetched as " + PACKAGE + " " + RELEASE + " is not what it was; it is not run.");
    }
    Files.delete(archive);
  }

  /**
   * Runs an engine until SIGTERM: {@code --data-dir DIR [--port PORT] [--script FILE]
   * [--password-file FILE]}. The script's statements, each ended by a semicolon at the end of a
   * line, run on a new data directory only, so a later start finds what an earlier one left. Then
   * it prints {@code ClickHouse listens on 127.0.0.1:PORT}.
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
    ClickHouseServer server = start(dataDirectory, port, "UTC", password);
    if (script != null && server.dataDirectoryIsNew) {
      for (String statement : Files.readString(script).split(";\\s*\\n", -1)) {
        if (!statement.isBlank()) {
          server.execute(statement);
        }
      }
    }
    OutputStream out = System.out;
    out.write(
        ("ClickHouse listens on 127.0.0.1:" + server.port() + "\n")
            .getBytes(StandardCharsets.UTF_8));
    out.flush();
    // The shutdown hook stops the engine.
    new CountDownLatch(1).await();
  }
}
