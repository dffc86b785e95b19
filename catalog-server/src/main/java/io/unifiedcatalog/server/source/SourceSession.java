package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import java.util.List;

/** An open connection to a source, for one thread. Closing it frees the connection. */
public interface SourceSession extends AutoCloseable {
  /** The version that the system says it has, as people know it. */
  String systemVersion();

  /**
   * The databases to crawl, by their names in the source, in order: those that the include and
   * exclude patterns let through, without the system's own unless asked for.
   *
   * @throws CatalogException UNAVAILABLE if the source failed
   */
  List<String> databases();

  /**
   * Reads every table of a database, in no set order, one query a kind of fact and none a table.
   * Tables come one by one, so a database larger than the heap can be read. If the call returns,
   * the database was read whole: lists that were read at different moments are reconciled, and a
   * table about which they disagree is read again alone or reported as {@link Visitor#unreadable}.
   *
   * @throws CatalogException UNAVAILABLE if the source failed or the read was cut short: then what
   *     was visited says nothing about the rest
   */
  void tables(String database, Visitor visitor);

  /**
   * Cuts a read short, from another thread than the one that reads: that one's call ends with an
   * UNAVAILABLE. The session is of no more use.
   */
  void abort();

  @Override
  void close();

  /** Receives the tables of a database. */
  interface Visitor {
    /** A table, whole. Problems of its columns are not reported here; types are derived later. */
    void table(PhysicalTable table, Statistics statistics);

    /** A table that is there and cannot be read: what is stored of it stays as it is. */
    void unreadable(String table, String reason);
  }
}
