package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Option;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an overlay may set a tunable option to, for every kind of source. */
class TunableOptionsTest {
  private static final List<String> HARMFUL =
      List.of(
          "`id` = 0) UNION (SELECT * FROM secrets WHERE `id`",
          "id` = 0) UNION (SELECT * FROM secrets WHERE `id",
          "id = 0) UNION (SELECT * FROM secrets WHERE id",
          "id) OR (1=1",
          "hidden",
          "ID",
          "id ",
          "org.example.Evil",
          "file:///etc/passwd",
          "1; DROP TABLE x",
          "",
          " ",
          "1\n2",
          "9".repeat(400));

  private static PhysicalTable table(String type) {
    List<Column> columns =
        List.of(
            new Column("id", type, false, "", Map.of()),
            new Column("we`ird", type, true, "", Map.of()),
            new Column("a b", type, true, "", Map.of()));
    return new PhysicalTable(
        "t",
        PhysicalTable.Kind.TABLE,
        columns,
        new Key("PRIMARY", List.of("id")),
        List.of(),
        List.of(),
        "",
        Map.of(),
        null);
  }

  private static Binding binding(String kind, String version) {
    SourceSystem system = SourceSystems.get(kind);
    Map<String, String> options =
        switch (kind) {
          case "kafka" -> Map.of("bootstrap-servers", "h:9092");
          case "redis" -> Map.of("nodes", "h:6379");
          case "postgres" -> Map.of("host", "h", "user", "u", "database", "d");
          default -> Map.of("host", "h", "user", "u");
        };
    Source source =
        new Source(
            new UUID(0, 1), "s", kind, options, Map.of("password", new Secret("of-a-test")), 1);
    Engine engine = new Engine("flink", version);
    PhysicalTable physical =
        switch (kind) {
          case "kafka" ->
              ((RegisteringSystem) system)
                  .table(
                      "t",
                      new Registration(Map.of("topic", "t", "value.format", "json"), List.of()),
                      Map.of(),
                      List.of(new Column("id", "INT", true, "", Map.of())),
                      "");
          case "redis" ->
              ((RegisteringSystem) system)
                  .table(
                      "t",
                      new Registration(
                          Map.of("key-pattern", "t:{id}", "value", "stream"), List.of()),
                      Map.of(),
                      List.of(
                          new Column("id", "INT", false, "", Map.of()),
                          new Column("a", "STRING", true, "", Map.of())),
                      "");
          case "clickhouse" -> table("Int32");
          case "postgres" -> table("integer");
          default -> table("int");
        };
    return RegisteredTables.binding(
        source,
        "d",
        physical,
        Overlay.EMPTY,
        EffectiveSchema.of(
            physical,
            Overlay.EMPTY,
            column -> system.columnType(column, source, engine),
            List.of()),
        Role.SOURCE,
        RuntimeMode.STREAMING,
        engine,
        use -> {
          throw new AssertionError(use);
        },
        use -> {
          throw new AssertionError(use);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "clickhouse, 2.3.0",
    "doris, 2.3.0",
    "doris, 1.20.3",
    "kafka, 2.3.0",
    "kafka, 1.20.3",
    "mysql, 2.3.0",
    "postgres, 2.3.0",
    "redis, 2.3.0",
    "starrocks, 2.3.0"
  })
  void noneTakesAValueThatBecomesAStatementOrAClass(String kind, String version) {
    Binding binding = binding(kind, version);
    List<String> taken = new ArrayList<>();
    for (Option option : binding.options()) {
      OptionRule rule = option.rule();
      if (rule == null) {
        continue;
      }
      // A name of a group or a transaction goes to Kafka as a value, and nowhere else.
      if (rule.equals(OptionRule.NAME)) {
        assertThat(option.key())
            .matches(
                "properties\\.(group\\.id|client\\.id\\.prefix)|sink\\.transactional-id-prefix");
        continue;
      }
      for (String value : HARMFUL) {
        List<Violation> violations = new ArrayList<>();
        OverlayUpdate.check(
            new Overlay(
                null,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                "",
                "",
                Map.of(),
                Map.of(option.key(), value),
                List.of()),
            null,
            table("int"),
            new EffectiveSchema(List.of(), null, List.of(), "", List.of()),
            /* isRegistered= */ false,
            () -> binding,
            violations);
        // The start of a label of Doris is any word.
        boolean word = option.key().equals("sink.label-prefix") && value.matches("[A-Za-z]+");
        if (violations.isEmpty()) {
          if (word) {
            continue;
          }
          taken.add(option.key() + "=" + value);
        } else {
          assertThat(violations.get(0).message()).startsWith("must be ");
        }
      }
      String standard = option.value();
      assertThat(standard == null || rule.takes(standard)).as(option.key()).isTrue();
    }
    assertThat(taken).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"clickhouse", "doris", "mysql", "postgres", "starrocks"})
  void aColumnOptionTakesAVisibleColumnThatNeedsNoQuotes(String kind) {
    OptionRule rule =
        Objects.requireNonNull(
            binding(kind, "2.3.0").options().stream()
                .filter(option -> option.key().equals("scan.partition.column"))
                .findFirst()
                .orElseThrow()
                .rule());
    assertThat(rule.takes("id")).isTrue();
    assertThat(rule.takes("we`ird")).isFalse();
    assertThat(rule.takes("a b")).isFalse();
  }
}
