package io.unifiedcatalog.server.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a ClickHouse source must do beside the contract of all sources, whatever server it is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ClickHouseContract extends SourceContract {
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  private final ClickHouseSource system = new ClickHouseSource();

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected String quote(String name) {
    return "`" + name + "`";
  }

  @Override
  protected int columnsOfManyTables() {
    return 1_000;
  }

  @Test
  void tablesHaveTheirEngineKeysAndSizesAndColumnsTheirDefaults() {
    create(
        "facts",
        "CREATE TABLE facts.orders (id UInt64 COMMENT 'of the shop', at DateTime DEFAULT now(),"
            + " cents Int64 CODEC(Delta, ZSTD), euros Decimal(18, 2) MATERIALIZED cents / 100,"
            + " day Date ALIAS toDate(at), raw String EPHEMERAL, note LowCardinality(Nullable(String)))"
            + " ENGINE = MergeTree PARTITION BY toYYYYMM(at) PRIMARY KEY id ORDER BY (id, at)"
            + " SAMPLE BY id COMMENT 'all of them'",
        "INSERT INTO facts.orders (id, cents) VALUES (1, 5), (2, 7)");

    Seen seen = read(source(), "facts");

    PhysicalTable orders = seen.table("orders");
    assertThat(orders.kind()).isEqualTo(PhysicalTable.Kind.TABLE);
    assertThat(orders.comment()).isEqualTo("all of them");
    assertThat(orders.primaryKey()).isNull();
    assertThat(orders.facts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "engine", "MergeTree",
                "partition-key", "toYYYYMM(at)",
                "sorting-key", "id, at",
                "primary-key", "id",
                "sampling-key", "id"));
    assertThat(seen.statistics("orders").rowCount()).isEqualTo(2);
    assertThat(seen.statistics("orders").sizeBytes()).isPositive();
    assertThat(orders.columns())
        .extracting(Column::name)
        .containsExactly("id", "at", "cents", "euros", "day", "raw", "note");
    assertThat(seen.column("orders", "id").comment()).isEqualTo("of the shop");
    assertThat(seen.column("orders", "id").nullable()).isFalse();
    assertThat(seen.column("orders", "note").nullable()).isTrue();
    assertThat(seen.column("orders", "at").facts())
        .isEqualTo(Map.of("default-kind", "DEFAULT", Facts.DEFAULT, "now()"));
    assertThat(seen.column("orders", "euros").facts())
        .isEqualTo(Map.of("default-kind", "MATERIALIZED", Facts.GENERATED, "cents / 100"));
    assertThat(seen.column("orders", "day").facts())
        .isEqualTo(Map.of("default-kind", "ALIAS", Facts.GENERATED, "toDate(at)"));
    assertThat(system.columnType(seen.column("orders", "raw"), source(), FLINK))
        .isInstanceOfSatisfying(
            ColumnType.Unsupported.class, it -> assertThat(it.reason()).contains("EPHEMERAL"));
  }

  @Test
  void viewsAndEnginesThatTakeNoRowsAreNotWritableAndInnerTablesAreLeftOut() {
    create(
        "views",
        "CREATE TABLE views.base (id UInt64, v String) ENGINE = MergeTree ORDER BY id",
        "CREATE VIEW views.plain AS SELECT id FROM views.base",
        "CREATE MATERIALIZED VIEW views.kept ENGINE = MergeTree ORDER BY id AS SELECT id FROM"
            + " views.base",
        "CREATE DICTIONARY views.names (id UInt64, v String) PRIMARY KEY id"
            + " SOURCE(CLICKHOUSE(TABLE 'base' DB 'views')) LAYOUT(FLAT()) LIFETIME(0)",
        "CREATE TABLE views.merged AS views.base ENGINE = Merge(views, '^base$')",
        "CREATE TABLE views.members (id UInt64) ENGINE = Set");

    Seen seen = read(source(), "views");

    assertThat(seen.tables())
        .containsOnlyKeys("base", "plain", "kept", "names", "merged", "members");
    assertThat(seen.table("base").facts()).doesNotContainKey(Facts.WRITABLE);
    for (String view : List.of("plain", "kept")) {
      assertThat(seen.table(view).kind()).isEqualTo(PhysicalTable.Kind.VIEW);
    }
    for (String readOnly : List.of("plain", "kept", "names", "merged")) {
      assertThat(seen.table(readOnly).facts()).containsEntry(Facts.WRITABLE, "false");
    }
    assertThat(seen.table("members").facts().get(Facts.BROKEN)).contains("engine Set");
  }

  @Test
  void aViewWhoseTableIsGoneIsStillListedAsClickHouseListsIt() {
    create(
        "gone",
        "CREATE TABLE gone.base (id UInt64) ENGINE = MergeTree ORDER BY id",
        "CREATE VIEW gone.looks AS SELECT id FROM gone.base",
        "DROP TABLE gone.base");
    assertThat(read(source(), "gone").column("looks", "id").nativeType()).isEqualTo("UInt64");
  }

  @Test
  void replicatedAndDistributedTablesAreNotedAsSuch() {
    create(
        "cluster",
        "CREATE TABLE cluster.local (id UInt64) ENGINE = MergeTree ORDER BY id",
        "CREATE TABLE cluster.everywhere AS cluster.local"
            + " ENGINE = Distributed('default', 'cluster', 'local', rand())");
    assertThat(read(source(), "cluster").table("everywhere").facts())
        .containsEntry("engine", "Distributed")
        .containsEntry("distributed-cluster", "default")
        .containsEntry("distributed-table", "cluster.local");
  }

  @Test
  void aSortingKeyIsAPrimaryKeyOnlyIfAskedForAndTheEngineKeepsOneRowForEach() {
    create(
        "sorted",
        "CREATE TABLE sorted.replacing (a UInt64, `b c` String, v Int8)"
            + " ENGINE = ReplacingMergeTree ORDER BY (a, `b c`)",
        "CREATE TABLE sorted.collapsing (a UInt64, sign Int8)"
            + " ENGINE = CollapsingMergeTree(sign) ORDER BY a",
        "CREATE TABLE sorted.expression (a UInt64, at DateTime)"
            + " ENGINE = ReplacingMergeTree ORDER BY (a, toDate(at))",
        "CREATE TABLE sorted.plain (a UInt64) ENGINE = MergeTree ORDER BY a");

    Seen unasked = read(source(), "sorted");
    Seen asked = read(source("primary-key", "sorting-key"), "sorted");

    assertThat(unasked.tables().values()).allMatch(table -> table.primaryKey() == null);
    assertThat(asked.table("replacing").primaryKey())
        .isEqualTo(new Key("sorting key", List.of("a", "b c")));
    assertThat(asked.table("collapsing").primaryKey())
        .isEqualTo(new Key("sorting key", List.of("a")));
    assertThat(asked.table("expression").primaryKey()).isNull();
    assertThat(asked.table("plain").primaryKey()).isNull();
  }

  @Test
  void clickHousesOwnDatabasesAreReadIfAskedForWithEveryColumnUnderstood() {
    try (var session = system.open(source())) {
      assertThat(session.databases()).doesNotContain("system", "INFORMATION_SCHEMA");
    }
    Source asked = source("system-schemas", "true");
    try (var session = system.open(asked)) {
      assertThat(session.databases()).contains("system", "INFORMATION_SCHEMA");
    }
    Seen seen = read(asked, "system");
    assertThat(seen.tables()).hasSizeGreaterThan(50);
    assertThat(seen.tables().values())
        .allSatisfy(
            table -> {
              assertThat(table.facts()).containsEntry(Facts.WRITABLE, "false");
              assertThat(table.columns())
                  .allMatch(column -> NativeType.parse(column.nativeType()) != null);
            });
  }

  @Test
  void whatTheCatalogSetsIsRefusedAsAnOption() {
    assertThat(
            system.validate(
                source(
                    "property.sslmode", "none",
                    "property.use_time_zone", "UTC",
                    "property.trust_store", "/etc/keys",
                    "primary-key", "yes")))
        .extracting(CatalogException.Violation::field)
        .containsExactlyInAnyOrder(
            "source.options.property.sslmode",
            "source.options.property.use_time_zone",
            "source.options.property.trust_store",
            "source.options.primary-key");
  }

  @Test
  void aReadThatIsAbortedEnds() {
    List<String> statements = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      statements.add("CREATE TABLE aborted.t" + i + " (id INT)");
    }
    create("aborted", statements.toArray(new String[0]));
    try (var session = system.open(source())) {
      session.abort();
      assertThat(
              catchThrowableOfType(
                      CatalogException.class, () -> session.tables("aborted", new Collecting()))
                  .reason())
          .isEqualTo("SOURCE_UNAVAILABLE");
    }
  }
}
