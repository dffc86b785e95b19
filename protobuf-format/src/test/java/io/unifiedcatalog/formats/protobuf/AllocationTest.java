package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.Records.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.unifiedcatalog.formats.protobuf.protos.Attacked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Records made to have as much allocated for as few bytes as may be. What n bytes allocate is at
 * most n times a factor that the row type fixes: 64 and 2 for each column of the widest ROW in it,
 * or 512 where a column is proto JSON.
 */
class AllocationTest {
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int JSON_FACTOR = 512;

  /** For the row itself, and for the exception of a record that is refused. */
  private static final int CONSTANT = 8192;

  private static final String WIDE =
      IntStream.rangeClosed(1, 16)
          .mapToObj(column -> String.format("c%02d INT", column))
          .collect(Collectors.joining(", ", "ROW<", ">"));
  private static final String NESTED =
      "ROW<numbers ARRAY<INT>, nested ARRAY<ROW<numbers ARRAY<INT>>>>";

  /**
   * @param parts the part of a number, in hexadecimal digits
   * @param end what makes the record one that is refused, or nothing
   * @param around what stands before the lengths of the messages around the parts, from the inside
   */
  private record Attack(
      String name, String columns, IntFunction<String> parts, String end, List<String> around) {
    Attack(String name, String columns, String part) {
      this(name, columns, number -> part, "");
    }

    Attack(String name, String columns, IntFunction<String> parts, String end) {
      this(name, columns, parts, end, List.of());
    }

    byte[] record(int length) {
      int count = Math.max(1, length / bytes(parts.apply(0)).length);
      byte[] record =
          bytes(IntStream.range(0, count).mapToObj(parts).collect(Collectors.joining()), end);
      for (String before : around) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(bytes(before));
        for (int rest = record.length; rest != 0; rest >>>= 7) {
          message.write(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
        }
        message.writeBytes(record);
        record = message.toByteArray();
      }
      return record;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Attack> attacks() {
    return Stream.of(
        new Attack("empty messages", "wide ARRAY<" + WIDE + ">", "0a 00"),
        new Attack("short numbers", "unsigned ARRAY<DECIMAL(20, 0)>", "10 01"),
        new Attack(
            "packed numbers",
            "unsigned ARRAY<DECIMAL(20, 0)>",
            number -> "12 7f" + "01".repeat(127),
            ""),
        new Attack("short texts", "texts ARRAY<STRING>", "42 01 61"),
        new Attack("empty blobs", "blobs ARRAY<BYTES>", "6a 00"),
        new Attack("unknown constants", "constants ARRAY<STRING>", "50 63"),
        new Attack("empty timestamps", "`times` ARRAY<TIMESTAMP_LTZ(9)>", "4a 00"),
        new Attack("empty wrappers", "wrapped ARRAY<INT>", "82 01 00"),
        new Attack("empty entries", "`map` MAP<STRING, " + WIDE + ">", "1a 00"),
        new Attack(
            "entries of many keys",
            "numbers MAP<INT, INT>",
            number ->
                String.format(
                    "72 04 08 %02x %02x %02x",
                    (number & 0x7f) | 0x80, ((number >> 7) & 0x7f) | 0x80, number >> 14),
            ""),
        new Attack(
            "fields in turn, so that no run is longer than one",
            "wide ARRAY<" + WIDE + ">, texts ARRAY<STRING>, `map` MAP<STRING, " + WIDE + ">",
            "0a 00 42 00 1a 00"),
        new Attack(
            "numbers in turn",
            "unsigned ARRAY<DECIMAL(20, 0)>, constants ARRAY<STRING>",
            "10 01 50 63"),
        new Attack(
            "members of a oneof in turn", "`left` " + WIDE + ", `right` " + WIDE, "32 00 3a 00"),
        new Attack("a member in turn with one that is not read", "`left` " + WIDE, "32 00 3a 00"),
        new Attack("a message in empty parts", "one " + WIDE, "2a 00"),
        new Attack("a message in parts as bytes", "one BYTES", "2a 02 08 01"),
        new Attack("a list in parts", "parts " + NESTED, "5a 02 10 01"),
        new Attack("a list of lists in parts", "parts " + NESTED, "5a 02 0a 00"),
        new Attack("lists of lists", "nested ARRAY<" + NESTED + ">", "22 02 0a 00"),
        new Attack("JSON in empty parts", "struct STRING", "7a 00"),
        new Attack("JSON", "struct STRING", "7a 02 0a 00"),
        new Attack(
            "JSON of a list of nulls",
            "`value` STRING",
            number -> "0a 02 08 00",
            "",
            List.of("32", "8a 01")),
        new Attack(
            "JSON of a list of what is none",
            "`value` STRING",
            number -> "0a 00",
            "",
            List.of("32", "8a 01")),
        new Attack(
            "JSON of any message",
            "`any` STRING",
            number -> "0a 00",
            "",
            List.of("0a 16" + hex("a.b/semantics.Attacked") + "12", "92 01")),
        new Attack(
            "a record that fails at its end", "texts ARRAY<STRING>", number -> "42 01 61", "42 05"),
        new Attack("unknown fields", "texts ARRAY<STRING>", "a2 06 00"),
        new Attack(
            "a text that claims two gigabytes",
            "texts ARRAY<STRING>",
            number -> "42 01 61",
            "42 ff ff ff ff 07"),
        new Attack(
            "numbers that claim two gigabytes",
            "doubles ARRAY<DOUBLE>",
            number -> "62 00",
            "62 f8 ff ff ff 07"),
        new Attack(
            "packed numbers that claim two gigabytes",
            "unsigned ARRAY<DECIMAL(20, 0)>",
            number -> "12 01 01",
            "12 ff ff ff ff 07"),
        new Attack(
            "bytes that claim two gigabytes",
            "blobs ARRAY<BYTES>",
            number -> "6a 00",
            "6a ff ff ff ff 07"),
        new Attack(
            "a message that claims two gigabytes",
            "wide ARRAY<" + WIDE + ">",
            number -> "0a 00",
            "0a ff ff ff ff 07"),
        new Attack(
            "an entry that claims two gigabytes",
            "numbers MAP<INT, INT>",
            number -> "72 00",
            "72 ff ff ff ff 07"));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void whatARecordAllocatesIsBoundedByItsLength(Attack attack) throws IOException {
    Records records = Records.of(Attacked.getDescriptor(), attack.columns());
    DeserializationSchema<RowData> decoder = records.decoder();
    // What is loaded or made once is not the record's.
    for (int i = 0; i < 3; i++) {
      allocated(decoder, attack.record(1000));
    }
    long factor = factor(Records.columns(attack.columns()), attack.name().startsWith("JSON"));
    for (int length : new int[] {10, 1000, 20_000, 80_000}) {
      byte[] record = attack.record(length);
      assertThat(allocated(decoder, record))
          .as("bytes allocated for a record of %d", record.length)
          .isLessThanOrEqualTo(record.length * factor + CONSTANT);
    }
  }

  private static long factor(RowType columns, boolean isJson) {
    return isJson ? JSON_FACTOR : 64 + 2L * widest(columns);
  }

  private static int widest(LogicalType type) {
    int widest = type instanceof RowType row ? row.getFieldCount() : 0;
    for (LogicalType child : type.getChildren()) {
      widest = Math.max(widest, widest(child));
    }
    return widest;
  }

  private static long allocated(DeserializationSchema<RowData> decoder, byte[] record)
      throws IOException {
    long before = THREAD.getCurrentThreadAllocatedBytes();
    try {
      decoder.deserialize(record);
    } catch (ProtobufParseException e) {
      // Refused, which must not cost more than to read it.
      return THREAD.getCurrentThreadAllocatedBytes() - before;
    }
    return THREAD.getCurrentThreadAllocatedBytes() - before;
  }
}
