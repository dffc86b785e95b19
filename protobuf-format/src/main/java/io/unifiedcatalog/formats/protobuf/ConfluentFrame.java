package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * What Confluent's serializers write before a message: a zero byte, the schema's id in 4 bytes, the
 * greatest first, and which message of the schema's file it is: the indexes from the outermost
 * message inwards, as a count and numbers in zigzag varints, or a single 0 for the file's first.
 */
final class ConfluentFrame {
  private static final int ID_END = 5;

  private final Descriptor message;
  private final int[] path;

  ConfluentFrame(Descriptor message) {
    this.message = message;
    List<Integer> indexes = new ArrayList<>();
    for (Descriptor at = message; at != null; at = at.getContainingType()) {
      indexes.add(at.getIndex());
    }
    Collections.reverse(indexes);
    path = indexes.stream().mapToInt(index -> index).toArray();
  }

  /** The bytes that are written before each message. */
  byte[] header(int schemaId) {
    byte[] header = new byte[ID_END + 5 * (path.length + 1)];
    for (int i = 0; i < 4; i++) {
      header[1 + i] = (byte) (schemaId >>> (24 - 8 * i));
    }
    int at = ID_END;
    if (path.length == 1 && path[0] == 0) {
      return Arrays.copyOf(header, at + 1);
    }
    at = write(header, at, path.length);
    for (int index : path) {
      at = write(header, at, index);
    }
    return Arrays.copyOf(header, at);
  }

  private static int write(byte[] bytes, int position, int number) {
    // Zigzag of what is never negative.
    int rest = number << 1;
    int at = position;
    while (rest > 0x7f) {
      bytes[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[at++] = (byte) rest;
    return at;
  }

  /**
   * Where the message of a record begins.
   *
   * @throws ProtobufParseException if the record has no such frame, or holds another message
   */
  int check(byte[] record) throws ProtobufParseException {
    if (record.length <= ID_END) {
      throw failure(record, record.length, "Confluent's frame of at least 6 bytes is cut off");
    }
    if (record[0] != 0) {
      throw failure(
          record,
          0,
          String.format(
              "the first byte is %d, not the 0 that begins Confluent's frame", record[0] & 0xff));
    }
    int position = ID_END;
    if (record[position] == 0) {
      if (path.length != 1 || path[0] != 0) {
        throw other(record, "[0]");
      }
      return position + 1;
    }
    // A path that differs is another message; how it goes on does not matter.
    long count = number(record, position);
    position = end(record, position);
    if (count != path.length) {
      throw other(record, "of " + count + " levels");
    }
    for (int i = 0; i < path.length; i++) {
      long index = number(record, position);
      position = end(record, position);
      if (index != path[i]) {
        throw other(record, "with " + index + " at level " + (i + 1));
      }
    }
    return position;
  }

  private long number(byte[] record, int position) throws ProtobufParseException {
    long value = 0;
    int end = end(record, position);
    for (int i = end - 1; i >= position; i--) {
      value = value << 7 | (record[i] & 0x7f);
    }
    return Wire.zigZag(value);
  }

  private int end(byte[] record, int position) throws ProtobufParseException {
    for (int i = position; i < record.length && i < position + 5; i++) {
      if (record[i] >= 0) {
        return i + 1;
      }
    }
    throw failure(record, position, "the message indexes of Confluent's frame are cut off");
  }

  private ProtobufParseException other(byte[] record, String found) {
    int id =
        ((record[1] & 0xff) << 24)
            | ((record[2] & 0xff) << 16)
            | ((record[3] & 0xff) << 8)
            | (record[4] & 0xff);
    return failure(
        record,
        ID_END,
        String.format(
            "the message indexes are %s, those of this message are %s: it is another message of the"
                + " schema with id %d",
            found, Arrays.toString(path), id));
  }

  private ProtobufParseException failure(byte[] record, int position, String reason) {
    return new ProtobufParseException(message.getFullName(), position, record.length, reason);
  }
}
