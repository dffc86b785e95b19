package io.unifiedcatalog.server.schema.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The columns of a message. They are those of Flink's format {@code protobuf-descriptor}, which
 * knows nothing of the catalog; a test holds both together.
 *
 * <p>One column a field, in the order of the file, then one a known extension by number, named
 * {@code [full.name]}. A field with presence is nullable, a required one is not; one without
 * presence, repeated fields and maps among them, is nullable if absent ones are read as NULL.
 * Elements, keys and values are never NULL.
 */
final class ProtobufColumns {
  /** Of all levels: 30 messages of two fields each, one in another, would make a billion. */
  private static final int MAX_COLUMNS = 10_000;

  /** What Protobuf's own readers take. */
  private static final int MAX_DEPTH = 100;

  private final LinkedFiles files;
  private final FormatOptions options;

  /** The messages that are ROWs around the place that is being mapped. */
  private final Deque<Descriptor> around = new ArrayDeque<>();

  private int count;

  private ProtobufColumns(LinkedFiles files, FormatOptions options) {
    this.files = files;
    this.options = options;
  }

  /**
   * The columns of a message.
   *
   * @throws CatalogException INVALID_ARGUMENT if it has none, too many, or too many levels
   */
  static List<Column> of(LinkedFiles files, Descriptor message, FormatOptions options) {
    ProtobufColumns columns = new ProtobufColumns(files, options);
    List<Column> all = new ArrayList<>();
    columns.around.push(message);
    for (FieldDescriptor field : files.fields(message)) {
      columns.count(message);
      all.add(
          new Column(
              name(field),
              nativeType(field),
              columns.isNullable(field),
              files.comment(field.getFile(), Paths.of(field)),
              Map.of(Facts.FLINK_TYPE, columns.type(field).sql())));
    }
    if (all.isEmpty()) {
      throw refused(message, "has no field, so that a table of it would have no column.");
    }
    return all;
  }

  /** No field's name holds a bracket, so that an extension clashes with none. */
  private static String name(FieldDescriptor field) {
    return field.isExtension() ? "[" + field.getFullName() + "]" : field.getName();
  }

  /** The type as the file says it, with full names. */
  static String nativeType(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<"
          + single(entry.findFieldByNumber(1))
          + ", "
          + single(entry.findFieldByNumber(2))
          + ">";
    }
    return (field.isRepeated() ? "repeated " : "") + single(field);
  }

  private static String single(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  private boolean isNullable(FieldDescriptor field) {
    return !field.isRequired() && (field.hasPresence() || options.absentAsNull());
  }

  private Type type(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return new Type.Map(
          value(entry.findFieldByNumber(1)), value(entry.findFieldByNumber(2)), false);
    }
    return field.isRepeated() ? new Type.Array(value(field), false) : value(field);
  }

  private Type value(FieldDescriptor field) {
    return switch (field.getType()) {
      case DOUBLE -> Type.Simple.DOUBLE;
      case FLOAT -> Type.Simple.FLOAT;
      case INT32, SINT32, SFIXED32 -> Type.Simple.INT;
      case INT64, SINT64, SFIXED64, UINT32, FIXED32 -> Type.Simple.BIGINT;
      case UINT64, FIXED64 -> new Type.Decimal(20, 0);
      case BOOL -> Type.Simple.BOOLEAN;
      case STRING -> Type.VarChar.STRING;
      case BYTES -> Type.VarBinary.BYTES;
      case ENUM -> options.enumsAsInt() ? Type.Simple.INT : Type.VarChar.STRING;
      case MESSAGE, GROUP -> message(field.getMessageType());
    };
  }

  private Type message(Descriptor message) {
    if (message.getOptions().getMessageSetWireFormat()) {
      return Type.VarBinary.BYTES;
    }
    return switch (message.getFullName()) {
      case "google.protobuf.Timestamp" ->
          has(message, 1, FieldDescriptor.Type.INT64) && has(message, 2, FieldDescriptor.Type.INT32)
              ? new Type.TimestampLtz(9)
              : rowOrBytes(message);
      case "google.protobuf.BoolValue" -> wrapper(message, FieldDescriptor.Type.BOOL);
      case "google.protobuf.BytesValue" -> wrapper(message, FieldDescriptor.Type.BYTES);
      case "google.protobuf.DoubleValue" -> wrapper(message, FieldDescriptor.Type.DOUBLE);
      case "google.protobuf.FloatValue" -> wrapper(message, FieldDescriptor.Type.FLOAT);
      case "google.protobuf.Int32Value" -> wrapper(message, FieldDescriptor.Type.INT32);
      case "google.protobuf.Int64Value" -> wrapper(message, FieldDescriptor.Type.INT64);
      case "google.protobuf.StringValue" -> wrapper(message, FieldDescriptor.Type.STRING);
      case "google.protobuf.UInt32Value" -> wrapper(message, FieldDescriptor.Type.UINT32);
      case "google.protobuf.UInt64Value" -> wrapper(message, FieldDescriptor.Type.UINT64);
      case "google.protobuf.Any",
          "google.protobuf.FieldMask",
          "google.protobuf.ListValue",
          "google.protobuf.Struct",
          "google.protobuf.Value" ->
          Type.VarChar.STRING;
      default -> rowOrBytes(message);
    };
  }

  private Type wrapper(Descriptor message, FieldDescriptor.Type type) {
    return has(message, 1, type) ? value(message.findFieldByNumber(1)) : rowOrBytes(message);
  }

  /** Whether a file of another name that declares such a message means the same by it. */
  private static boolean has(Descriptor message, int number, FieldDescriptor.Type type) {
    FieldDescriptor field = message.findFieldByNumber(number);
    return field != null && field.getType() == type && !field.isRepeated();
  }

  private Type rowOrBytes(Descriptor message) {
    long same = around.stream().filter(message::equals).count();
    return same >= options.recursionDepth() ? Type.VarBinary.BYTES : row(message);
  }

  private Type row(Descriptor message) {
    if (around.size() >= MAX_DEPTH) {
      throw refused(
          around.getLast(),
          "has more than "
              + MAX_DEPTH
              + " levels of messages one in another. Lower recursion-depth, which is "
              + options.recursionDepth()
              + ", or make it flatter.");
    }
    around.push(message);
    List<Type.Row.Field> fields = new ArrayList<>();
    for (FieldDescriptor field : files.fields(message)) {
      count(around.getLast());
      fields.add(new Type.Row.Field(name(field), type(field), isNullable(field)));
    }
    around.pop();
    return new Type.Row(fields);
  }

  private void count(Descriptor outermost) {
    if (++count > MAX_COLUMNS) {
      throw refused(
          outermost,
          "has more than "
              + MAX_COLUMNS
              + " columns, those of all levels together. Lower recursion-depth, which is "
              + options.recursionDepth()
              + ", or register a smaller message.");
    }
  }

  private static CatalogException refused(Descriptor message, String why) {
    return new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "MESSAGE_UNSUPPORTED",
        "Message " + message.getFullName() + " " + why);
  }
}
