package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Misfit;
import io.unifiedcatalog.formats.avro.ValueReader.OfBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** Avro's duration: months, days and milliseconds, each a number of 32 bits without a sign. */
final class Durations {
  private static final int PARTS = 3;

  static final OfBytes READER =
      (input, from, length) -> {
        ByteBuffer buffer = ByteBuffer.wrap(input.bytes(), from, length);
        buffer.order(ByteOrder.LITTLE_ENDIAN);
        GenericRowData row = new GenericRowData(PARTS);
        for (int i = 0; i < PARTS; i++) {
          row.setField(i, Integer.toUnsignedLong(buffer.getInt()));
        }
        return row;
      };

  private Durations() {}

  static boolean isHeldBy(LogicalType type) {
    return type instanceof RowType row
        && row.getFieldNames().equals(AvroTypes.DURATION)
        && row.getChildren().stream().allMatch(part -> part.is(LogicalTypeRoot.BIGINT));
  }

  static byte[] bytes(RowData row) throws Misfit {
    ByteBuffer buffer = ByteBuffer.allocate(PARTS * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < PARTS; i++) {
      if (row.isNullAt(i)) {
        throw new Misfit(String.format("has NULL for its %s", AvroTypes.DURATION.get(i)));
      }
      long part = row.getLong(i);
      if (part < 0 || part > 0xffff_ffffL) {
        throw new Misfit(
            String.format(
                "has %d %s, and a duration holds 0 to 4294967295",
                part, AvroTypes.DURATION.get(i)));
      }
      buffer.putInt((int) part);
    }
    return buffer.array();
  }
}
