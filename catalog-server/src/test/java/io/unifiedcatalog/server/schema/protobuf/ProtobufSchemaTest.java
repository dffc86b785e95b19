package io.unifiedcatalog.server.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.TimestampProto;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaContract;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class ProtobufSchemaTest extends SchemaContract {
  private static final String CLICK =
      """
      syntax = "proto3";
      package shop;
      import "google/protobuf/timestamp.proto";

      // A click.
      message Click {
        // Who clicked.
        // Never 0.
        uint64 user = 1;
        string page = 2;  // the path of it
        google.protobuf.Timestamp at = 3;
        repeated Item items = 4;
        map<string, int64> counts = 5;
        Status status = 6;
        optional bytes raw = 7;
        message Item {
          uint32 id = 1;
          double price = 2;
        }
      }

      enum Status {
        STATUS_UNSPECIFIED = 0;
        STATUS_SEEN = 1;
      }
      """;

  private final ProtobufSchema kind = new ProtobufSchema();

  @Override
  protected SchemaKind kind() {
    return kind;
  }

  private static SchemaContent proto3(String body) {
    return files("shop/a.proto", "syntax = \"proto3\";\npackage shop;\n" + body);
  }

  private static SchemaContent set(FileDescriptorSet set) {
    return new SchemaContent(
        List.of(), Base64.getEncoder().encodeToString(set.toByteArray()), List.of());
  }

  private static SchemaContent set(FileDescriptorProto... files) {
    return set(FileDescriptorSet.newBuilder().addAllFile(List.of(files)).build());
  }

  private FileDescriptorSet compiled(SchemaContent content) {
    return ProtobufSchema.parse(compile(content));
  }

  @Override
  protected Map<String, SchemaContent> understood() {
    return Map.of(
        "one file", files("shop/click.proto", CLICK),
        "two files of which one imports the other",
            files(
                "shop/a.proto",
                "syntax = \"proto3\"; import \"shop/b.proto\"; message A { B b = 1; }",
                "shop/b.proto",
                "syntax = \"proto3\"; message B { int32 x = 1; }"),
        "a file that nothing imports",
            files(
                "a.proto", "syntax = \"proto3\"; message A {}",
                "b.proto", "syntax = \"proto3\"; message B {}"),
        "proto2 with a group, an extension and defaults",
            files(
                "a.proto",
                "syntax = \"proto2\"; message A { required int32 r = 1; optional group G = 2 {"
                    + " optional int32 x = 1; } extensions 100 to max; optional int32 d = 3"
                    + " [default = 5]; reserved 4, 6 to 9; } extend A { optional string e = 100; }"),
        "edition 2023", files("a.proto", "edition = \"2023\"; message A { int32 a = 1; }"),
        "a service",
            files(
                "a.proto", "syntax = \"proto3\"; message A {} service S { rpc R(A) returns (A); }"),
        "enums alone", files("a.proto", "syntax = \"proto3\"; enum E { E_0 = 0; }"),
        "a descriptor set", set(compiled(files("shop/click.proto", CLICK))),
        "a descriptor set without places",
            set(
                FileDescriptorSet.newBuilder()
                    .addAllFile(
                        compiled(files("shop/click.proto", CLICK)).getFileList().stream()
                            .map(file -> file.toBuilder().clearSourceCodeInfo().build())
                            .toList())
                    .build()),
        "a custom option",
            files(
                "a.proto",
                "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; extend"
                    + " google.protobuf.FieldOptions { string note = 50000; } message A { int32 a ="
                    + " 1 [(note) = \"x\"]; }"));
  }

  @Override
  protected Map<String, Refused> refused() {
    Map<String, Refused> refused = new TreeMap<>();
    refused.put(
        "a type that is not there",
        new Refused(
            proto3("message A {\n  Foo f = 1;\n}"), "shop/a.proto:4:3", "\"Foo\" is not defined."));
    refused.put(
        "a fault in the syntax",
        new Refused(
            proto3("message A {\n  int32 = 1;\n}"), "shop/a.proto:4:9", "Expected field name."));
    refused.put(
        "a number that is used twice",
        new Refused(
            proto3("message A {\n  int32 a = 1;\n  int32 b = 1;\n}"),
            "shop/a.proto:5:13",
            "Field number 1 has already been used"));
    refused.put(
        "an import that is not there",
        new Refused(
            proto3("import \"shop/money.proto\";\nmessage A {}"),
            "shop/a.proto:3:1",
            "The import 'shop/money.proto' is not there. Send the file as well, or add a reference"
                + " of that name to the subject that holds it."));
    refused.put(
        "an import of a path of the server",
        new Refused(
            proto3("import \"/etc/passwd\";\nmessage A {}"), "shop/a.proto:3:1", "is absolute"));
    refused.put(
        "files that import each other",
        new Refused(
            files(
                "a.proto", "syntax = \"proto3\";\nimport \"b.proto\";",
                "b.proto", "syntax = \"proto3\";\nimport \"a.proto\"; message B {}"),
            "a.proto:2:1",
            "a.proto -> b.proto -> a.proto"));
    refused.put(
        "a file that is there twice",
        new Refused(
            files("a.proto", "message A {}", "a.proto", "message B {}"),
            "a.proto",
            "is there twice"));
    refused.put(
        "a file and a directory of one name",
        new Refused(
            files("a", "message A {}", "a/b.proto", "message B {}"), "a", "name of a directory"));
    refused.put(
        "a file that shadows one of Protobuf's own",
        new Refused(
            files(
                "google/protobuf/timestamp.proto",
                "syntax = \"proto3\"; package google.protobuf; message Timestamp { string s = 1; }"),
            "google/protobuf/timestamp.proto",
            "is one of Protobuf's own"));
    refused.put(
        "a descriptor set without an import",
        new Refused(
            set(
                FileDescriptorProto.newBuilder()
                    .setName("a.proto")
                    .addDependency("b.proto")
                    .build()),
            "a.proto",
            "It imports 'b.proto', which is not in the descriptor set."));
    refused.put(
        "a descriptor set with a cycle",
        new Refused(
            set(
                FileDescriptorProto.newBuilder()
                    .setName("a.proto")
                    .addDependency("b.proto")
                    .build(),
                FileDescriptorProto.newBuilder()
                    .setName("b.proto")
                    .addDependency("a.proto")
                    .build()),
            "b.proto",
            "in a cycle: a.proto -> b.proto -> a.proto"));
    refused.put(
        "a descriptor set with a type that is not there",
        new Refused(
            set(
                FileDescriptorProto.newBuilder()
                    .setName("a.proto")
                    .addMessageType(
                        DescriptorProto.newBuilder()
                            .setName("A")
                            .addField(
                                FieldDescriptorProto.newBuilder()
                                    .setName("a")
                                    .setNumber(1)
                                    .setTypeName(".no.Such")))
                    .build()),
            "a.proto",
            "no.Such"));
    refused.put(
        "a descriptor set with a bad name",
        new Refused(
            set(FileDescriptorProto.newBuilder().setName("../x.proto").build()),
            "content.descriptor_set",
            "'../x.proto' has a segment that starts with '.'"));
    refused.put(
        "a descriptor set that shadows one of Protobuf's own",
        new Refused(
            set(
                TimestampProto.getDescriptor().toProto().toBuilder()
                    .clearMessageType()
                    .addMessageType(DescriptorProto.newBuilder().setName("Timestamp"))
                    .build()),
            "google/protobuf/timestamp.proto",
            "is one of Protobuf's own"));
    refused.put(
        "files and a descriptor set",
        new Refused(
            new SchemaContent(files("a.proto", "message A {}").files(), "AAAA", List.of()),
            "content",
            "Send one or the other."));
    refused.put(
        "too many files",
        new Refused(
            files(
                IntStream.range(0, 501)
                    .boxed()
                    .flatMap(
                        i -> java.util.stream.Stream.of("f" + i + ".proto", "message M" + i + "{}"))
                    .toArray(String[]::new)),
            "content.files",
            "There are 501 files; at most 500"));
    return refused;
  }

  @Override
  protected Map<String, TableOf> tables() {
    String all =
        """
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/wrappers.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/any.proto";
        import "google/protobuf/field_mask.proto";
        message A {
          google.protobuf.Timestamp t = 1;
          google.protobuf.Duration d = 2;
          google.protobuf.UInt64Value w = 3;
          repeated google.protobuf.StringValue ws = 4;
          google.protobuf.Struct s = 5;
          google.protobuf.Any any = 6;
          google.protobuf.FieldMask mask = 7;
          oneof o {
            int32 one = 8;
            fixed64 other = 9;
          }
          A self = 10;
          sint64 z = 11;
          fixed32 f = 12;
          map<bool, google.protobuf.Timestamp> m = 13;
        }
        """;
    return Map.of(
        "a click",
        new TableOf(
            files("shop/click.proto", CLICK),
            "",
            Map.of(),
            List.of(
                "user | uint64 | DECIMAL(20, 0) NOT NULL | Who clicked.\nNever 0.",
                "page | string | VARCHAR(2147483647) NOT NULL | the path of it",
                "at | google.protobuf.Timestamp | TIMESTAMP(9) WITH LOCAL TIME ZONE | ",
                "items | repeated shop.Click.Item | ARRAY<ROW<`id` BIGINT NOT NULL, `price` DOUBLE"
                    + " NOT NULL> NOT NULL> NOT NULL | ",
                "counts | map<string, int64> | MAP<VARCHAR(2147483647) NOT NULL, BIGINT NOT NULL>"
                    + " NOT NULL | ",
                "status | shop.Status | VARCHAR(2147483647) NOT NULL | ",
                "raw | bytes | VARBINARY(2147483647) | ")),
        "a nested message with options",
        new TableOf(
            files("shop/click.proto", CLICK),
            "shop.Click.Item",
            Map.of(
                "absent-as",
                "null",
                "framing",
                "confluent",
                "schema-id",
                "7",
                "ignore-parse-errors",
                "true"),
            List.of("id | uint32 | BIGINT | ", "price | double | DOUBLE | ")),
        "enums as INT",
        new TableOf(
            proto3("enum E { E_0 = 0; } message A { E e = 1; repeated E r = 2; }"),
            "shop.A",
            Map.of("enums-as", "int"),
            List.of(
                "e | shop.E | INT NOT NULL | ",
                "r | repeated shop.E | ARRAY<INT NOT NULL> NOT NULL | ")),
        "well-known types and recursion",
        new TableOf(
            proto3(all),
            "shop.A",
            Map.of("recursion-depth", "1"),
            List.of(
                "t | google.protobuf.Timestamp | TIMESTAMP(9) WITH LOCAL TIME ZONE | ",
                "d | google.protobuf.Duration | ROW<`seconds` BIGINT NOT NULL, `nanos` INT NOT"
                    + " NULL> | ",
                "w | google.protobuf.UInt64Value | DECIMAL(20, 0) | ",
                "ws | repeated google.protobuf.StringValue | ARRAY<VARCHAR(2147483647) NOT NULL>"
                    + " NOT NULL | ",
                "s | google.protobuf.Struct | VARCHAR(2147483647) | ",
                "any | google.protobuf.Any | VARCHAR(2147483647) | ",
                "mask | google.protobuf.FieldMask | VARCHAR(2147483647) | ",
                "one | int32 | INT | ",
                "other | fixed64 | DECIMAL(20, 0) | ",
                "self | shop.A | VARBINARY(2147483647) | ",
                "z | sint64 | BIGINT NOT NULL | ",
                "f | fixed32 | BIGINT NOT NULL | ",
                "m | map<bool, google.protobuf.Timestamp> | MAP<BOOLEAN NOT NULL, TIMESTAMP(9) WITH"
                    + " LOCAL TIME ZONE NOT NULL> NOT NULL | ")),
        "proto2",
        new TableOf(
            files(
                "a.proto",
                "syntax = \"proto2\"; message A { required int32 r = 1; optional group G = 2 {"
                    + " optional int32 x = 1; } extensions 100 to max; } extend A { optional string"
                    + " e = 101; } message Scope { extend A { repeated int32 f = 100; } }"),
            "A",
            Map.of(),
            List.of(
                "r | int32 | INT NOT NULL | ",
                "g | A.G | ROW<`x` INT> | ",
                "[Scope.f] | repeated int32 | ARRAY<INT NOT NULL> NOT NULL | ",
                "[e] | string | VARCHAR(2147483647) | ")));
  }

  @Override
  protected Map<String, Change> changes() {
    Map<String, Change> changes = new TreeMap<>();
    for (Changes.Case each : Changes.all()) {
      changes.put(
          each.name(),
          new Change(each.older(), each.newer(), false, each.backward(), each.forward()));
      changes.put(
          each.name() + ", in JSON",
          new Change(
              each.older(), each.newer(), true, each.backwardInJson(), each.forwardInJson()));
    }
    return changes;
  }

  @Override
  protected SchemaContent nested(int depth) {
    return proto3(
        IntStream.range(0, depth).mapToObj(i -> "message M" + i + "{").collect(Collectors.joining())
            + "}".repeat(depth));
  }

  @Override
  protected Nesting nesting() {
    return new Nesting(
        31,
        "Reached maximum recursion limit for nested messages",
        "Reached maximum recursion limit for nested messages");
  }

  @Override
  protected SchemaContent padded(int characters) {
    return proto3("message A { int32 a = 1; }\n//" + " x".repeat(characters / 2));
  }

  // ---- places ----

  @Test
  void everyFaultIsReportedAtOnce() {
    CatalogException refusal =
        refusal(
            () ->
                compile(
                    files(
                        "a.proto",
                        "syntax = \"proto3\";\nimport \"b.proto\";\nimport \"c.proto\";\n"
                            + "message A {\n  Foo f = 1;\n  Bar g = 2;\n}",
                        "b.proto",
                        "syntax = \"proto3\";\nmessage B { int x = 1; }")));
    assertThat(refusal.violations())
        .containsExactlyInAnyOrder(
            new Violation("b.proto:2:13", "\"int\" is not defined."),
            new Violation(
                "a.proto:3:1",
                "The import 'c.proto' is not there. Send the file as well, or add a reference of"
                    + " that name to the subject that holds it."),
            new Violation("a.proto:5:3", "\"Foo\" is not defined."),
            new Violation("a.proto:6:3", "\"Bar\" is not defined."));
  }

  /** Of the files that it is given protoc looks at none after the first that is wrong. */
  @Test
  void theFaultsOfFilesThatDoNotImportEachOtherAreReportedTogether() {
    CatalogException refusal =
        refusal(
            () ->
                compile(
                    files(
                        "a.proto",
                        "syntax = \"proto3\";\nmessage A { int x = 1; }",
                        "good.proto",
                        "syntax = \"proto3\";\nmessage Good { int32 x = 1; }",
                        "shop/c.proto",
                        "syntax = \"proto3\";\nmessage C { int32 x = 1 }",
                        "d.proto",
                        "syntax = \"proto3\";\nimport \"a.proto\";\nmessage D { Nothing x = 1; }")));
    assertThat(refusal.violations())
        .containsExactlyInAnyOrder(
            new Violation("a.proto:2:13", "\"int\" is not defined."),
            new Violation("shop/c.proto:2:25", "Expected \";\"."),
            new Violation("d.proto:3:13", "\"Nothing\" is not defined."));
  }

  // ---- references ----

  private ResolvedReference reference(
      String name, String subject, SchemaContent content, ResolvedReference... references) {
    return new ResolvedReference(
        new SchemaContent.Reference(name, subject, 1),
        content,
        kind.compile(content, List.of(references)),
        List.of(references));
  }

  private static final SchemaContent MONEY =
      files(
          "common/money.proto",
          "syntax = \"proto3\"; package common; message Money { int64 units = 1; }");
  private static final SchemaContent PRICE =
      files(
          "price.proto",
          "syntax = \"proto3\"; package shop; import \"common/money.proto\"; message Price {"
              + " common.Money money = 1; }");
  private static final SchemaContent ORDER =
      files(
          "order.proto",
          "syntax = \"proto3\"; package shop; import \"shop/price.proto\"; message Order { Price"
              + " price = 1; }");

  @Test
  void aReferenceBringsTheFilesOfItsSubjectAndThoseThatTheyNeed() {
    ResolvedReference money = reference("common/money.proto", "money", MONEY);
    ResolvedReference price = reference("shop/price.proto", "price", PRICE, money);
    CompiledSchema order = kind.compile(ORDER, List.of(price));
    assertThat(order.messages()).containsExactly("shop.Order");
    assertThat(ProtobufSchema.parse(order).getFileList())
        .extracting(FileDescriptorProto::getName)
        .containsExactly("common/money.proto", "shop/price.proto", "order.proto");
    assertThat(kind.columns(order, "shop.Order", Map.of()).stream().map(SchemaContract::line))
        .containsExactly("price | shop.Price | ROW<`money` ROW<`units` BIGINT NOT NULL>> | ");
    SchemaContent asSet = set(ProtobufSchema.parse(order));
    assertThat(compile(asSet).messages())
        .containsExactly("common.Money", "shop.Price", "shop.Order");
  }

  @Test
  void aSubjectThatWasSentAsADescriptorSetCanBeReferredTo() {
    SchemaContent content = set(compiled(MONEY));
    ResolvedReference money = reference("common/money.proto", "money", content);
    assertThat(kind.compile(PRICE, List.of(money)).messages()).containsExactly("shop.Price");
  }

  @Test
  void aReferenceThatFitsNoFileOfItsSubjectIsRefused() {
    ResolvedReference two =
        reference("c.proto", "two", files("a.proto", "message A {}", "b.proto", "message B {}"));
    assertThat(refusal(() -> kind.compile(ORDER, List.of(two))).violations())
        .containsExactly(
            new Violation(
                "c.proto",
                "The reference leads to subject two version 1, which has no file of that name. Name"
                    + " the reference after one of its files: a.proto, b.proto."));
  }

  @Test
  void aCycleOfReferencesIsReportedWithItsWay() {
    ResolvedReference money = reference("common/money.proto", "money", MONEY);
    ResolvedReference price = reference("shop/price.proto", "price", PRICE, money);
    SchemaContent again =
        files(
            "common/money.proto",
            "syntax = \"proto3\"; package common; import \"shop/price.proto\"; message Money {"
                + " shop.Price price = 1; }");
    assertThat(refusal(() -> kind.compile(again, List.of(price))).violations())
        .containsExactly(
            new Violation(
                "common/money.proto",
                "The references form a cycle: this file -> subject price version 1 -> subject money"
                    + " version 1, which holds a file of the same name. Move what both need to a"
                    + " subject of its own, and let both refer to it."));
  }

  @Test
  void referencesThatBringDifferentFilesOfOneNameAreRefused() {
    ResolvedReference money = reference("common/money.proto", "money", MONEY);
    ResolvedReference other =
        reference(
            "common/money.proto",
            "cents",
            files(
                "common/money.proto",
                "syntax = \"proto3\"; package common; message Money { int32 cents = 1; }"));
    assertThat(refusal(() -> kind.compile(PRICE, List.of(money, other))).getMessage())
        .contains("common/money.proto")
        .contains("subject money version 1")
        .contains("subject cents version 1");
  }

  @Test
  void aReferenceWithABadNameIsRefused() {
    for (String name : List.of("@x.proto", "../x.proto", "google/protobuf/any.proto")) {
      ResolvedReference money = reference(name, "money", MONEY);
      assertThat(refusal(() -> kind.compile(PRICE, List.of(money))).violations())
          .singleElement()
          .satisfies(violation -> assertThat(violation.field()).isEqualTo(name));
    }
  }

  // ---- messages and columns ----

  @Test
  void theOnlyOutermostMessageNeedsNoName() {
    CompiledSchema schema = compile(files("shop/click.proto", CLICK));
    assertThat(schema.messages()).containsExactly("shop.Click", "shop.Click.Item");
    assertThat(kind.message(schema, "")).isEqualTo("shop.Click");
  }

  @Test
  void oneOfManyMessagesMustBeNamed() {
    CompiledSchema schema = compile(proto3("message A {} message B {}"));
    assertThat(refusal(() -> kind.message(schema, "")))
        .hasMessage(
            "The schema has more than one message. Name the one that a record is: shop.A, shop.B.");
  }

  @Test
  void aSchemaWithoutAMessageMakesNoTable() {
    CompiledSchema schema = compile(proto3("enum E { E_0 = 0; }"));
    assertThat(refusal(() -> kind.message(schema, "")))
        .hasMessage("The schema has no message, so that no table can be made of it.");
  }

  @Test
  void aMessageWithoutFieldsMakesNoTable() {
    CompiledSchema schema = compile(proto3("message A {}"));
    assertThat(refusal(() -> kind.columns(schema, "shop.A", Map.of())))
        .hasMessage("Message shop.A has no field, so that a table of it would have no column.");
  }

  @Test
  void aRecursiveMessageIsUnrolledToADepth() {
    CompiledSchema schema = compile(proto3("message Node { Node next = 1; }"));
    List<Column> columns = kind.columns(schema, "shop.Node", Map.of());
    assertThat(columns.stream().map(SchemaContract::line))
        .containsExactly("next | shop.Node | ROW<`next` ROW<`next` VARBINARY(2147483647)>> | ");
    assertThat(kind.columns(schema, "shop.Node", Map.of("recursion-depth", "100"))).hasSize(1);
  }

  @Test
  void aMessageThatUnrollsToTooMuchIsRefused() {
    String doubling =
        IntStream.range(0, 40)
                .mapToObj(
                    i -> "message M" + i + " { M" + (i + 1) + " a = 1; M" + (i + 1) + " b = 2; }")
                .collect(Collectors.joining())
            + "message M40 { int32 x = 1; }";
    CompiledSchema schema = compile(proto3(doubling));
    assertThat(refusal(() -> kind.columns(schema, "shop.M0", Map.of())))
        .hasMessage(
            "Message shop.M0 has more than 10000 columns, those of all levels together. Lower"
                + " recursion-depth, which is 3, or register a smaller message.");
    String chain =
        IntStream.range(0, 5000)
                .mapToObj(i -> "message M" + i + " { M" + (i + 1) + " a = 1; }")
                .collect(Collectors.joining())
            + "message M5000 { int32 x = 1; }";
    CompiledSchema deep = compile(proto3(chain));
    assertThat(refusal(() -> kind.columns(deep, "shop.M0", Map.of())))
        .hasMessageStartingWith(
            "Message shop.M0 has more than 100 levels of messages one in another.");
  }

  @Test
  void wrongOptionsAreRefusedTogether() {
    CompiledSchema schema = compile(files("shop/click.proto", CLICK));
    assertThat(
            refusal(
                    () ->
                        kind.columns(
                            schema,
                            "shop.Click",
                            Map.of(
                                "enums-as", "text",
                                "recursion-depth", "0",
                                "schema-id", "7",
                                "message-name", "shop.Other",
                                "ignore-errors", "true")))
                .violations())
        .containsExactlyInAnyOrder(
            new Violation("enums-as", "'text' is not allowed. Give string or int."),
            new Violation(
                "recursion-depth", "'0' is not allowed. Give a whole number from 1 to 100."),
            new Violation("schema-id", "It is only used with framing = confluent."),
            new Violation(
                "message-name", "It follows from the schema of the table and cannot be set."),
            new Violation(
                "ignore-errors",
                "Format 'protobuf-descriptor' has no such option. It has: absent-as, enums-as,"
                    + " framing, ignore-parse-errors, recursion-depth, schema-id."));
  }

  // ---- format ----

  private FileDescriptorSet descriptorSet(Format format) throws IOException {
    byte[] zipped = Base64.getDecoder().decode(format.options().getOrDefault("descriptor-set", ""));
    return FileDescriptorSet.parseFrom(new GZIPInputStream(new ByteArrayInputStream(zipped)));
  }

  @Test
  void theFormatCarriesWhatTheMessageNeedsAndNoMore() throws IOException {
    SchemaContent content =
        files(
            "a.proto", "syntax = \"proto2\"; import \"b.proto\"; message A { optional B b = 1; }",
            "b.proto",
                "syntax = \"proto2\"; /* A comment. */ message B { extensions 10 to 20; optional int32"
                    + " x = 1; }",
            "extension.proto",
                "syntax = \"proto2\"; import \"b.proto\"; import \"c.proto\"; extend B { optional C c"
                    + " = 10; }",
            "c.proto", "syntax = \"proto2\"; message C { optional int32 y = 1; }",
            "other.proto", "syntax = \"proto2\"; message Other { optional A a = 1; }",
            "unused.proto", "syntax = \"proto2\"; message Unused {}");
    // The file that imports comes last in it, and what is not imported is left out.
    List<SchemaContent.File> sent = new ArrayList<>(content.files());
    sent.set(
        4,
        new SchemaContent.File(
            "other.proto",
            "syntax = \"proto2\"; import \"a.proto\"; message Other { optional A a = 1; }"));
    CompiledSchema schema = compile(new SchemaContent(sent, "", List.of()));
    Format format = kind.format(schema, "A", 17, Map.of(), FLINK);
    assertThat(format.options()).containsOnlyKeys("descriptor-set", "message-name");
    assertThat(format.options()).containsEntry("message-name", "A");
    FileDescriptorSet set = descriptorSet(format);
    assertThat(set.getFileList())
        .extracting(FileDescriptorProto::getName)
        .containsExactlyInAnyOrder("a.proto", "b.proto", "c.proto", "extension.proto");
    assertThat(set.getFileList()).noneMatch(FileDescriptorProto::hasSourceCodeInfo);
    assertThat(kind.columns(schema, "A", Map.of()).stream().map(SchemaContract::line))
        .containsExactly("b | B | ROW<`x` INT, `[c]` ROW<`y` INT>> | ");
  }

  @Test
  void confluentFramingCarriesTheIdOfTheVersion() {
    CompiledSchema schema = compile(files("shop/click.proto", CLICK));
    assertThat(
            kind.format(schema, "shop.Click", 17, Map.of("framing", "confluent"), FLINK).options())
        .containsEntry("schema-id", "17")
        .containsEntry("framing", "confluent");
    assertThat(
            kind.format(
                    schema,
                    "shop.Click",
                    17,
                    Map.of("framing", "confluent", "schema-id", "3"),
                    FLINK)
                .options())
        .containsEntry("schema-id", "3");
  }

  @Test
  void aSubjectOfARegistryGetsTheNameOfAFile() {
    assertThat(kind.fileName("clicks-value")).isEqualTo("clicks-value.proto");
    assertThat(kind.fileName("-clicks")).isEqualTo("_-clicks.proto");
    assertThat(kind.fileName(".clicks")).isEqualTo("_.clicks.proto");
  }
}
