package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.Records.bytes;
import static io.unifiedcatalog.formats.protobuf.Records.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import io.unifiedcatalog.formats.protobuf.protos.Compared;
import io.unifiedcatalog.formats.protobuf.protos.Counted;
import io.unifiedcatalog.formats.protobuf.protos.Inner;
import io.unifiedcatalog.formats.protobuf.protos.Keyword;
import io.unifiedcatalog.formats.protobuf.protos.OfMessage;
import io.unifiedcatalog.formats.protobuf.protos.Old;
import io.unifiedcatalog.formats.protobuf.protos.Presence;
import io.unifiedcatalog.formats.protobuf.protos.Scalars;
import io.unifiedcatalog.formats.protobuf.protos.WellKnown;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * Flink's own format {@code protobuf}, with compiled classes, beside this one: the same rows where
 * it is right, and each place where it is not, with what either gives.
 */
class FlinkProtobufDifferenceTest {
  private static final RowType COMPARED =
      Records.columns(
          "float64 DOUBLE, float32 FLOAT, int32 INT, int64 BIGINT, sint32 INT, sint64 BIGINT,"
              + " sfixed32 INT, sfixed64 BIGINT, bool BOOLEAN, text STRING, `binary` BYTES, named"
              + " STRING, leaf ROW<x INT, y STRING, z ARRAY<BIGINT>>, numbers ARRAY<INT>, texts"
              + " ARRAY<STRING>, leaves ARRAY<ROW<x INT, y STRING, z ARRAY<BIGINT>>>, counts"
              + " MAP<STRING, BIGINT>, leaf_by_number MAP<INT, ROW<x INT, y STRING, z"
              + " ARRAY<BIGINT>>>, names ARRAY<STRING>, `left` ROW<x INT, y STRING, z"
              + " ARRAY<BIGINT>>, `right` ROW<x INT, y STRING, z ARRAY<BIGINT>>");

  private static FormatInUse theirs(Class<?> compiled) {
    return FormatInUse.of("protobuf", Map.of("message-class-name", compiled.getName()));
  }

  private static FormatInUse ours(Descriptor message) {
    return FormatInUse.of(message.getFile(), message.getFullName());
  }

  @Property(tries = 3, shrinking = ShrinkingMode.OFF)
  void bothReadAndWriteTheSameWhereFlinksOwnIsRight(@ForAll long seed) throws Exception {
    Descriptor message = Compared.getDescriptor();
    Reference reference = new Reference(message, COMPARED, false);
    DeserializationSchema<RowData> theirDecoder = theirs(Compared.class).decoder(COMPARED);
    DeserializationSchema<RowData> ourDecoder = ours(message).decoder(COMPARED);
    SerializationSchema<RowData> theirEncoder = theirs(Compared.class).encoder(COMPARED);
    SerializationSchema<RowData> ourEncoder = ours(message).encoder(COMPARED);
    RandomRecords records = new RandomRecords(new Random(seed));
    for (int i = 0; i < 300; i++) {
      byte[] record = known(records, message);
      if (i % 3 == 0) {
        record = records.shuffled(RandomRecords.concatenated(record, known(records, message)));
      } else if (i % 3 == 1) {
        record = records.withUnknownField(record);
      }
      if (restartsAfterSibling(record)) {
        continue;
      }
      RowData ours = ourDecoder.deserialize(record);
      List<@Nullable Object> read = reference.read(ours);
      assertThat(withoutEmpty(reference.read(theirDecoder.deserialize(record))))
          .isEqualTo(withoutEmpty(read));
      assertThat(Compared.parseFrom(ourEncoder.serialize(ours)))
          .isEqualTo(Compared.parseFrom(theirEncoder.serialize(ours)));
    }
  }

  /** A record without a number that its enum does not name. */
  private static byte[] known(RandomRecords records, Descriptor message) throws IOException {
    Compared.Builder compared =
        Compared.parseFrom(records.message(message, 3).toByteArray()).toBuilder();
    if (compared.getNamed() == Compared.Named.UNRECOGNIZED) {
      compared.clearNamed();
    }
    List<Compared.Named> names =
        compared.getNamesList().stream()
            .filter(name -> name != Compared.Named.UNRECOGNIZED)
            .toList();
    return compared.clearNames().addAllNames(names).build().toByteArray();
  }

  /** Whether left and right are both there, which a compiled class may read wrong. */
  private static boolean restartsAfterSibling(byte[] record) throws IOException {
    CodedInputStream input = CodedInputStream.newInstance(record);
    boolean left = false;
    boolean right = false;
    while (!input.isAtEnd()) {
      int tag = input.readTag();
      left |= tag >>> 3 == Compared.LEFT_FIELD_NUMBER;
      right |= tag >>> 3 == Compared.RIGHT_FIELD_NUMBER;
      input.skipField(tag);
    }
    return left && right;
  }

  /**
   * A row in which an empty array or map is NULL: Flink's own has NULL for a repeated field without
   * elements, see {@link WhereTheyDiffer}.
   */
  private static @Nullable Object withoutEmpty(@Nullable Object value) {
    if (value instanceof List<?> list) {
      List<@Nullable Object> plain = new ArrayList<>();
      list.forEach(each -> plain.add(withoutEmpty(each)));
      return plain.isEmpty() ? null : plain;
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> plain = new HashMap<>();
      map.forEach((key, each) -> plain.put(key, withoutEmpty(each)));
      return plain.isEmpty() ? null : plain;
    }
    return value;
  }

  /** What either gives for one record, as plain values. */
  private record Sides(Class<?> compiled, Descriptor message, RowType columns) {
    static Sides of(Class<?> compiled, Descriptor message, String columns) {
      return new Sides(compiled, message, Records.columns(columns));
    }

    private List<@Nullable Object> read(FormatInUse format, String record) throws Exception {
      return new Reference(message, columns, false)
          .read(format.decoder(columns).deserialize(bytes(record)));
    }

    List<@Nullable Object> theirs(String record) throws Exception {
      return read(FlinkProtobufDifferenceTest.theirs(compiled), record);
    }

    List<@Nullable Object> ours(String record) throws Exception {
      return read(FlinkProtobufDifferenceTest.ours(message), record);
    }

    private byte[] write(FormatInUse format, Object... values) {
      return format.encoder(columns).serialize(Reference.row(Arrays.asList(values), columns));
    }

    byte[] theirsWritten(Object... values) {
      return write(FlinkProtobufDifferenceTest.theirs(compiled), values);
    }

    byte[] oursWritten(Object... values) {
      return write(FlinkProtobufDifferenceTest.ours(message), values);
    }
  }

  @Nested
  class WhereTheyDiffer {
    @Test
    void theirsNeedsACompiledClassWhereverItIsUsed() throws Exception {
      assertThatThrownBy(
              () ->
                  FormatInUse.of("protobuf", Map.of("message-class-name", "not.compiled.Presence"))
                      .decoder(Records.columns("number INT")))
          .hasMessageContaining("get not.compiled.Presence descriptors error!");
      assertThat(Sides.of(Presence.class, Presence.getDescriptor(), "number INT").ours("08 05"))
          .containsExactly(5);
    }

    @Test
    void anAbsentOptionalFieldAndAnUnsetMemberAreZeroInTheirsAndNullInOurs() throws Exception {
      Sides sides =
          Sides.of(
              Presence.class, Presence.getDescriptor(), "maybe INT, `first` INT, `second` STRING");
      assertThat(sides.theirs("")).containsExactly(0, 0, "");
      assertThat(sides.ours("")).containsExactly(null, null, null);
    }

    @Test
    void aRepeatedFieldWithoutElementsIsNullInTheirsAndEmptyInOurs() throws Exception {
      Sides sides =
          Sides.of(
              Presence.class,
              Presence.getDescriptor(),
              "numbers ARRAY<INT>, counts MAP<STRING, INT>");
      assertThat(sides.theirs("")).containsExactly(null, null);
      assertThat(sides.ours("")).containsExactly(List.of(), Map.of());
    }

    @Test
    void unsignedNumbersWrapInTheirsAndAreAnErrorOrWiderInOurs() throws Exception {
      String record = "28 ff ff ff ff 0f  30 ff ff ff ff ff ff ff ff ff 01";
      Sides narrow = Sides.of(Scalars.class, Scalars.getDescriptor(), "uint32 INT, uint64 BIGINT");
      assertThat(narrow.theirs(record)).containsExactly(-1, -1L);
      assertThatThrownBy(() -> narrow.ours(record))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("field 'semantics.Scalars.uint32' is 4294967295");
      Sides wide =
          Sides.of(Scalars.class, Scalars.getDescriptor(), "uint32 BIGINT, uint64 DECIMAL(20, 0)");
      assertThatThrownBy(() -> wide.theirs(record))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("INT(protobuf) is not compatible of BIGINT");
      assertThat(wide.ours(record))
          .containsExactly(4294967295L, new BigDecimal("18446744073709551615"));
    }

    @Test
    void aNegativeUnsignedNumberIsWrittenByTheirsAndRefusedByOurs() {
      Sides sides = Sides.of(Scalars.class, Scalars.getDescriptor(), "uint32 INT");
      assertThat(sides.theirsWritten(-1)).isEqualTo(bytes("28 ff ff ff ff 0f"));
      assertThatThrownBy(() -> sides.oursWritten(-1)).hasMessageContaining("is -1");
    }

    @Test
    void aNumberThatAnEnumDoesNotNameIsLostInTheirsAndReadInOurs() throws Exception {
      Sides asText = Sides.of(Presence.class, Presence.getDescriptor(), "`open` STRING");
      assertThat(asText.theirs("50 63")).containsExactly("UNRECOGNIZED");
      assertThat(asText.ours("50 63")).containsExactly("99");
      Sides asNumber = Sides.of(Presence.class, Presence.getDescriptor(), "`open` INT");
      assertThatThrownBy(() -> asNumber.theirs("50 63"))
          .isInstanceOf(IOException.class)
          .hasMessage("Failed to deserialize PB object.");
      assertThat(asNumber.ours("50 63")).containsExactly(99);
    }

    @Test
    void aNameThatAnEnumDoesNotHaveIsWrittenAsItsFirstByTheirsAndRefusedByOurs() throws Exception {
      Sides sides = Sides.of(Compared.class, Compared.getDescriptor(), "named STRING");
      assertThat(Compared.parseFrom(sides.theirsWritten("NOBODY")).getNamed())
          .isEqualTo(Compared.Named.NONE);
      assertThatThrownBy(() -> sides.oursWritten("NOBODY"))
          .hasMessageContaining("is 'NOBODY', which is no value of enum");
    }

    @Test
    void aWellKnownTypeIsARowOnlyInTheirs() throws Exception {
      Sides time = Sides.of(WellKnown.class, WellKnown.getDescriptor(), "`time` TIMESTAMP_LTZ(9)");
      assertThatThrownBy(() -> time.theirs("0a 02 08 05"))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("It should be RowType");
      assertThat(time.ours("0a 02 08 05")).containsExactly(TimestampData.fromEpochMillis(5000));
      Sides wrapper = Sides.of(WellKnown.class, WellKnown.getDescriptor(), "wrapped INT");
      assertThatThrownBy(() -> wrapper.theirs("1a 02 08 05"))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("It should be RowType");
      assertThat(wrapper.ours("1a 02 08 05")).containsExactly(5);
      for (String column : List.of("struct STRING", "`any` STRING", "mask STRING")) {
        Sides json = Sides.of(WellKnown.class, WellKnown.getDescriptor(), column);
        assertThatThrownBy(() -> json.theirs(""))
            .isInstanceOf(ValidationException.class)
            .hasMessageContaining("It should be RowType");
        assertThat(json.ours("")).containsExactly((Object) null);
      }
    }

    @Test
    void aFieldNamedClassIsTheJavaClassInTheirs() throws Exception {
      Sides sides = Sides.of(Keyword.class, Keyword.getDescriptor(), "class INT");
      RowData row = theirs(Keyword.class).decoder(sides.columns()).deserialize(bytes("08 05"));
      assertThatThrownBy(() -> row.getInt(0))
          .isInstanceOf(ClassCastException.class)
          .hasMessageContaining("java.lang.Class cannot be cast");
      assertThat(sides.ours("08 05")).containsExactly(5);
    }

    @Test
    void aFieldNamedLikeAMethodOfItsClassIsThatMethodsAnswerInTheirs() throws Exception {
      Sides all = Sides.of(OfMessage.class, OfMessage.getDescriptor(), "all_fields INT");
      RowData row = theirs(OfMessage.class).decoder(all.columns()).deserialize(bytes("10 05"));
      assertThatThrownBy(() -> row.getInt(0)).isInstanceOf(ClassCastException.class);
      assertThat(all.ours("10 05")).containsExactly(5);
      Sides size = Sides.of(OfMessage.class, OfMessage.getDescriptor(), "serialized_size STRING");
      assertThatThrownBy(() -> size.theirs("0a 01 61"))
          .rootCause()
          .hasMessageContaining("A method named \"toString\" is not declared");
      assertThat(size.ours("0a 01 61")).containsExactly("a");
    }

    @Test
    void aFieldBesideOneThatIsItsCountDoesNotCompileInTheirs() throws Exception {
      Sides sides =
          Sides.of(Counted.class, Counted.getDescriptor(), "foo ARRAY<INT>, foo_count INT");
      assertThatThrownBy(() -> sides.theirs("0a 02 08 09 10 07"))
          .rootCause()
          .hasMessageContaining("A method named \"getFooCount\" is not declared");
      assertThat(sides.ours("0a 02 08 09 10 07")).containsExactly(List.of(8, 9), 7);
    }

    @Test
    void ofTwoMembersOfAOneofTheirsWritesTheLastAndOursNone() {
      Sides sides =
          Sides.of(Presence.class, Presence.getDescriptor(), "`first` INT, `second` STRING");
      assertThat(sides.theirsWritten(5, "a")).isEqualTo(bytes("32 01 61"));
      assertThatThrownBy(() -> sides.oursWritten(5, "a"))
          .hasMessageContaining("of which a message holds one");
    }

    @Test
    void nullInAnArrayOrAMapIsZeroInTheirsAndRefusedByOurs() throws Exception {
      Sides array = Sides.of(Compared.class, Compared.getDescriptor(), "numbers ARRAY<INT>");
      assertThat(Compared.parseFrom(array.theirsWritten(list(1, null))).getNumbersList())
          .containsExactly(1, 0);
      assertThatThrownBy(() -> array.oursWritten(list(1, null))).hasMessageContaining("NULL");
      Sides map = Sides.of(Compared.class, Compared.getDescriptor(), "counts MAP<STRING, BIGINT>");
      Map<String, @Nullable Long> nothing = Collections.singletonMap("a", null);
      assertThat(Compared.parseFrom(map.theirsWritten(nothing)).getCountsMap())
          .isEqualTo(Map.of("a", 0L));
      assertThatThrownBy(() -> map.oursWritten(nothing)).hasMessageContaining("NULL");
    }

    @Test
    void aMessageRestartedAfterASiblingIsStaleInTheirs() throws Exception {
      Sides sides =
          Sides.of(Presence.class, Presence.getDescriptor(), "third ROW<a INT, b STRING>");
      String record = "3a 02 08 01  28 05  3a 03 12 01 62";
      assertThat(sides.theirs(record)).containsExactly(list(1, "b"));
      assertThat(sides.ours(record)).containsExactly(list(0, "b"));
    }

    @Test
    void theRowTypeOfARecursiveMessageOverflowsTheStackInTheirsAndHasADepthInOurs()
        throws Exception {
      var generateRowType =
          Class.forName("org.apache.flink.formats.protobuf.util.PbToRowTypeUtil")
              .getMethod("generateRowType", Descriptor.class);
      assertThatThrownBy(() -> generateRowType.invoke(null, Inner.getDescriptor()))
          .isInstanceOf(InvocationTargetException.class)
          .hasCauseInstanceOf(StackOverflowError.class);
      assertThat(
              ProtobufTypes.rowType(
                      FormatInUse.set(Inner.getDescriptor().getFile()).toByteArray(),
                      "semantics.Inner",
                      ProtobufOptions.EnumsAs.STRING,
                      ProtobufOptions.AbsentAs.DEFAULT,
                      2)
                  .asSummaryString())
          .endsWith(
              "`inner` ROW<`a` INT NOT NULL, `b` STRING NOT NULL, `list` ARRAY<INT NOT NULL>"
                  + " NOT NULL, `inner` BYTES>> NOT NULL");
    }

    @Test
    void aMessageBelowTheDeclaredOnesIsBytesInOursOnly() throws Exception {
      Sides sides = Sides.of(Presence.class, Presence.getDescriptor(), "`inner` BYTES");
      assertThatThrownBy(() -> sides.theirs("22 02 08 05"))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("It should be RowType");
      assertThat(
              ours(Presence.getDescriptor())
                  .decoder(sides.columns())
                  .deserialize(bytes("22 02 08 05"))
                  .getBinary(0))
          .isEqualTo(bytes("08 05"));
    }

    @Test
    void extensionsAreColumnsInOursOnly() throws Exception {
      Sides sides = Sides.of(Old.class, Old.getDescriptor(), "`[semantics.note]` STRING");
      assertThatThrownBy(() -> sides.theirs("a2 06 01 61"))
          .isInstanceOf(ValidationException.class)
          .hasMessageContaining("does not exists in definition of proto class");
      assertThat(sides.ours("a2 06 01 61")).containsExactly("a");
    }

    @Test
    void confluentsFrameIsReadByOursOnly() throws Exception {
      String record = "00 00 00 00 07 00 08 05";
      Sides sides = Sides.of(Presence.class, Presence.getDescriptor(), "number INT");
      assertThatThrownBy(() -> sides.theirs(record))
          .isInstanceOf(IOException.class)
          .hasMessage("Failed to deserialize PB object.");
      assertThat(
              ours(Presence.getDescriptor())
                  .with("framing", "confluent")
                  .decoder(sides.columns())
                  .deserialize(bytes(record))
                  .getInt(0))
          .isEqualTo(5);
    }

    @Test
    void projectionIsForOursOnly() {
      RowType columns = Records.columns("number INT");
      assertThat(theirs(Presence.class).decodingFormat(columns))
          .isNotInstanceOf(ProjectableDecodingFormat.class);
      assertThat(ours(Presence.getDescriptor()).decodingFormat(columns))
          .isInstanceOf(ProjectableDecodingFormat.class);
    }
  }
}
