package io.unifiedcatalog.formats.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.jspecify.annotations.Nullable;

/** Reads a record into a row: the writer's fields in their order, then what it does not have. */
final class RecordReader extends ValueReader {
  private final int columns;
  private final Step[] steps;

  /** The columns that the writer does not know, and what they hold. */
  private final int[] defaultColumns;

  private final @Nullable Object[] defaults;

  /** One of the writer's fields. */
  private static final class Step {
    private final String field;

    /** Where its value goes; -1: nowhere. */
    private final int column;

    /** The place of null in a union of null and the value; -1: it is no such union. */
    private final int nullBranch;

    private final boolean refusesNull;
    private final Kind kind;
    private final @Nullable ValueReader reader;
    private final @Nullable Skip skip;

    Step(
        String field,
        int column,
        int nullBranch,
        boolean refusesNull,
        Kind kind,
        @Nullable ValueReader reader,
        @Nullable Skip skip) {
      this.field = field;
      this.column = column;
      this.nullBranch = nullBranch;
      this.refusesNull = refusesNull;
      this.kind = kind;
      this.reader = reader;
      this.skip = skip;
    }
  }

  /** Collects what a record consists of. */
  static final class Builder {
    private final int columns;
    private final List<Step> steps = new ArrayList<>();
    private final List<Integer> defaultColumns = new ArrayList<>();
    private final List<@Nullable Object> defaults = new ArrayList<>();

    Builder(int columns) {
      this.columns = columns;
    }

    void read(String field, int column, ValueReader reader) {
      ValueReader value = reader;
      boolean refusesNull = false;
      int nullBranch = -1;
      if (value instanceof Required required && required.value() instanceof Union union) {
        if (union.nullOfTwo() >= 0) {
          refusesNull = true;
          value = union;
        }
      }
      if (value instanceof Union union && union.nullOfTwo() >= 0) {
        nullBranch = union.nullOfTwo();
        value = union.branch(1 - nullBranch);
      }
      steps.add(new Step(field, column, nullBranch, refusesNull, value.kind(), value, null));
    }

    void skip(String field, Skip skip) {
      Kind kind = Kind.SKIP;
      if (skip instanceof Skip.OfNumber) {
        kind = Kind.SKIP_NUMBER;
      } else if (skip instanceof Skip.OfText) {
        kind = Kind.SKIP_TEXT;
      }
      steps.add(new Step(field, -1, -1, false, kind, null, skip));
    }

    void constant(int column, @Nullable Object value) {
      defaultColumns.add(column);
      defaults.add(value);
    }

    RecordReader build() {
      return new RecordReader(this);
    }
  }

  private RecordReader(Builder builder) {
    columns = builder.columns;
    steps = builder.steps.toArray(Step[]::new);
    defaultColumns = builder.defaultColumns.stream().mapToInt(column -> column).toArray();
    defaults = builder.defaults.toArray();
  }

  /** Reads what a record of its own is. */
  GenericRowData readAll(Input input) throws AvroParseException {
    GenericRowData row = read(input);
    input.end();
    return row;
  }

  @Override
  GenericRowData read(Input input) throws AvroParseException {
    GenericRowData row = new GenericRowData(columns);
    Step[] steps = this.steps;
    int i = 0;
    try {
      for (; i < steps.length; i++) {
        Step step = steps[i];
        if (step.nullBranch >= 0 && input.readBranch(2) == step.nullBranch) {
          if (step.refusesNull) {
            throw input.failure(NULL_REFUSED);
          }
          continue;
        }
        switch (step.kind) {
          case INT -> row.setField(step.column, input.readInt());
          case LONG -> row.setField(step.column, input.readLong());
          case FLOAT -> row.setField(step.column, input.readFloat());
          case DOUBLE -> row.setField(step.column, input.readDouble());
          case BOOLEAN -> row.setField(step.column, input.readBoolean());
          case STRING -> {
            int length = input.readLength();
            row.setField(step.column, input.text(input.take(length), length));
          }
          case SKIP_NUMBER -> input.skipVarint();
          case SKIP_TEXT -> input.take(input.readLength());
          case SKIP -> {
            if (step.skip != null) {
              step.skip.skip(input);
            }
          }
          case OTHER -> {
            if (step.reader != null) {
              row.setField(step.column, step.reader.read(input));
            }
          }
        }
      }
    } catch (AvroParseException e) {
      e.within(steps[i].field);
      throw e;
    }
    for (int j = 0; j < defaultColumns.length; j++) {
      row.setField(defaultColumns[j], defaults[j]);
    }
    return row;
  }
}
