package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;

/** A real format of Flink over columns of the catalog, as the Kafka connector makes it. */
public final class FlinkFormat {
  private final DeserializationSchema<RowData> reader;
  private final SerializationSchema<RowData> writer;

  public <F extends DeserializationFormatFactory & SerializationFormatFactory> FlinkFormat(
      F factory, List<Column> columns, Map<String, String> options) {
    List<DataTypes.Field> fields = new ArrayList<>();
    for (Column column : columns) {
      String sql = column.facts().getOrDefault(Facts.FLINK_TYPE, column.nativeType());
      DataType type =
          TypeConversions.fromLogicalToDataType(
              LogicalTypeParser.parse(sql, FlinkFormat.class.getClassLoader()));
      fields.add(
          DataTypes.FIELD(column.name(), column.nullable() ? type.nullable() : type.notNull()));
    }
    DataType row = DataTypes.ROW(fields).notNull();
    Configuration configuration = Configuration.fromMap(options);
    DynamicTableSource.Context source = ScanRuntimeProviderContext.INSTANCE;
    DynamicTableSink.Context sink = new SinkRuntimeProviderContext(false);
    // Neither factory looks at the table.
    reader = factory.createDecodingFormat(null, configuration).createRuntimeDecoder(source, row);
    writer = factory.createEncodingFormat(null, configuration).createRuntimeEncoder(sink, row);
    try {
      reader.open(null);
      writer.open(null);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A record as a row. */
  public RowData read(byte[] record) {
    try {
      return reader.deserialize(record);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A row as a record. */
  public byte[] write(RowData row) {
    return writer.serialize(row);
  }
}
