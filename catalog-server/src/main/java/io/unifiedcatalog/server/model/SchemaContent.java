package io.unifiedcatalog.server.model;

import java.util.List;

/**
 * What was registered as a version of a subject.
 *
 * @param files in the order in which they were sent; empty if a descriptor set was sent
 * @param descriptorSet Base64 of a serialized FileDescriptorSet in place of files; empty: there are
 *     files
 * @param references what it needs of other subjects
 */
public record SchemaContent(
    List<File> files, String descriptorSet, List<SchemaContent.Reference> references) {
  /** A file: the name by which others import it, and its text. */
  public record File(String name, String text) {}

  /**
   * What a schema needs of another subject.
   *
   * @param name the name by which it is imported; for Avro the full name of the type
   * @param subject the subject's name
   * @param version its version, never 0
   */
  public record Reference(String name, String subject, long version) {}

  public SchemaContent {
    files = List.copyOf(files);
    references = List.copyOf(references);
  }
}
