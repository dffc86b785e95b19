package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/** A message beside the row that holds it: which field each column is, and how. */
record MessagePlan(Descriptor message, List<Column> columns) {
  /** How often a column holds its field's values. */
  enum Shape {
    SINGLE,
    ARRAY,
    MAP
  }

  /**
   * A column and its field.
   *
   * @param index the column's place in its row
   * @param path the column's name with those of the columns around it, for messages
   * @param key the key of a map, else null
   * @param value the field's value, its elements, or the values of a map
   * @param required whether a message without the field is an error: it is required, or may be
   *     absent and its column is NOT NULL
   * @param absent what the column holds of an absent field; null: NULL
   */
  record Column(
      FieldDescriptor field,
      int index,
      String path,
      LogicalType type,
      Shape shape,
      @Nullable Value key,
      Value value,
      boolean required,
      @Nullable Object absent) {}
}
