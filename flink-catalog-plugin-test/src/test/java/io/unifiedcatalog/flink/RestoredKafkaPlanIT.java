package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.table.api.PlanReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A compiled plan reads a topic with the schema that it was made with, whatever came after. */
@ExtendWith(FlinkCluster.class)
class RestoredKafkaPlanIT {
  private static final String WITHOUT_PAGE =
      Topics.CLICK.replace("string page = 2;", "reserved 2;\n  reserved \"page\";");

  private final Topics topics = Topics.shared();

  // Said by the table: Flink 1.20 leaves the options of a hint out of a compiled plan.
  private final String table =
      topics.clicks(
          Map.of("scan.startup.mode", "earliest-offset", "scan.bounded.mode", "latest-offset"),
          Overlay.getDefaultInstance());

  @TempDir Path directory;

  @BeforeEach
  void emptyTheTarget() {
    topics.shop.execute("DELETE FROM notes WHERE note = '/old'");
  }

  @Test
  void aPlanReadsAFieldThatTheNewestVersionHasNoMore() throws Exception {
    String plan = compile();
    // customer_id = 5, page = "/old"
    topics.kafka.produce(table, null, new byte[] {8, 5, 18, 4, '/', 'o', 'l', 'd'});
    assertThat(WITHOUT_PAGE).isNotEqualTo(Topics.CLICK);
    topics.schema(table + "-value", WITHOUT_PAGE, Compatibility.COMPATIBILITY_UNSPECIFIED);
    assertThat(rows(topics.batch(), "DESCRIBE unified.kafka." + table).toString())
        .contains("customer_id")
        .doesNotContain("page");

    RestoredPlanIT.runElsewhere(topics.shop, plan, directory);
    assertThat(rows(topics.batch(), "SELECT * FROM unified.mysql_shop.notes WHERE note = '/old'"))
        .containsExactly("+I[5, /old]");

    // Where the catalog is open, Flink compares the columns before anybody is asked.
    assertThat(
            reason(
                catchThrowable(
                    () -> topics.streaming().loadPlan(PlanReference.fromJsonString(plan)))))
        .contains("does not match the schema loaded from the catalog");
  }

  @Test
  void aPlanWhoseColumnsAreAsTheyWereRunsInASessionOfTheCatalog() throws Exception {
    String plan = compile();
    topics.kafka.produce(table, null, new byte[] {8, 5, 18, 4, '/', 'o', 'l', 'd'});
    topics.schema(
        table + "-value",
        Topics.CLICK.replace("looked at", "saw"),
        Compatibility.COMPATIBILITY_UNSPECIFIED);
    topics.streaming().loadPlan(PlanReference.fromJsonString(plan)).execute().await();
    assertThat(rows(topics.batch(), "SELECT * FROM unified.mysql_shop.notes WHERE note = '/old'"))
        .containsExactly("+I[5, /old]");
  }

  private String compile() {
    return topics
        .streaming()
        .compilePlanSql(
            "INSERT INTO unified.mysql_shop.notes SELECT customer_id, page FROM unified.kafka."
                + table)
        .asJsonString();
  }
}
