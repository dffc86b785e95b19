package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import io.unifiedcatalog.formats.protobuf.Reference.Refused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** One message with one set of columns: what the format makes of records beside the reference. */
final class Trial {
  private static final int RECURSION_DEPTH = 2;

  private final FileDescriptor file;
  private final Descriptor message;
  private final RowType columns;
  private final Reference reference;
  private final FormatInUse format;
  private final DeserializationSchema<RowData> decoder;
  private @Nullable SerializationSchema<RowData> encoder;
  private final int @Nullable [][] projections;

  /** Whether there is a column for every field. */
  private final boolean holdsAll;

  /** Whether every field is read, so that what is wrong anywhere must be found. */
  private final boolean isWhole;

  private Trial(
      FileDescriptor file,
      RowType columns,
      boolean isWhole,
      boolean enumsAsInt,
      boolean absentAsNull,
      int @Nullable [][] projections) {
    this.file = file;
    this.message = file.findMessageTypeByName("M0");
    this.columns = columns;
    this.holdsAll = isWhole;
    this.isWhole = isWhole && readsAll(message, columns);
    this.projections = projections;
    this.format =
        FormatInUse.of(file, RandomSchemas.PACKAGE + ".M0")
            .with("enums-as", enumsAsInt ? "int" : "string")
            .with("absent-as", absentAsNull ? "null" : "default")
            .with("recursion-depth", Integer.toString(RECURSION_DEPTH));
    this.reference = new Reference(message, columns, absentAsNull);
    this.decoder =
        projections == null ? format.decoder(columns) : format.decoder(columns, projections);
  }

  /**
   * Whether no message is kept as bytes, which nobody looks into, or is made JSON, which one is
   * only if no sibling in a oneof replaces it.
   */
  private static boolean readsAll(Descriptor message, RowType columns) {
    for (RowType.RowField column : columns.getFields()) {
      FieldDescriptor field = Reference.field(message, column.getName());
      LogicalType type = column.getType();
      if (field.isMapField()) {
        field = field.getMessageType().findFieldByNumber(2);
      }
      if (type instanceof MapType map) {
        type = map.getValueType();
      } else if (type instanceof ArrayType array) {
        type = array.getElementType();
      }
      boolean all =
          type instanceof RowType row
              ? readsAll(field.getMessageType(), row)
              : field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                  || (type.getTypeRoot() != LogicalTypeRoot.VARBINARY
                      && field.getRealContainingOneof() == null)
                  || Reference.isWrapper(field.getMessageType());
      if (!all) {
        return false;
      }
    }
    return true;
  }

  /** A file whose message has a quick test's number of columns. */
  static FileDescriptor file(Random random) {
    FileDescriptor file;
    do {
      file = RandomSchemas.file(random);
    } while (!RandomColumns.isSmall(file.findMessageTypeByName("M0"), RECURSION_DEPTH));
    return file;
  }

  /** All columns, as the table of types has them. */
  static Trial ofAllColumns(FileDescriptor file, Random random) {
    boolean enumsAsInt = random.nextBoolean();
    Descriptor message = file.findMessageTypeByName("M0");
    return new Trial(
        file,
        RandomColumns.byTable(message, enumsAsInt, RECURSION_DEPTH),
        true,
        enumsAsInt,
        random.nextBoolean(),
        null);
  }

  /** Columns that are declared otherwise, but lose nothing in silence. */
  static Trial ofDeclaredColumns(FileDescriptor file, Random random) {
    Descriptor message = file.findMessageTypeByName("M0");
    return new Trial(
        file,
        RandomColumns.declared(message, random, RECURSION_DEPTH),
        false,
        random.nextBoolean(),
        random.nextBoolean(),
        null);
  }

  /** Some columns, and some inside of others, as Flink pushes them down. */
  static Trial ofProjection(FileDescriptor file, Random random) {
    Descriptor message = file.findMessageTypeByName("M0");
    RowType columns = RandomColumns.byTable(message, false, RECURSION_DEPTH);
    List<int[]> paths = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      List<Integer> path = new ArrayList<>();
      LogicalType at = columns;
      do {
        int index = random.nextInt(((RowType) at).getFieldCount());
        path.add(index);
        at = ((RowType) at).getTypeAt(index);
      } while (at instanceof RowType && random.nextInt(3) != 0);
      int[] indexes = path.stream().mapToInt(index -> index).toArray();
      if (paths.stream().noneMatch(other -> Arrays.equals(other, indexes))) {
        paths.add(indexes);
      }
    }
    return new Trial(
        file, columns, false, false, random.nextBoolean(), paths.toArray(int[][]::new));
  }

  /** Whether a record is one of the message. */
  boolean reads(byte[] record) {
    try {
      reference.parse(record);
      return RandomRecords.isInFields(record);
    } catch (Refused e) {
      return false;
    }
  }

  /** Fails unless the format makes of a record what the reference does. */
  void check(byte[] record) {
    String difference = difference(record);
    if (difference != null) {
      byte[] least = least(record);
      throw new AssertionError(
          difference(least)
              + "\nrecord:      "
              + HexFormat.of().formatHex(least)
              + "\ncolumns:     "
              + columns.asSummaryString()
              + (projections == null ? "" : "\nprojections: " + Arrays.deepToString(projections))
              + "\nfirst seen:  "
              + HexFormat.of().formatHex(record)
              + "\nfile:\n"
              + file.toProto());
    }
  }

  /** Takes away bytes as long as the difference stays. */
  private byte[] least(byte[] record) {
    byte[] least = record;
    for (int length = Math.max(1, record.length / 2); length > 0; length /= 2) {
      for (int at = 0; at + length <= least.length; ) {
        byte[] shorter = new byte[least.length - length];
        System.arraycopy(least, 0, shorter, 0, at);
        System.arraycopy(least, at + length, shorter, at, shorter.length - at);
        if (difference(shorter) != null) {
          least = shorter;
        } else {
          at += length;
        }
      }
    }
    return least;
  }

  private @Nullable String difference(byte[] record) {
    List<@Nullable Object> expected = null;
    String refusal = "";
    try {
      expected = projected(reference.decode(record));
    } catch (Refused e) {
      refusal = e.getMessage();
    }
    RowData row;
    try {
      row = decoder.deserialize(record.clone());
    } catch (IOException e) {
      return expected == null || isRefusedEarly(e) || hasOverlongVarint(record)
          ? null
          : "refused: " + e.getMessage() + "\nexpected: " + expected;
    } catch (RuntimeException | Error e) {
      return "thrown: " + e + "\n  at " + e.getStackTrace()[0] + "\nexpected: " + expected;
    }
    if (expected == null && !isWhole) {
      return null;
    }
    List<@Nullable Object> actual;
    try {
      actual = projections == null ? reference.read(row) : read(row, projections);
    } catch (Refused e) {
      // A message kept as bytes, which nobody has looked into.
      return expected == null ? null : "a message in BYTES is none: " + e.getMessage();
    }
    if (expected == null) {
      return "read:     " + actual + "\nexpected to be refused: " + refusal;
    }
    return Reference.equal(actual, expected)
        ? null
        : "read:     " + actual + "\nexpected: " + expected;
  }

  /**
   * Whether a varint may go on after its tenth byte. protobuf-java takes ten bytes for it where it
   * is not near the end, and refuses it there; see SemanticsTest.
   */
  private static boolean hasOverlongVarint(byte[] record) {
    int run = 0;
    int longest = 0;
    for (byte each : record) {
      run = each < 0 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest >= 10;
  }

  /**
   * Whether a value was refused that a later one may replace: a number that its column cannot hold,
   * a map's value that is no timestamp or has no JSON form, or an Any of a message that nobody
   * knows.
   */
  private static boolean isRefusedEarly(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("which BIGINT cannot hold")
        || message.contains("which INT cannot hold")
        || message.contains("Entry.value' ")
        || message.contains("Cannot find type for url");
  }

  private List<@Nullable Object> projected(List<@Nullable Object> whole) {
    if (projections == null) {
      return whole;
    }
    List<@Nullable Object> projected = new ArrayList<>();
    for (int[] path : projections) {
      Object value = whole;
      for (int index : path) {
        value = value == null ? null : ((List<?>) value).get(index);
      }
      projected.add(value);
    }
    return projected;
  }

  private List<@Nullable Object> read(RowData row, int[][] projections) throws Refused {
    if (row.getArity() != projections.length) {
      throw new AssertionError("A row of " + row.getArity() + " columns");
    }
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < projections.length; i++) {
      LogicalType type = columns;
      Descriptor around = message;
      FieldDescriptor field =
          Reference.field(around, columns.getFieldNames().get(projections[i][0]));
      for (int level = 0; level < projections[i].length; level++) {
        RowType of = (RowType) type;
        if (level > 0) {
          around = field.getMessageType();
        }
        field = Reference.field(around, of.getFieldNames().get(projections[i][level]));
        type = of.getTypeAt(projections[i][level]);
      }
      values.add(
          reference.read(RowData.createFieldGetter(type, i).getFieldOrNull(row), field, type));
    }
    return values;
  }

  private SerializationSchema<RowData> encoder() {
    SerializationSchema<RowData> encoder = this.encoder;
    if (encoder == null) {
      encoder = format.encoder(columns);
      this.encoder = encoder;
    }
    return encoder;
  }

  /** Whether no field is required, so that rows of any columns may be written. */
  static boolean requiresNothing(FileDescriptor file) {
    return file.getMessageTypes().stream()
        .flatMap(message -> message.getFields().stream())
        .noneMatch(FieldDescriptor::isRequired);
  }

  /**
   * Fails unless the format writes the row of a message so that it is read again as that row, and
   * if all columns are there, as that message.
   */
  void checkWriting(Message message) {
    if (!message.isInitialized()) {
      // A message that requires itself has no end.
      return;
    }
    byte[] record = message.toByteArray();
    try {
      List<@Nullable Object> values = reference.decode(record);
      byte[] written = encoder().serialize(Reference.row(values, columns));
      List<@Nullable Object> read = reference.decode(written);
      Message expected = reference.parse(record);
      Message actual = reference.parse(written);
      if (!Reference.equal(read, values) || (holdsAll && !actual.equals(expected))) {
        throw new AssertionError(
            "differs at "
                + difference(actual, expected)
                + "\nwritten: "
                + actual.getAllFields()
                + "\nas row:  "
                + read
                + "\nexpected: "
                + expected.getAllFields()
                + "\nas row:  "
                + values
                + "\nwritten bytes:  "
                + HexFormat.of().formatHex(written)
                + "\nexpected bytes: "
                + HexFormat.of().formatHex(record)
                + "\nfile:\n"
                + file.toProto());
      }
    } catch (Refused e) {
      if (holdsAll) {
        throw new AssertionError("The test's own record is refused: " + e.getMessage(), e);
      }
      // A column that is declared smaller, or NOT NULL, does not hold this one.
    }
  }

  /** The first place where two messages differ. */
  private static String difference(Message actual, Message expected) {
    for (FieldDescriptor field : expected.getDescriptorForType().getFields()) {
      Object one = actual.getField(field);
      Object other = expected.getField(field);
      if (one.equals(other)) {
        continue;
      }
      if (one instanceof Message message && other instanceof Message otherMessage) {
        return field.getName() + "." + difference(message, otherMessage);
      }
      if (one instanceof List<?> list && other instanceof List<?> others) {
        for (int i = 0; i < Math.min(list.size(), others.size()); i++) {
          if (list.get(i) instanceof Message message && !message.equals(others.get(i))) {
            return field.getName() + "[" + i + "]." + difference(message, (Message) others.get(i));
          }
        }
      }
      return field.getName() + ": " + one + " instead of " + other;
    }
    return "unknown fields: "
        + actual.getUnknownFields()
        + " instead of "
        + expected.getUnknownFields();
  }
}
