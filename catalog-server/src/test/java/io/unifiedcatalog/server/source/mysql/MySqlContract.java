package io.unifiedcatalog.server.source.mysql;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.List;
import java.util.Map;

/** What a MySQL source must do beside the contract of all sources, whatever server it is. */
abstract class MySqlContract extends SourceContract {
  private final MySqlSource system = new MySqlSource();

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  protected String columnTypes() {
    return """
        BIT | bit(1) | BOOLEAN
        BIT(2) NOT NULL | bit(2) | VARBINARY(2147483647) NOT NULL
        BOOLEAN NOT NULL | tinyint(1) | BOOLEAN NOT NULL
        TINYINT | tinyint | TINYINT
        TINYINT UNSIGNED | tinyint unsigned | SMALLINT
        SMALLINT | smallint | SMALLINT
        SMALLINT UNSIGNED | smallint unsigned | INT
        MEDIUMINT UNSIGNED | mediumint unsigned | INT
        INT | int | INT
        INT UNSIGNED NOT NULL | int unsigned | BIGINT NOT NULL
        BIGINT | bigint | BIGINT
        BIGINT UNSIGNED | bigint unsigned | DECIMAL(20, 0)
        DECIMAL | decimal(10,0) | DECIMAL(10, 0)
        NUMERIC(38, 9) | decimal(38,9) | DECIMAL(38, 9)
        DECIMAL(39, 0) | decimal(39,0) | VARCHAR(2147483647) | More than the 38 digits
        FLOAT | float | FLOAT
        DOUBLE | double | DOUBLE
        DATE NOT NULL | date | DATE
        DATETIME | datetime | TIMESTAMP(0)
        DATETIME(6) NOT NULL | datetime(6) | TIMESTAMP(6)
        TIMESTAMP(3) NULL | timestamp(3) | TIMESTAMP(3) | An instant, shown as local time at +00:00.
        TIME(3) | time(3) | TIME(0) | Fractions of a second are dropped
        YEAR | year | SMALLINT
        CHAR(8) NOT NULL | char(8) | CHAR(8) NOT NULL
        CHAR(0) | char(0) | VARCHAR(2147483647)
        VARCHAR(300) | varchar(300) | VARCHAR(300)
        TINYTEXT | tinytext | VARCHAR(2147483647)
        LONGTEXT NOT NULL | longtext | VARCHAR(2147483647) NOT NULL
        JSON | json | VARCHAR(2147483647)
        ENUM('new', 'pa,id', 'it''s') | enum('new','pa,id','it''s') | VARCHAR(2147483647)
        SET('a', 'b') | set('a','b') | VARCHAR(2147483647)
        BINARY(3) | binary(3) | VARBINARY(2147483647)
        VARBINARY(10) | varbinary(10) | VARBINARY(2147483647)
        LONGBLOB | longblob | VARBINARY(2147483647)
        POINT | point | unsupported | no type for MySQL's point
        """;
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of(
        "host", "elsewhere.example", "port", "3307", "property.sslMode", "VERIFY_IDENTITY");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.ofEntries(
        Map.entry("user", "other"),
        Map.entry("include", "shop"),
        Map.entry("exclude", "shop"),
        Map.entry("database-pattern", "x_{database}"),
        Map.entry("hold-share", "10"),
        Map.entry("system-schemas", "true"),
        Map.entry("tinyint1-is-boolean", "false"),
        Map.entry("time-as", "unsupported"),
        Map.entry("geometry-as", "text"),
        Map.entry("zero-dates", "none"),
        Map.entry("time-zone", "+02:00"));
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
            "dialect", "mysql",
            "url",
                "jdbc:mysql://127.0.0.1:"
                    + server().options().get("port")
                    + "/"
                    + bound.nativeDatabase()
                    + "?connectTimeout=10000&tcpKeepAlive=true&allowPublicKeyRetrieval=true"
                    + "&characterEncoding=UTF-8",
            "table-name", "t",
            "username", "root",
            "time-zone", "+00:00",
            "column-types", "`id` bigint, `name` varchar(10) COLLATE utf8mb4_0900_ai_ci"),
        server().secrets(),
        Map.of("scan.fetch-size", "1000"),
        List.of("scan.parallelism", "lookup.cache", "sink.buffer-flush.max-rows"),
        List.of(
            "io.unifiedcatalog:flink-connector-unified-jdbc:0.1.0",
            "com.mysql:mysql-connector-j:"));
  }
}
