package io.unifiedcatalog.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Reads the key of a record; see {@link RecordFormatFactory}. */
final class KeyDeserializationSchema implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1;

  private final DeserializationSchema<RowData> format;
  private final boolean ignoresParseErrors;
  private final int columns;

  /** Those that cannot be NULL. */
  private final ArrayList<String> required = new ArrayList<>();

  /**
   * Of a format.
   *
   * @param dataType of the key's columns
   * @param ignoresParseErrors whether the format gives no row for a key that it cannot read
   */
  KeyDeserializationSchema(
      DeserializationSchema<RowData> format, DataType dataType, boolean ignoresParseErrors) {
    this.format = format;
    this.ignoresParseErrors = ignoresParseErrors;
    List<String> names = DataType.getFieldNames(dataType);
    List<LogicalType> types = dataType.getLogicalType().getChildren();
    this.columns = names.size();
    for (int i = 0; i < columns; i++) {
      if (!types.get(i).isNullable()) {
        required.add(names.get(i));
      }
    }
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    format.open(context);
  }

  @Override
  public RowData deserialize(byte @Nullable [] key) throws IOException {
    throw new IllegalStateException("The key of a record is read into a collector");
  }

  @Override
  public void deserialize(byte @Nullable [] key, Collector<RowData> rows) throws IOException {
    if (key == null) {
      rows.collect(none("A record has no key"));
      return;
    }
    RowCounter counter = new RowCounter(rows);
    format.deserialize(key, counter);
    // A key that is 'null' in the format's own words.
    if (counter.count() == 0 && !ignoresParseErrors) {
      rows.collect(none("The key of a record is null"));
    }
  }

  private RowData none(String why) throws IOException {
    if (!required.isEmpty()) {
      throw new IOException(
          why
              + ", and these columns of the key cannot be NULL: "
              + String.join(", ", required)
              + ". Hide the columns of the key with an overlay, take them out of the primary key or"
              + " let them be NULL, or begin behind the record ('scan.startup.mode').");
    }
    return new GenericRowData(columns);
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return format.getProducedType();
  }
}
