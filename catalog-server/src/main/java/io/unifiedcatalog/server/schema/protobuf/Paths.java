package io.unifiedcatalog.server.schema.protobuf;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;

/** Where things are in a file, as the paths of google.protobuf.SourceCodeInfo say it. */
final class Paths {
  static final List<Integer> PACKAGE = List.of(FileDescriptorProto.PACKAGE_FIELD_NUMBER);

  private Paths() {}

  static List<Integer> of(Descriptor message) {
    Descriptor parent = message.getContainingType();
    return parent == null
        ? List.of(FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, message.getIndex())
        : within(of(parent), DescriptorProto.NESTED_TYPE_FIELD_NUMBER, message.getIndex());
  }

  static List<Integer> of(EnumDescriptor type) {
    Descriptor parent = type.getContainingType();
    return parent == null
        ? List.of(FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex())
        : within(of(parent), DescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex());
  }

  static List<Integer> of(EnumValueDescriptor value) {
    return within(of(value.getType()), EnumDescriptorProto.VALUE_FIELD_NUMBER, value.getIndex());
  }

  static List<Integer> of(FieldDescriptor field) {
    if (!field.isExtension()) {
      return within(
          of(field.getContainingType()), DescriptorProto.FIELD_FIELD_NUMBER, field.getIndex());
    }
    Descriptor scope = field.getExtensionScope();
    return scope == null
        ? List.of(FileDescriptorProto.EXTENSION_FIELD_NUMBER, field.getIndex())
        : within(of(scope), DescriptorProto.EXTENSION_FIELD_NUMBER, field.getIndex());
  }

  static List<Integer> of(OneofDescriptor oneof) {
    return within(
        of(oneof.getContainingType()), DescriptorProto.ONEOF_DECL_FIELD_NUMBER, oneof.getIndex());
  }

  static List<Integer> of(MethodDescriptor method) {
    return within(
        of(method.getService()), ServiceDescriptorProto.METHOD_FIELD_NUMBER, method.getIndex());
  }

  static List<Integer> of(ServiceDescriptor service) {
    return List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, service.getIndex());
  }

  static List<Integer> within(List<Integer> path, int field, int index) {
    List<Integer> inner = new ArrayList<>(path);
    inner.add(field);
    inner.add(index);
    return inner;
  }
}
