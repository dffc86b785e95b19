package io.unifiedcatalog.redis;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Redis' bytes as texts. */
public final class Texts {
  private static final int LONGEST_SHOWN = 60;

  private Texts() {}

  /** The text of bytes; empty: they are no UTF-8. */
  public static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** A text for messages, no longer than a line of them should be. */
  public static String shown(String text) {
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
  }

  /** The same of bytes, whatever they are. */
  public static String shown(byte[] bytes) {
    return shown(new String(bytes, StandardCharsets.UTF_8));
  }
}
