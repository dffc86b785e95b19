package io.unifiedcatalog.server.model;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What people say of a table in a system that has no schemas.
 *
 * @param options the connector's options that make the table, by Flink's names, as in {@code topic}
 *     or {@code value.json.ignore-parse-errors}; none is secret. With {@code connector} among them
 *     the table is of no source: it is reached with just these options
 * @param schemas what its columns come from, at most one a role; empty: they were given themselves
 */
public record Registration(Map<String, String> options, List<SchemaUse> schemas) {
  /** The option by which a table names a connector of its own. */
  public static final String CONNECTOR = "connector";

  /**
   * The most columns of a registered table, and of a list of columns in the registry. More than any
   * database allows that the catalog crawls.
   */
  public static final int MAX_COLUMNS = 10_000;

  public Registration {
    options = Collections.unmodifiableMap(new TreeMap<>(options));
    schemas = List.copyOf(schemas);
  }

  /** Whether the table is of no source and has a connector of its own. */
  public boolean hasOwnConnector() {
    return options.containsKey(CONNECTOR);
  }
}
