package io.unifiedcatalog.formats.avro;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericArray;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What Avro's own {@link GenericDatumReader} reads, with its own conversions of logical types, as
 * values that can be compared.
 */
final class Reference {
  static final int RECURSION_DEPTH = 2;

  private static final GenericData DATA = new GenericData();

  static {
    DATA.addLogicalTypeConversion(new Conversions.DecimalConversion());
    DATA.addLogicalTypeConversion(new Conversions.BigDecimalConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.DateConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
    DATA.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
  }

  private Reference() {}

  static @Nullable Object read(byte[] record, Schema writer, Schema reader, RowType type)
      throws IOException {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(record, null);
    GenericRecord datum =
        new GenericDatumReader<GenericRecord>(writer, reader, DATA).read(null, decoder);
    if (!decoder.isEnd()) {
      throw new IOException("Bytes are left");
    }
    return of(datum, reader, type);
  }

  private static @Nullable Object of(@Nullable Object datum, Schema schema, LogicalType type) {
    if (schema.getType() != Schema.Type.UNION) {
      return plain(datum, schema, type);
    }
    if (datum == null) {
      return null;
    }
    Schema branch = schema.getTypes().get(DATA.resolveUnion(schema, datum));
    List<Schema> branches =
        schema.getTypes().stream().filter(each -> each.getType() != Schema.Type.NULL).toList();
    if (branches.size() == 1) {
      return plain(datum, branch, type);
    }
    List<@Nullable Object> row = new ArrayList<>();
    for (RowType.RowField field : ((RowType) type).getFields()) {
      boolean same =
          field.getName().equals(branch.getName()) || field.getName().equals(branch.getFullName());
      row.add(same ? plain(datum, branch, field.getType()) : null);
    }
    return row;
  }

  private static @Nullable Object plain(@Nullable Object datum, Schema schema, LogicalType type) {
    if (datum == null) {
      return null;
    }
    if (datum instanceof GenericRecord record) {
      List<@Nullable Object> row = new ArrayList<>();
      for (RowType.RowField field : ((RowType) type).getFields()) {
        Schema.Field of = record.getSchema().getField(field.getName());
        row.add(of(record.get(of.pos()), of.schema(), field.getType()));
      }
      return row;
    }
    if (datum instanceof GenericFixed fixed) {
      if (type.is(LogicalTypeRoot.ROW)) {
        // Avro's own reader converts a duration of a union twice, and fails.
        ByteBuffer parts = ByteBuffer.wrap(fixed.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        List<@Nullable Object> row = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          row.add(Integer.toUnsignedLong(parts.getInt()));
        }
        return row;
      }
      if (type.is(LogicalTypeRoot.VARCHAR)) {
        ByteBuffer uuid = ByteBuffer.wrap(fixed.bytes());
        return new UUID(uuid.getLong(), uuid.getLong()).toString();
      }
      return Arrays.toString(fixed.bytes());
    }
    if (datum instanceof GenericEnumSymbol<?> || datum instanceof CharSequence) {
      return datum.toString();
    }
    if (datum instanceof GenericArray<?> || datum instanceof List<?>) {
      List<@Nullable Object> list = new ArrayList<>();
      for (Object item : (List<?>) datum) {
        list.add(of(item, schema.getElementType(), ((ArrayType) type).getElementType()));
      }
      return list;
    }
    if (datum instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> copy = new HashMap<>();
      map.forEach(
          (key, value) ->
              copy.put(
                  key.toString(),
                  of(value, schema.getValueType(), ((MapType) type).getValueType())));
      return copy;
    }
    if (datum instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return Arrays.toString(bytes);
    }
    if (datum instanceof BigDecimal && isText(schema)) {
      return datum.toString();
    }
    if (datum instanceof LocalTime time && type.is(LogicalTypeRoot.BIGINT)) {
      return time.toNanoOfDay() / 1000;
    }
    return datum;
  }

  private static boolean isText(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.BigDecimal;
  }

  /** What the format read. */
  static List<@Nullable Object> of(RowData row, RowType type) {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < type.getFieldCount(); i++) {
      LogicalType field = type.getTypeAt(i);
      list.add(of(RowData.createFieldGetter(field, i).getFieldOrNull(row), field));
    }
    return list;
  }

  private static @Nullable Object of(@Nullable Object value, LogicalType type) {
    if (value == null) {
      if (!type.isNullable()) {
        throw new AssertionError("NULL in " + type);
      }
      return null;
    }
    return switch (type.getTypeRoot()) {
      case ROW -> of((RowData) value, (RowType) type);
      case ARRAY -> list((ArrayData) value, ((ArrayType) type).getElementType());
      case MAP -> {
        MapData data = (MapData) value;
        List<@Nullable Object> keys = list(data.keyArray(), ((MapType) type).getKeyType());
        List<@Nullable Object> values = list(data.valueArray(), ((MapType) type).getValueType());
        Map<Object, @Nullable Object> map = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
          map.put(String.valueOf(keys.get(i)), values.get(i));
        }
        yield map;
      }
      case VARCHAR -> value.toString();
      case VARBINARY -> Arrays.toString((byte[]) value);
      case DECIMAL -> ((org.apache.flink.table.data.DecimalData) value).toBigDecimal();
      case DATE -> LocalDate.ofEpochDay((Integer) value);
      case TIME_WITHOUT_TIME_ZONE -> LocalTime.ofNanoOfDay((Integer) value * 1_000_000L);
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> instant(value);
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          LocalDateTime.ofInstant(instant(value), java.time.ZoneOffset.UTC);
      default -> value;
    };
  }

  private static Instant instant(Object value) {
    return ((org.apache.flink.table.data.TimestampData) value).toInstant();
  }

  private static List<@Nullable Object> list(ArrayData array, LogicalType element) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      list.add(of(getter.getElementOrNull(array, i), element));
    }
    return list;
  }
}
