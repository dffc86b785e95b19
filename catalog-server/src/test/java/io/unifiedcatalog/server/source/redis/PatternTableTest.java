package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatternTableTest {
  private static final RedisSource SYSTEM = new RedisSource();

  @Test
  void theColumnsOfThePatternAreTheKey() {
    PhysicalTable table =
        table("user:{user_id}:profile", "hash", "name STRING", "user_id BIGINT", "age INT");
    assertThat(table.columns()).extracting(Column::name).containsExactly("name", "user_id", "age");
    assertThat(table.columns()).extracting(Column::nullable).containsExactly(true, false, true);
    assertThat(key(table)).containsExactly("user_id");
  }

  @Test
  void anElementIsPartOfTheKeyUnlessItMayBeThereTwice() {
    assertThat(key(table("s:{id}", "set", "id INT", "member STRING")))
        .containsExactly("id", "member");
    assertThat(key(table("z:{id}", "zset", "id INT", "member STRING", "s DOUBLE")))
        .containsExactly("id", "member");
    assertThat(key(table("h:{id}", "hash-entries", "id INT", "f STRING", "v STRING")))
        .containsExactly("id", "f");
    assertThat(table("l:{id}", "list", "id INT", "element STRING").primaryKey()).isNull();
    assertThat(table("x:{id}", "stream", "id INT", "a STRING").primaryKey()).isNull();
  }

  @Test
  void aSchemaSaysTheColumnsAndTheKeysMayBeGivenBesideIt() {
    Registration registration =
        new Registration(
            Map.of("key-pattern", "p:{id}:{lang}", "value", "string"),
            List.of(new SchemaUse("value", UUID.randomUUID(), "p-value", 1, false, "")));
    List<Column> ofSchema = List.of(column("lang VARCHAR(2)"), column("title STRING"));
    PhysicalTable texts = SYSTEM.table("t", registration, Map.of("value", ofSchema), List.of(), "");
    assertThat(texts.columns())
        .extracting(Column::name, Column::nativeType)
        .containsExactly(
            tuple("id", "VARCHAR(2147483647)"),
            tuple("lang", "VARCHAR(2)"),
            tuple("title", "STRING"));
    PhysicalTable given =
        SYSTEM.table(
            "t", registration, Map.of("value", ofSchema), List.of(column("id BIGINT")), "");
    assertThat(given.columns().get(0).nativeType()).isEqualTo("BIGINT");
    // They stay when the schema moves on.
    assertThat(SYSTEM.ownColumns(given, registration.options()))
        .extracting(Column::name, Column::nativeType)
        .contains(tuple("id", "BIGINT"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''         | hash   | id INT, a INT               | key-pattern | is missing. Give the keys of the table
          user       | hash   | id INT, a INT               | key-pattern | has no column in braces
          u:{id      | hash   | id INT, a INT               | key-pattern | a '{' without a column's name
          {a}{b}     | hash   | a INT, b INT, c INT         | key-pattern | two columns with nothing between them
          u:{id}     | ''     | id INT, a INT               | value       | is missing. Known values: string, hash
          u:{id}     | tuple  | id INT, a INT               | value       | 'tuple' is unknown
          u:{id}     | json   | id INT, a INT               | value.format | a format reads and writes the document
          u:{id}     | hash   | a INT                       | columns     | has no column 'id', which is in the key pattern
          u:{id}     | hash   | id INT                      | columns     | at least one column
          u:{id}     | string | id INT, a INT, b INT        | columns     | one column, or set value.format
          u:{id}     | set    | id INT, a INT, b INT        | columns     | one column, the element
          u:{id}     | zset   | id INT, a INT, b INT        | columns     | two columns, the member and then its score, a DOUBLE
          u:{id}     | hash   | id INT, a ARRAY<INT>        | columns.a   | cannot be ARRAY<INT> in Redis
          u:{id}     | hash   | id BINARY(2), a INT         | columns.id  | cannot be BINARY(2) in Redis
          """)
  void whatIsNoTableIsRefused(
      String pattern, String kind, String columns, String field, String message) {
    Map<String, String> options = new HashMap<>();
    if (!pattern.isEmpty()) {
      options.put("key-pattern", pattern);
    }
    if (!kind.isEmpty()) {
      options.put("value", kind);
    }
    assertThat(violations(options, columns))
        .anySatisfy(
            violation -> {
              assertThat(violation.field())
                  .isEqualTo(field.startsWith("columns") ? field : "registration.options." + field);
              assertThat(violation.message()).contains(message);
            });
  }

  @Test
  void anOptionThatIsNoneIsRefusedWithASchemaToo() {
    Registration registration =
        new Registration(
            Map.of("key-pattern", "p:{id}", "value", "string", "value.max-elments", "5"),
            List.of(new SchemaUse("value", UUID.randomUUID(), "p-value", 1, false, "")));
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () ->
                SYSTEM.table(
                    "t", registration, Map.of("value", List.of(column("a INT"))), List.of(), ""));
    assertThat(failure.violations())
        .singleElement()
        .satisfies(
            one -> assertThat(one.field()).isEqualTo("registration.options.value.max-elments"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nodes               | redis:6379  | How the server is reached is said by the source
          connector           | redis       | is said by the source
          value.json.x        | 1           | is no option of a table over keys
          overlap             | yes         | Known value: allow
          value.format        | json        | is for strings and JSON, and the value is hash
          """)
  void anOptionThatIsNoTablesIsRefused(String key, String value, String message) {
    Map<String, String> options = new HashMap<>();
    options.put("key-pattern", "u:{id}");
    options.put("value", "hash");
    options.put(key, value);
    assertThat(violations(options, "id INT, a INT"))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("registration.options." + key);
              assertThat(violation.message()).contains(message);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          user:{id BIGINT}      | user:{id BIGINT}:profile   | ''
          user:{id STRING}      | user:{id BIGINT}:profile   | user:1:profile
          user:{id STRING}      | user:{name STRING}         | user:x
          user:{id BIGINT}      | user:{name STRING}         | user:1
          user:{id BIGINT}      | user:{flag BOOLEAN}        | ''
          user:{id BIGINT}      | cart:{id BIGINT}           | ''
          {kind STRING}:{id INT}| user:{id BIGINT}           | user:1
          {a STRING}:{b INT}    | user:{id INT}:profile      | ''
          {a STRING}:{b STRING} | user:{id INT}:profile      | user:1:profile
          a{x STRING}           | {y STRING}b                | ab
          """)
  void twoPatternsOverlapIfAKeyIsOfBoth(String first, String second, String key) {
    PhysicalTable one = typed("one", first, Map.of());
    PhysicalTable two = typed("two", second, Map.of());
    for (List<PhysicalTable> pair : List.of(List.of(one, two), List.of(two, one))) {
      List<Violation> conflicts = SYSTEM.conflicts(pair.get(0), null, () -> pair);
      if (key.isEmpty()) {
        assertThat(conflicts).isEmpty();
      } else {
        assertThat(conflicts)
            .singleElement()
            .satisfies(
                conflict ->
                    assertThat(conflict.message())
                        .contains(
                            "of table '" + pair.get(1).name() + "': '",
                            "' would be a key of both",
                            "set the option overlap to allow"));
        // The key that is named is of both, as the connector sees it.
        String named = conflicts.get(0).message().replaceAll("(?s).*': '(.*)' would be.*", "$1");
        for (PhysicalTable table : pair) {
          assertThat(
                  PatternTable.pattern(Objects.requireNonNull(table.registration())).values(named))
              .isNotNull();
        }
        assertThat(named).hasSameSizeAs(key);
      }
    }
    assertThat(
            SYSTEM.conflicts(
                typed("one", first, Map.of("overlap", "allow")), null, () -> List.of(two)))
        .isEmpty();
  }

  /** A hash by a pattern with types in it. */
  private static PhysicalTable typed(String name, String pattern, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("key-pattern", pattern.replaceAll(" [A-Z]+}", "}"));
    options.put("value", "hash");
    List<Column> columns =
        Stream.concat(
                Pattern.compile("\\{(.*?)}")
                    .matcher(pattern)
                    .results()
                    .map(match -> column(match.group(1))),
                Stream.of(column("value STRING")))
            .toList();
    return SYSTEM.table(name, new Registration(options, List.of()), Map.of(), columns, "");
  }

  private static List<Violation> violations(Map<String, String> options, String columns) {
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () ->
                SYSTEM.table(
                    "t",
                    new Registration(options, List.of()),
                    Map.of(),
                    Arrays.stream(columns.split(", ")).map(PatternTableTest::column).toList(),
                    ""));
    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    return failure.violations();
  }

  private static PhysicalTable table(String pattern, String kind, String... columns) {
    return SYSTEM.table(
        "t",
        new Registration(Map.of("key-pattern", pattern, "value", kind), List.of()),
        Map.of(),
        Arrays.stream(columns).map(PatternTableTest::column).toList(),
        "");
  }

  private static List<String> key(PhysicalTable table) {
    return Objects.requireNonNull(table.primaryKey()).columns();
  }

  private static Column column(String text) {
    int blank = text.indexOf(' ');
    return new Column(text.substring(0, blank), text.substring(blank + 1), true, "", Map.of());
  }
}
