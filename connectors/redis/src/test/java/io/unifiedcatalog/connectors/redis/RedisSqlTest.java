package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.testing.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** With a server of its own: the tests empty it, count its commands and limit its memory. */
class RedisSqlTest extends RedisSqlContract {
  private RedisServer server;

  @BeforeAll
  void start() {
    server = RedisServer.start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  int port() {
    return server.port();
  }

  @Override
  String password() {
    return server.password();
  }
}
