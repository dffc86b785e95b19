package io.unifiedcatalog.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CrawlSchedule;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.DeleteSourceRequest;
import io.unifiedcatalog.proto.v1.DeleteSourceResponse;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.ListSourcesRequest;
import io.unifiedcatalog.proto.v1.ListSourcesResponse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.TestSourceRequest;
import io.unifiedcatalog.proto.v1.TestSourceResponse;
import io.unifiedcatalog.proto.v1.UpdateSourceRequest;
import java.io.Console;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog source}: the systems whose tables the catalog knows. */
@Command(
    name = "source",
    description = "The systems whose tables the catalog knows.",
    synopsisSubcommandLabel = "COMMAND")
final class SourceCommand {
  private static final String PASSWORD_VARIABLE = "UNIFIED_SOURCE_PASSWORD";

  /** What is answered to a password on the command line. */
  static final String PASSWORD_ARGUMENT =
      "A password is no argument: other users of this machine could read it. Use --password-file FILE, --password-env or --password-prompt, and choose a new password if this one was real.";

  private final Session session;

  SourceCommand(Session session) {
    this.session = session;
  }

  /**
   * Where a password comes from. Never from an argument: other users of the machine can read those.
   */
  static final class PasswordOptions {
    @Option(
        names = "--password-file",
        paramLabel = "FILE",
        description = "A file with the password on its first line.")
    private @Nullable Path file;

    @Option(
        names = "--password-env",
        description = "Take the password from the variable " + PASSWORD_VARIABLE + ".")
    private boolean environment;

    @Option(names = "--password-prompt", description = "Ask for the password on the terminal.")
    private boolean prompt;

    /** The password that the options ask for; null if they ask for none. */
    @Nullable String read(Session session, String source) {
      if (file != null && !environment && !prompt) {
        return session.readSecret(file, "Password file");
      }
      if (environment && file == null && !prompt) {
        String password = session.environment(PASSWORD_VARIABLE);
        if (password == null) {
          throw new CommandFailure(
              ExitCode.USAGE, "--password-env wants a password in " + PASSWORD_VARIABLE + ".");
        }
        return password;
      }
      if (prompt && file == null && !environment) {
        Console console = session.terminal();
        if (console == null) {
          throw new CommandFailure(
              ExitCode.USAGE,
              "--password-prompt wants a terminal. Use --password-file FILE or --password-env.");
        }
        return ask(console, source);
      }
      if (file != null || environment || prompt) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "Name one of --password-file, --password-env and --password-prompt, not several.");
      }
      return null;
    }

    /**
     * The same, and without any of the options: the variable if it is set, else a prompt if there
     * is a terminal.
     */
    @Nullable String readOrAsk(Session session, String source) {
      String password = read(session, source);
      if (password == null) {
        password = session.environment(PASSWORD_VARIABLE);
      }
      Console console = session.terminal();
      if (password == null && console != null) {
        password = ask(console, source);
      }
      return password;
    }

    private static @Nullable String ask(Console console, String source) {
      char[] typed = console.readPassword("Password for source %s (empty: none): ", source);
      return typed == null || typed.length == 0 ? null : new String(typed);
    }
  }

  /** Options and secrets of several lines, such as certificates and keys. */
  static final class FileOptions {
    @Option(
        names = "--option-file",
        paramLabel = "KEY=FILE",
        description =
            "An option that is a file's text, for example ssl-truststore-certificates=ca.pem; repeatable.")
    private Map<String, Path> options = Map.of();

    @Option(
        names = "--secret-file",
        paramLabel = "KEY=FILE",
        description =
            "A secret that is a file's text, for example ssl-keystore-key=client.key; repeatable.")
    private Map<String, Path> secrets = Map.of();

    private void read(Session session, Source.Builder source) {
      options.forEach(
          (key, file) -> {
            if (source.containsOptions(key)) {
              throw new CommandFailure(
                  ExitCode.USAGE,
                  "Name one of --option %s=... and --option-file %s=..., not both."
                      .formatted(key, key));
            }
            source.putOptions(key, session.readWhole(file, "Option file"));
          });
      refusePassword(source.getOptionsMap());
      secrets.forEach(
          (key, file) -> source.putSecrets(key, session.readWhole(file, "Secret file")));
    }

    /** The password if a file holds it, else as the other options say. */
    private static void password(Source.Builder source, @Nullable String password) {
      if (password == null) {
        return;
      }
      if (source.containsSecrets("password")) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "The password comes from one place, not from --secret-file and another.");
      }
      source.putSecrets("password", password);
    }
  }

  /** When a source is crawled by itself, and the limits of its crawls. */
  static final class ScheduleOptions {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(s|m|h|d)");

    @Option(
        names = "--schedule",
        paramLabel = "CRON",
        description =
            "When the source is crawled by itself: minute, hour, day of month, month, day of week, as in '*/15 * * * *', or @hourly, @daily, @weekly, @monthly, @yearly; off: only when asked for.")
    private @Nullable String cron;

    @Option(
        names = "--schedule-zone",
        paramLabel = "ZONE",
        description = "The time zone of --schedule, for example Europe/Paris; UTC if never set.")
    private @Nullable String timeZone;

    @Option(
        names = "--schedule-jitter",
        paramLabel = "TIME",
        description =
            "Begin up to so much later, for example 30s, so that sources are not crawled all at once; 0s if never set.")
    private @Nullable String jitter;

    @Option(
        names = "--crawl-timeout",
        paramLabel = "TIME",
        description = "End a crawl that takes longer, for example 10m; 1h if never set.")
    private @Nullable String timeout;

    @Option(
        names = "--crawl-retries",
        paramLabel = "N",
        description = "How often a scheduled crawl that failed is begun again; 3 if never set.")
    private @Nullable Integer retries;

    @Option(
        names = "--crawl-backoff",
        paramLabel = "TIME",
        description =
            "How long after its first failure it is begun again, doubled each time; 1m if never set.")
    private @Nullable String backoff;

    /** Adds what is given to a source, and its paths to a mask. */
    private void read(Source.Builder source, FieldMask.Builder mask) {
      CrawlSchedule.Builder schedule = CrawlSchedule.newBuilder();
      if (cron != null) {
        schedule.setCron(cron.equals("off") ? "" : cron);
        mask.addPaths("schedule.cron");
      }
      if (timeZone != null) {
        schedule.setTimeZone(timeZone);
        mask.addPaths("schedule.time_zone");
      }
      if (jitter != null) {
        schedule.setJitter(duration("--schedule-jitter", jitter));
        mask.addPaths("schedule.jitter");
      }
      if (timeout != null) {
        schedule.setTimeout(duration("--crawl-timeout", timeout));
        mask.addPaths("schedule.timeout");
      }
      if (retries != null) {
        schedule.setRetries(retries);
        mask.addPaths("schedule.retries");
      }
      if (backoff != null) {
        schedule.setBackoff(duration("--crawl-backoff", backoff));
        mask.addPaths("schedule.backoff");
      }
      if (mask.getPathsList().stream().anyMatch(path -> path.startsWith("schedule."))) {
        source.setSchedule(schedule);
      }
    }

    private static Duration duration(String option, String value) {
      Matcher matcher = DURATION.matcher(value);
      if (!matcher.matches()) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "%s '%s' is not a time, as in 30s, 10m, 1h or 1d.".formatted(option, value));
      }
      long number = Long.parseLong(matcher.group(1));
      return Duration.newBuilder()
          .setSeconds(
              switch (matcher.group(2)) {
                case "s" -> number;
                case "m" -> number * 60;
                case "h" -> number * 3_600;
                default -> number * 86_400;
              })
          .build();
    }
  }

  @Command(name = "add", description = "Adds a source. Does not connect to it; see `source test`.")
  int add(
      @Parameters(paramLabel = "NAME", description = "Lower-case letters, digits and _.")
          String name,
      @Option(
              names = "--kind",
              required = true,
              paramLabel = "KIND",
              description = "For example mysql.")
          String kind,
      @Option(
              names = "--option",
              paramLabel = "KEY=VALUE",
              description = "An option of the kind, for example host=db.example; repeatable.")
          @Nullable Map<String, String> options,
      @Mixin FileOptions files,
      @Mixin PasswordOptions passwords,
      @Mixin ScheduleOptions schedule) {
    Source.Builder source = Source.newBuilder().setName(name).setKind(kind);
    schedule.read(source, FieldMask.newBuilder());
    if (options != null) {
      refusePassword(options);
      source.putAllOptions(options);
    }
    files.read(session, source);
    FileOptions.password(
        source,
        source.containsSecrets("password")
            ? passwords.read(session, name)
            : passwords.readOrAsk(session, name));
    Source added =
        session.sources().createSource(CreateSourceRequest.newBuilder().setSource(source).build());
    if (session.json()) {
      session.printJson(added);
    } else {
      session
          .out()
          .println(
              "Source %s of kind %s added. Next: catalog %s"
                  .formatted(
                      added.getName(),
                      added.getKind(),
                      // Of Redis a crawl has nothing to tell.
                      (added.getKind().equals("redis") ? "table infer " : "crawl run ")
                          + added.getName()));
    }
    return ExitCode.OK;
  }

  /** All sources, over all pages. */
  static ListSourcesResponse all(Session session) {
    ListSourcesResponse.Builder all = ListSourcesResponse.newBuilder();
    String page = "";
    do {
      ListSourcesResponse answer =
          session.sources().listSources(ListSourcesRequest.newBuilder().setPageToken(page).build());
      all.addAllSources(answer.getSourcesList());
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    return all.build();
  }

  @Command(name = "list", description = "Lists the sources.")
  int list() {
    ListSourcesResponse all = all(session);
    if (session.json()) {
      session.printJson(all);
      return ExitCode.OK;
    }
    Text text = new Text("NAME", "KIND", "TABLES", "LAST CRAWL", "AT", "NEXT CRAWL");
    for (Source source : all.getSourcesList()) {
      text.row(
          source.getName(),
          source.getKind(),
          Text.count(source.getTableCount()),
          source.hasLatestRun() ? CrawlCommand.state(source.getLatestRun()) : "never",
          Text.time(source.getLatestRun().getStartTime()),
          next(source));
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  @Command(name = "get", description = "Shows a source.")
  int get(@Parameters(paramLabel = "NAME") String name) {
    Source source = source(name);
    if (session.json()) {
      session.printJson(source);
    } else {
      show(source);
    }
    return ExitCode.OK;
  }

  private Source source(String name) {
    return session.sources().getSource(GetSourceRequest.newBuilder().setName(name).build());
  }

  /** When a source is crawled by itself next; empty: never. */
  private static String next(Source source) {
    if (!source.hasNextCrawl()) {
      return "";
    }
    return source.getNextCrawl().getDue() ? "due" : Text.time(source.getNextCrawl().getDueTime());
  }

  private static String schedule(CrawlSchedule schedule) {
    if (schedule.getCron().isEmpty()) {
      return "off";
    }
    Duration jitter = schedule.getJitter();
    return schedule.getCron()
        + " in "
        + schedule.getTimeZone()
        + (jitter.equals(Duration.getDefaultInstance())
            ? ""
            : ", up to " + Text.setting(jitter) + " later");
  }

  private void show(Source source) {
    Text text = new Text("Source", Text.line(source.getName()));
    text.row("Kind", source.getKind());
    text.row("Tables", Text.count(source.getTableCount()));
    CrawlRun run = source.getLatestRun();
    text.row(
        "Last crawl",
        source.hasLatestRun()
            ? "%d, %s, %s"
                .formatted(run.getId(), CrawlCommand.state(run), Text.time(run.getStartTime()))
            : "never");
    CrawlSchedule schedule = source.getSchedule();
    text.row("Schedule", schedule(schedule));
    if (source.hasNextCrawl()) {
      int failures = source.getNextCrawl().getFailures();
      text.row(
          "Next crawl",
          next(source)
              + (failures == 0
                  ? ""
                  : ", after " + Text.count(failures, "failure") + " since the last time"));
    }
    text.row(
        "Limits",
        "timeout %s; if a scheduled crawl fails, %s, the first after %s"
            .formatted(
                Text.setting(schedule.getTimeout()),
                schedule.getRetries() == 1 ? "1 retry" : schedule.getRetries() + " retries",
                Text.setting(schedule.getBackoff())));
    new TreeMap<>(source.getOptionsMap())
        .forEach((key, value) -> text.row("Option", key + " = " + value));
    source.getStoredSecretsList().forEach(secret -> text.row("Secret", secret + ", stored"));
    text.print(session.out(), "");
  }

  @Command(
      name = "update",
      description =
          "Changes the named options, secrets and parts of the schedule of a source; the rest stays.")
  int update(
      @Parameters(paramLabel = "NAME") String name,
      @Option(
              names = "--option",
              paramLabel = "KEY=VALUE",
              description = "An option to set; repeatable.")
          @Nullable Map<String, String> options,
      @Option(
              names = "--remove-option",
              paramLabel = "KEY",
              description = "An option to take away; repeatable.")
          @Nullable List<String> removed,
      @Mixin FileOptions files,
      @Mixin PasswordOptions passwords,
      @Mixin ScheduleOptions schedule) {
    Source.Builder source = Source.newBuilder().setName(name);
    if (options != null) {
      refusePassword(options);
      source.putAllOptions(options);
    }
    files.read(session, source);
    FileOptions.password(source, passwords.read(session, name));
    FieldMask.Builder mask = FieldMask.newBuilder();
    source.getOptionsMap().keySet().forEach(key -> mask.addPaths("options." + key));
    if (removed != null) {
      removed.forEach(key -> mask.addPaths("options." + key));
    }
    source.getSecretsMap().keySet().forEach(key -> mask.addPaths("secrets." + key));
    schedule.read(source, mask);
    if (mask.getPathsCount() == 0) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Nothing to change in source %s. Name --option, --remove-option, --schedule or where its password comes from."
              .formatted(name));
    }
    Source updated =
        session
            .sources()
            .updateSource(
                UpdateSourceRequest.newBuilder().setSource(source).setUpdateMask(mask).build());
    if (session.json()) {
      session.printJson(updated);
    } else {
      session.out().println("Source %s updated.".formatted(updated.getName()));
    }
    return ExitCode.OK;
  }

  @Command(
      name = "test",
      description =
          "Connects to a source as a crawl would, and lists what a crawl would read, or what tables can be registered over, such as topics.")
  int test(@Parameters(paramLabel = "NAME") String name) {
    TestSourceResponse seen =
        session.sources().testSource(TestSourceRequest.newBuilder().setName(name).build());
    if (session.json()) {
      session.printJson(seen);
      return ExitCode.OK;
    }
    if (seen.getDatabasesCount() + seen.getObjectsCount() == 0) {
      // Also of a system that has neither, such as Redis.
      session
          .out()
          .println(
              "Source %s answers: %s; nothing in it is listed."
                  .formatted(name, version(seen.getSystemVersion())));
      return ExitCode.OK;
    }
    session
        .out()
        .println(
            "Source %s answers: %s, %s:"
                .formatted(
                    name,
                    version(seen.getSystemVersion()),
                    seen.getObjectsCount() == 0
                        ? Text.count(seen.getDatabasesCount(), "database")
                        : Text.count(seen.getObjectsCount(), "object")
                            + " that tables can be registered over"));
    seen.getDatabasesList().forEach(database -> session.out().println("  " + Text.line(database)));
    seen.getObjectsList().forEach(object -> session.out().println("  " + Text.line(object)));
    return ExitCode.OK;
  }

  /** What a system says of itself: a number, or words such as those of a Kafka cluster. */
  private static String version(String version) {
    String line = Text.line(version);
    return line.matches("[0-9].*") ? "version " + line : line;
  }

  @Command(
      name = "remove",
      description = "Removes a source with its databases and tables; their history stays.")
  int remove(
      @Parameters(paramLabel = "NAME") String name,
      @Option(names = "--yes", description = "Do it. Without: say what would go.") boolean yes) {
    Source source = source(name);
    if (!yes) {
      List<Database> databases = DatabaseCommand.databases(session, name);
      String listed =
          databases.stream()
              .map(
                  database ->
                      "\n  %s (%s)"
                          .formatted(
                              Text.line(database.getName()),
                              Text.count(database.getTableCount(), "table")))
              .collect(Collectors.joining());
      throw new CommandFailure(
          ExitCode.USAGE,
          "Source %s was not removed. With it would go %s in %s, their overlays and its stored secrets; the history stays. Repeat with --yes to do it.%s"
              .formatted(
                  name,
                  Text.count(source.getTableCount(), "table"),
                  Text.count(databases.size(), "database"),
                  listed));
    }
    // With the etag: what was not seen here is not removed.
    DeleteSourceResponse removed =
        session
            .sources()
            .deleteSource(
                DeleteSourceRequest.newBuilder().setName(name).setEtag(source.getEtag()).build());
    if (session.json()) {
      session.printJson(removed);
    } else {
      session
          .out()
          .println(
              "Source %s removed, %s with it."
                  .formatted(name, Text.count(removed.getDroppedTables(), "table")));
    }
    return ExitCode.OK;
  }

  private static void refusePassword(Map<String, String> options) {
    if (options.containsKey("password")) {
      throw new CommandFailure(ExitCode.USAGE, PASSWORD_ARGUMENT);
    }
  }
}
