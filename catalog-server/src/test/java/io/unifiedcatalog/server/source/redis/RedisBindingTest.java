package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RedisBindingTest {
  private static final RedisSource SYSTEM = new RedisSource();
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  @Test
  void aTableIsReachedByTheConnectorWithItsSecretsMarked() {
    Source source =
        new Source(
            UUID.randomUUID(),
            "mine",
            "redis",
            Map.of(
                "nodes", "s1:26379,s2", "sentinel-master", "main", "user", "app", "database", "3"),
            Map.of("password", new Secret("hush"), "sentinel-password", new Secret("whisper")),
            1);
    assertThat(SYSTEM.validate(source)).isEmpty();
    Binding binding = bind(source, table("hash", "id INT", "a STRING"), List.of(), false);
    assertThat(values(binding))
        .containsEntry("connector", "redis")
        .containsEntry("nodes", "s1:26379;s2:6379")
        .containsEntry("sentinel.master", "main")
        .containsEntry("username", "app")
        .containsEntry("database", "3")
        .containsEntry("key-pattern", "u:{id}")
        .containsEntry("value", "hash")
        .containsEntry("scan.count", "50")
        .doesNotContainKeys("cluster", "tls", "overlap");
    assertThat(binding.options())
        .filteredOn(Binding.Option::secret)
        .extracting(Binding.Option::key)
        .containsExactlyInAnyOrder("password", "sentinel.password");
    assertThat(binding.toString()).doesNotContain("hush").doesNotContain("whisper");
    assertThat(binding.options())
        .filteredOn(Binding.Option::tunable)
        .extracting(Binding.Option::key)
        .contains("sink.ttl", "lookup.cache")
        .doesNotContain("nodes", "key-pattern", "scan.startup.mode");
    assertThat(binding.artifacts())
        .extracting(Binding.Artifact::coordinates)
        .containsExactly("io.unifiedcatalog:flink-connector-redis:0.1.0");
  }

  @Test
  void aStreamEndsInBatchAndMayBeTold() {
    PhysicalTable table = table("stream", "id INT", "a STRING");
    assertThat(values(bind(plain(), table, List.of(), true)))
        .containsEntry("scan.bounded.mode", "latest");
    assertThat(values(bind(plain(), table, List.of(), false)))
        .doesNotContainKey("scan.bounded.mode");
  }

  @Test
  void whatAnOverlayMakesOfATableMustLeaveItOne() {
    PhysicalTable zset = table("zset", "id INT", "m STRING", "s DOUBLE");
    PhysicalTable hidden =
        new PhysicalTable(
            zset.name(),
            zset.kind(),
            zset.columns().subList(0, 2),
            zset.primaryKey(),
            List.of(),
            List.of(),
            "",
            Map.of(),
            zset.registration());
    assertThatThrownBy(() -> bind(plain(), hidden, List.of(), false))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining(
            "hides columns of the key or of the value that zset cannot do without");
    assertThatThrownBy(() -> bind(plain(), zset, List.of("id"), false))
        .hasMessageContaining("has the primary key (id)")
        .hasMessageContaining("is (id, m)");
    assertThat(values(bind(plain(), zset, List.of("m", "id"), false)))
        .containsEntry("value", "zset");
    assertThatThrownBy(
            () -> bind(plain(), table("list", "id INT", "e STRING"), List.of("id"), false))
        .hasMessageContaining("a list may hold one twice");
  }

  @Test
  void aHintMaySkipWhatAFormatCannotReadAsOnATopic() {
    for (Map<String, String> more :
        List.of(
            Map.of("value.format", "json"),
            Map.of("value.format", "json", "value.json.ignore-parse-errors", "true"),
            Map.of("value.format", "csv", "value.csv.field-delimiter", ";"))) {
      Map<String, String> options = new HashMap<>(more);
      options.put("key-pattern", "u:{id}");
      options.put("value", "string");
      PhysicalTable table =
          SYSTEM.table(
              "t",
              new Registration(options, List.of()),
              Map.of(),
              List.of(
                  new Column("id", "INT", true, "", Map.of()),
                  new Column("a", "STRING", true, "", Map.of())),
              "");
      String format = more.get("value.format");
      assertThat(bind(plain(), table, List.of(), false).options())
          .filteredOn(Binding.Option::tunable)
          .extracting(Binding.Option::key)
          .contains("value." + format + ".ignore-parse-errors")
          .doesNotContain("value.csv.field-delimiter");
      assertThat(values(bind(plain(), table, List.of(), false))).containsAllEntriesOf(more);
    }
  }

  @Test
  void whatIsKnownByPositionKeepsItsOwnOrder() {
    for (PhysicalTable table :
        List.of(
            table("zset", "id INT", "m STRING", "s DOUBLE"),
            table("hash-entries", "id INT", "f STRING", "v STRING"))) {
      assertThatThrownBy(() -> bindReordered(table))
          .isInstanceOf(CatalogException.class)
          .hasMessageContaining("column-order")
          .hasMessageContaining("by its position");
    }
    assertThat(values(bindReordered(table("hash", "id INT", "a STRING", "b STRING"))))
        .containsEntry("value", "hash");
  }

  private static Binding bindReordered(PhysicalTable table) {
    return SYSTEM.binding(
        new BindingRequest(
            plain(),
            "mine",
            table,
            List.of(),
            Map.of(),
            Binding.Role.SOURCE,
            Binding.RuntimeMode.STREAMING,
            FLINK,
            true));
  }

  @Test
  void otherEnginesAreRefused() {
    assertThatThrownBy(
            () ->
                SYSTEM.binding(
                    request(
                        plain(),
                        table("hash", "id INT", "a STRING"),
                        List.of(),
                        false,
                        new Engine("flink", "1.18.1"))))
        .hasMessageContaining("Use flink 1.20 or 2.x");
  }

  private static Source plain() {
    return new Source(UUID.randomUUID(), "mine", "redis", Map.of("nodes", "r"), Map.of(), 1);
  }

  private static Binding bind(
      Source source, PhysicalTable table, List<String> primaryKey, boolean batch) {
    return SYSTEM.binding(request(source, table, primaryKey, batch, FLINK));
  }

  private static BindingRequest request(
      Source source, PhysicalTable table, List<String> primaryKey, boolean batch, Engine engine) {
    return new BindingRequest(
        source,
        "mine",
        table,
        primaryKey,
        Map.<String, Format>of(),
        Binding.Role.SOURCE,
        batch ? Binding.RuntimeMode.BATCH : Binding.RuntimeMode.STREAMING,
        engine);
  }

  private static Map<String, String> values(Binding binding) {
    Map<String, String> values = new HashMap<>();
    binding.options().stream()
        .filter(option -> option.value() != null)
        .forEach(option -> values.put(option.key(), String.valueOf(option.value())));
    return values;
  }

  private static PhysicalTable table(String kind, String... columns) {
    return SYSTEM.table(
        "t",
        new Registration(
            Map.of("key-pattern", "u:{id}", "value", kind, "scan.count", "50", "overlap", "allow"),
            List.of()),
        Map.of(),
        Arrays.stream(columns)
            .map(text -> text.split(" ", 2))
            .map(parts -> new Column(parts[0], parts[1], true, "", Map.of()))
            .collect(Collectors.toList()),
        "");
  }
}
