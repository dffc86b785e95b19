package io.unifiedcatalog.server;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which part of the server may know which. Each rule is tried on classes that break it, too. */
class ArchitectureTest {
  private static final String SERVER = "io.unifiedcatalog.server";

  private static final JavaClasses server =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(SERVER);

  private static final JavaClasses breaches =
      new ClassFileImporter()
          .withImportOption(new ImportOption.OnlyIncludeTests())
          .importPackages(SERVER)
          .that(simpleName("Breach").or(simpleName("BreachHelper")));

  private static final Map<String, ArchRule> rules =
      new TreeMap<>(
          Map.of(
              "the model knows the JDK and JSpecify only",
              classes()
                  .that()
                  .resideInAPackage(SERVER + ".model")
                  .should()
                  .onlyDependOnClassesThat()
                  .resideInAnyPackage(SERVER + ".model", "java..", "org.jspecify.annotations")
                  .andShould()
                  .onlyDependOnClassesThat()
                  .resideOutsideOfPackages("java.sql.."),
              "no source knows another",
              slices()
                  .matching(SERVER + ".source.(*)..")
                  .should()
                  .notDependOnEachOther()
                  // What sources over JDBC share is there to be used by each of them.
                  .ignoreDependency(alwaysTrue(), resideInAPackage(SERVER + ".source.jdbc")),
              "no kind of schema knows another",
              slices().matching(SERVER + ".schema.(*)..").should().notDependOnEachOther(),
              "no source knows schemas or the store",
              noClasses()
                  .that()
                  .resideInAPackage(SERVER + ".source..")
                  .should()
                  .dependOnClassesThat()
                  .resideInAnyPackage(SERVER + ".schema..", SERVER + ".store.."),
              "no kind of schema knows sources or the store",
              noClasses()
                  .that()
                  .resideInAPackage(SERVER + ".schema..")
                  .should()
                  .dependOnClassesThat()
                  .resideInAnyPackage(SERVER + ".source..", SERVER + ".store.."),
              "only the API knows generated messages",
              noClasses()
                  .that()
                  .resideOutsideOfPackage(SERVER + ".api")
                  .should()
                  .dependOnClassesThat()
                  .resideInAPackage("io.unifiedcatalog.proto.."),
              "only the store and the sources speak SQL",
              noClasses()
                  .that(not(resideInAnyPackage(SERVER + ".store", SERVER + ".source..")))
                  .should()
                  .dependOnClassesThat()
                  .resideInAPackage("java.sql.."),
              "only the table cache caches",
              noClasses()
                  .that()
                  .haveNameNotMatching(".*\\.store\\.TableCache(\\$.*)?")
                  .should()
                  .dependOnClassesThat()
                  .resideInAPackage("com.github.benmanes.caffeine.."),
              "only main knows the API",
              noClasses()
                  .that()
                  .resideOutsideOfPackage(SERVER + ".api")
                  .and()
                  .haveNameNotMatching(".*\\.CatalogServer(\\$.*)?")
                  .should()
                  .dependOnClassesThat()
                  .resideInAPackage(SERVER + ".api"),
              "no class is a helper",
              noClasses().should().haveNameMatching(".*(Manager|Impl|Utils?|Helper)")));

  static Stream<Arguments> rules() {
    return rules.entrySet().stream()
        .map(entry -> Arguments.of(Named.of(entry.getKey(), entry.getValue())));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theServerKeeps(ArchRule rule) {
    assertThat(server).hasSizeGreaterThan(50);
    rule.check(server);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aBreachIsFound(ArchRule rule) {
    assertThat(rule.evaluate(breaches).hasViolation()).isTrue();
  }
}
