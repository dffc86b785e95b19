package io.unifiedcatalog.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.FieldMask;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.Column;
import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DeleteSourceRequest;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetCrawlRunRequest;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListTableVersionsRequest;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.Problem;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesResponse;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.TableSummary;
import io.unifiedcatalog.proto.v1.TestSourceRequest;
import io.unifiedcatalog.proto.v1.UpdateSourceRequest;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import io.unifiedcatalog.proto.v1.Watermark;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.TestPostgres;
import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole API of a real server over a real MySQL. Each test has a database and a source of its
 * own.
 */
@ExtendWith(SharedServers.class)
class ApiTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Engine FLINK =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();
  private static MySqlServer mysql;
  private static Prefix prefix;
  private static HikariDataSource database;
  private static CatalogServer server;
  private static ManagedChannel channel;
  private static SourceServiceGrpc.SourceServiceBlockingStub sources;
  private static CatalogServiceGrpc.CatalogServiceBlockingStub catalog;
  private static BindingServiceGrpc.BindingServiceBlockingStub bindings;

  private String source;

  @BeforeAll
  static void start(MySqlServer shared, Prefix own, @TempDir Path directory) {
    mysql = shared;
    prefix = own;
    database = TestPostgres.BUNDLED.migratedDatabase();
    List<String> flags = new ArrayList<>(TestPostgres.flags(database, directory));
    flags.addAll(
        List.of("--listen=127.0.0.1:0", "--no-auth", "--data-dir=" + directory.resolve("data")));
    server = CatalogServer.start(ServerConfig.read(flags, Map.of()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    sources = SourceServiceGrpc.newBlockingStub(channel);
    catalog = CatalogServiceGrpc.newBlockingStub(channel);
    bindings = BindingServiceGrpc.newBlockingStub(channel);
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
    database.close();
  }

  @BeforeEach
  void addSource() {
    source = prefix.name("s") + NUMBER.incrementAndGet();
    mysql.execute(
        "CREATE DATABASE " + source,
        "CREATE TABLE "
            + source
            + ".orders (id BIGINT UNSIGNED PRIMARY KEY, note VARCHAR(50) COMMENT 'what was said',"
            + " created_at DATETIME(3) NOT NULL, place POINT)");
    Source added = sources.createSource(create(sourceNamed(source)));
    assertThat(added.getSecretsMap()).isEmpty();
    assertThat(added.getStoredSecretsList()).containsExactly("password");
  }

  @Test
  void aTableHasItsThreeLayersInOneAnswer() {
    crawl(source);

    Table table = table("orders");

    assertThat(table.getSource()).isEqualTo(source);
    assertThat(table.getPhysical().getColumnsList())
        .extracting(column -> column.getName() + " " + column.getNativeType())
        .containsExactly(
            "id bigint unsigned", "note varchar(50)", "created_at datetime(3)", "place point");
    assertThat(table.getEffective().getColumnsList())
        .extracting(column -> column.getName() + " " + column.getPhysical().getType())
        .containsExactly(
            "id DECIMAL(20, 0) NOT NULL", "note VARCHAR(50)", "created_at TIMESTAMP(3)");
    assertThat(table.getEffective().getPrimaryKeyList()).containsExactly("id");
    assertThat(table.getProblemsList())
        .anySatisfy(
            problem -> {
              assertThat(problem.getKind()).isEqualTo(Problem.Kind.KIND_UNSUPPORTED_COLUMN);
              assertThat(problem.getSubject()).isEqualTo("place");
            });
    assertThat(table.hasOverlay()).isFalse();
    assertThat(table.getVersion()).isEqualTo(1);
  }

  @Test
  void anUnknownKindOfSourceIsRefusedWithTheKindsThatAreKnown() {
    StatusRuntimeException failure =
        refused(
            () ->
                sources.createSource(
                    create(sourceNamed(source + "x").toBuilder().setKind("starocks").build())));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(violations(failure))
        .containsExactly(
            "source.kind: Source kind 'starocks' is unknown. Known kinds: "
                + SourceSystems.all().stream()
                    .map(SourceSystem::kind)
                    .collect(Collectors.joining(", "))
                + ".");
  }

  @Test
  void everyWrongOptionOfASourceIsReportedAtOnceAndNothingIsStored() {
    Source wrong =
        sourceNamed("Not-A-Name").toBuilder()
            .putOptions("port", "many")
            .putOptions("colour", "blue")
            .putOptions("property.allowLoadLocalInfile", "true")
            .build();

    StatusRuntimeException failure = refused(() -> sources.createSource(create(wrong)));

    assertThat(violations(failure))
        .anySatisfy(violation -> assertThat(violation).startsWith("source.name: "))
        .anySatisfy(violation -> assertThat(violation).startsWith("source.options.port: "))
        .anySatisfy(violation -> assertThat(violation).startsWith("source.options.colour: "))
        .anySatisfy(
            violation ->
                assertThat(violation).startsWith("source.options.property.allowLoadLocalInfile: "));
    assertThat(failure.getMessage()).doesNotContain(mysql.rootPassword());
    assertThat(
            refused(
                    () ->
                        sources.getSource(
                            GetSourceRequest.newBuilder().setName("Not-A-Name").build()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void aNameOfASourceCanBeTakenOnce() {
    assertThat(
            refused(() -> sources.createSource(create(sourceNamed(source)))).getStatus().getCode())
        .isEqualTo(Status.Code.ALREADY_EXISTS);
  }

  @Test
  void aRotatedPasswordKeepsEverythingElseAndCountsAtOnce() {
    crawl(source);
    String user = source + "_user";
    mysql.execute(
        "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'old-password'",
        "GRANT SELECT ON " + source + ".* TO '" + user + "'@'%'");
    Source before = source();
    sources.updateSource(
        UpdateSourceRequest.newBuilder()
            .setSource(
                Source.newBuilder()
                    .setName(source)
                    .putOptions("user", user)
                    .putSecrets("password", "old-password"))
            .setUpdateMask(
                FieldMask.newBuilder().addPaths("options.user").addPaths("secrets.password"))
            .build());
    assertThat(option(binding(ResolveBindingRequest.Role.ROLE_SOURCE), "password"))
        .isEqualTo("old-password");

    sources.updateSource(
        UpdateSourceRequest.newBuilder()
            .setSource(Source.newBuilder().setName(source).putSecrets("password", "new-password"))
            .build());

    assertThat(option(binding(ResolveBindingRequest.Role.ROLE_SOURCE), "password"))
        .isEqualTo("new-password");
    assertThat(source().getOptionsMap())
        .containsEntry("user", user)
        .containsEntry("port", before.getOptionsOrThrow("port"));
    assertThat(source().toString()).doesNotContain("new-password");
  }

  @Test
  void aStoredPasswordDoesNotGoToAnotherServerUnlessItIsGivenAgain() {
    for (String option : List.of("host", "port", "property.sslMode")) {
      UpdateSourceRequest.Builder update =
          UpdateSourceRequest.newBuilder()
              .setSource(
                  Source.newBuilder()
                      .setName(source)
                      .putOptions("host", "localhost")
                      .putOptions("port", "3307")
                      .putOptions("property.sslMode", "DISABLED"))
              .setUpdateMask(FieldMask.newBuilder().addPaths("options." + option));

      StatusRuntimeException failure = refused(() -> sources.updateSource(update.build()));

      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(violations(failure))
          .containsExactly(
              "source.secrets.password: must be given again, because with this change it goes to"
                  + " another server or over another kind of connection");
      update.getSourceBuilder().putSecrets("password", mysql.rootPassword());
      update.getUpdateMaskBuilder().addPaths("secrets.password");
      assertThat(sources.updateSource(update.build()).getOptionsMap()).containsKey(option);
    }
  }

  @Test
  void anUpdateOnAnOldEtagIsAborted() {
    String etag = source().getEtag();
    UpdateSourceRequest update =
        UpdateSourceRequest.newBuilder()
            .setSource(
                Source.newBuilder().setName(source).putOptions("user", "other").setEtag(etag))
            .setUpdateMask(FieldMask.newBuilder().addPaths("options.user"))
            .build();
    sources.updateSource(update);

    assertThat(refused(() -> sources.updateSource(update)).getStatus().getCode())
        .isEqualTo(Status.Code.ABORTED);
  }

  @Test
  void aSourceWhoseHostRefusesSaysWhichAndWhy() {
    String own = source + "r";
    sources.createSource(create(sourceNamed(own).toBuilder().putOptions("port", "1").build()));

    StatusRuntimeException failure =
        refused(() -> sources.testSource(TestSourceRequest.newBuilder().setName(own).build()));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure.getMessage())
        .contains("'" + own + "'")
        .contains("127.0.0.1:1")
        .contains("refused")
        .doesNotContain(mysql.rootPassword());
  }

  @Test
  void aRemovedSourceTakesItsTablesWithItAndItsNameIsFree() {
    crawl(source);

    assertThat(
            sources
                .deleteSource(DeleteSourceRequest.newBuilder().setName(source).build())
                .getDroppedTables())
        .isEqualTo(1);

    assertThat(refused(() -> table("orders")).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
    sources.createSource(create(sourceNamed(source)));
    crawl(source);
    assertThat(table("orders").getSource()).isEqualTo(source);
  }

  @Test
  void anOverlayIsSeenAtOnceAndItsEtagGuardsIt() {
    crawl(source);
    Overlay watermark =
        Overlay.newBuilder()
            .setWatermark(
                Watermark.newBuilder()
                    .setColumn("created_at")
                    .setExpression("created_at - INTERVAL '5' SECOND"))
            .build();

    Table updated = overlay(watermark);

    assertThat(updated.getEffective().getWatermark()).isEqualTo(watermark.getWatermark());
    assertThat(table("orders").getEffective().getWatermark()).isEqualTo(watermark.getWatermark());
    assertThat(table("orders").getVersion()).isEqualTo(2);
    String etag = updated.getOverlay().getEtag();
    overlay(Overlay.newBuilder().setComment("other").setEtag(etag).build());
    assertThat(
            refused(() -> overlay(Overlay.newBuilder().setComment("late").setEtag(etag).build()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.ABORTED);
  }

  @Test
  void aFieldMaskSetsPartsOfAnOverlay() {
    crawl(source);
    overlay(
        Overlay.newBuilder()
            .setComment("first")
            .addComputedColumns(
                ComputedColumn.newBuilder().setName("loud").setExpression("UPPER(note)"))
            .build());

    Table updated =
        catalog.updateTableOverlay(
            UpdateTableOverlayRequest.newBuilder()
                .setName(name("orders"))
                .setOverlay(Overlay.newBuilder().setComment("second"))
                .setUpdateMask(FieldMask.newBuilder().addPaths("comment"))
                .setEngine(FLINK)
                .build());

    assertThat(updated.getOverlay().getComment()).isEqualTo("second");
    assertThat(updated.getEffective().getColumnsList())
        .extracting(Column::getName)
        .containsExactly("id", "note", "created_at", "loud");
  }

  @Test
  void anOverlayThatDoesNotFitIsRefusedWithEveryFaultAndNothingIsStored() {
    crawl(source);
    Overlay wrong =
        Overlay.newBuilder()
            .setWatermark(Watermark.newBuilder().setColumn("gone").setExpression("gone"))
            .addHiddenColumns("absent")
            .putOptions("url", "jdbc:mysql://elsewhere/")
            .putOptions("scan.fetch-size", "7")
            .build();

    StatusRuntimeException failure = refused(() -> overlay(wrong));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(violations(failure))
        .anySatisfy(violation -> assertThat(violation).startsWith("overlay.watermark: "))
        .anySatisfy(violation -> assertThat(violation).startsWith("overlay.hidden_columns: "))
        .anySatisfy(
            violation ->
                assertThat(violation)
                    .startsWith("overlay.options.url: ")
                    .contains("scan.fetch-size"))
        .hasSize(3);
    assertThat(table("orders").hasOverlay()).isFalse();
  }

  @Test
  void anOverlayThatNoLongerFitsSaysSoAndTheTableStaysReadable() {
    crawl(source);
    overlay(
        Overlay.newBuilder()
            .setWatermark(
                Watermark.newBuilder().setColumn("created_at").setExpression("created_at"))
            .build());
    mysql.execute("ALTER TABLE " + source + ".orders DROP COLUMN created_at");
    crawl(source);

    Table table = table("orders");

    assertThat(table.getEffective().hasWatermark()).isFalse();
    assertThat(table.getEffective().getColumnsCount()).isEqualTo(2);
    assertThat(table.getOverlay().hasWatermark()).isTrue();
    assertThat(table.getProblemsList())
        .anySatisfy(
            problem -> {
              assertThat(problem.getKind()).isEqualTo(Problem.Kind.KIND_OVERLAY);
              assertThat(problem.getMessage()).contains("created_at");
            });
  }

  @Test
  void aTableKeepsItsVersionsAndEachCanBeRead() {
    crawl(source);
    mysql.execute("ALTER TABLE " + source + ".orders ADD more INT");
    crawl(source);

    List<Table> versions =
        catalog
            .listTableVersions(
                ListTableVersionsRequest.newBuilder().setName(name("orders")).build())
            .getVersionsList();

    assertThat(versions).extracting(Table::getVersion).containsExactly(2L, 1L);
    assertThat(versions.get(0).getReason()).contains("crawl").contains(source);
    assertThat(versions.get(0).getAuthor()).isNotEmpty();
    assertThat(
            catalog
                .getTable(
                    GetTableRequest.newBuilder().setName(name("orders")).setVersion(1).build())
                .getPhysical()
                .getColumnsCount())
        .isEqualTo(4);
  }

  @Test
  void listsComeInPagesOfTheSizeThatWasAskedFor() {
    for (int i = 0; i < 5; i++) {
      mysql.execute("CREATE TABLE " + source + ".t" + i + " (needle_" + source + " INT)");
    }
    crawl(source);
    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      ListTablesResponse page =
          catalog.listTables(
              ListTablesRequest.newBuilder()
                  .setDatabase(database())
                  .setPageSize(2)
                  .setPageToken(token)
                  .build());
      assertThat(page.getTablesCount()).isLessThanOrEqualTo(2);
      page.getTablesList().forEach(table -> listed.add(table.getName().getTable()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(listed).containsExactly("orders", "t0", "t1", "t2", "t3", "t4");

    SearchTablesResponse found =
        catalog.searchTables(
            SearchTablesRequest.newBuilder().setQuery("NEEDLE_" + source).setPageSize(3).build());
    SearchTablesResponse rest =
        catalog.searchTables(
            SearchTablesRequest.newBuilder()
                .setQuery("NEEDLE_" + source)
                .setPageSize(3)
                .setPageToken(found.getNextPageToken())
                .build());
    assertThat(found.getTablesCount()).isEqualTo(3);
    assertThat(rest.getTablesList())
        .extracting(TableSummary::getName)
        .containsExactly(name("t3"), name("t4"));
    assertThat(
            refused(
                    () ->
                        catalog.listDatabases(
                            ListDatabasesRequest.newBuilder().setPageToken("%%").build()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aBindingMarksWhatIsFixedTunableAndSecretAndTakesTunableOptionsFromTheOverlay() {
    crawl(source);
    overlay(Overlay.newBuilder().putOptions("scan.fetch-size", "77").build());

    Binding binding = binding(ResolveBindingRequest.Role.ROLE_SOURCE);

    assertThat(option(binding, "connector")).isEqualTo("unified-jdbc");
    assertThat(option(binding, "password")).isEqualTo(mysql.rootPassword());
    assertThat(option(binding, "scan.fetch-size")).isEqualTo("77");
    assertThat(binding.getOptionsList())
        .filteredOn(option -> !option.getTunable())
        .extracting(Binding.Option::getKey)
        .contains("connector", "url", "table-name", "username", "password");
    assertThat(binding.getOptionsList())
        .filteredOn(Binding.Option::getSecret)
        .extracting(Binding.Option::getKey)
        .containsExactly("password");
    assertThat(binding.getArtifactsList()).isNotEmpty();
  }

  @Test
  void aVersionIsBoundForAsLongAsItsTableIsThere() {
    crawl(source);
    mysql.execute("ALTER TABLE " + source + ".orders ADD more INT");
    crawl(source);
    ResolveBindingRequest planned =
        ResolveBindingRequest.newBuilder()
            .setName(name("orders"))
            .setVersion(1)
            .setRole(ResolveBindingRequest.Role.ROLE_SOURCE)
            .setRuntimeMode(ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_BATCH)
            .setEngine(FLINK)
            .build();
    assertThat(option(bindings.resolveBinding(planned), "connector")).isEqualTo("unified-jdbc");
    assertThat(
            refused(() -> bindings.resolveBinding(planned.toBuilder().setVersion(3).build()))
                .getMessage())
        .contains("has no version 3");

    sources.deleteSource(DeleteSourceRequest.newBuilder().setName(source).build());

    assertThat(refused(() -> bindings.resolveBinding(planned)).getStatus().getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void aTableWithARequiredColumnThatSqlDoesNotSeeCannotBeWritten() {
    mysql.execute("ALTER TABLE " + source + ".orders MODIFY place POINT NOT NULL");
    crawl(source);

    StatusRuntimeException unsupported =
        refused(() -> binding(ResolveBindingRequest.Role.ROLE_SINK));
    assertThat(unsupported.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(unsupported.getMessage()).contains("place");

    mysql.execute("ALTER TABLE " + source + ".orders MODIFY place POINT");
    crawl(source);
    assertThat(option(binding(ResolveBindingRequest.Role.ROLE_SINK), "connector"))
        .isEqualTo("unified-jdbc");
    overlay(Overlay.newBuilder().addHiddenColumns("created_at").build());
    StatusRuntimeException hidden = refused(() -> binding(ResolveBindingRequest.Role.ROLE_SINK));
    assertThat(hidden.getMessage()).contains("created_at").contains("hides");
  }

  @Test
  void aCrawledTableIsNeitherDroppedNorRegistered() {
    crawl(source);
    StatusRuntimeException dropped =
        refused(
            () -> catalog.dropTable(DropTableRequest.newBuilder().setName(name("orders")).build()));
    assertThat(dropped.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(dropped.getStatus().getDescription())
        .isEqualTo(
            "Table "
                + database()
                + ".orders is not dropped: it is what a crawl found in source '"
                + source
                + "'. Drop it there, then crawl the source.");
    for (String table : List.of("orders", "more")) {
      StatusRuntimeException registered =
          refused(
              () ->
                  catalog.registerTable(
                      RegisterTableRequest.newBuilder()
                          .setName(name(table))
                          .setReplace(true)
                          .setRegistration(
                              Registration.newBuilder().putOptions("connector", "datagen"))
                          .addColumns(
                              PhysicalColumn.newBuilder().setName("id").setNativeType("INT"))
                          .build()));
      assertThat(registered.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(registered.getStatus().getDescription())
          .isEqualTo(
              "Table '"
                  + table
                  + "' is not registered: its database is of source '"
                  + source
                  + "' of kind mysql, whose tables come from crawls. Create the table there, then"
                  + " run `catalog crawl run "
                  + source
                  + "`.");
    }
    assertThat(table("orders").getVersion()).isEqualTo(1);
  }

  @Test
  void aRunIsKeptWithItsCounts() {
    CrawlRun run = crawl(source);

    CrawlRun kept = sources.getCrawlRun(GetCrawlRunRequest.newBuilder().setId(run.getId()).build());

    assertThat(kept).isEqualTo(run);
    assertThat(kept.getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
    assertThat(kept.getDatabases(0).getAdded()).isEqualTo(1);
    assertThat(kept.getDatabases(0).getProblems(0).getProblem().getSubject()).isEqualTo("place");
    assertThat(kept.hasEndTime()).isTrue();
  }

  @Test
  void anErrorCarriesAReasonForPrograms() {
    StatusRuntimeException failure = refused(() -> table("nothing"));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(details(failure, ErrorInfo.class).getReason()).isEqualTo("NOT_FOUND");
  }

  private static CreateSourceRequest create(Source source) {
    return CreateSourceRequest.newBuilder().setSource(source).build();
  }

  private Source sourceNamed(String name) {
    return Source.newBuilder()
        .setName(name)
        .setKind("mysql")
        .putOptions("host", "127.0.0.1")
        .putOptions("port", Integer.toString(mysql.port()))
        .putOptions("user", "root")
        .putOptions("include", source + ".*")
        .putSecrets("password", mysql.rootPassword())
        .build();
  }

  private Source source() {
    return sources.getSource(GetSourceRequest.newBuilder().setName(source).build());
  }

  private static CrawlRun crawl(String source) {
    Iterator<CrawlEvent> events =
        sources.runCrawl(RunCrawlRequest.newBuilder().setSource(source).build());
    CrawlEvent first = events.next();
    assertThat(first.hasStarted()).isTrue();
    CrawlEvent last = first;
    while (events.hasNext()) {
      last = events.next();
    }
    return last.getFinished();
  }

  private String database() {
    return source + "_" + source;
  }

  private TableName name(String table) {
    return TableName.newBuilder().setDatabase(database()).setTable(table).build();
  }

  private Table table(String table) {
    return catalog.getTable(
        GetTableRequest.newBuilder().setName(name(table)).setEngine(FLINK).build());
  }

  private Table overlay(Overlay overlay) {
    return catalog.updateTableOverlay(
        UpdateTableOverlayRequest.newBuilder()
            .setName(name("orders"))
            .setOverlay(overlay)
            .setEngine(FLINK)
            .build());
  }

  private Binding binding(ResolveBindingRequest.Role role) {
    return bindings.resolveBinding(
        ResolveBindingRequest.newBuilder()
            .setName(name("orders"))
            .setRole(role)
            .setRuntimeMode(ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_BATCH)
            .setEngine(FLINK)
            .build());
  }

  private static String option(Binding binding, String key) {
    return binding.getOptionsList().stream()
        .filter(option -> option.getKey().equals(key))
        .map(Binding.Option::getValue)
        .findFirst()
        .orElseThrow();
  }

  private static StatusRuntimeException refused(Supplier<?> call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::get);
  }

  private static List<String> violations(StatusRuntimeException failure) {
    return details(failure, BadRequest.class).getFieldViolationsList().stream()
        .map(violation -> violation.getField() + ": " + violation.getDescription())
        .toList();
  }

  private static <T extends com.google.protobuf.Message> T details(
      StatusRuntimeException failure, Class<T> type) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    assertThat(status).isNotNull();
    return status.getDetailsList().stream()
        .filter(detail -> detail.is(type))
        .map(
            detail -> {
              try {
                return detail.unpack(type);
              } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new AssertionError(e);
              }
            })
        .findFirst()
        .orElseThrow();
  }
}
