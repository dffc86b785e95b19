package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.Records.bytes;
import static io.unifiedcatalog.formats.protobuf.Records.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DynamicMessage;
import io.unifiedcatalog.formats.protobuf.protos.Edition;
import io.unifiedcatalog.formats.protobuf.protos.Inner;
import io.unifiedcatalog.formats.protobuf.protos.Maps;
import io.unifiedcatalog.formats.protobuf.protos.Names;
import io.unifiedcatalog.formats.protobuf.protos.Old;
import io.unifiedcatalog.formats.protobuf.protos.Presence;
import io.unifiedcatalog.formats.protobuf.protos.Repeated;
import io.unifiedcatalog.formats.protobuf.protos.Scalars;
import io.unifiedcatalog.formats.protobuf.protos.Strict;
import io.unifiedcatalog.formats.protobuf.protos.WellKnown;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Protobuf's semantics, one sentence a test, on bytes written by hand. */
class SemanticsTest {
  private static final String MANY = "01".repeat(200);

  private static void refused(Records records, byte[] record, String reason) {
    assertThatThrownBy(() -> records.read(record))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @Nested
  class PresenceOfFields {
    private final Records records =
        Records.of(
            Presence.getDescriptor(),
            "number INT, maybe INT, text STRING, `inner` ROW<a INT, b STRING>, `first` INT,"
                + " `second` STRING, numbers ARRAY<INT>, counts MAP<STRING, INT>, `open` STRING");

    @Test
    void anAbsentFieldIsNullIfItHasPresenceAndElseZero() throws Exception {
      assertThat(records.read(bytes("")))
          .containsExactly(0, null, "", null, null, null, List.of(), Map.of(), "ZERO");
    }

    @Test
    void anAbsentFieldIsNullIfTheOptionSaysSo() throws Exception {
      assertThat(records.with("absent-as", "null").read(bytes("")))
          .containsExactly(null, null, null, null, null, null, null, null, null);
    }

    @Test
    void zeroOnTheWireIsTheSameAsAbsentForAFieldWithoutPresence() throws Exception {
      byte[] zeros = bytes("08 00", "10 00", "1a 00", "50 00");
      assertThat(records.read(zeros))
          .containsExactly(0, 0, "", null, null, null, List.of(), Map.of(), "ZERO");
      assertThat(records.with("absent-as", "null").read(zeros))
          .containsExactly(null, 0, null, null, null, null, null, null, null);
    }

    @Test
    void zeroOnTheWireIsZeroForAFieldWithPresence() throws Exception {
      assertThat(records.read(bytes("10 00", "22 00", "28 00")))
          .containsExactly(0, 0, "", list(0, ""), 0, null, List.of(), Map.of(), "ZERO");
    }

    @Test
    void anAbsentFieldOfProto2IsNullWhateverItsDefault() throws Exception {
      assertThat(
              Records.of(Old.getDescriptor(), "number INT, closed STRING, text STRING")
                  .read(bytes("")))
          .containsExactly(null, null, null);
    }

    @Test
    void presenceOfAnEditionIsThatOfEachField() throws Exception {
      assertThat(
              Records.of(Edition.getDescriptor(), "explicit INT, implicit INT, shut STRING")
                  .read(bytes("")))
          .containsExactly(null, 0, null);
    }

    @Test
    void aColumnThatIsNotNullRefusesARecordWithoutItsField() {
      refused(
          Records.of(Presence.getDescriptor(), "maybe INT NOT NULL"),
          bytes(""),
          "field 'semantics.Presence.maybe' is absent, but its column is NOT NULL");
    }

    @Test
    void aRequiredFieldThatIsMissingIsAnError() throws Exception {
      Records strict = Records.of(Strict.getDescriptor(), "id INT, other INT");
      assertThat(strict.read(bytes("08 00"))).containsExactly(0, null);
      refused(strict, bytes("10 01"), "the required field 'semantics.Strict.id' is missing");
      refused(
          Records.of(Edition.getDescriptor(), "needed INT"),
          bytes(""),
          "the required field 'semantics.Edition.needed' is missing");
    }
  }

  @Nested
  class FieldsThatComeAgain {
    @Test
    void theLastOneWins() throws Exception {
      assertThat(
              Records.of(Scalars.getDescriptor(), "int32 INT, `string` STRING")
                  .read(bytes("18 01", "72 01 61", "18 02", "72 01 62")))
          .containsExactly(2, "b");
    }

    @Test
    void partsOfAMessageAreMerged() throws Exception {
      Records records =
          Records.of(
              Presence.getDescriptor(),
              "`inner` ROW<a INT, b STRING, list ARRAY<INT>, `inner` ROW<a INT, b STRING>>");
      byte[] record =
          bytes(
              "22 08  08 01  12 01 61  1a 01 05",
              "22 09  12 01 62  18 06  22 02 08 07",
              "22 05  22 03 12 01 63");
      assertThat(records.read(record)).containsExactly(list(1, "b", List.of(5, 6), list(7, "c")));
    }

    @Test
    void partsOfAMessageInABytesColumnAreJoined() throws Exception {
      assertThat(
              Records.of(Presence.getDescriptor(), "`inner` BYTES")
                  .decoder()
                  .deserialize(bytes("22 02 08 01", "08 09", "22 03 12 01 62"))
                  .getBinary(0))
          .isEqualTo(bytes("08 01", "12 01 62"));
    }

    @Test
    void partsOfATimestampAreMerged() throws Exception {
      assertThat(
              Records.of(WellKnown.getDescriptor(), "`time` TIMESTAMP_LTZ(9)")
                  .read(bytes("0a 02 08 05", "0a 02 10 07")))
          .containsExactly(TimestampData.fromEpochMillis(5000, 7));
    }

    @Test
    void aWrapperThatComesAgainEmptyKeepsWhatItWrapped() throws Exception {
      Records records = Records.of(WellKnown.getDescriptor(), "wrapped INT");
      assertThat(records.read(bytes("1a 02 08 05", "1a 00"))).containsExactly(5);
      assertThat(records.read(bytes("1a 02 08 05", "1a 02 08 06"))).containsExactly(6);
    }

    @Test
    void partsOfAStructAreMerged() throws Exception {
      // {"a": true} and {"b": false}
      assertThat(
              Records.of(WellKnown.getDescriptor(), "struct STRING")
                  .read(
                      bytes(
                          "2a 09 0a 07 0a 01 61 12 02 20 01", "2a 09 0a 07 0a 01 62 12 02 20 00")))
          .containsExactly(json("{\"a\": true, \"b\": false}"));
    }

    @Test
    void eachPartOfAMessageThatIsJsonMustBeOneByItself() {
      // A text of three bytes of which none is there, then three bytes.
      refused(
          Records.of(WellKnown.getDescriptor(), "`value` STRING"),
          bytes("32 03 1a 83 00", "32 03 1a 01 0f"),
          "field 'semantics.WellKnown.value' has no JSON form");
    }

    @Test
    void aFieldOfAnotherWireTypeIsUnknown() throws Exception {
      // The number 1 as fixed32, as bytes and as a group.
      assertThat(
              Records.of(Presence.getDescriptor(), "number INT")
                  .read(bytes("08 05", "0d 01 00 00 00", "0a 01 07", "0b 08 01 0c")))
          .containsExactly(5);
    }
  }

  @Nested
  class RepeatedFields {
    @Test
    void packedAndUnpackedMayBeMixedWhateverIsDeclared() throws Exception {
      Records records =
          Records.of(Repeated.getDescriptor(), "packed ARRAY<INT>, expanded ARRAY<INT>");
      assertThat(
              records.read(
                  bytes(
                      "08 01",
                      "0a 02 02 03",
                      "08 04",
                      "0a 00", //
                      "12 02 01 02",
                      "10 03",
                      "12 01 04")))
          .containsExactly(List.of(1, 2, 3, 4), List.of(1, 2, 3, 4));
      assertThat(
              Records.of(Old.getDescriptor(), "numbers ARRAY<INT>, packed ARRAY<INT>")
                  .read(bytes("4a 02 01 02", "48 03", "50 01", "52 01 02")))
          .containsExactly(List.of(1, 2, 3), List.of(1, 2));
    }

    @Test
    void elementsKeepTheirOrderThroughOtherFields() throws Exception {
      assertThat(
              Records.of(Repeated.getDescriptor(), "texts ARRAY<STRING>, packed ARRAY<INT>")
                  .read(bytes("1a 01 61", "08 01", "1a 01 62", "1a 00", "08 02", "1a 01 63")))
          .containsExactly(List.of("a", "b", "", "c"), List.of(1, 2));
    }

    @Test
    void messagesAreElementsOfTheirOwnAndNeverMerged() throws Exception {
      assertThat(
              Records.of(Repeated.getDescriptor(), "messages ARRAY<ROW<a INT, b STRING>>")
                  .read(bytes("22 02 08 01", "22 03 12 01 62", "22 00")))
          .containsExactly(List.of(list(1, ""), list(0, "b"), list(0, "")));
    }

    @Test
    void aPackedRunThatIsNoWholeNumberOfElementsIsAnError() {
      refused(
          Records.of(Repeated.getDescriptor(), "doubles ARRAY<DOUBLE>"),
          bytes("2a 09 00 00 00 00 00 00 00 00 00"),
          "field 'semantics.Repeated.doubles'");
      refused(
          Records.of(Repeated.getDescriptor(), "packed ARRAY<INT>"),
          bytes("0a 02 01 80", "01"),
          "cut off");
    }
  }

  @Nested
  class Oneofs {
    private final Records records =
        Records.of(
            Presence.getDescriptor(), "`first` INT, `second` STRING, third ROW<a INT, b STRING>");

    @Test
    void aLaterMemberClearsTheOneBefore() throws Exception {
      assertThat(records.read(bytes("28 05", "32 01 61"))).containsExactly(null, "a", null);
      assertThat(records.read(bytes("32 01 61", "28 00"))).containsExactly(0, null, null);
      assertThat(records.read(bytes("28 05", "3a 00"))).containsExactly(null, null, list(0, ""));
    }

    @Test
    void aMemberThatTheQueryDoesNotReadClearsToo() throws Exception {
      Records first = Records.of(Presence.getDescriptor(), "`first` INT");
      assertThat(first.read(bytes("28 05", "32 01 61"))).containsExactly((Object) null);
      assertThat(first.read(bytes("28 05", "3a 02 08 01"))).containsExactly((Object) null);
      assertThat(first.read(bytes("28 05", "58 01"))).containsExactly((Object) null);
      assertThat(first.read(bytes("32 01 61", "28 05"))).containsExactly(5);
    }

    @Test
    void aMemberOfAnotherWireTypeClearsNothing() throws Exception {
      assertThat(records.read(bytes("28 05", "30 01"))).containsExactly(5, null, null);
    }

    @Test
    void aMessageIsMergedOnlyAsLongAsNoSiblingCame() throws Exception {
      assertThat(records.read(bytes("3a 02 08 01", "3a 03 12 01 62")))
          .containsExactly(null, null, list(1, "b"));
      // Restarted after a sibling, it has nothing of what it was.
      assertThat(records.read(bytes("3a 02 08 01", "28 05", "3a 03 12 01 62")))
          .containsExactly(null, null, list(0, "b"));
    }

    @Test
    void protobufsOwnCompiledClassKeepsStaleFieldsOfAMessageRestartedAfterASibling()
        throws Exception {
      byte[] record = bytes("3a 02 08 01", "28 05", "3a 03 12 01 62");
      assertThat(Presence.parseFrom(record).getThird().getA()).isEqualTo(1);
      assertThat(
              DynamicMessage.parseFrom(Presence.getDescriptor(), record)
                  .getField(Presence.getDescriptor().findFieldByName("third")))
          .isEqualTo(DynamicMessage.parseFrom(Inner.getDescriptor(), bytes("12 01 62")));
    }

    @Test
    void aNumberThatAClosedEnumDoesNotNameClearsNothing() throws Exception {
      Records old = Records.of(Old.getDescriptor(), "constant STRING, other INT");
      assertThat(old.read(bytes("40 05", "38 63"))).containsExactly(null, 5);
      assertThat(old.read(bytes("40 05", "38 02"))).containsExactly("TWO", null);
      Records other = Records.of(Old.getDescriptor(), "other INT");
      assertThat(other.read(bytes("40 05", "38 63"))).containsExactly(5);
      assertThat(other.read(bytes("40 05", "38 02"))).containsExactly((Object) null);
    }
  }

  @Nested
  class MapEntries {
    private final Records records =
        Records.of(
            Maps.getDescriptor(),
            "numbers MAP<STRING, INT>, messages MAP<INT, ROW<a INT, b STRING>>,"
                + " constants MAP<DECIMAL(20, 0), STRING>");

    @Test
    void keyAndValueMayComeInAnyOrderAndAgain() throws Exception {
      assertThat(
              records.read(
                  bytes(
                      "0a 05  0a 01 61  10 01",
                      "0a 05  10 02  0a 01 62",
                      "0a 0a  0a 01 78  10 09  0a 01 63  10 03")))
          .startsWith(Map.of("a", 1, "b", 2, "c", 3));
    }

    @Test
    void whatAnEntryLacksIsZero() throws Exception {
      assertThat(records.read(bytes("0a 03 0a 01 61", "12 02 08 05", "1a 02 08 07")))
          .containsExactly(
              Map.of("a", 0), Map.of(5, list(0, "")), Map.of(BigDecimal.valueOf(7), "ZERO"));
      assertThat(records.read(bytes("0a 02 10 05", "12 00", "1a 00")))
          .containsExactly(Map.of("", 5), Map.of(0, list(0, "")), Map.of(BigDecimal.ZERO, "ZERO"));
    }

    @Test
    void theLastEntryOfAKeyWinsAndIsNotMerged() throws Exception {
      assertThat(
              records.read(
                  bytes(
                      "0a 05 0a 01 61 10 01", "0a 05 0a 01 61 10 02",
                      "12 06 08 05 12 02 08 01", "12 07 08 05 12 03 12 01 62")))
          .startsWith(Map.of("a", 2), Map.of(5, list(0, "b")));
    }

    @Test
    void aValueThatComesTwiceInOneEntryIsMerged() throws Exception {
      assertThat(records.read(bytes("12 0b  08 05  12 02 08 01  12 03 12 01 62")))
          .contains(Map.of(5, list(1, "b")));
    }

    @Test
    void anEntryThatIsReplacedNeedNotBeWhole() throws Exception {
      Records needed =
          Records.of(
              Maps.getDescriptor(), "messages MAP<INT, ROW<a INT, `inner` ROW<a INT> NOT NULL>>");
      assertThat(needed.read(bytes("12 02 08 05", "12 06 08 05 12 02 22 00")))
          .containsExactly(Map.of(5, list(0, list(0))));
      refused(
          needed,
          bytes("12 06 08 05 12 02 22 00", "12 02 08 05"),
          "field 'semantics.Inner.inner' is absent, but its column is NOT NULL");
      refused(
          needed,
          bytes("12 02 08 06", "12 06 08 05 12 02 22 00"),
          "field 'semantics.Inner.inner' is absent, but its column is NOT NULL");
    }

    @Test
    void unknownFieldsOfAnEntryAreSkipped() throws Exception {
      assertThat(records.read(bytes("0a 0a  18 07  0a 01 61  22 01 00  10 01")))
          .startsWith(Map.of("a", 1));
    }

    @Test
    void anUnsignedKeyDoesNotWrap() throws Exception {
      assertThat(records.read(bytes("1a 0d 08 ff ff ff ff ff ff ff ff ff 01 10 01")))
          .endsWith(Map.of(new BigDecimal("18446744073709551615"), "ONE"));
    }

    @Test
    void anEntryWhoseValueAClosedEnumDoesNotNameIsUnknown() throws Exception {
      Records old = Records.of(Old.getDescriptor(), "`map` MAP<INT, STRING>");
      assertThat(old.read(bytes("22 04 08 05 10 01", "22 04 08 05 10 63", "22 04 08 06 10 63")))
          .containsExactly(Map.of(5, "HIGH"));
    }
  }

  @Nested
  class Enums {
    @Test
    void aNumberThatAnOpenEnumDoesNotNameIsReadAsItsText() throws Exception {
      Records records = Records.of(Presence.getDescriptor(), "`open` STRING");
      assertThat(records.read(bytes("50 63"))).containsExactly("99");
      assertThat(records.read(bytes("50 fe ff ff ff ff ff ff ff ff 01"))).containsExactly("-2");
    }

    @Test
    void aNumberWithTwoNamesHasTheFirst() throws Exception {
      assertThat(Records.of(Presence.getDescriptor(), "`open` STRING").read(bytes("50 01")))
          .containsExactly("ONE");
    }

    @Test
    void aNegativeNumberMayBeTenBytesOrFive() throws Exception {
      Records records = Records.of(Presence.getDescriptor(), "`open` STRING");
      assertThat(records.read(bytes("50 ff ff ff ff ff ff ff ff ff 01"))).containsExactly("MINUS");
      assertThat(records.read(bytes("50 ff ff ff ff 0f"))).containsExactly("MINUS");
    }

    @Test
    void anEnumIsItsNumberInAnIntColumn() throws Exception {
      Records records = Records.of(Presence.getDescriptor(), "`open` INT");
      assertThat(records.read(bytes("50 63"))).containsExactly(99);
      assertThat(records.read(bytes("50 ff ff ff ff ff ff ff ff ff 01"))).containsExactly(-1);
    }

    @Test
    void aNumberThatAClosedEnumDoesNotNameIsAbsent() throws Exception {
      Records records = Records.of(Old.getDescriptor(), "closed STRING, list ARRAY<STRING>");
      assertThat(records.read(bytes("10 63"))).containsExactly(null, List.of());
      assertThat(records.read(bytes("10 01", "10 63"))).containsExactly("ONE_AND_ONLY", List.of());
      assertThat(records.read(bytes("18 02", "18 63", "1a 03 01 63 02")))
          .containsExactly(null, List.of("TWO", "ONE_AND_ONLY", "TWO"));
      assertThat(
              Records.of(Old.getDescriptor(), "closed INT, list ARRAY<INT>")
                  .read(bytes("10 63", "18 63", "18 02")))
          .containsExactly(null, List.of(2));
      assertThat(Records.of(Edition.getDescriptor(), "shut STRING").read(bytes("30 00")))
          .containsExactly((Object) null);
    }
  }

  @Nested
  class Groups {
    private final Records records =
        Records.of(Old.getDescriptor(), "`group` ROW<x INT, deeper ARRAY<ROW<y INT>>>, number INT");

    @Test
    void aGroupIsAMessage() throws Exception {
      assertThat(records.read(bytes("33 08 05 13 08 01 14 13 14 34", "08 02")))
          .containsExactly(list(5, List.of(list(1), list((Object) null))), 2);
    }

    @Test
    void partsOfAGroupAreMerged() throws Exception {
      assertThat(records.read(bytes("33 08 05 34", "33 13 14 34")))
          .startsWith(list(5, List.of(list((Object) null))));
    }

    @Test
    void aGroupInABytesColumnIsItsContent() throws Exception {
      assertThat(
              Records.of(Old.getDescriptor(), "`group` BYTES")
                  .decoder()
                  .deserialize(bytes("33 08 05 34"))
                  .getBinary(0))
          .isEqualTo(bytes("08 05"));
    }

    @Test
    void aDelimitedMessageOfAnEditionIsAGroup() throws Exception {
      Records edition = Records.of(Edition.getDescriptor(), "delimited ROW<x INT>, needed INT");
      assertThat(edition.read(bytes("23 08 05 24", "38 01"))).containsExactly(list(5), 1);
      // With a length it is a field of another wire type.
      assertThat(edition.read(bytes("22 02 08 05", "38 01"))).containsExactly(null, 1);
      assertThat(edition.write(list(5), 1)).isEqualTo("230805243801");
    }

    @Test
    void aGroupThatDoesNotEndIsAnError() {
      refused(records, bytes("33 08 05"), "group 6 is cut off");
      refused(records, bytes("33 08 05 3c"), "group 6 ends as group 7");
      refused(records, bytes("08 01 34"), "group 6 ends that did not begin");
      // It may not end outside of the message that it is in.
      refused(
          Records.of(Presence.getDescriptor(), "`inner` ROW<a INT>"),
          bytes("22 01 33", "34"),
          "group 6 is cut off");
    }

    @Test
    void anUnknownGroupIsSkippedWithAllInIt() throws Exception {
      assertThat(
              Records.of(Presence.getDescriptor(), "number INT")
                  .read(bytes("a3 06  08 07  0b 12 01 00 0c  a4 06", "08 05")))
          .containsExactly(5);
    }
  }

  @Nested
  class Text {
    private static final List<String> WRONG =
        List.of(
            "ff",
            "80",
            "c3",
            "c0 80",
            "e0 80 80",
            "ed a0 80",
            "f0 80 80 80",
            "f4 90 80 80",
            "f8 88 80 80 80",
            "61 c3",
            "e2 82");

    @Test
    void textOfProto3ThatIsNotUtf8IsAnError() {
      for (String wrong : WRONG) {
        for (String padding : List.of("", "61 ".repeat(20))) {
          byte[] text = bytes(padding, wrong);
          byte[] record = bytes(String.format("72 %02x", text.length), padding, wrong);
          refused(
              Records.of(Scalars.getDescriptor(), "`string` STRING"),
              record,
              "field 'semantics.Scalars.string' is not valid UTF-8");
        }
      }
    }

    @Test
    void keysAndElementsAreCheckedToo() {
      refused(
          Records.of(Repeated.getDescriptor(), "texts ARRAY<STRING>"),
          bytes("1a 01 61", "1a 01 ff"),
          "is not valid UTF-8");
      refused(
          Records.of(Maps.getDescriptor(), "numbers MAP<STRING, INT>"),
          bytes("0a 05 0a 01 ff 10 01"),
          "is not valid UTF-8");
    }

    @Test
    void textThatIsNotReadIsNotChecked() throws Exception {
      assertThat(Records.of(Scalars.getDescriptor(), "int32 INT").read(bytes("72 01 ff", "18 01")))
          .containsExactly(1);
    }

    @Test
    void allOfUnicodeIsRead() throws Exception {
      String text = "aä表😀\0\u07ff\uffff" + "x".repeat(200) + "ü";
      ByteString utf8 = ByteString.copyFromUtf8(text);
      byte[] record = Scalars.newBuilder().setString(text).setBytes(utf8).build().toByteArray();
      assertThat(Records.of(Scalars.getDescriptor(), "`string` STRING, `bytes` BYTES").read(record))
          .containsExactly(text, utf8);
    }

    @Test
    void textOfProto2AndOfUncheckedFieldsIsReadWithReplacementCharacters() throws Exception {
      assertThat(Records.of(Old.getDescriptor(), "text STRING").read(bytes("2a 03 61 ff 62")))
          .containsExactly("a\ufffdb");
      assertThat(Records.of(Edition.getDescriptor(), "unchecked STRING").read(bytes("1a 01 ff")))
          .containsExactly("\ufffd");
    }
  }

  @Nested
  class Varints {
    private final Records records =
        Records.of(Scalars.getDescriptor(), "int32 INT, int64 BIGINT, bool BOOLEAN");

    @Test
    void aVarintMayBeLongerThanItNeedsToBe() throws Exception {
      assertThat(
              records.read(
                  bytes(
                      "98 80 80 80 00  85 80 80 00",
                      "a0 00  81 80 80 80 80 80 80 80 80 00",
                      "68 80 80 80 80 80 80 80 80 80 01")))
          .containsExactly(5, 1L, true);
    }

    @Test
    void aVarintIsCutToTheBitsOfItsField() throws Exception {
      // 2^32 + 5 and 2^64 - 1 as int32; bits beyond the 64th are dropped.
      assertThat(records.read(bytes("18 85 80 80 80 10"))).startsWith(5);
      assertThat(records.read(bytes("18 ff ff ff ff ff ff ff ff ff 01"))).startsWith(-1);
      assertThat(records.read(bytes("20 ff ff ff ff ff ff ff ff ff 7f"))).contains(-1L);
    }

    @Test
    void anyBitMakesABooleanTrue() throws Exception {
      assertThat(records.read(bytes("68 80 80 80 80 10"))).endsWith(true);
      assertThat(records.read(bytes("68 02"))).endsWith(true);
    }

    @Test
    void aVarintOfElevenBytesIsAnErrorAlsoWhereProtobufsOwnLibraryTakesTenOfThem()
        throws Exception {
      refused(
          records,
          bytes("20 ff ff ff ff ff ff ff ff ff ff 01"),
          "a number is longer than ten bytes");
      // protobuf-java's fast path does not look at the tenth byte's last bit.
      byte[] varint = bytes("ff ff ff ff ff ff ff ff ff ff 01");
      CodedInputStream input = CodedInputStream.newInstance(varint);
      assertThat(input.readInt64()).isEqualTo(-1);
      assertThat(input.getTotalBytesRead()).isEqualTo(10);
    }

    @Test
    void aVarintThatIsCutOffIsAnErrorAtEachOfItsBytes() {
      for (int length = 0; length < 10; length++) {
        refused(records, bytes("20", "ff".repeat(length)), "cut off");
      }
      refused(records, bytes("18 01", "a0"), "cut off");
    }

    @Test
    void zigzagAndFixedNumbersAreReadAtTheirEnds() throws Exception {
      assertThat(
              Records.of(
                      Scalars.getDescriptor(),
                      "sint32 INT, sint64 BIGINT, sfixed32 INT, sfixed64 BIGINT, float32 FLOAT")
                  .read(
                      bytes(
                          "38 ff ff ff ff 0f",
                          "40 ff ff ff ff ff ff ff ff ff 01",
                          "5d 00 00 00 80",
                          "61 00 00 00 00 00 00 00 80",
                          "15 00 00 80 ff")))
          .containsExactly(
              Integer.MIN_VALUE,
              Long.MIN_VALUE,
              Integer.MIN_VALUE,
              Long.MIN_VALUE,
              Float.NEGATIVE_INFINITY);
    }

    @Test
    void aTagWithNumberZeroOrAnUnknownWireTypeIsAnError() {
      refused(records, bytes("00"), "a field has the number 0");
      refused(records, bytes("02 00"), "a field has the number 0");
      refused(records, bytes("1e 00"), "field 3 has the wire type 6");
      refused(records, bytes("1f 00"), "field 3 has the wire type 7");
    }
  }

  @Nested
  class UnsignedNumbers {
    private static final String MAXIMA =
        "28 ff ff ff ff 0f" // uint32
            + "30 ff ff ff ff ff ff ff ff ff 01" // uint64
            + "4d ff ff ff ff" // fixed32
            + "51 ff ff ff ff ff ff ff ff"; // fixed64

    @Test
    void theyDoNotWrap() throws Exception {
      Records records =
          Records.of(
              Scalars.getDescriptor(),
              "uint32 BIGINT, uint64 DECIMAL(20, 0), fixed32 BIGINT, fixed64 DECIMAL(20, 0)");
      Object[] maxima = {
        4294967295L,
        new BigDecimal("18446744073709551615"),
        4294967295L,
        new BigDecimal("18446744073709551615")
      };
      assertThat(records.read(bytes(MAXIMA))).containsExactly(maxima);
      assertThat(bytes(records.write(maxima))).isEqualTo(bytes(MAXIMA));
    }

    @Test
    void aSmallerColumnIsAnErrorOnOverflowOnly() throws Exception {
      Records records = Records.of(Scalars.getDescriptor(), "uint32 INT, uint64 BIGINT");
      assertThat(records.read(bytes("28 ff ff ff ff 07", "30 ff ff ff ff ff ff ff ff 7f")))
          .containsExactly(Integer.MAX_VALUE, Long.MAX_VALUE);
      refused(
          records,
          bytes("28 80 80 80 80 08"),
          "field 'semantics.Scalars.uint32' is 2147483648, which INT cannot hold");
      refused(
          records,
          bytes("30 80 80 80 80 80 80 80 80 80 01"),
          "field 'semantics.Scalars.uint64' is 9223372036854775808, which BIGINT cannot hold");
    }

    @Test
    void aNumberOutsideOfTheFieldIsNotWritten() {
      Records records = Records.of(Scalars.getDescriptor(), "uint32 BIGINT, uint64 DECIMAL(38, 0)");
      assertThatThrownBy(() -> records.write(4294967296L, null))
          .hasMessageContaining("column 'uint32' is 4294967296, which uint32 cannot hold");
      assertThatThrownBy(() -> records.write(-1L, null))
          .hasMessageContaining("column 'uint32' is -1, which uint32 cannot hold");
      assertThatThrownBy(() -> records.write(null, new BigDecimal("18446744073709551616")))
          .hasMessageContaining(
              "column 'uint64' is 18446744073709551616, which uint64 cannot hold");
      assertThatThrownBy(() -> records.write(null, BigDecimal.valueOf(-1)))
          .hasMessageContaining("column 'uint64' is -1, which uint64 cannot hold");
      assertThatThrownBy(() -> Records.of(Scalars.getDescriptor(), "uint64 BIGINT").write(-1L))
          .hasMessageContaining("column 'uint64' is -1, which uint64 cannot hold");
      assertThatThrownBy(() -> Records.of(Scalars.getDescriptor(), "int32 BIGINT").write(1L << 31))
          .hasMessageContaining("column 'int32' is 2147483648, which int32 cannot hold");
    }
  }

  @Nested
  class FloatingPoint {
    @Test
    void minusZeroIsNotZero() throws Exception {
      Records records = Records.of(Scalars.getDescriptor(), "float64 DOUBLE, float32 FLOAT");
      byte[] record = bytes("09 00 00 00 00 00 00 00 80", "15 00 00 00 80");
      assertThat(records.read(record)).containsExactly(-0.0, -0.0f);
      assertThat(records.with("absent-as", "null").read(record)).containsExactly(-0.0, -0.0f);
      assertThat(bytes(records.write(-0.0, -0.0f))).isEqualTo(record);
      assertThat(records.write(0.0, 0.0f)).isEmpty();
    }

    @Test
    void notANumberIsReadAndWritten() throws Exception {
      Records records = Records.of(Scalars.getDescriptor(), "float64 DOUBLE, float32 FLOAT");
      assertThat(records.read(bytes(records.write(Double.NaN, Float.NaN))))
          .containsExactly(Double.NaN, Float.NaN);
    }
  }

  @Nested
  class Recursion {
    private final Records records =
        Records.of(Presence.getDescriptor(), "number INT, `inner` ROW<a INT, `inner` BYTES>");

    @Test
    void unknownGroupsMayBeNestedAHundredDeep() throws Exception {
      assertThat(records.read(bytes("a3 06".repeat(100), "a4 06".repeat(100), "08 05")))
          .startsWith(5);
      refused(
          records,
          bytes("a3 06".repeat(101), "a4 06".repeat(101)),
          "messages stand more than 100 deep one in another");
    }

    @Test
    void manyNestedGroupsAreAnErrorAndNoOverflowOfTheStack() {
      refused(records, bytes("a3 06".repeat(100_000)), "more than 100 deep");
      refused(
          Records.of(Old.getDescriptor(), "`group` ROW<x INT>"),
          bytes("33".repeat(200_000)),
          "more than 100 deep");
    }

    @Test
    void messagesBelowTheDeclaredOnesAreBytes() throws Exception {
      assertThat(
              records
                  .decoder()
                  .deserialize(bytes("22 06 22 04 22 02 08 07"))
                  .getRow(1, 2)
                  .getBinary(1))
          .isEqualTo(bytes("22 02 08 07"));
    }
  }

  @Nested
  class UnknownFields {
    @Test
    void theyAreSkippedWhateverTheyAre() throws Exception {
      assertThat(
              Records.of(Presence.getDescriptor(), "number INT")
                  .read(
                      bytes(
                          "a0 06 ff ff ff ff ff ff ff ff ff 01",
                          "a1 06 01 02 03 04 05 06 07 08",
                          "a2 06 03 01 02 03",
                          "a5 06 01 02 03 04",
                          "f8 ff ff ff 0f 01",
                          "08 05",
                          "fa ff ff ff 0f 00")))
          .containsExactly(5);
    }

    @Test
    void oneThatIsCutOffIsAnError() {
      Records records = Records.of(Presence.getDescriptor(), "number INT");
      for (String field : List.of("a0 06", "a1 06 01 02 03 04 05 06 07", "a2 06", "a2 06 02 01")) {
        refused(records, bytes(field), "cut off");
      }
      refused(records, bytes("a5 06 01 02 03"), "field 100 is cut off");
    }
  }

  @Nested
  class WellKnownTypes {
    @Test
    void aTimestampIsAPointInTime() throws Exception {
      Records records = Records.of(WellKnown.getDescriptor(), "`time` TIMESTAMP_LTZ(9)");
      for (String text :
          List.of(
              "0001-01-01T00:00:00Z",
              "1969-12-31T23:59:59.999999999Z",
              "1970-01-01T00:00:00Z",
              "9999-12-31T23:59:59.999999999Z")) {
        TimestampData time = TimestampData.fromInstant(Instant.parse(text));
        assertThat(records.read(bytes(records.write(time)))).containsExactly(time);
      }
      assertThat(records.read(bytes("0a 00"))).containsExactly(TimestampData.fromEpochMillis(0));
      assertThat(records.read(bytes(""))).containsExactly((Object) null);
    }

    @Test
    void aTimestampThatIsNoneIsAnError() throws Exception {
      Records records = Records.of(WellKnown.getDescriptor(), "`time` TIMESTAMP_LTZ(9)");
      // nanos: -1; nanos: 10^9; seconds: the year 10000
      refused(
          records, bytes("0a 0b 10 ff ff ff ff ff ff ff ff ff 01"), "which is no valid timestamp");
      refused(records, bytes("0a 06 10 80 94 eb dc 03"), "which is no valid timestamp");
      refused(records, bytes("0a 07 08 80 83 d1 ff af 07"), "which is no valid timestamp");
      assertThat(
              Records.of(WellKnown.getDescriptor(), "`time` ROW<seconds BIGINT, nanos INT>")
                  .read(bytes("0a 0b 10 ff ff ff ff ff ff ff ff ff 01")))
          .containsExactly(list(0L, -1));
      assertThatThrownBy(
              () ->
                  records.write(TimestampData.fromInstant(Instant.parse("+10000-01-01T00:00:00Z"))))
          .hasMessageContaining("google.protobuf.Timestamp reaches from year 1 to 9999");
    }

    @Test
    void aTimestampThatIsFinerThanItsColumnIsAnErrorAndNotCut() throws Exception {
      Records records = Records.of(WellKnown.getDescriptor(), "`time` TIMESTAMP_LTZ(3)");
      assertThat(records.read(bytes("0a 04 10 c0 84 3d")))
          .containsExactly(TimestampData.fromEpochMillis(1));
      refused(records, bytes("0a 02 10 01"), "which TIMESTAMP_LTZ(3) cannot hold");
    }

    @Test
    void aDurationIsARow() throws Exception {
      assertThat(
              Records.of(WellKnown.getDescriptor(), "duration ROW<seconds BIGINT, nanos INT>")
                  .read(bytes("12 04 08 05 10 07")))
          .containsExactly(list(5L, 7));
    }

    @Test
    void aWrapperIsWhatItWrapsOrNull() throws Exception {
      Records records =
          Records.of(
              WellKnown.getDescriptor(),
              "wrapped INT, wrapped_text STRING, wrapped_unsigned DECIMAL(20, 0)");
      assertThat(records.read(bytes(""))).containsExactly(null, null, null);
      assertThat(records.read(bytes("1a 00", "22 00", "4a 00")))
          .containsExactly(0, "", BigDecimal.ZERO);
      assertThat(
              records.read(
                  bytes("1a 02 08 05", "22 03 0a 01 61", "4a 0b 08 ff ff ff ff ff ff ff ff ff 01")))
          .containsExactly(5, "a", new BigDecimal("18446744073709551615"));
      assertThat(records.write(0, "", null)).isEqualTo("1a002200");
      assertThat(
              Records.of(WellKnown.getDescriptor(), "wrapped ROW<`value` INT>")
                  .read(bytes("1a 02 08 05")))
          .containsExactly(list(5));
    }

    @Test
    void aStructAndItsLikeAreJson() throws Exception {
      Records records =
          Records.of(
              WellKnown.getDescriptor(),
              "struct STRING, `value` STRING, `any` STRING, mask STRING");
      assertThat(
              records.read(
                  bytes(
                      "2a 09 0a 07 0a 01 61 12 02 20 01",
                      "32 03 1a 01 62",
                      WellKnownBytes.ANY_DURATION,
                      "42 05 0a 03 61 5f 62")))
          .containsExactly(
              json("{\"a\": true}"),
              json("\"b\""),
              json(
                  "{\"@type\": \"type.googleapis.com/google.protobuf.Duration\","
                      + " \"value\": \"5s\"}"),
              json("\"aB\""));
      assertThat(records.write(json("{\"a\": true}"), null, null, null))
          .isEqualTo("2a090a070a016112022001");
      assertThatThrownBy(() -> records.encoder().serialize(records.row("{", null, null, null)))
          .hasMessageContaining("column 'struct'")
          .hasMessageContaining("is no JSON form of 'google.protobuf.Struct'");
    }

    @Test
    void anAnyOfAnUnknownMessageIsAnErrorThatNamesTheWayOut() throws Exception {
      byte[] record = bytes("3a 05 0a 03 61 2f 62");
      refused(
          Records.of(WellKnown.getDescriptor(), "`any` STRING"),
          record,
          "Declare its column as BYTES to read it as it is");
      assertThat(
              Records.of(WellKnown.getDescriptor(), "`any` ROW<type_url STRING, `value` BYTES>")
                  .read(record))
          .containsExactly(list("a/b", ByteString.EMPTY));
    }
  }

  private static final class WellKnownBytes {
    /** Field 7, an Any that holds a Duration of five seconds. */
    static final String ANY_DURATION =
        "3a 32 0a 2c"
            + HexFormat.of()
                .formatHex(
                    "type.googleapis.com/google.protobuf.Duration"
                        .getBytes(StandardCharsets.US_ASCII))
            + "12 02 08 05";
  }

  @Nested
  class ExtensionsAndNames {
    @Test
    void anExtensionIsAColumnOfItsFullName() throws Exception {
      Records records =
          Records.of(
              Old.getDescriptor(),
              "`[semantics.note]` STRING, `[semantics.marks]` ARRAY<INT>, number INT");
      byte[] record = bytes("08 02", "a2 06 01 61", "a8 06 01", "aa 06 02 02 03");
      assertThat(records.read(record)).containsExactly("a", List.of(1, 2, 3), 2);
      assertThat(records.read(bytes(""))).containsExactly(null, List.of(), null);
      assertThat(records.read(bytes(records.write("a", List.of(1, 2, 3), 2))))
          .containsExactly("a", List.of(1, 2, 3), 2);
    }

    @Test
    void namesThatJavaDoesNotAllowOrThatClashThereAreNamesLikeOthers() throws Exception {
      Records records =
          Records.of(
              Names.getDescriptor(),
              "class INT, `int` STRING, foo INT, foo_count INT, serialized_size STRING, all_fields"
                  + " INT, descriptor_for_type STRING, public ARRAY<INT>");
      Object[] values = {1, "two", 3, 4, "five", 6, "seven", List.of(8, 9)};
      assertThat(records.read(bytes(records.write(values)))).containsExactly(values);
      assertThat(Names.parseFrom(bytes(records.write(values))).getFooCount()).isEqualTo(4);
    }
  }

  @Nested
  class LengthsThatLie {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "72 ff ff ff ff 07", // string of 2^31 - 1 bytes
          "72 ff ff ff ff 0f", // of 2^32 - 1
          "72 ff ff ff ff ff ff ff ff ff 01", // of -1
          "72 ff ff ff ff ff ff ff ff 7f", // of 2^63 - 1
          "72 02 61",
          "7a ff ff ff ff 07",
          "7a 02 61"
        })
    void aStringThatClaimsMoreThanRemainsIsAnError(String record) {
      refused(
          Records.of(Scalars.getDescriptor(), "`string` STRING, `bytes` BYTES"),
          bytes(record),
          "field 'semantics.Scalars.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0a", "12", "1a", "22", "2a", "32", "a2 06"})
    void aFieldThatClaimsMoreThanRemainsIsAnError(String tag) {
      Records records =
          Records.of(
              Repeated.getDescriptor(),
              "packed ARRAY<INT>, expanded ARRAY<INT>, texts ARRAY<STRING>, messages ARRAY<ROW<a"
                  + " INT>>, doubles ARRAY<DOUBLE>, bools ARRAY<BOOLEAN>");
      for (String length :
          List.of("ff ff ff ff 07", "f8 ff ff ff 07", "ff ff ff ff ff ff ff ff ff 01", "09")) {
        assertThatThrownBy(() -> records.read(bytes(tag, length, "00 00 00 00")))
            .isInstanceOf(IOException.class);
      }
    }

    @Test
    void aFieldMayNotReachBeyondTheMessageThatItIsIn() {
      Records records =
          Records.of(
              Presence.getDescriptor(),
              "number INT, `inner` ROW<a INT, b STRING, list ARRAY<INT>, `inner` ROW<a INT>>");
      for (String inner : List.of("12 05 61", "1a 05 01", "22 05 08", "0a 05 08", "0d 01 02")) {
        byte[] part = bytes(inner);
        assertThatThrownBy(
                () ->
                    records.read(
                        bytes(String.format("22 %02x", part.length), inner, "08 01".repeat(20))))
            .isInstanceOf(IOException.class);
      }
      refused(records, bytes("22 01 08", "01"), "cut off");
    }

    @Test
    void aMapEntryThatClaimsMoreThanRemainsIsAnError() {
      Records records = Records.of(Maps.getDescriptor(), "numbers MAP<STRING, INT>");
      assertThatThrownBy(() -> records.read(bytes("0a 7f 0a 01 61")))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> records.read(bytes("0a 03 0a 05 61", "62 63 64 65")))
          .isInstanceOf(IOException.class);
    }

    @Test
    void everyPrefixOfARecordIsReadOrRefusedAndNeverMore() {
      byte[] record =
          bytes("08 01", "1a 03 61 62 63", "22 07 08 01 12 03 61 62 63", "42 03 01 02 03");
      Records records =
          Records.of(
              Presence.getDescriptor(),
              "number INT, text STRING, `inner` ROW<a INT, b STRING>, numbers ARRAY<INT>");
      List<Integer> whole = new ArrayList<>();
      DeserializationSchema<RowData> decoder = records.decoder();
      for (int length = 0; length <= record.length; length++) {
        try {
          records.read(decoder, Arrays.copyOf(record, length));
          whole.add(length);
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("of " + length);
        }
      }
      assertThat(whole).containsExactly(0, 2, 7, 16, 21);
    }
  }

  @Nested
  class RecordsThatFail {
    private final Records records =
        Records.of(
            Presence.getDescriptor(),
            "number INT, text STRING, `inner` ROW<a INT, b STRING>, numbers ARRAY<INT>, counts"
                + " MAP<STRING, INT>");
    private final byte[] good = bytes("08 01");
    private final byte[] bad =
        bytes(
            "08 07",
            "1a 01 78",
            "22 05 08 07 12 01 78",
            "40 07",
            "42 02 08 09",
            "4a 05 0a 01 61 10 01",
            "1a 7f");

    @Test
    void theyLeaveNothingInTheNextRow() throws Exception {
      DeserializationSchema<RowData> decoder = records.decoder();
      for (int length = 1; length <= bad.length; length++) {
        byte[] part = Arrays.copyOf(bad, length);
        try {
          decoder.deserialize(part);
        } catch (IOException e) {
          assertThat(e)
              .hasMessageContaining("Cannot read a record as message 'semantics.Presence'");
        }
        assertThat(records.read(decoder, good)).containsExactly(1, "", null, List.of(), Map.of());
      }
    }

    @Test
    void theyLeaveNoRowAtAll() throws Exception {
      List<RowData> rows = new ArrayList<>();
      DeserializationSchema<RowData> decoder = records.decoder();
      assertThatThrownBy(() -> decoder.deserialize(bad, new ListCollector<>(rows)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("'ignore-parse-errors' = 'true' skips them");
      assertThat(rows).isEmpty();
      decoder.deserialize(good, new ListCollector<>(rows));
      assertThat(rows).hasSize(1);
    }

    @Test
    void theyAreSkippedIfTheOptionSaysSo() throws Exception {
      List<RowData> rows = new ArrayList<>();
      DeserializationSchema<RowData> decoder =
          records.with("ignore-parse-errors", "true").decoder();
      decoder.deserialize(bad, new ListCollector<>(rows));
      assertThat(rows).isEmpty();
      decoder.deserialize(good, new ListCollector<>(rows));
      assertThat(rows).hasSize(1);
    }

    @Test
    void rowsThatWereReadBeforeStayAsTheyAre() throws Exception {
      DeserializationSchema<RowData> decoder = records.decoder();
      byte[] first = bytes("1a 03 61 62 63", "22 03 12 01 64", "40 01", "4a 03 0a 01 65");
      RowData row = decoder.deserialize(first);
      decoder.deserialize(bytes("1a 03 78 79 7a", "22 03 12 01 77", "40 02", "4a 03 0a 01 76"));
      assertThat(row.getString(1)).hasToString("abc");
      assertThat(row.getRow(2, 2).getString(1)).hasToString("d");
      assertThat(row.getArray(3).toIntArray()).containsExactly(1);
      assertThat(row.getMap(4).keyArray().getString(0)).hasToString("e");
    }

    @Test
    void aRecordWithoutAValueIsNoRow() throws Exception {
      List<RowData> rows = new ArrayList<>();
      records.decoder().deserialize(null, new ListCollector<>(rows));
      assertThat(rows).isEmpty();
    }
  }

  @Nested
  class Writing {
    @Test
    void fieldsAreWrittenByNumberAndPackedAsDeclared() {
      assertThat(
              Records.of(Repeated.getDescriptor(), "expanded ARRAY<INT>, packed ARRAY<INT>")
                  .write(List.of(1, 300), List.of(1, 300)))
          .isEqualTo("0a0301ac02" + "1001" + "10ac02");
      assertThat(
              Records.of(Old.getDescriptor(), "packed ARRAY<INT>, numbers ARRAY<INT>, number INT")
                  .write(List.of(1, 2), List.of(1, 2), 0))
          .isEqualTo("0800" + "4801" + "4802" + "52020102");
    }

    @Test
    void nothingIsWrittenOfNullOrOfAZeroWithoutPresence() {
      Records records =
          Records.of(
              Presence.getDescriptor(),
              "number INT, maybe INT, text STRING, `inner` ROW<a INT>, `first` INT, numbers"
                  + " ARRAY<INT>, counts MAP<STRING, INT>, `open` STRING");
      assertThat(records.write(null, null, null, null, null, null, null, null)).isEmpty();
      assertThat(records.write(0, null, "", null, null, List.of(), Map.of(), "ZERO")).isEmpty();
      assertThat(records.write(0, 0, "", list(0), 0, List.of(), Map.of(), "ZERO"))
          .isEqualTo("1000" + "2200" + "2800");
    }

    @Test
    void longNestedMessagesAreWrittenWithTheirLength() throws Exception {
      Records records =
          Records.of(Presence.getDescriptor(), "`inner` ROW<b STRING, `inner` ROW<b STRING>>");
      for (int length : new int[] {1, 120, 127, 128, 16_380, 16_384, 3_000_000}) {
        String text = "x".repeat(length);
        byte[] record = bytes(records.write(list(text, list(text))));
        assertThat(Presence.parseFrom(record))
            .isEqualTo(
                Presence.newBuilder()
                    .setInner(Inner.newBuilder().setB(text).setInner(Inner.newBuilder().setB(text)))
                    .build());
      }
    }

    @Test
    void rowsAreWrittenOneAfterTheOtherAndNothingIsLeftOfAFailedOne() {
      Records records = Records.of(Presence.getDescriptor(), "`first` INT, `second` STRING");
      var encoder = records.encoder();
      byte[] first = encoder.serialize(records.row(5, null));
      assertThatThrownBy(() -> encoder.serialize(records.row(5, "a")))
          .hasMessageContaining("Cannot write a row as message 'semantics.Presence'");
      assertThat(encoder.serialize(records.row(null, "b"))).isEqualTo(bytes("32 01 62"));
      assertThat(first).isEqualTo(bytes("28 05"));
    }

    @Test
    void twoMembersOfAOneofAreAnError() {
      assertThatThrownBy(
              () ->
                  Records.of(Presence.getDescriptor(), "`first` INT, `second` STRING")
                      .write(0, "a"))
          .hasMessageContaining("'first'")
          .hasMessageContaining("'second'")
          .hasMessageContaining("are both set")
          .hasMessageContaining("oneof 'choice'");
    }

    @Test
    void nullInAnArrayOrAMapIsAnError() {
      assertThatThrownBy(
              () -> Records.of(Repeated.getDescriptor(), "packed ARRAY<INT>").write(list(1, null)))
          .hasMessageContaining("column 'packed'")
          .hasMessageContaining("NULL");
      assertThatThrownBy(
              () ->
                  Records.of(Repeated.getDescriptor(), "messages ARRAY<ROW<a INT>>")
                      .write(list(list(1), null)))
          .hasMessageContaining("column 'messages'")
          .hasMessageContaining("NULL");
      assertThatThrownBy(
              () ->
                  Records.of(Maps.getDescriptor(), "numbers MAP<STRING, INT>")
                      .write(Collections.singletonMap("a", null)))
          .hasMessageContaining("column 'numbers'")
          .hasMessageContaining("NULL");
      assertThatThrownBy(
              () ->
                  Records.of(Maps.getDescriptor(), "numbers MAP<STRING, INT>")
                      .write(Collections.singletonMap(null, 1)))
          .hasMessageContaining("column 'numbers'")
          .hasMessageContaining("NULL");
    }

    @Test
    void aNameThatAnEnumDoesNotHaveIsAnError() {
      Records open = Records.of(Presence.getDescriptor(), "`open` STRING");
      assertThat(open.write("MINUS")).isEqualTo("50ffffffffffffffffff01");
      assertThat(open.write("UNO")).isEqualTo("5001");
      // What was read as text of a number is written as it.
      assertThat(open.write("99")).isEqualTo("5063");
      assertThatThrownBy(() -> open.write("one"))
          .hasMessageContaining(
              "column 'open' is 'one', which is no value of enum 'semantics.Open'");
      assertThatThrownBy(() -> Records.of(Old.getDescriptor(), "closed STRING").write("99"))
          .hasMessageContaining("column 'closed' is '99'");
      assertThatThrownBy(() -> Records.of(Old.getDescriptor(), "closed INT").write(99))
          .hasMessageContaining("column 'closed' is 99");
      assertThat(Records.of(Presence.getDescriptor(), "`open` INT").write(99)).isEqualTo("5063");
    }

    @Test
    void aRequiredFieldThatIsNullIsAnError() {
      assertThatThrownBy(
              () -> Records.of(Strict.getDescriptor(), "id INT, other INT").write(null, 1))
          .hasMessageContaining("column 'id'");
    }

    @Test
    void mapsAreWrittenWithKeyAndValue() throws Exception {
      byte[] record =
          bytes(
              Records.of(Maps.getDescriptor(), "numbers MAP<STRING, INT>")
                  .write(Map.of("a", 0, "", 1)));
      assertThat(Maps.parseFrom(record).getNumbersMap()).isEqualTo(Map.of("a", 0, "", 1));
    }
  }

  @Nested
  class LongRecords {
    @Test
    void arraysOfAnyLengthAreRead() throws Exception {
      byte[] packed = bytes("0a c8 01", MANY);
      byte[] expanded = bytes("08 01".repeat(200));
      Records records = Records.of(Repeated.getDescriptor(), "packed ARRAY<INT>");
      List<Integer> ones = Collections.nCopies(200, 1);
      assertThat(records.read(packed)).containsExactly(ones);
      assertThat(records.read(expanded)).containsExactly(ones);
    }

    @Test
    void textOfALongRecordIsTheSame() throws Exception {
      String text = "é".repeat(100_000);
      assertThat(
              Records.of(Scalars.getDescriptor(), "`string` STRING")
                  .read(Scalars.newBuilder().setString(text).build().toByteArray()))
          .containsExactly(text);
    }
  }

  private static Reference.Json json(String text) {
    return new Reference.Json(JsonParser.parseString(text));
  }
}
