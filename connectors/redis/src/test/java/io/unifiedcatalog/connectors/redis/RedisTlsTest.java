package io.unifiedcatalog.connectors.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.testing.RedisServer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisTlsTest {
  /** Not the shared one: this one takes connections by TLS only. */
  private RedisServer server;

  @BeforeAll
  void start() {
    server = RedisServer.startWithTls();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private RedisAddress address(boolean tls, @Nullable String certificates) {
    return Flink.address(server.port(), server.password(), false, tls, certificates);
  }

  @Test
  void aServerWhoseCertificateIsTrustedIsReached() throws Exception {
    try (RedisConnection connection =
        RedisConnection.open(address(true, server.certificateFile().toString()))) {
      assertThat(connection.commands().ping().get()).isEqualTo("PONG");
    }
    assertThat(RedisConnection.count("127.0.0.1:" + server.port())).isZero();
  }

  @Test
  void aServerWhoseCertificateIsNotTrustedIsRefused() {
    assertThatThrownBy(() -> RedisConnection.open(address(true, null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Redis at 127.0.0.1:" + server.port() + " cannot be connected to")
        .hasMessageContaining("unable to find valid certification path")
        .hasMessageNotContaining(server.password());
  }

  @Test
  void aListenerWithTlsIsNotReachedWithout() {
    assertThatThrownBy(() -> RedisConnection.open(address(false, null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot be connected to")
        .hasMessageContaining("Check the options nodes, cluster, database, tls");
  }
}
