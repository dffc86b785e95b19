package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.testing.StoreBinaries;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A real catalog server, in a process of its own, as `catalog serve` starts it. */
final class ServerProcess implements AutoCloseable {
  /** Where servers of tests leave word of themselves for commands of tests. */
  static final Path STATE = Path.of("target", "state").toAbsolutePath();

  private final Process process;
  private final String endpoint;
  private final Path log;
  private final Path data;

  private ServerProcess(Process process, String endpoint, Path log, Path data) {
    this.process = process;
    this.endpoint = endpoint;
    this.log = log;
    this.data = data;
  }

  /** Starts one with its data in a new directory of that name. */
  static ServerProcess start(Path directory, String name, String... flags) throws IOException {
    Path log = directory.resolve(name + ".log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.unifiedcatalog.cli.Catalog",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
                directory.resolve(name).toString(),
                // So that they are unpacked once for all tests.
                "--store-binaries",
                StoreBinaries.directory().toString()));
    command.addAll(List.of(flags));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("XDG_STATE_HOME", STATE.toString());
    Process process = builder.start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    assertThat(line).as("its log: %s", Files.readString(log)).startsWith("Listening on 127.0.0.1:");
    return new ServerProcess(
        process, line.substring("Listening on ".length()), log, directory.resolve(name));
  }

  /** Where it listens, as its one line of output says. */
  String endpoint() {
    return endpoint;
  }

  /** Its data directory. */
  Path data() {
    return data;
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroy();
    assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(30));
  }
}
