package io.unifiedcatalog.flink;

import static io.unifiedcatalog.flink.Shop.reason;
import static io.unifiedcatalog.flink.Shop.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Watermark;
import io.unifiedcatalog.testing.flink.FlinkCluster;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What docs/flink.md says about streaming statements. */
@ExtendWith(FlinkCluster.class)
class StreamingAdviceIT {
  @Test
  void anInsertOfValuesIntoATableWithAKeySaysWhatBecomesOfConflicts() throws Exception {
    assumeThat(EnvironmentInformation.getVersion()).startsWith("2.3");
    try (Shop shop = Shop.own()) {
      TableEnvironment session = shop.streaming();
      String insert = "INSERT INTO " + shop.table("copies") + " VALUES (1, 'a')";
      assertThat(reason(catchThrowable(() -> session.executeSql(insert))))
          .contains("ON CONFLICT DO DEDUPLICATE");
      session.executeSql(insert + " ON CONFLICT DO DEDUPLICATE").await();
      assertThat(rows(session, "SELECT * FROM " + shop.table("copies")))
          .containsExactly("+I[1, a]");
    }
  }

  @Test
  void aWatermarkKeepsFiltersOutOfAStreamingScanOnly() throws Exception {
    try (Shop shop = Shop.own()) {
      String query = "SELECT * FROM " + shop.table("orders") + " WHERE customer_id = 1";
      assertThat(shop.streaming().explainSql(query)).contains("filter=[=(customer_id");
      shop.overlay(
          "orders",
          Overlay.newBuilder()
              .setWatermark(
                  Watermark.newBuilder().setColumn("created_at").setExpression("created_at"))
              .build());
      assertThat(shop.streaming().explainSql(query))
          .contains("watermark")
          .doesNotContain("filter=[=(customer_id");
      assertThat(shop.batch().explainSql(query)).contains("filter=[=(customer_id");
    }
  }
}
