package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two catalog servers, each with a table {@code kafka.same} over a topic of its own. The
 * environment names the first; what was made with the second must not reach the first one's topic.
 */
class OtherStoreIT {
  private static final Topics topics = Topics.shared();
  private static final Shop production = topics.shop;
  private static Shop staging;

  @TempDir Path directory;

  /** The table's name in both catalogs. */
  private String same;

  private String productionTopic;
  private String stagingTopic;

  @BeforeAll
  static void start() {
    staging = Shop.own();
    staging.add(
        Source.newBuilder()
            .setName("kafka")
            .setKind("kafka")
            .putOptions("bootstrap-servers", topics.kafka.saslBootstrapServers())
            .putOptions("security-protocol", "SASL_PLAINTEXT")
            .putOptions("sasl-mechanism", "PLAIN")
            .putOptions("user", topics.kafka.user())
            .putSecrets("password", topics.kafka.password()));
  }

  @AfterAll
  static void stop() {
    staging.close();
  }

  @BeforeEach
  void register() {
    productionTopic = topics.topic();
    stagingTopic = topics.topic();
    same = productionTopic + "_same";
    register(production, productionTopic);
    register(staging, stagingTopic);
  }

  private void register(Shop shop, String topic) {
    var unused =
        shop.catalog()
            .registerTable(
                RegisterTableRequest.newBuilder()
                    .setName(name(same))
                    .setRegistration(
                        Registration.newBuilder()
                            .putOptions("topic", topic)
                            .putOptions("value.format", "json")
                            .putOptions("scan.startup.mode", "earliest-offset")
                            .putOptions("scan.bounded.mode", "latest-offset"))
                    .addColumns(column("id", "BIGINT"))
                    .addColumns(column("note", "STRING"))
                    .build());
  }

  private static TableName name(String table) {
    return TableName.newBuilder().setDatabase("kafka").setTable(table).build();
  }

  private static PhysicalColumn.Builder column(String name, String type) {
    return PhysicalColumn.newBuilder().setName(name).setNativeType(type).setNullable(true);
  }

  private String store(Shop shop) {
    return shop.catalog()
        .getTable(GetTableRequest.newBuilder().setName(name(same)).build())
        .getStore();
  }

  private static List<String> records(String topic) {
    return topics.kafka.records(topic).stream()
        .map(record -> new String(record.value(), UTF_8))
        .toList();
  }

  private String createCatalog(String name, Shop shop) {
    return shop.createCatalog(shop.endpoint()).replace("CATALOG unified", "CATALOG " + name);
  }

  /**
   * What a user is told who used a reference of the staging catalog with the production's server.
   */
  private void assertRefused(String answer) {
    assertThat(answer)
        .contains("The catalog server at " + production.endpoint() + ": ")
        .contains("The reference to table kafka." + same + " is of another store")
        .contains("it names " + store(staging) + ", and this server has " + store(production))
        .contains("the reference was made at " + staging.endpoint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"batch", "streaming"})
  void aTemporaryTableOfAnotherStoreIsNeitherReadNorWritten(String mode) throws Exception {
    Answers answers =
        elsewhere(
            mode,
            createCatalog("staging", staging),
            "CREATE TEMPORARY TABLE x LIKE staging.kafka.`" + same + "`",
            "CREATE TEMPORARY TABLE buyers LIKE staging.mysql_" + staging.name + ".customers",
            "CREATE TEMPORARY TABLE ids (id BIGINT, seen AS PROCTIME()) WITH ('connector' ="
                + " 'datagen', 'number-of-rows' = '1')",
            "INSERT INTO x VALUES (CAST(1 AS BIGINT), 'sink')",
            "EXPLAIN SELECT * FROM x",
            "EXPLAIN SELECT b.name FROM ids JOIN buyers FOR SYSTEM_TIME AS OF ids.seen AS b ON b.id ="
                + " ids.id",
            "EXPLAIN INSERT INTO x SELECT * FROM x",
            "INSERT INTO x /*+ OPTIONS('sink.parallelism' = '1') */ VALUES (CAST(1 AS BIGINT),"
                + " 'hint')");
    assertRefused(answers.to("INSERT INTO x VALUES"));
    assertRefused(answers.to("EXPLAIN SELECT * FROM x"));
    assertRefused(answers.to("EXPLAIN INSERT INTO x"));
    assertRefused(answers.to("INSERT INTO x /*+"));
    assertThat(answers.to("INSERT INTO x VALUES"))
        .contains(
            "The endpoint "
                + production.endpoint()
                + " comes from the environment variable UNIFIED_ENDPOINT")
        .contains("CREATE TEMPORARY TABLE my_catalog.my_database.my_table");
    assertThat(answers.to("EXPLAIN SELECT b.name"))
        .contains(
            "The reference to table mysql_" + staging.name + ".customers is of another store");
    assertThat(records(productionTopic)).isEmpty();
    assertThat(records(stagingTopic)).isEmpty();
  }

  @Test
  void aCompiledPlanIsNotRunByAnotherStoresServer() throws Exception {
    Path plan = directory.resolve("write.json");
    Path reading = directory.resolve("read.json");
    Answers answers =
        elsewhere(
            "streaming",
            createCatalog("staging", staging),
            "CREATE TEMPORARY TABLE nowhere (id BIGINT, note STRING) WITH ('connector' ="
                + " 'blackhole')",
            "COMPILE PLAN '"
                + plan
                + "' FOR INSERT INTO staging.kafka.`"
                + same
                + "` VALUES (CAST(2 AS BIGINT), 'plan')",
            "COMPILE PLAN '"
                + reading
                + "' FOR INSERT INTO nowhere SELECT * FROM staging.kafka.`"
                + same
                + "`",
            "DROP CATALOG staging",
            "EXECUTE PLAN '" + plan + "'",
            "EXECUTE PLAN '" + reading + "'",
            // The name is the same, the server another.
            createCatalog("staging", production),
            "EXPLAIN PLAN FOR INSERT INTO staging.kafka.`" + same + "` VALUES (1, 'a')",
            "EXECUTE PLAN '" + directory.resolve(".") + "/write.json'",
            "DROP CATALOG staging  ",
            createCatalog("staging", staging) + " ",
            "EXECUTE PLAN '"
                + directory.resolve("..").resolve(directory.getFileName())
                + "/write.json'");
    assertThat(Files.readString(plan))
        .containsPattern("\"unified.store\" *: *\"" + store(staging) + "\"");
    assertRefused(answers.to("EXECUTE PLAN '" + plan + "'"));
    assertRefused(answers.to("EXECUTE PLAN '" + reading + "'"));
    assertRefused(answers.to("EXECUTE PLAN '" + directory.resolve(".")));
    assertThat(answers.to("EXECUTE PLAN '" + directory.resolve(".")))
        .contains("comes from option 'endpoint' of catalog 'staging'");
    assertThat(answers.to("EXECUTE PLAN '" + directory.resolve(".."))).isEqualTo("done");
    assertThat(records(productionTopic)).isEmpty();
    assertThat(records(stagingTopic)).containsExactly("{\"id\":2,\"note\":\"plan\"}");
  }

  @Test
  void aSessionAtAnotherEndpointThanTheEnvironmentsWritesToItsOwnServerOnly() throws Exception {
    // As `bin/catalog sql --endpoint` begins a session.
    Answers answers =
        elsewhere(
            "batch",
            createCatalog("unified", staging),
            "USE CATALOG unified",
            "CREATE TEMPORARY TABLE default_catalog.default_database.y LIKE kafka.`" + same + "`",
            "INSERT INTO default_catalog.default_database.y VALUES (CAST(3 AS BIGINT), 'outside')",
            "CREATE TEMPORARY TABLE kafka.z LIKE kafka.`" + same + "`",
            "INSERT INTO kafka.z VALUES (CAST(3 AS BIGINT), 'inside')",
            "INSERT INTO kafka.`" + same + "` VALUES (CAST(4 AS BIGINT), 'itself')");
    assertRefused(answers.to("INSERT INTO default_catalog"));
    assertThat(answers.to("INSERT INTO kafka.z")).isEqualTo("done");
    assertThat(answers.to("INSERT INTO kafka.`")).isEqualTo("done");
    assertThat(records(productionTopic)).isEmpty();
    assertThat(records(stagingTopic))
        .containsExactlyInAnyOrder(
            "{\"id\":3,\"note\":\"inside\"}", "{\"id\":4,\"note\":\"itself\"}");
  }

  @Test
  void nobodyTalksAReferenceIntoAnotherStore() throws Exception {
    String stranger = UUID.randomUUID().toString();
    String like = "') LIKE staging.kafka.`" + same + "`";
    Answers answers =
        elsewhere(
            "batch",
            createCatalog("staging", staging),
            "CREATE TEMPORARY TABLE a WITH ('unified.store' = '" + like,
            "CREATE TEMPORARY TABLE b WITH ('unified.store' = 'any" + like,
            "CREATE TEMPORARY TABLE c WITH ('unified.store' = '" + stranger + like,
            "CREATE TEMPORARY TABLE staging.kafka.d WITH ('unified.store' = '"
                + store(production)
                + like,
            "CREATE TEMPORARY TABLE e WITH ('connector' = 'unified', 'unified.database' = 'kafka',"
                + " 'unified.table' = '"
                + same
                + "') LIKE staging.kafka.`"
                + same
                + "` (EXCLUDING OPTIONS)",
            "INSERT INTO a VALUES (CAST(5 AS BIGINT), 'a')",
            "INSERT INTO b VALUES (CAST(5 AS BIGINT), 'b')",
            "INSERT INTO c VALUES (CAST(5 AS BIGINT), 'c')",
            "INSERT INTO staging.kafka.d VALUES (CAST(5 AS BIGINT), 'd')",
            "INSERT INTO e VALUES (CAST(5 AS BIGINT), 'e')",
            "INSERT INTO staging.kafka.`"
                + same
                + "` /*+ OPTIONS('unified.store' = '"
                + store(production)
                + "') */ VALUES (CAST(5 AS BIGINT), 'hint')");
    assertThat(answers.to("INSERT INTO a"))
        .contains("Option 'unified.store' of the reference to table kafka." + same + " is ''")
        .contains("not the id of a catalog's store");
    assertThat(answers.to("INSERT INTO b")).contains("is 'any', which is not the id");
    assertThat(answers.to("INSERT INTO c")).contains("is of another store: it names " + stranger);
    assertThat(answers.to("INSERT INTO staging.kafka.d"))
        .contains("The catalog server at " + staging.endpoint())
        .contains("is of another store: it names " + store(production));
    assertThat(answers.to("INSERT INTO e"))
        .contains("The reference to table kafka." + same + " does not say which catalog it is of")
        .contains("no option 'unified.endpoint'");
    assertThat(answers.to("INSERT INTO staging.kafka.`"))
        .contains("Option 'unified.store' of table kafka." + same + " is fixed by the catalog");
    assertThat(records(productionTopic)).isEmpty();
    assertThat(records(stagingTopic)).isEmpty();
  }

  @Test
  void aReferenceOfAnEarlierReleaseIsUsedAtItsOwnEndpointOnly() throws Exception {
    Path plan = directory.resolve("plan.json");
    Path earlier = directory.resolve("earlier.json");
    Answers making =
        elsewhere(
            "streaming",
            createCatalog("staging", staging),
            createCatalog("production", production),
            "COMPILE PLAN '"
                + plan
                + "' FOR INSERT INTO staging.kafka.`"
                + same
                + "` VALUES (CAST(6 AS BIGINT), 'staging')",
            "COMPILE PLAN '"
                + earlier
                + "' FOR INSERT INTO production.kafka.`"
                + same
                + "` VALUES (CAST(6 AS BIGINT), 'production')");
    assertThat(making.to("COMPILE PLAN '" + earlier)).isEqualTo("done");
    for (Path file : List.of(plan, earlier)) {
      String text = Files.readString(file);
      String without = text.replaceAll("\"unified.store\" *: *\"[^\"]*\" *,?", "");
      assertThat(without).isNotEqualTo(text);
      Files.writeString(file, without.replaceAll(",(\\s*})", "$1"));
    }

    Answers answers =
        elsewhere("streaming", "EXECUTE PLAN '" + plan + "'", "EXECUTE PLAN '" + earlier + "'");
    assertThat(answers.to("EXECUTE PLAN '" + plan))
        .contains("The reference to table kafka." + same + " does not say which catalog it is of")
        .contains("was made at " + staging.endpoint())
        .contains("would be asked is " + production.endpoint())
        .contains("UNIFIED_ENDPOINT")
        .contains("'unified.store'");
    assertThat(answers.to("EXECUTE PLAN '" + earlier)).isEqualTo("done");
    assertThat(records(productionTopic)).containsExactly("{\"id\":6,\"note\":\"production\"}");
    assertThat(records(stagingTopic)).isEmpty();
  }

  @Test
  @Tag("kill")
  void theTablesOfAServerThatGaveWayToOneOfAnotherStoreAreGoneAtTheNextStatement()
      throws Exception {
    try (Shop before = Shop.own();
        Shop after = Shop.own()) {
      TableEnvironment session = before.batch();
      String query = "SELECT * FROM " + before.table("customers");
      assertThat(session.explainSql(query)).contains("customers");
      String endpoint = before.endpoint();
      before.stopServer();
      after.startServerAt(endpoint);
      assertThat(
              reason(
                  catchThrowable(
                      () ->
                          session.explainSql(
                              "INSERT INTO "
                                  + before.table("customers")
                                  + " VALUES (1, 'a', 'b')"))))
          .contains("Cannot find table");
    }
  }

  private record Answers(Map<String, String> byStatement) {
    /** What the statement with this beginning was answered: {@code done}, or the reason why not. */
    String to(String beginning) {
      return byStatement.entrySet().stream()
          .filter(entry -> entry.getKey().startsWith(beginning))
          .map(Map.Entry::getValue)
          .findFirst()
          .orElseThrow(() -> new AssertionError(beginning + " is not of " + byStatement));
    }
  }

  /** Runs statements in a process whose environment names the production's server. */
  private Answers elsewhere(String mode, String... statements) throws Exception {
    Path file = Files.write(directory.resolve(UUID.randomUUID() + ".sql"), List.of(statements));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(OtherStoreIT.class.getName(), mode, file.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("UNIFIED_ENDPOINT", production.endpoint());
    builder.environment().put("UNIFIED_TOKEN_FILE", production.tokenFile.toString());
    Path output = directory.resolve("output");
    Process process = builder.redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output);
    assertThat(process.exitValue()).as(text).isZero();
    assertThat(text)
        .doesNotContain(Shop.PASSWORD)
        .doesNotContain(Shop.TOKEN)
        .doesNotContain(topics.kafka.password());
    Map<String, String> answers = new LinkedHashMap<>();
    List<String> lines = Files.readAllLines(Path.of(file + ".answers"));
    for (int i = 0; i < statements.length; i++) {
      answers.put(statements[i], lines.get(i));
      if (!statements[i].matches("(?s)(?:INSERT|EXPLAIN|EXECUTE).*")) {
        assertThat(lines.get(i)).as(statements[i]).isEqualTo("done");
      }
    }
    return new Answers(answers);
  }

  /** Runs the statements in a file, one a line, and writes what came of each beside it. */
  public static void main(String[] arguments) throws IOException {
    TableEnvironment session =
        Topics.addConnector(
            TableEnvironment.create(
                arguments[0].equals("batch")
                    ? EnvironmentSettings.inBatchMode()
                    : EnvironmentSettings.inStreamingMode()));
    session.getConfig().set("parallelism.default", "1");
    Path file = Path.of(arguments[1]);
    List<String> answers = new ArrayList<>();
    for (String statement : Files.readAllLines(file)) {
      String answer = "done";
      try {
        session.executeSql(statement).await();
      } catch (Exception | LinkageError e) {
        answer = reason(e);
      }
      answers.add(String.join(" ", Arrays.asList(answer.split("\\R"))));
    }
    Files.write(Path.of(file + ".answers"), answers);
  }
}
