package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.Watermark;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ColumnTextTest {
  private final List<String> faults = new ArrayList<>();

  private List<PhysicalColumn> columns(String text) {
    return ColumnText.columns("c.sql", text, faults);
  }

  private static PhysicalColumn column(String name, String type, boolean nullable, String comment) {
    return PhysicalColumn.newBuilder()
        .setName(name)
        .setNativeType(type)
        .setNullable(nullable)
        .setComment(comment)
        .build();
  }

  @Test
  void namesTypesNullabilityAndCommentsAreToldApart() {
    assertThat(
            columns(
                """
                id BIGINT NOT NULL COMMENT 'it''s the key, really', -- a comment, with a comma
                `full name` STRING NULL,
                /* another, one */ tags MAP<STRING NOT NULL, ARRAY<ROW<a INT COMMENT 'x, y>', `b>` DECIMAL(10, 2)>>> NOT NULL,
                größe DOUBLE PRECISION,
                at TIMESTAMP(3)  WITH LOCAL
                  TIME ZONE not null comment '',
                """))
        .containsExactly(
            column("id", "BIGINT", false, "it's the key, really"),
            column("full name", "STRING", true, ""),
            column(
                "tags",
                "MAP<STRING NOT NULL, ARRAY<ROW<a INT COMMENT 'x, y>', `b>` DECIMAL(10, 2)>>>",
                false,
                ""),
            column("größe", "DOUBLE PRECISION", true, ""),
            column("at", "TIMESTAMP(3) WITH LOCAL TIME ZONE", false, ""));
    assertThat(faults).isEmpty();
  }

  @Test
  void aNameInBackticksMayBeAnyWordAndHoldABacktick() {
    assertThat(columns("`primary` INT, `a``b` INT, watermark INT"))
        .containsExactly(
            column("primary", "INT", true, ""),
            column("a`b", "INT", true, ""),
            column("watermark", "INT", true, ""));
    assertThat(faults).isEmpty();
  }

  @Test
  void whatCreateTableTakesAndColumnsDoNotIsSaidWithTheOptionThatDoes() {
    columns(
        """
        id BIGINT PRIMARY KEY NOT ENFORCED,
        PRIMARY KEY (id) NOT ENFORCED,
        WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
        day AS CAST(ts AS DATE),
        at TIMESTAMP(3) METADATA FROM 'timestamp'
        """);
    assertThat(faults)
        .containsExactly(
            "c.sql:1:11: a key is no part of a column; name its columns with --primary-key.",
            "c.sql:2:1: a key is no column; name its columns with --primary-key.",
            "c.sql:3:1: a watermark is no column; give it with --watermark.",
            "c.sql:4:1: a computed column is none of the data's; give it with --computed.",
            "c.sql:5:17: a metadata column is none of the data's; give it with --metadata.");
  }

  @Test
  void everyFaultIsNamedWithItsPlace() {
    columns("id, 1st INT, name STRING 'x' COMMENT, , b INT COMMENT 'x' NOT NULL");
    assertThat(faults)
        .containsExactly(
            "c.sql:1:39: there is no column before this comma.",
            "c.sql:1:3: a type is expected after id.",
            "c.sql:1:5: a column's name is expected before 1st; names of other letters go into `backticks`.",
            "c.sql:1:37: a 'text' in single quotes is expected after COMMENT.",
            "c.sql:1:59: NOT is not expected here; a comma stands between columns.");
  }

  @Test
  void bracketsAndQuotesThatDoNotCloseAreNamed() {
    columns("a ROW<b INT,\nc ARRAY<INT>");
    columns("a DECIMAL(10>");
    columns("a INT)");
    columns("a INT COMMENT 'never");
    assertThat(faults)
        .containsExactly(
            "c.sql:1:6: this < is never closed.",
            "c.sql:1:13: this > closes nothing.",
            "c.sql:1:10: this ( is never closed.",
            "c.sql:1:6: this ) closes nothing.",
            "c.sql:1:15: this quote is never closed.");
  }

  @Test
  void noColumnAtAllIsAFault() {
    columns(" -- nothing\n");
    assertThat(faults)
        .containsExactly(
            "c.sql:1:1: there is no column; write for example id BIGINT, name STRING.");
  }

  @Test
  void aLongTextIsNoTroubleToTheTokenizer() {
    String comment = "''".repeat(200_000);
    assertThat(columns("a INT COMMENT '" + comment + "'").get(0).getComment()).hasSize(200_000);
    columns("a " + "ROW<".repeat(100_000));
    assertThat(faults).containsExactly("c.sql:1:6: this < is never closed.");
  }

  @Test
  void aMetadataColumnIsReadAsSqlWritesIt() {
    assertThat(
            List.of(
                ColumnText.metadata("m", "`offset` BIGINT VIRTUAL", faults),
                ColumnText.metadata(
                    "m", "at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' COMMENT 'when'", faults),
                ColumnText.metadata("m", "headers MAP<STRING, BYTES>", faults)))
        .containsExactly(
            MetadataColumn.newBuilder()
                .setName("offset")
                .setType("BIGINT")
                .setVirtual(true)
                .build(),
            MetadataColumn.newBuilder()
                .setName("at")
                .setType("TIMESTAMP_LTZ(3)")
                .setKey("timestamp")
                .setComment("when")
                .build(),
            MetadataColumn.newBuilder().setName("headers").setType("MAP<STRING, BYTES>").build());
    assertThat(faults).isEmpty();
    ColumnText.metadata("m", "a INT, b INT", faults);
    ColumnText.metadata("m", "a INT FROM timestamp", faults);
    assertThat(faults)
        .containsExactly(
            "m:1:1: one column is expected; repeat the option for more.",
            "m:1:11: a 'text' in single quotes is expected after FROM.");
  }

  @Test
  void aComputedColumnIsANameAndAnExpression() {
    assertThat(ColumnText.computed("c", "`ts` AS CASE WHEN a < b THEN 'x' END", faults))
        .isEqualTo(
            ComputedColumn.newBuilder()
                .setName("ts")
                .setExpression("CASE WHEN a < b THEN 'x' END")
                .build());
    assertThat(faults).isEmpty();
    ColumnText.computed("c", "ts AS", faults);
    ColumnText.computed("c", "ts CAST(at AS DATE)", faults);
    assertThat(faults)
        .hasSize(2)
        .allSatisfy(fault -> assertThat(fault).contains("NAME AS EXPRESSION"));
  }

  @Test
  void aWatermarkNamesItsColumnOrBeginsWithIt() {
    Watermark expected =
        Watermark.newBuilder().setColumn("ts").setExpression("ts - INTERVAL '5' SECOND").build();
    assertThat(ColumnText.watermark("w", "ts AS ts - INTERVAL '5' SECOND", faults))
        .isEqualTo(expected);
    assertThat(ColumnText.watermark("w", "FOR `ts` AS ts - INTERVAL '5' SECOND", faults))
        .isEqualTo(expected);
    assertThat(ColumnText.watermark("w", "ts - INTERVAL '5' SECOND", faults)).isEqualTo(expected);
    assertThat(ColumnText.watermark("w", "ts", faults).getExpression()).isEqualTo("ts");
    assertThat(
            ColumnText.watermark("w", "ts AS CASE WHEN a < b THEN ts ELSE f(ts) END", faults)
                .getExpression())
        .isEqualTo("CASE WHEN a < b THEN ts ELSE f(ts) END");
    assertThat(faults).isEmpty();
    ColumnText.watermark("w", "TO_TIMESTAMP(ts)", faults);
    ColumnText.watermark("w", "ts AS", faults);
    assertThat(faults)
        .hasSize(2)
        .allSatisfy(fault -> assertThat(fault).contains("COLUMN AS EXPRESSION"));
  }
}
