package io.unifiedcatalog.server.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * JSON Schema of the drafts 4 to 2020-12: an object whose properties are columns, read by Flink's
 * {@code json} format. Only {@link Compatibility#NONE} so far: what a change means to readers is
 * not written yet.
 */
public final class JsonSchema implements SchemaKind {
  private static final Pattern DRAFT =
      Pattern.compile("https?://json-schema\\.org/(draft-0[467]|draft/20(19-09|20-12))/schema#?");

  @Override
  public String kind() {
    return "json";
  }

  @Override
  public Set<Compatibility> compatibilities() {
    return Set.of(Compatibility.NONE);
  }

  @Override
  public CompiledSchema compile(SchemaContent content, List<ResolvedReference> references) {
    SchemaContent.File file = SchemaText.only(content, "A JSON Schema");
    List<Violation> faults = new ArrayList<>();
    if (!references.isEmpty()) {
      faults.add(
          new Violation(
              "references",
              "a JSON Schema cannot refer to another subject. Put what it needs into its $defs"));
    }
    JsonDocument document = JsonDocument.parse(file);
    JsonNode draft = document.root().path("$schema");
    if (!draft.isMissingNode() && !DRAFT.matcher(draft.asText()).matches()) {
      faults.add(
          new Violation(
              document.place(document.root()),
              "#/$schema: '"
                  + SqlText.shortened(draft.asText())
                  + "' is not known. Use a draft of json-schema.org from draft-04 to 2020-12"));
    }
    JsonColumns.of(document, false, faults);
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
    }
    return new CompiledSchema(file.text().getBytes(StandardCharsets.UTF_8), List.of());
  }

  @Override
  public List<Incompatibility> incompatibilities(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean usedInJson) {
    throw new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "COMPATIBILITY_UNSUPPORTED",
        "Versions of a JSON Schema cannot be compared yet. Set the subject's compatibility to"
            + " NONE.");
  }

  @Override
  public String message(CompiledSchema schema, String message) {
    if (!message.isEmpty()) {
      throw new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NO_SUCH_MESSAGE",
          "Message '"
              + SqlText.shortened(message)
              + "' is not in the schema: a JSON Schema has no messages. Name none.");
    }
    return "";
  }

  @Override
  public List<Column> columns(
      CompiledSchema schema, String message, Map<String, String> formatOptions) {
    JsonFormat.checkOptions(formatOptions);
    JsonDocument document =
        JsonDocument.parse(
            new SchemaContent.File("", new String(schema.bytes(), StandardCharsets.UTF_8)));
    List<Violation> faults = new ArrayList<>();
    boolean isoTimestamps =
        JsonFormat.ISO_8601.equals(formatOptions.get(JsonFormat.TIMESTAMP_FORMAT));
    List<Column> columns = JsonColumns.of(document, isoTimestamps, faults);
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
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
    return JsonFormat.of(formatOptions, engine);
  }

  @Override
  public String fileName(String subject) {
    return subject + ".json";
  }

  @Override
  public String formatIdentifier() {
    return JsonFormat.IDENTIFIER;
  }
}
