package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * How one value of a field is held: the field's own, an element, or a map's key or value.
 *
 * @param field the field that the value is of; for a wrapped value the wrapper's own field
 * @param type what holds it
 * @param row the columns of a {@link Form#ROW}, else null
 * @param wrapped the value of a {@link Form#WRAPPER}, else null
 */
record Value(
    FieldDescriptor field,
    Form form,
    LogicalType type,
    @Nullable MessagePlan row,
    @Nullable Value wrapped) {
  /** What a value is in Flink. */
  enum Form {
    BOOLEAN,
    /** A number of at most 32 bits as INT; the unsigned ones above 2^31-1 are errors. */
    INT,
    /** A number as BIGINT; the unsigned ones above 2^63-1 are errors. */
    LONG,
    /** An unsigned number of 64 bits. */
    DECIMAL,
    FLOAT,
    DOUBLE,
    /** A float as DOUBLE; one that no float holds is not written. */
    FLOAT_AS_DOUBLE,
    STRING,
    BYTES,
    /** The name of an enum's value; the decimal number of one that has no name. */
    ENUM_NAME,
    ENUM_NUMBER,
    ROW,
    TIMESTAMP,
    /** What a wrapper message wraps; NULL if the wrapper is absent. */
    WRAPPER,
    /** A message as proto JSON. */
    JSON,
    /** A message as its own bytes. */
    MESSAGE_BYTES
  }
}
