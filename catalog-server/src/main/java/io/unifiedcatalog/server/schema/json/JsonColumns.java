package io.unifiedcatalog.server.schema.json;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.SqlText;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.Expansion;
import io.unifiedcatalog.server.schema.JsonDocument;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a JSON Schema: the properties of its object. Each type is one that Flink's {@code
 * json} format reads for every value that the schema means; where there is none, the schema is
 * refused rather than a value lost.
 *
 * <p>Each column can be NULL, a required property too: nothing checks a record against the schema,
 * and the format answers NULL for a property that is missing.
 */
final class JsonColumns {
  /** Keywords that say nothing of a value, and so may stand beside a reference. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$comment",
          "$defs",
          "$id",
          "$schema",
          "default",
          "definitions",
          "deprecated",
          "description",
          "examples",
          "readOnly",
          "title",
          "writeOnly");

  /** Keywords that may bring properties or types which depend on the value. */
  private static final List<String> DEPENDING =
      List.of(
          "$dynamicRef",
          "$recursiveRef",
          "dependencies",
          "dependentSchemas",
          "if",
          "patternProperties",
          "prefixItems");

  /** The longest reference, in characters; nobody writes a longer one by hand. */
  private static final int MAX_REFERENCE = 1_000;

  /** A place in the document, printed as a JSON pointer when it is wanted. */
  private record Path(@Nullable Path outer, String step) {
    static final Path ROOT = new Path(null, "");

    Path to(String step) {
      return new Path(this, step);
    }

    @Override
    public String toString() {
      StringBuilder pointer = new StringBuilder();
      for (Path at = this; at.outer != null; at = at.outer) {
        pointer.insert(0, "/" + at.step.replace("~", "~0").replace("/", "~1"));
      }
      return SqlText.shortened("#" + pointer);
    }
  }

  /**
   * What a schema says of a value.
   *
   * @param nativeType in the schema's words
   */
  private record Value(Type type, String nativeType) {}

  private final JsonDocument document;
  private final boolean isoTimestamps;
  private final List<Violation> faults = new ArrayList<>();
  private final Expansion expansion = new Expansion();

  /** The schemas that the one looked at is in. */
  private final Set<JsonNode> open = Collections.newSetFromMap(new IdentityHashMap<>());

  private boolean exhausted;

  private JsonColumns(JsonDocument document, boolean isoTimestamps) {
    this.document = document;
    this.isoTimestamps = isoTimestamps;
  }

  /**
   * The columns of a document.
   *
   * @param isoTimestamps whether Flink reads timestamps as in {@code 2020-12-30T12:13:14Z}
   * @param faults takes each reason why there are none
   * @return not all of them if there are faults
   */
  static List<Column> of(JsonDocument document, boolean isoTimestamps, List<Violation> faults) {
    JsonColumns columns = new JsonColumns(document, isoTimestamps);
    List<Column> all = columns.root();
    faults.addAll(columns.faults);
    return all;
  }

  private List<Column> root() {
    List<Column> columns = new ArrayList<>();
    Map<String, JsonNode> schemas = new LinkedHashMap<>();
    Value root = value(document.root(), document.root(), Path.ROOT, "", 0, schemas);
    if (root == null) {
      return columns;
    }
    if (!(root.type instanceof Type.Row row)) {
      fault(
          document.root(),
          Path.ROOT,
          "a table needs an object with properties, and this is " + root.nativeType);
      return columns;
    }
    for (Type.Row.Field field : row.fields()) {
      JsonNode schema = schemas.getOrDefault(field.name(), document.root());
      columns.add(
          new Column(
              field.name(),
              field.description(),
              true,
              comment(schema),
              Map.of(Facts.FLINK_TYPE, field.type().sql())));
    }
    return columns;
  }

  /** What the schema itself says of it, or else the one that it refers to. */
  private String comment(JsonNode schema) {
    JsonNode at = schema;
    for (int i = 0; i < Type.MAX_DEPTH; i++) {
      for (String keyword : List.of("description", "title")) {
        if (at.path(keyword).isTextual()) {
          return at.path(keyword).asText();
        }
      }
      if (!at.path("$ref").isTextual()) {
        return "";
      }
      JsonNode target = target(at.path("$ref").asText());
      if (target == null) {
        return "";
      }
      at = target;
    }
    return "";
  }

  /**
   * What a schema says of a value.
   *
   * @param container where it stands, for its place if it is none itself
   * @param name of the property
   * @param depth of schemas in one another, 0 for the document
   * @param properties takes the schemas of an object's properties
   * @return null: there is a fault
   */
  private @Nullable Value value(
      JsonNode schema,
      JsonNode container,
      Path path,
      String name,
      int depth,
      @Nullable Map<String, JsonNode> properties) {
    if (exhausted) {
      return null;
    }
    if (!expansion.take(name)) {
      exhausted = true;
      return fault(container, path, Expansion.TOO_LARGE);
    }
    if (depth >= Type.MAX_DEPTH) {
      return fault(container, path, "more than " + Type.MAX_DEPTH + " schemas are in one another");
    }
    if (!schema.isObject()) {
      return fault(
          container,
          path,
          schema.isBoolean()
              ? "a schema that is true or false says nothing of the type"
              : "a schema must be an object");
    }
    if (!open.add(schema)) {
      return fault(container, path, "the schema is in itself, and a column cannot be");
    }
    Value value = unfolded(schema, path, name, depth, properties);
    open.remove(schema);
    return value;
  }

  private @Nullable Value unfolded(
      JsonNode schema,
      Path path,
      String name,
      int depth,
      @Nullable Map<String, JsonNode> properties) {
    for (String keyword : DEPENDING) {
      if (schema.has(keyword)) {
        return fault(
            schema,
            path.to(keyword),
            "columns cannot depend on the value; leave " + keyword + " out");
      }
    }
    if (depth > 0 && schema.has("$id")) {
      return fault(
          schema, path.to("$id"), "a schema with an $id in another one is not taken; leave it out");
    }
    if (schema.has("$ref")) {
      JsonNode reference = schema.get("$ref");
      JsonNode target = reference.isTextual() ? target(reference.asText()) : null;
      if (target == null) {
        return fault(
            schema,
            path.to("$ref"),
            "'"
                + SqlText.shortened(reference.asText())
                + "' leads nowhere. Only what is in the document can be referred to, as in"
                + " #/$defs/Name; nothing is fetched");
      }
      return isAlone(schema, path, "$ref")
          ? value(target, schema, path.to("$ref"), name, depth + 1, properties)
          : null;
    }
    for (String keyword : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.has(keyword)) {
        return isAlone(schema, path, keyword)
            ? branch(schema, keyword, path.to(keyword), name, depth, properties)
            : null;
      }
    }
    return typed(schema, path, depth, properties);
  }

  /** A choice that is none: of one schema, or of one and null. */
  private @Nullable Value branch(
      JsonNode schema,
      String keyword,
      Path path,
      String name,
      int depth,
      @Nullable Map<String, JsonNode> properties) {
    JsonNode branches = schema.get(keyword);
    int only = -1;
    int count = 0;
    if (branches.isArray() && branches.size() <= 2) {
      for (int i = 0; i < branches.size(); i++) {
        boolean isNull =
            branches.get(i).size() == 1 && branches.get(i).path("type").asText().equals("null");
        if (!isNull || keyword.equals("allOf")) {
          only = i;
          count++;
        }
      }
    }
    if (count != 1) {
      return fault(
          schema,
          path,
          "a column has one type: of "
              + keyword
              + ", "
              + (keyword.equals("allOf")
                  ? "one schema"
                  : "one schema, or one and {\"type\": \"null\"},")
              + " can be read");
    }
    return value(
        branches.get(only), branches, path.to(String.valueOf(only)), name, depth + 1, properties);
  }

  /** Whether beside a keyword there is nothing that says more of the value. */
  private boolean isAlone(JsonNode schema, Path path, String keyword) {
    for (Iterator<String> names = schema.fieldNames(); names.hasNext(); ) {
      String other = names.next();
      if (!other.equals(keyword) && !ANNOTATIONS.contains(other)) {
        fault(
            schema,
            path.to(other),
            "beside " + keyword + " only a description and the like can stand");
        return false;
      }
    }
    return true;
  }

  /** What a reference leads to; null: nothing in the document. */
  private @Nullable JsonNode target(String reference) {
    if (reference.length() > MAX_REFERENCE || !reference.startsWith("#")) {
      return null;
    }
    try {
      String pointer =
          URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
      JsonNode target = document.root().at(JsonPointer.compile(pointer));
      return target.isMissingNode() ? null : target;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private @Nullable Value typed(
      JsonNode schema, Path path, int depth, @Nullable Map<String, JsonNode> properties) {
    String type = "";
    boolean nullable = false;
    JsonNode types = schema.path("type");
    if (types.isTextual()) {
      type = types.asText();
    } else if (types.isArray() && types.size() <= 2) {
      for (JsonNode each : types) {
        if (each.asText().equals("null")) {
          nullable = true;
        } else if (type.isEmpty()) {
          type = each.asText();
        } else {
          return fault(schema, path.to("type"), "a column has one type, and null beside it");
        }
      }
    } else if (types.isMissingNode()) {
      type = schema.has("properties") ? "object" : schema.has("items") ? "array" : "";
    }
    Value value =
        switch (type) {
          case "string" -> string(schema);
          case "integer" ->
              format(schema).equals("int32")
                  ? new Value(Type.Simple.INT, "integer int32")
                  : new Value(Type.Simple.BIGINT, "integer");
          case "number" ->
              format(schema).equals("float")
                  ? new Value(Type.Simple.FLOAT, "number float")
                  : new Value(Type.Simple.DOUBLE, "number");
          case "boolean" -> new Value(Type.Simple.BOOLEAN, "boolean");
          case "array" -> array(schema, path, depth);
          case "object" -> object(schema, path, depth, properties);
          default ->
              fault(
                  schema,
                  path.to("type"),
                  "a column needs one type: string, integer, number, boolean, array or object, and"
                      + " null beside it if need be");
        };
    return value == null || !nullable ? value : new Value(value.type, value.nativeType + " | null");
  }

  private static String format(JsonNode schema) {
    return schema.path("format").asText();
  }

  /** Flink reads RFC 3339's times with an offset nowhere, and its timestamps with a Z if asked. */
  private Value string(JsonNode schema) {
    if (schema.path("contentEncoding").asText().equals("base64")) {
      return new Value(Type.VarBinary.BYTES, "string base64");
    }
    return switch (format(schema)) {
      case "date" -> new Value(Type.Simple.DATE, "string date");
      case "date-time" ->
          new Value(
              isoTimestamps ? new Type.TimestampLtz(9) : Type.VarChar.STRING, "string date-time");
      default -> new Value(Type.VarChar.STRING, "string");
    };
  }

  private @Nullable Value array(JsonNode schema, Path path, int depth) {
    JsonNode items = schema.path("items");
    if (!items.isObject()) {
      return fault(
          schema, path.to("items"), "the items of an array need one schema, which is an object");
    }
    Value element = value(items, schema, path.to("items"), "", depth + 1, null);
    return element == null
        ? null
        : new Value(new Type.Array(element.type, true), "array<" + element.nativeType + ">");
  }

  private @Nullable Value object(
      JsonNode schema, Path path, int depth, @Nullable Map<String, JsonNode> taken) {
    for (String keyword : List.of("additionalProperties", "unevaluatedProperties")) {
      JsonNode others = schema.path(keyword);
      if (others.isObject() && (schema.has("properties") || keyword.startsWith("unevaluated"))) {
        return fault(
            schema,
            path.to(keyword),
            "properties of any name cannot be columns beside others: they would be lost. Put them"
                + " into an object of their own");
      }
    }
    JsonNode properties = schema.path("properties");
    if (properties.isMissingNode()) {
      JsonNode others = schema.path("additionalProperties");
      if (!others.isObject()) {
        return fault(
            schema,
            path,
            "an object needs properties, or additionalProperties with a schema for a MAP");
      }
      Value value = value(others, schema, path.to("additionalProperties"), "", depth + 1, null);
      return value == null
          ? null
          : new Value(
              new Type.Map(Type.VarChar.STRING, value.type, true),
              "object<" + value.nativeType + ">");
    }
    if (!properties.isObject() || properties.isEmpty()) {
      return fault(schema, path.to("properties"), "properties must be an object that is not empty");
    }
    List<Type.Row.Field> fields = new ArrayList<>();
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      String name = property.getKey();
      Path at = path.to("properties").to(name);
      if (name.isBlank()) {
        fault(properties, at, "the name of a column cannot be blank");
        continue;
      }
      Value value = value(property.getValue(), properties, at, name, depth + 1, null);
      if (value != null) {
        fields.add(
            new Type.Row.Field(name, value.type, true, taken == null ? "" : value.nativeType));
        if (taken != null) {
          taken.put(name, property.getValue());
        }
      }
    }
    return new Value(new Type.Row(fields), "object");
  }

  /** Notes a fault and answers null. */
  private @Nullable Value fault(JsonNode container, Path path, String what) {
    faults.add(new Violation(document.place(container), path + ": " + what));
    return null;
  }
}
