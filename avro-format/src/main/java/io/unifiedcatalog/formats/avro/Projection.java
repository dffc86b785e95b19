package io.unifiedcatalog.formats.avro;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a row: the row with only the fields that are asked for, and where in it each
 * asked one stands.
 *
 * @param row what is read
 * @param paths for each asked field its place in {@code row}, level by level; null if they are the
 *     columns of {@code row}, in order
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Projection(RowType row, int @Nullable [][] paths) implements Serializable {
  /** Reads all of a row. */
  static Projection all(RowType row) {
    return new Projection(row, null);
  }

  /** Reads the fields at some paths, as Flink pushes them down. */
  static Projection of(RowType row, int[][] projections) {
    Node root = new Node();
    for (int[] path : projections) {
      root.add(path, 0);
    }
    int[][] paths = new int[projections.length][];
    boolean inOrder = root.children.size() == projections.length;
    for (int i = 0; i < projections.length; i++) {
      paths[i] = root.place(projections[i]);
      inOrder &= paths[i].length == 1 && paths[i][0] == i;
    }
    return new Projection(root.prune(row), inOrder ? null : paths);
  }

  /** The asked fields of a row that was read. */
  GenericRowData project(GenericRowData whole) {
    int[][] paths = this.paths;
    if (paths == null) {
      return whole;
    }
    GenericRowData projected = new GenericRowData(paths.length);
    for (int i = 0; i < paths.length; i++) {
      Object value = whole;
      for (int index : paths[i]) {
        value = value == null ? null : ((GenericRowData) value).getField(index);
      }
      projected.setField(i, value);
    }
    return projected;
  }

  /** A field, and which fields inside it are asked for. */
  private static final class Node {
    private final Map<Integer, Node> children = new LinkedHashMap<>();
    private boolean whole;

    void add(int[] path, int level) {
      if (level == path.length) {
        whole = true;
      } else {
        children.computeIfAbsent(path[level], index -> new Node()).add(path, level + 1);
      }
    }

    RowType prune(RowType row) {
      if (whole) {
        return row;
      }
      List<RowType.RowField> fields = new ArrayList<>();
      children.forEach(
          (index, node) -> {
            RowType.RowField field = row.getFields().get(index);
            LogicalType type = node.whole ? field.getType() : node.prune((RowType) field.getType());
            fields.add(new RowType.RowField(field.getName(), type));
          });
      return new RowType(row.isNullable(), fields);
    }

    /** Where a path is in the pruned row. */
    int[] place(int[] path) {
      int[] place = path.clone();
      Node node = this;
      for (int level = 0; level < path.length && !node.whole; level++) {
        place[level] = List.copyOf(node.children.keySet()).indexOf(path[level]);
        node = requireNonNull(node.children.get(path[level]));
      }
      return place;
    }
  }

  @Override
  public String toString() {
    return row + " " + Arrays.deepToString(paths);
  }
}
