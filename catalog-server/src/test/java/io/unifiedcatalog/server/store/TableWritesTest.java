package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableWritesTest {
  @Test
  void whatWasPackedComesBackAsItWasInOrderAndInChunks() {
    List<TableWrite> added = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      added.add(
          write("tablé_" + i, i % 2 == 0 ? "" : "комментарий 😀 \0 " + i, "{\"n\":" + i + "}"));
    }

    TableWrites writes = TableWrites.of(added);

    assertThat(writes.names()).isEqualTo(added.stream().map(TableWrite::name).toList());
    assertThat(chunks(writes))
        .hasSize(3)
        .allSatisfy(chunk -> assertThat(chunk.size()).isLessThan(1_001));
    assertThat(chunks(writes).stream().flatMap(List::stream))
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(added);
  }

  @Test
  void aFewTablesWithVeryMuchTextAreChunksOfTheirOwn() {
    String large = "x".repeat(4_000_000);
    TableWrites writes =
        TableWrites.of(List.of(write("a", "", large), write("b", "", large), write("c", "", "{}")));

    assertThat(chunks(writes).stream().map(List::size)).containsExactly(1, 1, 1);
  }

  @Test
  void ofNoTablesThereIsNoChunk() {
    assertThat(chunks(new TableWrites())).isEmpty();
  }

  private static List<List<TableWrite>> chunks(TableWrites writes) {
    List<List<TableWrite>> chunks = new ArrayList<>();
    writes.forEachChunk(chunk -> chunks.add(List.copyOf(chunk)));
    return chunks;
  }

  private static TableWrite write(String name, String comment, String document) {
    return new TableWrite(
        name,
        PhysicalTable.Kind.TABLE,
        comment,
        document,
        new byte[] {1, 2, (byte) name.length()},
        name + "\n" + comment);
  }
}
