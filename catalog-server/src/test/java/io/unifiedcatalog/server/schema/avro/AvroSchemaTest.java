package io.unifiedcatalog.server.schema.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.FlinkFormat;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaContract;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.flink.formats.avro.AvroFormatFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
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
    String inner =
        "{'type': 'record', 'name': 'Inner', 'fields': [\n{'name': 'x', 'type': {'type': 'fixed',"
            + " 'name': 'F', 'size': 4}}]}";
    return Map.ofEntries(
        Map.entry(
            "text that is not JSON",
            new Refused(avro("{\n 'type': record}"), "click.avsc:2:10", "Unrecognized token")),
        Map.entry(
            "a name twice",
            new Refused(avro("{'type': 'record',\n'type': 1}"), "click.avsc:2:7", "Duplicate")),
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
                "Duplicate field x")),
        Map.entry(
            "no record",
            new Refused(
                avro("{'type': 'array', 'items': 'int'}"),
                "click.avsc:1:1",
                "a table needs a record")),
        Map.entry(
            "a simple type", new Refused(avro("'int'"), "click.avsc", "a table needs a record")),
        Map.entry(
            "no field", new Refused(record(), "click.avsc:1:1", "record shop.Click has no fields")),
        Map.entry(
            "null behind",
            new Refused(
                record(field("a", "'int'"), field("x", "['string', 'null']")),
                "click.avsc:3:1",
                "field shop.Click.x: union {string, null} has null behind the type")),
        Map.entry(
            "a union",
            new Refused(
                record(field("x", "['null', 'int', 'string']")),
                "click.avsc:2:1",
                "field shop.Click.x: union {null, int, string} is no column")),
        Map.entry(
            "a union of one",
            new Refused(
                record(field("x", "['int']")), "click.avsc:2:1", "union {int} is no column")),
        Map.entry(
            "a union of null",
            new Refused(
                record(field("x", "['null']")), "click.avsc:2:1", "union {null} is no column")),
        Map.entry(
            "null", new Refused(record(field("x", "'null'")), "click.avsc:2:1", "null alone")),
        Map.entry(
            "an enum",
            new Refused(
                record(field("x", "{'type': 'enum', 'name': 'E', 'symbols': ['A']}")),
                "click.avsc:2:1",
                "field shop.Click.x: an enum is written as a number")),
        Map.entry(
            "a fixed in a record in a map",
            new Refused(
                record(field("a", "'int'"), field("x", "{'type': 'map', 'values': " + inner + "}")),
                "click.avsc:4:1",
                "field shop.Inner.x: a fixed is written without its length")),
        Map.entry(
            "a decimal that is fixed",
            new Refused(
                record(
                    field(
                        "x",
                        "{'type': 'fixed', 'name': 'F', 'size': 4, 'logicalType': 'decimal',"
                            + " 'precision': 4}")),
                "click.avsc:2:1",
                "a fixed is written without its length")),
        Map.entry(
            "a record in itself",
            new Refused(
                record(field("x", "['null', 'Click']")),
                "click.avsc:2:1",
                "field shop.Click.x: record shop.Click is in itself")),
        Map.entry(
            "a record in itself below an array",
            new Refused(
                record(field("x", "{'type': 'array', 'items': 'Click'}")),
                "click.avsc:2:1",
                "record shop.Click is in itself")),
        Map.entry(
            "a record without a field in it",
            new Refused(
                record(field("x", "{'type': 'record', 'name': 'Empty', 'fields': []}")),
                "click.avsc:2:1",
                "record shop.Empty has no fields")),
        Map.entry(
            "records that Flink gives one name",
            new Refused(
                record(
                    field(
                        "a",
                        "{'type': 'record', 'name': 'A', 'fields': [{'name': 'b', 'type': {'type':"
                            + " 'record', 'name': 'B', 'fields': [{'name': 'x', 'type': 'int'}]}}]}"),
                    field(
                        "a_b",
                        "{'type': 'record', 'name': 'C', 'fields': [{'name': 'y', 'type': 'long'}]}")),
                "click.avsc:3:1",
                "the same name, record_a_b")));
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
                Map.of("encoding", "binary"),
                List.of("id | long | BIGINT NOT NULL | its number")));
  }

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
          "at_us | long timestamp-micros | BIGINT NOT NULL | ",
          "at_ns | long timestamp-nanos | BIGINT NOT NULL | ",
          "local | union {null, long local-timestamp-millis} | TIMESTAMP(3) | ",
          "local_us | long local-timestamp-micros | BIGINT NOT NULL | ",
          "id | string uuid | " + STRING + " NOT NULL | ",
          "tags | array<union {null, string}> | ARRAY<" + STRING + "> NOT NULL | ",
          "ats | array<long timestamp-millis> | ARRAY<BIGINT NOT NULL> NOT NULL | ",
          "locals | map<long local-timestamp-millis> | MAP<"
              + STRING
              + " NOT NULL, TIMESTAMP(3) NOT NULL> NOT NULL | ",
          "counts | union {null, map<union {null, int}>} | MAP<" + STRING + " NOT NULL, INT> | ",
          "grid | array<array<int>> | ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL | ");

  /** The same within a record, where Flink knows no instants. */
  private static final String INNER =
      EACH_COLUMN.stream()
          .map(column -> column.split(" \\| ", -1))
          .map(parts -> "`" + parts[0] + "` " + parts[2])
          .map(type -> type.replace("TIMESTAMP(3) WITH LOCAL TIME ZONE", "BIGINT"))
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
        62,
        "more than 64 types are in one another",
        "Document nesting depth (201) exceeds the maximum allowed (200");
  }

  @Override
  protected SchemaContent padded(int characters) {
    return record("{'name': 'x', 'type': 'int', 'doc': '" + "x".repeat(characters) + "'}");
  }

  @Test
  void everyFaultIsToldAtOnce() {
    CatalogException refusal =
        refusal(
            () ->
                compile(
                    record(
                        field("a", "['int', 'null']"),
                        field("b", "'null'"),
                        field("c", "['int']"))));
    assertThat(refusal.violations())
        .extracting(Violation::field)
        .containsExactly("click.avsc:2:1", "click.avsc:3:1", "click.avsc:4:1");
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
  void aSmallTextThatMakesHugeColumnsIsRefused() {
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
    CatalogException refusal = refusal(() -> compile(record(fields.toArray(String[]::new))));
    assertThat(refusal).hasMessageContaining("its columns are too large");
    assertThat(refusal.getMessage()).hasSizeLessThan(20_000);
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
  void eachFlinkIsToldTheJarsThatThereAreForIt() {
    CompiledSchema schema = compile(padded(1));
    assertThat(kind().format(schema, "shop.Click", 1, Map.of(), FLINK).artifacts().toString())
        .contains("flink-sql-avro:2.3.0");
    for (String version : List.of("2.2.0", "1.20.3")) {
      assertThat(
              kind()
                  .format(schema, "shop.Click", 1, Map.of(), new Engine("flink", version))
                  .artifacts()
                  .toString())
          .contains("flink-avro:" + version, "avro:1.11.4");
    }
  }

  @Test
  void flinkReadsWhatAvroWroteAndAvroReadsWhatFlinkWrote() throws IOException {
    CompiledSchema schema = compile(EACH_TYPE);
    Schema avro = new Schema.Parser().parse(EACH_TYPE.files().get(0).text());
    FlinkFormat format = flinkFormat(schema);
    for (boolean full : List.of(true, false)) {
      GenericRecord record = record(avro, full, true);
      byte[] bytes = write(avro, record);
      RowData row = format.read(bytes);
      check((GenericRowData) row, full, true);
      byte[] back = format.write(row);
      assertThat(
              new GenericDatumReader<GenericRecord>(avro)
                  .read(null, DecoderFactory.get().binaryDecoder(back, null)))
          .isEqualTo(record);
    }
  }

  /** Why the order of a union is checked: the format takes NULL for a value without a word. */
  @Test
  void flinkMisreadsAUnionOfAnotherOrder() throws IOException {
    FlinkFormat format = flinkFormat(compile(record(field("x", "['null', 'string']"))));
    Schema other =
        new Schema.Parser().parse(record(field("x", "['string', 'null']")).files().get(0).text());
    byte[] bytes = write(other, new GenericRecordBuilder(other).set("x", "a value").build());
    assertThat(format.read(bytes).isNullAt(0)).isTrue();
  }

  /** Why the names that Flink makes are checked: its own schema is none. */
  @Test
  void flinkCannotReadTwoRecordsThatItGivesOneName() {
    List<Column> columns =
        List.of(column("a", "ROW<b ROW<x INT NOT NULL> NOT NULL>"), column("a_b", "ROW<y BIGINT>"));
    assertThatThrownBy(() -> new FlinkFormat(new AvroFormatFactory(), columns, Map.of()))
        .hasStackTraceContaining("Can't redefine: org.apache.flink.avro.generated.record_a_b");
  }

  private static Column column(String name, String type) {
    return new Column(name, type, false, "", Map.of());
  }

  private FlinkFormat flinkFormat(CompiledSchema schema) {
    List<Column> columns = kind().columns(schema, "shop.Click", Map.of());
    return new FlinkFormat(
        new AvroFormatFactory(),
        columns,
        kind().format(schema, "shop.Click", 1, Map.of(), FLINK).options());
  }

  private static byte[] write(Schema schema, GenericRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static final Instant AT = Instant.parse("2020-02-29T12:13:14.123Z");

  /** A record of {@link #EACH_TYPE}; if it is not full, all that can be null is. */
  private static GenericRecord record(Schema schema, boolean full, boolean outer) {
    GenericData.Record record = new GenericData.Record(schema);
    record.put("b", true);
    record.put("i", full ? Integer.MIN_VALUE : Integer.MAX_VALUE);
    record.put("l", full ? Long.MIN_VALUE : null);
    record.put("f", 1.5f);
    record.put("d", Double.MAX_VALUE);
    record.put("s", full ? new Utf8("größer") : null);
    record.put("y", ByteBuffer.wrap(new byte[] {0, -1, 2}));
    record.put("dec", ByteBuffer.wrap(new BigDecimal("-123.45").unscaledValue().toByteArray()));
    record.put("wide", ByteBuffer.wrap(new byte[] {1}));
    record.put("day", (int) LocalDate.of(2020, 2, 29).toEpochDay());
    record.put("time", 86_399_999);
    record.put("time_us", 86_399_999_999L);
    record.put("at", AT.toEpochMilli());
    record.put("at_us", AT.toEpochMilli() * 1_000 + 7);
    record.put("at_ns", AT.toEpochMilli() * 1_000_000 + 7);
    record.put("local", full ? AT.toEpochMilli() : null);
    record.put("local_us", -1L);
    record.put("id", new Utf8("2f9f5a3e-0b5e-4d69-9d8b-6ad4c6a2c0de"));
    List<Utf8> tags = new ArrayList<>();
    tags.add(new Utf8("a"));
    tags.add(null);
    record.put("tags", full ? tags : List.of());
    record.put("ats", List.of(AT.toEpochMilli()));
    record.put("locals", Map.of(new Utf8("k"), AT.toEpochMilli()));
    record.put("counts", full ? Map.of(new Utf8("k"), 7) : null);
    record.put("grid", List.of(List.of(1, 2), List.of()));
    if (outer) {
      Schema inner = schema.getField("inners").schema().getElementType();
      record.put("inner", full ? record(inner, true, false) : null);
      record.put("inners", List.of(record(inner, true, false), record(inner, false, false)));
    }
    return record;
  }

  /** That a row holds the values of {@link #record(Schema, boolean, boolean)}. */
  private static void check(GenericRowData row, boolean full, boolean outer) {
    TimestampData at = TimestampData.fromInstant(AT);
    int column = 0;
    assertThat(row.getField(column++)).isEqualTo(true);
    assertThat(row.getField(column++)).isEqualTo(full ? Integer.MIN_VALUE : Integer.MAX_VALUE);
    assertThat(row.getField(column++)).isEqualTo(full ? Long.MIN_VALUE : null);
    assertThat(row.getField(column++)).isEqualTo(1.5f);
    assertThat(row.getField(column++)).isEqualTo(Double.MAX_VALUE);
    assertThat(row.getField(column++)).isEqualTo(full ? StringData.fromString("größer") : null);
    assertThat(row.getField(column++)).isEqualTo(new byte[] {0, -1, 2});
    assertThat(row.getField(column++)).hasToString("-123.45");
    assertThat(row.getField(column++)).isEqualTo(new byte[] {1});
    assertThat(row.getField(column++)).isEqualTo((int) LocalDate.of(2020, 2, 29).toEpochDay());
    assertThat(row.getField(column++)).isEqualTo(86_399_999);
    assertThat(row.getField(column++)).isEqualTo(86_399_999_999L);
    assertThat(row.getField(column++)).isEqualTo(outer ? at : AT.toEpochMilli());
    assertThat(row.getField(column++)).isEqualTo(AT.toEpochMilli() * 1_000 + 7);
    assertThat(row.getField(column++)).isEqualTo(AT.toEpochMilli() * 1_000_000 + 7);
    TimestampData local =
        TimestampData.fromLocalDateTime(LocalDateTime.parse("2020-02-29T12:13:14.123"));
    assertThat(row.getField(column++)).isEqualTo(full ? local : null);
    assertThat(row.getField(column++)).isEqualTo(-1L);
    assertThat(row.getField(column++)).hasToString("2f9f5a3e-0b5e-4d69-9d8b-6ad4c6a2c0de");
    assertThat(row.getArray(column).size()).isEqualTo(full ? 2 : 0);
    if (full) {
      assertThat(row.getArray(column).getString(0)).hasToString("a");
      assertThat(row.getArray(column).isNullAt(1)).isTrue();
    }
    column++;
    assertThat(row.getArray(column++).getLong(0)).isEqualTo(AT.toEpochMilli());
    MapData locals = row.getMap(column++);
    assertThat(locals.keyArray().getString(0)).hasToString("k");
    assertThat(locals.valueArray().getTimestamp(0, 3)).isEqualTo(local);
    assertThat(row.isNullAt(column)).isEqualTo(!full);
    if (full) {
      assertThat(row.getMap(column).valueArray().getInt(0)).isEqualTo(7);
    }
    column++;
    assertThat(row.getArray(column).size()).isEqualTo(2);
    assertThat(row.getArray(column++).getArray(0).getInt(1)).isEqualTo(2);
    if (outer) {
      assertThat(row.isNullAt(column)).isEqualTo(!full);
      if (full) {
        check((GenericRowData) row.getRow(column, 23), true, false);
      }
      column++;
      check((GenericRowData) row.getArray(column).getRow(0, 23), true, false);
      check((GenericRowData) row.getArray(column).getRow(1, 23), false, false);
    }
  }

  @Test
  void theOtherEncodingIsRefused() {
    CompiledSchema schema = compile(padded(1));
    CatalogException refusal =
        refusal(() -> kind().columns(schema, "shop.Click", Map.of("encoding", "json")));
    assertThat(refusal).hasMessageContaining("avro.encoding: must be one of [binary]");
    assertThat(
            refusal(
                () ->
                    kind()
                        .columns(schema, "shop.Click", Map.of("timestamp_mapping.legacy", "true"))))
        .hasMessageContaining("avro.timestamp_mapping.legacy: there is no such option");
  }
}
