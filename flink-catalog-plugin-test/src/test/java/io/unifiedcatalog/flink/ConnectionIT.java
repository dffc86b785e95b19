package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.catalog.Catalog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user is told when the catalog, or a table's data, cannot be reached. */
class ConnectionIT {
  @TempDir Path directory;

  @Test
  @Timeout(20)
  void aServerThatIsAwayIsSaidWithItsEndpointAndWhatToCheck() throws Exception {
    // Bound and not listening: no other test's server can take the port meanwhile.
    try (Socket away = new Socket()) {
      away.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = away.getLocalPort();
      assertThat(create("'endpoint' = '127.0.0.1:" + port + "'"))
          .contains("The catalog server at 127.0.0.1:" + port + " cannot be reached")
          .contains("Connection refused")
          .contains("bin/catalog serve")
          .contains("option 'endpoint' of catalog 'unified'");
    }
  }

  @Test
  @Tag("kill")
  void aServerThatGoesAwayIsSaidAndOneThatIsBackIsUsedAtOnce() throws Exception {
    try (Shop shop = Shop.own()) {
      TableEnvironment session = shop.batch();
      String endpoint = shop.endpoint();
      shop.stopServer();
      String query = "SELECT * FROM " + shop.table("orders");
      assertThat(reason(catchThrowable(() -> session.explainSql(query))))
          .contains("The catalog server at " + endpoint + " cannot be reached");
      shop.startServerAt(endpoint);
      assertThat(session.explainSql(query)).contains("orders");
    }
  }

  @Test
  void aMissingTokenIsSaidWithTheOptionThatSetsIt() {
    assertThat(create("'endpoint' = '" + Shop.shared().endpoint() + "'"))
        .contains("The call has no token")
        .contains("'token-file'");
  }

  @Test
  void aWrongTokenIsSaidAndNotShown() throws Exception {
    Path file = Files.writeString(directory.resolve("token"), "wrong-token-77");
    assertThat(
            create(
                "'endpoint' = '" + Shop.shared().endpoint() + "', 'token-file' = '" + file + "'"))
        .contains("The catalog server at " + Shop.shared().endpoint())
        .contains("binding-token-file")
        .doesNotContain("wrong-token-77");
  }

  @Test
  void theCatalogsOwnTokenReadsSchemasAndResolvesNoBinding() {
    Shop shop = Shop.shared();
    TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    session.executeSql(
        shop.createCatalog(shop.endpoint()).replace("binding-token", "catalog-token"));
    assertThat(session.getCatalog("unified").orElseThrow().databaseExists("mysql_shop")).isTrue();
    assertThat(
            reason(
                catchThrowable(
                    () -> session.explainSql("SELECT * FROM unified.mysql_shop.customers"))))
        .contains("may read the catalog but not resolve bindings")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void aTokenFileThatIsNotThereIsNamed() {
    assertThat(create("'endpoint' = 'localhost:1', 'token-file' = '/nowhere/token'"))
        .contains("/nowhere/token")
        .contains("option 'token-file' of catalog 'unified'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "localhost:", ":8431", "http://localhost:8431", "a:99999", "::1:8"})
  void anEndpointThatIsNoneIsRefused(String endpoint) {
    assertThat(create("'endpoint' = '" + endpoint + "'"))
        .contains("The endpoint '" + endpoint + "'")
        .contains("host:port");
  }

  @Test
  void aDefaultDatabaseThatIsNotThereIsNamed() {
    Shop shop = Shop.shared();
    assertThat(
            create(
                "'endpoint' = '"
                    + shop.endpoint()
                    + "', 'default-database' = 'nowhere', 'token-file' = '"
                    + shop.tokenFile
                    + "'"))
        .contains("has no database 'nowhere'")
        .contains("option 'default-database' of catalog 'unified'");
  }

  @Test
  void aCatalogWithoutEndpointSaysHowToSetIt() {
    assertThat(create("'default-database' = 'a'"))
        .contains("'endpoint'")
        .contains("UNIFIED_ENDPOINT");
  }

  @Test
  void anUnknownOptionIsRefusedByName() {
    assertThat(create("'endpoint' = 'localhost:1', 'tokken-file' = 'x'"))
        .contains("tokken-file")
        .contains("token-file");
  }

  @Test
  void whatIsNoCatalogServerIsSaidToBeNone() throws Exception {
    Server other =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build()
            .start();
    try {
      assertThat(create("'endpoint' = '127.0.0.1:" + other.getPort() + "'"))
          .contains("127.0.0.1:" + other.getPort())
          .contains("Upgrade the server, or check the endpoint");
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void aServerOfAnOlderApiIsToBeUpgraded() throws Exception {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("unified-api-version", Metadata.ASCII_STRING_MARSHALLER), "0");
    headers.put(Metadata.Key.of("unified-release", Metadata.ASCII_STRING_MARSHALLER), "0.0.9");
    Server old =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new CatalogServiceGrpc.CatalogServiceImplBase() {
                  @Override
                  public void listDatabases(
                      ListDatabasesRequest request,
                      StreamObserver<ListDatabasesResponse> observer) {
                    observer.onNext(ListDatabasesResponse.getDefaultInstance());
                    observer.onCompleted();
                  }
                })
            .intercept(MetadataUtils.newAttachMetadataServerInterceptor(headers))
            .build()
            .start();
    try {
      assertThat(create("'endpoint' = '127.0.0.1:" + old.getPort() + "'"))
          .contains("(release 0.0.9) speaks API version 0")
          .contains("needs version 1. Upgrade the server.");
    } finally {
      old.shutdownNow();
    }
  }

  @Test
  void aServerThatDoesNotSayItsStoreIsNotUsedForAReferenceThatNamesOne() throws Exception {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("unified-api-version", Metadata.ASCII_STRING_MARSHALLER), "1");
    headers.put(Metadata.Key.of("unified-release", Metadata.ASCII_STRING_MARSHALLER), "0.1.0");
    // As a server of release 0.1.0 answers, which does not know the request's field.
    Server old =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new BindingServiceGrpc.BindingServiceImplBase() {
                  @Override
                  public void resolveBinding(
                      ResolveBindingRequest request, StreamObserver<Binding> observer) {
                    observer.onNext(Binding.getDefaultInstance());
                    observer.onCompleted();
                  }
                })
            .intercept(MetadataUtils.newAttachMetadataServerInterceptor(headers))
            .build()
            .start();
    try {
      TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
      String endpoint = "127.0.0.1:" + old.getPort();
      String reference =
          " (id BIGINT) WITH ('connector' = 'unified', 'unified.database' = 'kafka', 'unified.table' ="
              + " 'same', 'unified.endpoint' = '"
              + endpoint
              + "'";
      String store = "2f6c1f0e-5b0f-4d0c-9a53-0d4e6a2b7c11";
      session.executeSql(
          "CREATE TEMPORARY TABLE named" + reference + ", 'unified.store' = '" + store + "')");
      session.executeSql("CREATE TEMPORARY TABLE earlier" + reference + ")");

      assertThat(reason(catchThrowable(() -> session.explainSql("SELECT * FROM named"))))
          .contains("The catalog server at " + endpoint + ": It does not say which store it has")
          .contains("its table kafka.same is that of the reference, which names store " + store)
          .contains("Upgrade the server.");
      assertThat(reason(catchThrowable(() -> session.explainSql("SELECT * FROM earlier"))))
          .contains("The binding names no connector.");
    } finally {
      old.shutdownNow();
    }
  }

  @Test
  void theEnvironmentsTokenGoesToTheEnvironmentsEndpointOnly() throws Exception {
    Path file = Files.writeString(directory.resolve("token"), "the-token\n");
    Map<String, String> environment =
        Map.of("UNIFIED_ENDPOINT", "catalog:8431", "UNIFIED_TOKEN_FILE", file.toString());

    assertThat(Connection.ofCatalog("c", null, null, environment).token()).isEqualTo("the-token");
    assertThat(Connection.ofCatalog("c", "catalog:8431", null, environment).token())
        .isEqualTo("the-token");
    assertThat(Connection.ofCatalog("c", "hostile:8431", null, environment).token()).isNull();
    assertThat(Connection.ofTableOptions("catalog:8431").token()).isNull();
    assertThat(requireNonNull(Connection.ofEnvironment(environment)).toString())
        .doesNotContain("the-token");
    assertThat(Connection.ofEnvironment(Map.of("UNIFIED_TOKEN_FILE", file.toString()))).isNull();
  }

  @Test
  void aMissingConnectorIsNamedWithItsCoordinatesAndWhereToPutIt() {
    Shop shop = Shop.shared();
    TableEnvironment session =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inBatchMode()
                .withClassLoader(
                    new Without(
                        getClass().getClassLoader(),
                        "io.unifiedcatalog.connectors.jdbc.",
                        "flink-connector-unified-jdbc"))
                .build());
    session.executeSql(shop.createCatalog(shop.endpoint()));
    assertThat(
            reason(
                catchThrowable(
                    () -> session.explainSql("SELECT * FROM unified.mysql_shop.customers"))))
        .contains("mysql_shop.customers cannot be reached")
        .contains("io.unifiedcatalog:flink-connector-unified-jdbc")
        .contains("Flink's lib/ directory")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void anIdleCatalogKeepsNoProgramFromEnding() throws Exception {
    Shop shop = Shop.shared();
    rows(shop.batch(), "SHOW TABLES FROM unified.mysql_shop");
    assertThat(clientThreads()).isNotEmpty().allMatch(Thread::isDaemon);
  }

  @Test
  void aClosedCatalogLeavesNoThreadBehind() throws Exception {
    Shop shop = Shop.shared();
    CatalogClient client =
        new CatalogClient(
            Connection.ofCatalog("c", shop.endpoint(), shop.tokenFile.toString(), Map.of()));
    assertThat(client.databases()).contains("mysql_shop");
    client.close();
    await().atMost(Duration.ofSeconds(10)).until(client::isTerminated);
  }

  @Test
  void aPluginThatIsAddedToASessionGoesWithIt() throws Exception {
    // The threads of other classes' catalogs, and what they fail with, are not of this group.
    Threads threads = new Threads();
    FutureTask<Void> test =
        new FutureTask<>(
            () -> {
              addPluginAndRemoveIt(threads);
              return null;
            });
    new Thread(threads, test).start();
    test.get();
    assertThat(threads.uncaught).isEmpty();
  }

  private static void addPluginAndRemoveIt(Threads threads) throws Exception {
    Shop shop = Shop.shared();
    ClassLoader parent = ConnectionIT.class.getClassLoader();
    TableEnvironment session =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inBatchMode()
                .withClassLoader(
                    new Without(parent, "io.unifiedcatalog.flink.", "flink-catalog-plugin"))
                .build());
    assertThat(reason(catchThrowable(() -> session.executeSql(shop.createCatalog("a:1")))))
        .contains("Could not find any factory for identifier 'unified'");
    session.executeSql("ADD JAR '" + PluginJarIT.jar() + "'");
    session.executeSql(shop.createCatalog(shop.endpoint()));
    session.explainSql("SELECT * FROM unified.mysql_shop.customers");

    Catalog catalog = session.getCatalog("unified").orElseThrow();
    ClassLoader loader = catalog.getClass().getClassLoader();
    assertThat(loader).isNotSameAs(parent);
    Set<Thread> own =
        clientThreads().stream()
            .filter(thread -> thread.getThreadGroup() == threads)
            .collect(Collectors.toSet());
    assertThat(own).isNotEmpty();
    catalog.close();
    ((Closeable) loader).close();
    await().atMost(Duration.ofSeconds(10)).until(() -> own.stream().noneMatch(Thread::isAlive));
  }

  private static Set<Thread> clientThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("unified-catalog-client"))
        .collect(Collectors.toSet());
  }

  /** A thread, all that it starts, and what they fail with. */
  private static final class Threads extends ThreadGroup {
    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();

    Threads() {
      super("plugin");
    }

    @Override
    public void uncaughtException(Thread thread, Throwable failure) {
      uncaught.add(failure);
    }
  }

  private static String create(String options) {
    TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    String reason =
        reason(
            catchThrowable(
                () ->
                    session.executeSql(
                        "CREATE CATALOG unified WITH ('type' = 'unified', " + options + ")")));
    assertThat(reason).isNotEmpty();
    return reason;
  }

  /** A class path without some classes, and without the resources of the jars that they are in. */
  private static final class Without extends ClassLoader {
    private final String classes;
    private final String jars;

    Without(ClassLoader parent, String classes, String jars) {
      super(parent);
      this.classes = classes;
      this.jars = jars;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith(classes)) {
        throw new ClassNotFoundException(name);
      }
      return super.loadClass(name, resolve);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return Collections.enumeration(
          Collections.list(super.getResources(name)).stream()
              .filter(url -> !url.toString().contains(jars))
              .toList());
    }
  }
}
