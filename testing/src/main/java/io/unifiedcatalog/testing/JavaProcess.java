package io.unifiedcatalog.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A JVM for a server's program, so that nothing of its class path meets that of a test. It ends
 * when its input does, which the system closes with the process that started it, however that one
 * ends.
 */
final class JavaProcess {
  private static final String CLASS_PATH = "class-path";

  /** What a program prints once it serves. */
  private static final String READY = "ready";

  private static final long START_SECONDS = 120;
  private static final int LOG_LINES = 60;

  private JavaProcess() {}

  /**
   * Starts a program of this module.
   *
   * @param flags of the JVM
   * @param environment added to that of this process
   * @param log takes what it writes to its standard error
   */
  static Process start(
      Class<?> program,
      List<String> flags,
      Map<String, String> environment,
      String argument,
      Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("-cp");
    command.add(classPath());
    command.add(program.getName());
    command.add(argument);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.to(log.toFile()));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits until the program serves; false if it ended or took too long instead. */
  static boolean awaitReady(Process process) {
    CompletableFuture<Boolean> ready = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(
                      new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (line.equals(READY)) {
                    ready.complete(true);
                  }
                }
              } catch (IOException e) {
                // The process was killed while it was listened to.
              }
              ready.complete(false);
            },
            "server-output");
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

  /** Writes what a program is told, a password among it, where others cannot read: no argument. */
  static void write(Properties all, Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      all.store(writer, null);
    }
  }

  /** The last lines of a log. */
  static String end(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }

  /** In the program: says that it serves. */
  static void ready() {
    System.out.println(READY);
  }

  /** In the program: ends it, with status 0, when its input ends. */
  static void endWithInput() {
    Thread watch = new Thread(JavaProcess::awaitEndOfInput, "input-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said here; only the end counts.
      }
    } catch (IOException e) {
      // As good as the end.
    }
    System.exit(0);
  }

  /** This module's own classes, and what the build resolved for the programs. */
  private static String classPath() throws IOException {
    Path own;
    try {
      own = Path.of(JavaProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("The module of this class is in no file", e);
    }
    try (InputStream in = JavaProcess.class.getResourceAsStream(CLASS_PATH)) {
      if (in == null) {
        throw new IOException(CLASS_PATH + " is not on the class path. Build testing with Maven.");
      }
      return own
          + System.getProperty("path.separator")
          + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}
