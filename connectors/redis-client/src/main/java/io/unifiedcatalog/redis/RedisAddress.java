package io.unifiedcatalog.redis;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a Redis is and as whom it is reached. Two that are equal share a connection.
 *
 * @param nodes as {@code HOST:PORT}
 * @param sentinelMaster the name by which the nodes, Sentinels then, know the server; null: they
 *     are none
 * @param sentinelPassword of the Sentinels; null: none
 * @param username null: the user {@code default}
 * @param password null: none, or that of the file
 * @param passwordFile read for each connection; null: none
 * @param certificates trusted ones, in PEM: the text itself, or the path of a file; null: those
 *     that the JVM trusts
 * @param timeout of a command
 */
public record RedisAddress(
    List<String> nodes,
    boolean cluster,
    @Nullable String sentinelMaster,
    @Nullable String sentinelPassword,
    int database,
    @Nullable String username,
    @Nullable String password,
    @Nullable String passwordFile,
    boolean tls,
    @Nullable String certificates,
    Duration timeout)
    implements Serializable {

  public RedisAddress {
    nodes = List.copyOf(nodes);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return String.join(";", nodes)
        + (cluster ? " (cluster)" : sentinelMaster != null ? " (Sentinels)" : "");
  }
}
