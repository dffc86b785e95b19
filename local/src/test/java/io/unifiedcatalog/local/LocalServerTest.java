package io.unifiedcatalog.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.unifiedcatalog.local.LocalServer.Found;
import io.unifiedcatalog.local.LocalServer.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalServerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int SOMEBODY_ELSE = 60_000;

  @TempDir Path directory;
  private ServerSocket server;
  private Path catalogToken;
  private Path bindingToken;
  private Path entry;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 5, LOOPBACK);
    catalogToken = directory.resolve("catalog.token");
    bindingToken = directory.resolve("binding.token");
    ProtectedFile.create(catalogToken, "the-catalog-token\n");
    ProtectedFile.create(bindingToken, "the-binding-token\n");
    entry = announce(server.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private Map<String, String> environment() {
    return Map.of("XDG_STATE_HOME", directory.resolve("state").toString());
  }

  private Path state() {
    return directory.resolve("state/unified-catalog");
  }

  private Path announce(int port) throws IOException {
    return LocalServer.announce(state(), LOOPBACK, port, catalogToken, bindingToken);
  }

  private Found find(String host) {
    return LocalServer.find(environment(), host, server.getLocalPort(), Kind.CATALOG);
  }

  private static void giveAway(Path file) throws IOException {
    assumeTrue(Access.self() == 0, "only root can give a file away");
    Files.setAttribute(file, "unix:uid", SOMEBODY_ELSE, LinkOption.NOFOLLOW_LINKS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "LOCALHOST"})
  void aClientOfTheSameUserFindsTheTokenThatItNeeds(String host) {
    assertThat(find(host).token()).isEqualTo("the-catalog-token");
    assertThat(LocalServer.find(environment(), host, server.getLocalPort(), Kind.BINDING).token())
        .isEqualTo("the-binding-token");
    assertThat(find(host).toString()).doesNotContain("the-catalog-token");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"192.0.2.1", "catalog.example", "127.0.0.1.example", "localhost.example", "::2"})
  void noOtherMachineIsSentOne(String host) throws IOException {
    // Not even if there were an entry for it.
    Files.copy(entry, entry.resolveSibling(host + ":" + server.getLocalPort() + ".properties"));
    assertThat(find(host)).isEqualTo(new Found(null, null));
  }

  @Test
  void whereTheServerIsGoneNothingIsFound() throws IOException {
    server.close();
    assertThat(find("127.0.0.1").token()).isNull();
    LocalServer.withdraw(entry);
    assertThat(find("127.0.0.1")).isEqualTo(new Found(null, null));
  }

  /** Another user may wait for tokens where the server was. */
  @Test
  void whereAnotherUserListensNowNothingIsSent() throws Exception {
    assumeTrue(Access.self() == 0, "only root can start a process as another user");
    Process process =
        asSomebodyElse(List.of("io.unifiedcatalog.local.LocalServerTest", "listen"), Map.of());
    try {
      int port = Integer.parseInt(process.inputReader().readLine());
      announceFor(port);
      Found found = LocalServer.find(environment(), "127.0.0.1", port, Kind.BINDING);
      assertThat(found.token()).isNull();
      assertThat(found.refusal()).contains("another user listens at this endpoint");
    } finally {
      process.destroy();
      assertThat(process.waitFor()).isNotNegative();
    }
  }

  @Test
  void anotherUserFindsNoTokenEvenWithTheEntryInHand() throws Exception {
    assumeTrue(Access.self() == 0, "only root can start a process as another user");
    // As open as a careless user could make it.
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isDirectory).toList()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-r--r--"));
    Process process =
        asSomebodyElse(
            List.of(
                "io.unifiedcatalog.local.LocalServerTest",
                "find",
                Integer.toString(server.getLocalPort())),
            environment());
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
        .contains("token null")
        .contains("belongs to the user");
  }

  private void announceFor(int port) throws IOException {
    Files.copy(entry, entry.resolveSibling("127.0.0.1:" + port + ".properties"));
    Files.setPosixFilePermissions(
        entry.resolveSibling("127.0.0.1:" + port + ".properties"),
        PosixFilePermissions.fromString("rw-------"));
  }

  /** Runs this class as another user, with a copy of the classes that they can read. */
  private Process asSomebodyElse(List<String> command, Map<String, String> environment)
      throws Exception {
    Path classes = Files.createDirectories(directory.resolve("classes"));
    for (Class<?> used : List.of(LocalServer.class, LocalServerTest.class)) {
      Path from =
          Path.of(used.getProtectionDomain().getCodeSource().getLocation().toURI())
              .resolve("io/unifiedcatalog/local");
      Path to = Files.createDirectories(classes.resolve("io/unifiedcatalog/local"));
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> whole =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--reuid=" + SOMEBODY_ELSE,
                "--regid=" + SOMEBODY_ELSE,
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes.toString()));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** {@code listen}: prints the port and listens; {@code find PORT}: prints what it finds. */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("listen")) {
      try (ServerSocket socket = new ServerSocket(0, 5, LOOPBACK)) {
        System.out.println(socket.getLocalPort());
        socket.accept().close();
      }
    } else {
      Found found =
          LocalServer.find(
              System.getenv(), "127.0.0.1", Integer.parseInt(arguments[1]), Kind.BINDING);
      System.out.println("token " + found.token() + ", " + found.refusal());
    }
  }

  @Test
  void anEntryOfAnotherUserIsNotUsed() throws IOException {
    giveAway(entry);
    assertThat(find("127.0.0.1").token()).isNull();
    assertThat(find("127.0.0.1").refusal())
        .contains(entry + " was not used")
        .contains("belongs to");
  }

  @Test
  void anEntryOrADirectoryThatOthersCanWriteIsNotUsed() throws IOException {
    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-rw----"));
    assertThat(find("127.0.0.1").refusal()).contains("chmod go-w " + entry);
    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-------"));
    Path servers = state().resolve("servers");
    Files.setPosixFilePermissions(servers, PosixFilePermissions.fromString("rwx-w----"));
    assertThat(find("127.0.0.1").refusal()).contains("chmod go-w " + servers);
    assertThatThrownBy(() -> announce(server.getLocalPort()))
        .isInstanceOf(UnsafeFileException.class);
  }

  @Test
  void aTokenFileThatOthersCanWriteIsNotUsed() throws IOException {
    Files.setPosixFilePermissions(catalogToken, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(find("127.0.0.1").token()).isNull();
    assertThat(find("127.0.0.1").refusal()).contains("chmod go-w " + catalogToken);
  }

  @Test
  void anEntryThatCannotBeUnderstoodIsSaidToBeSo() throws IOException {
    Files.writeString(entry, "catalog-token-file=\\u12\n");
    assertThat(find("127.0.0.1").refusal()).contains(entry.toString());
    Files.writeString(entry, "nothing=here\n");
    assertThat(find("127.0.0.1").refusal()).contains("has no catalog-token-file");
    Files.delete(catalogToken);
    announce(server.getLocalPort());
    assertThat(find("127.0.0.1").refusal()).contains(catalogToken + " does not exist");
  }

  @Test
  void entriesOfServersThatWereKilledGoWhenTheNextStarts() throws IOException {
    int port = server.getLocalPort();
    try (ServerSocket next = new ServerSocket(0, 5, LOOPBACK)) {
      announce(next.getLocalPort());
      assertThat(entry).exists();
      server.close();
      announce(next.getLocalPort());
      assertThat(entry).doesNotExist();
      assertThat(
              LocalServer.find(environment(), "127.0.0.1", next.getLocalPort(), Kind.CATALOG)
                  .token())
          .isNotNull();
    }
    server = new ServerSocket(port, 5, LOOPBACK);
  }

  @Test
  void withoutStateDirectoryNothingIsFound() {
    assertThat(StateDirectory.path(Map.of("XDG_STATE_HOME", "relative", "HOME", "/home/a")))
        .isEqualTo(Path.of("/home/a/.local/state/unified-catalog"));
    assertThat(StateDirectory.path(Map.of("XDG_STATE_HOME", "/s", "HOME", "/home/a")))
        .isEqualTo(Path.of("/s/unified-catalog"));
  }
}
