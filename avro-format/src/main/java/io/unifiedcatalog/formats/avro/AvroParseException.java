package io.unifiedcatalog.formats.avro;

import java.io.IOException;

/** A record is not what its format says. The message names the place and what to do. */
final class AvroParseException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int offset;
  private final int length;
  private final String reason;

  /** The fields around the place, the outermost first. */
  private String path = "";

  private String record = "";

  /**
   * @param offset where in the record, in bytes
   * @param length of the record
   */
  AvroParseException(int offset, int length, String reason) {
    super(reason);
    this.offset = offset;
    this.length = length;
    this.reason = reason;
  }

  /** Notes the field that the place is in. */
  void within(String field) {
    path = path.isEmpty() ? field : field + "." + path;
  }

  /** Notes what the record was read as. */
  void of(String name) {
    record = name;
  }

  @Override
  public String getMessage() {
    return String.format(
        "Cannot read a record as '%s': at byte %d of %d%s, %s. If the topic holds other records"
            + " too, 'ignore-parse-errors' = 'true' skips them; otherwise check 'schema',"
            + " 'writer-schemas' and 'framing'.",
        record, offset, length, path.isEmpty() ? "" : ", in field '" + path + "'", reason);
  }
}
