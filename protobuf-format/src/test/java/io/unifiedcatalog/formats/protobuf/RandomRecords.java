package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Messages of a descriptor and what may become of their bytes, from a source of chance. */
final class RandomRecords {
  private static final int[] INTS = {
    0, 1, -1, 127, 128, 300, 16_383, 16_384, Integer.MAX_VALUE, Integer.MIN_VALUE
  };
  private static final long[] LONGS = {
    0, 1, -1, 1L << 31, 1L << 32, (1L << 56) - 1, 1L << 56, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final double[] DOUBLES = {
    0, -0.0, 1.5, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, -Double.MAX_VALUE
  };
  private static final String[] TEXTS = {
    "",
    "a",
    "short",
    "exactly8",
    "nine char",
    "ä",
    "Grüße aus Köln",
    "表の列",
    "\ud83d\ude00 emoji",
    "\0",
    "a text that is longer than what one or two words of eight bytes hold, by far"
  };

  private final Random random;

  RandomRecords(Random random) {
    this.random = random;
  }

  /** A message with some of its fields set, and all required ones. */
  Message message(Descriptor descriptor, int depth) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
    switch (descriptor.getFullName()) {
      case "google.protobuf.Timestamp" -> {
        return message
            .setField(
                descriptor.findFieldByNumber(1),
                random.nextInt(4) == 0 ? -62_135_596_800L : random.nextLong() % 62_135_596_800L)
            .setField(descriptor.findFieldByNumber(2), random.nextInt(1_000_000_000))
            .build();
      }
      case "google.protobuf.FieldMask" -> {
        return message
            .addRepeatedField(descriptor.findFieldByNumber(1), one("a", "a_b.c_d"))
            .build();
      }
      case "google.protobuf.Any" -> {
        Duration held = Duration.newBuilder().setSeconds(random.nextInt(1000)).build();
        return message
            .setField(
                descriptor.findFieldByNumber(1), "type.googleapis.com/google.protobuf.Duration")
            .setField(descriptor.findFieldByNumber(2), held.toByteString())
            .build();
      }
      case "google.protobuf.Value" -> {
        FieldDescriptor field =
            descriptor.findFieldByNumber(1 + random.nextInt(depth <= 0 ? 4 : 6));
        // JSON has no infinity, and one null.
        Object value =
            switch (field.getNumber()) {
              case 1 -> field.getEnumType().getValues().get(0);
              case 2 -> 1.5 * random.nextInt(100);
              default -> value(field, depth);
            };
        return message.setField(field, value).build();
      }
      default -> {}
    }
    List<FieldDescriptor> fields = new ArrayList<>(descriptor.getFields());
    for (FieldDescriptor extension : descriptor.getFile().getExtensions()) {
      if (extension.getContainingType() == descriptor) {
        fields.add(extension);
      }
    }
    for (FieldDescriptor field : fields) {
      boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      boolean isLeftOut = (isMessage && depth <= 0) || random.nextInt(3) == 0;
      if (field.isRequired() && depth > -4) {
        message.setField(field, value(field, depth));
      } else if (!isLeftOut && field.isMapField()) {
        addEntries(message, field, depth);
      } else if (!isLeftOut && field.isRepeated()) {
        for (int i = random.nextInt(5); i > 0; i--) {
          message.addRepeatedField(field, value(field, depth));
        }
      } else if (!isLeftOut) {
        message.setField(field, value(field, depth));
      }
    }
    return message.buildPartial();
  }

  private void addEntries(DynamicMessage.Builder message, FieldDescriptor field, int depth) {
    Descriptor entry = field.getMessageType();
    Set<Object> keys = new HashSet<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      Object key = value(entry.findFieldByNumber(1), depth);
      if (keys.add(key)) {
        message.addRepeatedField(
            field,
            DynamicMessage.newBuilder(entry)
                .setField(entry.findFieldByNumber(1), key)
                .setField(entry.findFieldByNumber(2), value(entry.findFieldByNumber(2), depth))
                .buildPartial());
      }
    }
  }

  private Object value(FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? INTS[random.nextInt(INTS.length)] : random.nextInt();
      case LONG -> random.nextBoolean() ? LONGS[random.nextInt(LONGS.length)] : random.nextLong();
      case FLOAT -> (float) DOUBLES[random.nextInt(DOUBLES.length)];
      case DOUBLE -> DOUBLES[random.nextInt(DOUBLES.length)];
      case BOOLEAN -> random.nextBoolean();
      case STRING -> one(TEXTS);
      case BYTE_STRING -> ByteString.copyFrom(bytes(random.nextInt(20)));
      case ENUM -> {
        EnumDescriptor constants = field.getEnumType();
        yield constants.isClosed() || random.nextInt(4) != 0
            ? constants.getValues().get(random.nextInt(constants.getValues().size()))
            : constants.findValueByNumberCreatingIfUnknown(one(3, 77, -5, Integer.MAX_VALUE - 1));
      }
      case MESSAGE -> message(field.getMessageType(), depth - 1);
    };
  }

  /** Two records one after the other are their messages merged. */
  static byte[] concatenated(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  /** The top-level fields of a record in another order. */
  byte[] shuffled(byte[] record) {
    List<byte[]> fields = fields(record);
    Collections.shuffle(fields, random);
    return joined(fields);
  }

  /** A record with a field that its message does not have. */
  byte[] withUnknownField(byte[] record) {
    int number = 600 + random.nextInt(50);
    UnknownFieldSet.Field.Builder field = UnknownFieldSet.Field.newBuilder();
    switch (random.nextInt(5)) {
      case 0 -> field.addVarint(random.nextLong());
      case 1 -> field.addFixed32(random.nextInt());
      case 2 -> field.addFixed64(random.nextLong());
      case 3 -> field.addLengthDelimited(ByteString.copyFrom(bytes(random.nextInt(200))));
      default ->
          field.addGroup(
              UnknownFieldSet.newBuilder()
                  .addField(7, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                  .build());
    }
    byte[] unknown =
        UnknownFieldSet.newBuilder().addField(number, field.build()).build().toByteArray();
    List<byte[]> fields = fields(record);
    fields.add(random.nextInt(fields.size() + 1), unknown);
    return joined(fields);
  }

  /** A record whose tags take more bytes than they need. */
  byte[] withOverlongTags(byte[] record) {
    List<byte[]> fields = new ArrayList<>();
    for (byte[] field : fields(record)) {
      int last = 0;
      while (field[last] < 0) {
        last++;
      }
      if (last > 3 || random.nextBoolean()) {
        fields.add(field);
        continue;
      }
      byte[] overlong = new byte[field.length + 1];
      System.arraycopy(field, 0, overlong, 0, last + 1);
      overlong[last] |= (byte) 0x80;
      System.arraycopy(field, last + 1, overlong, last + 2, field.length - last - 1);
      fields.add(overlong);
    }
    return joined(fields);
  }

  /** A record to which something happened: it may be one no longer. */
  byte[] mutated(byte[] record) {
    byte[] bytes = record.clone();
    for (int i = 1 + random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(8)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes = spliced(bytes, at, at + 1, new byte[0]);
        case 4 -> bytes = spliced(bytes, at, at, bytes(1 + random.nextInt(3)));
        case 5 -> {
          int end = at + random.nextInt(bytes.length - at);
          bytes = spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
        }
        case 6 -> bytes[at] |= (byte) 0x80;
        default -> bytes[at] = one((byte) 0, (byte) 1, (byte) 0x7f, (byte) 0xff, (byte) 0x80);
      }
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] instead) {
    return concatenated(
        concatenated(Arrays.copyOf(bytes, from), instead),
        Arrays.copyOfRange(bytes, to, bytes.length));
  }

  /** Whether a record is fields one after the other. */
  static boolean isInFields(byte[] record) {
    try {
      split(record);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static List<byte[]> fields(byte[] record) {
    try {
      return split(record);
    } catch (IOException e) {
      throw new AssertionError("A record is none", e);
    }
  }

  private static List<byte[]> split(byte[] record) throws IOException {
    List<byte[]> fields = new ArrayList<>();
    CodedInputStream input = CodedInputStream.newInstance(record);
    while (!input.isAtEnd()) {
      int begin = input.getTotalBytesRead();
      input.skipField(input.readTag());
      fields.add(Arrays.copyOfRange(record, begin, input.getTotalBytesRead()));
    }
    return fields;
  }

  private static byte[] joined(List<byte[]> fields) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    fields.forEach(output::writeBytes);
    return output.toByteArray();
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  @SafeVarargs
  private <T> T one(T... values) {
    return values[random.nextInt(values.length)];
  }
}
