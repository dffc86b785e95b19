package io.unifiedcatalog.flink;

import java.util.LinkedHashMap;
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
 * Reads the key of a record by another format. Connectors that put key and value together drop the
 * record if the key's format gives no row, and Flink's formats give none for a record without a
 * key. This one gives a row of NULLs, or fails where a column of the key cannot be NULL.
 */
public final class KeyFormatFactory implements DeserializationFormatFactory {
  /** The format's name, which only {@link #wrap} sets. */
  static final String IDENTIFIER = "unified-key";

  private static final String KEY_FORMAT = "key.format";

  private static final ConfigOption<String> FORMAT =
      ConfigOptions.key("format").stringType().noDefaultValue();

  /** The other format's options. */
  private static final ConfigOption<Map<String, String>> OPTIONS =
      ConfigOptions.key("options").mapType().defaultValue(Map.of());

  private static final String IGNORE_PARSE_ERRORS = "ignore-parse-errors";

  /** Puts this format around that of the key, if a table's options have one. */
  static Map<String, String> wrap(Map<String, String> options) {
    String format = options.get(KEY_FORMAT);
    if (format == null) {
      return options;
    }
    String wrapped = "key." + format + ".";
    String own = "key." + IDENTIFIER + ".";
    Map<String, String> all = new LinkedHashMap<>();
    options.forEach(
        (key, value) ->
            all.put(
                key.startsWith(wrapped)
                    ? own + OPTIONS.key() + "." + key.substring(wrapped.length())
                    : key,
                value));
    all.put(KEY_FORMAT, IDENTIFIER);
    all.put(own + FORMAT.key(), format);
    return all;
  }

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(FORMAT);
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
    return new KeyFormat(
        factory.createDecodingFormat(context, others),
        Boolean.parseBoolean(others.toMap().get(IGNORE_PARSE_ERRORS)));
  }

  /** A key's format. */
  private record KeyFormat(
      DecodingFormat<DeserializationSchema<RowData>> format, boolean ignoresParseErrors)
      implements DecodingFormat<DeserializationSchema<RowData>> {
    @Override
    public DeserializationSchema<RowData> createRuntimeDecoder(
        DynamicTableSource.Context context, DataType dataType) {
      return new KeyDeserializationSchema(
          format.createRuntimeDecoder(context, dataType), dataType, ignoresParseErrors);
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return format.getChangelogMode();
    }
  }
}
