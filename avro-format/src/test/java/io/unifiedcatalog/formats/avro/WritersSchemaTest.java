package io.unifiedcatalog.formats.avro;

import static io.unifiedcatalog.formats.avro.Records.field;
import static io.unifiedcatalog.formats.avro.Records.list;
import static io.unifiedcatalog.formats.avro.Records.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records of several versions of a schema, each read by its writer's. */
class WritersSchemaTest {
  private static final String FIRST = record(field("id", "\"int\"") + "," + field("a", "\"long\""));
  private static final String SECOND =
      record(
          "{\"name\":\"b\",\"type\":\"string\",\"default\":\"none\"},"
              + "{\"name\":\"id\",\"type\":\"long\"}");

  private static final Records CONFLUENT =
      Records.of(SECOND)
          .with("framing", "confluent")
          .with("schema-id", "9")
          .with("writer-schemas", "{\"7\": " + FIRST + "}");

  private static final Records SINGLE_OBJECT =
      Records.of(SECOND).with("framing", "single-object").with("writer-schemas", "[" + FIRST + "]");

  @Test
  void aRecordIsReadByTheSchemaOfItsId() throws Exception {
    assertThat(CONFLUENT.read("00 00000007 06 02")).isEqualTo(list("none", 3L));
    assertThat(CONFLUENT.read("00 00000009 02 62 06")).isEqualTo(list("b", 3L));
    assertThat(CONFLUENT.read("00 00000007 06 02")).isEqualTo(list("none", 3L));
  }

  @Test
  void theSchemasMayAlsoBeTextOrZipped() throws Exception {
    String text = "{\"7\": \"" + FIRST.replace("\"", "\\\"") + "\"}";
    assertThat(CONFLUENT.with("writer-schemas", text).read("00 00000007 06 02"))
        .isEqualTo(list("none", 3L));
    assertThat(
            CONFLUENT
                .with("writer-schemas", FormatInUse.zipped(text))
                .with("schema", FormatInUse.zipped(SECOND))
                .read("00 00000007 06 02"))
        .isEqualTo(list("none", 3L));
  }

  @Test
  void aSchemaMayHaveComments() throws Exception {
    Records records = Records.of(SECOND).with("schema", "// Of the shop.\n/* Two. */" + SECOND);
    assertThat(records.read("02 62 06")).isEqualTo(list("b", 3L));
  }

  @Test
  void whatIsWrittenHasTheFrameOfTheSchema() {
    Object text = org.apache.flink.table.data.StringData.fromString("b");
    assertThat(CONFLUENT.write(text, 3L)).isEqualTo("0000000009" + "026206");
    byte[] fingerprint = new byte[8];
    long number = SchemaNormalization.parsingFingerprint64(new Schema.Parser().parse(SECOND));
    for (int i = 0; i < 8; i++) {
      fingerprint[i] = (byte) (number >>> (8 * i));
    }
    assertThat(SINGLE_OBJECT.write(text, 3L))
        .isEqualTo("c301" + HexFormat.of().formatHex(fingerprint) + "026206");
  }

  @Test
  void aRecordIsReadByTheSchemaOfItsFingerprint() throws Exception {
    String first = Records.of(FIRST).with("framing", "single-object").write(3, 1L);
    assertThat(SINGLE_OBJECT.read(first)).isEqualTo(list("none", 3L));
    assertThatThrownBy(() -> SINGLE_OBJECT.read("c301 0000000000000000 02 62 06"))
        .isInstanceOf(AvroParseException.class)
        .hasMessageContaining(
            "was written with the schema of fingerprint 0000000000000000, which the table does not"
                + " have");
  }

  @Test
  void aRecordWithoutAFrameIsReadByTheOneSchemaThatItWasWrittenWith() throws Exception {
    assertThat(Records.of(SECOND).with("writer-schemas", "[" + FIRST + "]").read("06 02"))
        .isEqualTo(list("none", 3L));
  }

  @Test
  void anUnknownIdIsNamedWithThoseThatAreKnown() {
    assertThatThrownBy(() -> CONFLUENT.read("00 0000000a 02 62 06"))
        .isInstanceOf(AvroParseException.class)
        .hasMessage(
            "Cannot read a record as 't.R': at byte 0 of 8, the record was written with the schema"
                + " of id 10, which the table does not have; it has id 7, id 9. If that version was"
                + " registered after the statement was planned, start the statement again. If the"
                + " topic holds other records too, 'ignore-parse-errors' = 'true' skips them;"
                + " otherwise check 'schema', 'writer-schemas' and 'framing'.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "00 000000", "01 00000009 02 62 06", "7b 22 69 64 22 7d"})
  void aRecordWithoutTheFrameIsAnErrorOrSkipped(String hex) throws Exception {
    assertThatThrownBy(() -> CONFLUENT.read(hex))
        .isInstanceOf(AvroParseException.class)
        .hasMessageContaining("Confluent's frame");
    assertThat(
            CONFLUENT
                .with("ignore-parse-errors", "true")
                .format()
                .decoder(CONFLUENT.columns())
                .deserialize(Records.bytes(hex)))
        .isNull();
  }

  @Test
  void numbersKeepTheMeaningThatTheirWriterGaveThem() throws Exception {
    String decimal =
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":%d}";
    String time = "{\"type\":\"long\",\"logicalType\":\"timestamp-%s\"}";
    String old =
        record(
            field("d", String.format(decimal, 2))
                + ","
                + field("t", String.format(time, "millis")));
    String now =
        record(
            field("d", String.format(decimal, 4))
                + ","
                + field("t", String.format(time, "micros")));
    assertThat(Records.of(now).with("writer-schemas", "[" + old + "]").read("02 05 d00f"))
        .isEqualTo(list(new BigDecimal("0.0500"), Instant.parse("1970-01-01T00:00:01Z")));
    assertThatThrownBy(
            () -> Records.of(old).with("writer-schemas", "[" + now + "]").read("02 05 02"))
        .hasMessageContaining("in field 'd', the decimal 0.0005 has more digits after the point");
  }

  @Test
  void aFieldThatIsNowhereCostsOnlyThoseThatReadIt() throws Exception {
    String added = record(field("id", "\"int\"") + "," + field("c", "\"string\""));
    Records all = Records.of(added).with("writer-schemas", "[" + FIRST + "]");
    assertThatThrownBy(() -> all.read("06 02"))
        .isInstanceOf(AvroParseException.class)
        .hasMessageContaining(
            "the schema that the record was written with has no field 'c', and that of the table"
                + " has no default for it");
    assertThat(Records.of(added, "id INT").with("writer-schemas", "[" + FIRST + "]").read("06 02"))
        .isEqualTo(list(3));
  }

  @Test
  void bytesThatAreLeftAreAnError() {
    assertThatThrownBy(() -> Records.of(SECOND).read("02 62 06 00"))
        .hasMessageContaining(
            "at byte 3 of 4, 1 byte is left after the record: it was written with another schema");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A text, an array, a block, a union's type and an int that are not there.
        "fe ff ff ff 0f",
        "02 61 fe ff ff ff 0f 00",
        "02 61 01 fe ff ff ff 0f",
        "02 61 ff ff ff ff ff ff ff ff ff 01 00",
        "ff ff ff ff ff ff ff ff ff ff ff 01",
        "02 61 02 02 61 00 08"
      })
  void aLengthThatIsNoneIsRefusedBeforeAnythingIsAllocated(String hex) {
    Records records =
        Records.ofFields(
            String.join(
                ",",
                field("s", "\"string\""),
                field("a", "{\"type\":\"array\",\"items\":\"string\"}"),
                field("u", "[\"null\",\"int\"]")));
    assertThatThrownBy(() -> records.read(hex)).isInstanceOf(AvroParseException.class);
  }

  @Test
  void manyElementsWithoutBytesAreRefused() throws Exception {
    String first =
        record(
            field(
                "a",
                "{\"type\":\"array\",\"items\":{\"type\":\"record\","
                    + "\"name\":\"E\",\"fields\":[]}}"));
    String second =
        record(
            field(
                "a",
                "{\"type\":\"array\",\"items\":{\"type\":\"record\","
                    + "\"name\":\"E\",\"fields\":[{\"name\":\"x\",\"type\":\"int\",\"default\":1}]}}"));
    Records records = Records.of(second).with("writer-schemas", "[" + first + "]");
    assertThat(records.read("04 00")).isEqualTo(list(list(list(1), list(1))));
    assertThatThrownBy(() -> records.read("80 ad e2 04 00"))
        .hasMessageContaining("a block has 5000000 elements without a byte");
  }

  @Test
  void recordsThatStandTooDeepInOneAnotherAreRefusedAndNotFollowedForEver() throws Exception {
    String list =
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
            + "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}";
    Records records = Records.of(list, "v INT");
    assertThat(records.read("0202".repeat(900) + "0200")).isEqualTo(list(1));
    assertThatThrownBy(() -> records.read("0202".repeat(100_000) + "0200"))
        .isInstanceOf(AvroParseException.class)
        .hasMessageContaining("more than 1000 records stand one in another");
  }

  @Test
  void whatIsSkippedIsNotGoneThroughElementByElement() throws Exception {
    String nulls =
        record(field("a", "{\"type\":\"array\",\"items\":\"null\"}") + "," + field("i", "\"int\""));
    // A block of 2^62 nulls.
    assertThat(Records.of(nulls).read("80 80 80 80 80 80 80 80 80 01 00 02")).isEqualTo(list(1));
  }

  @Test
  void optionsThatDoNotFitAreRefusedWhenAStatementIsPlanned() {
    Records plain = Records.of(SECOND);
    refused(plain.with("schema", "{"), "'schema' is not an Avro schema");
    refused(
        plain.with("schema", "\"string\""), "'schema' is of type string. A table needs a record");
    refused(plain.with("schema-file", "/none.avsc"), "Each of 'schema' and 'schema-file' is set");
    refused(plain.with("writer-schemas", "{}"), "must be a JSON array of one schema");
    refused(plain.with("framing", "confluent"), "needs the schemas of the records by their ids");
    refused(
        plain.with("framing", "confluent").with("writer-schemas", "[]"),
        "must be a JSON object from ids to schemas");
    refused(
        plain.with("framing", "confluent").with("writer-schemas", "{\"a\": " + FIRST + "}"),
        "has the key 'a', which is not the id of a schema");
    refused(
        plain.with("framing", "single-object").with("writer-schemas", "{}"),
        "must be a JSON array of schemas");
    refused(plain.with("writer-schemas", "[1"), "'writer-schemas' is not JSON");
    refused(plain.with("schema", "H4sIAAAA"), "is not base64 of a gzip file");
    assertThatThrownBy(
            () ->
                new Records(plain.format().ofConnector("filesystem"), plain.columns())
                    .read("02 62 06"))
        .hasMessageContaining("cannot be used with the filesystem connector");
    assertThatThrownBy(
            () -> Records.of(FIRST, "a BIGINT").format().encoder(Records.columns("a BIGINT")))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("Field 't.R.id' has no default and may not be null");
    assertThatThrownBy(() -> Records.of(FIRST, "nope INT").read("06 02"))
        .hasMessageContaining(
            "Column 'nope' names no field of record 't.R'. Its fields are: id, a");
  }

  private static void refused(Records records, String reason) {
    assertThatThrownBy(() -> records.format().decoder(records.columns()))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining(reason);
  }
}
