package io.unifiedcatalog.formats.protobuf;

import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Writes a row as a record. */
final class ProtobufSerializationSchema implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final ProtobufFormat format;
  private final RowType row;

  private transient @Nullable MessageWriter writer;
  private transient byte[] header = new byte[0];

  ProtobufSerializationSchema(ProtobufFormat format, RowType row) {
    this.format = format;
    this.row = row;
  }

  @Override
  public void open(InitializationContext context) {
    writer();
  }

  private MessageWriter writer() {
    MessageWriter writer = this.writer;
    if (writer == null) {
      DescriptorSet descriptors = format.descriptors();
      writer = format.writer(descriptors, row);
      header = format.header(descriptors);
      this.writer = writer;
    }
    return writer;
  }

  @Override
  public byte[] serialize(RowData row) {
    return writer().write(row, header);
  }
}
