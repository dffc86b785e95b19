package io.unifiedcatalog.server.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.SharedServers;
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
  @CsvSource({"FixedString(3), CHAR(3)", "Array(FixedString(3)), ARRAY<CHAR(3)>"})
  void aFixedStringIsCharIfTheSourceSaysSo(String nativeType, String sql) {
    ColumnType type = of(nativeType, Map.of("fixed-string", "char"));
    assertThat(((ColumnType.Supported) type).type().sql()).isEqualTo(sql);
  }

  @Test
  void everyTypeOfTheEngineIsMappedOrSaidNotToBe() {
    ClickHouseServer server = SharedServers.clickHouse();
    String database = SharedServers.newPrefix(ClickHouseTypesTest.class).name("types");
    server.execute("CREATE DATABASE " + database);
    List<String> names =
        server
            .query("SELECT name, alias_to FROM system.data_type_families ORDER BY name")
            .lines()
            .toList();
    assertThat(names).hasSizeGreaterThan(100).contains("UInt64\t", "Time64\t", "JSON\t", "QBit\t");
    List<String> notUnderstood = new ArrayList<>();
    for (String name : names) {
      String[] both = name.split("\t", -1);
      String asked = both[0] + ARGUMENTS.getOrDefault(both[1].isEmpty() ? both[0] : both[1], "");
      // As system.columns would print it, an alias by what it stands for.
      String printed = printed(server, database, asked);
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

  private static String printed(ClickHouseServer server, String database, String type) {
    server.execute("DROP TABLE IF EXISTS " + database + ".printed SYNC");
    try {
      server.execute(
          "CREATE TABLE "
              + database
              + ".printed (c "
              + type
              + ") ENGINE = Memory SETTINGS allow_suspicious_low_cardinality_types = 1,"
              + " allow_experimental_time_time64_type = 1, flatten_nested = 0");
    } catch (IllegalStateException e) {
      // Only a view can have a column of it, of which the engine prints the name.
      assertThat(e).hasMessageContaining("DATA_TYPE_CANNOT_BE_USED_IN_TABLES");
      return type;
    }
    return server
        .query("SELECT type FROM system.columns WHERE database = '" + database + "' FORMAT RawBLOB")
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
