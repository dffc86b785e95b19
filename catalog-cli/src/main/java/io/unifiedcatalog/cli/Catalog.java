package io.unifiedcatalog.cli;

import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line {@code catalog}. */
@Command(
    name = "catalog",
    description = "Unified Catalog: serves the catalog of tables, and talks to it.",
    synopsisSubcommandLabel = "COMMAND")
public final class Catalog {
  private static final String SERVER = "io.unifiedcatalog.server.CatalogServer";

  @Mixin private final Session session;

  private Catalog(Session session) {
    this.session = session;
  }

  /** Runs one command and exits with its status. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0 && arguments[0].equals("serve")) {
      serve(Arrays.copyOfRange(arguments, 1, arguments.length));
      return;
    }
    // A command says what happened in its own words; the libraries' logs would only hide them.
    System.setProperty("logback.configurationFile", "logback-command.xml");
    LogManager.getLogManager().reset();
    int status =
        run(
            System.getenv(),
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            arguments);
    System.exit(status);
  }

  /**
   * Runs one command.
   *
   * @return its exit status, see {@link ExitCode}
   */
  static int run(
      Map<String, String> environment, PrintWriter out, PrintWriter err, String... arguments) {
    try (Session session = new Session(environment, out, err)) {
      return commandLine(session).execute(arguments);
    }
  }

  private static CommandLine commandLine(Session session) {
    CommandLine root = new CommandLine(new Catalog(session));
    root.addSubcommand(new SourceCommand(session));
    root.addSubcommand(new CrawlCommand(session));
    root.addSubcommand(new DatabaseCommand(session));
    CommandLine table = new CommandLine(new TableCommand(session));
    table.addSubcommand(new InferTableCommand(session));
    table.addSubcommand(new RegisterTableCommand(session));
    table.addSubcommand(new OverlayCommand(session));
    root.addSubcommand(table);
    root.addSubcommand(new SchemaCommand(session));
    root.addSubcommand(new SqlCommand(session));
    root.setOut(session.out());
    root.setErr(session.err());
    // Not picocli's mixin: that one shifts the parameters of commands that are methods.
    root.getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .scopeType(ScopeType.INHERIT)
                .description("Print this, and end.")
                .build())
        .addOption(
            OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print the release and the API version, and end.")
                .build())
        .version("Unified Catalog %s (API %d)".formatted(Session.release(), Session.apiVersion()));
    describe(root);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler(Catalog::refuse);
    root.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof StatusRuntimeException call) {
            return session.report(call);
          }
          if (failure instanceof CommandFailure ended) {
            session.err().println("catalog: " + ended.getMessage());
            return ended.exitCode();
          }
          session
              .err()
              .println(
                  "catalog: '%s' failed unexpectedly: %s. This is a defect; please report it."
                      .formatted(command.getCommandSpec().qualifiedName(), failure));
          return ExitCode.FAILED;
        });
    return root;
  }

  /** Gives every command the list of exit statuses. */
  private static void describe(CommandLine command) {
    command.getCommandSpec().exitCodeOnInvalidInput(ExitCode.USAGE);
    Map<String, String> statuses = new LinkedHashMap<>();
    for (String status : ExitCode.DESCRIPTIONS) {
      int colon = status.indexOf(':');
      statuses.put(status.substring(0, colon), status.substring(colon + 1));
    }
    command.getCommandSpec().usageMessage().exitCodeListHeading("%nExit status:%n");
    command.getCommandSpec().usageMessage().exitCodeList(statuses);
    command.getSubcommands().values().forEach(Catalog::describe);
  }

  private static int refuse(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    String message = Objects.requireNonNullElse(failure.getMessage(), "wrong arguments");
    if (failure instanceof UnmatchedArgumentException
        && Arrays.stream(arguments).anyMatch(Catalog::isPassword)) {
      // The message would repeat it, and cron would mail it.
      message = SourceCommand.PASSWORD_ARGUMENT;
    }
    command.getErr().println("catalog: " + Text.line(message));
    command
        .getErr()
        .println("Try '%s --help'.".formatted(command.getCommandSpec().qualifiedName()));
    return ExitCode.USAGE;
  }

  private static boolean isPassword(String argument) {
    return argument.equals("--password")
        || argument.startsWith("--password=")
        || argument.startsWith("-p");
  }

  // Listed for --help; main hands its arguments to the server before they are parsed here.
  @Command(
      name = "serve",
      description = "Starts a catalog server. `serve --help` lists its settings.")
  int serve() throws Exception {
    serve(new String[0]);
    return ExitCode.OK;
  }

  @Command(
      name = "completion",
      description = "Prints a completion script for bash and zsh: source <(catalog completion).")
  int completion() {
    session.out().print(AutoComplete.bash("catalog", commandLine(session)));
    session.out().flush();
    return ExitCode.OK;
  }

  /** The server is found by name: this module knows the API only. */
  private static void serve(String[] arguments) throws Exception {
    try {
      Class.forName(SERVER).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } catch (InvocationTargetException failure) {
      throw unwrap(failure.getCause());
    }
  }

  private static Exception unwrap(@Nullable Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof Exception exception ? exception : new IllegalStateException(cause);
  }
}
