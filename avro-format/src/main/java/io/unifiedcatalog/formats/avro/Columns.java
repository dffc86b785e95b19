package io.unifiedcatalog.formats.avro;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Whether declared columns hold the fields that they are named after. A column may be declared
 * otherwise than {@link AvroTypes} says where nothing is lost in silence.
 */
final class Columns {
  private final boolean forWriting;

  /** How many ROWs stand around the place that is being checked. */
  private int levels;

  private Columns(boolean forWriting) {
    this.forWriting = forWriting;
  }

  /**
   * Checks a row.
   *
   * @throws ValidationException if a column has no field, or its type cannot hold it
   */
  static void check(Schema record, RowType row, boolean forWriting) {
    new Columns(forWriting).record(record, row, "");
  }

  private void record(Schema record, RowType row, String around) {
    if (++levels > AvroTypes.MAXIMUM_LEVELS) {
      throw new ValidationException(
          String.format(
              "Column '%s' is the ROW of level %d, and there may be %d. Declare fewer.",
              around, levels, AvroTypes.MAXIMUM_LEVELS));
    }
    for (int i = 0; i < row.getFieldCount(); i++) {
      String name = row.getFieldNames().get(i);
      String path = around.isEmpty() ? name : around + "." + name;
      Schema.Field field = record.getField(name);
      if (field == null) {
        throw new ValidationException(
            String.format(
                "Column '%s' names no field of record '%s'. Its fields are: %s. Rename the column,"
                    + " or leave it out.",
                path,
                record.getFullName(),
                record.getFields().stream()
                    .map(Schema.Field::name)
                    .collect(Collectors.joining(", "))));
      }
      LogicalType type = row.getTypeAt(i);
      if (!fits(field.schema(), type, path)) {
        LogicalType canonical = AvroTypes.fieldType(record, field);
        throw new ValidationException(
            String.format(
                "Column '%s' is declared %s, which cannot hold field '%s.%s' (%s) without loss. %s",
                path,
                type,
                record.getFullName(),
                name,
                AvroTypes.describe(field.schema()),
                canonical == null ? "Leave it out." : "Declare it as " + canonical + "."));
      }
    }
    if (forWriting) {
      for (Schema.Field field : record.getFields()) {
        // Where a record is in itself, columns end somewhere; what is deeper is refused when it
        // comes.
        if (row.getFieldIndex(field.name()) < 0
            && WritePlanner.absent(record, field) == null
            && (levels == 1 || !WritePlanner.reaches(field.schema(), record))) {
          throw new ValidationException(
              String.format(
                  "Field '%s.%s' has no default and may not be null, but no column%s is named '%s':"
                      + " nothing could be written for it. Declare the column as %s.",
                  record.getFullName(),
                  field.name(),
                  around.isEmpty() ? "" : " of '" + around + "'",
                  field.name(),
                  AvroTypes.fieldType(record, field)));
        }
      }
    }
    levels--;
  }

  private boolean fits(Schema schema, LogicalType type, String path) {
    if (schema.getType() != Schema.Type.UNION) {
      return plainFits(schema, type, path);
    }
    List<Schema> branches = AvroTypes.branches(schema);
    if (branches.size() <= 1) {
      return !branches.isEmpty() && plainFits(branches.get(0), type, path);
    }
    if (!(type instanceof RowType row)) {
      return false;
    }
    List<String> names = AvroTypes.branchNames(branches);
    for (RowType.RowField field : row.getFields()) {
      int branch = names.indexOf(field.getName());
      if (branch < 0) {
        throw new ValidationException(
            String.format(
                "Column '%s.%s' names no type of the union %s. Its types are: %s. Rename the"
                    + " column, or leave it out.",
                path, field.getName(), AvroTypes.describe(schema), String.join(", ", names)));
      }
      // One of them has a value; the others are NULL.
      if (!field.getType().isNullable()
          || !plainFits(branches.get(branch), field.getType(), path + "." + field.getName())) {
        return false;
      }
    }
    return row.getFieldCount() > 0;
  }

  private boolean plainFits(Schema schema, LogicalType type, String path) {
    LogicalTypeRoot root = type.getTypeRoot();
    TimeUnit unit = TimeUnit.of(schema);
    return switch (schema.getType()) {
      case NULL -> false;
      case BOOLEAN -> root == LogicalTypeRoot.BOOLEAN;
      case INT ->
          root == LogicalTypeRoot.INTEGER
              || root == LogicalTypeRoot.BIGINT
              || (root == LogicalTypeRoot.DATE
                  && schema.getLogicalType() instanceof LogicalTypes.Date)
              || (root == LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE && unit != null);
      case LONG ->
          root == LogicalTypeRoot.BIGINT
              || (unit != null
                  && root
                      == switch (unit.family()) {
                        case INSTANT -> LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE;
                        case LOCAL -> LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE;
                        case TIME -> LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE;
                      });
      case FLOAT -> root == LogicalTypeRoot.FLOAT || root == LogicalTypeRoot.DOUBLE;
      case DOUBLE -> root == LogicalTypeRoot.DOUBLE;
      case STRING, ENUM -> isString(type);
      case BYTES, FIXED -> {
        LogicalTypes.Decimal decimal = AvroTypes.decimal(schema);
        yield isBytes(type)
            || (decimal != null
                && type instanceof DecimalType declared
                && declared.getScale() >= decimal.getScale()
                && declared.getPrecision() - declared.getScale()
                    >= decimal.getPrecision() - decimal.getScale())
            || (isString(type) && (AvroTypes.isUuid(schema) || AvroTypes.isBigDecimal(schema)))
            || (AvroTypes.isDuration(schema) && Durations.isHeldBy(type));
      }
      case ARRAY ->
          type instanceof ArrayType array
              && fits(schema.getElementType(), array.getElementType(), path);
      case MAP ->
          type instanceof MapType map
              && isString(map.getKeyType())
              && fits(schema.getValueType(), map.getValueType(), path);
      case RECORD -> {
        if (!(type instanceof RowType row) || row.getFieldCount() == 0) {
          yield false;
        }
        record(schema, row, path);
        yield true;
      }
      case UNION -> throw new IllegalStateException("A union in a union");
    };
  }

  private static boolean isString(LogicalType type) {
    return type instanceof VarCharType text && text.getLength() == VarCharType.MAX_LENGTH;
  }

  private static boolean isBytes(LogicalType type) {
    return type instanceof VarBinaryType bytes && bytes.getLength() == VarBinaryType.MAX_LENGTH;
  }
}
