package io.unifiedcatalog.server.schema.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.schema.ResolvedReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that the references of a schema bring, compiled, by the names under which they are
 * imported. Those of a subject come under their own names; if the reference has another and the
 * subject has one file, that one comes under the reference's.
 */
final class Imports {
  /** A file, and the subject that it is from. */
  private record Import(FileDescriptorProto file, String origin) {}

  private final Map<String, Import> imports = new LinkedHashMap<>();
  private final List<Violation> violations;

  private Imports(List<Violation> violations) {
    this.violations = violations;
  }

  /** Collects the files; what is wrong with the references is added to the violations. */
  static Imports of(List<ResolvedReference> references, List<Violation> violations) {
    Imports imports = new Imports(violations);
    references.forEach(imports::add);
    return imports;
  }

  private void add(ResolvedReference reference) {
    String name = reference.reference().name();
    String wrong = FileNames.wrong(name);
    if (!wrong.isEmpty()) {
      violations.add(new Violation(name, wrong));
      return;
    }
    if (StandardImports.contains(name)) {
      violations.add(
          new Violation(
              name, "The file is one of Protobuf's own, which needs no reference. Leave it out."));
      return;
    }
    FileDescriptorSet set = ProtobufSchema.parse(reference.compiled());
    List<String> own = ProtobufSchema.ownFiles(reference.content(), set);
    String renamed = "";
    if (!own.contains(name)) {
      if (own.size() != 1) {
        violations.add(
            new Violation(
                name,
                "The reference leads to "
                    + subject(reference.reference())
                    + ", which has no file of that name. Name the reference after one of its files: "
                    + String.join(", ", own)
                    + "."));
        return;
      }
      renamed = own.get(0);
    }
    for (FileDescriptorProto file : set.getFileList()) {
      FileDescriptorProto imported =
          file.getName().equals(renamed) ? file.toBuilder().setName(name).build() : file;
      if (!StandardImports.contains(imported.getName())) {
        add(imported, subject(reference.reference()));
      }
    }
  }

  private void add(FileDescriptorProto file, String origin) {
    Import known = imports.putIfAbsent(file.getName(), new Import(file, origin));
    if (known != null && !bare(known.file).equals(bare(file))) {
      violations.add(
          new Violation(
              file.getName(),
              "The references bring two different files of that name, one with "
                  + known.origin
                  + " and one with "
                  + origin
                  + ". Let them refer to the same version."));
    }
  }

  private static FileDescriptorProto bare(FileDescriptorProto file) {
    return file.toBuilder().clearSourceCodeInfo().build();
  }

  private static String subject(SchemaContent.Reference reference) {
    return "subject " + reference.subject() + " version " + reference.version();
  }

  /** Says so if a file of the schema itself is also one that its references bring. */
  void checkOwn(String name, List<ResolvedReference> references) {
    if (!imports.containsKey(name)) {
      return;
    }
    for (ResolvedReference reference : references) {
      List<String> way = way(name, reference, new HashSet<>());
      if (way.size() > 1) {
        violations.add(
            new Violation(
                name,
                "The references form a cycle: this file -> "
                    + String.join(" -> ", way)
                    + ", which holds a file of the same name. Move what both need to a subject of"
                    + " its own, and let both refer to it."));
        return;
      }
    }
    violations.add(
        new Violation(
            name, "The file also comes with a reference. Leave out the file, or the reference."));
  }

  /** The subjects from a reference to one that holds a file; empty if there is no such. */
  private static List<String> way(
      String name, ResolvedReference reference, Set<SchemaContent.Reference> seen) {
    List<String> way = new ArrayList<>();
    if (!seen.add(reference.reference())) {
      return way;
    }
    if (reference.content().files().stream().anyMatch(file -> file.name().equals(name))
        || reference.reference().name().equals(name)) {
      way.add(subject(reference.reference()));
      return way;
    }
    for (ResolvedReference next : reference.references()) {
      List<String> rest = way(name, next, seen);
      if (!rest.isEmpty()) {
        way.add(subject(reference.reference()));
        way.addAll(rest);
        return way;
      }
    }
    return way;
  }

  /** The files by name. */
  Map<String, FileDescriptorProto> files() {
    Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
    imports.forEach((name, each) -> files.put(name, each.file));
    return files;
  }
}
