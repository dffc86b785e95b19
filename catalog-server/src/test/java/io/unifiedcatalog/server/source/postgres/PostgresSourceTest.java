package io.unifiedcatalog.server.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server is the one that the store is kept in elsewhere, with a database for this class. */
class PostgresSourceTest extends PostgresContract {
  @TempDir private static Path parent;

  private final PostgresUnderTest server = new PostgresUnderTest.Shared();

  @AfterAll
  void stop() {
    server.close();
  }

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return new PostgresUnderTest.Victim(parent.resolve("source"));
  }

  @Test
  void everyTypeThatAColumnCanHaveIsReadOrSaidNotToBe() throws Exception {
    String database = create("types");
    List<String> types = new ArrayList<>();
    try (Connection connection = server.connect();
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
    execute("CREATE TABLE " + database + ".each (" + columns + ")");

    PhysicalTable each = read(source(), database).table("each");

    assertThat(each.columns()).hasSize(types.size());
    for (Column column : each.columns()) {
      assertThat(system().columnType(column, source(), FLINK))
          .as(column.nativeType())
          .isInstanceOf(ColumnType.Supported.class);
    }
  }

  @Test
  void keysCommentsGeneratedColumnsAndPartitionsAreRead() {
    String database =
        create(
            "facts",
            "CREATE DOMAIN {db}.cents AS bigint NOT NULL CHECK (VALUE >= 0)",
            "CREATE TYPE {db}.state AS ENUM ('open', 'it''s')",
            "CREATE TABLE {db}.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text"
                + " UNIQUE, price {db}.cents, state {db}.state DEFAULT 'open', twice bigint GENERATED"
                + " ALWAYS AS (price * 2) STORED, \"User\" text, \"user\" text)",
            "COMMENT ON TABLE {db}.orders IS 'all of them'",
            "COMMENT ON COLUMN {db}.orders.price IS 'In cents'",
            "CREATE INDEX by_lower ON {db}.orders (lower(code))",
            "CREATE TABLE {db}.parts (at date NOT NULL) PARTITION BY RANGE (at)",
            "CREATE TABLE {db}.parts_2026 PARTITION OF {db}.parts FOR VALUES FROM ('2026-01-01') TO"
                + " ('2027-01-01')",
            "CREATE VIEW {db}.plain AS SELECT id FROM {db}.orders",
            "CREATE VIEW {db}.grouped AS SELECT count(*) FROM {db}.orders",
            "CREATE MATERIALIZED VIEW {db}.kept AS SELECT code FROM {db}.orders");

    Seen seen = read(source(), database);

    assertThat(seen.tables()).containsOnlyKeys("orders", "parts", "plain", "grouped", "kept");
    PhysicalTable orders = seen.table("orders");
    assertThat(orders.primaryKey()).isEqualTo(new Key("orders_pkey", List.of("id")));
    assertThat(orders.uniqueKeys()).containsExactly(new Key("orders_code_key", List.of("code")));
    assertThat(orders.indexes()).containsExactly(new Key("by_lower", List.of("lower(code)")));
    assertThat(orders.comment()).isEqualTo("all of them");
    Column price = seen.column("orders", "price");
    assertThat(price.comment()).isEqualTo("In cents");
    assertThat(price.nullable()).isFalse();
    assertThat(price.facts()).containsEntry(JdbcBinding.BASE_TYPE, "bigint");
    assertThat(seen.column("orders", "state").facts())
        .containsEntry(Facts.DEFAULT, "'open'::" + database + ".state")
        .containsEntry("labels", "'open','it''s'");
    assertThat(seen.column("orders", "twice").facts()).containsKey(Facts.GENERATED);
    assertThat(seen.column("orders", "id").facts()).containsKey(Facts.GENERATED);
    assertThat(system().columnType(seen.column("orders", "User"), source(), FLINK))
        .isInstanceOf(ColumnType.Supported.class);
    assertThat(seen.column("orders", "code").facts()).containsEntry(Facts.COLLATION, "default");
    assertThat(seen.table("parts").facts()).containsEntry("partition-by", "RANGE (at)");
    assertThat(seen.table("plain").facts()).doesNotContainKey(Facts.WRITABLE);
    assertThat(seen.table("grouped").facts()).containsEntry(Facts.WRITABLE, "false");
    assertThat(seen.table("kept").facts())
        .containsEntry(Facts.WRITABLE, "false")
        .containsEntry("materialized", "true");
  }

  @Test
  void aKeyThatNoUpsertCanNameIsNotThePrimaryKeyAndTheTableSaysWhy() {
    String database =
        create(
            "keys",
            "CREATE TABLE {db}.deferred (id int PRIMARY KEY DEFERRABLE, u int UNIQUE DEFERRABLE)",
            "CREATE TABLE {db}.made (a int, b int GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY)",
            "CREATE TABLE {db}.excluding (r int4range, EXCLUDE USING gist (r WITH &&))",
            "CREATE TABLE {db}.plain (id int PRIMARY KEY)");
    Seen seen = read(source(), database);
    assertThat(seen.table("deferred").primaryKey()).isNull();
    assertThat(seen.table("deferred").uniqueKeys()).isEmpty();
    assertThat(seen.table("deferred").facts())
        .containsEntry(
            Facts.NOT_AN_UPSERT_KEY,
            "The primary key 'deferred_pkey' cannot be upserted by: it is deferrable.");
    assertThat(seen.table("made").primaryKey()).isNull();
    assertThat(seen.table("made").facts().get(Facts.NOT_AN_UPSERT_KEY))
        .contains("it has a generated column");
    assertThat(seen.table("excluding").uniqueKeys()).isEmpty();
    assertThat(seen.table("plain").primaryKey()).isEqualTo(new Key("plain_pkey", List.of("id")));
    assertThat(seen.table("plain").facts()).doesNotContainKey(Facts.NOT_AN_UPSERT_KEY);
  }

  @Test
  void statisticsAreThoseOfTheLastAnalyze() {
    String database =
        create(
            "sizes",
            "CREATE TABLE {db}.counted AS SELECT generate_series(1, 1000) AS i",
            "CREATE TABLE {db}.never (i int)",
            "ANALYZE {db}.counted");
    Seen seen = read(source(), database);
    assertThat(seen.statistics("counted").rowCount()).isEqualTo(1000);
    assertThat(seen.statistics("counted").sizeBytes()).isPositive();
    assertThat(seen.statistics("never").rowCount()).isNull();
  }

  @Test
  void whatTheCatalogSetsIsRefusedAsAnOption() {
    assertThat(
            system()
                .validate(
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
