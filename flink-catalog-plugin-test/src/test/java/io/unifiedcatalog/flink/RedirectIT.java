package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.unifiedcatalog.proto.v1.Overlay;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nobody who writes SQL can send a password or a token where it does not belong. */
class RedirectIT {
  private final Shop shop = Shop.shared();
  private final TableEnvironment session = shop.batch();

  @ParameterizedTest
  @ValueSource(strings = {"url", "table-name", "username", "password", "driver", "unheard.of"})
  void aHintCannotSetAFixedOption(String key) {
    assertThat(
            failure(
                "SELECT * FROM unified.mysql_shop.customers /*+ OPTIONS('"
                    + key
                    + "' = 'jdbc:mysql://elsewhere/') */"))
        .contains("Option '" + key + "' of table mysql_shop.customers is fixed")
        .contains("scan.fetch-size")
        .doesNotContain(Shop.PASSWORD);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connector",
        "unified.database",
        "unified.table",
        "unified.version",
        "unified.endpoint",
        "unified.store"
      })
  void aHintCannotSetTheReference(String key) {
    assertThat(
            failure(
                "SELECT * FROM unified.mysql_shop.customers /*+ OPTIONS('" + key + "' = '7') */"))
        .contains("Option '" + key + "' of table mysql_shop.customers is fixed");
  }

  @Test
  void aHintOnATargetCannotSetAFixedOption() {
    assertThat(
            failure(
                "INSERT INTO unified.mysql_shop.copies /*+ OPTIONS('url' ="
                    + " 'jdbc:mysql://elsewhere/') */ VALUES (1, 'a')"))
        .contains("Option 'url' of table mysql_shop.copies is fixed")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void aTableMadeWithLikeCannotSetAFixedOption() {
    session.executeSql(
        "CREATE TEMPORARY TABLE unified.mysql_shop.redirected WITH ('url' ="
            + " 'jdbc:mysql://elsewhere/') LIKE unified.mysql_shop.customers");
    assertThat(failure("SELECT * FROM unified.mysql_shop.redirected"))
        .contains("Option 'url' of table mysql_shop.customers is fixed")
        .doesNotContain(Shop.PASSWORD);
  }

  @Test
  void anOverlayCannotSetAFixedOption() {
    assertThat(
            catchThrowable(
                () ->
                    shop.overlay(
                        "customers",
                        Overlay.newBuilder().putOptions("url", "jdbc:mysql://elsewhere/").build())))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("url");
  }

  @Test
  void anOverlayCannotSetTheReference() {
    for (String key : TableReference.KEYS) {
      assertThat(
              catchThrowable(
                  () ->
                      shop.overlay(
                          "customers",
                          Overlay.newBuilder()
                              .putOptions(key, UUID.randomUUID().toString())
                              .build())))
          .hasMessageContaining("INVALID_ARGUMENT")
          .hasMessageContaining(key);
    }
  }

  @Test
  void anEndpointInATablesOptionsGetsNoToken() throws Exception {
    try (Eavesdropper hostile = new Eavesdropper()) {
      session.executeSql(
          "CREATE TEMPORARY TABLE default_catalog.default_database.bait WITH ('unified.endpoint' = '"
              + hostile.endpoint()
              + "') LIKE unified.mysql_shop.customers");
      assertThat(failure("SELECT * FROM default_catalog.default_database.bait"))
          .contains("The catalog server at " + hostile.endpoint() + ": Who are you?")
          .contains("No token is sent to an endpoint that stands in a table's options");
      assertThat(hostile.headers).isNotEmpty();
      assertThat(hostile.headers)
          .allSatisfy(
              headers -> {
                assertThat(headers).contains("unified-api-version");
                assertThat(headers).doesNotContain("authorization").doesNotContain(Shop.TOKEN);
              });
    }
  }

  @Test
  void inTheCatalogItselfAnEndpointInATablesOptionsIsNotAskedAtAll() throws Exception {
    try (Eavesdropper hostile = new Eavesdropper()) {
      session.executeSql(
          "CREATE TEMPORARY TABLE unified.mysql_shop.bait WITH ('unified.endpoint' = '"
              + hostile.endpoint()
              + "') LIKE unified.mysql_shop.customers");
      session.explainSql("SELECT * FROM unified.mysql_shop.bait");
      assertThat(hostile.headers).isEmpty();
    }
  }

  private String failure(String statement) {
    String reason = reason(catchThrowable(() -> session.explainSql(statement)));
    assertThat(reason).isNotEmpty();
    return reason;
  }

  /** A gRPC server that only writes down what it is sent. */
  private static final class Eavesdropper implements AutoCloseable, ServerInterceptor {
    final List<String> headers = Collections.synchronizedList(new ArrayList<>());
    private final Server server;

    Eavesdropper() throws Exception {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(
                  new io.unifiedcatalog.proto.v1.BindingServiceGrpc.BindingServiceImplBase() {})
              .intercept(this)
              .build()
              .start();
    }

    String endpoint() {
      return "127.0.0.1:" + server.getPort();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
      headers.add(metadata.toString());
      call.close(Status.PERMISSION_DENIED.withDescription("Who are you?"), new Metadata());
      return new ServerCall.Listener<>() {};
    }

    @Override
    public void close() {
      server.shutdownNow();
    }
  }
}
