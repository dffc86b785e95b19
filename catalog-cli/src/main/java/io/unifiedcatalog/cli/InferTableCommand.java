package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.Contradiction;
import io.unifiedcatalog.proto.v1.DraftColumn;
import io.unifiedcatalog.proto.v1.DraftKind;
import io.unifiedcatalog.proto.v1.InferTableRequest;
import io.unifiedcatalog.proto.v1.TableDraft;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog table infer}: a table that samples of a source's data propose. */
@Command(
    name = "infer",
    description = {
      "Looks at some of a source's data, such as Redis' keys of a pattern, and proposes a table, with the share of the samples that speak for each part and examples of those that speak against it.",
      "Nothing is stored: the draft is a table when you run the command that is printed with it. A table that is registered stays as it is."
    })
final class InferTableCommand implements Callable<Integer> {
  private final Session session;

  InferTableCommand(Session session) {
    this.session = session;
  }

  @Parameters(index = "0", paramLabel = "SOURCE", description = "The source's name.")
  private String source = "";

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      required = true,
      description =
          "Redis' keys, with each column that is in them in braces, as in 'user:{user_id}:profile'.")
  private String pattern = "";

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "500",
      description = "Sample at most this many keys; 500 if not set.")
  private int samples;

  @Option(
      names = "--visits",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Look at about this many keys of the server to find them; 100,000 if not set.")
  private long visits;

  @Override
  public Integer call() {
    TableDraft draft =
        session
            .sources()
            .inferTable(
                InferTableRequest.newBuilder()
                    .setSource(source)
                    .putOptions("key-pattern", pattern)
                    .setSamples(samples)
                    .setVisits(visits)
                    .build());
    if (session.json()) {
      session.printJson(draft);
      return ExitCode.OK;
    }
    session
        .out()
        .println(
            "Sampled %s of '%s', of %s."
                .formatted(
                    draft.getSamples() == 1 ? "1 key" : draft.getSamples() + " keys",
                    Text.line(pattern),
                    draft.getComplete()
                        ? "all that there are"
                        : "those among some %d keys of the server".formatted(draft.getVisits())));
    session.out().println();
    Text kinds = new Text("THEY HOLD", "SHARE", "FOR EXAMPLE");
    for (DraftKind kind : draft.getKindsList()) {
      kinds.row(kind.getKind(), share(kind.getSamples(), draft.getSamples()), kind.getExampleKey());
    }
    kinds.print(session.out(), "");
    session.out().println();
    Text columns = new Text("COLUMN", "TYPE", "IN KEYS", "OF THE TYPE", "AGAINST IT");
    for (DraftColumn column : draft.getColumnsList()) {
      columns.row(
          column.getColumn().getName(),
          type(column),
          share(column.getPresent(), draft.getKinds(0).getSamples()),
          share(column.getSupporting(), column.getValues()),
          column.getContradictionsList().stream()
              .map(InferTableCommand::example)
              .collect(Collectors.joining(", ")));
    }
    columns.print(session.out(), "");
    session.out().println();
    draft.getNotesList().forEach(note -> session.out().println("Note: " + Text.line(note)));
    session.out().println("This is a draft and no table. To make it one, run (and change) this:");
    session.out().println();
    session.out().println("  " + register(draft));
    session.out().flush();
    return ExitCode.OK;
  }

  private static String example(Contradiction one) {
    return "'%s' (%s)".formatted(one.getValue(), one.getKey());
  }

  private static String type(DraftColumn column) {
    return column.getColumn().getNativeType()
        + (column.getColumn().getNullable() ? "" : " NOT NULL");
  }

  /** Percent, never rounded to all or nothing. */
  private static String share(long part, long whole) {
    double percent = whole == 0 ? 0 : 100.0 * part / whole;
    String text =
        part == whole ? "100 %" : String.format(Locale.ROOT, "%.1f %%", Math.min(percent, 99.9));
    return "%s (%d of %d)".formatted(text, part, whole);
  }

  /** The command that makes the draft a table, for a shell. */
  private static String register(TableDraft draft) {
    Map<String, String> options = new TreeMap<>(draft.getRegistration().getOptionsMap());
    StringBuilder command =
        new StringBuilder("bin/catalog table register ")
            .append(quoted(TableArgument.text(draft.getName())));
    append(command, "--pattern", options.remove("key-pattern"));
    append(command, "--value", options.remove("value"));
    append(command, "--value-format", options.remove("value.format"));
    options.forEach((key, value) -> append(command, "--option", key + "=" + value));
    append(
        command,
        "--columns",
        draft.getColumnsList().stream()
            .map(column -> identifier(column.getColumn().getName()) + " " + type(column))
            .collect(Collectors.joining(", ")));
    return command.toString();
  }

  private static void append(StringBuilder command, String argument, @Nullable String value) {
    if (value != null) {
      command.append(' ').append(argument).append(' ').append(quoted(value));
    }
  }

  private static String identifier(String name) {
    return name.matches("[A-Za-z_][A-Za-z0-9_]*") ? name : "`" + name.replace("`", "``") + "`";
  }

  private static String quoted(String text) {
    String harmless = Text.harmless(text);
    return harmless.matches("[A-Za-z0-9_.:/-]+")
        ? harmless
        : "'" + harmless.replace("'", "'\\''") + "'";
  }
}
