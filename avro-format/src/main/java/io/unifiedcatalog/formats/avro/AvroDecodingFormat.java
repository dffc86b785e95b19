package io.unifiedcatalog.formats.avro;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/** Reads records. Columns and fields are matched when a statement is planned. */
final class AvroDecodingFormat
    implements ProjectableDecodingFormat<DeserializationSchema<RowData>> {
  private final AvroFormat format;

  AvroDecodingFormat(AvroFormat format) {
    this.format = format;
  }

  @Override
  public boolean supportsNestedProjection() {
    return true;
  }

  @Override
  public DeserializationSchema<RowData> createRuntimeDecoder(
      DynamicTableSource.Context context, DataType physicalDataType, int[][] projections) {
    RowType physical = (RowType) physicalDataType.getLogicalType();
    // What a query does not read must fit, too: an error is better now than with the next query.
    RecordReader unused = format.reader(physical);
    Projection projection = Projection.of(physical, projections);
    DataType produced =
        org.apache.flink.table.connector.Projection.of(projections).project(physicalDataType);
    TypeInformation<RowData> type = context.createTypeInformation(produced);
    return new AvroDeserializationSchema(format, projection, type);
  }

  @Override
  public ChangelogMode getChangelogMode() {
    return ChangelogMode.insertOnly();
  }
}
