package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.AvroOptions.Framing;
import java.io.Serializable;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What a table's options say, as it travels to the tasks.
 *
 * @param schema what rows are read into and written with, as JSON
 * @param writers the schemas that records may have been written with, by what their frame names
 *     them by
 * @param schemaId written with {@link Framing#CONFLUENT}; null if there is none
 */
record AvroFormat(
    String schema,
    Map<Long, String> writers,
    Framing framing,
    @Nullable Integer schemaId,
    boolean ignoreParseErrors)
    implements Serializable {
  Schema parsed() {
    return Schemas.parse(schema);
  }

  /** Plans the reading of a row that was written with the schema itself. */
  RecordReader reader(RowType row) {
    Schema parsed = parsed();
    return ReadPlanner.plan(parsed, parsed, row);
  }

  /** Plans the writing of a row. */
  RecordWriter writer(RowType row) {
    return WritePlanner.plan(parsed(), row);
  }

  Frame frame() {
    return new Frame(framing);
  }

  /** What stands before the data of each record that is written. */
  byte[] header() {
    return switch (framing) {
      case NONE -> new byte[0];
      case CONFLUENT -> {
        if (schemaId == null) {
          throw new IllegalStateException("No schema id to write");
        }
        yield frame().header(schemaId);
      }
      case SINGLE_OBJECT -> frame().header(Schemas.fingerprint(parsed()));
    };
  }
}
