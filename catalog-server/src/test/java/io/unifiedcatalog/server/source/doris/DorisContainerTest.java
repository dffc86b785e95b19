package io.unifiedcatalog.server.source.doris;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.VendorContainer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** Doris' own image of a frontend and a backend; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DorisContainerTest extends SourceContract {
  private static final String USER = "reader";
  private static final String PASSWORD = "secret-of-a-container";

  private VendorContainer server;

  @BeforeAll
  void start() {
    server =
        VendorContainer.start(
            // It is healthy when the backend is there, too.
            "apache/doris:all-in-one-4.1.3", 9030, Map.of(), Wait.forHealthcheck());
    executeAs(
        "root",
        "",
        "CREATE USER " + USER + " IDENTIFIED BY '" + PASSWORD + "'",
        "GRANT ADMIN_PRIV ON *.*.* TO " + USER);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void keyModelsPartitionsAndBucketsAreRead() {
    create(
        "models",
        "CREATE TABLE models.orders (id BIGINT NOT NULL, day DATE NOT NULL COMMENT 'in UTC',"
            + " total DECIMAL(38, 9)) UNIQUE KEY (id, day) COMMENT 'What was ordered'"
            + " PARTITION BY RANGE (day) (PARTITION p1 VALUES LESS THAN ('2026-01-01'),"
            + " PARTITION p2 VALUES LESS THAN ('2027-01-01')) DISTRIBUTED BY HASH (id) BUCKETS 3",
        "CREATE TABLE models.events (day DATE, what VARCHAR(200)) DUPLICATE KEY (day)"
            + " DISTRIBUTED BY RANDOM BUCKETS 2",
        "CREATE TABLE models.sums (day DATE NOT NULL, n BIGINT SUM) AGGREGATE KEY (day)"
            + " DISTRIBUTED BY HASH (day) BUCKETS 1",
        "CREATE VIEW models.by_day AS SELECT day FROM models.orders");

    Seen seen = read(source(), "models");

    assertThat(seen.unreadable()).isEmpty();
    PhysicalTable orders = seen.table("orders");
    assertThat(orders.primaryKey()).isEqualTo(new Key("UNIQUE", List.of("id", "day")));
    assertThat(orders.comment()).isEqualTo("What was ordered");
    assertThat(orders.facts())
        .containsEntry("key-model", "UNIQUE")
        .containsEntry("engine", "Doris")
        .containsEntry("buckets", "3")
        .containsKeys("partition-by", "partitions", "distributed-by");
    assertThat(seen.column("orders", "day").comment()).isEqualTo("in UTC");
    assertThat(seen.table("events").facts()).containsEntry("key-model", "DUPLICATE");
    assertThat(seen.table("events").primaryKey()).isNull();
    assertThat(seen.table("sums").facts()).containsEntry("key-model", "AGGREGATE");
    assertThat(seen.table("by_day").kind()).isEqualTo(PhysicalTable.Kind.VIEW);
  }

  @Test
  void everyTypeIsWhatTheStandInSaysThatDorisPrints() {
    create(
        "types",
        "CREATE TABLE types.t (k INT NOT NULL, paid BOOLEAN, lines TINYINT, small SMALLINT,"
            + " big BIGINT, huge LARGEINT, f FLOAT, d DOUBLE, total DECIMAL(38, 9), day DATE,"
            + " at DATETIME(3), code CHAR(8), what VARCHAR(200), note STRING, extra VARIANT,"
            + " doc JSON, from_ip IPV6, tags ARRAY<VARCHAR(20)>, pairs MAP<STRING, INT>,"
            + " parts STRUCT<a: INT, b: STRING>) DUPLICATE KEY (k)");

    Seen seen = read(source(), "types");

    assertThat(type(seen, "k")).isEqualTo("INT");
    assertThat(type(seen, "paid")).isEqualTo("BOOLEAN");
    assertThat(type(seen, "lines")).isEqualTo("TINYINT");
    assertThat(type(seen, "small")).isEqualTo("SMALLINT");
    assertThat(type(seen, "big")).isEqualTo("BIGINT");
    assertThat(type(seen, "huge")).isEqualTo("VARCHAR(2147483647)");
    assertThat(type(seen, "f")).isEqualTo("FLOAT");
    assertThat(type(seen, "d")).isEqualTo("DOUBLE");
    assertThat(type(seen, "total")).isEqualTo("DECIMAL(38, 9)");
    assertThat(type(seen, "day")).isEqualTo("DATE");
    assertThat(type(seen, "at")).isEqualTo("TIMESTAMP(3)");
    assertThat(type(seen, "code")).isEqualTo("CHAR(8)");
    assertThat(type(seen, "what")).isEqualTo("VARCHAR(200)");
    for (String text : List.of("note", "extra", "doc", "from_ip", "tags", "pairs", "parts")) {
      assertThat(type(seen, text)).isEqualTo("VARCHAR(2147483647)");
    }
  }

  private String type(Seen seen, String column) {
    ColumnType type =
        system().columnType(seen.column("t", column), source(), new Engine("flink", "2.3.0"));
    return type instanceof ColumnType.Supported supported
        ? supported.type().sql()
        : type.toString();
  }

  @Override
  protected SourceSystem system() {
    return new DorisSource();
  }

  @Override
  protected Map<String, String> options() {
    return Map.of("host", "127.0.0.1", "port", String.valueOf(server.port()), "user", USER);
  }

  @Override
  protected Map<String, String> secrets() {
    return Map.of("password", PASSWORD);
  }

  @Override
  protected void execute(String... statements) {
    executeAs(USER, PASSWORD, statements);
  }

  private void executeAs(String user, String password, String... statements) {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:" + server.port() + "/", user, password);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("A statement was refused: " + e.getMessage(), e);
    }
  }

  /** Doris takes Latin letters, digits, hyphens and underscores, and a letter first. */
  @Override
  protected List<String> oddNames() {
    return List.of("Orders", "x-y", "a1_", "Z");
  }

  @Override
  protected String oddDatabase() {
    return "Mixed-Case_1";
  }

  @Override
  protected String quote(String name) {
    return "`" + name + "`";
  }

  @Override
  protected void kill() {
    server.kill();
  }

  @Override
  protected void restart() {
    server.restart();
  }
}
