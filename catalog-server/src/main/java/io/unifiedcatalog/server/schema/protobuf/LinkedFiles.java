package io.unifiedcatalog.server.schema.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The files of a descriptor set, linked, each after those that it imports. */
final class LinkedFiles {
  private final Map<String, FileDescriptor> files = new LinkedHashMap<>();
  private final Map<String, Descriptor> messages = new LinkedHashMap<>();
  private final Map<String, EnumDescriptor> enums = new LinkedHashMap<>();
  private final Map<String, ServiceDescriptor> services = new LinkedHashMap<>();
  private final Map<String, List<FieldDescriptor>> extensions = new HashMap<>();
  private final Map<FileDescriptor, Map<List<Integer>, SourceCodeInfo.Location>> locations =
      new HashMap<>();

  private LinkedFiles() {}

  /**
   * Links files. The standard imports need not be among them; if they are, ours stand in for them.
   *
   * @param protos by name
   * @param violations to which everything that is wrong is added; the answer is then incomplete
   */
  static LinkedFiles link(Map<String, FileDescriptorProto> protos, List<Violation> violations) {
    LinkedFiles linked = new LinkedFiles();
    new Linker(protos, linked.files, violations).link();
    linked.files.values().forEach(linked::index);
    linked
        .extensions
        .values()
        .forEach(all -> all.sort(Comparator.comparingInt(FieldDescriptor::getNumber)));
    return linked;
  }

  /** Links what {@link ProtobufSchema} has compiled. */
  static LinkedFiles of(FileDescriptorSet compiled) {
    List<Violation> violations = new ArrayList<>();
    Map<String, FileDescriptorProto> protos = new LinkedHashMap<>();
    compiled.getFileList().forEach(file -> protos.put(file.getName(), file));
    LinkedFiles linked = link(protos, violations);
    if (!violations.isEmpty()) {
      throw new IllegalStateException("A compiled schema cannot be linked: " + violations);
    }
    return linked;
  }

  private static final class Linker {
    private final Map<String, FileDescriptorProto> protos;
    private final Map<String, FileDescriptor> linked;
    private final List<Violation> violations;
    // Names on the way from the file that was begun with.
    private final Deque<String> path = new ArrayDeque<>();
    private final Set<String> failed = new HashSet<>();

    Linker(
        Map<String, FileDescriptorProto> protos,
        Map<String, FileDescriptor> linked,
        List<Violation> violations) {
      this.protos = protos;
      this.linked = linked;
      this.violations = violations;
    }

    void link() {
      protos.keySet().forEach(this::link);
    }

    /** The linked file of a name; null if that cannot be, which a violation tells. */
    private @Nullable FileDescriptor link(String name) {
      FileDescriptor known = linked.get(name);
      if (known != null || failed.contains(name)) {
        return known;
      }
      FileDescriptor standard = StandardImports.all().get(name);
      FileDescriptorProto proto = standard == null ? protos.get(name) : standard.toProto();
      if (proto == null) {
        return null;
      }
      path.addLast(name);
      FileDescriptor file = build(proto);
      path.removeLast();
      if (file == null) {
        failed.add(name);
      } else {
        linked.put(name, file);
      }
      return file;
    }

    private @Nullable FileDescriptor build(FileDescriptorProto proto) {
      List<FileDescriptor> imports = new ArrayList<>();
      boolean complete = true;
      for (String each : proto.getDependencyList()) {
        FileDescriptor file = null;
        if (path.contains(each)) {
          List<String> cycle = new ArrayList<>(path);
          violations.add(
              new Violation(
                  proto.getName(),
                  "The files import each other in a cycle: "
                      + String.join(" -> ", cycle.subList(cycle.indexOf(each), cycle.size()))
                      + " -> "
                      + each
                      + "."));
        } else {
          file = link(each);
          if (file == null && !failed.contains(each)) {
            violations.add(
                new Violation(
                    proto.getName(),
                    "It imports "
                        + FileNames.shown(each)
                        + ", which is not in the descriptor set. Make the set with protoc"
                        + " --include_imports, or add a reference of that name to the subject that"
                        + " holds it."));
          }
        }
        if (file == null) {
          complete = false;
        } else {
          imports.add(file);
        }
      }
      if (!complete) {
        return null;
      }
      try {
        return FileDescriptor.buildFrom(proto, imports.toArray(FileDescriptor[]::new));
      } catch (DescriptorValidationException e) {
        violations.add(
            new Violation(
                proto.getName(),
                "The file is not valid: " + e.getProblemSymbolName() + ": " + e.getDescription()));
        return null;
      } catch (RuntimeException e) {
        // Indexes out of range and the like: protobuf-java does not look at everything first.
        violations.add(new Violation(proto.getName(), "The file is not valid: " + e.getMessage()));
        return null;
      }
    }
  }

  private void index(FileDescriptor file) {
    file.getMessageTypes().forEach(this::index);
    file.getEnumTypes().forEach(each -> enums.put(each.getFullName(), each));
    file.getServices().forEach(each -> services.put(each.getFullName(), each));
    file.getExtensions().forEach(this::index);
  }

  private void index(Descriptor message) {
    if (message.getOptions().getMapEntry()) {
      return;
    }
    messages.put(message.getFullName(), message);
    message.getNestedTypes().forEach(this::index);
    message.getEnumTypes().forEach(each -> enums.put(each.getFullName(), each));
    message.getExtensions().forEach(this::index);
  }

  private void index(FieldDescriptor extension) {
    extensions
        .computeIfAbsent(extension.getContainingType().getFullName(), name -> new ArrayList<>())
        .add(extension);
  }

  Collection<FileDescriptor> files() {
    return files.values();
  }

  /** The file of a name; null if there is none. */
  @Nullable FileDescriptor file(String name) {
    return files.get(name);
  }

  /** The message of a full name; null if there is none. */
  @Nullable Descriptor message(String fullName) {
    return messages.get(fullName);
  }

  /** All messages but map entries, by full name. */
  Map<String, Descriptor> messages() {
    return messages;
  }

  /** All enums, by full name. */
  Map<String, EnumDescriptor> enums() {
    return enums;
  }

  /** All services, by full name. */
  Map<String, ServiceDescriptor> services() {
    return services;
  }

  /** The known extensions of a message, by number. */
  List<FieldDescriptor> extensions(Descriptor message) {
    return extensions.getOrDefault(message.getFullName(), List.of());
  }

  /** A message's fields in the order of the file, then its known extensions by number. */
  List<FieldDescriptor> fields(Descriptor message) {
    List<FieldDescriptor> fields = new ArrayList<>(message.getFields());
    fields.addAll(extensions(message));
    return fields;
  }

  /**
   * What is needed to read a message: its file, what that imports, and the files with extensions of
   * the messages in it; without comments and places.
   */
  FileDescriptorSet closure(Descriptor message) {
    Set<FileDescriptor> needed = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>();
    need(message, needed, seen);
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptor file : files.values()) {
      if (needed.contains(file)) {
        set.addFile(file.toProto().toBuilder().clearSourceCodeInfo());
      }
    }
    return set.build();
  }

  private void need(Descriptor message, Set<FileDescriptor> needed, Set<String> seen) {
    Deque<Descriptor> open = new ArrayDeque<>(List.of(message));
    while (!open.isEmpty()) {
      Descriptor next = open.remove();
      if (!seen.add(next.getFullName())) {
        continue;
      }
      need(next.getFile(), needed);
      for (FieldDescriptor field : fields(next)) {
        need(field.getFile(), needed);
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
          open.add(field.getMessageType());
        }
      }
    }
  }

  private static void need(FileDescriptor file, Set<FileDescriptor> needed) {
    if (needed.add(file)) {
      file.getDependencies().forEach(each -> need(each, needed));
    }
  }

  /**
   * Where something is.
   *
   * @param line counts from 1; 0: not known
   * @param name its full name; empty if it has none
   */
  record Place(String file, int line, int column, String name) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparing(Place::file).thenComparing(Place::line).thenComparing(Place::column);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }

    /** As in {@code shop/click.proto:7:3 shop.Click.id}. */
    @Override
    public String toString() {
      return file
          + (line == 0 ? "" : ":" + line + ":" + column)
          + (name.isEmpty() ? "" : " " + name);
    }
  }

  Place place(FileDescriptor file, List<Integer> path, String name) {
    SourceCodeInfo.Location location = location(file, path);
    return location == null || location.getSpanCount() < 3
        ? new Place(file.getFullName(), 0, 0, name)
        : new Place(file.getFullName(), location.getSpan(0) + 1, location.getSpan(1) + 1, name);
  }

  /** The comment of something; empty if there is none. */
  String comment(FileDescriptor file, List<Integer> path) {
    SourceCodeInfo.Location location = location(file, path);
    if (location == null) {
      return "";
    }
    String comment =
        location.getLeadingComments().isBlank()
            ? location.getTrailingComments()
            : location.getLeadingComments();
    return String.join("\n", comment.lines().map(String::strip).toList()).strip();
  }

  private SourceCodeInfo.@Nullable Location location(FileDescriptor file, List<Integer> path) {
    return locations
        .computeIfAbsent(
            file,
            each -> {
              Map<List<Integer>, SourceCodeInfo.Location> byPath = new HashMap<>();
              for (SourceCodeInfo.Location location :
                  each.toProto().getSourceCodeInfo().getLocationList()) {
                byPath.putIfAbsent(location.getPathList(), location);
              }
              return byPath;
            })
        .get(path);
  }
}
