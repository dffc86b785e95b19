package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
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
import org.jspecify.annotations.Nullable;

/**
 * The columns of a message by the table of types, and other columns that lose nothing in silence.
 */
final class RandomColumns {
  private static final int MAXIMUM_COLUMNS = 400;

  private final @Nullable Random random;
  private final boolean enumsAsInt;
  private final int recursionDepth;
  private final Deque<String> around = new ArrayDeque<>();
  private int columns;

  private RandomColumns(@Nullable Random random, boolean enumsAsInt, int recursionDepth) {
    this.random = random;
    this.enumsAsInt = enumsAsInt;
    this.recursionDepth = recursionDepth;
  }

  /** The columns by the table, all nullable. */
  static RowType byTable(Descriptor message, boolean enumsAsInt, int recursionDepth) {
    return new RandomColumns(null, enumsAsInt, recursionDepth).row(message);
  }

  /** Columns that a table may declare instead: fewer, in another order, of other types. */
  static RowType declared(Descriptor message, Random random, int recursionDepth) {
    return new RandomColumns(random, false, recursionDepth).row(message);
  }

  /** Whether a message has few enough columns for a quick test. */
  static boolean isSmall(Descriptor message, int recursionDepth) {
    RandomColumns columns = new RandomColumns(null, false, recursionDepth);
    columns.row(message);
    return columns.columns < MAXIMUM_COLUMNS;
  }

  private boolean chance(int in) {
    return random != null && random.nextInt(in) == 0;
  }

  private RowType row(Descriptor message) {
    around.push(message.getFullName());
    List<RowType.RowField> row = new ArrayList<>();
    List<FieldDescriptor> fields = new ArrayList<>(message.getFields());
    message.getFile().getExtensions().stream()
        .filter(extension -> extension.getContainingType() == message)
        .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
        .forEach(fields::add);
    if (random != null) {
      Collections.shuffle(fields, random);
    }
    for (FieldDescriptor field : fields) {
      if (++columns > MAXIMUM_COLUMNS) {
        break;
      }
      if (!row.isEmpty() && chance(4)) {
        continue;
      }
      row.add(
          new RowType.RowField(
              field.isExtension() ? "[" + field.getFullName() + "]" : field.getName(),
              column(field)));
    }
    around.pop();
    return new RowType(row);
  }

  private LogicalType column(FieldDescriptor field) {
    LogicalType type;
    if (field.isMapField()) {
      type =
          new MapType(
              value(field.getMessageType().findFieldByNumber(1)),
              value(field.getMessageType().findFieldByNumber(2)));
    } else {
      type = field.isRepeated() ? new ArrayType(value(field)) : value(field);
    }
    return type.copy(!chance(field.hasPresence() ? 15 : 2));
  }

  private LogicalType value(FieldDescriptor field) {
    return switch (field.getType()) {
      case DOUBLE -> new DoubleType();
      case FLOAT -> chance(4) ? new DoubleType() : new FloatType();
      case INT32, SINT32, SFIXED32 -> chance(4) ? new BigIntType() : new IntType();
      case INT64, SINT64, SFIXED64 -> new BigIntType();
      case UINT32, FIXED32 -> chance(4) ? new IntType() : new BigIntType();
      case UINT64, FIXED64 ->
          chance(4) ? new BigIntType() : new DecimalType(chance(4) ? 38 : 20, 0);
      case BOOL -> new BooleanType();
      case STRING -> text();
      case BYTES -> bytes();
      case ENUM -> enumsAsInt || chance(3) ? new IntType() : text();
      case MESSAGE, GROUP -> message(field.getMessageType());
    };
  }

  private LogicalType message(Descriptor message) {
    if (chance(8)) {
      return bytes();
    }
    switch (message.getFullName()) {
      case "google.protobuf.Timestamp" -> {
        return chance(3) ? row(message) : new LocalZonedTimestampType(9);
      }
      case "google.protobuf.Any", "google.protobuf.FieldMask" -> {
        return chance(3) ? row(message) : text();
      }
      case "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue" -> {
        return text();
      }
      default -> {}
    }
    if (Reference.isWrapper(message)) {
      return chance(3) ? row(message) : value(message.findFieldByNumber(1));
    }
    long same = around.stream().filter(message.getFullName()::equals).count();
    return same >= recursionDepth ? bytes() : row(message);
  }

  private static LogicalType text() {
    return new VarCharType(VarCharType.MAX_LENGTH);
  }

  private static LogicalType bytes() {
    return new VarBinaryType(VarBinaryType.MAX_LENGTH);
  }
}
