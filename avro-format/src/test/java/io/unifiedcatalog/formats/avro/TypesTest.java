package io.unifiedcatalog.formats.avro;

import static io.unifiedcatalog.formats.avro.Records.field;
import static io.unifiedcatalog.formats.avro.Records.list;
import static io.unifiedcatalog.formats.avro.Records.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each type of Avro is as a column. */
class TypesTest {
  private static LogicalType canonical(String type) {
    return AvroTypes.rowType(record(field("f", type)), 3).getTypeAt(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"boolean\" | BOOLEAN NOT NULL",
        "\"int\" | INT NOT NULL",
        "\"long\" | BIGINT NOT NULL",
        "\"float\" | FLOAT NOT NULL",
        "\"double\" | DOUBLE NOT NULL",
        "\"string\" | STRING NOT NULL",
        "\"bytes\" | BYTES NOT NULL",
        "[\"null\",\"int\"] | INT",
        "[\"int\",\"null\"] | INT",
        "[\"int\"] | INT NOT NULL",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]} | STRING NOT NULL",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4} | BYTES NOT NULL",
        "{\"type\":\"array\",\"items\":[\"null\",\"int\"]} | ARRAY<INT> NOT NULL",
        "{\"type\":\"map\",\"values\":\"int\"}" + " | MAP<STRING NOT NULL, INT NOT NULL> NOT NULL",
        "[\"null\",\"int\",\"string\"] | ROW<`int` INT, `string` STRING>",
        "[\"int\",\"string\"] | ROW<`int` INT, `string` STRING> NOT NULL",
        "{\"type\":\"int\",\"logicalType\":\"date\"} | DATE NOT NULL",
        "{\"type\":\"int\",\"logicalType\":\"time-millis\"} | TIME(3) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"time-micros\"} | BIGINT NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"} | TIMESTAMP_LTZ(3) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"} | TIMESTAMP_LTZ(6) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"} | TIMESTAMP_LTZ(9) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"} | TIMESTAMP(3) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"} | TIMESTAMP(6) NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"local-timestamp-nanos\"} | TIMESTAMP(9) NOT NULL",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}"
            + " | DECIMAL(9, 2) NOT NULL",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":39,\"scale\":2}"
            + " | BYTES NOT NULL",
        "{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"} | STRING NOT NULL",
        "{\"type\":\"string\",\"logicalType\":\"uuid\"} | STRING NOT NULL",
        "{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}"
            + " | STRING NOT NULL",
        "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}"
            + " | ROW<`months` BIGINT NOT NULL, `days` BIGINT NOT NULL, `millis` BIGINT NOT NULL>"
            + " NOT NULL",
        "{\"type\":\"long\",\"logicalType\":\"of-somebody\"} | BIGINT NOT NULL"
      })
  void everyTypeHasAColumn(String type, String column) {
    assertThat(canonical(type).asSummaryString()).isEqualTo(column);
  }

  @Test
  void whatHasNoColumnCostsItselfAlone() {
    String fields =
        String.join(
            ",",
            field("nothing", "\"null\""),
            field("empty", "{\"type\":\"record\",\"name\":\"Empty\",\"fields\":[]}"),
            field("nothings", "{\"type\":\"array\",\"items\":\"null\"}"),
            field("empties", "{\"type\":\"map\",\"values\":[\"null\",\"Empty\"]}"),
            field("kept", "\"int\""),
            field("some", "[\"Empty\",\"int\",\"string\"]"));
    Records records = Records.ofFields(fields);
    assertThat(records.columns().getFieldNames()).containsExactly("kept", "some");
    assertThat(records.columns().getTypeAt(1).asSummaryString())
        .isEqualTo("ROW<`int` INT, `string` STRING> NOT NULL");
  }

  @Test
  void aRecordThatIsInItselfEndsAtTheLimit() throws Exception {
    String list =
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
            + "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}";
    assertThat(AvroTypes.rowType(list, 2).asSummaryString())
        .isEqualTo("ROW<`v` INT NOT NULL, `next` ROW<`v` INT NOT NULL>> NOT NULL");
    // Five of them, of which three have columns.
    assertThat(Records.of(list).read("02 02 04 02 06 02 08 02 0a 00"))
        .isEqualTo(list(1, list(2, list(3))));
    assertThat(Records.of(list).write(1, GenericRowData.of(2, GenericRowData.of(3))))
        .isEqualTo("020204020600");
  }

  @Test
  void aRecordIsReadAsItIsWritten() throws Exception {
    Records records =
        Records.ofFields(
            String.join(
                ",",
                field("b", "\"boolean\""),
                field("i", "\"int\""),
                field("s", "[\"string\",\"null\"]"),
                field("e", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"),
                field("x", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"),
                field("u", "[\"null\",\"long\",\"string\",\"E\"]"),
                field("a", "{\"type\":\"array\",\"items\":[\"null\",\"int\"]}"),
                field("m", "{\"type\":\"map\",\"values\":\"string\"}")));
    String hex = "01 03 00 02 61 02 cafe 06 00 04 00 02 0e 00 02 02 6b 02 76 00";
    assertThat(records.read(hex))
        .isEqualTo(
            list(
                true,
                -2,
                "a",
                "B",
                "[-54, -2]",
                list(null, null, "A"),
                list(null, 7),
                Map.of("k", "v")));
    assertThat(records.copy(hex)).isEqualTo(hex.replace(" ", ""));
  }

  @Test
  void timesAndNumbersAreReadAndWrittenWithTheirDigits() throws Exception {
    Records records =
        Records.ofFields(
            String.join(
                ",",
                field("d", "{\"type\":\"int\",\"logicalType\":\"date\"}"),
                field("t", "{\"type\":\"int\",\"logicalType\":\"time-millis\"}"),
                field("z", "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"),
                field("n", "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}"),
                field("l", "{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}"),
                field(
                    "c",
                    "{\"type\":\"fixed\",\"name\":\"C\",\"size\":4,\"logicalType\":\"decimal\","
                        + "\"precision\":9,\"scale\":2}"),
                field("g", "{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"}"),
                field(
                    "u",
                    "{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}"),
                field(
                    "p",
                    "{\"type\":\"fixed\",\"name\":\"P\",\"size\":12,"
                        + "\"logicalType\":\"duration\"}")));
    // -1.23 as a big-decimal: 2 bytes of number, then the scale.
    String hex =
        "02 d00f 01 01 01 ffffff85 06 02 85 04 000102030405060708090a0b0c0d0e0f"
            + "01000000 02000000 ffffffff";
    assertThat(records.read(hex))
        .isEqualTo(
            list(
                LocalDate.of(1970, 1, 2),
                LocalTime.of(0, 0, 1),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.parse("1969-12-31T23:59:59.999999999Z"),
                LocalDateTime.parse("1969-12-31T23:59:59.999"),
                new BigDecimal("-1.23"),
                "-1.23",
                "00010203-0405-0607-0809-0a0b0c0d0e0f",
                list(1L, 2L, 4294967295L)));
    assertThat(records.copy(hex)).isEqualTo(hex.replace(" ", ""));
  }

  @Test
  void columnsMayBeDeclaredOtherwiseWhereNothingIsLost() throws Exception {
    String schema =
        record(
            String.join(
                ",",
                field("i", "\"int\""),
                field("f", "\"float\""),
                field("t", "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"),
                field("m", "{\"type\":\"long\",\"logicalType\":\"time-micros\"}"),
                field(
                    "d",
                    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,"
                        + "\"scale\":2}")));
    assertThat(
            Records.of(schema, "i BIGINT, f DOUBLE, t BIGINT, m TIME(3), d DECIMAL(10, 4)")
                .read("03 0000c03f 04 d00f 04 00ff"))
        .isEqualTo(list(-2L, 1.5, 2L, LocalTime.of(0, 0, 0, 1_000_000), new BigDecimal("2.5500")));
    assertThat(Records.of(schema, "t TIMESTAMP_LTZ(3), d BYTES").read("03 0000c03f d00f d00f 0201"))
        .isEqualTo(list(Instant.parse("1970-01-01T00:00:00.001Z"), "[1]"));
    assertThatThrownBy(
            () -> Records.of(schema, "t TIMESTAMP_LTZ(3)").read("03 0000c03f 04 d00f 0201"))
        .hasMessageContaining("in field 't', the time 2 has more digits than TIMESTAMP_LTZ(3)");
    assertThatThrownBy(() -> Records.of(schema, "m TIME(3)").read("03 0000c03f 04 04 0201"))
        .hasMessageContaining("in field 'm', the time 2 has more digits than TIME(3) holds");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"int\" | STRING",
        "\"long\" | INT",
        "\"double\" | FLOAT",
        "\"string\" | BYTES",
        "\"string\" | VARCHAR(10)",
        "\"bytes\" | STRING",
        "[\"int\",\"string\"] | STRING",
        "{\"type\":\"array\",\"items\":\"int\"} | ARRAY<STRING>",
        "{\"type\":\"map\",\"values\":\"int\"} | MAP<INT, INT>",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"} | TIMESTAMP(6)",
        "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"} | TIMESTAMP_LTZ(6)",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}"
            + " | DECIMAL(4, 1)",
        "\"null\" | STRING"
      })
  void aColumnThatCannotHoldItsFieldIsRefusedWhenAStatementIsPlanned(String type, String column) {
    Records records = Records.of(record(field("f", type)), "f " + column);
    assertThatThrownBy(() -> records.format().decoder(records.columns()))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("Column 'f' is declared")
        .hasMessageContaining("cannot hold field 't.R.f'");
  }

  @Test
  void aRowThatItsSchemaCannotHoldIsRefusedByItsColumn() {
    Records records =
        Records.ofFields(
            String.join(
                ",",
                field(
                    "n",
                    "{\"type\":\"record\",\"name\":\"N\",\"fields\":["
                        + field("i", "\"int\"")
                        + "]}"),
                field("e", "[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}]"),
                field("u", "[\"null\",\"int\",\"string\"]")));
    StringData b = StringData.fromString("B");
    assertThatThrownBy(() -> records.write(GenericRowData.of((Object) null), null, null))
        .hasMessage(
            "Cannot write a row as 't.R': column 'n.i' is NULL, and its field cannot be null.");
    assertThatThrownBy(() -> records.write(GenericRowData.of(1), b, null))
        .hasMessageContaining("column 'e' is no symbol of its enum. Symbols: A.");
    assertThatThrownBy(() -> records.write(GenericRowData.of(1), null, GenericRowData.of(1, b)))
        .hasMessageContaining("column 'u' has values for 'int' and 'string'");
    assertThatThrownBy(
            () -> records.write(GenericRowData.of(1), null, GenericRowData.of(null, null)))
        .hasMessageContaining("column 'u' has no value for any type of its union");
    assertThat(records.write(GenericRowData.of(1), null, GenericRowData.of(null, b)))
        .isEqualTo("0200040242");
  }

  @Test
  void aNumberThatItsFieldCannotHoldIsNotWritten() {
    String schema =
        record(
            String.join(
                ",",
                field("i", "[\"null\",\"int\"]"),
                field("f", "[\"null\",\"float\"]"),
                field("t", "[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}]"),
                field(
                    "d",
                    "[\"null\",{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,"
                        + "\"scale\":2}]")));
    Records records =
        Records.of(schema, "i BIGINT, f DOUBLE, t TIMESTAMP_LTZ(9), d DECIMAL(10, 4)");
    assertThatThrownBy(() -> records.write(1L << 31, null, null, null))
        .hasMessageContaining("column 'i' is 2147483648, and its field is an int");
    assertThatThrownBy(() -> records.write(null, 0.1, null, null))
        .hasMessageContaining("column 'f' is 0.1, which no float holds");
    assertThatThrownBy(() -> records.write(null, null, TimestampData.fromEpochMillis(0, 1), null))
        .hasMessageContaining("column 't' is 1970-01-01T00:00:00.000000001");
    assertThatThrownBy(
            () ->
                records.write(
                    null, null, null, DecimalData.fromBigDecimal(new BigDecimal("0.001"), 10, 4)))
        .hasMessageContaining("column 'd' is 0.0010, and its field holds 2 digits");
    assertThatThrownBy(
            () ->
                records.write(
                    null, null, null, DecimalData.fromBigDecimal(new BigDecimal("100"), 10, 4)))
        .hasMessageContaining("column 'd' is 100.00, and its field holds 4 digits");
  }
}
