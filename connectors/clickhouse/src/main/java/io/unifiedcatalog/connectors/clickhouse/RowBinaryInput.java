package io.unifiedcatalog.connectors.clickhouse;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what ClickHouse's format RowBinary consists of. Numbers have their lowest byte first. */
final class RowBinaryInput implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;

  /** More than a text in ClickHouse may have. */
  private static final int MAX_LENGTH = Integer.MAX_VALUE - 16;

  /** A piece that is read at once, whatever length a broken answer claims. */
  private static final int PIECE_BYTES = 1 << 20;

  private final InputStream stream;
  private final Closeable answer;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  /**
   * An answer.
   *
   * @param answer closed with this
   */
  RowBinaryInput(InputStream stream, Closeable answer) {
    this.stream = stream;
    this.answer = answer;
  }

  /** Whether nothing follows. */
  boolean atEnd() throws IOException {
    return position == limit && !fill();
  }

  private boolean fill() throws IOException {
    int read;
    do {
      read = stream.read(buffer, 0, buffer.length);
    } while (read == 0);
    position = 0;
    limit = Math.max(read, 0);
    return read > 0;
  }

  byte int8() throws IOException {
    if (position == limit && !fill()) {
      throw new EOFException("ClickHouse's answer ends in the middle of a row.");
    }
    return buffer[position++];
  }

  /** A number of up to eight bytes, the highest bit its sign if it has all eight. */
  private long unsigned(int bytes) throws IOException {
    long value = 0;
    if (limit - position >= bytes) {
      for (int i = 0; i < bytes; i++) {
        value |= (buffer[position + i] & 0xffL) << (8 * i);
      }
      position += bytes;
      return value;
    }
    for (int i = 0; i < bytes; i++) {
      value |= (int8() & 0xffL) << (8 * i);
    }
    return value;
  }

  int uint8() throws IOException {
    return int8() & 0xff;
  }

  short int16() throws IOException {
    return (short) unsigned(2);
  }

  int uint16() throws IOException {
    return (int) unsigned(2);
  }

  int int32() throws IOException {
    return (int) unsigned(4);
  }

  long uint32() throws IOException {
    return unsigned(4);
  }

  long int64() throws IOException {
    return unsigned(8);
  }

  /** A number of any width. */
  BigInteger integer(int bytes, boolean signed) throws IOException {
    byte[] lowestFirst = bytes(bytes);
    byte[] highestFirst = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      highestFirst[i] = lowestFirst[bytes - 1 - i];
    }
    return signed ? new BigInteger(highestFirst) : new BigInteger(1, highestFirst);
  }

  /** A length: seven bits a byte. */
  int length() throws IOException {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      byte next = int8();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        if (value > MAX_LENGTH) {
          break;
        }
        return (int) value;
      }
    }
    throw new IOException("ClickHouse's answer has a length that cannot be: " + value);
  }

  byte[] bytes(int length) throws IOException {
    byte[] bytes = new byte[Math.min(length, PIECE_BYTES)];
    int filled = 0;
    while (true) {
      int there = Math.min(bytes.length - filled, limit - position);
      System.arraycopy(buffer, position, bytes, filled, there);
      position += there;
      filled += there;
      if (filled == length) {
        return bytes;
      }
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * filled));
      }
      if (position == limit && !fill()) {
        throw new EOFException("ClickHouse's answer ends in the middle of a row.");
      }
    }
  }

  String text() throws IOException {
    return new String(bytes(length()), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    answer.close();
  }
}
