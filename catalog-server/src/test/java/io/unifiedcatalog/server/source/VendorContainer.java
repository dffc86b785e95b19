package io.unifiedcatalog.server.source;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.LogMessageWaitStrategy;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.utility.DockerImageName;

/** A vendor's image on a port of this machine that stays the same over a restart. */
public final class VendorContainer implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(5);

  private final GenericContainer<?> container;
  private final WaitStrategy wait;
  private final int port;
  private int starts = 1;

  private VendorContainer(GenericContainer<?> container, WaitStrategy wait, int port) {
    this.container = container;
    this.wait = wait;
    this.port = port;
  }

  /**
   * Starts a server.
   *
   * @param inside the port that it listens on
   */
  public static VendorContainer start(
      String image, int inside, Map<String, String> environment, WaitStrategy wait) {
    return start(image, inside, port -> environment, wait);
  }

  /**
   * The same for a server that must know its port on this machine.
   *
   * @param command what is run in it; empty: what the image says
   */
  public static VendorContainer start(
      String image,
      int inside,
      IntFunction<Map<String, String>> environment,
      WaitStrategy wait,
      String... command) {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("There is no free port", e);
    }
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(image))
            .withEnv(environment.apply(port))
            .withExposedPorts(inside)
            .waitingFor(wait.withStartupTimeout(START));
    if (command.length > 0) {
      container.withCommand(command);
    }
    container.setPortBindings(List.of("127.0.0.1:" + port + ":" + inside));
    container.start();
    return new VendorContainer(container, wait, port);
  }

  /** The port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Kills it as {@code kill -9} does. */
  public void kill() {
    container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
  }

  /** Starts it again on its data and waits until it serves. */
  public void restart() {
    if (wait instanceof LogMessageWaitStrategy log) {
      // The log still has what earlier starts wrote.
      log.withTimes(++starts);
    }
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    wait.waitUntilReady(container);
  }

  @Override
  public void close() {
    container.close();
  }
}
