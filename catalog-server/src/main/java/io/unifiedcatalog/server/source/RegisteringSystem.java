package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of system that has no schemas: its tables are registered, in one database that goes by the
 * source's name. A crawl of it changes no table; it tells what has none.
 */
public interface RegisteringSystem extends SourceSystem {
  /**
   * The parts of a record that a schema may describe, as in {@code key} and {@code value}. A
   * table's option that begins with {@code ROLE.FORMAT.} is one of the format that reads that part.
   */
  List<String> schemaRoles();

  /**
   * The table that a registration makes.
   *
   * @param columns by role, those of the schemas; empty for a role that has none
   * @param given the columns that were given themselves; empty if there are none
   * @param comment empty if there is none
   * @throws CatalogException INVALID_ARGUMENT with every violation, with fields like {@code
   *     registration.options.topic}
   */
  PhysicalTable table(
      String name,
      Registration registration,
      Map<String, List<Column>> columns,
      List<Column> given,
      String comment);

  /**
   * The columns of a table with schemas that none of them gives, which were given themselves. They
   * stay when the table moves to another version of a schema, and when it is registered anew
   * without columns.
   *
   * @param options those with which it is registered then
   */
  default List<Column> ownColumns(PhysicalTable table, Map<String, String> options) {
    return List.of();
  }

  /**
   * What is wrong with a table because of others of its source, and was not before. Nothing, if it
   * has a connector of its own.
   *
   * @param before as it is registered; null: there is none of its name
   * @param registered those of the source, this one too; they are read when they are asked for
   */
  default List<CatalogException.Violation> conflicts(
      PhysicalTable table,
      @Nullable PhysicalTable before,
      Supplier<List<PhysicalTable>> registered) {
    return List.of();
  }

  /**
   * Where tables that are registered are otherwise than a draft, one sentence each. They stay as
   * they are.
   *
   * @param registered those of the source
   */
  default List<String> differences(TableDraft draft, List<PhysicalTable> registered) {
    return List.of();
  }

  /** The schema registry that a source names; empty: it names none. Does not connect. */
  Optional<SchemaRegistry> registry(Source source);

  /** A registered column has its type from its registration, whatever the source and the engine. */
  @Override
  default ColumnType columnType(Column column, Source source, Engine engine) {
    String unsupported = column.facts().get(Facts.UNSUPPORTED);
    if (unsupported != null) {
      return new ColumnType.Unsupported(unsupported);
    }
    String sql = column.facts().getOrDefault(Facts.FLINK_TYPE, column.nativeType());
    try {
      return new ColumnType.Supported(Type.parse(sql).type(), column.nullable(), "");
    } catch (CatalogException e) {
      return new ColumnType.Unsupported(e.getMessage());
    }
  }

  @Override
  RegisteringSession open(Source source);
}
