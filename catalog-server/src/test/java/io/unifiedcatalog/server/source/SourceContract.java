package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every source that has schemas of its own must do, tried against its real system. */
public abstract class SourceContract {
  /** The system. */
  protected abstract SourceSystem system();

  /** Options and secrets that reach the running server with all rights. */
  protected abstract Map<String, String> options();

  /** The secrets beside {@link #options}. */
  protected abstract Map<String, String> secrets();

  /** Runs statements on the server. */
  protected abstract void execute(String... statements);

  /** Quotes a name as the system does. */
  protected abstract String quote(String name);

  /** Kills the server as {@code kill -9} does. */
  protected abstract void kill();

  /** Brings a killed server back. */
  protected abstract void restart();

  /** How many columns 150 tables have if the connection does not hold them all by itself. */
  protected int columnsOfManyTables() {
    return 200;
  }

  /** Names for a table and its column as odd as the system takes. */
  protected List<String> oddNames() {
    return List.of("Orders", "order lines", "über_größe", "注文", "a.b", "it's", "x-y");
  }

  /** The same for a database. */
  protected String oddDatabase() {
    return "Mixed Case";
  }

  /** What a session saw of a database. */
  protected record Seen(
      Map<String, PhysicalTable> tables,
      Map<String, Statistics> statistics,
      Map<String, String> unreadable) {

    /** A table that must be there. */
    public PhysicalTable table(String name) {
      assertThat(tables).containsKey(name);
      return Objects.requireNonNull(tables.get(name));
    }

    /** The statistics of a table that must be there. */
    public Statistics statistics(String name) {
      return Objects.requireNonNull(statistics.get(name), name);
    }

    /** A column that must be there. */
    public Column column(String table, String name) {
      return table(table).columns().stream()
          .filter(column -> column.name().equals(name))
          .findFirst()
          .orElseThrow();
    }
  }

  /** A visitor that keeps everything and refuses to be told of a table twice. */
  protected static final class Collecting implements SourceSession.Visitor {
    private final Seen seen;

    /** Nothing was seen yet. */
    public Collecting() {
      seen = new Seen(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    @Override
    public void table(PhysicalTable table, Statistics statistics) {
      assertThat(seen.tables.put(table.name(), table)).isNull();
      seen.statistics.put(table.name(), statistics);
    }

    @Override
    public void unreadable(String table, String reason) {
      assertThat(seen.unreadable.put(table, reason)).isNull();
    }

    /** Everything so far. */
    public Seen seen() {
      return seen;
    }
  }

  /** The source with some options changed; a null value removes one. */
  protected Source source(String... changes) {
    Map<String, String> options = new HashMap<>(options());
    for (int i = 0; i < changes.length; i += 2) {
      options.put(changes[i], changes[i + 1]);
    }
    return source(options, secrets());
  }

  /** A source with exactly these options. */
  protected Source source(Map<String, String> options, Map<String, String> secrets) {
    return new Source(
        UUID.randomUUID(),
        "mine",
        system().kind(),
        options,
        secrets.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
        1);
  }

  /** Reads a database with a session of its own. */
  protected Seen read(Source source, String database) {
    Collecting collecting = new Collecting();
    try (SourceSession session = system().open(source)) {
      session.tables(database, collecting);
    }
    return collecting.seen();
  }

  /** Makes a database anew. */
  protected void create(String database, String... statements) {
    execute("DROP DATABASE IF EXISTS " + quote(database), "CREATE DATABASE " + quote(database));
    execute(statements);
  }

  /** What a failure may never say. */
  protected void assertNoSecret(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      for (String secret : secrets().values()) {
        assertThat(String.valueOf(cause)).doesNotContain(secret);
      }
    }
  }

  @Test
  void aValidSourceHasNoViolation() {
    assertThat(system().validate(source())).isEmpty();
  }

  @Test
  void everythingWrongIsReportedAtOnce() {
    Map<String, String> options = new HashMap<>(options());
    options.put("no-such-option", "1");
    options.put("hold-share", "many");
    options.put("database-pattern", "same");
    options.put("include", "a..,");
    assertThat(system().validate(source(options, Map.of("no-such-secret", "x"))))
        .extracting(CatalogException.Violation::field)
        .contains(
            "source.options.no-such-option",
            "source.options.hold-share",
            "source.options.database-pattern",
            "source.options.include",
            "source.secrets.no-such-secret");
  }

  @Test
  void namesOfAnyKindAreReadAsTheyAre() {
    List<String> names = oddNames();
    create(oddDatabase(), new String[0]);
    for (String name : names) {
      execute(
          "CREATE TABLE "
              + quote(oddDatabase())
              + "."
              + quote(name)
              + " ("
              + quote(name)
              + " INT NULL)");
    }

    Seen seen = read(source(), oddDatabase());

    assertThat(seen.tables()).containsOnlyKeys(names);
    names.forEach(name -> assertThat(seen.column(name, name).nullable()).isTrue());
    try (SourceSession session = system().open(source())) {
      assertThat(session.databases()).contains(oddDatabase());
      assertThat(session.systemVersion()).isNotEmpty();
    }
  }

  @Test
  void aThousandColumnsComeInOrder() {
    String columns =
        IntStream.rangeClosed(1, 1000)
            // Names in another order than the columns.
            .mapToObj(i -> "c" + (i * 7919) % 100_003 + " INT")
            .collect(Collectors.joining(", "));
    create("wide", "CREATE TABLE wide.wide (" + columns + ")");

    List<Column> read = read(source(), "wide").table("wide").columns();

    assertThat(read.stream().map(column -> column.name() + " INT"))
        .containsExactly(columns.split(", ", -1));
  }

  @Test
  void anEmptyDatabaseHasNoTables() {
    create("empty");
    Seen seen = read(source(), "empty");
    assertThat(seen.tables()).isEmpty();
    assertThat(seen.unreadable()).isEmpty();
  }

  @Test
  void aMissingDatabaseIsNotFoundRatherThanEmpty() {
    CatalogException failure =
        catchThrowableOfType(CatalogException.class, () -> read(source(), "no_such_database"));
    assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(failure).hasMessageContaining("no_such_database").hasMessageContaining("mine");
  }

  @Test
  void patternsLetTablesThrough() {
    create(
        "patterns",
        "CREATE TABLE patterns.orders (id INT)",
        "CREATE TABLE patterns.orders_tmp (id INT)",
        "CREATE TABLE patterns.customers (id INT)");
    assertThat(read(source("include", "patterns.orders*, other.*"), "patterns").tables())
        .containsOnlyKeys("orders", "orders_tmp");
    assertThat(read(source("exclude", "*.*_tmp"), "patterns").tables())
        .containsOnlyKeys("orders", "customers");
    try (SourceSession session = system().open(source("include", "patterns"))) {
      assertThat(session.databases()).containsExactly("patterns");
    }
    try (SourceSession session = system().open(source("exclude", "patterns.*"))) {
      assertThat(session.databases()).doesNotContain("patterns");
    }
  }

  @Test
  void aSecondReadIsEqualAndAChangeIsSeen() {
    create(
        "changing",
        "CREATE TABLE changing.kept (id INT, name VARCHAR(10))",
        "CREATE TABLE changing.dropped (id INT)");
    Seen first = read(source(), "changing");
    assertThat(read(source(), "changing").tables()).isEqualTo(first.tables());

    execute(
        "ALTER TABLE changing.kept ADD COLUMN price DECIMAL(10, 2)",
        "DROP TABLE changing.dropped",
        "CREATE TABLE changing.added (id INT)");

    Seen second = read(source(), "changing");
    assertThat(second.tables()).containsOnlyKeys("kept", "added");
    assertThat(second.table("kept").columns())
        .extracting(Column::name)
        .containsExactly("id", "name", "price");
    assertThat(second.table("kept").columns().subList(0, 2))
        .isEqualTo(first.table("kept").columns());
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    kill();
    try {
      CatalogException failure =
          catchThrowableOfType(CatalogException.class, () -> system().open(source()).close());
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("mine").hasMessageContaining("refused");
      assertNoSecret(failure);
    } finally {
      restart();
    }
  }

  @Test
  void aServerThatDiesMidwayIsUnavailable() {
    String columns =
        IntStream.range(0, columnsOfManyTables())
            .mapToObj(i -> "c" + i + " INT")
            .collect(Collectors.joining(", "));
    List<String> statements = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      statements.add("CREATE TABLE dying.t" + i + " (" + columns + ")");
    }
    create("dying", statements.toArray(new String[0]));
    List<String> visited = new ArrayList<>();
    try {
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class,
              () -> {
                try (SourceSession session = system().open(source())) {
                  session.tables(
                      "dying",
                      new SourceSession.Visitor() {
                        @Override
                        public void table(PhysicalTable table, Statistics statistics) {
                          if (visited.isEmpty()) {
                            kill();
                          }
                          visited.add(table.name());
                        }

                        @Override
                        public void unreadable(String table, String reason) {
                          throw new AssertionError(table + ": " + reason);
                        }
                      });
                }
              });
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("mine").hasMessageContaining("dying");
      assertThat(visited).isNotEmpty().hasSizeLessThan(150);
      assertNoSecret(failure);
    } finally {
      restart();
    }
  }

  @Test
  void aWrongSecretIsNamedAndNotShown() {
    Map<String, String> wrong =
        secrets().keySet().stream()
            .collect(Collectors.toMap(key -> key, key -> "wrong-secret-of-a-test"));
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class, () -> system().open(source(options(), wrong)).close());
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(String.valueOf(cause)).doesNotContain("wrong-secret-of-a-test");
    }
    assertThat(failure).hasMessageContaining("password");
  }
}
