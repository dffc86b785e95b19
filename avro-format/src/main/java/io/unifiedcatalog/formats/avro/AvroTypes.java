package io.unifiedcatalog.formats.avro;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * The canonical columns of a record: what its fields become when nobody declares anything else.
 *
 * <p>One column a field, named like the field, in the order of the schema. A union with null is
 * nullable, everything else NOT NULL. A union of several types but null is a ROW with a nullable
 * field for each, of which one is not NULL. What has no column (null alone, a record without
 * fields, a record that is in itself more often than is asked for) is left out.
 */
public final class AvroTypes {
  /** Where unrolling a recursive record ends, in columns of all levels. */
  private static final int MAXIMUM_COLUMNS = 100_000;

  /** How many ROWs may stand one in another, the outermost among them. */
  static final int MAXIMUM_LEVELS = 100;

  /** How deep Flink's planner takes types, at most, one in another. */
  private static final int MAXIMUM_NESTING = 400;

  /** The fields of Avro's duration. */
  static final List<String> DURATION = List.of("months", "days", "millis");

  private final int recursionDepth;

  /** The records that are ROWs around the place that is being mapped, by their full names. */
  private final Deque<String> around = new ArrayDeque<>();

  private int columns;
  private int nesting;

  private AvroTypes(int recursionDepth) {
    this.recursionDepth = recursionDepth;
  }

  /**
   * The canonical row of a record.
   *
   * @param schema the JSON of an .avsc file
   * @param recursionDepth how many ROWs of one record stand one in another at most, at least 1;
   *     where there would be one more, there is no column
   * @return a NOT NULL row
   * @throws ValidationException if the schema is not a record, or the row has no column, more than
   *     100,000 columns of all levels, or more than 100 levels
   */
  public static RowType rowType(String schema, int recursionDepth) {
    return rowType(Schemas.record(schema, "The schema"), recursionDepth);
  }

  static RowType rowType(Schema record, int recursionDepth) {
    LogicalType row = new AvroTypes(recursionDepth).row(record, false);
    if (row == null) {
      throw new ValidationException(
          String.format("Record '%s' has no field that can be a column.", record.getFullName()));
    }
    return (RowType) row;
  }

  /** The canonical type of one field, as if its record were the outermost; null if it has none. */
  static @Nullable LogicalType fieldType(Schema record, Schema.Field field) {
    // One level is enough to name what a column should be.
    AvroTypes types = new AvroTypes(1);
    types.around.push(record.getFullName());
    return types.value(field.schema());
  }

  private @Nullable LogicalType row(Schema record, boolean nullable) {
    String name = record.getFullName();
    if (around.stream().filter(name::equals).count() >= recursionDepth) {
      return null;
    }
    if (around.size() >= MAXIMUM_LEVELS) {
      throw new ValidationException(
          String.format(
              "Record '%s' has more than %d levels of ROWs when it is unrolled: '%s' would be one"
                  + " more. Lower recursion-depth, which is %d, if records hold themselves;"
                  + " otherwise declare the columns.",
              around.getLast(), MAXIMUM_LEVELS, name, recursionDepth));
    }
    around.push(name);
    List<RowType.RowField> fields = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      count();
      LogicalType type = value(field.schema());
      if (type != null) {
        fields.add(new RowType.RowField(field.name(), type));
      }
    }
    around.pop();
    return fields.isEmpty() ? null : new RowType(nullable, fields);
  }

  private void count() {
    if (++columns > MAXIMUM_COLUMNS) {
      throw new ValidationException(
          String.format(
              "Record '%s' has more than %d columns when it is unrolled. Lower recursion-depth,"
                  + " which is %d.",
              around.getLast(), MAXIMUM_COLUMNS, recursionDepth));
    }
  }

  private @Nullable LogicalType value(Schema schema) {
    if (schema.getType() != Schema.Type.UNION) {
      return plain(schema, false);
    }
    boolean nullable = schema.isNullable();
    List<Schema> branches = branches(schema);
    if (branches.size() <= 1) {
      return branches.isEmpty() ? null : plain(branches.get(0), nullable);
    }
    List<String> names = branchNames(branches);
    List<RowType.RowField> fields = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      count();
      LogicalType type = plain(branches.get(i), true);
      if (type != null) {
        fields.add(new RowType.RowField(names.get(i), type));
      }
    }
    return fields.isEmpty() ? null : new RowType(nullable, fields);
  }

  private @Nullable LogicalType plain(Schema schema, boolean nullable) {
    if (++nesting > MAXIMUM_NESTING) {
      throw new ValidationException(
          String.format(
              "Record '%s' has more than %d types one in another.",
              around.getLast(), MAXIMUM_NESTING));
    }
    try {
      return switch (schema.getType()) {
        case NULL -> null;
        case BOOLEAN -> new BooleanType(nullable);
        case INT, LONG -> number(schema, nullable);
        case FLOAT -> new FloatType(nullable);
        case DOUBLE -> new DoubleType(nullable);
        case STRING, ENUM -> string(nullable);
        case BYTES, FIXED -> bytes(schema, nullable);
        case ARRAY -> {
          LogicalType element = value(schema.getElementType());
          yield element == null ? null : new ArrayType(nullable, element);
        }
        case MAP -> {
          LogicalType value = value(schema.getValueType());
          yield value == null ? null : new MapType(nullable, string(false), value);
        }
        case RECORD -> row(schema, nullable);
        case UNION -> throw new IllegalStateException("A union in a union");
      };
    } finally {
      nesting--;
    }
  }

  private static LogicalType number(Schema schema, boolean nullable) {
    TimeUnit unit = TimeUnit.of(schema);
    if (unit != null) {
      switch (unit.family()) {
        case INSTANT -> {
          return new LocalZonedTimestampType(nullable, unit.digits());
        }
        case LOCAL -> {
          return new TimestampType(nullable, unit.digits());
        }
        case TIME -> {
          // Flink's TIME holds milliseconds; microseconds stay what they are.
          if (unit.digits() == TimeUnit.MILLIS) {
            return new TimeType(nullable, TimeUnit.MILLIS);
          }
        }
      }
    }
    if (schema.getType() == Schema.Type.LONG) {
      return new BigIntType(nullable);
    }
    return schema.getLogicalType() instanceof LogicalTypes.Date
        ? new DateType(nullable)
        : new IntType(nullable);
  }

  private static LogicalType bytes(Schema schema, boolean nullable) {
    LogicalTypes.Decimal decimal = decimal(schema);
    if (decimal != null) {
      return new DecimalType(nullable, decimal.getPrecision(), decimal.getScale());
    }
    if (isUuid(schema) || isBigDecimal(schema)) {
      return string(nullable);
    }
    if (isDuration(schema)) {
      return new RowType(
          nullable,
          DURATION.stream()
              .map(name -> new RowType.RowField(name, new BigIntType(false)))
              .toList());
    }
    return new VarBinaryType(nullable, VarBinaryType.MAX_LENGTH);
  }

  private static LogicalType string(boolean nullable) {
    return new VarCharType(nullable, VarCharType.MAX_LENGTH);
  }

  /** The decimal that bytes or a fixed are; null if they are none, or one beyond Flink's. */
  static LogicalTypes.@Nullable Decimal decimal(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
            && decimal.getPrecision() <= DecimalType.MAX_PRECISION
        ? decimal
        : null;
  }

  static boolean isUuid(Schema schema) {
    return schema.getType() == Schema.Type.FIXED
        && schema.getFixedSize() == 16
        && schema.getLogicalType() instanceof LogicalTypes.Uuid;
  }

  static boolean isDuration(Schema schema) {
    return schema.getType() == Schema.Type.FIXED
        && schema.getFixedSize() == 12
        && schema.getLogicalType() instanceof LogicalTypes.Duration;
  }

  static boolean isBigDecimal(Schema schema) {
    return schema.getType() == Schema.Type.BYTES
        && schema.getLogicalType() instanceof LogicalTypes.BigDecimal;
  }

  /** The types of a union but null. */
  static List<Schema> branches(Schema union) {
    return union.getTypes().stream()
        .filter(branch -> branch.getType() != Schema.Type.NULL)
        .toList();
  }

  /**
   * The names of the fields that a union's types are in its ROW: the type's name, without its
   * namespace unless two share it.
   */
  static List<String> branchNames(List<Schema> branches) {
    Set<String> once = new HashSet<>();
    Set<String> twice =
        branches.stream()
            .map(Schema::getName)
            .filter(name -> !once.add(name))
            .collect(Collectors.toSet());
    return branches.stream()
        .map(branch -> twice.contains(branch.getName()) ? branch.getFullName() : branch.getName())
        .toList();
  }

  /** Whether a value may be null. */
  static boolean isNullable(Schema schema) {
    return schema.getType() == Schema.Type.NULL
        || (schema.getType() == Schema.Type.UNION && schema.isNullable());
  }

  /** A schema as Avro's IDL writes it, about. */
  static String describe(Schema schema) {
    String type =
        switch (schema.getType()) {
          case UNION ->
              schema.getTypes().stream()
                  .limit(5)
                  .map(AvroTypes::describe)
                  .collect(
                      Collectors.joining(
                          ", ", "union {", schema.getTypes().size() > 5 ? ", ...}" : "}"));
          case ARRAY -> "array<" + describe(schema.getElementType()) + ">";
          case MAP -> "map<" + describe(schema.getValueType()) + ">";
          case RECORD, ENUM, FIXED -> schema.getFullName();
          case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, NULL -> schema.getType().getName();
        };
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      return type + " decimal(" + decimal.getPrecision() + ", " + decimal.getScale() + ")";
    }
    return schema.getLogicalType() == null ? type : type + " " + schema.getLogicalType().getName();
  }
}
