package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.messages;
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
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
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
    int port = freePort();
    assertThat(create("'endpoint' = '127.0.0.1:" + port + "'"))
        .contains("The catalog server at 127.0.0.1:" + port + " cannot be reached")
        .contains("Connection refused")
        .contains("bin/catalog serve")
        .contains("option 'endpoint' of catalog 'unified'");
  }

  @Test
  void aServerThatGoesAwayIsSaidAndOneThatIsBackIsUsedAtOnce() throws Exception {
    try (Shop shop = Shop.own()) {
      TableEnvironment session = shop.batch();
      String endpoint = shop.endpoint();
      shop.stopServer();
      assertThat(
              messages(
                  catchThrowable(
                      () -> session.explainSql("SELECT * FROM unified.mysql_shop.orders"))))
          .contains("The catalog server at " + endpoint + " cannot be reached");
      shop.startServerAt(endpoint);
      session.explainSql("SELECT * FROM unified.mysql_shop.orders");
    }
  }

  @Test
  void aMissingTokenIsSaidWithTheOptionThatSetsIt() {
    assertThat(create("'endpoint' = '" + Shop.shared().endpoint() + "'"))
        .contains("No token was sent")
        .contains("'token-file'");
  }

  @Test
  void aWrongTokenIsSaidAndNotShown() throws Exception {
    Path file = Files.writeString(directory.resolve("token"), "wrong-token-77");
    assertThat(
            create(
                "'endpoint' = '" + Shop.shared().endpoint() + "', 'token-file' = '" + file + "'"))
        .contains("A token was sent")
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
            messages(
                catchThrowable(
                    () -> session.explainSql("SELECT * FROM unified.mysql_shop.customers"))))
        .contains("the one that may resolve bindings")
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
                .withClassLoader(new WithoutJdbc(getClass().getClassLoader()))
                .build());
    session.executeSql(shop.createCatalog(shop.endpoint()));
    assertThat(
            messages(
                catchThrowable(
                    () -> session.explainSql("SELECT * FROM unified.mysql_shop.customers"))))
        .contains("mysql_shop.customers cannot be reached")
        .contains("org.apache.flink:flink-connector-jdbc")
        .contains("Flink's lib/ directory")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void anIdleCatalogKeepsNoProgramFromEnding() throws Exception {
    Shop shop = Shop.shared();
    rows(shop.batch(), "SHOW TABLES FROM unified.mysql_shop");
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().startsWith("unified-catalog-client"))
        .isNotEmpty()
        .allMatch(Thread::isDaemon);
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

  private static String create(String options) {
    TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    String messages =
        messages(
            catchThrowable(
                () ->
                    session.executeSql(
                        "CREATE CATALOG unified WITH ('type' = 'unified', " + options + ")")));
    assertThat(messages).isNotEmpty();
    return messages;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A class path without the JDBC connector. */
  private static final class WithoutJdbc extends ClassLoader {
    WithoutJdbc(ClassLoader parent) {
      super(parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.apache.flink.connector.jdbc.")) {
        throw new ClassNotFoundException(name);
      }
      return super.loadClass(name, resolve);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return Collections.enumeration(
          Collections.list(super.getResources(name)).stream()
              .filter(url -> !url.toString().contains("flink-connector-jdbc"))
              .toList());
    }
  }
}
