package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/** The files of a FileDescriptorSet, linked. */
final class DescriptorSet {
  /** The greatest size of a set, in bytes, so that a small compressed one cannot fill the heap. */
  private static final int MAXIMUM_BYTES = 64 << 20;

  /** How many names an error lists. */
  private static final int NAMES_IN_ERROR = 20;

  private final FileDescriptorSet proto;
  private final Map<String, Descriptor> messages = new TreeMap<>();
  private final Map<String, List<FieldDescriptor>> extensions = new HashMap<>();

  private DescriptorSet(FileDescriptorSet proto, Collection<FileDescriptor> files) {
    this.proto = proto;
    Deque<Descriptor> open = new ArrayDeque<>();
    for (FileDescriptor file : files) {
      file.getExtensions().forEach(this::addExtension);
      open.addAll(file.getMessageTypes());
    }
    while (!open.isEmpty()) {
      Descriptor message = open.remove();
      if (!message.getOptions().getMapEntry()) {
        messages.put(message.getFullName(), message);
      }
      message.getExtensions().forEach(this::addExtension);
      open.addAll(message.getNestedTypes());
    }
    extensions
        .values()
        .forEach(list -> list.sort(Comparator.comparingInt(FieldDescriptor::getNumber)));
  }

  private void addExtension(FieldDescriptor extension) {
    extensions
        .computeIfAbsent(extension.getContainingType().getFullName(), name -> new ArrayList<>())
        .add(extension);
  }

  /**
   * Reads and links a FileDescriptorSet.
   *
   * @param bytes the set, plain or compressed with gzip
   * @param origin where the bytes are from, for messages
   * @throws ValidationException if the bytes are no such set, or a file or import is wrong
   */
  static DescriptorSet parse(byte[] bytes, String origin) {
    FileDescriptorSet set;
    try {
      set = FileDescriptorSet.parseFrom(isGzip(bytes) ? unzip(bytes, origin) : bytes);
    } catch (IOException e) {
      throw new ValidationException(
          String.format(
              "%s is no FileDescriptorSet: %s Make one with: protoc --include_imports"
                  + " --descriptor_set_out=FILE.",
              origin, e.getMessage()),
          e);
    }
    FileDescriptorSet.Builder stripped = FileDescriptorSet.newBuilder();
    Map<String, FileDescriptorProto> protos = new LinkedHashMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      // Comments and positions are most of a set and say nothing about bytes.
      FileDescriptorProto bare = file.toBuilder().clearSourceCodeInfo().build();
      FileDescriptorProto other = protos.put(bare.getName(), bare);
      if (other == null) {
        stripped.addFile(bare);
      } else if (!other.equals(bare)) {
        throw new ValidationException(
            String.format("%s holds file '%s' twice, and differently.", origin, bare.getName()));
      }
    }
    if (protos.isEmpty()) {
      throw new ValidationException(
          String.format(
              "%s holds no file. Make one with: protoc --include_imports --descriptor_set_out=FILE.",
              origin));
    }
    return new DescriptorSet(stripped.build(), link(protos, origin).values());
  }

  /** Links the files, each after those that it imports. */
  private static Map<String, FileDescriptor> link(
      Map<String, FileDescriptorProto> protos, String origin) {
    Map<String, Integer> missing = new HashMap<>();
    Map<String, List<String>> importers = new HashMap<>();
    Deque<String> ready = new ArrayDeque<>();
    for (FileDescriptorProto file : protos.values()) {
      int count = 0;
      for (String dependency : file.getDependencyList()) {
        if (!protos.containsKey(dependency)) {
          throw new ValidationException(
              String.format(
                  "File '%s' imports '%s', which is not in %s. Make the set with: protoc"
                      + " --include_imports --descriptor_set_out=FILE.",
                  file.getName(), dependency, origin));
        }
        importers.computeIfAbsent(dependency, name -> new ArrayList<>()).add(file.getName());
        count++;
      }
      missing.put(file.getName(), count);
      if (count == 0) {
        ready.add(file.getName());
      }
    }
    Map<String, FileDescriptor> linked = new LinkedHashMap<>();
    while (!ready.isEmpty()) {
      FileDescriptorProto file = get(protos, ready.remove());
      FileDescriptor[] dependencies =
          file.getDependencyList().stream()
              .map(name -> get(linked, name))
              .toArray(FileDescriptor[]::new);
      try {
        linked.put(file.getName(), FileDescriptor.buildFrom(file, dependencies));
      } catch (DescriptorValidationException | RuntimeException e) {
        throw new ValidationException(
            String.format(
                "File '%s' of %s is not valid: %s", file.getName(), origin, e.getMessage()),
            e);
      }
      for (String importer : importers.getOrDefault(file.getName(), List.of())) {
        if (missing.merge(importer, -1, Integer::sum) == 0) {
          ready.add(importer);
        }
      }
    }
    if (linked.size() < protos.size()) {
      List<String> cycle =
          protos.keySet().stream().filter(name -> !linked.containsKey(name)).sorted().toList();
      throw new ValidationException(
          String.format(
              "Files of %s import each other in a circle: %s. Protobuf allows no such imports.",
              origin, listed(cycle)));
    }
    return linked;
  }

  private static <V> V get(Map<String, V> map, String key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("No file " + key);
    }
    return value;
  }

  /**
   * The message of a fully qualified name.
   *
   * @throws ValidationException if there is none; names those that there are
   */
  Descriptor message(String name) {
    Descriptor message = messages.get(name);
    if (message == null) {
      throw new ValidationException(
          String.format(
              "Message '%s' is not in the descriptor set. Messages there: %s.",
              name, messages.isEmpty() ? "none" : listed(messageNames())));
    }
    return message;
  }

  /** The names of all messages, those of Protobuf's own files last. */
  private List<String> messageNames() {
    return messages.keySet().stream()
        .sorted(Comparator.comparing(name -> name.startsWith("google.protobuf.")))
        .toList();
  }

  /** All messages but map entries. */
  Collection<Descriptor> messages() {
    return messages.values();
  }

  /** All extensions of the set. */
  Collection<FieldDescriptor> extensions() {
    return extensions.values().stream().flatMap(List::stream).toList();
  }

  /** A message's fields in the order of the file, then its extensions by number. */
  List<FieldDescriptor> fields(Descriptor message) {
    List<FieldDescriptor> extending = extensions.get(message.getFullName());
    if (extending == null) {
      return message.getFields();
    }
    List<FieldDescriptor> fields = new ArrayList<>(message.getFields());
    fields.addAll(extending);
    return fields;
  }

  /** The field that a column is named after; null if there is none. */
  @Nullable FieldDescriptor field(Descriptor message, String column) {
    if (column.startsWith("[")) {
      for (FieldDescriptor extension : extensions.getOrDefault(message.getFullName(), List.of())) {
        if (ProtobufTypes.columnName(extension).equals(column)) {
          return extension;
        }
      }
      return null;
    }
    return message.findFieldByName(column);
  }

  /** The set without comments, for a task to read again. */
  byte[] toByteArray() {
    return proto.toByteArray();
  }

  private static boolean isGzip(byte[] bytes) {
    return bytes.length > 2 && (bytes[0] & 0xff) == 0x1f && (bytes[1] & 0xff) == 0x8b;
  }

  private static byte[] unzip(byte[] bytes, String origin) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      byte[] plain = in.readNBytes(MAXIMUM_BYTES + 1);
      if (plain.length > MAXIMUM_BYTES) {
        throw new ValidationException(
            String.format(
                "%s is more than %d bytes when unzipped. Leave out files that message-name does"
                    + " not need.",
                origin, MAXIMUM_BYTES));
      }
      return plain;
    }
  }

  private static String listed(List<String> names) {
    String text = String.join(", ", names.subList(0, Math.min(names.size(), NAMES_IN_ERROR)));
    return names.size() <= NAMES_IN_ERROR
        ? text
        : text + " and " + (names.size() - NAMES_IN_ERROR) + " more";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DescriptorSet set && set.proto.equals(proto);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(toByteArray());
  }
}
