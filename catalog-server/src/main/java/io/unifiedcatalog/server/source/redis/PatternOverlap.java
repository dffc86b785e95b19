package io.unifiedcatalog.server.source.redis;

import io.unifiedcatalog.redis.KeyPattern;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Whether two patterns have a key in common, so that it would be a row of two tables. Both are run
 * through at once, as the automata that they are; the shortest way to the end of both is a key. The
 * columns' types count: no key of {@code user:{id}} with a number in it is one of {@code
 * user:{id}:profile}.
 */
final class PatternOverlap {
  /** A character of the key, or any one, or none, of those of a column. */
  private record Step(IntPredicate takes, char example, boolean repeats) {}

  /**
   * How far both are.
   *
   * @param before how they came there; null: this is the beginning
   * @param c the character of the key that it took; 0: none
   */
  private record State(int first, int second, @Nullable State before, char c) {
    /** The key so far. */
    String key() {
      StringBuilder key = new StringBuilder();
      for (State state = this; state != null; state = state.before) {
        if (state.c != 0) {
          key.append(state.c);
        }
      }
      return key.reverse().toString();
    }
  }

  private static final char NONE = 0;

  private PatternOverlap() {}

  /** What is wrong with a table because of others. */
  static List<Violation> conflicts(PhysicalTable table, List<PhysicalTable> others) {
    List<Violation> violations = new ArrayList<>();
    Registration registration = table.registration();
    if (registration == null
        || registration.hasOwnConnector()
        || PatternTable.ALLOW.equals(registration.options().get(PatternTable.OVERLAP))) {
      return violations;
    }
    for (PhysicalTable other : others) {
      Registration ofOther = other.registration();
      if (ofOther == null || ofOther.hasOwnConnector()) {
        continue;
      }
      String key = common(table, registration, other, ofOther);
      if (key != null) {
        violations.add(
            new Violation(
                "registration.options." + PatternTable.KEY_PATTERN,
                "overlaps with '"
                    + PatternTable.pattern(ofOther)
                    + "' of table '"
                    + other.name()
                    + "': '"
                    + key
                    + "' would be a key of both. Narrow one of them, by a longer text or by columns"
                    + " of numbers, or set the option "
                    + PatternTable.OVERLAP
                    + " to "
                    + PatternTable.ALLOW
                    + " if both are meant."));
      }
    }
    return violations;
  }

  private static @Nullable String common(
      PhysicalTable table, Registration registration, PhysicalTable other, Registration ofOther) {
    return common(
        steps(PatternTable.pattern(registration), table),
        steps(PatternTable.pattern(ofOther), other));
  }

  private static @Nullable String common(List<Step> first, List<Step> second) {
    Deque<State> open = new ArrayDeque<>(List.of(new State(0, 0, null, NONE)));
    Set<Long> seen = new HashSet<>();
    for (State state = open.poll(); state != null; state = open.poll()) {
      if (!seen.add(((long) state.first << 32) | state.second)) {
        continue;
      }
      if (state.first == first.size() && state.second == second.size()) {
        return state.key();
      }
      Step one = state.first < first.size() ? first.get(state.first) : null;
      Step two = state.second < second.size() ? second.get(state.second) : null;
      // What may repeat may also be over. These come first, as they make the key no longer.
      if (one != null && one.repeats) {
        open.addFirst(new State(state.first + 1, state.second, state, NONE));
      }
      if (two != null && two.repeats) {
        open.addFirst(new State(state.first, state.second + 1, state, NONE));
      }
      if (one != null && two != null) {
        // Those of a column are of few kinds, so if they have any in common they have an example.
        char c = one.takes.test(two.example) ? two.example : one.example;
        if (one.takes.test(c) && two.takes.test(c)) {
          open.addLast(
              new State(
                  state.first + (one.repeats ? 0 : 1),
                  state.second + (two.repeats ? 0 : 1),
                  state,
                  c));
        }
      }
    }
    return null;
  }

  private static List<Step> steps(KeyPattern pattern, PhysicalTable table) {
    List<Step> steps = new ArrayList<>();
    List<String> texts = pattern.texts();
    for (int i = 0; i < texts.size(); i++) {
      texts.get(i).chars().forEach(c -> steps.add(new Step(other -> other == c, (char) c, false)));
      if (i < pattern.columns().size()) {
        String name = pattern.columns().get(i);
        Step one = step(type(name, table));
        String end = i + 1 < pattern.columns().size() ? texts.get(i + 1) : "";
        // A column ends with the first occurrence of what follows it.
        IntPredicate takes =
            end.length() == 1 ? c -> one.takes.test(c) && c != end.charAt(0) : one.takes;
        steps.add(new Step(takes, one.example, false));
        steps.add(new Step(takes, one.example, true));
      }
    }
    return steps;
  }

  private static Type type(String name, PhysicalTable table) {
    return table.columns().stream()
        .filter(column -> column.name().equals(name))
        .map(PatternTable::typeOf)
        .findFirst()
        .orElse(Type.VarChar.STRING);
  }

  /** The characters in the texts of a type. */
  private static Step step(Type type) {
    if (type instanceof Type.Simple simple) {
      return switch (simple) {
        case TINYINT, SMALLINT, INT, BIGINT -> of("-0123456789", '1');
        case FLOAT, DOUBLE -> of("-+.0123456789E", '1');
        case BOOLEAN -> of("truefals", 't');
        case DATE -> of("-+0123456789", '1');
      };
    }
    if (type instanceof Type.Decimal) {
      return of("-.0123456789", '1');
    }
    if (type instanceof Type.Time
        || type instanceof Type.Timestamp
        || type instanceof Type.TimestampLtz) {
      return of("-+.:TZ 0123456789", '1');
    }
    return new Step(c -> true, 'x', false);
  }

  private static Step of(String characters, char example) {
    return new Step(c -> characters.indexOf(c) >= 0, example, false);
  }
}
