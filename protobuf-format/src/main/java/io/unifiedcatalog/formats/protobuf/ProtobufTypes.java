package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.AbsentAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.EnumsAs;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * The canonical columns of a message: what its fields become when nobody declares anything else.
 *
 * <p>One column a field, named like the field, in the order of the file; then one a known extension
 * by number, named {@code [full.name]}. A field with presence is nullable, a required one NOT NULL;
 * a field without presence, repeated fields and maps among them, is nullable only if absent ones
 * are read as NULL. Elements, keys and values are NOT NULL.
 */
public final class ProtobufTypes {
  /** Where unrolling a recursive message ends, in columns of all levels. */
  private static final int MAXIMUM_COLUMNS = 100_000;

  /** How many ROWs may stand one in another, the outermost among them; records hold no more. */
  static final int MAXIMUM_LEVELS = 100;

  private final DescriptorSet descriptors;
  private final EnumsAs enumsAs;
  private final AbsentAs absentAs;
  private final int recursionDepth;

  /** The messages that are ROWs around the place that is being mapped. */
  private final Deque<Descriptor> around = new ArrayDeque<>();

  private int columns;

  private ProtobufTypes(
      DescriptorSet descriptors, EnumsAs enumsAs, AbsentAs absentAs, int recursionDepth) {
    this.descriptors = descriptors;
    this.enumsAs = enumsAs;
    this.absentAs = absentAs;
    this.recursionDepth = recursionDepth;
  }

  /**
   * The canonical row of a message.
   *
   * @param descriptorSet a FileDescriptorSet with all imports, plain or compressed with gzip
   * @param messageName the fully qualified name of the message
   * @param recursionDepth how many ROWs of one message stand one in another at most, at least 1;
   *     where there would be one more, its column is BYTES
   * @return a NOT NULL row
   * @throws ValidationException if the set or the name is wrong, or the row has more than 100,000
   *     columns of all levels, or more than 100 levels
   */
  public static RowType rowType(
      byte[] descriptorSet,
      String messageName,
      EnumsAs enumsAs,
      AbsentAs absentAs,
      int recursionDepth) {
    DescriptorSet descriptors = DescriptorSet.parse(descriptorSet, "The descriptor set");
    return rowType(
        descriptors, descriptors.message(messageName), enumsAs, absentAs, recursionDepth);
  }

  static RowType rowType(
      DescriptorSet descriptors,
      Descriptor message,
      EnumsAs enumsAs,
      AbsentAs absentAs,
      int recursionDepth) {
    return new ProtobufTypes(descriptors, enumsAs, absentAs, recursionDepth).row(message, false);
  }

  /** The canonical type of one field, as if its message were the outermost. */
  static LogicalType fieldType(
      DescriptorSet descriptors, FieldDescriptor field, EnumsAs enumsAs, AbsentAs absentAs) {
    // One level is enough to name what a column should be.
    ProtobufTypes types = new ProtobufTypes(descriptors, enumsAs, absentAs, 1);
    types.around.push(field.getContainingType());
    return types.column(field);
  }

  /** The name of a field's column. No field's name holds a bracket, so none clashes. */
  static String columnName(FieldDescriptor field) {
    return field.isExtension() ? "[" + field.getFullName() + "]" : field.getName();
  }

  private RowType row(Descriptor message, boolean nullable) {
    if (around.size() >= MAXIMUM_LEVELS) {
      throw new ValidationException(
          String.format(
              "Message '%s' has more than %d levels of ROWs when it is unrolled: '%s' would be one"
                  + " more. Lower recursion-depth, which is %d, if messages hold themselves;"
                  + " otherwise declare the columns, a message that lies deep as BYTES.",
              around.getLast().getFullName(),
              MAXIMUM_LEVELS,
              message.getFullName(),
              recursionDepth));
    }
    around.push(message);
    List<RowType.RowField> fields = new ArrayList<>();
    for (FieldDescriptor field : descriptors.fields(message)) {
      if (++columns > MAXIMUM_COLUMNS) {
        throw new ValidationException(
            String.format(
                "Message '%s' has more than %d columns when it is unrolled. Lower recursion-depth,"
                    + " which is %d.",
                around.getLast().getFullName(), MAXIMUM_COLUMNS, recursionDepth));
      }
      fields.add(new RowType.RowField(columnName(field), column(field)));
    }
    around.pop();
    return new RowType(nullable, fields);
  }

  private LogicalType column(FieldDescriptor field) {
    boolean nullable = isNullable(field, absentAs);
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return new MapType(
          nullable,
          value(entry.findFieldByNumber(1), false),
          value(entry.findFieldByNumber(2), false));
    }
    if (field.isRepeated()) {
      return new ArrayType(nullable, value(field, false));
    }
    return value(field, nullable);
  }

  /** Whether a field may be absent and is then read as NULL. */
  static boolean isNullable(FieldDescriptor field, AbsentAs absentAs) {
    return !field.isRequired() && (field.hasPresence() || absentAs == AbsentAs.NULL);
  }

  private LogicalType value(FieldDescriptor field, boolean nullable) {
    return switch (field.getType()) {
      case DOUBLE -> new DoubleType(nullable);
      case FLOAT -> new FloatType(nullable);
      case INT32, SINT32, SFIXED32 -> new IntType(nullable);
      case INT64, SINT64, SFIXED64, UINT32, FIXED32 -> new BigIntType(nullable);
      case UINT64, FIXED64 -> new DecimalType(nullable, 20, 0);
      case BOOL -> new BooleanType(nullable);
      case STRING -> string(nullable);
      case BYTES -> bytes(nullable);
      case ENUM -> enumsAs == EnumsAs.INT ? new IntType(nullable) : string(nullable);
      case MESSAGE, GROUP -> message(field.getMessageType(), nullable);
    };
  }

  private LogicalType message(Descriptor message, boolean nullable) {
    return switch (WellKnown.of(message)) {
      case TIMESTAMP -> new LocalZonedTimestampType(nullable, 9);
      case WRAPPER -> value(message.findFieldByNumber(1), nullable);
      case JSON -> string(nullable);
      case OPAQUE -> bytes(nullable);
      case NO -> {
        long same = around.stream().filter(message::equals).count();
        yield same >= recursionDepth ? bytes(nullable) : row(message, nullable);
      }
    };
  }

  private static LogicalType string(boolean nullable) {
    return new VarCharType(nullable, VarCharType.MAX_LENGTH);
  }

  private static LogicalType bytes(boolean nullable) {
    return new VarBinaryType(nullable, VarBinaryType.MAX_LENGTH);
  }
}
