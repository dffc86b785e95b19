package io.unifiedcatalog.server.schema.avro;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.Expansion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The columns of an Avro record. Flink's {@code avro} format knows the columns only: it makes an
 * Avro schema of its own from them, by which it reads and writes. So a type is right only if that
 * schema has the same bytes; what has none is a fault. The format is used with {@code
 * timestamp_mapping.legacy = false}.
 *
 * <p>A logical type that the format does not know, or not there, is read as the type below it, as
 * Avro's specification demands: {@code timestamp-micros} as BIGINT, for example, since the format
 * would take microseconds for milliseconds. Within a ROW, an ARRAY or a MAP it does not know {@code
 * timestamp-millis} either, whatever its options.
 */
final class AvroColumns {
  private static final int MAX_DECIMAL_PRECISION = 38;

  /** The precision of what Avro counts in milliseconds. */
  private static final int MILLIS = 3;

  /** Which field of which record is looked at, for messages. */
  private record Spot(Schema record, Schema.Field field) {}

  private final BiFunction<Schema, Schema.Field, String> places;
  private final List<Violation> faults = new ArrayList<>();
  private final Expansion expansion = new Expansion();

  /** The records that the one looked at is in, the innermost first. */
  private final Deque<String> open = new ArrayDeque<>();

  /** The fields whose records Flink gives a name, by that name. */
  private final Map<String, String> derivedNames = new HashMap<>();

  private boolean exhausted;

  private AvroColumns(BiFunction<Schema, Schema.Field, String> places) {
    this.places = places;
  }

  /**
   * The columns of a schema.
   *
   * @param places where a field of a record stands
   * @param faults takes each reason why Flink cannot read the schema's data
   * @return not all of them if there are faults
   */
  static List<Column> of(
      Schema root, BiFunction<Schema, Schema.Field, String> places, List<Violation> faults) {
    AvroColumns columns = new AvroColumns(places);
    List<Column> all = columns.record(root);
    faults.addAll(columns.faults);
    return all;
  }

  private List<Column> record(Schema root) {
    List<Column> columns = new ArrayList<>();
    open.push(root.getFullName());
    for (Schema.Field field : root.getFields()) {
      Type.Parsed type = type(field.schema(), new Spot(root, field), field.name(), 1);
      if (type != null) {
        columns.add(
            new Column(
                field.name(),
                nativeType(field.schema()),
                type.nullable(),
                Objects.requireNonNullElse(field.doc(), ""),
                Map.of(Facts.FLINK_TYPE, type.type().sql())));
      }
    }
    return columns;
  }

  /**
   * The type of a value.
   *
   * @param derivedName the name that Flink gives a record there, but for its prefix
   * @param depth 1 for a column
   * @return null: there is a fault
   */
  private Type.@Nullable Parsed type(Schema schema, Spot spot, String derivedName, int depth) {
    if (exhausted) {
      return null;
    }
    if (!expansion.take(spot.field.name())) {
      exhausted = true;
      fault(spot, Expansion.TOO_LARGE);
      return null;
    }
    if (depth >= Type.MAX_DEPTH) {
      fault(spot, "more than " + Type.MAX_DEPTH + " types are in one another");
      return null;
    }
    boolean nullable = schema.getType() == Schema.Type.UNION;
    Schema value = schema;
    if (nullable) {
      List<Schema> branches = schema.getTypes();
      if (branches.size() != 2 || !schema.isNullable()) {
        fault(
            spot,
            nativeType(schema)
                + " is no column: of unions, Flink's avro format reads [\"null\", T] only. Use a"
                + " nullable field for each type");
        return null;
      }
      if (branches.get(0).getType() != Schema.Type.NULL) {
        fault(
            spot,
            nativeType(schema)
                + " has null behind the type, and Flink's avro format reads and writes null before"
                + " it: it would take NULL for a value. Use [\"null\", T] for new data");
        return null;
      }
      value = branches.get(1);
    }
    Type type = plain(value, spot, derivedName, depth);
    return type == null ? null : new Type.Parsed(type, nullable);
  }

  private @Nullable Type plain(Schema schema, Spot spot, String derivedName, int depth) {
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case BOOLEAN -> Type.Simple.BOOLEAN;
      case INT -> {
        if (logical instanceof LogicalTypes.Date) {
          yield Type.Simple.DATE;
        }
        yield logical instanceof LogicalTypes.TimeMillis ? new Type.Time(MILLIS) : Type.Simple.INT;
      }
      case LONG -> {
        if (logical instanceof LogicalTypes.LocalTimestampMillis) {
          yield new Type.Timestamp(MILLIS);
        }
        yield logical instanceof LogicalTypes.TimestampMillis && depth == 1
            ? new Type.TimestampLtz(MILLIS)
            : Type.Simple.BIGINT;
      }
      case FLOAT -> Type.Simple.FLOAT;
      case DOUBLE -> Type.Simple.DOUBLE;
      case STRING -> Type.VarChar.STRING;
      case BYTES ->
          logical instanceof LogicalTypes.Decimal decimal
                  && decimal.getPrecision() <= MAX_DECIMAL_PRECISION
              ? new Type.Decimal(decimal.getPrecision(), decimal.getScale())
              : Type.VarBinary.BYTES;
      case ARRAY -> {
        Type.Parsed element = type(schema.getElementType(), spot, derivedName, depth + 1);
        yield element == null ? null : new Type.Array(element.type(), element.nullable());
      }
      case MAP -> {
        Type.Parsed value = type(schema.getValueType(), spot, derivedName, depth + 1);
        yield value == null
            ? null
            : new Type.Map(Type.VarChar.STRING, value.type(), value.nullable());
      }
      case RECORD -> row(schema, spot, derivedName, depth);
      case ENUM ->
          fault(
              spot,
              "an enum is written as a number, and Flink's avro format has no type that it reads"
                  + " so. Use string");
      case FIXED ->
          fault(
              spot,
              "a fixed is written without its length, and Flink's avro format has no type that it"
                  + " reads so. Use bytes, or string for a uuid");
      case NULL -> fault(spot, "null alone is no column");
      case UNION -> throw new IllegalStateException("a union in a union");
    };
  }

  private @Nullable Type row(Schema record, Spot spot, String derivedName, int depth) {
    if (open.contains(record.getFullName())) {
      return fault(
          spot, "record " + record.getFullName() + " is in itself, and a column cannot be");
    }
    if (record.getFields().isEmpty()) {
      return fault(spot, "record " + record.getFullName() + " has no fields, and a ROW needs one");
    }
    String other = derivedNames.putIfAbsent(derivedName, spot.field.name());
    if (other != null) {
      return fault(
          spot,
          "Flink's avro format gives the record in this field and that in another one, '"
              + other
              + "', the same name, record_"
              + derivedName
              + ", because it joins the names of fields with '_'. Rename one of them");
    }
    open.push(record.getFullName());
    List<Type.Row.Field> fields = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      Type.Parsed type =
          type(
              field.schema(), new Spot(record, field), derivedName + "_" + field.name(), depth + 1);
      if (type != null) {
        fields.add(new Type.Row.Field(field.name(), type.type(), type.nullable()));
      }
    }
    open.pop();
    return new Type.Row(fields);
  }

  /** Notes a fault and answers null. */
  private @Nullable Type fault(Spot spot, String what) {
    faults.add(
        new Violation(
            places.apply(spot.record, spot.field),
            "field " + spot.record.getFullName() + "." + spot.field.name() + ": " + what));
    return null;
  }

  /** A type as Avro's IDL writes it, about. */
  private static String nativeType(Schema schema) {
    String type =
        switch (schema.getType()) {
          case UNION ->
              schema.getTypes().stream()
                  .limit(5)
                  .map(AvroColumns::nativeType)
                  .collect(
                      Collectors.joining(
                          ", ", "union {", schema.getTypes().size() > 5 ? ", ...}" : "}"));
          case ARRAY -> "array<" + nativeType(schema.getElementType()) + ">";
          case MAP -> "map<" + nativeType(schema.getValueType()) + ">";
          case RECORD, ENUM, FIXED -> schema.getFullName();
          case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, NULL -> schema.getType().getName();
        };
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return type + " decimal(" + decimal.getPrecision() + ", " + decimal.getScale() + ")";
    }
    return logical == null ? type : type + " " + logical.getName();
  }
}
