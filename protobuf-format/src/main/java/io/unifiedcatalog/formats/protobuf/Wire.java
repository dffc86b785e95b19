package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Protobuf's encoding of single values. */
final class Wire {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int DELIMITED = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The highest bit of each byte: set where a varint goes on, and where text is not ASCII. */
  static final long HIGH_BITS = 0x8080808080808080L;

  private Wire() {}

  /** The wire type of one value of a field that is not packed. */
  static int wireType(FieldDescriptor.Type type) {
    return switch (type) {
      case INT32, INT64, UINT32, UINT64, SINT32, SINT64, BOOL, ENUM -> VARINT;
      case FIXED64, SFIXED64, DOUBLE -> FIXED64;
      case FIXED32, SFIXED32, FLOAT -> FIXED32;
      case STRING, BYTES, MESSAGE -> DELIMITED;
      case GROUP -> START_GROUP;
    };
  }

  static int tag(FieldDescriptor field) {
    return tag(field, wireType(field.getType()));
  }

  static int tag(FieldDescriptor field, int wireType) {
    return (field.getNumber() << 3) | wireType;
  }

  /** Moves the 7 low bits of each of 8 bytes together; the highest bits are ignored. */
  static long compress(long word) {
    long pairs = (word & 0x007f007f007f007fL) | ((word & 0x7f007f007f007f00L) >>> 1);
    long fours = (pairs & 0x00003fff00003fffL) | ((pairs & 0x3fff00003fff0000L) >>> 2);
    return (fours & 0x000000000fffffffL) | ((fours & 0x0fffffff00000000L) >>> 4);
  }

  static int zigZag(int number) {
    return (number >>> 1) ^ -(number & 1);
  }

  static long zigZag(long number) {
    return (number >>> 1) ^ -(number & 1);
  }

  /** Whether bytes are all below 128. */
  static boolean isAscii(byte[] bytes, int start, int length) {
    if (length < 8) {
      // Two loads that overlap cost less than a loop.
      if (length >= 4) {
        int word = (int) INT.get(bytes, start) | (int) INT.get(bytes, start + length - 4);
        return (word & (int) HIGH_BITS) == 0;
      }
      int all = 0;
      for (int i = 0; i < length; i++) {
        all |= bytes[start + i];
      }
      return all >= 0;
    }
    int last = start + length - 8;
    long word = (long) LONG.get(bytes, last);
    for (int i = start; i < last; i += 8) {
      word |= (long) LONG.get(bytes, i);
    }
    return (word & HIGH_BITS) == 0;
  }

  /** Copies bytes, most of them short text; returns whether they are all below 128. */
  static boolean copy(byte[] from, int start, byte[] to, int at, int length) {
    if (length > 128) {
      System.arraycopy(from, start, to, at, length);
      return isAscii(to, at, length);
    }
    if (length >= 8) {
      int last = length - 8;
      long all = (long) LONG.get(from, start + last);
      LONG.set(to, at + last, all);
      for (int i = 0; i < last; i += 8) {
        long word = (long) LONG.get(from, start + i);
        LONG.set(to, at + i, word);
        all |= word;
      }
      return (all & HIGH_BITS) == 0;
    }
    int all = 0;
    for (int i = 0; i < length; i++) {
      byte part = from[start + i];
      to[at + i] = part;
      all |= part;
    }
    return all >= 0;
  }

  /** Whether bytes are text in UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
  static boolean isUtf8(byte[] bytes, int start, int length) {
    if (isAscii(bytes, start, length)) {
      return true;
    }
    int i = start;
    int end = start + length;
    while (i < end) {
      int first = bytes[i++];
      if (first >= 0) {
        continue;
      }
      first &= 0xff;
      int more;
      int lowest = 0x80;
      int highest = 0xbf;
      if (first >= 0xc2 && first <= 0xdf) {
        more = 1;
      } else if (first >= 0xe0 && first <= 0xef) {
        more = 2;
        if (first == 0xe0) {
          lowest = 0xa0;
        } else if (first == 0xed) {
          highest = 0x9f;
        }
      } else if (first >= 0xf0 && first <= 0xf4) {
        more = 3;
        if (first == 0xf0) {
          lowest = 0x90;
        } else if (first == 0xf4) {
          highest = 0x8f;
        }
      } else {
        return false;
      }
      if (end - i < more) {
        return false;
      }
      int second = bytes[i++] & 0xff;
      if (second < lowest || second > highest) {
        return false;
      }
      for (; more > 1; more--) {
        if ((bytes[i++] & 0xc0) != 0x80) {
          return false;
        }
      }
    }
    return true;
  }
}
