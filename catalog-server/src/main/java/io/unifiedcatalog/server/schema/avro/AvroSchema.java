package io.unifiedcatalog.server.schema.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.unifiedcatalog.server.model.Binding;
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
import io.unifiedcatalog.server.model.SqlText;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.JsonFormat;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaIncompatibilityType;
import org.jspecify.annotations.Nullable;

/**
 * Avro schemas, in JSON ({@code .avsc}). Avro's own parser understands them and Avro's own checker
 * tells what is compatible. A schema that is a record makes a table, which the format {@code
 * avro-schema} reads; any other is stored, versioned and referred to all the same.
 */
public final class AvroSchema implements SchemaKind {
  private static final String FORMAT = "avro-schema";
  private static final String FORMAT_FACTORY = "io.unifiedcatalog.formats.avro.AvroFormatFactory";

  private static final String FRAMING = "framing";
  private static final String SCHEMA_ID = "schema-id";
  private static final String CONFLUENT = "confluent";
  private static final String SINGLE_OBJECT = "single-object";

  private static final Map<String, Set<String>> OPTIONS =
      Map.of(
          FRAMING,
          Set.of("none", CONFLUENT, SINGLE_OBJECT),
          "ignore-parse-errors",
          Set.of("true", "false"));

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
    Schema.Parser parser = new Schema.Parser();
    parser.addTypes(referenced(references));
    Schema schema;
    byte[] bytes;
    try {
      schema = parser.parse(file.text());
      // With every referenced type in it.
      bytes = schema.toString().getBytes(StandardCharsets.UTF_8);
    } catch (RuntimeException e) {
      // Of a text that is no schema at all the parser knows no exception of its own.
      throw refused(place(file, e), String.valueOf(reason(e)));
    }
    boolean isRecord = schema.getType() == Schema.Type.RECORD;
    return new CompiledSchema(bytes, isRecord ? List.of(schema.getFullName()) : List.of());
  }

  /** Where the parser stopped, if it says. */
  private static String place(SchemaContent.File file, RuntimeException failure) {
    return failure.getCause() instanceof JsonProcessingException json && json.getLocation() != null
        ? file.name()
            + ":"
            + json.getLocation().getLineNr()
            + ":"
            + json.getLocation().getColumnNr()
        : file.name();
  }

  private static @Nullable String reason(RuntimeException failure) {
    return failure.getCause() instanceof JsonProcessingException json
        ? json.getOriginalMessage()
        : failure.getMessage();
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
    if (schema.messages().isEmpty()) {
      throw noMessage(
          "The schema is of type "
              + parse(schema).getType().getName()
              + ", and a table needs a record. Refer to it from a record that has it in a field.");
    }
    String only = schema.messages().get(0);
    if (!message.isEmpty() && !message.equals(only)) {
      throw noMessage(
          "Message '"
              + SqlText.shortened(message)
              + "' is not in the schema. Messages: "
              + only
              + ".");
    }
    return only;
  }

  private static CatalogException noMessage(String why) {
    return new CatalogException(ErrorCode.INVALID_ARGUMENT, "NO_SUCH_MESSAGE", why);
  }

  @Override
  public List<Column> columns(
      CompiledSchema schema, String message, Map<String, String> formatOptions) {
    SchemaText.checkOptions(FORMAT, formatOptions, OPTIONS);
    List<Column> columns = AvroColumns.of(parse(schema));
    if (columns.stream().noneMatch(column -> column.facts().containsKey(Facts.FLINK_TYPE))) {
      throw new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NO_COLUMNS",
          "Record "
              + SqlText.shortened(message)
              + " has no field that can be a column, and a table needs one."
              + columns.stream()
                  .limit(1)
                  .map(
                      column ->
                          " Of the first: " + column.facts().getOrDefault(Facts.UNSUPPORTED, ""))
                  .collect(Collectors.joining()));
    }
    return columns;
  }

  @Override
  public Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Map<String, String> formatOptions,
      Engine engine) {
    return format(schema, message, schemaId, List::of, formatOptions, engine);
  }

  @Override
  public Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Supplier<List<Written>> written,
      Map<String, String> formatOptions,
      Engine engine) {
    SchemaText.checkOptions(FORMAT, formatOptions, OPTIONS);
    JsonFormat.checkFlink(FORMAT, engine);
    Map<String, String> options = new LinkedHashMap<>(formatOptions);
    options.put("schema", zipped(text(schema)));
    // Without a frame, a record does not say of which version it is.
    switch (formatOptions.getOrDefault(FRAMING, "none")) {
      case CONFLUENT -> {
        options.put(SCHEMA_ID, String.valueOf(schemaId));
        options.put(
            "writer-schemas",
            zipped(
                written.get().stream()
                    .map(version -> "\"" + version.id() + "\":" + text(version.schema()))
                    .distinct()
                    .collect(Collectors.joining(",", "{", "}"))));
      }
      case SINGLE_OBJECT ->
          options.put(
              "writer-schemas",
              zipped(
                  written.get().stream()
                      .map(version -> text(version.schema()))
                      .collect(Collectors.joining(",", "[", "]"))));
      default -> {}
    }
    return new Format(
        FORMAT,
        options,
        List.of(
            new Binding.Artifact("io.unifiedcatalog:avro-format:" + release(), FORMAT_FACTORY)));
  }

  /** The format is released with the server. */
  private static String release() {
    String release = AvroSchema.class.getPackage().getImplementationVersion();
    return release == null ? "development" : release;
  }

  private static String text(CompiledSchema schema) {
    return new String(schema.bytes(), StandardCharsets.UTF_8);
  }

  private static String zipped(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  @Override
  public String fileName(String subject) {
    return subject + ".avsc";
  }

  @Override
  public String formatIdentifier() {
    return FORMAT;
  }
}
