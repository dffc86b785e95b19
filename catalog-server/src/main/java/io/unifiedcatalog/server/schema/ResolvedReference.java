package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.SchemaContent;
import java.util.List;

/**
 * A reference of a schema with what it leads to.
 *
 * @param reference as the schema has it
 * @param content what is registered there
 * @param compiled the same, compiled
 * @param references what that one refers to in turn
 */
public record ResolvedReference(
    SchemaContent.Reference reference,
    SchemaContent content,
    CompiledSchema compiled,
    List<ResolvedReference> references) {
  public ResolvedReference {
    references = List.copyOf(references);
  }
}
