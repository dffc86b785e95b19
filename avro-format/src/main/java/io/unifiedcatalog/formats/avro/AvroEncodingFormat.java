package io.unifiedcatalog.formats.avro;

import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/** Writes records. Columns and fields are matched when a statement is planned. */
final class AvroEncodingFormat implements EncodingFormat<SerializationSchema<RowData>> {
  private final AvroFormat format;

  AvroEncodingFormat(AvroFormat format) {
    this.format = format;
  }

  @Override
  public SerializationSchema<RowData> createRuntimeEncoder(
      DynamicTableSink.Context context, DataType physicalDataType) {
    RowType row = (RowType) physicalDataType.getLogicalType();
    RecordWriter unused = format.writer(row);
    return new AvroSerializationSchema(format, row);
  }

  @Override
  public ChangelogMode getChangelogMode() {
    return ChangelogMode.insertOnly();
  }
}
