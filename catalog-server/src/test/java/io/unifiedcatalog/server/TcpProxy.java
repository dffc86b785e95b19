package io.unifiedcatalog.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A way to a server that a test can hold up, cut, and lead elsewhere. What passes it is the two
 * servers' own talk.
 */
final class TcpProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
  private volatile int target;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile CountDownLatch held = new CountDownLatch(0);

  TcpProxy(int target) {
    this.target = target;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Leads connections to come to another port. */
  void leadTo(int port) {
    target = port;
  }

  /** Holds up the next connection; those after it pass. */
  void holdNext() {
    gate = new CountDownLatch(1);
    held = new CountDownLatch(1);
  }

  /** Waits until a connection is held up. */
  void awaitHeld() throws InterruptedException {
    if (!held.await(60, TimeUnit.SECONDS)) {
      throw new AssertionError("nobody connected");
    }
  }

  /** Lets the connection pass that is held up. */
  void release() {
    gate.countDown();
  }

  /** Cuts every connection. */
  void cut() {
    synchronized (sockets) {
      sockets.forEach(TcpProxy::closeQuietly);
      sockets.clear();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        CountDownLatch wait = held.getCount() > 0 ? gate : new CountDownLatch(0);
        held.countDown();
        start(() -> serve(client, wait));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client, CountDownLatch wait) {
    try {
      wait.await();
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(server);
      start(() -> copy(server, client));
      copy(client, server);
    } catch (IOException | InterruptedException e) {
      closeQuietly(client);
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One side is gone, so the other is to go.
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static void closeQuietly(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    closeQuietly(listener);
    release();
    cut();
  }
}
