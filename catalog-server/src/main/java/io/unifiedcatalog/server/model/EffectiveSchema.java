package io.unifiedcatalog.server.model;

import io.unifiedcatalog.server.model.Overlay.ComputedColumn;
import io.unifiedcatalog.server.model.Overlay.MetadataColumn;
import io.unifiedcatalog.server.model.Overlay.Watermark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an engine sees of a table: the physical layer and the overlay, merged. What does not fit is
 * left out and named in {@link #problems}, so that the table stays readable without it.
 *
 * @param columns in the overlay's order. A physical column that it does not name stands behind the
 *     one that it follows in the physical layer; a computed or metadata column, at the end. Without
 *     an order: physical, computed, metadata
 * @param watermark null: none
 * @param primaryKey empty: none
 * @param comment empty if there is nothing to say
 * @param problems what was left out or is lost, in the order of the columns, the overlay's last
 */
public record EffectiveSchema(
    List<EffectiveColumn> columns,
    @Nullable Watermark watermark,
    List<String> primaryKey,
    String comment,
    List<Problem> problems) {

  /** The greatest precision that Flink takes for a rowtime column. */
  private static final int ROWTIME_PRECISION = 3;

  public EffectiveSchema {
    columns = List.copyOf(columns);
    primaryKey = List.copyOf(primaryKey);
    problems = List.copyOf(problems);
  }

  /** A column that an engine sees. */
  public sealed interface EffectiveColumn {
    /** The name; unique among the columns. */
    String name();

    /** The comment; empty if there is none. */
    String comment();
  }

  /** Whether the physical columns stand in another order than in the physical layer. */
  public boolean isReordered(PhysicalTable physical) {
    List<String> shown =
        columns.stream().filter(Physical.class::isInstance).map(EffectiveColumn::name).toList();
    Set<String> names = Set.copyOf(shown);
    return !shown.equals(
        physical.columns().stream().map(Column::name).filter(names::contains).toList());
  }

  /** A column of the source's data. */
  public record Physical(String name, Type type, boolean nullable, String comment)
      implements EffectiveColumn {}

  /** An expression over the others. */
  public record Computed(String name, String expression, String comment)
      implements EffectiveColumn {}

  /** The connector's metadata. */
  public record Metadata(String name, String type, String key, boolean virtual, String comment)
      implements EffectiveColumn {}

  /**
   * Merges the layers.
   *
   * @param overlay null: none
   * @param typeOf how the engine sees a physical column
   * @param metadataKeys what the engine's connector offers
   */
  public static EffectiveSchema of(
      PhysicalTable physical,
      @Nullable Overlay overlay,
      Function<Column, ColumnType> typeOf,
      List<String> metadataKeys) {
    return new Merge(physical, overlay == null ? Overlay.EMPTY : overlay).run(typeOf, metadataKeys);
  }

  /**
   * What of a table itself an engine cannot take in: that it is broken, and the columns that the
   * engine cannot read. Of most tables, nothing.
   */
  public static List<Problem> physicalProblems(
      PhysicalTable physical, Function<Column, ColumnType> typeOf) {
    List<Problem> problems = new ArrayList<>(0);
    String broken = physical.facts().get(Facts.BROKEN);
    if (broken != null) {
      problems.add(new Problem(Problem.Kind.BROKEN, "", broken));
    }
    for (Column column : physical.columns()) {
      if (typeOf.apply(column) instanceof ColumnType.Unsupported unsupported) {
        problems.add(unsupported(column, unsupported));
      }
    }
    return problems;
  }

  private static Problem unsupported(Column column, ColumnType.Unsupported unsupported) {
    return new Problem(
        Problem.Kind.UNSUPPORTED_COLUMN,
        column.name(),
        column.nativeType() + " is not supported: " + unsupported.reason());
  }

  /** The table without the columns that the overlay hides, as a binding wants it. */
  public static PhysicalTable visible(PhysicalTable table, @Nullable Overlay overlay) {
    if (overlay == null || overlay.hiddenColumns().isEmpty()) {
      return table;
    }
    List<Column> columns =
        table.columns().stream()
            .filter(column -> !overlay.hiddenColumns().contains(column.name()))
            .toList();
    return new PhysicalTable(
        table.name(),
        table.kind(),
        columns,
        table.primaryKey(),
        table.uniqueKeys(),
        table.indexes(),
        table.comment(),
        table.facts(),
        table.registration());
  }

  private static final class Merge {
    private final PhysicalTable physical;
    private final Overlay overlay;
    private final Map<String, EffectiveColumn> columns = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> overlayProblems = new ArrayList<>();

    Merge(PhysicalTable physical, Overlay overlay) {
      this.physical = physical;
      this.overlay = overlay;
    }

    EffectiveSchema run(Function<Column, ColumnType> typeOf, List<String> metadataKeys) {
      String broken = physical.facts().get(Facts.BROKEN);
      if (broken != null) {
        problems.add(new Problem(Problem.Kind.BROKEN, "", broken));
      }
      for (Column column : physical.columns()) {
        if (!overlay.hiddenColumns().contains(column.name())) {
          addPhysical(column, typeOf.apply(column));
        }
      }
      Set<String> physicalNames =
          physical.columns().stream().map(Column::name).collect(Collectors.toSet());
      for (String hidden : overlay.hiddenColumns()) {
        if (!physicalNames.contains(hidden)) {
          misfit("hidden-columns", "column " + quote(hidden) + " is not in the table");
        }
      }
      for (ComputedColumn column : overlay.computedColumns()) {
        addComputed(column);
      }
      for (MetadataColumn column : overlay.metadataColumns()) {
        addMetadata(column, metadataKeys);
      }
      for (String commented : overlay.columnComments().keySet()) {
        if (!physicalNames.contains(commented)) {
          misfit("column-comments", "column " + quote(commented) + " is not in the table");
        }
      }
      List<String> primaryKey = primaryKey();
      makeNotNull(primaryKey);
      Watermark watermark = watermark();
      problems.addAll(overlayProblems);
      return new EffectiveSchema(ordered(), watermark, primaryKey, comment(), problems);
    }

    /** The columns in the overlay's order. Names of columns that are not there are skipped. */
    private List<EffectiveColumn> ordered() {
      Set<String> named = new LinkedHashSet<>(overlay.columnOrder());
      named.retainAll(columns.keySet());
      if (named.isEmpty()) {
        return List.copyOf(columns.values());
      }
      // By the named physical column that they follow; "" is no name of a column.
      Map<String, List<EffectiveColumn>> followers = new HashMap<>();
      List<EffectiveColumn> last = new ArrayList<>();
      String before = "";
      boolean hasNamedPhysical = false;
      for (EffectiveColumn column : columns.values()) {
        if (named.contains(column.name())) {
          if (column instanceof Physical) {
            before = column.name();
            hasNamedPhysical = true;
          }
        } else if (column instanceof Physical) {
          followers.computeIfAbsent(before, name -> new ArrayList<>()).add(column);
        } else {
          last.add(column);
        }
      }
      List<EffectiveColumn> ordered = new ArrayList<>(columns.size());
      List<EffectiveColumn> first = followers.getOrDefault("", List.of());
      if (!hasNamedPhysical) {
        ordered.addAll(first);
      }
      boolean isFirst = hasNamedPhysical;
      for (String name : named) {
        EffectiveColumn column = Objects.requireNonNull(columns.get(name));
        if (isFirst && column instanceof Physical) {
          ordered.addAll(first);
          isFirst = false;
        }
        ordered.add(column);
        ordered.addAll(followers.getOrDefault(name, List.of()));
      }
      ordered.addAll(last);
      return ordered;
    }

    private void addPhysical(Column column, ColumnType type) {
      String comment = overlay.columnComments().getOrDefault(column.name(), column.comment());
      if (type instanceof ColumnType.Supported supported) {
        if (!supported.loss().isEmpty()) {
          problems.add(new Problem(Problem.Kind.LOSS, column.name(), supported.loss()));
          comment = join(comment, "[" + supported.loss() + "]");
        }
        columns.put(
            column.name(),
            new Physical(column.name(), supported.type(), supported.nullable(), comment));
      } else if (type instanceof ColumnType.Unsupported unsupported) {
        problems.add(unsupported(column, unsupported));
      }
    }

    private void addComputed(ComputedColumn column) {
      if (columns.containsKey(column.name())) {
        misfit(
            "computed-columns",
            "column "
                + quote(column.name())
                + " is not computed: the table has a column of that name");
        return;
      }
      String gone = firstGone(column.references());
      if (gone != null) {
        misfit(
            "computed-columns",
            "column "
                + quote(column.name())
                + " cannot be computed: column "
                + quote(gone)
                + " is not in the table");
        return;
      }
      columns.put(
          column.name(), new Computed(column.name(), column.expression(), column.comment()));
    }

    private void addMetadata(MetadataColumn column, List<String> metadataKeys) {
      String key = column.key().isEmpty() ? column.name() : column.key();
      if (columns.containsKey(column.name())) {
        misfit(
            "metadata-columns",
            "column " + quote(column.name()) + " is left out: the table has a column of that name");
      } else if (!metadataKeys.contains(key)) {
        misfit(
            "metadata-columns",
            "column "
                + quote(column.name())
                + " is left out: the connector has no metadata key '"
                + key
                + "'. It has "
                + (metadataKeys.isEmpty() ? "none" : String.join(", ", metadataKeys)));
      } else {
        columns.put(
            column.name(),
            new Metadata(column.name(), column.type(), key, column.virtual(), column.comment()));
      }
    }

    private List<String> primaryKey() {
      if (!overlay.primaryKey().isEmpty()) {
        for (String name : overlay.primaryKey()) {
          if (!(columns.get(name) instanceof Physical)) {
            misfit(
                "primary-key", "column " + quote(name) + " is not in the table, or not readable");
            return List.of();
          }
        }
        return overlay.primaryKey();
      }
      Key key = physical.primaryKey();
      if (key == null) {
        return List.of();
      }
      for (String name : key.columns()) {
        if (!(columns.get(name) instanceof Physical column)) {
          if (!overlay.hiddenColumns().contains(name)) {
            loss("the primary key is not used: column " + quote(name) + " of it is not readable");
          }
          return List.of();
        }
        if (column.nullable()) {
          loss("the primary key is not used: column " + quote(name) + " of it can be read as NULL");
          return List.of();
        }
      }
      return key.columns();
    }

    /** Flink takes only NOT NULL columns into a primary key. */
    private void makeNotNull(List<String> primaryKey) {
      for (String name : primaryKey) {
        if (columns.get(name) instanceof Physical column && column.nullable()) {
          columns.put(name, new Physical(name, column.type(), false, column.comment()));
        }
      }
    }

    private @Nullable Watermark watermark() {
      Watermark watermark = overlay.watermark();
      if (watermark == null) {
        return null;
      }
      EffectiveColumn column = columns.get(watermark.column());
      if (column == null) {
        misfit(
            "watermark",
            "column " + quote(watermark.column()) + " is not in the table, or not readable");
        return null;
      }
      if (column instanceof Physical rowtime && !isRowtime(rowtime.type())) {
        misfit(
            "watermark",
            "column "
                + quote(watermark.column())
                + " is "
                + rowtime.type().sql()
                + ", and a watermark needs TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p <= 3. Add a computed"
                + " column such as CAST("
                + quote(watermark.column())
                + " AS TIMESTAMP(3)) and set the watermark on that");
        return null;
      }
      String gone = firstGone(watermark.references());
      if (gone != null) {
        misfit("watermark", "column " + quote(gone) + " in its expression is not in the table");
        return null;
      }
      return watermark;
    }

    private static boolean isRowtime(Type type) {
      if (type instanceof Type.Timestamp timestamp) {
        return timestamp.precision() <= ROWTIME_PRECISION;
      }
      return type instanceof Type.TimestampLtz timestamp
          && timestamp.precision() <= ROWTIME_PRECISION;
    }

    private @Nullable String firstGone(List<String> references) {
      for (String reference : references) {
        if (!columns.containsKey(reference)) {
          return reference;
        }
      }
      return null;
    }

    /** The comment, with each column that is not there and what is broken. */
    private String comment() {
      String comment = overlay.comment().isEmpty() ? physical.comment() : overlay.comment();
      for (Problem problem : problems) {
        if (problem.kind() == Problem.Kind.UNSUPPORTED_COLUMN) {
          comment =
              join(
                  comment,
                  "[column "
                      + quote(problem.subject())
                      + " is left out: "
                      + problem.message()
                      + "]");
        } else if (problem.kind() == Problem.Kind.BROKEN) {
          comment = join(comment, "[" + problem.message() + "]");
        }
      }
      return comment;
    }

    private void misfit(String part, String message) {
      overlayProblems.add(new Problem(Problem.Kind.OVERLAY, part, message));
    }

    private void loss(String message) {
      problems.add(new Problem(Problem.Kind.LOSS, "", message));
    }

    private static String join(String text, String more) {
      return text.isEmpty() ? more : text + " " + more;
    }

    private static String quote(String name) {
      return "`" + name.replace("`", "``") + "`";
    }
  }
}
