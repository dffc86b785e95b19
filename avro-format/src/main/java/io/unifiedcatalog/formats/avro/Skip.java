package io.unifiedcatalog.formats.avro;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;

/** Goes over a value that nobody reads, by the schema that it was written with. */
abstract class Skip {
  abstract void skip(Input input) throws AvroParseException;

  /** Makes them, each record's once, since it may be in itself. */
  static final class Maker {
    private final IdentityHashMap<Schema, Skip> records = new IdentityHashMap<>();
    private final IdentityHashMap<Schema, Long> sizes = new IdentityHashMap<>();

    Skip of(Schema schema) {
      return switch (schema.getType()) {
        case NULL -> new OfFixed(0);
        case BOOLEAN -> new OfFixed(1);
        case INT, LONG, ENUM -> new OfNumber();
        case FLOAT -> new OfFixed(4);
        case DOUBLE -> new OfFixed(8);
        case FIXED -> new OfFixed(schema.getFixedSize());
        case STRING, BYTES -> new OfText();
        case ARRAY -> new OfBlocks(of(schema.getElementType()), false, size(schema));
        case MAP -> new OfBlocks(of(schema.getValueType()), true, size(schema));
        case UNION -> new OfUnion(schema.getTypes().stream().map(this::of).toList());
        case RECORD -> {
          Skip known = records.get(schema);
          if (known != null) {
            yield known;
          }
          OfRecord record = new OfRecord();
          records.put(schema, record);
          for (Schema.Field field : schema.getFields()) {
            record.add(field.name(), of(field.schema()));
          }
          yield record;
        }
      };
    }

    /** The least bytes that an element of an array, or an entry of a map, has. */
    long size(Schema container) {
      return container.getType() == Schema.Type.ARRAY
          ? least(container.getElementType(), new HashSet<>())
          : 1 + least(container.getValueType(), new HashSet<>());
    }

    private long least(Schema schema, Set<String> around) {
      return switch (schema.getType()) {
        case NULL -> 0;
        case BOOLEAN, INT, LONG, ENUM, STRING, BYTES, ARRAY, MAP, UNION -> 1;
        case FLOAT -> 4;
        case DOUBLE -> 8;
        case FIXED -> schema.getFixedSize();
        case RECORD -> {
          Long known = sizes.get(schema);
          if (known != null) {
            yield known;
          }
          // A record that is in itself without an end between has no data at all.
          if (!around.add(schema.getFullName())) {
            yield 1;
          }
          long sum = 0;
          for (Schema.Field field : schema.getFields()) {
            sum = Math.min(Integer.MAX_VALUE, sum + least(field.schema(), around));
          }
          around.remove(schema.getFullName());
          sizes.put(schema, sum);
          yield sum;
        }
      };
    }
  }

  /** A varint. */
  static final class OfNumber extends Skip {
    @Override
    void skip(Input input) throws AvroParseException {
      input.skipVarint();
    }
  }

  /** What always has the same bytes. */
  static final class OfFixed extends Skip {
    private final int length;

    OfFixed(int length) {
      this.length = length;
    }

    @Override
    void skip(Input input) throws AvroParseException {
      input.take(length);
    }
  }

  /** What has its length before it. */
  static final class OfText extends Skip {
    @Override
    void skip(Input input) throws AvroParseException {
      input.take(input.readLength());
    }
  }

  private static final class OfBlocks extends Skip {
    private final Skip element;
    private final boolean isMap;
    private final long size;

    OfBlocks(Skip element, boolean isMap, long size) {
      this.element = element;
      this.isMap = isMap;
      this.size = size;
    }

    @Override
    void skip(Input input) throws AvroParseException {
      for (long count = input.skipBlock(size); count != 0; count = input.skipBlock(size)) {
        for (long i = 0; i < count; i++) {
          if (isMap) {
            input.take(input.readLength());
          }
          element.skip(input);
        }
      }
    }
  }

  private static final class OfUnion extends Skip {
    private final Skip[] branches;

    OfUnion(List<Skip> branches) {
      this.branches = branches.toArray(Skip[]::new);
    }

    @Override
    void skip(Input input) throws AvroParseException {
      branches[input.readBranch(branches.length)].skip(input);
    }
  }

  private static final class OfRecord extends Skip {
    private final List<String> names = new ArrayList<>();
    private final List<Skip> fields = new ArrayList<>();

    void add(String name, Skip field) {
      names.add(name);
      fields.add(field);
    }

    @Override
    void skip(Input input) throws AvroParseException {
      input.enter();
      int i = 0;
      try {
        for (; i < fields.size(); i++) {
          fields.get(i).skip(input);
        }
      } catch (AvroParseException e) {
        e.within(names.get(i));
        throw e;
      }
      input.leave();
    }
  }
}
