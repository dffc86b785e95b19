package io.unifiedcatalog.server.crawl;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableChange;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.ChangedTable;
import io.unifiedcatalog.server.store.TableDocument;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What crawls changed, table by table. It is made from the versions of the tables when it is asked
 * for, and kept nowhere: each version that a crawl stored is there for good.
 */
public final class Drift {
  private Drift() {}

  /**
   * Hands on what a run changed, in the order in which it was stored.
   *
   * @param source the run's, whose options decide how Flink sees its columns
   */
  public static void of(
      MetadataStore store, CrawlRun run, Source source, Consumer<TableChange> consumer) {
    for (CrawlRun.DatabaseOutcome outcome : run.databases()) {
      if (outcome.revision() != 0) {
        store.changedTables(
            outcome.revision(), changed -> consumer.accept(change(changed, types(source))));
      }
    }
  }

  /** How many changes of one revision break those who read the tables. */
  static long breaking(MetadataStore store, long revision, Source source) {
    long[] breaking = {0};
    store.changedTables(
        revision, changed -> breaking[0] += change(changed, types(source)).breaking());
    return breaking[0];
  }

  private static Function<Column, ColumnType> types(Source source) {
    SourceSystem system = SourceSystems.get(source.kind());
    return column -> SourceSystems.columnType(system, column, source, Crawler.REPORT_ENGINE);
  }

  private static TableChange change(ChangedTable changed, Function<Column, ColumnType> types) {
    return switch (changed.operation()) {
      case CREATE, RESTORE -> new TableChange(changed.table(), TableChange.Kind.ADDED, List.of());
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
