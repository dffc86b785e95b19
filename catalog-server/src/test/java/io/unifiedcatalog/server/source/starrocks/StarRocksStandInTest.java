package io.unifiedcatalog.server.source.starrocks;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.MySqlServerContract;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The StarRocks source on what stands in for StarRocks, as none can be had: a MySQL server, whose
 * protocol StarRocks speaks, and tables in it that hold rows in the shapes of StarRocks'
 * information_schema.
 */
class StarRocksStandInTest extends MySqlServerContract {
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  @BeforeAll
  void writeMetadata() {
    executeResource("/starrocks/metadata.sql");
  }

  @Override
  protected SourceSystem system() {
    return new StarRocksSource();
  }

  private Seen read(String database) {
    Collecting collecting = new Collecting();
    try (SourceSession session = recorded()) {
      session.tables(database, collecting);
    }
    return collecting.seen();
  }

  private SourceSession recorded() {
    return StarRocksSession.open(
        "mine", StarRocksOptions.parse(source(), new ArrayList<>()), "recorded");
  }

  private String sql(Seen seen, String table, String column) {
    ColumnType type = system().columnType(seen.column(table, column), source(), FLINK);
    return type instanceof ColumnType.Supported supported
        ? supported.type().sql() + (supported.loss().isEmpty() ? "" : " lossy")
        : "unsupported";
  }

  @Test
  void onlyThePrimaryKeyModelGivesAPrimaryKey() {
    try (SourceSession session = recorded()) {
      assertThat(session.databases()).containsExactly("shop");
    }
    Seen seen = read("shop");
    assertThat(seen.tables()).containsOnlyKeys("orders", "uniques", "events", "by_day");
    PhysicalTable orders = seen.table("orders");
    assertThat(orders.primaryKey()).isEqualTo(new Key("PRIMARY", List.of("id", "day of it")));
    assertThat(orders.facts())
        .isEqualTo(
            Map.of(
                "engine", "StarRocks",
                "key-model", "PRIMARY",
                "partition-by", "`day of it`",
                "distributed-by", "HASH `id`",
                "buckets", "16",
                "sorted-by", "`id`"));
    assertThat(orders.comment()).isEqualTo("What was ordered");
    assertThat(seen.statistics("orders")).isEqualTo(new Statistics(12L, 4096L));
    assertThat(seen.table("uniques").primaryKey()).isNull();
    assertThat(seen.table("uniques").uniqueKeys())
        .containsExactly(new Key("UNIQUE", List.of("id")));
    assertThat(seen.table("events").facts())
        .containsEntry("key-model", "DUPLICATE")
        .containsEntry("distributed-by", "RANDOM");
    assertThat(seen.table("by_day").kind()).isEqualTo(PhysicalTable.Kind.VIEW);
  }

  @Test
  void typesAreWhatStarRocksPrints() {
    Seen seen = read("shop");
    assertThat(sql(seen, "orders", "id")).isEqualTo("BIGINT");
    assertThat(sql(seen, "orders", "day of it")).isEqualTo("DATE lossy");
    assertThat(sql(seen, "orders", "paid")).isEqualTo("BOOLEAN");
    assertThat(sql(seen, "orders", "huge")).isEqualTo("VARCHAR(2147483647) lossy");
    assertThat(sql(seen, "orders", "total")).isEqualTo("DECIMAL(27, 9)");
    assertThat(sql(seen, "orders", "at")).isEqualTo("TIMESTAMP(6)");
    assertThat(sql(seen, "orders", "raw")).isEqualTo("VARBINARY(2147483647)");
    assertThat(sql(seen, "orders", "extra")).isEqualTo("VARCHAR(2147483647)");
    assertThat(sql(seen, "orders", "tags")).isEqualTo("VARCHAR(2147483647) lossy");
    assertThat(sql(seen, "orders", "seen_by")).isEqualTo("unsupported");
    assertThat(sql(seen, "uniques", "id")).isEqualTo("INT");
    assertThat(sql(seen, "events", "what")).isEqualTo("VARCHAR(65533)");
  }

  @Test
  void flinkReadsByMySqlsProtocol() {
    for (String version : List.of("2.3.0", "1.20.3")) {
      Binding binding =
          system()
              .binding(
                  new BindingRequest(
                      source(),
                      "shop",
                      read("shop").table("orders"),
                      Binding.Role.SOURCE,
                      Binding.RuntimeMode.BATCH,
                      new Engine("flink", version)));
      assertThat(binding.options())
          .filteredOn(option -> option.key().equals("url"))
          .singleElement()
          .asString()
          .contains("jdbc:mysql://127.0.0.1:" + server.port() + "/shop?");
      assertThat(binding.toString()).doesNotContain(server.rootPassword());
    }
  }
}
