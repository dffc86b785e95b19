package io.unifiedcatalog.server.model;

import java.util.List;

/** Whether each value of one of Flink's types is one of another. */
final class Widening {
  private static final List<Type> INTEGERS =
      List.of(Type.Simple.TINYINT, Type.Simple.SMALLINT, Type.Simple.INT, Type.Simple.BIGINT);

  /** How many decimal digits hold every value of each of them. */
  private static final List<Integer> DIGITS = List.of(3, 5, 10, 19);

  private Widening() {}

  /** Whether the second type holds every value of the first; a type holds its own. */
  static boolean holds(Type from, Type to) {
    if (from.equals(to)) {
      return true;
    }
    int integer = INTEGERS.indexOf(from);
    if (integer >= 0) {
      return holdsInteger(integer, to);
    }
    if (from == Type.Simple.FLOAT) {
      return to == Type.Simple.DOUBLE;
    }
    if (from instanceof Type.Decimal a && to instanceof Type.Decimal b) {
      return b.scale() >= a.scale() && b.precision() - b.scale() >= a.precision() - a.scale();
    }
    if (from instanceof Type.Char a) {
      // A value shorter than CHAR(n) is filled up, so another n gives other values.
      return to instanceof Type.VarChar b && b.length() >= a.length();
    }
    if (from instanceof Type.VarChar a) {
      return to instanceof Type.VarChar b && b.length() >= a.length();
    }
    if (from instanceof Type.Binary a) {
      return to instanceof Type.VarBinary b && b.length() >= a.length();
    }
    if (from instanceof Type.VarBinary a) {
      return to instanceof Type.VarBinary b && b.length() >= a.length();
    }
    if (from instanceof Type.Time a) {
      return to instanceof Type.Time b && b.precision() >= a.precision();
    }
    if (from instanceof Type.Timestamp a) {
      return to instanceof Type.Timestamp b && b.precision() >= a.precision();
    }
    if (from instanceof Type.TimestampLtz a) {
      return to instanceof Type.TimestampLtz b && b.precision() >= a.precision();
    }
    if (from instanceof Type.Array a) {
      return to instanceof Type.Array b
          && holds(a.element(), a.elementNullable(), b.element(), b.elementNullable());
    }
    if (from instanceof Type.Multiset a) {
      return to instanceof Type.Multiset b
          && holds(a.element(), a.elementNullable(), b.element(), b.elementNullable());
    }
    if (from instanceof Type.Map a) {
      return to instanceof Type.Map b
          && holds(a.key(), a.keyNullable(), b.key(), b.keyNullable())
          && holds(a.value(), a.valueNullable(), b.value(), b.valueNullable());
    }
    return from instanceof Type.Row a && to instanceof Type.Row b && holdsFields(a, b);
  }

  private static boolean holds(Type from, boolean fromNull, Type to, boolean toNull) {
    return (toNull || !fromNull) && holds(from, to);
  }

  private static boolean holdsInteger(int integer, Type to) {
    if (to instanceof Type.Decimal decimal) {
      return decimal.precision() - decimal.scale() >= DIGITS.get(integer);
    }
    if (to == Type.Simple.FLOAT) {
      // 24 bits.
      return integer <= 1;
    }
    if (to == Type.Simple.DOUBLE) {
      // 53 bits.
      return integer <= 2;
    }
    return INTEGERS.indexOf(to) > integer;
  }

  /** Fields may come after those there were: they are read by name. */
  private static boolean holdsFields(Type.Row from, Type.Row to) {
    if (to.fields().size() < from.fields().size()) {
      return false;
    }
    for (int i = 0; i < from.fields().size(); i++) {
      Type.Row.Field a = from.fields().get(i);
      Type.Row.Field b = to.fields().get(i);
      if (!a.name().equals(b.name()) || !holds(a.type(), a.nullable(), b.type(), b.nullable())) {
        return false;
      }
    }
    return true;
  }
}
