package io.unifiedcatalog.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtectedFileTest {
  private static final int SOMEBODY_ELSE = 60_000;

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(directory.resolve("token"), "the-token\n");
    mode(file, "rw-------");
  }

  private static void mode(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static void giveAway(Path file) throws IOException {
    assumeTrue(Access.self() == 0, "only root can give a file away");
    Files.setAttribute(file, "unix:uid", SOMEBODY_ELSE, LinkOption.NOFOLLOW_LINKS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "r--------", "rw-r-----", "rw-r--r--"})
  void whatOnlyItsUserCanWriteIsRead(String mode) throws IOException {
    mode(file, mode);
    assertThat(ProtectedFile.read(file)).isEqualTo("the-token\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw--w----", "rw-----w-", "rw-rw-r--", "rw-rw-rw-", "------rw-"})
  void whatGroupOrOthersCanWriteIsRefused(String mode) throws IOException {
    mode(file, mode);
    assertThatThrownBy(() -> ProtectedFile.read(file))
        .isInstanceOf(UnsafeFileException.class)
        .hasMessageContaining(file + " can be written by others than its owner")
        .hasMessageContaining("chmod go-w " + file);
    assertThatThrownBy(() -> ProtectedFile.check(file)).isInstanceOf(UnsafeFileException.class);
  }

  @Test
  void whatBelongsToAnotherUserIsRefused() throws IOException {
    giveAway(file);
    assertThatThrownBy(() -> ProtectedFile.read(file))
        .isInstanceOf(UnsafeFileException.class)
        .hasMessageContaining("belongs to the user '" + SOMEBODY_ELSE + "'");
  }

  @Test
  void aLinkOfOnesOwnIsFollowedAndWhatItLeadsToIsChecked() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("token"));
    Path chain = Files.createSymbolicLink(directory.resolve("chain"), link);
    assertThat(ProtectedFile.read(chain)).isEqualTo("the-token\n");
    mode(file, "rw-rw-rw-");
    assertThatThrownBy(() -> ProtectedFile.read(chain)).isInstanceOf(UnsafeFileException.class);
  }

  @Test
  void aLinkOfAnotherUserIsNotFollowed() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    Files.move(file, target.resolve("token"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    assertThat(ProtectedFile.read(link.resolve("token"))).isEqualTo("the-token\n");
    giveAway(link);
    assertThatThrownBy(() -> ProtectedFile.read(link.resolve("token")))
        .isInstanceOf(UnsafeFileException.class)
        .hasMessageContaining("symbolic link " + link);
  }

  @Test
  void whatLiesInADirectoryOfAllUsersIsRefusedUnlessTheyCannotReplaceIt() throws Exception {
    mode(directory, "rwxrwxrwx");
    assertThatThrownBy(() -> ProtectedFile.read(file))
        .isInstanceOf(UnsafeFileException.class)
        .hasMessageContaining("every user can replace it");
    assertThat(new ProcessBuilder("chmod", "1777", directory.toString()).start().waitFor())
        .isZero();
    assertThat(ProtectedFile.read(file)).isEqualTo("the-token\n");
  }

  @Test
  void whatLiesInADirectoryOfAnotherUserIsRefused() throws IOException {
    giveAway(directory);
    try {
      assertThatThrownBy(() -> ProtectedFile.read(file))
          .isInstanceOf(UnsafeFileException.class)
          .hasMessageContaining("directory " + directory + " of the user");
    } finally {
      Files.setAttribute(directory, "unix:uid", 0);
    }
  }

  @Test
  void linksThatLeadNowhereEndAsMissingFilesAndLoopsEndAtAll() throws IOException {
    Path missing = Files.createSymbolicLink(directory.resolve("missing"), Path.of("nothing"));
    assertThatThrownBy(() -> ProtectedFile.read(missing)).isInstanceOf(NoSuchFileException.class);
    Path loop = Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
    assertThatThrownBy(() -> ProtectedFile.read(loop)).isInstanceOf(IOException.class);
  }

  @Test
  void whatAShellSubstitutesForACommandIsRead() throws Exception {
    // As in: --token-file <(pass show catalog)
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "exec \"$0\" -cp \"$1\" io.unifiedcatalog.local.ProtectedFileTest <(echo piped)",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"))
            .redirectErrorStream(true)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8).strip())
        .isEqualTo("piped");
  }

  /** Prints a file. */
  public static void main(String[] arguments) throws IOException {
    System.out.print(ProtectedFile.read(Path.of(arguments[0])));
  }

  @Test
  void itSaysWhoElseCanReadAFile() throws IOException {
    assertThat(ProtectedFile.exposure(file)).isEmpty();
    mode(file, "rw-r-----");
    assertThat(ProtectedFile.exposure(file)).get().asString().contains("chmod go-r " + file);
    mode(file, "rw----r--");
    assertThat(ProtectedFile.exposure(file)).isPresent();
  }

  @Test
  void aNewFileIsItsOwnersAloneAndReplacesNone() throws IOException {
    Path made = directory.resolve("made");
    ProtectedFile.create(made, "text");
    assertThat(made).hasContent("text");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> ProtectedFile.create(made, "other"))
        .isInstanceOf(FileAlreadyExistsException.class);
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("none"));
    assertThatThrownBy(() -> ProtectedFile.create(link, "other"))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(directory.resolve("none")).doesNotExist();
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(3);
    }
  }
}
