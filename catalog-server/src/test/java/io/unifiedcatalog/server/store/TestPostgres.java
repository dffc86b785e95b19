package io.unifiedcatalog.server.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL for tests: one server a release and JVM, kept in {@code target} from run to
 * run; a database of its own for each test.
 */
public final class TestPostgres {
  /** The release that comes with the server. */
  public static final TestPostgres BUNDLED = new TestPostgres("bundled", bundled());

  /** The oldest release that the store is for. */
  public static final TestPostgres OLDEST = new TestPostgres("oldest", oldest());

  /** Where the programs of all releases are, so that no test unpacks them again. */
  public static final Path BINARIES = Path.of("target", "test-postgres-binaries").toAbsolutePath();

  private static final String PREFIX = "test_";

  private final AtomicInteger databases = new AtomicInteger();
  private final String name;
  private final URL archive;
  private @Nullable EmbeddedPostgres server;

  private TestPostgres(String name, URL archive) {
    this.name = name;
    this.archive = archive;
  }

  /** Starts a server of the test's own, of the release that comes with the server. */
  public static EmbeddedPostgres start(Path directory) {
    return EmbeddedPostgres.start(directory, BINARIES);
  }

  private static URL bundled() {
    URL url = TestPostgres.class.getResource("/postgres-linux-x86_64.txz");
    if (url == null) {
      throw new IllegalStateException("the PostgreSQL binaries are not on the class path");
    }
    return url;
  }

  private static URL oldest() {
    try {
      URI jar = Path.of("target", "postgresql-14.jar").toUri();
      return URI.create("jar:" + jar + "!/postgres-linux-x86_64.txz").toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }

  private synchronized EmbeddedPostgres server() {
    if (server == null) {
      server = start();
    }
    return server;
  }

  private EmbeddedPostgres start() {
    EmbeddedPostgres started =
        EmbeddedPostgres.start(Path.of("target", "test-postgres-" + name), archive, BINARIES);
    Runtime.getRuntime().addShutdownHook(new Thread(started::close));
    Jdbi.create(started.dataSource())
        .useHandle(
            handle -> {
              // What an earlier run left.
              for (String database :
                  handle
                      .createQuery("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")
                      .mapTo(String.class)
                      .list()) {
                handle.execute("DROP DATABASE " + database);
              }
              handle.execute("CREATE DATABASE " + PREFIX + "migrated");
            });
    try (HikariDataSource migrated = pool(started, PREFIX + "migrated", 2)) {
      MetadataStore.migrate(migrated);
    }
    return started;
  }

  /** A new database without any table, and a pool of connections to it. To be closed. */
  public HikariDataSource emptyDatabase() {
    return newDatabase("template1", 20);
  }

  /** A new database with the store's schema, and a pool of connections to it. To be closed. */
  public HikariDataSource migratedDatabase() {
    return newDatabase(PREFIX + "migrated", 20);
  }

  private HikariDataSource newDatabase(String template, int connections) {
    EmbeddedPostgres postgres = server();
    String name = PREFIX + databases.incrementAndGet();
    Jdbi.create(postgres.dataSource())
        .useHandle(handle -> handle.execute("CREATE DATABASE " + name + " TEMPLATE " + template));
    return pool(postgres, name, connections);
  }

  /** The superuser's connections to the server's own database, one at each request. */
  public Jdbi superuser() {
    return Jdbi.create(server().dataSource());
  }

  private static HikariDataSource pool(EmbeddedPostgres postgres, String database, int size) {
    String url = postgres.jdbcUrl();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url.substring(0, url.lastIndexOf('/') + 1) + database);
    config.setUsername(postgres.user());
    config.setPassword(postgres.password().reveal());
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    return new HikariDataSource(config);
  }
}
