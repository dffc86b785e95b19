package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.Statistics;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every source whose tables are registered must do, tried against its real system. */
public abstract class RegisteringSourceContract extends SourceSystemContract {
  /** Far longer than an abort takes, and far shorter than a session waits for an answer. */
  private static final long PROMPT_SECONDS = 30;

  private static final List<Column> COLUMNS =
      List.of(
          new Column("id", "BIGINT", true, "", Map.of()),
          new Column("name", "STRING", true, "", Map.of()));

  @Override
  protected abstract RegisteringSystem system();

  /** What a session says that the server is. */
  protected abstract Pattern systemVersion();

  /** Makes something that a table can be over; it holds the key or partition that is asked for. */
  protected abstract void createObject(SourceServer on, String object) throws Exception;

  /** A registration of a table over something of {@link #createObject}. */
  protected abstract Registration registration(String object);

  /** Whether a session lists what tables can be over, so that it can tell what has none. */
  protected abstract boolean listsObjects();

  /** Whether a check can make what a table is over. */
  protected abstract boolean createsObjects();

  /** Whether a session can propose a table from samples of the data. */
  protected abstract boolean infers();

  /** Whether {@link #guarded} names a registry of schemas, which sources of this kind may have. */
  protected abstract boolean hasRegistry();

  /** Options that end an attempt to reach a server that is away after two seconds or less. */
  protected abstract String[] impatience();

  /** The table of a registration. */
  private PhysicalTable table(Registration registration) {
    return system().table("t", registration, Map.of(), COLUMNS, "");
  }

  @Override
  protected Bound bound() {
    return new Bound("mine", table(registration(name("bound"))));
  }

  @Test
  void aSessionTellsItsVersionAndHasNothingToCrawl() {
    try (RegisteringSession session = system().open(source())) {
      assertThat(session.systemVersion()).matches(systemVersion());
      assertThat(session.databases()).isEmpty();
      session.tables(
          "mine",
          new SourceSession.Visitor() {
            @Override
            public void table(PhysicalTable table, Statistics statistics) {
              throw new AssertionError(table);
            }

            @Override
            public void unreadable(String table, String reason) {
              throw new AssertionError(table + ": " + reason);
            }
          });
    }
  }

  @Test
  void aSessionListsWhatTablesCanBeOverIfItsSystemHasSuchAList() throws Exception {
    String first = name("listed-a");
    String second = name("listed-b");
    createObject(server(), second);
    createObject(server(), first);
    try (RegisteringSession session = system().open(source())) {
      if (listsObjects()) {
        assertThat(session.objects()).containsSubsequence(first, second).isSorted();
        assertThat(session.objectOf(registration(first))).hasValue(first);
      } else {
        assertThat(session.objects()).isEmpty();
        assertThat(session.objectOf(registration(first))).isEmpty();
      }
      // Without a registry of schemas there is nothing to go by.
      assertThat(session.proposal(first)).isEmpty();
    }
  }

  @Test
  void aTableIsCheckedAndWhatItLacksIsAWarning() throws Exception {
    String there = name("checked");
    String missing = name("missing");
    createObject(server(), there);
    try (RegisteringSession session = system().open(source())) {
      RegisteringSession.Check good = session.check(registration(there), null);
      assertThat(good.notes()).singleElement().asString().contains(there).endsWith(".");
      assertThat(good.warnings()).isEmpty();

      RegisteringSession.Check bad = session.check(registration(missing), null);
      assertThat(bad.notes()).isEmpty();
      assertThat(bad.warnings())
          .singleElement()
          .asString()
          .contains(missing, "source 'mine'")
          .endsWith(".");
      // To check is to make nothing.
      assertThat(session.check(registration(missing), null)).isEqualTo(bad);
    }
  }

  @Test
  void whatATableLacksIsMadeIfItsSystemCanMakeIt() {
    String made = name("made");
    try (RegisteringSession session = system().open(source())) {
      if (createsObjects()) {
        RegisteringSession.Check created = session.check(registration(made), Map.of());
        assertThat(created.notes()).singleElement().asString().contains(made, "created");
        assertThat(created.warnings()).isEmpty();
        Awaitility.await().until(session::objects, objects -> objects.contains(made));
        assertThat(session.check(registration(made), null).warnings()).isEmpty();
      } else {
        CatalogException refused = refusedCreation(session, made, Map.of());
        assertThat(refused.violations()).extracting(Violation::field).containsExactly("create");
      }
    }
  }

  @Test
  void anOptionToMakeItWithThatIsUnknownIsRefusedAndNothingIsMade() {
    String unmade = name("unmade");
    try (RegisteringSession session = system().open(source())) {
      CatalogException refused = refusedCreation(session, unmade, Map.of("no-such-option", "1"));
      assertThat(refused.violations())
          .extracting(Violation::field)
          .containsExactly(createsObjects() ? "create.options.no-such-option" : "create");
      assertThat(session.check(registration(unmade), null).warnings()).hasSize(1);
    }
  }

  private CatalogException refusedCreation(
      RegisteringSession session, String object, Map<String, String> options) {
    CatalogException refused =
        catchThrowableOfType(
            CatalogException.class, () -> session.check(registration(object), options));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining(object).hasMessageContaining("cannot be created");
    return refused;
  }

  @Test
  void aTableIsInferredOnlyWhereTheDataSaysWhatItIs() {
    try (RegisteringSession session = system().open(source())) {
      CatalogException refused =
          catchThrowableOfType(
              CatalogException.class, () -> session.infer(Map.of("no-such-option", "1"), 10, 100));
      if (infers()) {
        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused.violations())
            .extracting(Violation::field)
            .contains("options.no-such-option");
      } else {
        assertThat(refused.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
        assertThat(refused.reason()).isEqualTo("NOT_INFERRED");
        assertThat(refused).hasMessageContaining("Register one with its columns or a schema.");
      }
    }
  }

  @Test
  void aRegistryIsThatOfTheOptions() {
    assertThat(system().registry(source())).isEmpty();
    assertThat(system().registry(guarded()).isPresent()).isEqualTo(hasRegistry());
    assertThat(otherOptions().keySet().stream().anyMatch(key -> key.contains("registry")))
        .isEqualTo(hasRegistry());
  }

  @Test
  void aRegisteredColumnHasTheTypeOfItsRegistration() {
    Column plain = new Column("c", "DECIMAL(10, 2)", false, "", Map.of());
    Column ofSchema = new Column("c", "int32", true, "", Map.of(Facts.FLINK_TYPE, "INT"));
    Column unknown = new Column("c", "int32", true, "", Map.of());
    for (Engine engine : ENGINES) {
      assertThat(sql(plain, engine)).isEqualTo("DECIMAL(10, 2) NOT NULL");
      assertThat(sql(ofSchema, engine)).isEqualTo("INT");
      assertThat(system().columnType(unknown, source(), engine))
          .isInstanceOfSatisfying(
              ColumnType.Unsupported.class, it -> assertThat(it.reason()).contains("int32"));
    }
  }

  private String sql(Column column, Engine engine) {
    ColumnType.Supported type =
        (ColumnType.Supported) system().columnType(column, source(), engine);
    assertThat(type.loss()).isEmpty();
    return type.type().sql(type.nullable());
  }

  @Test
  void aTableThatWasNotRegisteredHasNoBinding() {
    PhysicalTable crawled =
        new PhysicalTable(
            "t", PhysicalTable.Kind.TABLE, COLUMNS, null, List.of(), List.of(), "", Map.of());
    Bound bound = new Bound("mine", crawled);
    assertThat(
            catchThrowableOfType(
                IllegalArgumentException.class,
                () ->
                    system()
                        .binding(request(guarded(), bound, Role.SOURCE, RuntimeMode.BATCH, FLINK))))
        .hasMessageContaining("was not registered");
  }

  @Test
  void aCheckThatIsAbortedEnds() throws Exception {
    Registration registration = registration(name("aborted"));
    try (RegisteringSession session = system().open(source())) {
      CountDownLatch checking = new CountDownLatch(100);
      CompletableFuture<CatalogException> aborted =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowableOfType(
                      CatalogException.class,
                      () -> {
                        while (true) {
                          session.check(registration, null);
                          checking.countDown();
                        }
                      }));
      assertThat(checking.await(1, TimeUnit.MINUTES)).isTrue();

      session.abort();

      assertAborted(aborted.get(PROMPT_SECONDS, TimeUnit.SECONDS));
      // It has no effect to go on.
      assertAborted(
          catchThrowableOfType(CatalogException.class, () -> session.check(registration, null)));
    }
  }

  private void assertAborted(CatalogException failure) {
    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.reason()).isEqualTo("SOURCE_UNAVAILABLE");
    assertThat(failure).hasMessageContaining("'mine'");
    assertHides(failure, server().secrets().values());
  }

  @Test
  @Tag("kill")
  void aServerThatDiesIsUnavailableUntilItIsBack() throws Exception {
    SourceServer dying = victim();
    String object = name("survives");
    createObject(dying, object);
    RegisteringSession session = system().open(source(dying, impatience()));
    try {
      assertThat(session.check(registration(object), null).notes()).hasSize(1);
      dying.kill();
      CatalogException midway =
          catchThrowableOfType(
              CatalogException.class, () -> session.check(registration(object), null));
      assertThat(midway.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(midway.reason()).isEqualTo("SOURCE_UNAVAILABLE");
      session.close();
      CatalogException refused = failure(source(dying, impatience()));
      assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(refused.reason()).isEqualTo("SOURCE_UNAVAILABLE");
      assertThat(refused).hasMessageContaining("'mine'").hasMessageContaining("refused");
      assertHides(refused, dying.secrets().values());
    } finally {
      session.close();
      dying.restart();
    }
    try (RegisteringSession again = system().open(source(dying))) {
      assertThat(again.check(registration(object), null).notes()).hasSize(1);
      assertThat(again.check(registration(object), null).warnings()).isEmpty();
    }
  }
}
