package io.unifiedcatalog.formats.protobuf;

import java.io.IOException;

/** A record is not what its format says. The message names the place and what to do. */
final class ProtobufParseException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the full name of the message that a record holds
   * @param offset where in the record, in bytes
   */
  ProtobufParseException(String message, int offset, int length, String reason) {
    super(
        String.format(
            "Cannot read a record as message '%s': at byte %d of %d, %s. If the topic holds other"
                + " records too, 'ignore-parse-errors' = 'true' skips them; else check"
                + " 'message-name' and 'framing'.",
            message, offset, length, reason));
  }
}
