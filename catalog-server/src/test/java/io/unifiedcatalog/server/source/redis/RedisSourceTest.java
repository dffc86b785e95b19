package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.AclCategory;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.SourceServer;
import io.unifiedcatalog.testing.RedisServer;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A real Redis, started here. */
class RedisSourceTest extends RedisContract {
  private final UnderTest server = new UnderTest(RedisServer.start());

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceServer server() {
    return server;
  }

  private record UnderTest(RedisServer redis) implements SourceServer {
    @Override
    public Map<String, String> options() {
      return Map.of("nodes", "127.0.0.1:" + redis.port());
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of("password", redis.password());
    }

    @Override
    public void kill() {
      redis.kill();
    }

    @Override
    public void restart() {
      redis.restart();
    }

    @Override
    public void close() {
      redis.close();
    }
  }

  @Test
  void aUserWhoMayNotAskForTheVersionCanBeUsed() throws Exception {
    try (RedisConnection connection = connection()) {
      connection
          .commands()
          .aclSetuser(
              "reader",
              AclSetuserArgs.Builder.on()
                  .addPassword("pass-of-reader")
                  .allKeys()
                  .addCategory(AclCategory.READ)
                  .addCommand(CommandType.PING))
          .get();
      connection.commands().set(bytes("acl:1"), bytes("x")).get();
    }
    try (RegisteringSession session =
        system()
            .open(
                source(
                    Map.of("nodes", node(), "user", "reader"),
                    Map.of("password", "pass-of-reader")))) {
      assertThat(session.systemVersion()).isEqualTo("unknown");
      assertThat(session.check(registration("acl:{id}", "string"), null).notes()).hasSize(1);
    }
  }

  @Test
  void tlsIsSpokenByCertificatesInTheOptions() throws Exception {
    try (RedisServer tls = RedisServer.startWithTls()) {
      Map<String, String> options =
          Map.of(
              "nodes",
              "127.0.0.1:" + tls.port(),
              "tls",
              "true",
              "tls-trusted-certificates",
              Files.readString(tls.certificateFile()));
      try (RegisteringSession session =
          system().open(source(options, Map.of("password", tls.password())))) {
        assertThat(session.systemVersion()).startsWith("7.");
      }
      assertThat(
              failure(
                  source(
                      Map.of("nodes", "127.0.0.1:" + tls.port(), "tls", "true"),
                      Map.of("password", tls.password()))))
          .hasMessageContaining("certification path");
    }
  }
}
