package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import java.util.List;
import java.util.Map;

/**
 * Which table an engine is to reach, and for what.
 *
 * @param source with its secrets, unless only the keys of the options are of interest
 * @param nativeDatabase the database's name in the source
 * @param table without the columns that an overlay hides
 * @param primaryKey what the engine takes for the primary key; empty: none
 * @param formats of a registered table: the format of each of its schemas by role
 */
public record BindingRequest(
    Source source,
    String nativeDatabase,
    PhysicalTable table,
    List<String> primaryKey,
    Map<String, Format> formats,
    Binding.Role role,
    Binding.RuntimeMode mode,
    Engine engine) {
  public BindingRequest {
    primaryKey = List.copyOf(primaryKey);
    formats = Map.copyOf(formats);
  }

  /** For a table that a crawl found. */
  public BindingRequest(
      Source source,
      String nativeDatabase,
      PhysicalTable table,
      Binding.Role role,
      Binding.RuntimeMode mode,
      Engine engine) {
    this(source, nativeDatabase, table, List.of(), Map.of(), role, mode, engine);
  }
}
