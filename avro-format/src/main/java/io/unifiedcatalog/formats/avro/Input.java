package io.unifiedcatalog.formats.avro;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.jspecify.annotations.Nullable;

/**
 * A record's bytes and how far they are read. Every length and count is checked against the bytes
 * that remain before anything is allocated for it.
 */
final class Input {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The longest record whose strings share its bytes; those of a longer one are copied. */
  private static final int MAXIMUM_SHARED_BYTES = 8 << 10;

  /** How many elements without a single byte a record may have, as nulls are. */
  private static final int MAXIMUM_WEIGHTLESS = 100_000;

  /** How deep records may stand one in another where they are skipped. */
  private static final int MAXIMUM_DEPTH = 1_000;

  private byte[] bytes = new byte[0];
  private int position;
  private MemorySegment @Nullable [] segments;
  private int weightless;
  private int depth;

  /** Begins another record. */
  void begin(byte[] record, int from) {
    bytes = record;
    position = from;
    segments = null;
    weightless = 0;
    depth = 0;
  }

  /** Ends the record. */
  void end() throws AvroParseException {
    int left = bytes.length - position;
    if (left > 0) {
      throw failure(
          String.format(
              "%d %s left after the record: it was written with another schema",
              left, left == 1 ? "byte is" : "bytes are"));
    }
  }

  AvroParseException failure(String reason) {
    return new AvroParseException(position, bytes.length, reason);
  }

  private AvroParseException truncated() {
    return new AvroParseException(bytes.length, bytes.length, "the record is cut off");
  }

  int readInt() throws AvroParseException {
    if (position < bytes.length) {
      int first = bytes[position];
      if (first >= 0) {
        position++;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    return longInt();
  }

  private int longInt() throws AvroParseException {
    int number = 0;
    for (int i = 0, shift = 0; i < 5; i++, shift += 7) {
      if (position + i >= bytes.length) {
        throw truncated();
      }
      int part = bytes[position + i];
      number |= (part & 0x7f) << shift;
      if (part >= 0) {
        position += i + 1;
        return (number >>> 1) ^ -(number & 1);
      }
    }
    throw failure("an int of more than 5 bytes begins");
  }

  long readLong() throws AvroParseException {
    if (position < bytes.length) {
      int first = bytes[position];
      if (first >= 0) {
        position++;
        long number = first;
        return (number >>> 1) ^ -(number & 1);
      }
    }
    return longLong();
  }

  private long longLong() throws AvroParseException {
    byte[] bytes = this.bytes;
    int at = position;
    long number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) {
        throw truncated();
      }
      long part = bytes[at++];
      number |= (part & 0x7f) << shift;
      if (part >= 0) {
        position = at;
        return (number >>> 1) ^ -(number & 1);
      }
    }
    throw failure("a long of more than 10 bytes begins");
  }

  boolean readBoolean() throws AvroParseException {
    if (position >= bytes.length) {
      throw truncated();
    }
    int value = bytes[position];
    if ((value & ~1) != 0) {
      throw failure(String.format("a boolean is %d, neither 0 nor 1", value & 0xff));
    }
    position++;
    return value != 0;
  }

  float readFloat() throws AvroParseException {
    int at = take(4);
    return Float.intBitsToFloat((int) INT.get(bytes, at));
  }

  double readDouble() throws AvroParseException {
    int at = take(8);
    return Double.longBitsToDouble((long) LONG.get(bytes, at));
  }

  /** The place in a union, of so many types. */
  int readBranch(int types) throws AvroParseException {
    int from = position;
    int branch = readInt();
    if (branch < 0 || branch >= types) {
      position = from;
      throw failure(String.format("type %d of a union of %d is chosen", branch, types));
    }
    return branch;
  }

  /** The length of a text or bytes, which are there. */
  int readLength() throws AvroParseException {
    int from = position;
    long length = readLong();
    if (length < 0 || length > bytes.length - position) {
      int left = bytes.length - position;
      position = from;
      throw failure(
          length < 0
              ? String.format("a length is %d", length)
              : String.format("%d bytes begin, and %d are left", length, left));
    }
    return (int) length;
  }

  /** Goes on by so many bytes; returns where they begin. */
  int take(int length) throws AvroParseException {
    int at = position;
    if (length > bytes.length - at) {
      throw truncated();
    }
    position = at + length;
    return at;
  }

  byte[] bytes() {
    return bytes;
  }

  int position() {
    return position;
  }

  void back(int to) {
    position = to;
  }

  /** A text that {@link #take} went over. */
  BinaryStringData text(int at, int length) {
    if (bytes.length > MAXIMUM_SHARED_BYTES) {
      return BinaryStringData.fromBytes(Arrays.copyOfRange(bytes, at, at + length));
    }
    MemorySegment[] shared = segments;
    if (shared == null) {
      shared = new MemorySegment[] {MemorySegmentFactory.wrap(bytes)};
      segments = shared;
    }
    return new BinaryStringData(shared, at, length);
  }

  /**
   * The number of elements in the next block; 0: there is none.
   *
   * @param size the least bytes of an element
   */
  int readBlock(long size) throws AvroParseException {
    int from = position;
    long count = readLong();
    if (count < 0) {
      long length = readLong();
      if (count == Long.MIN_VALUE || length < 0 || length > bytes.length - position) {
        position = from;
        throw failure(String.format("a block of %d elements has %d bytes", -count, length));
      }
      count = -count;
    }
    if (size == 0) {
      if (count > MAXIMUM_WEIGHTLESS - weightless) {
        position = from;
        throw failure(
            String.format(
                "a block has %d elements without a byte, and a record may have %d",
                count, MAXIMUM_WEIGHTLESS));
      }
      weightless += (int) count;
    } else if (count > (bytes.length - position) / size) {
      int left = bytes.length - position;
      position = from;
      throw failure(String.format("a block has %d elements, and %d bytes are left", count, left));
    }
    return (int) count;
  }

  /** Goes over a block that says how many bytes it has; returns the number of elements else. */
  long skipBlock(long size) throws AvroParseException {
    int from = position;
    long count = readLong();
    while (count < 0) {
      long length = readLong();
      if (length < 0 || length > bytes.length - position) {
        position = from;
        throw failure(String.format("a block has %d bytes", length));
      }
      position += (int) length;
      from = position;
      count = readLong();
    }
    // Nothing is allocated for what is skipped; what has no bytes needs no time either.
    if (size == 0) {
      return count == 0 ? 0 : -1;
    }
    if (count > (bytes.length - position) / size) {
      int left = bytes.length - position;
      position = from;
      throw failure(String.format("a block has %d elements, and %d bytes are left", count, left));
    }
    return count;
  }

  void skipVarint() throws AvroParseException {
    byte[] bytes = this.bytes;
    for (int at = position; at < bytes.length; at++) {
      if (bytes[at] >= 0) {
        if (at - position >= 10) {
          break;
        }
        position = at + 1;
        return;
      }
      if (at - position >= 10) {
        throw failure("a number of more than 10 bytes begins");
      }
    }
    throw truncated();
  }

  void enter() throws AvroParseException {
    if (++depth > MAXIMUM_DEPTH) {
      throw failure(String.format("more than %d records stand one in another", MAXIMUM_DEPTH));
    }
  }

  void leave() {
    depth--;
  }
}
