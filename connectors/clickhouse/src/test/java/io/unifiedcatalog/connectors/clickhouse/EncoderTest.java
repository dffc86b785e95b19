package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written into ClickHouse's engine, and what is refused before it is. */
@ExtendWith(SharedServers.class)
class EncoderTest {
  private static ClickHouseServer server;
  private static Prefix prefix;
  private static int tables;

  @BeforeAll
  static void start(ClickHouseServer shared, Prefix names) {
    server = shared;
    prefix = names;
  }

  /** The last two values of each row are the first beyond the range, on both sides. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Int8 | INT | -128 | 127 | -129 | 128",
        "Int16 | INT | -32768 | 32767 | -32769 | 32768",
        "Int32 | BIGINT | -2147483648 | 2147483647 | -2147483649 | 2147483648",
        "Int64 | DECIMAL(20, 0) | -9223372036854775808 | 9223372036854775807 |"
            + " -9223372036854775809 | 9223372036854775808",
        "Int128 | STRING | -170141183460469231731687303715884105728 |"
            + " 170141183460469231731687303715884105727 |"
            + " -170141183460469231731687303715884105729 |"
            + " 170141183460469231731687303715884105728",
        "UInt8 | INT | 0 | 255 | -1 | 300",
        "UInt8 | SMALLINT | 0 | 255 | -1 | 300",
        "UInt8 | STRING | 0 | 255 | -1 | 300",
        "UInt16 | INT | 0 | 65535 | -1 | 65536",
        "UInt32 | BIGINT | 0 | 4294967295 | -1 | 4294967296",
        "UInt64 | DECIMAL(21, 0) | 0 | 18446744073709551615 | -1 | 18446744073709551616",
        "UInt64 | BIGINT | 0 | 9223372036854775807 | -1 | -9223372036854775808",
        "UInt128 | STRING | 0 | 340282366920938463463374607431768211455 | -1 |"
            + " 340282366920938463463374607431768211456",
        "Int256 | STRING |"
            + " -57896044618658097711785492504343953926634992332820282019728792003956564819968 |"
            + " 57896044618658097711785492504343953926634992332820282019728792003956564819967 |"
            + " -57896044618658097711785492504343953926634992332820282019728792003956564819969 |"
            + " 57896044618658097711785492504343953926634992332820282019728792003956564819968",
        "UInt256 | STRING | 0 |"
            + " 115792089237316195423570985008687907853269984665640564039457584007913129639935 | -1 |"
            + " 115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "Decimal(4, 2) | DECIMAL(6, 2) | -99.99 | 99.99 | -100.00 | 100.00",
        "Decimal(50, 1) | STRING | -1.5 | 1.5 | 1.55 |"
            + " 99999999999999999999999999999999999999999999999999.9",
        "Bool | INT | 0 | 1 | -1 | 2",
        "Date | DATE | 1970-01-01 | 2149-06-06 | 1969-12-31 | 2149-06-07",
        "Date32 | DATE | 1900-01-01 | 2299-12-31 | 1899-12-31 | 2300-01-01",
        "DateTime | TIMESTAMP_LTZ(0) | 1970-01-01T00:00:00Z | 2106-02-07T06:28:15Z |"
            + " 1969-12-31T23:59:59Z | 2106-02-07T06:28:16Z",
        "DateTime64(3) | TIMESTAMP_LTZ(3) | 1900-01-01T00:00:00Z | 2299-12-31T23:59:59.999Z |"
            + " 1899-12-31T23:59:59.999Z | 2300-01-01T00:00:00Z",
        "DateTime64(9) | TIMESTAMP_LTZ(9) | 1900-01-01T00:00:00Z |"
            + " 2262-04-11T23:47:16.854775807Z | 1899-12-31T23:59:59.999999999Z |"
            + " 2262-04-11T23:47:16.854775808Z",
      })
  void theEndsOfARangeAreWrittenAndWhatIsBeyondIsRefused(
      String type, String flinkType, String least, String greatest, String below, String above)
      throws IOException {
    LogicalType flink = LogicalTypeParser.parse(flinkType, EncoderTest.class.getClassLoader());
    // At the top, in an array, in a map and in a tuple.
    for (String container :
        List.of("%s", "Array(%s)", "Map(String, Nullable(%s))", "Tuple(a %s, b String)")) {
      String nativeType = container.formatted(type);
      LogicalType whole = inside(container, flink);
      List<Object> values = new ArrayList<>();
      for (String text : List.of(least, greatest)) {
        values.add(inside(container, value(text, flink)));
      }
      assertThat(written(nativeType, whole, values))
          .as(nativeType)
          .containsExactlyElementsOf(values);
      for (String text : List.of(below, above)) {
        assertThatThrownBy(
                () ->
                    Encoder.of(whole, type(nativeType))
                        .write(inside(container, value(text, flink)), new RowBinaryOutput()))
            .as(nativeType + " " + text)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(text);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FixedString(3) | STRING | abcd | abcd has 4 bytes",
        "FixedString(3) | STRING | äö | has 4 bytes, and FixedString(3) holds 3",
        "Enum8('a' = 1, 'it\\'s' = 2) | STRING | b | Its members: a, it's",
        "Enum16('a' = 1000) | STRING | A | is not a member of the Enum16",
        "UUID | STRING | 1-2-3-4-5 | 1-2-3-4-5 is not a value of UUID",
        "UUID | STRING | not | not is not a value of UUID",
        "IPv4 | STRING | 256.0.0.1 | 256.0.0.1 is not a value of IPv4",
        "IPv4 | STRING | ::1 | ::1 is not a value of IPv4",
        "IPv6 | STRING | x::1 | x::1 is not a value of IPv6",
        "Int32 | DECIMAL(3, 1) | 1.5 | 1.5 is not a value of Int32 exactly",
        "Int32 | STRING | 1e3 | 1e3 is not a value of Int32",
        "Int32 | DOUBLE | NaN | NaN is not a value of Int32",
        "Float32 | DOUBLE | 0.1 | 0.1 is not a value of Float32 exactly",
        "Float64 | BIGINT | 9007199254740993 | 9007199254740993 is not a value of Float64 exactly",
        "BFloat16 | FLOAT | 0.1 | 0.1 is not a value of BFloat16 exactly",
        "Decimal(4, 1) | DECIMAL(4, 2) | 1.25 | 1.25 is not a value of Decimal(4, 1) exactly",
        "DateTime | TIMESTAMP_LTZ(3) | 2024-01-01T00:00:00.001Z | is not a value of DateTime exactly",
        "DateTime64(3) | TIMESTAMP_LTZ(6) | 2024-01-01T00:00:00.000001Z |"
            + " is not a value of DateTime64(3) exactly",
      })
  void whatATypeDoesNotHoldIsRefused(String type, String flinkType, String text, String message) {
    LogicalType flink = LogicalTypeParser.parse(flinkType, EncoderTest.class.getClassLoader());
    for (String container :
        List.of("%s", "Array(%s)", "Map(String, %s)", "Tuple(a %s, b String)")) {
      assertThatThrownBy(
              () ->
                  Encoder.of(inside(container, flink), type(container.formatted(type)))
                      .write(inside(container, value(text, flink)), new RowBinaryOutput()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void nullIsRefusedWhereItIsNoValue() {
    for (String type : List.of("UInt8", "Array(UInt8)", "LowCardinality(String)")) {
      LogicalType flink =
          type.startsWith("A")
              ? inside("Array(%s)", LogicalTypeParser.parse("INT", getClass().getClassLoader()))
              : LogicalTypeParser.parse("STRING", getClass().getClassLoader());
      assertThatThrownBy(() -> Encoder.of(flink, type(type)).write(null, new RowBinaryOutput()))
          .hasMessageContaining("NULL is not a value of");
    }
  }

  /** Writes values into a new table and reads them again. */
  private static List<Object> written(String type, LogicalType flink, List<Object> values)
      throws IOException {
    String table;
    synchronized (EncoderTest.class) {
      table = prefix.name("enc" + tables++);
    }
    server.execute("CREATE TABLE " + table + " (v " + type + ") ENGINE = Memory");
    ClickHouseAddress address =
        new ClickHouseAddress(server.url("default"), server.user(), server.password(), table);
    Encoder encoder = Encoder.of(flink, type(type));
    RowBinaryOutput out = new RowBinaryOutput();
    for (Object value : values) {
      encoder.write(value, out);
    }
    List<Object> read = new ArrayList<>();
    try (ClickHouseConnection connection = address.connect()) {
      connection.insert(address.quotedTable(), List.of("v"), out);
      RowType rowType = RowType.of(flink);
      RowData.FieldGetter getter = RowData.createFieldGetter(flink, 0);
      try (Rows rows = new Rows(connection.query("SELECT v FROM " + table), rowType)) {
        while (rows.hasNext()) {
          read.add(getter.getFieldOrNull(rows.next()));
        }
      }
    }
    return read;
  }

  private static NativeType type(String text) {
    return Objects.requireNonNull(NativeType.parse(text));
  }

  private static LogicalType inside(String container, LogicalType type) {
    return switch (container) {
      case "%s" -> type;
      case "Array(%s)" -> new ArrayType(type);
      case "Tuple(a %s, b String)" -> RowType.of(type, new VarCharType(Integer.MAX_VALUE));
      default -> new MapType(new VarCharType(Integer.MAX_VALUE), type);
    };
  }

  private static Object inside(String container, Object value) {
    return switch (container) {
      case "%s" -> value;
      case "Array(%s)" -> new GenericArrayData(new Object[] {value});
      case "Tuple(a %s, b String)" -> GenericRowData.of(value, StringData.fromString("b"));
      default -> new GenericMapData(Map.of(StringData.fromString("k"), value));
    };
  }

  private static Object value(String text, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case SMALLINT -> Short.valueOf(text);
      case INTEGER -> Integer.valueOf(text);
      case BIGINT -> Long.valueOf(text);
      case FLOAT -> Float.valueOf(text);
      case DOUBLE -> Double.valueOf(text);
      case DECIMAL -> {
        BigDecimal decimal = new BigDecimal(text);
        yield DecimalData.fromBigDecimal(
            decimal, ((DecimalType) type).getPrecision(), ((DecimalType) type).getScale());
      }
      case DATE -> (int) LocalDate.parse(text).toEpochDay();
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> TimestampData.fromInstant(Instant.parse(text));
      default -> StringData.fromString(text);
    };
  }
}
