package io.unifiedcatalog.formats.avro;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.jspecify.annotations.Nullable;

/** Reads one value as Flink holds it. Not for use by several threads. */
abstract class ValueReader {
  /** What a record does with a field itself, since it costs less there. */
  enum Kind {
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    BOOLEAN,
    STRING,
    SKIP_NUMBER,
    SKIP_TEXT,
    SKIP,
    OTHER
  }

  abstract @Nullable Object read(Input input) throws AvroParseException;

  Kind kind() {
    return Kind.OTHER;
  }

  /** What an int or a long becomes. */
  interface OfLong {
    Object convert(long number) throws Misfit;
  }

  /** What a float or a double becomes. */
  interface OfDouble {
    Object convert(double number);
  }

  /** What bytes become. */
  interface OfBytes {
    Object convert(Input input, int from, int length) throws Misfit;
  }

  /** A value that its column cannot hold. */
  static final class Misfit extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    Misfit(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /** A value that is kept as it is. */
  static final class Plain extends ValueReader {
    private final Kind kind;

    Plain(Kind kind) {
      this.kind = kind;
    }

    @Override
    Kind kind() {
      return kind;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      return switch (kind) {
        case INT -> input.readInt();
        case LONG -> input.readLong();
        case FLOAT -> input.readFloat();
        case DOUBLE -> input.readDouble();
        case BOOLEAN -> input.readBoolean();
        case STRING -> {
          int length = input.readLength();
          yield input.text(input.take(length), length);
        }
        case SKIP_NUMBER, SKIP_TEXT, SKIP, OTHER -> throw new IllegalStateException(kind.name());
      };
    }
  }

  /** An int or a long that becomes something else. */
  static final class OfNumber extends ValueReader {
    private final boolean isInt;
    private final OfLong conversion;

    OfNumber(boolean isInt, OfLong conversion) {
      this.isInt = isInt;
      this.conversion = conversion;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int from = input.position();
      try {
        return conversion.convert(isInt ? input.readInt() : input.readLong());
      } catch (Misfit e) {
        input.back(from);
        throw input.failure(e.reason());
      }
    }
  }

  /** A float or a double that becomes something else. */
  static final class Real extends ValueReader {
    private final boolean isFloat;
    private final OfDouble conversion;

    Real(boolean isFloat, OfDouble conversion) {
      this.isFloat = isFloat;
      this.conversion = conversion;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      return conversion.convert(isFloat ? input.readFloat() : input.readDouble());
    }
  }

  /** Text, bytes or a fixed that become something else. */
  static final class Bytes extends ValueReader {
    private final int fixed;
    private final OfBytes conversion;

    /**
     * @param fixed the length of each; -1 if it stands before each
     */
    Bytes(int fixed, OfBytes conversion) {
      this.fixed = fixed;
      this.conversion = conversion;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int length = fixed < 0 ? input.readLength() : fixed;
      int from = input.take(length);
      try {
        return conversion.convert(input, from, length);
      } catch (Misfit e) {
        input.back(from);
        throw input.failure(e.reason());
      }
    }
  }

  /** An enum as the symbol's name. */
  static final class Symbol extends ValueReader {
    private final @Nullable BinaryStringData[] names;
    private final List<String> writerSymbols;

    /**
     * @param names of the writer's symbols; null: the reader has none for it
     */
    Symbol(@Nullable BinaryStringData[] names, List<String> writerSymbols) {
      this.names = names;
      this.writerSymbols = writerSymbols;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int from = input.position();
      int symbol = input.readInt();
      if (symbol < 0 || symbol >= names.length) {
        input.back(from);
        throw input.failure(
            String.format("symbol %d of an enum of %d is chosen", symbol, names.length));
      }
      BinaryStringData name = names[symbol];
      if (name == null) {
        input.back(from);
        throw input.failure(
            String.format(
                "the enum's symbol is '%s', which the table's schema does not have, and its enum"
                    + " has no default",
                writerSymbols.get(symbol)));
      }
      return name;
    }
  }

  /** Null, which has no bytes. */
  static final class Null extends ValueReader {
    @Override
    @Nullable Object read(Input input) {
      return null;
    }
  }

  /** A default. */
  static final class Constant extends ValueReader {
    private final @Nullable Object value;

    Constant(@Nullable Object value) {
      this.value = value;
    }

    @Override
    @Nullable Object read(Input input) {
      return value;
    }
  }

  /** What the writer's schema allows and the table's does not. */
  static final class Refused extends ValueReader {
    private final String reason;

    Refused(String reason) {
      this.reason = reason;
    }

    String reason() {
      return reason;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      throw input.failure(reason);
    }
  }

  /** A value that may be null, for what may not. */
  static final class Required extends ValueReader {
    private final ValueReader value;

    Required(ValueReader value) {
      this.value = value;
    }

    ValueReader value() {
      return value;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int from = input.position();
      Object read = value.read(input);
      if (read == null) {
        input.back(from);
        throw input.failure(NULL_REFUSED);
      }
      return read;
    }
  }

  static final String NULL_REFUSED =
      "the value is null, and its column is declared NOT NULL; declare it as one that may be NULL";

  /** A union: the value of the type that was written. */
  static final class Union extends ValueReader {
    private final ValueReader[] branches;

    Union(ValueReader[] branches) {
      this.branches = branches;
    }

    /** The place of null in a union of null and one more; -1 if it is another. */
    int nullOfTwo() {
      if (branches.length == 2) {
        for (int i = 0; i < 2; i++) {
          if (branches[i] instanceof Null) {
            return i;
          }
        }
      }
      return -1;
    }

    ValueReader branch(int index) {
      return branches[index];
    }

    @Override
    @Nullable Object read(Input input) throws AvroParseException {
      return branches[input.readBranch(branches.length)].read(input);
    }
  }

  /** A type of a union of several: a ROW with one field that is not NULL. */
  static final class Branch extends ValueReader {
    private final ValueReader value;
    private final int column;
    private final int columns;

    Branch(ValueReader value, int column, int columns) {
      this.value = value;
      this.column = column;
      this.columns = columns;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      GenericRowData row = new GenericRowData(columns);
      row.setField(column, value.read(input));
      return row;
    }
  }

  /** A type of a union that has no column: a ROW of NULLs. */
  static final class LostBranch extends ValueReader {
    private final Skip skip;
    private final int columns;

    LostBranch(Skip skip, int columns) {
      this.skip = skip;
      this.columns = columns;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      skip.skip(input);
      return new GenericRowData(columns);
    }
  }

  /** An array. */
  static final class Array extends ValueReader {
    private final ValueReader element;
    private final long size;

    Array(ValueReader element, long size) {
      this.element = element;
      this.size = size;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int count = input.readBlock(size);
      return switch (element.kind()) {
        case INT -> {
          int[] all = new int[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = input.readInt();
            }
          }
          yield new GenericArrayData(all);
        }
        case LONG -> {
          long[] all = new long[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = input.readLong();
            }
          }
          yield new GenericArrayData(all);
        }
        case FLOAT -> {
          float[] all = new float[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = input.readFloat();
            }
          }
          yield new GenericArrayData(all);
        }
        case DOUBLE -> {
          double[] all = new double[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = input.readDouble();
            }
          }
          yield new GenericArrayData(all);
        }
        case BOOLEAN -> {
          boolean[] all = new boolean[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = input.readBoolean();
            }
          }
          yield new GenericArrayData(all);
        }
        case STRING, SKIP_NUMBER, SKIP_TEXT, SKIP, OTHER -> {
          @Nullable Object[] all = new @Nullable Object[count];
          for (int at = 0; count > 0; count = input.readBlock(size)) {
            all = at + count == all.length ? all : Arrays.copyOf(all, at + count);
            for (int end = at + count; at < end; at++) {
              all[at] = element.read(input);
            }
          }
          yield new GenericArrayData(all);
        }
      };
    }
  }

  /** A map. */
  static final class Entries extends ValueReader {
    private final ValueReader value;
    private final long size;

    Entries(ValueReader value, long size) {
      this.value = value;
      this.size = size;
    }

    @Override
    Object read(Input input) throws AvroParseException {
      int count = input.readBlock(size);
      if (count == 0) {
        return new GenericMapData(Map.of());
      }
      List<Object> keys = new ArrayList<>(count);
      List<@Nullable Object> values = new ArrayList<>(count);
      for (; count > 0; count = input.readBlock(size)) {
        for (int i = 0; i < count; i++) {
          int length = input.readLength();
          keys.add(input.text(input.take(length), length));
          values.add(value.read(input));
        }
      }
      Map<Object, @Nullable Object> map;
      if (keys.size() <= EntryMap.MAXIMUM_SIZE) {
        EntryMap small = new EntryMap(keys.size());
        for (int i = 0; i < keys.size(); i++) {
          small.set(keys.get(i), values.get(i));
        }
        map = small;
      } else {
        map = new HashMap<>(keys.size() * 4 / 3 + 1);
        for (int i = 0; i < keys.size(); i++) {
          map.put(keys.get(i), values.get(i));
        }
      }
      return new GenericMapData(map);
    }
  }
}
