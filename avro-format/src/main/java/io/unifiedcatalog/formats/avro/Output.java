package io.unifiedcatalog.formats.avro;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;

/** The bytes of a record that is being written. */
final class Output {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** What is kept for the next record at most. */
  private static final int MAXIMUM_KEPT = 1 << 20;

  private final byte[] header;
  private byte[] buffer = new byte[512];
  private int position;

  /**
   * @param header what stands before each record
   */
  Output(byte[] header) {
    this.header = header;
  }

  /** Begins another record. */
  void begin() {
    if (buffer.length > MAXIMUM_KEPT) {
      buffer = new byte[512];
    }
    System.arraycopy(header, 0, buffer, 0, header.length);
    position = header.length;
  }

  /** The record. */
  byte[] end() {
    return Arrays.copyOf(buffer, position);
  }

  private void reserve(int length) {
    if (length > buffer.length - position) {
      long wanted = Math.max((long) position + length, 2L * buffer.length);
      if ((long) position + length > Integer.MAX_VALUE - 8) {
        throw new IllegalStateException("A record is longer than 2 GiB");
      }
      buffer = Arrays.copyOf(buffer, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
    }
  }

  void writeByte(int value) {
    reserve(1);
    buffer[position++] = (byte) value;
  }

  void writeInt(int value) {
    reserve(5);
    byte[] to = buffer;
    int at = position;
    int rest = (value << 1) ^ (value >> 31);
    while ((rest & ~0x7f) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    position = at;
  }

  void writeLong(long value) {
    reserve(10);
    byte[] to = buffer;
    int at = position;
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7fL) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    position = at;
  }

  void writeFloat(float value) {
    reserve(4);
    INT.set(buffer, position, Float.floatToRawIntBits(value));
    position += 4;
  }

  void writeDouble(double value) {
    reserve(8);
    LONG.set(buffer, position, Double.doubleToRawLongBits(value));
    position += 8;
  }

  /** Bytes as they are. */
  void raw(byte[] bytes) {
    reserve(bytes.length);
    System.arraycopy(bytes, 0, buffer, position, bytes.length);
    position += bytes.length;
  }

  /** Bytes with their length before them. */
  void bytes(byte[] bytes) {
    writeInt(bytes.length);
    raw(bytes);
  }

  /** A text with its length before it. */
  void text(StringData text) {
    if (!(text instanceof BinaryStringData binary)) {
      bytes(text.toBytes());
      return;
    }
    binary.ensureMaterialized();
    int length = binary.getSizeInBytes();
    writeInt(length);
    reserve(length);
    MemorySegment[] segments = binary.getSegments();
    MemorySegment first = segments[0];
    if (segments.length == 1 && !first.isOffHeap()) {
      System.arraycopy(first.getArray(), binary.getOffset(), buffer, position, length);
    } else {
      BinarySegmentUtils.copyToBytes(segments, binary.getOffset(), buffer, position, length);
    }
    position += length;
  }
}
