package io.unifiedcatalog.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MySqlServerTest {
  @Test
  void survivesAKillOnTheSamePortWithItsRows() throws Exception {
    try (MySqlServer server = MySqlServer.start()) {
      int port = server.port();
      server.execute(
          "CREATE DATABASE shop",
          "CREATE TABLE shop.orders (id INT PRIMARY KEY)",
          "INSERT INTO shop.orders VALUES (1)");
      server.kill();
      assertThatThrownBy(server::connect).isInstanceOf(SQLException.class);

      server.restart();

      assertThat(server.port()).isEqualTo(port);
      try (Connection connection = server.connect();
          ResultSet rows =
              connection.createStatement().executeQuery("SELECT COUNT(*) FROM shop.orders")) {
        rows.next();
        assertThat(rows.getInt(1)).isEqualTo(1);
      }
    }
  }

  @Test
  void keepsAGivenDataDirectoryAndTakesFlags(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    try (MySqlServer server = MySqlServer.start(data)) {
      server.execute("CREATE DATABASE kept");
    }
    try (MySqlServer server = MySqlServer.start(data, 0, List.of("--default-time-zone=+05:30"));
        Connection connection = server.connect();
        ResultSet rows =
            connection
                .createStatement()
                .executeQuery("SELECT @@time_zone, @@version, @@datadir FROM DUAL")) {
      rows.next();
      assertThat(rows.getString(1)).isEqualTo("+05:30");
      assertThat(rows.getString(2)).startsWith("8.0.");
      server.execute("USE kept");
    }
  }

  @Test
  void refusesAnEmptyPassword() {
    try (MySqlServer server = MySqlServer.start()) {
      assertThatThrownBy(() -> DriverManager.getConnection(server.url(""), "root", ""))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Access denied");
    }
  }

  @Test
  void theProgramRunsAScriptAndItsServerEndsWithItHoweverItEnds(@TempDir Path directory)
      throws Exception {
    Path script = directory.resolve("shop.sql");
    Files.writeString(
        script,
        """
        CREATE DATABASE shop;
        CREATE USER 'reader'@'%' IDENTIFIED BY 'let-me-read';
        GRANT SELECT ON shop.* TO 'reader'@'%';
        """);
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                MySqlServer.class.getName(),
                "--data-dir",
                directory.resolve("data").toString(),
                "--script",
                script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      assertThat(line).matches("MySQL listens on 127\\.0\\.0\\.1:[0-9]+");
      String url = "jdbc:mysql://" + line.substring("MySQL listens on ".length()) + "/shop";
      DriverManager.getConnection(url, "reader", "let-me-read").close();

      ProcessHandle mysqld = program.children().findFirst().orElseThrow();
      program.destroyForcibly();

      Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> !mysqld.isAlive());
    }
  }
}
