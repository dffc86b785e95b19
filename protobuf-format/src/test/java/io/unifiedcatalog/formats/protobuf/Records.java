package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import io.unifiedcatalog.formats.protobuf.Reference.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.jspecify.annotations.Nullable;

/**
 * Records of one message with declared columns, read and written as plain values: a ROW or ARRAY is
 * a list, a MAP a map.
 */
final class Records {
  private final RowType columns;
  private final Reference reference;
  private final FormatInUse format;

  private Records(Descriptor message, RowType columns, FormatInUse format) {
    this.columns = columns;
    this.reference = new Reference(message, columns, false);
    this.format = format;
  }

  /**
   * @param columns such as {@code a INT, b STRING}
   */
  static Records of(Descriptor message, String columns) {
    return new Records(
        message, columns(columns), FormatInUse.of(message.getFile(), message.getFullName()));
  }

  Records with(String key, String value) {
    return new Records(reference.message(), columns, format.with(key, value));
  }

  static RowType columns(String columns) {
    return (RowType)
        LogicalTypeParser.parse("ROW<" + columns + ">", Records.class.getClassLoader());
  }

  /** The row of a record. */
  List<@Nullable Object> read(byte[] record) throws IOException {
    return read(decoder(), record);
  }

  List<@Nullable Object> read(DeserializationSchema<RowData> decoder, byte[] record)
      throws IOException {
    try {
      return reference.read(decoder.deserialize(record));
    } catch (Refused e) {
      throw new AssertionError(e);
    }
  }

  DeserializationSchema<RowData> decoder() {
    return format.decoder(columns);
  }

  SerializationSchema<RowData> encoder() {
    return format.encoder(columns);
  }

  /** The record of a row, as hexadecimal digits. */
  String write(@Nullable Object... values) {
    return HexFormat.of().formatHex(encoder().serialize(row(values)));
  }

  RowData row(@Nullable Object... values) {
    return Reference.row(Arrays.asList(values), columns);
  }

  /** A record from its bytes in hexadecimal digits; what follows a # is a comment. */
  static byte[] bytes(String... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String part : parts) {
      bytes.writeBytes(HexFormat.of().parseHex(part.replaceAll("#.*|\\s", "")));
    }
    return bytes.toByteArray();
  }

  /** Several values, NULL among them. */
  static List<@Nullable Object> list(@Nullable Object... values) {
    return Arrays.asList(values);
  }
}
