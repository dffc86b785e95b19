package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers that the tests start and stop themselves; they wait for them at the same time. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedPostgresTest {
  // Unpacked once for all tests.
  @TempDir static Path cache;

  private static final URL ARCHIVE =
      requireNonNull(EmbeddedPostgresTest.class.getResource("/postgres-linux-x86_64.txz"));

  @TempDir Path parent;
  private Path directory;

  @BeforeAll
  static void unpack(@TempDir Path first) throws IOException {
    letEveryUserPass(cache);
    EmbeddedPostgres.start(first, ARCHIVE, cache).close();
  }

  private static void letEveryUserPass(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @BeforeEach
  void chooseDirectory() throws IOException {
    letEveryUserPass(parent);
    directory = parent.resolve("data");
  }

  private EmbeddedPostgres start() {
    return EmbeddedPostgres.start(directory, ARCHIVE, cache);
  }

  @Test
  void aRestartKeepsTheRowsAndThePassword() throws SQLException {
    String password;
    try (EmbeddedPostgres postgres = start()) {
      password = postgres.password().reveal();
      execute(postgres.dataSource(), "CREATE TABLE kept AS SELECT 42 AS number");
    }
    try (EmbeddedPostgres postgres = start()) {
      assertThat(postgres.password().reveal()).isEqualTo(password);
      assertThat(query(postgres.dataSource(), "SELECT number FROM kept")).isEqualTo("42");
    }
  }

  @Test
  void whatIsCommittedIsOnDisk() throws SQLException {
    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.dataSource(), "SHOW fsync")).isEqualTo("on");
      assertThat(query(postgres.dataSource(), "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(postgres.dataSource(), "SHOW full_page_writes")).isEqualTo("on");
      assertThat(query(postgres.dataSource(), "SHOW server_encoding")).isEqualTo("UTF8");
      assertThat(query(postgres.dataSource(), "SELECT upper('é')"))
          .isEqualTo("É")
          .describedAs("Unicode rules, whatever the machine's locale");
    }
  }

  @Test
  void onlyThePasswordOpensIt() throws IOException, SQLException {
    try (EmbeddedPostgres postgres = start()) {
      assertThatThrownBy(
              () -> DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "wrong"))
          .hasMessageContaining("password authentication failed");
      assertThatThrownBy(
              () -> DriverManager.getConnection(postgres.jdbcUrl() + "?user=" + postgres.user()))
          .hasMessageContaining("no password was provided");
      assertThat(
              Files.readAllLines(directory.resolve("cluster/pg_hba.conf")).stream()
                  .filter(line -> !line.isBlank() && !line.startsWith("#")))
          .isNotEmpty()
          .allMatch(line -> line.endsWith("scram-sha-256"));
      assertThat(query(postgres.dataSource(), "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(query(postgres.dataSource(), "SHOW unix_socket_directories")).isEmpty();
    }
  }

  @Test
  void thePasswordIsReadableByItsOwnerOnlyAndTheClusterToo() throws IOException {
    try (EmbeddedPostgres postgres = start()) {
      assertThat(mode(directory.resolve("password"))).isEqualTo("rw-------");
      assertThat(mode(directory.resolve("cluster"))).isEqualTo("rwx------");
      assertThat(directory.resolve("password.initdb")).doesNotExist();
      assertThat(Files.readString(directory.resolve("postgresql.log")))
          .doesNotContain(postgres.password().reveal());
    }
  }

  @Test
  void asRootItRunsAsAUserOfItsOwnAlsoWhereAnEarlierReleaseRanItAsNobody() throws Exception {
    assumeTrue(isRoot(), "only root has rights to drop");
    Object own;
    try (EmbeddedPostgres postgres = start()) {
      assertThat(postgres.jdbcUrl()).startsWith("jdbc:postgresql://127.0.0.1:");
      own = Files.getAttribute(directory.resolve("cluster"), "unix:uid");
      assertThat(own).isNotEqualTo(0);
      String field = ":" + own + ":";
      assertThat(Files.readAllLines(Path.of("/etc/passwd")))
          .noneMatch(line -> line.contains(field) && !line.startsWith("unified-catalog:"));
      assertThat(Files.getAttribute(Path.of("/proc", Long.toString(postmaster())), "unix:uid"))
          .isEqualTo(own);
    }
    exec("chown", "-R", "nobody", directory.resolve("cluster").toString());
    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.dataSource(), "SELECT 1")).isEqualTo("1");
      assertThat(Files.getAttribute(directory.resolve("cluster"), "unix:uid")).isEqualTo(own);
    }
  }

  @Test
  void itSeesNothingOfTheServersEnvironmentAndOthersReadNeitherItsLockNorItsLog() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      assertThat(postgres.user()).isNotEmpty();
      String environment =
          Files.readString(Path.of("/proc", Long.toString(postmaster()), "environ"));
      assertThat(environment.split("\0", -1))
          .filteredOn(variable -> !variable.isEmpty())
          .allMatch(variable -> variable.matches("(?s)(PATH|LC_ALL|TZ)=.*"));
      for (String file : List.of("lock", "postgresql.log", "password")) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(directory.resolve(file))))
            .as(file)
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void asRootItServesADirectoryThatOtherUsersCannotReach() throws IOException, SQLException {
    assumeTrue(isRoot(), "only root has rights to drop");
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.dataSource(), "SELECT 1")).isEqualTo("1");
      String capabilities =
          Files.readAllLines(Path.of("/proc", Long.toString(postmaster()), "status")).stream()
              .filter(line -> line.startsWith("CapEff:"))
              .findFirst()
              .orElseThrow();
      assertThat(capabilities).endsWith("\t0000000000000000");
    }
  }

  @Test
  void anOrdinaryUserRunsItAsItself() throws Exception {
    assumeTrue(isRoot(), "another user runs every other test of this class as itself");
    Path jars = copyOfClassPath();
    Path home = Files.createDirectory(parent.resolve("home"));
    exec("chown", "nobody", home.toString());
    Process child =
        java(
            List.of("setpriv", "--reuid=nobody", "--regid=65534", "--clear-groups", "--"),
            jars.resolve("classes") + ":" + jars + "/*",
            home.resolve("data"),
            home.resolve("data"));
    try {
      assertThat(urlOf(child)).startsWith("jdbc:postgresql://127.0.0.1:");
      assertThat(Files.getOwner(home.resolve("data/password")).getName()).isEqualTo("nobody");
    } finally {
      child.destroy();
      assertThat(child.waitFor(60, SECONDS)).isTrue();
    }
    assertThat(home.resolve("data/cluster/postmaster.pid")).doesNotExist();
  }

  @Test
  @Tag("kill")
  void theOrphanOfAKilledProcessIsStoppedAndItsRowsAreKept() throws Exception {
    Process child = java(List.of(), System.getProperty("java.class.path"), directory, cache);
    String url = urlOf(child);
    execute(
        () -> DriverManager.getConnection(url, "catalog", storedPassword()),
        "CREATE TABLE kept AS SELECT 42 AS number");
    long orphan = postmaster();
    child.destroyForcibly();
    assertThat(child.waitFor(60, SECONDS)).isTrue();
    ProcessHandle orphanProcess = ProcessHandle.of(orphan).orElseThrow();
    assertThat(orphanProcess.isAlive()).isTrue();

    try (EmbeddedPostgres postgres = start()) {
      assertThat(orphanProcess.isAlive()).isFalse();
      assertThat(postmaster()).isNotEqualTo(orphan);
      assertThat(query(postgres.dataSource(), "SELECT number FROM kept")).isEqualTo("42");
    }
  }

  @Test
  @Tag("kill")
  void killedItIsStartedAgainOnTheSamePortWithItsRows() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(postgres.dataSource(), "CREATE TABLE kept AS SELECT 42 AS number");
      long killed = postmaster();
      exec("kill", "-9", Long.toString(killed));
      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptions()
          .untilAsserted(
              () -> {
                assertThat(postmaster()).isNotEqualTo(killed);
                assertThat(query(postgres.dataSource(), "SELECT number FROM kept")).isEqualTo("42");
              });
    }
    assertThat(directory.resolve("cluster/postmaster.pid")).doesNotExist();
  }

  @Test
  void theNumberOfADeadServerThatAnotherProcessHasNowIsNoObstacle() throws Exception {
    start().close();
    Path pidFile = directory.resolve("cluster/postmaster.pid");
    Files.writeString(
        pidFile, ProcessHandle.current().pid() + "\n" + directory.resolve("cluster") + "\n");
    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.dataSource(), "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aSecondServerOnOneDirectoryIsRefused() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      assertThatThrownBy(this::start)
          .isInstanceOfSatisfying(
              CatalogException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
          .hasMessageContaining(directory + " is in use by another catalog server");
      Process child = java(List.of(), System.getProperty("java.class.path"), directory, cache);
      assertThat(new String(child.getInputStream().readAllBytes(), UTF_8))
          .contains(directory + " is in use by another catalog server");
      assertThat(query(postgres.dataSource(), "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void dataOfAnotherMajorVersionIsRefusedAndLeftAsItWas() throws IOException {
    start().close();
    Path version = directory.resolve("cluster/PG_VERSION");
    String was = Files.readString(version);
    Files.writeString(version, "13\n");
    assertThatThrownBy(this::start)
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("belongs to PostgreSQL 13; this release brings PostgreSQL 18")
        .hasMessageContaining("pg_dump")
        .hasMessageContaining("--store jdbc:postgresql://");
    assertThat(version).hasContent("13\n");
    Files.writeString(version, was);
    start().close();
  }

  @Test
  void aStartThatFailsShowsTheEndOfTheLog() throws IOException {
    start().close();
    Files.writeString(directory.resolve("cluster/postgresql.conf"), "no_such_setting = 1\n");
    assertThatThrownBy(this::start)
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("did not start")
        .hasMessageContaining("no_such_setting");
  }

  @Test
  @Timeout(120)
  void aPasswordFileThatHoldsAnotherPasswordIsNamed() throws IOException {
    start().close();
    Path file = directory.resolve("password");
    for (String content : List.of("another", "")) {
      Files.writeString(file, content);
      assertThatThrownBy(this::start)
          .isInstanceOfSatisfying(
              CatalogException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
          .hasMessageContaining(file.toString())
          .hasMessageContaining("Restore it from a backup");
    }
    assertThat(directory.resolve("cluster/postmaster.pid")).doesNotExist();
  }

  @Test
  void aLostPasswordFileIsNamed() throws IOException {
    start().close();
    Files.delete(directory.resolve("password"));
    assertThatThrownBy(this::start)
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining(directory.resolve("password").toString())
        .hasMessageContaining("Restore it from a backup");
  }

  /** Serves a directory until it is ended; prints where. */
  public static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws InterruptedException {
      try {
        EmbeddedPostgres postgres =
            EmbeddedPostgres.start(Path.of(arguments[0]), Path.of(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
        System.out.println("URL " + postgres.jdbcUrl());
        Thread.currentThread().join();
      } catch (CatalogException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static Process java(List<String> prefix, String classPath, Path directory, Path cache)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(
        List.of(
            "-Xmx128m",
            "-cp",
            classPath,
            Child.class.getName(),
            directory.toString(),
            cache.toString()));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String urlOf(Process child) throws IOException {
    BufferedReader reader = child.inputReader();
    List<String> other = new ArrayList<>();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.startsWith("URL ")) {
        return line.substring(4);
      }
      other.add(line);
    }
    throw new AssertionError("the child ended: " + other);
  }

  /** The class path of this test where every user can read it. */
  private Path copyOfClassPath() throws IOException, InterruptedException {
    Path jars = Files.createDirectory(parent.resolve("jars"));
    Path classes = Files.createDirectory(jars.resolve("classes"));
    for (String element : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(element);
      if (Files.isDirectory(path)) {
        exec("cp", "-r", path + "/.", classes.toString());
      } else if (Files.exists(path)) {
        Files.copy(path, jars.resolve(path.getFileName()));
      }
    }
    exec("chmod", "-R", "a+rX", jars.toString());
    return jars;
  }

  private static void exec(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private long postmaster() throws IOException {
    return Long.parseLong(
        Files.readAllLines(directory.resolve("cluster/postmaster.pid")).get(0).strip());
  }

  private String storedPassword() {
    try {
      return Files.readString(directory.resolve("password")).strip();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private interface Connections {
    Connection open() throws SQLException;
  }

  private static void execute(DataSource dataSource, String sql) throws SQLException {
    execute(dataSource::getConnection, sql);
  }

  private static void execute(Connections connections, String sql) throws SQLException {
    try (Connection connection = connections.open();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(DataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }
}
