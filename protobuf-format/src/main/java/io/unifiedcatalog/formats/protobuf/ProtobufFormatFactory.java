package io.unifiedcatalog.formats.protobuf;

import io.unifiedcatalog.formats.protobuf.ProtobufOptions.Framing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Set;
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

/** The format {@code protobuf-descriptor}; see {@link ProtobufOptions}. */
public final class ProtobufFormatFactory
    implements DeserializationFormatFactory, SerializationFormatFactory {
  /** The value of a table's option {@code format}. */
  public static final String IDENTIFIER = "protobuf-descriptor";

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(ProtobufOptions.MESSAGE_NAME);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(
        ProtobufOptions.DESCRIPTOR_SET,
        ProtobufOptions.DESCRIPTOR_FILE,
        ProtobufOptions.FRAMING,
        ProtobufOptions.SCHEMA_ID,
        ProtobufOptions.ENUMS_AS,
        ProtobufOptions.ABSENT_AS,
        ProtobufOptions.RECURSION_DEPTH,
        ProtobufOptions.IGNORE_PARSE_ERRORS);
  }

  @Override
  public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    return new ProtobufDecodingFormat(format(context, options));
  }

  @Override
  public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    ProtobufFormat format = format(context, options);
    if (format.framing() == Framing.CONFLUENT && format.schemaId() == null) {
      throw new ValidationException(
          String.format(
              "Writing with '%s' = 'confluent' needs '%s', the id of the schema in the registry.",
              ProtobufOptions.FRAMING.key(), ProtobufOptions.SCHEMA_ID.key()));
    }
    return new ProtobufEncodingFormat(format);
  }

  private ProtobufFormat format(DynamicTableFactory.Context context, ReadableConfig options) {
    FactoryUtil.validateFactoryOptions(this, options);
    if ("filesystem"
        .equals(context.getCatalogTable().getOptions().get(FactoryUtil.CONNECTOR.key()))) {
      throw new ValidationException(
          String.format(
              "Format '%s' cannot be used with the filesystem connector: it splits a file at each"
                  + " newline, and a message may hold that byte anywhere. Use it with a connector"
                  + " that keeps records apart, such as kafka.",
              IDENTIFIER));
    }
    Integer schemaId = options.getOptional(ProtobufOptions.SCHEMA_ID).orElse(null);
    if (schemaId != null && schemaId < 0) {
      throw new ValidationException(
          String.format(
              "'%s' is %d. An id is at least 0.", ProtobufOptions.SCHEMA_ID.key(), schemaId));
    }
    int recursionDepth = options.get(ProtobufOptions.RECURSION_DEPTH);
    if (recursionDepth < 1 || recursionDepth > ProtobufTypes.MAXIMUM_LEVELS) {
      throw new ValidationException(
          String.format(
              "'%s' is %d. It must be from 1 to %d.",
              ProtobufOptions.RECURSION_DEPTH.key(), recursionDepth, ProtobufTypes.MAXIMUM_LEVELS));
    }
    DescriptorSet descriptors = descriptors(options);
    String messageName = options.get(ProtobufOptions.MESSAGE_NAME);
    descriptors.message(messageName);
    return new ProtobufFormat(
        descriptors.toByteArray(),
        messageName,
        options.get(ProtobufOptions.FRAMING),
        schemaId,
        options.get(ProtobufOptions.ENUMS_AS),
        options.get(ProtobufOptions.ABSENT_AS),
        options.get(ProtobufOptions.IGNORE_PARSE_ERRORS));
  }

  private static DescriptorSet descriptors(ReadableConfig options) {
    String inline = options.getOptional(ProtobufOptions.DESCRIPTOR_SET).orElse(null);
    String file = options.getOptional(ProtobufOptions.DESCRIPTOR_FILE).orElse(null);
    if ((inline == null) == (file == null)) {
      throw new ValidationException(
          String.format(
              "%s of '%s' and '%s' is set. Set exactly one.",
              inline == null ? "Neither" : "Each",
              ProtobufOptions.DESCRIPTOR_SET.key(),
              ProtobufOptions.DESCRIPTOR_FILE.key()));
    }
    if (inline != null) {
      String origin = "'" + ProtobufOptions.DESCRIPTOR_SET.key() + "'";
      byte[] bytes;
      try {
        // Its mime form, so that lines may be broken, would also pass over what is no base64.
        bytes = Base64.getDecoder().decode(inline.replaceAll("\\s", ""));
      } catch (IllegalArgumentException e) {
        throw new ValidationException(
            String.format(
                "%s is no base64: %s. Make it with: base64 -w0 FILE.", origin, e.getMessage()),
            e);
      }
      return DescriptorSet.parse(bytes, origin);
    }
    try {
      return DescriptorSet.parse(
          Files.readAllBytes(Path.of(file)),
          "'" + ProtobufOptions.DESCRIPTOR_FILE.key() + "' " + file);
    } catch (IOException | InvalidPathException e) {
      throw new ValidationException(
          String.format(
              "'%s' %s cannot be read where the statement is planned: %s. Check the path, or give"
                  + " the set in '%s'.",
              ProtobufOptions.DESCRIPTOR_FILE.key(), file, e, ProtobufOptions.DESCRIPTOR_SET.key()),
          e);
    }
  }
}
