package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Source;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which table an engine is to reach, and for what.
 *
 * @param source with its secrets, unless only the keys of the options are of interest
 * @param nativeDatabase the database's name in the source
 * @param table without the columns that an overlay hides
 * @param primaryKey what the engine takes for the primary key; empty: none
 * @param formats of a registered table: the format of each of its schemas by role
 * @param reordered whether the engine sees the table's columns in another order
 */
public record BindingRequest(
    Source source,
    String nativeDatabase,
    PhysicalTable table,
    List<String> primaryKey,
    Map<String, Format> formats,
    Binding.Role role,
    Binding.RuntimeMode mode,
    Engine engine,
    boolean reordered) {
  public BindingRequest {
    primaryKey = List.copyOf(primaryKey);
    formats = Map.copyOf(formats);
  }

  /** For a table whose columns the engine sees in their own order. */
  public BindingRequest(
      Source source,
      String nativeDatabase,
      PhysicalTable table,
      List<String> primaryKey,
      Map<String, Format> formats,
      Binding.Role role,
      Binding.RuntimeMode mode,
      Engine engine) {
    this(source, nativeDatabase, table, primaryKey, formats, role, mode, engine, false);
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

  /**
   * The format of a part of a registered table: that of its schema, or the one that an option of
   * its registration names, whose own options begin with {@code ROLE.FORMAT.}.
   *
   * @return null if it has neither
   */
  public @Nullable Format format(String role, String formatOption) {
    Format ofSchema = formats.get(role);
    Registration registration = table.registration();
    if (ofSchema != null || registration == null) {
      return ofSchema;
    }
    String identifier = registration.options().get(formatOption);
    if (identifier == null) {
      return null;
    }
    String prefix = role + "." + identifier + ".";
    Map<String, String> options = new LinkedHashMap<>();
    registration
        .options()
        .forEach(
            (key, value) -> {
              if (key.startsWith(prefix)) {
                options.put(key.substring(prefix.length()), value);
              }
            });
    return new Format(identifier, options, List.of());
  }
}
