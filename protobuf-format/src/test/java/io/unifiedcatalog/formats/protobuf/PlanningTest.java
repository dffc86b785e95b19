package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.Records.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.AbsentAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.EnumsAs;
import io.unifiedcatalog.formats.protobuf.protos.Maps;
import io.unifiedcatalog.formats.protobuf.protos.Presence;
import io.unifiedcatalog.formats.protobuf.protos.Repeated;
import io.unifiedcatalog.formats.protobuf.protos.Scalars;
import io.unifiedcatalog.formats.protobuf.protos.WellKnown;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a statement is told when it is planned. */
class PlanningTest {
  private static final RowType NUMBER = Records.columns("number INT");
  private static final FileDescriptorSet SET = FormatInUse.set(Presence.getDescriptor().getFile());

  private static FormatInUse presence() {
    return FormatInUse.of(Presence.getDescriptor().getFile(), "semantics.Presence");
  }

  private static void refused(FormatInUse format, RowType columns, String... parts) {
    for (Runnable use :
        new Runnable[] {() -> format.decoder(columns), () -> format.encoder(columns)}) {
      assertThatThrownBy(use::run)
          .isInstanceOf(ValidationException.class)
          .hasMessageContainingAll(parts);
    }
  }

  @Nested
  class Options {
    @Test
    void aDescriptorSetMayBePlainOrZippedOrAFile(@TempDir Path directory) throws Exception {
      byte[] record = bytes("08 05");
      FormatInUse none = presence().without("descriptor-set");
      assertThat(presence().decoder(NUMBER).deserialize(record).getInt(0)).isEqualTo(5);
      assertThat(
              none.with("descriptor-set", FormatInUse.zipped(SET))
                  .decoder(NUMBER)
                  .deserialize(record)
                  .getInt(0))
          .isEqualTo(5);
      Path file = directory.resolve("set.bin");
      for (byte[] content :
          new byte[][] {SET.toByteArray(), Base64.getDecoder().decode(FormatInUse.zipped(SET))}) {
        Files.write(file, content);
        var decoder = none.with("descriptor-file", file.toString()).decoder(NUMBER);
        assertThat(decoder.deserialize(record).getInt(0)).isEqualTo(5);
      }
    }

    @Test
    void aTaskDoesNotNeedTheFile(@TempDir Path directory) throws Exception {
      Path file = Files.write(directory.resolve("set.bin"), SET.toByteArray());
      FormatInUse format =
          presence().without("descriptor-set").with("descriptor-file", file.toString());
      var planned = format.decodingFormat(NUMBER);
      Files.delete(file);
      assertThat(
              planned
                  .createRuntimeDecoder(
                      ScanRuntimeProviderContext.INSTANCE, FormatInUse.dataType(NUMBER))
                  .deserialize(bytes("08 05"))
                  .getInt(0))
          .isEqualTo(5);
    }

    @Test
    void exactlyOneDescriptorIsGiven() {
      refused(
          presence().without("descriptor-set"),
          NUMBER,
          "Neither of 'descriptor-set' and 'descriptor-file' is set");
      refused(
          presence().with("descriptor-file", "x"),
          NUMBER,
          "'descriptor-set' and 'descriptor-file'",
          "Set exactly one");
      refused(
          presence().without("descriptor-set").with("descriptor-file", "/no/such/file"),
          NUMBER,
          "'descriptor-file' /no/such/file cannot be read");
    }

    @Test
    void aDescriptorSetThatIsNoneIsToldWhatToDo() {
      refused(presence().with("descriptor-set", "@@@"), NUMBER, "'descriptor-set' is no base64");
      String text = Base64.getEncoder().encodeToString("syntax".getBytes(StandardCharsets.UTF_8));
      refused(presence().with("descriptor-set", text), NUMBER, "is no FileDescriptorSet", "protoc");
      refused(presence().with("descriptor-set", ""), NUMBER, "holds no file");
    }

    @Test
    void aDescriptorSetWithoutItsImportsIsToldWhichIsMissing() {
      FileDescriptorSet alone =
          FileDescriptorSet.newBuilder()
              .addFile(Presence.getDescriptor().getFile().toProto())
              .build();
      refused(
          presence().with("descriptor-set", FormatInUse.base64(alone)),
          NUMBER,
          "imports 'google/protobuf/any.proto'",
          "--include_imports");
    }

    @Test
    void filesThatImportEachOtherAreRefused() {
      FileDescriptorSet circle =
          FileDescriptorSet.newBuilder()
              .addFile(FileDescriptorProto.newBuilder().setName("a.proto").addDependency("b.proto"))
              .addFile(FileDescriptorProto.newBuilder().setName("b.proto").addDependency("a.proto"))
              .build();
      refused(
          presence().with("descriptor-set", FormatInUse.base64(circle)),
          NUMBER,
          "in a circle: a.proto, b.proto");
    }

    @Test
    void aMessageThatIsNotThereIsToldWhichAre() {
      refused(
          presence().with("message-name", "semantics.Presense"),
          NUMBER,
          "Message 'semantics.Presense' is not in the descriptor set",
          "semantics.Presence");
      refused(presence().without("message-name"), NUMBER, "message-name");
    }

    @ParameterizedTest
    @CsvSource({
      "framing, kafka",
      "enums-as, text",
      "absent-as, zero",
      "recursion-depth, 0",
      "recursion-depth, 101",
      "recursion-depth, x",
      "ignore-parse-errors, maybe",
      "schema-id, x"
    })
    void aValueThatAnOptionDoesNotHaveIsRefused(String key, String value) {
      assertThatThrownBy(() -> presence().with(key, value).decoder(NUMBER))
          .satisfies(
              thrown ->
                  assertThat(thrown.getMessage() + thrown.getCause())
                      .contains(key)
                      .contains(value));
    }

    @Test
    void theFilesystemConnectorIsRefusedWithTheReason() {
      assertThatThrownBy(() -> presence().ofConnector("filesystem").decoder(NUMBER))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("cannot be used with the filesystem connector")
          .hasMessageContaining("newline");
      assertThatThrownBy(() -> presence().ofConnector("filesystem").encoder(NUMBER))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("newline");
    }
  }

  @Nested
  class DeclaredColumns {
    /** Types that some column or other may have; all that are not listed are refused. */
    private static final String[] ALL = {
      "BOOLEAN",
      "TINYINT",
      "SMALLINT",
      "INT",
      "BIGINT",
      "DECIMAL(20, 0)",
      "DECIMAL(38, 0)",
      "DECIMAL(19, 0)",
      "DECIMAL(20, 2)",
      "FLOAT",
      "DOUBLE",
      "STRING",
      "VARCHAR(10)",
      "CHAR(10)",
      "BYTES",
      "VARBINARY(10)",
      "BINARY(10)",
      "DATE",
      "TIME",
      "TIMESTAMP(9)",
      "TIMESTAMP_LTZ(9)",
      "TIMESTAMP_LTZ(3)",
      "ARRAY<INT>",
      "MAP<STRING, INT>",
      "ROW<a INT>",
      "ROW<seconds BIGINT, nanos INT>",
      "ROW<`value` INT>"
    };

    private static void accepts(Descriptor message, String column, String... types) {
      FormatInUse format = FormatInUse.of(message.getFile(), message.getFullName());
      for (String type : ALL) {
        RowType columns = Records.columns("`" + column + "` " + type);
        if (List.of(types).contains(type)) {
          assertThat(format.decoder(columns)).as(column + " " + type).isNotNull();
          assertThat(format.encoder(columns)).as(column + " " + type).isNotNull();
        } else {
          LogicalType declared = columns.getTypeAt(0);
          if (declared instanceof RowType) {
            // Refused for its type, or for the first column in it.
            refused(format, columns, "Column '" + column);
          } else {
            // Both types are named: the declared one, and the one to declare.
            refused(
                format,
                columns,
                "Column '" + column + "' is declared " + declared,
                "'" + message.getFullName() + "." + column + "'",
                "Declare it as");
          }
        }
      }
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "float64  | DOUBLE",
          "float32  | FLOAT; DOUBLE",
          "int32    | INT; BIGINT",
          "int64    | BIGINT",
          "uint32   | INT; BIGINT",
          "uint64   | BIGINT; DECIMAL(20, 0); DECIMAL(38, 0)",
          "sint32   | INT; BIGINT",
          "sint64   | BIGINT",
          "fixed32  | INT; BIGINT",
          "fixed64  | BIGINT; DECIMAL(20, 0); DECIMAL(38, 0)",
          "sfixed32 | INT; BIGINT",
          "sfixed64 | BIGINT",
          "bool     | BOOLEAN",
          "string   | STRING",
          "bytes    | BYTES"
        })
    void aScalarIsReadInWhatHoldsIt(String field, String types) {
      accepts(Scalars.getDescriptor(), field, types.split("; "));
    }

    @Test
    void anEnumIsTextOrANumber() {
      accepts(Presence.getDescriptor(), "open", "STRING", "INT");
    }

    @Test
    void aMessageIsARowOfSomeOfItsFieldsOrBytes() {
      accepts(Presence.getDescriptor(), "inner", "ROW<a INT>", "BYTES");
    }

    @Test
    void aRepeatedFieldIsAnArrayAndAMapAMap() {
      accepts(Repeated.getDescriptor(), "packed", "ARRAY<INT>");
      accepts(Maps.getDescriptor(), "numbers", "MAP<STRING, INT>");
    }

    @Test
    void aWellKnownTypeIsWhatItStandsForOrARowOrBytes() {
      accepts(
          WellKnown.getDescriptor(),
          "time",
          "TIMESTAMP_LTZ(9)",
          "TIMESTAMP_LTZ(3)",
          "ROW<seconds BIGINT, nanos INT>",
          "BYTES");
      accepts(WellKnown.getDescriptor(), "duration", "ROW<seconds BIGINT, nanos INT>", "BYTES");
      accepts(WellKnown.getDescriptor(), "wrapped", "INT", "BIGINT", "ROW<`value` INT>", "BYTES");
      accepts(WellKnown.getDescriptor(), "struct", "STRING", "BYTES");
      accepts(WellKnown.getDescriptor(), "mask", "STRING", "BYTES");
    }

    @Test
    void whatDoesNotFitInsideIsNamedByItsPath() {
      refused(
          presence(),
          Records.columns("`inner` ROW<a INT, `inner` ROW<b DATE>>"),
          "Column 'inner.inner.b' is declared DATE",
          "'semantics.Inner.b' (string)");
      refused(
          presence(),
          Records.columns("numbers ARRAY<STRING>"),
          "Column 'numbers' is declared ARRAY<STRING>",
          "(repeated int32)",
          "ARRAY<INT");
      refused(
          presence(),
          Records.columns("counts MAP<INT, INT>"),
          "Column 'counts' is declared MAP<INT, INT>",
          "map<string, int32>");
    }

    @Test
    void aColumnThatNamesNoFieldIsToldWhichThereAre() {
      refused(
          presence(),
          Records.columns("nummer INT"),
          "Column 'nummer' names no field of message 'semantics.Presence'",
          "number, maybe, text");
    }

    @Test
    void whatAQueryDoesNotReadMustFitToo() {
      RowType columns = Records.columns("number INT, text DATE");
      var format = (ProjectableDecodingFormat<?>) presence().decodingFormat(columns);
      assertThat(format.supportsNestedProjection()).isTrue();
      assertThatThrownBy(() -> presence().decoder(columns, new int[][] {{0}}))
          .hasStackTraceContaining("Column 'text' is declared DATE");
    }
  }

  @Nested
  class CanonicalColumns {
    @Test
    void theyAreThoseOfTheTableWithTheirNullability() {
      assertThat(canonical(Scalars.getDescriptor(), AbsentAs.DEFAULT))
          .isEqualTo(
              "ROW<`float64` DOUBLE NOT NULL, `float32` FLOAT NOT NULL, `int32` INT NOT NULL,"
                  + " `int64` BIGINT NOT NULL, `uint32` BIGINT NOT NULL, `uint64` DECIMAL(20, 0)"
                  + " NOT NULL, `sint32` INT NOT NULL, `sint64` BIGINT NOT NULL, `fixed32` BIGINT"
                  + " NOT NULL, `fixed64` DECIMAL(20, 0) NOT NULL, `sfixed32` INT NOT NULL,"
                  + " `sfixed64` BIGINT NOT NULL, `bool` BOOLEAN NOT NULL, `string` STRING NOT"
                  + " NULL, `bytes` BYTES NOT NULL> NOT NULL");
      assertThat(canonical(WellKnown.getDescriptor(), AbsentAs.DEFAULT))
          .isEqualTo(
              "ROW<`time` TIMESTAMP_LTZ(9), `duration` ROW<`seconds` BIGINT NOT NULL, `nanos` INT"
                  + " NOT NULL>, `wrapped` INT, `wrapped_text` STRING, `struct` STRING, `value`"
                  + " STRING, `any` STRING, `mask` STRING, `wrapped_unsigned` DECIMAL(20, 0)> NOT"
                  + " NULL");
      assertThat(canonical(Maps.getDescriptor(), AbsentAs.NULL))
          .startsWith("ROW<`numbers` MAP<STRING NOT NULL, INT NOT NULL>,");
    }

    private static String canonical(Descriptor message, AbsentAs absentAs) {
      return ProtobufTypes.rowType(
              FormatInUse.set(message.getFile()).toByteArray(),
              message.getFullName(),
              EnumsAs.STRING,
              absentAs,
              3)
          .asSummaryString();
    }
  }

  @Nested
  class Levels {
    private static final int DEEP = 20_000;

    @Test
    void recursionThatIsUnrolledTooDeepIsRefused() {
      byte[] set =
          Proto.set("proto3", Proto.message("Node", Proto.field("next", 1, "t.Node")))
              .toByteArray();
      RowType deepest = ProtobufTypes.rowType(set, "t.Node", EnumsAs.STRING, AbsentAs.DEFAULT, 100);
      assertThat(levels(deepest)).isEqualTo(100);
      for (int depth : new int[] {101, 90_000}) {
        assertThatThrownBy(
                () -> ProtobufTypes.rowType(set, "t.Node", EnumsAs.STRING, AbsentAs.DEFAULT, depth))
            .isInstanceOf(ValidationException.class)
            .hasMessageContainingAll(
                "Message 't.Node' has more than 100 levels of ROWs",
                "Lower recursion-depth, which is " + depth);
      }
    }

    @Test
    void aChainOfMessagesThatIsTooLongIsRefused() {
      DescriptorProto[] chain = new DescriptorProto[DEEP];
      for (int i = 0; i < DEEP - 1; i++) {
        chain[i] = Proto.message("M" + i, Proto.field("next", 1, "t.M" + (i + 1)));
      }
      chain[DEEP - 1] = Proto.message("M" + (DEEP - 1));
      byte[] set = Proto.set("proto3", chain).toByteArray();
      assertThatThrownBy(
              () -> ProtobufTypes.rowType(set, "t.M0", EnumsAs.STRING, AbsentAs.DEFAULT, 3))
          .isInstanceOf(ValidationException.class)
          .hasMessageContainingAll(
              "Message 't.M0' has more than 100 levels of ROWs", "'t.M100' would be one more");
      assertThat(
              levels(
                  ProtobufTypes.rowType(
                      set, "t.M" + (DEEP - 100), EnumsAs.STRING, AbsentAs.DEFAULT, 3)))
          .isEqualTo(100);
    }

    @Test
    void columnsThatAreDeclaredTooDeepAreRefused() throws Exception {
      FileDescriptor file =
          DescriptorSet.parse(
                  Proto.set("proto3", Proto.message("Node", Proto.field("next", 1, "t.Node")))
                      .toByteArray(),
                  "The set")
              .message("t.Node")
              .getFile();
      FormatInUse format = FormatInUse.of(file, "t.Node");
      assertThat(format.decoder(nodes(100)).deserialize(bytes("0a 02 0a 00")).isNullAt(0))
          .isFalse();
      assertThat(format.encoder(nodes(100))).isNotNull();
      refused(
          format,
          nodes(101),
          "Column 'next.next.",
          "is the ROW of level 101, and messages may stand no more than 100 deep",
          "as BYTES");
    }

    private static RowType nodes(int levels) {
      LogicalType type = new VarBinaryType(VarBinaryType.MAX_LENGTH);
      for (int i = 0; i < levels; i++) {
        type = new RowType(List.of(new RowType.RowField("next", type)));
      }
      return (RowType) type;
    }

    private static int levels(RowType row) {
      int levels = 1;
      while (!row.getChildren().isEmpty() && row.getTypeAt(0) instanceof RowType inner) {
        row = inner;
        levels++;
      }
      return levels;
    }
  }

  @Property(tries = 100, shrinking = ShrinkingMode.OFF)
  void theCanonicalColumnsOfAnyMessageAreThoseOfTheTableAndAreAccepted(@ForAll long seed) {
    Random random = new Random(seed);
    FileDescriptor file = Trial.file(random);
    boolean enumsAsInt = random.nextBoolean();
    AbsentAs absentAs = random.nextBoolean() ? AbsentAs.NULL : AbsentAs.DEFAULT;
    Descriptor message = file.findMessageTypeByName("M0");
    RowType canonical =
        ProtobufTypes.rowType(
            FormatInUse.set(file).toByteArray(),
            message.getFullName(),
            enumsAsInt ? EnumsAs.INT : EnumsAs.STRING,
            absentAs,
            2);
    assertThat(nullable(canonical).copy(true))
        .isEqualTo(RandomColumns.byTable(message, enumsAsInt, 2));
    FormatInUse format =
        FormatInUse.of(file, message.getFullName()).with("absent-as", absentAs.toString());
    assertThat(format.decoder(canonical)).isNotNull();
    assertThat(format.encoder(canonical)).isNotNull();
  }

  /** A type in which everything is nullable. */
  private static LogicalType nullable(LogicalType type) {
    if (type instanceof RowType row) {
      return new RowType(
          row.getFields().stream()
              .map(field -> new RowType.RowField(field.getName(), nullable(field.getType())))
              .toList());
    }
    if (type instanceof ArrayType array) {
      return new ArrayType(nullable(array.getElementType()));
    }
    if (type instanceof MapType map) {
      return new MapType(nullable(map.getKeyType()), nullable(map.getValueType()));
    }
    return type.copy(true);
  }
}
