package io.unifiedcatalog.server.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a ClickHouse source must do beside the contract of all sources, whatever server it is. */
abstract class ClickHouseContract extends SourceContract {
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

  @Override
  protected String columnTypes() {
    return """
        Int8 | Int8 | TINYINT NOT NULL
        UInt8 | UInt8 | SMALLINT NOT NULL
        Int16 | Int16 | SMALLINT NOT NULL
        UInt16 | UInt16 | INT NOT NULL
        Int32 | Int32 | INT NOT NULL
        INT NULL | Nullable(Int32) | INT
        UInt32 | UInt32 | BIGINT NOT NULL
        Int64 | Int64 | BIGINT NOT NULL
        UInt64 | UInt64 | DECIMAL(20, 0) NOT NULL
        Int128 | Int128 | VARCHAR(2147483647) NOT NULL | Up to 78 digits
        UInt256 | UInt256 | VARCHAR(2147483647) NOT NULL | Up to 78 digits
        Float32 | Float32 | FLOAT NOT NULL
        Float64 | Float64 | DOUBLE NOT NULL
        BFloat16 | BFloat16 | FLOAT NOT NULL
        Bool | Bool | BOOLEAN NOT NULL
        Decimal(38, 10) | Decimal(38, 10) | DECIMAL(38, 10) NOT NULL
        Decimal64(2) | Decimal(18, 2) | DECIMAL(18, 2) NOT NULL
        Decimal(76, 10) | Decimal(76, 10) | VARCHAR(2147483647) NOT NULL | Up to 76 digits
        Date | Date | DATE NOT NULL
        Date32 | Date32 | DATE NOT NULL
        DateTime | DateTime | TIMESTAMP(0) WITH LOCAL TIME ZONE NOT NULL
        DateTime('Asia/Tokyo') | DateTime('Asia/Tokyo') | TIMESTAMP(0) WITH LOCAL TIME ZONE NOT NULL
        DateTime64(9, 'UTC') | DateTime64(9, 'UTC') | TIMESTAMP(9) WITH LOCAL TIME ZONE NOT NULL
        String | String | VARCHAR(2147483647) NOT NULL
        VARCHAR(10) | String | VARCHAR(2147483647) NOT NULL
        FixedString(3) | FixedString(3) | VARBINARY(2147483647) NOT NULL
        Enum('a' = -1, 'b)' = 2) | Enum8('a' = -1, 'b)' = 2) | VARCHAR(2147483647) NOT NULL
        Nullable(UUID) | Nullable(UUID) | VARCHAR(2147483647)
        IPv6 | IPv6 | VARCHAR(2147483647) NOT NULL
        LowCardinality(Nullable(String)) | LowCardinality(Nullable(String)) | VARCHAR(2147483647)
        SimpleAggregateFunction(anyLast, Nullable(Int8)) | SimpleAggregateFunction(anyLast, Nullable(Int8)) | TINYINT
        Array(Nullable(Int8)) | Array(Nullable(Int8)) | ARRAY<TINYINT> NOT NULL
        Array(Array(String)) | Array(Array(String)) | ARRAY<ARRAY<VARCHAR(2147483647)>> NOT NULL
        Array(FixedString(3)) | Array(FixedString(3)) | ARRAY<VARCHAR(2147483647)> NOT NULL | as UTF-8 text
        Map(LowCardinality(String), UInt8) | Map(LowCardinality(String), UInt8) | MAP<VARCHAR(2147483647) NOT NULL, SMALLINT> NOT NULL
        Tuple(a UInt8, `b c` Nullable(Date)) | Tuple(a UInt8, `b c` Nullable(Date)) | ROW<`a` SMALLINT NOT NULL, `b c` DATE> NOT NULL
        Tuple(Int8, String) | Tuple(Int8, String) | ROW<`f0` TINYINT NOT NULL, `f1` VARCHAR(2147483647) NOT NULL> NOT NULL
        Nested(a Int8) | Nested(a Int8) | ARRAY<ROW<`a` TINYINT NOT NULL>> NOT NULL
        AggregateFunction(sum, UInt64) | AggregateFunction(sum, UInt64) | unsupported | finalizeAggregation
        Array(Tuple(a Map(String, AggregateFunction(sum, UInt64)))) | Array(Tuple(a Map(String, AggregateFunction(sum, UInt64)))) | unsupported | aggregate function
        Point | Point | unsupported | Flink has no geometry
        Time64(3) | Time64(3) | unsupported | Flink's TIME is a time of day
        """;
  }

  @Override
  protected String columnTypesTable() {
    return " ENGINE = Memory SETTINGS allow_suspicious_low_cardinality_types = 1,"
        + " allow_experimental_time_time64_type = 1, flatten_nested = 0";
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of("host", "elsewhere.example", "port", "8124", "property.ssl", "true");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of(
        "user", "other",
        "include", "shop",
        "exclude", "shop",
        "database-pattern", "x_{database}",
        "hold-share", "10",
        "system-schemas", "true",
        "fixed-string", "char",
        "primary-key", "sorting-key");
  }

  /** The properties of the driver that the options set, as a url has them. */
  abstract String urlProperties();

  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    return new ExpectedBinding(
        Map.of(
            "connector",
            "jdbc-clickhouse",
            "url",
            "jdbc:clickhouse://127.0.0.1:"
                + server().options().get("port")
                + "/"
                + bound.nativeDatabase()
                + urlProperties(),
            "table-name",
            "t",
            "username",
            server().options().getOrDefault("user", ""),
            "driver",
            "com.clickhouse.jdbc.Driver",
            "column-types",
            bound.table().columns().stream()
                .map(column -> "`" + column.name() + "` " + column.nativeType())
                .collect(Collectors.joining(", "))),
        server().secrets(),
        Map.of("scan.fetch-size", "1000"),
        List.of("filter.handling.policy", "lookup.cache", "sink.buffer-flush.max-rows"),
        List.of(
            engine.equals(FLINK_1)
                ? "org.apache.flink:flink-connector-jdbc:3.3.0-1.20"
                : "org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0",
            "io.unifiedcatalog:flink-connector-jdbc-clickhouse:0.1.0"));
  }

  @Test
  void tablesHaveTheirEngineKeysAndSizesAndColumnsTheirDefaults() {
    String database =
        create(
            "facts",
            "CREATE TABLE {db}.orders (id UInt64 COMMENT 'of the shop', at DateTime DEFAULT now(),"
                + " cents Int64 CODEC(Delta, ZSTD), euros Decimal(18, 2) MATERIALIZED cents / 100,"
                + " day Date ALIAS toDate(at), raw String EPHEMERAL, note LowCardinality(Nullable(String)))"
                + " ENGINE = MergeTree PARTITION BY toYYYYMM(at) PRIMARY KEY id ORDER BY (id, at)"
                + " SAMPLE BY id COMMENT 'all of them'",
            "INSERT INTO {db}.orders (id, cents) VALUES (1, 5), (2, 7)");

    Seen seen = read(source(), database);

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
  void aColumnOfAnyNameIsBoundWithItsOwnType() {
    String database =
        create(
            "names",
            "CREATE TABLE {db}.`a?b:c` (`?` UInt8, `a b` Nullable(UUID), `it``s` Enum8('x' = 1),"
                + " `back\\\\slash` String, sums AggregateFunction(sum, UInt64) DEFAULT initializeAggregation('sumState', toUInt64(0))) ENGINE = Memory");
    PhysicalTable table = read(source(), database).table("a?b:c");
    for (Role role : Role.values()) {
      assertThat(
              system
                  .binding(
                      request(source(), new Bound(database, table), role, RuntimeMode.BATCH, FLINK))
                  .options())
          .filteredOn(option -> option.key().equals("column-types"))
          .extracting(Binding.Option::value)
          .containsExactly(
              "`?` UInt8, `a b` Nullable(UUID), `it\\`s` Enum8('x' = 1), `back\\\\slash` String");
    }
  }

  @Test
  void viewsAndEnginesThatTakeNoRowsAreNotWritableAndInnerTablesAreLeftOut() {
    String database =
        create(
            "views",
            "CREATE TABLE {db}.base (id UInt64, v String) ENGINE = MergeTree ORDER BY id",
            "CREATE VIEW {db}.plain AS SELECT id FROM {db}.base",
            "CREATE MATERIALIZED VIEW {db}.kept ENGINE = MergeTree ORDER BY id AS SELECT id FROM"
                + " {db}.base",
            "CREATE DICTIONARY {db}.names (id UInt64, v String) PRIMARY KEY id"
                + " SOURCE(CLICKHOUSE(TABLE 'base' DB '{db}')) LAYOUT(FLAT()) LIFETIME(0)",
            "CREATE TABLE {db}.merged AS {db}.base ENGINE = Merge({db}, '^base$')",
            "CREATE TABLE {db}.members (id UInt64) ENGINE = Set");

    Seen seen = read(source(), database);

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
    String database =
        create(
            "gone",
            "CREATE TABLE {db}.base (id UInt64) ENGINE = MergeTree ORDER BY id",
            "CREATE VIEW {db}.looks AS SELECT id FROM {db}.base",
            "DROP TABLE {db}.base");
    assertThat(read(source(), database).column("looks", "id").nativeType()).isEqualTo("UInt64");
  }

  @Test
  void replicatedAndDistributedTablesAreNotedAsSuch() {
    String database =
        create(
            "cluster",
            "CREATE TABLE {db}.local (id UInt64) ENGINE = MergeTree ORDER BY id",
            "CREATE TABLE {db}.everywhere AS {db}.local"
                + " ENGINE = Distributed('default', '{db}', 'local', rand())");
    assertThat(read(source(), database).table("everywhere").facts())
        .containsEntry("engine", "Distributed")
        .containsEntry("distributed-cluster", "default")
        .containsEntry("distributed-table", database + ".local");
  }

  @Test
  void aSortingKeyIsAPrimaryKeyOnlyIfAskedForAndTheEngineKeepsOneRowForEach() {
    String database =
        create(
            "sorted",
            "CREATE TABLE {db}.replacing (a UInt64, `b c` String, v Int8)"
                + " ENGINE = ReplacingMergeTree ORDER BY (a, `b c`)",
            "CREATE TABLE {db}.collapsing (a UInt64, sign Int8)"
                + " ENGINE = CollapsingMergeTree(sign) ORDER BY a",
            "CREATE TABLE {db}.expression (a UInt64, at DateTime)"
                + " ENGINE = ReplacingMergeTree ORDER BY (a, toDate(at))",
            "CREATE TABLE {db}.plain (a UInt64) ENGINE = MergeTree ORDER BY a");

    Seen unasked = read(source(), database);
    Seen asked = read(source("primary-key", "sorting-key"), database);

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
}
