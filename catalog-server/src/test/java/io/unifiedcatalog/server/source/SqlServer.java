package io.unifiedcatalog.server.source;

/** A server that takes SQL. */
public interface SqlServer extends SourceServer {
  /**
   * Runs statements, one after the other.
   *
   * @throws IllegalStateException if one is refused
   */
  void execute(String... statements);
}
