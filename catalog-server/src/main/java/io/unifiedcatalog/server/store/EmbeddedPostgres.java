package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of our own, on loopback, whose data outlives it. Its directory holds the
 * cluster, the generated password (readable by its owner only), the binaries, the log of the newest
 * run, and a lock that keeps a second server away.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

  private static final String USER = "catalog";
  private static final String DATABASE = "postgres";

  /** As whom PostgreSQL runs if the server is root and there is an account of this name. */
  private static final String ACCOUNT = "unified-catalog";

  /**
   * As whom it runs otherwise: the first of these numbers that no account has. They are outside of
   * what distributions and systemd give to users, services and containers.
   */
  private static final int FIRST_USER = 60_843;

  private static final int LAST_USER = 61_183;

  /** What earlier releases ran it as, together with much else. */
  private static final String NOBODY = "nobody";

  private static final Set<Path> inUse = ConcurrentHashMap.newKeySet();
  private static final String WRONG_PASSWORD = "28P01";
  private static final int START_SECONDS = 300;
  private static final int STOP_SECONDS = 60;
  private static final int RESTART_MILLIS = 500;
  private static final String OTHER_STORE =
      "point the server at a PostgreSQL of your own with --store jdbc:postgresql://HOST/DATABASE";

  private static final Set<PosixFilePermission> OWNER_FILE =
      PosixFilePermissions.fromString("rw-------");
  // Others pass through to what they own inside; they cannot list.
  private static final Set<PosixFilePermission> PASSABLE =
      PosixFilePermissions.fromString("rwx--x--x");
  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private final Path directory;
  private final FileChannel lock;
  private final Account account;
  private final Path binaries;
  private final int port;
  private final Secret password;

  /** Guarded by this: the process may be started again. */
  private Process process;

  private volatile boolean closing;

  private EmbeddedPostgres(
      Path directory,
      FileChannel lock,
      Account account,
      Path binaries,
      Process process,
      int port,
      Secret password) {
    this.directory = directory;
    this.lock = lock;
    this.account = account;
    this.binaries = binaries;
    this.process = process;
    this.port = port;
    this.password = password;
  }

  /**
   * Starts the release of PostgreSQL that comes with the server. The first start makes the
   * directory; a later one finds everything as it was. A server that an earlier, killed process
   * left behind is stopped first.
   *
   * @throws CatalogException FAILED_PRECONDITION if another process uses the directory, it belongs
   *     to another major version, or this platform has no binaries; INTERNAL if PostgreSQL does not
   *     start
   */
  public static EmbeddedPostgres start(Path directory) {
    return start(directory, directory);
  }

  /**
   * The same, with its programs unpacked elsewhere.
   *
   * @param cache a directory that many servers may share; the binaries go into a directory inside
   *     it that is named for their content
   */
  public static EmbeddedPostgres start(Path directory, Path cache) {
    return start(directory, bundledBinaries(), cache);
  }

  /** The same with the release in another archive: a tar.xz with {@code bin/}, {@code lib/}, ... */
  public static EmbeddedPostgres start(Path directory, URL archive, Path cache) {
    Path absolute = directory.toAbsolutePath().normalize();
    FileChannel lock = null;
    try {
      absolute = Files.createDirectories(absolute).toRealPath();
      lock = lock(absolute);
      EmbeddedPostgres started =
          startLocked(absolute, lock, archive, cache.toAbsolutePath().normalize());
      lock = null;
      return started;
    } catch (IOException e) {
      throw new CatalogException(
          ErrorCode.INTERNAL,
          "STORE_START_FAILED",
          "The embedded PostgreSQL in " + absolute + " could not be started: " + e,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CatalogException(
          ErrorCode.UNAVAILABLE,
          "STORE_START_INTERRUPTED",
          "The start of the embedded PostgreSQL in " + absolute + " was interrupted.",
          e);
    } finally {
      if (lock != null) {
        unlock(absolute, lock);
      }
    }
  }

  private static EmbeddedPostgres startLocked(
      Path directory, FileChannel lock, URL archive, Path cache)
      throws IOException, InterruptedException {
    Path binaries = unpack(archive, cache);
    Account account = Account.choose(directory, binaries);
    Path cluster = directory.resolve("cluster");
    String version = account.output(directory, binaries.resolve("bin/postgres"), "--version");
    int major = majorVersion(version);
    Secret password;
    if (Files.exists(cluster)) {
      checkMajorVersion(cluster, major);
      password = readPassword(directory);
      // An earlier release may have left one that runs as another user.
      stopOrphan(directory, cluster, account.ofOwner(cluster), binaries);
      account.own(cluster);
    } else {
      password = initialize(directory, cluster, account, binaries, major);
    }
    Files.setPosixFilePermissions(directory, PASSABLE);

    Path output = directory.resolve("postgresql.log");
    for (int attempt = 1; ; attempt++) {
      int port = freePort();
      Process process = launch(directory, account, binaries, port);
      EmbeddedPostgres postgres =
          new EmbeddedPostgres(directory, lock, account, binaries, process, port, password);
      boolean ready = false;
      try {
        ready = postgres.awaitReady();
      } finally {
        if (!ready) {
          postgres.stop();
        }
      }
      if (ready) {
        postgres.watch(process);
        log.info("{} started in {} on port {}", version.strip(), directory, port);
        return postgres;
      }
      // Another process may have taken the port between the choice and the start.
      String text = Files.readString(output, UTF_8);
      if (attempt == 5 || !text.contains("could not bind")) {
        throw new CatalogException(
            ErrorCode.INTERNAL,
            "STORE_START_FAILED",
            "The embedded PostgreSQL in "
                + directory
                + " did not start. The end of its log "
                + output
                + ": "
                + lastLines(text));
      }
    }
  }

  /** Where clients connect; without user and password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://"
        + InetAddress.getLoopbackAddress().getHostAddress()
        + ":"
        + port
        + "/"
        + DATABASE;
  }

  /** The superuser's name. */
  public String user() {
    return USER;
  }

  /** The superuser's password. */
  public Secret password() {
    return password;
  }

  /** Opens a new connection at each request; a pool is the caller's business. */
  public DataSource dataSource() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(jdbcUrl());
    dataSource.setUser(USER);
    dataSource.setPassword(password.reveal());
    return dataSource;
  }

  /** Stops the server: connections are ended, what was committed is on disk. */
  @Override
  public void close() {
    closing = true;
    try {
      stop();
    } finally {
      unlock(directory, lock);
    }
  }

  private static Process launch(Path directory, Account account, Path binaries, int port)
      throws IOException {
    Path output = directory.resolve("postgresql.log");
    Files.deleteIfExists(output);
    Files.createFile(output, PosixFilePermissions.asFileAttribute(OWNER_FILE));
    return account
        .command(directory, postgresCommand(binaries, directory.resolve("cluster"), port))
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  /** Starts the server again, on its port, should it end unasked: killed, or out of memory. */
  private void watch(Process running) {
    var unused =
        running
            .onExit()
            .thenAcceptAsync(
                ended -> restart(1),
                CompletableFuture.delayedExecutor(RESTART_MILLIS, MILLISECONDS));
  }

  private synchronized void restart(int attempt) {
    if (closing) {
      return;
    }
    log.warn("PostgreSQL in {} has ended; starting it again, attempt {}", directory, attempt);
    boolean ready = false;
    try {
      process = launch(directory, account, binaries, port);
      ready = awaitReady();
    } catch (IOException e) {
      log.warn("PostgreSQL in {} could not be started", directory, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (ready || process.isAlive()) {
      // Alive and not ready: it replays its log, which may take longer than anybody waits here.
      watch(process);
    } else {
      // Processes of the one before may need a moment to notice that it is gone.
      CompletableFuture.delayedExecutor(RESTART_MILLIS * Math.min(attempt, 60L), MILLISECONDS)
          .execute(() -> restart(attempt + 1));
    }
  }

  private synchronized void stop() {
    if (!process.isAlive()) {
      return;
    }
    try {
      stopCluster(directory, directory.resolve("cluster"), account, binaries);
      if (!process.waitFor(STOP_SECONDS, SECONDS)) {
        log.warn("PostgreSQL in {} did not stop within {} s; killing it", directory, STOP_SECONDS);
        process.destroyForcibly();
      }
    } catch (IOException e) {
      log.warn("PostgreSQL in {} could not be asked to stop; killing it", directory, e);
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // Its own recovery makes up for what a clean stop would have saved.
      process.destroyForcibly();
    }
  }

  /** False if the process ended. */
  private synchronized boolean awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + SECONDS.toNanos(START_SECONDS);
    DataSource dataSource = dataSource();
    while (true) {
      try (Connection connection = dataSource.getConnection()) {
        return connection.isValid(10);
      } catch (SQLException e) {
        if (closing) {
          return false;
        }
        if (WRONG_PASSWORD.equals(e.getSQLState())) {
          throw noPassword(directory, "does not hold its password", e);
        }
        if (System.nanoTime() > deadline) {
          log.warn("PostgreSQL in {} answers no connection", directory, e);
          return false;
        }
      }
      if (process.waitFor(20, MILLISECONDS)) {
        return false;
      }
    }
  }

  private static List<String> postgresCommand(Path binaries, Path cluster, int port) {
    List<String> command = new ArrayList<>();
    // A session of its own: Ctrl-C in the terminal must reach this process first, which stops
    // PostgreSQL last.
    command.add("setsid");
    command.add(binaries.resolve("bin/postgres").toString());
    command.add("-D");
    command.add(cluster.toString());
    for (String setting :
        List.of(
            "listen_addresses=127.0.0.1",
            "port=" + port,
            "unix_socket_directories=",
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "password_encryption=scram-sha-256",
            "max_connections=100",
            "max_wal_size=2GB",
            "timezone=UTC",
            "log_timezone=UTC",
            // Statements hold data.
            "log_min_error_statement=panic")) {
      command.add("-c");
      command.add(setting);
    }
    return command;
  }

  private static Secret initialize(
      Path directory, Path cluster, Account account, Path binaries, int major)
      throws IOException, InterruptedException {
    Secret password = createPassword(directory);
    // An interrupted first start leaves only this directory, which the next one makes anew.
    Path unfinished = directory.resolve("cluster.unfinished");
    deleteTree(unfinished);
    Files.createDirectory(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Account maker = account.withName(directory);
    maker.own(unfinished);
    Files.setPosixFilePermissions(directory, PASSABLE);
    Path passwordFile = directory.resolve("password.initdb");
    writeOwnerFile(passwordFile, password.reveal());
    try {
      maker.own(passwordFile);
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "--pgdata=" + unfinished,
                  "--username=" + USER,
                  "--pwfile=" + passwordFile,
                  "--auth-host=scram-sha-256",
                  "--auth-local=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C"));
      if (major >= 17) {
        arguments.add("--locale-provider=builtin");
        arguments.add("--builtin-locale=C.UTF-8");
      }
      maker.output(directory, binaries.resolve("bin/initdb"), arguments.toArray(String[]::new));
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    account.own(unfinished);
    Files.move(unfinished, cluster, StandardCopyOption.ATOMIC_MOVE);
    return password;
  }

  private static void checkMajorVersion(Path cluster, int major) throws IOException {
    Path file = cluster.resolve("PG_VERSION");
    String found = Files.exists(file) ? Files.readString(file, UTF_8).strip() : "unknown";
    if (!found.equals(Integer.toString(major))) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_VERSION",
          "The data in "
              + cluster
              + " belongs to PostgreSQL "
              + found
              + "; this release brings PostgreSQL "
              + major
              + ". Nothing was changed. Dump it with the release that wrote it (pg_dump) and"
              + " restore the dump into a new directory, or "
              + OTHER_STORE
              + ".");
    }
  }

  // ---- one server a directory ----

  private static FileChannel lock(Path directory) throws IOException {
    // First within this process: to close any channel of a file gives up the process's lock on it.
    if (!inUse.add(directory)) {
      throw inUse(directory);
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      Path file = directory.resolve("lock");
      channel =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(OWNER_FILE));
      // Earlier releases let everybody read it, and who can open it can lock it.
      Files.setPosixFilePermissions(file, OWNER_FILE);
      locked = channel.tryLock() != null;
    } finally {
      if (!locked) {
        unlock(directory, channel);
      }
    }
    if (!locked) {
      throw inUse(directory);
    }
    return channel;
  }

  private static void unlock(Path directory, @Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      log.warn("The lock of {} could not be closed", directory, e);
    }
    inUse.remove(directory);
  }

  private static CatalogException inUse(Path directory) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "STORE_IN_USE",
        "The directory "
            + directory
            + " is in use by another catalog server that is running. Stop it, choose another"
            + " --data-dir, or let both use one PostgreSQL with --store jdbc:postgresql://...");
  }

  /**
   * Stops what an earlier, killed process left behind. We hold the lock, so whoever serves the
   * cluster now is an orphan.
   */
  private static void stopOrphan(Path directory, Path cluster, Account account, Path binaries)
      throws IOException, InterruptedException {
    Path pidFile = cluster.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    List<String> lines = Files.readAllLines(pidFile, UTF_8);
    Optional<ProcessHandle> found =
        lines.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(lines.get(0).strip()));
    if (found.isPresent() && serves(found.get(), cluster)) {
      log.warn(
          "Stopping PostgreSQL process {} of {}, left behind by an earlier server that was killed",
          found.get().pid(),
          directory);
      stopCluster(directory, cluster, account, binaries);
      awaitExit(found.get(), directory);
      return;
    }
    // The number belongs to another process now, or to none. PostgreSQL takes any living process of
    // that number for itself, so the file must go, unless backends without a postmaster still
    // write:
    // they hold the shared memory that the file's seventh line names.
    if (found.isPresent()) {
      String sharedMemory = lines.size() > 6 ? lines.get(6).strip() : "";
      if (isAttached(sharedMemory)) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "STORE_IN_USE",
            "Processes of an earlier PostgreSQL still use "
                + cluster
                + ". End them (they are named 'postgres: ...'), then start again.");
      }
      Files.delete(pidFile);
    }
  }

  /** Whether a process is a postmaster of a cluster. Its arguments are visible to every user. */
  private static boolean serves(ProcessHandle process, Path cluster) throws IOException {
    Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    if (!Files.exists(commandLine)) {
      return false;
    }
    List<String> arguments = Arrays.asList(Files.readString(commandLine, UTF_8).split("\0", -1));
    int option = arguments.indexOf("-D");
    return arguments.get(0).endsWith("/postgres")
        && option >= 0
        && option + 1 < arguments.size()
        && arguments.get(option + 1).equals(cluster.toString());
  }

  /** Whether any process is attached to System V shared memory, given as "key id". */
  private static boolean isAttached(String sharedMemory) throws IOException {
    Path table = Path.of("/proc/sysvipc/shm");
    List<String> wanted = fields(sharedMemory);
    if (wanted.size() != 2 || !Files.exists(table)) {
      return false;
    }
    for (String line : Files.readAllLines(table, UTF_8)) {
      List<String> fields = fields(line);
      if (fields.size() > 6 && fields.get(1).equals(wanted.get(1))) {
        return !fields.get(6).equals("0");
      }
    }
    return false;
  }

  private static List<String> fields(String line) {
    return Arrays.asList(line.strip().split("\\s+", -1));
  }

  private static void stopCluster(Path directory, Path cluster, Account account, Path binaries)
      throws IOException, InterruptedException {
    // Fast: ends sessions, writes a checkpoint. SIGTERM would wait for the sessions.
    account.output(
        directory,
        binaries.resolve("bin/pg_ctl"),
        "stop",
        "--pgdata=" + cluster,
        "--mode=fast",
        "--wait",
        "--timeout=" + STOP_SECONDS,
        "--silent");
  }

  private static void awaitExit(ProcessHandle process, Path directory)
      throws IOException, InterruptedException {
    try {
      process.onExit().get(STOP_SECONDS, SECONDS);
    } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
      throw new IOException(
          "process " + process.pid() + " of " + directory + " does not end; end it by hand", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  // ---- password ----

  private static Secret createPassword(Path directory) throws IOException {
    Path file = directory.resolve("password");
    if (Files.exists(file)) {
      return readPassword(directory);
    }
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    Secret password = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    Path unfinished = directory.resolve("password.unfinished");
    writeOwnerFile(unfinished, password.reveal());
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    return password;
  }

  private static Secret readPassword(Path directory) throws IOException {
    Path file = directory.resolve("password");
    if (!Files.exists(file)) {
      throw noPassword(directory, "is missing", null);
    }
    String password = Files.readString(file, UTF_8).strip();
    if (password.isEmpty()) {
      throw noPassword(directory, "is empty", null);
    }
    return new Secret(password);
  }

  private static CatalogException noPassword(
      Path directory, String why, @Nullable SQLException cause) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "STORE_PASSWORD_MISSING",
        "The password file "
            + directory.resolve("password")
            + " of the embedded PostgreSQL "
            + why
            + ". Restore it from a backup; without it the data in "
            + directory
            + " cannot be opened.",
        cause);
  }

  private static void writeOwnerFile(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_FILE));
    Files.writeString(file, text + "\n", UTF_8, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
  }

  // ---- binaries ----

  private static URL bundledBinaries() {
    String system = System.getProperty("os.name", "");
    String architecture = System.getProperty("os.arch", "");
    URL archive =
        system.toLowerCase(Locale.ROOT).equals("linux") && architecture.equals("amd64")
            ? EmbeddedPostgres.class.getResource("/postgres-linux-x86_64.txz")
            : null;
    if (archive == null) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_PLATFORM",
          "There is no embedded PostgreSQL for "
              + system
              + " on "
              + architecture
              + "; "
              + OTHER_STORE
              + ".");
    }
    return archive;
  }

  /** Unpacks an archive once; the directory is named for the archive's content. */
  private static Path unpack(URL archive, Path cache) throws IOException {
    Path target = cache.resolve("postgresql-" + digest(archive));
    if (Files.exists(target)) {
      return target;
    }
    Files.createDirectories(cache);
    Path unfinished = Files.createTempDirectory(cache, "unpacking-");
    try {
      Files.setPosixFilePermissions(unfinished, READABLE);
      try (InputStream raw = new BufferedInputStream(archive.openStream(), 1 << 16);
          TarArchiveInputStream tar =
              new TarArchiveInputStream(new XZCompressorInputStream(raw), UTF_8.name())) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          unpackEntry(tar, entry, unfinished);
        }
      }
      try {
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        // Another process that shares the cache was first.
        if (!Files.exists(target)) {
          throw e;
        }
      }
    } finally {
      deleteTree(unfinished);
    }
    return target;
  }

  private static void unpackEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path root)
      throws IOException {
    Path path = root.resolve(entry.getName()).normalize();
    if (!path.startsWith(root)) {
      throw new IOException("archive entry " + entry.getName() + " leads outside the archive");
    }
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      Files.setPosixFilePermissions(path, READABLE);
      return;
    }
    Path parent = path.getParent();
    if (parent != null && !Files.exists(parent)) {
      Files.createDirectories(parent);
      Files.setPosixFilePermissions(parent, READABLE);
    }
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(path, root.resolve(entry.getLinkName()));
    } else {
      Files.copy(tar, path);
      Files.setPosixFilePermissions(path, permissions(entry.getMode()));
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    PosixFilePermission[] highestFirst = PosixFilePermission.values();
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int bit = 0; bit < highestFirst.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        permissions.add(highestFirst[bit]);
      }
    }
    return permissions;
  }

  private static String digest(URL archive) throws IOException {
    try (InputStream in = archive.openStream()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static int majorVersion(String version) {
    // "postgres (PostgreSQL) 18.6"
    String number = version.strip().substring(version.strip().lastIndexOf(' ') + 1);
    int dot = number.indexOf('.');
    return Integer.parseInt(dot < 0 ? number : number.substring(0, dot));
  }

  private static String lastLines(String text) {
    List<String> lines = text.strip().lines().toList();
    return String.join(" | ", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * As whom PostgreSQL runs: it refuses root.
   *
   * @param prefix of each command
   * @param owner the number of the user that the cluster's files belong to; null: whoever made them
   */
  private record Account(List<String> prefix, @Nullable Integer owner) {

    static Account choose(Path directory, Path binaries) throws IOException, InterruptedException {
      if (!"root".equals(System.getProperty("user.name"))) {
        return new Account(List.of(), null);
      }
      Files.setPosixFilePermissions(directory, PASSABLE);
      Account unprivileged = of(user(directory));
      if (unprivileged.canRun(directory, binaries)) {
        return unprivileged;
      }
      // That user cannot pass through the directories above (a home directory, say). In a user
      // namespace of its own, without any capability, root is nobody special and still the owner.
      Account namespace = new Account(List.of("unshare", "--user", "--"), 0);
      if (namespace.canRun(directory, binaries)) {
        log.warn(
            "PostgreSQL runs as root, without root's privileges: the user {}, of its own, cannot"
                + " reach {} or {}. Choose a --data-dir that every user can pass through to",
            unprivileged.owner,
            directory,
            binaries);
        return namespace;
      }
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_USER",
          "PostgreSQL does not run as root, and the user '"
              + unprivileged.owner
              + "' cannot reach "
              + directory
              + " or "
              + binaries
              + ". Choose a --data-dir that every user can pass through to, for example"
              + " /var/lib/unified-catalog, start the server as an ordinary user, or "
              + OTHER_STORE
              + ".");
    }

    private static Account of(int user) {
      return new Account(
          List.of(
              "setpriv",
              "--reuid=" + user,
              "--regid=" + group(user),
              "--clear-groups",
              "--no-new-privs",
              "--"),
          user);
    }

    /** That of the cluster if it has one of its own already. */
    private static int user(Path directory) throws IOException {
      List<String> named = entry("passwd", ACCOUNT);
      if (named.size() > 3) {
        return Integer.parseInt(named.get(2));
      }
      Path cluster = directory.resolve("cluster");
      int present = Files.exists(cluster) ? ownerOf(cluster) : 0;
      if (present >= FIRST_USER && present <= LAST_USER && isFree(present)) {
        return present;
      }
      for (int user = FIRST_USER; user <= LAST_USER; user++) {
        if (isFree(user)) {
          return user;
        }
      }
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_USER",
          "PostgreSQL does not run as root, and all users from "
              + FIRST_USER
              + " to "
              + LAST_USER
              + " are taken. Make an account for it: useradd --system "
              + ACCOUNT);
    }

    private static boolean isFree(int user) throws IOException {
      String number = Integer.toString(user);
      return entry("passwd", number).isEmpty() && entry("group", number).isEmpty();
    }

    private static String group(int user) {
      try {
        List<String> account = entry("passwd", Integer.toString(user));
        return account.size() > 3 ? account.get(3) : Integer.toString(user);
      } catch (IOException e) {
        return Integer.toString(user);
      }
    }

    /** The fields of an account or a group by name or number; empty: there is none. */
    private static List<String> entry(String database, String key) throws IOException {
      for (String line : Files.readAllLines(Path.of("/etc", database), UTF_8)) {
        List<String> fields = Arrays.asList(line.split(":", -1));
        if (fields.size() > 2 && (fields.get(0).equals(key) || fields.get(2).equals(key))) {
          return fields;
        }
      }
      return List.of();
    }

    private static int ownerOf(Path file) throws IOException {
      return (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /** As whom what now serves a cluster runs. */
    Account ofOwner(Path cluster) throws IOException {
      int present = ownerOf(cluster);
      return owner == null || present == owner || present == 0 ? this : of(present);
    }

    /**
     * One that initdb accepts, which refuses a user without a name: this one in a namespace in
     * which it has the name of nobody, or else nobody itself, for as long as initdb runs.
     */
    Account withName(Path directory) throws IOException, InterruptedException {
      if (owner == null || owner == 0 || !entry("passwd", Integer.toString(owner)).isEmpty()) {
        return this;
      }
      List<String> inNamespace = new ArrayList<>(prefix);
      inNamespace.addAll(List.of("unshare", "--user", "--"));
      Account renamed = new Account(inNamespace, owner);
      try {
        renamed.output(directory, Path.of("/bin/sh"), "-c", "id -un");
        return renamed;
      } catch (IOException e) {
        log.debug("There are no user namespaces", e);
      }
      List<String> nobody = entry("passwd", NOBODY);
      return nobody.isEmpty() ? this : of(Integer.parseInt(nobody.get(2)));
    }

    private boolean canRun(Path directory, Path binaries) throws InterruptedException {
      try {
        output(directory, binaries.resolve("bin/postgres"), "--version");
        output(directory, Path.of("/bin/sh"), "-c", "cd \"$0\"", directory.toString());
        return true;
      } catch (IOException e) {
        log.debug("{} cannot run PostgreSQL in {}", prefix, directory, e);
        return false;
      }
    }

    /** Makes a file or a directory with all that is in it belong to the account. */
    void own(Path path) throws IOException {
      if (owner == null || ownerOf(path) == owner) {
        return;
      }
      try (var paths = Files.walk(path)) {
        for (Path each : (Iterable<Path>) paths::iterator) {
          // The top is changed last, so that an interrupted change is found and repeated.
          if (!each.equals(path)) {
            Files.setAttribute(each, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
          }
        }
      }
      Files.setAttribute(path, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
    }

    ProcessBuilder command(Path directory, List<String> command) {
      List<String> whole = new ArrayList<>(prefix);
      whole.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(whole).directory(directory.toFile());
      // Nothing of ours: it may hold secrets of the server's host, and settings of PostgreSQL.
      String path = builder.environment().get("PATH");
      builder.environment().clear();
      builder.environment().put("PATH", path == null ? "/usr/bin:/bin" : path);
      builder.environment().put("LC_ALL", "C");
      builder.environment().put("TZ", "UTC");
      return builder;
    }

    /**
     * Runs a program to its end.
     *
     * @throws IOException if it cannot be run or fails, with what it printed
     */
    String output(Path directory, Path program, String... arguments)
        throws IOException, InterruptedException {
      List<String> command = new ArrayList<>();
      command.add(program.toString());
      command.addAll(List.of(arguments));
      Process process = command(directory, command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(
            program.getFileName() + " ended with status " + status + ": " + lastLines(text));
      }
      return text;
    }
  }
}
