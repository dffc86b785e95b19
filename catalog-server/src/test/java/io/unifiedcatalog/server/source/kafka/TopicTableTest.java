package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicTableTest {
  private static final KafkaSource SYSTEM = new KafkaSource();

  @Test
  void theColumnsOfAValueAreTheTable() {
    PhysicalTable table =
        register(
            Map.of("topic", "shop.clicks-1_a"), Map.of("value", columns("id BIGINT", "at DATE")));
    assertThat(names(table)).containsExactly("id", "at");
    assertThat(table.comment()).isEqualTo("What was clicked");
    assertThat(table.facts()).isEqualTo(Map.of("columns", "2"));
    assertThat(table.primaryKey()).isNull();
    assertThat(table.registration())
        .isNotNull()
        .satisfies(kept -> assertThat(kept.options()).containsEntry("topic", "shop.clicks-1_a"));
  }

  @Test
  void keyAndValueWithNothingInCommonStandBesideEachOther() {
    PhysicalTable table =
        register(
            Map.of("topic", "t"),
            Map.of("key", columns("id BIGINT"), "value", columns("name STRING")));
    assertThat(names(table)).containsExactly("id", "name");
    assertThat(table.facts())
        .containsEntry("key.fields", "id")
        .containsEntry("value.fields-include", "EXCEPT_KEY");
  }

  @Test
  void aKeyThatIsInTheValueIsOneWithIt() {
    PhysicalTable table =
        register(
            Map.of("topic", "t"),
            Map.of(
                "key", columns("b INT", "a INT"), "value", columns("a INT", "b INTEGER", "c INT")));
    assertThat(names(table)).containsExactly("a", "b", "c");
    assertThat(table.facts())
        .containsEntry("key.fields", "b;a")
        .containsEntry("value.fields-include", "ALL");
  }

  @Test
  void aPrefixTellsKeyAndValueApart() {
    PhysicalTable table =
        register(
            Map.of("topic", "t", "key.fields-prefix", "k_"),
            Map.of("key", columns("id BIGINT", "x INT"), "value", columns("id STRING")));
    assertThat(names(table)).containsExactly("k_id", "k_x", "id");
    assertThat(table.facts())
        .containsEntry("key.fields", "k_id;k_x")
        .containsEntry("value.fields-include", "EXCEPT_KEY");
  }

  @Test
  void sharedColumnsCanBeTakenFromTheKeyAlone() {
    PhysicalTable table =
        register(
            Map.of("topic", "t", "value.fields-include", "EXCEPT_KEY"),
            Map.of("key", columns("id BIGINT", "x INT"), "value", columns("id STRING", "y INT")));
    assertThat(names(table)).containsExactly("id", "x", "y");
    assertThat(table.columns().get(0).nativeType()).isEqualTo("BIGINT");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          id STRING | of another type in the value
          x INT | not in the value, though others are
          """)
  void aKeyThatIsPartlyInTheValueMustBeToldApart(String second, String message) {
    CatalogException failure =
        failure(
            Map.of("topic", "t"),
            Map.of(
                "key",
                second.startsWith("id") ? columns(second) : columns("id BIGINT", second),
                "value",
                columns("id BIGINT", "y INT")));
    assertThat(failure.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("registration.options.value.fields-include");
              assertThat(violation.message()).contains(message).contains("key.fields-prefix");
            });
  }

  @Test
  void givenColumnsNeedAFormatAndMayHaveAKey() {
    PhysicalTable table =
        SYSTEM.table(
            "t",
            new Registration(
                Map.of(
                    "topic", "t",
                    "value.format", "json",
                    "value.json.ignore-parse-errors", "true",
                    "key.format", "raw",
                    "key.fields", "id",
                    "scan.startup.mode", "latest-offset",
                    "properties.group.id", "g"),
                List.of()),
            Map.of(),
            columns("id STRING", "name STRING"),
            "");
    assertThat(names(table)).containsExactly("id", "name");
    assertThat(table.facts())
        .isEqualTo(Map.of("key.fields", "id", "value.fields-include", "ALL", "columns", "2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          topic | "" | is missing. Give the topic
          topic | a;b | 'a;b' is no name of a topic
          topic | .. | '..' is no name of a topic
          topic | a b | A table is over one topic
          topic-pattern | a.* | is not taken: a table is over one topic
          value.format | json | is said by the schema of the value
          format | json | is taken by the name value.format
          key.fields | id | is of no use without a schema of the key or key.format
          key.fields-prefix | k_ | is of no use without key.format and key.fields
          value.fields-include | SOME | 'SOME' is unknown. Known values: ALL, EXCEPT_KEY.
          connector | filesystem | is said by the source
          key.json.ignore-parse-errors | true | is of no use: the format of the key is not given
          properties.bootstrap.servers | elsewhere:9092 | the source says how the cluster is reached
          properties.interceptor.classes | x.Y | Known properties: properties.acks,
          properties.ssl.truststore.location | /etc/passwd | the source says how the cluster is reached
          scan.start | x | is no option of a table over a topic. Known options: key.fields
          """)
  void aWrongOptionIsNamedWithWhatWouldBeRight(String key, String value, String message) {
    Map<String, String> options = new HashMap<>(Map.of("topic", "t"));
    options.put(key, value);
    CatalogException failure = failure(options, Map.of("value", columns("id BIGINT")));
    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(failure.violations())
        .anySatisfy(
            violation -> {
              assertThat(violation.field()).isEqualTo("registration.options." + key);
              assertThat(violation.message()).contains(message);
            });
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () ->
                SYSTEM.table(
                    "t",
                    new Registration(
                        Map.of(
                            "key.format", "JSON",
                            "key.fields", "id;no;id",
                            "key.fields-prefix", "k_",
                            "value.fields-include", "ALL"),
                        List.of()),
                    Map.of(),
                    columns("id STRING", "k_x INT", "x;y INT"),
                    ""));
    assertThat(failure)
        .hasMessageStartingWith("Table 't' cannot be registered: ")
        .hasMessageContaining("registration.options.topic: is missing");
    assertThat(failure.violations())
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "registration.options.topic",
            "registration.options.value.format",
            "registration.options.key.format",
            "registration.options.key.fields",
            "registration.options.key.fields",
            "registration.options.key.fields",
            "registration.options.key.fields",
            "registration.options.value.fields-include",
            "columns.x;y");
  }

  private static CatalogException failure(
      Map<String, String> options, Map<String, List<Column>> columns) {
    return catchThrowableOfType(CatalogException.class, () -> register(options, columns));
  }

  private static PhysicalTable register(
      Map<String, String> options, Map<String, List<Column>> columns) {
    return SYSTEM.table(
        "t",
        new Registration(
            options,
            columns.keySet().stream()
                .sorted()
                .map(
                    role -> new SchemaUse(role, UUID.randomUUID(), "t-" + role, 1, false, "shop.T"))
                .toList()),
        columns,
        List.of(),
        "What was clicked");
  }

  private static List<String> names(PhysicalTable table) {
    return table.columns().stream().map(Column::name).toList();
  }

  /** Columns as a schema gives them: the type in Flink is a fact if it is not the native one. */
  private static List<Column> columns(String... columns) {
    return Arrays.stream(columns)
        .map(column -> column.split(" ", 2))
        .map(
            parts ->
                new Column(
                    parts[0],
                    parts[1],
                    true,
                    "",
                    parts[1].equals("INTEGER") ? Map.of(Facts.FLINK_TYPE, "INT") : Map.of()))
        .toList();
  }
}
