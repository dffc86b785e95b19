package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.source.clickhouse.ClickHouseSource;
import io.unifiedcatalog.server.source.doris.DorisSource;
import io.unifiedcatalog.server.source.kafka.KafkaSource;
import io.unifiedcatalog.server.source.mysql.MySqlSource;
import io.unifiedcatalog.server.source.postgres.PostgresSource;
import io.unifiedcatalog.server.source.starrocks.StarRocksSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of sources that there are. A new kind is one line here. */
public final class SourceSystems {
  private static final List<SourceSystem> ALL =
      List.<SourceSystem>of(
              new ClickHouseSource(),
              new DorisSource(),
              new KafkaSource(),
              new MySqlSource(),
              new PostgresSource(),
              new StarRocksSource())
          .stream()
          .sorted(Comparator.comparing(SourceSystem::kind))
          .toList();

  private SourceSystems() {}

  /** All kinds, in order of their names. */
  public static List<SourceSystem> all() {
    return ALL;
  }

  /**
   * The kind of a name.
   *
   * @throws CatalogException INVALID_ARGUMENT if there is none; the message names those there are
   */
  public static SourceSystem get(String kind) {
    for (SourceSystem system : ALL) {
      if (system.kind().equals(kind)) {
        return system;
      }
    }
    throw new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "UNKNOWN_SOURCE_KIND",
        "Source kind '"
            + kind
            + "' is unknown. Known kinds: "
            + ALL.stream().map(SourceSystem::kind).collect(Collectors.joining(", "))
            + ".");
  }
}
