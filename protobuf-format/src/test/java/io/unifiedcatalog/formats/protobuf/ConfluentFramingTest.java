package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.Records.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import io.unifiedcatalog.formats.protobuf.protos.Outer;
import io.unifiedcatalog.formats.protobuf.protos.Presence;
import io.unifiedcatalog.formats.protobuf.protos.Scalars;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfluentFramingTest {
  private static final String ID_7 = "00 00 00 00 07";

  /** The place of Outer in its file, as a zigzag varint. */
  private static final String OUTER = String.format("%02x", Outer.getDescriptor().getIndex() << 1);

  private final Records first = framed(Presence.getDescriptor(), "number INT, text STRING");
  private final Records nested = framed(Outer.Nested.getDescriptor(), "y INT");

  private static Records framed(Descriptor message, String columns) {
    return Records.of(message, columns).with("framing", "confluent");
  }

  private static void refused(Records records, byte[] record, String reason) {
    assertThatThrownBy(() -> records.read(record))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Cannot read a record as message 'semantics.")
        .hasMessageContaining(reason);
  }

  @Test
  void theFirstMessageOfAFileIsASingleZeroOrAPathOfOneZero() throws Exception {
    assertThat(first.read(bytes(ID_7, "00", "08 05 1a 01 61"))).containsExactly(5, "a");
    assertThat(first.read(bytes(ID_7, "02 00", "08 05 1a 01 61"))).containsExactly(5, "a");
    assertThat(first.read(bytes(ID_7, "00"))).containsExactly(0, "");
  }

  @Test
  void anotherMessageIsThePathToIt() throws Exception {
    assertThat(nested.read(bytes(ID_7, "04", OUTER, "02", "08 05"))).containsExactly(5);
    String scalars = String.format("%02x", Scalars.getDescriptor().getIndex() << 1);
    assertThat(
            framed(Scalars.getDescriptor(), "int32 INT").read(bytes(ID_7, "02", scalars, "18 05")))
        .containsExactly(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "02 00", "04 00 02", "04 OUTER 00", "06 OUTER 02 00", "02 OUTER"})
  void anotherPathIsAnotherMessageAndNotRead(String path) {
    refused(
        nested,
        bytes(ID_7, path.replace("OUTER", OUTER), "08 05"),
        "it is another message of the schema with id 7");
  }

  @Test
  void aForeignIdIsReadByFieldNumbers() throws Exception {
    for (String id : List.of("00 00 00 00 00", "00 7f ff ff ff", "00 ff ff ff ff")) {
      assertThat(first.with("schema-id", "7").read(bytes(id, "00", "08 05", "f8 07 01")))
          .containsExactly(5, "");
    }
  }

  @Test
  void aRecordWithoutTheFrameIsAnError() {
    refused(first, bytes("08 05 1a 03 61 62 63"), "the first byte is 8, not the 0");
    refused(first, bytes("ff 00 00 00 07 00 08 05"), "the first byte is 255, not the 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "00 00 00 00", "00 00 00 00 07"})
  void aFrameThatIsCutOffIsAnError(String record) {
    refused(first, bytes(record), "Confluent's frame of at least 6 bytes is cut off");
  }

  @ParameterizedTest
  @CsvSource({
    // A path that is cut off, one of 2^31 - 1 levels, one of -1 level, one that has no end.
    "02",
    "04 00",
    "fe ff ff ff 0f",
    "01",
    "ff ff ff ff ff ff ff ff ff 01",
    "02 80 80 80 80 80 80"
  })
  void aPathThatIsNoneIsAnErrorAndNothingIsAllocatedForIt(String path) {
    assertThatThrownBy(() -> first.read(bytes(ID_7, path)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("message indexes");
  }

  @Test
  void aFramedRecordIsNoPlainOne() {
    refused(
        Records.of(Presence.getDescriptor(), "number INT"),
        bytes(ID_7, "00", "08 05"),
        "a field has the number 0");
  }

  @Test
  void whatIsWrongAfterTheFrameIsToldByItsPlaceInTheRecord() {
    refused(first, bytes(ID_7, "00", "1a 05 61"), "at byte");
    refused(first, bytes(ID_7, "00", "08 05", "00"), "at byte 8 of 9");
  }

  @Test
  void aRecordOfAnotherMessageIsSkippedIfErrorsAre() throws Exception {
    List<RowData> rows = new ArrayList<>();
    var decoder = nested.with("ignore-parse-errors", "true").decoder();
    decoder.deserialize(bytes(ID_7, "00", "08 05"), new ListCollector<>(rows));
    decoder.deserialize(bytes("08 05"), new ListCollector<>(rows));
    assertThat(rows).isEmpty();
    decoder.deserialize(bytes(ID_7, "04", OUTER, "02", "08 05"), new ListCollector<>(rows));
    assertThat(rows).hasSize(1);
  }

  @Test
  void theFrameIsWrittenWithTheIdAndThePath() {
    assertThat(bytes(first.with("schema-id", "16909060").write(5, null)))
        .isEqualTo(bytes("00 01 02 03 04", "00", "08 05"));
    assertThat(bytes(nested.with("schema-id", "7").write(5)))
        .isEqualTo(bytes(ID_7, "04", OUTER, "02", "08 05"));
    assertThat(bytes(first.with("schema-id", "7").write(null, null))).isEqualTo(bytes(ID_7, "00"));
  }

  @Test
  void writingNeedsAnIdAndReadingDoesNot() {
    assertThatThrownBy(() -> first.encoder())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'framing' = 'confluent' needs 'schema-id'");
    assertThatThrownBy(() -> first.with("schema-id", "-1").encoder())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'schema-id' is -1");
    assertThat(first.decoder()).isNotNull();
  }
}
