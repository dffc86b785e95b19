package io.unifiedcatalog.cli;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.google.protobuf.FieldMask;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.unifiedcatalog.proto.v1.CheckSchemaRequest;
import io.unifiedcatalog.proto.v1.CheckSchemaResponse;
import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.DeleteSchemaRequest;
import io.unifiedcatalog.proto.v1.DeleteSchemaResponse;
import io.unifiedcatalog.proto.v1.DiffSchemasRequest;
import io.unifiedcatalog.proto.v1.DiffSchemasResponse;
import io.unifiedcatalog.proto.v1.GetSchemaRequest;
import io.unifiedcatalog.proto.v1.GetSubjectRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasResponse;
import io.unifiedcatalog.proto.v1.Incompatibility;
import io.unifiedcatalog.proto.v1.ListSchemasRequest;
import io.unifiedcatalog.proto.v1.ListSchemasResponse;
import io.unifiedcatalog.proto.v1.ListSubjectsRequest;
import io.unifiedcatalog.proto.v1.ListSubjectsResponse;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterSchemaResponse;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.SchemaFile;
import io.unifiedcatalog.proto.v1.SchemaReference;
import io.unifiedcatalog.proto.v1.Subject;
import io.unifiedcatalog.proto.v1.UpdateSubjectRequest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code catalog schema}: the schemas of systems that have none of their own. */
@Command(
    name = "schema",
    description = "The schema registry: schemas of systems that have none of their own.",
    synopsisSubcommandLabel = "COMMAND")
final class SchemaCommand {
  private static final String COMPATIBILITY_PREFIX = "COMPATIBILITY_";

  /** The rule of the last incompatibility of an answer that has no room for all. */
  private static final String MORE = "MORE_INCOMPATIBILITIES";

  /** Lines that a diff shows around each change. */
  private static final int CONTEXT = 3;

  private final Session session;

  SchemaCommand(Session session) {
    this.session = session;
  }

  /** The names of compatibilities, as they are written and completed. */
  static final class Compatibilities implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(Compatibility.values())
          .filter(value -> value != Compatibility.UNRECOGNIZED)
          .filter(value -> value != Compatibility.COMPATIBILITY_UNSPECIFIED)
          .map(SchemaCommand::word)
          .iterator();
    }
  }

  /** Takes a compatibility's name in upper or lower case. */
  static final class CompatibilityConverter implements ITypeConverter<Compatibility> {
    @Override
    public Compatibility convert(String value) {
      String word = value.toUpperCase(Locale.ROOT).replace('-', '_');
      for (String known : new Compatibilities()) {
        if (known.equals(word)) {
          return Compatibility.valueOf(COMPATIBILITY_PREFIX + word);
        }
      }
      throw new TypeConversionException(
          "'%s' is none of %s".formatted(value, String.join(", ", new Compatibilities())));
    }
  }

  private static String word(Compatibility compatibility) {
    return compatibility == Compatibility.UNRECOGNIZED
        ? "unknown to this release"
        : compatibility.name().substring(COMPATIBILITY_PREFIX.length());
  }

  /** What `register` and `check` are asked. */
  static final class Registration {
    @Parameters(
        index = "0",
        paramLabel = "SUBJECT",
        description = "The line of versions, for example clicks-value.")
    private String subject = "";

    @Parameters(
        index = "1..*",
        paramLabel = "FILE",
        description =
            "The schema's files, for example proto/shop/click.proto; of protobuf as many as it has.")
    private List<Path> files = List.of();

    @Option(
        names = {"-I", "--root"},
        paramLabel = "DIR",
        defaultValue = "",
        description =
            "Where the names begin that others import the files by, as protoc's -I; the current directory if not set.")
    private Path root = Path.of("");

    @Option(
        names = "--descriptor-set",
        paramLabel = "FILE",
        description =
            "In place of files: a FileDescriptorSet, from `protoc --include_imports --descriptor_set_out` or `buf build`.")
    private @Nullable Path descriptorSet;

    @Option(
        names = "--reference",
        paramLabel = "NAME=SUBJECT[:VERSION]",
        description =
            "What a file imports from another subject, for example common/money.proto=money:2; without a version the newest one there is now; repeatable.")
    private List<String> references = List.of();

    @Option(
        names = "--kind",
        paramLabel = "KIND",
        description = "Of a new subject: protobuf (if not set), avro, json or columns.")
    private @Nullable String kind;

    @Option(
        names = "--compatibility",
        paramLabel = "RULE",
        converter = CompatibilityConverter.class,
        completionCandidates = Compatibilities.class,
        description =
            "Of a new subject: which changes to allow: ${COMPLETION-CANDIDATES}. BACKWARD_TRANSITIVE if not set.")
    private @Nullable Compatibility compatibility;

    @Option(
        names = "--used-in-json",
        description = "Of a new subject: messages are also written as JSON, so names count, too.")
    private boolean usedInJson;

    private SchemaFiles read() {
      return SchemaFiles.read(files, root, descriptorSet, references);
    }

    private RegisterSchemaRequest request(SchemaContent content) {
      RegisterSchemaRequest.Builder request =
          RegisterSchemaRequest.newBuilder()
              .setSubject(subject)
              .setContent(content)
              .setUsedInJson(usedInJson);
      if (kind != null) {
        request.setKind(kind);
      }
      if (compatibility != null) {
        request.setCompatibility(compatibility);
      }
      return request.build();
    }
  }

  @Command(
      name = "register",
      description = {
        "Registers a version of a subject, which is made if it is new.",
        "Exit status 3: it is incompatible; 2: it is no schema. Nothing is stored then."
      })
  int register(@Mixin Registration registration) {
    SchemaFiles files = registration.read();
    RegisterSchemaRequest request = registration.request(files.content());
    RegisterSchemaResponse registered;
    try {
      registered = session.schemas().registerSchema(request);
    } catch (StatusRuntimeException failure) {
      return reportRefusal(failure, request, files);
    }
    if (session.json()) {
      session.printJson(registered);
      return ExitCode.OK;
    }
    Schema schema = registered.getSchema();
    session
        .out()
        .println(
            registered.getExisted()
                ? "Subject %s: this is version %d, id %d, already; nothing was stored."
                    .formatted(Text.line(schema.getSubject()), schema.getVersion(), schema.getId())
                : "Subject %s: version %d registered, id %d."
                    .formatted(
                        Text.line(schema.getSubject()), schema.getVersion(), schema.getId()));
    registered
        .getUpdatedTablesList()
        .forEach(
            table ->
                session.out().println("  Table %s has a new version.".formatted(Text.line(table))));
    return ExitCode.OK;
  }

  /**
   * Says why a schema was not registered. An error has little room, and a check answers everything
   * that is wrong. So the refused schema is checked.
   */
  private int reportRefusal(
      StatusRuntimeException failure, RegisterSchemaRequest request, SchemaFiles files) {
    Status.Code code = failure.getStatus().getCode();
    if (code == Status.Code.FAILED_PRECONDITION || code == Status.Code.INVALID_ARGUMENT) {
      try {
        CheckSchemaResponse checked = check(request);
        if (status(checked) != ExitCode.OK) {
          return refuse(request, checked, files);
        }
      } catch (StatusRuntimeException uncheckable) {
        // What was said first stands.
      }
    }
    return report(failure, files);
  }

  @Command(
      name = "check",
      description = {
        "Tells what `schema register` with the same arguments would do, and stores nothing.",
        "Exit status 3: the schema is incompatible; 2: it is no schema."
      })
  int check(@Mixin Registration registration) {
    SchemaFiles files = registration.read();
    RegisterSchemaRequest request = registration.request(files.content());
    CheckSchemaResponse checked;
    try {
      checked = check(request);
    } catch (StatusRuntimeException failure) {
      return report(failure, files);
    }
    if (session.json()) {
      session.printJson(checked);
      return status(checked);
    }
    if (status(checked) != ExitCode.OK) {
      return refuse(request, checked, files);
    }
    session
        .out()
        .println(
            checked.getExisted()
                ? "Subject %s: this is version %d already."
                    .formatted(Text.line(request.getSubject()), checked.getVersion())
                : "Subject %s: compatible; this would be version %d."
                    .formatted(Text.line(request.getSubject()), checked.getVersion()));
    checked
        .getUpdatedTablesList()
        .forEach(
            table ->
                session
                    .out()
                    .println("  Table %s would have a new version.".formatted(Text.line(table))));
    return ExitCode.OK;
  }

  private CheckSchemaResponse check(RegisterSchemaRequest request) {
    return session
        .schemas()
        .checkSchema(CheckSchemaRequest.newBuilder().setRegistration(request).build());
  }

  private static int status(CheckSchemaResponse checked) {
    if (checked.getFaultsCount() > 0) {
      return ExitCode.USAGE;
    }
    return checked.getIncompatibilitiesCount() > 0 || checked.getBrokenTablesCount() > 0
        ? ExitCode.INCOMPATIBLE
        : ExitCode.OK;
  }

  /** Says why a schema is refused. */
  private int refuse(
      RegisterSchemaRequest request, CheckSchemaResponse checked, SchemaFiles files) {
    List<Reason> reasons = reasons(checked.getIncompatibilitiesList());
    List<String> counts = new ArrayList<>();
    if (checked.getFaultsCount() > 0) {
      counts.add(Text.count(checked.getFaultsCount(), "fault"));
    }
    if (!reasons.isEmpty()) {
      counts.add(count(reasons));
    }
    if (checked.getBrokenTablesCount() > 0) {
      counts.add(Text.count(checked.getBrokenTablesCount(), "table") + " that it would break");
    }
    session
        .err()
        .println(
            "catalog: Subject %s does not take this schema: %s. Nothing was stored."
                .formatted(Text.line(request.getSubject()), String.join(", ", counts)));
    for (CheckSchemaResponse.Fault fault : checked.getFaultsList()) {
      String place = files.place(fault.getPlace());
      session
          .err()
          .println(
              "%s: %s"
                  .formatted(
                      place == null ? "  " + Text.line(fault.getPlace()) : place,
                      Text.line(fault.getMessage())));
    }
    Path first = files.first();
    String elsewhere = first == null ? request.getSubject() : first.toString();
    print(
        session.err(),
        reasons,
        "",
        elsewhere,
        place -> {
          String path = files.place(place);
          return path == null ? Text.line(place) : path;
        });
    checked.getBrokenTablesList().forEach(table -> session.err().println("  " + Text.line(table)));
    session.err().flush();
    return status(checked);
  }

  /** Here 3 means incompatible and nothing else, so what does not exist is a wrong argument. */
  private int report(StatusRuntimeException failure, SchemaFiles files) {
    int status = session.report(failure, files::place);
    return failure.getStatus().getCode() == Status.Code.NOT_FOUND ? ExitCode.USAGE : status;
  }

  /** An incompatible change with the places that it has in all versions before. */
  private record Reason(Incompatibility change, List<String> before) {}

  /** How many there are. The server's last entry says how many more it had no room for. */
  private static String count(List<Reason> reasons) {
    boolean more = reasons.get(reasons.size() - 1).change().getRule().equals(MORE);
    return more
        ? "more than " + Text.count(reasons.size() - 1, "incompatible change")
        : Text.count(reasons.size(), "incompatible change");
  }

  /** What is wrong with several versions alike is one reason. */
  private static List<Reason> reasons(List<Incompatibility> incompatibilities) {
    Map<Incompatibility, Reason> reasons = new LinkedHashMap<>();
    for (Incompatibility change : incompatibilities) {
      Incompatibility alike = change.toBuilder().clearVersion().clearOldPlace().build();
      reasons
          .computeIfAbsent(alike, key -> new Reason(key, new ArrayList<>()))
          .before()
          .add(
              "version %d, %s"
                  .formatted(
                      change.getVersion(),
                      change.getOldPlace().isEmpty()
                          ? "where it is not"
                          : Text.line(change.getOldPlace())));
    }
    return List.copyOf(reasons.values());
  }

  /**
   * Prints each reason as {@code file:line:column: RULE: message} with the details below it.
   *
   * @param elsewhere stands for the place of what is not there any more
   * @param place how a place is written
   */
  private static void print(
      PrintWriter out,
      List<Reason> reasons,
      String indent,
      String elsewhere,
      Function<String, String> place) {
    for (Reason reason : reasons) {
      Incompatibility change = reason.change();
      String is = change.getNewPlace();
      out.println(
          "%s%s: %s: %s"
              .formatted(
                  indent,
                  is.isEmpty() ? Text.line(elsewhere) : place.apply(SchemaFiles.position(is)),
                  Text.line(change.getRule()),
                  Text.line(change.getMessage())));
      reason.before().forEach(was -> out.println("%s  was: %s".formatted(indent, was)));
      out.println("%s  is: %s".formatted(indent, is.isEmpty() ? "not there" : place.apply(is)));
      if (!change.getRemedy().isEmpty()) {
        out.println("%s  instead: %s".formatted(indent, Text.line(change.getRemedy())));
      }
    }
  }

  @Command(name = "list", description = "Lists the subjects, or the versions of one.")
  int list(
      @Parameters(
              paramLabel = "SUBJECT",
              arity = "0..1",
              description = "Its versions, the newest first; without: all subjects.")
          @Nullable String subject) {
    return subject == null ? listSubjects() : listVersions(subject);
  }

  private int listSubjects() {
    ListSubjectsResponse.Builder all = ListSubjectsResponse.newBuilder();
    String page = "";
    do {
      ListSubjectsResponse answer =
          session
              .schemas()
              .listSubjects(ListSubjectsRequest.newBuilder().setPageToken(page).build());
      all.addAllSubjects(answer.getSubjectsList());
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    if (session.json()) {
      session.printJson(all.build());
      return ExitCode.OK;
    }
    Text text = new Text("SUBJECT", "KIND", "LATEST", "COMPATIBILITY", "USED IN JSON");
    for (Subject subject : all.getSubjectsList()) {
      text.row(
          subject.getName(),
          subject.getKind(),
          subject.getLatestVersion() == 0 ? "deleted" : subject.getLatestVersion(),
          word(subject.getCompatibility()),
          subject.getUsedInJson() ? "yes" : "no");
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  private int listVersions(String subject) {
    List<Schema> versions = versions(subject);
    if (session.json()) {
      session.printJson(ListSchemasResponse.newBuilder().addAllSchemas(versions).build());
      return ExitCode.OK;
    }
    Text text = new Text("VERSION", "ID", "AT", "BY", "STATE");
    for (Schema version : versions) {
      text.row(
          version.getVersion(),
          version.getId(),
          Text.time(version.getCreateTime()),
          version.getAuthor(),
          version.getDeleted() ? "deleted" : "");
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  /** All versions of a subject, the newest first, without their content. */
  private List<Schema> versions(String subject) {
    List<Schema> all = new ArrayList<>();
    String page = "";
    do {
      ListSchemasResponse answer =
          session
              .schemas()
              .listSchemas(
                  ListSchemasRequest.newBuilder().setSubject(subject).setPageToken(page).build());
      all.addAll(answer.getSchemasList());
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    return all;
  }

  @Command(
      name = "get",
      description = {
        "Prints a schema, the newest version if none is named: one file as it is, several under their names.",
        "With --out, its files are written, and what else there is to say is printed."
      })
  int get(
      @Parameters(paramLabel = "SUBJECT", arity = "0..1", description = "Not needed with --id.")
          @Nullable String subject,
      @Option(names = "--version", paramLabel = "N", description = "A version of it.")
          @Nullable Long version,
      @Option(names = "--id", paramLabel = "N", description = "The schema of this id.")
          @Nullable Integer id,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              description = "Write the files below this directory, by the names they import by.")
          @Nullable Path directory) {
    if ((subject == null) == (id == null) || (id != null && version != null)) {
      throw new CommandFailure(
          ExitCode.USAGE, "Name a SUBJECT, with or without --version, or an --id alone.");
    }
    GetSchemaRequest.Builder request = GetSchemaRequest.newBuilder();
    if (subject != null) {
      request.setSubject(subject);
    }
    if (version != null) {
      request.setVersion(positive("--version", version));
    }
    if (id != null) {
      request.setId((int) positive("--id", id));
    }
    Schema schema = session.schemas().getSchema(request.build());
    List<Path> written =
        directory == null
            ? List.of()
            : SchemaFiles.write(schema.getContent(), descriptorSetName(schema), directory);
    if (session.json()) {
      session.printJson(schema);
    } else if (directory == null) {
      print(schema);
    } else {
      describe(schema, written);
    }
    return ExitCode.OK;
  }

  /** 0 is the API's newest one or none; here whoever means that names nothing. */
  private static long positive(String option, long number) {
    if (number < 1) {
      throw new CommandFailure(
          ExitCode.USAGE, "%s counts from 1, and %d was given.".formatted(option, number));
    }
    return number;
  }

  private static String descriptorSetName(Schema schema) {
    return "%s-%d.binpb".formatted(schema.getSubject(), schema.getVersion());
  }

  private void print(Schema schema) {
    List<SchemaFile> files = schema.getContent().getFilesList();
    if (files.isEmpty()) {
      throw new CommandFailure(
          ExitCode.CONFLICT,
          "Version %d of %s was registered as a descriptor set, which is no text. Write it to %s with --out DIR."
              .formatted(
                  schema.getVersion(),
                  Text.line(schema.getSubject()),
                  Text.line(descriptorSetName(schema))));
    }
    for (SchemaFile file : files) {
      if (files.size() > 1) {
        session.out().println("==> %s <==".formatted(Text.line(file.getName())));
      }
      session.out().print(file.getText());
      if (files.size() > 1 && !file.getText().endsWith("\n")) {
        session.out().println();
      }
    }
    session.out().flush();
  }

  private void describe(Schema schema, List<Path> written) {
    Text text = new Text("Subject", Text.line(schema.getSubject()));
    text.row("Kind", schema.getKind());
    text.row(
        "Version",
        "%d, id %d, of %s by %s%s"
            .formatted(
                schema.getVersion(),
                schema.getId(),
                Text.time(schema.getCreateTime()),
                schema.getAuthor(),
                schema.getDeleted() ? "; deleted" : ""));
    schema.getMessagesList().forEach(message -> text.row("Message", message));
    schema
        .getContent()
        .getReferencesList()
        .forEach(
            reference ->
                text.row(
                    "Reference",
                    "%s=%s:%d"
                        .formatted(
                            reference.getName(), reference.getSubject(), reference.getVersion())));
    written.forEach(path -> text.row("Written", path));
    text.print(session.out(), "");
  }

  @Command(
      name = "diff",
      description =
          "Compares two versions: who reads whose data, why not, and a unified diff of the files.")
  int diff(
      @Parameters(index = "0", paramLabel = "SUBJECT") String subject,
      @Parameters(index = "1", paramLabel = "OLD", description = "The older version.") long older,
      @Parameters(
              index = "2",
              arity = "0..1",
              paramLabel = "NEW",
              description = "The newer version; the newest if not set.")
          @Nullable Long newer) {
    DiffSchemasRequest.Builder request =
        DiffSchemasRequest.newBuilder().setSubject(subject).setOldVersion(positive("OLD", older));
    if (newer != null) {
      request.setNewVersion(positive("NEW", newer));
    }
    DiffSchemasResponse differences = session.schemas().diffSchemas(request.build());
    if (session.json()) {
      session.printJson(differences);
      return ExitCode.OK;
    }
    long from = differences.getOldSchema().getVersion();
    long to = differences.getNewSchema().getVersion();
    if (differences.getNotCompared().isEmpty()) {
      reads(to, from, differences.getBackwardList());
      reads(from, to, differences.getForwardList());
    } else {
      session.out().println("Not compared: " + differences.getNotCompared());
    }
    unified(differences.getOldSchema(), differences.getNewSchema())
        .forEach(line -> session.out().println(Text.harmless(line)));
    session.out().flush();
    return ExitCode.OK;
  }

  private void reads(long reader, long writer, List<Incompatibility> incompatibilities) {
    List<Reason> reasons = reasons(incompatibilities);
    session
        .out()
        .println(
            "Version %d reads data of version %d: %s"
                .formatted(
                    reader,
                    writer,
                    reasons.isEmpty() ? "yes." : "no, %s:".formatted(count(reasons))));
    print(session.out(), reasons, "  ", "(gone)", Text::line);
  }

  /** A unified diff of the files of two versions, and a line for each reference that changed. */
  static List<String> unified(Schema older, Schema newer) {
    List<String> lines = new ArrayList<>();
    Map<String, String> before = references(older);
    Map<String, String> after = references(newer);
    for (String name : union(before, after)) {
      String was = before.getOrDefault(name, "none");
      String is = after.getOrDefault(name, "none");
      if (!was.equals(is)) {
        lines.add("Reference %s: was %s, is %s".formatted(name, was, is));
      }
    }
    if (!older.getContent().getDescriptorSet().isEmpty()
        || !newer.getContent().getDescriptorSet().isEmpty()) {
      lines.add("A descriptor set has no text, so there is no diff of the files.");
      return lines;
    }
    Map<String, String> oldFiles = files(older);
    Map<String, String> newFiles = files(newer);
    for (String name : union(oldFiles, newFiles)) {
      List<String> oldLines = oldFiles.getOrDefault(name, "").lines().toList();
      List<String> newLines = newFiles.getOrDefault(name, "").lines().toList();
      lines.addAll(
          UnifiedDiffUtils.generateUnifiedDiff(
              oldFiles.containsKey(name) ? older.getVersion() + "/" + name : "/dev/null",
              newFiles.containsKey(name) ? newer.getVersion() + "/" + name : "/dev/null",
              oldLines,
              DiffUtils.diff(oldLines, newLines),
              CONTEXT));
    }
    return lines;
  }

  private static Map<String, String> files(Schema schema) {
    return schema.getContent().getFilesList().stream()
        .collect(Collectors.toMap(SchemaFile::getName, SchemaFile::getText));
  }

  private static Map<String, String> references(Schema schema) {
    return schema.getContent().getReferencesList().stream()
        .collect(
            Collectors.toMap(
                SchemaReference::getName,
                reference -> "%s:%d".formatted(reference.getSubject(), reference.getVersion())));
  }

  private static Set<String> union(Map<String, String> first, Map<String, String> second) {
    Map<String, String> both = new TreeMap<>(first);
    both.putAll(second);
    return both.keySet();
  }

  @Command(
      name = "delete",
      description =
          "Deletes a version, or a subject with all of them. Refused while a table or a schema uses it.")
  int delete(
      @Parameters(paramLabel = "SUBJECT") String subject,
      @Option(names = "--version", paramLabel = "N", description = "Only this version.")
          @Nullable Long version,
      @Option(names = "--yes", description = "Do it. Without: say what would go.") boolean yes) {
    DeleteSchemaRequest.Builder request = DeleteSchemaRequest.newBuilder().setSubject(subject);
    if (version != null) {
      request.setVersion(positive("--version", version));
    }
    if (!yes) {
      throw new CommandFailure(ExitCode.USAGE, wouldGo(subject, version));
    }
    DeleteSchemaResponse deleted = session.schemas().deleteSchema(request.build());
    if (session.json()) {
      session.printJson(deleted);
    } else {
      session
          .out()
          .println(
              "Subject %s: %s deleted: %s."
                  .formatted(
                      subject,
                      Text.count(deleted.getVersionsCount(), "version"),
                      numbers(deleted.getVersionsList())));
    }
    return ExitCode.OK;
  }

  private String wouldGo(String name, @Nullable Long version) {
    Subject subject =
        session.schemas().getSubject(GetSubjectRequest.newBuilder().setName(name).build());
    List<Long> there =
        versions(name).stream()
            .filter(schema -> !schema.getDeleted())
            .map(Schema::getVersion)
            .filter(number -> version == null || number.equals(version))
            .sorted()
            .toList();
    String users =
        subject.getTablesList().stream()
            .map(table -> "\n  used by table " + Text.line(table))
            .collect(Collectors.joining());
    return "Subject %s: nothing was deleted. %s would go (%s); their numbers and ids never come back. Repeat with --yes to do it.%s"
        .formatted(
            name,
            Text.count(there.size(), "version"),
            there.isEmpty() ? "none" : numbers(there),
            users);
  }

  private static String numbers(List<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  @Command(
      name = "set",
      description =
          "Changes which changes of a subject are allowed. What is registered is not checked again.")
  int set(
      @Parameters(paramLabel = "SUBJECT") String name,
      @Option(
              names = "--compatibility",
              paramLabel = "RULE",
              converter = CompatibilityConverter.class,
              completionCandidates = Compatibilities.class,
              description = "One of ${COMPLETION-CANDIDATES}.")
          @Nullable Compatibility compatibility,
      @Option(
              names = "--used-in-json",
              description = "Messages are also written as JSON, so names count, too.")
          boolean usedInJson,
      @Option(names = "--not-used-in-json", description = "They are not.") boolean notUsedInJson) {
    Subject.Builder subject = Subject.newBuilder().setName(name).setUsedInJson(usedInJson);
    FieldMask.Builder mask = FieldMask.newBuilder();
    if (compatibility != null) {
      subject.setCompatibility(compatibility);
      mask.addPaths("compatibility");
    }
    if (usedInJson || notUsedInJson) {
      mask.addPaths("used_in_json");
    }
    if (usedInJson && notUsedInJson) {
      throw new CommandFailure(
          ExitCode.USAGE, "Name one of --used-in-json and --not-used-in-json, not both.");
    }
    if (mask.getPathsCount() == 0) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Nothing to change in subject %s. Name --compatibility, --used-in-json or --not-used-in-json."
              .formatted(name));
    }
    Subject updated =
        session
            .schemas()
            .updateSubject(
                UpdateSubjectRequest.newBuilder().setSubject(subject).setUpdateMask(mask).build());
    if (session.json()) {
      session.printJson(updated);
    } else {
      session
          .out()
          .println(
              "Subject %s: %s, %s in JSON."
                  .formatted(
                      updated.getName(),
                      word(updated.getCompatibility()),
                      updated.getUsedInJson() ? "used" : "not used"));
    }
    return ExitCode.OK;
  }

  @Command(
      name = "import",
      description =
          "Registers every version of the subjects of a source's schema registry, with the same ids. Exit status 1: a subject was not imported.")
  int importSchemas(
      @Parameters(index = "0", paramLabel = "SOURCE") String source,
      @Parameters(
              index = "1..*",
              arity = "0..*",
              paramLabel = "SUBJECT",
              description = "Only these, and what they refer to; without: all.")
          @Nullable List<String> subjects) {
    ImportSchemasRequest.Builder request = ImportSchemasRequest.newBuilder().setSource(source);
    if (subjects != null) {
      request.addAllSubjects(subjects);
    }
    ImportSchemasResponse imported =
        session.schemasWithoutDeadline().importSchemas(request.build());
    List<ImportSchemasResponse.Outcome> failed =
        imported.getOutcomesList().stream()
            .filter(outcome -> !outcome.getMessage().isEmpty())
            .toList();
    if (session.json()) {
      session.printJson(imported);
      return failed.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
    Text text = new Text("SUBJECT", "IMPORTED", "THERE ALREADY", "STATE");
    for (ImportSchemasResponse.Outcome outcome : imported.getOutcomesList()) {
      text.row(
          outcome.getSubject(),
          Text.count(outcome.getImported()),
          Text.count(outcome.getExisted()),
          outcome.getMessage().isEmpty() ? "" : "failed");
    }
    text.print(session.out(), "");
    if (failed.isEmpty()) {
      return ExitCode.OK;
    }
    throw new CommandFailure(
        ExitCode.FAILED,
        "%s of %s was not imported:%s"
            .formatted(
                Text.count(failed.size(), "subject"),
                Text.count(imported.getOutcomesCount()),
                failed.stream()
                    .map(
                        outcome ->
                            "\n  %s: %s"
                                .formatted(
                                    Text.line(outcome.getSubject()),
                                    Text.line(outcome.getMessage())))
                    .collect(Collectors.joining())));
  }
}
