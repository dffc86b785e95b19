package io.unifiedcatalog.server.crawl;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.Problem;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableChange;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.ChangedTable;
import io.unifiedcatalog.server.store.TableDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What crawls changed, table by table. It is made from the versions of the tables when it is asked
 * for, and kept nowhere: each version that a crawl stored is there for good.
 */
public final class Drift {
  /** Among so many runs before, one is looked for that has read a database. */
  private static final int EARLIER_RUNS = 100;

  private Drift() {}

  /**
   * Hands on what a run changed, in the order in which it was stored. Of each database, what would
   * be dropped comes first, and what could not be taken in comes last.
   *
   * @param source the run's, whose options decide how Flink sees its columns
   */
  public static void of(
      MetadataStore store, CrawlRun run, Source source, Consumer<TableChange> consumer) {
    Function<Column, ColumnType> types = types(source);
    for (CrawlRun.DatabaseOutcome outcome : run.databases()) {
      for (String table : outcome.heldTables()) {
        consumer.accept(new TableChange(name(outcome, table), TableChange.Kind.HELD, List.of()));
      }
      Map<String, List<Problem>> problems = unsupported(outcome);
      Map<String, List<Problem>> untold = broken(outcome);
      if (outcome.revision() != 0) {
        store.changedTables(
            outcome.revision(),
            changed -> {
              untold.remove(changed.table());
              consumer.accept(
                  change(changed, types, problems.getOrDefault(changed.table(), List.of())));
            });
      }
      if (!untold.isEmpty()) {
        Map<String, List<Problem>> known = knownBefore(store, run, outcome.nativeDatabase());
        untold.forEach(
            (table, reasons) -> {
              if (!reasons.equals(known.get(table))) {
                consumer.accept(
                    new TableChange(
                        table, TableChange.Kind.UNSUPPORTED, TableChange.unsupported(reasons)));
              }
            });
      }
    }
  }

  private static String name(CrawlRun.DatabaseOutcome outcome, String table) {
    return new TableName(outcome.database(), table).toString();
  }

  /** What of tables is unsupported, by their names. */
  private static Map<String, List<Problem>> unsupported(CrawlRun.DatabaseOutcome outcome) {
    return problems(outcome, Set.of(Problem.Kind.UNSUPPORTED_COLUMN, Problem.Kind.BROKEN));
  }

  /** Why tables cannot be used at all, by their names. */
  private static Map<String, List<Problem>> broken(CrawlRun.DatabaseOutcome outcome) {
    return problems(outcome, Set.of(Problem.Kind.BROKEN));
  }

  private static Map<String, List<Problem>> problems(
      CrawlRun.DatabaseOutcome outcome, Set<Problem.Kind> kinds) {
    Map<String, List<Problem>> problems = new TreeMap<>();
    for (CrawlRun.TableProblem problem : outcome.problems()) {
      if (kinds.contains(problem.problem().kind())) {
        problems
            .computeIfAbsent(name(outcome, problem.table()), table -> new ArrayList<>())
            .add(problem.problem());
      }
    }
    return problems;
  }

  /** What the newest run before that has read a database told of its tables. */
  private static Map<String, List<Problem>> knownBefore(
      MetadataStore store, CrawlRun run, String nativeDatabase) {
    for (CrawlRun earlier : store.runs(run.source(), run.id(), EARLIER_RUNS)) {
      if (earlier.databases().stream().anyMatch(outcome -> hasRead(outcome, nativeDatabase))) {
        return store.run(earlier.id()).stream()
            .flatMap(whole -> whole.databases().stream())
            .filter(outcome -> hasRead(outcome, nativeDatabase))
            .findFirst()
            .map(Drift::broken)
            .orElse(Map.of());
      }
    }
    return Map.of();
  }

  private static boolean hasRead(CrawlRun.DatabaseOutcome outcome, String nativeDatabase) {
    return outcome.nativeDatabase().equals(nativeDatabase)
        && switch (outcome.state()) {
          case CHANGED, UNCHANGED, HELD -> true;
          case FAILED, SKIPPED -> false;
        };
  }

  /** How many changes of one revision break those who read the tables. */
  static long breaking(MetadataStore store, long revision, Source source) {
    Function<Column, ColumnType> types = types(source);
    long[] breaking = {0};
    store.changedTables(
        revision, changed -> breaking[0] += change(changed, types, List.of()).breaking());
    return breaking[0];
  }

  private static Function<Column, ColumnType> types(Source source) {
    SourceSystem system = SourceSystems.get(source.kind());
    return column -> SourceSystems.columnType(system, column, source, Crawler.REPORT_ENGINE);
  }

  /**
   * What became of a table.
   *
   * @param problems what of it was unsupported when it was read; told if it is new
   */
  private static TableChange change(
      ChangedTable changed, Function<Column, ColumnType> types, List<Problem> problems) {
    return switch (changed.operation()) {
      case CREATE, RESTORE ->
          new TableChange(
              changed.table(), TableChange.Kind.ADDED, TableChange.unsupported(problems));
      case DROP -> new TableChange(changed.table(), TableChange.Kind.REMOVED, List.of());
      case ALTER ->
          TableChange.between(
              changed.table(),
              TableDocument.decodePhysicalTable(changed.before()),
              TableDocument.decodePhysicalTable(changed.after()),
              types);
    };
  }
}
