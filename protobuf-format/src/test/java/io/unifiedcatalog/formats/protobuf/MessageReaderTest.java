package io.unifiedcatalog.formats.protobuf;

import static com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type.*;
import static io.unifiedcatalog.formats.protobuf.Proto.color;
import static io.unifiedcatalog.formats.protobuf.Proto.entry;
import static io.unifiedcatalog.formats.protobuf.Proto.field;
import static io.unifiedcatalog.formats.protobuf.Proto.message;
import static io.unifiedcatalog.formats.protobuf.Proto.optional;
import static io.unifiedcatalog.formats.protobuf.Proto.repeated;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.AbsentAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.EnumsAs;
import java.util.HexFormat;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

class MessageReaderTest {
  private static final DescriptorProto EVERY =
      message(
              "Every",
              field("i32", 1, TYPE_INT32),
              field("u32", 2, TYPE_UINT32),
              field("s32", 3, TYPE_SINT32),
              field("f32", 4, TYPE_FIXED32),
              field("sf32", 5, TYPE_SFIXED32),
              field("i64", 6, TYPE_INT64),
              field("u64", 7, TYPE_UINT64),
              field("s64", 8, TYPE_SINT64),
              field("f64", 9, TYPE_FIXED64),
              field("sf64", 10, TYPE_SFIXED64),
              field("f", 11, TYPE_FLOAT),
              field("d", 12, TYPE_DOUBLE),
              field("b", 13, TYPE_BOOL),
              field("s", 14, TYPE_STRING),
              field("y", 15, TYPE_BYTES),
              color("c", 16),
              field("m", 17, "t.Every"),
              repeated(field("ri", 18, TYPE_INT32)),
              repeated(field("rs", 19, TYPE_STRING)),
              repeated(field("rm", 20, "t.Every")),
              repeated(field("map", 21, "t.Every.MapEntry")),
              optional(field("o", 22, TYPE_INT32)),
              field("t", 23, "google.protobuf.Timestamp"),
              field("w", 24, "google.protobuf.UInt64Value"),
              field("j", 25, "google.protobuf.Struct"),
              field("a", 26, "google.protobuf.Any"),
              repeated(color("rc", 27)))
          .toBuilder()
          .addNestedType(
              entry("MapEntry", field("key", 1, TYPE_STRING), field("value", 2, "t.Every")))
          .build();

  private static final FileDescriptorSet SET = Proto.set("proto3", EVERY);

  private static RowType canonical() {
    return ProtobufTypes.rowType(SET.toByteArray(), "t.Every", EnumsAs.STRING, AbsentAs.DEFAULT, 2);
  }

  @Test
  void smoke() throws Exception {
    RowType row = canonical();
    System.out.println(row.asSerializableString());
    DeserializationSchema<RowData> decoder = TestFormat.of(SET, "t.Every").decoder(row);
    System.out.println(decoder.deserialize(new byte[0]));
    var descriptors = DescriptorSet.parse(SET.toByteArray(), "x");
    var d = descriptors.message("t.Every");
    var m = com.google.protobuf.DynamicMessage.newBuilder(d);
    String text =
        "i32: -5 u32: 4000000000 s32: -7 f32: 4000000000 sf32: -1 i64: -6 u64:"
            + " 18446744073709551615 s64: -99 f64: 18446744073709551615 sf64: -3 f: 1.5 d: -0.0 b:"
            + " true s: 'h\\303\\251llo' y: 'abc' c: BLUE m { i32: 4 rs: 'x' } ri: 1 ri: 300 rs:"
            + " 'a' rs: 'b' rm { i32: 1 } rm { s: 'q' } map { key: 'k' value { i32: 9 } } map { key:"
            + " 'z' } o: 0 t { seconds: -5 nanos: 7 } w { value: 7 } j { fields { key: 'x' value {"
            + " number_value: 4 } } } rc: GREEN rc: 99 c: 55";
    com.google.protobuf.TextFormat.merge(text.replace("c: 55", ""), m);
    byte[] bytes = m.build().toByteArray();
    RowData read = decoder.deserialize(bytes);
    System.out.println(read);
    byte[] written = TestFormat.of(SET, "t.Every").encoder(row).serialize(read);
    System.out.println(HexFormat.of().formatHex(bytes));
    System.out.println(HexFormat.of().formatHex(written));
    assertThat(written).isEqualTo(bytes);
  }
}
