package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * Comparisons of a column with a value, in ClickHouse's SQL. Each holds at least for those rows for
 * which Flink's comparison of what it sees in the column holds: Flink compares again, and drops the
 * rest.
 *
 * @param column its name
 * @param type of the column in ClickHouse
 */
record Comparison(String column, NativeType type) implements Serializable {
  private static final long serialVersionUID = 1;

  /** Holds for no row. */
  static final String NEVER = "0";

  private static final int REPLACEMENT = 0xFFFD;

  /**
   * A condition.
   *
   * @param value a BigDecimal, Double, Boolean, String, LocalDate, Instant or byte[]
   * @return null if there is none that holds wherever Flink's does
   */
  @Nullable String with(Operator operator, Object value) {
    NativeType plain = type.unwrapped();
    return switch (plain.name()) {
      case "Int8",
          "Int16",
          "Int32",
          "Int64",
          "Int128",
          "Int256",
          "UInt8",
          "UInt16",
          "UInt32",
          "UInt64",
          "UInt128",
          "UInt256" ->
          value instanceof BigDecimal number
              ? counted(operator, number, Range.of(plain), cast(plain))
              : value instanceof String text ? number(operator, text, plain) : null;
      case "Decimal" -> decimal(operator, value, plain);
      case "Float32", "Float64" -> floating(operator, value);
      case "Bool" ->
          value instanceof Boolean bool && !operator.isRange()
              ? sql(operator, bool ? "true" : "false")
              : null;
      case "String" ->
          value instanceof String text
              ? text(operator, text)
              : value instanceof byte[] bytes && operator == Operator.EQUAL
                  ? sql(operator, Sql.text(bytes))
                  : null;
      case "FixedString" -> fixed(operator, value, plain.number(0));
      case "Enum8", "Enum16" -> value instanceof String text ? member(operator, text, plain) : null;
      case "UUID" -> {
        if (!(value instanceof String text)) {
          yield null;
        }
        UUID uuid = Texts.uuid(text);
        yield printed(
            operator,
            text,
            uuid != null && uuid.toString().equals(text) ? "toUUID(" + Sql.text(text) + ")" : null,
            true);
      }
      case "IPv4" -> {
        if (!(value instanceof String text)) {
          yield null;
        }
        Inet4Address address = Texts.inet4(text);
        yield printed(
            operator,
            text,
            address != null && Texts.ofAddress(address).equals(text)
                ? "toIPv4(" + Sql.text(text) + ")"
                : null,
            true);
      }
      case "IPv6" -> {
        if (!(value instanceof String text)) {
          yield null;
        }
        InetAddress address = Texts.address(text);
        // The driver and ClickHouse print such an address otherwise: no order by text.
        yield printed(
            operator,
            text,
            address != null && Texts.ofAddress(address).equals(text)
                ? "toIPv6("
                    + Sql.text((address instanceof Inet4Address ? "::ffff:" : "") + text)
                    + ")"
                : null,
            false);
      }
      case "Date", "Date32" ->
          value instanceof LocalDate day
              ? counted(
                  operator,
                  BigDecimal.valueOf(day.toEpochDay()),
                  Range.of(plain),
                  number ->
                      "CAST("
                          + Sql.text(LocalDate.ofEpochDay(number.longValue()).toString())
                          + " AS "
                          + plain
                          + ")")
              : null;
      case "DateTime" ->
          value instanceof Instant instant
              ? counted(
                  operator,
                  Range.ticks(instant, 0),
                  Range.of(plain),
                  number -> "toDateTime(" + number + ")")
              : null;
      case "DateTime64" -> {
        int digits = plain.number(0);
        yield value instanceof Instant instant
            ? counted(
                operator,
                Range.ticks(instant, digits),
                // Whatever was written into it, not only what ClickHouse prints.
                Range.of(new NativeType("Int64", List.of())),
                number ->
                    "reinterpret(CAST("
                        + Sql.text(number.toString())
                        + " AS Int64), 'DateTime64("
                        + digits
                        + ")')")
            : null;
      }
      default -> null;
    };
  }

  /** Whether rows can be looked up by a column of these types. */
  static boolean isLookedUp(NativeType type, LogicalType flinkType) {
    Object sample =
        switch (flinkType.getTypeRoot()) {
          case BOOLEAN -> true;
          case TINYINT, SMALLINT, INTEGER, BIGINT, DECIMAL -> BigDecimal.ZERO;
          case FLOAT, DOUBLE -> 0.0;
          case CHAR, VARCHAR -> "";
          case DATE -> LocalDate.EPOCH;
          case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> Instant.EPOCH;
          case VARBINARY -> new byte[0];
          default -> null;
        };
    return sample != null && new Comparison("", type).with(Operator.EQUAL, sample) != null;
  }

  /** Whether a value is there. */
  @Nullable String isNull(boolean wanted) {
    return switch (type.unwrapped().name()) {
      case "Array", "Map", "Tuple", "Nested" -> null;
      default -> wanted ? Sql.identifier(column) + " IS NULL" : there();
    };
  }

  private String there() {
    return Sql.identifier(column) + " IS NOT NULL";
  }

  private String sql(Operator operator, String literal) {
    return Sql.identifier(column) + " " + operator.sql + " " + literal;
  }

  private static Function<BigInteger, String> cast(NativeType type) {
    return number -> "CAST(" + Sql.text(number.toString()) + " AS " + type + ")";
  }

  /**
   * Of values that are whole numbers of something. What the type does not hold is not written as
   * one of it: it would wrap.
   */
  private String counted(
      Operator operator, BigDecimal value, Range range, Function<BigInteger, String> literal) {
    BigInteger floor = value.setScale(0, RoundingMode.FLOOR).toBigInteger();
    boolean whole = new BigDecimal(floor).compareTo(value) == 0;
    boolean below = floor.compareTo(range.least()) < 0;
    boolean above = floor.compareTo(range.greatest()) > 0;
    return switch (operator) {
      case EQUAL -> whole && !below && !above ? sql(operator, literal.apply(floor)) : NEVER;
      case NOT_EQUAL -> whole && !below && !above ? sql(operator, literal.apply(floor)) : there();
      case LESS, LESS_OR_EQUAL ->
          below
              ? NEVER
              : above
                  ? there()
                  : sql(whole ? operator : Operator.LESS_OR_EQUAL, literal.apply(floor));
      case GREATER, GREATER_OR_EQUAL ->
          below
              ? there()
              : above ? NEVER : sql(whole ? operator : Operator.GREATER, literal.apply(floor));
    };
  }

  /** Of a whole number that is a text in Flink. */
  private @Nullable String number(Operator operator, String text, NativeType plain) {
    BigInteger number = Texts.whole(text);
    boolean same =
        number != null && number.toString().equals(text) && Range.of(plain).holds(number);
    return printed(operator, text, same ? cast(plain).apply(number) : null, true);
  }

  private @Nullable String decimal(Operator operator, Object value, NativeType plain) {
    int precision = plain.number(0);
    int scale = Math.max(0, plain.number(1));
    BigInteger greatest = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
    Range range = new Range(greatest.negate(), greatest, BigInteger::toString);
    Function<BigInteger, String> literal =
        number ->
            "CAST("
                + Sql.text(new BigDecimal(number, scale).toPlainString())
                + " AS "
                + plain
                + ")";
    if (value instanceof BigDecimal number) {
      return counted(operator, number.scaleByPowerOfTen(scale), range, literal);
    }
    if (!(value instanceof String text)) {
      return null;
    }
    BigInteger unscaled = null;
    if (text.matches("-?[0-9]{1,100}(\\.[0-9]{1,100})?")) {
      BigDecimal number = new BigDecimal(text);
      if (number.scale() == scale
          && number.toPlainString().equals(text)
          && range.holds(number.unscaledValue())) {
        unscaled = number.unscaledValue();
      }
    }
    // ClickHouse prints no zeros at the end: no order by text.
    return printed(operator, text, unscaled == null ? null : literal.apply(unscaled), false);
  }

  private @Nullable String floating(Operator operator, Object value) {
    if (value instanceof Double number) {
      if (number.isNaN()) {
        return operator == Operator.EQUAL ? "isNaN(" + Sql.identifier(column) + ")" : null;
      }
      return orNaN(operator, sql(operator, literal(number)));
    }
    if (!(value instanceof BigDecimal number)) {
      return null;
    }
    // Flink may compare it as a DOUBLE or as a DECIMAL.
    String least = literal(Math.nextDown(number.doubleValue()));
    String greatest = literal(Math.nextUp(number.doubleValue()));
    return switch (operator) {
      case EQUAL ->
          sql(Operator.GREATER_OR_EQUAL, least) + " AND " + sql(Operator.LESS_OR_EQUAL, greatest);
      case NOT_EQUAL -> null;
      case LESS, LESS_OR_EQUAL -> orNaN(operator, sql(Operator.LESS_OR_EQUAL, greatest));
      case GREATER, GREATER_OR_EQUAL -> orNaN(operator, sql(Operator.GREATER_OR_EQUAL, least));
    };
  }

  /** Some releases of Flink take NaN for greater than every number, and others do not. */
  private String orNaN(Operator operator, String condition) {
    return operator.isRange()
        ? "(" + condition + " OR isNaN(" + Sql.identifier(column) + "))"
        : condition;
  }

  /** By its bits: digits would be read as the nearest number, and not by every parser. */
  private static String literal(double number) {
    return "reinterpretAsFloat64(CAST("
        + Sql.text(Long.toString(Double.doubleToLongBits(number)))
        + " AS Int64))";
  }

  /**
   * Both compare texts by their bytes. But what is no UTF-8 in ClickHouse is U+FFFD in Flink; that
   * changes an order only beside a text that has other characters than ASCII.
   */
  private @Nullable String text(Operator operator, String text) {
    if (!isText(text)) {
      return null;
    }
    String condition = sql(operator, Sql.text(text));
    boolean shownOtherwise =
        operator.isRange()
            ? !isAscii(text)
            : operator == Operator.EQUAL && text.indexOf(REPLACEMENT) >= 0;
    return shownOtherwise
        ? "(" + condition + " OR NOT isValidUTF8(" + Sql.identifier(column) + "))"
        : condition;
  }

  /** ClickHouse takes zero bytes at the end for no difference, Flink for one. */
  private @Nullable String fixed(Operator operator, Object value, int length) {
    if (value instanceof byte[] bytes) {
      return operator != Operator.EQUAL
          ? null
          : bytes.length > length ? NEVER : sql(operator, Sql.text(bytes));
    }
    if (!(value instanceof String text)
        || !isText(text)
        || operator == Operator.NOT_EQUAL
        || text.indexOf(REPLACEMENT) >= 0
        || (operator.isRange() && !isAscii(text))) {
      return null;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= length
        ? sql(operator.orEqual(), Sql.text(bytes))
        : operator == Operator.EQUAL ? NEVER : null;
  }

  /** By the names, which ClickHouse would order by their numbers. */
  private String member(Operator operator, String text, NativeType plain) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<String> holding = new ArrayList<>();
    for (String name : plain.members().keySet()) {
      if (operator.holds(Arrays.compareUnsigned(name.getBytes(StandardCharsets.UTF_8), bytes))) {
        holding.add(Sql.text(name));
      }
    }
    return holding.isEmpty()
        ? NEVER
        : holding.size() == plain.members().size()
            ? there()
            : Sql.identifier(column) + " IN (" + String.join(", ", holding) + ")";
  }

  /**
   * Of values that are texts in Flink only.
   *
   * @param literal that prints as the text; null if no value does
   * @param ordered whether ClickHouse prints every value as Flink shows it
   */
  private @Nullable String printed(
      Operator operator, String text, @Nullable String literal, boolean ordered) {
    if (operator == Operator.EQUAL) {
      return literal == null ? NEVER : sql(operator, literal);
    }
    if (operator == Operator.NOT_EQUAL) {
      return literal == null ? there() : sql(operator, literal);
    }
    return ordered && isText(text)
        ? "toString(" + Sql.identifier(column) + ") " + operator.sql + " " + Sql.text(text)
        : null;
  }

  /**
   * Texts that match a pattern of LIKE without an escape.
   *
   * @return null if there is no condition that holds wherever Flink's does
   */
  @Nullable String like(String pattern) {
    if (!type.unwrapped().name().equals("String")
        || pattern.indexOf('_') >= 0
        || pattern.indexOf('\\') >= 0
        || pattern.indexOf(REPLACEMENT) >= 0
        || !isText(pattern)) {
      return null;
    }
    if (pattern.indexOf('%') < 0) {
      return text(Operator.EQUAL, pattern);
    }
    // By bytes: LIKE itself would match no text with bytes that are no UTF-8.
    String name = Sql.identifier(column);
    List<String> parts = Arrays.asList(pattern.split("%", -1));
    List<String> conditions = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      String part = parts.get(i);
      if (!part.isEmpty()) {
        String literal = Sql.text(part);
        conditions.add(
            i == 0
                ? "startsWith(" + name + ", " + literal + ")"
                : i == parts.size() - 1
                    ? "endsWith(" + name + ", " + literal + ")"
                    : "position(" + name + ", " + literal + ") > 0");
      }
    }
    return conditions.isEmpty() ? there() : "(" + String.join(" AND ", conditions) + ")";
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  /** Whether it has no half of a pair of surrogates, which no bytes stand for. */
  private static boolean isText(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
