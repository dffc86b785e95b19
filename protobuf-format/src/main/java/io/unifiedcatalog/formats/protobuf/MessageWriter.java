package io.unifiedcatalog.formats.protobuf;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import io.unifiedcatalog.formats.protobuf.MessagePlan.Column;
import io.unifiedcatalog.formats.protobuf.MessagePlan.Shape;
import io.unifiedcatalog.formats.protobuf.Value.Form;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows as messages, from the last field to the first: so the length of what stands inside is
 * known when it is written before it. Fields are in the order of their numbers, as protobuf-java
 * writes them. Not for use by several threads.
 */
final class MessageWriter {
  private static final int INITIAL_BYTES = 512;

  /** A greater buffer is not kept for the next record. */
  private static final int MAXIMUM_KEPT_BYTES = 1 << 20;

  /** The greatest array of a JVM. */
  private static final int MAXIMUM_BYTES = Integer.MAX_VALUE - 8;

  private static final BigInteger MAXIMUM_UNSIGNED = new BigInteger("18446744073709551615");

  private final Message root;
  private final Descriptor descriptor;
  private final @Nullable ProtobufJson json;

  private byte[] buffer = new byte[INITIAL_BYTES];

  /** Where in the buffer the first byte is that is written. */
  private int head;

  MessageWriter(DescriptorSet descriptors, MessagePlan plan) {
    descriptor = plan.message();
    boolean[] needsJson = new boolean[1];
    root = new Message(plan, needsJson);
    json = needsJson[0] ? new ProtobufJson(descriptors) : null;
  }

  /**
   * The bytes of a row.
   *
   * @param header what stands before the message
   * @throws FlinkRuntimeException if a value has no place in the message; names the column
   */
  byte[] write(RowData row, byte[] header) {
    if (buffer.length > MAXIMUM_KEPT_BYTES) {
      buffer = new byte[INITIAL_BYTES];
    }
    head = buffer.length;
    write(root, row);
    bytes(header, 0, header.length);
    return Arrays.copyOfRange(buffer, head, buffer.length);
  }

  private void write(Message message, RowData row) {
    for (Op[] oneof : message.oneofs) {
      requireOne(oneof, row);
    }
    Op[] ops = message.ops;
    for (int i = ops.length - 1; i >= 0; i--) {
      Op op = ops[i];
      int column = op.column;
      if (row.isNullAt(column)) {
        if (op.isRequired) {
          throw missing(op);
        }
        continue;
      }
      switch (op.kind) {
        case Op.INT32 -> {
          int value = row.getInt(column);
          if (value != 0 || op.hasPresence) {
            varint(value);
            tag(op.tag);
          }
        }
        case Op.INT64 -> {
          long value = row.getLong(column);
          if (value != 0 || op.hasPresence) {
            varint(value);
            tag(op.tag);
          }
        }
        case Op.BOOL -> {
          boolean value = row.getBoolean(column);
          if (value || op.hasPresence) {
            varint(value ? 1 : 0);
            tag(op.tag);
          }
        }
        case Op.STRING -> {
          int length = string(op, row.getString(column));
          if (length != 0 || op.hasPresence) {
            prefix(op, length);
          }
        }
        case Op.DOUBLE -> {
          long bits = Double.doubleToRawLongBits(row.getDouble(column));
          if (bits != 0 || op.hasPresence) {
            fixed64(bits);
            tag(op.tag);
          }
        }
        case Op.ROW -> {
          Message inner = op.message();
          RowData child = row.getRow(column, inner.columns);
          int end = end();
          write(inner, child);
          prefix(op, end() - end);
        }
        case Op.NUMBER -> {
          long bits = bits(op, row, column);
          if (bits != 0 || op.hasPresence) {
            number(op, bits);
            tag(op.tag);
          }
        }
        case Op.VALUE -> value(op, row, column);
        case Op.ARRAY -> array(op, row.getArray(column));
        case Op.MAP -> map(op, row.getMap(column));
        default -> throw new IllegalStateException("Unknown kind " + op.kind);
      }
    }
  }

  private void requireOne(Op[] oneof, RowData row) {
    Op set = null;
    for (Op op : oneof) {
      if (!row.isNullAt(op.column)) {
        if (set != null) {
          throw failure(
              op,
              String.format(
                  "and '%s' are both set, but belong to oneof '%s', of which a message holds one:"
                      + " leave one NULL",
                  set.path, requireNonNull(op.field.getRealContainingOneof()).getName()));
        }
        set = op;
      }
    }
  }

  // ---------------------------------------------------------------- values

  /** Writes a message, string or bytes of a row, with its tag. */
  private void value(Op op, RowData row, int column) {
    switch (op.value.form()) {
      case BYTES -> {
        byte[] content = row.getBinary(column);
        if (content.length != 0 || op.hasPresence) {
          bytes(content, 0, content.length);
          prefix(op, content.length);
        }
      }
      case STRING -> {
        int length = string(op, row.getString(column));
        if (length != 0 || op.hasPresence) {
          prefix(op, length);
        }
      }
      case ROW -> row(op, row.getRow(column, op.message().columns));
      case TIMESTAMP -> timestamp(op, row.getTimestamp(column, op.precision));
      case JSON -> json(op, row.getString(column));
      case MESSAGE_BYTES -> message(op, row.getBinary(column));
      case WRAPPER -> {
        int end = begin(op);
        Op wrapped = op.wrapped();
        if (wrapped.isNumber) {
          long bits = bits(wrapped, row, column);
          if (bits != 0) {
            number(wrapped, bits);
            tag(wrapped.tag);
          }
        } else {
          value(wrapped, row, column);
        }
        enclose(op, end);
      }
      case BOOLEAN, INT, LONG, DECIMAL, FLOAT, DOUBLE, FLOAT_AS_DOUBLE, ENUM_NAME, ENUM_NUMBER -> {
        long bits = bits(op, row, column);
        if (bits != 0 || op.hasPresence) {
          number(op, bits);
          tag(op.tag);
        }
      }
    }
  }

  /** Writes an element, key or value of a map with its tag. */
  private void element(Op op, ArrayData array, int i) {
    if (array.isNullAt(i)) {
      throw failure(op, "holds NULL as an element, key or value, which Protobuf cannot say");
    }
    switch (op.value.form()) {
      case BYTES -> {
        byte[] content = array.getBinary(i);
        if (content.length == 0 && op.kind == Op.WRAPPED) {
          return;
        }
        bytes(content, 0, content.length);
        prefix(op, content.length);
      }
      case STRING -> {
        int length = string(op, array.getString(i));
        if (length == 0 && op.kind == Op.WRAPPED) {
          return;
        }
        prefix(op, length);
      }
      case ROW -> row(op, array.getRow(i, op.message().columns));
      case TIMESTAMP -> timestamp(op, array.getTimestamp(i, op.precision));
      case JSON -> json(op, array.getString(i));
      case MESSAGE_BYTES -> message(op, array.getBinary(i));
      case WRAPPER -> {
        int end = begin(op);
        Op wrapped = op.wrapped();
        if (wrapped.isNumber) {
          long bits = bits(wrapped, array, i);
          if (bits != 0) {
            number(wrapped, bits);
            tag(wrapped.tag);
          }
        } else {
          element(wrapped, array, i);
        }
        enclose(op, end);
      }
      case BOOLEAN, INT, LONG, DECIMAL, FLOAT, DOUBLE, FLOAT_AS_DOUBLE, ENUM_NAME, ENUM_NUMBER -> {
        number(op, bits(op, array, i));
        tag(op.tag);
      }
    }
  }

  private void array(Op op, ArrayData array) {
    int size = array.size();
    if (size == 0) {
      return;
    }
    if (!op.isPacked) {
      for (int i = size - 1; i >= 0; i--) {
        element(op, array, i);
      }
      return;
    }
    int end = end();
    for (int i = size - 1; i >= 0; i--) {
      if (array.isNullAt(i)) {
        throw failure(op, "holds NULL as an element, which Protobuf cannot say");
      }
      number(op, bits(op, array, i));
    }
    varint(end() - end);
    tag(Wire.tag(op.field, Wire.DELIMITED));
  }

  private void map(Op op, MapData map) {
    ArrayData keys = map.keyArray();
    ArrayData values = map.valueArray();
    Op key = op.key();
    Op value = op.entryValue();
    for (int i = map.size() - 1; i >= 0; i--) {
      int end = end();
      element(value, values, i);
      element(key, keys, i);
      enclose(op, end);
    }
  }

  private void row(Op op, RowData row) {
    int end = begin(op);
    write(op.message(), row);
    enclose(op, end);
  }

  /** Writes what stands after a message. */
  private int begin(Op op) {
    if (op.isGroup) {
      tag(Wire.tag(op.field, Wire.END_GROUP));
    }
    return end();
  }

  /** Writes what stands before a message: its length, unless it is a group, and the tag. */
  private void enclose(Op op, int end) {
    if (op.isGroup) {
      tag(op.tag);
    } else {
      prefix(op, end() - end);
    }
  }

  private void timestamp(Op op, TimestampData timestamp) {
    long millis = timestamp.getMillisecond();
    long seconds = Math.floorDiv(millis, 1000L);
    int nanos = Math.floorMod(millis, 1000) * 1_000_000 + timestamp.getNanoOfMillisecond();
    if (!Timestamps.isValid(seconds, nanos)) {
      throw failure(
          op,
          String.format(
              "is %s, and google.protobuf.Timestamp reaches from year 1 to 9999", timestamp));
    }
    int end = begin(op);
    if (nanos != 0) {
      varint(nanos);
      tag((2 << 3) | Wire.VARINT);
    }
    if (seconds != 0) {
      varint(seconds);
      tag((1 << 3) | Wire.VARINT);
    }
    enclose(op, end);
  }

  private void json(Op op, StringData text) {
    byte[] content;
    try {
      content = requireNonNull(json).parse(op.field.getMessageType(), text.toString());
    } catch (IOException | RuntimeException e) {
      throw failure(
          op,
          String.format(
              "is no JSON form of '%s': %s",
              op.field.getMessageType().getFullName(), e.getMessage()));
    }
    enclosed(op, content);
  }

  private void message(Op op, byte[] content) {
    try {
      // Else what follows would be read as part of this message, or this as part of what is around.
      CodedInputStream in = CodedInputStream.newInstance(content);
      int tag = in.readTag();
      while (tag != 0) {
        if (!in.skipField(tag)) {
          throw failure(op, "is no message: a group ends in it that did not begin");
        }
        tag = in.readTag();
      }
    } catch (IOException e) {
      throw failure(op, "is no message: " + e.getMessage());
    }
    enclosed(op, content);
  }

  private void enclosed(Op op, byte[] content) {
    int end = begin(op);
    bytes(content, 0, content.length);
    enclose(op, end);
  }

  // ---------------------------------------------------------------- numbers

  private long bits(Op op, RowData row, int column) {
    return switch (op.value.form()) {
      case BOOLEAN -> row.getBoolean(column) ? 1 : 0;
      case INT -> checked(op, row.getInt(column));
      case LONG -> checked(op, row.getLong(column));
      case DECIMAL -> unsigned(op, row.getDecimal(column, op.precision, 0));
      case FLOAT -> Float.floatToRawIntBits(row.getFloat(column));
      case DOUBLE -> Double.doubleToRawLongBits(row.getDouble(column));
      case FLOAT_AS_DOUBLE -> asFloat(op, row.getDouble(column));
      case ENUM_NAME -> named(op, row.getString(column));
      case ENUM_NUMBER -> numbered(op, row.getInt(column));
      case STRING, BYTES, ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES ->
          throw new IllegalStateException("Not a number: " + op.path);
    };
  }

  private long bits(Op op, ArrayData array, int i) {
    return switch (op.value.form()) {
      case BOOLEAN -> array.getBoolean(i) ? 1 : 0;
      case INT -> checked(op, array.getInt(i));
      case LONG -> checked(op, array.getLong(i));
      case DECIMAL -> unsigned(op, array.getDecimal(i, op.precision, 0));
      case FLOAT -> Float.floatToRawIntBits(array.getFloat(i));
      case DOUBLE -> Double.doubleToRawLongBits(array.getDouble(i));
      case FLOAT_AS_DOUBLE -> asFloat(op, array.getDouble(i));
      case ENUM_NAME -> named(op, array.getString(i));
      case ENUM_NUMBER -> numbered(op, array.getInt(i));
      case STRING, BYTES, ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES ->
          throw new IllegalStateException("Not a number: " + op.path);
    };
  }

  private long checked(Op op, long number) {
    if (number < op.minimum || number > op.maximum) {
      throw failure(op, outOfRange(op, Long.toString(number)));
    }
    return number;
  }

  private long unsigned(Op op, DecimalData decimal) {
    BigDecimal number = decimal.toBigDecimal();
    BigInteger integer = number.toBigInteger();
    if (integer.signum() < 0 || integer.compareTo(MAXIMUM_UNSIGNED) > 0) {
      throw failure(op, outOfRange(op, number.toPlainString()));
    }
    return integer.longValue();
  }

  private static String outOfRange(Op op, String number) {
    return String.format(
        "is %s, which %s cannot hold",
        number, op.value.field().getType().name().toLowerCase(Locale.ROOT));
  }

  private long asFloat(Op op, double number) {
    float narrow = (float) number;
    if (narrow != number && !Double.isNaN(number)) {
      throw failure(op, outOfRange(op, Double.toString(number)));
    }
    return Float.floatToRawIntBits(narrow);
  }

  private long named(Op op, StringData name) {
    Integer number = op.numbers().get(name);
    if (number == null) {
      number = op.isClosedEnum ? null : decimal(name.toString());
      if (number == null) {
        throw failure(
            op,
            String.format(
                "is '%s', which is no value of enum '%s'",
                name, op.value.field().getEnumType().getFullName()));
      }
    }
    return number;
  }

  /** The number of an enum's value without name, as it was read. */
  private static @Nullable Integer decimal(String text) {
    try {
      int number = Integer.parseInt(text);
      return Integer.toString(number).equals(text) ? number : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private long numbered(Op op, int number) {
    if (op.isClosedEnum && op.value.field().getEnumType().findValueByNumber(number) == null) {
      throw failure(
          op,
          String.format(
              "is %d, which is no value of enum '%s'",
              number, op.value.field().getEnumType().getFullName()));
    }
    return number;
  }

  /** Writes a number, without tag. */
  private void number(Op op, long bits) {
    switch (op.encoding) {
      case Op.VARINT -> varint(bits);
      case Op.ZIGZAG -> varint((bits << 1) ^ (bits >> 63));
      case Op.FIXED64 -> fixed64(bits);
      default -> {
        reserve(4);
        head -= 4;
        Wire.INT.set(buffer, head, (int) bits);
      }
    }
  }

  // ---------------------------------------------------------------- the buffer

  /** How many bytes are written, counted from the message's end. */
  private int end() {
    return buffer.length - head;
  }

  private void reserve(int length) {
    if (head < length) {
      grow(length);
    }
  }

  private void grow(int length) {
    int used = end();
    long capacity = Math.max((long) buffer.length * 2, (long) used + length);
    if ((long) used + length > MAXIMUM_BYTES) {
      throw new FlinkRuntimeException(
          String.format(
              "Cannot write a row as message '%s': it has more than 2 GB.",
              descriptor.getFullName()));
    }
    byte[] greater = new byte[(int) Math.min(capacity, MAXIMUM_BYTES)];
    System.arraycopy(buffer, head, greater, greater.length - used, used);
    buffer = greater;
    head = greater.length - used;
  }

  private void tag(int tag) {
    int at = head;
    if ((tag & ~0x3fff) != 0 || at < 2) {
      varint(tag & 0xffffffffL);
      return;
    }
    byte[] buffer = this.buffer;
    int first = tag;
    if (tag >= 0x80) {
      buffer[--at] = (byte) (tag >>> 7);
      first |= 0x80;
    }
    buffer[--at] = (byte) first;
    head = at;
  }

  /** Writes what stands before a value of some length: the tag and the length. */
  private void prefix(Op op, int length) {
    int at = head;
    if (length < 0x80 && at > 0) {
      buffer[--at] = (byte) length;
      head = at;
    } else {
      varint(length);
    }
    tag(op.tag);
  }

  private void varint(long value) {
    reserve(10);
    if ((value & ~0x7fL) == 0) {
      buffer[--head] = (byte) value;
      return;
    }
    int length = (640 - Long.numberOfLeadingZeros(value) * 9) >>> 6;
    int at = head - length;
    head = at;
    long rest = value;
    byte[] buffer = this.buffer;
    for (int i = length - 1; i > 0; i--) {
      buffer[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[at] = (byte) rest;
  }

  private void fixed64(long bits) {
    reserve(8);
    head -= 8;
    Wire.LONG.set(buffer, head, bits);
  }

  private void bytes(byte[] content, int from, int length) {
    reserve(length);
    head -= length;
    System.arraycopy(content, from, buffer, head, length);
  }

  /** Writes the bytes of a text; returns how many. */
  private int string(Op op, StringData text) {
    int length;
    boolean isAscii = false;
    if (text instanceof BinaryStringData binary) {
      binary.ensureMaterialized();
      length = binary.getSizeInBytes();
      reserve(length);
      head -= length;
      MemorySegment[] segments = binary.getSegments();
      MemorySegment first = segments[0];
      if (segments.length == 1 && !first.isOffHeap()) {
        isAscii = Wire.copy(first.getArray(), binary.getOffset(), buffer, head, length);
      } else {
        BinarySegmentUtils.copyToBytes(segments, binary.getOffset(), buffer, head, length);
      }
    } else {
      byte[] content = text.toBytes();
      length = content.length;
      bytes(content, 0, length);
    }
    if (!isAscii && op.needsUtf8 && !Wire.isUtf8(buffer, head, length)) {
      throw failure(op, "is not valid UTF-8");
    }
    return length;
  }

  // ---------------------------------------------------------------- errors

  private FlinkRuntimeException missing(Op op) {
    return failure(
        op,
        op.field.isRequired()
            ? "is NULL, but its field is required"
            : "is NULL, but declared NOT NULL");
  }

  private FlinkRuntimeException failure(Op op, String reason) {
    return new FlinkRuntimeException(
        String.format(
            "Cannot write a row as message '%s': column '%s' %s.",
            descriptor.getFullName(), op.path, reason));
  }

  // ---------------------------------------------------------------- the plan, by number

  private static final class Message {
    private final int columns;
    private final Op[] ops;

    /** For each oneof that more than one column belongs to, these. */
    private final Op[][] oneofs;

    Message(MessagePlan plan, boolean[] needsJson) {
      columns = plan.columns().size();
      Map<OneofDescriptor, List<Op>> members = new HashMap<>();
      List<Op> all = new ArrayList<>();
      for (Column column : plan.columns()) {
        Op op = Op.of(column, needsJson);
        all.add(op);
        OneofDescriptor oneof = column.field().getRealContainingOneof();
        if (oneof != null) {
          members.computeIfAbsent(oneof, name -> new ArrayList<>()).add(op);
        }
      }
      all.sort(Comparator.comparingInt(op -> op.field.getNumber()));
      ops = all.toArray(Op[]::new);
      oneofs =
          members.values().stream()
              .filter(list -> list.size() > 1)
              .map(list -> list.toArray(Op[]::new))
              .toArray(Op[][]::new);
    }
  }

  private static final class Op {
    static final int INT32 = 0;
    static final int INT64 = 1;
    static final int BOOL = 2;
    static final int STRING = 3;
    static final int DOUBLE = 4;
    static final int ROW = 5;
    static final int NUMBER = 6;
    static final int VALUE = 7;
    static final int ARRAY = 8;
    static final int MAP = 9;

    /** What a wrapper wraps: a field without presence. */
    static final int WRAPPED = 10;

    static final int VARINT = 0;
    static final int ZIGZAG = 1;
    static final int FIXED64 = 2;
    static final int FIXED32 = 3;

    private final FieldDescriptor field;
    private final String path;
    private final Value value;
    private final int kind;
    private final int tag;
    private final int column;
    private final int encoding;
    private final long minimum;
    private final long maximum;
    private final int precision;
    private final boolean hasPresence;
    private final boolean isRequired;
    private final boolean isGroup;
    private final boolean isPacked;
    private final boolean isNumber;
    private final boolean isClosedEnum;
    private final boolean needsUtf8;
    private final @Nullable Message message;
    private final @Nullable Op wrapped;
    private final @Nullable Op key;
    private final @Nullable Op entryValue;
    private final @Nullable Map<StringData, Integer> numbers;

    private Op(
        FieldDescriptor field,
        String path,
        Value value,
        int kind,
        int column,
        boolean hasPresence,
        boolean isRequired,
        @Nullable Message message,
        @Nullable Op wrapped,
        @Nullable Op key,
        @Nullable Op entryValue) {
      this.field = field;
      this.path = path;
      this.value = value;
      this.kind = kind;
      this.column = column;
      this.hasPresence = hasPresence;
      this.isRequired = isRequired;
      this.message = message;
      this.wrapped = wrapped;
      this.key = key;
      this.entryValue = entryValue;
      tag = Wire.tag(field);
      FieldDescriptor.Type type = value.field().getType();
      isGroup = field.getType() == FieldDescriptor.Type.GROUP;
      isPacked = field.isPacked();
      isClosedEnum =
          type == FieldDescriptor.Type.ENUM && value.field().legacyEnumFieldTreatedAsClosed();
      needsUtf8 = type == FieldDescriptor.Type.STRING && value.field().needsUtf8Check();
      encoding =
          switch (type) {
            case SINT32, SINT64 -> ZIGZAG;
            case FIXED64, SFIXED64, DOUBLE -> FIXED64;
            case FIXED32, SFIXED32, FLOAT -> FIXED32;
            case INT32, INT64, UINT32, UINT64, BOOL, ENUM, STRING, BYTES, MESSAGE, GROUP -> VARINT;
          };
      minimum =
          switch (type) {
            case INT32, SINT32, SFIXED32 -> Integer.MIN_VALUE;
            case UINT32, FIXED32, UINT64, FIXED64 -> 0;
            case INT64,
                SINT64,
                SFIXED64,
                BOOL,
                ENUM,
                STRING,
                BYTES,
                MESSAGE,
                GROUP,
                FLOAT,
                DOUBLE ->
                Long.MIN_VALUE;
          };
      maximum =
          switch (type) {
            case INT32, SINT32, SFIXED32 -> Integer.MAX_VALUE;
            case UINT32, FIXED32 -> 0xffffffffL;
            case INT64,
                SINT64,
                SFIXED64,
                UINT64,
                FIXED64,
                BOOL,
                ENUM,
                STRING,
                BYTES,
                MESSAGE,
                GROUP,
                FLOAT,
                DOUBLE ->
                Long.MAX_VALUE;
          };
      isNumber = isNumber(value.form());
      precision = precision(value.type());
      numbers = value.form() == Form.ENUM_NAME ? numbers(value.field()) : null;
    }

    static Op of(Column column, boolean[] needsJson) {
      FieldDescriptor field = column.field();
      Value value = column.value();
      int kind =
          switch (column.shape()) {
            case ARRAY -> ARRAY;
            case MAP -> MAP;
            case SINGLE -> kind(value);
          };
      boolean isRequired = field.isRequired() || !column.type().isNullable();
      if (column.shape() == Shape.MAP) {
        return new Op(
            field,
            column.path(),
            value,
            kind,
            column.index(),
            field.hasPresence(),
            isRequired,
            null,
            null,
            part(column, requireNonNull(column.key()), needsJson),
            part(column, value, needsJson));
      }
      return new Op(
          field,
          column.path(),
          value,
          kind,
          column.index(),
          field.hasPresence(),
          isRequired,
          inner(value, needsJson),
          wrapped(column, value),
          null,
          null);
    }

    /** The key or value of a map. */
    private static Op part(Column column, Value value, boolean[] needsJson) {
      return new Op(
          value.field(),
          column.path(),
          value,
          VALUE,
          0,
          true,
          true,
          inner(value, needsJson),
          wrapped(column, value),
          null,
          null);
    }

    private static @Nullable Op wrapped(Column column, Value value) {
      Value inner = value.wrapped();
      return inner == null
          ? null
          : new Op(
              inner.field(), column.path(), inner, WRAPPED, 0, false, true, null, null, null, null);
    }

    private static @Nullable Message inner(Value value, boolean[] needsJson) {
      if (value.form() == Form.JSON) {
        needsJson[0] = true;
      }
      return value.row() == null ? null : new Message(value.row(), needsJson);
    }

    private static int kind(Value value) {
      FieldDescriptor.Type type = value.field().getType();
      return switch (value.form()) {
        case BOOLEAN -> BOOL;
        case INT -> type == FieldDescriptor.Type.INT32 ? INT32 : NUMBER;
        case LONG -> type == FieldDescriptor.Type.INT64 ? INT64 : NUMBER;
        case STRING -> STRING;
        case DOUBLE -> DOUBLE;
        case ROW -> type == FieldDescriptor.Type.MESSAGE ? ROW : VALUE;
        case FLOAT, FLOAT_AS_DOUBLE, DECIMAL, ENUM_NAME, ENUM_NUMBER -> NUMBER;
        case BYTES, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES -> VALUE;
      };
    }

    private static boolean isNumber(Form form) {
      return switch (form) {
        case BOOLEAN, INT, LONG, DECIMAL, FLOAT, DOUBLE, FLOAT_AS_DOUBLE, ENUM_NAME, ENUM_NUMBER ->
            true;
        case STRING, BYTES, ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES -> false;
      };
    }

    private static int precision(LogicalType type) {
      if (type instanceof DecimalType decimal) {
        return decimal.getPrecision();
      }
      return type instanceof LocalZonedTimestampType timestamp ? timestamp.getPrecision() : 0;
    }

    private static Map<StringData, Integer> numbers(FieldDescriptor field) {
      Map<StringData, Integer> numbers = new HashMap<>();
      for (EnumValueDescriptor value : field.getEnumType().getValues()) {
        numbers.put(StringData.fromString(value.getName()), value.getNumber());
      }
      return numbers;
    }

    Message message() {
      return requireNonNull(message);
    }

    Op wrapped() {
      return requireNonNull(wrapped);
    }

    Op key() {
      return requireNonNull(key);
    }

    Op entryValue() {
      return requireNonNull(entryValue);
    }

    Map<StringData, Integer> numbers() {
      return requireNonNull(numbers);
    }
  }
}
