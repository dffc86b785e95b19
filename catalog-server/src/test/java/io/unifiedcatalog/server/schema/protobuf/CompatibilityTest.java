package io.unifiedcatalog.server.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.SchemaKind.Direction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rules over the table of {@link Changes}, with {@code buf breaking} as the yardstick: whatever
 * it reports, the catalog reports too.
 */
class CompatibilityTest {
  private final ProtobufSchema kind = new ProtobufSchema();

  private List<Incompatibility> incompatibilities(
      Changes.Case change, Direction direction, boolean json) {
    CompiledSchema older = kind.compile(change.older(), List.of());
    CompiledSchema newer = kind.compile(change.newer(), List.of());
    return kind.incompatibilities(older, newer, direction, json);
  }

  private Set<String> rules(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean json) {
    Set<String> rules = new TreeSet<>();
    kind.incompatibilities(older, newer, direction, json).forEach(each -> rules.add(each.rule()));
    return rules;
  }

  @TestFactory
  @EnabledIfSystemProperty(
      named = "buf.skip",
      matches = "false",
      disabledReason = "-Dbuf.skip was given")
  Stream<DynamicTest> whateverBufReportsIsReportedToo(@TempDir Path directory) throws Exception {
    List<Changes.Case> changes = new ArrayList<>(Changes.all());
    changes.addAll(Changes.random(120));
    // Each case in a package and a directory of its own, so that one run of buf sees them all.
    for (int i = 0; i < changes.size(); i++) {
      write(directory.resolve("older"), i, changes.get(i).older());
      write(directory.resolve("newer"), i, changes.get(i).newer());
    }
    Map<String, Set<String>> wire = buf(directory, "WIRE", "newer", "older");
    Map<String, Set<String>> json = buf(directory, "WIRE_JSON", "newer", "older");
    Map<String, Set<String>> wireMirrored = buf(directory, "WIRE", "older", "newer");
    Map<String, Set<String>> jsonMirrored = buf(directory, "WIRE_JSON", "older", "newer");
    List<DynamicTest> tests = new ArrayList<>();
    tests.add(
        DynamicTest.dynamicTest(
            "buf sees the cases",
            () -> {
              assertThat(wire).hasSizeGreaterThan(120);
              assertThat(json).hasSizeGreaterThan(wire.size());
              assertThat(wireMirrored).hasSizeGreaterThan(120);
              assertThat(jsonMirrored).hasSizeGreaterThan(120);
            }));
    for (int i = 0; i < changes.size(); i++) {
      Changes.Case change = changes.get(i);
      String key = "shop" + i;
      tests.add(
          DynamicTest.dynamicTest(
              change.name(),
              () -> {
                CompiledSchema older = kind.compile(change.older(), List.of());
                CompiledSchema newer = kind.compile(change.newer(), List.of());
                assertThat(rules(older, newer, Direction.BACKWARD, false))
                    .containsAll(wire.getOrDefault(key, Set.of()));
                assertThat(rules(older, newer, Direction.BACKWARD, true))
                    .containsAll(json.getOrDefault(key, Set.of()));
                assertThat(rules(older, newer, Direction.FORWARD, false))
                    .containsAll(reading(wireMirrored.getOrDefault(key, Set.of())));
                assertThat(rules(older, newer, Direction.FORWARD, true))
                    .containsAll(reading(jsonMirrored.getOrDefault(key, Set.of())));
              }));
    }
    return tests.stream();
  }

  /** Without the rules on what is deleted: to the older version, what is new is not. */
  private static Set<String> reading(Set<String> rules) {
    Set<String> reading = new TreeSet<>(rules);
    reading.removeIf(rule -> rule.contains("_NO_DELETE"));
    return reading;
  }

  private static void write(Path directory, int number, SchemaContent content) throws IOException {
    for (SchemaContent.File file : content.files()) {
      Path path = directory.resolve(file.name().replace("shop", "shop" + number));
      Files.createDirectories(Objects.requireNonNull(path.getParent()));
      Files.writeString(path, file.text().replace("shop", "shop" + number));
    }
  }

  /** What buf reports, by the directory of the case. */
  private static Map<String, Set<String>> buf(
      Path directory, String category, String input, String against) throws Exception {
    Files.writeString(
        directory.resolve(input).resolve("buf.yaml"),
        "{version: v2, breaking: {use: [" + category + "]}}");
    Files.writeString(directory.resolve(against).resolve("buf.yaml"), "version: v2");
    Path report = directory.resolve(category + "-" + input);
    Process process =
        new ProcessBuilder(
                "npm",
                "exec",
                "--yes",
                "--package=@bufbuild/buf@" + System.getProperty("buf.version"),
                "--",
                "buf",
                "breaking",
                input,
                "--against",
                against,
                "--error-format=json")
            .directory(directory.toFile())
            .redirectOutput(report.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    // 100: there are breaking changes.
    assertThat(process.waitFor()).isEqualTo(100);
    Map<String, Set<String>> found = new TreeMap<>();
    ObjectMapper mapper = new ObjectMapper();
    for (String line : Files.readAllLines(report, StandardCharsets.UTF_8)) {
      JsonNode fault = mapper.readTree(line);
      String path = fault.path("path").asText();
      found
          .computeIfAbsent(
              path.replaceAll("^(older/|newer/)?(shop[0-9]+)/.*", "$2"), key -> new TreeSet<>())
          .add(fault.path("type").asText());
    }
    assertThat(found.keySet()).allMatch(key -> key.matches("shop[0-9]+"));
    return found;
  }

  @Test
  void anIncompatibilityNamesBothPlacesAndTheWayOut() {
    Changes.Case change =
        new Changes.Case(
            "",
            file(
                """
                syntax = "proto3";
                package shop;

                message Click {
                  int64 id = 1;
                  string page = 2;
                }
                """),
            file(
                """
                syntax = "proto3";
                package shop;
                // Pages are numbered now.
                message Click {
                  int64 page = 2;
                }
                """),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    assertThat(incompatibilities(change, Direction.BACKWARD, false))
        .containsExactly(
            new Incompatibility(
                "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
                "shop/click.proto:5:3 shop.Click.id",
                "shop/click.proto:4:1 shop.Click",
                "Field shop.Click.id = 1 was deleted, and its number is free to be used for"
                    + " something else.",
                "Keep the field and mark it with [deprecated = true], or write 'reserved 1;' in its"
                    + " place."),
            new Incompatibility(
                "FIELD_WIRE_COMPATIBLE_TYPE",
                "shop/click.proto:6:3 shop.Click.page",
                "shop/click.proto:5:3 shop.Click.page",
                "Field shop.Click.page = 2 changed its type from string to int64.",
                "Leave page as it was, mark it with [deprecated = true], and add a field with a new"
                    + " number and a new name."));
  }

  private static SchemaContent file(String text) {
    return new SchemaContent(
        List.of(new SchemaContent.File("shop/click.proto", text)), "", List.of());
  }
}
