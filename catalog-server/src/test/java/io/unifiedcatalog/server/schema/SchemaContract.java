package io.unifiedcatalog.server.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.SchemaKind.Direction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every kind of schema must do. An implementation fills in schemas of its kind. */
public abstract class SchemaContract {
  protected static final Engine FLINK = new Engine("flink", "2.3.0");

  /** The kind, as {@link SchemaKinds} knows it. */
  protected abstract SchemaKind kind();

  /** Schemas that are understood without any reference, by what they show. */
  protected abstract Map<String, SchemaContent> understood();

  /**
   * A schema that is refused.
   *
   * @param field of a violation
   * @param message part of that violation's message
   */
  public record Refused(SchemaContent content, String field, String message) {}

  /** Schemas that are refused, by what is wrong with them. */
  protected abstract Map<String, Refused> refused();

  /**
   * A table of a schema.
   *
   * @param message as a registration says it
   * @param columns each as {@code name | native type | Flink type with NOT NULL | comment}
   */
  public record TableOf(
      SchemaContent content,
      String message,
      Map<String, String> formatOptions,
      List<String> columns) {}

  /** Tables, by what they show. */
  protected abstract Map<String, TableOf> tables();

  /**
   * A change of a schema.
   *
   * @param backward the rules that readers of the newer version see broken, in order
   * @param forward those of readers of the older version
   */
  public record Change(
      SchemaContent older,
      SchemaContent newer,
      boolean usedInJson,
      List<String> backward,
      List<String> forward) {}

  /** Changes, by what they are. Empty if the kind knows no rule. */
  protected abstract Map<String, Change> changes();

  /** A schema whose types are nested to a depth. */
  protected abstract SchemaContent nested(int depth);

  /**
   * How deeply types may be nested.
   *
   * @param deepest the greatest depth of {@link #nested} that is taken
   * @param refusal part of the message for the next depth
   * @param farRefusal part of the message for a depth of a thousand and more
   */
  public record Nesting(int deepest, String refusal, String farRefusal) {}

  /** How deeply types may be nested. */
  protected abstract Nesting nesting();

  /** A good schema with padding of so many characters in it, as in a comment. */
  protected abstract SchemaContent padded(int characters);

  /** Files by name and text, in turn. */
  protected static SchemaContent files(String... namesAndTexts) {
    List<SchemaContent.File> files = new ArrayList<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      files.add(new SchemaContent.File(namesAndTexts[i], namesAndTexts[i + 1]));
    }
    return new SchemaContent(files, "", List.of());
  }

  /** Compiles a schema that has no reference. */
  protected final CompiledSchema compile(SchemaContent content) {
    return kind().compile(content, List.of());
  }

  /** The failure of a call that must be refused for what was sent. */
  protected static CatalogException refusal(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    CatalogException refusal = catchThrowableOfType(CatalogException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal.getMessage())
        .isNotBlank()
        .doesNotContain(System.getProperty("java.io.tmpdir") + "/")
        .doesNotContain(System.getProperty("user.dir"));
    return refusal;
  }

  /** A column on one line. */
  protected static String line(Column column) {
    return column.name()
        + " | "
        + column.nativeType()
        + " | "
        + column.facts().getOrDefault(Facts.FLINK_TYPE, column.nativeType())
        + (column.nullable() ? "" : " NOT NULL")
        + " | "
        + column.comment();
  }

  private static <T> Stream<DynamicTest> each(Map<String, T> cases, Check<T> check) {
    return new TreeMap<>(cases)
        .entrySet().stream()
            .map(
                entry -> DynamicTest.dynamicTest(entry.getKey(), () -> check.of(entry.getValue())));
  }

  private interface Check<T> {
    void of(T value) throws Exception;
  }

  @Test
  void theKindIsKnownByItsName() {
    assertThat(SchemaKinds.get(kind().kind())).hasSameClassAs(kind());
    assertThat(SchemaKinds.all()).filteredOn(one -> one.kind().equals(kind().kind())).hasSize(1);
    assertThat(kind().kind()).matches("[a-z]+");
    assertThat(kind().formatIdentifier()).matches("[a-z-]+");
  }

  @Test
  void anUnknownKindIsRefusedAndTheKnownOnesAreNamed() {
    String unknown = kind().kind() + "x";
    CatalogException refusal = refusal(() -> SchemaKinds.get(unknown));
    assertThat(refusal.reason()).isEqualTo("UNKNOWN_SCHEMA_KIND");
    assertThat(refusal)
        .hasMessageStartingWith("Schema kind '" + unknown + "' is unknown. Known kinds: ");
    String known = refusal.getMessage().replaceFirst(".*: ", "").replaceFirst("\\.$", "");
    assertThat(known.split(", ")).contains(kind().kind()).doesNotHaveDuplicates().isSorted();
  }

  @Test
  void everyRuleCanBeSwitchedOff() {
    assertThat(kind().compatibilities()).contains(Compatibility.NONE);
    assertThat(kind().compatibilities().size() == 1).isEqualTo(changes().isEmpty());
  }

  @TestFactory
  Stream<DynamicTest> understandsTheSameInTheSameWay() {
    return each(
        understood(),
        content -> {
          CompiledSchema once = compile(content);
          CompiledSchema again = compile(content);
          assertThat(again.bytes()).isEqualTo(once.bytes());
          assertThat(again.messages()).isEqualTo(once.messages()).doesNotHaveDuplicates();
        });
  }

  @TestFactory
  Stream<DynamicTest> everySchemaIsCompatibleWithItselfIfItsKindHasRules() {
    return each(
        understood(),
        content -> {
          CompiledSchema schema = compile(content);
          for (Direction direction : Direction.values()) {
            for (boolean usedInJson : new boolean[] {false, true}) {
              if (changes().isEmpty()) {
                assertThat(
                        refusal(
                            () -> kind().incompatibilities(schema, schema, direction, usedInJson)))
                    .hasMessageContaining("cannot be compared")
                    .hasMessageContaining("compatibility to NONE");
              } else {
                assertThat(kind().incompatibilities(schema, schema, direction, usedInJson))
                    .isEmpty();
              }
            }
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> saysWhatIsWrongAndWhere() {
    return each(
        refused(),
        bad -> {
          CatalogException refusal = refusal(() -> compile(bad.content));
          assertThat(refusal.violations())
              .as(refusal.getMessage())
              .anySatisfy(
                  violation -> {
                    assertThat(violation.field()).isEqualTo(bad.field);
                    assertThat(violation.message()).contains(bad.message);
                  });
          for (Violation violation : refusal.violations()) {
            assertThat(violation.message()).isNotBlank();
            assertThat(refusal.getMessage()).contains(violation.message());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> makesColumns() {
    return each(
        tables(),
        table -> {
          CompiledSchema schema = compile(table.content);
          String message = kind().message(schema, table.message);
          assertThat(message.isEmpty()).isEqualTo(schema.messages().isEmpty());
          List<Column> columns = kind().columns(schema, message, table.formatOptions);
          assertThat(columns.stream().map(SchemaContract::line))
              .containsExactlyElementsOf(table.columns);
          assertThat(kind().columns(schema, message, table.formatOptions)).isEqualTo(columns);
        });
  }

  @TestFactory
  Stream<DynamicTest> namesTheFormatThatReadsATable() {
    return each(
        tables(),
        table -> {
          CompiledSchema schema = compile(table.content);
          String message = kind().message(schema, table.message);
          Format format = kind().format(schema, message, 17, table.formatOptions, FLINK);
          assertThat(format.identifier()).isEqualTo(kind().formatIdentifier());
          assertThat(format.options()).containsAllEntriesOf(table.formatOptions);
          assertThat(format.artifacts())
              .allSatisfy(
                  artifact -> {
                    assertThat(artifact.coordinates()).matches("[a-z0-9.-]+:[a-z0-9-]+:[^:]+");
                    assertThat(artifact.probeClass())
                        .startsWith(artifact.coordinates().substring(0, 3));
                  });
          assertThat(kind().format(schema, message, 17, table.formatOptions, FLINK))
              .isEqualTo(format);
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesAnOptionThatTheFormatDoesNotHave() {
    return each(
        tables(),
        table -> {
          CompiledSchema schema = compile(table.content);
          String message = kind().message(schema, table.message);
          CatalogException refusal =
              refusal(() -> kind().columns(schema, message, Map.of("no-such-option", "1")));
          assertThat(refusal.getMessage()).contains("no-such-option");
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesAMessageThatIsNotThere() {
    return each(
        tables(),
        table -> {
          CompiledSchema schema = compile(table.content);
          CatalogException refusal = refusal(() -> kind().message(schema, "no.such.Message"));
          assertThat(refusal.getMessage()).contains("no.such.Message");
          schema.messages().stream()
              .limit(3)
              .forEach(message -> assertThat(refusal.getMessage()).contains(message));
        });
  }

  @TestFactory
  Stream<DynamicTest> tellsWhichChangesAreCompatible() {
    return each(
        changes(),
        change -> {
          CompiledSchema older = compile(change.older);
          CompiledSchema newer = compile(change.newer);
          check(
              kind().incompatibilities(older, newer, Direction.BACKWARD, change.usedInJson),
              change.backward);
          check(
              kind().incompatibilities(older, newer, Direction.FORWARD, change.usedInJson),
              change.forward);
        });
  }

  private static void check(List<Incompatibility> found, List<String> rules) {
    assertThat(found).extracting(Incompatibility::rule).containsExactlyElementsOf(rules);
    assertThat(found)
        .allSatisfy(
            each -> {
              assertThat(each.rule()).matches("[A-Z0-9_]+");
              assertThat(each.oldPlace() + each.newPlace()).isNotBlank();
              assertThat(each.message()).endsWith(".");
              assertThat(each.remedy()).endsWith(".");
            });
  }

  @Test
  void refusesContentThatHoldsNothing() {
    CatalogException refusal = refusal(() -> compile(new SchemaContent(List.of(), "", List.of())));
    assertThat(refusal.getMessage()).contains("file");
  }

  @Test
  void refusesATextThatIsTooLargeAndSaysHowLargeItMayBe() {
    CatalogException refusal = refusal(() -> compile(padded(5 << 20)));
    assertThat(refusal.getMessage()).containsPattern("[0-9]{7}").contains("at most");
    assertThat(refusal.getMessage()).hasSizeLessThan(1000);
  }

  @Test
  void takesATextOfAnOrdinarySize() {
    assertThat(compile(padded(100_000)).bytes()).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> nestingIsTakenUpToADepthAndRefusedBeyond() {
    int deepest = nesting().deepest;
    assertThat(deepest).isBetween(10, 999);
    return Stream.of(10, deepest, deepest + 1, 1_000, 100_000)
        .map(
            depth ->
                DynamicTest.dynamicTest(
                    "of depth " + depth,
                    () -> {
                      if (depth <= deepest) {
                        assertThat(compile(nested(depth)).bytes()).isNotEmpty();
                        return;
                      }
                      CatalogException refusal = refusal(() -> compile(nested(depth)));
                      String why = depth == deepest + 1 ? nesting().refusal : nesting().farRefusal;
                      boolean isTooLarge = nested(depth).files().get(0).text().length() > 1 << 20;
                      assertThat(refusal)
                          .hasMessageContaining(isTooLarge ? "at most 1048576" : why);
                      assertThat(refusal.violations()).isNotEmpty();
                      assertThat(refusal.getMessage()).hasSizeLessThan(20_000);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> textThatIsNoSchemaIsRefused() {
    byte[] noise = new byte[10_000];
    new Random(7).nextBytes(noise);
    Map<String, String> texts =
        Map.of(
            "nothing", "",
            "zero bytes", "\0\0\0",
            "noise", new String(noise, StandardCharsets.ISO_8859_1),
            "half a surrogate", "\ud83d",
            "a page", "<html><body>404</body></html>",
            "braces", "{".repeat(50_000));
    Function<String, SchemaContent> content = text -> files(padded(10).files().get(0).name(), text);
    return each(texts, text -> refusal(() -> compile(content.apply(text))));
  }

  @TestFactory
  Stream<DynamicTest> descriptorSetsThatAreNoneAreRefused() {
    byte[] noise = new byte[10_000];
    new Random(7).nextBytes(noise);
    Map<String, String> sets =
        Map.of(
            "no base64", "%%%",
            "noise", Base64.getEncoder().encodeToString(noise),
            "too large", Base64.getEncoder().encodeToString(new byte[5 << 20]));
    return each(
        sets,
        set -> {
          CatalogException refusal =
              refusal(() -> compile(new SchemaContent(List.of(), set, List.of())));
          assertThat(refusal.getMessage()).hasSizeLessThan(1000).contains("descriptor");
        });
  }
}
