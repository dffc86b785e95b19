package io.unifiedcatalog.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * How a format would be written on top of {@link DynamicMessage}: parse, then convert field by
 * field. For the types of the benchmark's events only.
 */
final class DynamicMessageSchema
    implements DeserializationSchema<RowData>, SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final transient Descriptor descriptor;
  private final transient Fields fields;

  DynamicMessageSchema(Descriptor descriptor, RowType type) {
    this.descriptor = descriptor;
    this.fields = new Fields(descriptor, type);
  }

  /** The fields of a message in the order of a row's columns. */
  private static final class Fields {
    final FieldDescriptor[] descriptors;
    final LogicalType[] types;
    final @Nullable Fields[] nested;
    final RowData.FieldGetter[] getters;

    Fields(Descriptor descriptor, RowType type) {
      int count = type.getFieldCount();
      descriptors = new FieldDescriptor[count];
      types = new LogicalType[count];
      nested = new Fields[count];
      getters = new RowData.FieldGetter[count];
      for (int i = 0; i < count; i++) {
        descriptors[i] = descriptor.findFieldByName(type.getFieldNames().get(i));
        types[i] = type.getTypeAt(i);
        getters[i] = RowData.createFieldGetter(types[i], i);
        LogicalType element =
            types[i] instanceof ArrayType array ? array.getElementType() : types[i];
        if (element instanceof RowType row) {
          nested[i] = new Fields(descriptors[i].getMessageType(), row);
        }
      }
    }
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    return row(DynamicMessage.parseFrom(descriptor, message), fields);
  }

  private static RowData row(Message message, Fields fields) {
    GenericRowData row = new GenericRowData(fields.descriptors.length);
    for (int i = 0; i < fields.descriptors.length; i++) {
      FieldDescriptor field = fields.descriptors[i];
      if (!field.hasPresence() || message.hasField(field)) {
        row.setField(i, value(message.getField(field), field, fields.nested[i]));
      }
    }
    return row;
  }

  private static Object value(Object value, FieldDescriptor field, @Nullable Fields nested) {
    if (field.isMapField()) {
      FieldDescriptor keyField = field.getMessageType().findFieldByNumber(1);
      FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
      Map<Object, Object> map = new LinkedHashMap<>();
      for (Object entry : (List<?>) value) {
        Message message = (Message) entry;
        map.put(scalar(message.getField(keyField)), scalar(message.getField(valueField)));
      }
      return new GenericMapData(map);
    }
    if (field.isRepeated()) {
      List<?> list = (List<?>) value;
      Object[] elements = new Object[list.size()];
      for (int i = 0; i < elements.length; i++) {
        elements[i] = nested == null ? scalar(list.get(i)) : row((Message) list.get(i), nested);
      }
      return new GenericArrayData(elements);
    }
    return nested == null ? scalar(value) : row((Message) value, nested);
  }

  private static Object scalar(Object value) {
    if (value instanceof String text) {
      return StringData.fromString(text);
    }
    if (value instanceof EnumValueDescriptor constant) {
      return StringData.fromString(constant.getName());
    }
    if (value instanceof ByteString bytes) {
      return bytes.toByteArray();
    }
    return value;
  }

  @Override
  public byte[] serialize(RowData row) {
    return message(row, descriptor, fields).toByteArray();
  }

  private static Message message(RowData row, Descriptor descriptor, Fields fields) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
    for (int i = 0; i < fields.descriptors.length; i++) {
      Object value = fields.getters[i].getFieldOrNull(row);
      if (value != null) {
        FieldDescriptor field = fields.descriptors[i];
        message.setField(field, fieldValue(value, field, fields.types[i], fields.nested[i]));
      }
    }
    return message.build();
  }

  private static Object fieldValue(
      Object value, FieldDescriptor field, LogicalType type, @Nullable Fields nested) {
    if (field.isMapField()) {
      MapType mapType = (MapType) type;
      Descriptor entry = field.getMessageType();
      ArrayData keys = ((MapData) value).keyArray();
      ArrayData values = ((MapData) value).valueArray();
      ArrayData.ElementGetter key = ArrayData.createElementGetter(mapType.getKeyType());
      ArrayData.ElementGetter element = ArrayData.createElementGetter(mapType.getValueType());
      List<Message> entries = new ArrayList<>(keys.size());
      for (int i = 0; i < keys.size(); i++) {
        FieldDescriptor keyField = entry.findFieldByNumber(1);
        FieldDescriptor valueField = entry.findFieldByNumber(2);
        entries.add(
            DynamicMessage.newBuilder(entry)
                .setField(keyField, fieldScalar(present(key.getElementOrNull(keys, i)), keyField))
                .setField(
                    valueField,
                    fieldScalar(present(element.getElementOrNull(values, i)), valueField))
                .build());
      }
      return entries;
    }
    if (field.isRepeated()) {
      ArrayData array = (ArrayData) value;
      ArrayData.ElementGetter getter =
          ArrayData.createElementGetter(((ArrayType) type).getElementType());
      List<Object> list = new ArrayList<>(array.size());
      for (int i = 0; i < array.size(); i++) {
        Object element = present(getter.getElementOrNull(array, i));
        list.add(
            nested == null
                ? fieldScalar(element, field)
                : message((RowData) element, field.getMessageType(), nested));
      }
      return list;
    }
    return nested == null
        ? fieldScalar(value, field)
        : message((RowData) value, field.getMessageType(), nested);
  }

  private static Object present(@Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException("An array or map of the benchmark's events has no nulls");
    }
    return value;
  }

  private static Object fieldScalar(Object value, FieldDescriptor field) {
    if (value instanceof StringData text) {
      return field.getJavaType() == FieldDescriptor.JavaType.ENUM
          ? field.getEnumType().findValueByName(text.toString())
          : new String(text.toBytes(), UTF_8);
    }
    return value instanceof byte[] bytes ? ByteString.copyFrom(bytes) : value;
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return TypeInformation.of(RowData.class);
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {}

  @Override
  public void open(SerializationSchema.InitializationContext context) {}
}
