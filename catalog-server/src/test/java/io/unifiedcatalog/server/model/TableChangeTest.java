package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.TableChange.Aspect;
import io.unifiedcatalog.server.model.TableChange.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableChangeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TINYINT | BIGINT",
        "INT | DECIMAL(10, 0)",
        "BIGINT | DECIMAL(21, 2)",
        "SMALLINT | FLOAT",
        "INT | DOUBLE",
        "FLOAT | DOUBLE",
        "DECIMAL(10, 2) | DECIMAL(12, 4)",
        "CHAR(3) | VARCHAR(3)",
        "VARCHAR(10) | STRING",
        "VARBINARY(3) | BYTES",
        "TIMESTAMP(0) | TIMESTAMP(6)",
        "TIMESTAMP_LTZ(3) | TIMESTAMP_LTZ(9)",
        "ARRAY<INT NOT NULL> | ARRAY<BIGINT>",
        "MAP<STRING NOT NULL, INT> | MAP<STRING NOT NULL, BIGINT>",
        "ROW<a INT> | ROW<a BIGINT, b STRING>",
      })
  void aTypeThatHoldsEveryValueOfTheOtherIsWiderAndTheOtherNarrower(String from, String to) {
    assertThat(aspect(from, to)).isEqualTo(Aspect.TYPE_WIDENED);
    assertThat(aspect(to, from)).isEqualTo(Aspect.TYPE_NARROWED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INT | STRING",
        "BIGINT | DOUBLE",
        "INT | FLOAT",
        "INT | DECIMAL(10, 1)",
        "DECIMAL(10, 2) | DECIMAL(10, 4)",
        "CHAR(3) | CHAR(5)",
        "TIMESTAMP(3) | TIMESTAMP_LTZ(3)",
        "DATE | TIMESTAMP(0)",
        "ARRAY<INT> | ARRAY<STRING>",
        "ROW<a INT, b INT> | ROW<b INT, a INT>",
        "ROW<a INT> | ROW<b INT, a INT>",
      })
  void ofTypesOfWhichNoneHoldsTheOtherEachChangeBreaks(String from, String to) {
    assertThat(aspect(from, to)).isEqualTo(Aspect.TYPE_CHANGED);
    assertThat(aspect(to, from)).isEqualTo(Aspect.TYPE_CHANGED);
  }

  /** For the greatest value of a type there is no better judge than arithmetic. */
  @Property
  void aDecimalIsWiderExactlyIfItsDigitsAreEnough(
      @ForAll("decimals") Type.Decimal from, @ForAll("decimals") Type.Decimal to) {
    java.math.BigDecimal greatest =
        java.math.BigDecimal.TEN
            .pow(from.precision())
            .subtract(java.math.BigDecimal.ONE)
            .movePointLeft(from.scale());
    boolean fits =
        greatest.stripTrailingZeros().scale() <= to.scale()
            && greatest.compareTo(
                    java.math.BigDecimal.TEN
                        .pow(to.precision())
                        .subtract(java.math.BigDecimal.ONE)
                        .movePointLeft(to.scale()))
                <= 0;
    assertThat(Widening.holds(from, to)).isEqualTo(fits);
  }

  @Provide
  Arbitrary<Type.Decimal> decimals() {
    return Arbitraries.integers()
        .between(1, 38)
        .flatMap(
            precision ->
                Arbitraries.integers()
                    .between(0, precision)
                    .map(scale -> new Type.Decimal(precision, scale)));
  }

  @Test
  void everyDifferenceOfATableIsNamedOnce() {
    PhysicalTable before =
        new PhysicalTable(
            "orders",
            PhysicalTable.Kind.TABLE,
            List.of(
                column("id", "INT", false, "", Map.of()),
                column("note", "STRING", true, "old", Map.of("default", "'x'")),
                column("gone", "INT", true, "", Map.of()),
                column("kind", "ENUM('a')", true, "", Map.of())),
            new Key("PRIMARY", List.of("id")),
            List.of(),
            List.of(new Key("by_note", List.of("note"))),
            "",
            Map.of("engine", "InnoDB"));
    PhysicalTable after =
        new PhysicalTable(
            "orders",
            PhysicalTable.Kind.TABLE,
            List.of(
                column("note", "STRING", false, "new", Map.of()),
                column("id", "BIGINT", false, "", Map.of()),
                column("kind", "ENUM('a','b')", true, "", Map.of()),
                column("fresh", "INT", true, "", Map.of())),
            null,
            List.of(new Key("once", List.of("id"))),
            List.of(),
            "a comment",
            Map.of("engine", "MyISAM"));

    TableChange change = TableChange.between("shop.orders", before, after, TableChangeTest::type);

    assertThat(change.kind()).isEqualTo(TableChange.Kind.ALTERED);
    assertThat(change.differences())
        .containsExactlyInAnyOrder(
            new Difference("id", Aspect.TYPE_WIDENED, "INT", "BIGINT"),
            new Difference("note", Aspect.NULLABILITY, "NULL", "NOT NULL"),
            new Difference("note", Aspect.COMMENT, "old", "new"),
            new Difference("note", Aspect.FACT, "default 'x'", ""),
            new Difference("gone", Aspect.COLUMN_REMOVED, "INT", ""),
            new Difference(
                "kind", Aspect.NATIVE_TYPE, "ENUM('a') (STRING)", "ENUM('a','b') (STRING)"),
            new Difference("fresh", Aspect.COLUMN_ADDED, "", "INT"),
            new Difference("", Aspect.COLUMN_ORDER, "id, note, kind", "note, id, kind"),
            new Difference("", Aspect.PRIMARY_KEY, "(id)", ""),
            new Difference("", Aspect.UNIQUE_KEYS, "", "once (id)"),
            new Difference("", Aspect.INDEXES, "by_note (note)", ""),
            new Difference("", Aspect.COMMENT, "", "a comment"),
            new Difference("", Aspect.FACT, "engine InnoDB", "engine MyISAM"));
    assertThat(change.breaking()).isEqualTo(1);
  }

  @Test
  void aColumnThatFlinkCannotReadAnyMoreBreaksAndOneThatItReadsNowDoesNot() {
    TableChange change = change("INT", "POINT");
    assertThat(change.differences())
        .containsExactly(
            new Difference("c", Aspect.TYPE_CHANGED, "INT", "POINT (not supported)"),
            new Difference("c", Aspect.UNSUPPORTED, "", "It is geometry."));
    assertThat(change.breaking()).isEqualTo(1);
    assertThat(aspect("POINT", "INT")).isEqualTo(Aspect.TYPE_WIDENED);
    assertThat(aspect("POINT", "POLYGON")).isEqualTo(Aspect.NATIVE_TYPE);
  }

  @Test
  void aNewColumnThatFlinkCannotReadIsToldWithTheReasonAndBreaksNothing() {
    TableChange change =
        TableChange.between(
            "t",
            table(column("c", "INT", true, "", Map.of())),
            table(column("c", "INT", true, "", Map.of()), column("p", "POINT", true, "", Map.of())),
            TableChangeTest::type);
    assertThat(change.differences())
        .containsExactly(
            new Difference("p", Aspect.COLUMN_ADDED, "", "POINT (not supported)"),
            new Difference("p", Aspect.UNSUPPORTED, "", "It is geometry."));
    assertThat(change.breaking()).isZero();
  }

  @Test
  void aTableThatBreaksIsToldWithTheReasonAndOneThatIsMendedByItsFact() {
    PhysicalTable whole = table(column("c", "INT", true, "", Map.of()));
    PhysicalTable broken =
        new PhysicalTable(
            whole.name(),
            whole.kind(),
            whole.columns(),
            null,
            List.of(),
            List.of(),
            "",
            Map.of(Facts.BROKEN, "It refers to nothing."));
    assertThat(TableChange.between("t", whole, broken, TableChangeTest::type).differences())
        .containsExactly(new Difference("", Aspect.UNSUPPORTED, "", "It refers to nothing."));
    assertThat(TableChange.between("t", broken, whole, TableChangeTest::type).differences())
        .containsExactly(new Difference("", Aspect.FACT, "broken It refers to nothing.", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "POINT"})
  void equalTablesAreOnesWhoseTypesAreMappedOtherwise(String type) {
    PhysicalTable table = table(column("c", type, true, "", Map.of()));
    assertThat(TableChange.between("t", table, table, TableChangeTest::type))
        .isEqualTo(new TableChange("t", TableChange.Kind.RETYPED, List.of()));
  }

  private static Aspect aspect(String from, String to) {
    List<Difference> differences = change(from, to).differences();
    assertThat(differences).hasSize(1);
    return differences.get(0).aspect();
  }

  private static TableChange change(String from, String to) {
    return TableChange.between(
        "t",
        table(column("c", from, true, "", Map.of())),
        table(column("c", to, true, "", Map.of())),
        TableChangeTest::type);
  }

  private static PhysicalTable table(Column... columns) {
    return new PhysicalTable(
        "t",
        PhysicalTable.Kind.TABLE,
        new ArrayList<>(List.of(columns)),
        null,
        List.of(),
        List.of(),
        "",
        Map.of());
  }

  private static Column column(
      String name, String type, boolean nullable, String comment, Map<String, String> facts) {
    return new Column(name, type, nullable, comment, facts);
  }

  /** A source whose types are Flink's, but for one that is a text and two that are nothing. */
  private static ColumnType type(Column column) {
    if (Stream.of("POINT", "POLYGON").anyMatch(column.nativeType()::equals)) {
      return new ColumnType.Unsupported("It is geometry.");
    }
    return new ColumnType.Supported(
        column.nativeType().startsWith("ENUM")
            ? Type.VarChar.STRING
            : Type.parse(column.nativeType()).type(),
        column.nullable(),
        "");
  }
}
