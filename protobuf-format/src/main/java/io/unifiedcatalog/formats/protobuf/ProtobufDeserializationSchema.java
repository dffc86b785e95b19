package io.unifiedcatalog.formats.protobuf;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record into a row. The row shares the record's bytes, which nobody may change afterwards.
 */
final class ProtobufDeserializationSchema implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final ProtobufFormat format;
  private final Projection projection;
  private final TypeInformation<RowData> type;

  private transient @Nullable MessageReader reader;
  private transient @Nullable ConfluentFrame frame;

  ProtobufDeserializationSchema(
      ProtobufFormat format, Projection projection, TypeInformation<RowData> type) {
    this.format = format;
    this.projection = projection;
    this.type = type;
  }

  @Override
  public void open(InitializationContext context) {
    reader();
  }

  private MessageReader reader() {
    MessageReader reader = this.reader;
    if (reader == null) {
      DescriptorSet descriptors = format.descriptors();
      reader = format.reader(descriptors, projection.row());
      frame = format.frame(descriptors);
      this.reader = reader;
    }
    return reader;
  }

  /**
   * The row of a record; null for a record without value, and for one that cannot be read if such
   * are skipped.
   */
  @Override
  public @Nullable RowData deserialize(byte @Nullable [] record) throws ProtobufParseException {
    if (record == null) {
      return null;
    }
    MessageReader reader = reader();
    ConfluentFrame frame = this.frame;
    try {
      int from = frame == null ? 0 : frame.check(record);
      return projection.project(reader.read(record, from));
    } catch (ProtobufParseException e) {
      if (format.ignoreParseErrors()) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return type;
  }
}
