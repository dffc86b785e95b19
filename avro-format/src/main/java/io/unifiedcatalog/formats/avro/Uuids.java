package io.unifiedcatalog.formats.avro;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** UUIDs as 16 bytes and as text. */
final class Uuids {
  private static final int TEXT_LENGTH = 36;

  private Uuids() {}

  static String text(byte[] bytes, int from) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, from, 16);
    return new UUID(buffer.getLong(), buffer.getLong()).toString();
  }

  /** The bytes of a text; null if it is no UUID. */
  static byte @Nullable [] bytes(String text) {
    if (text.length() != TEXT_LENGTH) {
      return null;
    }
    try {
      UUID uuid = UUID.fromString(text);
      return ByteBuffer.allocate(16)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
