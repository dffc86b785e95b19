package io.unifiedcatalog.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.SourceFigure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the store knows of the sources and of the webhook; asked for at most every few seconds. */
final class SourceFigures implements MultiCollector {
  private static final Logger log = LoggerFactory.getLogger(SourceFigures.class);
  private static final Duration KEPT = Duration.ofSeconds(5);

  private final MetadataStore store;
  private @Nullable MetricSnapshots last;
  private long lastNanos;

  SourceFigures(MetadataStore store) {
    this.store = store;
  }

  @Override
  public synchronized MetricSnapshots collect() {
    MetricSnapshots known = last;
    if (known == null || System.nanoTime() - lastNanos > KEPT.toNanos()) {
      known = read();
      last = known;
      lastNanos = System.nanoTime();
    }
    return known;
  }

  private MetricSnapshots read() {
    List<SourceFigure> sources;
    long waiting;
    try {
      sources = store.sourceFigures();
      waiting = store.waitingMessages();
    } catch (CatalogException e) {
      log.warn("The store has no figures of the sources now: {}", e.getMessage());
      return MetricSnapshots.of(up(0));
    }
    Instant now = Instant.now();
    return MetricSnapshots.of(
        up(1),
        GaugeSnapshot.builder()
            .name("unified_catalog_webhook_waiting")
            .help("How many crawls the webhook is yet to be told of.")
            .dataPoint(GaugeDataPointSnapshot.builder().value((double) waiting).build())
            .build(),
        gauge(
            "unified_catalog_source_crawl_age_seconds",
            "How long ago a crawl of the source last succeeded. Absent: never.",
            sources,
            source -> seconds(source.lastSuccess(), now)),
        gauge(
            "unified_catalog_source_tables",
            "How many tables the source has in the catalog.",
            sources,
            source -> (double) source.tables()),
        gauge(
            "unified_catalog_source_held_runs",
            "How many crawls of the source wait for somebody to confirm or discard them.",
            sources,
            source -> (double) source.heldRuns()),
        gauge(
            "unified_catalog_source_failures",
            "How many crawls of the source have failed since the last that succeeded.",
            sources,
            source -> (double) source.failures()),
        gauge(
            "unified_catalog_source_overdue_seconds",
            "For how long the source has been due by its schedule. Absent: it has none; negative:"
                + " it comes in so long.",
            sources,
            source -> seconds(source.due(), now)));
  }

  private static GaugeSnapshot up(double value) {
    return GaugeSnapshot.builder()
        .name("unified_catalog_store_up")
        .help("Whether the store answered when it was last asked for figures.")
        .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
        .build();
  }

  private static GaugeSnapshot gauge(
      String name,
      String help,
      List<SourceFigure> sources,
      Function<SourceFigure, @Nullable Double> figure) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (SourceFigure source : sources) {
      Double value = figure.apply(source);
      if (value != null) {
        gauge.dataPoint(
            GaugeDataPointSnapshot.builder()
                .labels(Labels.of("source", source.name(), "kind", source.kind()))
                .value(value)
                .build());
      }
    }
    return gauge.build();
  }

  private static @Nullable Double seconds(@Nullable Instant since, Instant now) {
    return since == null ? null : Duration.between(since, now).toMillis() / 1e3;
  }
}
