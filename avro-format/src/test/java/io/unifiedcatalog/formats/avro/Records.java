package io.unifiedcatalog.formats.avro;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.jspecify.annotations.Nullable;

/** A schema with columns: what the format makes of bytes and of rows, as plain values. */
record Records(FormatInUse format, RowType columns) {
  /** With declared columns, as in SQL. */
  static Records of(String schema, String columns) {
    Schema parsed = new Schema.Parser().parse(schema);
    return new Records(FormatInUse.of(parsed), columns(columns));
  }

  /** With the canonical columns. */
  static Records of(String schema) {
    return new Records(
        FormatInUse.of(new Schema.Parser().parse(schema)), AvroTypes.rowType(schema, 3));
  }

  /** With a record that has these fields. */
  static Records ofFields(String fields) {
    return of(record(fields));
  }

  static String record(String fields) {
    return "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"t\",\"fields\":[" + fields + "]}";
  }

  static String field(String name, String type) {
    return "{\"name\":\"" + name + "\",\"type\":" + type + "}";
  }

  static RowType columns(String columns) {
    return (RowType)
        LogicalTypeParser.parse("ROW<" + columns + ">", Records.class.getClassLoader());
  }

  Records with(String key, String value) {
    return new Records(format.with(key, value), columns);
  }

  /** The values that a record in hexadecimal digits is read as. */
  List<@Nullable Object> read(String... hex) throws IOException {
    return Reference.of(format.decoder(columns).deserialize(bytes(hex)), columns);
  }

  /** A row that holds what Flink holds inside. */
  String write(@Nullable Object... values) {
    return HexFormat.of().formatHex(format.encoder(columns).serialize(GenericRowData.of(values)));
  }

  /** What is read of what was written. */
  String copy(String hex) throws IOException {
    RowData row = format.decoder(columns).deserialize(bytes(hex));
    return HexFormat.of().formatHex(format.encoder(columns).serialize(row));
  }

  static byte[] bytes(String... hex) {
    return HexFormat.of().parseHex(String.join("", hex).replace(" ", ""));
  }

  /** A list that may hold null. */
  static List<@Nullable Object> list(@Nullable Object... values) {
    return new ArrayList<>(Arrays.asList(values));
  }
}
