package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.AnyProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FeatureSet;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.WrappersProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Files with every feature that a record's bytes can tell of, from a source of chance. */
final class RandomSchemas {
  /** The names of what is in each file. */
  static final String PACKAGE = "random";

  private static final FileDescriptor[] IMPORTS = {
    AnyProto.getDescriptor(),
    DurationProto.getDescriptor(),
    FieldMaskProto.getDescriptor(),
    StructProto.getDescriptor(),
    TimestampProto.getDescriptor(),
    WrappersProto.getDescriptor()
  };

  private static final List<String> WELL_KNOWN =
      List.of(
          "Any",
          "Duration",
          "FieldMask",
          "ListValue",
          "Struct",
          "Timestamp",
          "Timestamp",
          "Value",
          "BoolValue",
          "BytesValue",
          "DoubleValue",
          "FloatValue",
          "Int32Value",
          "Int64Value",
          "StringValue",
          "UInt32Value",
          "UInt64Value");

  /** What clashes in Java with the language, with generated methods, or with each other. */
  private static final List<String> NAMES =
      List.of(
          "class",
          "int",
          "public",
          "null",
          "foo",
          "foo_count",
          "foo_",
          "foo_value",
          "_bar",
          "Bar",
          "all_fields",
          "serialized_size",
          "descriptor_for_type",
          "unknown_fields",
          "default",
          "a",
          "b",
          "c1",
          "camelCase",
          "SHOUT",
          "value",
          "key",
          "this",
          "order",
          "bytes",
          "goto");

  private static final List<FieldDescriptorProto.Type> SCALARS =
      List.of(
          FieldDescriptorProto.Type.TYPE_DOUBLE,
          FieldDescriptorProto.Type.TYPE_FLOAT,
          FieldDescriptorProto.Type.TYPE_INT32,
          FieldDescriptorProto.Type.TYPE_SINT32,
          FieldDescriptorProto.Type.TYPE_SFIXED32,
          FieldDescriptorProto.Type.TYPE_INT64,
          FieldDescriptorProto.Type.TYPE_SINT64,
          FieldDescriptorProto.Type.TYPE_SFIXED64,
          FieldDescriptorProto.Type.TYPE_UINT32,
          FieldDescriptorProto.Type.TYPE_FIXED32,
          FieldDescriptorProto.Type.TYPE_UINT64,
          FieldDescriptorProto.Type.TYPE_FIXED64,
          FieldDescriptorProto.Type.TYPE_BOOL,
          FieldDescriptorProto.Type.TYPE_STRING,
          FieldDescriptorProto.Type.TYPE_STRING,
          FieldDescriptorProto.Type.TYPE_BYTES,
          FieldDescriptorProto.Type.TYPE_ENUM,
          FieldDescriptorProto.Type.TYPE_ENUM);

  private static final List<FieldDescriptorProto.Type> KEYS =
      List.of(
          FieldDescriptorProto.Type.TYPE_INT32,
          FieldDescriptorProto.Type.TYPE_SINT32,
          FieldDescriptorProto.Type.TYPE_SFIXED32,
          FieldDescriptorProto.Type.TYPE_INT64,
          FieldDescriptorProto.Type.TYPE_SINT64,
          FieldDescriptorProto.Type.TYPE_SFIXED64,
          FieldDescriptorProto.Type.TYPE_UINT32,
          FieldDescriptorProto.Type.TYPE_FIXED32,
          FieldDescriptorProto.Type.TYPE_UINT64,
          FieldDescriptorProto.Type.TYPE_FIXED64,
          FieldDescriptorProto.Type.TYPE_BOOL,
          FieldDescriptorProto.Type.TYPE_STRING,
          FieldDescriptorProto.Type.TYPE_STRING);

  private enum Syntax {
    PROTO2,
    PROTO3,
    EDITIONS
  }

  private final Random random;
  private final Syntax syntax;
  private final FileDescriptorProto.Builder file;
  private final int messages;
  private final boolean closed;

  private RandomSchemas(Random random) {
    this.random = random;
    this.syntax = one(List.of(Syntax.values()));
    this.messages = 1 + random.nextInt(4);
    this.file = FileDescriptorProto.newBuilder().setName("random.proto").setPackage(PACKAGE);
    this.closed =
        switch (syntax) {
          case PROTO2 -> true;
          case PROTO3 -> false;
          case EDITIONS -> random.nextBoolean();
        };
  }

  /** A file whose message {@code M0} is the record. */
  static FileDescriptor file(Random random) {
    return link(new RandomSchemas(random).build());
  }

  /**
   * The same file, but repeated fields that are packed there are not here, and the other way
   * around: what one writes the other must read.
   */
  static FileDescriptor packedTheOtherWay(FileDescriptor file) {
    FileDescriptorProto.Builder proto = file.toProto().toBuilder();
    for (int i = 0; i < proto.getMessageTypeCount(); i++) {
      DescriptorProto.Builder message = proto.getMessageTypeBuilder(i);
      for (FieldDescriptorProto.Builder field : message.getFieldBuilderList()) {
        var linked = file.getMessageTypes().get(i).findFieldByNumber(field.getNumber());
        if (!linked.isPackable()) {
          continue;
        }
        if (proto.getSyntax().equals("editions")) {
          field
              .getOptionsBuilder()
              .getFeaturesBuilder()
              .setRepeatedFieldEncoding(
                  linked.isPacked()
                      ? FeatureSet.RepeatedFieldEncoding.EXPANDED
                      : FeatureSet.RepeatedFieldEncoding.PACKED);
        } else {
          field.getOptionsBuilder().setPacked(!linked.isPacked());
        }
      }
    }
    return link(proto.build());
  }

  static FileDescriptor link(FileDescriptorProto proto) {
    try {
      return FileDescriptor.buildFrom(proto, IMPORTS);
    } catch (DescriptorValidationException e) {
      throw new AssertionError("The test made a file that is none: " + proto, e);
    }
  }

  private FileDescriptorProto build() {
    for (FileDescriptor each : IMPORTS) {
      file.addDependency(each.getName());
    }
    switch (syntax) {
      case PROTO2 -> file.setSyntax("proto2");
      case PROTO3 -> file.setSyntax("proto3");
      case EDITIONS ->
          file.setSyntax("editions")
              .setEdition(one(List.of(Edition.EDITION_2023, Edition.EDITION_2024)));
    }
    file.addEnumType(enumeration());
    for (int i = 0; i < messages; i++) {
      file.addMessageType(message("M" + i));
    }
    if (syntax != Syntax.PROTO3 && random.nextInt(3) == 0) {
      for (int i = 0; i <= random.nextInt(2); i++) {
        addExtension(i);
      }
    }
    return file.build();
  }

  private EnumDescriptorProto enumeration() {
    EnumDescriptorProto.Builder constants = EnumDescriptorProto.newBuilder().setName("E");
    List<Integer> numbers =
        new ArrayList<>(List.of(0, 1, 2, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1));
    // A closed enum may begin with any number, and that is what an absent value is.
    if (closed) {
      Collections.shuffle(numbers, random);
    }
    for (int i = 0; i < numbers.size(); i++) {
      constants.addValue(
          EnumValueDescriptorProto.newBuilder().setName("V" + i).setNumber(numbers.get(i)));
    }
    constants.getOptionsBuilder().setAllowAlias(true);
    if (syntax == Syntax.EDITIONS && closed) {
      constants.getOptionsBuilder().getFeaturesBuilder().setEnumType(FeatureSet.EnumType.CLOSED);
    }
    return constants.build();
  }

  private DescriptorProto message(String name) {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
    Set<Integer> numbers = new HashSet<>();
    List<String> names = new ArrayList<>(NAMES);
    Collections.shuffle(names, random);
    int oneofs = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
    for (int oneof = 0; oneof < oneofs; oneof++) {
      message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("oneof" + oneof));
      for (int i = 0; i <= random.nextInt(3); i++) {
        message.addField(singular(message, names.remove(0), number(numbers)).setOneofIndex(oneof));
      }
    }
    List<FieldDescriptorProto.Builder> optional = new ArrayList<>();
    int fields = 1 + random.nextInt(7);
    for (int i = 0; i < fields; i++) {
      String field = names.remove(0);
      int number = number(numbers);
      switch (random.nextInt(5)) {
        case 0 -> message.addField(repeated(singular(message, field, number)));
        case 1 -> message.addField(map(message, field, number));
        default -> {
          FieldDescriptorProto.Builder singular = presence(singular(message, field, number));
          if (singular.getProto3Optional()) {
            optional.add(singular);
          } else {
            message.addField(singular);
          }
        }
      }
    }
    // The oneofs that stand for proto3's optional come after all others.
    for (FieldDescriptorProto.Builder field : optional) {
      field.setOneofIndex(message.getOneofDeclCount());
      message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
      message.addField(field);
    }
    List<FieldDescriptorProto> inAnyOrder = new ArrayList<>(message.getFieldList());
    Collections.shuffle(inAnyOrder, random);
    message.clearField().addAllField(inAnyOrder);
    if (syntax != Syntax.PROTO3) {
      message.addExtensionRange(
          DescriptorProto.ExtensionRange.newBuilder().setStart(5000).setEnd(6000));
    }
    return message.build();
  }

  private int number(Set<Integer> taken) {
    int number;
    do {
      number =
          switch (random.nextInt(8)) {
            case 0 -> 16 + random.nextInt(2032);
            case 1 -> 2048 + random.nextInt(2000);
            case 2 -> (1 << 29) - 1 - random.nextInt(3);
            case 3 -> 20_000 + random.nextInt(1 << 28);
            default -> 1 + random.nextInt(15);
          };
    } while (!taken.add(number));
    return number;
  }

  private FieldDescriptorProto.Builder singular(
      DescriptorProto.Builder message, String name, int number) {
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder()
            .setName(name)
            .setNumber(number)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
    switch (random.nextInt(9)) {
      case 0, 1 -> message(field);
      case 2 ->
          field
              .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
              .setTypeName(".google.protobuf." + one(WELL_KNOWN));
      case 3 -> {
        if (syntax == Syntax.PROTO2) {
          String group = "G" + message.getNestedTypeCount();
          message.addNestedType(
              DescriptorProto.newBuilder()
                  .setName(group)
                  .addField(
                      FieldDescriptorProto.newBuilder()
                          .setName("inner")
                          .setNumber(1 + random.nextInt(20))
                          .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                          .setType(FieldDescriptorProto.Type.TYPE_INT32)));
          field
              .setType(FieldDescriptorProto.Type.TYPE_GROUP)
              .setTypeName("." + PACKAGE + "." + message.getName() + "." + group);
        } else {
          message(field);
          if (syntax == Syntax.EDITIONS) {
            field
                .getOptionsBuilder()
                .getFeaturesBuilder()
                .setMessageEncoding(FeatureSet.MessageEncoding.DELIMITED);
          }
        }
      }
      default -> scalar(field);
    }
    return field;
  }

  private void message(FieldDescriptorProto.Builder field) {
    field
        .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
        .setTypeName("." + PACKAGE + ".M" + random.nextInt(messages));
  }

  private void scalar(FieldDescriptorProto.Builder field) {
    field.setType(one(SCALARS));
    if (field.getType() == FieldDescriptorProto.Type.TYPE_ENUM) {
      field.setTypeName("." + PACKAGE + ".E");
    }
    if (syntax == Syntax.EDITIONS
        && field.getType() == FieldDescriptorProto.Type.TYPE_STRING
        && random.nextInt(4) == 0) {
      field
          .getOptionsBuilder()
          .getFeaturesBuilder()
          .setUtf8Validation(FeatureSet.Utf8Validation.NONE);
    }
  }

  private FieldDescriptorProto.Builder presence(FieldDescriptorProto.Builder field) {
    boolean isMessage =
        field.getType() == FieldDescriptorProto.Type.TYPE_MESSAGE
            || field.getType() == FieldDescriptorProto.Type.TYPE_GROUP;
    switch (syntax) {
      case PROTO2 -> {
        if (random.nextInt(12) == 0) {
          field.setLabel(FieldDescriptorProto.Label.LABEL_REQUIRED);
        } else if (random.nextInt(4) == 0) {
          setDefault(field);
        }
      }
      case PROTO3 -> {
        if (random.nextInt(3) == 0) {
          field.setProto3Optional(true);
        }
      }
      case EDITIONS -> {
        boolean closedEnum = closed && field.getType() == FieldDescriptorProto.Type.TYPE_ENUM;
        if (!isMessage && !closedEnum && random.nextInt(2) == 0) {
          field
              .getOptionsBuilder()
              .getFeaturesBuilder()
              .setFieldPresence(FeatureSet.FieldPresence.IMPLICIT);
        } else if (random.nextInt(12) == 0) {
          field
              .getOptionsBuilder()
              .getFeaturesBuilder()
              .setFieldPresence(FeatureSet.FieldPresence.LEGACY_REQUIRED);
        }
      }
    }
    return field;
  }

  private static void setDefault(FieldDescriptorProto.Builder field) {
    switch (field.getType()) {
      case TYPE_INT32,
          TYPE_SINT32,
          TYPE_SFIXED32,
          TYPE_INT64,
          TYPE_SINT64,
          TYPE_SFIXED64,
          TYPE_UINT32,
          TYPE_UINT64,
          TYPE_FIXED32,
          TYPE_FIXED64,
          TYPE_FLOAT,
          TYPE_DOUBLE ->
          field.setDefaultValue("7");
      case TYPE_STRING, TYPE_BYTES -> field.setDefaultValue("seven");
      case TYPE_BOOL -> field.setDefaultValue("true");
      case TYPE_ENUM -> field.setDefaultValue("V3");
      case TYPE_MESSAGE, TYPE_GROUP -> {}
    }
  }

  private FieldDescriptorProto.Builder repeated(FieldDescriptorProto.Builder field) {
    field.setLabel(FieldDescriptorProto.Label.LABEL_REPEATED);
    boolean packable =
        switch (field.getType()) {
          case TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE, TYPE_GROUP -> false;
          case TYPE_INT32,
              TYPE_SINT32,
              TYPE_SFIXED32,
              TYPE_INT64,
              TYPE_SINT64,
              TYPE_SFIXED64,
              TYPE_UINT32,
              TYPE_UINT64,
              TYPE_FIXED32,
              TYPE_FIXED64,
              TYPE_FLOAT,
              TYPE_DOUBLE,
              TYPE_BOOL,
              TYPE_ENUM ->
              true;
        };
    if (packable && random.nextBoolean()) {
      if (syntax == Syntax.EDITIONS) {
        field
            .getOptionsBuilder()
            .getFeaturesBuilder()
            .setRepeatedFieldEncoding(FeatureSet.RepeatedFieldEncoding.EXPANDED);
      } else {
        field.getOptionsBuilder().setPacked(random.nextBoolean());
      }
    }
    return field;
  }

  private FieldDescriptorProto.Builder map(
      DescriptorProto.Builder message, String name, int number) {
    String entry = "Map" + message.getNestedTypeCount() + "Entry";
    FieldDescriptorProto.Builder key =
        FieldDescriptorProto.newBuilder()
            .setName("key")
            .setNumber(1)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
            .setType(one(KEYS));
    FieldDescriptorProto.Builder value =
        FieldDescriptorProto.newBuilder()
            .setName("value")
            .setNumber(2)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
    switch (random.nextInt(4)) {
      case 0 -> message(value);
      case 1 ->
          value
              .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
              .setTypeName(".google.protobuf." + one(WELL_KNOWN));
      default -> scalar(value);
    }
    value.clearOptions();
    message.addNestedType(
        DescriptorProto.newBuilder()
            .setName(entry)
            .addField(key)
            .addField(value)
            .setOptions(MessageOptions.newBuilder().setMapEntry(true)));
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)
        .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
        .setTypeName("." + PACKAGE + "." + message.getName() + "." + entry);
  }

  private void addExtension(int index) {
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder()
            .setName("extension" + index)
            .setNumber(5000 + random.nextInt(400) * 2 + index)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
            .setExtendee("." + PACKAGE + ".M" + random.nextInt(messages));
    if (random.nextInt(3) == 0) {
      message(field);
    } else {
      scalar(field);
    }
    file.addExtension(random.nextInt(3) == 0 ? repeated(field) : field);
  }

  private <T> T one(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
