package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.AvroOptions.Framing;

/** What stands before the data of a record and says which schema it was written with. */
final class Frame {
  private static final int CONFLUENT_BYTES = 5;
  private static final int SINGLE_OBJECT_BYTES = 10;

  private final Framing framing;

  Frame(Framing framing) {
    this.framing = framing;
  }

  /** The frame's length in bytes. */
  int length() {
    return switch (framing) {
      case NONE -> 0;
      case CONFLUENT -> CONFLUENT_BYTES;
      case SINGLE_OBJECT -> SINGLE_OBJECT_BYTES;
    };
  }

  /** The frame of a schema. */
  byte[] header(long key) {
    byte[] header = new byte[length()];
    switch (framing) {
      case NONE -> {}
      case CONFLUENT -> {
        for (int i = 0; i < 4; i++) {
          header[1 + i] = (byte) (key >>> (24 - 8 * i));
        }
      }
      case SINGLE_OBJECT -> {
        header[0] = (byte) 0xc3;
        header[1] = 1;
        for (int i = 0; i < 8; i++) {
          header[2 + i] = (byte) (key >>> (8 * i));
        }
      }
    }
    return header;
  }

  /**
   * What names the schema that a record was written with.
   *
   * @throws AvroParseException if the record does not begin with such a frame
   */
  long key(byte[] record) throws AvroParseException {
    switch (framing) {
      case NONE -> {
        return Schemas.ONLY;
      }
      case CONFLUENT -> {
        if (record.length < CONFLUENT_BYTES) {
          throw cutOff(record, "Confluent's frame of 5 bytes");
        }
        if (record[0] != 0) {
          throw new AvroParseException(
              0,
              record.length,
              String.format(
                  "the first byte is %d, not the 0 that begins Confluent's frame",
                  record[0] & 0xff));
        }
        long id = 0;
        for (int i = 1; i < CONFLUENT_BYTES; i++) {
          id = id << 8 | (record[i] & 0xff);
        }
        return id;
      }
      case SINGLE_OBJECT -> {
        if (record.length < SINGLE_OBJECT_BYTES) {
          throw cutOff(record, "the frame of Avro's single-object encoding of 10 bytes");
        }
        if (record[0] != (byte) 0xc3 || record[1] != 1) {
          throw new AvroParseException(
              0,
              record.length,
              String.format(
                  "the first bytes are %02x %02x, not the c3 01 that begin Avro's single-object"
                      + " encoding",
                  record[0], record[1]));
        }
        long fingerprint = 0;
        for (int i = SINGLE_OBJECT_BYTES - 1; i >= 2; i--) {
          fingerprint = fingerprint << 8 | (record[i] & 0xff);
        }
        return fingerprint;
      }
    }
    throw new IllegalStateException(framing.toString());
  }

  /** A schema as messages name it. */
  String named(long key) {
    return framing == Framing.SINGLE_OBJECT ? String.format("fingerprint %016x", key) : "id " + key;
  }

  private static AvroParseException cutOff(byte[] record, String what) {
    return new AvroParseException(record.length, record.length, what + " is cut off");
  }
}
