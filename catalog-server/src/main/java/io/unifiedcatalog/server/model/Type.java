package io.unifiedcatalog.server.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A Flink SQL type without its nullability. {@link #sql} prints what {@code
 * LogicalType.asSerializableString()} would.
 */
public sealed interface Type {
  /** Types in one another, at most. */
  int MAX_DEPTH = 64;

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

  /**
   * {@code INTERVAL} of years and months.
   *
   * @param yearPrecision the digits of the years, 1 to 4; 0 for {@link YearMonthFields#MONTH}
   */
  record YearMonthInterval(YearMonthFields fields, int yearPrecision) implements Type {
    @Override
    public String sql() {
      return switch (fields) {
        case YEAR -> "INTERVAL YEAR(" + yearPrecision + ")";
        case YEAR_TO_MONTH -> "INTERVAL YEAR(" + yearPrecision + ") TO MONTH";
        case MONTH -> "INTERVAL MONTH";
      };
    }
  }

  /** The fields of an interval of years and months. */
  enum YearMonthFields {
    YEAR,
    YEAR_TO_MONTH,
    MONTH
  }

  /**
   * {@code INTERVAL} of days and parts of them.
   *
   * @param dayPrecision the digits of the days, 1 to 6; 0 if the interval has no days
   * @param fractionalPrecision the digits behind the second, 0 to 9; 0 if it has no seconds
   */
  record DayTimeInterval(DayTimeFields fields, int dayPrecision, int fractionalPrecision)
      implements Type {
    @Override
    public String sql() {
      StringBuilder sql = new StringBuilder("INTERVAL ").append(fields.first);
      if (fields.first == DayTimeField.DAY) {
        sql.append('(').append(dayPrecision).append(')');
      }
      if (fields.last != fields.first) {
        sql.append(" TO ").append(fields.last);
      }
      if (fields.last == DayTimeField.SECOND) {
        sql.append('(').append(fractionalPrecision).append(')');
      }
      return sql.toString();
    }
  }

  /** One field of an interval of days. */
  enum DayTimeField {
    DAY,
    HOUR,
    MINUTE,
    SECOND
  }

  /** The first and the last field of an interval of days. */
  record DayTimeFields(DayTimeField first, DayTimeField last) {
    public DayTimeFields {
      if (first.compareTo(last) > 0) {
        throw new IllegalArgumentException("an interval cannot go from " + first + " to " + last);
      }
    }
  }

  /** {@code ARRAY<element>}. */
  record Array(Type element, boolean elementNullable) implements Type {
    @Override
    public String sql() {
      return "ARRAY<" + element.sql(elementNullable) + ">";
    }
  }

  /** {@code MULTISET<element>}. */
  record Multiset(Type element, boolean elementNullable) implements Type {
    @Override
    public String sql() {
      return "MULTISET<" + element.sql(elementNullable) + ">";
    }
  }

  /** {@code MAP<key, value>}. */
  record Map(Type key, boolean keyNullable, Type value, boolean valueNullable) implements Type {
    /** A map of which no key is NULL. */
    public Map(Type key, Type value, boolean valueNullable) {
      this(key, false, value, valueNullable);
    }

    @Override
    public String sql() {
      return "MAP<" + key.sql(keyNullable) + ", " + value.sql(valueNullable) + ">";
    }
  }

  /** {@code ROW<fields>}. */
  record Row(List<Field> fields) implements Type {
    /**
     * A field of a row.
     *
     * @param description empty if there is none
     */
    public record Field(String name, Type type, boolean nullable, String description) {
      /** A field without a description. */
      public Field(String name, Type type, boolean nullable) {
        this(name, type, nullable, "");
      }

      private String sql() {
        String sql = SqlText.identifier(name) + " " + type.sql(nullable);
        return description.isEmpty() ? sql : sql + " " + SqlText.literal(description);
      }
    }

    public Row {
      fields = List.copyOf(fields);
    }

    @Override
    public String sql() {
      return fields.stream().map(Field::sql).collect(Collectors.joining(", ", "ROW<", ">"));
    }
  }

  /**
   * A type with its nullability.
   *
   * @param nullable what {@link #sql(boolean)} takes
   */
  record Parsed(Type type, boolean nullable) {}

  /**
   * Understands a type as people write it in Flink SQL and as Flink prints it, in any case: {@code
   * INT}, {@code timestamp_ltz(3) not null}, {@code ROW<id BIGINT, `of` ARRAY<STRING>>}.
   *
   * @throws CatalogException INVALID_ARGUMENT if it is no type, or none that a column of every
   *     supported Flink can have; the message says where and what would be right
   */
  static Parsed parse(String sql) {
    try {
      SqlParser parser = new SqlParser(sql);
      Parsed parsed = parser.type();
      parser.end();
      return parsed;
    } catch (SqlParser.Fault fault) {
      throw CatalogException.invalid(
          "Flink SQL type '" + SqlText.shortened(sql) + "' is not understood",
          List.of(fault.violation()));
    }
  }

  /** The type's text, nullable. */
  String sql();

  /** The type's text with its nullability. */
  default String sql(boolean nullable) {
    return nullable ? sql() : sql() + " NOT NULL";
  }
}
