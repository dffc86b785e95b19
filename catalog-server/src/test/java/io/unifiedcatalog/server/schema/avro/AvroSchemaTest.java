package io.unifiedcatalog.server.schema.avro;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaContract;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class AvroSchemaTest extends SchemaContract {
  private static final String STRING = "VARCHAR(2147483647)";

  /** One field of each type that can be read, twice: as a column and within a record. */
  private static final String EACH_FIELD =
      """
      {"name": "b", "type": "boolean"},
      {"name": "i", "type": "int"},
      {"name": "l", "type": ["null", "long"], "default": null},
      {"name": "f", "type": "float"},
      {"name": "d", "type": "double"},
      {"name": "s", "type": ["null", {"type": "string", "avro.java.string": "String"}]},
      {"name": "y", "type": "bytes"},
      {"name": "dec", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}},
      {"name": "wide", "type": {"type": "bytes", "logicalType": "decimal", "precision": 39}},
      {"name": "day", "type": {"type": "int", "logicalType": "date"}},
      {"name": "time", "type": {"type": "int", "logicalType": "time-millis"}},
      {"name": "time_us", "type": {"type": "long", "logicalType": "time-micros"}},
      {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
      {"name": "at_us", "type": {"type": "long", "logicalType": "timestamp-micros"}},
      {"name": "at_ns", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
      {"name": "local", "type": ["null", {"type": "long", "logicalType": "local-timestamp-millis"}]},
      {"name": "local_us", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
      {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
      {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
      {"name": "ats", "type": {"type": "array", "items": {"type": "long", "logicalType": "timestamp-millis"}}},
      {"name": "locals", "type": {"type": "map", "values": {"type": "long", "logicalType": "local-timestamp-millis"}}},
      {"name": "counts", "type": ["null", {"type": "map", "values": ["null", "int"]}]},
      {"name": "grid", "type": {"type": "array", "items": {"type": "array", "items": "int"}}}
      """;

  private static final SchemaContent EACH_TYPE =
      avro(
          """
          {"type": "record", "name": "shop.Click", "fields": [
          %s,
          {"name": "inner", "doc": "all again", "type": ["null", {"type": "record", "name": "Inner", "fields": [
          %s
          ]}]},
          {"name": "inners", "type": {"type": "array", "items": "Inner"}}
          ]}
          """
              .formatted(EACH_FIELD, EACH_FIELD));

  private static SchemaContent avro(String text) {
    return files("click.avsc", text.replace('\'', '"'));
  }

  /** A record with these fields, the first in line 2. */
  private static SchemaContent record(String... fields) {
    return avro(
        "{'type': 'record', 'name': 'shop.Click', 'fields': [\n"
            + String.join(",\n", fields)
            + "\n]}");
  }

  private static String field(String name, String type) {
    return "{'name': '" + name + "', 'type': " + type + "}";
  }

  @Override
  protected SchemaKind kind() {
    return new AvroSchema();
  }

  @Override
  protected Map<String, SchemaContent> understood() {
    return Map.of(
        "one field", record(field("id", "'long'")),
        "each type", EACH_TYPE,
        "defaults, aliases, docs and properties",
            avro(
                "{'type': 'record', 'name': 'C', 'namespace': 'a.b', 'doc': 'x', 'aliases': ['D'],"
                    + " 'fields': [{'name': 'id', 'type': 'int', 'default': 1, 'aliases': ['key'],"
                    + " 'order': 'ignore', 'doc': 'its id', 'mine': {'x': 1}}]}"),
        "a record used twice",
            record(
                field(
                    "a",
                    "{'type': 'record', 'name': 'P', 'fields': [{'name': 'x', 'type': 'int'}]}"),
                field("b", "['null', 'P']"),
                field("c", "{'type': 'map', 'values': 'P'}")));
  }

  @Override
  protected Map<String, Refused> refused() {
    return Map.ofEntries(
        Map.entry(
            "text that is not JSON",
            new Refused(avro("{\n 'type': record}"), "click.avsc:2:10", "Unrecognized token")),
        Map.entry(
            "a type that is not there",
            new Refused(record(field("x", "'Missing'")), "click.avsc", "Missing")),
        Map.entry(
            "a name that is none",
            new Refused(record(field("a-b", "'int'")), "click.avsc", "Illegal character in: a-b")),
        Map.entry(
            "a default of another type",
            new Refused(
                record("{'name': 'x', 'type': 'int', 'default': 'a'}"),
                "click.avsc",
                "Invalid default")),
        Map.entry(
            "a field twice",
            new Refused(
                record(field("x", "'int'"), field("x", "'int'")),
                "click.avsc",
                "Duplicate field x")));
  }

  @Override
  protected Map<String, TableOf> tables() {
    List<String> columns = new ArrayList<>(EACH_COLUMN);
    columns.add("inner | union {null, shop.Inner} | " + INNER + " | all again");
    columns.add("inners | array<shop.Inner> | ARRAY<" + INNER + " NOT NULL> NOT NULL | ");
    return Map.of(
        "of each type", new TableOf(EACH_TYPE, "", Map.of(), columns),
        "by the record's name",
            new TableOf(
                record("{'name': 'id', 'type': 'long', 'doc': 'its number'}"),
                "shop.Click",
                Map.of("framing", "confluent"),
                List.of("id | long | BIGINT NOT NULL | its number")),
        "of types that Flink has no type of its own for",
            new TableOf(
                record(
                    field("e", "{'type': 'enum', 'name': 'E', 'symbols': ['A', 'B']}"),
                    field("f", "{'type': 'fixed', 'name': 'F', 'size': 4}"),
                    field("behind", "['string', 'null']"),
                    field("one", "['int']"),
                    field("some", "['null', 'int', 'E', {'type': 'array', 'items': 'F'}]"),
                    field("next", "['null', 'Click']"),
                    field("nothing", "'null'"),
                    field("empty", "{'type': 'record', 'name': 'Empty', 'fields': []}"),
                    field("empties", "{'type': 'map', 'values': 'Empty'}")),
                "",
                Map.of(),
                List.of(
                    "e | shop.E | " + STRING + " NOT NULL | ",
                    "f | shop.F | VARBINARY(2147483647) NOT NULL | ",
                    "behind | union {string, null} | " + STRING + " | ",
                    "one | union {int} | INT NOT NULL | ",
                    "some | union {null, int, shop.E, array<shop.F>} | " + SOME + " | ",
                    "next | union {null, shop.Click} | ROW<"
                        + OTHERS
                        + ", `next` ROW<"
                        + OTHERS
                        + ">> | ",
                    // These have no type, and say why.
                    "nothing | null | null | ",
                    "empty | shop.Empty | shop.Empty | ",
                    "empties | map<shop.Empty> | map<shop.Empty> | ")));
  }

  private static final String SOME =
      "ROW<`int` INT, `E` " + STRING + ", `array` ARRAY<VARBINARY(2147483647) NOT NULL>>";

  private static final String OTHERS =
      "`e` "
          + STRING
          + " NOT NULL, `f` VARBINARY(2147483647) NOT NULL, `behind` "
          + STRING
          + ", `one` INT NOT NULL, `some` "
          + SOME;

  private static final List<String> EACH_COLUMN =
      List.of(
          "b | boolean | BOOLEAN NOT NULL | ",
          "i | int | INT NOT NULL | ",
          "l | union {null, long} | BIGINT | ",
          "f | float | FLOAT NOT NULL | ",
          "d | double | DOUBLE NOT NULL | ",
          "s | union {null, string} | " + STRING + " | ",
          "y | bytes | VARBINARY(2147483647) NOT NULL | ",
          "dec | bytes decimal(38, 2) | DECIMAL(38, 2) NOT NULL | ",
          "wide | bytes decimal(39, 0) | VARBINARY(2147483647) NOT NULL | ",
          "day | int date | DATE NOT NULL | ",
          "time | int time-millis | TIME(3) NOT NULL | ",
          "time_us | long time-micros | BIGINT NOT NULL | ",
          "at | long timestamp-millis | TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL | ",
          "at_us | long timestamp-micros | TIMESTAMP(6) WITH LOCAL TIME ZONE NOT NULL | ",
          "at_ns | long timestamp-nanos | TIMESTAMP(9) WITH LOCAL TIME ZONE NOT NULL | ",
          "local | union {null, long local-timestamp-millis} | TIMESTAMP(3) | ",
          "local_us | long local-timestamp-micros | TIMESTAMP(6) NOT NULL | ",
          "id | string uuid | " + STRING + " NOT NULL | ",
          "tags | array<union {null, string}> | ARRAY<" + STRING + "> NOT NULL | ",
          "ats | array<long timestamp-millis> | ARRAY<TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL> NOT"
              + " NULL | ",
          "locals | map<long local-timestamp-millis> | MAP<"
              + STRING
              + " NOT NULL, TIMESTAMP(3) NOT NULL> NOT NULL | ",
          "counts | union {null, map<union {null, int}>} | MAP<" + STRING + " NOT NULL, INT> | ",
          "grid | array<array<int>> | ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL | ");

  /** The same within a record. */
  private static final String INNER =
      EACH_COLUMN.stream()
          .map(column -> column.split(" \\| ", -1))
          .map(parts -> "`" + parts[0] + "` " + parts[2])
          .collect(Collectors.joining(", ", "ROW<", ">"));

  private static final SchemaContent LINES_OF_INT =
      record(field("lines", "{'type': 'array', 'items': " + line("'int'") + "}"));
  private static final SchemaContent LINES_OF_STRING =
      record(field("lines", "{'type': 'array', 'items': " + line("'string'") + "}"));

  @Override
  protected Map<String, Change> changes() {
    List<String> none = List.of();
    String id = field("id", "'int'");
    String withDefault = "{'name': 'x', 'type': 'int', 'default': 0}";
    return Map.of(
        "a field more with a default",
        new Change(record(id), record(id, withDefault), false, none, none),
        "a field more",
        new Change(
            record(id),
            record(id, field("x", "'int'")),
            false,
            List.of("READER_FIELD_MISSING_DEFAULT_VALUE"),
            none),
        "a field less",
        new Change(
            record(id, field("x", "'int'")),
            record(id),
            false,
            none,
            List.of("READER_FIELD_MISSING_DEFAULT_VALUE")),
        "wider",
        new Change(
            record(id), record(field("id", "'long'")), false, none, List.of("TYPE_MISMATCH")),
        "nullable",
        new Change(
            record(id),
            record(field("id", "['null', 'int']")),
            true,
            none,
            List.of("TYPE_MISMATCH")),
        "another type",
        new Change(
            record(id),
            record(field("id", "'boolean'")),
            false,
            List.of("TYPE_MISMATCH"),
            List.of("TYPE_MISMATCH")),
        "another name",
        new Change(
            record(id),
            avro("{'type': 'record', 'name': 'shop.Tap', 'fields': [" + id + "]}"),
            false,
            List.of("NAME_MISMATCH"),
            List.of("NAME_MISMATCH")),
        "in a record in an array",
        new Change(
            LINES_OF_INT,
            LINES_OF_STRING,
            false,
            List.of("TYPE_MISMATCH"),
            List.of("TYPE_MISMATCH")));
  }

  private static String line(String type) {
    return "{'type': 'record', 'name': 'Line', 'fields': [" + field("n", type) + "]}";
  }

  @Override
  protected SchemaContent nested(int depth) {
    return record(
        field("x", "{'type': 'array', 'items': ".repeat(depth) + "'int'" + "}".repeat(depth)));
  }

  @Override
  protected Nesting nesting() {
    return new Nesting(
        997,
        "Document nesting depth (1001) exceeds the maximum allowed (1000",
        "Document nesting depth (1001) exceeds the maximum allowed (1000");
  }

  @Override
  protected SchemaContent padded(int characters) {
    return record("{'name': 'x', 'type': 'int', 'doc': '" + "x".repeat(characters) + "'}");
  }

  @Test
  void whatIsNoColumnSaysWhy() {
    CompiledSchema schema =
        compile(
            record(
                field("id", "'long'"),
                field("nothing", "'null'"),
                field("empty", "{'type': 'record', 'name': 'Empty', 'fields': []}"),
                field(
                    "deep", "{'type': 'array', 'items': ".repeat(70) + "'int'" + "}".repeat(70))));
    assertThat(kind().columns(schema, "shop.Click", Map.of()))
        .extracting(column -> column.facts().getOrDefault(Facts.UNSUPPORTED, ""))
        .containsExactly(
            "",
            "null alone is no column",
            "record shop.Empty has no fields, and a ROW needs one",
            "more than 64 types are in one another");
  }

  @Test
  void aSchemaThatMakesNoTableIsASchemaAllTheSame() {
    for (String text :
        List.of(
            "'string'",
            "['null', 'int']",
            "{'type': 'enum', 'name': 'E', 'symbols': ['A']}",
            "{'type': 'array', 'items': 'int'}")) {
      CompiledSchema schema = compile(avro(text));
      assertThat(refusal(() -> kind().message(schema, "")))
          .hasMessageContaining("and a table needs a record");
      assertThat(kind().incompatibilities(schema, schema, SchemaKind.Direction.BACKWARD, false))
          .isEmpty();
    }
    CompiledSchema empty = compile(record());
    assertThat(refusal(() -> kind().columns(empty, "shop.Click", Map.of())))
        .hasMessageContaining("has no field that can be a column");
  }

  @Test
  void anEnumOfAnotherSubjectIsReferredTo() {
    ResolvedReference colour =
        reference(
            "geo.Colour",
            avro("{'type': 'enum', 'name': 'geo.Colour', 'symbols': ['RED', 'BLUE']}"));
    CompiledSchema schema =
        kind().compile(record(field("colour", "'geo.Colour'")), List.of(colour));
    assertThat(kind().columns(schema, "shop.Click", Map.of()))
        .extracting(SchemaContract::line)
        .containsExactly("colour | geo.Colour | " + STRING + " NOT NULL | ");
  }

  @Test
  void commentsAreReadAsByAvrosOwnParser() {
    String text =
        "// Of the shop.\n{'type': 'record', 'name': 'C', /* one */ 'fields': [\n"
            + field("id", "'int'")
            + "]}";
    assertThat(compile(avro(text)).messages()).containsExactly("C");
  }

  @Test
  void theFormatHasTheSchemasOfAllVersionsWhereRecordsNameTheirs() throws IOException {
    CompiledSchema first = compile(record(field("id", "'int'")));
    CompiledSchema second = compile(record(field("id", "'long'")));
    List<SchemaKind.Written> all =
        List.of(new SchemaKind.Written(9, second), new SchemaKind.Written(7, first));
    Map<String, String> confluent =
        kind()
            .format(second, "shop.Click", 9, () -> all, Map.of("framing", "confluent"), FLINK)
            .options();
    assertThat(confluent).containsEntry("schema-id", "9");
    assertThat(unzipped(confluent, "schema")).isEqualTo(text(second));
    assertThat(unzipped(confluent, "writer-schemas"))
        .isEqualTo("{\"9\":" + text(second) + ",\"7\":" + text(first) + "}");
    assertThat(
            unzipped(
                kind()
                    .format(
                        second,
                        "shop.Click",
                        9,
                        () -> all,
                        Map.of("framing", "single-object"),
                        FLINK)
                    .options(),
                "writer-schemas"))
        .isEqualTo("[" + text(second) + "," + text(first) + "]");
    assertThat(
            kind()
                .format(
                    second,
                    "shop.Click",
                    9,
                    () -> {
                      throw new AssertionError("not asked");
                    },
                    Map.of(),
                    FLINK)
                .options())
        .containsOnlyKeys("schema");
  }

  private static String text(CompiledSchema schema) {
    return new String(schema.bytes(), StandardCharsets.UTF_8);
  }

  private static String unzipped(Map<String, String> options, String key) throws IOException {
    byte[] zipped = Base64.getDecoder().decode(options.getOrDefault(key, ""));
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void anIncompatibilityNamesItsPlaceInBothVersions() {
    assertThat(
            kind()
                .incompatibilities(
                    compile(LINES_OF_INT),
                    compile(LINES_OF_STRING),
                    SchemaKind.Direction.BACKWARD,
                    false))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.oldPlace()).isEqualTo("shop.Click.lines.n");
              assertThat(each.newPlace()).isEqualTo("shop.Click.lines.n");
              assertThat(each.message())
                  .isEqualTo(
                      "shop.Click.lines.n: readers of the newer version cannot read data of the"
                          + " other: the types differ (reader type: STRING not compatible with"
                          + " writer type: INT).");
            });
  }

  @Test
  void aSmallTextThatMakesHugeColumnsCostsTheseColumns() {
    List<String> fields = new ArrayList<>();
    fields.add(field("r0", line("'int'").replace("Line", "R0")));
    for (int i = 1; i < 40; i++) {
      String before = "'R" + (i - 1) + "'";
      fields.add(
          field(
              "r" + i,
              "{'type': 'record', 'name': 'R"
                  + i
                  + "', 'fields': ["
                  + field("a", before)
                  + ", "
                  + field("b", before)
                  + "]}"));
    }
    List<Column> columns =
        kind().columns(compile(record(fields.toArray(String[]::new))), "shop.Click", Map.of());
    assertThat(columns).hasSize(40);
    assertThat(columns.get(5).facts()).containsKey(Facts.FLINK_TYPE);
    assertThat(columns.get(39).facts().get(Facts.UNSUPPORTED))
        .contains("its columns are too large");
  }

  private ResolvedReference reference(String name, SchemaContent content) {
    return new ResolvedReference(
        new SchemaContent.Reference(name, "points", 3), content, compile(content), List.of());
  }

  private static SchemaContent point(String type) {
    return avro("{'type': 'record', 'name': 'geo.Point', 'fields': [" + field("x", type) + "]}");
  }

  @Test
  void aReferenceBringsItsTypes() {
    CompiledSchema schema =
        kind()
            .compile(
                record(field("at", "'geo.Point'"), field("to", "['null', 'geo.Point']")),
                List.of(reference("geo.Point", point("'int'"))));
    assertThat(kind().columns(schema, "shop.Click", Map.of()))
        .extracting(SchemaContract::line)
        .containsExactly(
            "at | geo.Point | ROW<`x` INT NOT NULL> NOT NULL | ",
            "to | union {null, geo.Point} | ROW<`x` INT NOT NULL> | ");
    assertThat(new Schema.Parser().parse(new String(schema.bytes(), StandardCharsets.UTF_8)))
        .as("what is stored needs nothing else")
        .isNotNull();
  }

  @Test
  void aReferenceThatDoesNotBringItsTypeIsRefused() {
    CatalogException refusal =
        refusal(
            () ->
                kind()
                    .compile(
                        record(field("at", "'geo.Line'")),
                        List.of(reference("geo.Line", point("'int'")))));
    assertThat(refusal)
        .hasMessageContaining(
            "type 'geo.Line' is not in subject 'points' version 3; in it there are: geo.Point");
  }

  @Test
  void referencesThatBringDifferentTypesOfOneNameAreRefused() {
    CatalogException refusal =
        refusal(
            () ->
                kind()
                    .compile(
                        record(field("at", "'geo.Point'")),
                        List.of(
                            reference("geo.Point", point("'int'")),
                            reference("geo.Point", point("'long'")))));
    assertThat(refusal).hasMessageContaining("type 'geo.Point' of subject 'points' version 3");
  }

  @Test
  void eachFlinkIsToldTheFormatsJar() {
    CompiledSchema schema = compile(padded(1));
    for (String version : List.of("2.3.0", "2.2.0", "1.20.3")) {
      assertThat(
              kind()
                  .format(schema, "shop.Click", 1, Map.of(), new Engine("flink", version))
                  .artifacts()
                  .toString())
          .contains("io.unifiedcatalog:avro-format:");
    }
  }

  @Test
  void optionsThatTheFormatDoesNotHaveHereAreRefused() {
    CompiledSchema schema = compile(padded(1));
    assertThat(refusal(() -> kind().columns(schema, "shop.Click", Map.of("framing", "something"))))
        .hasMessageContaining(
            "avro-schema.framing: must be one of [confluent, none, single-object]");
    for (String key : List.of("schema", "writer-schemas", "schema-id", "encoding")) {
      assertThat(refusal(() -> kind().columns(schema, "shop.Click", Map.of(key, "7"))))
          .hasMessageContaining("avro-schema." + key + ": there is no such option");
    }
  }
}
