package io.unifiedcatalog.server.schema.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.JavaFeaturesProto;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files of Protobuf itself, which every schema may import and none may bring along changed. */
final class StandardImports {
  /** Those whose messages have a meaning of their own for columns, and never change. */
  private static final List<FileDescriptor> WELL_KNOWN =
      List.of(
          AnyProto.getDescriptor(),
          DurationProto.getDescriptor(),
          EmptyProto.getDescriptor(),
          FieldMaskProto.getDescriptor(),
          StructProto.getDescriptor(),
          TimestampProto.getDescriptor(),
          WrappersProto.getDescriptor());

  /** Those that grow from release to release. */
  private static final List<FileDescriptor> GROWING =
      List.of(
          ApiProto.getDescriptor(),
          DescriptorProtos.getDescriptor(),
          JavaFeaturesProto.getDescriptor(),
          SourceContextProto.getDescriptor(),
          TypeProto.getDescriptor());

  private static final Map<String, FileDescriptor> ALL = new TreeMap<>();

  static {
    WELL_KNOWN.forEach(file -> ALL.put(file.getFullName(), file));
    GROWING.forEach(file -> ALL.put(file.getFullName(), file));
  }

  private StandardImports() {}

  static boolean contains(String name) {
    return ALL.containsKey(name);
  }

  /** The files by their names. */
  static Map<String, FileDescriptor> all() {
    return ALL;
  }

  /** The text of a file. */
  static String text(String name) {
    try (InputStream in = AnyProto.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException("protobuf-java comes without " + name);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether a compiled file of such a name means something else than ours. Those that grow may
   * differ: ours stands in for them.
   */
  static boolean differs(FileDescriptorProto sent) {
    for (FileDescriptor file : WELL_KNOWN) {
      if (file.getFullName().equals(sent.getName())) {
        return !shape(file.toProto()).equals(shape(sent));
      }
    }
    return false;
  }

  /** What of a file counts on the wire. */
  private static FileDescriptorProto shape(FileDescriptorProto file) {
    FileDescriptorProto.Builder shape =
        FileDescriptorProto.newBuilder().setPackage(file.getPackage());
    file.getMessageTypeList().forEach(message -> shape.addMessageType(shape(message)));
    file.getEnumTypeList()
        .forEach(
            each -> {
              var values = shape.addEnumTypeBuilder().setName(each.getName());
              each.getValueList()
                  .forEach(
                      value ->
                          values
                              .addValueBuilder()
                              .setName(value.getName())
                              .setNumber(value.getNumber()));
            });
    return shape.build();
  }

  private static DescriptorProto shape(DescriptorProto message) {
    DescriptorProto.Builder shape = DescriptorProto.newBuilder().setName(message.getName());
    message
        .getFieldList()
        .forEach(
            field ->
                shape.addField(
                    FieldDescriptorProto.newBuilder()
                        .setName(field.getName())
                        .setNumber(field.getNumber())
                        .setLabel(field.getLabel())
                        .setType(field.getType())
                        .setTypeName(field.getTypeName())));
    message.getNestedTypeList().forEach(nested -> shape.addNestedType(shape(nested)));
    return shape.build();
  }
}
