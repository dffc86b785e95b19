package io.unifiedcatalog.server.source.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisOptionsTest {
  private static final RedisSource SYSTEM = new RedisSource();

  @Test
  void aServerIsEnough() {
    assertThat(SYSTEM.validate(source("nodes=redis.example"))).isEmpty();
    assertThat(RedisOptions.of(source("nodes=redis.example")).address().nodes())
        .containsExactly("redis.example:6379");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          x=1                                      | nodes                    | is missing
          nodes=a b                                | nodes                    | 'a b' is no address
          nodes=a:99999                            | nodes                    | is no address
          nodes=a,b                                | nodes                    | names 2 servers. Name one, or set cluster
          nodes=a;cluster=maybe                    | cluster                  | Known values: true, false
          nodes=a;cluster=true;database=2          | database                 | a cluster has no other
          nodes=a;cluster=true;sentinel-master=m   | sentinel-master          | is not for a cluster
          nodes=a;database=-1                      | database                 | is no whole number
          nodes=a;command-timeout-ms=5             | command-timeout-ms       | from 100 to 300000
          nodes=a;tls-trusted-certificates=x       | tls-trusted-certificates | is of no use unless tls is true
          nodes=a;tls=true;tls-trusted-certificates=x | tls-trusted-certificates | cannot be read
          nodes=a;password=x                       | password                 | is a secret. Give it among the secrets
          nodes=a;password-file=/etc/passwd        | password-file            | is no option of a redis source
          """)
  void whatIsWrongIsTold(String options, String field, String message) {
    assertThat(SYSTEM.validate(source(options)))
        .anySatisfy(
            violation -> {
              assertThat(violation.field()).isEqualTo("source.options." + field);
              assertThat(violation.message()).contains(message);
            });
  }

  @Test
  void aSecretMustBeOfUse() {
    assertThat(violations(source("nodes=a", "sentinel-password", "x")))
        .containsExactly("source.secrets.sentinel-password");
    assertThat(violations(source("nodes=a;user=u"))).containsExactly("source.secrets.password");
    assertThat(violations(source("nodes=a", "password", "x\n")))
        .containsExactly("source.secrets.password");
    assertThat(violations(source("nodes=a", "token", "x"))).containsExactly("source.secrets.token");
  }

  @Test
  void secretsGoToTheSameServerOnly() {
    Source before = source("nodes=a");
    assertThat(SYSTEM.isSameDestination(before, source("nodes=a;database=3"))).isTrue();
    assertThat(SYSTEM.isSameDestination(before, source("nodes=b"))).isFalse();
    assertThat(SYSTEM.isSameDestination(source("nodes=a;tls=true"), before)).isFalse();
  }

  private static List<String> violations(Source source) {
    return SYSTEM.validate(source).stream().map(Violation::field).toList();
  }

  private static Source source(String options, String... secret) {
    return new Source(
        UUID.randomUUID(),
        "mine",
        "redis",
        Arrays.stream(options.split(";"))
            .map(option -> option.split("=", 2))
            .collect(Collectors.toMap(option -> option[0], option -> option[1])),
        secret.length == 0 ? Map.of() : Map.of(secret[0], new Secret(secret[1])),
        1);
  }
}
