package io.unifiedcatalog.formats.avro;

import io.unifiedcatalog.formats.avro.ValueReader.Misfit;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.jspecify.annotations.Nullable;

/** Writes one value that Flink holds. */
abstract class ValueWriter {
  /** What a record and an array do themselves, since it costs less there. */
  enum Kind {
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    BOOLEAN,
    STRING,
    OTHER
  }

  /** A value cannot be written. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private String path = "";

    Refusal(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }

    /** Notes the column that the value is in. */
    void within(String column) {
      path = path.isEmpty() ? column : column + "." + path;
    }

    String path() {
      return path;
    }

    String reason() {
      return reason;
    }
  }

  static final String NULL_REFUSED = "is NULL, and its field cannot be null";

  abstract void write(Output output, Object value);

  Kind kind() {
    return Kind.OTHER;
  }

  /** What writes one form of values. */
  interface Form<T> {
    void write(Output output, T value) throws Misfit;
  }

  /** A value in a form of its own. */
  static final class Formed<T> extends ValueWriter {
    private final Class<T> type;
    private final Form<T> form;

    Formed(Class<T> type, Form<T> form) {
      this.type = type;
      this.form = form;
    }

    @Override
    void write(Output output, Object value) {
      try {
        form.write(output, type.cast(value));
      } catch (Misfit e) {
        throw new Refusal(e.reason());
      }
    }
  }

  /** A value that is written as it is. */
  static final class Plain extends ValueWriter {
    private final Kind kind;

    Plain(Kind kind) {
      this.kind = kind;
    }

    @Override
    Kind kind() {
      return kind;
    }

    @Override
    void write(Output output, Object value) {
      switch (kind) {
        case INT -> output.writeInt((Integer) value);
        case LONG -> output.writeLong((Long) value);
        case FLOAT -> output.writeFloat((Float) value);
        case DOUBLE -> output.writeDouble((Double) value);
        case BOOLEAN -> output.writeByte((Boolean) value ? 1 : 0);
        case STRING -> output.text((StringData) value);
        case OTHER -> throw new IllegalStateException();
      }
    }
  }

  /**
   * A value that is one type of a union, or NULL.
   *
   * @param nullBranch the place of null in the union; -1 if it has none
   * @param branch the place of the value's type; -1 if there is no union
   */
  record Slot(int nullBranch, int branch, ValueWriter writer) {
    void write(Output output, @Nullable Object value) {
      if (value == null) {
        writeNull(output);
        return;
      }
      if (branch >= 0) {
        output.writeInt(branch);
      }
      writer.write(output, value);
    }

    void writeNull(Output output) {
      if (nullBranch < 0) {
        throw new Refusal(NULL_REFUSED);
      }
      output.writeInt(nullBranch);
    }
  }

  /** A ROW of which one field is not NULL. */
  static final class Union extends ValueWriter {
    private final String[] names;
    private final RowData.FieldGetter[] getters;
    private final Slot[] slots;

    Union(String[] names, RowData.FieldGetter[] getters, Slot[] slots) {
      this.names = names;
      this.getters = getters;
      this.slots = slots;
    }

    @Override
    void write(Output output, Object value) {
      RowData row = (RowData) value;
      int found = -1;
      for (int i = 0; i < slots.length; i++) {
        if (!row.isNullAt(i)) {
          if (found >= 0) {
            throw new Refusal(
                String.format(
                    "has values for '%s' and '%s', and a union holds one", names[found], names[i]));
          }
          found = i;
        }
      }
      if (found < 0) {
        throw new Refusal(
            "has no value for any type of its union; write NULL in place of the ROW if the field"
                + " may be null");
      }
      try {
        slots[found].write(output, getters[found].getFieldOrNull(row));
      } catch (Refusal e) {
        e.within(names[found]);
        throw e;
      }
    }
  }

  /** An array. */
  static final class Array extends ValueWriter {
    private final Slot element;
    private final ArrayData.ElementGetter getter;

    Array(Slot element, ArrayData.ElementGetter getter) {
      this.element = element;
      this.getter = getter;
    }

    @Override
    void write(Output output, Object value) {
      ArrayData array = (ArrayData) value;
      int size = array.size();
      if (size > 0) {
        output.writeInt(size);
        Kind kind = element.writer().kind();
        for (int i = 0; i < size; i++) {
          if (array.isNullAt(i)) {
            element.writeNull(output);
            continue;
          }
          if (element.branch() >= 0) {
            output.writeInt(element.branch());
          }
          switch (kind) {
            case INT -> output.writeInt(array.getInt(i));
            case LONG -> output.writeLong(array.getLong(i));
            case FLOAT -> output.writeFloat(array.getFloat(i));
            case DOUBLE -> output.writeDouble(array.getDouble(i));
            case BOOLEAN -> output.writeByte(array.getBoolean(i) ? 1 : 0);
            case STRING -> output.text(array.getString(i));
            case OTHER -> {
              Object item = getter.getElementOrNull(array, i);
              if (item != null) {
                element.writer().write(output, item);
              }
            }
          }
        }
      }
      output.writeByte(0);
    }
  }

  /** A map. */
  static final class Entries extends ValueWriter {
    private final Slot value;
    private final ArrayData.ElementGetter getter;

    Entries(Slot value, ArrayData.ElementGetter getter) {
      this.value = value;
      this.getter = getter;
    }

    @Override
    void write(Output output, Object map) {
      MapData data = (MapData) map;
      int size = data.size();
      if (size > 0) {
        output.writeInt(size);
        ArrayData keys = data.keyArray();
        ArrayData values = data.valueArray();
        for (int i = 0; i < size; i++) {
          if (keys.isNullAt(i)) {
            throw new Refusal("has a NULL key, and a map has none");
          }
          output.text(keys.getString(i));
          value.write(output, getter.getElementOrNull(values, i));
        }
      }
      output.writeByte(0);
    }
  }

  /** Symbols of an enum by their names. */
  static Form<StringData> symbols(Map<StringData, Integer> symbols, String known) {
    return (output, name) -> {
      Integer symbol = symbols.get(name);
      if (symbol == null) {
        throw new Misfit(String.format("is no symbol of its enum. Symbols: %s", known));
      }
      output.writeInt(symbol);
    };
  }
}
