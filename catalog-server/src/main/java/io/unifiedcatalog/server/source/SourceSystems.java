package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.clickhouse.ClickHouseSource;
import io.unifiedcatalog.server.source.doris.DorisSource;
import io.unifiedcatalog.server.source.kafka.KafkaSource;
import io.unifiedcatalog.server.source.mysql.MySqlSource;
import io.unifiedcatalog.server.source.postgres.PostgresSource;
import io.unifiedcatalog.server.source.redis.RedisSource;
import io.unifiedcatalog.server.source.starrocks.StarRocksSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kinds of sources that there are. A new kind is one line here. */
public final class SourceSystems {
  private static final Logger log = LoggerFactory.getLogger(SourceSystems.class);

  private static final List<SourceSystem> ALL =
      List.<SourceSystem>of(
              new ClickHouseSource(),
              new DorisSource(),
              new KafkaSource(),
              new MySqlSource(),
              new PostgresSource(),
              new RedisSource(),
              new StarRocksSource())
          .stream()
          .sorted(Comparator.comparing(SourceSystem::kind))
          .toList();

  private SourceSystems() {}

  /**
   * How an engine sees a column, as {@link SourceSystem#columnType} says. A column that makes it
   * fail is unsupported, so that one odd column costs neither its table nor a crawl.
   */
  public static ColumnType columnType(
      SourceSystem system, Column column, Source source, Engine engine) {
    try {
      return system.columnType(column, source, engine);
    } catch (RuntimeException e) {
      log.error(
          "Column '{}' of type '{}' of source '{}' is left out",
          column.name(),
          column.nativeType(),
          source.name(),
          e);
      return new ColumnType.Unsupported(
          "Its type is not understood, which is a defect of the server; its log has the details.");
    }
  }

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
