package io.unifiedcatalog.formats.avro;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.unifiedcatalog.formats.avro.AvroOptions.Framing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/** Schemas as options have them. */
final class Schemas {
  /** What schemas may be after unzipping. */
  private static final int MAXIMUM_BYTES = 64 << 20;

  /** The key of the only writer's schema where records do not say which theirs is. */
  static final long ONLY = 0;

  /** Avro's own parser takes comments, too. */
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);

  private Schemas() {}

  /**
   * The text of an option.
   *
   * @param value JSON, or base64 of JSON compressed with gzip
   */
  static String unpacked(String value, String origin) {
    String text = value.strip();
    // Base64 of what gzip makes always begins so, and no JSON does.
    if (!text.startsWith("H4sI")) {
      return text;
    }
    try (GZIPInputStream in =
        new GZIPInputStream(
            new ByteArrayInputStream(Base64.getDecoder().decode(text.replaceAll("\\s", ""))))) {
      byte[] plain = in.readNBytes(MAXIMUM_BYTES + 1);
      if (plain.length > MAXIMUM_BYTES) {
        throw new ValidationException(
            String.format("%s is more than %d bytes when unzipped.", origin, MAXIMUM_BYTES));
      }
      return new String(plain, StandardCharsets.UTF_8);
    } catch (IOException | IllegalArgumentException e) {
      throw new ValidationException(
          String.format(
              "%s is not base64 of a gzip file: %s. Make it with: gzip -c FILE | base64 -w0.",
              origin, e.getMessage()),
          e);
    }
  }

  /**
   * A schema, which must be a record.
   *
   * @throws ValidationException if Avro's parser refuses it, or it is something else
   */
  static Schema record(String text, String origin) {
    Schema schema;
    try {
      schema = parse(text);
    } catch (AvroRuntimeException e) {
      throw new ValidationException(
          String.format("%s is not an Avro schema: %s", origin, e.getMessage()), e);
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw new ValidationException(
          String.format(
              "%s is of type %s. A table needs a record.", origin, schema.getType().getName()));
    }
    return schema;
  }

  /** A schema that was checked before. */
  static Schema parse(String text) {
    // Data was written with schemas whose defaults Avro would refuse today. A default that is used
    // is checked then.
    return new Schema.Parser().setValidateDefaults(false).parse(text);
  }

  /** What single-object encoding names a schema by. */
  static long fingerprint(Schema schema) {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  /**
   * The schemas that records may have been written with, as text.
   *
   * @param option the value of {@code writer-schemas}; null if it is not set
   * @param schemaId of the schema itself; null if it is not known
   * @return by what a record's frame names them by; {@link #ONLY} without a frame
   */
  static Map<Long, String> writers(
      @Nullable String option, Framing framing, Schema schema, @Nullable Integer schemaId) {
    String origin = "'" + AvroOptions.WRITER_SCHEMAS.key() + "'";
    JsonNode json = option == null ? null : json(unpacked(option, origin), origin);
    Map<Long, String> writers = new HashMap<>();
    switch (framing) {
      case NONE -> {
        if (json != null && (!json.isArray() || json.size() != 1)) {
          throw new ValidationException(
              String.format(
                  "With '%s' = 'none' a record does not say which schema it was written with, so %s"
                      + " must be a JSON array of one schema.",
                  AvroOptions.FRAMING.key(), origin));
        }
        writers.put(
            ONLY, (json == null ? schema : schema(json.get(0), origin + " at index 0")).toString());
      }
      case CONFLUENT -> {
        if (json != null) {
          if (!json.isObject()) {
            throw new ValidationException(
                String.format(
                    "With '%s' = 'confluent', %s must be a JSON object from ids to schemas.",
                    AvroOptions.FRAMING.key(), origin));
          }
          for (Map.Entry<String, JsonNode> entry : json.properties()) {
            writers.put(
                id(entry.getKey(), origin),
                schema(entry.getValue(), origin + " with id " + entry.getKey()).toString());
          }
        }
        if (schemaId != null) {
          writers.put(schemaId.longValue(), schema.toString());
        }
      }
      case SINGLE_OBJECT -> {
        if (json != null && !json.isArray()) {
          throw new ValidationException(
              String.format(
                  "With '%s' = 'single-object', %s must be a JSON array of schemas.",
                  AvroOptions.FRAMING.key(), origin));
        }
        writers.put(fingerprint(schema), schema.toString());
        for (int i = 0; json != null && i < json.size(); i++) {
          Schema writer = schema(json.get(i), origin + " at index " + i);
          writers.putIfAbsent(fingerprint(writer), writer.toString());
        }
      }
    }
    return Map.copyOf(writers);
  }

  private static long id(String key, String origin) {
    try {
      return Integer.toUnsignedLong(Integer.parseUnsignedInt(key));
    } catch (NumberFormatException e) {
      throw new ValidationException(
          String.format("%s has the key '%s', which is not the id of a schema.", origin, key), e);
    }
  }

  private static JsonNode json(String text, String origin) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ValidationException(
          String.format("%s is not JSON: %s", origin, e.getOriginalMessage()), e);
    }
  }

  private static Schema schema(JsonNode node, String origin) {
    // A registry's answers have schemas as text.
    return record(node.isTextual() ? node.textValue() : node.toString(), origin);
  }
}
