package io.unifiedcatalog.server.metrics;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.webhook.WebhookSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The server's figures for Prometheus. What is of sources comes from the store, so each server on
 * it tells the same; what crawls and calls cost is this server's own. No label is a table's name or
 * anything else without bound.
 */
public final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter crawls;
  private final Counter breaking;
  private final Counter webhookAttempts;
  private final Histogram crawlSeconds;
  private final Histogram callSeconds;

  /**
   * The figures of a server.
   *
   * @param version of this server
   */
  public Metrics(MetadataStore store, HikariDataSource pool, String version) {
    crawls =
        Counter.builder()
            .name("unified_catalog_crawls_total")
            .help("Crawls that ended on this server, by source and outcome.")
            .labelNames("source", "outcome")
            .register(registry);
    breaking =
        Counter.builder()
            .name("unified_catalog_breaking_changes_total")
            .help("Changes that crawls of this server found and that break readers, by source.")
            .labelNames("source")
            .register(registry);
    webhookAttempts =
        Counter.builder()
            .name("unified_catalog_webhook_attempts_total")
            .help("Attempts of this server to tell its webhook of a crawl, by outcome.")
            .labelNames("outcome")
            .register(registry);
    crawlSeconds =
        Histogram.builder()
            .name("unified_catalog_crawl_duration_seconds")
            .help("How long crawls that ended on this server took, by source.")
            .labelNames("source")
            .classicOnly()
            .classicUpperBounds(0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)
            .register(registry);
    callSeconds =
        Histogram.builder()
            .name("unified_catalog_grpc_call_duration_seconds")
            .help("How long calls to this server took, by method and status.")
            .labelNames("method", "status")
            .classicOnly()
            .classicUpperBounds(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)
            .register(registry);
    pool("active", "in use", pool, HikariPoolMXBean::getActiveConnections);
    pool("idle", "not in use", pool, HikariPoolMXBean::getIdleConnections);
    pool("waiting", "waited for", pool, HikariPoolMXBean::getThreadsAwaitingConnection);
    Info.builder()
        .name("unified_catalog_build_info")
        .help("The release of this server.")
        .labelNames("version")
        .register(registry)
        .setLabelValues(version);
    JvmMetrics.builder().register(registry);
    registry.register(new SourceFigures(store));
  }

  private void pool(
      String name,
      String meaning,
      HikariDataSource pool,
      ToDoubleFunction<HikariPoolMXBean> figure) {
    GaugeWithCallback.builder()
        .name("unified_catalog_store_connections_" + name)
        .help("Connections to the store that are " + meaning + ".")
        .callback(
            callback -> {
              HikariPoolMXBean bean = pool.getHikariPoolMXBean();
              if (bean != null) {
                callback.call(figure.applyAsDouble(bean));
              }
            })
        .register(registry);
  }

  /** Counts a crawl that has ended. */
  public void crawlEnded(CrawlRun run) {
    crawls.labelValues(run.source(), run.state().name().toLowerCase(Locale.ROOT)).inc();
    // Made at the first crawl, so that its rise from zero can be seen.
    breaking
        .labelValues(run.source())
        .inc(run.databases().stream().mapToLong(CrawlRun.DatabaseOutcome::breaking).sum());
    if (run.endTime() != null) {
      crawlSeconds
          .labelValues(run.source())
          .observe(Duration.between(run.startTime(), run.endTime()).toNanos() / 1e9);
    }
  }

  /** Counts an attempt to tell the webhook. */
  public void webhookTried(WebhookSender.Outcome outcome) {
    webhookAttempts.labelValues(outcome.name().toLowerCase(Locale.ROOT)).inc();
  }

  /** Measures calls; the outermost of the interceptors, so that it sees how each really ends. */
  public ServerInterceptor calls() {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        long began = System.nanoTime();
        return next.startCall(
            new SimpleForwardingServerCall<>(call) {
              @Override
              public void close(Status status, Metadata trailers) {
                callSeconds
                    .labelValues(
                        call.getMethodDescriptor().getFullMethodName(), status.getCode().name())
                    .observe((System.nanoTime() - began) / 1e9);
                super.close(status, trailers);
              }
            },
            headers);
      }
    };
  }

  /**
   * Begins to answer {@code GET /metrics}.
   *
   * @throws CatalogException FAILED_PRECONDITION if the address cannot be listened on
   */
  public HTTPServer listen(InetSocketAddress address) {
    try {
      return HTTPServer.builder()
          .inetAddress(address.getAddress())
          .port(address.getPort())
          .registry(registry)
          .buildAndStart();
    } catch (IOException e) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "METRICS_LISTEN",
          "The server cannot listen on "
              + address.getAddress().getHostAddress()
              + ":"
              + address.getPort()
              + " for its metrics: "
              + e.getMessage()
              + ". Stop what uses that address, or choose another with --metrics-listen.",
          e);
    }
  }
}
