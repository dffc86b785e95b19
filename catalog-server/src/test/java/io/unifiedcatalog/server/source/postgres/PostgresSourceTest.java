package io.unifiedcatalog.server.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.server.store.TestPostgres;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The server is the one that the store is kept in elsewhere; a schema is a database here. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresSourceTest extends SourceContract {
  private static final Engine FLINK = new Engine("flink", "2.3.0");

  private final PostgresSource system = new PostgresSource();
  private Path directory;
  private EmbeddedPostgres server;
  private URI address;

  @BeforeAll
  void start(@TempDir Path parent) {
    directory = parent.resolve("source");
    restart();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected Map<String, String> options() {
    return Map.of(
        "host", "127.0.0.1",
        "port", String.valueOf(address.getPort()),
        "user", server.user(),
        "database", address.getPath().substring(1));
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", server.password().reveal());
  }

  @Override
  protected void execute(String... statements) {
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a statement: " + e.getMessage(), e);
    }
  }

  @Override
  protected void create(String database, String... statements) {
    execute(
        "DROP SCHEMA IF EXISTS " + quote(database) + " CASCADE",
        "CREATE SCHEMA " + quote(database));
    execute(statements);
  }

  @Override
  protected String quote(String name) {
    return "\"" + name + "\"";
  }

  /** Ends it at once: killed, it would be started again, as a store is. */
  @Override
  protected void kill() {
    server.close();
  }

  @Override
  protected final void restart() {
    server = TestPostgres.start(directory);
    address = URI.create(server.jdbcUrl().replaceFirst("^jdbc:", "").replaceFirst("\\?.*$", ""));
  }

  @Test
  void everyTypeThatAColumnCanHaveIsReadOrSaidNotToBe() throws Exception {
    create("types");
    List<String> types = new ArrayList<>();
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT format_type(oid, NULL), typarray <> 0 FROM pg_type WHERE typtype IN ('b', 'r', 'm') AND"
                    + " typnamespace = 'pg_catalog'::regnamespace AND typcategory <> 'A' ORDER BY 1")) {
      while (rows.next()) {
        types.add(rows.getString(1));
        if (rows.getBoolean(2)) {
          types.add(rows.getString(1) + "[]");
        }
      }
    }
    assertThat(types).hasSizeGreaterThan(120).contains("jsonb", "money", "int4range", "pg_lsn[]");
    StringBuilder columns = new StringBuilder();
    for (int i = 0; i < types.size(); i++) {
      columns.append(i == 0 ? "" : ", ").append("c").append(i).append(' ').append(types.get(i));
    }
    execute("CREATE TABLE types.each (" + columns + ")");

    PhysicalTable each = read(source(), "types").table("each");

    assertThat(each.columns()).hasSize(types.size());
    StringBuilder select = new StringBuilder();
    for (Column column : each.columns()) {
      assertThat(system.columnType(column, source(), FLINK))
          .as(column.nativeType())
          .isInstanceOf(ColumnType.Supported.class);
      select
          .append(select.isEmpty() ? "" : ", ")
          .append(
              PostgresTypes.expression(
                  column,
                  quote(column.name()),
                  PostgresOptions.parse(source(), new ArrayList<>())));
    }
    // PostgreSQL knows each of the casts that Flink will read through.
    execute("SELECT " + select + " FROM types.each");
  }

  @Test
  void keysCommentsGeneratedColumnsAndPartitionsAreRead() {
    create(
        "facts",
        "CREATE DOMAIN facts.cents AS bigint NOT NULL CHECK (VALUE >= 0)",
        "CREATE TYPE facts.state AS ENUM ('open', 'it''s')",
        "CREATE TABLE facts.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text"
            + " UNIQUE, price facts.cents, state facts.state DEFAULT 'open', twice bigint GENERATED"
            + " ALWAYS AS (price * 2) STORED, \"User\" text, \"user\" text)",
        "COMMENT ON TABLE facts.orders IS 'all of them'",
        "COMMENT ON COLUMN facts.orders.price IS 'In cents'",
        "CREATE INDEX by_lower ON facts.orders (lower(code))",
        "CREATE TABLE facts.parts (at date NOT NULL) PARTITION BY RANGE (at)",
        "CREATE TABLE facts.parts_2026 PARTITION OF facts.parts FOR VALUES FROM ('2026-01-01') TO"
            + " ('2027-01-01')",
        "CREATE VIEW facts.plain AS SELECT id FROM facts.orders",
        "CREATE VIEW facts.grouped AS SELECT count(*) FROM facts.orders",
        "CREATE MATERIALIZED VIEW facts.kept AS SELECT code FROM facts.orders");

    Seen seen = read(source(), "facts");

    assertThat(seen.tables()).containsOnlyKeys("orders", "parts", "plain", "grouped", "kept");
    PhysicalTable orders = seen.table("orders");
    assertThat(orders.primaryKey()).isEqualTo(new Key("orders_pkey", List.of("id")));
    assertThat(orders.uniqueKeys()).containsExactly(new Key("orders_code_key", List.of("code")));
    assertThat(orders.indexes()).containsExactly(new Key("by_lower", List.of("lower(code)")));
    assertThat(orders.comment()).isEqualTo("all of them");
    Column price = seen.column("orders", "price");
    assertThat(price.comment()).isEqualTo("In cents");
    assertThat(price.nullable()).isFalse();
    assertThat(price.facts()).containsEntry(PostgresTypes.BASE_TYPE, "bigint");
    assertThat(seen.column("orders", "state").facts())
        .containsEntry(Facts.DEFAULT, "'open'::facts.state")
        .containsEntry("labels", "'open','it''s'");
    assertThat(seen.column("orders", "twice").facts()).containsKey(Facts.GENERATED);
    assertThat(seen.column("orders", "id").facts()).containsKey(Facts.GENERATED);
    assertThat(system.columnType(seen.column("orders", "User"), source(), FLINK))
        .isInstanceOfSatisfying(
            ColumnType.Unsupported.class, it -> assertThat(it.reason()).contains("quotes no name"));
    assertThat(seen.table("parts").facts()).containsEntry("partition-by", "RANGE (at)");
    assertThat(seen.table("plain").facts()).doesNotContainKey(Facts.WRITABLE);
    assertThat(seen.table("grouped").facts()).containsEntry(Facts.WRITABLE, "false");
    assertThat(seen.table("kept").facts())
        .containsEntry(Facts.WRITABLE, "false")
        .containsEntry("materialized", "true");
  }

  @Test
  void statisticsAreThoseOfTheLastAnalyze() {
    create(
        "sizes",
        "CREATE TABLE sizes.counted AS SELECT generate_series(1, 1000) AS i",
        "CREATE TABLE sizes.never (i int)",
        "ANALYZE sizes.counted");
    Seen seen = read(source(), "sizes");
    assertThat(seen.statistics("counted").rowCount()).isEqualTo(1000);
    assertThat(seen.statistics("counted").sizeBytes()).isPositive();
    assertThat(seen.statistics("never").rowCount()).isNull();
  }

  @Test
  void whatTheCatalogSetsIsRefusedAsAnOption() {
    assertThat(
            system.validate(
                source(
                    "database", "",
                    "property.stringtype", "unspecified",
                    "property.socketFactory", "example.Factory",
                    "time-zone", "Mars")))
        .extracting(CatalogException.Violation::field)
        .containsExactlyInAnyOrder(
            "source.options.database",
            "source.options.property.stringtype",
            "source.options.property.socketFactory",
            "source.options.time-zone");
  }
}
