package io.unifiedcatalog.flink;

import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Hands on rows and counts them. */
final class RowCounter implements Collector<RowData> {
  private final Collector<RowData> rows;
  private int count;

  RowCounter(Collector<RowData> rows) {
    this.rows = rows;
  }

  /** Flink's JSON hands on null for what it passes over, which connectors take wrong. */
  @Override
  public void collect(@Nullable RowData row) {
    if (row != null) {
      count++;
      rows.collect(row);
    }
  }

  /** How many rows there were. */
  int count() {
    return count;
  }

  @Override
  public void close() {
    rows.close();
  }
}
