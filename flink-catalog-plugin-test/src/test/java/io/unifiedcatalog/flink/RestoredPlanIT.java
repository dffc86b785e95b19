package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A compiled plan outlives the session, and the place, that it was made in. */
@ExtendWith(FlinkCluster.class)
class RestoredPlanIT {
  private static Shop shop;
  private static String plan;

  @TempDir Path directory;

  @BeforeAll
  static void compileAndMoveTheServer() {
    shop = Shop.own();
    plan =
        shop.streaming()
            .compilePlanSql(
                "INSERT INTO "
                    + shop.table("copies")
                    + " SELECT id, name FROM "
                    + shop.table("customers"))
            .asJsonString();
    String before = shop.endpoint();
    shop.startServer();
    assertThat(shop.endpoint()).isNotEqualTo(before);
  }

  @AfterAll
  static void stop() {
    shop.close();
  }

  @BeforeEach
  void emptyTheTarget() {
    shop.execute("DELETE FROM copies");
  }

  @Test
  void aPlanNamesTheVersionOfEachTableAndNoSecret() {
    assertThat(plan)
        .containsPattern("\"unified.table\" *: *\"customers\"")
        .containsPattern("\"unified.table\" *: *\"copies\"")
        .containsPattern("\"unified.version\" *: *\"1\"")
        .containsPattern("\"unified.store\" *: *\"[0-9a-f-]{36}\"")
        .doesNotContain(Shop.PASSWORD)
        .doesNotContain(Shop.TOKEN)
        .doesNotContain("jdbc:mysql");
  }

  @Test
  void aPlanRunsThroughTheOpenCatalogAfterTheServerMoved() throws Exception {
    shop.streaming().loadPlan(PlanReference.fromJsonString(plan)).execute().await();
    assertCopied();
  }

  @Test
  void aPlanRunsWithNoCatalogOpenThroughTheEnvironment() throws Exception {
    runElsewhere(shop, plan, directory);
    assertCopied();
  }

  @Test
  void aPlanIsNotRunWithTheTokenOfAnotherSession() {
    TableEnvironment other = shop.streaming();
    TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    assertThat(
            reason(
                catchThrowable(
                    () -> session.loadPlan(PlanReference.fromJsonString(plan)).execute().await())))
        .contains("it comes from the table's option 'unified.endpoint'");
    assertThat(other.getCatalog("unified")).isPresent();
  }

  private static void assertCopied() throws Exception {
    assertThat(rows(shop.batch(), "SELECT * FROM " + shop.table("copies")))
        .containsExactlyInAnyOrder("+I[1, Ada]", "+I[2, Blaise]", "+I[3, Carl]");
  }

  /** Runs a plan in another process, in which there is no catalog, only the environment. */
  static void runElsewhere(Shop shop, String plan, Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("plan.json"), plan);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(RestoredPlanIT.class.getName(), file.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("UNIFIED_ENDPOINT", shop.endpoint());
    builder.environment().put("UNIFIED_TOKEN_FILE", shop.tokenFile.toString());
    Path output = directory.resolve("output");
    Process process = builder.redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    assertThat(Files.readString(output)).doesNotContain(Shop.PASSWORD);
  }

  /**
   * Runs the plan in the given file, in a process of its own: only there can the environment be
   * set.
   */
  public static void main(String[] arguments) throws Exception {
    Topics.addConnector(TableEnvironment.create(EnvironmentSettings.inStreamingMode()))
        .loadPlan(PlanReference.fromFile(arguments[0]))
        .execute()
        .await();
  }
}
