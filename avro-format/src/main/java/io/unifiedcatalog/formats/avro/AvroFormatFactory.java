package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.AvroOptions.Framing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;

/** The format {@code avro-schema}; see {@link AvroOptions}. */
public final class AvroFormatFactory
    implements DeserializationFormatFactory, SerializationFormatFactory {
  /** The value of a table's option {@code format}. */
  public static final String IDENTIFIER = "avro-schema";

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(
        AvroOptions.SCHEMA,
        AvroOptions.SCHEMA_FILE,
        AvroOptions.WRITER_SCHEMAS,
        AvroOptions.FRAMING,
        AvroOptions.SCHEMA_ID,
        AvroOptions.IGNORE_PARSE_ERRORS);
  }

  @Override
  public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    AvroFormat format = format(context, options);
    if (format.writers().isEmpty()) {
      throw new ValidationException(
          String.format(
              "Reading with '%s' = 'confluent' needs the schemas of the records by their ids: set"
                  + " '%s', or '%s' if all records have the id of '%s'.",
              AvroOptions.FRAMING.key(),
              AvroOptions.WRITER_SCHEMAS.key(),
              AvroOptions.SCHEMA_ID.key(),
              AvroOptions.SCHEMA.key()));
    }
    return new AvroDecodingFormat(format);
  }

  @Override
  public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    AvroFormat format = format(context, options);
    if (format.framing() == Framing.CONFLUENT && format.schemaId() == null) {
      throw new ValidationException(
          String.format(
              "Writing with '%s' = 'confluent' needs '%s', the id of the schema in the registry.",
              AvroOptions.FRAMING.key(), AvroOptions.SCHEMA_ID.key()));
    }
    return new AvroEncodingFormat(format);
  }

  private AvroFormat format(DynamicTableFactory.Context context, ReadableConfig options) {
    FactoryUtil.validateFactoryOptions(this, options);
    if ("filesystem"
        .equals(context.getCatalogTable().getOptions().get(FactoryUtil.CONNECTOR.key()))) {
      throw new ValidationException(
          String.format(
              "Format '%s' cannot be used with the filesystem connector: it splits a file at each"
                  + " newline, and a record may hold that byte anywhere. Use it with a connector"
                  + " that keeps records apart, such as kafka. Flink's own format 'avro' reads and"
                  + " writes container files.",
              IDENTIFIER));
    }
    Integer schemaId = options.getOptional(AvroOptions.SCHEMA_ID).orElse(null);
    if (schemaId != null && schemaId < 0) {
      throw new ValidationException(
          String.format("'%s' is %d. An id is at least 0.", AvroOptions.SCHEMA_ID.key(), schemaId));
    }
    String text = schemaText(options);
    Schema schema = Schemas.record(text, "'" + AvroOptions.SCHEMA.key() + "'");
    Framing framing = options.get(AvroOptions.FRAMING);
    return new AvroFormat(
        schema.toString(),
        Schemas.writers(
            options.getOptional(AvroOptions.WRITER_SCHEMAS).orElse(null),
            framing,
            schema,
            schemaId),
        framing,
        schemaId,
        options.get(AvroOptions.IGNORE_PARSE_ERRORS));
  }

  private static String schemaText(ReadableConfig options) {
    String inline = options.getOptional(AvroOptions.SCHEMA).orElse(null);
    String file = options.getOptional(AvroOptions.SCHEMA_FILE).orElse(null);
    if ((inline == null) == (file == null)) {
      throw new ValidationException(
          String.format(
              "%s of '%s' and '%s' is set. Set exactly one.",
              inline == null ? "Neither" : "Each",
              AvroOptions.SCHEMA.key(),
              AvroOptions.SCHEMA_FILE.key()));
    }
    if (inline != null) {
      return Schemas.unpacked(inline, "'" + AvroOptions.SCHEMA.key() + "'");
    }
    try {
      return Files.readString(Path.of(file));
    } catch (IOException | InvalidPathException e) {
      throw new ValidationException(
          String.format(
              "'%s' %s cannot be read where the statement is planned: %s. Check the path, or give"
                  + " the schema in '%s'.",
              AvroOptions.SCHEMA_FILE.key(), file, e, AvroOptions.SCHEMA.key()),
          e);
    }
  }
}
