package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaFilesTest {
  @TempDir Path directory;
  private Path root;
  private Path click;

  @BeforeEach
  void makeFiles() throws Exception {
    root = directory.resolve("proto");
    click = root.resolve("shop").resolve("click.proto");
    Files.createDirectories(root.resolve("shop"));
    Files.writeString(click, "syntax = \"proto3\";\n");
  }

  @Test
  void aFileIsNamedFromTheRootAsImportsNameIt() {
    SchemaFiles files =
        SchemaFiles.read(
            List.of(root.resolve("shop/../shop/click.proto")),
            root,
            null,
            List.of("common/money.proto=money:2", "b.proto=b"));
    assertThat(files.content())
        .isEqualTo(
            SchemaContent.newBuilder()
                .addFiles(
                    SchemaFile.newBuilder()
                        .setName("shop/click.proto")
                        .setText("syntax = \"proto3\";\n"))
                .addReferences(
                    SchemaReference.newBuilder()
                        .setName("common/money.proto")
                        .setSubject("money")
                        .setVersion(2))
                .addReferences(SchemaReference.newBuilder().setName("b.proto").setSubject("b"))
                .build());
  }

  @Test
  void withoutARootNamesBeginAtTheCurrentDirectory() {
    SchemaFiles files = SchemaFiles.read(List.of(Path.of("pom.xml")), Path.of(""), null, List.of());
    assertThat(files.content().getFiles(0).getName()).isEqualTo("pom.xml");
    assertThatThrownBy(() -> SchemaFiles.read(List.of(click), Path.of(""), null, List.of()))
        .hasMessage(
            "Nothing was sent:\n  %s is not under the current directory, so it has no name by which others import it. Name the directory where imports begin with --root, as protoc's -I."
                .formatted(click));
  }

  @Test
  void aPlaceIsSaidByThePathThatAnEditorFinds() {
    SchemaFiles files = SchemaFiles.read(List.of(click), root, null, List.of());
    assertThat(files.place("shop/click.proto:7:3")).isEqualTo(click + ":7:3");
    assertThat(files.place("shop/click.proto:7:3 shop.Click.id"))
        .isEqualTo(click + ":7:3 shop.Click.id");
    assertThat(files.place("shop/click.proto")).isEqualTo(click.toString());
    assertThat(files.place("common/money.proto:1:2"))
        .as("a file of another subject")
        .isEqualTo("common/money.proto:1:2");
    assertThat(files.place("content.references[0].subject")).isNull();
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() throws Exception {
    Path binary = Files.write(root.resolve("binary.proto"), new byte[] {(byte) 0xff, 0});
    Path missing = root.resolve("missing.proto");
    Path elsewhere = Files.writeString(directory.resolve("elsewhere.proto"), "");
    assertThatThrownBy(
            () ->
                SchemaFiles.read(
                    List.of(click, click, missing, binary, root.resolve("shop"), elsewhere),
                    root,
                    missing,
                    List.of("a=b:0", "a", "=b", "a=b:c")))
        .isInstanceOf(CommandFailure.class)
        .hasMessage(
            """
            Nothing was sent:
              Name the schema's files, or a --descriptor-set, and not both.
              %2$s is named twice.
              %3$s does not exist.
              %4$s is not UTF-8 text. A descriptor set goes with --descriptor-set.
              %1$s/shop is a directory. Name its files.
              %5$s is not under --root %1$s, so it has no name by which others import it. Name the directory where imports begin with --root, as protoc's -I.
              %3$s does not exist.
              --reference 'a=b:0' is not NAME=SUBJECT or NAME=SUBJECT:VERSION. Write for example common/money.proto=money:2.
              --reference 'a' is not NAME=SUBJECT or NAME=SUBJECT:VERSION. Write for example common/money.proto=money:2.
              --reference '=b' is not NAME=SUBJECT or NAME=SUBJECT:VERSION. Write for example common/money.proto=money:2.
              --reference 'a=b:c' is not NAME=SUBJECT or NAME=SUBJECT:VERSION. Write for example common/money.proto=money:2."""
                .formatted(root, click, missing, binary, elsewhere));
    assertThatThrownBy(() -> SchemaFiles.read(List.of(), root, null, List.of()))
        .hasMessageContaining("Name the schema's files, or a --descriptor-set");
  }

  @Test
  void filesAreWrittenBelowADirectoryAndNowhereElse() throws Exception {
    Path out = directory.resolve("out");
    SchemaContent content =
        SchemaContent.newBuilder()
            .addFiles(SchemaFile.newBuilder().setName("shop/click.proto").setText("a"))
            .addFiles(SchemaFile.newBuilder().setName("b.proto").setText("größer"))
            .build();
    assertThat(SchemaFiles.write(content, "s-1.binpb", out))
        .containsExactly(out.resolve("shop/click.proto"), out.resolve("b.proto"));
    assertThat(out.resolve("b.proto")).hasContent("größer");
    SchemaContent set =
        SchemaContent.newBuilder().setDescriptorSet(ByteString.copyFromUtf8("set")).build();
    assertThat(SchemaFiles.write(set, "s-1.binpb", out)).containsExactly(out.resolve("s-1.binpb"));
    for (String name : List.of("../x.proto", "/x.proto", "a/../../x.proto", ".", "a\0b")) {
      SchemaContent hostile =
          content.toBuilder().addFiles(SchemaFile.newBuilder().setName(name)).build();
      Path untouched = directory.resolve("untouched");
      assertThatThrownBy(() -> SchemaFiles.write(hostile, "s", untouched))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("leads out of " + untouched);
      assertThat(untouched).doesNotExist();
    }
  }
}
