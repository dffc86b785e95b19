package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.Source;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A kind of system: how to read its schemas, what its types are to an engine, and how an engine
 * reaches its data. Implementations have no state and are safe for use by many threads.
 */
public interface SourceSystem {
  /** The kind's name, as in {@code mysql}. */
  String kind();

  /**
   * Checks a source's options and secrets without connecting.
   *
   * @return everything that is wrong, with fields like {@code source.options.port}; empty if
   *     nothing is
   */
  List<CatalogException.Violation> validate(Source source);

  /**
   * Whether a source's secrets go to the same server and as well guarded as before a change. If
   * not, they must be given anew with it: else whoever may change a source could have its stored
   * secrets sent to a server of theirs.
   */
  boolean isSameDestination(Source before, Source after);

  /**
   * Connects to a source.
   *
   * @throws CatalogException UNAVAILABLE if it cannot be reached or refuses the credentials
   */
  SourceSession open(Source source);

  /**
   * The version of the rules in {@link #columnType}. It is part of each table's fingerprint, so a
   * corrected rule reaches known tables at their next crawl as a recorded change.
   */
  int mappingVersion();

  /** The metadata keys that the engine's connector offers for tables of this kind, in order. */
  default List<String> metadataKeys(Engine engine) {
    return List.of();
  }

  /** How an engine sees a column of a source with these options. */
  ColumnType columnType(Column column, Source source, Engine engine);

  /**
   * What is wrong with the options of a table that has a connector of its own, if that connector
   * reads this kind of system: the rules for a source's options hold for them.
   *
   * @return with fields like {@code registration.options.url}, empty if nothing is wrong; null if
   *     the connector is another
   */
  default @Nullable List<CatalogException.Violation> ownConnectorViolations(
      Map<String, String> options) {
    return null;
  }

  /**
   * How an engine reaches a table. Does not connect.
   *
   * @throws CatalogException FAILED_PRECONDITION if it cannot be reached in that role, with the
   *     reason
   */
  Binding binding(BindingRequest request);
}
