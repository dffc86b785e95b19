package io.unifiedcatalog.server.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.SchemaContent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON text of which it is known where each object and array stands. Not to be changed. */
public final class JsonDocument {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(200).maxNameLength(1_000).build())
          .build();

  private final String file;
  private final IdentityHashMap<JsonNode, String> places = new IdentityHashMap<>();
  private final JsonNode root;

  private JsonDocument(SchemaContent.File file) throws IOException {
    this.file = file.name();
    try (JsonParser parser = FACTORY.createParser(file.text())) {
      if (parser.nextToken() == null) {
        throw fault("the file holds nothing");
      }
      root = read(parser);
      if (parser.nextToken() != null) {
        throw fault(place(parser.currentTokenLocation()), "expected the end of the file");
      }
    }
  }

  /**
   * Reads a file. A name that an object has twice is a fault.
   *
   * @throws CatalogException INVALID_ARGUMENT with the place if it is not JSON, or nested too
   *     deeply
   */
  public static JsonDocument parse(SchemaContent.File file) {
    try {
      return new JsonDocument(file);
    } catch (JsonProcessingException e) {
      String place =
          e.getLocation() == null
              ? file.name()
              : file.name()
                  + ":"
                  + e.getLocation().getLineNr()
                  + ":"
                  + e.getLocation().getColumnNr();
      throw SchemaText.refused(List.of(new Violation(place, e.getOriginalMessage())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text's one value. */
  public JsonNode root() {
    return root;
  }

  /** Where an object or array of the document begins, as {@code file:line:column}. */
  public String place(@Nullable JsonNode container) {
    return places.getOrDefault(container, file);
  }

  private String place(JsonLocation location) {
    return file + ":" + location.getLineNr() + ":" + location.getColumnNr();
  }

  private JsonNode read(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      ObjectNode object = NODES.objectNode();
      places.put(object, place(parser.currentTokenLocation()));
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        object.set(name, read(parser));
      }
      return object;
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode array = NODES.arrayNode();
      places.put(array, place(parser.currentTokenLocation()));
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(read(parser));
      }
      return array;
    }
    if (token == JsonToken.VALUE_STRING) {
      return NODES.textNode(parser.getText());
    }
    if (token == JsonToken.VALUE_NUMBER_INT) {
      return NODES.numberNode(parser.getBigIntegerValue());
    }
    if (token == JsonToken.VALUE_NUMBER_FLOAT) {
      return NODES.numberNode(parser.getDoubleValue());
    }
    return token == JsonToken.VALUE_NULL
        ? NODES.nullNode()
        : NODES.booleanNode(token == JsonToken.VALUE_TRUE);
  }

  private CatalogException fault(String what) {
    return fault(file, what);
  }

  private static CatalogException fault(String place, String what) {
    return SchemaText.refused(List.of(new Violation(place, what)));
  }
}
