package io.unifiedcatalog.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.formats.avro.AvroFormatFactory;
import io.unifiedcatalog.formats.avro.AvroTypes;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaKinds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The server and the format each map records to columns, and neither sees the other. Here both are:
 * for every schema of a corpus the server's columns are the format's, and the format takes them.
 */
class AvroColumnsTest {
  private static final SchemaKind KIND = SchemaKinds.get("avro");
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  private static final String EACH =
      """
      {"name": "a", "type": "boolean"}, {"name": "b", "type": "int"},
      {"name": "c", "type": "long"}, {"name": "d", "type": "float"},
      {"name": "e", "type": "double"}, {"name": "f", "type": "string"},
      {"name": "g", "type": "bytes"}, {"name": "h", "type": "null"},
      {"name": "i", "type": {"type": "int", "logicalType": "date"}},
      {"name": "j", "type": {"type": "int", "logicalType": "time-millis"}},
      {"name": "k", "type": {"type": "long", "logicalType": "time-micros"}},
      {"name": "l", "type": {"type": "long", "logicalType": "timestamp-millis"}},
      {"name": "m", "type": {"type": "long", "logicalType": "timestamp-micros"}},
      {"name": "n", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
      {"name": "o", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
      {"name": "p", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
      {"name": "q", "type": {"type": "long", "logicalType": "local-timestamp-nanos"}},
      {"name": "r", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}},
      {"name": "s", "type": {"type": "bytes", "logicalType": "decimal", "precision": 39}},
      {"name": "t", "type": {"type": "bytes", "logicalType": "big-decimal"}},
      {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
      {"name": "v", "type": {"type": "long", "logicalType": "of-somebody"}},
      {"name": "w", "type": ["null", "int"]}, {"name": "x", "type": ["int", "null"]},
      {"name": "y", "type": ["int", "string"]}, {"name": "z", "type": ["null"]}
      """;

  private static final Map<String, String> CORPUS =
      new TreeMap<>(
          Map.of(
              "every type",
              EACH,
              "every type in a record, an array, a map and a union",
              """
              {"name": "r", "type": {"type": "record", "name": "Each", "fields": [%s]}},
              {"name": "s", "type": {"type": "array", "items": "Each"}},
              {"name": "t", "type": {"type": "map", "values": ["null", "Each"]}},
              {"name": "u", "type": ["Each", "int", "null"]}
              """
                  .formatted(EACH),
              "enum and fixed",
              """
              {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["A"]}},
              {"name": "b", "type": {"type": "fixed", "name": "F", "size": 3}},
              {"name": "c", "type": {"type": "fixed", "name": "D", "size": 9, "logicalType": "decimal",
               "precision": 20, "scale": 20}},
              {"name": "d", "type": {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}},
              {"name": "e", "type": {"type": "fixed", "name": "P", "size": 12, "logicalType": "duration"}},
              {"name": "f", "type": {"type": "fixed", "name": "Q", "size": 11, "logicalType": "duration"}}
              """,
              "unions",
              """
              {"name": "a", "type": [{"type": "record", "name": "x.N", "fields": [{"name": "i", "type":
               "int"}]}, {"type": "record", "name": "y.N", "fields": [{"name": "i", "type": "int"}]}]},
              {"name": "b", "type": {"type": "array", "items": ["null", "string", "bytes"]}},
              {"name": "c", "type": ["null", {"type": "record", "name": "Empty", "fields": []}]},
              {"name": "d", "type": ["int", "Empty"]},
              {"name": "e", "type": {"type": "array", "items": {"type": "map", "values": "null"}}}
              """,
              "recursion",
              """
              {"name": "v", "type": "int"},
              {"name": "next", "type": ["null", "R"]},
              {"name": "children", "type": {"type": "array", "items": "R"}},
              {"name": "named", "type": {"type": "map", "values": ["R", "string"]}},
              {"name": "other", "type": ["null", {"type": "record", "name": "O", "fields": [
                {"name": "back", "type": ["null", "R"]}, {"name": "own", "type": ["null", "O"]}]}]}
              """));

  @TestFactory
  Stream<DynamicTest> theServersColumnsAreThoseOfTheFormat() {
    return CORPUS.entrySet().stream()
        .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> check(entry.getValue())));
  }

  private static CompiledSchema compile(String fields) {
    return KIND.compile(
        new SchemaContent(
            List.of(
                new SchemaContent.File(
                    "r.avsc",
                    "{\"type\": \"record\", \"name\": \"R\", \"fields\": [" + fields + "]}")),
            "",
            List.of()),
        List.of());
  }

  private static void check(String fields) {
    CompiledSchema schema = compile(fields);
    RowType columns = columns(schema);
    assertThat(columns)
        .isEqualTo(
            AvroTypes.rowType(
                new String(schema.bytes(), java.nio.charset.StandardCharsets.UTF_8), 3));
    for (String framing : List.of("none", "confluent", "single-object")) {
      accept(KIND.format(schema, "R", 17, Map.of("framing", framing), FLINK), columns);
    }
  }

  /** The server's columns as Flink reads their text. */
  private static RowType columns(CompiledSchema schema) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (Column column : KIND.columns(schema, "R", Map.of())) {
      String text = column.facts().get(Facts.FLINK_TYPE);
      if (text == null) {
        assertThat(column.facts().get(Facts.UNSUPPORTED)).isNotBlank();
        continue;
      }
      LogicalType type = LogicalTypeParser.parse(text, AvroColumnsTest.class.getClassLoader());
      assertThat(type.asSerializableString()).isEqualTo(text);
      fields.add(new RowType.RowField(column.name(), type.copy(column.nullable())));
    }
    return new RowType(false, fields);
  }

  /** Plans reading and writing as a connector does. */
  private static void accept(Format format, RowType columns) {
    DataType dataType = TypeConversions.fromLogicalToDataType(columns);
    FactoryUtil.DefaultDynamicTableContext context = context(format, columns);
    Configuration options = Configuration.fromMap(format.options());
    AvroFormatFactory factory = new AvroFormatFactory();
    assertThat(
            factory
                .createDecodingFormat(context, options)
                .createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, dataType))
        .isNotNull();
    assertThat(
            factory
                .createEncodingFormat(context, options)
                .createRuntimeEncoder(new SinkRuntimeProviderContext(false), dataType))
        .isNotNull();
  }

  private static FactoryUtil.DefaultDynamicTableContext context(Format format, RowType columns) {
    List<org.apache.flink.table.catalog.Column> physical =
        columns.getFields().stream()
            .map(
                field ->
                    (org.apache.flink.table.catalog.Column)
                        org.apache.flink.table.catalog.Column.physical(
                            field.getName(),
                            TypeConversions.fromLogicalToDataType(field.getType())))
            .collect(Collectors.toList());
    Map<String, String> options = new HashMap<>();
    options.put("connector", "kafka");
    options.put("format", format.identifier());
    ResolvedSchema resolved = ResolvedSchema.of(physical);
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of("unified", "kafka", "clicks"),
        new ResolvedCatalogTable(
            CatalogTable.newBuilder()
                .schema(Schema.newBuilder().fromResolvedSchema(resolved).build())
                .options(options)
                .build(),
            resolved),
        Map.of(),
        new Configuration(),
        AvroColumnsTest.class.getClassLoader(),
        false);
  }

  @Test
  void theServerNamesTheFormatAsItCallsItself() {
    CompiledSchema schema = compile(EACH);
    Format format = KIND.format(schema, "R", 17, Map.of(), FLINK);
    assertThat(format.identifier()).isEqualTo(new AvroFormatFactory().factoryIdentifier());
    assertThat(format.artifacts())
        .extracting(Binding.Artifact::probeClass)
        .containsExactly(AvroFormatFactory.class.getName());
    List<String> keys =
        new AvroFormatFactory()
            .optionalOptions().stream().map(option -> option.key()).sorted().toList();
    // What the schema says, and what a table may set: together all that there is.
    assertThat(keys)
        .containsExactly(
            "framing",
            "ignore-parse-errors",
            "schema",
            "schema-file",
            "schema-id",
            "writer-schemas");
    for (String key : keys) {
      assertThatThrownBy(() -> KIND.columns(schema, "R", Map.of(key, "\u00ff")))
          .hasMessageContaining(key);
    }
  }
}
