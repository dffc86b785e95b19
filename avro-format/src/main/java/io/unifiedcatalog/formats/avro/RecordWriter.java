package io.unifiedcatalog.formats.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/** Writes a row as a record. */
final class RecordWriter extends ValueWriter {
  private final String record;
  private final Step[] steps;

  /**
   * One of the record's fields.
   *
   * @param column its place in the row; -1 if it has none
   * @param slot how it is written; null if there is no column
   * @param constant what is written in place of a column; null: nothing can be
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Step(
      String field,
      int column,
      Kind kind,
      @Nullable Slot slot,
      RowData.@Nullable FieldGetter getter,
      byte @Nullable [] constant) {}

  /** Collects what a record consists of. */
  static final class Builder {
    private final String record;
    private final List<Step> steps = new ArrayList<>();

    Builder(String record) {
      this.record = record;
    }

    void column(String field, int column, Slot slot, RowData.FieldGetter getter) {
      steps.add(new Step(field, column, slot.writer().kind(), slot, getter, new byte[0]));
    }

    void constant(String field, byte[] value) {
      steps.add(new Step(field, -1, Kind.OTHER, null, null, value));
    }

    /** A field that has no column, and nothing that could be written for it. */
    void refused(String field) {
      steps.add(new Step(field, -1, Kind.OTHER, null, null, null));
    }

    RecordWriter build() {
      return new RecordWriter(this);
    }
  }

  private RecordWriter(Builder builder) {
    record = builder.record;
    steps = builder.steps.toArray(Step[]::new);
  }

  /**
   * Writes what a record of its own is.
   *
   * @throws FlinkRuntimeException if a value cannot be written; names its column
   */
  byte[] writeAll(Output output, RowData row) {
    output.begin();
    try {
      write(output, row);
    } catch (Refusal e) {
      throw new FlinkRuntimeException(
          String.format(
              "Cannot write a row as '%s': column '%s' %s.", record, e.path(), e.reason()));
    }
    return output.end();
  }

  @Override
  void write(Output output, Object value) {
    RowData row = (RowData) value;
    int i = 0;
    try {
      for (; i < steps.length; i++) {
        Step step = steps[i];
        Slot slot = step.slot;
        if (slot == null || step.getter == null) {
          byte[] constant = step.constant;
          if (constant == null) {
            throw new Refusal(
                "does not exist, and its field has no default; write NULL or nothing in place of"
                    + " the ROW around it, or declare more levels");
          }
          output.raw(constant);
          continue;
        }
        int column = step.column;
        if (row.isNullAt(column)) {
          slot.writeNull(output);
          continue;
        }
        if (slot.branch() >= 0) {
          output.writeInt(slot.branch());
        }
        switch (step.kind) {
          case INT -> output.writeInt(row.getInt(column));
          case LONG -> output.writeLong(row.getLong(column));
          case FLOAT -> output.writeFloat(row.getFloat(column));
          case DOUBLE -> output.writeDouble(row.getDouble(column));
          case BOOLEAN -> output.writeByte(row.getBoolean(column) ? 1 : 0);
          case STRING -> output.text(row.getString(column));
          case OTHER -> {
            Object field = step.getter.getFieldOrNull(row);
            if (field != null) {
              slot.writer().write(output, field);
            }
          }
        }
      }
    } catch (Refusal e) {
      e.within(steps[i].field);
      throw e;
    }
  }
}
