package io.unifiedcatalog.flink;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.stats.CatalogColumnStatistics;
import org.apache.flink.table.catalog.stats.CatalogColumnStatisticsDataBase;
import org.apache.flink.table.catalog.stats.CatalogTableStatistics;
import org.jspecify.annotations.Nullable;

/**
 * What ANALYZE TABLE found, for as long as the session and the version of the table last. The
 * server keeps the estimates of the sources only, which every session sees; what one session
 * counted is its own. Safe for use by many threads.
 */
final class AnalyzedTables {
  /**
   * What was found of a version of a table.
   *
   * @param table null: only columns were analyzed
   */
  private record Found(
      long version,
      @Nullable CatalogTableStatistics table,
      Map<String, CatalogColumnStatisticsDataBase> columns) {}

  private final Map<ObjectPath, Found> found = new ConcurrentHashMap<>();

  /** Keeps the statistics of a table. */
  void put(ObjectPath path, long version, CatalogTableStatistics statistics) {
    found.compute(
        path, (key, before) -> new Found(version, statistics, known(before, version).columns()));
  }

  /** Keeps the statistics of some columns, beside those of others that were analyzed before. */
  void put(ObjectPath path, long version, CatalogColumnStatistics statistics) {
    found.compute(
        path,
        (key, before) -> {
          Found known = known(before, version);
          Map<String, CatalogColumnStatisticsDataBase> columns = new HashMap<>(known.columns());
          columns.putAll(statistics.getColumnStatisticsData());
          return new Found(version, known.table(), columns);
        });
  }

  /** The statistics of a version of a table; null: it was not analyzed. */
  @Nullable CatalogTableStatistics table(ObjectPath path, long version) {
    return known(found.get(path), version).table();
  }

  /** The statistics of the columns of a version that were analyzed; of others it has none. */
  CatalogColumnStatistics columns(ObjectPath path, long version) {
    Map<String, CatalogColumnStatisticsDataBase> columns =
        known(found.get(path), version).columns();
    return columns.isEmpty()
        ? CatalogColumnStatistics.UNKNOWN
        : new CatalogColumnStatistics(columns);
  }

  /** What was found, if it is of this version. */
  private static Found known(@Nullable Found found, long version) {
    return found != null && found.version() == version ? found : new Found(version, null, Map.of());
  }
}
