package io.unifiedcatalog.connectors.clickhouse;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;

/** Writes what ClickHouse's format RowBinary consists of. Numbers have their lowest byte first. */
final class RowBinaryOutput extends ByteArrayOutputStream {
  /** The lowest bytes of a number. */
  void integer(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      write((int) (value >>> (8 * i)));
    }
  }

  /** A number that has no more bytes, its sign among them. */
  void integer(BigInteger value, int bytes) {
    byte[] highestFirst = value.toByteArray();
    byte fill = (byte) (value.signum() < 0 ? -1 : 0);
    for (int i = 0; i < bytes; i++) {
      int from = highestFirst.length - 1 - i;
      write(from >= 0 ? highestFirst[from] : fill);
    }
  }

  /** A length: seven bits a byte. */
  void length(int length) {
    int left = length;
    while (left >= 0x80) {
      write(left | 0x80);
      left >>>= 7;
    }
    write(left);
  }

  /** Bytes with their length. */
  void text(byte[] bytes) {
    length(bytes.length);
    writeBytes(bytes);
  }
}
