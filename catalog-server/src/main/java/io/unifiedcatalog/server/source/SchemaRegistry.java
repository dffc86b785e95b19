package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.SchemaContent;
import java.util.List;

/**
 * A schema registry beside a source, to import from. Every method throws {@link CatalogException}
 * UNAVAILABLE if it cannot be reached or refuses the credentials, and FAILED_PRECONDITION if it
 * answers what cannot be understood.
 */
public interface SchemaRegistry {
  /** The subjects that are not deleted, in order of their names. */
  List<String> subjects();

  /**
   * The versions of a subject that are not deleted, the oldest first; NOT_FOUND if there are none.
   */
  List<Version> versions(String subject);

  /**
   * One version.
   *
   * @param kind of the schema, as in {@code protobuf}
   * @param text the schema itself
   * @param references what it needs of other subjects of the registry
   */
  record Version(
      String subject,
      long version,
      int id,
      String kind,
      String text,
      List<SchemaContent.Reference> references) {
    public Version {
      references = List.copyOf(references);
    }
  }
}
