package io.unifiedcatalog.cli;

import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.StateDirectory;
import io.unifiedcatalog.local.UnsafeFileException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog sql}: Flink SQL on the catalog, in a process of its own. */
@Command(
    name = "sql",
    description = {
      "Opens the Flink SQL client on the catalog, or runs a script.",
      "Flink runs inside the client; UNIFIED_SQL_JAVA_OPTS adds options for its Java, for example"
          + " -Xmx4g."
    })
final class SqlCommand implements Callable<Integer> {
  private static final String CLIENT = "org.apache.flink.table.client.SqlClient";
  private static final String SCRIPT = "io.unifiedcatalog.sql.SqlScript";

  // What Flink's own start scripts open for JDK 17.
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.math",
          "java.net",
          "java.nio",
          "java.text",
          "java.time",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic",
          "java.util.concurrent.locks");

  private static final int END_SECONDS = 10;

  private final Session session;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description =
          "Run this script, print each statement with its rows, and end; status 1 at the first"
              + " statement that fails.")
  private @Nullable Path file;

  @Option(
      names = {"-e", "--execute"},
      paramLabel = "SQL",
      description = "Run these statements in the same way.")
  private @Nullable String statements;

  @Option(
      names = "--use",
      paramLabel = "DATABASE",
      description = "Begin in this database of the catalog.")
  private @Nullable String database;

  @Option(
      names = "--no-catalog",
      description = "Do not create the catalog `unified` first; the script does it.")
  private boolean noCatalog;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description =
          "Where Flink logs to. Default: $XDG_STATE_HOME/unified-catalog/log/sql.log, where"
              + " XDG_STATE_HOME is ~/.local/state unless set.")
  private @Nullable Path logFile;

  @Parameters(
      paramLabel = "ARGUMENT",
      description = "Further arguments for the Flink SQL client, after --.")
  private List<String> clientArguments = List.of();

  SqlCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (file != null && statements != null) {
      throw new CommandFailure(ExitCode.USAGE, "Name --file or --execute, not both.");
    }
    if (file != null && !Files.isReadable(file)) {
      throw new CommandFailure(
          ExitCode.USAGE, "Script %s does not exist or cannot be read.".formatted(file));
    }
    Path flink = home().resolve("flink");
    Path client = flink.resolve("sql-client");
    if (!Files.isDirectory(client.resolve("lib"))) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "There is no Flink SQL client in %s. Unpack the distribution again.".formatted(client));
    }
    Path log = logFile();
    // Nobody else may enter it. Flink's own temporary files go there, too.
    Path directory = Files.createTempDirectory("unified-catalog-sql-");
    try {
      Path init = Files.writeString(directory.resolve("init.sql"), init());
      return run(command(flink, client, directory, init, log), client, directory);
    } finally {
      delete(directory);
    }
  }

  /**
   * The file to log to, which exists. A link that another user put in its place is not followed,
   * and nobody else reads a new one.
   */
  private Path logFile() {
    Path file = logFile;
    try {
      if (file == null) {
        Path state = StateDirectory.path(session.environment());
        if (state == null) {
          throw new CommandFailure(
              ExitCode.USAGE,
              "There is no directory for the log: this user has no home. Set XDG_STATE_HOME, or"
                  + " name a file with --log-file.");
        }
        file = StateDirectory.create(state, "log").resolve("sql.log");
      }
      ProtectedFile.ensure(file);
      return file.toAbsolutePath();
    } catch (UnsafeFileException unsafe) {
      throw new CommandFailure(ExitCode.USAGE, "The log file %s.".formatted(unsafe.getMessage()));
    } catch (IOException unwritable) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "The log file %s cannot be made (%s). Name another with --log-file."
              .formatted(file, unwritable));
    }
  }

  /** Deletes a directory with all that is in it, as far as that is possible. */
  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path left : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(left);
      }
    } catch (IOException | UncheckedIOException left) {
      // Something in it was deleted or made meanwhile; it is the user's own.
    }
  }

  private static Path home() {
    String home = System.getProperty("catalog.home");
    if (home == null) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "The distribution's directory is unknown. Start with bin/catalog, which names it.");
    }
    return Path.of(home);
  }

  /** The statements before the first of the user. */
  private String init() {
    StringBuilder sql = new StringBuilder();
    if (!noCatalog) {
      sql.append("CREATE CATALOG unified WITH ('type' = 'unified', 'endpoint' = ")
          .append(literal(session.endpoint()));
      Path tokenFile = session.tokenFile();
      if (tokenFile != null) {
        sql.append(", 'token-file' = ").append(literal(tokenFile.toAbsolutePath().toString()));
      }
      sql.append(");\nUSE CATALOG unified;\n");
    }
    if (database != null) {
      sql.append("USE `").append(database.replace("`", "``")).append("`;\n");
    }
    // The client takes no empty script; this one changes nothing.
    return sql.length() == 0 ? "SET 'sql-client.verbose' = 'false';\n" : sql.toString();
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private List<String> command(Path flink, Path client, Path directory, Path init, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String opened : OPENED) {
      command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    command.add("-Xmx1g");
    command.add("-Djava.io.tmpdir=" + directory);
    command.add("-Dunified.sql.log=" + log);
    command.add(
        "-Dlogback.configurationFile=" + client.resolve("conf").resolve("logback.xml").toUri());
    String options = session.environment("UNIFIED_SQL_JAVA_OPTS");
    if (options != null) {
      command.addAll(List.of(options.strip().split("\\s+")));
    }
    command.add("-cp");
    command.add(
        client.resolve("lib")
            + File.separator
            + "*"
            + File.pathSeparator
            + flink
            + File.separator
            + "*");
    if (file == null && statements == null) {
      command.addAll(List.of(CLIENT, "embedded", "-i", init.toString()));
    } else {
      Path script = file;
      if (statements != null) {
        script = directory.resolve("statements.sql");
        Files.writeString(script, statements, StandardCharsets.UTF_8);
      }
      command.addAll(List.of(SCRIPT, init.toString(), Objects.requireNonNull(script).toString()));
    }
    command.addAll(clientArguments);
    return command;
  }

  private static int run(List<String> command, Path client, Path directory)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("FLINK_CONF_DIR", client.resolve("conf").toString());
    ignoreInterrupts();
    Process process = builder.start();
    Thread ending = new Thread(() -> end(process, directory), "end of the SQL client");
    Runtime.getRuntime().addShutdownHook(ending);
    int status = process.waitFor();
    try {
      Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException alreadyEnding) {
      // This process is being ended, and waits for that thread.
    }
    return status;
  }

  /** Ends the client when this process is ended, and takes away what it leaves. */
  private static void end(Process process, Path directory) {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    delete(directory);
  }

  /**
   * Leaves Ctrl-C to the client, in which it ends a query and not the session. The JDK has no
   * public class for signals, and the compiler admits the one that it has by reflection only.
   */
  private static void ignoreInterrupts() {
    try {
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Class<?> signal = Class.forName("sun.misc.Signal");
      InvocationHandler nothing =
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> arguments != null && proxy == arguments[0];
                case "toString" -> "ignored";
                default -> null;
              };
      signal
          .getMethod("handle", signal, handler)
          .invoke(
              null,
              signal.getConstructor(String.class).newInstance("INT"),
              Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, nothing));
    } catch (ReflectiveOperationException | IllegalArgumentException without) {
      // Then Ctrl-C ends the session, too.
    }
  }
}
