package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Commands of those who run a server, and of others, none of whom names a token. */
@ExtendWith(SharedCatalog.class)
class LocalTokenTest extends CommandLineTest {
  @TempDir Path directory;
  private ServerProcess server;

  @BeforeEach
  void shared(ServerProcess shared) {
    server = shared;
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  /** The entry of the server in another state directory, as if that were the user's. */
  private Path ownEntry() throws Exception {
    Path original =
        ServerProcess.STATE.resolve("unified-catalog/servers/" + endpoint() + ".properties");
    Path servers = directory.resolve("unified-catalog/servers");
    Files.createDirectories(
        servers,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    environment.put("XDG_STATE_HOME", directory.toString());
    Path entry = servers.resolve(endpoint() + ".properties");
    Files.copy(original, entry);
    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-------"));
    return entry;
  }

  @Test
  void theUserWhoRunsTheServerNamesNoTokenWhateverTheHostIsCalled() {
    succeed("source", "list");
    succeed("--endpoint", endpoint().replace("127.0.0.1", "localhost"), "source", "list");
  }

  @Test
  void anotherUserIsRefusedAndToldWhatToDo() throws Exception {
    environment.put("XDG_STATE_HOME", directory.toString());
    assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
    assertThat(err)
        .startsWith("catalog: The call has no token.")
        .contains("catalog.token")
        .contains("UNIFIED_TOKEN_FILE")
        .contains("another user has to be given a copy");
    Path copy = Files.copy(server.data().resolve("catalog.token"), directory.resolve("copy"));
    succeed("source", "list", "--token-file", copy.toString());
  }

  @Test
  void aTokenThatIsNamedWinsOverTheOneThatIsFound() throws Exception {
    Path wrong = Files.writeString(directory.resolve("wrong"), "00000000000000000000000000000000");
    assertThat(run("source", "list", "--token-file", wrong.toString())).isEqualTo(ExitCode.REFUSED);
    environment.put("UNIFIED_TOKEN_FILE", wrong.toString());
    assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void anEntryThatOthersCouldHaveWrittenIsNotUsed() throws Exception {
    Path entry = ownEntry();
    succeed("source", "list");
    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-rw-r--"));
    assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
    assertThat(err).contains(entry + " was not used").contains("chmod go-w " + entry);

    Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rw-------"));
    Path servers = entry.resolveSibling("");
    Files.setPosixFilePermissions(servers, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
    assertThat(err).contains(entry + " was not used").contains("chmod go-w ");
  }

  @Test
  void anEntryThatIsALinkToAFileOfOthersOrIsGoneIsNotUsed() throws Exception {
    Path entry = ownEntry();
    Path elsewhere = Files.move(entry, directory.resolve("elsewhere"));
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.createSymbolicLink(entry, elsewhere);
    assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
    assertThat(err).contains(entry + " was not used");
  }

  @Test
  void aTokenFileThatOthersCanWriteIsRefused() throws Exception {
    Path token = Files.copy(server.data().resolve("catalog.token"), directory.resolve("token"));
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw--w----"));
    assertThat(run("source", "list", "--token-file", token.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Token file " + token).contains("chmod go-w " + token);
    Path link = Files.createSymbolicLink(directory.resolve("link"), token);
    assertThat(run("source", "list", "--token-file", link.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(run("source", "add", "x", "--kind", "mysql", "--password-file", token.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Password file " + token).contains("chmod go-w " + token);
  }
}
