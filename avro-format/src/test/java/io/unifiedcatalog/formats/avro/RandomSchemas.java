package io.unifiedcatalog.formats.avro;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Schemas of chance, and what a later version of one may be. */
final class RandomSchemas {
  private static final int MAXIMUM_DEPTH = 4;

  private final Random random;
  private final Deque<Schema> around = new ArrayDeque<>();
  private int names;

  RandomSchemas(Random random) {
    this.random = random;
  }

  /** A record that has at least one field with a column. */
  Schema record() {
    return record(0);
  }

  private Schema record(int depth) {
    Schema record = Schema.createRecord("R" + names++, null, "random.n" + names % 2, false);
    around.push(record);
    List<Schema.Field> fields = new ArrayList<>();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      fields.add(new Schema.Field("f" + i, i == 0 ? number() : schema(depth + 1)));
    }
    record.setFields(fields);
    around.pop();
    return record;
  }

  private Schema number() {
    return Schema.create(
        List.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.STRING).get(random.nextInt(3)));
  }

  private Schema schema(int depth) {
    int kind = random.nextInt(depth >= MAXIMUM_DEPTH ? 8 : 16);
    return switch (kind) {
      case 0, 1, 2, 3 ->
          Schema.create(
              List.of(
                      Schema.Type.BOOLEAN,
                      Schema.Type.INT,
                      Schema.Type.LONG,
                      Schema.Type.FLOAT,
                      Schema.Type.DOUBLE,
                      Schema.Type.STRING,
                      Schema.Type.BYTES,
                      Schema.Type.INT,
                      Schema.Type.STRING,
                      random.nextInt(4) == 0 ? Schema.Type.NULL : Schema.Type.LONG)
                  .get(random.nextInt(10)));
      case 4, 5 -> logical();
      case 6 -> enumeration();
      case 7 -> Schema.createFixed("F" + names++, null, "random", random.nextInt(5));
      case 8 -> Schema.createArray(schema(depth + 1));
      case 9 -> Schema.createMap(schema(depth + 1));
      case 10, 11 -> record(depth);
      case 12 -> again();
      default -> union(depth);
    };
  }

  /** A record that is around, so that it is in itself. */
  private Schema again() {
    List<Schema> outer = List.copyOf(around);
    Schema record = outer.get(random.nextInt(outer.size()));
    return switch (random.nextInt(3)) {
      case 0 -> Schema.createArray(record);
      case 1 -> Schema.createMap(record);
      default -> Schema.createUnion(Schema.create(Schema.Type.NULL), record);
    };
  }

  private Schema enumeration() {
    List<String> symbols = new ArrayList<>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      symbols.add("S" + i);
    }
    return Schema.createEnum("E" + names++, null, "random", symbols);
  }

  private Schema logical() {
    return switch (random.nextInt(13)) {
      case 0 -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
      case 1 -> LogicalTypes.timeMillis().addToSchema(Schema.create(Schema.Type.INT));
      case 2 -> LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case 3 -> LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
      case 4 -> LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case 5 -> LogicalTypes.timestampNanos().addToSchema(Schema.create(Schema.Type.LONG));
      case 6 -> LogicalTypes.localTimestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
      case 7 -> LogicalTypes.localTimestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case 8 -> LogicalTypes.localTimestampNanos().addToSchema(Schema.create(Schema.Type.LONG));
      case 9 -> {
        int precision = 1 + random.nextInt(38);
        yield LogicalTypes.decimal(precision, random.nextInt(precision + 1))
            .addToSchema(Schema.create(Schema.Type.BYTES));
      }
      case 10 -> {
        int size = 1 + random.nextInt(17);
        int precision = Math.min(38, (int) Math.floor(Math.log10(2) * (8 * size - 1)));
        yield LogicalTypes.decimal(precision, random.nextInt(precision + 1))
            .addToSchema(Schema.createFixed("D" + names++, null, "random", size));
      }
      case 11 ->
          LogicalTypes.uuid()
              .addToSchema(
                  random.nextBoolean()
                      ? Schema.create(Schema.Type.STRING)
                      : Schema.createFixed("U" + names++, null, "random", 16));
      default ->
          random.nextBoolean()
              ? LogicalTypes.bigDecimal().addToSchema(Schema.create(Schema.Type.BYTES))
              : LogicalTypes.duration()
                  .addToSchema(Schema.createFixed("P" + names++, null, "random", 12));
    };
  }

  private Schema union(int depth) {
    int count = 1 + random.nextInt(4);
    List<Schema> branches = new ArrayList<>();
    Set<String> there = new HashSet<>();
    if (random.nextBoolean()) {
      branches.add(Schema.create(Schema.Type.NULL));
      there.add("null");
    }
    for (int i = 0; i < count; i++) {
      Schema branch = schema(depth + 1);
      // Of two decimals, Avro's generic data does not say which a number was.
      String logical = branch.getLogicalType() == null ? "" : branch.getLogicalType().getName();
      if (branch.getType() != Schema.Type.UNION
          && there.add(branch.getFullName())
          && (logical.isEmpty() || there.add(logical))) {
        branches.add(branch);
      }
    }
    if (branches.isEmpty()) {
      branches.add(Schema.create(Schema.Type.INT));
    }
    Collections.shuffle(branches, random);
    return Schema.createUnion(branches);
  }

  /** What a reader of another version may have: most of it can read what the first wrote. */
  Schema evolved(Schema schema) {
    return evolved(schema, new HashMap<>());
  }

  private Schema evolved(Schema schema, Map<String, Schema> named) {
    boolean logical = schema.getLogicalType() != null;
    return switch (schema.getType()) {
      case NULL, BOOLEAN, DOUBLE -> schema;
      case INT -> logical ? schema : promoted(schema, 8, "long", "float", "double");
      case LONG -> logical ? schema : promoted(schema, 8, "float", "double");
      case FLOAT -> promoted(schema, 8, "double");
      case STRING -> logical ? schema : promoted(schema, 8, "bytes");
      case BYTES -> logical ? schema : promoted(schema, 8, "string");
      case FIXED -> schema;
      case ENUM -> {
        Schema known = named.get(schema.getFullName());
        if (known == null) {
          known = evolvedEnum(schema);
          named.put(schema.getFullName(), known);
        }
        yield known;
      }
      case ARRAY -> Schema.createArray(evolved(schema.getElementType(), named));
      case MAP -> Schema.createMap(evolved(schema.getValueType(), named));
      case UNION -> evolvedUnion(schema, named);
      case RECORD -> {
        Schema known = named.get(schema.getFullName());
        yield known == null ? evolvedRecord(schema, named) : known;
      }
    };
  }

  private Schema promoted(Schema schema, int oneIn, String... to) {
    return random.nextInt(oneIn) > 0
        ? schema
        : new Schema.Parser().parse("\"" + to[random.nextInt(to.length)] + "\"");
  }

  private Schema evolvedEnum(Schema schema) {
    List<String> symbols = new ArrayList<>(schema.getEnumSymbols());
    if (random.nextInt(3) == 0) {
      Collections.shuffle(symbols, random);
    }
    if (random.nextInt(3) == 0 && symbols.size() > 1) {
      symbols.remove(random.nextInt(symbols.size()));
    }
    if (random.nextInt(3) == 0) {
      symbols.add(random.nextInt(symbols.size() + 1), "NEW");
    }
    return Schema.createEnum(
        schema.getName(),
        null,
        schema.getNamespace(),
        symbols,
        random.nextInt(3) > 0 ? symbols.get(random.nextInt(symbols.size())) : null);
  }

  private Schema evolvedUnion(Schema union, Map<String, Schema> named) {
    List<Schema> branches = new ArrayList<>();
    Set<String> there = new HashSet<>();
    for (Schema branch : union.getTypes()) {
      Schema evolved = evolved(branch, named);
      if (there.add(evolved.getFullName())) {
        branches.add(evolved);
      }
    }
    if (random.nextInt(4) == 0) {
      Collections.shuffle(branches, random);
    }
    if (random.nextInt(6) == 0 && branches.size() > 1) {
      branches.remove(random.nextInt(branches.size()));
    }
    if (random.nextInt(6) == 0 && there.add("null")) {
      branches.add(random.nextInt(branches.size() + 1), Schema.create(Schema.Type.NULL));
    }
    return branches.size() == 1 && random.nextInt(4) == 0
        ? branches.get(0)
        : Schema.createUnion(branches);
  }

  private Schema evolvedRecord(Schema schema, Map<String, Schema> named) {
    boolean renamed = random.nextInt(8) == 0;
    Schema record =
        Schema.createRecord(
            renamed ? schema.getName() + "New" : schema.getName(),
            null,
            schema.getNamespace(),
            false);
    if (renamed) {
      record.addAlias(schema.getFullName());
    }
    named.put(schema.getFullName(), record);
    List<Schema.Field> fields = new ArrayList<>();
    for (Schema.Field field : schema.getFields()) {
      boolean first = field.pos() == 0;
      if (!first && random.nextInt(8) == 0) {
        continue;
      }
      Schema type = evolved(field.schema(), named);
      if (random.nextInt(10) == 0
          && type.getType() != Schema.Type.UNION
          && type.getType() != Schema.Type.NULL) {
        type = Schema.createUnion(Schema.create(Schema.Type.NULL), type);
      }
      boolean other = random.nextInt(8) == 0;
      Schema.Field kept = new Schema.Field(other ? field.name() + "x" : field.name(), type);
      if (other) {
        kept.addAlias(field.name());
      }
      fields.add(kept);
    }
    int more = random.nextInt(3);
    for (int i = 0; i < more; i++) {
      fields.add(added("n" + i));
    }
    if (random.nextInt(3) == 0) {
      Collections.shuffle(fields, random);
    }
    record.setFields(fields);
    return record;
  }

  private Schema.Field added(String name) {
    Schema text = Schema.create(Schema.Type.STRING);
    Schema nothing = Schema.create(Schema.Type.NULL);
    return switch (random.nextInt(11)) {
      case 0 -> new Schema.Field(name, Schema.create(Schema.Type.INT), null, 42);
      case 1 -> new Schema.Field(name, text, null, "d\u00e9faut");
      case 2 ->
          new Schema.Field(
              name, Schema.createUnion(nothing, text), null, Schema.Field.NULL_DEFAULT_VALUE);
      case 3 -> new Schema.Field(name, Schema.createUnion(text, nothing), null, "first");
      case 4 -> new Schema.Field(name, Schema.createArray(text), null, List.of("a", "b"));
      case 5 ->
          new Schema.Field(
              name, Schema.createMap(Schema.create(Schema.Type.LONG)), null, Map.of("k", 7L));
      case 6 ->
          new Schema.Field(
              name, Schema.createEnum("N" + names++, null, "random", List.of("A", "B")), null, "B");
      case 7 ->
          new Schema.Field(
              name,
              LogicalTypes.decimal(4, 2).addToSchema(Schema.create(Schema.Type.BYTES)),
              null,
              "\u0001\u00ff");
      case 8 -> {
        Schema inner = Schema.createRecord("I" + names++, null, "random", false);
        inner.setFields(
            List.of(
                new Schema.Field("a", Schema.create(Schema.Type.DOUBLE)),
                new Schema.Field("b", text, null, "inner")));
        yield new Schema.Field(name, inner, null, Map.of("a", 1.5, "b", "x"));
      }
      case 9 ->
          // Without a default: nothing that was written before can be read.
          random.nextInt(4) == 0
              ? new Schema.Field(name, text)
              : new Schema.Field(name, Schema.create(Schema.Type.BOOLEAN), null, true);
      default ->
          new Schema.Field(
              name,
              LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG)),
              null,
              -1L);
    };
  }
}
