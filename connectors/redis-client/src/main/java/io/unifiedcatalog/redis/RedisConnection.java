package io.unifiedcatalog.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A connection to a Redis, which everybody in this process who reaches it as the same user shares.
 * It is closed with the last of them. Commands are sent without waiting for the answers of those
 * before; while the server is away, they wait for it until their timeout.
 */
public final class RedisConnection implements AutoCloseable {
  private static final Map<RedisAddress, Shared> OPEN = new HashMap<>();

  /** A connection and how many use it, who are counted under the lock of all. */
  private static final class Shared {
    private int users;
    private @Nullable Opened opened;

    /** Under a lock of its own, so that a server that is slow holds up nobody who wants another. */
    synchronized Opened connect(RedisAddress address) throws IOException {
      if (opened == null) {
        opened = Opened.to(address);
      }
      return opened;
    }

    synchronized void close() {
      if (opened != null) {
        opened.connection.close();
        opened.client.shutdown();
      }
    }
  }

  /** What is open once connected. */
  private record Opened(
      AbstractRedisClient client,
      StatefulConnection<byte[], byte[]> connection,
      RedisClusterAsyncCommands<byte[], byte[]> commands) {

    static Opened to(RedisAddress address) throws IOException {
      List<RedisURI> uris =
          address.sentinelMaster() == null
              ? address.nodes().stream().map(node -> uri(address, node)).toList()
              : List.of(sentinels(address, address.sentinelMaster()));
      SslOptions.Builder ssl = SslOptions.builder().jdkSslProvider();
      String certificates = address.certificates();
      if (certificates != null && certificates.stripLeading().startsWith("-----BEGIN")) {
        ssl.trustManager(
            () -> new ByteArrayInputStream(certificates.getBytes(StandardCharsets.UTF_8)));
      } else if (certificates != null) {
        ssl.trustManager(new File(certificates));
      }
      SocketOptions socket = SocketOptions.builder().connectTimeout(address.timeout()).build();
      AbstractRedisClient client = null;
      try {
        if (address.cluster()) {
          RedisClusterClient cluster = RedisClusterClient.create(uris);
          client = cluster;
          cluster.setOptions(
              ClusterClientOptions.builder()
                  .socketOptions(socket)
                  .sslOptions(ssl.build())
                  .timeoutOptions(TimeoutOptions.enabled(address.timeout()))
                  .build());
          StatefulRedisClusterConnection<byte[], byte[]> connection =
              cluster.connect(ByteArrayCodec.INSTANCE);
          return new Opened(client, connection, connection.async());
        }
        RedisClient single = RedisClient.create(uris.get(0));
        client = single;
        single.setOptions(
            ClientOptions.builder()
                .socketOptions(socket)
                .sslOptions(ssl.build())
                .timeoutOptions(TimeoutOptions.enabled(address.timeout()))
                .build());
        StatefulRedisConnection<byte[], byte[]> connection =
            single.connect(ByteArrayCodec.INSTANCE);
        return new Opened(client, connection, connection.async());
      } catch (RedisException | UncheckedIOException e) {
        if (client != null) {
          client.shutdown();
        }
        throw new IOException(
            "Redis at "
                + address
                + " cannot be connected to: "
                + reason(e)
                + ". Check the options nodes, cluster, database, tls, username and password.",
            e);
      }
    }
  }

  private final RedisAddress address;
  private final Shared shared;
  private final Opened opened;
  private boolean closed;

  private RedisConnection(RedisAddress address, Shared shared, Opened opened) {
    this.address = address;
    this.shared = shared;
    this.opened = opened;
  }

  /**
   * Connects, unless somebody in this process has already.
   *
   * @throws IOException if the server cannot be reached or refuses the user; without the password
   */
  public static RedisConnection open(RedisAddress address) throws IOException {
    Shared shared;
    synchronized (OPEN) {
      shared = OPEN.computeIfAbsent(address, one -> new Shared());
      shared.users++;
    }
    try {
      return new RedisConnection(address, shared, shared.connect(address));
    } catch (IOException | RuntimeException e) {
      release(address, shared);
      throw e;
    }
  }

  private static void release(RedisAddress address, Shared shared) {
    boolean last;
    synchronized (OPEN) {
      last = --shared.users == 0;
      if (last) {
        OPEN.remove(address);
      }
    }
    if (last) {
      shared.close();
    }
  }

  private static RedisURI uri(RedisAddress address, String node) {
    RedisURI uri =
        RedisURI.builder()
            .withHost(host(node))
            .withPort(port(node))
            .withDatabase(address.database())
            .withSsl(address.tls())
            .withTimeout(address.timeout())
            .build();
    uri.setCredentialsProvider(credentials(address));
    return uri;
  }

  /** Where the server is, is asked for each time that a connection opens. */
  private static RedisURI sentinels(RedisAddress address, String master) {
    RedisURI.Builder uri =
        RedisURI.builder()
            .withSentinelMasterId(master)
            .withDatabase(address.database())
            .withSsl(address.tls())
            .withTimeout(address.timeout())
            .withAuthentication(credentials(address));
    for (String node : address.nodes()) {
      RedisURI sentinel =
          RedisURI.builder()
              .withHost(host(node))
              .withPort(port(node))
              .withSsl(address.tls())
              .withTimeout(address.timeout())
              .build();
      if (address.sentinelPassword() != null) {
        sentinel.setCredentialsProvider(
            RedisCredentialsProvider.from(
                () -> RedisCredentials.just(null, address.sentinelPassword())));
      }
      uri.withSentinel(sentinel);
    }
    return uri.build();
  }

  private static String host(String node) {
    return node.substring(0, node.lastIndexOf(':'));
  }

  private static int port(String node) {
    return Integer.parseInt(node.substring(node.lastIndexOf(':') + 1));
  }

  /** Asked for each connection, so that an exchanged password counts. */
  private static RedisCredentialsProvider credentials(RedisAddress address) {
    return () ->
        Mono.fromSupplier(
            () ->
                address.password() == null && address.passwordFile() == null
                    ? RedisCredentials.just(null, (CharSequence) null)
                    : RedisCredentials.just(address.username(), password(address)));
  }

  private static String password(RedisAddress address) {
    if (address.password() != null) {
      return address.password();
    }
    Path file = Path.of(String.valueOf(address.passwordFile()));
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("the password-file " + file + " cannot be read", e);
    }
  }

  /** Why something failed, by its last cause that says so. */
  public static String reason(Throwable failure) {
    String reason = String.valueOf(failure.getMessage());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null) {
        reason = cause.getMessage();
      }
    }
    return reason.replaceFirst("\\.$", "");
  }

  /**
   * Whether the server may answer if it is asked again: it went away while it was, or loads. Not if
   * it did not answer in time, as that was waited for.
   */
  public static boolean isPassing(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisConnectionException
          || cause instanceof RedisLoadingException
          || (cause instanceof IOException && cause.getCause() == null)) {
        return true;
      }
    }
    return false;
  }

  /** Commands, of a cluster to the node that has the key. */
  public RedisClusterAsyncCommands<byte[], byte[]> commands() {
    return opened.commands;
  }

  /** The nodes that together hold every key, by what {@link #commands(String)} takes. */
  public List<String> primaries() {
    if (opened.connection instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      return cluster.getPartitions().stream()
          .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.hasNoSlots())
          .map(RedisClusterNode::getNodeId)
          .sorted()
          .toList();
    }
    return List.of("");
  }

  /** Commands to one of the {@link #primaries}. */
  public RedisClusterAsyncCommands<byte[], byte[]> commands(String node) {
    if (opened.connection instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      return cluster.getConnection(node).async();
    }
    return opened.commands;
  }

  /** The connections by which {@link #commands()} writes. */
  public List<RedisClusterAsyncCommands<byte[], byte[]>> writers() {
    if (opened.connection instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      List<RedisClusterAsyncCommands<byte[], byte[]>> writers = new ArrayList<>();
      for (RedisClusterNode node : cluster.getPartitions()) {
        if (node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.hasNoSlots()) {
          // By its address; a connection by its id would be another.
          RedisURI uri = node.getUri();
          writers.add(cluster.getConnection(uri.getHost(), uri.getPort()).async());
        }
      }
      return writers;
    }
    return List.of(opened.commands);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      release(address, shared);
    }
  }

  /**
   * Returns how many connections this process has open to the Redis of a node. One that is shared
   * counts once.
   *
   * @param node as {@code HOST:PORT}, as in {@link RedisAddress#nodes}
   */
  public static long count(String node) {
    synchronized (OPEN) {
      return OPEN.keySet().stream().filter(address -> address.nodes().contains(node)).count();
    }
  }
}
