package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TableDocumentTest {
  @Property(tries = 300)
  void aPhysicalLayerComesBackEqual(@ForAll("tables") PhysicalTable table) {
    String text = TableDocument.encode(table);
    assertThat(TableDocument.decodePhysicalTable(text)).isEqualTo(table);
    assertThat(TableDocument.encode(TableDocument.decodePhysicalTable(text))).isEqualTo(text);
    // What PostgreSQL's text cannot hold is escaped.
    assertThat(text).doesNotContain("\0");
  }

  @Property(tries = 300)
  void anOverlayComesBackEqual(@ForAll("overlays") Overlay overlay) {
    String text = TableDocument.encode(overlay);
    assertThat(TableDocument.decodeOverlay(text)).isEqualTo(overlay);
    assertThat(text).doesNotContain("\0");
  }

  @Provide
  static Arbitrary<PhysicalTable> tables() {
    Arbitrary<Column> columns =
        Combinators.combine(texts(), texts(), Arbitraries.of(true, false), texts(), maps())
            .as(Column::new);
    return Combinators.combine(
            texts(),
            Arbitraries.of(PhysicalTable.Kind.class),
            columns.list().ofMinSize(1).ofMaxSize(5),
            keys().injectNull(0.3),
            keys().list().ofMaxSize(2),
            keys().list().ofMaxSize(2),
            texts(),
            maps())
        .as(PhysicalTable::new);
  }

  @Provide
  static Arbitrary<Overlay> overlays() {
    Arbitrary<List<String>> names = texts().list().ofMaxSize(3);
    return Combinators.combine(
            Combinators.combine(texts(), texts(), names).as(Overlay.Watermark::new).injectNull(0.3),
            Combinators.combine(texts(), texts(), texts(), names)
                .as(Overlay.ComputedColumn::new)
                .list()
                .ofMaxSize(2),
            Combinators.combine(texts(), texts(), texts(), Arbitraries.of(true, false), texts())
                .as(Overlay.MetadataColumn::new)
                .list()
                .ofMaxSize(2),
            names,
            maps(),
            texts())
        .as(
            (watermark, computed, metadata, list, map, text) ->
                new Overlay(
                    watermark, computed, metadata, list, list, map, text, text, map, map, list));
  }

  private static Arbitrary<Key> keys() {
    return Combinators.combine(texts(), texts().list().ofMaxSize(3)).as(Key::new);
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars("ab'\"\\`.{}[] \0\n")
        .withChars("ä表\u2028")
        .withCharRange('\ue000', '\uffff')
        .ofMaxLength(8);
  }

  private static Arbitrary<Map<String, String>> maps() {
    return Arbitraries.maps(texts(), texts()).ofMaxSize(3);
  }

  @Example
  void equalTablesAreEqualTextsWhateverTheOrderOfTheirFacts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("z", "1");
    facts.put("a", "");
    assertThat(TableDocument.encode(table(facts)))
        .isEqualTo(TableDocument.encode(table(Map.of("a", "", "z", "1"))))
        .isEqualTo(
            """
            {"name":"t","kind":"TABLE","columns":[{"name":"c","nativeType":"int","nullable":false,\
            "facts":{"a":"","z":"1"}}]}""");
  }

  @Example
  void whatALaterReleaseAddedIsSkipped() {
    PhysicalTable table = table(Map.of());
    String text = TableDocument.encode(table);
    assertThat(
            TableDocument.decodePhysicalTable(
                text.replace("\"name\":\"c\"", "\"name\":\"c\",\"new\":{\"x\":[1]}")))
        .isEqualTo(table);
  }

  @Example
  void aTextThatIsNoTableIsRefused() {
    assertThatThrownBy(() -> TableDocument.decodePhysicalTable("{"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("is not JSON of a PhysicalTable");
  }

  private static PhysicalTable table(Map<String, String> facts) {
    return new PhysicalTable(
        "t",
        PhysicalTable.Kind.TABLE,
        List.of(new Column("c", "int", false, "", facts)),
        null,
        List.of(),
        List.of(),
        "",
        Map.of());
  }
}
