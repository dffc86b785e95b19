package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.EffectiveSchema.EffectiveColumn;
import io.unifiedcatalog.server.model.Overlay.ComputedColumn;
import io.unifiedcatalog.server.model.Overlay.MetadataColumn;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Columns of the three kinds, whose names begin with p, c or m. */
class ColumnOrderTest {
  /** Whatever the three kinds of columns are mixed to, that is what is seen. */
  @Property
  void columnsAreSeenInTheirDeclaredOrder(@ForAll("columns") List<String> declared) {
    assertThat(seen(declared, declared)).isEqualTo(declared);
  }

  /** Those that the order does not name have a place, and move none of the others. */
  @Property
  void columnsThatAreNotNamedMoveNoOthers(
      @ForAll("columns") List<String> declared, @ForAll long choice) {
    List<String> named = new ArrayList<>();
    for (int i = 0; i < declared.size(); i++) {
      if ((choice >> i & 1) == 1) {
        named.add(declared.get(i));
      }
    }
    List<String> seen = seen(declared, named);

    assertThat(seen).containsExactlyInAnyOrderElementsOf(declared);
    assertThat(seen.stream().filter(named::contains).toList()).isEqualTo(named);
    List<String> physical = declared.stream().filter(name -> name.startsWith("p")).toList();
    for (int i = 0; i < physical.size(); i++) {
      if (named.contains(physical.get(i)) || named.isEmpty()) {
        continue;
      }
      int place = seen.indexOf(physical.get(i));
      if (i > 0) {
        assertThat(seen.get(place - 1)).isEqualTo(physical.get(i - 1));
      } else {
        // Before all other physical ones.
        assertThat(seen.subList(0, place)).noneMatch(name -> name.startsWith("p"));
      }
    }
  }

  /** An order that names columns of an older schema is good for what is left of them. */
  @Property
  void columnsThatAreGoneAreSkipped(@ForAll("columns") List<String> declared) {
    List<String> order = new ArrayList<>();
    for (String name : declared) {
      order.add("gone " + name);
      order.add(name);
    }
    assertThat(seen(declared, order)).isEqualTo(declared);
  }

  @Provide
  Arbitrary<List<String>> columns() {
    return Arbitraries.strings()
        .withChars("pcm")
        .ofLength(1)
        .list()
        .ofMinSize(1)
        .ofMaxSize(24)
        .map(
            kinds -> {
              Set<String> names = new LinkedHashSet<>();
              if (!kinds.contains("p")) {
                names.add("p");
              }
              kinds.forEach(kind -> names.add(kind + names.size()));
              return List.copyOf(names);
            });
  }

  private static List<String> seen(List<String> columns, List<String> order) {
    List<String> physical = columns.stream().filter(name -> name.startsWith("p")).toList();
    Overlay overlay =
        new Overlay(
            null,
            columns.stream()
                .filter(name -> name.startsWith("c"))
                .map(name -> new ComputedColumn(name, "1", "", List.of()))
                .toList(),
            columns.stream()
                .filter(name -> name.startsWith("m"))
                .map(name -> new MetadataColumn(name, "BIGINT", "offset", true, ""))
                .toList(),
            List.of(),
            List.of(),
            Map.of(),
            "",
            "",
            Map.of(),
            Map.of(),
            order);
    PhysicalTable table =
        new PhysicalTable(
            "t",
            PhysicalTable.Kind.TABLE,
            physical.stream().map(name -> new Column(name, "INT", true, "", Map.of())).toList(),
            null,
            List.of(),
            List.of(),
            "",
            Map.of(),
            null);
    EffectiveSchema schema =
        EffectiveSchema.of(
            table,
            overlay,
            column -> new ColumnType.Supported(Type.Simple.INT, true, ""),
            List.of("offset"));
    assertThat(schema.problems()).isEmpty();
    return schema.columns().stream().map(EffectiveColumn::name).toList();
  }
}
