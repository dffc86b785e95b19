package io.unifiedcatalog.server.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A Flink SQL type without its nullability. {@link #sql} prints what {@code
 * LogicalType.asSerializableString()} would.
 */
public sealed interface Type {
  /** A type that has no parameters. */
  enum Simple implements Type {
    BOOLEAN,
    TINYINT,
    SMALLINT,
    INT,
    BIGINT,
    FLOAT,
    DOUBLE,
    DATE;

    @Override
    public String sql() {
      return name();
    }
  }

  /** {@code CHAR(length)}. */
  record Char(int length) implements Type {
    @Override
    public String sql() {
      return "CHAR(" + length + ")";
    }
  }

  /** {@code VARCHAR(length)}. */
  record VarChar(int length) implements Type {
    /** STRING as Flink serializes it: the greatest length stands for any. */
    public static final Type STRING = new VarChar(Integer.MAX_VALUE);

    @Override
    public String sql() {
      return "VARCHAR(" + length + ")";
    }
  }

  /** {@code BINARY(length)}. */
  record Binary(int length) implements Type {
    @Override
    public String sql() {
      return "BINARY(" + length + ")";
    }
  }

  /** {@code VARBINARY(length)}. */
  record VarBinary(int length) implements Type {
    /** BYTES as Flink serializes it: the greatest length stands for any. */
    public static final Type BYTES = new VarBinary(Integer.MAX_VALUE);

    @Override
    public String sql() {
      return "VARBINARY(" + length + ")";
    }
  }

  /** {@code DECIMAL(precision, scale)}; the precision is 1 to 38. */
  record Decimal(int precision, int scale) implements Type {
    @Override
    public String sql() {
      return "DECIMAL(" + precision + ", " + scale + ")";
    }
  }

  /** {@code TIME(precision)}; the precision is 0 to 9. */
  record Time(int precision) implements Type {
    @Override
    public String sql() {
      return "TIME(" + precision + ")";
    }
  }

  /** {@code TIMESTAMP(precision)}; the precision is 0 to 9. */
  record Timestamp(int precision) implements Type {
    @Override
    public String sql() {
      return "TIMESTAMP(" + precision + ")";
    }
  }

  /** {@code TIMESTAMP(precision) WITH LOCAL TIME ZONE}; the precision is 0 to 9. */
  record TimestampLtz(int precision) implements Type {
    @Override
    public String sql() {
      return "TIMESTAMP(" + precision + ") WITH LOCAL TIME ZONE";
    }
  }

  /** {@code ARRAY<element>}. */
  record Array(Type element, boolean elementNullable) implements Type {
    @Override
    public String sql() {
      return "ARRAY<" + element.sql(elementNullable) + ">";
    }
  }

  /** {@code MAP<key, value>}. */
  record Map(Type key, Type value, boolean valueNullable) implements Type {
    @Override
    public String sql() {
      return "MAP<" + key.sql(false) + ", " + value.sql(valueNullable) + ">";
    }
  }

  /** {@code ROW<fields>}. */
  record Row(List<Field> fields) implements Type {
    /** A field of a row. */
    public record Field(String name, Type type, boolean nullable) {}

    public Row {
      fields = List.copyOf(fields);
    }

    @Override
    public String sql() {
      return fields.stream()
          .map(field -> "`" + field.name.replace("`", "``") + "` " + field.type.sql(field.nullable))
          .collect(Collectors.joining(", ", "ROW<", ">"));
    }
  }

  /**
   * Reads a type's text in Flink's SQL, short forms such as STRING among them. Comments of a row's
   * fields are left out, and the keys of a map are taken for NOT NULL.
   *
   * @param sql without NOT NULL at its end, which belongs to the column
   * @throws IllegalArgumentException if it is no type that a column can have; the message says why
   */
  static Type parse(String sql) {
    return new TypeText(sql).parse();
  }

  /** The type's text, nullable. */
  String sql();

  /** The type's text with its nullability. */
  default String sql(boolean nullable) {
    return nullable ? sql() : sql() + " NOT NULL";
  }
}
