package io.unifiedcatalog.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConfigTest {
  @TempDir Path directory;

  private static ServerConfig flags(String... flags) {
    return ServerConfig.read(List.of(flags), Map.of());
  }

  private static List<Violation> violations(Map<String, String> environment, String... flags) {
    return catchThrowableOfType(
            CatalogException.class, () -> ServerConfig.read(List.of(flags), environment))
        .violations();
  }

  @Test
  void unlessToldOtherwiseItListensOnLoopbackWithAnEmbeddedStore() {
    ServerConfig config = flags();
    assertThat(config.listen().getAddress().isLoopbackAddress()).isTrue();
    assertThat(config.listen().getPort()).isEqualTo(8431);
    assertThat(config.store()).isNull();
    assertThat(config.keyFile()).isEqualTo(config.dataDirectory().resolve("secret.key"));
    assertThat(config.storeBinaries()).isEqualTo(config.dataDirectory().resolve("store"));
    assertThat(config.leaseTime()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void theSchedulerLooksEveryFiveSecondsUnlessItIsToldOtherwiseOrSwitchedOff() {
    assertThat(flags().schedulerInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(flags().scheduledCrawls()).isEqualTo(4);
    assertThat(flags("--scheduler-interval=1s", "--scheduled-crawls=9").scheduledCrawls())
        .isEqualTo(9);
    assertThat(flags("--scheduler=off").schedulerInterval()).isNull();
    assertThat(
            violations(
                Map.of(), "--scheduler=maybe", "--scheduler-interval=21s", "--scheduled-crawls=0"))
        .containsExactly(
            new Violation("--scheduler", "'maybe' is neither on nor off"),
            new Violation("--scheduled-crawls", "'0' is no number from 1 to 100"),
            new Violation(
                "--scheduler-interval",
                "is more than 20s. Set scheduler to off to let it never look"));
  }

  @Test
  void aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("catalog.properties"),
            "listen=127.0.0.1:1\ndata-dir=/from/file\nlease-time=7s\n");
    ServerConfig config =
        ServerConfig.read(
            List.of("--listen=127.0.0.1:3", "--config", file.toString()),
            Map.of(
                "UNIFIED_CATALOG_LISTEN", "127.0.0.1:2",
                "UNIFIED_CATALOG_DATA_DIR", "/from/environment",
                "PATH", "/bin"));
    assertThat(config.listen().getPort()).isEqualTo(3);
    assertThat(config.dataDirectory()).isEqualTo(Path.of("/from/environment"));
    assertThat(config.leaseTime()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void everythingThatIsWrongIsReportedAtOnceWithWhereItCameFrom() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("catalog.properties"), "drain-time=soon\ncolour=red\nstore=mysql\n");
    List<Violation> violations =
        violations(
            Map.of("UNIFIED_CATALOG_LEASE_TIME", "1ms", "UNIFIED_CATALOG_COLOUR", "blue"),
            "--listen",
            "nonsense",
            "--no-such-flag",
            "value",
            "stray",
            "--catalog-token-file=/does/not/exist",
            "--config=" + file);
    assertThat(violations)
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "--no-such-flag",
            "stray",
            "UNIFIED_CATALOG_COLOUR",
            "colour in " + file,
            "drain-time in " + file,
            "store in " + file,
            "UNIFIED_CATALOG_LEASE_TIME",
            "--listen",
            "--catalog-token-file",
            "binding-token-file");
    assertThat(violations)
        .filteredOn(violation -> violation.field().equals("--no-such-flag"))
        .first()
        .extracting(Violation::message)
        .asString()
        .startsWith("no setting has this name. Known are binding-token-file, call-deadline,");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:8431", "[::]:8431", "192.0.2.1:8431"})
  void anotherAddressThanLoopbackNeedsBothTokenFiles(String address) throws IOException {
    assertThat(violations(Map.of(), "--listen", address))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("--listen");
              assertThat(violation.message())
                  .contains("catalog-token-file")
                  .contains("binding-token-file");
            });
    Path catalog = Files.writeString(directory.resolve("catalog"), "token");
    Path binding = Files.writeString(directory.resolve("binding"), "token");
    assertThat(
            violations(Map.of(), "--listen", address, "--catalog-token-file", catalog.toString()))
        .isNotEmpty();
    assertThat(
            flags(
                    "--listen",
                    address,
                    "--catalog-token-file",
                    catalog.toString(),
                    "--binding-token-file",
                    binding.toString())
                .bindingTokenFile())
        .isEqualTo(binding);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:0", "localhost:1", "[::1]:2", "127.1.2.3:65535"})
  void loopbackNeedsNoToken(String address) {
    assertThat(flags("--listen", address).catalogTokenFile()).isNull();
  }

  @Test
  void authenticationIsTurnedOffOnLoopbackOnlyAndNotBesideTokens() throws IOException {
    assertThat(flags("--listen=127.0.0.1:0").noAuth()).isFalse();
    assertThat(flags("--no-auth").noAuth()).isTrue();
    assertThat(flags("--no-auth", "--listen=127.0.0.1:0").noAuth()).isTrue();
    assertThat(flags("--no-auth", "off").noAuth()).isFalse();
    assertThat(flags("--no-auth=on").noAuth()).isTrue();
    assertThat(ServerConfig.read(List.of(), Map.of("UNIFIED_CATALOG_NO_AUTH", "on")).noAuth())
        .isTrue();
    assertThat(violations(Map.of(), "--no-auth", "--listen=0.0.0.0:1"))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("--no-auth");
              assertThat(violation.message()).contains("loopback only").contains("--listen");
            });
    Path catalog = Files.writeString(directory.resolve("catalog"), "token");
    Path binding = Files.writeString(directory.resolve("binding"), "token");
    assertThat(
            violations(
                Map.of(),
                "--no-auth",
                "--catalog-token-file=" + catalog,
                "--binding-token-file=" + binding))
        .singleElement()
        .extracting(Violation::message)
        .asString()
        .contains("Leave out one of the two");
  }

  @Test
  void aFileThatOthersCanWriteIsRefused() throws IOException {
    Path catalog = Files.writeString(directory.resolve("catalog"), "token");
    Path binding = Files.writeString(directory.resolve("binding"), "token");
    Path config = Files.writeString(directory.resolve("config"), "lease-time=7s\n");
    for (Path file : List.of(catalog, config)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    }
    assertThat(
            violations(
                Map.of(),
                "--catalog-token-file=" + catalog,
                "--binding-token-file=" + binding,
                "--webhook-url=http://127.0.0.1/",
                "--webhook-secret-file=" + catalog,
                "--store=jdbc:postgresql://127.0.0.1/catalog",
                "--store-password-file=" + catalog,
                "--config=" + config))
        .allSatisfy(violation -> assertThat(violation.message()).contains("chmod go-w"))
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "--catalog-token-file", "--webhook-secret-file", "--store-password-file", "--config");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.0.0.1:65536", ":1", "host:port", "no.such.invalid:1"})
  void anAddressThatIsNoneIsRefused(String address) {
    assertThat(violations(Map.of(), "--listen", address))
        .extracting(Violation::field)
        .containsExactly("--listen");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db/catalog?password=hunter2",
        "jdbc:postgresql://db/catalog?ssl=true&sslPassword=hunter2",
        "jdbc:postgresql://me:hunter2@db/catalog",
        "jdbc:mysql://db/catalog?password=hunter2"
      })
  void aStoreUrlWithAPasswordIsRefusedAndNotShown(String url) {
    assertThatThrownBy(() -> flags("--store", url))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("--store")
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void userAndPasswordFileAreOnlyForAStoreOfOnesOwn() throws IOException {
    Path password = Files.writeString(directory.resolve("password"), "secret");
    assertThat(
            violations(
                Map.of(), "--store-user", "me", "--store-password-file", password.toString()))
        .extracting(Violation::field)
        .containsExactly("--store-user", "--store-password-file");
    ServerConfig config =
        flags(
            "--store=jdbc:postgresql://db/catalog?sslmode=require",
            "--store-user=me",
            "--store-password-file=" + password);
    assertThat(config.store()).isEqualTo("jdbc:postgresql://db/catalog?sslmode=require");
    assertThat(config.toString()).doesNotContain("secret,");
  }

  @Test
  void aWebhookHasAUrlAndASecretFile() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "secret");
    ServerConfig config =
        flags("--webhook-url=https://hooks.example/crawls?a=b", "--webhook-secret-file=" + secret);
    assertThat(config.webhookUrl()).isEqualTo(URI.create("https://hooks.example/crawls?a=b"));
    assertThat(config.webhookSecretFile()).isEqualTo(secret);
    assertThat(violations(Map.of(), "--webhook-url=https://hooks.example/"))
        .containsExactly(
            new Violation(
                "webhook-secret-file", "is not set, but --webhook-url is. Set both, or none"));
    assertThat(violations(Map.of(), "--webhook-secret-file=" + secret))
        .containsExactly(
            new Violation(
                "webhook-url", "is not set, but --webhook-secret-file is. Set both, or none"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hooks.example/hunter2",
        "ftp://hooks.example/hunter2",
        "https:///hunter2",
        "https://hooks.example/hunter2 and more",
        "https://me:hunter2@hooks.example/"
      })
  void aWebhookUrlThatCannotBePostedToIsRefusedAndNotShown(String url) throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "secret");
    assertThatThrownBy(() -> flags("--webhook-url", url, "--webhook-secret-file=" + secret))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("--webhook-url")
        .message()
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource({"250ms,250", "3s,3000", "2m,120000", "1h,3600000"})
  void timesHaveAUnit(String text, long millis) {
    assertThat(flags("--call-deadline", text).callDeadline()).hasMillis(millis);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3", "-1s", "3 days", "''", "99999999999s"})
  void aTimeWithoutAUnitIsRefused(String text) {
    assertThat(violations(Map.of(), "--call-deadline", text)).hasSize(1);
  }

  @Test
  void aFlagGivenTwiceOrWithoutAValueIsRefused() {
    assertThat(violations(Map.of(), "--listen", "127.0.0.1:1", "--listen=127.0.0.1:2", "--store"))
        .extracting(Violation::message)
        .containsExactly("is given twice", "needs a value");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThat(violations(Map.of("UNIFIED_CATALOG_CONFIG", "/does/not/exist")))
        .containsExactly(
            new Violation(
                "UNIFIED_CATALOG_CONFIG",
                "file /does/not/exist cannot be read: it does not exist"));
  }

  @Test
  void helpNamesEveryKeyThatARecordComponentHoldsAndFitsATerminal() {
    assertThat(ServerConfig.help().lines()).allMatch(line -> line.length() <= 100);
    assertThat(ServerConfig.help())
        .contains("--listen HOST:PORT", "--store-password-file FILE", "--config FILE", "8431");
  }
}
