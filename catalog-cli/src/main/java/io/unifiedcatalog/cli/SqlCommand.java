package io.unifiedcatalog.cli;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog sql}: Flink SQL on the catalog, in a process of its own. */
@Command(
    name = "sql",
    description = {
      "Opens the Flink SQL client on the catalog, or runs a script.",
      "Flink runs inside the client; UNIFIED_SQL_JAVA_OPTS adds options for its Java, for example -Xmx4g."
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

  private final Session session;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description =
          "Run this script, print each statement with its rows, and end; status 1 at the first statement that fails.")
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
          "Where Flink logs to. Else unified-catalog-sql-USER.log in the directory for temporary files.")
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
    Path directory = Files.createTempDirectory("unified-catalog-sql-");
    try {
      Path init = Files.writeString(directory.resolve("init.sql"), init());
      return run(command(flink, client, directory, init), client);
    } finally {
      try (var files = Files.list(directory)) {
        for (Path left : files.toList()) {
          Files.delete(left);
        }
      }
      Files.delete(directory);
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

  private List<String> command(Path flink, Path client, Path directory, Path init)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String opened : OPENED) {
      command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    command.add("-Xmx1g");
    Path log =
        logFile == null
            ? Path.of(
                System.getProperty("java.io.tmpdir"),
                "unified-catalog-sql-" + System.getProperty("user.name") + ".log")
            : logFile;
    command.add("-Dunified.sql.log=" + log.toAbsolutePath());
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

  private static int run(List<String> command, Path client)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("FLINK_CONF_DIR", client.resolve("conf").toString());
    ignoreInterrupts();
    Process process = builder.start();
    Thread ending = new Thread(process::destroy, "end of the SQL client");
    Runtime.getRuntime().addShutdownHook(ending);
    int status = process.waitFor();
    Runtime.getRuntime().removeShutdownHook(ending);
    return status;
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
