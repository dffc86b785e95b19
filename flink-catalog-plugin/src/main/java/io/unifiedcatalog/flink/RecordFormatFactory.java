package io.unifiedcatalog.flink;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;

/**
 * Reads the key or the value of a record by another format, and settles what connectors that put
 * both together take wrong.
 *
 * <ul>
 *   <li>They drop a record if the key's format gives no row, and formats give none for a record
 *       without a key. Here that is a row of NULLs, or an error where a column of the key cannot be
 *       NULL.
 *   <li>Flink's JSON hands on null for what it passes over, which they take for a deletion of the
 *       key's row, or fail with. Here that is nothing.
 * </ul>
 */
public final class RecordFormatFactory implements DeserializationFormatFactory {
  /** The format's name, which only {@link #wrap} sets. */
  static final String IDENTIFIER = "unified-record";

  private static final ConfigOption<String> FORMAT =
      ConfigOptions.key("format").stringType().noDefaultValue();

  private static final ConfigOption<Boolean> KEY =
      ConfigOptions.key("key").booleanType().noDefaultValue();

  /** The other format's options. */
  private static final ConfigOption<Map<String, String>> OPTIONS =
      ConfigOptions.key("options").mapType().defaultValue(Map.of());

  private static final String IGNORE_PARSE_ERRORS = "ignore-parse-errors";

  /**
   * Puts this format around that of the key, if a table's options have one, and around that of the
   * value, if it passes over records.
   */
  static Map<String, String> wrap(Map<String, String> options) {
    Map<String, String> all = options;
    if (options.containsKey("key.format")) {
      all = wrap(all, "key");
    }
    String value = options.get("value.format");
    return value != null
            && Boolean.parseBoolean(options.get("value." + value + "." + IGNORE_PARSE_ERRORS))
        ? wrap(all, "value")
        : all;
  }

  private static Map<String, String> wrap(Map<String, String> options, String part) {
    String format = options.get(part + ".format");
    String wrapped = part + "." + format + ".";
    String own = part + "." + IDENTIFIER + ".";
    Map<String, String> all = new LinkedHashMap<>();
    options.forEach(
        (key, value) ->
            all.put(
                key.startsWith(wrapped)
                    ? own + OPTIONS.key() + "." + key.substring(wrapped.length())
                    : key,
                value));
    all.put(part + ".format", IDENTIFIER);
    all.put(own + FORMAT.key(), format);
    all.put(own + KEY.key(), Boolean.toString(part.equals("key")));
    return all;
  }

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(FORMAT, KEY);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(OPTIONS);
  }

  @Override
  public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    DeserializationFormatFactory factory =
        FactoryUtil.discoverFactory(
            context.getClassLoader(), DeserializationFormatFactory.class, options.get(FORMAT));
    Configuration others = Configuration.fromMap(options.get(OPTIONS));
    return new RecordFormat(
        factory.createDecodingFormat(context, others),
        options.get(KEY),
        Boolean.parseBoolean(others.toMap().get(IGNORE_PARSE_ERRORS)));
  }

  /**
   * A key's or a value's format.
   *
   * @param ignoresParseErrors whether it gives no row for what it cannot read
   */
  private record RecordFormat(
      DecodingFormat<DeserializationSchema<RowData>> format,
      boolean key,
      boolean ignoresParseErrors)
      implements DecodingFormat<DeserializationSchema<RowData>> {
    @Override
    public DeserializationSchema<RowData> createRuntimeDecoder(
        DynamicTableSource.Context context, DataType dataType) {
      DeserializationSchema<RowData> decoder = format.createRuntimeDecoder(context, dataType);
      return key
          ? new KeyDeserializationSchema(decoder, dataType, ignoresParseErrors)
          : new ValueDeserializationSchema(decoder);
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
      return format.listReadableMetadata();
    }

    @Override
    public void applyReadableMetadata(List<String> metadataKeys) {
      format.applyReadableMetadata(metadataKeys);
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return format.getChangelogMode();
    }
  }
}
