package io.unifiedcatalog.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.unifiedcatalog.proto.v1.ConfirmCrawlRunRequest;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlProblem;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.proto.v1.DiscardCrawlRunRequest;
import io.unifiedcatalog.proto.v1.GetCrawlRunRequest;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.ListCrawlRunsRequest;
import io.unifiedcatalog.proto.v1.ListCrawlRunsResponse;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.StreamCrawlChangesRequest;
import io.unifiedcatalog.proto.v1.TableChange;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog crawl}: reading the schemas of sources. */
@Command(
    name = "crawl",
    description = "Reads the schemas of sources, and shows what was read.",
    synopsisSubcommandLabel = "COMMAND")
final class CrawlCommand {
  /** Between two lines of progress when there is no terminal to overwrite one on. */
  private static final long PROGRESS_NANOS = 5_000_000_000L;

  /** Tables that a held database would lose, as many as are named while it is crawled. */
  private static final int HELD_TABLES = 20;

  /** The exit status of several crawls is the last of these that one of them has. */
  private static final List<Integer> SEVERITY =
      List.of(ExitCode.OK, ExitCode.CONFLICT, ExitCode.HELD, ExitCode.FAILED);

  private static final String CUT_SHORT =
      "The server ended the crawl's report before the crawl was over. `catalog crawl list` shows how it stands.";

  private final Session session;

  CrawlCommand(Session session) {
    this.session = session;
  }

  @Command(
      name = "run",
      description = {
        "Crawls a source and shows its progress. Exit status 6: it is held, since it would drop too much.",
        "With -o json, each event is one line.",
        "With --all, crawls the sources one after the other and prints a line for each. Exit status: 1 if a crawl failed; else 6 if one is held; else 7 if one was under way already; else 0, also if there was nothing to do. 5 if the server cannot be reached."
      })
  int run(
      @Parameters(paramLabel = "SOURCE", arity = "0..1") @Nullable String source,
      @Option(names = "--all", description = "Every source.") boolean all,
      @Option(
              names = "--due",
              description = "Only if its schedule says that it is due; for an outside cron.")
          boolean due,
      @Option(
              names = {"-q", "--quiet"},
              description = "With --all, say nothing of crawls that succeed.")
          boolean quiet) {
    if (all == (source != null)) {
      throw new CommandFailure(ExitCode.USAGE, "Name a SOURCE, or --all of them.");
    }
    if (quiet && !all) {
      throw new CommandFailure(ExitCode.USAGE, "--quiet is for --all. Leave it out.");
    }
    if (source == null) {
      return runAll(due, quiet);
    }
    if (due) {
      return runAll(
          List.of(
              session.sources().getSource(GetSourceRequest.newBuilder().setName(source).build())),
          true,
          false);
    }
    return follow(
        session
            .sourcesWithoutDeadline()
            .runCrawl(RunCrawlRequest.newBuilder().setSource(source).build()));
  }

  private int runAll(boolean due, boolean quiet) {
    return runAll(SourceCommand.all(session).getSourcesList(), due, quiet);
  }

  private int runAll(List<Source> sources, boolean due, boolean quiet) {
    int worst = ExitCode.OK;
    for (Source source : sources) {
      if (!due || source.getNextCrawl().getDue()) {
        int exit = runOne(source.getName(), due, quiet);
        worst = SEVERITY.indexOf(exit) > SEVERITY.indexOf(worst) ? exit : worst;
      }
    }
    return worst;
  }

  /** Crawls one of several sources and prints a line. */
  private int runOne(String source, boolean due, boolean quiet) {
    CrawlRun run = CrawlRun.getDefaultInstance();
    try {
      Iterator<CrawlEvent> events =
          session
              .sourcesWithoutDeadline()
              .runCrawl(RunCrawlRequest.newBuilder().setSource(source).setIfDue(due).build());
      while (events.hasNext()) {
        CrawlEvent event = events.next();
        if (event.hasFinished()) {
          run = event.getFinished();
        }
      }
    } catch (StatusRuntimeException e) {
      if (Session.reason(e).equals("NOT_DUE")) {
        // It was when the sources were listed, and somebody crawled it since.
        return ExitCode.OK;
      }
      return switch (e.getStatus().getCode()) {
        // The source is being crawled.
        case ABORTED -> {
          if (!quiet) {
            tell("%s: busy. %s".formatted(source, description(e)));
          }
          yield ExitCode.CONFLICT;
        }
        // It was removed since.
        case NOT_FOUND -> ExitCode.OK;
        // The server is away, and would be for the others.
        case UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED -> throw e;
        default -> {
          tell("%s: failed. %s".formatted(source, description(e)));
          yield ExitCode.FAILED;
        }
      };
    }
    if (run.getState() == CrawlRun.State.STATE_UNSPECIFIED) {
      tell("%s: failed. %s".formatted(source, CUT_SHORT));
      return ExitCode.FAILED;
    }
    int exit = exit(run.getState());
    if (!quiet || exit != ExitCode.OK) {
      if (session.json()) {
        session.printJsonLine(run);
      } else {
        session.out().println(Text.line(line(source, run)));
      }
      session.out().flush();
    }
    return exit;
  }

  /** What no run tells of; beside the output, which may be JSON. */
  private void tell(String line) {
    session.err().println(Text.line(line));
    session.err().flush();
  }

  private static String description(StatusRuntimeException failure) {
    String description = failure.getStatus().getDescription();
    return description == null ? failure.getStatus().getCode().toString() : description;
  }

  private static String line(String source, CrawlRun run) {
    StringBuilder line = new StringBuilder(source).append(": ").append(state(run));
    line.append(
        ", crawl %d, %s added, %s altered, %s dropped"
            .formatted(
                run.getId(),
                Text.count(stored(run, Count.ADDED)),
                Text.count(stored(run, Count.ALTERED)),
                Text.count(stored(run, Count.DROPPED))));
    if (!run.getError().isEmpty()) {
      line.append(". ").append(run.getError());
    }
    for (DatabaseOutcome outcome : run.getDatabasesList()) {
      if (!outcome.getMessage().isEmpty()) {
        line.append(". ").append(outcome.getNativeDatabase()).append(": ");
        line.append(outcome.getMessage());
      }
    }
    return line.toString();
  }

  private static int exit(CrawlRun.State state) {
    return switch (state) {
      case STATE_SUCCEEDED, STATE_CONFIRMED -> ExitCode.OK;
      case STATE_HELD -> ExitCode.HELD;
      case STATE_UNSPECIFIED,
          STATE_RUNNING,
          STATE_FAILED,
          STATE_INTERRUPTED,
          STATE_DISCARDED,
          UNRECOGNIZED ->
          ExitCode.FAILED;
    };
  }

  @Command(name = "list", description = "Lists crawl runs, the newest first.")
  int list(
      @Option(names = "--source", paramLabel = "SOURCE", description = "Only of this source.")
          @Nullable String source,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "20",
              description = "At most this many; 20 if not set.")
          int limit) {
    ListCrawlRunsRequest.Builder request = ListCrawlRunsRequest.newBuilder().setPageSize(limit);
    if (source != null) {
      request.setSource(source);
    }
    ListCrawlRunsResponse runs = session.sources().listCrawlRuns(request.build());
    if (session.json()) {
      session.printJson(runs);
      return ExitCode.OK;
    }
    Text text =
        new Text("RUN", "SOURCE", "STATE", "AT", "TOOK", "ADDED", "ALTERED", "DROPPED", "BREAKING");
    for (CrawlRun run : runs.getRunsList()) {
      text.row(
          run.getId(),
          run.getSource(),
          state(run),
          Text.time(run.getStartTime()),
          run.hasEndTime() ? Text.seconds(run.getStartTime(), run.getEndTime()) : "",
          Text.count(stored(run, Count.ADDED)),
          Text.count(stored(run, Count.ALTERED)),
          Text.count(stored(run, Count.DROPPED)),
          Text.count(stored(run, Count.BREAKING)));
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  private enum Count {
    ADDED,
    ALTERED,
    DROPPED,
    BREAKING
  }

  /**
   * A sum over the databases whose changes were stored; what a held one would drop is no part of
   * it.
   */
  private static long stored(CrawlRun run, Count count) {
    return run.getDatabasesList().stream()
        .filter(outcome -> outcome.getState() == DatabaseOutcome.State.STATE_CHANGED)
        .mapToLong(
            outcome ->
                switch (count) {
                  case ADDED -> outcome.getAdded();
                  case ALTERED -> outcome.getAltered();
                  case DROPPED -> outcome.getDropped();
                  case BREAKING -> outcome.getBreakingChanges();
                })
        .sum();
  }

  @Command(name = "show", description = "Shows a crawl run with everything that it found.")
  int show(@Parameters(paramLabel = "RUN") long id) {
    CrawlRun run = session.sources().getCrawlRun(GetCrawlRunRequest.newBuilder().setId(id).build());
    if (session.json()) {
      session.printJson(run);
      return ExitCode.OK;
    }
    session
        .out()
        .println(
            "Crawl %d of %s by %s, begun %s"
                .formatted(
                    run.getId(),
                    run.getSource(),
                    Text.line(run.getAuthor()),
                    Text.time(run.getStartTime())));
    run.getDatabasesList().forEach(outcome -> print(outcome, run.getId(), Integer.MAX_VALUE));
    try {
      changes(id)
          .forEachRemaining(
              change -> {
                // Told with its database.
                if (change.getKind() != TableChange.Kind.KIND_HELD) {
                  print(change);
                }
              });
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
      session.out().println("  What it changed cannot be told: its source was removed since.");
    }
    end(run);
    return ExitCode.OK;
  }

  @Command(
      name = "changes",
      description = {
        "Shows what a crawl run changed, table by table and column by column, or would drop if it is held.",
        "With -o json, each table is one line."
      })
  int printChanges(@Parameters(paramLabel = "RUN") long id) {
    changes(id)
        .forEachRemaining(
            change -> {
              if (session.json()) {
                session.printJsonLine(change);
              } else {
                print(change);
              }
            });
    return ExitCode.OK;
  }

  private Iterator<TableChange> changes(long id) {
    return session
        .sourcesWithoutDeadline()
        .streamCrawlChanges(StreamCrawlChangesRequest.newBuilder().setId(id).build());
  }

  private void print(TableChange change) {
    String sign =
        switch (change.getKind()) {
          case KIND_ADDED -> "+";
          case KIND_REMOVED, KIND_HELD -> "-";
          case KIND_UNSUPPORTED -> "!";
          case KIND_ALTERED, KIND_RETYPED, KIND_UNSPECIFIED, UNRECOGNIZED -> "~";
        };
    String remark =
        switch (change.getKind()) {
          case KIND_REMOVED -> "  (breaking)";
          case KIND_RETYPED -> "  its types are mapped otherwise by this release";
          case KIND_HELD -> "  would be dropped";
          case KIND_UNSUPPORTED -> "  is left as it was";
          case KIND_ADDED, KIND_ALTERED, KIND_UNSPECIFIED, UNRECOGNIZED -> "";
        };
    session.out().println("  " + sign + " " + Text.line(change.getTable()) + remark);
    for (TableChange.Difference difference : change.getDifferencesList()) {
      StringBuilder line = new StringBuilder("      ");
      if (!difference.getColumn().isEmpty()) {
        line.append(Text.line(difference.getColumn())).append(": ");
      }
      line.append(Text.word(difference.getAspect(), "ASPECT_").replace('_', ' '));
      if (!difference.getBefore().isEmpty() || !difference.getAfter().isEmpty()) {
        line.append(", ").append(between(difference));
      }
      session.out().println(line + (difference.getBreaking() ? "  (breaking)" : ""));
    }
  }

  private static String between(TableChange.Difference difference) {
    if (difference.getBefore().isEmpty()) {
      return Text.line(difference.getAfter());
    }
    return Text.line(difference.getBefore())
        + (difference.getAfter().isEmpty() ? "" : " -> " + Text.line(difference.getAfter()));
  }

  @Command(
      name = "confirm",
      description = "Crawls again and lets the tables go that a held run listed.")
  int confirm(@Parameters(paramLabel = "RUN") long id) {
    return follow(
        session
            .sourcesWithoutDeadline()
            .confirmCrawlRun(ConfirmCrawlRunRequest.newBuilder().setId(id).build()));
  }

  @Command(name = "discard", description = "Closes a held run; nothing of it is applied.")
  int discard(@Parameters(paramLabel = "RUN") long id) {
    CrawlRun run =
        session.sources().discardCrawlRun(DiscardCrawlRunRequest.newBuilder().setId(id).build());
    if (session.json()) {
      session.printJson(run);
    } else {
      session.out().println("Crawl %d of %s discarded.".formatted(run.getId(), run.getSource()));
    }
    return ExitCode.OK;
  }

  /** Prints a crawl's events until it ends. */
  private int follow(Iterator<CrawlEvent> events) {
    CrawlRun.State state = CrawlRun.State.STATE_UNSPECIFIED;
    boolean terminal = session.terminal() != null;
    boolean onProgressLine = false;
    long lastProgress = System.nanoTime();
    long id = 0;
    while (events.hasNext()) {
      CrawlEvent event = events.next();
      if (event.hasStarted()) {
        id = event.getStarted().getId();
      }
      if (event.hasFinished()) {
        state = event.getFinished().getState();
      }
      if (session.json()) {
        session.printJsonLine(event);
        continue;
      }
      if (event.hasProgress()) {
        String line =
            "  %s: %s read"
                .formatted(
                    Text.line(event.getProgress().getNativeDatabase()),
                    Text.count(event.getProgress().getTablesRead(), "table"));
        if (terminal) {
          session.out().print("\r" + line + "\u001b[K");
          onProgressLine = true;
        } else if (System.nanoTime() - lastProgress >= PROGRESS_NANOS) {
          lastProgress = System.nanoTime();
          session.out().println(line);
        }
        session.out().flush();
        continue;
      }
      if (onProgressLine) {
        session.out().print("\r\u001b[K");
        onProgressLine = false;
      }
      print(event, id);
      session.out().flush();
    }
    if (state == CrawlRun.State.STATE_UNSPECIFIED) {
      throw new CommandFailure(ExitCode.FAILED, CUT_SHORT);
    }
    return exit(state);
  }

  private void print(CrawlEvent event, long id) {
    switch (event.getEventCase()) {
      case STARTED ->
          session
              .out()
              .println(
                  "Crawl %d of %s has begun."
                      .formatted(event.getStarted().getId(), event.getStarted().getSource()));
      case DATABASE -> print(event.getDatabase(), id, HELD_TABLES);
      case FINISHED -> end(event.getFinished());
      case PROGRESS, EVENT_NOT_SET -> {}
    }
  }

  private void print(DatabaseOutcome outcome, long id, int heldTables) {
    StringBuilder line =
        new StringBuilder("  ")
            .append(Text.line(outcome.getNativeDatabase()))
            .append(" -> ")
            .append(Text.line(outcome.getDatabase()))
            .append(": ");
    switch (outcome.getState()) {
      case STATE_CHANGED, STATE_UNCHANGED ->
          line.append(
                  "%s added, %s altered, %s dropped, %s unchanged (read %s, stored %s)"
                      .formatted(
                          Text.count(outcome.getAdded()),
                          Text.count(outcome.getAltered()),
                          Text.count(outcome.getDropped()),
                          Text.count(outcome.getUnchanged()),
                          Text.seconds(outcome.getReadTime()),
                          Text.seconds(outcome.getStoreTime())))
              .append(
                  outcome.getBreakingChanges() == 0
                      ? ""
                      : "; %s breaking: catalog crawl changes %d"
                          .formatted(Text.count(outcome.getBreakingChanges()), id));
      case STATE_HELD, STATE_FAILED, STATE_SKIPPED, STATE_UNSPECIFIED, UNRECOGNIZED ->
          line.append(Text.word(outcome.getState(), "STATE_"))
              .append(". ")
              .append(Text.line(outcome.getMessage()));
    }
    session.out().println(line);
    outcome.getHeldTablesList().stream()
        .limit(heldTables)
        .forEach(table -> session.out().println("    would drop " + Text.line(table)));
    int more = outcome.getHeldTablesCount() - heldTables;
    if (more > 0) {
      session
          .out()
          .println("    and %s more: catalog crawl show %d".formatted(Text.count(more), id));
    }
    for (CrawlProblem problem : outcome.getProblemsList()) {
      String subject = problem.getProblem().getSubject();
      session
          .out()
          .println(
              "    %s%s: %s"
                  .formatted(
                      Text.line(problem.getTable()),
                      subject.isEmpty() ? "" : "." + Text.line(subject),
                      Text.line(problem.getProblem().getMessage())));
    }
  }

  private void end(CrawlRun run) {
    StringBuilder line =
        new StringBuilder("Crawl ")
            .append(run.getId())
            .append(" of ")
            .append(run.getSource())
            .append(": ")
            .append(state(run));
    if (run.hasEndTime()) {
      line.append(" in ").append(Text.seconds(run.getStartTime(), run.getEndTime()));
    }
    line.append('.');
    if (!run.getError().isEmpty()) {
      line.append(' ').append(Text.line(run.getError()));
    }
    session.out().println(line);
    if (run.getState() == CrawlRun.State.STATE_HELD) {
      session
          .out()
          .println(
              "If these tables are really gone: catalog crawl confirm %d. If not: catalog crawl discard %d."
                  .formatted(run.getId(), run.getId()));
    }
  }

  /** A run's state as people read it. */
  static String state(CrawlRun run) {
    return Text.word(run.getState(), "STATE_");
  }
}
