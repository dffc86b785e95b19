package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;

/** The messages that are proto JSON in a column. */
final class ProtobufJson {
  private final JsonFormat.Printer printer;
  private final JsonFormat.Parser parser;

  /** Knows every message of the set inside an Any. */
  ProtobufJson(DescriptorSet descriptors) {
    TypeRegistry types = TypeRegistry.newBuilder().add(descriptors.messages()).build();
    printer = JsonFormat.printer().usingTypeRegistry(types).omittingInsignificantWhitespace();
    parser = JsonFormat.parser().usingTypeRegistry(types);
  }

  /**
   * Prints the bytes of a message.
   *
   * @param ends where the parts end in which the message came; each is one by itself
   * @param depth how many messages are around this one
   * @throws IOException if the bytes are no such message, or it has no JSON form
   */
  String print(Descriptor message, byte[] bytes, int start, int[] ends, int depth)
      throws IOException {
    return printer.print(merge(message, bytes, start, ends, depth).build());
  }

  /**
   * Checks a part of a message, which counts even if another replaces the message later.
   *
   * @throws IOException if the bytes are no such message
   */
  void check(Descriptor message, byte[] bytes, int start, int end, int depth) throws IOException {
    merge(message, bytes, start, new int[] {end}, depth);
  }

  private static DynamicMessage.Builder merge(
      Descriptor message, byte[] bytes, int start, int[] ends, int depth) throws IOException {
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(message);
    int from = start;
    for (int end : ends) {
      CodedInputStream in = CodedInputStream.newInstance(bytes, from, end - from);
      in.setRecursionLimit(MessageReader.MAXIMUM_DEPTH - depth);
      builder.mergeFrom(in, ExtensionRegistry.getEmptyRegistry());
      in.checkLastTagWas(0);
      from = end;
    }
    return builder;
  }

  /** The bytes of a message whose JSON form this is. */
  byte[] parse(Descriptor message, String json) throws IOException {
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(message);
    parser.merge(json, builder);
    return builder.build().toByteArray();
  }
}
