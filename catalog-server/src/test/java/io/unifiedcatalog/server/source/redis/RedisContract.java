package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.unifiedcatalog.redis.RedisConnection;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.RegisteringSourceContract;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceServer;
import io.unifiedcatalog.server.source.TableDraft;
import io.unifiedcatalog.server.source.TableDraft.Contradiction;
import io.unifiedcatalog.server.source.TableDraft.DraftColumn;
import io.unifiedcatalog.server.source.TableDraft.DraftKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a Redis source must do beside the contract of all sources whose tables are registered. The
 * server is of the class alone: to infer and to check is to look at keys of the whole server, and
 * keys of others would be in the way.
 */
abstract class RedisContract extends RegisteringSourceContract {
  private final RedisSource system = new RedisSource();

  @Override
  protected RegisteringSystem system() {
    return system;
  }

  @Override
  protected SourceServer startVictim() {
    return server();
  }

  /** {@code HOST:PORT} of the server, which has no TLS. */
  final String node() {
    return server().options().getOrDefault("nodes", "");
  }

  @Override
  protected void createObject(SourceServer on, String object) throws Exception {
    hset(object + ":1", "name", "x");
  }

  @Override
  protected Pattern systemVersion() {
    return Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+");
  }

  /** Redis has keys, any number of them. */
  @Override
  protected boolean listsObjects() {
    return false;
  }

  /** A key is made by its value. */
  @Override
  protected boolean createsObjects() {
    return false;
  }

  @Override
  protected boolean infers() {
    return true;
  }

  @Override
  protected boolean hasRegistry() {
    return false;
  }

  @Override
  protected String[] impatience() {
    return new String[] {"command-timeout-ms", "1500"};
  }

  @Override
  protected Map<String, String> at(int port) {
    return Map.of("nodes", "127.0.0.1:" + port);
  }

  @Override
  protected Registration registration(String object) {
    return registration(object + ":{id}", "hash");
  }

  @Override
  protected Map<String, String> wrongOptions() {
    return Map.of(
        "nodes", "a b",
        "cluster", "maybe",
        "tls", "perhaps",
        "tls-trusted-certificates", "x",
        "database", "-1",
        "command-timeout-ms", "5");
  }

  @Override
  protected Source guarded() {
    return source(
        Map.of(
            "nodes", "s1:26379,s2",
            "sentinel-master", "main",
            "user", "app",
            "database", "3",
            "tls", "true",
            "tls-trusted-certificates", "trusted"),
        Map.of("password", "secret-of-the-server", "sentinel-password", "secret-of-sentinels"));
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of(
        "nodes", "s1:26379",
        "sentinel-master", "other",
        "tls", "false",
        "tls-trusted-certificates", "another");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of("cluster", "true", "database", "4", "user", "other", "command-timeout-ms", "500");
  }

  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    return new ExpectedBinding(
        Map.of(
            "connector", "redis",
            "nodes", "s1:26379;s2:6379",
            "sentinel.master", "main",
            "database", "3",
            "username", "app",
            "tls", "true",
            "tls.trusted-certificates", "trusted",
            "command-timeout", "10000 ms",
            "key-pattern", name("bound") + ":{id}",
            "value", "hash"),
        Map.of("password", "secret-of-the-server", "sentinel.password", "secret-of-sentinels"),
        Map.of(),
        List.of("lookup.cache", "scan.count", "sink.ttl"),
        List.of("io.unifiedcatalog:flink-connector-redis:0.1.0"));
  }

  @Test
  void aTableIsCheckedByOneOfItsKeysAndWhatThatHolds() throws Exception {
    set("checked:1", "text");
    try (RegisteringSession session = system.open(source())) {
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
  void aTableIsInferredFromWhatMostKeysHoldAndWhatContradictsItIsTold() throws Exception {
    for (int i = 1; i <= 19; i++) {
      hset("inf:" + i, "name", "user " + i, "age", String.valueOf(20 + i));
    }
    hset("inf:20", "name", "\u00fc", "age", "n/a", "seen", "2026-01-02T03:04:05.123456Z");
    set("inf:21", "no hash");
    TableDraft draft = infer("inf:{user_id}");
    assertThat(draft.table()).isEqualTo("inf");
    assertThat(draft.options()).isEqualTo(Map.of("key-pattern", "inf:{user_id}", "value", "hash"));
    assertThat(draft.samples()).isEqualTo(21);
    assertThat(draft.complete()).isTrue();
    assertThat(draft.kinds())
        .containsExactly(
            new DraftKind("hash", 20, draft.kinds().get(0).exampleKey()),
            new DraftKind("string", 1, "inf:21"));
    assertThat(draft.notes()).singleElement().asString().contains("misfit");
    assertThat(draft.columns())
        .extracting(
            one -> one.column().name(),
            one -> one.column().nativeType(),
            one -> one.column().nullable(),
            DraftColumn::present,
            DraftColumn::values,
            DraftColumn::supporting)
        .containsExactly(
            tuple("user_id", "BIGINT", false, 20L, 20L, 20L),
            tuple("age", "BIGINT", true, 20L, 20L, 19L),
            tuple("name", "STRING", true, 20L, 20L, 20L),
            tuple("seen", "TIMESTAMP_LTZ(6)", true, 1L, 1L, 1L));
    assertThat(draft.columns().get(1).contradictions())
        .containsExactly(new Contradiction("inf:20", "n/a"));
    // What is proposed can be registered, and is told of from then on.
    PhysicalTable table =
        system.table(
            draft.table(),
            new Registration(draft.options(), List.of()),
            Map.of(),
            draft.columns().stream().map(DraftColumn::column).toList(),
            "");
    assertThat(system.differences(draft, List.of(table)))
        .containsExactly(
            "Table 'inf' is registered over such keys and stays as it is; the samples say nothing"
                + " else.");
    hset("inf:1", "city", "Paris");
    assertThat(system.differences(infer("inf:{user_id}"), List.of(table)))
        .singleElement()
        .asString()
        .endsWith("though it has no column city.");
  }

  @Test
  void aKeyThatStandsAgainstTheTypeOfTheOthersIsTold() throws Exception {
    for (int i = 1; i <= 19; i++) {
      set("near:" + i, "x");
    }
    set("near:bob", "x");
    TableDraft draft = infer("near:{id}");
    assertThat(draft.columns().get(0).column().nativeType()).isEqualTo("STRING");
    assertThat(draft.notes())
        .singleElement()
        .asString()
        .startsWith("Column id would be BIGINT but for 1 of 20 keys, as near:bob.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1;-5;9223372036854775807   | BIGINT
          1;9223372036854775808      | STRING
          1;007                      | STRING
          1.5;2                      | DOUBLE
          1.50;22.25                 | DECIMAL(18, 2)
          1e3;2.5                    | DOUBLE
          true;false                 | BOOLEAN
          2026-01-02                 | DATE
          2026-02-30                 | STRING
          03:04:05                   | TIME(0)
          2026-01-02 03:04:05        | TIMESTAMP(3)
          2026-01-02T03:04:05.1234567| TIMESTAMP(9)
          2026-01-02T03:04:05+02:00  | TIMESTAMP_LTZ(3)
          a;1                        | STRING
          """)
  void aTypeIsTheNarrowestThatTheConnectorWouldWriteSo(String values, String type)
      throws Exception {
    String prefix = "typed" + UUID.randomUUID();
    int number = 0;
    for (String value : values.split(";", -1)) {
      set(prefix + ":" + ++number, value);
    }
    assertThat(infer(prefix + ":{id}").columns().get(1).column().nativeType()).isEqualTo(type);
  }

  @Test
  void everyKindOfValueIsInferred() throws Exception {
    try (RedisConnection connection = connection()) {
      var redis = connection.commands();
      redis.rpush(bytes("kl:1"), bytes("1"), bytes("2")).get();
      redis.sadd(bytes("ks:1"), bytes("a")).get();
      redis.zadd(bytes("kz:1"), 1, bytes("a")).get();
      redis.xadd(bytes("kx:1"), bytes("n"), bytes("1")).get();
      redis.set(bytes("kb:1"), new byte[] {(byte) 0xff}).get();
      redis
          .set(
              bytes("kj:1"),
              bytes("{\"id\": 5, \"price\": 1.5, \"at\": \"2026-01-02\", \"a\": [1]}"))
          .get();
      for (int i = 0; i < 200; i++) {
        redis.hset(bytes("kh:" + i % 20), bytes("field" + i), bytes(String.valueOf(i))).get();
      }
    }
    assertThat(shape("kl:{id}")).isEqualTo("list id BIGINT, element BIGINT");
    assertThat(shape("ks:{id}")).isEqualTo("set id BIGINT, member STRING");
    assertThat(shape("kz:{id}")).isEqualTo("zset id BIGINT, member STRING, score DOUBLE");
    assertThat(shape("kx:{id}")).isEqualTo("stream id BIGINT, n BIGINT");
    assertThat(shape("kb:{id}")).isEqualTo("string id BIGINT, value BYTES");
    assertThat(shape("kh:{id}")).isEqualTo("hash-entries id BIGINT, field STRING, value BIGINT");
    assertThat(shape("kj:{key}"))
        .isEqualTo("string json key BIGINT, a STRING, at STRING, id BIGINT, price DOUBLE");
    // Each of them can be registered.
    for (String pattern : List.of("kl:{id}", "ks:{id}", "kz:{id}", "kx:{id}", "kb:{id}")) {
      TableDraft draft = infer(pattern);
      system.table(
          draft.table(),
          new Registration(draft.options(), List.of()),
          Map.of(),
          draft.columns().stream().map(DraftColumn::column).toList(),
          "");
    }
  }

  @Test
  void aKeyThatBecomesAnotherWhileItIsSampledEndsNothing() throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Void> changing =
        CompletableFuture.runAsync(
            () -> {
              try (RedisConnection connection = connection()) {
                var redis = connection.commands();
                while (!isOver.get()) {
                  redis.del(bytes("turns:1")).get();
                  redis.sadd(bytes("turns:1"), bytes("a")).get();
                  redis.set(bytes("turns:1"), bytes("a")).get();
                }
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
    set("turns:2", "a");
    try (RegisteringSession session = system.open(source())) {
      for (int i = 0; i < 200; i++) {
        TableDraft draft = session.infer(Map.of("key-pattern", "turns:{id}"), 10, 100_000);
        assertThat(draft.samples()).isBetween(1L, 2L);
      }
    } finally {
      isOver.set(true);
    }
    changing.get(30, TimeUnit.SECONDS);
  }

  @Test
  void samplesAndVisitsAreBounded() throws Exception {
    for (int i = 0; i < 50; i++) {
      set("bound:" + i, "x");
    }
    try (RegisteringSession session = system.open(source())) {
      TableDraft draft = session.infer(Map.of("key-pattern", "bound:{id}"), 10, 100_000);
      assertThat(draft.samples()).isEqualTo(10);
      assertThat(draft.complete()).isFalse();
    }
    try (RedisConnection connection = connection()) {
      for (int i = 0; i < 2_000; i++) {
        connection.commands().set(bytes("crowd:" + i), bytes("x")).get();
      }
    }
    try (RegisteringSession session = system.open(source())) {
      assertThat(
              catchThrowableOfType(
                  CatalogException.class,
                  () -> session.infer(Map.of("key-pattern", "none:{id}"), 10, 200)))
          .hasMessageContaining("among some 200 of its keys")
          .hasMessageContaining("or look at more keys");
    }
  }

  @ParameterizedTest
  @CsvSource({"'',cannot be taken", "user,has no column in braces"})
  void aPatternThatIsNoneIsRefused(String pattern, String message) {
    try (RegisteringSession session = system.open(source())) {
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class,
              () -> session.infer(Map.of("key-pattern", pattern), 10, 1_000));
      assertThat(failure.violations())
          .singleElement()
          .satisfies(one -> assertThat(one.message()).contains(message));
    }
  }

  private TableDraft infer(String pattern) {
    try (RegisteringSession session = system.open(source())) {
      return session.infer(Map.of("key-pattern", pattern), 500, 100_000);
    }
  }

  private String shape(String pattern) {
    TableDraft draft = infer(pattern);
    return draft.options().get("value")
        + (draft.options().containsKey("value.format") ? " json " : " ")
        + draft.columns().stream()
            .map(one -> one.column().name() + " " + one.column().nativeType())
            .collect(Collectors.joining(", "));
  }

  private void hset(String key, String... fieldsAndValues) throws Exception {
    try (RedisConnection connection = connection()) {
      for (int i = 0; i < fieldsAndValues.length; i += 2) {
        connection
            .commands()
            .hset(bytes(key), bytes(fieldsAndValues[i]), bytes(fieldsAndValues[i + 1]))
            .get();
      }
    }
  }

  @Test
  void aWrongPasswordIsToldInTheServersWords() {
    assertThat(failure(withSecret(WRONG)))
        .hasMessageContaining("Source 'mine' (redis) cannot be connected to")
        .hasMessageContaining("WRONGPASS");
  }

  @Test
  void noPasswordIsRefused() {
    CatalogException failure = failure(source(Map.of("nodes", node()), Map.of()));
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    assertThat(failure).hasMessageContaining("NOAUTH");
  }

  @Test
  void anAbortedSessionSaysThatItWasInterrupted() {
    try (RegisteringSession session = system.open(source())) {
      session.abort();
      assertThat(
              catchThrowableOfType(
                  CatalogException.class, () -> session.check(registration("a"), null)))
          .hasMessageContaining("interrupted");
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

  static Registration registration(String pattern, String kind) {
    return new Registration(Map.of("key-pattern", pattern, "value", kind), List.of());
  }
}
