package io.unifiedcatalog.formats.avro;

import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Writes a row as a record. */
final class AvroSerializationSchema implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final AvroFormat format;
  private final RowType row;

  private transient @Nullable RecordWriter writer;
  private transient @Nullable Output output;

  AvroSerializationSchema(AvroFormat format, RowType row) {
    this.format = format;
    this.row = row;
  }

  @Override
  public void open(InitializationContext context) {
    writer = format.writer(row);
    output = new Output(format.header());
  }

  @Override
  public byte[] serialize(RowData row) {
    RecordWriter writer = this.writer;
    Output output = this.output;
    if (writer == null || output == null) {
      writer = format.writer(this.row);
      output = new Output(format.header());
      this.writer = writer;
      this.output = output;
    }
    return writer.writeAll(output, row);
  }
}
