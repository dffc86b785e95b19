package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.AbsentAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.EnumsAs;
import io.unifiedcatalog.formats.protobuf.Value.Form;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * Finds for each declared column the field of its name, and how the one holds the other. A column
 * may be declared otherwise than {@link ProtobufTypes} says where nothing is lost in silence.
 */
final class Planner {
  private final DescriptorSet descriptors;
  private final EnumsAs enumsAs;
  private final AbsentAs absentAs;
  private final boolean forWriting;

  /** How many ROWs stand around the place that is being planned. */
  private int levels;

  private Planner(
      DescriptorSet descriptors, EnumsAs enumsAs, AbsentAs absentAs, boolean forWriting) {
    this.descriptors = descriptors;
    this.enumsAs = enumsAs;
    this.absentAs = absentAs;
    this.forWriting = forWriting;
  }

  /**
   * Plans the reading, or writing, of a message.
   *
   * @throws ValidationException if a column has no field, or its type cannot hold it
   */
  static MessagePlan plan(
      DescriptorSet descriptors,
      Descriptor message,
      RowType row,
      EnumsAs enumsAs,
      AbsentAs absentAs,
      boolean forWriting) {
    if (WellKnown.of(message) == WellKnown.OPAQUE) {
      throw new ValidationException(
          String.format(
              "Message '%s' has the old MessageSet encoding, which has no columns.",
              message.getFullName()));
    }
    return new Planner(descriptors, enumsAs, absentAs, forWriting).message(message, row, "");
  }

  private MessagePlan message(Descriptor message, RowType row, String around) {
    if (++levels > ProtobufTypes.MAXIMUM_LEVELS) {
      throw new ValidationException(
          String.format(
              "Column '%s' is the ROW of level %d, and messages may stand no more than %d deep one"
                  + " in another. Declare it, or one around it, as BYTES.",
              around, levels, ProtobufTypes.MAXIMUM_LEVELS));
    }
    List<MessagePlan.Column> columns = new ArrayList<>();
    Map<FieldDescriptor, String> read = new HashMap<>();
    for (int i = 0; i < row.getFieldCount(); i++) {
      String name = row.getFieldNames().get(i);
      String path = around.isEmpty() ? name : around + "." + name;
      FieldDescriptor field = descriptors.field(message, name);
      if (field == null) {
        throw new ValidationException(
            String.format(
                "Column '%s' names no field of message '%s'. Its fields are: %s. Rename the column,"
                    + " or leave it out.",
                path,
                message.getFullName(),
                descriptors.fields(message).stream()
                    .map(ProtobufTypes::columnName)
                    .collect(Collectors.joining(", "))));
      }
      read.put(field, name);
      columns.add(column(field, row.getTypeAt(i), i, path));
    }
    if (forWriting) {
      for (FieldDescriptor field : descriptors.fields(message)) {
        if (field.isRequired() && !read.containsKey(field)) {
          throw new ValidationException(
              String.format(
                  "Field '%s' is required, but no column%s is named '%s': nobody could read what is"
                      + " written. Declare the column as %s.",
                  field.getFullName(),
                  around.isEmpty() ? "" : " of '" + around + "'",
                  ProtobufTypes.columnName(field),
                  canonical(field)));
        }
      }
    }
    levels--;
    return new MessagePlan(message, columns);
  }

  private MessagePlan.Column column(
      FieldDescriptor field, LogicalType type, int index, String path) {
    Value key = null;
    Value value;
    MessagePlan.Shape shape;
    if (field.isMapField()) {
      if (!(type instanceof MapType map)) {
        throw mismatch(field, type, path);
      }
      Descriptor entry = field.getMessageType();
      shape = MessagePlan.Shape.MAP;
      key = value(entry.findFieldByNumber(1), map.getKeyType(), path, field, type);
      value = value(entry.findFieldByNumber(2), map.getValueType(), path, field, type);
    } else if (field.isRepeated()) {
      if (!(type instanceof ArrayType array)) {
        throw mismatch(field, type, path);
      }
      shape = MessagePlan.Shape.ARRAY;
      value = value(field, array.getElementType(), path, field, type);
    } else {
      shape = MessagePlan.Shape.SINGLE;
      value = value(field, type, path, field, type);
    }
    boolean required = field.isRequired() || (!type.isNullable() && field.hasPresence());
    Object absent = null;
    // A field without presence is never absent to Protobuf: NOT NULL takes its zero value.
    if (!field.hasPresence() && (absentAs == AbsentAs.DEFAULT || !type.isNullable())) {
      absent =
          switch (shape) {
            case SINGLE -> zero(value);
            case ARRAY -> new GenericArrayData(new Object[0]);
            case MAP -> new GenericMapData(Map.of());
          };
    }
    return new MessagePlan.Column(field, index, path, type, shape, key, value, required, absent);
  }

  /** What an absent value of a map entry, a wrapper, or a field without presence is. */
  static @Nullable Object zero(Value value) {
    FieldDescriptor field = value.field();
    return switch (value.form()) {
      case BOOLEAN -> false;
      case INT -> 0;
      case LONG -> 0L;
      case DECIMAL ->
          DecimalData.fromBigDecimal(
              BigDecimal.ZERO, ((DecimalType) value.type()).getPrecision(), 0);
      case FLOAT -> 0f;
      case DOUBLE, FLOAT_AS_DOUBLE -> 0d;
      case STRING -> BinaryStringData.EMPTY_UTF8;
      case BYTES -> new byte[0];
      case ENUM_NAME -> BinaryStringData.fromString(firstValue(field).getName());
      case ENUM_NUMBER -> firstValue(field).getNumber();
      // A message is never without presence; one that a map entry lacks is read as an empty one.
      case ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES -> null;
    };
  }

  private static EnumValueDescriptor firstValue(FieldDescriptor field) {
    return field.getEnumType().getValues().get(0);
  }

  /** How a value is held by a type; {@code of} and {@code whole} are what a message shows. */
  private Value value(
      FieldDescriptor field, LogicalType type, String path, FieldDescriptor of, LogicalType whole) {
    LogicalTypeRoot root = type.getTypeRoot();
    Form form = null;
    switch (field.getType()) {
      case BOOL -> form = root == LogicalTypeRoot.BOOLEAN ? Form.BOOLEAN : null;
      case INT32, SINT32, SFIXED32, UINT32, FIXED32 -> form = integer(root);
      case INT64, SINT64, SFIXED64 -> form = root == LogicalTypeRoot.BIGINT ? Form.LONG : null;
      case UINT64, FIXED64 -> {
        if (root == LogicalTypeRoot.BIGINT) {
          form = Form.LONG;
        } else if (type instanceof DecimalType decimal
            && decimal.getPrecision() >= 20
            && decimal.getScale() == 0) {
          form = Form.DECIMAL;
        }
      }
      case FLOAT -> {
        if (root == LogicalTypeRoot.FLOAT) {
          form = Form.FLOAT;
        } else if (root == LogicalTypeRoot.DOUBLE) {
          form = Form.FLOAT_AS_DOUBLE;
        }
      }
      case DOUBLE -> form = root == LogicalTypeRoot.DOUBLE ? Form.DOUBLE : null;
      case STRING -> form = isString(type) ? Form.STRING : null;
      case BYTES -> form = isBytes(type) ? Form.BYTES : null;
      case ENUM -> {
        if (isString(type)) {
          form = Form.ENUM_NAME;
        } else if (root == LogicalTypeRoot.INTEGER) {
          form = Form.ENUM_NUMBER;
        }
      }
      case MESSAGE, GROUP -> {
        return message(field, type, path, of, whole);
      }
    }
    if (form == null) {
      throw mismatch(of, whole, path);
    }
    return new Value(field, form, type, null, null);
  }

  private Value message(
      FieldDescriptor field, LogicalType type, String path, FieldDescriptor of, LogicalType whole) {
    Descriptor message = field.getMessageType();
    WellKnown known = WellKnown.of(message);
    if (known == WellKnown.WRAPPER && !(type instanceof RowType)) {
      FieldDescriptor inner = message.findFieldByNumber(1);
      if (!(isBytes(type) && inner.getType() != FieldDescriptor.Type.BYTES)) {
        Value wrapped = value(inner, type, path, of, whole);
        return new Value(field, Form.WRAPPER, type, null, wrapped);
      }
    }
    if (type instanceof RowType row && known != WellKnown.OPAQUE) {
      return new Value(field, Form.ROW, type, message(message, row, path), null);
    }
    if (isBytes(type)) {
      return new Value(field, Form.MESSAGE_BYTES, type, null, null);
    }
    if (known == WellKnown.TIMESTAMP && type instanceof LocalZonedTimestampType) {
      return new Value(field, Form.TIMESTAMP, type, null, null);
    }
    if (known == WellKnown.JSON && isString(type)) {
      return new Value(field, Form.JSON, type, null, null);
    }
    throw mismatch(of, whole, path);
  }

  private static @Nullable Form integer(LogicalTypeRoot root) {
    if (root == LogicalTypeRoot.INTEGER) {
      return Form.INT;
    }
    return root == LogicalTypeRoot.BIGINT ? Form.LONG : null;
  }

  private static boolean isString(LogicalType type) {
    return type instanceof VarCharType text && text.getLength() == VarCharType.MAX_LENGTH;
  }

  private static boolean isBytes(LogicalType type) {
    return type instanceof VarBinaryType bytes && bytes.getLength() == VarBinaryType.MAX_LENGTH;
  }

  private ValidationException mismatch(FieldDescriptor field, LogicalType type, String path) {
    return new ValidationException(
        String.format(
            "Column '%s' is declared %s, which cannot hold field '%s' (%s) without loss. Declare it"
                + " as %s.",
            path, type, field.getFullName(), describe(field), canonical(field)));
  }

  private String canonical(FieldDescriptor field) {
    return ProtobufTypes.fieldType(descriptors, field, enumsAs, absentAs).toString();
  }

  /** A field's type as a .proto writes it. */
  private static String describe(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<"
          + describe(entry.findFieldByNumber(1))
          + ", "
          + describe(entry.findFieldByNumber(2))
          + ">";
    }
    String name =
        switch (field.getType()) {
          case MESSAGE, GROUP -> field.getMessageType().getFullName();
          case ENUM -> field.getEnumType().getFullName();
          case DOUBLE,
              FLOAT,
              INT64,
              UINT64,
              INT32,
              FIXED64,
              FIXED32,
              BOOL,
              STRING,
              BYTES,
              UINT32,
              SFIXED32,
              SFIXED64,
              SINT32,
              SINT64 ->
              field.getType().name().toLowerCase(Locale.ROOT);
        };
    return field.isRepeated() ? "repeated " + name : name;
  }
}
