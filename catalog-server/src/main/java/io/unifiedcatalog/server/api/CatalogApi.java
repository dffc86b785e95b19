package io.unifiedcatalog.server.api;

import static io.unifiedcatalog.server.api.Calls.answer;

import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc.CatalogServiceImplBase;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.DropTableResponse;
import io.unifiedcatalog.proto.v1.GetDatabaseRequest;
import io.unifiedcatalog.proto.v1.GetServerInfoRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import io.unifiedcatalog.proto.v1.ListTableVersionsRequest;
import io.unifiedcatalog.proto.v1.ListTableVersionsResponse;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesResponse;
import io.unifiedcatalog.proto.v1.ServerInfo;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import io.unifiedcatalog.server.store.SchemaStore;
import io.unifiedcatalog.server.store.SchemaStore.AskedSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.TableRules;
import io.unifiedcatalog.server.store.TableCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code CatalogService}: databases, tables, overlays, versions. */
public final class CatalogApi extends CatalogServiceImplBase {
  private static final int LIST_PAGE = 1_000;
  private static final int GREATEST_LIST_PAGE = 10_000;
  private static final int PAGE = 100;
  private static final int GREATEST_PAGE = 1_000;

  private final MetadataStore store;
  private final UUID storeId;
  private final TableCache cache;
  private final SchemaStore schemas;
  private final SourceCalls sourceCalls;
  private final boolean ownConnectorTables;
  private final List<String> ownConnectorPaths;

  /**
   * The service over a store and its cache.
   *
   * @param storeId the store's id
   * @param ownConnectorTables whether callers that may not resolve bindings may register tables
   *     with a connector of their own
   * @param ownConnectorPaths directories of the reading machine that such a table may name
   */
  public CatalogApi(
      MetadataStore store,
      UUID storeId,
      TableCache cache,
      SchemaStore schemas,
      SourceCalls sourceCalls,
      boolean ownConnectorTables,
      List<String> ownConnectorPaths) {
    this.sourceCalls = sourceCalls;
    this.store = store;
    this.storeId = storeId;
    this.cache = cache;
    this.schemas = schemas;
    this.ownConnectorTables = ownConnectorTables;
    this.ownConnectorPaths = ownConnectorPaths;
  }

  /** What an engine sees of a stored table. */
  public static EffectiveSchema effective(StoredTable table, Engine engine) {
    return effective(
        table.source(),
        table.physical(),
        table.overlay() == null ? Overlay.EMPTY : table.overlay(),
        engine);
  }

  private static EffectiveSchema effective(
      Source source, PhysicalTable physical, Overlay overlay, Engine engine) {
    SourceSystem system = SourceSystems.get(source.kind());
    Registration registration = physical.registration();
    return EffectiveSchema.of(
        physical,
        overlay,
        column -> SourceSystems.columnType(system, column, source, engine),
        // What another connector offers, only that one knows.
        registration != null && registration.hasOwnConnector()
            ? overlay.metadataColumns().stream()
                .map(column -> column.key().isEmpty() ? column.name() : column.key())
                .toList()
            : system.metadataKeys(engine));
  }

  @Override
  public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
    answer(observer, ServerVersion::info);
  }

  @Override
  public void listDatabases(
      ListDatabasesRequest request, StreamObserver<ListDatabasesResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), LIST_PAGE, GREATEST_LIST_PAGE);
          List<MetadataStore.Database> page =
              store.databases(request.getSource(), Requests.after(request.getPageToken()), size);
          return ListDatabasesResponse.newBuilder()
              .addAllDatabases(page.stream().map(Messages::database).toList())
              .setNextPageToken(
                  Requests.next(page, size, database -> Requests.token(database.name())))
              .build();
        });
  }

  @Override
  public void getDatabase(GetDatabaseRequest request, StreamObserver<Database> observer) {
    answer(observer, () -> Messages.database(store.database(request.getName())));
  }

  @Override
  public void listTables(ListTablesRequest request, StreamObserver<ListTablesResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), LIST_PAGE, GREATEST_LIST_PAGE);
          List<TableSummary> page =
              cache.tables(request.getDatabase(), Requests.after(request.getPageToken()), size);
          return ListTablesResponse.newBuilder()
              .addAllTables(page.stream().map(Messages::tableSummary).toList())
              .setNextPageToken(
                  Requests.next(page, size, table -> Requests.token(table.name().table())))
              .build();
        });
  }

  @Override
  public void searchTables(
      SearchTablesRequest request, StreamObserver<SearchTablesResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), PAGE, GREATEST_PAGE);
          List<String> words =
              Arrays.stream(request.getQuery().toLowerCase(Locale.ROOT).split("\\s+"))
                  .filter(word -> !word.isEmpty())
                  .toList();
          if (words.isEmpty()) {
            throw Requests.invalid("query", "is empty; give at least one word");
          }
          String token = request.getPageToken();
          List<TableSummary> page =
              cache.searchTables(words, token.isEmpty() ? null : Requests.afterTable(token), size);
          return SearchTablesResponse.newBuilder()
              .addAllTables(page.stream().map(Messages::tableSummary).toList())
              .setNextPageToken(Requests.next(page, size, table -> Requests.token(table.name())))
              .build();
        });
  }

  @Override
  public void getTable(GetTableRequest request, StreamObserver<Table> observer) {
    answer(observer, () -> table(request));
  }

  private Table table(GetTableRequest request) {
    TableName name = Requests.tableName(request.getName());
    if (request.getVersion() < 0) {
      throw Requests.invalid("version", request.getVersion() + " is negative");
    }
    if (request.getVersion() > 0) {
      StoredTable table =
          store
              .table(name, request.getVersion())
              .orElseThrow(
                  () ->
                      CatalogException.notFound(
                          "Table "
                              + name
                              + " has no version "
                              + request.getVersion()
                              + ". See `catalog table history`."));
      return Messages.table(
          storeId,
          table,
          request.hasEngine() ? effective(table, Requests.engine(request.getEngine())) : null);
    }
    TableCache.Entry entry = cache.get(name);
    if (entry == null) {
      throw CatalogException.notFound(
          "Table " + name + " does not exist. `catalog table search` finds tables by words.");
    }
    return Messages.table(
        storeId,
        entry.table(),
        request.hasEngine() ? entry.schema(Requests.engine(request.getEngine())) : null);
  }

  @Override
  public void listTableVersions(
      ListTableVersionsRequest request, StreamObserver<ListTableVersionsResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), PAGE, GREATEST_PAGE);
          List<StoredTable> page =
              store.tableVersions(
                  Requests.tableName(request.getName()),
                  Requests.before(request.getPageToken()),
                  size);
          return ListTableVersionsResponse.newBuilder()
              .addAllVersions(
                  page.stream().map(version -> Messages.tableVersion(storeId, version)).toList())
              .setNextPageToken(
                  Requests.next(
                      page, size, version -> Requests.token(Long.toString(version.version()))))
              .build();
        });
  }

  @Override
  public void updateTableOverlay(
      UpdateTableOverlayRequest request, StreamObserver<Table> observer) {
    answer(
        observer,
        () -> {
          TableName name = Requests.tableName(request.getName());
          Engine engine =
              request.hasEngine() ? Requests.engine(request.getEngine()) : OverlayUpdate.ENGINE;
          List<CatalogException.Violation> violations = new ArrayList<>();
          Map<SchemaUse, StoredSchema> used = used(name);
          StoredTable updated =
              store.updateOverlay(
                  name,
                  request.getOverlay().getEtag(),
                  table -> {
                    checkKnown(table, used.keySet());
                    Overlay overlay = OverlayUpdate.apply(table, request, violations);
                    check(
                        table.source(),
                        table.nativeDatabase(),
                        table.physical(),
                        overlay,
                        table.overlay(),
                        engine,
                        use -> Objects.requireNonNull(used.get(use)),
                        violations);
                    if (!violations.isEmpty()) {
                      throw CatalogException.invalid(
                          "The overlay does not fit table " + name, violations);
                    }
                    return overlay;
                  },
                  Calls.caller());
          cache.catchUp();
          return Messages.table(storeId, updated, effective(updated, engine));
        });
  }

  /** What a table uses. Read before a transaction, which may hold no second connection. */
  private Map<SchemaUse, StoredSchema> used(TableName name) {
    Map<SchemaUse, StoredSchema> used = new HashMap<>();
    store
        .table(name, 0)
        .map(table -> table.physical().registration())
        .ifPresent(
            registration ->
                registration.schemas().forEach(use -> used.put(use, schemas.schema(use))));
    return used;
  }

  private static void checkKnown(StoredTable table, Set<SchemaUse> known) {
    Registration registration = table.physical().registration();
    if (registration != null && !known.containsAll(registration.schemas())) {
      throw new CatalogException(
          ErrorCode.ABORTED,
          "CONFLICT",
          "Table "
              + table.name()
              + " got another schema meanwhile, and nothing was stored. Repeat the call.");
    }
  }

  /** Adds what of an overlay does not fit a table. */
  private static void check(
      Source source,
      String nativeDatabase,
      PhysicalTable physical,
      Overlay overlay,
      @Nullable Overlay stored,
      Engine engine,
      Function<SchemaUse, StoredSchema> used,
      List<CatalogException.Violation> violations) {
    EffectiveSchema effective = effective(source, physical, overlay, engine);
    Supplier<Binding> binding =
        () ->
            RegisteredTables.binding(
                source,
                nativeDatabase,
                physical,
                overlay,
                effective,
                Binding.Role.SOURCE,
                Binding.RuntimeMode.STREAMING,
                engine,
                used,
                // Which options there are does not depend on them.
                use -> List.of());
    OverlayUpdate.check(
        overlay, stored, physical, effective, physical.registration() != null, binding, violations);
  }

  @Override
  public void registerTable(
      RegisterTableRequest request, StreamObserver<RegisterTableResponse> observer) {
    if (request.getSkipCheck()
        || request.getRegistration().containsOptions(Registration.CONNECTOR)) {
      answer(observer, () -> register(request, new SourceCalls.Sessions()));
    } else {
      sourceCalls.answer(observer, sessions -> register(request, sessions));
    }
  }

  private RegisterTableResponse register(
      RegisterTableRequest request, SourceCalls.Sessions sessions) {
    TableName name = Requests.tableName(request.getName());
    Engine engine =
        request.hasEngine() ? Requests.engine(request.getEngine()) : OverlayUpdate.ENGINE;
    Limits.check(request.getRegistration(), request.getColumnsCount());
    List<AskedSchema> asked = asked(request.getRegistration().getSchemasList());
    boolean ownConnector = request.getRegistration().containsOptions(Registration.CONNECTOR);
    if (ownConnector && !ownConnectorTables) {
      Caller.requireOwnConnectorTables();
    }
    TableRules rules =
        (source, stored, schemas, registered) -> {
          NewTable table = newTable(request, name, asked, source, schemas, engine, stored);
          if (ownConnector && stored != null) {
            SchemaStore.requireNotBound(name, stored.physical());
          }
          if (stored == null || request.getReplace()) {
            requireNoConflict(source, stored, table.physical(), registered);
          }
          return table;
        };
    RegisterTableResponse.Builder response = RegisterTableResponse.newBuilder();
    // Before anything is stored or made: what is wrong with the request must cost neither.
    MetadataStore.Database database = store.database(name.database());
    Source source = store.source(database.source());
    StoredTable stored = store.table(name, 0).orElse(null);
    NewTable wanted =
        rules.table(source, stored, preview(asked), () -> store.registeredTables(source.id()));
    if (stored != null && !request.getReplace() && !isSame(stored, wanted)) {
      throw SchemaStore.tableExists(name);
    }
    Registration registration = wanted.physical().registration();
    if (registration != null && !registration.hasOwnConnector() && !request.getSkipCheck()) {
      ask(source, registration, request, response, sessions);
    }
    RegisteredTable registered =
        schemas.registerTable(name, asked, request.getReplace(), rules, Calls.caller());
    cache.catchUp();
    return response
        .setTable(
            Messages.table(storeId, registered.table(), effective(registered.table(), engine)))
        .setExisted(registered.existed())
        .build();
  }

  private static void requireNoConflict(
      Source source,
      @Nullable StoredTable stored,
      PhysicalTable table,
      Supplier<List<PhysicalTable>> registered) {
    if (SourceSystems.get(source.kind()) instanceof RegisteringSystem system) {
      List<CatalogException.Violation> conflicts =
          system.conflicts(table, stored == null ? null : stored.physical(), registered);
      if (!conflicts.isEmpty()) {
        throw CatalogException.invalid(
            "Table '" + table.name() + "' cannot be registered", conflicts);
      }
    }
  }

  private static boolean isSame(StoredTable stored, NewTable wanted) {
    Overlay before = stored.overlay() == null ? Overlay.EMPTY : stored.overlay();
    return stored.physical().equals(wanted.physical())
        && (wanted.overlay() == null || wanted.overlay().equals(before));
  }

  private static List<AskedSchema> asked(List<io.unifiedcatalog.proto.v1.SchemaUse> uses) {
    List<CatalogException.Violation> violations = new ArrayList<>();
    List<AskedSchema> asked = new ArrayList<>();
    Set<String> roles = new HashSet<>();
    for (io.unifiedcatalog.proto.v1.SchemaUse use : uses) {
      if (!roles.add(use.getRole())) {
        violations.add(
            new CatalogException.Violation(
                "registration.schemas", "has two schemas of the role '" + use.getRole() + "'"));
      }
      if (use.getVersion() < 0) {
        violations.add(
            new CatalogException.Violation(
                "registration.schemas.version", use.getVersion() + " is negative"));
      }
      asked.add(
          new AskedSchema(use.getRole(), use.getSubject(), use.getVersion(), use.getMessage()));
    }
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The registration is not valid", violations);
    }
    return asked;
  }

  private Map<String, StoredSchema> preview(List<AskedSchema> asked) {
    Map<String, StoredSchema> found = new HashMap<>();
    for (AskedSchema schema : asked) {
      found.put(schema.role(), schemas.schema(schema.subject(), schema.version()));
    }
    return found;
  }

  private NewTable newTable(
      RegisterTableRequest request,
      TableName name,
      List<AskedSchema> asked,
      Source source,
      Map<String, StoredSchema> used,
      Engine engine,
      @Nullable StoredTable stored) {
    List<Column> given =
        request.getColumnsList().stream()
            .map(
                column ->
                    new Column(
                        column.getName(),
                        column.getNativeType(),
                        column.getNullable(),
                        column.getComment(),
                        column.getFactsMap()))
            .toList();
    List<Column> columns =
        given.isEmpty() && !asked.isEmpty() && stored != null
            ? RegisteredTables.ownColumns(
                source, stored.physical(), request.getRegistration().getOptionsMap())
            : given;
    PhysicalTable physical =
        RegisteredTables.table(
            source,
            name.table(),
            request.getRegistration().getOptionsMap(),
            asked,
            used,
            columns,
            request.getComment(),
            ownConnectorPaths);
    if (!request.hasOverlay()) {
      return new NewTable(physical, stored == null ? Overlay.EMPTY : null);
    }
    Overlay overlay = OverlayUpdate.overlay(request.getOverlay(), physical);
    List<CatalogException.Violation> violations = new ArrayList<>();
    check(
        source,
        name.database(),
        physical,
        overlay,
        stored == null ? null : stored.overlay(),
        engine,
        use -> Objects.requireNonNull(used.get(use.role())),
        violations);
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The overlay does not fit table " + name, violations);
    }
    return new NewTable(physical, overlay);
  }

  /**
   * Asks the source whether it has what a table needs. If it does not answer, that is a warning.
   */
  private static void ask(
      Source source,
      Registration registration,
      RegisterTableRequest request,
      RegisterTableResponse.Builder response,
      SourceCalls.Sessions sessions) {
    if (!(SourceSystems.get(source.kind()) instanceof RegisteringSystem system)) {
      return;
    }
    try (RegisteringSession session = sessions.opened(system.open(source))) {
      RegisteringSession.Check check =
          session.check(
              registration, request.hasCreate() ? request.getCreate().getOptionsMap() : null);
      response.addAllNotes(check.notes()).addAllWarnings(check.warnings());
    } catch (CatalogException e) {
      // What the caller wants made must be made; the table alone is of use without the source.
      if (request.hasCreate() || e.code() != ErrorCode.UNAVAILABLE) {
        throw e;
      }
      response.addWarnings("The source could not be asked: " + e.getMessage());
    }
  }

  @Override
  public void dropTable(DropTableRequest request, StreamObserver<DropTableResponse> observer) {
    answer(
        observer,
        () -> {
          schemas.dropTable(Requests.tableName(request.getName()), Calls.caller());
          cache.catchUp();
          return DropTableResponse.getDefaultInstance();
        });
  }
}
