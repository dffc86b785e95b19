package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.schema.avro.AvroSchema;
import io.unifiedcatalog.server.schema.columns.ColumnsSchema;
import io.unifiedcatalog.server.schema.json.JsonSchema;
import io.unifiedcatalog.server.schema.protobuf.ProtobufSchema;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The kinds of schemas that there are. A new kind is one line here. */
public final class SchemaKinds {
  private static final List<SchemaKind> ALL =
      Stream.<SchemaKind>of(
              new AvroSchema(), //
              new ColumnsSchema(),
              new JsonSchema(),
              new ProtobufSchema())
          .sorted(Comparator.comparing(SchemaKind::kind))
          .toList();

  private SchemaKinds() {}

  /** All kinds, in order of their names. */
  public static List<SchemaKind> all() {
    return ALL;
  }

  /**
   * The kind of a name.
   *
   * @throws CatalogException INVALID_ARGUMENT if there is none; the message names those there are
   */
  public static SchemaKind get(String kind) {
    for (SchemaKind known : ALL) {
      if (known.kind().equals(kind)) {
        return known;
      }
    }
    throw new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "UNKNOWN_SCHEMA_KIND",
        "Schema kind '"
            + kind
            + "' is unknown. Known kinds: "
            + ALL.stream().map(SchemaKind::kind).collect(Collectors.joining(", "))
            + ".");
  }
}
