package io.unifiedcatalog.server.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.ClosedPort;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.SourceServer;
import io.unifiedcatalog.testing.KafkaServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker of its own: the one that classes share has no listener with TLS. It may be killed. */
class KafkaSourceTest extends KafkaContract {
  private final UnderTest underTest = new UnderTest(KafkaServer.startWithTls());
  private final KafkaServer server = underTest.kafka;

  @AfterAll
  void stop() {
    underTest.close();
  }

  @Override
  protected SourceServer server() {
    return underTest;
  }

  @Override
  protected SourceServer startVictim() {
    return underTest;
  }

  @Override
  protected Source withSecret(String secret) {
    return sasl("PLAIN", server.user(), secret);
  }

  private record UnderTest(KafkaServer kafka) implements SourceServer {
    @Override
    public Map<String, String> options() {
      return Map.of("bootstrap-servers", kafka.bootstrapServers());
    }

    @Override
    public Map<String, String> secrets() {
      return Map.of();
    }

    @Override
    public void kill() {
      kafka.kill();
    }

    @Override
    public void restart() {
      kafka.restart();
    }

    @Override
    public void close() {
      kafka.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
  void aUserLogsInByEachMechanismWhateverThePassword(String mechanism) {
    String user = "o\"dd ;user\\";
    String password = "p\"; x=\\\"y' ö";
    if (mechanism.equals("PLAIN")) {
      user = server.user();
      password = server.password();
    } else {
      server.createScramUser(mechanism, user, password);
    }
    try (RegisteringSession session = system().open(sasl(mechanism, user, password))) {
      assertThat(session.systemVersion()).startsWith("metadata.version ");
    }
  }

  @ParameterizedTest
  @CsvSource({"PLAIN", "SCRAM-SHA-256"})
  void aWrongPasswordIsToldWithinTheTimeoutAndNotShown(String mechanism) {
    CatalogException failure = failure(sasl(mechanism, server.user(), WRONG));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    assertThat(failure)
        .hasMessageStartingWith(
            "Source 'mine' (kafka at "
                + server.saslBootstrapServers()
                + ") cannot be connected to: Authentication failed")
        .hasMessageEndingWith(
            ". Check the source's options user and sasl-mechanism and the secret password.");
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(String.valueOf(cause)).doesNotContain(WRONG);
    }
  }

  @Test
  void aListenerWithoutALoginRefusesOne() {
    CatalogException failure = failure(super.withSecret(WRONG));
    assertThat(failure.reason()).isEqualTo("SOURCE_REFUSED_CREDENTIALS");
    assertThat(failure).hasMessageContaining("sasl-mechanism").hasMessageContaining("password");
    assertHides(failure, List.of(WRONG));
  }

  @Test
  void aListenerThatAsksForALoginIsToldApart() {
    CatalogException failure =
        failure(
            source(
                Map.of(
                    "bootstrap-servers",
                    server.saslBootstrapServers(),
                    "request-timeout-ms",
                    "1500"),
                Map.of()));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure)
        .hasMessageContaining("no broker answered within 1500 ms")
        .hasMessageContaining("Check that the source's option security-protocol is that of the");
  }

  @Test
  void ofEachBrokerThatIsNotThereTheReasonIsTold() throws Exception {
    try (ClosedPort closed = new ClosedPort()) {
      String address = "127.0.0.1:" + closed.number();
      CatalogException failure =
          failure(
              source(
                  Map.of("bootstrap-servers", address + ",no-such-host.invalid:9092"), Map.of()));
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure)
          .hasMessageContaining(address + " failed (Connection refused)")
          .hasMessageContaining("no-such-host.invalid:9092 is no known host");
    }
  }

  /**
   * To Kafka's client the first four bytes are a length, and it reserves as much memory: 352 MB for
   * the TLS alert, 1.2 GB for HTTP.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1503030002022A | answers, but not as a Kafka broker
          485454502F312E3120343030 | answers, but not as a Kafka broker
          0000000A00000000 | answers, but not as a Kafka broker
          FFFFFFFF00000000 | answers, but not as a Kafka broker
          '' | hung up, as a listener with TLS does
          """)
  void whatIsNoBrokerIsToldBeforeKafkasClientTakesItForOne(String hexAnswer, String message)
      throws Exception {
    byte[] answer = HexFormat.of().parseHex(hexAnswer);
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> served =
          CompletableFuture.runAsync(
              () -> {
                try (Socket connection = socket.accept()) {
                  connection.getInputStream().readNBytes(14);
                  connection.getOutputStream().write(answer);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      CatalogException failure =
          failure(
              source(Map.of("bootstrap-servers", "127.0.0.1:" + socket.getLocalPort()), Map.of()));
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining(message).hasMessageContaining("security-protocol");
      served.get();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientShowsItsCertificateWithALockedKeyOrAnOpenOne(boolean locked) throws Exception {
    Map<String, String> secrets =
        locked
            ? Map.of("ssl-keystore-key", lock(server.clientKey()), "ssl-key-password", "opens")
            : Map.of("ssl-keystore-key", server.clientKey());
    Source source =
        source(
            Map.of(
                "bootstrap-servers", server.sslBootstrapServers(),
                "security-protocol", "SSL",
                "ssl-truststore-certificates", server.brokerCertificate(),
                "ssl-keystore-certificate-chain", server.clientCertificate()),
            secrets);
    try (RegisteringSession session = system().open(source)) {
      assertThat(session.systemVersion()).startsWith("metadata.version ");
    }
  }

  @Test
  void aUserLogsInThroughTls() {
    try (RegisteringSession session =
        system().open(tls(server.saslSslBootstrapServers(), server.brokerCertificate(), "https"))) {
      assertThat(session.systemVersion()).startsWith("metadata.version ");
    }
  }

  @Test
  void aBrokerWhoseCertificateIsNotTrustedOrOfAnotherNameIsUnavailable() {
    String byName = server.saslSslBootstrapServers().replace("127.0.0.1", "localhost");
    for (Source source :
        List.of(
            tls(server.saslSslBootstrapServers(), server.clientCertificate(), "https"),
            tls(byName, server.brokerCertificate(), "https"))) {
      CatalogException failure = failure(source);
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure)
          .hasMessageContaining("SSL handshake failed")
          .hasMessageContaining("Check the source's options ssl-truststore-certificates")
          .hasMessageNotContaining(server.password());
    }
    try (RegisteringSession session =
        system().open(tls(byName, server.brokerCertificate(), "none"))) {
      assertThat(session.systemVersion()).startsWith("metadata.version ");
    }
  }

  @Test
  void aKeyThatCannotBeOpenedIsUnavailableAndNotShown() throws Exception {
    CatalogException failure =
        failure(
            source(
                Map.of(
                    "bootstrap-servers", server.sslBootstrapServers(),
                    "security-protocol", "SSL",
                    "ssl-truststore-certificates", server.brokerCertificate(),
                    "ssl-keystore-certificate-chain", server.clientCertificate()),
                Map.of("ssl-keystore-key", lock(server.clientKey()), "ssl-key-password", WRONG)));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("ssl-key-password");
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(String.valueOf(cause)).doesNotContain(WRONG).doesNotContain("PRIVATE KEY");
    }
  }

  private Source tls(String address, String trusted, String identification) {
    return source(
        Map.of(
            "bootstrap-servers",
            address,
            "security-protocol",
            "SASL_SSL",
            "sasl-mechanism",
            "PLAIN",
            "user",
            server.user(),
            "ssl-truststore-certificates",
            trusted,
            "ssl-endpoint-identification",
            identification),
        Map.of("password", server.password()));
  }

  /**
   * Locks a key in PEM with the password {@code opens}, as {@code openssl pkcs8 -v1 PBE-SHA1-3DES}
   * does.
   */
  private static String lock(String pem) throws Exception {
    byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    String algorithm = "PBEWithSHA1AndDESede";
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec("opens".toCharArray())));
    byte[] locked =
        new EncryptedPrivateKeyInfo(cipher.getParameters(), cipher.doFinal(key)).getEncoded();
    return "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(locked)
        + "\n-----END ENCRYPTED PRIVATE KEY-----\n";
  }

  @Test
  void aTopicThatTheRegistryDescribesHasAProposalAndTheRegistryIsAskedOnce() {
    try (ConfluentRegistryStandIn registry = ConfluentRegistryStandIn.start()) {
      for (String subject : List.of("clicks-value", "orders-value", "orders-key", "keys-key")) {
        registry.register(subject, "PROTOBUF", "syntax = \"proto3\"; message M {}");
      }
      Source source =
          source(
              Map.of(
                  "bootstrap-servers",
                  server.bootstrapServers(),
                  "schema-registry-url",
                  registry.url()),
              Map.of());
      try (RegisteringSession session = system().open(source)) {
        assertThat(session.proposal("clicks"))
            .hasValue(
                "The schema registry of the source describes it: run `catalog schema import mine"
                    + " clicks-value`, then `catalog table register mine.clicks --topic clicks"
                    + " --schema clicks-value`.");
        assertThat(session.proposal("orders"))
            .hasValueSatisfying(
                text ->
                    assertThat(text)
                        .contains("import mine orders-value orders-key`")
                        .contains("--key-schema orders-key`"));
        int asked = registry.requests().size();
        assertThat(session.proposal("keys")).isEmpty();
        assertThat(registry.requests()).hasSize(asked);
      }
    }
  }

  @Test
  void aRegistryThatIsAwayIsToldOnceAndHidesNoTopic() {
    String topic = name("seen-without-registry");
    createTopic(topic, 1);
    ConfluentRegistryStandIn registry = ConfluentRegistryStandIn.start();
    String url = registry.url();
    registry.close();
    Source source =
        source(
            Map.of("bootstrap-servers", server.bootstrapServers(), "schema-registry-url", url),
            Map.of());
    try (RegisteringSession session = system().open(source)) {
      assertThat(session.objects()).contains(topic);
      assertThat(session.proposal(topic))
          .hasValueSatisfying(
              text ->
                  assertThat(text).startsWith("Its schema cannot be looked for. ").contains(url));
      assertThat(session.proposal("another")).isEmpty();
    }
  }

  private Source sasl(String mechanism, String user, String password) {
    Map<String, String> options = new HashMap<>();
    options.put("bootstrap-servers", server.saslBootstrapServers());
    options.put("security-protocol", "SASL_PLAINTEXT");
    options.put("sasl-mechanism", mechanism);
    options.put("user", user);
    return source(options, Map.of("password", password));
  }
}
