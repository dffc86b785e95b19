package io.unifiedcatalog.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisServerTest {
  @Test
  void survivesAKillOnTheSamePortWithWhatWasWrittenAndTakesSettings() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      int port = server.port();
      server.execute(List.of("SET a \"good day\""));
      server.kill();
      assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
          .isInstanceOf(IOException.class);

      server.restart("maxmemory 1");

      assertThat(server.port()).isEqualTo(port);
      assertThat(answer(port, "AUTH " + server.password(), "GET a")).isEqualTo("$8 good day");
      assertThatThrownBy(() -> server.execute(List.of("SET a b")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Redis answers 'SET a b' with -OOM");
    }
  }

  @Test
  void aServerThatCannotStartSaysWhy() {
    assertThatThrownBy(() -> RedisServer.start("dir /no/such/directory").close())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not start")
        .hasMessageContaining("FATAL CONFIG FILE ERROR")
        .hasMessageContaining("/no/such/directory");
  }

  @Test
  void theProgramRunsAScriptOnceAndItsServerEndsWithItHoweverItEnds(@TempDir Path directory)
      throws Exception {
    Path script = directory.resolve("script.redis");
    Files.writeString(script, "# One more at each start.\nINCR starts\n");
    Path password = directory.resolve("password");
    Files.writeString(password, "let-me-in\n");
    for (int start = 0; start < 2; start++) {
      Process program =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  RedisServer.class.getName(),
                  "--data-dir",
                  directory.resolve("data").toString(),
                  "--script",
                  script.toString(),
                  "--password-file",
                  password.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
        String line = lines.readLine();
        assertThat(line).matches("Redis listens on 127\\.0\\.0\\.1:[0-9]+");
        int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
        assertThat(answer(port, "AUTH let-me-in", "GET starts")).isEqualTo("$1 1");
        List<ProcessHandle> all = program.descendants().toList();

        program.destroyForcibly();

        Awaitility.await()
            .atMost(20, TimeUnit.SECONDS)
            .until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
      }
    }
  }

  /** What Redis answers to the last of two commands. */
  private static String answer(int port, String first, String last) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket
          .getOutputStream()
          .write((first + "\r\n" + last + "\r\n").getBytes(StandardCharsets.UTF_8));
      assertThat(in.readLine()).isEqualTo("+OK");
      return in.readLine() + " " + in.readLine();
    }
  }
}
