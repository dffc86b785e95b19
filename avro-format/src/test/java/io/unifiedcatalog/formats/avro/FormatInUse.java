package io.unifiedcatalog.formats.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * A format as a job uses it: found by its identifier, planned with options and columns, shipped to
 * a task in serialized form, and opened there.
 */
final class FormatInUse {
  static final String IDENTIFIER = "avro-schema";

  private static final ClassLoader CLASS_LOADER = FormatInUse.class.getClassLoader();

  private final String identifier;
  private final Map<String, String> options;
  private final String connector;

  private FormatInUse(String identifier, Map<String, String> options, String connector) {
    this.identifier = identifier;
    this.options = Map.copyOf(options);
    this.connector = connector;
  }

  /** This project's format with a schema. */
  static FormatInUse of(Schema schema) {
    return new FormatInUse(IDENTIFIER, Map.of("schema", schema.toString()), "kafka");
  }

  /** Any format. */
  static FormatInUse of(String identifier, Map<String, String> options) {
    return new FormatInUse(identifier, options, "kafka");
  }

  /** The same with one option more. */
  FormatInUse with(String key, String value) {
    Map<String, String> more = new HashMap<>(options);
    more.put(key, value);
    return new FormatInUse(identifier, more, connector);
  }

  /** The same without an option. */
  FormatInUse without(String key) {
    Map<String, String> fewer = new HashMap<>(options);
    fewer.remove(key);
    return new FormatInUse(identifier, fewer, connector);
  }

  /** The same for a table of another connector. */
  FormatInUse ofConnector(String other) {
    return new FormatInUse(identifier, options, other);
  }

  DecodingFormat<DeserializationSchema<RowData>> decodingFormat(RowType columns) {
    return FactoryUtil.discoverFactory(CLASS_LOADER, DeserializationFormatFactory.class, identifier)
        .createDecodingFormat(table(columns), Configuration.fromMap(options));
  }

  DeserializationSchema<RowData> decoder(RowType columns) {
    return opened(
        decodingFormat(columns)
            .createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, dataType(columns)));
  }

  /** A decoder of some of the columns; each projection is a path of indexes. */
  DeserializationSchema<RowData> decoder(RowType columns, int[][] projections) {
    return opened(
        ((ProjectableDecodingFormat<DeserializationSchema<RowData>>) decodingFormat(columns))
            .createRuntimeDecoder(
                ScanRuntimeProviderContext.INSTANCE, dataType(columns), projections));
  }

  SerializationSchema<RowData> encoder(RowType columns) {
    EncodingFormat<SerializationSchema<RowData>> format =
        FactoryUtil.discoverFactory(CLASS_LOADER, SerializationFormatFactory.class, identifier)
            .createEncodingFormat(table(columns), Configuration.fromMap(options));
    try {
      SerializationSchema<RowData> encoder =
          InstantiationUtil.clone(
              format.createRuntimeEncoder(
                  new SinkRuntimeProviderContext(false), dataType(columns)));
      encoder.open(new Opening());
      return encoder;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("An encoder does not reach its task", e);
    }
  }

  private static DeserializationSchema<RowData> opened(DeserializationSchema<RowData> planned) {
    try {
      DeserializationSchema<RowData> decoder = InstantiationUtil.clone(planned);
      decoder.open(new Opening());
      return decoder;
    } catch (Exception e) {
      throw new AssertionError("A decoder does not reach its task", e);
    }
  }

  static DataType dataType(RowType columns) {
    return TypeConversions.fromLogicalToDataType(columns);
  }

  private DynamicTableFactory.Context table(RowType columns) {
    ResolvedSchema schema =
        ResolvedSchema.of(
            DataType.getFields(dataType(columns)).stream()
                .<Column>map(field -> Column.physical(field.getName(), field.getDataType()))
                .toList());
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of("c", "d", "t"),
        new ResolvedCatalogTable(
            CatalogTable.newBuilder()
                .schema(
                    org.apache.flink.table.api.Schema.newBuilder()
                        .fromResolvedSchema(schema)
                        .build())
                .options(Map.of("connector", connector, "format", identifier))
                .build(),
            schema),
        Map.of(),
        new Configuration(),
        CLASS_LOADER,
        false);
  }

  /** A text as base64 of what gzip makes of it. */
  static String zipped(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static final class Opening
      implements DeserializationSchema.InitializationContext,
          SerializationSchema.InitializationContext {
    @Override
    public MetricGroup getMetricGroup() {
      return new UnregisteredMetricsGroup();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      return SimpleUserCodeClassLoader.create(CLASS_LOADER);
    }
  }
}
