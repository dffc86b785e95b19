package io.unifiedcatalog.server.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Key;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.MySqlUnderTest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SqlServer;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MySqlSourceTest extends MySqlContract {
  private final MySqlUnderTest server = MySqlUnderTest.shared();

  @Override
  protected SqlServer server() {
    return server;
  }

  @Override
  protected SqlServer startVictim() {
    return MySqlUnderTest.start();
  }

  @Test
  void everythingOfATableIsRead() {
    String database =
        create(
            "shop",
            "CREATE TABLE {db}.customers (id BIGINT UNSIGNED PRIMARY KEY)",
            """
        CREATE TABLE {db}.orders (
          id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
          region CHAR(2) NOT NULL DEFAULT 'eu',
          customer_id BIGINT UNSIGNED COMMENT 'who, with a `quote'' in it',
          state ENUM('new', 'pa,id', 'it''s') NOT NULL,
          net DECIMAL(10, 2) NOT NULL,
          gross DECIMAL(10, 2) GENERATED ALWAYS AS (net * 1.2) STORED,
          note VARCHAR(300),
          changed TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
          hidden INT INVISIBLE,
          PRIMARY KEY (region, id),
          UNIQUE KEY by_id (id),
          UNIQUE KEY by_note (note(20)),
          KEY by_customer (customer_id),
          KEY by_lower ((lower(note))),
          FOREIGN KEY (customer_id) REFERENCES {db}.customers (id)
        ) COMMENT 'What was ordered'
        """,
            "INSERT INTO {db}.customers VALUES (1), (2), (3)",
            "INSERT INTO {db}.orders (state, net) VALUES ('new', 1), ('new', 2)",
            "ANALYZE TABLE {db}.orders, {db}.customers");

    Seen seen = read(source(), database);

    PhysicalTable orders = seen.table("orders");
    assertThat(orders.kind()).isEqualTo(PhysicalTable.Kind.TABLE);
    assertThat(orders.comment()).isEqualTo("What was ordered");
    assertThat(orders.facts()).isEqualTo(Map.of("engine", "InnoDB"));
    assertThat(orders.primaryKey()).isEqualTo(new Key("PRIMARY", List.of("region", "id")));
    assertThat(orders.uniqueKeys())
        .containsExactly(new Key("by_id", List.of("id")), new Key("by_note", List.of("note(20)")));
    assertThat(orders.indexes())
        .containsExactly(
            new Key("by_customer", List.of("customer_id")),
            new Key("by_lower", List.of("(lower(`note`))")));
    assertThat(orders.columns())
        .containsExactly(
            new Column(
                "id",
                "bigint unsigned",
                false,
                "",
                Map.of("auto-increment", "true", "extra", "auto_increment")),
            new Column(
                "region",
                "char(2)",
                false,
                "",
                Map.of("default", "eu", "collation", "utf8mb4_0900_ai_ci")),
            new Column(
                "customer_id", "bigint unsigned", true, "who, with a `quote' in it", Map.of()),
            new Column(
                "state",
                "enum('new','pa,id','it''s')",
                false,
                "",
                Map.of("collation", "utf8mb4_0900_ai_ci")),
            new Column("net", "decimal(10,2)", false, "", Map.of()),
            new Column(
                "gross",
                "decimal(10,2)",
                true,
                "",
                Map.of("generated", "(`net` * 1.2)", "extra", "STORED GENERATED")),
            new Column("note", "varchar(300)", true, "", Map.of("collation", "utf8mb4_0900_ai_ci")),
            new Column(
                "changed",
                "timestamp(3)",
                false,
                "",
                Map.of(
                    "default",
                    "CURRENT_TIMESTAMP(3)",
                    "extra",
                    "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(3)")),
            new Column("hidden", "int", true, "", Map.of("extra", "INVISIBLE")));
    assertThat(seen.statistics("customers").rowCount()).isEqualTo(3);
    assertThat(seen.statistics("orders").rowCount()).isEqualTo(2);
    assertThat(seen.statistics("orders").sizeBytes()).isPositive();
  }

  @Test
  void statisticsAreOfNowAndNotOfYesterday() {
    String database =
        create("fresh", "CREATE TABLE {db}.t (id INT PRIMARY KEY AUTO_INCREMENT, x INT)");
    assertThat(read(source(), database).statistics("t").rowCount()).isZero();
    execute(
        "INSERT INTO " + database + ".t (x) VALUES (1), (2), (3), (4)",
        "ANALYZE TABLE " + database + ".t");
    assertThat(read(source(), database).statistics("t").rowCount()).isEqualTo(4);
  }

  @Test
  void viewsAreTablesAndABrokenOneSaysWhy() {
    String database =
        create(
            "viewed",
            "CREATE TABLE {db}.base (id INT NOT NULL, name VARCHAR(9) COMMENT 'what it is called')",
            "CREATE TABLE {db}.doomed (id INT)",
            "CREATE VIEW {db}.updatable AS SELECT id, name FROM {db}.base",
            "CREATE VIEW {db}.counted AS SELECT COUNT(*) AS n FROM {db}.base",
            "CREATE VIEW {db}.broken AS SELECT id FROM {db}.doomed",
            "DROP TABLE {db}.doomed");

    Seen seen = read(source(), database);

    assertThat(seen.table("updatable").kind()).isEqualTo(PhysicalTable.Kind.VIEW);
    assertThat(seen.table("updatable").facts()).isEmpty();
    assertThat(seen.table("updatable").comment()).isEmpty();
    assertThat(seen.column("updatable", "id").nullable()).isFalse();
    assertThat(seen.statistics("updatable")).isEqualTo(Statistics.UNKNOWN);
    assertThat(seen.table("counted").facts()).isEqualTo(Map.of(Facts.WRITABLE, "false"));
    assertThat(seen.tables()).containsOnlyKeys("base", "updatable", "counted");
    assertThat(seen.unreadable()).containsOnlyKeys("broken");
    assertThat(seen.unreadable().get("broken"))
        .contains(database + ".broken")
        .contains("references invalid table");
    CatalogException refused = refusal(database, seen.table("counted"), Binding.Role.SINK);
    assertThat(refused)
        .hasMessageContaining(database + ".counted")
        .hasMessageContaining("updatable");
    new MySqlSource()
        .binding(
            new BindingRequest(
                source(),
                database,
                seen.table("updatable"),
                Binding.Role.SINK,
                Binding.RuntimeMode.BATCH,
                FLINK));
  }

  @Test
  void fourThousandAndNinetySixColumnsAreRead() {
    String database =
        create(
            "widest",
            "CREATE TABLE {db}.t ("
                + IntStream.range(0, 4096)
                    .mapToObj(i -> "c" + i + " INT")
                    .collect(Collectors.joining(","))
                + ") ENGINE = MyISAM");
    assertThat(read(source(), database).table("t").columns()).hasSize(4096);
  }

  @Test
  void systemSchemasComeOnlyIfAskedFor() {
    try (SourceSession session = system().open(source())) {
      assertThat(session.databases())
          .doesNotContain("mysql", "information_schema", "performance_schema", "sys");
    }
    Source asked = source("system-schemas", "true");
    try (SourceSession session = system().open(asked)) {
      assertThat(session.databases()).contains("mysql", "information_schema", "sys");
    }
    assertThat(read(asked, "mysql").tables()).containsKeys("user", "db");
    assertThat(read(asked, "sys").tables()).containsKeys("version", "sys_config");
    assertThat(read(asked, "information_schema").tables()).containsKeys("TABLES", "COLUMNS");
  }

  @Test
  void tablesThatComeAndGoBetweenTheQueriesAreReadAlone() {
    String database =
        create(
            "moving",
            "CREATE TABLE {db}.stays (id INT PRIMARY KEY)",
            "CREATE TABLE {db}.goes (id INT PRIMARY KEY)",
            "CREATE TABLE {db}.changes (id INT, PRIMARY KEY (id))");
    List<Runnable> changes =
        new ArrayList<>(
            List.of(
                () ->
                    execute(
                        "CREATE TABLE " + database + ".comes (id INT PRIMARY KEY, n INT)",
                        "DROP TABLE " + database + ".goes"),
                () ->
                    execute(
                        "ALTER TABLE "
                            + database
                            + ".changes DROP PRIMARY KEY, RENAME COLUMN id TO key_id,"
                            + " ADD PRIMARY KEY (key_id)",
                        "CREATE TABLE " + database + ".comes_and_goes (id INT)"),
                () -> execute("DROP TABLE " + database + ".comes_and_goes")));
    Collecting collecting = new Collecting();
    try (JdbcSession session = (JdbcSession) system().open(source())) {
      session.betweenLists(() -> changes.remove(0).run());
      session.tables(database, collecting);
    }

    Seen seen = collecting.seen();
    assertThat(changes).isEmpty();
    assertThat(seen.unreadable()).isEmpty();
    assertThat(seen.tables()).containsOnlyKeys("stays", "comes", "changes");
    assertThat(seen.table("comes").primaryKey()).isEqualTo(new Key("PRIMARY", List.of("id")));
    assertThat(seen.table("changes").primaryKey()).isEqualTo(new Key("PRIMARY", List.of("key_id")));
  }

  @Test
  void aDatabaseDroppedWhileItIsReadIsNotTakenForOneWithoutTables() {
    String database = create("vanishing", "CREATE TABLE {db}.t (id INT)");
    List<Runnable> changes =
        new ArrayList<>(List.of(() -> execute("DROP DATABASE " + database), () -> {}, () -> {}));
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () -> {
              try (JdbcSession session = (JdbcSession) system().open(source())) {
                session.betweenLists(() -> changes.remove(0).run());
                session.tables(database, new Collecting());
              }
            });
    assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void readingGoesOnBesideOneWhoNeverStopsChangingTables() throws Exception {
    String database = create("busy", "CREATE TABLE {db}.still (id INT PRIMARY KEY)");
    Thread changing =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                execute(
                    "CREATE TABLE " + database + ".b (id INT, PRIMARY KEY (id))",
                    "ALTER TABLE " + database + ".b ADD COLUMN a INT FIRST, ADD KEY (a)",
                    "RENAME TABLE " + database + ".b TO " + database + ".c",
                    "DROP TABLE " + database + ".c");
              }
            });
    changing.start();
    try {
      for (int i = 0; i < 100; i++) {
        Seen seen = read(source(), database);
        assertThat(seen.tables()).containsKey("still");
        seen.tables()
            .values()
            .forEach(
                table ->
                    assertThat(table.columns())
                        .extracting(Column::name)
                        .containsAll(
                            table.primaryKey() == null ? List.of() : table.primaryKey().columns()));
      }
    } finally {
      changing.interrupt();
      changing.join();
    }
  }

  @Test
  void aUserSeesWhatIsGrantedAndNoMore() {
    String user = "'" + name("reader") + "'@'%'";
    String database =
        create(
            "granted",
            "CREATE TABLE {db}.all_of_it (id INT PRIMARY KEY, x INT)",
            "CREATE TABLE {db}.a_part (a INT, b INT, c INT, PRIMARY KEY (a, b))",
            "CREATE TABLE {db}.none_of_it (id INT)",
            "CREATE USER " + user + " IDENTIFIED BY 'of-a-reader'",
            "GRANT SELECT ON {db}.all_of_it TO " + user,
            "GRANT SELECT (b, c) ON {db}.a_part TO " + user);
    Map<String, String> options = new HashMap<>(server.options());
    options.put("user", name("reader"));
    Source reader = source(options, Map.of("password", "of-a-reader"));

    Seen seen = read(reader, database);
    assertThat(seen.tables()).containsOnlyKeys("all_of_it", "a_part");
    assertThat(seen.unreadable()).isEmpty();
    assertThat(seen.table("a_part").columns()).extracting(Column::name).containsExactly("b", "c");
    assertThat(seen.table("a_part").primaryKey()).isNull();
    assertThat(seen.table("all_of_it").primaryKey()).isNotNull();

    execute("REVOKE SELECT ON " + database + ".all_of_it FROM " + user);
    assertThat(read(reader, database).tables()).containsOnlyKeys("a_part");
    execute("REVOKE SELECT (b, c) ON " + database + ".a_part FROM " + user);
    CatalogException failure =
        catchThrowableOfType(CatalogException.class, () -> read(reader, database));
    assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void dangerousAndUnknownDriverPropertiesAreRefusedWithTheReason() {
    Map<String, String> options = new HashMap<>();
    for (String property :
        List.of(
            "allowLoadLocalInfile",
            "autoDeserialize",
            "queryInterceptors",
            "tinyInt1isBit",
            "noSuchProperty",
            "password")) {
      options.put("property." + property, "true");
    }
    options.put("url", "jdbc:mysql://elsewhere/");
    options.put("host", "a/b?autoDeserialize=true");
    options.put("port", "70000");
    options.put("time-zone", "Europe/Nowhere");
    options.put("time-as", "text");
    Map<String, String> messages =
        system().validate(source(options, server.secrets())).stream()
            .collect(
                Collectors.toMap(
                    CatalogException.Violation::field, CatalogException.Violation::message));
    assertThat(messages)
        .containsOnlyKeys(
            "source.options.property.allowLoadLocalInfile",
            "source.options.property.autoDeserialize",
            "source.options.property.queryInterceptors",
            "source.options.property.tinyInt1isBit",
            "source.options.property.noSuchProperty",
            "source.options.property.password",
            "source.options.url",
            "source.options.host",
            "source.options.port",
            "source.options.user",
            "source.options.time-zone",
            "source.options.time-as");
    assertThat(messages.get("source.options.property.autoDeserialize")).contains("run code");
    assertThat(messages.get("source.options.property.noSuchProperty"))
        .contains("may be set")
        .contains("sslMode");
  }

  @Test
  void aBindingHidesItsPasswordAndFixesWhatNamesTheServer() {
    String database = create("bound", "CREATE TABLE {db}.`a``b` (id INT)");
    Binding binding =
        new MySqlSource()
            .binding(
                new BindingRequest(
                    source("property.sslMode", "DISABLED&autoDeserialize=true"),
                    database,
                    read(source(), database).table("a`b"),
                    Binding.Role.SOURCE,
                    Binding.RuntimeMode.BATCH,
                    FLINK));

    assertThat(binding.toString()).doesNotContain(server.mySql().rootPassword());
    for (String key :
        List.of("connector", "url", "table-name", "username", "password", "dialect")) {
      assertThat(option(binding, key).tunable()).as(key).isFalse();
    }
    assertThat(option(binding, "password").secret()).isTrue();
    assertThat(option(binding, "table-name").value()).isEqualTo("a`b");
    assertThat(option(binding, "scan.fetch-size").tunable()).isTrue();
    assertThat(option(binding, "url").value())
        .startsWith("jdbc:mysql://127.0.0.1:" + server.mySql().port() + "/" + database + "?")
        .contains("sslMode=DISABLED%26autoDeserialize%3Dtrue");
  }

  @Test
  void aSinkIsRefusedWhereARowCouldNotBeWritten() {
    String database =
        create(
            "sinks",
            "CREATE TABLE {db}.needs (id INT PRIMARY KEY, place POINT NOT NULL)",
            "CREATE TABLE {db}.generated (id INT PRIMARY KEY, twice INT AS (id * 2))",
            "CREATE TABLE {db}.dashed (id INT PRIMARY KEY, `a-b` INT)",
            "CREATE TABLE {db}.fine (id INT PRIMARY KEY AUTO_INCREMENT, `ünï` INT, place POINT)");
    Seen seen = read(source(), database);
    assertThat(refusal(database, seen.table("needs"), Binding.Role.SINK))
        .hasMessageContaining(database + ".needs")
        .hasMessageContaining("'place' (point)")
        .hasMessageContaining("default");
    binding(database, seen.table("needs"), Binding.Role.SOURCE, FLINK);
    for (String table : List.of("generated", "dashed", "fine")) {
      binding(database, seen.table(table), Binding.Role.SINK, FLINK);
    }
    assertThat(
            option(
                    binding(database, seen.table("generated"), Binding.Role.SINK, FLINK),
                    "column-types")
                .value())
        .isEqualTo("`id` int, `twice` int GENERATED");
  }

  private static Binding.Option option(Binding binding, String key) {
    return binding.options().stream()
        .filter(option -> option.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private Binding binding(String database, PhysicalTable table, Binding.Role role, Engine engine) {
    return system()
        .binding(
            new BindingRequest(
                source(), database, table, role, Binding.RuntimeMode.STREAMING, engine));
  }

  private CatalogException refusal(String database, PhysicalTable table, Binding.Role role) {
    CatalogException failure =
        catchThrowableOfType(CatalogException.class, () -> binding(database, table, role, FLINK));
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    return failure;
  }
}
