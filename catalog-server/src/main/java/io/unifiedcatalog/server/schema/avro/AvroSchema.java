package io.unifiedcatalog.server.schema.avro;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.SqlText;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.JsonDocument;
import io.unifiedcatalog.server.schema.JsonFormat;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaIncompatibilityType;

/**
 * Avro schemas: a record in JSON ({@code .avsc}). Avro's own parser understands it and Avro's own
 * checker tells what is compatible. A schema whose data Flink's {@code avro} format would read
 * otherwise is refused.
 */
public final class AvroSchema implements SchemaKind {
  private static final String IDENTIFIER = "avro";

  /** The format's class, in each of the jars. */
  private static final String FORMAT_CLASS = "org.apache.flink.formats.avro.AvroFormatFactory";

  /** With Flink's own default, an Avro timestamp would lose that it is an instant. */
  private static final Map<String, String> OPTIONS = Map.of("timestamp_mapping.legacy", "false");

  /** What flink-avro needs beside itself; its versions are those that it was built with. */
  private static final List<Binding.Artifact> AVRO =
      List.of(
          new Binding.Artifact("org.apache.avro:avro:1.11.4", "org.apache.avro.Schema"),
          new Binding.Artifact(
              "com.fasterxml.jackson.core:jackson-databind:2.14.3",
              "com.fasterxml.jackson.databind.ObjectMapper"),
          new Binding.Artifact(
              "com.fasterxml.jackson.core:jackson-core:2.14.3",
              "com.fasterxml.jackson.core.JsonFactory"),
          new Binding.Artifact(
              "com.fasterxml.jackson.core:jackson-annotations:2.14.3",
              "com.fasterxml.jackson.annotation.JsonProperty"));

  @Override
  public String kind() {
    return "avro";
  }

  @Override
  public Set<Compatibility> compatibilities() {
    return EnumSet.allOf(Compatibility.class);
  }

  @Override
  public CompiledSchema compile(SchemaContent content, List<ResolvedReference> references) {
    SchemaContent.File file = SchemaText.only(content, "An Avro schema");
    JsonDocument document = JsonDocument.parse(file);
    Schema.Parser parser = new Schema.Parser();
    parser.addTypes(referenced(references));
    Schema schema;
    try {
      schema = parser.parse(file.text());
    } catch (AvroRuntimeException e) {
      throw refused(file.name(), String.valueOf(e.getMessage()));
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw refused(
          document.place(document.root()),
          "a table needs a record, and this is of type " + schema.getType().getName());
    }
    if (schema.getFields().isEmpty()) {
      throw refused(
          document.place(document.root()),
          "record " + schema.getFullName() + " has no fields, and a table needs one");
    }
    List<Violation> faults = new ArrayList<>();
    AvroColumns.of(schema, new AvroPlaces(document)::of, faults);
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
    }
    // With every referenced type in it.
    return new CompiledSchema(
        schema.toString().getBytes(StandardCharsets.UTF_8), List.of(schema.getFullName()));
  }

  /** The types that references bring, each by its full name. */
  private static Iterable<Schema> referenced(List<ResolvedReference> references) {
    Map<String, Schema> types = new LinkedHashMap<>();
    List<Violation> faults = new ArrayList<>();
    for (ResolvedReference reference : references) {
      Map<String, Schema> own = new LinkedHashMap<>();
      collect(parse(reference.compiled()), own);
      String name = reference.reference().name();
      String subject =
          "subject '"
              + reference.reference().subject()
              + "' version "
              + reference.reference().version();
      if (!own.containsKey(name)) {
        faults.add(
            new Violation(
                "references",
                "type '"
                    + SqlText.shortened(name)
                    + "' is not in "
                    + subject
                    + "; in it there are: "
                    + String.join(", ", own.keySet())));
      }
      own.forEach(
          (fullName, type) -> {
            Schema other = types.putIfAbsent(fullName, type);
            if (other != null && !other.equals(type)) {
              faults.add(
                  new Violation(
                      "references",
                      "type '"
                          + fullName
                          + "' of "
                          + subject
                          + " is another one than that of a reference before. Refer to versions"
                          + " that have the same"));
            }
          });
    }
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
    }
    return types.values();
  }

  private static void collect(Schema schema, Map<String, Schema> types) {
    switch (schema.getType()) {
      case RECORD -> {
        if (types.putIfAbsent(schema.getFullName(), schema) == null) {
          schema.getFields().forEach(field -> collect(field.schema(), types));
        }
      }
      case ENUM, FIXED -> types.putIfAbsent(schema.getFullName(), schema);
      case ARRAY -> collect(schema.getElementType(), types);
      case MAP -> collect(schema.getValueType(), types);
      case UNION -> schema.getTypes().forEach(branch -> collect(branch, types));
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, NULL -> {}
    }
  }

  private static Schema parse(CompiledSchema schema) {
    return new Schema.Parser().parse(new String(schema.bytes(), StandardCharsets.UTF_8));
  }

  private static CatalogException refused(String place, String what) {
    return SchemaText.refused(List.of(new Violation(place, SqlText.shortened(what))));
  }

  @Override
  public List<Incompatibility> incompatibilities(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean usedInJson) {
    Schema oldSchema = parse(older);
    Schema newSchema = parse(newer);
    boolean backward =
        switch (direction) {
          case BACKWARD -> true;
          case FORWARD -> false;
        };
    Schema reader = backward ? newSchema : oldSchema;
    Schema writer = backward ? oldSchema : newSchema;
    List<Incompatibility> found = new ArrayList<>();
    for (SchemaCompatibility.Incompatibility each :
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
            .getResult()
            .getIncompatibilities()) {
      List<String> path = fields(reader, each.getLocation());
      String readerPlace = reader.getFullName() + dotted(path);
      String writerPlace = has(writer, path) ? writer.getFullName() + dotted(path) : "";
      found.add(
          new Incompatibility(
              each.getType().name(),
              backward ? writerPlace : readerPlace,
              backward ? readerPlace : writerPlace,
              readerPlace
                  + ": readers of the "
                  + (backward ? "newer" : "older")
                  + " version cannot read data of the other: "
                  + what(each.getType())
                  + " ("
                  + SqlText.shortened(each.getMessage())
                  + ").",
              remedy(each.getType())));
    }
    return found;
  }

  private static String what(SchemaIncompatibilityType type) {
    return switch (type) {
      case NAME_MISMATCH -> "the types have different names";
      case FIXED_SIZE_MISMATCH -> "the sizes of a fixed differ";
      case MISSING_ENUM_SYMBOLS -> "the readers' enum lacks symbols";
      case READER_FIELD_MISSING_DEFAULT_VALUE ->
          "the data does not have the field, and it has no default";
      case TYPE_MISMATCH -> "the types differ";
      case MISSING_UNION_BRANCH -> "the readers' union lacks a type";
    };
  }

  private static String remedy(SchemaIncompatibilityType type) {
    return switch (type) {
      case NAME_MISMATCH -> "Keep the name, or give the type the old one as an alias.";
      case FIXED_SIZE_MISMATCH -> "Keep the size.";
      case MISSING_ENUM_SYMBOLS -> "Keep each symbol, or give the enum a default.";
      case READER_FIELD_MISSING_DEFAULT_VALUE ->
          "Give the field a default, in the version that has it.";
      case TYPE_MISMATCH ->
          "Keep the type, widen it as Avro allows (int to long, float or double; string to bytes),"
              + " or add a field of another name with a default.";
      case MISSING_UNION_BRANCH -> "Keep the type in the union.";
    };
  }

  /** The names of the fields on the way to a place, which Avro gives as a JSON pointer. */
  private static List<String> fields(Schema schema, String location) {
    List<String> names = new ArrayList<>();
    Schema at = schema;
    String[] steps = location.split("/", -1);
    for (int i = 1; i < steps.length; i++) {
      Schema next = null;
      if (steps[i].equals("fields") && at.getType() == Schema.Type.RECORD && i + 1 < steps.length) {
        Schema.Field field = at.getFields().get(Integer.parseInt(steps[++i]));
        names.add(field.name());
        next = field.schema();
      } else if (steps[i].equals("items") && at.getType() == Schema.Type.ARRAY) {
        next = at.getElementType();
      } else if (steps[i].equals("values") && at.getType() == Schema.Type.MAP) {
        next = at.getValueType();
      } else if (at.getType() == Schema.Type.UNION && !steps[i].equals("type")) {
        next = at.getTypes().get(Integer.parseInt(steps[i]));
      }
      at = next == null ? at : next;
    }
    return names;
  }

  private static String dotted(List<String> path) {
    return path.isEmpty() ? "" : "." + String.join(".", path);
  }

  private static boolean has(Schema schema, List<String> path) {
    Schema at = schema;
    for (String name : path) {
      while (at.getType() != Schema.Type.RECORD) {
        switch (at.getType()) {
          case ARRAY -> at = at.getElementType();
          case MAP -> at = at.getValueType();
          case UNION -> at = at.getTypes().get(at.getTypes().size() - 1);
          case RECORD, ENUM, FIXED, BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, NULL -> {
            return false;
          }
        }
      }
      Schema.Field field = at.getField(name);
      if (field == null) {
        return false;
      }
      at = field.schema();
    }
    return true;
  }

  @Override
  public String message(CompiledSchema schema, String message) {
    String only = schema.messages().get(0);
    if (!message.isEmpty() && !message.equals(only)) {
      throw new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NO_SUCH_MESSAGE",
          "Message '"
              + SqlText.shortened(message)
              + "' is not in the schema. Messages: "
              + only
              + ".");
    }
    return only;
  }

  @Override
  public List<Column> columns(
      CompiledSchema schema, String message, Map<String, String> formatOptions) {
    checkOptions(formatOptions);
    List<Violation> faults = new ArrayList<>();
    List<Column> columns = AvroColumns.of(parse(schema), (record, field) -> "", faults);
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
    }
    return columns;
  }

  private static void checkOptions(Map<String, String> options) {
    // Flink's other encoding, JSON, writes the names of types, and Flink's schema has others.
    SchemaText.checkOptions(IDENTIFIER, options, Map.of("encoding", Set.of("binary")));
  }

  @Override
  public Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Map<String, String> formatOptions,
      Engine engine) {
    checkOptions(formatOptions);
    JsonFormat.checkFlink(IDENTIFIER, engine);
    Map<String, String> options = new LinkedHashMap<>(formatOptions);
    options.putAll(OPTIONS);
    return new Format(IDENTIFIER, options, artifacts(engine.version()));
  }

  /** The one jar with everything in it, where there is one. */
  private static List<Binding.Artifact> artifacts(String version) {
    if (version.startsWith("1.20") || version.matches("2\\.[0-2](\\..*)?")) {
      List<Binding.Artifact> artifacts = new ArrayList<>();
      artifacts.add(
          new Binding.Artifact(
              "org.apache.flink:flink-avro:" + (version.equals("1.20") ? "1.20.3" : version),
              FORMAT_CLASS));
      artifacts.addAll(AVRO);
      return artifacts;
    }
    return List.of(
        new Binding.Artifact("org.apache.flink:flink-sql-avro:" + version, FORMAT_CLASS));
  }

  @Override
  public String fileName(String subject) {
    return subject + ".avsc";
  }

  @Override
  public String formatIdentifier() {
    return IDENTIFIER;
  }
}
