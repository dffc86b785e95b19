package io.unifiedcatalog.server.source.starrocks;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.MySqlUnderTest;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SqlServer;
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
class StarRocksStandInTest extends SourceContract {
  private final MySqlUnderTest server = MySqlUnderTest.shared();
  private final StarRocksSource system = new StarRocksSource();

  @BeforeAll
  void writeMetadata() {
    server.executeResource("/starrocks/metadata.sql", name(""));
  }

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return MySqlUnderTest.start();
  }

  @Override
  protected String quote(String name) {
    return "`" + name + "`";
  }

  /** Types of MySQL that are printed as StarRocks prints some of its own. */
  @Override
  protected String columnTypes() {
    return """
        BOOLEAN NOT NULL | tinyint(1) | BOOLEAN NOT NULL
        TINYINT | tinyint | TINYINT
        SMALLINT | smallint | SMALLINT
        INT NOT NULL | int | INT NOT NULL
        BIGINT | bigint | BIGINT
        BIGINT UNSIGNED | bigint unsigned | VARCHAR(2147483647) | Up to 39 digits
        FLOAT | float | FLOAT
        DOUBLE | double | DOUBLE
        DECIMAL(38, 9) | decimal(38,9) | DECIMAL(38, 9)
        DECIMAL(39, 0) | decimal(39,0) | VARCHAR(2147483647) | More than the 38 digits
        DATE | date | DATE
        DATETIME NOT NULL | datetime | TIMESTAMP(6) NOT NULL
        CHAR(8) | char(8) | CHAR(8)
        VARCHAR(300) NOT NULL | varchar(300) | VARCHAR(300) NOT NULL
        JSON | json | VARCHAR(2147483647)
        VARBINARY(9) | varbinary(9) | VARBINARY(2147483647)
        BLOB | blob | unsupported | no type for StarRocks' blob
        """;
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of(
        "host", "elsewhere.example", "port", "9031", "property.sslMode", "VERIFY_IDENTITY");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of(
        "user", "other",
        "include", "shop",
        "exclude", "shop",
        "database-pattern", "x_{database}",
        "hold-share", "10",
        "system-schemas", "true");
  }

  @Override
  protected boolean refusesGeneratedColumns(Engine engine) {
    return false;
  }

  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    return new ExpectedBinding(
        Map.of(
            "connector", "unified-jdbc",
            "dialect", "starrocks",
            "url",
                "jdbc:mysql://127.0.0.1:"
                    + server.mySql().port()
                    + "/"
                    + bound.nativeDatabase()
                    + "?connectTimeout=10000&tcpKeepAlive=true&allowPublicKeyRetrieval=true"
                    + "&characterEncoding=UTF-8",
            "table-name", "t",
            "username", "root",
            "column-types", "`id` bigint, `name` varchar(10)"),
        server.secrets(),
        // By which the driver hands on rows as they come.
        Map.of("scan.fetch-size", "" + Integer.MIN_VALUE),
        List.of("scan.parallelism", "lookup.cache", "sink.buffer-flush.max-rows"),
        List.of(
            "io.unifiedcatalog:flink-connector-unified-jdbc:0.1.0",
            "com.mysql:mysql-connector-j:"));
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
        "mine", StarRocksOptions.parse(source(), new ArrayList<>()), name("recorded"));
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
    assertThat(sql(seen, "orders", "day of it")).isEqualTo("DATE");
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
          .contains("jdbc:mysql://127.0.0.1:" + server.mySql().port() + "/shop?");
      assertThat(binding.toString()).doesNotContain(server.mySql().rootPassword());
    }
  }
}
