package io.unifiedcatalog.server.schema.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The kind {@code protobuf}. What is stored is a FileDescriptorSet, imported files first. */
public final class ProtobufSchema implements SchemaKind {
  static final String FORMAT = "protobuf-descriptor";

  private static final String FORMAT_FACTORY =
      "io.unifiedcatalog.formats.protobuf.ProtobufFormatFactory";

  /** Of all files that are sent, in bytes of UTF-8. */
  static final int MAX_TEXT_BYTES = 1 << 20;

  /** Of a set with all imports but without comments and places: it travels with each table. */
  static final int MAX_SET_BYTES = 1 << 20;

  /** Of a set with comments and places. */
  static final int MAX_COMMENTED_SET_BYTES = 4 << 20;

  static final int MAX_FILES = 500;
  private static final int NAMES_IN_MESSAGE = 50;

  private final Protoc protoc = new Protoc(Protoc.Limits.DEFAULT);

  @Override
  public String kind() {
    return "protobuf";
  }

  @Override
  public Set<Compatibility> compatibilities() {
    return EnumSet.allOf(Compatibility.class);
  }

  @Override
  public CompiledSchema compile(SchemaContent content, List<ResolvedReference> references) {
    List<Violation> violations = new ArrayList<>();
    if (content.files().isEmpty() == content.descriptorSet().isEmpty()) {
      violations.add(
          new Violation(
              "content",
              content.files().isEmpty()
                  ? "There is nothing to register. Send files, or a descriptor set."
                  : "There are files and a descriptor set. Send one or the other."));
      throw refused(violations);
    }
    Imports imports = Imports.of(references, violations);
    FileDescriptorSet set =
        content.descriptorSet().isEmpty()
            ? compileFiles(content.files(), imports, references, violations)
            : completeSet(content.descriptorSet(), imports, references, violations);
    checkSize(set, violations);
    refuseIfAny(violations);
    LinkedFiles files = LinkedFiles.of(set);
    List<String> messages = new ArrayList<>();
    boolean declaresSomething = false;
    for (String name : ownFiles(content, set)) {
      FileDescriptor file = files.file(name);
      if (file != null) {
        file.getMessageTypes().forEach(message -> collect(message, messages));
        declaresSomething |=
            !file.getMessageTypes().isEmpty()
                || !file.getEnumTypes().isEmpty()
                || !file.getExtensions().isEmpty()
                || !file.getServices().isEmpty();
      }
    }
    if (!declaresSomething) {
      violations.add(
          new Violation(
              "content",
              "The files declare nothing. A schema needs a message, an enum, an extension or a"
                  + " service."));
      throw refused(violations);
    }
    return new CompiledSchema(set.toByteArray(), messages);
  }

  private static void collect(Descriptor message, List<String> names) {
    if (!message.getOptions().getMapEntry()) {
      names.add(message.getFullName());
      message.getNestedTypes().forEach(nested -> collect(nested, names));
    }
  }

  private FileDescriptorSet compileFiles(
      List<SchemaContent.File> files,
      Imports imports,
      List<ResolvedReference> references,
      List<Violation> violations) {
    long bytes = 0;
    for (SchemaContent.File file : files) {
      bytes += file.text().getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MAX_TEXT_BYTES) {
      violations.add(
          new Violation(
              "content.files",
              "The files have "
                  + bytes
                  + " bytes; at most "
                  + MAX_TEXT_BYTES
                  + " are allowed."
                  + " Register a part as a subject of its own, and refer to it."));
    }
    checkNames(files.stream().map(SchemaContent.File::name).toList(), "content.files", violations);
    List<SchemaContent.File> sources = new ArrayList<>();
    for (SchemaContent.File file : files) {
      if (StandardImports.contains(file.name())) {
        if (!StandardImports.text(file.name()).equals(file.text())) {
          violations.add(
              new Violation(
                  file.name(),
                  "The file "
                      + file.name()
                      + " is one of Protobuf's own, and what was sent differs from it. Leave it"
                      + " out: it can be imported without."));
        }
      } else {
        imports.checkOwn(file.name(), references);
        sources.add(file);
      }
    }
    refuseIfAny(violations);
    if (sources.isEmpty()) {
      return FileDescriptorSet.getDefaultInstance();
    }
    FileDescriptorSet imported =
        FileDescriptorSet.newBuilder().addAllFile(imports.files().values()).build();
    return protoc.compile(sources, imported, ProtobufSchema::missingImport);
  }

  private static String missingImport(String name) {
    String wrong = FileNames.wrong(name);
    return wrong.isEmpty()
        ? "The import "
            + FileNames.shown(name)
            + " is not there. Send the file as well, or add a reference of that name to the subject"
            + " that holds it."
        : "The import " + FileNames.shown(name) + " cannot be: " + wrong;
  }

  private static FileDescriptorSet completeSet(
      String base64,
      Imports imports,
      List<ResolvedReference> references,
      List<Violation> violations) {
    // Before anything is decoded: 4 characters are 3 bytes.
    long estimate = base64.length() / 4L * 3;
    if (estimate > MAX_COMMENTED_SET_BYTES + 2) {
      throw refused(List.of(tooLarge(estimate, MAX_COMMENTED_SET_BYTES)));
    }
    FileDescriptorSet sent;
    try {
      sent = FileDescriptorSet.parseFrom(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
      throw refused(
          List.of(
              new Violation(
                  "content.descriptor_set",
                  "It is no serialized google.protobuf.FileDescriptorSet. Make one with protoc"
                      + " --include_imports --include_source_info --descriptor_set_out=FILE.")));
    }
    checkNames(
        sent.getFileList().stream().map(FileDescriptorProto::getName).toList(),
        "content.descriptor_set",
        violations);
    if (sent.getFileCount() == 0) {
      violations.add(new Violation("content.descriptor_set", "The descriptor set has no file."));
    }
    Map<String, FileDescriptorProto> protos = new LinkedHashMap<>(imports.files());
    for (FileDescriptorProto file : sent.getFileList()) {
      if (StandardImports.differs(file)) {
        violations.add(
            new Violation(
                file.getName(),
                "The file "
                    + file.getName()
                    + " is one of Protobuf's own, and what was sent differs from it. Leave it out,"
                    + " or give it another name and package."));
      }
      FileDescriptorProto imported = protos.get(file.getName());
      if (imported != null) {
        imports.checkOwn(file.getName(), references);
      }
      protos.put(file.getName(), file);
    }
    refuseIfAny(violations);
    LinkedFiles linked = LinkedFiles.link(protos, violations);
    refuseIfAny(violations);
    Set<String> needed = new LinkedHashSet<>();
    sent.getFileList().forEach(file -> need(linked.file(file.getName()), needed));
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptor file : linked.files()) {
      if (needed.contains(file.getFullName())) {
        set.addFile(file.toProto());
      }
    }
    return set.build();
  }

  private static void need(@Nullable FileDescriptor file, Set<String> needed) {
    if (file != null && needed.add(file.getFullName())) {
      file.getDependencies().forEach(each -> need(each, needed));
    }
  }

  private static void checkNames(List<String> names, String field, List<Violation> violations) {
    if (names.size() > MAX_FILES) {
      violations.add(
          new Violation(
              field,
              "There are " + names.size() + " files; at most " + MAX_FILES + " are allowed."));
      throw refused(violations);
    }
    Set<String> seen = new HashSet<>();
    Set<String> directories = new HashSet<>();
    for (String name : names) {
      for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
        directories.add(name.substring(0, end));
      }
    }
    for (String name : names) {
      String wrong = FileNames.wrong(name);
      if (!wrong.isEmpty()) {
        violations.add(new Violation(field, wrong));
      } else if (!seen.add(name)) {
        violations.add(new Violation(name, "The file " + name + " is there twice."));
      } else if (directories.contains(name)) {
        violations.add(
            new Violation(
                name, "The file " + name + " has the name of a directory of another file."));
      }
    }
  }

  private static void checkSize(FileDescriptorSet set, List<Violation> violations) {
    if (set.getSerializedSize() > MAX_COMMENTED_SET_BYTES) {
      violations.add(tooLarge(set.getSerializedSize(), MAX_COMMENTED_SET_BYTES));
    }
    long bare = 0;
    for (FileDescriptorProto file : set.getFileList()) {
      bare += file.toBuilder().clearSourceCodeInfo().build().getSerializedSize();
    }
    if (bare > MAX_SET_BYTES) {
      violations.add(
          new Violation(
              "content",
              "Without comments and places the descriptor set has "
                  + bare
                  + " bytes; at most "
                  + MAX_SET_BYTES
                  + " are allowed. Leave out what the messages do not need."));
    }
  }

  private static Violation tooLarge(long bytes, int allowed) {
    return new Violation(
        "content",
        "The descriptor set has "
            + bytes
            + " bytes; at most "
            + allowed
            + " are allowed. Leave out what the messages do not need.");
  }

  private static void refuseIfAny(List<Violation> violations) {
    if (!violations.isEmpty()) {
      throw refused(violations);
    }
  }

  private static CatalogException refused(List<Violation> violations) {
    return CatalogException.invalid("The schema is refused", violations);
  }

  /** The files that are registered themselves, and not only imported; in order. */
  static List<String> ownFiles(SchemaContent content, FileDescriptorSet compiled) {
    List<String> names =
        content.files().isEmpty()
            ? compiled.getFileList().stream().map(FileDescriptorProto::getName).toList()
            : content.files().stream().map(SchemaContent.File::name).toList();
    return names.stream().filter(name -> !StandardImports.contains(name)).toList();
  }

  static FileDescriptorSet parse(CompiledSchema schema) {
    try {
      return FileDescriptorSet.parseFrom(schema.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("A compiled schema cannot be read", e);
    }
  }

  @Override
  public List<Incompatibility> incompatibilities(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean usedInJson) {
    return ProtobufCompatibility.check(
        LinkedFiles.of(parse(older)), LinkedFiles.of(parse(newer)), direction, usedInJson);
  }

  @Override
  public String message(CompiledSchema schema, String message) {
    List<String> names = schema.messages();
    if (names.contains(message)) {
      return message;
    }
    Set<String> known = new HashSet<>(names);
    List<String> outermost =
        names.stream()
            .filter(name -> !known.contains(name.substring(0, Math.max(0, name.lastIndexOf('.')))))
            .toList();
    if (message.isEmpty() && outermost.size() == 1) {
      return outermost.get(0);
    }
    String why;
    if (names.isEmpty()) {
      why = "The schema has no message, so that no table can be made of it.";
    } else {
      String there =
          String.join(", ", names.subList(0, Math.min(names.size(), NAMES_IN_MESSAGE)))
              + (names.size() > NAMES_IN_MESSAGE
                  ? " and " + (names.size() - NAMES_IN_MESSAGE) + " more"
                  : "");
      why =
          message.isEmpty()
              ? "The schema has more than one message. Name the one that a record is: "
                  + there
                  + "."
              : "The schema has no message "
                  + FileNames.shown(message)
                  + ". It has: "
                  + there
                  + ".";
    }
    throw new CatalogException(ErrorCode.INVALID_ARGUMENT, "NO_SUCH_MESSAGE", why);
  }

  @Override
  public List<Column> columns(
      CompiledSchema schema, String message, Map<String, String> formatOptions) {
    FormatOptions options = FormatOptions.of(formatOptions);
    LinkedFiles files = LinkedFiles.of(parse(schema));
    return ProtobufColumns.of(files, descriptor(files, message), options);
  }

  private static Descriptor descriptor(LinkedFiles files, String message) {
    Descriptor descriptor = files.message(message);
    if (descriptor == null) {
      throw new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NO_SUCH_MESSAGE",
          "The schema has no message " + FileNames.shown(message) + ".");
    }
    return descriptor;
  }

  @Override
  public Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Map<String, String> formatOptions,
      Engine engine) {
    FormatOptions options = FormatOptions.of(formatOptions);
    LinkedFiles files = LinkedFiles.of(parse(schema));
    Map<String, String> all = new TreeMap<>(formatOptions);
    all.put(FormatOptions.MESSAGE_NAME, message);
    all.put(FormatOptions.DESCRIPTOR_SET, zipped(files.closure(descriptor(files, message))));
    if (options.confluent()) {
      all.putIfAbsent(FormatOptions.SCHEMA_ID, "" + schemaId);
    }
    return new Format(
        FORMAT,
        all,
        List.of(
            new Binding.Artifact(
                "io.unifiedcatalog:protobuf-format:" + release(), FORMAT_FACTORY)));
  }

  /** The format is released with the server. */
  private static String release() {
    String release = ProtobufSchema.class.getPackage().getImplementationVersion();
    return release == null ? "development" : release;
  }

  private static String zipped(FileDescriptorSet set) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(bytes)) {
      set.writeTo(zip);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  @Override
  public String fileName(String subject) {
    String name = subject + ".proto";
    return FileNames.wrong(name).isEmpty() ? name : "_" + name;
  }

  @Override
  public String formatIdentifier() {
    return FORMAT;
  }
}
