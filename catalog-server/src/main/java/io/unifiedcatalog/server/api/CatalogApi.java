package io.unifiedcatalog.server.api;

import static io.unifiedcatalog.server.api.Calls.answer;

import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc.CatalogServiceImplBase;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.GetDatabaseRequest;
import io.unifiedcatalog.proto.v1.GetServerInfoRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import io.unifiedcatalog.proto.v1.ListTableVersionsRequest;
import io.unifiedcatalog.proto.v1.ListTableVersionsResponse;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesResponse;
import io.unifiedcatalog.proto.v1.ServerInfo;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.MetadataStore.TableSummary;
import io.unifiedcatalog.server.store.TableCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** {@code CatalogService}: databases, tables, overlays, versions. */
public final class CatalogApi extends CatalogServiceImplBase {
  private static final int LIST_PAGE = 1_000;
  private static final int GREATEST_LIST_PAGE = 10_000;
  private static final int PAGE = 100;
  private static final int GREATEST_PAGE = 1_000;

  private final MetadataStore store;
  private final TableCache cache;

  /** The service over a store and its cache. */
  public CatalogApi(MetadataStore store, TableCache cache) {
    this.store = store;
    this.cache = cache;
  }

  /** What an engine sees of a stored table. */
  public static EffectiveSchema effective(StoredTable table, Engine engine) {
    return effective(table, table.overlay() == null ? Overlay.EMPTY : table.overlay(), engine);
  }

  private static EffectiveSchema effective(StoredTable table, Overlay overlay, Engine engine) {
    SourceSystem system = SourceSystems.get(table.source().kind());
    return EffectiveSchema.of(
        table.physical(),
        overlay,
        column -> system.columnType(column, table.source(), engine),
        system.metadataKeys(engine));
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
              store.tables(request.getDatabase(), Requests.after(request.getPageToken()), size);
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
              store.searchTables(words, token.isEmpty() ? null : Requests.afterTable(token), size);
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
          table,
          request.hasEngine() ? effective(table, Requests.engine(request.getEngine())) : null);
    }
    TableCache.Entry entry = cache.get(name);
    if (entry == null) {
      throw CatalogException.notFound(
          "Table " + name + " does not exist. `catalog table search` finds tables by words.");
    }
    return Messages.table(
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
              .addAllVersions(page.stream().map(Messages::tableVersion).toList())
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
          StoredTable updated =
              store.updateOverlay(
                  name,
                  request.getOverlay().getEtag(),
                  table -> {
                    Overlay overlay = OverlayUpdate.apply(table, request, violations);
                    OverlayUpdate.check(
                        table, overlay, effective(table, overlay, engine), engine, violations);
                    if (!violations.isEmpty()) {
                      throw CatalogException.invalid(
                          "The overlay does not fit table " + name, violations);
                    }
                    return overlay;
                  },
                  Calls.caller());
          cache.catchUp();
          return Messages.table(updated, effective(updated, engine));
        });
  }
}
