package io.unifiedcatalog.connectors.jdbc;

import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.COLUMN_TYPES;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.DIALECT;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.FILTER_HANDLING;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.LOOKUP_MAX_RETRIES;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.OTHER_UNIQUE_KEYS;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.PASSWORD;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.PASSWORD_FILE;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCAN_FETCH_SIZE;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCAN_PARTITION_COLUMN;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCAN_PARTITION_LOWER_BOUND;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCAN_PARTITION_NUM;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCAN_PARTITION_UPPER_BOUND;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SCHEMA_NAME;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SINK_INTERVAL;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SINK_MAX_RETRIES;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.SINK_MAX_ROWS;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.TABLE_NAME;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.TIME_ZONE;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.URL;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.USERNAME;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.WRITE_FOLDED_KEYS;
import static io.unifiedcatalog.connectors.jdbc.JdbcConnectorOptions.WRITE_OTHER_UNIQUE_KEYS;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.lookup.LookupOptions;
import org.apache.flink.table.connector.source.lookup.cache.DefaultLookupCache;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FactoryUtil.TableFactoryHelper;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Makes tables of connector {@code unified-jdbc}. */
public final class JdbcTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {
  /** The name of the connector, which is not that of Flink's own. */
  public static final String IDENTIFIER = "unified-jdbc";

  private static final int FETCH_SIZE = 1_000;

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(URL, TABLE_NAME);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(
        DIALECT,
        SCHEMA_NAME,
        USERNAME,
        PASSWORD,
        PASSWORD_FILE,
        TIME_ZONE,
        COLUMN_TYPES,
        FILTER_HANDLING,
        SCAN_FETCH_SIZE,
        SCAN_PARTITION_COLUMN,
        SCAN_PARTITION_NUM,
        SCAN_PARTITION_LOWER_BOUND,
        SCAN_PARTITION_UPPER_BOUND,
        FactoryUtil.SOURCE_PARALLELISM,
        LookupOptions.CACHE_TYPE,
        LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS,
        LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE,
        LookupOptions.PARTIAL_CACHE_CACHE_MISSING_KEY,
        LookupOptions.PARTIAL_CACHE_MAX_ROWS,
        LOOKUP_MAX_RETRIES,
        SINK_MAX_ROWS,
        SINK_INTERVAL,
        SINK_MAX_RETRIES,
        FactoryUtil.SINK_PARALLELISM,
        OTHER_UNIQUE_KEYS,
        WRITE_OTHER_UNIQUE_KEYS,
        WRITE_FOLDED_KEYS);
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    JdbcTable table = table(options, context);
    return new JdbcTableSource(
        table,
        context.getPhysicalRowDataType(),
        partitions(options, table),
        count(options, LOOKUP_MAX_RETRIES, 0),
        cache(options),
        options.get(FILTER_HANDLING) == JdbcConnectorOptions.FilterHandling.ALWAYS,
        options.getOptional(FactoryUtil.SOURCE_PARALLELISM).orElse(null));
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    return new JdbcTableSink(
        table(options, context),
        context.getCatalogTable().getResolvedSchema().getColumnNames(),
        context
            .getCatalogTable()
            .getResolvedSchema()
            .getPrimaryKey()
            .map(UniqueConstraint::getColumns)
            .orElse(List.of()),
        new JdbcTableSink.Buffering(
            count(options, SINK_MAX_ROWS, 1),
            options.get(SINK_INTERVAL),
            count(options, SINK_MAX_RETRIES, 0)),
        options.getOptional(OTHER_UNIQUE_KEYS).orElse(""),
        options.get(WRITE_OTHER_UNIQUE_KEYS),
        options.get(WRITE_FOLDED_KEYS),
        options.getOptional(FactoryUtil.SINK_PARALLELISM).orElse(null));
  }

  private static JdbcTable table(ReadableConfig options, Context context) {
    String url = options.get(URL);
    Dialect dialect = dialect(options.getOptional(DIALECT).orElse(null), url);
    if (!url.startsWith(dialect.urlPrefix())) {
      throw new ValidationException(
          "Option 'url' must begin with "
              + dialect.urlPrefix()
              + "// for "
              + dialect.systemName()
              + ".");
    }
    String password = options.getOptional(PASSWORD).orElse(null);
    String passwordFile = options.getOptional(PASSWORD_FILE).orElse(null);
    if (password != null && passwordFile != null) {
      throw new ValidationException("Of 'password' and 'password-file', set one.");
    }
    boolean streams =
        dialect instanceof MySqlDialect && !dialect.systemName().equals(MySqlDialect.MYSQL);
    JdbcAddress address =
        new JdbcAddress(
            dialect,
            url,
            options.getOptional(USERNAME).orElse(null),
            password,
            passwordFile,
            options.getOptional(SCAN_FETCH_SIZE).orElse(streams ? Integer.MIN_VALUE : FETCH_SIZE),
            new SessionZone(zone(options.getOptional(TIME_ZONE).orElse(null))));
    Map<String, ColumnTypes.Known> types =
        ColumnTypes.parse(options.getOptional(COLUMN_TYPES).orElse(null), dialect);
    List<TableColumn> columns = new ArrayList<>();
    for (RowType.RowField field :
        ((RowType) context.getPhysicalRowDataType().getLogicalType()).getFields()) {
      ColumnTypes.Known known = types.get(field.getName());
      columns.add(
          new TableColumn(
              field.getName(),
              field.getType(),
              known == null ? SourceType.UNKNOWN : known.type(),
              known != null && known.generated()));
    }
    return new JdbcTable(
        address, options.getOptional(SCHEMA_NAME).orElse(null), options.get(TABLE_NAME), columns);
  }

  private static Dialect dialect(JdbcConnectorOptions.@Nullable Product system, String url) {
    if (system == null) {
      if (url.startsWith("jdbc:mysql:")) {
        return MySqlDialect.mySql();
      }
      if (url.startsWith("jdbc:postgresql:")) {
        return new PostgresDialect();
      }
      throw new ValidationException(
          "Option 'url' must begin with jdbc:mysql:// or jdbc:postgresql://.");
    }
    return switch (system) {
      case MYSQL -> MySqlDialect.mySql();
      case DORIS -> MySqlDialect.of("Doris");
      case STARROCKS -> MySqlDialect.of("StarRocks");
      case POSTGRES -> new PostgresDialect();
    };
  }

  private static @Nullable ZoneId zone(@Nullable String text) {
    try {
      return text == null ? null : ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new ValidationException(
          "Option 'time-zone' must be an offset like +02:00 or a name like Europe/Paris, not '"
              + text
              + "'.",
          e);
    }
  }

  private static int count(ReadableConfig options, ConfigOption<Integer> option, int least) {
    int value = options.get(option);
    if (value < least) {
      throw new ValidationException(
          "Option '" + option.key() + "' must be " + least + " or more, not " + value + ".");
    }
    return value;
  }

  private static JdbcTableSource.@Nullable Partitions partitions(
      ReadableConfig options, JdbcTable table) {
    List<ConfigOption<?>> all =
        List.of(
            SCAN_PARTITION_COLUMN,
            SCAN_PARTITION_NUM,
            SCAN_PARTITION_LOWER_BOUND,
            SCAN_PARTITION_UPPER_BOUND);
    long set = all.stream().filter(option -> options.getOptional(option).isPresent()).count();
    if (set == 0) {
      return null;
    }
    if (set < all.size()) {
      throw new ValidationException(
          "Options 'scan.partition.column', 'scan.partition.num', 'scan.partition.lower-bound' and"
              + " 'scan.partition.upper-bound' are set together or not at all.");
    }
    String name = options.get(SCAN_PARTITION_COLUMN);
    TableColumn column =
        table.columns().stream().filter(one -> one.name().equals(name)).findFirst().orElse(null);
    if (column == null || !column.type().is(LogicalTypeFamily.EXACT_NUMERIC)) {
      throw new ValidationException(
          "Option 'scan.partition.column' must be a column of whole numbers of the table, not '"
              + name
              + "'.");
    }
    if (options.get(SCAN_PARTITION_LOWER_BOUND) > options.get(SCAN_PARTITION_UPPER_BOUND)) {
      throw new ValidationException(
          "Option 'scan.partition.lower-bound' must not be above 'scan.partition.upper-bound'.");
    }
    return new JdbcTableSource.Partitions(
        name,
        count(options, SCAN_PARTITION_NUM, 1),
        options.get(SCAN_PARTITION_LOWER_BOUND),
        options.get(SCAN_PARTITION_UPPER_BOUND));
  }

  private static @Nullable LookupCache cache(ReadableConfig options) {
    return switch (options.get(LookupOptions.CACHE_TYPE)) {
      case NONE -> null;
      case PARTIAL -> DefaultLookupCache.fromConfig(options);
      case FULL ->
          throw new ValidationException(
              "Option 'lookup.cache' must be NONE or PARTIAL. To hold the whole table, join with a"
                  + " scan.");
    };
  }
}
