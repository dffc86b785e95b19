package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.EffectiveSchema.Computed;
import io.unifiedcatalog.server.model.EffectiveSchema.EffectiveColumn;
import io.unifiedcatalog.server.model.EffectiveSchema.Physical;
import io.unifiedcatalog.server.model.Overlay.ComputedColumn;
import io.unifiedcatalog.server.model.Overlay.MetadataColumn;
import io.unifiedcatalog.server.model.Overlay.Watermark;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EffectiveSchemaTest {
  private static final PhysicalTable ORDERS =
      table(
          key("id"),
          column("id", "bigint", false),
          column("note", "text", true),
          column("created_at", "datetime(3)", false),
          column("updated_at", "datetime(6)", false),
          column("place", "point", true));

  @Test
  void anUnsupportedColumnIsLeftOutAndNamedInTheCommentAndTheProblems() {
    EffectiveSchema schema = effective(ORDERS, null);

    assertThat(names(schema)).containsExactly("id", "note", "created_at", "updated_at");
    assertThat(schema.comment())
        .isEqualTo("Orders [column `place` is left out: point is not supported: it is a shape]");
    assertThat(schema.problems())
        .containsExactly(
            new Problem(
                Problem.Kind.UNSUPPORTED_COLUMN, "place", "point is not supported: it is a shape"));
    assertThat(schema.primaryKey()).containsExactly("id");
  }

  @Test
  void aHiddenColumnIsNotSeenAndIsNoProblem() {
    EffectiveSchema schema =
        effective(ORDERS, overlay(null, List.of(), List.of(), List.of(), List.of("place", "note")));

    assertThat(names(schema)).containsExactly("id", "created_at", "updated_at");
    assertThat(schema.problems()).isEmpty();
  }

  @Test
  void aComputedColumnFollowsThePhysicalOnesAndCanCarryTheWatermark() {
    EffectiveSchema schema =
        effective(
            ORDERS,
            overlay(
                new Watermark("seen", "seen - INTERVAL '1' SECOND", List.of()),
                List.of(
                    new ComputedColumn(
                        "seen", "CAST(updated_at AS TIMESTAMP(3))", "", List.of("updated_at"))),
                List.of(),
                List.of(),
                List.of("place")));

    assertThat(schema.columns().get(4))
        .isEqualTo(new Computed("seen", "CAST(updated_at AS TIMESTAMP(3))", ""));
    assertThat(schema.watermark()).isNotNull();
    assertThat(schema.problems()).isEmpty();
  }

  @Test
  void aComputedColumnWhoseColumnIsGoneIsLeftOutAndSaysSo() {
    EffectiveSchema schema =
        effective(
            ORDERS,
            overlay(
                null,
                List.of(new ComputedColumn("total", "price * 2", "", List.of("price"))),
                List.of(),
                List.of(),
                List.of("place")));

    assertThat(names(schema)).doesNotContain("total");
    assertThat(schema.problems())
        .containsExactly(
            new Problem(
                Problem.Kind.OVERLAY,
                "computed-columns",
                "column `total` cannot be computed: column `price` is not in the table"));
  }

  @Test
  void aWatermarkOnAFinerTimestampIsRefusedWithTheRemedy() {
    EffectiveSchema schema =
        effective(
            ORDERS,
            overlay(
                new Watermark("updated_at", "updated_at", List.of("updated_at")),
                List.of(),
                List.of(),
                List.of(),
                List.of("place")));

    assertThat(schema.watermark()).isNull();
    assertThat(schema.problems())
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.message())
                    .contains("TIMESTAMP(6)")
                    .contains("CAST(`updated_at` AS TIMESTAMP(3))"));
  }

  @Test
  void aWatermarkWhoseColumnIsGoneIsLeftOutAndTheTableStaysReadable() {
    EffectiveSchema schema =
        effective(
            ORDERS,
            overlay(
                new Watermark("deleted_at", "deleted_at", List.of("deleted_at")),
                List.of(),
                List.of(),
                List.of(),
                List.of()));

    assertThat(schema.watermark()).isNull();
    assertThat(names(schema)).hasSize(4);
    assertThat(schema.problems())
        .contains(
            new Problem(
                Problem.Kind.OVERLAY,
                "watermark",
                "column `deleted_at` is not in the table, or not readable"));
  }

  @Test
  void aPrimaryKeyOfTheOverlayMakesItsColumnsNotNull() {
    EffectiveSchema schema =
        effective(ORDERS, overlay(null, List.of(), List.of(), List.of("note"), List.of("place")));

    assertThat(schema.primaryKey()).containsExactly("note");
    assertThat(schema.columns().get(1))
        .isEqualTo(new Physical("note", Type.VarChar.STRING, false, ""));
  }

  @Test
  void aPrimaryKeyWithAColumnThatCannotBeReadIsNotUsedAndSaysSo() {
    PhysicalTable places =
        table(key("place"), column("id", "bigint", false), column("place", "point", false));

    EffectiveSchema schema = effective(places, null);

    assertThat(schema.primaryKey()).isEmpty();
    assertThat(schema.problems())
        .contains(
            new Problem(
                Problem.Kind.LOSS,
                "",
                "the primary key is not used: column `place` of it is not readable"));
  }

  @Test
  void aMetadataColumnNeedsAKeyOfTheConnector() {
    MetadataColumn offset = new MetadataColumn("position", "BIGINT", "offset", true, "");
    Overlay overlay = overlay(null, List.of(), List.of(offset), List.of(), List.of("place"));

    assertThat(EffectiveSchema.of(ORDERS, overlay, this::type, List.of("offset")).problems())
        .isEmpty();
    assertThat(EffectiveSchema.of(ORDERS, overlay, this::type, List.of()).problems())
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.message())
                    .contains("the connector has no metadata key 'offset'"));
  }

  @Test
  void identifiersOfAnExpressionAreFoundWithAndWithoutBackticksButNotInTextsAndComments() {
    assertThat(
            SqlText.identifiers(
                "COALESCE(`odd``name`, price) * 1e5 || 'it''s not_me' -- nor_me\n + /* nor me */ x"))
        .containsExactly("COALESCE", "odd`name", "price", "x");
  }

  private EffectiveSchema effective(PhysicalTable table, @Nullable Overlay overlay) {
    return EffectiveSchema.of(table, overlay, this::type, List.of());
  }

  private ColumnType type(Column column) {
    Type type =
        switch (column.nativeType()) {
          case "bigint" -> Type.Simple.BIGINT;
          case "datetime(3)" -> new Type.Timestamp(3);
          case "datetime(6)" -> new Type.Timestamp(6);
          case "text" -> Type.VarChar.STRING;
          default -> null;
        };
    return type == null
        ? new ColumnType.Unsupported("it is a shape")
        : new ColumnType.Supported(type, column.nullable(), "");
  }

  private static List<String> names(EffectiveSchema schema) {
    return schema.columns().stream().map(EffectiveColumn::name).toList();
  }

  private static Column column(String name, String type, boolean nullable) {
    return new Column(name, type, nullable, "", Map.of());
  }

  private static Key key(String... columns) {
    return new Key("PRIMARY", List.of(columns));
  }

  private static PhysicalTable table(Key primaryKey, Column... columns) {
    return new PhysicalTable(
        "orders",
        PhysicalTable.Kind.TABLE,
        List.of(columns),
        primaryKey,
        List.of(),
        List.of(),
        "Orders",
        Map.of());
  }

  private static Overlay overlay(
      @Nullable Watermark watermark,
      List<ComputedColumn> computed,
      List<MetadataColumn> metadata,
      List<String> primaryKey,
      List<String> hidden) {
    return new Overlay(
        watermark,
        computed,
        metadata,
        primaryKey,
        hidden,
        Map.of(),
        "",
        "",
        Map.of(),
        Map.of(),
        List.of());
  }
}
