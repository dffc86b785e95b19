package io.unifiedcatalog.connectors.redis;

import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.CLUSTER;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.COMMAND_TIMEOUT;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.DATABASE;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.KEY_PATTERN;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.LOOKUP_RETRY_DELAY;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.MISFIT;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.NODES;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.PASSWORD;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.PASSWORD_FILE;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_BOUNDED_MODE;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_COUNT;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_DISCOVERY_INTERVAL;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_POLL_INTERVAL;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_STARTUP_MODE;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SCAN_STARTUP_TIMESTAMP;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SENTINEL_MASTER;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SENTINEL_PASSWORD;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SINK_CONDITION;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SINK_MAX_IN_FLIGHT;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SINK_MAX_LENGTH;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SINK_TTL;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.SINK_WAIT_REPLICAS;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.TLS;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.TLS_CERTIFICATES;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.USERNAME;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.VALUE;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.VALUE_FORMAT;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.VALUE_MAX_ELEMENTS;
import static io.unifiedcatalog.connectors.redis.RedisConnectorOptions.VALUE_MAX_MEMORY;

import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.BoundedMode;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.Condition;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.StartupMode;
import io.unifiedcatalog.connectors.redis.RedisConnectorOptions.ValueKind;
import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.redis.RedisAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.lookup.LookupOptions;
import org.apache.flink.table.connector.source.lookup.cache.DefaultLookupCache;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FactoryUtil.TableFactoryHelper;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** Makes tables over keys of Redis; Flink finds it as {@code redis}. */
public final class RedisTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {
  private static final int DEFAULT_PORT = 6379;
  private static final Pattern NODE =
      Pattern.compile("(?:\\[(?<six>[^\\]]+)\\]|(?<host>[^:]+))(?::(?<port>.*))?");

  /** Those that change where and how rows are read and written, and not which rows there are. */
  private static final Set<ConfigOption<?>> FORWARDED =
      Set.of(
          CLUSTER,
          SENTINEL_MASTER,
          SENTINEL_PASSWORD,
          DATABASE,
          USERNAME,
          PASSWORD,
          PASSWORD_FILE,
          TLS,
          TLS_CERTIFICATES,
          COMMAND_TIMEOUT,
          SCAN_COUNT,
          SCAN_STARTUP_MODE,
          SCAN_STARTUP_TIMESTAMP,
          SCAN_BOUNDED_MODE,
          SCAN_POLL_INTERVAL,
          SCAN_DISCOVERY_INTERVAL,
          SINK_MAX_IN_FLIGHT,
          SINK_MAX_LENGTH,
          SINK_TTL,
          SINK_WAIT_REPLICAS,
          LOOKUP_RETRY_DELAY);

  @Override
  public String factoryIdentifier() {
    return "redis";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(NODES, KEY_PATTERN, VALUE);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    Set<ConfigOption<?>> all = new HashSet<>(FORWARDED);
    all.addAll(
        Set.of(
            VALUE_FORMAT,
            VALUE_MAX_ELEMENTS,
            VALUE_MAX_MEMORY,
            MISFIT,
            SINK_CONDITION,
            LookupOptions.CACHE_TYPE,
            LookupOptions.MAX_RETRIES,
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS,
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE,
            LookupOptions.PARTIAL_CACHE_MAX_ROWS,
            LookupOptions.PARTIAL_CACHE_CACHE_MISSING_KEY));
    return all;
  }

  @Override
  public Set<ConfigOption<?>> forwardOptions() {
    Set<ConfigOption<?>> all = new HashSet<>(FORWARDED);
    all.add(NODES);
    return all;
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    DecodingFormat<DeserializationSchema<RowData>> format =
        helper
            .discoverOptionalDecodingFormat(DeserializationFormatFactory.class, VALUE_FORMAT)
            .orElse(null);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    return new RedisTableSource(
        table(options, context, format != null),
        new RedisRows.Limits(
            options.get(MISFIT),
            options.get(VALUE_MAX_ELEMENTS),
            options.getOptional(VALUE_MAX_MEMORY).map(MemorySize::getBytes).orElse(0L)),
        context.getPhysicalRowDataType(),
        format,
        options.get(SCAN_COUNT),
        options.get(LookupOptions.MAX_RETRIES),
        options.get(LOOKUP_RETRY_DELAY),
        switch (options.get(LookupOptions.CACHE_TYPE)) {
          case NONE -> null;
          case PARTIAL -> DefaultLookupCache.fromConfig(options);
          case FULL ->
              throw new ValidationException(
                  "Option 'lookup.cache' cannot be FULL for connector 'redis'. Set PARTIAL or NONE.");
        },
        options.get(VALUE) == ValueKind.STREAM ? span(options, context) : null);
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    EncodingFormat<SerializationSchema<RowData>> format =
        helper
            .discoverOptionalEncodingFormat(SerializationFormatFactory.class, VALUE_FORMAT)
            .orElse(null);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    RedisTable table = table(options, context, format != null);
    if (options.get(SINK_CONDITION) != Condition.ALWAYS
        && options.get(VALUE) != ValueKind.STRING
        && options.get(VALUE) != ValueKind.HASH) {
      throw new ValidationException(
          "Option 'sink.condition' is for 'value' = 'string' and 'hash' only.");
    }
    return new RedisTableSink(
        table,
        context.getPhysicalRowDataType(),
        format,
        options.get(SINK_MAX_IN_FLIGHT),
        options.get(SINK_WAIT_REPLICAS),
        options.getOptional(SINK_TTL).orElse(null),
        options.getOptional(SINK_MAX_LENGTH).orElse(0L),
        options.get(SINK_CONDITION));
  }

  private static StreamSource.Span span(ReadableConfig options, Context context) {
    StartupMode startup = options.get(SCAN_STARTUP_MODE);
    Long millis = options.getOptional(SCAN_STARTUP_TIMESTAMP).orElse(null);
    if ((startup == StartupMode.TIMESTAMP) != (millis != null)) {
      throw new ValidationException(
          "Options 'scan.startup.mode' = 'timestamp' and 'scan.startup.timestamp-millis' are set"
              + " together or not at all.");
    }
    boolean isBatch =
        context.getConfiguration().get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
    BoundedMode bounded =
        options
            .getOptional(SCAN_BOUNDED_MODE)
            .orElse(isBatch ? BoundedMode.LATEST : BoundedMode.UNBOUNDED);
    return new StreamSource.Span(
        startup,
        millis == null ? 0 : millis,
        bounded == BoundedMode.LATEST,
        options.get(SCAN_POLL_INTERVAL),
        options.get(SCAN_DISCOVERY_INTERVAL));
  }

  private static RedisTable table(ReadableConfig options, Context context, boolean hasFormat) {
    return new RedisTable(
        address(options),
        pattern(options, context, hasFormat),
        options.get(VALUE),
        physicalType(context));
  }

  private static RowType physicalType(Context context) {
    return (RowType) context.getPhysicalRowDataType().getLogicalType();
  }

  private static RedisAddress address(ReadableConfig options) {
    List<String> nodes = options.get(NODES).stream().map(RedisTableFactory::node).toList();
    boolean cluster = options.get(CLUSTER);
    String sentinelMaster = options.getOptional(SENTINEL_MASTER).orElse(null);
    String sentinelPassword = options.getOptional(SENTINEL_PASSWORD).orElse(null);
    if (cluster && sentinelMaster != null) {
      throw new ValidationException("Of 'cluster' and 'sentinel.master', set one.");
    }
    if (sentinelPassword != null && sentinelMaster == null) {
      throw new ValidationException("Option 'sentinel.password' is for 'sentinel.master' only.");
    }
    if (nodes.isEmpty() || (nodes.size() > 1 && !cluster && sentinelMaster == null)) {
      throw new ValidationException(
          "Option 'nodes' names "
              + nodes.size()
              + " servers. Name one; or set 'cluster' to true if they are of one cluster, or"
              + " 'sentinel.master' if they are Sentinels.");
    }
    if (cluster && options.get(DATABASE) != 0) {
      throw new ValidationException(
          "Option 'database' must be 0 with a cluster, which has no other.");
    }
    String password = options.getOptional(PASSWORD).orElse(null);
    String passwordFile = options.getOptional(PASSWORD_FILE).orElse(null);
    if (password != null && passwordFile != null) {
      throw new ValidationException("Of 'password' and 'password-file', set one.");
    }
    return new RedisAddress(
        nodes,
        cluster,
        sentinelMaster,
        sentinelPassword,
        options.get(DATABASE),
        options.getOptional(USERNAME).orElse(null),
        password,
        passwordFile,
        options.get(TLS),
        options.getOptional(TLS_CERTIFICATES).orElse(null),
        options.get(COMMAND_TIMEOUT));
  }

  private static String node(String text) {
    Matcher node = NODE.matcher(text.strip());
    String port = node.matches() ? node.group("port") : "none";
    if (port != null && (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535)) {
      throw new ValidationException(
          "Option 'nodes' has '" + text + "', which is not HOST:PORT, as in redis1.example:6379.");
    }
    String host = node.group("six") == null ? node.group("host") : node.group("six");
    return host + ":" + (port == null ? DEFAULT_PORT : port);
  }

  private static KeyPattern pattern(ReadableConfig options, Context context, boolean hasFormat) {
    KeyPattern pattern;
    try {
      pattern = KeyPattern.parse(options.get(KEY_PATTERN));
    } catch (IllegalArgumentException e) {
      throw new ValidationException(e.getMessage(), e);
    }
    RowType type = physicalType(context);
    ResolvedSchema schema = context.getCatalogTable().getResolvedSchema();
    for (String column : pattern.columns()) {
      if (!type.getFieldNames().contains(column)) {
        throw new ValidationException(
            "Key pattern '"
                + pattern
                + "' has column '"
                + column
                + "', which the table does not have. Its columns are "
                + String.join(", ", type.getFieldNames())
                + ".");
      }
    }
    List<String> values =
        type.getFieldNames().stream().filter(name -> !pattern.columns().contains(name)).toList();
    requireTexts(type, pattern.columns());
    requireShape(options.get(VALUE), hasFormat, type, values);
    if (!hasFormat) {
      requireTexts(type, values);
    }
    List<String> identity = new ArrayList<>(pattern.columns());
    if (options.get(VALUE).hasMembers()) {
      identity.add(values.get(0));
    }
    schema
        .getPrimaryKey()
        .ifPresent(
            key -> {
              if (options.get(VALUE).isAppended()) {
                throw new ValidationException(
                    "A table over a "
                        + options.get(VALUE)
                        + " has no primary key: it may hold the same twice.");
              }
              if (!Set.copyOf(key.getColumns()).equals(Set.copyOf(identity))) {
                throw new ValidationException(
                    "The primary key is ("
                        + String.join(", ", key.getColumns())
                        + "), but what tells rows apart with the key pattern '"
                        + pattern
                        + "' is ("
                        + String.join(", ", identity)
                        + "). They must be the same.");
              }
            });
    return pattern;
  }

  /** Whether the columns beside the key's are those that a value has. */
  private static void requireShape(
      ValueKind kind, boolean hasFormat, RowType type, List<String> values) {
    if (hasFormat && kind != ValueKind.STRING && kind != ValueKind.JSON) {
      throw new ValidationException(
          "Option 'value.format' is for 'value' = 'string' and 'json' only.");
    }
    if (!hasFormat && kind == ValueKind.JSON) {
      throw new ValidationException(
          "With 'value' = 'json' a format reads and writes the document. Set 'value.format' to"
              + " 'json'.");
    }
    String wanted =
        switch (kind) {
          case STRING -> hasFormat || values.size() == 1 ? "" : "one column, or set 'value.format'";
          case HASH, STREAM, JSON -> "";
          case HASH_ENTRIES -> values.size() == 2 ? "" : "two columns, the field and its value";
          case LIST, SET -> values.size() == 1 ? "" : "one column, the element";
          case ZSET ->
              values.size() == 2
                      && type.getTypeAt(type.getFieldIndex(values.get(1)))
                          .is(LogicalTypeRoot.DOUBLE)
                  ? ""
                  : "two columns, the member and then its score, a DOUBLE";
        };
    if (values.isEmpty() && wanted.isEmpty()) {
      wanted = "at least one column";
    }
    if (!wanted.isEmpty()) {
      throw new ValidationException(
          "With 'value' = '"
              + kind
              + "' there must be, beside the columns of the key pattern, "
              + wanted
              + ". There are "
              + (values.isEmpty() ? "none" : String.join(", ", values))
              + ".");
    }
  }

  private static void requireTexts(RowType type, List<String> columns) {
    for (String column : columns) {
      if (TextValue.of(type.getTypeAt(type.getFieldIndex(column))) == null) {
        throw new ValidationException(
            "Column '"
                + column
                + "' cannot be "
                + type.getTypeAt(type.getFieldIndex(column)).asSummaryString()
                + " in Redis. Types of texts are "
                + TextValue.TYPES
                + ".");
      }
    }
  }
}
