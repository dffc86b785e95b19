package io.unifiedcatalog.server.api;

import static io.unifiedcatalog.server.api.Calls.answer;
import static java.util.stream.Collectors.joining;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.CheckSchemaRequest;
import io.unifiedcatalog.proto.v1.CheckSchemaResponse;
import io.unifiedcatalog.proto.v1.DeleteSchemaRequest;
import io.unifiedcatalog.proto.v1.DeleteSchemaResponse;
import io.unifiedcatalog.proto.v1.DiffSchemasRequest;
import io.unifiedcatalog.proto.v1.DiffSchemasResponse;
import io.unifiedcatalog.proto.v1.GetSchemaRequest;
import io.unifiedcatalog.proto.v1.GetSubjectRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasRequest;
import io.unifiedcatalog.proto.v1.ImportSchemasResponse;
import io.unifiedcatalog.proto.v1.ListSchemasRequest;
import io.unifiedcatalog.proto.v1.ListSchemasResponse;
import io.unifiedcatalog.proto.v1.ListSubjectsRequest;
import io.unifiedcatalog.proto.v1.ListSubjectsResponse;
import io.unifiedcatalog.proto.v1.RegisterSchemaRequest;
import io.unifiedcatalog.proto.v1.RegisterSchemaResponse;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc.SchemaServiceImplBase;
import io.unifiedcatalog.proto.v1.Subject;
import io.unifiedcatalog.proto.v1.UpdateSubjectRequest;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaKind.Direction;
import io.unifiedcatalog.server.schema.SchemaKinds;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SchemaRegistry;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore;
import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.TableCache;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code SchemaService}: subjects and their versions. */
public final class SchemaApi extends SchemaServiceImplBase {
  private static final int LIST_PAGE = 1_000;
  private static final int GREATEST_LIST_PAGE = 10_000;
  private static final int PAGE = 100;
  private static final int GREATEST_PAGE = 1_000;

  /** Of references that lead to references, and so on: more is no schema but an attack. */
  private static final int MOST_REFERENCES = 200;

  /**
   * Of one list of incompatibilities: two of them and the texts of two versions, of 1 MiB each, are
   * to stay below the 4 MiB that gRPC's clients accept.
   */
  private static final int MOST_INCOMPATIBILITY_BYTES = 512 << 10;

  /** The rule of the last entry of a list that has no room for all. */
  private static final String MORE = "MORE_INCOMPATIBILITIES";

  private static final String DEFAULT_KIND = "protobuf";
  private static final Pattern SUBJECT = Pattern.compile("[A-Za-z0-9_.-]{1,249}");

  private final MetadataStore store;
  private final SchemaStore schemas;
  private final TableCache cache;
  private final SourceCalls sourceCalls;

  /** The service over a store and the cache of the tables that follow subjects. */
  public SchemaApi(
      MetadataStore store, SchemaStore schemas, TableCache cache, SourceCalls sourceCalls) {
    this.sourceCalls = sourceCalls;
    this.store = store;
    this.schemas = schemas;
    this.cache = cache;
  }

  // ---- Registering ----

  @Override
  public void registerSchema(
      RegisterSchemaRequest request, StreamObserver<RegisterSchemaResponse> observer) {
    answer(
        observer,
        () -> {
          Asked asked = asked(request);
          CompiledSchema compiled = compile(asked);
          RegisteredSchema registered =
              schemas.registerSchemas(
                  asked.subject,
                  asked.kind.kind(),
                  asked.compatibility,
                  asked.usedInJson,
                  List.of(new NewSchema(0, 0, asked.content, compiled)),
                  new Rules(asked.kind, compiled, null),
                  true,
                  Calls.caller());
          cache.catchUp();
          return RegisterSchemaResponse.newBuilder()
              .setSchema(Messages.schema(registered.schema()))
              .setExisted(registered.existed() > 0)
              .addAllUpdatedTables(registered.updatedTables())
              .build();
        });
  }

  @Override
  public void checkSchema(
      CheckSchemaRequest request, StreamObserver<CheckSchemaResponse> observer) {
    answer(observer, () -> check(request.getRegistration()));
  }

  private CheckSchemaResponse check(RegisterSchemaRequest request) {
    CheckSchemaResponse.Builder response = CheckSchemaResponse.newBuilder();
    Asked asked = asked(request);
    CompiledSchema compiled;
    try {
      compiled = compile(asked);
    } catch (CatalogException e) {
      if (e.code() != ErrorCode.INVALID_ARGUMENT) {
        throw e;
      }
      if (e.violations().isEmpty()) {
        response.addFaultsBuilder().setMessage(e.getMessage());
      }
      for (Violation violation : e.violations()) {
        response.addFaultsBuilder().setPlace(violation.field()).setMessage(violation.message());
      }
      return response.build();
    }
    Rules rules = new Rules(asked.kind, compiled, response);
    RegisteredSchema checked =
        schemas.registerSchemas(
            asked.subject,
            asked.kind.kind(),
            asked.compatibility,
            asked.usedInJson,
            List.of(new NewSchema(0, 0, asked.content, compiled)),
            rules,
            false,
            Calls.caller());
    boolean refused = response.getIncompatibilitiesCount() > 0 || !checked.brokenTables().isEmpty();
    return response
        .setVersion(refused ? 0 : checked.schema().version())
        .setExisted(checked.existed() > 0)
        .addAllUpdatedTables(checked.updatedTables())
        .addAllBrokenTables(checked.brokenTables())
        .build();
  }

  /**
   * A registration, read.
   *
   * @param compatibility null: as it is
   * @param usedInJson null: as it is
   */
  private record Asked(
      String subject,
      SchemaKind kind,
      SchemaContent content,
      @Nullable Compatibility compatibility,
      @Nullable Boolean usedInJson) {}

  private Asked asked(RegisterSchemaRequest request) {
    String subject = request.getSubject();
    List<Violation> violations = new ArrayList<>();
    if (!SUBJECT.matcher(subject).matches()) {
      violations.add(
          new Violation(
              "subject",
              "'" + subject + "' is no name: use letters, digits, '_', '.' and '-', at most 249"));
    }
    io.unifiedcatalog.proto.v1.SchemaContent sent = request.getContent();
    if (sent.getFilesCount() == 0 && sent.getDescriptorSet().isEmpty()) {
      violations.add(new Violation("content", "is empty; send files or a descriptor set"));
    } else if (sent.getFilesCount() > 0 && !sent.getDescriptorSet().isEmpty()) {
      violations.add(new Violation("content", "has files and a descriptor set; send one of them"));
    }
    Compatibility compatibility = compatibility(request.getCompatibility());
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The registration is not valid", violations);
    }
    String kindName = request.getKind();
    SchemaStore.Subject stored = schemas.findSubject(subject).orElse(null);
    if (kindName.isEmpty()) {
      kindName = stored == null ? DEFAULT_KIND : stored.kind();
    }
    SchemaKind kind = SchemaKinds.get(kindName);
    requireOffered(
        kind,
        compatibility != null
            ? compatibility
            : stored == null ? Compatibility.DEFAULT : stored.compatibility());
    return new Asked(
        subject,
        kind,
        new SchemaContent(
            sent.getFilesList().stream()
                .map(file -> new SchemaContent.File(file.getName(), file.getText()))
                .toList(),
            Base64.getEncoder().encodeToString(sent.getDescriptorSet().toByteArray()),
            sent.getReferencesList().stream()
                .map(
                    reference ->
                        new SchemaContent.Reference(
                            reference.getName(),
                            reference.getSubject(),
                            schemas
                                .schema(reference.getSubject(), reference.getVersion())
                                .version()))
                .toList()),
        compatibility,
        request.getUsedInJson() ? Boolean.TRUE : null);
  }

  private static void requireOffered(SchemaKind kind, Compatibility compatibility) {
    Set<Compatibility> offered = kind.compatibilities();
    if (!offered.contains(compatibility)) {
      throw Requests.invalid(
          "compatibility",
          compatibility
              + " cannot be checked for schemas of kind "
              + kind.kind()
              + ", which offers "
              + offered.stream().sorted().map(Enum::name).collect(joining(", "))
              + ". Register with one of these (`--compatibility "
              + offered.stream().sorted().findFirst().orElse(Compatibility.NONE)
              + "`)");
    }
  }

  private static @Nullable Compatibility compatibility(
      io.unifiedcatalog.proto.v1.Compatibility compatibility) {
    return switch (compatibility) {
      case COMPATIBILITY_UNSPECIFIED -> null;
      case COMPATIBILITY_NONE -> Compatibility.NONE;
      case COMPATIBILITY_BACKWARD -> Compatibility.BACKWARD;
      case COMPATIBILITY_BACKWARD_TRANSITIVE -> Compatibility.BACKWARD_TRANSITIVE;
      case COMPATIBILITY_FORWARD -> Compatibility.FORWARD;
      case COMPATIBILITY_FORWARD_TRANSITIVE -> Compatibility.FORWARD_TRANSITIVE;
      case COMPATIBILITY_FULL -> Compatibility.FULL;
      case COMPATIBILITY_FULL_TRANSITIVE -> Compatibility.FULL_TRANSITIVE;
      case UNRECOGNIZED ->
          throw Requests.invalid("compatibility", "is of a later release than this server");
    };
  }

  private CompiledSchema compile(Asked asked) {
    return asked.kind.compile(
        asked.content,
        resolve(asked.kind, asked.content.references(), new int[] {MOST_REFERENCES}));
  }

  /** What references lead to. They lead to what was there before, so they end. */
  private List<ResolvedReference> resolve(
      SchemaKind kind, List<SchemaContent.Reference> references, int[] left) {
    List<ResolvedReference> resolved = new ArrayList<>();
    for (SchemaContent.Reference reference : references) {
      if (left[0]-- == 0) {
        throw Requests.invalid(
            "content.references",
            "lead to more than " + MOST_REFERENCES + " schemas; put more of them into one subject");
      }
      StoredSchema schema = schemas.schema(reference.subject(), reference.version());
      if (!schema.kind().equals(kind.kind())) {
        throw Requests.invalid(
            "content.references",
            "lead to subject '"
                + reference.subject()
                + "' of kind "
                + schema.kind()
                + "; a schema of kind "
                + kind.kind()
                + " needs its own kind");
      }
      resolved.add(
          new ResolvedReference(
              reference,
              schema.content(),
              schema.compiled(),
              resolve(kind, schema.content().references(), left)));
    }
    return resolved;
  }

  /** Compares a schema with what is registered, and takes the tables along. */
  private static final class Rules implements SchemaRules {
    private final SchemaKind kind;
    private final CompiledSchema compiled;
    private final CheckSchemaResponse.@Nullable Builder report;

    /**
     * The rules for a schema.
     *
     * @param report receives the incompatibilities; null: they are an error
     */
    Rules(SchemaKind kind, CompiledSchema compiled, CheckSchemaResponse.@Nullable Builder report) {
      this.kind = kind;
      this.compiled = compiled;
      this.report = report;
    }

    @Override
    public void check(SchemaStore.Subject subject, List<StoredSchema> earlier) {
      Compatibility compatibility = subject.compatibility();
      List<Violation> violations = new ArrayList<>();
      List<io.unifiedcatalog.proto.v1.Incompatibility> reported = new ArrayList<>();
      for (StoredSchema before : earlier) {
        for (Incompatibility found :
            incompatibilities(
                kind,
                before.compiled(),
                compiled,
                compatibility.isBackward(),
                compatibility.isForward(),
                subject.usedInJson())) {
          reported.add(Messages.incompatibility(found, before.version()));
          violations.add(violation(found, before.version()));
        }
      }
      if (report != null) {
        report.addAllIncompatibilities(withRoom(reported));
      }
      if (!violations.isEmpty() && report == null) {
        StringBuilder message =
            new StringBuilder("The schema is not compatible with subject '")
                .append(subject.name())
                .append("' (")
                .append(compatibility)
                .append("); nothing was registered.");
        violations.forEach(
            violation ->
                message
                    .append("\n  ")
                    .append(violation.field())
                    .append(": ")
                    .append(violation.message()));
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "INCOMPATIBLE",
            message.toString(),
            Map.of("subject", subject.name(), "compatibility", compatibility.name()),
            violations,
            null);
      }
    }

    private static Violation violation(Incompatibility found, long version) {
      return new Violation(
          found.newPlace().isEmpty()
              ? "version " + version + ", " + found.oldPlace()
              : found.newPlace(),
          found.rule()
              + ": "
              + found.message()
              + " (version "
              + version
              + (found.oldPlace().isEmpty() ? "" : ", " + found.oldPlace())
              + "). "
              + found.remedy());
    }

    @Override
    public PhysicalTable follow(StoredTable table, Map<String, StoredSchema> schemas) {
      return RegisteredTables.follow(table, schemas);
    }
  }

  private static List<Incompatibility> incompatibilities(
      SchemaKind kind,
      CompiledSchema older,
      CompiledSchema newer,
      boolean backward,
      boolean forward,
      boolean usedInJson) {
    List<Incompatibility> found = new ArrayList<>();
    if (backward) {
      found.addAll(kind.incompatibilities(older, newer, Direction.BACKWARD, usedInJson));
    }
    if (forward) {
      for (Incompatibility more :
          kind.incompatibilities(older, newer, Direction.FORWARD, usedInJson)) {
        if (!found.contains(more)) {
          found.add(more);
        }
      }
    }
    return found;
  }

  // ---- Subjects and versions ----

  @Override
  public void listSubjects(
      ListSubjectsRequest request, StreamObserver<ListSubjectsResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), LIST_PAGE, GREATEST_LIST_PAGE);
          List<SchemaStore.Subject> page =
              schemas.subjects(Requests.after(request.getPageToken()), size);
          return ListSubjectsResponse.newBuilder()
              .addAllSubjects(page.stream().map(Messages::subject).toList())
              .setNextPageToken(
                  Requests.next(page, size, subject -> Requests.token(subject.name())))
              .build();
        });
  }

  @Override
  public void getSubject(GetSubjectRequest request, StreamObserver<Subject> observer) {
    answer(observer, () -> message(schemas.subject(request.getName())));
  }

  private Subject message(SchemaStore.Subject subject) {
    return Messages.subject(subject).toBuilder()
        .addAllTables(schemas.tablesOf(subject.id()))
        .build();
  }

  @Override
  public void updateSubject(UpdateSubjectRequest request, StreamObserver<Subject> observer) {
    answer(
        observer,
        () -> {
          Set<String> paths = new TreeSet<>(request.getUpdateMask().getPathsList());
          if (paths.isEmpty()) {
            throw Requests.invalid("update_mask", "is empty; name compatibility or used_in_json");
          }
          Subject sent = request.getSubject();
          return message(
              schemas.updateSubject(
                  sent.getName(), stored -> changed(stored, sent, paths), Calls.caller()));
        });
  }

  private static SchemaStore.Subject changed(
      SchemaStore.Subject stored, Subject sent, Set<String> paths) {
    Compatibility compatibility = stored.compatibility();
    boolean usedInJson = stored.usedInJson();
    for (String path : paths) {
      switch (path) {
        case "compatibility" -> {
          Compatibility wanted = compatibility(sent.getCompatibility());
          if (wanted == null) {
            throw Requests.invalid("subject.compatibility", "is not set");
          }
          requireOffered(SchemaKinds.get(stored.kind()), wanted);
          compatibility = wanted;
        }
        case "used_in_json" -> usedInJson = sent.getUsedInJson();
        default ->
            throw Requests.invalid(
                "update_mask",
                "'" + path + "' cannot be changed; compatibility and used_in_json can");
      }
    }
    return new SchemaStore.Subject(
        stored.id(),
        stored.name(),
        stored.kind(),
        compatibility,
        usedInJson,
        stored.latestVersion());
  }

  @Override
  public void getSchema(GetSchemaRequest request, StreamObserver<Schema> observer) {
    answer(
        observer,
        () -> {
          if (request.getSubject().isEmpty()) {
            if (request.getId() == 0) {
              throw Requests.invalid("subject", "is empty; name a subject, or an id");
            }
            return Messages.schema(schemas.schema(request.getId()));
          }
          return Messages.schema(
              schemas.schema(request.getSubject(), version(request.getVersion())));
        });
  }

  private static long version(long version) {
    if (version < 0) {
      throw Requests.invalid("version", version + " is negative");
    }
    return version;
  }

  @Override
  public void listSchemas(
      ListSchemasRequest request, StreamObserver<ListSchemasResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), PAGE, GREATEST_PAGE);
          List<StoredSchema> page =
              schemas.schemas(request.getSubject(), Requests.before(request.getPageToken()), size);
          return ListSchemasResponse.newBuilder()
              .addAllSchemas(page.stream().map(Messages::schemaSummary).toList())
              .setNextPageToken(
                  Requests.next(
                      page, size, schema -> Requests.token(Long.toString(schema.version()))))
              .build();
        });
  }

  @Override
  public void diffSchemas(
      DiffSchemasRequest request, StreamObserver<DiffSchemasResponse> observer) {
    answer(
        observer,
        () -> {
          StoredSchema older =
              schemas.schema(request.getSubject(), version(request.getOldVersion()));
          StoredSchema newer =
              schemas.schema(request.getSubject(), version(request.getNewVersion()));
          SchemaKind kind = SchemaKinds.get(older.kind());
          boolean usedInJson = schemas.subject(request.getSubject()).usedInJson();
          DiffSchemasResponse.Builder response =
              DiffSchemasResponse.newBuilder()
                  .setOldSchema(Messages.schema(older))
                  .setNewSchema(Messages.schema(newer));
          if (kind.compatibilities().equals(Set.of(Compatibility.NONE))) {
            return response
                .setNotCompared("There are no rules yet for schemas of kind " + kind.kind() + ".")
                .build();
          }
          return response
              .addAllBackward(compared(kind, older, newer, Direction.BACKWARD, usedInJson))
              .addAllForward(compared(kind, older, newer, Direction.FORWARD, usedInJson))
              .build();
        });
  }

  private static List<io.unifiedcatalog.proto.v1.Incompatibility> compared(
      SchemaKind kind,
      StoredSchema older,
      StoredSchema newer,
      Direction direction,
      boolean usedInJson) {
    return withRoom(
        kind.incompatibilities(older.compiled(), newer.compiled(), direction, usedInJson).stream()
            .map(found -> Messages.incompatibility(found, older.version()))
            .toList());
  }

  /** Those that an answer has room for, and how many more there are. */
  private static List<io.unifiedcatalog.proto.v1.Incompatibility> withRoom(
      List<io.unifiedcatalog.proto.v1.Incompatibility> all) {
    int bytes = 0;
    for (int i = 0; i < all.size(); i++) {
      // The tag and the length of an entry.
      bytes += all.get(i).getSerializedSize() + 8;
      if (bytes > MOST_INCOMPATIBILITY_BYTES) {
        List<io.unifiedcatalog.proto.v1.Incompatibility> first = new ArrayList<>(all.subList(0, i));
        first.add(
            io.unifiedcatalog.proto.v1.Incompatibility.newBuilder()
                .setRule(MORE)
                .setMessage("There are " + (all.size() - i) + " more incompatible changes.")
                .setRemedy("Undo the others first.")
                .build());
        return first;
      }
    }
    return all;
  }

  @Override
  public void deleteSchema(
      DeleteSchemaRequest request, StreamObserver<DeleteSchemaResponse> observer) {
    answer(
        observer,
        () ->
            DeleteSchemaResponse.newBuilder()
                .addAllVersions(
                    schemas.deleteSchemas(
                        request.getSubject(), version(request.getVersion()), Calls.caller()))
                .build());
  }

  // ---- Import ----

  @Override
  public void importSchemas(
      ImportSchemasRequest request, StreamObserver<ImportSchemasResponse> observer) {
    sourceCalls.answer(
        observer,
        sessions -> {
          Source source = store.source(request.getSource());
          SchemaRegistry registry =
              SourceSystems.get(source.kind()) instanceof RegisteringSystem system
                  ? system.registry(source).orElse(null)
                  : null;
          if (registry == null) {
            throw new CatalogException(
                ErrorCode.FAILED_PRECONDITION,
                "NO_REGISTRY",
                "Source '"
                    + source.name()
                    + "' names no schema registry to import from. Set its option"
                    + " 'schema-registry-url' with `catalog source update`.");
          }
          List<String> wanted =
              request.getSubjectsCount() == 0 ? registry.subjects() : request.getSubjectsList();
          Import run = new Import(registry);
          try {
            wanted.forEach(run::subject);
          } finally {
            // Also if the registry went away between two subjects.
            cache.catchUp();
          }
          return run.response();
        });
  }

  /** One import: each subject once, after those that it refers to. */
  private final class Import {
    private final SchemaRegistry registry;
    private final Map<String, ImportSchemasResponse.Outcome> outcomes = new TreeMap<>();
    private final Set<String> underWay = new LinkedHashSet<>();

    Import(SchemaRegistry registry) {
      this.registry = registry;
    }

    ImportSchemasResponse response() {
      return ImportSchemasResponse.newBuilder().addAllOutcomes(outcomes.values()).build();
    }

    /** Imports a subject; what goes wrong becomes its outcome. */
    void subject(String name) {
      if (outcomes.containsKey(name)) {
        return;
      }
      if (Context.current().isCancelled()) {
        throw new CatalogException(
            ErrorCode.ABORTED,
            "IMPORT_STOPPED",
            "The import was stopped before subject '"
                + name
                + "', as nobody waits for it any more. Import again: what is there already stays."
                + " A longer deadline lets it go on.");
      }
      ImportSchemasResponse.Outcome.Builder outcome =
          ImportSchemasResponse.Outcome.newBuilder().setSubject(name);
      if (!underWay.add(name)) {
        throw notImported(
            "refers to itself: "
                + underWay.stream().dropWhile(on -> !on.equals(name)).collect(joining(" -> "))
                + " -> "
                + name);
      }
      try {
        if (underWay.size() > MOST_REFERENCES) {
          throw notImported("is referred to over more than " + MOST_REFERENCES + " others");
        }
        if (!SUBJECT.matcher(name).matches()) {
          throw notImported("is no name here: use letters, digits, '_', '.' and '-', at most 249");
        }
        List<SchemaRegistry.Version> versions = registry.versions(name);
        for (SchemaRegistry.Version version : versions) {
          version.references().forEach(reference -> required(reference.subject(), name));
        }
        RegisteredSchema registered = store(name, versions);
        outcome
            .setImported(versions.size() - registered.existed())
            .setExisted(registered.existed());
      } catch (CatalogException e) {
        // A registry that is away would fail for each subject alike.
        if (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.ABORTED) {
          throw e;
        }
        outcome.setMessage(e.getMessage());
      } finally {
        underWay.remove(name);
      }
      outcomes.put(name, outcome.build());
    }

    private void required(String subject, String by) {
      if (subject.equals(by)) {
        throw notImported("has a version that refers to another of its own");
      }
      subject(subject);
      ImportSchemasResponse.Outcome outcome = outcomes.get(subject);
      if (outcome != null && !outcome.getMessage().isEmpty()) {
        throw notImported("refers to subject '" + subject + "', which was not imported");
      }
    }

    private CompiledSchema compile(SchemaKind kind, SchemaContent content) {
      List<ResolvedReference> references =
          resolve(kind, content.references(), new int[] {MOST_REFERENCES});
      try {
        return kind.compile(content, references);
      } catch (CatalogException e) {
        // One schema that takes too long does not keep the others out.
        throw e.code() == ErrorCode.UNAVAILABLE
            ? new CatalogException(ErrorCode.FAILED_PRECONDITION, "NOT_IMPORTED", e.getMessage(), e)
            : e;
      }
    }

    private RegisteredSchema store(String name, List<SchemaRegistry.Version> versions) {
      String kindName = versions.get(0).kind();
      SchemaKind kind = SchemaKinds.get(kindName);
      List<NewSchema> imported = new ArrayList<>();
      for (SchemaRegistry.Version version : versions) {
        if (!version.kind().equals(kindName)) {
          throw notImported("has versions of kind " + kindName + " and of kind " + version.kind());
        }
        SchemaContent content =
            new SchemaContent(
                List.of(new SchemaContent.File(kind.fileName(name), version.text())),
                "",
                version.references());
        imported.add(
            new NewSchema(version.version(), version.id(), content, compile(kind, content)));
      }
      // Another registry has let these versions in by rules of its own.
      SchemaRules rules =
          new SchemaRules() {
            @Override
            public void check(SchemaStore.Subject subject, List<StoredSchema> earlier) {}

            @Override
            public PhysicalTable follow(StoredTable table, Map<String, StoredSchema> used) {
              return RegisteredTables.follow(table, used);
            }
          };
      Compatibility compatibility =
          kind.compatibilities().contains(Compatibility.DEFAULT)
              ? Compatibility.DEFAULT
              : Compatibility.NONE;
      return schemas.registerSchemas(
          name,
          kindName,
          schemas.findSubject(name).isEmpty() ? compatibility : null,
          null,
          imported,
          rules,
          true,
          Calls.caller());
    }
  }

  /** Why a registry's subject is not imported. */
  private static CatalogException notImported(String what) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION, "NOT_IMPORTED", "The subject " + what + ".");
  }
}
