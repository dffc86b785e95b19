package io.unifiedcatalog.server.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a crawl changed of one table.
 *
 * @param table as people write it, {@code database.table}
 * @param differences of an altered table; of an added or an unsupported one, what of it is
 *     unsupported; empty otherwise
 */
public record TableChange(String table, Kind kind, List<Difference> differences) {
  /** What became of the table. */
  public enum Kind {
    ADDED,
    ALTERED,
    REMOVED,
    /** The source says what it said; this release of the catalog maps its types otherwise. */
    RETYPED,
    /** It could not be taken in, for a reason that no crawl before told; it stays as it was. */
    UNSUPPORTED,
    /** It would be dropped if the run were confirmed. */
    HELD
  }

  /** What of a table or column differs. */
  public enum Aspect {
    COLUMN_ADDED,
    COLUMN_REMOVED,
    /** Each value of the type before is one of the type now. */
    TYPE_WIDENED,
    /** Each value of the type now is one of the type before. */
    TYPE_NARROWED,
    /** Neither. */
    TYPE_CHANGED,
    /** The source's own type, which is the same to Flink: as with another member of an ENUM. */
    NATIVE_TYPE,
    NULLABILITY,
    COMMENT,
    /** A fact of the column or the table, such as a default. */
    FACT,
    COLUMN_ORDER,
    KIND,
    PRIMARY_KEY,
    UNIQUE_KEYS,
    INDEXES,
    /** What is new to be unsupported, a column or the table itself: after is the reason. */
    UNSUPPORTED
  }

  /**
   * One difference.
   *
   * @param column its column; empty if it is of the table
   * @param before empty if there was nothing
   * @param after empty if there is nothing
   */
  public record Difference(String column, Aspect aspect, String before, String after) {
    /** Whether those who read the table may fail, or miss what they read. */
    public boolean isBreaking() {
      return switch (aspect) {
        case COLUMN_REMOVED, TYPE_NARROWED, TYPE_CHANGED -> true;
        case COLUMN_ADDED,
            TYPE_WIDENED,
            NATIVE_TYPE,
            NULLABILITY,
            COMMENT,
            FACT,
            COLUMN_ORDER,
            KIND,
            PRIMARY_KEY,
            UNIQUE_KEYS,
            INDEXES,
            // If it could be read before, its type is a difference of its own.
            UNSUPPORTED ->
            false;
      };
    }
  }

  public TableChange {
    differences = List.copyOf(differences);
  }

  /** How many of the differences break readers; a table that was removed is one. */
  public long breaking() {
    return kind == Kind.REMOVED ? 1 : differences.stream().filter(Difference::isBreaking).count();
  }

  /** What problems of a table that is new, or new to have them, are as differences. */
  public static List<Difference> unsupported(List<Problem> problems) {
    return problems.stream()
        .map(
            problem -> new Difference(problem.subject(), Aspect.UNSUPPORTED, "", problem.message()))
        .toList();
  }

  /**
   * What an altered table's two versions differ in.
   *
   * @param types how Flink sees a column, by today's rules for both
   */
  public static TableChange between(
      String table, PhysicalTable before, PhysicalTable after, Function<Column, ColumnType> types) {
    if (before.equals(after)) {
      return new TableChange(table, Kind.RETYPED, List.of());
    }
    Differences all = new Differences();
    Map<String, Column> columnsBefore = byName(before);
    Map<String, Column> columnsAfter = byName(after);
    columnsBefore.forEach(
        (name, column) -> {
          Column now = columnsAfter.get(name);
          if (now == null) {
            all.add(name, Aspect.COLUMN_REMOVED, text(column, types), "");
          } else {
            all.addColumn(column, now, types);
          }
        });
    columnsAfter.forEach(
        (name, column) -> {
          if (!columnsBefore.containsKey(name)) {
            all.add(name, Aspect.COLUMN_ADDED, "", text(column, types));
            all.addIfUnsupported(name, types.apply(column));
          }
        });
    all.addIfOther(
        "",
        Aspect.COLUMN_ORDER,
        String.join(", ", common(columnsBefore, columnsAfter)),
        String.join(", ", common(columnsAfter, columnsBefore)));
    all.addIfOther("", Aspect.KIND, before.kind().name(), after.kind().name());
    all.addIfOther("", Aspect.PRIMARY_KEY, text(before.primaryKey()), text(after.primaryKey()));
    all.addIfOther("", Aspect.UNIQUE_KEYS, text(before.uniqueKeys()), text(after.uniqueKeys()));
    all.addIfOther("", Aspect.INDEXES, text(before.indexes()), text(after.indexes()));
    all.addIfOther("", Aspect.COMMENT, before.comment(), after.comment());
    all.addFacts("", before.facts(), after.facts());
    return new TableChange(table, Kind.ALTERED, all.list);
  }

  private static final class Differences {
    private final List<Difference> list = new ArrayList<>();

    void add(String column, Aspect aspect, String before, String after) {
      list.add(new Difference(column, aspect, before, after));
    }

    void addIfOther(String column, Aspect aspect, String before, String after) {
      if (!before.equals(after)) {
        add(column, aspect, before, after);
      }
    }

    void addColumn(Column before, Column after, Function<Column, ColumnType> types) {
      Aspect type = typeAspect(types.apply(before), types.apply(after));
      if (type != null || !before.nativeType().equals(after.nativeType())) {
        add(
            before.name(),
            type == null ? Aspect.NATIVE_TYPE : type,
            text(before, types),
            text(after, types));
      }
      if (type == Aspect.TYPE_CHANGED) {
        addIfUnsupported(before.name(), types.apply(after));
      }
      addIfOther(before.name(), Aspect.NULLABILITY, nullability(before), nullability(after));
      addIfOther(before.name(), Aspect.COMMENT, before.comment(), after.comment());
      addFacts(before.name(), before.facts(), after.facts());
    }

    void addIfUnsupported(String column, ColumnType type) {
      if (type instanceof ColumnType.Unsupported unsupported) {
        add(column, Aspect.UNSUPPORTED, "", unsupported.reason());
      }
    }

    void addFacts(String column, Map<String, String> before, Map<String, String> after) {
      TreeSet<String> keys = new TreeSet<>(before.keySet());
      keys.addAll(after.keySet());
      for (String key : keys) {
        String now = after.get(key);
        if (column.isEmpty() && key.equals(Facts.BROKEN) && now != null) {
          addIfOther(column, Aspect.UNSUPPORTED, before.getOrDefault(key, ""), now);
        } else if (!Objects.equals(before.get(key), now)) {
          add(column, Aspect.FACT, fact(key, before.get(key)), fact(key, now));
        }
      }
    }
  }

  private static Map<String, Column> byName(PhysicalTable table) {
    Map<String, Column> columns = new LinkedHashMap<>();
    table.columns().forEach(column -> columns.put(column.name(), column));
    return columns;
  }

  /** The columns of one that the other has, too, in order. */
  private static List<String> common(Map<String, Column> of, Map<String, Column> other) {
    return of.keySet().stream().filter(other::containsKey).toList();
  }

  /** Null: the types are the same to Flink. */
  private static @Nullable Aspect typeAspect(ColumnType before, ColumnType after) {
    if (!(before instanceof ColumnType.Supported from)) {
      // Nobody could read it.
      return after instanceof ColumnType.Supported ? Aspect.TYPE_WIDENED : null;
    }
    if (!(after instanceof ColumnType.Supported to)) {
      return Aspect.TYPE_CHANGED;
    }
    if (from.type().equals(to.type())) {
      return null;
    }
    if (Widening.holds(from.type(), to.type())) {
      return Aspect.TYPE_WIDENED;
    }
    return Widening.holds(to.type(), from.type()) ? Aspect.TYPE_NARROWED : Aspect.TYPE_CHANGED;
  }

  /** The source's type, and Flink's if it reads otherwise. */
  private static String text(Column column, Function<Column, ColumnType> types) {
    ColumnType type = types.apply(column);
    String flink =
        type instanceof ColumnType.Supported supported
            ? supported.type().equals(Type.VarChar.STRING)
                ? "STRING"
                : supported.type().equals(Type.VarBinary.BYTES) ? "BYTES" : supported.type().sql()
            : "not supported";
    return column.nativeType().equalsIgnoreCase(flink)
        ? column.nativeType()
        : column.nativeType() + " (" + flink + ")";
  }

  private static String nullability(Column column) {
    return column.nullable() ? "NULL" : "NOT NULL";
  }

  private static String text(@Nullable Key key) {
    return key == null ? "" : "(" + String.join(", ", key.columns()) + ")";
  }

  private static String text(List<Key> keys) {
    return String.join(", ", keys.stream().map(key -> key.name() + " " + text(key)).toList());
  }

  private static String fact(String key, @Nullable String value) {
    return value == null ? "" : key + " " + value;
  }
}
