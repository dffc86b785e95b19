package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;

/** What a message is beside a row of its fields. */
enum WellKnown {
  /** Nothing: its column is a ROW. */
  NO,
  /** {@code google.protobuf.Timestamp}: a point in time. */
  TIMESTAMP,
  /** {@code google.protobuf.Int32Value} and its family: the value that it wraps. */
  WRAPPER,
  /** {@code google.protobuf.Struct} and others whose shape is in the data: proto JSON. */
  JSON,
  /** A message in the old MessageSet encoding, which has no fields: its bytes. */
  OPAQUE;

  static WellKnown of(Descriptor message) {
    if (message.getOptions().getMessageSetWireFormat()) {
      return OPAQUE;
    }
    return switch (message.getFullName()) {
      case "google.protobuf.Timestamp" ->
          has(message, 1, FieldDescriptor.Type.INT64) && has(message, 2, FieldDescriptor.Type.INT32)
              ? TIMESTAMP
              : NO;
      case "google.protobuf.BoolValue" -> wrapper(message, FieldDescriptor.Type.BOOL);
      case "google.protobuf.BytesValue" -> wrapper(message, FieldDescriptor.Type.BYTES);
      case "google.protobuf.DoubleValue" -> wrapper(message, FieldDescriptor.Type.DOUBLE);
      case "google.protobuf.FloatValue" -> wrapper(message, FieldDescriptor.Type.FLOAT);
      case "google.protobuf.Int32Value" -> wrapper(message, FieldDescriptor.Type.INT32);
      case "google.protobuf.Int64Value" -> wrapper(message, FieldDescriptor.Type.INT64);
      case "google.protobuf.StringValue" -> wrapper(message, FieldDescriptor.Type.STRING);
      case "google.protobuf.UInt32Value" -> wrapper(message, FieldDescriptor.Type.UINT32);
      case "google.protobuf.UInt64Value" -> wrapper(message, FieldDescriptor.Type.UINT64);
      case "google.protobuf.Any",
          "google.protobuf.FieldMask",
          "google.protobuf.ListValue",
          "google.protobuf.Struct",
          "google.protobuf.Value" ->
          JSON;
      default -> NO;
    };
  }

  private static WellKnown wrapper(Descriptor message, FieldDescriptor.Type type) {
    return has(message, 1, type) ? WRAPPER : NO;
  }

  /** Whether a file that calls a message like this means the same by it. */
  private static boolean has(Descriptor message, int number, FieldDescriptor.Type type) {
    FieldDescriptor field = message.findFieldByNumber(number);
    return field != null && field.getType() == type && !field.isRepeated();
  }
}
