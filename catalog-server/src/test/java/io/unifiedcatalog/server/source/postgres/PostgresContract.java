package io.unifiedcatalog.server.source.postgres;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.List;
import java.util.Map;

/**
 * What a PostgreSQL source must do beside the contract of all sources, whatever server it is. A
 * schema is a database here.
 */
abstract class PostgresContract extends SourceContract {
  private final PostgresSource system = new PostgresSource();

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected String quote(String name) {
    return "\"" + name + "\"";
  }

  @Override
  protected List<String> creation(String database) {
    return List.of(
        "DROP SCHEMA IF EXISTS " + quote(database) + " CASCADE",
        "CREATE SCHEMA " + quote(database));
  }

  @Override
  protected String columnTypes() {
    return """
        boolean NOT NULL | boolean | BOOLEAN NOT NULL
        smallint | smallint | SMALLINT
        integer | integer | INT
        bigint NOT NULL | bigint | BIGINT NOT NULL
        serial | integer | INT NOT NULL
        real | real | FLOAT
        double precision | double precision | DOUBLE
        numeric | numeric | VARCHAR(2147483647) | A number of any length, as text.
        numeric(10, 2) NOT NULL | numeric(10,2) | DECIMAL(10, 2) NOT NULL | NaN stops the job.
        numeric(5, -3) | numeric(5,-3) | DECIMAL(8, 0) | NaN stops the job.
        numeric(2, 5) | numeric(2,5) | DECIMAL(5, 5) | NaN stops the job.
        numeric(39) | numeric(39,0) | VARCHAR(2147483647) | More than the 38 digits
        money | money | DECIMAL(22, 3) | The currency is that of the server's lc_monetary.
        text | text | VARCHAR(2147483647)
        varchar | character varying | VARCHAR(2147483647)
        varchar(300) NOT NULL | character varying(300) | VARCHAR(300) NOT NULL
        char(8) | character(8) | CHAR(8)
        bytea | bytea | VARBINARY(2147483647)
        date | date | DATE | Infinity, and what is not within the years 1 to 9999
        time | time without time zone | TIME(0) | Fractions of a second are dropped.
        time with time zone | time with time zone | VARCHAR(2147483647)
        timestamp | timestamp without time zone | TIMESTAMP(6) | Infinity, and what is not within the years
        timestamp(0) | timestamp(0) without time zone | TIMESTAMP(0) | Infinity, and what is not within the years
        timestamptz(3) | timestamp(3) with time zone | TIMESTAMP(3) | shown as local time at +00:00.
        interval | interval | VARCHAR(2147483647)
        uuid | uuid | VARCHAR(2147483647)
        jsonb | jsonb | VARCHAR(2147483647)
        inet | inet | VARCHAR(2147483647)
        int4range | int4range | VARCHAR(2147483647)
        integer[] | integer[] | ARRAY<INT> | An array of more than one dimension stops the job.
        uuid[] NOT NULL | uuid[] | ARRAY<VARCHAR(2147483647)> NOT NULL | more than one dimension
        """;
  }

  @Override
  protected Map<String, String> destinations() {
    return Map.of("host", "elsewhere.example", "port", "5433", "property.sslmode", "verify-full");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of(
        "user", "other",
        "include", "shop",
        "exclude", "shop",
        "database-pattern", "x_{database}",
        "hold-share", "10",
        "database", "another",
        "system-schemas", "true",
        "numeric-as", "decimal",
        "time-zone", "+02:00");
  }

  /** There is none: what has no type in Flink is text. */
  @Override
  protected boolean hasColumnsThatFlinkCannotUse() {
    return false;
  }

  @Override
  protected boolean refusesGeneratedColumns(Engine engine) {
    return false;
  }

  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    Map<String, String> options = server().options();
    String url =
        "jdbc:postgresql://127.0.0.1:"
            + options.get("port")
            + "/"
            + options.get("database")
            + "?connectTimeout=10&tcpKeepAlive=true";
    return new ExpectedBinding(
        Map.of(
            "connector",
            "unified-jdbc",
            "dialect",
            "postgres",
            "url",
            url,
            "schema-name",
            bound.nativeDatabase(),
            "table-name",
            "t",
            "username",
            options.getOrDefault("user", ""),
            "time-zone",
            "+00:00",
            "column-types",
            "`id` bigint, `name` character varying(10) COLLATE default"),
        server().secrets(),
        Map.of("scan.fetch-size", "1000"),
        List.of("scan.parallelism", "lookup.cache", "sink.buffer-flush.max-rows"),
        List.of(
            "io.unifiedcatalog:flink-connector-unified-jdbc:0.1.0", "org.postgresql:postgresql:"));
  }
}
