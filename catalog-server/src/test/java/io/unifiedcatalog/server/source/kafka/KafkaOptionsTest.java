package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaOptionsTest {
  private static final KafkaSource SYSTEM = new KafkaSource();

  @Test
  void aSourceWithAddressesOnlyIsValidAndHasNoSecretProperty() {
    Source source = source(Map.of("bootstrap-servers", " a:9092 , [::1]:9093"), Map.of());
    assertThat(SYSTEM.validate(source)).isEmpty();
    assertThat(KafkaOptions.of(source).properties("org.apache.kafka"))
        .containsExactly(
            new KafkaOptions.Property("bootstrap.servers", "a:9092,[::1]:9093", false),
            new KafkaOptions.Property("security.protocol", "PLAINTEXT", false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          bootstrap-servers | "" | is missing. Give the addresses of brokers
          bootstrap-servers | localhost | 'localhost' is no address. Give HOST:PORT
          bootstrap-servers | a:1,b:65536 | 'b:65536' is no address
          bootstrap-servers | a:1,,b:2 | '' is no address
          bootstrap-servers | "a:1 security.protocol=SSL" | is no address
          bootstrap-servers | file:///etc/passwd | is no address
          security-protocol | ssl | 'ssl' is unknown. Known values: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.
          sasl-mechanism | PLAIN | is of no use unless security-protocol is SASL_PLAINTEXT or SASL_SSL
          user | me | is of no use unless security-protocol is SASL_PLAINTEXT or SASL_SSL
          ssl-truststore-certificates | x | is of no use unless security-protocol is SSL or SASL_SSL
          ssl-truststore-location | /etc/passwd | files of the reading machine could be read
          ssl-keystore-location | /etc/passwd | files of the reading machine could be read
          sasl-jaas-config | x required; | files of the reading machine could be read
          ssl-endpoint-identification | off | 'off' is unknown. Known values: https, none.
          request-timeout-ms | 0 | '0' is no timeout. Give milliseconds, a whole number from 100 to 300000.
          request-timeout-ms | 300001 | is no timeout
          password | secret-of-a-test | is a secret. Give it among the secrets
          sasl.login.callback.handler.class | X | is no option of a kafka source. Known options: bootstrap-servers, request-timeout-ms, sasl-mechanism, schema-registry-url
          properties.metric.reporters | X | is no option of a kafka source
          schema-registry-url | ftp://registry | is no url of a registry
          schema-registry-url | https://registry/?x=1 | is no url of a registry
          schema-registry-url | https://me:secret-of-a-test@registry | names a user. Give the option schema-registry-user
          schema-registry-user | me | is of no use without schema-registry-url
          """)
  void aWrongOptionIsNamedWithWhatWouldBeRight(String key, String value, String message) {
    Map<String, String> options = new HashMap<>(Map.of("bootstrap-servers", "a:1"));
    options.put(key, value);
    List<Violation> violations = SYSTEM.validate(source(options, Map.of()));
    assertThat(violations)
        .anySatisfy(
            violation -> {
              assertThat(violation.field()).isEqualTo("source.options." + key);
              assertThat(violation.message()).contains(message);
            });
    assertThat(violations.toString()).doesNotContain("secret-of-a-test");
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    assertThat(
            SYSTEM.validate(
                source(
                    Map.of("security-protocol", "SASL_SSL", "ssl-keystore-certificate-chain", "x"),
                    Map.of("token", "secret-of-a-test"))))
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "source.options.bootstrap-servers",
            "source.options.sasl-mechanism",
            "source.options.user",
            "source.secrets.password",
            "source.secrets.token",
            "source.secrets.ssl-keystore-key",
            "source.options.ssl-keystore-certificate-chain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GSSAPI", "OAUTHBEARER", "DIGEST-MD5", "plain"})
  void noOtherLoginIsPossible(String mechanism) {
    assertThat(SYSTEM.validate(sasl(mechanism, "me", "p")))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("source.options.sasl-mechanism");
              assertThat(violation.message())
                  .endsWith("Known values: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "simple",
        "qu\"ote",
        "back\\slash\\",
        "\\\"",
        "\" ; com.sun.security.auth.module.JndiLoginModule required x=\"",
        "x\"; y",
        "it's",
        "a b = c;",
        "// no comment /* none */",
        "${file:/etc/passwd}",
        "größe 注文 😀",
        "\\n\\101"
      })
  void userAndPasswordAreReadByKafkaAsTheyAreAndNothingElseIs(String text) {
    KafkaOptions options = KafkaOptions.of(sasl("PLAIN", text, text + "!"));
    Map<String, Object> properties =
        options.properties("org.apache.kafka").stream()
            .collect(Collectors.toMap(KafkaOptions.Property::key, KafkaOptions.Property::value));
    JaasContext context =
        JaasContext.loadClientContext(
            Map.of(
                SaslConfigs.SASL_JAAS_CONFIG,
                new Password(String.valueOf(properties.get("sasl.jaas.config")))));
    assertThat(context.configurationEntries())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.getLoginModuleName()).isEqualTo(PlainLoginModule.class.getName());
              assertThat(entry.getControlFlag())
                  .isEqualTo(AppConfigurationEntry.LoginModuleControlFlag.REQUIRED);
              assertThat(entry.getOptions())
                  .isEqualTo(Map.of("username", text, "password", text + "!"));
            });
    assertThat(properties)
        .containsOnlyKeys(
            "bootstrap.servers", "security.protocol", "sasl.mechanism", "sasl.jaas.config");
    assertThat(options.properties("org.apache.kafka").toString()).doesNotContain(text + "!");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb", "a\0b", "a\r", "\u0085"})
  void aControlCharacterIsRefusedAndNotShown(String text) {
    assertThat(SYSTEM.validate(sasl("PLAIN", "me", text)))
        .containsExactly(
            new Violation(
                "source.secrets.password",
                "has a control character in it, perhaps the end of a line. Give it without."));
    assertThat(SYSTEM.validate(sasl("PLAIN", text, "p")))
        .containsExactly(
            new Violation(
                "source.options.user", "has a control character in it, which no user has."));
  }

  @Test
  void aCertificateAndAKeyMustBePem() {
    Map<String, String> options =
        Map.of(
            "bootstrap-servers",
            "a:1",
            "security-protocol",
            "SSL",
            "ssl-truststore-certificates",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "ssl-keystore-certificate-chain",
            "/etc/ssl/client.pem");
    List<Violation> violations =
        SYSTEM.validate(
            source(options, Map.of("ssl-keystore-key", "-----BEGIN RSA PRIVATE KEY-----\nhidden")));
    assertThat(violations)
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "source.options.ssl-truststore-certificates",
            "source.options.ssl-keystore-certificate-chain",
            "source.secrets.ssl-keystore-key");
    assertThat(violations.toString())
        .contains("Give certificates in PEM")
        .contains("PKCS #8")
        .doesNotContain("hidden");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          user | other | true
          request-timeout-ms | 500 | true
          bootstrap-servers | b:1 | false
          security-protocol | SASL_SSL | false
          sasl-mechanism | PLAIN | false
          schema-registry-url | http://elsewhere | false
          """)
  void aChangeOfWhereSecretsGoIsSeen(String key, String value, boolean same) {
    Source before = sasl("SCRAM-SHA-256", "me", "p");
    Map<String, String> options = new LinkedHashMap<>(before.options());
    options.put(key, value);
    assertThat(SYSTEM.isSameDestination(before, source(options, Map.of("password", "p"))))
        .isEqualTo(same);
  }

  private static Source sasl(String mechanism, String user, String password) {
    return source(
        Map.of(
            "bootstrap-servers",
            "a:1",
            "security-protocol",
            "SASL_PLAINTEXT",
            "sasl-mechanism",
            mechanism,
            "user",
            user),
        Map.of("password", password));
  }

  private static Source source(Map<String, String> options, Map<String, String> secrets) {
    return new Source(
        UUID.randomUUID(),
        "mine",
        SYSTEM.kind(),
        options,
        secrets.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Secret(entry.getValue()))),
        1);
  }
}
