package io.unifiedcatalog.server.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.testing.ClickHouseServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClickHouseTypesTest {
  /** Arguments for types that need some. */
  private static final Map<String, String> ARGUMENTS =
      Map.ofEntries(
          Map.entry("AggregateFunction", "(sum, UInt64)"),
          Map.entry("Array", "(String)"),
          Map.entry("DateTime64", "(3)"),
          Map.entry("Decimal", "(10, 2)"),
          Map.entry("Decimal32", "(2)"),
          Map.entry("Decimal64", "(2)"),
          Map.entry("Decimal128", "(2)"),
          Map.entry("Decimal256", "(2)"),
          Map.entry("Enum", "('a' = 1)"),
          Map.entry("Enum8", "('a' = 1, 'it''s (b)' = 2)"),
          Map.entry("Enum16", "('a' = 1)"),
          Map.entry("FixedString", "(5)"),
          Map.entry("LowCardinality", "(String)"),
          Map.entry("Map", "(String, UInt8)"),
          Map.entry("Nested", "(a UInt8, `b c` String)"),
          Map.entry("Nullable", "(UInt8)"),
          Map.entry("QBit", "(Float32, 8)"),
          Map.entry("SimpleAggregateFunction", "(sum, UInt64)"),
          Map.entry("Time64", "(3)"),
          Map.entry("Tuple", "(a UInt8, b String)"),
          Map.entry("Variant", "(String, UInt8)"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Int8 | TINYINT NOT NULL",
        "UInt8 | SMALLINT NOT NULL",
        "Int16 | SMALLINT NOT NULL",
        "UInt16 | INT NOT NULL",
        "UInt32 | BIGINT NOT NULL",
        "Int64 | BIGINT NOT NULL",
        "UInt64 | DECIMAL(20, 0) NOT NULL",
        "Int128 | VARCHAR(2147483647) NOT NULL",
        "UInt256 | VARCHAR(2147483647) NOT NULL",
        "BFloat16 | FLOAT NOT NULL",
        "Float64 | DOUBLE NOT NULL",
        "Bool | BOOLEAN NOT NULL",
        "Decimal(38, 10) | DECIMAL(38, 10) NOT NULL",
        "Decimal(76, 10) | VARCHAR(2147483647) NOT NULL",
        "Date32 | DATE NOT NULL",
        "DateTime | TIMESTAMP(0) WITH LOCAL TIME ZONE NOT NULL",
        "DateTime('Asia/Tokyo') | TIMESTAMP(0) WITH LOCAL TIME ZONE NOT NULL",
        "DateTime64(9, 'UTC') | TIMESTAMP(9) WITH LOCAL TIME ZONE NOT NULL",
        "FixedString(3) | VARBINARY(2147483647) NOT NULL",
        "Enum8('a' = -1, 'b)' = 2) | VARCHAR(2147483647) NOT NULL",
        "Nullable(UUID) | VARCHAR(2147483647)",
        "LowCardinality(Nullable(String)) | VARCHAR(2147483647)",
        "SimpleAggregateFunction(anyLast, Nullable(Int8)) | TINYINT",
        "Array(Nullable(Int8)) | ARRAY<TINYINT> NOT NULL",
        "Array(Array(String)) | ARRAY<ARRAY<VARCHAR(2147483647)>> NOT NULL",
        "Map(LowCardinality(String), UInt8) | MAP<VARCHAR(2147483647) NOT NULL, SMALLINT> NOT NULL",
        "Tuple(a UInt8, `b c` Nullable(Date)) | ROW<`a` SMALLINT NOT NULL, `b c` DATE> NOT NULL",
        "Tuple(Int8, String) |"
            + " ROW<`f0` TINYINT NOT NULL, `f1` VARCHAR(2147483647) NOT NULL> NOT NULL",
        "Array(FixedString(3)) | ARRAY<VARCHAR(2147483647)> NOT NULL",
        "Nested(a Int8) | ARRAY<ROW<`a` TINYINT NOT NULL>> NOT NULL",
      })
  void aTypeIsSeenByFlinkAs(String nativeType, String sql) {
    ColumnType type = of(nativeType);
    assertThat(type).isInstanceOf(ColumnType.Supported.class);
    ColumnType.Supported supported = (ColumnType.Supported) type;
    assertThat(supported.type().sql(supported.nullable())).isEqualTo(sql);
  }

  @ParameterizedTest
  @CsvSource({"FixedString(3), CHAR(3)", "Array(FixedString(3)), ARRAY<CHAR(3)>"})
  void aFixedStringIsCharIfTheSourceSaysSo(String nativeType, String sql) {
    ColumnType type = of(nativeType, Map.of("fixed-string", "char"));
    assertThat(((ColumnType.Supported) type).type().sql()).isEqualTo(sql);
  }

  @Test
  void whatOneOfItsTypesIsNotIsNoneOfItsWhole() {
    assertThat(of("Array(Tuple(a Map(String, AggregateFunction(sum, UInt64))))"))
        .isInstanceOfSatisfying(
            ColumnType.Unsupported.class,
            it -> assertThat(it.reason()).contains("aggregate function"));
  }

  @Test
  void everyTypeOfTheEngineIsMappedOrSaidNotToBe() {
    try (ClickHouseServer server = ClickHouseServer.start()) {
      List<String> names =
          server
              .query("SELECT name, alias_to FROM system.data_type_families ORDER BY name")
              .lines()
              .toList();
      assertThat(names)
          .hasSizeGreaterThan(100)
          .contains("UInt64\t", "Time64\t", "JSON\t", "QBit\t");
      List<String> notUnderstood = new ArrayList<>();
      for (String name : names) {
        String[] both = name.split("\t", -1);
        String asked = both[0] + ARGUMENTS.getOrDefault(both[1].isEmpty() ? both[0] : both[1], "");
        // As system.columns would print it, an alias by what it stands for.
        String printed = printed(server, asked);
        ColumnType type = of(printed);
        if (type instanceof ColumnType.Unsupported unsupported
            && (unsupported.reason().contains("does not know")
                || unsupported.reason().contains("is not one"))) {
          notUnderstood.add(asked + " printed as " + printed + ": " + unsupported.reason());
        }
      }
      assertThat(notUnderstood).isEmpty();
      assertThat(of("Brandnew(1)"))
          .isInstanceOfSatisfying(
              ColumnType.Unsupported.class,
              it -> assertThat(it.reason()).contains("does not know ClickHouse's type Brandnew"));
    }
  }

  private static String printed(ClickHouseServer server, String type) {
    server.execute("DROP TABLE IF EXISTS printed SYNC");
    try {
      server.execute(
          "CREATE TABLE printed (c "
              + type
              + ") ENGINE = Memory SETTINGS allow_suspicious_low_cardinality_types = 1,"
              + " allow_experimental_time_time64_type = 1, flatten_nested = 0");
    } catch (IllegalStateException e) {
      // Only a view can have a column of it, of which the engine prints the name.
      assertThat(e).hasMessageContaining("DATA_TYPE_CANNOT_BE_USED_IN_TABLES");
      return type;
    }
    return server
        .query("SELECT type FROM system.columns WHERE table = 'printed' FORMAT RawBLOB")
        .strip();
  }

  /** What ClickHouse prints for a type, and the same as the parser understands it. */
  record Printed(String text, NativeType type) {}

  @Property
  void everyTypeThatIsPrintedIsUnderstoodAsItWas(@ForAll("printed") Printed printed) {
    assertThat(NativeType.parse(printed.text)).isEqualTo(printed.type);
  }

  @Property
  void noTextMakesTheParserFail(@ForAll String text) {
    for (String whole : List.of(text, "Array(" + text, "Enum8('" + text + "')")) {
      NativeType.parse(whole);
    }
  }

  @Provide
  Arbitrary<Printed> printed() {
    return Arbitraries.lazyOf(
        () ->
            Arbitraries.of("UInt8", "String", "DateTime", "Nothing")
                .map(name -> new Printed(name, new NativeType(name, List.of()))),
        () ->
            Arbitraries.integers()
                .between(0, 9)
                .map(
                    digits ->
                        new Printed(
                            "DateTime64(" + digits + ", 'Asia/Tokyo')",
                            new NativeType(
                                "DateTime64",
                                List.of(
                                    new NativeType.Argument("", null, "" + digits),
                                    new NativeType.Argument("", null, "Asia/Tokyo"))))),
        () ->
            Combinators.combine(
                    Arbitraries.of("Array", "Nullable", "Map", "Variant"),
                    printed().list().ofMinSize(1).ofMaxSize(3))
                .as(
                    (name, inner) ->
                        new Printed(
                            name
                                + inner.stream()
                                    .map(Printed::text)
                                    .collect(Collectors.joining(", ", "(", ")")),
                            new NativeType(
                                name,
                                inner.stream()
                                    .map(it -> new NativeType.Argument("", it.type, ""))
                                    .toList()))),
        () ->
            Combinators.combine(Arbitraries.strings().ofMinLength(1).ofMaxLength(5), printed())
                .as(
                    (name, inner) ->
                        new Printed(
                            "Tuple(plain "
                                + inner.text
                                + ", `"
                                + name.replace("\\", "\\\\").replace("`", "\\`")
                                + "` "
                                + inner.text
                                + ")",
                            new NativeType(
                                "Tuple",
                                List.of(
                                    new NativeType.Argument("plain", inner.type, ""),
                                    new NativeType.Argument(name, inner.type, ""))))));
  }

  private static ColumnType of(String nativeType) {
    return of(nativeType, Map.of());
  }

  private static ColumnType of(String nativeType, Map<String, String> options) {
    Source source =
        new Source(
            UUID.randomUUID(),
            "mine",
            "clickhouse",
            options,
            Map.of("password", new Secret("of a test")),
            1);
    return ClickHouseTypes.of(
        new Column("c", nativeType, nativeType.startsWith("Nullable"), "", Map.of()),
        ClickHouseOptions.parse(source, new ArrayList<>()));
  }
}
