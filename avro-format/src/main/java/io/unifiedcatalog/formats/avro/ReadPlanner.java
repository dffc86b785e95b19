package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Kind;
import io.unifiedcatalog.formats.avro.ValueReader.OfBytes;
import io.unifiedcatalog.formats.avro.ValueReader.OfLong;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Resolver;
import org.apache.avro.Resolver.Action;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Plans how records of one schema are read into the rows of another. What of one schema is what of
 * the other, Avro's own {@link Resolver} says.
 */
final class ReadPlanner {
  private final Skip.Maker skips = new Skip.Maker();

  private ReadPlanner() {}

  /**
   * Plans the reading of a row.
   *
   * @param writer what records were written with
   * @param reader what the columns are matched with
   * @throws ValidationException if a column has no field in the reader's schema, or its type cannot
   *     hold it; where the schemas do not fit, the plan refuses records instead
   */
  static RecordReader plan(Schema writer, Schema reader, RowType row) {
    Columns.check(reader, row, false);
    ReadPlanner planner = new ReadPlanner();
    String refusal;
    try {
      ValueReader plan = planner.value(Resolver.resolve(writer, reader), row, "");
      if (plan instanceof RecordReader record) {
        return record;
      }
      refusal = plan instanceof ValueReader.Refused refused ? refused.reason() : "";
    } catch (AvroRuntimeException e) {
      // A default that is none of its type.
      refusal = "the schemas do not fit: " + e.getMessage();
    }
    RecordReader.Builder builder = new RecordReader.Builder(row.getFieldCount());
    builder.read(reader.getName(), 0, new ValueReader.Refused(refusal));
    return builder.build();
  }

  private ValueReader value(Action action, LogicalType type, String path) {
    switch (action.type) {
      case ERROR -> {
        if (action.writer.getType() == Schema.Type.RECORD
            && action.reader.getType() == Schema.Type.RECORD) {
          return record(action.writer, action.reader, null, type, path);
        }
        return new ValueReader.Refused(
            String.format(
                "the value was written as %s, which cannot be read as %s",
                AvroTypes.describe(action.writer), AvroTypes.describe(action.reader)));
      }
      case WRITER_UNION -> {
        Resolver.WriterUnion union = (Resolver.WriterUnion) action;
        ValueReader[] branches = new ValueReader[union.actions.length];
        for (int i = 0; i < branches.length; i++) {
          branches[i] =
              union.unionEquiv
                  ? branch(union.actions[i], union.reader, i, type, path)
                  : value(union.actions[i], type, path);
        }
        return new ValueReader.Union(branches);
      }
      case READER_UNION -> {
        Resolver.ReaderUnion union = (Resolver.ReaderUnion) action;
        return branch(union.actualAction, union.reader, union.firstMatch, type, path);
      }
      case RECORD -> {
        return record(action.writer, action.reader, (Resolver.RecordAdjust) action, type, path);
      }
      case CONTAINER -> {
        return container((Resolver.Container) action, type, path);
      }
      case ENUM -> {
        return enumeration((Resolver.EnumAdjust) action);
      }
      case DO_NOTHING, PROMOTE -> {
        return leaf(action.writer, action.reader, type);
      }
      case SKIP -> throw new IllegalStateException("A field that is skipped is not read");
    }
    throw new IllegalStateException(action.type.name());
  }

  /** A type of a reader's union, resolved with what was written. */
  private ValueReader branch(
      Action action, Schema union, int index, LogicalType type, String path) {
    if (union.getTypes().get(index).getType() == Schema.Type.NULL) {
      return new ValueReader.Null();
    }
    List<Schema> branches = AvroTypes.branches(union);
    if (branches.size() == 1) {
      return value(action, type, path);
    }
    String name = AvroTypes.branchNames(branches).get(branches.indexOf(action.reader));
    RowType row = (RowType) type;
    int column = row.getFieldIndex(name);
    return column < 0
        ? new ValueReader.LostBranch(skips.of(action.writer), row.getFieldCount())
        : new ValueReader.Branch(
            value(action, row.getTypeAt(column), path + "." + name), column, row.getFieldCount());
  }

  private ValueReader record(
      Schema writer,
      Schema reader,
      Resolver.@Nullable RecordAdjust adjust,
      LogicalType type,
      String path) {
    RowType row = (RowType) type;
    RecordReader.Builder builder = new RecordReader.Builder(row.getFieldCount());
    Set<String> written = new HashSet<>();
    List<Schema.Field> fields = writer.getFields();
    for (int i = 0; i < fields.size(); i++) {
      Schema.Field field = fields.get(i);
      written.add(field.name());
      Schema.Field read = reader.getField(field.name());
      int column = row.getFieldIndex(field.name());
      if (read == null || column < 0) {
        builder.skip(field.name(), skips.of(field.schema()));
        continue;
      }
      Action action =
          adjust == null ? Resolver.resolve(field.schema(), read.schema()) : adjust.fieldActions[i];
      String inner = path.isEmpty() ? field.name() : path + "." + field.name();
      LogicalType columnType = row.getTypeAt(column);
      builder.read(
          field.name(),
          column,
          required(value(action, columnType, inner), read.schema(), columnType));
    }
    for (int column = 0; column < row.getFieldCount(); column++) {
      String name = row.getFieldNames().get(column);
      if (written.contains(name)) {
        continue;
      }
      Schema.Field read = reader.getField(name);
      if (!read.hasDefaultValue()) {
        return new ValueReader.Refused(
            String.format(
                "the schema that the record was written with has no field '%s', and that of the"
                    + " table has no default for it",
                path.isEmpty() ? name : path + "." + name));
      }
      Object value = defaultValue(read, row.getTypeAt(column), path);
      if (value == null && !row.getTypeAt(column).isNullable()) {
        return new ValueReader.Refused(
            String.format(
                "field '%s' is not in the record, its default is null, and its column is declared"
                    + " NOT NULL",
                path.isEmpty() ? name : path + "." + name));
      }
      builder.constant(column, value);
    }
    return builder.build();
  }

  /** The default of a field, as if it had been written. */
  private @Nullable Object defaultValue(Schema.Field field, LogicalType type, String path) {
    Schema schema = field.schema();
    byte[] bytes = defaultBytes(field);
    Input input = new Input();
    input.begin(bytes, 0);
    try {
      return value(Resolver.resolve(schema, schema), type, path).read(input);
    } catch (AvroParseException e) {
      throw new AvroRuntimeException(
          "the default of field '" + field.name() + "' cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * A field's default in Avro's encoding.
   *
   * @throws AvroRuntimeException if it is no value of the field's type
   */
  static byte[] defaultBytes(Schema.Field field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      new GenericDatumWriter<Object>(field.schema())
          .write(GenericData.get().getDefaultValue(field), encoder);
      encoder.flush();
    } catch (IOException | ClassCastException | NullPointerException e) {
      throw new AvroRuntimeException(
          "the default of field '" + field.name() + "' is no value of its type: " + e, e);
    }
    return bytes.toByteArray();
  }

  private static ValueReader required(ValueReader reader, Schema schema, LogicalType type) {
    return !type.isNullable() && AvroTypes.isNullable(schema)
        ? new ValueReader.Required(reader)
        : reader;
  }

  private ValueReader container(Resolver.Container action, LogicalType type, String path) {
    long size = skips.size(action.writer);
    if (action.reader.getType() == Schema.Type.ARRAY) {
      LogicalType element = ((ArrayType) type).getElementType();
      return new ValueReader.Array(
          required(
              value(action.elementAction, element, path), action.reader.getElementType(), element),
          size);
    }
    LogicalType value = ((MapType) type).getValueType();
    return new ValueReader.Entries(
        required(value(action.elementAction, value, path), action.reader.getValueType(), value),
        size);
  }

  private static ValueReader enumeration(Resolver.EnumAdjust action) {
    List<BinaryStringData> symbols = new ArrayList<>();
    for (String symbol : action.reader.getEnumSymbols()) {
      BinaryStringData name = BinaryStringData.fromString(symbol);
      name.ensureMaterialized();
      symbols.add(name);
    }
    @Nullable BinaryStringData[] names = new @Nullable BinaryStringData[action.adjustments.length];
    for (int i = 0; i < names.length; i++) {
      int symbol = action.adjustments[i];
      names[i] = symbol < 0 ? null : symbols.get(symbol);
    }
    return new ValueReader.Symbol(names, action.writer.getEnumSymbols());
  }

  /** A value without others in it; that the column holds it was checked. */
  private static ValueReader leaf(Schema writer, Schema reader, LogicalType type) {
    return switch (reader.getType()) {
      case NULL -> new ValueReader.Null();
      case BOOLEAN -> new ValueReader.Plain(Kind.BOOLEAN);
      case INT, LONG -> integer(writer, reader, type);
      case FLOAT -> {
        boolean widens = type.getTypeRoot() == LogicalTypeRoot.DOUBLE;
        yield switch (writer.getType()) {
          case INT, LONG ->
              number(writer, value -> widens ? (Object) (double) (float) value : (float) value);
          default ->
              widens
                  ? new ValueReader.Real(true, value -> value)
                  : new ValueReader.Plain(Kind.FLOAT);
        };
      }
      case DOUBLE ->
          switch (writer.getType()) {
            case INT, LONG -> number(writer, value -> (double) value);
            case FLOAT -> new ValueReader.Real(true, value -> value);
            default -> new ValueReader.Plain(Kind.DOUBLE);
          };
      case STRING, BYTES, FIXED -> bytes(writer, reader, type);
      case RECORD, ENUM, ARRAY, MAP, UNION ->
          throw new IllegalStateException("Not a leaf: " + reader.getType());
    };
  }

  private static ValueReader number(Schema writer, OfLong conversion) {
    return new ValueReader.OfNumber(writer.getType() == Schema.Type.INT, conversion);
  }

  private static ValueReader integer(Schema writer, Schema reader, LogicalType type) {
    TimeUnit unit = TimeUnit.of(reader);
    TimeUnit written = unit == null ? null : unit.ofWriter(writer);
    boolean isInt = writer.getType() == Schema.Type.INT;
    switch (type.getTypeRoot()) {
      case INTEGER, DATE -> {
        return new ValueReader.Plain(Kind.INT);
      }
      case BIGINT -> {
        if (unit != null && written != null && unit.digits() != written.digits()) {
          return number(writer, Times.asLong(written.digits(), unit.digits()));
        }
        return isInt ? number(writer, value -> value) : new ValueReader.Plain(Kind.LONG);
      }
      case TIME_WITHOUT_TIME_ZONE -> {
        int digits = written == null ? TimeUnit.MILLIS : written.digits();
        return number(writer, Times.asTime(digits, type));
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        int digits = written == null ? TimeUnit.MILLIS : written.digits();
        return number(writer, Times.asTimestamp(digits, type));
      }
      default -> throw new IllegalStateException(type.toString());
    }
  }

  private static ValueReader bytes(Schema writer, Schema reader, LogicalType type) {
    int fixed = writer.getType() == Schema.Type.FIXED ? writer.getFixedSize() : -1;
    switch (type.getTypeRoot()) {
      case VARBINARY -> {
        return new ValueReader.Bytes(
            fixed, (input, from, length) -> Arrays.copyOfRange(input.bytes(), from, from + length));
      }
      case DECIMAL -> {
        return new ValueReader.Bytes(fixed, Decimals.reader(writer, reader, type));
      }
      case ROW -> {
        return new ValueReader.Bytes(fixed, Durations.READER);
      }
      case VARCHAR -> {
        if (AvroTypes.isUuid(reader)) {
          return new ValueReader.Bytes(fixed, ReadPlanner::uuid);
        }
        if (AvroTypes.isBigDecimal(reader)) {
          return new ValueReader.Bytes(fixed, bigDecimal());
        }
        return new ValueReader.Plain(Kind.STRING);
      }
      default -> throw new IllegalStateException(type.toString());
    }
  }

  private static Object uuid(Input input, int from, int length) {
    return BinaryStringData.fromString(Uuids.text(input.bytes(), from));
  }

  private static OfBytes bigDecimal() {
    return (input, from, length) ->
        BinaryStringData.fromString(Decimals.big(input.bytes(), from, length).toString());
  }
}
