package io.unifiedcatalog.server.source.jdbc;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.IOException;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/**
 * The sockets below TLS of the connections that a thread opens.
 *
 * <p>To close a TLS socket can wait for the peer: if nobody reads from it just then, the JDK reads
 * what the peer still sends, for as long as the socket's timeout. So a read that is aborted between
 * its question and its answer would go on, and the abort with it. To close the socket below waits
 * for nothing.
 */
final class Transports {
  private static final ThreadLocal<Socket> LAST = new ThreadLocal<>();

  private Transports() {}

  /** The last socket that this thread opened and has not taken; null: there is none. */
  static @Nullable Socket take() {
    Socket last = LAST.get();
    LAST.remove();
    return last;
  }

  /** Closes a socket, if there is one. */
  static void close(@Nullable Socket socket) {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // The connection is gone, which is what was wanted.
      }
    }
  }

  /** Makes the sockets of MySQL's driver, which loads it by its name. */
  public static final class OfMySql extends StandardSocketFactory {
    @Override
    protected Socket createSocket(PropertySet properties) {
      Socket socket = super.createSocket(properties);
      LAST.set(socket);
      return socket;
    }
  }
}
