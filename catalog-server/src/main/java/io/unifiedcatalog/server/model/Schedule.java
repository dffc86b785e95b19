package io.unifiedcatalog.server.model;

import java.time.Duration;

/**
 * When a source is crawled by itself, and what limits hold for each of its crawls.
 *
 * @param cron minute, hour, day of month, month, day of week, or a nickname such as {@code
 *     @hourly}; empty: only when somebody asks
 * @param timeZone the time zone that {@code cron} is meant in, for example {@code Europe/Paris}
 * @param jitter a crawl begins up to so much later than {@code cron} says, each source and each
 *     time by another, but always the same, share of it; whole seconds
 * @param timeout a crawl that takes longer is ended, also one that somebody asked for; whole
 *     seconds
 * @param retries how often a scheduled crawl that failed is begun again
 * @param backoff how long after the first failure; doubled with each further one; whole seconds
 */
public record Schedule(
    String cron,
    String timeZone,
    Duration jitter,
    Duration timeout,
    int retries,
    Duration backoff) {

  /** What holds for a source until something else is set: it is crawled only when asked for. */
  public static final Schedule OFF =
      new Schedule("", "UTC", Duration.ZERO, Duration.ofHours(1), 3, Duration.ofMinutes(1));

  /** Whether the source is crawled by itself. */
  public boolean isOn() {
    return !cron.isEmpty();
  }
}
