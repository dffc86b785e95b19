package io.unifiedcatalog.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.formats.protobuf.ProtobufFormatFactory;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions;
import io.unifiedcatalog.formats.protobuf.ProtobufTypes;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaKinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The server and the format each map messages to columns, and neither sees the other. Here both
 * are: for every message of a corpus and every option, the server's columns are the format's, and
 * the format takes them.
 */
class ProtobufColumnsTest {
  private static final SchemaKind KIND = SchemaKinds.get("protobuf");
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  /** The format's own limits are wider: 100,000 columns, and no limit of levels. */
  private static final List<String> DEPTHS = List.of("1", "2", "3", "5");

  private static final Map<String, SchemaContent> CORPUS =
      new TreeMap<>(
          Map.of(
              "every scalar type, by itself, optional, repeated and in maps",
              proto3(
                  """
                  message Implicit {
                    double a = 1; float b = 2; int32 c = 3; int64 d = 4; uint32 e = 5; uint64 f = 6;
                    sint32 g = 7; sint64 h = 8; fixed32 i = 9; fixed64 j = 10; sfixed32 k = 11;
                    sfixed64 l = 12; bool m = 13; string n = 14; bytes o = 15; E p = 16;
                  }
                  message Explicit {
                    optional double a = 1; optional float b = 2; optional int32 c = 3;
                    optional int64 d = 4; optional uint32 e = 5; optional uint64 f = 6;
                    optional sint32 g = 7; optional sint64 h = 8; optional fixed32 i = 9;
                    optional fixed64 j = 10; optional sfixed32 k = 11; optional sfixed64 l = 12;
                    optional bool m = 13; optional string n = 14; optional bytes o = 15;
                    optional E p = 16;
                  }
                  message Repeated {
                    repeated double a = 1; repeated float b = 2; repeated int32 c = 3;
                    repeated int64 d = 4; repeated uint32 e = 5; repeated uint64 f = 6;
                    repeated sint32 g = 7; repeated sint64 h = 8; repeated fixed32 i = 9;
                    repeated fixed64 j = 10; repeated sfixed32 k = 11; repeated sfixed64 l = 12;
                    repeated bool m = 13; repeated string n = 14; repeated bytes o = 15;
                    repeated E p = 16; repeated Implicit q = 17;
                  }
                  message Maps {
                    map<int32, double> a = 1; map<int64, float> b = 2; map<uint32, int32> c = 3;
                    map<uint64, int64> d = 4; map<sint32, uint32> e = 5; map<sint64, uint64> f = 6;
                    map<fixed32, bytes> g = 7; map<fixed64, E> h = 8; map<sfixed32, Explicit> i = 9;
                    map<sfixed64, string> j = 10; map<bool, bool> k = 11;
                    map<string, Implicit> l = 12;
                  }
                  message Choice { oneof o { int32 a = 1; string b = 2; Implicit c = 3; E d = 4; } }
                  enum E { E_0 = 0; E_1 = 1; E_MINUS = -1; }
                  """),
              "well-known types",
              proto3(
                  """
                  import "google/protobuf/any.proto";
                  import "google/protobuf/duration.proto";
                  import "google/protobuf/field_mask.proto";
                  import "google/protobuf/struct.proto";
                  import "google/protobuf/timestamp.proto";
                  import "google/protobuf/wrappers.proto";
                  message W {
                    google.protobuf.Timestamp a = 1; google.protobuf.Duration b = 2;
                    google.protobuf.Any c = 3; google.protobuf.FieldMask d = 4;
                    google.protobuf.Struct e = 5; google.protobuf.Value f = 6;
                    google.protobuf.ListValue g = 7; google.protobuf.NullValue h = 8;
                    google.protobuf.BoolValue i = 9; google.protobuf.BytesValue j = 10;
                    google.protobuf.DoubleValue k = 11; google.protobuf.FloatValue l = 12;
                    google.protobuf.Int32Value m = 13; google.protobuf.Int64Value n = 14;
                    google.protobuf.StringValue o = 15; google.protobuf.UInt32Value p = 16;
                    google.protobuf.UInt64Value q = 17;
                    repeated google.protobuf.Timestamp r = 18;
                    repeated google.protobuf.Int64Value s = 19;
                    map<string, google.protobuf.Value> t = 20;
                    map<string, google.protobuf.Duration> u = 21;
                  }
                  """),
              "messages that are called like well-known types and are none",
              files(
                  "own.proto",
                  """
                  syntax = "proto3";
                  package google.protobuf;
                  message Timestamp { string seconds = 1; int32 nanos = 2; }
                  message Int32Value { repeated int32 value = 1; }
                  message Holder { Timestamp t = 1; Int32Value v = 2; }
                  """),
              "recursion",
              proto3(
                  """
                  message Node { int32 value = 1; Node next = 2; }
                  message Tree { repeated Tree children = 1; map<string, Tree> named = 2; }
                  message Left { Right right = 1; Node node = 2; }
                  message Right { Left left = 1; repeated Right more = 2; }
                  """),
              "names that are words elsewhere, and Unicode in comments",
              proto3(
                  """
                  // \u00e9\u4e2d
                  message Class {
                    int32 class = 1; int32 select = 2; int32 foo = 3; repeated int32 foo_count = 4;
                    int32 Foo = 5; bytes serialized_size = 6; Table table = 7;
                    message Table { string order = 1; }
                  }
                  """),
              "proto2: required, groups, extensions, closed enums, MessageSet",
              files(
                  "two.proto",
                  """
                  syntax = "proto2";
                  package two;
                  message A {
                    required int32 r = 1; optional int32 o = 2 [default = 5];
                    optional group G = 3 { required string x = 1; repeated group H = 2 { optional bytes
                    y = 1; } }
                    repeated int32 p = 4 [packed = true]; optional E e = 5; required E f = 6;
                    extensions 100 to max;
                    optional Set set = 7; repeated Set sets = 8;
                    extend A { repeated A inner = 200; }
                  }
                  extend A { optional string b = 102; optional E c = 101; }
                  enum E { ONE = 1; TWO = 2; }
                  message Set { option message_set_wire_format = true; extensions 4 to max; }
                  """),
              "editions",
              files(
                  "edition.proto",
                  """
                  edition = "2023";
                  package editions;
                  message A {
                    int32 explicit = 1;
                    int32 implicit = 2 [features.field_presence = IMPLICIT];
                    int32 required = 3 [features.field_presence = LEGACY_REQUIRED];
                    B delimited = 4 [features.message_encoding = DELIMITED];
                    repeated int32 expanded = 5 [features.repeated_field_encoding = EXPANDED];
                    E closed = 6 [features.field_presence = EXPLICIT];
                  }
                  message B { string s = 1; }
                  enum E { option features.enum_type = CLOSED; E_0 = 0; }
                  """),
              "an extension in a file that the message does not import",
              files(
                  "base.proto",
                  "syntax = \"proto2\"; message Base { extensions 10 to 20; optional Part part = 1; }"
                      + " message Part { extensions 10 to 20; }",
                  "extension.proto",
                  "syntax = \"proto2\"; import \"base.proto\"; extend Part { optional Base again ="
                      + " 12; optional int32 x = 11; }"),
              "descriptors themselves",
              proto3(
                  """
                  import "google/protobuf/descriptor.proto";
                  import "google/protobuf/type.proto";
                  message D {
                    google.protobuf.FieldDescriptorProto field = 1; google.protobuf.Type type = 2;
                  }
                  """),
              "the API of the catalog",
              api()));

  private static SchemaContent proto3(String body) {
    return files("shop/a.proto", "syntax = \"proto3\";\npackage shop;\n" + body);
  }

  private static SchemaContent files(String... namesAndTexts) {
    List<SchemaContent.File> files = new ArrayList<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      files.add(new SchemaContent.File(namesAndTexts[i], namesAndTexts[i + 1]));
    }
    return new SchemaContent(files, "", List.of());
  }

  private static SchemaContent api() {
    Path directory = Path.of("../proto/src/main/proto");
    try (Stream<Path> paths = Files.walk(directory)) {
      List<String> all = new ArrayList<>();
      for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
        all.add(directory.relativize(path).toString());
        all.add(Files.readString(path));
      }
      return files(all.toArray(String[]::new));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> theServersColumnsAreThoseOfTheFormat() {
    return CORPUS.entrySet().stream()
        .flatMap(
            entry -> {
              CompiledSchema schema = KIND.compile(entry.getValue(), List.of());
              assertThat(schema.messages()).isNotEmpty();
              return schema.messages().stream()
                  .filter(message -> hasColumns(schema, message))
                  .map(
                      message ->
                          DynamicTest.dynamicTest(
                              entry.getKey() + ": " + message, () -> check(schema, message)));
            });
  }

  /** A message without fields is no table; the server says so. */
  private static boolean hasColumns(CompiledSchema schema, String message) {
    try {
      return !KIND.columns(schema, message, Map.of()).isEmpty();
    } catch (io.unifiedcatalog.server.model.CatalogException e) {
      assertThat(e.getMessage()).contains("has no field");
      return false;
    }
  }

  private static void check(CompiledSchema schema, String message) throws Exception {
    for (ProtobufOptions.EnumsAs enumsAs : ProtobufOptions.EnumsAs.values()) {
      for (ProtobufOptions.AbsentAs absentAs : ProtobufOptions.AbsentAs.values()) {
        for (String depth : DEPTHS) {
          // Framing says nothing about columns: once each is enough.
          ProtobufOptions.Framing framing =
              depth.equals(DEPTHS.get(0))
                  ? ProtobufOptions.Framing.CONFLUENT
                  : ProtobufOptions.Framing.NONE;
          Map<String, String> options =
              Map.of(
                  ProtobufOptions.ENUMS_AS.key(), enumsAs.toString(),
                  ProtobufOptions.ABSENT_AS.key(), absentAs.toString(),
                  ProtobufOptions.RECURSION_DEPTH.key(), depth,
                  ProtobufOptions.FRAMING.key(), framing.toString());
          Format format = KIND.format(schema, message, 17, options, FLINK);
          RowType columns = columns(schema, message, options);
          assertThat(columns)
              .as(options.toString())
              .isEqualTo(
                  ProtobufTypes.rowType(
                      descriptorSet(format), message, enumsAs, absentAs, Integer.parseInt(depth)));
          accept(format, columns);
        }
      }
    }
    // With nothing set, both have the same defaults.
    RowType columns = columns(schema, message, Map.of());
    assertThat(columns)
        .isEqualTo(
            ProtobufTypes.rowType(
                descriptorSet(KIND.format(schema, message, 17, Map.of(), FLINK)),
                message,
                ProtobufOptions.ENUMS_AS.defaultValue(),
                ProtobufOptions.ABSENT_AS.defaultValue(),
                ProtobufOptions.RECURSION_DEPTH.defaultValue()));
  }

  private static byte[] descriptorSet(Format format) {
    return Base64.getDecoder()
        .decode(format.options().getOrDefault(ProtobufOptions.DESCRIPTOR_SET.key(), ""));
  }

  /** The server's columns as Flink reads their text. */
  private static RowType columns(
      CompiledSchema schema, String message, Map<String, String> options) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (Column column : KIND.columns(schema, message, options)) {
      String text = column.facts().getOrDefault(Facts.FLINK_TYPE, "");
      LogicalType type = LogicalTypeParser.parse(text, ProtobufColumnsTest.class.getClassLoader());
      assertThat(type.asSerializableString()).isEqualTo(text);
      fields.add(new RowType.RowField(column.name(), type.copy(column.nullable())));
    }
    return new RowType(false, fields);
  }

  /** Plans reading and writing as a connector does. */
  private static void accept(Format format, RowType columns) throws Exception {
    DataType dataType = TypeConversions.fromLogicalToDataType(columns);
    FactoryUtil.DefaultDynamicTableContext context = context(format, columns);
    Configuration options = Configuration.fromMap(format.options());
    ProtobufFormatFactory factory = new ProtobufFormatFactory();
    DeserializationSchema<RowData> reader =
        factory
            .createDecodingFormat(context, options)
            .createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, dataType);
    SerializationSchema<RowData> writer =
        factory
            .createEncodingFormat(context, options)
            .createRuntimeEncoder(new SinkRuntimeProviderContext(false), dataType);
    assertThat(reader).isNotNull();
    assertThat(writer).isNotNull();
  }

  private static FactoryUtil.DefaultDynamicTableContext context(Format format, RowType columns) {
    List<org.apache.flink.table.catalog.Column> physical =
        columns.getFields().stream()
            .map(
                field ->
                    (org.apache.flink.table.catalog.Column)
                        org.apache.flink.table.catalog.Column.physical(
                            field.getName(),
                            TypeConversions.fromLogicalToDataType(field.getType())))
            .collect(Collectors.toList());
    Map<String, String> options = new HashMap<>();
    options.put("connector", "kafka");
    options.put("format", format.identifier());
    format.options().forEach((key, value) -> options.put(format.identifier() + "." + key, value));
    ResolvedSchema resolved = ResolvedSchema.of(physical);
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of("unified", "kafka", "clicks"),
        new ResolvedCatalogTable(
            CatalogTable.newBuilder()
                .schema(Schema.newBuilder().fromResolvedSchema(resolved).build())
                .options(options)
                .build(),
            resolved),
        Map.of(),
        new Configuration(),
        ProtobufColumnsTest.class.getClassLoader(),
        false);
  }

  @Test
  void theFormatRefusesOtherColumns() {
    CompiledSchema schema =
        KIND.compile(proto3("message A { int32 a = 1; string b = 2; }"), List.of());
    Format format = KIND.format(schema, "shop.A", 17, Map.of(), FLINK);
    RowType other =
        (RowType)
            DataTypes.ROW(
                    DataTypes.FIELD("a", DataTypes.INT()), DataTypes.FIELD("b", DataTypes.TIME()))
                .notNull()
                .getLogicalType();
    assertThatThrownBy(() -> accept(format, other))
        .hasMessageContaining("TIME(0)")
        .hasMessageContaining("STRING");
  }

  @Test
  void theServerNamesTheFormatAsItCallsItself() throws Exception {
    CompiledSchema schema = KIND.compile(proto3("message A { int32 a = 1; }"), List.of());
    Format format = KIND.format(schema, "shop.A", 17, Map.of(), FLINK);
    assertThat(format.identifier()).isEqualTo(new ProtobufFormatFactory().factoryIdentifier());
    assertThat(format.artifacts())
        .extracting(Binding.Artifact::probeClass)
        .containsExactly(ProtobufFormatFactory.class.getName());
    List<String> keys =
        Stream.concat(
                new ProtobufFormatFactory().requiredOptions().stream(),
                new ProtobufFormatFactory().optionalOptions().stream())
            .map(option -> option.key())
            .sorted()
            .toList();
    // What the schema says, and what a table may set: together all that there is.
    assertThat(keys)
        .containsExactly(
            "absent-as",
            "descriptor-file",
            "descriptor-set",
            "enums-as",
            "framing",
            "ignore-parse-errors",
            "message-name",
            "recursion-depth",
            "schema-id");
    for (String key : keys) {
      assertThatThrownBy(() -> KIND.columns(schema, "shop.A", Map.of(key, "\u00ff")))
          .hasMessageContaining(key)
          .hasMessageNotContaining("has no such option");
    }
  }
}
