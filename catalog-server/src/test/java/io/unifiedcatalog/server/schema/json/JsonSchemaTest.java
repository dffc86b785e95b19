package io.unifiedcatalog.server.schema.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.FlinkFormat;
import io.unifiedcatalog.server.schema.SchemaContract;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;

class JsonSchemaTest extends SchemaContract {
  private static final String STRING = "VARCHAR(2147483647)";

  private static SchemaContent json(String text) {
    return files("click.json", text.replace('\'', '"'));
  }

  /** A document with one property. */
  private static SchemaContent property(String schema) {
    return json("{'type': 'object', 'properties': {'x': " + schema + "}}");
  }

  @Override
  protected SchemaKind kind() {
    return new JsonSchema();
  }

  @Override
  protected Map<String, SchemaContent> understood() {
    return Map.of(
        "one property", property("{'type': 'string'}"),
        "each draft",
            json(
                "{'$schema': 'http://json-schema.org/draft-07/schema#', 'properties': {'a':"
                    + " {'type': 'integer'}}}"),
        "the newest draft",
            json(
                "{'$schema': 'https://json-schema.org/draft/2020-12/schema', '$id':"
                    + " 'https://example.com/a', 'type': 'object', 'required': ['a'], 'properties':"
                    + " {'a': {'type': 'integer', 'minimum': 1}}, 'additionalProperties': false}"),
        "a document that is a reference",
            json(
                "{'$ref': '#/$defs/A', '$defs': {'A': {'type': 'object', 'properties': {'a':"
                    + " {'type': 'boolean'}}}}}"));
  }

  @Override
  protected Map<String, Refused> refused() {
    return Map.ofEntries(
        Map.entry(
            "text that is not JSON",
            new Refused(json("{\n 'type': object}"), "click.json:2:10", "Unrecognized token")),
        Map.entry(
            "a name twice",
            new Refused(json("{\n'type': 'object',\n'type': 1}"), "click.json:3:7", "Duplicate")),
        Map.entry("two values", new Refused(json("{} {}"), "click.json:1:4", "expected the end")),
        Map.entry(
            "a draft that is not known",
            new Refused(
                json("{'$schema': 'http://example.com', 'properties': {'a': {'type': 'string'}}}"),
                "click.json:1:1",
                "#/$schema: 'http://example.com' is not known")),
        Map.entry(
            "an array",
            new Refused(
                json("{'type': 'array', 'items': {'type': 'string'}}"),
                "click.json:1:1",
                "#: a table needs an object with properties, and this is array<string>")),
        Map.entry(
            "a map",
            new Refused(
                json("{'type': 'object', 'additionalProperties': {'type': 'string'}}"),
                "click.json:1:1",
                "#: a table needs an object with properties, and this is object<string>")),
        Map.entry(
            "a list", new Refused(json("[]"), "click.json:1:1", "#: a schema must be an object")),
        Map.entry(
            "no properties",
            new Refused(
                json("{'type': 'object'}"), "click.json:1:1", "#: an object needs properties")),
        Map.entry(
            "no type",
            refusedProperty("{'minLength': 1}", "#/properties/x/type: a column needs one type")),
        Map.entry(
            "an unknown type",
            refusedProperty("{'type': 'text'}", "#/properties/x/type: a column needs one type")),
        Map.entry(
            "null", refusedProperty("{'type': 'null'}", "#/properties/x/type: a column needs one")),
        Map.entry(
            "two types",
            refusedProperty(
                "{'type': ['string', 'integer']}", "#/properties/x/type: a column has one")),
        Map.entry(
            "true",
            new Refused(
                property("true"),
                "click.json:1:34",
                "#/properties/x: a schema that is true or false")),
        Map.entry(
            "a choice",
            refusedProperty(
                "{'oneOf': [{'type': 'string'}, {'type': 'integer'}]}",
                "#/properties/x/oneOf: a column has one type")),
        Map.entry(
            "something beside a choice",
            refusedProperty(
                "{'anyOf': [{'type': 'string'}, {'type': 'null'}], 'type': 'object'}",
                "#/properties/x/type: beside anyOf only a description")),
        Map.entry(
            "all of two",
            refusedProperty(
                "{'allOf': [{'type': 'string'}, {'type': 'null'}]}",
                "#/properties/x/allOf: a column has one type")),
        Map.entry(
            "a condition",
            refusedProperty(
                "{'type': 'string', 'if': {}}", "#/properties/x/if: columns cannot depend")),
        Map.entry(
            "a pattern of names",
            refusedProperty(
                "{'type': 'object', 'patternProperties': {}}",
                "#/properties/x/patternProperties: ")),
        Map.entry(
            "any names beside others",
            refusedProperty(
                "{'properties': {'a': {'type': 'string'}}, 'additionalProperties': {'type': 'string'}}",
                "#/properties/x/additionalProperties: properties of any name")),
        Map.entry(
            "a tuple",
            refusedProperty(
                "{'type': 'array', 'items': [{'type': 'string'}]}",
                "#/properties/x/items: the items")),
        Map.entry(
            "a tuple of the newest draft",
            refusedProperty(
                "{'type': 'array', 'prefixItems': [{'type': 'string'}]}",
                "#/properties/x/prefixItems: columns cannot depend")),
        Map.entry(
            "a reference to elsewhere",
            refusedProperty(
                "{'$ref': 'https://example.com/a.json'}",
                "#/properties/x/$ref: 'https://example.com/a.json' leads nowhere. Only what is in the"
                    + " document can be referred to, as in #/$defs/Name; nothing is fetched")),
        Map.entry(
            "a reference to a file",
            refusedProperty("{'$ref': 'file:///etc/passwd'}", "leads nowhere")),
        Map.entry(
            "a reference to nothing",
            refusedProperty(
                "{'$ref': '#/$defs/A'}", "#/properties/x/$ref: '#/$defs/A' leads nowhere")),
        Map.entry(
            "a reference to itself",
            refusedProperty(
                "{'$ref': '#/properties/x'}", "#/properties/x/$ref: the schema is in itself")),
        Map.entry("a tree", refusedProperty("{'$ref': '#'}", "the schema is in itself")),
        Map.entry(
            "a name that is blank",
            refusedProperty(
                "{'properties': {'a/~b': {'properties': {' ': {'type': 'string'}}}}}",
                "click.json:1:79",
                "#/properties/x/properties/a~1~0b/properties/ : the name of a column cannot be blank")));
  }

  private static Refused refusedProperty(String schema, String message) {
    return refusedProperty(schema, "click.json:1:40", message);
  }

  private static Refused refusedProperty(String schema, String field, String message) {
    return new Refused(property(schema), field, message);
  }

  private static final SchemaContent EACH_TYPE =
      json(
          """
        {"type": "object",
         "required": ["id"],
         "properties": {
           "id": {"type": "integer", "description": "its number"},
           "small": {"type": "integer", "format": "int32"},
           "price": {"type": "number", "title": "the price"},
           "ratio": {"type": ["number", "null"], "format": "float"},
           "ok": {"type": "boolean"},
           "name": {"type": "string", "enum": ["a", "b"]},
           "day": {"type": "string", "format": "date"},
           "time": {"type": "string", "format": "time"},
           "at": {"type": "string", "format": "date-time"},
           "raw": {"type": "string", "contentEncoding": "base64"},
           "tags": {"type": "array", "items": {"type": "string"}},
           "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
           "address": {"anyOf": [{"$ref": "#/$defs/a%20ddress"}, {"type": "null"}]},
           "home": {"description": "where they live", "allOf": [{"$ref": "#/$defs/a%20ddress"}]},
           "work": {"$ref": "#/$defs/a%20ddress"}
         },
         "$defs": {"a ddress": {
           "description": "an address",
           "type": "object", "properties": {"zip": {"type": "string"}, "lines": {"items": {"type": "string"}}}}}
        }
        """);

  private static final Map<String, String> ISO_8601 =
      Map.of("timestamp-format.standard", "ISO-8601");

  @Override
  protected Map<String, TableOf> tables() {
    return Map.of(
        "of each type",
        new TableOf(EACH_TYPE, "", Map.of(), columns(STRING)),
        "of each type with ISO-8601",
        new TableOf(EACH_TYPE, "", ISO_8601, columns("TIMESTAMP(9) WITH LOCAL TIME ZONE")));
  }

  private static List<String> columns(String dateTime) {
    String address = "ROW<`zip` " + STRING + ", `lines` ARRAY<" + STRING + ">>";
    return List.of(
        "id | integer | BIGINT | its number",
        "small | integer int32 | INT | ",
        "price | number | DOUBLE | the price",
        "ratio | number float | null | FLOAT | ",
        "ok | boolean | BOOLEAN | ",
        "name | string | " + STRING + " | ",
        "day | string date | DATE | ",
        "time | string | " + STRING + " | ",
        "at | string date-time | " + dateTime + " | ",
        "raw | string base64 | VARBINARY(2147483647) | ",
        "tags | array<string> | ARRAY<" + STRING + "> | ",
        "counts | object<integer> | MAP<" + STRING + " NOT NULL, BIGINT> | ",
        "address | object | " + address + " | ",
        "home | object | " + address + " | where they live",
        "work | object | " + address + " | an address");
  }

  @Override
  protected Map<String, Change> changes() {
    return Map.of();
  }

  @Override
  protected SchemaContent nested(int depth) {
    return property(
        "{'type': 'array', 'items': ".repeat(depth) + "{'type': 'string'}" + "}".repeat(depth));
  }

  @Override
  protected Nesting nesting() {
    return new Nesting(
        62,
        "more than 64 schemas are in one another",
        "Document nesting depth (201) exceeds the maximum allowed (200");
  }

  @Override
  protected SchemaContent padded(int characters) {
    return property("{'type': 'string', 'description': '" + "x".repeat(characters) + "'}");
  }

  @Test
  void comparingVersionsIsRefusedWithWhatToDo() {
    CompiledSchema schema = compile(padded(1));
    assertThatExceptionOfType(CatalogException.class)
        .isThrownBy(
            () -> kind().incompatibilities(schema, schema, SchemaKind.Direction.BACKWARD, false))
        .withMessage(
            "Versions of a JSON Schema cannot be compared yet. Set the subject's compatibility to"
                + " NONE.");
  }

  @Test
  void aSmallTextThatMakesHugeColumnsIsRefused() {
    StringBuilder definitions = new StringBuilder("'d0': {'type': 'string'}");
    for (int i = 1; i < 40; i++) {
      String ref = "{'$ref': '#/$defs/d" + (i - 1) + "'}";
      definitions.append(", 'd" + i + "': {'properties': {'a': " + ref + ", 'b': " + ref + "}}");
    }
    CatalogException refusal =
        refusal(() -> compile(json("{'$ref': '#/$defs/d20', '$defs': {" + definitions + "}}")));
    assertThat(refusal).hasMessageContaining("its columns are too large");
  }

  @Test
  void aLongChainOfReferencesIsRefused() {
    StringBuilder definitions = new StringBuilder("'d0': {'type': 'string'}");
    for (int i = 1; i < 10_000; i++) {
      definitions.append(", 'd" + i + "': {'$ref': '#/$defs/d" + (i - 1) + "'}");
    }
    CatalogException refusal =
        refusal(() -> compile(json("{'$ref': '#/$defs/d9999', '$defs': {" + definitions + "}}")));
    assertThat(refusal).hasMessageContaining("more than 64 schemas are in one another");
  }

  /** Flink's own format over the columns of {@link #EACH_TYPE}. */
  private FlinkFormat flinkFormat(Map<String, String> options) {
    CompiledSchema schema = compile(EACH_TYPE);
    List<Column> columns = kind().columns(schema, "", options);
    return new FlinkFormat(
        new JsonFormatFactory(), columns, kind().format(schema, "", 1, options, FLINK).options());
  }

  @Test
  void flinkReadsWhatTheSchemaMeansAndWritesItBack() {
    FlinkFormat format = flinkFormat(ISO_8601);
    String record =
        "{'id':-9223372036854775808,'small':2147483647,'price':1.7976931348623157E308,'ratio':1.5,"
            + "'ok':true,'name':'a','day':'2020-02-29','time':'12:13:14+02:00',"
            + "'at':'2020-02-29T12:13:14.123456789Z','raw':'AAEC','tags':['x',null],"
            + "'counts':{'y':1},'address':{'zip':'1','lines':['z']},'home':null,'work':null}";
    String json = record.replace('\'', '"');
    RowData row = format.read(json.getBytes(StandardCharsets.UTF_8));
    assertThat(row.getLong(0)).isEqualTo(Long.MIN_VALUE);
    assertThat(row.getTimestamp(8, 9))
        .isEqualTo(TimestampData.fromInstant(Instant.parse("2020-02-29T12:13:14.123456789Z")));
    assertThat(row.getBinary(9)).containsExactly(0, 1, 2);
    assertThat(new String(format.write(row), StandardCharsets.UTF_8)).isEqualTo(json);
  }

  @Test
  void flinkReadsNullForARequiredPropertyThatIsMissing() {
    FlinkFormat format = flinkFormat(Map.of());
    assertThat(format.read("{}".getBytes(StandardCharsets.UTF_8)).isNullAt(0)).isTrue();
  }

  @Test
  void flinkReadsEachDateTimeOfRfc3339AsText() {
    FlinkFormat format = flinkFormat(Map.of());
    for (String time : List.of("2020-02-29T12:13:14.1Z", "2020-02-29T12:13:14+02:00")) {
      RowData row = format.read(("{\"at\": \"" + time + "\"}").getBytes(StandardCharsets.UTF_8));
      assertThat(row.getString(8)).hasToString(time);
    }
  }
}
