package io.unifiedcatalog.server.source.doris;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.MySqlUnderTest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SqlServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The Doris source on what stands in for Doris, as none can be had: a MySQL server, whose protocol
 * Doris speaks, and tables in it that hold rows in the shapes of Doris' information_schema.
 */
class DorisStandInTest extends DorisContract {
  private final MySqlUnderTest server = MySqlUnderTest.shared();

  @BeforeAll
  void writeMetadata() {
    server.executeResource("/doris/metadata.sql", name(""));
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
  String urlProperties() {
    return "&allowPublicKeyRetrieval=true";
  }

  /** Types of MySQL that are printed as Doris prints some of its own. */
  @Override
  protected String columnTypes() {
    return """
        BOOLEAN NOT NULL | tinyint(1) | BOOLEAN NOT NULL
        TINYINT | tinyint | TINYINT
        SMALLINT | smallint | SMALLINT
        INT NOT NULL | int | INT NOT NULL
        BIGINT | bigint | BIGINT
        FLOAT | float | FLOAT
        DOUBLE | double | DOUBLE
        DECIMAL(38, 9) | decimal(38,9) | DECIMAL(38, 9)
        DECIMAL(39, 0) | decimal(39,0) | VARCHAR(2147483647) | More than the 38 digits
        DATE | date | DATE
        DATETIME | datetime | TIMESTAMP(0)
        DATETIME(6) NOT NULL | datetime(6) | TIMESTAMP(6) NOT NULL
        TIMESTAMP(3) NULL | timestamp(3) | TIMESTAMP(3) | An instant, shown as local time
        CHAR(8) | char(8) | CHAR(8)
        VARCHAR(300) NOT NULL | varchar(300) | VARCHAR(300) NOT NULL
        TEXT | text | VARCHAR(2147483647)
        JSON | json | VARCHAR(2147483647)
        BLOB | blob | unsupported | no type for Doris' blob
        """;
  }

  private SourceSession open(String metadata, String... changes) {
    return DorisSession.open(
        "mine", DorisOptions.parse(source(changes), new ArrayList<>()), name(metadata));
  }

  private Seen read(String metadata, String database, String... changes) {
    Collecting collecting = new Collecting();
    try (SourceSession session = open(metadata, changes)) {
      session.tables(database, collecting);
    }
    return collecting.seen();
  }

  private ColumnType type(Seen seen, String table, String column) {
    return system().columnType(seen.column(table, column), source(), FLINK);
  }

  private String sql(Seen seen, String table, String column) {
    ColumnType.Supported type = (ColumnType.Supported) type(seen, table, column);
    return type.type().sql() + (type.loss().isEmpty() ? "" : " lossy");
  }

  @Test
  void onlyTheUniqueModelGivesAPrimaryKey() {
    Seen seen = read("current_", "shop");
    assertThat(seen.tables()).containsOnlyKeys("orders", "events", "sums", "loose", "by_day");
    assertThat(seen.unreadable()).isEmpty();

    PhysicalTable orders = seen.table("orders");
    assertThat(orders.primaryKey()).isEqualTo(new Key("UNIQUE", List.of("id", "day")));
    assertThat(orders.comment()).isEqualTo("What was ordered");
    assertThat(orders.facts()).containsEntry("key-model", "UNIQUE");
    assertThat(seen.statistics("orders")).isEqualTo(new Statistics(12L, 4096L));
    assertThat(seen.column("orders", "id").facts()).containsEntry(Facts.AUTO_INCREMENT, "true");
    assertThat(seen.column("orders", "day").comment()).isEqualTo("in UTC");
    assertThat(seen.column("orders", "paid").facts()).containsEntry(Facts.DEFAULT, "0");

    assertThat(seen.table("events").primaryKey()).isNull();
    assertThat(seen.table("events").facts()).containsEntry("key-model", "DUPLICATE");
    assertThat(seen.statistics("events")).isEqualTo(Statistics.UNKNOWN);
    assertThat(seen.table("sums").primaryKey()).isNull();
    assertThat(seen.table("sums").facts()).containsEntry("key-model", "AGGREGATE");
  }

  @Test
  void aUniqueKeyThatMayBeNullIsNoPrimaryKey() {
    PhysicalTable loose = read("current_", "shop").table("loose");
    assertThat(loose.primaryKey()).isNull();
    assertThat(loose.uniqueKeys()).containsExactly(new Key("UNIQUE", List.of("id")));
  }

  @Test
  void aViewTakesNoRowsAndHasNoCommentOfItsOwn() {
    PhysicalTable view = read("current_", "shop").table("by_day");
    assertThat(view.kind()).isEqualTo(PhysicalTable.Kind.VIEW);
    assertThat(view.comment()).isEmpty();
    CatalogException refused =
        catchThrowableOfType(CatalogException.class, () -> binding(view, Binding.Role.SINK, FLINK));
    assertThat(refused).hasMessageContaining("shop.by_day").hasMessageContaining("not updatable");
  }

  @Test
  void aTableThatDoesNotSayItsLayoutCostsOnlyThat() {
    // The stand-in has rows that tell of the table, and not the table.
    assertThat(read("current_", "shop").table("orders").facts())
        .containsEntry("engine", "Doris")
        .hasEntrySatisfying(
            "layout-unknown",
            why -> assertThat(why).startsWith("SHOW CREATE TABLE: ").contains("shop"));
  }

  @Test
  void typesAreWhatDorisPrints() {
    Seen seen = read("current_", "shop");
    assertThat(sql(seen, "orders", "id")).isEqualTo("BIGINT");
    assertThat(sql(seen, "orders", "day")).isEqualTo("DATE");
    assertThat(sql(seen, "orders", "paid")).isEqualTo("BOOLEAN");
    assertThat(sql(seen, "orders", "lines")).isEqualTo("TINYINT");
    assertThat(sql(seen, "orders", "total")).isEqualTo("DECIMAL(38, 9)");
    assertThat(sql(seen, "orders", "huge")).isEqualTo("VARCHAR(2147483647) lossy");
    assertThat(sql(seen, "orders", "at")).isEqualTo("TIMESTAMP(3)");
    assertThat(sql(seen, "orders", "note")).isEqualTo("VARCHAR(2147483647)");
    assertThat(sql(seen, "orders", "code")).isEqualTo("CHAR(8)");
    assertThat(sql(seen, "orders", "tags")).isEqualTo("VARCHAR(2147483647) lossy");
    assertThat(sql(seen, "orders", "extra")).isEqualTo("VARCHAR(2147483647)");
    assertThat(sql(seen, "orders", "from_ip")).isEqualTo("VARCHAR(2147483647)");
    assertThat(sql(seen, "orders", "zoned")).isEqualTo("TIMESTAMP(6) lossy");
    assertThat(sql(seen, "events", "what")).isEqualTo("VARCHAR(65533)");
    assertThat(sql(seen, "orders", "exact")).isEqualTo("VARCHAR(2147483647) lossy");
    assertThat(((ColumnType.Unsupported) type(seen, "orders", "seen_by")).reason())
        .contains("bitmap");
  }

  @Test
  void whatOlderReleasesPrintIsRead() {
    try (SourceSession session = open("older")) {
      assertThat(session.databases()).containsExactly("shop");
    }
    Seen seen = read("older", "shop");
    assertThat(seen.table("orders").primaryKey()).isEqualTo(new Key("UNIQUE", List.of("id")));
    assertThat(sql(seen, "orders", "day")).isEqualTo("DATE");
    assertThat(sql(seen, "orders", "at")).isEqualTo("TIMESTAMP(6)");
    assertThat(((ColumnType.Unsupported) type(seen, "orders", "extra")).reason())
        .contains("unknown");
  }

  @Test
  void externalCatalogsAreLeftOutUnlessAskedFor() {
    try (SourceSession session = open("current_")) {
      assertThat(session.databases()).containsExactly("shop");
    }
    try (SourceSession session = open("current_", "external-catalogs", "true")) {
      assertThat(session.databases()).containsExactly("lake.shop", "lake.web", "shop");
    }
    try (SourceSession session = open("current_", "system-schemas", "true")) {
      assertThat(session.databases()).contains("__internal_schema", "shop");
    }
    Seen lake = read("current_", "lake.shop", "external-catalogs", "true");
    assertThat(lake.tables()).containsOnlyKeys("orders");
    assertThat(lake.table("orders").columns()).extracting(Column::name).containsExactly("id");
    assertThat(lake.table("orders").facts()).isEqualTo(Map.of("engine", "iceberg"));
    assertThat(read("current_", "shop", "external-catalogs", "true").tables()).hasSize(5);
    CatalogException unasked =
        catchThrowableOfType(CatalogException.class, () -> read("current_", "lake.web"));
    assertThat(unasked).hasMessageContaining("lake.web");
  }

  @Test
  void flinkTwoReadsByMySqlsProtocolAndFlinkOneByDorisOwnConnector() {
    PhysicalTable orders = read("current_", "shop").table("orders");
    Binding two = binding(orders, Binding.Role.SINK, FLINK);
    assertThat(value(two, "connector")).isEqualTo("unified-jdbc");
    assertThat(value(two, "url"))
        .startsWith("jdbc:mysql://127.0.0.1:" + server.mySql().port() + "/shop?");
    // By which the driver hands on rows as they come.
    assertThat(value(two, "scan.fetch-size")).isEqualTo("" + Integer.MIN_VALUE);
    Binding one = binding(orders, Binding.Role.SINK, FLINK_1);
    assertThat(value(one, "connector")).isEqualTo("doris");
    assertThat(value(one, "fenodes")).isEqualTo("127.0.0.1:8030");
    assertThat(value(one, "table.identifier")).isEqualTo("shop.orders");
    assertThat(one.artifacts())
        .extracting(Binding.Artifact::coordinates)
        .containsExactly("org.apache.doris:flink-doris-connector-1.20:25.0.0");
    for (Binding binding : List.of(one, two)) {
      assertThat(binding.toString()).doesNotContain(server.mySql().rootPassword());
      assertThat(binding.options().stream().filter(Binding.Option::secret))
          .extracting(Binding.Option::key)
          .containsExactly("password");
    }
    CatalogException refused =
        catchThrowableOfType(
            CatalogException.class,
            () -> binding(orders, Binding.Role.SOURCE, new Engine("flink", "1.19.1")));
    assertThat(refused).hasMessageContaining("flink 1.19.1");
  }

  @Test
  void anHttpPortIsAPort() {
    assertThat(system().validate(source("http-port", "0")))
        .extracting(CatalogException.Violation::field)
        .containsExactly("source.options.http-port");
  }

  private Binding binding(PhysicalTable table, Binding.Role role, Engine engine) {
    return system()
        .binding(
            new BindingRequest(
                source(), "shop", table, role, Binding.RuntimeMode.STREAMING, engine));
  }

  private static String value(Binding binding, String key) {
    return binding.options().stream()
        .filter(option -> option.key().equals(key))
        .map(option -> String.valueOf(option.value()))
        .findFirst()
        .orElseThrow();
  }
}
