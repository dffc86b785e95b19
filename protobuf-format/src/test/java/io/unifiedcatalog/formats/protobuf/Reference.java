package io.unifiedcatalog.formats.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What a record means, by Protobuf's own library and the table of types: slow, and with nothing in
 * common with the format.
 *
 * <p>Rows are compared as plain values: a ROW or ARRAY is a {@link List}, a MAP a {@link Map},
 * BYTES a {@link ByteString}, an integer or text what Java calls it, a message in a BYTES column an
 * {@link Opaque}, proto JSON a {@link Json}.
 */
final class Reference {
  /** A message whose column is BYTES. The same message may be different bytes. */
  record Opaque(Message message) {}

  /** Proto JSON. The same value may be different text. */
  record Json(JsonElement value) {}

  /** That a record has no meaning. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  private final Descriptor declared;
  private final Descriptor parsed;
  private final ExtensionRegistry extensions;
  private final JsonFormat.TypeRegistry types;
  private final RowType columns;
  private final boolean absentAsNull;

  /**
   * @param absentAsNull whether fields without presence that are not set are NULL
   */
  Reference(Descriptor message, RowType columns, boolean absentAsNull) {
    this.declared = message;
    this.columns = columns;
    this.absentAsNull = absentAsNull;
    FileDescriptor file = withoutEnumsInMaps(message.getFile());
    this.parsed = find(file, message);
    this.extensions = ExtensionRegistry.newInstance();
    for (FieldDescriptor extension : file.getExtensions()) {
      if (extension.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        extensions.add(extension, DynamicMessage.getDefaultInstance(extension.getMessageType()));
      } else {
        extensions.add(extension);
      }
    }
    this.types = JsonFormat.TypeRegistry.newBuilder().add(file.getMessageTypes()).build();
  }

  Descriptor message() {
    return declared;
  }

  private static Descriptor find(FileDescriptor file, Descriptor message) {
    if (message.getContainingType() != null) {
      return find(file, message.getContainingType()).findNestedTypeByName(message.getName());
    }
    return file.findMessageTypeByName(message.getName());
  }

  /**
   * The file with numbers in place of enums in maps. DynamicMessage keeps an entry whose value is
   * not in a closed enum; it is an unknown field.
   */
  private static FileDescriptor withoutEnumsInMaps(FileDescriptor file) {
    FileDescriptorProto.Builder proto = file.toProto().toBuilder();
    proto
        .getMessageTypeBuilderList()
        .forEach(
            message -> withoutEnumsInMaps(message, file.findMessageTypeByName(message.getName())));
    try {
      return FileDescriptor.buildFrom(
          proto.build(), file.getDependencies().toArray(FileDescriptor[]::new));
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static void withoutEnumsInMaps(DescriptorProto.Builder message, Descriptor declared) {
    for (DescriptorProto.Builder nested : message.getNestedTypeBuilderList()) {
      withoutEnumsInMaps(nested, declared.findNestedTypeByName(nested.getName()));
    }
    if (message.getOptions().getMapEntry()) {
      FieldDescriptorProto.Builder value = message.getFieldBuilder(1);
      if (value.getType() == FieldDescriptorProto.Type.TYPE_ENUM) {
        value.setType(FieldDescriptorProto.Type.TYPE_INT32).clearTypeName();
        // What an entry without a value has is the first of its enum.
        int first = declared.findFieldByNumber(2).getEnumType().getValues().get(0).getNumber();
        if (first != 0) {
          value.setDefaultValue(Integer.toString(first));
        }
      }
    }
  }

  /** A record as a message; required fields may be missing. */
  DynamicMessage parse(byte[] record) throws Refused {
    return parse(parsed, ByteString.copyFrom(record));
  }

  private DynamicMessage parse(Descriptor message, ByteString bytes) throws Refused {
    try {
      return DynamicMessage.newBuilder(message).mergeFrom(bytes, extensions).buildPartial();
    } catch (InvalidProtocolBufferException e) {
      throw new Refused(e.toString());
    }
  }

  /** A record as plain values. */
  List<@Nullable Object> decode(byte[] record) throws Refused {
    return row(parse(record), declared, columns);
  }

  private List<@Nullable Object> row(Message message, Descriptor shape, RowType type)
      throws Refused {
    List<@Nullable Object> row = new ArrayList<>();
    for (RowType.RowField column : type.getFields()) {
      FieldDescriptor field = field(shape, column.getName());
      row.add(column(message, own(message, field), field, column.getType()));
    }
    return row;
  }

  static FieldDescriptor field(Descriptor message, String column) {
    FieldDescriptor field =
        column.startsWith("[")
            ? message.getFile().getExtensions().stream()
                .filter(each -> column.equals("[" + each.getFullName() + "]"))
                .findFirst()
                .orElse(null)
            : message.findFieldByName(column);
    if (field == null) {
      throw new AssertionError("No field for column " + column);
    }
    return field;
  }

  /** A declared field in the descriptor that a message was parsed with. */
  private static FieldDescriptor own(Message message, FieldDescriptor declared) {
    return field(
        message.getDescriptorForType(),
        declared.isExtension() ? "[" + declared.getFullName() + "]" : declared.getName());
  }

  private @Nullable Object column(
      Message message, FieldDescriptor own, FieldDescriptor field, LogicalType type)
      throws Refused {
    if (field.isMapField()) {
      Map<Object, @Nullable Object> map =
          map((List<?>) message.getField(own), field.getMessageType(), (MapType) type);
      return map.isEmpty() ? unset(map, type) : map;
    }
    if (field.isRepeated()) {
      List<@Nullable Object> list = new ArrayList<>();
      for (Object element : (List<?>) message.getField(own)) {
        list.add(value(element, field, ((ArrayType) type).getElementType()));
      }
      return list.isEmpty() ? unset(list, type) : list;
    }
    if (field.hasPresence()) {
      if (message.hasField(own)) {
        return value(message.getField(own), field, type);
      }
      if (field.isRequired() || !type.isNullable()) {
        throw new Refused(field.getFullName() + " is missing");
      }
      return null;
    }
    Object value = value(message.getField(own), field, type);
    return message.hasField(own) ? value : unset(value, type);
  }

  private @Nullable Object unset(Object zero, LogicalType type) {
    // Zero on the wire and nothing on the wire are the same message, and so the same row.
    return absentAsNull && type.isNullable() ? null : zero;
  }

  private Map<Object, @Nullable Object> map(List<?> entries, Descriptor entry, MapType type)
      throws Refused {
    FieldDescriptor keyField = entry.findFieldByNumber(1);
    FieldDescriptor valueField = entry.findFieldByNumber(2);
    // The last entry of a key wins, and what it replaced has no say.
    Map<Object, Object> last = new LinkedHashMap<>();
    for (Object each : entries) {
      Message message = (Message) each;
      Object value = message.getField(own(message, valueField));
      if (valueField.getJavaType() == FieldDescriptor.JavaType.ENUM) {
        value = number(valueField.getEnumType(), (Integer) value);
        if (value == null) {
          continue;
        }
      }
      last.put(value(message.getField(own(message, keyField)), keyField, type.getKeyType()), value);
    }
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> survivor : last.entrySet()) {
      map.put(survivor.getKey(), value(survivor.getValue(), valueField, type.getValueType()));
    }
    return map;
  }

  private static @Nullable EnumValueDescriptor number(EnumDescriptor constants, int number) {
    return constants.isClosed()
        ? constants.findValueByNumber(number)
        : constants.findValueByNumberCreatingIfUnknown(number);
  }

  private Object value(Object value, FieldDescriptor field, LogicalType type) throws Refused {
    LogicalTypeRoot root = type.getTypeRoot();
    return switch (field.getType()) {
      case BOOL, DOUBLE, BYTES, INT64, SINT64, SFIXED64 -> value;
      case FLOAT -> root == LogicalTypeRoot.DOUBLE ? ((Float) value).doubleValue() : value;
      case INT32, SINT32, SFIXED32 ->
          root == LogicalTypeRoot.BIGINT ? ((Integer) value).longValue() : value;
      case UINT32, FIXED32 -> {
        if (root == LogicalTypeRoot.BIGINT) {
          yield Integer.toUnsignedLong((Integer) value);
        }
        yield notNegative(((Integer) value).longValue(), value, field);
      }
      case UINT64, FIXED64 -> {
        if (root == LogicalTypeRoot.DECIMAL) {
          yield new BigDecimal(new BigInteger(Long.toUnsignedString((Long) value)));
        }
        yield notNegative((Long) value, value, field);
      }
      case STRING -> value;
      case ENUM -> {
        EnumValueDescriptor constant = (EnumValueDescriptor) value;
        if (root == LogicalTypeRoot.INTEGER) {
          yield constant.getNumber();
        }
        EnumValueDescriptor known = field.getEnumType().findValueByNumber(constant.getNumber());
        yield known == null ? Integer.toString(constant.getNumber()) : known.getName();
      }
      case MESSAGE, GROUP -> message((Message) value, field, type);
    };
  }

  private static Object notNegative(long signed, Object value, FieldDescriptor field)
      throws Refused {
    if (signed < 0) {
      throw new Refused(field.getFullName() + " overflows");
    }
    return value;
  }

  private Object message(Message value, FieldDescriptor field, LogicalType type) throws Refused {
    Descriptor message = value.getDescriptorForType();
    if (type instanceof RowType row) {
      return row(value, field.getMessageType(), row);
    }
    String name = message.getFullName();
    if (isWrapper(message) && !holdsWhole(message, type)) {
      FieldDescriptor inner = message.findFieldByNumber(1);
      return value(value.getField(inner), inner, type);
    }
    if (type.getTypeRoot() == LogicalTypeRoot.VARBINARY) {
      return new Opaque(value);
    }
    if (name.equals("google.protobuf.Timestamp")) {
      return timestamp(
          (Long) value.getField(message.findFieldByNumber(1)),
          (Integer) value.getField(message.findFieldByNumber(2)));
    }
    try {
      return new Json(
          JsonParser.parseString(JsonFormat.printer().usingTypeRegistry(types).print(value)));
    } catch (InvalidProtocolBufferException | RuntimeException e) {
      throw new Refused(e.toString());
    }
  }

  static boolean isWrapper(Descriptor message) {
    return message.getFile().getName().equals("google/protobuf/wrappers.proto");
  }

  /** Whether a wrapper's column holds the wrapper as bytes rather than what it wraps. */
  private static boolean holdsWhole(Descriptor wrapper, LogicalType type) {
    return type.getTypeRoot() == LogicalTypeRoot.VARBINARY
        && wrapper.findFieldByNumber(1).getType() != FieldDescriptor.Type.BYTES;
  }

  /** From 0001-01-01T00:00:00Z to the end of 9999, which is what the type is defined for. */
  private static TimestampData timestamp(long seconds, int nanos) throws Refused {
    if (seconds < -62_135_596_800L
        || seconds > 253_402_300_799L
        || nanos < 0
        || nanos > 999_999_999) {
      throw new Refused("No timestamp: " + seconds + ", " + nanos);
    }
    return TimestampData.fromEpochMillis(seconds * 1000 + nanos / 1_000_000, nanos % 1_000_000);
  }

  /** Whether a row of the format is what a record was expected to be. */
  static boolean equal(@Nullable Object actual, @Nullable Object expected) {
    if (actual instanceof List<?> list && expected instanceof List<?> other) {
      boolean equal = list.size() == other.size();
      for (int i = 0; equal && i < list.size(); i++) {
        equal = equal(list.get(i), other.get(i));
      }
      return equal;
    }
    if (actual instanceof Map<?, ?> map && expected instanceof Map<?, ?> other) {
      return map.keySet().equals(other.keySet())
          && map.keySet().stream().allMatch(key -> equal(map.get(key), other.get(key)));
    }
    return actual == null ? expected == null : actual.equals(expected);
  }

  /** A row of the format as plain values. */
  List<@Nullable Object> read(RowData row) throws Refused {
    return read(row, declared, columns);
  }

  private List<@Nullable Object> read(RowData row, Descriptor message, RowType type)
      throws Refused {
    if (row.getArity() != type.getFieldCount()) {
      throw new AssertionError("A row of " + row.getArity() + " columns for " + type);
    }
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < row.getArity(); i++) {
      LogicalType column = type.getTypeAt(i);
      Object value = RowData.createFieldGetter(column, i).getFieldOrNull(row);
      values.add(read(value, field(message, type.getFieldNames().get(i)), column));
    }
    return values;
  }

  /** A column of the format as a plain value. */
  @Nullable Object read(@Nullable Object value, FieldDescriptor field, LogicalType type)
      throws Refused {
    if (value == null) {
      return null;
    }
    if (value instanceof RowData row) {
      return read(row, field.getMessageType(), (RowType) type);
    }
    if (value instanceof ArrayData array) {
      return elements(array, field, ((ArrayType) type).getElementType());
    }
    if (value instanceof MapData map) {
      MapType mapType = (MapType) type;
      Descriptor entry = field.getMessageType();
      List<?> keys = elements(map.keyArray(), entry.findFieldByNumber(1), mapType.getKeyType());
      List<?> values =
          elements(map.valueArray(), entry.findFieldByNumber(2), mapType.getValueType());
      Map<@Nullable Object, @Nullable Object> plain = new HashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        plain.put(keys.get(i), values.get(i));
      }
      if (plain.size() != keys.size() || plain.size() != map.size()) {
        throw new AssertionError("A map with a key twice: " + keys);
      }
      return plain;
    }
    if (value instanceof StringData text) {
      String string = new String(text.toBytes(), UTF_8);
      boolean isJson =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && !isWrapper(field.getMessageType());
      return isJson ? new Json(JsonParser.parseString(string)) : string;
    }
    if (value instanceof byte[] bytes) {
      boolean isMessage =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && !(isWrapper(field.getMessageType()) && !holdsWhole(field.getMessageType(), type));
      return isMessage
          ? new Opaque(parse(find(field.getMessageType()), ByteString.copyFrom(bytes)))
          : ByteString.copyFrom(bytes);
    }
    return value instanceof DecimalData decimal ? decimal.toBigDecimal() : value;
  }

  private Descriptor find(Descriptor message) {
    return message.getFile().getName().equals(parsed.getFile().getName())
        ? find(parsed.getFile(), message)
        : message;
  }

  private List<@Nullable Object> elements(ArrayData array, FieldDescriptor field, LogicalType type)
      throws Refused {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
    List<@Nullable Object> elements = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      elements.add(read(getter.getElementOrNull(array, i), field, type));
    }
    return elements;
  }

  /** Plain values as a row, to be written. */
  static GenericRowData row(List<?> values, RowType type) {
    GenericRowData row = new GenericRowData(values.size());
    for (int i = 0; i < values.size(); i++) {
      row.setField(i, internal(values.get(i), type.getTypeAt(i)));
    }
    return row;
  }

  private static @Nullable Object internal(@Nullable Object value, LogicalType type) {
    if (value instanceof List<?> list) {
      return type instanceof RowType row
          ? row(list, row)
          : new GenericArrayData(
              list.stream()
                  .map(element -> internal(element, ((ArrayType) type).getElementType()))
                  .toArray());
    }
    if (value instanceof Map<?, ?> map) {
      MapType mapType = (MapType) type;
      Map<@Nullable Object, @Nullable Object> internal = new LinkedHashMap<>();
      map.forEach(
          (key, element) ->
              internal.put(
                  internal(key, mapType.getKeyType()), internal(element, mapType.getValueType())));
      return new GenericMapData(internal);
    }
    if (value instanceof String text) {
      return StringData.fromString(text);
    }
    if (value instanceof ByteString bytes) {
      return bytes.toByteArray();
    }
    if (value instanceof BigDecimal decimal) {
      return DecimalData.fromBigDecimal(decimal, ((DecimalType) type).getPrecision(), 0);
    }
    if (value instanceof Opaque opaque) {
      return opaque.message().toByteArray();
    }
    return value instanceof Json json ? StringData.fromString(json.value().toString()) : value;
  }
}
