package io.unifiedcatalog.server.schema.avro;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.Expansion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The columns of an Avro record, as the format {@code avro-schema} reads and writes them. The
 * format has the same mapping ({@code AvroTypes}); a test holds the two together.
 *
 * <p>What cannot be a column costs itself alone: a field of a record inside is left out of its ROW,
 * and a field of the outermost record is a column that says why it has no type.
 */
final class AvroColumns {
  private static final int MAX_DECIMAL_PRECISION = 38;

  private static final int MILLIS = 3;
  private static final int MICROS = 6;
  private static final int NANOS = 9;

  private static final int UUID_BYTES = 16;
  private static final int DURATION_BYTES = 12;

  /** How many ROWs of one record stand one in another. */
  private static final int RECURSION_DEPTH = 3;

  private static final Type DURATION =
      new Type.Row(
          List.of(
              new Type.Row.Field("months", Type.Simple.BIGINT, false),
              new Type.Row.Field("days", Type.Simple.BIGINT, false),
              new Type.Row.Field("millis", Type.Simple.BIGINT, false)));

  private final Expansion expansion = new Expansion();

  /** The records that the one looked at is in. */
  private final Deque<String> open = new ArrayDeque<>();

  /** Why the column that is looked at has no type at all. */
  private @Nullable String fault;

  /** Why its innermost part has none; the column has none if nothing else is in it. */
  private String reason = "";

  private AvroColumns() {}

  /** The columns of a record; those without a type say why. */
  static List<Column> of(Schema root) {
    return new AvroColumns().columns(root);
  }

  private List<Column> columns(Schema root) {
    List<Column> columns = new ArrayList<>();
    open.push(root.getFullName());
    for (Schema.Field field : root.getFields()) {
      Type.Parsed type = expands(field.name()) ? type(field.schema(), 1) : null;
      String why = fault == null ? reason : fault;
      boolean has = type != null && fault == null;
      columns.add(
          new Column(
              field.name(),
              nativeType(field.schema()),
              !has || type.nullable(),
              Objects.requireNonNullElse(field.doc(), ""),
              has ? Map.of(Facts.FLINK_TYPE, type.type().sql()) : Map.of(Facts.UNSUPPORTED, why)));
      fault = Expansion.TOO_LARGE.equals(fault) ? fault : null;
    }
    return columns;
  }

  private boolean expands(String name) {
    if (fault == null && !expansion.take(name)) {
      fault = Expansion.TOO_LARGE;
    }
    return fault == null;
  }

  /**
   * The type of a value.
   *
   * @param depth 1 for a column
   * @return null: it has none
   */
  private Type.@Nullable Parsed type(Schema schema, int depth) {
    if (schema.getType() != Schema.Type.UNION) {
      return parsed(plain(schema, depth), false);
    }
    List<Schema> branches =
        schema.getTypes().stream().filter(branch -> branch.getType() != Schema.Type.NULL).toList();
    if (branches.size() <= 1) {
      return parsed(
          branches.isEmpty() ? none("null alone is no column") : plain(branches.get(0), depth),
          schema.isNullable());
    }
    List<String> names = branchNames(branches);
    List<Type.Row.Field> fields = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Type type = expands(names.get(i)) ? plain(branches.get(i), depth + 1) : null;
      if (type != null) {
        fields.add(new Type.Row.Field(names.get(i), type, true));
      }
    }
    return parsed(fields.isEmpty() ? null : new Type.Row(fields), schema.isNullable());
  }

  private static Type.@Nullable Parsed parsed(@Nullable Type type, boolean nullable) {
    return type == null ? null : new Type.Parsed(type, nullable);
  }

  /** A type's name without its namespace, unless two share it. */
  private static List<String> branchNames(List<Schema> branches) {
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

  private @Nullable Type plain(Schema schema, int depth) {
    if (depth >= Type.MAX_DEPTH) {
      fault = "more than " + Type.MAX_DEPTH + " types are in one another";
      return null;
    }
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case BOOLEAN -> Type.Simple.BOOLEAN;
      case INT -> {
        if (logical instanceof LogicalTypes.Date) {
          yield Type.Simple.DATE;
        }
        yield logical instanceof LogicalTypes.TimeMillis ? new Type.Time(MILLIS) : Type.Simple.INT;
      }
      case LONG -> time(logical);
      case FLOAT -> Type.Simple.FLOAT;
      case DOUBLE -> Type.Simple.DOUBLE;
      case STRING, ENUM -> Type.VarChar.STRING;
      case BYTES, FIXED -> bytes(schema, logical);
      case ARRAY -> {
        Type.Parsed element = type(schema.getElementType(), depth + 1);
        yield element == null ? null : new Type.Array(element.type(), element.nullable());
      }
      case MAP -> {
        Type.Parsed value = type(schema.getValueType(), depth + 1);
        yield value == null
            ? null
            : new Type.Map(Type.VarChar.STRING, value.type(), value.nullable());
      }
      case RECORD -> row(schema, depth);
      case NULL -> none("null alone is no column");
      case UNION -> throw new IllegalStateException("a union in a union");
    };
  }

  /** Flink's TIME holds milliseconds; a time of day in microseconds stays a number. */
  private static Type time(@Nullable LogicalType logical) {
    if (logical instanceof LogicalTypes.TimestampMillis) {
      return new Type.TimestampLtz(MILLIS);
    }
    if (logical instanceof LogicalTypes.TimestampMicros) {
      return new Type.TimestampLtz(MICROS);
    }
    if (logical instanceof LogicalTypes.TimestampNanos) {
      return new Type.TimestampLtz(NANOS);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis) {
      return new Type.Timestamp(MILLIS);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMicros) {
      return new Type.Timestamp(MICROS);
    }
    return logical instanceof LogicalTypes.LocalTimestampNanos
        ? new Type.Timestamp(NANOS)
        : Type.Simple.BIGINT;
  }

  private static Type bytes(Schema schema, @Nullable LogicalType logical) {
    if (logical instanceof LogicalTypes.Decimal decimal
        && decimal.getPrecision() <= MAX_DECIMAL_PRECISION) {
      return new Type.Decimal(decimal.getPrecision(), decimal.getScale());
    }
    if (schema.getType() == Schema.Type.BYTES) {
      return logical instanceof LogicalTypes.BigDecimal
          ? Type.VarChar.STRING
          : Type.VarBinary.BYTES;
    }
    if (logical instanceof LogicalTypes.Uuid && schema.getFixedSize() == UUID_BYTES) {
      return Type.VarChar.STRING;
    }
    return logical instanceof LogicalTypes.Duration && schema.getFixedSize() == DURATION_BYTES
        ? DURATION
        : Type.VarBinary.BYTES;
  }

  private @Nullable Type row(Schema record, int depth) {
    String name = record.getFullName();
    if (open.stream().filter(name::equals).count() >= RECURSION_DEPTH) {
      return none(
          "record " + name + " is in itself, and " + RECURSION_DEPTH + " are in one another");
    }
    if (record.getFields().isEmpty()) {
      return none("record " + name + " has no fields, and a ROW needs one");
    }
    open.push(name);
    List<Type.Row.Field> fields = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      Type.Parsed type = expands(field.name()) ? type(field.schema(), depth + 1) : null;
      if (type != null) {
        fields.add(new Type.Row.Field(field.name(), type.type(), type.nullable()));
      }
    }
    open.pop();
    return fields.isEmpty() ? null : new Type.Row(fields);
  }

  /** Notes why there is no type. */
  private @Nullable Type none(String why) {
    reason = why;
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
