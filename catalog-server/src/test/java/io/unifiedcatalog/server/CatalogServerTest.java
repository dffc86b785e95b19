package io.unifiedcatalog.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetServerInfoRequest;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.server.store.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The server as a process of its own, as people start it. Most of its time a test waits for
 * processes, so tests run at the same time.
 */
@Timeout(240)
@Execution(ExecutionMode.CONCURRENT)
class CatalogServerTest {
  private static final String PASSWORD = "hunter2-of-mysql";

  @TempDir Path directory;
  private final List<Running> running = new ArrayList<>();
  private final List<HikariDataSource> stores = new ArrayList<>();

  /** A server process that listens. */
  private record Running(Process process, int port, ManagedChannel channel) {
    CatalogServiceGrpc.CatalogServiceBlockingStub catalog() {
      return CatalogServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, SECONDS);
    }

    SourceServiceGrpc.SourceServiceBlockingStub sources() {
      return SourceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, SECONDS);
    }
  }

  @BeforeEach
  void letEveryUserPass() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Running each : running) {
      each.channel.shutdownNow();
      each.process.destroy();
      if (!each.process.waitFor(60, SECONDS)) {
        each.process.destroyForcibly();
      }
    }
    stores.forEach(HikariDataSource::close);
  }

  /** A database for a test that does not need a PostgreSQL of the server's own. */
  private HikariDataSource newStore() {
    HikariDataSource store = TestPostgres.BUNDLED.migratedDatabase();
    stores.add(store);
    return store;
  }

  private Path errors() {
    return directory.resolve("errors.log");
  }

  private Process launch(String... flags) throws IOException {
    return launch(List.of(), flags);
  }

  private Process launch(List<String> javaFlags, String... flags) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    command.addAll(javaFlags);
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            // The server's own, not the tests'.
            "-Dlogback.configurationFile=logback.xml",
            "-cp",
            System.getProperty("java.class.path"),
            CatalogServer.class.getName()));
    command.addAll(List.of(flags));
    command.add("--store-binaries=" + TestPostgres.BINARIES);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(errors().toFile()));
    builder.environment().put("XDG_STATE_HOME", directory.resolve("state").toString());
    return builder.start();
  }

  private Running serve(String... moreFlags) throws IOException {
    return serve(List.of(), moreFlags);
  }

  private Running serve(List<String> storeFlags, String... moreFlags) throws IOException {
    List<String> flags =
        new ArrayList<>(
            List.of("--listen", "127.0.0.1:0", "--data-dir", directory.resolve("data").toString()));
    flags.addAll(storeFlags);
    flags.addAll(List.of(moreFlags));
    Process process = launch(flags.toArray(String[]::new));
    String line = process.inputReader().readLine();
    assertThat(line)
        .withFailMessage(() -> "the server ended: " + log())
        .startsWith("Listening on 127.0.0.1:");
    int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    NettyChannelBuilder channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext();
    Path token = directory.resolve("data/binding.token");
    if (Files.exists(token)) {
      channel.intercept(
          MetadataUtils.newAttachHeadersInterceptor(bearer(Files.readString(token).strip())));
    }
    Running server = new Running(process, port, channel.build());
    running.add(server);
    return server;
  }

  private static Metadata bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return headers;
  }

  private static void stop(Running server) throws InterruptedException {
    server.process.destroy();
    assertThat(server.process.waitFor(60, SECONDS)).isTrue();
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void theFirstStartMakesTwoTokensThatItRequiresAndLaterStartsKeep() throws Exception {
    List<String> store = TestPostgres.flags(newStore(), directory);
    Running server = serve(store);
    Path catalog = directory.resolve("data/catalog.token");
    Path binding = directory.resolve("data/binding.token");
    List<String> tokens =
        List.of(Files.readString(catalog).strip(), Files.readString(binding).strip());
    assertThat(tokens).doesNotHaveDuplicates().allMatch(token -> token.matches("[0-9a-f]{64}"));
    assertThat(mode(catalog)).isEqualTo("rw-------");
    assertThat(mode(binding)).isEqualTo("rw-------");
    assertThat(server.catalog().listDatabases(ListDatabasesRequest.getDefaultInstance()))
        .isNotNull();
    ManagedChannel anonymous =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port).usePlaintext().build();
    try {
      assertThatThrownBy(
              () ->
                  CatalogServiceGrpc.newBlockingStub(anonymous)
                      .listDatabases(ListDatabasesRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED))
          .hasMessageContaining("catalog.token")
          .hasMessageContaining("UNIFIED_TOKEN_FILE");
    } finally {
      anonymous.shutdownNow();
    }
    stop(server);

    stop(serve(store));
    assertThat(List.of(Files.readString(catalog).strip(), Files.readString(binding).strip()))
        .isEqualTo(tokens);
    assertThat(log()).doesNotContain(tokens.get(0), tokens.get(1)).doesNotContain("WARN");
  }

  @Test
  void itLeavesAnEntryForClientsOfItsUserWhileItRuns() throws Exception {
    Running server = serve(TestPostgres.flags(newStore(), directory));
    Path servers = directory.resolve("state/unified-catalog/servers");
    Path entry = servers.resolve("127.0.0.1:" + server.port + ".properties");
    assertThat(entry)
        .content()
        .contains("catalog-token-file=" + directory.resolve("data/catalog.token"))
        .contains("binding-token-file=" + directory.resolve("data/binding.token"));
    assertThat(mode(entry)).isEqualTo("rw-------");
    assertThat(mode(servers)).isEqualTo("rwx------");
    stop(server);
    assertThat(entry).doesNotExist();
  }

  @Test
  void withTokenFilesOfOthersItLeavesNoEntry() throws Exception {
    Path catalog = Files.writeString(directory.resolve("catalog"), "catalog-token-0123456789\n");
    Path binding = Files.writeString(directory.resolve("binding"), "binding-token-0123456789\n");
    serve(
        TestPostgres.flags(newStore(), directory),
        "--catalog-token-file=" + catalog,
        "--binding-token-file=" + binding);
    assertThat(directory.resolve("state")).doesNotExist();
    assertThat(directory.resolve("data/catalog.token")).doesNotExist();
    // They can be read by everybody, which is warned of and not refused.
    assertThat(log()).contains("WARN").contains("chmod go-r " + binding);
  }

  @Test
  void withoutAuthenticationItWarnsThatEverybodyMayReadPasswords() throws Exception {
    Running server = serve(TestPostgres.flags(newStore(), directory), "--no-auth");
    assertThat(server.catalog().listDatabases(ListDatabasesRequest.getDefaultInstance()))
        .isNotNull();
    assertThat(directory.resolve("data/catalog.token")).doesNotExist();
    assertThat(directory.resolve("state")).doesNotExist();
    assertThat(log()).contains("every user").contains("passwords of its sources");
  }

  @Test
  void aStateDirectoryOfOthersIsNotWrittenAndTheServerGoesOn() throws Exception {
    Path servers = Files.createDirectories(directory.resolve("state/unified-catalog/servers"));
    Files.setPosixFilePermissions(servers, PosixFilePermissions.fromString("rwxrwxrwx"));
    Running server = serve(TestPostgres.flags(newStore(), directory));
    assertThat(server.catalog().listDatabases(ListDatabasesRequest.getDefaultInstance()))
        .isNotNull();
    assertThat(servers).isEmptyDirectory();
    assertThat(log()).contains("chmod go-w " + servers).contains("--token-file");
  }

  private String log() {
    try {
      return Files.readString(errors());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void createSource(Running server) {
    Source unused =
        server
            .sources()
            .createSource(
                CreateSourceRequest.newBuilder()
                    .setSource(
                        Source.newBuilder()
                            .setName("shop")
                            .setKind("mysql")
                            .putAllOptions(Map.of("host", "127.0.0.1", "user", "reader"))
                            .putSecrets("password", PASSWORD))
                    .build());
    assertThat(unused.getStoredSecretsList()).containsExactly("password");
  }

  private static Source getSource(Running server) {
    return server.sources().getSource(GetSourceRequest.newBuilder().setName("shop").build());
  }

  @Test
  void itsFiguresAreAtAPortOfTheirOwnAlsoWhileTheStoreIsAway() throws Exception {
    // One of the server's own would be started again.
    EmbeddedPostgres postgres = TestPostgres.start(directory.resolve("own-store"));
    Path password =
        Files.writeString(directory.resolve("store-password"), postgres.password().reveal());
    Running server =
        serve(
            "--metrics-listen",
            "127.0.0.1:0",
            "--store",
            postgres.jdbcUrl(),
            "--store-user",
            postgres.user(),
            "--store-password-file",
            password.toString());
    var unused =
        server
            .sources()
            .createSource(
                CreateSourceRequest.newBuilder()
                    .setSource(
                        Source.newBuilder()
                            .setName("shop")
                            .setKind("mysql")
                            .putOptions("host", "127.0.0.1")
                            // Nobody listens there.
                            .putOptions("port", "1")
                            .putOptions("user", "reader")
                            .putSecrets("password", PASSWORD))
                    .build());
    server
        .sources()
        .runCrawl(RunCrawlRequest.newBuilder().setSource("shop").build())
        .forEachRemaining(event -> {});

    assertThat(figures())
        .contains(
            "unified_catalog_crawls_total{outcome=\"failed\",source=\"shop\"} 1.0",
            "unified_catalog_breaking_changes_total{source=\"shop\"} 0.0",
            "unified_catalog_crawl_duration_seconds_count{source=\"shop\"} 1",
            "unified_catalog_source_failures{kind=\"mysql\",source=\"shop\"} 1.0",
            "unified_catalog_source_held_runs{kind=\"mysql\",source=\"shop\"} 0.0",
            "unified_catalog_source_tables{kind=\"mysql\",source=\"shop\"} 0.0",
            "unified_catalog_grpc_call_duration_seconds_count{"
                + "method=\"unified.catalog.v1.SourceService/CreateSource\",status=\"OK\"} 1",
            "unified_catalog_store_up 1.0",
            "unified_catalog_store_connections_active ",
            "unified_catalog_build_info{version=",
            "jvm_memory_used_bytes{area=\"heap\"} ")
        // It never succeeded.
        .doesNotContain("crawl_age_seconds{", PASSWORD);

    postgres.close();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(figures())
                    .contains("unified_catalog_store_up 0.0", "jvm_memory_used_bytes")
                    .doesNotContain("unified_catalog_source_"));
  }

  private String figures() throws Exception {
    Matcher port =
        Pattern.compile("Metrics are at port (\\d+)").matcher(Files.readString(errors(), UTF_8));
    assertThat(port.find()).isTrue();
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.group(1) + "/metrics"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void itServesUntilItIsToldToStopAndThenEndsWithSuccess() throws Exception {
    Running server = serve();
    assertThat(
            HealthGrpc.newBlockingStub(server.channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThat(
            server
                .catalog()
                .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                .getMaxApiVersion())
        .isEqualTo(1);
    createSource(server);
    server.process.destroy();
    assertThat(server.process.waitFor(60, SECONDS)).isTrue();
    assertThat(server.process.exitValue()).isZero();
    assertThat(directory.resolve("data/store/cluster/postmaster.pid"))
        .withFailMessage("PostgreSQL was left behind")
        .doesNotExist();
    // Its programs are where --store-binaries says, and not there.
    assertThat(directory.resolve("data/store")).isDirectoryNotContaining("glob:**/postgresql-*");
    assertThat(TestPostgres.BINARIES).isDirectoryContaining("glob:**/postgresql-*");
    assertThat(log()).contains("Stopped").doesNotContain("ERROR").doesNotContain(PASSWORD);

    assertThat(getSource(serve()).getOptionsMap()).containsEntry("user", "reader");
  }

  @Test
  @Tag("kill")
  void killedItLosesNothing() throws Exception {
    Running server = serve();
    createSource(server);
    server.process.destroyForcibly();
    assertThat(server.process.waitFor(60, SECONDS)).isTrue();
    Running again = serve();
    assertThat(getSource(again).getStoredSecretsList()).containsExactly("password");
    assertThat(log()).contains("left behind by an earlier server");
  }

  @Test
  void withoutItsKeyItRefusesAStoreThatHasOneAndChangesNothing() throws Exception {
    List<String> store = TestPostgres.flags(newStore(), directory);
    Running server = serve(store);
    createSource(server);
    server.process.destroy();
    assertThat(server.process.waitFor(60, SECONDS)).isTrue();
    Path key = directory.resolve("data/secret.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    Path kept = Files.move(key, directory.resolve("kept"));

    List<String> flags = new ArrayList<>(store);
    flags.addAll(List.of("--listen=127.0.0.1:0", "--data-dir=" + directory.resolve("data")));
    Process refused = launch(flags.toArray(String[]::new));
    assertThat(refused.waitFor(60, SECONDS)).isTrue();
    assertThat(refused.exitValue()).isEqualTo(1);
    assertThat(log()).contains(key.toString());
    assertThat(key).doesNotExist();

    Files.move(kept, key);
    assertThat(getSource(serve(store)).getStoredSecretsList()).containsExactly("password");
  }

  @Test
  void twoServersOnOneDataDirectoryAreOneTooMany() throws Exception {
    Running first = serve();
    Process second = launch("--listen=127.0.0.1:0", "--data-dir=" + directory.resolve("data"));
    assertThat(second.waitFor(60, SECONDS)).isTrue();
    assertThat(second.exitValue()).isEqualTo(1);
    assertThat(log()).contains("is in use by another catalog server");
    assertThat(first.catalog().listDatabases(ListDatabasesRequest.getDefaultInstance()))
        .isNotNull();
  }

  @Test
  void withTokensACallWithoutOneIsRefused() throws Exception {
    Path catalog = Files.writeString(directory.resolve("catalog"), "catalog-token-0123456789\n");
    Path binding = Files.writeString(directory.resolve("binding"), "binding-token-0123456789\n");
    HikariDataSource database = newStore();
    Running server =
        serve(
            TestPostgres.flags(database, directory),
            "--catalog-token-file=" + catalog,
            "--binding-token-file=" + binding);
    assertThatThrownBy(
            () -> server.catalog().listDatabases(ListDatabasesRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED))
        .hasMessageContaining("catalog-token-file");
  }

  @Test
  void aBindingRefusedForItsTokenIsAudited() throws Exception {
    Path catalog = Files.writeString(directory.resolve("catalog"), "catalog-token-0123456789\n");
    Path binding = Files.writeString(directory.resolve("binding"), "binding-token-0123456789\n");
    HikariDataSource database = newStore();
    Running server =
        serve(
            TestPostgres.flags(database, directory),
            "--catalog-token-file=" + catalog,
            "--binding-token-file=" + binding);
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer catalog-token-0123456789");
    assertThatThrownBy(
            () ->
                BindingServiceGrpc.newBlockingStub(server.channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .resolveBinding(
                        ResolveBindingRequest.newBuilder()
                            .setName(
                                TableName.newBuilder().setDatabase("shop_shop").setTable("orders"))
                            .setRole(ResolveBindingRequest.Role.ROLE_SOURCE)
                            .setRuntimeMode(ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_BATCH)
                            .setEngine(Engine.newBuilder().setName("flink").setVersion("2.3.0"))
                            .build()))
        .hasMessageContaining("binding-token-file");
    try (Connection store = database.getConnection();
        Statement statement = store.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT author, table_name, allowed, reason FROM binding_audit")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).startsWith("catalog-token@");
      assertThat(rows.getString(2)).isEqualTo("orders");
      assertThat(rows.getBoolean(3)).isFalse();
      assertThat(rows.getString(4)).contains("binding-token-file");
    }
  }

  @Test
  void wrongSettingsAreAllPrintedAndEndItWithTwo() throws Exception {
    Process process = launch("--listen=nowhere", "--colour=red", "--store=mysql");
    assertThat(process.waitFor(60, SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(2);
    assertThat(log())
        .contains("The configuration is wrong:")
        .contains("  --listen: 'nowhere' is not HOST:PORT")
        .contains("  --colour: no setting has this name")
        .contains("  --store: is neither");
  }

  @Test
  void aStoreThatIsAwayIsNamedWithoutItsPassword() throws Exception {
    Path password = Files.writeString(directory.resolve("password"), "hunter2-of-the-store");
    Process process =
        launch(
            "--store=jdbc:postgresql://127.0.0.1:1/catalog",
            "--store-user=me",
            "--store-password-file=" + password,
            "--data-dir=" + directory.resolve("data"));
    assertThat(process.waitFor(60, SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(log()).contains("store").contains("127.0.0.1:1").doesNotContain("hunter2");
  }

  @Test
  void whereThereAreNoBinariesTheOtherStoreIsNamed() throws Exception {
    Process process =
        launch(
            List.of("-Dos.arch=riscv64"),
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            directory.resolve("data").toString());
    assertThat(process.waitFor(60, SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(log()).contains("riscv64").contains("--store jdbc:postgresql://");
  }

  @Test
  void helpNamesEverySetting() throws Exception {
    Process process = launch("--help");
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
        .contains("--listen HOST:PORT", "--data-dir DIRECTORY");
    assertThat(process.waitFor()).isZero();
  }
}
