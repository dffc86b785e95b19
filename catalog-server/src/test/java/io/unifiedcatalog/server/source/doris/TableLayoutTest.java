package io.unifiedcatalog.server.source.doris;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TableLayoutTest {
  @Test
  void partitionsAndBucketsAreFacts() {
    assertThat(
            TableLayout.of(
                    """
                    CREATE TABLE `orders` (
                      `id` bigint NOT NULL COMMENT "PARTITION BY RANGE(`x`)",
                      `day` date NOT NULL
                    ) ENGINE=OLAP
                    UNIQUE KEY(`id`, `day`)
                    COMMENT 'What was ordered'
                    PARTITION BY RANGE(`day`)
                    (PARTITION p202610 VALUES [('2026-10-01'), ('2026-11-01')),
                    PARTITION p202611 VALUES [('2026-11-01'), ('2026-12-01')))
                    DISTRIBUTED BY HASH(`id`) BUCKETS 16
                    PROPERTIES (
                    "replication_allocation" = "tag.location.default: 3"
                    );
                    """)
                .facts())
        .isEqualTo(
            Map.of(
                "partition-by",
                "RANGE(`day`)",
                "partitions",
                "2",
                "distributed-by",
                "HASH(`id`)",
                "buckets",
                "16"));
  }

  @Test
  void automaticPartitionsAndBucketsAreFacts() {
    assertThat(
            TableLayout.of(
                    """
                    CREATE TABLE `events` (
                      `day` datetime NOT NULL
                    ) ENGINE=OLAP
                    DUPLICATE KEY(`day`)
                    AUTO PARTITION BY RANGE (date_trunc(`day`, 'month'))
                    (
                    )
                    DISTRIBUTED BY RANDOM BUCKETS AUTO
                    PROPERTIES (
                    );
                    """)
                .facts())
        .isEqualTo(
            Map.of(
                "partition-by",
                "RANGE (date_trunc(`day`, 'month'))",
                "partitions",
                "0",
                "distributed-by",
                "RANDOM",
                "buckets",
                "AUTO"));
  }

  @Test
  void whatHasNoLayoutHasNoFacts() {
    assertThat(TableLayout.of("CREATE VIEW `v` AS SELECT 1").facts()).isEmpty();
    assertThat(TableLayout.of("").facts()).isEmpty();
  }
}
