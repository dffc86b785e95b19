package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the Redis source must do on every server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RedisContract {
  static final RedisSource SYSTEM = new RedisSource();

  /** {@code HOST:PORT} of a server without TLS. */
  abstract String node();

  /** Of the user {@code default}. */
  abstract String password();

  /** Kills the server as {@code kill -9} does. */
  abstract void kill();

  /** Brings a killed server back. */
  abstract void restart();

  @Test
  void aSessionTellsTheVersionAndListsNothing() {
    try (RegisteringSession session = SYSTEM.open(source())) {
      assertThat(session.systemVersion()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
      assertThat(session.objects()).isEmpty();
      assertThat(session.objectOf(registration("u:{id}", "hash"))).isEmpty();
    }
  }

  @Test
  void aTableIsCheckedByOneOfItsKeys() throws Exception {
    set("checked:1", "text");
    try (RegisteringSession session = SYSTEM.open(source())) {
      RegisteringSession.Check there = session.check(registration("checked:{id}", "string"), null);
      assertThat(there.warnings()).isEmpty();
      assertThat(there.notes())
          .containsExactly("Key 'checked:1' is one of the table's, and holds a string.");
      assertThat(session.check(registration("checked:{id}", "hash-entries"), null).warnings())
          .singleElement()
          .asString()
          .contains("'checked:1'", "holds a string, not a hash", "misfit");
      assertThat(session.check(registration("nowhere:{id}", "hash"), null).warnings())
          .singleElement()
          .asString()
          .contains("none is of the pattern 'nowhere:{id}'");
      CatalogException created =
          catchThrowableOfType(
              CatalogException.class,
              () -> session.check(registration("checked:{id}", "string"), Map.of()));
      assertThat(created.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
  }

  @Test
  void aWrongPasswordIsRefusedAndNotTold() {
    CatalogException failure =
        failure(source(Map.of("nodes", node()), Map.of("password", "not-the-password")));
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    assertThat(failure)
        .hasMessageContaining("Source 'mine' (redis) cannot be connected to")
        .hasMessageContaining("WRONGPASS")
        .hasMessageNotContaining("not-the-password");
  }

  @Test
  void noPasswordIsRefused() {
    CatalogException failure = failure(source(Map.of("nodes", node()), Map.of()));
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    assertThat(failure).hasMessageContaining("NOAUTH");
  }

  @Test
  void anAbortedSessionIsUnavailable() {
    try (RegisteringSession session = SYSTEM.open(source())) {
      session.abort();
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class, () -> session.check(registration("a:{id}", "hash"), null));
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("interrupted");
    }
  }

  @Test
  void aServerThatDiesIsUnavailableUntilItIsBack() throws Exception {
    set("survives:1", "text");
    kill();
    try {
      CatalogException refused = failure(source("command-timeout-ms", "1500"));
      assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(refused.reason()).isEqualTo("SOURCE_UNAVAILABLE");
      assertThat(refused).hasMessageContaining("mine").hasMessageContaining("nodes");
    } finally {
      restart();
    }
    try (RegisteringSession session = SYSTEM.open(source())) {
      assertThat(session.check(registration("survives:{id}", "string"), null).notes()).hasSize(1);
    }
  }

  final void set(String key, String value) throws Exception {
    try (RedisConnection connection = connection()) {
      connection.commands().set(bytes(key), bytes(value)).get();
    }
  }

  /** A client beside the source's. */
  final RedisConnection connection() throws Exception {
    return RedisConnection.open(RedisOptions.of(source()).address());
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static CatalogException failure(Source source) {
    return catchThrowableOfType(CatalogException.class, () -> SYSTEM.open(source).close());
  }

  static Registration registration(String pattern, String kind) {
    return new Registration(Map.of("key-pattern", pattern, "value", kind), List.of());
  }

  final Source source(String... changes) {
    Map<String, String> options = new HashMap<>(Map.of("nodes", node()));
    for (int i = 0; i < changes.length; i += 2) {
      options.put(changes[i], changes[i + 1]);
    }
    return source(options, Map.of("password", password()));
  }

  static Source source(Map<String, String> options, Map<String, String> secrets) {
    Source source =
        new Source(
            UUID.randomUUID(),
            "mine",
            SYSTEM.kind(),
            options,
            secrets.entrySet().stream()
                .collect(
                    Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
            1);
    assertThat(SYSTEM.validate(source)).isEmpty();
    return source;
  }
}
