package io.unifiedcatalog.server.source;

import java.util.Map;

/** A server that a contract is tried on: how a source reaches it with all rights. */
public interface SourceServer extends AutoCloseable {
  /** The options of a source that reaches it. */
  Map<String, String> options();

  /** The secrets beside {@link #options}. */
  Map<String, String> secrets();

  /** Kills it as {@code kill -9} does. */
  void kill();

  /** Brings a killed server back. */
  void restart();

  /** Ends it, if no other test uses it. */
  @Override
  void close();
}
