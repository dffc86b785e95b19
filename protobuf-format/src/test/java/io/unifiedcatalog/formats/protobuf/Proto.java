package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.AnyProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DurationProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.WrappersProto;
import java.util.Arrays;
import java.util.List;

/** Files as protoc would describe them. */
final class Proto {
  private static final List<FileDescriptorProto> STANDARD =
      List.of(
          AnyProto.getDescriptor().toProto(),
          DurationProto.getDescriptor().toProto(),
          FieldMaskProto.getDescriptor().toProto(),
          StructProto.getDescriptor().toProto(),
          TimestampProto.getDescriptor().toProto(),
          WrappersProto.getDescriptor().toProto());

  private Proto() {}

  /** A set of the standard files and one of package {@code t}. */
  static FileDescriptorSet set(String syntax, DescriptorProto... messages) {
    return set(file(syntax, messages).build());
  }

  static FileDescriptorSet set(FileDescriptorProto file) {
    return FileDescriptorSet.newBuilder().addAllFile(STANDARD).addFile(file).build();
  }

  static FileDescriptorProto.Builder file(String syntax, DescriptorProto... messages) {
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder()
            .setName("t.proto")
            .setPackage("t")
            .setSyntax(syntax)
            .addAllMessageType(Arrays.asList(messages))
            .addEnumType(
                EnumDescriptorProto.newBuilder()
                    .setName("Color")
                    .addValue(value("RED", 0))
                    .addValue(value("BLUE", 7))
                    .addValue(value("GREEN", -1)));
    STANDARD.forEach(standard -> file.addDependency(standard.getName()));
    return file;
  }

  private static EnumValueDescriptorProto value(String name, int number) {
    return EnumValueDescriptorProto.newBuilder().setName(name).setNumber(number).build();
  }

  static DescriptorProto message(String name, FieldDescriptorProto.Builder... fields) {
    return messageBuilder(name, fields).build();
  }

  static DescriptorProto.Builder messageBuilder(
      String name, FieldDescriptorProto.Builder... fields) {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
    for (FieldDescriptorProto.Builder field : fields) {
      // What protoc makes of the keyword optional in proto3.
      if (field.getProto3Optional()) {
        field.setOneofIndex(message.getOneofDeclCount());
        message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
      }
      message.addField(field);
    }
    return message;
  }

  static FieldDescriptorProto.Builder field(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .setType(type);
  }

  static FieldDescriptorProto.Builder field(String name, int number, String type) {
    return field(name, number, FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName("." + type);
  }

  static FieldDescriptorProto.Builder color(String name, int number) {
    return field(name, number, FieldDescriptorProto.Type.TYPE_ENUM).setTypeName(".t.Color");
  }

  static FieldDescriptorProto.Builder repeated(FieldDescriptorProto.Builder field) {
    return field.setLabel(FieldDescriptorProto.Label.LABEL_REPEATED);
  }

  static FieldDescriptorProto.Builder required(FieldDescriptorProto.Builder field) {
    return field.setLabel(FieldDescriptorProto.Label.LABEL_REQUIRED);
  }

  static FieldDescriptorProto.Builder optional(FieldDescriptorProto.Builder field) {
    return field.setProto3Optional(true);
  }

  /** The entry that a map's field refers to by its name. */
  static DescriptorProto entry(
      String name, FieldDescriptorProto.Builder key, FieldDescriptorProto.Builder value) {
    return message(name, key, value).toBuilder()
        .setOptions(MessageOptions.newBuilder().setMapEntry(true))
        .build();
  }
}
