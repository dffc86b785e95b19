package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Statistics;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every source that has schemas of its own must do, tried against its real system. */
public abstract class SourceContract extends SourceSystemContract {
  /** Far longer than an abort takes, and far shorter than a session waits for an answer. */
  private static final long PROMPT_SECONDS = 30;

  private @Nullable Bound bound;

  @Override
  protected abstract SqlServer server();

  @Override
  protected abstract SqlServer startVictim();

  /** Quotes a name as the system does. */
  protected abstract String quote(String name);

  /** Statements that make a database anew. */
  protected List<String> creation(String database) {
    return List.of(
        "DROP DATABASE IF EXISTS " + quote(database), "CREATE DATABASE " + quote(database));
  }

  /** How many columns 150 tables have if the connection does not hold them all by itself. */
  protected int columnsOfManyTables() {
    return 200;
  }

  /** Names for a table and its column as odd as the system takes. */
  protected List<String> oddNames() {
    return List.of("Orders", "order lines", "über_größe", "注文", "a.b", "it's", "x-y");
  }

  /** The end of a name of a database that is as odd. */
  protected String oddDatabase() {
    return "Mixed Case";
  }

  /**
   * How Flink sees the types of columns, one a line: {@code type in DDL | as the system prints it |
   * Flink's type, NOT NULL included | part of what is lost}. In place of Flink's type there may be
   * {@code unsupported}, then the last cell is part of the reason; no last cell: nothing is lost.
   * {@code ?} in place of what the system prints: not known, as there was no such system.
   */
  protected abstract String columnTypes();

  /** What follows the columns of the table of {@link #columnTypes}. */
  protected String columnTypesTable() {
    return "";
  }

  @Override
  protected Map<String, String> at(int port) {
    return Map.of("port", String.valueOf(port));
  }

  @Override
  protected Map<String, String> wrongOptions() {
    return Map.of(
        "host", "a/b?x=1",
        "port", "70000",
        "hold-share", "many",
        "database-pattern", "same",
        "include", "a..,",
        "exclude", ".x",
        "property.no-such-property", "1");
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
  protected static class Collecting implements SourceSession.Visitor {
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

  /** A visitor that runs an action at the first table. */
  private static final class Interrupted extends Collecting {
    private final Runnable action;

    Interrupted(Runnable action) {
      this.action = action;
    }

    @Override
    public void table(PhysicalTable table, Statistics statistics) {
      if (seen().tables.isEmpty()) {
        action.run();
      }
      super.table(table, statistics);
    }
  }

  /** Runs statements on the server. */
  protected final void execute(String... statements) {
    server().execute(statements);
  }

  /** Reads a database with a session of its own. */
  protected final Seen read(Source source, String database) {
    Collecting collecting = new Collecting();
    try (SourceSession session = system().open(source)) {
      session.tables(database, collecting);
    }
    return collecting.seen();
  }

  /**
   * Makes a database anew.
   *
   * @param statements in which <code>{db}</code> stands for its name
   * @return its name, which begins with the prefix
   */
  protected final String create(String rest, String... statements) {
    return create(server(), rest, statements);
  }

  private String create(SqlServer on, String rest, String... statements) {
    String database = name(rest);
    on.execute(creation(database).toArray(new String[0]));
    on.execute(
        Arrays.stream(statements)
            .map(statement -> statement.replace("{db}", database))
            .toArray(String[]::new));
    return database;
  }

  /** Many tables with many columns each, of long names: more than all buffers hold on the way. */
  private String createMany(SqlServer on, String rest, int tables) {
    String columns =
        IntStream.range(0, columnsOfManyTables())
            .mapToObj(i -> "c" + i + "_".repeat(50) + " INT")
            .collect(Collectors.joining(", "));
    return create(
        on,
        rest,
        IntStream.range(0, tables)
            .mapToObj(i -> "CREATE TABLE {db}.t" + i + " (" + columns + ")")
            .toArray(String[]::new));
  }

  @Override
  protected final Bound bound() {
    if (bound == null) {
      String database = create("bound", "CREATE TABLE {db}.t (id BIGINT, name VARCHAR(10))");
      bound = new Bound(database, read(source(), database).table("t"));
    }
    return bound;
  }

  @Test
  void namesOfAnyKindAreReadAsTheyAre() {
    List<String> names = oddNames();
    String database = create(oddDatabase());
    for (String name : names) {
      execute(
          "CREATE TABLE "
              + quote(database)
              + "."
              + quote(name)
              + " ("
              + quote(name)
              + " INT NULL)");
    }

    Seen seen = read(source(), database);

    assertThat(seen.tables()).containsOnlyKeys(names);
    names.forEach(name -> assertThat(seen.column(name, name).nullable()).isTrue());
    try (SourceSession session = system().open(source())) {
      assertThat(session.databases()).contains(database).isSorted();
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
    String database = create("wide", "CREATE TABLE {db}.wide (" + columns + ")");

    List<Column> read = read(source(), database).table("wide").columns();

    assertThat(read.stream().map(column -> column.name() + " INT"))
        .containsExactly(columns.split(", ", -1));
  }

  @Test
  void anEmptyDatabaseHasNoTables() {
    Seen seen = read(source(), create("empty"));
    assertThat(seen.tables()).isEmpty();
    assertThat(seen.unreadable()).isEmpty();
  }

  @Test
  void aMissingDatabaseIsNotFoundRatherThanEmpty() {
    String missing = name("no_such_database");
    CatalogException failure =
        catchThrowableOfType(CatalogException.class, () -> read(source(), missing));
    assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(failure).hasMessageContaining(missing).hasMessageContaining("mine");
  }

  @Test
  void patternsLetTablesThrough() {
    String database =
        create(
            "patterns",
            "CREATE TABLE {db}.orders (id INT)",
            "CREATE TABLE {db}.orders_tmp (id INT)",
            "CREATE TABLE {db}.customers (id INT)");
    assertThat(read(source("include", database + ".orders*, other.*"), database).tables())
        .containsOnlyKeys("orders", "orders_tmp");
    assertThat(read(source("exclude", "*.*_tmp"), database).tables())
        .containsOnlyKeys("orders", "customers");
    try (SourceSession session = system().open(source("include", database))) {
      assertThat(session.databases()).containsExactly(database);
    }
    try (SourceSession session = system().open(source("exclude", database + ".*"))) {
      assertThat(session.databases()).doesNotContain(database);
    }
  }

  @Test
  void aSecondReadIsEqualAndAChangeIsSeen() {
    String database =
        create(
            "changing",
            "CREATE TABLE {db}.kept (id INT, name VARCHAR(10))",
            "CREATE TABLE {db}.dropped (id INT)");
    Seen first = read(source(), database);
    assertThat(first.tables()).containsOnlyKeys("kept", "dropped");
    assertThat(read(source(), database).tables()).isEqualTo(first.tables());

    execute(
        "ALTER TABLE " + database + ".kept ADD COLUMN price DECIMAL(10, 2)",
        "DROP TABLE " + database + ".dropped",
        "CREATE TABLE " + database + ".added (id INT)");

    Seen second = read(source(), database);
    assertThat(second.tables()).containsOnlyKeys("kept", "added");
    assertThat(second.table("kept").columns())
        .extracting(Column::name)
        .containsExactly("id", "name", "price");
    assertThat(second.table("kept").columns().subList(0, 2))
        .isEqualTo(first.table("kept").columns());
  }

  @TestFactory
  Stream<DynamicTest> aColumnHasItsNativeTypeAndThatOfFlink() {
    List<List<String>> rows =
        columnTypes()
            .lines()
            .map(line -> Arrays.stream(line.split(" \\| ", -1)).map(String::strip).toList())
            .toList();
    String columns =
        IntStream.range(0, rows.size())
            .mapToObj(i -> "c" + i + " " + rows.get(i).get(0))
            .collect(Collectors.joining(", "));
    String database = create("types", "CREATE TABLE {db}.t (" + columns + ")" + columnTypesTable());
    List<Column> read = read(source(), database).table("t").columns();
    assertThat(read).hasSameSizeAs(rows);
    return IntStream.range(0, rows.size())
        .mapToObj(
            i ->
                DynamicTest.dynamicTest(
                    rows.get(i).get(0), () -> checkType(read.get(i), rows.get(i))));
  }

  private void checkType(Column column, List<String> row) {
    String nativeType = row.get(1);
    if (!nativeType.equals("?")) {
      assertThat(column.nativeType()).isEqualTo(nativeType);
    }
    for (Engine engine : ENGINES) {
      ColumnType type = system().columnType(column, source(), engine);
      String remark;
      if (type instanceof ColumnType.Supported supported) {
        assertThat(supported.type().sql(supported.nullable())).isEqualTo(row.get(2));
        remark = supported.loss();
      } else {
        assertThat(row.get(2)).as(type.toString()).isEqualTo("unsupported");
        remark = ((ColumnType.Unsupported) type).reason();
        assertThat(remark).endsWith(".");
      }
      if (row.size() > 3) {
        assertThat(remark).contains(row.get(3));
      } else {
        assertThat(remark).isEmpty();
      }
    }
  }

  @Test
  void aTableThatTakesNoRowsIsNoSink() {
    Bound bound = with(bound(), Facts.WRITABLE, "false");
    for (Engine engine : ENGINES) {
      refusedBinding(bound, Role.SINK, engine, "cannot be written");
      assertThat(
              system()
                  .binding(request(guarded(), bound, Role.SOURCE, RuntimeMode.BATCH, engine))
                  .options())
          .isNotEmpty();
    }
  }

  @Test
  void aTableThatTheSystemCannotOpenIsRefusedWithItsReason() {
    Bound bound = with(bound(), Facts.BROKEN, "its file is gone");
    for (Engine engine : ENGINES) {
      for (Role role : Role.values()) {
        refusedBinding(bound, role, engine, "cannot be read now: its file is gone");
      }
    }
  }

  @Test
  void aTableWithoutAColumnThatFlinkCanUseIsRefused() {
    assumeTrue(hasColumnsThatFlinkCannotUse());
    PhysicalTable table = bound().table();
    Column odd = new Column("odd", "unheard_of", true, "", Map.of());
    Bound bound = new Bound("db", withColumns(table, List.of(odd)));
    for (Engine engine : ENGINES) {
      for (Role role : Role.values()) {
        refusedBinding(bound, role, engine, "has no column that Flink can use");
      }
    }
  }

  @Test
  void aGeneratedColumnIsReadAndNotWritten() {
    PhysicalTable table = bound().table();
    Column id = table.columns().get(0);
    Column generated =
        new Column("twice", id.nativeType(), id.nullable(), "", Map.of(Facts.GENERATED, "id * 2"));
    Bound bound = new Bound("db", withColumns(table, List.of(id, generated)));
    for (Engine engine : ENGINES) {
      if (refusesGeneratedColumns(engine)) {
        refusedBinding(bound, Role.SINK, engine, "'twice' is generated");
      } else {
        // The connector refuses it when a statement names it.
        assertThat(
                system()
                    .binding(request(guarded(), bound, Role.SINK, RuntimeMode.BATCH, engine))
                    .options())
            .anyMatch(
                option ->
                    option.key().equals("column-types")
                        && String.valueOf(option.value()).contains("`twice` ")
                        && String.valueOf(option.value()).endsWith(" GENERATED"));
      }
      assertThat(
              system()
                  .binding(request(guarded(), bound, Role.SOURCE, RuntimeMode.BATCH, engine))
                  .options())
          .isNotEmpty();
    }
  }

  /** Whether there are types that Flink does not read. */
  protected boolean hasColumnsThatFlinkCannotUse() {
    return true;
  }

  /** Whether a table with a generated column cannot be written at all. */
  protected boolean refusesGeneratedColumns(Engine engine) {
    return true;
  }

  private void refusedBinding(Bound bound, Role role, Engine engine, String why) {
    CatalogException failure =
        catchThrowableOfType(
            CatalogException.class,
            () -> system().binding(request(guarded(), bound, role, RuntimeMode.STREAMING, engine)));
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure.reason()).isEqualTo("TABLE_NOT_REACHABLE");
    assertThat(failure)
        .hasMessageContaining("'" + bound.nativeDatabase() + "." + bound.table().name() + "'")
        .hasMessageContaining(why);
  }

  private static Bound with(Bound bound, String fact, String value) {
    PhysicalTable table = bound.table();
    Map<String, String> facts = new HashMap<>(table.facts());
    facts.put(fact, value);
    return new Bound(
        bound.nativeDatabase(),
        new PhysicalTable(
            table.name(), table.kind(), table.columns(), null, List.of(), List.of(), "", facts));
  }

  private static PhysicalTable withColumns(PhysicalTable table, List<Column> columns) {
    return new PhysicalTable(
        table.name(), table.kind(), columns, null, List.of(), List.of(), "", table.facts());
  }

  // Some of many: what an abort meets depends on how far the reader is with its question.
  @RepeatedTest(10)
  void aReadThatGetsNoAnswerEndsWhenItIsAbortedAndLeavesNoConnection() throws Exception {
    String database = create("stalled", "CREATE TABLE {db}.t (id INT)");
    int port = Integer.parseInt(server().options().get("port"));
    try (StallingProxy proxy = new StallingProxy(port)) {
      SourceSession session = system().open(sourceAt(proxy.port()));
      CompletableFuture<CatalogException> read;
      try {
        assertThat(proxy.connections()).isPositive();
        proxy.stall();
        read =
            CompletableFuture.supplyAsync(
                () ->
                    catchThrowableOfType(
                        CatalogException.class, () -> session.tables(database, new Collecting())));
        assertThat(proxy.awaitQuestion()).isTrue();

        session.abort();

        assertAborted(read.get(PROMPT_SECONDS, TimeUnit.SECONDS));
      } finally {
        session.close();
      }
      Awaitility.await().until(proxy::connections, open -> open == 0);
    }
  }

  @Test
  void aReadThatIsAbortedMidwayIsUnavailableAndNotShort() {
    int tables = 20;
    String database = createMany(server(), "aborted", tables);
    Seen seen;
    try (SourceSession session = system().open(source())) {
      Interrupted visitor =
          new Interrupted(() -> CompletableFuture.runAsync(session::abort).join());
      assertAborted(
          catchThrowableOfType(CatalogException.class, () -> session.tables(database, visitor)));
      seen = visitor.seen();
      // It has no effect to go on.
      assertAborted(catchThrowableOfType(CatalogException.class, session::databases));
      assertAborted(
          catchThrowableOfType(
              CatalogException.class, () -> session.tables(database, new Collecting())));
    }
    assertThat(seen.tables()).hasSizeBetween(1, tables - 1);
    assertThat(seen.unreadable()).isEmpty();
    assertThat(read(source(), database).tables()).hasSize(tables);
  }

  private void assertAborted(CatalogException failure) {
    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.reason()).isEqualTo("SOURCE_UNAVAILABLE");
    assertThat(failure).hasMessageContaining("'mine'");
    assertHides(failure, server().secrets().values());
  }

  private SqlServer sqlVictim() {
    return (SqlServer) victim();
  }

  @Test
  @Tag("kill")
  void aServerThatIsNotThereIsUnavailable() {
    SqlServer dying = sqlVictim();
    dying.kill();
    try {
      CatalogException failure = failure(source(dying));
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("mine").hasMessageContaining("refused");
      assertHides(failure, dying.secrets().values());
    } finally {
      dying.restart();
    }
  }

  @Test
  @Tag("kill")
  void aServerThatDiesMidwayIsUnavailable() {
    SqlServer dying = sqlVictim();
    String database = createMany(dying, "dying", 150);
    Interrupted visitor = new Interrupted(dying::kill);
    try {
      CatalogException failure =
          catchThrowableOfType(
              CatalogException.class,
              () -> {
                try (SourceSession session = system().open(source(dying))) {
                  session.tables(database, visitor);
                }
              });
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("mine").hasMessageContaining("dying");
      assertThat(visitor.seen().tables()).hasSizeBetween(1, 149);
      assertThat(visitor.seen().unreadable()).isEmpty();
      assertHides(failure, dying.secrets().values());
    } finally {
      dying.restart();
    }
    assertThat(read(source(dying), database).tables()).hasSize(150);
  }
}
