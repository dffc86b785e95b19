package io.unifiedcatalog.server.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the real protoc does with text from anywhere, and what is kept from it. */
class ProtocTest {
  private static final Protoc.Limits WIDE = Protoc.Limits.DEFAULT;

  private static final String LARGE =
      "syntax = \"proto3\";"
          + IntStream.range(0, 300_000)
              .mapToObj(i -> "message M" + i + "{}")
              .collect(Collectors.joining());

  private final ProtobufSchema kind = new ProtobufSchema();

  private static SchemaContent file(String name, String text) {
    return new SchemaContent(List.of(new SchemaContent.File(name, text)), "", List.of());
  }

  private static FileDescriptorSet run(Protoc.Limits limits, String name, String text) {
    return new Protoc(limits)
        .compile(
            List.of(new SchemaContent.File(name, text)),
            FileDescriptorSet.getDefaultInstance(),
            UnaryOperator.identity());
  }

  private static CatalogException failure(ErrorCode code, ThrowingCallable call) {
    CatalogException failure = catchThrowableOfType(CatalogException.class, call);
    assertThat(failure).isNotNull();
    assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
    assertThat(failure.getMessage()).doesNotContain(System.getProperty("java.io.tmpdir") + "/");
    return failure;
  }

  @Test
  void thereIsACompilerForThePlatformOfTheTests() {
    assertThat(Protoc.unavailable()).isEmpty();
  }

  @Test
  void whatAKilledServerLeftBehindIsRemovedAndWhatALivingOneHasIsNot() throws IOException {
    Path living = Objects.requireNonNull(Protoc.Installation.INSTANCE.directory());
    Path killed = Files.createTempDirectory("unified-catalog-protoc-");
    Files.createFile(killed.resolve("lock"));
    Files.createDirectory(killed.resolve("include"));
    Path begun = Files.createTempDirectory("unified-catalog-protoc-");
    FileTime old = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(killed, old);
    Files.setLastModifiedTime(living, old);
    assertThat(Protoc.Installation.on("linux-" + architecture()).failure()).isNull();
    assertThat(killed).doesNotExist();
    assertThat(living).exists();
    assertThat(begun).exists();
    Files.delete(begun);
  }

  private static String architecture() {
    return "amd64".equals(System.getProperty("os.arch")) ? "x86_64" : "aarch_64";
  }

  /** To open a lock's file a second time and close it again would give the lock up. */
  @Test
  void unpackingOnceMoreGivesUpNoLockOfThisProcess() throws IOException {
    Path directory = Objects.requireNonNull(Protoc.Installation.INSTANCE.directory());
    Files.setLastModifiedTime(directory, FileTime.from(Instant.now().minusSeconds(3600)));
    assertThat(Protoc.Installation.on("linux-" + architecture()).failure()).isNull();
    Object inode = Files.getAttribute(directory.resolve("lock"), "unix:ino");
    assertThat(Files.readString(Path.of("/proc/locks"))).contains(":" + inode + " ");
  }

  @Test
  void aPlatformWithoutACompilerIsToldWhatCanBeDone() {
    assertThat(Protoc.Installation.on("plan9-mips").failure())
        .isEqualTo(
            "There is no protoc for this platform, plan9-mips, only for linux-x86_64 and"
                + " linux-aarch_64. .proto text cannot be compiled; compile it elsewhere with"
                + " protoc --include_imports --include_source_info --descriptor_set_out=FILE, and"
                + " send the descriptor set.");
  }

  @Test
  void aCompilerThatCannotBeRunIsNoReasonToFail() {
    // It is there, and for another machine than that of the tests.
    boolean intel = "amd64".equals(System.getProperty("os.arch"));
    assumeThat(Path.of("/proc/sys/fs/binfmt_misc/qemu-" + (intel ? "aarch64" : "x86_64")))
        .as("an emulator of the other machine")
        .doesNotExist();
    assertThat(Protoc.Installation.on(intel ? "linux-aarch_64" : "linux-x86_64").failure())
        .startsWith("protoc cannot be unpacked and run in the directory for temporary files")
        .contains("-Djava.io.tmpdir=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@x.proto",
        "--java_out=unified-catalog-hostile",
        "-I/",
        "/etc/passwd",
        "../../etc/passwd",
        "..",
        "a/../b.proto",
        "a/./b.proto",
        "a//b.proto",
        "a/",
        ".hidden.proto",
        "a/@b.proto",
        "a/-b.proto",
        "a\\b.proto",
        "a b.proto",
        "a:1:1.proto",
        "a.proto\n--java_out=.",
        "a.proto\0",
        "$(id).proto",
        "`id`.proto",
        "\u00e9.proto",
        " ",
        ""
      })
  void aHostileFileNameIsRefusedByItsName(String name) {
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () -> kind.compile(file(name, "syntax = \"proto3\"; message A {}"), List.of()));
    assertThat(failure.getMessage())
        .contains(name.isBlank() ? "is empty" : "'" + name.replaceAll("[\n\0]", "?") + "'");
    assertThat(failure.getMessage()).contains("Give a relative name such as shop/click.proto");
    assertThat(Path.of("unified-catalog-hostile")).doesNotExist();
    // What a descriptor set calls its files is held to the same.
    FileDescriptorSet set =
        FileDescriptorSet.newBuilder()
            .addFile(
                FileDescriptorProto.newBuilder()
                    .setName(name)
                    .addMessageType(DescriptorProto.newBuilder().setName("A")))
            .build();
    failure(
        ErrorCode.INVALID_ARGUMENT,
        () ->
            kind.compile(
                new SchemaContent(
                    List.of(), Base64.getEncoder().encodeToString(set.toByteArray()), List.of()),
                List.of()));
  }

  @Test
  void aLongFileNameIsRefused() {
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () -> kind.compile(file("x".repeat(100_000), "message A {}"), List.of()));
    assertThat(failure.getMessage()).contains("has 100000 characters; at most 255");
    assertThat(failure.getMessage()).hasSizeLessThan(500);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "../arguments",
        "../../protoc",
        "@../arguments",
        "file:///etc/passwd",
        "./a.proto",
        "a//b.proto"
      })
  void anImportOfAFileOfTheServerIsRefusedAndNothingOfItShown(String name) {
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () ->
                kind.compile(
                    file("a.proto", "syntax = \"proto3\";\nimport \"" + name + "\";\nmessage A {}"),
                    List.of()));
    assertThat(failure.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("a.proto:2:1");
              assertThat(violation.message())
                  .startsWith("The import '" + name + "' cannot be: The file name");
            });
    assertThat(failure.getMessage()).doesNotContain("root:");
  }

  @Test
  void aSchemaThatImportsItselfIsRefused() {
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () ->
                kind.compile(
                    file("a.proto", "syntax = \"proto3\"; import \"a.proto\"; message A {}"),
                    List.of()));
    assertThat(failure.getMessage()).contains("a.proto -> a.proto");
  }

  @Test
  void deepNestingOfAnythingIsRefused() {
    for (String text :
        List.of(
            "message M { option (x) = " + "{a:".repeat(100_000) + "1" + "}".repeat(100_000) + "; }",
            "message M { int32 a = 1 [(x) = "
                + "{a:[".repeat(50_000)
                + "]}".repeat(50_000)
                + "]; }",
            "syntax = \"proto2\"; message M " + "{ optional group G = 1 ".repeat(20_000),
            "message M { " + "oneof o { ".repeat(20_000),
            "message M { " + "map<".repeat(20_000),
            "extend ".repeat(20_000),
            "/*".repeat(100_000))) {
      CatalogException failure =
          failure(ErrorCode.INVALID_ARGUMENT, () -> kind.compile(file("a.proto", text), List.of()));
      assertThat(failure.violations()).isNotEmpty().hasSizeLessThanOrEqualTo(201);
    }
  }

  @Test
  void aDescriptorSetThatIsNestedDeeplyIsRefused() {
    DescriptorProto nested = DescriptorProto.newBuilder().setName("M").build();
    for (int i = 0; i < 1000; i++) {
      nested = DescriptorProto.newBuilder().setName("M").addNestedType(nested).build();
    }
    FileDescriptorSet set =
        FileDescriptorSet.newBuilder()
            .addFile(FileDescriptorProto.newBuilder().setName("a.proto").addMessageType(nested))
            .build();
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () ->
                kind.compile(
                    new SchemaContent(
                        List.of(),
                        Base64.getEncoder().encodeToString(set.toByteArray()),
                        List.of()),
                    List.of()));
    assertThat(failure.getMessage()).contains("no serialized google.protobuf.FileDescriptorSet");
  }

  @Test
  void aDescriptorSetOfFiveMegabytesIsRefusedWithItsSize() {
    FileDescriptorSet set =
        FileDescriptorSet.newBuilder()
            .addFile(
                FileDescriptorProto.newBuilder()
                    .setName("a.proto")
                    .addMessageType(DescriptorProto.newBuilder().setName("A".repeat(5_000_000))))
            .build();
    CatalogException failure =
        failure(
            ErrorCode.INVALID_ARGUMENT,
            () ->
                kind.compile(
                    new SchemaContent(
                        List.of(),
                        Base64.getEncoder().encodeToString(set.toByteArray()),
                        List.of()),
                    List.of()));
    assertThat(failure.getMessage())
        .matches(".*The descriptor set has 50000[0-9]{2} bytes; at most 4194304 are allowed.*");
  }

  @Test
  void aSmallTextThatCompilesToMuchIsRefusedWithItsSize() {
    String text =
        "syntax = \"proto3\"; message A {"
            + IntStream.range(1, 18_000)
                .mapToObj(i -> "map<int32,A>f" + i + "=" + i + ";")
                .collect(Collectors.joining())
            + "}";
    assertThat(text.length()).isLessThan(1 << 20);
    CatalogException failure =
        failure(ErrorCode.INVALID_ARGUMENT, () -> kind.compile(file("a.proto", text), List.of()));
    assertThat(failure.getMessage()).contains("bytes; at most 1048576 are allowed.");
  }

  @Test
  void comparingTheWorstThatIsAllowedComesToAnEnd() {
    // Each is as much as fits: a comparison that grows with its square would not end in time.
    List<String> texts =
        List.of(
            lines(30_000, "message M { reserved 9; ", i -> "reserved " + (10 + 2 * i) + ";"),
            lines(30_000, "message M { ", i -> "reserved \"r" + i + "\";"),
            lines(17_000, "message M { ", i -> "int32 f" + i + "=" + (i + 1) + ";"),
            lines(
                15_000, "message M { ", i -> "oneof o" + i + "{bool f" + i + "=" + (i + 1) + ";}"),
            lines(25_000, "enum E { option allow_alias = true; ", i -> "V" + i + "=0;"),
            lines(25_000, "message L { } message M { message N { } ", i -> "message M" + i + "{}"));
    CompiledSchema little =
        kind.compile(
            file("a.proto", "syntax = \"proto3\"; message M { } enum E { E_0 = 0; }"), List.of());
    for (String text : texts) {
      CompiledSchema much = kind.compile(file("a.proto", text), List.of());
      for (SchemaKind.Direction direction : SchemaKind.Direction.values()) {
        assertThat(kind.incompatibilities(much, much, direction, true)).isEmpty();
        kind.incompatibilities(much, little, direction, true);
        kind.incompatibilities(little, much, direction, true);
      }
      assertThat(much.messages().isEmpty() || !kind.message(much, much.messages().get(0)).isEmpty())
          .isTrue();
    }
  }

  private static String lines(int count, String head, IntFunction<String> line) {
    return "syntax = \"proto3\"; "
        + head
        + IntStream.range(0, count).mapToObj(line).collect(Collectors.joining())
        + "}";
  }

  @Test
  void aRunThatNeedsTooMuchProcessorTimeEnds() {
    Protoc.Limits limits = new Protoc.Limits(1, 300, WIDE.addressSpaceKib() * 8, 1 << 20);
    String huge =
        "syntax = \"proto3\";"
            + IntStream.range(0, 3_000_000)
                .mapToObj(i -> "message M" + i + "{}")
                .collect(Collectors.joining());
    assertThat(failure(ErrorCode.INVALID_ARGUMENT, () -> run(limits, "a.proto", huge)).getMessage())
        .contains("protoc needs more than 1 s of processor time for it.");
  }

  @Test
  void aRunThatTakesTooLongEnds() {
    Protoc.Limits limits = new Protoc.Limits(10, 0, WIDE.addressSpaceKib(), WIDE.outputKib());
    assertThat(failure(ErrorCode.UNAVAILABLE, () -> run(limits, "a.proto", LARGE)).getMessage())
        .startsWith("protoc took more than 0 s. Try again");
  }

  @Test
  void aRunThatNeedsTooMuchMemoryEnds() {
    Protoc.Limits limits = new Protoc.Limits(10, 60, 100 << 10, WIDE.outputKib());
    assertThat(
            failure(ErrorCode.INVALID_ARGUMENT, () -> run(limits, "a.proto", LARGE)).getMessage())
        .contains("protoc failed on it, with 102400 KiB of memory.");
  }

  @Test
  void aRunThatWritesTooMuchEnds() {
    Protoc.Limits limits = new Protoc.Limits(10, 60, WIDE.addressSpaceKib(), 64);
    assertThat(
            failure(ErrorCode.INVALID_ARGUMENT, () -> run(limits, "a.proto", LARGE)).getMessage())
        .contains("What protoc makes of it is larger than 64 KiB.");
  }

  @Test
  void limitsThatCannotBeSetAreNoFaultOfTheSchema() {
    Protoc.Limits limits = new Protoc.Limits(-1, 60, WIDE.addressSpaceKib(), WIDE.outputKib());
    assertThat(
            failure(ErrorCode.UNAVAILABLE, () -> run(limits, "a.proto", "message A {}"))
                .getMessage())
        .startsWith("The server cannot run protoc now");
  }

  @Test
  void manySchemasCompileAtOnce() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(12);
    try {
      List<Future<FileDescriptorSet>> all =
          IntStream.range(0, 48)
              .mapToObj(
                  i ->
                      callers.submit(
                          () -> run(WIDE, "a.proto", "syntax = \"proto3\"; message M" + i + " {}")))
              .toList();
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).get().getFile(0).getMessageType(0).getName()).isEqualTo("M" + i);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void nothingIsLeftBehind() throws IOException {
    String name = "left_behind_" + UUID.randomUUID() + ".proto";
    run(WIDE, name, "syntax = \"proto3\"; message A {}");
    failure(ErrorCode.INVALID_ARGUMENT, () -> run(WIDE, name, "message"));
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      List<Path> directories =
          all.filter(path -> path.getFileName().toString().startsWith("unified-catalog-protoc-"))
              .toList();
      assertThat(directories).isNotEmpty();
      for (Path directory : directories) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
            .isEqualTo("rwx------");
        try (Stream<Path> inside = Files.walk(directory)) {
          assertThat(inside.map(path -> path.getFileName().toString())).doesNotContain(name);
        }
      }
    }
  }
}
