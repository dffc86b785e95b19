package io.unifiedcatalog.server.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a source and its server. Once it is stalled it passes on what the source asks and
 * none of the answers, as a server does that hangs.
 */
final class StallingProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final int serverPort;
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch askedInVain = new CountDownLatch(1);
  private volatile boolean stalled;

  /** A proxy of a server on 127.0.0.1. */
  StallingProxy(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start("accept", this::accept);
  }

  /** Where it listens, on 127.0.0.1. */
  int port() {
    return listening.getLocalPort();
  }

  /** How many connections sources hold open. */
  int connections() {
    return connections.get();
  }

  /** From now on, no answer is passed on. */
  void stall() {
    stalled = true;
  }

  /** Waits until a stalled proxy was asked something; false: it was not, for a minute. */
  boolean awaitQuestion() throws InterruptedException {
    return askedInVain.await(1, TimeUnit.MINUTES);
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listening.accept();
      connections.incrementAndGet();
      Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
      start("questions", () -> questions(client, server));
      start("answers", () -> answers(client, server));
    }
  }

  private void questions(Socket client, Socket server) throws IOException {
    try (server) {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (stalled) {
          askedInVain.countDown();
        }
        out.write(buffer, 0, read);
      }
    } finally {
      connections.decrementAndGet();
    }
  }

  private void answers(Socket client, Socket server) throws IOException {
    InputStream in = server.getInputStream();
    OutputStream out = client.getOutputStream();
    byte[] buffer = new byte[8192];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      if (!stalled) {
        out.write(buffer, 0, read);
      }
    }
    if (!stalled) {
      client.close();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void start(String name, Step step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                step.run();
              } catch (IOException e) {
                // One of the two ends hung up.
              }
            },
            "proxy-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
