package io.unifiedcatalog.server.schema;

import java.util.List;

/**
 * A schema as its kind understood it. Self-contained: what it refers to is in it.
 *
 * @param bytes in the kind's own form, to be stored and given back to the kind as they are; for
 *     {@code protobuf} a FileDescriptorSet with source info. Not to be changed
 * @param messages the full names of the messages in it, in order; empty for a kind that has none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record CompiledSchema(byte[] bytes, List<String> messages) {
  public CompiledSchema {
    messages = List.copyOf(messages);
  }
}
