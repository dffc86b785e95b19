package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A kind of schema: how its text is understood, which changes of it are compatible, which columns
 * it makes, and which of Flink's formats reads its data. Safe for use by many threads.
 */
public interface SchemaKind {
  /** The kind's name, as in {@code protobuf}. */
  String kind();

  /** The rules that the kind can check; {@link Compatibility#NONE} is always among them. */
  Set<Compatibility> compatibilities();

  /**
   * Understands a schema.
   *
   * @param content what was sent, of any size and content: nothing of it has been checked
   * @param references what the content's references lead to, in their order
   * @throws CatalogException INVALID_ARGUMENT with every fault at once, each a violation whose
   *     field is {@code file:line:column} (or less, where no place is known); UNAVAILABLE if it
   *     could not be told, for example for lack of time; FAILED_PRECONDITION if this server can
   *     never tell, which says what can be sent instead
   */
  CompiledSchema compile(SchemaContent content, List<ResolvedReference> references);

  /** Which side reads what the other wrote. */
  enum Direction {
    /** Readers of the newer version read data of the older one. */
    BACKWARD,
    /** Readers of the older version read data of the newer one. */
    FORWARD
  }

  /**
   * Why one version cannot read data of another.
   *
   * @param usedInJson whether messages are also written as JSON
   * @return every reason, in the order of the places; empty: it can
   */
  List<Incompatibility> incompatibilities(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean usedInJson);

  /**
   * The message that a table means.
   *
   * @param message what the registration says; empty: the only one
   * @return its full name; empty for a kind that has no messages
   * @throws CatalogException INVALID_ARGUMENT if there is no such message, or it must be named; the
   *     message lists those there are
   */
  String message(CompiledSchema schema, String message);

  /**
   * The columns of a message, in order. A column's native type is what the schema says; its fact
   * {@link io.unifiedcatalog.server.model.Facts#FLINK_TYPE} is the type in Flink. Comments of the
   * schema become comments of the columns.
   *
   * @param message as {@link #message} answered it
   * @param formatOptions the options of the table for the format, without any prefix
   * @throws CatalogException INVALID_ARGUMENT if an option is unknown or wrong, or the message
   *     cannot be a table
   */
  List<Column> columns(CompiledSchema schema, String message, Map<String, String> formatOptions);

  /**
   * The format that reads and writes data of a message.
   *
   * @param schemaId identifies the version in the registry
   * @param formatOptions as for {@link #columns}
   */
  Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Map<String, String> formatOptions,
      Engine engine);

  /**
   * A version of a subject that records may have been written with.
   *
   * @param id as {@link #format} takes it
   */
  record Written(int id, CompiledSchema schema) {}

  /**
   * The format as {@link #format}, for records of any version of the subject.
   *
   * @param written all versions of the subject, deleted ones too; asked only if the kind reads a
   *     record by the schema that it was written with
   */
  default Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Supplier<List<Written>> written,
      Map<String, String> formatOptions,
      Engine engine) {
    return format(schema, message, schemaId, formatOptions, engine);
  }

  /**
   * The name of the file of a subject that comes from a registry, where schemas have no names.
   *
   * @param subject letters, digits, {@code _}, {@code .} and {@code -} only
   */
  String fileName(String subject);

  /** The identifier of the format of {@link #format}, by which a table's options are prefixed. */
  String formatIdentifier();
}
