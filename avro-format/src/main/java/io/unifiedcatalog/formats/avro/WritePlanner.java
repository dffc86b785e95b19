package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Misfit;
import io.unifiedcatalog.formats.avro.ValueWriter.Formed;
import io.unifiedcatalog.formats.avro.ValueWriter.Kind;
import io.unifiedcatalog.formats.avro.ValueWriter.Plain;
import io.unifiedcatalog.formats.avro.ValueWriter.Slot;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Plans how rows are written as records of a schema. */
final class WritePlanner {
  private static final int SYMBOLS_IN_ERROR = 30;

  private WritePlanner() {}

  /**
   * Plans the writing of a row.
   *
   * @throws ValidationException if a column has no field, its type cannot hold it, or a field
   *     without a column could not be written
   */
  static RecordWriter plan(Schema schema, RowType row) {
    Columns.check(schema, row, true);
    return record(schema, row);
  }

  private static RecordWriter record(Schema schema, RowType row) {
    RecordWriter.Builder builder = new RecordWriter.Builder(schema.getFullName());
    for (Schema.Field field : schema.getFields()) {
      int column = row.getFieldIndex(field.name());
      if (column < 0) {
        byte[] absent = absent(schema, field);
        if (absent == null) {
          builder.refused(field.name());
        } else {
          builder.constant(field.name(), absent);
        }
        continue;
      }
      LogicalType type = row.getTypeAt(column);
      builder.column(
          field.name(),
          column,
          slot(field.schema(), type),
          RowData.createFieldGetter(type, column));
    }
    return builder.build();
  }

  /**
   * What is written for a field without a column: its default, null, or what has no bytes. A record
   * that is in itself may have no column for what is deeper, so an array or a map of such is empty.
   *
   * @return null if there is nothing that could be written
   */
  static byte @Nullable [] absent(Schema record, Schema.Field field) {
    if (field.hasDefaultValue()) {
      try {
        return ReadPlanner.defaultBytes(field);
      } catch (AvroRuntimeException e) {
        throw new ValidationException(
            String.format(
                "Field '%s.%s' has a default that cannot be written: %s",
                record.getFullName(), field.name(), e.getMessage()),
            e);
      }
    }
    Schema schema = field.schema();
    if (AvroTypes.isNullable(schema) && schema.getType() == Schema.Type.UNION) {
      return number(indexOfNull(schema));
    }
    if (AvroTypes.fieldType(record, field) == null) {
      return nothing(schema, new HashSet<>());
    }
    return empty(schema, record);
  }

  /** An empty array or map, if one of it would hold a record. */
  private static byte @Nullable [] empty(Schema schema, Schema record) {
    return switch (schema.getType()) {
      case ARRAY, MAP -> reaches(schema, record) ? new byte[] {0} : null;
      case UNION -> {
        for (int i = 0; i < schema.getTypes().size(); i++) {
          byte[] value = empty(schema.getTypes().get(i), record);
          if (value != null) {
            yield joined(number(i), value);
          }
        }
        yield null;
      }
      default -> null;
    };
  }

  /** What is written for what can have no column; null if it would have to be something. */
  private static byte @Nullable [] nothing(Schema schema, Set<String> around) {
    return switch (schema.getType()) {
      case NULL -> new byte[0];
      case ARRAY, MAP -> new byte[] {0};
      case UNION -> {
        for (int i = 0; i < schema.getTypes().size(); i++) {
          byte[] value = nothing(schema.getTypes().get(i), around);
          if (value != null) {
            yield joined(number(i), value);
          }
        }
        yield null;
      }
      case RECORD -> {
        if (!around.add(schema.getFullName())) {
          yield null;
        }
        byte[] all = new byte[0];
        for (Schema.Field field : schema.getFields()) {
          byte[] value =
              field.hasDefaultValue()
                  ? ReadPlanner.defaultBytes(field)
                  : nothing(field.schema(), around);
          if (value == null) {
            yield null;
          }
          all = joined(all, value);
        }
        yield all;
      }
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, ENUM, FIXED -> null;
    };
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static byte[] number(int number) {
    Output output = new Output(new byte[0]);
    output.begin();
    output.writeInt(number);
    return output.end();
  }

  /** Whether a record is in a value of a schema. */
  static boolean reaches(Schema schema, Schema record) {
    return reaches(schema, record.getFullName(), new HashSet<>());
  }

  private static boolean reaches(Schema schema, String record, Set<String> seen) {
    return switch (schema.getType()) {
      case ARRAY -> reaches(schema.getElementType(), record, seen);
      case MAP -> reaches(schema.getValueType(), record, seen);
      case UNION -> schema.getTypes().stream().anyMatch(branch -> reaches(branch, record, seen));
      case RECORD ->
          schema.getFullName().equals(record)
              || (seen.add(schema.getFullName())
                  && schema.getFields().stream()
                      .anyMatch(field -> reaches(field.schema(), record, seen)));
      case NULL, BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, ENUM, FIXED -> false;
    };
  }

  private static int indexOfNull(Schema union) {
    for (int i = 0; i < union.getTypes().size(); i++) {
      if (union.getTypes().get(i).getType() == Schema.Type.NULL) {
        return i;
      }
    }
    return -1;
  }

  private static Slot slot(Schema schema, LogicalType type) {
    if (schema.getType() != Schema.Type.UNION) {
      return new Slot(-1, -1, plain(schema, type));
    }
    int nullBranch = indexOfNull(schema);
    List<Schema> branches = AvroTypes.branches(schema);
    if (branches.size() == 1) {
      Schema only = branches.get(0);
      return new Slot(nullBranch, schema.getTypes().indexOf(only), plain(only, type));
    }
    List<String> names = AvroTypes.branchNames(branches);
    RowType row = (RowType) type;
    int size = row.getFieldCount();
    Slot[] slots = new Slot[size];
    RowData.FieldGetter[] getters = new RowData.FieldGetter[size];
    for (int i = 0; i < size; i++) {
      Schema branch = branches.get(names.indexOf(row.getFieldNames().get(i)));
      slots[i] = new Slot(-1, schema.getTypes().indexOf(branch), plain(branch, row.getTypeAt(i)));
      getters[i] = RowData.createFieldGetter(row.getTypeAt(i), i);
    }
    // The ROW itself has no place in the union; its field has.
    return new Slot(
        nullBranch,
        -1,
        new ValueWriter.Union(row.getFieldNames().toArray(String[]::new), getters, slots));
  }

  private static ValueWriter plain(Schema schema, LogicalType type) {
    return switch (schema.getType()) {
      case BOOLEAN -> new Plain(Kind.BOOLEAN);
      case INT ->
          type.is(LogicalTypeRoot.BIGINT)
              ? new Formed<>(Long.class, WritePlanner::writeInt)
              : new Plain(Kind.INT);
      case LONG -> number(schema, type);
      case FLOAT ->
          type.is(LogicalTypeRoot.DOUBLE)
              ? new Formed<>(Double.class, WritePlanner::writeFloat)
              : new Plain(Kind.FLOAT);
      case DOUBLE -> new Plain(Kind.DOUBLE);
      case STRING -> new Plain(Kind.STRING);
      case ENUM -> enumeration(schema);
      case BYTES, FIXED -> bytes(schema, type);
      case ARRAY -> {
        LogicalType element = ((ArrayType) type).getElementType();
        yield new ValueWriter.Array(
            slot(schema.getElementType(), element), ArrayData.createElementGetter(element));
      }
      case MAP -> {
        LogicalType value = ((MapType) type).getValueType();
        yield new ValueWriter.Entries(
            slot(schema.getValueType(), value), ArrayData.createElementGetter(value));
      }
      case RECORD -> record(schema, (RowType) type);
      case NULL, UNION -> throw new IllegalStateException(schema.getType().name());
    };
  }

  private static void writeInt(Output output, long number) throws Misfit {
    if (number != (int) number) {
      throw new Misfit(String.format("is %d, and its field is an int", number));
    }
    output.writeInt((int) number);
  }

  private static void writeFloat(Output output, double number) throws Misfit {
    float written = (float) number;
    if (Double.compare(written, number) != 0) {
      throw new Misfit(
          String.format("is %s, which no float holds, and its field is a float", number));
    }
    output.writeFloat(written);
  }

  private static ValueWriter number(Schema schema, LogicalType type) {
    TimeUnit unit = TimeUnit.of(schema);
    if (unit == null || type.is(LogicalTypeRoot.BIGINT)) {
      return new Plain(Kind.LONG);
    }
    if (unit.family() == TimeUnit.Family.TIME) {
      long perMilli = TimeUnit.power(unit.digits() - TimeUnit.MILLIS);
      return new Formed<>(Integer.class, (output, millis) -> output.writeLong(millis * perMilli));
    }
    int digits = unit.digits();
    return new Formed<>(
        TimestampData.class,
        (output, timestamp) -> output.writeLong(Times.number(timestamp, digits)));
  }

  private static ValueWriter enumeration(Schema schema) {
    Map<StringData, Integer> symbols = new HashMap<>();
    List<String> names = schema.getEnumSymbols();
    for (int i = 0; i < names.size(); i++) {
      BinaryStringData name = BinaryStringData.fromString(names.get(i));
      name.ensureMaterialized();
      symbols.put(name, i);
    }
    String known = String.join(", ", names.subList(0, Math.min(names.size(), SYMBOLS_IN_ERROR)));
    return new Formed<>(StringData.class, ValueWriter.symbols(symbols, known));
  }

  private static ValueWriter bytes(Schema schema, LogicalType type) {
    boolean isFixed = schema.getType() == Schema.Type.FIXED;
    int size = isFixed ? schema.getFixedSize() : -1;
    return switch (type.getTypeRoot()) {
      case DECIMAL -> {
        LogicalTypes.Decimal decimal = (LogicalTypes.Decimal) schema.getLogicalType();
        yield new Formed<>(
            DecimalData.class,
            (output, value) -> {
              byte[] number = Decimals.unscaled(value, decimal);
              if (isFixed) {
                output.raw(extended(number, size));
              } else {
                output.bytes(number);
              }
            });
      }
      case ROW -> new Formed<>(RowData.class, (output, row) -> output.raw(Durations.bytes(row)));
      case VARCHAR ->
          isFixed
              ? new Formed<>(StringData.class, WritePlanner::writeUuid)
              : new Formed<>(
                  StringData.class, (output, text) -> output.bytes(Decimals.big(text.toString())));
      default ->
          isFixed
              ? new Formed<>(
                  byte[].class,
                  (output, bytes) -> {
                    if (bytes.length != size) {
                      throw new Misfit(
                          String.format(
                              "has %d bytes, and its field is a fixed of %d", bytes.length, size));
                    }
                    output.raw(bytes);
                  })
              : new Formed<>(byte[].class, Output::bytes);
    };
  }

  private static void writeUuid(Output output, StringData text) throws Misfit {
    byte[] bytes = Uuids.bytes(text.toString());
    if (bytes == null) {
      throw new Misfit("is no UUID of 36 characters");
    }
    output.raw(bytes);
  }

  /** A number in more bytes. */
  private static byte[] extended(byte[] number, int size) throws Misfit {
    if (number.length > size) {
      throw new Misfit(
          String.format(
              "is a number of %d bytes, and its field is a fixed of %d", number.length, size));
    }
    byte[] bytes = new byte[size];
    int more = size - number.length;
    if (number[0] < 0) {
      Arrays.fill(bytes, 0, more, (byte) -1);
    }
    System.arraycopy(number, 0, bytes, more, number.length);
    return bytes;
  }
}
