package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.messages;
import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.testing.flink.FlinkCluster;
import java.nio.file.Path;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tables, views and plans whose columns were written down, and the table changed since. */
@ExtendWith(FlinkCluster.class)
class StaleColumnsIT {
  private final Topics topics = Topics.shared();

  @TempDir Path directory;

  @Test
  void aTemporaryTableNamesTheColumnsThatChangedWhenItIsPlanned() throws Exception {
    try (Shop shop = Shop.own()) {
      shop.execute("CREATE TABLE moving (id INT PRIMARY KEY, a INT, b VARCHAR(20), c INT)");
      shop.execute("INSERT INTO moving VALUES (1, 2, 'three', 4)");
      shop.crawl("mysql");
      TableEnvironment session = shop.streaming();
      session.executeSql(
          "CREATE TEMPORARY TABLE unified.mysql_"
              + shop.name
              + ".mine (twice AS a * 2) LIKE "
              + shop.table("moving"));
      assertThat(rows(session, "SELECT * FROM " + shop.table("mine")))
          .containsExactly("+I[1, 2, three, 4, 4]");
      String plan =
          session
              .compilePlanSql(
                  "INSERT INTO "
                      + shop.table("notes")
                      + " SELECT id, b FROM "
                      + shop.table("moving"))
              .asJsonString();
      session.executeSql("CREATE TEMPORARY VIEW seen AS SELECT id, b FROM " + shop.table("moving"));

      // What is added is no difference.
      shop.execute("ALTER TABLE moving ADD more INT AFTER id");
      shop.crawl("mysql");
      assertThat(rows(session, "SELECT * FROM " + shop.table("mine")))
          .containsExactly("+I[1, 2, three, 4, 4]");

      shop.execute("ALTER TABLE moving DROP b, MODIFY c BIGINT");
      shop.crawl("mysql");
      for (String statement :
          new String[] {
            "SELECT * FROM " + shop.table("mine"),
            "SELECT id FROM " + shop.table("mine"),
            "INSERT INTO " + shop.table("mine") + " VALUES (5, 6, 'seven', 8)"
          }) {
        assertThat(reason(catchThrowable(() -> session.executeSql(statement))))
            .as(statement)
            .contains(
                "The columns of table mysql_"
                    + shop.name
                    + ".moving are not those that this temporary table was made with: it has no"
                    + " column `b`; its column `c` is BIGINT, and here INT. A table made with LIKE"
                    + " keeps the columns that it was made with. Drop it, and create it again LIKE"
                    + " the table.");
      }
      // Where the catalog is there, Flink itself compares a plan's columns.
      assertThat(
              reason(
                  catchThrowable(
                      () -> session.loadPlan(PlanReference.fromJsonString(plan)).execute())))
          .contains("moving");
      assertThat(messages(catchThrowable(() -> RestoredPlanIT.runElsewhere(shop, plan, directory))))
          .contains("not those that this plan was made with: it has no column `b`")
          .contains("Compile the plan again.");
    }
  }

  @Test
  void aViewIsPlannedOverTheTableAsItIsNow() throws Exception {
    try (Shop shop = Shop.own()) {
      shop.execute("CREATE TABLE moving (id INT PRIMARY KEY, a INT, b VARCHAR(20))");
      shop.execute("INSERT INTO moving VALUES (1, 2, 'three')");
      shop.crawl("mysql");
      TableEnvironment session = TableEnvironment.create(EnvironmentSettings.inBatchMode());
      session.executeSql(
          shop.createCatalog(shop.endpoint()).replace("'type'", "'cache-ttl' = '0 s', 'type'"));
      session.executeSql("CREATE VIEW kept AS SELECT id, b FROM " + shop.table("moving"));
      session.executeSql("CREATE TEMPORARY VIEW mine AS SELECT * FROM " + shop.table("moving"));
      assertThat(rows(session, "SELECT * FROM kept")).containsExactly("+I[1, three]");
      shop.execute("ALTER TABLE moving DROP b");
      shop.crawl("mysql");
      for (String view : new String[] {"kept", "mine"}) {
        assertThat(reason(catchThrowable(() -> session.executeSql("SELECT * FROM " + view))))
            .as(view)
            // Flink 1.20 expands the star when the view is made, and then counts the columns.
            .containsAnyOf("'b' not found", "Field counts are not equal");
      }
    }
  }

  @Test
  void aTemporaryTableOverATopicIsComparedAsWell() throws Exception {
    TableEnvironment session = topics.batch();
    String topic = topics.topic();
    String table = "unified.kafka." + topic;
    session.executeSql(
        "CREATE TABLE "
            + table
            + " (id BIGINT, page STRING, loud AS UPPER(page)) WITH ('topic' = '"
            + topic
            + "', 'value.format' = 'json')");
    session.executeSql("INSERT INTO " + table + " VALUES (1, 'a')").await();
    session.executeSql("CREATE TEMPORARY TABLE unified.kafka.my_" + topic + " LIKE " + table);
    session.executeSql("ALTER TABLE " + table + " ADD (more INT FIRST)");
    session.executeSql("ALTER TABLE " + table + " DROP loud");
    assertThat(rows(session, "SELECT * FROM unified.kafka.my_" + topic))
        .containsExactly("+I[1, a, A]");
    session.executeSql("ALTER TABLE " + table + " MODIFY id STRING");
    assertThat(
            reason(
                catchThrowable(
                    () -> session.executeSql("SELECT page FROM unified.kafka.my_" + topic))))
        .contains("its column `id` is STRING, and here BIGINT");
    // Nor is it a way to a column that is not the table's.
    session.executeSql(
        "CREATE TEMPORARY TABLE unified.kafka.other_" + topic + " (hidden INT) LIKE " + table);
    assertThat(
            reason(
                catchThrowable(
                    () -> session.executeSql("SELECT * FROM unified.kafka.other_" + topic))))
        .contains("it has no column `hidden`");
  }
}
