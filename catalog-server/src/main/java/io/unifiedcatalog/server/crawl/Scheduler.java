package io.unifiedcatalog.server.crawl;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.DueSource;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Crawls what is due. Every server on a store has one; what is due and who crawls it is settled in
 * the store, so a server that is lost is replaced by whichever looks next.
 */
public final class Scheduler implements AutoCloseable {
  /** Who asks for scheduled crawls. */
  public static final String AUTHOR = "schedule";

  private static final Logger log = LoggerFactory.getLogger(Scheduler.class);

  private final MetadataStore store;
  private final Crawler crawler;
  private final int most;
  private final AtomicInteger running = new AtomicInteger();
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "crawl-schedule");
            thread.setDaemon(true);
            return thread;
          });

  private final ScheduledFuture<?> looking;

  /** Whether the last look failed; one failure that lasts is logged once. */
  private boolean failing;

  /**
   * A scheduler, at work.
   *
   * @param interval how often it looks what is due
   * @param most how many scheduled crawls this server runs at once
   */
  public Scheduler(MetadataStore store, Crawler crawler, Duration interval, int most) {
    this.store = store;
    this.crawler = crawler;
    this.most = most;
    looking =
        looks.scheduleWithFixedDelay(
            this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      int free = most - running.get();
      if (free > 0) {
        store.dueSources(free).forEach(this::begin);
      }
      failing = false;
    } catch (RuntimeException | Error e) {
      // An error, too: one that left here would end all later looks.
      if (!failing) {
        log.warn("What is due to be crawled could not be found out: {}", e.toString());
      }
      failing = true;
    }
  }

  private void begin(DueSource source) {
    running.incrementAndGet();
    try {
      crawler.startDue(source, AUTHOR, new Ending());
    } catch (CatalogException e) {
      running.decrementAndGet();
      switch (e.reason()) {
        // Another server, an outside cron or a person was faster.
        case "CRAWL_UNDER_WAY", "NOT_DUE", "SHUTTING_DOWN" ->
            log.debug("Source '{}' is not crawled: {}", source.name(), e.getMessage());
        default ->
            log.warn(
                "The scheduled crawl of '{}' did not begin: {}", source.name(), e.getMessage());
      }
    } catch (RuntimeException | Error e) {
      running.decrementAndGet();
      log.error("The scheduled crawl of '{}' did not begin", source.name(), e);
    }
  }

  /** Begins nothing more. Crawls under way go on until the crawler is closed. */
  @Override
  public void close() {
    looking.cancel(false);
    looks.shutdownNow();
  }

  /** Hears when a crawl is over. */
  private final class Ending implements Crawler.Listener {
    @Override
    public void started(CrawlRun run) {}

    @Override
    public void progress(String nativeDatabase, long tablesRead) {}

    @Override
    public void database(DatabaseOutcome outcome) {}

    @Override
    public void finished(CrawlRun run) {
      running.decrementAndGet();
      try {
        // Others may be waiting for its place.
        looks.execute(Scheduler.this::look);
      } catch (RejectedExecutionException e) {
        log.debug("The scheduler is closed", e);
      }
    }

    @Override
    public void failed(Throwable failure) {
      running.decrementAndGet();
    }
  }
}
