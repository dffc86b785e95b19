package io.unifiedcatalog.formats.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Schemas and records of chance beside Avro's own reader and writer. {@code -Davro.schemas=N} is
 * how many, {@code -Davro.seed=N} repeats a run.
 */
class DifferentialTest {
  private static final int SCHEMAS = Integer.getInteger("avro.schemas", 1000);
  private static final long SEED = Long.getLong("avro.seed", 1);
  private static final int RECORDS = 4;
  private static final int MUTATIONS = 12;

  /** Arrays and maps of nulls have no column, so their sizes are lost. */
  private static final Pattern LOSES_NULLS =
      Pattern.compile("\"(items|values)\":(\"null\"|\\[\"null\"\\])");

  private interface Body {
    void run(Random random) throws Exception;
  }

  private static void each(Body body) {
    for (int i = 0; i < SCHEMAS; i++) {
      // Each schema has a seed of its own, so that one is found again at once.
      try {
        body.run(new Random(SEED + i));
      } catch (Exception | AssertionError e) {
        throw new AssertionError("With -Davro.seed=" + (SEED + i) + ": " + e, e);
      }
    }
  }

  private static RowType columns(Schema schema) {
    return AvroTypes.rowType(schema.toString(), Reference.RECURSION_DEPTH);
  }

  private static DeserializationSchema<RowData> decoder(
      Schema writer, Schema reader, RowType columns) {
    return FormatInUse.of(reader).with("writer-schemas", "[" + writer + "]").decoder(columns);
  }

  @Test
  void everyRecordIsReadAsByAvroAndWrittenToTheSameBytes() {
    each(
        random -> {
          Schema schema = new RandomSchemas(random).record();
          RowType columns = columns(schema);
          DeserializationSchema<RowData> decoder = decoder(schema, schema, columns);
          SerializationSchema<RowData> encoder = FormatInUse.of(schema).encoder(columns);
          RandomRecords records = new RandomRecords(random);
          for (int i = 0; i < RECORDS; i++) {
            GenericRecord record = records.record(schema);
            byte[] bytes = RandomRecords.bytes(record);
            RowData row = decoder.deserialize(bytes);
            assertThat(Reference.of(row, columns))
                .as("%s", schema)
                .isEqualTo(Reference.read(bytes, schema, schema, columns));
            if (!LOSES_NULLS.matcher(schema.toString()).find()) {
              assertThat(encoder.serialize(row)).as("%s", schema).isEqualTo(bytes);
            }
            byte[] blocked = RandomRecords.blocked(record);
            assertThat(Reference.of(decoder.deserialize(blocked), columns))
                .as("%s", schema)
                .isEqualTo(Reference.read(bytes, schema, schema, columns));
          }
        });
  }

  @Test
  void aRecordOfAnotherVersionIsReadAsAvroResolvesIt() {
    int[] counts = new int[2];
    each(
        random -> {
          RandomSchemas schemas = new RandomSchemas(random);
          Schema writer = schemas.record();
          Schema reader = schemas.evolved(writer);
          RowType columns = columns(reader);
          DeserializationSchema<RowData> decoder = decoder(writer, reader, columns);
          RandomRecords records = new RandomRecords(random);
          for (int i = 0; i < RECORDS; i++) {
            byte[] bytes = RandomRecords.bytes(records.record(writer));
            Object expected;
            try {
              expected = Reference.read(bytes, writer, reader, columns);
            } catch (DateTimeException e) {
              // A number that is promoted to a time of day of another day.
              continue;
            } catch (AvroRuntimeException e) {
              // A part without a column is not resolved, so it costs nobody the rest.
              counts[1]++;
              try {
                decoder.deserialize(bytes);
              } catch (AvroParseException refused) {
                assertThat(refused).hasMessageContaining("Cannot read a record as");
              }
              continue;
            }
            counts[0]++;
            assertThat(Reference.of(decoder.deserialize(bytes), columns))
                .as("%s as %s", writer, reader)
                .isEqualTo(expected);
          }
        });
    // Both kinds were there.
    assertThat(counts[0]).isGreaterThan(SCHEMAS);
    assertThat(counts[1]).isGreaterThan(SCHEMAS / 20);
  }

  @Test
  void whatAvroCannotResolveIsRefusedWhereEveryPartHasAColumn() {
    each(
        random -> {
          RandomSchemas schemas = new RandomSchemas(random);
          Schema writer = schemas.record();
          Schema reader = schemas.evolved(writer);
          RowType columns = columns(reader);
          if (!isWhole(reader, columns)) {
            return;
          }
          DeserializationSchema<RowData> decoder = decoder(writer, reader, columns);
          byte[] bytes = RandomRecords.bytes(new RandomRecords(random).record(writer));
          boolean refused = false;
          try {
            decoder.deserialize(bytes);
          } catch (AvroParseException e) {
            refused = true;
          }
          String refusedByAvro = null;
          try {
            Reference.read(bytes, writer, reader, columns);
          } catch (AvroRuntimeException e) {
            refusedByAvro = e.toString();
            if (refusedByAvro.contains("Cannot convert ")) {
              // Avro's own reader converts some values of unions twice, and fails.
              return;
            }
          }
          assertThat(refused)
              .as("%s: %s as %s", refusedByAvro, writer, reader)
              .isEqualTo(refusedByAvro != null);
        });
  }

  /** Whether no part of a schema is without a column; recursion always is. */
  private static boolean isWhole(Schema schema, RowType columns) {
    String text = schema.toString();
    return !text.contains("\"null\"}") && count(schema, new ArrayList<>()) == count(columns);
  }

  private static int count(Schema schema, List<String> around) {
    return switch (schema.getType()) {
      case RECORD -> {
        if (around.contains(schema.getFullName())) {
          yield 1_000_000;
        }
        around.add(schema.getFullName());
        int sum = 1;
        for (Schema.Field field : schema.getFields()) {
          sum += count(field.schema(), around);
        }
        around.remove(schema.getFullName());
        yield sum;
      }
      case ARRAY -> 1 + count(schema.getElementType(), around);
      case MAP -> 2 + count(schema.getValueType(), around);
      case UNION -> {
        List<Schema> branches = AvroTypes.branches(schema);
        int sum = branches.size() == 1 ? 0 : 1;
        for (Schema branch : branches) {
          sum += count(branch, around);
        }
        yield sum;
      }
      default -> AvroTypes.isDuration(schema) ? 4 : 1;
    };
  }

  private static int count(org.apache.flink.table.types.logical.LogicalType type) {
    return 1 + type.getChildren().stream().mapToInt(DifferentialTest::count).sum();
  }

  @Test
  void anyColumnsOfARecordAreReadAsWithAllOthers() {
    each(
        random -> {
          Schema schema = new RandomSchemas(random).record();
          RowType columns = columns(schema);
          int[][] some =
              random
                  .ints(0, columns.getFieldCount())
                  .limit(1 + random.nextInt(3))
                  .distinct()
                  .mapToObj(i -> new int[] {i})
                  .toArray(int[][]::new);
          DeserializationSchema<RowData> all = FormatInUse.of(schema).decoder(columns);
          DeserializationSchema<RowData> projected = FormatInUse.of(schema).decoder(columns, some);
          RandomRecords records = new RandomRecords(random);
          for (int i = 0; i < RECORDS; i++) {
            byte[] bytes = RandomRecords.blocked(records.record(schema));
            List<@Nullable Object> expected = new ArrayList<>();
            List<@Nullable Object> whole = Reference.of(all.deserialize(bytes), columns);
            List<RowType.RowField> fields = new ArrayList<>();
            for (int[] path : some) {
              expected.add(whole.get(path[0]));
              fields.add(columns.getFields().get(path[0]));
            }
            assertThat(Reference.of(projected.deserialize(bytes), new RowType(fields)))
                .isEqualTo(expected);
          }
        });
  }

  @Test
  void aRecordThatIsCutOffOrDamagedIsRefusedOrReadAsByAvro() {
    int[] counts = new int[2];
    each(
        random -> {
          Schema schema = new RandomSchemas(random).record();
          RowType columns = columns(schema);
          DeserializationSchema<RowData> decoder = decoder(schema, schema, columns);
          byte[] bytes = RandomRecords.bytes(new RandomRecords(random).record(schema));
          for (int i = 0; i < MUTATIONS; i++) {
            byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            assertThat(refusal(decoder, cut)).as("%s", schema).isNotNull();
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(bytes.length)] = (byte) random.nextInt();
            RowData row;
            try {
              row = decoder.deserialize(damaged);
            } catch (AvroParseException e) {
              counts[1]++;
              continue;
            }
            counts[0]++;
            Object expected;
            try {
              expected = Reference.read(damaged, schema, schema, columns);
            } catch (DateTimeException | UnsupportedOperationException e) {
              // A time of day of another day; more nulls than Avro holds, which nobody reads.
              continue;
            }
            assertThat(Reference.of(row, columns)).as("%s", schema).isEqualTo(expected);
          }
        });
    assertThat(counts[0]).isGreaterThan(SCHEMAS);
    assertThat(counts[1]).isGreaterThan(SCHEMAS);
  }

  private static @Nullable String refusal(DeserializationSchema<RowData> decoder, byte[] record) {
    try {
      decoder.deserialize(record);
      return null;
    } catch (AvroParseException e) {
      return e.getMessage();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everySchemaOfChanceHasAPlanOrAReason() {
    each(
        random -> {
          Schema schema = new RandomSchemas(random).record();
          try {
            FormatInUse.of(schema).encoder(columns(schema));
          } catch (ValidationException e) {
            throw new AssertionError(schema.toString(), e);
          }
        });
  }
}
