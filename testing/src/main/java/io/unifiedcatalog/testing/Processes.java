package io.unifiedcatalog.testing;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How the processes of servers end. */
final class Processes {
  private static final long STOP_SECONDS = 60;

  private Processes() {}

  /** Has a process end in good order, or kills it if it does not; null: there is none. */
  static void stop(@Nullable Process running) {
    if (running == null) {
      return;
    }
    running.destroy();
    try {
      if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Kills a process as {@code kill -9} does and waits until it is gone; null: there is none. */
  static void kill(@Nullable Process running) {
    if (running != null) {
      running.destroyForcibly();
      running.onExit().join();
    }
  }
}
