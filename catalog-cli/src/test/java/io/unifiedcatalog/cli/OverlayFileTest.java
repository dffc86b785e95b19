package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Watermark;
import org.junit.jupiter.api.Test;

class OverlayFileTest {
  private static final Overlay WHOLE =
      Overlay.newBuilder()
          .setWatermark(
              Watermark.newBuilder()
                  .setColumn("created_at")
                  .setExpression("created_at - INTERVAL '5' SECOND"))
          .addComputedColumns(
              ComputedColumn.newBuilder()
                  .setName("total")
                  .setExpression("price * quantity")
                  .setComment("with: a colon, and # a hash"))
          .addMetadataColumns(
              MetadataColumn.newBuilder()
                  .setName("at")
                  .setType("TIMESTAMP_LTZ(3)")
                  .setKey("timestamp")
                  .setVirtual(true))
          .addPrimaryKey("id")
          .addHiddenColumns("123")
          .putColumnComments("status", "neu, größer: 注文")
          .setComment("two\nlines")
          .setOwner("null")
          .putTags("pii", "true")
          .putOptions("scan.fetch-size", "100")
          .addColumnOrder("at")
          .addColumnOrder("status")
          .setEtag("0017")
          .build();

  @Test
  void whatIsWrittenIsReadBackTheSame() {
    assertThat(OverlayFile.read(OverlayFile.write(WHOLE), "f.yaml")).isEqualTo(WHOLE);
  }

  @Test
  void anEmptyOverlayIsAnEmptyFile() {
    assertThat(OverlayFile.write(Overlay.getDefaultInstance())).isEmpty();
    assertThat(OverlayFile.read("# nothing\n", "f.yaml")).isEqualTo(Overlay.getDefaultInstance());
  }

  @Test
  void everythingThatIsWrongIsNamedWithItsLine() {
    String file =
        """
        watermark:
          colunm: a
        primary-key: id
        comment: [a]
        metadata-columns:
          - name: a
            virtual: maybe
        owner: me
        owner: you
        etags: x
        """;
    assertThatThrownBy(() -> OverlayFile.read(file, "f.yaml"))
        .isInstanceOf(CommandFailure.class)
        .hasMessage(
            """
            Overlay file f.yaml was not applied:
              line 2: key 'colunm' is unknown; known here: column, expression.
              line 3: a list is expected, one `- ` line for each entry.
              line 4: a text is expected.
              line 7: true or false is expected.
              line 9: key 'owner' stands here twice.
              line 10: key 'etags' is unknown; known here: column-comments, column-order, comment, computed-columns, etag, hidden-columns, metadata-columns, options, owner, primary-key, tags, watermark.""");
  }

  @Test
  void whatIsNoYamlIsRefusedWithItsLine() {
    assertThatThrownBy(() -> OverlayFile.read("comment: a\nprimary-key: [a", "f.yaml"))
        .hasMessage(
            "Overlay file f.yaml is not YAML: line 2: expected ',' or ']', but got <stream end>.");
  }

  @Test
  void aFileThatIsNoMappingIsRefused() {
    assertThatThrownBy(() -> OverlayFile.read("- a\n", "f.yaml"))
        .hasMessageContaining("line 1: here `key: value` lines are expected.");
  }

  @Test
  void anEntryWithoutAValueIsLeftOut() {
    assertThat(OverlayFile.read("comment:\nowner: me\nwatermark:\n", "f.yaml"))
        .isEqualTo(Overlay.newBuilder().setOwner("me").build());
  }
}
