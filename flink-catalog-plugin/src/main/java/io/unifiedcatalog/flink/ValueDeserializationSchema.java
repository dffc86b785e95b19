package io.unifiedcatalog.flink;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Reads the value of a record, and hands on rows only; see {@link RecordFormatFactory}. */
final class ValueDeserializationSchema implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1;

  private final DeserializationSchema<RowData> format;

  ValueDeserializationSchema(DeserializationSchema<RowData> format) {
    this.format = format;
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    format.open(context);
  }

  @Override
  public @Nullable RowData deserialize(byte @Nullable [] value) throws IOException {
    return format.deserialize(value);
  }

  @Override
  public void deserialize(byte @Nullable [] value, Collector<RowData> rows) throws IOException {
    format.deserialize(value, new RowCounter(rows));
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return format.isEndOfStream(row);
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return format.getProducedType();
  }
}
