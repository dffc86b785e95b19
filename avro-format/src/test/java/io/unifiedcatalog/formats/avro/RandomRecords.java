package io.unifiedcatalog.formats.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/** Data of chance, as Avro's generic classes hold and write it. */
final class RandomRecords {
  private static final List<String> TEXTS =
      List.of("", "a", "caf\u00e9", "\u4e16\u754c", "\ud83d\ude00 and more", "x".repeat(200));

  private final Random random;
  private final Map<String, Integer> depth = new HashMap<>();

  RandomRecords(Random random) {
    this.random = random;
  }

  GenericRecord record(Schema schema) {
    return (GenericRecord) Objects.requireNonNull(value(schema));
  }

  /** Avro's own bytes. */
  static byte[] bytes(GenericRecord record) {
    return bytes(record, false);
  }

  /** Avro's own bytes, with the sizes of blocks. */
  static byte[] blocked(GenericRecord record) {
    return bytes(record, true);
  }

  private static byte[] bytes(GenericRecord record, boolean blocked) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder =
          blocked
              ? new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(bytes, null)
              : EncoderFactory.get().binaryEncoder(bytes, null);
      new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private @Nullable Object value(Schema schema) {
    if (schema.getLogicalType() != null) {
      return logical(schema);
    }
    return switch (schema.getType()) {
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> (int) number();
      case LONG -> number();
      case FLOAT -> random.nextInt(8) == 0 ? Float.NaN : (float) random.nextGaussian();
      case DOUBLE -> random.nextInt(8) == 0 ? -0.0 : random.nextGaussian() * 1e100;
      case STRING -> TEXTS.get(random.nextInt(TEXTS.size()));
      case BYTES -> {
        byte[] bytes = new byte[random.nextInt(20)];
        // Also read as text, so that it is some.
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) random.nextInt(128);
        }
        yield ByteBuffer.wrap(bytes);
      }
      case FIXED -> {
        byte[] bytes = new byte[schema.getFixedSize()];
        random.nextBytes(bytes);
        yield new GenericData.Fixed(schema, bytes);
      }
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        int count = !hasColumn(schema.getElementType()) ? 0 : random.nextInt(5);
        for (int i = 0; i < count; i++) {
          items.add(value(schema.getElementType()));
        }
        yield items;
      }
      case MAP -> {
        Map<String, @Nullable Object> entries = new LinkedHashMap<>();
        int count = !hasColumn(schema.getValueType()) ? 0 : random.nextInt(5);
        for (int i = 0; i < count; i++) {
          entries.put("k" + random.nextInt(9), value(schema.getValueType()));
        }
        yield entries;
      }
      case UNION -> {
        List<Schema> branches = schema.getTypes();
        List<Schema> possible = branches.stream().filter(this::hasColumn).toList();
        yield possible.isEmpty()
            ? value(branches.get(0))
            : value(possible.get(random.nextInt(possible.size())));
      }
      case RECORD -> {
        depth.merge(schema.getFullName(), 1, Integer::sum);
        GenericData.Record record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.pos(), value(field.schema()));
        }
        depth.merge(schema.getFullName(), -1, Integer::sum);
        yield record;
      }
    };
  }

  private boolean hasColumn(Schema schema) {
    return switch (schema.getType()) {
      case ARRAY -> hasColumn(schema.getElementType());
      case MAP -> hasColumn(schema.getValueType());
      case UNION ->
          schema.getTypes().stream()
              .anyMatch(branch -> branch.getType() != Schema.Type.NULL && hasColumn(branch));
      default -> !isDeep(schema);
    };
  }

  /** Whether a value would hold one more of a record than has a column. */
  private boolean isDeep(Schema schema) {
    return isDeep(schema, new HashSet<>());
  }

  private boolean isDeep(Schema schema, Set<String> around) {
    return switch (schema.getType()) {
      case RECORD ->
          depth.getOrDefault(schema.getFullName(), 0) >= Reference.RECURSION_DEPTH
              || (around.add(schema.getFullName())
                  && schema.getFields().stream().anyMatch(field -> isDeep(field.schema(), around)));
      case UNION -> schema.getTypes().stream().allMatch(branch -> isDeep(branch, around));
      case ARRAY, MAP, NULL, BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, FIXED, ENUM -> false;
    };
  }

  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(100) - 50;
      case 1 -> random.nextInt();
      case 2 -> random.nextLong();
      default -> List.of(0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE).get(random.nextInt(4));
    };
  }

  private Object logical(Schema schema) {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      BigDecimal number =
          new BigDecimal(
              new BigInteger(random.nextInt(120), random)
                  .mod(BigInteger.TEN.pow(decimal.getPrecision())),
              decimal.getScale());
      number = random.nextBoolean() ? number : number.negate();
      return schema.getType() == Schema.Type.FIXED
          ? new Conversions.DecimalConversion().toFixed(number, schema, decimal)
          : new Conversions.DecimalConversion().toBytes(number, schema, decimal);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.BigDecimal big) {
      return new Conversions.BigDecimalConversion()
          .toBytes(
              new BigDecimal(new BigInteger(90, random), random.nextInt(40) - 20), schema, big);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.TimeMillis) {
      return random.nextInt(86_400_000);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.TimeMicros) {
      return random.nextInt(86_400_000) * 1000L + random.nextInt(1000);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.Date) {
      return random.nextInt(100_000) - 50_000;
    }
    return switch (schema.getType()) {
      case STRING -> new UUID(random.nextLong(), random.nextLong()).toString();
      case FIXED -> {
        byte[] bytes = new byte[schema.getFixedSize()];
        random.nextBytes(bytes);
        yield new GenericData.Fixed(schema, bytes);
      }
      default -> number();
    };
  }
}
