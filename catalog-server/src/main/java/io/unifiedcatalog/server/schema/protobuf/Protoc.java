package io.unifiedcatalog.server.schema.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.SchemaContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs protoc on text from anywhere. The binary is carried along and unpacked once; each run has a
 * directory of its own that only this user can enter, no environment, and limits on processor time,
 * address space, and what it writes: a descriptor set and nothing else. Names of files are on no
 * command line but in a file of arguments that this class writes, after {@link FileNames} has let
 * them through.
 */
public final class Protoc {
  private static final Logger log = LoggerFactory.getLogger(Protoc.class);

  /** The limits of a run. */
  record Limits(int cpuSeconds, int wallSeconds, int addressSpaceKib, int outputKib) {
    /**
     * Far above what 1 MiB of text needs: the worst that was found takes 0.3 s and 150 MiB. Output
     * is bounded by {@link ProtobufSchema} once it is read; this is for what protoc may write.
     */
    static final Limits DEFAULT = new Limits(10, 30, 1 << 20, 16 << 10);
  }

  private static final int MAX_FAULTS = 200;
  private static final int MAX_ERROR_BYTES = 1 << 20;
  private static final int WAIT_SECONDS = 20;

  /** Others wait: a caller who registers much must not take all processors from the rest. */
  private static final Semaphore running =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

  // The shell sets limits for itself and becomes protoc. Its text is constant; numbers and the path
  // of the binary are arguments.
  private static final String LIMITED =
      "ulimit -c 0 && ulimit -S -t \"$1\" && ulimit -H -t \"$2\" && ulimit -v \"$3\""
          + " && ulimit -f \"$4\" && exec \"$5\" @../arguments";

  /** What the shell calls itself in its messages. No file is called so: it has a blank. */
  private static final String SHELL = "limiting shell";

  /** {@code file:line:column: fault}, or {@code file: fault}. A warning is no fault. */
  private static final Pattern FAULT =
      Pattern.compile("([^:\\n]+)(?::(\\d+):(\\d+))?: (warning: )?(.*)");

  private static final Pattern IMPORT =
      Pattern.compile("Import \"(.*)\" was not found or had errors\\.");
  private static final String NOT_FOUND = "File not found.";
  private static final Pattern NOT_A_NAME = Pattern.compile(".* are not allowed in the virtual.*");

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final String DIRECTORY = "unified-catalog-protoc-";
  private static final String LOCK = "lock";

  /** A file that imports all the others. No file that is sent may have such a name. */
  private static final String ALL = ".all.proto";

  /**
   * The locks that this process holds, by directory. No other channel may be opened on one of them:
   * to close that would give the lock up, whoever holds it in this process.
   */
  private static final Map<Path, FileChannel> locks = new ConcurrentHashMap<>();

  private final Limits limits;

  Protoc(Limits limits) {
    this.limits = limits;
  }

  /**
   * Why {@code .proto} text cannot be compiled here, in sentences that also say what can be done;
   * empty: it can. The first call unpacks the binary and tries it.
   */
  public static Optional<String> unavailable() {
    return Optional.ofNullable(Installation.INSTANCE.failure);
  }

  /** Where the binary and the standard imports are, once a process. */
  record Installation(@Nullable Path directory, @Nullable Path binary, @Nullable String failure) {
    static final Installation INSTANCE = on(platform());

    /** Unpacks what there is for a platform, as in {@code linux-x86_64}. */
    static Installation on(String platform) {
      String resource = "protoc-" + platform;
      Path directory = null;
      try (InputStream in = Protoc.class.getResourceAsStream(resource)) {
        if (in == null) {
          return failed(
              "There is no protoc for this platform, "
                  + platform
                  + ", only for linux-x86_64 and"
                  + " linux-aarch_64.");
        }
        directory = Files.createTempDirectory(DIRECTORY, PRIVATE);
        Path made = directory;
        FileChannel lock =
            FileChannel.open(
                directory.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        // Held until this process ends, however it does.
        locks.put(directory, lock);
        lock.lock();
        removeAbandoned(directory);
        Runtime.getRuntime()
            .addShutdownHook(new Thread(() -> deleteTree(made), "protoc-directory-removal"));
        Path binary = directory.resolve("protoc");
        Files.copy(in, binary);
        Files.setPosixFilePermissions(binary, PosixFilePermissions.fromString("r-x------"));
        for (String name : StandardImports.all().keySet()) {
          write(directory.resolve("include"), name, StandardImports.text(name));
        }
        Process process = new ProcessBuilder(binary.toString(), "--version").start();
        String version = new String(process.getInputStream().readNBytes(100), UTF_8).strip();
        if (process.waitFor() != 0) {
          throw new IOException("it does not run on this machine: " + version);
        }
        log.info("Compiling .proto files with {} in {}", version, directory);
        return new Installation(directory, binary, null);
      } catch (IOException | UnsupportedOperationException e) {
        // The reason may name a path, and what is answered here also reaches callers.
        log.warn("protoc cannot be unpacked and run", e);
        return failed(
            "protoc cannot be unpacked and run in the directory for temporary files; the server's"
                + " log has the reason. Start the server with -Djava.io.tmpdir= and a directory that it can write to"
                + " and execute from.");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failed("The server was stopped while it tried protoc.");
      }
    }

    /** Removes what processes of this user left behind that were killed. */
    private static void removeAbandoned(Path ours) throws IOException {
      Path parent = Objects.requireNonNull(ours.getParent());
      try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, DIRECTORY + "*")) {
        for (Path each : all) {
          if (!locks.containsKey(each) && isAbandoned(each, Files.getOwner(ours))) {
            deleteTree(each);
          }
        }
      }
    }

    private static boolean isAbandoned(Path directory, UserPrincipal owner) {
      try {
        // Somebody else's could be made to lead anywhere. A new one may not have its lock yet.
        PosixFileAttributes attributes =
            Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory()
            || !attributes.owner().equals(owner)
            || !attributes.permissions().equals(PRIVATE.value())
            || attributes.lastModifiedTime().toInstant().isAfter(Instant.now().minusSeconds(60))) {
          return false;
        }
        try (FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock()) {
          return lock != null;
        }
      } catch (IOException | OverlappingFileLockException e) {
        return false;
      }
    }

    private static Installation failed(String why) {
      return new Installation(
          null,
          null,
          why
              + " .proto text cannot be compiled; compile it elsewhere with protoc"
              + " --include_imports --include_source_info --descriptor_set_out=FILE, and send the"
              + " descriptor set.");
    }

    private static String platform() {
      String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
      String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
      return system.replace(' ', '-')
          + "-"
          + switch (architecture) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "aarch_64";
            default -> architecture;
          };
    }
  }

  /**
   * Compiles files whose names {@link FileNames} has let through and of which none is the directory
   * of another.
   *
   * @param imports what they may import beside each other and the standard imports
   * @param explain what to say of an import that is not there, given its name
   * @return the files with all they import, imported ones first, with comments and places
   * @throws CatalogException INVALID_ARGUMENT with every fault; UNAVAILABLE if it could not be told
   */
  FileDescriptorSet compile(
      List<SchemaContent.File> files, FileDescriptorSet imports, UnaryOperator<String> explain) {
    Installation installation = Installation.INSTANCE;
    if (installation.directory == null || installation.binary == null) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION, "PROTOC_UNAVAILABLE", unavailable().orElseThrow());
    }
    try {
      if (!running.tryAcquire(WAIT_SECONDS, SECONDS)) {
        throw unavailable("Too many schemas are being compiled. Try again later.", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable("Compiling was interrupted. Try again.", e);
    }
    Path run = null;
    try {
      run = Files.createTempDirectory(installation.directory, "run-", PRIVATE);
      return compile(installation.binary, run, files, imports, explain);
    } catch (IOException e) {
      throw unavailable(
          "The server cannot run protoc now; its log has the reason. Try again later.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable("Compiling was interrupted. Try again.", e);
    } finally {
      running.release();
      if (run != null) {
        deleteTree(run);
      }
    }
  }

  private FileDescriptorSet compile(
      Path binary,
      Path run,
      List<SchemaContent.File> files,
      FileDescriptorSet imports,
      UnaryOperator<String> explain)
      throws IOException, InterruptedException {
    Path sources = Files.createDirectory(run.resolve("files"));
    Path output = run.resolve("output");
    Path errors = run.resolve("errors");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--error_format=gcc",
                "--proto_path=.",
                "--proto_path=../../include",
                "--include_imports",
                "--include_source_info",
                "--descriptor_set_out=../output"));
    if (imports.getFileCount() > 0) {
      Files.write(run.resolve("imports"), imports.toByteArray());
      arguments.add("--descriptor_set_in=../imports");
    }
    List<String> names = new ArrayList<>();
    for (SchemaContent.File file : files) {
      write(sources, file.name(), file.text());
      names.add(file.name());
    }
    int status = run(binary, run, arguments, names);
    if (status == 0) {
      return FileDescriptorSet.parseFrom(Files.readAllBytes(output));
    }
    if (start(errors).startsWith(SHELL)) {
      throw new IOException("limits cannot be set: " + start(errors).strip());
    }
    // A signal ended it: what it wrote by then is not about the schema.
    Set<Violation> faults = new LinkedHashSet<>();
    if (status <= 128) {
      faults.addAll(faults(errors, explain));
      if (files.size() > 1) {
        faults.addAll(faultsOfAll(binary, run, arguments, names, explain));
      }
    }
    if (faults.isEmpty()) {
      faults.add(new Violation("content.files", died(status, errors)));
    }
    throw CatalogException.invalid("The schema does not compile", first(faults));
  }

  /**
   * What is wrong with any of the files: protoc stops at the first of those that it is given, but
   * looks at each that is imported.
   */
  private List<Violation> faultsOfAll(
      Path binary,
      Path run,
      List<String> arguments,
      List<String> names,
      UnaryOperator<String> explain)
      throws IOException, InterruptedException {
    StringBuilder all = new StringBuilder("syntax = \"proto3\";\n");
    names.forEach(name -> all.append("import \"").append(name).append("\";\n"));
    write(run.resolve("files"), ALL, all.toString());
    String why;
    try {
      int status = run(binary, run, arguments, List.of(ALL));
      if (status <= 128) {
        return status == 0 ? List.of() : faults(run.resolve("errors"), explain);
      }
      why = died(status, run.resolve("errors"));
    } catch (CatalogException e) {
      why = e.getMessage();
    }
    // What was found by then is told all the same.
    return List.of(
        new Violation(
            "content.files", "There may be more faults: not every file was looked at. " + why));
  }

  /** Runs protoc in a directory on files in it; returns its exit status. */
  private int run(Path binary, Path run, List<String> options, List<String> names)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(names);
    Files.write(run.resolve("arguments"), arguments, UTF_8);
    ProcessBuilder builder =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                LIMITED,
                SHELL,
                "" + limits.cpuSeconds,
                "" + (limits.cpuSeconds + 1),
                "" + limits.addressSpaceKib,
                "" + 2 * limits.outputKib, // in blocks of 512 bytes
                binary.toString())
            .directory(run.resolve("files").toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(run.resolve("errors").toFile());
    builder.environment().clear();
    Process process = builder.start();
    boolean ended = false;
    try {
      ended = process.waitFor(limits.wallSeconds, SECONDS);
    } finally {
      if (!ended) {
        process.destroyForcibly();
        // Its directory is deleted next; it must not write any more.
        process.waitFor(100, MILLISECONDS);
      }
    }
    if (!ended) {
      throw unavailable(
          "protoc took more than "
              + limits.wallSeconds
              + " s. Try again when the server has less"
              + " to do, or send less at once.",
          null);
    }
    return process.exitValue();
  }

  /** Why protoc ended without naming a fault. */
  private String died(int status, Path errors) throws IOException {
    // By the shell's convention 128 and the number of the signal, which Java follows.
    return switch (status) {
      case 128 + 24, 128 + 9 ->
          "protoc needs more than "
              + limits.cpuSeconds
              + " s of processor time for it. Send less"
              + " at once, and refer to the rest.";
      case 128 + 25 ->
          "What protoc makes of it is larger than "
              + limits.outputKib
              + " KiB. Send less at once,"
              + " and refer to the rest.";
      case 128 + 6, 128 + 11 ->
          "protoc failed on it, with "
              + limits.addressSpaceKib
              + " KiB of memory. Send less at"
              + " once, and refer to the rest.";
      default -> {
        log.warn("protoc ended with status {}: {}", status, start(errors));
        yield "protoc ended with status " + status + " and named no fault.";
      }
    };
  }

  private static List<Violation> faults(Path errors, UnaryOperator<String> explain)
      throws IOException {
    List<Matcher> lines = new ArrayList<>();
    for (String line : start(errors).split("\n", -1)) {
      Matcher matcher = FAULT.matcher(line);
      if (matcher.matches() && matcher.group(4) == null && !matcher.group(1).equals(ALL)) {
        lines.add(matcher);
      }
    }
    // What is wrong with a file that is imported is said once, at the file itself.
    Set<String> faulty = new LinkedHashSet<>();
    Set<String> missing = new LinkedHashSet<>();
    for (Matcher line : lines) {
      if (line.group(2) != null) {
        faulty.add(line.group(1));
      } else if (line.group(5).equals(NOT_FOUND) || NOT_A_NAME.matcher(line.group(5)).matches()) {
        missing.add(line.group(1));
      } else {
        faulty.add(line.group(1));
      }
    }
    Set<Violation> faults = new LinkedHashSet<>();
    for (Matcher line : lines) {
      String field =
          line.group(2) == null
              ? line.group(1)
              : line.group(1) + ":" + line.group(2) + ":" + line.group(3);
      Matcher imported = IMPORT.matcher(line.group(5));
      if (line.group(2) == null && missing.contains(line.group(1))) {
        continue;
      }
      if (!imported.matches()) {
        faults.add(new Violation(field, line.group(5)));
      } else if (!faulty.contains(imported.group(1))) {
        faults.add(new Violation(field, explain.apply(imported.group(1))));
      }
    }
    return List.copyOf(faults);
  }

  private static List<Violation> first(Set<Violation> faults) {
    List<Violation> all = List.copyOf(faults);
    if (all.size() <= MAX_FAULTS) {
      return all;
    }
    List<Violation> first = new ArrayList<>(all.subList(0, MAX_FAULTS));
    first.add(
        new Violation("content.files", "There are " + (all.size() - MAX_FAULTS) + " more faults."));
    return first;
  }

  private static String start(Path errors) throws IOException {
    try (InputStream in = Files.newInputStream(errors)) {
      return new String(in.readNBytes(MAX_ERROR_BYTES), UTF_8);
    }
  }

  private static void write(Path directory, String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    // As bytes: half a surrogate becomes a question mark and protoc judges it.
    Files.write(file, text.getBytes(UTF_8));
  }

  private static CatalogException unavailable(String message, @Nullable Throwable cause) {
    return new CatalogException(ErrorCode.UNAVAILABLE, "PROTOC_FAILED", message, cause);
  }

  private static void deleteTree(Path root) {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      log.warn("Directory {} cannot be removed", root, e);
    }
  }
}
