package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DayTimeIntervalType;
import org.apache.flink.table.types.logical.DayTimeIntervalType.DayTimeResolution;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampKind;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.YearMonthIntervalType;
import org.apache.flink.table.types.logical.YearMonthIntervalType.YearMonthResolution;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeTest {
  @Property(tries = 1000)
  void whatFlinkPrintsComesBackAsItWas(@ForAll("types") LogicalType type) {
    String sql = type.asSerializableString();
    Type.Parsed parsed = Type.parse(sql);
    assertThat(parsed.type().sql(parsed.nullable())).isEqualTo(sql);
    assertThat(parsed.nullable()).isEqualTo(type.isNullable());
  }

  @Property(tries = 300)
  void whatFlinkShowsMeansTheSame(@ForAll("typesWithoutDescriptions") LogicalType type) {
    assertThat(Type.parse(type.asSummaryString()))
        .isEqualTo(Type.parse(type.asSerializableString()));
  }

  @Property(tries = 300)
  void theCaseOfKeyWordsAndBlanksDoNotCount(@ForAll("typesWithoutDescriptions") LogicalType type) {
    String sql = type.asSerializableString();
    StringBuilder other = new StringBuilder();
    boolean inName = false;
    for (int i = 0; i < sql.length(); i++) {
      char character = sql.charAt(i);
      inName ^= character == '`';
      if (inName || character == '`') {
        other.append(character);
      } else if (character == ' ') {
        other.append(" /* a ' comment */\t-- another\n");
      } else if ("<>(),".indexOf(character) >= 0) {
        other.append("\n").append(character).append(' ');
      } else {
        other.append(Character.toLowerCase(character));
      }
    }
    assertThat(Type.parse(other.toString())).isEqualTo(Type.parse(sql));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "STRING",
        "bytes",
        "Integer",
        "DEC",
        "NUMERIC(12)",
        "DECIMAL ( 38 , 38 )",
        "double precision NOT NULL",
        "char",
        "VARCHAR",
        "BINARY(3)",
        "VARBINARY(3)",
        "TIME",
        "TIME(3) WITHOUT TIME ZONE",
        "TIMESTAMP",
        "TIMESTAMP WITHOUT TIME ZONE",
        "TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL",
        "timestamp_ltz",
        "TIMESTAMP_LTZ(9) NULL",
        "INTERVAL YEAR",
        "INTERVAL DAY TO SECOND",
        "INTERVAL SECOND(0)",
        "INTERVAL MINUTE TO SECOND",
        "INT ARRAY",
        "INT NOT NULL ARRAY NOT NULL",
        "INT MULTISET",
        "MAP<STRING, ARRAY<INT NOT NULL>> NOT NULL",
        "ROW<id BIGINT NOT NULL 'the '' id', `of` ROW(a INT)>",
        "ROW(`timestamp` TIMESTAMP(3), `row` ROW<>)",
      })
  void whatPeopleWriteMeansWhatItMeansToFlink(String sql) {
    Type.Parsed parsed = Type.parse(sql);
    assertThat(parsed.type().sql(parsed.nullable()))
        .isEqualTo(
            LogicalTypeParser.parse(sql, TypeTest.class.getClassLoader()).asSerializableString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "''                       | 1:1: expected a type, but found ''",
        "INTT                     | 1:1: expected a type of Flink SQL, but found 'INTT'",
        "INT NOT                  | 1:8: expected 'NULL', but found the end",
        "INT 5                    | 1:5: expected the end, but found '5'",
        "ARRAY<INT                | 1:10: expected '>', but found the end",
        "ARRAY                    | 1:6: expected '<', but found the end",
        "MAP<INT>                 | 1:8: expected ',', but found '>'",
        "DECIMAL(39)              | 1:9: the precision must be 1 to 38, but is '39'",
        "DECIMAL(5, 6)            | 1:12: the scale must be 0 to 5, but is '6'",
        "TIMESTAMP(10)            | 1:11: the precision must be 0 to 9, but is '10'",
        "CHAR(0)                  | 1:6: the length must be 1 to 2147483647, but is '0'",
        "VARCHAR(99999999999999999999) | 1:9: the length must be 1 to 2147483647, but is '99999999999999999999'",
        "VARCHAR(x)               | 1:9: expected the length, but found 'x'",
        "ROW<a INT, a INT>        | 1:12: the field 'a' is there twice",
        "ROW<`` INT>              | 1:5: the name of a field must not be blank",
        "ROW<a>                   | 1:6: expected a type, but found '>'",
        "ROW<`a INT>              | 1:5: the quote that begins here does not end",
        "INT /* x                 | 1:5: the comment that begins here does not end",
        "INTERVAL HOUR TO DAY     | 1:18: expected a field below HOUR, but found 'DAY'",
        "INTERVAL WEEK            | 1:10: expected YEAR, MONTH, DAY, HOUR, MINUTE or SECOND, but found 'WEEK'",
        "TIMESTAMP WITH TIME ZONE | 1:1: a column cannot be of TIMESTAMP WITH TIME ZONE, which Flink cannot read. Use TIMESTAMP_LTZ.",
        "RAW('a.B', 'x')          | 1:1: a column cannot be of RAW, which only the Java class in it can read.",
        "STRUCTURED<'a.B', a INT> | 1:1: a column cannot be of a structured type, which needs a Java class. Use ROW.",
        "my.own.Thing             | 1:1: a column cannot be of a user-defined type, which no format reads.",
        "NULL                     | 1:1: a column cannot be of NULL, which has no values.",
        "variant                  | 1:1: a column cannot be of VARIANT, which not every supported release of Flink has.",
      })
  void whatIsNoTypeIsRefusedWithItsPlace(String sql, String message) {
    assertThatExceptionOfType(CatalogException.class)
        .isThrownBy(() -> Type.parse(sql))
        .withMessage("Flink SQL type '" + sql + "' is not understood: " + message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void keyWordsAreNamesOfFieldsWithoutQuotesToo() {
    assertThat(Type.parse("ROW<row ROW<>, timestamp TIMESTAMP, null STRING ARRAY, not INT>"))
        .isEqualTo(
            Type.parse("ROW<`row` ROW<>, `timestamp` TIMESTAMP, `null` ARRAY<STRING>, `not` INT>"));
  }

  @ParameterizedTest
  @CsvSource({"ARRAY<, INT, >", "'', INT, ' ARRAY'", "'ROW<a ', INT, ' ARRAY>'"})
  void typesInTypesHaveALimit(String before, String inner, String after) {
    assertThat(Type.parse(before.repeat(31) + inner + after.repeat(31)).type()).isNotNull();
    assertThatExceptionOfType(CatalogException.class)
        .isThrownBy(() -> Type.parse(before.repeat(100_000) + inner + after.repeat(100_000)))
        .withMessageContaining("more than 64 types in one another")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
  }

  @Provide
  static Arbitrary<LogicalType> types() {
    return types(Arbitraries.strings().all().ofMinLength(1).ofMaxLength(8).injectNull(0.5));
  }

  @Provide
  static Arbitrary<LogicalType> typesWithoutDescriptions() {
    return types(Arbitraries.just("").map(none -> (String) null));
  }

  private static Arbitrary<LogicalType> types(Arbitrary<String> descriptions) {
    Arbitrary<Integer> lengths = Arbitraries.integers().between(1, Integer.MAX_VALUE);
    Arbitrary<Integer> precisions = Arbitraries.integers().between(0, 9);
    Arbitrary<LogicalType> simple =
        Arbitraries.oneOf(
            Arbitraries.of(
                new BooleanType(),
                new TinyIntType(),
                new SmallIntType(),
                new IntType(),
                new BigIntType(),
                new FloatType(),
                new DoubleType(),
                new DateType()),
            lengths.map(CharType::new),
            lengths.map(VarCharType::new),
            Arbitraries.just(VarCharType.STRING_TYPE),
            lengths.map(BinaryType::new),
            lengths.map(VarBinaryType::new),
            Arbitraries.integers()
                .between(1, 38)
                .flatMap(
                    precision ->
                        Arbitraries.integers()
                            .between(0, precision)
                            .map(scale -> new DecimalType(precision, scale))),
            precisions.map(TimeType::new),
            precisions.map(TimestampType::new),
            precisions.map(
                precision ->
                    new TimestampType(true, TimestampKind.ROWTIME, Math.min(precision, 3))),
            precisions.map(LocalZonedTimestampType::new),
            Combinators.combine(
                    Arbitraries.of(YearMonthResolution.class), Arbitraries.integers().between(1, 4))
                .as(
                    (resolution, years) ->
                        new YearMonthIntervalType(
                            resolution,
                            resolution == YearMonthResolution.MONTH
                                ? YearMonthIntervalType.DEFAULT_PRECISION
                                : years)),
            Combinators.combine(
                    Arbitraries.of(DayTimeResolution.class),
                    Arbitraries.integers().between(1, 6),
                    precisions)
                .as(
                    (resolution, days, fraction) ->
                        new DayTimeIntervalType(
                            resolution,
                            resolution.name().contains("DAY")
                                ? days
                                : DayTimeIntervalType.DEFAULT_DAY_PRECISION,
                            resolution.name().contains("SECOND")
                                ? fraction
                                : DayTimeIntervalType.DEFAULT_FRACTIONAL_PRECISION)));
    Arbitrary<LogicalType> all =
        Arbitraries.recursive(() -> simple, inner -> nested(inner, descriptions), 0, 3);
    return Combinators.combine(all, Arbitraries.of(true, false)).as(LogicalType::copy);
  }

  private static Arbitrary<LogicalType> nested(
      Arbitrary<LogicalType> inner, Arbitrary<String> descriptions) {
    Arbitrary<LogicalType> either =
        Combinators.combine(inner, Arbitraries.of(true, false)).as(LogicalType::copy);
    Arbitrary<String> names =
        Arbitraries.strings().all().ofMinLength(1).ofMaxLength(8).filter(name -> !name.isBlank());
    Arbitrary<List<RowType.RowField>> fields =
        Combinators.combine(names, either, descriptions)
            .as(RowType.RowField::new)
            .list()
            .uniqueElements(RowType.RowField::getName)
            .ofMaxSize(4);
    return Arbitraries.oneOf(
        either.map(ArrayType::new),
        either.map(MultisetType::new),
        Combinators.combine(either, either).as(MapType::new),
        fields.map(RowType::new));
  }
}
