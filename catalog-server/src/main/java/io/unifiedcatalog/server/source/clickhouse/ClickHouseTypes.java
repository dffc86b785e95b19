package io.unifiedcatalog.server.source.clickhouse;

import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.ColumnType.Supported;
import io.unifiedcatalog.server.model.ColumnType.Unsupported;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How Flink sees the columns of ClickHouse through connectors/clickhouse, which is the other half
 * of this. ClickHouseTypesTest goes through every type that the engine has.
 */
final class ClickHouseTypes {
  /** Rises with each change of the rules below; see {@code SourceSystem.mappingVersion}. */
  static final int VERSION = 2;

  private static final int MAX_DECIMAL_PRECISION = 38;

  private ClickHouseTypes() {}

  static ColumnType of(Column column, ClickHouseOptions options) {
    if ("EPHEMERAL".equals(column.facts().get(ClickHouseSession.DEFAULT_KIND))) {
      return new Unsupported("ClickHouse does not keep an EPHEMERAL column, so it has no values.");
    }
    NativeType type = NativeType.parse(column.nativeType());
    return type == null
        ? new Unsupported("Its type is not one that this release of the catalog understands.")
        : map(type, 1, options);
  }

  private static ColumnType map(NativeType type, int depth, ClickHouseOptions options) {
    if (depth > Type.MAX_DEPTH) {
      return new Unsupported("Its types are nested more than " + Type.MAX_DEPTH + " deep.");
    }
    return switch (type.name()) {
      case "Int8" -> supported(Type.Simple.TINYINT);
      case "Int16", "UInt8" -> supported(Type.Simple.SMALLINT);
      case "Int32", "UInt16" -> supported(Type.Simple.INT);
      case "Int64", "UInt32" -> supported(Type.Simple.BIGINT);
      case "UInt64" -> supported(new Type.Decimal(20, 0));
      case "Int128", "UInt128", "Int256", "UInt256" ->
          lossy(Type.VarChar.STRING, "Up to 78 digits, which Flink's DECIMAL has not: as text.");
      case "Float32" -> supported(Type.Simple.FLOAT);
      case "Float64" -> supported(Type.Simple.DOUBLE);
      case "BFloat16" -> supported(Type.Simple.FLOAT);
      case "Decimal" -> decimal(type);
      case "Bool" -> supported(Type.Simple.BOOLEAN);
      case "String", "Enum8", "Enum16", "UUID", "IPv4", "IPv6" -> supported(Type.VarChar.STRING);
      case "FixedString" ->
          supported(
              options.fixedStringIsChar() && type.number(0) > 0
                  ? new Type.Char(type.number(0))
                  : Type.VarBinary.BYTES);
      case "Date", "Date32" -> supported(Type.Simple.DATE);
      // An instant: the zone is how ClickHouse prints it.
      case "DateTime" -> supported(new Type.TimestampLtz(0));
      case "DateTime64" ->
          type.number(0) < 0 || type.number(0) > 9
              ? notUnderstood(type)
              : supported(new Type.TimestampLtz(type.number(0)));
      case "Nullable" ->
          inner(type, 0, depth, options, it -> new Supported(it.type(), true, it.loss()));
      case "LowCardinality" -> inner(type, 0, depth, options, it -> it);
      // The function comes first.
      case "SimpleAggregateFunction" -> inner(type, 1, depth, options, it -> it);
      case "Array" ->
          element(type, 0, depth, options, it -> new Supported(array(it.type()), false, it.loss()));
      case "Map" ->
          element(
              type,
              0,
              depth,
              options,
              key ->
                  element(
                      type,
                      1,
                      depth,
                      options,
                      value ->
                          new Supported(
                              // Flink gives a map's missing value the type of one that is there,
                              // and of a type that is NOT NULL some number in place of NULL.
                              new Type.Map(key.type(), value.type(), true),
                              false,
                              both(key.loss(), value.loss()))));
      case "Tuple" -> row(type, depth, options);
      case "Nested" -> {
        ColumnType row = row(type, depth + 1, options);
        yield row instanceof Supported it ? new Supported(array(it.type()), false, it.loss()) : row;
      }
      case "AggregateFunction" ->
          new Unsupported(
              "It holds the state of an aggregate function. In a view, finalizeAggregation("
                  + "...) gives its value.");
      case "JSON", "Object", "Variant", "Dynamic" ->
          new Unsupported(
              "Its values have no type of their own in Flink. In a view, toString(...) or a path"
                  + " of it with its type can be read.");
      case "Point",
          "Ring",
          "LineString",
          "MultiLineString",
          "Polygon",
          "MultiPolygon",
          "Geometry" ->
          new Unsupported("Flink has no geometry. In a view, wkt(...) gives it as text.");
      case "Time", "Time64" ->
          new Unsupported(
              "It reaches from -999:59:59 to 999:59:59, and Flink's TIME is a time of day. In a"
                  + " view, toString(...) gives it as text.");
      case "QBit" -> new Unsupported("Flink has no type for ClickHouse's vectors of bits.");
      case "Nothing" -> new Unsupported("It has no value but NULL.");
      default ->
          type.name().startsWith("Interval")
              ? new Unsupported(
                  "The JDBC driver reads no intervals. In a view, toInt64(...) gives their number.")
              : notUnderstood(type);
    };
  }

  private static ColumnType decimal(NativeType type) {
    int precision = type.number(0);
    int scale = Math.max(0, type.number(1));
    if (precision < 1) {
      return notUnderstood(type);
    }
    return precision <= MAX_DECIMAL_PRECISION
        ? supported(new Type.Decimal(precision, scale))
        : lossy(
            Type.VarChar.STRING,
            "Up to " + precision + " digits, and Flink's DECIMAL has at most 38: as text.");
  }

  private static ColumnType row(NativeType type, int depth, ClickHouseOptions options) {
    List<Type.Row.Field> fields = new ArrayList<>();
    String loss = "";
    for (int i = 0; i < type.arguments().size(); i++) {
      ColumnType mapped = element(type, i, depth, options, it -> it);
      if (!(mapped instanceof Supported field)) {
        return mapped;
      }
      String name = type.arguments().get(i).name();
      // As Flink names the fields of a row that has no names.
      fields.add(
          new Type.Row.Field(name.isEmpty() ? "f" + i : name, field.type(), field.nullable()));
      loss = both(loss, field.loss());
    }
    return fields.isEmpty()
        ? new Unsupported("A Tuple of nothing has no value to read.")
        : new Supported(new Type.Row(fields), false, loss);
  }

  /** Maps the type at an index of another's arguments and makes the other's type of it. */
  private static ColumnType inner(
      NativeType type,
      int index,
      int depth,
      ClickHouseOptions options,
      Function<Supported, ColumnType> outer) {
    @Nullable NativeType argument = type.type(index);
    if (argument == null) {
      return notUnderstood(type);
    }
    ColumnType mapped = map(argument, depth + 1, options);
    return mapped instanceof Supported supported ? outer.apply(supported) : mapped;
  }

  /** Like {@link #inner}, of a type whose values stand in a value of the other. */
  private static ColumnType element(
      NativeType type,
      int index,
      int depth,
      ClickHouseOptions options,
      Function<Supported, ColumnType> outer) {
    return inner(
        type,
        index,
        depth,
        options,
        it ->
            outer.apply(
                it.type().equals(Type.VarBinary.BYTES)
                    ? new Supported(
                        Type.VarChar.STRING,
                        it.nullable(),
                        "Inside of another type bytes are read as UTF-8 text, and what is none is"
                            + " replaced.")
                    : it));
  }

  /**
   * Elements may be NULL, as the values of a map may: what {@code a[9]} gives where there is no
   * ninth is NULL by Flink's documentation, and -1 if the elements are NOT NULL (seen on 2.3).
   */
  private static Type array(Type element) {
    return new Type.Array(element, /* elementNullable= */ true);
  }

  private static String both(String one, String other) {
    return one.contains(other) ? one : (one + " " + other).strip();
  }

  private static ColumnType supported(Type type) {
    return lossy(type, "");
  }

  private static ColumnType lossy(Type type, String loss) {
    return new Supported(type, false, loss);
  }

  private static ColumnType notUnderstood(NativeType type) {
    return new Unsupported(
        "This release of the catalog does not know ClickHouse's type " + type.name() + ".");
  }
}
