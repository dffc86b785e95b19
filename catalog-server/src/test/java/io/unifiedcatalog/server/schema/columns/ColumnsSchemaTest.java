package io.unifiedcatalog.server.schema.columns;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.FlinkFormat;
import io.unifiedcatalog.server.schema.SchemaContract;
import io.unifiedcatalog.server.schema.SchemaKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

class ColumnsSchemaTest extends SchemaContract {
  private static SchemaContent columns(String text) {
    return files("columns.sql", text);
  }

  @Override
  protected SchemaKind kind() {
    return new ColumnsSchema();
  }

  @Override
  protected Map<String, SchemaContent> understood() {
    return Map.of(
        "one column", columns("id BIGINT"),
        "a comment with quotes", columns("id BIGINT COMMENT 'it''s the id, of -- all'"),
        "comments of SQL", columns("-- first\nid BIGINT, /* a, b */ name STRING\n-- last"),
        "a name with anything in it", columns("`a`` b,'c` BIGINT NOT NULL"),
        "nested types", columns("a ROW<b ARRAY<MAP<STRING, ROW(c INT NOT NULL)>>>, d INT ARRAY"));
  }

  @Override
  protected Map<String, Refused> refused() {
    String overlay = "Set it in the overlay";
    return Map.ofEntries(
        Map.entry(
            "a type that is none",
            new Refused(
                columns("id BIGINT,\n  name TEXT,\n x INT"),
                "columns.sql:2:8",
                "expected a type of Flink SQL, but found 'TEXT'")),
        Map.entry(
            "the second fault of two",
            new Refused(
                columns("id (BIGINT, x), a INT, name ROW<a INT"),
                "columns.sql:1:38",
                "expected '>', but found the end")),
        Map.entry(
            "a column twice",
            new Refused(
                columns("id INT, `id` INT"), "columns.sql:1:9", "the column 'id' is there twice")),
        Map.entry(
            "a comma at the end",
            new Refused(columns("id INT,"), "columns.sql:1:8", "expected the name of a column")),
        Map.entry(
            "no comma",
            new Refused(columns("id INT name INT"), "columns.sql:1:8", "expected ',' or the end")),
        Map.entry(
            "a comment without quotes",
            new Refused(
                columns("id INT COMMENT no"),
                "columns.sql:1:16",
                "expected the comment in single quotes")),
        Map.entry(
            "a quote that does not end",
            new Refused(columns("id INT COMMENT 'no, b INT"), "columns.sql:1:16", "does not end")),
        Map.entry(
            "a watermark",
            new Refused(
                columns("t TIMESTAMP(3), WATERMARK FOR t AS t"), "columns.sql:1:17", overlay)),
        Map.entry(
            "a primary key",
            new Refused(columns("a INT, PRIMARY KEY (a)"), "columns.sql:1:8", overlay)),
        Map.entry(
            "a primary key of one column",
            new Refused(columns("a INT PRIMARY KEY"), "columns.sql:1:7", overlay)),
        Map.entry(
            "a computed column",
            new Refused(columns("a INT, b AS a + 1"), "columns.sql:1:8", overlay)),
        Map.entry(
            "a metadata column",
            new Refused(columns("a INT METADATA FROM 'offset'"), "columns.sql:1:1", overlay)),
        Map.entry(
            "a map that JSON cannot hold",
            new Refused(
                columns("a INT, b ARRAY<MAP<INT, INT>>"),
                "columns.sql",
                "column `b`: Flink's json format reads maps and multisets of texts only")));
  }

  @Override
  protected Map<String, TableOf> tables() {
    return Map.of(
        "of each way to write a column",
        new TableOf(
            columns("id BIGINT NOT NULL COMMENT 'its number', `of` STRING, t timestamp_ltz(3)"),
            "",
            Map.of("timestamp-format.standard", "ISO-8601", "ignore-parse-errors", "true"),
            List.of(
                "id | BIGINT | BIGINT NOT NULL | its number",
                "of | VARCHAR(2147483647) | VARCHAR(2147483647) | ",
                "t | TIMESTAMP(3) WITH LOCAL TIME ZONE | TIMESTAMP(3) WITH LOCAL TIME ZONE | ")));
  }

  @Override
  protected Map<String, Change> changes() {
    List<String> none = List.of();
    return Map.ofEntries(
        Map.entry("a column more", change("a INT", "b INT, a INT", none, none)),
        Map.entry("a column less", change("a INT, b INT", "a INT", none, none)),
        Map.entry(
            "a column more that is not null",
            change("a INT", "a INT, b INT NOT NULL", List.of("COLUMN_MISSING"), none)),
        Map.entry(
            "a column less that was not null",
            change("a INT, b INT NOT NULL", "a INT", none, List.of("COLUMN_MISSING"))),
        Map.entry("the order", change("a INT, b INT", "b INT, a INT", none, none)),
        Map.entry("a comment", change("a INT", "a INT COMMENT 'x'", none, none)),
        Map.entry(
            "not null now", change("a INT", "a INT NOT NULL", List.of("COLUMN_NULLABILITY"), none)),
        Map.entry(
            "null now", change("a INT NOT NULL", "a INT", none, List.of("COLUMN_NULLABILITY"))),
        Map.entry("wider", change("a INT", "a BIGINT", none, List.of("COLUMN_TYPE"))),
        Map.entry("narrower", change("a DOUBLE", "a FLOAT", List.of("COLUMN_TYPE"), none)),
        Map.entry(
            "another type",
            change("a INT", "a STRING", List.of("COLUMN_TYPE"), List.of("COLUMN_TYPE"))),
        Map.entry(
            "a number that is too wide",
            change("a BIGINT", "a DOUBLE", List.of("COLUMN_TYPE"), List.of("COLUMN_TYPE"))),
        Map.entry(
            "digits", change("a DECIMAL(10, 2)", "a DECIMAL(12, 3)", none, List.of("COLUMN_TYPE"))),
        Map.entry(
            "an integer as decimal",
            change("a INT", "a DECIMAL(10, 0)", none, List.of("COLUMN_TYPE"))),
        Map.entry("longer", change("a CHAR(3)", "a STRING", none, List.of("COLUMN_TYPE"))),
        Map.entry(
            "another case", change("a INT NOT NULL", "A INT", none, List.of("COLUMN_MISSING"))));
  }

  private static Change change(
      String older, String newer, List<String> backward, List<String> forward) {
    return new Change(columns(older), columns(newer), false, backward, forward);
  }

  @Override
  protected SchemaContent nested(int depth) {
    return columns("a " + "ARRAY<".repeat(depth) + "INT" + ">".repeat(depth));
  }

  @Override
  protected Nesting nesting() {
    return new Nesting(
        63, "more than 64 types in one another", "more than 64 types in one another");
  }

  @Override
  protected SchemaContent padded(int characters) {
    return columns("a INT COMMENT '" + "x".repeat(characters) + "'");
  }

  @Test
  void manyFaultsAreToldUpToAHundred() {
    CatalogException refusal = refusal(() -> compile(columns(",".repeat(1_000_000))));
    assertThat(refusal.violations()).hasSize(100);
  }

  @Test
  void flinkReadsAndWritesEachColumn() {
    List<Column> columns =
        kind()
            .columns(
                compile(
                    columns(
                        """
                        id BIGINT NOT NULL, small TINYINT, price DECIMAL(10, 2), day DATE,
                        at TIMESTAMP_LTZ(3), raw BYTES, tags ARRAY<STRING>, by_name MAP<STRING, INT>,
                        bag MULTISET<STRING>, `row` ROW<`a b` STRING, t TIME(3)>, i INTERVAL DAY TO SECOND(3)
                        """)),
                "",
                Map.of());
    FlinkFormat format = new FlinkFormat(new JsonFormatFactory(), columns, Map.of());
    String record =
        "{\"id\":1,\"small\":-128,\"price\":12.5,\"day\":\"2020-02-29\",\"at\":\"2020-02-29"
            + " 12:13:14.123Z\",\"raw\":\"AAEC\",\"tags\":[\"a\",null],\"by_name\":{\"x\":1},"
            + "\"bag\":{\"y\":2},\"row\":{\"a b\":\"c\",\"t\":\"12:13:14.123\"},\"i\":86400000}";
    RowData row = format.read(record.getBytes(StandardCharsets.UTF_8));
    assertThat(new String(format.write(row), StandardCharsets.UTF_8)).isEqualTo(record);
    assertThat(columns)
        .allSatisfy(column -> assertThat(Type.parse(column.nativeType())).isNotNull());
  }
}
