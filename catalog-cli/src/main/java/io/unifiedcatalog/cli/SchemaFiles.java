package io.unifiedcatalog.cli;

import com.google.protobuf.ByteString;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaReference;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The files of a schema: by path here, by the name that others import them by in the registry. */
final class SchemaFiles {
  /** As the server writes it: {@code shop/click.proto:7:3}, and what is there if it says so. */
  private static final Pattern PLACE =
      Pattern.compile("(?<file>[^:\\s]+)(?<position>:\\d+(:\\d+)?)?(?<name>\\s.*)?");

  /** A registry's version is a positive number. */
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  private final SchemaContent content;
  // By the name that others import them by.
  private final Map<String, Path> paths;

  private SchemaFiles(SchemaContent content, Map<String, Path> paths) {
    this.content = content;
    this.paths = paths;
  }

  /**
   * Reads files, or a descriptor set.
   *
   * @param root where the names begin that others import the files by, as protoc's -I
   * @param references each as {@code NAME=SUBJECT} or {@code NAME=SUBJECT:VERSION}
   * @throws CommandFailure names everything that is wrong at once
   */
  static SchemaFiles read(
      List<Path> files, Path root, @Nullable Path descriptorSet, List<String> references) {
    List<String> faults = new ArrayList<>();
    SchemaContent.Builder content = SchemaContent.newBuilder();
    Map<String, Path> paths = new LinkedHashMap<>();
    if (files.isEmpty() == (descriptorSet == null)) {
      faults.add("Name the schema's files, or a --descriptor-set, and not both.");
    }
    for (Path file : files) {
      String name = name(file, root);
      String text = text(file, faults);
      if (name == null) {
        faults.add(
            "%s is not under %s, so it has no name by which others import it. Name the directory where imports begin with --root, as protoc's -I."
                .formatted(
                    file, root.toString().isEmpty() ? "the current directory" : "--root " + root));
      } else if (paths.putIfAbsent(name, file) != null) {
        faults.add("%s is named twice.".formatted(file));
      } else if (text != null) {
        content.addFiles(SchemaFile.newBuilder().setName(name).setText(text));
      }
    }
    if (descriptorSet != null) {
      try {
        content.setDescriptorSet(ByteString.copyFrom(Files.readAllBytes(descriptorSet)));
      } catch (IOException unreadable) {
        faults.add(unreadable(descriptorSet, unreadable));
      }
    }
    for (String reference : references) {
      SchemaReference parsed = reference(reference);
      if (parsed == null) {
        faults.add(
            "--reference '%s' is not NAME=SUBJECT or NAME=SUBJECT:VERSION. Write for example common/money.proto=money:2."
                .formatted(Text.line(reference)));
      } else {
        content.addReferences(parsed);
      }
    }
    if (!faults.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE, "Nothing was sent:\n  " + String.join("\n  ", faults));
    }
    return new SchemaFiles(content.build(), paths);
  }

  private static @Nullable String name(Path file, Path root) {
    Path from = root.toAbsolutePath().normalize();
    Path path = file.toAbsolutePath().normalize();
    if (!path.startsWith(from) || path.equals(from)) {
      return null;
    }
    List<String> segments = new ArrayList<>();
    from.relativize(path).forEach(segment -> segments.add(segment.toString()));
    return String.join("/", segments);
  }

  private static @Nullable String text(Path file, List<String> faults) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException notText) {
      faults.add(
          "%s is not UTF-8 text. A descriptor set goes with --descriptor-set.".formatted(file));
    } catch (IOException unreadable) {
      faults.add(unreadable(file, unreadable));
    }
    return null;
  }

  private static String unreadable(Path file, IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "%s does not exist.".formatted(file);
    }
    if (Files.isDirectory(file)) {
      return "%s is a directory. Name its files.".formatted(file);
    }
    return "%s cannot be read (%s).".formatted(file, failure.getClass().getSimpleName());
  }

  private static @Nullable SchemaReference reference(String text) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':', equals + 1);
    String subject = text.substring(equals + 1, colon < 0 ? text.length() : colon);
    if (equals < 1 || subject.isEmpty()) {
      return null;
    }
    SchemaReference.Builder reference =
        SchemaReference.newBuilder().setName(text.substring(0, equals)).setSubject(subject);
    if (colon >= 0) {
      Long version = version(text.substring(colon + 1));
      if (version == null) {
        return null;
      }
      reference.setVersion(version);
    }
    return reference.build();
  }

  /** The number of a version; null if it is none. */
  static @Nullable Long version(String text) {
    return VERSION.matcher(text).matches() ? Long.valueOf(text) : null;
  }

  /** What is sent. */
  SchemaContent content() {
    return content;
  }

  /** The first file by its path here; null if a descriptor set was read. */
  @Nullable Path first() {
    return paths.values().stream().findFirst().orElse(null);
  }

  /**
   * A place that the server named, with the file by its path here, so that an editor finds it.
   *
   * @return null if it is no place in a file
   */
  @Nullable String place(String place) {
    Matcher matcher = PLACE.matcher(place);
    if (!matcher.matches()) {
      return null;
    }
    Path path = paths.get(matcher.group("file"));
    if (path == null) {
      return matcher.group("position") == null ? null : Text.line(place);
    }
    return Text.line(path + place.substring(matcher.end("file")));
  }

  /** The file and the position of a place, without the name of what is there. */
  static String position(String place) {
    int blank = place.indexOf(' ');
    return blank < 0 ? place : place.substring(0, blank);
  }

  /**
   * Writes a schema's files, or its descriptor set, into a directory.
   *
   * @return the paths that were written
   */
  static List<Path> write(SchemaContent content, String descriptorSetName, Path directory) {
    Map<Path, byte[]> files = new LinkedHashMap<>();
    for (SchemaFile file : content.getFilesList()) {
      files.put(inside(directory, file.getName()), file.getTextBytes().toByteArray());
    }
    if (!content.getDescriptorSet().isEmpty()) {
      files.put(inside(directory, descriptorSetName), content.getDescriptorSet().toByteArray());
    }
    files.forEach(
        (path, bytes) -> {
          try {
            Path parent = path.getParent();
            if (parent != null) {
              Files.createDirectories(parent);
            }
            Files.write(path, bytes);
          } catch (IOException failure) {
            throw new CommandFailure(
                ExitCode.FAILED,
                "%s cannot be written (%s).".formatted(path, failure.getClass().getSimpleName()));
          }
        });
    return List.copyOf(files.keySet());
  }

  /** What a server names is only ever written below the directory that the user named. */
  private static Path inside(Path directory, String name) {
    try {
      Path base = directory.toAbsolutePath().normalize();
      Path path = base.resolve(name).normalize();
      if (path.startsWith(base) && !path.equals(base)) {
        return directory.resolve(name);
      }
    } catch (InvalidPathException noPath) {
      // Refused below.
    }
    throw new CommandFailure(
        ExitCode.FAILED,
        "Nothing was written: file name '%s' of the schema leads out of %s."
            .formatted(Text.line(name), directory));
  }
}
