package io.unifiedcatalog.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.unifiedcatalog.local.LocalServer;
import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.server.api.BindingApi;
import io.unifiedcatalog.server.api.CatalogApi;
import io.unifiedcatalog.server.api.GrpcServer;
import io.unifiedcatalog.server.api.SchemaApi;
import io.unifiedcatalog.server.api.ServerVersion;
import io.unifiedcatalog.server.api.SourceApi;
import io.unifiedcatalog.server.api.SourceCalls;
import io.unifiedcatalog.server.api.Tokens;
import io.unifiedcatalog.server.api.WebhookBody;
import io.unifiedcatalog.server.crawl.Crawler;
import io.unifiedcatalog.server.crawl.Scheduler;
import io.unifiedcatalog.server.metrics.Metrics;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.schema.protobuf.Protoc;
import io.unifiedcatalog.server.store.EmbeddedPostgres;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.SchemaStore;
import io.unifiedcatalog.server.store.SecretSealer;
import io.unifiedcatalog.server.store.TableCache;
import io.unifiedcatalog.server.webhook.WebhookSender;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** A catalog server: its store, its sources and its API, wired together. */
public final class CatalogServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CatalogServer.class);

  private static final int POOL_SIZE = 12;
  private static final int POOL_TIMEOUT_MILLIS = 5_000;

  private final GrpcServer api;
  // The last that was started is closed first.
  private final Deque<AutoCloseable> parts;

  private CatalogServer(GrpcServer api, Deque<AutoCloseable> parts) {
    this.api = api;
    this.parts = parts;
  }

  /**
   * Starts a server.
   *
   * @throws CatalogException if it cannot be started; everything begun is stopped again
   */
  public static CatalogServer start(ServerConfig config) {
    Deque<AutoCloseable> parts = new ArrayDeque<>();
    boolean started = false;
    try {
      Tokens tokens = tokens(config);
      HikariDataSource dataSource = opened(parts, connect(config, parts));
      migrate(dataSource);
      MetadataStore store =
          new MetadataStore(
              dataSource,
              SecretSealer.open(config.keyFile(), dataSource),
              config.webhookUrl() != null);
      UUID storeId = store.id();
      log.info("The store's id is {}", storeId);
      Protoc.unavailable().ifPresent(why -> log.warn("Protobuf schemas: {}", why));
      SchemaStore schemas = new SchemaStore(dataSource);
      TableCache cache =
          opened(parts, new TableCache(store, CatalogApi::effective, config.pollInterval()));
      Metrics metrics = new Metrics(store, dataSource, ServerVersion.release());
      Crawler crawler = new Crawler(store, cache, config.leaseTime(), config.crawlHistory());
      Runnable wakeWebhook = webhook(config, store, metrics, parts);
      crawler.whenEnded(
          run -> {
            metrics.crawlEnded(run);
            wakeWebhook.run();
          });
      SourceCalls sourceCalls = opened(parts, new SourceCalls());
      GrpcServer api =
          GrpcServer.start(
              config.listen(),
              tokens,
              config.callDeadline(),
              List.of(metrics.calls()),
              List.of(
                  new CatalogApi(
                      store,
                      storeId,
                      cache,
                      schemas,
                      sourceCalls,
                      config.ownConnectorTables(),
                      config.ownConnectorPaths()),
                  new SourceApi(store, cache, crawler, sourceCalls),
                  new SchemaApi(store, schemas, cache, sourceCalls),
                  new BindingApi(store, schemas)));
      // Closed from the last to the first: a caller that follows a crawl hears how it ends.
      parts.push(() -> api.endDrain(config.drainTime()));
      parts.push(crawler);
      if (config.schedulerInterval() != null) {
        opened(
            parts,
            new Scheduler(store, crawler, config.schedulerInterval(), config.scheduledCrawls()));
      }
      if (config.metricsListen() != null) {
        HTTPServer http = opened(parts, metrics.listen(config.metricsListen()));
        log.info("Metrics are at port {}", http.getPort());
      }
      parts.push(api::beginDrain);
      announce(config, api.port(), parts);
      started = true;
      return new CatalogServer(api, parts);
    } finally {
      if (!started) {
        close(parts);
      }
    }
  }

  /** Has the webhook told of crawls, if there is one; returns what makes it look at once. */
  private static Runnable webhook(
      ServerConfig config, MetadataStore store, Metrics metrics, Deque<AutoCloseable> parts) {
    URI url = config.webhookUrl();
    Path secretFile = config.webhookSecretFile();
    if (url == null || secretFile == null) {
      return () -> {};
    }
    WebhookSender sender =
        opened(
            parts,
            new WebhookSender(
                store,
                new WebhookBody(store),
                url,
                secretFile,
                ServerVersion.release(),
                metrics::webhookTried));
    return sender::wake;
  }

  private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> parts, T part) {
    parts.push(part);
    return part;
  }

  private static HikariDataSource connect(ServerConfig config, Deque<AutoCloseable> parts) {
    HikariConfig pool = new HikariConfig();
    if (config.store() == null) {
      createDirectory(config.dataDirectory());
      EmbeddedPostgres postgres =
          opened(
              parts,
              EmbeddedPostgres.start(
                  config.dataDirectory().resolve("store"), config.storeBinaries()));
      pool.setJdbcUrl(postgres.jdbcUrl());
      pool.setUsername(postgres.user());
      pool.setPassword(postgres.password().reveal());
    } else {
      pool.setJdbcUrl(config.store());
      pool.setUsername(config.storeUser());
      pool.setPassword(read(config.storePasswordFile()));
    }
    pool.setPoolName("store");
    pool.setMaximumPoolSize(POOL_SIZE);
    pool.setConnectionTimeout(POOL_TIMEOUT_MILLIS);
    pool.setInitializationFailTimeout(-1);
    pool.addDataSourceProperty("ApplicationName", "unified-catalog");
    // A store that hangs must not hang a start, a crawl or a stop with it.
    pool.addDataSourceProperty("connectTimeout", "5");
    // Longer than any statement; after it, a network that went silent frees whoever waits.
    pool.addDataSourceProperty("socketTimeout", "120");
    pool.addDataSourceProperty("tcpKeepAlive", "true");
    return new HikariDataSource(pool);
  }

  private static void migrate(HikariDataSource dataSource) {
    try {
      MetadataStore.migrate(dataSource);
    } catch (CatalogException e) {
      if (e.code() != ErrorCode.UNAVAILABLE) {
        throw e;
      }
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      // The url holds no password: the configuration refuses one.
      throw new CatalogException(
          ErrorCode.UNAVAILABLE,
          e.reason(),
          "The server was not started: its store "
              + dataSource.getJdbcUrl()
              + " cannot be used: "
              + String.valueOf(cause.getMessage()).replaceFirst("\\.$", "")
              + ". Check --store, --store-user and --store-password-file.",
          e);
    }
  }

  private static @Nullable Tokens tokens(ServerConfig config) {
    if (config.noAuth()) {
      log.warn(
          "No token is required: every user and every process of this machine can change the"
              + " catalog and read the passwords of its sources. Start without --no-auth to require"
              + " one.");
      return null;
    }
    Path catalog = config.catalogTokenFile();
    Path binding = config.bindingTokenFile();
    if (catalog != null && binding != null) {
      return Tokens.read(catalog, binding);
    }
    createDirectory(config.dataDirectory());
    catalog = ownCatalogToken(config);
    binding = ownBindingToken(config);
    Tokens.create(catalog, binding);
    return Tokens.read(catalog, binding);
  }

  private static Path ownCatalogToken(ServerConfig config) {
    return config.dataDirectory().resolve("catalog.token");
  }

  private static Path ownBindingToken(ServerConfig config) {
    return config.dataDirectory().resolve("binding.token");
  }

  /** Lets clients of the same user find the tokens of the data directory. */
  private static void announce(ServerConfig config, int port, Deque<AutoCloseable> parts) {
    // Files that somebody named are theirs to hand out.
    if (config.noAuth() || config.catalogTokenFile() != null) {
      return;
    }
    Path catalog = ownCatalogToken(config);
    Path binding = ownBindingToken(config);
    String why;
    Path state = config.stateDirectory();
    if (state == null) {
      why = "this user has no home directory; set XDG_STATE_HOME";
    } else {
      try {
        Path entry =
            LocalServer.announce(state, config.listen().getAddress(), port, catalog, binding);
        parts.push(() -> LocalServer.withdraw(entry));
        return;
      } catch (IOException e) {
        why = e instanceof UnsafeFileException ? String.valueOf(e.getMessage()) : e.toString();
      }
    }
    log.warn(
        "Clients of this user do not find this server's tokens by themselves: {}. Name the files to"
            + " them: {} with --token-file, {} in Flink",
        why,
        catalog,
        binding);
  }

  private static void createDirectory(Path directory) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "DATA_DIR",
          directory + " is no directory. Choose another with --data-dir.");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "DATA_DIR",
          "The directory "
              + directory
              + " cannot be made: "
              + e
              + ". Choose one that this user may write, with --data-dir.",
          e);
    }
  }

  private static @Nullable String read(@Nullable Path passwordFile) {
    try {
      if (passwordFile == null) {
        return null;
      }
      ProtectedFile.exposure(passwordFile)
          .ifPresent(problem -> log.warn("The store-password-file {} {}", passwordFile, problem));
      return ProtectedFile.read(passwordFile).strip();
    } catch (UnsafeFileException e) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_PASSWORD_FILE",
          "The store-password-file " + e.getMessage() + ".",
          e);
    } catch (IOException e) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_PASSWORD_FILE",
          "The store-password-file " + passwordFile + " cannot be read: " + e,
          e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return api.port();
  }

  /** Waits until it has stopped. */
  public void awaitTermination() throws InterruptedException {
    api.awaitTermination();
  }

  /**
   * Stops: no new call is accepted, those under way may finish within the drain time, a crawl ends
   * cleanly, and what the server started is stopped. A second close does nothing.
   */
  @Override
  public void close() {
    close(parts);
  }

  private static void close(Deque<AutoCloseable> parts) {
    synchronized (parts) {
      while (!parts.isEmpty()) {
        try {
          parts.pop().close();
        } catch (Exception e) {
          log.warn("A part of the server did not stop as it should", e);
        }
      }
    }
  }

  /**
   * Serves until it is told to stop (SIGTERM, Ctrl-C). Prints one line to the standard output,
   * {@code Listening on HOST:PORT}. Ends with 0, 1 if it could not start, 2 if a setting is wrong.
   */
  public static void main(String[] arguments) {
    List<String> flags = List.of(arguments);
    if (flags.contains("--help") || flags.contains("-h")) {
      System.out.print(ServerConfig.help());
      return;
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Thread starting = Thread.currentThread();
    AtomicReference<@Nullable CatalogServer> started = new AtomicReference<>();
    Thread stop = new Thread(() -> stop(starting, started), "stop");
    try {
      ServerConfig config = ServerConfig.read(flags, System.getenv());
      Runtime.getRuntime().addShutdownHook(stop);
      CatalogServer server = start(config);
      started.set(server);
      String host = config.listen().getAddress().getHostAddress();
      System.out.println(
          "Listening on " + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port());
      server.awaitTermination();
    } catch (CatalogException e) {
      report(e);
      exit(stop, e.violations().isEmpty() ? 1 : 2);
    } catch (InterruptedException e) {
      log.debug("Told to stop while starting", e);
    } catch (RuntimeException e) {
      log.error("The server could not be started, which is a defect of it", e);
      exit(stop, 1);
    }
  }

  private static void report(CatalogException failure) {
    if (failure.getCause() != null) {
      log.debug("The server did not start", failure);
    }
    if (failure.violations().isEmpty()) {
      System.err.println(failure.getMessage());
      return;
    }
    System.err.println("The configuration is wrong:");
    for (Violation violation : failure.violations()) {
      System.err.println("  " + violation.field() + ": " + violation.message());
    }
    System.err.println("--help lists all settings.");
  }

  private static void exit(Thread stop, int status) {
    try {
      Runtime.getRuntime().removeShutdownHook(stop);
    } catch (IllegalStateException e) {
      // The process is being stopped; it waits for this thread.
      return;
    }
    System.exit(status);
  }

  private static void stop(Thread starting, AtomicReference<@Nullable CatalogServer> started) {
    log.info("Stopping");
    if (started.get() == null) {
      starting.interrupt();
      try {
        starting.join(SECONDS.toMillis(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    CatalogServer server = started.get();
    if (server != null) {
      server.close();
    }
    log.info("Stopped");
    // Asked to stop and stopped: that is a success, which the JVM would not say after a signal.
    Runtime.getRuntime().halt(0);
  }
}
