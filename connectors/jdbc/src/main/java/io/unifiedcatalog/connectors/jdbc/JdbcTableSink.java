package io.unifiedcatalog.connectors.jdbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table that is written: with a primary key each row replaces the one of its key, without one
 * rows are added. A statement that names columns writes those, and leaves the others to the
 * database.
 */
final class JdbcTableSink implements DynamicTableSink {
  private static final Logger LOG = LoggerFactory.getLogger(JdbcTableSink.class);

  /** What is done about an upsert that may replace another row than that of its key. */
  enum OtherKeys {
    REFUSE,
    WARN,
    ALLOW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How rows are gathered. */
  record Buffering(int maxRows, Duration interval, int maxRetries) {}

  private final JdbcTable table;

  /** The names of all columns of the table in Flink, computed ones among them. */
  private final List<String> declared;

  private final List<String> key;
  private final Buffering buffering;

  /** Unique keys beside the primary one, as they are to be named. */
  private final List<String> otherKeys;

  private final OtherKeys ofOtherKeys;
  private final OtherKeys ofFoldedKeys;
  private final @Nullable Integer parallelism;

  JdbcTableSink(
      JdbcTable table,
      List<String> declared,
      List<String> key,
      Buffering buffering,
      List<String> otherKeys,
      OtherKeys ofOtherKeys,
      OtherKeys ofFoldedKeys,
      @Nullable Integer parallelism) {
    this.table = table;
    this.declared = declared;
    this.key = key;
    this.buffering = buffering;
    this.otherKeys = otherKeys;
    this.ofOtherKeys = ofOtherKeys;
    this.ofFoldedKeys = ofFoldedKeys;
    this.parallelism = parallelism;
  }

  @Override
  public ChangelogMode getChangelogMode(ChangelogMode requested) {
    return key.isEmpty() ? ChangelogMode.insertOnly() : ChangelogMode.upsert();
  }

  @Override
  @SuppressWarnings("deprecation") // What took its place on Flink 2 is not in 1.20.
  public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
    Set<String> named =
        context
            .getTargetColumns()
            .map(
                paths ->
                    Arrays.stream(paths)
                        .map(path -> declared.get(path[0]))
                        .collect(Collectors.toCollection(TreeSet::new)))
            .orElseGet(TreeSet::new);
    List<TableColumn> written = new ArrayList<>();
    List<Integer> fields = new ArrayList<>();
    for (int i = 0; i < table.columns().size(); i++) {
      TableColumn column = table.columns().get(i);
      if (!named.isEmpty() && !named.contains(column.name())) {
        if (key.contains(column.name())) {
          throw refused(
              "the statement does not name column '"
                  + column.name()
                  + "' of the primary key. Name it");
        }
        continue;
      }
      String why = table.dialect().whyNotWritten(column);
      if (why != null) {
        throw refused(column + " cannot be written: " + why + ". Name the other columns only");
      }
      written.add(column);
      fields.add(i);
    }
    String noPartialUpsert = table.dialect().whyNoPartialUpsert();
    if (!key.isEmpty() && written.size() < table.columns().size() && noPartialUpsert != null) {
      throw refused(noPartialUpsert + ". Name all columns");
    }
    if (!key.isEmpty()) {
      checkKeys();
    }
    JdbcSink sink =
        new JdbcSink(
            table, written, fields.stream().mapToInt(Integer::intValue).toArray(), key, buffering);
    return parallelism == null ? SinkV2Provider.of(sink) : SinkV2Provider.of(sink, parallelism);
  }

  /** The database would find the row to replace by any of its keys, as it compares them. */
  private void checkKeys() {
    if (!otherKeys.isEmpty() && table.dialect().replacesByOtherKeys()) {
      report(
          ofOtherKeys,
          "write.other-unique-keys",
          "an upsert of "
              + table.dialect().systemName()
              + " would replace a row that has another primary key and the same value of the unique"
              + " key "
              + String.join(", ", otherKeys));
    }
    List<String> folded =
        table.columns().stream()
            .filter(column -> key.contains(column.name()) && table.dialect().folds(column))
            .map(column -> column.name() + " (" + column.source().collation() + ")")
            .toList();
    if (!folded.isEmpty()) {
      report(
          ofFoldedKeys,
          "write.folded-keys",
          "the collation of its primary key takes different texts for equal, so a row may replace"
              + " one whose key Flink takes for another: "
              + String.join(", ", folded));
    }
  }

  private void report(OtherKeys what, String option, String why) {
    switch (what) {
      case REFUSE ->
          throw refused(
              why + ". If no such rows are written, set '" + option + "' to 'warn' or 'allow'");
      case WARN ->
          LOG.warn("Table '{}': {}. Set '{}' to 'allow' if that is known.", table, why, option);
      case ALLOW -> {}
    }
  }

  private ValidationException refused(String why) {
    return new ValidationException(
        table.dialect().systemName() + " table '" + table + "' cannot be written so: " + why + ".");
  }

  @Override
  public DynamicTableSink copy() {
    return new JdbcTableSink(
        table, declared, key, buffering, otherKeys, ofOtherKeys, ofFoldedKeys, parallelism);
  }

  @Override
  public String asSummaryString() {
    return table.dialect().systemName() + " " + table;
  }
}
