package io.unifiedcatalog.server.schema.avro;

import com.fasterxml.jackson.databind.JsonNode;
import io.unifiedcatalog.server.schema.JsonDocument;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;

/** Where the fields of an Avro schema's records stand in its file. */
final class AvroPlaces {
  private final JsonDocument document;

  /** The fields of each record that the file defines, by the record's full name. */
  private final Map<String, JsonNode> fields = new HashMap<>();

  AvroPlaces(JsonDocument document) {
    this.document = document;
    find(document.root(), "");
  }

  /** Where a field is defined; where the file begins if another file does. */
  String of(Schema record, Schema.Field field) {
    JsonNode all = fields.get(record.getFullName());
    return document.place(all == null ? document.root() : all.get(field.pos()));
  }

  /** By Avro's rules of names: a name without a namespace is in that around it. */
  private void find(JsonNode node, String outerNamespace) {
    if (node.isArray()) {
      node.forEach(branch -> find(branch, outerNamespace));
      return;
    }
    if (!node.isObject()) {
      return;
    }
    String namespace = outerNamespace;
    JsonNode inner = node.path("fields");
    if (inner.isArray()) {
      String name = node.path("name").asText();
      int dot = name.lastIndexOf('.');
      if (dot >= 0) {
        namespace = name.substring(0, dot);
        name = name.substring(dot + 1);
      } else if (node.path("namespace").isTextual()) {
        namespace = node.path("namespace").asText();
      }
      fields.putIfAbsent(namespace.isEmpty() ? name : namespace + "." + name, inner);
      for (JsonNode field : inner) {
        find(field.path("type"), namespace);
      }
    }
    find(node.path("type"), namespace);
    find(node.path("items"), namespace);
    find(node.path("values"), namespace);
  }
}
