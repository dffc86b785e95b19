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
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** An alteration of a table that was registered; nothing is changed yet. */
  TableAlteration(ObjectPath path, Table table) {
    this.path = path;
    before = table;
    hasOwnColumns = table.getPhysical().getRegistration().getSchemasCount() == 0;
    options = new TreeMap<>(table.getPhysical().getRegistration().getOptionsMap());
    columns = new ArrayList<>(table.getPhysical().getColumnsList());
    overlay = table.getOverlay().toBuilder();
  }

  /** Makes the changes, or none of them. */
  TableAlteration apply(List<TableChange> changes) {
    for (TableChange change : changes) {
      if (!applyToOptions(change) && !applyToColumns(change) && !applyToOverlay(change)) {
        throw refused(change, "Drop the column, or the table, and make it as it should be");
      }
    }
    TableDeclaration.requireNoSecret(options, path);
    return this;
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
      columns.add(place(change), TableDeclaration.physical(column));
      return;
    }
    if (change.getPosition() != null) {
      throw refused(
          change,
          "Computed and metadata columns stand behind the others; leave out FIRST or AFTER");
    }
    if (column instanceof Column.ComputedColumn computed) {
      overlay.addComputedColumns(TableDeclaration.computed(computed));
    } else if (column instanceof Column.MetadataColumn metadata) {
      overlay.addMetadataColumns(TableDeclaration.metadata(metadata));
    }
  }

  private int place(TableChange.AddColumn change) {
    TableChange.ColumnPosition position = change.getPosition();
    if (position == null) {
      return columns.size();
    }
    if (position instanceof TableChange.After after) {
      int place = find(after.column());
      if (place < 0) {
        throw refused(
            change, "Computed and metadata columns stand behind the others; name another column");
      }
      return place + 1;
    }
    return 0;
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
    if (change.getNewPosition() != null || !change.getNewColumn().getName().equals(name)) {
      return false;
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
        String.format("Cannot alter table %s (%s). %s.", path.getFullName(), change, remedy));
  }
}
