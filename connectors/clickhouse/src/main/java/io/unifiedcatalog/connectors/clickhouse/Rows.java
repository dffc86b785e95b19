package io.unifiedcatalog.connectors.clickhouse;

import java.io.Closeable;
import java.io.IOException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** The rows of an answer of ClickHouse's, as Flink's. */
final class Rows implements Closeable {
  private final RowBinaryInput in;
  private final String[] names;
  private final Decoder[] decoders;

  /**
   * Begins to read.
   *
   * @param rowType of the columns that were asked for; if there are none, one is in the answer all
   *     the same
   * @throws IllegalArgumentException if a column cannot be read as its type in Flink
   */
  Rows(RowBinaryInput in, RowType rowType) throws IOException {
    this.in = in;
    int columns = in.length();
    String[] answered = new String[columns];
    String[] types = new String[columns];
    for (int i = 0; i < columns; i++) {
      answered[i] = in.text();
    }
    for (int i = 0; i < columns; i++) {
      types[i] = in.text();
    }
    int wanted = rowType.getFieldCount();
    if (columns != Math.max(1, wanted)) {
      throw new IOException("ClickHouse answered with " + columns + " columns.");
    }
    this.names = answered;
    this.decoders = new Decoder[wanted];
    for (int i = 0; i < wanted; i++) {
      NativeType type = NativeType.parse(types[i]);
      if (type == null) {
        throw misread(i, "this connector does not understand its type " + types[i], null);
      }
      try {
        decoders[i] = Decoder.of(type, rowType.getTypeAt(i));
      } catch (IllegalArgumentException e) {
        throw misread(i, e.getMessage(), e);
      }
    }
  }

  private IOException misread(int column, @Nullable String why, @Nullable Throwable cause) {
    return new IOException(
        "column '" + names[column] + "' cannot be read as its type in Flink: " + why, cause);
  }

  /** Whether a row follows. */
  boolean hasNext() throws IOException {
    return !in.atEnd();
  }

  /**
   * The next row, a new one.
   *
   * @throws IOException if it does not come, or a type in Flink does not hold a value of it
   */
  RowData next() throws IOException {
    GenericRowData row = new GenericRowData(decoders.length);
    if (decoders.length == 0) {
      in.int8();
    }
    for (int i = 0; i < decoders.length; i++) {
      try {
        row.setField(i, decoders[i].read(in));
      } catch (RuntimeException e) {
        throw misread(i, e.getMessage(), e);
      }
    }
    return row;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
