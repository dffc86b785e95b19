package io.unifiedcatalog.connectors.clickhouse;

import io.unifiedcatalog.connectors.clickhouse.ClickHouseTableSource.Partitions;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.jdbc.core.table.FilterHandlingPolicy;
import org.apache.flink.connector.jdbc.core.table.JdbcConnectorOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.lookup.LookupOptions;
import org.apache.flink.table.connector.source.lookup.cache.DefaultLookupCache;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Tables of ClickHouse: {@code 'connector' = 'jdbc-clickhouse'}. The options are those of Flink's
 * JDBC connector, and {@link #COLUMN_TYPES}.
 */
@SuppressWarnings("deprecation") // options that Flink's connector takes, too
public final class ClickHouseTableFactory
    implements DynamicTableSourceFactory, DynamicTableSinkFactory {
  /** The connector's name. */
  public static final String IDENTIFIER = "jdbc-clickhouse";

  /** ClickHouse's own types of the columns. */
  public static final ConfigOption<String> COLUMN_TYPES =
      ConfigOptions.key("column-types")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "ClickHouse's own types of the columns, as in CREATE TABLE: id UInt64, name"
                  + " Nullable(String). Default: the server is asked when a statement is planned.");

  private static final String DRIVER_CLASS = "com.clickhouse.jdbc.Driver";

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(JdbcConnectorOptions.URL, JdbcConnectorOptions.TABLE_NAME);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return new LinkedHashSet<>(
        List.of(
            COLUMN_TYPES,
            JdbcConnectorOptions.DRIVER,
            JdbcConnectorOptions.USERNAME,
            JdbcConnectorOptions.PASSWORD,
            JdbcConnectorOptions.MAX_RETRY_TIMEOUT,
            JdbcConnectorOptions.FILTER_HANDLING_POLICY,
            JdbcConnectorOptions.SCAN_PARTITION_COLUMN,
            JdbcConnectorOptions.SCAN_PARTITION_LOWER_BOUND,
            JdbcConnectorOptions.SCAN_PARTITION_UPPER_BOUND,
            JdbcConnectorOptions.SCAN_PARTITION_NUM,
            JdbcConnectorOptions.SCAN_FETCH_SIZE,
            JdbcConnectorOptions.SCAN_AUTO_COMMIT,
            FactoryUtil.SOURCE_PARALLELISM,
            JdbcConnectorOptions.LOOKUP_CACHE_MAX_ROWS,
            JdbcConnectorOptions.LOOKUP_CACHE_TTL,
            JdbcConnectorOptions.LOOKUP_CACHE_MISSING_KEY,
            LookupOptions.CACHE_TYPE,
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS,
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE,
            LookupOptions.PARTIAL_CACHE_MAX_ROWS,
            LookupOptions.PARTIAL_CACHE_CACHE_MISSING_KEY,
            LookupOptions.MAX_RETRIES,
            JdbcConnectorOptions.SINK_BUFFER_FLUSH_MAX_ROWS,
            JdbcConnectorOptions.SINK_BUFFER_FLUSH_INTERVAL,
            JdbcConnectorOptions.SINK_MAX_RETRIES,
            FactoryUtil.SINK_PARALLELISM));
  }

  @Override
  public Set<ConfigOption<?>> forwardOptions() {
    return Set.of(
        JdbcConnectorOptions.URL,
        JdbcConnectorOptions.TABLE_NAME,
        JdbcConnectorOptions.USERNAME,
        JdbcConnectorOptions.PASSWORD,
        JdbcConnectorOptions.SINK_BUFFER_FLUSH_MAX_ROWS,
        JdbcConnectorOptions.SINK_BUFFER_FLUSH_INTERVAL,
        JdbcConnectorOptions.SINK_MAX_RETRIES);
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    ReadableConfig options = options(context);
    ClickHouseAddress address = address(options);
    return new ClickHouseTableSource(
        address,
        types(options, address),
        new ClickHouseTableSource.Options(
            partitions(options),
            options.get(JdbcConnectorOptions.FILTER_HANDLING_POLICY) != FilterHandlingPolicy.NEVER,
            notNegative(options, LookupOptions.MAX_RETRIES),
            cache(options),
            options.getOptional(FactoryUtil.SOURCE_PARALLELISM).orElse(null)),
        context.getPhysicalRowDataType());
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    ReadableConfig options = options(context);
    ClickHouseAddress address = address(options);
    return ClickHouseTableSink.of(
        address,
        types(options, address),
        context.getPhysicalRowDataType(),
        context.getPrimaryKeyIndexes(),
        new ClickHouseSink.Buffering(
            options.get(JdbcConnectorOptions.SINK_BUFFER_FLUSH_MAX_ROWS),
            options.get(JdbcConnectorOptions.SINK_BUFFER_FLUSH_INTERVAL).toMillis(),
            notNegative(options, JdbcConnectorOptions.SINK_MAX_RETRIES)),
        options.getOptional(FactoryUtil.SINK_PARALLELISM).orElse(null));
  }

  /** The options, which are right as far as Flink can tell. */
  private ReadableConfig options(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    new ClickHouseDialect().validate((RowType) context.getPhysicalRowDataType().getLogicalType());
    String driver = options.getOptional(JdbcConnectorOptions.DRIVER).orElse(DRIVER_CLASS);
    if (!driver.equals(DRIVER_CLASS)) {
      throw new ValidationException(
          "Option 'driver' must be " + DRIVER_CLASS + ", which this connector has in its jar.");
    }
    return options;
  }

  private static ClickHouseAddress address(ReadableConfig options) {
    String url = options.get(JdbcConnectorOptions.URL);
    if (!new ClickHouseFactory().acceptsURL(url)) {
      throw new ValidationException(
          "Option 'url' must be of the form jdbc:clickhouse://HOST:PORT/DATABASE.");
    }
    String user = options.getOptional(JdbcConnectorOptions.USERNAME).orElse(null);
    String password = options.getOptional(JdbcConnectorOptions.PASSWORD).orElse(null);
    if ((user == null) != (password == null)) {
      throw new ValidationException("Set both options, 'username' and 'password', or neither.");
    }
    return new ClickHouseAddress(url, user, password, options.get(JdbcConnectorOptions.TABLE_NAME));
  }

  private static ColumnTypes types(ReadableConfig options, ClickHouseAddress address) {
    String text = options.getOptional(COLUMN_TYPES).orElse(null);
    if (text == null) {
      return new ColumnTypes(address, null);
    }
    Map<String, NativeType> types = NativeType.parseColumns(text);
    if (types == null) {
      throw new ValidationException(
          "Option '"
              + COLUMN_TYPES.key()
              + "' must list names and types as CREATE TABLE does, such as: id UInt64, name"
              + " Nullable(String).");
    }
    return new ColumnTypes(address, types);
  }

  private static @Nullable Partitions partitions(ReadableConfig options) {
    List<ConfigOption<?>> all =
        List.of(
            JdbcConnectorOptions.SCAN_PARTITION_COLUMN,
            JdbcConnectorOptions.SCAN_PARTITION_NUM,
            JdbcConnectorOptions.SCAN_PARTITION_LOWER_BOUND,
            JdbcConnectorOptions.SCAN_PARTITION_UPPER_BOUND);
    long present = all.stream().filter(option -> options.getOptional(option).isPresent()).count();
    if (present == 0) {
      return null;
    }
    if (present < all.size()) {
      throw new ValidationException(
          "Set all of these options, or none: "
              + String.join(", ", all.stream().map(ConfigOption::key).toList()));
    }
    long least = options.get(JdbcConnectorOptions.SCAN_PARTITION_LOWER_BOUND);
    long greatest = options.get(JdbcConnectorOptions.SCAN_PARTITION_UPPER_BOUND);
    int count = options.get(JdbcConnectorOptions.SCAN_PARTITION_NUM);
    if (least > greatest || count < 1) {
      throw new ValidationException(
          "Option 'scan.partition.lower-bound' must not be above 'scan.partition.upper-bound', and"
              + " 'scan.partition.num' must be at least 1.");
    }
    return new Partitions(
        options.get(JdbcConnectorOptions.SCAN_PARTITION_COLUMN), least, greatest, count);
  }

  private static int notNegative(ReadableConfig options, ConfigOption<Integer> option) {
    int value = options.get(option);
    if (value < 0) {
      throw new ValidationException("Option '" + option.key() + "' must not be negative.");
    }
    return value;
  }

  private static @Nullable LookupCache cache(ReadableConfig options) {
    if (options.get(LookupOptions.CACHE_TYPE) == LookupOptions.LookupCacheType.PARTIAL) {
      return DefaultLookupCache.fromConfig(options);
    }
    long rows = options.get(JdbcConnectorOptions.LOOKUP_CACHE_MAX_ROWS);
    Duration ttl = options.get(JdbcConnectorOptions.LOOKUP_CACHE_TTL);
    return rows > 0 && !ttl.isZero()
        ? DefaultLookupCache.newBuilder()
            .maximumSize(rows)
            .expireAfterWrite(ttl)
            .cacheMissingKey(options.get(JdbcConnectorOptions.LOOKUP_CACHE_MISSING_KEY))
            .build()
        : null;
  }
}
