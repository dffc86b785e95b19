package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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
public final class ClickHouseServer extends LocalServer {
  /** The package's release, its SHA-512, and the engine in it: to change together. */
  private static final String RELEASE = "26.7.3-stable.1";

  private static final String PACKAGE = "@chdb/lib-linux-x64-gnu";
  private static final String SHA_512 =
      "5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35"
          + "a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7";

  private static final String LIBRARY = "libchdb.so";
  private static final String USER = "default";
  private static final long FETCH_MINUTES = 20;

  private final Path library;
  private final Map<String, String> environment;
  private final String password;
  private final HttpClient client = HttpClient.newHttpClient();

  private ClickHouseServer(
      @Nullable Path dataDirectory, int port, String timeZone, @Nullable String password)
      throws IOException {
    super("ClickHouse engine", "clickhouse", dataDirectory, port);
    this.library = Installation.of("clickhouse", RELEASE, ClickHouseServer::fetch).resolve(LIBRARY);
    // The library takes signals that the JVM needs; libjsig hands them on to both.
    this.environment =
        Map.of(
            "TZ",
            timeZone,
            "LD_PRELOAD",
            Path.of(System.getProperty("java.home"), "lib", "libjsig.so").toString());
    this.password = password == null ? newPassword("click") : password;
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
    requireLinux("ClickHouse engine");
    return running(() -> new ClickHouseServer(dataDirectory, port, timeZone, password));
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
    return "jdbc:clickhouse://127.0.0.1:" + port() + "/" + database + "?compress=false";
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
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/"))
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

  @Override
  Process begin(boolean isNewPort) throws IOException {
    writeProperties();
    return JavaProcess.start(
        ClickHouseEngine.class,
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // Or each answer waits for the acknowledgement of its head.
            "-Dsun.net.httpserver.nodelay=true"),
        environment,
        properties().toString(),
        logFile());
  }

  @Override
  boolean awaitReady(Process started) throws IOException {
    boolean ready = JavaProcess.awaitReady(started);
    Files.delete(properties());
    return ready;
  }

  @Override
  String log() throws IOException {
    return JavaProcess.end(logFile());
  }

  private Path properties() {
    return runDirectory.resolve("engine.properties");
  }

  private Path logFile() {
    return runDirectory.resolve("engine.log");
  }

  private void writeProperties() throws IOException {
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
    all.put("port", String.valueOf(port()));
    all.put("user", USER);
    all.put("password", password);
    JavaProcess.write(all, properties());
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
    Arguments told = new Arguments(arguments, "--script", "--password-file");
    Path script = told.path("--script");
    ClickHouseServer server = start(told.dataDirectory(), told.port(), "UTC", told.password());
    if (script != null && server.dataDirectoryIsNew()) {
      for (String statement : Files.readString(script).split(";\\s*\\n", -1)) {
        if (!statement.isBlank()) {
          server.execute(statement);
        }
      }
    }
    server.serve("ClickHouse");
  }
}
