package io.unifiedcatalog.server.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.testing.StoreBinaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL for tests: one server per release and JVM, kept in {@code target} from run to
 * run, and a database for each caller. Safe for tests that run at the same time.
 *
 * <p>A server takes 100 connections. Four test classes run at a time, so a class should not need
 * more than 20.
 */
public final class TestPostgres {
  /** The release that comes with the server. */
  public static final TestPostgres BUNDLED = new TestPostgres("bundled", bundled());

  /** The oldest release that the store is for. */
  public static final TestPostgres OLDEST = new TestPostgres("oldest", oldest());

  /** Each release that the store is tested on. */
  static final List<TestPostgres> RELEASES = List.of(BUNDLED, OLDEST);

  /** Where the programs of all releases are, so that no test unpacks them again. */
  public static final Path BINARIES = StoreBinaries.directory();

  private static final String TEMPLATE = "test_migrated";
  private static final int CONNECTIONS = 10;

  /** Builds at the same time in one directory, each with servers of its own. */
  private static final int MOST_BUILDS = 8;

  /** Copies each table that the migrations put rows into, to the schema {@code seed}. */
  private static final String KEEP_SEED =
      """
      DO $$
      DECLARE
        found record;
        filled boolean;
      BEGIN
        CREATE SCHEMA seed;
        FOR found IN SELECT relname AS name FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
          EXECUTE format('SELECT EXISTS (TABLE public.%I)', found.name) INTO filled;
          IF filled THEN
            EXECUTE format('CREATE TABLE seed.%1$I AS TABLE public.%1$I', found.name);
          END IF;
        END LOOP;
      END $$
      """;

  /** Makes a database as the migrations left it, whatever tables there are. */
  private static final String EMPTY =
      """
      DO $$
      DECLARE
        found record;
      BEGIN
        -- In any order: foreign keys are not checked.
        SET LOCAL session_replication_role = replica;
        FOR found IN SELECT relname AS name FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
          EXECUTE format('DELETE FROM public.%I', found.name);
        END LOOP;
        FOR found IN SELECT relname AS name FROM pg_class
            WHERE relnamespace = 'seed'::regnamespace AND relkind = 'r' LOOP
          EXECUTE format(
            'INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE seed.%1$I', found.name);
        END LOOP;
        PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
        -- The copies of one template are stores of their own.
        UPDATE public.store_identity SET id = gen_random_uuid();
      END $$
      """;

  private final AtomicInteger databases = new AtomicInteger();

  /** Databases with the store's schema that nobody uses now. */
  private final Queue<String> free = new ConcurrentLinkedQueue<>();

  private final String name;
  private final URL archive;
  private @Nullable EmbeddedPostgres server;

  private TestPostgres(String name, URL archive) {
    this.name = name;
    this.archive = archive;
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

  /** Starts a server of the test's own, of the release that comes with the server. */
  public static EmbeddedPostgres start(Path directory) {
    return EmbeddedPostgres.start(directory, BINARIES);
  }

  /** A pool of connections to a server of the test's own. To be closed. */
  public static HikariDataSource connect(EmbeddedPostgres server) {
    return new HikariDataSource(pool(server, "postgres", CONNECTIONS));
  }

  private synchronized EmbeddedPostgres server() {
    if (server == null) {
      server = startShared();
    }
    return server;
  }

  private EmbeddedPostgres startShared() {
    EmbeddedPostgres started = startInFreeDirectory();
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
              handle.execute("CREATE DATABASE " + TEMPLATE);
            });
    try (HikariDataSource migrated = new HikariDataSource(pool(started, TEMPLATE, 2))) {
      MetadataStore.migrate(migrated);
      execute(migrated, KEEP_SEED);
    }
    return started;
  }

  /** Another build may use the same {@code target}. */
  private EmbeddedPostgres startInFreeDirectory() {
    for (int build = 1; ; build++) {
      Path directory = Path.of("target", "test-postgres-" + name + build);
      try {
        return EmbeddedPostgres.start(directory, archive, BINARIES);
      } catch (CatalogException e) {
        if (!e.reason().equals("STORE_IN_USE") || build == MOST_BUILDS) {
          throw e;
        }
      }
    }
  }

  /** A new database without any table, and a pool of connections to it. To be closed. */
  public HikariDataSource emptyDatabase() {
    return new HikariDataSource(pool(server(), create("template1"), CONNECTIONS));
  }

  /**
   * An empty database with the store's schema, and a pool of connections to it. To be closed: then
   * the database goes to the next caller, as to make one costs the oldest release a second.
   */
  public HikariDataSource migratedDatabase() {
    return migratedDatabase(CONNECTIONS);
  }

  /** The same with a pool of at most so many connections. */
  public HikariDataSource migratedDatabase(int connections) {
    EmbeddedPostgres postgres = server();
    String database = free.poll();
    if (database == null) {
      database = create(TEMPLATE);
    }
    Lent lent = new Lent(pool(postgres, database, connections), database);
    try {
      awaitSoleUse(lent);
      execute(lent, EMPTY);
    } catch (RuntimeException | Error e) {
      lent.close();
      throw e;
    }
    return lent;
  }

  private final class Lent extends HikariDataSource {
    private final String database;

    Lent(HikariConfig config, String database) {
      super(config);
      this.database = database;
    }

    @Override
    public void close() {
      if (!isClosed()) {
        super.close();
        free.add(database);
      }
    }
  }

  /** Ends whatever the user before left connected: it could still write. */
  private static void awaitSoleUse(HikariDataSource database) {
    Jdbi.create(database)
        .useHandle(
            handle -> {
              while (handle
                      .createQuery(
                          """
                          SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                          WHERE datname = current_database() AND pid <> pg_backend_pid()
                            AND backend_type = 'client backend'
                          """)
                      .mapTo(Integer.class)
                      .one()
                  > 0) {
                Thread.onSpinWait();
              }
            });
  }

  private String create(String template) {
    String database = "test_" + databases.incrementAndGet();
    superuser()
        .useHandle(
            handle -> handle.execute("CREATE DATABASE " + database + " TEMPLATE " + template));
    return database;
  }

  /** The superuser's connections to the server's own database, one at each request. */
  public Jdbi superuser() {
    return Jdbi.create(server().dataSource());
  }

  /**
   * The flags with which a catalog server uses a database.
   *
   * @param directory where the file with the password is written
   */
  public static List<String> flags(HikariDataSource database, Path directory) {
    try {
      Path password = directory.resolve("store-password");
      Files.writeString(password, database.getPassword());
      Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
      return List.of(
          "--store=" + database.getJdbcUrl(),
          "--store-user=" + database.getUsername(),
          "--store-password-file=" + password);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a statement on a connection of the data source. */
  private static void execute(HikariDataSource database, String statement) {
    try (Connection connection = database.getConnection();
        Statement open = connection.createStatement()) {
      open.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HikariConfig pool(EmbeddedPostgres postgres, String database, int size) {
    String url = postgres.jdbcUrl();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url.substring(0, url.lastIndexOf('/') + 1) + database);
    config.setUsername(postgres.user());
    config.setPassword(postgres.password().reveal());
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    // No connection before the first is asked for.
    config.setInitializationFailTimeout(-1);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    return config;
  }

  @Override
  public String toString() {
    return name;
  }
}
