package io.unifiedcatalog.formats.protobuf;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import io.unifiedcatalog.formats.protobuf.MessagePlan.Column;
import io.unifiedcatalog.formats.protobuf.MessagePlan.Shape;
import io.unifiedcatalog.formats.protobuf.Value.Form;
import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages from their bytes into rows. Not for use by several threads.
 *
 * <p>A row is made when its message begins and filled as the fields come, so a field that comes
 * again replaces, appends or merges as Protobuf says. What cannot be in its final form before the
 * last byte is read (an array that comes in several runs, a message kept as bytes that comes in
 * parts) stands in the row in a form of its own until {@link #settle}.
 *
 * <p>Every length is checked against the bytes that remain, and elements are counted, before
 * anything is allocated for them. What a record of n bytes makes this allocate is at most n times a
 * factor that the row type fixes: 64 and 2 for each column of the widest ROW in it, or 512 where a
 * column is proto JSON, which protobuf-java prints.
 */
final class MessageReader {
  /** How deep messages may stand one in another, like in protobuf-java. */
  static final int MAXIMUM_DEPTH = 100;

  /** The greatest tag of a field with the number 0. */
  private static final int MAXIMUM_INVALID_TAG = 7;

  /** The longest record whose strings share its bytes; those of a longer one are copied. */
  private static final int MAXIMUM_SHARED_BYTES = 8 << 10;

  /** What is read of a number that a closed enum does not name: an unknown field. */
  private static final Object UNKNOWN_ENUM = new Object();

  private final Message root;
  private final Descriptor descriptor;
  private final @Nullable ProtobufJson json;

  // Of the record that is being read.
  private byte[] bytes = new byte[0];
  private MemorySegment @Nullable [] segments;

  /** Where the value ends that was read last. */
  private int next;

  /** Where the content of the message begins that {@link #payload} was asked for. */
  private int start;

  /** Whether the row holds anything that {@link #settle} must put into its final form. */
  private boolean unsettled;

  /** Whether the value of the map entry that is being read is an unknown enum. */
  private boolean unknownEntry;

  MessageReader(DescriptorSet descriptors, MessagePlan plan) {
    descriptor = plan.message();
    boolean[] needsJson = new boolean[1];
    root = new Message(plan, needsJson);
    json = needsJson[0] ? new ProtobufJson(descriptors) : null;
  }

  /**
   * Reads one record.
   *
   * @param record the bytes, which the row may keep and nobody may change afterwards
   * @param from where the message begins
   */
  GenericRowData read(byte[] record, int from) throws ProtobufParseException {
    bytes = record;
    segments = null;
    unsettled = false;
    GenericRowData row = new GenericRowData(root.columns);
    read(root, row, from, record.length, 0);
    if (unsettled) {
      settle(root, row);
    }
    return row;
  }

  /** Reads the fields between two places into a row; returns the end. */
  private int read(Message message, GenericRowData row, int from, int end, int depth)
      throws ProtobufParseException {
    byte[] bytes = this.bytes;
    int position = from;
    // The columns among the first 64 that were given a value for good.
    long filled = 0;
    while (position < end) {
      int tag = bytes[position++];
      if (tag < 0) {
        if (position < end && bytes[position] >= 0) {
          tag = (tag & 0x7f) | (bytes[position++] << 7);
        } else {
          tag = (int) varint(position - 1, end);
          position = next;
        }
      }
      Op op = message.find(tag);
      if (op == null) {
        // Most of what a query does not read is a text shorter than 128 bytes or a short number.
        int first;
        if (position < end && (first = bytes[position]) >= 0 && tag > MAXIMUM_INVALID_TAG) {
          int wireType = tag & 7;
          if (wireType == Wire.DELIMITED && first < end - position) {
            position += first + 1;
            continue;
          }
          if (wireType == Wire.VARINT) {
            position++;
            continue;
          }
        }
        position = skip(tag, position, end, depth);
        continue;
      }
      int[] siblings = op.siblings;
      if (siblings != null) {
        clear(row, siblings);
      }
      filled |= op.fills;
      switch (op.kind) {
        case Op.INT32 -> {
          int value;
          if (position < end && (value = bytes[position]) >= 0) {
            position++;
          } else {
            value = (int) varint(position, end);
            position = next;
          }
          row.setField(op.column, value);
        }
        case Op.UINT32 -> {
          long value;
          if (position < end && (value = bytes[position]) >= 0) {
            position++;
          } else {
            value = varint(position, end) & 0xffffffffL;
            position = next;
          }
          row.setField(op.column, value);
        }
        case Op.INT64 -> {
          long value;
          if (position < end && (value = bytes[position]) >= 0) {
            position++;
          } else {
            value = varint(position, end);
            position = next;
          }
          row.setField(op.column, value);
        }
        case Op.BOOL -> {
          long value;
          if (position < end && (value = bytes[position]) >= 0) {
            position++;
          } else {
            value = varint(position, end);
            position = next;
          }
          row.setField(op.column, value != 0);
        }
        case Op.DOUBLE -> {
          if (end - position < 8) {
            throw truncated(op, position);
          }
          row.setField(op.column, Double.longBitsToDouble((long) Wire.LONG.get(bytes, position)));
          position += 8;
        }
        case Op.FLOAT -> {
          if (end - position < 4) {
            throw truncated(op, position);
          }
          row.setField(op.column, Float.intBitsToFloat((int) Wire.INT.get(bytes, position)));
          position += 4;
        }
        case Op.STRING -> {
          int length;
          if (position < end && (length = bytes[position]) >= 0) {
            position++;
            if (length > end - position) {
              throw truncated(op, position);
            }
          } else {
            length = length(op, position, end);
            position = next;
          }
          row.setField(op.column, string(op, position, length));
          position += length;
        }
        case Op.ROW -> {
          int contentEnd = payload(op, position, end, depth);
          position = start;
          GenericRowData child = (GenericRowData) row.getField(op.column);
          Message inner = op.message();
          if (child == null) {
            child = new GenericRowData(inner.columns);
            row.setField(op.column, child);
          }
          int after = next;
          read(inner, child, position, contentEnd, depth + 1);
          position = after;
        }
        default -> position = special(op, tag, row, position, end, depth);
      }
    }
    finish(message, row, filled);
    return position;
  }

  /**
   * Reads a field that is more than a plain value; returns where it ends. It stands by itself, so
   * that the compiler spends what it inlines into the loop on the plain ones.
   */
  private int special(Op op, int tag, GenericRowData row, int from, int end, int depth)
      throws ProtobufParseException {
    int position = from;
    switch (op.kind) {
      case Op.VALUE -> {
        Object value = value(op, position, end, depth, row.getField(op.column));
        position = next;
        if (value != UNKNOWN_ENUM) {
          row.setField(op.column, value);
          if (op.isClosedEnum) {
            if (op.isEntryValue) {
              unknownEntry = false;
            }
            if (op.lateSiblings != null) {
              clear(row, op.lateSiblings);
            }
          }
        } else if (op.isEntryValue) {
          unknownEntry = true;
        }
      }
      case Op.VALUE_OR_NULL -> {
        Object value = value(op, position, end, depth, row.getField(op.column));
        position = next;
        if (value != UNKNOWN_ENUM) {
          row.setField(op.column, op.isZero(value) ? null : value);
        }
      }
      case Op.BYTES_IN_PARTS -> {
        int contentEnd = payload(op, position, end, depth);
        if (op.value.form() == Form.JSON) {
          checkJson(op, start, contentEnd, depth + 1);
        }
        Parts parts = new Parts(row.getField(op.column), depth + 1);
        parts.add(bytes, start, contentEnd);
        row.setField(op.column, parts);
        unsettled = true;
        position = next;
      }
      case Op.RUN -> position = run(op, row, position, end, depth);
      case Op.PACKED -> position = packed(op, row, position, end);
      case Op.MAP -> position = map(op, row, position, end, depth);
      case Op.CLEAR -> {
        position = skip(tag, position, end, depth);
      }
      case Op.CLEAR_UNLESS_UNKNOWN -> {
        int number = (int) varint(position, end);
        position = next;
        if (op.lateSiblings != null && op.names().containsKey(number)) {
          clear(row, op.lateSiblings);
        }
      }
      default -> throw new IllegalStateException("Unknown kind " + op.kind);
    }
    return position;
  }

  /** Fills in what a message lacks. */
  private void finish(Message message, GenericRowData row, long filled) {
    for (long open = message.earlyDefaults & ~filled; open != 0; open &= open - 1) {
      fill(message, row, Long.numberOfTrailingZeros(open));
    }
    for (int column : message.lateDefaults) {
      fill(message, row, column);
    }
    for (int column : message.requiredColumns) {
      if (row.getField(column) == null) {
        unsettled = true;
      }
    }
  }

  private static void fill(Message message, GenericRowData row, int column) {
    if (row.getField(column) == null) {
      row.setField(column, message.defaults[column]);
    }
  }

  private static void clear(GenericRowData row, int[] columns) {
    for (int column : columns) {
      row.setField(column, null);
    }
  }

  // ---------------------------------------------------------------- single values

  /**
   * Reads a value of any form.
   *
   * @param existing what the value is merged into or replaces; null if there is none
   */
  private Object value(Op op, int position, int end, int depth, @Nullable Object existing)
      throws ProtobufParseException {
    switch (op.value.form()) {
      case STRING -> {
        int length = length(op, position, end);
        int from = next;
        next = from + length;
        return string(op, from, length);
      }
      case BYTES -> {
        int length = length(op, position, end);
        int from = next;
        next = from + length;
        return Arrays.copyOfRange(bytes, from, from + length);
      }
      case BOOLEAN, INT, LONG, DECIMAL, FLOAT, DOUBLE, FLOAT_AS_DOUBLE, ENUM_NAME, ENUM_NUMBER -> {
        long number = number(op, position, end);
        return box(op, number, position);
      }
      case ROW -> {
        int contentEnd = payload(op, position, end, depth);
        int after = next;
        Message inner = op.message();
        GenericRowData row =
            existing == null ? new GenericRowData(inner.columns) : (GenericRowData) existing;
        read(inner, row, start, contentEnd, depth + 1);
        next = after;
        return row;
      }
      case TIMESTAMP -> {
        int contentEnd = payload(op, position, end, depth);
        int after = next;
        Object timestamp = timestamp(op, start, contentEnd, depth + 1, existing);
        next = after;
        return timestamp;
      }
      case WRAPPER -> {
        int contentEnd = payload(op, position, end, depth);
        int after = next;
        Object wrapped = wrapped(op, start, contentEnd, depth + 1, existing);
        next = after;
        return wrapped;
      }
      case JSON, MESSAGE_BYTES -> {
        int contentEnd = payload(op, position, end, depth);
        int after = next;
        Object message = message(op, bytes, start, new int[] {contentEnd}, depth + 1);
        next = after;
        return message;
      }
    }
    throw new IllegalStateException("Unknown form");
  }

  /** Reads a number, boolean or enum as the bits that {@link #box} takes. */
  private long number(Op op, int position, int end) throws ProtobufParseException {
    switch (op.value.field().getType()) {
      case INT32, ENUM -> {
        return (int) varint(position, end);
      }
      case UINT32 -> {
        return varint(position, end) & 0xffffffffL;
      }
      case INT64, UINT64 -> {
        return varint(position, end);
      }
      case BOOL -> {
        return varint(position, end) != 0 ? 1 : 0;
      }
      case SINT32 -> {
        return Wire.zigZag((int) varint(position, end));
      }
      case SINT64 -> {
        return Wire.zigZag(varint(position, end));
      }
      case SFIXED32, FLOAT -> {
        return fixed32(op, position, end);
      }
      case FIXED32 -> {
        return fixed32(op, position, end) & 0xffffffffL;
      }
      case FIXED64, SFIXED64, DOUBLE -> {
        if (end - position < 8) {
          throw truncated(op, position);
        }
        next = position + 8;
        return (long) Wire.LONG.get(bytes, position);
      }
      case STRING, BYTES, MESSAGE, GROUP -> {}
    }
    throw new IllegalStateException("Not a number: " + op.value.field());
  }

  private int fixed32(Op op, int position, int end) throws ProtobufParseException {
    if (end - position < 4) {
      throw truncated(op, position);
    }
    next = position + 4;
    return (int) Wire.INT.get(bytes, position);
  }

  private Object box(Op op, long number, int position) throws ProtobufParseException {
    switch (op.value.form()) {
      case BOOLEAN -> {
        return number != 0;
      }
      case INT -> {
        return asInt(op, number, position);
      }
      case LONG -> {
        return asLong(op, number, position);
      }
      case DECIMAL -> {
        BigDecimal decimal =
            number >= 0
                ? BigDecimal.valueOf(number)
                : new BigDecimal(new BigInteger(Long.toUnsignedString(number)));
        return decimal(op, decimal);
      }
      case FLOAT -> {
        return Float.intBitsToFloat((int) number);
      }
      case DOUBLE -> {
        return Double.longBitsToDouble(number);
      }
      case FLOAT_AS_DOUBLE -> {
        return (double) Float.intBitsToFloat((int) number);
      }
      case ENUM_NUMBER -> {
        return op.isClosedEnum && !op.names().containsKey((int) number)
            ? UNKNOWN_ENUM
            : (Object) (int) number;
      }
      case ENUM_NAME -> {
        BinaryStringData name = op.name((int) number);
        if (name != null) {
          return name;
        }
        return op.isClosedEnum
            ? UNKNOWN_ENUM
            : BinaryStringData.fromString(Integer.toString((int) number));
      }
      case STRING, BYTES, ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES -> {}
    }
    throw new IllegalStateException("Not a number: " + op.value.field());
  }

  private static Object decimal(Op op, BigDecimal number) {
    DecimalData decimal =
        DecimalData.fromBigDecimal(number, ((DecimalType) op.value.type()).getPrecision(), 0);
    if (decimal == null) {
      throw new IllegalStateException("DECIMAL of at least 20 digits cannot hold " + number);
    }
    return decimal;
  }

  private int asInt(Op op, long number, int position) throws ProtobufParseException {
    if (number != (int) number) {
      throw failure(
          position,
          String.format(
              "field '%s' is %d, which INT cannot hold; declare the column as BIGINT",
              op.field.getFullName(), number));
    }
    return (int) number;
  }

  private long asLong(Op op, long number, int position) throws ProtobufParseException {
    if (number < 0 && op.isUnsigned64) {
      throw failure(
          position,
          String.format(
              "field '%s' is %s, which BIGINT cannot hold; declare the column as DECIMAL(20, 0)",
              op.field.getFullName(), Long.toUnsignedString(number)));
    }
    return number;
  }

  private Object string(Op op, int position, int length) throws ProtobufParseException {
    if (length == 0) {
      return BinaryStringData.EMPTY_UTF8;
    }
    if (!Wire.isUtf8(bytes, position, length)) {
      if (op.needsUtf8) {
        throw failure(
            position, String.format("field '%s' is not valid UTF-8", op.field.getFullName()));
      }
      // What protobuf-java makes of it: each wrong byte becomes U+FFFD.
      return BinaryStringData.fromString(
          new String(bytes, position, length, StandardCharsets.UTF_8));
    }
    if (bytes.length > MAXIMUM_SHARED_BYTES) {
      return BinaryStringData.fromBytes(Arrays.copyOfRange(bytes, position, position + length));
    }
    MemorySegment[] shared = segments;
    if (shared == null) {
      shared = new MemorySegment[] {MemorySegmentFactory.wrap(bytes)};
      segments = shared;
    }
    return new BinaryStringData(shared, position, length);
  }

  // ---------------------------------------------------------------- messages

  /**
   * Finds the content of a message: sets {@link #start} and {@link #next}, returns the content's
   * end.
   */
  private int payload(Op op, int position, int end, int depth) throws ProtobufParseException {
    if (depth >= MAXIMUM_DEPTH) {
      throw tooDeep(position);
    }
    if (op.isGroup) {
      start = position;
      return group(op.field.getNumber(), position, end, depth + 1);
    }
    int length = length(op, position, end);
    start = next;
    next = start + length;
    return next;
  }

  private Object timestamp(Op op, int from, int end, int depth, @Nullable Object existing)
      throws ProtobufParseException {
    long seconds = 0;
    int nanos = 0;
    if (existing instanceof TimestampData timestamp) {
      seconds = Math.floorDiv(timestamp.getMillisecond(), 1000L);
      nanos =
          Math.floorMod(timestamp.getMillisecond(), 1000) * 1_000_000
              + timestamp.getNanoOfMillisecond();
    } else if (existing instanceof UnheldTimestamp unheld) {
      seconds = unheld.seconds;
      nanos = unheld.nanos;
    }
    int position = from;
    while (position < end) {
      int tag = (int) varint(position, end);
      position = next;
      if (tag == ((1 << 3) | Wire.VARINT)) {
        seconds = varint(position, end);
        position = next;
      } else if (tag == ((2 << 3) | Wire.VARINT)) {
        nanos = (int) varint(position, end);
        position = next;
      } else {
        position = skip(tag, position, end, depth);
      }
    }
    if (Timestamps.isValid(seconds, nanos) && nanos % op.nanosStep == 0) {
      return TimestampData.fromEpochMillis(seconds * 1000 + nanos / 1_000_000, nanos % 1_000_000);
    }
    // A later part may still correct it.
    unsettled = true;
    return new UnheldTimestamp(seconds, nanos);
  }

  private Object wrapped(Op op, int from, int end, int depth, @Nullable Object existing)
      throws ProtobufParseException {
    Op inner = op.wrapped();
    Object value = existing == null ? inner.zero() : existing;
    int position = from;
    while (position < end) {
      int tag = (int) varint(position, end);
      position = next;
      if (tag == inner.tag) {
        value = value(inner, position, end, depth, null);
        position = next;
      } else {
        position = skip(tag, position, end, depth);
      }
    }
    return value;
  }

  /**
   * A whole message as JSON or bytes.
   *
   * @param ends where the parts end in which the message came
   */
  private Object message(Op op, byte[] content, int from, int[] ends, int depth)
      throws ProtobufParseException {
    if (op.value.form() == Form.MESSAGE_BYTES) {
      return Arrays.copyOfRange(content, from, ends[ends.length - 1]);
    }
    ProtobufJson json = this.json;
    if (json == null) {
      throw new IllegalStateException("Not planned: " + op.field);
    }
    try {
      return BinaryStringData.fromString(
          json.print(op.field.getMessageType(), content, from, ends, depth));
    } catch (IOException | RuntimeException e) {
      throw noJson(op, content == bytes ? from : bytes.length, e);
    }
  }

  /** A part that is no message is an error also where it is replaced before it would be printed. */
  private void checkJson(Op op, int from, int end, int depth) throws ProtobufParseException {
    try {
      requireNonNull(json).check(op.field.getMessageType(), bytes, from, end, depth);
    } catch (IOException | RuntimeException e) {
      throw noJson(op, from, e);
    }
  }

  private ProtobufParseException noJson(Op op, int position, Exception cause) {
    ProtobufParseException failure =
        failure(
            position,
            String.format(
                "field '%s' has no JSON form: %s Declare its column as BYTES to read it as it is",
                op.field.getFullName(), cause.getMessage()));
    failure.initCause(cause);
    return failure;
  }

  // ---------------------------------------------------------------- repeated fields

  /** Reads a field's values that stand one after the other, the tag of the first one read. */
  private int run(Op op, GenericRowData row, int position, int end, int depth)
      throws ProtobufParseException {
    int count = count(op, position, end, depth);
    Object array = op.newArray(count);
    int at = position;
    int size = 0;
    for (int i = 0; ; ) {
      size = element(op, array, size, at, end, depth);
      at = next;
      if (++i == count) {
        break;
      }
      at += op.tagLength;
    }
    append(op, row, array, size);
    return at;
  }

  private int packed(Op op, GenericRowData row, int position, int end)
      throws ProtobufParseException {
    int length = length(op, position, end);
    int at = next;
    int contentEnd = at + length;
    int count;
    int width = op.fixedWidth;
    if (width > 0) {
      if (length % width != 0) {
        throw truncated(op, contentEnd);
      }
      count = length / width;
    } else {
      count = 0;
      for (int i = at; i < contentEnd; i++) {
        count += ~bytes[i] >>> 31;
      }
      if (length > 0 && bytes[contentEnd - 1] < 0) {
        throw truncated(op, contentEnd);
      }
    }
    if (count > 0) {
      Object array = op.newArray(count);
      int size = 0;
      while (at < contentEnd) {
        size = element(op, array, size, at, contentEnd, 0);
        at = next;
      }
      append(op, row, array, size);
    }
    return contentEnd;
  }

  /** Reads one element; returns the size of the array with it. */
  private int element(Op op, Object array, int size, int position, int end, int depth)
      throws ProtobufParseException {
    switch (op.element) {
      case Op.INTS -> ((int[]) array)[size] = asInt(op, number(op, position, end), position);
      case Op.LONGS -> ((long[]) array)[size] = asLong(op, number(op, position, end), position);
      case Op.DOUBLES ->
          ((double[]) array)[size] = Double.longBitsToDouble(number(op, position, end));
      case Op.FLOATS ->
          ((float[]) array)[size] = Float.intBitsToFloat((int) number(op, position, end));
      case Op.BOOLEANS -> ((boolean[]) array)[size] = number(op, position, end) != 0;
      default -> {
        Object value = value(op, position, end, depth, null);
        if (value == UNKNOWN_ENUM) {
          return size;
        }
        ((Object[]) array)[size] = value;
      }
    }
    return size + 1;
  }

  /** Counts the values from one whose tag is read to the first other field. */
  private int count(Op op, int position, int end, int depth) throws ProtobufParseException {
    int count = 0;
    int at = position;
    while (true) {
      switch (op.wireType) {
        case Wire.VARINT -> {
          varint(at, end);
          at = next;
        }
        case Wire.FIXED64 -> at += 8;
        case Wire.FIXED32 -> at += 4;
        case Wire.DELIMITED -> {
          int length = length(op, at, end);
          at = next + length;
        }
        default -> {
          if (depth >= MAXIMUM_DEPTH) {
            throw tooDeep(at);
          }
          group(op.field.getNumber(), at, end, depth + 1);
          at = next;
        }
      }
      count++;
      if (!op.isAt(bytes, at, end)) {
        return count;
      }
      at += op.tagLength;
    }
  }

  /** Adds a run of elements to what the row already holds of the field. */
  private void append(Op op, GenericRowData row, Object array, int size) {
    if (size == 0) {
      return;
    }
    Object exact = array;
    if (Array.getLength(array) != size) {
      exact = Arrays.copyOf((Object[]) array, size);
    }
    Object existing = row.getField(op.column);
    if (existing == null || existing == op.absent) {
      row.setField(op.column, op.asArrayData(exact));
      return;
    }
    Runs runs;
    if (existing instanceof Runs already) {
      runs = already;
    } else {
      runs = new Runs(op);
      runs.add(op.arrayOf((GenericArrayData) existing));
      row.setField(op.column, runs);
    }
    runs.add(exact);
    unsettled = true;
  }

  private int map(Op op, GenericRowData row, int position, int end, int depth)
      throws ProtobufParseException {
    int count = count(op, position, end, depth);
    Object existing = row.getField(op.column);
    Entries entries = null;
    if (existing != null && existing != op.absent) {
      entries = existing instanceof Entries already ? already : new Entries(existing);
      row.setField(op.column, entries);
      unsettled = true;
    }
    Map<Object, Object> map =
        entries != null
            ? entries.map
            : count <= EntryMap.MAXIMUM_SIZE ? new EntryMap(count) : new LinkedHashMap<>(count * 2);
    EntryMap small = map instanceof EntryMap fits ? fits : null;
    Message entry = op.message();
    GenericRowData scratch = op.scratch();
    int at = position;
    boolean rowsUnsettled = false;
    for (int i = 0; ; ) {
      int contentEnd = payload(op, at, end, depth);
      int after = next;
      if (small != null && op.isPlainMap && plainEntry(op, small, start, contentEnd, depth + 1)) {
        at = after;
        if (++i == count) {
          break;
        }
        at += op.tagLength;
        continue;
      }
      scratch.setField(0, null);
      scratch.setField(1, null);
      unknownEntry = false;
      boolean unsettledBefore = unsettled;
      unsettled = false;
      read(entry, scratch, start, contentEnd, depth + 1);
      boolean dropped = unknownEntry;
      unknownEntry = false;
      if (!dropped) {
        if (scratch.getField(1) == null) {
          // An entry without a value: the same as with an empty message.
          scratch.setField(1, emptyMessage(entry.valueOp()));
        }
        if (unsettled && entry.valueOp().value.form() == Form.ROW) {
          // A later entry may still replace it.
          rowsUnsettled = true;
        } else if (unsettled) {
          settle(entry, scratch);
        }
        Object key = entry(scratch, 0);
        Object value = entry(scratch, 1);
        if (small != null) {
          small.set(key, value);
        } else {
          map.put(key, value);
        }
      }
      unsettled = unsettledBefore || rowsUnsettled;
      at = after;
      if (++i == count) {
        break;
      }
      at += op.tagLength;
    }
    if (entries == null && !map.isEmpty()) {
      row.setField(op.column, new GenericMapData(map));
    }
    return at;
  }

  /**
   * Reads an entry that is a key and then a value and nothing else, as nearly all are; false if it
   * is not.
   */
  private boolean plainEntry(Op op, EntryMap map, int from, int end, int depth)
      throws ProtobufParseException {
    byte[] bytes = this.bytes;
    Op keyOp = op.message().columnOps[0];
    Op valueOp = op.message().columnOps[1];
    if (from >= end || bytes[from] != keyOp.tag) {
      return false;
    }
    Object key = value(keyOp, from + 1, end, depth, null);
    int position = next;
    if (position >= end || bytes[position] != valueOp.tag) {
      return false;
    }
    Object value = value(valueOp, position + 1, end, depth, null);
    if (next != end) {
      return false;
    }
    map.set(key, value);
    return true;
  }

  private static Object entry(GenericRowData scratch, int column) {
    Object value = scratch.getField(column);
    if (value == null) {
      throw new IllegalStateException("A map entry without its part " + column);
    }
    return value;
  }

  private Object emptyMessage(Op op) throws ProtobufParseException {
    switch (op.value.form()) {
      case ROW -> {
        GenericRowData row = new GenericRowData(op.message().columns);
        finish(op.message(), row, 0);
        return row;
      }
      case TIMESTAMP -> {
        return TimestampData.fromEpochMillis(0);
      }
      case WRAPPER -> {
        return op.wrapped().zero();
      }
      case JSON, MESSAGE_BYTES -> {
        return message(op, new byte[0], 0, new int[] {0}, 1);
      }
      case BOOLEAN,
          INT,
          LONG,
          DECIMAL,
          FLOAT,
          DOUBLE,
          FLOAT_AS_DOUBLE,
          STRING,
          BYTES,
          ENUM_NAME,
          ENUM_NUMBER -> {
        return op.zero();
      }
    }
    throw new IllegalStateException("Unknown form");
  }

  // ---------------------------------------------------------------- the end of a record

  /** Puts everything in a row into its final form, and fails if a field is missing. */
  private void settle(Message message, GenericRowData row) throws ProtobufParseException {
    for (Op op : message.columnOps) {
      Object value = row.getField(op.column);
      if (value == null) {
        if (op.isRequired) {
          throw failure(
              bytes.length,
              op.field.isRequired()
                  ? String.format("the required field '%s' is missing", op.field.getFullName())
                  : String.format(
                      "field '%s' is absent, but its column is NOT NULL; declare it nullable",
                      op.field.getFullName()));
        }
        continue;
      }
      if (value instanceof Runs runs) {
        value = op.asArrayData(runs.join());
        row.setField(op.column, value);
      } else if (value instanceof Entries entries) {
        value = new GenericMapData(entries.map);
        row.setField(op.column, value);
      } else if (value instanceof Parts parts) {
        row.setField(op.column, message(op, parts.bytes, 0, parts.ends(), parts.depth));
      } else if (value instanceof UnheldTimestamp unheld) {
        throw unheld(op, unheld);
      }
      if (op.shape == Shape.ARRAY && op.value.form() == Form.TIMESTAMP) {
        for (Object element : ((GenericArrayData) value).toObjectArray()) {
          if (element instanceof UnheldTimestamp unheld) {
            throw unheld(op, unheld);
          }
        }
      }
      if (op.value.form() == Form.ROW) {
        switch (op.shape) {
          case SINGLE -> settle(op.message(), (GenericRowData) value);
          case ARRAY -> {
            for (Object element : ((GenericArrayData) value).toObjectArray()) {
              settle(op.message(), (GenericRowData) element);
            }
          }
          case MAP -> {
            Message inner = op.message().valueOp().message();
            for (Object element :
                ((GenericArrayData) ((GenericMapData) value).valueArray()).toObjectArray()) {
              settle(inner, (GenericRowData) element);
            }
          }
        }
      }
    }
  }

  private ProtobufParseException unheld(Op op, UnheldTimestamp timestamp) {
    return failure(
        bytes.length,
        String.format(
            Timestamps.isValid(timestamp.seconds, timestamp.nanos)
                ? "field '%s' is the timestamp {seconds: %d, nanos: %d}, which %s cannot hold;"
                    + " declare the column as TIMESTAMP_LTZ(9)"
                : "field '%s' is {seconds: %d, nanos: %d}, which is no valid timestamp and so no"
                    + " %s; declare the column as ROW<seconds BIGINT, nanos INT> to read it",
            op.field.getFullName(),
            timestamp.seconds,
            timestamp.nanos,
            op.value.type().asSummaryString()));
  }

  // ---------------------------------------------------------------- the wire

  /** Reads a varint of up to ten bytes; its bits above the 64th are dropped. */
  private long varint(int position, int end) throws ProtobufParseException {
    byte[] bytes = this.bytes;
    if (end - position >= 8) {
      long word = (long) Wire.LONG.get(bytes, position);
      long stops = ~word & Wire.HIGH_BITS;
      if (stops != 0) {
        next = position + (Long.numberOfTrailingZeros(stops) >>> 3) + 1;
        return Wire.compress(word & (stops ^ (stops - 1)));
      }
    }
    long value = 0;
    int at = position;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at >= end) {
        throw failure(at, "a number is cut off");
      }
      byte part = bytes[at++];
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        next = at;
        return value;
      }
    }
    throw failure(position, "a number is longer than ten bytes");
  }

  /** Reads a length and checks that so many bytes remain. */
  private int length(Op op, int position, int end) throws ProtobufParseException {
    int first;
    if (position < end && (first = bytes[position]) >= 0 && first < end - position) {
      next = position + 1;
      return first;
    }
    int length = (int) varint(position, end);
    if (length < 0 || length > end - next) {
      throw failure(
          position,
          String.format(
              "field '%s' claims %s bytes, and %d remain",
              op.field.getFullName(), Integer.toUnsignedString(length), end - next));
    }
    return length;
  }

  /** Skips the value of a field that is not read; returns where it ends. */
  private int skip(int tag, int position, int end, int depth) throws ProtobufParseException {
    if (tag >>> 3 == 0) {
      throw failure(position - 1, "a field has the number 0");
    }
    switch (tag & 7) {
      case Wire.VARINT -> {
        varint(position, end);
        return next;
      }
      case Wire.FIXED64 -> {
        if (end - position < 8) {
          throw cutOff(tag, position);
        }
        return position + 8;
      }
      case Wire.DELIMITED -> {
        int length = (int) varint(position, end);
        if (length < 0 || length > end - next) {
          throw cutOff(tag, position);
        }
        return next + length;
      }
      case Wire.START_GROUP -> {
        if (depth >= MAXIMUM_DEPTH) {
          throw tooDeep(position);
        }
        group(tag >>> 3, position, end, depth + 1);
        return next;
      }
      case Wire.END_GROUP ->
          throw failure(position - 1, "group " + (tag >>> 3) + " ends that did not begin");
      case Wire.FIXED32 -> {
        if (end - position < 4) {
          throw cutOff(tag, position);
        }
        return position + 4;
      }
      default ->
          throw failure(position - 1, "field " + (tag >>> 3) + " has the wire type " + (tag & 7));
    }
  }

  /** Skips a group; sets {@link #next} to its end, returns the end of its content. */
  private int group(int number, int from, int end, int depth) throws ProtobufParseException {
    int position = from;
    while (position < end) {
      int contentEnd = position;
      int tag = (int) varint(position, end);
      position = next;
      if ((tag & 7) == Wire.END_GROUP) {
        if (tag >>> 3 != number) {
          throw failure(contentEnd, "group " + number + " ends as group " + (tag >>> 3));
        }
        return contentEnd;
      }
      position = skip(tag, position, end, depth);
    }
    throw failure(end, "group " + number + " is cut off");
  }

  private ProtobufParseException truncated(Op op, int position) {
    return failure(position, String.format("field '%s' is cut off", op.field.getFullName()));
  }

  private ProtobufParseException cutOff(int tag, int position) {
    return failure(position, "field " + (tag >>> 3) + " is cut off");
  }

  private ProtobufParseException tooDeep(int position) {
    return failure(position, "messages stand more than " + MAXIMUM_DEPTH + " deep one in another");
  }

  private ProtobufParseException failure(int position, String reason) {
    return new ProtobufParseException(
        descriptor.getFullName(), Math.min(position, bytes.length), bytes.length, reason);
  }

  // ---------------------------------------------------------------- what stands in rows meanwhile

  /** An array that came in several runs. */
  private static final class Runs {
    private final Op op;
    private final List<Object> arrays = new ArrayList<>();
    private int size;

    Runs(Op op) {
      this.op = op;
    }

    void add(Object array) {
      arrays.add(array);
      size = Math.addExact(size, Array.getLength(array));
    }

    @SuppressWarnings("SuspiciousSystemArraycopy") // All are arrays of the op's kind.
    Object join() {
      Object joined = op.newArray(size);
      int at = 0;
      for (Object array : arrays) {
        int length = Array.getLength(array);
        System.arraycopy(array, 0, joined, at, length);
        at += length;
      }
      return joined;
    }
  }

  /** A map that came in several runs. */
  private static final class Entries {
    private final Map<Object, Object> map = new LinkedHashMap<>();

    Entries(Object existing) {
      GenericMapData data = (GenericMapData) existing;
      Object[] keys = ((GenericArrayData) data.keyArray()).toObjectArray();
      Object[] values = ((GenericArrayData) data.valueArray()).toObjectArray();
      for (int i = 0; i < keys.length; i++) {
        map.put(keys[i], values[i]);
      }
    }
  }

  /** The bytes of a message, whose parts one after the other are the merged message. */
  private static final class Parts {
    private byte[] bytes = new byte[0];
    private int size;
    private int[] ends = new int[1];
    private int count;
    private final int depth;

    Parts(@Nullable Object existing, int depth) {
      this.depth = depth;
      if (existing instanceof Parts parts) {
        bytes = parts.bytes;
        size = parts.size;
        ends = parts.ends;
        count = parts.count;
      }
    }

    void add(byte[] from, int start, int end) {
      int length = end - start;
      if (length > bytes.length - size) {
        bytes = Arrays.copyOf(bytes, Math.max(size + length, size == 0 ? 0 : size * 2));
      }
      System.arraycopy(from, start, bytes, size, length);
      size += length;
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, count * 2);
      }
      ends[count++] = size;
    }

    int[] ends() {
      return Arrays.copyOf(ends, count);
    }
  }

  /** A timestamp that its column cannot hold. */
  private record UnheldTimestamp(long seconds, int nanos) {}

  // ---------------------------------------------------------------- the plan, by tag

  /** What is done with the fields of a message. */
  private static final class Message {
    /** The tags that are looked up in an array. */
    private static final int MAXIMUM_TABLE = 1 << 12;

    private final int columns;
    private final @Nullable Op[] table;
    private final Map<Integer, Op> others = new HashMap<>();
    private final Op[] columnOps;

    /** The columns among the first 64 that have a default, as bits, and the others. */
    private final long earlyDefaults;

    private final int[] lateDefaults;
    private final @Nullable Object[] defaults;
    private final int[] requiredColumns;

    Message(MessagePlan plan, boolean[] needsJson) {
      columns = plan.columns().size();
      Map<Integer, Op> ops = new HashMap<>();
      Map<FieldDescriptor, Column> read = new HashMap<>();
      List<Column> withDefault = new ArrayList<>();
      for (Column column : plan.columns()) {
        read.put(column.field(), column);
        if (column.absent() != null) {
          withDefault.add(column);
        }
      }
      columnOps = new Op[columns];
      for (Column column : plan.columns()) {
        FieldDescriptor field = column.field();
        Op op = Op.of(column, siblings(field, read), needsJson);
        columnOps[column.index()] = op;
        ops.put(op.tag, op);
        if (field.isPackable()) {
          Op packed = op.packed();
          ops.put(packed.tag, packed);
        }
      }
      for (OneofDescriptor oneof : plan.message().getRealOneofs()) {
        for (FieldDescriptor field : oneof.getFields()) {
          int[] siblings = siblings(field, read);
          if (!read.containsKey(field) && siblings != null) {
            Op op = Op.clearing(field, siblings);
            ops.put(op.tag, op);
          }
        }
      }
      int greatest =
          ops.keySet().stream()
              .mapToInt(tag -> tag)
              .filter(tag -> tag < MAXIMUM_TABLE && tag >= 0)
              .max()
              .orElse(0);
      table = new @Nullable Op[greatest + 1];
      ops.forEach(
          (tag, op) -> {
            if (tag >= 0 && tag < table.length) {
              table[tag] = op;
            } else {
              others.put(tag, op);
            }
          });
      long early = 0;
      defaults = new @Nullable Object[columns];
      for (Column column : withDefault) {
        early |= column.index() < Long.SIZE ? 1L << column.index() : 0;
        defaults[column.index()] = column.absent();
      }
      earlyDefaults = early;
      lateDefaults =
          withDefault.stream().mapToInt(Column::index).filter(i -> i >= Long.SIZE).toArray();
      requiredColumns =
          plan.columns().stream().filter(Column::required).mapToInt(Column::index).toArray();
    }

    /** The other columns of a field's oneof; null if there are none. */
    private static int @Nullable [] siblings(
        FieldDescriptor field, Map<FieldDescriptor, Column> read) {
      OneofDescriptor oneof = field.getRealContainingOneof();
      if (oneof == null) {
        return null;
      }
      int[] siblings =
          oneof.getFields().stream()
              .filter(other -> other != field && read.containsKey(other))
              .mapToInt(other -> requireNonNull(read.get(other)).index())
              .toArray();
      return siblings.length == 0 ? null : siblings;
    }

    @Nullable Op find(int tag) {
      if (tag >= 0 && tag < table.length) {
        return table[tag];
      }
      return others.isEmpty() ? null : others.get(tag);
    }

    /** Of a map's entry: the value. */
    Op valueOp() {
      return columnOps[1];
    }
  }

  /** What is done with a field under one of its tags. */
  private static final class Op {
    static final int INT32 = 0;
    static final int UINT32 = 1;
    static final int INT64 = 2;
    static final int BOOL = 3;
    static final int DOUBLE = 4;
    static final int FLOAT = 5;
    static final int STRING = 6;
    static final int ROW = 7;
    static final int VALUE = 8;
    static final int VALUE_OR_NULL = 9;
    static final int BYTES_IN_PARTS = 10;
    static final int RUN = 11;
    static final int PACKED = 12;
    static final int MAP = 13;
    static final int CLEAR = 14;
    static final int CLEAR_UNLESS_UNKNOWN = 15;

    private static final int FIRST_NAMES = 32;

    static final int OBJECTS = 0;
    static final int INTS = 1;
    static final int LONGS = 2;
    static final int DOUBLES = 3;
    static final int FLOATS = 4;
    static final int BOOLEANS = 5;

    private final FieldDescriptor field;
    private final Value value;
    private final Shape shape;
    private final int kind;
    private final int tag;
    private final int tagLength;
    private final int wireType;
    private final int column;

    /** The bit of the column if reading the field always gives it a value; else none. */
    private final long fills;

    private final boolean isGroup;
    private final boolean isClosedEnum;
    private final boolean isUnsigned64;
    private final boolean needsUtf8;
    private final boolean isRequired;
    private final boolean isEntryValue;

    /** The columns that are cleared before the value is read. */
    private final int @Nullable [] siblings;

    /** Those that are cleared only if the value is no unknown enum. */
    private final int @Nullable [] lateSiblings;

    /** What the column holds of an absent field. */
    private final @Nullable Object absent;

    /** What array holds the elements. */
    private final int element;

    /** Bytes of each value; 0 if they differ. */
    private final int fixedWidth;

    /** A timestamp's nanoseconds are a multiple of this, or its column cannot hold it. */
    private final int nanosStep;

    private final @Nullable Message message;
    private final @Nullable Op wrapped;
    private final @Nullable Object zero;
    private final @Nullable Map<Integer, BinaryStringData> names;

    /** The names of small numbers. */
    private final @Nullable BinaryStringData[] firstNames;

    /** Whether the map's values are numbers, text or bytes, which always stand for themselves. */
    private final boolean isPlainMap;

    private final @Nullable GenericRowData scratch;

    private Op(
        FieldDescriptor field,
        Value value,
        Shape shape,
        int kind,
        int wireType,
        int column,
        boolean isRequired,
        @Nullable Object absent,
        int @Nullable [] siblings,
        @Nullable Message message,
        @Nullable Op wrapped) {
      this.field = field;
      this.value = value;
      this.shape = shape;
      this.fills = kind <= STRING && column >= 0 && column < Long.SIZE ? 1L << column : 0;
      this.kind = kind;
      this.wireType = wireType;
      this.tag = Wire.tag(field, wireType);
      this.tagLength = tagLength(tag);
      this.column = column;
      this.isRequired = isRequired;
      this.absent = absent;
      this.message = message;
      this.wrapped = wrapped;
      FieldDescriptor.Type type = value.field().getType();
      isGroup = type == FieldDescriptor.Type.GROUP;
      isClosedEnum =
          type == FieldDescriptor.Type.ENUM && value.field().legacyEnumFieldTreatedAsClosed();
      isEntryValue = field.getContainingType().getOptions().getMapEntry();
      isUnsigned64 = type == FieldDescriptor.Type.UINT64 || type == FieldDescriptor.Type.FIXED64;
      needsUtf8 = type == FieldDescriptor.Type.STRING && value.field().needsUtf8Check();
      this.siblings = isClosedEnum ? null : siblings;
      this.lateSiblings = isClosedEnum ? siblings : null;
      int width = Wire.wireType(type);
      fixedWidth = width == Wire.FIXED64 ? 8 : width == Wire.FIXED32 ? 4 : 0;
      element =
          switch (value.form()) {
            case INT -> INTS;
            case LONG -> LONGS;
            case DOUBLE -> DOUBLES;
            case FLOAT -> FLOATS;
            case BOOLEAN -> BOOLEANS;
            case DECIMAL,
                FLOAT_AS_DOUBLE,
                STRING,
                BYTES,
                ENUM_NAME,
                ENUM_NUMBER,
                ROW,
                TIMESTAMP,
                WRAPPER,
                JSON,
                MESSAGE_BYTES ->
                OBJECTS;
          };
      zero = Planner.zero(value);
      names = type == FieldDescriptor.Type.ENUM ? names(value.field()) : null;
      firstNames = new @Nullable BinaryStringData[names == null ? 0 : FIRST_NAMES];
      for (int i = 0; i < firstNames.length; i++) {
        firstNames[i] = names().get(i);
      }
      isPlainMap =
          shape == Shape.MAP
              && !isClosedEnum
              && switch (value.form()) {
                case BOOLEAN,
                    INT,
                    LONG,
                    DECIMAL,
                    FLOAT,
                    DOUBLE,
                    FLOAT_AS_DOUBLE,
                    STRING,
                    BYTES,
                    ENUM_NAME,
                    ENUM_NUMBER ->
                    true;
                case ROW, TIMESTAMP, WRAPPER, JSON, MESSAGE_BYTES -> false;
              };
      scratch = shape == Shape.MAP ? new GenericRowData(2) : null;
      int step = 1;
      if (value.type() instanceof LocalZonedTimestampType timestamp) {
        for (int i = timestamp.getPrecision(); i < 9; i++) {
          step *= 10;
        }
      }
      nanosStep = step;
    }

    /** Whether a value is what the field has when it is absent. */
    boolean isZero(Object value) {
      // Double and Float tell -0.0, which is not the default, from 0.0.
      return value instanceof byte[] array ? array.length == 0 : value.equals(zero);
    }

    /** The op of a column's field, not packed. */
    static Op of(Column column, int @Nullable [] siblings, boolean[] needsJson) {
      FieldDescriptor field = column.field();
      Value value = column.value();
      if (value.form() == Form.JSON) {
        needsJson[0] = true;
      }
      Message message = value.row() == null ? null : new Message(value.row(), needsJson);
      int kind =
          switch (column.shape()) {
            case ARRAY -> RUN;
            case MAP -> MAP;
            case SINGLE ->
                !field.hasPresence() && column.absent() == null ? VALUE_OR_NULL : kind(value);
          };
      if (column.shape() == Shape.MAP) {
        message = entry(column, needsJson);
      }
      return new Op(
          field,
          value,
          column.shape(),
          kind,
          column.shape() == Shape.MAP
              ? Wire.wireType(field.getType())
              : Wire.wireType(value.field().getType()),
          column.index(),
          column.required(),
          column.absent(),
          siblings,
          message,
          value.wrapped() == null ? null : wrapped(value.wrapped()));
    }

    private static Op wrapped(Value value) {
      return new Op(
          value.field(),
          value,
          Shape.SINGLE,
          VALUE,
          Wire.wireType(value.field().getType()),
          0,
          false,
          null,
          null,
          null,
          null);
    }

    /** A map's entry as a message of two columns. */
    private static Message entry(Column column, boolean[] needsJson) {
      Value key = requireNonNull(column.key());
      Value value = column.value();
      return new Message(
          new MessagePlan(
              column.field().getMessageType(),
              List.of(entryColumn(column, key, 0), entryColumn(column, value, 1))),
          needsJson);
    }

    private static Column entryColumn(Column map, Value value, int index) {
      return new Column(
          value.field(),
          index,
          map.path(),
          value.type(),
          Shape.SINGLE,
          null,
          value,
          false,
          Planner.zero(value));
    }

    private static int kind(Value value) {
      FieldDescriptor.Type type = value.field().getType();
      return switch (value.form()) {
        case BOOLEAN -> BOOL;
        case INT -> type == FieldDescriptor.Type.INT32 ? INT32 : VALUE;
        case LONG ->
            type == FieldDescriptor.Type.INT64
                ? INT64
                : type == FieldDescriptor.Type.UINT32 ? UINT32 : VALUE;
        case FLOAT -> FLOAT;
        case DOUBLE -> DOUBLE;
        case STRING -> STRING;
        case ROW -> ROW;
        case JSON, MESSAGE_BYTES -> BYTES_IN_PARTS;
        case DECIMAL, FLOAT_AS_DOUBLE, BYTES, ENUM_NAME, ENUM_NUMBER, TIMESTAMP, WRAPPER -> VALUE;
      };
    }

    /** The same field in packed form. */
    Op packed() {
      return new Op(
          field,
          value,
          shape,
          PACKED,
          Wire.DELIMITED,
          column,
          isRequired,
          absent,
          null,
          message,
          wrapped);
    }

    /** A member of a oneof that is not read, and clears those that are. */
    static Op clearing(FieldDescriptor field, int[] siblings) {
      boolean isClosedEnum =
          field.getType() == FieldDescriptor.Type.ENUM && field.legacyEnumFieldTreatedAsClosed();
      return new Op(
          field,
          new Value(
              field,
              field.getType() == FieldDescriptor.Type.ENUM ? Form.ENUM_NUMBER : Form.BYTES,
              new IntType(),
              null,
              null),
          Shape.SINGLE,
          isClosedEnum ? CLEAR_UNLESS_UNKNOWN : CLEAR,
          Wire.wireType(field.getType()),
          -1,
          false,
          null,
          siblings,
          null,
          null);
    }

    private static Map<Integer, BinaryStringData> names(FieldDescriptor field) {
      Map<Integer, BinaryStringData> names = new HashMap<>();
      for (EnumValueDescriptor value : field.getEnumType().getValues()) {
        BinaryStringData name = BinaryStringData.fromString(value.getName());
        name.ensureMaterialized();
        // Of several names of one number the first counts.
        names.putIfAbsent(value.getNumber(), name);
      }
      return names;
    }

    private static int tagLength(int tag) {
      return (38 - Integer.numberOfLeadingZeros(tag | 1)) / 7;
    }

    /** Whether this op's tag stands somewhere. */
    boolean isAt(byte[] bytes, int position, int end) {
      if (end - position < tagLength) {
        return false;
      }
      if (tagLength <= 2) {
        return tagLength == 1
            ? bytes[position] == tag
            : bytes[position] == (byte) (tag | 0x80) && bytes[position + 1] == tag >>> 7;
      }
      int rest = tag;
      for (int i = 0; i < tagLength; i++) {
        int part = i == tagLength - 1 ? rest : (rest & 0x7f) | 0x80;
        if (bytes[position + i] != (byte) part) {
          return false;
        }
        rest >>>= 7;
      }
      return true;
    }

    Object newArray(int size) {
      return switch (element) {
        case INTS -> new int[size];
        case LONGS -> new long[size];
        case DOUBLES -> new double[size];
        case FLOATS -> new float[size];
        case BOOLEANS -> new boolean[size];
        default -> new Object[size];
      };
    }

    GenericArrayData asArrayData(Object array) {
      return switch (element) {
        case INTS -> new GenericArrayData((int[]) array);
        case LONGS -> new GenericArrayData((long[]) array);
        case DOUBLES -> new GenericArrayData((double[]) array);
        case FLOATS -> new GenericArrayData((float[]) array);
        case BOOLEANS -> new GenericArrayData((boolean[]) array);
        default -> new GenericArrayData((Object[]) array);
      };
    }

    Object arrayOf(GenericArrayData data) {
      return switch (element) {
        case INTS -> data.toIntArray();
        case LONGS -> data.toLongArray();
        case DOUBLES -> data.toDoubleArray();
        case FLOATS -> data.toFloatArray();
        case BOOLEANS -> data.toBooleanArray();
        default -> data.toObjectArray();
      };
    }

    Message message() {
      return requireNonNull(message);
    }

    Op wrapped() {
      return requireNonNull(wrapped);
    }

    Object zero() {
      return requireNonNull(zero);
    }

    @Nullable BinaryStringData name(int number) {
      return number >= 0 && number < firstNames.length ? firstNames[number] : names().get(number);
    }

    Map<Integer, BinaryStringData> names() {
      return requireNonNull(names);
    }

    GenericRowData scratch() {
      return requireNonNull(scratch);
    }
  }
}
