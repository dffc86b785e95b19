package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.AbsentAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.EnumsAs;
import io.unifiedcatalog.formats.protobuf.ProtobufOptions.Framing;
import java.io.Serializable;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What a table's options say, as it travels to the tasks: descriptors are not serializable, so they
 * go as bytes and are linked again.
 *
 * @param descriptorSet a FileDescriptorSet, checked
 * @param schemaId written with {@link Framing#CONFLUENT}; null if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ProtobufFormat(
    byte[] descriptorSet,
    String messageName,
    Framing framing,
    @Nullable Integer schemaId,
    EnumsAs enumsAs,
    AbsentAs absentAs,
    boolean ignoreParseErrors)
    implements Serializable {
  DescriptorSet descriptors() {
    return DescriptorSet.parse(descriptorSet, "The descriptor set");
  }

  /** Plans the reading of a row. */
  MessageReader reader(DescriptorSet descriptors, RowType row) {
    Descriptor message = descriptors.message(messageName);
    return new MessageReader(
        descriptors, Planner.plan(descriptors, message, row, enumsAs, absentAs, false));
  }

  /** Plans the writing of a row. */
  MessageWriter writer(DescriptorSet descriptors, RowType row) {
    Descriptor message = descriptors.message(messageName);
    return new MessageWriter(
        descriptors, Planner.plan(descriptors, message, row, enumsAs, absentAs, true));
  }

  /** What stands before each message that is written. */
  byte[] header(DescriptorSet descriptors) {
    ConfluentFrame frame = frame(descriptors);
    if (frame == null) {
      return new byte[0];
    }
    if (schemaId == null) {
      throw new IllegalStateException("No schema id to write");
    }
    return frame.header(schemaId);
  }

  /** The frame of each record; null if there is none. */
  @Nullable ConfluentFrame frame(DescriptorSet descriptors) {
    return framing == Framing.CONFLUENT
        ? new ConfluentFrame(descriptors.message(messageName))
        : null;
  }
}
