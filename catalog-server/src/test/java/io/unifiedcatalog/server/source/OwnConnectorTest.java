package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnConnectorTest {
  private static List<Violation> violations(String... keysAndValues) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      options.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return OwnConnector.violations(options, List.of("/srv/lake"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "filesystem | path | file:///etc/passwd",
        "filesystem | path | FILE:/etc/passwd",
        "filesystem | path | /etc/passwd",
        "filesystem | path | etc/passwd",
        "filesystem | path | ../etc/passwd",
        "filesystem | path | ~/bind.token",
        "filesystem | path | /srv/lake/../../etc/passwd",
        "filesystem | path | /srv/lake2/x",
        "filesystem | path | file:///srv/lake/%2e%2e/%2e%2e/etc/passwd",
        "filesystem | path | jar:file:/tmp/x.jar!/a",
        "filesystem | source.path | s3a:/etc/passwd",
        "paimon | warehouse | /etc",
        "paimon | warehouse | hdfs:///etc",
        "anything | hosts | file:///etc/passwd",
        "anything | config | a,file:///etc/passwd",
        "jdbc | url | jdbc:mysql://h/x?allowLoadLocalInfile=true",
        "jdbc | url | jdbc:mysql://h/x?%61llowLoadLocalInfile=true",
        "jdbc | url | jdbc:mysql://h/x?useSSL=true&autoDeserialize=true",
        "jdbc | url | jdbc:mysql://(host=h,allowLoadLocalInfile=true)/x",
        "jdbc | url | jdbc:mysql://address=(host=h)(allowLoadLocalInfile=true)/x",
        "jdbc | url | jdbc:mysql:loadbalance://h/x",
        "jdbc | url | jdbc:mysql+srv://h/x",
        "unified-jdbc | url | jdbc:mysql://h/x?allowLoadLocalInfile=true",
        "unified-jdbc | url | jdbc:mysql:loadbalance://h/x",
        "unified-jdbc | url | jdbc:postgresql://h/x?socketFactory=a.B",
        "unified-jdbc | url | jdbc:h2:mem:x",
        "unified-jdbc | password-file | /etc/passwd",
        "jdbc | url | jdbc:postgresql://h/x?socketFactory=org.a.B",
        "jdbc | url | jdbc:postgresql://h/x?sslrootcert=a",
        "jdbc | url | jdbc:h2:mem:x;INIT=RUNSCRIPT FROM 'http://h/x.sql'",
        "jdbc | url | jdbc:db2://h/x",
        "jdbc-clickhouse | url | jdbc:clickhouse://h/x?ssl=true&sslrootcert=a",
        "jdbc-clickhouse | url | jdbc:clickhouse://h/x?type_hint_mapping=a.B",
        "jdbc-clickhouse | url | jdbc:ch://h/x",
        "jdbc-clickhouse | url | jdbc:mysql://h/x?allowLoadLocalInfile=true",
        "jdbc-clickhouse | url | http://h/x",
        "jdbc | driver | org.h2.Driver",
        "my-jdbc | url | jdbc:h2:mem:x",
        "kafka | properties.interceptor.classes | org.a.B",
        "kafka | properties.ssl.truststore.location | x",
        "kafka | properties.sasl.login.callback.handler.class | org.a.B",
        "kafka | properties.sasl.jaas.config | org.a.B required;",
        "kafka | properties.sasl.oauthbearer.token.endpoint.url | http://h",
        "kafka | properties.metric.reporters | org.a.B",
        "kafka | properties.key.deserializer | org.a.B",
        "kafka | properties.ssl.truststore.type | JKS",
        "kafka | properties.config.providers | file",
        "kafka | sink.partitioner | org.a.B",
        "upsert-kafka | properties.client.dns.lookup | x",
        "kafka | value.avro-confluent.url | http://h",
        "kafka | avro-confluent.schema-registry.url | http://h",
        "kafka | value.avro-confluent.ssl.truststore.location | x",
        "kafka | value.debezium-avro-confluent.url | http://h",
        "kafka | value.avro-confluent.properties.x | y",
        "kafka | value.protobuf.message-class-name | org.a.B",
        "kafka | protobuf.message-class-name | org.a.B",
        "other | sink.class | org.a.B",
        "other | x.class.name | org.a.B",
        "other | ssl.keystore.location | s3://h/x",
      })
  void whatLoadsAClassReadsAFileOrReachesAnotherSystemIsRefused(
      String connector, String key, String value) {
    List<Violation> violations =
        key.equals("driver")
            ? violations("connector", connector, key, value, "url", "jdbc:mysql://h/x")
            : violations("connector", connector, key, value);
    assertThat(violations).extracting(Violation::field).contains("registration.options." + key);
    // It may hold a secret.
    if (value.length() > 12) {
      assertThat(violations).allSatisfy(each -> assertThat(each.message()).doesNotContain(value));
    }
  }

  @Test
  void whatASourceMaySayToAndHarmlessConnectorsPass() {
    assertThat(violations("connector", "datagen", "rows-per-second", "1")).isEmpty();
    assertThat(violations("connector", "print", "print-identifier", "a: b")).isEmpty();
    assertThat(violations("connector", "blackhole")).isEmpty();
    assertThat(violations("connector", "filesystem", "path", "s3://bucket/a", "format", "csv"))
        .isEmpty();
    assertThat(violations("connector", "filesystem", "path", "hdfs://nn:8020/a")).isEmpty();
    assertThat(violations("connector", "filesystem", "path", "file:///srv/lake/a")).isEmpty();
    assertThat(violations("connector", "filesystem", "path", "/srv/lake")).isEmpty();
    assertThat(violations("connector", "x", "csv.field-delimiter", "/")).isEmpty();
    assertThat(
            violations(
                "connector",
                "jdbc",
                "url",
                "jdbc:mysql://db.example:3306/shop?connectTimeout=1000",
                "driver",
                "com.mysql.cj.jdbc.Driver",
                "table-name",
                "orders"))
        .isEmpty();
    for (String connector : List.of("jdbc", "jdbc-clickhouse")) {
      assertThat(
              violations(
                  "connector",
                  connector,
                  "url",
                  "jdbc:clickhouse://h:8123/d?compress=false",
                  "table-name",
                  "orders"))
          .isEmpty();
    }
    assertThat(violations("connector", "jdbc", "url", "jdbc:postgresql://h:5432/d?sslmode=require"))
        .isEmpty();
    assertThat(
            violations(
                "connector",
                "kafka",
                "topic",
                "a",
                "properties.bootstrap.servers",
                "h:9092",
                "properties.group.id",
                "me",
                "scan.startup.mode",
                "earliest-offset",
                "format",
                "json",
                "sink.partitioner",
                "round-robin"))
        .isEmpty();
  }
}
