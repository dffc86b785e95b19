package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.unifiedcatalog.proto.v1.CheckSchemaResponse;
import io.unifiedcatalog.proto.v1.DeleteSchemaResponse;
import io.unifiedcatalog.proto.v1.DiffSchemasResponse;
import io.unifiedcatalog.proto.v1.ListSubjectsResponse;
import io.unifiedcatalog.proto.v1.RegisterSchemaResponse;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaReference;
import io.unifiedcatalog.proto.v1.Subject;
import io.unifiedcatalog.proto.v1.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the schema registry against a real server. */
@ExtendWith(SharedCatalog.class)
class SchemaCommandTest extends CommandLineTest {
  private static final String CLICK =
      """
      syntax = "proto3";
      package shop;

      message Click {
        int64 id = 1;
        string page = 2;
      }
      """;

  private static ServerProcess server;

  @TempDir Path root;

  @BeforeAll
  static void startServer(ServerProcess shared) {
    server = shared;
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  private Path write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  /** Registers a text as the file shop/click.proto. */
  private void register(String subject, String text) throws IOException {
    Path file = write("shop/click.proto", text);
    succeed("schema", "register", subject, "-I", root.toString(), file.toString());
  }

  @Test
  void aSchemaIsRegisteredListedShownAndDeleted() throws Exception {
    register("whole-value", CLICK);
    assertThat(out).matches("Subject whole-value: version 1 registered, id \\d+\\.\n");
    register("whole-value", CLICK);
    assertThat(out)
        .matches(
            "Subject whole-value: this is version 1, id \\d+, already; nothing was stored\\.\n");
    register("whole-value", CLICK.replace("}", "  bool robot = 3;\n}"));
    assertThat(out).startsWith("Subject whole-value: version 2 registered");

    succeed("schema", "list");
    assertThat(out).containsPattern("whole-value +protobuf +2 +BACKWARD_TRANSITIVE +no\n");
    succeed("schema", "list", "-o", "json");
    assertThat(json(ListSubjectsResponse.newBuilder()).getSubjectsList())
        .anySatisfy(subject -> assertThat(subject.getName()).isEqualTo("whole-value"));
    succeed("schema", "list", "whole-value");
    assertThat(out.lines().map(line -> line.replaceFirst(" .*", "")))
        .containsExactly("VERSION", "2", "1");

    succeed("schema", "get", "whole-value", "--version", "1");
    assertThat(out).as("the file and nothing else").isEqualTo(CLICK);
    succeed("schema", "get", "whole-value", "-o", "json");
    Schema newest = json(Schema.newBuilder()).build();
    assertThat(newest.getVersion()).isEqualTo(2);
    assertThat(newest.getMessagesList()).containsExactly("shop.Click");
    succeed("schema", "get", "--id", Integer.toString(newest.getId()));
    assertThat(out).contains("bool robot = 3;");

    assertThat(run("schema", "delete", "whole-value")).isEqualTo(ExitCode.USAGE);
    assertThat(err)
        .contains("nothing was deleted", "2 versions would go (1, 2)", "Repeat with --yes");
    assertThat(run("schema", "delete", "whole-value", "--version", "1")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("1 version would go (1)");
    succeed("schema", "delete", "whole-value", "--version", "1", "--yes");
    assertThat(out).isEqualTo("Subject whole-value: 1 version deleted: 1.\n");
    succeed("schema", "list", "whole-value");
    assertThat(out).containsPattern("1 .* deleted\n");
    succeed("schema", "delete", "whole-value", "--yes", "-o", "json");
    assertThat(json(DeleteSchemaResponse.newBuilder()).getVersionsList()).containsExactly(2L);
    assertThat(run("schema", "get", "whole-value")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err).startsWith("catalog: ").contains("whole-value");
  }

  @Test
  void everyFaultIsALineAsCompilersWriteItWithThePathThatWasGiven() throws Exception {
    Path click =
        write("shop/click.proto", CLICK.replace("int64 id", "int46 id").replace("2;", "1;"));
    for (String command : new String[] {"register", "check"}) {
      assertThat(run("schema", command, "faults", "-I", root.toString(), click.toString()))
          .isEqualTo(ExitCode.USAGE);
      assertThat(out).isEmpty();
      assertThat(err)
          .startsWith(
              "catalog: Subject faults does not take this schema: 2 faults. Nothing was stored.\n")
          .contains("\n" + click + ":5:3: \"int46\" is not defined")
          .contains("\n" + click + ":6:17: ");
    }
    succeed(
        "schema", "check", "fine", "-I", root.toString(), write("fine.proto", CLICK).toString());
    assertThat(run("schema", "list", "faults")).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void moreFaultsThanAnErrorHasRoomForAreAllSaid() throws Exception {
    String fields =
        IntStream.rangeClosed(1, 150)
            .mapToObj(number -> "  Missing%d field_%d = %d;\n".formatted(number, number, number))
            .collect(Collectors.joining());
    Path file = write("many.proto", "syntax = \"proto3\";\nmessage Many {\n" + fields + "}\n");
    assertThat(run("schema", "register", "many", "-I", root.toString(), file.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("150 faults").contains("Missing1\"", "Missing150\"");
    assertThat(err.lines().filter(line -> line.startsWith(file + ":"))).hasSize(150);
  }

  @Test
  void moreIncompatibleChangesThanAnAnswerHasRoomForAreCounted() throws Exception {
    String name = "M".repeat(4_000);
    String fields =
        IntStream.rangeClosed(1, 300)
            .mapToObj(number -> "  int32 field_%d = %d;\n".formatted(number, number))
            .collect(Collectors.joining());
    String begin = "syntax = \"proto3\";\nmessage " + name + " {\n";
    register("wide", begin + fields + "}\n");
    Path file = write("shop/click.proto", begin + "}\n");

    assertThat(run("schema", "check", "wide", "-I", root.toString(), file.toString()))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    assertThat(err).contains("does not take this schema: more than ");
    assertThat(run("schema", "check", "wide", "-I", root.toString(), file.toString(), "-o", "json"))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    CheckSchemaResponse checked = json(CheckSchemaResponse.newBuilder()).build();
    assertThat(checked.getSerializedSize()).isLessThan(600_000);
    int told = checked.getIncompatibilitiesCount() - 1;
    assertThat(told).isBetween(1, 299);
    assertThat(checked.getIncompatibilities(told).getMessage())
        .isEqualTo("There are " + (300 - told) + " more incompatible changes.");
  }

  @Test
  void versionsOfAKindWithoutRulesAreNotSaidToFit() throws Exception {
    for (String type : new String[] {"integer", "string"}) {
      Path file =
          write(
              "plain.json",
              "{\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"" + type + "\"}}}");
      succeed(
          "schema",
          "register",
          "plain",
          "--kind",
          "json",
          "--compatibility",
          "none",
          "-I",
          root.toString(),
          file.toString());
    }

    succeed("schema", "diff", "plain", "1");

    assertThat(out)
        .startsWith("Not compared: There are no rules yet for schemas of kind json.\n")
        .doesNotContain("reads data of version");
  }

  @Test
  void anIncompatibleSchemaEndsWithStatus3AndSaysWhereWhyAndWhatToDo() throws Exception {
    register("incompatible", CLICK);
    register("incompatible", CLICK + "\n");
    Path file =
        write(
            "shop/click.proto",
            CLICK.replace("int64 id", "string id").replace("  string page = 2;\n", ""));
    for (String command : new String[] {"register", "check"}) {
      assertThat(run("schema", command, "incompatible", "-I", root.toString(), file.toString()))
          .isEqualTo(ExitCode.INCOMPATIBLE);
      assertThat(out).isEmpty();
      assertThat(err)
          .startsWith(
              "catalog: Subject incompatible does not take this schema: 2 incompatible changes. Nothing was stored.\n")
          .containsPattern("\n" + file + ":5:\\d+: FIELD_\\w+: .*int64.*string")
          .as("both versions before are of one change")
          .containsPattern("\n  was: version 2, shop/click.proto:5:\\d+ .*\n  was: version 1, ")
          .containsPattern("\n  is: " + file + ":5:\\d+ ")
          .containsPattern("\n  instead: .*\n");
    }
    assertThat(
            run(
                "schema",
                "check",
                "incompatible",
                "-I",
                root.toString(),
                file.toString(),
                "-o",
                "json"))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    CheckSchemaResponse checked = json(CheckSchemaResponse.newBuilder()).build();
    assertThat(checked.getIncompatibilitiesList()).hasSizeGreaterThanOrEqualTo(4);
    assertThat(checked.getVersion()).isZero();

    succeed("schema", "set", "incompatible", "--compatibility", "none");
    assertThat(out).isEqualTo("Subject incompatible: NONE, not used in JSON.\n");
    succeed("schema", "check", "incompatible", "-I", root.toString(), file.toString());
    assertThat(out).isEqualTo("Subject incompatible: compatible; this would be version 3.\n");
    succeed("schema", "register", "incompatible", "-I", root.toString(), file.toString());

    succeed("schema", "diff", "incompatible", "1");
    assertThat(out)
        .contains("Version 3 reads data of version 1: no, 2 incompatible changes:\n")
        .contains("Version 1 reads data of version 3: ")
        .endsWith(
            """
            --- 1/shop/click.proto
            +++ 3/shop/click.proto
            @@ -2,6 +2,5 @@
             package shop;
            \s
             message Click {
            -  int64 id = 1;
            -  string page = 2;
            +  string id = 1;
             }
            """);
    succeed("schema", "diff", "incompatible", "1", "2", "-o", "json");
    DiffSchemasResponse same = json(DiffSchemasResponse.newBuilder()).build();
    assertThat(same.getBackwardList()).isEmpty();
    assertThat(same.getNewSchema().getVersion()).isEqualTo(2);
  }

  @Test
  void aSchemaOfSeveralFilesRefersToOthersAndIsWrittenBack() throws Exception {
    Path money =
        write(
            "common/money.proto",
            "syntax = \"proto3\";\npackage common;\nmessage Money { int64 units = 1; }\n");
    succeed("schema", "register", "money", "-I", root.toString(), money.toString());
    Path page =
        write(
            "shop/page.proto",
            "syntax = \"proto3\";\npackage shop;\nmessage Page { string url = 1; }\n");
    Path click =
        write(
            "shop/click.proto",
            """
            syntax = "proto3";
            package shop;
            import "common/money.proto";
            import "shop/page.proto";
            message Click {
              Page page = 1;
              common.Money price = 2;
            }
            """);
    String[] arguments = {
      "schema", "register", "several", "--root", root.toString(), click.toString(), page.toString()
    };
    assertThat(run(arguments)).as("money is not named").isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("\n" + click + ":3:").contains("common/money.proto");
    assertThat(
            run(
                "schema",
                "register",
                "several",
                "--root",
                root.toString(),
                click.toString(),
                page.toString(),
                "--reference",
                "common/money.proto=nobody"))
        .as("3 is for what is incompatible")
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).startsWith("catalog: ").contains("nobody");
    succeed(
        "schema",
        "register",
        "several",
        "--root",
        root.toString(),
        click.toString(),
        page.toString(),
        "--reference",
        "common/money.proto=money",
        "-o",
        "json");
    assertThat(
            json(RegisterSchemaResponse.newBuilder()).getSchema().getContent().getReferencesList())
        .containsExactly(
            SchemaReference.newBuilder()
                .setName("common/money.proto")
                .setSubject("money")
                .setVersion(1)
                .build());

    succeed("schema", "get", "several");
    assertThat(out)
        .startsWith("==> shop/click.proto <==\nsyntax = \"proto3\";\n")
        .contains("\n==> shop/page.proto <==\n");
    Path written = root.resolve("written");
    succeed("schema", "get", "several", "--out", written.toString());
    assertThat(out)
        .containsPattern("Message +shop.Page\n")
        .containsPattern("Reference +common/money.proto=money:1\n")
        .containsPattern("Written +" + written.resolve("shop/click.proto") + "\n");
    assertThat(written.resolve("shop/click.proto")).hasSameTextualContentAs(click);
    assertThat(written.resolve("shop/page.proto")).hasSameTextualContentAs(page);

    assertThat(run("schema", "delete", "money", "--yes")).isEqualTo(ExitCode.CONFLICT);
    assertThat(err).startsWith("catalog: ").contains("several");
  }

  @Test
  void aDescriptorSetIsRegisteredInPlaceOfFiles() throws Exception {
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    FileDescriptor file = TableName.getDescriptor().getFile();
    file.getDependencies().forEach(imported -> set.addFile(imported.toProto()));
    set.addFile(file.toProto());
    Path descriptors = root.resolve("table.binpb");
    Files.write(descriptors, set.build().toByteArray());
    succeed("schema", "register", "described", "--descriptor-set", descriptors.toString());
    assertThat(run("schema", "get", "described")).isEqualTo(ExitCode.CONFLICT);
    assertThat(err).contains("was registered as a descriptor set").contains("--out DIR");
    succeed("schema", "get", "described", "--out", root.toString());
    assertThat(out).contains("unified.catalog.v1.TableName");
    assertThat(FileDescriptorSet.parseFrom(Files.readAllBytes(root.resolve("described-1.binpb"))))
        .isEqualTo(set.build());
    succeed("schema", "diff", "described", "1", "1");
    assertThat(out).contains("no diff of the files");

    Files.writeString(descriptors, "no descriptor set");
    assertThat(run("schema", "check", "described", "--descriptor-set", descriptors.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("FileDescriptorSet");
  }

  @Test
  void theRulesOfASubjectAreSetWhenItIsMadeAndChanged() throws Exception {
    Path file = write("shop/click.proto", CLICK);
    succeed(
        "schema",
        "register",
        "rules",
        "-I",
        root.toString(),
        file.toString(),
        "--kind",
        "protobuf",
        "--compatibility",
        "full-transitive",
        "--used-in-json");
    succeed("schema", "list");
    assertThat(out).containsPattern("rules +protobuf +1 +FULL_TRANSITIVE +yes\n");
    succeed("schema", "set", "rules", "--not-used-in-json", "-o", "json");
    Subject subject = json(Subject.newBuilder()).build();
    assertThat(subject.getUsedInJson()).isFalse();
    assertThat(subject.getCompatibility().name()).isEqualTo("COMPATIBILITY_FULL_TRANSITIVE");

    assertThat(run("schema", "set", "rules")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Nothing to change");
    assertThat(run("schema", "set", "rules", "--used-in-json", "--not-used-in-json"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("not both");
    assertThat(run("schema", "set", "rules", "--compatibility", "strict"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("'strict' is none of NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD");
  }

  @Test
  void argumentsThatMakeNoSenseAreRefusedBeforeAnythingIsSent() throws Exception {
    environment.put("UNIFIED_ENDPOINT", "nonsense");
    Path file = write("shop/click.proto", CLICK);
    assertThat(run("schema", "register", "s", file.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains(file + " is not under the current directory").contains("--root");
    assertThat(run("schema", "register", "s")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Name the schema's files, or a --descriptor-set");
    assertThat(run("schema", "register")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("SUBJECT");
    assertThat(run("schema", "get")).isEqualTo(ExitCode.USAGE);
    assertThat(run("schema", "get", "s", "--id", "1")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Name a SUBJECT");
    assertThat(run("schema", "get", "s", "--version", "0")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("--version counts from 1");
    assertThat(run("schema", "diff", "s", "one")).isEqualTo(ExitCode.USAGE);
    assertThat(run("schema", "delete", "s", "--version", "0", "--yes")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("--version counts from 1");
  }

  @Test
  void eachKindOfFailureHasItsExitStatus() throws Exception {
    assertThat(run("schema", "list", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "get", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "get", "--id", "2000000000")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "diff", "nobody", "1")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "delete", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "delete", "nobody", "--yes")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "set", "nobody", "--compatibility", "NONE"))
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "import", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err).startsWith("catalog: ").contains("nobody");
    Path file = write("shop/click.proto", CLICK);
    String[] wrong = {
      "schema", "register", "x", "-I", root.toString(), file.toString(), "--kind", "thrift"
    };
    assertThat(run(wrong)).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("thrift").contains("protobuf");
    assertThat(run("schema", "register", "no/name", "-I", root.toString(), file.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("  subject: 'no/name' is no name");
  }

  @Test
  void aSchemaThatIsFarTooLargeCostsOneClearMessage() throws Exception {
    for (int megabytes : new int[] {2, 5}) {
      assertThat(registerComment(megabytes))
          .as("%d MB; %s", megabytes, err)
          .isEqualTo(ExitCode.USAGE);
      assertThat(err).startsWith("catalog: ").contains("bytes");
      assertThat(err.lines().count()).isLessThanOrEqualTo(2);
    }
    assertThat(registerComment(17)).isEqualTo(ExitCode.FAILED);
    assertThat(err).startsWith("catalog: Catalog server " + endpoint()).contains("smaller files");
  }

  private int registerComment(int megabytes) throws IOException {
    Path file = write("large.proto", CLICK + "//".repeat(megabytes << 19));
    return run("schema", "register", "large", "-I", root.toString(), file.toString());
  }

  @Test
  void helpSaysWhatTheStatusesMean() {
    succeed("schema", "check", "--help");
    assertThat(out)
        .contains("Exit status 3: the schema is incompatible")
        .contains("SUBJECT", "FILE", "--descriptor-set", "--reference")
        .doesNotContain("\u001b");
  }
}
