package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Option;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every source must do, whether its tables are crawled or registered, tried against its real
 * system. Names of what a test makes come from {@link #name}, as other classes may use the server.
 */
@ExtendWith(SharedServers.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SourceSystemContract {
  /** The newest release that is supported. */
  protected static final Engine FLINK = new Engine("flink", "2.3.0");

  /** One of Flink 1, which has other connectors. */
  protected static final Engine FLINK_1 = new Engine("flink", "1.20.3");

  /** Each engine that is supported. */
  protected static final List<Engine> ENGINES =
      List.of(FLINK_1, new Engine("flink", "2.2.0"), FLINK);

  /** A secret that is none of the server's. */
  protected static final String WRONG = "wrong-secret-of-a-test";

  private static final List<Engine> UNKNOWN_ENGINES =
      List.of(
          new Engine("flink", "1.19.1"),
          new Engine("flink", "1.2"),
          new Engine("flink", "3.0"),
          new Engine("spark", "2.3"));

  private Prefix prefix;
  private @Nullable SourceServer victim;

  /** The system. */
  protected abstract SourceSystem system();

  /** The server; other classes may use it, too. */
  protected abstract SourceServer server();

  /**
   * A server that is killed: nothing but the tests of this class uses it. {@link #server} itself,
   * if that is so. Asked for once, by the first test that needs it.
   */
  protected abstract SourceServer startVictim();

  /** The options that say where the server is, with a port of 127.0.0.1 in its place. */
  protected abstract Map<String, String> at(int port);

  /** A source that logs in with this in place of each secret. */
  protected Source withSecret(String secret) {
    return source(
        server().options(),
        server().secrets().keySet().stream().collect(Collectors.toMap(key -> key, key -> secret)));
  }

  /** Whether the server asks who it is that connects. */
  protected boolean hasLogin() {
    return true;
  }

  /** Values that are wrong, of options that are checked each by itself. */
  protected abstract Map<String, String> wrongOptions();

  /** A source with every secret of its kind. Nothing connects to it. */
  protected Source guarded() {
    return source();
  }

  /**
   * The options that say where secrets go and how they are guarded on their way, each with a value
   * other than that of {@link #guarded}.
   */
  protected abstract Map<String, String> destinations();

  /** The same of all other options of the kind. */
  protected abstract Map<String, String> otherOptions();

  /** A table that can be read and written, and its database in the source. */
  public record Bound(String nativeDatabase, PhysicalTable table) {}

  /** A table of two columns, the BIGINT {@code id} and the text {@code name}. */
  protected abstract Bound bound();

  /**
   * What a binding of {@link #bound} to {@link #guarded} must be.
   *
   * @param fixed all options that cannot be tuned but the secrets
   * @param secrets all options that are secret
   * @param presets all tunable options that have a value
   * @param tunable some of the tunable options that have none
   * @param artifacts how the coordinates of each jar begin
   */
  public record ExpectedBinding(
      Map<String, String> fixed,
      Map<String, String> secrets,
      Map<String, String> presets,
      List<String> tunable,
      List<String> artifacts) {}

  /** What a binding must be. */
  protected abstract ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine);

  @BeforeAll
  void takePrefix(Prefix ofThisClass) {
    prefix = ofThisClass;
  }

  @AfterAll
  void closeVictim() {
    if (victim != null && victim != server()) {
      victim.close();
    }
  }

  /** The server that is killed. */
  protected final SourceServer victim() {
    if (victim == null) {
      victim = startVictim();
    }
    return victim;
  }

  /** A name that no other class uses. */
  protected final String name(String rest) {
    return prefix.name(rest);
  }

  /** The source with some options changed; a null value removes one. */
  protected final Source source(@Nullable String... changes) {
    return source(server(), changes);
  }

  /** A source on a server. */
  protected final Source source(SourceServer server, @Nullable String... changes) {
    Map<String, String> options = new HashMap<>(server.options());
    for (int i = 0; i < changes.length; i += 2) {
      if (changes[i + 1] == null) {
        options.remove(changes[i]);
      } else {
        options.put(changes[i], changes[i + 1]);
      }
    }
    return source(options, server.secrets());
  }

  /** A source with exactly these options. */
  protected final Source source(Map<String, String> options, Map<String, String> secrets) {
    return new Source(
        UUID.randomUUID(),
        "mine",
        system().kind(),
        options,
        secrets.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
        1);
  }

  /** The source, at another port. */
  protected final Source sourceAt(int port) {
    Map<String, String> options = new HashMap<>(server().options());
    options.putAll(at(port));
    return source(options, server().secrets());
  }

  /** Why a valid source cannot be opened. */
  protected final CatalogException failure(Source source) {
    assertThat(system().validate(source)).isEmpty();
    return catchThrowableOfType(CatalogException.class, () -> system().open(source).close());
  }

  /** A failure may tell no secret. */
  protected static void assertHides(Throwable failure, Collection<String> secrets) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      for (String secret : secrets) {
        assertThat(String.valueOf(cause)).doesNotContain(secret);
      }
    }
  }

  @Test
  void theKindIsKnownByItsName() {
    assertThat(SourceSystems.get(system().kind())).hasSameClassAs(system());
    assertThat(SourceSystems.all())
        .filteredOn(one -> one.kind().equals(system().kind()))
        .hasSize(1);
    assertThat(system().kind()).matches("[a-z]+");
    assertThat(system().mappingVersion()).isPositive();
  }

  @Test
  void aValidSourceHasNoViolation() {
    assertThat(system().validate(source())).isEmpty();
  }

  @Test
  void everythingWrongIsReportedAtOnceAndNoSecretIsShown() {
    Map<String, String> options = new HashMap<>(server().options());
    options.putAll(wrongOptions());
    options.put("no-such-option", "1");
    options.put("password", WRONG);
    Map<String, String> secrets = new HashMap<>(server().secrets());
    secrets.put("no-such-secret", WRONG);
    Set<String> fields = new TreeSet<>(List.of("source.secrets.no-such-secret"));
    List.of("no-such-option", "password").forEach(key -> fields.add("source.options." + key));
    wrongOptions().keySet().forEach(key -> fields.add("source.options." + key));

    List<Violation> violations = system().validate(source(options, secrets));

    assertThat(violations).extracting(Violation::field).containsExactlyInAnyOrderElementsOf(fields);
    assertThat(violations).allSatisfy(one -> assertThat(one.message()).endsWith("."));
    assertThat(message(violations, "source.options.password"))
        .isEqualTo("is a secret. Give it among the secrets, not among the options.");
    assertThat(violations.toString()).doesNotContain(WRONG);
  }

  private static String message(List<Violation> violations, String field) {
    return violations.stream()
        .filter(one -> one.field().equals(field))
        .map(Violation::message)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void eachOptionIsKnownToSayWhereSecretsGoOrNot() {
    String known =
        message(system().validate(source("no-such-option", "1")), "source.options.no-such-option");
    Set<String> declared = new TreeSet<>();
    Stream.of(destinations(), otherOptions())
        .flatMap(options -> options.keySet().stream())
        // A property of a driver: one stands for all.
        .forEach(key -> declared.add(key.replaceFirst("^property\\..*", "property.NAME")));

    assertThat(known).contains("Known options: ");
    assertThat(known.replaceFirst(".*Known options: ", "").replaceFirst("\\.$", "").split(", "))
        .containsExactlyInAnyOrderElementsOf(declared);
    assertThat(destinations()).doesNotContainKeys(otherOptions().keySet().toArray(new String[0]));
  }

  @TestFactory
  Stream<DynamicTest> aChangeOfWhereSecretsGoIsAnotherDestination() {
    return changes(destinations(), false);
  }

  @TestFactory
  Stream<DynamicTest> anyOtherChangeIsTheSameDestination() {
    return changes(otherOptions(), true);
  }

  private Stream<DynamicTest> changes(Map<String, String> changes, boolean same) {
    return new TreeMap<>(changes)
        .entrySet().stream()
            .map(
                change ->
                    DynamicTest.dynamicTest(
                        change.getKey(),
                        () -> {
                          Source before = guarded();
                          Map<String, String> options = new HashMap<>(before.options());
                          assertThat(options.put(change.getKey(), change.getValue()))
                              .isNotEqualTo(change.getValue());
                          Source after = withOptions(before, options);
                          assertThat(system().isSameDestination(before, after)).isEqualTo(same);
                          // The same option, taken back.
                          assertThat(system().isSameDestination(after, before)).isEqualTo(same);
                        }));
  }

  private static Source withOptions(Source source, Map<String, String> options) {
    return new Source(
        source.id(), source.name(), source.kind(), options, source.secrets(), source.version());
  }

  @Test
  void anotherSecretGoesToTheSameDestination() {
    Source before = guarded();
    Source after =
        source(
            before.options(),
            before.secrets().keySet().stream().collect(Collectors.toMap(key -> key, key -> WRONG)));
    assertThat(system().isSameDestination(before, after)).isTrue();
    assertThat(system().isSameDestination(before, before)).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> aBindingSaysHowAnEngineReachesATableAndWhatCannotBeTuned() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Engine engine : ENGINES) {
      for (Role role : Role.values()) {
        for (RuntimeMode mode : RuntimeMode.values()) {
          tests.add(
              DynamicTest.dynamicTest(
                  engine.name() + " " + engine.version() + ", " + role + ", " + mode,
                  () -> checkBinding(role, mode, engine)));
        }
      }
    }
    return tests.stream();
  }

  private void checkBinding(Role role, RuntimeMode mode, Engine engine) {
    Bound bound = bound();
    Source source = guarded();
    ExpectedBinding expected = expectedBinding(bound, role, mode, engine);

    Binding binding = system().binding(request(source, bound, role, mode, engine));

    List<Option> options = binding.options();
    assertThat(options).extracting(Option::key).doesNotHaveDuplicates();
    assertThat(values(options, option -> !option.tunable() && !option.secret()))
        .containsExactlyInAnyOrderEntriesOf(expected.fixed);
    assertThat(values(options, Option::secret))
        .containsExactlyInAnyOrderEntriesOf(expected.secrets);
    assertThat(options).filteredOn(Option::secret).noneMatch(Option::tunable);
    assertThat(values(options, option -> option.tunable() && option.value() != null))
        .containsExactlyInAnyOrderEntriesOf(expected.presets);
    assertThat(options)
        .filteredOn(option -> option.tunable() && option.value() == null)
        .extracting(Option::key)
        .containsAll(expected.tunable);
    List<String> secrets = source.secrets().values().stream().map(Secret::reveal).toList();
    assertThat(options)
        .filteredOn(option -> !option.secret())
        .allSatisfy(
            option ->
                assertThat(String.valueOf(option.value()))
                    .doesNotContain(secrets.toArray(new String[0])));
    assertThat(binding.toString()).doesNotContain(secrets.toArray(new String[0]));
    assertThat(binding.artifacts()).hasSameSizeAs(expected.artifacts);
    for (int i = 0; i < expected.artifacts.size(); i++) {
      Binding.Artifact artifact = binding.artifacts().get(i);
      assertThat(artifact.coordinates())
          .startsWith(expected.artifacts.get(i))
          .matches("[a-z0-9.-]+:[a-z0-9.-]+:[^:]+");
      assertThat(artifact.probeClass()).matches("[a-z0-9_.]+[.][A-Z][A-Za-z]+");
    }
  }

  private static Map<String, String> values(List<Option> options, Predicate<Option> which) {
    Map<String, String> values = new TreeMap<>();
    options.stream()
        .filter(which)
        .forEach(option -> values.put(option.key(), String.valueOf(option.value())));
    return values;
  }

  /** A request for a table without formats, by no primary key. */
  protected static BindingRequest request(
      Source source, Bound bound, Role role, RuntimeMode mode, Engine engine) {
    return new BindingRequest(source, bound.nativeDatabase(), bound.table(), role, mode, engine);
  }

  @Test
  void anEngineThatNoConnectorIsForIsRefused() {
    Bound bound = bound();
    for (Engine engine : UNKNOWN_ENGINES) {
      for (Role role : Role.values()) {
        CatalogException failure =
            catchThrowableOfType(
                CatalogException.class,
                () -> system().binding(request(guarded(), bound, role, RuntimeMode.BATCH, engine)));
        assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
        assertThat(failure.reason()).isEqualTo("ENGINE_UNSUPPORTED");
        assertThat(failure)
            .hasMessageEndingWith(
                " tables cannot be reached by "
                    + engine.name()
                    + " "
                    + engine.version()
                    + ". Use flink 1.20 or 2.x.");
      }
    }
  }

  @Test
  void aWrongSecretIsNamedAndNotShown() {
    CatalogException failure = failure(withSecret(WRONG));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.reason())
        .isEqualTo(hasLogin() ? "SOURCE_REFUSED_CREDENTIALS" : "SOURCE_UNAVAILABLE");
    assertThat(failure).hasMessageContaining("'mine'");
    if (hasLogin()) {
      assertThat(failure).hasMessageContaining("user").hasMessageContaining("password");
    }
    assertHides(failure, List.of(WRONG));
  }

  @Test
  void anAddressWhereNothingListensIsUnavailable() throws Exception {
    try (ClosedPort closed = new ClosedPort()) {
      CatalogException failure = failure(sourceAt(closed.number()));
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure.reason()).isEqualTo("SOURCE_UNAVAILABLE");
      assertThat(failure).hasMessageContaining("'mine'").hasMessageContaining("refused");
      assertThat(failure).hasMessageContaining("can be reached from here");
      assertHides(failure, server().secrets().values());
    }
  }
}
