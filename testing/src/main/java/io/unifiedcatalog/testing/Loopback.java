package io.unifiedcatalog.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** The address that all servers listen on. */
final class Loopback {
  private Loopback() {}

  /** A port that was free a moment ago; another process may take it before its asker does. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
