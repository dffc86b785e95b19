package io.unifiedcatalog.connectors.clickhouse;

import com.clickhouse.data.Tuple;
import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Makes of Flink's value what the driver writes into a statement for ClickHouse, at any depth. */
interface ToDriver extends Serializable {
  /**
   * What the driver writes as a call of a function, which ClickHouse does not understand inside of
   * a map's literal.
   */
  Set<LogicalTypeRoot> CALLS =
      Set.of(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE, LogicalTypeRoot.VARBINARY);

  /** The driver counts nanoseconds since 1970 in a long. */
  Instant FIRST = Instant.ofEpochSecond(0, Long.MIN_VALUE);

  /** The last of those instants. */
  Instant LAST = Instant.ofEpochSecond(0, Long.MAX_VALUE);

  /**
   * Converts a value.
   *
   * @throws IllegalArgumentException if ClickHouse cannot be handed it
   */
  Object convert(Object value);

  /** The conversion of a type that the dialect supports. */
  static ToDriver of(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, VARBINARY -> value -> value;
      case CHAR, VARCHAR -> Object::toString;
      case DECIMAL -> value -> ((DecimalData) value).toBigDecimal();
      case DATE -> value -> LocalDate.ofEpochDay((int) value);
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> value -> instant((TimestampData) value);
      case ARRAY -> {
        LogicalType elementType = ((ArrayType) type).getElementType();
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(elementType);
        ToDriver element = of(elementType);
        yield value -> objects((ArrayData) value, getter, element);
      }
      case MAP -> map((MapType) type);
      case ROW -> {
        int count = ((RowType) type).getFieldCount();
        RowData.FieldGetter[] getters = new RowData.FieldGetter[count];
        ToDriver[] fields = new ToDriver[count];
        for (int i = 0; i < count; i++) {
          getters[i] = RowData.createFieldGetter(((RowType) type).getTypeAt(i), i);
          fields[i] = of(((RowType) type).getTypeAt(i));
        }
        yield value -> {
          @Nullable Object[] elements = new Object[count];
          for (int i = 0; i < count; i++) {
            elements[i] = orNull(fields[i], getters[i].getFieldOrNull((RowData) value));
          }
          return new Tuple(elements);
        };
      }
      default -> throw new IllegalArgumentException(type + " is not supported");
    };
  }

  private static ToDriver map(MapType type) {
    if (holdsCall(type)) {
      return value -> {
        throw new IllegalArgumentException(
            "ClickHouse's driver cannot write a map with instants or bytes in it. Write an array of"
                + " rows instead.");
      };
    }
    ArrayData.ElementGetter keyGetter = ArrayData.createElementGetter(type.getKeyType());
    ArrayData.ElementGetter valueGetter = ArrayData.createElementGetter(type.getValueType());
    ToDriver mapKey = of(type.getKeyType());
    ToDriver mapValue = of(type.getValueType());
    return value -> {
      @Nullable Object[] keys = objects(((MapData) value).keyArray(), keyGetter, mapKey);
      @Nullable Object[] values = objects(((MapData) value).valueArray(), valueGetter, mapValue);
      Map<@Nullable Object, @Nullable Object> all = new LinkedHashMap<>();
      for (int i = 0; i < keys.length; i++) {
        all.put(keys[i], values[i]);
      }
      return all;
    };
  }

  private static boolean holdsCall(LogicalType type) {
    return CALLS.contains(type.getTypeRoot())
        || type.getChildren().stream().anyMatch(ToDriver::holdsCall);
  }

  private static @Nullable Object[] objects(
      ArrayData array, ArrayData.ElementGetter getter, ToDriver element) {
    @Nullable Object[] objects = new Object[array.size()];
    for (int i = 0; i < objects.length; i++) {
      objects[i] = orNull(element, getter.getElementOrNull(array, i));
    }
    return objects;
  }

  private static @Nullable Object orNull(ToDriver conversion, @Nullable Object value) {
    return value == null ? null : conversion.convert(value);
  }

  private static Object instant(TimestampData value) {
    Instant instant = value.toInstant();
    if (instant.isBefore(FIRST) || instant.isAfter(LAST)) {
      throw new IllegalArgumentException(
          instant
              + " is not within "
              + FIRST
              + " and "
              + LAST
              + ", which ClickHouse's driver hands"
              + " on");
    }
    return instant.atOffset(ZoneOffset.UTC);
  }
}
