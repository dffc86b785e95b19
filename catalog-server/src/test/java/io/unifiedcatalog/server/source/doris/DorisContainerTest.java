package io.unifiedcatalog.server.source.doris;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.source.JdbcContainer;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.VendorContainer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Testcontainers;

/** Doris' own image of a frontend and a backend; where there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class DorisContainerTest extends DorisContract {
  private static final String USER = "reader";
  private static final String PASSWORD = "secret-of-a-container";

  private JdbcContainer server;

  @BeforeAll
  void start() {
    VendorContainer container =
        VendorContainer.start(
            // It is healthy when the backend is there, too.
            "apache/doris:all-in-one-4.1.3", 9030, Map.of(), Wait.forHealthcheck());
    String url = "jdbc:mysql://127.0.0.1:" + container.port() + "/";
    JdbcContainer.executeAs(
        url,
        "root",
        "",
        "CREATE USER " + USER + " IDENTIFIED BY '" + PASSWORD + "'",
        "GRANT ADMIN_PRIV ON *.*.* TO " + USER);
    server = new JdbcContainer(container, url, USER, PASSWORD, Map.of());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void keyModelsPartitionsAndBucketsAreRead() {
    String database =
        create(
            "models",
            "CREATE TABLE {db}.orders (id BIGINT NOT NULL, day DATE NOT NULL COMMENT 'in UTC',"
                + " total DECIMAL(38, 9)) UNIQUE KEY (id, day) COMMENT 'What was ordered'"
                + " PARTITION BY RANGE (day) (PARTITION p1 VALUES LESS THAN ('2026-01-01'),"
                + " PARTITION p2 VALUES LESS THAN ('2027-01-01')) DISTRIBUTED BY HASH (id) BUCKETS 3",
            "CREATE TABLE {db}.events (day DATE, what VARCHAR(200)) DUPLICATE KEY (day)"
                + " DISTRIBUTED BY RANDOM BUCKETS 2",
            "CREATE TABLE {db}.sums (day DATE NOT NULL, n BIGINT SUM) AGGREGATE KEY (day)"
                + " DISTRIBUTED BY HASH (day) BUCKETS 1",
            "CREATE VIEW {db}.by_day AS SELECT day FROM {db}.orders");

    Seen seen = read(source(), database);

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

  /** As the stand-in has them, so far as it has. */
  @Override
  protected String columnTypes() {
    return """
        INT NOT NULL | int(11) | INT NOT NULL
        BOOLEAN | tinyint(1) | BOOLEAN
        TINYINT | tinyint(4) | TINYINT
        SMALLINT | ? | SMALLINT
        BIGINT | bigint(20) | BIGINT
        LARGEINT | largeint | VARCHAR(2147483647) | Up to 39 digits
        FLOAT | ? | FLOAT
        DOUBLE | ? | DOUBLE
        DECIMAL(38, 9) | decimalv3(38, 9) | DECIMAL(38, 9)
        DATE | date | DATE
        DATETIME(3) | datetime(3) | TIMESTAMP(3)
        CHAR(8) | char(8) | CHAR(8)
        VARCHAR(200) | varchar(200) | VARCHAR(200)
        STRING | string | VARCHAR(2147483647)
        VARIANT | variant | VARCHAR(2147483647)
        JSON | ? | VARCHAR(2147483647)
        IPV6 | ipv6 | VARCHAR(2147483647)
        ARRAY<VARCHAR(20)> | array<varchar(20)> | VARCHAR(2147483647) | the text that Doris prints
        MAP<STRING, INT> | ? | VARCHAR(2147483647) | the text that Doris prints
        STRUCT<a: INT, b: STRING> | ? | VARCHAR(2147483647) | the text that Doris prints
        """;
  }

  @Override
  protected String columnTypesTable() {
    return " DUPLICATE KEY (c0)";
  }

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return server;
  }

  @Override
  String urlProperties() {
    return "";
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
}
