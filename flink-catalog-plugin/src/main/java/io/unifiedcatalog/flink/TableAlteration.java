package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.TableChange;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.jspecify.annotations.Nullable;

/**
 * What an ALTER TABLE statement makes of a registered table. Options and the columns that were
 * declared with the table are of its registration; computed and metadata columns, watermark, key
 * and comments on the columns of a schema are of its overlay.
 */
final class TableAlteration {
  private final ObjectPath path;
  private final Table before;
  private final boolean hasOwnColumns;
  private final Map<String, String> options;
  private final List<PhysicalColumn> columns;
  private final Overlay.Builder overlay;
  // Of columns of all kinds, and of some that are gone and may return.
  private final List<String> order;
  private boolean isOrderChanged;

  /** An alteration of a table that was registered; nothing is changed yet. */
  TableAlteration(ObjectPath path, Table table) {
    this.path = path;
    before = table;
    hasOwnColumns = table.getPhysical().getRegistration().getSchemasCount() == 0;
    options = new TreeMap<>(table.getPhysical().getRegistration().getOptionsMap());
    columns = new ArrayList<>(table.getPhysical().getColumnsList());
    overlay = table.getOverlay().toBuilder();
    order = order(table);
  }

  /** The stored order with every column in it at the place where it is seen. */
  private static List<String> order(Table table) {
    List<String> order = new ArrayList<>(table.getOverlay().getColumnOrderList());
    Set<String> named = new HashSet<>(order);
    int place = 0;
    for (io.unifiedcatalog.proto.v1.Column column : table.getEffective().getColumnsList()) {
      if (named.contains(column.getName())) {
        place = order.indexOf(column.getName()) + 1;
      } else {
        order.add(place++, column.getName());
      }
    }
    return order;
  }

  /** Makes the changes, or none of them. */
  TableAlteration apply(List<TableChange> changes) {
    for (TableChange change : changes) {
      if (!applyToOptions(change) && !applyToColumns(change) && !applyToOverlay(change)) {
        throw refused(change, "Drop the column, or the table, and make it as it should be");
      }
    }
    if (isOrderChanged) {
      overlay.clearColumnOrder();
      if (needsOrder()) {
        overlay.addAllColumnOrder(order);
      }
    }
    TableDeclaration.requireNoSecret(options, path);
    return this;
  }

  /**
   * Whether the kinds of the columns, and the table's own columns, do not say the order already.
   */
  private boolean needsOrder() {
    List<String> names = columns.stream().map(PhysicalColumn::getName).toList();
    return overlay.getComputedColumnsCount() > 0
        || overlay.getMetadataColumnsCount() > 0
        || !order.stream().filter(names::contains).toList().equals(names);
  }

  /** The new registration, unless it is as before. It carries the overlay, too. */
  Optional<RegisterTableRequest> registration() {
    Registration stored = before.getPhysical().getRegistration();
    if (options.equals(stored.getOptionsMap())
        && columns.equals(before.getPhysical().getColumnsList())) {
      return Optional.empty();
    }
    Registration.Builder registration = Registration.newBuilder().putAllOptions(options);
    for (SchemaUse use : stored.getSchemasList()) {
      registration.addSchemas(
          use.toBuilder().clearPinned().setVersion(use.getPinned() ? use.getVersion() : 0));
    }
    RegisterTableRequest.Builder request =
        RegisterTableRequest.newBuilder()
            .setName(name())
            .setRegistration(registration)
            .setOverlay(overlay)
            .setComment(before.getPhysical().getComment())
            .setReplace(true)
            .setEngine(FlinkEngine.CURRENT);
    if (hasOwnColumns) {
      request.addAllColumns(columns);
    }
    return Optional.of(request.build());
  }

  /** The new overlay, which is refused if somebody else changes it meanwhile. */
  UpdateTableOverlayRequest overlay() {
    return UpdateTableOverlayRequest.newBuilder()
        .setName(name())
        .setOverlay(overlay)
        .setEngine(FlinkEngine.CURRENT)
        .build();
  }

  private TableName name() {
    return TableName.newBuilder()
        .setDatabase(path.getDatabaseName())
        .setTable(path.getObjectName())
        .build();
  }

  private boolean applyToOptions(TableChange change) {
    if (change instanceof TableChange.SetOption set) {
      requireOwnOption(set.getKey());
      options.put(set.getKey(), set.getValue());
    } else if (change instanceof TableChange.ResetOption reset) {
      requireOwnOption(reset.getKey());
      options.remove(reset.getKey());
    } else {
      return false;
    }
    return true;
  }

  private void requireOwnOption(String key) {
    if (key.equals(FactoryUtil.CONNECTOR.key()) || TableReference.KEYS.contains(key)) {
      throw new ValidationException(
          String.format(
              "Option '%s' of table %s cannot be altered: it says what the table is. Drop the table"
                  + " and create it as it should be.",
              key, path.getFullName()));
    }
  }

  private boolean applyToColumns(TableChange change) {
    if (change instanceof TableChange.AddColumn add) {
      add(add);
    } else if (change instanceof TableChange.ModifyPhysicalColumnType modify) {
      modify(change, modify.getOldColumn(), modify.getNewType());
    } else if (change instanceof TableChange.ModifyColumnComment modify) {
      comment(modify.getOldColumn(), modify.getNewComment());
    } else if (change instanceof TableChange.ModifyColumnPosition move) {
      move(move);
    } else if (change.getClass() == TableChange.ModifyColumn.class) {
      return replace((TableChange.ModifyColumn) change);
    } else if (change instanceof TableChange.DropColumn drop) {
      drop(change, drop.getColumnName());
    } else {
      return false;
    }
    return true;
  }

  private void add(TableChange.AddColumn change) {
    Column column = change.getColumn();
    if (column instanceof Column.PhysicalColumn) {
      requireOwnColumns(change);
    }
    place(change, column.getName(), change.getPosition());
    if (column instanceof Column.PhysicalColumn) {
      columns.add(placeAmongColumns(column.getName()), TableDeclaration.physical(column));
    } else if (column instanceof Column.ComputedColumn computed) {
      overlay.addComputedColumns(TableDeclaration.computed(computed));
    } else if (column instanceof Column.MetadataColumn metadata) {
      overlay.addMetadataColumns(TableDeclaration.metadata(metadata));
    }
  }

  /** Puts a name where the statement says; null: behind all others. */
  private void place(
      TableChange change, String name, TableChange.@Nullable ColumnPosition position) {
    order.remove(name);
    int place = order.size();
    if (position instanceof TableChange.After after) {
      int before = order.indexOf(after.column());
      if (before < 0) {
        throw refused(change, "The table has no column " + after.column() + " to place it after");
      }
      place = before + 1;
    } else if (position != null) {
      place = 0;
    }
    order.add(place, name);
    isOrderChanged = true;
  }

  /** Behind the nearest of the table's own columns that stands before it. */
  private int placeAmongColumns(String name) {
    for (int i = order.indexOf(name) - 1; i >= 0; i--) {
      int before = find(order.get(i));
      if (before >= 0) {
        return before + 1;
      }
    }
    return 0;
  }

  private void move(TableChange.ModifyColumnPosition change) {
    String name = change.getOldColumn().getName();
    place(change, name, change.getNewPosition());
    int place = find(name);
    if (place >= 0 && hasOwnColumns) {
      PhysicalColumn moved = columns.remove(place);
      columns.add(placeAmongColumns(name), moved);
    }
  }

  private void modify(TableChange change, Column old, DataType type) {
    requireOwnColumns(change);
    int place = find(old.getName());
    columns.set(
        place,
        TableDeclaration.physical(Column.physical(old.getName(), type)).toBuilder()
            .setComment(columns.get(place).getComment())
            .build());
  }

  /** A computed or metadata column in place of another of its name and kind. */
  private boolean replace(TableChange.ModifyColumn change) {
    String name = change.getOldColumn().getName();
    if (!change.getNewColumn().getName().equals(name)) {
      return false;
    }
    if (change.getNewPosition() != null) {
      place(change, name, change.getNewPosition());
    }
    if (change.getNewColumn() instanceof Column.ComputedColumn column) {
      for (int i = 0; i < overlay.getComputedColumnsCount(); i++) {
        if (overlay.getComputedColumns(i).getName().equals(name)) {
          overlay.setComputedColumns(i, TableDeclaration.computed(column));
          return true;
        }
      }
    } else if (change.getNewColumn() instanceof Column.MetadataColumn column) {
      for (int i = 0; i < overlay.getMetadataColumnsCount(); i++) {
        if (overlay.getMetadataColumns(i).getName().equals(name)) {
          overlay.setMetadataColumns(i, TableDeclaration.metadata(column));
          return true;
        }
      }
    }
    return false;
  }

  private void comment(Column column, @Nullable String text) {
    String newComment = text == null ? "" : text;
    int place = find(column.getName());
    if (place >= 0 && hasOwnColumns) {
      columns.set(place, columns.get(place).toBuilder().setComment(newComment).build());
      overlay.removeColumnComments(column.getName());
    } else if (place >= 0) {
      overlay.putColumnComments(column.getName(), newComment);
    }
    for (ComputedColumn.Builder computed : overlay.getComputedColumnsBuilderList()) {
      if (computed.getName().equals(column.getName())) {
        computed.setComment(newComment);
      }
    }
    for (MetadataColumn.Builder metadata : overlay.getMetadataColumnsBuilderList()) {
      if (metadata.getName().equals(column.getName())) {
        metadata.setComment(newComment);
      }
    }
  }

  private void drop(TableChange change, String name) {
    Predicate<String> isKept = other -> !other.equals(name);
    List<ComputedColumn> computed =
        overlay.getComputedColumnsList().stream().filter(c -> isKept.test(c.getName())).toList();
    List<MetadataColumn> metadata =
        overlay.getMetadataColumnsList().stream().filter(c -> isKept.test(c.getName())).toList();
    if (computed.size() == overlay.getComputedColumnsCount()
        && metadata.size() == overlay.getMetadataColumnsCount()) {
      requireOwnColumns(change);
      columns.remove(find(name));
      overlay.removeColumnComments(name);
    }
    order.remove(name);
    isOrderChanged |= overlay.getColumnOrderCount() > 0;
    overlay.clearComputedColumns().addAllComputedColumns(computed);
    overlay.clearMetadataColumns().addAllMetadataColumns(metadata);
  }

  private boolean applyToOverlay(TableChange change) {
    if (change instanceof TableChange.AddWatermark add) {
      overlay.setWatermark(TableDeclaration.watermark(add.getWatermark()));
    } else if (change instanceof TableChange.ModifyWatermark modify) {
      overlay.setWatermark(TableDeclaration.watermark(modify.getNewWatermark()));
    } else if (change instanceof TableChange.DropWatermark) {
      overlay.clearWatermark();
    } else if (change instanceof TableChange.AddUniqueConstraint add) {
      overlay.clearPrimaryKey().addAllPrimaryKey(add.getConstraint().getColumns());
    } else if (change instanceof TableChange.ModifyUniqueConstraint modify) {
      overlay.clearPrimaryKey().addAllPrimaryKey(modify.getNewConstraint().getColumns());
    } else if (change instanceof TableChange.DropConstraint) {
      overlay.clearPrimaryKey();
    } else {
      return false;
    }
    return true;
  }

  private void requireOwnColumns(TableChange change) {
    if (!hasOwnColumns) {
      SchemaUse use = before.getPhysical().getRegistration().getSchemas(0);
      throw refused(
          change,
          String.format(
              "Its columns come from schema %s: register a new version of that with `bin/catalog"
                  + " schema register`, or hide a column with `bin/catalog table overlay set`",
              use.getSubject()));
    }
  }

  private int find(String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).getName().equals(column)) {
        return i;
      }
    }
    return -1;
  }

  private ValidationException refused(TableChange change, String remedy) {
    return new ValidationException(
        String.format("Cannot %s table %s. %s.", said(change), path.getFullName(), remedy));
  }

  /** A change in SQL's words. */
  private static String said(TableChange change) {
    if (change instanceof TableChange.AddColumn add) {
      return "add column '" + add.getColumn().getName() + "' to";
    } else if (change instanceof TableChange.DropColumn drop) {
      return "drop column '" + drop.getColumnName() + "' of";
    } else if (change instanceof TableChange.ModifyColumnName rename) {
      return "rename column '"
          + rename.getOldColumnName()
          + "' to '"
          + rename.getNewColumnName()
          + "' in";
    } else if (change instanceof TableChange.ModifyColumn modify) {
      return "modify column '" + modify.getOldColumn().getName() + "' of";
    }
    return "make this change to";
  }
}
